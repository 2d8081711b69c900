//! Files that count beats and no bars: their time signature has one beat.

use super::downbeats::{BarLines, Lines, Weights, bar_lines};
use super::pickup::{step_notes, with_bar_lines};
use crate::score::{Metre, MetreChange, Song, Ticks};

/// Fewer bars of a beat may be meant.
const FEWEST: usize = 8;
/// How much heavier the bar lines of three beats have to be than those of four, in weights of steps.
const THREE: f64 = 0.35;
/// What speaks for a bar that begins with the first beat of the file, in weights of steps.
const AT_ONCE: f32 = 20.0;
/// What a bar costs in which a beat is missing or too many, and one by two: files that count beats are
/// exact.
const SLIP_COST: [f32; 2] = [30.0, 40.0];

/// A song whose file has bars of a single beat for most of it, in bars of four of these beats, or of three
/// where their bar lines are surely heavier; with that metre.
pub(super) fn in_bars(song: &Song) -> Option<(Song, Metre)> {
    let bars = song.bars();
    let length = |is: &dyn Fn(Metre) -> bool| {
        let bars = bars.bars().iter().filter(|bar| is(bar.metre));
        bars.fold((0, 0), |(number, ticks), bar| (number + 1, ticks + bar.length.0))
    };
    let is_beat = |metre: Metre| metre.numerator() == 1;
    let (number, ticks) = length(&is_beat);
    if number < FEWEST || 2 * ticks <= length(&|_| true).1 {
        return None;
    }
    let beat = bars.bars().iter().map(|bar| bar.metre).find(|&metre| is_beat(metre))?;
    let half = (beat.bar_ticks(song.ticks_per_quarter()).0 / 2).max(1);
    let notes = step_notes(song, half);
    let heaviest = |beats: u8| {
        let beats = usize::from(beats);
        let weights = Weights::of(&notes, 2 * beats, 2)?;
        bar_lines(&weights.steps, Lines { beats, parity: 0, at_once: AT_ONCE, slips: SLIP_COST })
    };
    let worth = |lines: &Option<BarLines>| lines.as_ref().map_or(0.0, |lines| lines.worth);
    let (four, three) = (heaviest(4), heaviest(3));
    let (beats, lines) = if worth(&three) - worth(&four) > THREE { (3, three) } else { (4, four) };
    let metre = Metre::new(beats, beat.denominator())?;
    let plain = Song { metres: vec![MetreChange { at: Ticks(0), metre }], ..song.clone() };
    let barred = lines
        .map_or_else(|| plain.clone(), |BarLines { lines, .. }| with_bar_lines(&plain, &lines));
    Some((barred, metre))
}
