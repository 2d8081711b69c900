//! Training data for the pattern networks: every two bars of every data set, each pattern once.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::books::{BookError, Measure, measures};
use super::drum::{DRUMS, drum_of_lane};
use super::extract::windows;
use super::pattern::{Pattern, PatternGrid};
use crate::midi;
use crate::score::Ticks;

/// Why training data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A table.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A table without a column that is needed.
    #[error("{} has no column {column}", path.display())]
    Column {
        /// Which.
        path: PathBuf,
        /// Its name.
        column: &'static str,
    },
    /// A book of patterns.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The output.
    #[error("cannot write the patterns: {0}")]
    Write(#[from] safetensors::SafeTensorError),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Unique patterns.
    pub patterns: usize,
    /// MIDI files that gave some.
    pub files: usize,
    /// MIDI files that gave none: unreadable, without drums or in other metres.
    pub left_out: usize,
}

/// Reads the data sets under `data` (`gmd`, `patterns`, `paired`, `mma_synth`; any may be missing) and
/// writes `out` (safetensors), a row for each unique pattern of at least three strokes:
///
/// - `rows` u32 `[n, 14]`: the pattern's rows of bits;
/// - `grid` u8 `[n]`: 0 straight, 1 triplet;
/// - `tempo` f32 `[n]`: beats a minute, 0 if unknown;
/// - `group`, `style`, `name` i32 `[n]`: places in the lists of these names in the metadata. A group
///   is a performance, song, groove file or book title, as `set/name`, the unit to split by.
///
/// A pattern that occurs again is that of its first occurrence, in the order of the sets above.
///
/// # Errors
/// If a table or book cannot be read, or `out` not be written. MIDI files that cannot be read are
/// counted.
pub fn export(data: &Path, out: &Path) -> Result<Exported, ExportError> {
    let mut table = Table::default();
    groove_midi_dataset(data, &mut table)?;
    books(data, &mut table)?;
    paired(data, &mut table)?;
    mma(data, &mut table)?;
    table.exported.patterns = table.rows.len();
    table.write(out)?;
    Ok(table.exported)
}

/// Strings by number.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    index: HashMap<String, i32>,
}

impl Names {
    fn number(&mut self, name: &str) -> i32 {
        if let Some(&number) = self.index.get(name) {
            return number;
        }
        let number = self.list.len() as i32;
        self.list.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        number
    }
}

#[derive(Default)]
struct Table {
    seen: HashSet<Pattern>,
    rows: Vec<[u32; DRUMS]>,
    grids: Vec<u8>,
    tempos: Vec<f32>,
    numbers: [Vec<i32>; 3],
    names: [Names; 3],
    exported: Exported,
}

/// The fewest strokes of a pattern to learn from.
const FEWEST: usize = 3;

impl Table {
    fn add(&mut self, pattern: Pattern, tempo: f32, [group, style, name]: [&str; 3]) {
        if pattern.strokes() < FEWEST || !self.seen.insert(pattern) {
            return;
        }
        self.rows.push(*pattern.rows());
        self.grids.push(u8::from(pattern.grid() == PatternGrid::Triplet));
        self.tempos.push(tempo);
        for (kind, text) in [group, style, name].into_iter().enumerate() {
            let number = self.names[kind].number(text);
            self.numbers[kind].push(number);
        }
    }

    /// A file's patterns; `name` gives the name of what begins at a bar, `None` to leave it out.
    fn add_file(
        &mut self,
        path: &Path,
        group: &str,
        style: &str,
        name: impl Fn(usize) -> Option<String>,
    ) {
        let found = midi::read(path).ok().and_then(|song| Some((windows(&song).ok()?, song)));
        let Some((found, song)) = found else {
            self.exported.left_out += 1;
            return;
        };
        self.exported.files += 1;
        let bars = song.bars();
        for window in found {
            let at: Ticks = bars.bars()[window.bar.0].start;
            if let Some(name) = name(window.bar.0) {
                let tempo = song.tempo.bpm(at).0 as f32;
                self.add(window.pattern, tempo, [group, style, &name]);
            }
        }
    }

    fn write(&self, out: &Path) -> Result<(), ExportError> {
        let n = self.rows.len();
        let rows: Vec<u8> = self.rows.iter().flatten().flat_map(|row| row.to_le_bytes()).collect();
        let tempos: Vec<u8> = self.tempos.iter().flat_map(|tempo| tempo.to_le_bytes()).collect();
        let numbers = self.numbers.each_ref().map(|numbers| -> Vec<u8> {
            numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
        });
        let mut views = vec![
            ("rows", TensorView::new(Dtype::U32, vec![n, DRUMS], &rows)?),
            ("grid", TensorView::new(Dtype::U8, vec![n], &self.grids)?),
            ("tempo", TensorView::new(Dtype::F32, vec![n], &tempos)?),
        ];
        let mut metadata = HashMap::new();
        for (kind, title) in ["group", "style", "name"].into_iter().enumerate() {
            views.push((title, TensorView::new(Dtype::I32, vec![n], &numbers[kind])?));
            let list = serde_json::Value::from(self.names[kind].list.clone());
            metadata.insert(title.to_owned(), list.to_string());
        }
        safetensors::serialize_to_file(views, Some(metadata), out)?;
        Ok(())
    }
}

