//! The take as a piano roll.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, Id, Mesh, PopupCloseBehavior, Rect, Sense, Shape, Stroke,
    TextEdit, Ui, Vec2, pos2,
};

use super::frame::{Frame, bar_count};
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT, Variant};
use super::timeline::Timeline;
use super::widgets::{Button, Cached, Choice, Icon, Look, PtrEq, entry, label, list};
use crate::score::{Note, Song};
use crate::studio::{Edit, Take};

/// Keys shown above and below those that are played.
const AIR: u8 = 2;
/// The fewest keys shown.
const FEWEST: u8 = 18;

/// The picture of the notes, which takes long to make and seldom changes.
pub type Picture = Cached<Key, Arc<Mesh>>;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, picture: &mut Picture) {
    let (theme, rect) = (&frame.theme, frame.layout.roll);
    let Some((take, bars)) = frame.take else { return };
    head(ui, frame, shared);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::ZERO, theme.window);
    let keys = Keys::of(&take.song, rect);
    let mut back = Mesh::default();
    keys.stripes(&mut back, theme.stripe);
    // Sections tint the time axis all the way down.
    if let Some(arrangement) = frame.arrangement {
        for section in &arrangement.form.sections {
            let place =
                shared.timeline.bars_rect(frame.bars(), &section.bars, rect).intersect(rect);
            if place.is_positive() {
                back.add_colored_rect(place, theme.section(section.label).gamma_multiply(0.07));
            }
        }
    }
    for bar in shared.timeline.visible_bars(bars) {
        let x = shared.timeline.x(bars.bars()[bar].start.0 as f64).round();
        let line = Rect::from_min_max(pos2(x, rect.top()), pos2(x + 1.0, rect.bottom()));
        back.add_colored_rect(line, theme.line);
    }
    painter.add(Shape::mesh(back));
    let key = (PtrEq(Arc::clone(take)), shared.timeline, rect, theme.variant);
    let (note, soft) = (theme.note, theme.note.lerp_to_gamma(theme.window, 0.45));
    let drawn =
        picture.get(key, || Arc::new(notes(&take.song, &shared.timeline, &keys, rect, soft, note)));
    painter.add(Shape::mesh(drawn));
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line_strong));
    let response = ui.interact(rect, Id::unique("roll"), Sense::hover());
    if response.hovered() {
        shared.hint = Some("The melody: wheel to scroll, Ctrl and wheel to zoom".to_owned());
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
pub type Key = (PtrEq<Take>, Timeline, Rect, Variant);

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

/// Left of the roll: which take this is, what can be done with it, what was heard since.
fn head(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let (theme, rect) = (&frame.theme, frame.layout.roll_head);
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::ZERO, theme.panel);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line_strong));
    painter.vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, theme.line));
    let inner = rect.shrink2(Vec2::new(1.5 * UNIT, 1.5 * UNIT));
    let Some((take, bars)) = frame.take else { return };
    let field = Rect::from_min_size(inner.min, Vec2::new(inner.width(), 6.0 * UNIT));
    if frame.live {
        let font = Face::SemiBold.at(12.0);
        label(ui.painter(), field, Align2::LEFT_CENTER, "Heard so far", font, theme.text);
    } else {
        choose(ui, frame, field.with_max_x(field.right() - 6.0 * UNIT - 2.0));
        menu(ui, frame, shared, field.with_min_x(field.right() - 6.0 * UNIT));
    }
    let bpm = take.song.tempo.bpm(crate::score::Ticks(0)).0;
    let metre = bars.bars().first().map_or(crate::score::Metre::COMMON, |bar| bar.metre);
    let mut facts = vec![format!("{} · {bpm:.0} bpm · {metre}", bar_count(bars.len()))];
    if let Some(heard) = frame.view.recording.bars.filter(|_| !frame.live) {
        let listening = if frame.view.recording.running { "Listening" } else { "Heard" };
        facts.push(format!("{listening}: bars {}–{}", heard.first + 1, heard.end));
    }
    let mut room = Rect::from_min_max(pos2(inner.left(), field.bottom() + UNIT), inner.max);
    if let Some(difference) = &frame.outdated {
        let tip = format!("{}.", difference.sentence());
        let look = if difference.is_grave() { Look::Primary } else { Look::Plain };
        let button =
            Button::new("capture-again", "Capture again").icon(Icon::Record).look(look).tip(&tip);
        let place = Rect::from_min_size(room.min, Vec2::new(room.width(), 6.0 * UNIT));
        if button.show(ui, place, theme) {
            frame.capture_again();
        }
        room.min.y = place.bottom() + UNIT;
    }
    for fact in facts {
        let line = Rect::from_min_size(room.min, Vec2::new(room.width(), 14.0));
        if line.bottom() > inner.bottom() + 2.0 {
            break;
        }
        let font = Face::Regular.at(11.0);
        label(ui.painter(), line, Align2::LEFT_CENTER, &fact, font, theme.text_dim);
        room.min.y += 15.0;
    }
}

