//! How a new clip takes the place of the old one.

use super::host::{EXACT, Habits, Host, clip, number};
use drumlin::score::{Beats, Metre};

fn eighths(bars: u32) -> Vec<f64> {
    (0..bars * 8).map(|eighth| f64::from(eighth) / 2.0).collect()
}

#[test]
fn a_new_clip_enters_at_the_next_bar_line() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.send(clip(0.0, 4, &eighths(4)));
    host.block(512);
    host.play();
    host.seconds(2.5, &[512]);
    let mut new = clip(0.0, 4, &eighths(4));
    new.strokes.iter_mut().for_each(|stroke| stroke.key += 20);
    host.send(new);
    host.seconds(5.5, &[512]);
    assert_eq!(host.sounding(), 0);
    let strokes: Vec<_> = host.drums.iter().filter(|note| note.velocity.is_some()).collect();
    let expected: Vec<u8> = (0..16).chain(16 + 20..32 + 20).collect();
    assert_eq!(strokes.iter().map(|note| note.key).collect::<Vec<_>>(), expected);
    let even = |(number, note): (usize, &&&_)| {
        let note: &super::host::Note = note;
        note.at == 512 + 12_000 * number as u64
    };
    assert!(strokes.iter().enumerate().all(|(n, note)| even((n, &note))));
    assert!(host.spent.pop().is_ok(), "the old clip comes back");
}

#[test]
fn what_is_auditioned_enters_in_the_middle_of_a_bar_in_time() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.send(clip(0.0, 4, &eighths(4)));
    host.block(512);
    host.play();
    // Into the second bar, a little behind its third beat.
    host.seconds(3.1, &[512]);
    let before = host.drums.iter().filter(|note| note.velocity.is_some()).count();
    let mut new = clip(-8.0, 6, &(0..24).map(f64::from).collect::<Vec<_>>());
    new.strokes.iter_mut().for_each(|stroke| stroke.key += 40);
    new.at_once = true;
    host.send(new);
    host.seconds(1.0, &[512]);
    let strokes: Vec<_> = host.drums.iter().filter(|note| note.velocity.is_some()).collect();
    // On the next beats of the song, which lie half a second apart; nothing of the old clip.
    let at: Vec<u64> = strokes[before..].iter().map(|note| note.at).collect();
    assert_eq!(at, [512 + 7 * 24_000, 512 + 8 * 24_000]);
    assert!(strokes[before..].iter().all(|note| note.key >= 40));
}

#[test]
fn a_lane_falls_silent_at_once_and_the_others_play_on() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let all = clip(0.0, 4, &eighths(4));
    host.send(all.clone());
    host.block(512);
    host.play();
    // Into the second bar, between its third eighth and the fourth.
    host.seconds(2.6, &[512]);
    let mut muted = all;
    muted.strokes = muted.strokes.iter().filter(|stroke| stroke.key % 2 == 0).copied().collect();
    let at_once = drumlin::studio::wire::Clip { at_once: true, ..muted.clone() };
    host.send(at_once);
    // An edit in the same block, which would wait for the bar line.
    muted.strokes[15].key = 60;
    host.send(muted);
    host.seconds(1.4, &[512]);
    host.stop();
    host.block(512);
    assert_eq!(host.sounding(), 0, "no note hangs");
    let keys: Vec<u8> =
        host.drums.iter().filter(|note| note.velocity.is_some()).map(|note| note.key).collect();
    assert_eq!(keys, (0..=10).chain([12, 14]).collect::<Vec<u8>>());
}

#[test]
fn no_stroke_is_lost_or_doubled_by_clips_that_enter_at_once() {
    let ticks = Habits { quantum: 1.0 / 960.0, ..EXACT };
    let mut host = Host::new(48_000.0, 512, ticks);
    let dense = clip(0.0, 4, &(0..120).map(|n| f64::from(n) * 0.1137).collect::<Vec<_>>());
    host.send(dense.clone());
    host.block(64);
    host.play();
    while host.now < 4 * 48_000 {
        host.send(drumlin::studio::wire::Clip { at_once: true, ..dense.clone() });
        while host.spent.pop().is_ok() {}
        host.block(64);
    }
    let heard: Vec<usize> = host.drums.iter().filter_map(number).collect();
    assert_eq!(heard, (0..heard.len()).collect::<Vec<_>>());
    assert!(heard.len() > 68, "{}", heard.len());
}

#[test]
fn standing_it_enters_at_once_and_the_newest_wins() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    for start in 0..5 {
        host.send(clip(f64::from(start), 1, &[0.0]));
    }
    host.block(512);
    assert_eq!(host.spent.slots(), 4);
    host.play();
    host.seconds(3.0, &[512]);
    let at: Vec<u64> =
        host.drums.iter().filter(|note| note.velocity.is_some()).map(|note| note.at).collect();
    assert_eq!(at, [512 + 4 * 24_000]);
}

#[test]
fn other_metres_have_other_bar_lines() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.metre = Metre::new(7, 8).unwrap();
    host.play();
    host.seconds(1.0, &[300]);
    host.send(clip(0.0, 8, &eighths(8)));
    host.seconds(3.0, &[300]);
    let first = host.drums[0];
    // The bar of 7/8 is 3.5 quarter notes long.
    assert_eq!((first.at, number(&first)), (24_000 * 7 / 2, Some(7)));
}

#[test]
fn sounding_notes_end_where_the_new_clip_enters() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let mut old = clip(0.0, 4, &[3.9]);
    old.strokes[0].length = Beats(2.0);
    host.send(old);
    host.block(512);
    host.play();
    host.seconds(1.0, &[512]);
    host.send(clip(0.0, 4, &[]));
    host.seconds(2.0, &[512]);
    assert_eq!(host.sounding(), 0);
    assert_eq!(host.drums[1].at, 512 + 96_000);
}

#[test]
fn nothing_is_freed_while_spent_clips_are_not_fetched() {
    let mut host = Host::with_queues(48_000.0, 512, EXACT, 64, 1);
    for round in 0..30 {
        let _ = host.clips.push(Box::new(clip(f64::from(round), 1, &[0.0])));
        host.block(64);
    }
    host.spent.pop().unwrap();
    host.block(64);
    host.spent.pop().unwrap();
}
