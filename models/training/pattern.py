"""Train the pattern network: bars of melody and conditions -> bars of drums.

A conditional variational autoencoder in the line of Wei et al. (ISMIR 2019, section 3.4) with a
discrete latent: a bar is drawn by picking one of K codes from a learned prior and striking each
cell with its own probability. With K codes the posterior and the likelihood are exact sums, so
nothing is left to a bound, and the prior is the song's rather than a Gaussian. In the place of the
paper's seven selected bars every bar attends to all bars of the song, with the pair channels as
attention bias. A convolution over the steps of the bar's own rhythms shifts the codes' cells.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import nn
from torch.nn import functional as F

import songs
from run import Run

FEATURES, PROGRAMS, CHANNELS = 158, 128, 24
LANES, SLOTS, CLASSES = 15, 24, 8
CELLS = LANES * SLOTS
RHYTHMS = 5
# Lane -> class of the scorer, as in src/score/drums.rs.
CLASS_OF_LANE = [0, 1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 7, 7, 7]
TEMPOS, PLACES, KINDS = 10, 6, 5
GIVEN = TEMPOS + PLACES + KINDS + 6 + 4 + 1
CONDITIONS = GIVEN + CLASSES + 1
STYLES = 12
# Hits a bar below which the scorer tells no difference between amounts.
LITTLE = 0.1
# What the error of the amounts counts.
AMOUNTS = 0.1
# The pair channel of the rendered sound, which is not shown: it told nothing that the notes do not.
SOUND = 16


class Attention(nn.Module):
    """Bars attend to all bars of the song; the pair channels are the bias."""

    def __init__(self, width, dropout, heads=4, each=12):
        super().__init__()
        self.heads, self.each = heads, each
        self.enter = nn.Linear(width, 3 * heads * each)
        self.bias = nn.Conv2d(CHANNELS, heads, 1)
        self.leave = nn.Linear(heads * each, width)
        self.dense = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout),
                                   nn.Linear(width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.drop = nn.Dropout(dropout)

    def forward(self, x, pairs):
        parts = self.enter(self.norms[0](x)).reshape(-1, 3, self.heads, self.each)
        query, key, value = (parts[:, i].transpose(0, 1) for i in range(3))
        scores = query @ key.transpose(1, 2) / self.each**0.5 + self.bias(pairs)[0]
        found = (torch.softmax(scores, 2) @ value).transpose(0, 1)
        x = x + self.drop(self.leave(found.reshape(-1, self.heads * self.each)))
        return x + self.drop(self.dense(self.norms[1](x)))


class PatternNet(nn.Module):
    """One member. `forward` gives, for N bars: log prior [N, K], shift of the cells' logits
    [N, CELLS], `amounts` of the song [8], style logits [STYLES], key logits [46]."""

    def __init__(self, codes=48, width=48, steps=32, dropout=0.4):
        super().__init__()
        self.bar = nn.Linear(FEATURES, width)
        # Few numbers for the song and who plays: three hundred songs cannot tell much more apart.
        self.song, self.programs = nn.Linear(2 * FEATURES, 24), nn.Linear(PROGRAMS, 16)
        self.mix = nn.Linear(24 + 16 + CONDITIONS, width)
        self.attention = nn.ModuleList(Attention(width, dropout) for _ in range(2))
        self.drop = nn.Dropout(dropout)
        self.prior = nn.Linear(width, codes)
        self.shift = nn.Sequential(nn.Linear(width, 16), nn.Linear(16, CELLS))
        # The hint reaches the codes and lanes directly: what is asked for must not drown in dropout.
        self.hint_prior = nn.Linear(CLASSES + 1, codes, bias=False)
        self.hint_shift = nn.Linear(CLASSES + 1, LANES, bias=False)
        self.place = nn.Linear(KINDS, 12 * SLOTS, bias=False)
        self.steps_bar = nn.Linear(width, steps)
        self.steps_enter = nn.Conv1d(2 * RHYTHMS + 12, steps, 5, padding=2)
        self.steps_mix, self.steps_leave = nn.Conv1d(steps, steps, 1), nn.Conv1d(steps, LANES, 1)
        nn.init.zeros_(self.steps_leave.weight)
        nn.init.zeros_(self.steps_leave.bias)
        self.density, self.style = nn.Linear(40, CLASSES), nn.Linear(40, STYLES)
        self.keys = nn.Linear(40, 46)
        self.base = nn.Parameter(torch.zeros(codes, CELLS))

    def forward(self, bar, pairs, programs, conditions):
        mean = bar.mean(0, keepdim=True)
        spread = ((bar * bar).mean(0, keepdim=True) - mean * mean + 1e-4).clamp_min(1e-6).sqrt()
        song = torch.cat([torch.relu(self.song(self.drop(torch.cat([mean, spread], 1)))),
                          torch.relu(self.programs(self.drop(programs)))], 1)
        # One dense layer over [song, conditions], written as a sum so that what is the song's need
        # not be repeated for every bar.
        weights = self.mix.weight[:, :40], self.mix.weight[:, 40:]
        x = self.bar(self.drop(bar)) + F.linear(conditions, weights[1], self.mix.bias)
        x = torch.relu(x + F.linear(song, weights[0]))
        for attention in self.attention:
            x = attention(x, pairs)
        x = self.drop(x)
        rhythm = bar[:, :RHYTHMS * SLOTS].reshape(-1, RHYTHMS, SLOTS)
        usual = mean[:, :RHYTHMS * SLOTS].reshape(1, RHYTHMS, SLOTS) + 0 * rhythm
        kinds = conditions[:, TEMPOS + PLACES:TEMPOS + PLACES + KINDS]
        place = self.place(kinds).reshape(-1, 12, SLOTS)
        y = self.steps_enter(torch.cat([rhythm, usual, place], 1)) + self.steps_bar(x)[:, :, None]
        y = self.drop(torch.relu(y))
        y = y + torch.relu(self.steps_mix(y))
        hint = conditions[:, -(CLASSES + 1):]
        shift = self.shift(x) + self.steps_leave(y).reshape(-1, CELLS)
        # Each lane's hint stands for all of its slots. The weights are repeated, not what comes out:
        # exported, they are repeated once and for all.
        repeated = torch.cat([self.hint_shift.weight[:, None]] * SLOTS, 1).reshape(CELLS, -1)
        shift = shift + F.linear(hint, repeated)
        prior = torch.log_softmax(self.prior(x) + self.hint_prior(hint), 1)
        heads = self.density(song), self.style(song), self.keys(song)
        return prior, shift, *(head[0] for head in heads)


class Members(nn.Module):
    """Several members as one mixture: what is exported."""

    def __init__(self, members, prototypes):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("prototypes", prototypes)

    def forward(self, bar, pairs, programs, conditions):
        outs = [member(bar, pairs, programs, conditions) for member in self.members]
        prior = torch.cat([o[0] for o in outs], 1) - math.log(len(outs))
        shift = torch.stack([o[1] for o in outs], 1).reshape(-1, len(outs), LANES, SLOTS)
        base = torch.stack([m.base for m in self.members]).reshape(len(outs), -1, LANES, SLOTS)
        mean = lambda i: torch.stack([o[i] for o in outs]).mean(0)
        amounts = torch.log1p(torch.relu(torch.exp(mean(2)) - LITTLE))
        # The base is constant; adding 0 x prior keeps it an output of the graph.
        base = base + 0 * prior.sum()
        prototypes = self.prototypes + 0 * prior.sum()
        return prior, shift, base, amounts, torch.log_softmax(mean(3), 0), mean(4), prototypes


def soft_one_hot(value, low, high, size):
    place = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1) * (size - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(size)))


def densities(classes):
    return np.log1p(classes.reshape(len(classes), CLASSES, -1).sum(2).mean(0)).astype(np.float32)


def amounts(classes):
    """Logarithms of the class densities as the scorer compares them. Their mean is what a song is
    likely to have with the least error in octaves; the densities' own mean is mostly far too much."""
    return np.log(classes.reshape(len(classes), CLASSES, -1).sum(2).mean(0) + LITTLE).astype(np.float32)


