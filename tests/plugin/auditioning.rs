//! What the window wants to be heard, while the host stands and along with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::host::{EXACT, Habits, Host, clip, number};
use drumlin::audio::Stereo;
use drumlin::plugin::{Auditions, SoundPreview};
use drumlin::score::{
    BarIndex, Beats, Bpm, GmKey, Metre, Note, SampleRate, Song, TempoChange, TempoMap, Ticks,
    Track, TrackKind, Velocity,
};
use drumlin::studio::wire::{Anchor, Audition, Captured, Clip, Place, Sound, Taps};
use drumlin::studio::{Job, PreviewRequest, Studio, Take, TakePiano};
use drumlin::timbre::Piano;

fn with_auditions() -> (Host, rtrb::Producer<Audition>) {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let (asked, auditions) = rtrb::RingBuffer::new(16);
    host.engine.audition(Auditions::new(auditions));
    (host, asked)
}

fn play(from: f64, to: f64) -> Audition {
    Audition::Play { from: Beats(from), to: Beats(to), tempo: Bpm(120.0), metre: Metre::COMMON }
}

fn strike(key: u8, velocity: u8) -> Audition {
    Audition::Strike { kit_key: key, key, velocity: Velocity::clamped(velocity) }
}

#[test]
fn a_lane_is_heard_at_once_and_ends() {
    let (mut host, mut asked) = with_auditions();
    host.sound_with_kit(1.0);
    host.block(512);
    asked.push(strike(38, 90)).unwrap();
    asked.push(strike(38, 100)).unwrap();
    host.block(512);
    let velocities: Vec<_> = host.drums.iter().map(|note| (note.at, note.velocity)).collect();
    assert_eq!(velocities, [(512, Some(90)), (512, None), (512, Some(100))]);
    let loudest = host.sound[0].iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
    assert!(loudest > 0.05, "{loudest}");
    host.seconds(0.5, &[512]);
    assert_eq!(host.sounding(), 0);
    // While the host plays as well.
    host.play();
    host.block(512);
    asked.push(strike(45, 80)).unwrap();
    host.seconds(0.5, &[512]);
    assert_eq!((host.sounding(), host.drums.len()), (0, 6));
}

#[test]
fn what_is_tapped_is_heard_on_its_sample_and_does_not_pass() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.sound_with_kit(1.0);
    let drum = |key: u8| GmKey::new(key).filter(|drum| drum.get() < 50);
    // The melody has a note on the snare's key, on the first beat.
    let taps = Some(Box::new(Taps::new(drum, [(Beats(1.0), 38)])));
    host.send(Clip { taps, ..clip(0.0, 4, &[]) });
    host.block(512);
    // At rest, on its sample.
    host.note(100, 36, true);
    host.block(512);
    host.note(7, 36, false);
    host.block(512);
    host.seconds(0.2, &[512]);
    let struck: Vec<_> = host.drums.iter().map(|note| (note.at, note.key)).collect();
    assert_eq!(struck, [(612, 36), (612 + 4800, 36)]);
    assert!(host.others.is_empty(), "{:?}", host.others);
    let loudest = |host: &Host, from: u64, to: u64| {
        let sound = &host.sound[0][from as usize..to as usize];
        sound.iter().fold(0f32, |peak, sample| peak.max(sample.abs()))
    };
    assert_eq!(loudest(&host, 0, 600), 0.0);
    assert!(loudest(&host, 612, 1512) > 0.02);
    // While it rolls; keys without a drum and the melody's notes are the melody.
    host.drums.clear();
    host.play();
    host.run(24_000, &[512]);
    host.note(0, 38, true);
    host.note(0, 70, true);
    host.run(512, &[512]);
    host.note(0, 38, false);
    host.note(0, 70, false);
    host.run(24_000, &[512]);
    assert_eq!((host.drums.len(), host.others.len()), (0, 4));
    host.note(0, 38, true);
    host.run(24_000, &[512]);
    assert_eq!((host.drums.len(), host.others.len()), (2, 4));
    // Tapping ends while a key is held: its end does not pass, and the next note does.
    host.send(clip(0.0, 4, &[]));
    host.stop();
    host.block(512);
    host.note(0, 38, false);
    host.block(512);
    assert_eq!(host.others.len(), 4);
    host.note(0, 38, true);
    host.note(9, 38, false);
    host.block(512);
    assert_eq!((host.drums.len(), host.others.len()), (2, 6));
    assert_eq!(host.sounding(), 0);
    // Bypassed, all passes.
    let taps = Some(Box::new(Taps::new(drum, [])));
    host.send(Clip { taps, ..clip(0.0, 4, &[]) });
    host.controls.bypassed = true;
    host.block(512);
    host.note(0, 36, true);
    host.block(512);
    assert_eq!((host.drums.len(), host.others.len()), (2, 7));
}

