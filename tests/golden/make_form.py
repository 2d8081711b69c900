"""Forms at random with what mir_eval says of them: scores.json of tests/golden/form."""

import json
import pathlib
import random

import mir_eval
import numpy as np


def merged(labels):
    """Intervals and labels of runs of bars."""
    bounds = [0] + [i for i in range(1, len(labels)) if labels[i] != labels[i - 1]] + [len(labels)]
    intervals = np.array(list(zip(bounds, bounds[1:])), float)
    return intervals, [str(labels[start]) for start in bounds[:-1]]


def form(rng, bars):
    labels = []
    while len(labels) < bars:
        labels += [rng.randrange(4)] * rng.choice([1, 2, 3, 4, 8, 8, 12, 16])
    return labels[:bars]


def main():
    rng = random.Random(12)
    cases = []
    for _ in range(40):
        marked = form(rng, rng.randrange(8, 90))
        if rng.random() < 0.5:
            found = form(rng, len(marked))
        else:
            # The same, moved by a bar or two.
            shift = rng.randrange(3)
            found = marked[:shift] + marked[:len(marked) - shift]
        (reference, names), (estimate, guesses) = merged(marked), merged(found)
        _, _, boundary = mir_eval.segment.detection(reference, estimate, window=1.0)
        _, _, pairwise = mir_eval.segment.pairwise(reference, names, estimate, guesses, frame_size=1.0)
        if max(map(marked.count, marked)) < 2:
            continue
        cases.append({"marked": marked, "found": found, "boundary": boundary, "pairwise": pairwise})
    path = pathlib.Path(__file__).parent / "form" / "scores.json"
    path.write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")


if __name__ == "__main__":
    main()
