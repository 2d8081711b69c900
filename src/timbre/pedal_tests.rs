//! Performances as a player hears them who uses the pedals.

use super::dampers::sounding;
use super::envelope::Window;
use super::*;
use crate::score::Pedal;

const RATE: u32 = 44_100;

/// Key, and when it is struck and let go.
fn note(key: u8, start: f64, end: f64) -> PlayedNote {
    PlayedNote { start, end, key, velocity: 80 }
}

/// A pedal: when it is moved, and how far it is down then.
fn moves(pedal: Pedal, moves: &[(f64, u8)]) -> Vec<PedalMove> {
    moves.iter().map(|&(at, value)| PedalMove { at, pedal, value }).collect()
}

fn played(parts: &[Part]) -> Vec<f32> {
    let piano = Piano::schematic();
    let [left, right] = perform_parts(&piano, parts, RATE, &|| false).unwrap();
    left.iter().zip(&right).map(|(a, b)| 0.5 * (a + b)).collect()
}

fn with_pedals(notes: &[PlayedNote], pedals: Vec<PedalMove>) -> Vec<f32> {
    played(&[Part { notes: notes.to_vec(), pedals, ..Part::default() }])
}

fn sustained(notes: &[PlayedNote], pedal: &[(f64, u8)]) -> Vec<f32> {
    with_pedals(notes, moves(Pedal::Sustain, pedal))
}

/// In dB, in the tenth of a second from a second on.
fn loudness(samples: &[f32], from: f64) -> f32 {
    let part = &samples[(from * f64::from(RATE)) as usize..][..RATE as usize / 10];
    10.0 * (part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32 + 1e-20).log10()
}

/// The samples until a second.
fn until(samples: &[f32], end: f64) -> &[f32] {
    &samples[..(end * f64::from(RATE)) as usize]
}

#[test]
fn the_pedal_holds_what_keys_let_go_and_half_of_it_a_part() {
    let held = sustained(&[note(60, 0.0, 2.0)], &[]);
    let short = [note(60, 0.0, 0.3)];
    let with = |value: u8| sustained(&short, &[(0.1, value), (2.0, 0)]);
    assert!(until(&with(127), 1.9) == until(&held, 1.9));
    assert!(until(&with(Pedal::DOWN), 1.9) == until(&held, 1.9));
    assert!(until(&with(20), 1.9) == until(&with(0), 1.9));
    // The dampers take 80 dB a second, and brushing the string an eighth of that.
    let half = loudness(&held, 1.0) - loudness(&with(44), 1.0);
    assert!((6.0..9.0).contains(&half), "{half} dB");
    assert!(loudness(&with(0), 1.0) < loudness(&held, 1.0) - 40.0);
}

#[test]
fn a_half_pedal_of_a_reference_is_expected_as_it_is_played() {
    let mut piano = Piano::schematic();
    let sound = &mut piano.keys[usize::from(69 - LOWEST)];
    sound.partials.truncate(1);
    sound.partials[0] = Partial { levels: [-20.0; 3], fast: 20.0, slow: 20.0, aftersound: -10.0 };
    sound.noise.levels = [-200.0; 12];
    sound.pan = 0.0;
    let pedals = moves(Pedal::Sustain, &[(0.1, 44), (2.0, 0)]);
    let parts = [Part { notes: vec![note(69, 0.0, 0.5)], pedals, ..Part::default() }];
    let [samples, _] = perform_parts(&piano, &parts, RATE, &|| false).unwrap();
    let (heard, fall) = sounding(&parts)[0];
    let window = Window::new(4096, RATE as f32);
    for at in [0.3, 0.8, 1.5] {
        let (sound, time) = (piano.key(69), at + 0.05);
        let expected = window.expect((&heard, fall), sound, &sound.partials[0], time).amplitude;
        let expected = 20.0 * expected.log10() - 3.01;
        let off = loudness(&samples, at) - expected;
        assert!(off.abs() < 0.5, "{off} dB at {at} s");
    }
}

