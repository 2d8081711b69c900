//! The sound on the track, over a stretch of the host's song.

use std::time::{Duration, Instant};

use super::host::{EXACT, Habits, Host};
use drumlin::audio::{SoundFont, render_stereo};
use drumlin::plugin::TrackListener;
use drumlin::score::{
    Beats, DrumClass, Lane, Metre, Note, SampleRate, Song, TempoMap, Ticks, Track as SongTrack,
    TrackKind, Velocity,
};
use drumlin::studio::wire::{Listening, TrackMark, TrackSound};
use drumlin::studio::{Studio, TrackStretch, View};
use rtrb::{Consumer, Producer, RingBuffer};

/// The host's ends, and what listens to it.
struct Track {
    host: Host,
    wanted: Producer<Box<Listening>>,
    done: Consumer<Box<Listening>>,
}

/// What was heard since it last began.
#[derive(Debug, Default)]
struct Heard {
    begun: usize,
    samples: Vec<f32>,
    /// With the samples before.
    marks: Vec<(usize, TrackMark)>,
}

impl Track {
    fn new(habits: Habits) -> Track {
        let mut host = Host::new(48_000.0, 512, habits);
        // Every sample says which it is.
        host.track = Box::new(|sample| sample as f32 / (1 << 22) as f32);
        let (wanted, arriving) = RingBuffer::new(4);
        let (leaving, done) = RingBuffer::new(4);
        host.engine.listen(TrackListener::new(arriving, leaving));
        Track { host, wanted, done }
    }

    fn listen(&mut self, from: f64, to: Option<f64>) -> Consumer<TrackSound> {
        self.listen_into(from, to, 1 << 12)
    }

    fn listen_into(&mut self, from: f64, to: Option<f64>, room: usize) -> Consumer<TrackSound> {
        let (sound, source) = RingBuffer::new(room);
        let (from, to) = (Beats(from), to.map(Beats));
        self.wanted.push(Box::new(Listening { from, to, sound, lost: false })).unwrap();
        source
    }

    fn is_done(&mut self) -> bool {
        self.done.pop().is_ok_and(|listening| !listening.lost)
    }
}

fn heard(source: &mut Consumer<TrackSound>) -> Heard {
    let mut heard = Heard::default();
    while let Ok(sound) = source.pop() {
        match sound {
            TrackSound::Begins(rate) => {
                assert_eq!(rate, 48_000.0);
                heard = Heard { begun: heard.begun + 1, ..Heard::default() };
            }
            TrackSound::Mark(mark) => heard.marks.push((heard.samples.len(), mark)),
            TrackSound::Samples(block) => heard.samples.extend(block.samples()),
        }
    }
    heard
}

/// Which samples of the host's these are: a row without a gap.
fn samples(heard: &Heard) -> std::ops::Range<u64> {
    let number = |sample: f32| (sample * (1 << 22) as f32).round() as u64;
    let first = number(heard.samples[0]);
    for (index, &sample) in heard.samples.iter().enumerate() {
        assert_eq!(number(sample), first + index as u64);
    }
    first..first + heard.samples.len() as u64
}

#[test]
fn a_stretch_is_heard_on_its_samples() {
    for habits in [
        EXACT,
        Habits { parts: Some(77), ..EXACT },
        Habits { quantum: 1.0 / 960.0, ..EXACT },
        Habits { turns_inside: true, ..EXACT },
    ] {
        for blocks in [&[512_u32][..], &[1], &[31, 480, 512, 7]] {
            let mut track = Track::new(habits);
            track.host.seconds(0.1, blocks);
            track.host.play();
            let before = track.host.now;
            let mut source = track.listen(2.0, Some(4.0));
            track.host.seconds(1.9, blocks);
            assert!(!track.is_done(), "{habits:?} {blocks:?}");
            track.host.seconds(0.3, blocks);
            assert!(track.is_done(), "{habits:?} {blocks:?}");
            let heard = heard(&mut source);
            assert_eq!(heard.begun, 1);
            let samples = samples(&heard);
            // Rounded to a tick a place is off by 25 samples.
            let off = if habits.quantum > 0.0 { 26 } else { 1 };
            assert!(samples.start.abs_diff(before + 48_000) <= off, "{habits:?} {samples:?}");
            let end = before + 96_000;
            assert!(samples.end.abs_diff(end) <= off, "{habits:?} {samples:?}");
            let (first, last) = (heard.marks[0], heard.marks[heard.marks.len() - 1]);
            assert_eq!((first.0, last.0), (0, heard.samples.len()));
            let exact = 2.0 + heard.samples.len() as f64 / 24_000.0;
            assert!((last.1.at.0 - exact).abs() < 2.0 / 960.0, "{last:?}");
        }
    }
}

