"""How like a piano `drumlin render` sounds, one piano left out at a time.

    python timbre.py --drumlin ../../target/debug/drumlin --songs DATA/pop909 --salamander FOLDER --out FOLDER

`--others` measures guitars and harps, for which there is no promise.

Each piano plays a reference of 30 s and two passages of 20 s of other songs (`pianos.py`). Drumlin learns
the reference, with its MIDI file and without, and plays the passages; so do the stock piano of another
family that is nearest to the reference, and the same with an equaliser from the reference. Nothing of
Drumlin's is trained, so that there is nothing to leave out of it.

- mss: multi-scale spectral distance after Engel et al., DDSP, ICLR 2020: windows of 4096 to 128 samples,
  sum of magnitude differences by sum of magnitudes, plus mean difference of log magnitudes (floor 60 dB
  under the loudest).
- mel: mean difference in dB of 96 mel bands, floor 60 dB under the loudest.
- envelope: mean difference in dB of the loudness in 10 ms, floor 50 dB under the loudest.
- onsets: F1 of a spectral-flux detector's onsets against the notes' (50 ms), by that of the real rendering.

All are brought to the loudness of the real rendering and moved by at most 23 ms to fit it best.
"""

import argparse
import json
import os
import struct
import subprocess
import zlib

import numpy as np
import soundfile

from pianos import OTHERS, PIANOS, RATE, excerpt, kin, performance, render, write_midi

REFERENCE = ("012", 20, 30)
PASSAGES = {"a": ("003", 30, 20), "b": ("045", 60, 20)}
SIZES = (4096, 2048, 1024, 512, 256, 128)


def spectra(samples, size):
    window = np.hanning(size + 1)[:-1]
    samples = np.pad(samples, size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 4]
    return (np.abs(np.fft.rfft(frames * window, axis=1)) * 2 / window.sum()).astype(np.float32)


def mel_bank(size=2048, bands=96, low=30, high=16_000):
    mel = lambda f: 2595 * np.log10(1 + f / 700)
    edges = 700 * (10 ** (np.linspace(mel(low), mel(high), bands + 2) / 2595) - 1)
    f = np.arange(size // 2 + 1)[:, None] * RATE / size
    rise = (f - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - f) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rise, fall), 0, None)


def loudness(samples, hop):
    blocks = samples[: len(samples) // hop * hop].reshape(-1, hop)
    return 10 * np.log10((blocks**2).mean(axis=1) + 1e-12)


def floored_difference(a, b, floor):
    least = b.max() - floor
    return float(np.abs(np.maximum(a, least) - np.maximum(b, least)).mean())


def fitted(samples, real):
    """As loud as the real rendering, moved by up to 8 blocks of 2.9 ms."""
    length = min(len(samples), len(real))
    samples, real = samples[:length], real[:length]
    samples = samples * np.sqrt((real**2).mean() / max((samples**2).mean(), 1e-20))
    a, b = loudness(samples, 128), loudness(real, 128)
    shift = min(range(-8, 9), key=lambda s: floored_difference(np.roll(a, s), b, 50)) * 128
    if shift >= 0:
        return np.concatenate([np.zeros(shift), samples])[:length], real
    return np.concatenate([samples[-shift:], np.zeros(-shift)]), real


def onsets(samples):
    """Times of the spectral flux's peaks."""
    log = np.log1p(1e3 * spectra(samples, 1024) / max(np.abs(samples).max(), 1e-9))
    flux = np.maximum(log[2:] - log[:-2], 0).mean(axis=1)
    found = []
    for at in range(3, len(flux) - 3):
        near = flux[max(0, at - 20) : at + 20].mean()
        if flux[at] == flux[at - 3 : at + 4].max() and flux[at] > 1.4 * near + 0.03 * flux.max():
            found.append((at + 1) * 256 / RATE)
    return np.array(found)


def onset_f1(samples, notes):
    real = np.unique(np.round([note.start for note in notes], 3))
    real = real[np.insert(np.diff(real) > 0.03, 0, True)]
    found, used = onsets(samples), 0
    left = list(real)
    for at in found:
        near = [t for t in left if abs(t - at) <= 0.05]
        if near:
            left.remove(min(near, key=lambda t: abs(t - at)))
            used += 1
    return 2 * used / max(len(found) + len(real), 1)


def score(samples, real, notes):
    samples, real = fitted(samples, real)
    linear, log = [], []
    for size in SIZES:
        a, b = spectra(samples, size), spectra(real, size)
        linear.append(np.abs(a - b).sum() / b.sum())
        floor = b.max() * 1e-3
        log.append(np.abs(np.log(a + floor) - np.log(b + floor)).mean())
    a, b = (10 * np.log10(spectra(x, 2048) ** 2 @ mel_bank() + 1e-12) for x in (samples, real))
    return {
        "mss": float(np.mean(linear) + np.mean(log)),
        "mel": floored_difference(a, b, 60),
        "envelope": floored_difference(loudness(samples, 441), loudness(real, 441), 50),
        "onsets": onset_f1(samples, notes) / max(onset_f1(real, notes), 1e-9),
    }


def equalised(samples, own, wanted):
    """With the long-term spectrum of `own` made that of `wanted` in thirds of octaves."""
    a, b = ((spectra(x, 4096) ** 2).mean(axis=0) for x in (own, wanted))
    f = np.arange(len(a)) * RATE / 4096
    centres, gains = np.geomspace(50, 18_000, 26), []
    for centre in centres:
        band = (f >= centre / 2 ** (1 / 6)) & (f < centre * 2 ** (1 / 6))
        if not band.any():
            band = np.abs(f - centre) == np.abs(f - centre).min()
        gains.append(10 * np.log10((b[band].sum() + 1e-14) / (a[band].sum() + 1e-14)))
    spectrum = np.fft.rfft(samples)
    at = np.log(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 1))
    gain = 10 ** (np.interp(at, np.log(centres), np.clip(gains, -24, 24)) / 20)
    return np.fft.irfft(spectrum * gain, len(samples))


