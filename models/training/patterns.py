"""The space of drum patterns: an autoencoder that refines what it decodes, and a map in two dimensions.

    drumlin features patterns --data DATA --out patterns.safetensors
    python models/training/patterns.py --features patterns.safetensors --out models

writes `pattern_encoder.onnx`, `pattern_decoder.onnx`, the map's points (`assets/patterns/points.bin`,
patterns of sets that may be passed on only) and `patterns.json` beside the features with all figures.
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
import torch
from safetensors import safe_open
from safetensors.numpy import save
from sklearn.manifold import TSNE
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.nn import functional as F

DRUMS, STRAIGHT, TRIPLET = 14, 32, 24
CELLS = DRUMS * (STRAIGHT + TRIPLET)
SPLIT = DRUMS * STRAIGHT
LATENT = 96
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
    """Places of the map's points: t-SNE of their cells, with styles set a little apart."""
    style = np.array([CALLED.get(style, style) for style in data.style[rows]])
    kinds, code = np.unique(style, return_inverse=True)
    apart = args.styled * np.eye(len(kinds), dtype=np.float32)[code]
    places = TSNE(2, perplexity=30, init="pca", random_state=args.seed, max_iter=700).fit_transform(
        np.concatenate([data.cells[rows].numpy(), apart], 1))
    places -= np.median(places, 0)
    return torch.from_numpy(places / np.quantile(np.abs(places), 0.995))


def place(cells, known, places, alike=5, beside=0.12):
    """As `PatternMap::place` of `src/patterns/map.rs`: where later patterns are put among the points."""
    near = neighbours(cells, alike, known)
    apart = torch.stack([(cells != known[near[:, k]]).sum(1) for k in range(alike)], 1)
    home = places[near[:, :1]]
    weight = (apart + 0.5) ** -2.0 * ((places[near] - home).norm(dim=2) <= beside)
    found = (weight[:, :, None] * places[near]).sum(1) / weight.sum(1, keepdim=True)
    return torch.where(apart[:, :1] == 0, home[:, 0], found)


def trustworthiness(cells, places, k=12):
    """Venna and Kaski (2001), of points among themselves."""
    n = len(cells)
    distance = torch.cdist(cells, cells)
    distance.fill_diagonal_(torch.inf)
    ranks = torch.empty(n, n, dtype=torch.long)
    ranks.scatter_(1, distance.argsort(1), torch.arange(1, n + 1).expand(n, n))
    placed = torch.cdist(places, places)
    placed.fill_diagonal_(torch.inf)
    found = placed.topk(k, largest=False).indices
    beyond = (ranks.gather(1, found) - k).clamp(min=0).sum().item()
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * beyond


def style_agreement(data, rows, here, known_rows, known):
    """Share of the patterns of the Groove MIDI Dataset among `rows` whose style is that of most of the
    ten nearest of `known_rows`; both have places in some space. None is of the same performance."""
    mine, others = data.set[rows] == "gmd", data.set[known_rows] == "gmd"
    kinds, code = np.unique(data.style, return_inverse=True)
    near = neighbours(here[mine], 10, known[others]).numpy()
    votes = [np.bincount(code[known_rows[others]][row], minlength=len(kinds)) for row in near]
    return float((kinds[np.argmax(votes, 1)] == data.style[rows][mine]).mean())


