"""How good are Drumlin's parts on songs that its networks have not seen?

    python cross_validate.py --data DATA --drumlin DRUMLIN

For each fold of the paired songs (by title) a structure and a pattern network are trained on all
other songs with the recipe of those that ship; then `drumlin evaluate` plays to the held-out songs
with its defaults, with the lead alone, with the true densities as hint, and as best of four
alternatives. Prints the means over all songs, in 4/4 and in all metres, with standard errors. What
exists is kept, so an interrupted run goes on; `--fresh` plays anew to the same networks.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys

import numpy as np

import songs

WAYS = {"all tracks": [], "lead alone": ["--lead"], "true densities": ["--own-densities"],
        "lead alone, true densities": ["--lead", "--own-densities"],
        "best of four": ["--alternatives", "4"], "lead alone, best of four": ["--lead", "--alternatives", "4"]}
FIGURES = ["f1_all", "f1_ksh", "f1_onset", "ssm_corr", "nov_corr", "uniq", "dens", "cls_lr"]


def networks(args, fold):
    """Trains the networks of a fold; returns their folder."""
    folder = args.runs / f"fold-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("structure", "pattern"):
        out = folder / f"{name}.onnx"
        if not out.exists():
            subprocess.run([sys.executable, f"{name}.py", "--data", args.data, "--features", args.features,
                            "--runs", args.runs, "--out", out, "--folds", str(args.folds),
                            "--hold", str(fold), "--seeds", str(args.seeds), "--threads", "1"], check=True)
    return folder


def held_out(args, fold):
    """A folder with links to the fold's songs."""
    folder = args.runs / f"fold-{fold}" / "songs"
    folder.mkdir(exist_ok=True)
    for file, kind in songs.listing(args.data):
        if kind == "paired" and songs.fold(file, args.folds) == fold:
            link = folder / file.removeprefix("paired/").replace("/", "--")
            if not link.exists():
                link.symlink_to((args.data / file).resolve())
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--seeds", default=4, type=int)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--fresh", action="store_true")
    args = parser.parse_args()
    manifest = csv.DictReader(open(args.data / "paired" / "manifest.csv"))
    common = {row["file"].removesuffix(".mid").replace("/", "--") for row in manifest
              if row["ts44"] == "1"}
    print(f"{'':28}{'songs':>6}" + "".join(f"{figure:>9}" for figure in FIGURES))
    for way in args.ways:
        rows = []
        for fold in range(args.folds):
            models, folder = networks(args, fold), held_out(args, fold)
            report = models / f"{way.replace(' ', '-').replace(',', '')}.json"
            if args.fresh or not report.exists():
                command = [args.drumlin, "evaluate", folder, "--models", models, "--json", *WAYS[way]]
                report.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            rows += json.loads(report.read_text())["songs"]
        for label, chosen in ((way, rows), ("  in 4/4", [r for r in rows if r["name"] in common])):
            values = np.array([[row[figure] for figure in FIGURES] for row in chosen])
            print(f"{label:28}{len(chosen):6}" + "".join(f"{mean:9.3f}" for mean in values.mean(0)))
        error = values.std(0) / len(values) ** 0.5
        print(f"{'  standard error':28}{'':6}" + "".join(f"{one:9.3f}" for one in error), flush=True)


if __name__ == "__main__":
    main()
