//! The window: what it remembers, and how a frame is put together of its views.

use std::sync::Arc;

use egui::{Context, Popup, Rect, Stroke, Ui, Vec2};

use super::alternatives::{self, Alternatives};
use super::chooser::Chooser;
use super::controls::{Controls, value_in};
use super::dialog::{self, Dialog};
use super::drag_out::DragSource;
use super::drop_in::{DroppedFiles, Hovering};
use super::drum_map::Editing;
use super::export::{self, Notifications};
use super::frame::{Frame, Transport};
use super::grid::{self, Grid};
use super::layout::Layout;
use super::melody_sheet::MelodySheet;
use super::presets::SavePresetDialog;
use super::recording_sheet::RecordingSheet;
use super::roll::{self, RenameTakeDialog};
use super::ruler::{self, Ruler};
use super::shared::{Request, Shared};
use super::side_panel::{self, SidePanel};
use super::take_watch::TakeWatch;
use super::theme::{self, Theme, Variant};
use super::{candidates, empty, keys, matrices, overview, status_bar, top_bar, widgets};
use crate::parameters::Control;
use crate::score::BarGrid;
use crate::studio::{Arrangement, AudioImport, RecordingView, Studio, Take, View, WindowSettings};

/// How often what is heard is drawn anew, in seconds.
const LIVE: f64 = 0.2;

/// What was heard when it was looked at last.
pub(super) struct Live {
    /// In seconds of egui's clock.
    looked: f64,
    recording: RecordingView,
    pub(super) take: Arc<Take>,
}

/// The window's own memory: scroll position, selection, textures. Kept while the window is closed.
#[derive(Default)]
pub struct Window {
    /// The plugin's name, if it is another than Drumlin.
    name: Option<&'static str>,
    pub(super) shared: Shared,
    grid: Grid,
    ruler: Ruler,
    roll: roll::Picture,
    cards: Alternatives,
    pub(super) side_panel: SidePanel,
    /// What lies over the window.
    pub(super) dialog: Option<Dialog>,
    notifications: Notifications,
    pub(super) drag_source: DragSource,
    /// A file is dragged over the window.
    pub(super) hovering: Hovering,
    /// Files that were dropped on the window since the last frame.
    pub(super) dropped: DroppedFiles,
    takes: TakeWatch,
    /// The last [`Session::recalls`] that the controls have followed.
    recalls: Option<u64>,
    pub(super) live: Option<Live>,
    /// The recording that was shown last.
    import: Option<Arc<AudioImport>>,
    /// The theme that egui has.
    applied: Option<Variant>,
    /// The bars of the take in view.
    bars: Option<(Arc<Take>, BarGrid)>,
}

impl Window {
    /// A window that has shown nothing yet.
    pub fn new() -> Window {
        Window::default()
    }

    /// The window of a plugin of this name.
    pub fn named(name: &'static str) -> Window {
        Window { name: Some(name), ..Window::default() }
    }

    /// Gives a new egui context its fonts; called when the window opens.
    pub fn open(&mut self, ctx: &Context) {
        ctx.set_fonts(theme::fonts());
        ctx.add_font_provider(Arc::new(theme::system_fonts()));
        // Hosts and displays zoom; ctrl and plus would do so a second time.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        self.applied = None;
        // What is brought back without a window is turned at the host without it.
        self.recalls = None;
        self.side_panel.matrices = matrices::Matrices::default();
        self.side_panel.grooves.forget_textures();
    }

