//! `drumlin compose`: a melody for drums.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::audio::{self, SoundFont};
use crate::composer::{
    ComposeError, Key, MOST_ALTERNATIVES, MOST_NOTES, Range, Request, compose, networks,
    program_named,
};
use crate::files::{self, Output};
use crate::midi;
use crate::score::{Note, SampleRate, Song, program_name};

use super::common::{NetworkArguments, PrintArguments, named_file, seed, whole};
use super::console::{print_json, remark, write};
use super::error::CliError;
use super::generate::{Content, numbered, share};
use super::progress::counted;
use super::song::{self, KindArguments, STANDARD, input_name, output_name};
use super::words::count;

/// Write a melody for drums: of the same bars and form, in a key and a range
#[derive(Debug, Args)]
#[command(mut_arg("json", |json| json.help("Print what was written as JSON")))]
#[command(mut_arg("models", |models| models.hide_short_help(true)))]
pub struct Arguments {
    /// The song with the drums (MIDI); `-` is standard input
    song: PathBuf,

    /// The MIDI file to write; further alternatives get a number. `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// The key, such as "A minor", Bb or "D dorian" [default: that of --chords or --rhythm-of, else
    /// A minor]
    #[arg(long, value_name = "KEY", value_parser = |text: &str| text.parse::<Key>())]
    key: Option<Key>,

    /// The lowest and the highest note, such as A3-E5; C4 is middle C [default: what suits the
    /// instrument]
    #[arg(long, value_name = "RANGE", value_parser = |text: &str| text.parse::<Range>())]
    range: Option<Range>,

    /// The instrument by its General MIDI name or number (1 to 128)
    #[arg(long, value_name = "NAME", default_value = "Square lead", value_parser = instrument)]
    instrument: u8,

    /// Notes a bar, 0 to 16 [default: about five, each alternative its own]
    #[arg(long, value_name = "NOTES", value_parser = density, allow_hyphen_values = true)]
    density: Option<f32>,

    /// How much of the melody comes again, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0.5", value_parser = share, allow_hyphen_values = true)]
    repeat: f32,

    /// How many melodies to write, 1 to 8
    #[arg(long, value_name = "NUMBER", default_value = "1", allow_hyphen_values = true,
          value_parser = whole(1..=MOST_ALTERNATIVES as u8))]
    alternatives: u8,

    /// The same number gives the same melodies
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = seed, allow_hyphen_values = true)]
    seed: u64,

    /// Keep the rhythm of this song's melody, to the tick: only pitches are new
    #[arg(long, value_name = "FILE", conflicts_with = "density", value_parser = named_file())]
    rhythm_of: Option<PathBuf>,

    /// Keep the pitches of this song's melody, in their order, with --range in octaves that lie
    /// within: only the rhythm is new
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "chords"],
          value_parser = named_file())]
    pitches_of: Option<PathBuf>,

    /// Agree with the chords of this song, whose bars are those of the drums, also where a bar comes
    /// again; it may be the song with the drums itself
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    chords: Option<PathBuf>,

    /// Also write a WAV file with the drums and the first melody
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    audio: Option<PathBuf>,

    #[command(flatten)]
    printing: PrintArguments,

    #[command(flatten)]
    kinds: KindArguments,

    #[command(flatten)]
    networks: NetworkArguments,
}

fn instrument(text: &str) -> Result<u8, String> {
    program_named(text).ok_or_else(|| {
        "a General MIDI instrument is needed, such as \"Flute\", or its number from 1 to 128".into()
    })
}

fn density(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(density) if (0.0..=MOST_NOTES).contains(&density) => Ok(density),
        _ => Err(format!("a number of notes from 0 to {MOST_NOTES} is needed")),
    }
}

/// Refuses a song without a note that a melody could agree with, and says so if there are no chords.
fn check_chords(path: &Path, chords: &Song, arguments: &Arguments) -> Result<(), CliError> {
    let mut notes: Vec<&Note> = chords.melodic().flat_map(|track| &track.notes).collect();
    if notes.is_empty() {
        let (drums, source) = (input_name(&arguments.song).into(), ComposeError::NoChords);
        return Err(CliError::Compose { drums, source });
    }
    notes.sort_by_key(|note| note.start);
    // What is played legato overlaps a little.
    let together = |pair: &[&Note]| {
        let both = pair[0].end().min(pair[1].end()) - pair[1].start;
        2 * both.0 > pair[0].length.min(pair[1].length).0
    };
    if !arguments.printing.quiet && !notes.windows(2).any(together) {
        let path = path.display();
        remark(&format!("{path} has no chords: the melody agrees with its single notes"));
    }
    Ok(())
}

