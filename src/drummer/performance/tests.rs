//! The whole way from a pattern to a performance, with the built-in network.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;

use super::*;
use crate::drummer::{Dynamics, Style};
use crate::midi;
use crate::network::{Backend, Models, Network};
use crate::score::{
    BarGrid, BarIndex, Bpm, DrumPart, GmKey, GridKind, Hit, Lane, Metre, MetreChange, Note, Song,
    StepGrid, TempoMap, Ticks, Track, TrackKind, Velocity,
};

fn network() -> Arc<dyn Network> {
    static MODELS: OnceLock<Models> = OnceLock::new();
    let models = MODELS.get_or_init(|| Models::new(Backend::Cpu, None));
    models.get(&crate::drummer::networks::GROOVE).unwrap()
}

fn feel(tempo: &TempoMap) -> Feel<'_> {
    Feel { seed: 1, ..Feel::new(tempo) }
}

fn hit(bar: usize, step: usize, key: GmKey) -> Hit {
    Hit { bar: BarIndex(bar), step, key, velocity: Velocity::clamped(64), offset: 0.0 }
}

/// Kick on 1, 3 and 3-and, back beats, two ghost notes, hats in eighths.
fn rock(bars: usize) -> DrumPart {
    let grid = BarGrid::new(96, &[], Ticks(384 * bars as u64));
    let grids = vec![StepGrid::for_metre(Metre::COMMON, false); bars];
    let strokes = [
        (Lane::Kick, vec![0, 8, 10]),
        (Lane::Snare, vec![4, 7, 9, 12]),
        (Lane::ClosedHat, (0..16).step_by(2).collect()),
    ];
    let mut hits = Vec::new();
    for bar in 0..bars {
        for (lane, steps) in &strokes {
            hits.extend(steps.iter().map(|&step| hit(bar, step, lane.default_key())));
        }
    }
    DrumPart::new(grid, grids, hits)
}

fn mean(values: impl IntoIterator<Item = f32>) -> f32 {
    let values: Vec<f32> = values.into_iter().collect();
    values.iter().sum::<f32>() / values.len() as f32
}

fn mean_velocity(part: &DrumPart, lane: Lane, steps: &[usize]) -> f32 {
    let these = part.hits.iter().filter(|hit| hit.lane() == lane && steps.contains(&hit.step));
    mean(these.map(|hit| hit.velocity.unit()))
}

#[test]
fn same_seed_same_part() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let play_seed = |seed| play(&rock(8), &Feel { seed, ..feel(&tempo) }, &*network()).unwrap();
    assert_eq!(play_seed(1), play_seed(1));
    assert_ne!(play_seed(1), play_seed(2));
}

#[test]
fn back_beats_are_loud_and_ghost_notes_soft() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    for (style, humanise) in [(None, 0.5), (Some(Style::Rock), 0.5), (Some(Style::Funk), 0.0)] {
        let feel = Feel { style, humanise, ..feel(&tempo) };
        let part = play(&rock(32), &feel, &*network()).unwrap();
        let back = mean_velocity(&part, Lane::Snare, &[4, 12]);
        let ghost = mean_velocity(&part, Lane::Snare, &[7, 9]);
        assert!(back > 0.75 && ghost < 0.4, "{style:?}: back beat {back}, ghost {ghost}");
        let on = mean_velocity(&part, Lane::ClosedHat, &[0, 4, 8, 12]);
        let off = mean_velocity(&part, Lane::ClosedHat, &[2, 6, 10, 14]);
        assert!(on > off, "{style:?}: hats on the beat {on}, off {off}");
    }
}