    /// One frame.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        studio: &Arc<Studio>,
        controls: &dyn Controls,
        transport: Transport,
    ) {
        let ctx = ui.ctx().clone();
        let view = studio.snapshot();
        let variant = view.window_settings.theme;
        let theme = Theme::of(variant);
        if self.applied != Some(variant) {
            theme.apply(&ctx);
            self.applied = Some(variant);
        }
        let screen = ui.max_rect();
        remember_size(studio, view.window_settings, screen.size());
        let live = self.poll_live(&ctx, studio, &view);
        self.measure(view.document.take().or(live.as_ref()));
        let take = self.bars.as_ref().map(|(take, bars)| (take, bars));
        let arrangement = take.and_then(|(take, _)| arrangement_for(&view, take));
        let mut frame = Frame {
            theme,
            layout: Layout::new(screen.min, screen.size(), self.side_panel.shows_map()),
            studio,
            view: &view,
            controls,
            transport,
            take,
            live: live.is_some(),
            arrangement,
            outdated: None,
            name: self.name.unwrap_or("Drumlin"),
        };
        self.takes.update(&frame);
        frame.outdated = self.takes.outdated().cloned();
        let shared = &mut self.shared;
        shared.hint = None;
        shared.menu_open = Popup::is_any_open(&ctx);
        recall(&frame, &mut self.recalls);
        if let Some(bars) = frame.bars() {
            shared.timeline.place(bars, frame.layout.grid.x_range());
        }
        forget_what_is_gone(&frame, shared, &mut self.grid);
        let covered = shared.menu_open || self.dialog.is_some();
        let is_dragging = self.grid.is_dragging() || self.ruler.is_dragging();
        if is_dragging && !covered && keys::escapes(&ctx) {
            self.grid.cancel(studio);
            self.ruler.cancel();
        }
        keys::handle(&ctx, &frame, shared, &mut self.dialog);
        wheel(&ctx, &frame, shared, self.dialog.is_some());
        follow(&ctx, &frame, shared, &self.grid);

        ruler::show(ui, &frame, shared, &mut self.ruler);
        roll::show(ui, &frame, shared, &mut self.roll);
        grid::show(ui, &frame, shared, &mut self.grid);
        playhead(ui, &frame, shared);
        overview::show(ui, &frame, shared);
        empty::show(ui, &frame, shared);
        alternatives::show(ui, &frame, shared, &mut self.cards);
        side_panel::show(ui, &frame, shared, &mut self.side_panel);
        top_bar::show(ui, &frame, shared);
        status_bar::show(ui, &frame, shared, self.notifications.news(&ctx));
        if shared.menu_open {
            // The click that closes a menu does nothing else.
            let all = frame.layout.window();
            ui.interact(all, egui::Id::unique("menu-beside"), egui::Sense::click_and_drag());
        }
        let server = Server {
            notifications: &self.notifications,
            drag_source: &self.drag_source,
            takes: &self.takes,
        };
        server.serve(&ctx, &frame, shared, &mut self.dialog);
        if matches!(self.dialog, None | Some(Dialog::Piano))
            && let Some((purpose, why)) = self.notifications.wanted()
        {
            self.dialog = Some(Dialog::Choose(Chooser::new(purpose, why)));
        }
        // A recording that was just heard is shown; one that was put away is forgotten.
        if view.import.is_some()
            && view.import == self.import
            && !matches!(self.dialog, Some(Dialog::Recording(_)))
        {
            studio.forget_import();
        }
        if view.import != self.import {
            self.import.clone_from(&view.import);
            if let Some(import) = &self.import {
                let sheet = RecordingSheet::new(import.clone());
                self.dialog = Some(Dialog::Recording(Box::new(sheet)));
            }
        }
        let presets = &mut self.side_panel.presets;
        dialog::show(ui, &frame, shared, presets, &mut self.dialog);
        // What the dialog has asked for.
        server.serve(&ctx, &frame, shared, &mut self.dialog);
        if frame.view.audition_source.is_some()
            && !matches!(self.dialog, Some(Dialog::Candidates(_)))
        {
            studio.stop_audition();
        }
        if view.preview.is_some()
            && !matches!(
                self.dialog,
                Some(Dialog::Recording(_) | Dialog::Melody(_) | Dialog::Piano)
            )
        {
            studio.stop_preview();
        }
        let is_piano = matches!(self.dialog, Some(Dialog::Piano));
        drops(ui, &frame, &self.hovering, &self.dropped, is_piano);
    }

    /// What was heard so far, while there is no take; looked at a few times a second.
    fn poll_live(&mut self, ctx: &Context, studio: &Studio, view: &View) -> Option<Arc<Take>> {
        if view.document.take().is_some() || view.recording.bars.is_none() {
            self.live = None;
            return None;
        }
        let now = ctx.input(|input| input.time);
        let fresh = self.live.as_ref().is_some_and(|live| {
            live.recording == view.recording && !view.recording.running
                || (0.0..LIVE).contains(&(now - live.looked))
        });
        if !fresh && let Some(take) = studio.recorded_take() {
            let take = Arc::new(take);
            self.live = Some(Live { looked: now, recording: view.recording, take });
        }
        self.live.as_ref().map(|live| Arc::clone(&live.take))
    }

    /// Bars are laid once for each take.
    fn measure(&mut self, take: Option<&Arc<Take>>) {
        let Some(take) = take else {
            self.bars = None;
            return;
        };
        if self.bars.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, take)) {
            self.bars = Some((Arc::clone(take), take.bars()));
        }
    }
}

