//! When the dampers fall on notes of which nobody says how long they are held.
//!
//! Of each note the piano so far says how its partials would go on if it were held. Its end is the frame
//! from which on the recording is more like partials that fade under the damper: a change point, by the sum
//! of absolute differences in dB. Where other notes are louder both say the same, so they do not count.

use super::dampers::DamperFall;
use super::envelope::Window;
use super::model::{LONGEST, Observation, model};
use super::noise_fit;
use super::note::PlayedNote;
use super::partial_fit::leakage;
use super::piano::Piano;
use super::spectrogram::{Spectrogram, around_gain};

/// Partials of a note that are listened to, at most.
const PARTIALS: usize = 24;

/// How fast a note fades under the damper here, in dB a second. It is not the piano's: dampers that are
/// found to be slow would let notes end earlier, and these make dampers slower.
const DAMPER: f32 = 80.0;

/// Fainter than this, in dB, nothing is left of a note under the damper.
const GONE: f32 = 50.0;

/// How much faster a note may decay than expected, in dB a second, and what each of these costs in dB.
const FASTER: [f32; 5] = [0.0, -5.0, 5.0, 10.0, 20.0];
const COST_OF_FASTER: f32 = 0.3;

/// What a second of being held costs, in dB: what nobody accounts for shall not hold notes.
const COST_OF_SECOND: f32 = 200.0;

/// No difference counts for more, in dB.
const LARGEST: f32 = 12.0;

/// The least frames that a note is held.
const SHORTEST: usize = 2;

/// Frames at the beginning that say how loud a partial is.
const BEGINNING: std::ops::Range<usize> = 2..10;

/// A partial of a note in a frame, in power: what is heard, what other notes and noise account for, and
/// what the partial has while held.
#[derive(Clone, Copy)]
struct Moment {
    heard: f32,
    others: f32,
    own: f32,
}

/// When the damper falls on each note of `observed`, in seconds. `modelled` is room for spectra.
pub fn ends(observed: &Observation, piano: &Piano, modelled: &mut Spectrogram) -> Vec<f64> {
    let spectra = observed.spectra;
    modelled.clear();
    noise_fit::add_noise(observed, piano, modelled);
    model(observed, piano, modelled, &mut |_, _, _, _, _| {});
    let leakage = leakage(spectra);
    let mut notes = observed.notes.to_vec();
    for new in &mut notes {
        let note = *new;
        // Without a damper, as of the highest keys, nothing ends.
        if piano.key(note.key).release <= 0.0 {
            continue;
        }
        let again = observed.notes.iter().filter(|other| other.key == note.key);
        let again = again.map(|other| other.start).filter(|at| *at > note.start + 0.01);
        let latest = again.fold(note.start + LONGEST, f64::min);
        let moments = moments(observed, piano, modelled, &leakage, &note, latest);
        let Some(frames) = moments.first().map(Vec::len).filter(|frames| *frames > 6) else {
            continue;
        };
        let frame = spectra.hop as f64 / f64::from(observed.rate);
        let held = frames_held(&with_level(moments), frame as f32);
        let end = if held >= frames {
            latest
        } else {
            // The damper falls between two frames.
            (first_frame(&note, frame) as f64 + held as f64 - 0.5) * frame
        };
        new.end = end.max(note.start + 0.05);
        move_end(observed, piano, modelled, &note, new);
    }
    notes.into_iter().map(|note| note.end).collect()
}

fn first_frame(note: &PlayedNote, frame: f64) -> usize {
    (note.start / frame).ceil() as usize
}

/// What is heard at a note's partials from its stroke on, frame by frame.
fn moments(
    observed: &Observation,
    piano: &Piano,
    modelled: &Spectrogram,
    leakage: &[f32],
    note: &PlayedNote,
    latest: f64,
) -> Vec<Vec<Moment>> {
    let (spectra, sound) = (observed.spectra, piano.key(note.key));
    let window = Window::new(spectra.size, observed.rate);
    let frame = spectra.hop as f64 / f64::from(observed.rate);
    let last = ((latest / frame) as usize).min(spectra.frames().saturating_sub(1));
    let held = PlayedNote { end: note.start + 2.0 * LONGEST, ..*note };
    let partials = (1..).zip(sound.partials.iter().take(PARTIALS));
    let of_partial = |(n, partial)| {
        let frequency = sound.frequency(note.key, n);
        let gain = around_gain(frequency, spectra.bin);
        let nearest = (frequency / spectra.bin).round() as usize;
        let floor = observed.floor.get(nearest).copied().unwrap_or(0.0);
        let power = |note: &PlayedNote, at: usize| {
            let expected =
                window.expect((note, DamperFall::default()), sound, partial, at as f64 * frame);
            expected.amplitude * expected.amplitude * gain
        };
        let moment = |at: usize| Moment {
            heard: spectra.around(at, frequency),
            others: (modelled.around(at, frequency) - power(note, at)).max(0.0)
                + 3.0 * (floor + leakage[at]),
            own: power(&held, at),
        };
        (first_frame(note, frame)..=last).map(moment).collect()
    };
    partials.map(of_partial).collect()
}

