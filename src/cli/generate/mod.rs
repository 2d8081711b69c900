//! `drumlin generate`: drums for a song.

mod args;
mod arguments;
mod files;
mod given_groove;
mod reading;
mod report;
mod several;

use std::path::{Path, PathBuf, is_separator};
use std::time::Instant;

use crate::audio::{self, SoundFont};
use crate::drummer::picture::{FormPicture, facts};
use crate::drummer::{Drummer, Generation, Progress, networks};
use crate::files::Output;
use crate::midi;
use crate::score::{SampleRate, Song};

use super::candidates;
use super::console::{print_json, remark, write};
use super::error::CliError;
use super::progress::Bar;
use super::song::{self, STANDARD};

pub use args::share;
pub use arguments::{Arguments, remark_on};
pub use files::{Content, numbered};

use arguments::font;

use reading::Reading;
use report::{PartFile, Report, Timing};

/// Steps after the drummer's own: curation, sound, picture, files.
const STEPS_AFTER: usize = 4;

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    match (&arguments.output_folder, &arguments.output, &arguments.songs[..]) {
        (Some(folder), ..) => several::run(arguments, folder),
        (None, Some(output), [song]) if !song.is_dir() => one(arguments, song, output),
        _ => Err(CliError::NoFolder),
    }
}

fn one(arguments: &Arguments, path: &Path, output: &Path) -> Result<(), CliError> {
    let begun = Instant::now();
    let (mut settings, kept) = arguments.settings()?;
    if output.is_dir() || output.to_string_lossy().ends_with(is_separator) {
        return Err(CliError::FolderAsFile { path: output.into() });
    }
    let models = arguments.networks.models(networks::ALL)?;
    let remarks = arguments.args.add_grooves(&mut settings, &models)?;
    let paths = Paths::of(arguments, output, kept);
    let sounds = arguments.soundfont.as_deref();
    let read: Vec<&Path> = arguments.args.groove_files().chain([path]).chain(sounds).collect();
    paths.check(&read, arguments.printing.json)?;

    let mut reading = Reading::of(arguments, settings, path)?;
    let font = font(arguments.soundfont.as_deref())?;
    let read = begun.elapsed();

    let bar = Bar::new(STEPS_AFTER, arguments.printing.quiet);
    let drummer = Drummer::new(models, font.clone());
    let mut generation = drummer.generate(&reading.heard, &reading.settings, &bar)?;
    reading.count_in(&generation.analysis);
    let (heard, settings) = (&reading.heard, &reading.settings);
    let mut timings = vec![Timing::new("reading", read)];
    timings.extend(generation.timings.iter().map(|(stage, time)| Timing::new(stage.name(), *time)));
    let mut curated = Vec::new();
    if arguments.candidates.is_some() {
        bar.step("curation");
        let step = Instant::now();
        curated = candidates::keep(&drummer, settings, &mut generation, kept)?;
        timings.push(Timing::new("curation", step.elapsed()));
    }

    let (mut outputs, mut files) = (Vec::new(), Vec::new());
    for (generated, path) in generation.parts.iter().zip(&paths.parts) {
        let bytes = reading.part_file(generated, arguments.merge);
        outputs.push(Output { path: path.clone(), bytes });
        files.push(PartFile { path, notes: reading.file_notes(generated, arguments.merge) });
    }
    if !paths.sounds.is_empty() || !paths.drum_sounds.is_empty() {
        bar.step("sound");
        let step = Instant::now();
        for (generated, path) in generation.parts.iter().zip(&paths.sounds) {
            let song = midi::with_drums_of(&reading.whole, reading.notes(generated));
            let bytes = sound_file(&song, &font, &bar)?;
            outputs.push(Output { path: path.clone(), bytes });
        }
        for (generated, path) in generation.parts.iter().zip(&paths.drum_sounds) {
            let song = midi::drum_song_of(&reading.whole, reading.notes(generated));
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

    if !arguments.printing.quiet {
        remarks.iter().for_each(|line| remark(line));
        reading.remark(path);
        let unplayed = arguments.args.unplayed(&generation.analysis.form);
        unplayed.iter().for_each(|line| remark(line));
        remark_on(&drummer);
        remark(&report::summary(heard, &generation, &files, &curated));
    }
    if arguments.printing.json {
        let mut report = Report::new(path, settings, heard, &generation, &files, timings);
        report.read(&reading.file, &reading.timed);
        report.ran_on(drummer.engine());
        report.chosen(curated);
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
    fn check<'a>(&'a self, read: &[&'a Path], json: bool) -> Result<(), CliError> {
        let standard = self.all().filter(|path| is_standard(path)).count();
        if standard + usize::from(json) > 1 {
            return Err(CliError::OneThing { what: "a file, or the report" });
        }
        if standard > 0 && self.parts.len() > 1 {
            return Err(CliError::OneThing { what: "one alternative" });
        }
        let written = self.all().filter(|path| !is_standard(path));
        crate::files::check(written, read.iter().copied())?;
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