def conditions(song):
    """All conditions but the hint, `[bars, GIVEN]`; mirrors src/drummer/pattern.rs."""
    at, last = np.arange(len(song)) + song.first, song.song_bars - 1
    ternary, steps = song.grid[:, 0], song.grid[:, 1]
    kinds = np.stack([(ternary == 0) & (steps == 16), (ternary == 0) & (steps == 12),
                      (ternary == 1) & (steps == 12), (ternary == 1) & (steps > 12),
                      (ternary == 0) & (steps != 16) & (steps != 12)], 1)
    phases = [at % period == phase for period in (2, 4, 8) for phase in (0, period - 1)]
    ends = [np.exp(-at / 4), np.exp(-(last - at) / 4), at == 0, at == last]
    return np.concatenate([soft_one_hot(song.tempo, 60, 180, TEMPOS),
                           soft_one_hot(at / max(1, last), 0, 1, PLACES), kinds,
                           np.stack(phases + ends, 1), song.fill[:, None]], 1).astype(np.float32)


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
    song.given = conditions(song)
    song.log_density, song.amounts = densities(song.classes), amounts(song.classes)
    song.pairs[SOUND] = 0
    song.bar, song.programs = torch.from_numpy(song.bar), torch.from_numpy(song.programs)
    song.hits = torch.from_numpy((song.lanes * mask[:, None]).reshape(n, CELLS).astype(np.float32))
    song.mask = torch.from_numpy(np.repeat(mask[:, None], LANES, 1).reshape(n, CELLS).astype(np.float32))
    return song


