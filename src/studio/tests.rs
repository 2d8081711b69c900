//! The studio as the plugin and the window use it, with the real drummer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::wire::Captured;
use super::*;
use crate::drummer::{Settings, Style, StyleChoice};
use crate::midi;
use crate::score::{
    BarIndex, Beats, Bpm, Hit, Lane, Metre, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the view is as wanted.
fn wait(studio: &Studio, wanted: impl Fn(&View) -> bool) -> Arc<View> {
    let began = Instant::now();
    loop {
        let view = studio.snapshot();
        if wanted(&view) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "nothing came: {:?} {:?}", view.job, view.error);
        thread::sleep(Duration::from_millis(2));
    }
}

fn done(studio: &Studio) -> Arc<View> {
    let view = wait(studio, |view| view.job.is_none());
    assert_eq!(view.error, None);
    view
}

fn with_take() -> Arc<Studio> {
    let studio = Studio::new();
    let song = fixtures::take(8).song;
    studio.drop_midi("a song", &midi::write(&song)).unwrap();
    studio
}

fn generated() -> Arc<Studio> {
    let studio = with_take();
    studio.start(Job::Generate).unwrap();
    done(&studio);
    studio
}

fn hits(view: &View) -> Vec<Hit> {
    view.document.part().unwrap().hits.clone()
}

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

#[test]
fn a_saved_studio_goes_on_elsewhere() {
    let studio = generated();
    let bytes = studio.save();
    let other = Studio::new();
    assert!(other.load(b"nonsense").is_err());
    assert!(other.load(&bytes[..bytes.len() - 1]).is_err());
    other.load(&bytes).unwrap();
    let view = other.snapshot();
    assert_eq!((&view.document, view.undo), (&studio.snapshot().document, None));
    // What was heard is not saved: it is heard again, and all is as before.
    let style = StyleChoice::Preset(Style::Funk);
    for studio in [&studio, &other] {
        let settings = Settings { style: style.clone(), ..view.document.settings.clone() };
        studio.apply(Edit::Settings(settings)).unwrap();
        done(studio);
    }
    assert_eq!(hits(&other.snapshot()), hits(&studio.snapshot()));
}

#[test]
fn the_window_hears_of_changes() {
    let studio = Studio::new();
    let rung = Arc::new(AtomicUsize::new(0));
    let counter = rung.clone();
    studio.on_change(Some(Arc::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    })));
    let (revision, view) = (studio.revision(), studio.snapshot());
    assert!(Arc::ptr_eq(&view, &studio.snapshot()));
    studio.report("the disk is full");
    assert!(studio.revision() > revision && rung.load(Ordering::Relaxed) == 1);
    assert_eq!(studio.snapshot().error.as_deref(), Some("the disk is full"));
    studio.on_change(None);
    assert_eq!(Arc::strong_count(&rung), 1);
}

#[test]
fn fifty_studios_come_and_go_and_leave_nothing_behind() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let bytes = midi::write(&fixtures::take(8).song);
    let mut alive: Vec<(Arc<Studio>, AudioEnd)> = Vec::new();
    let mut gone = Vec::new();
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let studio = Studio::new();
        let end = studio.connect();
        studio.drop_midi("a song", &bytes).unwrap();
        studio.start(Job::Generate).unwrap();
        gone.push(studio.watch());
        alive.push((studio, end));
        thread::sleep(Duration::from_millis(rng.random_range(0..20)));
        while alive.len() > 6 {
            let victim = rng.random_range(0..alive.len());
            let began = Instant::now();
            drop(alive.swap_remove(victim));
            slowest = slowest.max(began.elapsed());
        }
    }
    drop(alive);
    // The worker threads held the desks: they have ended, with all that they knew.
    assert!(gone.iter().all(|shared| shared.strong_count() == 0));
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

