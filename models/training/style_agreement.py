"""Does Drumlin play the style that is asked for? A classifier that has only heard people judges.

    python style_agreement.py --gmd DATA/gmd --songs FOLDER

Logistic regression on 16-bar windows of the Groove MIDI Dataset's training split tells its five
main styles apart; its own accuracy is that on the dataset's validation split. Then Drumlin plays to
every song of the folder in every style, and the share of parts is printed that the classifier gives
the style that was asked for. Songs should be in 4/4, as what it was trained on.
"""

import argparse
import csv
import pathlib
import subprocess
import tempfile

import mido
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# As the dataset calls them, and as Drumlin does.
STYLES = {"rock": "rock", "funk": "funk", "jazz": "jazz", "latin": "latin", "hiphop": "hip-hop"}
CLASSES = ([35, 36], [37, 38, 39, 40], [22, 42, 44], [26, 46], [41, 43, 45, 47, 48, 50, 58],
           [49, 52, 55, 57], [51, 53, 59], [54, 56, *range(60, 82)])
CLASS_OF = {key: number for number, keys in enumerate(CLASSES) for key in keys}
WINDOW = 64  # beats
FEWEST = 40  # strokes


def strokes(path):
    """(beat, class, velocity) of every drum stroke, [n, 3]."""
    midi, found = mido.MidiFile(path), []
    for track in midi.tracks:
        now = 0
        for event in track:
            now += event.time
            if event.type == "note_on" and event.velocity and event.channel == 9 \
                    and event.note in CLASS_OF:
                found.append((now / midi.ticks_per_beat, CLASS_OF[event.note], event.velocity))
    return np.array(sorted(found)).reshape(-1, 3)


def features(played):
    """How often each class is struck, where in the bar and the beat, and how loud."""
    bars = max(played[-1, 0] / 4, 2)
    tally = np.zeros((len(CLASSES), 48))
    np.add.at(tally, (played[:, 1].astype(int), np.rint(played[:, 0] % 4 * 12).astype(int) % 48),
              1 / bars)
    sixteenths, beat = np.zeros((len(CLASSES), 16)), np.zeros((len(CLASSES), 12))
    for place in range(48):
        sixteenths[:, round(place / 3) % 16] += tally[:, place]
        beat[:, place % 12] += tally[:, place]
    loud = []
    for number in range(len(CLASSES)):
        velocity = played[played[:, 1] == number, 2] / 127
        loud += [velocity.mean(), velocity.std()] if len(velocity) > 3 else [0.5, 0]
    return np.concatenate([np.log1p(2 * tally.sum(1)), np.log1p(sixteenths.ravel()),
                           np.log1p(beat[[0, 1, 2, 6]].ravel()), loud, [len(played) / bars / 10]])


def windows(path):
    played, found = strokes(path), []
    last = played[-1, 0] if len(played) else 0
    for start in np.arange(0, max(last - WINDOW / 4, 1), WINDOW):
        inside = played[(played[:, 0] >= start) & (played[:, 0] < start + WINDOW)]
        if len(inside) >= FEWEST:
            found.append(features(inside - [start, 0, 0]))
    return found


def performances(gmd, split):
    rows, styles = [], []
    for row in csv.DictReader(open(gmd / "info.csv")):
        style = row["style"].split("/")[0]
        if (style in STYLES and row["split"] == split and row["beat_type"] == "beat"
                and row["time_signature"] == "4-4" and float(row["duration"]) > 8):
            found = windows(gmd / row["midi_filename"])
            rows += found
            styles += [style] * len(found)
    return np.array(rows), np.array(styles)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gmd", required=True, type=pathlib.Path)
    parser.add_argument("--songs", required=True, type=pathlib.Path)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    args = parser.parse_args()
    judge = make_pipeline(StandardScaler(),
                          LogisticRegression(C=0.05, max_iter=3000, class_weight="balanced"))
    judge.fit(*performances(args.gmd, "train"))
    rows, styles = performances(args.gmd, "validation")
    right = judge.predict(rows) == styles
    print(f"people, {len(rows)} windows: {right.mean():.3f}, "
          + ", ".join(f"{style} {right[styles == style].mean():.2f}" for style in STYLES))
    agreed = {style: [] for style in STYLES}
    with tempfile.TemporaryDirectory() as folder:
        part = pathlib.Path(folder) / "drums.mid"
        for song in sorted(args.songs.glob("*.mid")):
            for style, name in STYLES.items():
                subprocess.run([args.drumlin, "generate", song, "-o", part, "--style", name,
                                "--quiet"], check=True)
                if found := windows(part):
                    chances = judge.predict_proba(np.array(found)).mean(0)
                    agreed[style].append(judge.classes_[chances.argmax()] == style)
    shares = {style: np.mean(votes) for style, votes in agreed.items()}
    print(f"Drumlin, {len(agreed['rock'])} songs: {np.mean(list(shares.values())):.3f}, "
          + ", ".join(f"{style} {share:.2f}" for style, share in shares.items()))


if __name__ == "__main__":
    main()