#[test]
fn the_pedal_catches_what_still_sounds() {
    let held = sustained(&[note(60, 0.0, 2.0)], &[]);
    let caught = sustained(&[note(60, 0.0, 0.3)], &[(0.4, 127), (2.0, 0)]);
    for at in [0.5, 1.7] {
        let lost = loudness(&held, at) - loudness(&caught, at);
        assert!((7.0..9.0).contains(&lost), "{lost} dB in a tenth of a second under the damper");
    }
    // Up again, all is damped.
    assert!(loudness(&caught, 2.5) < loudness(&caught, 1.7) - 40.0);
}

#[test]
fn a_pedal_that_a_program_changes_between_two_chords_clears_the_first() {
    let chord = [note(48, 0.0, 1.0), note(55, 0.0, 0.5)];
    let changed = sustained(&chord, &[(0.1, 127), (1.0, 0), (1.0, 127), (2.0, 0)]);
    let lifted = sustained(&chord, &[(0.1, 127), (1.0, 0), (2.0, 0)]);
    assert!(until(&changed, 1.9) == until(&lifted, 1.9));
    // What is struck with it is held.
    let next = [note(48, 0.0, 1.0), note(60, 1.0, 1.2)];
    let changed = sustained(&next, &[(0.1, 127), (1.0, 0), (1.0, 127), (2.5, 0)]);
    let lifted = sustained(&next, &[(0.1, 127), (1.0, 0), (2.5, 0)]);
    assert!(loudness(&changed, 2.0) > loudness(&lifted, 2.0) + 20.0);
    // A foot that rests where the dampers just touch lifts nothing.
    let resting = sustained(&chord, &[(0.1, 70), (1.1, 63), (1.11, 65), (2.0, 0)]);
    let held = sustained(&chord, &[(0.1, 70), (2.0, 0)]);
    assert!((loudness(&resting, 1.7) - loudness(&held, 1.7)).abs() < 0.1);
}

#[test]
fn the_sostenuto_pedal_holds_what_is_down_and_nothing_else() {
    let notes = |first: f64| [note(48, 0.0, first), note(60, 0.6, 0.8)];
    let pedal = moves(Pedal::Sostenuto, &[(0.2, 127), (2.0, 0)]);
    let held = with_pedals(&notes(2.0), Vec::new());
    assert!(until(&with_pedals(&notes(0.5), pedal.clone()), 1.9) == until(&held, 1.9));
    // Struck anew it sounds on, too; let go before, it does not.
    let again = [note(48, 0.0, 0.5), note(48, 1.0, 1.1)];
    let again = with_pedals(&again, pedal.clone());
    let let_go = with_pedals(&[note(48, 0.0, 0.1), note(48, 1.0, 1.1)], pedal);
    assert!(loudness(&again, 1.8) > loudness(&let_go, 1.8) + 20.0);
}

#[test]
fn the_soft_pedal_strikes_more_softly() {
    let with = |value: u8| {
        let pedal = moves(Pedal::Soft, &[(0.0, value)]);
        loudness(&with_pedals(&[note(60, 0.0, 1.0)], pedal), 0.2)
    };
    let softer = with(0) - with(127);
    assert!((2.5..6.0).contains(&softer), "{softer} dB");
    assert!(with(64) < with(0) && with(64) > with(127));
}

#[test]
fn pedals_hold_for_their_own_part_only() {
    let part = |key, pedal: &[(f64, u8)]| Part {
        notes: vec![note(key, 0.0, 0.3)],
        pedals: moves(Pedal::Sustain, pedal),
        ..Part::default()
    };
    let both = played(&[part(60, &[]), part(48, &[(0.1, 127), (2.0, 0)])]);
    let notes = vec![note(48, 0.0, 2.0), note(60, 0.0, 0.3)];
    let held = played(&[Part { notes, ..Part::default() }]);
    assert!(until(&both, 1.9) == until(&held, 1.9));
}

