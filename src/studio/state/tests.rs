use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::drummer::timing::FileTime;
use crate::drummer::{CountIn, Ending, Settings, Style, StyleChoice};
use crate::midi::VolumeChange;
use crate::patterns::{Pattern, PatternGrid, Place};
use crate::score::{
    BarIndex, Bpm, Groove, GrooveSource, Lane, Pedal, PedalChange, TempoMap, Ticks,
};
use crate::studio::Rating;
use crate::studio::fixtures::document;
use crate::studio::{
    Arrangement, DrumMap, Edit, Lanes, MAX_BARS, MOST_TAKES, MapGroove, MapState, OwnMap, Region,
    RegionOverride, Take, TakePiano, Theme, VariationId,
};
use crate::timbre::{LOWEST, Piano};

fn saved(bars: usize, seed: u64) -> Saved {
    let window_settings = WindowSettings { width: 900, height: 600, theme: Theme::Light };
    Saved { document: document(bars, seed), window_settings, ..Saved::default() }
}

/// A document with something in every field.
fn full() -> Saved {
    let mut saved = fourth();
    let change = |at, gain| VolumeChange { at: Ticks(at), gain };
    for (index, volumes) in
        [(0, vec![change(0, 0.25), change(960, 1.0)]), (1, vec![change(300, 0.0)])]
    {
        let take = Take::clone(&saved.document.takes[index]);
        saved.document.replace_take(index, Take { volumes: vec![volumes], ..take });
    }
    // The song's groove of the take in view, and a section's of the first.
    let home = |groove: &mut Groove, bars: [usize; 2]| {
        *groove = groove.at_home(bars.map(BarIndex).into());
    };
    home(saved.document.settings.grooves_mut().next().unwrap(), [9, 2]);
    let kept = Arc::make_mut(saved.document.kept[0].as_mut().unwrap());
    home(kept.settings.grooves_mut().last().unwrap(), [0, 1]);
    saved
}

/// A document with something in every field of version 4.
fn fourth() -> Saved {
    let mut saved = third();
    let change = |at, pedal, value| PedalChange { at: Ticks(at), pedal, value };
    // Of a take that has drums and is not in view, of the one in view, and of none of the last one.
    let first = [change(0, Pedal::Sustain, 127), change(700, Pedal::Sustain, 0)];
    let current = [change(3, Pedal::Soft, 50), change(480, Pedal::Sostenuto, 127)];
    for (index, pedals) in [(0, first), (1, current)] {
        let take = Take::clone(&saved.document.takes[index]);
        saved.document.replace_take(index, Take { pedals: vec![pedals.to_vec()], ..take });
    }
    saved
}

/// A document with something in every field of version 3.
fn third() -> Saved {
    let mut saved = second();
    let variation = VariationId { seed: u64::MAX, number: 7 };
    let rating = Rating { song: 1, variation, liked: true, profile: [-0.5; 8] };
    saved.feedback = RelevanceFeedback::new([rating, Rating { song: 2, liked: false, ..rating }]);
    let played = saved.document.settings.clone();
    let groove =
        Groove::of_part("mine", GrooveSource::Tapped, saved.document.part().unwrap(), 0..2);
    let groove = groove.unwrap().groove;
    let settings = Settings {
        ending: Ending::FillAndHit,
        count_in: CountIn::Sticks,
        style: StyleChoice::Groove(groove.renamed("song")),
        section_grooves: BTreeMap::from([(1, groove)]),
        follow: 0.25,
        ..played
    };
    saved.document = Edit::Settings(settings).apply(&saved.document).unwrap();
    saved.document.arrangement.as_mut().unwrap().played.ending = Ending::None;
    let other = document(4, 9);
    let take = Arc::new(Take { name: "Verse".to_owned(), ..(*other.takes[0]).clone() });
    saved.document = Edit::AddTake(take.clone()).apply(&saved.document).unwrap();
    saved.document.arrangement = Some(Arrangement { take, ..other.arrangement.unwrap() });
    let settings = Settings { swing: 0.25, ..saved.document.settings.clone() };
    saved.document = Edit::Settings(settings).apply(&saved.document).unwrap();
    // The last of three has no drums yet.
    let mut take = Take { name: "Bridge".to_owned(), ..(*other.takes[0]).clone() };
    let tempo = TempoMap::constant(480, Bpm(125.0));
    take.file_time = Some(Arc::new(FileTime { tempo, metres: take.song.metres.clone() }));
    let take = Arc::new(take);
    saved.document = Edit::AddTake(take).apply(&saved.document).unwrap();
    saved.document = Edit::ChooseTake(1).apply(&saved.document).unwrap();
    saved.document.piano = Some(Arc::new(TakePiano {
        name: "upright".to_owned(),
        piano: piano_of_version_3(),
        remarks: vec!["a remark".to_owned()],
    }));
    saved
}

