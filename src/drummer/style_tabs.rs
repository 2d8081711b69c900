//! The bars of styles that were written for Drumlin, in drum tablature: `assets/style_tabs.txt`. What people
//! played for a dataset has neither waltzes nor 6/8, hardly a march, and no reggae at the tempo of ska.

use std::sync::LazyLock;

use super::features::SLOTS;
use super::settings::Style;
use super::style_grooves::Cells;
use crate::score::{DrumTab, StepGrid};

/// A bar of a style.
pub(super) struct StyleTab {
    pub style: Style,
    pub grid: StepGrid,
    /// From how many to how many beats a minute it is played.
    pub bpm: [f32; 2],
    pub cells: Cells,
}

/// All bars.
pub(super) fn style_tabs() -> &'static [StyleTab] {
    static TABS: LazyLock<Vec<StyleTab>> = LazyLock::new(|| {
        read(include_str!("../../assets/style_tabs.txt")).expect("a test reads the same text")
    });
    &TABS
}

/// Reads headings, `[style slowest-quickest]`, and the bars below them; the error is a line that is neither.
fn read(text: &str) -> Result<Vec<StyleTab>, String> {
    let mut tabs = Vec::new();
    let mut heading = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            heading = Some(of_heading(line).ok_or(line)?);
            continue;
        }
        let (style, bpm) = heading.ok_or(line)?;
        let tab: DrumTab = line.parse().map_err(|error| format!("{line}: {error}"))?;
        let grid = tab.grid();
        if grid.steps > SLOTS {
            return Err(format!("{line}: more than {SLOTS} steps"));
        }
        let cells =
            tab.strokes.iter().map(|stroke| (stroke.lane.index() * SLOTS + stroke.step) as u16);
        let cells = cells.collect();
        tabs.push(StyleTab { style, grid, bpm, cells });
    }
    Ok(tabs)
}

fn of_heading(line: &str) -> Option<(Style, [f32; 2])> {
    let (style, tempi) = line.strip_prefix('[')?.strip_suffix(']')?.split_once(' ')?;
    let (slowest, quickest) = tempi.split_once('-')?;
    Some((Style::named(style)?, [slowest.parse().ok()?, quickest.parse().ok()?]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::limbs::Limbs;
    use crate::score::{Lane, Metre};

    #[test]
    fn headings_and_bars_are_read() {
        let tabs = read("# words\n[hip-hop 60-90]\nHH x-x- | SD ---- \n").unwrap();
        assert_eq!((tabs[0].style, tabs[0].bpm), (Style::HipHop, [60.0, 90.0]));
        assert_eq!(tabs[0].cells.len(), 2);
        assert!(read("HH x-x-").is_err(), "no style");
        assert!(read("[polka 60-90]").is_err() && read("[rock 60]").is_err());
        assert!(read("[rock 60-90]\nHH x-x- | SD x-").is_err());
        let long = format!("[rock 60-90]\nHH{}", " x-x-".repeat(7));
        assert!(read(&long).is_err(), "longer than a bar that is known");
    }

    #[test]
    fn all_styles_have_bars_in_the_metres_of_songs() {
        for style in Style::ALL {
            for (beats, unit) in [(4, 4), (3, 4), (6, 8)] {
                let grid = StepGrid::for_metre(Metre::new(beats, unit).unwrap(), false);
                let of = |tab: &&StyleTab| tab.style == style && tab.grid == grid;
                let count = style_tabs().iter().filter(of).count();
                assert!(count >= 2, "{count} bars of {beats}/{unit} in {}", style.name());
            }
        }
    }

    #[test]
    fn all_bars_are_other_bars_and_for_two_hands() {
        let tabs = style_tabs();
        let mut unplayable = Vec::new();
        for (number, tab) in tabs.iter().enumerate() {
            let same = |other: &&StyleTab| {
                (other.style, other.grid, &other.cells) == (tab.style, tab.grid, &tab.cells)
                    && other.bpm[0] < tab.bpm[1]
                    && tab.bpm[0] < other.bpm[1]
            };
            let name = tab.style.name();
            assert!(tabs[..number].iter().find(same).is_none(), "{name} {:?}", tab.cells);
            assert!(tab.bpm[0] < tab.bpm[1], "{name} {:?}", tab.bpm);
            let step = 60.0 / tab.bpm[0] / tab.grid.steps_per_beat as f32;
            let double_pedal = tab.style.has_double_pedal();
            let limbs = Limbs { step, steps: tab.grid.steps, double_pedal };
            let mut logits = vec![-1.0; Lane::ALL.len() * SLOTS];
            tab.cells.iter().for_each(|&cell| logits[usize::from(cell)] = 1.0);
            let played = limbs.playable(&logits, 0.0);
            let lost: Vec<u16> =
                tab.cells.iter().copied().filter(|&cell| !played[usize::from(cell)]).collect();
            if !lost.is_empty() {
                unplayable
                    .push(format!("{name} at {}: {:?} loses {lost:?}", tab.bpm[0], tab.cells));
            }
        }
        assert!(unplayable.is_empty(), "{}", unplayable.join("\n"));
    }
}
