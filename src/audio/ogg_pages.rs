//! Ogg files in which pages are lost.
//!
//! A page says where it ends, and what reads pages takes it for granted that it begins where the last one
//! ended. So behind a lost page one comes too early, and the time of the lost one is missing behind that.
//! [`Packets`] has it where it belongs.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;

use symphonia::core::checksum::Crc32;
use symphonia::core::errors::Result;
use symphonia::core::formats::FormatReader;
use symphonia::core::formats::well_known::FORMAT_ID_OGG;
use symphonia::core::io::Monitor;
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::file_bytes::FileBytes;

/// Bytes of a page before the table of its segments.
const HEAD: usize = 27;
/// What marks the last page of a stream.
const LAST: u8 = 4;
/// More packets than a page can end.
const MOST: usize = 256;

/// What the pages of a stream tell before they are decoded.
#[derive(Default)]
struct Pages {
    /// The samples before each place at which pages are lost, rising.
    losses: VecDeque<i64>,
    /// Whether none of them is marked as the last.
    is_cut_short: bool,
}

/// The pages of a stream. `file` stands at its beginning; nothing is lost of what cannot be read.
fn pages(file: &File, serial: u32) -> Pages {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = FileBytes::new(file, length);
    let (mut losses, mut page) = (VecDeque::new(), Vec::new());
    let (mut at, mut last, mut end, mut is_ended) = (0, None::<u32>, 0, false);
    while let Some(head) = bytes.get::<HEAD>(at) {
        if !reads_page(&mut bytes, at, &head, &mut page) {
            at += 1;
            continue;
        }
        at += page.len() as u64;
        let number =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if number(14) != serial {
            continue;
        }
        is_ended |= head[5] & LAST > 0;
        let sequence = number(18);
        if end > 0 && last.is_some_and(|last| sequence > last.saturating_add(1)) {
            losses.push_back(end);
        }
        last = Some(sequence);
        let ends = ((u64::from(number(10)) << 32) | u64::from(number(6))).cast_signed();
        // Of a page on which no packet ends it is -1.
        if ends > 0 {
            end = ends;
        }
    }
    Pages { losses, is_cut_short: last.is_some() && !is_ended }
}

/// Whether a whole page begins here, which then is in `page`.
fn reads_page(bytes: &mut FileBytes<'_>, at: u64, head: &[u8; HEAD], page: &mut Vec<u8>) -> bool {
    if !head.starts_with(b"OggS") {
        return false;
    }
    let segments = usize::from(head[HEAD - 1]);
    page.resize(HEAD + segments, 0);
    if !bytes.read(at, page) {
        return false;
    }
    let content: usize = page[HEAD..].iter().map(|&size| usize::from(size)).sum();
    page.resize(HEAD + segments + content, 0);
    if !bytes.read(at, page) {
        return false;
    }
    // The sum is over the page without the sum.
    page[22..26].fill(0);
    let mut sum = Crc32::new(0);
    sum.process_buf_bytes(page);
    sum.crc().to_le_bytes() == head[22..26]
}

/// The packets of one stream, those behind a loss as much later as is lost.
pub struct Packets {
    pages: Pages,
    /// Samples of the recording, if it says how many.
    length: Option<u64>,
    /// Packets whose time is known.
    ready: VecDeque<Packet>,
    /// What was read behind them.
    ahead: Option<Result<Option<Packet>>>,
}

impl Packets {
    /// Of a track of the file that `format` reads, which is so many samples long if that is known.
    pub fn of(path: &Path, format: &dyn FormatReader, track: u32, length: Option<u64>) -> Packets {
        // What is no file, such as a pipe, cannot be read twice.
        let is_ogg = format.format_info().format == FORMAT_ID_OGG && path.is_file();
        let file = is_ogg.then(|| File::open(path).ok()).flatten();
        let pages = file.map_or_else(Pages::default, |file| pages(&file, track));
        Packets { pages, length, ready: VecDeque::new(), ahead: None }
    }

    /// Whether the file is known to end before the stream does.
    pub fn is_cut_short(&self) -> bool {
        self.pages.is_cut_short
    }

    /// The next packet of those that `read` has.
    ///
    /// # Errors
    /// As `read`.
    pub fn take(
        &mut self,
        read: &mut dyn FnMut() -> Result<Option<Packet>>,
    ) -> Result<Option<Packet>> {
        if let Some(packet) = self.ready.pop_front() {
            return Ok(Some(packet));
        }
        let Some(packet) = self.ahead.take().unwrap_or_else(&mut *read)? else { return Ok(None) };
        let losses = &mut self.pages.losses;
        let behind = losses.iter().take_while(|loss| **loss <= packet.pts.get()).count();
        if behind == 0 {
            return Ok(Some(packet));
        }
        losses.drain(..behind);
        self.place(packet, read);
        Ok(self.ready.pop_front())
    }

