"""Train the transcriber: a log-mel spectrogram in; drum onsets, velocities, beats and downbeats out.

    python models/training/transcriber.py --data ../shared/data --out models/transcriber.onnx

Sound is rendered while training (drum_audio.py) from the one-shots that drum_sounds.py collects on
the first run. `--minutes` is the length of the run: a night on two cores, ten minutes on a large GPU.
Interrupted, the same command goes on from its last save; `--from` begins with the weights of a network
that was written before. At the end it writes the network and prints its figures: held-out performances
on kits trained with, and kits never trained with.

Joint onsets and beats: Vogl et al., "Drum Transcription via Joint Beat and Drum Modeling using
Convolutional Recurrent Neural Networks", ISMIR 2017; dilated convolutions in place of the recurrent
layers, as in Davies and Böck, "Temporal convolutional networks for musical audio beat tracking", 2019.
"""

import argparse
import copy
import itertools
import json
import math
import pickle
import time
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import averaging
import drum_audio
import drum_sounds
from drum_audio import CLASSES, HOP, RATE

WINDOW = 2048
BANDS = 96
LOWEST, HIGHEST = 27.5, 16000.0
# What a full-scale sine has is ln(1 + 1000).
COMPRESSION = 1000.0
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 1, 2)
WIDTH = 112
FIVE = ((0,), (1,), (2,), (3, 4), (5, 6))
# Differences of F that say nothing about a threshold.
ALL_BUT = 0.006


def mel_filters():
    """Triangles on the mel scale (O'Shaughnessy's formula): (bins, bands)."""

    def mel(hertz):
        return 2595 * np.log10(1 + hertz / 700)

    edges = 700 * (10 ** (np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2) / 2595) - 1)
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    rising = (hertz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz[:, None]) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling))
    # Narrow triangles fall between two bins: their sum is 1 at least where they are.
    nearest = np.round(edges[1:-1] * WINDOW / RATE).astype(int)
    for band, index in enumerate(nearest):
        if filters[:, band].sum() < 1:
            filters[index, band] += 1 - filters[:, band].sum()
    return torch.tensor(filters, dtype=torch.float32)


class Spectrogram(nn.Module):
    """(clips, samples) -> (clips, frames, bands); frame i is centred on sample 441 i."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(WINDOW))
        self.register_buffer("filters", mel_filters())

    def forward(self, sound):
        spectrum = torch.stft(
            sound, WINDOW, HOP, window=self.window, center=True, pad_mode="constant",
            return_complex=True,
        ).abs()  # fmt: skip
        bands = spectrum.transpose(1, 2) * (2 / self.window.sum()) @ self.filters
        return torch.log1p(COMPRESSION * bands)


class Block(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.norms = nn.ModuleList([nn.BatchNorm1d(width), nn.BatchNorm1d(width)])
        self.point = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout1d(0.05)

    def forward(self, x):
        y = self.wide(F.relu(self.norms[0](x)))
        return x + self.dropout(self.point(F.relu(self.norms[1](y))))


class Transcriber(nn.Module):
    """(clips, frames, bands) -> onset and velocity (clips, frames, 7), beat and downbeat (…, 2),
    all as logits."""

    def __init__(self, channels=(16, 32, 48, 64), width=WIDTH):
        super().__init__()
        layers, bands, before = [nn.BatchNorm2d(1)], BANDS, 1
        for channel, pool in zip(channels, (2, 2, 2, 3)):
            layers += [nn.Conv2d(before, channel, 3, padding=1), nn.BatchNorm2d(channel), nn.ReLU(),
                       nn.MaxPool2d((1, pool))]  # fmt: skip
            bands, before = bands // pool, channel
        # With channels last in memory a step takes a quarter less time on a processor.
        self.front = nn.Sequential(*layers).to(memory_format=torch.channels_last)
        self.joint = nn.Conv1d(before * bands, width, 1)
        self.blocks = nn.Sequential(*[Block(width, dilation) for dilation in DILATIONS])
        self.last = nn.BatchNorm1d(width)
        self.heads = nn.Conv1d(width, 2 * len(CLASSES) + 2, 1)

    def forward(self, spectrogram):
        x = self.front(spectrogram[:, None])
        x = self.joint(x.permute(0, 1, 3, 2).flatten(1, 2))
        x = self.heads(F.relu(self.last(self.blocks(x)))).transpose(1, 2)
        count = len(CLASSES)
        return x[..., :count], x[..., count : 2 * count], x[..., 2 * count :]


class Shipped(nn.Module):
    """As it runs: probabilities and velocities from 0 to 1."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, spectrogram):
        return tuple(torch.sigmoid(x) for x in self.net(spectrogram))


