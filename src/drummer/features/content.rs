//! What a bar plays, note by note: how far two bars repeat each other, and whether they sound alike.
//!
//! Where [`super::BarFeatures`] says how busy a bar is and where, this keeps the notes themselves,
//! since a verse and a bridge over the same accompaniment differ in nothing else.

use super::bar::{BarFeatures, RHYTHMS};
use super::grid::SLOTS;
use super::lead::lead;
use crate::analysis::{cosine, normalised};
use crate::score::{BarGrid, BarIndex, Song, StepGrid};

/// Share of a bar that a track must sound in it, unless it begins a note there.
const SOUNDS: f32 = 0.2;
/// Registers of [`BarFeatures::rhythm`]: low, middle, high.
const REGISTERS: usize = 3;

/// Weights of what two bars may share: the lead's notes, all tracks' notes, harmony, rhythm by
/// register, who plays. Found with those of the segmentation, see `drummer/segmentation.rs`.
const LEAD: f32 = 0.374;
const TRACKS: f32 = 0.174;
const HARMONY: f32 = 0.087;
const RHYTHM: f32 = 0.087;
const PLAYERS: f32 = 0.278;

/// How much rhythm weighs in the texture, against who plays and how busily.
const TEXTURE_RHYTHM: f32 = 0.3;

/// The notes and sound of one bar.
#[derive(Clone, Debug)]
pub struct BarContent {
    /// Per melodic track: its onsets as `step * 256 + key`, ascending.
    tracks: Vec<Vec<i32>>,
    /// Per melodic track: whether it sounds.
    sounds: Vec<bool>,
    /// Pitch classes by seconds, of length 1 (or 0).
    chroma: [f32; 12],
    /// Onsets by register and step, each register of length 1 (or 0).
    rhythm: [[f32; SLOTS]; REGISTERS],
    /// `ln(1 + onsets)`.
    density: f32,
}

/// The content of every bar of a song.
#[derive(Clone, Debug)]
pub struct Contents {
    bars: Vec<BarContent>,
    /// The track with the tune.
    lead: Option<usize>,
}

impl Contents {
    /// Reads a song's melodic tracks; `features` are [`super::bar_features`] of the same bars.
    pub fn of(song: &Song, bars: &BarGrid, grids: &[StepGrid], features: &[BarFeatures]) -> Self {
        let count = song.melodic().count();
        let mut contents: Vec<BarContent> =
            features.iter().map(|features| BarContent::blank(features, count)).collect();
        for (track, notes) in song.melodic().map(|track| &track.notes).enumerate() {
            let mut sounding = vec![0.0; bars.len()];
            for note in notes {
                let Some(BarIndex(home)) = bars.bar_at(note.start) else { continue };
                for (BarIndex(bar), share) in bars.shares(note.start, note.end()) {
                    sounding[bar] += share;
                }
                let at = bars.nearest_step(note.start, grids[home].steps);
                if let Some((BarIndex(bar), step, _)) = at
                    && let Some(content) = contents.get_mut(bar)
                {
                    content.tracks[track].push(step as i32 * 256 + i32::from(note.key));
                }
            }
            for (content, sounding) in contents.iter_mut().zip(sounding) {
                content.tracks[track].sort_unstable();
                content.tracks[track].dedup();
                content.sounds[track] = !content.tracks[track].is_empty() || sounding > SOUNDS;
            }
        }
        let melodic: Vec<usize> =
            (0..song.tracks.len()).filter(|&track| !song.tracks[track].is_drums()).collect();
        let lead = lead(song).and_then(|lead| melodic.iter().position(|&track| track == lead));
        Contents { bars: contents, lead }
    }

    /// Number of bars.
    pub fn len(&self) -> usize {
        self.bars.len()
    }

    /// Whether there are no bars.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// How far bar `b` repeats bar `a`, 0 to 1, where all that `a` plays is moved up by `semitones`.
    pub fn repetition(&self, a: usize, b: usize, semitones: i32) -> f32 {
        let (a, b) = (&self.bars[a], &self.bars[b]);
        let (mut sum, mut either, mut tune) = (0.0, 0.0, None);
        for track in 0..a.tracks.len() {
            if a.sounds[track] || b.sounds[track] {
                let same = same_notes(&a.tracks[track], &b.tracks[track], semitones);
                sum += same;
                either += 1.0;
                if Some(track) == self.lead {
                    tune = Some(same);
                }
            }
        }
        let tracks = if either > 0.0 { sum / either } else { 1.0 };
        LEAD * tune.unwrap_or(tracks)
            + TRACKS * tracks
            + HARMONY * a.harmony(b, semitones)
            + RHYTHM * a.rhythm(b)
            + PLAYERS * a.players(b)
    }

