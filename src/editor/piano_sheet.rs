//! The sheet that has the take played with a piano of the musician's own: learned from a recording, heard
//! while the host stands, taken away as a WAV file.

use std::sync::Arc;

use egui::{Align2, Rect, Ui, Vec2, pos2};

use super::frame::Frame;
use super::piano_keys;
use super::shared::{Request, Shared};
use super::sheet::{Rows, listen, running_job, title};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, drag_chip, label};
use crate::studio::{Edit, Job, PianoRendering, PreviewRequest, Take, TakePiano};

const ABOUT: [&str; 3] = [
    "Drop the recording of a piano here, or choose one: ten seconds or more of the",
    "piano alone, the more different keys the better. Its sound is measured and kept",
    "with the project, not the recording.",
];

/// Height of the picture of its keys.
const KEYBOARD: f32 = 48.0;

/// The sheet, within its card.
pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, inner: Rect) {
    let theme = &frame.theme;
    let mut rows = Rows::new(inner, 22.0, CONTROL);
    title(ui.painter(), theme, rows.head, "Hear the take as a piano of your own");
    let font = Face::Regular.at(13.0);
    let mut line = |ui: &Ui, text: &str, colour| {
        let place = rows.take(14.0);
        label(ui.painter(), place, Align2::LEFT_CENTER, text, font.clone(), colour);
    };
    let piano = frame.view.document.piano.as_ref();
    match piano {
        None => ABOUT.iter().for_each(|text| line(ui, text, theme.text_dim)),
        Some(piano) => {
            let keys = piano.piano.measured_keys();
            let heard = format!("{keys} of 88 keys were heard in \"{}\"", piano.name);
            line(ui, &heard, theme.text);
            for remark in &piano.remarks {
                line(ui, &super::frame::sentence(remark), theme.text_dim);
            }
        }
    }
    let place = rows.take(CONTROL);
    let words = if piano.is_some() { "Another recording…" } else { "Choose a recording…" };
    let look = if piano.is_some() { Look::Plain } else { Look::Primary };
    let choose = Button::new("piano-choose", words)
        .icon(Icon::Open)
        .look(look)
        .tip("Measure the piano of a recording: WAV, AIFF, FLAC, MP3 or Ogg.");
    let width = choose.width(ui.painter()) + UNIT;
    let left = place.with_max_x(place.left() + width);
    if choose.show(ui, left, theme) {
        shared.request(Request::OpenPiano);
    }
    if piano.is_some() {
        let remove = Button::new("piano-remove", "Remove").tip("Forget this piano.");
        let width = remove.width(ui.painter()) + UNIT;
        let at = pos2(left.right() + 2.0 * UNIT, place.top());
        let place = Rect::from_min_size(at, Vec2::new(width, CONTROL));
        if remove.show(ui, place, theme) {
            frame.studio.stop_preview();
            frame.edit(Edit::RemovePiano);
        }
    }
    if let Some(piano) = piano {
        piano_keys::show(ui, theme, &piano.piano, rows.take(KEYBOARD));
    }
    let foot = rows.foot;
    if running_job(ui, frame, foot, "piano-cancel", 260.0) {
        return;
    }
    if let (Some(piano), Some((take, _))) = (piano, frame.take) {
        play(ui, frame, shared, (take, piano), foot);
    }
}

/// Has the take heard along with the host, or no longer.
fn along(
    ui: &mut Ui,
    frame: &Frame<'_>,
    slot: &mut impl FnMut(f32) -> Rect,
    (take, piano): (&Arc<Take>, &Arc<TakePiano>),
) {
    // Of whatever take and piano: it can be ended.
    let preview = frame.view.preview.as_ref().map(|view| &view.request);
    let is_heard = matches!(preview, Some(PreviewRequest::PianoAlong(..)));
    let button = Button::new("piano-along", "Along with the host")
        .look(if is_heard { Look::On } else { Look::Plain })
        .tip("Hear it in time whenever the host plays, until this sheet is closed.");
    let place = slot(button.width(ui.painter()) + UNIT);
    if button.show(ui, place, &frame.theme) {
        match is_heard {
            true => frame.studio.stop_preview(),
            false => {
                let request = PreviewRequest::PianoAlong(take.clone(), piano.clone());
                frame.start(Job::Preview(request));
            }
        }
    }
}

/// Has the take heard, and taken away.
fn play(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    (take, piano): (&Arc<Take>, &Arc<TakePiano>),
    foot: Rect,
) {
    let theme = &frame.theme;
    let mut left = foot.left();
    let mut slot = |width: f32| {
        let place = Rect::from_min_size(pos2(left, foot.top()), Vec2::new(width, CONTROL));
        left = place.right() + 2.0 * UNIT;
        place
    };
    let request = PreviewRequest::Piano(take.clone(), piano.clone());
    let is_heard = frame.view.preview.as_ref().is_some_and(|view| view.request == request);
    listen(ui, frame, slot(84.0), "piano-listen", is_heard, || request);
    along(ui, frame, &mut slot, (take, piano));
    let rendering = frame.view.rendering.as_deref();
    let ours = |rendering: &&PianoRendering| {
        let same = &rendering.take;
        Arc::ptr_eq(&rendering.piano, piano)
            && (&same.song, &same.pedals) == (&take.song, &take.pedals)
            && same.volumes == take.volumes
    };
    let Some(rendering) = rendering.filter(ours) else {
        let render = Button::new("piano-render", "Render WAV")
            .tip("Play the whole take with this piano, as a file to be dragged out or saved.");
        let place = slot(render.width(ui.painter()) + UNIT);
        if render.show(ui, place, theme) {
            frame.start(Job::RenderPiano);
        }
        return;
    };
    let tip = "Drag the take, played with this piano, from here into the arrangement.";
    if drag_chip(ui, slot(124.0), theme, "piano-drag", "Drag WAV", tip, None) {
        shared.request(Request::DragFile(rendering.file.clone()));
    }
    let keep = Button::new("piano-keep", "Save WAV").tip("Save it to the export folder.");
    let place = slot(keep.width(ui.painter()) + UNIT);
    if keep.show(ui, place, theme) {
        shared.request(Request::KeepFile(rendering.file.clone()));
    }
}
