//! Where the form turns: fills before it, a crash on it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::features::SLOTS;
use super::form::Form;
use super::pattern::{Answer, CELLS};
use crate::score::Lane;

/// The amount from which on every section ends with a fill.
const EVERY_SECTION: f32 = 0.75;

/// The bars that get a fill, in order. `amount` in `[0, 1]`: 0 none; up to 0.75 more and more section
/// ends, the strongest turns first; beyond, phrase ends of eight and then four bars as well.
pub(super) fn places(form: &Form, turn: impl Fn(usize) -> f32, amount: f32) -> Vec<usize> {
    let bars = form.sections.last().map_or(0, |section| section.bars.end);
    let ends: Vec<usize> = form.sections.iter().map(|section| section.bars.end - 1).collect();
    let mut sections: Vec<usize> =
        ends.iter().copied().filter(|&end| end > 0 && end + 1 < bars).collect();
    sections.sort_by(|&a, &b| turn(b + 1).total_cmp(&turn(a + 1)).then(a.cmp(&b)));
    let phrases = |length: usize| -> Vec<usize> {
        let inside = |section: &super::Section| {
            let bars = section.bars.clone();
            (bars.start..bars.end).filter(move |bar| (bar - bars.start + 1).is_multiple_of(length))
        };
        form.sections.iter().flat_map(inside).filter(|end| end + 1 < bars).collect()
    };
    let (eights, fours) = (phrases(8), phrases(4));
    let most = fours.iter().filter(|bar| !sections.contains(bar)).count() as f32;
    let ends = (amount / EVERY_SECTION).min(1.0);
    let inside = (amount - EVERY_SECTION).max(0.0) / (1.0 - EVERY_SECTION);
    let wanted = (sections.len() as f32 * ends + most * inside).round() as usize;
    let mut chosen: Vec<usize> = Vec::new();
    for bar in sections.into_iter().chain(eights).chain(fours) {
        if chosen.len() < wanted && !chosen.contains(&bar) {
            chosen.push(bar);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// A fill over the end of a bar's own pattern. `answer` was asked with the fill flag; `complexity`
/// in `[0, 1]` sets how much of the bar it takes (a quarter, a half, all of it) and how busy it is.
/// Logits, above 0 struck.
pub(super) fn fill(
    answer: &Answer,
    bar: usize,
    own: &[f32],
    slots: usize,
    complexity: f32,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    let from = if complexity <= 0.5 {
        slots * 3 / 4
    } else if complexity < 0.8 {
        slots / 2
    } else {
        0
    };
    let zone = |cell: usize| (from..slots).contains(&(cell % SLOTS));
    let hands = |cell: usize| {
        let lane = Lane::ALL[cell / SLOTS];
        matches!(lane, Lane::Snare | Lane::LowTom | Lane::MidTom | Lane::HighTom)
    };
    // Strokes on drums in the zone: from one a beat to sixteenths without a gap.
    let wanted = (slots - from) as f32 * (0.25 + 0.6 * complexity);
    let most = answer.prior(bar).iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let score = |code: usize, noise: f32| {
        let (mut strokes, mut fresh) = (0.0, 0.0);
        for (cell, logit) in answer.logits(bar, code).enumerate() {
            if logit > 0.0 && zone(cell) && hands(cell) {
                strokes += 1.0;
                fresh += f32::from(own[cell] <= 0.0);
            }
        }
        let likely = (answer.prior(bar)[code] - most).max(-6.0);
        0.35 * likely - (strokes - wanted).abs() / wanted.max(1.0) * 2.0
            + (fresh / wanted.max(1.0)).min(1.0)
            + noise
    };
    let chosen = (0..answer.codes())
        .map(|code| (code, score(code, rng.random_range(0.0..0.5))))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((code, _)) = chosen else { return own.to_vec() };
    let mut logits: Vec<f32> = answer.logits(bar, code).collect();
    for cell in 0..CELLS {
        if !zone(cell) {
            logits[cell] = own[cell];
        }
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::Section;

    fn form() -> Form {
        let section = |label, start, end| Section { label, bars: start..end };
        Form { sections: vec![section(0, 0, 8), section(1, 8, 16), section(0, 16, 24)] }
    }

    #[test]
    fn fills_grow_with_the_amount_and_stronger_turns_come_first() {
        let turn = |bar: usize| if bar == 16 { 1.0 } else { 0.5 };
        assert!(places(&form(), turn, 0.0).is_empty());
        assert_eq!(places(&form(), turn, 0.5), [15]);
        assert_eq!(places(&form(), turn, 0.75), [7, 15]);
        assert_eq!(places(&form(), turn, 1.0), [3, 7, 11, 15, 19]);
        let counts: Vec<usize> =
            (0..=20).map(|i| places(&form(), turn, i as f32 / 20.0).len()).collect();
        assert!(counts.is_sorted());
    }
}
