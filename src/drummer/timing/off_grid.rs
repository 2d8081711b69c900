//! A song that lies a little behind or ahead of its file's beats all the way through, as files do that were
//! laid over a recording: straight as a machine, but never on the grid.
//!
//! Onsets say where the grid is, but hardly which of its sixteenths are beats. That is told by what is heavy
//! (see `downbeats`) and by what begins on beats and eighths at all.

use super::downbeats::{NEAR as NEAR_STEP, StepNote, Weights};
use super::pickup::step_notes;
use crate::score::{Song, TempoChange, TempoMap, Ticks};

/// Fewer different onsets say nothing.
const FEWEST: usize = 48;
/// Places in a quarter that music is written on, and how much onsets on each say for the quarter to be
/// where it is: beats are struck more often than what lies between them.
const PLACES: [(f64, f64); 7] = [
    (0.0, 1.0),
    (0.25, 0.4),
    (1.0 / 3.0, 0.15),
    (0.5, 0.7),
    (2.0 / 3.0, 0.25),
    (0.75, 0.4),
    (1.0, 1.0),
];
/// How near to such a place an onset is on it, in quarters.
const NEAR: f64 = 0.021;
/// Offsets that are tried: so many parts of a quarter, up to half of one either way. Less than 1/33 of a
/// quarter is feel.
const PARTS: i32 = 96;
const LEAST: i32 = 3;
/// Notes that so small a shift brings onto places are on the file's.
const FEEL: i32 = 1;
/// Offsets that are nearer to each other are one.
const APART: i32 = 5;
/// The share of the onsets that has to be on a place then, and how much more that has to be than on the
/// file's own.
const SHARE: f64 = 0.8;
const MORE: f64 = 0.35;
/// Offsets with nearly as many onsets on a place may be meant as well.
const NEARLY: f64 = 0.1;
/// What speaks for an offset: the weight of the heaviest beat of a bar of four, the share of the notes that
/// begin on beats and eighths, and what onsets on their places are worth. Fitted by logistic regression on
/// 220 songs of `paired` and `mma_synth` whose beats are known: of the four sixteenths of a beat the right
/// one is found in .95 of them (five folds).
const EVIDENCE: [f64; 3] = [1.21, 8.8, 9.56];
/// Notes that are on the file's sixteenths are moved to others only where that is so probable. Whole eighths
/// are for [`super::pickup`] to find: songs that answer the beat are sure of the wrong ones.
const SURE: f64 = 0.9;
const SIXTEENTH: std::ops::RangeInclusive<i32> = 20..=28;

/// An offset, and what speaks for it.
struct Candidate {
    parts: i32,
    /// Logarithm of the odds.
    evidence: f64,
}

