//! What the pitch network is shown of a note: the notes before, the place in bar and phrase, what
//! was played at that place before, the key, the range, who plays, and the harmony if there is one.

use super::drums::{DrumBars, most_similar};
use super::key::{Key, Range};
use super::line::{LineNote, MelodyLine, State};
use super::rhythm::one_hot;
use crate::score::{GridKind, Song, Ticks};

/// Pitches are told from two octaves below the centre of the range to two above.
pub const PITCHES: usize = 49;
/// The centre.
const MIDDLE: i16 = 24;
const LAGS: [usize; 4] = [1, 2, 4, 8];
/// Notes before that are shown by degree, behind the two that are shown by pitch.
const EARLIER: usize = 6;
/// Bins of durations begin at these shares of a quarter.
const DURATIONS: [f32; 8] = [0.0, 0.3, 0.45, 0.7, 0.9, 1.4, 1.9, 2.6];

const LAST: usize = 2 * PITCHES + EARLIER * 13;
const KEY: usize = 12 + 2;
const LENGTHS: usize = 2 * DURATIONS.len() + 2;
const PLACE: usize = 5 + 8 + 14 + 4;
const REPEATS: usize = (LAGS.len() + 1) * 16;
const PLAYER: usize = 16 + 3;
const HARMONY: usize = 12 + 12 + 1;

/// Numbers in a row.
pub const PITCH_FEATURES: usize = LAST + KEY + LENGTHS + PLACE + REPEATS + PLAYER + HARMONY;
/// The last so many columns tell of the harmony.
pub const HARMONY_COLUMNS: usize = HARMONY;

/// What a melody is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// What key it is in.
    pub key: Key,
    /// Between which notes it stays.
    pub range: Range,
    /// General MIDI program, 0 to 127.
    pub program: u8,
}

impl Voice {
    /// A MIDI key by its place among the [`PITCHES`].
    pub fn place(self, key: u8) -> Option<usize> {
        let place = i16::from(key) - i16::from(self.range.centre(self.key.tonic)) + MIDDLE;
        usize::try_from(place).ok().filter(|&place| place < PITCHES)
    }

    /// The MIDI key of a place.
    pub fn at(self, place: usize) -> Option<u8> {
        let key = place as i16 - MIDDLE + i16::from(self.range.centre(self.key.tonic));
        u8::try_from(key).ok().filter(|&key| key < 128)
    }
}

/// The sounding pitch classes of the other tracks, by slot.
pub struct Harmony {
    /// By slot: of all notes, and of the lowest one. Empty where nothing sounds.
    slots: Vec<(u16, u16)>,
}

impl Harmony {
    /// That of the melodic tracks of a song but for `without`, on the slots of `drums`.
    pub fn of(song: &Song, without: Option<usize>, drums: &DrumBars) -> Harmony {
        let mut slots = vec![(0u16, 0u16); drums.slots()];
        let mut lowest = vec![u8::MAX; drums.slots()];
        let scale = |at: Ticks| {
            let (from, to) = (song.ticks_per_quarter(), drums.bars.ticks_per_quarter());
            Ticks(at.0 * u64::from(to) / u64::from(from))
        };
        for (index, track) in song.tracks.iter().enumerate() {
            if track.is_drums() || Some(index) == without {
                continue;
            }
            for note in &track.notes {
                let Some(first) = drums.slot(scale(note.start)) else { continue };
                let last = drums.slot(scale(note.end())).unwrap_or(drums.slots());
                let class = 1 << (note.key % 12);
                for slot in first..last.max(first + 1).min(drums.slots()) {
                    slots[slot].0 |= class;
                    if note.key < lowest[slot] {
                        lowest[slot] = note.key;
                        slots[slot].1 = class;
                    }
                }
            }
        }
        Harmony { slots }
    }

    /// The pitch classes under a note, from its first slot to its last: shares of its time.
    fn under(&self, note: &LineNote) -> ([f32; 12], [f32; 12]) {
        let (mut all, mut low) = ([0.0; 12], [0.0; 12]);
        let slots = &self.slots[note.slot..(note.slot + note.length).min(self.slots.len())];
        let share = 1.0 / slots.len().max(1) as f32;
        for (classes, bass) in slots {
            for class in 0..12 {
                all[class] += share * f32::from(classes >> class & 1);
                low[class] += share * f32::from(bass >> class & 1);
            }
        }
        (all, low)
    }

