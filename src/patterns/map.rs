//! The map: patterns that people played, each at its place, and the way from a place to a pattern.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::ZlibDecoder;
use safetensors::SafeTensors;

use super::drum::DRUMS;
use super::hamming::HammingIndex;
use super::pattern::{Pattern, PatternGrid};
use super::space::{LATENT, Latent, PatternSpace, Request, Sampling};
use crate::network::NetworkError;

/// A point of the map. Both coordinates lie within about -1 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

impl Place {
    /// Euclidean distance.
    pub fn distance(self, other: Place) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A style on the map; [`MapStyle::all`] gives their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapStyle(pub u8);

/// Names of the map's styles. The last is that of patterns whose style nobody said.
const STYLES: [&str; 14] = [
    "rock", "pop", "funk", "soul", "jazz", "latin", "afro", "hip-hop", "dance", "punk", "country",
    "reggae", "blues", "other",
];

/// Of each style; hues far apart for styles that are neighbours on the map.
const COLOURS: [[u8; 3]; 14] = [
    [214, 69, 65],
    [240, 150, 60],
    [228, 196, 52],
    [196, 110, 190],
    [64, 128, 220],
    [46, 166, 110],
    [130, 190, 70],
    [140, 96, 214],
    [232, 92, 150],
    [150, 84, 56],
    [86, 176, 190],
    [36, 140, 150],
    [104, 120, 176],
    [146, 150, 158],
];

impl MapStyle {
    /// How many there are.
    pub const COUNT: usize = STYLES.len();
    /// Of patterns whose style nobody said, as songs and the musician's own.
    pub const OTHER: MapStyle = MapStyle(STYLES.len() as u8 - 1);

    /// All of them.
    pub fn all() -> impl Iterator<Item = MapStyle> {
        (0..STYLES.len() as u8).map(MapStyle)
    }

    /// What points of it are coloured with, sRGB: light and strong enough for a dark ground and for white.
    pub fn colour(self) -> [u8; 3] {
        COLOURS[usize::from(self.0).min(COLOURS.len() - 1)]
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        STYLES[usize::from(self.0).min(STYLES.len() - 1)]
    }
}

/// A pattern on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPoint {
    /// What is played.
    pub pattern: Pattern,
    /// Where it is.
    pub place: Place,
    /// How it is coloured.
    pub style: MapStyle,
    /// Beats a minute, where known.
    pub tempo: Option<u16>,
    /// What it is called: a performance's style, a book's title, a song, a file.
    pub name: Arc<str>,
}

/// What points are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filter {
    /// Only this style.
    pub style: Option<MapStyle>,
    /// Beats a minute, from and to; points without a tempo pass.
    pub tempo: Option<(u16, u16)>,
    /// Strokes in the two bars, from and to.
    pub strokes: Option<(usize, usize)>,
}

impl Filter {
    /// Whether a point is looked for.
    pub fn takes(&self, point: &MapPoint) -> bool {
        let inside = |range: Option<(usize, usize)>, value| {
            range.is_none_or(|(low, high)| (low..=high).contains(&value))
        };
        let tempo = self.tempo.map(|(low, high)| (low.into(), high.into()));
        self.style.is_none_or(|style| style == point.style)
            && point.tempo.is_none_or(|bpm| inside(tempo, bpm.into()))
            && inside(self.strokes, point.pattern.strokes())
    }
}

/// Points to play with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternMap {
    points: Vec<MapPoint>,
    index: HammingIndex,
}

/// Neighbours that a place between points is made of.
const AROUND: usize = 6;

/// Points that say where a pattern is placed.
const ALIKE: usize = 10;
/// How near to each other those have to be that it is placed between.
const BESIDE: f32 = 0.03;

/// Nearer than this a place is a point's own.
const AT: f32 = 1e-4;

impl PatternMap {
    /// The map that Drumlin comes with, read at its first use (some milliseconds).
    ///
    /// Its patterns are from the Groove MIDI Dataset (CC BY 4.0), two books of drum machine patterns
    /// (MIT) and songs whose licences let them be passed on (BSD, CC BY 4.0); see `models/README.md`.
    pub fn built_in() -> Arc<PatternMap> {
        static MAP: OnceLock<Arc<PatternMap>> = OnceLock::new();
        let read = || {
            let bytes = include_bytes!("../../assets/patterns/points.bin");
            // Part of the program; a test reads it.
            Arc::new(read(bytes).expect("the built-in points are points"))
        };
        MAP.get_or_init(read).clone()
    }

