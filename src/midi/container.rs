//! The file around the events: RIFF wrapper, header and track chunks.
//!
//! midly reads chunks too, but takes a chunk that the end of the file cuts short for a whole one,
//! and a header that it cannot read for a panic (division 0x80xx, with overflow checks). Here a
//! cut shows, and only the events are left to midly.

use super::MidiError;
use crate::score::Ticks;

/// A MIDI file as its chunks.
pub(super) struct Container<'a> {
    pub format: u16,
    pub time_base: TimeBase,
    pub tracks: Vec<Chunk<'a>>,
}

/// The events of one track, undecoded.
pub(super) struct Chunk<'a> {
    pub bytes: &'a [u8],
    /// Where `bytes` begin in the file.
    pub offset: usize,
    /// The file ends before the chunk does.
    pub cut: bool,
}

impl<'a> Container<'a> {
    /// # Errors
    /// If the bytes are not MIDI, the header is cut off or cannot be understood, or there are fewer
    /// tracks than it announces.
    pub fn open(file: &'a [u8]) -> Result<Container<'a>, MidiError> {
        let smf = unwrap_riff(file).ok_or(MidiError::NotMidi)?;
        // Both are slices of the same file, so the wrapper's length is the difference up to the
        // end of the inner one.
        let wrapper = smf.as_ptr() as usize - file.as_ptr() as usize;
        if !smf.starts_with(b"MThd") {
            return Err(MidiError::NotMidi);
        }
        let mut rest = smf;
        let (_, header, _) = next_chunk(&mut rest).ok_or(MidiError::CutHeader)?;
        let &[f0, f1, n0, n1, d0, d1, ..] = header else { return Err(MidiError::CutHeader) };
        let (format, declared) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([n0, n1]));
        if format > 2 {
            return Err(MidiError::Format { format });
        }
        let time_base = TimeBase::new(u16::from_be_bytes([d0, d1]))?;
        let mut tracks = Vec::new();
        while let Some((id, bytes, cut)) = next_chunk(&mut rest) {
            if id == b"MTrk" {
                let offset = wrapper + (smf.len() - rest.len() - bytes.len());
                tracks.push(Chunk { bytes, offset, cut });
            }
        }
        let (declared, found) = (usize::from(declared), tracks.len());
        if found < declared {
            return Err(MidiError::MissingTracks { declared, found });
        }
        Ok(Container { format, time_base, tracks })
    }
}

/// Takes the next chunk off `rest`: its name, what the file holds of it, and whether that is less
/// than the chunk's length. `None` where less than a chunk's head is left.
fn next_chunk<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8], bool)> {
    let (id, after) = rest.split_at_checked(4)?;
    let (length, after) = after.split_first_chunk()?;
    let length = u32::from_be_bytes(*length) as usize;
    let cut = length > after.len();
    let (bytes, after) = after.split_at(length.min(after.len()));
    *rest = after;
    Some((id, bytes, cut))
}

/// The MIDI file inside an RMID file; anything else as it is. `None` for a RIFF file without MIDI.
fn unwrap_riff(file: &[u8]) -> Option<&[u8]> {
    if !file.starts_with(b"RIFF") {
        return Some(file);
    }
    let mut rest = file.get(8..)?.strip_prefix(b"RMID")?;
    loop {
        let (id, after) = rest.split_at_checked(4)?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let (bytes, after) = after.split_at(length.min(after.len()));
        if id == b"data" {
            return Some(bytes);
        }
        // RIFF chunks begin at even offsets.
        rest = after.get(length % 2..)?;
    }
}

/// What a tick of the file means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimeBase {
    /// Ticks to the quarter note, 1 to 32,767.
    Metrical(u16),
    /// `ticks` of the file last `seconds`.
    Clock { ticks: u64, seconds: u64 },
}

impl TimeBase {
    /// The resolution of songs made from files that count time in frames: 48,000 ticks a second at
    /// 120 bpm. A multiple of all usual frame rates but 29.97, which it meets within 11 us.
    const CLOCK_TICKS_PER_QUARTER: u16 = 24_000;
    const CLOCK_TICKS_PER_SECOND: u64 = 48_000;

    fn new(division: u16) -> Result<TimeBase, MidiError> {
        let [high, low] = division.to_be_bytes();
        if high < 0x80 {
            return if division > 0 {
                Ok(TimeBase::Metrical(division))
            } else {
                Err(MidiError::TimeBase { division })
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
            TimeBase::Metrical(ticks) => ticks,
            TimeBase::Clock { .. } => Self::CLOCK_TICKS_PER_QUARTER,
        }
    }

    /// A position of the file in the song's ticks.
    pub fn ticks(self, at: u64) -> Ticks {
        Ticks(match self {
            TimeBase::Metrical(_) => at,
            TimeBase::Clock { ticks, seconds } => {
                rescale(at, Self::CLOCK_TICKS_PER_SECOND * seconds, ticks)
            }
        })
    }
}

/// `at * numerator / denominator`, rounded to the nearest whole number and capped at `u64::MAX`.
pub(super) fn rescale(at: u64, numerator: u64, denominator: u64) -> u64 {
    let [at, numerator, denominator] = [at, numerator, denominator].map(u128::from);
    u64::try_from((at * numerator + denominator / 2) / denominator).unwrap_or(u64::MAX)
}
