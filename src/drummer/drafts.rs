//! The alternatives of a part before they are played: what every bar plays, without feel.

use std::collections::{BTreeMap, VecDeque};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arrange::{Arranged, Arranger};
use super::back_beat::{
    kick_before_snare, second_kick, share_back_beat, without_downbeats, without_lone_kick,
    without_pick_up, without_running_kicks,
};
use super::bar_pattern::Pattern;
use super::block_ssm::BlockSsm;
use super::breaks::play_on;
use super::candidates::Drafting;
use super::decode::{Asked, Decoding, SongBars, decode, similarity};
use super::features::SLOTS;
use super::foot_hat::leave_hats_to_hands;
use super::given::Given;
use super::given_homes::Likeness;
use super::hands::{in_turn, stay_on_cymbal, whole_off_beats};
use super::lanes::PERCUSSION;
use super::limbs::Limbs;
use super::open_hats::{close_last, open_alike, open_alone};
use super::pattern::{self, Condition, PatternInput, PatternOutput, Prototype};
use super::percussion::{on_the_kit, one_instrument, without_doubling, without_guesses};
use super::performance::{FillStrokes, GivenStrokes, Moved, Place};
use super::requested::weights;
use super::rhythms::Usage;
use super::rolls::leave_time_to_rolls;
use super::song_analysis::{SongAnalysis, split_by};
use super::sounding::Sounding;
use super::sparse::is_sparse;
use super::strays::{rejoin, without_lone_toms, without_passing_percussion};
use super::style_bars::StyleBars;
use super::thin::Amount;
use super::timekeeper::{fill_gaps, keep_time, time_from_snare};
use super::{ClassDensities, DrummerError, Progress, Settings, Style, StyleChoice, fills};
use crate::network::Network;
use crate::score::{BarIndex, DrumPart};

/// Bars on either side that novelty compares at a turn of the form.
const TURN_REACH: usize = 4;
/// Distinct patterns as a share of the bars. Real drummers: 0.2, their fills and slips included.
pub(super) const DISTINCT: f32 = 0.12;
/// The same where the musician's groove is played: its bars differ in single strokes, which need finer
/// groups.
const DISTINCT_GIVEN: f32 = 0.2;
/// See [`Drafting::pooling`].
pub(super) const POOLING: f32 = 1.5;
/// See [`Decoding::reach`]: where the song alone decides what is wanted, and where the musician asked
/// or an alternative is to be another style.
const REACH: [f32; 2] = [0.0, 2.0];
/// So many melodic tracks (a melody, its chords, a bass) do not say whether percussion plays.
const FEW_TRACKS: usize = 3;
/// What the likeliest stroke of percussion is likely to be in a song that says which it has. Of unseen songs
/// of `paired` under it .24 have any, of those above it .58.
const KNOWN_PERCUSSION: f32 = 0.3;
/// See [`Drafting::noise`]; the first alternative of seed 0 has none and plays the likeliest. The
/// other alternatives have more: where the densities that they are asked for lead to the same bars,
/// they shall play others.
const NOISE: [f32; 2] = [0.04, 0.15];
/// See [`Usage::usual`]: the other alternatives may play rhythms that are less usual.
const USUAL: [f32; 2] = [0.005, 0.001];
/// Alternatives that share more of their strokes than this are no alternatives, and are decided again
/// with so much noise, and in other styles.
const TOO_SIMILAR: f32 = 0.8;
const MORE_NOISE: [f32; 3] = [0.3, 0.6, 1.2];

/// An alternative before it is played.
pub(super) struct Draft {
    pub number: usize,
    pub part: DrumPart,
    /// The bars that end with a fill.
    pub fills: Vec<BarIndex>,
    /// The class densities that were asked of the network.
    pub style: Option<ClassDensities>,
    pub given: GivenStrokes,
    pub fill_strokes: FillStrokes,
    /// Moments at which the band stops, and the drums with it.
    pub stops: Vec<(BarIndex, usize)>,
}

