//! A canvas to draw on: rectangles and text over white.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::{EncodeError, Rgb};

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Of running text.
    Regular,
    /// Of headings.
    SemiBold,
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its beginning.
    Left,
    /// Its middle.
    Centre,
    /// Its end.
    Right,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// How heavy its letters are.
    pub weight: Weight,
    /// Height in pixels from descender to ascender.
    pub size: f32,
    /// Of its letters.
    pub colour: Rgb,
    /// Which part of it is at its place.
    pub align: Align,
}

impl Type {
    /// Beginning at its place.
    pub const fn new(weight: Weight, size: f32, colour: Rgb) -> Type {
        Type { weight, size, colour, align: Align::Left }
    }

    /// The same, with another part at its place.
    pub const fn aligned(self, align: Align) -> Type {
        Type { align, ..self }
    }
}

fn font(weight: Weight) -> &'static FontRef<'static> {
    static REGULAR: OnceLock<FontRef> = OnceLock::new();
    static SEMI_BOLD: OnceLock<FontRef> = OnceLock::new();
    let (cell, bytes): (_, &'static [u8]) = match weight {
        Weight::Regular => {
            (&REGULAR, include_bytes!("../../assets/fonts/Inter-Regular.otf").as_slice())
        }
        Weight::SemiBold => {
            (&SEMI_BOLD, include_bytes!("../../assets/fonts/Inter-SemiBold.otf").as_slice())
        }
    };
    // Both files are part of the program, and every test that draws parses them.
    cell.get_or_init(|| FontRef::try_from_slice(bytes).expect("the embedded font is a font"))
}

/// Pixels, origin at the top left.
pub struct Canvas {
    pixmap: Pixmap,
}

impl Canvas {
    /// A white canvas, or `None` if a side is 0.
    pub fn new(width: u32, height: u32) -> Option<Canvas> {
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(Color::WHITE);
        Some(Canvas { pixmap })
    }

    /// Fills a rectangle; its edges may lie between pixels. Nothing if it has no area.
    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb, alpha: f32) {
        let Some(rect) = Rect::from_xywh(x, y, width, height) else { return };
        let paint = paint(colour, alpha);
        self.pixmap.fill_rect(rect, &paint, Transform::identity(), None);
    }

    /// A frame of one pixel around a rectangle.
    pub fn frame(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
        self.rectangle(x - 1.0, y - 1.0, width + 2.0, 1.0, colour, 1.0);
        self.rectangle(x - 1.0, y + height, width + 2.0, 1.0, colour, 1.0);
        self.rectangle(x - 1.0, y, 1.0, height, colour, 1.0);
        self.rectangle(x + width, y, 1.0, height, colour, 1.0);
    }

    /// Fills a circle. Nothing if it has no area.
    pub fn dot(&mut self, x: f32, y: f32, radius: f32, colour: Rgb, alpha: f32) {
        let Some(path) = PathBuilder::from_circle(x, y, radius) else { return };
        let paint = paint(colour, alpha);
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// Draws a straight line. Nothing if it has no length.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, colour: Rgb) {
        let mut path = PathBuilder::new();
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
        let Some(path) = path.finish() else { return };
        let stroke = Stroke { width, ..Stroke::default() };
        let paint = paint(colour, 1.0);
        self.pixmap.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }

    /// Sets one pixel; nothing outside the canvas.
    pub fn pixel(&mut self, x: usize, y: usize, colour: Rgb) {
        let (width, height) = (self.pixmap.width() as usize, self.pixmap.height() as usize);
        if x < width && y < height {
            let at = (y * width + x) * 4;
            let Rgb(red, green, blue) = colour;
            self.pixmap.data_mut()[at..at + 4].copy_from_slice(&[red, green, blue, 255]);
        }
    }

    /// Writes text with its baseline at `y`, from, around or up to `x`.
    pub fn text(&mut self, text: &str, x: f32, y: f32, style: Type) {
        let (glyphs, width) = layout(text, style);
        let left = match style.align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        let font = font(style.weight);
        for mut glyph in glyphs {
            glyph.position = point(glyph.position.x + left, y);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, coverage| {
                self.blend(
                    bounds.min.x + dx as f32,
                    bounds.min.y + dy as f32,
                    style.colour,
                    coverage,
                );
            });
        }
    }

    /// The canvas is opaque throughout, so its premultiplied pixels are plain colours.
    fn blend(&mut self, x: f32, y: f32, Rgb(red, green, blue): Rgb, coverage: f32) {
        let (width, height) = (self.pixmap.width() as f32, self.pixmap.height() as f32);
        if x < 0.0 || y < 0.0 || x >= width || y >= height {
            return;
        }
        let at = (y as usize * width as usize + x as usize) * 4;
        let coverage = coverage.clamp(0.0, 1.0);
        for (below, above) in self.pixmap.data_mut()[at..at + 3].iter_mut().zip([red, green, blue])
        {
            let mixed = f32::from(*below) + (f32::from(above) - f32::from(*below)) * coverage;
            *below = mixed.round() as u8;
        }
    }

    /// The canvas as a PNG file: opaque, and filtered against the row above, which is most often
    /// the same (a bar is many pixels high).
    pub fn png(&self) -> Result<Vec<u8>, EncodeError> {
        let failed = |error: png::EncodingError| EncodeError(error.to_string());
        let colours: Vec<u8> =
            self.pixmap.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.pixmap.width(), self.pixmap.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Default);
        encoder.set_filter(png::FilterType::Up);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&colours).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