    /// How much of a note's time its pitch class sounds in the other tracks, and how much of it
    /// anything does.
    pub fn agreement(&self, note: &LineNote) -> (f32, f32) {
        let (all, low) = self.under(note);
        (all[usize::from(note.key % 12)], low.iter().sum())
    }

    /// The pitch class on which the chord under a note stands, 0 (C) to 11; `None` where nothing sounds.
    /// Of the note its key does not matter.
    pub(super) fn root(&self, note: &LineNote) -> Option<u8> {
        let (all, low) = self.under(note);
        let worth = |class: usize| {
            let above = |semitones: usize| all[(class + semitones) % 12];
            let third = above(3).max(above(4));
            all[class] + FIFTH * above(7) + THIRD * third + BASS * low[class]
        };
        let classes = (0..12).filter(|&class| all[class] > 0.0);
        classes.max_by(|&a, &b| worth(a).total_cmp(&worth(b))).map(|class| class as u8)
    }
}

/// How much of a root its chord says by a fifth above it, a third and the lowest note.
const FIFTH: f32 = 1.0;
const THIRD: f32 = 0.5;
const BASS: f32 = 0.6;

/// Makes rows for the notes of one melody, whose rhythm is known.
pub struct PitchRows<'a> {
    drums: &'a DrumBars,
    notes: Vec<LineNote>,
    /// By slot, the note that begins there.
    at: Vec<Option<usize>>,
    /// By bar, those that are shown: [`LAGS`], and the one whose rhythm is most alike.
    shown: Vec<[Option<usize>; LAGS.len() + 1]>,
    /// The first and the last bar with notes.
    sung: (usize, usize),
}