/// What requests are served with.
struct Server<'a> {
    notifications: &'a Notifications,
    drag_source: &'a DragSource,
    takes: &'a TakeWatch,
}

impl Server<'_> {
    /// Does what views have asked for since it was called last.
    fn serve(
        &self,
        ctx: &Context,
        frame: &Frame<'_>,
        shared: &mut Shared,
        dialog: &mut Option<Dialog>,
    ) {
        for request in shared.requests.drain(..) {
            match request {
                Request::Help => *dialog = Some(Dialog::Help),
                Request::Placement => *dialog = Some(Dialog::Placement),
                Request::WriteMelody => *dialog = Some(Dialog::Melody(MelodySheet::default())),
                Request::OwnPiano => *dialog = Some(Dialog::Piano),
                Request::OpenPiano => self.notifications.open_piano(frame, ctx),
                Request::LearnPiano(path) => {
                    export::learn_piano(frame.studio, path);
                    *dialog = Some(Dialog::Piano);
                }
                Request::Candidates => {
                    candidates::open(frame);
                    *dialog = Some(Dialog::Candidates(Box::default()));
                }
                Request::EditDrumMap => *dialog = Some(Dialog::DrumMap(Editing::new())),
                Request::SavePreset { name } => {
                    *dialog = Some(Dialog::KeepPreset(SavePresetDialog::new(name)));
                }
                Request::RenameTake { take, name } => {
                    *dialog = Some(Dialog::NameTake(RenameTakeDialog::new(take, name)));
                }
                Request::PreviousTake => self.takes.go_back(frame),
                Request::Export(destination, extract) => {
                    let source = self.drag_source;
                    self.notifications.export(frame, ctx, source, destination, &extract);
                }
                Request::OpenExportFolder => self.notifications.open_export_folder(frame, ctx),
                Request::OpenManual => self.notifications.open_manual(frame, ctx),
                Request::OpenMidi => self.notifications.open_midi(frame, ctx),
                Request::OpenGroove => self.notifications.open_groove(frame, ctx),
                Request::PasteGroove => self.notifications.paste_groove(frame, ctx),
                Request::CopyText(text) => ctx.copy_text(text),
                Request::UseGrooveFile(path) => export::use_groove(frame.studio, path),
                Request::OpenFile(path) => export::dropped(frame.studio, path),
                Request::DragFile(file) => self.drag_source.drag(frame.studio, file),
                Request::KeepFile(file) => self.notifications.keep(frame, ctx, file),
                Request::SaveFile { path, bytes } => {
                    self.notifications.save_to(frame, ctx, path, bytes);
                }
            }
        }
    }
}

/// The arrangement, if it is this take's.
fn arrangement_for<'a>(view: &'a View, take: &Arc<Take>) -> Option<&'a Arrangement> {
    let arrangement = view.document.arrangement.as_ref()?;
    (Arc::ptr_eq(&arrangement.take, take) || arrangement.take == *take).then_some(arrangement)
}

/// Turns the controls to what undo, redo, a preset or a saved state has brought back. Once for each:
/// what the host makes of it stands.
fn recall(frame: &Frame<'_>, known: &mut Option<u64>) {
    let recalls = frame.view.recalls;
    if known.replace(recalls).is_none_or(|known| known == recalls) {
        return;
    }
    for control in Control::ALL {
        let Some(asked) = value_in(control, &frame.view.document) else { continue };
        // Hosts round; a turn that changes nothing would only be recorded.
        if (frame.controls.value(control) - asked).abs() > 1e-4 {
            frame.controls.begin(control);
            frame.controls.set(control, asked);
            frame.controls.end(control);
        }
    }
}

fn remember_size(studio: &Studio, window_settings: WindowSettings, size: Vec2) {
    let (width, height) = (size.x.round() as u16, size.y.round() as u16);
    let now = WindowSettings { width, height, ..window_settings }.clamped();
    if now != window_settings {
        studio.set_window_settings(now);
    }
}

