"""Counts the rhythms of bars that people played to songs: `assets/rhythms.json`.

    python features.py --data DATA
    python rhythms.py --data DATA --out ../../assets/rhythms.json

A rhythm is what kick and snare of a bar do together, or what closed hat, open hat and ride do: one row of
bits for each class, bit `n` for step `n` of the bar. Kept are those that were played to two songs and more
(versions of a song are one), each with its mean share of the bars of a song in which any of its classes is
struck. Where fewer than a hundred songs of `paired` have a grid, those of `mma_synth` and MMA's grooves,
written by its authors, are counted as well; grids on which that makes too few rhythms are left to the
network.
"""

import argparse
import collections
import json
import pathlib

import numpy as np

import pattern
import songs

# Classes by number, as in `classes` of the features.
DRUMS, CYMBALS = (0, 1), (2, 3, 6)
# Bars of a song on a grid, songs of a rhythm, songs of `paired` that do without others.
BARS, SONGS, ENOUGH = 8, 2, 100
# Rhythms of a grid.
LEAST = 50


def by_class(lanes):
    """Lanes x slots to classes x slots."""
    cells = np.zeros((pattern.CLASSES, pattern.SLOTS), bool)
    for lane, cls in zip(lanes, pattern.CLASS_OF_LANE):
        cells[cls] |= lane > 0
    return cells


def bits(row):
    return int(sum(1 << int(slot) for slot in np.flatnonzero(row)))


def by_grid(song):
    """The bars of a song in which drums play, of each grid (ternary, steps, steps a beat) that has enough of them."""
    bars = collections.defaultdict(list)
    for grid, lanes in zip(song.grid, song.lanes):
        if lanes.any():
            bars[tuple(map(int, grid[:3]))].append(by_class(lanes))
    return {grid: played for grid, played in bars.items() if len(played) >= BARS}


def shares(played, classes):
    """The rhythms of some classes in bars by title, the commonest first: rows of bits and a share."""
    total, titles, count = collections.Counter(), collections.defaultdict(set), 0
    for title, bars in played:
        own = collections.Counter(tuple(bits(bar[cls]) for cls in classes) for bar in bars)
        del own[(0,) * len(classes)]
        count += bool(own)
        for rhythm, number in own.items():
            total[rhythm] += number / own.total()
            titles[rhythm].add(title)
    kept = {rhythm: share / count for rhythm, share in total.items() if len(titles[rhythm]) >= SONGS}
    order = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    return [[*rhythm, float(f"{share:.3g}")] for rhythm, share in order]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--hold", type=int, help="the fold that is not counted")
    args = parser.parse_args()
    examples = songs.load(args.features, args.data, views=(0,), most=300)
    examples, _ = songs.split(examples, args.folds, args.hold)
    grids = collections.defaultdict(list)
    for song in examples + songs.grooves(args.features, args.data):
        title = songs.title(song.file) if song.kind == "paired" else song.file
        for grid, played in by_grid(song).items():
            grids[grid].append((song.kind == "paired", title, played))
    out = []
    for (ternary, steps, beat), played in sorted(grids.items(), key=lambda item: -len(item[1])):
        paired = [song for song in played if song[0]]
        chosen = [song[1:] for song in (paired if len(paired) >= ENOUGH else played)]
        grid = {"ternary": bool(ternary), "steps": steps, "steps_per_beat": beat,
                "drums": shares(chosen, DRUMS), "cymbals": shares(chosen, CYMBALS)}
        if min(len(grid["drums"]), len(grid["cymbals"])) < LEAST:
            continue
        print(f"{'ternary' if ternary else 'straight'} {steps}: {len(chosen)} songs, {len(paired)} of paired, "
              f"{len(grid['drums'])} and {len(grid['cymbals'])} rhythms", flush=True)
        out.append(grid)
    source = "songs of paired, mma_synth and MMA's grooves; made by models/training/rhythms.py"
    args.out.write_text(json.dumps({"source": source, "grids": out}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
