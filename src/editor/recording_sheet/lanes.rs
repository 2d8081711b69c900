//! The waveform with what was heard over it: a lane for each sound, with how readily it is heard.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Key, Mesh, Rect, Role, Sense, Shape, Stroke, Ui, Vec2,
    WidgetInfo, pos2,
};

use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::{Face, UNIT};
use super::super::widgets::{keep_arrows, label, label_at};
use super::sheet::RecordingSheet;
use crate::studio::COLUMNS_PER_SECOND;
use crate::transcriber::{DrumSound, Transcription};

/// Width of names and sensitivities, height of the ruler.
const HEAD: f32 = 168.0;
const RULER: f32 = 20.0;
/// The shortest time that can be looked at, in seconds.
const SHORTEST: f64 = 0.5;
/// By how much an arrow key turns a sensitivity.
const NOTCH: f32 = 0.05;
/// From top to bottom, as the grid has its lanes.
const ORDER: [DrumSound; 7] = [
    DrumSound::Crash,
    DrumSound::Ride,
    DrumSound::OpenHat,
    DrumSound::ClosedHat,
    DrumSound::Tom,
    DrumSound::Snare,
    DrumSound::Kick,
];

pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &mut RecordingSheet,
    heard: &Transcription,
    rect: Rect,
) {
    let theme = &frame.theme;
    let axis = rect.with_min_x(rect.left() + HEAD);
    let ruler = axis.with_max_y(axis.top() + RULER);
    let body = axis.with_min_y(ruler.bottom());
    turn(ui, sheet, axis);
    let seen = sheet.seen.clone();
    let x = |seconds: f64| {
        let share = (seconds - seen.start) / (seen.end - seen.start);
        axis.left() + share as f32 * axis.width()
    };
    let painter = ui.painter_at(axis);
    painter.rect_filled(body, CornerRadius::ZERO, theme.window);
    painter.rect_filled(ruler, CornerRadius::ZERO, theme.control);
    let height = body.height() / ORDER.len() as f32;
    let row = |index: usize| {
        let top = body.top() + index as f32 * height;
        Rect::from_min_size(pos2(rect.left(), top), Vec2::new(rect.width(), height))
    };
    for index in 1..ORDER.len() {
        painter.hline(body.x_range(), row(index).top(), Stroke::new(1.0, theme.line_faint));
    }
    waveform(&painter, sheet, body, theme.note.gamma_multiply(0.4));
    // Beats, and the bars that they make.
    let (first, a_bar) = (heard.beats.first_downbeat, heard.beats.beats_to_a_bar.max(1));
    for (index, time) in heard.beats.times.iter().enumerate() {
        let at = x(time.0);
        if !axis.x_range().contains(at) {
            continue;
        }
        let downbeat = (index + a_bar - first % a_bar) % a_bar == 0;
        let line = if downbeat { theme.line_strong } else { theme.line };
        let top = if downbeat { ruler.top() } else { ruler.center().y };
        painter.vline(at, top..=body.bottom(), Stroke::new(1.0, line));
        if downbeat && index >= first {
            let number = ((index - first) / a_bar + 1).to_string();
            let font = Face::Regular.at(11.0);
            let at = pos2(at + 3.0, ruler.center().y);
            label_at(&painter, at, Align2::LEFT_CENTER, &number, font, theme.text_dim);
        }
    }
    for onset in &heard.onsets {
        let at = x(onset.at.0);
        let Some(index) = ORDER.iter().position(|sound| *sound == onset.sound) else { continue };
        if !axis.x_range().contains(at) {
            continue;
        }
        // What is hardly above its threshold is doubtful.
        let least = onset.sound.threshold();
        let sure = ((onset.confidence - least) / (1.0 - least)).clamp(0.0, 1.0);
        let lane = row(index);
        let tall = (0.25 + 0.65 * onset.velocity) * height;
        let middle = pos2(at + 2.0, lane.center().y);
        let stroke = Rect::from_center_size(middle, Vec2::new(4.0, tall));
        let colour = theme.hit(onset.velocity).gamma_multiply(0.25 + 0.75 * (2.0 * sure).min(1.0));
        painter.rect_filled(stroke, CornerRadius::same(1), colour);
    }
    if let Some(seconds) = sheet.heard(frame) {
        let at = x(seconds);
        if axis.x_range().contains(at) {
            painter.vline(at, axis.y_range(), Stroke::new(1.5, theme.accent));
        }
        ui.ctx().request_repaint();
    }
    for (index, sound) in ORDER.into_iter().enumerate() {
        let head = row(index).with_max_x(axis.left() - UNIT);
        sensitivity(ui, frame, shared, sheet, sound, head);
    }
    let response = ui.interact(ruler, Id::unique("recording-ruler"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Where a bar begins"));
    if response.hovered() {
        shared.hint = Some("Click where a bar begins".to_owned());
    }
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        let share = f64::from((pointer.x - axis.left()) / axis.width());
        let at = seen.start + share * (seen.end - seen.start);
        let apart = |time: &f64| (time - at).abs();
        let times = heard.beats.times.iter().map(|time| time.0);
        let nearest = times.min_by(|a, b| apart(a).total_cmp(&apart(b)));
        sheet.options.beats.downbeat = Some(nearest.unwrap_or(at).max(0.0));
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}

/// The wheel scrolls time, with ctrl it zooms.
fn turn(ui: &Ui, sheet: &mut RecordingSheet, axis: Rect) {
    let pointer = ui.ctx().pointer_hover_pos().filter(|at| axis.contains(*at));
    let Some(pointer) = pointer else { return };
    let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta, input.zoom_delta()));
    let all = sheet.import.seconds().max(SHORTEST);
    let length = sheet.seen.end - sheet.seen.start;
    let mut start = sheet.seen.start;
    let mut new = length;
    if zoom != 1.0 {
        new = (length / f64::from(zoom)).clamp(SHORTEST, all);
        start += (length - new) * f64::from((pointer.x - axis.left()) / axis.width());
    } else if scroll != Vec2::ZERO {
        let by = if scroll.x.abs() > scroll.y.abs() { scroll.x } else { scroll.y };
        start -= f64::from(by / axis.width()) * length;
    }
    let start = start.clamp(0.0, (all - new).max(0.0));
    sheet.seen = start..start + new;
}

