"""Train the groove network: which drums on which steps in, velocity and timing out.

    python models/training/groove.py --features groove.safetensors --out models/groove.onnx

The features come from `drumlin features groove --data DIR --out groove.safetensors`, DIR being the
Groove MIDI Dataset. Interrupted, the same command goes on from the last epoch (`--fresh` begins
anew). At the end it writes the network and, beside the features, its figures on held-out sessions.

For each lane and step the network gives two distributions, given that the lane is struck there:
velocity as a mixture of three logistics over the MIDI levels (as in PixelCNN++, Salimans et al.
2017), and the offset as a mixture of two logistics cut to half a step either side.

A sixth of the dataset's snare strokes are at 126 or 127, where the pads clip: such a reading says
that the stroke was at least that hard, and is right-censored (its likelihood is the chance of
reaching the ceiling). What is played, and what the figures sample, is the distribution below the
ceiling: how the strokes are struck that the pads could read.

`--everything` trains on all of the dataset, held-out sessions included, for the epochs that the
validation sessions chose before: that is what ships, and the figures are those of the run without.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from scipy.stats import gaussian_kde, norm
from torch import nn
from torch.nn import functional as F

from run import Run

LANES = 15
VELOCITY_PARTS = 3
OFFSET_PARTS = 2
NUMBERS = 3 * (VELOCITY_PARTS + OFFSET_PARTS)
WINDOW = 256
DILATIONS = (1, 2, 4, 8, 16, 32, 1, 4)
# Steps that the network looks each way. What lies behind a part's ends are rows of zeros, and with
# this many of them it is of no consequence how many more there are.
REACH = sum(DILATIONS)
# See Block; the stream of the trained network lies between -5 and 4.
LIFT = 16.0
# From this level on a reading is clipped.
CEILING = 126
# Whole sessions nobody trains on or stops by; drummers 4 and 10 are heard nowhere else.
TEST_SESSIONS = {
    "drummer3/session1",
    "drummer4/session1",
    "drummer5/session2",
    "drummer6/session3",
    "drummer7/session1",
    "drummer10/session1",
}
# Lanes without a pad in the dataset learn from the drum that is played most like them.
RECASTS = [("Snare", "Clap"), ("Closed hat", "Shaker"), ("Ride", "Bell"), ("Low tom", "Hand drum")]


class Data:
    """The features file, by performance."""

    def __init__(self, path):
        with safe_open(path, "np") as file:
            metadata = file.metadata()
            self.inputs = torch.from_numpy(file.get_tensor("inputs"))
            self.velocity = torch.from_numpy(file.get_tensor("velocity"))
            self.offset = torch.from_numpy(file.get_tensor("offset"))
            starts = file.get_tensor("starts").tolist()
        self.channels = json.loads(metadata["channels"])
        self.spans = list(zip(starts[:-1], starts[1:]))
        self.names = json.loads(metadata["names"])
        parts = {"train": [], "validation": [], "test": []}
        sessions, splits = json.loads(metadata["sessions"]), json.loads(metadata["splits"])
        for index, (session, split) in enumerate(zip(sessions, splits)):
            parts["test" if session in TEST_SESSIONS else split].append(index)
        self.parts = parts

    def group(self, prefix):
        return [i for i, name in enumerate(self.channels) if name.startswith(prefix)]

    def lane(self, name):
        return self.channels.index(f"hit/{name}")

    def whole(self, index):
        start, end = self.spans[index]
        return self.inputs[start:end], self.velocity[start:end], self.offset[start:end]


class Block(nn.Module):
    """Adds to the stream what its convolutions make of it.

    The stream is carried LIFT above its value. It never falls that far, so that rectifying the sum
    changes nothing, but lets the inference engine do sum and rectifier in one pass; otherwise it
    would join the sum to the product before, which is slower.
    """

    def __init__(self, width, dilation, dropout):
        super().__init__()
        self.spread = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.dropout(F.relu(self.spread(F.relu(x - LIFT))))
        return F.relu(x + self.mix(y))


class Groove(nn.Module):
    """rows [B, channels, T] -> strokes [B, LANES, NUMBERS, T], see `distributions`.

    Nothing but convolutions, sums and rectifiers: what the numbers stand for is worked out where a
    stroke is, not for every lane and step in the network.
    """

    def __init__(self, channels, width=80, dropout=0.3):
        super().__init__()
        self.enter = nn.Conv1d(channels, width, 1)
        self.blocks = nn.ModuleList(Block(width, dilation, dropout) for dilation in DILATIONS)
        self.leave = nn.Conv1d(width, LANES * NUMBERS, 1)
        with torch.no_grad():
            bias = torch.zeros(LANES, NUMBERS)
            bias[:, 3:6] = torch.tensor([-0.3, 0.0, 0.3])
            bias[:, 6:9] = -1.6
            bias[:, 11:13] = torch.tensor([-0.3, 0.1])
            bias[:, 13:15] = -2.2
            self.leave.bias.copy_(bias.flatten())
            self.leave.weight.mul_(0.3)
            self.enter.bias.add_(LIFT)
            for block in self.blocks:
                block.mix.weight.mul_(0.3)

    def forward(self, rows):
        x = F.relu(self.enter(rows))
        for block in self.blocks:
            x = block(x)
        strokes = self.leave(F.relu(x - LIFT))
        return strokes.reshape(rows.shape[0], LANES, NUMBERS, -1)


def distributions(strokes):
    """strokes [..., NUMBERS] -> (weights, means, scales) of velocity's parts and of offset's.

    Velocities in shares of full strength, offsets in steps. `stroke.rs` reads them the same way.
    """
    w, m, s, v, n, t = strokes.split([VELOCITY_PARTS] * 3 + [OFFSET_PARTS] * 3, -1)
    velocity = w.softmax(-1), 0.55 + m, s.clamp(-5.0, 0.0).exp()
    offset = v.softmax(-1), 0.5 * torch.tanh(n), t.clamp(-4.5, 0.0).exp()
    return velocity, offset


def log_likelihood(strokes, velocity, offset):
    """Of played strokes [N], in nats: velocity over 127 levels, offset as a density per step."""
    (weights, means, scales), (w, m, s) = distributions(strokes)
    level = velocity[:, None]
    clipped = level > (CEILING - 0.5) / 127
    floor = torch.where(clipped, torch.full_like(level, (CEILING - 0.5) / 127), level - 0.5 / 127)
    above = torch.sigmoid((level + 0.5 / 127 - means) / scales)
    below = torch.sigmoid((floor - means) / scales)
    above = torch.where(clipped, torch.ones_like(above), above)
    below = torch.where(level < 1.5 / 127, torch.zeros_like(below), below)
    loud = (weights * (above - below)).sum(-1).clamp_min(1e-7).log()
    z = (offset[:, None] - m) / s
    density = torch.sigmoid(z) * torch.sigmoid(-z) / s
    room = torch.sigmoid((0.5 - m) / s) - torch.sigmoid((-0.5 - m) / s)
    late = (w * density / room.clamp_min(1e-3)).sum(-1).clamp_min(1e-7).log()
    return loud, late


class Windows:
    """Random windows of the training performances, varied."""

    def __init__(self, data, rng, pool):
        self.data, self.rng, self.pool = data, rng, pool
        lengths = [data.spans[i][1] - data.spans[i][0] for i in self.pool]
        # Between equal and by length: a few long jams must not outvote the many short pieces.
        self.weights = [length**0.7 for length in lengths]
        self.style, self.manner = data.group("touch/"), data.group("manner/")
        self.tempo = [data.channels.index("time/tempo"), data.channels.index("time/step")]

    def batch(self, size):
        width = len(self.data.channels)
        rows = torch.zeros(size, WINDOW, width)
        velocity, offset = torch.zeros(size, WINDOW, LANES), torch.zeros(size, WINDOW, LANES)
        for place, index in enumerate(self.rng.choices(self.pool, self.weights, k=size)):
            start, end = self.data.spans[index]
            # May begin before the part or end behind it, as what is played does.
            spare = end - start - WINDOW
            margin = WINDOW // 4
            low, high = (-margin, spare + margin) if spare >= 0 else (spare, 0)
            begin = start + self.rng.randint(low, high)
            first, last = max(start, begin), min(end, begin + WINDOW)
            here = slice(first - begin, last - begin)
            rows[place, here] = self.data.inputs[first:last]
            velocity[place, here] = self.data.velocity[first:last]
            offset[place, here] = self.data.offset[first:last]
            self.vary(rows[place, here], velocity[place, here], offset[place, here])
        return rows, velocity, offset

    def vary(self, rows, velocity, offset):
        chance = self.rng.random
        if chance() < 0.4:
            rows[:, self.style] = 0
        if chance() < 0.3:
            rows[:, self.manner] = 0
        rows[:, self.tempo[0]] += (shift := self.rng.uniform(-0.08, 0.08))
        rows[:, self.tempo[1]] -= shift
        for source, target in RECASTS:
            if chance() < 0.1:
                source, target = self.data.lane(source), self.data.lane(target)
                for array in (rows, velocity, offset):
                    array[:, target] = array[:, source]
                    array[:, source] = 0
        if chance() < 0.2:
            lane = self.rng.randrange(LANES)
            rows[:, lane] = 0
            velocity[:, lane] = 0
        if chance() < 0.3:
            generator = torch.Generator().manual_seed(self.rng.randrange(2**31))
            keep = (torch.rand(velocity.shape, generator=generator) > 0.08).float()
            rows[:, :LANES] *= keep
            velocity *= keep


def strokes_of(network, rows):
    """rows [B, T, channels] -> [B, T, LANES, NUMBERS]."""
    return network(rows.transpose(1, 2)).permute(0, 3, 1, 2)


def held_out(network, data, part, know=True):
    """All strokes of a part of the data, as played and as predicted, with lane and row."""
    network.eval()
    found = {"strokes": [], "velocity": [], "offset": [], "lane": [], "row": [], "piece": []}
    with torch.no_grad():
        for index in data.parts[part]:
            rows, velocity, offset = data.whole(index)
            if not know:
                rows = rows.clone()
                rows[:, data.group("manner/")] = 0
            struck = velocity > 0
            row, lane = struck.nonzero(as_tuple=True)
            padded = F.pad(rows, (0, 0, REACH, REACH))[None]
            found["strokes"].append(strokes_of(network, padded)[0, REACH:-REACH][struck])
            found["velocity"].append(velocity[struck])
            found["offset"].append(offset[struck])
            found["lane"].append(lane)
            found["row"].append(row + data.spans[index][0])
            found["piece"].append(torch.full_like(row, index))
    return {name: torch.cat(values) for name, values in found.items()}


def likelihoods(found):
    loud, late = log_likelihood(found["strokes"], found["velocity"], found["offset"])
    return -loud.mean().item(), -late.mean().item()


def train(data, args, checkpoint):
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)
    network = Groove(len(data.channels))
    count = sum(p.numel() for p in network.parameters())
    print(f"{count:,} parameters; performances: ", end="", file=sys.stderr)
    print({part: len(items) for part, items in data.parts.items()}, file=sys.stderr)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=0.05)
    steps = args.epochs * args.batches
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, args.rate, steps, pct_start=0.1)
    if args.fresh:
        checkpoint.unlink(missing_ok=True)
    run = Run(checkpoint, network, optimiser, schedule, rng)
    first = run.epoch
    if first:
        print(f"goes on after epoch {first}", file=sys.stderr)
    pool = data.parts["train"] if not args.everything else list(range(len(data.spans)))
    windows = Windows(data, run.rng, pool)
    began = time.time()
    for epoch in range(first, args.epochs):
        network.train()
        total = 0.0
        for number in range(args.batches):
            rows, velocity, offset = windows.batch(args.batch)
            struck = velocity > 0
            strokes = strokes_of(network, rows)[struck]
            loud, late = log_likelihood(strokes, velocity[struck], offset[struck])
            loss = -(loud + late).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
            bar = f"epoch {epoch + 1}/{args.epochs} batch {number + 1}/{args.batches}"
            print(f"\r{bar} {total / (number + 1):.4f} ", end="", file=sys.stderr, flush=True)
        left = (time.time() - began) / (epoch + 1 - first) * (args.epochs - epoch - 1)
        if args.everything:
            # There is nothing left to choose by: the last epoch, at the lowest rate, is taken.
            score, note = -epoch, "training"
        else:
            known, unknown = (
                sum(likelihoods(held_out(network, data, "validation", k))) for k in (True, False)
            )
            score, note = (known + unknown) / 2, f"validation {known:.4f}, manner unknown {unknown:.4f}"
        print(f"{note}, {left:.0f} s left", file=sys.stderr)
        run.end_epoch(score)
    return run.best_net(), run.best


# ---- figures ------------------------------------------------------------------------------------


def velocity_table(strokes):
    """Probability of each level, the ceiling's taking all above it, [N, CEILING]."""
    (weights, means, scales), _ = distributions(strokes)
    edges = (torch.arange(1, CEILING) + 0.5) / 127
    below = torch.sigmoid((edges[None, :, None] - means[:, None]) / scales[:, None])
    below = (weights[:, None] * below).sum(-1)
    ones, zeros = torch.ones(len(below), 1), torch.zeros(len(below), 1)
    return torch.cat([zeros, below, ones], 1).diff(dim=1).clamp_min(0.0)


