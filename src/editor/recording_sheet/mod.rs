//! The sheet of a recording: its drums as lanes over its waveform, what can be corrected, and where they
//! go.

mod lanes;
mod preview;
mod sheet;

use std::ops::Range;

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, pos2,
};

pub use self::sheet::RecordingSheet;
use super::frame::{Frame, bar_count, sentence};
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, choice, label};
use crate::drummer::Section;
use crate::transcriber::{Options, Transcription};

/// Tempos that can be asked for, in beats a minute.
const TEMPOS: Range<f64> = 20.0..400.0;
/// Beats to a bar that can be asked for; none leaves it to the recording.
const BEATS: [Option<usize>; 7] = [None, Some(2), Some(3), Some(4), Some(5), Some(6), Some(7)];

/// The sheet, within its card; `false` once its drums were used.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &mut RecordingSheet,
    inner: Rect,
) -> bool {
    let theme = &frame.theme;
    let heard = sheet.preview.get(ui.ctx(), frame.studio, &sheet.import, &sheet.options);
    let Some((heard, fresh)) = heard else {
        let font = Face::Regular.at(13.0);
        label(ui.painter(), inner, Align2::CENTER_CENTER, "Listening", font, theme.text_dim);
        return true;
    };
    let row = |top: f32, height: f32| {
        Rect::from_min_size(pos2(inner.left(), top), Vec2::new(inner.width(), height))
    };
    let head = row(inner.top(), 22.0);
    let font = Face::SemiBold.at(16.0);
    let name = label(ui.painter(), head, Align2::LEFT_CENTER, &sheet.import.name, font, theme.text);
    let room = head.with_min_x(name.right() + 3.0 * UNIT);
    let font = Face::Regular.at(12.0);
    label(ui.painter(), room, Align2::LEFT_CENTER, &summary(&heard), font, theme.text_dim);
    let beats = row(head.bottom() + 2.0 * UNIT, CONTROL);
    correct(ui, frame, sheet, &heard, beats);
    let foot = row(inner.bottom() - CONTROL, CONTROL);
    let body = Rect::from_min_max(
        pos2(inner.left(), beats.bottom() + 2.0 * UNIT),
        pos2(inner.right(), foot.top() - 3.0 * UNIT),
    );
    lanes::show(ui, frame, shared, sheet, &heard, body);
    give(ui, frame, shared, sheet, (&heard, fresh), foot)
}

/// Such as "64 strokes, 96.2 bpm, 4/4, a loop of 4 bars".
fn summary(heard: &Transcription) -> String {
    let mut words = vec![match heard.onsets.len() {
        1 => "1 stroke".to_owned(),
        count => format!("{count} strokes"),
    }];
    match heard.bpm() {
        Some(bpm) => {
            let metre = heard.metre();
            words.push(format!("{bpm:.1} bpm"));
            words.push(format!("{}/{}", metre.numerator(), metre.denominator()));
        }
        None => words.push("no beats were found".to_owned()),
    }
    if heard.beats.is_loop {
        let beats = heard.beats.times.len();
        let bars = beats.div_ceil(heard.beats.beats_to_a_bar.max(1));
        words.push(format!("a loop of {}", bar_count(bars)));
    }
    words.join(", ")
}

/// Tempo, beats to a bar, and the way back to what was heard.
fn correct(
    ui: &mut Ui,
    frame: &Frame<'_>,
    sheet: &mut RecordingSheet,
    heard: &Transcription,
    rect: Rect,
) {
    let theme = &frame.theme;
    let mut left = rect.left();
    let mut slot = |width: f32| {
        let slot = Rect::from_min_size(pos2(left, rect.top()), Vec2::new(width, rect.height()));
        left += width + UNIT;
        slot
    };
    let place = slot(48.0);
    let font = Face::Regular.at(12.0);
    label(ui.painter(), place, Align2::LEFT_CENTER, "Tempo", font, theme.text_dim);
    let bpm = heard.bpm();
    let mut text =
        sheet.tempo.clone().unwrap_or_else(|| bpm.map_or(String::new(), |bpm| format!("{bpm:.1}")));
    let field = TextEdit::singleline(&mut text)
        .id(Id::unique("recording-tempo"))
        .hint_text("bpm")
        .align(Align2::LEFT_CENTER)
        .desired_width(56.0);
    let response = ui.put(slot(60.0), field);
    if response.lost_focus() {
        let typed = text.trim().replace(',', ".").parse::<f64>().ok();
        if let Some(tempo) = typed.filter(|tempo| TEMPOS.contains(tempo)) {
            sheet.options.beats.tempo = Some(tempo);
        }
        sheet.tempo = None;
    } else {
        sheet.tempo = response.has_focus().then_some(text);
    }
    let none = bpm.is_none().then_some("No beats were found: type a tempo.");
    for (id, text, by, tip) in [
        ("recording-half", "½", 0.5, "Half as many beats in the same time."),
        ("recording-double", "2×", 2.0, "Twice as many beats in the same time."),
    ] {
        let button = Button::new(id, text).tip(tip).unless(none);
        if button.show(ui, slot(CONTROL), theme)
            && let Some(tempo) = bpm.map(|bpm| bpm * by).filter(|tempo| TEMPOS.contains(tempo))
        {
            sheet.options.beats.tempo = Some(tempo);
        }
    }
    let names: Vec<String> = BEATS
        .iter()
        .map(|beats| {
            beats.map_or("Bars as heard".to_owned(), |beats| format!("{beats} beats to a bar"))
        })
        .collect();
    let chosen = BEATS.iter().position(|beats| *beats == sheet.options.beats.beats_to_a_bar);
    let tip = "How many beats a bar has.";
    let place = slot(140.0);
    let picked = choice(ui, place, theme, "recording-bars", tip, &names, chosen.unwrap_or(0));
    if let Some(picked) = picked {
        sheet.options.beats.beats_to_a_bar = BEATS[picked];
    }
    let changed = sheet.options != Options::default();
    let reset = Button::new("recording-reset", "As heard")
        .tip("Tempo, bars and sensitivity as they were at first.")
        .unless((!changed).then_some("Nothing was changed yet."));
    let width = reset.width(ui.painter());
    if reset.show(ui, slot(width), theme) {
        sheet.options = Options::default();
    }
    let room = rect.with_min_x(left + UNIT);
    let font = Face::Regular.at(12.0);
    let hint = "Click in the ruler where a bar begins. Whole mixes are experimental.";
    label(ui.painter(), room, Align2::RIGHT_CENTER, hint, font, theme.text_dim);
}

