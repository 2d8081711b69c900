//! Breaks that lead nowhere.
//!
//! A break ends a section, or the song stops for it. Where expected F1 leaves next to nothing of a bar
//! within a section (in 5/4 and 2/4, of which the network has heard little, of every fourth), the drummer
//! plays on as in the bars around.

use super::bar_pattern::{Pattern, is_break, keeps_time};
use super::form::Form;
use crate::score::StepGrid;

/// Bars on either side whose groove is played on.
const AROUND: usize = 4;

/// Has groups that are breaks play what is most often around them, where most of their bars are between two
/// that keep the time, within a section and while the song goes on. `grids` and `goes_on` by bar.
pub(super) fn play_on(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    grids: &[StepGrid],
    goes_on: impl Fn(usize) -> bool,
) {
    let keeps: Vec<bool> =
        groups.iter().zip(grids).map(|(&group, grid)| keeps_time(&patterns[group], grid)).collect();
    let is_inside = |&bar: &usize| {
        let before = bar.checked_sub(1).is_some_and(|before| keeps[before]);
        let behind = keeps.get(bar + 1).is_some_and(|&keeps| keeps);
        before && behind && form.place(bar)[1] > 0 && goes_on(bar)
    };
    for group in 0..patterns.len() {
        let bars: Vec<usize> = (0..groups.len()).filter(|&bar| groups[bar] == group).collect();
        let Some(&first) = bars.first() else { continue };
        let inside = bars.iter().copied().filter(is_inside).count();
        if !is_break(&patterns[group], &grids[first]) || 2 * inside <= bars.len() {
            continue;
        }
        let mut near = vec![0usize; patterns.len()];
        for &bar in &bars {
            for other in bar.saturating_sub(AROUND)..(bar + AROUND + 1).min(groups.len()) {
                let same = form.section_at(other) == form.section_at(bar)
                    && grids[other].steps == grids[bar].steps;
                near[groups[other]] += usize::from(same && keeps[other]);
            }
        }
        let donor = (0..near.len()).filter(|&donor| near[donor] > 0).max_by_key(|&d| near[d]);
        if let Some(donor) = donor {
            patterns[group] = patterns[donor].clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::Section;
    use crate::drummer::bar_pattern::tests::pattern;
    use crate::score::{Lane, Metre};

    #[test]
    fn a_break_within_a_section_is_none_where_the_song_goes_on() {
        let groove = [0, 4, 8, 12, 16].map(|slot| (Lane::ClosedHat, slot));
        let both = [pattern(&groove), pattern(&[(Lane::Kick, 0)])];
        let grid = StepGrid::for_metre(Metre::new(5, 4).unwrap(), false);
        // Whether the second of the groups becomes the first.
        let plays_on = |groups: &[usize], rests: &[usize]| {
            let form = Form { sections: vec![Section { label: 0, bars: 0..groups.len() }] };
            let mut patterns = both.clone();
            let grids = vec![grid; groups.len()];
            play_on(&mut patterns, groups, &form, &grids, |bar| !rests.contains(&bar));
            patterns[1].logits == both[0].logits
        };
        assert!(plays_on(&[0, 0, 0, 1, 0, 0, 0, 0], &[]));
        assert!(plays_on(&[0, 1, 0, 1, 0, 0, 0, 1], &[]));
        assert!(!plays_on(&[0, 0, 0, 1, 0, 0, 0, 0], &[3]), "the song stops");
        assert!(!plays_on(&[0, 0, 0, 0, 0, 0, 0, 1], &[]), "it ends the section");
        assert!(!plays_on(&[1, 1, 1, 1, 0, 0, 0, 0], &[]), "the drums come in");
    }
}
