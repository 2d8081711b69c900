//! Drums from a recording: which drum is struck when and how hard, and where the beats are.
//!
//! A recording ([`crate::audio::decode`]) becomes a log-mel [`Spectrogram`] (100 frames a second, 96
//! bands); the network (`models/training/transcriber.py`) says for every frame how likely each of
//! seven [`DrumSound`]s begins there, how hard, and how likely it is a beat or a downbeat. The peaks
//! are [`Onset`]s. Of these and of what the first network takes for beats a second one
//! (`models/training/beats.py`), which hears strokes twenty seconds either way, makes the beats that
//! count; the likeliest steady sequence of them ([`beats`](track_beats)), with bars that begin where the
//! harmony changes if there is one, is the tempo map that the strokes are written down in
//! ([`Transcription::song`]).
//!
//! A mouth or fingers on a table in the place of a kit are heard by their colour within the recording
//! (`beatbox`), as which is the musician's word ([`Options::is_beatbox`]).
//!
//! Runs on the worker thread or the command line's. Errors: [`TranscribeError`]. An hour of
//! sound takes some 470 MB; memory grows with the recording.
//!
//! Source: Vogl, Dorfer, Widmer, Knees, "Drum Transcription via Joint Beat and Drum Modeling using
//! Convolutional Recurrent Neural Networks", ISMIR 2017.

#![forbid(unsafe_code)]

mod bars;
mod beat_options;
mod beatbox;
mod beats;
mod clustering;
mod corrections;
mod harmony;
mod loops;
mod onsets;
mod pulse;
mod remark;
mod spectrogram;
mod tracking;
mod transcribe;
mod transcription;

pub use beat_options::BeatOptions;
pub use beatbox::BEATBOX_SOUNDS;
pub use beats::{BeatTrack, track_beats};
pub use loops::Extent;
pub use onsets::{DrumSound, Onset, Sensitivity};
pub use pulse::BEATS;
pub use remark::Remark;
pub use spectrogram::{FRAMES_PER_SECOND, Spectrogram};
pub use transcribe::{Activations, Options, TRANSCRIBER, TranscribeError};
pub use transcription::{Quantise, Transcription};
