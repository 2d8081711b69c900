//! `drumlin evaluate --melody`: how good are the melodies that are written for drums?

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::Serialize;

use crate::composer::evaluation::{
    DrumCorrelation, Likeliness, Shape, drum_correlation, laid, likeliness, overlap, shape, tiled,
};
use crate::composer::mutual_information::{PairFeatures, pair_features};
use crate::composer::{
    DrumBars, LeadMelody, MelodyLine, PitchClassProfile, Request, compose, networks,
};
use crate::midi;
use crate::network::Models;
use crate::score::{Metre, Note, Song, Ticks};

use super::console::{print, print_json, remark};
use super::error::CliError;
use super::progress::counted;
use super::song;
use super::words::count;

/// Songs whose melodies are put under another's drums.
const FOREIGN: usize = 6;

struct Real {
    name: String,
    song: Song,
    sung: LeadMelody,
    /// That of most bars.
    metre: Option<Metre>,
}

impl Real {
    fn new(name: String, song: Song, sung: LeadMelody) -> Real {
        let mut bars: HashMap<Metre, usize> = HashMap::new();
        for bar in sung.drums.bars.bars() {
            *bars.entry(bar.metre).or_default() += 1;
        }
        let most =
            |&(metre, count): &(Metre, usize)| (count, metre.numerator(), metre.denominator());
        let metre = bars.into_iter().max_by_key(most).map(|(metre, _)| metre);
        Real { name, song, sung, metre }
    }

    /// What versions of a song share: its name without the prefix of a set and without a hash.
    fn title(&self) -> String {
        let name = self.name.rsplit("__").next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_lowercase()
    }
}

/// The next few songs in the metre of one that are no versions of it.
fn others(songs: &[Real], index: usize) -> impl Iterator<Item = &Real> {
    let real = &songs[index];
    (1..songs.len())
        .map(move |step| &songs[(index + step) % songs.len()])
        .filter(move |other| other.metre == real.metre && other.title() != real.title())
        .take(FOREIGN)
}

/// What was measured, for `--json`.
#[derive(Serialize)]
struct Report {
    songs: usize,
    /// Means over the songs: their own melodies, another song's under their drums, and what was
    /// written for the drums in the melody's key, with its pitch classes, range, instrument and density,
    /// to repeat as much.
    own: BTreeMap<&'static str, f64>,
    foreign: BTreeMap<&'static str, f64>,
    written: BTreeMap<&'static str, f64>,
    /// Share of the pairs in which a song's own melody is likelier under its drums than another's:
    /// by the likelihood, and by how much likelier the drums make it.
    own_is_likelier: f64,
    own_gains_more: f64,
    /// Share of the pairs in which a song's melody and drums have more information in common than
    /// another's melody and its drums, and than its melody and another's drums.
    melody_belongs: f64,
    drums_belong: f64,
    /// Information that melodies have in common with their drums, in nats: means over the songs.
    own_information: f64,
    written_information: f64,
    pairs: Vec<PairReport>,
    /// Shared area of the figures of real and written melodies.
    overlap: BTreeMap<&'static str, f64>,
    own_shape: BTreeMap<&'static str, f64>,
    written_shape: BTreeMap<&'static str, f64>,
    by_song: Vec<SongReport>,
}

/// A song and another, over the bars that both have.
#[derive(Serialize)]
struct PairReport {
    song: String,
    other: String,
    own: PairFeatures,
    /// The other's melody under the song's drums.
    other_melody: PairFeatures,
    /// The song's melody under the other's drums.
    other_drums: PairFeatures,
}

#[derive(Serialize)]
struct SongReport {
    name: String,
    own: DrumCorrelation,
    written: DrumCorrelation,
    own_shape: Shape,
    written_shape: Shape,
}

