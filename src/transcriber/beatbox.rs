//! Strokes of a mouth, or of fingers on a table: three sounds that are told apart by their colour
//! within the recording.
//!
//! No two people beatbox alike, and a table is no drum, so that nothing is learned here: onsets are
//! peaks of the spectral flux (Bello et al., "A Tutorial on Onset Detection in Music Signals", IEEE
//! TSAP 2005), described by where in the spectrum they are new, and grouped by k-means. The darkest
//! group is the kick, the brightest the hat, what lies between them the snare. After Hazan,
//! "Performing Expressive Rhythms with BillaBoop Voice-Driven Drum Generator", DAFx 2005, who asks
//! for examples first; here the recording is its own.

use super::clustering::{Colour, groups, nearest};
use super::onsets::{DrumSound, SOUNDS};
use super::spectrogram::BANDS;

/// Of the spectrogram's compression so much is taken back, lest noise between strokes be as tall as
/// they are: `ln(1 + 1000 m)` becomes `ln(1 + m 1000 / FLOOR)`.
const FLOOR: f32 = 20.0;
/// Frames over which the flux is taken.
const LAG: usize = 2;
/// How often the median flux, which is what noise has, is taken off all of it.
const ALWAYS: f32 = 1.5;
/// Frames that two strokes are apart at least: a plosive and the hiss behind it are one.
const APART: usize = 8;
/// The share of a usual stroke's flux at which something is as likely a stroke as not.
const USUAL_SHARE: f32 = 0.22;
/// Frames of a stroke whose colour is looked at, and those of them in which it begins: a consonant
/// before its vowel.
const COLOURED: usize = 7;
const ATTACK: usize = 2;
/// Bands up to about 250 Hz, and from about 4.5 kHz on.
const LOW: usize = 8;
const HIGH: usize = 62;
/// Centres of gravity, as shares of the bands, below which a sound is dark and above which it is
/// bright where nothing else is: about 700 Hz and 3.2 kHz.
const DARK: f32 = 0.2;
const BRIGHT: f32 = 0.52;

/// What a mouth is heard as, from dark to bright.
pub const BEATBOX_SOUNDS: [DrumSound; 3] =
    [DrumSound::Kick, DrumSound::Snare, DrumSound::ClosedHat];

/// What may be a stroke.
struct Peak {
    frame: usize,
    /// 0 to 1; from 0.5 on it is rather a stroke than not.
    likelihood: f32,
    colour: Colour,
    /// In decibels.
    loudness: f32,
}

/// Probabilities of strokes and velocities, 0 to 1, frames by [`DrumSound`], of a log-mel
/// spectrogram (frames by [`BANDS`]); all but those of [`BEATBOX_SOUNDS`] are 0.
pub fn activations(spectrogram: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let frames = spectrogram.len() / BANDS;
    let (mut onsets, mut velocities) =
        (vec![0.0_f32; frames * SOUNDS], vec![0.0_f32; frames * SOUNDS]);
    let flux = flux(spectrogram);
    let peaks = peaks(spectrogram, &flux);
    // What is hardly a stroke shall not decide how strokes are grouped.
    let sure = || peaks.iter().filter(|peak| peak.likelihood >= 0.5);
    let centres = groups(&sure().map(|peak| peak.colour).collect::<Vec<_>>());
    let sounds = names(&centres);
    let mut own = vec![Vec::new(); centres.len()];
    sure().for_each(|peak| own[nearest(&centres, &peak.colour).0].push(peak.loudness));
    let loud: Vec<f32> =
        own.into_iter().map(|own| quantile(own, 0.9).unwrap_or_default()).collect();
    for peak in &peaks {
        let (group, certainty) = nearest(&centres, &peak.colour);
        // Which sound it is may be in doubt without the stroke being so.
        let probability = 0.5 + (peak.likelihood - 0.5) * (0.5 + 0.5 * certainty);
        // A kit's strokes are as loud as the 1.5th power of their velocity.
        let velocity = 0.8 * 10_f32.powf((peak.loudness - loud[group]) / 30.0);
        for frame in peak.frame.saturating_sub(1)..(peak.frame + 2).min(frames) {
            // Its neighbours' heights say where between frames the stroke is.
            let height =
                if frame == peak.frame { 1.0 } else { 0.99 * flux[frame] / flux[peak.frame] };
            let cell = frame * SOUNDS + sounds[group] as usize;
            onsets[cell] = onsets[cell].max(probability * height);
            velocities[cell] = velocity.clamp(0.1, 1.0);
        }
    }
    (onsets, velocities)
}

