//! How fast the sound rises, and how late it comes, by comparing loudness around the strokes.

use super::TimbreError;
use super::note::PlayedNote;
use super::piano::Piano;
use super::synth::perform;

/// Time constants that are tried, in seconds.
const ATTACKS: [f32; 6] = [0.0007, 0.002, 0.004, 0.007, 0.012, 0.02];

/// Samples of a loudness: 3 ms.
const HOP: usize = 128;

/// How much of a recording is compared, in seconds.
const LONGEST: f64 = 40.0;

fn loudness(samples: &[f32]) -> Vec<f32> {
    let power = |block: &[f32]| block.iter().map(|x| x * x).sum::<f32>() / HOP as f32;
    samples.chunks_exact(HOP).map(|block| 10.0 * (power(block) + 1e-8).log10()).collect()
}

/// Sets the attack of all keys to the time constant that is most like the recording, and returns how much
/// later than the notes it sounds, in seconds.
pub fn fit_attack(
    samples: &[f32],
    rate: f32,
    notes: &[PlayedNote],
    piano: &mut Piano,
) -> Result<f64, TimbreError> {
    let notes: Vec<PlayedNote> = notes
        .iter()
        .filter(|note| note.start < LONGEST)
        .map(|note| PlayedNote { end: note.end.min(LONGEST), ..*note })
        .collect();
    let recorded = loudness(samples);
    let loudest = recorded.iter().fold(f32::MIN, |most, value| most.max(*value));
    let frame = |at: f64| (at * f64::from(rate) / HOP as f64) as isize;
    let mut around = vec![false; recorded.len()];
    for note in &notes {
        for at in frame(note.start - 0.012)..frame(note.start + 0.06) {
            if let Some(flag) = usize::try_from(at).ok().and_then(|at| around.get_mut(at)) {
                *flag = true;
            }
        }
    }
    let mut best = (f32::MAX, ATTACKS[1], 0);
    for attack in ATTACKS {
        piano.keys.iter_mut().for_each(|key| key.attack = attack);
        let [left, right] = perform(piano, &notes, rate as u32, &|| false)?;
        let mono: Vec<f32> = left.iter().zip(&right).map(|(a, b)| 0.5 * (a + b)).collect();
        let played = loudness(&mono);
        for shift in -6isize..=10 {
            let pairs = (0..recorded.len()).filter(|at| around[*at]).filter_map(|at| {
                let other = played.get(usize::try_from(at as isize - shift).ok()?)?;
                let least = loudest - 50.0;
                Some((recorded[at].max(least) - other.max(least)).abs())
            });
            let (sum, count) = pairs.fold((0.0f32, 0), |(sum, count), off| (sum + off, count + 1));
            let error = sum / count.max(1) as f32;
            if error < best.0 {
                best = (error, attack, shift);
            }
        }
    }
    piano.keys.iter_mut().for_each(|key| key.attack = best.1);
    Ok(best.2 as f64 * HOP as f64 / f64::from(rate))
}
