//! Whole collections of real songs, where they lie beside the checkout: every file gets drums that
//! fit it or one sentence. Skipped, and said so, where the collections are not there.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drumlin::audio::SoundFont;
use drumlin::drummer::{Drummer, Settings, Silent};
use drumlin::midi;
use drumlin::network::{Backend, Models};

const COLLECTIONS: [&str; 2] = ["../shared/data/test_inputs", "../shared/data/paired"];

/// Without full optimisation only every so manieth song is played; all are read.
const STRIDE: usize = if cfg!(debug_assertions) { 24 } else { 1 };

fn midi_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            midi_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mid")) {
            found.push(path);
        }
    }
}

fn play(drummer: &Drummer, path: &Path) -> Result<(), String> {
    let mut song = midi::read(path).map_err(|error| error.to_string())?;
    // The part ends with the last melodic note.
    song.tracks.retain(|track| !track.is_drums());
    let generation = drummer
        .generate(&song, &Settings::default(), &Silent)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let part = &generation.parts[0].part;
    assert_eq!(part.bars, song.bars(), "the part has the song's bars");
    let end = generation.analysis.form.sections.last().map(|section| section.bars.end);
    assert_eq!(end, Some(part.bars.len()), "the form covers the song");
    let written = midi::parse(&midi::write(&midi::drum_song(&song, part))).unwrap();
    assert_eq!(written.drum_notes().count(), part.hits.len(), "every hit is in the file");
    assert!(!part.hits.is_empty(), "there are drums");
    Ok(())
}

#[test]
fn every_song_gets_drums_or_a_sentence() {
    let mut songs = Vec::new();
    for collection in COLLECTIONS {
        let before = songs.len();
        midi_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(collection), &mut songs);
        if songs.len() == before {
            eprintln!("skipped: there are no songs in {collection}");
        }
    }
    songs.sort();
    let songs: Vec<PathBuf> = songs.into_iter().step_by(STRIDE).collect();
    let drummer =
        Drummer::new(Models::new(Backend::default(), None), SoundFont::embedded().clone());
    let next = AtomicUsize::new(0);
    let (refused, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = songs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match catch_unwind(AssertUnwindSafe(|| play(&drummer, path))) {
                        Ok(Ok(())) => {}
                        Ok(Err(sentence)) => refused.lock().unwrap().push(sentence),
                        Err(_) => failed.lock().unwrap().push(path.display().to_string()),
                    }
                }
            });
        }
    });
    let (refused, failed) = (refused.into_inner().unwrap(), failed.into_inner().unwrap());
    eprintln!("{} songs, {} refused", songs.len(), refused.len());
    for sentence in &refused {
        eprintln!("  {sentence}");
        assert_eq!(sentence.lines().count(), 1);
    }
    assert!(failed.is_empty(), "no drums for {failed:?}");
    // These are songs: that one cannot be used is possible, that many cannot is a fault of ours.
    assert!(refused.len() * 20 <= songs.len(), "{} of {} refused", refused.len(), songs.len());
}
