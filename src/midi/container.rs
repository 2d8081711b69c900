//! The file around the events: what it is wrapped in, header and track chunks.
//!
//! Chunks are found as readers find them that have to do with damaged files: by their lengths where
//! these are right, else by the tracks' end marks and the next `MTrk`. What was mended is listed.

use super::events::{Broken, Events, varlen};
use super::{MidiError, Repair};
use crate::score::Ticks;

/// How far behind other bytes a MIDI file may begin.
const LONGEST_PREFIX: usize = 1 << 16;
/// What begins a header that is as the standard has it.
const HEAD: &[u8] = b"MThd\0\0\0\x06";

/// The length of a usual header chunk, its name and length included.
const USUAL_HEADER: usize = 14;

/// A MIDI file as its chunks.
pub(super) struct Container<'a> {
    pub format: u16,
    pub time_base: TimeBase,
    /// The header's data: format, number of tracks, division, and whatever follows.
    pub header: &'a [u8],
    pub chunks: Vec<Chunk<'a>>,
    pub repairs: Vec<Repair>,
}

/// A chunk of the file in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    /// The events of a track up to their end.
    Track(TrackChunk<'a>),
    /// Something else under a name of its own; readers of MIDI skip it.
    Other { id: [u8; 4], bytes: &'a [u8] },
}

/// The events of one track, undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TrackChunk<'a> {
    pub bytes: &'a [u8],
    /// Where `bytes` begin in the file.
    pub offset: usize,
}

impl<'a> Container<'a> {
    /// The tracks in their order.
    pub fn tracks(&self) -> impl Iterator<Item = TrackChunk<'a>> + '_ {
        self.chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Track(track) => Some(*track),
            Chunk::Other { .. } => None,
        })
    }

    /// # Errors
    /// If the bytes are not MIDI, the header is cut off or cannot be understood, a track is cut off
    /// or cannot be read, or there are none of the tracks that are announced.
    pub fn open(file: &'a [u8]) -> Result<Container<'a>, MidiError> {
        let mut repairs = Vec::new();
        let smf = match unwrap_riff(file).filter(|smf| smf.bytes.starts_with(b"MThd")) {
            Some(Wrapped { bytes, is_cut }) => {
                repairs.extend(is_cut.then_some(Repair::HeaderLength));
                bytes
            }
            None => {
                let begin = &file[..file.len().min(LONGEST_PREFIX)];
                let bytes = find(begin, HEAD).ok_or(MidiError::NotMidi)?;
                repairs.push(Repair::Prefix { bytes });
                &file[bytes..]
            }
        };
        // Both are slices of the same file.
        let wrapper = smf.as_ptr() as usize - file.as_ptr() as usize;
        let (mut header, mut at) = match head(smf) {
            Some((_, length)) => {
                let end = length.saturating_add(8);
                (smf.get(8..end.min(smf.len())).unwrap_or_default(), end)
            }
            None => (Default::default(), smf.len()),
        };
        let leads_nowhere = smf.get(at..).is_none_or(|rest| !is_chunk(rest));
        if leads_nowhere && smf.len() > USUAL_HEADER && is_chunk(&smf[USUAL_HEADER..]) {
            (header, at) = (&smf[8..USUAL_HEADER], USUAL_HEADER);
            repairs.push(Repair::HeaderLength);
        }
        let &[f0, f1, n0, n1, d0, d1, ..] = header else { return Err(MidiError::CutHeader) };
        let (format, announced) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([n0, n1]));
        if format > 2 {
            return Err(MidiError::Format { format });
        }
        let time_base = TimeBase::new(u16::from_be_bytes([d0, d1]))?;
        let chunks = Finder { smf, at, wrapper, tracks: 0, budget: 8 * smf.len() }
            .chunks(usize::from(announced), &mut repairs)?;
        Ok(Container { format, time_base, header, chunks, repairs })
    }
}

