//! When the dampers fall on what a performance plays, as its pedals have it.

use super::note::PlayedNote;
use super::pedals::{Part, PedalMove, Pedals};
use crate::score::Pedal;

/// How a damper comes to lie on a string from the end of a note on: at once, unless the sustain pedal is
/// half-way down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DamperFall {
    /// For so long, in seconds, it only brushes the string.
    pub brushes: f32,
    /// With this share of its effect, 0 to 1, in the mean.
    pub share: f32,
}

impl DamperFall {
    /// The seconds under the whole damper that take as much from the sound as this one does in so many
    /// seconds from the note's end on; 0 before it.
    pub fn seconds_under(&self, since: f32) -> f32 {
        self.share * since.clamp(0.0, self.brushes) + (since - self.brushes).max(0.0)
    }
}

/// The notes of a performance as the strings have them, part after part: as hard as the soft pedal lets
/// them be struck, each until a damper first touches it or its key is struck again, in whatever part.
pub fn sounding(parts: &[Part]) -> Vec<(PlayedNote, DamperFall)> {
    let notes = || parts.iter().flat_map(|part| &part.notes);
    let moves = parts.iter().flat_map(|part| &part.pedals).map(|moved| moved.at);
    let last = notes().map(|note| note.end).chain(moves).fold(0.0, f64::max);
    let mut strokes: Vec<(u8, f64)> = notes().map(|note| (note.key, note.start)).collect();
    strokes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut found = Vec::with_capacity(strokes.len());
    for Part { notes, pedals, .. } in parts {
        for note in notes {
            let next = strokes.partition_point(|stroke| *stroke <= (note.key, note.start));
            let again = strokes.get(next).filter(|(key, _)| *key == note.key);
            // Pedals that never come up hold no longer than the music goes on.
            let latest = again.map_or(last.max(note.end), |(_, start)| *start);
            found.push(damped(note, pedals, latest));
        }
    }
    found
}

/// A note with the pedals of its part, until its damper has fallen, `latest` at the latest.
fn damped(note: &PlayedNote, pedals: &[PedalMove], latest: f64) -> (PlayedNote, DamperFall) {
    let soft = pedals.iter().rfind(|moved| moved.pedal == Pedal::Soft && moved.at <= note.start);
    let mut feet = Pedals::default();
    feet.set(Pedal::Soft, soft.map_or(0, |moved| moved.value));
    let velocity = feet.softened(note.velocity);
    let released = let_go(note, pedals, latest).min(latest);
    // How far the integral of the dampers' share has come, since when, and what it is.
    let (mut at, mut touched, mut lost) = (released, None, 0.0);
    let moves = pedals.iter().filter(|moved| moved.pedal == Pedal::Sustain && moved.at < latest);
    for (moment, value) in moves.map(|moved| (moved.at, moved.value)).chain([(latest, 0)]) {
        if moment > at {
            let share = f64::from(feet.damping());
            if share >= 1.0 {
                break;
            }
            if share > 0.0 {
                touched = touched.or(Some(at));
            }
            lost += share * (moment - at);
            at = moment;
        }
        feet.set(Pedal::Sustain, value);
        // Up for no time at all is up: a program changes pedals so.
        if moment > released && feet.is_up() {
            break;
        }
    }
    let end = touched.unwrap_or(at);
    let brushes = at - end;
    let share = if brushes > 0.0 { lost / brushes } else { 0.0 };
    let fall = DamperFall { brushes: brushes as f32, share: share as f32 };
    (PlayedNote { end, velocity, ..*note }, fall)
}

