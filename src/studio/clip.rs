//! What is heard of a document: a clip for the audio thread, a MIDI file to be taken away.

use std::ops::Range;

use super::Document;
use super::wire::Clip;
use crate::score::Lane;

/// What of the part goes into a MIDI file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extract {
    /// Bars of the take from 0; `None` is all of them.
    pub bars: Option<Range<usize>>,
    /// One lane alone, even if muted; `None` is all that sound.
    pub lane: Option<Lane>,
}

/// A MIDI file ready to be written or dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidiFile {
    /// A file name with its ending, fit for any system.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Document {
    /// The part as the audio thread plays it; an empty clip without a part.
    pub fn clip(&self) -> Clip {
        Clip::default()
    }

    /// The part as a MIDI file with the take's tempo and metres, mutes and drum map applied. `None`
    /// without a part or if no bar is chosen.
    pub fn midi_file(&self, _extract: &Extract) -> Option<MidiFile> {
        None
    }
}
