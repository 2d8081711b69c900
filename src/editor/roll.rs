//! The take as a piano roll.

use std::sync::Arc;

use egui::{Align2, Color32, CornerRadius, Id, Mesh, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2};

use super::frame::{Frame, State};
use super::theme::{Face, UNIT, Variant};
use super::timeline::Timeline;
use super::widgets::{Same, choice, label};
use crate::score::{Note, Song};
use crate::studio::{Edit, Take};

/// Keys shown above and below those that are played.
const AIR: u8 = 2;
/// The fewest keys shown.
const FEWEST: u8 = 18;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, state: &mut State) {
    let (theme, rect) = (&frame.theme, frame.layout.roll);
    let Some((take, bars)) = frame.take else { return };
    head(ui, frame);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::ZERO, theme.window);
    let keys = Keys::of(&take.song, rect);
    let mut back = Mesh::default();
    keys.stripes(&mut back, theme.stripe);
    // Sections tint the time axis all the way down.
    if let Some(arrangement) = frame.arrangement {
        for section in &arrangement.form.sections {
            let place = super::ruler::bars_rect(frame, state, &section.bars, rect).intersect(rect);
            if place.is_positive() {
                back.add_colored_rect(place, theme.section(section.label).gamma_multiply(0.07));
            }
        }
    }
    for bar in state.timeline.visible_bars(bars) {
        let x = state.timeline.x(bars.bars()[bar].start.0 as f64).round();
        let line = Rect::from_min_max(pos2(x, rect.top()), pos2(x + 1.0, rect.bottom()));
        back.add_colored_rect(line, theme.line);
    }
    painter.add(Shape::mesh(back));
    let key = (Same(Arc::clone(take)), state.timeline, rect, theme.variant);
    let (note, soft) = (theme.note, theme.note.lerp_to_gamma(theme.window, 0.45));
    let drawn = state
        .pictures
        .roll
        .get(key, || Arc::new(notes(&take.song, &state.timeline, &keys, rect, soft, note)));
    painter.add(Shape::mesh(drawn));
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line_strong));
    let response = ui.interact(rect, Id::unique("roll"), Sense::hover());
    if response.hovered() {
        state.hint = Some("The take: wheel to scroll, Ctrl and wheel to zoom".to_owned());
    }
}

/// Which keys are shown, and where.
struct Keys {
    low: u8,
    high: u8,
    rect: Rect,
}

impl Keys {
    fn of(song: &Song, rect: Rect) -> Keys {
        let played = song.melodic().flat_map(|track| &track.notes).map(|note| note.key);
        let (low, high) = played
            .fold(None, |range, key| match range {
                None => Some((key, key)),
                Some((low, high)) => Some((key.min(low), key.max(high))),
            })
            .unwrap_or((54, 66));
        let (low, high) = (low.saturating_sub(AIR), (high + AIR).min(127));
        let missing = FEWEST.saturating_sub(high - low + 1);
        let low = low.saturating_sub(missing / 2);
        Keys { low, high: high.max((low + FEWEST - 1).min(127)), rect }
    }

    fn height(&self) -> f32 {
        self.rect.height() / f32::from(self.high - self.low + 1)
    }

    fn top(&self, key: u8) -> f32 {
        self.rect.bottom() - f32::from(key + 1 - self.low) * self.height()
    }

    fn stripes(&self, mesh: &mut Mesh, colour: Color32) {
        for key in (self.low..=self.high).filter(|key| [1, 3, 6, 8, 10].contains(&(key % 12))) {
            let top = self.top(key);
            let row = Rect::from_min_max(
                pos2(self.rect.left(), top),
                pos2(self.rect.right(), top + self.height()),
            );
            mesh.add_colored_rect(row, colour);
        }
    }
}

/// What the picture of the notes is made of.
pub type Key = (Same<Take>, Timeline, Rect, Variant);

/// A sixteenth narrower than this many points is not drawn note by note.
const LEAST_SIXTEENTH: f64 = 2.0;

/// The visible notes as one mesh, never more of them than the screen can show.
fn notes(
    song: &Song,
    timeline: &Timeline,
    keys: &Keys,
    rect: Rect,
    soft: Color32,
    hard: Color32,
) -> Mesh {
    let sixteenth = f64::from(song.ticks_per_quarter()) / 4.0 * timeline.points_per_tick();
    if sixteenth < LEAST_SIXTEENTH {
        return density(song, timeline, keys, rect, soft, hard);
    }
    let height = (keys.height() - 0.5).max(1.5);
    let mut mesh = Mesh::default();
    for note in seen(song, timeline) {
        let (left, right) = ends(note, timeline, rect);
        let top = keys.top(note.key);
        let body = Rect::from_min_max(pos2(left, top), pos2(right, top + height));
        mesh.add_colored_rect(body, soft.lerp_to_gamma(hard, note.velocity.unit()));
    }
    mesh
}

