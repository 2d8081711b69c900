//! WAV and AIFF files whose headers say too little, or say it in ways of their own.
//!
//! What writes to a pipe, or is ended while it records, leaves 0 or a very large number where the size of
//! the sound belongs. Files beyond 4 GiB have it elsewhere: RF64 (EBU Tech 3306) and BW64
//! (ITU-R BS.2088) in a chunk before the others. And the description of the samples may be longer than
//! the decoder expects. So the chunks up to the sound are read here, and decoded is the sound behind a
//! header of only what is needed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Take};

use symphonia::core::io::MediaSource;

use super::mpeg_frames::{self, Source};

/// Bytes before the first chunk.
const START: u64 = 12;
/// More bytes of the chunk that describes the samples mean nothing.
const DESCRIPTION: u64 = 512;
/// A size as large that the file does not have was written before it was known.
const STREAMED: u64 = 0x7F00_0000;
/// A size that is not known, or is elsewhere.
const UNKNOWN: u32 = u32::MAX;

/// What kind of samples a WAV file has.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
/// It stands further on.
const EXTENSIBLE: u16 = 0xFFFE;

/// A new header with the sound behind it. It is read once, from its beginning.
struct Headed<R> {
    head: Cursor<Vec<u8>>,
    sound: Take<R>,
}

impl<R: Read> Read for Headed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => self.sound.read(buffer),
            count => Ok(count),
        }
    }
}

impl<R> Seek for Headed<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<R: Read + Send + Sync> MediaSource for Headed<R> {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}

/// What a file is to be decoded with.
struct Header {
    bytes: Vec<u8>,
    /// How many bytes of sound follow at most.
    sound: u64,
    /// How the sound is packed, if it is in a way that cannot be read.
    packed: Option<String>,
}

/// A file that is gone through chunk by chunk.
struct Chunks<'a> {
    reader: &'a mut BufReader<File>,
    /// Bytes behind those that were read; `None` of what is no file.
    left: Option<u64>,
}