/// The partials as loud as each is at the beginning; one that is not alone there as the others are.
fn with_level(mut moments: Vec<Vec<Moment>>) -> Vec<Vec<Moment>> {
    let off = |moments: &Vec<Moment>| {
        let beginning = moments.iter().take(BEGINNING.end).skip(BEGINNING.start);
        beginning.fold((0.0, 0.0), |(sum, weights), Moment { heard, others, own }| {
            let share = own / (own + others);
            if share <= 0.5 {
                return (sum, weights);
            }
            let louder = 10.0 * ((heard - others).max(0.03 * own) / own).log10();
            (sum + share * louder, weights + share)
        })
    };
    let offs: Vec<(f32, f32)> = moments.iter().map(off).collect();
    let (sum, weights) = offs.iter().fold((0.0, 0.5), |a, b| (a.0 + b.0, a.1 + b.1));
    let usual = sum / weights;
    for (moments, (sum, weight)) in moments.iter_mut().zip(offs) {
        let louder = ((sum + usual) / (weight + 1.0)).clamp(-20.0, 20.0);
        let gain = 10f32.powf(louder / 10.0);
        moments.iter_mut().for_each(|moment| moment.own *= gain);
    }
    moments
}

/// How many frames of `frame` seconds a note is held, of as many as there are.
fn frames_held(partials: &[Vec<Moment>], frame: f32) -> usize {
    let frames = partials[0].len();
    let fall = |lag: usize| DAMPER * (lag as f32 + 0.5) * frame;
    let damped: Vec<f32> = (0..)
        .map(fall)
        .take_while(|fall| *fall < GONE)
        .map(|fall| 10f32.powf(-fall / 10.0))
        .collect();
    let mut best = (f32::MAX, frames);
    for faster in FASTER {
        // By frame: held, so many frames under the damper, and with nothing left.
        let mut costs = vec![vec![0.0f32; damped.len() + 2]; frames];
        for moments in partials {
            for (at, (Moment { heard, others, own }, costs)) in
                moments.iter().zip(&mut costs).enumerate()
            {
                // Whatever the decay, the same moments count.
                if *own < 0.3 * others {
                    continue;
                }
                let own = own * 10f32.powf(-faster * at as f32 * frame / 10.0);
                let off = |own: f32| {
                    let ratio = (heard + 1e-16) / (own + others + 1e-16);
                    (10.0 * ratio.log10()).abs().min(LARGEST)
                };
                let gains = std::iter::once(&1.0).chain(&damped).chain(&[0.0]);
                costs.iter_mut().zip(gains).for_each(|(cost, gain)| *cost += off(own * gain));
            }
        }
        let gone = damped.len() + 1;
        let mut silent: f32 = costs.iter().skip(SHORTEST + damped.len()).map(|c| c[gone]).sum();
        let mut held = COST_OF_FASTER * faster.abs();
        for end in SHORTEST..=frames {
            let fading = costs[end..].iter().zip(1..gone).map(|(cost, lag)| cost[lag]);
            let total = held + fading.sum::<f32>() + silent;
            if total < best.0 {
                best = (total, end);
            }
            held += costs.get(end).map_or(0.0, |cost| cost[0]) + COST_OF_SECOND * frame;
            silent -= costs.get(end + damped.len()).map_or(0.0, |cost| cost[gone]);
        }
    }
    best.1
}

/// Puts the note with its new end in the place of the one with its old end.
fn move_end(
    observed: &Observation,
    piano: &Piano,
    modelled: &mut Spectrogram,
    old: &PlayedNote,
    new: &PlayedNote,
) {
    let sound = piano.key(old.key);
    let window = Window::new(modelled.size, observed.rate);
    let frame = modelled.hop as f64 / f64::from(observed.rate);
    let first = first_frame(old, frame);
    let last = ((old.start + LONGEST + 0.5) / frame) as usize;
    for (n, partial) in (1..).zip(&sound.partials) {
        let frequency = sound.frequency(old.key, n);
        for at in first..=last.min(modelled.frames().saturating_sub(1)) {
            let power = |note: &PlayedNote| {
                window
                    .expect((note, DamperFall::default()), sound, partial, at as f64 * frame)
                    .amplitude
                    .powi(2)
            };
            let change = power(new) - power(old);
            if change != 0.0 {
                modelled.add_sine(at, frequency, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synth::perform;
    use super::*;

    #[test]
    fn ends_are_found_among_other_notes() {
        let note = |start: f64, end: f64, key: u8| PlayedNote { start, end, key, velocity: 80 };
        // One sounds on when the other of a chord has ended; a chord is played over a bass note.
        let real = [
            note(0.3, 3.5, 36),
            note(0.3, 0.9, 60),
            note(0.3, 2.0, 71),
            note(1.0, 1.6, 55),
            note(1.0, 2.6, 64),
            note(2.2, 2.7, 60),
        ];
        let (piano, rate) = (Piano::schematic(), 44_100);
        let [left, right] = perform(&piano, &real, rate, &|| false).unwrap();
        let mono: Vec<f32> = left.iter().zip(right).map(|(a, b)| 0.5 * (a + b)).collect();
        let spectra = Spectrogram::new(&mono, rate as f32, 4096, 1024);
        let floor = vec![1e-12; spectra.bins];
        let mut found = real.map(|real| PlayedNote { end: real.start + 0.4, ..real });
        // What one note is taken for depends on how long the others are.
        for _ in 0..2 {
            let observed = Observation {
                spectra: &spectra,
                notes: &found,
                falls: &[],
                rate: rate as f32,
                floor: &floor,
            };
            let ends = ends(&observed, &piano, &mut spectra.zeros());
            found.iter_mut().zip(ends).for_each(|(note, end)| note.end = end);
        }
        for (real, found) in real.iter().zip(found) {
            assert!((real.end - found.end).abs() < 0.15, "{}: {}", real.key, found.end);
        }
    }
}
