//! How a song sounds to the drummer: rendered, transformed, cut into bars.

use std::ops::Range;

use crate::analysis::{BarCqt, Cqt, Ssm};
use crate::audio::{SoundFont, melodic_end, render_between};
use crate::score::{BarGrid, SampleRate, Seconds, Song};

use super::DrummerError;

/// The time of some bars of a song: the last one's with what rings on behind it.
pub(super) fn span(song: &Song, bars: &BarGrid, window: &Range<usize>) -> Range<Seconds> {
    let at = |bar: usize| song.tempo.seconds(bars.bars()[bar].start);
    let start = if window.start == 0 { Seconds(0.0) } else { at(window.start) };
    let end = if window.end == bars.len() { melodic_end(song) } else { at(window.end) };
    start..Seconds(end.0.max(start.0))
}

/// Renders the melodic tracks in that time: 44.1 kHz mono, peak 0.95.
pub(super) fn synthesise(
    song: &Song,
    span: Range<Seconds>,
    font: &SoundFont,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f32>, DrummerError> {
    Ok(render_between(song, font, SampleRate::ANALYSIS, span, cancelled)?)
}

/// The melodic SSM of some bars: from the constant-Q transform of their sound, which begins at `from`,
/// pooled by bar.
pub(super) fn melodic_ssm(
    sound: &[f32],
    from: Seconds,
    song: &Song,
    bars: &BarGrid,
    window: &Range<usize>,
) -> Result<Ssm, DrummerError> {
    let cqt = Cqt::new(sound, SampleRate::ANALYSIS)?;
    let bars = &bars.bars()[window.clone()];
    Ok(Ssm::melodic(&BarCqt::pool_from(&cqt, from, bars, &song.tempo)))
}
