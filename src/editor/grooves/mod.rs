//! The map of grooves: look for one, hear it in time with the host, change it by moving, keep it.

mod actions;
mod description;
mod mouse;
mod overlay;
mod picture;
mod rows;
mod search;
mod state;

use egui::{
    Align2, CornerRadius, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use self::actions::{give, hand, listening, pins};
use self::description::{describe, small_grid};
use self::mouse::{keyboard, pointer};
use self::overlay::overlay;
use self::rows::{halves, is_roomy};
pub use self::state::Grooves;
use super::frame::Frame;
use super::shared::Shared;
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{label, label_wrapped};
use crate::patterns::DRUMS;
use crate::studio::MapRequest;

/// Said where no groove is what is looked for: all points are pale then.
const NONE_ALIKE: &str = "No groove is like that: choose less above";

/// The tab, within its place at the right of the window.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    grooves: &mut Grooves,
    rect: Rect,
) {
    open_map(frame, grooves);
    // What no point under the pointer plays is what is in hand.
    grooves.plays = frame.view.auditioned.is_some() && (grooves.plays || grooves.heard.is_none());
    let theme = &frame.theme;
    let row = |top: f32, height: f32| {
        Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height))
    };
    let roomy = is_roomy(rect.width());
    let rows = |count: f32| count * CONTROL + (count - 1.0) * UNIT;
    let fields = rows(if roomy { 1.0 } else { 2.0 });
    let buttons = rows(if roomy { 3.0 } else { 4.0 });
    search::show(ui, frame, &mut grooves.search, row(rect.top(), fields));
    let top = rect.top() + fields + UNIT;
    // The map is as wide as the panel; what is below has to fit.
    let below = 20.0 + buttons + 3.0 * UNIT;
    let room = rect.bottom() - top - below;
    let roll = (room - rect.width()).clamp(0.0, 5.0 * DRUMS as f32);
    let roll = if roll < 2.0 * DRUMS as f32 { 0.0 } else { roll };
    let side = (room - roll).min(rect.width()).max(40.0);
    let map = Rect::from_center_size(
        pos2(rect.center().x, top + side / 2.0),
        Vec2::new(rect.width(), side),
    );
    let Some(view) = &frame.view.map else {
        ui.painter().rect_filled(map, CornerRadius::same(4), theme.window);
        let font = Face::Regular.at(12.0);
        label(ui.painter(), map, Align2::CENTER_CENTER, "Opening the map", font, theme.text_dim);
        return;
    };
    let points = view.map.points();
    let response = ui.interact(map, Id::unique("groove-map"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Map of grooves"));
    let filter = grooves.search.filter(frame);
    grooves.view.turn(ui, &response, map);
    grooves.picture.paint(ui, theme, view, &filter, &grooves.view, map);
    overlay(ui, frame, grooves, map);
    if response.has_focus() {
        let pen = Stroke::new(1.5, theme.accent);
        ui.painter().rect_stroke(map, CornerRadius::same(4), pen, StrokeKind::Outside);
    }
    let near = pointer(ui, frame, shared, grooves, &response, map, &filter);
    keyboard(ui, frame, grooves, &response);
    let state = &frame.view.document.map;
    if !points.iter().any(|point| filter.takes(point)) {
        let fonts = (Face::SemiBold.at(13.0), Face::SemiBold.at(12.0));
        label_wrapped(ui.painter(), map, Align2::CENTER_CENTER, NONE_ALIKE, fonts, theme.text);
    }
    let shown = near.map(|index| &points[index]);
    let name = row(map.bottom(), 20.0);
    describe(ui, frame, shown, grooves.listens, name);
    let pattern = shown.map(|point| point.pattern).or(state.current.map(|current| current.pattern));
    if let Some(pattern) = pattern.filter(|_| roll > 0.0) {
        small_grid(ui, frame, &pattern, row(name.bottom(), roll));
    }
    let button = |number: f32| row(rect.bottom() - buttons + number * (CONTROL + UNIT), CONTROL);
    pins(ui, frame, button(0.0));
    let [in_hand, heard] = if roomy { halves(button(1.0)) } else { [button(1.0), button(2.0)] };
    hand(ui, frame, in_hand);
    listening(ui, frame, grooves, heard);
    give(ui, frame, shared, row(rect.bottom() - CONTROL, CONTROL));
}

/// Asks the worker for the map, and anew when the song's drums have changed.
fn open_map(frame: &Frame<'_>, grooves: &mut Grooves) {
    let part = frame.view.document.part().map(|part| std::sync::Arc::as_ptr(part) as usize);
    if grooves.asked != Some(part) {
        if grooves.asked.is_none() {
            frame.studio.set_library(grooves.library.clone());
        }
        grooves.asked = Some(part);
        frame.studio.request_map(MapRequest::Open);
    }
}

/// Where a place of the map is on the screen.
#[cfg(test)]
pub fn test_screen(grooves: &Grooves, place: crate::patterns::Place, rect: Rect) -> egui::Pos2 {
    grooves.view.to_screen(place, rect)
}
