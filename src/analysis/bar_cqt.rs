//! The spectrogram on the bar grid.

use super::{Cqt, parallel::for_parts};
use crate::score::{Bar, BarGrid, Seconds, TempoMap, Ticks};

/// Every bar as a picture of 84 semitones by 96 steps, whatever its tempo, metre and length.
#[derive(Clone, Debug, PartialEq)]
pub struct BarCqt {
    bars: usize,
    /// By bar, then semitone, then step; 0 to 1.
    values: Vec<f32>,
}

impl BarCqt {
    /// Steps of a bar. 96 divides into sixteenths (6 steps) and sixteenth triplets (4).
    pub const STEPS: usize = 96;

    /// Values of one bar.
    pub const BAR: usize = Cqt::BINS * Self::STEPS;

    /// Pools frames to bars. A step's window is centred on its grid time, so that a bar runs from
    /// half a step before its downbeat (a note struck a little early still counts for its step);
    /// the frames inside are averaged in dB, and where there is none the nearest is taken. Decibels
    /// from -80 to 0 become 0 to 1. Tempo changes inside a bar are followed. Steps beyond the last
    /// frame repeat it; without frames all is 0.
    pub fn pool(cqt: &Cqt, bars: &BarGrid, tempo: &TempoMap) -> BarCqt {
        Self::pool_from(cqt, Seconds(0.0), bars.bars(), tempo)
    }

    /// As [`BarCqt::pool`], for some bars of a song whose frame 0 is at `from`.
    pub fn pool_from(cqt: &Cqt, from: Seconds, bars: &[Bar], tempo: &TempoMap) -> BarCqt {
        let mut values = vec![0.0; bars.len() * Self::BAR];
        if cqt.frames() > 0 {
            for_parts(&mut values, Self::BAR, |first, part| {
                for (index, picture) in part.chunks_mut(Self::BAR).enumerate() {
                    let bar = bars[first + index];
                    let step = bar.length.0 as f64 / Self::STEPS as f64;
                    let frame = |step_edge: f64| {
                        let tick = bar.start.0 as f64 + step_edge * step;
                        (seconds_at(tempo, tick) - from.0) * Cqt::FRAME_RATE
                    };
                    for step in 0..Self::STEPS {
                        let edge = step as f64 - 0.5;
                        pool_step(cqt, [frame(edge), frame(edge + 1.0)], step, picture);
                    }
                }
            });
        }
        BarCqt { bars: bars.len(), values }
    }

    /// Takes values that were pooled before, such as from a file: by bar, semitone, step; 0 to 1.
    ///
    /// # Panics
    /// If the length is no multiple of [`BarCqt::BAR`].
    pub fn from_values(values: Vec<f32>) -> BarCqt {
        assert!(values.len().is_multiple_of(Self::BAR), "whole bars of 84 x 96");
        BarCqt { bars: values.len() / Self::BAR, values }
    }

    /// Number of bars.
    pub fn bars(&self) -> usize {
        self.bars
    }

    /// One bar, semitone by semitone, 96 steps each, from 0 (-80 dB) to 1 (the song's loudest).
    ///
    /// # Panics
    /// If the bar is out of range.
    pub fn bar(&self, bar: usize) -> &[f32] {
        &self.values[bar * Self::BAR..][..Self::BAR]
    }

    /// All values by bar, semitone and step.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// When a fraction of a tick sounds; before the song's start, at its first tempo.
fn seconds_at(tempo: &TempoMap, tick: f64) -> f64 {
    let whole = tick.floor().max(0.0);
    let [start, end] = [0, 1].map(|ahead| tempo.seconds(Ticks(whole as u64 + ahead)).0);
    start + (tick - whole) * (end - start)
}

/// Averages the frames from one edge (included) to the other (excluded), both in frames.
fn pool_step(cqt: &Cqt, [from, to]: [f64; 2], step: usize, picture: &mut [f32]) {
    let last = cqt.frames() - 1;
    let mut first = from.ceil().max(0.0) as usize;
    let mut end = (to.ceil().max(0.0) as usize).min(last + 1);
    if first >= end {
        let nearest = ((from + to) / 2.0).round().clamp(0.0, last as f64) as usize;
        (first, end) = (nearest, nearest + 1);
    }
    let share = 1.0 / ((end - first) as f32 * -Cqt::FLOOR);
    for frame in first..end {
        for (bin, decibels) in cqt.frame(frame).iter().enumerate() {
            picture[bin * BarCqt::STEPS + step] += (decibels - Cqt::FLOOR) * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Metre, MetreChange, SampleRate, TempoChange};

    /// A second of silence, then half a second of A4 (bin 45), then silence.
    fn cqt() -> Cqt {
        let sound = |at: u32| {
            let tone = (f64::from(at) * 440.0 / 22_050.0 * std::f64::consts::TAU).sin() as f32;
            if (22_050..33_075).contains(&at) { tone } else { 0.0 }
        };
        let samples: Vec<f32> = (0..88_200).map(sound).collect();
        Cqt::new(&samples, SampleRate(22_050)).unwrap()
    }

    #[test]
    fn a_tone_lies_in_its_bar_at_its_step_in_any_tempo_and_metre() {
        let tempo =
            |at: u64, bpm: u32| TempoChange { at: Ticks(at), micros_per_quarter: 60_000_000 / bpm };
        let three = MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() };
        let sixty = TempoMap::new(96, [tempo(0, 60)]);
        let faster = TempoMap::new(96, [tempo(0, 60), tempo(96, 120)]);
        // (tempo map, metres, steps at which the tone begins and ends)
        let cases = [
            (&sixty, vec![], [24, 36]),
            (&sixty, vec![three], [32, 48]),
            (&faster, vec![], [24, 48]),
        ];
        for (tempo, metres, [begin, end]) in cases {
            let bars = BarGrid::new(96, &metres, Ticks(288));
            let pooled = BarCqt::pool(&cqt(), &bars, tempo);
            assert_eq!(pooled.bars(), 1);
            let row = &pooled.bar(0)[45 * BarCqt::STEPS..][..BarCqt::STEPS];
            assert!(row[begin + 4..end - 4].iter().all(|x| *x > 0.9), "{row:?}");
            assert!(row[begin] > 0.6 && row[begin - 8] < 0.2 && row[end + 8] < 0.2, "{row:?}");
        }
    }

    #[test]
    fn steps_without_frames_take_the_nearest() {
        let tempo = TempoMap::new(24, [TempoChange { at: Ticks(0), micros_per_quarter: 50_000 }]);
        let pooled = BarCqt::pool(&cqt(), &BarGrid::new(24, &[], Ticks(5000)), &tempo);
        assert!(pooled.values().iter().all(|x| (0.0..=1.0).contains(x)));
        assert!(pooled.bar(6)[45 * 96..][..96].iter().all(|x| *x > 0.8));
    }

    #[test]
    fn no_bars_and_no_frames_are_no_trouble() {
        let tempo = TempoMap::new(96, []);
        let none = Cqt::new(&[], SampleRate(44_100)).unwrap();
        assert_eq!(BarCqt::pool(&cqt(), &BarGrid::new(96, &[], Ticks(0)), &tempo).bars(), 0);
        let silent = BarCqt::pool(&none, &BarGrid::new(96, &[], Ticks(800)), &tempo);
        assert!(silent.bars() == 3 && silent.values().iter().all(|x| *x == 0.0));
    }
}
