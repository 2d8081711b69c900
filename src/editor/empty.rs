//! What a newcomer sees: what was heard so far, and the next thing to do, where the drums will be.

use egui::{Align2, CornerRadius, Rect, Ui, Vec2, pos2};

use super::frame::{Frame, bar_count};
use super::placement;
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, label_at};
use crate::studio::{BarSpan, Job};

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    if frame.part().is_some() {
        return;
    }
    if frame.take.is_some() && !frame.live {
        let (heading, line) = if frame.view.job.is_some() {
            ("Listening to the whole song…", "The drums appear here when they are ready.")
        } else {
            ("Ready to play", "Press Generate, or G, for drums to this take.")
        };
        lines(ui, frame, frame.layout.grid, heading, line);
        return;
    }
    let layout = &frame.layout;
    // While something is heard, roll and ruler above show it.
    let field = if frame.live {
        layout.grid_head.union(layout.grid).union(layout.overview)
    } else {
        layout.ruler_head.union(layout.grid).union(layout.overview)
    };
    ui.painter().rect_filled(field, CornerRadius::ZERO, frame.theme.window);
    let (heading, line) = said(frame);
    lines(ui, frame, field.translate(Vec2::new(0.0, -52.0)), &heading, line);
    steps(ui, frame, field);
    let open = Button::new("open-midi", "Open a MIDI file…")
        .icon(Icon::Open)
        .tip("Plays to a file instead. Dropping one on the window does the same.");
    let hosts = Button::new("placement", "Where it goes").tip(placement::TIP);
    let (first, second) = (open.width(ui.painter()), hosts.width(ui.painter()));
    let left =
        field.center() + Vec2::new(-(first + 2.0 * UNIT + second) / 2.0, 84.0 - CONTROL / 2.0);
    let place = Rect::from_min_size(left, Vec2::new(first, CONTROL));
    if open.show(ui, place, &frame.theme) {
        shared.request(Request::OpenMidi);
    }
    let left = left + Vec2::new(first + 2.0 * UNIT, 0.0);
    let place = Rect::from_min_size(left, Vec2::new(second, CONTROL));
    if hosts.show(ui, place, &frame.theme) {
        shared.request(Request::Placement);
    }
}

/// Heading and line: what was heard, and what to do.
fn said(frame: &Frame<'_>) -> (String, &'static str) {
    let recording = &frame.view.recording;
    match recording.bars {
        Some(BarSpan { first, end }) if recording.running => (
            format!("Listening: {} heard so far", bar_count(end - first)),
            "Play as much as you like; Capture takes what was heard.",
        ),
        Some(BarSpan { first, end }) => (
            format!("Drumlin has heard {}", bar_count(end - first)),
            "Press Capture to take them, or play on.",
        ),
        None if recording.running => (
            "Listening: no note was heard yet".to_owned(),
            "Drumlin hears the MIDI on its own track: is the melody there?",
        ),
        None => (
            "Play your song once".to_owned(),
            "Drumlin listens to the melody on its track, bar by bar.",
        ),
    }
}

fn lines(ui: &Ui, frame: &Frame<'_>, field: Rect, heading: &str, line: &str) {
    let (theme, painter, middle) = (&frame.theme, ui.painter(), field.center());
    let at = middle - Vec2::new(0.0, 16.0);
    label_at(painter, at, Align2::CENTER_CENTER, heading, Face::SemiBold.at(22.0), theme.text);
    let at = middle + Vec2::new(0.0, 14.0);
    label_at(painter, at, Align2::CENTER_CENTER, line, Face::Regular.at(13.0), theme.text_dim);
}

/// Three steps in a row: the first is done in the host, the others are buttons; the next one is lit.
fn steps(ui: &mut Ui, frame: &Frame<'_>, field: Rect) {
    let theme = &frame.theme;
    let heard = frame.view.recording.bars.is_some();
    let nothing = (!heard).then_some("Nothing was heard yet: play the song in the host.");
    let look = if heard { Look::Primary } else { Look::Plain };
    let capture = Button::new("step-capture", "2  Capture")
        .icon(Icon::Record)
        .look(look)
        .tip("Take everything that was heard.")
        .key("C")
        .unless(nothing);
    let generate = Button::new("step-generate", "3  Generate")
        .icon(Icon::Sparkle)
        .tip("Take what was heard and play drums to it.")
        .key("G")
        .unless(nothing);
    let widths = [150.0, capture.width(ui.painter()), generate.width(ui.painter())];
    let gap = 4.0 * UNIT;
    let mut left = field.center().x - (widths.iter().sum::<f32>() + 2.0 * gap) / 2.0;
    let y = field.center().y + 26.0;
    let mut place = |width: f32| {
        let place = Rect::from_center_size(
            pos2(left + width / 2.0, y),
            Vec2::new(width, CONTROL + 2.0 * UNIT),
        );
        left += width + gap;
        place
    };
    let first = place(widths[0]);
    let ink = if heard { theme.text_dim } else { theme.accent };
    let mark = Rect::from_center_size(first.left_center() + Vec2::new(8.0, 0.0), Vec2::splat(14.0));
    Icon::Play.paint(ui.painter(), mark, ink);
    let at = pos2(mark.right() + 1.5 * UNIT, y);
    let font = Face::SemiBold.at(13.0);
    label_at(ui.painter(), at, Align2::LEFT_CENTER, "1  Play in the host", font, ink);
    if capture.show(ui, place(widths[1]), theme) {
        frame.capture_all();
    }
    if generate.show(ui, place(widths[2]), theme) {
        frame.capture_all();
        frame.start(Job::Generate);
    }
}
