"""Drumlin's networks against onnxruntime on one thread, in one run on one machine.

Run:   python benches/reference_network.py [NETWORK ...]
Needs: onnxruntime 1.31, numpy, and a Rust toolchain (it runs `cargo bench --bench network`).

For each request of network.rs (networks, inputs and shapes are listed there) it times onnxruntime on the
same inputs and Drumlin before and after it, and prints the milliseconds of the quickest run of either and
the ratio. The quickest, since other programs may want the processor.
"""

import pathlib
import subprocess
import sys
import time

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).parent.parent


def drumlin(*names):
    found = subprocess.run(["cargo", "bench", "--bench", "network", "--", *names], cwd=ROOT, check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    return [line.split("\t") for line in found.splitlines() if line.count("\t") == 3]


def onnxruntime_ms(name, shapes):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(ROOT / f"models/{name}.onnx", options,
                                           providers=["CPUExecutionProvider"])
    inputs = {}
    for port, shape in zip(session.get_inputs(), shapes.split(";"), strict=True):
        shape = [int(size) for size in shape.split(",")]
        # As in network.rs.
        inputs[port.name] = (np.arange(np.prod(shape)) % 7 / 7).astype(np.float32).reshape(shape)
    best, end = np.inf, time.perf_counter() + 2
    while time.perf_counter() < end:
        start = time.perf_counter()
        session.run(None, inputs)
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def main():
    ours = drumlin(*sys.argv[1:])
    reference = [onnxruntime_ms(name, shapes) for name, _, shapes, _ in ours]
    again = drumlin(*sys.argv[1:])
    print(f"onnxruntime {onnxruntime.__version__} and Drumlin on one thread, milliseconds")
    print(f"{'network':16} {'asked for':24} {'Drumlin':>9} {'onnxruntime':>12} {'ratio':>6}")
    for (name, asked, _, first), theirs, (*_, second) in zip(ours, reference, again, strict=True):
        best = min(float(first), float(second))
        print(f"{name:16} {asked:24} {best:9.3f} {theirs:12.3f} {best / theirs:6.2f}")


if __name__ == "__main__":
    main()