impl Draft {
    /// What was given, the strokes of fills and the stops, where they were written when the part was played.
    pub fn moved(&self, moved: &Moved) -> (GivenStrokes, FillStrokes, Vec<(BarIndex, usize)>) {
        fn at<T: Copy>(strokes: &BTreeMap<Place, T>, moved: &Moved) -> BTreeMap<Place, T> {
            let there =
                |place: Place| (place.0, moved.get(&place).copied().unwrap_or(place.1), place.2);
            strokes.iter().map(|(&place, &stroke)| (there(place), stroke)).collect()
        }
        // Nothing else is struck around a stop, so that its strokes go together.
        let stop = |&(bar, step): &(BarIndex, usize)| {
            let to = moved.iter().find(|&(&(of, from, _), _)| (of, from) == (bar, step));
            (bar, to.map_or(step, |(_, &to)| to))
        };
        let stops = self.stops.iter().map(stop).collect();
        (at(&self.given, moved), at(&self.fill_strokes, moved), stops)
    }
}

/// The alternatives of some numbers; each is as it would be among all.
pub(super) fn drafts(
    network: &dyn Network,
    analysis: &SongAnalysis,
    settings: &Settings,
    numbers: &[usize],
    progress: &dyn Progress,
) -> Result<Vec<Draft>, DrummerError> {
    let input = analysis.pattern_input();
    let drafter = Drafter::new(analysis, settings);
    let fills = !drafter.places.is_empty();
    let predict = |hints: &[Option<ClassDensities>]| Prediction::of(network, &input, hints, fills);
    let asked = settings.densities();
    let first = predict(&[asked])?;
    let mut hints = hints(asked, &first[0].output, settings.alternatives).into_iter().skip(1);
    // Those before the last one wanted as well, from which it shall differ.
    let count = numbers.iter().max().map_or(0, |last| last + 1);
    let others: Vec<Option<ClassDensities>> =
        hints.by_ref().take(settings.alternatives.saturating_sub(1)).collect();
    let mut played: Vec<Vec<Pattern>> = Vec::new();
    let mut drummers: Vec<StyleBars> = Vec::new();
    let mut drafts = Vec::new();
    let mut predictions = VecDeque::from(first);
    // As many alternatives at once as the network is best asked about, two conditions each.
    let mut others =
        others[..others.len().min(count.saturating_sub(1))].chunks((network.batch() / 2).max(1));
    for number in 0..count {
        progress.go_on()?;
        if predictions.is_empty() {
            predictions.extend(others.next().map(predict).transpose()?.into_iter().flatten());
        }
        let Some(mut prediction) = predictions.pop_front() else { break };
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        rng.set_stream(number as u64);
        let noise = drafter.noise(number);
        let Drafter { style_bars, limbs, .. } = &drafter;
        let bars = style_bars.of_one_drummer(&prediction.output, limbs, noise, &drummers, &mut rng);
        let decide = |noise: f32, prediction: &Prediction, rng: &mut ChaCha8Rng| {
            drafter.patterns(number, noise, prediction, &bars, rng, progress)
        };
        let mut patterns = decide(noise, &prediction, &mut rng)?;
        let mut likeness = drafter.likeness(&patterns, &played);
        // Another style first, then more noise; or else what is least like the others.
        while likeness > TOO_SIMILAR
            && let Some(style) = hints.next()
        {
            let other = predict(&[style])?.remove(0);
            let tried = decide(noise, &other, &mut rng)?;
            let close = drafter.likeness(&tried, &played);
            if close < likeness {
                (prediction, patterns, likeness) = (other, tried, close);
            }
        }
        for noise in MORE_NOISE {
            if likeness <= TOO_SIMILAR {
                break;
            }
            let tried = decide(noise, &prediction, &mut rng)?;
            let close = drafter.likeness(&tried, &played);
            if close < likeness {
                (patterns, likeness) = (tried, close);
            }
        }
        if numbers.contains(&number) {
            let Prediction { hint: style, output, filling } = prediction;
            let Arranged { part, given, fill_strokes, fills, stops } =
                drafter.arranger(&patterns).part(&output, filling.as_ref(), &mut rng);
            drafts.push(Draft { number, part, fills, style, given, fill_strokes, stops });
        }
        played.push(patterns);
        drummers.push(bars);
    }
    Ok(drafts)
}

/// What the network says of one alternative.
struct Prediction {
    hint: Option<ClassDensities>,
    output: PatternOutput,
    /// Of bars that are fills, where there are any.
    filling: Option<PatternOutput>,
}

