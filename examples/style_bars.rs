//! Makes `assets/style_bars.json` from the Groove MIDI Dataset's training part. Whole bars go into it
//! and with it into the program, so nothing is taken whose licence asks more than to name it.
//!
//!     cargo run --example style_bars -- GROOVE_FOLDER > assets/style_bars.json

use std::path::Path;
use std::{env, error, fs};

use drumlin::drummer::performance::quantise;
use drumlin::drummer::{Style, Vocabulary};
use drumlin::midi;
use drumlin::score::DrumPart;

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, beats in 4/4 of the \
    training split; made by examples/style_bars.rs";

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

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: style_bars GROOVE_FOLDER")?;
    let data = Path::new(&data);
    let mut performances: Vec<(Style, DrumPart)> = Vec::new();

    let columns = ["style", "beat_type", "time_signature", "split", "midi_filename"];
    for [style, kind, metre, split, file] in rows(&data.join("info.csv"), columns)? {
        if (kind.as_str(), metre.as_str(), split.as_str()) == ("beat", "4-4", "train")
            && let Some(style) = of_dataset(&style)
        {
            let part = quantise(&midi::read(&data.join(file))?);
            performances.extend(part.map(|part| (style, part)));
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
