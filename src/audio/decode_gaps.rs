//! What is missing in a damaged recording, by the times that its packets have.

use symphonia::core::packet::Packet;

/// A shorter gap, in seconds, is none: the times of streams that were cut or joined are not exact.
const SHORTEST: f64 = 0.01;

/// Follows the times of packets, which count samples at the recording's own rate.
pub struct Gaps {
    /// Samples of the recording, if it says how many.
    length: Option<u64>,
    /// Where the next packet is to begin, once there was one.
    next: Option<i64>,
    /// Samples of the packets since then that could not be decoded.
    unread: i64,
}

impl Gaps {
    /// Of a recording of so many samples, if that is known.
    pub fn new(length: Option<u64>) -> Gaps {
        Gaps { length, next: None, unread: 0 }
    }

    /// Takes a packet that could not be decoded.
    pub fn miss(&mut self, packet: &Packet) {
        // What is before the beginning is not heard.
        let (start, end) = (packet.pts.get().max(0), end(packet, packet.dur.get()).max(0));
        self.next = self.next.or(Some(start));
        self.unread = self.unread.saturating_add(end - start);
    }

    /// Takes a packet that was decoded; how many samples are missing before it.
    pub fn before(&mut self, packet: &Packet, rate: u32) -> u64 {
        let start = packet.pts.get();
        let jump = self.next.map_or(0, |next| start.saturating_sub(next));
        // A time behind the end is no time.
        let is_within = self.length.is_none_or(|length| start <= length.cast_signed());
        let missing = if is_within { jump.max(self.unread) } else { self.unread };
        self.next = Some(end(packet, packet.block_dur().get()));
        self.unread = 0;
        let missing = u64::try_from(missing).unwrap_or(0);
        if missing as f64 >= SHORTEST * f64::from(rate) { missing } else { 0 }
    }

    /// How many samples are missing at the end, as far as there are packets.
    pub fn at_end(&self) -> u64 {
        let next = self.next.unwrap_or(0);
        let room = self.length.map_or(i64::MAX, |length| length.cast_signed().saturating_sub(next));
        u64::try_from(self.unread.min(room)).unwrap_or(0)
    }

    /// Whether the last packet ends before the recording does, which says how long it is.
    pub fn is_cut_short(&self, rate: u32) -> bool {
        let known = self.length.zip(self.next);
        let missing = known.map_or(0, |(length, next)| length.cast_signed().saturating_sub(next));
        missing.saturating_sub(self.unread) as f64 >= SHORTEST * f64::from(rate)
    }
}

/// Where a packet of so many samples ends.
fn end(packet: &Packet, samples: u64) -> i64 {
    packet.pts.get().saturating_add_unsigned(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::units::{Duration, Timestamp};

    fn packet(start: i64, samples: u64) -> Packet {
        Packet::new(0, Timestamp::from(start), Duration::from(samples), vec![0_u8])
    }

    #[test]
    fn packets_in_a_row_have_no_gap() {
        let mut gaps = Gaps::new(Some(4000));
        for start in [0, 1000, 2000, 3000] {
            assert_eq!(gaps.before(&packet(start, 1000), 8000), 0);
        }
        assert_eq!(gaps.at_end(), 0);
    }

    #[test]
    fn packets_that_are_lost_or_broken_leave_their_length() {
        let mut gaps = Gaps::new(Some(9000));
        // An encoder's delay is not heard: 200 samples of the first packet are.
        gaps.miss(&packet(-800, 1000));
        assert_eq!(gaps.before(&packet(200, 1000), 8000), 200);
        gaps.miss(&packet(1200, 1000));
        gaps.miss(&packet(2200, 1000));
        assert_eq!(gaps.before(&packet(3200, 1000), 8000), 2000);
        // One that the reader left out; a few samples that mean nothing.
        assert_eq!(gaps.before(&packet(5200, 1000), 8000), 1000);
        assert_eq!(gaps.before(&packet(6210, 1000), 8000), 0);
        // A time that cannot be: what was counted holds.
        gaps.miss(&packet(7210, 1000));
        assert_eq!(gaps.before(&packet(1 << 40, 500), 8000), 1000);
    }

    #[test]
    fn what_is_missing_at_the_end_is_within_the_recording() {
        let mut gaps = Gaps::new(Some(2500));
        gaps.before(&packet(0, 1000), 8000);
        gaps.miss(&packet(1000, 1000));
        assert_eq!(gaps.at_end(), 1000);
        gaps.miss(&packet(2000, 1000));
        assert_eq!(gaps.at_end(), 1500);
    }
}
