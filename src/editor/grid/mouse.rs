//! The pointer over the grid becomes edits.
//!
//! On an empty cell: click sets a hit, drag paints. On a hit: click selects, drag up and down
//! changes velocity, sideways moves, with alt shifts its timing. Right erases. Shift selects.

use std::collections::BTreeSet;

use egui::{CursorIcon, Id, Modifiers, PointerButton, Pos2, Response, Sense, Ui, Vec2};

use super::super::bar_menu;
use super::super::frame::Frame;
use super::super::shared::{Selection, Shared};
use super::super::widgets::keep_arrows;
use super::place::{Place, cell_of};
use crate::score::{Hit, Lane, Velocity};
use crate::studio::{Cell, Edit, Gesture, Shift};

/// Points that the pointer moves before a drag has a direction.
const SLACK: f32 = 3.0;

/// What the pointer is doing while its button is down.
#[derive(Debug)]
pub enum Drag {
    Paint {
        gesture: Gesture,
        last: Cell,
    },
    Erase {
        gesture: Gesture,
        last: Cell,
    },
    /// On a hit, not yet far enough to tell what is meant.
    Undecided {
        from: Pos2,
        hit: Hit,
    },
    Velocity {
        gesture: Gesture,
        from: Pos2,
        /// The hit under the pointer at first, and what has been added to it so far.
        start: Velocity,
        added: i16,
        cells: Vec<Cell>,
    },
    Timing {
        gesture: Gesture,
        from: Pos2,
        start: f32,
        added: f32,
        step_width: f32,
        cells: Vec<Cell>,
    },
    /// Shown as ghosts; moved when the button is let go.
    Move {
        from: Pos2,
        lane: Lane,
        by: Shift,
        step_width: f32,
        cells: Vec<Cell>,
    },
    Marquee {
        from: Pos2,
        to: Pos2,
        /// Selected before, with shift held down.
        kept: BTreeSet<Cell>,
    },
}

impl Drag {
    /// Whether it has made a step of the undo history; all that it does is one.
    pub fn has_edited(&self) -> bool {
        match self {
            Drag::Paint { .. } | Drag::Erase { .. } => true,
            Drag::Velocity { added, .. } => *added != 0,
            Drag::Timing { added, .. } => *added != 0.0,
            Drag::Undecided { .. } | Drag::Move { .. } | Drag::Marquee { .. } => false,
        }
    }
}

/// What is done with the mouse.
pub struct Mouse {
    pub drag: Option<Drag>,
    /// With what velocity new hits are drawn.
    pub brush: Velocity,
}

impl Default for Mouse {
    fn default() -> Mouse {
        Mouse { drag: None, brush: Velocity::clamped(96) }
    }
}

pub fn handle(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    mouse: &mut Mouse,
    place: &Place<'_>,
) {
    let response = ui.interact(place.rect, Id::unique("grid"), Sense::click_and_drag());
    keep_arrows(ui, &response);
    let (pointer, modifiers) = ui.input(|input| (input.pointer.interact_pos(), input.modifiers));
    let down = |button| ui.input(|input| input.pointer.button_down(button));
    let pressed = |button| ui.input(|input| input.pointer.button_pressed(button));
    if let Some(free) = pointer.filter(|_| response.contains_pointer() || mouse.drag.is_some()) {
        let at = free.clamp(place.rect.min, place.rect.max - Vec2::splat(0.5));
        if response.contains_pointer() && mouse.drag.is_none() {
            hover(ui, frame, shared, place, at);
            let editable = place.cell_at(at).is_some_and(|cell| place.is_editable(cell.bar));
            // A quick click is pressed and let go within one frame.
            let meant = response.is_pointer_button_down_on()
                || response.clicked()
                || response.secondary_clicked();
            if meant && pressed(PointerButton::Primary) {
                response.request_focus();
                if editable {
                    press(frame, shared, mouse, place, at, modifiers);
                } else if let Some(cell) = place.cell_at(at) {
                    shared.selection = Selection::of_bars(cell.bar.0..cell.bar.0 + 1);
                }
            } else if meant && pressed(PointerButton::Secondary) {
                press_secondary(frame, shared, mouse, place, at, editable);
            }
        }
        drag(frame, shared, mouse, place, (at, free), modifiers);
        zoom_in(frame, shared, place, at, &response);
    }
    // The right click that erases a hit opens no menu.
    let was_dragging = mouse.drag.is_some();
    if !down(PointerButton::Primary) && !down(PointerButton::Secondary) {
        release(frame, shared, mouse, place);
    }
    if !was_dragging && shared.selection.bars.is_some() {
        bar_menu::show(frame, shared, &response);
    }
}

