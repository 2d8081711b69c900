//! The whole plugin as CLAP hosts have it, from the host's call to what it gets back.

use hosts::clap::{Clap, NoteDialects, inside};
use hosts::scenarios::{self, RATE};

/// Parts are played with blocks of many sizes; see [`hosts::clap::Audio::process`] for what aborts.
#[test]
fn nothing_is_allocated_in_either_dialect() {
    for dialects in [None, Some(NoteDialects::MIDI)] {
        for name in ["Drumlin", "Drumlin FX"] {
            let plugin = Clap::knowing(dialects, &inside().unwrap(), name, RATE, 4096).unwrap();
            scenarios::the_part_comes_out_sample_by_sample(plugin).unwrap();
        }
    }
}
