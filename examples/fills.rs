//! Makes `assets/fills.json` from the fills of the Groove MIDI Dataset's training part, which are
//! files of their own. Whole bars go into it and with it into the program; the dataset's licence
//! (CC BY 4.0) asks to name it.
//!
//!     cargo run --example fills -- GROOVE_FOLDER > assets/fills.json

use std::path::Path;
use std::{env, error, fs};

use drumlin::drummer::performance::quantise;
use drumlin::drummer::{FillLibrary, Style};
use drumlin::midi;
use drumlin::score::DrumPart;

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, fills in 4/4 of the \
    training split; made by examples/fills.rs";

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

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: fills GROOVE_FOLDER")?;
    let data = Path::new(&data);
    let table = fs::read_to_string(data.join("info.csv"))?;
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().ok_or("an empty table")?;
    let column = |name: &str| head.iter().position(|&title| title == name).ok_or("no such column");
    let (style, kind, metre) = (column("style")?, column("beat_type")?, column("time_signature")?);
    let (split, file) = (column("split")?, column("midi_filename")?);

    let mut performances: Vec<(Style, DrumPart)> = Vec::new();
    for row in lines.filter(|row| row.len() == head.len()) {
        if (row[kind], row[metre], row[split]) == ("fill", "4-4", "train")
            && let Some(style) = of_dataset(row[style])
        {
            let part = quantise(&midi::read(&data.join(row[file]))?);
            performances.extend(part.map(|part| (style, part)));
        }
    }
    let library = FillLibrary::of(SOURCE, performances.iter().map(|(style, part)| (*style, part)));
    eprintln!("{} fills of {} files", library.len(), performances.len());
    println!("{}", serde_json::to_string(&library)?);
    Ok(())
}