#[test]
fn bars_are_played_once_while_the_host_stands() {
    let (mut host, mut asked) = with_auditions();
    let quarters: Vec<f64> = (0..16).map(f64::from).collect();
    host.send(clip(8.0, 4, &quarters));
    host.block(512);
    // The second bar of the clip and the third, in odd blocks.
    asked.push(play(12.0, 20.0)).unwrap();
    host.seconds(6.0, &[512, 77, 300]);
    let strokes: Vec<_> = host.drums.iter().filter_map(number).collect();
    assert_eq!(strokes, [4, 5, 6, 7, 8, 9, 10, 11]);
    let at: Vec<u64> =
        host.drums.iter().filter(|note| note.velocity.is_some()).map(|note| note.at).collect();
    assert!(at.windows(2).all(|two| two[1] - two[0] == 24_000), "{at:?}");
    assert_eq!(host.sounding(), 0);
    assert!(!host.engine.is_rehearsing());
    // Nothing of it was heard as if the host had played.
    host.note(0, 60, true);
    host.block(512);
    assert!(host.heard().iter().all(|event| matches!(event, Captured::Stopped { .. })));
}

#[test]
fn the_host_or_a_second_click_ends_it() {
    for by_host in [false, true] {
        let (mut host, mut asked) = with_auditions();
        let quarters: Vec<f64> = (0..16).map(f64::from).collect();
        host.send(clip(0.0, 4, &quarters));
        host.block(512);
        asked.push(play(0.0, 16.0)).unwrap();
        host.seconds(1.2, &[512]);
        assert!(host.engine.is_rehearsing());
        if by_host {
            host.jump(100.0);
            host.play();
        } else {
            asked.push(Audition::Stop).unwrap();
        }
        host.block(512);
        assert!(!host.engine.is_rehearsing());
        let strokes = host.drums.len();
        host.seconds(3.0, &[512]);
        assert_eq!((host.sounding(), host.drums.len()), (0, strokes));
    }
}

#[test]
fn a_sound_is_heard_until_the_host_starts() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.sound_with_kit(1.0);
    let (mut sounds, arriving) = rtrb::RingBuffer::new(4);
    let (leaving, spent) = rtrb::RingBuffer::new(4);
    host.engine.preview(SoundPreview::new(arriving, leaving));
    let mut send = |value: f32| {
        let stereo = Stereo { left: vec![value; 96_000], right: vec![-value; 96_000] };
        let sound = Sound { stereo, rate: SampleRate(44_100), place: None };
        sounds.push(Box::new(sound)).unwrap();
    };
    send(0.5);
    host.seconds(0.2, &[512, 77]);
    let last = |host: &Host| [0, 1].map(|side| host.sound[side].last().copied().unwrap());
    assert!(last(&host)[0] > 0.49 && last(&host)[1] < -0.49);
    send(0.25);
    host.seconds(0.2, &[512]);
    assert!((last(&host)[0] - 0.25).abs() < 0.01);
    assert_eq!(spent.slots(), 1);
    host.play();
    host.seconds(0.1, &[512]);
    assert_eq!((last(&host), spent.slots()), ([0.0; 2], 2));
    // Bypassed there is none either.
    host.stop();
    host.controls.bypassed = true;
    send(0.5);
    host.seconds(0.1, &[512]);
    assert_eq!((last(&host), spent.slots()), ([0.0; 2], 3));
}

