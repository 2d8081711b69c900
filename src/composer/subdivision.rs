//! Where in the beat a melody's notes may begin: at the places that the drums have.

use std::collections::HashMap;

use super::drums::DrumBars;
use crate::score::GridKind;

/// A place in the beat is the drums' own if they strike it at least once where they strike the
/// commonest place between the beats so many times. A fill in triplets is no shuffle's grid.
const USUAL: usize = 8;

/// By slot, whether a note may begin there. In triplets, under dotted beats and where the drums swing
/// a melody keeps to the places in the beat that the drums strike, and to the beats themselves; dotted
/// beats always have their thirds. Elsewhere every slot is open. Bars that are divided alike
/// ([`DrumBars::divides_alike`]) are equal, so that one may repeat another.
pub(super) fn open_slots(drums: &DrumBars, swings: bool) -> Vec<bool> {
    let mut strikes: HashMap<(GridKind, usize, bool), Vec<usize>> = HashMap::new();
    for (bar, grid) in drums.grids.iter().enumerate() {
        let beat = grid.steps_per_beat;
        let key = (grid.kind, beat, drums.is_compound(bar));
        let strikes = strikes.entry(key).or_insert_with(|| vec![0; beat]);
        for (step, slot) in drums.of_bar(bar).enumerate() {
            strikes[step % beat] += usize::from(drums.has_onset(slot));
        }
    }
    let mut open = Vec::with_capacity(drums.slots());
    for (bar, grid) in drums.grids.iter().enumerate() {
        let beat = grid.steps_per_beat;
        let is_dotted = drums.is_compound(bar);
        let strikes = &strikes[&(grid.kind, beat, is_dotted)];
        let most = strikes[1..].iter().copied().max().unwrap_or(0).max(1);
        let divides = swings || grid.kind == GridKind::Ternary;
        open.extend((0..grid.steps).map(|step| {
            let place = step % beat;
            let is_third = is_dotted && (3 * place).is_multiple_of(beat);
            !divides || place == 0 || is_third || USUAL * strikes[place] >= most
        }));
    }
    open
}
