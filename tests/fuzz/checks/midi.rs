//! A song within the limits, or an error; what is read can be written and read, and merged with drums.

use drumlin::midi::{MAX_BARS, MAX_HOURS, SongFile, parse, write};
use drumlin::score::{Note, Seconds, Song, Ticks, Velocity};

/// Whether a song was read.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(file) = SongFile::parse(bytes.to_vec()) else { return false };
    let song = file.song();
    assert!(song.bars().len() as u64 <= MAX_BARS);
    assert!(song.tempo.seconds(song.end()) <= Seconds(MAX_HOURS as f64 * 3600.0));
    let again = parse(&write(song)).expect("what was written is a song");
    assert_eq!(again.metres, song.metres_in_order());
    assert_eq!(again.tracks.len(), song.tracks.iter().filter(|t| !t.notes.is_empty()).count());
    let quarter = u64::from(song.ticks_per_quarter());
    let velocity = Velocity::clamped(99);
    let drums: Vec<Note> = (0..4)
        .map(|beat| Note { start: Ticks(beat * quarter), length: Ticks(1), key: 38, velocity })
        .collect();
    let merged = file.with_drums(&drums, Ticks(0));
    let again = SongFile::parse(merged.clone()).expect("what was merged is a song");
    assert!(again.repairs().is_empty(), "what was merged needs no mending");
    assert_eq!(again.song().metres, song.metres);
    assert_eq!(again.song().tempo, song.tempo);
    let melodic = |song: &Song| -> usize { song.melodic().map(|track| track.notes.len()).sum() };
    let (drum_notes, before) = (again.song().drum_notes().count(), melodic(song));
    // Where nothing else says what is drums their look does, which may change with what is left.
    assert!(melodic(again.song()) + drum_notes >= before, "notes are lost");
    if drum_notes == drums.len() {
        assert_eq!(melodic(again.song()), before, "no melodic note is lost or made");
        assert!(again.with_drums(&drums, Ticks(0)) == merged, "merged again it is another file");
    }
    true
}
