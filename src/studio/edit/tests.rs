use proptest::prelude::*;

use super::*;
use crate::score::{GmKey, Note, Ticks};
use crate::studio::Arrangement;
use crate::studio::fixtures::{at, cell, document};
use crate::studio::{MOST_TAKES, fixtures};

fn apply(document: &Document, edit: Edit) -> Document {
    edit.apply(document).unwrap()
}

fn hit(bar: usize, step: usize, lane: Lane, velocity: u8) -> Hit {
    Hit {
        bar: BarIndex(bar),
        step,
        key: lane.default_key(),
        velocity: Velocity::clamped(velocity),
        offset: 0.25,
    }
}

#[test]
fn without_a_part_there_is_nothing_to_edit() {
    let empty = Document::default();
    for edit in [Edit::EraseHits(Vec::new()), Edit::Choose(0), Edit::CopyToRepeats(BarIndex(0))] {
        assert_eq!(edit.apply(&empty), Err(EditError::NoPart));
    }
    assert_eq!(Edit::ChooseTake(0).apply(&empty), Err(EditError::NoTake(0)));
}

#[test]
fn a_hit_is_set_moved_and_erased() {
    let place = cell(2, 5, Lane::Snare);
    let document = apply(&document(8, 1), Edit::SetHit(hit(2, 5, Lane::Snare, 99)));
    assert_eq!(at(&document, place), [hit(2, 5, Lane::Snare, 99)]);

    let by = Shift { steps: 12, lanes: 0 };
    let moved = apply(&document, Edit::MoveHits { cells: vec![place], by });
    assert_eq!(at(&moved, place), []);
    assert_eq!(at(&moved, cell(3, 1, Lane::Snare)), [hit(3, 1, Lane::Snare, 99)]);

    let erased = apply(&moved, Edit::EraseHits(vec![cell(3, 1, Lane::Snare)]));
    assert_eq!(at(&erased, cell(3, 1, Lane::Snare)), []);
    let touched = &erased.alternative().unwrap().touched;
    assert!(touched.contains(&place) && touched.contains(&cell(3, 1, Lane::Snare)));
}

#[test]
fn hits_do_not_leave_the_grid() {
    let document = apply(&document(8, 1), Edit::SetHit(hit(0, 0, Lane::Kick, 99)));
    let cells = vec![cell(0, 0, Lane::Kick)];
    for by in [
        Shift { steps: -1, lanes: 0 },
        Shift { steps: 0, lanes: -1 },
        Shift { steps: 8 * 16 + 12, lanes: 0 },
        Shift { steps: isize::MIN, lanes: isize::MAX },
    ] {
        let edit = Edit::MoveHits { cells: cells.clone(), by };
        assert_eq!(edit.apply(&document), Err(EditError::OffGrid));
    }
    let outside = apply(&document, Edit::SetHit(hit(8, 12, Lane::Kick, 99)));
    assert_eq!(outside, document);
}

#[test]
fn velocity_and_timing_stay_in_their_ranges() {
    let place = cell(0, 0, Lane::Kick);
    let cells = vec![place];
    let document = apply(&document(8, 1), Edit::SetHit(hit(0, 0, Lane::Kick, 100)));
    let velocity = |edit| at(&apply(&document, edit), place)[0].velocity.get();
    assert_eq!(velocity(Edit::ChangeVelocity { cells: cells.clone(), by: i16::MAX }), 127);
    assert_eq!(velocity(Edit::ChangeVelocity { cells: cells.clone(), by: -200 }), 1);
    let offset = |edit| at(&apply(&document, edit), place)[0].offset;
    assert_eq!(offset(Edit::ChangeTiming { cells: cells.clone(), by: 9.0 }), 0.5);
    assert_eq!(offset(Edit::SetTiming { cells, offset: f32::NAN }), 0.0);
}

