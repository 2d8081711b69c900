//! `drumlin explore`: the space of drum patterns.

mod picture;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::drummer::Style;
use crate::drummer::performance::{self, Feel, GROOVE};
use crate::files::{self, Output};
use crate::midi;
use crate::network::Network;
use crate::patterns::{
    DRUMS, Filter, LANES_OF_DRUMS, MapPoint, MapStyle, Near, PATTERN_DECODER,
    PATTERN_DISCRIMINATOR, PATTERN_ENCODER, Pattern, PatternGrid, PatternMap, PatternSpace, Place,
    Sampled, Window, interpolate, medoid, quarters_of_beat, sample,
};
use crate::score::{Metre, MetreChange, Song, Ticks};

use super::common::{NetworkArguments, PrintArguments, named_file, seed, whole};
use super::console::{print, print_error, print_json, remark};
use super::error::CliError;
use super::folders::{OutputFolder, is_midi};
use super::generate::Content;
use super::song::title;
use super::words::count;

/// Explore the space of grooves: new ones, ways from one to another, what is alike, a map
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true)
    .args(["picture", "sample", "between", "near"]))]
#[command(mut_arg("json", |json| json.help("Print the grooves as JSON: places on the map, strokes of each drum")))]
#[command(mut_arg("models", |models| models.hide_short_help(true)))]
pub struct Arguments {
    /// Draw the map (PNG)
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    picture: Option<PathBuf>,

    /// Make so many grooves that nobody has played; with --near, like that one
    #[arg(
        long, value_name = "NUMBER", conflicts_with = "between",
        allow_hyphen_values = true, value_parser = whole(1_u16..=10_000),
    )]
    sample: Option<u16>,

    /// The way from one groove (MIDI) to another
    #[arg(long, value_names = ["FILE", "FILE"], num_args = 2, conflicts_with = "near",
          value_parser = named_file())]
    between: Option<Vec<PathBuf>>,

    /// Grooves of the map that are like this one (MIDI)
    #[arg(long, value_name = "FILE", value_parser = named_file())]
    near: Option<PathBuf>,

    /// Steps of the way
    #[arg(
        long, value_name = "NUMBER", default_value = "8", requires = "between",
        // What --between conflicts with would waive that.
        conflicts_with_all = ["sample", "near"],
        allow_hyphen_values = true, value_parser = whole(1_u8..=64),
    )]
    steps: u8,

    /// How many grooves like that one
    #[arg(
        long, value_name = "NUMBER", default_value = "10", requires = "near",
        conflicts_with = "sample",
        allow_hyphen_values = true, value_parser = whole(1_u16..=1000),
    )]
    count: u16,

    /// Only of this style
    #[arg(long, value_name = "NAME", value_parser = style(), ignore_case = true)]
    style: Option<MapStyle>,

    /// The tempo to write, in quarter notes a minute; by default that of the groove
    #[arg(long, value_name = "BPM", value_parser = tempo)]
    tempo: Option<u16>,

    /// A folder of grooves of your own (MIDI), placed on the map
    #[arg(long, value_name = "FOLDER")]
    library: Option<PathBuf>,

    /// The folder to write grooves to (MIDI); without, they are listed only
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,

    /// The same number gives the same grooves
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = seed)]
    seed: u64,

    #[command(flatten)]
    printing: PrintArguments,

    #[command(flatten)]
    networks: NetworkArguments,
}

fn tempo(text: &str) -> Result<u16, String> {
    let tempo = text.parse::<u16>().ok().filter(|tempo| (20..=400).contains(tempo));
    tempo.ok_or_else(|| "a whole number from 20 to 400 is needed".into())
}

fn style() -> impl TypedValueParser<Value = MapStyle> {
    PossibleValuesParser::new(MapStyle::all().map(MapStyle::name)).map(|name| {
        // The parser before lets only these names through.
        MapStyle::all()
            .find(|style| style.name().eq_ignore_ascii_case(&name))
            .unwrap_or(MapStyle::OTHER)
    })
}

/// A groove that was asked for.
struct Found {
    pattern: Pattern,
    place: Place,
    style: Option<MapStyle>,
    metre: Metre,
    /// Quarters a minute.
    tempo: u16,
    /// Of the map's point, where it is one.
    name: Option<Arc<str>>,
    /// Strokes that differ from the one that it is to be near to.
    distance: Option<usize>,
    file: String,
}

