//! Drums for what was played: made, made anew, shaped and cancelled.

use std::collections::BTreeSet;

use super::helpers::{done, generated, hits, wait, with_take};
use crate::drummer::Settings;
use crate::midi;
use crate::score::{BarIndex, Beats, Bpm, Hit, Lane, Metre, Velocity};
use crate::studio::wire::Captured;
use crate::studio::*;

#[test]
fn what_the_host_plays_becomes_a_take_and_a_clip_in_its_place() {
    let studio = Studio::new();
    let mut end = studio.connect();
    assert_eq!(studio.capture(Span::All), Err(TakeError::NothingHeard));
    assert_eq!(studio.start(Job::Generate), Err(JobError::NoTake));
    let at = Beats(8.0);
    for event in [
        Captured::Started { at },
        Captured::Tempo { at, bpm: Bpm(120.0) },
        Captured::Metre { at, metre: Metre::COMMON },
    ] {
        end.captured.push(event).unwrap();
    }
    for beat in 8..20 {
        let at = Beats(f64::from(beat));
        let velocity = Velocity::clamped(90);
        end.captured.push(Captured::NoteOn { at, key: 60, velocity }).unwrap();
        end.captured.push(Captured::NoteOff { at: Beats(at.0 + 0.5), key: 60 }).unwrap();
    }
    end.captured.push(Captured::Stopped { at: Beats(24.0) }).unwrap();
    wait(&studio, |view| view.recording.notes == 12 && !view.recording.running);
    // The last bar is a rest, and part of the take.
    studio.capture(Span::Bars { first: 2, end: 6 }).unwrap();
    studio.start(Job::Generate).unwrap();
    let view = done(&studio);
    assert_eq!(view.document.part().unwrap().bars.len(), 4);
    assert_eq!(view.document.arrangement.as_ref().unwrap().alternatives.len(), ALTERNATIVES);
    let mut last = None;
    while let Ok(clip) = end.clips.pop() {
        last = Some(clip);
    }
    let clip = last.unwrap();
    assert_eq!((clip.start, clip.length), (Beats(8.0), Beats(16.0)));
    assert!(!clip.strokes.is_empty());
    assert_eq!(*clip, view.document.clip());
}

/// Other tracks of the host's song play where this one rests.
#[test]
fn drums_go_on_where_a_take_rests() {
    let mut song = fixtures::take(8).song;
    let [from, to] = [3, 6].map(|bar| song.bars().bars()[bar].start);
    song.tracks[0].notes.retain(|note| note.start < from || note.start >= to);
    let studio = Studio::new();
    studio.drop_midi("a song", &midi::write(&song)).unwrap();
    studio.start(Job::Generate).unwrap();
    let drummed: BTreeSet<usize> = hits(&done(&studio)).iter().map(|hit| hit.bar.0).collect();
    assert_eq!(drummed, (0..8).collect());
}

#[test]
fn the_same_take_and_seed_give_the_same_part() {
    assert_eq!(hits(&generated().snapshot()), hits(&generated().snapshot()));
}

#[test]
fn settings_reshape_the_part_but_keep_edits_and_locks_in_one_step() {
    let studio = generated();
    let before = studio.snapshot();
    let set = Hit {
        bar: BarIndex(2),
        step: 3,
        key: Lane::Bell.default_key(),
        velocity: Velocity::clamped(17),
        offset: 0.0,
    };
    studio.apply(Edit::SetHit(set)).unwrap();
    studio.apply(Edit::Lock { lane: Lane::Kick, on: true }).unwrap();
    let wild = Settings { complexity: 1.0, swing: 1.0, ..before.document.settings.clone() };
    studio.apply(Edit::Settings(wild.clone())).unwrap();
    let after = done(&studio);
    assert_eq!(after.document.arrangement.as_ref().unwrap().played, wild);
    let kicks = |view: &View| -> Vec<Hit> {
        hits(view).into_iter().filter(|hit| hit.lane() == Lane::Kick).collect()
    };
    assert_eq!(kicks(&after), kicks(&before));
    assert!(hits(&after).contains(&set));
    assert_ne!(hits(&after).len(), hits(&before).len());

    studio.undo();
    let back = done(&studio);
    assert_eq!(back.document.settings, before.document.settings);
    assert!(hits(&back).contains(&set));
    assert_eq!(back.redo, Some("settings"));
    studio.redo();
    assert_eq!(hits(&done(&studio)), hits(&after));

    // Back to where it began: without the edit and the lock it is the same part again.
    studio.undo();
    studio.undo();
    studio.undo();
    assert_eq!(hits(&done(&studio)), hits(&before));
}

#[test]
fn another_idea_is_another_part_and_can_be_taken_back() {
    let studio = generated();
    let first = studio.snapshot();
    studio.start(Job::New).unwrap();
    let second = done(&studio);
    assert_ne!(hits(&second), hits(&first));
    assert_eq!(second.undo, Some("new idea"));
    studio.start(Job::Variation).unwrap();
    let third = done(&studio);
    assert_ne!(hits(&third), hits(&second));
    let variations = |view: &View| -> Vec<usize> {
        let arrangement = view.document.arrangement.as_ref().unwrap();
        arrangement.alternatives.iter().map(|alternative| alternative.variation.number).collect()
    };
    assert_eq!(variations(&third), variations(&second));
    studio.undo();
    studio.undo();
    assert_eq!(hits(&done(&studio)), hits(&first));
}

#[test]
fn only_the_region_is_regenerated() {
    let studio = generated();
    let before = studio.snapshot();
    let region = Region { bars: 1..3, lanes: Lanes::ALL };
    studio.start(Job::Regenerate(region.clone())).unwrap();
    let after = done(&studio);
    let outside = |view: &View| -> Vec<Hit> {
        hits(view).into_iter().filter(|hit| !region.contains(hit.bar, hit.lane())).collect()
    };
    assert_eq!(outside(&after), outside(&before));
    assert_ne!(hits(&after), hits(&before));

    for lane in Lane::ALL {
        studio.apply(Edit::Lock { lane, on: true }).unwrap();
    }
    assert_eq!(studio.start(Job::Regenerate(region)), Err(JobError::Locked));
}

#[test]
fn cancel_works_at_once_and_changes_nothing() {
    let studio = with_take();
    let before = studio.snapshot();
    for job in [Job::Generate, Job::Candidates] {
        studio.start(job).unwrap();
        wait(&studio, |view| view.job.as_ref().is_some_and(|job| job.stage.is_some()));
        studio.cancel();
        let view = studio.snapshot();
        assert_eq!((view.job.as_ref(), view.error.as_ref()), (None, None));
        assert_eq!((&view.document, &view.candidates), (&before.document, &None));
    }
    // And a new one runs behind it.
    studio.start(Job::Generate).unwrap();
    assert!(done(&studio).document.part().is_some());
}
