//! The sheet of candidates: many parts for the take, the best first, heard in time by click or arrow key,
//! starred, discarded, compared, and put into one of the four alternatives.

mod card;
mod details;
mod sheet;

use egui::{
    Align2, CornerRadius, Id, Key, Modifiers, Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2, pos2,
};

pub use self::sheet::{CandidateSheet, current, open};
use self::sheet::{judge, put};
use super::frame::Frame;
use super::shared::Shared;
use super::sheet::{Rows, running_job, title};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, keep_arrows_of, label};
use crate::studio::{ALTERNATIVES, CandidateSet, Job, JobView, VariationId};

/// Width of what is said of the selected one.
const DETAILS: f32 = 212.0;
/// The narrowest card, and how high one is.
const NARROWEST: f32 = 196.0;
const HEIGHT: f32 = 106.0;
const GAP: f32 = 2.0 * UNIT;

/// The sheet, within its card.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &mut CandidateSheet,
    inner: Rect,
) {
    let Rows { head, body, foot } = Rows::new(inner, CONTROL, 22.0);
    header(ui, frame, shared, head);
    feedback(ui, frame, sheet, foot);
    let Some(set) = current(frame) else {
        let text = match (&frame.view.job, frame.take) {
            (Some(JobView { job: Job::Candidates, .. }), _) => {
                "Candidates appear here as soon as they are played and ranked."
            }
            (Some(_), _) => "Drumlin does something else just now: make candidates after that.",
            (None, None) => "There is nothing to play to yet: capture a take or open a MIDI file.",
            (None, Some(_)) => "There are no candidates for this take yet: press Make 32.",
        };
        let font = Face::Regular.at(13.0);
        label(ui.painter(), body, Align2::CENTER_CENTER, text, font, frame.theme.text_dim);
        return;
    };
    let gone = |variation: &VariationId| set.place(*variation).is_none();
    if sheet.selected.as_ref().is_none_or(gone) {
        sheet.selected = set.candidates.first().map(|first| first.alternative.variation);
        sheet.pictures.clear();
    }
    sheet.reference = sheet.reference.filter(|variation| !gone(variation));
    let list = body.with_max_x(body.right() - DETAILS - 3.0 * UNIT);
    let columns = ((list.width() + GAP) / (NARROWEST + GAP)).floor().max(1.0) as usize;
    keys(ui, frame, shared, sheet, set, columns);
    cards(ui, frame, shared, sheet, set, columns, list);
    let place = body.with_min_x(body.right() - DETAILS);
    details::show(ui, frame, shared, sheet, set, place);
}

/// The title, and how more are written.
fn header(ui: &mut Ui, frame: &Frame<'_>, shared: &Shared, rect: Rect) {
    let theme = &frame.theme;
    // The cross of the sheet is to the right of it.
    let room = title(ui.painter(), theme, rect, "Candidates").with_max_x(rect.right() - 4.0 * UNIT);
    if running_job(ui, frame, room, "candidates-cancel", 264.0) {
        return;
    }
    let why_not = (frame.take.is_none() || frame.live)
        .then_some("There is nothing to play to yet: capture a take or open a MIDI file.");
    let text = if current(frame).is_some() { "Write 32 others" } else { "Make 32" };
    let more = Button::new("candidates-more", text)
        .icon(Icon::Cards)
        .look(Look::Primary)
        .tip(
            "Play the take in 32 ways with the present settings, and rank them. Starred ones stay.",
        )
        .key("W")
        .unless(why_not);
    let width = more.width(ui.painter());
    let place = room.with_min_x(room.right() - width);
    let has_keys = !shared.menu_open && !ui.ctx().text_edit_focused();
    let pressed = has_keys && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::W));
    if more.show(ui, place, theme) || pressed && why_not.is_none() {
        frame.start(Job::Candidates);
    }
    if let Some(set) = current(frame) {
        let text = if is_stale(frame, set) {
            "Written with other settings: they are played anew where you put them".to_owned()
        } else {
            format!("{} for {}, the best first", set.candidates.len(), set.take.name)
        };
        let between = room.with_max_x(place.left() - 2.0 * UNIT);
        let font = Face::Regular.at(12.0);
        label(ui.painter(), between, Align2::LEFT_CENTER, &text, font, theme.text_dim);
    }
}

fn is_stale(frame: &Frame<'_>, set: &CandidateSet) -> bool {
    let settings = &frame.view.document.settings;
    crate::drummer::Settings { seed: settings.seed, ..set.played.clone() } != *settings
}

