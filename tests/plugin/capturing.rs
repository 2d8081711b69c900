//! What the studio hears of a host.

use super::host::{EXACT, Habits, Host};
use drumlin::score::{Beats, Bpm, Controller, Metre, Pedal, Velocity};
use drumlin::studio::wire::Captured;
use nice_plug::midi::{Channel, Key, NoteEvent, VoiceID};
use proptest::prelude::*;

fn position(captured: &Captured) -> Option<f64> {
    match *captured {
        Captured::Started { at }
        | Captured::Stopped { at }
        | Captured::Tempo { at, .. }
        | Captured::Metre { at, .. }
        | Captured::NoteOn { at, .. }
        | Captured::NoteOff { at, .. }
        | Captured::Controller { at, .. }
        | Captured::Passed { at } => Some(at.0),
        Captured::Lost => None,
    }
}

#[test]
fn notes_are_heard_by_song_position() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.jump(8.0);
    host.play();
    host.note(0, 60, true);
    host.note(240, 60, false);
    host.block(480);
    host.stop();
    host.note(10, 61, true);
    host.block(480);
    let at = Beats(8.0);
    let heard = host.heard();
    assert_eq!(heard[0], Captured::Started { at });
    assert_eq!(heard[1], Captured::Tempo { at, bpm: Bpm(120.0) });
    assert_eq!(heard[2], Captured::Metre { at, metre: Metre::COMMON });
    assert!(matches!(heard[3], Captured::NoteOn { at: Beats(8.0), key: 60, .. }));
    assert_eq!(heard[4], Captured::NoteOff { at: Beats(8.01), key: 60 });
    assert!(matches!(heard[5], Captured::Stopped { .. }));
    assert_eq!(heard.len(), 6, "standing, nothing is heard");
}

#[test]
fn what_is_struck_just_ahead_of_a_start_and_held_is_on_it() {
    for blocks in [[480], [4096]] {
        let mut host = Host::new(48_000.0, 4096, EXACT);
        host.jump(8.0);
        host.note(100, 57, true);
        host.run(4096, &blocks);
        host.note(0, 59, true);
        host.note(100, 60, true);
        host.note(200, 59, false);
        host.run(4096, &blocks);
        host.play();
        host.note(240, 60, false);
        host.note(240, 57, false);
        host.block(480);
        let heard = host.heard();
        let at = Beats(8.0);
        assert_eq!(heard[0], Captured::Started { at });
        // The first of them has been held for too long, the second not long enough.
        assert!(matches!(heard[3], Captured::NoteOn { at: Beats(8.0), key: 60, .. }), "{heard:?}");
        assert_eq!(heard[4..], [Captured::NoteOff { at: Beats(8.01), key: 60 }]);
        // What sounds as the transport stops is no note of the next start.
        host.note(0, 62, true);
        host.block(480);
        host.stop();
        host.block(480);
        host.play();
        host.block(480);
        let notes = host.heard().into_iter().filter(|c| matches!(c, Captured::NoteOn { .. }));
        assert_eq!(notes.count(), 1, "{blocks:?}");
    }
}

#[test]
fn all_notes_off_ends_what_sounds() {
    for cc in [120, 123] {
        let mut host = Host::new(48_000.0, 512, EXACT);
        host.play();
        host.note(0, 60, true);
        host.note(0, 64, true);
        host.wires.input.push_back(NoteEvent::MidiCC { timing: 240, channel: 0, cc, value: 0.0 });
        // They have ended already.
        host.note(300, 60, false);
        host.block(480);
        let heard = host.heard();
        let ends: Vec<&Captured> =
            heard.iter().filter(|c| matches!(c, Captured::NoteOff { .. })).collect();
        let end = |key| Captured::NoteOff { at: Beats(0.01), key };
        assert_eq!(ends, [&end(60), &end(64)], "controller {cc}");
    }
}