#[test]
fn a_back_beat_over_four_on_the_floor_is_no_ghost_note() {
    let tempo = TempoMap::constant(96, Bpm(108.0));
    let beats: Vec<Hit> = (0..32 * 4)
        .flat_map(|beat| {
            let lanes = if beat % 2 == 1 { &[Lane::Kick, Lane::Snare][..] } else { &[Lane::Kick] };
            lanes.iter().map(move |lane| hit(beat / 4, beat % 4 * 4, lane.default_key()))
        })
        .collect();
    let rock = rock(32);
    let part = DrumPart::new(rock.bars, rock.grids, beats);
    for style in [Style::Soul, Style::Rock, Style::Dance] {
        let feel = Feel { style: Some(style), ..feel(&tempo) };
        let back = mean_velocity(&play(&part, &feel, &*network()).unwrap(), Lane::Snare, &[4, 12]);
        assert!(back > 0.55, "{style:?}: {back}");
    }
}

#[test]
fn a_back_beat_is_the_same_from_bar_to_bar() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    for seed in 0..8 {
        for style in [None, Some(Style::Rock), Some(Style::Funk), Some(Style::HipHop)] {
            let feel = Feel { seed, style, ..feel(&tempo) };
            let part = play(&rock(32), &feel, &*network()).unwrap();
            for step in [4, 12] {
                let beats = part.hits.iter().filter(|h| h.lane() == Lane::Snare && h.step == step);
                let beats: Vec<f32> = beats.map(|hit| f32::from(hit.velocity.get())).collect();
                let (low, high) =
                    beats.iter().fold((127.0f32, 0.0f32), |(l, h), &v| (l.min(v), h.max(v)));
                let middle = mean(beats.iter().copied());
                let spread = mean(beats.iter().map(|v| (v - middle).powi(2))).sqrt();
                let told = format!("seed {seed} {style:?} step {step}: {low} to {high}, {spread}");
                assert!(spread < 6.0 && high - low < 30.0 && low > 75.0, "{told}");
                assert!(high > low, "nobody is a machine: {told}");
            }
        }
    }
}

#[test]
fn velocities_stay_within_what_a_kit_answers_to() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    for intensity in [0.0, 0.5, 1.0] {
        for (seed, (pattern, _)) in performances().iter().enumerate() {
            let feel = Feel { intensity, humanise: 1.0, seed: seed as u64, ..feel(&tempo) };
            let part = play(pattern, &feel, &*network()).unwrap();
            assert!(part.hits.iter().all(|hit| (15..=123).contains(&hit.velocity.get())));
        }
    }
}

/// A song of eighth notes, each bar at its velocity.
fn melody(velocities: &[u8]) -> Song {
    let notes = velocities.iter().enumerate().flat_map(|(bar, &velocity)| {
        (0..8).map(move |eighth| Note {
            start: Ticks(384 * bar as u64 + 48 * eighth),
            length: Ticks(48),
            key: 60,
            velocity: Velocity::clamped(velocity),
        })
    });
    let notes = notes.collect();
    let kind = TrackKind::Melodic { program: 0 };
    let tracks = vec![Track { name: String::new(), kind, notes }];
    Song { tempo: TempoMap::constant(96, Bpm(100.0)), metres: Vec::new(), tracks }
}

#[test]
fn the_drums_follow_the_song() {
    let mut velocities = [100; 24];
    velocities[8..16].fill(45);
    let song = melody(&velocities);
    let pattern = rock(24);
    let dynamics = Dynamics::of(&song, &pattern.bars);
    let feel = Feel { dynamics: Some(&dynamics), ..feel(&song.tempo) };
    let part = play(&pattern, &feel, &*network()).unwrap();
    let level = |bars: std::ops::Range<usize>| {
        let hits = part.hits.iter().filter(|hit| bars.contains(&hit.bar.0));
        mean(hits.map(|hit| hit.velocity.unit()))
    };
    let (loud, soft) = (level(0..8), level(8..16));
    assert!((0.45..0.75).contains(&(soft / loud)), "{soft} beside {loud}");
    assert!((level(16..24) - loud).abs() < 0.05);
    // Within the soft bars accents are accents still.
    let part = DrumPart::new(
        part.bars.clone(),
        part.grids.clone(),
        part.hits.iter().filter(|hit| (8..16).contains(&hit.bar.0)).copied().collect(),
    );
    let back = mean_velocity(&part, Lane::Snare, &[4, 12]);
    let ghost = mean_velocity(&part, Lane::Snare, &[7, 9]);
    assert!(back > 1.8 * ghost, "back beat {back}, ghost {ghost}");
}

