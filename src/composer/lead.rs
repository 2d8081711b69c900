//! Which track of a song is a melody: to learn from, to compare with, or to keep.

use crate::score::{BarGrid, Note, Song, Track, TrackKind};

/// What a track called so is.
const NAMES: [&str; 8] = ["melody", "vocal", "lead", "voice", "solo", "sing", "tune", "theme"];
/// What has a mean MIDI key below this is a bass.
const LOW: f64 = 48.0;
/// What it is worth to be a melody by what [`lead`] asks for: less than a name.
const SUNG: f64 = 1.5;

/// The track that carries the tune: one note at a time, higher than a bass, sounding in much of the
/// song, and moving. Riffs, chords, arpeggios and pads are none; `None` where nothing else is.
pub fn lead(song: &Song) -> Option<usize> {
    let bars = song.bars();
    highest(song, |track| value(track, &bars))
}

/// The track whose rhythm or pitches are kept where a song's are. It is what [`lead`] would choose or
/// comes nearest to that: a track may be short. A bass or a pad is chosen if there is nothing else only.
/// `None` of songs without a note but drums.
pub fn melody_track(song: &Song) -> Option<usize> {
    let bars = song.bars();
    let best = |accompaniment: bool| {
        highest(song, |track| {
            let is_asked = !track.is_drums() && is_accompaniment(track) == accompaniment;
            let facts = Facts::of(&track.notes, &bars).filter(|_| is_asked)?;
            let sung = f64::from(u8::from(value(track, &bars).is_some()));
            Some(worth(&facts, is_named(track)) + SUNG * sung)
        })
    };
    best(false).or_else(|| best(true))
}

