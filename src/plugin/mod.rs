//! The plugin: Drumlin in a host.
//!
//! One library holds two plugins in two formats (CLAP by nice-plug, VST3 around it by clap-wrapper):
//! **Drumlin** and **Drumlin FX**. Both let sound and MIDI through and add the drums, as sound and,
//! when asked for, as MIDI; one is found among a host's instruments, the other among its effects.
//!
//! | file | thread | in | out |
//! |---|---|---|---|
//! | `transport` | audio | what the host says of a block | spans of even song position |
//! | `capture` | audio | notes on samples | [`crate::studio::wire::Captured`], queued |
//! | `audition` | audio | [`crate::studio::wire::Audition`]s, queued | strokes, and a transport for bars |
//! | `playback` | audio | [`crate::studio::wire::Clip`]s, queued | strokes on samples |
//! | `preview` | audio | strokes | sound, added to the bus |
//! | `track_listener` | audio | sound that comes in | [`crate::studio::wire::TrackSound`], queued |
//! | `engine` | audio | a block | the same block, played |
//! | `host` | all | the host's calls | both plugins |
//! | `clap` | main, audio | a host | instances, whose notes go out in a dialect that it knows |
//! | `note_dialect` | audio | what goes out | the same as MIDI |
//! | `vst3` | main, audio | clap-wrapper's factory | the same, mended |
//! | `state` | main | the document | text in the host's project |
//! | `parameter_sync` | the studio's worker | parameters | edits and jobs of the studio |
//! | `host_link` | the studio's worker, audio | the document, the host's render mode | parameters that are turned without a window |
//! | `parameter_output` | audio, main | the same | events for the host |
//! | `shared_transport` | audio | where the host is | the same, for the window |
//!
//! What is marked audio allocates, locks, frees and waits for nothing; a test plays every scenario
//! under an allocator that aborts. All slow work is the studio's, on its own thread.

mod audition;
mod capture;
mod clap;
mod engine;
mod host;
mod host_link;
mod note_dialect;
mod parameter_output;
mod parameter_sync;
mod playback;
mod preview;
mod shared_transport;
mod sound_preview;
mod state;
mod track_listener;
mod transport;
mod vst3;

pub use self::clap::clap_entry;
pub use audition::Auditions;
pub use capture::Capture;
pub use engine::{Controls, Engine, NoteIo};
pub use host::{Drumlin, DrumlinFx};
pub use playback::Playback;
pub use preview::DrumSampler;
pub use shared_transport::SharedTransport;
pub use sound_preview::SoundPreview;
pub use track_listener::TrackListener;
pub use transport::{Clock, HostTime};
