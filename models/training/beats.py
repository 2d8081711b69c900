"""Train the network that hears beats and bars in strokes.

    python models/training/beats.py --data ../shared/data --out models/beats.onnx

It learns from drums as notes: the Groove MIDI Dataset, songs of `paired`, the grooves and songs of
`mma_synth`, the drum machine patterns of `patterns` strung into songs; stretched, jittered, with
strokes lost, made up and taken for others, so that it stands transcriptions. Then also from some that
are heard: performances rendered as `transcriber.py` renders them (drum_audio.py), and what
models/transcriber.onnx says of them. After the first part the same network goes on twice with other
clips, and the mean of the weights is what ships. Half an hour of one free processor core.

Every clip is up to 30 s. A frame is 10 ms; the network takes four at once. Its numbers for each frame
are those of `src/transcriber/pulse.rs`: a stroke of each of seven sounds, how hard it is, the
transcriber's beat and downbeat, and 1 within the recording.

Dilated convolutions for beats: Davies and Böck, "Temporal convolutional networks for musical audio
beat tracking", EUSIPCO 2019.
"""

import argparse
import copy
import csv
import json
import pickle
import random
import re
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mido.midifiles.meta import KeySignatureError
from torch import nn
from torch.nn import functional as F

import averaging
import drum_audio
import drum_sounds
import transcriber
from drum_audio import CLASSES

SOUNDS = len(CLASSES)
RATE = 100
STACK = 4
NUMBERS = 2 * SOUNDS + 3
SECONDS = 30
WIDTH = 48
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
# The thresholds of strokes stand there, sound by sound.
ONSETS = Path(__file__).parents[2] / "src" / "transcriber" / "onsets.rs"
THRESHOLDS = np.array([float(x) for x in re.findall(r"DrumSound::\w+ => (0\.\d+),", ONSETS.read_text())])
assert len(THRESHOLDS) == SOUNDS
# The beats that the decoder knows, in seconds, and a little within.
SHORTEST, LONGEST = 0.275, 1.2
# Share of the clips that are heard, from a third of the steps on.
MOST_HEARD = 0.4
# How often clips are of which kind.
KINDS = {"gmd": 0.45, "paired": 0.25, "grooves": 0.12, "songs": 0.05, "pattern": 0.13}
# Sound, what it is taken for, and how often at most, on average.
TAKEN_FOR = [("tom", "snare", 0.2), ("tom", "kick", 0.2), ("open hat", "closed hat", 0.5),
             ("closed hat", "open hat", 0.1), ("ride", "closed hat", 0.2), ("ride", "crash", 0.15),
             ("crash", "ride", 0.25), ("crash", "open hat", 0.15), ("closed hat", "ride", 0.08),
             ("snare", "tom", 0.08)]  # fmt: skip
TRACKS = {"BassDrum": "kick", "SnareDrum": "snare", "RimShot": "snare", "ClosedHiHat": "closed hat",
          "OpenHiHat": "open hat", "Cymbal": "crash", "LowTom": "tom", "MediumTom": "tom",
          "HighTom": "tom"}  # fmt: skip
# Signature and length of a pattern: beats.
METRES = {("4/4", 16): 4, ("12/8", 12): 4, ("4/4", 12): 4, ("3/4", 12): 3}


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.wide = nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
        self.norms = nn.ModuleList([nn.BatchNorm1d(WIDTH), nn.BatchNorm1d(WIDTH)])
        self.point = nn.Conv1d(WIDTH, WIDTH, 1)

    def forward(self, x):
        y = self.wide(F.relu(self.norms[0](x)))
        return x + self.point(F.relu(self.norms[1](y)))


