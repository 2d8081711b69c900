//! Pianos as bytes: `.drumlin-piano`.
//!
//! Four bytes that name it, a version, and the table, written by postcard and deflated. The layout of a
//! version never changes.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::TimbreError;
use super::piano::{KEYS, PARTIALS, Piano};

const MAGIC: [u8; 4] = *b"DRPN";
const VERSION: u16 = 1;

/// A table has some 150 kB unpacked; more than this is not unpacked.
const LARGEST: u64 = 4 << 20;

impl Piano {
    /// The table as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Neither can fail: the layout has no maps or types without a length, and a vector takes all.
        let plain = postcard::to_stdvec(self).expect("vectors have lengths");
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        let packed = packed.write_all(&plain).and_then(|()| packed.finish());
        let packed = packed.expect("a vector takes all");
        [&MAGIC[..], &VERSION.to_le_bytes(), &packed].concat()
    }

    /// Reads what [`Piano::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TimbreError::Foreign`], [`TimbreError::Newer`], [`TimbreError::Damaged`]: also if a value is no
    /// number or out of all range, so that no table makes noise at full scale.
    pub fn from_bytes(bytes: &[u8]) -> Result<Piano, TimbreError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(TimbreError::Foreign)?;
        let (version, packed) = rest.split_first_chunk().ok_or(TimbreError::Foreign)?;
        let version = u16::from_le_bytes(*version);
        if version > VERSION {
            return Err(TimbreError::Newer(version));
        }
        let mut plain = Vec::new();
        let read = DeflateDecoder::new(packed).take(LARGEST + 1).read_to_end(&mut plain);
        if version == 0 || read.is_err() || plain.len() as u64 > LARGEST {
            return Err(TimbreError::Damaged);
        }
        let (piano, rest): (Piano, _) =
            postcard::take_from_bytes(&plain).map_err(|_| TimbreError::Damaged)?;
        if rest.is_empty() && piano.is_sound() { Ok(piano) } else { Err(TimbreError::Damaged) }
    }

    /// Whether every value lies where a piano's can.
    pub fn is_sound(&self) -> bool {
        let within = |value: f32, low: f32, high: f32| (low..=high).contains(&value);
        self.keys.len() == KEYS
            && self.keys.iter().all(|key| {
                let noise = &key.noise;
                key.partials.len() <= PARTIALS
                    && within(key.cents, -200.0, 200.0)
                    && within(key.inharmonicity, 0.0, 0.1)
                    && within(key.attack, 0.0, 1.0)
                    && within(key.release, 0.0, 1e5)
                    && within(key.pan, -1.0, 1.0)
                    && within(noise.hardness, -100.0, 100.0)
                    && within(noise.decay, 0.0, 1e5)
                    && noise.levels.iter().all(|level| within(*level, -300.0, 40.0))
                    && key.partials.iter().all(|partial| {
                        within(partial.fast, 0.0, 1e5)
                            && within(partial.slow, 0.0, 1e5)
                            && within(partial.aftersound, -300.0, 0.0)
                            && partial.levels.iter().all(|level| within(*level, -300.0, 40.0))
                    })
            })
    }
}
