//! A set of songs: figures song by song, their mean, and the comparison to human playing.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::comparison::{FeatureComparison, compare};
use super::playing::Playing;
use super::scoring::{Score, score};
use super::sense::{Sense, sense};
use crate::midi::{self, ReadError};
use crate::score::Song;

/// What can go wrong on the way to the figures.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum EvaluationError {
    #[error("cannot read the folder {folder}: {source}", folder = folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Song(#[from] ReadError),
    #[error("{reference} and {generated} have no MIDI file of the same name",
            reference = reference.display(), generated = generated.display())]
    NoPair { reference: PathBuf, generated: PathBuf },
}

/// A song with its real drums and one with generated drums.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The file name without its ending.
    pub name: String,
    /// With the drums that people wrote.
    pub reference: Song,
    /// With the drums that are judged.
    pub generated: Song,
}

/// Reads two MIDI files, or those of the first folder (see [`midi::is_midi_name`]) that the second has too:
/// a file of the same name, or else one that differs in its ending alone. Files of a folder that cannot be
/// read are left out, and why is given with the pairs.
///
/// # Errors
/// If a folder or, of two files, one cannot be read, none of a folder's files can, or no two names
/// agree.
pub fn pairs_in(
    reference: &Path,
    generated: &Path,
) -> Result<(Vec<Pair>, Vec<ReadError>), EvaluationError> {
    let read = |reference: &Path, generated: &Path| -> Result<Pair, ReadError> {
        let name = reference.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (reference, generated) = (midi::read(reference)?, midi::read(generated)?);
        Ok(Pair { name, reference, generated })
    };
    if reference.is_file() {
        return Ok((vec![read(reference, generated)?], Vec::new()));
    }
    let folder = |source| EvaluationError::Folder { folder: reference.to_owned(), source };
    let files = midi_files(reference).map_err(folder)?;
    // Without any, there is no pair.
    let others = midi_files(generated).unwrap_or_default();
    let both = files.iter().filter_map(|file| {
        let same = others.iter().find(|other| other.file_name() == file.file_name());
        let is_free =
            |other: &&PathBuf| files.iter().all(|file| file.file_name() != other.file_name());
        let mut alike = others.iter().filter(|other| other.file_stem() == file.file_stem());
        Some((file, same.or_else(|| alike.find(is_free))?))
    });
    let (mut pairs, mut left_out) = (Vec::new(), Vec::new());
    for (file, other) in both {
        match read(file, other) {
            Ok(pair) => pairs.push(pair),
            Err(error) => left_out.push(error),
        }
    }
    if pairs.is_empty() {
        if !left_out.is_empty() {
            return Err(left_out.swap_remove(0).into());
        }
        let (reference, generated) = (reference.to_owned(), generated.to_owned());
        return Err(EvaluationError::NoPair { reference, generated });
    }
    Ok((pairs, left_out))
}

/// The MIDI files of a folder, by name.
fn midi_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| midi::is_midi_name(file) && file.is_file());
    files.sort();
    Ok(files)
}

/// The figures of one song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SongScore {
    /// The file name without its ending.
    pub name: String,
    /// How near the drums are to the real ones.
    #[serde(flatten)]
    pub score: Score,
}

/// What a drummer would notice in one song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SongSense {
    /// The file name without its ending.
    pub name: String,
    /// What a drummer would notice.
    #[serde(flatten)]
    pub sense: Sense,
}

/// The figures of a set of songs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Every song that could be scored, in order.
    pub songs: Vec<SongScore>,
    /// Means over the songs that have a figure.
    pub mean: Score,
    /// Songs whose real drums play in fewer than two bars: they cannot be scored.
    pub skipped: Vec<String>,
    /// Songs with enough notes and strokes to judge, in order.
    pub senses: Vec<SongSense>,
    /// Means over the songs that have a figure.
    pub mean_sense: Sense,
    /// The generated drums of all songs beside human playing, feature by feature.
    pub playing: Vec<FeatureComparison>,
}

