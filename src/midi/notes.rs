//! From key strokes to notes: what one track plays on one channel.

use crate::score::{Note, Ticks, Velocity};

use super::container::TimeBase;

/// Pairs the note-ons and note-offs of one channel of one track.
///
/// - A key that is struck again while it sounds ends there and begins anew.
/// - A note-off ends what sounds; without a sounding note it means nothing. One at the very tick
///   where the key was struck anew belongs to the note before, which had already ended.
/// - A key struck twice at one tick is one note, as loud as the louder.
/// - What still sounds at the end of the track ends there.
/// - No note is shorter than a tick.
pub(super) struct Strokes {
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
}

impl Strokes {
    pub fn new(time_base: TimeBase) -> Strokes {
        Strokes { time_base, notes: Vec::new(), sounding: Box::new([None; 128]) }
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
                return;
            }
            self.end(note, at);
        }
        self.sounding[usize::from(key)] =
            Some(Sounding { note: self.notes.len(), start: at, retriggered: before.is_some() });
        let start = self.time_base.ticks(at);
        self.notes.push(Note { start, length: Ticks(1), key, velocity });
    }

    pub fn off(&mut self, at: u64, key: u8) {
        let place = &mut self.sounding[usize::from(key)];
        match place {
            Some(sounding) if sounding.retriggered && sounding.start == at => {
                sounding.retriggered = false;
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

    /// The notes, sorted by start and key, with what still sounds ended at the track's end.
    pub fn finish(mut self, track_end: u64) -> Vec<Note> {
        for Sounding { note, .. } in self.sounding.into_iter().flatten() {
            self.end(note, track_end);
        }
        tidy(self.notes)
    }
}

/// Notes as a [`Track`](crate::score::Track) has them after reading: sorted by start and key, one
/// note at a time on a key (the louder of two that start together; the earlier one ends where the
/// next starts), none shorter than a tick.
pub(super) fn tidy(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort_by_key(|note| (note.start, note.key, std::cmp::Reverse(note.velocity)));
    notes.dedup_by_key(|note| (note.start, note.key));
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
