//! MP3 files in which frames are lost.
//!
//! The frames of an MP3 file have no times: where some cannot be found, what follows would begin too
//! early. So the file is gone through from header to header before it is decoded, and stand-ins that no
//! decoder reads take the place of what is lost. How many, the lost bytes say: by the mean size of the
//! frames that are there, or exactly if the encoder has noted how many there are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::file_bytes::FileBytes;

/// Kilobits a second by what the header says, of MPEG 1 and of MPEG 2 and 2.5; 0 is a number that the
/// header does not say.
const KILOBITS_1: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/// Samples a second of MPEG 1; MPEG 2 has half and MPEG 2.5 a quarter of them.
const RATES: [u64; 3] = [44_100, 48_000, 32_000];
/// What the versions are in the header.
const MPEG_1: u32 = 3;
const MPEG_2: u32 = 2;
const MPEG_2_5: u32 = 0;

/// Fewer bytes between two frames are no damage: some encoders fill up.
const FILLING: u64 = 16;
/// So many frames in a row are sound again, and no bytes that look like a frame.
const IN_A_ROW: usize = 3;
/// How far they are looked for, in bytes.
const FARTHEST: u64 = 1 << 22;

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Header {
    word: u32,
    /// Bytes of the frame, with the header.
    size: u64,
}

impl Header {
    /// Of a frame of layer III whose size can be told.
    fn of(bytes: [u8; 4]) -> Option<Header> {
        let word = u32::from_be_bytes(bytes);
        let field = |shift: u32, bits: u32| (word >> shift) & ((1 << bits) - 1);
        let (version, layer) = (field(19, 2), field(17, 2));
        if field(21, 11) != 0x7FF || layer != 1 {
            return None;
        }
        let (kilobits, factor, divisor) = match version {
            MPEG_1 => (KILOBITS_1, 144_000, 1),
            MPEG_2 => (KILOBITS_2, 72_000, 2),
            MPEG_2_5 => (KILOBITS_2, 72_000, 4),
            _ => return None,
        };
        let kilobits = *kilobits.get(field(12, 4) as usize).filter(|kilobits| **kilobits > 0)?;
        let rate = RATES.get(field(10, 2) as usize)? / divisor;
        Some(Header { word, size: factor * kilobits / rate + u64::from(field(9, 1)) })
    }

    fn is_mono(&self) -> bool {
        self.word & 0xC0 == 0xC0
    }

    /// Whether both may be of one recording: version, layer, rate and channels.
    fn is_like(&self, other: &Header) -> bool {
        let kind = |header: &Header| (header.word & 0xFFFE_0C00, header.is_mono());
        kind(self) == kind(other)
    }

    /// Bytes behind the header that say how the sound is packed.
    fn side_information(&self) -> u64 {
        match ((self.word >> 19) & 3 == MPEG_1, self.is_mono()) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        }
    }

    /// A byte of a frame that begins like this and that no decoder reads: more values are said to follow
    /// than there can be.
    fn stand_in(&self, place: u64) -> u8 {
        let header = self.word.to_be_bytes();
        usize::try_from(place).ok().and_then(|place| header.get(place).copied()).unwrap_or(0xFF)
    }
}

/// Bytes between which frames are lost, with the header of the last one before.
struct Loss {
    from: u64,
    to: u64,
    before: Header,
}

/// What is found from header to header.
struct Scan {
    losses: Vec<Loss>,
    /// How many frames are there, and how many bytes they have.
    frames: u64,
    size: u64,
    /// How many there would be, if the encoder has noted that.
    noted: Option<u64>,
    /// Whether the file ends within a frame, and the encoder has noted that it was longer.
    is_cut_short: bool,
}

impl Scan {
    /// `None` of what does not begin as an MP3 file does.
    fn of(mut bytes: FileBytes<'_>) -> Option<Scan> {
        let start = tag(&mut bytes, 0).unwrap_or(0);
        let first = Header::of(bytes.get(start)?)?;
        let note = Note::of(&mut bytes, start, &first);
        let was_longer = note.is_some_and(|note| note.size > bytes.length() - start);
        let noted = note.filter(|_| !was_longer).map(|note| note.frames);
        let mut walk = Walk { bytes, first };
        walk.frame(start + first.size)?;
        let mut scan = Scan { losses: Vec::new(), frames: 0, size: 0, noted, is_cut_short: false };
        let (mut at, mut last) = (start, (start, first));
        loop {
            if let Some(header) = walk.frame(at) {
                (scan.frames, scan.size) = (scan.frames + 1, scan.size + header.size);
                last = (at, header);
                at += header.size;
            } else if let Some(length) = tag(&mut walk.bytes, at) {
                at += length;
            } else if let Some(found) = walk.found_again(at) {
                if found - at > FILLING {
                    // What has hit a header has as a rule begun within the frame before.
                    let (from, before) = last;
                    (scan.frames, scan.size) = (scan.frames - 1, scan.size - before.size);
                    scan.losses.push(Loss { from, to: found, before });
                }
                at = found;
            } else {
                // What another program has made of a longer file ends with a whole frame.
                scan.is_cut_short = was_longer && at > walk.bytes.length();
                return Some(scan);
            }
        }
    }

