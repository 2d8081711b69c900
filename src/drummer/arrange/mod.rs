//! From decoded patterns to the strokes of every bar: groups repeat, lighter where the song is
//! quieter; fills and crashes go where the form turns; drums begin, stop and end with the song; and
//! two hands and two feet can play it.

mod answers;
mod ghosts;
mod groove;
mod limits;
mod turns;

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::groove::{
    ANSWERS, KickChange, PICK_UP, answer, clutters, essential, one_cymbal, open_last, pick_up,
    without_crashes,
};
use super::bar_pattern::{Pattern, last_off_beat};
use super::dynamics::Dynamics;
use super::ending::{LastHit, last_hit};
use super::features::SLOTS;
use super::form::Form;
use super::given::Given;
use super::lanes::STICKS;
use super::limbs::Limbs;
use super::pattern::{PatternOutput, known_grid, source_step};
use super::performance::{FillStrokes, GivenStrokes};
use super::settings::{Settings, StyleChoice};
use super::sounding::Sounding;
use super::thin::{Amount, is_back_beat, thinned};
use crate::score::{BarGrid, BarIndex, DrumPart, Lane, StepGrid, TempoMap, Velocity};

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
    /// By bar: the little that is played where its section is one in which drummers wait.
    pub waits: &'a [Option<Amount>],
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
    /// Without velocities and micro-timing.
    pub part: DrumPart,
    /// Its strokes that were given, with their feel.
    pub given: GivenStrokes,
    /// Its strokes that are fills'.
    pub fill_strokes: FillStrokes,
    /// The bars that end with a fill.
    pub fills: Vec<BarIndex>,
    /// Moments at which the band stops, and the drums with it.
    pub stops: Vec<(BarIndex, usize)>,
}

/// The range over which complexity moves the threshold of a stroke, in logits either way.
const COMPLEXITY_REACH: f32 = 1.4;
/// How much the threshold rises with every decibel that the song is quieter than where it is loud,
/// and where that ends.
const QUIETER: f32 = 0.02;
const QUIET_FLOOR: f32 = -14.0;
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

/// Weights of strokes: the groove's are logits, up to about 10.
const BACK_BEAT: f32 = 10.0;
const LANDING: f32 = 50.0;
/// The logit of a stroke that was given where patterns have no slot.
const GIVEN: f32 = 5.0;
/// A hat opens in the middle of a phrase where that is so likely beside a closed one: before every fourth bar
/// line people open it in 1 of 287 songs.
const OPENS: f32 = 1.0;

/// What is wanted at each step.
type Wanted = BTreeMap<(usize, usize), Vec<Stroke>>;

/// A stroke that is wanted, if two hands and two feet can play it.
#[derive(Clone, Copy)]
struct Stroke {
    lane: Lane,
    /// Who weighs more goes before.
    weight: f32,
    source: Source,
}

/// Where a stroke is from.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    /// The groove, or what the form asks for: crashes, stops, the count-in, the last hit.
    Groove,
    /// A fill, in which somebody struck it as hard as this.
    Fill(Velocity),
}

impl Stroke {
    fn groove(lane: Lane, weight: f32) -> Stroke {
        Stroke { lane, weight, source: Source::Groove }
    }

    /// One that the form asks for.
    fn landing(lane: Lane) -> Stroke {
        Stroke::groove(lane, LANDING)
    }
}

