//! How a song sounds to the drummer: rendered, transformed, cut into bars.

use std::ops::Range;

use crate::analysis::{BarCqt, Cqt, CqtStream, Ssm};
use crate::audio::{NoteSounds, Pieces, SoundFont, melodic_end};
use crate::score::{BarGrid, SampleRate, Seconds, Song};

use super::DrummerError;

/// The time of some bars of a song: the last one's with what rings on behind it.
pub(super) fn span(song: &Song, bars: &BarGrid, window: &Range<usize>) -> Range<Seconds> {
    let at = |bar: usize| song.tempo.seconds(bars.bars()[bar].start);
    let start = if window.start == 0 { Seconds(0.0) } else { at(window.start) };
    let end = if window.end == bars.len() { melodic_end(song) } else { at(window.end) };
    start..Seconds(end.0.max(start.0))
}

/// Songs of at most so many seconds are rendered in one piece; longer ones, and parts of songs, in pieces of
/// so many.
const WHOLE: f64 = 600.0;
const PIECE: f64 = 120.0;

/// Songs of more than one window are heard at half the rate, in half the time and memory: the transform
/// looks at nothing above 4 kHz.
pub(super) fn rate(is_long: bool) -> SampleRate {
    let SampleRate(full) = SampleRate::ANALYSIS;
    SampleRate(if is_long { full / 2 } else { full })
}

/// How a song's notes sound to the drummer.
pub(super) fn sounds<'a>(
    song: &Song,
    font: &'a SoundFont,
    rate: SampleRate,
) -> Result<NoteSounds<'a>, DrummerError> {
    Ok(NoteSounds::new(song, font, rate)?)
}

/// The constant-Q transform of a song's melodic tracks in that time, with their [`sounds`]. `again` is
/// where the next span begins.
pub(super) fn transform(
    song: &Song,
    span: Range<Seconds>,
    again: Option<Seconds>,
    sounds: &mut NoteSounds,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Cqt, DrummerError> {
    let length = (span.end - span.start).0;
    let is_whole = span.start.0 == 0.0 && span.end.0 >= melodic_end(song).0;
    let piece = if is_whole && length <= WHOLE { length } else { PIECE };
    let mut pieces = Pieces::between(sounds, span, piece, again)?;
    let mut stream = CqtStream::new(pieces.len(), pieces.rate())?;
    while let Some(piece) = pieces.next(cancelled)? {
        stream.push(piece)?;
    }
    Ok(stream.finish())
}

/// The melodic SSM of some bars: from the constant-Q transform of their sound, which begins at `from`,
/// pooled by bar.
pub(super) fn melodic_ssm(
    cqt: Cqt,
    from: Seconds,
    song: &Song,
    bars: &BarGrid,
    window: &Range<usize>,
) -> Ssm {
    let bars = &bars.bars()[window.clone()];
    let pooled = BarCqt::pool_from(&cqt, from, bars, &song.tempo);
    drop(cqt);
    Ssm::melodic(&pooled)
}
