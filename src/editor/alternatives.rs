//! The four alternatives side by side, each with a small picture of its drums over the whole song.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Mesh, Rect, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2,
};

use super::bar_menu::BarAction;
use super::frame::Frame;
use super::shared::Shared;
use super::theme::{Face, Theme, UNIT, Variant};
use super::widgets::{Button, Cached, PtrEq, label, label_at, label_wrapped};
use crate::drummer::{Form, names};
use crate::score::{DRUM_CLASSES, DrumClass, DrumPart};
use crate::studio::{ALTERNATIVES, Alternative, Edit};

/// What is kept of the cards: it takes long to make for long songs and seldom changes.
#[derive(Default)]
pub struct Alternatives {
    pictures: [Cached<Key, Arc<Mesh>>; ALTERNATIVES],
    names: Cached<Vec<PtrEq<DrumPart>>, Arc<[String]>>,
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, cards: &mut Alternatives) {
    let (theme, rect) = (&frame.theme, frame.layout.alternatives);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, theme.line_strong));
    let inner = rect.shrink(2.0 * UNIT);
    let gap = 2.0 * UNIT;
    let width = (inner.width() - gap * (ALTERNATIVES - 1) as f32) / ALTERNATIVES as f32;
    let parts = || frame.arrangement.iter().flat_map(|arrangement| &arrangement.alternatives);
    let key = parts().map(|alternative| PtrEq(Arc::clone(&alternative.part))).collect();
    let names = cards.names.get(key, || names(parts().map(|a| &*a.part)).into());
    for number in 0..ALTERNATIVES {
        let left = inner.left() + number as f32 * (width + gap);
        let card = Rect::from_min_max(pos2(left, inner.top()), pos2(left + width, inner.bottom()));
        match frame.arrangement.and_then(|arrangement| arrangement.alternatives.get(number)) {
            Some(alternative) => {
                let picture = &mut cards.pictures[number];
                let what = (alternative, &*names[number]);
                show_card(ui, frame, shared, picture, number, what, card);
            }
            None => placeholder(ui, theme, number, card),
        }
    }
}

fn placeholder(ui: &Ui, theme: &Theme, number: usize, card: Rect) {
    let pen = Stroke::new(1.0, theme.line);
    ui.painter().rect_stroke(card, CornerRadius::same(6), pen, StrokeKind::Inside);
    let font = Face::Regular.at(12.0);
    let text = format!("Alternative {}", number + 1);
    label(ui.painter(), card, Align2::CENTER_CENTER, &text, font, theme.text_off);
}

