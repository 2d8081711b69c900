"""Make four tiny ONNX networks and what onnxruntime answers to them.

One network for each kind of layer that Drumlin's own networks use: `conv` (convolutions, pooling, a
skip connection), `mlp` (dense layers over a free number of rows),
`gather` (an embedding of integers next to real numbers) and `gru` (a two-way GRU).

Run:   python make_networks.py
Needs: torch 2.11, onnx 1.23, onnxruntime 1.31 (the versions that made the committed files).
Makes: networks/<name>.onnx and networks/<name>.json (inputs and outputs of two runs each, of
       different shape, so that the cache of plans is walked through as well).
"""

import json
import pathlib

import numpy as np
import onnxruntime
import torch
from torch import nn

OUT = pathlib.Path(__file__).parent / "networks"
OPSET = 17


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(2, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.deep = nn.Conv2d(6, 8, 3, padding=2, dilation=2)
        self.out = nn.Conv2d(10, 1, 1)

    def forward(self, image):
        top = torch.relu(self.norm(self.down(image)))
        deep = torch.relu(self.deep(torch.max_pool2d(top, 3, stride=1, padding=1)))
        return torch.sigmoid(self.out(torch.cat([deep, image], 1)))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(5, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 16), nn.Tanh()
        )
        self.head, self.side = nn.Linear(16, 3), nn.Linear(16, 2)

    def forward(self, features):
        hidden = self.layers(features)
        return torch.softmax(self.head(hidden), -1), self.side(hidden)


class Gather(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 6)
        self.head = nn.Linear(8, 4)

    def forward(self, tokens, features):
        return self.head(torch.cat([self.table(tokens), features], -1))


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 7, batch_first=True, bidirectional=True)
        self.head = nn.Linear(14, 3)

    def forward(self, frames):
        return torch.sigmoid(self.head(self.gru(frames)[0]))


def real(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def tokens(rng, *shape):
    return rng.integers(0, 11, shape).astype(np.int64)


# name: module, {input: (maker, dims)}, outputs; a dim given as a pair is free and takes both sizes.
NETWORKS = {
    "conv": (Conv, {"image": (real, [1, 2, (8, 16), (8, 16)])}, ["mask"]),
    "mlp": (Mlp, {"features": (real, [(3, 10), 5])}, ["shares", "side"]),
    "gather": (
        Gather,
        {"tokens": (tokens, [1, (4, 9)]), "features": (real, [1, (4, 9), 2])},
        ["scores"],
    ),
    "gru": (Gru, {"frames": (real, [1, (6, 13), 4])}, ["activations"]),
}


def tensor(array):
    kind = "i64" if array.dtype == np.int64 else "f32"
    return {"kind": kind, "shape": list(array.shape), "values": array.ravel().tolist()}


def main():
    OUT.mkdir(exist_ok=True)
    for seed, (name, (module, inputs, outputs)) in enumerate(NETWORKS.items()):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        network = module().eval()
        if name == "conv":
            network.norm.running_mean.uniform_(-0.5, 0.5)
            network.norm.running_var.uniform_(0.5, 2)
        runs = [
            {
                key: make(rng, *[d[run] if isinstance(d, tuple) else d for d in dims])
                for key, (make, dims) in inputs.items()
            }
            for run in range(2)
        ]
        free = {
            key: {i: f"{key}{i}" for i, d in enumerate(dims) if isinstance(d, tuple)}
            for key, (_, dims) in inputs.items()
        }
        axes = {**free, **{key: {1: "steps"} for key in outputs if name in ("gather", "gru")}}
        if name == "gather":
            axes["tokens"] = axes["features"] = {1: "steps"}
        if name == "mlp":
            axes.update({key: {0: "features0"} for key in outputs})
        if name == "conv":
            axes["mask"] = {2: "image2", 3: "image3"}
        path = OUT / f"{name}.onnx"
        torch.onnx.export(
            network,
            tuple(torch.from_numpy(array) for array in runs[0].values()),
            str(path),
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        golden = [
            {
                "inputs": {key: tensor(array) for key, array in run.items()},
                "outputs": {
                    key: tensor(array) for key, array in zip(outputs, session.run(outputs, run))
                },
            }
            for run in runs
        ]
        (OUT / f"{name}.json").write_text(json.dumps(golden) + "\n")
        print(name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
