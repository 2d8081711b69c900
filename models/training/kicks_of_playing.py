"""On how many true downbeats of performances the program strikes kick or crash.

    mkdir performances
    DRUMLIN_PERFORMANCES=$PWD/performances cargo test --release --lib bars_of_performances -- --ignored
    python models/training/kicks_of_playing.py target/release/drumlin performances

Performances are files of 120 bpm that were not played to their bars (src/drummer/timing/performances.rs).
Prints the share of downbeats with a kick or crash within 70 ms, of those that the program follows by
itself, of all with `--follow-playing` where it does not, and how many it follows. Needs mido.
"""
import pathlib
import subprocess
import sys
import tempfile

import mido

MET, STRUCK = 0.07, {35, 36, 49, 52, 55, 57}


def struck(path):
    """Seconds of kicks and crashes; the tempo is 120 bpm throughout."""
    song = mido.MidiFile(path)
    seconds = []
    for track in song.tracks:
        now = 0
        for event in track:
            now += event.time
            if event.type == "note_on" and event.channel == 9 and event.velocity and event.note in STRUCK:
                seconds.append(now / song.ticks_per_beat / 2)
    return seconds


def share(program, path, *more):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.mid"
        command = [program, "generate", str(path), "-o", str(out), "--merge", *more]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        hits = struck(out)
    downbeats = [float(line) for line in path.with_suffix(".txt").read_text().split()]
    met = sum(any(abs(hit - at) <= MET for hit in hits) for at in downbeats)
    return met / len(downbeats), "the drums follow the playing" in said, "was not played to the file's bars" in said


program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
rows = []
for path in sorted(folder.glob("*.mid")):
    met, followed, said = share(program, path)
    asked = met if followed else share(program, path, "--follow-playing")[0]
    rows.append((path.stem, met, followed, said, asked))
    print(f"{path.stem}\t{met:.3f}\t{'followed' if followed else 'said' if said else 'not said'}\t{asked:.3f}", flush=True)
mean = lambda values: sum(values) / max(1, len(values))
own = [row[1] for row in rows if row[2]]
print(len(rows), "performances,", len(own), "followed unasked,", sum(row[3] and not row[2] for row in rows), "said to be uncertain")
print(f"downbeats met where followed {mean(own):.3f}, by all with --follow-playing {mean([row[4] for row in rows]):.3f}")
