//! The transcriber's gate: performances that it has not been trained with, on a kit that it has never
//! heard, rendered here and heard again. The bounds are what was reached, less what a change of no
//! consequence may cost.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use drumlin::audio::{self, DECODED_RATE, wav_mono};
use drumlin::midi;
use drumlin::network::{Backend, Models};
use drumlin::score::{Lane, Metre, SampleRate, Seconds, Song};
use drumlin::transcriber::{Activations, DrumSound, Options, Quantise, Transcription};

/// Seconds of each performance.
const EXCERPT: f64 = 25.0;
/// Softer strokes are there, but nobody has to find them.
const AUDIBLE: u8 = 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcriber")
}

/// A stroke as it was played.
struct Played {
    at: f64,
    lane: Lane,
    velocity: u8,
}

/// The lanes of General MIDI and of the dataset's Roland kit.
fn lane(key: u8) -> Lane {
    match key {
        22 => Lane::ClosedHat,
        26 => Lane::OpenHat,
        58 => Lane::LowTom,
        key => Lane::of_key(key),
    }
}

fn sound_of(lane: Lane) -> Option<DrumSound> {
    Some(match lane {
        Lane::Kick => DrumSound::Kick,
        Lane::Snare | Lane::SideStick => DrumSound::Snare,
        Lane::LowTom | Lane::MidTom | Lane::HighTom => DrumSound::Tom,
        Lane::ClosedHat | Lane::PedalHat => DrumSound::ClosedHat,
        Lane::OpenHat => DrumSound::OpenHat,
        Lane::Crash => DrumSound::Crash,
        Lane::Ride => DrumSound::Ride,
        _ => return None,
    })
}

fn kit() -> HashMap<Lane, Vec<f32>> {
    let file = |lane: Lane| lane.name().to_lowercase().replace(' ', "_");
    Lane::ALL
        .into_iter()
        .filter(|lane| sound_of(*lane).is_some())
        .map(|lane| {
            let mut samples = Vec::new();
            let path = folder().join("kit").join(format!("{}.flac", file(lane)));
            audio::decode(&path, &mut |block| {
                samples.extend_from_slice(block);
                true
            })
            .unwrap();
            (lane, samples)
        })
        .collect()
}

fn played(song: &Song) -> Vec<Played> {
    let strokes = song.drum_notes().map(|note| Played {
        at: song.tempo.seconds(note.start).0,
        lane: lane(note.key),
        velocity: note.velocity.get(),
    });
    strokes.filter(|stroke| stroke.at < EXCERPT).collect()
}

/// The strokes through the kit, peak at half of full scale.
fn rendered(strokes: &[Played], kit: &HashMap<Lane, Vec<f32>>) -> Vec<f32> {
    let rate = f64::from(DECODED_RATE);
    let mut sound = vec![0.0f32; ((EXCERPT + 2.5) * rate) as usize];
    let hats: Vec<f64> = strokes
        .iter()
        .filter(|stroke| matches!(stroke.lane, Lane::ClosedHat | Lane::PedalHat | Lane::OpenHat))
        .map(|stroke| stroke.at)
        .collect();
    for stroke in strokes {
        let Some(sample) = kit.get(&stroke.lane) else { continue };
        // An open hat rings until the next stroke of the hat.
        let shut = hats.iter().find(|&&at| at > stroke.at + 0.02).map(|at| at - stroke.at);
        let length = match (stroke.lane, shut) {
            (Lane::OpenHat, Some(shut)) => sample.len().min((shut * rate) as usize),
            _ => sample.len(),
        };
        let level = (f32::from(stroke.velocity) / 127.0).powf(1.5);
        let start = (stroke.at * rate).round() as usize;
        for (into, sample) in sound[start..].iter_mut().zip(&sample[..length]) {
            *into += level * sample;
        }
    }
    let peak = sound.iter().fold(1e-9f32, |peak, sample| peak.max(sample.abs()));
    sound.iter_mut().for_each(|sample| *sample *= 0.5 / peak);
    sound
}

fn heard(sound: &[f32]) -> Transcription {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drums.wav");
    fs::write(&path, wav_mono(sound, SampleRate(DECODED_RATE))).unwrap();
    let models = Models::new(Backend::Cpu, None);
    Activations::of(&path, &models, &|_| true).unwrap().transcription(&Options::default(), None)
}

