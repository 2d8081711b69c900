//! Makes `assets/fills.json` from the fills of the Groove MIDI Dataset's training part, which are
//! files of their own. Whole bars go into it and with it into the program; the dataset's licence
//! (CC BY 4.0) asks to name it.
//!
//!     cargo run --example fills -- GROOVE_FOLDER > assets/fills.json

mod groove_dataset;

use std::path::Path;
use std::{env, error};

use drumlin::drummer::FillLibrary;

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, fills in 4/4 of the \
    training split; made by examples/fills.rs";

fn main() -> Result<(), Box<dyn error::Error>> {
    let data = env::args_os().nth(1).ok_or("usage: fills GROOVE_FOLDER")?;
    let performances = groove_dataset::performances(Path::new(&data), "fill")?;
    let fills = performances.iter().map(|(style, _, part)| (*style, part));
    let library = FillLibrary::of(SOURCE, fills);
    eprintln!("{} fills of {} files", library.len(), performances.len());
    println!("{}", serde_json::to_string(&library)?);
    Ok(())
}
