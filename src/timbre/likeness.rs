//! Whether a table that was measured can be a piano's.

use super::piano::{BAND_EDGES, KeySound, Piano};

/// Dampers that take less than this from the sound in a second, in dB, are none: those of five pianos were
/// found to take 62 to 95, those that whole bands were taken to have 7 to 23.
const SLOWEST_DAMPERS: f32 = 35.0;

/// Above this frequency, in hertz, hammers make little noise and cymbals much.
const CYMBALS: f32 = 4_500.0;

/// More noise above it, in dB beside all partials, is not a hammer's: that of the noisiest of the five
/// pianos lies at -28 to -23, the others' under -33, that of two bands of three at -22 to -15.
const LOUDEST_HAMMERS: f32 = -23.0;

/// Whether others play along: nothing stops as dampers fall, and there is noise as of cymbals. Pianos may
/// have one of the two, such as those that are played with the pedal held.
pub fn is_a_band(piano: &Piano) -> bool {
    let heard = || piano.keys.iter().filter(|key| key.heard);
    // The highest keys have no dampers.
    let dampers = median(heard().map(|key| key.release).filter(|release| *release > 0.0));
    let noise = median(heard().map(noise_beside_partials));
    dampers.is_some_and(|loss| loss < SLOWEST_DAMPERS)
        && noise.is_some_and(|level| level > LOUDEST_HAMMERS)
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

    /// The schematic piano, some keys heard, with other dampers and more noise above 4.5 kHz.
    fn heard(release: f32, noise: f32) -> Piano {
        let mut piano = Piano::schematic();
        for key in &mut piano.keys[20..80] {
            key.heard = true;
            if key.release > 0.0 {
                key.release = release;
            }
            key.noise.levels[9..].iter_mut().for_each(|level| *level += noise);
        }
        piano
    }

    #[test]
    fn noise_that_no_damper_stops_is_a_bands() {
        assert!(is_a_band(&heard(7.0, 40.0)));
        // A piano with a held pedal, one with much noise, and one of which nothing was heard.
        assert!(!is_a_band(&heard(7.0, 0.0)));
        assert!(!is_a_band(&heard(80.0, 40.0)));
        assert!(!is_a_band(&Piano::schematic()));
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