/// Pairs within so many seconds, each used once; both in order.
fn pairs(found: &[f64], real: &[f64], within: f64) -> Vec<(usize, usize)> {
    let (mut pairs, mut next) = (Vec::new(), 0);
    for (index, at) in found.iter().enumerate() {
        while next < real.len() && real[next] < at - within {
            next += 1;
        }
        if next < real.len() && real[next] <= at + within {
            pairs.push((index, next));
            next += 1;
        }
    }
    pairs
}

/// Found, real and agreeing, and their F measure.
#[derive(Clone, Copy, Default)]
struct Counts([usize; 3]);

impl Counts {
    fn add(&mut self, found: usize, real: usize, agreeing: usize) {
        self.0 = [self.0[0] + found, self.0[1] + real, self.0[2] + agreeing];
    }

    fn f(self) -> f64 {
        2.0 * self.0[2] as f64 / (self.0[0] + self.0[1]).max(1) as f64
    }
}

const FIVE: [&[DrumSound]; 5] = [
    &[DrumSound::Kick],
    &[DrumSound::Snare],
    &[DrumSound::Tom],
    &[DrumSound::ClosedHat, DrumSound::OpenHat],
    &[DrumSound::Crash, DrumSound::Ride],
];

#[test]
fn an_unseen_kit_is_written_down() {
    let kit = kit();
    let (mut all, mut tight, mut beats) = (Counts::default(), Counts::default(), Counts::default());
    let mut classes = [Counts::default(); 5];
    let mut velocities: Vec<(f64, f64)> = Vec::new();
    let mut files: Vec<PathBuf> = fs::read_dir(folder().join("performances"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 9, "the committed set is whole");
    for file in files {
        let song = midi::read(&file).unwrap();
        let strokes = played(&song);
        let heard = heard(&rendered(&strokes, &kit));
        for (row, sounds) in FIVE.iter().enumerate() {
            let of = |lane: Lane| sound_of(lane).is_some_and(|sound| sounds.contains(&sound));
            let real: Vec<&Played> = strokes.iter().filter(|stroke| of(stroke.lane)).collect();
            let found: Vec<_> =
                heard.onsets.iter().filter(|onset| sounds.contains(&onset.sound)).collect();
            let at: Vec<f64> = found.iter().map(|onset| onset.at.0).collect();
            let times: Vec<f64> = real.iter().map(|stroke| stroke.at).collect();
            let soft = real.iter().filter(|stroke| stroke.velocity < AUDIBLE).count();
            for (within, counts) in [(0.05, &mut all), (0.02, &mut tight)] {
                let pairs = pairs(&at, &times, within);
                let softly = pairs.iter().filter(|(_, r)| real[*r].velocity < AUDIBLE).count();
                counts.add(at.len() - softly, real.len() - soft, pairs.len() - softly);
                if within == 0.05 {
                    classes[row].add(at.len() - softly, real.len() - soft, pairs.len() - softly);
                    velocities.extend(pairs.iter().map(|&(f, r)| {
                        (f64::from(found[f].velocity), f64::from(real[r].velocity))
                    }));
                }
            }
        }
        let grid = song.bars();
        let quarter = u64::from(song.ticks_per_quarter());
        let real: Vec<f64> = (0..)
            .map(|beat| song.tempo.seconds(drumlin::score::Ticks(beat * quarter)).0)
            .take_while(|at| *at < EXCERPT)
            .collect();
        assert!(!grid.is_empty());
        let found: Vec<f64> =
            heard.beats.times.iter().map(|time| time.0).filter(|at| *at < EXCERPT).collect();
        beats.add(found.len(), real.len(), pairs(&found, &real, 0.07).len());
    }
    let by_class = classes.map(|counts| (counts.f() * 1000.0).round() / 1000.0);
    let velocity = rank_correlation(&velocities);
    let report = format!(
        "F within 50 ms {:.3}, within 20 ms {:.3}; kick, snare, toms, hats, cymbals {by_class:?}; \
beats {:.3}; velocity {velocity:.3}",
        all.f(),
        tight.f(),
        beats.f(),
    );
    println!("{report}");
    assert!(all.f() >= 0.80 && tight.f() >= 0.78, "{report}");
    assert!(by_class[0] >= 0.90 && by_class[1] >= 0.80 && by_class[3] >= 0.80, "{report}");
    assert!(beats.f() >= 0.80 && velocity >= 0.4, "{report}");
}

/// Spearman's, ties as they come.
fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|&a, &b| of(&pairs[a]).total_cmp(&of(&pairs[b])));
        let mut ranks = vec![0.0; pairs.len()];
        for (rank, index) in order.into_iter().enumerate() {
            ranks[index] = rank as f64;
        }
        ranks
    };
    let (a, b) = (ranks(&|pair| pair.0), ranks(&|pair| pair.1));
    let middle = (pairs.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum()
    };
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

