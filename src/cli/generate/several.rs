//! Drums for several songs in one call, over all cores. A song that cannot be used is said, and the others
//! go on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam::channel;

use super::arguments::{Arguments, font, remark_on};
use super::files::numbered;
use super::reading::Reading;
use crate::cli::console::{print_error, remark};
use crate::cli::error::CliError;
use crate::cli::folders::{OutputFolder, midi_files};
use crate::cli::output_names::output_names;
use crate::cli::progress::counted;
use crate::cli::song;
use crate::cli::words::count;
use crate::drummer::{Drummer, Settings, Silent, networks};
use crate::files::Output;

/// A song and where its drums go.
struct Work<'a> {
    song: &'a Path,
    parts: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, folder: &Path) -> Result<(), CliError> {
    let (mut settings, kept) = arguments.settings()?;
    let songs = songs(&arguments.songs)?;
    let models = arguments.networks.models(networks::ALL)?;
    let mut remarks = arguments.args.add_grooves(&mut settings, &models)?;
    let (names, of_names) = output_names(&songs);
    remarks.extend(of_names);
    let works = works(&songs, &names, folder, kept);
    let drummer = Drummer::new(models, font(arguments.soundfont.as_deref())?);

    let _made = OutputFolder::new(folder)?;
    let parts = works.iter().flat_map(|work| &work.parts).map(PathBuf::as_path);
    let read = songs.iter().map(PathBuf::as_path);
    let read = read.chain(arguments.args.groove_files()).chain(arguments.soundfont.as_deref());
    crate::files::check(parts, read)?;
    // What is refused has no remarks.
    if !arguments.printing.quiet {
        remarks.iter().for_each(|line| remark(line));
    }
    drum_all(arguments, &settings, &drummer, &works, folder)
}

/// Writes the drums of all songs.
fn drum_all(
    arguments: &Arguments,
    settings: &Settings,
    drummer: &Drummer,
    works: &[Work<'_>],
    folder: &Path,
) -> Result<(), CliError> {
    let bar = counted(works.len(), arguments.printing.quiet);
    let failures = AtomicUsize::new(0);
    // All songs wait in one queue; whoever is free takes the next.
    let (queue, waiting) = channel::unbounded();
    works.iter().try_for_each(|work| queue.send(work)).expect("the receiver is alive");
    drop(queue);
    let work = &|| {
        for work in &waiting {
            bar.set_message(song::title(work.song));
            match drum(arguments, settings, drummer, work) {
                Ok(remarks) if !arguments.printing.quiet => {
                    bar.suspend(|| remarks.iter().for_each(|line| remark(line)));
                }
                Ok(_) => {}
                Err(failure) => {
                    failures.fetch_add(1, Ordering::Relaxed);
                    bar.suspend(|| print_error(&failure));
                }
            }
            bar.inc(1);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from).min(works.len());
    thread::scope(|scope| {
        for _ in 1..cores {
            scope.spawn(work);
        }
        work();
    });
    bar.finish_and_clear();

    let (failed, all) = (failures.into_inner(), works.len());
    if !arguments.printing.quiet {
        remark_on(drummer);
        let (drummed, songs) = (all - failed, count(all, "song"));
        remark(&format!("{drummed} of {songs} drummed to, in {}", folder.display()));
    }
    if failed == 0 { Ok(()) } else { Err(CliError::Songs { failed, all }) }
}

/// The songs that are meant: files, and those of folders.
fn songs(given: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut songs = Vec::new();
    for path in given {
        if !path.is_dir() {
            songs.push(path.clone());
            continue;
        }
        let found = midi_files(path)?;
        if found.is_empty() {
            return Err(CliError::NoSongs { folder: path.clone() });
        }
        songs.extend(found);
    }
    Ok(songs)
}

/// The songs with their files.
fn works<'a>(
    songs: &'a [PathBuf],
    names: &[String],
    folder: &Path,
    alternatives: usize,
) -> Vec<Work<'a>> {
    let work = |(song, name): (&'a PathBuf, &String)| {
        let parts = numbered(&folder.join(format!("{name}.mid")), alternatives);
        Work { song: song.as_path(), parts }
    };
    songs.iter().zip(names).map(work).collect()
}

/// Writes the drums of a song. Answers with what there is to say about it, a line each that names it.
fn drum(
    arguments: &Arguments,
    settings: &Settings,
    drummer: &Drummer,
    work: &Work<'_>,
) -> Result<Vec<String>, CliError> {
    let mut reading = Reading::of(arguments, settings.clone(), work.song)?;
    let generation = drummer.generate(&reading.heard, &reading.settings, &Silent)?;
    reading.count_in(&generation.analysis);
    let parts = generation.parts.iter().zip(&work.parts);
    let outputs = parts.map(|(part, path)| Output {
        path: path.clone(),
        bytes: reading.part_file(part, arguments.merge),
    });
    crate::files::write(outputs.collect())?;
    let unplayed = arguments.args.unplayed(&generation.analysis.form);
    let named = |line: String| format!("{}: {line}", work.song.display());
    let mended = song::mended(work.song, &reading.file);
    Ok(mended.into_iter().chain(reading.findings().chain(unplayed).map(named)).collect())
}
