//! How a song sounds to the drummer: rendered, transformed, cut into bars.

use crate::analysis::{BarCqt, Cqt, Ssm};
use crate::audio::{SoundFont, render};
use crate::score::{BarGrid, SampleRate, Song};

use super::DrummerError;

/// Renders the melodic tracks: 44.1 kHz mono, peak 0.95.
pub(super) fn synthesise(
    song: &Song,
    font: &SoundFont,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f32>, DrummerError> {
    Ok(render(song, font, SampleRate::ANALYSIS, cancelled)?)
}

/// The melodic SSM: from the constant-Q transform of a rendered song, pooled by bar.
pub(super) fn melodic_ssm(sound: &[f32], song: &Song, bars: &BarGrid) -> Result<Ssm, DrummerError> {
    let cqt = Cqt::new(sound, SampleRate::ANALYSIS)?;
    Ok(Ssm::melodic(&BarCqt::pool(&cqt, bars, &song.tempo)))
}
