"""Curating clips against the C fingerprint library and its Python binding, in one run.

Run:   python benches/reference_curate.py --clips clips
Needs: clips of `benches/curate_clips.py`; fpcalc (Debian: libchromaprint-tools), PyPI pyacoustid, numpy
       and soundfile; a Rust toolchain (it runs `cargo bench --bench curate`; `--profile dev` for a quick
       build).

Times the fingerprints of all clips on one core, with the C library as pyacoustid calls it (samples in
memory) and as fpcalc does (a process for each file), and the comparison of all pairs in Python as the
published script does it: the share of equal bits at every shift of up to 60 places. Then what Drumlin
takes for the same, and for everything from files to the written result. Prints all and the ratios.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import soundfile  # noqa: E402 (the threads have to be set first)

ROOT = pathlib.Path(__file__).parent.parent


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def with_library(samples):
    import chromaprint

    found = []
    for pcm, rate, channels in samples:
        printer = chromaprint.Fingerprinter()
        printer.start(rate, channels)
        printer.feed(pcm)
        found.append(chromaprint.decode_fingerprint(printer.finish())[0])
    return found


def with_fpcalc(paths):
    for path in paths:
        # With newer FFmpeg it takes the end of the file for an error, after the fingerprint.
        subprocess.run(["fpcalc", "-raw", str(path)], check=False, capture_output=True)


def agreement(a, b):
    """As in the published script: Python integers, bit by bit."""
    best = 0.0
    for shift in range(-60, 61):
        pairs = list(zip(a[max(shift, 0):], b[max(-shift, 0):]))
        if len(pairs) >= 20:
            equal = sum(32 - bin(x ^ y).count("1") for x, y in pairs)
            best = max(best, equal / (32 * len(pairs)))
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=pathlib.Path, required=True)
    parser.add_argument("--profile", default="release")
    parser.add_argument("--program", help="the benchmark, if it is built already")
    parser.add_argument("--pairs", type=int, default=500, help="pairs of which the time is taken")
    arguments = parser.parse_args()
    paths = sorted(arguments.clips.glob("clip-*.wav"))
    samples = []
    for path in paths:
        pcm, rate = soundfile.read(path, dtype="int16", always_2d=True)
        samples.append((pcm.tobytes(), rate, pcm.shape[1]))
    library, prints = seconds(lambda: with_library(samples))
    tool = seconds(lambda: with_fpcalc(paths))[0] if shutil.which("fpcalc") else None
    pairs = [(a, b) for a in range(len(prints)) for b in range(a)]
    few = pairs[:: max(1, len(pairs) // arguments.pairs)]
    compared, _ = seconds(lambda: [agreement(prints[a], prints[b]) for a, b in few])
    compared *= len(pairs) / len(few)

    command = ["cargo", "bench", "--bench", "curate", "--profile", arguments.profile]
    if arguments.program:
        command = [str(pathlib.Path(arguments.program).resolve())]
    environment = {**os.environ, "DRUMLIN_CLIPS": str(arguments.clips.resolve())}
    output = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    report = json.loads(output.stdout)
    own = report["seconds"]
    print(json.dumps(report, indent=2))
    print(f"{len(paths)} clips, seconds")
    print(f"fingerprints, C library, samples in memory   {library:8.2f}")
    if tool:
        print(f"fingerprints, fpcalc                         {tool:8.2f}")
    print(f"fingerprints, Drumlin, from files            {own['fingerprints_on_one_core']:8.2f}"
          f"   {own['fingerprints_on_one_core'] / library:.2f} times the library's")
    print(f"all pairs, Python                            {compared:8.2f}")
    print(f"all pairs, Drumlin                           {own['comparing_fingerprints']:8.2f}"
          f"   {compared / own['comparing_fingerprints']:.0f} times as fast")
    print(f"from files to the written result, Drumlin    {own['all']:8.2f}")


if __name__ == "__main__":
    main()
