//! `drumlin render`: a performance in the piano sound of a recording.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use crate::audio::{self, DECODED_RATE, Stereo};
use crate::files::{self, Output};
use crate::midi::{SongFile, VolumeChange};
use crate::score::{Note, SampleRate, Song, TempoMap, Track, TrackKind};
use crate::timbre::{
    Learned, Part, PedalMove, Piano, PlayedNote, VolumeMove, beginning, learn, level, perform_parts,
};

use super::common::named_file;
use super::console::{remark, write};
use super::error::CliError;
use super::generate::Content;
use super::progress::counted;
use super::song::{self, KindArguments, STANDARD, input_name};
use super::words::count;

/// The largest piano file that is read, in bytes; they have less than a megabyte.
const LARGEST_PIANO: u64 = 4 << 20;

/// Play a MIDI song with the piano sound of a recording
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("sound").required(true).args(["like", "piano"])))]
pub struct Arguments {
    /// The MIDI file, or `-` for standard input; its melodic tracks are played
    song: PathBuf,

    /// A recording of a piano alone, ten to thirty seconds or more (WAV, AIFF, FLAC, MP3, Ogg Vorbis)
    #[arg(long, value_name = "RECORDING", value_parser = named_file())]
    like: Option<PathBuf>,

    /// What the recording plays as a MIDI file, in its time; by default its notes are listened for
    #[arg(long, value_name = "FILE", requires = "like", conflicts_with = "piano",
          value_parser = named_file())]
    reference_midi: Option<PathBuf>,

    /// A piano that was kept with --save
    #[arg(long, value_name = "FILE", conflicts_with = "save", value_parser = named_file())]
    piano: Option<PathBuf>,

    /// Keep the recording's piano as a file (.drumlin-piano)
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    save: Option<PathBuf>,

    /// The WAV file to write; by default the song's name with .wav, in the current folder. `-` is
    /// standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only this track: its name or number, see `drumlin tracks`. May be given several times
    #[arg(long, value_name = "TRACK")]
    track: Vec<String>,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    kinds: KindArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.wav", song::title(&arguments.song))));
    Content::Sound.check(&output)?;
    let written = [Some(output.as_path()), arguments.save.as_deref()];
    let written: Vec<&Path> =
        written.into_iter().flatten().filter(|path| *path != Path::new(STANDARD)).collect();
    let read = [
        Some(&arguments.song),
        arguments.like.as_ref(),
        arguments.reference_midi.as_ref(),
        arguments.piano.as_ref(),
    ];
    files::check(written.iter().copied(), read.into_iter().flatten().map(PathBuf::as_path))?;
    let mut remarks = Vec::new();
    let file = song::read(&arguments.song, &arguments.kinds)?;
    remarks.extend(song::mended(&arguments.song, &file));
    let tracks = chosen(&file, &arguments.song, &arguments.track)?;
    let pianos = pianos(file.song());
    if arguments.track.is_empty() && !pianos.is_empty() && pianos != tracks {
        let (of, others) = (input_name(&arguments.song).display(), beside(file.song(), &pianos));
        remarks.push(format!("{of}: the piano plays {others} as well: choose with --track"));
    }
    let parts = parts(&file, &tracks);

    let bar = counted(100, arguments.quiet);
    let piano = match (&arguments.like, &arguments.piano) {
        (Some(recording), _) => {
            bar.set_message("Listening to the recording");
            let done = |share: f32| {
                bar.set_position((share * 80.0) as u64);
                true
            };
            let midi = arguments.reference_midi.as_deref();
            let Learned { measured, remarks: found } =
                learned(recording, midi, &mut remarks, &done)?;
            let keys = count(measured.piano.measured_keys(), "key");
            let notes = count(measured.notes, "note");
            let of = recording.display();
            remarks.push(format!("{of}: {notes} of {keys} measured"));
            remarks.extend(found.iter().map(|found| format!("{of}: {found}")));
            measured.piano
        }
        (None, Some(path)) => read_piano(path)?,
        // clap asks for one of them.
        (None, None) => Piano::schematic(),
    };
    bar.set_message("Playing");
    let wrong = |reason| CliError::Timbre { path: input_name(&arguments.song).into(), reason };
    let mut sides = perform_parts(&piano, &parts, DECODED_RATE, &|| false).map_err(wrong)?;
    level(&mut sides);
    let [left, right] = sides;
    let bytes = audio::wav_stereo(&Stereo { left, right }, SampleRate(DECODED_RATE));
    bar.finish_and_clear();
    let mut outputs = vec![Output { path: output, bytes }];
    if let Some(path) = &arguments.save {
        outputs.push(Output { path: path.clone(), bytes: piano.to_bytes() });
    }
    write(outputs)?;
    if !arguments.quiet {
        remarks.iter().for_each(|said| remark(said));
    }
    Ok(())
}

