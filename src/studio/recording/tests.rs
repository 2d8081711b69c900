use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::score::{BarIndex, Controller, Pedal, Ticks};
use crate::studio::{Take, TakeError};

const BAR: u64 = 4 * TICKS_PER_QUARTER as u64;

fn started(at: f64) -> [Captured; 3] {
    let at = Beats(at);
    let metre = Captured::Metre { at: Beats((at.0 / 4.0).floor() * 4.0), metre: Metre::COMMON };
    [Captured::Started { at }, Captured::Tempo { at, bpm: Bpm(100.0) }, metre]
}

fn on(at: f64, key: u8) -> Captured {
    Captured::NoteOn { at: Beats(at), key, velocity: Velocity::clamped(80) }
}

fn off(at: f64, key: u8) -> Captured {
    Captured::NoteOff { at: Beats(at), key }
}

fn stopped(at: f64) -> Captured {
    Captured::Stopped { at: Beats(at) }
}

fn recording(events: impl IntoIterator<Item = Captured>) -> Recording {
    let mut recording = Recording::default();
    events.into_iter().for_each(|event| recording.record(event));
    recording
}

/// Start in quarters and key of every note of a take.
fn notes(take: &Take) -> Vec<(f64, u8)> {
    let notes = take.song.tracks[0].notes.iter();
    notes.map(|note| (note.start.0 as f64 / f64::from(TICKS_PER_QUARTER), note.key)).collect()
}

#[test]
fn a_take_has_the_bars_that_were_played() {
    let heard = recording(started(16.0).into_iter().chain([
        on(20.0, 60),
        off(21.0, 60),
        on(27.5, 62),
        stopped(32.0),
    ]));
    let take = heard.cut(Span::All).unwrap();
    assert_eq!(
        (take.first_bar, take.start, take.length),
        (BarIndex(5), Beats(20.0), Ticks(2 * BAR))
    );
    assert_eq!(take.name, "Bars 6 to 7");
    assert_eq!(notes(&take), [(0.0, 60), (7.5, 62)]);
    assert_eq!(take.song.tempo.bpm(Ticks(0)), Bpm(100.0));
    // The note that never ended ends where the transport stopped, cut at the take's end.
    assert_eq!(take.song.tracks[0].notes[1].length, Ticks(480));
    let bars = heard.cut(Span::Bars { first: 4, end: 8 }).unwrap();
    assert_eq!((bars.bars().len(), bars.start), (4, Beats(16.0)));
    let part = heard.cut(Span::Between { from: Beats(21.5), to: Beats(24.5) }).unwrap();
    assert_eq!((part.first_bar, part.bars().len()), (BarIndex(5), 2));
}

#[test]
fn a_first_note_that_anticipates_its_bar_costs_none() {
    let played = |early: f64, end: f64| {
        let notes = [on(8.0 - early, 64), on(8.0 - early / 2.0, 60), off(end, 60), off(end, 64)];
        recording(started(4.0).into_iter().chain(notes).chain([on(10.0, 65), stopped(12.0)]))
    };
    for early in [0.06, 0.125, 0.25] {
        let heard = played(early, 9.0);
        for span in [Span::All, Span::JustPlayed, Span::Bars { first: 2, end: 3 }] {
            let take = heard.cut(span).unwrap();
            assert_eq!((take.first_bar, take.start), (BarIndex(2), Beats(8.0)), "{early} {span:?}");
            assert_eq!(notes(&take), [(0.0, 60), (0.0, 64), (2.0, 65)]);
            assert_eq!(take.song.tracks[0].notes[0].length, Ticks(960));
        }
    }
    // Too early, and an upbeat that is over when the bar begins.
    assert_eq!(played(0.3, 9.0).cut(Span::All).unwrap().first_bar, BarIndex(1));
    assert_eq!(played(0.25, 8.0).cut(Span::All).unwrap().first_bar, BarIndex(1));
    // Something else is played in the bar before.
    let more = started(4.0).into_iter().chain([on(6.0, 50), off(6.5, 50), on(7.9, 60)]);
    let heard = recording(more.chain([off(9.0, 60), stopped(12.0)]));
    assert_eq!(heard.cut(Span::All).unwrap().first_bar, BarIndex(1));
    // It is all that was played.
    let alone = started(4.0).into_iter().chain([on(7.9, 60), off(9.0, 60), stopped(12.0)]);
    assert_eq!(recording(alone).view().bars, Some(BarSpan { first: 2, end: 3 }));
}

