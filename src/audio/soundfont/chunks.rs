//! The chunks of a SoundFont file: found where they are, and joined anew.

use std::io::{Read, repeat};

use super::super::AudioError;
use super::tables::Raw;

/// How many bytes tell whether a file is a SoundFont.
pub(super) const HEAD: usize = 12;

/// What of a font is read: everything else says who made it.
pub(super) struct Chunks<'a> {
    /// 16 bits each, little-endian.
    pub samples: &'a [u8],
    pub tables: Raw<'a>,
}

fn is_font(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..HEAD) == Some(b"sfbk")
}

/// How many bytes follow a file's first 12; without a usable length as many as there can be.
///
/// # Errors
/// [`AudioError::NotASoundFont`].
pub(super) fn riff_length(head: &[u8]) -> Result<u64, AudioError> {
    if !is_font(head) {
        return Err(AudioError::NotASoundFont);
    }
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    // Programs that write while they count leave nothing, or too little, there.
    Ok(if length < 1 << 16 { u32::MAX.into() } else { u64::from(length) + (1 << 16) })
}

/// The chunks of a file, in whatever order they stand.
///
/// # Errors
/// [`AudioError::NotASoundFont`], [`AudioError::CompressedSoundFont`], and
/// [`AudioError::DamagedSoundFont`] if the file ends within a chunk or has no sample data.
pub(super) fn find(bytes: &[u8]) -> Result<Chunks<'_>, AudioError> {
    if !is_font(bytes) {
        return Err(AudioError::NotASoundFont);
    }
    let mut chunks = Chunks { samples: &[], tables: Raw::default() };
    let mut at = HEAD;
    while let Some(head) = bytes.get(at..at + 8) {
        let (id, size) = head.split_at(4);
        if id == b"LIST" {
            // Its chunks follow its name.
            at += 12;
            continue;
        }
        let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize;
        let place = match id {
            b"smpl" => Some(&mut chunks.samples),
            b"phdr" => Some(&mut chunks.tables.phdr),
            b"pbag" => Some(&mut chunks.tables.pbag),
            b"pgen" => Some(&mut chunks.tables.pgen),
            b"inst" => Some(&mut chunks.tables.inst),
            b"ibag" => Some(&mut chunks.tables.ibag),
            b"igen" => Some(&mut chunks.tables.igen),
            b"shdr" => Some(&mut chunks.tables.shdr),
            _ => None,
        };
        let body = bytes.get(at + 8..).and_then(|rest| rest.get(..size));
        let Some(body) = body else {
            // Bytes behind the last table are no chunk.
            if place.is_none() && !chunks.tables.shdr.is_empty() {
                break;
            }
            return Err(AudioError::DamagedSoundFont("it ends too early".to_owned()));
        };
        // Version 3 of the format is SF3: samples compressed with Ogg Vorbis.
        if id == b"ifil" && body.first().is_some_and(|major| *major >= 3) {
            return Err(AudioError::CompressedSoundFont);
        }
        if let Some(place) = place {
            *place = body;
        }
        at += 8 + size;
        // Chunks begin at even offsets, which not all programs know.
        if size % 2 == 1 && bytes.get(at) == Some(&0) {
            at += 1;
        }
    }
    if chunks.samples.starts_with(b"OggS") {
        return Err(AudioError::CompressedSoundFont);
    }
    if chunks.samples.len() < 4 {
        return Err(AudioError::DamagedSoundFont("it has no sound data".to_owned()));
    }
    chunks.samples = &chunks.samples[..chunks.samples.len() / 2 * 2];
    Ok(chunks)
}

/// How many samples of silence are put behind the sample data: a loop may end with its last sample,
/// and players look one sample further.
const SILENCE: usize = 8;

/// A font of sample data and a list of tables, as a reader; the sample data is not copied.
pub(super) fn chained<'a>(samples: &'a [u8], tables: &'a [u8]) -> impl Read + 'a {
    let size = |bytes: usize| (bytes as u32).to_le_bytes();
    let version = [2u16.to_le_bytes(), 1u16.to_le_bytes()].concat();
    let info = [b"INFOifil", &size(4)[..], &version].concat();
    let data = samples.len() + 2 * SILENCE;
    let all = 4 + 8 + info.len() + 8 + 12 + data + 8 + tables.len();
    let mut head = [b"RIFF", &size(all)[..], b"sfbk"].concat();
    head.extend([b"LIST", &size(info.len())[..], &info].concat());
    head.extend([b"LIST", &size(12 + data)[..], b"sdtasmpl", &size(data)].concat());
    let tail = [b"LIST", &size(tables.len())[..]].concat();
    std::io::Cursor::new(head)
        .chain(samples)
        .chain(repeat(0).take(2 * SILENCE as u64))
        .chain(std::io::Cursor::new(tail))
        .chain(tables)
}
