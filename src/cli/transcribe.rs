//! `drumlin transcribe`: drums from recordings.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::audio::{self, DECODED_RATE, DecodeError, RECORDING_ENDINGS, SoundFont, Stereo};
use crate::files::{self, Output};
use crate::midi;
use crate::network::Models;
use crate::score::{Beats, Metre, SampleRate, Song};
use crate::transcriber::{
    Activations, BEATBOX_SOUNDS, BEATS, BeatOptions, DrumSound, Options, Quantise, TRANSCRIBER,
    Transcription,
};

use super::common::{NetworkArguments, PrintArguments, named_file};
use super::console::{print_error, print_json, remark, write};
use super::error::CliError;
use super::folders::{OutputFolder, is_hidden, is_midi};
use super::generate::Content;
use super::output_names::output_names;
use super::progress::counted;
use super::song::{self, STANDARD};
use super::words::{count, list};

/// Write down the drums of recordings: drum loops, stems, performances
#[derive(Debug, Args)]
#[command(mut_arg("json", |json| json.help("Print what was heard as JSON: beats, strokes and how sure each is")))]
#[command(mut_arg("models", |models| models.hide_short_help(true)))]
pub struct Arguments {
    /// The recordings (WAV, AIFF, FLAC, MP3, Ogg Vorbis), or folders of them
    #[arg(required = true, value_parser = named_file())]
    recordings: Vec<PathBuf>,

    /// The MIDI file to write; by default the recording's name with .mid, in the current folder. `-`
    /// is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "output_folder")]
    output: Option<PathBuf>,

    /// The folder for the MIDI files of several recordings
    #[arg(long, value_name = "FOLDER")]
    output_folder: Option<PathBuf>,

    /// Also write a WAV file with the recording on the left and what was heard on the right
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    click: Option<PathBuf>,

    /// Move strokes to sixteenths or triplet eighths, whichever is nearer; by default they stay where
    /// they were played
    #[arg(long)]
    quantise: bool,

    /// The tempo in beats a minute, if it is known: beats lie exactly on it wherever they are heard there
    #[arg(long, value_name = "BPM", value_parser = tempo, help_heading = "Beats and bars")]
    tempo: Option<f64>,

    /// The metre, such as 3/4 or 6/8; by default as many quarters as the downbeats say
    #[arg(long, value_name = "METRE", value_parser = metre, help_heading = "Beats and bars")]
    metre: Option<Metre>,

    /// When a bar begins, in seconds of the recording; where no beat is near, all are moved
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Beats and bars")]
    downbeat: Option<f64>,

    /// How readily a drum is heard, 0 to 1 (0.5): `snare=.6`, or `.6` for all. May be given several
    /// times
    #[arg(long, value_name = "DRUM=SHARE", value_parser = sensitivity)]
    sensitivity: Vec<(Option<DrumSound>, f32)>,

    /// Only these, as a list with commas: kick, snare, toms, closed-hat, open-hat, crash, ride
    #[arg(long, value_name = "DRUMS", value_delimiter = ',', value_parser = drum)]
    lanes: Vec<DrumSound>,

    /// A mouth, or fingers on a table, in the place of a drum kit: kick, snare and closed hat by how
    /// dark or bright they are within the recording (experimental)
    #[arg(long)]
    beatbox: bool,

    #[command(flatten)]
    printing: PrintArguments,

    #[command(flatten)]
    networks: NetworkArguments,
}

/// The most beats of a bar that can be asked for.
const MOST_BEATS: u8 = 32;

fn tempo(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bpm) if (20.0..=400.0).contains(&bpm) => Ok(bpm),
        _ => Err("a tempo from 20 to 400 is needed".into()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(at) if (0.0..=3600.0).contains(&at) => Ok(at),
        _ => Err("a time in seconds is needed, such as 1.25".into()),
    }
}

