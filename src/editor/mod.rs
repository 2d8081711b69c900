//! The window, in egui: one file for each view.
//!
//! Runs on the host's window thread. Once a frame [`Window::show`] gets the [`Studio`] (what there
//! is to show, and where edits go), the [`Controls`] (the plugin's parameters) and the
//! [`Transport`]; it paints and turns mouse and keys into edits, jobs and gestures. It never waits:
//! slow work is the studio's worker's, file dialogues have threads of their own, and drags take place
//! outside of frames.
//!
//! - [`theme`]: colours, type and spacing; [`layout`]: where everything is; [`timeline`]: the time
//!   axis that ruler, roll and grid share; [`widgets`]: buttons, knobs, drop-downs.
//! - Views, from top to bottom: [`top_bar`], [`ruler`], [`roll`], [`grid`], [`overview`],
//!   [`alternatives`], [`status_bar`]; at the right [`side_panel`] with [`presets`] and
//!   [`matrices`]. A [`dialog`] lies over all of it: [`help`], [`drum_map`], [`chooser`].
//! - What views share is in [`frame`]: the surroundings of one frame, and what the window remembers.

mod alternatives;
mod bar_menu;
mod chooser;
mod controls;
mod dialog;
mod drag_out;
mod drop_in;
mod drum_map;
mod empty;
mod engine;
mod export;
mod file_dialog;
mod frame;
mod grid;
mod help;
mod host;
mod keys;
mod layout;
mod matrices;
mod overview;
mod presets;
mod roll;
mod ruler;
mod side_panel;
mod status_bar;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod top_bar;
mod widgets;

use std::sync::Arc;

use egui::{Context, Popup, Rect, Stroke, Ui, Vec2};

pub use controls::{Control, Controls};
pub use frame::Transport;
pub use host::{AskTransport, HostEditor};
pub use layout::SMALLEST;

use frame::{Frame, State};
use layout::Layout;
use theme::{Theme, Variant};

use crate::score::BarGrid;
use crate::studio::{Arrangement, RecordingView, Studio, Take, View, WindowSettings};

/// How often what is heard is drawn anew, in seconds.
const LIVE: f64 = 0.2;

/// What was heard when it was looked at last.
struct Live {
    /// In seconds of egui's clock.
    looked: f64,
    recording: RecordingView,
    take: Arc<Take>,
}

/// The window's own memory: scroll position, selection, textures. Kept while the window is closed.
#[derive(Default)]
pub struct Window {
    /// The plugin's name, if it is another than Drumlin.
    name: Option<&'static str>,
    state: State,
    live: Option<Live>,
    /// The theme that egui has.
    applied: Option<Variant>,
    /// The bars of the take in view.
    bars: Option<(Arc<Take>, BarGrid)>,
}

impl Window {
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
        // Hosts and displays zoom; ctrl and plus would do so a second time.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        self.applied = None;
        // What was brought back without a window is in the parameters already.
        self.state.recalls = None;
        self.state.matrices = matrices::Matrices::default();
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
        let live = self.listen(&ctx, studio, &view);
        self.measure(view.document.take().or(live.as_ref()));
        let take = self.bars.as_ref().map(|(take, bars)| (take, bars));
        let arrangement = take.and_then(|(take, _)| arrangement_for(&view, take));
        let frame = Frame {
            theme,
            layout: Layout::new(screen.min, screen.size()),
            studio,
            view: &view,
            controls,
            transport,
            take,
            live: live.is_some(),
            arrangement,
            name: self.name.unwrap_or("Drumlin"),
        };
        let state = &mut self.state;
        state.hint = None;
        state.menu_open = Popup::is_any_open(&ctx);
        recall(&frame, state);
        if let Some(bars) = frame.bars() {
            state.timeline.place(bars, frame.layout.grid.x_range());
        }
        forget_what_is_gone(&frame, state);
        watch_takes(&frame, state);
        keys::handle(&ctx, &frame, state);
        wheel(&ctx, &frame, state);
        follow(&ctx, &frame, state);