/// The tracks of a file that are chosen by name, all melodic ones by default.
fn chosen(file: &SongFile, path: &Path, tracks: &[String]) -> Result<Vec<usize>, CliError> {
    let song = file.song();
    // For its errors: unknown names, nothing but drums.
    song::select_tracks(path, song, tracks)?;
    let mut chosen: Vec<usize> = Vec::new();
    for wanted in tracks {
        chosen.extend(song.find_tracks(wanted).unwrap_or_default());
    }
    let melodic = |track: &usize| !song.tracks[*track].is_drums();
    if tracks.is_empty() {
        chosen = (0..song.tracks.len()).filter(melodic).collect();
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The tracks that have a sound of General MIDI's pianos.
fn pianos(song: &Song) -> Vec<usize> {
    let is_piano =
        |track: &usize| matches!(song.tracks[*track].kind, TrackKind::Melodic { program: 0..=7 });
    (0..song.tracks.len()).filter(is_piano).collect()
}

/// The melodic tracks beside some, in words.
fn beside(song: &Song, tracks: &[usize]) -> String {
    let other = |(index, track): &(usize, &Track)| !track.is_drums() && !tracks.contains(index);
    let others = song.tracks.iter().enumerate().filter(other);
    let names = others.map(|(index, track)| format!("{} \"{}\"", index + 1, track.label()));
    names.collect::<Vec<String>>().join(", ")
}

/// What tracks of a file play on keys and pedals, and how loud they are, in seconds.
fn parts(file: &SongFile, tracks: &[usize]) -> Vec<Part> {
    let song = file.song();
    let part = |&track: &usize| {
        let notes = song.tracks[track].notes.iter().map(|note| played(note, &song.tempo));
        let pedals = file.pedals(track).into_iter().map(|change| PedalMove {
            at: song.tempo.seconds(change.at).0,
            pedal: change.pedal,
            value: change.value,
        });
        let volume = |VolumeChange { at, gain }| VolumeMove { at: song.tempo.seconds(at).0, gain };
        let volumes = file.volumes(track).into_iter().map(volume).collect();
        Part { notes: notes.collect(), pedals: pedals.collect(), volumes }
    };
    tracks.iter().map(part).collect()
}

fn played(note: &Note, tempo: &TempoMap) -> PlayedNote {
    PlayedNote {
        start: tempo.seconds(note.start).0,
        end: tempo.seconds(note.end()).0,
        key: note.key,
        velocity: note.velocity.get(),
    }
}

fn learned(
    recording: &Path,
    midi: Option<&Path>,
    remarks: &mut Vec<String>,
    done: &dyn Fn(f32) -> bool,
) -> Result<Learned, CliError> {
    let samples = beginning(recording, &|| true)?;
    let played = match midi {
        Some(path) => {
            let file = crate::midi::open(path)?;
            let mut tracks = chosen(&file, path, &[])?;
            let pianos = pianos(file.song());
            // The recording is of a piano alone.
            if !pianos.is_empty() && pianos != tracks {
                let (of, others) = (path.display(), beside(file.song(), &pianos));
                remarks.push(format!("{of}: only its piano is expected to be heard, not {others}"));
                tracks = pianos;
            }
            Some(parts(&file, &tracks))
        }
        None => None,
    };
    let wrong = |reason| CliError::Timbre { path: recording.into(), reason };
    learn(&samples, DECODED_RATE as f32, played.as_deref(), done).map_err(wrong)
}

fn read_piano(path: &Path) -> Result<Piano, CliError> {
    let wrong = |source| CliError::Piano { path: path.into(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(wrong)?;
    file.take(LARGEST_PIANO).read_to_end(&mut bytes).map_err(wrong)?;
    Piano::from_bytes(&bytes).map_err(|reason| CliError::Timbre { path: path.into(), reason })
}