/// A clip of one bar: kick, an early snare, a soft hat on the last sixteenth.
fn drum_clip() -> Vec<u8> {
    let note = |start: u64, key: u8, velocity: u8| Note {
        start: Ticks(start),
        length: Ticks(60),
        key,
        velocity: Velocity::clamped(velocity),
    };
    let notes = vec![note(0, 35, 100), note(470, 40, 90), note(1440, 35, 80), note(1800, 42, 40)];
    let tracks = vec![Track { name: String::new(), kind: TrackKind::Drums, notes }];
    let tempo = TempoMap::new(480, []);
    midi::write(&Song { tempo, metres: Vec::new(), tracks })
}

#[test]
fn dropped_drums_are_a_groove_that_the_song_is_drummed_with() {
    let studio = with_take();
    studio.drop_midi("my beat", &drum_clip()).unwrap();
    let view = studio.snapshot();
    assert_eq!((view.undo, view.document.takes.len()), (Some("groove"), 1));
    let StyleChoice::Groove(groove) = view.document.settings.style.clone() else {
        panic!("the style is the groove")
    };
    assert_eq!((groove.name(), groove.hits().len()), ("my beat", 4));
    let asked = Settings { follow: 0.0, humanise: 0.0, ..view.document.settings.clone() };
    studio.apply(Edit::Settings(asked)).unwrap();
    studio.start(Job::Generate).unwrap();
    let view = done(&studio);
    let alternative = view.document.alternative().unwrap();
    // Bars without a fill, a crash or the ending are the groove and nothing else.
    let mut same = 0;
    for bar in (0..8).map(BarIndex) {
        let here: Vec<&Hit> = alternative.part.hits.iter().filter(|hit| hit.bar == bar).collect();
        let found: Vec<_> = here.iter().map(|hit| (hit.step, hit.key.get())).collect();
        if found == [(0, 35), (4, 40), (12, 35), (15, 42)] {
            same += 1;
            assert!((here[1].offset + 10.0 / 120.0).abs() < 1e-3, "{:?}", here[1]);
            assert!(here[3].velocity < here[2].velocity && here[2].velocity < here[0].velocity);
        }
    }
    assert!(same >= 4, "{same} bars");
    studio.undo();
    studio.undo();
    studio.undo();
    assert_eq!(studio.snapshot().document.settings.style, StyleChoice::FromSong);
    let refused = studio.drop_groove(
        "nothing",
        &midi::write(&Song { tracks: vec![], ..fixtures::take(2).song }),
        None,
    );
    assert!(refused.is_err(), "{refused:?}");
}

#[test]
fn a_groove_is_tapped_while_the_host_plays_and_the_melody_stays() {
    let studio = Studio::new();
    let mut end = studio.connect();
    let mut send = |event| end.captured.push(event).unwrap();
    let note =
        |at: f64, key: u8| Captured::NoteOn { at: Beats(at), key, velocity: Velocity::clamped(90) };
    send(Captured::Started { at: Beats(0.0) });
    send(Captured::Metre { at: Beats(0.0), metre: Metre::COMMON });
    send(note(1.0, 60));
    wait(&studio, |view| view.recording.notes == 1);
    studio.tap(1);
    for (at, key) in [(4.0, 36), (5.02, 38), (6.0, 36), (7.0, 38)] {
        send(note(at, key));
    }
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 4));
    assert_eq!(studio.snapshot().document.settings.style, StyleChoice::FromSong);
    // Once it has gone round, it is played.
    send(Captured::Passed { at: Beats(11.5) });
    let tapped = |view: &View| matches!(view.document.settings.style, StyleChoice::Groove(_));
    wait(&studio, tapped);
    send(note(12.5, 42));
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 5));
    studio.end_tapping();
    let view = studio.snapshot();
    let StyleChoice::Groove(groove) = &view.document.settings.style else { panic!("a groove") };
    assert_eq!((groove.hits().len(), groove.bars(), view.tapping), (5, 1, None));
    assert!((groove.hits()[2].offset - 0.08).abs() < 0.01, "{:?}", groove.hits());
    // One step; and what was played before is still the melody.
    assert_eq!(view.undo, Some("tap a groove"));
    studio.undo();
    assert_eq!((studio.snapshot().undo, studio.snapshot().recording.notes), (None, 1));
    send(note(13.0, 62));
    wait(&studio, |view| view.recording.notes == 2);
}

