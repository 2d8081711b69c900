//! Paints the grid: meshes for what is many, shapes for what is few. Only what is visible is drawn,
//! and never more than the screen can show.

use std::sync::Arc;

use egui::{Color32, CornerRadius, Mesh, Painter, Rect, Shape, Stroke, StrokeKind, Ui, pos2};

use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::Variant;
use super::super::timeline::Timeline;
use super::super::widgets::{Cached, PtrEq};
use super::mouse::Drag;
use super::place::ORDER;
use super::place::{LEAST_STEP, Place, cell_of, row_rect};
use crate::score::{BarIndex, DrumPart, LANES};
use crate::studio::Lanes;

/// Steps at least this wide have hits with round corners; there are few of them then.
const ROUND: f32 = 7.0;

/// What the picture of many hits is made of; the bits are the lanes that sound.
pub type Key = (PtrEq<DrumPart>, Timeline, Rect, Variant, Lanes);

pub fn show(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    drawn: &mut Cached<Key, Arc<Mesh>>,
    place: &Place<'_>,
) {
    let painter = ui.painter_at(place.rect);
    painter.add(Shape::mesh(background(frame, shared, place)));
    let bars = place.timeline.visible_bars(&place.part.bars);
    let narrowest =
        bars.clone().map(|bar| place.step_width(BarIndex(bar))).fold(f32::INFINITY, f32::min);
    if narrowest >= ROUND {
        for hit in place.hits_of(bars) {
            painter.rect_filled(place.hit_rect(hit), CornerRadius::same(2), colour(frame, hit));
        }
        return;
    }
    let Some(alternative) = frame.alternative() else { return };
    let document = &frame.view.document;
    let sounding = ORDER.into_iter().filter(|&lane| document.is_heard(lane));
    let sounding = sounding.fold(Lanes::NONE, Lanes::with);
    let part = PtrEq(Arc::clone(&alternative.part));
    let key = (part, place.timeline, place.rect, frame.theme.variant, sounding);
    let many = drawn.get(key, || {
        Arc::new(if narrowest < 1.5 {
            density(frame, place, bars)
        } else {
            let mut mesh = Mesh::default();
            for hit in place.hits_of(bars) {
                mesh.add_colored_rect(place.hit_rect(hit), colour(frame, hit));
            }
            mesh
        })
    });
    painter.add(Shape::mesh(many));
}

fn colour(frame: &Frame<'_>, hit: &crate::score::Hit) -> Color32 {
    if frame.view.document.is_heard(hit.lane()) {
        frame.theme.hit(hit.velocity.unit())
    } else {
        frame.theme.silent
    }
}

/// Stripes, tints of the sections, lines of steps, beats and bars.
fn background(frame: &Frame<'_>, shared: &Shared, place: &Place<'_>) -> Mesh {
    let (theme, rect) = (&frame.theme, place.rect);
    let mut mesh = Mesh::default();
    let column = |mesh: &mut Mesh, x: f32, width: f32, colour| {
        let x = x.round();
        let line = Rect::from_min_max(pos2(x, rect.top()), pos2(x + width, rect.bottom()));
        mesh.add_colored_rect(line.intersect(rect), colour);
    };
    let bars = place.timeline.visible_bars(&place.part.bars);
    for bar in bars.clone() {
        let (grid, index) = (place.part.grids[bar], BarIndex(bar));
        let step = place.step_width(index);
        let beat = step * grid.steps_per_beat as f32;
        // Every second beat is darker, as long as beats can be told apart.
        if beat >= 8.0 {
            for at in (grid.steps_per_beat..grid.steps).step_by(2 * grid.steps_per_beat) {
                let x = place.x(index, at as f32);
                let width = beat.min(place.x(index, grid.steps as f32) - x);
                column(&mut mesh, x, width, theme.stripe);
            }
        }
    }
    if let Some(arrangement) = frame.arrangement {
        for section in &arrangement.form.sections {
            let tint = shared.timeline.bars_rect(frame.bars(), &section.bars, rect).intersect(rect);
            if tint.is_positive() {
                mesh.add_colored_rect(tint, theme.section(section.label).gamma_multiply(0.05));
            }
        }
    }
    for row in 1..LANES {
        let top = row_rect(rect, row).top();
        let line = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + 1.0));
        // Cymbals, toms, drums, percussion.
        let family = matches!(row, 5 | 8 | 12);
        mesh.add_colored_rect(line, if family { theme.line } else { theme.line_faint });
    }
    for bar in bars {
        let (grid, index) = (place.part.grids[bar], BarIndex(bar));
        let step = place.step_width(index);
        for at in 1..grid.steps {
            let beat = at % grid.steps_per_beat == 0;
            if step >= 8.0 || beat && step * grid.steps_per_beat as f32 >= 8.0 {
                let ink = if beat { theme.line } else { theme.line_faint };
                column(&mut mesh, place.x(index, at as f32), 1.0, ink);
            }
        }
        if step * grid.steps as f32 >= 4.0 {
            column(&mut mesh, place.x(index, 0.0), 1.0, theme.line_strong);
        }
    }
    if let Some(selected) = &shared.selection.bars {
        let wash = shared.timeline.bars_rect(frame.bars(), selected, rect).intersect(rect);
        if wash.is_positive() {
            mesh.add_colored_rect(wash, theme.accent.gamma_multiply(0.07));
            for x in [wash.left(), wash.right() - 1.0] {
                column(&mut mesh, x, 1.0, theme.accent);
            }
        }
    }
    mesh
}