def readable(strokes):
    """Probability of each level below the ceiling, given that it is not reached, [N, CEILING - 1]."""
    table = velocity_table(strokes)[:, :-1] + 1e-9
    return table / table.sum(1, keepdim=True)


def offset_cdf(strokes, at):
    """Share of offsets up to `at` [N, K]."""
    _, (w, m, s) = distributions(strokes)

    def up_to(x):
        return torch.sigmoid((x[..., None] - m[:, None]) / s[:, None])

    low, high = up_to(torch.full_like(at, -0.5)), up_to(torch.full_like(at, 0.5))
    return (w[:, None] * (up_to(at) - low) / (high - low).clamp_min(1e-3)).sum(-1)


def sample(strokes, generator):
    """One velocity and one offset for each stroke, independent of its neighbours."""
    table = readable(strokes)
    velocity = (torch.multinomial(table, 1, generator=generator)[:, 0] + 1) / 127
    share = torch.rand(len(strokes), 1, generator=generator)
    low, high = torch.full_like(share, -0.5), torch.full_like(share, 0.5)
    for _ in range(16):
        middle = (low + high) / 2
        under = offset_cdf(strokes, middle) < share
        low, high = torch.where(under, middle, low), torch.where(under, high, middle)
    return velocity, low[:, 0]


