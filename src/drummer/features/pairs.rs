//! Every bar against every other: the channels from which the structure network reads the form.

use std::ops::Range;

use super::bar::BarFeatures;
use crate::analysis::{Ssm, cosine, normalised};

/// Number of channels.
pub const PAIR_CHANNELS: usize = 24;

/// What the channels are, in order.
pub const PAIR_NAMES: [&str; PAIR_CHANNELS] = [
    "low onsets",
    "middle onsets",
    "high onsets",
    "bass rhythm",
    "accents",
    "chroma",
    "families",
    "density",
    "velocity",
    "filled steps",
    "same content",
    "same rhythm",
    "same tracks",
    "neighbourhood rhythm",
    "neighbourhood content",
    "novelty between",
    "constant-q",
    "density level",
    "tracks level",
    "distance",
    "same of 2",
    "same of 4",
    "same of 8",
    "edge",
];
/// Channels up to here are z-scored over the song.
const SCORED: usize = 19;
const DISTANCE: usize = 19;

/// The channels of a song: `[PAIR_CHANNELS, bars, bars]`, each symmetric.
#[derive(Clone, Debug)]
pub struct PairChannels {
    /// Number of bars.
    pub bars: usize,
    /// Row-major, channel by channel.
    pub values: Vec<f32>,
}

impl PairChannels {
    fn channel_mut(&mut self, channel: usize) -> &mut [f32] {
        let size = self.bars * self.bars;
        &mut self.values[channel * size..][..size]
    }

    /// One channel, `[bars, bars]`. Panics if there is no such channel.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let size = self.bars * self.bars;
        &self.values[channel * size..][..size]
    }

    fn fill(&mut self, channel: usize, value: impl Fn(usize, usize) -> f32) {
        let bars = self.bars;
        let values = self.channel_mut(channel);
        for row in 0..bars {
            for column in row..bars {
                let value = value(row, column);
                values[row * bars + column] = value;
                values[column * bars + row] = value;
            }
        }
    }
}

/// Compares all bars. `cqt` is the melodic SSM of the rendered sound; without it (as for a training
/// example whose sound was dropped) its channel is 0.
pub fn pair_channels(features: &[BarFeatures], cqt: Option<&Ssm>) -> PairChannels {
    pair_channels_of(features, 0..features.len(), cqt)
}

/// Compares some bars of a song, of whose `window` alone `cqt` is.
///
/// # Panics
/// If the song has not these bars, or the matrix is of another number of bars.
pub fn pair_channels_of(
    song: &[BarFeatures],
    window: Range<usize>,
    cqt: Option<&Ssm>,
) -> PairChannels {
    let last = song.len().saturating_sub(1);
    let first = window.start;
    let features = &song[window];
    let bars = features.len();
    let mut channels = PairChannels { bars, values: vec![0.0; PAIR_CHANNELS * bars * bars] };
    for rhythm in 0..super::RHYTHMS {
        let rows: Vec<_> = features.iter().map(|bar| normalised(bar.rhythm[rhythm])).collect();
        channels.fill(rhythm, |a, b| cosine(&rows[a], &rows[b]));
    }
    let chroma: Vec<_> = features.iter().map(|bar| normalised(bar.chroma)).collect();
    channels.fill(5, |a, b| cosine(&chroma[a], &chroma[b]));
    let families: Vec<_> = features.iter().map(|bar| normalised(bar.families)).collect();
    channels.fill(6, |a, b| cosine(&families[a], &families[b]));
    let scalar = |bar: usize| &features[bar].scalars;
    channels.fill(7, |a, b| -(scalar(a).density - scalar(b).density).abs());
    channels.fill(8, |a, b| -(scalar(a).velocity - scalar(b).velocity).abs());
    channels.fill(9, |a, b| -(scalar(a).filled - scalar(b).filled).abs());
    channels.fill(10, |a, b| shared(&features[a], &features[b], |x, y| x.content == y.content));
    channels.fill(11, |a, b| shared(&features[a], &features[b], |x, y| x.rhythm == y.rhythm));
    channels.fill(12, |a, b| shared(&features[a], &features[b], |_, _| true));
    let rhythm = mean_of(&channels, &[0, 1, 2, 4]);
    smooth_diagonally(&rhythm, bars, channels.channel_mut(13));
    let content = channels.channel(10).to_vec();
    smooth_diagonally(&content, bars, channels.channel_mut(14));
    let mixed = mean_of(&channels, &[11, 12, 4]);
    let between = novelty_between(&mixed, bars);
    channels.fill(15, |a, b| -(between[b] - between[a]));
    if let Some(ssm) = cqt {
        channels.channel_mut(16).copy_from_slice(ssm.values());
    }
    channels.fill(17, |a, b| scalar(a).density + scalar(b).density);
    channels.fill(18, |a, b| scalar(a).active + scalar(b).active);
    for channel in 0..SCORED {
        standardise(channels.channel_mut(channel), bars);
    }
    channels.fill(DISTANCE, |a, b| ((b - a) as f32).ln_1p() / 5.0);
    for (channel, period) in [(20, 2), (21, 4), (22, 8)] {
        channels.fill(channel, |a, b| f32::from((b - a) % period == 0));
    }
    // How near the pair's outer ends are to the ends of the song, where drummers play differently.
    let edge = |bar: usize| (-((first + bar).min(last - first - bar) as f32) / 4.0).exp();
    channels.fill(23, |a, b| edge(a) + edge(b));
    channels
}

