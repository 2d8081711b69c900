//! What two hands and two feet can play of what is wanted, and on which keys.

use super::super::limbs::OnsetTimeline;
use super::super::pattern::PatternOutput;
use super::super::performance::{FillStrokes, GivenStrokes, bend};
use super::{Arranged, Arranger, Source, Stroke, Wanted};
use crate::score::{BarIndex, DrumPart, GmKey, Hit, LANES, Lane, PAPER_KEYS, Velocity};

/// The velocity of all strokes until they are played with feel; nobody reads it.
const EVEN: u8 = 90;

impl Arranger<'_> {
    /// What two hands and two feet can play of what is wanted, and all of it that was given; `fills` are
    /// the bars that end with one.
    pub(super) fn played(
        &self,
        wanted: &Wanted,
        output: &PatternOutput,
        fills: Vec<BarIndex>,
    ) -> Arranged {
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
        let mut order: Vec<(usize, usize, Stroke)> = wanted
            .iter()
            .flat_map(|(&(bar, step), strokes)| strokes.iter().map(move |&one| (bar, step, one)))
            .collect();
        let own = |bar: usize, step: usize, stroke: Stroke| {
            let given = self.given.at(bar).filter(|_| stroke.source == Source::Groove)?;
            given.stroke(stroke.lane, step, &self.grids[bar])
        };
        // What was given comes first, however many hands it takes; the rest is for two.
        order.sort_by(|a, b| b.2.weight.total_cmp(&a.2.weight));
        order.sort_by_key(|&(bar, step, stroke)| own(bar, step, stroke).is_none());
        let mut hits = Vec::new();
        let (mut given, mut fill_strokes) = (GivenStrokes::new(), FillStrokes::new());
        for (bar, step, stroke) in order {
            let own = own(bar, step, stroke);
            let lane = stroke.lane;
            let moment = firsts[bar] + step;
            if own.is_some() {
                line.strike(moment, lane);
            }
            if let Some(lane) = own.map(|_| lane).or_else(|| line.admit(moment, lane)) {
                let key = own.map_or(keys[lane.index()], |own| own.key);
                let place = (BarIndex(bar), step, key);
                if let Some(own) = own {
                    given.insert(place, (own.velocity, own.offset));
                }
                if let Source::Fill(velocity) = stroke.source {
                    fill_strokes.insert(place, velocity);
                }
                hits.push(Hit {
                    bar: BarIndex(bar),
                    step,
                    key,
                    velocity: Velocity::clamped(EVEN),
                    offset: 0.0,
                });
            }
        }
        let part = DrumPart::new(self.bars.clone(), self.grids.to_vec(), hits);
        Arranged { part, given, fill_strokes, fills, stops: Vec::new() }
    }
}

/// General MIDI's lowest drum, the acoustic bass drum.
const LOWEST_DRUM: u8 = 35;

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
            // The keys below are clicks, scratches and other effects.
            _ => key >= LOWEST_DRUM && Lane::of_key(key) == lane,
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