/// Scores all pairs; `None` if none of them can be scored.
pub fn evaluate(pairs: &[Pair]) -> Option<Evaluation> {
    let (mut songs, mut senses, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    for Pair { name, reference, generated } in pairs {
        match score(reference, generated) {
            Some(score) => songs.push(SongScore { name: name.clone(), score }),
            None => skipped.push(name.clone()),
        }
        let sense = sense(reference, generated);
        senses.extend(sense.map(|sense| SongSense { name: name.clone(), sense }));
    }
    let mean = Score::mean(songs.iter().map(|song| &song.score))?;
    let generated = Playing::of("generated", pairs.iter().map(|pair| &pair.generated));
    let playing = compare(&generated, Playing::human());
    let mean_sense = Sense::mean(senses.iter().map(|song| &song.sense));
    Some(Evaluation { songs, mean, skipped, senses, mean_sense, playing })
}

impl Evaluation {
    /// The figures as a table, in the reference scorer's layout: a line for each song and, of
    /// several, one for the mean.
    pub fn score_table(&self) -> String {
        let mut table = format!("{:<28}", "song");
        for name in Score::NAMES {
            // Writing to a string does not fail.
            let _ = write!(table, " {name:>8}");
        }
        table.push('\n');
        let mut line = |name: &str, score: &Score| {
            let name: String = name.chars().take(28).collect();
            let _ = write!(table, "{name:<28}");
            for value in score.values() {
                let _ = write!(table, " {:>8}", figure(value, 3));
            }
            table.push('\n');
        };
        for song in &self.songs {
            line(&song.name, &song.score);
        }
        if self.songs.len() > 1 {
            line(&format!("MEAN of {}", self.songs.len()), &self.mean);
        }
        table
    }

    /// What a drummer would notice as a table in the reference script's layout: a line for each
    /// song and one for the mean.
    pub fn sense_table(&self) -> String {
        let mut table = format!("{:<28}", "song");
        for name in Sense::NAMES {
            // Writing to a string does not fail.
            let _ = write!(table, " {name:>7}");
        }
        table.push('\n');
        let mut line = |name: &str, sense: &Sense| {
            let name: String = name.chars().take(28).collect();
            let _ = write!(table, "{name:<28}");
            for value in sense.values() {
                let _ = match value {
                    Some(value) => write!(table, " {:>7}", figure(value, 2)),
                    None => write!(table, " {:>7}", "-"),
                };
            }
            table.push('\n');
        };
        for song in &self.senses {
            line(&song.name, &song.sense);
        }
        if self.senses.len() > 1 {
            line(&format!("MEAN of {}", self.senses.len()), &self.mean_sense);
        }
        table
    }

    /// The comparison to human playing as a table.
    pub fn playing_table(&self) -> String {
        let head = ["mean", "sd", "human", "sd", "overlap"];
        let mut table = format!("{:<28}", "playing, two bars");
        for name in head {
            let _ = write!(table, " {name:>8}");
        }
        table.push('\n');
        for comparison in &self.playing {
            let FeatureComparison { feature, mean, sd, human_mean, human_sd, overlap } = comparison;
            let _ = write!(table, "{:<28}", feature.name());
            for value in [mean, sd, human_mean, human_sd, overlap] {
                let _ = write!(table, " {:>8}", figure(*value, 3));
            }
            table.push('\n');
        }
        table
    }
}

/// A number with so many decimals; what is rounded to nothing has no sign.
fn figure(value: f64, decimals: usize) -> String {
    let figure = format!("{value:.decimals$}");
    let nothing = figure.strip_prefix('-').filter(|rest| rest.parse::<f64>() == Ok(0.0));
    nothing.map(str::to_owned).unwrap_or(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn songs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scores")
    }

    #[test]
    fn a_folder_against_itself_is_perfect() {
        let (pairs, left_out) = pairs_in(&songs(), &songs()).unwrap();
        assert!(left_out.is_empty());
        assert_eq!(pairs.len(), 10);
        let mut evaluation = evaluate(&pairs).unwrap();
        assert!(evaluation.skipped.is_empty());
        assert_eq!(evaluation.mean.f1_all, 1.0);
        assert!((evaluation.mean.ssm_corr - 1.0).abs() < 1e-9);

        let table = evaluation.score_table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("song                           f1_all   f1_ksh f1_onset"));
        assert!(lines[2].starts_with("a_memory_away                   1.000    1.000    1.000"));
        assert!(lines[11].starts_with("MEAN of 10 "));
        assert_eq!(evaluation.playing_table().lines().count(), 18);
        evaluation.playing[0].mean = -0.000_4;
        assert!(!evaluation.playing_table().contains("-0.000"));
        let senses = evaluation.sense_table();
        assert!(senses.starts_with("song                          hands3    rush   kick2"));
        // Five of the files have no melodic side, beside which drums could be judged.
        assert_eq!(senses.lines().count(), 7);

        let json = serde_json::to_string(&evaluation).unwrap();
        assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap().songs.len(), 10);
    }

    #[test]
    fn nothing_has_no_sign() {
        let figures = [-0.000_4, -0.000_6, 0.000_4, -1.25, -10.0].map(|value| figure(value, 3));
        assert_eq!(figures, ["0.000", "-0.001", "0.000", "-1.250", "-10.000"]);
        assert_eq!(figure(-0.001, 2), "0.00");
        assert_eq!(figure(f64::NEG_INFINITY, 2), "-inf");
    }

    #[test]
    fn pairs_are_of_any_midi_ending() {
        let (songs, drums) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = self::songs().join("a_memory_away.mid");
        for (folder, names) in [
            (&songs, &["a.MID", "b.midi", "c.mid", "c.midi", "._a.mid", "d.txt", "e.mid"][..]),
            (&drums, &["a.mid", "b.midi", "c.mid", "d.txt"]),
        ] {
            for name in names {
                fs::copy(&source, folder.path().join(name)).unwrap();
            }
        }
        let (pairs, _) = pairs_in(songs.path(), drums.path()).unwrap();
        let names: Vec<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"], "one part is not two songs'");
    }

    #[test]
    fn folders_without_a_pair_are_errors() {
        let empty = tempfile::tempdir().unwrap();
        let error = pairs_in(&songs(), empty.path()).unwrap_err();
        assert!(matches!(error, EvaluationError::NoPair { .. }));
        let error = pairs_in(&empty.path().join("none"), &songs()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the folder"));
    }
}
