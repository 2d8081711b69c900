"""Can a classifier tell Drumlin's parts from people's, and by what?

    python critic.py --songs SONGS --parts PARTS          the songs' own drums against Drumlin's
    python critic.py --gmd DATA/gmd --parts PARTS         the Groove MIDI Dataset's against Drumlin's

SONGS and PARTS are folders of MIDI files of the same names (`drumlin generate SONGS/*.mid
--output-folder PARTS`). Gradient-boosted trees on statistics of the part (how much of each drum,
where, how loud, how early, how often bars return, where drums start and stop, how many hands), five
folds by song. Prints the area under the ROC curve, over all statistics and without those of velocity
and timing, without those of hands too, and the ten statistics that betray Drumlin most in the first and
the last: those whose shuffling costs the most area.
"""

import argparse
import pathlib
import warnings

import numpy as np
import pretty_midi
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

warnings.filterwarnings("ignore")
CLASSES = {"kick": (35, 36), "snare": (37, 38, 39, 40), "closed hat": (22, 42, 44), "open hat": (26, 46),
           "toms": (41, 43, 45, 47, 48, 50, 58), "crash": (49, 52, 55, 57), "ride": (51, 53, 59)}
CLASS_OF = {key: name for name, keys in CLASSES.items() for key in keys}
FEET = {35, 36, 44}
FEWEST = 32


def statistics(path):
    """Statistics of the drums of a MIDI file by name; None where there are too few, or it cannot be read."""
    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except Exception as error:
        print(f"{path.name} is left out: {error}")
        return None
    notes = sorted((note for track in midi.instruments if track.is_drum for note in track.notes),
                   key=lambda note: note.start)
    if len(notes) < FEWEST:
        return None
    downbeats = midi.get_downbeats()
    downbeats = np.append(downbeats, 2 * downbeats[-1] - downbeats[-2] if len(downbeats) > 1 else 1e3)
    at = np.array([note.start for note in notes])
    bar = np.clip(np.searchsorted(downbeats, at + 1e-3, "right") - 1, 0, len(downbeats) - 2)
    place = (at - downbeats[bar]) / (downbeats[bar + 1] - downbeats[bar]) * 16
    step, offset = np.rint(place).astype(int), place - np.rint(place)
    # What comes just before a bar line belongs to the bar behind it.
    bar, step = bar + step // 16, step % 16
    velocity = np.array([note.velocity for note in notes]) / 127
    names = np.array([CLASS_OF.get(note.pitch, "percussion") for note in notes])
    bars = bar.max() - bar.min() + 1
    found = {"hits a bar": len(notes) / bars, "velocity": velocity.mean(),
             "velocity spread": velocity.std(), "loudest": np.mean(velocity > 0.98),
             "softest": np.mean(velocity < 0.25), "offset": offset.mean(), "offset spread": offset.std()}
    for name in [*CLASSES, "percussion"]:
        own = names == name
        found |= {f"{name} a bar": own.sum() / bars}
        if own.sum() < 4:
            continue
        found |= {f"{name} velocity": velocity[own].mean(), f"{name} velocity spread": velocity[own].std(),
                  f"{name} offset": offset[own].mean(), f"{name} offset spread": offset[own].std()}
        for label, places in (("downbeat", (0,)), ("beats", (4, 8, 12)), ("eighths", (2, 6, 10, 14))):
            inside = own & np.isin(step, places)
            found[f"{name} on {label}"] = inside.sum() / own.sum()
            if inside.sum() > 2:
                found[f"{name} velocity on {label}"] = velocity[inside].mean() - velocity[own].mean()
    cells = {}
    for number, where, name in zip(bar, step, names):
        cells.setdefault(number, set()).add((where, name))
    row = [frozenset(cells.get(number, ())) for number in range(bar.min(), bar.max() + 1)]
    counts = {each: row.count(each) for each in set(row)}
    usual = max(counts, key=counts.get)
    runs = np.diff(np.flatnonzero([True] + [a != b for a, b in zip(row, row[1:])] + [True]))
    found |= {"distinct bars": len(counts) / bars, "bars that occur once": sum(n == 1 for n in counts.values()) / bars,
              "commonest bar": counts[usual] / bars, "longest run of one bar": runs.max() / bars,
              "empty bars": row.count(frozenset()) / bars,
              "difference of neighbours": np.mean([len(a ^ b) for a, b in zip(row, row[1:])] or [0]),
              "hits spread": np.std([len(each) for each in row])}
    for period in (2, 4, 8):
        found[f"like {period} bars before"] = np.mean([a == b for a, b in zip(row, row[period:])] or [0])
        last = [len(each ^ usual) for number, each in enumerate(row) if number % period == period - 1]
        found[f"change in bar {period} of {period}"] = np.mean(last or [0])
    together = np.split(np.arange(len(at)), np.flatnonzero(np.diff(at) > 0.01) + 1)
    hands = [len({notes[i].pitch for i in group} - FEET) for group in together]
    found |= {"two hands": np.mean(np.array(hands) == 2), "more hands": np.mean(np.array(hands) > 2)}
    melodic = [note for track in midi.instruments if not track.is_drum for note in track.notes]
    if melodic:
        beat = (downbeats[1] - downbeats[0]) / 4
        found |= {"starts after the song": (at[0] - min(n.start for n in melodic)) / beat,
                  "stops before the song": (max(n.end for n in melodic) - at[-1]) / beat}
    return found


