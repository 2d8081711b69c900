//! How late off-beats are played.

use super::Ticks;

/// Off-beats are looked for here, as a share of a beat (a quarter): from a little before its middle
/// to a little behind the triplet.
const FROM: f64 = 0.44;
const TO: f64 = 0.72;
/// Sixteenths would be nearer to their own places than this.
const SIXTEENTH: f64 = 0.05;
/// Where notes of dotted eighths and sixteenths are, which come too late for swing, and how many more
/// of them than of off-beats are a rhythm of the song's.
const DOTTED: f64 = 0.8;
const RHYTHM: usize = 2;
/// Fewer off-beats, or a smaller share of them near their median, are no swing.
const FEWEST: usize = 8;
const AGREEING: f64 = 0.6;
const NEAR: f64 = 0.035;
/// Off-beats this early are straight: what hands do, not what a style asks for.
const STRAIGHT: f64 = 0.53;

/// How late the off-beats come of notes that begin at `starts`, in any order, from 0 (straight, or there
/// are too few) to 1 (a triplet's last third), as [`off_beat`] has it: 60:40 is 0.6. For metres that are
/// not compound.
pub fn swing_of(starts: impl IntoIterator<Item = Ticks>, ticks_per_quarter: u16) -> f32 {
    let quarter = f64::from(ticks_per_quarter);
    let mut inside: Vec<f64> =
        starts.into_iter().map(|start| (start.0 as f64 / quarter).fract()).collect();
    let near = |at: f64, place: f64| (at - place).abs() < SIXTEENTH;
    let sixteenths = inside.iter().filter(|&&at| near(at, 0.25)).count();
    let thirds = inside.iter().filter(|&&at| near(at, 1.0 / 3.0)).count();
    let dotted = inside.iter().filter(|at| (TO..DOTTED).contains(*at)).count();
    inside.retain(|at| (FROM..TO).contains(at));
    if dotted > RHYTHM * inside.len() {
        return 0.0;
    }
    if inside.len() < FEWEST || 4 * sixteenths > inside.len() || 2 * thirds > inside.len() {
        return 0.0;
    }
    inside.sort_by(f64::total_cmp);
    let median = inside[inside.len() / 2];
    let agreeing = inside.iter().filter(|&&at| (at - median).abs() < NEAR).count();
    if median < STRAIGHT || (agreeing as f64) < AGREEING * inside.len() as f64 {
        return 0.0;
    }
    (((median - 0.5) * 6.0) as f32).clamp(0.0, 1.0)
}

/// The place of the off-beat in its quarter, as a share of it, at a swing as [`swing_of`] has it.
pub fn off_beat(swing: f32) -> f64 {
    0.5 + f64::from(swing) / 6.0
}

/// A tick when what is at `from` in every quarter goes to `to`, and everything between there and the
/// beats moves in proportion. Both are shares of a quarter, 0 to 1, both ends left out.
pub fn bent(at: Ticks, ticks_per_quarter: u16, from: f64, to: f64) -> Ticks {
    let quarter = u64::from(ticks_per_quarter);
    let inside = (at.0 % quarter) as f64 / quarter as f64;
    let bent = if inside < from {
        inside / from * to
    } else {
        to + (inside - from) / (1.0 - from) * (1.0 - to)
    };
    Ticks(at.0 - at.0 % quarter + (bent * quarter as f64).round() as u64)
}
