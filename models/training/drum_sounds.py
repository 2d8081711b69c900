"""Collect the one-shots that transcription is trained with, in one file.

    python models/training/drum_sounds.py --data ../shared/data --out DIR

Writes DIR/{train,unseen}.flac, all sounds one after the other (mono, 44.1 kHz), and .json beside each,
which says where each begins, what it is and how hard it was struck. Sounds come from Debian's packages
(fluid-soundfont-gm, timgm6mb-soundfont, csound-soundfont, opl3-soundfont, freepats, hydrogen-data,
hydrogen-drumkits, sonic-pi-samples, lmms-common) and DATA/kits; `unseen` holds the kits nobody trains
on: AVL's (the package avldrums.lv2-soundfont) and BillieDrum. SoundFonts are played by FluidSynth
(pyfluidsynth), Freepats by TiMidity++.
"""

import argparse
import json
import re
import subprocess
import tempfile
import xml.etree.ElementTree
from pathlib import Path

import mido
import numpy as np
import soundfile

RATE = 44100
SOUNDFONTS = Path("/usr/share/sounds/sf2")
HYDROGEN = Path("/usr/share/hydrogen/data/drumkits")
ONE_SHOTS = Path("/usr/share/sonic-pi/samples")
LMMS = Path("/usr/share/lmms/samples/drums")
FREEPATS = Path("/etc/timidity/freepats.cfg")
# General MIDI's keys; what is in no class is there to be told apart from those that are.
KEYS = {
    35: "kick", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 41: "tom low",
    42: "hat", 43: "tom low", 44: "pedal", 45: "tom mid", 46: "open", 47: "tom mid", 48: "tom high",
    49: "crash", 50: "tom high", 51: "ride", 52: "china", 53: "bell", 54: "tambourine", 55: "splash",
    56: "cowbell", 57: "crash", 58: "vibraslap", 59: "ride", 60: "bongo", 61: "bongo", 62: "conga",
    63: "conga", 64: "conga", 65: "timbale", 66: "timbale", 67: "agogo", 68: "agogo", 69: "cabasa",
    70: "maracas", 73: "guiro", 75: "claves", 76: "block", 77: "block", 82: "shaker",
}  # fmt: skip
# AVL's kits have their own keys: both edges of the toms, a hat barely closed, chokes of cymbals (which
# are no strokes).
AVL_KEYS = {
    36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 41: "tom low", 42: "hat", 43: "tom low",
    44: "pedal", 45: "tom mid", 46: "half open", 47: "tom mid", 48: "open", 49: "crash", 51: "ride",
    53: "bell", 54: "tambourine", 55: "splash", 56: "cowbell", 57: "crash", 59: "ride", 60: "crash",
    64: "maracas",
}  # fmt: skip
# Brushes: a slap where others clap, and a swirl in the place of a second snare.
BRUSH_KEYS = {key: kind for key, kind in KEYS.items() if key != 40} | {39: "snare"}
# Programs of General MIDI's drum channel that have other things on these keys: timpani, effects.
ORCHESTRA, BRUSHES, EFFECTS = 48, 40, 56
# Hydrogen's kits that are slices of loops, in which several drums sound at once.
SLICES = {"rumpf_kit_z01_h2"}
# By the names of samples and instruments, the first that fits. What is in brackets does not count.
NAMES = [
    ("noise|roll|choke|loop|beats_|sub|fx|zap|whistle|swish|tabla|sample:|perc_bell", None),
    ("tambourin", "tambourine"), ("shaker|maraca|cabas", "shaker"), ("cow ?bell", "cowbell"),
    ("bongo", "bongo"), ("conga", "conga"), ("agogo", "agogo"), ("clave|block", "block"),
    ("clap|snap", "clap"), ("djembe|cajon|dunun|kenkeni|sangban|water", "hand drum"),
    ("stick|rim ?click|xstick", "rim"), ("ride ?bell|bell|cup", "bell"), ("china", "china"),
    ("splash", "splash"), ("ride bow", "ride"),
    ("crash|cymbal_(hard|soft)|cymbal [12]|^cymbal$", "crash"), ("ride", "ride"),
    ("(hat|hh).*(semi|half|free|quarter)", "half open"), ("pedal|foot|hat pd|hihat_p", "pedal"),
    ("(hat|hh|hihat).*(op|open)|open (hh|hat)|cymbal_open|ohh", "open"),
    ("hat|hh|hihat|cymbal_closed", "hat"),
    ("(?<![a-z])r?tom.*(lo|opaco)|low tom|floor|tom4|tom3", "tom low"),
    ("(?<![a-z])tom.*(mi|2)|mid.* tom", "tom mid"), ("(?<![a-z])r?tom", "tom high"),
    ("snare|^sn_|rimshot", "snare"), ("kick|bass ?drum|^bd_|kdrum", "kick"),
]  # fmt: skip
LONG = {"crash", "china", "splash", "ride", "bell", "open"}