/// Far out: for every lane and two points of width, how hard it is played there.
fn density(frame: &Frame<'_>, place: &Place<'_>, bars: std::ops::Range<usize>) -> Mesh {
    const COLUMN: f32 = 2.0;
    let columns = (place.rect.width() / COLUMN).ceil() as usize + 1;
    let mut loudest = vec![0.0_f32; columns * LANES];
    for hit in place.hits_of(bars) {
        let x = place.x(hit.bar, hit.step as f32) - place.rect.left();
        let column = (x / COLUMN).max(0.0) as usize;
        if let Some(cell) = loudest.get_mut(hit.lane().index() * columns + column) {
            *cell = cell.max(hit.velocity.unit());
        }
    }
    let mut mesh = Mesh::default();
    for lane in ORDER {
        let row = place.row(lane).shrink2(egui::vec2(0.0, 1.5));
        let heard = frame.view.document.is_heard(lane);
        let cells = &loudest[lane.index() * columns..][..columns];
        for (column, &strength) in cells.iter().enumerate().filter(|(_, strength)| **strength > 0.0)
        {
            let left = place.rect.left() + column as f32 * COLUMN;
            let top = row.bottom() - row.height() * (0.3 + 0.7 * strength);
            let body = Rect::from_min_max(pos2(left, top), pos2(left + COLUMN, row.bottom()));
            let ink = if heard { frame.theme.hit(strength) } else { frame.theme.silent };
            mesh.add_colored_rect(body, ink);
        }
    }
    mesh
}

/// What lies over the hits: the selection, a drag under way.
pub fn overlay(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &Shared,
    drag: Option<&Drag>,
    place: &Place<'_>,
) {
    let (theme, painter) = (&frame.theme, ui.painter_at(place.rect));
    let seen = place.timeline.visible_bars(&place.part.bars);
    for hit in place.hits_of(seen) {
        if shared.selection.cells.contains(&cell_of(hit)) {
            let pen = Stroke::new(1.5, theme.selection);
            let body = place.hit_rect(hit).expand(1.0);
            painter.rect_stroke(body, CornerRadius::same(3), pen, StrokeKind::Middle);
        }
    }
    match drag {
        Some(Drag::Marquee { from, to, .. }) => {
            let body = Rect::from_two_pos(*from, *to);
            let pen = Stroke::new(1.0, theme.accent);
            painter.rect(body, 0, theme.accent.gamma_multiply(0.15), pen, StrokeKind::Inside);
        }
        Some(Drag::Move { cells, by, .. }) => {
            let targets = cells.iter().filter_map(|cell| place.shifted(*cell, *by));
            ghosts(&painter, frame, place, targets);
        }
        _ => {}
    }
    if let (None, Some(at)) = (drag, ui.input(|input| input.pointer.hover_pos()))
        && place.rect.contains(at)
        && let Some(cell) = place.cell_at(at)
        && place.hit_at(at).is_none()
        && place.step_width(cell.bar) >= LEAST_STEP
    {
        let left = place.x(cell.bar, cell.step as f32);
        let row = place.row(cell.lane);
        let body = Rect::from_min_max(
            pos2(left + 1.0, row.top() + 1.0),
            pos2(left + place.step_width(cell.bar), row.bottom()),
        );
        let pen = Stroke::new(1.0, theme.text_off);
        painter.rect_stroke(body, CornerRadius::same(2), pen, StrokeKind::Inside);
    }
}

/// Where hits would be put down.
fn ghosts(
    painter: &Painter,
    frame: &Frame<'_>,
    place: &Place<'_>,
    targets: impl Iterator<Item = crate::studio::Cell>,
) {
    for to in targets {
        let row = place.row(to.lane).shrink(1.5);
        let left = place.x(to.bar, to.step as f32);
        let width = (place.step_width(to.bar) * 0.82).clamp(2.0, 22.0);
        let body = Rect::from_min_max(pos2(left, row.top()), pos2(left + width, row.bottom()));
        let pen = Stroke::new(1.5, frame.theme.accent);
        painter.rect_stroke(body, CornerRadius::same(2), pen, StrokeKind::Inside);
    }
}
