//! Pianos that are measured from what they played themselves.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::piano::{HIGHEST_PARTIAL, LOWEST};
use super::*;

const RATE: u32 = 44_100;

/// Brighter than the schematic piano, out of tune, stiffer, with longer decays.
fn other_piano() -> Piano {
    let mut piano = Piano::schematic();
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        sound.cents = 9.0;
        sound.inharmonicity *= 1.6;
        let count = (1..=sound.partials.len())
            .take_while(|n| sound.frequency(key, *n) < HIGHEST_PARTIAL)
            .count();
        sound.partials.truncate(count);
        for (n, partial) in (0..).zip(&mut sound.partials) {
            let colour = if n % 3 == 1 { 8.0 } else { -3.0 } + (n as f32).min(8.0);
            partial.levels.iter_mut().for_each(|level| *level += colour);
            partial.fast *= 0.6;
            partial.slow *= 0.6;
        }
    }
    piano
}

fn arpeggio() -> Vec<PlayedNote> {
    let keys = [48u8, 55, 60, 64, 67, 72, 76, 52, 59, 62];
    let note = |(at, key): (usize, u8)| PlayedNote {
        start: 0.4 * at as f64 + 0.2,
        end: 0.4 * at as f64 + 1.0,
        key,
        velocity: 80,
    };
    keys.into_iter().cycle().take(20).enumerate().map(note).collect()
}

fn recording(piano: &Piano, notes: &[PlayedNote]) -> Vec<f32> {
    let [left, right] = perform(piano, notes, RATE, &|| false).unwrap();
    left.iter().zip(&right).map(|(a, b)| 0.5 * (a + b)).collect()
}

/// The other piano's recording and what was learned of it, once for all tests.
fn learned() -> &'static (Vec<f32>, Learned) {
    static LEARNED: OnceLock<(Vec<f32>, Learned)> = OnceLock::new();
    LEARNED.get_or_init(|| {
        let samples = recording(&other_piano(), &arpeggio());
        let part = Part { notes: arpeggio(), ..Part::default() };
        let learned = learn(&samples, RATE as f32, Some(&[part]), &|_| true).unwrap();
        (samples, learned)
    })
}

#[test]
fn a_piano_is_measured_by_what_it_played() {
    let (_, learned) = learned();
    let truth = other_piano();
    assert_eq!(learned.remarks, []);
    assert_eq!(learned.measured.notes, 20);
    let (mut off, mut count) = (0.0, 0.0);
    for key in [48u8, 55, 60, 64, 67, 72] {
        let (found, real) = (learned.measured.piano.key(key), truth.key(key));
        assert!(found.heard);
        assert!((found.cents - real.cents).abs() < 3.0, "{key}: {} cents", found.cents);
        let stiffness = found.inharmonicity / real.inharmonicity;
        assert!((0.7..1.4).contains(&stiffness), "{key}: {stiffness} times as stiff");
        for (found, real) in found.partials.iter().zip(&real.partials).take(8) {
            off += (found.levels[1] - real.levels[1]).abs();
            count += 1.0;
        }
    }
    // The schematic piano itself is some 6 dB off.
    assert!(off / count < 2.0, "levels are off by {} dB", off / count);
}

#[test]
fn keys_that_are_not_heard_follow_those_that_are() {
    let (_, learned) = learned();
    let (found, real) = (learned.measured.piano.key(61), other_piano());
    let schematic = Piano::schematic();
    assert!(!found.heard);
    let off = |piano: &KeySound| -> f32 {
        let pairs = piano.partials.iter().zip(&real.key(61).partials).take(8);
        pairs.map(|(a, b)| (a.levels[1] - b.levels[1]).abs()).sum::<f32>() / 8.0
    };
    assert!(off(found) < 0.6 * off(schematic.key(61)), "off by {} dB", off(found));
    assert!((found.cents - 9.0).abs() < 4.0);
}

#[test]
fn notes_are_found_without_being_told() {
    // Out of tune, stiffer, brighter from partial to partial, dull on top.
    let mut piano = Piano::schematic();
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        sound.cents = 9.0;
        sound.inharmonicity *= 1.6;
        let base = sound.frequency(key, 1);
        for (n, partial) in (0..).zip(&mut sound.partials) {
            let colour = (n as f32).min(8.0) - 4.0 * (base * n as f32 / 1000.0).max(1.0).log2();
            partial.levels.iter_mut().for_each(|level| *level += colour);
            partial.slow *= 0.6;
        }
    }
    let samples = recording(&piano, &arpeggio());
    let heard = note_detection::notes(&samples, RATE as f32);
    let real = arpeggio();
    let same = |a: &PlayedNote, b: &PlayedNote| a.key == b.key && (a.start - b.start).abs() < 0.05;
    let found = real.iter().filter(|note| heard.iter().any(|other| same(note, other))).count();
    assert!(found >= 16, "{found} of 20 found");
    assert!(heard.len() <= 26, "{} notes heard", heard.len());
}