def middles(strokes):
    """Medians: what is played at humanise 0, and what is best for mean absolute error."""
    level = (readable(strokes).cumsum(1) < 0.5).sum(1) + 1
    grid = torch.linspace(-0.5, 0.5, 201)[None].expand(len(strokes), -1)
    late = (offset_cdf(strokes, grid) < 0.5).sum(1)
    return level / 127, late / 200 - 0.5


def overlap(a, b, low, high):
    """Area under the lower one of two kernel density estimates."""
    rng = np.random.default_rng(0)
    grid = np.linspace(low, high, 401)
    a, b = (rng.permutation(np.asarray(x))[:6000] for x in (a, b))
    densities = [gaussian_kde(x)(grid) for x in (a, b)]
    densities = [d / d.sum() for d in densities]
    return float(np.minimum(*densities).sum())


def baseline(data, found, keyed):
    """Errors of training medians by lane or, if keyed, by lane and place in beat and bar."""
    places = data.group("place/beat_") + [data.channels.index("place/odd_beat")]

    def keys(rows, lanes):
        if not keyed:
            return [(lane,) for lane in lanes.tolist()]
        place = (data.inputs[rows][:, places] * 100).round().int().tolist()
        return [(lane, *p) for lane, p in zip(lanes.tolist(), place)]

    heard = {}
    for index in data.parts["train"]:
        start = data.spans[index][0]
        _, velocity, offset = data.whole(index)
        rows, lanes = (velocity > 0).nonzero(as_tuple=True)
        values = zip(velocity[rows, lanes].tolist(), offset[rows, lanes].tolist())
        for key, value in zip(keys(rows + start, lanes), values):
            heard.setdefault(key, []).append(value)
    medians = {key: np.median(values, axis=0) for key, values in heard.items()}
    default = np.median(np.concatenate(list(heard.values())), axis=0)
    guess = [medians.get(key, default) for key in keys(found["row"], found["lane"])]
    guess = torch.tensor(np.array(guess), dtype=torch.float32)
    read = unclipped(found)
    return {
        "velocity_mae": (guess[:, 0] - found["velocity"])[read].abs().mean().item(),
        "offset_mae": (guess[:, 1] - found["offset"]).abs().mean().item(),
    }


