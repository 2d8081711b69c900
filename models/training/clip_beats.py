"""Train the network that hears the beats of clips for `drumlin curate`.

    python models/training/clip_beats.py --data ../shared/data --out models/clip_beats.onnx

It learns from performances of the Groove MIDI Dataset, songs of `paired`, grooves and songs of
`mma_synth`. Their clips are not rendered as sound but as its power in nine bands, 86 frames a second:
`drumlin features strokes` says what power one-shots (drum_sounds.py) have there, these are added
stroke by stroke, put into rooms, through equalisers and into noise, and `drumlin features clips` says
what the curator would hear of that: how much the bands rise. So a clip takes some 15 ms, and thousands
of them are affordable. The sessions that benches/curate_clips.py holds out and the dataset's
validation part are left out.

The loss has two parts: the cross entropy of beats, frame by frame, and how likely the true beat is
among all steady ones, as `src/curator/beat_grid.rs` weighs them. The mean of the weights of the last
steps ships.

Dilated convolutions for beats: Davies and Böck, "Temporal convolutional networks for musical audio
beat tracking", EUSIPCO 2019. Training through the decoder: as the conditional random field of Fillon,
Joder, Durand and Essid, "A conditional random field system for beat tracking", ICASSP 2015.
"""

import argparse
import copy
import csv
import json
import pickle
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.signal
import scipy.sparse
import soundfile
import torch
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn import functional as F

import averaging
import beats
import drum_audio
import drum_sounds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benches"))
import curate_clips  # noqa: E402

BANDS = 9
FRAMES = 44100 / 512
STACK = 4
COLUMNS = 512
WINDOW = STACK * COLUMNS
WIDTH = 48
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128) * 2
SECONDS = 24
# How often clips are of which kind.
KINDS = {"gmd": 0.6, "paired": 0.2, "grooves": 0.08, "songs": 0.12}
# As src/curator/bands.rs has them: samples of a frame and from frame to frame.
FRAME, HOP = 1024, 512
# Places within a frame at which strokes are known, and for how long, in seconds.
OFFSETS, LONGEST_STROKE = 4, 1.6
# One-shots begin so many seconds before the stroke.
AHEAD = 0.002
MACHINES = 64
# The steady beats that are weighed, as in src/curator/beat_grid.rs: seconds.
SHORTEST, LONGEST, PREFERRED, SPREAD, STEP = 0.28, 1.2, 0.5, 0.5, 0.0036
# Clips in a file of the cache.
PART = 500


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm1d(WIDTH), nn.BatchNorm1d(WIDTH)])
        self.wide = nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
        self.point = nn.Conv1d(WIDTH, WIDTH, 1)

    def forward(self, x):
        y = self.wide(F.relu(self.norms[0](x)))
        return x + self.point(F.relu(self.norms[1](y)))