/// When neither its key nor the sostenuto pedal holds a note any more.
fn let_go(note: &PlayedNote, pedals: &[PedalMove], latest: f64) -> f64 {
    let (mut was_down, mut caught) = (false, false);
    for moved in pedals.iter().filter(|moved| moved.pedal == Pedal::Sostenuto) {
        let is_down = moved.value >= Pedal::DOWN;
        if moved.at >= note.end && !caught {
            break;
        }
        if !is_down && moved.at >= note.end {
            return moved.at;
        }
        caught = is_down && (caught || !was_down && moved.at >= note.start);
        was_down = is_down;
    }
    if caught { latest } else { note.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: f64, end: f64) -> PlayedNote {
        PlayedNote { start, end, key: 60, velocity: 80 }
    }

    /// A note from the first second to the second, with pedals: when which is moved, and how far down.
    fn with(moves: &[(f64, Pedal, u8)]) -> (PlayedNote, DamperFall) {
        let pedals = moves.iter().map(|&(at, pedal, value)| PedalMove { at, pedal, value });
        // Another key sounds on, so that the music does.
        let notes = vec![note(1.0, 2.0), PlayedNote { key: 40, ..note(0.0, 9.0) }];
        sounding(&[Part { notes, pedals: pedals.collect(), ..Part::default() }])[0]
    }

    #[test]
    fn notes_end_where_a_damper_touches_them() {
        let (sustain, at_once) = (Pedal::Sustain, DamperFall::default());
        let end = |moves: &[(f64, Pedal, u8)]| {
            let (note, fall) = with(moves);
            assert_eq!(fall, at_once);
            note.end
        };
        assert_eq!(end(&[]), 2.0);
        assert_eq!(end(&[(0.5, sustain, 127), (4.0, sustain, 0)]), 4.0);
        // Down as the key comes up; up and down between two chords; forgotten; too late.
        assert_eq!(end(&[(2.0, sustain, 64), (4.0, sustain, 20)]), 4.0);
        assert_eq!(
            end(&[(0.5, sustain, 127), (3.0, sustain, 0), (3.0, sustain, 127), (4.0, sustain, 0)]),
            3.0
        );
        assert_eq!(end(&[(0.5, sustain, 127)]), 9.0);
        assert_eq!(end(&[(2.1, sustain, 127), (4.0, sustain, 0)]), 2.0);
    }

    #[test]
    fn a_half_pedal_brushes_the_string() {
        let sustain = Pedal::Sustain;
        // Half-way between lying on it and not touching it: an eighth of the damper.
        let (note, fall) = with(&[(0.5, sustain, 44), (4.0, sustain, 0)]);
        assert_eq!((note.end, fall), (2.0, DamperFall { brushes: 2.0, share: 0.125 }));
        assert_eq!(
            [-1.0, 0.0, 1.0, 2.0, 3.0].map(|at| fall.seconds_under(at)),
            [0.0, 0.0, 0.125, 0.25, 1.25]
        );
        // It holds at first, brushes for a second, and holds again: all that is lost is lost by the end.
        let (note, fall) = with(&[
            (0.5, sustain, 127),
            (3.0, sustain, 44),
            (4.0, sustain, 127),
            (5.0, sustain, 0),
        ]);
        assert_eq!((note.end, fall), (3.0, DamperFall { brushes: 2.0, share: 0.0625 }));
    }

    #[test]
    fn the_sostenuto_pedal_holds_and_the_soft_one_softens() {
        let (sostenuto, soft) = (Pedal::Sostenuto, Pedal::Soft);
        let end = |moves: &[(f64, Pedal, u8)]| with(moves).0.end;
        assert_eq!(end(&[(1.5, sostenuto, 127), (3.0, sostenuto, 0)]), 3.0);
        // Down before the key or after it, and up before it, it catches nothing.
        assert_eq!(end(&[(0.5, sostenuto, 127), (3.0, sostenuto, 0)]), 2.0);
        assert_eq!(end(&[(2.0, sostenuto, 127), (3.0, sostenuto, 0)]), 2.0);
        assert_eq!(end(&[(1.2, sostenuto, 127), (1.8, sostenuto, 0)]), 2.0);
        assert_eq!(with(&[(0.5, soft, 127)]).0.velocity, 64);
        assert_eq!(with(&[(0.5, soft, 127), (0.9, soft, 0), (1.5, soft, 127)]).0.velocity, 80);
    }

    #[test]
    fn a_key_struck_again_ends_the_note_and_another_part_holds_nothing() {
        let part = |notes: Vec<PlayedNote>, down: &[f64]| {
            let moved = |&at: &f64| PedalMove { at, pedal: Pedal::Sustain, value: 127 };
            Part { notes, pedals: down.iter().map(moved).collect(), ..Part::default() }
        };
        let ends = |parts: &[Part]| -> Vec<f64> {
            sounding(parts).into_iter().map(|(note, _)| note.end).collect()
        };
        let again = part(vec![note(0.0, 0.5), note(1.0, 1.5)], &[0.0]);
        assert_eq!(ends(&[again]), [1.0, 1.5]);
        let other = part(vec![PlayedNote { key: 50, ..note(0.0, 4.0) }], &[0.0]);
        assert_eq!(ends(&[part(vec![note(0.0, 0.5)], &[]), other]), [0.5, 4.0]);
    }
}