#[test]
fn a_song_without_dynamics_is_played_evenly() {
    let pattern = rock(16);
    let song = melody(&[80; 16]);
    let dynamics = Dynamics::of(&song, &pattern.bars);
    let plain = feel(&song.tempo);
    let even = Feel { dynamics: Some(&dynamics), ..plain };
    let play = |feel: &Feel| play(&pattern, feel, &*network()).unwrap();
    assert_eq!(play(&even), play(&plain));
}

#[test]
fn humanise_0_is_exactly_on_the_grid_and_needs_no_seed() {
    let tempo = TempoMap::constant(96, Bpm(130.0));
    let machine = |seed| {
        let feel = Feel { humanise: 0.0, seed, ..feel(&tempo) };
        play(&rock(4), &feel, &*network()).unwrap()
    };
    assert!(machine(1).hits.iter().all(|hit| hit.offset == 0.0));
    assert_eq!(machine(1), machine(2));
}

#[test]
fn humanise_widens_timing() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let spread = |humanise| {
        let part = play(&rock(32), &Feel { humanise, ..feel(&tempo) }, &*network()).unwrap();
        let middle = mean(part.hits.iter().map(|hit| hit.offset));
        mean(part.hits.iter().map(|hit| (hit.offset - middle).abs()))
    };
    let spreads = [0.0, 0.25, 0.5, 1.0].map(spread);
    assert!(spreads.is_sorted(), "{spreads:?}");
}

#[test]
fn long_bars_are_as_tight_as_others() {
    let tempo = TempoMap::constant(96, Bpm(120.0));
    // How far hats in eighths are off, in beats, in bars of so many.
    let off = |beats: u8| {
        let metre = Metre::new(beats, 4).unwrap();
        let change = MetreChange { at: Ticks(0), metre };
        let bars = BarGrid::new(96, &[change], Ticks(8 * metre.bar_ticks(96).0));
        let grid = StepGrid::for_metre(metre, false);
        let eighths = (0..grid.steps).step_by(grid.steps_per_beat / 2);
        let hats =
            |bar| eighths.clone().map(move |step| hit(bar, step, Lane::ClosedHat.default_key()));
        let pattern = DrumPart::new(bars, vec![grid; 8], (0..8).flat_map(hats).collect());
        mean((0..4).map(|seed| {
            let part = play(&pattern, &Feel { seed, ..feel(&tempo) }, &*network()).unwrap();
            mean(part.hits.iter().map(|hit| hit.offset.abs())) / grid.steps_per_beat as f32
        }))
    };
    let (usual, long) = (off(7), off(10));
    assert!(long < 1.2 * usual, "{long} beats in bars of ten, {usual} in bars of seven");
}

#[test]
fn intensity_raises_every_stroke() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let parts = [0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]
        .map(|intensity| play(&rock(8), &Feel { intensity, ..feel(&tempo) }, &*network()).unwrap());
    for pair in parts.windows(2) {
        let both = pair[0].hits.iter().zip(&pair[1].hits);
        assert!(both.clone().all(|(soft, hard)| soft.velocity <= hard.velocity));
        assert!(both.clone().all(|(soft, hard)| soft.offset == hard.offset));
        let level = |part: &DrumPart| mean(part.hits.iter().map(|hit| hit.velocity.unit()));
        assert!(level(&pair[0]) < level(&pair[1]));
    }
}

#[test]
fn swing_delays_the_off_beats() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let swung = |swing| {
        let feel = Feel { swing, humanise: 0.0, ..feel(&tempo) };
        let part = play(&rock(1), &feel, &*network()).unwrap();
        let hats = part.hits.iter().filter(|hit| hit.lane() == Lane::ClosedHat);
        hats.map(|hit| part.tick(hit).0).collect::<Vec<_>>()
    };
    assert_eq!(swung(0.0), [0, 48, 96, 144, 192, 240, 288, 336]);
    assert_eq!(swung(0.5), [0, 56, 96, 152, 192, 248, 288, 344]);
    assert_eq!(swung(1.0), [0, 64, 96, 160, 192, 256, 288, 352]);
}