/// A chunk's name and how many bytes it says that it has.
fn head(rest: &[u8]) -> Option<([u8; 4], usize)> {
    let (id, rest) = rest.split_first_chunk()?;
    let length = u32::from_be_bytes(*rest.first_chunk()?);
    Some((*id, length as usize))
}

/// Nothing, padding, or what can be the head of a chunk.
fn is_chunk(rest: &[u8]) -> bool {
    let is_name = |id: [u8; 4]| id.iter().all(|byte| byte.is_ascii_alphanumeric());
    rest.starts_with(b"MTrk")
        || rest.iter().all(|&byte| byte == 0)
        || head(rest).is_some_and(|(id, length)| is_name(id) && length <= rest.len() - 8)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// How a track's bytes can be read.
enum Scan {
    /// Its end mark is there, and ends here.
    Ended(usize),
    /// All bytes are events, none of them the end mark.
    Exhausted,
    Broken(Broken),
}

fn scan(bytes: &[u8]) -> Scan {
    let mut events = Events::new(bytes);
    for event in events.by_ref() {
        if let Err(broken) = event {
            return Scan::Broken(broken);
        }
    }
    if events.ended() { Scan::Ended(events.position()) } else { Scan::Exhausted }
}

/// Goes from chunk to chunk.
struct Finder<'a> {
    smf: &'a [u8],
    at: usize,
    /// Bytes of the file before `smf`.
    wrapper: usize,
    tracks: usize,
    /// How many more bytes may be looked at: those of a file that is damaged everywhere are looked
    /// at several times.
    budget: usize,
}

impl<'a> Finder<'a> {
    fn chunks(
        mut self,
        announced: usize,
        repairs: &mut Vec<Repair>,
    ) -> Result<Vec<Chunk<'a>>, MidiError> {
        let mut chunks = Vec::new();
        while let Some(rest) = self.smf.get(self.at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(b"MTrk") {
                self.tracks += 1;
                let is_last = self.tracks >= announced;
                chunks.push(Chunk::Track(self.track(is_last, repairs)?));
            } else if let Some((id, length)) = head(rest)
                && is_chunk(rest)
                && id != [0; 4]
            {
                chunks.push(Chunk::Other { id, bytes: &rest[8..8 + length] });
                self.at += 8 + length;
            } else {
                // Bytes behind the last track are another program's padding.
                let Some(bytes) = find(rest, b"MTrk") else { break };
                repairs.push(Repair::Skipped { bytes });
                self.at += bytes;
            }
        }
        let found = self.tracks;
        if found == 0 && announced > 0 {
            return Err(MidiError::MissingTracks { declared: announced, found });
        }
        if found != announced {
            repairs.insert(0, Repair::TrackCount { announced, found });
        }
        Ok(chunks)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), MidiError> {
        let track = self.tracks;
        self.budget = self
            .budget
            .checked_sub(bytes)
            .ok_or(MidiError::Damaged { track, byte: self.wrapper + self.at })?;
        Ok(())
    }

    /// The track whose chunk begins here; goes on to what follows it. `is_last`: the header announces no
    /// track behind it.
    fn track(
        &mut self,
        is_last: bool,
        repairs: &mut Vec<Repair>,
    ) -> Result<TrackChunk<'a>, MidiError> {
        let track = self.tracks;
        let (begin, all) = (self.at + 8, self.smf.len());
        let Some((_, length)) = head(&self.smf[self.at..]) else {
            return Err(MidiError::CutTrack { track });
        };
        let body = &self.smf[begin..];
        let cut = length > body.len();
        let said = &body[..length.min(body.len())];
        let follows = !cut && is_chunk(&body[said.len()..]);
        let found = scan(said);
        self.spend(match found {
            Scan::Ended(end) => end,
            _ => said.len(),
        })?;
        let mut done = |length: usize, next: usize| {
            self.at = begin + next;
            Ok(TrackChunk { bytes: &body[..length], offset: self.wrapper + begin })
        };
        match found {
            Scan::Ended(end) if end == length => return done(length, length),
            Scan::Ended(end) => {
                if body[end..].starts_with(b"MTrk") || (!follows && is_chunk(&body[end..])) {
                    repairs.push(Repair::Length { track });
                    return done(end, end);
                }
                if follows {
                    if goes_on(said) {
                        repairs.push(Repair::EarlyEndMark { track });
                        return done(said.len(), said.len());
                    }
                    return done(end, said.len());
                }
                repairs.push(Repair::Length { track });
                let next = find(&body[end..], b"MTrk").map_or(all - begin, |next| end + next);
                return done(end, next);
            }
            Scan::Exhausted if follows => {
                repairs.push(Repair::NoEndMark { track });
                return done(length, length);
            }
            // The last bytes of the end mark may look like padding.
            Scan::Broken(Broken { byte }) if follows && body.get(said.len()) != Some(&0) => {
                let byte = self.wrapper + begin + byte;
                return Err(MidiError::Damaged { track, byte });
            }
            _ => {}
        }
        // The length leads nowhere: the track goes to its end mark or the next track.
        let most = find(body, b"MTrk").unwrap_or(body.len());
        let last = most == body.len();
        let found = scan(&body[..most]);
        self.spend(most)?;
        let whole = (cut && is_last && last).then(|| lost_end_mark(&found, body, length)).flatten();
        if let Some(end) = whole {
            repairs.push(Repair::NoEndMark { track });
            self.at = all;
            return Ok(TrackChunk { bytes: &body[..end], offset: self.wrapper + begin });
        }
        match found {
            Scan::Ended(end) => {
                repairs.push(Repair::Length { track });
                self.at = begin + most;
                Ok(TrackChunk { bytes: &body[..end], offset: self.wrapper + begin })
            }
            // Another track follows, so that this one was not cut off.
            Scan::Exhausted if !last => {
                repairs.push(Repair::Length { track });
                repairs.push(Repair::NoEndMark { track });
                self.at = begin + most;
                Ok(TrackChunk { bytes: &body[..most], offset: self.wrapper + begin })
            }
            Scan::Broken(Broken { byte }) if !cut => {
                Err(MidiError::Damaged { track, byte: self.wrapper + begin + byte })
            }
            _ => Err(MidiError::CutTrack { track }),
        }
    }
}