    /// For each loss how many frames it is.
    fn lost_frames(&self) -> Vec<u64> {
        let mean = self.size as f64 / self.frames.max(1) as f64;
        let rough = |loss: &Loss| (loss.to - loss.from) as f64 / mean.max(1.0);
        let all: f64 = self.losses.iter().map(rough).sum();
        let missing = self.noted.map_or(0.0, |noted| noted as f64 - self.frames as f64);
        // A number that is far off is of another file that this one was made of.
        let share = Some(missing / all).filter(|share| (0.5..=2.0).contains(share)).unwrap_or(1.0);
        self.losses.iter().map(|loss| (rough(loss) * share).round() as u64).collect()
    }
}

/// A file on the way from frame to frame.
struct Walk<'a> {
    bytes: FileBytes<'a>,
    first: Header,
}

impl Walk<'_> {
    /// The header at a place, if one is there.
    fn frame(&mut self, at: u64) -> Option<Header> {
        let header = Header::of(self.bytes.get(at)?)?;
        header.is_like(&self.first).then_some(header)
    }

    /// Where behind a place frames begin again.
    fn found_again(&mut self, behind: u64) -> Option<u64> {
        let end = behind.saturating_add(FARTHEST).min(self.bytes.length());
        (behind + 1..end).find(|&from| self.is_row(from))
    }

    fn is_row(&mut self, from: u64) -> bool {
        let mut at = from;
        (0..IN_A_ROW).all(|_| {
            let frame = self.frame(at);
            at += frame.map_or(0, |frame| frame.size);
            frame.is_some()
        })
    }
}

/// How long the tag is that begins here (ID3 in both versions, APE).
fn tag(bytes: &mut FileBytes<'_>, at: u64) -> Option<u64> {
    let sum = |digits: &[u8], base: u64| {
        digits.iter().fold(0, |sum, &digit| sum * base + u64::from(digit))
    };
    let head: [u8; 16] = bytes.get(at)?;
    match &head {
        [b'I', b'D', b'3', _, _, flags, size @ ..] => {
            Some(10 + sum(&size[..4], 128) + if flags & 0x10 > 0 { 10 } else { 0 })
        }
        [b'T', b'A', b'G', ..] => Some(128),
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, d, c, b, a] => {
            Some(32 + sum(&[*a, *b, *c, *d], 256))
        }
        _ => None,
    }
}

/// What the encoder has noted in the first frame, which has no sound then. Of a file that is shorter than it
/// was the number of frames is of no use.
#[derive(Clone, Copy)]
struct Note {
    /// With the first.
    frames: u64,
    /// Bytes from the first frame on.
    size: u64,
}

impl Note {
    fn of(bytes: &mut FileBytes<'_>, start: u64, first: &Header) -> Option<Note> {
        let note: [u8; 16] = bytes.get(start + 4 + first.side_information())?;
        let number =
            |at: usize| note[at..at + 4].iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte));
        let is_note = (note.starts_with(b"Xing") || note.starts_with(b"Info")) && note[7] & 3 == 3;
        is_note.then(|| Note { frames: number(8) + 1, size: number(12) })
    }
}

/// A stretch of what is read.
struct Stretch {
    start: u64,
    length: u64,
    content: Content,
}

enum Content {
    /// The file's bytes from here on.
    File(u64),
    /// Frames that begin like this one and cannot be read.
    StandIns(Header),
}

/// A file with stand-ins in the place of lost frames.
struct Mended {
    file: File,
    /// One after the other, none of them empty.
    stretches: Vec<Stretch>,
    at: u64,
}

