//! From a recording and its notes to a [`Piano`].

use super::TimbreError;
use super::attack::fit_attack;
use super::damper_fit::ends;
use super::dampers::DamperFall;
use super::key_balance::even_out;
use super::model::{Observation, model};
use super::noise_fit::{self, fit_noise};
use super::note::{PlayedNote, Velocities};
use super::partial_fit::{OwnSound, fit_common, samples as differences};
use super::piano::{HIGHEST_PARTIAL, KEYS, LOWEST, PARTIALS, Partial, Piano};
use super::spectrogram::Spectrogram;
use super::tuning;
use super::velocity_fit::fit_velocities;

/// Samples of the spectra that partials are measured in, and from one to the next.
const SIZE: usize = 4096;
const HOP: usize = 1024;

/// The same for the noise of the attack.
const SHORT: usize = 1024;
const SHORT_HOP: usize = 256;

/// How much of a recording is usually heard, in seconds from its first note on.
pub const LONGEST: f64 = 120.0;

/// The least that has to be heard of a piano: seconds of notes.
pub const LEAST: f64 = 1.0;

/// Steps of the fit.
const COMMON_STEPS: usize = 4;
const OWN_STEPS: usize = 4;
const LAST_STEPS: usize = 2;

/// How far neighbouring keys are alike, in keys, and what the expected piano weighs beside one of them.
const NEIGHBOURS: f32 = 1.5;
const DOUBT: f32 = 0.015;

/// A piano as it was heard.
#[derive(Clone, Debug)]
pub struct Measured {
    /// All its keys.
    pub piano: Piano,
    /// Root mean square difference of its partials from the recording's, in dB.
    pub error: f64,
    /// Share of the recording's power that the piano's partials and noise explain, 0 to 1.
    pub explained: f64,
    /// Above this the recording has next to nothing, in hertz.
    pub highest: f32,
    /// Notes that it was measured on.
    pub notes: usize,
}

/// Measures a piano in mono samples at `rate` hertz. `notes` are those of the recording, each with how its
/// damper falls; `expected` is what sounds where nothing is heard. No more than `longest` seconds are
/// listened to ([`LONGEST`] are enough).
///
/// # Errors
/// [`TimbreError::Silent`], [`TimbreError::TooFewNotes`], [`TimbreError::Cancelled`].
pub fn measure(
    samples: &[f32],
    rate: f32,
    notes: &[(PlayedNote, DamperFall)],
    velocities: Velocities,
    expected: &Piano,
    longest: f64,
    go_on: &dyn Fn(f32) -> bool,
) -> Result<Measured, TimbreError> {
    let step = |share: f32| if go_on(share) { Ok(()) } else { Err(TimbreError::Cancelled) };
    let (samples, notes, falls) = heard_part(samples, rate, notes, longest);
    let peak = samples.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    if peak < 1e-4 {
        return Err(TimbreError::Silent);
    }
    let sounding: f64 = notes.iter().map(|note| note.end - note.start).sum();
    if sounding < LEAST {
        return Err(TimbreError::TooFewNotes);
    }
    let mut notes = shifted(&notes, lag(samples, rate, &notes));
    let mut piano = expected.clone();
    piano.keys.iter_mut().for_each(|key| key.heard = false);
    step(0.0)?;
    let long = Spectrogram::new(samples, rate, tuning::SIZE, tuning::HOP);
    tuning::tune(&long, rate, &notes, &mut piano);
    drop(long);
    fill_up(&mut piano);
    step(0.1)?;

    let spectra = Spectrogram::new(samples, rate, SIZE, HOP);
    let floor = floor(&spectra);
    let long = Observation { spectra: &spectra, notes: &[], falls: &falls, rate, floor: &floor };
    let short_spectra = Spectrogram::new(samples, rate, SHORT, SHORT_HOP);
    let short_floor = self::floor(&short_spectra);
    let short = Observation { spectra: &short_spectra, floor: &short_floor, ..long };
    let (mut modelled, mut short_modelled) = (spectra.zeros(), short_spectra.zeros());
    match_level(&Observation { notes: &notes, ..long }, &mut piano, &mut modelled);
    let steps = (COMMON_STEPS + OWN_STEPS + LAST_STEPS) as f32;
    for at in 0..COMMON_STEPS {
        let observed = Observation { notes: &notes, ..long };
        fit_common(&observed, velocities, &mut piano, &mut modelled);
        if at % 2 == 1 {
            let short = Observation { notes: &notes, ..short };
            fit_noise(&short, &mut piano, &mut short_modelled);
        }
        if velocities == Velocities::Guessed {
            let (found, _) = differences(&observed, &piano, &mut modelled);
            fit_velocities(&found, &piano, &mut notes);
            if at % 2 == 1 {
                let ends = ends(&Observation { notes: &notes, ..long }, &piano, &mut modelled);
                notes.iter_mut().zip(ends).for_each(|(note, end)| note.end = end);
            }
        }
        step(0.1 + 0.9 * (at + 1) as f32 / steps)?;
    }
    let later = fit_attack(samples, rate, &notes, &mut piano)?;
    let notes = shifted(&notes, later);
    let observed = Observation { notes: &notes, ..long };
    let short = Observation { notes: &notes, ..short };
    let mut own = OwnSound::new(piano);
    let mut error = 0.0;
    for at in 0..OWN_STEPS + LAST_STEPS {
        if at == OWN_STEPS {
            let mut piano = own.piano();
            fit_noise(&short, &mut piano, &mut short_modelled);
            fit_attack(samples, rate, &notes, &mut piano)?;
            own.set_attack(piano.keys[0].attack);
            own.set_noise(&piano);
            own.lean_on_neighbours(NEIGHBOURS, DOUBT);
        }
        error = own.fit(&observed, velocities, &mut modelled);
        step(0.1 + 0.9 * (COMMON_STEPS + at + 1) as f32 / steps)?;
    }
    own.lean_on_neighbours(NEIGHBOURS, DOUBT);
    let mut piano = own.piano();
    for _ in 0..2 {
        fit_noise(&short, &mut piano, &mut short_modelled);
    }
    for note in &notes {
        let index = usize::from(note.key.saturating_sub(LOWEST)).min(KEYS - 1);
        piano.keys[index].heard = true;
    }
    step(1.0)?;
    modelled.clear();
    noise_fit::add_noise(&observed, &piano, &mut modelled);
    model(&observed, &piano, &mut modelled, &mut |_, _, _, _, _| {});
    let explained = explained(&spectra, &modelled);
    // Only now: until here the piano belongs to velocities as they were guessed.
    if velocities == Velocities::Guessed {
        even_out(&mut piano);
    }
    Ok(Measured { piano, error, explained, highest: highest(&spectra), notes: notes.len() })
}