/// Where the events of a track end of which nothing is lost but its end mark, or a part of it: a track of
/// `length` bytes, cut to `body`, must end with `00 FF 2F 00` or a longer distance in its place.
fn lost_end_mark(found: &Scan, body: &[u8], length: usize) -> Option<usize> {
    let lost = length - body.len();
    match found {
        // Six bytes have room for a note and the mark.
        Scan::Exhausted => (4..=5).contains(&lost).then_some(body.len()),
        Scan::Broken(Broken { byte }) => {
            let mut rest = &body[*byte..];
            varlen(&mut rest)?;
            const MARK: &[u8] = &[0xFF, 0x2F, 0x00];
            (MARK.starts_with(rest) && rest.len() + lost == MARK.len()).then_some(*byte)
        }
        Scan::Ended(_) => None,
    }
}

/// Whether a track goes on behind its first end mark: all the rest is events up to another end mark.
fn goes_on(bytes: &[u8]) -> bool {
    let mut events = Events::new(bytes);
    loop {
        if events.by_ref().any(|event| event.is_err()) || !events.ended() {
            return false;
        }
        if events.position() == bytes.len() {
            return true;
        }
        events.go_on();
    }
}

/// What is left of a file without what it is wrapped in.
struct Wrapped<'a> {
    bytes: &'a [u8],
    /// The wrapping says that it goes on behind the file's end.
    is_cut: bool,
}

