"""Drumlin's networks against onnxruntime on one thread, in one run on one machine.

Run:   python benches/reference_network.py [SIZE]
Needs: onnxruntime 1.31, numpy, and a Rust toolchain (it runs `cargo bench --bench network`).

For each models/*.onnx (the test networks while there are none) it times onnxruntime, 10 runs to
warm up and then the median of 200 runs or 5 seconds, has criterion time Drumlin on the same inputs
(its median), and prints both and the ratio. SIZE is the size of the free dims, 96 unless given.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).parent.parent


def filled(port, size):
    # As `filled` in network.rs.
    shape = [
        d if isinstance(d, int) and d > 0 else (1 if axis == 0 else size)
        for axis, d in enumerate(port.shape)
    ]
    if port.type == "tensor(int64)":
        return np.zeros(shape, np.int64)
    return (np.arange(np.prod(shape, dtype=int)) % 7 / 7).astype(np.float32).reshape(shape)


def onnxruntime_median(path, size):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = {port.name: filled(port, size) for port in session.get_inputs()}
    for _ in range(10):
        session.run(None, inputs)
    times, end = [], time.perf_counter() + 5
    while len(times) < 200 and time.perf_counter() < end:
        start = time.perf_counter()
        session.run(None, inputs)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 96
    models = sorted((ROOT / "models").glob("*.onnx"))
    models = models or sorted((ROOT / "tests/golden/networks").glob("*.onnx"))
    reference = {path.stem: onnxruntime_median(path, size) for path in models}
    environment = {**os.environ, "DRUMLIN_BENCH_SIZE": str(size)}
    subprocess.run(
        ["cargo", "bench", "--bench", "network", "--", "--noplot"],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
    )
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version=1"],
        cwd=ROOT, check=True, capture_output=True,
    )
    results = pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "criterion/network"
    print(f"free dims {size}, onnxruntime {onnxruntime.__version__} on one thread")
    print(f"{'network':16} {'drumlin ms':>12} {'onnxruntime ms':>15} {'ratio':>7}")
    for name, seconds in reference.items():
        ours = json.loads((results / name / "new/estimates.json").read_text())
        ours = ours["median"]["point_estimate"] * 1e-9
        print(f"{name:16} {ours * 1e3:12.3f} {seconds * 1e3:15.3f} {ours / seconds:7.2f}")


if __name__ == "__main__":
    main()