#[test]
fn what_is_not_there_is_refused_in_a_sentence() {
    let empty = Recording::default();
    assert_eq!(empty.cut(Span::All), Err(TakeError::NothingHeard));
    assert_eq!(empty.cut(Span::JustPlayed), Err(TakeError::NothingHeard));
    let silent = TakeError::Silent { first: 0, end: 4 };
    assert_eq!(empty.cut(Span::Bars { first: 0, end: 4 }), Err(silent.clone()));
    assert!(silent.to_string().contains("bars 1 to 4"));
    for (first, end) in [(4, 4), (9, 2), (2000, 2001), (usize::MAX, usize::MAX)] {
        assert_eq!(empty.cut(Span::Bars { first, end }), Err(TakeError::NoBars));
    }
    let nan = Span::Between { from: Beats(f64::NAN), to: Beats(4.0) };
    assert_eq!(empty.cut(nan), Err(TakeError::NoBars));
}

#[test]
fn what_plays_again_replaces_what_was_there_even_with_silence() {
    let first =
        started(0.0).into_iter().chain([on(0.0, 60), on(4.0, 61), on(8.0, 62), stopped(12.0)]);
    let again = started(4.0).into_iter().chain([Captured::Passed { at: Beats(6.0) }, stopped(8.0)]);
    let take = recording(first.chain(again)).cut(Span::All).unwrap();
    assert_eq!(notes(&take), [(0.0, 60), (8.0, 62)]);
}

#[test]
fn a_loop_keeps_its_last_round_and_all_of_it_has_just_played() {
    let mut events = Vec::new();
    for round in 0..3 {
        events.extend(started(8.0));
        events.extend([on(8.0, 60 + round), on(12.0, 70 + round)]);
        events.push(Captured::Passed { at: Beats(16.0) });
    }
    // A fourth round stops half way.
    events.extend(started(8.0));
    events.extend([on(8.0, 63), stopped(10.0)]);
    let heard = recording(events);
    let take = heard.cut(Span::JustPlayed).unwrap();
    assert_eq!(notes(&take), [(0.0, 63), (4.0, 72)]);
    // Elsewhere, a start begins anew.
    let mut heard = heard;
    for event in started(32.0).into_iter().chain([on(33.0, 50), stopped(36.0)]) {
        heard.record(event);
    }
    assert_eq!(heard.view().just_played, Some(BarSpan { first: 8, end: 9 }));
    assert_eq!(heard.view().bars, Some(BarSpan { first: 2, end: 9 }));
}

#[test]
fn a_host_that_goes_home_as_it_stops_has_played_what_it_played() {
    let heard =
        recording(started(8.0).into_iter().chain([on(9.0, 60), on(13.0, 61), stopped(0.0)]));
    assert_eq!(heard.view().just_played, Some(BarSpan { first: 2, end: 4 }));
    assert!(!heard.view().running);
}

#[test]
fn a_count_in_is_not_kept() {
    let heard = recording([
        Captured::Started { at: Beats(-4.0) },
        Captured::Metre { at: Beats(-4.0), metre: Metre::COMMON },
        on(-2.0, 60),
        off(-1.0, 60),
        on(0.0, 61),
        stopped(4.0),
    ]);
    assert_eq!(notes(&heard.cut(Span::All).unwrap()), [(0.0, 61)]);
}

