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

/// Constant-Q transform by bar (`[bars, 84, 96]`, 0 to 1) and the melodic SSM from it.
pub(super) fn transform(
    sound: &[f32],
    song: &Song,
    bars: &BarGrid,
) -> Result<(BarCqt, Ssm), DrummerError> {
    let cqt = Cqt::new(sound, SampleRate::ANALYSIS)?;
    let cqt = BarCqt::pool(&cqt, bars, &song.tempo);
    let ssm = Ssm::melodic(&cqt);
    Ok((cqt, ssm))
}

/// Both in one.
pub(super) fn listen(
    song: &Song,
    font: &SoundFont,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(BarCqt, Ssm), DrummerError> {
    transform(&synthesise(song, font, cancelled)?, song, &song.bars())
}
