//! The sheet that has melodies written for the drums: what is asked for, and four of them to choose from.

use std::sync::Arc;

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2,
};

use super::frame::Frame;
use super::shared::{Request, Shared};
use super::sheet::{Rows, listen, running_job, title};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Choice, Icon, Look, drag_chip, field_off, label};
use crate::composer::{Key, Melody, Range, Scale};
use crate::drummer::Form;
use crate::score::program_name;
use crate::studio::{Edit, Job, MELODIES, MelodyRequest, MelodySet, PreviewRequest};

/// Instruments to choose from, as General MIDI programs.
const INSTRUMENTS: [u8; 8] = [80, 0, 24, 33, 40, 56, 65, 73];
/// Notes a bar to choose from.
const DENSITIES: [Option<u8>; 7] = [None, Some(1), Some(2), Some(4), Some(6), Some(8), Some(12)];
/// Shares of what comes again, in per cent.
const REPEATS: [u8; 3] = [20, 50, 80];
/// Width of the button that has a melody heard.
const LISTEN: f32 = 84.0;
/// Height of what stands above a melody's roll.
const HEAD: f32 = 24.0;
/// What is left free above its highest and below its lowest note.
const MARGIN: f32 = 2.0;
/// Octaves by which the range that suits the instrument is moved.
const OCTAVES: [i8; 5] = [0, -2, -1, 1, 2];

/// What the sheet remembers while it is open.
#[derive(Debug, Default)]
pub struct MelodySheet {
    request: MelodyRequest,
    /// Tonic by pitch class, with a scale; the take's own key if none.
    tonic: Option<u8>,
    scale: usize,
    octave: usize,
    selected: usize,
}

/// The sheet, within its card; `false` once a melody was taken.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &mut MelodySheet,
    inner: Rect,
) -> bool {
    let theme = &frame.theme;
    let mut rows = Rows::new(inner, 22.0, CONTROL);
    title(ui.painter(), theme, rows.head, "Write a melody for the drums");
    controls(ui, frame, sheet, rows.take(CONTROL));
    let Rows { body, foot, .. } = rows;
    let set = frame
        .view
        .melodies
        .as_ref()
        .filter(|set| frame.take.is_some_and(|(take, _)| take.song == set.take.song));
    let Some(set) = set else {
        let text = "Four melodies appear here: in the key, the range and the density above, with the form of the drums.";
        let font = Face::Regular.at(13.0);
        label(ui.painter(), body, Align2::CENTER_CENTER, text, font, theme.text_dim);
        write(ui, frame, sheet, foot);
        return true;
    };
    let gap = 2.0 * UNIT;
    let height = (body.height() - gap * (MELODIES - 1) as f32) / MELODIES as f32;
    let form = frame.arrangement.map(|arrangement| &*arrangement.form);
    for (number, melody) in set.melodies.iter().enumerate() {
        let top = body.top() + number as f32 * (height + gap);
        let card = Rect::from_min_size(pos2(body.left(), top), Vec2::new(body.width(), height));
        show_melody(ui, frame, sheet, (set, number, melody), form, card);
    }
    take_away(ui, frame, shared, sheet, set, foot)
}

