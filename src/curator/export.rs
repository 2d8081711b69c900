//! Training data for the network that hears a clip's beats.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::bands::BANDS;
use super::clip::Sound;
use super::source::Source;

/// Why training data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The clips.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Their folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The output.
    #[error("cannot write the onsets: {0}")]
    Write(#[from] safetensors::SafeTensorError),
}

/// Writes for every recording of a folder, by its name without the ending, `NAME.flux` f32
/// `[frames, bands]` (how much each band rises, between the silence before and behind) and `NAME.first`
/// i64 `[1]`, the frame of the recording that this begins with. Frame `i` is centred at sample `512 i +
/// 512`. Answers how many there are; what cannot be heard is passed over.
///
/// # Errors
/// If the folder cannot be read, or `out` (safetensors) not be written.
pub fn export(folder: &Path, out: &Path) -> Result<usize, ExportError> {
    let failed = |source| ExportError::Read { path: folder.into(), source };
    let files = fs::read_dir(folder).map_err(failed)?;
    let files: Result<Vec<_>, _> = files.map(|file| file.map(|file| file.path())).collect();
    let mut files = files.map_err(failed)?;
    files.sort();
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for path in files {
        let Ok(source @ Source::Recording(_)) = Source::of(&path) else { continue };
        let Ok(Sound { first, flux, .. }) = Sound::of(&source) else { continue };
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let rises = flux.iter().flatten().flat_map(|rise| rise.to_le_bytes()).collect();
        tensors.push((format!("{name}.flux"), Dtype::F32, vec![flux.len(), BANDS], rises));
        let first = (first as i64).to_le_bytes().to_vec();
        tensors.push((format!("{name}.first"), Dtype::I64, vec![1], first));
    }
    let count = tensors.len() / 2;
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, kind, shape, bytes)| {
            TensorView::new(*kind, shape.clone(), bytes).map(|view| (name.clone(), view))
        })
        .collect();
    safetensors::serialize_to_file(views?, None, out)?;
    Ok(count)
}