/// Evaluates over the files and prints what was found.
pub fn run(
    files: &[PathBuf],
    models: &Models,
    seed: u64,
    json: bool,
    quiet: bool,
) -> Result<Option<()>, CliError> {
    let bar = counted(2 * files.len(), quiet);
    let mut songs = Vec::new();
    for file in files {
        bar.inc(1);
        match midi::read(file) {
            Ok(read) if read.drum_notes().next().is_some() => {
                if let Some(sung) = LeadMelody::of(&read) {
                    songs.push(Real::new(song::title(file), read, sung));
                }
            }
            Ok(_) => {}
            Err(error) if !quiet => bar.suspend(|| remark(&format!("left out: {error}"))),
            Err(_) => {}
        }
    }
    let report = report(&songs, models, seed, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let Some(report) = report else { return Ok(None) };
    if json {
        print_json(&report)?;
    } else {
        print(table(&report).as_bytes())?;
    }
    Ok(Some(()))
}

fn report(
    songs: &[Real],
    models: &Models,
    seed: u64,
    done: &dyn Fn(),
) -> Result<Option<Report>, CliError> {
    let network = models.get(&networks::RHYTHM)?;
    let (mut own, mut foreign, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shapes, mut written_shapes) = (Vec::new(), Vec::new());
    let (mut likelier, mut gains, mut pairs) = (0.0, 0.0, 0.0);
    let (mut by_song, mut paired) = (Vec::new(), Vec::new());
    let (mut own_nats, mut written_nats) = (Vec::new(), Vec::new());
    for (index, real) in songs.iter().enumerate() {
        done();
        let sung = &real.sung;
        let (Some(measured), Some(described)) = (
            drum_correlation(&sung.line, &sung.drums),
            shape(&sung.line, &sung.drums, sung.voice.key),
        ) else {
            continue;
        };
        let mine = likeliness(&sung.line, &sung.drums, &*network)?;
        for other in others(songs, index) {
            paired.extend(pair(real, other));
            let line = tiled(&other.sung.line, &other.sung.drums, &sung.drums);
            let theirs: Likeliness = likeliness(&line, &sung.drums, &*network)?;
            pairs += 1.0;
            likelier += f64::from(u8::from(mine.with > theirs.with));
            gains += f64::from(u8::from(mine.gain() > theirs.gain()));
            foreign.extend(drum_correlation(&line, &sung.drums));
        }
        let request = Request {
            key: Some(sung.voice.key),
            profile: PitchClassProfile::of(sung.line.keys.iter().copied().filter(|&key| key > 0)),
            range: Some(sung.voice.range),
            program: sung.voice.program,
            density: Some(described.notes_a_bar as f32),
            repeat: described.repeated as f32,
            seed: seed + index as u64,
            ..Request::default()
        };
        let Ok(composition) = compose(&real.song, &request, models, &|_| true) else { continue };
        let notes: &[Note] = &composition.melodies[0].notes;
        let drums = DrumBars::of(&real.song, Ticks(0));
        let line = MelodyLine::of(notes, &drums);
        let (Some(made), Some(made_shape)) =
            (drum_correlation(&line, &drums), shape(&line, &drums, sung.voice.key))
        else {
            continue;
        };
        let nats = |line: &MelodyLine| {
            pair_features(line, &drums, drums.len()).map(|pair| pair.information())
        };
        own_nats.extend(nats(&sung.line));
        written_nats.extend(nats(&line));
        own.push(measured);
        written.push(made);
        shapes.push(described);
        written_shapes.push(made_shape);
        by_song.push(SongReport {
            name: real.name.clone(),
            own: measured,
            written: made,
            own_shape: described,
            written_shape: made_shape,
        });
    }
    if own.is_empty() {
        return Ok(None);
    }
    let means = |all: &[DrumCorrelation]| {
        mean(DrumCorrelation::NAMES, all.iter().map(DrumCorrelation::values))
    };
    let column = |all: &[Shape], at: usize| all.iter().map(|s| s.values()[at]).collect::<Vec<_>>();
    let shared = Shape::NAMES.iter().enumerate().map(|(at, &name)| {
        (name, rounded(overlap(&column(&shapes, at), &column(&written_shapes, at))))
    });
    Ok(Some(Report {
        songs: own.len(),
        own: means(&own),
        foreign: means(&foreign),
        written: means(&written),
        own_is_likelier: rounded(likelier / f64::max(pairs, 1.0)),
        own_gains_more: rounded(gains / f64::max(pairs, 1.0)),
        melody_belongs: belonging(&paired, |pair| pair.other_melody),
        drums_belong: belonging(&paired, |pair| pair.other_drums),
        pairs: paired,
        own_information: middle(&own_nats),
        written_information: middle(&written_nats),
        overlap: shared.collect(),
        own_shape: mean(Shape::NAMES, shapes.iter().map(Shape::values)),
        written_shape: mean(Shape::NAMES, written_shapes.iter().map(Shape::values)),
        by_song,
    }))
}

/// Measures a song and another; `None` if they have too little in common.
fn pair(real: &Real, other: &Real) -> Option<PairReport> {
    let (a, b) = (&real.sung, &other.sung);
    let bars = a.drums.len().min(b.drums.len());
    let strange = laid(&b.line, &b.drums, &a.drums);
    let abroad = laid(&a.line, &a.drums, &b.drums);
    Some(PairReport {
        song: real.name.clone(),
        other: other.name.clone(),
        own: pair_features(&a.line, &a.drums, bars)?,
        other_melody: pair_features(&strange, &a.drums, bars)?,
        other_drums: pair_features(&abroad, &b.drums, bars)?,
    })
}

/// Share of the pairs in which what belongs together has more information in common than `other`.
fn belonging(pairs: &[PairReport], other: impl Fn(&PairReport) -> PairFeatures) -> f64 {
    let more = |pair: &&PairReport| pair.own.information() > other(pair).information();
    rounded(pairs.iter().filter(more).count() as f64 / pairs.len().max(1) as f64)
}

fn middle(values: &[f64]) -> f64 {
    rounded(values.iter().sum::<f64>() / values.len().max(1) as f64)
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn mean<const N: usize>(
    names: [&'static str; N],
    rows: impl Iterator<Item = [f64; N]>,
) -> BTreeMap<&'static str, f64> {
    let (mut sums, mut count) = ([0.0; N], 0.0);
    for row in rows {
        count += 1.0;
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    names.into_iter().zip(sums.map(|sum| rounded(sum / f64::max(count, 1.0)))).collect()
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "{}\n{:<12} {:>8} {:>8} {:>8}\n",
        count(report.songs, "song"),
        "",
        "own",
        "foreign",
        "written"
    );
    for name in DrumCorrelation::NAMES {
        let of = |means: &BTreeMap<&str, f64>| means.get(name).copied().unwrap_or_default();
        let (own, foreign, written) = (of(&report.own), of(&report.foreign), of(&report.written));
        text += &format!("{name:<12} {own:>8.3} {foreign:>8.3} {written:>8.3}\n");
    }
    text += &format!(
        "\nown melody likelier than another's: {:.3}; gains more by the drums: {:.3}\n\
         more in common with the drums than another's melody: {:.3}; than with another's drums: \
         {:.3}\nnats in common with the drums: own {:.2}, written {:.2}\n\n",
        report.own_is_likelier,
        report.own_gains_more,
        report.melody_belongs,
        report.drums_belong,
        report.own_information,
        report.written_information
    );
    text += &format!("{:<12} {:>8} {:>8} {:>8}\n", "", "own", "written", "overlap");
    for name in Shape::NAMES {
        let of = |means: &BTreeMap<&str, f64>| means.get(name).copied().unwrap_or_default();
        let (own, written) = (of(&report.own_shape), of(&report.written_shape));
        let shared = of(&report.overlap);
        text += &format!("{name:<12} {own:>8.3} {written:>8.3} {shared:>8.3}\n");
    }
    text
}