/// A groove as JSON.
#[derive(Serialize)]
struct Report<'a> {
    /// As written; `null` where nothing is written.
    file: Option<String>,
    name: Option<&'a str>,
    style: Option<&'static str>,
    /// Such as `4/4` or `6/8`.
    metre: String,
    /// Quarters a minute.
    tempo: u16,
    /// `straight` (16 steps a bar), `triplet` (12), or `mixed` (16: four a beat, none, two, three and
    /// four sixths of it behind).
    grid: &'static str,
    strokes: usize,
    /// On the map.
    place: [f32; 2],
    distance: Option<usize>,
    /// By the name of the drum: `x` for a stroke, two bars.
    drums: serde_json::Map<String, serde_json::Value>,
}

/// A groove read from a file.
struct Read {
    pattern: Pattern,
    place: Place,
    metre: Metre,
    /// Beats of the pattern a minute: dotted ones in compound metres.
    beats: f64,
}

impl Read {
    /// The metre for a groove that is like this one: its own if that goes with the grid, else 4/4.
    fn metre_of(&self, pattern: &Pattern) -> Metre {
        if pattern.grid() == self.pattern.grid() { self.metre } else { Metre::COMMON }
    }
}

/// The tempo of grooves of which none is known.
const USUAL_TEMPO: u16 = 120;
/// The most bytes of a point's name in the name of a file: systems take 255 for all of it.
const LONGEST_NAME: usize = 200;

impl Arguments {
    /// The grooves that are read.
    fn read(&self) -> impl Iterator<Item = &Path> {
        self.near.iter().chain(self.between.iter().flatten()).map(PathBuf::as_path)
    }
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    if let Some(picture) = &arguments.picture {
        Content::Picture.check(picture)?;
        files::check([picture.as_path()], arguments.read())?;
    }
    let specs = [&PATTERN_ENCODER, &PATTERN_DECODER, &PATTERN_DISCRIMINATOR, &GROOVE];
    let models = arguments.networks.models(&specs)?;
    let space = PatternSpace::new(&models)?;
    let mut map = (*PatternMap::built_in()).clone();
    let own = map.points().len();
    if let Some(folder) = &arguments.library {
        map = map.with(library(folder, &map, arguments.printing.quiet)?);
    }
    let filter = Filter { style: arguments.style, ..Filter::default() };
    let near = arguments.near.as_ref().map(|path| groove(path, &map)).transpose()?;
    let mut found = Vec::new();
    if let Some(count) = arguments.sample {
        let groove = near.as_ref().map(|near| Near::new(near.pattern));
        let seed = arguments.seed;
        let sampled = sample(&space, &map, &filter, groove, count.into(), seed)?;
        if sampled.len() < usize::from(count) && !arguments.printing.quiet {
            let found = super::words::count(sampled.len(), "new groove");
            remark(&format!("no more than {found} could be found there"));
        }
        let numbered = sampled.iter().enumerate();
        found.extend(numbered.map(|(number, made)| new(number, made, near.as_ref(), &map)));
    } else if let Some(near) = &near {
        let alike = map.similar(&near.pattern, near.place, arguments.count.into(), &filter);
        let points = alike.into_iter().map(|index| &map.points()[index]).enumerate();
        found.extend(points.map(|(number, point)| known(number, point, near)));
        if found.is_empty() {
            return Err(CliError::NothingNear);
        }
    }
    if let Some([from, to]) = arguments.between.as_deref().and_then(|files| files.first_chunk()) {
        let (from, to) = (groove(from, &map)?, groove(to, &map)?);
        let steps = usize::from(arguments.steps);
        let ends = [&from.pattern, &to.pattern];
        let way = interpolate(&space, ends, steps, [false; DRUMS], arguments.seed)?;
        found.extend((0..=steps).map(|number| Found {
            style: arguments.style,
            ..between(number, &way, [&from, &to], &map)
        }));
    }
    for found in &mut found {
        found.tempo = arguments.tempo.unwrap_or(found.tempo);
    }
    let mut outputs = Vec::new();
    let _made = arguments.output.as_deref().map(OutputFolder::new).transpose()?;
    if let Some(folder) = &arguments.output {
        let paths: Vec<PathBuf> = found.iter().map(|found| folder.join(&found.file)).collect();
        files::check(paths.iter().map(PathBuf::as_path), arguments.read())?;
        let network = models.get(&GROOVE)?;
        for (number, found) in found.iter().enumerate() {
            let bytes = played(found, arguments.seed.wrapping_add(number as u64), &*network)?;
            outputs.push(Output { path: folder.join(&found.file), bytes });
        }
    }
    if let Some(path) = &arguments.picture {
        let marks: Vec<Place> = found.iter().map(|found| found.place).collect();
        let way = arguments.between.is_some();
        let drawn = picture::Picture { map: &map, own, filter: &filter, marks: &marks, way };
        outputs.push(Output { path: path.clone(), bytes: drawn.png()? });
    }
    files::write(outputs)?;
    if arguments.printing.json {
        let reports: Vec<Report> =
            found.iter().map(|found| report(found, arguments.output.as_deref())).collect();
        print_json(&reports)
    } else if arguments.printing.quiet {
        Ok(())
    } else {
        print(found.iter().map(line).collect::<String>().as_bytes())
    }
}