def map_figures(data, rows, places):
    later = place(data.cells[data.test], data.cells[rows], places)
    return {
        "points": len(rows),
        "trustworthiness of the points": trustworthiness(data.cells[rows], places),
        "trustworthiness placed later": trustworthiness(data.cells[data.test], later),
        "style placed later": style_agreement(data, data.test, later, rows, places),
        "style by raw cells": style_agreement(
            data, data.test, data.cells[data.test], rows, data.cells[rows]),
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
    like it, decoded by chance; what is known already is drawn again."""
    rng, near, found = np.random.RandomState(seed), neighbours(cells, alike), []
    known = {row.tobytes() for row in known.numpy().astype(bool)}
    for again in range(8):
        one = rng.randint(len(cells), size=count - len(found))
        other = near[one, rng.randint(alike, size=len(one))]
        share = torch.from_numpy(rng.uniform(0, furthest, (len(one), 1)).astype(np.float32))
        latent = encoder(cells[one]) * (1 - share) + encoder(cells[other]) * share
        for row in decode(decoder, latent, levels(len(one), seed + again))[0]:
            text = row.numpy().astype(bool).tobytes()
            if text not in known and row.sum() >= 3:
                known.add(text)
                found.append(row)
    return torch.stack(found)


def midpoints(one, two, seed):
    """The middle of the way between two straight patterns as `src/patterns/morph.rs` has it: each drum
    from one of them, so that a part of what differs is changed."""
    rng = np.random.RandomState(seed)
    apart = (one != two)[:, :SPLIT].reshape(-1, DRUMS, STRAIGHT).sum(2).numpy()
    taken = []
    for row in apart:
        dealt = rng.rand(64, DRUMS) < 0.5
        share = (dealt * row).sum(1) / max(row.sum(), 1)
        fits = np.flatnonzero(np.abs(share - 0.5) <= 0.35)
        taken.append(dealt[fits[0] if len(fits) else np.abs(share - 0.5).argmin()])
    taken = torch.from_numpy(np.array(taken)).repeat_interleave(STRAIGHT, 1)
    return torch.where(F.pad(taken, (0, CELLS - SPLIT)), two, one)


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
def figures(encoder, decoder, data, rows, places, args):
    """Real patterns are those of the sets that the map is made of."""
    rng = np.random.RandomState(args.seed + 1)
    ours = np.flatnonzero(np.isin(data.set, ["gmd", "books", "pairedA"]))
    straight = ours[data.grid[ours] == 0]
    pick = lambda among: data.cells[rng.choice(among, 2000, False)]
    real, some = pick(ours), pick(straight)
    made = decode_near(encoder, decoder, data.cells[rows], 2000, data.cells, args.seed)
    one, two = pick(straight), pick(straight)
    middle = midpoints(one, two, args.seed)
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
            "of latents, auc": auc(some.numpy(), half.numpy()),
            "drums mixed at random, auc": auc(some.numpy(), lanes_mixed(one, two, 1).numpy()),
        },
        "map": map_figures(data, rows, places),
    }


def export(encoder, decoder, out):
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
# How many patterns of one performance or song go on the map.
FROM_ONE = 20


def rows_of_map(data):
    """The patterns that go on the map: those whose licences let them be passed on, without fills."""
    allowed = np.isin(data.set, ["gmd", "books", "pairedA"])
    beats = np.array([not name.endswith(" fill") and "Break" not in name and "ndings" not in name
                      for name in data.name])
    rows = []
    train = np.zeros(len(data.set), bool)
    train[data.train] = True
    for group in np.unique(data.group[allowed & beats & train]):
        found = np.flatnonzero((data.group == group) & allowed & beats)
        rows += sorted(found[np.linspace(0, len(found) - 1, min(FROM_ONE, len(found))).astype(int)])
    return np.array(rows)


def write_points(data, rows, places, path):
    style = [CALLED.get(style, style) for style in data.style[rows]]
    style = [STYLES.index(name) if name in STYLES else len(STYLES) - 1 for name in style]
    called = [f"{n.split('/')[-1].split('.')[0]}" if s == "pairedA" else n
              for n, s in zip(data.name[rows], data.set[rows])]
    names, number = np.unique(called, return_inverse=True)
    tensors = {
        "rows": data.rows[rows].astype(np.uint32),
        "grid": data.grid[rows].astype(np.uint8),
        "place": places.numpy().astype(np.float32),
        "style": np.array(style, np.uint8),
        "tempo": np.clip(np.rint(data.tempo[rows]), 0, 400).astype(np.uint32),
        "name": number.astype(np.uint32),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(save(tensors, {"names": json.dumps(names.tolist())}), 9))


def golden(encoder, decoder, data, path):
    """What PyTorch says of a few unseen patterns, for a test of the same in Rust."""
    rows = data.test[:: len(data.test) // 6][:6]
    with torch.no_grad():
        latent = encoder(data.cells[rows])
        made, _ = decode(decoder, latent, torch.tensor(0.5))
    cases = []
    for index, row in enumerate(rows):
        grid = int(data.grid[row])
        own = made[index, :SPLIT] if grid == 0 else made[index, SPLIT:]
        bits = own.reshape(DRUMS, -1).numpy().astype(np.int64)
        cases.append({
            "grid": grid,
            "rows": data.rows[row].tolist(),
            "latent": [round(value, 5) for value in latent[index].tolist()],
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
    parser.add_argument("--compare", action="store_true", help="train what was compared in 2021, too")
    parser.add_argument("--dense-epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = Data(args.features)
    checkpoint = args.features.with_suffix(".ckpt")
    encoder, decoder = Encoder(), Decoder()
    if checkpoint.exists():
        states = torch.load(checkpoint)
        encoder.load_state_dict(states[0])
        decoder.load_state_dict(states[1])
    else:
        encoder, decoder = train_space(data, args)
        torch.save((encoder.state_dict(), decoder.state_dict()), checkpoint)
    rows = rows_of_map(data)
    laid = args.features.with_suffix(".places.npy")
    if laid.exists():
        places = torch.from_numpy(np.load(laid))
    else:
        places = lay_out(data, rows, args)
        np.save(laid, places.numpy())
    export(encoder, decoder, args.out)
    root = args.out.resolve().parent
    write_points(data, rows, places, root / "assets" / "patterns" / "points.bin")
    golden(encoder, decoder, data, root / "tests" / "golden" / "patterns.json")
    report = {"space": figures(encoder, decoder, data, rows, places, args)}
    print(json.dumps(rounded(report), indent=1), flush=True)
    if args.compare:
        report["compared"] = compare(data, args)
    text = json.dumps(rounded(report), indent=1)
    args.features.with_suffix(".patterns.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
