//! From decoded patterns to the strokes of every bar: groups repeat, lighter where the song is
//! quieter; fills and crashes go where the form turns; drums begin, stop and end with the song; and
//! two hands and two feet can play it.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cells::CELLS;
use super::decode::Pattern;
use super::dynamics::Dynamics;
use super::ending::{LastHit, last_hit};
use super::features::SLOTS;
use super::fills::{self, Chooser, FillHit, FillLibrary, Site};
use super::form::Form;
use super::given::Given;
use super::limbs::{Limbs, OnsetTimeline};
use super::pattern::{PatternOutput, known_grid, source_step};
use super::performance::{GivenStrokes, bend};
use super::settings::{CountIn, Settings, StyleChoice};
use super::sounding::Sounding;
use super::thin::{Amount, is_back_beat, thinned};
use crate::score::{
    BarGrid, BarIndex, DrumPart, GmKey, GridKind, Hit, LANES, Lane, PAPER_KEYS, StepGrid, TempoMap,
    Velocity,
};

/// What stands fixed for all bars of a song.
pub(super) struct Arranger<'a> {
    pub bars: &'a BarGrid,
    pub tempo: &'a TempoMap,
    pub grids: &'a [StepGrid],
    pub form: &'a Form,
    /// How much the song changes at each bar.
    pub turns: &'a [f32],
    /// The bars after which the form turns.
    pub section_turns: &'a [usize],
    pub sounding: &'a Sounding,
    /// Whether the song goes round.
    pub loops: bool,
    /// Other songs have another one.
    pub fingerprint: u64,
    pub dynamics: &'a Dynamics,
    /// Group of each bar.
    pub groups: &'a [usize],
    pub patterns: &'a [Pattern],
    /// Grooves that were given.
    pub given: &'a Given,
    /// One a bar.
    pub limbs: &'a [Limbs],
    /// Bars that may end with a fill, in order.
    pub fills: &'a [usize],
    pub settings: &'a Settings,
}

/// A part before it is played.
pub(super) struct Arranged {
    /// Velocities are [`EVEN`], but those of fills as people played them; no micro-timing.
    pub part: DrumPart,
    /// Its strokes that were given, with their feel.
    pub given: GivenStrokes,
    /// The bars that end with a fill.
    pub fills: Vec<BarIndex>,
}

/// The velocity of strokes about which nothing is known yet.
pub(super) const EVEN: u8 = 90;

/// The range over which complexity moves the threshold of a stroke, in logits either way.
const COMPLEXITY_REACH: f32 = 1.4;
/// How much the threshold rises with every decibel that the song is quieter than where it is loud,
/// and where that ends.
const QUIETER: f32 = 0.02;
const QUIETEST: f32 = -14.0;
/// A crash opens the song where it makes one this likely; later sections open with one anyway.
const CRASH: f32 = 0.4;
/// Bars of a phrase.
const PHRASE: usize = 8;
/// In compound metres one bar in so many answers those before it.
const ANSWER: usize = 2;
/// Where the song is quieter than this (decibels), or steps down as much, nothing crashes.
const CRASHES_FROM: f32 = -7.0;
const STEP_DOWN: f32 = -3.0;
/// Crashes are at least so many bars apart.
const CRASH_BARS: usize = 2;
/// As many crashes in a bar keep the time.
const CRASH_RIDE: usize = 3;

/// Weights of strokes: the groove's are logits, up to about 10.
const BACK_BEAT: f32 = 10.0;
const PICK_UP: f32 = 0.1;
const FILL: f32 = 30.0;
const LANDING: f32 = 50.0;

/// What is wanted at each step.
type Wanted = BTreeMap<(usize, usize), Vec<(Lane, f32, u8)>>;

