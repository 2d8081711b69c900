//! Makes `assets/style_bars.json` from the Groove MIDI Dataset's training part and two books of drum machine
//! patterns. Whole bars go into it and with it into the program, so nothing is taken whose licence asks
//! more than to name it.
//!
//!     cargo run --example style_bars -- DATA > assets/style_bars.json

mod groove_dataset;

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, error};

use drumlin::drummer::{Style, Vocabulary};
use drumlin::midi;
use drumlin::patterns::{Measure, PatternGrid, measures};
use drumlin::score::{
    BarGrid, BarIndex, DrumPart, Hit, Lane, Metre, Note, StepGrid, Ticks, Track, TrackKind,
    Velocity, quantised,
};

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, beats in 4/4 of the \
    training split; two books of drum machine patterns, \
    https://github.com/stephenhandley/DrumMachinePatterns, MIT; for metal the drums of Freedoom, \
    https://github.com/freedoom/freedoom, BSD-3-Clause; made by examples/style_bars.rs";

/// Who strikes the cymbal of a book so often keeps the time on it.
const RIDE: usize = 4;

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: style_bars DATA")?;
    let data = Path::new(&data);
    let mut played = groove_dataset::performances(&data.join("gmd"), "beat")?;
    for measure in measures(&data.join("patterns"))?.into_iter().filter(|bar| !bar.is_break) {
        played.extend(of_book(&measure.style).iter().map(|&style| (style, part(&measure))));
    }
    played.extend(metal(&data.join("paired"))?.into_iter().map(|part| (Style::Metal, part)));
    let rock: Vec<DrumPart> = played
        .iter()
        .filter(|(style, _)| *style == Style::Rock)
        .filter_map(|(_, part)| double_time(part))
        .collect();
    played.extend(rock.into_iter().map(|part| (Style::Punk, part)));
    for style in Style::ALL {
        let count = played.iter().filter(|(of, _)| *of == style).count();
        eprintln!("{}: {count}", style.name());
    }
    let vocabulary = Vocabulary::of(SOURCE, played.iter().map(|(style, part)| (*style, part)));
    println!("{}", serde_json::to_string(&vocabulary)?);
    Ok(())
}

/// Songs in which overdriven and distorted guitars play so many of the notes, and the kick so much of the
/// bars that it plays in, are metal.
const DISTORTED: f32 = 0.3;
const KICKS: f32 = 4.0;

/// The drums of Freedoom's songs that are metal.
fn metal(data: &Path) -> Result<Vec<DrumPart>, Box<dyn error::Error>> {
    let mut found = Vec::new();
    let columns = ["set", "tier", "ts44", "aligned", "file"];
    for [set, tier, common, aligned, file] in
        groove_dataset::rows(&data.join("manifest.csv"), columns)?
    {
        if (set.as_str(), tier.as_str(), common.as_str()) != ("freedoom", "A", "1")
            || aligned.parse::<f32>()? < 0.8
        {
            continue;
        }
        let song = midi::read(&data.join(file))?;
        let notes = |track: &Track| track.notes.len() as f32;
        let distorted =
            |track: &&Track| matches!(track.kind, TrackKind::Melodic { program: 29 | 30 });
        let share = song.melodic().filter(distorted).map(notes).sum::<f32>()
            / song.melodic().map(notes).sum::<f32>();
        let drums: Vec<Note> = song.drum_notes().copied().collect();
        let Ok(mut part) = quantised(song.ticks_per_quarter(), &song.metres, &drums) else {
            continue;
        };
        // Who writes a hat in sixteenths with the foot's key means the stick's.
        for hit in part.hits.iter_mut().filter(|hit| hit.lane() == Lane::PedalHat) {
            hit.key = Lane::ClosedHat.default_key();
        }
        let kicks: Vec<usize> =
            part.hits.iter().filter(|hit| hit.lane() == Lane::Kick).map(|hit| hit.bar.0).collect();
        let bars = kicks.iter().collect::<BTreeSet<_>>().len();
        if share >= DISTORTED && kicks.len() as f32 >= KICKS * bars as f32 {
            found.push(part);
        }
    }
    Ok(found)
}