/// The recording from half a second before its first note on, at most `longest` seconds.
fn heard_part<'a>(
    samples: &'a [f32],
    rate: f32,
    notes: &[(PlayedNote, DamperFall)],
    longest: f64,
) -> (&'a [f32], Vec<PlayedNote>, Vec<DamperFall>) {
    let first = notes.iter().map(|(note, _)| note.start).fold(f64::MAX, f64::min);
    let begin = if first < f64::MAX { (first - 0.5).max(0.0) } else { 0.0 };
    let at = |seconds: f64| ((seconds * f64::from(rate)) as usize).min(samples.len());
    let part = &samples[at(begin)..at(begin + longest)];
    let length = part.len() as f64 / f64::from(rate);
    let (notes, falls) = notes
        .iter()
        .filter(|(note, _)| note.start - begin < length)
        .map(|(note, fall)| {
            (PlayedNote { start: note.start - begin, end: note.end - begin, ..*note }, *fall)
        })
        .unzip();
    (part, notes, falls)
}

/// How late the sound comes behind the notes, in seconds: from the rise of its energy.
fn lag(samples: &[f32], rate: f32, notes: &[PlayedNote]) -> f64 {
    const HOP: usize = 64;
    const REACH: usize = 160;
    let energies: Vec<f32> = samples
        .chunks(HOP)
        .map(|block| (block.iter().map(|x| x * x).sum::<f32>() / HOP as f32 + 1e-9).log10())
        .collect();
    // The rise from the 12 ms before to the 6 ms after.
    let mean = |from: usize, to: usize| energies[from..to].iter().sum::<f32>() / (to - from) as f32;
    let rises: Vec<f32> = (0..energies.len())
        .map(|at| {
            if at < 8 || at + 4 >= energies.len() {
                0.0
            } else {
                (mean(at, at + 4) - mean(at - 8, at)).max(0.0)
            }
        })
        .collect();
    let mut best = (f32::MIN, 0isize);
    for shift in -(REACH as isize) / 2..REACH as isize {
        let sum = |note: &PlayedNote| {
            let at = (note.start * f64::from(rate) / HOP as f64).round() as isize + shift;
            usize::try_from(at).ok().and_then(|at| rises.get(at)).copied().unwrap_or(0.0)
        };
        // Sounds come behind their notes, seldom before.
        let doubt = 1.0 - shift.unsigned_abs() as f32 / (4 * REACH) as f32;
        let score = doubt * notes.iter().map(sum).sum::<f32>();
        if score > best.0 {
            best = (score, shift);
        }
    }
    best.1 as f64 * HOP as f64 / f64::from(rate)
}

