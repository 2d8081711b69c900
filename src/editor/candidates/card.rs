//! One candidate as a card: its rank, its name, its drums in small, and why it stands there.

use std::sync::Arc;

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo, pos2,
};

use super::super::alternatives::miniature;
use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::{Face, UNIT};
use super::super::widgets::{Button, Icon, Look, label_at, label_list, label_wrapped};
use super::sheet::{CandidateSheet, judge};
use crate::studio::{AuditionSource, BEST, CandidateSet, RelevanceFeedback};

/// Height of the place for the name and of that for the reasons: one line, or two small ones.
const HEAD: f32 = 30.0;
const FOOT: f32 = 28.0;
/// Side of the buttons.
const SIDE: f32 = 22.0;

pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &mut CandidateSheet,
    (set, place): (&CandidateSet, usize),
    card: Rect,
) {
    let theme = &frame.theme;
    let candidate = &set.candidates[place];
    let variation = candidate.alternative.variation;
    let selected = sheet.selected == Some(variation);
    let heard = frame.view.audition_source == Some(AuditionSource::Candidate(variation));
    let rating = frame.view.feedback.of(RelevanceFeedback::song(&set.take), variation);
    let response = ui.interact(card, Id::unique(("candidate", place)), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, &candidate.name));
    let fill = if response.hovered() { theme.control_hover } else { theme.control };
    let line = match (selected, place < BEST) {
        (true, _) => Stroke::new(2.0, theme.accent),
        (false, true) => Stroke::new(1.5, theme.line_strong),
        (false, false) => Stroke::new(1.0, theme.line),
    };
    ui.painter().rect(card, CornerRadius::same(6), fill, line, StrokeKind::Inside);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.has_focus() {
        let pen = Stroke::new(1.5, theme.accent);
        ui.painter().rect_stroke(card.expand(2.0), CornerRadius::same(8), pen, StrokeKind::Outside);
    }
    let head = card.with_max_y(card.top() + HEAD);
    let cap = Rect::from_center_size(
        pos2(head.left() + 17.0, head.center().y + 1.0),
        Vec2::new(20.0, 15.0),
    );
    let (cap_fill, ink) =
        if heard { (theme.accent, theme.on_accent) } else { (theme.panel, theme.text_dim) };
    ui.painter().rect_filled(cap, CornerRadius::same(4), cap_fill);
    let number = (place + 1).to_string();
    let font = Face::SemiBold.at(11.0);
    label_at(ui.painter(), cap.center(), Align2::CENTER_CENTER, &number, font, ink);
    let button = |from_right: f32| {
        let corner = pos2(head.right() - from_right * SIDE - 3.0, head.center().y - SIDE / 2.0);
        Rect::from_min_size(corner, Vec2::splat(SIDE))
    };
    let look = |on: bool| if on { Look::On } else { Look::Bare };
    let star = Button::new(("star", place), "")
        .icon(Icon::Star)
        .look(look(rating == Some(true)))
        .tip("Star it: it stays, and what is written next is more like it.");
    let discard = Button::new(("discard", place), "")
        .icon(Icon::Cross)
        .look(look(rating == Some(false)))
        .tip("Discard it: what is written next is less like it.");
    let starred = star.show(ui, button(2.0), theme);
    let discarded = discard.show(ui, button(1.0), theme);
    if starred || discarded {
        judge(frame, set, variation, starred);
    }
    let room = Rect::from_min_max(
        pos2(cap.right() + 1.5 * UNIT, head.top() + 1.0),
        pos2(head.right() - 2.0 * SIDE - 2.0 * UNIT, head.bottom() + 1.0),
    );
    let face = if selected { Face::SemiBold } else { Face::Regular };
    let fonts = (face.at(12.0), face.at(10.0));
    label_wrapped(ui.painter(), room, Align2::LEFT_CENTER, &candidate.name, fonts, theme.text);
    let picture = Rect::from_min_max(
        pos2(card.left() + 6.0, head.bottom() + 1.0),
        pos2(card.right() - 6.0, card.bottom() - FOOT),
    );
    paint(ui, frame, sheet, (set, place), picture);
    let foot = Rect::from_min_max(pos2(picture.left(), picture.bottom()), card.max)
        .with_max_x(picture.right());
    let fonts = (Face::Regular.at(11.0), Face::Regular.at(10.0));
    // The rest is in the tip.
    label_list(ui.painter(), foot, Align2::LEFT_CENTER, &candidate.why, fonts, theme.text_dim);
    if rating == Some(false) {
        let veil = theme.panel.gamma_multiply(0.6);
        ui.painter().rect_filled(card.with_min_y(head.bottom()), CornerRadius::same(6), veil);
    }
    let clicked = response.clicked();
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(format!("{}\n{}", candidate.name, candidate.why));
    if clicked {
        sheet.audition(frame, shared, variation);
    }
}

/// The candidate's drums over the song; made once for each size.
pub fn paint(
    ui: &Ui,
    frame: &Frame<'_>,
    sheet: &mut CandidateSheet,
    (set, place): (&CandidateSet, usize),
    rect: Rect,
) {
    let candidate = &set.candidates[place];
    let part = &candidate.alternative.part;
    let key = (Arc::as_ptr(part) as usize, rect.size(), frame.theme.variant);
    let picture = sheet.pictures.entry(candidate.alternative.variation).or_default();
    let origin = Rect::from_min_size(Pos2::ZERO, rect.size());
    let mesh = picture.get(key, || Arc::new(miniature(&frame.theme, part, &set.form, origin)));
    let mut mesh: Mesh = (*mesh).clone();
    mesh.translate(rect.min.to_vec2());
    ui.painter().add(Shape::mesh(mesh));
}
