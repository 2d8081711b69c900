//! A recording whose drums were heard: what the network says of it, its shape, and what the musician
//! makes of it. Not saved: the groove that is taken from it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::export_file::{ExportFile, file_name};
use super::track_sound::TrackRecording;
use crate::audio::{self, DECODED_RATE};
use crate::midi;
use crate::network::Models;
use crate::score::{Beats as Quarters, Groove, GrooveError, GrooveSource, Metre, TakenGroove};
use crate::transcriber::{
    Activations, BeatTrack, Options, Quantise, TranscribeError, Transcription,
};

/// Columns of the waveform in a second.
pub const COLUMNS_PER_SECOND: usize = 100;

/// A recording as it was heard.
#[derive(Clone, Debug)]
pub struct AudioImport {
    /// The file's, without its ending.
    pub name: String,
    /// The largest absolute sample of each hundredth of a second, 0 to 1.
    pub waveform: Arc<[f32]>,
    activations: Arc<Activations>,
    path: PathBuf,
    /// The beats of the host that played it, if one did.
    beats: Option<BeatTrack>,
    host_start: Option<Quarters>,
    /// What is deleted when nobody needs it any more.
    _folder: Option<Arc<TempDir>>,
}

impl PartialEq for AudioImport {
    /// What was heard at one time is one.
    fn eq(&self, other: &AudioImport) -> bool {
        Arc::ptr_eq(&self.activations, &other.activations)
    }
}

impl AudioImport {
    /// Hears a recording. `progress` is told what share is done, 0 to 1, and answers whether to go on.
    ///
    /// # Errors
    /// [`TranscribeError`], if it cannot be read, is silent, or `progress` says no.
    pub(super) fn new(
        path: &Path,
        models: &Models,
        progress: &dyn Fn(f32) -> bool,
    ) -> Result<AudioImport, TranscribeError> {
        let activations = Activations::of(path, models, progress)?;
        let mut waveform = Vec::new();
        let (mut peak, mut count) = (0.0_f32, 0);
        audio::decode(path, &mut |block| {
            for &sample in block {
                peak = peak.max(sample.abs());
                count += 1;
                if count == DECODED_RATE as usize / COLUMNS_PER_SECOND {
                    waveform.push(peak.min(1.0));
                    (peak, count) = (0.0, 0);
                }
            }
            progress(1.0)
        })
        .map_err(|error| match error {
            audio::DecodeError::Cancelled => TranscribeError::Cancelled,
            error => TranscribeError::Decode(error),
        })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(AudioImport {
            name: super::take::tidy_name_or(&name, "Recording"),
            waveform: waveform.into(),
            activations: Arc::new(activations),
            path: path.to_owned(),
            beats: None,
            host_start: None,
            _folder: None,
        })
    }

    /// Hears what sounded on the plugin's own track, at the host's beats; otherwise as [`AudioImport::new`].
    ///
    /// # Errors
    /// [`TranscribeError`].
    pub(super) fn of_track(
        track: &TrackRecording,
        models: &Models,
        progress: &dyn Fn(f32) -> bool,
    ) -> Result<AudioImport, TranscribeError> {
        let kept = || {
            let folder = tempfile::Builder::new().prefix("drumlin-").tempdir()?;
            let path = folder.path().join(file_name(&track.name, "wav"));
            std::fs::write(&path, track.wav())?;
            Ok((folder, path))
        };
        let (folder, path) = kept().map_err(TranscribeError::Temporary)?;
        let import = AudioImport::new(&path, models, progress)?;
        let name = super::take::tidy_name_or(&track.name, "Track");
        let (beats, host_start) = (track.beats(), track.start());
        Ok(AudioImport { name, beats, host_start, _folder: Some(Arc::new(folder)), ..import })
    }

    /// Where the recording begins in the host's song, if it is the sound of the host's own track.
    pub fn host_start(&self) -> Option<Quarters> {
        self.host_start
    }

    /// Where it was read from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Strokes and beats under these options; some milliseconds for a minute of sound.
    pub fn transcription(&self, options: &Options) -> Transcription {
        self.activations.transcription(options, self.beats.as_ref())
    }

    /// The recording's length in seconds.
    pub fn seconds(&self) -> f64 {
        self.activations.seconds()
    }

    /// What was heard as a groove: velocities and timing as they were played. Of more than four bars
    /// those in a row are taken that come most often.
    ///
    /// # Errors
    /// If nothing was heard.
    pub fn groove(&self, heard: &Transcription, metre: Metre) -> Result<TakenGroove, GrooveError> {
        let song = heard.song(&self.name, metre, Quantise::Off);
        Groove::of_song(&self.name, GrooveSource::Recording, &song)
    }

    /// All that was heard as a MIDI file with the recording's tempo map, on General MIDI's keys.
    pub fn midi_file(&self, heard: &Transcription, metre: Metre) -> ExportFile {
        let song = heard.song(&self.name, metre, Quantise::Off);
        let bytes = midi::write_clip(&song, midi::DRUM_CHANNEL, heard.length(metre));
        let name = file_name(&format!("{} drums", self.name), "mid");
        ExportFile { name, bytes, notes: heard.onsets.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Backend;
    use crate::score::DrumClass;
    use crate::studio::fixtures;

    #[test]
    fn a_recording_becomes_a_groove_and_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = fixtures::loop_file(folder.path());
        let models = Models::new(Backend::Cpu, None);
        let import = AudioImport::new(&path, &models, &|_| true).unwrap();
        assert!((import.waveform.len() as f64 - 100.0 * import.seconds()).abs() < 2.0);
        let heard = import.transcription(&Options::default());
        let groove = import.groove(&heard, heard.metre()).unwrap().groove;
        assert_eq!((groove.name(), groove.source()), ("a loop", GrooveSource::Recording));
        let kicks = groove.hits().iter().filter(|hit| hit.lane().drum_class() == DrumClass::Kick);
        assert!(kicks.count() >= groove.bars(), "a kick a bar at least");
        let file = import.midi_file(&heard, heard.metre());
        assert_eq!(file.name, "a loop drums.mid");
        assert!(midi::parse(&file.bytes).unwrap().tracks[0].notes.len() > 8);
        let stopped = AudioImport::new(&path, &models, &|_| false);
        assert!(matches!(stopped, Err(TranscribeError::Cancelled)));
    }
}
