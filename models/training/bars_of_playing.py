"""Fits what tells which bars are those of a performance (src/drummer/timing/hypotheses.rs).

    DRUMLIN_BARS=1 cargo test --release --lib bars_of_performances -- --ignored --nocapture > bars.txt
    python models/training/bars_of_playing.py bars.txt

A softmax over the hypotheses of a performance whose expected F (harmonic mean of the downbeats that are
met and of the bar lines that meet one) is as high as can be. Prints the shares of five-fold
cross-validation by song, and the weights fitted on all. Needs numpy.
"""
import sys

import numpy as np

L2, STEPS, RATE = 1e-3, 600, 0.05

table = {}
for line in open(sys.argv[1]):
    if line.startswith("BARS\t"):
        song, take, curve, *numbers = line.rstrip("\n").split("\t")[1:]
        table.setdefault((int(song), int(take), int(curve)), []).append([float(x) for x in numbers])
keys = sorted(table)
rows = [np.array(table[key]) for key in keys]
met, meeting, features = ([row[:, 0] for row in rows], [row[:, 1] for row in rows], [row[:, 2:] for row in rows])
both = np.concatenate(features)
deviation = both.std(0) + 1e-9
features = [(feature - both.mean(0)) / deviation for feature in features]
f = [2 * a * b / np.maximum(a + b, 1e-9) for a, b in zip(met, meeting)]
most = max(map(len, f))


def fit(chosen):
    padded = np.zeros((len(chosen), most, len(deviation)))
    mask, gain = np.full((len(chosen), most), -1e9), np.zeros((len(chosen), most))
    for place, i in enumerate(chosen):
        count = len(f[i])
        padded[place, :count], mask[place, :count], gain[place, :count] = features[i], 0, f[i]
    weights, mean, square = (np.zeros(len(deviation)) for _ in range(3))
    for step in range(1, STEPS + 1):
        odds = padded @ weights + mask
        odds = np.exp(odds - odds.max(1, keepdims=True))
        odds /= odds.sum(1, keepdims=True)
        expected = (odds * gain).sum(1, keepdims=True)
        slope = L2 * weights - (padded * (odds * (gain - expected))[..., None]).sum((0, 1)) / len(chosen)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


folds = np.array([key[0] % 5 for key in keys])
curves = np.array([key[2] for key in keys])
shares = np.zeros((len(keys), 2))
for fold in range(5):
    weights = fit(np.flatnonzero(folds != fold))
    for i in np.flatnonzero(folds == fold):
        best = (features[i] @ weights).argmax()
        shares[i] = met[i][best], meeting[i][best]
print(len(keys), "performances; met and meeting, by cross-validation:", shares.mean(0).round(3))
for curve in np.unique(curves):
    print("curve", curve, shares[curves == curve].mean(0).round(3))
print("[" + ", ".join(f"{weight:.3f}" for weight in fit(range(len(keys))) / deviation) + "]")
