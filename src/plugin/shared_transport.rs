//! Where the host is, from the audio thread to the window and the parameter thread: atomics, so that neither waits. Fields
//! that were written in different blocks may be read together; for a playhead that is good enough.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use super::transport::HostTime;
use crate::score::{Beats, Bpm, Metre};

/// What does not fit a field is told as NaN or 0.
#[derive(Debug)]
pub struct SharedTransport {
    position: AtomicU64,
    tempo: AtomicU64,
    loop_start: AtomicU64,
    loop_end: AtomicU64,
    /// Numerator and denominator, a byte each.
    metre: AtomicU16,
    /// 1 while the transport runs.
    playing: AtomicU16,
    /// 1 while bars are auditioned.
    rehearses: AtomicU16,
    notes: AtomicU64,
}

impl Default for SharedTransport {
    fn default() -> SharedTransport {
        let nothing = || AtomicU64::new(f64::NAN.to_bits());
        SharedTransport {
            position: nothing(),
            tempo: nothing(),
            loop_start: nothing(),
            loop_end: nothing(),
            metre: AtomicU16::new(0),
            playing: AtomicU16::new(0),
            rehearses: AtomicU16::new(0),
            notes: AtomicU64::new(0),
        }
    }
}

impl SharedTransport {
    /// Tells what the host said of a block; `running` is where the song is after it, if it runs, or
    /// where the bars are that are auditioned, if it `rehearses`; `notes` is how many notes have been
    /// captured by then.
    pub fn store(&self, host: &HostTime, running: Option<Beats>, rehearses: bool, notes: u64) {
        let set = |field: &AtomicU64, value: Option<f64>| {
            field.store(value.unwrap_or(f64::NAN).to_bits(), Ordering::Relaxed);
        };
        set(&self.position, running.or(host.position).map(|at| at.0));
        set(&self.tempo, host.tempo.map(|tempo| tempo.0));
        set(&self.loop_start, host.looping.map(|(start, _)| start.0));
        set(&self.loop_end, host.looping.map(|(_, end)| end.0));
        let metre = host.metre.map_or(0, |m| u16::from_be_bytes([m.numerator(), m.denominator()]));
        self.metre.store(metre, Ordering::Relaxed);
        let playing = running.is_some() && host.playing;
        self.playing.store(u16::from(playing), Ordering::Relaxed);
        self.rehearses.store(u16::from(rehearses), Ordering::Relaxed);
        self.notes.store(notes, Ordering::Release);
    }

    /// Whether bars are auditioned while the host stands.
    pub fn rehearses(&self) -> bool {
        self.rehearses.load(Ordering::Relaxed) == 1
    }

    /// How many notes have been captured; all of them are in the studio's queue.
    pub fn notes(&self) -> u64 {
        self.notes.load(Ordering::Acquire)
    }

    /// What was told last.
    pub fn load(&self) -> HostTime {
        let get = |field: &AtomicU64| {
            let value = f64::from_bits(field.load(Ordering::Relaxed));
            (!value.is_nan()).then_some(value)
        };
        let [numerator, denominator] = self.metre.load(Ordering::Relaxed).to_be_bytes();
        HostTime {
            playing: self.playing.load(Ordering::Relaxed) == 1,
            position: get(&self.position).map(Beats),
            tempo: get(&self.tempo).map(Bpm),
            metre: Metre::new(numerator, denominator),
            bar_start: None,
            looping: get(&self.loop_start).map(Beats).zip(get(&self.loop_end).map(Beats)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_heard() {
        let shared_transport = SharedTransport::default();
        assert_eq!(shared_transport.load(), HostTime::default());
        let host = HostTime {
            playing: true,
            position: Some(Beats(8.0)),
            tempo: Some(Bpm(97.0)),
            metre: Metre::new(7, 8),
            bar_start: None,
            looping: Some((Beats(-4.0), Beats(12.0))),
        };
        shared_transport.store(&host, Some(Beats(8.5)), false, 3);
        assert_eq!(shared_transport.notes(), 3);
        assert_eq!(shared_transport.load(), HostTime { position: Some(Beats(8.5)), ..host });
        shared_transport.store(&HostTime { playing: false, ..host }, None, false, 3);
        assert_eq!(shared_transport.load(), HostTime { playing: false, ..host });
        // Bars that are auditioned have a place, but the host stands.
        shared_transport.store(&HostTime { playing: false, ..host }, Some(Beats(20.0)), true, 3);
        let expected = HostTime { playing: false, position: Some(Beats(20.0)), ..host };
        assert_eq!((shared_transport.load(), shared_transport.rehearses()), (expected, true));
    }
}
