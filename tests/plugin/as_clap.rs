//! The whole plugin as CLAP hosts have it, from the host's call to what it gets back.

use std::thread;
use std::time::Duration;

use drumlin::parameters::CHANGES;
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

/// A host knows by a parameter that its project has changed, and reads it at any time.
#[test]
fn drums_that_are_written_without_a_window_change_the_project() {
    let plugin = Clap::knowing(None, &inside().unwrap(), "Drumlin", RATE, 4096).unwrap();
    let mut session = scenarios::drummed(plugin).unwrap();
    let parameters = session.plugin.parameters();
    let most = f64::from(CHANGES);
    let (count, ..) = *parameters.iter().find(|(_, _, greatest)| *greatest == most).unwrap();
    // The worker says so on its next tick.
    for _ in 0..200 {
        session.block(512).unwrap();
        if session.plugin.value(count).unwrap() > 0.0 {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the host was not told");
}