/// Far out, a double click goes nearer.
fn zoom_in(
    frame: &Frame<'_>,
    shared: &mut Shared,
    place: &Place<'_>,
    at: Pos2,
    response: &Response,
) {
    if let Some(cell) = place.cell_at(at)
        && response.double_clicked()
        && !place.is_editable(cell.bar)
    {
        let bars = frame.arrangement.map(|arrangement| arrangement.section_of(cell.bar));
        let bars = bars.unwrap_or(cell.bar.0..cell.bar.0 + 1);
        shared.timeline.show_bars(frame.bars(), &bars);
    }
}

fn press(
    frame: &Frame<'_>,
    shared: &mut Shared,
    mouse: &mut Mouse,
    place: &Place<'_>,
    at: Pos2,
    modifiers: Modifiers,
) {
    let Some(cell) = place.cell_at(at) else { return };
    match place.hit_at(at) {
        Some(hit) => {
            let own = cell_of(hit);
            if modifiers.shift {
                if !shared.selection.cells.remove(&own) {
                    shared.selection.cells.insert(own);
                }
                shared.selection.bars = None;
                return;
            }
            if !shared.selection.cells.contains(&own) {
                shared.selection = Selection { bars: None, cells: BTreeSet::from([own]) };
            }
            mouse.brush = hit.velocity;
            audition(frame, own.lane, hit.velocity);
            mouse.drag = Some(Drag::Undecided { from: at, hit: *hit });
        }
        None if modifiers.shift => {
            let kept = std::mem::take(&mut shared.selection.cells);
            shared.selection = Selection { bars: None, cells: kept.clone() };
            mouse.drag = Some(Drag::Marquee { from: at, to: at, kept });
        }
        None => {
            shared.selection.clear();
            let gesture = frame.studio.gesture();
            paint(frame, mouse.brush, gesture, vec![cell]);
            audition(frame, cell.lane, mouse.brush);
            mouse.drag = Some(Drag::Paint { gesture, last: cell });
        }
    }
}

fn press_secondary(
    frame: &Frame<'_>,
    shared: &mut Shared,
    mouse: &mut Mouse,
    place: &Place<'_>,
    at: Pos2,
    editable: bool,
) {
    let Some(cell) = place.cell_at(at) else { return };
    match place.hit_at(at) {
        Some(hit) if editable => {
            let gesture = frame.studio.gesture();
            let last = cell_of(hit);
            erase(frame, shared, gesture, vec![last]);
            mouse.drag = Some(Drag::Erase { gesture, last });
        }
        // The menu of the bar.
        _ => {
            if !shared.selection.bars.as_ref().is_some_and(|bars| bars.contains(&cell.bar.0)) {
                shared.selection = Selection::of_bars(cell.bar.0..cell.bar.0 + 1);
            }
        }
    }
}

/// Lets a hit be heard while it is edited; while the drums play it is heard there.
fn audition(frame: &Frame<'_>, lane: Lane, velocity: Velocity) {
    if !frame.transport.playing && !frame.transport.rehearsing {
        frame.studio.strike(lane, velocity);
    }
}

fn paint(frame: &Frame<'_>, velocity: Velocity, gesture: Gesture, cells: Vec<Cell>) {
    // Cells outside the grid are passed over; a part is there.
    let _ = frame.studio.drag(gesture, Edit::Paint { cells, velocity });
}

fn erase(frame: &Frame<'_>, shared: &mut Shared, gesture: Gesture, cells: Vec<Cell>) {
    shared.selection.cells.retain(|cell| !cells.contains(cell));
    let _ = frame.studio.drag(gesture, Edit::EraseHits(cells));
}

