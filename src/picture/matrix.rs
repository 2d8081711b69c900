//! A matrix of similarities with its colour bar.

use super::canvas::{Align, Canvas, Type, Weight};
use super::colours::{Rgb, similarity_colour};
use super::scale::ValueRange;

const LABEL: Type = Type::new(Weight::Regular, 22.0, Rgb::GREY);
const TICK: f32 = 7.0;

/// From the matrix to its colour bar, the bar, and room for its values.
const GAP: f32 = 16.0;
const BAR: f32 = 18.0;
const VALUES: f32 = 60.0;

/// A square of similarities, one for each pixel.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// Left edge in pixels.
    pub x: usize,
    /// Upper edge in pixels.
    pub y: usize,
    /// Pixels of one side.
    pub side: usize,
    /// Row-major, `side * side`.
    pub values: &'a [f32],
    /// What the ends of the colour map stand for.
    pub range: ValueRange,
}

impl Matrix<'_> {
    /// Pixels that the colour bar takes beside the matrix.
    pub const COLOUR_BAR: f32 = GAP + BAR + VALUES;

    /// Draws the matrix alone.
    pub fn draw(&self, canvas: &mut Canvas) {
        for (index, &value) in self.values.iter().enumerate() {
            let colour = similarity_colour(self.range.share(value));
            canvas.pixel(self.x + index % self.side, self.y + index / self.side, colour);
        }
    }

    /// Draws what its colours stand for at its right.
    pub fn draw_colour_bar(&self, canvas: &mut Canvas) {
        let (x, y) = ((self.x + self.side) as f32 + GAP, self.y as f32);
        let last = self.side.saturating_sub(1) as f32;
        for line in 0..self.side {
            let share = 1.0 - line as f32 / last;
            canvas.rectangle(x, y + line as f32, BAR, 1.0, similarity_colour(share), 1.0);
        }
        canvas.frame(x, y, BAR, self.side as f32, Rgb::HAIRLINE);
        for (value, label) in self.range.ticks() {
            let at = (y + (1.0 - self.range.share(value)) * last).round();
            canvas.rectangle(x + BAR, at, TICK, 1.0, Rgb::GREY, 1.0);
            canvas.text(&label, x + BAR + TICK + 4.0, at + 8.0, LABEL);
        }
        let right = x + BAR + VALUES;
        canvas.text("similarity", right, y - 14.0, LABEL.aligned(Align::Right));
    }
}
