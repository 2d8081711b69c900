#!/bin/sh
# Puts Drumlin where your hosts look for plugins, and the program into ~/.local/bin. Run it again to
# update; "./install.sh --remove" takes all of it away.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case "$(uname -s)" in
Darwin)
    plugins="$HOME/Library/Audio/Plug-Ins"
    clap="$plugins/CLAP" vst3="$plugins/VST3" units="$plugins/Components"
    ;;
*)
    clap="$HOME/.clap" vst3="$HOME/.vst3" units=
    ;;
esac
programs="$HOME/.local/bin"

put() { # what, into which folder
    [ -e "$here/$1" ] || return 0
    rm -rf "${2:?}/$1"
    [ "$mode" = install ] || return 0
    mkdir -p "$2"
    cp -R "$here/$1" "$2/"
    # What was downloaded is held back by macOS until it is told otherwise.
    if command -v xattr >/dev/null 2>&1; then xattr -dr com.apple.quarantine "$2/$1" 2>/dev/null || true; fi
    echo "$2/$1"
}

case "${1:-}" in
"") mode=install ;;
--remove) mode=remove ;;
*)
    echo "usage: ./install.sh [--remove]" >&2
    exit 2
    ;;
esac
put Drumlin.clap "$clap"
put Drumlin.vst3 "$vst3"
[ -z "$units" ] || put Drumlin.component "$units"
put drumlin "$programs"
if [ "$mode" = remove ]; then
    echo "Drumlin is removed. Your projects and presets are as they were."
else
    echo "Drumlin is installed. Have your host look for new plugins, then see manual.md."
fi
