//! Recordings in: WAV, AIFF, FLAC, MP3 and Ogg Vorbis, decoded in a stream.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_AIFF, FORMAT_ID_FLAC, FORMAT_ID_WAVE};
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::chunk_headers::mended;
use super::decode_gaps::Gaps;
use super::mpeg_frames::Source;
use super::ogg_pages::Packets;
use super::resampling::Resampling;
use crate::score::Seconds;

/// Samples a second of what is decoded, whatever the file has.
pub const DECODED_RATE: u32 = 44_100;

/// The longest recording, in seconds.
pub const LONGEST: u32 = 3600;

/// Why a recording cannot be heard.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum DecodeError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is no recording that can be read (WAV, AIFF, FLAC, MP3 or Ogg Vorbis)", path.display())]
    NotAudio { path: PathBuf },
    #[error("{} is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} has no sound in it", path.display())]
    Empty { path: PathBuf },
    #[error("{} holds values that are no numbers", path.display())]
    NotFinite { path: PathBuf },
    #[error("{} has {rate} samples a second; 8000 to 192000 can be read", path.display())]
    SampleRate { path: PathBuf, rate: u32 },
    #[error("{} is longer than an hour", path.display())]
    TooLong { path: PathBuf },
    #[error("cancelled")]
    Cancelled,
}

/// What of a recording could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Damage {
    /// How much of it is silence in the place of what could not be read.
    pub silence: Seconds,
    /// Whether it ends before its end, where nothing could be read any more.
    pub is_cut_short: bool,
}

/// Decodes a recording, block after block, to `sink`: mono (the channels' mean), 44.1 kHz. What the
/// sink answers is whether to go on. Memory does not grow with the recording's length. What cannot be
/// read in the middle is silence, so that what follows keeps its time, and is what comes back.
///
/// # Errors
/// [`DecodeError`]; what a damaged file has before the damage is kept if it is a second or more.
pub fn decode(path: &Path, sink: &mut dyn FnMut(&[f32]) -> bool) -> Result<Damage, DecodeError> {
    stream(path, 1, &mut |planes| sink(&planes[0]))
}

/// As [`decode`], in stereo: left and right of two channels, both the same of any other number (all
/// channels' mean). What could not be read is not said.
///
/// # Errors
/// As [`decode`].
pub fn decode_stereo(
    path: &Path,
    sink: &mut dyn FnMut(&[f32], &[f32]) -> bool,
) -> Result<(), DecodeError> {
    stream(path, 2, &mut |planes| sink(&planes[0], planes.last().unwrap_or(&planes[0]))).map(|_| ())
}

/// Where blocks go: one plane of samples, or two.
type Sink<'a> = dyn FnMut(&[Vec<f32>]) -> bool + 'a;

fn stream(path: &Path, most: usize, sink: &mut Sink) -> Result<Damage, DecodeError> {
    let unreadable = |source| DecodeError::Unreadable { path: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    let not_audio = |_| DecodeError::NotAudio { path: path.into() };
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let Source { media, is_cut_short } = mended(file).map_err(unreadable)?;
    let stream = MediaSourceStream::new(media, Default::default());
    let probe = || {
        let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
        symphonia::default::get_probe().probe(&hint, stream, format, metadata)
    };
    let damaged = |reason| DecodeError::Damaged { path: path.into(), reason };
    let mut format = guarded(probe).map_err(damaged)?.map_err(not_audio)?;
    let none = || DecodeError::NotAudio { path: path.into() };
    let track = format.default_track(TrackType::Audio).ok_or_else(none)?;
    let track_id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|params| params.audio());
    // Most files say how long they are; the others are read until they are too long.
    let rate = parameters.and_then(|parameters| parameters.sample_rate).map(u64::from);
    if rate.zip(track.num_frames).is_some_and(|(rate, frames)| frames > rate * u64::from(LONGEST)) {
        return Err(DecodeError::TooLong { path: path.into() });
    }
    let length = track.num_frames;
    let mut gaps = Gaps::new(length);
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters.ok_or_else(none)?, &AudioDecoderOptions::default())
        .map_err(not_audio)?;

    // What MP3 and Ogg files say may be estimates.
    let say = [FORMAT_ID_WAVE, FORMAT_ID_AIFF, FORMAT_ID_FLAC];
    let says_its_length = say.contains(&format.format_info().format);
    let mut packets = Packets::of(path, format.as_ref(), track_id, length);
    // Those of other tracks are passed over.
    let mut next = || -> Result<Option<Packet>, Error> {
        loop {
            match format.next_packet()? {
                Some(packet) if packet.track_id != track_id => {}
                packet => break Ok(packet),
            }
        }
    };
    let mut planes =
        Planes { path, resamplers: Vec::new(), samples: Vec::new(), most, silence: Seconds(0.0) };
    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut rate = DECODED_RATE;
    // What ends the stream before its end.
    let reason = loop {
        let packet = match guarded(|| packets.take(&mut next)) {
            Ok(Ok(Some(packet))) => packet,
            Ok(Ok(None)) => break None,
            Ok(Err(Error::IoError(error))) if error.kind() == io::ErrorKind::UnexpectedEof => {
                break None;
            }
            Ok(Err(error)) => break Some(error.to_string()),
            Err(reason) => break Some(reason),
        };
        let block = match guarded(|| decoder.decode(&packet)) {
            Ok(Ok(block)) => block,
            // A packet that cannot be decoded, or ends too early, is a gap; the next may be well again.
            Ok(Err(Error::DecodeError(_) | Error::IoError(_))) => {
                gaps.miss(&packet);
                continue;
            }
            Ok(Err(error)) => break Some(error.to_string()),
            Err(reason) => break Some(reason),
        };
        rate = block.spec().rate();
        block.copy_to_vecs_planar(&mut channels);
        planes.pass_silence(gaps.before(&packet, rate), channels.len(), rate, sink)?;
        planes.fill(&mut channels);
        planes.pass_on(rate, sink)?;
    };
    planes.pass_silence(gaps.at_end(), channels.len(), rate, sink)?;
    let heard = planes.finish(sink)?;
    match reason {
        Some(reason) if heard < u64::from(DECODED_RATE) => {
            Err(DecodeError::Damaged { path: path.into(), reason })
        }
        _ if heard == 0 => Err(DecodeError::Empty { path: path.into() }),
        reason => {
            let is_short = says_its_length && gaps.is_cut_short(rate);
            let is_cut_short = is_cut_short || packets.is_cut_short();
            let is_cut_short = is_cut_short || reason.is_some() || is_short;
            Ok(Damage { silence: planes.silence, is_cut_short })
        }
    }
}