/// Linear magnitude of a spectrogram's cell, times 1000.
fn linear(cell: f32) -> f32 {
    cell.exp_m1()
}

/// How much is new in each frame above what is new all the time: the mean rise of the bands that are
/// low, those that are high or those between, whichever is most. A thump is in few bands, a hiss in many.
fn flux(spectrogram: &[f32]) -> Vec<f32> {
    let rows: Vec<&[f32]> = spectrogram.chunks_exact(BANDS).collect();
    let level = |cell: f32| (linear(cell) / FLOOR).ln_1p();
    let silence = [0.0; BANDS];
    let mut most = vec![0.0_f32; rows.len()];
    for bands in [0..LOW, LOW..HIGH, HIGH..BANDS] {
        let rise = |frame: usize| {
            let before = frame.checked_sub(LAG).map_or(&silence[..], |before| rows[before]);
            let pairs = rows[frame][bands.clone()].iter().zip(&before[bands.clone()]);
            let rises = pairs.map(|(now, before)| (level(*now) - level(*before)).max(0.0));
            rises.sum::<f32>() / bands.len() as f32
        };
        let flux: Vec<f32> = (0..rows.len()).map(rise).collect();
        let always = ALWAYS * quantile(flux.clone(), 0.5).unwrap_or(0.0);
        most.iter_mut().zip(flux).for_each(|(most, flux)| *most = most.max(flux - always));
    }
    most
}

/// The frames whose flux is the largest within [`APART`] either side.
fn peaks(spectrogram: &[f32], flux: &[f32]) -> Vec<Peak> {
    let is_peak = |&frame: &usize| {
        let (before, after) = (&flux[frame.saturating_sub(APART)..frame], &flux[frame + 1..]);
        flux[frame] > 0.0
            && before.iter().all(|&other| other < flux[frame])
            && after.iter().take(APART).all(|&other| other <= flux[frame])
    };
    let frames: Vec<usize> = (0..flux.len()).filter(is_peak).collect();
    let usual = usual(frames.iter().map(|&frame| flux[frame]).collect());
    let peak = |frame: usize| {
        let energy = energy(spectrogram, frame, COLOURED);
        let attack = self::energy(spectrogram, frame, ATTACK);
        Peak {
            frame,
            likelihood: flux[frame] / (flux[frame] + USUAL_SHARE * usual),
            colour: colour(&energy, &attack),
            loudness: 10.0 * energy.iter().sum::<f32>().max(1e-9).log10(),
        }
    };
    frames.into_iter().map(peak).collect()
}

/// The flux of a usual stroke: half of all that is new, counted by its square, is in peaks below it.
fn usual(mut heights: Vec<f32>) -> f32 {
    heights.sort_by(f32::total_cmp);
    let half = heights.iter().map(|height| height * height).sum::<f32>() / 2.0;
    let mut sum = 0.0;
    let is_half = |height: &f32| {
        sum += height * height;
        sum >= half
    };
    heights.into_iter().find(is_half).unwrap_or_default()
}

/// The energy that is new in each band in so many frames from a stroke's first.
fn energy(spectrogram: &[f32], frame: usize, count: usize) -> [f32; BANDS] {
    let row = |frame: usize| spectrogram[frame * BANDS..][..BANDS].iter().map(|&cell| linear(cell));
    let frames = spectrogram.len() / BANDS;
    let mut found = [0.0_f32; BANDS];
    for later in frame..(frame + count).min(frames) {
        for (sum, magnitude) in found.iter_mut().zip(row(later)) {
            *sum = sum.max(magnitude * magnitude);
        }
    }
    if let Some(before) = frame.checked_sub(LAG + 1) {
        for (sum, magnitude) in found.iter_mut().zip(row(before)) {
            *sum = (*sum - magnitude * magnitude).max(0.0);
        }
    }
    found
}