impl Arranger<'_> {
    /// `filling` is the network's answer for fills; none is asked for where there are no fills.
    pub fn part(
        &self,
        output: &PatternOutput,
        filling: Option<&PatternOutput>,
        rng: &mut ChaCha8Rng,
    ) -> Arranged {
        let mut wanted = self.grooves();
        let mut luck = self.luck(rng.random());
        let last = last_hit(self.grids, self.sounding, self.settings.ending, self.loops);
        let mut fills = self.add_fills(&mut wanted, filling, last, &mut luck);
        self.add_crashes(&mut wanted, output, &fills);
        let loud = |bar: usize| Amount::at(self.dynamics.level(bar)) == Amount::All;
        for &(bar, step) in self.sounding.stops.iter().filter(|stop| loud(stop.0)) {
            // The stop is struck with the band.
            let at = wanted.entry((bar, step)).or_default();
            at.extend([(Lane::Kick, LANDING, EVEN), (Lane::Snare, LANDING, EVEN)]);
        }
        wanted.retain(|&(bar, step), _| self.sounding.open(bar, step));
        if let Some(LastHit { bar, step, .. }) = last {
            wanted.retain(|&at, _| at < (bar, step));
            let hit = [Lane::Crash, Lane::Kick].map(|lane| (lane, 2.0 * LANDING, EVEN));
            wanted.insert((bar, step), hit.to_vec());
            fills.retain(|&fill| fill < bar || step > 0);
        }
        self.count_in(&mut wanted, &mut luck);
        self.mute(&mut wanted);
        let (part, given) = self.played(&wanted, output);
        Arranged { part, given, fills: fills.into_iter().map(BarIndex).collect() }
    }

    /// The luck of this song's fills: other songs have other fills, with the same seed too.
    fn luck(&self, seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed ^ self.fingerprint)
    }

    /// The groups' patterns, as much of them as complexity and the song's loudness let through.
    fn grooves(&self) -> Wanted {
        // Squared, so that the middle of the range keeps to the groove.
        let simpler = 1.0 - 2.0 * self.settings.complexity;
        let threshold = COMPLEXITY_REACH * simpler * simpler.abs();
        let mut wanted = Wanted::new();
        for bar in (0..self.bars.len()).filter(|&bar| self.sounding.plays(bar)) {
            let grid = self.grids[bar];
            let known = known_grid(&grid).steps;
            let level = self.dynamics.level(bar).clamp(QUIETEST, 0.0);
            // What was given is played with its own cymbals.
            let own = self.given.at(bar).is_some();
            let pattern = &self.patterns[self.groups[bar]].logits;
            let logits = if own { pattern.clone() } else { without_crashes(pattern, known) };
            let cymbal = one_cymbal(&logits);
            let cymbal = |lane, slot| if own { lane } else { cymbal(lane, slot) };
            let mut strokes = Vec::new();
            for lane in Lane::ALL {
                for step in 0..grid.steps {
                    let logit = logits[lane.index() * SLOTS + source_step(step, known)];
                    let kept = logit > 0.0 && is_back_beat(lane, step, &grid);
                    if kept || logit > threshold - QUIETER * level {
                        let weight = logit.min(8.0) + if kept { BACK_BEAT } else { 0.0 };
                        strokes.push((step, cymbal(lane, source_step(step, known)), weight));
                    }
                }
            }
            let turns = self.given.at(bar).is_none_or(|given| given.follow > 0.0);
            if turns && self.ends_phrase(bar, PHRASE) {
                let logit = |lane: Lane, step: usize| {
                    logits[lane.index() * SLOTS + source_step(step, known)]
                };
                strokes.extend(pick_up(&strokes, &grid, logit, 2.0 * self.settings.complexity));
                open_last(&mut strokes, &grid);
            }
            if !own && self.ends_phrase(bar, ANSWER) && self.varies(bar) {
                let last = last_off_beat(&grid);
                let has = strokes.iter().any(|&(step, lane, _)| (step, lane) == (last, Lane::Kick));
                strokes.extend((!has).then_some((last, Lane::Kick, PICK_UP)));
                if self.ends_phrase(bar, 2 * ANSWER) {
                    open_last(&mut strokes, &grid);
                }
            }
            for (step, lane, weight) in thinned(strokes, Amount::at(level), &grid) {
                wanted.entry((bar, step)).or_default().push((lane, weight, EVEN));
            }
        }
        wanted
    }

    /// Whether a bar ends a phrase of so many bars, and has no fill that says so.
    fn ends_phrase(&self, bar: usize, bars: usize) -> bool {
        (self.form.place(bar)[0] + 1).is_multiple_of(bars) && !self.fills.contains(&bar)
    }

    /// Whether the bars around are varied by rule: of compound metres the network has heard so few that
    /// their bars are all alike.
    fn varies(&self, bar: usize) -> bool {
        self.bars.bars()[bar].metre.is_compound() && self.settings.complexity > 0.0
    }

    /// Puts fills in the place of what ends their bars; says which bars have one.
    fn add_fills(
        &self,
        wanted: &mut Wanted,
        filling: Option<&PatternOutput>,
        last: Option<LastHit>,
        rng: &mut ChaCha8Rng,
    ) -> Vec<usize> {
        let mut chooser = self.chooser(wanted);
        let most = self.fills.iter().map(|&bar| self.turns[bar + 1]).fold(1e-6, f32::max);
        let mut sites: Vec<(usize, usize, usize)> = Vec::new();
        for &bar in self.fills.iter().filter(|&&bar| self.takes_fill(bar)) {
            let turn = self.turns[bar + 1] / most;
            let length = fills::length(&self.grids[bar], self.settings.fill_complexity, turn);
            sites.push((bar, self.grids[bar].steps, length));
        }
        if let Some(LastHit { bar, step, fill: true }) = last {
            let (bar, end) = match (bar.checked_sub(1), step) {
                (Some(before), 0) => (before, self.grids[before].steps),
                _ => (bar, step),
            };
            let length = fills::length(&self.grids[bar], self.settings.fill_complexity, 1.0);
            sites.retain(|&(site, ..)| site < bar);
            sites.push((bar, end, length.min(end)));
        }
        let mut filled = Vec::new();
        for (bar, end, length) in sites {
            let likely = filling.map(|filling| probabilities(filling, bar));
            let site = Site { likely: likely.as_deref(), ..self.site(bar, end, length) };
            let Some(strokes) = chooser.choose(&site, rng) else { continue };
            wanted.retain(|&(at, step), _| at != bar || !(end - length..end).contains(&step));
            put(wanted, bar, &strokes);
            filled.push(bar);
        }
        filled
    }

    /// Whether a bar can end with a fill: it sounds and leads somewhere that does.
    fn takes_fill(&self, bar: usize) -> bool {
        let grid = &self.grids[bar];
        let ends = (grid.steps - grid.steps_per_beat.min(grid.steps)..grid.steps)
            .all(|step| self.sounding.open(bar, step));
        let next = bar + 1;
        ends && next < self.bars.len()
            && self.sounding.open(next, 0)
            && Amount::at(self.dynamics.level(next)) == Amount::All
    }

    fn chooser(&self, wanted: &Wanted) -> Chooser<'static> {
        let style = match self.settings.style {
            StyleChoice::Preset(style) => Some(style),
            _ => None,
        };
        let toms = [Lane::LowTom, Lane::MidTom, Lane::HighTom].map(|lane| {
            let strokes = wanted.values().flatten();
            // What is played all the time is a groove, and says little about fills.
            (strokes.filter(|stroke| stroke.0 == lane).count() as f32).min(8.0)
        });
        Chooser::new(FillLibrary::embedded(), style, toms)
    }

    /// The place of a fill that ends before the step `end` of a bar.
    fn site(&self, bar: usize, end: usize, length: usize) -> Site<'static> {
        let label =
            |bar| self.form.section_at(bar).map(|section| self.form.sections[section].label);
        Site {
            grid: StepGrid { steps: end, ..self.grids[bar] },
            length,
            step: self.limbs[bar].step,
            double_pedal: self.limbs[bar].double_pedal,
            complexity: self.settings.fill_complexity,
            turn: (label(bar).unwrap_or(0), label(bar + 1).unwrap_or(0)),
            likely: None,
        }
    }

    /// Crashes on the first beats of sections, after fills and where the song comes back.
    fn add_crashes(&self, wanted: &mut Wanted, output: &PatternOutput, fills: &[usize]) {
        let mut last: Option<usize> = None;
        for bar in 0..self.bars.len() {
            let level = self.dynamics.level(bar);
            let before = bar.checked_sub(1);
            let after_fill = before.is_some_and(|before| fills.contains(&before));
            let starts = before.is_none_or(|before| self.section_turns.contains(&before));
            let returns = self.sounding.returns.contains(&bar);
            let drops = before.is_some_and(|before| {
                self.sounding.plays(before) && level - self.dynamics.level(before) < STEP_DOWN
            });
            let first = before.is_none_or(|before| !self.sounding.plays(before));
            let likely = starts && (!first || crash_probability(output, bar) > CRASH);
            let near = last.is_some_and(|last| bar - last < CRASH_BARS);
            if (after_fill || returns || likely) && level > CRASHES_FROM && !drops && !near {
                last = Some(bar);
                let at = wanted.entry((bar, 0)).or_default();
                at.retain(|(lane, ..)| {
                    !matches!(lane, Lane::ClosedHat | Lane::OpenHat | Lane::Ride)
                });
                at.extend([(Lane::Crash, LANDING, EVEN), (Lane::Kick, LANDING, EVEN)]);
            } else if after_fill {
                wanted.entry((bar, 0)).or_default().push((Lane::Kick, LANDING, EVEN));
            }
        }
    }

    /// A bar of sticks or a fill before the first bar of drums, if there is a bar to hold it.
    fn count_in(&self, wanted: &mut Wanted, rng: &mut ChaCha8Rng) {
        let (entry, step) = self.sounding.entry;
        let Some(bar) = entry.checked_sub(1).filter(|_| step == 0) else { return };
        let grid = &self.grids[bar];
        match self.settings.count_in {
            CountIn::None => {}
            CountIn::Sticks => {
                for step in (0..grid.steps).step_by(grid.steps_per_beat) {
                    wanted.insert((bar, step), vec![(Lane::SideStick, LANDING, EVEN)]);
                }
            }
            CountIn::Fill => {
                let length = fills::length(grid, self.settings.fill_complexity, 0.5);
                let site = self.site(bar, grid.steps, length);
                if let Some(strokes) = self.chooser(wanted).choose(&site, rng) {
                    put(wanted, bar, &strokes);
                }
            }
        }
    }

    /// Takes away what is asked to be played not at all.
    fn mute(&self, wanted: &mut Wanted) {
        let StyleChoice::Densities(densities) = self.settings.style else { return };
        for strokes in wanted.values_mut() {
            strokes.retain(|(lane, ..)| densities[lane.drum_class().index()] > 0.0);
        }
    }

    /// What two hands and two feet can play of what is wanted, and all of it that was given.
    fn played(&self, wanted: &Wanted, output: &PatternOutput) -> (DrumPart, GivenStrokes) {
        let keys = keys(&output.keys);
        let mut firsts = Vec::with_capacity(self.bars.len());
        let mut times = Vec::new();
        for (bar, grid) in self.grids.iter().enumerate() {
            firsts.push(times.len());
            times.extend((0..grid.steps).map(|step| {
                let position = f64::from(bend(step, *grid, self.settings.swing));
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

/// Adds the strokes of a fill.
fn put(wanted: &mut Wanted, bar: usize, strokes: &[FillHit]) {
    for stroke in strokes {
        let weight = FILL + f32::from(stroke.velocity) / 127.0;
        let at = wanted.entry((bar, stroke.step)).or_default();
        // One that was played as hard as what is even is still a fill's.
        let velocity = if stroke.velocity == EVEN { EVEN + 1 } else { stroke.velocity };
        at.push((stroke.lane, weight, velocity));
    }
}

/// A groove's logits without its crashes: where they keep the time, the ride does; elsewhere a crash
/// is for the turns of the form.
fn without_crashes(logits: &[f32], slots: usize) -> Vec<f32> {
    let mut logits = logits.to_vec();
    let (crash, ride) = (Lane::Crash.index() * SLOTS, Lane::Ride.index() * SLOTS);
    let rides = (0..slots).filter(|slot| logits[crash + slot] > 0.0).count() >= CRASH_RIDE;
    for slot in 0..SLOTS {
        if rides {
            logits[ride + slot] = logits[ride + slot].max(logits[crash + slot]);
        }
        logits[crash + slot] = f32::NEG_INFINITY;
    }
    logits
}

/// One hand keeps the time, on the ride or on the hat, whichever a groove (`[lanes x slots]`, logits)
/// strikes more often: gives each lane and slot the lane on which its stroke is played. A closed hat
/// under a ride is the foot's.
fn one_cymbal(logits: &[f32]) -> impl Fn(Lane, usize) -> Lane + use<'_> {
    let is_struck = |lane: Lane, slot: usize| logits[lane.index() * SLOTS + slot] > 0.0;
    let strokes = |lane: Lane| (0..SLOTS).filter(|&slot| is_struck(lane, slot)).count();
    let rides = strokes(Lane::Ride);
    let riding = rides > 0 && rides >= strokes(Lane::ClosedHat) + strokes(Lane::OpenHat);
    move |lane, slot| match lane {
        Lane::ClosedHat if riding && is_struck(Lane::Ride, slot) => Lane::PedalHat,
        Lane::ClosedHat if riding => Lane::Ride,
        Lane::Ride if !riding => Lane::ClosedHat,
        lane => lane,
    }
}

/// The stroke that leads to the next phrase: of those in the second half of a groove that are left
/// out by less than `reach` (logits), on the kick or between the beats on the snare, the likeliest.
fn pick_up(
    strokes: &[(usize, Lane, f32)],
    grid: &StepGrid,
    logit: impl Fn(Lane, usize) -> f32,
    reach: f32,
) -> Option<(usize, Lane, f32)> {
    let places = [Lane::Kick, Lane::Snare]
        .into_iter()
        .flat_map(|lane| (grid.steps / 2..grid.steps).map(move |step| (lane, step)));
    places
        .filter(|&(lane, step)| lane == Lane::Kick || !step.is_multiple_of(grid.steps_per_beat))
        .filter(|&(lane, step)| !strokes.iter().any(|stroke| (stroke.0, stroke.1) == (step, lane)))
        .map(|(lane, step)| (step, lane, logit(lane, step)))
        .filter(|&(.., logit)| logit > -reach)
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(step, lane, _)| (step, lane, PICK_UP))
}

/// The last eighth of a bar, or third of a ternary beat; always a step of the bar.
fn last_off_beat(grid: &StepGrid) -> usize {
    let parts = if grid.kind == GridKind::Ternary { 3 } else { 2 };
    grid.steps.saturating_sub((grid.steps_per_beat / parts).max(1))
}

/// Opens the hat on the last off-beat of a bar, where it is struck closed: it leads into the next.
fn open_last(strokes: &mut [(usize, Lane, f32)], grid: &StepGrid) {
    let last = last_off_beat(grid);
    let hat = strokes.iter_mut().find(|stroke| (stroke.0, stroke.1) == (last, Lane::ClosedHat));
    if let Some(hat) = hat {
        hat.1 = Lane::OpenHat;
    }
}

/// How likely each cell is to be struck in a bar.
fn probabilities(output: &PatternOutput, bar: usize) -> Vec<f32> {
    let mut probabilities = vec![0.0; CELLS];
    for (code, log) in output.prior(bar).iter().enumerate() {
        let weight = log.exp();
        if weight > 1e-3 {
            for (sum, logit) in probabilities.iter_mut().zip(output.logits(bar, code)) {
                *sum += weight / (1.0 + (-logit).exp());
            }
        }
    }
    probabilities
}

/// How likely a crash on the downbeat is by the bar's own evidence, not its group's.
fn crash_probability(output: &PatternOutput, bar: usize) -> f32 {
    let cell = Lane::Crash.index() * SLOTS;
    (0..output.codes())
        .map(|code| {
            let logit = output.logits(bar, code).nth(cell).unwrap_or(f32::NEG_INFINITY);
            output.prior(bar)[code].exp() / (1.0 + (-logit).exp())
        })
        .sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn the_last_off_beat_is_in_the_bar() {
        let grid = |numerator, denominator| {
            StepGrid::for_metre(Metre::new(numerator, denominator).unwrap(), false)
        };
        assert_eq!([(4, 4), (3, 4), (6, 8)].map(|(n, d)| last_off_beat(&grid(n, d))), [14, 10, 10]);
        for numerator in 1..=24 {
            for denominator in [1, 2, 4, 8, 16, 32] {
                let grid = grid(numerator, denominator);
                assert!(last_off_beat(&grid) < grid.steps);
            }
        }
    }

    #[test]
    fn a_closed_hat_opens_before_the_bar_line() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut strokes =
            [(12, Lane::ClosedHat, 1.0), (14, Lane::ClosedHat, 1.0), (14, Lane::Kick, 1.0)];
        open_last(&mut strokes, &grid);
        assert_eq!(strokes.map(|stroke| stroke.1), [Lane::ClosedHat, Lane::OpenHat, Lane::Kick]);
    }
}