/// A host that is sent a sound of which every sample is its own number, in thousandths of a second: it
/// begins at beat 4 and has 120 beats a minute.
fn with_placed_sound(habits: Habits) -> (Host, rtrb::Producer<Box<Sound>>) {
    let mut host = Host::new(48_000.0, 512, habits);
    host.sound_with_kit(1.0);
    let (mut sounds, arriving) = rtrb::RingBuffer::new(4);
    let (leaving, _) = rtrb::RingBuffer::new(4);
    host.engine.preview(SoundPreview::new(arriving, leaving));
    let samples: Vec<f32> = (0..20 * 44_100).map(|at| at as f32 / 44_100.0).collect();
    let stereo = Stereo { left: samples.clone(), right: samples.iter().map(|x| -x).collect() };
    let anchor = |at, sample| Anchor { at: Beats(at), sample };
    let place = Place::new(vec![anchor(4.0, 0.0), anchor(6.0, 44_100.0)]);
    assert!(place.is_some());
    sounds.push(Box::new(Sound { stereo, rate: SampleRate(44_100), place })).unwrap();
    (host, sounds)
}

/// How far the sound is from its place at most, in seconds, where the song ran evenly for 30 ms before.
fn off(host: &Host, since: usize) -> f32 {
    let mut most = 0f32;
    for (index, stretch) in host.truth.iter().enumerate().skip(since) {
        let first = host.truth[..=index].iter().rposition(|stretch| stretch.fresh).unwrap_or(0);
        let settled = host.truth[first].from + 1500;
        for frame in 0..u64::from(stretch.frames) {
            let at = stretch.from + frame;
            let beat = stretch.start + frame as f64 * stretch.beats_per_frame;
            let wanted = ((beat - 4.0) * 0.5).max(0.0) as f32;
            if at > settled {
                most = most.max((host.sound[0][at as usize] - wanted).abs());
                assert!((host.sound[0][at as usize] + host.sound[1][at as usize]).abs() < 1e-4);
            }
        }
    }
    most
}

#[test]
fn a_sound_with_a_place_is_heard_where_the_transport_is() {
    let rounding = Habits { quantum: 1.0 / 960.0, parts: Some(100), turns_inside: true };
    for (habits, allowed) in [(EXACT, 1e-4), (rounding, 1.1e-3)] {
        let (mut host, _sounds) = with_placed_sound(habits);
        host.seconds(0.5, &[512]);
        assert!(host.sound[0].iter().all(|sample| *sample == 0.0), "while the host stands");
        // From ahead of it, in odd blocks; elsewhere; round a loop, again and again.
        host.jump(2.0);
        host.play();
        host.seconds(3.0, &[512, 77, 300]);
        host.jump(11.3);
        host.seconds(1.0, &[512, 77]);
        host.looping = Some((8.0, 9.5));
        host.jump(8.0);
        host.seconds(4.0, &[512, 301]);
        assert!(off(&host, 0) < allowed, "{} s off", off(&host, 0));
        host.looping = None;
        host.stop();
        host.seconds(0.1, &[512]);
        assert_eq!(host.sound[0].last(), Some(&0.0));
        // And again from where it stands.
        let since = host.truth.len();
        host.play();
        host.seconds(0.5, &[512]);
        assert!(off(&host, since) < allowed);
    }
}

