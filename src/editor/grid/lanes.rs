//! The names of the lanes, each with mute, solo, lock and an arrow for other drums.

use egui::{Align2, CornerRadius, CursorIcon, Id, Rect, Sense, Stroke, Ui, Vec2, pos2};

use super::super::export;
use super::super::frame::Frame;
use super::super::shared::{Destination, Request, Shared};
use super::super::theme::{Face, UNIT};
use super::super::widgets::{Button, Icon, Look, label_at, label_snug};
use super::place::{ORDER, row_rect};
use crate::score::{LANES, Lane, Velocity};
use crate::studio::{Edit, Job, Lanes, Region};

/// `brush` is how hard a lane that is clicked on is struck.
pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, brush: Velocity) {
    let (theme, rect) = (&frame.theme, frame.layout.grid_head);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    for (row, lane) in ORDER.into_iter().enumerate() {
        lane_head(ui, frame, shared, brush, lane, row_rect(rect, row));
        if row > 0 {
            let family = matches!(row, 5 | 8 | 12);
            let ink = if family { theme.line_strong } else { theme.line };
            let top = row_rect(rect, row).top() + 0.5;
            ui.painter().hline(rect.x_range(), top, Stroke::new(1.0, ink));
        }
    }
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, theme.line_strong));
}

fn lane_head(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    brush: Velocity,
    lane: Lane,
    row: Rect,
) {
    let theme = &frame.theme;
    let lane_state = frame.view.document.lane(lane);
    let heard = frame.view.document.is_heard(lane);
    // As high as the lane, and wide enough to be hit where lanes are low.
    let side =
        (row.height() - 1.0).clamp(17.0, 22.0).min(if row.width() > 150.0 { 22.0 } else { 17.0 });
    let mut right = row.right() - 2.0;
    let mut slot = || {
        let place = Vec2::new(side, (row.height() - 1.0).min(22.0));
        let slot = Rect::from_center_size(pos2(right - side / 2.0, row.center().y), place);
        right -= side;
        slot
    };
    let region = Region {
        bars: match shared.selection.region() {
            Some(region) => region.bars,
            None => 0..frame.part().map_or(0, |part| part.bars.len()),
        },
        lanes: Lanes::only(lane),
    };
    let why_not = match frame.part() {
        None => Some("There are no drums yet: press Generate."),
        Some(_) if lane_state.lock => Some("The lane is locked."),
        Some(_) => None,
    };
    let again = Button::new(("again", lane.index()), "")
        .icon(Icon::Again)
        .look(Look::Bare)
        .tip("Regenerate this lane; in the selected bars, if there are some.")
        .unless(why_not);
    if again.show(ui, slot(), theme) {
        frame.start(Job::Regenerate(region));
    }
    let icon = if lane_state.lock { Icon::Locked } else { Icon::Unlocked };
    let lock = Button::new(("lock", lane.index()), "")
        .icon(icon)
        .look(if lane_state.lock { Look::On } else { Look::Bare })
        .tip("Lock: the drummer leaves this lane as it is. Your own edits are free.");
    if lock.show(ui, slot(), theme) {
        frame.edit(Edit::Lock { lane, on: !lane_state.lock });
    }
    let letter = |ui: &mut Ui, at: Rect, name: &'static str, text: &str, on: bool, tip: &str| {
        let response = ui.interact(at, Id::unique((name, lane.index())), Sense::click());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, name));
        let (fill, ink) = match (on, response.hovered()) {
            (true, _) => (Some(theme.accent), theme.on_accent),
            (false, true) => (Some(theme.control_hover), theme.text),
            (false, false) => (None, theme.text_dim),
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(at, CornerRadius::same(4), fill);
        }
        let font = Face::SemiBold.at((at.height() * 0.68).clamp(10.0, 12.0));
        label_at(ui.painter(), at.center(), Align2::CENTER_CENTER, text, font, ink);
        response.on_hover_text(tip).clicked()
    };
    let solo_tip = "Solo: only solo lanes sound.";
    if letter(ui, slot(), "solo", "S", lane_state.solo, solo_tip) {
        frame.edit(Edit::Solo { lane, on: !lane_state.solo });
    }
    if letter(ui, slot(), "mute", "M", lane_state.mute, "Mute this lane.") {
        frame.edit(Edit::Mute { lane, on: !lane_state.mute });
    }
    let name =
        Rect::from_min_max(pos2(row.left() + 1.5 * UNIT, row.top()), pos2(right, row.bottom()));
    let size = (row.height() * 0.66).clamp(11.0, 13.0);
    let response = ui.interact(name, Id::unique(("lane", lane.index())), Sense::click_and_drag());
    let face = if response.hovered() { Face::SemiBold } else { Face::Regular };
    let ink = if heard { theme.text } else { theme.text_off };
    label_snug(ui.painter(), name, Align2::LEFT_CENTER, lane.name(), face, size, ink);
    if response.clicked() {
        frame.studio.strike(lane, brush);
    }
    if frame.part().is_none() {
        response.on_hover_text("Click to hear it.");
        return;
    }
    if response.drag_started() {
        shared.request(Request::Export(Destination::Drag, shared.extract_lane(lane)));
    }
    response.context_menu(|ui| {
        let extract = shared.extract_lane(lane);
        export::menu(ui, frame, shared, &extract);
    });
    response.on_hover_cursor(CursorIcon::Grab).on_hover_text(
        "Click to hear it; drag this lane alone into the arrangement; right-click to save it.",
    );
}

const _: () = assert!(ORDER.len() == LANES);