#[test]
fn a_volume_holds_for_its_own_part_and_for_what_sounds_of_it() {
    let part = |key, volumes: &[(f64, f32)]| Part {
        notes: vec![note(key, 0.0, 2.0)],
        volumes: volumes.iter().map(|&(at, gain)| VolumeMove { at, gain }).collect(),
        ..Part::default()
    };
    let plain = played(&[part(48, &[])]);
    let halved = played(&[part(48, &[(1.0, 0.5)])]);
    assert!(until(&halved, 0.99) == until(&plain, 0.99));
    let softer = loudness(&plain, 1.1) - loudness(&halved, 1.1);
    assert!((softer - 6.02).abs() < 0.1, "{softer} dB");
    // No click: the samples fall over a block.
    let step = |samples: &[f32]| {
        let around = &samples[(0.99 * f64::from(RATE)) as usize..][..RATE as usize / 50];
        around.windows(2).fold(0.0f32, |most, pair| most.max((pair[1] - pair[0]).abs()))
    };
    assert!(step(&halved) < 1.5 * step(&plain));
    // Another part is as it was; one that is silent is not heard.
    let both = played(&[part(60, &[]), part(72, &[(0.0, 0.0)])]);
    let alone = played(&[part(60, &[])]);
    assert!((loudness(&both, 0.5) - loudness(&alone, 0.5)).abs() < 0.01);
}

#[test]
fn what_two_tracks_play_in_unison_is_one_note() {
    let part = |start: f64| Part { notes: vec![note(60, start, 1.0)], ..Part::default() };
    let alone = played(&[part(0.0)]);
    assert!(played(&[part(0.0), part(0.0)]) == alone);
    // Within a block of samples.
    assert!(played(&[part(0.0), part(0.0005)]) == alone);
    // A little apart: the key is struck twice and stays down.
    let apart = played(&[part(0.0), part(0.02)]);
    assert!((loudness(&apart, 0.8) - loudness(&alone, 0.8)).abs() < 1.0);
}

#[test]
fn a_key_repeated_on_a_held_pedal_neither_clicks_nor_piles_up() {
    let peak = |samples: &[f32]| samples.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    let step = |samples: &[f32]| {
        samples.windows(2).fold(0.0f32, |most, pair| most.max((pair[1] - pair[0]).abs()))
    };
    let repeated: Vec<PlayedNote> =
        (0..30).map(|at| note(60, 0.1 * f64::from(at), 0.1 * f64::from(at) + 0.05)).collect();
    let (one, many) = (sustained(&repeated[..1], &[]), sustained(&repeated, &[(0.0, 127)]));
    assert!(peak(&many) < 2.0 * peak(&one), "{} of {}", peak(&many), peak(&one));
    assert!(step(&many) < 2.0 * step(&one), "{} of {}", step(&many), step(&one));
}

#[test]
fn the_highest_strings_have_no_dampers() {
    let ring = |key| {
        let [short, long] = [0.1, 2.0].map(|end| sustained(&[note(key, 0.0, end)], &[]));
        until(&short, 1.9) == until(&long, 1.9)
    };
    assert!(ring(92) && ring(108) && !ring(84));
}

#[test]
fn all_keys_and_velocities_can_be_played() {
    for key in [0, 20, 21, 60, 108, 109, 127] {
        let with = |velocity| {
            let note = PlayedNote { velocity, ..note(key, 0.0, 0.3) };
            let samples = sustained(&[note], &[]);
            assert!(samples.iter().all(|sample| sample.is_finite()), "{key}");
            loudness(&samples, 0.0)
        };
        let [soft, middle, loud] = [1, 64, 127].map(with);
        assert!(soft > -110.0 && soft < middle - 3.0 && middle < loud - 3.0, "{key}: {soft}");
    }
}

#[test]
fn a_pedal_holds_the_last_chord_as_long_as_it_is_down() {
    let seconds = |samples: &[f32]| samples.len() as f64 / f64::from(RATE);
    let chord = [note(36, 0.0, 0.5), note(48, 0.0, 0.5)];
    let held = sustained(&chord, &[(0.2, 127), (6.0, 0)]);
    assert!(seconds(&held) > 6.0 && loudness(&held, 5.8) > loudness(&held, 6.3) + 20.0);
    // One that never comes up does so with the last key.
    let forgotten = sustained(&chord, &[(0.2, 127)]);
    assert!((seconds(&forgotten) - 3.5).abs() < 0.1, "{} s", seconds(&forgotten));
    assert!(loudness(&forgotten, 1.5) < loudness(&held, 1.5) - 20.0);
}