/// A table's lines as fields; no field of these tables has a comma in it. Nothing if there is no table.
fn lines<const N: usize>(
    path: &Path,
    columns: [&'static str; N],
) -> Result<Vec<[String; N]>, ExportError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path)
        .map_err(|source| ExportError::Read { path: path.to_owned(), source })?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = head
            .iter()
            .position(|title| *title == column)
            .ok_or_else(|| ExportError::Column { path: path.to_owned(), column })?;
    }
    let fields = lines.map(|line| line.split(',').collect::<Vec<_>>());
    Ok(fields
        .filter(|fields| fields.len() == head.len())
        .map(|fields| places.map(|place| fields[place].to_owned()))
        .collect())
}

fn groove_midi_dataset(data: &Path, table: &mut Table) -> Result<(), ExportError> {
    let folder = data.join("gmd");
    let columns = ["midi_filename", "style", "beat_type"];
    for [file, style, kind] in lines(&folder.join("info.csv"), columns)? {
        let main = style.split('/').next().unwrap_or_default();
        let name = format!("{}{}", style, if kind == "fill" { " fill" } else { "" });
        table.add_file(&folder.join(&file), &format!("gmd/{file}"), main, |_| Some(name.clone()));
    }
    Ok(())
}

fn paired(data: &Path, table: &mut Table) -> Result<(), ExportError> {
    let folder = data.join("paired");
    let columns = ["file", "tier", "aligned"];
    for [file, tier, aligned] in lines(&folder.join("manifest.csv"), columns)? {
        if aligned.parse::<f32>().is_ok_and(|aligned| aligned >= 0.8) {
            let title = file.trim_end_matches(".mid");
            let group = format!("paired{tier}/{file}");
            table.add_file(&folder.join(&file), &group, "", |_| Some(title.to_owned()));
        }
    }
    Ok(())
}

/// Grooves stand one after the other in a file, eight bars each.
const BARS_OF_GROOVE: usize = 8;

fn mma(data: &Path, table: &mut Table) -> Result<(), ExportError> {
    let folder = data.join("mma_synth");
    let mut grooves: HashMap<String, Vec<String>> = HashMap::new();
    for [file, groove] in lines(&folder.join("grooves.csv"), ["file", "groove"])? {
        grooves.entry(file).or_default().push(groove);
    }
    let mut files: Vec<_> = grooves.into_iter().collect();
    files.sort();
    for (file, names) in files {
        let path = folder.join("grooves").join(&file);
        table.add_file(&path, &format!("grooves/{file}"), "", |bar| {
            let inside = bar % BARS_OF_GROOVE < BARS_OF_GROOVE - 1;
            inside.then(|| names.get(bar / BARS_OF_GROOVE).cloned()).flatten()
        });
    }
    for [file, tune] in lines(&folder.join("songs.csv"), ["file", "tune"])? {
        let path = folder.join("songs").join(&file);
        table.add_file(&path, &format!("tunes/{tune}"), "", |_| Some(tune.clone()));
    }
    Ok(())
}

fn books(data: &Path, table: &mut Table) -> Result<(), ExportError> {
    let mut first: Option<(Measure, [u32; DRUMS])> = None;
    for measure in measures(&data.join("patterns"))? {
        let mut rows = [0; DRUMS];
        for (lane, step) in &measure.strokes {
            rows[drum_of_lane(*lane)] |= 1 << step;
        }
        let group = format!("books/{}", measure.title);
        let shift = measure.grid.bar_steps();
        let mut add = |a: [u32; DRUMS], b: [u32; DRUMS]| {
            let rows = std::array::from_fn(|drum| a[drum] | b[drum] << shift);
            let pattern = Pattern::from_rows(measure.grid, rows);
            table.add(pattern, 0.0, [&group, &measure.style, &measure.title]);
        };
        add(rows, rows);
        // Of measures A and B also both.
        if let Some((of, a)) = &first
            && of.grid == measure.grid
            && measure.title.strip_suffix('B') == of.title.strip_suffix('A')
        {
            add(*a, rows);
        }
        first = Some((measure, rows));
    }
    Ok(())
}