/// How far a song's notes lie behind the quarters of its file, in quarters, at most half of one; ahead of
/// them below 0. `None` where they lie on these, or on no others.
pub(super) fn lag(song: &Song) -> Option<f64> {
    let quarter = f64::from(song.ticks_per_quarter());
    let mut starts: Vec<Ticks> =
        song.melodic().flat_map(|track| &track.notes).map(|note| note.start).collect();
    starts.sort_unstable();
    starts.dedup();
    if starts.len() < FEWEST {
        return None;
    }
    let onsets: Vec<f64> = starts.iter().map(|at| at.0 as f64 / quarter).collect();
    let all: Vec<Placed> = (0..PARTS).map(|parts| on_places(&onsets, offset(parts))).collect();
    let at = |parts: i32| &all[parts.rem_euclid(PARTS) as usize];
    let most = all.iter().map(|placed| placed.share).fold(0.0, f64::max);
    if most < SHARE {
        return None;
    }
    let here = (-FEEL..=FEEL).map(|parts| at(parts).share).fold(0.0, f64::max);
    let is_off = most - here >= MORE;
    // The nearest to the file's beats first.
    let mut by_distance: Vec<i32> = (1 - PARTS / 2..=PARTS / 2).collect();
    by_distance.sort_by_key(|parts| parts.abs());
    let mut tried: Vec<i32> = Vec::new();
    for parts in by_distance {
        let is_best = || (-APART..=APART).all(|by| at(parts).near >= at(parts + by).near);
        let apart = |other: &i32| {
            let between = (parts - other).rem_euclid(PARTS);
            between.min(PARTS - between) > APART
        };
        let is_files = parts == 0 && !is_off;
        if (is_files || (at(parts).share >= most - NEARLY && is_best())) && tried.iter().all(apart)
        {
            tried.push(parts);
        }
    }
    let notes = step_notes(song, u64::from(song.ticks_per_quarter()).div_ceil(2));
    let evidence =
        |parts: i32| Some(evidence(&notes, offset(parts))? + EVIDENCE[2] * at(parts).worth);
    let candidates: Vec<Candidate> = tried
        .into_iter()
        .filter_map(|parts| Some(Candidate { parts, evidence: evidence(parts)? }))
        .collect();
    // The first of equals.
    let best = candidates.iter().rev().max_by(|a, b| a.evidence.total_cmp(&b.evidence))?;
    let odds = candidates.iter().map(|other| (other.evidence - best.evidence).exp());
    let is_sure = || odds.sum::<f64>() * SURE <= 1.0 && SIXTEENTH.contains(&best.parts.abs());
    let is_meant = best.parts.abs() >= LEAST && (is_off || is_sure());
    is_meant.then(|| offset(best.parts))
}

fn offset(parts: i32) -> f64 {
    f64::from(parts) / f64::from(PARTS)
}

/// Onsets beside the places of a grid.
struct Placed {
    /// The share that is on a place.
    share: f64,
    /// The same, less the farther they are from it: of those offsets from where all are on places the middle
    /// is best.
    near: f64,
    /// What that is worth.
    worth: f64,
}

/// The onsets if quarters begin so much later.
fn on_places(onsets: &[f64], offset: f64) -> Placed {
    let mut placed = Placed { share: 0.0, near: 0.0, worth: 0.0 };
    let each = 1.0 / onsets.len() as f64;
    for at in onsets {
        let phase = (at - offset).rem_euclid(1.0);
        let off = |place: f64| (phase - place).abs() / NEAR;
        if let Some((place, much)) = PLACES.into_iter().find(|(place, _)| off(*place) <= 1.0) {
            let near = each * (1.0 - 0.5 * off(place));
            placed.share += each;
            placed.near += near;
            placed.worth += much * near;
        }
    }
    placed
}

/// What weight and places of notes, in eighths, say for quarters that begin so much later; `None` if there is
/// too little music.
fn evidence(notes: &[StepNote], offset: f64) -> Option<f64> {
    let first = notes.iter().map(|note| note.start).fold(f64::INFINITY, f64::min) - 2.0 * offset;
    let later = 2.0 * (-first / 2.0).ceil().max(0.0) - 2.0 * offset;
    let moved = notes.iter().map(|note| StepNote { start: note.start + later, ..*note });
    let moved: Vec<StepNote> = moved.collect();
    let weights = Weights::of(&moved, 8, 2)?;
    let heaviest = weights.all.iter().step_by(2).copied().fold(f64::NEG_INFINITY, f64::max);
    let on = moved.iter().filter(|note| (note.start - note.start.round()).abs() <= NEAR_STEP);
    let share = on.count() as f64 / moved.len() as f64;
    Some(EVIDENCE[0] * heaviest + EVIDENCE[1] * share)
}

