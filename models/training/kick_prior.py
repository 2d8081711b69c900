"""Corrects how usual rhythms of the kick are by what Drumlin plays: `kicks` in `assets/rhythms.json`.

    python features.py --data DATA
    python rhythms.py --data DATA --out ../../assets/rhythms.json
    python kick_prior.py --data DATA

Each round has Drumlin play to songs that its networks have not seen (the folds of `cross_validate.py`), counts
the rows of the kick beside people's in slow, middle and quick bars, and moves the correction of each row there
against the logarithm of their ratio; then Drumlin is built anew. After Saerens, Latinne and Decaestecker,
Adjusting the Outputs of a Classifier to New a Priori Probabilities, Neural Computation 14(1), 2002: there the
ratio of two priors, here that of what people and Drumlin play, since the choice is no likelihood and its
favourites show only when it is made. Rows are never helped, only held back, and those of a single stroke are
left alone: fills, stops and quiet bars have them.
"""

import argparse
import bisect
import collections
import json
import math
import pathlib
import shutil
import subprocess

import cross_validate
import rhythms
import songs

# Beats a minute from which a bar is neither slow nor quick, and from which it is quick, as in rhythms.rs.
TEMPOS = (100, 140)
# Rows are as good as equally common where both shares are well below this one.
RARE = 0.01
# How much of the ratio a round takes back, and how far it goes in all, in nats.
RATE, MOST = 0.7, 4.0


def kicks(listed, grid, tempo):
    """The mean share of each row of the kick among the bars of a song with kick or snare, on one grid and in one
    class of tempo; songs with fewer than eight of them do not count."""
    shares, count = collections.Counter(), 0
    for song in listed:
        rows = []
        for key, bpm, lanes in zip(song.grid, song.tempo, song.lanes):
            if tuple(map(int, key[:3])) == grid and bisect.bisect(TEMPOS, bpm) == tempo:
                bar = rhythms.by_class(lanes)
                rows += [rhythms.bits(bar[0])] * bool(bar[list(rhythms.DRUMS)].any())
        if len(rows) >= rhythms.BARS:
            count += 1
            for row, number in collections.Counter(rows).items():
                shares[row] += number / len(rows)
    return {row: share / count for row, share in shares.items()}


def played(args):
    """What Drumlin plays to every song of the folds, read as the songs themselves are."""
    for fold in range(args.folds):
        models, folder = cross_validate.networks(args, fold), cross_validate.held_out(args, fold)
        parts, features = models / "parts", models / "parts-features"
        for old in (parts, features):
            shutil.rmtree(old, ignore_errors=True)
        subprocess.run([args.drumlin, "evaluate", "--quiet", folder, "--models", models,
                        "--output-folder", parts], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([args.drumlin, "features", "songs", "--quiet", "--symbolic", "--data", parts,
                        "--out", features], check=True)
        for path in sorted(features.glob("*.safetensors")):
            if (song := songs.Song(path, path.stem)).ok:
                yield song


def corrected(before, parts, people, grid):
    """The corrections of a grid's rows, one for each class of tempo, from those that the parts were played with."""
    classes = range(len(TEMPOS) + 1)
    after = collections.defaultdict(lambda: [0 for _ in classes])
    for tempo in classes:
        own, theirs = kicks(parts, grid, tempo), kicks(people, grid, tempo)
        apart = sum(abs(own.get(row, 0) - theirs.get(row, 0)) for row in own.keys() | theirs.keys()) / 2
        print(f"  tempo {tempo}: {apart:.3f} of the bars apart (total variation)", flush=True)
        for row in own.keys() | theirs.keys() | before.keys():
            ratio = math.log((own.get(row, 0) + RARE) / (theirs.get(row, 0) + RARE))
            moved = (before[row][tempo] if row in before else 0) - RATE * ratio
            if row.bit_count() > 1 and moved <= -0.005:
                after[row][tempo] = round(max(moved, -MOST), 2)
    return sorted(after.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    parser.add_argument("--asset", default="../../assets/rhythms.json", type=pathlib.Path)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--seeds", default=4, type=int)
    parser.add_argument("--rounds", default=3, type=int, help="0 says how far it is from people's")
    args = parser.parse_args()
    people = songs.load(args.features, args.data, kinds=("paired",), views=(0,))
    stored = json.loads(args.asset.read_text())
    grids = collections.Counter(grid for song in people for grid in rhythms.by_grid(song))
    for number in range(args.rounds + 1):
        parts = list(played(args))
        print(f"after {number} rounds", flush=True)
        for grid in stored["grids"]:
            key = int(grid["ternary"]), grid["steps"], grid["steps_per_beat"]
            if grids[key] >= rhythms.ENOUGH:
                grid["kicks"] = corrected(dict(grid.get("kicks", [])), parts, people, key)
        if number < args.rounds:
            args.asset.write_text(json.dumps(stored, separators=(",", ":")) + "\n")
            subprocess.run(["cargo", "build", "--release", "--bin", "drumlin"], check=True)


if __name__ == "__main__":
    main()
