//! Long songs are heard in windows of bars that overlap: what compares every bar with every other
//! takes time and memory by the square of their number.

use std::ops::Range;

use crate::score::{BarGrid, TempoMap};

/// Songs of up to so many bars, and so many seconds, are heard in one piece.
const WHOLE: usize = 512;
const WHOLE_SECONDS: f64 = 3600.0;
/// The most bars of a window of a longer song, and how many of them it shares with the next: more than
/// the structure network looks to either side.
const WINDOW: usize = 256;
const OVERLAP: usize = 64;

/// Some bars that are heard together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub bars: Range<usize>,
    /// Those of them that no other window has as its own. They and those of the other windows are all
    /// bars of the song.
    pub own: Range<usize>,
}

/// The windows of a song, in order; one where there are no bars. All have the same number of bars, for
/// which networks have plans.
pub(super) fn windows(bars: &BarGrid, tempo: &TempoMap) -> Vec<Window> {
    let count = bars.len();
    let fits = |window: &Range<usize>| {
        let bars = &bars.bars()[window.clone()];
        bars.first().zip(bars.last()).is_none_or(|(first, last)| {
            tempo.seconds(last.end()).0 - tempo.seconds(first.start).0 <= WHOLE_SECONDS
        })
    };
    if count <= WHOLE && fits(&(0..count)) {
        return vec![Window { bars: 0..count, own: 0..count }];
    }
    let mut most = WINDOW;
    loop {
        let windows = laid(count, most);
        // Bars of minutes: who renders them will say that they are too long.
        if most <= 4 || windows.iter().all(|window| fits(&window.bars)) {
            return windows;
        }
        most /= 2;
    }
}

/// Windows of at most so many bars.
fn laid(count: usize, most: usize) -> Vec<Window> {
    let overlap = OVERLAP.min(most / 4);
    let number = count.saturating_sub(overlap).div_ceil(most - overlap).max(1);
    let size = (count + (number - 1) * overlap).div_ceil(number).min(count);
    let start = |window: usize| (window * (size - overlap)).min(count - size);
    let end = |window: usize| start(window) + size;
    let edge = |window: usize| match window {
        0 => 0,
        _ if window == number => count,
        _ => (start(window) + end(window - 1)) / 2,
    };
    (0..number)
        .map(|window| Window {
            bars: start(window)..end(window),
            own: edge(window)..edge(window + 1),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, Ticks};

    fn of(bars: usize, bpm: f64) -> (Vec<Window>, TempoMap, BarGrid) {
        let grid = BarGrid::new(480, &[], Ticks(bars as u64 * 1920));
        let tempo = TempoMap::constant(480, Bpm(bpm));
        (windows(&grid, &tempo), tempo, grid)
    }

    #[test]
    fn songs_of_usual_length_are_one_window() {
        for bars in [0, 1, 98, 512] {
            assert_eq!(of(bars, 120.0).0, [Window { bars: 0..bars, own: 0..bars }]);
        }
    }

    #[test]
    fn windows_overlap_and_own_every_bar_once() {
        for (bars, bpm) in
            [(513, 120.0), (936, 120.0), (2000, 160.0), (9999, 180.0), (300, 4.0), (1000, 10.0)]
        {
            let (windows, tempo, grid) = of(bars, bpm);
            assert!(windows.len() > 1);
            assert_eq!(windows[0].bars.start, 0);
            assert_eq!(windows[windows.len() - 1].bars.end, bars);
            let own: Vec<usize> = windows.iter().flat_map(|window| window.own.clone()).collect();
            assert_eq!(own, (0..bars).collect::<Vec<_>>(), "{bars} bars at {bpm}");
            for pair in windows.windows(2) {
                assert!(pair[1].bars.start < pair[0].bars.end, "{pair:?}");
                assert!(pair[1].bars.start > pair[0].bars.start, "{pair:?}");
                assert_eq!(pair[0].bars.len(), pair[1].bars.len());
            }
            for window in &windows {
                let seconds = |bar: usize| tempo.seconds(grid.bars()[bar].start).0;
                let length = seconds(window.bars.end - 1) - seconds(window.bars.start);
                assert!(window.bars.len() <= WINDOW && length <= WHOLE_SECONDS);
            }
        }
    }
}