#[test]
fn the_part_is_auditioned_as_it_is_after_an_edit() {
    let studio = Studio::new();
    let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
    studio.load(&saved.to_bytes()).unwrap();
    let mut end = studio.connect();
    studio.audition_candidate(AuditionSource::Part, None);
    let before = std::iter::from_fn(|| end.clips.pop().ok()).last().unwrap();
    assert!(before.at_once);
    let lane = hits(&studio.snapshot())[0].lane();
    studio.apply(Edit::Mute { lane, on: true }).unwrap();
    let after = std::iter::from_fn(|| end.clips.pop().ok()).last().unwrap();
    assert!(after.at_once && after.strokes.len() < before.strokes.len());
}

#[test]
fn the_same_state_again_leaves_what_there_is_to_undo() {
    let studio = with_take();
    let before = studio.snapshot();
    assert!(before.undo.is_some());
    studio.load(&studio.save()).unwrap();
    let view = studio.snapshot();
    assert_eq!(view.undo, before.undo);
    // Controls follow all the same.
    assert!(view.recalls > before.recalls);
}

#[test]
fn what_is_turned_before_settings_come_back_is_not_turned_after() {
    let studio = with_take();
    let before = studio.snapshot();
    studio.load(&studio.save()).unwrap();
    let gesture = studio.gesture();
    let turn = |settings: &mut Settings| settings.style = StyleChoice::Preset(Style::Funk);
    studio.adjust(gesture, before.recalls, turn).unwrap();
    assert_eq!(studio.snapshot().document.settings, before.document.settings);
    studio.adjust(gesture, studio.snapshot().recalls, turn).unwrap();
    assert_ne!(studio.snapshot().document.settings, before.document.settings);
}

#[test]
fn another_project_ends_the_tapping_and_has_nothing_of_it() {
    let studio = Studio::new();
    let mut end = studio.connect();
    let saved = studio.save();
    studio.tap(1);
    for event in [
        Captured::Started { at: Beats(0.0) },
        Captured::NoteOn { at: Beats(1.0), key: 36, velocity: Velocity::clamped(90) },
    ] {
        end.captured.push(event).unwrap();
    }
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 1));
    studio.load(&saved).unwrap();
    end.captured.push(Captured::Passed { at: Beats(9.0) }).unwrap();
    end.captured
        .push(Captured::NoteOn { at: Beats(9.0), key: 60, velocity: Velocity::clamped(90) })
        .unwrap();
    wait(&studio, |view| view.recording.notes > 0);
    let view = studio.snapshot();
    assert_eq!((view.tapping, view.undo), (None, None));
    assert_eq!(view.document.settings.style, StyleChoice::FromSong);
}