def area(rows, labels, groups, columns, report=False):
    table = np.array([[row.get(column, np.nan) for column in columns] for row in rows])
    chances, weights = np.zeros(len(rows)), np.zeros(len(columns))
    folds = GroupKFold(5)
    for train, test in folds.split(table, labels, groups):
        trees = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.08, max_leaf_nodes=8,
                                               min_samples_leaf=8, random_state=0)
        trees.fit(table[train], labels[train])
        chances[test] = trees.predict_proba(table[test])[:, 1]
        if report:
            weights += permutation_importance(trees, table[test], labels[test], scoring="roc_auc",
                                              n_repeats=5, random_state=0).importances_mean / 5
    return roc_auc_score(labels, chances), weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    people = parser.add_mutually_exclusive_group(required=True)
    people.add_argument("--songs", type=pathlib.Path)
    people.add_argument("--gmd", type=pathlib.Path)
    parser.add_argument("--parts", required=True, type=pathlib.Path)
    args = parser.parse_args()
    made = sorted(args.parts.glob("*.mid"))
    own = [args.songs / path.name for path in made] if args.songs else \
        sorted(path for path in args.gmd.rglob("*_beat_4-4.mid"))
    rows, labels, groups = [], [], []
    for label, files in ((0, own), (1, made)):
        for number, path in enumerate(files):
            # A song that cannot be read is left out on both sides.
            unread = args.songs and label and number not in groups
            if not unread and (found := statistics(path)) is not None:
                # A performance of the dataset is a group of its own.
                groups.append(number if args.songs or label else len(made) + number)
                rows.append(found)
                labels.append(label)
    labels, groups = np.array(labels), np.array(groups)
    # A part may lie beside the song in one file or alone: what the song tells is not the drummer's.
    apart = ("starts after the song", "stops before the song")
    both = all(any(name in row for row, l in zip(rows, labels) if l == label) for label in (0, 1) for name in apart)
    columns = sorted({name for row in rows for name in row if both or name not in apart})
    what = [name for name in columns if not any(word in name for word in ("velocity", "offset", "loudest", "softest"))]
    # Sequenced drums often take three hands, which Drumlin never may: that alone gives it away.
    hands = [name for name in what if "hands" not in name]
    auc, weights = area(rows, labels, groups, columns, report=True)
    print(f"{(labels == 0).sum()} of people, {(labels == 1).sum()} of Drumlin: AUC {auc:.3f}")
    print(f"without velocity and timing: AUC {area(rows, labels, groups, what)[0]:.3f}")
    auc, unheld = area(rows, labels, groups, hands, report=True)
    print(f"without hands, velocity and timing: AUC {auc:.3f}")
    mean = lambda name, label: np.nanmean([row.get(name, np.nan) for row, l in zip(rows, labels) if l == label])
    for names, shares in ((columns, weights), (hands, unheld)):
        print("what betrays Drumlin most, and what it costs in area when it is shuffled:")
        for index in np.argsort(-shares)[:10]:
            name = names[index]
            print(f"  {name:32} {shares[index]:.4f}   people {mean(name, 0):8.3f}   Drumlin {mean(name, 1):8.3f}")


if __name__ == "__main__":
    main()
