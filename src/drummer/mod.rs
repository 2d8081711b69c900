//! The drummer: a song without drums in, a structured drum part out.
//!
//! The way through, each stage a file of its own: take -> features -> structure -> patterns ->
//! performance -> part. Runs on the worker thread; takes well under a second for 96 bars.

#![forbid(unsafe_code)]

mod accents;
mod arrange;
mod back_beat;
mod band_hits;
mod bar_pattern;
mod block_ssm;
mod breaks;
mod candidates;
mod cells;
mod clusters;
mod count_in;
mod cymbals;
mod decode;
mod drafts;
mod dynamics;
mod ending;
mod error;
pub mod evaluation;
pub mod features;
mod fills;
mod finish;
mod foot_hat;
mod form;
mod generate;
mod given;
mod given_evidence;
mod given_homes;
mod groove_file;
mod groove_medoids;
mod hands;
mod judge;
mod lanes;
mod limbs;
mod metre;
mod names;
pub mod networks;
mod objective;
mod open_hats;
mod pattern;
mod percussion;
pub mod performance;
pub mod picture;
mod progress;
mod requested;
mod rhythms;
mod rolls;
mod segmentation;
mod settings;
mod song_analysis;
mod sound;
mod sounding;
mod sparse;
mod strays;
mod structure;
mod style_bars;
mod style_grooves;
mod style_tabs;
mod thin;
mod timekeeper;
pub mod timing;
mod vocabulary;
mod windows;

pub use count_in::{CountedIn, counted_in};
pub use dynamics::Dynamics;
pub use ending::is_loop;
pub use error::{DrummerError, MAX_BARS};
pub use fills::FillLibrary;
pub use form::{Form, Section};
pub use generate::{Drummer, GeneratedPart, Generation};
pub use groove_file::{GrooveFileError, groove_of_file, groove_of_tab, is_text};
pub use judge::Judgement;
pub use metre::beats_of_four;
pub use names::{capitalised, name, names, time_keeper};
pub use progress::{Progress, Silent, Stage};
pub use segmentation::{form_of, song_form};
pub use settings::{ClassDensities, CountIn, Ending, Settings, Style, StyleChoice};
pub use song_analysis::SongAnalysis;
pub use structure::{drum_form, drum_ssm, groups};
pub use vocabulary::Vocabulary;