    /// How alike two bars sound whatever their notes: who plays, how busily, in which rhythm; 0 to 1.
    pub fn texture(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (&self.bars[a], &self.bars[b]);
        let busy = (-(a.density - b.density).abs()).exp();
        (a.players(b) + busy + TEXTURE_RHYTHM * a.rhythm(b)) / (2.0 + TEXTURE_RHYTHM)
    }

    /// How far all tracks begin notes on the same steps in two bars, whatever their pitch, 0 to 1.
    pub fn onsets(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (&self.bars[a], &self.bars[b]);
        let (mut both, mut own, mut others) = (0.0, 0.0, 0.0);
        for (a, b) in a.tracks.iter().zip(&b.tracks) {
            let (a, b) = (steps(a), steps(b));
            both += a.iter().filter(|step| b.contains(step)).count() as f32;
            own += a.len() as f32;
            others += b.len() as f32;
        }
        if own + others > 0.0 { 2.0 * both / (own + others) } else { 1.0 }
    }

    /// How much the harmony of one bar is that of another moved up by `semitones`, 0 to 1.
    pub fn harmony(&self, a: usize, b: usize, semitones: i32) -> f32 {
        self.bars[a].harmony(&self.bars[b], semitones)
    }
}

impl BarContent {
    fn blank(features: &BarFeatures, tracks: usize) -> BarContent {
        const { assert!(REGISTERS <= RHYTHMS) };
        BarContent {
            tracks: vec![Vec::new(); tracks],
            sounds: vec![false; tracks],
            chroma: normalised(features.chroma),
            rhythm: std::array::from_fn(|register| normalised(features.rhythm[register])),
            density: features.scalars.density * 5.0,
        }
    }

    fn harmony(&self, other: &BarContent, semitones: i32) -> f32 {
        let turn = semitones.rem_euclid(12) as usize;
        let turned: [f32; 12] = std::array::from_fn(|class| self.chroma[(class + 12 - turn) % 12]);
        cosine(&turned, &other.chroma)
    }

    fn rhythm(&self, other: &BarContent) -> f32 {
        let rows = self.rhythm.iter().zip(&other.rhythm);
        rows.map(|(a, b)| cosine(a, b)).sum::<f32>() / REGISTERS as f32
    }

    /// Share of the tracks that sound in either bar which sound in both.
    fn players(&self, other: &BarContent) -> f32 {
        let (mut either, mut both) = (0.0, 0.0);
        for (&a, &b) in self.sounds.iter().zip(&other.sounds) {
            either += f32::from(a || b);
            both += f32::from(a && b);
        }
        if either > 0.0 { both / either } else { 1.0 }
    }
}

/// The steps of notes, each once.
fn steps(notes: &[i32]) -> Vec<i32> {
    let mut steps: Vec<i32> = notes.iter().map(|note| note / 256).collect();
    steps.dedup();
    steps
}

/// F1 of two sets of notes; two empty ones are the same.
fn same_notes(a: &[i32], b: &[i32], semitones: i32) -> f32 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let (mut left, mut right, mut both) = (0, 0, 0);
    while left < a.len() && right < b.len() {
        match (a[left] + semitones).cmp(&b[right]) {
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
            std::cmp::Ordering::Equal => (left, right, both) = (left + 1, right + 1, both + 1),
        }
    }
    2.0 * both as f32 / (a.len() + b.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::features::{bar_features, step_grids};
    use crate::score::{Note, TempoMap, Ticks, Track, TrackKind, Velocity};

    /// Bars of four quarter notes, a melody over a held bass.
    fn contents(bars: &[[u8; 4]]) -> Contents {
        let note = |start: usize, length, key| Note {
            start: Ticks(start as u64 * 480),
            length: Ticks(length),
            key,
            velocity: Velocity::clamped(90),
        };
        let track =
            |notes| Track { name: String::new(), kind: TrackKind::Melodic { program: 0 }, notes };
        let melody = bars.iter().flatten().enumerate().map(|(at, &key)| note(at, 400, key));
        let bass = (0..bars.len()).map(|bar| note(bar * 4, 1900, 36));
        let song = Song {
            tempo: TempoMap::new(480, []),
            metres: vec![],
            tracks: vec![track(bass.collect()), track(melody.collect())],
        };
        let bars = song.bars();
        let grids = step_grids(&song, &bars);
        let features = bar_features(&song, &bars, &grids);
        Contents::of(&song, &bars, &grids, &features)
    }

    #[test]
    fn repeats_are_told_from_other_tunes_over_the_same_bass() {
        let contents =
            contents(&[[72, 74, 76, 77], [79, 77, 71, 69], [72, 74, 76, 77], [74, 76, 78, 79]]);
        assert!((contents.repetition(0, 2, 0) - 1.0).abs() < 1e-5);
        assert!(contents.repetition(0, 1, 0) < 0.7);
        // A whole tone up: the tune is the same, the held bass is not.
        assert!(contents.repetition(0, 3, 2) > contents.repetition(0, 3, 0) + 0.3);
        assert!(contents.texture(0, 1) > 0.95);
    }
}