/// A new groove, the `number`th from 0; `near` is what it is to be near to.
fn new(number: usize, made: &Sampled, near: Option<&Read>, map: &PatternMap) -> Found {
    let from = &map.points()[made.from];
    let usual = from.tempo.unwrap_or(USUAL_TEMPO).into();
    let metre = near.map_or(Metre::COMMON, |near| near.metre_of(&made.pattern));
    Found {
        pattern: made.pattern,
        place: map.place(&made.pattern),
        style: (from.style != MapStyle::OTHER).then_some(from.style),
        metre,
        tempo: quarters(near.map_or(usual, |near| near.beats), metre),
        name: None,
        distance: near.map(|near| near.pattern.distance(&made.pattern)),
        file: format!("sample {:02}.mid", number + 1),
    }
}

/// A groove of the map, the `number`th from 0 of those that are like one.
fn known(number: usize, point: &MapPoint, near: &Read) -> Found {
    let plain = |c: char| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' };
    let name: String = point.name.chars().map(plain).collect();
    let name = name[..name.floor_char_boundary(LONGEST_NAME)].trim_end();
    let metre = near.metre_of(&point.pattern);
    Found {
        pattern: point.pattern,
        place: point.place,
        style: (point.style != MapStyle::OTHER).then_some(point.style),
        metre,
        tempo: quarters(point.tempo.map_or(near.beats, f64::from), metre),
        name: Some(point.name.clone()),
        distance: Some(point.pattern.distance(&near.pattern)),
        file: format!("near {:02} {name}.mid", number + 1),
    }
}

/// A step of the way between two grooves. Metre and tempo are those of the ends: the metre changes with
/// the grid or in the middle, the tempo of the beats step by step.
fn between(number: usize, way: &[Pattern], [from, to]: [&Read; 2], map: &PatternMap) -> Found {
    let (pattern, steps) = (way[number], way.len() - 1);
    let share = number as f64 / steps as f64;
    let is_first = match from.pattern.grid() == to.pattern.grid() {
        true => 2 * number <= steps,
        false => pattern.grid() == from.pattern.grid(),
    };
    let metre = if is_first { from.metre } else { to.metre };
    Found {
        pattern,
        place: map.place(&pattern),
        style: None,
        metre,
        tempo: quarters(from.beats * (1.0 - share) + to.beats * share, metre),
        name: None,
        distance: Some(pattern.distance(&from.pattern)),
        file: format!("step {number:02}.mid"),
    }
}

/// The tempo that is written for a pattern of so many beats a minute, in quarters a minute.
fn quarters(beats: f64, metre: Metre) -> u16 {
    (beats * quarters_of_beat(metre)).round().clamp(20.0, 400.0) as u16
}

/// A groove with the velocities and the timing of a drummer, as a MIDI file of two bars of four beats.
fn played(found: &Found, seed: u64, network: &dyn Network) -> Result<Vec<u8>, CliError> {
    let written = Pattern::tempo(found.tempo.into());
    // A pattern's part counts its beats as quarters; in compound metres they are dotted.
    let beats = Pattern::tempo(f64::from(found.tempo) / quarters_of_beat(found.metre));
    let style = found.style.map(MapStyle::name);
    let style = Style::ALL.into_iter().find(|known| Some(known.name()) == style);
    let feel = Feel { style, seed, ..Feel::new(&beats) };
    let part = performance::play(&found.pattern.part(1), &feel, network)
        .map_err(crate::drummer::DrummerError::from)?;
    let metres = vec![MetreChange { at: Ticks(0), metre: found.metre }];
    let empty = Song { tempo: written, metres, tracks: Vec::new() };
    let mut song = midi::drum_song(&empty, &part);
    for note in song.tracks.iter_mut().flat_map(|track| &mut track.notes) {
        *note = note.retimed(&beats, &empty.tempo);
    }
    // Two whole bars, so that it can be looped as it is.
    let length = Ticks(2 * Metre::COMMON.bar_ticks(beats.ticks_per_quarter()).0);
    let length = empty.tempo.ticks(beats.seconds(length));
    Ok(midi::write_clip(&song, midi::DRUM_CHANNEL, length))
}

