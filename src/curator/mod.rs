//! Curating: many clips of drums in, one piece out, with the clips in an order that makes sense.
//!
//! [`analyze_clips`] hears every clip once, streaming, and keeps a [`Clip`] of some kilobytes: what to
//! trim, how loud it is (EBU R 128), where its beats are (as a small network hears them, or a MIDI file
//! says), a [`Descriptor`] of rhythm and sound. [`curate`] leaves out near-duplicates (by Chromaprint
//! fingerprints, and by levels from moment to moment), chooses and orders: one path through all clips, so
//! that neighbours are as alike (or as different) as they can be. [`Mix`] joins them on beats, with
//! equal-power crossfades that are over before these, at one loudness, and writes while it decodes. The
//! [`cue_sheet`] and a [`MatrixPicture`] say what came of it. Every clip is in the result or is named with
//! a [`Reason`].
//!
//! [`choose`] does the same for drum parts that are played to a song: of many candidates, each with what
//! it is worth, a few that are good and differ.
//!
//! Runs on the worker thread or the command line's, with a thread for each core while it listens.
//! Memory: some 3 KB a clip and a few megabytes, however long the clips are.
//!
//! Source: the practice of Dadabots (1000sharks): trimming at 50 dB in frames of 256 samples every 64,
//! Chromaprint fingerprints, order by similarity. Their fingerprints hardly hear drums; rhythm is the
//! autocorrelation of onsets here.

#![forbid(unsafe_code)]

mod autocorrelation;
mod bands;
mod beat_grid;
mod beat_odds;
mod beats;
mod choose;
mod clip;
mod cue;
mod descriptor;
mod envelope;
mod export;
mod fingerprint;
mod levels;
mod midi_beats;
mod mix;
mod order;
mod picture;
mod plan;
mod reason;
mod select;
mod source;

pub use beat_odds::CLIP_BEATS;
pub use beats::{Beat, ClipBeats};
pub use choose::{Candidate, choose, lanes_distance, missing_share, pattern_distance, ranked};
pub use clip::{Clip, analyze_clips};
pub use cue::{CueEntry, CueSheet, LeftOut, cue_sheet};
pub use descriptor::Descriptor;
pub use export::{ExportError, export_onsets, export_power};
pub use fingerprint::{Fingerprint, fingerprint};
pub use mix::{Mix, MixError};
pub use order::Order;
pub use picture::MatrixPicture;
pub use plan::{Crossfade, Join, Placed, Plan};
pub use reason::Reason;
pub use select::{Curation, Options, curate};
pub use source::Source;