impl Mended {
    fn of(file: File, length: u64, scan: &Scan) -> Mended {
        let mut mended = Mended { file, stretches: Vec::new(), at: 0 };
        let mut from = 0;
        for (loss, count) in scan.losses.iter().zip(scan.lost_frames()) {
            mended.append(loss.from - from, Content::File(from));
            mended.append(count * loss.before.size, Content::StandIns(loss.before));
            from = loss.to;
        }
        mended.append(length - from, Content::File(from));
        mended
    }

    fn append(&mut self, length: u64, content: Content) {
        if length > 0 {
            self.stretches.push(Stretch { start: self.length(), length, content });
        }
    }

    fn length(&self) -> u64 {
        self.stretches.last().map_or(0, |last| last.start + last.length)
    }
}

impl Read for Mended {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begun = self.stretches.partition_point(|stretch| stretch.start <= self.at);
        let Some(stretch) = self.stretches[..begun].last() else { return Ok(0) };
        let within = self.at - stretch.start;
        let left = usize::try_from(stretch.length.saturating_sub(within)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let buffer = &mut buffer[..count];
        let count = match stretch.content {
            Content::File(from) => {
                self.file.seek(SeekFrom::Start(from + within))?;
                self.file.read(buffer)?
            }
            Content::StandIns(header) => {
                let places = (within..).map(|place| place % header.size);
                buffer.iter_mut().zip(places).for_each(|(byte, at)| *byte = header.stand_in(at));
                count
            }
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Mended {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, way) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(way) => (self.at, way),
            SeekFrom::End(way) => (self.length(), way),
        };
        self.at = base.checked_add_signed(way).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for Mended {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length())
    }
}

/// What is to be decoded of a file.
pub struct Source {
    pub media: Box<dyn MediaSource>,
    /// Whether it is known, before it is decoded, that the file was longer.
    pub is_cut_short: bool,
}

impl Source {
    /// Of which nothing is known.
    pub fn new(media: impl MediaSource + 'static) -> Source {
        Source { media: Box::new(media), is_cut_short: false }
    }
}

/// What is to be decoded of a file that stands at its beginning: the file, or where it is an MP3 file in
/// which frames are lost, the same with stand-ins for them that cannot be decoded.
///
/// # Errors
/// If the file cannot be read.
pub fn mended(mut file: File) -> io::Result<Source> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        // What cannot be gone back in is decoded as it comes.
        return Ok(Source::new(file));
    }
    let scan = Scan::of(FileBytes::new(&file, metadata.len()));
    file.rewind()?;
    let Some(scan) = scan else { return Ok(Source::new(file)) };
    let source = match scan.losses[..] {
        [] => Source::new(file),
        _ => Source::new(Mended::of(file, metadata.len(), &scan)),
    };
    Ok(Source { is_cut_short: scan.is_cut_short, ..source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Option<Scan> {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, bytes).unwrap();
        file.rewind().unwrap();
        Scan::of(FileBytes::new(&file, bytes.len() as u64))
    }

    #[test]
    fn lost_frames_are_counted() {
        let mut bytes = include_bytes!("../../tests/golden/recordings/loop.mp3").to_vec();
        let whole = scan(&bytes).unwrap();
        assert_eq!((whole.losses.len(), whole.frames, whole.noted), (0, 156, Some(156)));
        // Tags around the sound are none of it.
        let tag = b"ID3\x04\x00\x00\x00\x00\x00\x06\xFF\xFB\x90\xC4\x00\x00";
        let with_tags = [&tag[..], &bytes, b"TAG", &[0; 125]].concat();
        let found = scan(&with_tags).unwrap();
        assert_eq!((found.losses.len(), found.frames, found.noted), (0, 156, Some(156)));
        // Cut within a frame, and as another program cuts, between two.
        let cut = |end: usize| scan(&bytes[..end]).unwrap().is_cut_short;
        let between = scan(&bytes[..15_000]).unwrap().size as usize;
        assert!(!whole.is_cut_short && cut(15_000) && !cut(between), "{between}");
        bytes[11_000..13_000].fill(0);
        assert_eq!(scan(&bytes).unwrap().lost_frames(), [18]);
        // Where the encoder has noted nothing, the mean says about as many.
        bytes[21] = 0;
        assert_eq!(scan(&bytes).unwrap().lost_frames(), [14]);
    }

    #[test]
    fn other_files_are_left_alone() {
        assert!(scan(include_bytes!("../../tests/golden/recordings/loop.flac")).is_none());
        assert!(scan(include_bytes!("../../tests/golden/recordings/loop.ogg")).is_none());
        assert!(scan(b"ID3").is_none() && scan(&[0xFF; 5000]).is_none() && scan(b"").is_none());
    }
}