#[test]
fn a_stretch_that_loops_is_heard_once_and_one_begun_within_begins_anew() {
    for habits in [EXACT, Habits { turns_inside: true, ..EXACT }] {
        let mut track = Track::new(habits);
        track.host.looping = Some((4.0, 8.0));
        track.host.play();
        track.host.jump(6.5);
        let mut source = track.listen(4.0, Some(8.0));
        track.host.seconds(2.0, &[480]);
        let early = heard(&mut source);
        assert_eq!(early.begun, 1);
        assert!(track.is_done(), "what is left of it, up to its end");
        // The whole of it, from where the host jumps to.
        track.host.jump(5.0);
        let mut source = track.listen(4.0, Some(8.0));
        track.host.seconds(0.2, &[480]);
        track.host.jump(4.0);
        track.host.seconds(2.2, &[480]);
        let whole = heard(&mut source);
        assert!(track.is_done());
        assert_eq!((whole.begun, whole.samples.len()), (2, 96_000));
        samples(&whole);
    }
}

#[test]
fn it_ends_where_the_host_stops_and_begins_where_it_starts() {
    let mut track = Track::new(EXACT);
    let mut source = track.listen(f64::NEG_INFINITY, None);
    track.host.seconds(0.5, &[512]);
    assert!(source.is_empty() && !track.is_done());
    track.host.jump(-2.0);
    track.host.metre = Metre::new(6, 8).unwrap();
    track.host.play();
    track.host.seconds(0.5, &[512]);
    track.host.tempo = 90.0;
    track.host.seconds(0.5, &[512]);
    track.host.stop();
    track.host.seconds(0.1, &[512]);
    assert!(track.is_done());
    let heard = heard(&mut source);
    assert_eq!(heard.samples.len(), 48_000);
    let places: Vec<f64> = heard.marks.iter().map(|(_, mark)| mark.at.0).collect();
    // A beat a half second, then three quarters of one.
    let expected = [-2.0, -1.0, -0.25];
    assert!(places.iter().zip(expected).all(|(at, right)| (at - right).abs() < 1e-6), "{places:?}");
    assert!(heard.marks.iter().all(|(_, mark)| mark.metre.numerator() == 6));
}

#[test]
fn what_nobody_reads_or_has_no_room_is_given_back() {
    let mut track = Track::new(EXACT);
    track.host.play();
    drop(track.listen(0.0, None));
    track.host.block(512);
    track.host.block(512);
    assert!(track.is_done());
    let mut source = track.listen_into(0.0, Some(8.0), 16);
    track.host.seconds(1.0, &[512]);
    assert!(track.done.pop().is_ok_and(|listening| listening.lost));
    assert!(!heard(&mut source).samples.is_empty());
    // The newest alone is listened to.
    let _old = track.listen(0.0, None);
    let mut new = track.listen(0.0, None);
    track.host.block(512);
    assert!(track.done.pop().is_ok() && track.done.pop().is_err());
    track.host.controls.bypassed = true;
    track.host.block(512);
    track.host.stop();
    track.host.block(512);
    assert_eq!(heard(&mut new).samples.len(), 1024);
}