        ruler::show(ui, &frame, state);
        roll::show(ui, &frame, state);
        grid::show(ui, &frame, state);
        playhead(ui, &frame, state);
        overview::show(ui, &frame, state);
        empty::show(ui, &frame, state);
        alternatives::show(ui, &frame, state);
        side_panel::show(ui, &frame, state);
        top_bar::show(ui, &frame, state);
        status_bar::show(ui, &frame, state);
        if state.menu_open {
            // The click that closes a menu does nothing else.
            let all = frame.layout.window();
            ui.interact(all, egui::Id::unique("menu-beside"), egui::Sense::click_and_drag());
        }
        dialog::show(ui, &frame, state);
        drops(ui, &frame, state);
    }

    /// What was heard so far, while there is no take; looked at a few times a second.
    fn listen(&mut self, ctx: &Context, studio: &Studio, view: &View) -> Option<Arc<Take>> {
        if view.document.take().is_some() || view.recording.bars.is_none() {
            self.live = None;
            return None;
        }
        let now = ctx.input(|input| input.time);
        let fresh = self.live.as_ref().is_some_and(|live| {
            live.recording == view.recording && !view.recording.running
                || (0.0..LIVE).contains(&(now - live.looked))
        });
        if !fresh && let Some(take) = studio.heard() {
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

/// The arrangement, if it is this take's.
fn arrangement_for<'a>(view: &'a View, take: &Arc<Take>) -> Option<&'a Arrangement> {
    let arrangement = view.document.arrangement.as_ref()?;
    (Arc::ptr_eq(&arrangement.take, take) || arrangement.take == *take).then_some(arrangement)
}