/// What the library that decodes makes of a file. It panics at some damaged headers, as at a WAV file
/// of 65,000 channels; what panicked is not used again.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "it contradicts itself".to_owned())
}

/// A recording on its way from its own rate to [`DECODED_RATE`].
struct Planes<'a> {
    path: &'a Path,
    /// One for each plane, once the rate is known.
    resamplers: Vec<Resampling>,
    samples: Vec<Vec<f32>>,
    /// Planes that are asked for: 1 or 2.
    most: usize,
    /// How much silence there is in the place of sound.
    silence: Seconds,
}

impl Planes<'_> {
    /// Takes the first and the last channel, or the mean of all. What `channels` holds then is of no use.
    fn fill(&mut self, channels: &mut [Vec<f32>]) {
        let count = if channels.len() == 2 { self.most } else { 1 };
        // The number of channels is that of the first block.
        let count = if self.resamplers.is_empty() { count } else { self.resamplers.len() };
        self.samples.resize_with(count, Vec::new);
        match (self.samples.as_mut_slice(), channels) {
            (samples, []) => samples.iter_mut().for_each(Vec::clear),
            ([left, right], [first, .., last]) => {
                std::mem::swap(left, first);
                std::mem::swap(right, last);
            }
            (samples, [first, others @ ..]) => {
                for other in others.iter() {
                    first.iter_mut().zip(other).for_each(|(sum, sample)| *sum += sample);
                }
                let count = (others.len() + 1) as f32;
                first.iter_mut().for_each(|sum| *sum /= count);
                samples.iter_mut().for_each(|plane| plane.clone_from(first));
            }
        }
    }

    /// So many samples of silence at the recording's own rate, of so many channels.
    fn pass_silence(
        &mut self,
        count: u64,
        channels: usize,
        rate: u32,
        sink: &mut Sink,
    ) -> Result<(), DecodeError> {
        let mut left = count;
        // A second at a time.
        while left > 0 && channels > 0 {
            let now = left.min(u64::from(rate));
            self.fill(&mut vec![vec![0.0; now as usize]; channels]);
            self.pass_on(rate, sink)?;
            self.silence.0 += now as f64 / f64::from(rate);
            left -= now;
        }
        Ok(())
    }

    fn pass_on(&mut self, rate: u32, sink: &mut Sink) -> Result<(), DecodeError> {
        if !(8_000..=192_000).contains(&rate) {
            return Err(DecodeError::SampleRate { path: self.path.into(), rate });
        }
        // Counted, which is quicker than looking for the first.
        let not_finite = |plane: &Vec<f32>| plane.iter().filter(|s| !s.is_finite()).count() > 0;
        if self.samples.iter().any(not_finite) {
            return Err(DecodeError::NotFinite { path: self.path.into() });
        }
        if self.resamplers.is_empty() {
            let resampler = |_: &Vec<f32>| Resampling::new(rate, DECODED_RATE);
            self.resamplers = self.samples.iter().map(resampler).collect();
        }
        if self.resamplers[0].consumed() > u64::from(rate) * u64::from(LONGEST) {
            return Err(DecodeError::TooLong { path: self.path.into() });
        }
        let resampled = self.resamplers.iter_mut().zip(&mut self.samples);
        resampled.for_each(|(resampler, samples)| resampler.replace(samples));
        self.hand_over(sink)
    }

    /// What is still inside the resamplers; how many samples the recording had.
    fn finish(&mut self, sink: &mut Sink) -> Result<u64, DecodeError> {
        let Some(heard) = self.resamplers.first().map(Resampling::consumed) else { return Ok(0) };
        for (resampler, samples) in self.resamplers.iter_mut().zip(&mut self.samples) {
            samples.clear();
            resampler.finish(&mut |block| {
                samples.extend_from_slice(block);
                true
            });
        }
        self.hand_over(sink)?;
        Ok(heard)
    }

    fn hand_over(&mut self, sink: &mut Sink) -> Result<(), DecodeError> {
        let nothing = self.samples.iter().all(Vec::is_empty);
        if nothing || sink(&self.samples) { Ok(()) } else { Err(DecodeError::Cancelled) }
    }
}