#[test]
fn notes_that_anticipate_the_songs_first_beat_stand_on_it() {
    let played = |early: f64, end: f64| {
        let count_in = started(-4.0).into_iter().chain([on(-2.0, 50), off(-1.0, 50)]);
        let notes = [on(-early, 60), off(end, 60), on(2.0, 62), stopped(4.0)];
        notes_of_first_bar(&recording(count_in.chain(notes)))
    };
    for early in [0.01, 0.1, 0.25] {
        assert_eq!(played(early, 1.0), [(0.0, 60, 960), (2.0, 62, 1920)], "{early}");
    }
    // Too early, and upbeats that are over when the song begins, or soon after.
    for (early, end) in [(0.3, 1.0), (0.25, -0.1), (0.1, 0.0), (0.25, 0.1)] {
        assert_eq!(played(early, end), [(2.0, 62, 1920)], "{early} {end}");
    }
    // Struck again on the beat, and stopped before it.
    let again = started(-4.0).into_iter().chain([on(-0.2, 60), on(0.0, 60), off(0.1, 60)]);
    assert_eq!(notes_of_first_bar(&recording(again)), [(0.0, 60, 96)]);
    let stops = started(-4.0).into_iter().chain([on(-0.2, 60), stopped(-0.1)]);
    assert_eq!(recording(stops).view().notes, 0);
}

/// Start in quarters, key and length in ticks.
fn notes_of_first_bar(heard: &Recording) -> Vec<(f64, u8, u64)> {
    let take = heard.cut(Span::Bars { first: 0, end: 1 }).unwrap();
    let lengths = take.song.tracks[0].notes.iter().map(|note| note.length.0);
    notes(&take).into_iter().zip(lengths).map(|((at, key), length)| (at, key, length)).collect()
}

#[test]
fn metres_and_tempos_come_along() {
    let waltz = Metre::new(3, 4).unwrap();
    let heard = recording([
        Captured::Started { at: Beats(1.0) },
        Captured::Metre { at: Beats(0.0), metre: waltz },
        Captured::Tempo { at: Beats(1.0), bpm: Bpm(90.0) },
        on(1.0, 60),
        Captured::Tempo { at: Beats(4.5), bpm: Bpm(180.0) },
        Captured::Metre { at: Beats(6.0), metre: Metre::COMMON },
        on(9.0, 61),
        stopped(14.0),
    ]);
    let take = heard.cut(Span::All).unwrap();
    let lengths: Vec<u64> = take.bars().bars().iter().map(|bar| bar.length.0 / 960).collect();
    assert_eq!(lengths, [3, 3, 4]);
    let tempo = |beats: f64| take.song.tempo.bpm(Ticks((beats * 960.0) as u64)).0.round();
    assert_eq!([tempo(0.0), tempo(4.4), tempo(4.5)], [90.0, 90.0, 180.0]);
}

#[test]
fn a_metre_change_where_a_take_ends_cuts_its_last_bar_short() {
    let heard = recording([
        Captured::Started { at: Beats(0.0) },
        Captured::Metre { at: Beats(0.0), metre: Metre::COMMON },
        on(5.0, 60),
        Captured::Metre { at: Beats(6.0), metre: Metre::COMMON },
        stopped(10.0),
    ]);
    let take = heard.cut(Span::All).unwrap();
    assert_eq!((take.length, take.bars().bars()[0].end()), (Ticks(1920), Ticks(1920)));
}

#[test]
fn no_more_is_kept_than_1024_bars() {
    let heard = recording(started(0.0).into_iter().chain([on(4095.0, 60), on(4096.0, 61)]));
    assert_eq!(heard.view().bars, Some(BarSpan { first: 1023, end: 1024 }));
    assert!(heard.view().incomplete);
}

#[test]
fn after_a_loss_notes_end_and_the_view_says_so() {
    let heard =
        recording(started(0.0).into_iter().chain([on(0.0, 60), on(1.0, 61), Captured::Lost]));
    let take = heard.cut(Span::All).unwrap();
    assert_eq!(take.song.tracks[0].notes[0].length, Ticks(960));
    assert!(heard.view().incomplete);
}

#[test]
fn forgetting_keeps_the_time() {
    let mut heard = recording(started(0.0).into_iter().chain([on(0.0, 60)]));
    heard.clear();
    heard.record(on(2.0, 64));
    let take = heard.cut(Span::All).unwrap();
    assert_eq!(notes(&take), [(2.0, 64)]);
    assert_eq!(take.song.tempo.bpm(Ticks(0)), Bpm(100.0));
}