def loss_of(net, spectrogram, batch):
    _, onsets, velocities, counts, marks, in_time = batch
    onset, velocity, beat = net(spectrogram[:, : onsets.shape[2]])
    target = onsets.transpose(1, 2)
    weight = counts.transpose(1, 2) * (1 + 2 * target)
    loss = (F.binary_cross_entropy_with_logits(onset, target, reduction="none") * weight).mean()
    struck = (velocities.transpose(1, 2) > 0) & (counts.transpose(1, 2) > 0)
    off = (torch.sigmoid(velocity) - velocities.transpose(1, 2)).square()
    loss = loss + 0.3 * (off * struck).sum() / struck.sum().clamp(min=1)
    target = marks.transpose(1, 2)
    beats = F.binary_cross_entropy_with_logits(beat, target, reduction="none")
    beats = beats * (1 + 2 * target) * in_time[:, None, None]
    return loss + 0.3 * beats.sum() / in_time.sum().clamp(min=1) / beats.shape[1]


def peaks(probability, threshold):
    """Frames that are the largest within 20 ms either side, refined by a parabola."""
    padded = np.pad(probability, 2, constant_values=-1)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5)
    found = np.nonzero((probability >= threshold) & (probability == around.max(1)))[0]
    found = found[np.diff(found, prepend=-10) > 2]
    out = []
    for frame in found:
        a, b, c = padded[frame + 1], padded[frame + 2], padded[frame + 3]
        bend = a - 2 * b + c
        shift = 0.5 * (a - c) / bend if a >= 0 and c >= 0 and bend < 0 else 0.0
        out.append(frame + float(np.clip(shift, -0.5, 0.5)))
    return np.array(out)


def matched(found, real, within):
    """Pairs of indices, each used once, as in mir_eval but greedy (both are in order)."""
    pairs, start = [], 0
    for index, time in enumerate(found):
        while start < len(real) and real[start] < time - within:
            start += 1
        if start < len(real) and real[start] <= time + within:
            pairs.append((index, start))
            start += 1
    return pairs


def truth(onsets, velocities, counts):
    """Centres of the triangles and how hard, those that count and those that do not."""
    centres = np.nonzero(velocities > 0)[0]
    return centres.astype(float), velocities[centres], counts[centres] > 0


class Figures:
    """Counts of found, real and agreeing strokes by class, pooled over clips."""

    def __init__(self, groups, frames):
        self.groups, self.frames = groups, frames
        self.counts = np.zeros((len(groups), 3))
        self.velocities = []

    def add(self, probabilities, velocity, clip, thresholds):
        _, onsets, velocities, counts, *_ = clip
        for row, group in enumerate(self.groups):
            real = sorted((t, v, c) for k in group for t, v, c in zip(*truth(onsets[k], velocities[k], counts[k])))
            found = sorted((t, k) for k in group for t in peaks(probabilities[:, k], thresholds[k]))
            found = [x for i, x in enumerate(found) if i == 0 or x[0] - found[i - 1][0] > 3 or len(group) == 1]
            pairs = matched([t for t, _ in found], [t for t, _, _ in real], self.frames)
            soft = sum(not c for _, _, c in real)
            hit_soft = sum(not real[r][2] for _, r in pairs)
            self.counts[row] += (len(found) - hit_soft, len(real) - soft, len(pairs) - hit_soft)
            for f, r in pairs:
                frame = min(len(velocity) - 1, round(found[f][0]))
                self.velocities.append((real[r][1], velocity[frame, found[f][1]]))

    def f(self):
        by_class = 2 * self.counts[:, 2] / np.maximum(1, self.counts[:, :2].sum(1))
        pooled = 2 * self.counts[:, 2].sum() / max(1, self.counts[:, :2].sum())
        return pooled, by_class


def predict(net, spectrogram_of, clips, device, augmented):
    """(probabilities, velocities, beats) by clip."""
    out = []
    with torch.inference_mode():
        for start in range(0, len(clips), 16):
            sound = torch.tensor(np.stack([clip[0] for clip in clips[start : start + 16]])).to(device)
            sound = sound.float()
            if augmented:
                sound = drum_audio.augment(sound, torch.Generator(device).manual_seed(start))
            answer = [torch.sigmoid(x).float().cpu().numpy() for x in net(spectrogram_of(sound))]
            out += list(zip(*answer))
    return out