/// The loudest of every point of width, about the middle.
fn waveform(painter: &egui::Painter, sheet: &RecordingSheet, body: Rect, colour: egui::Color32) {
    let wave = &sheet.import.waveform;
    let columns = body.width().ceil() as usize;
    let each = (sheet.seen.end - sheet.seen.start) / columns.max(1) as f64;
    let mut mesh = Mesh::default();
    for column in 0..columns {
        let from = (sheet.seen.start + each * column as f64) * COLUMNS_PER_SECOND as f64;
        let to = from + each * COLUMNS_PER_SECOND as f64;
        let (from, to) = (from as usize, (to.ceil() as usize).max(from as usize + 1));
        let Some(inside) = wave.get(from..to.min(wave.len())) else { break };
        let peak = inside.iter().copied().fold(0.0, f32::max);
        let tall = (peak / sheet.loudest * body.height() * 0.48).max(0.5);
        let left = body.left() + column as f32;
        let middle = body.center().y;
        let bar = Rect::from_min_max(pos2(left, middle - tall), pos2(left + 1.0, middle + tall));
        mesh.add_colored_rect(bar, colour);
    }
    painter.add(Shape::mesh(mesh));
}

/// A lane's name, which switches it off and on, and how readily it is heard.
fn sensitivity(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &mut RecordingSheet,
    sound: DrumSound,
    rect: Rect,
) {
    let theme = &frame.theme;
    let index = sound as usize;
    let split = rect.left() + 78.0;
    let name = rect.with_max_x(split);
    let response = ui.interact(name, Id::unique(("recording-lane", index)), Sense::click());
    let off = sheet.options.without[index];
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, !off, sound.name()));
    let ink = if off { theme.text_off } else { theme.text };
    let text = title(sound);
    label(ui.painter(), name, Align2::LEFT_CENTER, text, Face::Regular.at(12.0), ink);
    if response.clicked() {
        sheet.options.without[index] = !off;
    }
    if response.hovered() {
        shared.hint = Some(format!("{text}: click to leave it out, or to hear it again"));
    }
    let track = rect.with_min_x(split + UNIT).with_max_x(rect.right() - 2.0 * UNIT);
    let bar = Rect::from_center_size(track.center(), Vec2::new(track.width(), 4.0));
    let id = Id::unique(("sensitivity", index));
    let response = ui.interact(track, id, Sense::click_and_drag());
    let share = &mut sheet.options.sensitivity.0[index];
    response.widget_info(|| {
        let name = format!("{text}: sensitivity");
        WidgetInfo::slider(true, f64::from(*share), name)
    });
    keep_arrows(ui, &response);
    let turned = ui.input(|input| {
        let pressed = |key: Key| f32::from(u8::from(input.key_pressed(key)));
        pressed(Key::ArrowRight) + pressed(Key::ArrowUp)
            - pressed(Key::ArrowLeft)
            - pressed(Key::ArrowDown)
    });
    if response.has_focus() && turned != 0.0 {
        *share = (*share + turned * NOTCH).clamp(0.0, 1.0);
    } else if response.double_clicked() {
        *share = 0.5;
    } else if let Some(pointer) = response.interact_pointer_pos()
        && (response.dragged() || response.clicked())
    {
        *share = ((pointer.x - bar.left()) / bar.width()).clamp(0.0, 1.0);
    }
    let knob = bar.left() + *share * bar.width();
    let painter = ui.painter();
    painter.rect_filled(bar, CornerRadius::same(2), theme.control);
    let done = bar.with_max_x(knob);
    let fill = if off { theme.text_off } else { theme.accent };
    painter.rect_filled(done, CornerRadius::same(2), fill);
    painter.circle_filled(pos2(knob, bar.center().y), 6.0, fill);
    if response.has_focus() {
        let pen = Stroke::new(1.5, theme.text);
        painter.circle_stroke(pos2(knob, bar.center().y), 8.0, pen);
    }
    if response.hovered() || response.dragged() {
        shared.hint = Some(format!(
            "How readily {} are heard: {:.0} %; double-click for the middle",
            title(sound).to_lowercase(),
            100.0 * *share
        ));
    }
    response.on_hover_cursor(CursorIcon::ResizeHorizontal);
}

fn title(sound: DrumSound) -> &'static str {
    match sound {
        DrumSound::Kick => "Kicks",
        DrumSound::Snare => "Snares",
        DrumSound::Tom => "Toms",
        DrumSound::ClosedHat => "Closed hats",
        DrumSound::OpenHat => "Open hats",
        DrumSound::Crash => "Crashes",
        DrumSound::Ride => "Rides",
    }
}