    /// Reads the page that begins with a packet, whose packets follow each other. The next one, which
    /// begins where it should, says how much too early that is; behind the last one it is the recording's
    /// length, give or take what the encoder has filled up with.
    fn place(&mut self, first: Packet, read: &mut dyn FnMut() -> Result<Option<Packet>>) {
        let ends = |packet: &Packet| packet.pts.saturating_add(packet.block_dur()).get();
        let mut end = ends(&first);
        self.ready.push_back(first);
        let next = loop {
            match read() {
                Ok(Some(packet)) if packet.pts.get() <= end && self.ready.len() < MOST => {
                    end = ends(&packet);
                    self.ready.push_back(packet);
                }
                answer => {
                    let begins = match &answer {
                        Ok(Some(packet)) => Some(packet.pts.get()),
                        _ => self.length.map(u64::cast_signed),
                    };
                    self.ahead = Some(answer);
                    break begins;
                }
            }
        };
        let early = u64::try_from(next.map_or(0, |next| next.saturating_sub(end))).unwrap_or(0);
        for packet in &mut self.ready {
            packet.pts = packet.pts.saturating_add(Duration::from(early));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::units::Timestamp;

    /// When packets of a hundred samples begin that are read at these times, of a recording that
    /// has lost pages behind these.
    fn placed(starts: &[i64], losses: &[i64], length: u64) -> Vec<i64> {
        let pages = Pages { losses: losses.iter().copied().collect(), is_cut_short: false };
        let (ready, ahead) = (VecDeque::new(), None);
        let mut packets = Packets { pages, length: Some(length), ready, ahead };
        let mut starts = starts.iter();
        let packet = |start: &i64| {
            Packet::new(0, Timestamp::from(*start), Duration::from(100_u64), vec![0_u8])
        };
        let mut read = || -> Result<Option<Packet>> { Ok(starts.next().map(packet)) };
        std::iter::from_fn(|| packets.take(&mut read).unwrap())
            .map(|packet| packet.pts.get())
            .collect()
    }

    #[test]
    fn what_is_behind_a_lost_page_comes_when_it_was_played() {
        assert_eq!(placed(&[0, 100, 200, 300], &[], 400), [0, 100, 200, 300]);
        // Pages of two packets, of which the second is lost: the third page shows it.
        assert_eq!(
            placed(&[0, 100, 200, 300, 600, 700], &[200], 800),
            [0, 100, 400, 500, 600, 700]
        );
        // Lost before the last page, and before two in a row.
        assert_eq!(placed(&[0, 100, 200, 300], &[200], 600), [0, 100, 400, 500]);
        assert_eq!(placed(&[0, 100, 300, 500, 600], &[100, 300], 700), [0, 200, 400, 500, 600]);
    }

    #[test]
    fn a_page_whose_time_is_not_known_stays_where_it_is() {
        assert_eq!(placed(&[0, 100, 200, 300], &[200], 100), [0, 100, 200, 300]);
        assert!(placed(&[], &[200], 400).is_empty());
    }

    #[test]
    fn missing_and_damaged_pages_are_found() {
        let golden = include_bytes!("../../tests/golden/recordings/loop.ogg");
        let starts: Vec<usize> =
            (0..golden.len()).filter(|at| golden[*at..].starts_with(b"OggS")).collect();
        assert_eq!(starts.len(), 5, "two pages of headers, three of sound");
        let serial = u32::from_le_bytes(golden[14..18].try_into().unwrap());
        let own = serial;
        let found = |bytes: &[u8], serial: u32| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.ogg");
            std::fs::write(&path, bytes).unwrap();
            let pages = pages(&File::open(&path).unwrap(), serial);
            // Only in the last page does it say that the stream ends.
            let is_whole = serial != own || bytes.ends_with(&golden[starts[4]..]);
            assert_eq!(pages.is_cut_short, !is_whole);
            pages.losses
        };
        assert!(found(golden, serial).is_empty());
        assert!(found(&golden[..golden.len() - 1], serial).is_empty());
        let without = [&golden[..starts[3]], &golden[starts[4]..]].concat();
        assert_eq!(found(&without, serial), [68_928]);
        assert!(found(&without, serial + 1).is_empty());
        let mut damaged = golden.to_vec();
        damaged[starts[3] + 1000] ^= 1;
        assert_eq!(found(&damaged, serial), [68_928]);
    }
}
