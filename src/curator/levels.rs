//! How loud the bands of a clip are from moment to moment: what tells a copy of a recording from the same
//! groove with another fill, whose fingerprints and rhythms are alike.

use super::bands::{BANDS, levels};

/// Steps of a decibel in which levels are kept, and the decibels between the loudest and silence.
const STEPS_A_DECIBEL: f32 = 4.0;
const RANGE: f32 = 40.0;

/// Frames that count together: 93 ms, about what a stroke fills.
const TOGETHER: usize = 8;

/// Moments are apart that are so many frames from each other: 0.14 s.
const APART: usize = 12;
/// The most of all moments is compared with that of the fifth.
const FIFTH: usize = 4;
/// So many decibels are in every copy by chance.
const CHANCE: f32 = 0.5;

/// How far from where it is expected the other clip may begin, in frames: two steps of a fingerprint.
const REACH: isize = 24;

/// The level of every band, frame by frame (12 ms), in quarters of a decibel above silence, 0 to 160.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(Vec<[u8; BANDS]>);

/// How much two clips differ where they agree best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The most anywhere for 93 ms, in decibels: the root mean square of the bands. (A kick more is loud in
    /// two of them.)
    pub most: f32,
    /// How many times as much that is as at the fifth of the moments at which they differ most. What a codec
    /// does it does all over a clip; a stroke more stands out. The ends do not count, where copies are faded;
    /// 0 for clips of less than 1.6 s.
    pub outlier: f32,
}

impl Levels {
    /// Of the energies of a clip. They do not change with the clip's level.
    pub fn of(energies: &[[f32; BANDS]]) -> Levels {
        let steps = |decades: f32| ((10.0 * decades + RANGE) * STEPS_A_DECIBEL).round() as u8;
        Levels(levels(energies).into_iter().map(|frame| frame.map(steps)).collect())
    }

    /// How much two clips differ where they agree best. `place` is about the frame of this clip with which
    /// the other begins. What only one of them has at its ends does not count: copies are cut otherwise.
    pub fn difference(&self, other: &Levels, place: isize) -> Difference {
        let shifts = place - REACH..=place + REACH;
        let means = shifts.map(|shift| {
            let (own, others) = self.overlap(other, shift);
            (self.mean(own, others, other), shift)
        });
        let best = means.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(mean, _)| mean.is_finite());
        best.map_or(Difference { most: RANGE, outlier: 0.0 }, |(_, shift)| {
            let (own, others) = self.overlap(other, shift);
            let moments = differences(own, others);
            let most = moments.iter().copied().fold(0.0, f32::max);
            Difference { most, outlier: outlier(&moments) }
        })
    }

    /// What both have if the other begins with frame `shift` of this one: as many frames of each.
    fn overlap<'a>(
        &'a self,
        other: &'a Levels,
        shift: isize,
    ) -> (&'a [[u8; BANDS]], &'a [[u8; BANDS]]) {
        let behind = |frames: &'a [[u8; BANDS]], first: isize| {
            &frames[usize::try_from(first).unwrap_or(0).min(frames.len())..]
        };
        let (own, others) = (behind(&self.0, shift), behind(&other.0, -shift));
        let count = own.len().min(others.len());
        (&own[..count], &others[..count])
    }

    /// The mean difference of some frames of both; infinite if they are less than half of one clip.
    fn mean(&self, own: &[[u8; BANDS]], others: &[[u8; BANDS]], other: &Levels) -> f32 {
        if own.is_empty() || 2 * own.len() < self.0.len().max(other.0.len()) {
            return f32::INFINITY;
        }
        let pairs = own.as_flattened().iter().zip(others.as_flattened());
        let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f32 / own.len() as f32
    }
}

/// How many times as much the clips differ at the moment at which they differ most as at the fifth; see
/// [`Difference::outlier`].
fn outlier(moments: &[f32]) -> f32 {
    let inner = moments.get(TOGETHER..moments.len().saturating_sub(TOGETHER)).unwrap_or_default();
    if inner.len() < 2 * (FIFTH + 1) * APART {
        return 0.0;
    }
    let mut left = inner.to_vec();
    let peaks: [f32; FIFTH + 1] = std::array::from_fn(|_| {
        let most = (0..left.len()).max_by(|&a, &b| left[a].total_cmp(&left[b])).unwrap_or(0);
        let peak = left[most];
        let end = (most + APART + 1).min(left.len());
        left[most.saturating_sub(APART)..end].fill(0.0);
        peak
    });
    peaks[0] / (peaks[FIFTH] + CHANCE)
}

