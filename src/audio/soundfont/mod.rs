//! SoundFonts: the embedded one and the user's own.

mod chunks;
mod tables;
#[cfg(test)]
mod tests;

use super::{AudioError, programs};
use chunks::HEAD;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tables::Tables;

/// A playable SoundFont 2. Clones share the samples.
#[derive(Clone, Debug)]
pub struct SoundFont {
    font: Arc<rustysynth::SoundFont>,
    programs: Arc<[u8; 128]>,
}

impl SoundFont {
    /// The font that comes with Drumlin: a subset of FluidR3 GM with one sound at least of every
    /// General MIDI family and the standard drum kit. Decoded (a few milliseconds) on first use.
    pub fn embedded() -> &'static SoundFont {
        static EMBEDDED: OnceLock<SoundFont> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            let bytes = include_bytes!("../../../assets/drumlin.sf2");
            // Bytes fixed at compile time, parsed by a test below.
            SoundFont::parse(bytes).expect("the embedded SoundFont is sound")
        })
    }

    /// Reads and parses a file. What does not begin as a SoundFont is not read further.
    ///
    /// # Errors
    /// [`AudioError::Unreadable`] and those of [`SoundFont::parse`].
    pub fn read(path: &Path) -> Result<SoundFont, AudioError> {
        let unreadable = |source| AudioError::Unreadable { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.by_ref().take(HEAD as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        let length = chunks::riff_length(&bytes)?;
        // A device or a pipe may never end.
        file.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
        SoundFont::parse(&bytes)
    }

    /// Parses the bytes of an .sf2 file. Slips that other players bear too are mended, see
    /// `tables.rs`.
    ///
    /// # Errors
    /// [`AudioError::NotASoundFont`], [`AudioError::CompressedSoundFont`],
    /// [`AudioError::DamagedSoundFont`].
    pub fn parse(bytes: &[u8]) -> Result<SoundFont, AudioError> {
        let chunks::Chunks { samples, tables } = chunks::find(bytes)?;
        let list = Tables::mended(&tables, samples.len() / 2)?.list();
        let mut font = chunks::chained(samples, &list);
        // The tables are in order, but rustysynth indexes by numbers of theirs, and would panic if
        // something was overlooked. It leaves nothing behind then.
        let parsed = catch_unwind(AssertUnwindSafe(|| rustysynth::SoundFont::new(&mut font)));
        let font = match parsed {
            Ok(Ok(font)) => font,
            Ok(Err(rustysynth::SoundFontError::UnsupportedSampleFormat)) => {
                return Err(AudioError::CompressedSoundFont);
            }
            Ok(Err(error)) => return Err(AudioError::DamagedSoundFont(error.to_string())),
            Err(_) => {
                let reason = "its tables do not fit together".to_owned();
                return Err(AudioError::DamagedSoundFont(reason));
            }
        };
        let mut has = [false; 128];
        for preset in font.get_presets().iter().filter(|preset| preset.get_bank_number() == 0) {
            if let Some(has) =
                usize::try_from(preset.get_patch_number()).ok().and_then(|at| has.get_mut(at))
            {
                *has = true;
            }
        }
        Ok(SoundFont {
            font: Arc::new(font),
            programs: Arc::new(programs::substitute_programs(&has)),
        })
    }

    /// The program of this font that plays a General MIDI program (0 to 127; higher ones count as
    /// 127): itself or the nearest of kin.
    pub fn program(&self, wanted: u8) -> u8 {
        self.programs[usize::from(wanted.min(127))]
    }

    /// For synthesizers.
    pub fn inner(&self) -> &Arc<rustysynth::SoundFont> {
        &self.font
    }
}