fn colour(energy: &[f32; BANDS], attack: &[f32; BANDS]) -> Colour {
    let all: f32 = energy.iter().sum::<f32>() + 1e-9;
    // Shares of energy in decibels, down to -30.
    let share = |bands: &[f32]| {
        let share = bands.iter().sum::<f32>() / all;
        1.0 + (10.0 * (share + 1e-3).log10()) / 30.0
    };
    let low_and_high = [share(&energy[..LOW]), share(&energy[HIGH..])];
    [2.0 * centre(energy), low_and_high[0], low_and_high[1], 2.0 * centre(attack)]
}

/// The centre of gravity of magnitudes, as a share of the bands.
fn centre(energy: &[f32; BANDS]) -> f32 {
    let roots = energy.map(f32::sqrt);
    let weighted: f32 = roots.iter().enumerate().map(|(band, root)| band as f32 * root).sum();
    weighted / (roots.iter().sum::<f32>() + 1e-9) / BANDS as f32
}

/// What groups stand for, from dark to bright.
fn names(centres: &[Colour]) -> Vec<DrumSound> {
    use DrumSound::{ClosedHat, Kick, Snare};
    let centre = |index: usize| centres[index][0] / 2.0;
    match centres.len() {
        3 => BEATBOX_SOUNDS.to_vec(),
        2 if centre(1) < BRIGHT => vec![Kick, Snare],
        2 => vec![Kick, ClosedHat],
        _ if centre(0) < DARK => vec![Kick],
        _ if centre(0) > BRIGHT => vec![ClosedHat],
        _ => vec![Snare],
    }
}

