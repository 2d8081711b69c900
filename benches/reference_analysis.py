"""Rendering against FluidSynth and the constant-Q transform against librosa, in one run.

Run:   python benches/reference_analysis.py
Needs: tests/golden/requirements-sound.txt, FluidSynth 2.3 in the path, and a Rust toolchain (it
       runs `cargo bench --bench analysis`).

All on one thread: librosa (best of 5 after one to warm up, decibels included), FluidSynth (best of
3, without effects, to a file in memory where /dev/shm is) and Drumlin, held to one core where the
system can (criterion's median). Prints all and the ratio.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

for threads in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import librosa  # noqa: E402 (the threads have to be set first)
import numpy as np  # noqa: E402
import soundfile  # noqa: E402

ROOT = pathlib.Path(__file__).parent.parent
SONGS = ["destiny", "chalice"]


def best(count, work):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def one_core():
    """What to put before a command, so that it finds one core."""
    return ["taskset", "-c", "0"] if shutil.which("taskset") else []


def librosa_cqt(samples):
    values = librosa.cqt(samples, sr=44100, hop_length=256, fmin=librosa.note_to_hz("C1"), n_bins=84)
    return librosa.amplitude_to_db(np.abs(values), ref=np.max, top_db=80)


def fluidsynth(song, folder):
    command = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-r", "44100", "-F", f"{folder}/out.wav"]
    files = [str(ROOT / "assets/drumlin.sf2"), str(ROOT / f"tests/songs/{song}.mid")]
    subprocess.run([*command, *files], check=True, capture_output=True)


def main():
    shm = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        environment = {**os.environ, "DRUMLIN_BENCH_WAV": folder}
        bench = ["cargo", "bench", "--bench", "analysis"]
        subprocess.run([*bench, "--no-run"], cwd=ROOT, check=True)
        subprocess.run(
            [*one_core(), *bench, "--", "--noplot"],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
        )
        reference = {}
        for song in SONGS:
            samples, _ = soundfile.read(f"{folder}/{song}.wav", dtype="float32")
            librosa_cqt(samples)
            reference[f"cqt {song}"] = best(5, lambda: librosa_cqt(samples))
            reference[f"render {song}"] = best(3, lambda: fluidsynth(song, folder))
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version=1"],
        cwd=ROOT, check=True, capture_output=True,
    )
    results = pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "criterion/analysis"
    print(f"{'':24} {'drumlin ms':>11} {'reference ms':>13} {'times as fast':>14}")
    for path in sorted(results.glob("*/new/estimates.json")):
        name = json.loads((path.parent / "benchmark.json").read_text())["function_id"]
        ours = json.loads(path.read_text())["median"]["point_estimate"] * 1e-9
        other = reference.get(name)
        rest = f" {other * 1e3:13.1f} {other / ours:14.1f}" if other else ""
        print(f"{name:24} {ours * 1e3:11.1f}{rest}")


if __name__ == "__main__":
    main()
