//! Icons, painted: they are sharp at every scale and need no font.

use std::f32::consts::{PI, TAU};

use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Play,
    Stop,
    Record,
    Undo,
    Redo,
    Locked,
    Unlocked,
    /// An arrow in a circle: once more, differently.
    Again,
    /// A bulb: another idea.
    Idea,
    Sparkle,
    Star,
    /// Several cards to choose from.
    Cards,
    Variation,
    Cross,
    Down,
    Grip,
    Sun,
    Moon,
    /// A folder.
    Open,
    /// A disk.
    Save,
    /// An arrow out of a tray.
    Export,
    /// A tag.
    Keep,
    /// Several settings at once.
    Sliders,
}

impl Icon {
    /// Paints the icon into the middle of a box.
    pub fn paint(self, painter: &Painter, within: Rect, colour: Color32) {
        let side = within.width().min(within.height());
        let rect = Rect::from_center_size(within.center(), Vec2::splat(side));
        // Icons are drawn on a field of 16 x 16.
        let at = |x: f32, y: f32| rect.min + Vec2::new(x, y) * side / 16.0;
        let pen = Stroke::new((side / 16.0 * 1.5).max(1.0), colour);
        let line = |points: &[(f32, f32)]| {
            painter.add(Shape::line(points.iter().map(|&(x, y)| at(x, y)).collect(), pen));
        };
        let filled = |points: &[(f32, f32)]| {
            let points = points.iter().map(|&(x, y)| at(x, y)).collect();
            painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
        };
        let dot = |x, y, radius: f32| painter.circle_filled(at(x, y), radius * side / 16.0, colour);
        let arc = |centre: (f32, f32), radius: f32, from: f32, to: f32| {
            painter
                .add(Shape::line(arc(at(centre.0, centre.1), radius * side / 16.0, from, to), pen));
        };
        let frame = |x: f32, y: f32, width: f32, height: f32, radius: u8| {
            let frame = Rect::from_min_max(at(x, y), at(x + width, y + height));
            painter.rect_stroke(frame, CornerRadius::same(radius), pen, StrokeKind::Middle);
        };
        match self {
            Icon::Play => filled(&[(4.5, 2.5), (13.5, 8.0), (4.5, 13.5)]),
            Icon::Stop => {
                let square = Rect::from_min_max(at(4.0, 4.0), at(12.0, 12.0));
                painter.rect_filled(square, CornerRadius::same(1), colour);
            }
            Icon::Record => {
                dot(8.0, 8.0, 4.5);
            }
            Icon::Undo => {
                arc((8.5, 9.0), 4.5, -PI, 0.5 * PI);
                line(&[(1.5, 6.5), (4.0, 9.5), (7.0, 7.0)]);
            }
            Icon::Redo => {
                arc((7.5, 9.0), 4.5, 0.5 * PI, TAU);
                line(&[(14.5, 6.5), (12.0, 9.5), (9.0, 7.0)]);
            }
            Icon::Locked | Icon::Unlocked => {
                let body = Rect::from_min_max(at(3.5, 7.5), at(12.5, 14.0));
                painter.rect_filled(body, CornerRadius::same(1), colour);
                let turn = if self == Icon::Locked { 0.0 } else { 0.35 };
                arc((8.0, 6.5), 3.0, -PI, -turn * PI);
                line(&[(5.0, 6.5), (5.0, 8.0)]);
                if self == Icon::Locked {
                    line(&[(11.0, 6.5), (11.0, 8.0)]);
                }
            }
            Icon::Again => {
                arc((8.0, 8.0), 5.0, -0.25 * PI, 1.35 * PI);
                line(&[(8.6, 4.6), (11.6, 4.4), (11.8, 1.4)]);
            }
            Icon::Idea => {
                arc((8.0, 6.5), 4.5, -1.3 * PI, 0.3 * PI);
                line(&[(5.4, 10.2), (6.0, 12.0), (10.0, 12.0), (10.6, 10.2)]);
                line(&[(6.5, 14.0), (9.5, 14.0)]);
            }
            Icon::Sparkle => {
                for (x, y, size) in [(6.5, 9.0, 5.5), (12.5, 3.5, 3.0)] {
                    let thin = size * 0.26;
                    filled(&[(x, y - size), (x + thin, y), (x, y + size), (x - thin, y)]);
                    filled(&[(x - size, y), (x, y - thin), (x + size, y), (x, y + thin)]);
                }
            }
            Icon::Star => {
                let corner = |index: usize| {
                    let angle = PI * (index as f32 / 5.0 - 0.5);
                    let reach = if index.is_multiple_of(2) { 6.5 } else { 2.9 };
                    (8.0 + reach * angle.cos(), 8.5 + reach * angle.sin())
                };
                let corners: Vec<(f32, f32)> = (0..=10).map(corner).collect();
                line(&corners);
            }
            Icon::Cards => {
                for (x, y) in [(2.5, 2.5), (9.0, 2.5), (2.5, 9.0), (9.0, 9.0)] {
                    frame(x, y, 4.5, 4.5, 1);
                }
            }
            Icon::Variation => {
                for y in [5.0, 11.0] {
                    let wave: Vec<(f32, f32)> = (0..=16)
                        .map(|step| {
                            let x = 2.0 + step as f32 * 0.75;
                            (x, y + 2.0 * ((x - 2.0) / 12.0 * TAU).sin())
                        })
                        .collect();
                    line(&wave);
                }
            }
            Icon::Cross => {
                line(&[(4.0, 4.0), (12.0, 12.0)]);
                line(&[(12.0, 4.0), (4.0, 12.0)]);
            }
            Icon::Down => line(&[(4.5, 6.5), (8.0, 10.0), (11.5, 6.5)]),
            Icon::Grip => {
                for x in [6.0, 10.0] {
                    for y in [4.0, 8.0, 12.0] {
                        dot(x, y, 1.1);
                    }
                }
            }
            Icon::Sun => {
                dot(8.0, 8.0, 3.0);
                for ray in 0..8 {
                    let (sin, cos) = (ray as f32 / 8.0 * TAU).sin_cos();
                    line(&[(8.0 + 5.0 * cos, 8.0 + 5.0 * sin), (8.0 + 6.8 * cos, 8.0 + 6.8 * sin)]);
                }
            }
            Icon::Moon => {
                arc((8.0, 8.0), 5.5, 0.12 * PI, 1.38 * PI);
                arc((10.6, 5.4), 4.6, 0.38 * PI, 1.12 * PI);
            }
            Icon::Sliders => {
                for (y, x) in [(4.0, 10.0), (8.0, 5.0), (12.0, 11.0)] {
                    line(&[(2.5, y), (13.5, y)]);
                    dot(x, y, 2.0);
                }
            }
            Icon::Open => {
                line(&[
                    (2.0, 12.5),
                    (2.0, 3.5),
                    (6.5, 3.5),
                    (8.0, 5.5),
                    (14.0, 5.5),
                    (14.0, 12.5),
                    (2.0, 12.5),
                ]);
            }
            Icon::Save => {
                frame(2.5, 2.5, 11.0, 11.0, 1);
                line(&[(5.5, 2.5), (5.5, 6.0), (10.5, 6.0), (10.5, 2.5)]);
                line(&[(5.0, 13.5), (5.0, 9.5), (11.0, 9.5), (11.0, 13.5)]);
            }
            Icon::Export => {
                line(&[(8.0, 10.0), (8.0, 2.2)]);
                line(&[(4.8, 5.2), (8.0, 2.0), (11.2, 5.2)]);
                line(&[(2.5, 9.5), (2.5, 13.5), (13.5, 13.5), (13.5, 9.5)]);
            }
            Icon::Keep => {
                line(&[(2.5, 2.5), (8.0, 2.5), (13.8, 8.3), (8.3, 13.8), (2.5, 8.0), (2.5, 2.5)]);
                dot(5.4, 5.4, 1.2);
            }
        }
    }
}

/// Points on a circle, angles clockwise from the right.
pub fn arc(centre: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    let steps = (((to - from).abs() * radius / 2.0).ceil() as usize).clamp(8, 64);
    (0..=steps)
        .map(|step| {
            let angle = from + (to - from) * step as f32 / steps as f32;
            pos2(centre.x + radius * angle.cos(), centre.y + radius * angle.sin())
        })
        .collect()
}