def unclipped(found):
    return found["velocity"] < (CEILING - 0.5) / 127


def correlations(found):
    """How surprises go together: normal scores of velocity and offset, by lag in steps."""
    table = velocity_table(found["strokes"]).cumsum(1)
    level = ((found["velocity"] * 127).round().long() - 1).clamp_max(CEILING - 1)
    top = table.gather(1, level[:, None])[:, 0]
    bottom = torch.where(
        level > 0, table.gather(1, (level - 1).clamp_min(0)[:, None])[:, 0], torch.zeros(())
    )
    shares = {
        "velocity": (top + bottom) / 2,
        "offset": offset_cdf(found["strokes"], found["offset"][:, None])[:, 0],
    }
    rows, lanes, pieces = (found[name].numpy() for name in ("row", "lane", "piece"))
    result = {}
    for name, share in shares.items():
        scores = norm.ppf(np.clip(share.numpy(), 1e-3, 1 - 1e-3))
        dense = np.full((rows.max() + 200, LANES), np.nan)
        dense[rows, lanes] = scores
        piece = np.full(len(dense), -1)
        piece[rows] = pieces
        lags = {}
        for lag in (0, 1, 2, 4, 8, 16, 32, 64):
            same = piece[: len(piece) - lag] == piece[lag:]
            a, b = dense[: len(dense) - lag][same], dense[lag:][same]
            own = a * b
            across = [a[:, i] * b[:, j] for i in range(LANES) for j in range(LANES) if i != j]
            lags[lag] = [float(np.nanmean(own)), float(np.nanmean(np.concatenate(across)))]
        result[name] = {"own lane, other lanes, by lag": lags}
    return result


