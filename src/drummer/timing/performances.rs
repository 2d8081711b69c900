//! Performances of songs of the collections by people who keep no click, made up, and how well their
//! bars are found. What is printed is what `models/training/bars_of_playing.py` fits.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::hypotheses::tried;
use super::pickup::first_metre;
use super::played::{laid_over, onsets};
use super::*;
use crate::score::{Bpm, Metre, MetreChange, Track};

/// Of each collection.
const SONGS: usize = 60;
const CURVES: usize = 5;
const TEMPI: [f64; 8] = [66.0, 76.0, 86.0, 96.0, 108.0, 122.0, 132.0, 144.0];
/// A kick this near to a downbeat meets it, in seconds.
const MET: f64 = 0.07;

/// Seconds at which the beats are played. Curves: a pop band without a click; a walk with arcs and
/// ritardandi; a tempo that swings by a tenth; rubato with a ritardando at the end of every phrase; a
/// drift of a few per cent.
fn beats(curve: usize, bpm: f64, bar: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut random = |from: f64, to: f64| rng.random_range(from..to);
    let mut at = vec![random(0.2, 1.5)];
    let (begin, slow) = (random(0.0, TAU), random(20.0, 60.0));
    let phrase = bar * if random(0.0, 1.0) < 0.5 { 4 } else { 8 };
    let mut walk = 0.0;
    for beat in 0..count {
        let inside = (beat % phrase) as f64 / phrase as f64;
        let arc = -(TAU * inside).cos();
        let closes = beat / phrase % 4 == 3;
        // Nearly of unit deviation.
        let step: f64 = (0..12).map(|_| random(-0.5, 0.5)).sum();
        let place = beat as f64;
        let tempo = match curve {
            0 => {
                let slowing = if closes && inside > 0.9 { -0.2 } else { 0.0 };
                0.05 * arc + slowing + 0.06 * (place / 21.0 + begin).sin()
            }
            1 => {
                walk = 0.9 * walk + 0.012 * step;
                let slowing = if closes { -0.22 * ((inside - 0.93) / 0.07).max(0.0) } else { 0.0 };
                0.06 * arc + slowing + 0.07 * (TAU * place / slow + begin).sin() + walk
            }
            2 => 0.106 * (place / 9.0 + begin).sin(),
            3 => {
                walk = 0.85 * walk + 0.02 * step;
                let within = 0.04 * (TAU * (beat % bar) as f64 / bar as f64 + 1.0).sin();
                let left = (1.0 - inside) * phrase as f64 / 4.0;
                0.09 * arc + within - 0.3 * (1.0 - left).max(0.0) + walk
            }
            _ => {
                walk = 0.95 * walk + 0.004 * step;
                walk + 0.02 * (TAU * place / 64.0 + begin).sin()
            }
        };
        at.push(at[beat] + 60.0 / (bpm * (1.0 + tempo).max(0.35)));
    }
    at
}

/// A song in quarters with bars all alike, and the quarters before its first whole bar.
struct Source {
    name: String,
    song: Song,
    bar: usize,
    upbeat: usize,
}

impl Source {
    fn of(name: String, song: Song) -> Option<Source> {
        let metres = song.metres_in_order();
        let metre = metres.first().map_or(Metre::COMMON, |change| change.metre);
        let (bar, quarter) = (usize::from(metre.numerator()), u64::from(song.ticks_per_quarter()));
        let alike = metres.iter().all(|change| change.metre == metre);
        let starts: Vec<f64> = song
            .melodic()
            .flat_map(|track| &track.notes)
            .map(|note| note.start.0 as f64 / quarter as f64 * 12.0)
            .collect();
        let even = starts.iter().filter(|at| (*at - at.round()).abs() < 0.12).count();
        let upbeat = unmarked_pickup(&song).map_or(0, |at| at.0);
        let fits = alike
            && metre.denominator() == 4
            && matches!(bar, 3 | 4)
            && even * 10 >= starts.len() * 9
            && starts.len() >= 120
            && (60..=420).contains(&(song.end().0 / quarter))
            && upbeat.is_multiple_of(quarter);
        fits.then(|| Source { name, bar, upbeat: (upbeat / quarter) as usize, song })
    }

    /// Played in a file of 120 bpm in bars of `said` quarters, with its true downbeats in seconds. Four
    /// in ten begin with an upbeat.
    fn played(&self, curve: usize, bpm: f64, said: usize, seed: u64) -> (Song, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let quarter = f64::from(self.song.ticks_per_quarter());
        let count = (self.song.end().0 as f64 / quarter) as usize + 3;
        let cut = if rng.random_bool(0.4) { rng.random_range(1..self.bar) } else { 0 };
        let beats = beats(curve, bpm, self.bar, count + 2, &mut rng);
        let seconds = |tick: u64| {
            let at = tick as f64 / quarter;
            let beat = (at as usize).min(count);
            beats[beat] + (at - beat as f64) * (beats[beat + 1] - beats[beat])
        };
        let notes = || self.song.melodic().flat_map(|track| &track.notes);
        let first = notes().map(|note| note.start.0).min().unwrap_or(0) as f64 / quarter;
        let from = match cut {
            0 => 0.0,
            cut => {
                let bar = (first / self.bar as f64) as usize * self.bar;
                (bar + self.upbeat + self.bar - cut) as f64
            }
        };
        let mut hands = BTreeMap::new();
        let mut play = |note: &Note| {
            let mut off = |deviation: f64| deviation * rng.random_range(-1.7..1.7);
            let hand = *hands.entry(note.start).or_insert_with(|| off(0.008));
            let start = (seconds(note.start.0) + hand + off(0.006)).max(0.0);
            let end = seconds(note.end().0).max(start + 0.02);
            let tick = |seconds: f64| Ticks((seconds * 960.0) as u64);
            Note { start: tick(start), length: tick(end - start).max(Ticks(1)), ..*note }
        };
        let is_in = |note: &&Note| note.start.0 as f64 >= from * quarter;
        let tracks = self.song.melodic().map(|track| {
            let mut notes: Vec<Note> = track.notes.iter().filter(is_in).map(&mut play).collect();
            notes.sort_by_key(|note| (note.start, note.key));
            Track { notes, ..track.clone() }
        });
        let metre = Metre::new(said as u8, 4).unwrap();
        let song = Song {
            tempo: TempoMap::constant(480, Bpm(120.0)),
            metres: vec![MetreChange { at: Ticks(0), metre }],
            tracks: tracks.collect(),
        };
        let played: Vec<f64> =
            notes().filter(is_in).map(|note| note.start.0 as f64 / quarter).collect();
        let (low, high) =
            played.iter().fold((f64::MAX, 0.0f64), |(low, high), &at| (low.min(at), high.max(at)));
        let downbeats = (self.upbeat..count).step_by(self.bar);
        let heard = downbeats.filter(|&beat| (low..=high).contains(&(beat as f64)));
        (song, heard.map(|beat| beats[beat]).collect())
    }
}

