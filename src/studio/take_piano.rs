//! The take in the sound of a piano of the musician's own: learned from a recording, kept with the project.

use std::path::Path;
use std::sync::Arc;

use super::Take;
use super::export_file::{ExportFile, file_name};
use crate::audio::{self, DECODED_RATE, DecodeError, Stereo};
use crate::score::SampleRate;
use crate::timbre::{self, Piano, PlayedNote, TimbreError};

/// The share of the work that is done once the recording is read.
const READ: f32 = 0.1;

/// The piano of a recording: its table, not the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct TakePiano {
    /// The recording's file name, without its ending.
    pub name: String,
    /// Its 88 keys.
    pub piano: Piano,
    /// What is to be known of it, a sentence each; mostly none.
    pub remarks: Vec<String>,
}

/// A take as it was played with a piano.
#[derive(Clone, Debug, PartialEq)]
pub struct PianoRendering {
    /// The take.
    pub take: Arc<Take>,
    /// With what it was played.
    pub piano: Arc<TakePiano>,
    /// A WAV file from the take's first bar on, 44.1 kHz in stereo.
    pub file: ExportFile,
}

/// Why there is no piano, or nothing is played with it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PianoError {
    #[error("cannot use \"{name}\": {source}")]
    Decode { name: String, source: DecodeError },
    #[error("cannot use \"{name}\" as a piano: {source}")]
    Learn { name: String, source: TimbreError },
    #[error(transparent)]
    Play(#[from] TimbreError),
    #[error("cancelled")]
    Cancelled,
}

impl TakePiano {
    /// Learns the piano of a recording. `go_on` is told what share is done, 0 to 1, and answers whether to
    /// go on.
    ///
    /// # Errors
    /// [`PianoError`], if the recording cannot be read or no piano is heard in it.
    pub(super) fn learn(path: &Path, go_on: &dyn Fn(f32) -> bool) -> Result<TakePiano, PianoError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = super::take::tidy_name_or(&name, "Piano");
        let samples = timbre::beginning(path, &|| go_on(0.0)).map_err(|source| match source {
            DecodeError::Cancelled => PianoError::Cancelled,
            source => PianoError::Decode { name: name.clone(), source },
        })?;
        let rest = |share: f32| go_on(READ + (1.0 - READ) * share);
        let learned = timbre::learn(&samples, DECODED_RATE as f32, None, &rest).map_err(
            |source| match source {
                TimbreError::Cancelled => PianoError::Cancelled,
                source => PianoError::Learn { name: name.clone(), source },
            },
        )?;
        let remarks = learned.remarks.iter().map(ToString::to_string).collect();
        Ok(TakePiano { name, piano: learned.measured.piano, remarks })
    }

    /// Plays the melodic tracks of a take between two seconds of it, which begin the sound.
    ///
    /// # Errors
    /// [`PianoError::Play`] for more than an hour, [`PianoError::Cancelled`].
    pub(super) fn play(
        &self,
        take: &Take,
        from: f64,
        to: f64,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Stereo, PianoError> {
        let notes: Vec<PlayedNote> = notes(take)
            .filter(|note| (from..to).contains(&note.start))
            .map(|note| PlayedNote {
                start: note.start - from,
                end: note.end.min(to) - from,
                ..note
            })
            .collect();
        let mut sides =
            timbre::perform(&self.piano, &notes, DECODED_RATE, cancelled).map_err(|error| {
                match error {
                    TimbreError::Cancelled => PianoError::Cancelled,
                    error => PianoError::Play(error),
                }
            })?;
        timbre::level(&mut sides);
        let [left, right] = sides;
        Ok(Stereo { left, right })
    }
}

impl PianoRendering {
    /// Plays a whole take.
    ///
    /// # Errors
    /// As for [`TakePiano::play`].
    pub(super) fn new(
        take: Arc<Take>,
        piano: Arc<TakePiano>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<PianoRendering, PianoError> {
        let stereo = piano.play(&take, 0.0, f64::INFINITY, cancelled)?;
        let bytes = audio::wav_stereo(&stereo, SampleRate(DECODED_RATE));
        let name = file_name(&format!("{} {}", take.name, piano.name), "wav");
        let file = ExportFile { name, bytes, notes: notes(&take).count() };
        Ok(PianoRendering { take, piano, file })
    }
}

/// The notes of all melodic tracks, in seconds from the take's first bar.
fn notes(take: &Take) -> impl Iterator<Item = PlayedNote> {
    let tempo = &take.song.tempo;
    take.song.melodic().flat_map(|track| &track.notes).map(|note| PlayedNote {
        start: tempo.seconds(note.start).0,
        end: tempo.seconds(note.end()).0,
        key: note.key,
        velocity: note.velocity.get(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixtures;

    fn power(side: &[f32], from: f64, to: f64) -> f32 {
        let frame = |at: f64| (at * f64::from(DECODED_RATE)) as usize;
        let part = &side[frame(from).min(side.len())..frame(to).min(side.len())];
        part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32
    }

    #[test]
    fn the_piano_of_a_recording_plays_the_take() {
        let folder = tempfile::tempdir().unwrap();
        let path = fixtures::piano_file(folder.path());
        let piano = Arc::new(TakePiano::learn(&path, &|_| true).unwrap());
        assert_eq!(piano.name, "a piano");
        assert!(piano.piano.measured_keys() >= 4);
        let take = Arc::new(fixtures::take(4));
        let rendering = PianoRendering::new(take.clone(), piano.clone(), &|| false).unwrap();
        assert_eq!(rendering.file.name, "Chorus a piano.wav");
        assert!(rendering.file.bytes.starts_with(b"RIFF"));
        assert_eq!(rendering.file.notes, 16);
        // From the second bar on, two seconds and no more.
        let part = piano.play(&take, 2.0, 4.0, &|| false).unwrap();
        let sounds = power(&part.left, 0.4, 0.6);
        assert!(sounds > 1e-5);
        assert!(power(&part.left, 3.5, 4.0) < 1e-3 * sounds);
        let cancelled = PianoRendering::new(take, piano, &|| true);
        assert!(matches!(cancelled, Err(PianoError::Cancelled)));
        assert!(matches!(TakePiano::learn(&path, &|_| false), Err(PianoError::Cancelled)));
        // Silence is no piano, and a file that is gone no recording.
        let silent = folder.path().join("silence.wav");
        std::fs::write(&silent, audio::wav_mono(&[0.0; 44_100], SampleRate(DECODED_RATE))).unwrap();
        assert!(matches!(TakePiano::learn(&silent, &|_| true), Err(PianoError::Learn { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(TakePiano::learn(&path, &|_| true), Err(PianoError::Decode { .. })));
    }
}
