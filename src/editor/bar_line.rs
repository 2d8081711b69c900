//! Bar lines that are dragged over the ruler: bar 1 begins behind another upbeat.

use egui::{CornerRadius, CursorIcon, PointerButton, Rect, Response, Stroke, Ui, pos2};

use super::frame::Frame;
use super::shared::Shared;
use crate::score::{BarGrid, Ticks};
use crate::studio::{Edit, Job};

/// So near to a bar line it is taken hold of, in points.
const NEAR: f32 = 4.0;
/// Where bars are narrower than this, in points, they are only selected.
const ROOM: f32 = 40.0;

/// Lets a bar line be dragged; `held` is where it was taken hold of. Whether that is what the pointer
/// does.
pub fn drag(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    held: &mut Option<f32>,
    response: &Response,
) -> bool {
    let (Some(bars), false) = (frame.bars(), frame.live) else { return false };
    let Some(take) = frame.view.document.current_take else { return false };
    let Some(upbeats) = Upbeats::of(bars) else { return false };
    let per_tick = shared.timeline.points_per_tick();
    let pointer = response.interact_pointer_pos().or(response.hover_pos());
    let down = ui.input(|input| input.pointer.button_down(PointerButton::Primary));
    let is_wide = upbeats.whole.0 as f64 * per_tick >= f64::from(ROOM);
    if held.is_none() {
        let near = pointer.filter(|pointer| {
            let at = (f64::from(pointer.x) - f64::from(shared.timeline.x(0.0))) / per_tick;
            let line = upbeats.nearest_line(at);
            is_wide && ((line - at) * per_tick).abs() <= f64::from(NEAR)
        });
        let Some(pointer) = near else { return false };
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        shared.hint = Some(
            "Drag the bar line to where bars begin: what is before it is an upbeat".to_owned(),
        );
        let pressed = ui.input(|input| input.pointer.button_pressed(PointerButton::Primary));
        if !(pressed && response.is_pointer_button_down_on()) {
            return false;
        }
        *held = Some(pointer.x);
    }
    let (Some(from), Some(pointer)) = (*held, pointer) else {
        *held = None;
        return false;
    };
    let length = upbeats.moved(f64::from(pointer.x - from) / per_tick);
    if down {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        let painter = ui.painter_at(frame.layout.ruler);
        let mut line = length.0;
        while let Some(x) =
            Some(shared.timeline.x(line as f64)).filter(|x| *x < frame.layout.ruler.right())
        {
            let pen = Stroke::new(2.0, frame.theme.accent);
            painter.vline(x, frame.layout.ruler.y_range(), pen);
            line += upbeats.whole.0;
        }
        let place = Rect::from_min_max(
            pos2(shared.timeline.x(0.0), frame.layout.ruler.top()),
            pos2(shared.timeline.x(length.0 as f64), frame.layout.ruler.bottom()),
        );
        painter.rect_filled(place, CornerRadius::ZERO, frame.theme.accent.gamma_multiply(0.25));
        shared.hint = Some(upbeats.name(length));
        return true;
    }
    *held = None;
    if length == upbeats.now {
        // A click selects the bar.
        return false;
    }
    let had_drums = frame.arrangement.is_some();
    frame.edit(Edit::Upbeat { take, length });
    if had_drums {
        frame.start(Job::Generate);
    }
    true
}

/// The upbeats that a take may have.
struct Upbeats {
    now: Ticks,
    /// A whole bar.
    whole: Ticks,
    /// A beat: a note of the metre's denominator.
    beat: Ticks,
}

impl Upbeats {
    /// `None` of less than two bars.
    fn of(bars: &BarGrid) -> Option<Upbeats> {
        let [first, second, ..] = bars.bars() else { return None };
        let quarter = bars.ticks_per_quarter();
        let whole = second.metre.bar_ticks(quarter);
        let now = if first.length < whole { first.length } else { Ticks(0) };
        let beat = 4 * u64::from(quarter) / u64::from(second.metre.denominator());
        Some(Upbeats { now, whole, beat: Ticks(beat.max(2)) })
    }

    /// The bar line that is nearest to a tick, as if all bars were like the second.
    fn nearest_line(&self, at: f64) -> f64 {
        let (now, whole) = (self.now.0 as f64, self.whole.0 as f64);
        let line = now + ((at - now) / whole).round() * whole;
        if line < 0.0 || at < now / 2.0 { 0.0 } else { line }
    }

    /// The upbeat when a bar line was moved by so many ticks, in half beats.
    fn moved(&self, by: f64) -> Ticks {
        let half = self.beat.0 as f64 / 2.0;
        let length = self.now.0 as f64 + (by / half).round() * half;
        Ticks(length.rem_euclid(self.whole.0 as f64) as u64)
    }

    fn name(&self, length: Ticks) -> String {
        let beats = length.0 as f64 / self.beat.0 as f64;
        match length.0 {
            0 => "No upbeat: bar 1 begins at once".to_owned(),
            _ if beats == 1.0 => "An upbeat of 1 beat".to_owned(),
            _ => format!("An upbeat of {beats} beats"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upbeats_are_half_beats_of_a_bar() {
        let upbeats = Upbeats { now: Ticks(480), whole: Ticks(1920), beat: Ticks(480) };
        let moved = [(-480.0, 0), (-700.0, 1680), (250.0, 720), (1440.0, 0), (100.0, 480)];
        for (by, length) in moved {
            assert_eq!(upbeats.moved(by), Ticks(length), "{by}");
        }
        assert_eq!(upbeats.nearest_line(470.0), 480.0);
        assert_eq!(upbeats.nearest_line(30.0), 0.0);
        assert_eq!(upbeats.nearest_line(2300.0), 2400.0);
        assert_eq!(upbeats.name(Ticks(720)), "An upbeat of 1.5 beats");
    }
}