def figures(network, data):
    report = {}
    generator = torch.Generator().manual_seed(0)
    lanes = [name[4:] for name in data.channels[:LANES]]
    for know in (True, False):
        found = held_out(network, data, "test", know)
        loud, late = likelihoods(found)
        velocity, offset = middles(found["strokes"])
        read = unclipped(found)
        sampled = sample(found["strokes"], generator)
        entry = {
            "strokes": len(found["lane"]),
            "clipped": 1.0 - read.float().mean().item(),
            "velocity_nll": loud,
            "offset_nll": late,
            "velocity_mae": (velocity - found["velocity"])[read].abs().mean().item(),
            "offset_mae": (offset - found["offset"]).abs().mean().item(),
            "velocity_overlap": overlap(sampled[0][read], found["velocity"][read], 0, 1),
            "offset_overlap": overlap(sampled[1], found["offset"], -0.5, 0.5),
            "by_lane": {},
        }
        for lane, name in enumerate(lanes):
            here = found["lane"] == lane
            if (here & read).sum() < 200:
                continue
            entry["by_lane"][name] = {
                "strokes": int(here.sum()),
                "velocity_mae": (velocity - found["velocity"])[here & read].abs().mean().item(),
                "offset_mae": (offset - found["offset"])[here].abs().mean().item(),
                "velocity_overlap": overlap(
                    sampled[0][here & read], found["velocity"][here & read], 0, 1
                ),
                "offset_overlap": overlap(sampled[1][here], found["offset"][here], -0.5, 0.5),
            }
        report["manner known" if know else "manner unknown"] = entry
    report["lane medians"] = baseline(data, found, keyed=False)
    report["lane and place medians"] = baseline(data, found, keyed=True)
    report["validation correlations"] = correlations(held_out(network, data, "validation"))
    return report


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=36)
    parser.add_argument("--batches", type=int, default=64, help="batches an epoch")
    parser.add_argument("--batch", type=int, default=16, help="windows a batch")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="ignore the checkpoint")
    parser.add_argument("--everything", action="store_true", help="hold nothing out; no figures")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = Data(args.features)
    kind = "everything" if args.everything else "groove"
    checkpoint = args.features.with_suffix(f".{kind}.ckpt")
    network, best = train(data, args, checkpoint)
    example = torch.zeros(1, len(data.channels), 128)
    torch.onnx.export(
        network,
        (example,),
        str(args.out),
        input_names=["rows"],
        output_names=["strokes"],
        dynamic_axes={"rows": {2: "steps"}, "strokes": {3: "steps"}},
        opset_version=17,
        dynamo=False,
    )
    if args.everything:
        return
    report = {"validation_nll": best, **figures(network, data)}
    text = json.dumps(rounded(report), indent=1)
    args.features.with_suffix(".groove.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