/// Key, range, density and instrument.
fn controls(ui: &mut Ui, frame: &Frame<'_>, sheet: &mut MelodySheet, rect: Rect) {
    let theme = &frame.theme;
    const WIDTHS: [f32; 6] = [0.14, 0.18, 0.18, 0.13, 0.19, 0.18];
    let (mut left, room) = (rect.left(), rect.width() - (WIDTHS.len() - 1) as f32 * UNIT);
    let mut slot = WIDTHS.iter().map(|share| {
        let size = Vec2::new(share * room, rect.height());
        let slot = Rect::from_min_size(pos2(left, rect.top()), size);
        left = slot.right() + UNIT;
        slot
    });
    let mut slot = || slot.next().unwrap_or(rect);
    let mut tonics = vec!["Take's key".to_owned()];
    tonics.extend((0..12).map(|tonic| {
        // A name such as "Eb major" begins with the note's.
        let name = Key { tonic, scale: Scale::Major }.to_string();
        name.split(' ').next().unwrap_or_default().to_owned()
    }));
    let chosen = sheet.tonic.map_or(0, |tonic| usize::from(tonic) + 1);
    let tip = "The key: the take's own, with its chords, or another.";
    let choice = Choice::new("melody-key", &tonics, chosen).tip(tip);
    if let Some(picked) = choice.show(ui, slot(), theme) {
        sheet.tonic = picked.checked_sub(1).map(|tonic| tonic as u8);
    }
    let scales: Vec<String> = Scale::ALL.iter().map(|scale| scale.name().to_owned()).collect();
    let place = slot();
    if sheet.tonic.is_none() {
        let why = "The take's own scale; choose a key for another.";
        field_off(ui, place, theme, "melody-scale", "Its scale", why);
    } else {
        let tip = "The scale of the key.";
        let choice = Choice::new("melody-scale", &scales, sheet.scale).tip(tip);
        if let Some(picked) = choice.show(ui, place, theme) {
            sheet.scale = picked;
        }
    }
    let names: Vec<String> =
        INSTRUMENTS.iter().map(|&program| program_name(program).to_owned()).collect();
    let chosen = INSTRUMENTS.iter().position(|program| *program == sheet.request.program);
    let tip = "For which instrument.";
    let choice = Choice::new("melody-instrument", &names, chosen.unwrap_or(0)).tip(tip);
    if let Some(picked) = choice.show(ui, slot(), theme) {
        sheet.request.program = INSTRUMENTS[picked];
    }
    let ranges: Vec<String> =
        OCTAVES.iter().map(|&by| range(sheet.request.program, by).to_string()).collect();
    let tip = "The lowest and the highest note: what suits the instrument, or octaves beside it.";
    let choice = Choice::new("melody-range", &ranges, sheet.octave).tip(tip);
    if let Some(picked) = choice.show(ui, slot(), theme) {
        sheet.octave = picked;
    }
    let densities: Vec<String> = DENSITIES
        .iter()
        .map(|notes| match notes {
            None => "As melodies are".to_owned(),
            Some(1) => "1 note a bar".to_owned(),
            Some(notes) => format!("{notes} notes a bar"),
        })
        .collect();
    let chosen = DENSITIES.iter().position(|notes| *notes == sheet.request.density);
    let tip = "How many notes a bar has.";
    let choice = Choice::new("melody-density", &densities, chosen.unwrap_or(0)).tip(tip);
    if let Some(picked) = choice.show(ui, slot(), theme) {
        sheet.request.density = DENSITIES[picked];
    }
    let repeats = ["Repeats little", "Repeats some", "Repeats much"].map(str::to_owned);
    let chosen = REPEATS.iter().position(|share| *share == sheet.request.repeat);
    let tip = "How much of the melody comes again where the drums do.";
    let choice = Choice::new("melody-repeat", &repeats, chosen.unwrap_or(1)).tip(tip);
    if let Some(picked) = choice.show(ui, slot(), theme) {
        sheet.request.repeat = REPEATS[picked];
    }
    sheet.request.key = sheet.tonic.map(|tonic| Key { tonic, scale: Scale::ALL[sheet.scale] });
    let octave = OCTAVES[sheet.octave];
    sheet.request.range = (octave != 0).then(|| range(sheet.request.program, octave));
}

/// What suits an instrument, moved by octaves.
fn range(program: u8, octaves: i8) -> Range {
    let own = Range::of_program(program);
    let moved = |key: u8| (i16::from(key) + 12 * i16::from(octaves)).clamp(0, 127) as u8;
    Range::new(moved(own.low()), moved(own.high())).unwrap_or(own)
}

/// The button that has them written, or how far that is.
fn write(ui: &mut Ui, frame: &Frame<'_>, sheet: &mut MelodySheet, rect: Rect) {
    if running_job(ui, frame, rect, "melody-cancel", 220.0) {
        return;
    }
    let why_not = frame.part().is_none().then_some("There are no drums yet: press Generate.");
    let text = if frame.view.melodies.is_some() { "Write four others" } else { "Write four" };
    let button = Button::new("melody-write", text)
        .icon(Icon::Sparkle)
        .look(if frame.view.melodies.is_some() { Look::Plain } else { Look::Primary })
        .tip("Write four melodies for the drums as they are now.")
        .unless(why_not);
    let width = button.width(ui.painter()) + UNIT;
    let place = rect.with_min_x(rect.right() - width);
    if button.show(ui, place, &frame.theme) {
        frame.start(Job::Compose(MelodyRequest { seed: rand::random(), ..sheet.request }));
    }
}