#[test]
fn long_parts_are_played_as_if_in_one_piece() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let feel = Feel { humanise: 0.0, ..feel(&tempo) };
    let long = play(&rock(200), &feel, &*network()).unwrap();
    let bar = |bar: usize| -> Vec<u8> {
        let here = long.hits.iter().filter(|hit| hit.bar.0 == bar);
        here.map(|hit| hit.velocity.get()).collect()
    };
    // Far from both ends every bar has the same context, wherever the requests were cut.
    assert!((10..190).all(|index| bar(index) == bar(100)));
}

#[test]
fn swing_pulls_skips_alone() {
    // Three bars of a ride that skips, then three of 6/8.
    let jig = MetreChange { at: Ticks(3 * 384), metre: Metre::new(6, 8).unwrap() };
    let bars = BarGrid::new(96, &[jig], Ticks(3 * 384 + 3 * 288));
    let grids: Vec<StepGrid> =
        bars.bars().iter().map(|bar| StepGrid::for_metre(bar.metre, false)).collect();
    let ride = |bar: usize| {
        let steps: &[usize] = if bar < 3 { &[0, 4, 7, 8, 12, 15] } else { &[0, 3, 6, 9, 11] };
        steps.iter().map(move |&step| hit(bar, step, Lane::Ride.default_key()))
    };
    let part = DrumPart::new(bars, grids, (0..6).flat_map(ride).collect());
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let swung = |swing| play(&part, &Feel { swing, ..feel(&tempo) }, &*network()).unwrap().hits;
    let (straight, swung) = (swung(0.0), swung(1.0));
    let moved = straight.iter().zip(&swung).filter(|(a, b)| a.offset != b.offset);
    let moved: Vec<(usize, usize)> = moved.map(|(hit, _)| (hit.bar.0, hit.step)).collect();
    assert_eq!(moved, [0, 1, 2].map(|bar| [(bar, 7), (bar, 15)]).concat());
}

#[test]
fn what_swing_writes_on_another_step_is_said() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let pattern = rock(4);
    let moved_at = |swing: f32| {
        let feel = Feel { swing, ..feel(&tempo) };
        let (part, moved) = play_all(&[(&pattern, feel)], &*network()).unwrap().remove(0);
        let place = |hit: &Hit| (hit.bar, hit.step, hit.key);
        let was: std::collections::BTreeSet<_> = pattern.hits.iter().map(place).collect();
        let now: std::collections::BTreeSet<_> = part.hits.iter().map(place).collect();
        let told = was.iter().map(|&(bar, step, key)| {
            (bar, moved.get(&(bar, step, key)).copied().unwrap_or(step), key)
        });
        assert_eq!(told.collect::<std::collections::BTreeSet<_>>(), now);
        moved.len()
    };
    assert_eq!(moved_at(0.5), 0);
    assert!(moved_at(1.0) >= 16);
}

#[test]
fn what_was_given_is_played_exactly_if_that_is_asked_for() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let pattern = rock(8);
    let own = |hit: &Hit| (Velocity::clamped(40 + 5 * hit.step as u8), 0.1);
    let given: GivenStrokes =
        pattern.hits.iter().map(|hit| ((hit.bar, hit.step, hit.key), own(hit))).collect();
    // Four bars of a soft song, then four loud ones.
    let note = |bar: u64| Note {
        start: Ticks(384 * bar),
        length: Ticks(384),
        key: 60,
        velocity: Velocity::clamped(if bar < 4 { 20 } else { 120 }),
    };
    let notes = (0..8).map(note).collect();
    let kind = TrackKind::Melodic { program: 0 };
    let tracks = vec![Track { name: String::new(), kind, notes }];
    let song = Song { tempo: tempo.clone(), metres: Vec::new(), tracks };
    let dynamics = Dynamics::of(&song, &pattern.bars);
    let played = |as_given: bool| {
        let given = Some(&given);
        let feel = Feel { given, as_given, dynamics: Some(&dynamics), ..feel(&tempo) };
        play(&pattern, &feel, &*network()).unwrap().hits
    };
    let is_own = |hit: &Hit| {
        let (velocity, offset) = own(hit);
        hit.velocity == velocity && (hit.offset - offset).abs() < 1e-4
    };
    assert!(played(true).iter().all(is_own));
    assert!(!played(false).iter().any(is_own));
}