/// The MIDI file inside an RMID file; anything else as it is. `None` for a RIFF file without MIDI.
fn unwrap_riff(file: &[u8]) -> Option<Wrapped<'_>> {
    if !file.starts_with(b"RIFF") {
        return Some(Wrapped { bytes: file, is_cut: false });
    }
    let mut rest = file.get(8..)?.strip_prefix(b"RMID")?;
    loop {
        let (id, after) = rest.split_at_checked(4)?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let is_cut = length > after.len();
        let (bytes, after) = after.split_at(length.min(after.len()));
        if id == b"data" {
            return Some(Wrapped { bytes, is_cut });
        }
        // RIFF chunks begin at even offsets.
        rest = after.get(length % 2..)?;
    }
}

/// What a tick of the file means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimeBase {
    /// `ticks` of the file to the quarter note, 1 to 32,767; each is so many `parts` of the song's.
    Metrical { ticks: u16, parts: u16 },
    /// `ticks` of the file last `seconds`.
    Clock { ticks: u64, seconds: u64 },
}

impl TimeBase {
    /// The resolution of songs made from files that count time in frames: 48,000 ticks a second at
    /// 120 bpm. A multiple of all usual frame rates but 29.97, which it meets within 11 us.
    const CLOCK_TICKS_PER_QUARTER: u16 = 24_000;
    const CLOCK_TICKS_PER_SECOND: u64 = 48_000;
    /// Files of fewer ticks to the quarter are coarser than drummers play: at 120 bpm a tick is 5 ms. Their
    /// songs have so many ticks at least, a multiple of the file's.
    const COARSE: u16 = 96;
    const FINER: u16 = 480;

    fn new(division: u16) -> Result<TimeBase, MidiError> {
        let [high, low] = division.to_be_bytes();
        if high < 0x80 {
            return match division {
                0 => Err(MidiError::TimeBase { division }),
                1..Self::COARSE => Ok(TimeBase::Metrical {
                    ticks: division,
                    parts: Self::FINER.div_ceil(division),
                }),
                _ => Ok(TimeBase::Metrical { ticks: division, parts: 1 }),
            };
        }
        // The high byte is the negative frame rate, the low one the ticks of a frame.
        let (frames, seconds) = match high.wrapping_neg() {
            // 30 frames in 1.001 s: NTSC's 29.97.
            29 => (30_000, 1_001),
            rate @ (24 | 25 | 30) => (u64::from(rate), 1),
            _ => (0, 1),
        };
        let ticks = frames * u64::from(low);
        if ticks > 0 {
            Ok(TimeBase::Clock { ticks, seconds })
        } else {
            Err(MidiError::TimeBase { division })
        }
    }

    /// The resolution of the song.
    pub fn ticks_per_quarter(self) -> u16 {
        match self {
            TimeBase::Metrical { ticks, parts } => ticks * parts,
            TimeBase::Clock { .. } => Self::CLOCK_TICKS_PER_QUARTER,
        }
    }

    /// A position of the file in the song's ticks.
    pub fn ticks(self, at: u64) -> Ticks {
        Ticks(match self {
            TimeBase::Metrical { parts, .. } => at.saturating_mul(parts.into()),
            TimeBase::Clock { ticks, seconds } => {
                rescale(at, Self::CLOCK_TICKS_PER_SECOND * seconds, ticks)
            }
        })
    }

    /// The position of the file that is nearest to one in the song's ticks.
    pub fn file_ticks(self, Ticks(at): Ticks) -> u64 {
        match self {
            TimeBase::Metrical { parts, .. } => rescale(at, 1, parts.into()),
            TimeBase::Clock { ticks, seconds } => {
                rescale(at, ticks, Self::CLOCK_TICKS_PER_SECOND * seconds)
            }
        }
    }
}

/// `at * numerator / denominator`, rounded to the nearest whole number and capped at `u64::MAX`.
pub(super) fn rescale(at: u64, numerator: u64, denominator: u64) -> u64 {
    let [at, numerator, denominator] = [at, numerator, denominator].map(u128::from);
    u64::try_from((at * numerator + denominator / 2) / denominator).unwrap_or(u64::MAX)
}
