"""Does Drumlin recite? Its bars and phrases against all that was learned from.

    python originality.py --data DATA --hold 0

To be run where `features.py` has left its features and `cross_validate.py` its networks, of which
those that did not see the fold's songs play. The library: every distinct bar of the training
songs, MMA's grooves and the Groove MIDI Dataset, as eight classes of drums by sixteenths of the bar;
and every phrase of the training songs, four bars that are not all alike. Looked up in it: the drums
that the fold's songs have, then those that Drumlin plays to them.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
from safetensors.numpy import load_file

import songs
from style_agreement import CLASSES, strokes

STEPS, PHRASE = 16, 4


def bars(example):
    """Cells struck in each bar, from the first to the last that is played in."""
    rows = load_file(example)["classes"].reshape(-1, len(CLASSES) * STEPS)
    active = np.flatnonzero(rows.any(1))
    return [frozenset(np.flatnonzero(row)) for row in rows[active.min():active.max() + 1]] \
        if len(active) else []


def performed(path):
    """The same of a performance without a song, in 4/4."""
    found = {}
    for beat, number, _ in strokes(path):
        bar, step = divmod(round(beat * 4), STEPS)
        found.setdefault(bar, set()).add(int(number) * STEPS + step)
    return list(map(frozenset, found.values()))


def played(drumlin, models, data, files):
    """What Drumlin plays to songs."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for number, file in enumerate(files):
            subprocess.run([drumlin, "generate", data / file, "--merge", "--models", models, "-o",
                            folder / f"{number}.mid", "--quiet"], check=True)
        names = [f"{number}.mid" for number in range(len(files))]
        subprocess.run([drumlin, "features", "songs", "--data", folder, "--out", folder, "--views",
                        "1", "--symbolic", "--list", "-", "--quiet"], check=True, text=True,
                       input="\n".join(names) + "\n")
        return [bars(folder / songs.example_name(name, 0)) for name in names]


def phrases(found):
    runs = zip(*(found[start:] for start in range(PHRASE)))
    return {run for run in runs if len(set(run)) > 1 and all(run)}


def distinct(parts):
    return sorted({bar for part in parts for bar in part if bar}, key=sorted)


def cells(found):
    table = np.zeros((len(found), len(CLASSES) * STEPS), np.float32)
    for row, bar in enumerate(found):
        table[row, list(bar)] = 1
    return table


def report(name, parts, library, learned):
    own, known = cells(distinct(parts)), cells(library)
    nearest = (own.sum(1, keepdims=True) + known.sum(1) - 2 * own @ known.T).min(1)
    spoken = set().union(*map(phrases, parts))
    print(f"{name}, {len(parts)} songs, {len(own)} bars: found {np.mean(nearest == 0):.3f}, "
          f"strokes to the nearest {nearest.mean():.1f} ({nearest.sum() / own.sum():.2f} of the bar),"
          f" {len(spoken)} phrases: found {len(spoken & learned) / max(len(spoken), 1):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--hold", default=0, type=int)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    args = parser.parse_args()
    paired = [file for file, kind in songs.listing(args.data) if kind == "paired"]
    held = [file for file in paired if songs.fold(file, args.folds) == args.hold]

    def example(file):
        return bars(args.features / songs.example_name(file, 0))

    trained = [example(file) for file in paired if file not in held]
    learned = set().union(*map(phrases, trained))
    grooves = [bars(path) for path in args.features.glob("mma_synth--grooves--*@0.safetensors")]
    people = [performed(path) for path in (args.data / "gmd").rglob("*.mid")]
    library = distinct(trained + grooves + people)
    print(f"library: {len(library)} bars, {len(learned)} phrases")
    report("their own drums", list(map(example, held)), library, learned)
    report("Drumlin", played(args.drumlin, args.runs / f"fold-{args.hold}", args.data, held), library, learned)


if __name__ == "__main__":
    main()
