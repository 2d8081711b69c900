//! Writing a folder of songs as training examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::dataset::{DatasetError, View, example, understanding};
use crate::audio::SoundFont;
use crate::drummer::sound::listen;
use crate::midi;
use crate::network::Network;
use crate::score::Song;

/// What to write.
#[derive(Clone, Copy, Debug)]
pub struct ExportOptions {
    /// Views of each song: 1 the full arrangement, 2 also the lead alone, more also random parts.
    pub views: usize,
    /// With the rendered sound (slow) or symbolic features only.
    pub sound: bool,
}

/// Writes `OUT/<path with -- for />@<view>.safetensors` for each song (paths below `data`), on two
/// threads. Examples that exist are kept, so an interrupted run goes on. `told` hears every song
/// with what kept it out, if anything.
///
/// # Errors
/// If the folder cannot be made or a file not be written.
pub fn export(
    data: &Path,
    songs: &[PathBuf],
    out: &Path,
    options: ExportOptions,
    told: &(dyn Fn(&Path, Option<&str>) + Sync),
) -> std::io::Result<()> {
    fs::create_dir_all(out)?;
    in_pairs(songs, |path| {
        let refused = match midi::read(&data.join(path)) {
            Ok(song) => write_views(&song, path, out, options)?,
            Err(error) => Some(error.to_string()),
        };
        told(path, refused.as_deref());
        Ok(())
    })
}

/// The reason, where a view could not be made.
fn write_views(
    song: &Song,
    path: &Path,
    out: &Path,
    options: ExportOptions,
) -> std::io::Result<Option<String>> {
    let stem = path.with_extension("").display().to_string().replace(['/', '\\'], "--");
    for number in 0..options.views {
        let to = out.join(format!("{stem}@{number}.safetensors"));
        if to.exists() {
            continue;
        }
        let view = match number {
            0 => View::Full,
            1 => View::Lead,
            seed => View::Some(seed as u64),
        };
        match bytes(&view.of(song), options) {
            Ok(bytes) => fs::write(to, bytes)?,
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
    Ok(None)
}

fn bytes(song: &Song, options: ExportOptions) -> Result<Vec<u8>, DatasetError> {
    let sounds = options.sound && song.melodic().any(|track| !track.notes.is_empty());
    let heard = if sounds { Some(listen(song, SoundFont::embedded(), &|| false)?) } else { None };
    let sound = heard.as_ref().map(|(cqt, ssm)| (cqt.values(), ssm));
    example(song, sound)
}

/// Writes beside each example of a folder what the structure network makes of it, as
/// `<name>.structure` (see [`understanding`]), on two threads; returns how many.
///
/// # Errors
/// If a file cannot be read or written, or is not an example.
pub fn understand(folder: &Path, network: &dyn Network) -> Result<usize, DatasetError> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            examples.push(path);
        }
    }
    in_pairs(&examples, |path| -> Result<(), DatasetError> {
        let bytes = understanding(&fs::read(path)?, network)?;
        Ok(fs::write(path.with_extension("structure"), bytes)?)
    })?;
    Ok(examples.len())
}

/// Works through a list on two threads; each stops at its first error.
fn in_pairs<T: Sync, E: Send>(
    list: &[T],
    work: impl Fn(&T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let run = || {
        while let Some(item) = list.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let helper = scope.spawn(run);
        run()?;
        helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
