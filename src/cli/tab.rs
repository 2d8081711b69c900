//! `drumlin tab`: drums as drum tablature, to be read, sent to a drummer or changed and played.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;

use crate::score::{Groove, drum_tab, quantised};

use super::console::{print, remark};
use super::error::CliError;
use super::song::{self, KindArguments};

/// Write drums as drum tablature: text that drummers read, and that `drumlin generate --groove` plays
#[derive(Debug, Args)]
pub struct Arguments {
    /// Drums, or a song that has some: a MIDI file, or - for standard input
    song: PathBuf,

    /// The bars to write, such as 9 or 9-12 [default: all]
    #[arg(long, value_parser = bars, value_name = "BARS", allow_hyphen_values = true)]
    bars: Option<RangeInclusive<usize>>,

    #[command(flatten)]
    kinds: KindArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    let file = song::read(&arguments.song, &arguments.kinds)?;
    if let Some(mended) = song::mended(&arguments.song, &file) {
        remark(&mended);
    }
    let song = file.song();
    let failed = |source| CliError::NoTab { path: arguments.song.clone(), source };
    let (notes, _) = Groove::notes_of_song(song).map_err(failed)?;
    let part = quantised(song.ticks_per_quarter(), &song.metres, &notes).map_err(failed)?;
    let all = 1..=part.bars.len();
    let bars = arguments.bars.clone().unwrap_or_else(|| all.clone());
    if !all.contains(bars.start()) {
        return Err(CliError::Usage(format!(
            "--bars begins with bar {}, and the drums have {}",
            bars.start(),
            all.end()
        )));
    }
    print(drum_tab(&part, bars.start() - 1..*bars.end()).as_bytes())
}

fn bars(text: &str) -> Result<RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last => Ok(first..=last),
        _ => Err("a bar or two are needed, such as 9 or 9-12".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_one_or_from_one_to_another() {
        assert_eq!((bars("9"), bars("9-12")), (Ok(9..=9), Ok(9..=12)));
        for text in ["", "0", "-3", "4-2", "x", "1-2-3", "1-"] {
            assert!(bars(text).is_err(), "{text}");
        }
    }
}