#[test]
fn paint_takes_the_lanes_own_key_and_leaves_what_is_there() {
    let china = GmKey::new(52).unwrap();
    let mut document = apply(
        &document(8, 1),
        Edit::Clear(Region { bars: 0..99, lanes: Lanes::only(Lane::Crash) }),
    );
    document = apply(&document, Edit::SetHit(Hit { key: china, ..hit(1, 0, Lane::Crash, 9) }));
    let cells = vec![cell(1, 0, Lane::Crash), cell(1, 8, Lane::Crash), cell(77, 0, Lane::Crash)];
    let velocity = Velocity::clamped(70);
    let painted = apply(&document, Edit::Paint { cells, velocity });
    assert_eq!(at(&painted, cell(1, 0, Lane::Crash))[0].velocity.get(), 9);
    assert_eq!(at(&painted, cell(1, 8, Lane::Crash))[0].key, china);
}

#[test]
fn a_bar_is_copied_to_its_repeats() {
    let document = document(16, 3);
    let copied = apply(&document, Edit::CopyToRepeats(BarIndex(1)));
    let bar = |document: &Document, bar: usize| {
        let clipboard = document.copy(&Region { bars: bar..bar + 1, lanes: Lanes::ALL });
        clipboard.unwrap().hits
    };
    for repeat in [5, 13] {
        assert_eq!(bar(&copied, repeat), bar(&document, 1));
    }
    for other in [0, 2, 9] {
        assert_eq!(bar(&copied, other), bar(&document, other));
    }
    assert_eq!(Edit::CopyToRepeats(BarIndex(9)).apply(&document), Err(EditError::NoRepeat(9)));
}

#[test]
fn bars_are_taken_from_another_alternative_with_its_edits() {
    let document = document(8, 5);
    let edited = apply(&document, Edit::Choose(2));
    let edited = apply(&edited, Edit::SetHit(hit(3, 1, Lane::Bell, 44)));
    let edited = apply(&edited, Edit::Choose(0));
    let mixed = apply(&edited, Edit::Mix { bars: 2..4, from: 2 });
    let bars = |document: &Document, alternative: usize, bars: Range<usize>| -> Vec<Hit> {
        let part = &document.arrangement.as_ref().unwrap().alternatives[alternative].part;
        part.hits.iter().copied().filter(|hit| bars.contains(&hit.bar.0)).collect()
    };
    assert_eq!(bars(&mixed, 0, 2..4), bars(&edited, 2, 2..4));
    assert_eq!(bars(&mixed, 0, 4..9), bars(&document, 0, 4..9));
    assert!(mixed.alternative().unwrap().touched.contains(&cell(3, 1, Lane::Bell)));
    assert_eq!(mixed.alternative().unwrap().overrides.len(), 1);
}

#[test]
fn settings_are_clamped_and_numbers_that_are_none_refused() {
    let wild =
        Settings { complexity: 7.0, swing: f32::NAN, alternatives: 99, ..Settings::default() };
    let settings = apply(&Document::default(), Edit::Settings(wild)).settings;
    assert_eq!((settings.complexity, settings.swing, settings.alternatives), (1.0, 0.0, 4));
}

#[test]
fn takes_come_go_and_move_with_their_part() {
    let document = document(8, 1);
    let moved = apply(&document, Edit::PlaceTake { take: 0, start: Beats(64.0) });
    assert_eq!(moved.clip().start, Beats(64.0));
    let removed = apply(&moved, Edit::RemoveTake(0));
    assert_eq!((removed.takes.len(), removed.current_take), (0, None));
    assert!(removed.clip().strokes.is_empty(), "a take goes with its drums");
    let mut many = document;
    for _ in 0..2 * MOST_TAKES {
        let take = Arc::new(Take { name: "x".into(), ..(*many.takes[0]).clone() });
        many = apply(&many, Edit::AddTake(take));
    }
    assert_eq!((many.takes.len(), many.current_take), (MOST_TAKES, Some(MOST_TAKES - 1)));
    assert_eq!(many.takes[0].name, "Chorus");
}