impl Prediction {
    /// To each of some hints.
    fn of(
        network: &dyn Network,
        input: &PatternInput,
        hints: &[Option<ClassDensities>],
        fills: bool,
    ) -> Result<Vec<Prediction>, DrummerError> {
        let kinds = if fills { &[false, true][..] } else { &[false] };
        let conditions: Vec<Condition> = hints
            .iter()
            .flat_map(|hint| kinds.iter().map(|&fill| Condition { hint: hint.as_ref(), fill }))
            .collect();
        let mut outputs = pattern::predict(network, input, &conditions)?.into_iter();
        let mut next = || outputs.next().expect("there is one prediction for each condition");
        let prediction = |&hint: &Option<ClassDensities>| Prediction {
            hint,
            output: next(),
            filling: fills.then(&mut next),
        };
        Ok(hints.iter().map(prediction).collect())
    }
}

/// What all alternatives of a part have in common.
struct Drafter<'a> {
    analysis: &'a SongAnalysis,
    settings: &'a Settings,
    given: Given,
    /// Where drums play: with the song, and what was given through its rests.
    sounding: Sounding,
    /// The group of each bar; bars of one are asked for alike, and were given the same.
    groups: Vec<usize>,
    /// The predicted SSM of the drums by groups.
    blocks: BlockSsm,
    /// How many bars of each group sound.
    sounds: Vec<u32>,
    limbs: Vec<Limbs>,
    /// Bars in compound metres.
    compound: Vec<bool>,
    /// How much the song changes at each bar.
    turns: Vec<f32>,
    /// The bars after which the form turns.
    section_turns: Vec<usize>,
    /// By bar: the little that is played where its section is one in which drummers wait.
    waits: Vec<Option<Amount>>,
    /// Bars that may end with a fill.
    places: Vec<usize>,
    /// The bars of the style, where one was asked for by name.
    style_bars: StyleBars,
}