    /// A map of these points.
    pub fn new(points: Vec<MapPoint>) -> PatternMap {
        let index = HammingIndex::new(points.iter().map(|point| &point.pattern));
        PatternMap { points, index }
    }

    /// This map with more points behind its own.
    pub fn with(&self, more: impl IntoIterator<Item = MapPoint>) -> PatternMap {
        PatternMap::new(self.points.iter().cloned().chain(more).collect())
    }

    /// All points, in order.
    pub fn points(&self) -> &[MapPoint] {
        &self.points
    }

    /// The points nearest to a place of those that pass, nearest first.
    pub fn nearest(&self, place: Place, count: usize, filter: &Filter) -> Vec<usize> {
        self.first(count, filter, |point| point.place.distance(place))
    }

    /// The points whose patterns differ least from one, least first: by strokes that differ, and of equal
    /// ones the nearer on the map.
    pub fn similar(
        &self,
        pattern: &Pattern,
        at: Place,
        count: usize,
        filter: &Filter,
    ) -> Vec<usize> {
        self.first(count, filter, |point| {
            let apart = point.place.distance(at);
            point.pattern.distance(pattern) as f32 + apart / (1.0 + apart)
        })
    }

    /// Where a pattern belongs: where the points most like it, [`ALIKE`] of them, are closest together.
    /// They weigh by how few strokes differ. Those of one style have a say, the one that weighs most;
    /// points whose style nobody said have none beside others. Of these the pattern goes to where a
    /// Gaussian kernel finds the most weight, between those that are beside each other there, so that it
    /// never lands in the void between two groups. A point's own pattern is at the point.
    pub fn place(&self, pattern: &Pattern) -> Place {
        // Grids have islands of their own.
        let near = self.index.nearest(pattern, ALIKE);
        let Some(&(apart, nearest)) = near.first() else { return Place::default() };
        if apart == 0 {
            return self.points[nearest].place;
        }
        let mut votes = [0.0; MapStyle::COUNT];
        let mut near: Vec<(f32, &MapPoint)> = near
            .into_iter()
            .map(|(apart, index)| ((apart as f32 + 0.5).powi(-2), &self.points[index]))
            .collect();
        for (weight, point) in near.iter().filter(|(_, point)| point.style != MapStyle::OTHER) {
            votes[usize::from(point.style.0).min(MapStyle::COUNT - 1)] += weight;
        }
        let most =
            (0..MapStyle::COUNT).max_by(|&a, &b| votes[a].total_cmp(&votes[b]).then(b.cmp(&a)));
        if let Some(style) = most.filter(|&style| votes[style] > 0.0) {
            near.retain(|(_, point)| usize::from(point.style.0) == style);
        }
        let density = |at: Place| -> f32 {
            let of = |(weight, point): &(f32, &MapPoint)| {
                weight * (-(point.place.distance(at) / BESIDE).powi(2) / 2.0).exp()
            };
            near.iter().map(of).sum()
        };
        let mut home = (0.0, near[0].1.place);
        for (_, point) in &near {
            let density = density(point.place);
            if density > home.0 {
                home = (density, point.place);
            }
        }
        let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
        for (weight, point) in near {
            if point.place.distance(home.1) <= BESIDE {
                (x, y) = (x + weight * point.place.x, y + weight * point.place.y);
                sum += weight;
            }
        }
        Place { x: x / sum, y: y / sum }
    }

    /// By how many strokes a pattern differs from the point on its grid that is most like it; `None`
    /// where no point is on its grid.
    pub(super) fn apart(&self, pattern: &Pattern) -> Option<usize> {
        self.index.nearest(pattern, 1).first().map(|&(apart, _)| apart)
    }