fn share_met(wanted: &[f64], there: &[f64]) -> f64 {
    let met = wanted.iter().filter(|at| there.iter().any(|other| (other - **at).abs() <= MET));
    met.count() as f64 / wanted.len().max(1) as f64
}

/// When a song's bars begin, from the first downbeat to the last.
fn lines(song: &Song, downbeats: &[f64]) -> Vec<f64> {
    let bars = song.bars();
    let seconds = bars.bars().iter().map(|bar| song.tempo.seconds(bar.start).0);
    let within = downbeats[0] - 0.1..downbeats[downbeats.len() - 1] + 0.1;
    seconds.filter(|at| within.contains(at)).collect()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    ["paired", "mma_synth/songs"]
        .iter()
        .flat_map(|set| {
            let songs = super::tests::songs_below(&root.join(set));
            let fits = songs.into_iter().filter_map(|(path, song)| {
                Source::of(path.strip_prefix(&root).ok()?.display().to_string(), song)
            });
            let all: Vec<Source> = fits.collect();
            let every = (all.len() / SONGS).max(1);
            all.into_iter().step_by(every).take(SONGS)
        })
        .collect()
}

/// `cargo test --release --lib bars_of_performances -- --ignored --nocapture`, for minutes. With
/// `DRUMLIN_BARS` in the environment it prints a table with a line for each hypothesis: song, curve,
/// share of the downbeats that are met, share of the bar lines that meet one, and the features. With
/// `DRUMLIN_PERFORMANCES` it writes every eighth performance into that folder, with its true downbeats in
/// seconds beside it, for `models/training/kicks_of_playing.py`.
#[test]
#[ignore = "a measurement"]
fn bars_of_performances() {
    let table = std::env::var_os("DRUMLIN_BARS").is_some();
    let folder = std::env::var_os("DRUMLIN_PERFORMANCES").map(std::path::PathBuf::from);
    // Performances, followed ones, downbeats met in all and in those that are followed.
    let mut sums = BTreeMap::<String, [f64; 4]>::new();
    for (number, source) in sources().iter().enumerate() {
        for take in 0..4 {
            let curve = (number + 2 * take) % CURVES;
            let bpm = TEMPI[(3 * number + 5 * take + number / 8) % TEMPI.len()];
            // Files say four quarters where nobody has said anything.
            let said = if number % 2 == 0 { source.bar } else { 4 };
            let (song, downbeats) = source.played(curve, bpm, said, (number * 10 + take) as u64);
            if let Some(folder) = &folder {
                if (4 * number + take + number / 2) % 8 == 0 {
                    let name = format!("{number:03}-{take}-curve{curve}-{bpm}bpm");
                    let words: Vec<String> =
                        downbeats.iter().map(|at| format!("{at:.4}")).collect();
                    std::fs::write(
                        folder.join(&name).with_extension("mid"),
                        crate::midi::write(&song),
                    )
                    .unwrap();
                    std::fs::write(folder.join(&name).with_extension("txt"), words.join("\n"))
                        .unwrap();
                }
                continue;
            }
            if table {
                for (hypothesis, features) in tried(&onsets(&song), first_metre(&song)) {
                    let lines = lines(&laid_over(&song, &hypothesis), &downbeats);
                    let shares = [share_met(&downbeats, &lines), share_met(&lines, &downbeats)];
                    let numbers = shares.iter().chain(&features).map(|x| format!("\t{x:.5}"));
                    println!("BARS\t{number}\t{take}\t{curve}{}", numbers.collect::<String>());
                }
                continue;
            }
            let found = follow(&song);
            let met = found
                .as_ref()
                .map_or(0.0, |found| share_met(&downbeats, &lines(&found.song, &downbeats)));
            let sure = found.is_some_and(|found| found.is_sure) && is_played_freely(&song);
            let set = source.name.split('/').next().unwrap_or_default();
            for key in ["all".into(), format!("curve {curve}"), format!("{bpm} bpm"), set.into()] {
                let sum = sums.entry(key).or_default();
                let followed = f64::from(u8::from(sure));
                for (sum, value) in sum.iter_mut().zip([1.0, followed, met, followed * met]) {
                    *sum += value;
                }
            }
        }
    }
    for (key, [all, sure, met, met_sure]) in sums {
        println!(
            "{key}: {all} performances, {:.3} of the downbeats met; {:.3} followed, {:.3} met there",
            met / all,
            sure / all,
            met_sure / sure
        );
    }
}
