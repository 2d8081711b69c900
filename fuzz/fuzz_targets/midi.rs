//! Any bytes: a song within the limits, or an error; what is read can be written and read, and merged
//! with drums.

#![no_main]

use drumlin::midi::{MAX_BARS, SongFile, parse, write};
use drumlin::score::{Note, Ticks, Velocity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = SongFile::parse(bytes.to_vec()) else { return };
    let song = file.song();
    assert!(song.bars().len() as u64 <= MAX_BARS);
    let again = parse(&write(song)).expect("what was written is a song");
    assert_eq!(again.metres, song.metres_in_order());
    let velocity = Velocity::clamped(99);
    let drums = [Note { start: Ticks(0), length: Ticks(1), key: 38, velocity }];
    let merged = parse(&file.with_drums(&drums, Ticks(0))).expect("what was merged is a song");
    assert_eq!(merged.metres, song.metres);
});
