//! The sound of a recording, and of the drums that were heard in it; what all sounds of previews have in
//! common.

use std::path::Path;

use super::take_piano::PianoError;
use crate::audio::{self, AudioError, DECODED_RATE, DecodeError, SoundFont, Stereo};
use crate::score::{
    Bpm, Metre, MetreChange, Note, SampleRate, Seconds, Song, TempoMap, Ticks, Track, TrackKind,
    Velocity,
};
use crate::transcriber::Transcription;

/// The longest that is heard at once, in seconds.
pub const LONGEST_PREVIEW: f64 = 120.0;
/// What is decoded and rendered.
pub(super) const RATE: SampleRate = SampleRate(DECODED_RATE);
/// Peak of a recording and of the drums beside it: their sum stays below full scale.
pub(super) const PEAK: f32 = 0.48;
/// Ticks of a second where strokes are written by the clock.
const TICKS_PER_SECOND: u16 = 1000;
/// How long a drum's note is, in seconds.
const STROKE: f64 = 0.1;

/// What of a recording is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordingMix {
    /// The recording and the drums that were heard in it.
    #[default]
    Both,
    /// The recording alone.
    Recording,
    /// The drums alone.
    Drums,
}

impl RecordingMix {
    /// All of them, as a choice shows them.
    pub const ALL: [RecordingMix; 3] =
        [RecordingMix::Both, RecordingMix::Recording, RecordingMix::Drums];
}

/// Why nothing is to be heard.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PreviewError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Piano(#[from] PianoError),
    #[error("cancelled")]
    Cancelled,
}

/// A recording from a second on, at [`PEAK`].
pub(super) fn recording(
    path: &Path,
    from: f64,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, PreviewError> {
    let (mut skip, most) = (frames(from), frames(LONGEST_PREVIEW));
    let mut stereo = Stereo::default();
    let decoded = audio::decode_stereo(path, &mut |left, right| {
        let skipped = skip.min(left.len());
        skip -= skipped;
        let wanted = skipped..left.len().min(skipped + most - stereo.left.len());
        stereo.left.extend(&left[wanted.clone()]);
        stereo.right.extend(&right[wanted]);
        stereo.left.len() < most && !cancelled()
    });
    match decoded {
        Err(DecodeError::Cancelled) if !cancelled() => {}
        Err(DecodeError::Cancelled) => return Err(PreviewError::Cancelled),
        decoded => decoded?,
    }
    to_peak(&mut stereo);
    Ok(stereo)
}

/// The strokes of a transcription where they were heard and not on a grid, each at the second that `time`
/// makes of its own; those that have none, or lie beyond [`LONGEST_PREVIEW`], are left out.
pub(super) fn drums(
    heard: &Transcription,
    time: &dyn Fn(f64) -> Option<f64>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, PreviewError> {
    let tempo = TempoMap::constant(TICKS_PER_SECOND, Bpm(60.0));
    let notes = heard.onsets.iter().filter_map(|onset| {
        let at = time(onset.at.0).filter(|at| *at < LONGEST_PREVIEW)?;
        Some(Note {
            start: tempo.ticks(Seconds(at.max(0.0))),
            length: tempo.ticks(Seconds(STROKE)),
            key: onset.lane.default_key().get(),
            velocity: Velocity::from_unit(onset.velocity),
        })
    });
    let track = Track { name: String::new(), kind: TrackKind::Drums, notes: notes.collect() };
    if track.notes.is_empty() {
        return Ok(Stereo::default());
    }
    let metres = vec![MetreChange { at: Ticks(0), metre: Metre::COMMON }];
    let song = Song { tempo, metres, tracks: vec![track] };
    let mut stereo = audio::render_stereo(&song, SoundFont::embedded(), RATE, cancelled)?;
    to_peak(&mut stereo);
    Ok(stereo)
}

pub(super) fn frames(seconds: f64) -> usize {
    (seconds * f64::from(RATE.0)).round() as usize
}

/// Scales a sound to [`PEAK`]; silence stays.
pub(super) fn to_peak(stereo: &mut Stereo) {
    let sides = [&stereo.left, &stereo.right];
    let peak = sides.into_iter().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        let sides = [&mut stereo.left, &mut stereo.right];
        sides.into_iter().flatten().for_each(|sample| *sample *= PEAK / peak);
    }
}

pub(super) fn add(sum: &mut Stereo, other: &Stereo) {
    for (sum, other) in [(&mut sum.left, &other.left), (&mut sum.right, &other.right)] {
        if sum.len() < other.len() {
            sum.resize(other.len(), 0.0);
        }
        sum.iter_mut().zip(other).for_each(|(sum, sample)| *sum += sample);
    }
}