impl<'a> Drafter<'a> {
    fn new(analysis: &'a SongAnalysis, settings: &'a Settings) -> Drafter<'a> {
        let SongAnalysis { bars, grids, form, queries, contents, drum_ssm, .. } = analysis;
        let likeness = Likeness { contents, drum_ssm, form, drum_form: &analysis.drum_form };
        let given = Given::of(settings, bars, grids, form, queries, &analysis.sounding, &likeness);
        let as_given = settings.follow == 0.0;
        let sounding = analysis.sounding.played_through(as_given, |bar| given.at(bar).is_some());
        let distinct = if given.is_empty() { DISTINCT } else { DISTINCT_GIVEN };
        let given_kinds: Vec<Option<usize>> = (0..bars.len()).map(|bar| given.kind(bar)).collect();
        let groups = split_by(&analysis.pattern_groups(distinct), &given_kinds);
        let turns = analysis.drum_ssm.novelty(TURN_REACH);
        let seconds = |bar: usize| analysis.tempo.seconds(bars.bars()[bar].start).0;
        let section_turns = fills::turns(form, |bar| turns[bar], seconds);
        let before = sounding.bars_before(bars);
        let mut sounds = vec![0u32; groups.iter().max().map_or(0, |most| most + 1)];
        for (bar, &group) in groups.iter().enumerate() {
            sounds[group] += u32::from(sounding.plays(bar));
        }
        // Who asks for amounts shall have them.
        let counts = matches!(settings.style, StyleChoice::Densities(_));
        // The kick waits for the bass.
        let waits = |(bar, &chance): (usize, &f32)| {
            let amount = || if analysis.has_bass(bar) { Amount::Sparse } else { Amount::Time };
            (!counts && is_sparse(chance, settings.complexity)).then(amount)
        };
        Drafter {
            analysis,
            settings,
            waits: analysis.sparse.iter().enumerate().map(waits).collect(),
            blocks: BlockSsm::new(&groups, drum_ssm),
            groups,
            sounds,
            limbs: analysis.limbs(settings),
            compound: bars.bars().iter().map(|bar| bar.metre.is_compound()).collect(),
            places: fills::places(form, &section_turns, settings.fill_amount, before),
            turns,
            section_turns,
            style_bars: StyleBars::of(analysis, settings),
            given,
            sounding,
        }
    }

    /// The noise with which an alternative is decided.
    fn noise(&self, number: usize) -> f32 {
        match number {
            0 if self.settings.seed == 0 => 0.0,
            0 => NOISE[0],
            _ => NOISE[1],
        }
    }

    /// How similar an alternative is to the one before it that is most like it; those of one groove may be.
    fn likeness(&self, patterns: &[Pattern], played: &[Vec<Pattern>]) -> f32 {
        let likeness = |other: &Vec<Pattern>| similarity(other, patterns, &self.sounds);
        let others = played.iter().filter(|_| !self.settings.has_own_groove());
        others.map(likeness).fold(0.0, f32::max)
    }

    /// What each group of bars plays in one alternative.
    fn patterns(
        &self,
        number: usize,
        noise: f32,
        prediction: &Prediction,
        bars: &StyleBars,
        rng: &mut ChaCha8Rng,
        progress: &dyn Progress,
    ) -> Result<Vec<Pattern>, DrummerError> {
        let Prediction { hint, output, .. } = prediction;
        let usage = Usage { usual: USUAL[number.min(1)], corrected: self.analysis.tracks > 1 };
        let Drafter { given, groups, blocks, limbs, .. } = self;
        let SongAnalysis { grids, drum_ssm, .. } = self.analysis;
        let is_asked = hint.is_some() && !self.settings.has_own_groove();
        let asked = Asked { densities: hint.as_ref(), bars, given };
        let decoding = Decoding {
            drafting: Drafting { pooling: POOLING, noise },
            weights: weights(is_asked),
            reach: REACH[usize::from(is_asked)],
            usage,
        };
        let song = SongBars { groups, limbs, grids, ssm: drum_ssm, blocks };
        let rules = |patterns: &mut [Pattern]| self.follow_rules(patterns, hint.is_some(), output);
        decode(output, song, &asked, decoding, rules, rng, progress)
    }

    /// Whether the song says which percussion it has: one of its strokes is likely in the mean of all bars.
    fn knows_percussion(&self, output: &PatternOutput) -> bool {
        let bars = self.analysis.bars.len();
        PERCUSSION.into_iter().any(|lane| {
            let mut sums = [0.0f32; SLOTS];
            for bar in 0..bars {
                let chances = output.chances(bar, lane);
                sums.iter_mut().zip(chances).for_each(|(sum, chance)| *sum += chance);
            }
            sums.into_iter().any(|sum| sum > KNOWN_PERCUSSION * bars as f32)
        })
    }

    /// Changes what was chosen to what drummers do; `is_hinted` where amounts were asked for or tried.
    fn follow_rules(&self, patterns: &mut [Pattern], is_hinted: bool, output: &PatternOutput) {
        let Drafter { given, groups, limbs, compound, .. } = self;
        let SongAnalysis { grids, form, .. } = self.analysis;
        let unchanged = patterns.to_vec();
        // Who asks for a little percussion shall have it.
        if self.settings.style == StyleChoice::FromSong {
            // Alternatives may try what the melody says nothing of.
            let few = self.analysis.tracks <= FEW_TRACKS && !is_hinted;
            on_the_kit(patterns, groups, limbs, grids, few);
            if !self.knows_percussion(output) {
                one_instrument(patterns, groups);
            }
            without_guesses(patterns, groups, grids);
            without_doubling(patterns, groups, grids);
            without_passing_percussion(patterns, groups, form);
            without_downbeats(patterns, groups, grids);
            time_from_snare(patterns, groups, limbs, grids, few);
            without_pick_up(patterns, groups, grids);
            without_running_kicks(patterns, groups, grids);
        }
        second_kick(patterns, groups, grids);
        without_lone_kick(patterns, groups, grids);
        // Reggae drops under it, house goes on.
        if self.settings.style.preset().is_none() {
            kick_before_snare(patterns, groups, grids);
        }
        // A march has its time from the snare drum.
        if self.settings.style != StyleChoice::Preset(Style::March) {
            fill_gaps(patterns, groups, limbs, grids);
            keep_time(patterns, groups, form, limbs, grids, compound);
            stay_on_cymbal(patterns, groups, form, limbs, grids);
        }
        if self.settings.style == StyleChoice::FromSong {
            share_back_beat(patterns, groups, limbs, grids);
            in_turn(patterns, groups, limbs, grids);
        }
        // What was counted is played as it was.
        let is_counted = matches!(self.settings.style, StyleChoice::Densities(_));
        if !is_counted {
            play_on(patterns, groups, form, grids, |bar| self.sounding.goes_on(bar));
            leave_time_to_rolls(patterns, groups, limbs, grids);
        }
        // A roll that keeps the time has its foot already.
        leave_hats_to_hands(patterns, groups, limbs, grids);
        if self.settings.style == StyleChoice::FromSong {
            whole_off_beats(patterns, groups, limbs, grids);
        }
        open_alike(patterns, groups, form, grids);
        if !is_counted {
            open_alone(patterns, groups, grids);
        }
        close_last(patterns, groups, form, grids);
        let in_style = is_hinted && !is_counted;
        without_lone_toms(patterns, groups, form, is_counted);
        if !is_counted {
            rejoin(patterns, groups, form, grids, in_style);
        }
        // What was given keeps its own time.
        for (bar, &group) in groups.iter().enumerate() {
            if given.kind(bar).is_some() {
                patterns[group].logits.clone_from(&unchanged[group].logits);
            }
        }
    }

    fn arranger<'b>(&'b self, patterns: &'b [Pattern]) -> Arranger<'b> {
        Arranger {
            bars: &self.analysis.bars,
            tempo: &self.analysis.tempo,
            grids: &self.analysis.grids,
            form: &self.analysis.form,
            turns: &self.turns,
            section_turns: &self.section_turns,
            sounding: &self.sounding,
            loops: self.analysis.loops,
            fingerprint: self.analysis.fingerprint,
            dynamics: &self.analysis.dynamics,
            waits: &self.waits,
            groups: &self.groups,
            patterns,
            given: &self.given,
            limbs: &self.limbs,
            fills: &self.places,
            settings: self.settings,
        }
    }
}