class BeatNetwork(nn.Module):
    """(clips, 4 x 17, columns) -> logits of beat and downbeat (clips, 4 x 2, columns)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(STACK * NUMBERS, WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*[Block(dilation) for dilation in DILATIONS])
        self.last = nn.BatchNorm1d(WIDTH)
        self.head = nn.Conv1d(WIDTH, STACK * 2, 1)

    def forward(self, x):
        return self.head(F.relu(self.last(self.blocks(self.first(x)))))


def frames_of(strokes, beats, seconds, total):
    """What the network is shown, not yet in columns: (17, total). `strokes`: time, class, velocity."""
    x = np.zeros((NUMBERS, total), np.float32)
    at, sound, velocity = strokes[:, 0] * RATE, strokes[:, 1].astype(int), strokes[:, 2]
    first = np.floor(at).astype(int)
    share = at - first
    for frame, near in ((first, 1 - share), (first + 1, share)):
        ok = (frame >= 0) & (frame < total)
        np.maximum.at(x, (sound[ok], frame[ok]), near[ok])
        np.maximum.at(x, (SOUNDS + sound[ok], frame[ok]), (near * velocity)[ok])
    if beats is not None:
        count = min(total, len(beats))
        x[2 * SOUNDS : 2 * SOUNDS + 2, :count] = beats[:count].T
    x[-1, : round(seconds * RATE)] = 1
    return x


def columns(x):
    """(numbers, frames) -> (4 x numbers, frames / 4)."""
    count, frames = x.shape
    return x.reshape(count, frames // STACK, STACK).transpose(0, 2, 1).reshape(count * STACK, -1)


def triangles(times, total, width=3.0):
    """1 at the times, nothing `width` frames away."""
    row = np.zeros(total, np.float32)
    centre = np.asarray(times)[:, None] * RATE
    frame = np.floor(centre).astype(int) + np.arange(-3, 5)
    near = 1 - np.abs(frame - centre) / width
    inside = (frame >= 0) & (frame < total) & (near > 0)
    np.maximum.at(row, frame[inside], near[inside].astype(np.float32))
    return row


@dataclass
class Drums:
    """`strokes`: time, class, velocity from 0 to 1."""

    name: str
    strokes: np.ndarray
    beats: np.ndarray
    downbeats: np.ndarray


def drums_of(performance):
    kinds = [class_of(key) for key in performance.strokes[:, 1]]
    known = np.array([kind >= 0 for kind in kinds], bool)
    strokes = np.stack([performance.strokes[:, 0], kinds, performance.strokes[:, 2] / 127], 1)[known]
    return Drums(performance.name, strokes, performance.beats, performance.downbeats)


def class_of(key):
    return drum_audio.KINDS.get(drum_audio.KEYS.get(int(key)), -1)


def held_out(performance):
    """The dataset's validation part and an eighth of `paired`: what the figures are of."""
    return transcriber.held_out(performance)


def for_choosing(name):
    """Four sessions and another eighth of `paired`: what the decoder is tuned on."""
    sessions = ("drummer3/session2", "drummer7/session3", "drummer2/session2", "drummer9/session1")
    return name.startswith(tuple(f"gmd/{session}/" for session in sessions)) or (
        name.startswith("paired") and zlib.crc32(name.encode()) % 8 == 1
    )


