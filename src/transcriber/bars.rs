//! How beats are gathered in bars: one metre and one first beat for a whole recording.

use super::beat_options::BeatOptions;
use super::spectrogram::FRAMES_PER_SECOND;
use super::tracking::{highest, place};

/// Beats to a bar, with how much less likely they are than four, as a logarithm.
pub const METRES: [(usize, f32); 6] = [(4, 0.0), (3, 2.0), (2, 7.0), (6, 5.0), (5, 7.0), (7, 7.0)];
/// How much less likely a recording is that begins within a bar, as a logarithm, and a loop that does,
/// and one whose bars are not two, four, eight and so on.
const UPBEAT: f32 = 0.75;
const WITHIN_A_BAR: f32 = 6.0;
const UNEVEN_BARS: f32 = 1.5;
/// What a network says of many beats is not that many opinions: all of them together count as so
/// many at most.
const OPINIONS: f32 = 12.0;
/// What a standard deviation of the harmony's changes is worth on all downbeats, as a logarithm, and
/// from how many on. By regression on 97 songs with the true beats.
const HARMONY: f32 = 4.4;
const CHANGES: f32 = 4.0;

/// Whether so many beats are bars that people make loops of: of more than four bars an even number,
/// of more than eight one of fours.
pub fn may_be_looped(beats: usize, to_a_bar: usize) -> bool {
    let bars = beats / to_a_bar;
    let groups = match bars {
        0..=4 => 1,
        5..=8 => 2,
        _ => 4,
    };
    beats.is_multiple_of(to_a_bar) && bars.is_multiple_of(groups)
}

/// How beats are gathered in bars, and how likely that is, as a logarithm.
pub struct Bars {
    pub beats_to_a_bar: usize,
    pub first: usize,
    pub worth: f32,
}

/// Beats to a bar and the first beat that begins one, for the whole recording. `harmony` says how much
/// changes at each beat, if anything is known of that.
pub fn bars(
    downbeat: &[f32],
    frames: &[f64],
    harmony: &[f32],
    options: &BeatOptions,
    is_loop: bool,
) -> Bars {
    let strength: Vec<f32> = frames.iter().map(|&frame| highest(downbeat, frame)).collect();
    // The logarithms of the probabilities that a beat is a downbeat and that it is not.
    let logarithms = |&odds: &f32| {
        let probability = 1.0 / (1.0 + (-odds).exp());
        (probability.ln(), (1.0 - probability).ln())
    };
    let (yes, no): (Vec<f32>, Vec<f32>) = strength.iter().map(logarithms).unzip();
    // The beat that begins a bar; negative ahead of the first.
    let given = options.downbeat.filter(|_| frames.len() > 1);
    let given = given.map(|at| place(frames, at * FRAMES_PER_SECOND).round() as i64);
    let opinions = OPINIONS.min(frames.len() as f32) / frames.len().max(1) as f32;
    METRES
        .iter()
        .filter(|(beats, _)| options.beats_to_a_bar.is_none_or(|asked| asked == *beats))
        .filter(|(beats, _)| !is_loop || may_be_looped(frames.len(), *beats))
        .copied()
        .chain(options.beats_to_a_bar.map(|beats| (beats, 0.0)))
        .flat_map(|(beats, rarity)| {
            (0..beats.min(frames.len())).map(move |first| (beats, rarity, first))
        })
        .filter(|(beats, _, first)| {
            given.is_none_or(|given| {
                let begins = given.rem_euclid(*beats as i64) as usize;
                // Of less than a bar the beat that is meant may not be there.
                begins == *first || begins >= frames.len()
            })
        })
        .map(|(beats_to_a_bar, rarity, first)| {
            let sum: f32 = (0..frames.len())
                .map(|index| if index % beats_to_a_bar == first { yes[index] } else { no[index] })
                .sum();
            let (count, change) = harmony
                .iter()
                .skip(first)
                .step_by(beats_to_a_bar)
                .fold((0.0_f32, 0.0), |(count, sum), change| (count + 1.0, sum + change));
            let harmony = HARMONY * change / count.max(CHANGES);
            let uneven = is_loop && !(frames.len() / beats_to_a_bar).is_power_of_two();
            let odd = rarity
                + if uneven { UNEVEN_BARS } else { 0.0 }
                + match first {
                    0 => 0.0,
                    _ if is_loop => WITHIN_A_BAR,
                    _ => UPBEAT,
                };
            Bars { beats_to_a_bar, first, worth: sum * opinions + harmony - odd }
        })
        .max_by(|a, b| a.worth.total_cmp(&b.worth))
        .unwrap_or(Bars { beats_to_a_bar: 4, first: 0, worth: f32::NEG_INFINITY })
}