#[test]
fn tempo_and_metre_come_along() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.play();
    host.seconds(2.5, &[480]);
    (host.tempo, host.metre) = (90.0, Metre::new(3, 4).unwrap());
    host.block(480);
    let heard = host.heard();
    let near = |at: Beats, beats: f64| (at.0 - beats).abs() < 1e-6;
    let tempo =
        |c: &Captured| matches!(*c, Captured::Tempo { at, bpm: Bpm(90.0) } if near(at, 5.0));
    assert!(heard.iter().any(tempo), "{heard:?}");
    // As the host says: 3/4 has a bar line at 3.
    let metre = |c: &Captured| matches!(*c, Captured::Metre { at, metre } if near(at, 3.0) && metre.numerator() == 3);
    assert!(heard.iter().any(metre), "{heard:?}");
}

#[test]
fn a_loop_is_heard_as_passes_over_the_same_bars() {
    for turns_inside in [false, true] {
        let mut host = Host::new(48_000.0, 512, Habits { turns_inside, ..EXACT });
        host.looping = Some((4.0, 8.0));
        host.jump(4.0);
        host.play();
        host.seconds(7.0, &[500]);
        let heard = host.heard();
        let starts = heard.iter().filter(|c| matches!(c, Captured::Started { .. })).count();
        assert_eq!(starts, 4);
        let ends: Vec<f64> = heard
            .windows(2)
            .filter(|pair| matches!(pair[1], Captured::Started { .. }))
            .filter_map(|pair| position(&pair[0]))
            .collect();
        assert!(ends.iter().all(|end| (end - 8.0).abs() < 1e-3), "{ends:?}");
    }
}

#[test]
fn rests_are_heard_too() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.play();
    host.seconds(4.0, &[512]);
    let passed = host.heard().iter().filter(|c| matches!(c, Captured::Passed { .. })).count();
    assert!((7..=8).contains(&passed), "{passed} in eight beats");
}

#[test]
fn not_listening_ends_what_was_heard() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.play();
    host.block(512);
    host.controls.listens = false;
    host.note(0, 60, true);
    host.block(512);
    host.controls.listens = true;
    host.block(512);
    let heard = host.heard();
    assert!(matches!(heard[3], Captured::Stopped { .. }), "{heard:?}");
    assert!(matches!(heard[4], Captured::Started { .. }), "{heard:?}");
}

#[test]
fn a_render_takes_the_place_of_nothing_that_was_heard() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.play();
    host.note(0, 60, true);
    host.seconds(1.0, &[512]);
    let _ = host.heard();
    // The host renders from the start, and brings other notes.
    host.engine.set_offline(true);
    host.jump(0.0);
    host.note(9, 62, true);
    host.seconds(4.0, &[512]);
    let heard = host.heard();
    assert!(matches!(heard[..], [Captured::Stopped { .. }]), "{heard:?}");
    host.engine.set_offline(false);
    host.block(512);
    assert!(matches!(host.heard()[0], Captured::Started { .. }));
}

#[test]
fn a_full_queue_is_told_once_there_is_room() {
    let mut host = Host::with_queues(48_000.0, 512, EXACT, 8, 8);
    host.play();
    for _ in 0..20 {
        host.note(0, 60, true);
        host.note(100, 60, false);
        host.block(512);
    }
    assert_eq!(host.heard().len(), 8);
    host.note(0, 62, true);
    host.block(512);
    let heard = host.heard();
    assert_eq!(heard[0], Captured::Lost);
    assert!(matches!(heard[1], Captured::Started { .. }), "{heard:?}");
    assert!(matches!(heard[4], Captured::NoteOn { key: 62, .. }), "{heard:?}");
}

/// The pedals that are heard: position, which, and how far down.
fn pedals(heard: &[Captured]) -> Vec<(f64, Pedal, u8)> {
    let pedal = |captured: &Captured| match *captured {
        Captured::Controller { at, controller: Controller::Pedal(pedal), value } => {
            Some((at.0, pedal, value))
        }
        _ => None,
    };
    heard.iter().filter_map(pedal).collect()
}

