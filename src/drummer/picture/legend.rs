//! Which colour is which section, how often it comes and how long it lasts in all.

use crate::drummer::Form;
use crate::picture::{Canvas, Rgb, Type, Weight, section_colour, text_width};

const LETTER: Type = Type::new(Weight::SemiBold, 24.0, Rgb::INK);
const DETAIL: Type = Type::new(Weight::Regular, 24.0, Rgb::GREY);
const SWATCH: f32 = 26.0;
const LINE: f32 = 42.0;
const ROWS: usize = 2;
const SPACE: f32 = 34.0;

struct Entry {
    label: usize,
    letter: String,
    detail: String,
    width: f32,
}

/// One entry a label, in the order in which sections first come.
fn entries(form: &Form) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for section in &form.sections {
        if entries.iter().any(|entry| entry.label == section.label) {
            continue;
        }
        let same = || form.sections.iter().filter(|other| other.label == section.label);
        let bars: usize = same().map(|other| other.bars.len()).sum();
        let detail = match (same().count(), bars) {
            (1, 1) => "1 bar".to_owned(),
            (1, _) => format!("{bars} bars"),
            (times, _) => format!("{times} times, {bars} bars"),
        };
        let letter = section.letter();
        let width = SWATCH + 10.0 + text_width(&letter, LETTER) + 8.0 + text_width(&detail, DETAIL);
        entries.push(Entry { label: section.label, letter, detail, width });
    }
    entries
}

/// Draws the legend into `width` pixels from `left`, at most two rows from `top`; what does not fit
/// is counted.
pub fn draw(canvas: &mut Canvas, form: &Form, left: f32, top: f32, width: f32) {
    let entries = entries(form);
    let more = |left: usize| format!("and {left} more");
    let (mut x, mut row) = (0.0, 0);
    for (index, entry) in entries.iter().enumerate() {
        let left_over = entries.len() - index;
        // In the last row the words "and n more" must still fit, unless this is the last entry.
        let reserve = if row + 1 == ROWS && left_over > 1 {
            SPACE + text_width(&more(left_over), DETAIL)
        } else {
            0.0
        };
        if x + entry.width + reserve > width {
            if row + 1 == ROWS {
                canvas.text(&more(left_over), left + x, baseline(top, row), DETAIL);
                return;
            }
            row += 1;
            x = 0.0;
        }
        let y = baseline(top, row);
        let swatch = y - SWATCH + 5.0;
        canvas.rectangle(left + x, swatch, SWATCH, SWATCH, section_colour(entry.label), 1.0);
        let letter = left + x + SWATCH + 10.0;
        canvas.text(&entry.letter, letter, y, LETTER);
        let detail = letter + text_width(&entry.letter, LETTER) + 8.0;
        canvas.text(&entry.detail, detail, y, DETAIL);
        x += entry.width + SPACE;
    }
}

fn baseline(top: f32, row: usize) -> f32 {
    top + 24.0 + row as f32 * LINE
}