#[test]
fn an_empty_pattern_stays_empty() {
    let tempo = TempoMap::constant(96, Bpm(100.0));
    let empty = DrumPart::new(BarGrid::new(96, &[], Ticks(0)), Vec::new(), Vec::new());
    assert_eq!(play(&empty, &feel(&tempo), &*network()).unwrap(), empty);
}

/// Performances of the Groove MIDI Dataset (see `tests/golden/groove/README.md`).
fn performances() -> Vec<(DrumPart, TempoMap)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/groove");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .collect();
    files.sort();
    let songs = files.iter().map(|path| midi::parse(&std::fs::read(path).unwrap()).unwrap());
    songs.map(|song| (quantise(&song).unwrap(), song.tempo)).collect()
}

/// Area under the lower one of two kernel density estimates (Gaussian, Scott's bandwidth).
fn overlap(a: &[f32], b: &[f32], low: f32, high: f32) -> f32 {
    const PLACES: usize = 200;
    let density = |values: &[f32]| -> Vec<f32> {
        let middle = mean(values.iter().copied());
        let deviation = mean(values.iter().map(|v| (v - middle).powi(2))).sqrt();
        let width = deviation * (values.len() as f32).powf(-0.2);
        let at = |place: usize| low + (high - low) * place as f32 / (PLACES - 1) as f32;
        let sums: Vec<f32> = (0..PLACES)
            .map(|place| {
                values.iter().map(|v| (-0.5 * ((at(place) - v) / width).powi(2)).exp()).sum()
            })
            .collect();
        let total: f32 = sums.iter().sum();
        sums.into_iter().map(|sum| sum / total).collect()
    };
    density(a).iter().zip(density(b)).map(|(a, b)| a.min(b)).sum()
}

#[test]
fn the_dataset_keeps_its_grids() {
    let kinds: Vec<GridKind> = performances().iter().map(|(part, _)| part.grids[0].kind).collect();
    assert_eq!(kinds, [GridKind::Straight; 9]);
}

/// How people's patterns, played by the network, compare with how they were played: overlap of
/// the velocities and of the offsets, and how the offsets of neighbouring strokes correlate.
/// Strokes whose reading is at the pads' ceiling are left out of the velocities on both sides.
fn compare(as_measured: bool) -> [f32; 3] {
    let (mut human, mut ours) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut neighbours = Vec::new();
    for (seed, (part, tempo)) in performances().into_iter().enumerate() {
        let stats = PerformanceStats::measure(&part, &tempo).filter(|_| as_measured);
        let feel = Feel { seed: seed as u64, stats, with_others: false, ..feel(&tempo) };
        let played = play(&part, &feel, &*network()).unwrap();
        assert_eq!(played.hits.len(), part.hits.len());
        // The same strokes in the same order: nothing swings here.
        let read = part.hits.iter().zip(&played.hits).filter(|(hit, _)| hit.velocity.get() < 126);
        for (human_hit, our_hit) in read {
            human[0].push(human_hit.velocity.unit());
            ours[0].push(our_hit.velocity.unit());
        }
        for (from, into) in [(&part, &mut human), (&played, &mut ours)] {
            into[1].extend(from.hits.iter().map(|hit| hit.offset));
        }
        let middle = mean(played.hits.iter().map(|hit| hit.offset));
        let variance = mean(played.hits.iter().map(|hit| (hit.offset - middle).powi(2)));
        let together = played
            .hits
            .windows(2)
            .map(|pair| (pair[0].offset - middle) * (pair[1].offset - middle) / variance);
        neighbours.extend(together);
    }
    let velocity = overlap(&human[0], &ours[0], 0.0, 1.0);
    let offset = overlap(&human[1], &ours[1], -0.5, 0.5);
    [velocity, offset, mean(neighbours)]
}

