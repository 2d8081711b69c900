//! Sound out: songs through a SoundFont, and WAV files. Sound in: recordings.
//!
//! Runs on the worker thread or the command line's, never on the audio thread: it allocates, and it
//! starts a few threads of its own that end before it returns. In go [`crate::score::Song`]s and the
//! bytes of SoundFonts; out come samples in `[-1, 1]` and the bytes of WAV files.
//!
//! [`decode`] and [`decode_stereo`] read recordings, streaming. [`render`] makes the mono signal that
//! analysis hears (melodic tracks, no effects, the same bits on any number of cores); [`render_stereo`]
//! makes what a person listens to, without the offset that some samples have ([`DcBlocker`]; analysis
//! does not hear it). The synthesizer is rustysynth (SoundFont 2); the embedded font is a subset of
//! FluidR3 GM, see `assets/LICENSE-FluidR3.txt`.

#![forbid(unsafe_code)]

mod chunk_headers;
mod decode;
mod decode_gaps;
mod file_bytes;
mod levels;
mod mono;
mod mpeg_frames;
mod offset;
mod ogg_pages;
mod programs;
mod resampling;
mod soundfont;
mod stereo;
#[cfg(test)]
mod tests;
mod timed_notes;
mod wav;

pub use decode::{DECODED_RATE, Damage, DecodeError, decode, decode_stereo};
pub use levels::end as melodic_end;
pub use mono::{NoteSounds, Pieces, render};
pub use offset::DcBlocker;
pub use resampling::Resampling;
pub use soundfont::SoundFont;
pub use stereo::{Stereo, render_stereo};
pub use wav::{wav_mono, wav_stereo};

/// How the names of recordings end that [`decode`] reads, in small letters.
pub const RECORDING_ENDINGS: [&str; 9] =
    ["wav", "wave", "aif", "aiff", "aifc", "flac", "mp3", "ogg", "oga"];

/// Why sound could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum AudioError {
    #[error("cannot read the SoundFont {path}: {source}")]
    Unreadable { path: std::path::PathBuf, source: std::io::Error },
    #[error("this is not a SoundFont (.sf2) file")]
    NotASoundFont,
    #[error("this SoundFont is compressed (SF3); only SF2 can be played")]
    CompressedSoundFont,
    #[error("the SoundFont is damaged: {0}")]
    DamagedSoundFont(String),
    #[error("the SoundFont cannot be played: {0}")]
    Unplayable(String),
    #[error("cannot render at {0} Hz; 16000 to 192000 are possible")]
    SampleRate(u32),
    #[error("the song lasts {seconds:.0} s; at most {limit:.0} s can be rendered")]
    TooLong { seconds: f64, limit: f64 },
    #[error("rendering was cancelled")]
    Cancelled,
}

impl AudioError {
    /// A font may lead rustysynth out of its samples, which panics.
    fn odd_font() -> AudioError {
        AudioError::Unplayable("a sample plays past its end".to_owned())
    }
}
