"""Train the composer's two networks: drums and the rhythm so far -> what the melody does in a slot;
the notes so far, key, place and harmony -> the next pitch.

Both are dense networks over rows that `drumlin features melodies` wrote (src/composer/rhythm.rs and
pitch.rs say what is in them), trained with what a melody really did before each slot or note. The
drums, the past, what is wanted and the harmony are each left out of some rows, so that one network
also knows melodies without them, and so that it does not learn its two hundred songs by their drums.
With `--hold N` a fifth of the songs by title is not trained on but reported; what ships has not seen
fold 0.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import time

import numpy as np
import torch
from safetensors.numpy import load_file
from torch import nn
from torch.nn import functional as F

import songs

SCALE = 64
# Columns of a rhythm row: drums first, what is wanted last, the melody's own past from OWN to the
# latter. Of a pitch row: the harmony last.
DRUMS, OWN, WANTED, HARMONY = 163, 201, 18, 25
STATES, PITCHES = 3, 49
RHYTHM = {"epochs": 8, "decay": 0.05}
PITCH = {"epochs": 5, "decay": 0.02}
FOLDS = 5


class Dense(nn.Module):
    """Two hidden layers, the second beside the first; log probabilities."""

    def __init__(self, inputs, width, outputs, dropout):
        super().__init__()
        self.enter, self.deep = nn.Linear(inputs, width), nn.Linear(width, width)
        self.leave, self.drop = nn.Linear(width, outputs), nn.Dropout(dropout)

    def forward(self, x):
        x = self.drop(torch.relu(self.enter(x)))
        x = x + self.drop(torch.relu(self.deep(x)))
        return torch.log_softmax(self.leave(x), 1)


class RhythmNet(nn.Module):
    """Drums go through few numbers, most of them hidden at a time: what they say of the melody is
    little beside what they say of which song this is."""

    def __init__(self, inputs, width=160, drums=24):
        super().__init__()
        self.drums, self.dense = nn.Linear(DRUMS, drums), Dense(inputs - DRUMS + drums, width, STATES, 0.3)
        self.hide, self.drop = nn.Dropout(0.5), nn.Dropout(0.1)

    def forward(self, rows):
        drums = torch.relu(self.drums(self.hide(rows[:, :DRUMS])))
        return self.dense(torch.cat([drums, self.drop(rows[:, DRUMS:])], 1))


class PitchNet(nn.Module):
    def __init__(self, inputs, width=352):
        super().__init__()
        self.dense, self.drop = Dense(inputs, width, PITCHES, 0.35), nn.Dropout(0.1)

    def forward(self, rows):
        return self.dense(self.drop(rows))


def listing(data):
    """The songs to learn from: `paired`, one arrangement of every tune of `mma_synth`, `pop909`."""
    tunes = set()
    for file, kind in songs.listing(data):
        tune = file.rsplit("_", 1)[0]
        if kind == "paired" or tune not in tunes:
            tunes.add(tune)
            yield file, kind
    for path in sorted((pathlib.Path(data) / "pop909").glob("*.mid")):
        yield f"pop909/{path.name}", "pop"


def fold(file):
    name = songs.title(file)
    if not file.startswith("paired"):
        name = pathlib.Path(file).name.rsplit("_", 1)[0]
    return int(hashlib.sha1(("melody" + name).encode()).hexdigest(), 16) % FOLDS


def load(features, data, kinds, rows, targets):
    """(fold, kind, rows, targets) of every song that has some."""
    for file, kind in listing(data):
        path = features / (file.removesuffix(".mid").replace("/", "--") + ".safetensors")
        if kind in kinds and path.exists():
            tensors = load_file(path)
            if len(tensors[targets]):
                yield fold(file), kind, tensors[rows], tensors[targets]


def hidden(rows, rng, rhythm):
    """Leaves out drums, the past, what is wanted or the harmony of some rows."""
    n = len(rows)
    if rhythm:
        rows[rng.random(n) < 0.15, :DRUMS] = 0
        rows[rng.random(n) < 0.15, OWN:-WANTED] = 0
        rows[rng.random(n) < 0.2, -WANTED:-WANTED // 2] = 0
        rows[rng.random(n) < 0.3, -WANTED // 2:] = 0
    else:
        rows[rng.random(n) < 0.5, -HARMONY:] = 0
    return rows


def floats(rows):
    return torch.from_numpy(rows.astype(np.float32) / SCALE)


def score(net, rows, targets):
    """Mean nats a row."""
    net.eval()
    with torch.no_grad():
        losses = [F.nll_loss(net(floats(rows[at:at + 4096])),
                             torch.from_numpy(targets[at:at + 4096].astype(np.int64)), reduction="sum")
                  for at in range(0, len(rows), 4096)]
    return float(sum(losses)) / len(rows)


def train(name, recipe, examples, held, epochs, rhythm, seed=0):
    """The network of the last epoch and the held-out figures of each."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    rows = np.concatenate([e[2] for e in examples])
    targets = np.concatenate([e[3] for e in examples])
    net = (RhythmNet if rhythm else PitchNet)(rows.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=recipe["decay"])
    batch = 256
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=2e-3, total_steps=epochs * (len(rows) // batch + 1))
    shown = None
    if held:
        shown = np.concatenate([e[2] for e in held]), np.concatenate([e[3] for e in held])
    figures, began = [], time.time()
    for epoch in range(epochs):
        net.train()
        order, losses = rng.permutation(len(rows)), []
        for at in range(0, len(rows), batch):
            chosen = order[at:at + batch]
            seen = hidden(rows[chosen], rng, rhythm)
            loss = F.nll_loss(net(floats(seen)), torch.from_numpy(targets[chosen].astype(np.int64)))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        said = {"epoch": epoch + 1, "train": round(float(np.mean(losses)), 4)}
        if shown:
            without = shown[0].copy()
            if rhythm:
                without[:, :DRUMS] = 0
            else:
                without[:, -HARMONY:] = 0
            said |= {"held": round(score(net, *shown), 4),
                     "held_without": round(score(net, without, shown[1]), 4)}
        figures.append(said)
        print(name, json.dumps(said), f"{time.time() - began:.0f} s", flush=True)
    return net.eval(), figures


def export(net, path, inputs, what):
    torch.onnx.export(net, torch.zeros(2, inputs), path, dynamo=False, opset_version=17,
                      input_names=["rows"], output_names=[what],
                      dynamic_axes={"rows": {0: "rows"}, what: {0: "rows"}})


def golden(nets, path):
    """What the networks answer to rows of a fixed pattern, for the test in src/composer/tests.rs."""
    answers = {}
    for what, (net, inputs) in nets.items():
        at = np.arange(6 * inputs)
        rows = ((at * 7919) % 101 / 100 * (at % 3 == 0)).astype(np.float32).reshape(6, inputs)
        with torch.no_grad():
            answers[what] = [[round(float(x), 6) for x in row] for row in net(torch.from_numpy(rows))]
    path.write_text(json.dumps(answers) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--features", default="cache/melodies", type=pathlib.Path)
    parser.add_argument("--drumlin", default="../../target/release/drumlin", type=pathlib.Path)
    parser.add_argument("--out", default="..", type=pathlib.Path)
    parser.add_argument("--hold", type=int, help="the fold that is not trained on but reported")
    parser.add_argument("--golden", type=pathlib.Path, help="where to write answers for the tests")
    parser.add_argument("--only", choices=["rhythm", "pitch"])
    parser.add_argument("--threads", default=1, type=int)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    files = [file for file, _ in listing(args.data)]
    if args.drumlin.exists():
        subprocess.run([args.drumlin, "features", "melodies", "--data", args.data, "--out",
                        args.features, "--list", "-", "--quiet"],
                       input="\n".join(files) + "\n", text=True, check=True)
    args.out.mkdir(parents=True, exist_ok=True)
    nets = {}
    kinds = {"rhythm": ("paired",), "pitch": ("paired", "synthetic", "pop")}
    for what, recipe in (("rhythm", RHYTHM), ("pitch", PITCH)):
        if args.only not in (None, what):
            continue
        targets = {"rhythm": "state", "pitch": "place"}[what]
        loaded = list(load(args.features, args.data, kinds[what], what, targets))
        examples = [e for e in loaded if e[0] != args.hold]
        held = [e for e in loaded if e[0] == args.hold and e[1] == "paired"]
        print(what, len(examples), "songs,", sum(len(e[3]) for e in examples), "rows,", len(held),
              "held out,", sum(len(e[3]) for e in held), "rows", flush=True)
        net, _ = train(what, recipe, examples, held, recipe["epochs"], what == "rhythm")
        print(what, sum(p.numel() for p in net.parameters()), "parameters")
        nets[what] = net, loaded[0][2].shape[1]
        export(net, args.out / f"composer_{what}.onnx", nets[what][1], "logs")
    if args.golden:
        golden(nets, args.golden)


if __name__ == "__main__":
    main()
