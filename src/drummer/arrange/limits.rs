//! What two hands and two feet can play of what is wanted, and on which keys.

use super::super::cells::EVEN;
use super::super::limbs::OnsetTimeline;
use super::super::pattern::PatternOutput;
use super::super::performance::{GivenStrokes, bend};
use super::{Arranger, Wanted};
use crate::score::{BarIndex, DrumPart, GmKey, Hit, LANES, Lane, PAPER_KEYS, Velocity};

impl Arranger<'_> {
    /// What two hands and two feet can play of what is wanted, and all of it that was given.
    pub(super) fn played(
        &self,
        wanted: &Wanted,
        output: &PatternOutput,
    ) -> (DrumPart, GivenStrokes) {
        let keys = keys(&output.keys);
        let mut firsts = Vec::with_capacity(self.bars.len());
        let mut times = Vec::new();
        for (bar, grid) in self.grids.iter().enumerate() {
            firsts.push(times.len());
            let compound = self.bars.bars()[bar].metre.is_compound();
            times.extend((0..grid.steps).map(|step| {
                let position = f64::from(bend(step, *grid, compound, self.settings.swing));
                let at = self.bars.tick_of_step(BarIndex(bar), position, grid.steps);
                self.tempo.seconds(at).0 as f32
            }));
        }
        let mut line = OnsetTimeline::new(times, self.limbs.iter().any(|limbs| limbs.double_pedal));
        let mut order: Vec<(usize, usize, Lane, f32, u8)> = wanted
            .iter()
            .flat_map(|(&(bar, step), strokes)| {
                strokes
                    .iter()
                    .map(move |&(lane, weight, velocity)| (bar, step, lane, weight, velocity))
            })
            .collect();
        let own = |bar: usize, step: usize, lane: Lane, velocity: u8| {
            let given = self.given.at(bar).filter(|_| velocity == EVEN)?;
            given.stroke(lane, step, &self.grids[bar])
        };
        // What was given comes first, however many hands it takes; the rest is for two.
        order.sort_by(|a, b| b.3.total_cmp(&a.3));
        order.sort_by_key(|&(bar, step, lane, _, velocity)| {
            own(bar, step, lane, velocity).is_none()
        });
        let (mut hits, mut given) = (Vec::new(), GivenStrokes::new());
        for (bar, step, lane, _, velocity) in order {
            let own = own(bar, step, lane, velocity);
            let moment = firsts[bar] + step;
            if own.is_some() {
                line.strike(moment, lane);
            }
            if let Some(lane) = own.map(|_| lane).or_else(|| line.admit(moment, lane)) {
                let key = own.map_or(keys[lane.index()], |own| own.key);
                if let Some(own) = own {
                    given.insert((BarIndex(bar), step, key), (own.velocity, own.offset));
                }
                hits.push(Hit {
                    bar: BarIndex(bar),
                    step,
                    key,
                    velocity: Velocity::clamped(velocity),
                    offset: 0.0,
                });
            }
        }
        (DrumPart::new(self.bars.clone(), self.grids.to_vec(), hits), given)
    }
}

/// The key that each lane plays: the lane's likeliest of the song.
fn keys(logits: &[f32; PAPER_KEYS.len()]) -> [GmKey; LANES] {
    Lane::ALL.map(|lane| {
        // Kick and snare keep their usual key: which of two is a matter of the kit, not the song.
        if matches!(lane, Lane::Kick | Lane::Snare) {
            return lane.default_key();
        }
        // A section opens with a crash, not a splash; a ride keeps the time, not its bell.
        let usual = |key: u8| match lane {
            Lane::Crash => matches!(key, 49 | 57),
            Lane::Ride => matches!(key, 51 | 59),
            _ => Lane::of_key(key) == lane,
        };
        PAPER_KEYS
            .iter()
            .zip(logits)
            .filter(|&(&key, _)| usual(key))
            .max_by(|a, b| a.1.total_cmp(b.1))
            .and_then(|(&key, _)| GmKey::new(key))
            .unwrap_or(lane.default_key())
    })
}