/// The host's song is laid anew, in 3/4: what was heard in 4/4 stands nowhere any more.
#[test]
fn what_is_left_from_before_a_change_of_metre_is_mixed_into_nothing() {
    let melody = |from: usize, to: usize, key: u8| {
        (from..to).flat_map(move |beat| [on(beat as f64, key), off(beat as f64 + 0.5, key)])
    };
    let waltz = Captured::Metre { at: Beats(0.0), metre: Metre::new(3, 4).unwrap() };
    let mut heard = recording(started(0.0).into_iter().chain(melody(0, 32, 60)));
    heard.record(stopped(32.0));
    for event in [Captured::Started { at: Beats(0.0) }, waltz] {
        heard.record(event);
    }
    melody(0, 12, 72).for_each(|event| heard.record(event));
    heard.record(stopped(12.0));
    let take = heard.cut(Span::All).unwrap();
    assert_eq!(take.bars().len(), 4);
    assert!(take.bars().bars().iter().all(|bar| bar.metre == Metre::new(3, 4).unwrap()));
    let keys: BTreeSet<u8> = notes(&take).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, BTreeSet::from([72]));

    // From the middle on: what this pass has come through before stays.
    let mut heard = recording(started(0.0).into_iter().chain(melody(0, 32, 60)));
    heard.record(stopped(32.0));
    started(0.0).into_iter().chain(melody(0, 8, 61)).for_each(|event| heard.record(event));
    heard.record(Captured::Metre { at: Beats(8.0), metre: Metre::new(3, 4).unwrap() });
    melody(8, 14, 61).for_each(|event| heard.record(event));
    heard.record(stopped(14.0));
    let take = heard.cut(Span::All).unwrap();
    let bars: Vec<u8> = take.bars().bars().iter().map(|bar| bar.metre.numerator()).collect();
    assert_eq!(bars, [4, 4, 3, 3]);
    assert!(notes(&take).iter().all(|(_, key)| *key == 61) && notes(&take).len() == 14);

    // A song that changes its metre, heard twice and out of order, keeps all of it.
    let later = [
        Captured::Started { at: Beats(20.0) },
        Captured::Metre { at: Beats(20.0), metre: Metre::new(3, 4).unwrap() },
    ];
    let mut heard = recording(later.into_iter().chain(melody(20, 26, 60)));
    heard.record(stopped(26.0));
    started(0.0).into_iter().chain(melody(0, 8, 60)).for_each(|event| heard.record(event));
    heard.record(Captured::Metre { at: Beats(8.0), metre: Metre::new(3, 4).unwrap() });
    melody(8, 14, 60).for_each(|event| heard.record(event));
    heard.record(stopped(14.0));
    assert_eq!(heard.view().notes, 20);
}

fn any_event() -> impl Strategy<Value = Captured> {
    let at = prop_oneof![
        8 => (-8.0..600.0f64).prop_map(Beats),
        1 => any::<f64>().prop_map(Beats),
    ];
    (at, 0u8..10, any::<u8>(), (1u8..20, 0u32..7)).prop_map(
        |(at, kind, key, (numerator, power))| match kind {
            0 => Captured::Started { at },
            1 => Captured::Stopped { at },
            2 => Captured::Tempo { at, bpm: Bpm(at.0) },
            3 => Captured::Metre { at, metre: Metre::new(numerator, 1 << power).unwrap() },
            4..=5 => Captured::NoteOn { at, key, velocity: Velocity::clamped(key) },
            6 => Captured::NoteOff { at, key },
            7 => Captured::Passed { at },
            8 => {
                let controller = Controller::ALL[usize::from(key % 5)];
                Captured::Controller { at, controller, value: key }
            }
            _ => Captured::Lost,
        },
    )
}

/// A run of the transport: where it starts, how long it is, and its notes (when and what), in
/// sixteenths.
type Run = (u64, u64, Vec<(u64, u8)>);

fn any_run() -> impl Strategy<Value = Run> {
    (0u64..128, 1u64..96, prop::collection::btree_set((0u64..96, 50u8..55), 0..20)).prop_map(
        |(start, length, notes)| {
            let notes = notes.into_iter().filter(|(at, _)| *at < length).collect();
            (start, length, notes)
        },
    )
}

