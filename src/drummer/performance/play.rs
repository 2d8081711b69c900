//! A pattern becomes a performance.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::PerformanceError;
use super::drift::{Drift, Held, Memory, normal};
use super::ensemble::{Timing, balance, on_the_beat};
use super::features::{Row, Setting, bar_starts, encode};
use super::follow::Follow;
use super::intensity::{intensify, within_range};
use super::places::{FillStrokes, GivenStrokes, Moved};
use super::predict::{HitDistributions, predict};
use super::stats::PerformanceStats;
use super::steady::{Steady, is_back_beat, is_leading};
use super::swing::{Swing, home, is_skip, onsets, swings};
use crate::drummer::{Dynamics, Style};
use crate::network::Network;
use crate::score::{BarIndex, DrumPart, GridKind, Hit, LANES, Lane, StepGrid, TempoMap, Velocity};

/// How a pattern is to be played.
#[derive(Clone, Copy, Debug)]
pub struct Feel<'a> {
    /// Of the song.
    pub tempo: &'a TempoMap,
    /// `None` lets the pattern speak for itself.
    pub style: Option<Style>,
    /// 0 (soft) to 1 (hard); 0.5 is what the network plays.
    pub intensity: f32,
    /// 0 (as the groove is) to 1 (triplet feel; where the groove has that by itself, dotted
    /// eighths). No effect in compound metres.
    pub swing: f32,
    /// 0 (machine: exactly on the grid, each stroke at its most usual velocity), 0.5 (as people
    /// play) to 1 (loose).
    pub humanise: f32,
    /// The bars that are fills, in any order.
    pub fills: &'a [BarIndex],
    /// Their strokes, where that is known: what else these bars play is of the groove.
    pub fill_strokes: Option<&'a FillStrokes>,
    /// How loud the song is that is played to; the drums follow it. `None` plays evenly.
    pub dynamics: Option<&'a Dynamics>,
    /// Whose manner to play in, as [`PerformanceStats::measure`]d from a performance; `None` draws a drummer
    /// by the seed.
    pub stats: Option<PerformanceStats>,
    /// Strokes with a feel of their own, which is kept; the song's dynamics and a little chance lie over
    /// it. The others are played about as loud as these.
    pub given: Option<&'a GivenStrokes>,
    /// Whether these are played exactly as they were given, but for intensity and swing.
    pub as_given: bool,
    /// Whether others play along: the kit is on the beat and together then, and the hat is heard. Alone it is
    /// played as the network's drummers did, who had nobody but a click.
    pub with_others: bool,
    /// The same seed plays the same.
    pub seed: u64,
}