#[test]
fn velocity_and_timing_spread_as_with_people() {
    let [velocity, offset, neighbours] = compare(true);
    println!("in the player's manner: velocity {velocity:.3}, offset {offset:.3}, {neighbours:.3}");
    assert!(velocity > 0.9 && offset > 0.9 && neighbours > 0.25);
    let [velocity, offset, neighbours] = compare(false);
    println!("in a seed's manner: velocity {velocity:.3}, offset {offset:.3}, {neighbours:.3}");
    // Kicks that return are steadier than those of the dataset's drummers.
    assert!(velocity > 0.85 && offset > 0.77 && neighbours > 0.25);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_metre_can_be_played(
        metres in prop::collection::vec((1u8..=32, 0u32..=5, any::<bool>()), 1..5),
        strokes in prop::collection::vec((0usize..5, 0usize..32, 27u8..=87), 0..60),
        knobs in prop::array::uniform3(-0.5f32..1.5),
        bpm in 20.0f64..400.0,
        seed in any::<u64>(),
    ) {
        let mut at = Ticks(0);
        let mut changes = Vec::new();
        for &(numerator, denominator, _) in &metres {
            let metre = Metre::new(numerator, 1 << denominator).unwrap();
            changes.push(MetreChange { at, metre });
            at += metre.bar_ticks(96);
        }
        let bars = BarGrid::new(96, &changes, at);
        let grids: Vec<StepGrid> = bars
            .bars()
            .iter()
            .zip(&metres)
            .map(|(bar, (_, _, triplets))| StepGrid::for_metre(bar.metre, *triplets))
            .collect();
        let hits = strokes
            .into_iter()
            .filter(|(bar, step, _)| grids.get(*bar).is_some_and(|grid| *step < grid.steps))
            .map(|(bar, step, key)| hit(bar, step, GmKey::new(key).unwrap()))
            .collect();
        let pattern = DrumPart::new(bars, grids, hits);
        let tempo = TempoMap::constant(96, Bpm(bpm));
        let [intensity, swing, humanise] = knobs;
        let fills = [BarIndex(0), BarIndex(77)];
        let feel = Feel {
            style: Some(Style::March),
            intensity,
            swing,
            humanise,
            fills: &fills,
            seed,
            ..feel(&tempo)
        };
        let played = play(&pattern, &feel, &*network()).unwrap();
        prop_assert_eq!(played.hits.len(), pattern.hits.len());
        prop_assert!(played.hits.iter().all(|hit| hit.offset.abs() <= 0.5));
    }
}

#[test]
fn training_data_is_written_as_described() {
    let folder = tempfile::tempdir().unwrap();
    let head = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,\
                audio_filename,duration,split\n";
    let line = "drummer3,drummer3/session1,x,rock,105,beat,4-4,beat.mid,,41.1,train\n";
    std::fs::write(folder.path().join("info.csv"), format!("{head}{line}")).unwrap();
    let source = "tests/golden/groove/d3_s1_9_rock_105_beat_4-4.mid";
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    std::fs::copy(&source, folder.path().join("beat.mid")).unwrap();
    let out = folder.path().join("groove.safetensors");
    let exported = export(folder.path(), &out).unwrap();
    let part = quantise(&midi::parse(&std::fs::read(source).unwrap()).unwrap()).unwrap();
    assert_eq!(exported.performances, 1);
    assert_eq!(exported.steps, part.grids.iter().map(|grid| grid.steps).sum::<usize>());

    let bytes = std::fs::read(&out).unwrap();
    let arrays = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(arrays.tensor("inputs").unwrap().shape(), [exported.steps, CHANNELS]);
    assert_eq!(arrays.tensor("starts").unwrap().shape(), [2]);
    std::fs::remove_file(folder.path().join("beat.mid")).unwrap();
    let error = export(folder.path(), &out).unwrap_err();
    assert!(error.to_string().ends_with("beat.mid"), "{error}");
}
