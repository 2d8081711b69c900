//! Fills: where the form turns, and how long they are. What is played there is chosen (see the
//! `choose` file) among fills that people play (`library`).

mod choose;
mod library;

pub(super) use choose::{Chooser, FillHit, Site};
pub use library::FillLibrary;

use super::form::Form;
use crate::score::StepGrid;

/// The amount from which on every section ends with a fill.
const EVERY_SECTION: f32 = 0.75;

/// Seconds between two turns of the form at least: four bars of a quick tune are a phrase of a section.
const APART: f64 = 6.0;

/// The last bars of sections where the form turns, the strongest turns first. `seconds`: when a bar
/// begins. Of turns that follow each other quickly the stronger one counts.
pub(super) fn turns(
    form: &Form,
    turn: impl Fn(usize) -> f32,
    seconds: impl Fn(usize) -> f64,
) -> Vec<usize> {
    let bars = form.sections.last().map_or(0, |section| section.bars.end);
    let ends = form.sections.iter().map(|section| section.bars.end - 1);
    let mut ends: Vec<usize> = ends.filter(|&end| end > 0 && end + 1 < bars).collect();
    ends.sort_by(|&a, &b| turn(b + 1).total_cmp(&turn(a + 1)).then(a.cmp(&b)));
    let mut kept: Vec<usize> = Vec::with_capacity(ends.len());
    for end in ends {
        let far = |&other: &usize| (seconds(other + 1) - seconds(end + 1)).abs() >= APART;
        if kept.iter().all(far) {
            kept.push(end);
        }
    }
    kept
}

/// The bars that get a fill, in order. `amount` in `[0, 1]`: 0 none; up to 0.75 more and more of the
/// [`turns`], the strongest first; beyond, phrase ends of eight and then four bars as well, counted
/// from behind the `before` bars that lead to the song.
pub(super) fn places(form: &Form, turns: &[usize], amount: f32, before: usize) -> Vec<usize> {
    let bars = form.sections.last().map_or(0, |section| section.bars.end);
    let phrases = |length: usize| -> Vec<usize> {
        let ends = |bar: &usize| {
            let place = form.phrase_place(*bar, before);
            place.is_some_and(|place| (place + 1).is_multiple_of(length))
        };
        (0..bars).filter(ends).filter(|end| end + 1 < bars).collect()
    };
    let (eights, fours) = (phrases(8), phrases(4));
    let most = fours.iter().filter(|bar| !turns.contains(bar)).count() as f32;
    let ends = (amount / EVERY_SECTION).min(1.0);
    let inside = (amount - EVERY_SECTION).max(0.0) / (1.0 - EVERY_SECTION);
    let wanted = (turns.len() as f32 * ends + most * inside).round() as usize;
    let mut chosen: Vec<usize> = Vec::new();
    for bar in turns.iter().copied().chain(eights).chain(fours) {
        if chosen.len() < wanted && !chosen.contains(&bar) {
            chosen.push(bar);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// How many steps from its end a fill takes of a bar: a beat up to all of it. `complexity` in
/// `[0, 1]`, and `turn`, how strongly the form turns here beside its other turns, in `[0, 1]`.
pub(super) fn length(grid: &StepGrid, complexity: f32, turn: f32) -> usize {
    let (steps, beat) = (grid.steps, grid.steps_per_beat.min(grid.steps));
    let beats = (steps / beat).max(1);
    // An odd bar (7/8) keeps its rest with its last beat.
    let last = beat + steps % beat;
    // Squared, so that up to the middle a beat is enough but for the strongest turns: longer fills cost
    // more of the form than they show.
    let share = 0.05 + 0.9 * complexity * complexity + 0.4 * (turn - 0.5) * (1.0 - complexity);
    let more = (share * beats as f32).round() as usize;
    (last + more.saturating_sub(1).min(beats - 1) * beat).min(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::Section;
    use crate::score::Metre;

    fn form() -> Form {
        let section = |label, start, end| Section { label, bars: start..end };
        Form { sections: vec![section(0, 0, 8), section(1, 8, 16), section(0, 16, 24)] }
    }

    #[test]
    fn fills_grow_with_the_amount_and_stronger_turns_come_first() {
        let turn = |bar: usize| if bar == 16 { 1.0 } else { 0.5 };
        let turns = turns(&form(), turn, |bar| 2.0 * bar as f64);
        let places = |amount| places(&form(), &turns, amount, 0);
        assert!(places(0.0).is_empty());
        assert_eq!(places(0.5), [15]);
        assert_eq!(places(0.75), [7, 15]);
        assert_eq!(places(1.0), [3, 7, 11, 15, 19]);
        let counts: Vec<usize> = (0..=20).map(|i| places(i as f32 / 20.0).len()).collect();
        assert!(counts.is_sorted());
    }

    #[test]
    fn turns_that_follow_each_other_quickly_are_one() {
        let turn = |bar: usize| if bar == 16 { 1.0 } else { 0.5 };
        assert_eq!(turns(&form(), turn, |bar| 0.5 * bar as f64), [15]);
    }

    #[test]
    fn fills_take_whole_beats_up_to_the_bar() {
        let of = |numerator, denominator, complexity, turn| {
            let metre = Metre::new(numerator, denominator).unwrap();
            length(&StepGrid::for_metre(metre, false), complexity, turn)
        };
        assert_eq!([0.0, 0.5, 1.0].map(|complexity| of(4, 4, complexity, 0.5)), [4, 4, 16]);
        assert_eq!([0.0, 1.0].map(|turn| of(4, 4, 0.5, turn)), [4, 8]);
        assert_eq!([of(3, 4, 0.5, 0.5), of(6, 8, 0.5, 0.5), of(7, 8, 0.0, 0.5)], [4, 6, 6]);
        assert_eq!([of(2, 4, 1.0, 1.0), of(1, 4, 1.0, 1.0)], [8, 4]);
    }
}
