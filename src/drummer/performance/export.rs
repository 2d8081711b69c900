//! Training data for the groove network: the Groove MIDI Dataset as arrays.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::features::{CHANNELS, Setting, bar_starts, channel_names, encode};
use super::groove_style::GrooveStyle;
use super::quantise::quantise;
use super::stats::PerformanceStats;
use crate::midi;
use crate::score::{BarIndex, DrumPart, LANES, Song};

/// Why training data could not be written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum ExportError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot parse {path}")]
    Midi { path: PathBuf, source: midi::MidiError },
    #[error("{path} has no column {column}")]
    Column { path: PathBuf, column: &'static str },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: safetensors::SafeTensorError },
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Files.
    pub performances: usize,
    /// Grid steps of all of them.
    pub steps: usize,
    /// Strokes of all of them.
    pub hits: usize,
}

/// Reads the Groove MIDI Dataset under `dir` (`info.csv` and the files it names) and writes `out`
/// (safetensors), all performances one after the other:
///
/// - `inputs` f32 `[steps, CHANNELS]`: [`encode`]'s rows, with style and manner as measured;
/// - `velocity` f32 `[steps, LANES]`: 0 where a lane rests, otherwise in `(0, 1]`;
/// - `offset` f32 `[steps, LANES]`: shares of a step in `[-0.5, 0.5)`;
/// - `starts` i64 `[performances + 1]`: the first step of each, and the end.
///
/// The metadata has `channels`, and `names`, `sessions` and `splits` by performance, as JSON lists.
///
/// # Errors
/// If a file cannot be read, is not MIDI, or `out` cannot be written.
pub fn export(dir: &Path, out: &Path) -> Result<Exported, ExportError> {
    let table = dir.join("info.csv");
    let text = std::fs::read_to_string(&table)
        .map_err(|source| ExportError::Read { path: table.clone(), source })?;
    let mut arrays = Arrays::default();
    for listing in listings(&table, &text)? {
        let path = dir.join(&listing.file);
        let bytes = std::fs::read(&path)
            .map_err(|source| ExportError::Read { path: path.clone(), source })?;
        let song = midi::parse(&bytes)
            .map_err(|source| ExportError::Midi { path: path.clone(), source })?;
        if let Some(part) = quantise(&song) {
            arrays.add(&part, &song, &listing);
        }
    }
    arrays.write(out).map_err(|source| ExportError::Write { path: out.to_owned(), source })?;
    Ok(Exported {
        performances: arrays.names.len(),
        steps: arrays.velocity.len() / LANES,
        hits: arrays.velocity.iter().filter(|&&velocity| velocity > 0.0).count(),
    })
}

/// A line of the dataset's table.
struct Listing {
    file: String,
    session: String,
    split: String,
    groove_style: Option<GrooveStyle>,
    is_fill: bool,
}

/// The dataset's table holds no quoted fields, so commas are all there is to it.
fn listings(path: &Path, text: &str) -> Result<Vec<Listing>, ExportError> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &'static str| {
        let found = head.iter().position(|&title| title == name);
        found.ok_or_else(|| ExportError::Column { path: path.to_owned(), column: name })
    };
    let [file, session, split] = [column("midi_filename")?, column("session")?, column("split")?];
    let [style, kind] = [column("style")?, column("beat_type")?];
    Ok(lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|fields| fields.len() == head.len())
        .map(|fields| Listing {
            file: fields[file].to_owned(),
            session: fields[session].to_owned(),
            split: fields[split].to_owned(),
            groove_style: GrooveStyle::of_dataset_style(fields[style]),
            is_fill: fields[kind] == "fill",
        })
        .collect())
}

#[derive(Default)]
struct Arrays {
    inputs: Vec<f32>,
    velocity: Vec<f32>,
    offset: Vec<f32>,
    starts: Vec<i64>,
    names: Vec<String>,
    sessions: Vec<String>,
    splits: Vec<String>,
}

impl Arrays {
    fn add(&mut self, part: &DrumPart, song: &Song, listing: &Listing) {
        let fills: Vec<BarIndex> =
            if listing.is_fill { (0..part.bars.len()).map(BarIndex).collect() } else { Vec::new() };
        let setting = Setting {
            tempo: &song.tempo,
            groove_style: listing.groove_style,
            stats: PerformanceStats::measure(part, &song.tempo),
            fills: &fills,
        };
        let begin = self.velocity.len();
        self.starts.push((begin / LANES) as i64);
        let rows = encode(part, &setting);
        self.velocity.resize(begin + rows.len() * LANES, 0.0);
        self.offset.resize(begin + rows.len() * LANES, 0.0);
        self.inputs.extend(rows.iter().flatten());
        let bars = bar_starts(part);
        for hit in &part.hits {
            let place = begin + (bars[hit.bar.0] + hit.step) * LANES + hit.lane().index();
            // Of two strokes in one lane and step the louder one is heard.
            if hit.velocity.unit() > self.velocity[place] {
                self.velocity[place] = hit.velocity.unit();
                self.offset[place] = hit.offset;
            }
        }
        self.names.push(listing.file.clone());
        self.sessions.push(listing.session.clone());
        self.splits.push(listing.split.clone());
    }

    fn write(&mut self, out: &Path) -> Result<(), safetensors::SafeTensorError> {
        let steps = self.velocity.len() / LANES;
        self.starts.push(steps as i64);
        let floats = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        let inputs = floats(&self.inputs);
        let (velocity, offset) = (floats(&self.velocity), floats(&self.offset));
        let starts: Vec<u8> = self.starts.iter().flat_map(|start| start.to_le_bytes()).collect();
        let views = [
            ("inputs", TensorView::new(Dtype::F32, vec![steps, CHANNELS], &inputs)?),
            ("velocity", TensorView::new(Dtype::F32, vec![steps, LANES], &velocity)?),
            ("offset", TensorView::new(Dtype::F32, vec![steps, LANES], &offset)?),
            ("starts", TensorView::new(Dtype::I64, vec![self.starts.len()], &starts)?),
        ];
        let list = |names: &[String]| serde_json::Value::from(names.to_vec()).to_string();
        let metadata = HashMap::from([
            ("channels".to_owned(), list(&channel_names())),
            ("names".to_owned(), list(&self.names)),
            ("sessions".to_owned(), list(&self.sessions)),
            ("splits".to_owned(), list(&self.splits)),
        ]);
        safetensors::serialize_to_file(views, Some(metadata), out)
    }
}
