"""Clips of drums with their annotation, rendered from MIDI and one-shots while training.

`performances` reads the Groove MIDI Dataset and the songs of `paired`; `Clips` renders random twelve
seconds of them through random kits, with or without accompaniment; `augment` puts what comes out into
rooms, through equalisers and compressors. Times are in seconds, a frame is 10 ms.
"""

import csv
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np
import scipy.fft
import soundfile
import torch
from mido.midifiles.meta import KeySignatureError
from torch.nn import functional as F

import drum_sounds

RATE = 44100
HOP = 441
CLIP_SECONDS = 12
FRAMES = CLIP_SECONDS * RATE // HOP
CLASSES = ["kick", "snare", "tom", "closed hat", "open hat", "crash", "ride"]
KINDS = {
    "kick": 0, "snare": 1, "rim": 1, "tom low": 2, "tom mid": 2, "tom high": 2, "hat": 3, "pedal": 3,
    "open": 4, "half open": 4, "crash": 5, "splash": 5, "china": 5, "ride": 6, "bell": 6,
}  # fmt: skip
# General MIDI and the keys of the dataset's Roland kit.
KEYS = drum_sounds.KEYS | {22: "hat", 26: "open", 58: "tom low"}
# Where a kit has no such drum.
STAND_INS = {"half open": "open", "splash": "crash", "china": "crash", "bell": "ride", "rim": "snare",
             "pedal": "hat", "tom mid": "tom low", "tom high": "tom mid", "tom low": "tom high"}
# Softer strokes are there, but nobody is asked to find them.
AUDIBLE = 20
TOMS = (41, 45, 48)
# Cymbals in each other's places: hats and rides, and crashes where there are always too few.
SWAPS = [{"hat": "ride", "ride": "hat", "crash": "open"}, {"open": "crash", "half open": "crash"},
         {"hat": "crash", "ride": "hat"}]
# Standard deviations of a drum's pitch around its sample's, as logarithms: toms are tuned most freely.
TUNING = {0: 0.12, 1: 0.12, 2: 0.2, 3: 0.12, 4: 0.12, 5: 0.15, 6: 0.15}


@dataclass
class Performance:
    """`strokes`: time, MIDI key, velocity. `notes`: time, duration, pitch, program, velocity."""

    name: str
    group: str
    strokes: np.ndarray
    beats: np.ndarray
    downbeats: np.ndarray
    notes: np.ndarray


def beats_of(midi, length):
    """Times of beats and downbeats by the file's metres: dotted beats where eighths come in threes."""
    ticks, changes, tempos = 0, [(0, 4, 4)], [(0, 500000)]
    for message in mido.merge_tracks(midi.tracks):
        ticks += message.time
        if message.type == "time_signature":
            changes.append((ticks, message.numerator, message.denominator))
        elif message.type == "set_tempo":
            tempos.append((ticks, message.tempo))
    seconds, where = [0.0], [tempos[0][0]]
    for (start, tempo), (end, _) in zip(tempos, tempos[1:]):
        seconds.append(seconds[-1] + (end - start) * tempo / 1e6 / midi.ticks_per_beat)
        where.append(end)
    rates = [tempo / 1e6 / midi.ticks_per_beat for _, tempo in tempos]

    def time(tick):
        index = max(0, np.searchsorted(where, tick, "right") - 1)
        return seconds[index] + (tick - where[index]) * rates[index]

    beats, downbeats = [], []
    for index, (start, numerator, denominator) in enumerate(changes):
        end = changes[index + 1][0] if index + 1 < len(changes) else None
        unit = midi.ticks_per_beat * 4 // denominator
        step = 3 if denominator >= 8 and numerator % 3 == 0 and numerator > 3 else 1
        number = 0
        while (at := start + number * unit) < (end if end is not None else 1 << 40):
            if time(at) > length:
                break
            if number % numerator % step == 0:
                beats.append(time(at))
            if number % numerator == 0:
                downbeats.append(time(at))
            number += 1
    return np.array(beats), np.array(downbeats)