impl Arranger<'_> {
    /// `filling` is the network's answer for fills; none is asked for where there are no fills.
    pub fn part(
        &self,
        output: &PatternOutput,
        filling: Option<&PatternOutput>,
        rng: &mut ChaCha8Rng,
    ) -> Arranged {
        let mut wanted = self.grooves(output);
        let mut luck = self.luck(rng.random());
        let last = last_hit(self.grids, self.sounding, self.settings.ending, self.loops);
        let mut fills = self.add_fills(&mut wanted, filling, last, &mut luck);
        self.add_crashes(&mut wanted, output, &fills);
        let stops = self.add_stops(&mut wanted);
        wanted.retain(|&(bar, step), _| self.sounding.open(bar, step));
        if let Some(LastHit { bar, step, .. }) = last {
            wanted.retain(|&at, _| at < (bar, step));
            let hit = [Lane::Crash, Lane::Kick].map(|lane| Stroke::groove(lane, 2.0 * LANDING));
            wanted.insert((bar, step), hit.to_vec());
            fills.retain(|&fill| (fill, 0) < (bar, step));
        }
        self.count_in(&mut wanted, &mut luck);
        self.mute(&mut wanted);
        let fills = fills.into_iter().map(BarIndex).collect();
        Arranged { stops, ..self.played(&wanted, output, fills) }
    }

    /// Strikes the stops with the band, and in their bars nothing else where the band does not; says where they
    /// are.
    fn add_stops(&self, wanted: &mut Wanted) -> Vec<(BarIndex, usize)> {
        let mut struck = Vec::new();
        for &(bar, step) in &self.sounding.stops {
            if self.amount(bar) != Amount::All {
                continue;
            }
            let stabs = self.sounding.stabs((bar, step));
            if stabs.is_empty() {
                let at = wanted.entry((bar, step)).or_default();
                at.push(Stroke::landing(Lane::Kick));
                let is_band = self.sounding.strikes_together(bar, step);
                at.extend(is_band.then(|| Stroke::landing(Lane::Snare)));
                struck.push((BarIndex(bar), step));
                continue;
            }
            let crashes = self.given.at(bar).is_none() && self.dynamics.level(bar) > CRASHES_FROM;
            wanted.retain(|&(other, at), _| other != bar || at > step);
            for stab in stabs {
                let with = if crashes && stab == step { Lane::Crash } else { Lane::Snare };
                wanted.insert((bar, stab), [Lane::Kick, with].map(Stroke::landing).to_vec());
                struck.push((BarIndex(bar), stab));
            }
        }
        struck
    }

    /// The luck of this song's fills: other songs have other fills, with the same seed too.
    fn luck(&self, seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed ^ self.fingerprint)
    }

    /// The groups' patterns, as much of them as complexity and the song's loudness let through, with what
    /// leads on at the ends of phrases.
    fn grooves(&self, output: &PatternOutput) -> Wanted {
        let (answers, ghosts) = (self.answers(output), self.ghosts(output));
        let mut wanted = Wanted::new();
        for bar in (0..self.bars.len()).filter(|&bar| self.sounding.plays(bar)) {
            let logits = self.groove_logits(bar);
            let mut strokes = self.kept(bar, &logits);
            self.end_phrase(bar, &logits, output, &mut strokes);
            if let Some(&KickChange { slot, adds }) = answers[bar].as_ref() {
                strokes.retain(|&(step, lane, _)| (step, lane) != (slot, Lane::Kick));
                strokes.extend(adds.then_some((slot, Lane::Kick, PICK_UP)));
            }
            if self.amount(bar) == Amount::All {
                let soft = ghosts[bar].iter().map(|&slot| (slot, Lane::Snare, PICK_UP));
                strokes.extend(soft);
            }
            self.answer_by_rule(bar, &mut strokes);
            for (step, lane, weight) in thinned(strokes, self.amount(bar), &self.grids[bar]) {
                wanted.entry((bar, step)).or_default().push(Stroke::groove(lane, weight));
            }
        }
        wanted
    }

    /// The logits of a bar's groove. What was given is played with its own cymbals; elsewhere crashes are for the
    /// turns of the form.
    fn groove_logits(&self, bar: usize) -> Vec<f32> {
        let pattern = &self.patterns[self.groups[bar]].logits;
        match self.given.at(bar) {
            Some(_) => pattern.clone(),
            None => without_crashes(pattern, known_grid(&self.grids[bar]).steps),
        }
    }

    /// What a bar keeps of its groove: step, lane and weight.
    fn kept(&self, bar: usize, logits: &[f32]) -> Vec<(usize, Lane, f32)> {
        // Squared, so that the middle of the range keeps to the groove.
        let simpler = 1.0 - 2.0 * self.settings.complexity;
        let threshold = COMPLEXITY_REACH * simpler * simpler.abs();
        let grid = self.grids[bar];
        let known = known_grid(&grid).steps;
        let level = self.dynamics.level(bar).clamp(QUIET_FLOOR, 0.0);
        let own = self.given.at(bar).is_some();
        let cymbal = one_cymbal(logits);
        let cymbal = |lane, slot| if own { lane } else { cymbal(lane, slot) };
        let beyond = |lane: Lane, step: usize| {
            self.given.at(bar).filter(|_| step >= known)?.strikes_beyond(lane, step)
        };
        let (essential, clutters) = (essential(logits, &grid), clutters(logits, &grid));
        let mut strokes = Vec::new();
        for lane in Lane::ALL {
            for step in 0..grid.steps {
                let slot = source_step(step, known);
                let logit = match beyond(lane, step) {
                    Some(true) => GIVEN,
                    Some(false) => -GIVEN,
                    None => logits[lane.index() * SLOTS + slot],
                };
                let kept = logit > 0.0 && is_back_beat(lane, step, &grid);
                let core = essential(lane, slot);
                let limit = if core { threshold.min(0.0) } else { threshold };
                if logit <= 0.0 && clutters(lane, slot) {
                    continue;
                }
                // The hand that keeps the time leaves no beat out where it is quieter, nor does the kick
                // between the strokes of the back beat.
                let is_beat = match lane {
                    Lane::Kick => core && !clutters(lane, slot),
                    lane => STICKS.contains(&lane),
                } && step.is_multiple_of(grid.steps_per_beat);
                let quieter = if is_beat { 0.0 } else { QUIETER * level };
                if kept || logit > limit - quieter {
                    let weight = logit.min(8.0) + if kept { BACK_BEAT } else { 0.0 };
                    strokes.push((step, cymbal(lane, slot), weight));
                }
            }
        }
        strokes
    }

    /// The end of a phrase leads to the next one; what was given as it is to be played does not.
    fn end_phrase(
        &self,
        bar: usize,
        logits: &[f32],
        output: &PatternOutput,
        strokes: &mut Vec<(usize, Lane, f32)>,
    ) {
        let grid = &self.grids[bar];
        let given = self.given.at(bar);
        let turns = given.is_none_or(|given| given.follow > 0.0);
        if turns && self.ends_phrase(bar, PHRASE) {
            let known = known_grid(grid).steps;
            let logit =
                |lane: Lane, step: usize| logits[lane.index() * SLOTS + source_step(step, known)];
            strokes.extend(pick_up(strokes, grid, logit, 2.0 * self.settings.complexity));
            open_last(strokes, grid);
        } else if given.is_none() && self.amount(bar) == Amount::All && self.opens(bar, output) {
            open_last(strokes, grid);
        }
    }

    /// Where bars are varied by rule, every other one answers the one before it.
    fn answer_by_rule(&self, bar: usize, strokes: &mut Vec<(usize, Lane, f32)>) {
        let varies = self.given.at(bar).is_none() && self.varies(bar);
        if !varies || !self.ends_phrase(bar, ANSWER) {
            return;
        }
        let grid = &self.grids[bar];
        let closes = self.ends_phrase(bar, 2 * ANSWER);
        let habit = self.habit(bar);
        // A back beat on the rim stays there.
        let snares = strokes.iter().any(|stroke| stroke.1 == Lane::Snare);
        let played = |&(_, lane): &(usize, Lane)| lane == Lane::Kick || snares;
        for (step, lane) in answer(habit, closes, grid).into_iter().filter(played) {
            let has = strokes.iter().any(|stroke| (stroke.0, stroke.1) == (step, lane));
            strokes.extend((!has).then_some((step, lane, PICK_UP)));
        }
        if closes && !habit.is_multiple_of(ANSWERS) {
            open_last(strokes, grid);
        }
    }

    /// How much of its groove a bar plays. What was given is as full as the song is loud, or as it was.
    fn amount(&self, bar: usize) -> Amount {
        match (self.given.at(bar), self.waits[bar]) {
            (Some(_), _) if self.settings.follow == 0.0 => Amount::All,
            (None, Some(waits)) => waits,
            _ => self.amount_by_level(bar),
        }
    }

    /// Nobody changes to the rim for a bar and back.
    fn amount_by_level(&self, bar: usize) -> Amount {
        let at = |bar: usize| Amount::at(self.dynamics.level(bar));
        let beside = [bar.checked_sub(1), Some(bar + 1).filter(|&next| next < self.bars.len())];
        let lightest = beside.into_iter().flatten().map(at).min();
        lightest.map_or_else(|| at(bar), |lightest| at(bar).max(lightest))
    }

    /// Whether a bar ends a phrase of so many bars, and has no fill that says so.
    fn ends_phrase(&self, bar: usize, bars: usize) -> bool {
        let place = self.form.phrase_place(bar, self.sounding.bars_before(self.bars));
        place.is_some_and(|place| (place + 1).is_multiple_of(bars)) && !self.fills.contains(&bar)
    }

    /// Whether the hat opens at the end of a bar: where a section ends without a fill, and before every
    /// fourth bar line where that is likely enough.
    fn opens(&self, bar: usize, output: &PatternOutput) -> bool {
        let ends_section = self.form.place(bar)[1] == 0 && !self.fills.contains(&bar);
        ends_section
            || self.ends_phrase(bar, PHRASE / 2) && {
                let grid = &self.grids[bar];
                let at = source_step(last_off_beat(grid), known_grid(grid).steps);
                let chance = |lane| output.chances(bar, lane)[at];
                chance(Lane::OpenHat) > OPENS * chance(Lane::ClosedHat)
            }
    }

    /// Which answers the bars of a section have: the same wherever it returns, others in other songs.
    fn habit(&self, bar: usize) -> usize {
        let label = self.form.label_at(bar).unwrap_or(0) as u64;
        self.luck(label).random_range(0..2 * ANSWERS)
    }

    /// Whether the bars around are varied by rule: of compound metres the network has heard so few that
    /// their bars are all alike.
    fn varies(&self, bar: usize) -> bool {
        self.bars.bars()[bar].metre.is_compound() && self.settings.complexity > 0.0
    }

    /// Crashes on the first beats of sections, after fills and where the song comes back. What was given
    /// has its own cymbals: there, only what a fill leads to crashes, and what comes back.
    fn add_crashes(&self, wanted: &mut Wanted, output: &PatternOutput, fills: &[usize]) {
        let mut last: Option<usize> = None;
        for bar in 0..self.bars.len() {
            let level = self.dynamics.level(bar);
            let before = bar.checked_sub(1);
            let after_fill = before.is_some_and(|before| fills.contains(&before));
            let starts = bar == self.sounding.entry.0
                || before.is_some_and(|before| self.section_turns.contains(&before));
            let returns = self.sounding.returns.contains(&bar);
            let drops = before.is_some_and(|before| {
                self.sounding.plays(before) && level - self.dynamics.level(before) < STEP_DOWN
            });
            let first = before.is_none_or(|before| !self.sounding.plays(before));
            let is_sparse = |bar: usize| self.amount(bar) <= Amount::Sparse;
            let stays_sparse = is_sparse(bar) && (first || before.is_some_and(is_sparse));
            let own = self.given.at(bar).is_some();
            let likely = starts && !own && (!first || crash_probability(output, bar) > CRASH);
            let near = last.is_some_and(|last| bar - last < CRASH_BARS);
            if (after_fill || returns || likely)
                && level > CRASHES_FROM
                && !drops
                && !near
                && !stays_sparse
            {
                last = Some(bar);
                let at = wanted.entry((bar, 0)).or_default();
                at.retain(|stroke| !STICKS.contains(&stroke.lane));
                at.extend([Lane::Crash, Lane::Kick].map(Stroke::landing));
            } else if after_fill {
                wanted.entry((bar, 0)).or_default().push(Stroke::landing(Lane::Kick));
            }
        }
    }

    /// Takes away what is asked to be played not at all, but for what was given.
    fn mute(&self, wanted: &mut Wanted) {
        let StyleChoice::Densities(densities) = self.settings.style else { return };
        let own = |bar: usize| self.given.at(bar).is_some();
        for (_, strokes) in wanted.iter_mut().filter(|&(&(bar, _), _)| !own(bar)) {
            strokes.retain(|stroke| densities[stroke.lane.drum_class().index()] > 0.0);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Ssm;
    use crate::drummer::bar_pattern::tests::pattern;
    use crate::drummer::features::{Contents, bar_features};
    use crate::drummer::form::Section;
    use crate::drummer::given_homes::Likeness;
    use crate::score::{Metre, Note, Song, Ticks, Track, TrackKind};

    /// The bars in which drums crash on the first beat, where all would, to eight bars of which the song
    /// rests in the first ones.
    fn crashes(rests: u64) -> Vec<usize> {
        let note = |bar: u64| Note {
            start: Ticks(384 * bar),
            length: Ticks(384),
            key: 60,
            velocity: Velocity::clamped(90),
        };
        let notes = (rests..8).map(note).collect();
        let kind = TrackKind::Melodic { program: 0 };
        let tracks = vec![Track { name: String::new(), kind, notes }];
        let song = Song { tempo: TempoMap::new(96, []), metres: vec![], tracks };
        let bars = song.bars();
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 8];
        let form = Form { sections: vec![Section { label: 0, bars: 0..8 }] };
        let sounding = Sounding::of(&song, &bars, &grids);
        let settings = Settings::default();
        let contents = Contents::of(&song, &bars, &grids, &bar_features(&song, &bars, &grids));
        let drum_ssm = Ssm::from_pairs(8, |_, _| 0.5);
        let likeness =
            Likeness { contents: &contents, drum_ssm: &drum_ssm, form: &form, drum_form: &form };
        let likely = [pattern(&[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Crash, 0)])];
        let arranger = Arranger {
            bars: &bars,
            tempo: &song.tempo,
            grids: &grids,
            form: &form,
            turns: &[0.0; 9],
            section_turns: &[],
            sounding: &sounding,
            loops: true,
            fingerprint: 0,
            dynamics: &Dynamics::of(&song, &bars),
            waits: &[None; 8],
            groups: &[0; 8],
            patterns: &likely,
            given: &Given::of(&settings, &bars, &grids, &form, &[], &sounding, &likeness),
            limbs: &[Limbs { step: 0.125, steps: 16, double_pedal: false }; 8],
            fills: &[],
            settings: &settings,
        };
        let output = PatternOutput::alike(8, likely[0].logits.clone());
        let part = arranger.part(&output, None, &mut ChaCha8Rng::seed_from_u64(0)).part;
        let crashes = part.hits.iter().filter(|hit| (hit.step, hit.lane()) == (0, Lane::Crash));
        crashes.map(|hit| hit.bar.0).collect()
    }

    #[test]
    fn a_crash_opens_the_drums_where_they_begin() {
        assert_eq!(crashes(0), [0]);
        assert_eq!(crashes(1), [1]);
        assert_eq!(crashes(2), [2]);
    }
}