/// Goes on with what the pointer does. `at` lies within the grid; `free` is where the pointer is, which
/// may be beyond: the upper lanes would have no room for louder, the lower ones none for softer.
fn drag(
    frame: &Frame<'_>,
    shared: &mut Shared,
    mouse: &mut Mouse,
    place: &Place<'_>,
    (at, free): (Pos2, Pos2),
    modifiers: Modifiers,
) {
    let Some(mut drag) = mouse.drag.take() else { return };
    match &mut drag {
        Drag::Paint { gesture, last } => {
            if let Some(cell) = place.cell_at(at) {
                // Along the lane where the drag began, steps in between included.
                let cell = Cell { lane: last.lane, ..cell };
                if cell != *last {
                    paint(frame, mouse.brush, *gesture, place.cells_between(*last, cell));
                    *last = cell;
                }
            }
        }
        Drag::Erase { gesture, last } => {
            if let Some(cell) = place.cell_at(at)
                && cell != *last
            {
                let mut cells = place.cells_between(*last, Cell { lane: last.lane, ..cell });
                cells.push(cell);
                erase(frame, shared, *gesture, cells);
                *last = cell;
            }
        }
        Drag::Undecided { from, hit } => {
            let moved = free - *from;
            // With alt there is nothing to tell apart, and timing wants small steps.
            if moved.length() >= if modifiers.alt { 1.0 } else { SLACK } {
                drag = decide(frame, shared, place, *from, hit, moved, modifiers);
            }
        }
        Drag::Velocity { gesture, from, start, added, cells } => {
            let fine = if modifiers.shift { 0.25 } else { 1.0 };
            let moved = (from.y - free.y) * fine;
            let target = (f32::from(start.get()) + moved).round().clamp(1.0, 127.0);
            let by = target as i16 - i16::from(start.get()) - *added;
            if by != 0 {
                let edit = Edit::ChangeVelocity { cells: cells.clone(), by };
                if frame.studio.drag(*gesture, edit).is_ok() {
                    *added += by;
                    mouse.brush = Velocity::clamped(target as u8);
                }
            }
            shared.hint = Some(format!("Velocity {}", target as u8));
        }
        Drag::Timing { gesture, from, start, added, step_width, cells } => {
            let fine = if modifiers.shift { 0.25 } else { 1.0 };
            let target = (*start + (free.x - from.x) / *step_width * fine).clamp(-0.5, 0.5);
            let by = target - *start - *added;
            if by != 0.0 {
                let edit = Edit::ChangeTiming { cells: cells.clone(), by };
                if frame.studio.drag(*gesture, edit).is_ok() {
                    *added += by;
                }
            }
            let word = if target < 0.0 { "early" } else { "late" };
            shared.hint = Some(format!("{:.0} % of a step {word}", target.abs() * 100.0));
        }
        Drag::Move { from, lane, by, step_width, .. } => {
            by.steps = ((at.x - from.x) / *step_width).round() as isize;
            let onto = place.lane_at(at.y).unwrap_or(*lane);
            by.lanes = onto.index() as isize - lane.index() as isize;
            shared.hint = Some(format!("Move by {} steps to {}", by.steps, onto.name()));
        }
        Drag::Marquee { from, to, kept } => {
            *to = at;
            let area = egui::Rect::from_two_pos(*from, *to);
            let inside = place
                .hits_of(0..place.part.bars.len())
                .iter()
                .filter(|hit| area.intersects(place.hit_rect(hit)));
            shared.selection.cells = inside.map(cell_of).chain(kept.iter().copied()).collect();
        }
    }
    mouse.drag = Some(drag);
}

/// Up and down is velocity, sideways moves, sideways with alt is timing.
fn decide(
    frame: &Frame<'_>,
    shared: &Shared,
    place: &Place<'_>,
    from: Pos2,
    hit: &Hit,
    moved: Vec2,
    modifiers: Modifiers,
) -> Drag {
    let cells: Vec<Cell> = shared.selection.cells.iter().copied().collect();
    let step_width = place.step_width(hit.bar).max(1.0);
    if modifiers.alt {
        let gesture = frame.studio.gesture();
        return Drag::Timing { gesture, from, start: hit.offset, added: 0.0, step_width, cells };
    }
    if moved.y.abs() >= moved.x.abs() {
        let gesture = frame.studio.gesture();
        return Drag::Velocity { gesture, from, start: hit.velocity, added: 0, cells };
    }
    Drag::Move { from, lane: hit.lane(), by: Shift::default(), step_width, cells }
}

fn release(frame: &Frame<'_>, shared: &mut Shared, mouse: &mut Mouse, place: &Place<'_>) {
    let Some(Drag::Move { by, cells, .. }) = mouse.drag.take() else { return };
    if by == Shift::default() {
        return;
    }
    let moved: Option<BTreeSet<Cell>> = cells.iter().map(|cell| place.shifted(*cell, by)).collect();
    frame.edit(Edit::MoveHits { cells, by });
    if let Some(cells) = moved {
        shared.selection.cells = cells;
    }
}

/// Says what a click would do.
fn hover(ui: &Ui, frame: &Frame<'_>, shared: &mut Shared, place: &Place<'_>, at: Pos2) {
    let Some(cell) = place.cell_at(at) else { return };
    if !place.is_editable(cell.bar) {
        ui.ctx().set_cursor_icon(CursorIcon::ZoomIn);
        shared.hint = Some(
            "Click to select the bar, double-click to zoom in and edit hits, right-click for more"
                .to_owned(),
        );
        return;
    }
    let (bar, beat) =
        (frame.bar_number(cell.bar.0), cell.step / place.part.grids[cell.bar.0].steps_per_beat + 1);
    shared.hint = Some(match place.hit_at(at) {
        Some(hit) => {
            ui.ctx().set_cursor_icon(CursorIcon::Grab);
            format!(
                "{}, bar {bar} beat {beat}, velocity {}: drag up or down for velocity, sideways to move, Alt for timing; right-click erases",
                cell.lane.name(),
                hit.velocity.get()
            )
        }
        None => format!(
            "{}, bar {bar} beat {beat}: click to add, drag to paint, Shift-drag to select",
            cell.lane.name()
        ),
    });
}
