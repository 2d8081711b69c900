//! Training data for the network that hears a clip's beats: what single strokes sound like in the bands,
//! and how much clips that are mixed of them rise.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::bands::{BANDS, Bands, Energies, flux};
use super::source::Source;

/// Why training data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What is there.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// A file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What is there is no table of power.
    #[error("{} is no table of power in {BANDS} bands", path.display())]
    NoTable {
        /// The file.
        path: PathBuf,
    },
    /// The output.
    #[error("cannot write the table: {0}")]
    Write(#[from] SafeTensorError),
}

/// Writes for every recording of a folder, by its name without the ending, `NAME` f32 `[frames, bands]`:
/// the power in each band. Frame `i` is centred at sample `512 i + 512`. Answers how many there are; what
/// cannot be heard is passed over.
///
/// # Errors
/// If the folder cannot be read, or `out` (safetensors) not be written.
pub fn export_power(folder: &Path, out: &Path) -> Result<usize, ExportError> {
    let failed = |source| ExportError::Read { path: folder.into(), source };
    let files = fs::read_dir(folder).map_err(failed)?;
    let files: Result<Vec<_>, _> = files.map(|file| file.map(|file| file.path())).collect();
    let mut files = files.map_err(failed)?;
    files.sort();
    let mut tables = Vec::new();
    for path in files {
        let Ok(source @ Source::Recording(_)) = Source::of(&path) else { continue };
        let mut bands = Bands::new();
        let heard = source.stream(&mut |left, right| {
            let mixed = left.iter().zip(right).map(|(left, right)| (left + right) / 2.0);
            bands.push(&mixed.collect::<Vec<f32>>());
            true
        });
        if heard.is_ok() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            tables.push((name.into_owned(), bands.finish()));
        }
    }
    write(&tables, out)?;
    Ok(tables.len())
}

/// Reads tables of power as [`export_power`] writes them, and writes for each, by the same name, how much
/// each band rises from frame to frame. Answers how many there are.
///
/// # Errors
/// If `power` cannot be read or holds anything else, or `out` (safetensors) not be written.
pub fn export_onsets(power: &Path, out: &Path) -> Result<usize, ExportError> {
    let bytes =
        fs::read(power).map_err(|source| ExportError::Read { path: power.into(), source })?;
    let no_table = || ExportError::NoTable { path: power.into() };
    let tensors = SafeTensors::deserialize(&bytes).map_err(|_| no_table())?;
    let mut tables = Vec::new();
    for (name, tensor) in tensors.iter() {
        let of_bands = matches!(tensor.shape(), [_, BANDS]) && tensor.dtype() == Dtype::F32;
        if !of_bands {
            return Err(no_table());
        }
        let frames = tensor.data().chunks_exact(4 * BANDS);
        let number = |bytes: &[u8]| f32::from_le_bytes(std::array::from_fn(|at| bytes[at]));
        let energies: Energies =
            frames.map(|row| std::array::from_fn(|band| number(&row[4 * band..]))).collect();
        tables.push((name.to_owned(), flux(&energies)));
    }
    write(&tables, out)?;
    Ok(tables.len())
}

fn write(tables: &[(String, Energies)], out: &Path) -> Result<(), SafeTensorError> {
    let bytes: Vec<Vec<u8>> = tables
        .iter()
        .map(|(_, rows)| rows.iter().flatten().flat_map(|number| number.to_le_bytes()).collect())
        .collect();
    let views: Result<Vec<_>, _> = tables
        .iter()
        .zip(&bytes)
        .map(|((name, rows), bytes)| {
            TensorView::new(Dtype::F32, vec![rows.len(), BANDS], bytes).map(|view| (name, view))
        })
        .collect();
    safetensors::serialize_to_file(views?, None, out)
}
