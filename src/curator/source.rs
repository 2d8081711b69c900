//! Where a clip's sound comes from.

use std::path::{Path, PathBuf};

use super::reason::Reason;
use crate::audio::{self, DECODED_RATE, SoundFont};
use crate::midi;
use crate::score::SampleRate;

/// Samples that a rendered clip is handed on in at once.
const BLOCK: usize = 1 << 16;

/// A file that may be a clip.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// WAV, AIFF, FLAC, MP3 or Ogg Vorbis.
    Recording(PathBuf),
    /// A MIDI file with drums, played with the built-in kit.
    Midi(PathBuf),
}

impl Source {
    /// What a file is by its name.
    ///
    /// # Errors
    /// [`Reason::NotAClip`].
    pub fn of(path: &Path) -> Result<Source, Reason> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match ending.as_str() {
            "wav" | "wave" | "aif" | "aiff" | "flac" | "mp3" | "ogg" | "oga" => {
                Ok(Source::Recording(path.into()))
            }
            "mid" | "midi" => Ok(Source::Midi(path.into())),
            _ => Err(Reason::NotAClip),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Source::Recording(path) | Source::Midi(path) => path,
        }
    }

    /// Hands the sound on, block after block: left and right at [`DECODED_RATE`], the same slice twice
    /// if it is mono. What the sink answers is whether to go on.
    ///
    /// # Errors
    /// Why it cannot be heard.
    pub fn stream(&self, sink: &mut dyn FnMut(&[f32], &[f32]) -> bool) -> Result<(), Reason> {
        match self {
            Source::Recording(path) => {
                audio::decode_stereo(path, sink).map_err(|error| match error {
                    audio::DecodeError::Cancelled => Reason::Cancelled,
                    error => Reason::Broken(error.to_string()),
                })
            }
            Source::Midi(path) => {
                let broken = |error: &dyn std::error::Error| Reason::Broken(error.to_string());
                let song = midi::read(path).map_err(|error| broken(&error))?;
                if song.drum_notes().next().is_none() {
                    return Err(Reason::NoDrums);
                }
                let rate = SampleRate(DECODED_RATE);
                let sound = audio::render_stereo(&song, SoundFont::embedded(), rate, &|| false)
                    .map_err(|error| broken(&error))?;
                let mut blocks = sound.left.chunks(BLOCK).zip(sound.right.chunks(BLOCK));
                if blocks.all(|(left, right)| sink(left, right)) {
                    Ok(())
                } else {
                    Err(Reason::Cancelled)
                }
            }
        }
    }
}
