//! The quality gate: what Drumlin plays, with its defaults, to real songs, against the drums that
//! belong to them. The networks that ship have seen these songs, so the figures say whether a change
//! made the playing worse, not how good it is: that is docs/quality.md's, by cross-validation. The
//! bounds are what was reached, less what a change of no consequence may cost.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use drumlin::audio::SoundFont;
use drumlin::drummer::evaluation::{
    Score, Sense, own_densities, raw_structure, rock_loop, score, sense,
};
use drumlin::drummer::{
    Drummer, GeneratedPart, Settings, Silent, SongAnalysis, Style, StyleChoice,
};
use drumlin::midi;
use drumlin::network::{Backend, Models};
use drumlin::score::{Hit, Lane, Song};

/// A song that was listened to.
struct Heard {
    song: Song,
    analysis: SongAnalysis,
}

impl Heard {
    fn take(&self, settings: &Settings) -> GeneratedPart {
        DRUMMER.play(&self.analysis, settings, &Silent).unwrap().parts.swap_remove(0)
    }

    /// The song with drums.
    fn drummed(&self, take: &GeneratedPart) -> Song {
        midi::drum_song(&self.song, &take.part)
    }

    fn score(&self, take: &GeneratedPart) -> Score {
        score(&self.song, &self.drummed(take)).unwrap()
    }
}

static DRUMMER: LazyLock<Drummer> =
    LazyLock::new(|| Drummer::new(Models::new(Backend::Cpu, None), SoundFont::embedded().clone()));

/// The committed set. Each test plays to it, so that it is listened to once for all.
static SONGS: LazyLock<Vec<Heard>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .collect();
    files.sort();
    let heard = |path| {
        let song = midi::read(path).unwrap();
        let analysis = DRUMMER.analyze(&song, &Silent).unwrap();
        Heard { song, analysis }
    };
    files.iter().map(|path| heard(path)).collect()
});

