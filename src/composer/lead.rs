//! Which track of a song is a melody to learn from or to compare with.

use crate::score::{BarGrid, Note, Song, Track, TrackKind};

/// What a track called so is.
const NAMES: [&str; 8] = ["melody", "vocal", "lead", "voice", "solo", "sing", "tune", "theme"];

/// The track that carries the tune: one note at a time, higher than a bass, sounding in much of the
/// song, and moving. Riffs, chords, arpeggios and pads are none; `None` where nothing else is.
pub fn lead(song: &Song) -> Option<usize> {
    let bars = song.bars();
    let value = |index: usize| value(&song.tracks[index], &bars);
    (0..song.tracks.len())
        .filter_map(|index| Some((index, value(index)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

/// How much a track is a melody; `None` where it is not.
fn value(track: &Track, bars: &BarGrid) -> Option<f64> {
    let TrackKind::Melodic { program } = track.kind else { return None };
    let notes = &track.notes;
    let name = track.name.to_lowercase();
    let named = NAMES.iter().any(|word| name.contains(word));
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
    let value = facts.coverage.min(0.8) * 1.5
        + facts.single
        + (facts.pitch / 72.0).min(1.1)
        + facts.steps
        + facts.distinct.min(0.7)
        + facts.rests.min(0.3)
        + f64::from(u8::from(named)) * 2.0;
    Some(value)
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
