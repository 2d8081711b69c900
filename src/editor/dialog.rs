//! A sheet lies over the window and takes mouse and keys until it is closed: by escape, by its cross
//! or by a click beside it.

use egui::{Color32, CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::frame::Frame;
use super::presets::PresetBrowser;
use super::shared::Shared;
use super::theme::{Face, UNIT};
use super::widgets::{Button, Icon, Look, message};
use super::{
    candidates, chooser, drum_map, help, melody_sheet, piano_sheet, placement, presets,
    recording_sheet, roll,
};

/// What lies over the window.
#[derive(Debug)]
pub enum Dialog {
    Help,
    Placement,
    DrumMap(drum_map::Editing),
    KeepPreset(presets::SavePresetDialog),
    Choose(chooser::Chooser),
    NameTake(roll::RenameTakeDialog),
    Candidates(Box<candidates::CandidateSheet>),
    Recording(Box<recording_sheet::RecordingSheet>),
    Melody(melody_sheet::MelodySheet),
    Piano,
}

impl Dialog {
    fn size(&self) -> Vec2 {
        match self {
            Dialog::Help | Dialog::Placement | Dialog::DrumMap(_) => Vec2::new(720.0, 472.0),
            Dialog::Piano => Vec2::new(560.0, 330.0),
            Dialog::KeepPreset(_) | Dialog::NameTake(_) => Vec2::new(380.0, 172.0),
            Dialog::Choose(_) => Vec2::new(560.0, 440.0),
            Dialog::Candidates(_) => Vec2::new(1180.0, 760.0),
            Dialog::Recording(_) | Dialog::Melody(_) => Vec2::new(1080.0, 560.0),
        }
    }
}

/// Shows what is `open`, and forgets it once it is done.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    browser: &mut PresetBrowser,
    open: &mut Option<Dialog>,
) {
    let Some(mut dialog) = open.take() else { return };
    let theme = &frame.theme;
    let window = frame.layout.window();
    // Takes the pointer from everything below.
    let beside = ui.interact(window, Id::unique("sheet-beside"), Sense::click_and_drag());
    ui.painter().rect_filled(window, CornerRadius::ZERO, Color32::from_black_alpha(150));
    let size = dialog.size().min(window.size() - Vec2::splat(6.0 * UNIT));
    let card = Rect::from_center_size(window.center(), size);
    let own = ui.interact(card, Id::unique("sheet"), Sense::click_and_drag());
    let pen = Stroke::new(1.0, theme.line_strong);
    ui.painter().rect(card, CornerRadius::same(10), theme.panel, pen, StrokeKind::Inside);
    let inner = card.shrink(6.0 * UNIT);
    let stays = match &mut dialog {
        Dialog::Help => {
            help::show(ui, frame, shared, inner);
            !own.clicked()
        }
        Dialog::Placement => {
            placement::show(ui, frame, inner);
            true
        }
        Dialog::DrumMap(editing) => {
            drum_map::show(ui, frame, editing, inner);
            true
        }
        Dialog::Candidates(sheet) => {
            candidates::show(ui, frame, shared, sheet, inner);
            true
        }
        Dialog::Piano => {
            piano_sheet::show(ui, frame, shared, inner);
            true
        }
        Dialog::Melody(sheet) => melody_sheet::show(ui, frame, shared, sheet, inner),
        Dialog::Recording(sheet) => recording_sheet::show(ui, frame, shared, sheet, inner),
        Dialog::Choose(chooser) => chooser::show(ui, frame, shared, chooser, inner),
        Dialog::NameTake(naming) => roll::name(ui, frame, naming, inner),
        Dialog::KeepPreset(naming) => presets::keep(ui, frame, browser, naming, inner),
    };
    // The status bar lies in the dark below.
    let works = !matches!(dialog, Dialog::Help | Dialog::Placement);
    if let Some(error) = frame.view.error.as_deref().filter(|_| works) {
        let foot = card.with_min_y(inner.bottom()).with_min_x(inner.left());
        let foot = foot.with_max_x(inner.right());
        message(ui, foot, "sheet-error", error, Face::Regular.at(12.0), theme.alarm);
    }
    let corner = pos2(card.right() - 8.5 * UNIT, card.top() + 1.5 * UNIT);
    let close = Button::new("sheet-close", "").icon(Icon::Cross).look(Look::Bare).tip("Close");
    let place = Rect::from_min_size(corner, Vec2::splat(7.0 * UNIT));
    if !close.key("Esc").show(ui, place, theme) && stays && !beside.clicked() {
        *open = Some(dialog);
    }
}