def named(name):
    name = re.sub(r"\(.*?\)", "", name.lower())
    return next((kind for pattern, kind in NAMES if re.search(pattern, name)), None)


def tidied(sound, kind):
    """From 2 ms before the stroke on, cut where it is no longer heard or after 1.2 s (cymbals 3 s).

    The stroke begins where the sound first passes a tenth of its largest sample.
    """
    peak = np.abs(sound).max(initial=0)
    if peak < 1e-4:
        return None
    start = max(0, int(np.argmax(np.abs(sound) > peak / 10)) - RATE // 500)
    if start > RATE // 4:
        return None
    heard = np.nonzero(np.abs(sound) > peak / 1000)[0][-1] + 1
    end = min(heard, start + int(RATE * (3 if kind in LONG else 1.2)))
    sound = sound[start:end].astype(np.float32).copy()
    fade = min(len(sound), RATE // 50)
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound if len(sound) > RATE // 100 else None


def read(path):
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = sound.mean(1)
    if rate != RATE:
        places = np.arange(0, len(sound), rate / RATE)
        sound = np.interp(places, np.arange(len(sound)), sound).astype(np.float32)
    return sound


class Bank:
    """Sounds without doubles, and the kits that are made of them."""

    def __init__(self):
        self.sounds, self.places, self.kits, self.at = [], {}, [], 0

    def kit(self, name, strokes):
        """`strokes`: (kind, how hard from 0 to 1, sound)."""
        entries = []
        for kind, hardness, sound in strokes:
            sound = kind and tidied(sound, kind)
            if sound is None or isinstance(sound, str):
                continue
            peak = float(np.abs(sound).max())
            start, length = self.place(sound / peak, kind)
            entries.append([kind, round(hardness, 3), start, length, round(peak, 5)])
        if len(entries) > 2:
            # Levels are relative to the loudest of the kit.
            loudest = max(entry[4] for entry in entries)
            entries = [[*entry[:4], round(entry[4] / loudest, 5)] for entry in entries]
            self.kits.append({"name": name, "sounds": entries})

    def place(self, sound, kind):
        """Where the sound is. Many kits of a SoundFont share most of theirs, but for the dither."""
        head = sound[: RATE // 5]
        known = self.places.setdefault(kind, [])
        for start, length, other in known:
            size = min(len(head), len(other))
            a, b = head[:size], other[:size]
            if abs(len(sound) - length) < RATE // 20 and a @ b > 0.998 * np.sqrt((a @ a) * (b @ b)):
                return start, length
        known.append((self.at, len(sound), head))
        self.sounds.append(sound)
        self.at += len(sound)
        return known[-1][:2]

    def write(self, path):
        soundfile.write(path.with_suffix(".flac"), np.concatenate(self.sounds) * 0.9, RATE)
        path.with_suffix(".json").write_text(json.dumps(self.kits))
        print(f"{path.name}: {len(self.kits)} kits, {len(self.sounds)} sounds, {self.at / RATE:.0f} s")


def soundfont(bank, path, velocities=(120,), keys=KEYS, number=128):
    """`number` is that of the bank that the kits are in."""
    import fluidsynth

    synth = fluidsynth.Synth(gain=0.5, samplerate=float(RATE))
    synth.setting("synth.reverb.active", 0)
    synth.setting("synth.chorus.active", 0)
    font = synth.sfload(str(path))
    known = set()
    for program in sorted(set(range(128)) - {ORCHESTRA, EFFECTS}):
        if synth.program_select(9, font, number, program) != 0:
            continue
        strokes = []
        for key, kind in (BRUSH_KEYS if program == BRUSHES else keys).items():
            for velocity in velocities:
                synth.noteon(9, key, velocity)
                seconds = 3 if kind in LONG else 1.2
                samples = synth.get_samples(int(seconds * RATE)).reshape(-1, 2)
                synth.noteoff(9, key)
                synth.system_reset()
                synth.program_select(9, font, number, program)
                sound = samples.astype(np.float32).mean(1) / 32768
                strokes.append((kind, velocity / 127, sound))
        shape = tuple(round(float(np.abs(sound).max()), 4) for _, _, sound in strokes)
        if shape not in known:
            known.add(shape)
            bank.kit(f"{path.stem} {program}", strokes)
    synth.delete()


def hydrogen(bank, folder):
    text = (folder / "drumkit.xml").read_text(errors="replace")
    root = xml.etree.ElementTree.fromstring(re.sub(r' xmlns="[^"]+"', "", text, count=1))
    strokes = []
    for instrument in root.iter("instrument"):
        kind = named(instrument.findtext("name") or "")
        layers = [
            (layer.findtext("filename"), float(layer.findtext("max") or 1))
            for layer in instrument.iter("layer")
        ] or [(instrument.findtext("filename"), 1.0)]
        for filename, hardness in layers:
            if not filename or not (folder / filename).is_file():
                continue
            kind = kind or named(filename)
            if kind:
                strokes.append((kind, hardness, read(folder / filename)))
    bank.kit(folder.name, strokes)


def muldjord(bank, folder):
    """Six layers of each drum, of up to twenty."""
    strokes = []
    for drum in sorted((folder / "samples").iterdir()):
        kind = named(drum.name)
        files = sorted(drum.glob("*.flac"), key=lambda path: int(path.name.split("-")[0]))
        for index in np.unique(np.linspace(0, len(files) - 1, 6).round().astype(int)):
            strokes.append((kind, (index + 1) / len(files), read(files[index])))
    bank.kit(folder.name, strokes)


def billie(bank, folder):
    strokes = []
    for path in sorted(folder.rglob("*.wav")):
        name = str(path.relative_to(folder)).lower()
        number = re.search(r"(\d+)\.wav$", name)
        alike = len(list(path.parent.glob("*.wav"))) if path.parent != folder else 1
        hardness = min(1.0, int(number[1]) / alike) if number and alike > 1 else 1.0
        strokes.append((named(name), hardness, read(path)))
    bank.kit(folder.name, strokes)


def one_shots(bank, name, paths):
    """A kit of all of them: the trainer mixes kits anyway."""
    strokes = [(named(path.stem), 0.5 if "soft" in path.name else 1.0, read(path)) for path in paths]
    bank.kit(name, strokes)


def freepats(bank):
    """One key after the other, in one file."""
    apart = 3.5
    with tempfile.TemporaryDirectory() as folder:
        midi = mido.MidiFile(ticks_per_beat=480)
        track = midi.add_track()
        for key in KEYS:
            track.append(mido.Message("note_on", channel=9, note=key, velocity=120))
            # Half a second is a beat here.
            track.append(mido.Message("note_off", channel=9, note=key, time=round(apart * 960)))
        midi.save(f"{folder}/keys.mid")
        command = ["timidity", "-c", FREEPATS, "-Ow", "-s", str(RATE), "--reverb=d", "--chorus=d",
                   "-o", f"{folder}/keys.wav", f"{folder}/keys.mid"]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sound = read(f"{folder}/keys.wav")
    size = int(apart * RATE)
    strokes = [(kind, 120 / 127, sound[index * size : (index + 1) * size])
               for index, kind in enumerate(KEYS.values())]  # fmt: skip
    bank.kit("freepats", strokes)


def melodic(path, out):
    """Notes of every second program of a SoundFont, an octave apart, for accompaniment."""
    import fluidsynth

    synth = fluidsynth.Synth(gain=0.5, samplerate=float(RATE // 2))
    synth.setting("synth.reverb.active", 0)
    font = synth.sfload(str(path))
    sounds, index, at = [], [], 0
    for program in [*range(0, 8, 2), *range(16, 40, 2), *range(40, 112, 3)]:
        for key in (28, 40, 52, 64, 76, 88):
            synth.program_select(0, font, 0, program)
            synth.noteon(0, key, 100)
            sound = synth.get_samples(int(1.6 * RATE / 2)).reshape(-1, 2).astype(np.float32).mean(1)
            synth.noteoff(0, key)
            synth.system_reset()
            peak = np.abs(sound).max()
            if peak < 50:
                continue
            sounds.append(sound / peak)
            index.append([program, key, at, len(sound)])
            at += len(sound)
    soundfile.write(out.with_suffix(".flac"), np.concatenate(sounds) * 0.9, RATE // 2)
    out.with_suffix(".json").write_text(json.dumps(index))
    synth.delete()


def collect(data, out):
    out.mkdir(parents=True, exist_ok=True)
    train = Bank()
    for name in ("FluidR3_GM.sf2", "TimGM6mb.sf2", "sf_GMbank.sf2", "OPL-3_FM_128M.sf2"):
        soundfont(train, SOUNDFONTS / name)
    freepats(train)
    for folder in sorted(HYDROGEN.iterdir()):
        # The Black Pearl is AVL's kit.
        if folder.name not in SLICES | {"The Black Pearl 1.0"} and (folder / "drumkit.xml").is_file():
            hydrogen(train, folder)
    muldjord(train, data / "kits" / "MuldjordKit")
    wanted = re.compile("bd_|sn_|drum_|elec_.*(snare|kick)|perc_(snap|bell)")
    one_shots(train, "sonic-pi", [path for path in sorted(ONE_SHOTS.glob("*.flac")) if wanted.match(path.name)])
    # kick04 is a broken WAV file, whatever its name says.
    one_shots(train, "lmms", [path for path in sorted(LMMS.glob("*.ogg")) if path.stem != "kick04"])
    train.write(out / "train")
    unseen = Bank()
    for name in ("Black_Pearl_4_LV2.sf2", "Red_Zeppelin_4_LV2.sf2"):
        soundfont(unseen, SOUNDFONTS / name, (25, 50, 75, 100, 125), AVL_KEYS, 0)
    billie(unseen, data / "kits" / "BillieDrum")
    unseen.write(out / "unseen")
    melodic(SOUNDFONTS / "FluidR3_GM.sf2", out / "melodic")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    collect(options.data, options.out)


if __name__ == "__main__":
    main()