def inputs(song, with_hint, window=slice(None), rng=None):
    """Network inputs of a song's window; with `rng` training noise is added."""
    bar = song.bar[window]
    shown = np.zeros(CLASSES + 1, np.float32)
    if with_hint:
        shown[:CLASSES], shown[CLASSES] = song.log_density, 1
        if rng is not None:
            shown[:CLASSES] = np.maximum(0, shown[:CLASSES] + rng.normal(0, 0.15, CLASSES))
    given = np.concatenate([song.given[window], np.tile(shown, (len(bar), 1))], 1)
    if rng is None:
        # Nobody tells the network of a held-out song where its fills are.
        given[:, GIVEN - 1] = 0
    known = rng is None or rng.random() < 0.8
    programs = song.programs if known else torch.zeros_like(song.programs)
    pairs = torch.from_numpy(np.ascontiguousarray(song.pairs[None, :, window, window]))
    return bar, pairs, programs, torch.from_numpy(given)


def log_likelihood(net, out, hits, mask):
    """ln p(bar) by the exact sum over codes, `[N]`."""
    prior, shift = out[0], out[1]
    logits = net.base[None] + shift[:, None]
    cells = hits[:, None] * logits - F.softplus(logits)
    return torch.logsumexp(prior + (cells * mask[:, None]).sum(2), 1)


KEYS = [27, 28, 33, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 51, 53, 54, 55, 56, 57,
        59, 60, 61, 62, 63, 64, 65, 67, 68, 69, 70, 73, 74, 75, 76, 77, 80, 81, 82, 83, 85, 87]


def loss_of(net, song, nearest, with_hint, rng):
    n = len(song)
    length = n if n <= 48 else int(rng.integers(24, 49))
    start = int(rng.integers(0, n - length + 1))
    window = slice(start, start + length)
    out = net(*inputs(song, with_hint, window, rng))
    loss = -log_likelihood(net, out, song.hits[window], song.mask[window]).mean() / 20
    if song.kind != "groove":
        loss = loss + AMOUNTS * F.mse_loss(out[2], torch.from_numpy(song.amounts))
    if song.kind == "paired":
        loss = loss + 0.1 * F.cross_entropy(out[3][None], torch.tensor([nearest[song.file]]))
        counts = torch.from_numpy(song.keys[KEYS].astype(np.float32))
        share = counts / (counts.sum() + 1e-6)
        loss = loss - 0.02 * (share * torch.log_softmax(out[4], 0)).sum()
    return loss


@torch.no_grad()
def evaluate(members, examples, with_hint):
    """Bits a bar of the mixture, and F1 of the classes' cells at the song's best expected threshold."""
    bits, scores = [], []
    for song in examples:
        likelihoods, chance = [], 0
        for net in members:
            net.eval()
            out = net(*inputs(song, with_hint))
            likelihoods.append(log_likelihood(net, out, song.hits, song.mask))
            chance = chance + marginal(net, out) / len(members)
        mixture = torch.logsumexp(torch.stack(likelihoods), 0) - math.log(len(members))
        bits.append(float(-mixture.mean() / math.log(2)))
        scores.append(f1(chance.reshape(len(song), LANES, SLOTS).numpy(), song))
    return round(float(np.mean(bits)), 2), round(float(np.mean(scores)), 4)


def marginal(net, out):
    prior, shift = out[0].exp(), out[1]
    return torch.einsum("nk,nkc->nc", prior, torch.sigmoid(net.base[None] + shift[:, None]))