/// A rock bar looped, from audio to a MIDI file of the same bars and back.
#[test]
fn a_loop_becomes_its_bars() {
    let kit = kit();
    let beat = 60.0 / 96.0;
    let mut strokes = Vec::new();
    for bar in 0..2 {
        for eighth in 0..8 {
            let at = (f64::from(bar) * 4.0 + f64::from(eighth) / 2.0) * beat;
            let mut play = |lane, velocity| strokes.push(Played { at, lane, velocity });
            play(Lane::ClosedHat, 80);
            match eighth {
                0 | 5 => play(Lane::Kick, 110),
                2 | 6 => play(Lane::Snare, 110),
                _ => {}
            }
        }
    }
    let mut sound = rendered(&strokes, &kit);
    sound.truncate((8.0 * beat * f64::from(DECODED_RATE)).round() as usize);
    let heard = heard(&sound);
    assert!(heard.beats.is_loop);
    assert!((heard.bpm().unwrap() - 96.0).abs() < 0.1, "{:?}", heard.bpm());
    assert_eq!((heard.metre(), heard.beats.first_downbeat), (Metre::COMMON, 0));
    assert!(heard.start(Metre::COMMON).0.abs() < 1e-3);
    let song = heard.song("loop", Metre::COMMON, Quantise::Grid);
    let song = midi::parse(&midi::write(&song)).unwrap();
    let mut found: Vec<(u64, u8)> =
        song.drum_notes().map(|note| (note.start.0, note.key)).collect();
    found.sort_unstable();
    let quarter = f64::from(song.ticks_per_quarter());
    let mut real: Vec<(u64, u8)> = strokes
        .iter()
        .map(|stroke| {
            let tick = (stroke.at / beat * quarter).round() as u64;
            (tick, stroke.lane.default_key().get())
        })
        .collect();
    real.sort_unstable();
    let agreeing = found.iter().filter(|stroke| real.contains(stroke)).count();
    assert!(agreeing >= real.len() - 2 && found.len() <= real.len() + 2, "{found:?}");
}

#[test]
fn long_and_short_recordings_are_heard_the_same() {
    // Two windows of the network and more, with the same bar all along: as many strokes in each part.
    let kit = kit();
    let strokes: Vec<Played> = (0..48)
        .map(|index| {
            let lane = if index % 2 == 0 { Lane::Kick } else { Lane::Snare };
            Played { at: 0.25 + 0.5 * f64::from(index), lane, velocity: 110 }
        })
        .collect();
    let short = rendered(&strokes, &kit);
    let length = (24.0 * f64::from(DECODED_RATE)) as usize;
    let long: Vec<f32> = short[..length].iter().copied().cycle().take(length * 3).collect();
    let times = |sound: &[f32], lane: Lane| -> Vec<Seconds> {
        heard(sound)
            .onsets
            .iter()
            .filter(|onset| onset.lane == lane)
            .map(|onset| onset.at)
            .collect()
    };
    for lane in [Lane::Kick, Lane::Snare] {
        let found = times(&long, lane);
        assert!(found.len().abs_diff(72) <= 1, "{lane:?}: {}", found.len());
        for pair in found.windows(2) {
            assert!((pair[1].0 - pair[0].0 - 1.0).abs() < 0.02, "{lane:?} {pair:?}");
        }
    }
}
