//! MIDI through.

use super::host::{EXACT, Host, clip};
use nice_plug::midi::{Channel, Key, NoteEvent, VoiceID};

#[test]
fn what_comes_in_goes_out_between_the_drums() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.send(clip(0.0, 1, &[0.0, 0.005]));
    host.block(64);
    host.play();
    host.wires.input.push_back(NoteEvent::MidiCC { timing: 7, channel: 2, cc: 64, value: 1.0 });
    host.note(7, 60, true);
    host.note(300, 60, false);
    // The order of time is checked with every block.
    host.block(512);
    let at: Vec<u64> = host.others.iter().map(|(at, _)| at - 64).collect();
    assert_eq!(at, [7, 7, 300]);
    assert!(matches!(host.others[0].1, NoteEvent::MidiCC { cc: 64, .. }));
}

#[test]
fn shut_it_lets_nothing_pass_but_the_ends_of_what_passed() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.note(0, 60, true);
    host.block(512);
    host.controls.through = false;
    host.note(0, 61, true);
    host.note(1, 60, false);
    host.note(2, 61, false);
    host.block(512);
    assert_eq!(host.others.len(), 2);
    assert!(matches!(host.others[1].1, NoteEvent::NoteOff { key: Key::Number(60), .. }));
    // One that names no key or channel ends them all.
    host.controls.through = true;
    host.note(0, 62, true);
    host.block(512);
    host.controls.through = false;
    host.wires.input.push_back(NoteEvent::Choke {
        timing: 0,
        voice_id: VoiceID::Wildcard,
        channel: Channel::Wildcard,
        key: Key::Wildcard,
    });
    host.block(512);
    assert!(matches!(host.others[3].1, NoteEvent::Choke { .. }));
}

#[test]
fn events_dated_past_the_block_are_not_lost() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.note(63, 60, true);
    host.note(63, 60, false);
    host.block(64);
    assert_eq!(host.others.len(), 2);
}

/// A note hangs on a pedal although its end has passed, and some hosts end all notes at once.
#[test]
fn shut_it_lets_pedals_up_and_ends_all_notes() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    let controller = |host: &mut Host, cc: u8, value: u8| {
        let (timing, channel, value) = (0, 0, f32::from(value) / 127.0);
        host.wires.input.push_back(NoteEvent::MidiCC { timing, channel, cc, value });
        host.block(64);
        host.others.drain(..).count()
    };
    assert_eq!(controller(&mut host, 64, 127), 1);
    host.note(0, 60, true);
    host.block(64);
    host.controls.through = false;
    // Down further it does not go, and up only once.
    for (value, passed) in [(127, 0), (30, 1), (0, 1), (90, 0), (0, 0)] {
        host.others.clear();
        assert_eq!(controller(&mut host, 64, value), passed, "{value}");
    }
    // The note still sounds.
    for (cc, passed) in [(7, 0), (123, 1), (120, 1)] {
        assert_eq!(controller(&mut host, cc, 0), passed, "controller {cc}");
    }
    host.note(0, 60, false);
    host.block(64);
    host.others.clear();
    for cc in [123, 120, 121] {
        assert_eq!(controller(&mut host, cc, 0), 0, "nothing sounds: controller {cc}");
    }
}
