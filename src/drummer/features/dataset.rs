//! Training examples: a song seen in several ways, its melodic features beside its real drums.

use std::borrow::Cow;
use std::collections::HashMap;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::Dtype;
use safetensors::tensor::{SafeTensorError, TensorView};

use super::{
    BAR_FEATURES, PAIR_CHANNELS, PROGRAMS, SLOTS, bar_features, grid::slot, instruments, lead,
    pair_channels, step_grids,
};
use crate::analysis::Ssm;
use crate::drummer::DrummerError;
use crate::score::{BarGrid, DRUM_CLASSES, DrumClass, GridKind, LANES, Lane, Song, StepGrid};

/// Sixteen steps a bar whatever the metre: the grid on which parts are scored.
pub const SCORE_STEPS: usize = 16;

/// Why an example could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum DatasetError {
    #[error("cannot read or write an example: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Sound(#[from] DrummerError),
    #[error("cannot read or lay out the tensors: {0}")]
    Layout(#[from] SafeTensorError),
}

/// Which of a song's tracks an example hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// All melodic tracks.
    Full,
    /// The lead alone.
    Lead,
    /// A random part of the tracks, by seed.
    Some(u64),
}

impl View {
    /// The song as this view hears it; drums stay.
    pub fn of(self, song: &Song) -> Song {
        let melodic: Vec<usize> =
            (0..song.tracks.len()).filter(|&track| !song.tracks[track].is_drums()).collect();
        let keep: Vec<usize> = match self {
            View::Full => melodic,
            View::Lead => lead(song).into_iter().collect(),
            View::Some(seed) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed ^ song.end().0);
                let count = rng.random_range(1..=melodic.len().max(1));
                let mut shuffled = melodic;
                shuffled.shuffle(&mut rng);
                shuffled.truncate(count);
                shuffled
            }
        };
        let tracks = song
            .tracks
            .iter()
            .enumerate()
            .filter(|(index, track)| track.is_drums() || keep.contains(index))
            .map(|(_, track)| track.clone())
            .collect();
        Song { tracks, ..song.clone() }
    }
}

/// A song's real drums on the grids that the networks use.
struct DrumGrids {
    /// `[bars, LANES, SLOTS]`, 1 where a lane is struck.
    lanes: Vec<u8>,
    /// `[bars, DRUM_CLASSES, SCORE_STEPS]`.
    classes: Vec<u8>,
    /// How often each MIDI key is struck, `[128]`.
    keys: Vec<u8>,
}

fn drum_grids(song: &Song, bars: &BarGrid, grids: &[StepGrid]) -> DrumGrids {
    let mut lanes = vec![0; bars.len() * LANES * SLOTS];
    let mut classes = vec![0; bars.len() * DRUM_CLASSES * SCORE_STEPS];
    let mut keys = vec![0u8; 128];
    for note in song.drum_notes() {
        let Some(home) = bars.bar_at(note.start) else { continue };
        let steps = grids[home.0].steps;
        if let Some((bar, step, _)) = bars.nearest_step(note.start, steps)
            && bar.0 < bars.len()
        {
            let row = bar.0 * LANES + Lane::of_key(note.key).index();
            lanes[row * SLOTS + slot(step, grids[bar.0].steps)] = 1;
        }
        if let Some((bar, step, _)) = bars.nearest_step(note.start, SCORE_STEPS)
            && bar.0 < bars.len()
        {
            let row = bar.0 * DRUM_CLASSES + DrumClass::of_key(note.key).index();
            classes[row * SCORE_STEPS + step] = 1;
        }
        let count = &mut keys[usize::from(note.key & 127)];
        *count = count.saturating_add(1);
    }
    DrumGrids { lanes, classes, keys }
}

/// One training example as the bytes of a safetensors file:
///
/// | tensor | shape | what |
/// |---|---|---|
/// | `bar` | `[bars, BAR_FEATURES]` f32 | symbolic features |
/// | `programs` | `[1, 128]` f32 | who plays |
/// | `pairs` | `[PAIR_CHANNELS, bars, bars]` f32 | pair channels |
/// | `grid` | `[bars, 4]` u8 | ternary?, steps, steps a beat, metre x 16 / whole note |
/// | `tempo` | `[bars]` f32 | bpm at the downbeat |
/// | `lanes` | `[bars, LANES, SLOTS]` u8 | real drums |
/// | `classes` | `[bars, 8, 16]` u8 | real drums as scored |
/// | `keys` | `[128]` u8 | real drums' key counts, at most 255 |
///
/// Without `melodic_ssm`, as where the sound was not rendered, its pair channel is 0.
pub fn example(song: &Song, melodic_ssm: Option<&Ssm>) -> Result<Vec<u8>, DatasetError> {
    let bars = song.bars();
    let grids = step_grids(song, &bars);
    let features = bar_features(song, &bars, &grids);
    let pairs = pair_channels(&features, melodic_ssm);
    let drums = drum_grids(song, &bars, &grids);
    let bar = floats(&mut features.iter().flat_map(|bar| bar.vector()));
    let programs = floats(&mut instruments(song).into_iter());
    let pair_values = floats(&mut pairs.values.iter().copied());
    let tempo = floats(&mut bars.bars().iter().map(|bar| song.tempo.bpm(bar.start).0 as f32));
    let grid: Vec<u8> = bars
        .bars()
        .iter()
        .zip(&grids)
        .flat_map(|(bar, grid)| {
            let metre = u16::from(bar.metre.numerator()) * 16 / u16::from(bar.metre.denominator());
            [
                u8::from(grid.kind == GridKind::Ternary),
                grid.steps as u8,
                grid.steps_per_beat as u8,
                metre.min(255) as u8,
            ]
        })
        .collect();
    let n = bars.len();
    let mut tensors: HashMap<Cow<str>, TensorView> = HashMap::new();
    let mut add =
        |name: &'static str, kind, shape: &[usize], data| -> Result<(), SafeTensorError> {
            tensors.insert(name.into(), TensorView::new(kind, shape.to_vec(), data)?);
            Ok(())
        };
    add("bar", Dtype::F32, &[n, BAR_FEATURES], &bar)?;
    add("programs", Dtype::F32, &[1, PROGRAMS], &programs)?;
    add("pairs", Dtype::F32, &[PAIR_CHANNELS, n, n], &pair_values)?;
    add("tempo", Dtype::F32, &[n], &tempo)?;
    add("grid", Dtype::U8, &[n, 4], &grid)?;
    add("lanes", Dtype::U8, &[n, LANES, SLOTS], &drums.lanes)?;
    add("classes", Dtype::U8, &[n, DRUM_CLASSES, SCORE_STEPS], &drums.classes)?;
    add("keys", Dtype::U8, &[128], &drums.keys)?;
    Ok(safetensors::serialize(tensors, None)?)
}

fn floats(values: &mut dyn Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}
