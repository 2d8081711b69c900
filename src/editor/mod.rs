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
//!   [`matrices`]. A [`sheet`] lies over all of it: [`help`], [`drum_map`].
//! - What views share is in [`frame`]: the surroundings of one frame, and what the window remembers.

mod alternatives;
mod bar_menu;
mod controls;
mod drag_out;
mod drop_in;
mod drum_map;
mod empty;
mod engine;
mod export;
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
mod sheet;
mod side_panel;
mod status_bar;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod top_bar;
mod widgets;

use std::sync::Arc;

use egui::{Context, Rect, Stroke, Ui, Vec2};

pub use controls::{Control, Controls};
pub use frame::Transport;
pub use host::{AskTransport, HostEditor};
pub use layout::SMALLEST;

use frame::{Frame, State};
use layout::Layout;
use theme::{Theme, Variant};

use crate::score::BarGrid;
use crate::studio::{Arrangement, Looks, Studio, Take, View};

/// The window's own memory: scroll position, selection, textures. Kept while the window is closed.
#[derive(Default)]
pub struct Window {
    state: State,
    /// The theme that egui has.
    applied: Option<Variant>,
    /// The bars of the take in view.
    bars: Option<(Arc<Take>, BarGrid)>,
}

impl Window {
    pub fn new() -> Window {
        Window::default()
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
        let variant = view.looks.theme;
        let theme = Theme::of(variant);
        if self.applied != Some(variant) {
            theme.apply(&ctx);
            self.applied = Some(variant);
        }
        let screen = ui.max_rect();
        remember_size(studio, view.looks, screen.size());
        self.measure(&view);
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
            arrangement,
        };
        let state = &mut self.state;
        state.hint = None;
        recall(&frame, state);
        if let Some(bars) = frame.bars() {
            state.timeline.place(bars, frame.layout.grid.x_range());
        }
        forget_what_is_gone(&frame, state);
        keys::handle(&ctx, &frame, state);
        wheel(&ctx, &frame, state);
        follow(&ctx, &frame, state);

        ruler::show(ui, &frame, state);
        roll::show(ui, &frame, state);
        grid::show(ui, &frame, state);
        playhead(ui, &frame, state);
        overview::show(ui, &frame, state);
        empty::show(ui, &frame);
        alternatives::show(ui, &frame, state);
        side_panel::show(ui, &frame, state);
        top_bar::show(ui, &frame, state);
        status_bar::show(ui, &frame, state);
        sheet::show(ui, &frame, state);
        drops(ui, &frame, state);
    }

    /// Bars are laid once for each take.
    fn measure(&mut self, view: &View) {
        let Some(take) = view.document.take() else {
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

fn remember_size(studio: &Studio, looks: Looks, size: Vec2) {
    let (width, height) = (size.x.round() as u16, size.y.round() as u16);
    let now = Looks { width, height, ..looks }.clamped();
    if now != looks {
        studio.set_looks(now);
    }
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
    if egui::Popup::is_any_open(ctx) || state.sheet.is_some() {
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
    if !frame.transport.playing {
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
