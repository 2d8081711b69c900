//! Where a clip's sound comes from.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::reason::Reason;
use crate::audio::{self, DECODED_RATE, SoundFont};
use crate::midi;
use crate::score::{SampleRate, Song};

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
            "mid" | "midi" => Ok(Source::Midi(path.into())),
            ending if audio::RECORDING_ENDINGS.contains(&ending) => {
                Ok(Source::Recording(path.into()))
            }
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
                let song = drum_song(path)?;
                let rate = SampleRate(DECODED_RATE);
                let sound = audio::render_stereo(&song, SoundFont::embedded(), rate, &|| false)
                    .map_err(|error| Reason::Broken(error.to_string()))?;
                let mut blocks = sound.left.chunks(BLOCK).zip(sound.right.chunks(BLOCK));
                if blocks.all(|(left, right)| sink(left, right)) {
                    Ok(())
                } else {
                    Err(Reason::Cancelled)
                }
            }
        }
    }

    /// Hands on the mean of left and right of some samples, block after block.
    ///
    /// # Errors
    /// Why it cannot be heard.
    pub fn stream_mono(
        &self,
        samples: &Range<u64>,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), Reason> {
        let (mut mixed, mut at) = (Vec::new(), 0u64);
        self.stream(&mut |left, right| {
            let inside = |sample: u64| sample.saturating_sub(at).min(left.len() as u64) as usize;
            let (first, last) = (inside(samples.start), inside(samples.end));
            let both = left[first..last].iter().zip(&right[first..last]);
            mixed.clear();
            mixed.extend(both.map(|(left, right)| (left + right) / 2.0));
            sink(&mixed);
            at += left.len() as u64;
            true
        })
    }

    /// What is written in a MIDI file; none of a recording.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn song(&self) -> Result<Option<Song>, Reason> {
        match self {
            Source::Recording(_) => Ok(None),
            Source::Midi(path) => drum_song(path).map(Some),
        }
    }
}

/// A MIDI file that has drums.
fn drum_song(path: &Path) -> Result<Song, Reason> {
    let song = midi::read(path).map_err(|error| Reason::Broken(error.to_string()))?;
    if song.drum_notes().next().is_none() { Err(Reason::NoDrums) } else { Ok(song) }
}