fn quantile(mut values: Vec<f32>, share: f32) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    let index = ((values.len().checked_sub(1)?) as f32 * share).round() as usize;
    values.get(index).copied()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::audio::DECODED_RATE;
    use crate::transcriber::onsets::{Sensitivity, strokes};
    use crate::transcriber::{FRAMES_PER_SECOND, Spectrogram};

    const RATE: f32 = DECODED_RATE as f32;
    const PATTERNS: [&str; 6] = [
        "k.h.s.h.k.k.s.h.",
        "k..hs..hk.h.s.hh",
        "k.hhs.hk.khhs.h.",
        "h.k.h.s.h.k.k.s.",
        "k.s.h.k.k.s.h.h.",
        "k...s...k.k.s..h",
    ];

    /// A resonance: two poles at a frequency, of a bandwidth, both in hertz.
    struct Resonance {
        a: [f32; 2],
        was: [f32; 2],
    }

    impl Resonance {
        fn new(hertz: f32, width: f32) -> Resonance {
            let radius = (-std::f32::consts::PI * width / RATE).exp();
            let turn = std::f32::consts::TAU * hertz / RATE;
            Resonance { a: [2.0 * radius * turn.cos(), -radius * radius], was: [0.0; 2] }
        }

        fn next(&mut self, input: f32) -> f32 {
            let out = input + self.a[0] * self.was[0] + self.a[1] * self.was[1];
            self.was = [out, self.was[0]];
            out
        }
    }

    /// Noise through a resonance, dying away.
    fn hiss(rng: &mut ChaCha8Rng, hertz: f32, width: f32, decay: f32) -> Vec<f32> {
        let mut filter = Resonance::new(hertz, width);
        let attack = rng.random_range(0.001..0.006);
        let sound: Vec<f32> = (0..(RATE * decay * 6.0) as usize)
            .map(|i| {
                let t = i as f32 / RATE;
                let shape = (t / attack).min(1.0) * (-t / decay).exp();
                shape * filter.next(rng.random_range(-1.0..1.0))
            })
            .collect();
        let peak = sound.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
        sound.iter().map(|sample| sample / peak).collect()
    }

    fn thump(rng: &mut ChaCha8Rng, hertz: f32, decay: f32) -> Vec<f32> {
        let bend = rng.random_range(0.3..1.5);
        let mut phase = 0.0;
        (0..(RATE * decay * 6.0) as usize)
            .map(|i| {
                let t = i as f32 / RATE;
                phase += std::f32::consts::TAU * hertz * (1.0 + bend * (-t / 0.02).exp()) / RATE;
                (t / 0.002).min(1.0) * (-t / decay).exp() * phase.sin()
            })
            .collect()
    }

    fn mixed(parts: &[(f32, Vec<f32>)]) -> Vec<f32> {
        let length = parts.iter().map(|(_, part)| part.len()).max().unwrap_or(0);
        let sum =
            |i: usize| parts.iter().map(|(gain, part)| gain * part.get(i).unwrap_or(&0.0)).sum();
        (0..length).map(sum).collect()
    }

    /// Somebody's mouth, or a table: kick, snare and hat of a beat, with where they are.
    fn performance(seed: u64, table: bool) -> (Vec<f32>, Vec<(f64, DrumSound)>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rng = &mut rng;
        let [low, middle, high] = match table {
            // A palm, knuckles, a nail.
            true => [
                rng.random_range(90.0..180.0),
                rng.random_range(350.0..900.0),
                rng.random_range(2200.0..5000.0),
            ],
            // "b", "k" or "pf", "ts".
            false => [
                rng.random_range(60.0..130.0),
                rng.random_range(900.0..2800.0),
                rng.random_range(5000.0..9000.0),
            ],
        };
        let pattern = PATTERNS[rng.random_range(0..PATTERNS.len())].as_bytes();
        let step = 15.0 / rng.random_range(65.0..135.0);
        let (mut sound, mut truth) =
            (vec![0.0; (RATE * step * 64.0) as usize + 44_100], Vec::new());
        let noise = 10_f32.powf(rng.random_range(-75.0..-38.0) / 20.0);
        // What a telephone hears of the lows, and how much the room adds.
        let (cut, wet) = (rng.random_range(20.0..220.0), rng.random_range(0.1..0.6));
        for index in 0..64 {
            let kind = match pattern[index % 16] {
                b'k' => DrumSound::Kick,
                b's' => DrumSound::Snare,
                b'h' => DrumSound::ClosedHat,
                _ => continue,
            };
            let hard = rng.random_range(0.35_f32..1.0);
            let vary = rng.random_range(0.8..1.25);
            let stroke = match kind {
                DrumSound::Kick => mixed(&[
                    (1.0, thump(rng, low * vary, 0.06)),
                    (0.3, hiss(rng, low * 4.0, 400.0, 0.015)),
                ]),
                DrumSound::Snare if table => mixed(&[
                    (0.7, thump(rng, middle * vary, 0.025)),
                    (0.4, hiss(rng, middle * 2.5, 900.0, 0.012)),
                ]),
                DrumSound::Snare => mixed(&[
                    (0.6, hiss(rng, middle * vary, 1500.0, 0.045)),
                    (0.2, hiss(rng, 4500.0, 3000.0, 0.03)),
                ]),
                _ if table => hiss(rng, high * vary, 700.0, 0.01),
                _ => mixed(&[(0.4, hiss(rng, high * vary, 2500.0, 0.035))]),
            };
            let at = 0.3 + step * index as f32 + rng.random_range(-0.012..0.012);
            let first = (at * RATE) as usize;
            for (into, sample) in sound[first..].iter_mut().zip(&stroke) {
                *into += hard.powf(1.5) * sample;
            }
            truth.push((f64::from(at), kind));
        }
        // A small room, and the microphone's noise.
        for (delay, gain) in [(0.011, 0.9), (0.017, 0.7), (0.029, 0.6), (0.041, 0.5), (0.067, 0.4)]
        {
            let delay = (RATE * delay) as usize;
            for i in (delay..sound.len()).rev() {
                sound[i] += wet * gain * sound[i - delay];
            }
        }
        // Breath between the bars.
        for bar in 1..4 {
            let first = ((0.3 + step * (16.0 * bar as f32 - 1.5)) * RATE) as usize;
            let long = (RATE * step * 1.4) as usize;
            let mut filter = Resonance::new(rng.random_range(600.0..2500.0), 1500.0);
            let gain = 0.001 * rng.random_range(0.0..1.0_f32);
            for i in 0..long {
                let shape = (std::f32::consts::PI * i as f32 / long as f32).sin();
                sound[first + i] += gain * shape * filter.next(rng.random_range(-1.0..1.0));
            }
        }
        let keep = (-std::f32::consts::TAU * cut / RATE).exp();
        let mut slow = 0.0;
        for sample in &mut sound {
            slow = keep * slow + (1.0 - keep) * *sample;
            *sample -= slow;
        }
        sound.iter_mut().for_each(|sample| *sample += noise * rng.random_range(-1.0..1.0));
        (sound, truth)
    }

    fn spectrogram(sound: &[f32]) -> Vec<f32> {
        let mut spectrogram = Spectrogram::mel();
        spectrogram.push(sound);
        spectrogram.finish(0.5)
    }

    /// Strokes found, real ones and those that agree within 50 ms, with the sound and without, and
    /// how late they are.
    fn compared(seed: u64, table: bool) -> ([usize; 4], Vec<f64>) {
        let (sound, truth) = performance(seed, table);
        let spectrogram = spectrogram(&sound);
        let (onsets, velocities) = activations(&spectrogram);
        let found = strokes(&onsets, &velocities, &spectrogram, &Sensitivity::default());
        let near = |at: f64, time: f64| (at - time).abs() < 0.05;
        let (mut same, mut any, mut late) = (0, 0, Vec::new());
        for &(at, sound) in &truth {
            let mut around = found.iter().filter(|onset| near(onset.at.0, at));
            any += usize::from(around.clone().next().is_some());
            if let Some(onset) = around.find(|onset| onset.sound == sound) {
                same += 1;
                late.push(onset.at.0 - at);
            }
        }
        ([found.len(), truth.len(), same, any], late)
    }

    #[test]
    fn mouths_and_tables_are_heard() {
        for (table, wanted) in [(false, 0.97), (true, 0.97)] {
            let (mut sums, mut late) = ([0; 4], Vec::new());
            for seed in 0..40 {
                let (counts, delays) = compared(1000 + seed, table);
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                late.extend(delays);
            }
            let f = |agree: usize| 2.0 * agree as f32 / (sums[0] + sums[1]) as f32;
            let delay = 1000.0 * late.iter().sum::<f64>() / late.len() as f64;
            let kind = if table { "tables" } else { "mouths" };
            println!(
                "{kind}: F {:.3}, of any sound {:.3}, {delay:.1} ms late",
                f(sums[2]),
                f(sums[3])
            );
            assert!(f(sums[2]) > wanted, "{kind}: {sums:?}");
            assert!(delay.abs() < 5.0, "{kind}: {delay} ms late");
        }
    }

    #[test]
    fn silence_and_a_hum_are_no_beat() {
        assert!(activations(&[]).0.is_empty());
        let (onsets, _) = activations(&[0.0; BANDS * 200]);
        assert!(onsets.iter().all(|&onset| onset == 0.0));
        let step = std::f32::consts::TAU * 150.0 / RATE;
        let hum: Vec<f32> = (0..200_000).map(|i| (step * i as f32).sin()).collect();
        let spectrogram = spectrogram(&hum);
        let (onsets, velocities) = activations(&spectrogram);
        let found = strokes(&onsets, &velocities, &spectrogram, &Sensitivity::default());
        // It begins, and that is all.
        assert!(found.len() <= 2, "{found:?}");
        assert!(
            found.iter().all(|onset| onset.at.0 * FRAMES_PER_SECOND < 10.0 || onset.at.0 > 4.4)
        );
    }
}
