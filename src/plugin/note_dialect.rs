//! Notes that go out to a CLAP host which knows MIDI alone.
//!
//! What the host promises of its pointers holds here too: every unsafe block rests on that, where nothing
//! else is said.

#![allow(unsafe_code, reason = "CLAP is an interface in C")]
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "each block hands on what the host promises of its pointers, as the top of the file says"
)]

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI, CLAP_EVENT_NOTE_CHOKE, CLAP_EVENT_NOTE_END,
    CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_NOTE_OFF, CLAP_EVENT_NOTE_ON,
    CLAP_NOTE_EXPRESSION_PRESSURE, clap_event_header, clap_event_midi, clap_event_note,
    clap_event_note_expression, clap_output_events,
};

/// Takes an event as the host's own list does, and puts it there in MIDI. On the audio thread.
///
/// # Safety
///
/// `interpreter`'s context is the host's list of events, and `event` is what its header says.
pub unsafe extern "C" fn push_as_midi(
    interpreter: *const clap_output_events,
    event: *const clap_event_header,
) -> bool {
    let list = unsafe { (*interpreter).ctx }.cast_const().cast::<clap_output_events>();
    let Some(push) = (unsafe { (*list).try_push }) else { return false };
    let header = unsafe { *event };
    if header.space_id != CLAP_CORE_EVENT_SPACE_ID {
        return unsafe { push(list, event) };
    }
    let said = match header.type_ {
        CLAP_EVENT_NOTE_ON | CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE => {
            // SAFETY: here and below: an event is what its type says.
            let note = unsafe { &*event.cast::<clap_event_note>() };
            let status = if header.type_ == CLAP_EVENT_NOTE_ON { NOTE_ON } else { NOTE_OFF };
            message(status, note.channel, note.key, note.velocity)
        }
        CLAP_EVENT_NOTE_EXPRESSION => {
            let expression = unsafe { &*event.cast::<clap_event_note_expression>() };
            let is_pressure = expression.expression_id == CLAP_NOTE_EXPRESSION_PRESSURE;
            let (channel, key) = (expression.channel, expression.key);
            message(KEY_PRESSURE, channel, key, expression.value).filter(|_| is_pressure)
        }
        CLAP_EVENT_NOTE_END => None,
        // It is MIDI already, or no note.
        _ => return unsafe { push(list, event) },
    };
    // What MIDI has no word for is left out.
    let Some(data) = said else { return true };
    let size = size_of::<clap_event_midi>() as u32;
    let header = clap_event_header { size, type_: CLAP_EVENT_MIDI, ..header };
    let midi = clap_event_midi { header, port_index: 0, data };
    unsafe { push(list, &midi.header) }
}

const NOTE_OFF: u8 = 0x80;
const NOTE_ON: u8 = 0x90;
const KEY_PRESSURE: u8 = 0xA0;

/// A message of MIDI 1.0 about one key; `strength` is 0 to 1. `None` for all channels or all keys.
fn message(status: u8, channel: i16, key: i16, strength: f64) -> Option<[u8; 3]> {
    let channel = u8::try_from(channel).ok().filter(|&channel| channel < 16)?;
    let key = u8::try_from(key).ok().filter(|&key| key < 128)?;
    // A note-on of velocity 0 is the end of a note.
    let least = if status == NOTE_ON { 1.0 } else { 0.0 };
    let strength = (strength * 127.0).round().clamp(least, 127.0) as u8;
    Some([status | channel, key, strength])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn velocities_are_those_of_midi() {
        for velocity in 1..128_u8 {
            // As nice-plug hands them on: in single precision.
            let strength = f64::from(f32::from(velocity) / 127.0);
            assert_eq!(message(NOTE_ON, 9, 36, strength), Some([0x99, 36, velocity]));
        }
        assert_eq!(message(NOTE_ON, 0, 127, 0.0), Some([0x90, 127, 1]));
        assert_eq!(message(NOTE_OFF, 15, 0, 0.0), Some([0x8F, 0, 0]));
        assert_eq!(message(KEY_PRESSURE, 3, 60, 7.0), Some([0xA3, 60, 127]));
    }

    #[test]
    fn what_midi_cannot_say_is_left_out() {
        for (channel, key) in [(-1, 36), (9, -1), (16, 36), (9, 128)] {
            assert_eq!(message(NOTE_ON, channel, key, 1.0), None);
        }
    }
}
