//! Makes `assets/style_bars.json` from the Groove MIDI Dataset's training part. Whole bars go into it and with
//! it into the program; the dataset's licence (CC BY 4.0) asks to name it.
//!
//!     cargo run --example style_bars -- GROOVE_FOLDER > assets/style_bars.json

mod groove_dataset;

use std::path::Path;
use std::{env, error};

use drumlin::drummer::{Style, Vocabulary};

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, beats in 4/4 of the \
    training split; made by examples/style_bars.rs";

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: style_bars GROOVE_FOLDER")?;
    let performances = groove_dataset::performances(Path::new(&data), "beat")?;
    for style in Style::ALL {
        let count = performances.iter().filter(|(of, ..)| *of == style).count();
        eprintln!("{}: {count}", style.name());
    }
    let performances = performances.iter().map(|(style, bpm, part)| (*style, *bpm, part));
    let vocabulary = Vocabulary::of(SOURCE, performances);
    println!("{}", serde_json::to_string(&vocabulary)?);
    Ok(())
}