fn paint(Rgb(red, green, blue): Rgb, alpha: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

/// Glyphs from x = 0 on, kerned, and the width of the whole.
fn layout(text: &str, style: Type) -> (Vec<Glyph>, f32) {
    let font = font(style.weight).as_scaled(PxScale::from(style.size));
    let (mut glyphs, mut x, mut last) = (Vec::new(), 0.0, None);
    for character in text.chars().filter(|character| !character.is_control()) {
        let id = font.glyph_id(character);
        if let Some(last) = last {
            x += font.kern(last, id);
        }
        glyphs.push(id.with_scale_and_position(style.size, point(x, 0.0)));
        x += font.h_advance(id);
        last = Some(id);
    }
    (glyphs, x)
}

/// How wide a text is, in pixels.
pub fn text_width(text: &str, style: Type) -> f32 {
    layout(text, style).1
}

/// The text, shortened with an ellipsis where it is wider than `width` pixels.
pub fn fitted(text: &str, style: Type, width: f32) -> String {
    if text_width(text, style) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let shorter: String = kept.iter().chain(&['…']).collect();
        if text_width(&shorter, style) <= width {
            return shorter;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Type = Type::new(Weight::Regular, 20.0, Rgb::INK);

    #[test]
    fn long_text_is_shortened_to_fit() {
        assert_eq!(fitted("short", BODY, 200.0), "short");
        let shortened = fitted("a title that goes on and on", BODY, 100.0);
        assert!(shortened.ends_with('…') && text_width(&shortened, BODY) <= 100.0);
        assert_eq!(fitted("nothing fits", BODY, 1.0), "");
    }

    #[test]
    fn drawing_over_the_edge_does_no_harm() {
        let mut canvas = Canvas::new(20, 20).unwrap();
        canvas.text("over the edge", -30.0, 18.0, BODY);
        canvas.rectangle(-5.0, -5.0, 100.0, 0.0, Rgb::INK, 1.0);
        canvas.rectangle(10.0, 10.0, 100.0, 100.0, Rgb::INK, 2.0);
        canvas.pixel(20, 0, Rgb::INK);
        assert!(canvas.png().unwrap().starts_with(b"\x89PNG"));
        assert!(Canvas::new(0, 20).is_none());
    }
}
