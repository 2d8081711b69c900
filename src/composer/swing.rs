//! Where drums that swing put what is written straight.

use super::drums::DrumBars;
use crate::score::{GridKind, Song, Ticks, swing_of};

/// A place in the beat that is played elsewhere; what lies between it and the beats moves in
/// proportion. Places are shares of a quarter, 0 to 1, both ends left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Swing {
    quarter: u64,
    written: f64,
    played: f64,
}

impl Swing {
    /// That of the drums of a song; `None` where they are straight or their beats are dotted.
    pub fn of(song: &Song, drums: &DrumBars) -> Option<Swing> {
        if drums.bars.bars().iter().any(|bar| bar.metre.is_compound()) {
            return None;
        }
        let starts = song.drum_notes().map(|note| note.start);
        let swing = f64::from(swing_of(starts, song.ticks_per_quarter()));
        if swing <= 0.0 {
            return None;
        }
        let played = 0.5 + swing / 6.0;
        // Where the drums are triplets the off-beat is written as one already, unless it is nearer to
        // the middle of the beat.
        let triplets = drums.grids.iter().any(|grid| grid.kind == GridKind::Ternary);
        let written = if triplets && played > 7.0 / 12.0 { 2.0 / 3.0 } else { 0.5 };
        Some(Swing { quarter: u64::from(song.ticks_per_quarter()), written, played })
    }

    /// When something is played that is written at a tick.
    pub fn place(&self, at: Ticks) -> Ticks {
        let inside = (at.0 % self.quarter) as f64 / self.quarter as f64;
        let bent = if inside < self.written {
            inside / self.written * self.played
        } else {
            self.played + (inside - self.written) / (1.0 - self.written) * (1.0 - self.played)
        };
        Ticks(at.0 - at.0 % self.quarter + (bent * self.quarter as f64).round() as u64)
    }
}
