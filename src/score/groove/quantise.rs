//! Notes become a groove: on the nearest step, with their distance from it kept as feel.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use super::{Groove, GrooveError, GrooveRemark, GrooveSource, TakenGroove};
use crate::score::{BarGrid, DrumPart, GmKey, MetreChange, Note, Song, Ticks, Track};

/// Most keys of a track that may be a single drum: a stroke, a roll, an edge.
const DRUM_KEYS: usize = 3;
/// Kick, snare, hats and low toms: one of them is in nearly every beat, and few melodies go so low.
const KIT: std::ops::RangeInclusive<u8> = 35..=46;
/// Songs of more bars are not looked through.
const MOST_BARS: u64 = 10_000;

impl Groove {
    /// The groove of a song's drum tracks, such as those of a MIDI clip. Each note goes to the nearest
    /// step, and its distance from it is kept. Beats are divided in triplets where the playing fits
    /// them better. A clip without a drum track is taken for drums if it has a kick, snare or hat: one
    /// track, or several of which each has three keys at most, as kits are recorded drum by drum.
    ///
    /// # Errors
    /// If the song has no notes, none on a drum's key, no drums among its parts, or more bars than can be
    /// looked through.
    pub fn of_song(
        name: &str,
        source: GrooveSource,
        song: &Song,
    ) -> Result<TakenGroove, GrooveError> {
        let (notes, all_tracks) = Groove::notes_of_song(song)?;
        let (metres, ticks) = (&song.metres, song.ticks_per_quarter());
        let mut taken = Groove::of_notes(name, source, ticks, metres, &notes)?;
        taken.remarks.splice(0..0, all_tracks.then_some(GrooveRemark::AllTracks));
        Ok(taken)
    }

    /// The notes of a song that [`Groove::of_song`] takes for drums, and whether they are those of all
    /// tracks because none is for drums.
    ///
    /// # Errors
    /// If the song has notes, but no drums among its parts.
    pub fn notes_of_song(song: &Song) -> Result<(Vec<Note>, bool), GrooveError> {
        let drums: Vec<Note> = song.drum_notes().copied().collect();
        if !drums.is_empty() {
            return Ok((drums, false));
        }
        let played = song.tracks.iter().filter(|track| !track.notes.is_empty());
        let tracks = played.clone().count();
        let is_drum = |track: &Track| {
            let keys: BTreeSet<u8> = track.notes.iter().map(|note| note.key).collect();
            keys.len() <= DRUM_KEYS
        };
        let notes: Vec<Note> = song.tracks.iter().flat_map(|track| &track.notes).copied().collect();
        let has_kit = notes.iter().any(|note| KIT.contains(&note.key));
        let is_melodic = tracks > 1 && !played.clone().all(is_drum);
        if !notes.is_empty() && (is_melodic || !has_kit) {
            return Err(GrooveError::NoDrumTrack);
        }
        Ok((notes, true))
    }

    /// The groove of drum notes in bars of these metres from tick 0. As [`Groove::of_song`]; a note
    /// just ahead of the end is the first of the bars again, a little early.
    ///
    /// # Errors
    /// As [`Groove::of_song`].
    pub fn of_notes(
        name: &str,
        source: GrooveSource,
        ticks_per_quarter: u16,
        metres: &[MetreChange],
        notes: &[Note],
    ) -> Result<TakenGroove, GrooveError> {
        let part = quantised(ticks_per_quarter, metres, notes)?;
        let mut taken = Groove::of_part(name, source, &part, 0..part.bars.len())?;
        let others = notes.iter().filter(|note| GmKey::of_kit(note.key).is_none()).count();
        taken.remarks.extend((others > 0).then_some(GrooveRemark::OtherKeys { notes: others }));
        Ok(taken)
    }
}

/// Drum notes in bars of these metres from tick 0, each on its nearest step with its distance from it. The
/// bars end with the last note's; a note just ahead of their end is the first of the bars with notes
/// again, a little early.
///
/// # Errors
/// If there are no notes, none on a drum's key, or too many bars.
pub fn quantised(
    ticks_per_quarter: u16,
    metres: &[MetreChange],
    notes: &[Note],
) -> Result<DrumPart, GrooveError> {
    let known: Vec<(Note, GmKey)> =
        notes.iter().filter_map(|note| Some((*note, GmKey::of_kit(note.key)?))).collect();
    let starts: Vec<Ticks> = known.iter().map(|(note, _)| note.start).collect();
    let Some(last) = starts.iter().max() else {
        return Err(match notes.len() {
            0 => GrooveError::Empty,
            notes => GrooveError::NoDrum { notes },
        });
    };
    let end = *last + Ticks(1);
    let count = BarGrid::count(ticks_per_quarter, metres, end);
    if count > MOST_BARS {
        return Err(GrooveError::TooLong(count));
    }
    let bars = BarGrid::new(ticks_per_quarter, metres, end);
    let triplets = plays_triplets(&starts, ticks_per_quarter);
    let first = starts.iter().min().and_then(|&start| bars.bar_at(start)).unwrap_or_default();
    Ok(DrumPart::of_notes(bars, triplets, &known, Some(first)))
}

/// Whether strokes fall on triplets rather than on straight eighths and sixteenths.
///
/// For a grid of `k` places a quarter, the mean of `exp(2 pi i k position)` is as long as the strokes
/// agree about where that grid is, however early they all are: 1 on the grid, near 0 off it.
pub fn plays_triplets(starts: &[Ticks], ticks_per_quarter: u16) -> bool {
    let agreement = |k: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for start in starts {
            let angle = TAU * k * start.0 as f64 / f64::from(ticks_per_quarter);
            re += angle.cos();
            im += angle.sin();
        }
        (re * re + im * im).sqrt()
    };
    // A hair more, so that strokes on beats alone, which are on either grid, are straight.
    agreement(3.0).max(agreement(6.0)) > agreement(2.0).max(agreement(4.0)) * (1.0 + 1e-9)
}