/// The song with a tempo map whose quarters come so much later (in quarters, more than -1) than the file's,
/// but for the first, which is as much longer. Its notes sound when the source's do.
pub(super) fn on_grid(song: &Song, lag: f64) -> Song {
    let ticks_per_quarter = song.ticks_per_quarter();
    let quarter = u64::from(ticks_per_quarter);
    let late = (lag * quarter as f64).round() as i64;
    // Where the file has the song's second quarter.
    let second = quarter.saturating_add_signed(late).max(1);
    let micros = |quarters: f64| (quarters * 1e6).round().clamp(1.0, f64::from(u32::MAX)) as u32;
    let first = TempoChange {
        at: Ticks(0),
        micros_per_quarter: micros(song.tempo.seconds(Ticks(second)).0),
    };
    let then = TempoChange {
        at: Ticks(quarter),
        micros_per_quarter: micros(60.0 / song.tempo.bpm(Ticks(second)).0),
    };
    let later = song
        .tempo
        .changes()
        .filter(|change| change.at > Ticks(second))
        .map(|change| TempoChange { at: Ticks(change.at.0 - second + quarter), ..change });
    let tempo = TempoMap::new(ticks_per_quarter, [first, then].into_iter().chain(later));
    let mut laid = song.clone();
    for note in laid.tracks.iter_mut().flat_map(|track| &mut track.notes) {
        *note = note.retimed(&song.tempo, &tempo);
    }
    laid.tempo = tempo;
    laid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, Note, Track, TrackKind, Velocity};

    /// Low long notes on the beats, short ones between them, so many ticks of 96 late.
    fn song(late: i64, swung: bool) -> Song {
        let note = |at: u64| {
            let is_beat = at.is_multiple_of(96);
            Note {
                start: Ticks(at.saturating_add_signed(late)),
                length: Ticks(if is_beat { 90 } else { 20 }),
                key: if is_beat { 40 + (at / 384 % 3) as u8 } else { 60 + (at / 48 % 7) as u8 },
                velocity: Velocity::clamped(90),
            }
        };
        let half = if swung { 64 } else { 48 };
        let quarters = (1..80u64).flat_map(|quarter| {
            let more = (quarter % 2 == 0 && !swung).then_some(96 * quarter + 72);
            [96 * quarter, 96 * quarter + half].into_iter().chain(more)
        });
        let notes = quarters.map(note).collect();
        let kind = TrackKind::Melodic { program: 0 };
        let tracks = vec![Track { name: String::new(), kind, notes }];
        Song { tempo: TempoMap::constant(96, Bpm(90.0)), metres: Vec::new(), tracks }
    }

    #[test]
    fn what_lies_behind_or_ahead_throughout_is_found() {
        for late in [-44, -37, -20, -9, -4, 4, 8, 15, 20, 38, 43] {
            for swung in [false, true] {
                let found = lag(&song(late, swung)).unwrap_or(0.0) * 96.0;
                assert!((found - late as f64).abs() <= 2.0, "{late} {swung}: {found}");
            }
        }
        for late in [-2, 0, 2] {
            assert_eq!([false, true].map(|swung| lag(&song(late, swung))), [None; 2], "{late}");
        }
    }

    #[test]
    fn feel_moves_no_song_by_half_a_beat() {
        for late in [46, 50] {
            assert_eq!(lag(&song(late, false)), None, "{late}");
        }
    }

    #[test]
    fn a_sixteenth_late_is_late_and_an_eighth_an_answer() {
        for late in [-24, -22, 24, 26] {
            let found = lag(&song(late, false)).unwrap_or(0.0) * 96.0;
            assert!((found - late as f64).abs() <= 1.0, "{late}: {found}");
        }
        assert_eq!(lag(&song(48, false)), None);
    }

    #[test]
    fn notes_come_to_the_grid_and_sound_when_they_did() {
        for late in [-9, 8] {
            let mut source = song(late, false);
            // A tempo that changes.
            let changes = [(0, 666_667), (960, 500_000), (2000, 700_000)];
            let change =
                |(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter };
            source.tempo = TempoMap::new(96, changes.map(change));
            let laid = on_grid(&source, late as f64 / 96.0);
            let notes = |song: &Song| song.tracks[0].notes.clone();
            for (was, is) in notes(&source).into_iter().zip(notes(&laid)) {
                let off = (is.start.0 as i64 - (was.start.0 as i64 - late)).abs();
                assert!(off <= 1, "{was:?} {is:?}");
                let apart = source.tempo.seconds(was.start).0 - laid.tempo.seconds(is.start).0;
                assert!(apart.abs() < 0.006, "{apart}");
            }
        }
    }
}
