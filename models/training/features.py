"""Have Drumlin write the training features of songs; what exists already is kept.

Paired songs are seen in three views (full arrangement and lead alone with their sound, a random
part of the tracks by its notes only), synthetic songs and grooves by their notes only.
"""

import argparse
import pathlib
import subprocess

import songs

SYNTHETIC = 400


def export(args, files, views, *flags):
    command = [args.drumlin, "features", "songs", "--data", args.data, "--out", args.out,
               "--views", str(views), "--list", "-", *flags]
    subprocess.run(list(map(str, command)), input="\n".join(files) + "\n", text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    args = parser.parse_args()
    listing = list(songs.listing(args.data))
    paired = [file for file, kind in listing if kind == "paired"]
    made = [file for file, kind in listing if kind == "synthetic"]
    folder = args.data / "mma_synth" / "grooves"
    grooves = [f"mma_synth/grooves/{path.name}" for path in sorted(folder.glob("*.mid"))]
    export(args, paired, 2)
    export(args, paired, 3, "--symbolic")
    export(args, made[:SYNTHETIC] + grooves, 1, "--symbolic")


if __name__ == "__main__":
    main()