class ClipBeatNetwork(nn.Module):
    """(clips, 4 x 10, columns) -> logits of beats (clips, 4, columns)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(STACK * (BANDS + 1), WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*[Block(dilation) for dilation in DILATIONS])
        self.last = nn.BatchNorm1d(WIDTH)
        self.head = nn.Conv1d(WIDTH, STACK, 1)

    def forward(self, x):
        return self.head(F.relu(self.last(self.blocks(self.first(x)))))


def for_training(data):
    """Performances by kind, without those that are held out."""
    with open(data / "gmd" / "info.csv", newline="") as file:
        rows = {f"gmd/{row['id']}": row for row in csv.DictReader(file)}
    kinds = {kind: [] for kind in KINDS}
    for performance in beats.all_performances(data):
        row = rows.get(performance.name)
        held_out = row and (row["session"] in curate_clips.HELD_OUT or row["split"] == "validation")
        enough = len(performance.strokes) > 20 and performance.strokes[-1, 0] > 8
        if not held_out and enough and len(performance.beats) > 6:
            kinds[performance.name.split("/")[0]].append(performance)
    return kinds


class Kits:
    """Kits, and the power that their strokes have in the bands.

    `kits`: dictionaries from kind to (hardness, level, power), of which `power` is an array (offsets x
    frames x bands): frame `i` is centred at sample 512 i of a sound that begins so many parts of a frame
    behind sample 0. `weights`: how often each is taken.
    """

    def __init__(self, folder, drumlin):
        known = drum_audio.Sounds(folder, "train")
        kits = known.kits + [drum_audio.synthetic(np.random.default_rng(n)) for n in range(MACHINES)]
        sounds = [sound for kit in kits for layers in kit.values() for _, _, sound in layers]
        power = iter(strokes_power(sounds, drumlin))
        self.kits = [{kind: [(hard, level, next(power)) for hard, level, _ in layers]
                      for kind, layers in kit.items()} for kit in kits]  # fmt: skip
        # Few of the SoundFonts' many kits are what a drummer plays.
        weights = np.array([1.0 if re.search(r" \d+$", name) else 3.0 for name in known.names])
        machines = np.full(MACHINES, 0.12 * weights.sum() / MACHINES)
        self.weights = np.append(weights, machines)
        self.weights /= self.weights.sum()
        kinds = sorted({kind for kit in self.kits for kind in kit})
        self.having = {kind: [kit[kind] for kit in self.kits if kind in kit] for kind in kinds}

    def one(self, rng):
        """A kit, two fifths of the time with drums of others."""
        def draw():
            return self.kits[rng.choice(len(self.kits), p=self.weights)]

        kit = dict(draw())
        if rng.uniform() < 0.4:
            for kind in self.having:
                other = draw()
                if kind in other:
                    kit[kind] = other[kind]
        return kit


def strokes_power(sounds, drumlin):
    """What `drumlin features strokes` says of every sound: (offsets x frames x bands) each."""
    sounds = [sound[: int(LONGEST_STROKE * drum_audio.RATE)] for sound in sounds]
    frames = [len(sound) // HOP + 5 for sound in sounds]
    starts = np.cumsum([0] + frames)
    with tempfile.TemporaryDirectory() as folder:
        for offset in range(OFFSETS):
            tape = np.zeros((starts[-1] + 2) * HOP, np.float32)
            for start, sound in zip(starts, sounds):
                at = (start + 1) * HOP + offset * HOP // OFFSETS
                tape[at : at + len(sound)] = sound
            soundfile.write(f"{folder}/{offset}.wav", tape, drum_audio.RATE, subtype="FLOAT")
        table = f"{folder}/power"
        features(drumlin, "strokes", folder, table)
        tapes = load_file(table)
    power = np.stack([tapes[str(offset)][: starts[-1]] for offset in range(OFFSETS)])
    return [power[:, start : start + count] for start, count in zip(starts, frames)]


def features(drumlin, what, data, out):
    command = [drumlin, "features", what, "--data", data, "--out", out]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


class Mixer:
    """Clips of random performances on random kits, as power in the bands."""

    def __init__(self, kinds, kits, seed):
        self.kinds, self.kits, self.rng = kinds, kits, np.random.default_rng(seed)
        self.weights = {}
        for kind, found in kinds.items():
            lengths = np.array([min(p.strokes[-1, 0], 120) for p in found]) ** 0.8
            self.weights[kind] = lengths / lengths.sum()

    def clip(self):
        """Power (frames x bands), the performance's group, and its beats in frames."""
        rng = self.rng
        kind = rng.choice(list(KINDS), p=list(KINDS.values()))
        performance = self.kinds[kind][rng.choice(len(self.kinds[kind]), p=self.weights[kind])]
        beat = np.median(np.diff(performance.beats))
        stretch = float(np.exp(rng.normal(0, 0.13)))
        if SHORTEST < beat < LONGEST:
            stretch = float(np.clip(stretch, SHORTEST / beat, 1.15 / beat))
        end = performance.strokes[-1, 0] * stretch
        start = rng.uniform(0, max(0.01, end - SECONDS * 0.8))
        power = self.coloured(self.struck(performance, start, stretch))
        # As `drumlin curate` does, without what is 50 dB below the loudest before and behind.
        heard = np.nonzero(power.max(1) > power.max() * 1e-5)[0]
        if not len(heard):
            return None
        first, last = heard[0], heard[-1] + 1
        places = (performance.beats * stretch - start) * FRAMES - 1 - first
        places = places[(places > -60) & (places < last - first + 60)]
        facts = {"group": performance.group, "beats": places}
        enough = last - first > 4 * FRAMES and len(places) > 3
        return (power[first:last], facts) if enough else None

    def struck(self, performance, start, stretch):
        """The sum of the strokes' power. Frame `i` is centred at sample 512 i + 512."""
        rng, kit = self.rng, self.kits.one(self.rng)
        times = performance.strokes[:, 0] * stretch - start
        inside = np.nonzero((times >= 0) & (times < SECONDS))[0]
        kinds = {key: drum_audio.KEYS.get(int(key)) for key in np.unique(performance.strokes[:, 1])}
        if rng.uniform() < 0.18:
            swap = drum_audio.SWAPS[rng.integers(len(drum_audio.SWAPS))]
            kinds = {key: swap.get(kind, kind) for key, kind in kinds.items()}
        lost = rng.uniform(0, 0.08) if rng.uniform() < 0.3 else 0.0
        late = abs(rng.normal(0, 0.004))
        gamma = rng.uniform(0.9, 2.2)
        shutting = [times[i] for i in inside if kinds[performance.strokes[i, 1]] in ("hat", "pedal", "open")]
        shutting, sounds = np.array(shutting), {}
        frames = int(SECONDS * FRAMES) - 1
        power = np.zeros((frames + int(LONGEST_STROKE * FRAMES) + 8, BANDS), np.float32)
        for index in inside:
            _, key, velocity = performance.strokes[index]
            kind = kinds[key]
            if kind is None or rng.uniform() < lost:
                continue
            if kind not in sounds:
                sounds[kind] = self.sound(kit, kind)
            layers, gain, decay = sounds[kind]
            if layers is None:
                continue
            hardness = velocity / 127
            layer = min(layers, key=lambda layer: abs(layer[0] - hardness) + 0.1 * rng.uniform())
            # Rounded to the nearest place within a frame.
            at = times[index] + rng.normal(0, late) - AHEAD + 0.5 / OFFSETS / FRAMES
            if at < 0:
                continue
            frame, part = divmod(int(at * FRAMES * OFFSETS), OFFSETS)
            one = layer[2][part]
            if kind in ("open", "half open"):
                shut = shutting[shutting > times[index] + 0.02]
                if len(shut):
                    one = one[: max(2, int((shut[0] - times[index]) * FRAMES) + 2)]
            level = layer[1] * (hardness / max(layer[0], 0.05)) ** gamma
            one = one * (level**2 * gain)
            if decay is not None:
                one = one * np.exp(-2 * np.arange(len(one)) / FRAMES / decay)[:, None]
            # What is centred at sample 0 of a sound is the frame before its own.
            skipped = max(0, 1 - frame)
            power[frame - 1 + skipped : frame - 1 + len(one)] += one[skipped:]
        return power[:frames]

    def sound(self, kit, kind):
        """A kind's layers in a kit or in any that has it, its gain in every band and its decay."""
        rng, layers, stand_in = self.rng, kit.get(kind), kind
        while layers is None and stand_in in drum_audio.STAND_INS and stand_in != "tom low":
            stand_in = drum_audio.STAND_INS[stand_in]
            layers = kit.get(stand_in)
        having = self.kits.having.get(kind)
        if layers is None and having:
            layers = having[rng.integers(len(having))]
        gain = 10 ** (rng.normal(0, 3) / 10) * 10 ** (rng.normal(0, 2, BANDS) / 10)
        decay = None if rng.uniform() < 0.6 else np.exp(rng.uniform(-2.5, 0.5))
        return layers, gain.astype(np.float32), decay

    def coloured(self, power):
        """In a room two fifths of the time, through an equaliser, and into noise two fifths of it."""
        rng = self.rng
        if rng.uniform() < 0.4:
            # 60 dB in so many seconds.
            seconds = np.exp(rng.uniform(np.log(0.15), np.log(1.5)))
            tail = np.exp(-6 * np.log(10) * np.arange(1, 100) / FRAMES / seconds)
            wet = 10 ** (rng.uniform(-20, 0) / 10) / tail.sum()
            echo = scipy.signal.fftconvolve(power, np.append(0, tail)[:, None], axes=0)[: len(power)]
            power = power + wet * np.maximum(echo, 0)
        power = power * 10 ** (rng.normal(0, 3, BANDS) / 10)
        # Strokes that sound together add with any phase.
        power = power * np.exp(rng.normal(0, 0.08, power.shape))
        if rng.uniform() < 0.4:
            level = 10 ** rng.uniform(-7, -3) * power.max() * 10 ** (rng.normal(0, 5, BANDS) / 10)
            power = power + level * rng.gamma(4, 0.25, power.shape)
        return power.astype(np.float32)


