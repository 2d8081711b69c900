"""Make drum parts that differ from the real ones, and what the reference scorer says of them.

For each song in scores/ (`NAME.mid`, licences in README.md) it writes `NAME.made.mid`, the song's
drums with strokes left out, moved, changed and added (always the same ones), and `scores.json` with
the figures that score_drums.py gives for each pair, for the real part against itself and for the
real part of the next song. `overlaps.json` has overlapping areas by scipy.

Run:   python make_scores.py
Needs: numpy 2.4, mido 1.3, pretty_midi 0.2.11, scipy (the versions that made the committed files).
"""

import json
import pathlib
import random

import mido
import numpy as np
from scipy import integrate, stats

import score_drums

HERE = pathlib.Path(__file__).parent / "scores"
KEYS = [35, 36, 37, 38, 42, 44, 46, 41, 45, 49, 51, 54, 56, 70, 81]


def drums(midi):
    """The strokes of channel 10 as (start, end, key, velocity), and the tempo and metre changes."""
    strokes, metas = [], []
    for index, track in enumerate(midi.tracks):
        now, sounding = 0, {}
        for message in track:
            now += message.time
            if message.type in ("set_tempo", "time_signature") and index == 0:
                metas.append((now, message))
            elif message.type in ("note_on", "note_off") and message.channel == 9:
                if message.note in sounding:
                    start, velocity = sounding.pop(message.note)
                    if now > start:
                        strokes.append((start, now, message.note, velocity))
                if message.type == "note_on" and message.velocity > 0:
                    sounding[message.note] = (now, message.velocity)
    return strokes, metas


def changed(strokes, rng, step):
    made = {}
    for start, _, key, velocity in strokes:
        chance = rng.random()
        if chance < 0.15:
            continue
        if chance < 0.25:
            key = rng.choice(KEYS)
        start = max(0, start + rng.randint(-step // 3, step // 3))
        if chance > 0.95:
            made[start + 2 * step, rng.choice(KEYS)] = rng.randint(1, 127)
        made[start, key] = min(127, max(1, velocity + rng.randint(-20, 20)))
    return made


def write(path, midi, made, metas):
    events = [(at, 0, message) for at, message in metas]
    for (start, key), velocity in made.items():
        on = mido.Message("note_on", channel=9, note=key, velocity=velocity)
        off = mido.Message("note_off", channel=9, note=key)
        later = [s for s, k in made if k == key and s > start]
        events += [(start, 2, on), (min([start + midi.ticks_per_beat // 8, *later]), 1, off)]
    events.sort(key=lambda event: event[:2])
    track, now = mido.MidiTrack(), 0
    for at, _, message in events:
        track.append(message.copy(time=at - now))
        now = at
    out = mido.MidiFile(type=0, ticks_per_beat=midi.ticks_per_beat)
    out.tracks.append(track)
    out.save(path)


def overlap(a, b):
    """mgeval's overlap_area (Yang and Lerch 2020)."""
    f, g = stats.gaussian_kde(a), stats.gaussian_kde(b)
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    return integrate.quad(lambda x: min(f(x)[0], g(x)[0]), low, high, limit=500)[0]


def main():
    songs = sorted(p for p in HERE.glob("*.mid") if ".made" not in p.name)
    scores = []
    for index, song in enumerate(songs):
        midi = mido.MidiFile(song)
        strokes, metas = drums(midi)
        made = song.with_suffix(".made.mid")
        part = changed(strokes, random.Random(index), midi.ticks_per_beat // 4)
        write(made, midi, part, metas)
        for other in (made, song, songs[(index + 1) % len(songs)]):
            figures = score_drums.score(song, other)
            scores.append({"reference": song.name, "generated": other.name, "figures": figures})
    classes = [score_drums.CLASS.get(key, score_drums.NC - 1) for key in range(128)]
    golden = {"classes": classes, "scores": scores}
    (HERE / "scores.json").write_text(json.dumps(golden, indent=1) + "\n")

    rng = np.random.default_rng(0)
    sets = [
        (rng.normal(0, 1, 80), rng.normal(0.7, 1.5, 120)),
        (rng.integers(1, 6, 60).astype(float), rng.integers(2, 8, 90).astype(float)),
        (rng.exponential(1, 50), rng.normal(4, 0.2, 50)),
    ]
    overlaps = [
        {"a": a.round(6).tolist(), "b": b.round(6).tolist(), "overlap": overlap(a.round(6), b.round(6))}
        for a, b in sets
    ]
    (HERE / "overlaps.json").write_text(json.dumps(overlaps) + "\n")


if __name__ == "__main__":
    main()