/// What was written, for `--json`.
#[derive(Serialize)]
struct Report {
    drums: String,
    bars: usize,
    key: String,
    range: String,
    instrument: &'static str,
    seed: u64,
    melodies: Vec<MelodyReport>,
}

#[derive(Serialize)]
struct MelodyReport {
    file: String,
    notes: usize,
    /// Of all bars of the song.
    notes_a_bar: f64,
    /// First bars, from 1.
    phrases: Vec<usize>,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    let outputs = numbered(&arguments.output, usize::from(arguments.alternatives));
    let standard = arguments.output == Path::new(STANDARD);
    if standard && (arguments.printing.json || arguments.alternatives > 1) {
        let what = "one melody, or --json";
        return Err(CliError::OneThing { what });
    }
    Content::Midi.check(&arguments.output)?;
    if let Some(audio) = &arguments.audio {
        Content::Sound.check(audio)?;
    }
    let written = outputs.iter().map(PathBuf::as_path).filter(|_| !standard);
    let others = [&arguments.rhythm_of, &arguments.pitches_of, &arguments.chords];
    let read = others.into_iter().flatten().chain([&arguments.song]).map(PathBuf::as_path);
    files::check(written.chain(arguments.audio.as_deref()), read)?;

    let file = song::read(&arguments.song, &arguments.kinds)?;
    if let Some(mended) = song::mended(&arguments.song, &file).filter(|_| !arguments.printing.quiet)
    {
        remark(&mended);
    }
    let drums = file.song();
    let other = |path: &Option<PathBuf>| path.as_deref().map(midi::read).transpose();
    let rhythm = other(&arguments.rhythm_of)?;
    let pitches = other(&arguments.pitches_of)?;
    let chords = other(&arguments.chords)?;
    if let (Some(path), Some(chords)) = (&arguments.chords, &chords) {
        check_chords(path, chords, arguments)?;
    }
    let request = Request {
        key: arguments.key,
        profile: None,
        range: arguments.range,
        program: arguments.instrument,
        density: arguments.density,
        repeat: arguments.repeat,
        rhythm_of: rhythm.as_ref(),
        pitches_of: pitches.as_ref(),
        chords: chords.as_ref(),
        seed: arguments.seed,
        alternatives: usize::from(arguments.alternatives),
    };
    let models = arguments.networks.models(networks::ALL)?;
    let bar = counted(100, arguments.printing.quiet);
    bar.set_message(song::title(&arguments.song));
    let told = |share: f32| {
        bar.set_position((share * 100.0) as u64);
        true
    };
    let composition = compose(drums, &request, &models, &told);
    bar.finish_and_clear();
    let composition = composition.map_err(|source| CliError::Compose {
        drums: input_name(&arguments.song).into(),
        source,
    })?;

    let program = composition.voice.program;
    let songs: Vec<Song> =
        composition.melodies.iter().map(|melody| melody.song(drums, program)).collect();
    let named = outputs.iter().zip(&songs);
    let midi = named.map(|(path, song)| Output { path: path.clone(), bytes: midi::write(song) });
    let mut files: Vec<Output> = midi.collect();
    if let (Some(path), Some(melody)) = (&arguments.audio, composition.melodies.first()) {
        let mut both = melody.song(drums, program);
        both.tracks.extend(drums.tracks.iter().filter(|track| track.is_drums()).cloned());
        let rate = SampleRate::ANALYSIS;
        let sound = audio::render_stereo(&both, SoundFont::embedded(), rate, &|| false)?;
        files.push(Output { path: path.clone(), bytes: audio::wav_stereo(&sound, rate) });
    }
    write(files)?;

    let bars = drums.bars().len();
    let melodies = composition.melodies.iter().zip(&outputs).map(|(melody, path)| MelodyReport {
        file: path.display().to_string(),
        notes: melody.notes.len(),
        notes_a_bar: (melody.notes.len() as f64 / bars.max(1) as f64 * 100.0).round() / 100.0,
        phrases: melody.phrases.iter().map(|bar| bar + 1).collect(),
    });
    let report = Report {
        drums: arguments.song.display().to_string(),
        bars,
        key: composition.voice.key.to_string(),
        range: composition.voice.range.to_string(),
        instrument: program_name(program),
        seed: arguments.seed,
        melodies: melodies.collect(),
    };
    if arguments.printing.json {
        print_json(&report)?;
    } else if !arguments.printing.quiet {
        for (melody, path) in report.melodies.iter().zip(&outputs) {
            let Report { key, range, bars, .. } = &report;
            let (file, notes) = (output_name(path).display(), &melody.notes);
            let (notes, bars) = (count(*notes, "note"), count(*bars, "bar"));
            remark(&format!("{file}: {notes} in {bars}, {key}, {range}"));
        }
    }
    Ok(())
}