proptest! {
    #[test]
    fn whatever_the_transport_does_each_place_holds_what_played_there_last(
        runs in prop::collection::vec((any_run(), any::<bool>()), 1..8),
    ) {
        let beats = |sixteenth: u64| sixteenth as f64 / 4.0;
        let (mut heard, mut expected) = (Recording::default(), BTreeSet::new());
        for ((start, length, notes), jumps) in runs {
            started(beats(start)).into_iter().for_each(|event| heard.record(event));
            for &(at, key) in &notes {
                heard.record(on(beats(start + at), key));
            }
            let end = beats(start + length);
            // Some runs end with a jump, others with a stop.
            heard.record(if jumps { Captured::Passed { at: Beats(end) } } else { stopped(end) });
            expected.retain(|&(at, _)| !(start..start + length).contains(&at));
            expected.extend(notes.iter().map(|&(at, key)| (start + at, key)));
        }
        let found: BTreeSet<(u64, u8)> =
            heard.notes.keys().map(|&(at, key)| (at / 240, key)).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(heard.cut(Span::All).is_ok(), !expected.is_empty());
    }

    #[test]
    fn any_events_at_all_give_takes_that_hold_together(
        events in prop::collection::vec(any_event(), 0..80),
        first in 0usize..300,
        bars in 0usize..300,
    ) {
        let heard = recording(events);
        let view = heard.view();
        prop_assert_eq!(view.notes, heard.notes.len());
        for span in [Span::All, Span::JustPlayed, Span::Bars { first, end: first + bars }] {
            let Ok(take) = heard.cut(span) else { continue };
            let grid = take.bars();
            prop_assert!(grid.len() <= MAX_BARS);
            prop_assert_eq!(grid.bars().last().map(|bar| bar.end()), Some(take.length));
            prop_assert!(take.song.end() <= take.length);
            let notes = &take.song.tracks[0].notes;
            prop_assert!(!notes.is_empty());
            prop_assert!(notes.iter().all(|note| note.length.0 > 0));
            prop_assert!(notes.is_sorted_by_key(|note| (note.start, note.key)));
            let pedals = take.pedals.first().map_or(&[][..], Vec::as_slice);
            prop_assert!(pedals.is_sorted_by_key(|change| change.at));
            prop_assert!(pedals.iter().all(|change| change.at <= take.length && change.value < 128));
            for pedal in Pedal::ALL {
                let last = pedals.iter().rev().find(|change| change.pedal == pedal);
                prop_assert!(last.is_none_or(|change| change.value == 0), "{:?}", pedals);
            }
        }
    }
}

fn pedal(at: f64, value: u8) -> Captured {
    moved(at, Controller::Pedal(Pedal::Sustain), value)
}

fn moved(at: f64, controller: Controller, value: u8) -> Captured {
    Captured::Controller { at: Beats(at), controller, value }
}

/// How loud the bars are, in quarters from the first one on, and the gain from then on.
fn volumes(heard: &Recording, first: usize, end: usize) -> Vec<(f64, f32)> {
    let take = heard.cut(Span::Bars { first, end }).unwrap();
    let volumes = take.volumes.first().map_or(&[][..], Vec::as_slice);
    let quarters = |at: Ticks| at.0 as f64 / f64::from(TICKS_PER_QUARTER);
    volumes.iter().map(|change| (quarters(change.at), change.gain)).collect()
}

#[test]
fn a_take_is_as_loud_as_volume_and_expression_had_it() {
    let notes = [0.0, 4.0, 8.0, 12.0].map(|at| on(at, 60));
    let heard = recording(started(0.0).into_iter().chain([
        moved(0.0, Controller::Volume, 50),
        notes[0],
        moved(2.0, Controller::Volume, 100),
        moved(2.0, Controller::Expression, 0),
        notes[1],
        moved(6.0, Controller::Expression, 127),
        notes[2],
        stopped(12.0),
    ]));
    assert_eq!(volumes(&heard, 0, 3), [(0.0, 0.25), (2.0, 0.0), (6.0, 1.0)]);
    // From within, as it was there; and nothing where it is as ever.
    assert_eq!(volumes(&heard, 1, 2), [(0.0, 0.0), (2.0, 1.0)]);
    assert_eq!(volumes(&heard, 2, 3), []);
    assert!(heard.cut(Span::Bars { first: 2, end: 3 }).unwrap().volumes.is_empty());
    // What is played again takes its place.
    let mut heard = heard;
    started(0.0).into_iter().chain([notes[0], stopped(4.0)]).for_each(|event| heard.record(event));
    assert_eq!(volumes(&heard, 0, 2), [(4.0, 0.0), (6.0, 1.0)]);
}

