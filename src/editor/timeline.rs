//! The time axis that ruler, sections, roll and grid share: scrolling, zooming, what is visible.

use std::ops::Range;

use egui::{Rangef, Rect, pos2};

use crate::score::{BarGrid, BarIndex, Ticks};

/// The widest that a quarter note is drawn, in points.
const WIDEST_QUARTER: f64 = 480.0;

/// Which part of the song is seen. Positions are in ticks of the take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// At the left edge.
    from: f64,
    points_per_tick: f64,
    /// From the song's start to its last bar line.
    song: f64,
    ticks_per_quarter: f64,
    /// Left and right edge on the screen.
    edges: Rangef,
    /// The whole song is shown until the musician zooms.
    fitted: bool,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            from: 0.0,
            points_per_tick: 0.0,
            song: 0.0,
            ticks_per_quarter: 480.0,
            edges: Rangef::new(0.0, 1.0),
            fitted: true,
        }
    }
}

impl Timeline {
    /// Takes over the song and the place on the screen; called at the start of every frame.
    pub fn place(&mut self, bars: &BarGrid, edges: Rangef) {
        let song = bars.bars().last().map_or(0.0, |bar| bar.end().0 as f64);
        let shows_all = self.points_per_tick * self.song <= self.width() * 1.001;
        if song != self.song {
            // Another song: look at a readable part of it from the start.
            self.from = 0.0;
            self.fitted = true;
        }
        self.song = song;
        self.ticks_per_quarter = f64::from(bars.ticks_per_quarter());
        self.edges = edges;
        if self.fitted {
            // Sixteen bars of 4/4 or the whole song, whichever is shorter.
            let shown = song.min(64.0 * self.ticks_per_quarter).max(1.0);
            self.points_per_tick = self.width() / shown;
        } else if shows_all {
            // In a wider or narrower window the whole song stays in view.
            self.points_per_tick = 0.0;
        }
        self.settle();
    }

    fn width(&self) -> f64 {
        f64::from(self.edges.span()).max(1.0)
    }

    /// Brings scale and position back to where there is something to see.
    fn settle(&mut self) {
        let least = self.width() / self.song.max(1.0);
        let most = (WIDEST_QUARTER / self.ticks_per_quarter).max(least);
        self.points_per_tick = self.points_per_tick.clamp(least, most);
        let last = (self.song - self.width() / self.points_per_tick).max(0.0);
        self.from = self.from.clamp(0.0, last);
    }

    pub fn song_ticks(&self) -> f64 {
        self.song
    }

    pub fn points_per_tick(&self) -> f64 {
        self.points_per_tick
    }

    pub fn x(&self, ticks: f64) -> f32 {
        self.edges.min + ((ticks - self.from) * self.points_per_tick) as f32
    }

    pub fn ticks(&self, x: f32) -> f64 {
        self.from + f64::from(x - self.edges.min) / self.points_per_tick
    }

    /// What is visible, in ticks.
    pub fn visible(&self) -> Range<f64> {
        self.from..self.from + self.width() / self.points_per_tick
    }

    /// The bars of which at least a part is visible.
    pub fn visible_bars(&self, bars: &BarGrid) -> Range<usize> {
        let seen = self.visible();
        let all = bars.bars();
        let first = all.partition_point(|bar| bar.end().0 as f64 <= seen.start);
        let last = all.partition_point(|bar| (bar.start.0 as f64) < seen.end);
        first..last.max(first)
    }

    /// The bar under a point of the screen, the last one behind the song's end.
    pub fn bar_at(&self, bars: &BarGrid, x: f32) -> Option<BarIndex> {
        let ticks = self.ticks(x).clamp(0.0, (self.song - 1.0).max(0.0));
        bars.bar_at(Ticks(ticks as u64))
    }

    pub fn scroll_points(&mut self, points: f32) {
        self.from += f64::from(points) / self.points_per_tick;
        self.settle();
    }

    /// Zooms by a factor; what is at `around` on the screen stays there.
    pub fn zoom(&mut self, factor: f32, around: f32) {
        let fixed = self.ticks(around);
        self.fitted = false;
        self.points_per_tick *= f64::from(factor);
        self.settle();
        self.from = fixed - f64::from(around - self.edges.min) / self.points_per_tick;
        self.settle();
    }

    /// Zooms by a factor around the middle.
    pub fn zoom_middle(&mut self, factor: f32) {
        self.zoom(factor, self.edges.center());
    }

