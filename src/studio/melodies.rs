//! Melodies that were written for the drums: what is asked for, and what there is to choose from.

use std::sync::Arc;

use super::Take;
use super::export_file::{ExportFile, file_name};
use crate::composer::{self, ComposeError, Key, Melody, Range};
use crate::midi;
use crate::network::Models;
use crate::score::{DrumPart, Song, program_name};

/// How many melodies are written at once.
pub const MELODIES: usize = 4;

/// What is asked of the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MelodyRequest {
    /// `None` is the take's own, with its harmony.
    pub key: Option<Key>,
    /// `None` is what suits the instrument.
    pub range: Option<Range>,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// Notes a bar, at most 16; `None` is what melodies mostly have, each its own.
    pub density: Option<u8>,
    /// How much comes again, in per cent.
    pub repeat: u8,
    /// The same seed writes the same.
    pub seed: u64,
}

impl Default for MelodyRequest {
    /// A square lead in the take's key.
    fn default() -> MelodyRequest {
        MelodyRequest { key: None, range: None, program: 80, density: None, repeat: 50, seed: 0 }
    }
}

/// Melodies for the drums of a take.
#[derive(Clone, Debug, PartialEq)]
pub struct MelodySet {
    /// Whose drums they were written for.
    pub take: Arc<Take>,
    /// What was asked for.
    pub request: MelodyRequest,
    /// The key that they are in.
    pub key: Key,
    /// The notes that they lie between.
    pub range: Range,
    /// The alternatives, in ticks of the take.
    pub melodies: Vec<Melody>,
}

impl MelodySet {
    /// Writes melodies for a part of a take. `progress` is told what share is done, 0 to 1, and answers
    /// whether to go on.
    ///
    /// # Errors
    /// [`ComposeError`]: a part without strokes, a range without a note of the key, or cancelled.
    pub(super) fn write(
        take: &Arc<Take>,
        part: &DrumPart,
        request: MelodyRequest,
        models: &Models,
        progress: &dyn Fn(f32) -> bool,
    ) -> Result<MelodySet, ComposeError> {
        let drums = midi::drum_song(&take.song, part);
        // A key that was asked for may have nothing to do with the take's chords.
        let chords = request.key.is_none().then_some(&take.song);
        let asked = composer::Request {
            key: request.key,
            range: request.range,
            program: request.program,
            density: request.density.map(f32::from),
            repeat: f32::from(request.repeat.min(100)) / 100.0,
            chords,
            seed: request.seed,
            alternatives: MELODIES,
            ..composer::Request::default()
        };
        let composition = composer::compose(&drums, &asked, models, progress)?;
        let composer::Composition { voice, mut melodies } = composition;
        // Nothing sounds behind the take's end.
        for melody in &mut melodies {
            melody.notes.retain_mut(|note| {
                note.length = note.length.min(take.length - note.start.min(take.length));
                note.length.0 > 0
            });
        }
        let (key, range) = (voice.key, voice.range);
        Ok(MelodySet { take: take.clone(), request, key, range, melodies })
    }

    /// One of the melodies alone, with the take's tempo and metres; `None` if there is no such melody, or
    /// it has no notes.
    pub(super) fn song(&self, number: usize) -> Option<Song> {
        let melody = self.melodies.get(number).filter(|melody| !melody.notes.is_empty())?;
        Some(melody.song(&self.take.song, self.request.program))
    }

    /// One of the melodies as a take, in the place of the take that its drums were for; `None` if there
    /// is no such melody, or it has no notes.
    pub fn take_of(&self, number: usize) -> Option<Take> {
        let song = self.song(number)?;
        let name = format!("Melody {} for {}", number + 1, self.take.name);
        let name = super::take::tidy_name(&name);
        let (pedals, volumes) = (Vec::new(), Vec::new());
        Some(Take { name, song, pedals, volumes, ..(*self.take).clone() })
    }

    /// One of the melodies as a MIDI file.
    pub fn midi_file(&self, number: usize) -> Option<ExportFile> {
        let song = self.song(number)?;
        let words = format!("{} melody {} {}", self.take.name, number + 1, self.key);
        let notes = song.tracks.iter().map(|track| track.notes.len()).sum();
        let song = self.take.file_time.as_ref().map_or(song.clone(), |file| file.restored(&song));
        let bytes = midi::write(&song);
        Some(ExportFile { name: file_name(&words, "mid"), bytes, notes })
    }

    /// The instrument's name.
    pub fn instrument(&self) -> &'static str {
        program_name(self.request.program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composer::Scale;
    use crate::network::Backend;
    use crate::studio::fixtures;

    #[test]
    fn melodies_are_takes_and_files_in_the_key_and_range_that_were_asked_for() {
        let take = Arc::new(fixtures::take(4));
        let part = fixtures::part(&take, 3);
        let models = Models::new(Backend::Cpu, None);
        let key = Key { tonic: 2, scale: Scale::Dorian };
        let range = Range::new(57, 76).unwrap();
        let request = MelodyRequest {
            key: Some(key),
            range: Some(range),
            density: Some(4),
            ..MelodyRequest::default()
        };
        let set = MelodySet::write(&take, &part, request, &models, &|_| true).unwrap();
        assert_eq!((set.melodies.len(), set.key, set.range), (MELODIES, key, range));
        for number in 0..MELODIES {
            let melody = set.take_of(number).unwrap();
            assert_eq!((melody.start, melody.length), (take.start, take.length));
            assert_eq!(melody.bars(), take.bars());
            assert!(melody.song.end() <= melody.length);
            let notes = &melody.song.tracks[0].notes;
            assert!(notes.iter().all(|note| key.has(note.key) && range.has(note.key)));
            let file = set.midi_file(number).unwrap();
            assert_eq!(midi::parse(&file.bytes).unwrap().tracks[0].notes.len(), notes.len());
        }
        assert_ne!(set.melodies[0], set.melodies[1]);
        assert!(set.take_of(MELODIES).is_none());
        // In the take's key where none was asked for.
        let own = MelodySet::write(&take, &part, MelodyRequest::default(), &models, &|_| true);
        assert_eq!(own.unwrap().key.to_string(), "C major");
        let stopped = MelodySet::write(&take, &part, request, &models, &|_| false);
        assert!(matches!(stopped, Err(ComposeError::Cancelled)));
    }
}