/// The groove of a file: the two bars that are most like all its others.
fn groove(path: &Path, map: &PatternMap) -> Result<Read, CliError> {
    let (window, song) = window(path)?;
    Ok(Read {
        pattern: window.pattern,
        place: map.place(&window.pattern),
        metre: window.metre,
        beats: window.beats_per_minute(&song),
    })
}

fn window(path: &Path) -> Result<(Window, Song), CliError> {
    let song = midi::read(path)?;
    let window =
        medoid(&song).map_err(|reason| CliError::Pattern { path: path.to_owned(), reason })?;
    Ok((window, song))
}

/// The grooves of a folder and the folders in it, placed. Files that have none are told of.
fn library(folder: &Path, map: &PatternMap, quiet: bool) -> Result<Vec<MapPoint>, CliError> {
    let failed = |source| CliError::Folder { folder: folder.to_owned(), source };
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Links to folders are not followed: they may lead in a circle.
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => folders.push(entry.path()),
                _ if is_midi(&entry.path()) => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    let mut grooves = Vec::new();
    for path in files {
        match window(&path) {
            Ok((window, song)) => {
                let tempo = window.beats_per_minute(&song).round().clamp(20.0, 400.0) as u16;
                grooves.push((window.pattern, tempo, title(&path)));
            }
            Err(reason) if !quiet => print_error(&reason),
            Err(_) => {}
        }
    }
    if grooves.is_empty() {
        return Err(CliError::NoGrooves { folder: folder.to_owned() });
    }
    let placed = grooves.into_iter().map(|(pattern, tempo, name)| MapPoint {
        pattern,
        place: map.place(&pattern),
        style: MapStyle::OTHER,
        tempo: Some(tempo),
        name: name.into(),
    });
    Ok(placed.collect())
}

fn grid_name(pattern: &Pattern) -> &'static str {
    match pattern.grid() {
        PatternGrid::Straight => "straight",
        PatternGrid::Triplet => "triplet",
        PatternGrid::Mixed => "mixed",
    }
}

fn report<'a>(found: &'a Found, folder: Option<&Path>) -> Report<'a> {
    let pattern = &found.pattern;
    let drums = (0..DRUMS).filter(|&drum| pattern.rows()[drum] != 0).map(|drum| {
        let steps = (0..pattern.grid().steps())
            .map(|step| if pattern.has_onset(drum, step) { 'x' } else { '.' });
        (LANES_OF_DRUMS[drum].name().to_owned(), steps.collect::<String>().into())
    });
    Report {
        file: folder.map(|folder| folder.join(&found.file).display().to_string()),
        name: found.name.as_deref(),
        style: found.style.map(MapStyle::name),
        metre: format!("{}/{}", found.metre.numerator(), found.metre.denominator()),
        tempo: found.tempo,
        grid: grid_name(pattern),
        strokes: pattern.strokes(),
        place: [found.place.x, found.place.y],
        distance: found.distance,
        drums: drums.collect(),
    }
}

fn line(found: &Found) -> String {
    let Found { pattern, metre, file, .. } = found;
    let title = file.trim_end_matches(".mid");
    let (grid, strokes) = (grid_name(pattern), count(pattern.strokes(), "stroke"));
    let apart = |distance| format!(", {} apart", count(distance, "stroke"));
    let apart = found.distance.map_or(String::new(), apart);
    let style = found.style.map_or(String::new(), |style| format!(", {}", style.name()));
    // Of beats: quarters would jump where a way goes from straight to dotted beats.
    let tempo = (f64::from(found.tempo) / quarters_of_beat(*metre)).round();
    format!("{title}: {strokes}, {grid}, {tempo} bpm, {metre}{style}{apart}\n")
}