def read(path, name, group):
    midi = mido.MidiFile(path, clip=True)
    time, strokes, notes, programs, sounding = 0.0, [], [], [0] * 16, {}
    for message in midi:
        time += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type in ("note_on", "note_off"):
            if message.channel == 9:
                if message.type == "note_on" and message.velocity:
                    strokes.append((time, message.note, message.velocity))
                continue
            key = (message.channel, message.note)
            if key in sounding:
                start, velocity = sounding.pop(key)
                program = programs[message.channel]
                notes.append((start, time - start, message.note, program, velocity))
            if message.type == "note_on" and message.velocity:
                sounding[key] = (time, message.velocity)
    beats, downbeats = beats_of(midi, time)
    notes.sort()
    return Performance(
        name, group, np.array(strokes).reshape(-1, 3), beats, downbeats, np.array(notes).reshape(-1, 5)
    )


def performances(data):
    """All that there is, grouped by recording session or song: what may be held out together."""
    found = []
    with open(data / "gmd" / "info.csv", newline="") as file:
        for row in csv.DictReader(file):
            path = data / "gmd" / row["midi_filename"]
            group = "validation" if row["split"] == "validation" else row["session"]
            found.append(read(path, f"gmd/{row['id']}", group))
    for path in sorted((data / "paired").rglob("*.mid")):
        try:
            song = read(path, f"paired/{path.stem}", f"paired/{path.stem}")
        except (OSError, EOFError, ValueError, KeyError, IndexError, KeySignatureError):
            continue
        if len(song.strokes) > 40 and song.strokes[-1, 0] < 1200:
            found.append(song)
    return [performance for performance in found if len(performance.strokes)]


class Sounds:
    """What drum_sounds.py collected: kits, each a dictionary from kind to (hardness, level, sound)."""

    def __init__(self, folder, name):
        path = next(folder / f"{name}{ending}" for ending in (".flac", ".ogg")
                    if (folder / f"{name}{ending}").is_file())  # fmt: skip
        sound = soundfile.read(path, dtype="float32")[0]
        self.kits, self.names = [], []
        for kit in json.loads((folder / f"{name}.json").read_text()):
            kinds = {}
            for kind, hardness, start, length, level in kit["sounds"]:
                kinds.setdefault(kind, []).append((hardness, level, sound[start : start + length]))
            self.kits.append(kinds)
            self.names.append(kit["name"])
        kinds = sorted({kind for kit in self.kits for kind in kit})
        self.having = {kind: [k for k in self.kits if kind in k] for kind in kinds}


