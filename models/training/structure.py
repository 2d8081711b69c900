"""Train the structure network: pair channels of the melodic side -> self-similarity of the drums.

A dilated 2-D convolution over the bars x bars channels, after the findings of the project and in
the place of the U-Net of Wei et al. (ISMIR 2019, section 3.2); any number of bars.
"""

import argparse
import json
import pathlib
import random
import time

import numpy as np
import torch
from torch import nn

import songs
from run import Run

CHANNELS = 24


class Block(nn.Module):
    def __init__(self, width, dilation, dropout):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv2d(width, width, 1)
        self.drop = nn.Dropout2d(dropout)

    def forward(self, x):
        return x + self.mix(self.drop(torch.relu(self.conv(x))))


class StructureNet(nn.Module):
    """pairs [1, 24, N, N] -> similarity [N, N] in (0, 1), symmetric."""

    def __init__(self, width=20, dropout=0.1):
        super().__init__()
        self.enter = nn.Conv2d(CHANNELS, width, 1)
        self.blocks = nn.Sequential(*(Block(width, d, dropout) for d in (1, 2, 4, 8, 1)))
        self.leave = nn.Conv2d(width, 1, 1)

    def forward(self, pairs):
        x = self.leave(torch.relu(self.blocks(torch.relu(self.enter(pairs)))))[0, 0]
        return torch.sigmoid(x + x.transpose(0, 1))


class Ensemble(nn.Module):
    """The mean of several networks as one."""

    def __init__(self, members):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, pairs):
        return sum(member(pairs) for member in self.members) / len(self.members)


def correlation(x, y):
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / (x.norm() * y.norm() + 1e-6)


def crop(song, longest, rng):
    """A random run of at most `longest` bars, with random input channels silenced."""
    n = len(song)
    length = n if n <= 24 else rng.randint(min(n, 24), min(n, longest))
    start = rng.randint(0, n - length)
    window = slice(start, start + length)
    pairs = song.pairs[:, window, window].copy()
    for channel in range(CHANNELS):
        if rng.random() < 0.1:
            pairs[channel] = 0
    return torch.from_numpy(pairs)[None], torch.from_numpy(song.ssm[window, window].copy())


def loss_of(net, pairs, target):
    triangle = torch.triu(torch.ones_like(target, dtype=torch.bool), 1)
    guess, real = net(pairs)[triangle], target[triangle]
    loss = 0.1 * ((guess - real) ** 2).mean()
    return loss + (1 - correlation(guess, real) if real.std() > 1e-3 else 0)


@torch.no_grad()
def evaluate(net, examples):
    net.eval()
    scores = []
    for song in examples:
        index = np.triu_indices(len(song), 1)
        real = song.ssm[index]
        if real.std() < 1e-6:
            scores.append(0.0)
            continue
        guess = net(torch.from_numpy(song.pairs)[None]).numpy()[index]
        scores.append(float(np.corrcoef(guess, real)[0, 1]) if guess.std() > 1e-6 else 0.0)
    return float(np.mean(scores)) if scores else float("nan")


def train(seed, examples, args):
    checkpoint = args.runs / f"structure-{args.hold}-{seed}.pt"
    torch.manual_seed(seed)
    rng = random.Random(seed)
    net = StructureNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    total = args.epochs * args.steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=total)
    run = Run(checkpoint, net, optimiser, schedule, rng)
    rng = run.rng
    real = [song for song in examples if song.kind == "paired"]
    made = [song for song in examples if song.kind == "synthetic"]
    for epoch in range(run.epoch, args.epochs):
        net.train()
        began, losses = time.time(), []
        for step in range(args.steps):
            pool = made if made and rng.random() < 0.3 * (1 - epoch / args.epochs) else real
            optimiser.zero_grad()
            # Four songs a step: single songs make the gradient too noisy for this rate.
            for _ in range(4):
                loss = loss_of(net, *crop(rng.choice(pool), 96, rng)) / 4
                loss.backward()
                losses.append(4 * loss.item())
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        run.end_epoch()
        print(f"seed {seed} epoch {epoch + 1}/{args.epochs} loss {np.mean(losses):.4f} "
              f"{time.time() - began:.0f} s", flush=True)
    return net.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", default="../structure.onnx", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--seeds", default=4, type=int)
    parser.add_argument("--epochs", default=9, type=int)
    parser.add_argument("--steps", default=150, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--hold", type=int, help="the fold that is not trained on but reported")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.runs.mkdir(parents=True, exist_ok=True)
    examples, held = songs.split(songs.load(args.features, args.data), args.folds, args.hold)
    for song in examples + held:
        song.ssm = song.target()
    print(len(examples), "examples,", len(held), "held out", flush=True)
    net = Ensemble([train(seed, examples, args) for seed in range(args.seeds)]).eval()
    print(json.dumps({view: round(evaluate(net, [song for song in held if song.view == number]), 4)
                      for number, view in enumerate(("full", "lead"))}))
    free = {"pairs": {2: "bars", 3: "bars"}, "similarity": {0: "bars", 1: "bars"}}
    torch.onnx.export(net, torch.zeros(1, CHANNELS, 16, 16), args.out, dynamo=False, opset_version=17,
                      input_names=["pairs"], output_names=["similarity"], dynamic_axes=free)


if __name__ == "__main__":
    main()
