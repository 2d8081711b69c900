//! The document as bytes, for the host's project file.
//!
//! Four bytes that name it, a version, a checksum of what follows, and that: the layout of
//! `state/layout`, written by postcard and deflated. The layout of a version never changes; a
//! newer one gets types of its own, and old ones are read for ever.

mod layout;
#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Document, RelevanceFeedback, WindowSettings};

const MAGIC: [u8; 4] = *b"DRML";
const VERSION: u16 = 5;
/// Magic, version and checksum.
const HEAD: usize = 10;
/// More is not unpacked. A take of 1,024 bars has, with four dense drum parts, some 2.5 MiB, and there are
/// up to 32 takes: what was saved can be opened, with room for three times as much.
const LARGEST: u64 = 256 << 20;

/// Why bytes are not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum StateError {
    #[error("this is not a saved state of drumlin")]
    Foreign,
    #[error("the state was saved by a newer drumlin (version {0}): update drumlin to open it")]
    Newer(u16),
    #[error("the saved state is damaged")]
    Damaged,
}

/// All that is saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// The music and what is asked for.
    pub document: Document,
    /// How the window is arranged.
    pub window_settings: WindowSettings,
    /// What was starred and discarded of candidates.
    pub feedback: RelevanceFeedback,
}

impl Saved {
    /// In the newest version of the format.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Neither can fail: the layout has no maps or types without a length, and a vector takes
        // whatever is written.
        let plain =
            postcard::to_stdvec(&layout::Version5::from(self)).expect("vectors have lengths");
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        let packed = packed.write_all(&plain).and_then(|()| packed.finish());
        let packed = packed.expect("a vector takes all");
        let mut bytes = Vec::with_capacity(HEAD + packed.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(checksum(&packed).to_le_bytes());
        bytes.extend(packed);
        bytes
    }

    /// Reads what [`Saved::to_bytes`] wrote. Whatever the bytes are, no more than some multiple of
    /// what they hold is allocated.
    ///
    /// # Errors
    /// If the bytes are foreign, from a newer version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Saved, StateError> {
        let (head, packed) = bytes.split_at_checked(HEAD).ok_or(StateError::Foreign)?;
        let (magic, rest) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(StateError::Foreign);
        }
        let version = u16::from_le_bytes([rest[0], rest[1]]);
        if version > VERSION {
            return Err(StateError::Newer(version));
        }
        let sum = u32::from_le_bytes([rest[2], rest[3], rest[4], rest[5]]);
        if version == 0 || sum != checksum(packed) {
            return Err(StateError::Damaged);
        }
        let plain = unpack(packed, LARGEST).ok_or(StateError::Damaged)?;
        Saved::from_layout(version, &plain)
    }

    /// Reads the layout of a version, 1 to 5: what is packed in a state behind its checksum, which
    /// keeps most damage from it.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it says what cannot be.
    pub fn from_layout(version: u16, plain: &[u8]) -> Result<Saved, StateError> {
        read(version, plain).ok_or(StateError::Damaged)
    }
}

/// What was deflated; `None` if that is damaged or has more than `most` bytes.
fn unpack(packed: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut plain).ok()?;
    (plain.len() as u64 <= most).then_some(plain)
}

/// Reads the layout of a version; `None` if it says what cannot be.
fn read(version: u16, plain: &[u8]) -> Option<Saved> {
    match version {
        1 => whole::<layout::Version1>(plain)?.into_saved(),
        2 => whole::<layout::Version2>(plain)?.into_saved(),
        3 => whole::<layout::Version3>(plain)?.into_saved(),
        4 => whole::<layout::Version4>(plain)?.into_saved(),
        _ => whole::<layout::Version5>(plain)?.into_saved(),
    }
}

/// A layout that takes all bytes: those of a newer one, under an older version's number, leave some.
fn whole<T: serde::de::DeserializeOwned>(plain: &[u8]) -> Option<T> {
    let (layout, rest) = postcard::take_from_bytes(plain).ok()?;
    rest.is_empty().then_some(layout)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