impl PitchRows<'_> {
    /// Of the line only its rhythm is looked at.
    pub fn new<'a>(line: &MelodyLine, drums: &'a DrumBars) -> PitchRows<'a> {
        let notes = line.notes();
        let mut at = vec![None; drums.slots()];
        for (index, note) in notes.iter().enumerate() {
            at[note.slot] = Some(index);
        }
        let similarity = |a: usize, b: usize| {
            let (mut same, mut all) = (0, 0);
            for slot in drums.of_bar(a) {
                let here = line.states[slot] == State::Onset;
                let there = line.states[drums.counterpart(slot, a, b)] == State::Onset;
                same += usize::from(here && there);
                all += usize::from(here || there);
            }
            if all == 0 { 1.0 } else { same as f32 / all as f32 }
        };
        let shown = (0..drums.len())
            .map(|bar| {
                let [a, b, c, d] = LAGS.map(|lag| bar.checked_sub(lag));
                [a, b, c, d, most_similar(bar, drums.len(), similarity).map(|(other, _)| other)]
            })
            .collect();
        let bar = |note: Option<&LineNote>| note.map_or(0, |note| drums.bar_of(note.slot));
        let sung = (bar(notes.first()), bar(notes.last()));
        PitchRows { drums, notes, at, shown, sung }
    }

    /// The notes; their keys are those of the line.
    pub fn notes(&self) -> &[LineNote] {
        &self.notes
    }

    /// Appends the [`PITCH_FEATURES`] of a note to `row`. `keys` are those of the notes before it.
    pub fn push(
        &self,
        row: &mut Vec<f32>,
        keys: &[u8],
        index: usize,
        voice: Voice,
        harmony: Option<&Harmony>,
    ) {
        let (drums, note) = (self.drums, self.notes[index]);
        let bar = drums.bar_of(note.slot);
        let slots = drums.of_bar(bar);
        let flag = |is: bool| f32::from(u8::from(is));
        let before = |back: usize| index.checked_sub(back).map(|at| keys[at]);
        let relative = |key: u8| {
            let centre = i16::from(voice.range.centre(voice.key.tonic));
            f32::from(i16::from(key) - centre) / 24.0
        };

        for back in 1..=2 {
            one_hot(row, before(back).and_then(|key| voice.place(key)), PITCHES);
        }
        for back in 3..3 + EARLIER {
            let key = before(back);
            one_hot(row, key.map(|key| usize::from(voice.key.degree(key))), 12);
            row.push(key.map_or(0.0, relative));
        }

        row.extend((0..12).map(|degree| flag(voice.key.scale.has(degree))));
        row.extend([voice.key.scale.is_minor(), !voice.key.scale.is_minor()].map(flag));

        let quarter = f32::from(drums.bars.ticks_per_quarter());
        let bin = |from: usize, to: usize| {
            let quarters = (drums.tick(to) - drums.tick(from)).0 as f32 / quarter;
            Some(DURATIONS.partition_point(|&least| least <= quarters).max(1) - 1)
        };
        let end = note.slot + note.length;
        one_hot(row, bin(note.slot, end), DURATIONS.len());
        let since = index.checked_sub(1).map(|at| self.notes[at].slot);
        one_hot(row, since.and_then(|slot| bin(slot, note.slot)), DURATIONS.len());
        let next = self.notes.get(index + 1).map_or(drums.slots(), |note| note.slot);
        let grid = drums.grids[bar];
        row.push(flag(next >= end + grid.steps_per_beat / 2));
        row.push(flag(next >= end + grid.steps_per_beat * 2));

        let step = note.slot - slots.start;
        let inside = step % grid.steps_per_beat;
        let half = grid.steps_per_beat.is_multiple_of(2) && inside * 2 == grid.steps_per_beat;
        let level = match step {
            0 => 0,
            step if step * 2 == grid.steps && grid.kind == GridKind::Straight => 1,
            _ if inside == 0 => 2,
            _ if half => 3,
            _ => 4,
        };
        one_hot(row, Some(level), 5);
        one_hot(row, Some((step / grid.steps_per_beat).min(7)), 8);
        let at = bar - self.sung.0;
        for period in [2, 4, 8] {
            one_hot(row, Some(at % period), period);
        }
        row.push((-((self.sung.1 - bar) as f32) / 4.0).exp());
        row.push(flag(index + 1 == self.notes.len()));
        row.push(flag(next >= slots.end));
        let next_bar = if next < drums.slots() { drums.bar_of(next) } else { drums.len() };
        row.push(flag(next_bar != bar && (next_bar - self.sung.0) / 4 > at / 4));

        for shown in &self.shown[bar] {
            let Some(other) = *shown else {
                row.extend([0.0; 16]);
                continue;
            };
            let there = self.at[drums.counterpart(note.slot, bar, other)];
            let key = there.map(|there| keys[there]);
            one_hot(row, key.map(|key| usize::from(voice.key.degree(key))), 12);
            row.push(key.map_or(0.0, relative));
            row.push(flag(key.is_some()));
            let (mut same, mut all) = (0, 0);
            for earlier in (0..index).rev() {
                let slot = self.notes[earlier].slot;
                if slot < slots.start {
                    break;
                }
                all += 1;
                let there = self.at[drums.counterpart(slot, bar, other)];
                same += usize::from(there.is_some_and(|there| keys[there] == keys[earlier]));
            }
            row.push(if all == 0 { 0.5 } else { same as f32 / all as f32 });
            row.push(flag(all > 0 && same == all));
        }

        one_hot(row, Some(usize::from(voice.program / 8)), 16);
        row.extend([relative(voice.range.low()), relative(voice.range.high())]);
        let width = f32::from(voice.range.high() - voice.range.low());
        row.push(
            before(1).map_or(0.5, |key| (f32::from(key) - f32::from(voice.range.low())) / width),
        );

        match harmony.map(|harmony| harmony.under(&note)) {
            Some((all, low)) => {
                let turned = |classes: [f32; 12]| {
                    (0..12).map(move |d| classes[(usize::from(voice.key.tonic) + d) % 12])
                };
                row.extend(turned(all).chain(turned(low)));
                row.push(1.0);
            }
            None => row.extend([0.0; HARMONY]),
        }
    }
}