def picture(path, sounds, seconds=8, width=300, height=260):
    """Spectra side by side, 40 Hz to 10 kHz from bottom to top, 60 dB from black to white."""
    panels = []
    for sound in sounds:
        power = spectra(sound[: seconds * RATE], 4096).T ** 2
        bins = np.geomspace(40, 10_000, height + 1) * 4096 / RATE
        rows = [power[int(a) : max(int(b), int(a) + 1)].max(axis=0) for a, b in zip(bins, bins[1:])]
        rows = np.array(rows)[::-1]
        columns = np.linspace(0, rows.shape[1] - 1, width).astype(int)
        decibels = 10 * np.log10(rows[:, columns] + 1e-12)
        shade = np.clip((decibels - decibels.max() + 60) / 60, 0, 1)
        panels += [(shade * 255).astype(np.uint8), np.full((height, 6), 128, np.uint8)]
    image = np.hstack(panels[:-1])
    lines = b"".join(b"\0" + row.tobytes() for row in image)
    chunk = lambda name, data: (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    )
    head = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head))
        file.write(chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--drumlin", required=True)
    parser.add_argument("--songs", required=True)
    parser.add_argument("--salamander", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--others", action="store_true", help="guitars and harps in the place of pianos")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    file = lambda name: os.path.join(arguments.out, name)

    notes = {}
    for name, (song, start, seconds) in {"reference": REFERENCE, **PASSAGES}.items():
        path = os.path.join(arguments.songs, song + ".mid")
        notes[name] = excerpt(performance(path), start, seconds)
        write_midi(notes[name], file(name + ".mid"))
    real = {}
    measured = list(OTHERS) if arguments.others else PIANOS
    for piano in dict.fromkeys(PIANOS + measured):
        for name in notes:
            real[piano, name] = render(piano, notes[name], arguments.salamander)
            soundfile.write(file(f"{piano}-{name}.wav"), real[piano, name], RATE, subtype="FLOAT")

    results = {}
    for piano in measured:
        reference = real[piano, "reference"]
        others = [other for other in PIANOS if other not in kin(piano)]
        nearest = min(
            others, key=lambda o: score(real[o, "reference"], reference, notes["reference"])["mss"]
        )
        for method in ("drumlin", "drumlin, listening"):
            like = ["--like", file(f"{piano}-reference.wav")]
            if method == "drumlin":
                like += ["--reference-midi", file("reference.mid")]
            table = file(f"{piano}-{method[8:].strip() or 'midi'}.drumlin-piano")
            for name in PASSAGES:
                out = file(f"{piano}-{name}-{method[8:].strip() or 'midi'}.wav")
                sound = ["--piano", table] if name != "a" else like + ["--save", table]
                command = [arguments.drumlin, "render", file(name + ".mid"), "-q", "-o", out, *sound]
                subprocess.run(command, check=True)
                sound = soundfile.read(out)[0].mean(axis=1)
                results[piano, name, method] = score(sound, real[piano, name], notes[name])
        for name in PASSAGES:
            stock = real[nearest, name]
            equal = equalised(stock, real[nearest, "reference"], reference)
            results[piano, name, "nearest stock"] = score(stock, real[piano, name], notes[name])
            results[piano, name, "stock, equalised"] = score(equal, real[piano, name], notes[name])
        for name in PASSAGES:
            for (p, n, method), values in results.items():
                if (p, n) == (piano, name):
                    print(f"{piano:22} {name} {method:19}", *(f"{k} {v:.2f}" for k, v in values.items()), flush=True)
    print()
    for method in dict.fromkeys(key[2] for key in results):
        of = [values for key, values in results.items() if key[2] == method]
        print(f"mean          {method:19}", *(f"{k} {np.mean([v[k] for v in of]):.3f}" for k in of[0]))
    if arguments.others:
        return
    wanted = [file(name) for name in ("musescore-a.wav", "musescore-a-midi.wav")]
    sounds = [soundfile.read(name, always_2d=True)[0].mean(axis=1) for name in wanted]
    picture(file("spectra.png"), fitted(*sounds[::-1])[::-1])
    with open(file("results.json"), "w") as out:
        json.dump([[*key, values] for key, values in results.items()], out, indent=1)


if __name__ == "__main__":
    main()
