//! What every rendering shares: how long it is and how loud.

use super::AudioError;
use crate::score::{SampleRate, Seconds, Song, Track};

/// The loudest sample of a rendering (Wei et al., ISMIR 2019, normalise to this peak).
const PEAK: f32 = 0.95;

/// How long notes may ring on behind the last one's end, in seconds.
const TAIL: f64 = 2.0;

/// The longest song that is rendered: an hour, 635 MB of samples.
const LONGEST: f64 = 3600.0;

/// Samples that a rendering of some of a song's tracks has: all bars, and the last note with its
/// ringing. 0 for a song without notes.
///
/// # Errors
/// [`AudioError::TooLong`].
pub fn length<'a>(
    song: &Song,
    tracks: impl IntoIterator<Item = &'a Track>,
    SampleRate(rate): SampleRate,
) -> Result<usize, AudioError> {
    let last = tracks.into_iter().flat_map(|track| &track.notes).map(|note| note.end()).max();
    let ringing = last.map_or(0.0, |end| song.tempo.seconds(end).0 + TAIL);
    // Checked before the bars are laid: a damaged file may claim millions of them.
    check(song.tempo.seconds(song.end()).0)?;
    let bars = song.bars().bars().last().map_or(0.0, |bar| song.tempo.seconds(bar.end()).0);
    let seconds = check(ringing.max(bars))?;
    Ok((seconds * f64::from(rate)).ceil() as usize)
}

/// How long a rendering is to be, if that is not too long.
///
/// # Errors
/// [`AudioError::TooLong`].
pub fn check(seconds: f64) -> Result<f64, AudioError> {
    let too_long = AudioError::TooLong { seconds, limit: LONGEST };
    if seconds > LONGEST { Err(too_long) } else { Ok(seconds) }
}

/// The moment up to which the melodic tracks of a song are heard: the end of its last bar, or its last
/// note with its ringing.
pub fn end(song: &Song) -> Seconds {
    let last = song.melodic().flat_map(|track| &track.notes).map(|note| note.end()).max();
    let ringing = last.map_or(0.0, |end| song.tempo.seconds(end).0 + TAIL);
    let bars = song.bars().bars().last().map_or(0.0, |bar| song.tempo.seconds(bar.end()).0);
    Seconds(ringing.max(bars))
}

/// Scales all channels alike to a peak of 0.95; silence stays silent.
///
/// # Errors
/// [`AudioError::Unplayable`] if a sample is not finite.
pub fn normalise(channels: &mut [&mut Vec<f32>]) -> Result<(), AudioError> {
    let samples = channels.iter().flat_map(|channel| channel.iter());
    // A NaN would hide from `max`, so the sum of magnitudes looks for it.
    let (peak, sum) = samples.fold((0f32, 0f64), |(peak, sum), sample| {
        (peak.max(sample.abs()), sum + f64::from(sample.abs()))
    });
    if !sum.is_finite() {
        return Err(AudioError::Unplayable("it makes sounds that are no numbers".to_owned()));
    }
    if peak > 0.0 {
        let gain = PEAK / peak;
        channels.iter_mut().flat_map(|channel| channel.iter_mut()).for_each(|x| *x *= gain);
    }
    Ok(())
}
