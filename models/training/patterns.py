"""The space of drum patterns: an autoencoder that refines what it decodes, and a map in two dimensions.

    drumlin features patterns --data DATA --out patterns.safetensors
    python models/training/patterns.py --features patterns.safetensors --out models

writes `pattern_encoder.onnx`, `pattern_decoder.onnx`, `pattern_discriminator.onnx`, the map's points
(`assets/patterns/points.bin`, patterns of sets that may be passed on only) and `patterns.json` beside the
features with all figures.
`--compare` also trains what Tikhonov and Yamshchikov (2021) compared: a dense autoencoder, a VAE and an
ACAI (Berthelot et al., ICLR 2019), each with four latent dimensions.
"""

import argparse
import hashlib
import json
import pathlib
import time
import zlib

import lightgbm
import numpy as np
import openTSNE
import torch
from openTSNE.nearest_neighbors import PrecomputedNeighbors
from safetensors import safe_open
from safetensors.numpy import save
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.nn import functional as F

DRUMS, STRAIGHT, TRIPLET = 14, 32, 24
CELLS = DRUMS * (STRAIGHT + TRIPLET)
SPLIT = DRUMS * STRAIGHT
LATENT = 96
PERPLEXITY = 30
# Cells are decided in so many passes, each knowing those before.
PASSES = 4


class Data:
    """The patterns as cells [n, 784], with where they are from."""

    def __init__(self, path):
        with safe_open(path, "np") as file:
            rows, self.grid = file.get_tensor("rows"), file.get_tensor("grid")
            self.tempo = file.get_tensor("tempo")
            number = {key: file.get_tensor(key) for key in ("group", "style", "name")}
            lists = {key: json.loads(text) for key, text in file.metadata().items()}
        self.rows = rows
        self.group = number["group"]
        self.groups = lists["group"]
        self.set = np.array([group.split("/")[0] for group in self.groups])[self.group]
        self.style = np.array(lists["style"])[number["style"]]
        self.name = np.array(lists["name"])[number["name"]]
        straight = (rows[:, :, None] >> np.arange(STRAIGHT)) & 1
        triplet = straight[:, :, :TRIPLET] * (self.grid == 1)[:, None, None]
        straight = straight * (self.grid == 0)[:, None, None]
        n = len(rows)
        self.cells = np.concatenate([straight.reshape(n, -1), triplet.reshape(n, -1)], 1)
        self.cells = torch.from_numpy(self.cells.astype(np.float32))
        # By performance, song or tune; the same group is always on the same side.
        share = np.array([int(hashlib.sha1(g.encode()).hexdigest(), 16) % 1000 / 1000
                          for g in self.groups])[self.group]
        self.test = np.flatnonzero(share < 0.1)
        self.train = np.flatnonzero(share >= 0.1)