/// Turns the controls to what undo, redo, a preset or a saved state has brought back. Once for each:
/// what the host makes of it stands.
fn recall(frame: &Frame<'_>, state: &mut State) {
    let recalls = frame.view.recalls;
    if state.recalls.replace(recalls).is_none_or(|known| known == recalls) {
        return;
    }
    for control in Control::ALL {
        let Some(asked) = control.asked(&frame.view.document) else { continue };
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

/// Remembers which take was in view before this one, and whether the host has laid its bars anew.
fn watch_takes(frame: &Frame<'_>, state: &mut State) {
    let take = frame.take.filter(|_| !frame.live).map(|(take, _)| take);
    let is = |other: &Arc<Take>| take.is_some_and(|take| Arc::ptr_eq(take, other));
    if let Some(take) = take
        && !state.seen_takes[0].as_ref().is_some_and(is)
    {
        // One that was renamed is still the same.
        let same = |old: &Arc<Take>| old.start == take.start && old.song == take.song;
        if !state.seen_takes[0].as_ref().is_some_and(same) {
            state.seen_takes.swap(0, 1);
        }
        state.seen_takes[0] = Some(Arc::clone(take));
    }
    if state.outdated.as_ref().is_some_and(|(old, _)| !is(old)) {
        state.outdated = None;
    }
    if let Some(take) = take
        && let Some(how) = laid_anew(frame)
    {
        state.outdated = Some((Arc::clone(take), how));
    }
}

/// What the host, which plays in the take in view, has there that the take has not, in words.
fn laid_anew(frame: &Frame<'_>) -> Option<String> {
    let ((take, bars), transport) = (frame.take?, &frame.transport);
    let at = frame.playhead().filter(|at| transport.playing && *at >= 0.0)?;
    let ticks = crate::score::Ticks(at as u64);
    let bar = bars.bars().get(bars.bar_at(ticks)?.0)?;
    if let Some(metre) = transport.metre.filter(|metre| *metre != bar.metre) {
        let named =
            |metre: crate::score::Metre| format!("{}/{}", metre.numerator(), metre.denominator());
        return Some(format!("it is in {}, the host in {}", named(bar.metre), named(metre)));
    }
    // A file has a tempo of its own; drums follow the host's in any case. Ramps are steps in a take.
    let (was, is) = (take.song.tempo.bpm(ticks).0, transport.bpm?.0);
    let differs = take.was_heard() && (was - is).abs() > 0.02 * was;
    differs.then(|| format!("it has {was:.0} bpm there, the host {is:.0}"))
}

/// Undo and new parts take away what was selected.
fn forget_what_is_gone(frame: &Frame<'_>, state: &mut State) {
    let bars = frame.bars().map_or(0, BarGrid::len);
    if state.selection.bars.as_ref().is_some_and(|selected| selected.end > bars) {
        state.selection.bars = None;
    }
    let Some(part) = frame.part() else {
        state.selection.cells.clear();
        state.drag = None;
        return;
    };
    // While hits are dragged they are where they were.
    if state.drag.is_none() && !state.selection.cells.is_empty() {
        state.selection.cells.retain(|cell| {
            let at = part.hits.partition_point(|hit| (hit.bar, hit.step) < (cell.bar, cell.step));
            part.hits[at..]
                .iter()
                .take_while(|hit| (hit.bar, hit.step) == (cell.bar, cell.step))
                .any(|hit| hit.lane() == cell.lane)
        });
    }
}

/// The wheel scrolls time, with ctrl it zooms, over everything that lies on the time axis.
fn wheel(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    let layout = &frame.layout;
    let axis = layout.ruler.union(layout.grid).union(layout.overview);
    let Some(pointer) = ctx.pointer_hover_pos().filter(|at| axis.contains(*at)) else { return };
    if state.menu_open || state.dialog.is_some() {
        return;
    }
    let (scroll, zoom) = ctx.input(|input| (input.smooth_scroll_delta, input.zoom_delta()));
    if zoom != 1.0 {
        state.timeline.zoom(zoom, pointer.x);
    } else if scroll != Vec2::ZERO {
        let by = if scroll.x.abs() > scroll.y.abs() { scroll.x } else { scroll.y };
        state.timeline.scroll_points(-by);
        state.follow = false;
    }
}

/// While the host plays the window moves with it.
fn follow(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    if !(frame.transport.playing || frame.transport.rehearsing) {
        return;
    }
    if let Some(at) = frame.playhead().filter(|_| state.follow && state.drag.is_none()) {
        state.timeline.follow(at);
    }
    ctx.request_repaint();
}

fn playhead(ui: &Ui, frame: &Frame<'_>, state: &State) {
    let Some(at) = frame.playhead() else { return };
    let x = state.timeline.x(at);
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

/// Files come from the surroundings of the window; while one hangs over it, it says what a drop does.
fn drops(ui: &Ui, frame: &Frame<'_>, state: &State) {
    let (dropped, hovered, moved) = ui.input(|input| {
        let (raw, moved) = (&input.raw, |event: &_| matches!(event, egui::Event::PointerMoved(_)));
        let hovered = !raw.hovered_files.is_empty();
        (raw.dropped_files.clone(), hovered, raw.events.iter().any(moved))
    });
    for file in dropped {
        export::dropped(frame.studio, file.path().to_owned());
    }
    // While something is dragged its source has the pointer; one that has died says nothing.
    if moved {
        state.hovering.set(false);
    }
    if !hovered && !state.hovering.get() {
        return;
    }
    let (theme, window) = (&frame.theme, frame.layout.window());
    let painter = ui.painter();
    painter.rect_filled(window, 0, egui::Color32::from_black_alpha(150));
    let card = Rect::from_center_size(window.center(), Vec2::new(360.0, 96.0));
    let pen = Stroke::new(2.0, theme.accent);
    painter.rect(card, 10, theme.panel, pen, egui::StrokeKind::Inside);
    let (anchor, text) = (egui::Align2::CENTER_CENTER, "Drop a MIDI file to play to it");
    let font = theme::Face::SemiBold.at(16.0);
    widgets::label_at(painter, card.center(), anchor, text, font, theme.text);
}
