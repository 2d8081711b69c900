"""Compare the shipped transcriber's architecture with recurrent and convolutional ones, each trained
with drums alone and jointly with beats, in three folds.

    python models/training/compare_transcribers.py --data ../shared/data

After Vogl et al., "Drum Transcription via Joint Beat and Drum Modeling using Convolutional Recurrent
Neural Networks", ISMIR 2017, whose networks are written again here in a size that two cores train
quickly: some 160,000 to 190,000 weights, the same clips, the same number of steps. Performances are
split into three folds by session or song. A network learns from two folds rendered through the kits of
training, and is tested on the third rendered through kits that nobody trains with. Thresholds are
chosen on the third fold with kits of training, as transcriber.py does.

All clips are rendered once and kept as spectrograms. Every training leaves a file of results;
interrupted, the same command goes on behind the last. Steps, clips and rates are small on purpose: the
figures say what is learned soonest.
"""

import argparse
import itertools
import json
import pickle
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import drum_audio
import transcriber
from drum_audio import CLASSES

FOLDS = 3
# Frames of a sequence that is trained on: 4 s.
SEQUENCE = 400
# Kick, snare and hats, as published.
THREE = ((0,), (1,), (3, 4))


class Recurrent(nn.Module):
    """Bidirectional recurrent layers: (clips, features, frames) -> (clips, 2 size, frames).

    The published ones are gated recurrent units. Long short-term memory is five times as fast here,
    since PyTorch has oneDNN run it whole and gated recurrent units frame by frame.
    """

    def __init__(self, features, size, layers):
        super().__init__()
        self.units = nn.LSTM(features, size, layers, batch_first=True, bidirectional=True)

    def forward(self, x):
        # Slower in bfloat16.
        with torch.autocast("cpu", enabled=False):
            return self.units(x.float().transpose(1, 2))[0].transpose(1, 2)


class Published(nn.Module):
    """(clips, frames, bands) -> what transcriber.Transcriber answers.

    front: (clips, 1, frames, bands) -> (clips, channels, frames, bands left); body: (clips, features,
    frames) -> (clips, width, frames).
    """

    def __init__(self, front, body, width):
        super().__init__()
        self.front, self.body = front, body
        self.heads = nn.Conv1d(width, 2 * len(CLASSES) + 2, 1)

    def forward(self, spectrogram):
        x = self.front(spectrogram[:, None]).permute(0, 1, 3, 2).flatten(1, 2)
        x = self.heads(self.body(x)).transpose(1, 2)
        count = len(CLASSES)
        return x[..., :count], x[..., count : 2 * count], x[..., 2 * count :]


def convolutions():
    """Two pairs of 3 x 3 convolutions, each pooled over the bands: (clips, 1, frames, 96) ->
    (clips, 16, frames, 8). The published ones are wider."""
    layers, before = [nn.BatchNorm2d(1)], 1
    for channels, pool in ((8, 3), (16, 4)):
        for _ in range(2):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
            before = channels
        layers += [nn.MaxPool2d((1, pool)), nn.Dropout2d(0.1)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def rnn():
    return Published(nn.BatchNorm2d(1), Recurrent(96, 60, 2), 120)


def cnn():
    """Hears 25 frames; the dense layers are convolutions, so that it runs over whole clips."""
    body = nn.Sequential(
        nn.Conv1d(128, 64, 1), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Conv1d(64, 128, 17, padding=8), nn.BatchNorm1d(128), nn.ReLU(),
        nn.Conv1d(128, 128, 1), nn.BatchNorm1d(128), nn.ReLU(),
    )  # fmt: skip
    return Published(convolutions(), body, 128)


def crnn():
    return Published(convolutions(), Recurrent(128, 60, 2), 120)


def shipped():
    """The shipped architecture, narrower: 8 to 32 channels and width 64 for 16 to 64 and 112."""
    return transcriber.Transcriber((8, 16, 24, 32), 64)


NETWORKS = {"RNN": rnn, "CNN": cnn, "CRNN": crnn, "shipped": shipped}


def folds(performances):
    """Three lists of performances with about as many strokes, sessions and songs undivided."""
    groups = {}
    for performance in performances:
        groups.setdefault(performance.group, []).append(performance)
    sizes = {group: sum(len(p.strokes) for p in members) for group, members in groups.items()}
    lists, strokes = [[] for _ in range(FOLDS)], [0] * FOLDS
    for group in sorted(groups, key=lambda group: (-sizes[group], group)):
        least = int(np.argmin(strokes))
        lists[least] += groups[group]
        strokes[least] += sizes[group]
    return lists


def heard(clips, augmented, seed):
    """Clips with spectrograms (frames, bands; float16) in the place of their sound."""
    spectrogram_of, out = transcriber.Spectrogram(), []
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, len(clips), 16):
        some = clips[start : start + 16]
        sound = torch.tensor(np.stack([clip[0] for clip in some])).float()
        if augmented:
            sound = drum_audio.augment(sound, generator)
        out += [(s.half().numpy(), *clip[1:]) for s, clip in zip(spectrogram_of(sound), some)]
    return out


