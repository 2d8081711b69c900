//! What the window wants to be heard while the host stands.

use super::host::{EXACT, Host, clip, number};
use drumlin::audio::Stereo;
use drumlin::plugin::{Auditions, SoundPreview};
use drumlin::score::{Beats, Bpm, GmKey, Metre, SampleRate, Velocity};
use drumlin::studio::wire::{Audition, Captured, Clip, Sound, Taps};

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
        sounds.push(Box::new(Sound { stereo, rate: SampleRate(44_100) })).unwrap();
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