/// The schematic piano as it was when the golden file was written: hard strokes brighter, not just louder,
/// and keys as loud as the rule for partials makes them.
fn piano_of_version_3() -> Piano {
    let mut piano = Piano::schematic();
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        let count = sound.partials.len();
        let frequencies: Vec<f32> = (1..=count).map(|n| sound.frequency(key, n)).collect();
        for (partial, frequency) in sound.partials.iter_mut().zip(frequencies) {
            let bass = -12.0 * (1.0 + (80.0 / frequency).powi(2)).log2();
            let tilt = -9.0 * (1.0 + frequency / 500.0).log2();
            let level = -24.0 + bass + tilt;
            let hardness = 5.0 + 2.0 * (frequency / 500.0).max(0.5).log2();
            partial.levels = [level - hardness * 1.4, level, level + hardness];
        }
    }
    piano
}

/// A document with something in every field of version 2.
fn second() -> Saved {
    let mut saved = first();
    // The own map is kept while another is in use.
    saved.document = Edit::DrumMap(DrumMap::Toontrack).apply(&saved.document).unwrap();
    saved
}

/// A document with something in every field of version 1.
fn first() -> Saved {
    let mut saved = saved(12, 3);
    let own = OwnMap::from_map("mine", &DrumMap::Avl).with_key(Lane::Bell.default_key(), 3);
    let edits = [
        Edit::Lock { lane: Lane::Kick, on: true },
        Edit::LockBars { bars: 2..5, on: true },
        Edit::CopyToRepeats(BarIndex(1)),
        Edit::Choose(3),
        Edit::Mix { bars: 1..6, from: 0 },
        Edit::DrumMap(DrumMap::Own(own)),
        Edit::Settings(Settings {
            style: StyleChoice::Preset(Style::HipHop),
            ..saved.document.settings.clone()
        }),
    ];
    for edit in edits {
        saved.document = edit.apply(&saved.document).unwrap();
    }
    let arrangement = saved.document.arrangement.as_mut().unwrap();
    arrangement.alternatives[1].overrides = vec![RegionOverride {
        region: Region { bars: 0..3, lanes: Lanes::only(Lane::Snare) },
        variation: VariationId { seed: u64::MAX, number: 7 },
    }]
    .into();
    saved
}

#[test]
fn everything_comes_back() {
    for saved in [Saved::default(), saved(1, 1), first(), second(), third(), full()] {
        assert_eq!(Saved::from_bytes(&saved.to_bytes()), Ok(saved));
    }
}

#[test]
fn a_long_song_is_saved_small() {
    // 256 bars, four dense alternatives of 9,600 strokes with random timing each.
    let bytes = saved(256, 1).to_bytes();
    assert!(bytes.len() < 600_000, "{} bytes", bytes.len());
}

#[test]
fn what_cannot_be_read_says_why() {
    assert_eq!(Saved::from_bytes(b""), Err(StateError::Foreign));
    assert_eq!(Saved::from_bytes(b"RIFF, a song of ice"), Err(StateError::Foreign));
    let mut newer = full().to_bytes();
    newer[4] = 9;
    assert_eq!(Saved::from_bytes(&newer), Err(StateError::Newer(9)));
    assert!(StateError::Newer(9).to_string().contains("version 9"));
}

/// Plain bytes as a state that is whole.
fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).unwrap();
    let packed = packed.finish().unwrap();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(checksum(&packed).to_le_bytes());
    bytes.extend(packed);
    bytes
}

fn plain(saved: &Saved) -> Vec<u8> {
    postcard::to_stdvec(&layout::Version5::from(saved)).unwrap()
}

#[test]
fn what_unpacks_to_more_than_any_document_is_refused() {
    const MOST: usize = 1 << 20;
    let bomb = packed(&vec![0xFF; MOST + 1]);
    assert!(bomb.len() < MOST / 100);
    assert_eq!(unpack(&bomb[HEAD..], MOST as u64), None);
    assert_eq!(unpack(&bomb[HEAD..], MOST as u64 + 1).map(|plain| plain.len()), Some(MOST + 1));
}