def synthetic(rng):
    """A kit of drum machine sounds, every number of it random."""

    def decay(seconds, time):
        return np.exp(-np.arange(int(seconds * RATE)) / RATE / time).astype(np.float32)

    def tone(envelope, low, high, fall):
        t = np.arange(len(envelope)) / RATE
        return envelope * np.sin(2 * np.pi * np.cumsum(low + high * np.exp(-t / fall)) / RATE)

    def noise(envelope, low, high):
        spectrum = np.fft.rfft(rng.standard_normal(len(envelope)))
        hertz = np.fft.rfftfreq(len(envelope), 1 / RATE)
        shape = 1 / np.sqrt(1 + (low / (hertz + 1)) ** 6) / np.sqrt(1 + (hertz / high) ** 4)
        out = np.fft.irfft(spectrum * shape, len(envelope))
        return envelope * out / (np.abs(out).max() + 1e-9)

    def metal(envelope, lowest):
        t = np.arange(len(envelope)) / RATE
        parts = lowest * rng.uniform(1, 4, 6)
        return envelope * sum(np.sign(np.sin(2 * np.pi * f * t + rng.uniform(0, 6))) for f in parts) / 6

    uniform = rng.uniform
    kit = {}

    def add(kind, sound):
        kit[kind] = [(1.0, uniform(0.4, 1), (sound / np.abs(sound).max()).astype(np.float32))]

    body = decay(0.8, uniform(0.05, 0.25))
    click = 0.3 * uniform() * noise(decay(0.8, 0.004), 1500, 9000)
    add("kick", tone(body, uniform(38, 65), uniform(50, 300), uniform(0.01, 0.04)) + click)
    long = decay(0.5, uniform(0.05, 0.15))
    ring = tone(decay(0.5, uniform(0.03, 0.12)), uniform(150, 260), uniform(0, 120), 0.02)
    add("snare", uniform(0.2, 1) * ring + noise(long, uniform(500, 2500), uniform(6000, 14000)))
    add("rim", tone(decay(0.1, 0.012), uniform(400, 1900), 0, 1) + noise(decay(0.1, 0.003), 1500, 9000))
    pitch, overtones = uniform(60, 120), uniform(0, 0.6)
    for kind, factor in (("tom low", 1), ("tom mid", 1.3), ("tom high", 1.7)):
        skin = 0.15 * noise(decay(0.9, 0.01), 500, 5000)
        body = tone(decay(0.9, uniform(0.1, 0.3)), pitch * factor, pitch * uniform(0, 1), 0.05)
        # Modes of a membrane above the first (Fletcher and Rossing, "The Physics of Musical Instruments").
        for mode in (1.59, 2.14, 2.30, 2.65, 2.92):
            ring = decay(0.9, uniform(0.05, 0.25))
            body = body + overtones * uniform() * tone(ring, pitch * factor * mode, 0, 1)
        add(kind, body + skin)
    lowest, low, mix = uniform(300, 900), uniform(4000, 9000), uniform()

    def plate(seconds, time):
        envelope = decay(seconds, time)
        bright = noise(envelope, low, 18000)
        return mix * metal(envelope, lowest) * 0.6 + bright

    add("hat", plate(0.3, uniform(0.015, 0.06)))
    add("pedal", plate(0.3, uniform(0.015, 0.05)))
    add("open", plate(1.2, uniform(0.15, 0.5)))
    lowest, low = uniform(250, 600), uniform(2000, 6000)
    add("crash", plate(2.5, uniform(0.5, 1.2)))
    ping = tone(decay(2.0, uniform(0.1, 0.4)), uniform(2500, 5500), 0, 1)
    add("ride", 0.4 * plate(2.0, uniform(0.4, 1.0)) + ping)
    clap = sum(np.roll(noise(decay(0.4, 0.008), 900, 8000), int(k * 0.011 * RATE)) for k in range(3))
    add("clap", clap + 0.6 * noise(decay(0.4, 0.06), 900, 8000))
    add("shaker", noise(decay(0.2, uniform(0.02, 0.06)), 4000, 15000))
    return kit