/// Share of the tracks that sound in either bar which sound in both and agree.
fn shared(
    a: &BarFeatures,
    b: &BarFeatures,
    agree: impl Fn(&super::bar::TrackPrint, &super::bar::TrackPrint) -> bool,
) -> f32 {
    let (mut either, mut same) = (0, 0);
    for pair in a.tracks.iter().zip(&b.tracks) {
        match pair {
            (None, None) => {}
            (Some(x), Some(y)) => {
                either += 1;
                same += usize::from(agree(x, y));
            }
            _ => either += 1,
        }
    }
    if either == 0 { 1.0 } else { same as f32 / either as f32 }
}

fn mean_of(channels: &PairChannels, which: &[usize]) -> Vec<f32> {
    let mut mean = vec![0.0; channels.bars * channels.bars];
    for &channel in which {
        for (sum, value) in mean.iter_mut().zip(channels.channel(channel)) {
            *sum += value / which.len() as f32;
        }
    }
    mean
}

/// Mean over the four bars on either side along the diagonal: two bars are alike when what comes
/// before and after them is.
fn smooth_diagonally(values: &[f32], bars: usize, out: &mut [f32]) {
    const REACH: isize = 4;
    for row in 0..bars {
        for column in row..bars {
            let (mut sum, mut count) = (0.0, 0.0);
            for step in -REACH..=REACH {
                let (r, c) = (row as isize + step, column as isize + step);
                if r >= 0 && c < bars as isize {
                    sum += values[r as usize * bars + c as usize];
                    count += 1.0;
                }
            }
            out[row * bars + column] = sum / count;
            out[column * bars + row] = sum / count;
        }
    }
}

/// Running sum of the checkerboard novelty (Foote 2000) before each bar, so that a difference of
/// two says how much changes between them.
fn novelty_between(values: &[f32], bars: usize) -> Vec<f32> {
    const REACH: usize = 4;
    let at = |row: usize, column: usize| values[row * bars + column];
    let mut sum = 0.0;
    (0..bars)
        .map(|bar| {
            let (before, after) = (REACH.min(bar), REACH.min(bars - bar));
            if before > 0 {
                let (mut within, mut across) = (0.0, 0.0);
                let (mut inside, mut outside) = (0.0f32, 0.0f32);
                for row in bar - before..bar + after {
                    for column in bar - before..bar + after {
                        if (row < bar) == (column < bar) {
                            within += at(row, column);
                            inside += 1.0;
                        } else {
                            across += at(row, column);
                            outside += 1.0;
                        }
                    }
                }
                sum += (within / inside.max(1.0) - across / outside.max(1.0)).max(0.0);
            }
            sum
        })
        .collect()
}

/// Mean 0 and deviation 1 over the pairs of different bars; a constant channel becomes 0.
fn standardise(values: &mut [f32], bars: usize) {
    let pairs = (bars * bars.saturating_sub(1)) as f64;
    if pairs == 0.0 {
        values.fill(0.0);
        return;
    }
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for (index, &value) in values.iter().enumerate() {
        if index / bars != index % bars {
            sum += f64::from(value);
            squares += f64::from(value) * f64::from(value);
        }
    }
    let mean = sum / pairs;
    let deviation = (squares / pairs - mean * mean).max(0.0).sqrt();
    for value in values.iter_mut() {
        *value = if deviation > 1e-4 {
            ((f64::from(*value) - mean) / deviation).clamp(-4.0, 4.0) as f32
        } else {
            0.0
        };
    }
}
