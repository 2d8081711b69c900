"""What librosa and FluidSynth make of the same audio and songs: tests/golden/sound.

Run:   python tests/golden/make_sound.py
Needs: requirements-sound.txt, and FluidSynth 2.3 in the path.

signal.cqt     librosa's constant-Q transform of a signal that tests/sound.rs makes by the same
               formula, 6 s at 44.1 kHz
fate.wav       3 s of tests/songs/fate.mid (Tanner Helland, CC-BY 4.0), played by FluidSynth on
               assets/drumlin.sf2, mono at 22.05 kHz
fate.cqt       librosa's constant-Q transform of it
levels.json    for each song the level in dB of every half second as FluidSynth plays it on
               assets/drumlin.sf2 without effects

A .cqt file holds every fourth frame, 84 little-endian 16-bit numbers each: hundredths of a dB.
"""

import json
import pathlib
import subprocess
import tempfile

import librosa
import numpy as np
import soundfile

ROOT = pathlib.Path(__file__).parent.parent.parent
OUT = pathlib.Path(__file__).parent / "sound"
FONT = ROOT / "assets/drumlin.sf2"
SONGS = ["fate", "destiny", "jingle_bells"]


def signal():
    """A sweep from 40 to 3800 Hz under a chord of decaying notes struck twice a second."""
    t = np.arange(6 * 44100) / 44100
    sweep = 0.2 * np.sin(2 * np.pi * (40 * t + (3800 - 40) / 12 * t**2))
    decay = 0.1 * np.exp(-6 * (t % 0.5))
    return sweep + decay * sum(np.sin(2 * np.pi * f * t) for f in (55.0, 130.8, 329.6, 987.8, 2093.0))


def write_cqt(name, samples, rate):
    hop = 256 * rate // 44100
    values = librosa.cqt(samples, sr=rate, hop_length=hop, fmin=librosa.note_to_hz("C1"), n_bins=84)
    decibels = librosa.amplitude_to_db(np.abs(values), ref=np.max, top_db=80)
    (OUT / name).write_bytes(np.round(decibels.T[::4] * 100).astype("<i2").tobytes())


def play(song):
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.5", "-r", "44100", "-F", file.name]
        subprocess.run([*command, str(FONT), str(ROOT / f"tests/songs/{song}.mid")], check=True, capture_output=True)
        samples, _ = soundfile.read(file.name)
    return samples.mean(axis=1)


def main():
    OUT.mkdir(exist_ok=True)
    write_cqt("signal.cqt", signal().astype(np.float32), 44100)
    played = {song: play(song) for song in SONGS}
    excerpt = librosa.resample(played["fate"][20 * 44100 : 23 * 44100], orig_sr=44100, target_sr=22050)
    excerpt *= 0.95 / np.abs(excerpt).max()
    soundfile.write(OUT / "fate.wav", excerpt, 22050, subtype="PCM_16")
    excerpt, rate = soundfile.read(OUT / "fate.wav", dtype="float32")
    write_cqt("fate.cqt", excerpt, rate)
    levels = {}
    for song, samples in played.items():
        halves = samples[: len(samples) // 22050 * 22050].reshape(-1, 22050)
        powers = (halves**2).mean(axis=1) / (samples**2).max()
        levels[song] = [round(float(level), 2) for level in 10 * np.log10(powers + 1e-7)]
    (OUT / "levels.json").write_text(json.dumps(levels) + "\n")


if __name__ == "__main__":
    main()