#[test]
fn sounds_that_are_no_piano_are_refused_or_remarked_on() {
    let seconds = |of: &dyn Fn(usize) -> f32| (0..3 * RATE as usize).map(of).collect::<Vec<f32>>();
    let silence = seconds(&|_| 0.0);
    let learned = |samples: &[f32]| learn(samples, RATE as f32, None, &|_| true);
    assert_eq!(learned(&silence).unwrap_err(), TimbreError::Silent);
    let hum = seconds(&|at| (at as f32 * 0.03).sin() * 0.3);
    assert_eq!(learned(&hum).unwrap_err(), TimbreError::TooFewNotes);
    let mut state = 1u32;
    let noise: Vec<f32> = (0..3 * RATE)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let since = (at % 11_025) as f32 / RATE as f32;
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * (-since * 30.0).exp()
        })
        .collect();
    match learned(&noise) {
        Err(error) => {
            assert!(matches!(error, TimbreError::TooFewNotes | TimbreError::NoPiano), "{error}");
        }
        Ok(learned) => assert!(learned.remarks.contains(&Remark::Unlike), "{:?}", learned.remarks),
    }
    assert_eq!(learn(&noise, RATE as f32, Some(&[]), &|_| true).unwrap_err(), TimbreError::NoNotes);
}

/// What is learned of something odd is refused, or has a remark of some kind and makes no noise.
fn refused_or_remarked(samples: &[f32], remark: &dyn Fn(&Remark) -> bool) {
    match learn(samples, RATE as f32, None, &|_| true) {
        Err(error) => {
            let missing = "it needs at least a few seconds of piano notes";
            assert!(error.to_string().contains(missing), "{error}");
        }
        Ok(learned) => {
            assert!(learned.remarks.iter().any(remark), "{:?}", learned.remarks);
            assert!(learned.measured.piano.is_sound());
            let mut sides = perform(&learned.measured.piano, &arpeggio(), RATE, &|| false).unwrap();
            level(&mut sides);
            // Noise at full scale would have .5 and more.
            let power = sides[0].iter().map(|x| x * x).sum::<f32>() / sides[0].len() as f32;
            assert!(power.sqrt() < 0.3, "{}", power.sqrt());
        }
    }
}

#[test]
fn a_chord_alone_says_little() {
    let note = |key| PlayedNote { start: 0.3, end: 2.5, key, velocity: 80 };
    let chord = recording(&Piano::schematic(), &[48, 60, 64, 67].map(note));
    refused_or_remarked(&chord, &|remark| matches!(remark, Remark::FewKeys(1..6)));
}

#[test]
fn a_midi_file_of_something_else_is_remarked_on() {
    let real = arpeggio()[..8].to_vec();
    let samples = recording(&Piano::schematic(), &real);
    for shift in [0, 2, 5] {
        let notes = real.iter().map(|note| PlayedNote { key: note.key + shift, ..*note }).collect();
        let part = Part { notes, ..Part::default() };
        let remarks = learn(&samples, RATE as f32, Some(&[part]), &|_| true).unwrap().remarks;
        assert_eq!(remarks.contains(&Remark::OtherNotes), shift > 0, "{shift}: {remarks:?}");
    }
}

#[test]
fn clipped_and_dull_recordings_are_remarked_on() {
    let notes = &arpeggio()[..10];
    let mut piano = other_piano();
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        let heard = (1..=60).take_while(|n| sound.frequency(key, *n) < 3_800.0).count();
        sound.partials.truncate(heard.max(1));
        sound.noise.levels[8..].fill(-200.0);
    }
    let dull = recording(&piano, notes);
    refused_or_remarked(&dull, &|remark| matches!(remark, Remark::Dull(..6_000.0)));
    let clipped: Vec<f32> = recording(&other_piano(), notes)
        .into_iter()
        .map(|sample| (30.0 * sample).clamp(-1.0, 1.0))
        .collect();
    refused_or_remarked(&clipped, &|remark| matches!(remark, Remark::Clipped(_)));
}

