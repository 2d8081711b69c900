"""Songs as training examples: loading what `drumlin features songs` wrote, splitting by title.

A split is a function of a song's title alone, so that versions of one song never straddle it and
no file has to be kept. The networks that ship are trained on every song; what is said of their
quality comes from networks of the same recipe that did not see the songs (`cross_validate.py`).
"""

import csv
import hashlib
import pathlib
import re

import numpy as np
from safetensors.numpy import load_file


def title(path):
    """What versions of a song share: its name without set prefix, hash and extension."""
    return re.split(r"[.]", pathlib.Path(path).name.split("__")[-1])[0].lower()


def fold(file, folds):
    """The fold of a paired song, 0 to `folds` - 1."""
    return int(hashlib.sha1(("cv" + title(file)).encode()).hexdigest(), 16) % folds


def listing(data):
    """(file, kind) of every usable song; kind is `paired` or `synthetic`."""
    data = pathlib.Path(data)
    for row in csv.DictReader(open(data / "paired" / "manifest.csv")):
        if float(row["aligned"] or 0) >= 0.8 and int(row["overlap_bars"] or 0) >= 8:
            yield f"paired/{row['file']}", "paired"
    for row in csv.DictReader(open(data / "mma_synth" / "songs.csv")):
        yield f"mma_synth/songs/{row['file']}", "synthetic"


def example_name(file, view):
    return f"{file.replace('/', '--').removesuffix('.mid')}@{view}.safetensors"


class Song:
    """One view of a song, cut to the bars in which its real drums play."""

    def __init__(self, path, name):
        tensors = load_file(path)
        active = np.flatnonzero(tensors["classes"].any((1, 2)))
        self.name = name
        self.ok = len(active) >= 8
        if not self.ok:
            return
        bars = slice(active[0], active[-1] + 1)
        self.first, self.song_bars = int(active[0]), len(tensors["bar"])
        self.bar, self.tempo = tensors["bar"][bars], tensors["tempo"][bars]
        self.pairs = np.ascontiguousarray(tensors["pairs"][:, bars, bars])
        self.grid, self.lanes = tensors["grid"][bars], tensors["lanes"][bars]
        self.classes, self.keys = tensors["classes"][bars], tensors["keys"]
        self.programs = tensors["programs"]

    def __len__(self):
        return len(self.bar)

    def target(self):
        """Cosine self-similarity of the real drums, as scored; two empty bars are alike."""
        flat = self.classes.reshape(len(self), -1).astype(np.float32)
        unit = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9)
        ssm, empty = unit @ unit.T, flat.sum(1) == 0
        ssm[np.ix_(empty, empty)] = 1
        return ssm


def load(features, data, kinds=("paired", "synthetic"), views=(0, 1, 2), most=None):
    """The songs of the given kinds; `most` bounds the synthetic ones."""
    features, songs, synthetic = pathlib.Path(features), [], 0
    for file, kind in listing(data):
        if kind not in kinds:
            continue
        if kind == "synthetic":
            synthetic += 1
            if most is not None and synthetic > most:
                continue
        for view in views:
            path = features / example_name(file, view)
            if path.exists() and (song := Song(path, f"{file}@{view}")).ok:
                song.kind, song.view, song.file = kind, view, file
                songs.append(song)
    return songs


def split(songs, folds, hold):
    """(training songs, held-out songs); with `hold` None nothing is held out."""
    held = [song for song in songs if hold is not None and song.kind == "paired"
            and fold(song.file, folds) == hold]
    names = {song.name for song in held}
    return [song for song in songs if song.name not in names], [s for s in held if s.view in (0, 1)]


def grooves(features, data):
    """MMA's grooves, eight bars each: drums without a song, for the vocabulary."""
    features, found = pathlib.Path(features), []
    for file in sorted((pathlib.Path(data) / "mma_synth" / "grooves").glob("*.mid")):
        path = features / example_name(f"mma_synth/grooves/{file.name}", 0)
        if not path.exists():
            continue
        whole = load_file(path)
        for start in range(0, len(whole["bar"]) - 7, 8):
            groove = Song.__new__(Song)
            bars = slice(start, start + 8)
            if not whole["classes"][bars].any():
                continue
            groove.name, groove.file, groove.kind, groove.view = path.stem, path.stem, "groove", 0
            groove.first, groove.song_bars = 0, 64
            for key in ("tempo", "grid", "lanes", "classes"):
                setattr(groove, key, whole[key][bars])
            groove.programs = np.zeros((1, 128), np.float32)
            groove.bar, groove.keys = np.zeros((8, whole["bar"].shape[1]), np.float32), whole["keys"]
            groove.pairs = np.zeros((len(whole["pairs"]), 8, 8), np.float32)
            found.append(groove)
    return found
