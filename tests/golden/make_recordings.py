"""Writes the recordings of `tests/golden/recordings`: the drum loop of `tests/cli/transcribe.rs` in the
compressed formats and in AIFF, at several sampling rates.

    pip install soundfile==0.14.0 numpy
    python tests/golden/make_recordings.py
"""

from pathlib import Path

import numpy as np
import soundfile

SECONDS = 4
FOLDER = Path(__file__).parent / "recordings"


def drum_loop(rate):
    """Thumps and ticks by turns, two a second, as `loop_of` has them."""
    at = np.arange(SECONDS * rate) / rate
    since = at % 0.5
    hiss = np.random.default_rng(1).uniform(-1, 1, len(at))
    thump = np.sin(2 * np.pi * (50 * since - 3 * np.exp(-since * 40)))
    kick = (at * 2).astype(int) % 2 == 0
    return 0.8 * np.where(kick, thump * np.exp(-since * 12), hiss * np.exp(-since * 60))


FOLDER.mkdir(exist_ok=True)
for name, rate, format, subtype in [
    ("loop.mp3", 44_100, "MP3", "MPEG_LAYER_III"),
    ("loop.ogg", 44_100, "OGG", "VORBIS"),
    ("loop.flac", 32_000, "FLAC", "PCM_16"),
    ("loop.aiff", 22_050, "AIFF", "PCM_16"),
]:
    soundfile.write(FOLDER / name, drum_loop(rate), rate, format=format, subtype=subtype)