/// The notes of which something is visible.
fn seen<'a>(song: &'a Song, timeline: &Timeline) -> impl Iterator<Item = &'a Note> {
    let seen = timeline.visible();
    song.melodic().flat_map(move |track| {
        let end = track.notes.partition_point(|note| (note.start.0 as f64) < seen.end);
        let start = seen.start;
        track.notes[..end].iter().filter(move |note| (note.end().0 as f64) >= start)
    })
}

/// Left and right edge of a note on the screen.
fn ends(note: &Note, timeline: &Timeline, rect: Rect) -> (f32, f32) {
    let left = timeline.x(note.start.0 as f64).max(rect.left());
    let right = timeline.x(note.end().0 as f64) - 0.5;
    (left, right.max(left + 1.5).min(rect.right()))
}

/// Far out: for every key and two points of width, the loudest note there.
fn density(
    song: &Song,
    timeline: &Timeline,
    keys: &Keys,
    rect: Rect,
    soft: Color32,
    hard: Color32,
) -> Mesh {
    const COLUMN: f32 = 2.0;
    let columns = (rect.width() / COLUMN).ceil() as usize + 1;
    let rows = usize::from(keys.high - keys.low) + 1;
    let mut loudest = vec![0_u8; columns * rows];
    let column = |x: f32| (((x - rect.left()) / COLUMN).max(0.0) as usize).min(columns - 1);
    for note in seen(song, timeline) {
        let Some(row) = note.key.checked_sub(keys.low).map(usize::from).filter(|row| *row < rows)
        else {
            continue;
        };
        let (left, right) = ends(note, timeline, rect);
        let row = &mut loudest[row * columns..][..columns];
        for cell in &mut row[column(left)..=column(right - 0.5)] {
            *cell = note.velocity.get().max(*cell);
        }
    }
    let height = (keys.height() - 0.5).max(1.5);
    let mut mesh = Mesh::default();
    for (key, row) in (keys.low..).zip(loudest.chunks_exact(columns)) {
        let top = keys.top(key);
        let mut from = 0;
        // Neighbours of one loudness are one stripe.
        for run in row.chunk_by(|a, b| a == b) {
            let to = from + run.len();
            if let Some(velocity) = run.first().copied().filter(|&velocity| velocity > 0) {
                let x = |column: usize| (rect.left() + column as f32 * COLUMN).min(rect.right());
                let body = Rect::from_min_max(pos2(x(from), top), pos2(x(to), top + height));
                mesh.add_colored_rect(body, soft.lerp_to_gamma(hard, f32::from(velocity) / 127.0));
            }
            from = to;
        }
    }
    mesh
}

/// Left of the roll: which take this is.
fn head(ui: &mut Ui, frame: &Frame<'_>) {
    let (theme, rect) = (&frame.theme, frame.layout.roll_head);
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::ZERO, theme.panel);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line_strong));
    painter.vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, theme.line));
    let inner = rect.shrink2(Vec2::new(2.0 * UNIT, 1.5 * UNIT));
    let Some((take, bars)) = frame.take else { return };
    let document = &frame.view.document;
    let names: Vec<String> = document
        .takes
        .iter()
        .enumerate()
        .map(|(number, take)| format!("{}  {}", number + 1, take.name))
        .collect();
    let field = Rect::from_min_size(inner.min, Vec2::new(inner.width(), 6.0 * UNIT));
    let chosen = document.current_take.unwrap_or_default();
    let tip = "The take that the drummer plays to.";
    if let Some(take) = choice(ui, field, theme, "take", tip, &names, chosen) {
        frame.edit(Edit::ChooseTake(take));
    }
    let facts = Rect::from_min_max(pos2(inner.left(), field.bottom() + UNIT), inner.max);
    let bpm = take.song.tempo.bpm(crate::score::Ticks(0)).0;
    let metre = bars.bars().first().map_or(crate::score::Metre::COMMON, |bar| bar.metre);
    let text = format!(
        "{} bars · {bpm:.0} bpm · {}/{}",
        bars.len(),
        metre.numerator(),
        metre.denominator()
    );
    label(ui.painter(), facts, Align2::LEFT_TOP, &text, Face::Regular.at(11.0), theme.text_dim);
}
