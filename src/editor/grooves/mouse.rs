//! Mouse and keys on the map: what is under the pointer is heard, what is clicked is taken in hand.

use egui::{Key, Rect, Response, Stroke, Ui, Vec2, vec2};

use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::widgets::keep_arrows;
use super::state::Grooves;
use crate::patterns::{Filter, Place};
use crate::studio::{MapGroove, MapRequest};

/// As near to the pointer, in points, a groove of the map is meant.
const NEAR: f32 = 9.0;
/// The pointer rests so long on a groove before it is heard, in seconds.
const REST: f64 = 0.08;
/// How far an arrow key goes on the map.
const STEP: f32 = 0.03;

/// Hears what is under the pointer, takes in hand what is clicked or dragged to. The point under the
/// pointer, if there is one.
pub fn pointer(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    grooves: &mut Grooves,
    response: &Response,
    map: Rect,
    filter: &Filter,
) -> Option<usize> {
    let view = frame.view.map.as_ref()?;
    let (now, studio) = (ui.input(|input| input.time), frame.studio);
    let hover = response.hover_pos().filter(|at| map.contains(*at) && !shared.menu_open);
    // Pins and favourites lie over the points, and their grooves may be no point's.
    let state = &frame.view.document.map;
    let kept = hover.and_then(|at| {
        let marks = state.pins.iter().flatten().chain(state.favourites.iter().rev());
        let view = &grooves.view;
        marks.copied().find(|mark| view.to_screen(mark.place, map).distance(at) <= NEAR)
    });
    let near = hover.and_then(|at| {
        let place = grooves.view.to_place(at, map);
        let nearest = view.map.nearest(place, 1, filter).first().copied()?;
        let there = grooves.view.to_screen(view.map.points()[nearest].place, map);
        let pattern = view.map.points()[nearest].pattern;
        let meant = kept.is_none_or(|kept| kept.pattern == pattern);
        (meant && there.distance(at) <= NEAR).then_some(nearest)
    });
    if let Some(index) = near {
        let there = grooves.view.to_screen(view.map.points()[index].place, map);
        ui.painter_at(map).circle_stroke(there, 5.0, Stroke::new(2.0, frame.theme.accent));
        shared.hint = Some(
            "Click to take this groove in hand; drag to morph; wheel to zoom, right drag to move the map"
                .to_owned(),
        );
    } else if kept.is_some() {
        shared.hint = Some("Click to take this groove in hand again".to_owned());
    } else if hover.is_some() {
        shared.hint = Some("Click or drag: the groove that would be here".to_owned());
    }
    if response.clicked() || response.drag_started_by(egui::PointerButton::Primary) {
        response.request_focus();
    }
    let primary = response.dragged_by(egui::PointerButton::Primary);
    if let Some(at) = response.interact_pointer_pos().filter(|_| primary || response.clicked()) {
        (grooves.heard, grooves.plays) = (None, true);
        let point = near.map(|index| &view.map.points()[index]);
        let point = point.map(|point| MapGroove { pattern: point.pattern, place: point.place });
        match kept.or(point).filter(|_| response.clicked()) {
            Some(groove) => {
                let pattern = frame.view.document.with_locked_rows(&groove.pattern);
                studio.audition_groove(&pattern);
                studio.request_map(MapRequest::Pick(groove));
            }
            None => go(frame, grooves.view.to_place(at, map)),
        }
        grooves.over = None;
        return near;
    }
    // A groove is heard once the pointer rests on it.
    match (near, grooves.over) {
        (Some(index), Some((over, since))) if index == over => {
            let rested = now - since >= REST;
            if rested && grooves.listens && grooves.heard != Some(index) {
                grooves.heard = Some(index);
                let pattern = view.map.points()[index].pattern;
                studio.audition_groove(&frame.view.document.with_locked_rows(&pattern));
            }
            if !rested {
                ui.ctx().request_repaint();
            }
        }
        (Some(index), _) => {
            grooves.over = Some((index, now));
            ui.ctx().request_repaint();
        }
        (None, _) => {
            grooves.over = None;
            if grooves.heard.take().is_some() {
                match frame.view.document.map.current.filter(|_| grooves.plays) {
                    Some(current) => studio.audition_groove(&current.pattern),
                    None => studio.stop_audition(),
                }
            }
        }
    }
    near
}

/// Takes the groove of a place in hand; what is in hand is heard until it comes.
fn go(frame: &Frame<'_>, place: Place) {
    if frame.view.auditioned.is_none()
        && let Some(current) = &frame.view.document.map.current
    {
        frame.studio.audition_groove(&current.pattern);
    }
    frame.studio.request_map(MapRequest::Go(place));
}

pub fn keyboard(ui: &Ui, frame: &Frame<'_>, grooves: &Grooves, response: &Response) {
    keep_arrows(ui, response);
    if !response.has_focus() {
        return;
    }
    let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
    let mut by = Vec2::ZERO;
    for (key, x, y) in [
        (Key::ArrowLeft, -1.0, 0.0),
        (Key::ArrowRight, 1.0, 0.0),
        (Key::ArrowUp, 0.0, 1.0),
        (Key::ArrowDown, 0.0, -1.0),
    ] {
        if pressed(key) {
            by += vec2(x, y);
        }
    }
    if by != Vec2::ZERO {
        let mut place =
            frame.view.document.map.current.map(|current| current.place).unwrap_or_default();
        (place.x, place.y) =
            (place.x + by.x * STEP / grooves.view.zoom, place.y + by.y * STEP / grooves.view.zoom);
        go(frame, place);
    }
}
