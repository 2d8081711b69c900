"""Does the composer recite? The longest runs of notes that its melodies share with what it learned from.

    python melody_originality.py --data DATA --hold 0

To be run where `composer.py --hold 0` has left its features. Two melodies are written for the drums
of each held-out song of `paired`; they, and the held-out leads themselves, are looked up among the
melodies of the other folds. Notes in a row are the same if their intervals and the distances of their
onsets, in twelfths of a quarter, are.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
from safetensors.numpy import load_file

import composer

LONGEST = 24


def steps(path):
    """(interval, distance) from note to note."""
    notes = load_file(path)["notes"]
    return [tuple(step) for step in np.diff(notes[:, ::-1], axis=0).tolist()]


def runs(melody, length):
    return {hash(tuple(melody[at:at + length])) for at in range(len(melody) - length + 1)}


def longest(melody, library):
    """Notes of the longest run that is in the library."""
    return 1 + max((length for length in range(1, LONGEST) if runs(melody, length) & library), default=0)


def written(drumlin, models, data, files):
    """What the composer writes for songs' drums, two melodies each."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        names = []
        for number, file in enumerate(files):
            for seed in range(2):
                names.append(f"{number}-{seed}.mid")
                subprocess.run([drumlin, "compose", data / file, "--models", models, "--seed",
                                str(seed), "-o", folder / names[-1], "--quiet"], check=True)
        subprocess.run([drumlin, "features", "melodies", "--data", folder, "--out", folder, "--list",
                        "-", "--quiet"], check=True, text=True, input="\n".join(names) + "\n")
        paths = [folder / name.replace(".mid", ".safetensors") for name in names]
        return [steps(path) for path in paths if path.exists()]


def report(name, melodies, library):
    notes = np.array([longest(melody, library) for melody in melodies])
    print(f"{name}, {len(notes)} melodies: at most 8 notes in {np.mean(notes <= 8):.3f}, "
          f"median {np.median(notes):.0f}, .95 at most {np.quantile(notes, 0.95):.0f}, "
          f"longest {notes.max()}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/melodies", type=pathlib.Path)
    parser.add_argument("--models", default="..", type=pathlib.Path)
    parser.add_argument("--hold", default=0, type=int)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    args = parser.parse_args()
    library, held = set(), []
    for file, kind in composer.listing(args.data):
        path = args.features / (file.removesuffix(".mid").replace("/", "--") + ".safetensors")
        if not path.exists():
            continue
        if composer.fold(file) != args.hold:
            melody = steps(path)
            library.update(*(runs(melody, length) for length in range(1, LONGEST)))
        elif kind == "paired":
            held.append((file, steps(path)))
    report("held-out leads", [melody for _, melody in held], library)
    files = [file for file, _ in held]
    report("written", written(args.drumlin, args.models, args.data, files), library)


if __name__ == "__main__":
    main()
