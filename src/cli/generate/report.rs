//! What is said about a generation: a line for people, JSON for programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::cli::candidates::KeptCandidate;
use crate::cli::song::output_name;
use crate::cli::words::count;
use crate::drummer::performance::swing_ratio;
use crate::drummer::picture::{facts, tempos};
use crate::drummer::timing::Timed;
use crate::drummer::{self, Form, GeneratedPart, Generation, Section, Settings, StyleChoice};
use crate::midi::SongFile;
use crate::network::{Backend, Engine};
use crate::score::{DrumClass, Lane, Note, Song, Ticks};

/// The report of `--json`. Bars count from 1.
#[derive(Serialize)]
pub struct Report {
    version: &'static str,
    /// What the networks ran on; "cpu" also if the GPU broke on the way.
    backend: &'static str,
    /// The GPU's name, or null.
    gpu: Option<String>,
    /// Why the GPU was not used, or not to the end; null if it was, or was not to be.
    backend_note: Option<String>,
    song: SongFacts,
    settings: Asked,
    /// Sections as musicians name them.
    form: Vec<SectionFacts>,
    /// Sections of the drums, with letters of their own.
    drum_form: Vec<SectionFacts>,
    /// In the order of the files written.
    parts: Vec<PartFacts>,
    timings: Vec<Timing>,
    /// The most memory that the process ever had, in 2^20 bytes; null where the system does not say.
    peak_memory_mib: Option<f64>,
}

#[derive(Serialize)]
struct SongFacts {
    /// Its path; what is no UTF-8 in it is replaced.
    file: String,
    /// What was damaged in the file and mended in reading.
    mended: Vec<String>,
    /// What the notes say of beats and bars that the file does not, semicolons between; null where nothing.
    finding: Option<String>,
    /// Names of the tracks listened to.
    tracks: Vec<String>,
    bars: usize,
    seconds: f64,
    tempo: Vec<TempoFacts>,
    metre: Vec<MetreFacts>,
}

#[derive(Serialize)]
struct TempoFacts {
    bar: usize,
    bpm: f64,
}

#[derive(Serialize)]
struct MetreFacts {
    bar: usize,
    metre: String,
}

/// What was asked for.
#[derive(Serialize)]
struct Asked {
    /// The style is null where the song suggests it or densities are given.
    #[serde(flatten)]
    settings: Settings,
    /// Hits a bar, by class; null where none were given.
    densities: Option<BTreeMap<&'static str, f32>>,
    seed: u64,
    alternatives: usize,
}

#[derive(Serialize)]
struct SectionFacts {
    section: String,
    first_bar: usize,
    last_bar: usize,
}

#[derive(Serialize)]
struct PartFacts {
    file: String,
    /// What the groove is like; different for each part.
    name: String,
    notes: usize,
    /// Where the off-beats fall, in per cent of the beat: 50 is straight, 67 a triplet; null where
    /// there are too few.
    off_beats: Option<f32>,
    /// Notes of each lane that is played.
    lanes: BTreeMap<String, usize>,
    /// The bars that end with a fill, from 1.
    fills: Vec<usize>,
    /// Why it was kept of many candidates; null where there were none.
    curated: Option<KeptCandidate>,
}

/// The file of a part, with the drum notes that it has.
pub struct PartFile<'a> {
    pub path: &'a Path,
    pub notes: Vec<Note>,
}

/// How long a stage took.
#[derive(Serialize)]
pub struct Timing {
    stage: &'static str,
    milliseconds: f64,
}

impl Timing {
    pub fn new(stage: &'static str, time: Duration) -> Timing {
        Timing { stage, milliseconds: (time.as_secs_f64() * 1e6).round() / 1e3 }
    }
}

impl Report {
    pub fn new(
        path: &Path,
        settings: &Settings,
        song: &Song,
        generation: &Generation,
        files: &[PartFile<'_>],
        timings: Vec<Timing>,
    ) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            backend: Backend::Cpu.name(),
            gpu: None,
            backend_note: None,
            song: SongFacts::new(path, song),
            settings: Asked::new(settings),
            form: sections(&generation.analysis.form),
            drum_form: sections(&generation.analysis.drum_form),
            parts: named(generation).zip(files).map(PartFacts::new).collect(),
            timings,
            peak_memory_mib: peak_memory_mib(),
        }
    }

    /// Notes what was damaged in the song's file, and what was found out about its bars.
    pub fn read(&mut self, file: &SongFile, timed: &Timed) {
        self.song.mended = file.repairs().iter().map(ToString::to_string).collect();
        let findings: Vec<String> = timed.findings.iter().map(ToString::to_string).collect();
        self.song.finding = (!findings.is_empty()).then(|| findings.join("; "));
    }

    /// Notes why parts were kept, in their order.
    pub fn chosen(&mut self, kept: Vec<KeptCandidate>) {
        let pairs = self.parts.iter_mut().zip(kept);
        pairs.for_each(|(part, kept)| part.curated = Some(kept));
    }

    /// Notes what did the networks' arithmetic.
    pub fn ran_on(&mut self, engine: Option<Engine>) {
        if let Some(Engine { backend, device, why, .. }) = engine {
            (self.backend, self.gpu, self.backend_note) = (backend.name(), device, why);
        }
    }
}