def choose_thresholds(predictions, clips):
    """By class, the middle of those whose F within 50 ms is all but the best: which of them is best, other
    clips say otherwise."""
    thresholds = []
    candidates = np.arange(0.15, 0.75, 0.03)
    for k in range(len(CLASSES)):
        scores = []
        for threshold in candidates:
            figures = Figures([(k,)], 5)
            for (probability, velocity, _), clip in zip(predictions, clips):
                figures.add(probability, velocity, clip, {k: threshold})
            scores.append(figures.f()[0])
        good = candidates[np.array(scores) >= max(scores) - ALL_BUT]
        thresholds.append(round(float(good.mean()), 2))
    return thresholds


def report(title, predictions, clips, thresholds):
    from scipy.stats import spearmanr

    line = {}
    for name, groups, frames in (("five within 50 ms", FIVE, 5), ("five within 20 ms", FIVE, 2),
                                 ("seven within 50 ms", [(k,) for k in range(7)], 5)):  # fmt: skip
        figures = Figures(groups, frames)
        for (probability, velocity, _), clip in zip(predictions, clips):
            figures.add(probability, velocity, clip, thresholds)
        pooled, by_class = figures.f()
        line[name] = [round(float(pooled), 3), *np.round(by_class, 3).tolist()]
        if frames == 5 and groups is FIVE:
            line["velocity"] = round(float(spearmanr(*zip(*figures.velocities))[0]), 3)
    snares = np.zeros(2)
    beats = {0: np.zeros(3), 1: np.zeros(3)}
    for (probability, _, beat), clip in zip(predictions, clips):
        times, hard, _ = truth(clip[1][1], clip[2][1], clip[3][1])
        soft = times[(hard > 20 / 127) & (hard <= 40 / 127)]
        snares += (len(matched(peaks(probability[:, 1], thresholds[1]), soft, 5)), len(soft))
        for row in (0, 1):
            if clip[5] and clip[4][row].sum() > 4:
                real = peaks(clip[4][row].astype(float), 0.8)
                found = peaks(beat[:, row], 0.4 if row == 0 else 0.3)
                beats[row] += (len(found), len(real), len(matched(found, real, 7)))
    line["soft snares found"] = round(float(snares[0] / max(1, snares[1])), 3)
    line["beats and downbeats by peaks"] = [round(float(2 * b[2] / max(1, b[0] + b[1])), 3) for b in beats.values()]
    print(title, json.dumps(line), flush=True)
    return line


def held_out(performance):
    group = performance.group
    return group == "validation" or (group.startswith("paired") and zlib.crc32(group.encode()) % 8 == 0)


