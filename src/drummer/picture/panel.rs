//! One matrix with its heading, section strips, axes and colour bar.

use crate::analysis::Ssm;
use crate::drummer::Form;
use crate::picture::{
    Align, Canvas, Matrix, Rgb, Type, ValueRange, Weight, section_colour, text_width,
};

use super::scale::{bar_ticks, resampled};

const HEADING: Type = Type::new(Weight::SemiBold, 28.0, Rgb::INK);
const NOTE: Type = Type::new(Weight::Regular, 24.0, Rgb::GREY);
const LABEL: Type = Type::new(Weight::Regular, 22.0, Rgb::GREY);

/// Room for the bar numbers at the left.
const AXIS: f32 = 54.0;
const STRIP: f32 = 30.0;
const GAP: f32 = 4.0;
const SIDE: usize = 712;
const TICK: f32 = 7.0;
/// From the panel's top to that of its strip.
const HEAD: f32 = 46.0;

/// Sections shorter than this on average (in pixels) get no lines: a grid of lines would hide the
/// matrix.
const SHORTEST_LINED: f32 = 14.0;

pub struct Panel<'a> {
    pub left: f32,
    pub top: f32,
    pub heading: &'a str,
    pub note: &'a str,
    pub ssm: &'a Ssm,
    pub form: &'a Form,
}

impl Panel<'_> {
    pub const WIDTH: f32 = AXIS + STRIP + GAP + SIDE as f32 + Matrix::COLOUR_BAR;

    pub fn draw(&self, canvas: &mut Canvas) {
        let (x, y) = (self.x() as usize, self.y() as usize);
        // The diagonal, always 1, tells nothing.
        let pairs = (0..self.ssm.bars()).flat_map(|row| self.ssm.later(row).iter().copied());
        let values = resampled(self.ssm, SIDE);
        let range = ValueRange::of(pairs);
        let matrix = Matrix { x, y, side: SIDE, values: &values, range };
        let baseline = self.top + 26.0;
        canvas.text(self.heading, self.x(), baseline, HEADING);
        let note = self.x() + text_width(self.heading, HEADING) + 14.0;
        canvas.text(self.note, note, baseline, NOTE);
        matrix.draw(canvas);
        self.boundaries(canvas);
        self.strips(canvas);
        self.axes(canvas);
        matrix.draw_colour_bar(canvas);
    }

    /// The matrix's left edge; a whole number, so that its pixels are the canvas's.
    fn x(&self) -> f32 {
        (self.left + AXIS + STRIP + GAP).round()
    }

    fn y(&self) -> f32 {
        (self.top + HEAD + STRIP + GAP).round()
    }

    /// Pixels from the matrix's edge to a bar line.
    fn along(&self, bar: usize) -> f32 {
        (bar as f32 / self.ssm.bars() as f32 * SIDE as f32).round()
    }

    fn boundaries(&self, canvas: &mut Canvas) {
        let side = SIDE as f32;
        let sections = &self.form.sections;
        if side < sections.len() as f32 * SHORTEST_LINED {
            return;
        }
        for section in sections.iter().filter(|section| section.bars.start > 0) {
            let at = self.along(section.bars.start);
            canvas.rectangle(self.x() + at, self.y(), 1.0, side, Rgb::WHITE, 0.55);
            canvas.rectangle(self.x(), self.y() + at, side, 1.0, Rgb::WHITE, 0.55);
        }
    }

    fn strips(&self, canvas: &mut Canvas) {
        for section in &self.form.sections {
            let (from, to) = (self.along(section.bars.start), self.along(section.bars.end));
            // A pixel of white between neighbours, unless there is hardly more than a pixel.
            let length = if to - from > 4.0 { to - from - 1.0 } else { to - from };
            let (above, beside) = (self.y() - GAP - STRIP, self.x() - GAP - STRIP);
            let colour = section_colour(section.label);
            canvas.rectangle(self.x() + from, above, length, STRIP, colour, 1.0);
            canvas.rectangle(beside, self.y() + from, STRIP, length, colour, 1.0);
            let letter = section.letter();
            let style = Type::new(Weight::SemiBold, 24.0, colour.text_on()).aligned(Align::Centre);
            let middle = (from + to) / 2.0;
            if text_width(&letter, style) + 4.0 <= length {
                canvas.text(&letter, self.x() + middle, above + STRIP - 7.5, style);
            }
            if length >= 19.0 {
                let centre = beside + STRIP / 2.0;
                canvas.text(&letter, centre, self.y() + middle + 8.0, style);
            }
        }
    }

    fn axes(&self, canvas: &mut Canvas) {
        let side = SIDE as f32;
        let (x, y) = (self.x(), self.y());
        let beside = x - GAP - STRIP;
        let below = y + side;
        canvas.rectangle(x, below, side, 1.0, Rgb::HAIRLINE, 1.0);
        canvas.rectangle(beside - 1.0, y, 1.0, side, Rgb::HAIRLINE, 1.0);
        for bar in bar_ticks(self.ssm.bars(), 10) {
            let at = self.along(bar);
            canvas.rectangle(x + at, below, 1.0, TICK, Rgb::GREY, 1.0);
            canvas.rectangle(beside - TICK, y + at, TICK, 1.0, Rgb::GREY, 1.0);
            let number = (bar + 1).to_string();
            canvas.text(&number, x + at, below + TICK + 20.0, LABEL.aligned(Align::Centre));
            let left = beside - TICK - 5.0;
            canvas.text(&number, left, y + at + 8.0, LABEL.aligned(Align::Right));
        }
        // In the corner, for both axes.
        canvas.text("bar", beside, below + TICK + 20.0, LABEL.aligned(Align::Right));
    }
}