#[test]
fn a_sound_with_a_place_keeps_to_other_tempos_and_ends_when_asked() {
    let (mut host, mut sounds) = with_placed_sound(EXACT);
    host.seconds(0.1, &[512]);
    host.jump(4.0);
    host.play();
    // A thousandth faster is bent, a tenth faster leapt after.
    for (tempo, allowed) in [(120.1, 2e-3), (132.0, 0.035), (108.0, 0.035)] {
        host.tempo = tempo;
        let since = host.truth.len();
        host.seconds(2.0, &[512]);
        assert!(off(&host, since) < allowed, "{tempo}: {} s off", off(&host, since));
    }
    let change: Vec<f32> = host.sound[0].windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let most = change.iter().fold(0f32, |most, step| most.max(*step));
    assert!(most < 0.02, "a click of {most}");
    host.controls.bypassed = true;
    host.seconds(0.1, &[512]);
    assert_eq!(host.sound[0].last(), Some(&0.0));
    host.controls.bypassed = false;
    host.seconds(0.1, &[512]);
    assert!(host.sound[0].last().is_some_and(|sample| *sample > 0.5));
    sounds.push(Box::new(Sound::silence())).unwrap();
    host.seconds(0.1, &[512]);
    assert_eq!(host.sound[0].last(), Some(&0.0));
}

#[test]
fn a_take_is_heard_as_a_piano_in_time_with_the_host() {
    // Short quarters from beat 8 of the host's song on, faster from the take's beat 3 on.
    let tempo = [(0, 500_000), (3 * 480, 400_000)]
        .map(|(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter });
    let note = |beat: u64| Note {
        start: Ticks(beat * 480),
        length: Ticks(60),
        key: 60 + beat as u8,
        velocity: Velocity::clamped(90),
    };
    let kind = TrackKind::Melodic { program: 0 };
    let track = Track { name: String::new(), kind, notes: (0..8).map(note).collect() };
    let take = Take {
        name: "Take".into(),
        first_bar: BarIndex(2),
        start: Beats(8.0),
        song: Song { tempo: TempoMap::new(480, tempo), metres: Vec::new(), tracks: vec![track] },
        file_time: None,
        pedals: Vec::new(),
        volumes: Vec::new(),
        length: Ticks(8 * 480),
    };
    let mut sound = Piano::schematic();
    sound.keys.iter_mut().for_each(|key| key.release = 300.0);
    let piano = TakePiano { name: "Piano".into(), piano: sound, remarks: Vec::new() };
    let studio = Studio::new();
    let end = studio.connect();
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.sound_with_kit(1.0);
    host.engine.preview(SoundPreview::new(end.sounds, end.spent_sounds));
    let request = PreviewRequest::PianoAlong(Arc::new(take), Arc::new(piano));
    studio.start(Job::Preview(request)).unwrap();
    let since = Instant::now();
    while studio.snapshot().preview.is_none() {
        assert!(since.elapsed() < Duration::from_secs(60), "it is rendered");
        std::thread::sleep(Duration::from_millis(5));
    }
    host.seconds(0.1, &[512]);
    // Up to the change of tempo, past it, and round the two beats before it.
    host.jump(7.0);
    host.play();
    host.seconds(2.0, &[512, 99]);
    host.tempo = 150.0;
    host.seconds(1.6, &[512]);
    host.tempo = 120.0;
    host.looping = Some((9.0, 11.0));
    host.jump(9.0);
    host.seconds(3.0, &[512, 300]);
    let power = |from: usize, to: usize| {
        let part = &host.sound[0][from..to.min(host.sound[0].len())];
        part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32
    };
    // Each stroke rises within 6 ms of its beat.
    let mut strokes = 0;
    for stretch in &host.truth {
        let end = stretch.start + f64::from(stretch.frames) * stretch.beats_per_frame;
        let beat = stretch.start.ceil();
        if beat >= end || !(8.0..16.0).contains(&beat) {
            continue;
        }
        let at = stretch.from as usize
            + ((beat - stretch.start) / stretch.beats_per_frame).round() as usize;
        if at + 900 > host.sound[0].len() {
            continue;
        }
        let (before, behind) = (power(at - 900, at - 144), power(at + 288, at + 900));
        assert!(behind > 4.0 * before && behind > 1e-6, "beat {beat}: {before} and {behind}");
        strokes += 1;
    }
    assert!(strokes >= 12, "{strokes} strokes");
}
