//! The map's points as a texture, and what of the map is in view.

use std::sync::Arc;

use egui::{
    Color32, ColorImage, CornerRadius, PointerButton, Pos2, Rect, Response, Shape, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, pos2,
};

use crate::editor::theme::Theme;
use crate::patterns::{Filter, MapStyle, PatternMap, Place};
use crate::studio::MapView;

/// Radius of a point, in points.
const RADIUS: f32 = 0.85;
/// The most that is zoomed in.
const CLOSEST: f32 = 24.0;

/// What of the map is in view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewPort {
    centre: Place,
    pub zoom: f32,
}

impl Default for ViewPort {
    fn default() -> ViewPort {
        ViewPort { centre: Place::default(), zoom: 1.0 }
    }
}

impl ViewPort {
    /// Points on the screen for one of the map.
    fn scale(&self, rect: Rect) -> f32 {
        rect.width().min(rect.height()) / 2.15 * self.zoom
    }

    pub fn to_screen(self, place: Place, rect: Rect) -> Pos2 {
        let scale = self.scale(rect);
        let (x, y) = (place.x - self.centre.x, place.y - self.centre.y);
        rect.center() + egui::vec2(x, -y) * scale
    }

    pub fn to_place(self, at: Pos2, rect: Rect) -> Place {
        let by = (at - rect.center()) / self.scale(rect);
        Place { x: self.centre.x + by.x, y: self.centre.y - by.y }
    }

    /// The wheel zooms where the pointer is, the right button moves; twice, all is in view again.
    pub fn turn(&mut self, ui: &Ui, response: &Response, rect: Rect) {
        if response.double_clicked_by(PointerButton::Secondary) {
            *self = ViewPort::default();
        }
        if response.dragged_by(PointerButton::Secondary) {
            let by = response.drag_delta() / self.scale(rect);
            (self.centre.x, self.centre.y) = (self.centre.x - by.x, self.centre.y + by.y);
        }
        if let Some(at) = response.hover_pos() {
            let (wheel, pinch) =
                ui.input(|input| (input.smooth_scroll_delta.y, input.zoom_delta()));
            let by = pinch * (wheel / 200.0).exp();
            if by != 1.0 {
                let before = self.to_place(at, rect);
                self.zoom = (self.zoom * by).clamp(1.0, CLOSEST);
                let after = self.to_place(at, rect);
                self.centre.x += before.x - after.x;
                self.centre.y += before.y - after.y;
            }
        }
        self.centre.x = self.centre.x.clamp(-1.2, 1.2);
        self.centre.y = self.centre.y.clamp(-1.2, 1.2);
    }
}

/// The texture, made anew when what it shows has changed.
#[derive(Default)]
pub struct Picture {
    made: Option<(Shown, TextureHandle)>,
}

/// What a texture shows.
#[derive(Clone)]
struct Shown {
    map: Arc<PatternMap>,
    filter: Filter,
    view: ViewPort,
    size: [usize; 2],
    background: Color32,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        Arc::ptr_eq(&self.map, &other.map)
            && (self.filter, self.view, self.size, self.background)
                == (other.filter, other.view, other.size, other.background)
    }
}

impl Picture {
    pub fn paint(
        &mut self,
        ui: &Ui,
        theme: &Theme,
        view: &MapView,
        filter: &Filter,
        port: &ViewPort,
        rect: Rect,
    ) {
        let pixels = ui.ctx().pixels_per_point();
        let side = |length: f32| ((length * pixels).round() as usize).clamp(1, 2048);
        let shown = Shown {
            map: view.map.clone(),
            filter: *filter,
            view: *port,
            size: [side(rect.width()), side(rect.height())],
            background: theme.window,
        };
        if self.made.as_ref().is_none_or(|(known, _)| *known != shown) {
            let image = image(&shown, theme, view.built_in, pixels);
            match &mut self.made {
                Some((known, texture)) => {
                    texture.set(image, TextureOptions::LINEAR);
                    *known = shown;
                }
                None => {
                    let options = TextureOptions::LINEAR;
                    let texture = ui.ctx().load_texture("groove-map", image, options);
                    self.made = Some((shown, texture));
                }
            }
        }
        let Some((_, texture)) = &self.made else { return };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().add(Shape::image(texture.id(), rect, whole, Color32::WHITE));
        let pen = Stroke::new(1.0, theme.line_strong);
        ui.painter().rect_stroke(rect, CornerRadius::same(2), pen, StrokeKind::Outside);
    }
}

/// The colour of a style.
pub fn style_colour(style: MapStyle) -> Color32 {
    let [red, green, blue] = style.colour();
    Color32::from_rgb(red, green, blue)
}

fn image(shown: &Shown, theme: &Theme, built_in: usize, pixels: f32) -> ColorImage {
    let [width, height] = shown.size;
    let mut image = ColorImage::filled(shown.size, shown.background);
    let rect = Rect::from_min_size(Pos2::ZERO, egui::vec2(width as f32, height as f32));
    // Closer points are larger, but not as much as the map is.
    let radius = RADIUS * pixels * shown.view.zoom.powf(0.35);
    // Pale ones first, the musician's own last.
    for pass in 0..3 {
        for (index, point) in shown.map.points().iter().enumerate() {
            let own = index >= built_in;
            let lit = shown.filter.takes(point);
            let (wanted, colour, size, strength) = match (lit, own) {
                (false, _) => (0, theme.line_strong, radius * 0.8, 0.5),
                (true, false) => (1, style_colour(point.style), radius, 0.85),
                (true, true) => (2, theme.text, radius * 1.8, 1.0),
            };
            if wanted == pass {
                let at = shown.view.to_screen(point.place, rect);
                disc(&mut image, at, size, colour, strength);
            }
        }
    }
    image
}

/// A disc with a soft edge.
fn disc(image: &mut ColorImage, at: Pos2, radius: f32, colour: Color32, strength: f32) {
    let [width, height] = image.size;
    let reach = radius + 1.0;
    let span = |centre: f32, limit: usize| {
        let from = (centre - reach).floor().max(0.0) as usize;
        from..((centre + reach).ceil().max(0.0) as usize).min(limit)
    };
    for y in span(at.y, height) {
        for x in span(at.x, width) {
            let far = pos2(x as f32 + 0.5, y as f32 + 0.5).distance(at);
            let cover = (radius + 0.5 - far).clamp(0.0, 1.0) * strength;
            let pixel = &mut image.pixels[y * width + x];
            *pixel = pixel.lerp_to_gamma(colour, cover);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_points_of_the_screen_invert() {
        let rect = Rect::from_min_max(pos2(40.0, 90.0), pos2(272.0, 300.0));
        let view = ViewPort { centre: Place { x: 0.3, y: -0.2 }, zoom: 3.0 };
        for (x, y) in [(0.0, 0.0), (0.9, -0.7), (-0.4, 0.2)] {
            let place = Place { x, y };
            let back = view.to_place(view.to_screen(place, rect), rect);
            assert!(back.distance(place) < 1e-5);
        }
        // Up is up.
        let [low, high] = [-0.5, 0.5].map(|y| view.to_screen(Place { x: 0.0, y }, rect).y);
        assert!(high < low);
    }
}
