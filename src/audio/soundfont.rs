//! SoundFonts: the embedded one and the user's own.

use super::{AudioError, programs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

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
            let bytes = include_bytes!("../../assets/drumlin.sf2");
            // Bytes fixed at compile time, parsed by a test below.
            SoundFont::parse(bytes).expect("the embedded SoundFont is sound")
        })
    }

    /// Reads and parses a file.
    ///
    /// # Errors
    /// [`AudioError::Unreadable`] and those of [`SoundFont::parse`].
    pub fn read(path: &Path) -> Result<SoundFont, AudioError> {
        let bytes = std::fs::read(path)
            .map_err(|source| AudioError::Unreadable { path: path.to_owned(), source })?;
        SoundFont::parse(&bytes)
    }

    /// Parses the bytes of an .sf2 file.
    ///
    /// # Errors
    /// [`AudioError::NotASoundFont`], [`AudioError::CompressedSoundFont`],
    /// [`AudioError::DamagedSoundFont`].
    pub fn parse(bytes: &[u8]) -> Result<SoundFont, AudioError> {
        check_chunks(bytes)?;
        // rustysynth indexes its tables by numbers from the file, so that a damaged one makes it
        // panic. It is done with the bytes then and leaves nothing behind.
        let parsed = catch_unwind(AssertUnwindSafe(|| rustysynth::SoundFont::new(&mut { bytes })));
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
        Ok(SoundFont { font: Arc::new(font), programs: Arc::new(programs::stand_ins(&has)) })
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

/// Checks that every chunk of the RIFF file lies within it, before rustysynth reserves memory for
/// what the chunks claim to hold.
fn check_chunks(bytes: &[u8]) -> Result<(), AudioError> {
    let id = |bytes: &[u8], at: usize| bytes.get(at..at + 4).map(<[u8]>::to_vec);
    if id(bytes, 0).as_deref() != Some(b"RIFF") || id(bytes, 8).as_deref() != Some(b"sfbk") {
        return Err(AudioError::NotASoundFont);
    }
    let damaged = || AudioError::DamagedSoundFont("it ends too early".to_owned());
    let mut at = 12;
    while at + 8 <= bytes.len() {
        let size = u32::from_le_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]);
        let body = bytes.get(at + 8..).and_then(|rest| rest.get(..size as usize));
        let body = body.ok_or_else(damaged)?;
        if &bytes[at..at + 4] == b"LIST" {
            // Step into the list: its chunks follow its name.
            at += 12;
            continue;
        }
        // Version 3 of the format is SF3: samples compressed with Ogg Vorbis.
        if &bytes[at..at + 4] == b"ifil" && body.first().is_some_and(|major| *major >= 3) {
            return Err(AudioError::CompressedSoundFont);
        }
        at += 8 + size as usize;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BYTES: &[u8] = include_bytes!("../../assets/drumlin.sf2");

    #[test]
    fn the_embedded_font_has_a_kit_and_kin_for_every_program() {
        let font = SoundFont::embedded();
        let presets = font.inner().get_presets();
        let has = |bank, program: u8| {
            presets.iter().any(|preset| {
                preset.get_bank_number() == bank && preset.get_patch_number() == i32::from(program)
            })
        };
        assert!(has(128, 0));
        for program in 0..128 {
            assert!(has(0, font.program(program)), "program {program}");
            // A stand-in is never just the nearest number of another family's.
            assert!(font.program(program) != 0 || program < 16, "program {program}");
        }
    }

    #[test]
    fn garbage_is_refused_in_words() {
        let message = |bytes: &[u8]| SoundFont::parse(bytes).unwrap_err().to_string();
        assert_eq!(message(b""), "this is not a SoundFont (.sf2) file");
        assert_eq!(message(b"MThd and so on"), "this is not a SoundFont (.sf2) file");
        assert!(message(&BYTES[..5000]).contains("ends too early"));
        let mut third = BYTES[..].to_vec();
        third[32] = 3;
        assert!(message(&third).contains("SF3"));
    }

    /// The embedded font with most of its samples cut out: its tables point past them, which is
    /// found only after the tables have been read.
    fn small_font() -> Vec<u8> {
        let find = |id: &[u8]| BYTES.windows(4).position(|four| four == id).unwrap();
        let (smpl, pdta) = (find(b"smpl"), find(b"pdta") - 8);
        let mut bytes = [&BYTES[..smpl + 8 + 64], &BYTES[pdta..]].concat();
        let cut = (BYTES.len() - bytes.len()) as u32;
        for at in [4, smpl - 8, smpl + 4] {
            let size = u32::from_le_bytes(BYTES[at..at + 4].try_into().unwrap()) - cut;
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        bytes
    }

    proptest! {
        #[test]
        fn damaged_fonts_never_panic(
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut bytes = small_font();
            for (at, value) in places {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            prop_assert!(SoundFont::parse(&bytes).is_err());
        }
    }
}
