"""Does in minihost (JUCE) what a host does with the VST3: plays a melody through it, asks for drums,
plays again. Writes "note CHANNEL KEY VELOCITY BEAT:0 0" for each stroke, BEAT as a fraction, and
the plugin's state to a file.

Arguments: bundle, state file, tempo.
"""

import sys
import time

import minihost
import numpy

bundle, state_file, tempo = sys.argv[1], sys.argv[2], float(sys.argv[3])
RATE, BLOCK, BEATS = 48000, 512, 32
MELODY = [60, 64, 67, 69, 65, 62, 71, 67]
ON, OFF, DRUMS = 0x90, 0x80, 9
per_beat = 60.0 / tempo * RATE
plugin = minihost.Plugin(bundle, RATE, BLOCK, 0, 2)
silence = numpy.zeros((2, BLOCK), dtype=numpy.float32)


def component(state):
    """The plugin's own state out of JUCE's: XML with numbers of six bits, the lowest first."""
    digits = b".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
    text = state.split(b"<IComponent>")[1].split(b"</IComponent>")[0]
    size, text = text.split(b".", 1)
    number = sum(digits.index(digit) << (6 * at) for at, digit in enumerate(text))
    return number.to_bytes(len(text), "little")[: int(size)]


def notes(start):
    """The melody's messages in the block that starts on a sample."""
    messages = []
    for beat in range(BEATS):
        key = MELODY[beat * 3 % len(MELODY)]
        for status, at in ((ON, beat), (OFF, beat + 0.9)):
            sample = round(at * per_beat) - start
            if 0 <= sample < BLOCK:
                messages.append((sample, status, key, 90))
    return sorted(messages)


def block(start, playing):
    plugin.set_transport(
        tempo, 4, 4, position_samples=start, position_beats=start / per_beat, is_playing=playing
    )
    output = numpy.zeros((2, BLOCK), dtype=numpy.float32)
    return plugin.process_midi(silence, output, notes(start) if playing else [], 1024)


def play():
    heard = []
    for start in range(0, round(BEATS * per_beat), BLOCK):
        heard += [(start + sample, *message) for sample, *message in block(start, True)]
    block(0, False)
    return heard


plugin.set_param_by_name("Send MIDI", 1.0)
block(0, False)
play()
before = len(plugin.get_state())
plugin.set_param_by_name("Generate", 1.0)
for _ in range(600):
    block(0, False)
    time.sleep(0.05)
    if len(plugin.get_state()) > before + 400:
        break
for _ in range(20):
    block(0, False)
    time.sleep(0.02)
for sample, status, key, velocity in play():
    if status == ON | DRUMS and velocity > 0:
        print("note", DRUMS, key, velocity, f"{sample / per_beat:.6f}:0", 0)
with open(state_file, "wb") as file:
    file.write(component(plugin.get_state()))
