//! Drums for several songs in one call, over all cores. A song that cannot be used is said, and the others
//! go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam::channel;

use super::arguments::{Arguments, font, remark_on};
use super::files::numbered;
use super::reading::Reading;
use crate::cli::console::{print_error, remark};
use crate::cli::error::CliError;
use crate::cli::output_names::output_names;
use crate::cli::progress::counted;
use crate::cli::song;
use crate::drummer::{Drummer, Settings, Silent, networks};
use crate::files::Output;

/// A song and where its drums go.
struct Work<'a> {
    song: &'a Path,
    parts: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, folder: &Path) -> Result<(), CliError> {
    let mut settings = arguments.args.settings();
    for line in arguments.args.add_grooves(&mut settings)? {
        if !arguments.printing.quiet {
            remark(&line);
        }
    }
    let failed = |source| CliError::Folder { folder: folder.into(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let (names, remarks) = output_names(&arguments.songs);
    if !arguments.printing.quiet {
        remarks.iter().for_each(|line| remark(line));
    }
    let works = works(&arguments.songs, &names, folder, settings.alternatives);
    let parts = works.iter().flat_map(|work| &work.parts).map(PathBuf::as_path);
    let songs = arguments.songs.iter().map(PathBuf::as_path);
    crate::files::check(
        parts,
        songs.chain(arguments.args.groove_files()).chain(arguments.soundfont.as_deref()),
    )?;
    let models = arguments.networks.models(networks::ALL)?;
    let drummer = Drummer::new(models, font(arguments.soundfont.as_deref())?);

    let bar = counted(works.len(), arguments.printing.quiet);
    let failures = AtomicUsize::new(0);
    // All songs wait in one queue; whoever is free takes the next.
    let (queue, waiting) = channel::unbounded();
    works.iter().try_for_each(|work| queue.send(work)).expect("the receiver is alive");
    drop(queue);
    let work = &|| {
        for work in &waiting {
            bar.set_message(song::title(work.song));
            let drummed = drum(arguments, &settings, &drummer, work);
            if let (Ok(reading), false) = (&drummed, arguments.printing.quiet) {
                bar.suspend(|| reading.remark(work.song));
            }
            if let Err(failure) = drummed {
                failures.fetch_add(1, Ordering::Relaxed);
                bar.suspend(|| print_error(&failure));
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
        remark_on(&drummer);
        let songs = if all == 1 { "song" } else { "songs" };
        remark(&format!("{} of {all} {songs} drummed to, in {}", all - failed, folder.display()));
    }
    if failed == 0 { Ok(()) } else { Err(CliError::Songs { failed, all }) }
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

fn drum(
    arguments: &Arguments,
    settings: &Settings,
    drummer: &Drummer,
    work: &Work<'_>,
) -> Result<Reading, CliError> {
    let reading = Reading::of(arguments, settings.clone(), work.song)?;
    let generation = drummer.generate(&reading.heard, &reading.settings, &Silent)?;
    let parts = generation.parts.iter().zip(&work.parts);
    let outputs = parts.map(|(part, path)| Output {
        path: path.clone(),
        bytes: reading.part_file(part, arguments.merge),
    });
    crate::files::write(outputs.collect())?;
    Ok(reading)
}
