//! The recording, the network, and what it says.

use std::path::{Path, PathBuf};

use crate::audio::{self, Damage, DecodeError};
use crate::network::{ModelSpec, Models, NetworkError, Outputs, PortSpec, Tensor};
use crate::score::Seconds;

use super::beat_options::BeatOptions;
use super::beatbox;
use super::beats::{BeatTrack, track_beats};
use super::loops::Extent;
use super::onsets::{DrumSound, Onset, SOUNDS, Sensitivity, strokes};
use super::pulse::beats_of_strokes;
use super::remark::Remark;
use super::spectrogram::{BANDS, FRAMES_PER_SECOND, Spectrogram};
use super::transcription::Transcription;

/// A log-mel spectrogram to probabilities of onsets, velocities and beats, all from 0 to 1; see
/// `models/README.md`. The axes are batch, frame, and band, [`DrumSound`](super::DrumSound), or beat
/// and downbeat.
pub const TRANSCRIBER: ModelSpec = ModelSpec {
    name: "transcriber",
    file: "transcriber.onnx",
    bytes: include_bytes!("../../models/transcriber.onnx"),
    inputs: &[PortSpec::f32("spectrogram", &[Some(1), None, Some(BANDS)])],
    outputs: &[
        PortSpec::f32("onsets", &[Some(1), None, Some(SOUNDS)]),
        PortSpec::f32("velocities", &[Some(1), None, Some(SOUNDS)]),
        PortSpec::f32("beats", &[Some(1), None, Some(2)]),
    ],
};

/// The network hears about five seconds either way; so much is given to it around what it is asked of.
const CONTEXT: usize = 520;
/// Frames asked at once.
const ASKED: usize = 2400;
/// The level to which recordings are brought: the middle, in decibels, of those trained with.
const LEVEL: f32 = 0.5;
/// Below this there is nothing to hear: the least that 16 bits can say.
const SILENT: f32 = 1.0 / 32768.0;
/// A frame none of whose bands is above this is silence: 60 decibels below a sine that is as loud as the
/// recording's loudest sample, `ln(1 + 1000 LEVEL / 1000)`.
const AUDIBLE: f32 = 0.405;

/// Why there is no transcription.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum TranscribeError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("{} is silent", path.display())]
    Silent { path: PathBuf },
    #[error("what sounded cannot be kept: {0}")]
    Temporary(std::io::Error),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("cancelled")]
    Cancelled,
}

/// What a musician may say of the recording, and what of it is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// How readily each sound is heard.
    pub sensitivity: Sensitivity,
    /// Sounds that are left out, by number.
    pub without: [bool; SOUNDS],
    /// What is known of tempo and bars.
    pub beats: BeatOptions,
    /// Whether a mouth or a table is heard in the place of a drum kit: kick, snare and closed hat by
    /// their colour within the recording.
    pub is_beatbox: bool,
}

/// What is said of every frame: kept, so that a changed option asks nothing again.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    /// By the network, which knows drum kits.
    kit: Frames,
    /// As a mouth or a table.
    beatbox: Frames,
    spectrogram: Vec<f32>,
    /// Frames by semitone, see [`Spectrogram::semitones`].
    semitones: Vec<f32>,
    seconds: f64,
    /// What of it could not be read.
    damage: Damage,
}

/// Strokes and beats in every frame.
#[derive(Clone, Debug, Default)]
struct Frames {
    /// Frames by sound: how likely a stroke begins, and how hard it would be (0 to 1).
    onsets: Vec<f32>,
    velocities: Vec<f32>,
    /// Frames by beat and downbeat.
    beats: Vec<f32>,
}

impl Activations {
    /// Hears a recording. `progress` is told what share is done, 0 to 1, and answers whether to go on.
    ///
    /// # Errors
    /// [`TranscribeError`].
    pub fn of(
        path: &Path,
        models: &Models,
        progress: &dyn Fn(f32) -> bool,
    ) -> Result<Activations, TranscribeError> {
        let (mut spectrogram, mut semitones) = (Spectrogram::mel(), Spectrogram::semitones());
        let damage = audio::decode(path, &mut |block| {
            spectrogram.push(block);
            semitones.push(block);
            progress(0.0)
        })
        .map_err(|error| match error {
            DecodeError::Cancelled => TranscribeError::Cancelled,
            error => TranscribeError::Decode(error),
        })?;
        if spectrogram.peak() < SILENT {
            return Err(TranscribeError::Silent { path: path.into() });
        }
        let seconds = spectrogram.seconds();
        let (spectrogram, semitones) = (spectrogram.finish(LEVEL), semitones.finish(LEVEL));
        let network = models.get(&TRANSCRIBER)?;
        let frames = spectrogram.len() / BANDS;
        let mut heard =
            Activations { spectrogram, semitones, seconds, damage, ..Activations::default() };
        for first in (0..frames).step_by(ASKED) {
            if !progress(first as f32 / frames as f32) {
                return Err(TranscribeError::Cancelled);
            }
            let input = heard.window(first, frames);
            let size = input.len() / BANDS;
            let mut answer =
                network.run(&[("spectrogram", Tensor::f32(&[1, size, BANDS], input))])?;
            heard.take(&mut answer, first.min(CONTEXT), ASKED.min(frames - first))?;
        }
        let (onsets, velocities) = beatbox::activations(&heard.spectrogram);
        heard.beatbox = Frames { onsets, velocities, beats: heard.kit.beats.clone() };
        // The strokes as they are without being asked for more or fewer: what a musician wants to
        // read changes no beat.
        let beats = |frames: &Frames| {
            let onsets = heard.strokes(frames, &Sensitivity::default());
            beats_of_strokes(&onsets, &frames.beats, models)
        };
        let (kit, mouth) = (beats(&heard.kit)?, beats(&heard.beatbox)?);
        (heard.kit.beats, heard.beatbox.beats) = (kit, mouth);
        Ok(heard)
    }

