//! The quality gate: what Drumlin plays, with its defaults, to songs that its networks have never
//! seen, against the drums that belong to them. The bounds are what was reached, less what a change
//! of no consequence may cost; see docs/quality.md.

use std::fs;
use std::path::Path;

use drumlin::audio::SoundFont;
use drumlin::drummer::evaluation::{Score, raw_structure, rock_loop, score};
use drumlin::drummer::{Drummer, Settings, Silent};
use drumlin::midi;
use drumlin::network::{Backend, Models};
use drumlin::score::Song;

fn songs() -> Vec<Song> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .collect();
    files.sort();
    files.iter().map(|path| midi::read(path).unwrap()).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn drums_keep_their_quality() {
    let drummer = Drummer::new(Models::new(Backend::Cpu, None), SoundFont::embedded().clone());
    let songs = songs();
    assert_eq!(songs.len(), 12, "the committed set is whole");
    let played: Vec<Score> = songs
        .iter()
        .map(|song| {
            let generation = drummer.generate(song, &Settings::default(), &Silent).unwrap();
            score(song, &midi::drum_song(song, &generation.takes[0].part)).unwrap()
        })
        .collect();
    let looped: Vec<Score> = songs
        .iter()
        .map(|song| score(song, &midi::drum_song(song, &rock_loop(&song.bars()))).unwrap())
        .collect();
    let raw = mean(songs.iter().map(|song| {
        let raw = raw_structure(song).unwrap();
        raw.chroma.max(raw.onsets)
    }));
    let of = |scores: &[Score], value: Figure| mean(scores.iter().map(value));
    let report = format!(
        "f1_all {:.3} (rock loop {:.3}) f1_ksh {:.3} f1_onset {:.3} ssm_corr {:.3} (raw {raw:.3}) \
         nov_corr {:.3} uniq {:.3} (real {:.3}) cls_lr {:.3}",
        of(&played, |s| s.f1_all),
        of(&looped, |s| s.f1_all),
        of(&played, |s| s.f1_ksh),
        of(&played, |s| s.f1_onset),
        of(&played, |s| s.ssm_corr),
        of(&played, |s| s.nov_corr),
        of(&played, |s| s.uniq),
        of(&played, |s| s.uniq_ref),
        of(&played, |s| s.cls_lr),
    );
    println!("{report}");
    assert!(of(&played, |s| s.f1_all) > of(&looped, |s| s.f1_all), "beats a loop: {report}");
    assert!(of(&played, |s| s.ssm_corr) > raw, "hears more form than the melody shows: {report}");
    let distinct = of(&played, |s| s.uniq) / of(&played, |s| s.uniq_ref);
    assert!((0.5..2.0).contains(&distinct), "repeats as drummers do: {report}");
    for (name, value, bound) in BOUNDS {
        assert!(of(&played, value) >= bound, "{name} fell below {bound}: {report}");
    }
}

type Figure = fn(&Score) -> f64;

/// Least means over the set.
const BOUNDS: [(&str, Figure, f64); 5] = [
    ("f1_all", |s| s.f1_all, 0.48),
    ("f1_ksh", |s| s.f1_ksh, 0.63),
    ("f1_onset", |s| s.f1_onset, 0.80),
    ("ssm_corr", |s| s.ssm_corr, 0.40),
    ("nov_corr", |s| s.nov_corr, 0.57),
];