#[test]
fn pedals_are_heard_with_the_notes() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let cc = |timing, channel, cc, value: f32| NoteEvent::MidiCC { timing, channel, cc, value };
    host.play();
    host.wires.input.extend([cc(240, 0, 64, 1.0), cc(250, 0, 1, 1.0), cc(260, 0, 64, 1.0)]);
    // Half of the way on another channel changes nothing while the first holds it down.
    host.wires.input.extend([cc(270, 1, 64, 0.5), cc(480, 0, 64, 0.0)]);
    host.block(512);
    host.wires.input.push_back(cc(64, 1, 121, 0.0));
    host.block(512);
    let heard = pedals(&host.heard());
    let expected = [(0.01, 127), (0.02, 64), (0.024, 0)];
    assert_eq!(heard.len(), 3, "{heard:?}");
    for ((at, pedal, value), (beats, far)) in heard.into_iter().zip(expected) {
        assert!((at - beats).abs() < 1e-9, "{at}, not {beats}");
        assert_eq!((pedal, value), (Pedal::Sustain, far));
    }
}

#[test]
fn what_is_played_is_as_loud_as_its_channel() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let cc = |channel, cc, value: u8| {
        let value = f32::from(value) / 127.0;
        NoteEvent::MidiCC { timing: 0, channel, cc, value }
    };
    let note = |timing, channel| NoteEvent::NoteOn {
        timing,
        voice_id: VoiceID::Wildcard,
        channel: Channel::Number(channel),
        key: Key::Number(60),
        velocity: Velocity::clamped(90).unit(),
    };
    // While the host stands, and on two channels.
    host.wires.input.extend([cc(0, 7, 50), cc(1, 11, 64)]);
    host.block(512);
    host.play();
    host.wires.input.extend([note(0, 0), note(240, 1)]);
    host.block(512);
    let heard = host.heard();
    let told: Vec<(Controller, u8)> = heard
        .iter()
        .filter_map(|captured| match *captured {
            Captured::Controller { controller, value, .. } => Some((controller, value)),
            _ => None,
        })
        .collect();
    let [volume, expression] = [Controller::Volume, Controller::Expression];
    assert_eq!(told, [(volume, 50), (volume, 100), (expression, 64)]);
    // The second channel's, ahead of its note.
    let is_note = |captured: &Captured| matches!(captured, Captured::NoteOn { .. });
    let last = heard.iter().rposition(is_note);
    let moved = |captured: &Captured| matches!(captured, Captured::Controller { .. });
    assert_eq!(heard.iter().rposition(moved).map(|at| at + 1), last);
}

#[test]
fn a_pedal_that_is_down_is_told_at_every_start() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let value = 1.0;
    host.wires.input.push_back(NoteEvent::MidiCC { timing: 0, channel: 3, cc: 66, value });
    host.block(512);
    assert_eq!(host.heard(), [], "standing, nothing is heard");
    host.play();
    host.block(512);
    host.jump(8.0);
    host.block(512);
    let heard = host.heard();
    let expected = [0.0, 8.0].map(|at| (at, Pedal::Sostenuto, 127));
    assert_eq!(pedals(&heard), expected);
    let start = |captured: &Captured| matches!(captured, Captured::Started { .. });
    let pedal = |captured: &Captured| matches!(captured, Captured::Controller { .. });
    assert!(heard.iter().position(start) < heard.iter().position(pedal));
}

proptest! {
    /// Rounded positions, repeated block starts and tiny blocks: within a run nothing goes back.
    #[test]
    fn positions_never_go_back_within_a_run(
        quantum in prop::sample::select(vec![0.0, 1.0 / 1920.0, 1.0 / 960.0]),
        parts in prop::option::of(1_u32..300),
        blocks in prop::collection::vec(1_u32..1024, 1..6),
        keys in prop::collection::vec((0_u32..2000, 0_u8..128), 1..60),
    ) {
        let mut host = Host::new(44_100.0, 1024, Habits { quantum, parts, turns_inside: false });
        host.play();
        for (wait, key) in keys {
            host.note(0, key, true);
            host.run(u64::from(wait) + 1, &blocks);
            host.note(0, key, false);
            host.block(blocks[0]);
        }
        let heard = host.heard();
        prop_assert_eq!(heard.iter().filter(|c| matches!(c, Captured::Started { .. })).count(), 1);
        let at: Vec<f64> = heard
            .iter()
            .filter(|captured| !matches!(captured, Captured::Metre { .. }))
            .filter_map(position)
            .collect();
        prop_assert!(at.is_sorted(), "{:?}", at);
    }
}