#[test]
fn every_take_keeps_its_drums_edits_and_settings() {
    let first = apply(&document(8, 1), Edit::SetHit(hit(2, 5, Lane::Snare, 99)));
    let first = apply(&first, Edit::Choose(2));
    let other = document(4, 2);
    let take = Arc::new(Take { name: "Verse".into(), ..(*other.takes[0]).clone() });
    // Bars of the first take are at home nowhere in the second.
    let groove = first.groove_of(0..2).unwrap().groove;
    assert!(!groove.homes().is_empty());
    let use_groove = Edit::UseGroove { section: None, groove: Some(groove.clone()) };
    let added = apply(&apply(&first, use_groove), Edit::AddTake(take.clone()));
    assert_eq!(added.settings.groove_of(None), Some(&groove.at_home(Vec::new())));
    let mut second = apply(&first, Edit::AddTake(take.clone()));
    assert_eq!((second.current_take, &second.arrangement), (Some(1), &None));
    assert_eq!(second.arrangement_of(0), first.arrangement.as_ref());
    let made = Arrangement { take, ..other.arrangement.clone().unwrap() };
    second.arrangement = Some(made.clone());
    let second = apply(&second, Edit::Settings(Settings { swing: 0.7, ..first.settings.clone() }));

    let back = apply(&second, Edit::ChooseTake(0));
    assert_eq!((&back.arrangement, &back.settings), (&first.arrangement, &first.settings));
    assert_eq!(back.clip(), first.clip());
    let forth = apply(&back, Edit::ChooseTake(1));
    assert_eq!((&forth.arrangement, &forth.settings), (&second.arrangement, &second.settings));

    // Named and moved while it is not the current one, its drums go with it.
    let named = apply(&back, Edit::RenameTake { take: 1, name: "Bridge".into() });
    let named = apply(&named, Edit::PlaceTake { take: 1, start: Beats(96.0) });
    let named = apply(&named, Edit::ChooseTake(1));
    assert_eq!(named.take().map(|take| take.name.as_str()), Some("Bridge"));
    assert_eq!(named.clip().start, Beats(96.0));
    assert_eq!(named.arrangement.as_ref().map(|made| &made.take), named.take());

    // Removed, it leaves the others as they are.
    for (from, take, left) in [(&back, 1, &first), (&forth, 0, &second)] {
        let removed = apply(from, Edit::RemoveTake(take));
        assert_eq!((removed.takes.len(), removed.current_take), (1, Some(0)));
        assert_eq!((&removed.arrangement, &removed.settings), (&left.arrangement, &left.settings));
    }
    let removed = apply(&forth, Edit::RemoveTake(1));
    assert_eq!((&removed.arrangement, removed.settings), (&first.arrangement, first.settings));
}

#[test]
fn where_takes_are_too_many_those_with_drums_stay() {
    let mut many = document(8, 1);
    for number in 0..2 * MOST_TAKES {
        let take = Take { name: number.to_string(), ..(*many.takes[0]).clone() };
        many = apply(&many, Edit::AddTake(Arc::new(take)));
        if number == 5 {
            let made = document(8, 2).arrangement.unwrap();
            many.arrangement = Some(Arrangement { take: many.take().unwrap().clone(), ..made });
        }
    }
    let names: Vec<&str> = many.takes.iter().map(|take| take.name.as_str()).collect();
    assert_eq!((names.len(), &names[..2]), (MOST_TAKES, &["Chorus", "5"][..]));
    assert!(many.arrangement_of(0).is_some() && many.arrangement_of(1).is_some());
    assert_eq!(many.current_take, Some(MOST_TAKES - 1));
}

fn any_lane() -> impl Strategy<Value = Lane> {
    (0..Lane::ALL.len()).prop_map(|index| Lane::ALL[index])
}

fn any_cells() -> impl Strategy<Value = Vec<Cell>> {
    let cell = (0usize..12, 0usize..20, any_lane()).prop_map(|(b, s, l)| cell(b, s, l));
    prop::collection::vec(cell, 0..12)
}

