//! The sheet of a recording: its drums as lanes over its waveform, what can be corrected, and where they
//! go.

mod lanes;
mod preview;
mod sheet;

use egui::{Align2, Id, Key, Rect, TextEdit, Ui, Vec2, pos2};

pub use self::sheet::RecordingSheet;
use self::sheet::tempo_text;
use super::Transport;
use super::frame::{Frame, bar_count, sentence};
use super::shared::{Request, Shared};
use super::sheet::{Rows, title};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Choice, Icon, Look, drag_chip, label, label_wrapped, switch};
use crate::score::{Beats, Metre};
use crate::studio::{HostPlace, Job, LONGEST_PREVIEW, PreviewRequest, RecordingMix};
use crate::transcriber::{Options, Transcription};

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
    if fresh && sheet.options.beats.tempo.is_none() {
        sheet.own_tempo = heard.bpm();
    }
    let mut rows = Rows::new(inner, 22.0, CONTROL);
    // What was heard has room beside a long name.
    let half = rows.head.with_max_x(rows.head.center().x);
    let named = title(ui.painter(), theme, half, &sheet.import.name);
    let room = rows.head.with_min_x(named.left());
    let font = Face::Regular.at(12.0);
    label(ui.painter(), room, Align2::LEFT_CENTER, &summary(&heard), font, theme.text_dim);
    correct(ui, frame, sheet, &heard, rows.take(CONTROL));
    lanes::show(ui, frame, shared, sheet, &heard, rows.body);
    preview_controls(ui, frame, sheet, rows.foot);
    give(ui, frame, shared, sheet, (&heard, fresh), rows.foot)
}

/// Such as "64 strokes, 96.2 bpm, 4/4, a loop of 4 bars".
fn summary(heard: &Transcription) -> String {
    let mut words = vec![match heard.onsets.len() {
        1 => "1 stroke".to_owned(),
        count => format!("{count} strokes"),
    }];
    match heard.bpm() {
        Some(bpm) => {
            words.push(format!("{bpm:.1} bpm"));
            words.push(heard.metre().to_string());
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
    let shown = bpm.map_or(String::new(), tempo_text);
    let mut text = sheet.tempo.clone().unwrap_or_else(|| shown.clone());
    let field = TextEdit::singleline(&mut text)
        .id(Id::unique("recording-tempo"))
        .hint_text("bpm")
        .align(Align2::LEFT_CENTER)
        .desired_width(56.0);
    let response = ui.put(slot(60.0), field);
    if response.lost_focus() {
        // Who only passes through the field, or escapes from it, changes nothing.
        let escaped = ui.input(|input| input.key_pressed(Key::Escape));
        if text != shown && !escaped {
            sheet.type_tempo(&text);
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
            && let Some(bpm) = bpm
        {
            sheet.scale_tempo(bpm, by);
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
    let choice = Choice::new("recording-bars", &names, chosen.unwrap_or(0)).tip(tip);
    if let Some(picked) = choice.show(ui, place, theme) {
        sheet.options.beats.beats_to_a_bar = BEATS[picked];
    }
    let tip = "A mouth, or fingers on a table: kick, snare and hat by how dark or bright they are.";
    let is_beatbox = sheet.options.is_beatbox;
    if switch(ui, slot(88.0), theme, "recording-beatbox", "Beatbox", tip, is_beatbox) {
        sheet.options.is_beatbox = !is_beatbox;
    }
    let changed = sheet.options != Options::default();
    let reset = Button::new("recording-reset", "As heard")
        .tip("Tempo, bars, sensitivity and what plays as they were at first.")
        .unless((!changed).then_some("Nothing was changed yet."));
    let width = reset.width(ui.painter());
    if reset.show(ui, slot(width), theme) {
        sheet.options = Options::default();
    }
    let room = rect.with_min_x(left + UNIT);
    let fonts = (Face::Regular.at(12.0), Face::Regular.at(11.0));
    let hint = match heard.remarks.first() {
        Some(remark) => sentence(&remark.to_string()),
        None => "Click in the ruler where a bar begins. Whole mixes are experimental.".to_owned(),
    };
    label_wrapped(ui.painter(), room, Align2::RIGHT_CENTER, &hint, fonts, theme.text_dim);
}

/// The recording beside its drums, at the right of the foot.
fn preview_controls(ui: &mut Ui, frame: &Frame<'_>, sheet: &mut RecordingSheet, foot: Rect) {
    const NAMES: [&str; RecordingMix::ALL.len()] = ["With drums", "Recording", "Drums alone"];
    let place = foot.with_min_x(foot.right() - 84.0);
    let button = match sheet.is_heard(frame) {
        true => Button::new("recording-listen", "Stop").icon(Icon::Stop).tip("Stop."),
        false => Button::new("recording-listen", "Listen")
            .icon(Icon::Play)
            .tip("Hear it; in time with the host, at its tempo, while it plays."),
    };
    if button.show(ui, place, &frame.theme) {
        match sheet.is_heard(frame) {
            true => frame.studio.stop_preview(),
            false => frame.start(Job::Preview(request(frame, sheet))),
        }
    }
    let right = place.left() - UNIT;
    let place = foot.with_max_x(right).with_min_x(right - 110.0);
    let chosen = RecordingMix::ALL.iter().position(|mix| *mix == sheet.mix);
    let most = (LONGEST_PREVIEW / 60.0).round();
    let tip = format!(
        "What is heard: from the left edge of what is in view, or along with the host; {most} minutes at most."
    );
    let names = NAMES.map(str::to_owned);
    let choice = Choice::new("recording-mix", &names, chosen.unwrap_or(0)).tip(&tip);
    if let Some(picked) = choice.show(ui, place, &frame.theme) {
        sheet.mix = RecordingMix::ALL[picked];
    }
}

/// What is to be heard: from the left edge of what is in view on, or along with the host, from its next bar
/// on.
fn request(frame: &Frame<'_>, sheet: &RecordingSheet) -> PreviewRequest {
    let (import, options, mix) = (sheet.import.clone(), sheet.options.clone(), sheet.mix);
    let Transport { playing, position, bpm, metre, .. } = frame.transport;
    let (Some(position), Some(tempo)) = (position.filter(|_| playing), bpm) else {
        return PreviewRequest::Recording { import, options, from: sheet.seen.start, mix };
    };
    let metre = metre.unwrap_or(Metre::COMMON);
    let Beats(bar) = metre.bar_beats();
    // Bars of the song as the take has them.
    let first = frame.take.map_or(0.0, |(take, _)| take.start.0);
    let at = Beats(first + ((position.0 - first) / bar).ceil() * bar);
    PreviewRequest::RecordingAlong { import, options, place: HostPlace { at, tempo }, mix }
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
    let own = shared.section(frame);
    let title = own.map_or("Use in a section".to_owned(), |section| {
        format!("Use in sections {}", section.letter())
    });
    let one = Button::new("recording-section", &title)
        .tip("Drum the sections of this letter with it.")
        .unless(why_not.or(own.is_none().then_some("Select bars of a section first.")));
    let width = one.width(ui.painter());
    let for_section = one.show(ui, slot(width), theme);
    let tip = "Drag everything that was heard, with its tempo, into the arrangement.";
    let place = slot(124.0);
    if drag_chip(ui, place, theme, "recording-drag", "Drag MIDI", tip, why_not) {
        shared.request(Request::DragFile(sheet.import.midi_file(heard, heard.metre())));
    }
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
