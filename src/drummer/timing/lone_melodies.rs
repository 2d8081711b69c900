//! Leads of songs of the collections alone, from their bar lines and with upbeats, and what is found of
//! them. What is printed is what `models/training/upbeats.py` fits.

use std::path::{Path, PathBuf};

use super::downbeats::NEAR;
use super::lone_melody::Beats;
use super::pickup::{first_metre, step_notes};
use super::tests::songs_below;
use super::*;

/// An upbeat is taken from the first of so many bars that has one.
const BARS: u64 = 16;

/// The lead of a song in 3/4 or 4/4 throughout: a track of one voice that is called so, or the highest
/// and busiest; from the bar line before its first note.
fn lead(song: &Song) -> Option<Song> {
    let metres = song.metres_in_order();
    let metre = first_metre(song);
    let alike = metres.iter().all(|change| change.metre == metre);
    if !alike || metre.denominator() != 4 || !matches!(metre.numerator(), 3 | 4) {
        return None;
    }
    let mut best = None;
    for track in song.melodic().filter(|track| track.notes.len() >= 24) {
        let doubled = track.notes.windows(2).filter(|pair| pair[0].start == pair[1].start).count();
        let count = track.notes.len() as f64;
        let key = track.notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / count;
        if doubled * 10 > track.notes.len() || key < 55.0 {
            continue;
        }
        let name = track.name.to_lowercase();
        let is_called = ["melody", "lead", "solo"].iter().any(|word| name.contains(word));
        let worth = count * (key - 40.0) + if is_called { 1e9 } else { 0.0 };
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, track));
        }
    }
    let (_, track) = best?;
    let bar = metre.bar_ticks(song.ticks_per_quarter()).0;
    let from = track.notes[0].start.0 / bar * bar;
    let lead = Song { tracks: vec![track.clone()], ..song.clone() };
    Some(cut(&lead, from))
}

/// What begins at or behind this tick, so much earlier, in bars from its start.
fn cut(song: &Song, from: u64) -> Song {
    let mut tracks = song.tracks.clone();
    for track in &mut tracks {
        track.notes.retain(|note| note.start.0 >= from);
        for note in &mut track.notes {
            note.start = Ticks(note.start.0 - from);
        }
    }
    let metre = first_metre(song);
    let metres = vec![MetreChange { at: Ticks(0), metre }];
    let quarter = song.ticks_per_quarter();
    Song { tempo: TempoMap::constant(quarter, crate::score::Bpm(120.0)), metres, tracks }
}

/// The lead as it is, and with each upbeat in beats that it has a note for.
fn with_upbeats(lead: &Song) -> Vec<(u64, Song)> {
    let beat = beat_ticks(lead);
    let beats = u64::from(first_metre(lead).numerator());
    let begins = |from: u64| {
        let near = (beat as f64 / 2.0 * NEAR) as u64;
        let notes = &lead.tracks[0].notes;
        notes.iter().find(|note| note.start.0 + near >= from && note.start.0 <= from + near)
    };
    let upbeat = |upbeat: u64| {
        let mut cuts = (1..=BARS).map(|bar| (bar * beats - upbeat) * beat);
        let song = cuts.find_map(|from| Some(cut(lead, begins(from)?.start.0.min(from))))?;
        Some((upbeat, song))
    };
    let whole = std::iter::once((0, lead.clone()));
    whole.chain((1..beats).filter_map(upbeat)).collect()
}

/// Where the songs of a collection lie, beside the checkout.
fn collection(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder)
}

/// Leads with the set and the number of their song.
fn leads(sets: &[(&'static str, &str)]) -> Vec<(&'static str, usize, Song)> {
    let mut leads = Vec::new();
    for &(set, folder) in sets {
        let mut last = String::new();
        for (number, (path, song)) in songs_below(&collection(folder)).into_iter().enumerate() {
            // One arrangement of each tune.
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let tune = name.rsplit_once('_').map_or(&*name, |(tune, _)| tune).to_owned();
            if set == "mma" && std::mem::replace(&mut last, tune.clone()) == tune {
                continue;
            }
            leads.extend(lead(&song).map(|lead| (set, number, lead)));
        }
    }
    leads
}

/// Prints for every lead, upbeat, part (0 is all) and beat: set, number of the song, beats to the bar,
/// upbeat, whether it begins at the start, the beats that the rule for ensembles finds, part, beat, and
/// the features.
#[test]
#[ignore = "a measurement"]
fn upbeats_of_lone_melodies() {
    for (set, number, lead) in leads(&[("paired", "paired"), ("mma", "mma_synth/songs")]) {
        let beats = usize::from(first_metre(&lead).numerator());
        for (upbeat, song) in with_upbeats(&lead) {
            let notes = step_notes(&song, beat_ticks(&song) / 2);
            let Some(found) = Beats::of(&notes, 2 * beats) else { continue };
            let begins = u8::from(notes[0].start <= NEAR);
            // A second track takes it for more than a melody.
            let mut both = song.clone();
            both.tracks.extend(song.tracks.clone());
            let says =
                unmarked_pickup(&both).map_or(0.0, |at| at.0 as f64) / beat_ticks(&song) as f64;
            let parts = std::iter::once(&found.all).chain(&found.parts);
            for (part, of_part) in parts.enumerate() {
                for (beat, features) in of_part.iter().enumerate() {
                    let numbers: String = features.iter().map(|x| format!("\t{x:.4}")).collect();
                    println!(
                        "UPBEAT\t{set}\t{number}\t{beats}\t{upbeat}\t{begins}\t{says}\t{part}\t{beat}{numbers}"
                    );
                }
            }
        }
    }
}

/// These leads are among those that the weights were fitted to; models/training/upbeats.py says what is
/// found of others.
#[test]
fn upbeats_of_leads_are_found_and_hardly_ever_made_up() {
    let leads = leads(&[("paired", "paired")]);
    if !collection("paired").exists() {
        return;
    }
    let (mut whole, mut made_up, mut cut, mut found, mut wrong) = (0, 0, 0, 0, 0);
    for (_, _, lead) in leads {
        for (upbeat, song) in with_upbeats(&lead) {
            let says = unmarked_pickup(&song).map(|at| at.0);
            match upbeat {
                0 => {
                    whole += 1;
                    made_up += usize::from(says.is_some());
                }
                upbeat => {
                    cut += 1;
                    let is_right = says == Some(upbeat * beat_ticks(&song));
                    found += usize::from(is_right);
                    wrong += usize::from(says.is_some() && !is_right);
                }
            }
        }
    }
    println!(
        "{made_up} of {whole} made up; of {cut} upbeats {found} found, {wrong} taken for others"
    );
    assert!(whole > 0 && cut > 0, "no song of the collection has a lead");
    assert!(100 * made_up <= 2 * whole, "{made_up} of {whole} made up");
    assert!(100 * found >= 20 * cut, "{found} of {cut} found");
    assert!(100 * wrong <= 5 * cut, "{wrong} of {cut} taken for others");
}