/// A path as JSON can have it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl SongFacts {
    fn new(file: &Path, song: &Song) -> SongFacts {
        let bars = song.bars();
        let end = song.end();
        let number = |at: Ticks| bars.bar_at(at).map(|bar| bar.0 + 1);
        let tempo = tempos(song).filter_map(|change| {
            let bpm = 60e6 / f64::from(change.micros_per_quarter);
            Some(TempoFacts { bar: number(change.at)?, bpm: (bpm * 1e3).round() / 1e3 })
        });
        let mut metre: Vec<MetreFacts> = Vec::new();
        for (index, bar) in bars.bars().iter().enumerate() {
            let here = bar.metre.to_string();
            if metre.last().is_none_or(|last| last.metre != here) {
                metre.push(MetreFacts { bar: index + 1, metre: here });
            }
        }
        SongFacts {
            file: shown(file),
            mended: Vec::new(),
            finding: None,
            tracks: song.melodic().map(|track| track.name.clone()).collect(),
            bars: bars.len(),
            seconds: (song.tempo.seconds(end).0 * 1e3).round() / 1e3,
            tempo: tempo.collect(),
            metre,
        }
    }
}

impl Asked {
    fn new(settings: &Settings) -> Asked {
        let (style, densities) = match settings.style.clone() {
            StyleChoice::Densities(densities) => {
                let classes = DrumClass::ALL.map(DrumClass::name).into_iter();
                (StyleChoice::FromSong, Some(classes.zip(densities).collect()))
            }
            style => (style, None),
        };
        let settings = Settings { style, ..settings.clone() };
        let (seed, alternatives) = (settings.seed, settings.alternatives);
        Asked { settings, densities, seed, alternatives }
    }
}

impl PartFacts {
    fn new(((generated, name), file): ((&GeneratedPart, String), &PartFile<'_>)) -> PartFacts {
        let mut lanes = BTreeMap::new();
        for lane in Lane::ALL {
            let notes = file.notes.iter().filter(|note| Lane::of_key(note.key) == lane).count();
            if notes > 0 {
                lanes.insert(lane.name().to_lowercase().replace(' ', "-"), notes);
            }
        }
        let off_beats = swing_ratio(&generated.part).map(|ratio| (10.0 * ratio).round() / 10.0);
        let fills = generated.fills.iter().map(|bar| bar.0 + 1).collect();
        let (file, notes) = (shown(file.path), file.notes.len());
        PartFacts { file, name, notes, off_beats, lanes, fills, curated: None }
    }
}

/// The parts with names that tell them apart.
fn named(generation: &Generation) -> impl Iterator<Item = (&GeneratedPart, String)> {
    let names = drummer::names(generation.parts.iter().map(|generated| &generated.part));
    generation.parts.iter().zip(names)
}

fn sections(form: &Form) -> Vec<SectionFacts> {
    let facts = |section: &Section| SectionFacts {
        section: section.letter(),
        first_bar: section.bars.start + 1,
        last_bar: section.bars.end,
    };
    form.sections.iter().map(facts).collect()
}

/// What was made, for people: the song and its form, then a line for each part.
pub fn summary(
    song: &Song,
    generation: &Generation,
    files: &[PartFile<'_>],
    curated: &[KeptCandidate],
) -> String {
    /// More sections than this fill a terminal.
    const MOST_SECTIONS: usize = 60;
    let section = |section: &Section| format!("{}{}", section.letter(), section.bars.len());
    let letters = |form: &Form| {
        let shown = form.sections.iter().take(MOST_SECTIONS).map(section);
        let rest = form.sections.len().saturating_sub(MOST_SECTIONS);
        let rest = (rest > 0).then(|| format!("and {rest} more"));
        shown.chain(rest).collect::<Vec<String>>().join(" ")
    };
    let heard = &generation.analysis;
    let (form, drums) = (letters(&heard.form), letters(&heard.drum_form));
    let mut lines = vec![format!("{} · form {form} · drums {drums}", facts(song))];
    for (index, ((generated, name), file)) in named(generation).zip(files).enumerate() {
        let swing = swing_ratio(&generated.part);
        let swing = swing.map(|ratio| format!(", off-beats at {ratio:.0} % of the beat"));
        let path = output_name(file.path).display();
        let notes = count(file.notes.len(), "drum note");
        let why = curated.get(index).map(|kept| format!(" · {}", kept.why)).unwrap_or_default();
        let swing = swing.unwrap_or_default();
        lines.push(format!("{path}: {notes}{swing} · {name}{why}"));
    }
    lines.join("\n")
}

/// `VmHWM` of Linux; other systems are not asked.
fn peak_memory_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kibibytes / 1024.0 * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_says_how_much_memory_was_used() {
        assert!(peak_memory_mib().unwrap() > 0.5);
    }

    #[test]
    fn timings_are_in_milliseconds() {
        let timing = Timing::new("groove", Duration::from_micros(1_234));
        assert_eq!(timing.milliseconds, 1.234);
    }
}
