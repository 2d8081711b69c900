"""What the reference script says a drummer would notice in the parts of scores/, as sense.json.

For each song in scores/ its made part (see make_scores.py), its own and the next song's.

Run:   python make_sense.py
Needs: numpy 2.4, pretty_midi 0.2.11 (the versions that made the committed file).
"""

import json
import math
import pathlib

import drummer_sense

HERE = pathlib.Path(__file__).parent / "scores"


def main():
    songs = sorted(p for p in HERE.glob("*.mid") if ".made" not in p.name)
    found = []
    for index, song in enumerate(songs):
        for part in (song.with_suffix(".made.mid"), song, songs[(index + 1) % len(songs)]):
            figures = drummer_sense.sense(song, part)
            figures = {k: None if math.isnan(v) else float(v) for k, v in figures.items()}
            found.append({"song": song.name, "part": part.name, "figures": figures})
    (HERE / "sense.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