/// The track of the highest value, the last of equals.
fn highest(song: &Song, value: impl Fn(&Track) -> Option<f64>) -> Option<usize> {
    let tracks = song.tracks.iter().enumerate();
    tracks
        .filter_map(|(index, track)| Some((index, value(track)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

/// Whether a track is a bass or a pad: by its name, or where that says nothing by program and height.
fn is_accompaniment(track: &Track) -> bool {
    let name = track.name.to_lowercase();
    if name.replace("bassoon", "").contains("bass") || name.contains("pad") {
        return true;
    }
    let pitches: f64 = track.notes.iter().map(|note| f64::from(note.key)).sum();
    let low = pitches < LOW * track.notes.len() as f64;
    let program = matches!(track.kind, TrackKind::Melodic { program: 32..=39 | 88..=95 });
    !is_named(track) && (low || program)
}

fn is_named(track: &Track) -> bool {
    let name = track.name.to_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// How much a track is a melody; `None` where it is not.
fn value(track: &Track, bars: &BarGrid) -> Option<f64> {
    let TrackKind::Melodic { program } = track.kind else { return None };
    let notes = &track.notes;
    let named = is_named(track);
    // Basses, timpani and what only makes noise.
    if matches!(program, 32..=39 | 47 | 112..) || notes.len() < 16 {
        return None;
    }
    let facts = Facts::of(notes, bars)?;
    let melodic = facts.single > 0.8
        && facts.pitch > 50.0
        && facts.coverage > 0.2
        && (1.0..=14.0).contains(&facts.notes_a_bar)
        && facts.classes >= 4
        && facts.steps > 0.3
        && facts.distinct > 0.15;
    if !melodic && !named {
        return None;
    }
    Some(worth(&facts, named))
}

/// How much what is known of a track speaks for a melody.
fn worth(facts: &Facts, named: bool) -> f64 {
    facts.coverage.min(0.8) * 1.5
        + facts.single
        + (facts.pitch / 72.0).min(1.1)
        + facts.steps
        + facts.distinct.min(0.7)
        + facts.rests.min(0.3)
        + f64::from(u8::from(named)) * 2.0
}

struct Facts {
    /// Share of starts that are one note's, and of those that wait for the note before.
    single: f64,
    /// Mean MIDI key.
    pitch: f64,
    /// Share of the song's bars in which a note begins.
    coverage: f64,
    notes_a_bar: f64,
    /// Pitch classes with a fiftieth of the notes or more.
    classes: usize,
    /// Share of intervals of one to four semitones.
    steps: f64,
    /// Share of sounding bars that are not like an earlier one.
    distinct: f64,
    /// Share of the time between first and last note that is silent.
    rests: f64,
}

impl Facts {
    fn of(notes: &[Note], bars: &BarGrid) -> Option<Facts> {
        let starts: Vec<&Note> = notes
            .chunk_by(|a, b| a.start == b.start)
            .filter_map(|together| together.iter().max_by_key(|note| note.key))
            .collect();
        let (first, last) = (starts.first()?, starts.last()?);
        let overlaps = starts
            .windows(2)
            .filter(|pair| {
                let step = (pair[1].start - pair[0].start).0;
                pair[0].length.0 > step + step / 2
            })
            .count();
        let all = notes.len() as f64;
        let mut classes = [0usize; 12];
        notes.iter().for_each(|note| classes[usize::from(note.key % 12)] += 1);
        let moves =
            starts.windows(2).map(|pair| pair[0].key.abs_diff(pair[1].key)).collect::<Vec<_>>();
        let steps = moves.iter().filter(|step| (1..=4).contains(*step)).count();
        let mut shapes = std::collections::HashSet::new();
        let mut sounding = 0;
        for bar in notes.chunk_by(|a, b| bars.bar_at(a.start) == bars.bar_at(b.start)) {
            let Some(index) = bars.bar_at(bar[0].start) else { continue };
            let start = bars.bars()[index.0].start;
            sounding += 1;
            shapes.insert(
                bar.iter().map(|note| ((note.start - start).0, note.key)).collect::<Vec<_>>(),
            );
        }
        let span = (last.end() - first.start).0.max(1) as f64;
        let sound: u64 = starts
            .windows(2)
            .map(|pair| pair[0].length.0.min((pair[1].start - pair[0].start).0))
            .sum();
        Some(Facts {
            single: (starts.len() as f64 / all).min(1.0 - overlaps as f64 / starts.len() as f64),
            pitch: notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / all,
            coverage: sounding as f64 / bars.len().max(1) as f64,
            notes_a_bar: starts.len() as f64 / f64::from(sounding.max(1)),
            classes: classes.iter().filter(|&&count| count * 50 >= notes.len()).count(),
            steps: steps as f64 / moves.len().max(1) as f64,
            distinct: shapes.len() as f64 / f64::from(sounding.max(1)),
            rests: (1.0 - sound as f64 / span).max(0.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{TempoMap, Ticks, Velocity};

    fn track(name: &str, program: u8, notes: &[(u64, u64, u8)]) -> Track {
        let note = |&(start, length, key)| Note {
            start: Ticks(start),
            length: Ticks(length),
            key,
            velocity: Velocity::clamped(80),
        };
        let notes = notes.iter().map(note).collect();
        Track { name: name.to_owned(), kind: TrackKind::Melodic { program }, notes }
    }

    fn chosen(tracks: &[&Track]) -> Option<String> {
        let tracks = tracks.iter().map(|&track| track.clone()).collect();
        let song = Song { tempo: TempoMap::new(96, []), metres: Vec::new(), tracks };
        melody_track(&song).map(|track| song.tracks[track].name.clone())
    }

    #[test]
    fn what_is_kept_is_the_melody_and_no_bass_or_pad() {
        let eighths: Vec<(u64, u64, u8)> =
            (0..32).map(|at| (at * 48, 40, 36 + at as u8 % 5)).collect();
        let bass = track("Track 1", 0, &eighths);
        let high: Vec<(u64, u64, u8)> =
            eighths.iter().map(|&(at, l, key)| (at, l, key + 36)).collect();
        let named_bass = track("Bass", 0, &high);
        let chords: Vec<(u64, u64, u8)> =
            (0..24).map(|at| (at / 3 * 192, 192, 60 + 4 * (at % 3) as u8)).collect();
        let (pad, keys) = (track("Warm", 89, &chords), track("Keys", 0, &chords));
        let tune: Vec<(u64, u64, u8)> =
            (0..8).map(|at| (at * 192, 150, 67 + [0, 2, 4, 5][at as usize % 4])).collect();
        let short = track("Track 4", 73, &tune);
        let vocal = track("Lead vocal", 0, &tune);
        // Too short to learn from, and fewer notes than all the others have.
        assert_eq!(chosen(&[&bass, &pad, &short, &keys, &named_bass]).as_deref(), Some("Track 4"));
        assert_eq!(chosen(&[&vocal, &short, &bass]).as_deref(), Some("Lead vocal"));
        assert_eq!(chosen(&[&bass]).as_deref(), Some("Track 1"));
        assert_eq!(chosen(&[]), None);
    }
}
