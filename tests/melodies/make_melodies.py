#!/usr/bin/env python3
"""Writes the melodies of this folder: twelve single lines, made up for the tests.

A phrase is written as notes `degree:length` with the length in eighths (`r` rests, `'` and `,` an octave
up and down, `#` and `b` chromatic), so that it can be read and sung. Needs mido.

    python3 make_melodies.py
"""
import pathlib
import mido

TPQ = 480
MAJOR, MINOR, DORIAN = [0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 3, 5, 7, 9, 10]


def pitch(text, key, scale):
    octave = text.count("'") - text.count(",")
    step = text.count("#") - text.count("b")
    degree = int(text.strip("',#b")) - 1
    return key + 12 * (octave + degree // 7) + scale[degree % 7] + step


def notes(phrase, key, scale, velocity, start, gate=0.95):
    """Notes (tick, length, key, velocity) and the tick behind them."""
    found, at = [], start
    for token in phrase.split():
        what, length = token.split(":")
        ticks = round(float(length) * TPQ / 2)
        if what != "r":
            strong = 8 if (at - start) % (2 * TPQ) == 0 else 0
            found.append((at, max(1, round(ticks * gate)), pitch(what, key, scale), min(127, velocity + strong)))
        at += ticks
    return found, at


def write(name, metre, bpm, key, scale, phrases, program=0, gate=0.95, tempos=()):
    """`phrases`: (text, velocity). `tempos`: (eighth, bpm) changes."""
    file = mido.MidiFile(ticks_per_beat=TPQ)
    head, line = mido.MidiTrack(), mido.MidiTrack()
    file.tracks += [head, line]
    events = [(0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))]
    events += [(round(at * TPQ / 2), mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(b))) for at, b in tempos]
    head.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
    last = 0
    for at, message in events:
        head.append(message.copy(time=at - last))
        last = at
    line.append(mido.MetaMessage("track_name", name="Melody"))
    line.append(mido.Message("program_change", program=program))
    at, played = 0, []
    for text, velocity in phrases:
        more, at = notes(text, key, scale, velocity, at, gate)
        played += more
    raw = []
    for start, length, note, velocity in played:
        raw += [(start, 1, note, velocity), (start + length, 0, note, 0)]
    last = 0
    for tick, on, note, velocity in sorted(raw):
        kind = "note_on" if on else "note_off"
        line.append(mido.Message(kind, note=note, velocity=velocity, time=tick - last))
        last = tick
    file.save(pathlib.Path(__file__).with_name(name + ".mid"))


# Two waltzes. The first ends on a long note, the second slows down.
a = "3:2 5:2 5:2 6:4 5:2 4:2 6:2 6:2 5:6 3:2 5:2 1':2 7:4 6:2 5:2 4:2 2:2 1:6"
b = "2:2 2:2 3:2 4:4 2:2 3:2 3:2 4:2 5:4 3:2 4:2 4:2 5:2 6:4 1':2 7:2 6:2 7:2 1':6"
write("waltz", (3, 4), 168, 60, MAJOR, [(a, 84), (a, 84), (b, 96), (a, 88)], program=21)
a = "1:3 2:1 3:2 5:4 3:2 6:3 5:1 3:2 2:6 1:3 2:1 3:2 5:4 6:2 7:2 6:2 5:2 6:6"
b = "1':4 7:2 6:4 5:2 6:4 3:2 5:6 4:4 3:2 2:4 3:2 1:2 2:2 7,:2 1:6"
write("slow_waltz", (3, 4), 92, 57, MINOR, [(a, 70), (b, 84), (a, 74), (b, 92)], program=71,
      tempos=[(6 * 29, 84), (6 * 30, 72), (6 * 31, 60)])

# A jig and a slow ballad in 6/8.
a = "5:1 3:1 5:1 1':1 5:1 3:1 4:1 2:1 4:1 6:1 4:1 2:1 5:1 3:1 5:1 1':1 2':1 3':1 2':1 7:1 5:1 1':3"
b = "3':1 2':1 1':1 2':1 1':1 6:1 1':1 6:1 5:1 6:1 5:1 3:1 5:1 6:1 1':1 2':1 3':1 1':1 2':1 7:1 5:1 1':3"
write("jig", (6, 8), 170, 62, MAJOR, [(a, 92), (a, 92), (b, 100), (b, 100), (a, 94), (b, 104)], program=73)
a = "5:5 6:1 5:2 4:1 3:3 1:3 4:3 5:6 5:5 6:1 1':2 7:1 6:3 5:3 4:2 3:1 1:6"
b = "6:3 6:2 7:1 1':3 7:2 6:1 5:3 5:2 6:1 5:3 3:3 4:3 4:2 5:1 6:3 4:3 5:3 7:3 1':6"
write("slow_six", (6, 8), 96, 60, MAJOR, [(a, 64), (a, 68), (b, 90), (a, 72), (b, 94), (a, 60)], program=24)

# Seven eighths as two, two and three.
a = "1:2 3:2 5:1 4:1 3:1 4:2 5:2 4:3 1:2 3:2 5:1 6:1 7:1 6:2 5:2 4:1 2:1 3:1"
b = "1':2 7:2 6:1 7:1 5:1 6:2 4:2 5:3 4:2 3:2 2:1 3:1 4:1 3:2 2:2 1:3"
write("seven", (7, 8), 132, 62, DORIAN, [(a, 88), (a, 88), (b, 98), (a, 90), (b, 98), (b, 102)], program=66)