/// The hints of the alternatives: what was asked for all of them; or nothing, then the style
/// prototypes that together come nearest to whatever the song may have, likely and less likely, and behind
/// them those that are left.
fn hints(
    asked: Option<ClassDensities>,
    output: &PatternOutput,
    alternatives: usize,
) -> Vec<Option<ClassDensities>> {
    /// The distance of log densities over which nearness falls by e.
    const NEAR: f32 = 1.2;
    /// The network is too sure of a song's style; chances are raised to this power.
    const DOUBT: f32 = 0.3;
    /// Styles less likely than this are nobody's alternative, unless there are no others.
    const UNLIKELY: f32 = 0.03;
    let near = |a: &ClassDensities, b: &ClassDensities| {
        let distance = a.iter().zip(b).map(|(a, b)| (a.ln_1p() - b.ln_1p()).powi(2)).sum::<f32>();
        (-distance.sqrt() / NEAR).exp()
    };
    if asked.is_some() {
        return vec![asked; alternatives];
    }
    // How near the alternatives come to each style.
    let mut reached: Vec<f32> =
        output.styles.iter().map(|style| near(&output.densities, &style.densities)).collect();
    let likely = || output.styles.iter().filter(|style| style.probability >= UNLIKELY);
    let count = alternatives.max(1 + likely().count());
    let mut left: Vec<&Prototype> = likely().collect();
    let mut hints = vec![None];
    while hints.len() < count && !output.styles.is_empty() {
        if left.is_empty() {
            left = output.styles.iter().collect();
        }
        let gain = |candidate: &Prototype| -> f32 {
            let styles = output.styles.iter().zip(&reached);
            let gains = styles.map(|(style, reached)| {
                style.probability.powf(DOUBT)
                    * (near(&candidate.densities, &style.densities) - reached).max(0.0)
            });
            gains.sum()
        };
        let gains: Vec<f32> = left.iter().map(|style| gain(style)).collect();
        let best = (0..left.len()).max_by(|&a, &b| gains[a].total_cmp(&gains[b])).unwrap_or(0);
        let best = left.remove(best).densities;
        for (reached, style) in reached.iter_mut().zip(&output.styles) {
            *reached = reached.max(near(&best, &style.densities));
        }
        hints.push(Some(best));
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Lane, Metre, StepGrid, Ticks};

    #[test]
    fn a_stop_is_where_swing_has_moved_its_strokes() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let bars = BarGrid::new(96, &[], Ticks(2 * 384));
        let draft = Draft {
            number: 0,
            part: DrumPart::new(bars, vec![grid; 2], Vec::new()),
            fills: Vec::new(),
            style: None,
            given: GivenStrokes::new(),
            fill_strokes: FillStrokes::new(),
            stops: vec![(BarIndex(1), 0), (BarIndex(1), 2)],
        };
        let key = Lane::Kick.default_key();
        let moved = Moved::from([((BarIndex(0), 2, key), 3), ((BarIndex(1), 2, key), 3)]);
        assert_eq!(draft.moved(&moved).2, [(BarIndex(1), 0), (BarIndex(1), 3)]);
    }
}
