//! Above the time axis: bar numbers, and the sections as coloured bars with their letters.

use egui::{
    Align2, Color32, CornerRadius, Id, PointerButton, Rect, Response, Sense, Stroke, StrokeKind,
    Ui, Vec2, pos2,
};

use super::frame::{Frame, bar_count};
use super::shared::{Selection, Shared};
use super::theme::{Face, UNIT};
use super::widgets::{Button, Icon, Look, label, label_at};
use super::{bar_line, bar_menu};
use crate::score::BarIndex;

/// Least distance between two bar numbers, in points.
const ROOM: f32 = 40.0;

/// What the ruler remembers.
#[derive(Default)]
pub struct Ruler {
    /// Where a drag over it began.
    from: Option<usize>,
    /// Where a bar line was taken hold of, in points from the left.
    line: Option<f32>,
    /// A bar line was put back; until the button is up, the pointer does nothing more.
    cancelled: bool,
}

impl Ruler {
    /// Whether a bar line is being dragged.
    pub fn is_dragging(&self) -> bool {
        self.line.is_some()
    }

    /// Puts the bar line that is being dragged back.
    pub fn cancel(&mut self) {
        self.cancelled = self.line.take().is_some();
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, ruler: &mut Ruler) {
    let layout = &frame.layout;
    let painter = ui.painter();
    let both = layout.ruler.union(layout.sections);
    painter.rect_filled(both.union(layout.ruler_head), CornerRadius::ZERO, frame.theme.panel);
    if frame.bars().is_none_or(|bars| bars.is_empty()) {
        return;
    }
    numbers(ui, frame, shared, ruler);
    sections(ui, frame, shared);
    play_button(ui, frame, shared);
}

/// Plays bars while the host stands; left of the ruler.
fn play_button(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let no_part = frame.part().is_none().then_some("There are no drums yet: press Generate.");
    let host = frame.transport.playing.then_some("The host plays: the drums follow it.");
    let (icon, text) = if frame.transport.rehearsing {
        (Icon::Stop, "Stop".to_owned())
    } else {
        (Icon::Play, format!("Play {}", bars_to_play(frame, shared).1))
    };
    let button = Button::new("rehearse", &text)
        .icon(icon)
        .look(Look::Bare)
        .tip("Hear the drums while the host stands: the selected bars, or all from the first that is in view.")
        .key("P")
        .unless(no_part.or(host));
    let place = frame.layout.ruler_head.shrink2(Vec2::new(UNIT, 1.5 * UNIT));
    if button.show(ui, place, &frame.theme) {
        play(frame, shared);
    }
}

/// What [`play`] would play, and what that is called.
fn bars_to_play(frame: &Frame<'_>, shared: &Shared) -> (std::ops::Range<usize>, String) {
    let Some(bars) = frame.bars() else { return (0..0, String::new()) };
    match shared.selection.region() {
        Some(region) => (region.bars.clone(), frame.bars_name(&region.bars)),
        None => {
            let first = shared.timeline.visible_bars(bars).start;
            (first..bars.len(), format!("from bar {}", frame.bar_number(first)))
        }
    }
}

/// Has the selected bars played while the host stands, or all from the first one in view; ends what is
/// played so.
pub fn play(frame: &Frame<'_>, shared: &Shared) {
    if frame.transport.rehearsing {
        frame.studio.stop_rehearsal();
    } else if frame.part().is_some() && !frame.transport.playing {
        frame.studio.rehearse(bars_to_play(frame, shared).0);
    }
}

fn numbers(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, ruler: &mut Ruler) {
    let Some(bars) = frame.bars() else { return };
    let (theme, rect) = (&frame.theme, frame.layout.ruler);
    let response = ui.interact(rect, Id::unique("ruler"), Sense::click_and_drag());
    let painter = ui.painter_at(rect);
    let seen = shared.timeline.visible_bars(bars);
    let all = bars.bars();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let song = last.end().0 - first.start.0;
    let points = song as f64 / all.len() as f64 * shared.timeline.points_per_tick();
    let mut every = 1;
    while every as f64 * points < f64::from(ROOM) {
        every *= 2;
    }
    if let Some(selected) = &shared.selection.bars {
        let place = shared.timeline.bars_rect(frame.bars(), selected, rect);
        painter.rect_filled(place, CornerRadius::same(3), theme.accent.gamma_multiply(0.25));
    }
    let fills = frame.alternative().map(|alternative| &*alternative.fills).unwrap_or_default();
    for bar in seen {
        let left = shared.timeline.x(all[bar].start.0 as f64);
        if bar % every == 0 {
            painter.vline(
                left,
                rect.bottom() - 5.0..=rect.bottom(),
                Stroke::new(1.0, theme.line_strong),
            );
            let number = frame.bar_number(bar).to_string();
            let at = pos2(left + UNIT, rect.center().y);
            label_at(
                &painter,
                at,
                Align2::LEFT_CENTER,
                &number,
                Face::Regular.at(11.0),
                theme.text_dim,
            );
        }
        let width = shared.timeline.x(all[bar].end().0 as f64) - left;
        if fills.contains(&BarIndex(bar)) && width >= 4.0 {
            let mark = Rect::from_min_max(
                pos2(left + 1.0, rect.bottom() - 2.0),
                pos2(left + width - 1.0, rect.bottom()),
            );
            painter.rect_filled(mark, CornerRadius::ZERO, theme.accent);
        }
        let locked = frame.arrangement.is_some_and(|a| a.locked_bars.contains(&BarIndex(bar)));
        if locked && width >= 14.0 {
            let place = Rect::from_center_size(
                pos2(left + width - 8.0, rect.center().y),
                Vec2::splat(11.0),
            );
            Icon::Locked.paint(&painter, place, theme.text_dim);
        }
    }
    if ruler.cancelled {
        ruler.cancelled = ui.input(|input| input.pointer.button_down(PointerButton::Primary));
    } else if !bar_line::drag(ui, frame, shared, &mut ruler.line, &response) {
        select(ui, frame, shared, ruler, &response);
    }
    bar_menu::show(frame, shared, &response);
}

/// Bars are selected by click and drag.
fn select(ui: &Ui, frame: &Frame<'_>, shared: &mut Shared, ruler: &mut Ruler, response: &Response) {
    let Some(bars) = frame.bars() else { return };
    let under = |x| shared.timeline.bar_at(bars, x).map(|BarIndex(bar)| bar);
    if let Some(pointer) = response.hover_pos()
        && let Some(bar) = under(pointer.x)
    {
        let fill = frame
            .alternative()
            .is_some_and(|alternative| alternative.fills.contains(&BarIndex(bar)));
        let what = if fill { ", a fill" } else { "" };
        shared.hint = Some(format!(
            "Bar {}{what}: click to select, drag for several, right-click for more",
            frame.bar_number(bar)
        ));
    }
    let Some(pointer) = response.interact_pointer_pos() else {
        ruler.from = None;
        return;
    };
    let Some(bar) = under(pointer.x) else { return };
    let primary = ui.input(|input| input.pointer.button_down(PointerButton::Primary));
    // A click on a bar line has held that until now.
    if primary && response.is_pointer_button_down_on() || response.clicked() {
        let extend = ui.input(|input| input.modifiers.shift);
        let from = match (&ruler.from, &shared.selection.bars) {
            (Some(from), _) => *from,
            (None, Some(bars)) if extend => {
                if bar < bars.start {
                    bars.end - 1
                } else {
                    bars.start
                }
            }
            _ => bar,
        };
        ruler.from = Some(from);
        shared.selection = Selection::of_bars(from.min(bar)..from.max(bar) + 1);
    } else if response.secondary_clicked()
        && !shared.selection.bars.as_ref().is_some_and(|bars| bars.contains(&bar))
    {
        shared.selection = Selection::of_bars(bar..bar + 1);
    }
}

fn sections(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let (Some(bars), Some(arrangement)) = (frame.bars(), frame.arrangement) else { return };
    let (theme, strip) = (&frame.theme, frame.layout.sections);
    let seen = shared.timeline.visible_bars(bars);
    for (index, section) in arrangement.form.sections.iter().enumerate() {
        if section.bars.end <= seen.start || section.bars.start >= seen.end {
            continue;
        }
        let place = shared.timeline.bars_rect(frame.bars(), &section.bars, strip).intersect(strip);
        let body = Rect::from_min_max(
            pos2(place.left() + 0.5, strip.top() + 1.0),
            pos2((place.right() - 0.5).max(place.left() + 1.0), strip.bottom() - 2.0),
        );
        let response = ui.interact(body, Id::unique(("section", index)), Sense::click());
        let painter = ui.painter_at(strip);
        let selected = shared.selection.bars.as_ref() == Some(&section.bars);
        let colour = theme.section(section.label);
        let fill =
            if response.hovered() { colour.lerp_to_gamma(Color32::WHITE, 0.2) } else { colour };
        painter.rect_filled(body, CornerRadius::same(3), fill);
        if selected {
            let pen = Stroke::new(2.0, theme.selection);
            painter.rect_stroke(body, CornerRadius::same(3), pen, StrokeKind::Inside);
        }
        let letter = section.letter();
        if body.width() >= 12.0 {
            let room = body.shrink2(Vec2::new(if body.width() > 40.0 { 6.0 } else { 1.0 }, 0.0));
            let text = if body.width() > 110.0 {
                format!("{letter}   {}", bar_count(section.bars.len()))
            } else {
                letter.clone()
            };
            let anchor =
                if body.width() > 40.0 { Align2::LEFT_CENTER } else { Align2::CENTER_CENTER };
            let ink = theme.on_section(section.label);
            label(&painter, room, anchor, &text, Face::SemiBold.at(12.0), ink);
        }
        if response.hovered() {
            shared.hint = Some(format!(
                "Section {letter}, {}: click to select, double-click to zoom in, right-click for more",
                frame.bars_name(&section.bars)
            ));
        }
        if response.clicked() || response.secondary_clicked() {
            shared.selection = Selection::of_bars(section.bars.clone());
        }
        if response.double_clicked() {
            shared.timeline.show_bars(frame.bars(), &section.bars);
        }
        bar_menu::show(frame, shared, &response);
    }
}
