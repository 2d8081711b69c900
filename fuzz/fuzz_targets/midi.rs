//! Any bytes: a song within the limits, or an error; and what is read can be written and read.

#![no_main]

use drumlin::midi::{MAX_BARS, parse, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(song) = parse(bytes) else { return };
    assert!(song.bars().len() as u64 <= MAX_BARS);
    let again = parse(&write(&song)).expect("what was written is a song");
    assert_eq!(again.tracks, song.tracks);
    assert_eq!(again.metres, song.metres_in_order());
});