def heard(options):
    """Clips with `flux` (frames x bands) and `beats` in frames of it; those made before are kept."""
    kinds, kits, clips = None, None, []
    options.cache.mkdir(parents=True, exist_ok=True)
    for part in range(options.clips // PART):
        path = options.cache / f"{options.seed}-{part}.pkl"
        if not path.exists():
            if kits is None:
                if not (options.sounds / "train.json").exists():
                    drum_sounds.collect(options.data, options.sounds)
                kinds, kits = for_training(options.data), Kits(options.sounds, options.drumlin)
                print({kind: len(found) for kind, found in kinds.items()}, flush=True)
            mixer = Mixer(kinds, kits, [options.seed, part])
            path.write_bytes(pickle.dumps(mixed(mixer, options.drumlin)))
            print(f"{PART * (part + 1)} of {options.clips} clips", flush=True)
        clips += pickle.loads(path.read_bytes())
    return clips


def mixed(mixer, drumlin):
    made, power = [], {}
    while len(made) < PART:
        clip = mixer.clip()
        if clip is not None:
            power[f"{len(made):03}"], facts = clip
            made.append(facts)
    with tempfile.TemporaryDirectory() as folder:
        save_file(power, f"{folder}/power")
        features(drumlin, "clips", f"{folder}/power", f"{folder}/onsets")
        onsets = load_file(f"{folder}/onsets")
    for number, facts in enumerate(made):
        facts["flux"] = onsets[f"{number:03}"].astype(np.float16)
    return made


def columns(flux):
    """What the network is shown: (4 x 10, columns)."""
    x = np.zeros((BANDS + 1, WINDOW), np.float32)
    x[:BANDS, : len(flux)] = flux.T
    x[BANDS, : len(flux)] = 1
    return beats.columns(x)


def example(clip, rng):
    """A coloured part of a clip: what is shown, beats as triangles, beats, length."""
    flux, places = clip["flux"].astype(np.float32), clip["beats"]
    length = min(len(flux), WINDOW)
    if rng.uniform() < 0.3:
        length = int(min(length, rng.uniform(5, 22) * FRAMES))
    start = rng.integers(0, max(1, min(len(flux) - length + 1, int(4 * FRAMES))))
    gains = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.1, BANDS)).astype(np.float32)
    flux = flux[start : start + length] * gains
    if rng.uniform() < 0.15:
        flux[:, rng.integers(BANDS)] = 0
    places = places - start
    places = places[(places > -3) & (places < length + 3)]
    wanted = np.zeros(WINDOW, np.float32)
    for off in range(-3, 4):
        frame = np.round(places).astype(int) + off
        near = 1 - np.abs(frame - places) / 3
        ok = (frame >= 0) & (frame < length) & (near > 0)
        np.maximum.at(wanted, frame[ok], near[ok].astype(np.float32))
    return columns(flux), wanted, places, length