/// Where the sustain pedal of bars is moved, in quarters from the first one on, and how far down it is then.
fn sustain(heard: &Recording, first: usize, end: usize) -> Vec<(f64, u8)> {
    let take = heard.cut(Span::Bars { first, end }).unwrap();
    let pedals = take.pedals.first().map_or(&[][..], Vec::as_slice);
    assert!(pedals.iter().all(|change| change.pedal == Pedal::Sustain));
    let quarters = |at: Ticks| at.0 as f64 / f64::from(TICKS_PER_QUARTER);
    pedals.iter().map(|change| (quarters(change.at), change.value)).collect()
}

#[test]
fn a_take_has_the_pedal_as_it_was_held_and_comes_up_at_its_end() {
    let heard = recording(started(0.0).into_iter().chain([
        on(0.0, 60),
        pedal(1.0, 100),
        off(1.5, 60),
        on(5.0, 62),
        pedal(6.0, 40),
        pedal(7.0, 0),
        on(8.0, 64),
        pedal(9.0, 127),
        on(12.0, 65),
        stopped(16.0),
    ]));
    assert_eq!(sustain(&heard, 0, 1), [(1.0, 100), (4.0, 0)]);
    assert_eq!(sustain(&heard, 1, 2), [(0.0, 100), (2.0, 40), (3.0, 0)]);
    assert_eq!(sustain(&heard, 2, 4), [(1.0, 127), (8.0, 0)]);
    // A take without pedals has none, and no list of nothing.
    let plain = recording(started(0.0).into_iter().chain([on(0.0, 60), stopped(4.0)]));
    assert!(plain.cut(Span::All).unwrap().pedals.is_empty());
}

#[test]
fn a_pedal_that_is_played_again_leaves_what_is_behind_as_it_was() {
    let notes = [on(0.0, 60), on(4.0, 61), on(8.0, 62), on(12.0, 63)];
    let first = [pedal(0.0, 127), notes[0], notes[1], notes[2], notes[3]];
    let first = started(0.0).into_iter().chain(first).chain([pedal(14.0, 0), stopped(16.0)]);
    // The second bar without it, and the third with another one.
    let again = started(4.0).into_iter().chain([notes[1], notes[2], pedal(9.0, 90)]);
    let heard = recording(first.chain(again).chain([pedal(10.0, 0), stopped(12.0)]));
    assert_eq!(sustain(&heard, 0, 1), [(0.0, 127), (4.0, 0)]);
    assert_eq!(sustain(&heard, 1, 3), [(5.0, 90), (6.0, 0)]);
    assert_eq!(sustain(&heard, 3, 4), [(0.0, 127), (2.0, 0)]);
}

#[test]
fn a_pedal_that_is_held_round_a_loop_ends_with_it() {
    let mut events = Vec::new();
    for _ in 0..2 {
        events.extend(started(4.0));
        events.extend([pedal(4.0, 127), on(4.0, 60), Captured::Passed { at: Beats(8.0) }]);
    }
    events.push(stopped(6.0));
    events.extend(started(8.0).into_iter().chain([on(8.0, 61), stopped(12.0)]));
    let heard = recording(events);
    assert_eq!(sustain(&heard, 1, 2), [(0.0, 127), (4.0, 0)]);
    assert_eq!(sustain(&heard, 2, 3), []);
}

#[test]
fn what_is_forgotten_leaves_the_pedal_where_the_foot_has_it() {
    let mut heard = recording(started(0.0).into_iter().chain([pedal(0.0, 80), on(1.0, 60)]));
    heard.clear();
    heard.record(on(2.0, 61));
    heard.record(Captured::Passed { at: Beats(4.0) });
    assert_eq!(sustain(&heard, 0, 1), [(1.0, 80), (4.0, 0)]);
    let told = heard.interrupt();
    assert!(told.contains(&pedal(4.0, 80)), "{told:?}");
}