    fn first(&self, count: usize, filter: &Filter, far: impl Fn(&MapPoint) -> f32) -> Vec<usize> {
        let points = self.points.iter().enumerate().filter(|(_, point)| filter.takes(point));
        let mut found: Vec<(f32, usize)> = points.map(|(i, point)| (far(point), i)).collect();
        let order = |a: &(f32, usize), b: &(f32, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if found.len() > count && count > 0 {
            found.select_nth_unstable_by(count - 1, order);
        }
        found.truncate(count);
        found.sort_by(order);
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// The pattern at a place: a point's own where there is one, elsewhere what the decoder makes of the
    /// latents of the points around, weighted by how near they are (Shepard's method with Franke and
    /// Little's weights, which fade out, so that nothing jumps where neighbours change). `None` on a map
    /// without points.
    ///
    /// # Errors
    /// If a network fails.
    pub fn pattern_at(
        &self,
        space: &PatternSpace,
        place: Place,
        sampling: Sampling,
    ) -> Result<Option<Pattern>, NetworkError> {
        let Some((latent, grid, own)) = self.latent_at(space, place)? else { return Ok(None) };
        if own.is_some() {
            return Ok(own);
        }
        let made = space.decode(&[Request { latent, grid: Some(grid), sampling }])?;
        Ok(made.first().copied())
    }

    /// Latent and grid at a place, and the pattern of the point there, if there is one.
    fn latent_at(
        &self,
        space: &PatternSpace,
        place: Place,
    ) -> Result<Option<(Latent, PatternGrid, Option<Pattern>)>, NetworkError> {
        let near = self.nearest(place, AROUND + 1, &Filter::default());
        let Some(&first) = near.first() else { return Ok(None) };
        let far = |&index: &usize| self.points[index].place.distance(place);
        let grid = self.points[first].pattern.grid();
        let edge = near.last().map_or(0.0, far);
        let patterns: Vec<Pattern> = near.iter().map(|&i| self.points[i].pattern).collect();
        let latents = space.encode(&patterns)?;
        if far(&first) < AT || edge <= AT {
            return Ok(Some((latents[0], grid, Some(patterns[0]))));
        }
        let mut latent = [0.0; LATENT];
        let mut sum = 0.0;
        for (index, of) in near.iter().zip(&latents) {
            // Straight and triplet patterns have nothing between them.
            let fits = self.points[*index].pattern.grid() == grid;
            let weight = ((edge - far(index)).max(0.0) / (edge * far(index))).powi(2);
            if fits && weight > 0.0 {
                sum += weight;
                latent.iter_mut().zip(&of.0).for_each(|(at, of)| *at += weight * of);
            }
        }
        if sum <= 0.0 {
            return Ok(Some((latents[0], grid, Some(patterns[0]))));
        }
        Ok(Some((Latent(latent.map(|value| value / sum)), grid, None)))
    }
}

/// Reads points: a zlib stream of safetensors, as `models/training/patterns.py` writes it.
fn read(bytes: &[u8]) -> Option<PatternMap> {
    let mut whole = Vec::new();
    ZlibDecoder::new(bytes).read_to_end(&mut whole).ok()?;
    let (_, header) = SafeTensors::read_metadata(&whole).ok()?;
    let names: Vec<Arc<str>> =
        serde_json::from_str::<Vec<String>>(header.metadata().as_ref()?.get("names")?)
            .ok()?
            .into_iter()
            .map(Arc::from)
            .collect();
    let tensors = SafeTensors::deserialize(&whole).ok()?;
    let words = |name: &str| -> Option<Vec<[u8; 4]>> {
        let data = tensors.tensor(name).ok()?.data().to_vec();
        Some(data.chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]]).collect())
    };
    let rows: Vec<u32> = words("rows")?.into_iter().map(u32::from_le_bytes).collect();
    let places: Vec<f32> = words("place")?.into_iter().map(f32::from_le_bytes).collect();
    let tempos: Vec<u32> = words("tempo")?.into_iter().map(u32::from_le_bytes).collect();
    let called: Vec<u32> = words("name")?.into_iter().map(u32::from_le_bytes).collect();
    let grids = tensors.tensor("grid").ok()?.data().to_vec();
    let styles = tensors.tensor("style").ok()?.data().to_vec();
    let points = (0..grids.len()).map(|i| {
        let grid = if grids[i] == 1 { PatternGrid::Triplet } else { PatternGrid::Straight };
        let row: [u32; DRUMS] = rows.get(i * DRUMS..(i + 1) * DRUMS)?.try_into().ok()?;
        let tempo = u16::try_from(*tempos.get(i)?).ok()?;
        Some(MapPoint {
            pattern: Pattern::from_rows(grid, row),
            place: Place { x: *places.get(2 * i)?, y: *places.get(2 * i + 1)? },
            style: MapStyle(*styles.get(i)?),
            tempo: (tempo > 0).then_some(tempo),
            name: names.get(*called.get(i)? as usize)?.clone(),
        })
    });
    Some(PatternMap::new(points.collect::<Option<_>>()?))
}
