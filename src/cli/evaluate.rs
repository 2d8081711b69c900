//! `drumlin evaluate`: how good are drum parts?

use std::path::{Path, PathBuf};

use clap::Args;

use crate::audio::SoundFont;
use crate::composer;
use crate::drummer::evaluation::{Pair, evaluate, own_densities, own_groove, pairs_in, score};
use crate::drummer::features::View;
use crate::drummer::timing;
use crate::drummer::{Drummer, Settings, Silent, StyleChoice, networks};
use crate::files::{self, Output};
use crate::midi;
use crate::score::Song;

use super::candidates;
use super::common::{NetworkArguments, PrintArguments, seed, whole};
use super::console::{print, print_json, remark, write};
use super::curation;
use super::error::CliError;
use super::evaluate_melodies;
use super::folders::{OutputFolder, midi_files};
use super::generate::{remark_on, share};
use super::progress::counted;
use super::song;

/// Compare drum parts with the real drums of songs
///
/// Prints, for each song and their mean: F1 of onsets (all classes; kick, snare and hats; any drum),
/// correlation of self-similarity and novelty with the real drums', shares of distinct bars,
/// density, velocity and timing. Then what a drummer would notice: hands and feet needed, crashes,
/// velocities at either end, whether the dynamics follow the song, the ending. Then how far two-bar statistics of playing overlap with those of
/// human drummers (the Groove MIDI Dataset).
#[derive(Debug, Args)]
#[command(mut_arg("json", |json| json.help("Print JSON instead of tables")))]
#[command(mut_arg("quiet", |quiet| quiet.help("Say nothing but results and errors")))]
pub struct Arguments {
    /// A folder of songs with their real drums (MIDI)
    songs: PathBuf,

    /// Drum parts to compare, called as the songs are. Without, Drumlin plays to every song now
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["models", "seed"])]
    generated: Option<PathBuf>,

    /// Write the drums that were played to this folder, called as the songs are
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["generated", "candidates", "melody"])]
    output_folder: Option<PathBuf>,

    /// The seed to play with
    #[arg(long, value_name = "NUMBER", value_parser = seed, allow_hyphen_values = true, default_value = "0")]
    seed: u64,

    /// Listen to the lead alone: the track most likely to carry the tune
    #[arg(long, conflicts_with = "generated")]
    lead: bool,

    /// Evaluate melodies in the place of drums: write one for the drums of every song that has a
    /// melody, in that one's key, range, instrument and density
    ///
    /// Prints, beside the song's own melody and other songs' under its drums: phi of onsets with
    /// drums, shares of notes on a drum and on the kick, correlation of self-similarity and novelty
    /// with the drums', how often a song's own melody is likelier than another's and has more
    /// information in common with its drums, and how far figures of written and real melodies
    /// overlap.
    #[arg(long, conflicts_with_all = ["generated", "lead", "own_densities", "own_bar", "own_bars",
          "alternatives", "candidates"])]
    melody: bool,

    /// Ask for as much of every class of drums as the song's own drums have
    #[arg(long, conflicts_with = "generated")]
    own_densities: bool,

    /// Give the bar of the song's own drums that, looped, has most in common with them, as a groove
    #[arg(long, conflicts_with_all = ["generated", "own_densities"])]
    own_bar: bool,

    /// The same with so many bars, 1 to 4, the main one first, and where in the song they are
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["generated", "own_densities", "own_bar"],
          value_parser = whole(1_u8..=4), allow_hyphen_values = true)]
    own_bars: Option<u8>,

    /// How far the own bars follow the song, 0 to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    follow: Option<f32>,

    /// Of this many alternatives compare the one with the best f1_all, 1 to 8
    #[arg(long, value_name = "NUMBER", default_value = "1", conflicts_with = "generated",
          value_parser = whole(1_u8..=8), allow_hyphen_values = true)]
    alternatives: u8,

    /// Play so many candidates, 2 to 64, keep the best that differ (--keep) and say how good the choice is
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["generated", "alternatives"],
          value_parser = whole(2_u8..=64), allow_hyphen_values = true)]
    candidates: Option<u8>,

    /// How many of the candidates to keep, 1 to 16 [default: 4]
    #[arg(long, value_name = "NUMBER", value_parser = whole(1_u8..=16), allow_hyphen_values = true)]
    keep: Option<u8>,

    #[command(flatten)]
    networks: NetworkArguments,

    #[command(flatten)]
    printing: PrintArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.follow.is_some() && !arguments.own_bar && arguments.own_bars.is_none() {
        return Err(CliError::Usage(
            "--follow says how far the song's own bars follow it: ask for them with --own-bar or \
             --own-bars"
                .to_owned(),
        ));
    }
    let asked = candidates::asked(arguments.candidates, arguments.keep)?;
    if arguments.melody {
        let ours = composer::networks::ALL;
        let models = arguments.networks.models(ours)?;
        let files = midi_files(&arguments.songs)?;
        let (json, quiet) = (arguments.printing.json, arguments.printing.quiet);
        let found = evaluate_melodies::run(&files, &models, arguments.seed, json, quiet)?;
        return found.ok_or_else(|| CliError::NoMelodies { folder: arguments.songs.clone() });
    }
    if let Some((candidates, kept)) = asked {
        return curated(arguments, candidates, kept);
    }
    let pairs = match &arguments.generated {
        Some(generated) => {
            let (pairs, left_out) = pairs_in(&arguments.songs, generated)?;
            if !arguments.printing.quiet {
                left_out.iter().for_each(|error| remark(&format!("left out: {error}")));
            }
            pairs
        }
        None => {
            let songs = midi_files(&arguments.songs)?;
            let folder = arguments.output_folder.as_deref();
            let _made = folder.map(|folder| output_folder(folder, &songs)).transpose()?;
            let pairs = played(arguments, songs)?;
            if let Some(folder) = folder {
                write_drums(folder, &pairs)?;
            }
            pairs
        }
    };
    let Some(evaluation) = evaluate(&pairs) else {
        return Err(CliError::NoDrums { folder: arguments.songs.clone() });
    };
    if arguments.printing.json {
        return print_json(&evaluation);
    }
    if !arguments.printing.quiet && !evaluation.skipped.is_empty() {
        remark(&format!("without real drums: {}", evaluation.skipped.join(", ")));
    }
    let tables = [evaluation.score_table(), evaluation.sense_table(), evaluation.playing_table()];
    print(tables.join("\n").as_bytes())
}