/// How much as many frames of two clips differ in each [`TOGETHER`] of them, in decibels.
fn differences(a: &[[u8; BANDS]], b: &[[u8; BANDS]]) -> Vec<f32> {
    let frame = |at: usize| -> [f32; BANDS] {
        std::array::from_fn(|band| apart(a, b, at, band).max(apart(b, a, at, band)).into())
    };
    let frames: Vec<[f32; BANDS]> = (0..a.len()).map(frame).collect();
    let together = |frames: &[[f32; BANDS]]| {
        let sum = |band: usize| frames.iter().map(|frame| frame[band]).sum::<f32>();
        let mean = |band: usize| sum(band) / frames.len() as f32;
        let square = (0..BANDS).map(|band| mean(band).powi(2)).sum::<f32>() / BANDS as f32;
        square.sqrt() / STEPS_A_DECIBEL
    };
    frames.windows(TOGETHER.min(frames.len()).max(1)).map(together).collect()
}

/// How far a level of `a` is from the nearest of `b` at this frame and those beside it: frames of copies
/// do not begin with the same sample.
fn apart(a: &[[u8; BANDS]], b: &[[u8; BANDS]], at: usize, band: usize) -> u8 {
    let near = &b[at.saturating_sub(1)..(at + 2).min(b.len())];
    near.iter().map(|frame| frame[band].abs_diff(a[at][band])).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stroke in all bands every `period` frames, and one more at `more`; from frame `first` on.
    fn strokes(period: usize, more: Option<usize>, first: usize, level: f32) -> Levels {
        let frame = |at: usize| -> [f32; BANDS] {
            let since = more.filter(|more| at >= *more && at - more < at % period);
            let ringing = (0.7f32).powi(since.map_or(at % period, |more| at - more) as i32);
            std::array::from_fn(|band| level * ringing * (1.0 + band as f32))
        };
        Levels::of(&(first..first + 400).map(frame).collect::<Vec<_>>())
    }

    const NONE: Difference = Difference { most: 0.0, outlier: 0.0 };

    #[test]
    fn copies_are_the_same_and_one_stroke_more_is_not() {
        let one = strokes(43, None, 0, 1.0);
        assert_eq!(one.difference(&one, 0), NONE);
        assert!(one.difference(&strokes(43, None, 5, 0.01), 0).most < 0.5);
        // One begins much later, and it is known by how much.
        let later = strokes(43, None, 100, 1.0);
        assert_eq!((one.difference(&later, 95), later.difference(&one, -95)), (NONE, NONE));
        let more = strokes(43, Some(193), 5, 1.0);
        assert!(one.difference(&more, 0).most > 20.0, "{:?}", one.difference(&more, 0));
        assert_eq!(one.difference(&more, 0), more.difference(&one, 0));
    }

    /// Strokes every 43 frames, levels off by up to some steps throughout as a codec's are, and a soft hat at
    /// frame `hat`.
    fn coded(off: u8, hat: Option<usize>) -> Levels {
        let Levels(mut frames) = strokes(43, None, 0, 1.0);
        let mut noise = 1u32;
        for band in frames.as_flattened_mut() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *band = band.saturating_sub((noise >> 24) as u8 % (off + 1));
        }
        for at in hat.into_iter().flat_map(|hat| hat..hat + TOGETHER) {
            frames[at][BANDS - 2..].iter_mut().for_each(|level| *level += 20);
        }
        Levels(frames)
    }

    #[test]
    fn a_soft_hat_stands_out_and_what_a_codec_does_does_not() {
        let one = coded(0, None);
        let (hat, copy) = (coded(0, Some(150)), coded(20, None));
        let (of_hat, of_copy) = (one.difference(&hat, 0), one.difference(&copy, 0));
        // By how much alone they could not be told from each other.
        assert!(of_hat.most < 3.0 && of_copy.most > 0.5, "{of_hat:?} {of_copy:?}");
        assert!(of_hat.outlier > 2.0 && of_copy.outlier < 1.2, "{of_hat:?} {of_copy:?}");
        // At an end it may be how a copy is faded, and of a short clip too little is known.
        assert!(one.difference(&coded(0, Some(0)), 0).outlier < 1.0);
        let short = |levels: &Levels| Levels(levels.0[100..220].to_vec());
        assert_eq!(short(&one).difference(&short(&hat), 0).outlier, 0.0);
    }

    #[test]
    fn clips_without_frames_have_nothing_in_common() {
        let one = strokes(43, None, 0, 1.0);
        assert_eq!(one.difference(&Levels::default(), 0).most, RANGE);
        assert_eq!(Levels::default().difference(&Levels::default(), 0).most, RANGE);
    }
}
