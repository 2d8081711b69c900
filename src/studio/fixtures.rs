//! Documents for tests, made without a drummer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    ALTERNATIVES, Alternative, Arrangement, Cell, Document, LaneState, QuantizedSsm, Take,
    VariationId,
};
use crate::analysis::Ssm;
use crate::audio::{DECODED_RATE, SoundFont, Stereo, render_stereo, wav_stereo};
use crate::drummer::{Form, Section};
use crate::score::{
    BarIndex, Beats, DrumPart, Hit, Lane, Metre, MetreChange, Note, SampleRate, Song, TempoChange,
    TempoMap, Ticks, Track, TrackKind, Velocity,
};
use crate::timbre::{Piano, PlayedNote, level, perform};

/// A recording of a piano that plays eight notes, in a folder: the table that is assumed where nothing is
/// heard.
pub fn piano_file(folder: &Path) -> PathBuf {
    let notes: Vec<PlayedNote> = [48, 52, 55, 60, 64, 67, 72, 76]
        .iter()
        .zip(0..)
        .map(|(&key, place)| {
            let start = 0.6 * f64::from(place);
            PlayedNote { start, end: start + 0.55, key, velocity: 80 }
        })
        .collect();
    let mut sides = perform(&Piano::schematic(), &notes, DECODED_RATE, &|| false).unwrap();
    level(&mut sides);
    let [left, right] = sides;
    let path = folder.join("a piano.wav");
    std::fs::write(&path, wav_stereo(&Stereo { left, right }, SampleRate(DECODED_RATE))).unwrap();
    path
}

/// A melody of so many bars of 4/4 and a last one of 3/4, at bar 5 of the host's song.
pub fn take(bars: usize) -> Take {
    let ticks = Ticks(bars as u64 * 1920);
    let melody = (0..bars * 4).map(|beat| Note {
        start: Ticks(beat as u64 * 480),
        length: Ticks(400),
        key: 60 + [0, 4, 7, 4, 5, 9, 7, 2][(beat / 2) % 8],
        velocity: Velocity::clamped(80),
    });
    let kind = TrackKind::Melodic { program: 0 };
    let track = Track { name: "Melody".to_owned(), kind, notes: melody.collect() };
    let waltz = MetreChange { at: ticks, metre: Metre::new(3, 4).unwrap() };
    let tempo = [(0, 500_000), (1000, 450_000)]
        .map(|(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter });
    Take {
        file_time: None,
        name: "Chorus".to_owned(),
        first_bar: BarIndex(4),
        start: Beats(16.0),
        song: Song { tempo: TempoMap::new(480, tempo), metres: vec![waltz], tracks: vec![track] },
        pedals: Vec::new(),
        volumes: Vec::new(),
        length: ticks + Ticks(1440),
    }
}

pub fn part(take: &Take, seed: u64) -> DrumPart {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let bars = take.bars();
    let grids = bars.step_grids(false);
    let mut hits = Vec::new();
    for (bar, grid) in grids.iter().enumerate() {
        for step in 0..grid.steps {
            for lane in Lane::ALL {
                if rng.random_bool(0.15) {
                    hits.push(Hit {
                        bar: BarIndex(bar),
                        step,
                        key: lane.default_key(),
                        velocity: Velocity::clamped(rng.random_range(1..=127)),
                        offset: rng.random_range(-0.5..=0.5),
                    });
                }
            }
        }
    }
    DrumPart::new(bars, grids, hits)
}

/// Sections of four bars: A A B A ..., and the last bar in the last one.
pub fn document(bars: usize, seed: u64) -> Document {
    let take = Arc::new(take(bars));
    let all = take.bars().len();
    let starts: Vec<usize> = (0..all.saturating_sub(1).max(1)).step_by(4).collect();
    let sections = starts.iter().enumerate().map(|(index, &start)| {
        let end = starts.get(index + 1).copied().unwrap_or(all);
        Section { label: usize::from(index % 4 == 2), bars: start..end }
    });
    let ssm = Arc::new(QuantizedSsm::new(&Ssm::from_pairs(all, |a, b| (a + b) as f32 / 99.0)));
    let alternatives = (0..ALTERNATIVES).map(|number| Alternative {
        part: Arc::new(part(&take, seed.wrapping_add(number as u64))),
        fills: [BarIndex(all - 1)].into(),
        style: (number > 0).then_some([number as f32; 8]),
        variation: VariationId { seed, number },
        overrides: Arc::default(),
        touched: Arc::default(),
    });
    let alternatives = alternatives.collect();
    let mut document =
        Document { takes: vec![take.clone()], current_take: Some(0), ..Document::default() };
    document.settings.seed = seed;
    document.arrangement = Some(Arrangement {
        take,
        form: Arc::new(Form { sections: sections.collect() }),
        melodic: ssm.clone(),
        drums: ssm,
        played: document.settings.clone(),
        alternatives,
        chosen: 0,
        locked_bars: Arc::default(),
    });
    document.lanes[3] = LaneState { mute: true, ..LaneState::default() };
    document
}

pub fn cell(bar: usize, step: usize, lane: Lane) -> Cell {
    Cell { bar: BarIndex(bar), step, lane }
}

/// The hits of the part in a cell.
pub fn at(document: &Document, cell: Cell) -> Vec<Hit> {
    let part = document.part().unwrap();
    part.hits.iter().copied().filter(|hit| Cell::of(hit) == cell).collect()
}

/// Four bars of rock at 120 beats a minute: kick, snare and hats in eighths.
pub fn drum_loop() -> Song {
    let mut notes = Vec::new();
    for eighth in 0..32_u64 {
        let mut strike = |lane: Lane, velocity: u8| {
            notes.push(Note {
                start: Ticks(eighth * 240),
                length: Ticks(60),
                key: lane.default_key().get(),
                velocity: Velocity::clamped(velocity),
            });
        };
        strike(Lane::ClosedHat, if eighth % 2 == 0 { 96 } else { 72 });
        match eighth % 8 {
            0 | 4 | 5 => strike(Lane::Kick, 110),
            2 | 6 => strike(Lane::Snare, 112),
            _ => {}
        }
    }
    let track = Track { name: "Drums".to_owned(), kind: TrackKind::Drums, notes };
    let tempo = TempoMap::new(480, [TempoChange { at: Ticks(0), micros_per_quarter: 500_000 }]);
    Song { tempo, metres: Vec::new(), tracks: vec![track] }
}

/// [`drum_loop`] as a WAV file, "a loop.wav".
pub fn loop_file(folder: &Path) -> PathBuf {
    let rate = SampleRate(DECODED_RATE);
    let sound = render_stereo(&drum_loop(), SoundFont::embedded(), rate, &|| false).unwrap();
    let path = folder.join("a loop.wav");
    std::fs::write(&path, wav_stereo(&sound, rate)).unwrap();
    path
}
