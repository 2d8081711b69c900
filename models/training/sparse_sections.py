"""Fits in which sections drummers play little (src/drummer/sparse.rs).

    cargo test --release --lib sparse_sections_of_songs -- --ignored --nocapture > sparse.txt
    python models/training/sparse_sections.py sparse.txt --data DATA

A logistic regression on the sections of the usable songs of `paired`, each heard whole and by its lead alone:
whether the song's own drums have less than .6 of the strokes a bar that they usually have. Prints what
five-fold cross-validation by title says of each view, and the weights fitted on all. Needs scikit-learn.
"""
import argparse
import json

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import songs

LITTLE = 0.6
# Songs with fewer strokes in their usual bar hardly have drums.
DRUMS = 4
# Added to the strokes on both sides of a share.
SMOOTHED = 0.5
FOLDS = 5


def model():
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows")
    parser.add_argument("--data", required=True)
    args = parser.parse_args()
    usable = {file for file, kind in songs.listing(args.data) if kind == "paired"}
    sections, heard = [], {}
    for line in open(args.rows):
        at = line.find("SPARSE\t")
        if at < 0:
            continue
        file, view, strokes, numbers = line[at:].rstrip("\n").split("\t")[1:]
        if file in usable:
            strokes = json.loads(strokes)
            heard.setdefault((file, view), []).extend(strokes)
            sections.append((file, view, strokes, json.loads(numbers)))
    usual = {key: np.median([s for s in strokes if s > 0] or [0]) for key, strokes in heard.items()}
    sections = [section for section in sections if usual[section[:2]] >= DRUMS]
    titles = [songs.title(file) for file, *_ in sections]
    views = np.array([view for _, view, *_ in sections])
    bars = np.array([len(strokes) for _, _, strokes, _ in sections])
    numbers = np.array([numbers for *_, numbers in sections])
    little = np.array([(np.mean(strokes) + SMOOTHED) / (usual[file, view] + SMOOTHED) < LITTLE
                       for file, view, strokes, _ in sections])
    chances = np.zeros(len(little))
    for train, held in GroupKFold(FOLDS).split(numbers, little, titles):
        chances[held] = model().fit(numbers[train], little[train]).predict_proba(numbers[held])[:, 1]
    for view, name in (("0", "whole"), ("1", "lead alone")):
        here = views == view
        print(f"{name}: {here.sum()} sections, {little[here].mean():.3f} with little; area under the curve "
              f"{roc_auc_score(little[here], chances[here]):.3f}")
        for bound in (0.3, 0.35, 0.4, 0.5):
            found = here & (chances > bound)
            print(f"  over {bound}: {bars[found].sum()} of {bars[here].sum()} bars, right in "
                  f"{np.average(little[found], weights=bars[found]):.2f} of them")
    scale, regression = (step for _, step in model().fit(numbers, little).steps)
    weights = regression.coef_[0] / scale.scale_
    print("[" + ", ".join(f"{weight:.3f}" for weight in weights) + "]",
          f"{regression.intercept_[0] - weights @ scale.mean_:.3f}")


if __name__ == "__main__":
    main()