    /// Shows a stretch, with a little air.
    pub fn show(&mut self, ticks: Range<f64>) {
        self.fitted = false;
        let length = (ticks.end - ticks.start).max(1.0) * 1.02;
        self.points_per_tick = self.width() / length;
        self.settle();
        self.from = ticks.start;
        self.settle();
    }

    pub fn show_all(&mut self) {
        self.show(0.0..self.song);
    }

    /// Where bars stand in a strip of the time axis.
    pub fn bars_rect(&self, all: Option<&BarGrid>, bars: &Range<usize>, strip: Rect) -> Rect {
        let Some((start, end)) = ends(all, bars) else { return Rect::NOTHING };
        Rect::from_min_max(pos2(self.x(start), strip.top()), pos2(self.x(end), strip.bottom()))
    }

    /// Zooms to bars.
    pub fn show_bars(&mut self, all: Option<&BarGrid>, bars: &Range<usize>) {
        if let Some((start, end)) = ends(all, bars) {
            self.show(start..end);
        }
    }

    /// Scrolls so that `ticks` is in the middle.
    pub fn centre(&mut self, ticks: f64) {
        self.from = ticks - self.width() / self.points_per_tick / 2.0;
        self.settle();
    }

    /// Turns the page when the playhead has left it.
    pub fn follow(&mut self, ticks: f64) {
        if ticks >= 0.0 && ticks < self.song && !self.visible().contains(&ticks) {
            self.from = ticks;
            self.settle();
        }
    }
}

/// Where some bars begin and end, in ticks.
fn ends(all: Option<&BarGrid>, bars: &Range<usize>) -> Option<(f64, f64)> {
    let all = all?.bars();
    let (first, last) = (all.get(bars.start)?, all.get(bars.end.saturating_sub(1))?);
    Some((first.start.0 as f64, last.end().0 as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(bars: u64) -> (Timeline, BarGrid) {
        let bars = BarGrid::new(480, &[], Ticks(bars * 1920));
        let mut timeline = Timeline::default();
        timeline.place(&bars, Rangef::new(100.0, 900.0));
        (timeline, bars)
    }

    #[test]
    fn a_song_opens_on_its_first_sixteen_bars() {
        let (timeline, bars) = placed(96);
        assert_eq!(timeline.visible_bars(&bars), 0..16);
        assert_eq!(placed(5).0.visible_bars(&placed(5).1), 0..5);
    }

    #[test]
    fn points_and_ticks_invert() {
        let (mut timeline, _) = placed(96);
        timeline.zoom(3.7, 411.0);
        timeline.scroll_points(1234.5);
        for ticks in [0.0, 1000.0, 54_321.0] {
            assert!((timeline.ticks(timeline.x(ticks)) - ticks).abs() < 1.0);
        }
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let (mut timeline, _) = placed(96);
        timeline.scroll_points(500.0);
        let before = timeline.ticks(400.0);
        timeline.zoom(2.0, 400.0);
        assert!((timeline.ticks(400.0) - before).abs() < 1.0);
    }

    #[test]
    fn nothing_lies_outside_the_song() {
        let (mut timeline, bars) = placed(96);
        timeline.scroll_points(1e9);
        assert_eq!(timeline.visible_bars(&bars), 80..96);
        timeline.zoom(1e-9, 0.0);
        assert_eq!(timeline.visible_bars(&bars), 0..96);
        timeline.zoom(1e9, 500.0);
        assert!(timeline.points_per_tick() <= 1.0);
        let (empty, bars) = placed(0);
        assert_eq!(empty.visible_bars(&bars), 0..0);
        assert_eq!(empty.bar_at(&bars, 300.0), None);
    }

    #[test]
    fn the_whole_song_stays_in_view_when_the_window_changes() {
        let (mut timeline, bars) = placed(96);
        timeline.show_all();
        for right in [600.0, 1500.0] {
            timeline.place(&bars, Rangef::new(100.0, right));
            assert_eq!(timeline.visible_bars(&bars), 0..96);
            assert!((timeline.x(timeline.song_ticks()) - right).abs() < 0.1);
        }
        // What is zoomed in keeps its scale.
        timeline.zoom(4.0, 100.0);
        let scale = timeline.points_per_tick();
        timeline.place(&bars, Rangef::new(100.0, 900.0));
        assert_eq!(timeline.points_per_tick(), scale);
    }

    #[test]
    fn the_page_turns_with_the_playhead() {
        let (mut timeline, bars) = placed(96);
        timeline.follow(20.5 * 1920.0);
        assert_eq!(timeline.visible_bars(&bars).start, 20);
        let stays = timeline;
        timeline.follow(30.0 * 1920.0);
        assert_eq!(timeline, stays);
    }
}
