//! The form as pictures: the two self-similarity matrices, as textures, with the sections along
//! their edge.

use std::sync::Arc;

use egui::{
    Align2, Color32, ColorImage, Context, CornerRadius, CursorIcon, Id, Rect, Sense, Shape, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, Vec2, pos2,
};

use super::frame::Frame;
use super::shared::{Selection, Shared};
use super::theme::{Face, UNIT};
use super::widgets::label;
use crate::picture::{Rgb, similarity_colour};
use crate::score::BarIndex;
use crate::studio::QuantizedSsm;

/// The most pixels along a side of a texture.
const MOST_PIXELS: usize = 512;
const STRIP: f32 = 6.0;
/// Height of a heading.
const HEAD: f32 = 22.0;

/// The textures of what is shown, made anew when the song changes.
#[derive(Default)]
pub struct Matrices {
    melodic: Option<(Arc<QuantizedSsm>, TextureHandle)>,
    drums: Option<(Arc<QuantizedSsm>, TextureHandle)>,
}

/// Both matrices, one below the other, or side by side in a wide box.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    textures: &mut Matrices,
    rect: Rect,
) {
    let theme = &frame.theme;
    let Some(arrangement) = frame.arrangement else {
        let text = "Generate to see the song's form";
        let font = Face::Regular.at(12.0);
        label(ui.painter(), rect, Align2::CENTER_CENTER, text, font, theme.text_dim);
        return;
    };
    let beside = rect.width() > rect.height();
    let gap = 3.0 * UNIT;
    let half = if beside {
        Vec2::new((rect.width() - gap) / 2.0, rect.height())
    } else {
        Vec2::new(rect.width(), (rect.height() - gap) / 2.0)
    };
    let side = (half.x - STRIP).min(half.y - HEAD - STRIP).floor();
    if side < 40.0 {
        return;
    }
    let ctx = ui.ctx().clone();
    let pictures = [
        ("matrix-melodic", "Song repeats", &arrangement.melodic, &mut textures.melodic),
        ("matrix-drums", "Drums repeat", &arrangement.drums, &mut textures.drums),
    ];
    let made = pictures.map(|(name, heading, ssm, cell)| {
        (name, heading, texture(&ctx, name, ssm, cell), Arc::clone(ssm))
    });
    let mut corner = rect.min;
    for (name, heading, texture, ssm) in made {
        let head = Rect::from_min_size(corner, Vec2::new(half.x, HEAD));
        let font = Face::SemiBold.at(12.0);
        label(ui.painter(), head, Align2::LEFT_CENTER, heading, font, theme.text_dim);
        let at = corner + Vec2::new(STRIP, HEAD + STRIP);
        let picture = Rect::from_min_size(at, Vec2::splat(side));
        matrix(ui, frame, shared, name, &texture, &ssm, picture);
        if beside {
            corner.x += half.x + gap;
        } else {
            corner.y = picture.bottom() + gap;
        }
    }
}

fn texture(
    ctx: &Context,
    name: &str,
    ssm: &Arc<QuantizedSsm>,
    cell: &mut Option<(Arc<QuantizedSsm>, TextureHandle)>,
) -> TextureHandle {
    if let Some((shown, texture)) = cell
        && Arc::ptr_eq(shown, ssm)
    {
        return texture.clone();
    }
    let handle = ctx.load_texture(name, image(ssm), TextureOptions::NEAREST);
    *cell = Some((Arc::clone(ssm), handle.clone()));
    handle
}

/// One pixel a bar, or the mean of the bars that fall onto one.
fn image(ssm: &QuantizedSsm) -> ColorImage {
    let bars = ssm.bars();
    let side = bars.clamp(1, MOST_PIXELS);
    let (low, high) = contrast(ssm);
    let cover = |pixel: usize| pixel * bars / side..((pixel + 1) * bars).div_ceil(side).min(bars);
    let mut pixels = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let (mut sum, mut count) = (0.0, 0.0);
            for a in cover(row) {
                for b in cover(column) {
                    sum += ssm.get(a, b);
                    count += 1.0;
                }
            }
            let Rgb(r, g, b) = similarity_colour((sum / count - low) / (high - low));
            pixels.push(Color32::from_rgb(r, g, b));
        }
    }
    ColorImage::new([side, side], pixels)
}

