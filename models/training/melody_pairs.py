"""Fit what tells a melody's own drums from another song's: the weights of src/composer/mutual_information.rs.

    python melody_pairs.py --data DATA --drumlin ../../target/release/drumlin

`drumlin evaluate --melody --json` measures every song of `paired` with another song's melody under its
drums, and its melody under another's drums. A logistic regression of the differences, without a
constant, gives the weights. Songs weigh the same, whatever pairs they have. The shares printed come from
five folds by title: a song's pairs are tested by weights that did not see the song. The weights are
those of all songs.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression

import songs

NAMES = ("near", "sounding", "onsets", "crashes", "distances")
STRANGERS = ("other_melody", "other_drums")
FOLDS = 5
# Inverse strength of the penalty, for correlations of unit variance.
STRENGTH = 1.0


def measured(drumlin, data):
    """The pairs of all songs of `paired` that are on the grid, as the composer measures them."""
    with tempfile.TemporaryDirectory() as folder:
        for file, kind in songs.listing(data):
            if kind == "paired":
                shutil.copy(data / file, pathlib.Path(folder) / file.replace("/", "__"))
        command = [drumlin, "evaluate", folder, "--melody", "--json", "--quiet"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["pairs"]


def fit(differences, weights):
    """Nats for every correlation."""
    scale = differences.std(0) + 1e-9
    both = np.vstack([differences, -differences]) / scale
    own = np.repeat([1, 0], len(differences))
    net = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=1000)
    return net.fit(both, own, np.tile(weights, 2)).coef_[0] / scale


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--drumlin", type=pathlib.Path, required=True)
    args = parser.parse_args()
    pairs = measured(args.drumlin, args.data)
    values = {key: np.array([[pair[key][name] for name in NAMES] for pair in pairs])
              for key in ("own", *STRANGERS)}
    titles = [[songs.title(pair[key]) for key in ("song", "other")] for pair in pairs]
    folds = np.array([[songs.fold(title, FOLDS) for title in both] for both in titles])
    _, song = np.unique([both[0] for both in titles], return_inverse=True)
    weights = 1 / np.bincount(song)[song]
    differences = {key: values["own"] - values[key] for key in STRANGERS}

    def fitted(rows):
        both = np.vstack([differences[key][rows] for key in STRANGERS])
        return fit(both, np.tile(weights[rows], len(STRANGERS)))

    print(len(pairs), "pairs of", song.max() + 1, "songs")
    for key in STRANGERS:
        wins, tested = [], []
        for fold in range(FOLDS):
            rows = (folds[:, 0] == fold).nonzero()[0]
            learned = fitted((folds != fold).all(1))
            wins.extend(differences[key][rows] @ learned > 0)
            tested.extend(song[rows])
        wins, tested = np.array(wins), np.array(tested)
        means = [wins[tested == index].mean() for index in np.unique(tested)]
        print(f"{key}: own is higher in {wins.mean():.3f} +- {np.std(means) / len(means) ** 0.5:.3f}")
    everything = fitted(np.ones(len(pairs), bool))
    print("weights:", ", ".join(f"{weight:.3f}" for weight in everything))
    own = values["own"] @ everything
    print("people's melodies:", f"{own.mean():.2f} +- {own.std():.2f} nats")


if __name__ == "__main__":
    main()