impl Chunks<'_> {
    fn take<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.reader.read_exact(&mut bytes).ok()?;
        self.left = self.left.map(|left| left.saturating_sub(COUNT as u64));
        Some(bytes)
    }

    /// The name and the size of the next chunk, as it stands there.
    fn next(&mut self) -> Option<([u8; 4], [u8; 4])> {
        Some((self.take()?, self.take()?))
    }

    /// So many bytes, as far as they may mean something; the others are passed over.
    fn body(&mut self, size: u32) -> Option<Vec<u8>> {
        let wanted = u64::from(size).min(DESCRIPTION);
        let mut bytes = Vec::new();
        self.reader.by_ref().take(wanted).read_to_end(&mut bytes).ok()?;
        self.left = self.left.map(|left| left.saturating_sub(wanted));
        self.skip(u64::from(size) - wanted)?;
        self.pad(size)?;
        (bytes.len() as u64 == wanted).then_some(bytes)
    }

    fn pass(&mut self, size: u32) -> Option<()> {
        self.skip(u64::from(size))?;
        self.pad(size)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        match self.left {
            Some(left) if left < count => return None,
            Some(left) => {
                self.reader.seek_relative(count.cast_signed()).ok()?;
                self.left = Some(left - count);
            }
            // What is no file cannot jump.
            None => drop(io::copy(&mut self.reader.by_ref().take(count), &mut io::sink()).ok()?),
        }
        Some(())
    }

    /// Chunks begin at even places, which not all programs know.
    fn pad(&mut self, size: u32) -> Option<()> {
        if size % 2 == 1 && self.reader.fill_buf().ok()?.first() == Some(&0) {
            self.skip(1)?;
        }
        Some(())
    }

    /// Whether the size behind the first name is right: then what is behind the sound is not sound.
    fn is_whole(&self, size: u32) -> bool {
        self.left.is_some_and(|left| u64::from(size) + 8 == left + START)
    }

    /// The size of the sound if `claimed` is it: it may be more than the file has, which was cut off then.
    fn sound_size(&self, claimed: u64, is_whole: bool) -> Option<u64> {
        let is_there = self.left.is_some_and(|left| claimed <= left);
        let nothing = claimed == 0 && !is_whole && self.left != Some(0);
        (!nothing && (is_there || claimed < STREAMED)).then_some(claimed)
    }

    /// The header of a WAV file, which begins like this; `None` where there is no sound behind a
    /// description of it.
    fn wave(&mut self, start: [u8; START as usize]) -> Option<Header> {
        let little = u32::from_le_bytes;
        let is_whole = self.is_whole(little([start[4], start[5], start[6], start[7]]));
        let (mut format, mut large) = (None, None);
        loop {
            let (name, size) = self.next()?;
            match &name {
                b"ds64" => {
                    let sizes = self.body(little(size))?;
                    let data: [u8; 8] = sizes.get(8..16)?.try_into().ok()?;
                    large = Some(u64::from_le_bytes(data)).filter(|size| *size > 0);
                }
                b"fmt " => format = Some(self.body(little(size))?),
                b"data" => {
                    let claimed = match little(size) {
                        UNKNOWN => large,
                        size => Some(u64::from(size)),
                    };
                    let size = claimed.and_then(|claimed| self.sound_size(claimed, is_whole));
                    let said = size.and_then(|size| u32::try_from(size).ok()).unwrap_or(UNKNOWN);
                    let format: Vec<u8> = format?;
                    let packed = packed_wave(&format);
                    let format = wave_format(format);
                    let bytes = [
                        &b"RIFF"[..],
                        &UNKNOWN.to_le_bytes(),
                        b"WAVEfmt ",
                        &(format.len() as u32).to_le_bytes(),
                        &format,
                        b"data",
                        &said.to_le_bytes(),
                    ];
                    let sound = size.unwrap_or(u64::MAX);
                    return Some(Header { bytes: bytes.concat(), sound, packed });
                }
                _ => self.pass(little(size))?,
            }
        }
    }

    /// As [`Chunks::wave`], of an AIFF or AIFF-C file. The description may stand behind the sound; the
    /// decoder looks for it there.
    fn aiff(&mut self, start: [u8; START as usize]) -> Option<Header> {
        let big = u32::from_be_bytes;
        let is_whole = self.is_whole(big([start[4], start[5], start[6], start[7]]));
        let mut common = None;
        loop {
            let (name, size) = self.next()?;
            match &name {
                b"COMM" => common = Some(self.body(big(size))?),
                b"SSND" => {
                    let common = common?;
                    let claimed = u64::from(big(size)).checked_sub(8);
                    let offset = big(self.take()?);
                    // A size of blocks, which says nothing about where samples are.
                    self.take::<4>()?;
                    self.skip(u64::from(offset))?;
                    let claimed = claimed.map(|claimed| claimed.saturating_sub(u64::from(offset)));
                    let size =
                        claimed.and_then(|size| self.sound_size(size, is_whole)).or(self.left);
                    // Of what neither says it nor is a file there is none.
                    let size = size?.min(u64::from(u32::MAX - 8));
                    let bytes = [
                        &b"FORM"[..],
                        &UNKNOWN.to_be_bytes(),
                        &start[8..],
                        b"COMM",
                        &(common.len() as u32).to_be_bytes(),
                        &common,
                        &[0; 1][..common.len() % 2],
                        b"SSND",
                        &(size as u32 + 8).to_be_bytes(),
                        &[0; 8],
                    ];
                    let packed = packed_aiff(&start, &common);
                    return Some(Header { bytes: bytes.concat(), sound: size, packed });
                }
                _ => self.pass(big(size))?,
            }
        }
    }
}

/// How the samples of a WAV file are packed by its description of them, where that is not read.
fn packed_wave(format: &[u8]) -> Option<String> {
    let tag = u16::from_le_bytes(*format.first_chunk()?);
    let name = match tag {
        PCM | FLOAT | A_LAW | MU_LAW | EXTENSIBLE => return None,
        0x02 => "Microsoft ADPCM",
        0x11 => "IMA ADPCM",
        0x31 => "GSM 6.10",
        0x50 => "MPEG",
        0x55 => "MP3",
        _ => return Some(format!("format {tag:#x}")),
    };
    Some(name.to_owned())
}

/// As [`packed_wave`], of an AIFF-C file: one of bytes that are a name, and none of those that are read.
fn packed_aiff(start: &[u8], common: &[u8]) -> Option<String> {
    const READ: [&[u8; 4]; 11] = [
        b"none", b"alaw", b"ulaw", b"in24", b"in32", b"23ni", b"fl32", b"fl64", b"sowt", b"twos",
        b"raw ",
    ];
    let name = common.get(18..22).filter(|_| start.ends_with(b"AIFC"))?;
    let is_read = READ.iter().any(|read| name.eq_ignore_ascii_case(&read[..]));
    let is_name = name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    (is_name && !is_read).then(|| String::from_utf8_lossy(name).trim_end().to_owned())
}

/// A WAV file's description of its samples, as short as the decoder takes it.
fn wave_format(mut format: Vec<u8>) -> Vec<u8> {
    let &[low, high, ..] = format.as_slice() else { return format };
    let tag = u16::from_le_bytes([low, high]);
    match tag {
        PCM | FLOAT => format.truncate(16),
        // They say how much more follows: nothing.
        A_LAW | MU_LAW if format.len() >= 16 => {
            format.truncate(16);
            format.extend([0; 2]);
        }
        EXTENSIBLE => format.truncate(40),
        _ => {}
    }
    format
}