/// What is played where nothing else is said.
static TAKES: LazyLock<Vec<GeneratedPart>> =
    LazyLock::new(|| SONGS.iter().map(|heard| heard.take(&Settings::default())).collect());

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn drums_keep_their_quality() {
    assert_eq!(SONGS.len(), 12, "the committed set is whole");
    let played: Vec<Score> =
        SONGS.iter().zip(TAKES.iter()).map(|(heard, take)| heard.score(take)).collect();
    let looped: Vec<Score> = SONGS
        .iter()
        .map(|Heard { song, .. }| {
            score(song, &midi::drum_song(song, &rock_loop(&song.bars()))).unwrap()
        })
        .collect();
    let raw = mean(SONGS.iter().map(|heard| {
        let raw = raw_structure(&heard.song).unwrap();
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
    assert!(of(&played, |s| s.cls_lr) < 1.65, "plays what drummers play: {report}");
    for (name, value, bound) in BOUNDS {
        assert!(of(&played, value) >= bound, "{name} fell below {bound}: {report}");
    }
}

type Figure = fn(&Score) -> f64;

/// Least means over the set.
const BOUNDS: [(&str, Figure, f64); 5] = [
    ("f1_all", |s| s.f1_all, 0.49),
    ("f1_ksh", |s| s.f1_ksh, 0.63),
    ("f1_onset", |s| s.f1_onset, 0.79),
    ("ssm_corr", |s| s.ssm_corr, 0.37),
    ("nov_corr", |s| s.nov_corr, 0.58),
];

/// What a drummer would say of velocities and dynamics: .75 and .40 were reached.
#[test]
fn dynamics_are_those_of_a_drummer_who_listens() {
    let senses: Vec<Sense> = SONGS
        .iter()
        .zip(TAKES.iter())
        .map(|(heard, take)| sense(&heard.song, &heard.drummed(take)).unwrap())
        .collect();
    let found = Sense::mean(&senses);
    println!("{found:?}");
    let of = |figure: Option<f64>| figure.unwrap();
    assert!(of(found.v127) <= 3.0 && of(found.snr127) <= 5.0, "the ceiling is for accents");
    assert_eq!(of(found.v5), 0.0, "every stroke sounds");
    assert!(of(found.dynamics) >= 0.6, "the dynamics follow the song: {:?}", found.dynamics);
    assert!(of(found.quiet) <= 0.5, "quiet bars are played softly: {:?}", found.quiet);
}

#[test]
fn a_style_that_is_asked_for_is_played() {
    let played: Vec<Score> = SONGS
        .iter()
        .map(|heard| {
            let style = StyleChoice::Densities(own_densities(&heard.song).unwrap());
            heard.score(&heard.take(&Settings { style, ..Settings::default() }))
        })
        .collect();
    let of = |value: Figure| mean(played.iter().map(value));
    let (f1, amounts) = (of(|s| s.f1_all), of(|s| s.cls_lr));
    println!("with the true densities: f1_all {f1:.3} cls_lr {amounts:.3}");
    assert!(f1 > 0.54 && amounts < 0.75, "f1_all {f1:.3} cls_lr {amounts:.3}");
}

/// What a listener would know the styles by; `models/training/style_agreement.py` asks a classifier.
#[test]
fn named_styles_have_their_marks() {
    // Strokes a bar, averaged over the songs.
    let amount = |style: Style, counted: &dyn Fn(&Hit) -> bool| {
        mean(SONGS.iter().map(|heard| {
            let settings = Settings { style: StyleChoice::Preset(style), ..Settings::default() };
            let part = heard.take(&settings).part;
            part.hits.iter().filter(|hit| counted(hit)).count() as f64 / part.bars.len() as f64
        }))
    };
    let ride = |hit: &Hit| hit.lane() == Lane::Ride;
    let hats = |hit: &Hit| matches!(hit.lane(), Lane::ClosedHat | Lane::OpenHat);
    let ghosts = |hit: &Hit| hit.lane() == Lane::Snare && hit.velocity.get() < 60;
    let back = |hit: &Hit| hit.lane() == Lane::Kick && matches!(hit.step, 4 | 12);
    let marks = [
        ("jazz rides", amount(Style::Jazz, &ride), amount(Style::Rock, &ride)),
        ("hip-hop plays the hats", amount(Style::HipHop, &hats), amount(Style::Jazz, &hats)),
        ("funk has ghost notes", amount(Style::Funk, &ghosts), amount(Style::Rock, &ghosts)),
        ("reggae kicks back", amount(Style::Reggae, &back), amount(Style::Rock, &back)),
    ];
    for (name, more, less) in marks {
        println!("{name}: {more:.2} and {less:.2} a bar");
        assert!(more > 1.5 * less, "{name}: {more:.2} and {less:.2} a bar");
    }
}

#[test]
fn controls_do_what_they_say() {
    const STEPS: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
    let mut onsets = [0.0; STEPS.len()];
    for heard in SONGS.iter() {
        let take = |settings: Settings| heard.take(&settings);
        let rises = |name: &str, values: Vec<f64>| {
            let monotone = values.is_sorted() && values[0] < values[STEPS.len() - 1];
            assert!(monotone, "{name} does not rise: {values:?}");
        };
        let busier: Vec<GeneratedPart> = STEPS
            .iter()
            .map(|&complexity| take(Settings { complexity, ..Settings::default() }))
            .collect();
        for (sum, take) in onsets.iter_mut().zip(&busier) {
            *sum += heard.score(take).f1_onset;
        }
        rises("complexity", busier.iter().map(|take| take.part.hits.len() as f64).collect());
        let loudness = STEPS.iter().map(|&intensity| {
            let hits = take(Settings { intensity, ..Settings::default() }).part.hits;
            mean(hits.iter().map(|hit| f64::from(hit.velocity.get())))
        });
        rises("intensity", loudness.collect());
        let fills = STEPS.iter().map(|&fill_amount| {
            take(Settings { fill_amount, ..Settings::default() }).fills.len() as f64
        });
        rises("fill amount", fills.collect());
    }
    let onsets = onsets.map(|sum| sum / SONGS.len() as f64);
    println!("f1_onset by complexity: {onsets:.3?}");
    assert!(onsets[1].min(onsets[3]) > onsets[2] - 0.05, "the groove is lost: {onsets:.3?}");
}