/// The 1st and 99th percentile of what different bars have: single outliers must not take the
/// contrast from all others.
fn contrast(ssm: &QuantizedSsm) -> (f32, f32) {
    let mut counts = [0_usize; 256];
    for &shade in ssm.shades() {
        counts[usize::from(shade)] += 1;
    }
    let total = ssm.shades().len();
    let at = |share: f64| {
        let wanted = (total as f64 * share) as usize;
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += count;
            seen > wanted
        });
        found.unwrap_or(255) as f32 / 255.0
    };
    let (low, high) = (at(0.01), at(0.99));
    if high - low < 0.02 { (high - 1.0, high) } else { (low, high) }
}

fn matrix(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    name: &'static str,
    texture: &TextureHandle,
    ssm: &QuantizedSsm,
    rect: Rect,
) {
    let Some(arrangement) = frame.arrangement else { return };
    let (theme, bars) = (&frame.theme, ssm.bars());
    let response = ui.interact(rect, Id::unique(name), Sense::click_and_drag());
    let painter = ui.painter();
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.add(Shape::image(texture.id(), rect, whole, Color32::WHITE));
    painter.rect_stroke(
        rect,
        CornerRadius::ZERO,
        Stroke::new(1.0, theme.line_strong),
        StrokeKind::Outside,
    );
    let along = |bar: f32| rect.width() * bar / bars.max(1) as f32;
    for section in &arrangement.form.sections {
        let (from, to) = (along(section.bars.start as f32), along(section.bars.end as f32) - 1.0);
        let colour = theme.section(section.label);
        let above = Rect::from_min_max(
            pos2(rect.left() + from, rect.top() - STRIP),
            pos2(rect.left() + to.max(from + 0.5), rect.top() - 2.0),
        );
        let beside = Rect::from_min_max(
            pos2(rect.left() - STRIP, rect.top() + from),
            pos2(rect.left() - 2.0, rect.top() + to.max(from + 0.5)),
        );
        painter.rect_filled(above, CornerRadius::ZERO, colour);
        painter.rect_filled(beside, CornerRadius::ZERO, colour);
    }
    if let Some(selected) = &shared.selection.bars {
        let at = |bar: usize| rect.min + Vec2::splat(along(bar as f32));
        let frame = Rect::from_min_max(at(selected.start), at(selected.end));
        painter.rect_stroke(
            frame,
            CornerRadius::ZERO,
            Stroke::new(1.5, Color32::WHITE),
            StrokeKind::Outside,
        );
    }
    if let Some(bar) = frame.playing_bar() {
        let at = along(bar.0 as f32 + 0.5);
        let pen = Stroke::new(1.0, Color32::WHITE);
        painter.vline(rect.left() + at, rect.y_range(), pen);
        painter.hline(rect.x_range(), rect.top() + at, pen);
    }
    let response = response.on_hover_cursor(CursorIcon::Crosshair);
    let Some(pointer) = response.hover_pos().filter(|_| bars > 0) else { return };
    let bar =
        |distance: f32| ((distance / rect.width() * bars as f32).max(0.0) as usize).min(bars - 1);
    let (column, row) = (bar(pointer.x - rect.left()), bar(pointer.y - rect.top()));
    let section = |bar| {
        let index = arrangement.form.section_at(bar);
        index.map_or_else(String::new, |index| {
            format!(" ({})", arrangement.form.sections[index].letter())
        })
    };
    shared.hint = Some(format!(
        "Bars {}{} and {}{}: {:.0} % alike. Click to go there",
        frame.bar_number(column),
        section(column),
        frame.bar_number(row),
        section(row),
        ssm.get(row, column) * 100.0
    ));
    if response.clicked() {
        shared.selection = Selection::of_bars(arrangement.section_of(BarIndex(column)));
        if let Some(bar) = frame.bars().and_then(|bars| bars.bars().get(column)) {
            shared.timeline.centre(bar.start.0 as f64);
        }
    }
}