# With a pick-up of one beat, as folk songs have it.
a = "5:1 6:1 1':2 1':1 2':1 3':2 2':1 1':1 2':2 6:2 6:2 1':1 6:1 5:2 5:1 6:1 1':2 3:2 5:4 r:2"
b = "5:1 6:1 1':2 2':1 3':1 5':2 3':2 2':2 3':1 2':1 1':2 6:2 5:2 6:1 1':1 2':2 3':1 2':1 1':6"
write("pick_up", (4, 4), 112, 55, MAJOR, [("r:6", 0), (a, 84), (b, 92), (a, 84), (b, 96)], program=25)

# Four empty bars before it.
a = "1:3 1:1 3:2 5:2 4:3 3:1 2:4 2:3 2:1 4:2 6:2 5:3 4:1 3:4"
b = "6:2 6:2 5:2 4:2 5:2 5:2 3:4 4:2 4:2 3:2 2:2 1:8"
write("four_empty_bars", (4, 4), 120, 60, MAJOR, [("r:32", 0), (a, 86), (b, 92), (a, 86), (b, 98), (b, 100)])

# Verse, chorus, a quiet breakdown, one bar in which nothing sounds, chorus, end.
verse = "1:1 1:1 3:1 1:1 4:2 3:2 1:1 1:1 3:1 5:1 4:4 1:1 1:1 3:1 1:1 4:2 5:2 7:2 5:2 4:2 3:2"
chorus = "5:1 5:1 5:1 6:1 7:2 5:2 1':1 1':1 7:1 6:1 5:4 5:1 5:1 5:1 6:1 7:2 1':2 2':2 1':2 7:2 5:2"
quiet = "1:8 3:8 4:8 3:6 r:2"
write("breakdown_and_stop", (4, 4), 126, 57, MINOR,
      [(verse, 92), (verse, 92), (chorus, 112), (chorus, 112), (quiet, 38), (quiet, 40), ("r:8", 0),
       (chorus, 114), (chorus, 116), ("1:8", 118)], program=29)

# A riff that goes round.
riff = "1:1 1:1 r:1 3:1 4:1 3:1 1:1 7,:1 1:1 1:1 r:1 3:1 5:1 4:1 3:1 4:1"
turn = "1:1 1:1 r:1 3:1 4:1 3:1 1:1 7,:1 1:1 3:1 4:1 5:1 4:1 3:1 7,:1 2:1"
write("loop", (4, 4), 104, 52, MINOR, [(riff, 96), (turn, 96), (riff, 96), (turn, 100)], program=33)

# AABA with eight bars each, in swung eighths written as triplets.
def swung(text):
    """Pairs of eighths become two thirds and one third of a beat."""
    out, late = [], False
    for token in text.split():
        what, length = token.split(":")
        if float(length) == 1:
            out.append(f"{what}:{2 / 3 if late else 4 / 3:.6f}")
            late = not late
        else:
            out.append(token)
    return " ".join(out)

a = ("5:1 6:1 1':1 6:1 5:2 3:2 6:1 5:1 3:1 2:1 3:4 5:1 6:1 1':1 6:1 2':2 1':2 6:1 1':1 6:1 5:1 6:4 "
     "4:1 4:1 6:1 1':1 6:2 4:2 3:1 3:1 5:1 6:1 5:4 2:1 3:1 4:1 6:1 5:1 4:1 3:1 2:1 1:8")
b = ("6:2 6:1 7:1 1':2 6:2 5:8 6:2 6:1 7:1 1':2 2':2 3':8 2':2 2':1 1':1 7:2 5:2 1':2 1':1 7:1 6:4 "
     "2':1 1':1 7:1 6:1 5:2 4:2 5:4 5:1 4:1 3:1 2:1")
write("aaba", (4, 4), 138, 65, MAJOR, [(swung(a), 80), (swung(a), 82), (swung(b), 94), (swung(a), 84)], program=56)

# A rock line in sixteenths and eighths with verse and chorus.
verse = "1:.5 1:.5 1:1 3:1 1:1 4:.5 4:.5 4:1 3:2 1:.5 1:.5 1:1 5:1 4:1 3:1 1:1 7,:2"
chorus = "1':1.5 7:1.5 5:1 4:2 5:2 1':1.5 2':1.5 1':1 7:2 5:2"
write("rock", (4, 4), 144, 52, MINOR,
      [(verse, 90)] * 4 + [(chorus, 112)] * 4 + [(verse, 92)] * 4 + [(chorus, 114)] * 4 + [("1':8", 118)], program=30)

# A slow song that grows.
a = "1:2 2:2 3:4 5:3 4:1 3:4 4:2 3:2 2:4 3:3 2:1 1:4"
b = "5:2 5:1 6:1 5:4 1':3 7:1 6:4 6:2 5:2 4:4 5:3 4:1 3:4"
c = "1':2 1':1 2':1 3':2 1':2 2':3 1':1 6:4 1':2 6:2 5:2 3:2 4:2 2:2 1:4"
write("slow_song", (4, 4), 72, 60, MAJOR, [(a, 52), (a, 58), (b, 74), (c, 96), (a, 64), (b, 86), (c, 106), (c, 110), ("1':8", 96)])
