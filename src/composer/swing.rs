//! Where drums that swing put what is written straight.

use super::drums::DrumBars;
use crate::score::{GridKind, Song, Ticks, bent, off_beat, swing_of};

/// A place in the beat that is played elsewhere; what lies between it and the beats moves in
/// proportion. Places are shares of a quarter, 0 to 1, both ends left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Swing {
    ticks_per_quarter: u16,
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
        let ticks_per_quarter = song.ticks_per_quarter();
        let swing = swing_of(starts, ticks_per_quarter);
        if swing <= 0.0 {
            return None;
        }
        let played = off_beat(swing);
        // Where the drums are triplets the off-beat is written as one already, unless it is nearer to
        // the middle of the beat.
        let triplets = drums.grids.iter().any(|grid| grid.kind == GridKind::Ternary);
        let written = if triplets && played > 7.0 / 12.0 { 2.0 / 3.0 } else { 0.5 };
        Some(Swing { ticks_per_quarter, written, played })
    }

    /// When something is played that is written at a tick.
    pub fn place(&self, at: Ticks) -> Ticks {
        bent(at, self.ticks_per_quarter, self.written, self.played)
    }
}
