//! Whether a table that was measured can be a piano's.

use super::piano::{BAND_EDGES, KeySound, Piano};
use super::spectrogram::Spectrogram;

/// Above this frequency, in hertz, hammers make little noise and cymbals much.
const CYMBALS: f32 = 4_500.0;

/// More noise above it than this, in dB beside all partials, is not a hammer's where the dampers take
/// nothing; it may be louder by the other figure for each decibel that they take in a second. Dampers of
/// five pianos were found to take 54 to 95 dB, in a hall 30 and 35, those that six bands were taken to have
/// 14 to 40. The noisiest piano, in a hall, lies 3 dB under this line; of the bands five lie 2 to 17 dB
/// above it, and one, with dampers of 40 dB, under it.
const LOUDEST_HAMMERS: f32 = -44.0;
const LOUDER_BY_DAMPERS: f32 = 0.75;

/// The softest tenth of a recording has at least this share of the power that half of it has above
/// [`CYMBALS`] if that is hiss: 0.9. Of bands it has 0.3 at most.
const STEADY: f32 = 0.5;

/// Samples of a spectrum that hiss is looked for in.
const SIZE: usize = 1024;

/// Whether others play along: little stops as dampers fall, and there is noise as of cymbals. Pianos may
/// have one of the two, such as those in a hall.
pub fn is_a_band(piano: &Piano) -> bool {
    let heard = || piano.keys.iter().filter(|key| key.heard);
    // The highest keys have no dampers.
    let dampers = median(heard().map(|key| key.release).filter(|release| *release > 0.0));
    let noise = median(heard().map(noise_beside_partials));
    let [Some(dampers), Some(noise)] = [dampers, noise] else { return false };
    noise > LOUDEST_HAMMERS + LOUDER_BY_DAMPERS * dampers
}

/// Whether all that a recording has above [`CYMBALS`] is as steady as hiss. Hiss is taken for noise of the
/// hammers that no damper stops. `samples` are mono at `rate` hertz.
pub fn hisses(samples: &[f32], rate: f32) -> bool {
    let spectra = Spectrogram::new(samples, rate, SIZE, SIZE);
    let first = (CYMBALS / spectra.bin) as usize;
    let power = |at: usize| spectra.frame(at).get(first..).unwrap_or_default().iter().sum::<f32>();
    let mut powers: Vec<f32> = (0..spectra.frames()).map(power).collect();
    powers.sort_by(f32::total_cmp);
    let [soft, middle] = [10, 2].map(|part| powers[powers.len() / part]);
    soft > STEADY * middle
}

/// How loud the noise above [`CYMBALS`] is at the attack, in dB beside the partials; both as root mean
/// square.
fn noise_beside_partials(key: &KeySound) -> f32 {
    let power = |level: &f32| 10f32.powf(level / 10.0);
    let bands = key.noise.levels.iter().zip(BAND_EDGES).filter(|(_, edge)| *edge >= CYMBALS);
    let noise: f32 = bands.map(|(level, _)| power(level)).sum();
    // A sine has half of the power of its amplitude.
    let partials = key.partials.iter().map(|partial| 0.5 * power(&partial.levels[1])).sum::<f32>();
    10.0 * ((noise + 1e-20) / (partials + 1e-20)).log10()
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schematic piano, some keys heard, with other dampers and as much noise beside the partials of
    /// most of them.
    fn heard(release: f32, noise: f32) -> Piano {
        let mut piano = Piano::schematic();
        let now = median(piano.keys[20..80].iter().map(noise_beside_partials)).unwrap();
        for key in &mut piano.keys[20..80] {
            key.heard = true;
            if key.release > 0.0 {
                key.release = release;
            }
            key.noise.levels[9..].iter_mut().for_each(|level| *level += noise - now);
        }
        piano
    }

    #[test]
    fn noise_that_no_damper_stops_is_a_bands() {
        // What was measured of songs' bands, by their renderings.
        let bands = [(23.1, -24.5), (13.6, -19.6), (15.3, -16.2), (15.5, -14.4), (23.0, -12.4)];
        assert!(bands.iter().all(|&(dampers, noise)| is_a_band(&heard(dampers, noise))));
        // Of pianos, of one with the pedal held, of two in a hall, and of one of which nothing was heard.
        let pianos = [
            (94.5, -23.0),
            (78.0, -25.9),
            (54.0, -37.9),
            (80.7, -26.8),
            (34.9, -20.6),
            (29.9, -34.9),
        ];
        assert!(!pianos.iter().any(|&(dampers, noise)| is_a_band(&heard(dampers, noise))));
        assert!(!is_a_band(&Piano::schematic()));
    }

    #[test]
    fn hiss_is_steady_and_cymbals_are_not() {
        let mut state = 1u32;
        let mut noise = |gain: &dyn Fn(usize) -> f32| -> Vec<f32> {
            let sample = |at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                gain(at) * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
            };
            (0..88_200).map(sample).collect()
        };
        assert!(hisses(&noise(&|_| 0.01), 44_100.0));
        // Every quarter of a second one that fades by 20 dB.
        let struck = |at: usize| 10f32.powf(-((at % 11_025) as f32) / 11_025.0);
        assert!(!hisses(&noise(&struck), 44_100.0));
        assert!(!hisses(&[0.0; 44_100], 44_100.0) && !hisses(&noise(&struck), 8_000.0));
    }

    #[test]
    fn noise_is_measured_beside_the_partials() {
        let mut key = Piano::schematic().keys[39].clone();
        key.partials.truncate(1);
        key.partials[0].levels = [-40.0, -20.0, 0.0];
        key.noise.levels = [-10.0; 12];
        key.noise.levels[9..].copy_from_slice(&[-50.0, -60.0, -200.0]);
        // -49.6 dB beside a sine of -23 dB.
        assert!((noise_beside_partials(&key) + 26.58).abs() < 0.02);
    }
}