impl<'a> Feel<'a> {
    /// How people play, at a tempo: no style, no swing, no fills and no song to follow.
    pub fn new(tempo: &'a TempoMap) -> Feel<'a> {
        Feel {
            tempo,
            style: None,
            intensity: 0.5,
            swing: 0.0,
            humanise: 0.5,
            fills: &[],
            fill_strokes: None,
            dynamics: None,
            stats: None,
            given: None,
            as_given: false,
            with_others: true,
            seed: 0,
        }
    }
}

/// How surprises hang together, fitted to the correlations that `models/training/groove.py` reports
/// for the validation performances. In velocity, a lane's surprises correlate by .2 from step to
/// step, but by .6 to .75 from beat to beat, for minutes on end: accents are habits.
const VELOCITY_MEMORY: Memory = Memory {
    player: Held { share: 0.08, hold: 0.998 },
    limb: Held { share: 0.12, hold: 0.999 },
    habit: Held { share: 0.48, hold: 0.99 },
};

/// In timing, all lanes correlate by .57 at once, .42 a beat later and .11 a bar later: the player
/// drifts; single lanes keep a little distance from each other throughout.
const TIMING_MEMORY: Memory = Memory {
    player: Held { share: 0.55, hold: 0.915 },
    limb: Held { share: 0.12, hold: 0.998 },
    habit: Held { share: 0.0, hold: 0.0 },
};

/// Timing surprises are cut here: behind it are the dataset's flams and missed strokes, which make
/// its statistics but nobody's groove.
const LARGEST_SURPRISE: f32 = 2.2;

/// A stroke that returns bar by bar is played this far above the network's median, in standard
/// deviations, so that of accent and ghost note it is the accent; and this much of chance is left. The
/// snare between the beats and the open hat are played at the median, and more is left to chance.
const STEADY_ABOVE: f32 = 0.4;
const STEADY_CHANCE: f32 = 0.25;
const BETWEEN_CHANCE: f32 = 0.5;
/// What a back beat has at least, as a share of full strength, before the song's loudness: where every beat
/// has a stroke the network takes it for a ghost note.
const BACK_BEAT: f32 = 0.6;

/// What the network has for ghost notes at most, and what they have however loud the song is, as shares of full
/// strength.
const GHOST_SAID: f32 = 0.42;
const GHOST: f32 = 0.37;

/// In jazz the kick on the beats is felt rather than heard: this share of what the network has.
const FEATHERED: f32 = 0.55;

/// How much of chance is left to strokes whose feel was given.
const GIVEN_CHANCE: f32 = 0.3;
/// How much softer or louder than usual others are played for the sake of these.
const SOFTER: f32 = 0.4;
const LOUDER: f32 = 1.3;

/// Plays a pattern: the hits of `pattern`, whose velocities and offsets are not read, with those of
/// a drummer. Bars and grids stay; hits stay on their steps unless swing brings them nearer to the
/// next one (see the `swing` file).
///
/// Settings outside their ranges are clamped. Same arguments, same part. Takes under 100 ms for 96
/// bars of 4/4; for the worker thread.
///
/// # Errors
/// [`PerformanceError`] if the network fails or is not the groove network.
pub fn play(
    pattern: &DrumPart,
    feel: &Feel,
    network: &dyn Network,
) -> Result<DrumPart, PerformanceError> {
    let mut parts = play_all(&[(pattern, *feel)], network)?;
    Ok(parts.pop().expect("there is one part for each pattern").0)
}

/// Plays several patterns as [`play`] does each, all at once where that is quicker, and says which of
/// their strokes have other steps now.
///
/// # Errors
/// As [`play`].
pub fn play_all(
    patterns: &[(&DrumPart, Feel)],
    network: &dyn Network,
) -> Result<Vec<(DrumPart, Moved)>, PerformanceError> {
    let rows = patterns.iter().map(|(pattern, feel)| {
        if pattern.hits.is_empty() {
            return Vec::new();
        }
        let humanise = feel.humanise.clamp(0.0, 1.0);
        let setting = Setting {
            tempo: feel.tempo,
            groove_style: feel.style.map(Into::into),
            stats: Some(feel.stats.unwrap_or_else(|| stats_of(feel.seed, humanise))),
            fills: feel.fills,
        };
        encode(pattern, &setting)
    });
    let rows: Vec<Vec<Row>> = rows.collect();
    let strokes = predict(&rows, network)?;
    Ok(patterns.iter().zip(&strokes).map(|((part, feel), said)| played(part, feel, said)).collect())
}

/// A pattern with what the network said of its strokes.
fn played(pattern: &DrumPart, feel: &Feel, strokes: &HitDistributions) -> (DrumPart, Moved) {
    let mut moved = Moved::new();
    if pattern.hits.is_empty() {
        return (pattern.clone(), moved);
    }
    let [intensity, swing, humanise] =
        [feel.intensity, feel.swing, feel.humanise].map(|knob| knob.clamp(0.0, 1.0));
    let surprises = surprises(feel.seed, pattern);
    let starts = bar_starts(pattern);

    let steady = Steady::of(pattern, feel.fills, feel.fill_strokes);
    let follow = Follow::new(feel.dynamics, pattern.bars.len());
    let swing = Swing { amount: swing, by_itself: swings(pattern) };
    let onsets = onsets(pattern);
    let stroke = |hit: &Hit| strokes.at(hit.lane().index(), starts[hit.bar.0] + hit.step);
    let given = |hit: &Hit| feel.given?.get(&(hit.bar, hit.step, hit.key)).copied();
    let level = Level::of(pattern, given, |hit| stroke(hit).velocity(0.0));
    let row = |hit: &Hit| starts[hit.bar.0] + hit.step;
    let late = |hit: &Hit| {
        surprises[row(hit)].1[hit.lane().index()].clamp(-LARGEST_SURPRISE, LARGEST_SURPRISE)
    };
    let is_alone = |hit: &Hit| hit.step == 0 || !onsets.contains(&(hit.bar, hit.step - 1));
    let timings: Vec<Option<Timing>> = pattern
        .hits
        .iter()
        .map(|hit| {
            let grid = pattern.grids[hit.bar.0];
            let (said, share) = (stroke(hit), share_of_usual_step(&grid));
            // Drummers pull a skip towards the triplet; swing puts it where it is asked for.
            let is_skip = swing.by_itself && is_skip(hit.step, grid, is_alone(hit));
            let pulled = if is_skip { swing.amount * said.offset(0.0) } else { 0.0 };
            given(hit).is_none().then(|| Timing {
                usual: share * (said.offset(0.0) - pulled),
                strays: share * (said.offset(late(hit)) - said.offset(0.0)),
                is_skip,
            })
        })
        .collect();
    let timings: Vec<f32> = match feel.with_others {
        true => on_the_beat(pattern, feel.tempo, &timings),
        false => timings.iter().map(|timing| timing.map_or(0.0, Timing::offset)).collect(),
    };
    let strays = if feel.as_given { 0.0 } else { GIVEN_CHANCE };
    let velocity = |(number, hit): (usize, &Hit)| {
        let said = stroke(hit);
        let loud = surprises[row(hit)].0[hit.lane().index()] * looser_velocity(humanise);
        let own = given(hit);
        let velocity = match (own, steady.returns(number)) {
            (Some((velocity, _)), _) => {
                velocity.unit() + strays * (said.velocity(loud) - said.velocity(0.0))
            }
            (None, []) => level.of_bar(hit.bar) * said.velocity(loud),
            (None, returns) => {
                let leads = is_leading(pattern, hit);
                let (above, chance) =
                    if leads { (STEADY_ABOVE, STEADY_CHANCE) } else { (0.0, BETWEEN_CHANCE) };
                let usual = |other: &usize| stroke(&pattern.hits[*other]).velocity(above);
                let usual = returns.iter().map(usual).sum::<f32>() / returns.len() as f32;
                let is_back_beat = hit.lane() == Lane::Snare && is_back_beat(&pattern.grids, hit);
                let usual = match feel.style {
                    // There it comments on the ride.
                    Some(Style::Jazz) => usual,
                    _ if is_back_beat => usual.max(BACK_BEAT),
                    _ => usual,
                };
                let drawn = said.velocity(above + chance * loud);
                level.of_bar(hit.bar) * (usual + drawn - said.velocity(above))
            }
        };
        let is_feathered = own.is_none() && feel.style == Some(Style::Jazz);
        let is_feathered = is_feathered && hit.lane() == Lane::Kick && is_on_beat(pattern, hit);
        if is_feathered { FEATHERED * velocity } else { velocity }
    };
    let mut velocities: Vec<f32> = pattern.hits.iter().enumerate().map(velocity).collect();
    if feel.with_others {
        balance(pattern, &mut velocities, feel.fills, |hit| given(hit).is_some());
    }
    let hits = pattern.hits.iter().enumerate().map(|(number, hit)| {
        let (said, own) = (stroke(hit), given(hit));
        let is_exact = own.is_some() && feel.as_given;
        let grid = pattern.grids[hit.bar.0];
        let compound = pattern.bars.bars()[hit.bar.0].metre.is_compound();
        let place = hit.step as f32 / grid.steps as f32;
        let is_fill = feel.fills.contains(&hit.bar);
        let velocity = intensify(velocities[number], intensity);
        let velocity = if is_exact {
            velocity
        } else {
            within_range(follow.velocity(velocity, hit.bar.0, place, is_fill))
        };
        let whispers = own.is_none() && !is_fill && is_ghost(hit, pattern, said.velocity(0.0));
        let velocity = if whispers && feel.with_others { velocity.min(GHOST) } else { velocity };
        let position = swing.bend(hit.step, grid, compound, is_alone(hit));
        let micro = 2.0 * humanise * timings[number]
            + own.map_or(0.0, |(_, offset)| {
                let strayed = strays * (said.offset(late(hit)) - said.offset(0.0));
                let strayed = 2.0 * humanise * share_of_usual_step(&grid) * strayed;
                later(offset, position - hit.step as f32) + strayed
            });
        let step = home(hit.step, position, grid, |step| has_hit(pattern, hit, step));
        if step != hit.step {
            moved.insert((hit.bar, hit.step, hit.key), step);
        }
        let offset = (position + micro - step as f32).clamp(-0.5, 0.5);
        Hit { step, offset, velocity: Velocity::from_unit(velocity), ..*hit }
    });
    let part = DrumPart::new(pattern.bars.clone(), pattern.grids.clone(), hits.collect());
    (part, moved)
}

fn is_on_beat(pattern: &DrumPart, hit: &Hit) -> bool {
    hit.step.is_multiple_of(pattern.grids[hit.bar.0].steps_per_beat)
}

/// Whether a stroke is a ghost note to the network, to which it gives a share of full strength, and to those
/// who hear it.
fn is_ghost(hit: &Hit, pattern: &DrumPart, said: f32) -> bool {
    hit.lane() == Lane::Snare && said < GHOST_SAID && !is_back_beat(&pattern.grids, hit)
}

/// What an offset in the network's steps is in a grid's own: long bars have fewer to a beat than the sixteenths
/// and the sixths of a ternary beat that it has heard.
fn share_of_usual_step(grid: &StepGrid) -> f32 {
    let usual = match grid.kind {
        GridKind::Straight => 4.0,
        GridKind::Ternary => 6.0,
    };
    (grid.steps_per_beat as f32 / usual).min(1.0)
}

/// How loud strokes are played beside those that were given: a factor for each bar that has some.
struct Level {
    bars: HashSet<BarIndex>,
    factor: f32,
}

impl Level {
    /// `said` is the network's velocity of a stroke.
    fn of(
        pattern: &DrumPart,
        given: impl Fn(&Hit) -> Option<(Velocity, f32)>,
        said: impl Fn(&Hit) -> f32,
    ) -> Level {
        let (mut bars, mut own, mut network) = (HashSet::new(), 0.0, 0.0);
        for hit in &pattern.hits {
            if let Some((velocity, _)) = given(hit) {
                bars.insert(hit.bar);
                own += velocity.unit();
                network += said(hit);
            }
        }
        let factor = if network > 0.0 { (own / network).clamp(SOFTER, LOUDER) } else { 1.0 };
        Level { bars, factor }
    }

