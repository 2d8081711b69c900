//! What is said of the selected candidate, and what can be done with it.

use std::sync::Arc;

use egui::{Align2, Rect, Shape, Ui, Vec2, pos2};

use super::super::alternatives::miniature;
use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::{CONTROL, Face, UNIT};
use super::super::widgets::{Button, Choice, Icon, Look, label, label_wrapped};
use super::sheet::{CandidateSheet, audition, is_heard, judge, pieces, put};
use crate::studio::{ALTERNATIVES, AuditionSource, CandidateSet, RelevanceFeedback};

pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &mut CandidateSheet,
    set: &CandidateSet,
    rect: Rect,
) {
    let theme = &frame.theme;
    let Some(selected) = sheet.selected else { return };
    let Some(place) = set.place(selected) else { return };
    let candidate = &set.candidates[place];
    let mut top = rect.top();
    let mut line = |height: f32, gap: f32| {
        let line = Rect::from_min_size(pos2(rect.left(), top), Vec2::new(rect.width(), height));
        top += height + gap;
        line
    };
    let name = format!("{}  {}", place + 1, candidate.name);
    let fonts = (Face::SemiBold.at(14.0), Face::SemiBold.at(12.0));
    let place = line(30.0, UNIT);
    label_wrapped(ui.painter(), place, Align2::LEFT_CENTER, &name, fonts, theme.text);
    let font = Face::Regular.at(12.0);
    let why = ui.painter().layout(candidate.why.clone(), font, theme.text_dim, rect.width());
    let height = why.size().y.min(62.0);
    let at = line(height, 2.0 * UNIT);
    ui.painter_at(at).galley(at.min, why, theme.text_dim);
    // What is below has to fit.
    let below = 5.0 * (CONTROL + UNIT) + 26.0 + 2.0 * UNIT;
    let room = (rect.bottom() - at.bottom() - below - 4.0 * UNIT).min(120.0);
    if room >= 40.0 {
        let place = line(room, 2.0 * UNIT);
        let mesh = miniature(theme, &candidate.alternative.part, &set.form, place);
        ui.painter().add(Shape::mesh(Arc::new(mesh)));
    }
    let half = |row: Rect, right: bool| {
        let middle = row.center().x;
        if right {
            row.with_min_x(middle + UNIT / 2.0)
        } else {
            row.with_max_x(middle - UNIT / 2.0)
        }
    };

    let row = line(CONTROL, UNIT);
    let sounds = frame.view.audition_source == Some(AuditionSource::Candidate(selected));
    let play = if is_heard(frame) {
        Button::new("candidate-play", "Stop").icon(Icon::Stop).look(Look::On)
    } else {
        Button::new("candidate-play", "Play").icon(Icon::Play)
    };
    let play = play.tip("Hear it in its place of the song, in time with the host or without it.");
    if play.key("P").show(ui, half(row, false), theme) {
        sheet.play(frame, shared);
    }
    let b = if sounds { Look::On } else { Look::Plain };
    let on_reference = frame.view.audition_source == Some(sheet.reference());
    let text = if on_reference {
        "A"
    } else if sounds {
        "B"
    } else {
        "A / B"
    };
    let look = if on_reference { Look::On } else { b };
    let compare = Button::new("candidate-compare", text)
        .look(look)
        .tip("From A to B and back: A is the part in the window, or the candidate taken for A.")
        .key("B");
    if compare.show(ui, half(row, true), theme) {
        sheet.compare(frame, shared);
    }

    let row = line(CONTROL, 2.0 * UNIT);
    let reference = match sheet.reference.and_then(|variation| set.place(variation)) {
        Some(place) => format!("A is {}", place + 1),
        None => "A is the part".to_owned(),
    };
    let is_reference = sheet.reference == Some(selected);
    let tip = if is_reference {
        "Compare with the part in the window again."
    } else {
        "Take this candidate for A."
    };
    let take = Button::new("candidate-reference", &reference)
        .look(if is_reference { Look::On } else { Look::Plain })
        .tip(tip);
    if take.show(ui, half(row, false), theme) {
        sheet.reference = (!is_reference).then_some(selected);
        if frame.view.audition_source == Some(AuditionSource::Part) {
            audition(frame, shared, sheet.reference());
        }
    }
    let rating = frame.view.feedback.of(RelevanceFeedback::song(&set.take), selected);
    let star = Button::new("candidate-star", "Star")
        .icon(Icon::Star)
        .look(if rating == Some(true) { Look::On } else { Look::Plain })
        .tip("It stays, and what is written next in this project is more like it.")
        .key("+");
    if star.show(ui, half(row, true), theme) {
        judge(frame, set, selected, true);
    }

    let font = Face::SemiBold.at(12.0);
    let title = line(20.0, UNIT);
    label(
        ui.painter(),
        title,
        Align2::LEFT_CENTER,
        "Put into an alternative",
        font,
        theme.text_dim,
    );
    let names: Vec<String> = pieces(frame, shared, set).into_iter().map(|(name, _)| name).collect();
    sheet.piece = sheet.piece.min(names.len() - 1);
    let tip = "What of it is put in. Locked lanes and bars stay as they are.";
    let place = line(CONTROL, UNIT);
    let choice = Choice::new("candidate-piece", &names, sheet.piece).tip(tip);
    if let Some(piece) = choice.show(ui, place, theme) {
        sheet.piece = piece;
    }
    let row = line(CONTROL, UNIT);
    let there = frame.arrangement.map_or(0, |arrangement| arrangement.alternatives.len());
    let width = (row.width() - UNIT * (ALTERNATIVES - 1) as f32) / ALTERNATIVES as f32;
    for slot in 0..ALTERNATIVES {
        let left = row.left() + slot as f32 * (width + UNIT);
        let place = Rect::from_min_size(pos2(left, row.top()), Vec2::new(width, CONTROL));
        let text = (slot + 1).to_string();
        let why_not = match (there, slot >= there) {
            (0, _) => Some("There are no drums for this take yet: press Generate."),
            (_, true) if sheet.piece > 0 => Some("Put all of it in first."),
            _ => None,
        };
        let is_chosen = frame.arrangement.is_some_and(|arrangement| arrangement.chosen == slot);
        let button = Button::new(("candidate-slot", slot), &text)
            .look(if is_chosen { Look::Lit } else { Look::Plain })
            .tip("Put it into this alternative. Undo takes it back.")
            .key(&text)
            .unless(why_not);
        if button.show(ui, place, theme) {
            put(frame, shared, sheet, set, slot);
        }
    }
}
