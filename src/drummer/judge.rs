//! How good a part is, as far as can be told without a song's real drums: to rank many candidates.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::block_ssm::BlockSsm;
use super::candidates::{Drafting, Group, Material};
use super::cells::CELLS;
use super::drafts::{DISTINCT, POOLING};
use super::evaluation::Sense;
use super::features::SLOTS;
use super::limbs::Limbs;
use super::networks;
use super::objective::{ClassCells, Evidence, Objective};
use super::pattern::{self, Condition};
use super::requested::weights;
use super::{Drummer, DrummerError, Settings, SongAnalysis};
use crate::midi;
use crate::score::{DrumPart, Song};

/// More than this a drummer cannot do: per mille of the moments that need a third hand, per cent of
/// kicks too fast for a foot, per cent of the seconds with too many strokes.
const MOST_HANDS: f64 = 1.0;
const MOST_KICKS: f64 = 8.0;
const MOST_RUSH: f64 = 5.0;

/// What a drummer would not do costs at most so much of the worth, in all.
const SENSE: f32 = 0.05;

/// What is known of a part beside its song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// How likely the part is under the pattern network: expected F1 of its onsets, by classes, of any
    /// drum, and of kick, snare and hats, weighted as they are where patterns are chosen; 0 to 1.
    pub likelihood: f32,
    /// Correlation of its bars' self-similarity with the predicted one, -1 to 1.
    pub structure: f32,
    /// Mean distance of its class densities from those that were asked for, or that the song suggests,
    /// in octaves.
    pub imbalance: f32,
    /// What a drummer would notice; none of very short parts.
    pub sense: Option<Sense>,
    /// All of it in one number; more is better.
    pub worth: f32,
}

impl Judgement {
    /// Whether two hands and two feet can play it.
    pub fn is_playable(&self) -> bool {
        let at_most = |figure: Option<f64>, most: f64| figure.is_none_or(|value| value <= most);
        self.sense.is_none_or(|sense| {
            at_most(sense.hands3, MOST_HANDS)
                && at_most(sense.kick2, MOST_KICKS)
                && at_most(sense.rush, MOST_RUSH)
        })
    }
}

/// What a drummer would not do, 0 (nothing) to 1.
fn nonsense(sense: &Sense) -> f32 {
    let share = |figure: Option<f64>, most: f64| (figure.unwrap_or(0.0) / most).clamp(0.0, 1.0);
    let wrong = [
        share(sense.hands3, 20.0),
        share(sense.kick2, 20.0),
        share(sense.rush, 20.0),
        share(sense.storm, 20.0),
        share(sense.v127, 20.0),
        share(sense.v5, 10.0),
        share(sense.early, 2.0),
        share(sense.late, 2.0),
        sense.dynamics.map_or(0.0, |follows| (0.5 - follows).clamp(0.0, 1.0)),
    ];
    (wrong.into_iter().sum::<f64>() / wrong.len() as f64) as f32
}

impl Drummer {
    /// Judges parts that were played to a song, all by what the network knows of the song when it is
    /// asked as `settings` ask. One judgement for each part.
    ///
    /// # Errors
    /// If a network fails.
    pub fn judge<'a>(
        &self,
        analysis: &SongAnalysis,
        settings: &Settings,
        parts: impl IntoIterator<Item = &'a DrumPart>,
    ) -> Result<Vec<Judgement>, DrummerError> {
        let network = self.models.get(&networks::PATTERN)?;
        let asked = settings.densities();
        let condition = Condition { hint: asked.as_ref(), fill: false };
        let mut output = pattern::predict(&*network, &analysis.pattern_input(), &[condition])?;
        let output = output.pop().expect("there is one answer for each condition");
        let numbers = analysis.pattern_groups(DISTINCT);
        let limbs = analysis.limbs(settings);
        // Evidence is pooled over bars that are played alike, as where the patterns are chosen.
        let count = numbers.iter().max().map_or(0, |most| most + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        numbers.iter().enumerate().for_each(|(bar, &group)| members[group].push(bar));
        let drafting = Drafting { pooling: POOLING, noise: 0.0 };
        let groups: Vec<Group> = members
            .into_iter()
            .map(|bars| {
                let limbs = Limbs::fastest(bars.iter().map(|&bar| limbs[bar]));
                let mut rng = ChaCha8Rng::seed_from_u64(0);
                Group::new(&output, bars, limbs, Material::Song, drafting, &mut rng)
            })
            .collect();
        // Each bar is a group of its own.
        let bars: Vec<usize> = (0..numbers.len()).collect();
        let predicted = BlockSsm::new(&bars, &analysis.drum_ssm);
        let wanted = asked.unwrap_or(output.densities);
        let weights = weights(asked.is_some() && !settings.has_own_groove());
        let timing = Song { tempo: analysis.tempo.clone(), metres: Vec::new(), tracks: Vec::new() };
        let judged = parts.into_iter().map(|part| {
            let evidence = bars.chunks(1).zip(&numbers).map(|(bar, &group)| Evidence {
                bars: bar,
                probability: &groups[group].by_class,
                onset: &groups[group].onset,
            });
            let cells = cells(part, numbers.len());
            let objective = Objective::new(evidence.collect(), &predicted, wanted, weights, cells);
            let sense = analysis.reference.sense(&midi::drum_song(&timing, part));
            let figures = objective.figures();
            Judgement {
                likelihood: figures.likelihood,
                structure: figures.structure,
                imbalance: figures.imbalance,
                worth: objective.value() - SENSE * sense.as_ref().map_or(0.0, nonsense),
                sense,
            }
        });
        Ok(judged.collect())
    }
}

/// What a part strikes in each of so many bars.
fn cells(part: &DrumPart, bars: usize) -> Vec<ClassCells> {
    let mut onsets = vec![[false; CELLS]; bars];
    for hit in part.hits.iter().filter(|hit| hit.step < SLOTS) {
        if let Some(bar) = onsets.get_mut(hit.bar.0) {
            bar[hit.lane().index() * SLOTS + hit.step] = true;
        }
    }
    onsets.iter().map(|bar| ClassCells::of(bar)).collect()
}
