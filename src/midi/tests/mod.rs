//! What bad files get, and what good ones become.

mod damaged;
mod reading;
mod writing;

use super::*;

const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

/// A file of these tracks' events, each with an end mark added.
pub(super) fn file(format: u8, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.extend([format, 0, tracks.len() as u8]);
    bytes.extend(division.to_be_bytes());
    for events in tracks {
        bytes.extend(b"MTrk");
        bytes.extend(((events.len() + END.len()) as u32).to_be_bytes());
        bytes.extend(*events);
        bytes.extend(END);
    }
    bytes
}

pub(super) fn one_track(events: &[u8]) -> Vec<u8> {
    file(1, 96, &[events])
}

fn notes(events: &[u8]) -> Vec<(u64, u64, u8)> {
    let song = parse(&one_track(events)).unwrap();
    let notes = song.tracks.iter().flat_map(|track| &track.notes);
    notes.map(|note| (note.start.0, note.length.0, note.key)).collect()
}

fn refusal(bytes: &[u8]) -> String {
    parse(bytes).unwrap_err().to_string()
}

/// Middle C for a quarter at 96 ticks.
const NOTE: [u8; 8] = [0, 0x90, 60, 100, 96, 0x80, 60, 0];

fn repairs(bytes: &[u8]) -> Vec<String> {
    let file = SongFile::parse(bytes.to_vec()).unwrap();
    file.repairs().iter().map(ToString::to_string).collect()
}

/// The songs of `tests/songs` by name.
pub(super) fn real_songs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs");
    let mut songs: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    songs.sort();
    songs
}
