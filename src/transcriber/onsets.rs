//! From probabilities to strokes.

use crate::score::{Lane, Seconds};

use super::spectrogram::{BANDS, FRAMES_PER_SECOND};

/// What the network tells apart, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum DrumSound {
    /// The bass drum.
    Kick,
    /// With the side stick.
    Snare,
    /// Any tom.
    Tom,
    /// With the pedal.
    ClosedHat,
    /// The hi-hat, open.
    OpenHat,
    /// With splash and china.
    Crash,
    /// With its bell.
    Ride,
}

/// Number of [`DrumSound`]s.
pub const SOUNDS: usize = 7;

impl DrumSound {
    /// All sounds, in the network's order.
    pub const ALL: [DrumSound; SOUNDS] = [
        DrumSound::Kick,
        DrumSound::Snare,
        DrumSound::Tom,
        DrumSound::ClosedHat,
        DrumSound::OpenHat,
        DrumSound::Crash,
        DrumSound::Ride,
    ];

    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            DrumSound::Kick => "kick",
            DrumSound::Snare => "snare",
            DrumSound::Tom => "toms",
            DrumSound::ClosedHat => "closed-hat",
            DrumSound::OpenHat => "open-hat",
            DrumSound::Crash => "crash",
            DrumSound::Ride => "ride",
        }
    }

    /// The probability above which a peak is a stroke: what gave the best F measure on held-out
    /// performances with the training kits, as people played them.
    pub const fn threshold(self) -> f32 {
        match self {
            DrumSound::Kick => 0.46,
            DrumSound::Snare => 0.46,
            DrumSound::Tom => 0.47,
            DrumSound::ClosedHat => 0.45,
            DrumSound::OpenHat => 0.42,
            DrumSound::Crash => 0.46,
            DrumSound::Ride => 0.49,
        }
    }
}

/// A stroke that was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Onset {
    /// From the start of the recording.
    pub at: Seconds,
    /// What was struck, as the network tells it.
    pub sound: DrumSound,
    /// The drum that it is written as: toms by their pitch, all else by its sound.
    pub lane: Lane,
    /// How hard, 0 to 1 for velocities 0 to 127.
    pub velocity: f32,
    /// How sure the network is, from its threshold to 1.
    pub confidence: f32,
}

/// How readily each sound is heard: 0.5 as measured to be best, towards 1 more and towards 0 fewer
/// strokes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensitivity(pub [f32; SOUNDS]);

impl Default for Sensitivity {
    fn default() -> Sensitivity {
        Sensitivity([0.5; SOUNDS])
    }
}

impl Sensitivity {
    fn threshold(&self, sound: DrumSound) -> f32 {
        let middle = sound.threshold();
        // Straight from 1 over the middle to 0: at 0 nothing is a stroke.
        match self.0[sound as usize].clamp(0.0, 1.0) {
            0.0 => f32::INFINITY,
            share if share < 0.5 => 1.0 + (middle - 1.0) * share * 2.0,
            share => middle * (2.0 - 2.0 * share).max(0.02),
        }
    }
}

/// Frames either side in which a peak is the largest.
const NEIGHBOURS: usize = 2;

/// The frames that are peaks of at least `threshold`, between frames by a parabola through three.
pub fn peaks(probability: &[f32], threshold: f32) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    let at = |frame: isize| -> Option<f32> {
        usize::try_from(frame).ok().and_then(|frame| probability.get(frame)).copied()
    };
    let mut last = None;
    for (frame, &here) in probability.iter().enumerate() {
        let around =
            frame.saturating_sub(NEIGHBOURS)..(frame + NEIGHBOURS + 1).min(probability.len());
        let highest = probability[around].iter().all(|&other| other <= here);
        let apart = last.is_none_or(|last| frame - last > NEIGHBOURS);
        if here < threshold || !highest || !apart {
            continue;
        }
        last = Some(frame);
        let shift = match (at(frame as isize - 1), at(frame as isize + 1)) {
            (Some(before), Some(after)) => {
                let bend = before - 2.0 * here + after;
                if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
            }
            _ => 0.0,
        };
        found.push(frame as f64 + f64::from(shift));
    }
    found
}

