//! What a model says of a partial through the window of a spectrum.

use super::dampers::DamperFall;
use super::note::PlayedNote;
use super::piano::{KeySound, Partial};

const TO_LN: f32 = std::f32::consts::LN_10 / 20.0;

/// Points of a window at which the envelope is looked at.
const POINTS: usize = 12;

/// What one partial sounds like in one frame, and what would change that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// Amplitude seen through the window.
    pub amplitude: f32,
    /// What the amplitude gains in dB for each unit that the logarithm of the fast decay grows.
    pub by_fast: f32,
    /// The same for the slow decay.
    pub by_slow: f32,
    /// In dB for each dB of the aftersound.
    pub by_aftersound: f32,
    /// For each unit of the logarithm of the damper's decay.
    pub by_release: f32,
}

/// A Hann window in a few points.
#[derive(Clone, Debug)]
pub struct Window {
    /// Half its length, in seconds.
    pub half: f32,
    points: [(f32, f32); POINTS],
}

impl Window {
    /// Of `size` samples.
    pub fn new(size: usize, rate: f32) -> Window {
        let half = size as f32 / rate / 2.0;
        let mut points = [(0.0, 0.0); POINTS];
        for (at, point) in points.iter_mut().enumerate() {
            let share = (at as f32 + 0.5) / POINTS as f32 * 2.0 - 1.0;
            let weight = (0.5 + 0.5 * (std::f32::consts::PI * share).cos()) * 2.0 / POINTS as f32;
            *point = (share * half, weight);
        }
        Window { half, points }
    }

    /// A partial of a note, with how its damper falls, in the frame centred on `time`.
    pub fn expect(
        &self,
        (note, fall): (&PlayedNote, DamperFall),
        sound: &KeySound,
        partial: &Partial,
        time: f64,
    ) -> Expected {
        let since = (time - note.start) as f32;
        let released = (time - note.end) as f32;
        if since < -self.half {
            return Expected::default();
        }
        let level = (partial.level(note.velocity) * TO_LN).exp();
        let share = (partial.aftersound.min(0.0) * TO_LN).exp();
        let (fast, slow) = (partial.fast * TO_LN, partial.slow * TO_LN);
        let damper = sound.release * TO_LN;
        let bends = |since: f32| (-self.half..self.half).contains(&since);
        let whole = since > self.half && !bends(released) && !bends(released - fall.brushes);
        let middle = [(0.0, 1.0)];
        let points = if whole { &middle[..] } else { &self.points[..] };
        let (mut first, mut second, mut late_first, mut late_second, mut damped) =
            (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
        for (offset, weight) in points {
            let t = since + offset;
            if t < 0.0 {
                continue;
            }
            let under = fall.seconds_under(released + offset);
            let rise = 1.0 - (-t / sound.attack.max(1e-4)).exp();
            let common = weight * rise * (-damper * under).exp();
            let a = common * (1.0 - share) * (-fast * t).exp();
            let b = common * share * (-slow * t).exp();
            first += a;
            second += b;
            late_first += a * t;
            late_second += b * t;
            damped += (a + b) * under;
        }
        let sum = first + second;
        if sum <= 1e-9 {
            return Expected::default();
        }
        let less = (1.0 - share).max(1e-3);
        Expected {
            amplitude: level * sum,
            by_fast: -partial.fast * late_first / sum,
            by_slow: -partial.slow * late_second / sum,
            by_aftersound: (second - first * share / less) / sum,
            by_release: -sound.release * damped / sum,
        }
    }
}