class Clips(torch.utils.data.IterableDataset):
    """Endless random clips: sound (float16), onsets and velocities (class x frame), what counts
    (class x frame), beats and downbeats (2 x frame), whether beats count.

    With `as_played` no strokes are scattered, no cymbals swapped and no hands moved to the toms: how
    often a drum is struck is then as people have it.
    """

    def __init__(self, performances, folder, seed, name="train", mixes=0.45, whole_kits=0.5, as_played=False):
        self.performances, self.folder, self.seed, self.name = performances, folder, seed, name
        self.mixes, self.whole_kits = mixes, whole_kits
        self.changed = name == "train" and not as_played
        lengths = np.array([len(p.strokes) for p in performances], float)
        self.weights = np.minimum(lengths, 800) ** 0.7
        self.weights /= self.weights.sum()
        self.songs = [p for p in performances if len(p.notes) > 100]

    def prepare(self, seed):
        self.rng = np.random.default_rng(seed)
        self.sounds = Sounds(self.folder, self.name)
        if self.name == "train":
            self.machines = [synthetic(np.random.default_rng(index)) for index in range(64)]
        path = next(self.folder / f"melodic{ending}" for ending in (".flac", ".ogg")
                    if (self.folder / f"melodic{ending}").is_file())  # fmt: skip
        self.melodic = soundfile.read(path, dtype="float32")[0]
        self.tones = json.loads((self.folder / "melodic.json").read_text())

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        self.prepare([self.seed, info.id if info else 0])
        while True:
            yield self.clip()

    def clip(self):
        rng = self.rng
        if self.changed and rng.uniform() < 0.12:
            performance, stretch, start = self.scattered(), 1.0, 0.0
        else:
            performance = self.performances[rng.choice(len(self.performances), p=self.weights)]
            stretch = float(np.exp(rng.uniform(-0.2, 0.2)))
            end = performance.strokes[-1, 0] * stretch
            start = rng.uniform(-0.5, max(0.0, end - CLIP_SECONDS * 0.7))
            if self.changed and rng.uniform() < 0.2:
                performance = self.on_toms(performance, start / stretch)
        return self.render(performance, start, stretch, self.kit())

    def on_toms(self, performance, start):
        """The same for up to a clip's length, but for a stretch of it much of what the hands play is on
        toms: people play few of them, and mostly in fills."""
        rng, strokes = self.rng, performance.strokes.copy()
        begin = start + rng.uniform(0, CLIP_SECONDS)
        inside = (strokes[:, 0] >= begin) & (strokes[:, 0] < begin + rng.uniform(1, 6))
        kinds = np.array([KINDS.get(KEYS.get(int(key)), -1) for key in strokes[:, 1]])
        for drum, share in ((1, rng.uniform(0.3, 1)), (3, rng.uniform(0, 0.5))):
            moved = inside & (kinds == drum) & (rng.uniform(size=len(strokes)) < share)
            strokes[moved, 1] = rng.choice(TOMS, moved.sum())
        return replace(performance, strokes=strokes)

    def scattered(self):
        """Strokes anywhere, so that rare drums and strange neighbours are heard too."""
        rng, strokes = self.rng, []
        for key in rng.choice(sorted(KEYS), 9, replace=False):
            count = rng.poisson(np.exp(rng.uniform(0, 3)))
            times = rng.uniform(0, CLIP_SECONDS, count)
            strokes += [(time, key, rng.uniform(25, 127)) for time in times]
        strokes = np.array(sorted(strokes)).reshape(-1, 3)
        return Performance("scattered", "", strokes, np.zeros(0), np.zeros(0), np.zeros((0, 5)))

    def kit(self):
        rng = self.rng

        def one():
            if self.name == "train" and rng.uniform() < 0.12:
                return self.machines[rng.integers(len(self.machines))]
            # Few of the SoundFonts' many kits are what a drummer plays.
            names = self.sounds.names
            weights = np.array([4.0 if not re.search(r" \d+$", n) or self.name != "train" else 1.0
                                for n in names])
            return self.sounds.kits[rng.choice(len(names), p=weights / weights.sum())]

        kit = dict(one())
        if rng.uniform() > self.whole_kits:
            for kind in sorted(set(KEYS.values())):
                other = one()
                if kind in other:
                    kit[kind] = other[kind]
        return kit

    def render(self, performance, start, stretch, kit):
        rng = self.rng
        sound = np.zeros(CLIP_SECONDS * RATE + 4 * RATE, np.float32)
        onsets = np.zeros((len(CLASSES), FRAMES), np.float32)
        velocities = np.zeros((len(CLASSES), FRAMES), np.float32)
        counts = np.ones((len(CLASSES), FRAMES), np.float32)
        plain = self.name != "train"
        gamma = 1.5 if plain else rng.uniform(0.9, 2.0)
        times = performance.strokes[:, 0] * stretch - start
        inside = np.nonzero((times > -2.5) & (times < CLIP_SECONDS))[0]
        kinds = {key: KEYS.get(int(key)) for key in np.unique(performance.strokes[:, 1])}
        if self.changed and rng.uniform() < 0.18:
            swap = SWAPS[rng.integers(len(SWAPS))]
            kinds = {key: swap.get(kind, kind) for key, kind in kinds.items()}
        hats = [times[i] for i in inside if kinds[performance.strokes[i, 1]] in ("hat", "pedal", "open")]
        gains, pitches, lengths, tuned = {}, {}, {}, {}
        for index in inside:
            _, key, velocity = performance.strokes[index]
            kind, time = kinds[key], times[index]
            if kind is None:
                continue
            layers = kit.get(kind)
            stand_in = kind
            while layers is None and stand_in in STAND_INS and stand_in != "tom low":
                stand_in = STAND_INS[stand_in]
                layers = kit.get(stand_in)
            if layers is None:
                having = self.sounds.having.get(kind)
                if not having:
                    continue
                layers = having[rng.integers(len(having))][kind]
            kit.setdefault(kind, layers)
            if kind not in gains:
                gains[kind] = 1.0 if plain else 10 ** (rng.normal(0, 3) / 20)
                pitches[kind] = 1.0 if plain else np.exp(rng.normal(0, TUNING.get(KINDS.get(kind), 0.08)))
                lengths[kind] = None if plain or rng.uniform() < 0.5 else np.exp(rng.uniform(-2.5, 0.5))
            hardness = velocity / 127
            distance = [abs(layer[0] - hardness) + 0.1 * rng.uniform() for layer in layers]
            layer = int(np.argmin(distance))
            if (kind, layer) not in tuned:
                one = layers[layer][2]
                if pitches[kind] != 1.0:
                    places = np.arange(0, len(one) - 1, pitches[kind])
                    one = np.interp(places, np.arange(len(one)), one).astype(np.float32)
                if lengths[kind] is not None:
                    one = one * np.exp(-np.arange(len(one)) / RATE / lengths[kind]).astype(np.float32)
                tuned[kind, layer] = one
            one = tuned[kind, layer]
            at = round(time * RATE)
            if kind in ("open", "half open"):
                shut = next((hat for hat in hats if hat > time + 0.02), None)
                if shut is not None and (shut - time) * RATE < len(one):
                    size = int((shut - time) * RATE)
                    one = one[: size + RATE // 60].copy()
                    one[size:] *= np.linspace(1, 0, len(one) - size)
            level = layers[layer][1] * gains[kind] * (hardness / max(layers[layer][0], 0.05)) ** gamma
            # Two milliseconds before the stroke, as the sounds are cut.
            at -= RATE // 500
            if at < 0:
                one, at = one[-at:], 0
            room = min(len(one), len(sound) - at)
            if room > 0:
                sound[at : at + room] += level * one[:room]
            drum = KINDS.get(kind)
            if drum is not None and time >= 0:
                mark(onsets[drum], time, 1.5)
                frame = round(time * RATE / HOP)
                if frame < FRAMES:
                    velocities[drum, frame] = max(velocities[drum, frame], hardness)
                    if velocity < AUDIBLE:
                        counts[drum, max(0, frame - 2) : frame + 3] = 0
        sound = sound[: CLIP_SECONDS * RATE]
        marks = np.zeros((2, FRAMES), np.float32)
        for row, places in zip(marks, (performance.beats, performance.downbeats)):
            for time in places * stretch - start:
                mark(row, time, 3.0)
        in_time = float(len(performance.beats) > 0)
        if rng.uniform() < self.mixes:
            own = len(performance.notes) > 50 and rng.uniform() < 0.7
            if own:
                song, begin, speed = performance, start, stretch
            else:
                song = self.songs[rng.integers(len(self.songs))]
                begin, speed = rng.uniform(0, max(0.1, song.notes[-1, 0] - CLIP_SECONDS)), 1.0
                in_time = 0.0
            other = self.accompaniment(song, begin, speed)
            level = np.sqrt((sound**2).mean() + 1e-9) / np.sqrt((other**2).mean() + 1e-9)
            if (other**2).mean() > 1e-8:
                sound = sound + other * level * 10 ** (rng.uniform(-15, 5) / 20)
        peak = np.abs(sound).max() + 1e-6
        sound = sound / peak
        return (sound.astype(np.float16), onsets.astype(np.float16), velocities.astype(np.float16),
                counts.astype(np.float16), marks.astype(np.float16), np.float32(in_time))  # fmt: skip

    def accompaniment(self, song, start, stretch):
        rng = self.rng
        sound = np.zeros(CLIP_SECONDS * RATE, np.float32)
        times = song.notes[:, 0] * stretch - start
        chosen, gains = {}, {}
        inside = np.nonzero((times > -1) & (times < CLIP_SECONDS))[0]
        if len(inside) > 350:
            inside = np.sort(rng.choice(inside, 350, replace=False))
        for index in inside:
            _, duration, pitch, program, velocity = song.notes[index]
            if program not in chosen:
                # Mostly the instrument of the song, sometimes any.
                wanted = program if rng.uniform() < 0.7 else rng.integers(112)
                near = min({tone[0] for tone in self.tones}, key=lambda p: abs(p - wanted))
                chosen[program] = [tone for tone in self.tones if tone[0] == near]
                gains[program] = 10 ** (rng.normal(0, 4) / 20)
            tone = min(chosen[program], key=lambda tone: abs(tone[1] - pitch))
            source = self.melodic[tone[2] : tone[2] + tone[3]]
            ratio = 0.5 * 2 ** ((pitch - tone[1]) / 12)
            size = int(min(duration * stretch + 0.08, (len(source) - 1) / ratio / RATE, 2.5) * RATE)
            if size < 500:
                continue
            note = np.interp(np.arange(size) * ratio, np.arange(len(source)), source)
            note[-400:] *= np.linspace(1, 0, 400)
            at = int(times[index] * RATE)
            if at < 0:
                note, at = note[-at:], 0
            room = min(len(note), len(sound) - at)
            if room > 0:
                sound[at : at + room] += note[:room] * gains[program] * (velocity / 127) ** 1.5
        return sound


def mark(row, time, width):
    """A triangle of half-width `width` frames around the time."""
    centre = time * RATE / HOP
    for frame in range(max(0, int(centre - width) - 1), min(FRAMES, int(centre + width) + 2)):
        row[frame] = max(row[frame], 1 - abs(frame - centre) / width)


def augment(sound, generator=None):
    """Rooms, equalisers, compressors, saturation, band limits, noise and levels for a batch.

    sound: (clips, samples), any device.
    """
    count, length = sound.shape
    device = sound.device

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(*shape, device=device, generator=generator)

    size = scipy.fft.next_fast_len(length + RATE // 2, real=True)
    spectrum = torch.fft.rfft(sound, size)
    hertz = torch.fft.rfftfreq(size, 1 / RATE, device=device)
    # A smooth random curve over the octaves, by linear interpolation between ten points.
    points = torch.randn(count, 1, 10, device=device, generator=generator) * uniform(0, 5, count, 1, 1)
    octave = (torch.log2(hertz.clamp(min=30) / 30) / 9.4 * 9).clamp(0, 8.999)
    left = octave.long()
    curve = points[:, 0, left] + (points[:, 0, left + 1] - points[:, 0, left]) * (octave - left)
    spectrum = spectrum * 10 ** (curve / 20)
    top = 2.0 ** uniform(12.6, 15.0, count, 1)
    spectrum = spectrum / (1 + (hertz / top) ** 8).sqrt()
    bottom = uniform(1, 60, count, 1)
    spectrum = spectrum / (1 + (bottom / (hertz + 1)) ** 4).sqrt()
    # A room: decaying noise, darker than what sounds in it.
    tail = RATE // 2
    t = torch.arange(tail, device=device) / RATE
    seconds = torch.exp(uniform(-4.0, -1.3, count, 1))
    room = torch.randn(count, tail, device=device, generator=generator) * torch.exp(-t / seconds)
    room = room / room.square().sum(1, keepdim=True).sqrt()
    wet = uniform(0, 1, count, 1).pow(2) * 0.7
    wet = wet * (uniform(0, 1, count, 1) < 0.7)
    echo = torch.fft.rfft(room, size) / (1 + (hertz / uniform(3000, 12000, count, 1)) ** 2).sqrt()
    sound = torch.fft.irfft(spectrum * (1 + wet * echo), size)[:, :length]
    sound = sound / sound.abs().amax(1, keepdim=True).clamp(min=1e-6)
    # A compressor with 10 ms of look at the level, and tape or valves after it.
    level = F.avg_pool1d(sound.square()[:, None], 882, 441, 220).sqrt()
    threshold = 10 ** (uniform(-30, -6, count, 1, 1) / 20)
    ratio = uniform(0, 0.8, count, 1, 1) * (uniform(0, 1, count, 1, 1) < 0.5)
    gain = (level / threshold).clamp(min=1) ** -ratio
    sound = sound * F.interpolate(gain, size=length, mode="linear")[:, 0]
    sound = sound / sound.abs().amax(1, keepdim=True).clamp(min=1e-6)
    drive = torch.exp(uniform(0, 2.2, count, 1)) * (uniform(0, 1, count, 1) < 0.4) + 0.01
    sound = torch.where(drive > 0.5, torch.tanh(drive * sound) / torch.tanh(drive), sound)
    hiss = 10 ** (uniform(-85, -35, count, 1) / 20)
    noise = torch.randn(count, length, device=device, generator=generator)
    sound = sound + noise * hiss
    return sound / sound.abs().amax(1, keepdim=True) * 10 ** (uniform(-12, 0, count, 1) / 20)