class Combs:
    """All steady beats, as src/curator/beat_grid.rs has them: a row for each period and phase."""

    def __init__(self):
        count = int(np.log(LONGEST / SHORTEST) / STEP)
        periods = FRAMES * SHORTEST * np.exp(np.arange(count + 1) * STEP)
        rows, frames, self.periods, self.phases = [], [], [], []
        for period in periods:
            around = int(np.ceil(WINDOW / 2 / period)) + 1
            offsets = WINDOW // 2 + np.round(np.arange(-around, around + 1) * period).astype(int)
            for phase in range(int(np.ceil(period))):
                inside = offsets + phase
                inside = inside[(inside >= 0) & (inside < WINDOW)]
                rows.append(np.full(len(inside), len(self.periods)))
                frames.append(inside)
                self.periods.append(period)
                self.phases.append(WINDOW // 2 + phase)
        self.periods, self.phases = np.array(self.periods), np.array(self.phases)
        octaves = np.log2(self.periods / FRAMES / PREFERRED) / SPREAD
        self.prior = torch.tensor(-0.5 * octaves**2 - np.log(self.periods)).float()
        rows, frames = np.concatenate(rows), np.concatenate(frames)
        shape = (len(self.periods), WINDOW)
        self.matrix = scipy.sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, frames)), shape)
        self.transposed = self.matrix.T.tocsr()

    def right(self, places, length):
        """Which of them are the true beat, within 2.6 frames; none where it is not steady."""
        if len(places) < 5:
            return None
        period, first = np.polyfit(np.arange(len(places)), places, 1)
        off = np.abs(first + period * np.arange(len(places)) - places)
        if off.max() > 2 or not 1.02 * SHORTEST < period / FRAMES < 0.98 * LONGEST:
            return None
        right = np.abs(self.periods / period - 1) < 0.02
        for at in (0, length / 2, length):
            near = self.phases + np.round((at - self.phases) / self.periods) * self.periods
            beat = (near - first) / period
            right &= np.abs(beat - np.round(beat)) * period < 2.6
        return torch.tensor(right) if right.any() else None


