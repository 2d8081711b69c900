//! How loud keys are beside each other where nobody says how hard they were struck.
//!
//! Who strikes a key hard by chance is heard as having a loud key: of what a key is louder than its
//! neighbours by listening, less than half is there when the velocities are known.

use super::piano::{KeySound, Piano};

/// The spread of the neighbours that say how loud a key is expected to be, in keys.
const WIDTH: f32 = 6.0;

/// The share of a key's distance from its neighbours that is believed. Of five pianos by listening to four
/// references it was 0.2 to 0.6 (regression on what is measured with velocities that are known).
const BELIEVED: f32 = 0.4;

/// How far what is found of keys that are heard speaks for those between them, in keys, and what none at
/// all weighs beside it.
const NEAR: f32 = 1.5;
const NONE: f32 = 0.015;

/// Moves the keys towards the loudness of those around them that are heard too.
pub fn even_out(piano: &mut Piano) {
    let levels: Vec<f32> = piano.keys.iter().map(level).collect();
    let heard: Vec<usize> = (0..levels.len()).filter(|&key| piano.keys[key].heard).collect();
    let move_of = |&key: &usize| {
        let weights = heard.iter().map(|&other| (closeness(key, other, WIDTH), levels[other]));
        let (sum, all) = weights.fold((0.0, 0.0), |(sum, all), (w, l)| (sum + w * l, all + w));
        (BELIEVED - 1.0) * (levels[key] - sum / all)
    };
    let moves: Vec<f32> = heard.iter().map(move_of).collect();
    for (key, sound) in piano.keys.iter_mut().enumerate() {
        let by = match heard.binary_search(&key) {
            Ok(at) => moves[at],
            Err(_) => {
                let weights = heard.iter().map(|&other| closeness(key, other, NEAR));
                let (sum, all) = weights
                    .zip(&moves)
                    .fold((0.0, NONE), |(sum, all), (w, by)| (sum + w * by, all + w));
                sum / all
            }
        };
        for partial in &mut sound.partials {
            partial.levels.iter_mut().for_each(|level| *level += by);
        }
    }
}

/// How loud a key is at the attack, in dB.
fn level(key: &KeySound) -> f32 {
    let power = key.partials.iter().map(|partial| 10f32.powf(partial.levels[1] / 10.0));
    10.0 * (power.sum::<f32>() + 1e-20).log10()
}

/// What one key says of another: a bell curve of their distance in keys.
fn closeness(key: usize, other: usize, width: f32) -> f32 {
    let away = key.abs_diff(other) as f32 / width;
    (-0.5 * away * away).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of one loudness, some heard; one of them is louder by 10 dB.
    fn uneven() -> Piano {
        let mut piano = Piano::schematic();
        for (at, key) in piano.keys.iter_mut().enumerate() {
            let gain = -30.0 - level(key) + if at == 40 { 10.0 } else { 0.0 };
            for partial in &mut key.partials {
                partial.levels.iter_mut().for_each(|level| *level += gain);
            }
            key.heard = (20..60).contains(&at) && at % 4 == 0;
        }
        piano
    }

    #[test]
    fn a_key_that_stands_out_is_believed_in_part() {
        let before = uneven();
        let mut piano = before.clone();
        even_out(&mut piano);
        let moved = |key: usize| level(&piano.keys[key]) - level(&before.keys[key]);
        // It counts in what is expected of itself: a fourth of its neighbours' weight.
        assert!((-5.0..-3.5).contains(&moved(40)), "{} dB", moved(40));
        assert!((0.5..1.5).contains(&moved(36)) && (0.5..1.5).contains(&moved(44)));
        // The next key, which is not heard, goes with it; far away nothing moves.
        assert!((-5.0..-2.5).contains(&moved(41)), "{} dB", moved(41));
        assert!(moved(0).abs() < 0.01 && moved(87).abs() < 0.01);
        // Harder and softer strokes stay as far apart.
        let [low, _, high] = piano.keys[40].partials[0].levels;
        let [softer, _, harder] = before.keys[40].partials[0].levels;
        assert!(((high - low) - (harder - softer)).abs() < 1e-4);
    }

    #[test]
    fn one_key_or_none_stays_as_it_is() {
        for count in [0, 1] {
            let mut before = uneven();
            before.keys.iter_mut().for_each(|key| key.heard = false);
            before.keys[30..30 + count].iter_mut().for_each(|key| key.heard = true);
            let mut piano = before.clone();
            even_out(&mut piano);
            assert!(piano == before);
        }
    }
}
