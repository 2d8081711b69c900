//! What a musician does, in any host.

use std::time::Duration;

use drumlin::drummer::StyleChoice;

use crate::session::{Drum, Session, Sound};
use crate::{BoxError, Hosted};

pub const RATE: f64 = 48_000.0;
/// Eight bars of 4/4.
pub const BEATS: f64 = 32.0;

/// A melody on a track with the plugin, which sends its drums.
pub fn project<P: Hosted>(plugin: P) -> Result<Session<P>, BoxError> {
    let song = concat!(env!("CARGO_MANIFEST_DIR"), "/../songs/workout.mid");
    let mut session = Session::new(plugin, song.as_ref(), BEATS, RATE)?;
    session.plugin.set("Send MIDI", 1.0)?;
    Ok(session)
}

/// Plays the melody once, stops, and asks for drums.
pub fn drummed<P: Hosted>(plugin: P) -> Result<Session<P>, BoxError> {
    let mut session = project(plugin)?;
    session.block(512)?;
    session.play(0.0);
    session.run(BEATS)?;
    session.stop()?;
    assert!(session.passed > 0, "the melody passes through");
    assert!(session.drums.is_empty());
    session.generate()?;
    Ok(session)
}

/// Hosts round positions: a stroke may come one sample beside its place.
pub fn assert_alike(played: &[Drum], written: &[Drum]) {
    assert!(written.len() > 20, "hardly a part: {} strokes", written.len());
    let mut left = played.to_vec();
    let missing: Vec<&Drum> = written
        .iter()
        .filter(|stroke| {
            let place = left.iter().position(|drum| {
                drum.at.abs_diff(stroke.at) <= 1
                    && (drum.key, drum.velocity) == (stroke.key, stroke.velocity)
            });
            place.map(|place| left.swap_remove(place)).is_none()
        })
        .collect();
    assert!(missing.is_empty() && left.is_empty(), "missing: {missing:?}, too many: {left:?}");
}

pub fn the_part_comes_out_sample_by_sample(plugin: impl Hosted) -> Result<(), BoxError> {
    let mut session = drummed(plugin)?;
    let written = session.written(0.0, BEATS)?;
    for blocks in [vec![512], vec![64], vec![1, 17, 480, 4096, 333]] {
        session.blocks = blocks;
        assert_alike(&session.played(0.0, BEATS)?, &written);
    }
    assert!(session.peak > 0.05, "the kit sounds: {}", session.peak);
    Ok(())
}

pub fn it_follows_loop_jump_tempo_and_stop(plugin: impl Hosted) -> Result<(), BoxError> {
    let mut session = drummed(plugin)?;
    // A jump to bar 5.
    let written = session.written(16.0, 24.0)?;
    assert_alike(&session.played(16.0, 24.0)?, &written);
    // Two bars, three times round.
    session.now.looping = Some((8.0, 16.0));
    let round = session.written(8.0, 16.0)?.len();
    let played = session.played(8.0, 8.0 + 3.0 * 8.0)?.len();
    // Strokes just ahead of the loop's ends may come or not.
    assert!(played.abs_diff(3 * round) <= 9, "{played} strokes where {} are written", 3 * round);
    session.now.looping = None;
    // Another tempo: the same strokes at other times.
    session.now.tempo *= 1.25;
    let written = session.written(0.0, BEATS)?;
    assert_alike(&session.played(0.0, BEATS)?, &written);
    // A stop in the middle: silence, and nothing hangs.
    session.play(4.0);
    session.run(3.3)?;
    session.stop()?;
    session.check_ends();
    let strokes = session.drums.len();
    session.run(8.0)?;
    assert_eq!(session.drums.len(), strokes, "drums without a transport");
    Ok(())
}

pub fn a_project_opens_as_it_was_saved<P: Hosted, F: Hosted>(
    first: P,
    second: P,
    other: F,
) -> Result<(), BoxError> {
    let mut session = drummed(first)?;
    session.plugin.set("Swing", 0.25)?;
    session.plugin.set("MIDI through", 0.0)?;
    session.block(512)?;
    // Controls that are turned shape the part anew.
    session.wait(|document| {
        document.arrangement.as_ref().is_some_and(|made| made.played.swing == 0.25)
    })?;
    let (state, document) = (session.plugin.save()?, session.document()?);
    let written = session.written(0.0, BEATS)?;
    drop(session);

    let mut session = project(second)?;
    // While it plays, and with what is no state before and after.
    session.play(0.0);
    session.run(1.0)?;
    for garbage in [&b""[..], b"garbage", &state[..state.len() / 2]] {
        let _ = session.plugin.load(garbage);
        session.block(512)?;
    }
    session.plugin.load(&state)?;
    session.run(4.0)?;
    let _ = session.plugin.load(&[0xFF; 64]);
    session.run(1.0)?;
    session.stop()?;
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(session.document()?.arrangement, document.arrangement);
    session.passed = 0;
    assert_alike(&session.played(0.0, BEATS)?, &written);
    assert_eq!(session.passed, 0, "parameters are restored too");
    session.plugin.restart()?;
    assert_alike(&session.played(0.0, BEATS)?, &written);

    // The other plugin reads the same document.
    let mut session = project(other)?;
    if session.plugin.load(&state).is_ok() {
        session.block(512)?;
        assert_eq!(session.document()?.arrangement, document.arrangement);
    }
    Ok(())
}