#[test]
fn voices_that_speak_are_refused_or_remarked_on() {
    // Pulses of a pitch that glides, through two formants, in syllables.
    let (mut phase, mut resonators) = (0.0f32, [[0.0f32; 2]; 2]);
    let speech: Vec<f32> = (0..4 * RATE as usize)
        .map(|at| {
            let time = at as f32 / RATE as f32;
            let syllable = (time * 4.0) as usize;
            let within = (time * 4.0).fract();
            let pitch = 110.0 + 35.0 * (time * 5.3).sin() + 20.0 * (syllable % 3) as f32;
            phase += pitch / RATE as f32;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase = phase.fract();
            let formants = [[500.0, 1500.0], [700.0, 1100.0], [300.0, 2200.0]][syllable % 3];
            let mut out = 0.0;
            for (state, formant) in resonators.iter_mut().zip(formants) {
                let angle = std::f32::consts::TAU * formant / RATE as f32;
                let next = pulse + 2.0 * 0.99 * angle.cos() * state[0] - 0.9801 * state[1];
                *state = [next, state[0]];
                out += 0.05 * next;
            }
            if within < 0.7 { out * (within * 4.5).sin().max(0.0) } else { 0.0 }
        })
        .collect();
    refused_or_remarked(&speech, &|remark| matches!(remark, Remark::Unlike));
}

#[test]
fn a_note_has_the_partials_of_the_table() {
    let mut piano = Piano::schematic();
    let sound = &mut piano.keys[usize::from(69 - LOWEST)];
    sound.partials.truncate(1);
    sound.partials[0] = Partial { levels: [-20.0; 3], fast: 20.0, slow: 20.0, aftersound: -10.0 };
    sound.noise.levels = [-200.0; 12];
    sound.pan = 0.0;
    let note = PlayedNote { start: 0.0, end: 1.0, key: 69, velocity: 80 };
    let samples = recording(&piano, &[note]);
    let level = |from: f32| {
        let block = &samples[(from * RATE as f32) as usize..][..4410];
        let power = block.iter().map(|x| x * x).sum::<f32>() / 4410.0;
        10.0 * (2.0 * power).log10()
    };
    // 20 dB a second from -20 dB on, at the middle of each tenth of a second.
    assert!((level(0.2) + 25.0).abs() < 0.2, "{}", level(0.2));
    assert!((level(0.8) + 37.0).abs() < 0.2, "{}", level(0.8));
    assert!(level(1.2) < level(0.8) - 15.0, "the damper has fallen");
    let crossings = samples[..44_100].windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0);
    assert!(crossings.count().abs_diff(440) <= 1);
}

#[test]
fn the_same_notes_give_the_same_samples_and_long_songs_are_refused() {
    let piano = Piano::schematic();
    let play = || perform(&piano, &arpeggio()[..6], RATE, &|| false).unwrap();
    assert_eq!(play(), play());
    let late = PlayedNote { start: 4000.0, end: 4001.0, key: 60, velocity: 80 };
    let too_long = perform(&piano, &[late], RATE, &|| false).unwrap_err();
    assert_eq!(too_long, TimbreError::TooLong);
    let cancelled = perform(&piano, &arpeggio(), RATE, &|| true).unwrap_err();
    assert_eq!(cancelled, TimbreError::Cancelled);
}

#[test]
fn a_short_note_on_a_held_key_does_not_damp_it() {
    let piano = Piano::schematic();
    let note = |start, end, velocity| PlayedNote { start, end, key: 60, velocity };
    let play = |notes: &[PlayedNote]| perform(&piano, notes, RATE, &|| false).unwrap();
    let held = play(&[note(0.0, 2.0, 80), note(0.5, 0.6, 60)]);
    assert!(held == play(&[note(0.0, 0.5, 80), note(0.5, 2.0, 60)]));
}

#[test]
fn tables_come_back_and_others_are_refused() {
    let piano = other_piano();
    let bytes = piano.to_bytes();
    assert!(bytes.len() < 200_000, "{} bytes", bytes.len());
    assert_eq!(Piano::from_bytes(&bytes).unwrap(), piano);
    assert_eq!(Piano::from_bytes(b"RIFF"), Err(TimbreError::Foreign));
    let mut newer = bytes.clone();
    newer[4] = 9;
    assert_eq!(Piano::from_bytes(&newer), Err(TimbreError::Newer(9)));
    let mut loud = piano;
    loud.keys[3].partials[0].levels[0] = f32::INFINITY;
    assert_eq!(Piano::from_bytes(&loud.to_bytes()), Err(TimbreError::Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_tables_are_refused_or_sound(at in 0usize..20_000, with in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = Piano::schematic().to_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = with }
        if let Ok(piano) = Piano::from_bytes(&bytes) {
            prop_assert!(piano.is_sound());
        }
    }
}
