"""Compares merged songs with their sources by mido: nothing may differ but the drums.

    mkdir merged
    DRUMLIN_MERGED=$PWD/merged cargo test --lib merged_songs
    python tests/golden/compare_merged.py merged

Every event of every track is compared with its absolute tick; notes on channel 10 are left out on both
sides, and a track at the end that holds nothing but new drums. Where a source has drums on other channels
(the third column of list.tsv says so), notes may be missing, but nothing else, and none may be new.
"""
import collections
import pathlib
import sys

import mido


def events(path, without):
    """Lists of (tick, message) by track, without the notes on some channels and end marks."""
    tracks = []
    for track in mido.MidiFile(path, clip=True).tracks:
        tick, found = 0, []
        for message in track:
            tick += message.time
            if message.type == "end_of_track":
                continue
            if message.type in ("note_on", "note_off", "polytouch") and message.channel in without:
                continue
            found.append((tick, message.copy(time=0)))
        tracks.append(found)
    return tracks


def is_note(event):
    return event[1].type in ("note_on", "note_off", "polytouch")


def without_notes(tracks):
    return [[event for event in track if not is_note(event)] for track in tracks]


def notes(tracks):
    return collections.Counter(str(event) for track in tracks for event in track if is_note(event))


def main():
    folder = pathlib.Path(sys.argv[1])
    counts = collections.Counter()
    for line in (folder / "list.tsv").read_text().splitlines():
        number, source, reasons = line.split("\t")
        others = set(reasons.split(", ")) - {"", "channel 10"}
        try:
            before = events(source, {9})
            after = events(folder / f"{number}.mid", {9})
        except Exception as problem:  # mido cannot read all that Drumlin reads
            counts["not read by mido"] += 1
            print(f"{source}: mido: {problem}")
            continue
        if len(after) > len(before):
            assert all(message.type == "track_name" for _, message in after[-1]), source
            after = after[: len(before)]
        if before == after:
            counts["same"] += 1
        elif others and without_notes(before) == without_notes(after) and notes(after) <= notes(before):
            counts["same but for drums on other channels"] += 1
        else:
            counts["different"] += 1
            print(f"{source}: differs; drums by: {reasons}")
    print(dict(counts))
    sys.exit(counts["different"] > 0)


if __name__ == "__main__":
    main()