fn shifted(notes: &[PlayedNote], by: f64) -> Vec<PlayedNote> {
    notes
        .iter()
        .map(|note| PlayedNote { start: note.start + by, end: note.end + by, ..*note })
        .collect()
}

/// Gives keys the partials that their inharmonicity has room for.
fn fill_up(piano: &mut Piano) {
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        let room =
            (1..=PARTIALS).take_while(|n| sound.frequency(key, *n) < HIGHEST_PARTIAL).count();
        let last = sound.partials.last().copied().unwrap_or(Partial {
            levels: [-80.0; 3],
            fast: 20.0,
            slow: 8.0,
            aftersound: -12.0,
        });
        while sound.partials.len() < room {
            let more = sound.partials.len() as f32;
            let levels = last.levels.map(|level| level - 3.0 * (more - room as f32).abs().min(1.0));
            sound.partials.push(Partial { levels, ..last });
        }
        sound.partials.truncate(room.max(1));
    }
}

/// The share of the amplitude that a model accounts for.
fn explained(spectra: &Spectrogram, modelled: &Spectrogram) -> f64 {
    let (mut common, mut all) = (0.0, 0.0);
    for frame in 0..spectra.frames() {
        for (seen, expected) in spectra.frame(frame).iter().zip(modelled.frame(frame)) {
            common += f64::from(seen.min(*expected).sqrt());
            all += f64::from(seen.sqrt());
        }
    }
    common / f64::max(all, 1e-12)
}

/// The frequency below which nearly all of the loudest in each bin lies: 95 dB under the strongest bin ends
/// it.
fn highest(spectra: &Spectrogram) -> f32 {
    let mut loudest = vec![0.0f32; spectra.bins];
    // A recording that is cut off clicks: frames beyond its ends are left out.
    let edge = spectra.size / spectra.hop / 2;
    for frame in edge..spectra.frames().saturating_sub(edge) {
        let row = spectra.frame(frame);
        loudest.iter_mut().zip(row).for_each(|(most, power)| *most = most.max(*power));
    }
    let most = loudest.iter().fold(0.0f32, |most, power| most.max(*power));
    let last = loudest.iter().rposition(|power| *power > 3e-10 * most).unwrap_or(0);
    last as f32 * spectra.bin
}

/// What a recording has in each bin at its quietest.
fn floor(spectra: &Spectrogram) -> Vec<f32> {
    let frames = spectra.frames();
    let mut column = Vec::with_capacity(frames);
    (0..spectra.bins)
        .map(|bin| {
            column.clear();
            column.extend((0..frames).map(|frame| spectra.frame(frame)[bin]));
            let at = frames / 50;
            *column.select_nth_unstable_by(at, f32::total_cmp).1
        })
        .collect()
}

/// Makes the expected piano as loud as the recording.
fn match_level(observed: &Observation, piano: &mut Piano, modelled: &mut Spectrogram) {
    modelled.clear();
    model(observed, piano, modelled, &mut |_, _, _, _, _| {});
    let power = |spectra: &Spectrogram| -> f32 {
        (0..spectra.frames()).map(|frame| spectra.frame(frame).iter().sum::<f32>()).sum()
    };
    let gain = 10.0 * ((power(observed.spectra) + 1e-12) / (power(modelled) + 1e-12)).log10();
    for sound in &mut piano.keys {
        for partial in &mut sound.partials {
            partial.levels.iter_mut().for_each(|level| *level += gain);
        }
        sound.noise.levels.iter_mut().for_each(|level| *level += gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_is_cut_off_is_as_dull_as_before() {
        let sample = |at: u32| (f64::from(at) * 0.1425 + 1.0).sin() as f32;
        let sine: Vec<f32> = (0..44_100).map(sample).collect();
        let spectra = Spectrogram::new(&sine, 44_100.0, SIZE, HOP);
        let highest = highest(&spectra);
        assert!((1_000.0..2_000.0).contains(&highest), "{highest} Hz");
    }
}
