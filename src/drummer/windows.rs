//! Long songs are heard in windows of bars that overlap: what compares every bar with every other
//! takes time and memory by the square of their number.

use std::ops::Range;

use crate::score::{BarGrid, TempoMap};

/// Songs of up to so many bars, and so many seconds, are heard in one piece.
const WHOLE: usize = 1024;
const WHOLE_SECONDS: f64 = 3600.0;
/// Bars of a window of a longer song, and how many of them it shares with the next.
const WINDOW: usize = 512;
const OVERLAP: usize = 128;

/// Some bars that are heard together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub bars: Range<usize>,
    /// Those of them that no other window has as its own. They and those of the other windows are all
    /// bars of the song.
    pub own: Range<usize>,
}

/// The windows of a song, in order; one where there are no bars.
pub(super) fn windows(bars: &BarGrid, tempo: &TempoMap) -> Vec<Window> {
    let count = bars.len();
    let seconds = |bar: usize| bars.bars().get(bar).map_or(0.0, |bar| tempo.seconds(bar.end()).0);
    if count <= WHOLE && seconds(count.saturating_sub(1)) <= WHOLE_SECONDS {
        return vec![Window { bars: 0..count, own: 0..count }];
    }
    let mut windows: Vec<Window> = Vec::new();
    let mut start = 0;
    let fits = |start: usize, end: usize| {
        seconds(end - 1) - start.checked_sub(1).map_or(0.0, seconds) <= WHOLE_SECONDS
    };
    loop {
        // At least what lets the next one begin later.
        let end = (start + 2..=count.min(start + WINDOW)).rev().find(|&end| fits(start, end));
        let end = end.unwrap_or((start + 2).min(count));
        let last = end == count;
        if last {
            // As long as the others, which is what networks have plans for.
            let after = windows.last().map_or(0, |before| before.bars.start + 1);
            let earlier = count.saturating_sub(WINDOW).max(after).min(start);
            if fits(earlier, end) {
                start = earlier;
            }
        }
        let own = match windows.last_mut() {
            Some(before) => {
                let middle = (start + before.bars.end) / 2;
                before.own.end = middle;
                middle
            }
            None => 0,
        };
        windows.push(Window { bars: start..end, own: own..end });
        if last {
            return windows;
        }
        start = end - OVERLAP.min((end - start) / 4).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, Ticks};

    fn laid(bars: usize, bpm: f64) -> Vec<Window> {
        let grid = BarGrid::new(480, &[], Ticks(bars as u64 * 1920));
        windows(&grid, &TempoMap::constant(480, Bpm(bpm)))
    }

    #[test]
    fn songs_of_usual_length_are_one_window() {
        for bars in [0, 1, 98, 936, 1024] {
            assert_eq!(laid(bars, 120.0), [Window { bars: 0..bars, own: 0..bars }]);
        }
    }

    #[test]
    fn windows_overlap_and_own_every_bar_once() {
        for (bars, bpm) in
            [(1025, 120.0), (1100, 200.0), (2000, 160.0), (9999, 180.0), (300, 4.0), (1000, 40.0)]
        {
            let windows = laid(bars, bpm);
            assert!(windows.len() > 1);
            assert_eq!(windows[0].bars.start, 0);
            assert_eq!(windows[windows.len() - 1].bars.end, bars);
            let own: Vec<usize> = windows.iter().flat_map(|window| window.own.clone()).collect();
            assert_eq!(own, (0..bars).collect::<Vec<_>>(), "{bars} bars at {bpm}");
            for pair in windows.windows(2) {
                assert!(pair[1].bars.start < pair[0].bars.end, "{pair:?}");
                assert!(pair[1].bars.start > pair[0].bars.start, "{pair:?}");
            }
            for window in &windows {
                assert!(window.bars.len() <= WINDOW);
                let beats = (window.bars.len() * 4) as f64;
                assert!(beats * 60.0 / bpm <= WHOLE_SECONDS || window.bars.len() <= 2);
            }
        }
    }
}
