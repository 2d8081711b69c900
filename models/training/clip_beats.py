"""Train the network that hears the beats of clips for `drumlin curate`.

    python models/training/clip_beats.py --data ../shared/data --out models/clip_beats.onnx

It learns from performances of the Groove MIDI Dataset, songs of `paired`, grooves and songs of
`mma_synth`, rendered through SoundFonts (FluidSynth) and one-shots (drum_audio.py), two fifths of them
put into rooms and through equalisers. `drumlin features clips` says what the curator hears of them: how
much nine bands rise, 86 frames a second. The sessions that benches/curate_clips.py holds out and the
dataset's validation part are left out.

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
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse
import soundfile
import torch
from safetensors.numpy import load_file
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
WIDTH = 32
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128)
SECONDS = 25
# How often clips are of which kind.
KINDS = {"gmd": 0.6, "paired": 0.2, "grooves": 0.08, "songs": 0.12}
KITS = [kit for kit in curate_clips.KITS for _ in range(2)]
KITS += [("sf_GMbank.sf2", program) for program in (0, 8, 16, 24, 25, 32, 40)]
KITS += [("Black_Pearl_4_LV2.sf2", 0), ("Red_Zeppelin_4_LV2.sf2", 0)] * 2
# The steady beats that are weighed, as in src/curator/beat_grid.rs: seconds.
SHORTEST, LONGEST, PREFERRED, SPREAD, STEP = 0.28, 1.2, 0.5, 0.5, 0.0036
# Clips in a file of the cache.
PART = 50


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


class Renderer:
    def __init__(self, kinds, sounds, seed):
        self.kinds, self.rng = kinds, np.random.default_rng(seed)
        drum_audio.CLIP_SECONDS, drum_audio.FRAMES = SECONDS, SECONDS * 100
        everything = [performance for found in kinds.values() for performance in found]
        self.shots = drum_audio.Clips(everything, sounds, 0, mixes=0.0)
        self.shots.prepare(seed)
        self.weights = {}
        for kind, found in kinds.items():
            lengths = np.array([min(p.strokes[-1, 0], 120) for p in found]) ** 0.8
            self.weights[kind] = lengths / lengths.sum()

    def clip(self):
        """Samples, and the performance's name, group and beats in seconds."""
        rng = self.rng
        kind = rng.choice(list(KINDS), p=list(KINDS.values()))
        performance = self.kinds[kind][rng.choice(len(self.kinds[kind]), p=self.weights[kind])]
        stretch = float(np.exp(rng.normal(0, 0.04 if kind == "gmd" else 0.08)))
        if rng.uniform() < 0.3:
            stretch = 1.0
        end = performance.strokes[-1, 0] * stretch
        start = rng.uniform(0, max(0.01, end - SECONDS * 0.7))
        if rng.uniform() < 0.55:
            strokes = performance.strokes * [stretch, 1, 1] - [start, 0, 0]
            inside = strokes[(strokes[:, 0] >= 0) & (strokes[:, 0] < SECONDS)]
            notes = [(float(at), curate_clips.PADS.get(int(key), int(key)), int(velocity))
                     for at, key, velocity in inside]  # fmt: skip
            sound = curate_clips.render(notes, KITS[rng.integers(len(KITS))], SECONDS).mean(1)
        else:
            sound = self.shots.render(performance, start, stretch, self.shots.kit())[0]
        sound = np.ascontiguousarray(sound[: SECONDS * drum_audio.RATE], np.float32)
        if rng.uniform() < 0.4:
            with torch.inference_mode():
                sound = drum_audio.augment(torch.tensor(sound)[None])[0].numpy()
        sound = sound / max(1e-6, np.abs(sound).max()) * 10 ** (rng.uniform(-18, -1) / 20)
        found = performance.beats * stretch - start
        near = found[(found > -2) & (found < SECONDS + 2)]
        return sound, {"name": performance.name, "group": performance.group, "beats": near}


def heard(options):
    """Clips with `flux` (frames x bands) and `beats` in frames of it; those made before are kept."""
    kinds, clips = None, []
    options.cache.mkdir(parents=True, exist_ok=True)
    for part in range(options.clips // PART):
        path = options.cache / f"{options.seed}-{part}.pkl"
        if not path.exists():
            if kinds is None:
                kinds = for_training(options.data)
                print({kind: len(found) for kind, found in kinds.items()}, flush=True)
                if not (options.sounds / "train.json").exists():
                    drum_sounds.collect(options.data, options.sounds)
            torch.manual_seed(part)
            path.write_bytes(pickle.dumps(rendered(kinds, options, [options.seed, part])))
            print(f"{PART * (part + 1)} of {options.clips} clips", flush=True)
        clips += pickle.loads(path.read_bytes())
    return clips


def rendered(kinds, options, seed):
    renderer, made = Renderer(kinds, options.sounds, seed), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PART):
            sound, facts = renderer.clip()
            soundfile.write(f"{folder}/{number:02}.wav", sound, drum_audio.RATE, subtype="PCM_16")
            made.append(facts)
        table = Path(folder) / "onsets.safetensors"
        command = [options.drumlin, "features", "clips", "--data", folder, "--out", table]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        tensors = load_file(table)
    for number, facts in enumerate(made):
        if f"{number:02}.flux" in tensors:
            facts["flux"] = tensors[f"{number:02}.flux"].astype(np.float16)
            # Frame i is centred at sample 512 i + 512.
            facts["beats"] = facts["beats"] * FRAMES - 1 - int(tensors[f"{number:02}.first"][0])
    return [facts for facts in made if len(facts.get("flux", ())) > 4 * FRAMES]


def columns(flux):
    """What the network is shown: (4 x 10, columns)."""
    x = np.zeros((BANDS + 1, WINDOW), np.float32)
    x[:BANDS, : len(flux)] = flux.T
    x[BANDS, : len(flux)] = 1
    return beats.columns(x)


def example(clip, rng):
    """A stretched, coloured part of a clip: what is shown, beats as triangles, beats, length."""
    flux, places = clip["flux"].astype(np.float32), clip["beats"]
    beat = np.median(np.diff(places)) / FRAMES if len(places) > 2 else 0.5
    stretch = float(np.exp(rng.normal(0, 0.13))) if rng.uniform() < 0.8 else 1.0
    inside = SHORTEST < beat < LONGEST
    stretch = float(np.clip(stretch, SHORTEST / beat, 1.15 / beat)) if inside else 1.0
    if stretch != 1.0:
        at = np.minimum(np.arange(int(len(flux) * stretch)) / stretch, len(flux) - 1)
        left = at.astype(int)
        share = (at - left)[:, None].astype(np.float32)
        flux = flux[left] * (1 - share) + flux[np.minimum(left + 1, len(flux) - 1)] * share
        places = places * stretch
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
    parser.add_argument("--clips", type=int, default=1700)
    parser.add_argument("--steps", type=int, default=2000)
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
