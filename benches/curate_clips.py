"""A set of clips to curate: parts of drum performances, each rendered with one of several kits.

Run:   python benches/curate_clips.py --data ../shared/data --out clips
Needs: mido, numpy, soundfile; FluidSynth 2 in the path; SoundFonts (Debian: fluid-soundfont-gm,
       timgm6mb-soundfont).

Clips come in pairs of siblings: two parts, apart from each other, of one performance of the Groove
MIDI Dataset, on the same kit at levels of their own. Performances of 84 s and more may give a second
pair, with other parts and on another kit. `--part held-out` (the default) takes the sessions that
the groove network was not trained on and the dataset's validation part; `--part tuning` takes the
others, which the distances of `src/curator` were tuned on. `clips.json` says what is what: file,
performance, kit, tempo and where the beats are.
"""

import argparse
import csv
import json
import pathlib
import random
import subprocess
import tempfile

import mido
import numpy as np
import soundfile

HELD_OUT = {
    "drummer3/session1", "drummer4/session1", "drummer5/session2",
    "drummer6/session3", "drummer7/session1", "drummer10/session1",
}
RATE = 44100
FOLDER = pathlib.Path("/usr/share/sounds/sf2")
# SoundFont and program of the drum channel.
KITS = [("FluidR3_GM.sf2", program) for program in (0, 8, 16, 24, 25, 32, 40)]
KITS += [("TimGM6mb.sf2", program) for program in (0, 8, 16, 24, 25, 40)]
# What the pads of the dataset send beyond General MIDI.
PADS = {22: 42, 26: 46, 58: 43}


def performances(data, part):
    for row in csv.DictReader(open(data / "gmd" / "info.csv")):
        held_out = row["session"] in HELD_OUT or row["split"] == "validation"
        if held_out == (part == "held-out") and float(row["duration"]) >= 42:
            yield row


def strokes(path):
    """(seconds, key, velocity) of a performance, which has one tempo."""
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((now, PADS.get(message.note, message.note), message.velocity))
    return found


def render(notes, kit, seconds):
    """Notes (seconds, key, velocity) on a kit: samples x 2."""
    font, program = kit
    file = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    file.tracks.append(track)
    # At 60 beats a minute a tick is a millisecond.
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
    track.append(mido.Message("program_change", channel=9, program=program))
    events = [(round(at * 1000), 1, key, velocity) for at, key, velocity in notes]
    events += [(at + 60, 0, key, 0) for at, _, key, _ in events]
    now = 0
    for at, _, key, velocity in sorted(events):
        kind = "note_on" if velocity else "note_off"
        message = mido.Message(kind, channel=9, note=key, velocity=velocity, time=at - now)
        track.append(message)
        now = at
    with tempfile.TemporaryDirectory() as folder:
        file.save(f"{folder}/clip.mid")
        command = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-T", "wav"]
        command += ["-F", f"{folder}/clip.wav", str(FOLDER / font), f"{folder}/clip.mid"]
        subprocess.run(command, check=True, capture_output=True)
        samples, _ = soundfile.read(f"{folder}/clip.wav", always_2d=True)
    length = int(seconds * RATE)
    samples = np.pad(samples, ((0, max(0, length - len(samples))), (0, 0)))[:length]
    return samples / max(np.abs(samples).max(), 1e-9)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--part", choices=["held-out", "tuning"], default="held-out")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = list(performances(arguments.data, arguments.part))
    rng.shuffle(rows)
    long = [row for row in rows if float(row["duration"]) >= 84]
    pairs = [(row, 0) for row in rows] + [(row, 1) for row in long]
    pairs = pairs[: arguments.clips // 2]
    kits = {}
    clips = []
    for row, pair in pairs:
        notes = strokes(arguments.data / "gmd" / row["midi_filename"])
        duration = float(row["duration"])
        parts = 4 if duration >= 84 else 2
        places = [index * (duration - 1) / parts for index in range(parts)]
        # The second pair lies between the parts of the first.
        first, second = (places[pair], places[pair + 2]) if parts == 4 else (places[0], places[1])
        used = kits.setdefault(row["id"], [])
        kit = rng.choice([kit for kit in KITS if kit not in used])
        used.append(kit)
        for start in (first, second):
            # Off the bar, as clips are cut.
            start = max(0.0, start + rng.uniform(0, 0.5))
            inside = [(at - start, key, velocity) for at, key, velocity in notes
                      if start <= at < start + arguments.seconds]
            level = 10 ** (rng.uniform(-18, -1) / 20)
            samples = render(inside, kit, arguments.seconds) * level
            name = f"{len(clips):04}.wav"
            soundfile.write(arguments.out / name, samples, RATE, subtype="PCM_16")
            beat = 60 / float(row["bpm"])
            clips.append({
                "file": name, "performance": row["id"], "kit": list(kit), "start": start,
                "bpm": float(row["bpm"]), "first_beat": -start % beat,
                "strokes": [[round(at, 4), key, velocity] for at, key, velocity in inside],
            })
    # So that the order of names says nothing.
    order = list(range(len(clips)))
    rng.shuffle(order)
    for new, old in enumerate(order):
        (arguments.out / clips[old]["file"]).rename(arguments.out / f"clip-{new:04}.wav")
        clips[old]["file"] = f"clip-{new:04}.wav"
    clips.sort(key=lambda clip: clip["file"])
    json.dump(clips, open(arguments.out / "clips.json", "w"), indent=1)
    print(f"{len(clips)} clips of {len({clip['performance'] for clip in clips})} performances")


if __name__ == "__main__":
    main()
