//! What lies over the picture of the map: the song's own bars, favourites, pins, the groove in hand.

use egui::{Align2, Color32, Pos2, Rect, Shape, Stroke, Ui, vec2};

use super::super::frame::Frame;
use super::super::theme::Face;
use super::state::Grooves;
use crate::studio::MapGroove;

/// The song's own bars, favourites, pins and the groove in hand.
pub fn overlay(ui: &Ui, frame: &Frame<'_>, grooves: &Grooves, map: Rect) {
    let (theme, painter) = (&frame.theme, ui.painter_at(map));
    let at = |groove: &MapGroove| grooves.view.to_screen(groove.place, map);
    if let Some(view) = &frame.view.map {
        let way: Vec<Pos2> = view.song.iter().map(|(_, groove)| at(groove)).collect();
        painter.add(Shape::line(way.clone(), Stroke::new(1.0, theme.text_dim.gamma_multiply(0.6))));
        for place in way {
            painter.circle_filled(place, 2.0, theme.text);
        }
        // Where the song is now.
        let now = frame
            .playing_bar()
            .and_then(|bar| view.song.iter().rev().find(|(first, _)| *first <= bar));
        if let Some((_, groove)) = now {
            painter.circle_stroke(at(groove), 5.0, Stroke::new(1.5, theme.playhead));
        }
    }
    let state = &frame.view.document.map;
    for favourite in state.favourites.iter() {
        star(&painter, at(favourite), 6.0, theme.accent);
    }
    if let [Some(a), Some(b)] = &state.pins {
        painter.line_segment([at(a), at(b)], Stroke::new(1.0, theme.accent));
    }
    for (pin, name) in state.pins.iter().zip(["A", "B"]) {
        let Some(pin) = pin else { continue };
        painter.circle(at(pin), 8.0, theme.accent, Stroke::new(1.0, theme.window));
        let font = Face::SemiBold.at(11.0);
        painter.text(at(pin), Align2::CENTER_CENTER, name, font, theme.on_accent);
    }
    if let Some(current) = &state.current {
        painter.circle_stroke(at(current), 7.0, Stroke::new(3.5, theme.window));
        painter.circle_stroke(at(current), 7.0, Stroke::new(2.0, theme.text));
    }
}

fn star(painter: &egui::Painter, at: Pos2, radius: f32, colour: Color32) {
    let points: Vec<Pos2> = (0..10)
        .map(|corner| {
            let angle = std::f32::consts::PI * (corner as f32 / 5.0 - 0.5);
            let reach = if corner % 2 == 0 { radius } else { 0.45 * radius };
            at + reach * vec2(angle.cos(), angle.sin())
        })
        .collect();
    painter.add(Shape::closed_line(points, Stroke::new(1.5, colour)));
}