/// A groove is tapped while the melody plays along: what is struck is heard on its sample, the drums
/// from before rest, and then the song is drummed with it.
pub fn what_is_tapped_is_heard_and_played(plugin: impl Hosted) -> Result<(), BoxError> {
    let mut session = drummed(plugin)?;
    let before = session.document()?;
    session.plugin.set("Tap a groove", 1.0)?;
    for _ in 0..20 {
        session.block(512)?;
        std::thread::sleep(Duration::from_millis(10));
    }
    // A little late, as nobody writes melodies.
    const LATE: f64 = 0.03;
    let taps: Vec<(f64, u8, u8)> = (0..8u8)
        .map(|beat| (8.0 + f64::from(beat) + LATE, [36, 38][usize::from(beat % 2)], 60 + 4 * beat))
        .collect();
    for &(at, key, velocity) in &taps {
        session.strike_at(at, key, velocity);
    }
    session.drums.clear();
    session.peak = 0.0;
    session.play(0.0);
    let begin = session.samples;
    session.run(16.0)?;
    let struck: Vec<&Drum> = session.drums.iter().filter(|drum| drum.velocity.is_some()).collect();
    assert_eq!(struck.len(), taps.len(), "{struck:?}");
    for (drum, (at, key, velocity)) in struck.iter().zip(&taps) {
        let sample = begin + (at / session.beats_per_sample()).round() as u64;
        assert!(drum.at.abs_diff(sample) <= 1, "{drum:?} is not on sample {sample}");
        assert_eq!((drum.key, drum.velocity), (*key, Some(*velocity)));
    }
    assert!(session.peak > 0.05, "the kit sounds: {}", session.peak);
    // Once it has gone round, the song is drummed with it.
    session.run(4.0)?;
    session.wait(|document| document.arrangement != before.arrangement)?;
    session.stop()?;
    session.plugin.set("Tap a groove", 0.0)?;
    for _ in 0..20 {
        session.block(512)?;
        std::thread::sleep(Duration::from_millis(10));
    }
    let document = session.document()?;
    let StyleChoice::Groove(groove) = &document.settings.style else {
        return Err("the style is no groove".into());
    };
    assert_eq!((groove.bars(), groove.hits().len()), (2, taps.len()));
    assert!(groove.hits().iter().all(|hit| (f64::from(hit.offset) - 4.0 * LATE).abs() < 0.01));
    // What is struck afterwards is melody again.
    let written = session.written(0.0, BEATS)?;
    assert_alike(&session.played(0.0, BEATS)?, &written);
    Ok(())
}

/// As Drumlin stands on a melody's track: sound that comes in goes out with the drums added, and no
/// drum is sent to what comes after it.
pub fn sound_passes_and_only_the_melody_is_sent(plugin: impl Hosted) -> Result<(), BoxError> {
    let mut session = drummed(plugin)?;
    session.plugin.set("Send MIDI", 0.0)?;
    session.block(512)?;
    for (sound, quiet) in [(Sound::None, 0.0), (Sound::Level(0.25), 0.25)] {
        session.sound = sound;
        session.stop()?;
        // What rang has faded.
        session.run(40.0)?;
        (session.passed, session.peak, session.trough) = (0, 0.0, f32::INFINITY);
        session.drums.clear();
        session.run(1.0)?;
        assert_eq!((session.peak, session.trough), (quiet, quiet), "at rest it is as it came");
        session.play(0.0);
        session.run(BEATS)?;
        session.stop()?;
        assert!(session.drums.is_empty(), "drums were sent unasked");
        assert!(session.passed > 0, "the melody's notes pass");
        assert!(session.peak > quiet + 0.05, "drums are added: {}", session.peak);
    }
    Ok(())
}

pub fn the_effect_lets_sound_through_and_adds_drums(plugin: impl Hosted) -> Result<(), BoxError> {
    let mut session = drummed(plugin)?;
    let written = session.written(0.0, BEATS)?;
    assert_alike(&session.played(0.0, BEATS)?, &written);
    assert!(session.peak > 0.05, "drums are added");
    session.plugin.set("Bypass", 1.0)?;
    session.run(40.0)?;
    session.drums.clear();
    session.peak = 0.0;
    session.play(0.0);
    let sound = Some(&[0.25; 512][..]);
    let block = crate::Block { now: session.now, frames: 512, notes: &[], sound };
    let heard = session.plugin.process(&block)?;
    assert!(heard.left.iter().chain(&heard.right).all(|sample| *sample == 0.25));
    session.run(8.0)?;
    assert!(session.drums.is_empty() && session.peak == 0.0, "bypassed, nothing is added");
    Ok(())
}

pub fn two_instances_play_their_own<P: Hosted>(first: P, second: P) -> Result<(), BoxError> {
    let mut drummed = drummed(first)?;
    let mut silent = project(second)?;
    assert!(silent.played(0.0, 8.0)?.is_empty());
    assert!(silent.document()?.arrangement.is_none());
    let written = drummed.written(0.0, BEATS)?;
    assert_alike(&drummed.played(0.0, BEATS)?, &written);
    Ok(())
}