fn metre(text: &str) -> Result<Metre, String> {
    let parts = text.split_once('/').and_then(|(beats, unit)| {
        Metre::new(beats.trim().parse().ok()?, unit.trim().parse().ok()?)
    });
    parts.filter(|metre| metre.numerator() <= MOST_BEATS).ok_or_else(|| {
        format!(
            "a metre is needed, such as 3/4: 1 to {MOST_BEATS} beats, of 1, 2, 4, 8, 16, 32 or 64 \
                 to the whole note"
        )
    })
}

fn drum(text: &str) -> Result<DrumSound, String> {
    let name = text.trim().to_lowercase();
    DrumSound::ALL.into_iter().find(|sound| sound.name() == name).ok_or_else(|| {
        let names: Vec<&str> = DrumSound::ALL.iter().map(|sound| sound.name()).collect();
        format!("the drums are {}", names.join(", "))
    })
}

fn sensitivity(text: &str) -> Result<(Option<DrumSound>, f32), String> {
    let (sound, share) = match text.split_once('=') {
        Some((name, share)) => (Some(drum(name)?), share),
        None => (None, text),
    };
    match share.trim().parse::<f32>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok((sound, share)),
        _ => Err("a share from 0 to 1 is needed, such as snare=.6".into()),
    }
}

/// Whether a path is a pipe or a device, which can be heard once only.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

impl Arguments {
    /// Refuses what cannot be done, or would have no effect.
    fn check(&self) -> Result<(), CliError> {
        if self.click.is_some() && self.recordings.iter().any(|path| is_stream(path)) {
            return Err(CliError::Usage(
                "--click hears the recording a second time: it has to be a file".to_owned(),
            ));
        }
        let named = self.sensitivity.iter().filter_map(|(sound, _)| *sound);
        let mut named = named.chain(self.lanes.iter().copied());
        if let Some(sound) = named.find(|sound| self.beatbox && !BEATBOX_SOUNDS.contains(sound)) {
            let names = BEATBOX_SOUNDS.map(|sound| sound.name().to_owned());
            return Err(CliError::Usage(format!(
                "with --beatbox {} are heard, not {}",
                list(&names),
                sound.name()
            )));
        }
        Ok(())
    }

    fn options(&self) -> Options {
        let mut options = Options::default();
        for &(sound, share) in &self.sensitivity {
            match sound {
                Some(sound) => options.sensitivity.0[sound as usize] = share,
                None => options.sensitivity.0 = [share; DrumSound::ALL.len()],
            }
        }
        if !self.lanes.is_empty() {
            options.without = DrumSound::ALL.map(|sound| !self.lanes.contains(&sound));
        }
        let quarters = |metre: Metre| 4.0 / f64::from(metre.denominator());
        let in_a_beat = |metre: Metre| if metre.is_compound() { 3 } else { 1 };
        options.beats = BeatOptions {
            tempo: self.tempo,
            beats_to_a_bar: self
                .metre
                .map(|metre| usize::from(metre.numerator() / in_a_beat(metre))),
            beat: self.metre.map(|metre| Beats(quarters(metre) * f64::from(in_a_beat(metre)))),
            downbeat: self.downbeat,
        };
        options.is_beatbox = self.beatbox;
        options
    }

    fn quantise(&self) -> Quantise {
        if self.quantise { Quantise::Grid } else { Quantise::Off }
    }
}

/// A recording and where its drums go.
struct Work {
    recording: PathBuf,
    midi: PathBuf,
}