class Comb(torch.autograd.Function):
    """(frames, clips) -> (steady beats, clips): sums over the beats."""

    @staticmethod
    def forward(ctx, odds, combs):
        ctx.combs = combs
        return torch.from_numpy(combs.matrix @ odds.detach().numpy())

    @staticmethod
    def backward(ctx, gradient):
        return torch.from_numpy(ctx.combs.transposed @ gradient.numpy()), None


def steady_loss(odds, parts, combs):
    """Nats of the true steady beat among all: odds (clips, frames), a row for each of `parts`."""
    chosen = [(index, combs.right(places, length)) for index, (_, _, places, length) in enumerate(parts)]
    chosen = [(index, right) for index, right in chosen if right is not None]
    if not chosen:
        return torch.zeros(0)
    odds = torch.stack([
        torch.where(torch.arange(WINDOW) < parts[index][3], odds[index], 0.0) for index, _ in chosen
    ])  # fmt: skip
    beside = F.pad(odds, (1, 1))
    near = torch.logsumexp(torch.stack([beside[:, :-2], odds, beside[:, 2:]]), 0) - np.log(3)
    near = torch.stack([
        torch.where(torch.arange(WINDOW) < parts[index][3], row, 0.0)
        for row, (index, _) in zip(near, chosen)
    ])  # fmt: skip
    sums = Comb.apply(near.T.contiguous(), combs) + combs.prior[:, None]
    return torch.stack([
        torch.logsumexp(column, 0) - torch.logsumexp(column[right], 0)
        for column, (_, right) in zip(sums.T, chosen)
    ])  # fmt: skip