#[test]
fn candidates_are_written_ranked_heard_and_judged() {
    let studio = with_take();
    let mut end = studio.connect();
    studio.start(Job::Candidates).unwrap();
    let view = done(&studio);
    let set = view.candidates.clone().unwrap();
    // Of 32 those that differ, which to eight short bars may be half.
    assert!(set.candidates.len() > 2 * ALTERNATIVES, "{}", set.candidates.len());
    // Without drums the best become the alternatives.
    let arrangement = view.document.arrangement.clone().unwrap();
    let best: Vec<&Alternative> =
        set.candidates.iter().take(ALTERNATIVES).map(|own| &own.alternative).collect();
    assert_eq!(arrangement.alternatives.iter().collect::<Vec<_>>(), best);
    assert_eq!(view.undo, Some("make 32"));

    let mut last = || std::iter::from_fn(|| end.clips.pop().ok()).last();
    let third = &set.candidates[2].alternative;
    studio.audition_candidate(AuditionSource::Candidate(third.variation), Some(0));
    let clip = last().unwrap();
    assert!(clip.at_once);
    assert_eq!(clip.strokes, view.document.clip_of(&set.take, &third.part).strokes);
    assert_eq!(studio.snapshot().audition_source, Some(AuditionSource::Candidate(third.variation)));
    studio.stop_audition();
    assert_eq!(*last().unwrap(), view.document.clip());
    assert_eq!(studio.snapshot().audition_source, None);

    // What is starred comes back with others, also from a saved project, and is known there.
    studio.judge_candidate(third.variation, Some(true));
    let other = Studio::new();
    other.load(&studio.save()).unwrap();
    let song = RelevanceFeedback::song(&set.take);
    assert_eq!(other.snapshot().feedback.of(song, third.variation), Some(true));
    other.start(Job::Candidates).unwrap();
    let view = done(&other);
    let again = view.candidates.clone().unwrap();
    let back = again.get(third.variation).expect("what was starred is there again");
    assert_eq!(back.alternative.part, third.part);
    // The drums that there were stay.
    assert_eq!(view.document.arrangement.as_ref().unwrap().alternatives, arrangement.alternatives);
    let known = |own: &&CandidatePart| set.get(own.alternative.variation).is_some();
    assert_eq!(again.candidates.iter().filter(known).count(), 1);
}

#[test]
fn a_recording_that_cannot_be_read_keeps_no_control_from_being_played() {
    let folder = tempfile::tempdir().unwrap();
    let studio = generated();
    let broken = folder.path().join("broken.wav");
    std::fs::write(&broken, b"RIFF and no more").unwrap();
    studio.start(Job::Transcribe(broken)).unwrap();
    let settings = Settings { complexity: 0.9, ..studio.snapshot().document.settings.clone() };
    studio.apply(Edit::Settings(settings.clone())).unwrap();
    wait(&studio, |view| {
        view.document.arrangement.as_ref().is_some_and(|drums| drums.played == settings)
    });
}

#[test]
fn undo_leaves_pins_and_favourites() {
    let studio = with_take();
    studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
    studio.change_map(|map| map.share = 0.7);
    studio.undo();
    let document = studio.snapshot().document.clone();
    assert_eq!((document.channel.number(), document.map.share), (10, 0.7));
    studio.redo();
    let document = studio.snapshot().document.clone();
    assert_eq!((document.channel.number(), document.map.share), (3, 0.7));
}

#[test]
fn a_recording_is_heard_or_a_sentence_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::new();
    let broken = folder.path().join("broken.wav");
    std::fs::write(&broken, b"RIFF and no more").unwrap();
    studio.start(Job::Transcribe(broken)).unwrap();
    let view = wait(&studio, |view| view.job.is_none());
    assert!(view.error.as_ref().unwrap().contains("no recording that can be read"), "{view:?}");
    assert_eq!(view.import, None);
    studio.start(Job::Transcribe(fixtures::loop_file(folder.path()))).unwrap();
    let view = done(&studio);
    let import = view.import.clone().unwrap();
    assert_eq!((import.name.as_str(), view.undo), ("a loop", None));
    let heard = import.transcription(&Default::default());
    let taken = import.groove(&heard, heard.metre()).unwrap();
    studio.use_groove(taken, None);
    let document = studio.snapshot().document.clone();
    assert!(matches!(&document.settings.style, StyleChoice::Groove(own) if own.name() == "a loop"));
    // What is saved is the groove, not the sound.
    let saved = studio.save();
    assert!(saved.len() < 10_000, "{}", saved.len());
    let other = Studio::new();
    other.load(&saved).unwrap();
    assert_eq!(other.snapshot().document.settings, document.settings);
}
