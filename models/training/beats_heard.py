"""How many beats and bars of rendered drums `drumlin transcribe` hears.

    python models/training/beats_heard.py --data DATA --drumlin target/release/drumlin

Nobody trained with what is rendered: the Groove MIDI Dataset's validation part (30 s from the start of
each performance that is as long) and 30 songs of an eighth of `paired` (30 s from anywhere, their drums
alone and with their accompaniment), on AVL's kits and BillieDrum. Then loops of two and four bars, cut
exactly, of sixteen grooves at four tempos each. Prints F measures within 70 ms, pooled over
recordings, and how many loops are loops of as many beats in as many to a bar that begin with one.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

import beats
import drum_audio
import transcriber
from drum_audio import RATE

SECONDS = 30
EIGHTHS = [eighth / 2 for eighth in range(8)]
SWUNG = [beat + late for beat in range(4) for late in (0, 2 / 3)]
SIXTHS = [part / 3 for part in range(6)]
KICK, STICK, SNARE, HAT, PEDAL, OPEN, RIDE = 36, 37, 38, 42, 44, 46, 51
# Beats to a bar, strokes as (beats, key, velocity), and between which tempos.
GROOVES = {
    "rock": (4, [(EIGHTHS, HAT, 80), ([0, 2, 2.5], KICK, 110), ([1, 3], SNARE, 110)], (70, 200)),
    "syncopated rock": (4, [(EIGHTHS, HAT, 80), ([0, 1.5, 2.5], KICK, 110), ([1, 3], SNARE, 110)], (70, 180)),
    "funk": (4, [([step / 4 for step in range(16)], HAT, 75), ([0, 0.75, 2.5], KICK, 110),
                 ([1, 3], SNARE, 110), ([1.75, 2.25], SNARE, 35)], (60, 125)),
    "disco": (4, [([0, 1, 2, 3], KICK, 110), ([1, 3], SNARE, 100), ([0, 1, 2, 3], HAT, 60),
                  ([0.5, 1.5, 2.5, 3.5], OPEN, 90)], (95, 150)),
    "house": (4, [([0, 1, 2, 3], KICK, 110), ([0.5, 1.5, 2.5, 3.5], OPEN, 90)], (100, 140)),
    "shuffle": (4, [(SWUNG, HAT, 80), ([0, 2], KICK, 110), ([1, 3], SNARE, 110)], (70, 180)),
    "swing": (4, [([0, 1, 5 / 3, 2, 3, 11 / 3], RIDE, 85), ([1, 3], PEDAL, 70), ([0], KICK, 50)], (100, 200)),
    "half-time": (4, [(EIGHTHS, HAT, 80), ([0, 1.5], KICK, 110), ([2], SNARE, 110)], (110, 160)),
    "waltz": (3, [(EIGHTHS[:6], HAT, 75), ([0], KICK, 110), ([1, 2], SNARE, 90)], (80, 180)),
    "rock in three": (3, [(EIGHTHS[:6], HAT, 80), ([0, 1.5], KICK, 110), ([2], SNARE, 110)], (70, 150)),
    "six eighths": (2, [(SIXTHS, HAT, 80), ([0], KICK, 110), ([1], SNARE, 110)], (50, 90)),
    "syncopated six eighths": (2, [(SIXTHS, HAT, 80), ([0, 2 / 3], KICK, 110), ([1], SNARE, 110)], (50, 90)),
    "reggae": (4, [(EIGHTHS, HAT, 80), ([2], KICK, 110), ([2], STICK, 90)], (120, 160)),
    "bossa nova": (4, [(EIGHTHS, RIDE, 75), ([0, 1.5, 2, 3.5], KICK, 80), ([0, 1.5, 3], STICK, 80)], (110, 160)),
    "seven eighths": (7, [(range(7), HAT, 80), ([0, 4], KICK, 110), ([2, 5], SNARE, 100)], (150, 210)),
    "five": (5, [([step / 2 for step in range(10)], HAT, 80), ([0, 2.5], KICK, 110), ([1, 3], SNARE, 110)], (90, 150)),
}  # fmt: skip


def heard(drumlin, sound, folder):
    """Beats, downbeats, beats to a bar and whether it is a loop."""
    path = folder / "drums.wav"
    soundfile.write(path, sound / np.abs(sound).max() * 0.5, RATE, subtype="PCM_16")
    command = [drumlin, "transcribe", path, "-o", folder / "drums.mid", "--quiet", "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return report["beats"], report["downbeats"], int(report["metre"].split("/")[0]), report["is_loop"]


def f_measure(counts):
    found, real, agreeing = np.sum(counts, axis=0)
    return 2 * agreeing / max(1, found + real)


def performances(options, folder, clips):
    drum_audio.CLIP_SECONDS, drum_audio.FRAMES = SECONDS, SECONDS * beats.RATE
    rng = np.random.default_rng(3)
    on_grid = beats.aligned(options.data)
    unseen = [p for p in clips.performances if transcriber.held_out(p)]
    played = [(p, 0.0) for p in unseen if p.name.startswith("gmd") and p.strokes[-1, 0] >= 29]
    songs = [p for p in unseen if p.name.split("/")[1] in on_grid and len(p.notes) > 100
             and len(p.strokes) > 30 and p.strokes[-1, 0] >= 35][:30]  # fmt: skip
    songs = [(p, p.strokes[0, 0] + rng.uniform(-0.3, max(0, np.ptp(p.strokes[:, 0]) - 31))) for p in songs]
    for title, chosen in (("performances", played), ("songs", songs)):
        counts = {"alone": ([], []), "accompanied": ([], [])}
        for performance, start in chosen:
            sound = clips.render(performance, start, 1.0, clips.kit())[0].astype(np.float32)
            sounds = [("alone", sound)]
            if title == "songs":
                other = clips.accompaniment(performance, start, 1.0)
                level = np.sqrt((sound**2).mean() + 1e-9) / np.sqrt((other**2).mean() + 1e-9)
                sounds.append(("accompanied", sound + other * level * 10 ** (clips.rng.uniform(-15, 5) / 20)))
            for how, sound in sounds:
                answer = heard(options.drumlin, sound, folder)
                for row, real in enumerate((performance.beats, performance.downbeats)):
                    found = [time for time in answer[row] if 0 <= time < SECONDS]
                    real = [time - start for time in real if 0 <= time - start < SECONDS]
                    agreeing = len(transcriber.matched(found, real, 0.07))
                    counts[how][row].append((len(found), len(real), agreeing))
        for how, (beat, downbeat) in counts.items():
            if beat:
                print(f"{len(beat)} {title}, drums {how}: beats {f_measure(beat):.3f}, "
                      f"downbeats {f_measure(downbeat):.3f}", flush=True)  # fmt: skip


def loops(options, folder, clips):
    drum_audio.CLIP_SECONDS, drum_audio.FRAMES = 45, 45 * beats.RATE
    rng, right, number = np.random.default_rng(options.seed), 0, 0
    for name, (to_a_bar, cells, (slowest, fastest)) in GROOVES.items():
        missed = []
        for index in range(4):
            tempo = float(np.exp(rng.uniform(np.log(slowest), np.log(fastest))))
            bars = (2, 4)[index % 2] * (2 if to_a_bar == 2 else 1)
            # Two on the grid, two a little off it.
            off = 0.0 if index < 2 else 0.004
            strokes = [(max(0.0, (bar * to_a_bar + at) * 60 / tempo + rng.normal(0, off)), key,
                        float(np.clip(velocity + rng.normal(0, 5), 20, 127)))
                       for bar in range(bars) for places, key, velocity in cells for at in places]  # fmt: skip
            times = np.arange(bars * to_a_bar) * 60 / tempo
            loop = drum_audio.Performance(name, "", np.array(sorted(strokes)), times, times[::to_a_bar], np.zeros((0, 5)))
            length = round(bars * to_a_bar * 60 / tempo * RATE)
            sound = clips.render(loop, 0.0, 1.0, clips.kit())[0].astype(np.float32)[:length]
            found, downbeats, metre, is_loop = heard(options.drumlin, sound, folder)
            number += 1
            if is_loop and (len(found), metre) == (len(times), to_a_bar) and abs(downbeats[0]) < 0.05:
                right += 1
            else:
                missed.append(f"{len(found)} for {len(times)} beats in {metre} at {tempo:.0f}")
        if missed:
            print(f"  {name}: {'; '.join(missed)}")
    print(f"{right} of {number} loops")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drumlin", type=Path, default=Path("target/release/drumlin"))
    parser.add_argument("--sounds", type=Path, default=Path("models/training/cache/sounds"))
    parser.add_argument("--seed", type=int, default=21)
    options = parser.parse_args()
    clips = drum_audio.Clips(drum_audio.performances(options.data), options.sounds, 77, "unseen", 0.0)
    clips.prepare([options.seed])
    with tempfile.TemporaryDirectory() as folder:
        loops(options, Path(folder), clips)
        performances(options, Path(folder), clips)


if __name__ == "__main__":
    main()
