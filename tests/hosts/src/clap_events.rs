//! Events of CLAP: transports, and notes in both dialects.

use clack_host::events::event_types::{MidiEvent, TransportEvent, TransportFlags};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};

use crate::{Message, Now};

/// What a host that keeps to the rules says of its transport.
pub fn transport(now: &Now) -> TransportEvent {
    let beats = BeatTime::from_float;
    let bar = f64::from(now.metre.0) * 4.0 / f64::from(now.metre.1);
    let bar_number = (now.position / bar).floor();
    let mut flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(TransportFlags::IS_PLAYING, now.playing);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, now.looping.is_some());
    let (loop_start, loop_end) = now.looping.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: beats(now.position),
        song_pos_seconds: SecondsTime::from_float(0.0),
        tempo: now.tempo,
        tempo_inc: 0.0,
        loop_start_beats: beats(loop_start),
        loop_end_beats: beats(loop_end),
        loop_start_seconds: SecondsTime::from_float(0.0),
        loop_end_seconds: SecondsTime::from_float(0.0),
        bar_start: beats(bar_number * bar),
        bar_number: bar_number as i32,
        time_signature_numerator: now.metre.0,
        time_signature_denominator: now.metre.1,
    }
}

/// A note in CLAP's own dialect.
pub fn note(event: &UnknownEvent) -> Option<Message> {
    let byte = |value: Match<u16>| match value {
        Match::Specific(value) => value as u8,
        Match::All => 0,
    };
    let (pckn, velocity) = match event.as_core_event()? {
        CoreEventSpace::NoteOn(on) => {
            (on.pckn(), Some((on.velocity() * 127.0).round().clamp(1.0, 127.0) as u8))
        }
        CoreEventSpace::NoteOff(off) => (off.pckn(), None),
        _ => return None,
    };
    let (channel, key) = (byte(pckn.channel), byte(pckn.key));
    Some(Message { at: event.header().time(), channel, key, velocity })
}

/// A note in MIDI.
pub fn midi_note(event: &UnknownEvent) -> Option<Message> {
    let CoreEventSpace::Midi(midi) = event.as_core_event()? else { return None };
    let [status, key, velocity] = midi.data();
    let velocity = match status & 0xF0 {
        0x80 => None,
        0x90 => Some(velocity).filter(|&velocity| velocity > 0),
        _ => return None,
    };
    Some(Message { at: event.header().time(), channel: status & 0x0F, key, velocity })
}

/// A message as MIDI. Keyboards end notes in either of two ways; this host uses both.
pub fn midi_event(message: &Message) -> MidiEvent {
    let Message { at, channel, key, velocity } = *message;
    let data = match velocity {
        Some(velocity) => [0x90 | channel, key, velocity],
        None if key.is_multiple_of(2) => [0x80 | channel, key, 64],
        None => [0x90 | channel, key, 0],
    };
    MidiEvent::new(at, 0, data)
}
