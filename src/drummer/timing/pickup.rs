//! An upbeat that the file does not mark.

use super::downbeats::{NEAR, StepNote, Weights};
use super::lone_melody::Beats;
use crate::score::{Metre, MetreChange, Song, Ticks};

/// How much heavier than the file's bar line another beat has to be. A prototype found a place so
/// heavy in 29 of 325 sequenced songs, half-beats included; by their drums most of these begin with
/// an upbeat, several do not.
const WHOLE_BEAT: f64 = 2.0;
/// The same for a place between two beats, which syncopated songs make heavy.
const HALF_BEAT: f64 = 4.0;

/// The length of the upbeat with which a song begins, where its file has bars from the very start and
/// the notes say surely that bar lines are elsewhere; of a melody alone its rhythm, contour and repetition. `None` where they are right, where the metre
/// changes (files that mark an upbeat do that), or where there are fewer than six bars.
pub fn unmarked_pickup(song: &Song) -> Option<Ticks> {
    if song.metres_in_order().iter().any(|change| change.at > Ticks(0)) {
        return None;
    }
    let metre = first_metre(song);
    let beat = beat_ticks(song);
    // A step is half a beat, or in compound metres an eighth.
    let (step, steps_per_beat) = match metre.is_compound() {
        true => (beat, 3),
        false => (beat / 2, 2),
    };
    let places = usize::from(metre.numerator()) * if metre.is_compound() { 1 } else { 2 };
    if step == 0 || places < 2 * steps_per_beat {
        return None;
    }
    let notes = step_notes(song, step);
    let weights = Weights::of(&notes, places, steps_per_beat)?;
    let (place, _) = weights.heaviest(|_| true);
    let needed = if place % steps_per_beat == 0 { WHOLE_BEAT } else { HALF_BEAT };
    let is_heavier = |weights: &[f64], much: f64| weights[place] - weights[0] > much;
    let is_sure = place > 0
        && is_heavier(&weights.all, needed)
        && weights.parts.iter().all(|part| is_heavier(part, 0.0));
    let found = is_sure.then_some(place);
    match of_one_voice(song, &notes) {
        Some(voice) => {
            let also = found.filter(|place| place % 2 == 0).map(|place| place / 2);
            // A melody that begins with a rest was placed in bars by somebody.
            let begins = notes.first().is_some_and(|first| first.start <= NEAR);
            voice.upbeat(also).filter(|_| begins).map(|beats| Ticks(beats as u64 * beat))
        }
        None => found.map(|place| Ticks(place as u64 * step)),
    }
}

/// The beats of a song in 3/4 or 4/4 that is a melody alone.
fn of_one_voice(song: &Song, notes: &[StepNote]) -> Option<Beats> {
    let metre = first_metre(song);
    let is_known = metre.denominator() == 4 && matches!(metre.numerator(), 3 | 4);
    let is_alone = song.melodic().filter(|track| !track.notes.is_empty()).count() == 1;
    let places = 2 * usize::from(metre.numerator());
    (is_known && is_alone).then(|| Beats::of(notes, places))?
}

/// The notes that are no drums, in steps of so many ticks.
pub(super) fn step_notes(song: &Song, step: u64) -> Vec<StepNote> {
    let in_steps = |ticks: Ticks| ticks.0 as f64 / step as f64;
    let notes = song.melodic().flat_map(|track| &track.notes);
    notes
        .map(|note| StepNote {
            start: in_steps(note.start),
            length: in_steps(note.length),
            key: note.key,
            velocity: note.velocity.get(),
        })
        .collect()
}

/// The song with a first bar of this length, at most a bar of its first metre, before all others.
pub fn with_pickup(song: &Song, length: Ticks) -> Song {
    let metre = first_metre(song);
    let ticks_per_quarter = song.ticks_per_quarter();
    let length = Ticks(length.0 % metre.bar_ticks(ticks_per_quarter).0);
    if length == Ticks(0) {
        return song.clone();
    }
    let mut metres = song.metres_in_order();
    metres.retain(|change| change.at > length);
    metres.insert(0, MetreChange { at: length, metre });
    // A bar that its metre fills, so that its steps are what they are elsewhere.
    let whole = 4 * u64::from(ticks_per_quarter);
    let fitting = [4, 8, 16, 32, 64].into_iter().find_map(|denominator: u8| {
        let notes = length.0 * u64::from(denominator);
        let numerator = u8::try_from(notes / whole).ok()?;
        Metre::new(numerator, denominator).filter(|_| notes.is_multiple_of(whole))
    });
    metres.insert(0, MetreChange { at: Ticks(0), metre: fitting.unwrap_or(metre) });
    Song { metres, ..song.clone() }
}

/// The song with bars of its first metre that begin at these half beats, one or more in order; bars that
/// are longer or shorter than that have metres of their own.
pub(super) fn with_bar_lines(song: &Song, lines: &[usize]) -> Song {
    let (metre, beat) = (first_metre(song), beat_ticks(song));
    let at = |line: usize| Ticks(line as u64 * beat / 2);
    let plain = Song { metres: vec![MetreChange { at: Ticks(0), metre }], ..song.clone() };
    let mut song = with_pickup(&plain, at(lines[0]));
    let mut now = metre;
    for (index, &line) in lines.iter().enumerate() {
        // The last bar is as the others are.
        let next = lines.get(index + 1);
        let beats = next.map_or(metre.numerator(), |next| ((next - line) / 2) as u8);
        let own = Metre::new(beats, metre.denominator()).unwrap_or(metre);
        if own != now {
            song.metres.push(MetreChange { at: at(line), metre: own });
            now = own;
        }
    }
    song
}

/// How long the upbeat is with which a song's bars begin: its first bar where that is shorter than the
/// metre of the second asks for, else nothing.
pub fn marked_pickup(song: &Song) -> Ticks {
    let bars = song.bars();
    if bars.has_pick_up() { bars.bars()[0].length } else { Ticks(0) }
}

/// The song with an upbeat of this length in place of the one that it has, whether marked or not; 0 or
/// a whole bar takes it away. Other changes of metre stay where they are.
pub fn with_other_pickup(song: &Song, length: Ticks) -> Song {
    let old = marked_pickup(song);
    if old == Ticks(0) {
        return with_pickup(song, length);
    }
    let bars = song.bars();
    let metre = bars.bars()[1].metre;
    let mut metres = song.metres_in_order();
    metres.retain(|change| change.at > old);
    metres.insert(0, MetreChange { at: Ticks(0), metre });
    with_pickup(&Song { metres, ..song.clone() }, length)
}

/// The length of a beat by the song's first metre: a note of its denominator.
pub(super) fn beat_ticks(song: &Song) -> u64 {
    let metre = first_metre(song);
    (u64::from(song.ticks_per_quarter()) * 4 / u64::from(metre.denominator())).max(1)
}

/// The metre of a song from its tick 0 on.
pub(super) fn first_metre(song: &Song) -> Metre {
    let metres = song.metres_in_order();
    let first = metres.first().filter(|change| change.at == Ticks(0));
    first.map_or(Metre::COMMON, |change| change.metre)
}