#[test]
fn a_project_of_nothing_but_long_takes_is_not_too_large() {
    // What the takes share is counted with each.
    let long = plain(&saved(MAX_BARS - 1, 1)).len();
    assert!((long * MOST_TAKES) as u64 <= LARGEST, "{long} bytes a take");
}

#[test]
fn a_version_1_state_stays_readable() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state/version-1.drumlin");
    assert_eq!(Saved::from_bytes(&std::fs::read(path).unwrap()), Ok(first()));
}

#[test]
fn a_version_2_state_stays_readable() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state/version-2.drumlin");
    let saved = second();
    assert_eq!(saved.document.own_map.as_ref().map(|own| &*own.name), Some("mine"));
    assert_eq!(Saved::from_bytes(&std::fs::read(path).unwrap()), Ok(saved));
}

#[test]
fn a_version_3_state_stays_readable() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state/version-3.drumlin");
    let saved = third();
    assert!(saved.document.arrangement_of(0).is_some(), "drums of a take that was put away");
    assert_eq!(Saved::from_bytes(&std::fs::read(path).unwrap()), Ok(saved));
}

#[test]
fn a_version_4_state_stays_readable() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state/version-4.drumlin");
    let saved = fourth();
    assert!(saved.document.arrangement_of(0).is_some_and(|made| !made.take.pedals.is_empty()));
    assert_eq!(Saved::from_bytes(&std::fs::read(path).unwrap()), Ok(saved));
}

#[test]
fn a_version_5_state_stays_readable() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state/version-5.drumlin");
    assert_eq!(Saved::from_bytes(&std::fs::read(path).unwrap()), Ok(full()));
}

#[test]
fn grooves_between_the_grids_are_kept() {
    let rows = std::array::from_fn(|drum| 0b1101 << drum);
    let place = Place { x: 0.25, y: -0.5 };
    let groove = |grid| Some(MapGroove { pattern: Pattern::from_rows(grid, rows), place });
    let mut saved = saved(4, 1);
    let pins = [groove(PatternGrid::Straight), groove(PatternGrid::Triplet)];
    saved.document.map =
        MapState { current: groove(PatternGrid::Mixed), pins, ..MapState::default() };
    assert_eq!(Saved::from_bytes(&saved.to_bytes()), Ok(saved));
}

/// Before version 3 a document had one arrangement, whichever take was in view: it is what is in view
/// now, with its take, which may have been removed.
#[test]
fn one_arrangement_for_all_takes_is_sorted_to_its_own() {
    let saved = third();
    let mut old = saved.document.clone();
    old.kept.clear();
    let arrangement = old.arrangement.clone();
    for (current, takes) in [(Some(0), 0..3), (Some(2), 0..3), (None, 0..0)] {
        let document = Document {
            current_take: current,
            takes: saved.document.takes[takes].to_vec(),
            ..old.clone()
        };
        let second = layout::Version2::from(&Saved { document, ..saved.clone() });
        let read = second.into_saved().unwrap().document;
        assert_eq!(read.arrangement, arrangement);
        assert_eq!(read.take(), arrangement.as_ref().map(|made| &made.take));
    }
}

#[test]
#[ignore = "writes the golden file of a new version"]
fn write_the_golden_state() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state");
    std::fs::create_dir_all(folder).unwrap();
    let path = format!("{folder}/version-{VERSION}.drumlin");
    assert!(!std::path::Path::new(&path).exists(), "a version's layout never changes");
    std::fs::write(path, full().to_bytes()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damage_is_found(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = saved(2, 1).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Saved::from_bytes(&bytes).is_err());
    }

    #[test]
    fn a_cut_off_state_is_refused(at in any::<prop::sample::Index>()) {
        let bytes = saved(2, 1).to_bytes();
        prop_assert!(Saved::from_bytes(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Saved::from_bytes(&bytes).is_err());
        // With a checksum that fits, reading must hold as well, and claimed sizes mean nothing.
        let _ = Saved::from_bytes(&packed(&bytes));
    }

    #[test]
    fn forged_numbers_never_break_anything(
        forged in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = plain(&full());
        for (at, byte) in forged {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(saved) = Saved::from_bytes(&packed(&bytes)) {
            saved.document.clip();
            saved.document.midi_file(&Default::default());
            prop_assert_eq!(Saved::from_bytes(&saved.to_bytes()), Ok(saved));
        }
    }
}