/// Two bars of 6/8 with a kick on the first beat of each, a snare on the second and hats in eighths.
fn jig() -> Song {
    let tempo = TempoMap::constant(480, drumlin::score::Bpm(180.0));
    let mut notes = Vec::new();
    for eighth in 0..12 {
        let mut strike = |lane: Lane| {
            notes.push(Note {
                start: Ticks(eighth * 240),
                length: Ticks(60),
                key: lane.default_key().get(),
                velocity: Velocity::clamped(100),
            });
        };
        strike(Lane::ClosedHat);
        match eighth % 6 {
            0 => strike(Lane::Kick),
            3 => strike(Lane::Snare),
            _ => {}
        }
    }
    let track = SongTrack { name: String::new(), kind: TrackKind::Drums, notes };
    Song { tempo, metres: Vec::new(), tracks: vec![track] }
}

#[test]
fn a_loop_on_the_track_becomes_a_groove_at_the_hosts_beats() {
    let sound =
        render_stereo(&jig(), SoundFont::embedded(), SampleRate(48_000), &|| false).unwrap();
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.metre = Metre::new(6, 8).unwrap();
    host.tempo = 180.0;
    // The loop begins in bar 3 of the song.
    let start = (6.0 / host.beats_per_frame()) as u64;
    host.track = Box::new(move |sample| {
        let at = sample.checked_sub(start).map(|at| at as usize);
        at.and_then(|at| sound.left.get(at).copied()).unwrap_or(0.0)
    });
    let studio = Studio::new();
    let end = studio.connect();
    host.engine.listen(TrackListener::new(end.listenings, end.heard));
    let stretch = |from, to| TrackStretch { name: "Bars 3-4".to_owned(), from: Beats(from), to };
    let wait = |what: &str, done: &dyn Fn(&View) -> bool| {
        let since = Instant::now();
        loop {
            let view = studio.snapshot();
            if done(&view) {
                return view;
            }
            assert!(since.elapsed() < Duration::from_secs(60), "{what}: {view:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    // Nothing sounds before it.
    studio.listen(stretch(0.0, Some(Beats(3.0)))).unwrap();
    assert_eq!(studio.snapshot().listening.as_ref().unwrap().seconds, None);
    host.play();
    host.run(start, &[480]);
    let view = wait("silence", &|view| view.error.is_some());
    assert!(view.error.as_ref().unwrap().contains("nothing sounded"), "{:?}", view.error);
    studio.listen(stretch(6.0, Some(Beats(12.0)))).unwrap();
    host.seconds(1.0, &[480]);
    wait("progress", &|view| view.listening.as_ref().is_some_and(|l| l.seconds.is_some()));
    host.seconds(1.2, &[480]);
    let import = wait("the loop", &|view| view.import.is_some()).import.clone().unwrap();
    assert_eq!(import.name, "Bars 3-4");
    let heard = import.transcription(&Default::default());
    assert_eq!(heard.metre(), host.metre);
    assert!(heard.beats.is_loop);
    let times: Vec<f64> = heard.beats.times.iter().map(|time| time.0).collect();
    let right = [0.0, 0.5, 1.0, 1.5];
    assert!(
        times.len() == 4 && times.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-3),
        "{times:?}"
    );
    let groove = import.groove(&heard, heard.metre()).unwrap().groove;
    assert_eq!((groove.metre(), groove.bars()), (host.metre, 2));
    let kicks = groove.hits().iter().filter(|hit| hit.lane().drum_class() == DrumClass::Kick);
    let kicks: Vec<(usize, usize)> = kicks.map(|hit| (hit.bar.0, hit.step)).collect();
    assert_eq!(kicks, [(0, 0), (1, 0)]);
    // What is given up is given up.
    studio.forget_import();
    studio.listen(stretch(0.0, None)).unwrap();
    host.seconds(0.5, &[480]);
    studio.stop_listening(false);
    host.seconds(0.5, &[480]);
    assert_eq!(studio.snapshot().listening, None);
    assert!(studio.snapshot().job.is_none() && studio.snapshot().import.is_none());
}