fn any_region() -> impl Strategy<Value = Region> {
    (0usize..12, 0usize..12, any::<u16>())
        .prop_map(|(a, b, lanes)| Region { bars: a..b, lanes: Lanes::from_bits(lanes) })
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0usize..12, 0usize..20, any_lane(), any::<u8>())
            .prop_map(|(b, s, l, v)| Edit::SetHit(hit(b, s, l, v))),
        any_cells().prop_map(Edit::EraseHits),
        any_cells().prop_map(|cells| Edit::Paint { cells, velocity: Velocity::clamped(5) }),
        (any_cells(), -40isize..40, -3isize..3)
            .prop_map(|(cells, steps, lanes)| Edit::MoveHits { cells, by: Shift { steps, lanes } }),
        (any_cells(), any::<i16>()).prop_map(|(cells, by)| Edit::ChangeVelocity { cells, by }),
        (any_cells(), any::<f32>()).prop_map(|(cells, by)| Edit::ChangeTiming { cells, by }),
        any_region().prop_map(Edit::Clear),
        (any_region(), 0usize..12).prop_map(|(region, at)| {
            let clipboard = Arc::new(document(8, 2).copy(&region).unwrap_or(Clipboard {
                grids: Vec::new(),
                lanes: Lanes::NONE,
                hits: Vec::new(),
            }));
            Edit::Paste { clipboard, at: BarIndex(at) }
        }),
        (0usize..12).prop_map(|bar| Edit::CopyToRepeats(BarIndex(bar))),
        (0usize..12, 0usize..12, any::<bool>())
            .prop_map(|(a, b, on)| Edit::LockBars { bars: a..b, on }),
        (0usize..6).prop_map(Edit::Choose),
        (0usize..12, 0usize..12, 0usize..6).prop_map(|(a, b, from)| Edit::Mix { bars: a..b, from }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_edits_leave_a_document_that_saves_and_plays(
        edits in prop::collection::vec(any_edit(), 0..24),
    ) {
        let mut document = document(8, 7);
        for edit in edits {
            if let Ok(edited) = edit.apply(&document) {
                document = edited;
            }
        }
        let part = document.part().unwrap();
        let keys = |hit: &Hit| (hit.bar, hit.step, hit.key);
        prop_assert!(part.hits.windows(2).all(|pair| keys(&pair[0]) < keys(&pair[1])));
        prop_assert!(part.hits.iter().all(|hit| (-0.5..=0.5).contains(&hit.offset)));
        document.clip();
        let saved = crate::studio::Saved { document, ..Default::default() };
        prop_assert_eq!(crate::studio::Saved::from_bytes(&saved.to_bytes()), Ok(saved));
    }
}

#[test]
fn an_upbeat_moves_the_bars_and_takes_the_drums() {
    let before = fixtures::document(8, 1);
    let upbeat = |length: u64| Edit::Upbeat { take: 0, length: Ticks(length) };
    let after = apply(&before, upbeat(480));
    let (old, new) = (before.take().unwrap(), after.take().unwrap());
    assert_eq!((new.upbeat(), new.song.tracks == old.song.tracks), (Ticks(480), true));
    assert!(new.length >= old.song.end() && after.arrangement.is_none());
    assert_eq!(apply(&after, upbeat(0)).take().unwrap().upbeat(), Ticks(0));
    // What changes nothing keeps the drums.
    assert_eq!(apply(&before, upbeat(0)), before);
    assert_eq!(
        Edit::Upbeat { take: 7, length: Ticks(0) }.apply(&before),
        Err(EditError::NoTake(7))
    );
}

#[test]
fn drums_swing_as_the_take_does() {
    let swung = |late: u64| {
        let mut take = fixtures::take(8);
        let notes = &mut take.song.tracks[0].notes;
        for note in notes.iter_mut() {
            note.length = Ticks(200);
        }
        let off_beats =
            notes.clone().into_iter().map(|note| Note { start: note.start + Ticks(late), ..note });
        notes.extend(off_beats);
        notes.sort_by_key(|note| note.start);
        Arc::new(take)
    };
    let mut document = apply(&Document::default(), Edit::AddTake(swung(288)));
    assert!((document.settings.swing - 0.6).abs() < 0.03, "{}", document.settings.swing);
    // The next take is straight, and what the musician asks for stays.
    assert_eq!(apply(&document, Edit::AddTake(swung(240))).settings.swing, 0.0);
    // A host that took over the swing has rounded it.
    document.settings.swing = (document.settings.swing * 1000.0).round() / 1000.0;
    assert_eq!(apply(&document, Edit::AddTake(swung(240))).settings.swing, 0.0);
    document.settings.swing = 0.9;
    assert_eq!(apply(&document, Edit::AddTake(swung(240))).settings.swing, 0.9);
}