/// Rock in double time, which is what punk is made of: two bars of sixteenths in one, of those that have eighths
/// alone. A cymbal keeps every other of its strokes.
fn double_time(part: &DrumPart) -> Option<DrumPart> {
    let bars = part.bars.len() / 2;
    let is_straight = |bar: usize| part.grids[bar] == StepGrid::for_metre(Metre::COMMON, false);
    let mut hits: Vec<Vec<Hit>> = vec![Vec::new(); bars];
    for hit in part.hits.iter().filter(|hit| hit.bar.0 < 2 * bars) {
        let step = (hit.bar.0 % 2 * 16 + hit.step) / 2;
        let cymbal =
            matches!(hit.lane(), Lane::ClosedHat | Lane::OpenHat | Lane::Ride | Lane::PedalHat);
        if !cymbal || step.is_multiple_of(2) {
            hits[hit.bar.0 / 2].push(Hit { bar: BarIndex(0), step, ..*hit });
        }
    }
    let odd: BTreeSet<usize> =
        part.hits.iter().filter(|hit| hit.step % 2 != 0).map(|hit| hit.bar.0 / 2).collect();
    let even = (0..bars)
        .filter(|bar| !odd.contains(bar) && (0..2).all(|half| is_straight(2 * bar + half)));
    let hits: Vec<Hit> = even
        .enumerate()
        .flat_map(|(at, bar)| hits[bar].iter().map(move |hit| Hit { bar: BarIndex(at), ..*hit }))
        .collect();
    let bars = hits.last()?.bar.0 + 1;
    let grid = StepGrid::for_metre(Metre::COMMON, false);
    Some(DrumPart::new(BarGrid::new(96, &[], Ticks(bars as u64 * 4 * 96)), vec![grid; bars], hits))
}

/// The styles of a style of the books.
fn of_book(style: &str) -> &'static [Style] {
    match style {
        "rock" | "twist" => &[Style::Rock],
        "pop" => &[Style::Pop],
        "funk" => &[Style::Funk],
        "rhythm&blues" | "rnb" => &[Style::Soul, Style::Blues],
        "swing" | "jazz" | "charleston" => &[Style::Jazz],
        "samba" | "bossanova" | "bossa" | "cha-cha" | "chacha" | "afro-cuban" | "afrocub" => {
            &[Style::Latin]
        }
        "disco" => &[Style::Dance],
        "blues" => &[Style::Blues],
        "shuffle" | "boogie" => &[Style::Blues, Style::Country],
        "reggae" => &[Style::Reggae],
        // Its two beats are those of country.
        "ska" => &[Style::Country],
        "ballad" | "slow" => &[Style::Ballad],
        "march" | "paso" => &[Style::March],
        _ => &[],
    }
}

/// How often a bar of a book is played.
const BARS: usize = 8;

/// A bar of a book, over and over; a bar of triplets has two steps to each of the book's.
fn part(measure: &Measure) -> DrumPart {
    let triplets = measure.grid == PatternGrid::Triplet;
    let grid = StepGrid::for_metre(Metre::COMMON, triplets);
    let cymbals = measure.strokes.iter().filter(|(lane, _)| *lane == Lane::Crash).count();
    let strokes = (0..BARS).flat_map(|bar| measure.strokes.iter().map(move |stroke| (bar, stroke)));
    // The books leave jazz's foot, which closes the hat on two and four, to the reader.
    let is_jazz = of_book(&measure.style) == [Style::Jazz];
    let feet = (0..if is_jazz { BARS } else { 0 })
        .flat_map(|bar| [1, 3].map(|beat| (bar, Lane::PedalHat, beat * grid.steps_per_beat)));
    let hands = strokes.map(|(bar, &(lane, step))| {
        let lane = if lane == Lane::Crash && cymbals >= RIDE { Lane::Ride } else { lane };
        (bar, lane, step * (1 + usize::from(triplets)))
    });
    let hits = hands.chain(feet).map(|(bar, lane, step)| {
        let (bar, key) = (BarIndex(bar), lane.default_key());
        Hit { bar, step, key, velocity: Velocity::clamped(90), offset: 0.0 }
    });
    let bars = BarGrid::new(96, &[], Ticks(BARS as u64 * 4 * 96));
    DrumPart::new(bars, vec![grid; BARS], hits.collect())
}