/// What stars and discards do to the ranking.
fn feedback(ui: &mut Ui, frame: &Frame<'_>, sheet: &mut CandidateSheet, rect: Rect) {
    let (theme, feedback) = (&frame.theme, &frame.view.feedback);
    let (liked, discarded) = feedback.counts();
    let is_empty = liked + discarded == 0;
    let forgotten = sheet.forgotten.as_ref().filter(|_| is_empty);
    let forget = match forgotten {
        Some(_) => Button::new("feedback-forget", "Bring back")
            .tip("Bring back the stars and discards that were forgotten."),
        None => Button::new("feedback-forget", "Forget")
            .tip("Forget what was starred and discarded in this project.")
            .unless(is_empty.then_some("Nothing was starred or discarded yet.")),
    };
    let forget = forget.look(Look::Bare);
    let width = forget.width(ui.painter());
    if forget.show(ui, rect.with_min_x(rect.right() - width), theme) {
        frame.studio.set_feedback(forgotten.cloned().unwrap_or_default());
        // While the sheet is open a slip of the hand costs nothing.
        sheet.forgotten = (!is_empty).then(|| feedback.clone());
    }
    let words = feedback.words();
    let leaning = match (liked + discarded, words.as_str()) {
        (0, _) => "Stars and discards move what is written next in this project.".to_owned(),
        (_, "") => format!("{liked} starred, {discarded} discarded: they lean to nothing yet."),
        (_, words) => format!("{liked} starred, {discarded} discarded: next time {words}."),
    };
    let room = rect.with_max_x(rect.right() - width - UNIT);
    let font = Face::Regular.at(12.0);
    label(ui.painter(), room, Align2::LEFT_CENTER, &leaning, font, theme.text_dim);
}

fn keys(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &mut CandidateSheet,
    set: &CandidateSet,
    columns: usize,
) {
    if shared.menu_open || ui.ctx().text_edit_focused() {
        return;
    }
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let place = sheet.selected.and_then(|selected| set.place(selected)).unwrap_or(0);
    let last = set.candidates.len().saturating_sub(1);
    let mut to = place;
    // Arrow keys go from candidate to candidate whatever has the focus, and do not move that as well;
    // but a drop-down that has it is turned by them.
    let focus = ui.memory(|memory| memory.focused());
    if let Some(focus) = focus {
        keep_arrows_of(ui, focus);
    }
    let is_turned = focus == Some(Id::unique("candidate-piece"));
    for (key, by) in [
        (Key::ArrowLeft, -1),
        (Key::ArrowRight, 1),
        (Key::ArrowUp, -(columns as isize)),
        (Key::ArrowDown, columns as isize),
    ] {
        if !is_turned && pressed(key) {
            to = to.checked_add_signed(by).filter(|to| *to <= last).unwrap_or(to);
        }
    }
    if to != place {
        sheet.scroll = true;
        sheet.audition(frame, shared, set.candidates[to].alternative.variation);
    }
    let Some(selected) = sheet.selected else { return };
    if pressed(Key::P) {
        sheet.play(frame, shared);
    }
    if pressed(Key::B) {
        sheet.compare(frame, shared);
    }
    if pressed(Key::Plus) || ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Plus)) {
        judge(frame, set, selected, true);
    }
    if pressed(Key::Delete) || pressed(Key::Backspace) {
        judge(frame, set, selected, false);
    }
    const DIGITS: [Key; ALTERNATIVES] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
    for (slot, key) in DIGITS.into_iter().enumerate() {
        if pressed(key) {
            put(frame, shared, sheet, set, slot);
        }
    }
}

fn cards(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &mut CandidateSheet,
    set: &CandidateSet,
    columns: usize,
    rect: Rect,
) {
    let width = (rect.width() - GAP * columns as f32) / columns as f32;
    let rows = set.candidates.len().div_ceil(columns);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    ScrollArea::vertical().id_salt("candidates").auto_shrink(false).show(&mut child, |ui| {
        let size = Vec2::new(rect.width() - GAP, rows as f32 * (HEIGHT + GAP));
        let (all, _) = ui.allocate_exact_size(size, Sense::hover());
        for (place, candidate) in set.candidates.iter().enumerate() {
            let (column, row) = (place % columns, place / columns);
            let corner =
                all.min + Vec2::new(column as f32 * (width + GAP), row as f32 * (HEIGHT + GAP));
            let card = Rect::from_min_size(corner, Vec2::new(width, HEIGHT));
            let selected = sheet.selected == Some(candidate.alternative.variation);
            if selected && std::mem::take(&mut sheet.scroll) {
                ui.scroll_to_rect(card, None);
            }
            if !ui.clip_rect().intersects(card) {
                continue;
            }
            card::show(ui, frame, shared, sheet, (set, place), card);
        }
    });
    ui.painter().rect_filled(
        Rect::from_min_max(
            pos2(rect.right() + UNIT, rect.top()),
            pos2(rect.right() + UNIT + 1.0, rect.bottom()),
        ),
        CornerRadius::ZERO,
        frame.theme.line,
    );
}
