use proptest::prelude::*;

use super::*;
use crate::studio::fixtures::document;
use crate::studio::{Channel, DrumMap, Edit, EditError};

fn apply(document: &Document, edit: Edit) -> Document {
    edit.apply(document).unwrap_or_else(|error: EditError| panic!("{error}"))
}

#[test]
fn a_clip_stands_where_its_take_does() {
    assert_eq!(Document::default().clip(), Clip::default());
    let clip = document(2, 1).clip();
    assert_eq!((clip.start, clip.length), (Beats(16.0), Beats(11.0)));
    assert_eq!(*clip.bar_lines, [0.0, 4.0, 8.0, 11.0].map(Beats));
}

#[test]
fn only_what_is_heard_is_in_the_clip() {
    let lanes = |document: &Document| {
        let mut lanes: Vec<Lane> =
            document.clip().strokes.iter().map(|stroke| Lane::of_key(stroke.kit_key)).collect();
        lanes.sort();
        lanes.dedup();
        lanes
    };
    // The fixture mutes one lane.
    let all = document(8, 1);
    assert_eq!(lanes(&all).len(), 14);
    let muted = apply(&all, Edit::Mute { lane: Lane::Kick, on: true });
    assert!(!lanes(&muted).contains(&Lane::Kick) && lanes(&muted).len() == 13);
    let solo = apply(&muted, Edit::Solo { lane: Lane::Ride, on: true });
    assert_eq!(lanes(&solo), [Lane::Ride]);
    let solo = apply(&solo, Edit::Solo { lane: Lane::Kick, on: true });
    assert_eq!(lanes(&solo), [Lane::Ride]);
}

#[test]
fn the_drum_map_changes_what_is_sent_but_not_the_kit() {
    let document = apply(&document(8, 1), Edit::DrumMap(DrumMap::AddictiveDrums));
    for stroke in &document.clip().strokes {
        let key = crate::score::GmKey::new(stroke.kit_key).unwrap();
        assert_eq!(stroke.key, DrumMap::AddictiveDrums.key(key));
    }
}

#[test]
fn a_file_holds_the_chosen_bars_with_their_time() {
    let document = document(8, 1);
    let whole = document.midi_file(&Extract::default()).unwrap();
    assert_eq!(whole.name, "Chorus drums 120 bpm.mid");
    let song = midi::parse(&whole.bytes).unwrap();
    assert!((song.tempo.bpm(Ticks(2000)).0 - 133.3).abs() < 0.1);
    assert_eq!(song.metres_in_order().last().unwrap().at, Ticks(8 * 1920));

    let snare = Extract { bars: Some(2..9), lanes: Some(Lanes::only(Lane::Snare)) };
    let file = document.midi_file(&snare).unwrap();
    assert_eq!(file.name, "Chorus drums bars 7-13 snare 120 bpm.mid");
    let song = midi::parse(&file.bytes).unwrap();
    assert!((song.tempo.bpm(Ticks(0)).0 - 133.3).abs() < 0.1);
    assert_eq!(song.metres_in_order().last().unwrap().at, Ticks(6 * 1920));
    let part = document.part().unwrap();
    let wanted = part.hits.iter().filter(|hit| hit.lane() == Lane::Snare && hit.bar.0 >= 2);
    assert_eq!(song.drum_notes().count(), wanted.count());

    // The clip is as long as its bars, though its last stroke is over before.
    let of_two = Extract { bars: Some(0..2), lanes: Some(Lanes::only(Lane::Kick)) };
    let file = document.midi_file(&of_two).unwrap();
    for track in midly::Smf::parse(&file.bytes).unwrap().tracks {
        assert_eq!(track.iter().map(|event| event.delta.as_int()).sum::<u32>(), 2 * 1920);
    }

    assert_eq!(document.midi_file(&Extract { bars: Some(9..12), lanes: None }), None);
    let (start, end) = (usize::MAX, 3);
    assert_eq!(document.midi_file(&Extract { bars: Some(start..end), lanes: None }), None);
    assert_eq!(Document::default().midi_file(&Extract::default()), None);
}

#[test]
fn several_lanes_go_together_even_if_they_are_muted() {
    let document = apply(&document(8, 1), Edit::Mute { lane: Lane::Kick, on: true });
    let lanes = Lanes::only(Lane::Kick).with(Lane::Snare);
    let file = document.midi_file(&Extract { bars: None, lanes: Some(lanes) }).unwrap();
    assert_eq!(file.name, "Chorus drums kick, snare 120 bpm.mid");
    let song = midi::parse(&file.bytes).unwrap();
    let hits = &document.part().unwrap().hits;
    let wanted = hits.iter().filter(|hit| lanes.contains(hit.lane())).count();
    assert_eq!(song.drum_notes().count(), wanted);
    let most = document.midi_file(&Extract { bars: None, lanes: Some(Lanes::ALL) }).unwrap();
    assert_eq!(most.name, "Chorus drums 15 lanes 120 bpm.mid");
}

#[test]
fn a_file_is_for_the_musicians_own_kit_and_channel() {
    let kick = Lane::Kick.default_key();
    let own = crate::studio::OwnMap::from_map("mine", &DrumMap::Gm).with_key(kick, 24);
    let document = apply(&document(2, 1), Edit::DrumMap(DrumMap::Own(own)));
    let document = apply(&document, Edit::Channel(Channel::new(3).unwrap()));
    let lanes = Some(Lanes::only(Lane::Kick));
    let file = document.midi_file(&Extract { bars: None, lanes }).unwrap();
    // Notes on channel 3 are none of General MIDI's drums to a reader.
    let song = midi::parse(&file.bytes).unwrap();
    assert_eq!(song.drum_notes().count(), 0);
    let keys: Vec<u8> =
        song.melodic().flat_map(|track| &track.notes).map(|note| note.key).collect();
    assert!(!keys.is_empty() && keys.iter().all(|&key| key == 24));
    assert!(file.bytes.contains(&0x92) && !file.bytes.contains(&0x99));
}

#[test]
fn file_names_are_plain() {
    let name = "../a/b\\c:*?\"<>|\u{7}".to_owned();
    let document = apply(&document(8, 1), Edit::RenameTake { take: 0, name });
    let name = document.midi_file(&Extract::default()).unwrap().name;
    assert_eq!(name, "_a_b_c_______ drums 120 bpm.mid");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn strokes_are_sorted_and_never_overlap_on_a_key(seed in any::<u64>(), map in 0usize..5) {
        let map = DrumMap::KNOWN[map].clone();
        let clip = apply(&document(4, seed), Edit::DrumMap(map)).clip();
        prop_assert!(clip.strokes.windows(2).all(|pair| pair[0].at.0 <= pair[1].at.0));
        let mut ends = [f64::NEG_INFINITY; 128];
        for stroke in &clip.strokes {
            prop_assert!(stroke.length.0 > 0.0);
            prop_assert!(stroke.at.0 >= ends[usize::from(stroke.key)] - 1e-9);
            ends[usize::from(stroke.key)] = stroke.at.0 + stroke.length.0;
            prop_assert!((-0.2..clip.length.0).contains(&stroke.at.0));
        }
    }
}
