"""Songs as training examples: loading what `drumlin features songs` wrote, splitting by title.

A split is a function of a song's title alone, so that versions of one song never straddle it and
no file has to be kept. Paired songs: 12 % test, 12 % validation. Synthetic songs split by tune.
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


def fold(name):
    share = int(hashlib.sha1(name.encode()).hexdigest(), 16) % 1000 / 1000
    return "test" if share < 0.12 else "validation" if share < 0.24 else "train"


def listing(data):
    """(file, fold, kind) of every usable song; kind is `paired` or `synthetic`."""
    data = pathlib.Path(data)
    for row in csv.DictReader(open(data / "paired" / "manifest.csv")):
        if float(row["aligned"] or 0) >= 0.8 and int(row["overlap_bars"] or 0) >= 8:
            yield f"paired/{row['file']}", fold(title(row["file"])), "paired"
    for row in csv.DictReader(open(data / "mma_synth" / "songs.csv")):
        yield f"mma_synth/songs/{row['file']}", fold(title(row["tune"])), "synthetic"


def example_name(file, view):
    return f"{file.replace('/', '--').removesuffix('.mid')}@{view}.safetensors"


class Song:
    """One view of a song, cut to the bars in which its real drums play."""

    def __init__(self, path, name):
        tensors = load_file(path)
        structure = path.with_suffix(".structure")
        if structure.exists():
            tensors |= load_file(structure)
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
        self.cqt = tensors["cqt"][bars] if "cqt" in tensors else None
        if "select" in tensors:
            self.select = tensors["select"][bars].astype(np.int64) - self.first
            self.weight, self.section = tensors["weight"][bars], tensors["section"][bars]

    def __len__(self):
        return len(self.bar)

    def target(self):
        """Cosine self-similarity of the real drums, as scored; two empty bars are alike."""
        flat = self.classes.reshape(len(self), -1).astype(np.float32)
        unit = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9)
        ssm, empty = unit @ unit.T, flat.sum(1) == 0
        ssm[np.ix_(empty, empty)] = 1
        return ssm


def load(features, data, folds, kinds=("paired", "synthetic"), views=(0, 1, 2, 3), most=None):
    """The songs of the given folds; `most` bounds the synthetic ones."""
    features, songs, synthetic = pathlib.Path(features), [], 0
    for file, where, kind in listing(data):
        if where not in folds or kind not in kinds:
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
            groove.first, groove.song_bars, groove.cqt = 0, 64, None
            for key in ("tempo", "grid", "lanes", "classes"):
                setattr(groove, key, whole[key][bars])
            groove.programs = np.zeros((1, 128), np.float32)
            groove.bar, groove.keys = np.zeros((8, whole["bar"].shape[1]), np.float32), whole["keys"]
            groove.select = np.tile(np.arange(8)[:, None], (1, 8))
            groove.weight = np.tile(np.float32([1] + [0] * 7), (8, 1))
            groove.section = np.stack([np.arange(8), 7 - np.arange(8)], 1)
            found.append(groove)
    return found