def rendered(options):
    """For every fold (clips through kits of training, clips through kits never trained with)."""
    if options.cache.exists():
        return pickle.loads(options.cache.read_bytes())
    performances = transcriber.read_performances(options)
    sets = []
    for index, fold in enumerate(folds(performances)):
        # These are learned from as well.
        known = transcriber.test_clips(fold, options.sounds, "train", 0.45, options.clips, 20 + index, False)
        unseen = transcriber.test_clips(fold, options.sounds, "unseen", 0.5, options.tests, 30 + index)
        sets.append((heard(known, True, 20 + index), heard(unseen, False, 30 + index)))
        print(f"fold {index + 1}: {len(fold)} performances", flush=True)
    options.cache.parent.mkdir(parents=True, exist_ok=True)
    options.cache.write_bytes(pickle.dumps(sets))
    return sets


def train(net, clips, joint, options):
    """Sequences from anywhere in the clips; returns the mean loss of the last tenth of the steps."""
    rng = np.random.default_rng(options.seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.01)
    net.train()
    losses = []
    for step in range(options.steps):
        parts = []
        for index in rng.integers(len(clips), size=options.batch):
            start = rng.integers(drum_audio.FRAMES - SEQUENCE)
            spectrogram, *rows, in_time = clips[index]
            rows = [row[:, start : start + SEQUENCE] for row in rows]
            # Where no beats count, loss_of leaves them out.
            parts.append((spectrogram[start : start + SEQUENCE], *rows, in_time * joint))
        batch = [torch.tensor(np.stack(part)).float() for part in zip(*parts)]
        share = step / options.steps
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, share * 20 + 0.02) * 0.5 * (1 + np.cos(np.pi * share))
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            loss = transcriber.loss_of(net, batch[0], batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    net.eval()
    return float(np.mean(losses[-max(1, options.steps // 10) :]))


def measured(net, known, unseen):
    """Figures of one network on a fold it did not learn from."""
    predictions = transcriber.predict(net, nn.Identity(), known, "cpu", False)
    thresholds = transcriber.choose_thresholds(predictions, known)
    predictions = transcriber.predict(net, nn.Identity(), unseen, "cpu", False)
    line = transcriber.report("unseen kits", predictions, unseen, thresholds)
    three = transcriber.Figures(THREE, 5)
    for (probability, velocity, _), clip in zip(predictions, unseen):
        three.add(probability, velocity, clip, thresholds)
    return {"five": line["five within 50 ms"][0], "three": round(float(three.f()[0]), 3),
            "beats": line["beats and downbeats by peaks"][0], "all": line}  # fmt: skip


def table(results):
    """Mean and standard error over the folds, as Markdown."""
    print("\n| | weights | five classes | kick, snare, hats | beats | processor time |\n|---|---|---|---|---|---|")
    for name in NETWORKS:
        for joint in (False, True):
            rows = [r for r in results if r["network"] == name and r["joint"] == joint]
            if not rows:
                continue
            cells = []
            for key in ("five", "three", "beats"):
                values = np.array([row[key] for row in rows])
                error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
                cells.append(f"{values.mean():.3f} ± {error:.3f}" if joint or key != "beats" else "")
            spent = np.mean([row["seconds"] for row in rows])
            print(f"| {name}, {'with beats' if joint else 'drums alone'} | {rows[0]['weights']:,} | "
                  f"{' | '.join(cells)} | {spent:.0f} s |")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].replace("\n", " "))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("models/training/runs/comparison"),
                        help="folder of the results, a JSON file each")  # fmt: skip
    parser.add_argument("--sounds", type=Path, default=Path("models/training/cache/sounds"))
    parser.add_argument("--performances", type=Path, help="what was read of DATA before, pickled")
    parser.add_argument("--cache", type=Path, default=Path("models/training/cache/comparison.pkl"))
    parser.add_argument("--only", type=int, choices=range(1, FOLDS + 1), metavar="FOLD",
                        help="so that folds can go side by side; a last run without it shows all")  # fmt: skip
    parser.add_argument("--clips", type=int, default=160, help="clips of 12 s in a fold to learn from")
    parser.add_argument("--tests", type=int, default=50, help="clips in a fold to be tested on")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, help="by default where it is fast",
                        default=torch.cpu.get_capabilities().get("avx512_bf16", False))  # fmt: skip
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.runs.mkdir(parents=True, exist_ok=True)
    sets = rendered(options)
    for fold in range(FOLDS) if options.only is None else [options.only - 1]:
        clips = [clip for index, (known, _) in enumerate(sets) if index != fold for clip in known]
        known, unseen = sets[fold]
        for joint, name in itertools.product((True, False), reversed(NETWORKS)):
            title = f"{name}, {'with beats' if joint else 'drums alone'}, fold {fold + 1}"
            path = options.runs / f"{title}.json"
            if path.exists():
                continue
            torch.manual_seed(options.seed)
            net, begun = NETWORKS[name](), time.process_time()
            loss = train(net, clips, joint, options)
            seconds = time.process_time() - begun
            print(f"{title}: loss {loss:.4f}, {seconds:.0f} s", flush=True)
            result = {"network": name, "joint": joint, "fold": fold + 1, "loss": round(loss, 4),
                      "seconds": round(seconds, 1), "weights": sum(p.numel() for p in net.parameters()),
                      **measured(net, known[:40], unseen)}  # fmt: skip
            path.write_text(json.dumps(result, indent=1))
    table([json.loads(path.read_text()) for path in sorted(options.runs.glob("*.json"))])


if __name__ == "__main__":
    main()