def go_on_from(path, net):
    """Gives `net` the weights of an exported network. Norms behind convolutions are part of these there,
    so they change nothing here; the others keep their statistics. For training in evaluation mode."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    saved = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    state = net.state_dict()
    for name in state:
        if "net." + name in saved:
            state[name] = saved["net." + name].reshape(state[name].shape)
    kinds = (nn.Conv1d, nn.Conv2d)
    convolutions = [name for name, module in net.named_modules() if isinstance(module, kinds)]
    norms = [name for name, module in net.named_modules()
             if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and f"net.{name}.weight" not in saved]
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    for name, node in zip(convolutions, nodes, strict=True):
        state[name + ".weight"] = saved[node.input[1]].reshape(state[name + ".weight"].shape)
        state[name + ".bias"] = saved[node.input[2]]
    for name in norms:
        state[name + ".running_mean"].fill_(0)
        state[name + ".running_var"].fill_(1)
        state[name + ".weight"].fill_((1 + 1e-5) ** 0.5)
        state[name + ".bias"].fill_(0)
    net.load_state_dict(state)
    net.eval()
    for module in net.modules():
        if isinstance(module, nn.Dropout1d):
            module.train()


def test_clips(performances, sounds, name, mixes, count, seed, as_played=True):
    """As people played: thresholds chosen where crashes are everywhere miss most of those that are."""
    clips = drum_audio.Clips(performances, sounds, seed, name, mixes, as_played=as_played)
    clips.prepare([seed])
    return list(itertools.islice((clips.clip() for _ in itertools.count()), count))


def train(net, performances, options, device):
    clips = drum_audio.Clips(performances, options.sounds, options.seed)
    loader = torch.utils.data.DataLoader(
        clips, batch_size=options.batch, num_workers=options.workers, prefetch_factor=3
    )
    spectrogram_of = Spectrogram().to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.01)
    average, step, spent = copy.deepcopy(net), 0, 0.0
    saved = options.run
    if saved.exists() and not options.fresh:
        state = torch.load(saved, weights_only=True, map_location=device)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
    # Twice as fast on a processor with instructions for it, slower on others.
    bfloat16 = device == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    begun, shown, losses = time.time() - spent, time.time(), []
    for batch in loader:
        share = (time.time() - begun) / 60 / options.minutes
        if share >= 1:
            break
        for group in optimiser.param_groups:
            # Up in a twentieth of the time, then down to nothing along a cosine.
            group["lr"] = options.rate * min(1, share * 20) * 0.5 * (1 + math.cos(math.pi * share))
        batch = [x.to(device, non_blocking=True).float() for x in batch]
        # The same rendering in several rooms: rendering is what takes the time.
        for _ in range(options.rooms):
            with torch.no_grad():
                spectrogram = spectrogram_of(drum_audio.augment(batch[0]))
            with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
                loss = loss_of(net, spectrogram, batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            step += 1
            averaging.follow(average, net, step, 0.995)
        losses.append(loss.detach())
        if time.time() - shown > options.report:
            shown = time.time()
            print(f"{(shown - begun) / 60:6.1f} min, step {step}, "
                  f"loss {torch.stack(losses).mean():.4f}", flush=True)  # fmt: skip
            losses = []
            torch.save({"net": net.state_dict(), "average": average.state_dict(), "step": step,
                        "optimiser": optimiser.state_dict(), "spent": shown - begun}, saved)  # fmt: skip
    print(f"{step} steps of {options.batch} clips", flush=True)
    return average.eval(), spectrogram_of


def export(net, path):
    net = Shipped(net.cpu().float().eval())
    torch.onnx.export(
        net, (torch.zeros(1, 400, BANDS),), str(path), dynamo=False, opset_version=17,
        input_names=["spectrogram"], output_names=["onsets", "velocities", "beats"],
        dynamic_axes={name: {1: "frames"} for name in ("spectrogram", "onsets", "velocities", "beats")},
    )  # fmt: skip


def read_performances(options):
    """What `options.performances` has, else all of `options.data`; collects the sounds if there are none."""
    if not (options.sounds / "train.json").exists():
        drum_sounds.collect(options.data, options.sounds)
    if options.performances and options.performances.exists():
        return pickle.loads(options.performances.read_bytes())
    return drum_audio.performances(options.data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sounds", type=Path, default=Path("models/training/cache/sounds"))
    parser.add_argument("--performances", type=Path, help="what was read of DATA before, pickled")
    parser.add_argument("--run", type=Path, default=Path("models/training/runs/transcriber.pt"))
    parser.add_argument("--from", dest="start", type=Path, help="a network to go on from (ONNX)")
    parser.add_argument("--keep", type=float, default=0.0, metavar="SHARE",
                        help="of the weights of --from, the others are what was learned from there")  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--minutes", type=float, default=480)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rooms", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--tests", type=int, default=200, help="clips of each test; 0: only train")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", type=Path, help="measure and export these; do not train")
    options = parser.parse_args()
    if options.keep and not options.start:
        parser.error("--keep needs --from")
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    performances = read_performances(options)
    options.run.parent.mkdir(parents=True, exist_ok=True)
    training = [p for p in performances if not held_out(p)]
    testing = [p for p in performances if held_out(p)]
    print(f"{len(training)} performances to train with, {len(testing)} held out", flush=True)
    net = Transcriber().to(device)
    print(sum(p.numel() for p in net.parameters()), "weights", flush=True)
    if options.weights:
        net.load_state_dict(torch.load(options.weights, weights_only=True, map_location=device))
        net, spectrogram_of = net.eval(), Spectrogram().to(device)
    else:
        if options.start:
            go_on_from(options.start, net)
        start = copy.deepcopy(net)
        net, spectrogram_of = train(net, training, options, device)
        # Between the two what was known before is kept (Wortsman et al., CVPR 2022).
        with torch.no_grad():
            for ours, theirs in zip(net.parameters(), start.parameters()):
                ours.lerp_(theirs, options.keep)
        torch.save(net.state_dict(), options.out.with_suffix(".pt"))
    if options.tests == 0:
        return
    known = test_clips(testing, options.sounds, "train", 0.45, 2 * options.tests, 5)
    known_predictions = predict(net, spectrogram_of, known, device, True)
    thresholds = choose_thresholds(known_predictions, known)
    figures = {"thresholds": thresholds}
    figures["known kits"] = report("known kits", known_predictions, known, thresholds)
    for title, mixes in (("unseen kits", 0.0), ("unseen kits in mixes", 1.0)):
        clips = test_clips(testing, options.sounds, "unseen", mixes, options.tests, 6)
        predictions = predict(net, spectrogram_of, clips, device, False)
        figures[title] = report(title, predictions, clips, thresholds)
    print("thresholds", thresholds, flush=True)
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1))
    export(net, options.out)


if __name__ == "__main__":
    main()
