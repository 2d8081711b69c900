//! The studio: what a musician works on, without a host and without a window.
//!
//! A [`Studio`] is shared by the plugin and its window (`Arc<Studio>`). It holds the [`Document`]
//! with its undo history, the [`Recording`] of what the host plays, and one worker thread that runs
//! [`Job`]s. Nothing here waits for the worker: [`StudioLink::snapshot`] gives what there is to show,
//! edits are made at once, and results of jobs arrive in the document when they are ready.
//!
//! [`wire`] is the seam to the audio thread: plain values that cross bounded queues, whose ends
//! [`StudioLink::connect`] hands out. No method of the studio may be called on the audio thread.
//!
//! [`Preset`]s touch the disk; everything else here is in memory.
//!
//! - In: [`wire::Captured`] events, MIDI files, [`Edit`]s, [`Job`]s, saved states.
//! - Out: [`View`]s, [`wire::Clip`]s, [`wire::Sound`]s, MIDI files, states to be saved.
//! - Errors: what can be refused at once is a `Result`; what fails in a job is a sentence in
//!   [`Session::error`].

#![forbid(unsafe_code)]

mod audio_import;
mod audio_link;
mod candidates;
mod clip;
mod clipboard;
mod document;
mod drum_maps;
mod edit;
mod edit_error;
mod export_file;
#[cfg(test)]
pub(crate) mod fixtures;
mod groove_map;
mod handle;
mod history;
mod jobs;
mod link;
mod melodies;
mod part_editor;
mod presets;
mod quantized_ssm;
mod recipe;
mod recording;
mod recording_along;
mod recording_sound;
mod sentence;
mod shared_state;
mod sound_preview;
mod state;
mod take;
mod take_piano;
mod takes;
mod tapping;
#[cfg(test)]
mod tests;
mod track_sound;
mod view;
mod window_settings;
pub mod wire;
mod worker;

pub use audio_import::{AudioImport, COLUMNS_PER_SECOND};
pub use audio_link::AudioEnd;
pub use candidates::{
    AuditionSource, BEST, CANDIDATES, CandidatePart, CandidateSet, MOST_RATINGS, Profile,
    PutCandidate, Rating, RelevanceFeedback, curated, reasons,
};
pub use clip::Extract;
pub use clipboard::Clipboard;
pub use document::{
    ALTERNATIVES, Alternative, Arrangement, Cell, Channel, Document, LaneState, Lanes, MOST_TAKES,
    Region, RegionOverride, TakeState, VariationId,
};
pub use drum_maps::{DrumMap, GM_KEYS, OwnMap};
pub use edit::Edit;
pub use edit_error::EditError;
pub use export_file::ExportFile;
pub use groove_map::{
    GrooveLibrary, MORPH_STEPS, MOST_FAVOURITES, MapGroove, MapRequest, MapState, MapView,
};
pub use handle::{Studio, Tick};
pub use history::Gesture;
pub use jobs::{Job, JobView};
pub use link::{JobError, StudioLink};
pub use melodies::{MELODIES, MelodyRequest, MelodySet};
pub use part_editor::Shift;
pub use presets::{Preset, PresetError, PresetFolder, dragged_folder};
pub use quantized_ssm::QuantizedSsm;
pub use recording::{BarSpan, MAX_BARS, Recording, RecordingView, Span};
pub use recording_along::HostPlace;
pub use recording_sound::{LONGEST_PREVIEW, PreviewError, RecordingMix};
pub use sentence::sentence;
pub use sound_preview::{PreviewRequest, PreviewView};
pub use state::{Saved, StateError};
pub use take::{Take, TakeError};
pub use take_piano::{PianoError, PianoRendering, TakePiano};
pub use tapping::{TAPPED_BARS, TappingView};
pub use track_sound::{TrackListeningView, TrackRecording, TrackStretch};
pub use view::{Session, View};
pub use window_settings::{Theme, WindowSettings};