/// The takes by name; those with drums have a dot.
fn choose(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let document = &frame.view.document;
    let name = |(number, take): (usize, &Arc<Take>)| {
        let drums = if document.arrangement_of(number).is_some() { "  •" } else { "" };
        format!("{}  {}{drums}", number + 1, take.name)
    };
    let names: Vec<String> = document.takes.iter().enumerate().map(name).collect();
    let chosen = document.current_take.unwrap_or_default();
    let tip = "The take that the drummer plays to; a dot stands behind those with drums. Each keeps its own drums, edits and settings; T goes back and forth between two.";
    let theme = &frame.theme;
    // Narrow: the grid below shows whether this one has drums.
    let shown = document.takes.get(chosen).map(|take| format!("{} {}", chosen + 1, take.name));
    let shown = shown.unwrap_or_default();
    let choice = Choice::new("take", &names, chosen).tip(tip).shown_as(&shown);
    if let Some(take) = choice.show(ui, rect, theme) {
        frame.edit(Edit::ChooseTake(take));
    }
}

/// What can be done with the take.
fn menu(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, rect: Rect) {
    let theme = &frame.theme;
    let more = Button::new("take-more", "").icon(Icon::Down).look(Look::Bare);
    let response = more
        .tip("Rename or remove this take; write a melody for its drums; hear it as a piano of your own; lay its bars by the playing.")
        .respond(ui, rect, theme);
    let Some(current) = frame.view.document.current_take else { return };
    list(&response, PopupCloseBehavior::CloseOnClick, |ui| {
        ui.set_min_width(170.0);
        if entry(ui, theme, "take-rename", "Rename…", false).clicked() {
            let name = frame.take.map_or_else(String::new, |(take, _)| take.name.clone());
            shared.request(Request::RenameTake { take: current, name });
        }
        if entry(ui, theme, "take-melody", "Write a melody…", false).clicked() {
            shared.request(Request::WriteMelody);
        }
        if entry(ui, theme, "take-piano", "Hear it as a piano…", false).clicked() {
            shared.request(Request::OwnPiano);
        }
        if entry(ui, theme, "take-again", "Capture these bars again", false).clicked() {
            frame.capture_again();
        }
        if let Some((take, _)) = frame.take.filter(|(take, _)| !take.was_heard()) {
            let (on, words) = match take.file_time {
                Some(_) => (false, "Keep the file's bars"),
                None => (true, "Follow the playing"),
            };
            if entry(ui, theme, "take-follow", words, false).clicked() {
                frame.edit(Edit::FollowPlaying { take: current, on });
            }
        }
        if entry(ui, theme, "take-remove", "Remove, with its drums", false).clicked() {
            frame.edit(Edit::RemoveTake(current));
        }
    });
}

/// A take that is being named.
#[derive(Debug)]
pub struct RenameTakeDialog {
    take: usize,
    name: String,
    /// The field has had the keys already.
    shown: bool,
}

impl RenameTakeDialog {
    pub fn new(take: usize, name: String) -> RenameTakeDialog {
        RenameTakeDialog { take, name, shown: false }
    }
}

/// The sheet; `false` once it is done.
pub fn name(ui: &mut Ui, frame: &Frame<'_>, dialog: &mut RenameTakeDialog, inner: Rect) -> bool {
    let theme = &frame.theme;
    let head = Rect::from_min_size(inner.min, Vec2::new(inner.width(), 22.0));
    let font = Face::SemiBold.at(16.0);
    label(ui.painter(), head, Align2::LEFT_CENTER, "Rename the take", font, theme.text);
    let top = head.bottom() + 3.0 * UNIT;
    let place = Rect::from_min_size(pos2(inner.left(), top), Vec2::new(inner.width(), CONTROL));
    let edit = TextEdit::singleline(&mut dialog.name)
        .id(Id::unique("take-name"))
        .hint_text("Name")
        .char_limit(128)
        .align(Align2::LEFT_CENTER)
        .desired_width(inner.width());
    let response = ui.put(place, edit);
    if !dialog.shown {
        dialog.shown = true;
        response.request_focus();
    }
    let empty = dialog.name.trim().is_empty();
    let button = Button::new("take-named", "Rename")
        .look(Look::Primary)
        .tip("Give the take this name.")
        .key("Enter")
        .unless(empty.then_some("Give it a name first."));
    let size = Vec2::new(button.width(ui.painter()), CONTROL);
    let place = Rect::from_min_size(inner.max - size, size);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if (button.show(ui, place, theme) || entered) && !empty {
        frame.edit(Edit::RenameTake { take: dialog.take, name: dialog.name.clone() });
        return false;
    }
    true
}