/// What is to be decoded of a file that stands at its beginning: a WAV or AIFF file behind a header that
/// says what it has, any other as [`mpeg_frames::mended`] has it.
///
/// # Errors
/// If the file cannot be read, or says that its sound is packed in a way that is not read.
pub fn mended(file: File) -> io::Result<Source> {
    let metadata = file.metadata()?;
    let length = metadata.is_file().then_some(metadata.len());
    let mut reader = BufReader::new(file);
    let mut start = Vec::new();
    reader.by_ref().take(START).read_to_end(&mut start)?;
    let left = length.map(|length| length.saturating_sub(START));
    let mut chunks = Chunks { reader: &mut reader, left };
    let header = <[u8; START as usize]>::try_from(start.as_slice()).ok().and_then(|start| {
        match (&start[..4], &start[8..]) {
            (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => chunks.wave(start),
            (b"FORM", b"AIFF" | b"AIFC") => chunks.aiff(start),
            _ => None,
        }
    });
    let (head, sound) = match header {
        Some(Header { packed: Some(name), .. }) => {
            let reason = format!("its sound is packed as {name}, which cannot be unpacked");
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        Some(Header { bytes, sound, .. }) => (bytes, sound),
        None if length.is_some() => {
            let mut file = reader.into_inner();
            file.rewind()?;
            return mpeg_frames::mended(file);
        }
        // What was read of a pipe cannot be read again.
        None => (start, u64::MAX),
    };
    Ok(Source::new(Headed { head: Cursor::new(head), sound: reader.take(sound) }))
}

#[cfg(test)]
mod tests {
    use super::super::{DECODED_RATE, Damage, DecodeError, decode, wav_mono};
    use crate::score::SampleRate;

    /// Half a second, and the same as it is decoded.
    fn recording() -> (Vec<u8>, Vec<f32>) {
        let samples: Vec<f32> = (0..22_050).map(|at| (at as f32 * 0.03).sin()).collect();
        let bytes = wav_mono(&samples, SampleRate(DECODED_RATE));
        let decoded = decoded(&bytes).unwrap().0;
        assert_eq!(decoded.len(), samples.len());
        (bytes, decoded)
    }

    fn decoded(bytes: &[u8]) -> Result<(Vec<f32>, Damage), DecodeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        decoded_from(file.path())
    }

    fn decoded_from(path: &std::path::Path) -> Result<(Vec<f32>, Damage), DecodeError> {
        let mut samples = Vec::new();
        let damage = decode(path, &mut |block| {
            samples.extend_from_slice(block);
            true
        })?;
        Ok((samples, damage))
    }

    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&name[..], &(body.len() as u32).to_le_bytes(), body].concat()
    }

    #[test]
    fn sizes_that_were_never_written_are_those_of_the_file() {
        let (mut bytes, whole) = recording();
        let right = (bytes.len() - 44) as u32;
        for (all, data) in [
            (0, 0),
            (36, 0),
            (u32::MAX, 0),
            (u32::MAX, u32::MAX),
            (0x7FFF_F024, 0x7FFF_F000),
            (0x8000_0024, 0x8000_0000),
            (0, right),
            (36, right),
        ] {
            bytes[4..8].copy_from_slice(&all.to_le_bytes());
            bytes[40..44].copy_from_slice(&data.to_le_bytes());
            let found = decoded(&bytes).unwrap();
            assert!(found == (whole.clone(), Damage::default()), "{all:#x} {data:#x}");
        }
    }

    #[test]
    fn what_stands_behind_the_sound_is_not_heard() {
        let (bytes, whole) = recording();
        let more = chunk(b"LIST", &[b'I'; 4000]);
        let all = ((bytes.len() + more.len() - 8) as u32).to_le_bytes();
        let with_more = [&bytes[..4], &all, &bytes[8..], &more].concat();
        assert!(decoded(&with_more).unwrap().0 == whole);
        let empty = chunk(b"data", &[]);
        let all = ((36 + empty.len() + more.len() - 8) as u32).to_le_bytes();
        let empty = [&bytes[..4], &all, &bytes[8..36], &empty, &more].concat();
        assert!(matches!(decoded(&empty), Err(DecodeError::Empty { .. })));
    }

    #[test]
    fn files_that_may_be_larger_than_four_gigabytes_are_read() {
        let (bytes, whole) = recording();
        let size = (bytes.len() - 44) as u64;
        for name in [b"RF64", b"BW64"] {
            let sizes = [size + 100, size, 0].map(u64::to_le_bytes).concat();
            let file = [
                &name[..],
                &[0xFF; 4],
                b"WAVE",
                &chunk(b"ds64", &[&sizes[..], &[0; 4]].concat()),
                &bytes[12..40],
                &[0xFF; 4],
                &bytes[44..],
                &chunk(b"LIST", &[b'I'; 4000]),
            ]
            .concat();
            assert!(decoded(&file).unwrap() == (whole.clone(), Damage::default()));
            let cut = decoded(&file[..file.len() / 2]).unwrap().1;
            assert!(cut.is_cut_short);
        }
    }

    #[test]
    fn longer_descriptions_of_the_same_samples_are_understood() {
        let (bytes, whole) = recording();
        let with = |format: &[u8], others: &[Vec<u8>]| {
            let data = chunk(b"data", &bytes[44..]);
            let file = [b"WAVE".to_vec(), others.concat(), chunk(b"fmt ", format), data].concat();
            decoded(&chunk(b"RIFF", &file)).unwrap().0
        };
        let format = &bytes[20..36];
        assert!(with(&[format, &[2, 0, 7, 7]].concat(), &[]) == whole);
        // Chunks that others look away from, with and without the byte that makes their size even.
        let odd = [chunk(b"bext", &[7; 701]), vec![0]].concat();
        assert!(with(format, &[odd, chunk(b"fact", &[0; 12]), chunk(b"junk", b"odd")]) == whole);
    }

    #[test]
    fn how_sound_is_packed_that_cannot_be_read_is_said() {
        let (mut bytes, _) = recording();
        for (tag, name) in [(0x02, "Microsoft ADPCM"), (0x55, "MP3"), (0x161, "format 0x161")] {
            bytes[20..22].copy_from_slice(&u16::to_le_bytes(tag));
            let line = decoded(&bytes).unwrap_err().to_string();
            assert!(
                line.ends_with(&format!(
                    ": its sound is packed as {name}, which cannot be unpacked"
                ))
            );
        }
        let mut bytes = aiff(&[0.5; 100], 470, 408);
        let name = bytes.windows(4).position(|four| four == b"fl32").unwrap();
        bytes[name..name + 4].copy_from_slice(b"ima4");
        assert!(decoded(&bytes).unwrap_err().to_string().contains("packed as ima4"));
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_read_as_it_comes() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let (mut bytes, whole) = recording();
        for data in [u32::MAX, 0, 0x7FFF_F000, (bytes.len() - 44) as u32] {
            bytes[40..44].copy_from_slice(&data.to_le_bytes());
            let (reader, mut writer) = std::io::pipe().unwrap();
            let path = format!("/dev/fd/{}", reader.as_raw_fd());
            let bytes = bytes.clone();
            let written = std::thread::spawn(move || writer.write_all(&bytes));
            let found = decoded_from(path.as_ref()).unwrap();
            written.join().unwrap().unwrap();
            assert!(found == (whole.clone(), Damage::default()), "{data:#x}");
        }
    }

    /// An AIFF-C file of floats whose sizes are these.
    fn aiff(samples: &[f32], all: u32, sound: u32) -> Vec<u8> {
        let mut common = b"\0\x01".to_vec();
        common.extend((samples.len() as u32).to_be_bytes());
        // 32 bits at 44.1 kHz, as an 80 bit float.
        common.extend(b"\0\x20\x40\x0E\xAC\x44\0\0\0\0\0\0fl32\0\0");
        let mut file =
            [&b"FORM"[..], &all.to_be_bytes(), b"AIFCFVER\0\0\0\x04\xA2\x80\x51\x40"].concat();
        file.extend(b"COMM");
        file.extend((common.len() as u32).to_be_bytes());
        file.extend(common);
        file.extend(b"SSND");
        file.extend(sound.to_be_bytes());
        file.extend([0; 8]);
        file.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
        file
    }

    #[test]
    fn aiff_files_of_floats_are_read_whatever_their_sizes() {
        let samples: Vec<f32> = (0..60_000).map(|at| (at as f32 * 0.03).sin()).collect();
        let right = 4 * samples.len() as u32 + 8;
        for sound in [right, 0, 0x7F00_0008, u32::MAX] {
            for all in [right + 62, 0, 0x7F00_0050, u32::MAX] {
                let found = decoded(&aiff(&samples, all, sound)).unwrap();
                assert!(found == (samples.clone(), Damage::default()), "{all:#x} {sound:#x}");
            }
        }
        let whole = aiff(&samples, right + 62, right);
        let (found, damage) = decoded(&whole[..whole.len() - 20_000]).unwrap();
        assert!(damage.is_cut_short && found == samples[..samples.len() - 5000]);
    }
}