/// Undo and new parts take away what was selected.
fn forget_what_is_gone(frame: &Frame<'_>, shared: &mut Shared, grid: &mut Grid) {
    let bars = frame.bars().map_or(0, BarGrid::len);
    if shared.selection.bars.as_ref().is_some_and(|selected| selected.end > bars) {
        shared.selection.bars = None;
    }
    let Some(part) = frame.part() else {
        shared.selection.cells.clear();
        grid.let_go();
        return;
    };
    // While hits are dragged they are where they were.
    if !grid.is_dragging() && !shared.selection.cells.is_empty() {
        shared.selection.cells.retain(|cell| {
            let at = part.hits.partition_point(|hit| (hit.bar, hit.step) < (cell.bar, cell.step));
            part.hits[at..]
                .iter()
                .take_while(|hit| (hit.bar, hit.step) == (cell.bar, cell.step))
                .any(|hit| hit.lane() == cell.lane)
        });
    }
}

/// The wheel scrolls time, with ctrl it zooms, over everything that lies on the time axis.
fn wheel(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared, covered: bool) {
    let layout = &frame.layout;
    let axis = layout.ruler.union(layout.grid).union(layout.overview);
    let Some(pointer) = ctx.pointer_hover_pos().filter(|at| axis.contains(*at)) else { return };
    if shared.menu_open || covered {
        return;
    }
    let (scroll, zoom) = ctx.input(|input| (input.smooth_scroll_delta, input.zoom_delta()));
    if zoom != 1.0 {
        shared.timeline.zoom(zoom, pointer.x);
    } else if scroll != Vec2::ZERO {
        let by = if scroll.x.abs() > scroll.y.abs() { scroll.x } else { scroll.y };
        shared.timeline.scroll_points(-by);
        shared.follow = false;
    }
}

/// While the host plays the window moves with it.
fn follow(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared, grid: &Grid) {
    if !(frame.transport.playing || frame.transport.rehearsing) {
        return;
    }
    if let Some(at) = frame.playhead().filter(|_| shared.follow && !grid.is_dragging()) {
        shared.timeline.follow(at);
    }
    ctx.request_repaint();
}

fn playhead(ui: &Ui, frame: &Frame<'_>, shared: &Shared) {
    let Some(at) = frame.playhead() else { return };
    let x = shared.timeline.x(at);
    let layout = &frame.layout;
    // Without drums there is text to read in the grid.
    let foot = if frame.part().is_some() { layout.grid } else { layout.roll };
    let axis = Rect::from_min_max(layout.ruler.min, foot.max);
    if !axis.x_range().contains(x) {
        return;
    }
    let painter = ui.painter_at(axis);
    painter.vline(x, axis.y_range(), Stroke::new(1.5, frame.theme.playhead));
    let points = vec![
        egui::pos2(x - 5.0, axis.top()),
        egui::pos2(x + 5.0, axis.top()),
        egui::pos2(x, axis.top() + 7.0),
    ];
    painter.add(egui::Shape::convex_polygon(points, frame.theme.playhead, Stroke::NONE));
}

fn text_of_drop(frame: &Frame<'_>, is_piano: bool) -> &'static str {
    if is_piano {
        "Drop the recording of a piano"
    } else if frame.studio.grooves_in_view() {
        "Drop grooves (MIDI) to find them on the map"
    } else {
        "Drop a song, or drums as a groove (MIDI or audio)"
    }
}

/// Files come from the surroundings of the window; while one hangs over it, it says what a drop does.
/// `is_piano` while the sheet of the piano is open.
fn drops(ui: &Ui, frame: &Frame<'_>, hovering: &Hovering, dropped: &DroppedFiles, is_piano: bool) {
    let moved = ui.input(|input| {
        input.raw.events.iter().any(|event| matches!(event, egui::Event::PointerMoved(_)))
    });
    for path in dropped.take() {
        if is_piano && export::is_recording(&path) {
            export::learn_piano(frame.studio, path);
        } else {
            export::dropped(frame.studio, path);
        }
    }
    // While something is dragged its source has the pointer; one that has died says nothing.
    if moved {
        hovering.set(false);
    }
    if !hovering.get() {
        return;
    }
    let (theme, window) = (&frame.theme, frame.layout.window());
    let painter = ui.painter();
    painter.rect_filled(window, 0, egui::Color32::from_black_alpha(150));
    let card = Rect::from_center_size(window.center(), Vec2::new(360.0, 96.0));
    let pen = Stroke::new(2.0, theme.accent);
    painter.rect(card, 10, theme.panel, pen, egui::StrokeKind::Inside);
    let (anchor, text) = (egui::Align2::CENTER_CENTER, text_of_drop(frame, is_piano));
    let font = theme::Face::SemiBold.at(16.0);
    widgets::label_at(painter, card.center(), anchor, text, font, theme.text);
}
