//! The events of one track, by midly, with a way on where midly would drop the rest of the track.

use midly::{EventIter, MetaMessage, TrackEventKind};

use super::container::Chunk;

/// Reads a track's events with their absolute times.
///
/// Beyond the standard it takes what real files hold: running status that goes on after a meta or
/// system exclusive event, metas with contents that mean nothing (skipped), and system messages
/// that belong on a cable and not in a file (skipped).
pub(super) struct Events<'a> {
    iter: EventIter<'a>,
    /// Ticks of the file from its start.
    now: u64,
    /// The last channel message's status byte.
    status: Option<u8>,
    ended: bool,
}

/// Where a track stops making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Bytes left in the chunk, the broken event's included.
    pub unread: usize,
}

impl<'a> Events<'a> {
    pub fn new(chunk: &Chunk<'a>) -> Events<'a> {
        Events { iter: EventIter::new(chunk.bytes), now: 0, status: None, ended: false }
    }

    /// The time of the last event read.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The track's own end mark was read.
    pub fn ended(&self) -> bool {
        self.ended
    }

    fn advance(&mut self, delta: u32) {
        // 2^64 ticks need 2^36 events of the longest delta: no file has them.
        self.now += u64::from(delta);
    }

    /// Goes on behind the event that begins `unread`, which midly could not read.
    fn skip(&mut self, unread: &'a [u8]) -> Result<(), Broken> {
        let broken = Broken { unread: unread.len() };
        let mut rest = unread;
        let delta = varlen(&mut rest).ok_or(broken)?;
        let (&status, after) = rest.split_first().ok_or(broken)?;
        rest = after;
        let data = match status {
            0xFF => {
                rest = rest.get(1..).ok_or(broken)?;
                varlen(&mut rest).ok_or(broken)? as usize
            }
            0xF2 => 2,
            0xF1 | 0xF3 => 1,
            0xF4..=0xF6 | 0xF8..=0xFE => 0,
            _ => return Err(broken),
        };
        self.iter = EventIter::new(rest.get(data..).ok_or(broken)?);
        self.advance(delta);
        Ok(())
    }
}

/// A number in MIDI's variable length: up to four bytes of seven bits.
fn varlen(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for _ in 0..4 {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value = value << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<(u64, TrackEventKind<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended && !self.iter.unread().is_empty() {
            *self.iter.running_status_mut() = self.status;
            let unread = self.iter.unread();
            let Some(Ok(event)) = self.iter.next() else {
                if let Err(broken) = self.skip(unread) {
                    self.ended = true;
                    return Some(Err(broken));
                }
                continue;
            };
            self.status = self.iter.running_status().or(self.status);
            self.advance(event.delta.as_int());
            self.ended = event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack);
            return Some(Ok((self.now, event.kind)));
        }
        None
    }
}
