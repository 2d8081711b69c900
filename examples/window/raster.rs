//! Paints egui's triangles into an image, without a window and without a GPU.

use std::collections::HashMap;

use egui::epaint::{ImageData, ImageDelta, Primitive, Vertex};
use egui::{Color32, ColorImage, Pos2, Rect, TextureFilter, TextureId, TexturesDelta};

/// The textures that egui has handed out so far.
#[derive(Default)]
pub struct Textures {
    images: HashMap<TextureId, (ColorImage, TextureFilter)>,
}

impl Textures {
    pub fn update(&mut self, delta: &TexturesDelta) {
        for (id, changes) in &delta.set {
            for change in changes {
                self.change(*id, change);
            }
        }
        for id in &delta.free {
            self.images.remove(id);
        }
    }

    fn change(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(part) = &change.image;
        let filter = change.options.magnification;
        match (change.pos, self.images.get_mut(&id)) {
            (Some([left, top]), Some((whole, _))) => {
                for y in 0..part.size[1] {
                    for x in 0..part.size[0] {
                        whole[(left + x, top + y)] = part[(x, y)];
                    }
                }
            }
            _ => {
                self.images.insert(id, ((**part).clone(), filter));
            }
        }
    }
}

/// The image of one frame.
pub struct Canvas {
    pub size: [usize; 2],
    /// Row-major, RGB, 0 to 1.
    pixels: Vec<[f32; 3]>,
}

impl Canvas {
    pub fn new(size: [usize; 2]) -> Canvas {
        Canvas { size, pixels: vec![[0.0; 3]; size[0] * size[1]] }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.pixels.iter().flatten().map(|value| (value * 255.0).round() as u8).collect()
    }

    pub fn paint(
        &mut self,
        primitives: &[egui::ClippedPrimitive],
        textures: &Textures,
        pixels_per_point: f32,
    ) {
        for primitive in primitives {
            let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
            let Some((texture, filter)) = textures.images.get(&mesh.texture_id) else { continue };
            let clip = primitive.clip_rect * pixels_per_point;
            for triangle in mesh.indices.chunks_exact(3) {
                let corners = [triangle[0], triangle[1], triangle[2]].map(|index| {
                    let vertex = mesh.vertices[index as usize];
                    Vertex { pos: vertex.pos * pixels_per_point, ..vertex }
                });
                self.triangle(corners, clip, texture, *filter);
            }
        }
    }

    fn triangle(
        &mut self,
        mut corners: [Vertex; 3],
        clip: Rect,
        texture: &ColorImage,
        filter: TextureFilter,
    ) {
        let edge =
            |a: Pos2, b: Pos2, p: Pos2| (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
        let mut area = edge(corners[0].pos, corners[1].pos, corners[2].pos);
        if area < 0.0 {
            corners.swap(1, 2);
            area = -area;
        }
        if area < 1e-6 {
            return;
        }
        let [a, b, c] = corners.map(|corner| corner.pos);
        let bounds = Rect::from_points(&[a, b, c]).intersect(clip);
        let from = |value: f32| (value - 0.5).ceil().max(0.0) as usize;
        let to = |value: f32, most: usize| ((value - 0.5).ceil().max(0.0) as usize).min(most);
        // Pixels on an edge that two triangles share belong to one of them.
        let owns = |a: Pos2, b: Pos2| b.y < a.y || (b.y == a.y && b.x > a.x);
        for y in from(bounds.top())..to(bounds.bottom(), self.size[1]) {
            for x in from(bounds.left())..to(bounds.right(), self.size[0]) {
                let point = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                let weights =
                    [(b, c), (c, a), (a, b)].map(|(p, q)| (edge(p, q, point), owns(p, q)));
                if weights.iter().any(|&(weight, own)| weight < 0.0 || (weight == 0.0 && !own)) {
                    continue;
                }
                let mix = |pick: &dyn Fn(&Vertex) -> f32| -> f32 {
                    corners.iter().zip(weights).map(|(v, (w, _))| pick(v) * w).sum::<f32>() / area
                };
                let texel = sample(texture, filter, mix(&|v| v.uv.x), mix(&|v| v.uv.y));
                let colour: [f32; 4] = std::array::from_fn(|channel| {
                    mix(&|v| f32::from(v.color.to_array()[channel]) / 255.0) * texel[channel]
                });
                let pixel = &mut self.pixels[y * self.size[0] + x];
                for (value, add) in pixel.iter_mut().zip(colour) {
                    *value = (*value * (1.0 - colour[3]) + add).clamp(0.0, 1.0);
                }
            }
        }
    }
}

fn sample(texture: &ColorImage, filter: TextureFilter, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = texture.size;
    let texel = |x: f32, y: f32| -> [f32; 4] {
        let x = (x.max(0.0) as usize).min(width - 1);
        let y = (y.max(0.0) as usize).min(height - 1);
        let colour: Color32 = texture[(x, y)];
        colour.to_array().map(|value| f32::from(value) / 255.0)
    };
    let (x, y) = (u * width as f32, v * height as f32);
    if filter == TextureFilter::Nearest {
        return texel(x.floor(), y.floor());
    }
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (right, down) = (x - left, y - top);
    std::array::from_fn(|channel| {
        let at = |dx: f32, dy: f32| texel(left + dx, top + dy)[channel];
        let above = at(0.0, 0.0) * (1.0 - right) + at(1.0, 0.0) * right;
        let below = at(0.0, 1.0) * (1.0 - right) + at(1.0, 1.0) * right;
        above * (1.0 - down) + below * down
    })
}
