//! Bar selection: which other bars tell most about a bar.
//!
//! Wei et al. (ISMIR 2019), section 3.3: for each bar the seven nearest in the drum SSM, where 0.001
//! a bar of distance lets near bars win ties, each weighted by 1 - distance clipped to `[0, 1]`.

use crate::analysis::Ssm;

/// Bars heard for each bar: itself first, then the seven most relevant.
pub const SELECTED: usize = 8;

/// The bars from which one bar's pattern is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    pub bars: [usize; SELECTED],
    /// In `[0, 1]`; 1 for the bar itself, 0 where the song has too few bars.
    pub weights: [f32; SELECTED],
}

/// The selection of every bar, from the drum SSM (similarities in `[0, 1]`).
pub fn select(ssm: &Ssm) -> Vec<Selection> {
    let bars = ssm.bars();
    (0..bars)
        .map(|bar| {
            let row = ssm.row(bar);
            let distance = |other: usize| 1.0 - row[other] + 0.001 * other.abs_diff(bar) as f32;
            let mut others: Vec<usize> = (0..bars).filter(|&other| other != bar).collect();
            let nearest = others.len().min(SELECTED - 1);
            if nearest < others.len() {
                others
                    .select_nth_unstable_by(nearest, |&a, &b| distance(a).total_cmp(&distance(b)));
                others.truncate(nearest);
            }
            others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
            let mut selection = Selection { bars: [bar; SELECTED], weights: [0.0; SELECTED] };
            selection.weights[0] = 1.0;
            for (place, &other) in others.iter().enumerate() {
                selection.bars[place + 1] = other;
                selection.weights[place + 1] = row[other].clamp(0.0, 1.0);
            }
            selection
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_bars_come_first_and_near_ones_win_ties() {
        let ssm = Ssm::from_pairs(12, |a, b| if a == 0 && b == 11 { 0.9 } else { 0.5 });
        let first = select(&ssm)[0];
        assert_eq!(first.bars, [0, 11, 1, 2, 3, 4, 5, 6]);
        assert_eq!(first.weights[..3], [1.0, 0.9, 0.5]);
    }

    #[test]
    fn short_songs_select_what_there_is() {
        assert_eq!(select(&Ssm::from_pairs(0, |_, _| 0.0)), []);
        let only = select(&Ssm::from_pairs(1, |_, _| 0.0))[0];
        assert_eq!(only.weights, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
