//! Makes `assets/style_bars.json` from the Groove MIDI Dataset's training part and MMA's grooves:
//!
//!     cargo run --example style_bars -- DATA_FOLDER > assets/style_bars.json

use std::path::Path;
use std::{env, error, fs};

use drumlin::drummer::groove::quantise;
use drumlin::drummer::{Style, Vocabulary};
use drumlin::midi;
use drumlin::score::{DrumPart, Hit};

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, beats in 4/4 of the \
    training split; for what it has little of, grooves of MMA's style library, GPL-2; made by \
    examples/style_bars.rs";

/// Bars of each of MMA's grooves.
const GROOVE_BARS: usize = 8;

/// A style of the dataset, as `main` or `main/secondary`.
fn of_dataset(style: &str) -> Option<Style> {
    Some(match style.split('/').next()? {
        "rock" => Style::Rock,
        "pop" => Style::Pop,
        "funk" | "neworleans" => Style::Funk,
        "soul" | "gospel" => Style::Soul,
        "jazz" => Style::Jazz,
        "latin" | "afrocuban" => Style::Latin,
        "afrobeat" | "highlife" => Style::Afro,
        "hiphop" => Style::HipHop,
        "dance" => Style::Dance,
        "punk" => Style::Punk,
        "country" => Style::Country,
        "blues" => Style::Blues,
        "reggae" => Style::Reggae,
        _ => return None,
    })
}

/// The styles of which the dataset has too little, by how MMA names its grooves.
const OF_MMA: [(&str, Style); 10] = [
    ("metal", Style::Metal),
    ("country", Style::Country),
    ("march", Style::March),
    ("ballad", Style::Ballad),
    ("blues", Style::Blues),
    ("reggae", Style::Reggae),
    ("dance", Style::Dance),
    ("techno", Style::Dance),
    ("house", Style::Dance),
    ("disco", Style::Dance),
];

/// The rows of a table whose fields are never quoted, as the values of some columns.
fn rows<const N: usize>(
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

/// Some bars of a part, as a part of their own.
fn excerpt(part: &DrumPart, first: usize, bars: usize) -> DrumPart {
    let inside = |hit: &&Hit| (first..first + bars).contains(&hit.bar.0);
    let hits = part.hits.iter().filter(inside).copied();
    DrumPart { hits: hits.collect(), ..part.clone() }
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: style_bars DATA_FOLDER")?;
    let data = Path::new(&data);
    let mut performances: Vec<(Style, DrumPart)> = Vec::new();

    let columns = ["style", "beat_type", "time_signature", "split", "midi_filename"];
    for [style, kind, metre, split, file] in rows(&data.join("gmd/info.csv"), columns)? {
        if (kind.as_str(), metre.as_str(), split.as_str()) == ("beat", "4-4", "train")
            && let Some(style) = of_dataset(&style)
        {
            let part = quantise(&midi::read(&data.join("gmd").join(file))?);
            performances.extend(part.map(|part| (style, part)));
        }
    }

    let folder = data.join("mma_synth/grooves");
    let columns = ["file", "index", "groove", "beats"];
    let mut read: Option<(String, DrumPart)> = None;
    for [file, index, groove, beats] in rows(&data.join("mma_synth/grooves.csv"), columns)? {
        let name = format!("{file} {groove}").to_lowercase();
        let Some((_, style)) = OF_MMA.into_iter().find(|(word, _)| name.contains(word)) else {
            continue;
        };
        if beats != "4" {
            continue;
        }
        if read.as_ref().is_none_or(|(known, _)| *known != file) {
            read = quantise(&midi::read(&folder.join(&file))?).map(|part| (file.clone(), part));
        }
        if let Some((_, part)) = &read {
            let first = index.parse::<usize>()? * GROOVE_BARS;
            performances.push((style, excerpt(part, first, GROOVE_BARS)));
        }
    }

    for style in Style::ALL {
        let count = performances.iter().filter(|(of, _)| *of == style).count();
        eprintln!("{}: {count}", style.name());
    }
    let vocabulary =
        Vocabulary::of(SOURCE, performances.iter().map(|(style, part)| (*style, part)));
    println!("{}", serde_json::to_string(&vocabulary)?);
    Ok(())
}
