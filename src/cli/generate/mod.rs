//! `drumlin generate`: drums for a song.

mod files;
mod report;
mod wishes;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::audio::{self, SoundFont};
use crate::drummer::picture::{FormPicture, facts};
use crate::drummer::timing::{self, Timed};
use crate::drummer::{self, CountIn, Drummer, Generation, Progress};
use crate::midi;
use crate::network::{self, Backend, Models, catalogue};
use crate::score::{SampleRate, Song, Ticks};

use super::console::{print_json, remark};
use super::output::{self, Output};
use super::progress::Bar;
use super::song::{BarArguments, KindArguments};
use super::{Failure, song};

use files::numbered;
use report::{Report, Timing};
use wishes::Wishes;

const EXAMPLES: &str = "\
Examples:
  drumlin generate song.mid -o drums.mid
  drumlin generate song.mid -o drums.mid --style funk --alternatives 4 --picture form.png";

/// Play drums to a song
///
/// Writes a General MIDI drum part with the song's tempo and metre.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The song: a MIDI file. Drums in it are not listened to
    song: PathBuf,

    /// The drum part to write (MIDI). Further alternatives get a number: drums-2.mid
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Listen to this track only: its name, part of it, or its number, see `drumlin tracks`. May
    /// be given several times
    #[arg(long, value_name = "NAME|NUMBER")]
    track: Vec<String>,

    #[command(flatten)]
    kinds: KindArguments,

    #[command(flatten)]
    bars: BarArguments,

    #[command(flatten)]
    wishes: Wishes,

    /// Write the whole song with the new drums, not the drums alone: the file as it is but for them
    #[arg(long, help_heading = "What to write")]
    merge: bool,

    /// Draw the song's form as a picture (PNG)
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    picture: Option<PathBuf>,

    /// Render the song with its drums (WAV), one file for each alternative
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    audio: Option<PathBuf>,

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

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut settings = arguments.wishes.settings();
    let paths = Paths::of(arguments, settings.alternatives);
    output::check(paths.all(), &arguments.song)?;

    let file = song::read(&arguments.song, &arguments.kinds)?;
    // What a song without melodic tracks is answered does not wait for its bars.
    song::listened_to(&arguments.song, file.song(), &arguments.track)?;
    let timed = Timed::of(file.song(), arguments.bars.bars());
    let mut heard = song::listened_to(&arguments.song, &timed.song, &arguments.track)?;
    settings.swing = arguments.wishes.swing().unwrap_or_else(|| timing::swing(&timed.song));
    // The song as it is written and heard, and how much later than in the file.
    let (mut whole, mut later) = (file.song().clone(), Ticks(0));
    if settings.count_in != CountIn::None
        && !timed.is_followed()
        && let Some(moved) = drummer::with_bar_before(&heard)
    {
        heard = moved;
        whole = drummer::moved_by_bar(&timed.song);
        later = whole.end() - timed.song.end();
    }
    let models = models(&arguments.backend, arguments.models.as_deref())?;
    let font = font(arguments.soundfont.as_deref())?;
    let read = begun.elapsed();

    let bar = Bar::new(STEPS_AFTER, arguments.quiet);
    let drummer = Drummer::new(models, font.clone());
    let generation = drummer.generate(&heard, &settings, &bar)?;
    let mut timings = vec![Timing::new("reading", read)];
    timings.extend(generation.timings.iter().map(|(stage, time)| Timing::new(stage.name(), *time)));

    let mut outputs = Vec::new();
    for (take, path) in generation.takes.iter().zip(&paths.parts) {
        let notes = timed.notes(&take.part);
        let bytes = if arguments.merge {
            file.with_drums(&notes, later)
        } else {
            midi::write(&midi::drum_song_of(&whole, notes))
        };
        outputs.push(Output { path: path.clone(), bytes });
    }
    if !paths.sounds.is_empty() {
        bar.step("sound");
        let step = Instant::now();
        for (take, path) in generation.takes.iter().zip(&paths.sounds) {
            let song = midi::with_drums_of(&whole, timed.notes(&take.part));
            let bytes = sound_file(&song, &font, &bar)?;
            outputs.push(Output { path: path.clone(), bytes });
        }
        timings.push(Timing::new("sound", step.elapsed()));
    }
    if let Some(path) = &arguments.picture {
        bar.step("picture");
        let step = Instant::now();
        let title = song::title(&arguments.song).replace('_', " ");
        let bytes = picture(&title, &heard, &generation)?;
        outputs.push(Output { path: path.clone(), bytes });
        timings.push(Timing::new("picture", step.elapsed()));
    }
    bar.step("files");
    let step = Instant::now();
    output::write(outputs)?;
    timings.push(Timing::new("files", step.elapsed()));
    timings.push(Timing::new("all", begun.elapsed()));
    bar.end();

    if !arguments.quiet {
        if let Some(mended) = song::mended(&arguments.song, &file) {
            remark(&mended);
        }
        if let Some(finding) = &timed.finding {
            remark(&finding.to_string());
        }
        remark_on(&drummer);
        remark(&report::summary(&heard, &generation, &paths.parts));
    }
    if arguments.json {
        let mut report =
            Report::new(arguments, &settings, &heard, &generation, &paths.parts, timings);
        report.read(&file, &timed);
        report.ran_on(drummer.engine());
        print_json(&report)?;
    }
    Ok(())
}

/// Where everything goes.
struct Paths {
    parts: Vec<PathBuf>,
    sounds: Vec<PathBuf>,
    picture: Option<PathBuf>,
}

impl Paths {
    fn of(arguments: &Arguments, alternatives: usize) -> Paths {
        let audio = arguments.audio.as_ref();
        Paths {
            parts: numbered(&arguments.output, alternatives),
            sounds: audio.map(|path| numbered(path, alternatives)).unwrap_or_default(),
            picture: arguments.picture.clone(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().chain(&self.sounds).chain(&self.picture).map(PathBuf::as_path)
    }
}

/// The networks, with the user's in place of ours.
pub fn models(argument: &BackendArgument, folder: Option<&Path>) -> Result<Models, Failure> {
    let models = Models::new(argument.backend, folder.map(Path::to_owned));
    if let Some(folder) = folder {
        // A folder in which nothing is found is a slip; using the built-in networks would hide it.
        if !catalogue::ALL.iter().any(|spec| models.replacement(spec).is_some()) {
            let names: Vec<&str> = catalogue::ALL.iter().map(|spec| spec.file).collect();
            return Err(Failure::NoModels { folder: folder.into(), names: names.join(", ") });
        }
    }
    Ok(models)
}

/// The sounds to listen and render with.
pub fn font(path: Option<&Path>) -> Result<SoundFont, Failure> {
    let Some(path) = path else { return Ok(SoundFont::embedded().clone()) };
    SoundFont::read(path).map_err(|source| match source {
        audio::AudioError::Unreadable { .. } => Failure::Audio(source),
        source => Failure::SoundFont { path: path.into(), source },
    })
}

fn sound_file(song: &Song, font: &SoundFont, bar: &Bar) -> Result<Vec<u8>, Failure> {
    let stereo = audio::render_stereo(song, font, SampleRate::ANALYSIS, &|| bar.is_cancelled())?;
    Ok(audio::wav_stereo(&stereo, SampleRate::ANALYSIS))
}

fn picture(title: &str, song: &Song, generation: &Generation) -> Result<Vec<u8>, Failure> {
    let picture = FormPicture {
        title,
        facts: &facts(song),
        form: &generation.heard.form,
        melodic: &generation.heard.melodic_ssm,
        drums: &generation.heard.drum_ssm,
    };
    Ok(picture.png()?)
}