def f1(chance, song):
    by_class = np.zeros((len(song), CLASSES, SLOTS), np.float32)
    real = np.zeros_like(by_class)
    for lane, cls in enumerate(CLASS_OF_LANE):
        by_class[:, cls] = 1 - (1 - by_class[:, cls]) * (1 - chance[:, lane])
        real[:, cls] = np.maximum(real[:, cls], song.lanes[:, lane])
    thresholds = np.linspace(0.1, 0.7, 25)
    expected = [2 * by_class[by_class > t].sum() / ((by_class > t).sum() + by_class.sum() + 1e-9)
                for t in thresholds]
    played = by_class > thresholds[int(np.argmax(expected))]
    return float(2 * (played * real).sum() / (played.sum() + real.sum() + 1e-9))


def first_codes(examples, count, seed):
    """Initial codes: k-means centres of training bars as logits."""
    bars = np.concatenate([song.hits.numpy() for song in examples])
    rng = np.random.default_rng(seed)
    bars = bars[rng.permutation(len(bars))[:8000]]
    centres = KMeans(count, n_init=1, random_state=seed).fit(bars).cluster_centers_
    centres = np.clip(centres * 0.9 + 0.02, 0.005, 0.95)
    return torch.from_numpy(np.log(centres / (1 - centres)).astype(np.float32))


def train(seed, examples, nearest, args):
    checkpoint = args.runs / f"pattern-{args.hold}-{seed}.pt"
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
                told = rng.random() < (0.9 if kind == "groove" else 0.4)
                loss = loss_of(net, song, nearest, told, rng) / 8
                loss.backward()
                losses.append(8 * loss.item())
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        run.end_epoch()
        print(f"seed {seed} epoch {epoch + 1}/{args.epochs} loss {np.mean(losses):.3f} "
              f"{time.time() - began:.0f} s", flush=True)
    return net.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", default="cache/songs", type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", default="../pattern.onnx", type=pathlib.Path)
    parser.add_argument("--runs", default="runs", type=pathlib.Path)
    parser.add_argument("--seeds", default=4, type=int)
    parser.add_argument("--epochs", default=12, type=int)
    parser.add_argument("--steps", default=100, type=int)
    parser.add_argument("--codes", default=48, type=int)
    parser.add_argument("--dropout", default=0.4, type=float)
    parser.add_argument("--rate", default=3e-3, type=float)
    parser.add_argument("--decay", default=0.05, type=float)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--folds", default=3, type=int)
    parser.add_argument("--hold", type=int, help="the fold that is not trained on but reported")
    parser.add_argument("--only", type=int, help="train this member and stop: for several at once")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.runs.mkdir(parents=True, exist_ok=True)
    examples = songs.load(args.features, args.data, most=300)
    examples, held = songs.split(examples, args.folds, args.hold)
    examples += songs.grooves(args.features, args.data)
    for song in examples + held:
        prepare(song)
    print(len(examples), "examples,", len(held), "held out", flush=True)
    own = {song.file: song for song in examples if song.kind == "paired"}
    clusters = KMeans(STYLES, n_init=4, random_state=0).fit([s.log_density for s in own.values()])
    nearest = dict(zip(own, map(int, clusters.labels_)))
    prototypes = torch.from_numpy(clusters.cluster_centers_.astype(np.float32))
    if args.only is not None:
        train(args.only, examples, nearest, args)
        return
    members = [train(seed, examples, nearest, args) for seed in range(args.seeds)]
    if held:
        print(json.dumps({f"{view}{' hint' if told else ''}": evaluate(
            members, [song for song in held if song.view == number], told)
            for number, view in enumerate(("full", "lead")) for told in (False, True)}))
    export(Members(members, prototypes).eval(), args.out)


def export(net, path):
    n = 16
    example = (torch.zeros(n, FEATURES), torch.zeros(1, CHANNELS, n, n), torch.zeros(1, PROGRAMS),
               torch.zeros(n, CONDITIONS))
    names = ["bar", "pairs", "programs", "conditions"]
    outs = ["prior", "shift", "base", "densities", "styles", "keys", "prototypes"]
    free = {name: {0: "bars"} for name in ("bar", "conditions", "prior", "shift")}
    free["pairs"] = {2: "bars", 3: "bars"}
    torch.onnx.export(net, example, path, dynamo=False, opset_version=17, input_names=names,
                      output_names=outs, dynamic_axes=free)


if __name__ == "__main__":
    main()
