"""Drumlin's networks on an NVIDIA GPU against tract, onnxruntime and PyTorch, in one run.

Run:   python benches/reference_gpu.py [--bench PROGRAM]
Needs: torch 2.11 with CUDA, onnx2torch 1.5, onnxruntime 1.31, numpy, and a Rust toolchain (it runs
       `cargo bench --bench gpu`) or that bench as a program, built elsewhere.

For each network and batches of 1, 16 and 256 requests: tract with two threads and Drumlin on the GPU
as benches/gpu.rs measures them, onnxruntime on the processor with two threads, and PyTorch with cuDNN
on the same GPU, without TF32 as Drumlin; medians after warming up, transfers included. A batch is one
call where the network has an axis for it (groove), else one call after the other.
"""

import argparse
import json
import pathlib
import subprocess
import time

import numpy as np
import onnx
import onnx2torch
import onnxruntime
import torch

ROOT = pathlib.Path(__file__).parent.parent
BATCHES = [1, 16, 256]
BARS, STEPS = 96, 1024


def filled(port, size):
    # As `filled` in gpu.rs.
    shape = [d.dim_value or size for d in port.type.tensor_type.shape.dim]
    if port.type.tensor_type.elem_type == onnx.TensorProto.INT64:
        return np.zeros(shape, np.int64)
    return (np.arange(np.prod(shape, dtype=int)) % 7 / 7).astype(np.float32).reshape(shape)


def median(run):
    run()
    times, end = [], time.perf_counter() + 2
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


def onnxruntime_times(path, inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    one = median(lambda: session.run(None, inputs))
    return {batch: one * batch for batch in BATCHES}


def torch_times(path, inputs, device):
    try:
        network = onnx2torch.convert(onnx.load(path)).eval().to(device)
    except NotImplementedError as error:
        print(f"PyTorch cannot run {path.stem}: {error}")
        return dict.fromkeys(BATCHES, float("nan"))
    times = {}
    for batch in BATCHES:
        stacked = path.stem == "groove"
        arrays = [np.repeat(x, batch, 0) if stacked else x for x in inputs.values()]

        def run():
            with torch.inference_mode():
                for _ in range(1 if stacked else batch):
                    answers = network(*[torch.from_numpy(x).to(device) for x in arrays])
                    for answer in answers if isinstance(answers, (list, tuple)) else [answers]:
                        answer.cpu()

        times[batch] = median(run)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", metavar="PROGRAM", help="the built bench; else cargo builds it")
    # For a try of this script without a GPU.
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    options = parser.parse_args()
    device = options.device
    program = [options.bench] if options.bench else ["cargo", "bench", "--bench", "gpu", "--"]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    bench = subprocess.run(
        [*program, "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    last = bench.stdout.strip().splitlines()[-1]
    ours = json.loads(last) if last.startswith("{") else None
    if ours is None:
        print(last)
        if device == "cuda":
            return
    if ours:
        print(f"{ours['gpu']}, opened and checked in {ours['opening_ms']:.0f} ms")
    print("milliseconds a batch")
    names = ["tract x 2", "onnxruntime", "PyTorch", "Drumlin"]
    print(f"{'network':12} {'batch':>6}", *(f"{name:>12}" for name in names))
    for path in sorted((ROOT / "models").glob("*.onnx")):
        size = STEPS if path.stem == "groove" else BARS
        inputs = {port.name: filled(port, size) for port in onnx.load(path).graph.input}
        runtime, pytorch = onnxruntime_times(path, inputs), torch_times(path, inputs, device)
        for batch in BATCHES:
            row = {"tract_ms": float("nan"), "gpu_ms": float("nan")}
            for found in ours["networks"] if ours else []:
                if (found["network"], found["batch"]) == (path.stem, batch):
                    row = found
            figures = [row["tract_ms"], runtime[batch], pytorch[batch], row["gpu_ms"]]
            print(f"{path.stem:12} {batch:>6}", *(f"{figure:12.3f}" for figure in figures))
    for backend, milliseconds in ours["song"].items() if ours else []:
        print(f"a song with eight alternatives, {backend}: {milliseconds:.0f} ms")


if __name__ == "__main__":
    main()