    /// The frames from `first` on with what is around them. Windows of long recordings are of one
    /// size: the network prepares itself for each size.
    fn window(&self, first: usize, frames: usize) -> Vec<f32> {
        let start = first.saturating_sub(CONTEXT);
        let end = if frames <= ASKED { frames } else { start + 2 * CONTEXT + ASKED };
        let inside = start * BANDS..end.min(frames) * BANDS;
        let mut rows = self.spectrogram[inside].to_vec();
        rows.resize((end - start) * BANDS, 0.0);
        rows
    }

    /// Appends the answer's frames from `skip` on.
    fn take(
        &mut self,
        answer: &mut Outputs,
        skip: usize,
        count: usize,
    ) -> Result<(), NetworkError> {
        let Frames { onsets, velocities, beats } = &mut self.kit;
        let outputs =
            [("onsets", SOUNDS, onsets), ("velocities", SOUNDS, velocities), ("beats", 2, beats)];
        for (name, width, into) in outputs {
            let (_, rows) = answer.take_f32(name)?;
            into.extend(&rows[skip * width..(skip + count) * width]);
        }
        Ok(())
    }

    fn strokes(&self, frames: &Frames, sensitivity: &Sensitivity) -> Vec<Onset> {
        strokes(&frames.onsets, &frames.velocities, &self.spectrogram, sensitivity)
    }

    /// The recording's length.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Strokes and beats under these options. Fast: a few milliseconds for a minute. `known` are the beats
    /// where the options ask for none, such as those of a host that played the recording.
    pub fn transcription(&self, options: &Options, known: Option<&BeatTrack>) -> Transcription {
        let frames = if options.is_beatbox { &self.beatbox } else { &self.kit };
        let mut onsets = self.strokes(frames, &options.sensitivity);
        onsets.retain(|onset| !options.without[onset.sound as usize]);
        let (beats, remark) = match known.filter(|_| options.beats == BeatOptions::default()) {
            Some(known) => (known.clone(), None),
            None => {
                let extent = self.extent(frames);
                track_beats(&frames.beats, &self.semitones, &extent, &options.beats)
            }
        };
        let remarks = self.damages().chain(remark).collect();
        Transcription { onsets, beats, seconds: self.seconds, remarks }
    }

    /// What a musician wants to read changes nothing here either.
    fn extent(&self, frames: &Frames) -> Extent {
        let sounds = |frame: &[f32]| frame.iter().any(|band| *band > AUDIBLE);
        let first = self.spectrogram.chunks_exact(BANDS).position(sounds);
        let last = self.spectrogram.chunks_exact(BANDS).rposition(sounds);
        let strokes = self.strokes(frames, &Sensitivity::default());
        let kick = strokes.iter().find(|stroke| stroke.sound == DrumSound::Kick);
        Extent {
            seconds: self.seconds,
            silent: first.map_or(0.0, |frame| frame as f64 / FRAMES_PER_SECOND),
            sounding: last.map_or(0.0, |frame| (frame + 1) as f64 / FRAMES_PER_SECOND),
            first_kick: kick.map(|stroke| stroke.at.0),
            first_stroke: strokes.first().map(|stroke| stroke.at.0),
            last_stroke: strokes.last().map(|stroke| stroke.at.0),
        }
    }

    fn damages(&self) -> impl Iterator<Item = Remark> {
        let unread = self.damage.silence;
        let unread = (unread > Seconds(0.0)).then_some(Remark::Unread(unread));
        let cut = self.damage.is_cut_short.then_some(Remark::CutShort(Seconds(self.seconds)));
        unread.into_iter().chain(cut)
    }
}