/// One melody as a small roll under the song's sections.
fn show_melody(
    ui: &mut Ui,
    frame: &Frame<'_>,
    sheet: &mut MelodySheet,
    (set, number, melody): (&Arc<MelodySet>, usize, &Melody),
    form: Option<&Form>,
    card: Rect,
) {
    let theme = &frame.theme;
    let selected = sheet.selected == number;
    let response = ui.interact(card, Id::unique(("melody", number)), Sense::click());
    let bars = set.take.bars();
    let notes = melody.notes.len();
    let name = format!(
        "{}   {notes} notes, {:.1} a bar, {}",
        number + 1,
        notes as f32 / bars.len().max(1) as f32,
        set.key
    );
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, &name));
    let fill = if response.hovered() { theme.control_hover } else { theme.control };
    let line =
        if selected { Stroke::new(2.0, theme.accent) } else { Stroke::new(1.0, theme.line_strong) };
    ui.painter().rect(card, CornerRadius::same(6), fill, line, StrokeKind::Inside);
    let head = card.shrink2(Vec2::new(2.0 * UNIT, 0.0)).with_max_y(card.top() + HEAD);
    let place = Rect::from_min_max(
        pos2(card.right() - LISTEN - 3.0, card.top() + 3.0),
        pos2(card.right() - 3.0, head.bottom() - 1.0),
    );
    let request = PreviewRequest::Melody(set.clone(), number);
    let is_heard = frame.view.preview.as_ref().is_some_and(|view| view.request == request);
    if notes > 0 {
        listen(ui, frame, place, ("melody-listen", number), is_heard, || request);
    }
    let face = if selected { Face::SemiBold } else { Face::Regular };
    label(ui.painter(), head, Align2::LEFT_CENTER, &name, face.at(12.0), theme.text);
    let roll = Rect::from_min_max(
        pos2(card.left() + 6.0, head.bottom() + 1.0),
        pos2(card.right() - 6.0, card.bottom() - 6.0),
    );
    ui.painter().rect_filled(roll, CornerRadius::same(2), theme.window);
    let song = (set.take.length.0 as f32).max(1.0);
    let x = |ticks: u64| roll.left() + ticks as f32 / song * roll.width();
    let mut mesh = Mesh::default();
    for section in form.iter().flat_map(|form| &form.sections) {
        let all = bars.bars();
        let (Some(first), Some(last)) =
            (all.get(section.bars.start), all.get(section.bars.end.saturating_sub(1)))
        else {
            continue;
        };
        let body = Rect::from_x_y_ranges(x(first.start.0)..=x(last.end().0), roll.y_range());
        mesh.add_colored_rect(body, theme.section(section.label).gamma_multiply(0.12));
    }
    let (low, high) = (set.range.low(), set.range.high());
    let tall = (roll.height() - 2.0 * MARGIN) / f32::from(high - low + 1);
    for note in &melody.notes {
        let top = roll.bottom() - MARGIN - f32::from(note.key.clamp(low, high) - low + 1) * tall;
        let (left, right) = (x(note.start.0), x(note.end().0));
        let body =
            Rect::from_min_max(pos2(left, top), pos2(right.max(left + 1.5), top + tall.max(1.5)));
        let colour = theme.note.lerp_to_gamma(theme.text, 0.4 * note.velocity.unit());
        mesh.add_colored_rect(body, colour);
    }
    ui.painter().add(Shape::mesh(Arc::new(mesh)));
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if response.clicked() {
        sheet.selected = number;
    }
}

/// What is done with the selected melody; `false` once it has become a take.
fn take_away(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &mut MelodySheet,
    set: &MelodySet,
    foot: Rect,
) -> bool {
    let theme = &frame.theme;
    write(ui, frame, sheet, foot);
    let number = sheet.selected;
    let empty = set.melodies.get(number).is_none_or(|melody| melody.notes.is_empty());
    let why_not = empty.then_some("It has no notes: ask for more of them.");
    let keep = Button::new("melody-keep", "Keep as a take")
        .look(Look::Primary)
        .tip("A new take, with the melody in the place of this one. It can be drummed to again.")
        .unless(why_not);
    let width = keep.width(ui.painter()) + UNIT;
    let place = foot.with_max_x(foot.left() + width);
    if keep.show(ui, place, theme)
        && let Some(take) = set.take_of(number)
    {
        frame.edit(Edit::AddTake(Arc::new(take)));
        return false;
    }
    let place = Rect::from_min_size(
        pos2(place.right() + 2.0 * UNIT, foot.top()),
        Vec2::new(124.0, CONTROL),
    );
    let tip = "Drag the selected melody from here into the arrangement.";
    if drag_chip(ui, place, theme, "melody-drag", "Drag MIDI", tip, why_not)
        && let Some(file) = set.midi_file(number)
    {
        shared.request(Request::DragFile(file));
    }
    true
}