/// What was heard, for `--json`.
#[derive(Serialize)]
struct Report {
    recording: String,
    seconds: f64,
    /// Beats a minute; none if no beats were found.
    tempo: Option<f64>,
    metre: String,
    /// Whether it is whole bars from its first sample to its last.
    is_loop: bool,
    /// The time in the recording at which the MIDI file begins.
    start: f64,
    /// Times in seconds.
    beats: Vec<f64>,
    downbeats: Vec<f64>,
    strokes: Vec<StrokeReport>,
    /// What is to be known of it, in sentences.
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct StrokeReport {
    seconds: f64,
    drum: &'static str,
    /// MIDI key.
    key: u8,
    /// 1 to 127.
    velocity: u8,
    /// 0 to 1.
    confidence: f32,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    arguments.check()?;
    let (works, remarks) = works(arguments)?;
    let _made = arguments.output_folder.as_deref().map(OutputFolder::new).transpose()?;
    if let [work] = works.as_slice() {
        Content::Midi.check(&work.midi)?;
    } else if arguments.click.is_some() {
        return Err(CliError::OneRecording { what: "--click" });
    }
    if let Some(click) = &arguments.click {
        Content::Sound.check(click)?;
    }
    if arguments.printing.json && works.iter().any(|work| work.midi == Path::new(STANDARD)) {
        return Err(CliError::OneThing { what: "the MIDI file or --json" });
    }
    let outputs = works.iter().map(|work| work.midi.as_path()).chain(arguments.click.as_deref());
    let recordings = works.iter().map(|work| work.recording.as_path());
    files::check(outputs.filter(|path| *path != Path::new(STANDARD)), recordings)?;
    let models = arguments.networks.models(&[&TRANSCRIBER, &BEATS])?;
    if !arguments.printing.quiet {
        remarks.iter().for_each(|line| remark(line));
    }
    let (mut reports, mut failed) = (Vec::new(), 0);
    let bar = counted(works.len() * 100, arguments.printing.quiet);
    for (index, work) in works.iter().enumerate() {
        bar.set_message(song::title(&work.recording));
        match transcribe(arguments, work, &models, &bar, index) {
            Ok(report) => reports.push(report),
            Err(failure) if works.len() == 1 => return Err(failure),
            Err(failure) => {
                failed += 1;
                bar.suspend(|| print_error(&failure));
            }
        }
    }
    bar.finish_and_clear();
    if arguments.printing.json {
        match reports.as_slice() {
            [report] if works.len() == 1 => print_json(report)?,
            reports => print_json(&reports)?,
        }
    }
    let all = works.len();
    if failed == 0 { Ok(()) } else { Err(CliError::Recordings { failed, all }) }
}

/// The recordings of files and folders, each with its MIDI file, and what there is to say of these, a line
/// each.
fn works(arguments: &Arguments) -> Result<(Vec<Work>, Vec<String>), CliError> {
    let mut recordings = Vec::new();
    for path in &arguments.recordings {
        if path.is_dir() {
            recordings.extend(in_folder(path)?);
        } else {
            recordings.push(path.clone());
        }
    }
    let midi = |recording: &Path| PathBuf::from(format!("{}.mid", song::title(recording)));
    if let Some(folder) = &arguments.output_folder {
        let (names, remarks) = output_names(&recordings);
        let midi = names.iter().map(|name| folder.join(format!("{name}.mid")));
        let works = recordings.into_iter().zip(midi);
        let works = works.map(|(recording, midi)| Work { recording, midi }).collect();
        return Ok((works, remarks));
    }
    match recordings.as_slice() {
        // Its drums would go into the song itself, which is no reason that helps.
        [song] if arguments.output.is_none() && is_midi(song) => {
            Err(DecodeError::NotAudio { path: song.clone() }.into())
        }
        [recording] => {
            let midi = arguments.output.clone().unwrap_or_else(|| midi(recording));
            Ok((vec![Work { recording: recording.clone(), midi }], Vec::new()))
        }
        _ => Err(CliError::NoFolder),
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |source| CliError::Folder { folder: folder.into(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && !is_hidden(&path) && RECORDING_ENDINGS.contains(&ending.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() { Err(CliError::NoRecordings { folder: folder.into() }) } else { Ok(found) }
}

fn transcribe(
    arguments: &Arguments,
    work: &Work,
    models: &Models,
    bar: &ProgressBar,
    index: usize,
) -> Result<Report, CliError> {
    let done = |share: f32| {
        bar.set_position(index as u64 * 100 + (share * 100.0) as u64);
        true
    };
    let heard = Activations::of(&work.recording, models, &done)?;
    if let Some(downbeat) = arguments.downbeat.filter(|&downbeat| downbeat >= heard.seconds()) {
        let (recording, seconds) = (work.recording.clone(), heard.seconds());
        return Err(CliError::Downbeat { recording, downbeat, seconds });
    }
    let transcription = heard.transcription(&arguments.options(), None);
    if transcription.onsets.is_empty() {
        return Err(CliError::NoStrokes { recording: work.recording.clone() });
    }
    let metre = arguments.metre.unwrap_or(transcription.metre());
    let song = transcription.song(&song::title(&work.recording), metre, arguments.quantise());
    let bytes = midi::write_clip(&song, midi::DRUM_CHANNEL, transcription.length(metre));
    let mut outputs = vec![Output { path: work.midi.clone(), bytes }];
    if let Some(click) = &arguments.click {
        let bytes = side_by_side(&work.recording, &song, transcription.start(metre).0)?;
        outputs.push(Output { path: click.clone(), bytes });
    }
    write(outputs)?;
    let report = report(&work.recording, &transcription, metre);
    if !arguments.printing.quiet && !arguments.printing.json {
        bar.suspend(|| {
            remark(&summary(&report));
            report.remarks.iter().for_each(|line| remark(&format!("{}: {line}", report.recording)));
        });
    }
    Ok(report)
}

/// The recording on the left, its drums as they were heard on the right.
fn side_by_side(recording: &Path, song: &Song, start: f64) -> Result<Vec<u8>, CliError> {
    let mut left = Vec::new();
    audio::decode(recording, &mut |block| {
        left.extend_from_slice(block);
        true
    })
    .map_err(crate::transcriber::TranscribeError::from)?;
    let rate = SampleRate(DECODED_RATE);
    let drums = audio::render_stereo(song, SoundFont::embedded(), rate, &|| false)?;
    let mono = drums.left.iter().zip(&drums.right).map(|(left, right)| (left + right) / 2.0);
    let shift = (start * f64::from(DECODED_RATE)).round() as i64;
    let silence = std::iter::repeat_n(0.0, usize::try_from(shift).unwrap_or(0));
    let skipped = usize::try_from(-shift).unwrap_or(0);
    let mut right: Vec<f32> = silence.chain(mono.skip(skipped)).collect();
    right.resize(left.len(), 0.0);
    Ok(audio::wav_stereo(&Stereo { left, right }, rate))
}

fn report(recording: &Path, heard: &Transcription, metre: Metre) -> Report {
    let beats: Vec<f64> = heard.beats.times.iter().map(|time| rounded(time.0)).collect();
    let downbeats = beats.iter().skip(heard.beats.first_downbeat);
    let strokes = heard.onsets.iter().map(|onset| StrokeReport {
        seconds: rounded(onset.at.0),
        drum: onset.lane.name(),
        key: onset.lane.default_key().get(),
        velocity: crate::score::Velocity::from_unit(onset.velocity).get(),
        confidence: (onset.confidence * 1000.0).round() / 1000.0,
    });
    Report {
        recording: recording.display().to_string(),
        seconds: rounded(heard.seconds),
        tempo: heard.bpm().map(|bpm| (bpm * 100.0).round() / 100.0),
        metre: format!("{}/{}", metre.numerator(), metre.denominator()),
        is_loop: heard.beats.is_loop,
        start: rounded(heard.start(metre).0),
        downbeats: downbeats.step_by(heard.beats.beats_to_a_bar.max(1)).copied().collect(),
        beats,
        strokes: strokes.collect(),
        remarks: heard.remarks.iter().map(ToString::to_string).collect(),
    }
}

/// To a tenth of a millisecond, and never -0.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4 + 0.0
}

fn summary(report: &Report) -> String {
    let tempo = match report.tempo {
        Some(bpm) => format!("{bpm:.1} bpm, {}", report.metre),
        None => "no beats".to_owned(),
    };
    let kind = if report.is_loop { ", a loop" } else { "" };
    let strokes = count(report.strokes.len(), "stroke");
    format!("{}: {strokes}, {tempo}{kind}", report.recording)
}