/// All strokes, in order of time. `onsets` and `velocities` are frames by sound, `spectrogram`
/// frames by band, all row-major.
pub fn strokes(
    onsets: &[f32],
    velocities: &[f32],
    spectrogram: &[f32],
    sensitivity: &Sensitivity,
) -> Vec<Onset> {
    let mut strokes = Vec::new();
    for sound in DrumSound::ALL {
        let probability: Vec<f32> =
            onsets.chunks_exact(SOUNDS).map(|frame| frame[sound as usize]).collect();
        for frame in peaks(&probability, sensitivity.threshold(sound)) {
            let nearest = frame.round() as usize;
            strokes.push(Onset {
                at: Seconds(frame / FRAMES_PER_SECOND),
                sound,
                lane: lane(sound, spectrogram, nearest),
                velocity: velocities[nearest * SOUNDS + sound as usize].clamp(0.0, 1.0),
                confidence: probability[nearest],
            });
        }
    }
    strokes.sort_by(|a, b| a.at.0.total_cmp(&b.at.0).then(a.sound.cmp(&b.sound)));
    strokes
}

/// Bands of the spectrogram in which a tom's pitch lies (up to about 340 Hz), and those from which on
/// it is a middle and a high one (about 90 and 140 Hz).
const TOM_BANDS: std::ops::Range<usize> = 0..11;
const MIDDLE: usize = 2;
const HIGH: usize = 4;
/// Frames after a stroke in which its pitch is heard, past the kick's.
const RINGING: std::ops::Range<usize> = 3..12;

fn lane(sound: DrumSound, spectrogram: &[f32], frame: usize) -> Lane {
    match sound {
        DrumSound::Kick => Lane::Kick,
        DrumSound::Snare => Lane::Snare,
        DrumSound::ClosedHat => Lane::ClosedHat,
        DrumSound::OpenHat => Lane::OpenHat,
        DrumSound::Crash => Lane::Crash,
        DrumSound::Ride => Lane::Ride,
        DrumSound::Tom => {
            let mut sums = [0.0; TOM_BANDS.end];
            for row in
                spectrogram.chunks_exact(BANDS).skip(frame + RINGING.start).take(RINGING.len())
            {
                for (sum, band) in sums.iter_mut().zip(&row[TOM_BANDS]) {
                    *sum += band;
                }
            }
            let loudest = TOM_BANDS.max_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap_or(0);
            match loudest {
                band if band >= HIGH => Lane::HighTom,
                band if band >= MIDDLE => Lane::MidTom,
                _ => Lane::LowTom,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_lie_between_frames() {
        let mut probability = vec![0.0; 20];
        (probability[4], probability[5], probability[6]) = (0.3, 0.9, 0.6);
        (probability[12], probability[13]) = (0.4, 0.4);
        let found = peaks(&probability, 0.5);
        assert_eq!(found.len(), 1);
        assert!(found[0] > 5.0 && found[0] < 5.5, "{found:?}");
        // Two that are the same are one.
        assert_eq!(peaks(&probability, 0.35).len(), 2);
        assert!(peaks(&[], 0.5).is_empty());
        assert_eq!(peaks(&[0.9], 0.5), [0.0]);
    }

    #[test]
    fn sensitivity_goes_from_nothing_to_nearly_all() {
        let at = |share| Sensitivity([share; SOUNDS]).threshold(DrumSound::Snare);
        assert_eq!(at(0.0), f32::INFINITY);
        assert_eq!(at(0.5), DrumSound::Snare.threshold());
        assert!(at(1.0) < 0.02);
        assert!(at(0.6) < at(0.5) && at(0.4) > at(0.5));
    }
}