def aligned(data):
    """Songs of `paired` whose drums are near a grid of a metre that is said."""
    with open(data / "paired" / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {Path(row["file"]).stem for row in rows
            if row["ts"] != "none" and float(row["aligned"] or 0) >= 0.7}  # fmt: skip


def all_performances(data):
    """The Groove MIDI Dataset, `paired`, grooves and 250 songs of `mma_synth`, in this order."""
    on_grid = aligned(data)
    found = [performance for performance in drum_audio.performances(data)
             if performance.name.startswith("gmd") or performance.name.split("/")[1] in on_grid]  # fmt: skip
    songs = sorted((data / "mma_synth" / "songs").glob("*.mid"))
    random.Random(1).shuffle(songs)
    grooves = sorted((data / "mma_synth" / "grooves").glob("*.mid"))
    for kind, files in (("grooves", grooves), ("songs", songs[:250])):
        for path in files:
            try:
                song = drum_audio.read(path, f"{kind}/{path.stem}", f"{kind}/{path.stem}")
            except (OSError, EOFError, ValueError, KeyError, IndexError, KeySignatureError):
                continue
            song.notes = np.zeros((0, 5))
            found.append(song)
    return found


class Patterns:
    """Songs of drum machine patterns of one name."""

    def __init__(self, folder):
        self.families = {}
        for file in ("DrumMachinePatterns200.json", "DrumMachinePatterns260.json"):
            for row in json.loads((folder / file).read_text()):
                length = row["length"]
                beats = METRES.get((row["signature"], length))
                accents = row.get("accent") or ["Rest"] * length
                cells = [(step / length * (beats or 0), CLASSES.index(TRACKS[track]),
                          1.0 if accents[step] == "Accent" else 0.7)
                         for track, steps in row["tracks"].items() if track in TRACKS
                         for step, value in enumerate(steps) if value != "Rest"]  # fmt: skip
                if beats is None or len(cells) < 3:
                    continue
                name = row["title"].replace("Break", "").replace("Measure", "")
                name = "".join(letter for letter in name if not letter.isdigit()).rstrip("AB")
                family = self.families.setdefault((name, beats, length), ([], []))
                family["Break" in row["title"]].append(cells)
        self.names = list(self.families)

    def song(self, rng):
        name, beats, length = self.names[rng.integers(len(self.names))]
        grooves, breaks = self.families[name, beats, length]
        grooves = grooves or breaks
        main = [grooves[rng.integers(len(grooves))] for _ in range(2)]
        most = max(len({at for at, sound, _ in cells if sound == drum}) for cells in main for drum in (1, 3, 4, 5))
        # Sixteenths are played slower.
        middle, fastest = (100, 150) if most > 2 * beats else (118, 205)
        period = 60 / np.clip(np.exp(rng.normal(np.log(middle), 0.22)), 58, fastest)
        bars = int(36 / (period * beats)) + 2
        every = int(rng.choice([2, 4, 8, 8, 100]))
        swing = rng.uniform(0.02, 0.085) if length == 16 and rng.uniform() < 0.15 else 0.0
        strokes = []
        for bar in range(bars):
            if breaks and bar % every == every - 1:
                cells = breaks[rng.integers(len(breaks))]
            else:
                turn = (bar // min(every, 8)) % 2 if rng.uniform() < 0.9 else rng.integers(2)
                cells = main[turn]
            for at, sound, velocity in cells:
                late = swing if at * 2 % 1 == 0.5 else 0.0
                strokes.append(((bar * beats + at + late) * period, sound, velocity * rng.uniform(0.85, 1.1)))
            if bar % 4 == 0 and rng.uniform() < 0.3:
                strokes.append((bar * beats * period, CLASSES.index("crash"), 0.9))
        times = np.arange(bars * beats + 1) * period
        return Drums("pattern", np.array(sorted(strokes)), times, times[::beats])


def in_another_metre(drums, rng):
    """Bars of four beats cut to three or seven eighths, or lengthened to five."""
    lines = drums.downbeats
    four = len(lines) > 3 and np.sum((drums.beats >= lines[0] - 1e-4) & (drums.beats < lines[1] - 1e-4)) == 4
    if not four:
        return drums
    count = int(rng.choice([3, 5, 7], p=[0.6, 0.2, 0.2]))
    strokes, beats, downbeats, now = [], [], [], 0.0
    for bar in range(0, len(lines) - 2, 2 if count == 5 else 1):
        start, bar_seconds = lines[bar], lines[bar + 1] - lines[bar]
        length = bar_seconds * {3: 0.75, 5: 1.25, 7: 0.875}[count]
        inside = drums.strokes[np.abs(drums.strokes[:, 0] + 0.02 - start - length / 2) <= length / 2]
        strokes.append(inside + [now - start, 0, 0])
        downbeats.append(now)
        beats.extend(now + np.arange(count) * length / count)
        now += length
    strokes = np.concatenate(strokes)
    return Drums(drums.name, strokes, np.array(beats), np.array(downbeats)) if len(strokes) > 8 else drums


def mistaken(strokes, rng):
    """As a transcription may have them: soft ones lost, some taken for others, some made up."""
    count = len(strokes)
    times, sounds, played = strokes[:, 0], strokes[:, 1].astype(int), strokes[:, 2]
    velocities = played ** rng.uniform(0.5, 1.6) * np.exp(rng.normal(0, rng.uniform(0, 0.3), count))
    velocities = np.clip(velocities * np.exp(rng.normal(0, 0.25, SOUNDS))[sounds], 0.02, 1)
    if rng.uniform() < 0.1:
        velocities[:] = rng.uniform(0.4, 0.8)
    kept = np.ones(count, bool)
    badly = rng.uniform() < 0.85
    if badly:
        soft = played < rng.uniform(0, 0.35)
        kept &= rng.uniform(size=count) > np.where(soft, 0.85, rng.uniform(0, 0.08))
        lost = rng.uniform(0, 0.15, SOUNDS) * (rng.uniform(size=SOUNDS) < 0.4)
        lost[rng.uniform(size=SOUNDS) < 0.04] = 1.0
        kept &= rng.uniform(size=count) > lost[sounds]
        for sound, other, most in TAKEN_FOR:
            if rng.uniform() < 0.5:
                share = rng.uniform(0, 2 * most) if rng.uniform() < 0.8 else 1.0
                taken = (sounds == CLASSES.index(sound)) & (rng.uniform(size=count) < share)
                sounds = np.where(taken, CLASSES.index(other), sounds)
    times = times + rng.normal(0, rng.uniform(0.001, 0.006), count)
    out = np.stack([times, sounds, velocities], 1)[kept]
    if badly and len(out) and rng.uniform() < 0.7:
        more = out[rng.integers(len(out), size=rng.poisson(len(out) * rng.uniform(0, 0.08)))].copy()
        near = rng.uniform(size=len(more)) < 0.7
        more[:, 1] = rng.integers(SOUNDS, size=len(more))
        more[:, 2] *= rng.uniform(0.3, 1, len(more))
        more[:, 0] += np.where(near, rng.normal(0, 0.006, len(more)), rng.uniform(-0.3, 0.3, len(more)))
        out = np.concatenate([out, more])
    return out


class Clips:
    """Random clips: columns shown, columns of beats and downbeats, where the recording is."""

    def __init__(self, drums, patterns, heard, seed):
        self.rng, self.patterns, self.heard, self.share = np.random.default_rng(seed), patterns, heard, 0
        self.sets = {kind: [d for d in drums if d.name.startswith(f"{kind}/")] for kind in KINDS}
        self.weights = {}
        for kind, found in self.sets.items():
            lengths = np.array([min(d.strokes[-1, 0], 90.0) for d in found]) ** 0.8
            self.weights[kind] = lengths / lengths.sum()

    def batch(self, count):
        return [torch.tensor(np.stack(x)) for x in zip(*[self.clip() for _ in range(count)])]

    def clip(self):
        if self.rng.uniform() < self.share:
            return self.of_heard()
        kind = self.rng.choice(list(KINDS), p=list(KINDS.values()))
        if kind == "pattern":
            drums = self.patterns.song(self.rng)
        else:
            drums = self.sets[kind][self.rng.choice(len(self.sets[kind]), p=self.weights[kind])]
        if self.rng.uniform() < 0.12:
            drums = in_another_metre(drums, self.rng)
        return self.of_notes(drums, kind)

    def of_notes(self, drums, kind):
        rng = self.rng
        stretch = np.exp(rng.normal(0, 0.22 if kind == "grooves" else 0.12))
        beat = np.median(np.diff(drums.beats))
        stretch = float(np.clip(stretch, SHORTEST / beat, LONGEST / beat))
        strokes = drums.strokes * [stretch, 1, 1]
        beats, downbeats = drums.beats * stretch, drums.downbeats * stretch
        if kind != "gmd":
            # Nobody plays like a machine, nor do all keep the tempo.
            strokes[:, 0] += rng.normal(0, rng.uniform(0, 0.012), len(strokes))
            if rng.uniform() < 0.3:
                depth, speed, phase = rng.uniform(0, 0.25), rng.uniform(0.1, 0.6), rng.uniform(0, 6.28)
                strokes[:, 0], beats, downbeats = (
                    x + depth * np.sin(speed * x + phase) for x in (strokes[:, 0], beats, downbeats)
                )
        end, how = strokes[:, 0].max() + 0.3, rng.uniform()
        if how < 0.22 and (made := self.as_loop(strokes, beats, downbeats, end)):
            return made
        start = -1.5 * rng.uniform() ** 2 if how < 0.5 else rng.uniform(-0.5, max(0.0, end - SECONDS * 0.6))
        seconds = rng.uniform(6, SECONDS) if rng.uniform() < 0.15 else SECONDS
        seconds = min(seconds, max(4, end - start + rng.uniform(-0.2, 1.5)))
        inside = strokes[(strokes[:, 0] >= start) & (strokes[:, 0] < start + seconds)] - [start, 0, 0]
        return self.made(mistaken(inside, rng), None, beats - start, downbeats - start, seconds)

    def as_loop(self, strokes, beats, downbeats, end):
        """One to eight bars cut out, once or over and over."""
        rng = self.rng
        count = int(rng.choice([1, 2, 4, 8], p=[0.1, 0.4, 0.4, 0.1]))
        bar = int(rng.integers(0, max(1, len(downbeats) - count)))
        if bar + count >= len(downbeats):
            return None
        start, length = downbeats[bar], downbeats[bar + count] - downbeats[bar]
        if length > SECONDS or start + length > end + 0.5:
            return None
        inside = strokes[(strokes[:, 0] >= start - 0.015) & (strokes[:, 0] < start + length - 0.015)]
        if len(inside) < 4:
            return None
        shift = 0.0 if rng.uniform() < 0.7 else rng.uniform(-0.01, 0.01)
        one = np.maximum(inside - [start - shift, 0, 0], 0)
        beats, downbeats = (x[(x > start - 1e-3) & (x < start + length - 1e-3)] - start for x in (beats, downbeats))
        if rng.uniform() < 0.5:
            times = min(int(np.ceil(20 / length)), int(SECONDS / length))
            if rng.uniform() < 0.7:
                one = mistaken(one, rng)
            one = np.concatenate([one + [index * length, 0, 0] for index in range(times)])
            beats, downbeats = (
                np.concatenate([x + index * length for index in range(times)]) for x in (beats, downbeats)
            )
            length *= times
        else:
            one = mistaken(one, rng)
        return self.made(one, None, beats, downbeats, length)

    def of_heard(self):
        rng = self.rng
        heard = self.heard[rng.integers(len(self.heard))]
        stretch = float(np.exp(rng.normal(0, 0.07)))
        start = 0.0 if rng.uniform() < 0.4 else rng.uniform(0, 8)
        seconds = min(SECONDS, (heard["end"] - start) * stretch + 0.3)
        sure = heard["strokes"][:, 3]
        bound = np.clip(THRESHOLDS + rng.normal(0, 0.06, SOUNDS), 0.1, 0.9)
        strokes = heard["strokes"][sure > bound[heard["strokes"][:, 1].astype(int)], :3].astype(float)
        strokes[:, 0] = (strokes[:, 0] - start) * stretch
        strokes = strokes[(strokes[:, 0] >= 0) & (strokes[:, 0] < seconds)]
        if rng.uniform() < 0.3:
            strokes = mistaken(strokes, rng)
        own = heard["activations"].astype(np.float32)
        places = np.arange(SECONDS * RATE) / stretch + start * RATE
        own = np.stack([np.interp(places, np.arange(len(own)), own[:, row]) for row in (0, 1)], 1)
        own[int(seconds * RATE) :] = 0
        # Without them it learns to do with the strokes.
        shown = own if rng.uniform() < 0.8 else None
        beats, downbeats = ((heard[x] - start) * stretch for x in ("beats", "downbeats"))
        return self.made(strokes, shown, beats, downbeats, seconds)

    def made(self, strokes, own, beats, downbeats, seconds):
        total = SECONDS * RATE
        x = frames_of(strokes, own, seconds, total)
        y = np.stack([triangles(beats, total), triangles(downbeats, total)])
        return columns(x), columns(y), columns(x[-1:])


def strokes_of(onsets, velocities):
    """Peaks over the thresholds: time, class, velocity, probability."""
    found = []
    for sound in range(SOUNDS):
        for frame in transcriber.peaks(onsets[:, sound], THRESHOLDS[sound]):
            near = min(len(onsets) - 1, round(frame))
            found.append((frame / RATE, sound, velocities[near, sound], onsets[near, sound]))
    return np.array(sorted(found), np.float32).reshape(-1, 4)


def hear(performances, sounds, network, count, seed):
    """Renders parts of performances through training kits, a twelfth of the performances and half of
    the songs with accompaniment, and has the transcriber hear them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    drum_audio.CLIP_SECONDS, drum_audio.FRAMES = SECONDS, SECONDS * RATE
    clips = drum_audio.Clips(performances, sounds, seed)
    clips.prepare([seed])
    rng, spectrogram_of = clips.rng, transcriber.Spectrogram()
    weights = np.array([(min(p.strokes[-1, 0], 120) + 5) * (1.0 if p.name.startswith("gmd") else 0.8)
                        for p in performances])  # fmt: skip
    found = []
    for index in range(count):
        performance = performances[rng.choice(len(performances), p=weights / weights.sum())]
        stretch = float(np.exp(rng.uniform(-0.2, 0.2)))
        end = performance.strokes[-1, 0] * stretch
        latest = max(0.0, end - SECONDS * 0.7) if rng.uniform() < 0.7 else 0.0
        start = rng.uniform(-1, latest)
        clips.mixes = 0.5 if len(performance.notes) > 50 else 0.08
        sound = clips.render(performance, start, stretch, clips.kit())[0]
        with torch.inference_mode():
            sound = torch.tensor(sound).float()[None]
            if rng.uniform() < 0.8:
                sound = drum_audio.augment(sound)
            shown = spectrogram_of(sound / sound.abs().max() * 0.5).numpy()
        onsets, velocities, beats = (x[0] for x in session.run(None, {"spectrogram": shown}))
        found.append({
            "name": performance.name, "strokes": strokes_of(onsets, velocities),
            "activations": beats.astype(np.float16), "end": min(SECONDS, end - start),
            "beats": performance.beats * stretch - start,
            "downbeats": performance.downbeats * stretch - start,
        })  # fmt: skip
        if index % 50 == 49:
            print(f"heard {index + 1} of {count}", flush=True)
    return [clip for clip in found if len(clip["strokes"]) > 20]


def loss_of(net, batch):
    x, y, inside = batch
    with torch.autocast("cpu", torch.bfloat16):
        odds = net(x)
    loss = F.binary_cross_entropy_with_logits(odds.float(), y, reduction="none")
    return (loss * (1 + 2 * y) * inside.repeat(1, 2, 1)).sum() / inside.sum() / 2


def train(net, clips, steps, rate, batch):
    """Returns the running mean of the weights."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    average, begun, losses = copy.deepcopy(net), time.time(), []
    for step in range(steps):
        for group in optimiser.param_groups:
            # Up in a twentieth of the steps, then down to nothing along a cosine.
            share = step / steps
            group["lr"] = rate * min(1, share * 20) * 0.5 * (1 + np.cos(np.pi * share))
        clips.share = MOST_HEARD * float(np.clip((share - 0.15) / 0.2, 0, 1))
        loss = loss_of(net, clips.batch(batch))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        averaging.follow(average, net, step + 1, 0.995)
        losses.append(loss.item())
        if step % 100 == 99:
            minutes = (time.time() - begun) / 60
            print(f"{minutes:5.1f} min, step {step + 1}, loss {np.mean(losses):.4f}", flush=True)
            losses = []
    return average


def mean_of(nets):
    """A network with the mean of the weights."""
    out = copy.deepcopy(nets[0])
    for name, value in out.state_dict().items():
        if value.is_floating_point():
            value.copy_(sum(net.state_dict()[name] for net in nets) / len(nets))
    return out


def export(net, path):
    torch.onnx.export(
        net.eval(), (torch.zeros(1, STACK * NUMBERS, 256),), str(path), dynamo=False, opset_version=17,
        input_names=["strokes"], output_names=["beats"],
        dynamic_axes={name: {2: "columns"} for name in ("strokes", "beats")},
    )  # fmt: skip


def golden(net, path):
    """A few bars and what the network says of them, for the tests."""
    strokes = [[0.25 * step + 0.003, 3, 0.5] for step in range(32)]
    strokes += [[1.0 * beat + 0.5 * (kind == 1), kind, 0.875] for beat in range(8) for kind in (0, 1)]
    strokes = np.array(sorted(strokes))
    beats = np.zeros((800, 2), np.float32)
    beats[::50] = [0.5, 0.25]
    x = columns(frames_of(strokes, beats, 8.0, 1024))
    with torch.inference_mode():
        odds = net.eval()(torch.tensor(x)[None])[0].numpy()
    rows = odds.reshape(2, STACK, -1).transpose(0, 2, 1).reshape(2, -1)[:, :800]
    # What was heard counts half beside it.
    own = np.clip(beats.T, 1e-4, 1 - 1e-4)
    rows = 1 / (1 + np.exp(-rows - 0.5 * np.clip(np.log(own / (1 - own)), -4, 4)))
    path.write_text(json.dumps({
        "strokes": [[at, int(sound), hard] for at, sound, hard in strokes.tolist()], "beats": [round(float(p), 5) for p in rows[0]],
        "downbeats": [round(float(p), 5) for p in rows[1]],
    }))  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sounds", type=Path, default=Path("models/training/cache/sounds"))
    parser.add_argument("--transcriber", type=Path, default=Path("models/transcriber.onnx"))
    parser.add_argument("--cache", type=Path, default=Path("models/training/cache/beats.pkl"))
    parser.add_argument("--golden", type=Path, default=Path("tests/golden/beats.json"))
    parser.add_argument("--clips", type=int, default=350, help="clips that are rendered and heard")
    parser.add_argument("--steps", type=int, default=2300, help="of each of the three parts")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    if options.cache.exists():
        performances, heard = pickle.loads(options.cache.read_bytes())
    else:
        performances = [p for p in all_performances(options.data)
                        if not held_out(p) and not for_choosing(p.name)]  # fmt: skip
        if not (options.sounds / "train.json").exists():
            drum_sounds.collect(options.data, options.sounds)
        played = [p for p in performances if p.name.startswith(("gmd", "paired")) and len(p.strokes) > 30]
        heard = hear(played, options.sounds, options.transcriber, options.clips, options.seed)
        options.cache.parent.mkdir(parents=True, exist_ok=True)
        options.cache.write_bytes(pickle.dumps((performances, heard)))
    drums = [drums_of(p) for p in performances]
    drums = [d for d in drums if len(d.strokes) > 8 and len(d.beats) > 4]
    print(f"{len(drums)} as notes, {len(heard)} heard", flush=True)
    net = BeatNetwork()
    print(sum(p.numel() for p in net.parameters()), "weights", flush=True)
    clips = Clips(drums, Patterns(options.data / "patterns"), heard, options.seed)
    net = train(net, clips, options.steps, 3e-3, options.batch)
    branches = []
    for seed in (options.seed + 1, options.seed + 2):
        clips.rng = np.random.default_rng(seed)
        branches.append(train(copy.deepcopy(net), clips, options.steps, 3e-3, options.batch))
    net = mean_of(branches)
    torch.save(net.state_dict(), options.out.with_suffix(".pt"))
    golden(net, options.golden)
    export(net, options.out)


if __name__ == "__main__":
    main()