def train(clips, options):
    rng, combs, net = np.random.default_rng(options.seed), Combs(), ClipBeatNetwork()
    print(len(combs.periods), "steady beats,", sum(p.numel() for p in net.parameters()), "weights", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.01)
    average, begun, shown = copy.deepcopy(net), time.time(), []
    for step in range(options.steps):
        share = step / options.steps
        for group in optimiser.param_groups:
            # Up in a twentieth of the steps, then down to nothing along a cosine.
            group["lr"] = options.rate * min(1, share * 20) * 0.5 * (1 + np.cos(np.pi * share))
        parts = [example(clips[index], rng) for index in rng.integers(len(clips), size=options.batch)]
        x, wanted = (torch.tensor(np.stack([part[row] for part in parts])) for row in (0, 1))
        inside = torch.stack([torch.arange(WINDOW) < part[3] for part in parts])
        odds = net(x).transpose(1, 2).reshape(len(parts), WINDOW)
        entropy = F.binary_cross_entropy_with_logits(odds, wanted, reduction="none")
        loss = (entropy * (1 + 2 * wanted) * inside).sum() / inside.sum()
        steady = steady_loss(odds, parts, combs)
        shown.append((loss.item(), steady.mean().item() if len(steady) else np.nan))
        if len(steady):
            # What is hopeless must not drown the others.
            loss = loss + 0.1 * min(1, share * 5) * steady.clamp(max=40).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        averaging.follow(average, net, step + 1, 0.99)
        if step % 50 == 49:
            entropy, nats = np.nanmean(shown, 0)
            minutes = (time.time() - begun) / 60
            print(f"{minutes:5.1f} min, step {step + 1}, {entropy:.4f}, {nats:.3f} nats", flush=True)
            shown = []
            torch.save(average.state_dict(), options.out.with_suffix(".pt"))
    return average.eval()


def report(net, clips):
    """Nats of the true beat, and how often the likeliest is true, for clips that were not learned from."""
    combs, nats, right = Combs(), [], []
    with torch.inference_mode():
        for clip in clips:
            flux = clip["flux"][:WINDOW].astype(np.float32)
            places = clip["beats"][(clip["beats"] > -3) & (clip["beats"] < len(flux) + 3)]
            odds = net(torch.tensor(columns(flux))[None]).transpose(1, 2).reshape(1, WINDOW)
            steady = steady_loss(odds, [(None, None, places, len(flux))], combs)
            nats += steady.tolist()
            right += (steady < np.log(2)).tolist()
    print(f"held out: {len(nats)} clips, {np.mean(nats):.3f} nats, surely right {np.mean(right):.3f}")


def golden(net, path):
    """A made-up flux and what the network says of it, for the tests."""
    frame = np.arange(600)
    flux = np.zeros((600, BANDS), np.float32)
    for band in range(BANDS):
        flux[:, band] = np.where(frame % (11 * (1 + band % 4)) == band, 0.5 + band / 8, 0.01 * band)
    with torch.inference_mode():
        odds = net(torch.tensor(columns(flux))[None]).transpose(1, 2).reshape(-1)[:600]
    path.write_text(json.dumps({"odds": [round(float(value), 5) for value in odds]}))


def export(net, path):
    torch.onnx.export(
        net.eval(), (torch.zeros(1, STACK * (BANDS + 1), COLUMNS),), str(path), dynamo=False,
        opset_version=17, input_names=["onsets"], output_names=["beats"],
        dynamic_axes={name: {2: "columns"} for name in ("onsets", "beats")},
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sounds", type=Path, default=Path("models/training/cache/sounds"))
    parser.add_argument("--cache", type=Path, default=Path("models/training/cache/clip_beats"))
    parser.add_argument("--drumlin", type=Path, default=Path("target/release/drumlin"))
    parser.add_argument("--golden", type=Path, default=Path("tests/golden/clip_beats.json"))
    parser.add_argument("--hold", nargs="*", default=[], help="sessions of the dataset to hold out too")
    parser.add_argument("--clips", type=int, default=16000)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    clips = heard(options)
    held = [clip for clip in clips if clip["group"] in options.hold]
    clips = [clip for clip in clips if clip["group"] not in options.hold]
    print(f"{len(clips)} clips to learn from, {len(held)} held out", flush=True)
    torch.manual_seed(options.seed)
    net = train(clips, options)
    if held:
        report(net, held)
    else:
        golden(net, options.golden)
    export(net, options.out)


if __name__ == "__main__":
    main()