fn show_card(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    drawn: &mut Cached<Key, Arc<Mesh>>,
    number: usize,
    (alternative, name): (&Alternative, &str),
    card: Rect,
) {
    let theme = &frame.theme;
    let Some(arrangement) = frame.arrangement else { return };
    let chosen = arrangement.chosen == number;
    let response = ui.interact(card, Id::unique(("alternative", number)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, name));
    let fill = if response.hovered() && !chosen { theme.control_hover } else { theme.control };
    let line =
        if chosen { Stroke::new(2.0, theme.accent) } else { Stroke::new(1.0, theme.line_strong) };
    ui.painter().rect(card, CornerRadius::same(6), fill, line, StrokeKind::Inside);
    let mut head = Rect::from_min_max(card.min, pos2(card.right(), card.top() + 22.0));
    let cap =
        Rect::from_center_size(pos2(head.left() + 15.0, head.center().y + 1.0), Vec2::splat(15.0));
    let (cap_fill, ink) =
        if chosen { (theme.accent, theme.on_accent) } else { (theme.panel, theme.text_dim) };
    ui.painter().rect_filled(cap, CornerRadius::same(4), cap_fill);
    let digit = (number + 1).to_string();
    label_at(
        ui.painter(),
        cap.center(),
        Align2::CENTER_CENTER,
        &digit,
        Face::SemiBold.at(11.0),
        ink,
    );
    let mut room = Rect::from_min_max(
        pos2(cap.right() + 1.5 * UNIT, head.top() + 1.0),
        pos2(head.right() - 2.0 * UNIT, head.bottom() + 1.0),
    );
    // With bars selected, another alternative can be taken for them alone.
    let selected = shared.selection.region();
    let mut mix = None;
    let (text, tip, key);
    if let Some(region) = selected.filter(|_| !chosen) {
        let wide = card.width() > 220.0;
        text = if wide {
            format!("Use in {}", frame.bars_name(&region.bars))
        } else {
            "Use".to_owned()
        };
        tip = format!("Take {} from this alternative.", frame.bars_name(&region.bars));
        key = format!("Shift+{}", number + 1);
        let button = Button::new(("mix", number), &text).tip(&tip).key(&key);
        let width = button.width(ui.painter()).min(head.width() / 2.0);
        // Where the head has room for the name alone, over the picture.
        let corner = if wide { head } else { card.with_min_y(card.bottom() - 24.0) };
        let place = Rect::from_min_max(
            pos2(corner.right() - width - 3.0, corner.top() + 3.0),
            pos2(corner.right() - 3.0, corner.bottom() - 1.0),
        );
        if wide {
            room.max.x = place.left() - UNIT;
        }
        mix = Some((button, place));
    }
    let face = if chosen { Face::SemiBold } else { Face::Regular };
    let fonts = (face.at(12.0), face.at(10.0));
    let named = label_wrapped(ui.painter(), room, Align2::LEFT_CENTER, name, fonts, theme.text);
    head.max.y = head.bottom().max(named.bottom());
    let picture = Rect::from_min_max(
        pos2(card.left() + 6.0, head.bottom() + 2.0),
        pos2(card.right() - 6.0, card.bottom() - 6.0),
    );
    let (part, form) = (&alternative.part, &arrangement.form);
    let key = (PtrEq(Arc::clone(part)), PtrEq(Arc::clone(form)), picture, theme.variant);
    let mesh = drawn.get(key, || Arc::new(miniature(theme, part, form, picture)));
    ui.painter().add(Shape::mesh(mesh));
    if let Some((button, place)) = mix
        && button.show(ui, place, theme)
    {
        BarAction::From(number).run(frame, shared);
        return;
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if response.hovered() {
        shared.hint = Some(format!(
            "Alternative {}: click, or press {0}, to hear it; in time, from the next bar",
            number + 1
        ));
    }
    if response.clicked() && !chosen {
        frame.edit(Edit::Choose(number));
    }
}

/// What the small picture of an alternative is made of.
type Key = (PtrEq<DrumPart>, PtrEq<Form>, Rect, Variant);

/// How hard each class of drums is played over the song, sections at the foot.
pub(super) fn miniature(theme: &Theme, part: &DrumPart, form: &Form, rect: Rect) -> Mesh {
    let mut mesh = Mesh::default();
    let bars = part.bars.len();
    if bars == 0 || !rect.is_positive() {
        return mesh;
    }
    let foot = 3.0;
    let columns = ((rect.width() / 2.0) as usize).clamp(1, bars.max(1) * 4);
    // Class by class, the sum of the strokes' strength that fall into a column.
    let mut weights = vec![0.0_f32; columns * DRUM_CLASSES];
    for hit in &part.hits {
        let at = hit.bar.0 as f32 + hit.step as f32 / part.grids[hit.bar.0].steps as f32;
        let column = ((at / bars as f32 * columns as f32) as usize).min(columns - 1);
        let row = row_of(hit.lane().drum_class());
        weights[row * columns + column] += hit.velocity.unit();
    }
    let most = weights.iter().copied().fold(0.1, f32::max);
    let height = (rect.height() - foot - 2.0) / DRUM_CLASSES as f32;
    let width = rect.width() / columns as f32;
    for row in 0..DRUM_CLASSES {
        let top = rect.top() + row as f32 * height;
        for column in 0..columns {
            let weight = weights[row * columns + column];
            if weight == 0.0 {
                continue;
            }
            let left = rect.left() + column as f32 * width;
            let body = Rect::from_min_max(
                pos2(left, top),
                pos2(left + width.max(1.0), top + (height - 1.0).max(1.0)),
            );
            mesh.add_colored_rect(body, theme.hit(weight / most));
        }
    }
    for section in &form.sections {
        let x = |bar: usize| rect.left() + rect.width() * (bar.min(bars) as f32 / bars as f32);
        let body = Rect::from_min_max(
            pos2(x(section.bars.start), rect.bottom() - foot),
            pos2((x(section.bars.end) - 1.0).max(x(section.bars.start)), rect.bottom()),
        );
        let colour: Color32 = theme.section(section.label);
        mesh.add_colored_rect(body, colour);
    }
    mesh
}

/// From top to bottom, as the grid has them.
fn row_of(class: DrumClass) -> usize {
    match class {
        DrumClass::Crash => 0,
        DrumClass::Ride => 1,
        DrumClass::OpenHat => 2,
        DrumClass::ClosedHat => 3,
        DrumClass::Toms => 4,
        DrumClass::Snare => 5,
        DrumClass::Kick => 6,
        DrumClass::Percussion => 7,
    }
}
