"""Train the pattern network: selected bars of melody and conditions -> a bar of drums.

A conditional variational autoencoder in the line of Wei et al. (ISMIR 2019, section 3.4) with a
discrete latent: a bar is drawn by picking one of K codes from a learned prior and striking each
cell with its own probability. With K codes the posterior and the likelihood are exact sums, so
nothing is left to a bound, and the prior is the song's rather than a Gaussian. The inputs are the
paper's (the bar itself and the seven most relevant bars, weighted; tempo, style, position,
density), each bar encoded once and shared by all bars that select it.
"""

import argparse
import json
import math
import pathlib
import random
import time

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import nn
from torch.nn import functional as F

import songs
from run import Run

FEATURES, PROGRAMS, LANES, SLOTS, CLASSES = 158, 128, 15, 24, 8
CELLS = LANES * SLOTS
SELECTED = 8
# Lane -> class of the scorer, as in src/score/drums.rs.
CLASS_OF_LANE = [0, 1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 7, 7, 7]
CONDITIONS = 10 + 10 + 8 + 5 + 1 + 9
STYLES = 12


class Encoder(nn.Module):
    """A bar of melody -> vector: symbolic features dense, the CQT and its step difference by
    convolution."""

    def __init__(self, width, sound, dropout):
        super().__init__()
        self.symbolic = nn.Linear(FEATURES, width)
        self.conv = nn.Sequential(
            nn.Conv2d(2, 8, (7, 6), stride=(7, 6)), nn.ReLU(),
            nn.Conv2d(8, 12, (3, 4), stride=(3, 4)), nn.ReLU())
        self.sound = nn.Linear(12 * 4 * 4, sound)
        self.drop = nn.Dropout(dropout)

    def forward(self, bar, cqt):
        step = F.pad(cqt[:, :, 1:] - cqt[:, :, :-1], (1, 0))
        heard = self.conv(torch.stack([cqt, step], 1)).flatten(1)
        return self.drop(torch.relu(torch.cat(
            [self.symbolic(self.drop(bar)), self.sound(self.drop(heard))], 1)))


class PatternNet(nn.Module):
    """One member. `forward` gives, for N bars: log prior [N, K], shift of the cells' logits
    [N, CELLS], log class densities of the song [8], style logits [STYLES], key logits [46]."""

    def __init__(self, codes=64, width=64, sound=24, hidden=96, dropout=0.4):
        super().__init__()
        each = width + sound
        self.encoder = Encoder(width, sound, dropout)
        # Few numbers for who plays: two hundred songs cannot tell a hundred instruments apart.
        self.programs = nn.Linear(PROGRAMS, 16)
        self.band, self.band_song = nn.Linear(16, hidden), nn.Linear(16, 48)
        self.hidden = nn.Linear(3 * each + CONDITIONS, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.drop = nn.Dropout(dropout)
        self.prior = nn.Linear(hidden, codes)
        self.shift = nn.Sequential(nn.Linear(hidden, 24), nn.Linear(24, CELLS))
        # The hint reaches the codes and lanes directly: what is asked for must not drown in dropout.
        self.hint_prior = nn.Linear(9, codes, bias=False)
        self.hint_shift = nn.Linear(9, LANES, bias=False)
        self.song = nn.Linear(each + 11, 48)
        self.density, self.style = nn.Linear(48, CLASSES), nn.Linear(48, STYLES)
        self.keys = nn.Linear(48, 46)
        self.base = nn.Parameter(torch.zeros(codes, CELLS))

    def forward(self, bar, cqt, programs, select, weight, conditions):
        each = self.encoder(bar, cqt)
        chosen = each[select.flatten()].reshape(-1, SELECTED, each.shape[1])
        around = (chosen[:, 1:] * weight[:, 1:, None]).sum(1)
        around = around / (weight[:, 1:].sum(1, keepdim=True) + 0.1)
        whole = each.mean(0, keepdim=True)
        # One dense layer over [each, around, whole, conditions], written as a sum so that what is
        # the song's need not be repeated for every bar.
        parts = self.hidden.weight.split([each.shape[1]] * 3 + [CONDITIONS], 1)
        x = sum(F.linear(part, weight) for part, weight in
                zip((each, around, whole, conditions), parts)) + self.hidden.bias
        band = torch.relu(self.programs(self.drop(programs)))
        x = self.drop(torch.relu(x + self.band(band)))
        x = x + self.drop(torch.relu(self.second(x)))
        # Tempo and the share of ternary bars are the song's; the hint is not shown to these heads.
        y = self.song(torch.cat([whole, conditions[:, :10].mean(0, keepdim=True),
                                 conditions[:, 28:29].mean(0, keepdim=True)], 1))
        y = self.drop(torch.relu(y + self.band_song(band)))[0]
        told = conditions[:, -9:]
        shift = self.shift(x) + self.hint_shift(told).repeat_interleave(SLOTS, 1)
        prior = torch.log_softmax(self.prior(x) + self.hint_prior(told), 1)
        return prior, shift, self.density(y), self.style(y), self.keys(y)


class Members(nn.Module):
    """Several members as one mixture: what is exported."""

    def __init__(self, members, prototypes):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("prototypes", prototypes)

    def forward(self, bar, cqt, programs, select, weight, conditions):
        outs = [member(bar, cqt, programs, select, weight, conditions) for member in self.members]
        prior = torch.cat([o[0] for o in outs], 1) - math.log(len(outs))
        shift = torch.stack([o[1] for o in outs], 1).reshape(-1, len(outs), LANES, SLOTS)
        base = torch.stack([m.base for m in self.members]).reshape(len(outs), -1, LANES, SLOTS)
        mean = lambda i: torch.stack([o[i] for o in outs]).mean(0)
        # The base is constant; adding 0 x prior keeps it an output of the graph.
        base = base + 0 * prior.sum()
        prototypes = self.prototypes + 0 * prior.sum()
        return prior, shift, base, mean(2), torch.log_softmax(mean(3), 0), mean(4), prototypes


def soft_one_hot(value, low, high, size):
    place = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1) * (size - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(size)))


