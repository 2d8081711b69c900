//! Writing a folder of songs as training examples.

use std::fs;
use std::path::{Path, PathBuf};

use crossbeam::channel;

use super::dataset::{DatasetError, View, example};
use crate::audio::SoundFont;
use crate::drummer::sound::{melodic_ssm, sounds, span, transform};
use crate::files::write_whole;
use crate::midi;
use crate::score::{SampleRate, Seconds, Song};

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
            // Whole or not at all: what exists is kept by the next run.
            Ok(bytes) => write_whole(&to, &bytes).map_err(std::io::Error::other)?,
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
    Ok(None)
}

fn bytes(song: &Song, options: ExportOptions) -> Result<Vec<u8>, DatasetError> {
    let audible = options.sound && song.melodic().any(|track| !track.notes.is_empty());
    if !audible {
        return example(song, None);
    }
    let bars = song.bars();
    let all = 0..bars.len();
    let mut notes = sounds(song, SoundFont::embedded(), SampleRate::ANALYSIS)?;
    let cqt = transform(song, span(song, &bars, &all), None, &mut notes, &|| false)?;
    example(song, Some(&melodic_ssm(cqt, Seconds(0.0), song, &bars, &all)))
}

/// Works through a list on two threads; each stops at its first error.
fn in_pairs<T: Sync, E: Send>(
    list: &[T],
    work: impl Fn(&T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let (queue, waiting) = channel::unbounded();
    list.iter().try_for_each(|item| queue.send(item)).expect("the receiver is alive");
    drop(queue);
    let run = || waiting.iter().try_for_each(&work);
    std::thread::scope(|scope| {
        let helper = scope.spawn(run);
        run()?;
        helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
