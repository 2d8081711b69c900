//! From key strokes to notes: what one track plays on one channel.

use crate::score::{Note, Ticks, Velocity};

use super::container::TimeBase;

/// Pairs the note-ons and note-offs of one channel of one track.
///
/// - A key that is struck again while it sounds ends there and begins anew.
/// - A note-off ends what sounds; without a sounding note it means nothing. One at the very tick
///   where the key was struck anew belongs to the note before, which had already ended.
/// - A key struck twice at one tick is one note, as loud as the louder and as long as the longer: one
///   without length takes nothing from the other.
/// - "All notes off" and "all sound off" end what sounds.
/// - What still sounds at the end of the track hangs; see [`end_with_the_music`].
/// - No note is shorter than a tick.
pub(super) struct NotePairing {
    time_base: TimeBase,
    notes: Vec<Note>,
    /// By key.
    sounding: Box<[Option<Sounding>; 128]>,
}

#[derive(Clone, Copy)]
struct Sounding {
    /// Index into `notes`.
    note: usize,
    /// In ticks of the file.
    start: u64,
    /// It cut off another note, whose note-off may still come.
    retriggered: bool,
    /// How many more strokes there were at its tick.
    doubled: usize,
}

impl NotePairing {
    pub fn new(time_base: TimeBase) -> NotePairing {
        NotePairing { time_base, notes: Vec::new(), sounding: Box::new([None; 128]) }
    }

    /// `at` is in ticks of the file; `key` and `velocity` in 0 to 127, as midly gives them.
    pub fn on(&mut self, at: u64, key: u8, velocity: u8) {
        if velocity == 0 {
            return self.off(at, key);
        }
        let velocity = Velocity::clamped(velocity);
        let before = self.sounding[usize::from(key)];
        if let Some(Sounding { note, start, .. }) = before {
            if start == at {
                let note = &mut self.notes[note];
                note.velocity = note.velocity.max(velocity);
                if let Some(sounding) = &mut self.sounding[usize::from(key)] {
                    sounding.doubled += 1;
                }
                return;
            }
            self.end(note, at);
        }
        self.sounding[usize::from(key)] = Some(Sounding {
            note: self.notes.len(),
            start: at,
            retriggered: before.is_some(),
            doubled: 0,
        });
        let start = self.time_base.ticks(at);
        self.notes.push(Note { start, length: Ticks(1), key, velocity });
    }

    pub fn off(&mut self, at: u64, key: u8) {
        let place = &mut self.sounding[usize::from(key)];
        match place {
            Some(sounding) if sounding.retriggered && sounding.start == at => {
                sounding.retriggered = false;
            }
            Some(sounding) if sounding.doubled > 0 && sounding.start == at => {
                sounding.doubled -= 1;
            }
            Some(sounding) => {
                let note = sounding.note;
                *place = None;
                self.end(note, at);
            }
            None => (),
        }
    }

    fn end(&mut self, note: usize, at: u64) {
        let note = &mut self.notes[note];
        note.length = (self.time_base.ticks(at) - note.start).max(Ticks(1));
    }

    /// Ends all that sounds.
    pub fn all_off(&mut self, at: u64) {
        for key in 0..128 {
            if let Some(Sounding { note, .. }) = self.sounding[key].take() {
                self.end(note, at);
            }
        }
    }

    /// The notes in the order of their strokes.
    pub fn finish(mut self, track_end: u64) -> Played {
        let sounding = self.sounding.iter().flatten();
        let hanging: Vec<usize> = sounding.map(|sounding| sounding.note).collect();
        for &note in &hanging {
            self.end(note, track_end);
        }
        Played { notes: self.notes, hanging }
    }
}

/// What one channel of one track plays.
pub(super) struct Played {
    /// In the order of their strokes.
    pub notes: Vec<Note>,
    /// Indices of the notes that nothing ended; they last until their track's end.
    hanging: Vec<usize>,
}

/// A note may sound this many quarters longer than anything else is struck.
const LONGEST_ENDING: u64 = 64;

/// Ends with the music what goes on long after it: notes that nothing ended, and those that were
/// ended more than 64 quarters after the song's last stroke, as sequencers do with notes that got
/// stuck. They end with the last note that ends properly, but last a bar of 4/4 at least, where they
/// were that long.
pub(super) fn end_with_the_music(parts: &mut [&mut Played], ticks_per_quarter: u16) {
    let quarter = u64::from(ticks_per_quarter);
    let notes = || parts.iter().flat_map(|part| &part.notes);
    let Some(last) = notes().map(|note| note.start).max() else { return };
    let latest = last + Ticks(LONGEST_ENDING * quarter);
    let mut end = last + Ticks(1);
    for part in parts.iter() {
        let hangs = hanging(part);
        for (note, hangs) in part.notes.iter().zip(hangs) {
            if !hangs && note.end() <= latest {
                end = end.max(note.end());
            }
        }
    }
    for part in parts {
        let hangs = hanging(part);
        for (note, hangs) in part.notes.iter_mut().zip(hangs) {
            if hangs || note.end() > latest {
                let most = end.max(note.start + Ticks(4 * quarter)) - note.start;
                note.length = note.length.min(most);
            }
        }
    }
}

/// For each note whether it hangs.
fn hanging(part: &Played) -> Vec<bool> {
    let mut hangs = vec![false; part.notes.len()];
    for &note in &part.hanging {
        hangs[note] = true;
    }
    hangs
}

/// Notes as a [`Track`](crate::score::Track) has them after reading: sorted by start and key, one
/// note at a time on a key (two that start together are one, as loud as the louder and as long as the
/// longer; the earlier one ends where the next starts), none shorter than a tick.
pub(super) fn tidy(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort_by_key(|note| (note.start, note.key));
    notes.dedup_by(|next, kept| {
        let same = (next.start, next.key) == (kept.start, kept.key);
        if same {
            kept.velocity = kept.velocity.max(next.velocity);
            kept.length = kept.length.max(next.length);
        }
        same
    });
    let mut next_start = [None; 128];
    for note in notes.iter_mut().rev() {
        let next = &mut next_start[usize::from(note.key & 0x7F)];
        if let Some(next) = *next {
            note.length = note.length.min(next - note.start);
        }
        note.length = note.length.max(Ticks(1));
        *next = Some(note.start);
    }
    notes
}