def densities(classes):
    return np.log1p(classes.reshape(len(classes), CLASSES, -1).sum(2).mean(0)).astype(np.float32)


def conditions(song):
    """All conditions but the hint, `[bars, CONDITIONS - 9]`; mirrors src/drummer/pattern.rs."""
    n = len(song)
    at = np.arange(n)
    since, until = song.section[:, 0], song.section[:, 1]
    place = np.stack([since == 0, since == 1, since % 2 == 0, since % 4 == 0, since % 8 == 0,
                      until == 0, until == 1, np.minimum(since, 16) / 16], 1)
    ternary, steps = song.grid[:, 0], song.grid[:, 1]
    kinds = np.stack([(ternary == 0) & (steps == 16), (ternary == 0) & (steps == 12),
                      (ternary == 1) & (steps == 12), (ternary == 1) & (steps > 12),
                      (ternary == 0) & (steps != 16) & (steps != 12)], 1)
    return np.concatenate([soft_one_hot(song.tempo, 60, 150, 10),
                           soft_one_hot((at + song.first) / max(1, song.song_bars - 1), 0, 1, 10),
                           place, kinds, song.fill[:, None]], 1).astype(np.float32)


def fills(lanes):
    """1 where a bar breaks its song's pattern with toms or a run of strokes: what a drummer calls
    a fill. Labels for training only; at run time fills are asked for."""
    hits = lanes.astype(np.float32)
    usual = hits.mean(0)
    toms, snare = hits[:, 7:10].sum((1, 2)), hits[:, 1:4, SLOTS // 3:].sum((1, 2))
    many_toms = (toms >= 3) & (toms >= usual[7:10].sum() + 2)
    rolls = snare >= usual[1:4, SLOTS // 3:].sum() + 3
    return (many_toms | rolls).astype(np.float32)


def prepare(song):
    """Adds to a loaded song the arrays that the network takes, as tensors."""
    n, mask = len(song), np.arange(SLOTS) < song.grid[:, 1:2]
    song.fill = fills(song.lanes)
    song.conditions = conditions(song)
    song.log_density = densities(song.classes)
    inside = (song.select >= 0) & (song.select < n)
    song.tensors = dict(
        bar=torch.from_numpy(song.bar), programs=torch.from_numpy(song.programs),
        select=torch.from_numpy(np.where(inside, song.select, np.arange(n)[:, None])).long(),
        weight=torch.from_numpy(np.where(inside, song.weight, 0).astype(np.float32)),
        hits=torch.from_numpy((song.lanes * mask[:, None]).reshape(n, CELLS).astype(np.float32)),
        mask=torch.from_numpy(np.repeat(mask[:, None], LANES, 1).reshape(n, CELLS).astype(np.float32)))
    return song


def inputs(song, with_hint, rng=None, jitter=0.0):
    """Network inputs of a whole song; with `rng` training noise is added."""
    n, t = len(song), song.tensors
    shown = np.zeros(9, np.float32)
    if with_hint:
        shown[:8], shown[8] = song.log_density, 1
        if jitter:
            shown[:8] = np.maximum(0, shown[:8] + rng.normal(0, jitter, 8))
    given = torch.from_numpy(np.concatenate([song.conditions, np.tile(shown, (n, 1))], 1))
    heard = song.cqt is not None and not (rng is not None and rng.random() < 0.3)
    cqt = torch.from_numpy(song.cqt).float() / 255 if heard else torch.zeros(n, 84, 96)
    known = rng is None or rng.random() < 0.8
    programs = t["programs"] if known else torch.zeros_like(t["programs"])
    return t["bar"], cqt, programs, t["select"], t["weight"], given


def log_likelihood(net, out, tensors):
    """ln p(bar) by the exact sum over codes, `[N]`, and the codes' posterior `[N, K]`."""
    prior, shift = out[0], out[1]
    logits = net.base[None] + shift[:, None]
    cells = tensors["hits"][:, None] * logits - F.softplus(logits)
    joint = prior + (cells * tensors["mask"][:, None]).sum(2)
    return torch.logsumexp(joint, 1), torch.softmax(joint, 1)


KEYS = [27, 28, 33, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 51, 53, 54, 55, 56, 57,
        59, 60, 61, 62, 63, 64, 65, 67, 68, 69, 70, 73, 74, 75, 76, 77, 80, 81, 82, 83, 85, 87]


def loss_of(net, song, nearest, with_hint, rng):
    out = net(*inputs(song, with_hint, rng, 0.15))
    likelihood, _ = log_likelihood(net, out, song.tensors)
    loss = -likelihood.mean() / 20
    loss = loss + 0.3 * F.smooth_l1_loss(out[2], torch.from_numpy(song.log_density))
    if song.kind == "paired":
        loss = loss + 0.1 * F.cross_entropy(out[3][None], torch.tensor([nearest[song.file]]))
        counts = torch.from_numpy(song.keys[KEYS].astype(np.float32))
        share = counts / (counts.sum() + 1e-6)
        loss = loss - 0.02 * (share * torch.log_softmax(out[4], 0)).sum()
    return loss


@torch.no_grad()
def evaluate(net, examples, with_hint):
    """Bits a bar, and F1 of the classes' cells at the song's best expected threshold."""
    net.eval()
    bits, scores = [], []
    for song in examples:
        out = net(*inputs(song, with_hint))
        likelihood, _ = log_likelihood(net, out, song.tensors)
        bits.append(float(-likelihood.mean() / math.log(2)))
        chance = marginal(net, out).reshape(len(song), LANES, SLOTS).numpy()
        scores.append(f1(chance, song))
    return float(np.mean(bits)), float(np.mean(scores))


def marginal(net, out):
    prior, shift = out[0].exp(), out[1]
    return torch.einsum("nk,nkc->nc", prior, torch.sigmoid(net.base[None] + shift[:, None]))


def f1(chance, song):
    by_class = np.zeros((len(song), CLASSES, SLOTS), np.float32)
    for lane, cls in enumerate(CLASS_OF_LANE):
        by_class[:, cls] = 1 - (1 - by_class[:, cls]) * (1 - chance[:, lane])
    real = np.zeros_like(by_class)
    for lane, cls in enumerate(CLASS_OF_LANE):
        real[:, cls] = np.maximum(real[:, cls], song.lanes[:, lane])
    thresholds = np.linspace(0.1, 0.7, 25)
    expected = [2 * by_class[by_class > t].sum() / ((by_class > t).sum() + by_class.sum() + 1e-9)
                for t in thresholds]
    played = by_class > thresholds[int(np.argmax(expected))]
    return float(2 * (played * real).sum() / (played.sum() + real.sum() + 1e-9))


def first_codes(examples, count, seed):
    """Initial codes: k-means centres of training bars as logits."""
    bars = np.concatenate([song.tensors["hits"].numpy() for song in examples])
    rng = np.random.default_rng(seed)
    bars = bars[rng.permutation(len(bars))[:12000]]
    centres = KMeans(count, n_init=1, random_state=seed).fit(bars).cluster_centers_
    centres = np.clip(centres * 0.9 + 0.02, 0.005, 0.95)
    return torch.from_numpy(np.log(centres / (1 - centres)).astype(np.float32))


def train(seed, examples, validation, nearest, args):
    checkpoint = args.runs / f"pattern-{seed}.pt"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pools = {kind: [song for song in examples if song.kind == kind]
             for kind in ("paired", "synthetic", "groove")}
    net = PatternNet(codes=args.codes, dropout=args.dropout)
    net.base.data = first_codes(pools["paired"] + pools["groove"], args.codes, seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=args.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.rate, total_steps=args.epochs * args.steps)
    run = Run(checkpoint, net, optimiser, schedule, rng)
    rng = run.rng
    for epoch in range(run.epoch, args.epochs):
        net.train()
        began, losses = time.time(), []
        for _ in range(args.steps):
            optimiser.zero_grad()
            for _ in range(8):
                draw = rng.random()
                kind = "paired" if draw < 0.7 else "synthetic" if draw < 0.85 else "groove"
                pool = pools[kind] or pools["paired"]
                song = pool[rng.integers(len(pool))]
                told = rng.random() < (0.9 if kind == "groove" else 0.5)
                loss = loss_of(net, song, nearest, told, rng) / 8
                loss.backward()
                losses.append(8 * loss.item())
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        figures = {(name, told): evaluate(net, group, told)
                   for name, group in validation.items() for told in (False, True)}
        score = float(np.mean([bits for bits, _ in figures.values()]))
        run.end_epoch(score)
        shown = " ".join(f"{name}{'+hint' if told else ''} {bits:.1f}/{f:.3f}"
                         for (name, told), (bits, f) in figures.items())
        print(f"seed {seed} epoch {epoch + 1}/{args.epochs} loss {np.mean(losses):.3f} {shown} "
              f"best {run.best:.2f} {time.time() - began:.0f} s", flush=True)
    return run.best_net()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", default="../pattern.onnx", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--seeds", default=4, type=int)
    parser.add_argument("--epochs", default=12, type=int)
    parser.add_argument("--steps", default=100, type=int)
    parser.add_argument("--codes", default=64, type=int)
    parser.add_argument("--dropout", default=0.4, type=float)
    parser.add_argument("--rate", default=3e-3, type=float)
    parser.add_argument("--decay", default=0.05, type=float)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--only", type=int, help="train this member and stop: for several at once")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.runs.mkdir(parents=True, exist_ok=True)
    examples = songs.load(args.features, args.data, {"train"}, most=600)
    examples += songs.grooves(args.features, args.data)
    held = songs.load(args.features, args.data, {"validation", "test"}, kinds=("paired",), views=(0, 1))
    for song in examples + held:
        prepare(song)
    groups = {}
    for song in held:
        where = songs.fold(songs.title(song.file))
        groups.setdefault((where, "full" if song.view == 0 else "lead"), []).append(song)
    print({k: len(v) for k, v in groups.items()}, len(examples), "examples", flush=True)
    own = {song.file: song for song in examples if song.kind == "paired"}
    clusters = KMeans(STYLES, n_init=4, random_state=0).fit([s.log_density for s in own.values()])
    nearest = dict(zip(own, map(int, clusters.labels_)))
    prototypes = torch.from_numpy(clusters.cluster_centers_.astype(np.float32))
    validation = {name: group for (where, name), group in groups.items() if where == "validation"}
    if args.only is not None:
        train(args.only, examples, validation, nearest, args)
        return
    members = [train(seed, examples, validation, nearest, args) for seed in range(args.seeds)]
    report = {f"{where} {name}{' hint' if told else ''}": [
        tuple(round(x, 4) for x in evaluate(member, group, told)) for member in members]
        for (where, name), group in groups.items() for told in (False, True)}
    print(json.dumps(report))
    export(Members(members, prototypes).eval(), args.out)


def export(net, path):
    n = 16
    example = (torch.zeros(n, FEATURES), torch.zeros(n, 84, 96), torch.zeros(1, PROGRAMS),
               torch.zeros(n, SELECTED).long(), torch.ones(n, SELECTED), torch.zeros(n, CONDITIONS))
    names = ["bar", "cqt", "programs", "select", "weight", "conditions"]
    outs = ["prior", "shift", "base", "densities", "styles", "keys", "prototypes"]
    free = {name: {0: "bars"} for name in names + outs[:2] if name != "programs"}
    torch.onnx.export(net, example, path, dynamo=False, opset_version=17, input_names=names,
                      output_names=outs, dynamic_axes=free)


if __name__ == "__main__":
    main()
