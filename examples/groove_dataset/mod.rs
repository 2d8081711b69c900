//! The table of the Groove MIDI Dataset.

use std::path::Path;
use std::{error, fs};

use drumlin::drummer::Style;
use drumlin::drummer::performance::quantise;
use drumlin::midi;
use drumlin::score::{Bpm, DrumPart};

/// A performance: its style, its tempo by the metronome, and what was played.
pub type Performance = (Style, Bpm, DrumPart);

/// The performances of one kind (`beat` or `fill`) in 4/4 of the training split.
pub fn performances(data: &Path, kind: &str) -> Result<Vec<Performance>, Box<dyn error::Error>> {
    let mut found = Vec::new();
    let columns = ["style", "bpm", "beat_type", "time_signature", "split", "midi_filename"];
    for [style, bpm, of_kind, metre, split, file] in rows(&data.join("info.csv"), columns)? {
        if (of_kind.as_str(), metre.as_str(), split.as_str()) == (kind, "4-4", "train")
            && let Some(style) = of_dataset(&style)
        {
            let bpm = Bpm(bpm.parse()?);
            let part = quantise(&midi::read(&data.join(file))?);
            found.extend(part.map(|part| (style, bpm, part)));
        }
    }
    Ok(found)
}

/// A style of the dataset, as `main` or `main/secondary`.
fn of_dataset(style: &str) -> Option<Style> {
    Some(match (style.split('/').next()?, style) {
        // What is filed under jazz has other grooves too.
        (_, "jazz/funk" | "jazz/fusion") => Style::Funk,
        (_, "jazz/march") => return None,
        (_, "rock/folk" | "rock/rockabilly") => Style::Country,
        ("rock", _) => Style::Rock,
        ("pop", _) => Style::Pop,
        ("funk" | "neworleans", _) => Style::Funk,
        ("soul" | "gospel", _) => Style::Soul,
        ("jazz", _) => Style::Jazz,
        ("latin" | "afrocuban", _) => Style::Latin,
        ("afrobeat" | "highlife", _) => Style::Afro,
        ("hiphop", _) => Style::HipHop,
        ("dance", _) => Style::Dance,
        ("punk", _) => Style::Punk,
        ("country", _) => Style::Country,
        ("blues", _) => Style::Blues,
        ("reggae", _) => Style::Reggae,
        _ => return None,
    })
}

/// The rows of a table whose fields are never quoted, as the values of some columns.
pub fn rows<const N: usize>(
    table: &Path,
    columns: [&str; N],
) -> Result<Vec<[String; N]>, Box<dyn error::Error>> {
    let text = fs::read_to_string(table)?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place = head.iter().position(|&title| title == name).ok_or(format!("no {name}"))?;
    }
    Ok(lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|fields| fields.len() == head.len())
        .map(|fields| places.map(|place| fields[place].to_owned()))
        .collect())
}
