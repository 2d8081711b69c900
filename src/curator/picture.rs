//! The ordered clips as a matrix of similarities.

use super::clip::Clip;
use crate::picture::{Align, Canvas, EncodeError, Matrix, Rgb, Type, ValueRange, Weight, fitted};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 1140;
const LEFT: usize = 90;
const TOP: usize = 130;
const SIDE: usize = 940;

const TITLE: Type = Type::new(Weight::SemiBold, 40.0, Rgb::INK);
const FACTS: Type = Type::new(Weight::Regular, 26.0, Rgb::GREY);
const LABEL: Type = Type::new(Weight::Regular, 22.0, Rgb::GREY);
const TICK: f32 = 7.0;

/// Which clips are like which, in the order of the result: what is alike lies along the diagonal.
pub struct MatrixPicture<'a> {
    /// The result's name.
    pub title: &'a str,
    /// In order.
    pub clips: &'a [&'a Clip],
}

impl MatrixPicture<'_> {
    /// The picture as a PNG file. Of more clips than pixels every so-manyth is drawn.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, EncodeError> {
        let all = self.clips.len();
        let shown = all.clamp(1, SIDE);
        let clips: Vec<&Clip> = if all == 0 {
            Vec::new()
        } else {
            (0..shown).map(|index| self.clips[index * all / shown]).collect()
        };
        let similarities = similarities(&clips);
        let others = similarities.iter().enumerate();
        let others = others.filter(|(index, _)| index / clips.len() != index % clips.len());
        let range = ValueRange::of(others.map(|(_, value)| *value));
        let clip = |pixel: usize| pixel * clips.len() / SIDE;
        let values: Vec<f32> = (0..SIDE * SIDE)
            .filter_map(|at| similarities.get(clip(at / SIDE) * clips.len() + clip(at % SIDE)))
            .copied()
            .collect();
        let no_canvas = || EncodeError("it has no area".to_owned());
        let mut canvas = Canvas::new(WIDTH, HEIGHT).ok_or_else(no_canvas)?;
        let room = (WIDTH as usize - 2 * LEFT) as f32;
        canvas.text(&fitted(self.title, TITLE, room), LEFT as f32, 62.0, TITLE);
        let facts = format!("{all} clips in their order, rhythm and sound");
        canvas.text(&facts, LEFT as f32, 104.0, FACTS);
        let matrix = Matrix { x: LEFT, y: TOP, side: SIDE, values: &values, range };
        matrix.draw(&mut canvas);
        matrix.draw_colour_bar(&mut canvas);
        self.axes(&mut canvas);
        canvas.png()
    }

    fn axes(&self, canvas: &mut Canvas) {
        let all = self.clips.len();
        // 1, 2, 5, 10, 20, 50, ...
        let steps = (0..6).flat_map(|power| [1, 2, 5].map(|first| first * 10usize.pow(power)));
        let step = steps.into_iter().find(|step| all / step <= 10).unwrap_or(1_000_000);
        let (left, top, side) = (LEFT as f32, TOP as f32, SIDE as f32);
        for number in (0..=all).step_by(step).filter(|&number| number > 0) {
            let at = ((number as f32 - 0.5) / all as f32 * side).round();
            canvas.rectangle(left + at, top + side, 1.0, TICK, Rgb::GREY, 1.0);
            canvas.rectangle(left - TICK, top + at, TICK, 1.0, Rgb::GREY, 1.0);
            let text = number.to_string();
            let below = top + side + TICK + 20.0;
            canvas.text(&text, left + at, below, LABEL.aligned(Align::Centre));
            canvas.text(&text, left - TICK - 5.0, top + at + 8.0, LABEL.aligned(Align::Right));
        }
    }
}

/// Every two clips' similarity, row by row.
fn similarities(clips: &[&Clip]) -> Vec<f32> {
    let mut values = vec![1.0; clips.len() * clips.len()];
    for row in 0..clips.len() {
        for column in 0..row {
            let value = clips[row].descriptor.similarity(&clips[column].descriptor);
            values[row * clips.len() + column] = value;
            values[column * clips.len() + row] = value;
        }
    }
    values
}
