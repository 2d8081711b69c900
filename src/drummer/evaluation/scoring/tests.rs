//! Agreement with the reference scorer on `tests/golden/scores`.

use serde::Deserialize;
use std::collections::HashMap;

use super::*;
use crate::drummer::evaluation::rock_loop;
use crate::midi;

#[derive(Deserialize)]
struct Golden {
    classes: Vec<usize>,
    scores: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    reference: String,
    generated: String,
    figures: HashMap<String, f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/scores/scores.json")).unwrap()
}

fn song(name: &str) -> Song {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scores");
    midi::read(&folder.join(name)).unwrap()
}

#[test]
fn figures_are_the_reference_scorers() {
    for Case { reference, generated, figures } in golden().scores {
        let score = score(&song(&reference), &song(&generated)).unwrap();
        for (name, found) in Score::NAMES.into_iter().zip(score.values()) {
            let expected = figures[name];
            assert!(
                (found - expected).abs() < 2e-6,
                "{name} of {generated} against {reference} is {found}, not {expected}"
            );
        }
    }
}

#[test]
fn classes_are_the_reference_scorers() {
    for (key, class) in golden().classes.into_iter().enumerate() {
        assert_eq!(DrumClass::of_key(key as u8).index(), class, "key {key}");
    }
}

#[test]
fn a_loop_has_no_structure() {
    let song = song("a_memory_away.mid");
    let part = midi::drum_song(&song, &rock_loop(&song.bars()));
    let score = score(&song, &part).unwrap();
    assert_eq!((score.ssm_corr, score.nov_corr), (0.0, 0.0));
    assert!(score.timing < 1e-9);
    assert!(score.f1_onset > 0.3 && score.uniq < 0.1);
}

#[test]
fn songs_without_drums_cannot_be_scored() {
    let mut silent = song("a_memory_away.mid");
    silent.tracks.retain(|track| !track.is_drums());
    assert_eq!(score(&silent, &song("a_memory_away.mid")), None);
    let score = score(&song("a_memory_away.mid"), &silent).unwrap();
    assert_eq!((score.f1_all, score.dens, score.vel_sd), (0.0, 0.0, 0.0));
}
