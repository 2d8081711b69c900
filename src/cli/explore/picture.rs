//! The map as a picture.

use crate::patterns::{Filter, MapPoint, MapStyle, PatternMap, Place};
use crate::picture::{Align, Canvas, EncodeError, Rgb, Type, Weight};

const WIDTH: f32 = 1920.0;
const HEIGHT: f32 = 1080.0;
const MARGIN: f32 = 56.0;
/// Width of the list of styles at the right.
const LEGEND: f32 = 300.0;

const TITLE: Type = Type::new(Weight::SemiBold, 44.0, Rgb::INK);
const TEXT: Type = Type::new(Weight::Regular, 26.0, Rgb::INK);
const NOTE: Type = Type::new(Weight::Regular, 22.0, Rgb::GREY);

/// What is drawn.
pub struct Picture<'a> {
    pub map: &'a PatternMap,
    /// Points from here on are the musician's own.
    pub own: usize,
    /// Points that do not pass are pale.
    pub filter: &'a Filter,
    /// Grooves that were found.
    pub marks: &'a [Place],
    /// They are a way from the first to the last.
    pub way: bool,
}

/// The colour of a style.
pub fn colour(style: MapStyle) -> Rgb {
    let [red, green, blue] = style.colour();
    Rgb(red, green, blue)
}

impl Picture<'_> {
    /// # Errors
    /// If the picture cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, EncodeError> {
        let mut canvas = Canvas::new(WIDTH as u32, HEIGHT as u32)
            .ok_or(EncodeError("a picture needs a size".to_owned()))?;
        let points = self.map.points();
        canvas.text("Map of grooves", MARGIN, 78.0, TITLE);
        let note = format!("{} grooves of two bars; neighbours are alike", points.len());
        canvas.text(&note, MARGIN, 116.0, NOTE);
        let frame = Frame::around(points, self.marks);
        // Pale ones first, the musician's own last.
        let (lit, pale): (Vec<_>, Vec<_>) =
            points.iter().enumerate().partition(|(_, point)| self.filter.takes(point));
        for (_, point) in pale {
            let (x, y) = frame.at(point.place);
            canvas.dot(x, y, 2.0, Rgb::HAIRLINE, 0.5);
        }
        for (index, point) in lit {
            let (x, y) = frame.at(point.place);
            if index >= self.own {
                canvas.dot(x, y, 9.0, Rgb::INK, 1.0);
                canvas.dot(x, y, 6.5, Rgb::WHITE, 1.0);
            } else {
                canvas.dot(x, y, 2.4, colour(point.style), 0.8);
            }
        }
        let marks: Vec<(f32, f32)> = self.marks.iter().map(|mark| frame.at(*mark)).collect();
        if self.way {
            for pair in marks.windows(2) {
                canvas.line(pair[0], pair[1], 3.0, Rgb::INK);
            }
        }
        for &(x, y) in &marks {
            canvas.dot(x, y, 10.0, Rgb::WHITE, 1.0);
            canvas.dot(x, y, 7.0, Rgb::INK, 1.0);
        }
        self.legend(&mut canvas);
        canvas.png()
    }

    fn legend(&self, canvas: &mut Canvas) {
        let left = WIDTH - MARGIN - LEGEND;
        let mut y = 190.0;
        let points = self.map.points();
        let mut row = |canvas: &mut Canvas, ink: Rgb, name: &str, count: usize| {
            canvas.dot(left + 12.0, y - 8.0, 9.0, ink, 1.0);
            canvas.text(name, left + 38.0, y, TEXT);
            let number = NOTE.aligned(Align::Right);
            canvas.text(&count.to_string(), left + LEGEND, y, number);
            y += 50.0;
        };
        for style in MapStyle::all() {
            let count = points[..self.own].iter().filter(|point| point.style == style).count();
            if count > 0 {
                row(canvas, colour(style), style.name(), count);
            }
        }
        if points.len() > self.own {
            row(canvas, Rgb::INK, "your own", points.len() - self.own);
        }
    }
}

/// Where places of the map are on the canvas.
struct Frame {
    centre: Place,
    scale: f32,
}

impl Frame {
    fn around(points: &[MapPoint], marks: &[Place]) -> Frame {
        let places = points.iter().map(|point| point.place).chain(marks.iter().copied());
        let start = (f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY);
        let (left, right, low, high) = places.fold(start, |(l, r, b, t), place| {
            (l.min(place.x), r.max(place.x), b.min(place.y), t.max(place.y))
        });
        if left > right {
            return Frame { centre: Place::default(), scale: 1.0 };
        }
        let width = WIDTH - 3.0 * MARGIN - LEGEND - 20.0;
        let height = HEIGHT - 2.0 * MARGIN - 110.0;
        let scale = (width / (right - left).max(1e-3)).min(height / (high - low).max(1e-3));
        Frame { centre: Place { x: (left + right) / 2.0, y: (low + high) / 2.0 }, scale }
    }

    fn at(&self, place: Place) -> (f32, f32) {
        let middle = ((WIDTH - LEGEND - MARGIN) / 2.0, 140.0 + (HEIGHT - 140.0 - MARGIN) / 2.0);
        (
            middle.0 + (place.x - self.centre.x) * self.scale,
            middle.1 - (place.y - self.centre.y) * self.scale,
        )
    }
}