/// The section that is selected, else the one that is played.
fn section<'a>(frame: &Frame<'a>, shared: &Shared) -> Option<&'a Section> {
    let selected = shared.selection.region().map(|region| region.bars.start);
    let playing = frame
        .playhead()
        .filter(|at| *at >= 0.0)
        .and_then(|at| Some(frame.bars()?.bar_at(crate::score::Ticks(at as u64))?.0));
    let form = &frame.arrangement?.form;
    let index = form.section_at(selected.or(playing)?)?;
    form.sections.get(index)
}

/// Where the drums go; `false` once they were used.
fn give(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &RecordingSheet,
    (heard, fresh): (&Transcription, bool),
    rect: Rect,
) -> bool {
    let theme = &frame.theme;
    let why_not = match (heard.onsets.is_empty(), fresh) {
        (true, _) => Some("No drums were heard: turn the sensitivity up."),
        (_, false) => Some("What was changed is being worked out."),
        _ => None,
    };
    let mut left = rect.left();
    let mut slot = |width: f32| {
        let slot = Rect::from_min_size(pos2(left, rect.top()), Vec2::new(width, rect.height()));
        left += width + 2.0 * UNIT;
        slot
    };
    let song = Button::new("recording-song", "Use as groove for the song")
        .look(Look::Primary)
        .tip("Drum the whole song with it: of more than four bars those that come most often.")
        .unless(why_not);
    let width = song.width(ui.painter()) + UNIT;
    let for_song = song.show(ui, slot(width), theme);
    let own = section(frame, shared);
    let title = own.map_or("Use in a section".to_owned(), |section| {
        format!("Use in sections {}", section.letter())
    });
    let one = Button::new("recording-section", &title)
        .tip("Drum the sections of this letter with it.")
        .unless(why_not.or(own.is_none().then_some("Select bars of a section first.")));
    let width = one.width(ui.painter());
    let for_section = one.show(ui, slot(width), theme);
    drag_chip(ui, frame, shared, sheet, (heard, why_not), slot(124.0));
    if !(for_song || for_section) {
        return true;
    }
    match sheet.import.groove(heard, heard.metre()) {
        Ok(taken) => {
            let label = own.filter(|_| for_section).map(|section| section.label);
            frame.studio.use_groove(taken, label);
            false
        }
        Err(error) => {
            frame.studio.report(&sentence(&error.to_string()));
            true
        }
    }
}

/// All that was heard, to be dragged into the arrangement.
fn drag_chip(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    sheet: &RecordingSheet,
    (heard, why_not): (&Transcription, Option<&str>),
    place: Rect,
) {
    let theme = &frame.theme;
    let response = ui.interact(place, Id::unique("recording-drag"), Sense::drag());
    let enabled = why_not.is_none();
    let ink = if enabled { theme.accent } else { theme.text_off };
    let fill = if enabled && response.hovered() { theme.control_hover } else { theme.window };
    let pen = Stroke::new(1.0, if enabled { theme.accent } else { theme.line });
    ui.painter().rect(place, CornerRadius::same(14), fill, pen, StrokeKind::Inside);
    let grip =
        Rect::from_center_size(pos2(place.left() + 16.0, place.center().y), Vec2::splat(14.0));
    Icon::Grip.paint(ui.painter(), grip, ink);
    let room = place.with_min_x(grip.right() + UNIT).with_max_x(place.right() - 2.0 * UNIT);
    label(ui.painter(), room, Align2::LEFT_CENTER, "Drag MIDI", Face::SemiBold.at(12.0), ink);
    if enabled && response.drag_started() {
        shared.request(Request::DragFile(sheet.import.midi_file(heard, heard.metre())));
    }
    let response = if enabled { response.on_hover_cursor(CursorIcon::Grab) } else { response };
    response.on_hover_ui(|ui| {
        ui.label("Drag everything that was heard, with its tempo, into the arrangement.");
        if let Some(why_not) = why_not {
            ui.colored_label(theme.accent, why_not);
        }
    });
}