/// A folder for the drums of songs, in none of whose files they are written.
fn output_folder(folder: &Path, songs: &[PathBuf]) -> Result<OutputFolder, CliError> {
    let made = OutputFolder::new(folder)?;
    let outputs: Vec<PathBuf> =
        songs.iter().map(|path| output_path(folder, &song::title(path))).collect();
    files::check(outputs.iter().map(PathBuf::as_path), songs.iter().map(PathBuf::as_path))?;
    Ok(made)
}

fn output_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.mid"))
}

/// Writes the drums that were played.
fn write_drums(folder: &Path, pairs: &[Pair]) -> Result<(), CliError> {
    let output = |pair: &Pair| Output {
        path: output_path(folder, &pair.name),
        bytes: midi::write(&pair.generated),
    };
    write(pairs.iter().map(output).collect())
}

/// How well the best of many candidates are found, for all songs of the folder.
fn curated(arguments: &Arguments, candidates: usize, kept: usize) -> Result<(), CliError> {
    let models = arguments.networks.models(networks::ALL)?;
    let drummer = Drummer::new(models, SoundFont::embedded().clone());
    let files = midi_files(&arguments.songs)?;
    let bar = counted(files.len(), arguments.printing.quiet);
    let mut all = Vec::new();
    for file in files {
        let name = song::title(&file);
        bar.set_message(name.clone());
        bar.inc(1);
        let Ok(reference) = midi::read(&file) else { continue };
        let (heard, settings) = request_for(arguments, &reference, candidates);
        match curation::measure(&drummer, &name, &heard, &reference, &settings, kept) {
            Ok(figures) => all.extend(figures),
            Err(error) if !arguments.printing.quiet => {
                bar.suspend(|| remark(&format!("left out: {}: {error}", file.display())));
            }
            Err(_) => {}
        }
    }
    bar.finish_and_clear();
    if all.is_empty() {
        return Err(CliError::NoDrums { folder: arguments.songs.clone() });
    }
    if arguments.printing.json { print_json(&all) } else { print(curation::table(&all).as_bytes()) }
}

/// What is heard of a song and what is asked of the drummer.
fn request_for(arguments: &Arguments, reference: &Song, alternatives: usize) -> (Song, Settings) {
    let heard = if arguments.lead { View::Lead } else { View::Full }.of(reference);
    let swing = timing::swing(reference);
    let heard = timing::straightened(&heard, swing);
    let own = arguments.own_densities.then(|| own_densities(reference)).flatten();
    let bars = arguments.own_bars.or(arguments.own_bar.then_some(1));
    let groove = bars.and_then(|bars| own_groove(reference, usize::from(bars)));
    let style = groove.map(StyleChoice::Groove).or(own.map(StyleChoice::Densities));
    let usual = Settings::default();
    let settings = Settings {
        style: style.unwrap_or_default(),
        follow: arguments.follow.unwrap_or(usual.follow),
        alternatives,
        swing,
        others_play: arguments.lead,
        seed: arguments.seed,
        ..usual
    };
    (heard, settings)
}

/// The songs with drums that the drummer plays to them now.
fn played(arguments: &Arguments, files: Vec<PathBuf>) -> Result<Vec<Pair>, CliError> {
    let models = arguments.networks.models(networks::ALL)?;
    let drummer = Drummer::new(models, SoundFont::embedded().clone());
    let bar = counted(files.len(), arguments.printing.quiet);
    let mut pairs = Vec::new();
    for file in files {
        let name = song::title(&file);
        bar.set_message(name.clone());
        let reference = match midi::read(&file) {
            Ok(reference) => reference,
            // The others can be compared all the same.
            Err(error) => {
                if !arguments.printing.quiet {
                    bar.suspend(|| remark(&format!("left out: {error}")));
                }
                bar.inc(1);
                continue;
            }
        };
        let (heard, settings) = request_for(arguments, &reference, arguments.alternatives.into());
        match drummer.generate(&heard, &settings, &Silent) {
            Ok(generation) => {
                let f1 = |made: &Song| score(&reference, made).map_or(0.0, |score| score.f1_all);
                let parts = generation.parts.iter().map(|generated| &generated.part);
                // The first of equals: one that cannot be scored is as good as any.
                let best = parts
                    .map(|part| midi::drum_song(&reference, part))
                    .rev()
                    .max_by(|a, b| f1(a).total_cmp(&f1(b)));
                pairs.extend(best.map(|generated| Pair { name, reference, generated }));
            }
            Err(error) if !arguments.printing.quiet => {
                bar.suspend(|| remark(&format!("left out: {}: {error}", file.display())));
            }
            Err(_) => {}
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !arguments.printing.quiet {
        remark_on(&drummer);
    }
    Ok(pairs)
}
