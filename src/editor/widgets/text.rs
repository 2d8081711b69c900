//! Text painted at a place.

use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Align2, Color32, FontId, Galley, Id, Painter, Pos2, Rect, Sense, Ui};

use super::super::theme::Face;

/// The smallest letters that are read with ease, in points.
const SMALLEST: f32 = 10.0;

/// Lays out text in one line of at most `width` points; what does not fit ends in an ellipsis.
pub fn fitted(
    painter: &Painter,
    text: &str,
    font: FontId,
    colour: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    painter.layout_job(job)
}

/// Paints text against a point; returns where it stands.
pub fn label_at(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    font: FontId,
    colour: Color32,
) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), font, colour);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, colour);
    rect
}

/// Paints text into a box, shortened where it is too long.
pub fn label(
    painter: &Painter,
    room: Rect,
    anchor: Align2,
    text: &str,
    font: FontId,
    colour: Color32,
) -> Rect {
    let galley = fitted(painter, text, font, colour, room.width());
    let rect = anchor.align_size_within_rect(galley.size(), room);
    painter.galley(rect.min, galley, colour);
    rect
}

/// As [`label`], at the left; where it is shortened, all of it is shown while the pointer rests on it.
/// `name` is unique in the window.
pub fn message(ui: &Ui, room: Rect, name: &'static str, text: &str, font: FontId, colour: Color32) {
    let galley = fitted(ui.painter(), text, font, colour, room.width());
    let (rect, elided) =
        (Align2::LEFT_CENTER.align_size_within_rect(galley.size(), room), galley.elided);
    ui.painter().galley(rect.min, galley, colour);
    if elided && room.is_positive() {
        ui.interact(room, Id::unique(name), Sense::hover()).on_hover_text(text);
    }
}

/// As [`label`], in letters of up to `size` points, smaller ones where the text would be cut off.
pub fn label_snug(
    painter: &Painter,
    room: Rect,
    anchor: Align2,
    text: &str,
    face: Face,
    size: f32,
    colour: Color32,
) -> Rect {
    let width = |size: f32| painter.layout_no_wrap(text.to_owned(), face.at(size), colour).size().x;
    let sizes = [size, size - 1.0, SMALLEST].into_iter().filter(|size| *size >= SMALLEST);
    let size = sizes.into_iter().find(|size| width(*size) <= room.width()).unwrap_or(SMALLEST);
    label(painter, room, anchor, text, face.at(size), colour)
}

/// As [`label`], in up to two lines of smaller letters where one line is too short for the text.
pub fn label_wrapped(
    painter: &Painter,
    room: Rect,
    anchor: Align2,
    text: &str,
    fonts: (FontId, FontId),
    colour: Color32,
) -> Rect {
    let galley = wrapped(painter, text, fonts, colour, room.width());
    let rect = anchor.align_size_within_rect(galley.size(), room);
    painter.galley(rect.min, galley, colour);
    rect
}

/// As [`label_wrapped`], of a list with commas: as many of its first entries as there is room for.
pub fn label_list(
    painter: &Painter,
    room: Rect,
    anchor: Align2,
    list: &str,
    fonts: (FontId, FontId),
    colour: Color32,
) -> Rect {
    let fits = |text: &&str| {
        let galley = wrapped(painter, text, fonts.clone(), colour, room.width());
        !galley.elided
    };
    let shorter = list.rmatch_indices(", ").map(|(end, _)| &list[..end]);
    let text = [list].into_iter().chain(shorter).find(fits).unwrap_or(list);
    label_wrapped(painter, room, anchor, text, fonts, colour)
}

fn wrapped(
    painter: &Painter,
    text: &str,
    (font, small): (FontId, FontId),
    colour: Color32,
    width: f32,
) -> Arc<Galley> {
    let whole = painter.layout_no_wrap(text.to_owned(), font, colour);
    if whole.size().x <= width {
        return whole;
    }
    let mut job = LayoutJob::simple(text.to_owned(), small, colour, width.max(0.0));
    job.wrap.max_rows = 2;
    painter.layout_job(job)
}
