"""Fits what tells the upbeat of a melody alone (src/drummer/timing/lone_melody.rs).

    cargo test --release --lib upbeats_of_lone_melodies -- --ignored --nocapture > upbeats.txt
    python models/training/upbeats.py upbeats.txt

A softmax over the beats of the bar, fitted to leads of songs whose bar lines are known, whole and cut so
that they begin with an upbeat. Prints what five-fold cross-validation by song finds at several bounds of
certainty, and the weights fitted on all. Needs numpy and scipy.
"""
import sys

import numpy as np
from scipy.optimize import minimize

L2 = 1e-3
# The only feature of loudness: what is accented is never less likely a downbeat, though the songs' sequencers
# have hardly any accents to say so. The half beat behind the beat counts from FEATURES on.
FEATURES, LOUD, ACCENT = 12, 11, 0.3
PARTS = 4
# As in lone_melody.rs.
AGREED, AHEAD = 0.5, 1.2

table = {}
for line in open(sys.argv[1]):
    at = line.find("UPBEAT\t")
    if at >= 0:
        name, song, beats, upbeat, begins, rule, part, _, *numbers = line[at:].rstrip("\n").split("\t")[1:]
        key = (name, int(song), int(beats), int(upbeat), begins == "1", float(rule))
        table.setdefault(key, {}).setdefault(int(part), []).append([float(x) for x in numbers])
keys = list(table)
songs = {song: number for number, song in enumerate(sorted({key[:2] for key in keys}))}
song = np.array([songs[key[:2]] for key in keys])
takes = np.bincount(song)
most, size = max(key[2] for key in keys), 2 * FEATURES
features, mask = np.zeros((len(keys), 1 + PARTS, most, size)), np.zeros((len(keys), most))
for place, key in enumerate(keys):
    for part in range(1 + PARTS):
        features[place, part, : key[2]] = table[key][part]
    mask[place, key[2] :] = -1e9
upbeat = np.array([key[3] for key in keys])
weight = 1 / takes[song]
deviation = np.concatenate([features[place, 0, : key[2]] for place, key in enumerate(keys)]).std(0) + 1e-9
# The beat that is the loudest of all and in each part, or -1.
accented = np.full(len(keys), -1)
for place, key in enumerate(keys):
    loud = features[place, :, : key[2], LOUD]
    loudest, sorted_ = loud[0].argmax(), np.sort(loud[0])
    if sorted_[-1] - sorted_[-2] > AHEAD and (loud[1:].argmax(1) == loudest).all():
        accented[place] = loudest
features /= deviation
bounds = [(None, None)] * size
bounds[LOUD] = (ACCENT * deviation[LOUD], None)


def odds(chosen, weights):
    scores = features[chosen, 0] @ weights + mask[chosen]
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def fit(chosen):
    share, rows = weight[chosen] / weight[chosen].sum(), np.arange(len(chosen))

    def loss(weights):
        likely = odds(chosen, weights)
        value = -(share * np.log(likely[rows, upbeat[chosen]] + 1e-12)).sum() + L2 * weights @ weights
        expected = np.einsum("n,nk,nkf->f", share, likely, features[chosen, 0])
        true = np.einsum("n,nf->f", share, features[chosen, 0, upbeat[chosen]])
        return value, expected - true + 2 * L2 * weights

    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds).x


order = np.random.RandomState(0).permutation(len(songs))
fold = np.zeros(len(songs), int)
fold[order] = np.arange(len(songs)) % 5
best, certain, steady = np.zeros(len(keys), int), np.zeros(len(keys)), np.zeros(len(keys), bool)
for number in range(5):
    weights = fit(np.flatnonzero(fold[song] != number))
    held = np.flatnonzero(fold[song] == number)
    likely = odds(held, weights)
    best[held], certain[held] = likely.argmax(1), likely.max(1)
    for place in held:
        parts = features[place, 1:] @ weights
        steady[place] = (parts[:, best[place]] > parts[:, 0]).all()
begins = np.array([key[4] for key in keys])
rule = np.array([key[5] for key in keys])
sets = np.array([key[0] for key in keys])
for name in ["all", *sorted(set(sets))]:
    here = np.ones(len(keys), bool) if name == "all" else sets == name
    whole, cut = here & (upbeat == 0), here & (upbeat > 0)
    print(f"{name}: {whole.sum()} leads, {(whole & begins).sum()} that begin with a note; {cut.sum()} upbeats")
    print(f"  by the rule for ensembles: false {(rule[whole] > 0).mean():.4f}, found {(rule == upbeat)[cut].mean():.3f}, "
          f"wrong {((rule > 0) & (rule != upbeat))[cut].mean():.3f}")
    for bound in (0.8, 0.85, 0.9, 0.95):
        fitted = steady & (best > 0) & (certain > bound)
        agreed = fitted | ((best > 0) & (rule == best) & (certain > AGREED))
        final = np.where(accented >= 0, accented, np.where(agreed, best, 0))
        for words, says in (("alone", fitted * best), ("with rule", agreed * best), ("and accents", final)):
            says = says * begins
            print(f"  {bound} {words}: false {(says > 0)[whole].mean():.4f} (of those that begin with a note "
                  f"{(says > 0)[whole & begins].mean():.4f}), found {(says == upbeat)[cut].mean():.3f}, "
                  f"wrong {((says > 0) & (says != upbeat))[cut].mean():.3f}")
weights = fit(np.arange(len(keys))) / deviation
print("[" + ", ".join(f"{value:.3f}" for value in weights) + "]")