def bars(cells):
    """[n, 784] as sum and difference of the two bars, [n, 784]."""
    straight = cells[:, :SPLIT].reshape(-1, DRUMS, 2, STRAIGHT // 2)
    triplet = cells[:, SPLIT:].reshape(-1, DRUMS, 2, TRIPLET // 2)
    one = torch.cat([straight[:, :, 0].flatten(1), triplet[:, :, 0].flatten(1)], 1)
    two = torch.cat([straight[:, :, 1].flatten(1), triplet[:, :, 1].flatten(1)], 1)
    return torch.cat([one + two, one - two], 1)


def unbars(both):
    """The way back: sum and difference as [n, 784] cells."""
    half = DRUMS * STRAIGHT // 2
    one = both[:, : CELLS // 2] + both[:, CELLS // 2 :]
    two = both[:, : CELLS // 2] - both[:, CELLS // 2 :]
    shape = (-1, DRUMS, 1, STRAIGHT // 2)
    straight = torch.cat([one[:, :half].reshape(shape), two[:, :half].reshape(shape)], 2)
    shape = (-1, DRUMS, 1, TRIPLET // 2)
    triplet = torch.cat([one[:, half:].reshape(shape), two[:, half:].reshape(shape)], 2)
    return torch.cat([straight.flatten(1), triplet.flatten(1)], 1)


def mlp(*sizes):
    layers = []
    for one, two in zip(sizes, sizes[1:]):
        layers += [nn.Linear(one, two), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Discriminator(nn.Module):
    """Cells to the logit of a pattern that people play against one whose drums are of two patterns."""

    def __init__(self, width=96):
        super().__init__()
        self.body = nn.Sequential(nn.Dropout(0.1), nn.Linear(CELLS, width), nn.ReLU(), nn.Dropout(0.2),
                                  nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 1))

    def forward(self, cells):
        return self.body(bars(cells))


class Encoder(nn.Module):
    """Cells to latent."""

    def __init__(self, width=192):
        super().__init__()
        self.body = mlp(CELLS, width, width, 2 * LATENT)
        self.straight = nn.Linear(CELLS, LATENT)

    def both(self, cells):
        halves = bars(cells)
        mean, log_variance = self.body(halves).chunk(2, 1)
        return mean + self.straight(halves), (log_variance - 3).clamp(-8, 4)

    def forward(self, cells):
        halves = bars(cells)
        return self.body(halves)[:, :LATENT] + self.straight(halves)


class Decoder(nn.Module):
    """Latent and known cells (1 struck, -1 rest, 0 unknown) to logits of all cells and of the grid."""

    def __init__(self, width=224):
        super().__init__()
        self.latent = nn.Linear(LATENT, width)
        self.known = nn.Linear(CELLS, width, bias=False)
        self.body = mlp(width, width, CELLS)
        self.straight = nn.Linear(LATENT, CELLS)
        self.grid = nn.Linear(LATENT, 1)

    def forward(self, latent, known):
        hidden = F.relu(self.latent(latent) + self.known(bars(known)))
        return unbars(self.body(hidden) + self.straight(latent)), self.grid(latent)


@torch.no_grad()
def begin_with_principal_components(encoder, decoder, cells):
    """Both ways around the hidden layers start as the principal components, of variance 1; what is to be
    learned is what they miss."""
    halves = bars(cells)
    middle = halves.mean(0)
    power, vectors = torch.linalg.eigh(torch.cov(halves.T))
    scale, vectors = power[-LATENT:].sqrt(), vectors[:, -LATENT:]
    encoder.straight.weight.copy_((vectors / scale).T)
    encoder.straight.bias.copy_(-middle @ vectors / scale)
    # A cell's value c becomes the logit 8 c - 4; sums and differences count twice.
    decoder.straight.weight.copy_(4 * vectors * scale)
    decoder.straight.bias.copy_(4 * middle)
    decoder.straight.bias[: CELLS // 2] -= 4
    for last in (encoder.body[-1], decoder.body[-1]):
        last.weight *= 0.1
        last.bias.zero_()


def active(cells_or_grid):
    """Which cells are of the pattern's own grid, [n, 784]."""
    grid = cells_or_grid.reshape(-1, 1)
    return torch.cat([(grid == 0).expand(-1, SPLIT), (grid == 1).expand(-1, CELLS - SPLIT)], 1)


def group_of_cell():
    """The pass in which each cell is decided: scattered, the same for every pattern."""
    return torch.from_numpy((np.arange(CELLS) * 2_654_435_761 % 2**32 >> 20) % PASSES)


GROUPS = group_of_cell()


@torch.no_grad()
def decode(decoder, latent, level, grid=None):
    """Patterns of latents: a cell is struck if its probability is above its `level` ([n, 784] or .5)."""
    known = torch.zeros(len(latent), CELLS)
    for number in range(PASSES):
        logits, triplet = decoder(latent, known)
        if grid is None:
            grid = (triplet[:, 0] > 0).long()
        struck = torch.where(torch.sigmoid(logits) > level, 1.0, -1.0)
        now = (GROUPS == number) & active(grid)
        known = torch.where(now, struck, known)
    return (known > 0).float(), grid


def levels(n, seed):
    return torch.rand(n, CELLS, generator=torch.Generator().manual_seed(seed))


def train_space(data, args):
    torch.manual_seed(args.seed)
    encoder, decoder = Encoder(), Decoder()
    begin_with_principal_components(encoder, decoder, data.cells[data.train])
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimiser = torch.optim.AdamW(parameters, 2e-3, weight_decay=1e-4)
    batch = 256
    steps = args.epochs * (len(data.train) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1.5e-3, total_steps=steps, pct_start=0.1)
    grids = torch.from_numpy(data.grid.astype(np.int64))
    begun, step = time.time(), 0
    for epoch in range(args.epochs):
        order, total = np.random.RandomState(epoch).permutation(data.train), np.zeros(2)
        for at in range(0, len(order) - batch + 1, batch):
            rows = order[at : at + batch]
            cells, grid = data.cells[rows], grids[rows]
            own = active(grid)
            mean, log_variance = encoder.both(cells)
            latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            # Half of the patterns are decoded from nothing, half with a part of the cells known.
            share = torch.rand(batch, 1) * (torch.rand(batch, 1) < 0.5)
            shown = (torch.rand(batch, CELLS) < share) & own
            known = torch.where(shown, 2 * cells - 1, torch.zeros(()))
            logits, triplet = decoder(latent, known)
            loss = F.binary_cross_entropy_with_logits(logits, cells, reduction="none")
            loss = (loss * (own & ~shown)).sum(1).mean()
            loss = loss + F.binary_cross_entropy_with_logits(triplet[:, 0], grid.float())
            divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
            beta = args.beta * min(1, step / 1000)
            optimiser.zero_grad()
            (loss + beta * divergence).backward()
            nn.utils.clip_grad_norm_(parameters, 5)
            optimiser.step()
            schedule.step()
            total += [loss.item(), divergence.item()]
            step += 1
        if epoch % 3 == 2 or epoch == args.epochs - 1:
            print(f"epoch {epoch + 1}: {total / (len(order) // batch)}, "
                  f"F1 {reconstruction(encoder, decoder, data.cells[data.test]):.4f}, "
                  f"{time.time() - begun:.0f} s", flush=True)
    return encoder, decoder


@torch.no_grad()
def reconstruction(encoder, decoder, cells):
    """F1 of all cells of unseen patterns, decoded from their latents at level .5."""
    again, _ = decode(decoder, encoder(cells), torch.tensor(0.5))
    return (2 * (again * cells).sum() / (again.sum() + cells.sum())).item()


def neighbours(cells, k, among=None, chunk=1000):
    """The k nearest of `among` (default: the others of `cells`), Euclidean, nearest first."""
    to = cells if among is None else among
    norm, found = (to**2).sum(1), []
    for at in range(0, len(cells), chunk):
        here = cells[at : at + chunk]
        distance = norm - 2 * here @ to.T
        if among is None:
            distance[torch.arange(len(here)), torch.arange(at, at + len(here))] = torch.inf
        found.append(distance.topk(k, largest=False).indices)
    return torch.cat(found)


def lay_out(data, rows, args):
    """Places of the map's points: t-SNE of their cells (FIt-SNE, Linderman et al., 2019), with styles set a
    little apart."""
    style = np.array([CALLED.get(style, style) for style in data.style[rows]])
    kinds, code = np.unique(style, return_inverse=True)
    apart = args.styled * torch.eye(len(kinds))[code]
    whole = torch.cat([data.cells[rows], apart], 1)
    near = neighbours(whole, 3 * PERPLEXITY)
    far = torch.cat([(whole[at : at + 500, None] - whole[near[at : at + 500]]).norm(dim=2)
                     for at in range(0, len(whole), 500)])
    affinities = openTSNE.affinity.PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(near.numpy(), far.double().numpy()), perplexity=PERPLEXITY, n_jobs=1)
    places = openTSNE.TSNEEmbedding(
        openTSNE.initialization.pca(whole.numpy(), random_state=args.seed), affinities, n_jobs=1,
        negative_gradient_method="fft", random_state=args.seed)
    places = places.optimize(250, exaggeration=12, momentum=0.5).optimize(500, momentum=0.8)
    places = np.asarray(places, np.float32)
    places -= np.median(places, 0)
    return torch.from_numpy(places / np.quantile(np.abs(places), 0.995))


def place(cells, known, places, styles, alike=10, beside=0.03):
    """As `PatternMap::place` of `src/patterns/map.rs`: where later patterns are put among the points."""
    # Of equal ones the first.
    first, near = torch.arange(len(known)) / (2 * len(known)) + known.sum(1), []
    for chunk in cells.split(500):
        near.append((first - 2 * chunk @ known.T).topk(alike, largest=False).indices)
    near = torch.cat(near)
    apart = torch.stack([(cells != known[near[:, k]]).sum(1) for k in range(alike)], 1)
    weight = (apart + 0.5) ** -2.0
    style, other = styles[near], len(STYLES) - 1
    votes = torch.zeros(len(cells), len(STYLES)).scatter_add_(1, style, weight * (style != other))
    heard = (style == votes.argmax(1, keepdim=True)) | (votes.sum(1, keepdim=True) == 0)
    weight = weight * heard
    far = torch.cdist(places[near], places[near])
    dense = (weight[:, None] * torch.exp(-((far / beside) ** 2) / 2)).sum(2)
    home = torch.where(heard, dense, -1.0).argmax(1)
    weight = weight * (far[torch.arange(len(far)), home] <= beside)
    found = (weight[:, :, None] * places[near]).sum(1) / weight.sum(1, keepdim=True)
    return torch.where(apart[:, :1] == 0, places[near[:, 0]], found)


def trustworthiness(cells, places, known, known_places, own=None, k=12, chunk=500):
    """Venna and Kaski (2001), of each of `cells` alone among `known`, of which it may be one itself (`own`,
    its row there)."""
    n = len(known) + (own is None)
    norm, beyond = (known**2).sum(1), 0
    for at in range(0, len(cells), chunk):
        here = cells[at : at + chunk]
        distance, placed = norm - 2 * here @ known.T, torch.cdist(places[at : at + chunk], known_places)
        if own is not None:
            itself = torch.arange(len(here)), own[at : at + chunk]
            distance[itself], placed[itself] = torch.inf, torch.inf
        ranks = torch.empty(distance.shape, dtype=torch.int32)
        order = torch.arange(1, len(known) + 1, dtype=torch.int32).repeat(len(here), 1)
        ranks.scatter_(1, distance.argsort(dim=1, stable=True), order)
        found = placed.topk(k, largest=False).indices
        beyond += (ranks.gather(1, found) - k).clamp(min=0).sum().item()
    return 1 - 2 / (len(cells) * k * (2 * n - 3 * k - 1)) * beyond


def style_agreement(data, rows, here, known_rows, known):
    """Share of the patterns of the Groove MIDI Dataset among `rows` whose style is that of most of the
    ten nearest of `known_rows` that are of that dataset and of other performances; both have places in
    some space."""
    mine, others = data.set[rows] == "gmd", data.set[known_rows] == "gmd"
    rows, known_rows, here, known = rows[mine], known_rows[others], here[mine], known[others]
    kinds, code = np.unique(data.style, return_inverse=True)
    group, right, norm = torch.from_numpy(data.group.astype(np.int64)), 0, (known**2).sum(1)
    for at in range(0, len(rows), 500):
        chunk = rows[at : at + 500]
        distance = norm - 2 * here[at : at + 500] @ known.T
        distance[group[chunk][:, None] == group[known_rows][None]] = torch.inf
        near = code[known_rows][distance.topk(10, largest=False).indices.numpy()]
        said = np.array([np.bincount(row, minlength=len(kinds)).argmax() for row in near])
        right += (said == code[chunk]).sum()
    return float(right / len(rows))


def map_figures(data, rows, places, args):
    cells, later = data.cells[rows], data.cells[data.test]
    put = place(later, cells, places, torch.from_numpy(styles_of(data, rows)))
    some = np.random.RandomState(args.seed).choice(len(rows), 4000, False)
    middle = cells.mean(0)
    axes = torch.linalg.eigh(torch.cov(cells.T))[1][:, -2:]
    flat = (cells - middle) @ axes
    own = torch.from_numpy(some)
    return {
        "points": len(rows),
        "trustworthiness": {
            "points": trustworthiness(cells[some], places[some], cells, places, own),
            "placed later": trustworthiness(later, put, cells, places),
            "placed later, among themselves": trustworthiness(
                later, put, later, put, torch.arange(len(later))),
            "points, by principal components": trustworthiness(cells[some], flat[some], cells, flat, own),
            "later, by principal components": trustworthiness(later, (later - middle) @ axes, cells, flat),
        },
        "style": {
            "placed later": style_agreement(data, data.test, put, rows, places),
            "later, by raw cells": style_agreement(data, data.test, later, rows, cells),
            "points, other performances": style_agreement(data, rows[some], places[some], rows, places),
            "points, by raw cells": style_agreement(data, rows[some], cells[some], rows, cells),
        },
    }


def auc(real, made, seed=0):
    """How well gradient-boosted trees tell the two apart, five folds; .5 is not at all."""
    rows = np.concatenate([real, made])
    truth = np.repeat([0, 1], [len(real), len(made)])
    said = np.empty(len(rows))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(rows, truth):
        trees = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, max_bin=3, verbose=-1, n_jobs=1,
                                        random_state=seed)
        trees.fit(rows[train], truth[train])
        said[test] = trees.predict_proba(rows[test])[:, 1]
    return roc_auc_score(truth, said)


def lanes_mixed(one, two, seed):
    """Patterns with each drum from one of two."""
    choice = torch.rand(len(one), DRUMS, generator=torch.Generator().manual_seed(seed)) < 0.5
    cells = torch.cat([choice.repeat_interleave(STRAIGHT, 1), choice.repeat_interleave(TRIPLET, 1)], 1)
    return torch.where(cells, one, two)


def share_of_new(made, known):
    known = {row.tobytes() for row in known.numpy().astype(bool)}
    return np.mean([row.tobytes() not in known for row in made.numpy().astype(bool)])


@torch.no_grad()
def decode_near(encoder, decoder, cells, count, known, seed, furthest=0.5, alike=20):
    """New patterns as `src/patterns/sample.rs` draws them: between one of `cells` and one of those most
    like it, decoded by chance; what is less than three strokes and a tenth of its own from anything known
    is drawn again."""
    rng, near, found, drawn = np.random.RandomState(seed), neighbours(cells, alike), [], set()
    strokes = known.sum(1)
    for again in range(24):
        one = rng.randint(len(cells), size=count - len(found))
        other = near[one, rng.randint(alike, size=len(one))]
        share = torch.from_numpy(rng.uniform(0, furthest, (len(one), 1)).astype(np.float32))
        latent = encoder(cells[one]) * (1 - share) + encoder(cells[other]) * share
        made = decode(decoder, latent, levels(len(one), seed + again))[0]
        apart = (made.sum(1, keepdim=True) + strokes - 2 * made @ known.T).min(1).values
        for row, far in zip(made, apart):
            text = row.numpy().astype(bool).tobytes()
            if far >= max(3, (row.sum() / 10).ceil()) and text not in drawn and row.sum() >= 3:
                drawn.add(text)
                found.append(row)
    return torch.stack(found)


# The middle of a way has between this share of what differs and one minus it from either end, and is the
# best of so many; as in `src/patterns/morph.rs`.
LEAST, TRIES = 0.3, 64


def deal(one, two, count, generator):
    """Patterns with each drum from one of two on the same grid, `count` of each pair, [n, count, 784], and
    the share of the strokes that differ which are from the second, [n, count]."""
    taken = torch.rand(len(one), count, DRUMS, generator=generator) < 0.5
    cells = torch.cat([taken.repeat_interleave(STRAIGHT, 2), taken.repeat_interleave(TRIPLET, 2)], 2)
    differs = (one != two)[:, None]
    share = (cells & differs).sum(2) / differs.sum(2).clamp(min=1)
    return torch.where(cells, two[:, None], one[:, None]), share


def one_of(dealt, share, score):
    """Of each pair the dealt one with the highest score among those that are in the middle; where none is
    (hardly ever), the nearest to it."""
    off = (share - 0.5).abs()
    best = torch.where(off <= 0.5 - LEAST, score, -1e6 - off).argmax(1)
    return dealt[torch.arange(len(dealt)), best]


@torch.no_grad()
def midpoints(discriminator, one, two, seed):
    """The middle of the way between two patterns on one grid as `src/patterns/morph.rs` has it: of those
    whose drums are dealt from both, the one that is most like what people play."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for first, second in zip(one.split(100), two.split(100)):
        dealt, share = deal(first, second, TRIES, generator)
        score = torch.zeros(share.shape)
        if discriminator is not None:
            score = discriminator(dealt.flatten(0, 1)).reshape(share.shape)
        found.append(one_of(dealt, share, score))
    return torch.cat(found)


def train_discriminator(data, args):
    """Patterns of the training part against middles that are dealt of them by chance."""
    torch.manual_seed(args.seed)
    rng, generator = np.random.RandomState(args.seed), torch.Generator().manual_seed(args.seed)
    net, batch, begun = Discriminator(), 128, time.time()
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=args.judged)
    grids = [np.intersect1d(of_map(data), data.train[data.grid[data.train] == grid]) for grid in (0, 1)]
    likely = len(grids[1]) / (len(grids[0]) + len(grids[1]))
    for step in range(args.judged):
        rows = grids[int(rng.rand() < likely)]
        real, one, two = (data.cells[rng.choice(rows, batch)] for _ in range(3))
        made = one_of(*deal(one, two, 4, generator), torch.rand(batch, 4, generator=generator))
        said = net(torch.cat([real, made]))[:, 0]
        loss = F.binary_cross_entropy_with_logits(said, torch.arange(2 * batch).lt(batch).float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 1000 == 999:
            print(f"discriminator, step {step + 1}: {loss.item():.3f}, {time.time() - begun:.0f} s", flush=True)
    return net.eval()


class Dense(nn.Module):
    """What was compared in 2021: dense layers with ReLU around four latent dimensions, straight grid."""

    def __init__(self, variational):
        super().__init__()
        self.variational = variational
        self.encoder = mlp(SPLIT, 256, 128, 8 if variational else 4)
        self.decoder = mlp(4, 128, 256, SPLIT)

    def latent(self, cells):
        return self.encoder(cells)[:, :4]


def train_dense(kind, cells, epochs, seed):
    """An autoencoder (`ae`), a VAE (`vae`) or an ACAI (`acai`) of straight patterns."""
    torch.manual_seed(seed)
    net, critic = Dense(kind == "vae"), mlp(SPLIT, 256, 128, 1)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    critics = torch.optim.Adam(critic.parameters(), 1e-3)
    for epoch in range(epochs):
        for rows in torch.randperm(len(cells)).split(128):
            real = cells[rows]
            said = net.encoder(real)
            latent, penalty = said[:, :4], 0.0
            if kind == "vae":
                spread = said[:, 4:].clamp(-8, 4)
                penalty = 0.5 * (latent**2 + spread.exp() - 1 - spread).sum(1).mean()
                latent = latent + torch.randn_like(latent) * (spread / 2).exp()
            logits = net.decoder(latent)
            loss = F.binary_cross_entropy_with_logits(logits, real, reduction="none").sum(1).mean()
            if kind == "acai":
                share = torch.rand(len(real), 1) / 2
                between = torch.sigmoid(net.decoder(latent * (1 - share) + latent.flip(0) * share))
                penalty = 0.5 * SPLIT * 0.05 * (critic(between) ** 2).mean()
            optimiser.zero_grad()
            (loss + penalty).backward()
            optimiser.step()
            if kind == "acai":
                blend = 0.2
                again = torch.sigmoid(logits.detach())
                judged = critic(between.detach())
                calm = critic(blend * real + (1 - blend) * again)
                critics.zero_grad()
                ((judged - share) ** 2).mean().add((calm**2).mean()).backward()
                critics.step()
    return net


@torch.no_grad()
def sample_dense(net, cells, n, seed):
    """Latents as the training patterns' are spread (the VAE's prior: normal), decoded at level .5."""
    noise = torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))
    if not net.variational:
        latent = net.latent(cells)
        noise = latent.mean(0) + noise @ torch.linalg.cholesky(torch.cov(latent.T)).T
    return (net.decoder(noise) > 0).float()


def step_entropy(cells):
    """Of the 32 masks of drums of straight patterns, in nats, as drum_space's filter has it."""
    masks = (cells.reshape(-1, DRUMS, STRAIGHT) * (2 ** torch.arange(DRUMS))[:, None]).sum(1)
    found = []
    for row in masks.long().numpy():
        share = np.unique(row, return_counts=True)[1] / STRAIGHT
        found.append(-(share * np.log(share)).sum())
    return np.array(found)


def compare(data, args):
    """The three of 2021: samples told from real patterns, filter, reconstruction."""
    straight = np.flatnonzero(data.grid == 0)
    train = data.cells[np.intersect1d(straight, data.train)][:, :SPLIT]
    test = data.cells[np.intersect1d(straight, data.test)][:, :SPLIT]
    rng = np.random.RandomState(args.seed)
    real = data.cells[rng.choice(straight, 4000, False)][:, :SPLIT]
    found = {"real": {"passes": float((step_entropy(real) > 0.9).mean())}}
    for kind in ("ae", "vae", "acai"):
        net = train_dense(kind, train, args.dense_epochs, args.seed)
        made = sample_dense(net, train, 10_000, args.seed)
        with torch.no_grad():
            again = (net.decoder(net.latent(test)) > 0).float()
        found[kind] = {
            "passes": float((step_entropy(made) > 0.9).mean()),
            "empty": int((made.sum(1) == 0).sum()),
            "auc": auc(real.numpy(), made[:4000].numpy()),
            "f1": (2 * (again * test).sum() / (again.sum() + test.sum())).item(),
        }
        print(kind, found[kind], flush=True)
    return found


@torch.no_grad()
def unseen_midpoints(discriminator, data, args):
    """The trees learn from patterns of the training part and middles between those, and tell unseen
    patterns from middles between unseen ones."""
    rng, found = np.random.RandomState(args.seed + 2), {}
    straight = of_map(data)[data.grid[of_map(data)] == 0]
    parts = [np.intersect1d(straight, part) for part in (data.train, data.test)]
    for name, judge in (("unseen, auc", discriminator), ("unseen, dealt by chance, auc", None)):
        sets = []
        for rows in parts:
            real, one, two = (data.cells[rng.choice(rows, min(6000, len(rows)), False)] for _ in range(3))
            sets.append((real, midpoints(judge, one, two, args.seed)))
        (real, made), (unseen, between) = sets
        trees = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, max_bin=3, verbose=-1, n_jobs=1,
                                        random_state=args.seed)
        trees.fit(torch.cat([real, made]).numpy(), np.repeat([0, 1], [len(real), len(made)]))
        said = trees.predict_proba(torch.cat([unseen, between]).numpy())[:, 1]
        found[name] = roc_auc_score(np.repeat([0, 1], [len(unseen), len(between)]), said)
    return found


@torch.no_grad()
def figures(encoder, decoder, discriminator, data, rows, places, args):
    """Real patterns are those of the sets that the map is made of."""
    rng = np.random.RandomState(args.seed + 1)
    ours = of_map(data)
    straight = ours[data.grid[ours] == 0]
    pick = lambda among: data.cells[rng.choice(among, 2000, False)]
    real, some = pick(ours), pick(straight)
    made = decode_near(encoder, decoder, data.cells[rows], 2000, data.cells, args.seed)
    one, two = pick(straight), pick(straight)
    middle = midpoints(discriminator, one, two, args.seed)
    dealt = midpoints(None, one, two, args.seed)
    nearer = torch.minimum((middle != one).sum(1), (middle != two).sum(1)) / (one != two).sum(1).clamp(min=1)
    half = (encoder(one) + encoder(two)) / 2
    half, _ = decode(decoder, half, levels(2000, 1), torch.zeros(2000, dtype=torch.long))
    train = data.cells[data.train]

    def nearest(cells):
        return (cells != train[neighbours(cells, 1, train)[:, 0]]).sum(1).float().median().item()

    return {
        "patterns": len(data.cells),
        "train": len(data.train),
        "reconstruction F1": reconstruction(encoder, decoder, data.cells[data.test]),
        "samples": {
            "auc": auc(real.numpy(), made.numpy()),
            "made": len(made),
            "new": share_of_new(made, data.cells),
            "median distance to a known one": nearest(made),
            "passes": float((step_entropy(made[:, :SPLIT]) > 0.9).mean()),
        },
        "held-out patterns": {"median distance to a known one": nearest(data.cells[data.test])},
        "midpoints": {
            "auc": auc(some.numpy(), middle.numpy()),
            "new": share_of_new(middle, data.cells),
            "share of the way from the nearer end": nearer.mean().item(),
            "dealt by chance, auc": auc(some.numpy(), dealt.numpy()),
            **unseen_midpoints(discriminator, data, args),
            "of latents, auc": auc(some.numpy(), half.numpy()),
            "drums mixed at random, auc": auc(some.numpy(), lanes_mixed(one, two, 1).numpy()),
        },
        "map": map_figures(data, rows, places, args),
    }


def export(encoder, decoder, discriminator, out):
    batch = {0: "patterns"}
    torch.onnx.export(encoder, (torch.zeros(2, CELLS),), str(out / "pattern_encoder.onnx"),
                      input_names=["cells"], output_names=["latent"],
                      dynamic_axes={"cells": batch, "latent": batch},
                      opset_version=17, dynamo=False)
    torch.onnx.export(decoder, (torch.zeros(2, LATENT), torch.zeros(2, CELLS)),
                      str(out / "pattern_decoder.onnx"),
                      input_names=["latent", "known"], output_names=["logits", "triplet"],
                      dynamic_axes={name: batch for name in ("latent", "known", "logits", "triplet")},
                      opset_version=17, dynamo=False)
    torch.onnx.export(discriminator, (torch.zeros(2, CELLS),), str(out / "pattern_discriminator.onnx"),
                      input_names=["cells"], output_names=["logit"],
                      dynamic_axes={"cells": batch, "logit": batch},
                      opset_version=17, dynamo=False)


# Drumlin's styles of the map, in the order of `src/patterns/map.rs`.
STYLES = ["rock", "pop", "funk", "soul", "jazz", "latin", "afro", "hip-hop", "dance", "punk",
          "country", "reggae", "blues", "other"]
CALLED = {
    "gospel": "soul", "neworleans": "funk", "afrocuban": "latin", "middleeastern": "latin",
    "afrobeat": "afro", "highlife": "afro", "hiphop": "hip-hop", "rhythm&blues": "soul", "rnb": "soul",
    "disco": "dance", "ballad": "pop", "slow": "pop", "afro-cuban": "latin", "afrocub": "latin",
    "swing": "jazz", "charleston": "jazz", "shuffle": "blues", "boogie": "blues", "twist": "rock",
    "samba": "latin", "bossanova": "latin", "bossa": "latin", "cha-cha": "latin", "chacha": "latin",
    "paso": "latin", "tango": "latin", "ska": "reggae",
}

def of_map(data):
    """The patterns of sets that may be passed on."""
    return np.flatnonzero(np.isin(data.set, ["gmd", "books", "pairedA"]))


def rows_of_map(data):
    """The patterns that go on the map: those of the training part that may be passed on, without fills."""
    beats = np.array([not name.endswith(" fill") and "Break" not in name and "ndings" not in name
                      for name in data.name])
    return np.intersect1d(np.intersect1d(of_map(data), data.train), np.flatnonzero(beats))


def styles_of(data, rows):
    """Numbers of their styles in `STYLES`."""
    style = [CALLED.get(style, style) for style in data.style[rows]]
    return np.array([STYLES.index(name) if name in STYLES else len(STYLES) - 1 for name in style])


def write_points(data, rows, places, path):
    called = [f"{n.split('/')[-1].split('.')[0]}" if s == "pairedA" else n
              for n, s in zip(data.name[rows], data.set[rows])]
    names, number = np.unique(called, return_inverse=True)
    tensors = {
        "rows": data.rows[rows].astype(np.uint32),
        "grid": data.grid[rows].astype(np.uint8),
        "place": places.numpy().astype(np.float32),
        "style": styles_of(data, rows).astype(np.uint8),
        "tempo": np.clip(np.rint(data.tempo[rows]), 0, 400).astype(np.uint32),
        "name": number.astype(np.uint32),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(save(tensors, {"names": json.dumps(names.tolist())}), 9))


def golden(encoder, decoder, discriminator, data, points, places, path):
    """What PyTorch says of a few unseen patterns, for a test of the same in Rust."""
    rows = data.test[:: len(data.test) // 6][:6]
    with torch.no_grad():
        latent = encoder(data.cells[rows])
        made, _ = decode(decoder, latent, torch.tensor(0.5))
        realism = discriminator(data.cells[rows])[:, 0]
    where = place(data.cells[rows], data.cells[points], places, torch.from_numpy(styles_of(data, points)))
    cases = []
    for index, row in enumerate(rows):
        grid = int(data.grid[row])
        own = made[index, :SPLIT] if grid == 0 else made[index, SPLIT:]
        bits = own.reshape(DRUMS, -1).numpy().astype(np.int64)
        cases.append({
            "grid": grid,
            "rows": data.rows[row].tolist(),
            "latent": [round(value, 5) for value in latent[index].tolist()],
            "place": [round(value, 5) for value in where[index].tolist()],
            "realism": round(realism[index].item(), 5),
            "decoded": (bits << np.arange(bits.shape[1])).sum(1).tolist(),
        })
    path.write_text(json.dumps(cases))


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--features", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the folder of the networks")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--beta", type=float, default=0.02, help="weight of the divergence")
    parser.add_argument("--styled", type=float, default=1.5, help="how far styles are set apart")
    parser.add_argument("--judged", type=int, default=3000, help="steps of the discriminator")
    parser.add_argument("--compare", action="store_true", help="train what was compared in 2021, too")
    parser.add_argument("--dense-epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = Data(args.features)
    checkpoint = args.features.with_suffix(".ckpt")
    encoder, decoder, discriminator = Encoder(), Decoder(), Discriminator()
    if checkpoint.exists():
        states = torch.load(checkpoint)
        encoder.load_state_dict(states[0])
        decoder.load_state_dict(states[1])
    else:
        encoder, decoder = train_space(data, args)
        torch.save((encoder.state_dict(), decoder.state_dict()), checkpoint)
    judge = args.features.with_suffix(".discriminator.ckpt")
    if judge.exists():
        discriminator.load_state_dict(torch.load(judge))
    else:
        discriminator = train_discriminator(data, args)
        torch.save(discriminator.state_dict(), judge)
    discriminator.eval()
    rows = rows_of_map(data)
    laid = args.features.with_suffix(".places.npy")
    if laid.exists():
        places = torch.from_numpy(np.load(laid))
    else:
        places = lay_out(data, rows, args)
        np.save(laid, places.numpy())
    export(encoder, decoder, discriminator, args.out)
    root = args.out.resolve().parent
    write_points(data, rows, places, root / "assets" / "patterns" / "points.bin")
    golden(encoder, decoder, discriminator, data, rows, places, root / "tests" / "golden" / "patterns.json")
    report = {"space": figures(encoder, decoder, discriminator, data, rows, places, args)}
    print(json.dumps(rounded(report), indent=1), flush=True)
    if args.compare:
        report["compared"] = compare(data, args)
    text = json.dumps(rounded(report), indent=1)
    args.features.with_suffix(".patterns.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
