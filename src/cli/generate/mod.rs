//! `drumlin generate`: drums for a song.

mod args;
mod files;
mod reading;
mod report;
mod several;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::audio::{self, SoundFont};
use crate::drummer::picture::{FormPicture, facts};
use crate::drummer::{Drummer, Generation, Progress};
use crate::files::Output;
use crate::midi;
use crate::network::{self, Backend, Models, catalogue};
use crate::score::{SampleRate, Song};

use super::console::{print, print_json, remark};
use super::progress::Bar;
use super::song::{BarArguments, KindArguments, STANDARD};
use super::{CliError, song};

use args::GenerateArgs;
use files::{Content, numbered};
use reading::Reading;
use report::{Report, Timing};

const EXAMPLES: &str = "\
Examples:
  drumlin generate song.mid -o drums.mid
  drumlin generate song.mid -o drums.mid --style funk --alternatives 4 --picture form.png
  drumlin generate songs/*.mid --output-folder drums";

/// Play drums to a song
///
/// Writes a General MIDI drum part with the song's tempo and metre.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The song: a MIDI file, or - for standard input. Drums in it are not listened to. With
    /// --output-folder, several
    #[arg(required = true, value_name = "SONG")]
    songs: Vec<PathBuf>,

    /// The drum part to write (MIDI), or - for standard output. Further alternatives get a number:
    /// drums-2.mid
    #[arg(short, long, value_name = "FILE", required_unless_present = "output_folder")]
    output: Option<PathBuf>,

    /// A folder for the drum parts of all songs, each under its song's name; it is made if need be
    #[arg(
        long,
        value_name = "FOLDER",
        conflicts_with_all = ["output", "audio", "drums_audio", "picture", "json"],
    )]
    output_folder: Option<PathBuf>,

    /// Listen to this track only: its name, part of it, or its number, see `drumlin tracks`. May
    /// be given several times
    #[arg(long, value_name = "NAME|NUMBER")]
    track: Vec<String>,

    #[command(flatten)]
    kinds: KindArguments,

    #[command(flatten)]
    bars: BarArguments,

    #[command(flatten)]
    args: GenerateArgs,

    /// Write the whole song with the new drums, not the drums alone: the file as it is but for them
    #[arg(long, help_heading = "What to write")]
    merge: bool,

    /// Draw the song's form as a picture (PNG)
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    picture: Option<PathBuf>,

    /// Render the song with its drums (WAV), one file for each alternative
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    audio: Option<PathBuf>,

    /// Render the drums alone (WAV), one file for each alternative
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    drums_audio: Option<PathBuf>,

    /// Print a report on standard output (JSON): form, timings, memory, notes
    #[arg(long, help_heading = "What to write")]
    json: bool,

    /// Say nothing but errors
    #[arg(short, long, help_heading = "What to write")]
    quiet: bool,

    /// Sounds to listen and render with (.sf2), instead of the ones built in
    #[arg(long, value_name = "FILE", help_heading = "What to use")]
    soundfont: Option<PathBuf>,

    /// A folder with networks of your own: its files take the place of those built in
    #[arg(long, value_name = "FOLDER", help_heading = "What to use")]
    models: Option<PathBuf>,

    #[command(flatten)]
    backend: BackendArgument,
}

/// What runs the networks.
#[derive(Debug, Args)]
pub struct BackendArgument {
    /// What the networks run on: auto takes the GPU where there is one, see `drumlin devices`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        value_parser = backend(),
        help_heading = "What to use",
    )]
    backend: Backend,
}

fn backend() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name)).map(|name| {
        // The parser before lets only these names through.
        Backend::ALL.into_iter().find(|backend| backend.name() == name).unwrap_or_default()
    })
}

/// Says that the GPU broke while it was used, if it did.
pub fn remark_on(drummer: &Drummer) {
    if let Some(network::Engine { broke: true, why: Some(why), .. }) = drummer.engine() {
        remark(&format!("{why}; the processor did the rest"));
    }
}

/// Steps after the drummer's own: sound, picture, files.
const STEPS_AFTER: usize = 3;

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    match (&arguments.output_folder, &arguments.output, &arguments.songs[..]) {
        (Some(folder), ..) => several::run(arguments, folder),
        (None, Some(output), [song]) => one(arguments, song, output),
        _ => Err(CliError::NoFolder),
    }
}

fn one(arguments: &Arguments, path: &Path, output: &Path) -> Result<(), CliError> {
    let begun = Instant::now();
    let settings = arguments.args.settings();
    let paths = Paths::of(arguments, output, settings.alternatives);
    paths.check(path, arguments.json)?;

    let reading = Reading::of(arguments, settings, path)?;
    let (heard, settings) = (&reading.heard, &reading.settings);
    let models = models(&arguments.backend, arguments.models.as_deref())?;
    let font = font(arguments.soundfont.as_deref())?;
    let read = begun.elapsed();

    let bar = Bar::new(STEPS_AFTER, arguments.quiet);
    let drummer = Drummer::new(models, font.clone());
    let generation = drummer.generate(heard, settings, &bar)?;
    let mut timings = vec![Timing::new("reading", read)];
    timings.extend(generation.timings.iter().map(|(stage, time)| Timing::new(stage.name(), *time)));

    let mut outputs = Vec::new();
    for (take, path) in generation.parts.iter().zip(&paths.parts) {
        let bytes = reading.part_file(take, arguments.merge);
        outputs.push(Output { path: path.clone(), bytes });
    }
    if !paths.sounds.is_empty() || !paths.drum_sounds.is_empty() {
        bar.step("sound");
        let step = Instant::now();
        for (take, path) in generation.parts.iter().zip(&paths.sounds) {
            let song = midi::with_drums_of(&reading.whole, reading.timed.notes(&take.part));
            let bytes = sound_file(&song, &font, &bar)?;
            outputs.push(Output { path: path.clone(), bytes });
        }
        for (take, path) in generation.parts.iter().zip(&paths.drum_sounds) {
            let song = midi::drum_song_of(&reading.whole, reading.timed.notes(&take.part));
            let bytes = sound_file(&song, &font, &bar)?;
            outputs.push(Output { path: path.clone(), bytes });
        }
        timings.push(Timing::new("sound", step.elapsed()));
    }
    if let Some(place) = &arguments.picture {
        bar.step("picture");
        let step = Instant::now();
        let title = song::title(path).replace('_', " ");
        let bytes = picture(&title, heard, &generation)?;
        outputs.push(Output { path: place.clone(), bytes });
        timings.push(Timing::new("picture", step.elapsed()));
    }
    bar.step("files");
    let step = Instant::now();
    write(outputs)?;
    timings.push(Timing::new("files", step.elapsed()));
    timings.push(Timing::new("all", begun.elapsed()));
    bar.end();

    if !arguments.quiet {
        reading.remark(path);
        remark_on(&drummer);
        remark(&report::summary(heard, &generation, &paths.parts));
    }
    if arguments.json {
        let mut report = Report::new(path, settings, heard, &generation, &paths.parts, timings);
        report.read(&reading.file, &reading.timed);
        report.ran_on(drummer.engine());
        print_json(&report)?;
    }
    Ok(())
}

/// Where everything goes.
struct Paths {
    parts: Vec<PathBuf>,
    sounds: Vec<PathBuf>,
    drum_sounds: Vec<PathBuf>,
    picture: Option<PathBuf>,
}

fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD)
}

impl Paths {
    fn of(arguments: &Arguments, output: &Path, alternatives: usize) -> Paths {
        let sounds = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| numbered(path, alternatives)).unwrap_or_default()
        };
        Paths {
            parts: numbered(output, alternatives),
            sounds: sounds(&arguments.audio),
            drum_sounds: sounds(&arguments.drums_audio),
            picture: arguments.picture.clone(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Path> {
        let sounds = self.sounds.iter().chain(&self.drum_sounds);
        self.parts.iter().chain(sounds).chain(&self.picture).map(PathBuf::as_path)
    }

    /// Says before the work begins what would keep its results from being written.
    fn check(&self, song: &Path, json: bool) -> Result<(), CliError> {
        let standard = self.all().filter(|path| is_standard(path)).count();
        if standard + usize::from(json) > 1 {
            return Err(CliError::OneThing { what: "a file, or the report" });
        }
        if standard > 0 && self.parts.len() > 1 {
            return Err(CliError::OneThing { what: "one alternative" });
        }
        crate::files::check(self.all().filter(|path| !is_standard(path)), song)?;
        let kinds = [
            (Content::Midi, &self.parts[..]),
            (Content::Sound, &self.sounds[..]),
            (Content::Sound, &self.drum_sounds[..]),
            (Content::Picture, self.picture.as_slice()),
        ];
        let mut paths =
            kinds.iter().flat_map(|(kind, paths)| paths.iter().map(move |path| (kind, path)));
        paths.try_for_each(|(kind, path)| kind.check(path))
    }
}

/// Writes all files; what goes to standard output goes there last, once all else is safe.
fn write(outputs: Vec<Output>) -> Result<(), CliError> {
    let (standard, files): (Vec<Output>, Vec<Output>) =
        outputs.into_iter().partition(|output| is_standard(&output.path));
    crate::files::write(files)?;
    standard.iter().try_for_each(|output| print(&output.bytes))
}

/// The networks, with the user's in place of ours.
pub fn models(argument: &BackendArgument, folder: Option<&Path>) -> Result<Models, CliError> {
    let models = Models::new(argument.backend, folder.map(Path::to_owned));
    if let Some(folder) = folder {
        // A folder in which nothing is found is a slip; using the built-in networks would hide it.
        if !catalogue::ALL.iter().any(|spec| models.replacement(spec).is_some()) {
            let names: Vec<&str> = catalogue::ALL.iter().map(|spec| spec.file).collect();
            return Err(CliError::NoModels { folder: folder.into(), names: names.join(", ") });
        }
    }
    Ok(models)
}

/// The sounds to listen and render with.
pub fn font(path: Option<&Path>) -> Result<SoundFont, CliError> {
    let Some(path) = path else { return Ok(SoundFont::embedded().clone()) };
    SoundFont::read(path).map_err(|source| match source {
        audio::AudioError::Unreadable { .. } => CliError::Audio(source),
        source => CliError::SoundFont { path: path.into(), source },
    })
}

fn sound_file(song: &Song, font: &SoundFont, bar: &Bar) -> Result<Vec<u8>, CliError> {
    let stereo = audio::render_stereo(song, font, SampleRate::ANALYSIS, &|| bar.is_cancelled())?;
    Ok(audio::wav_stereo(&stereo, SampleRate::ANALYSIS))
}

fn picture(title: &str, song: &Song, generation: &Generation) -> Result<Vec<u8>, CliError> {
    let picture = FormPicture {
        title,
        facts: &facts(song),
        form: &generation.analysis.form,
        drum_form: &generation.analysis.drum_form,
        melodic: &generation.analysis.melodic_ssm,
        drums: &generation.analysis.drum_ssm,
    };
    Ok(picture.png()?)
}