    fn of_bar(&self, bar: BarIndex) -> f32 {
        if self.bars.contains(&bar) { self.factor } else { 1.0 }
    }
}

/// What is left of a stroke's own lateness when swing has moved it: it is as late as the later of the
/// two. What is early stays early.
fn later(offset: f32, swung: f32) -> f32 {
    if offset > 0.0 { (offset - swung.max(0.0)).max(0.0) } else { offset }
}

/// The drummer of a seed: the middle of the dataset, a little away from it as far as humanise goes.
/// The level is left to intensity and swing to its own setting.
fn stats_of(seed: u64, humanise: f32) -> PerformanceStats {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(2);
    let mut apart = |deviation: f32| 2.0 * humanise * deviation * normal(&mut rng).clamp(-1.5, 1.5);
    let typical = PerformanceStats::TYPICAL;
    PerformanceStats {
        dynamics: typical.dynamics + apart(0.03),
        push: typical.push + apart(0.008),
        looseness: typical.looseness + apart(0.003),
        ..typical
    }
}

/// Velocity and timing scores of every lane at each step of a part.
fn surprises(seed: u64, part: &DrumPart) -> Vec<([f32; LANES], [f32; LANES])> {
    let mut loud = Drift::new(VELOCITY_MEMORY, seed, 0);
    let mut late = Drift::new(TIMING_MEMORY, seed, 1);
    let places =
        part.grids.iter().flat_map(|grid| (0..grid.steps).map(|step| step % grid.steps_per_beat));
    places.map(|place| (loud.step(place), late.step(place))).collect()
}

/// How much of a velocity surprise is played. Past 0.5 it grows slowly: doubled, ghost notes and
/// accents would trade places.
fn looser_velocity(humanise: f32) -> f32 {
    if humanise <= 0.5 { 2.0 * humanise } else { 0.7 + 0.6 * humanise }
}

/// Whether the pattern has a stroke with the key of `hit` on another step of its bar.
fn has_hit(pattern: &DrumPart, hit: &Hit, step: usize) -> bool {
    let place = (hit.bar, step, hit.key);
    pattern.hits.binary_search_by_key(&place, |other| (other.bar, other.step, other.key)).is_ok()
}
