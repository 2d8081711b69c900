//! Bars that people play: which rhythms kick and snare, and hats and ride, have in common.
//!
//! Expected F1 takes each stroke that is likely by itself, also where people play the one or the other, so
//! that bars come of it that nobody plays. `assets/rhythms.json` has the rows of bars that people played to
//! two songs and more, each with how usual it is, counted by `models/training/rhythms.py`. How usual its rows
//! are is a prior of each bar: a group may change both rows of its drums, or all of its cymbals, for others
//! if that is worth more than what the song loses by it in the measure of
//! [`objective`](super::objective).
//!
//! Expected F1 has its favourites in every song: kicks that hedge between what people play. What Drumlin
//! plays on the kick to songs that its networks have not seen is therefore counted beside people's
//! (`models/training/kick_prior.py`), and the prior corrected by the ratio (Saerens, Latinne and Decaestecker
//! 2002, *Adjusting the Outputs of a Classifier to New a Priori Probabilities*).

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::candidates::Group;
use super::features::SLOTS;
use super::objective::{ClassCells, Objective, lanes_of};
use super::pattern::known_grid;
use super::{DrummerError, Progress};
use crate::score::{DrumClass, GridKind, Lane, StepGrid};

/// Classes whose rows are one rhythm.
#[derive(Clone, Copy)]
struct Family {
    classes: &'static [DrumClass],
    /// How much the logarithm of a rhythm's share of the bars counts beside expected F1.
    weight: f32,
    /// Whether all of its classes go on that play: a rhythm may leave the hat for the ride, but not the kick.
    keeps: bool,
}

const DRUMS: Family =
    Family { classes: &[DrumClass::Kick, DrumClass::Snare], weight: 0.02, keeps: true };
/// Their rows.
const KICK: usize = 0;
const SNARE: usize = 1;
const CYMBALS: Family = Family {
    classes: &[DrumClass::ClosedHat, DrumClass::OpenHat, DrumClass::Ride],
    weight: 0.01,
    keeps: false,
};
/// Rhythms of cymbals with a larger share are all as good: the most usual of them is not to be everywhere.
const USUAL_CYMBALS: f32 = 0.002;
/// The four beats, and those of the back beat, one bit a slot of sixteenths. A kick on all beats under a back beat
/// is what is left of not knowing: of 57 unseen songs of `paired` that had it in .3 of their bars and more it was
/// right in 7, where people have it in 28 of 288. So it is no rhythm that is offered.
const BEATS: u32 = 0x1111;
const BACK_BEATS: u32 = 0x1010;
/// Kicks on all eighths of four beats, one bit a slot. Half of them are right wherever people strike it, so that
/// no correction keeps them out of ballads. They pass for unheard.
const RUNNING_KICKS: u32 = 0x5555;
/// From how many beats a minute on a bar is neither slow nor quick, and from how many on it is quick.
const TEMPOS: [f32; 2] = [100.0, 140.0];
/// Rhythms that were not played to two songs are by so much rarer than the rarest, in nats.
const UNHEARD: f32 = 1.0;
/// Rounds over all groups: what one changes decides what pays for the others.
const ROUNDS: usize = 4;
/// What a change has to gain, lest rounding decides.
const GAIN: f32 = 1e-6;

/// What may be exchanged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Drums and cymbals.
    All,
    /// Kicks beside the snare that is played; those on beats stay.
    Kicks,
}

/// What is added to the logarithm of a share in slow bars, in quick ones and in those between.
type Corrections = [f32; TEMPOS.len() + 1];

/// What the prior of rhythms is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// The share of people's bars beyond which all rhythms of kick and snare are as good.
    pub usual: f32,
    /// Whether what Drumlin plays to whole songs corrects it. What it plays to a melody alone is something else:
    /// there corrections cost more than they give.
    pub corrected: bool,
}

/// As they are stored.
#[derive(Deserialize)]
struct Stored {
    grids: Vec<StoredGrid>,
}

#[derive(Deserialize)]
struct StoredGrid {
    ternary: bool,
    steps: usize,
    steps_per_beat: usize,
    drums: Vec<(u32, u32, f32)>,
    cymbals: Vec<(u32, u32, u32, f32)>,
    /// Rows of the kick that would be played more often than by people.
    #[serde(default)]
    kicks: Vec<(u32, Corrections)>,
}

/// The rhythms of some classes on one grid.
struct Rhythms {
    family: Family,
    /// A row of bits for each class, one bit a slot.
    common: Vec<Vec<u32>>,
    ln_shares: HashMap<Vec<u32>, f32>,
    /// The logarithm of the share of all others.
    unheard: f32,
    /// Of all rhythms with this row of the first class.
    corrections: HashMap<u32, Corrections>,
}

impl Rhythms {
    fn new(
        family: Family,
        rows: impl Iterator<Item = (Vec<u32>, f32)>,
        corrections: HashMap<u32, Corrections>,
    ) -> Rhythms {
        let rows: Vec<(Vec<u32>, f32)> = rows.map(|(rows, share)| (rows, share.ln())).collect();
        let rarest = rows.iter().map(|(_, share)| *share).fold(0.0, f32::min);
        let common = rows.iter().map(|(rows, _)| rows.clone()).collect();
        let ln_shares = rows.into_iter().collect();
        Rhythms { family, common, ln_shares, unheard: rarest - UNHEARD, corrections }
    }

    /// Those on a grid: of kick and snare, of the cymbals; none where people's bars are too few.
    fn on(grid: &StepGrid) -> Option<&'static [Rhythms; 2]> {
        static EMBEDDED: LazyLock<HashMap<StepGrid, [Rhythms; 2]>> = LazyLock::new(|| {
            let stored: Stored = serde_json::from_str(include_str!("../../assets/rhythms.json"))
                .expect("a test reads the same text");
            let of = |grid: StoredGrid| {
                let StoredGrid { ternary, steps, steps_per_beat, drums, cymbals, kicks } = grid;
                let kind = if ternary { GridKind::Ternary } else { GridKind::Straight };
                let drums = (drums.into_iter())
                    .filter(|&(kick, snare, _)| {
                        let four = kick & BEATS == BEATS && snare & BACK_BEATS == BACK_BEATS;
                        kick != RUNNING_KICKS && !four
                    })
                    .map(|(kick, snare, share)| (vec![kick, snare], share));
                let cymbals = cymbals
                    .into_iter()
                    .map(|(closed, open, ride, share)| (vec![closed, open, ride], share));
                let rhythms = [
                    Rhythms::new(DRUMS, drums, kicks.into_iter().collect()),
                    Rhythms::new(CYMBALS, cymbals, HashMap::new()),
                ];
                (StepGrid { kind, steps, steps_per_beat }, rhythms)
            };
            stored.grids.into_iter().map(of).collect()
        });
        EMBEDDED.get(&known_grid(grid))
    }

    /// What a bar plays of these classes.
    fn rows(&self, cells: ClassCells) -> Vec<u32> {
        self.family.classes.iter().map(|class| cells.row(class.index())).collect()
    }

    /// The class cells that a bar plays of these classes.
    fn played(&self, cells: ClassCells) -> impl Iterator<Item = usize> {
        let is_own = |cell: &usize| self.family.classes.iter().any(|c| c.index() == cell / SLOTS);
        cells.cells().filter(is_own)
    }

    /// The logarithm of a rhythm's share, corrected for a tempo (beats a minute) if there is one. Shares
    /// beyond the one whose logarithm is `usual` are all as good.
    fn prior(&self, rows: &[u32], tempo: Option<f32>, usual: f32) -> f32 {
        let ln_share = self.ln_shares.get(rows).copied().unwrap_or(self.unheard);
        let correction = tempo
            .zip(self.corrections.get(&rows[0]))
            .map_or(0.0, |(tempo, by)| by[TEMPOS.iter().filter(|&&from| tempo >= from).count()]);
        ln_share.min(usual) + correction
    }

    /// A bar with another rhythm in the place of its own.
    fn exchanged(&self, cells: ClassCells, rows: &[u32]) -> ClassCells {
        self.family.classes.iter().zip(rows).fold(cells, |cells, (class, &row)| {
            let class = class.index();
            let differs = cells.row(class) ^ row;
            let slots = (0..SLOTS).filter(|slot| differs >> slot & 1 == 1);
            slots.fold(cells, |cells, slot| cells.toggled(class * SLOTS + slot))
        })
    }
}

/// Exchanges the rhythms of groups that are made of the network's bars, one after the other, as long as that
/// pays. `onsets` are the lane cells of each group's bar, before cells of it were changed. Rhythms of the drums
/// are as good as `usage` says. A group that plays no drum, or no cymbal but with the foot, goes on so.
///
/// # Errors
/// If `progress`, which is asked before every group, says so.
pub(super) fn settle(
    objective: &mut Objective,
    groups: &[Group],
    onsets: &[&[bool]],
    grids: &[StepGrid],
    scope: Scope,
    usage: Usage,
    progress: &dyn Progress,
) -> Result<(), DrummerError> {
    let bars: usize = groups.iter().map(|group| group.bars.len()).sum();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (number, group) in groups.iter().enumerate() {
            if group.whole || group.given {
                continue;
            }
            progress.go_on()?;
            let share = group.bars.len() as f32 / bars as f32;
            let grid = &grids[group.bars[0]];
            let Some(both) = Rhythms::on(grid) else { continue };
            let tempo =
                usage.corrected.then(|| 60.0 / (group.limbs.step * grid.steps_per_beat as f32));
            // Bars may be longer than what is known of them.
            let beats = (0..known_grid(grid).steps).step_by(grid.steps_per_beat);
            let beats = beats.fold(0, |beats, step| beats | 1 << step);
            let families = match scope {
                Scope::All => &both[..],
                Scope::Kicks => &both[..1],
            };
            for (rhythms, usual) in families.iter().zip([usage.usual, USUAL_CYMBALS].map(f32::ln)) {
                let cells = objective.pattern(number);
                let rows = rhythms.rows(cells);
                // The foot keeps the hat where the hands roll on a drum.
                let is_foots = |cell: usize| {
                    lane_of(group, onsets[number], cell) / SLOTS == Lane::PedalHat.index()
                };
                if rhythms.played(cells).all(is_foots) {
                    continue;
                }
                let weight = share * rhythms.family.weight;
                let prior = weight * rhythms.prior(&rows, tempo, usual);
                let mut best = (objective.value() + prior + GAIN, None);
                let goes_on = |other: &[u32]| {
                    !rhythms.family.keeps
                        || rows.iter().zip(other).all(|(&row, &new)| row == 0 || new != 0)
                };
                let in_scope = |other: &[u32]| match scope {
                    Scope::All => true,
                    Scope::Kicks => {
                        other[SNARE] == rows[SNARE] && rows[KICK] & beats & !other[KICK] == 0
                    }
                };
                let may_be = |other: &&Vec<u32>| goes_on(other) && in_scope(other);
                for rows in rhythms.common.iter().filter(may_be) {
                    let other = rhythms.exchanged(cells, rows);
                    let change = objective.try_cells(number, other);
                    let value = change.value + weight * rhythms.prior(rows, tempo, usual);
                    if value > best.0 && fits(group, onsets[number], other, rhythms.family.classes)
                    {
                        best = (value, Some(change));
                    }
                }
                if let Some(change) = best.1 {
                    objective.commit(change);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    Ok(())
}

/// The lane cell that a class cell sounds: the one that is struck, or the likeliest.
fn lane_of(group: &Group, onsets: &[bool], cell: usize) -> usize {
    lanes_of(cell).find(|&lane| onsets[lane]).unwrap_or_else(|| group.lane_cell(cell))
}

/// Whether the strokes of some classes can be played along with the others of a bar.
fn fits(group: &Group, onsets: &[bool], cells: ClassCells, classes: &[DrumClass]) -> bool {
    let lane = |cell: usize| lane_of(group, onsets, cell);
    let is_own = |cell: &usize| classes.iter().any(|class| class.index() == cell / SLOTS);
    let (own, others): (Vec<usize>, Vec<usize>) = cells.cells().partition(is_own);
    let mut limbs = group.limbs.repeated();
    others.into_iter().for_each(|cell| limbs.set(lane(cell), true));
    own.into_iter().map(lane).all(|cell| {
        let fits = limbs.fits(cell);
        limbs.set(cell, true);
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::super::Silent;
    use super::super::block_ssm::BlockSsm;
    use super::super::candidates::Candidate;
    use super::super::cells::CELLS;
    use super::super::limbs::Limbs;
    use super::super::objective::{Evidence, Weights, by_class};
    use super::*;
    use crate::analysis::Ssm;
    use crate::score::{DRUM_CLASSES, Metre};

    const USUAL: f32 = 0.005;
    const BACK_BEAT: [(Lane, usize, f32); 2] = [(Lane::Snare, 4, 0.95), (Lane::Snare, 12, 0.95)];

    fn grid() -> StepGrid {
        StepGrid::for_metre(Metre::COMMON, false)
    }

    /// What eight bars play of some classes that begin with these strokes, each with the probability
    /// that it has in every bar; at an eighth of a second a step.
    fn settled(strokes: &[(Lane, usize, f32)], classes: &[DrumClass]) -> Vec<Vec<usize>> {
        settled_beside(strokes, &[], classes)
    }

    /// The same, with strokes that are as likely and not played at first.
    fn settled_beside(
        strokes: &[(Lane, usize, f32)],
        others: &[(Lane, usize, f32)],
        classes: &[DrumClass],
    ) -> Vec<Vec<usize>> {
        settled_in(Scope::All, strokes, others, classes)
    }

    fn settled_in(
        scope: Scope,
        strokes: &[(Lane, usize, f32)],
        others: &[(Lane, usize, f32)],
        classes: &[DrumClass],
    ) -> Vec<Vec<usize>> {
        let bars: Vec<usize> = (0..8).collect();
        let mut marginal = vec![0.01; CELLS];
        let mut onsets = vec![false; CELLS];
        for &(lane, slot, probability) in strokes.iter().chain(others) {
            marginal[lane.index() * SLOTS + slot] = probability;
        }
        strokes.iter().for_each(|(lane, slot, _)| onsets[lane.index() * SLOTS + slot] = true);
        let by_class = by_class(&marginal);
        let onset = (0..SLOTS)
            .map(|slot| by_class.iter().skip(slot).step_by(SLOTS).copied().fold(0.0, f32::max))
            .collect();
        let cells = ClassCells::of(&onsets);
        let limbs = Limbs { step: 0.125, steps: 16, double_pedal: false };
        let candidates =
            vec![Candidate { logits: vec![0.0; CELLS], onsets: onsets.clone(), cells, noise: 0.0 }];
        let (given, whole) = (false, false);
        let groups = [Group { bars, limbs, marginal, by_class, onset, given, whole, candidates }];
        let [group] = &groups;
        let evidence =
            Evidence { bars: &group.bars, probability: &group.by_class, onset: &group.onset };
        let weights = Weights { structure: 0.0, balance: 0.0, onset: 0.5, core: 0.3 };
        let ssm = Ssm::from_pairs(8, |_, _| 1.0);
        let wanted = [1.0; DRUM_CLASSES];
        let usage = Usage { usual: USUAL, corrected: true };
        let blocks = BlockSsm::new(&[0; 8], &ssm);
        let mut objective = Objective::new(vec![evidence], &blocks, wanted, weights, vec![cells]);
        settle(&mut objective, &groups, &[&onsets], &[grid(); 8], scope, usage, &Silent).unwrap();
        let row = |class: &DrumClass| {
            let row = objective.pattern(0).row(class.index());
            (0..SLOTS).filter(|slot| row >> slot & 1 == 1).collect()
        };
        classes.iter().map(row).collect()
    }

    #[test]
    fn a_kick_on_every_beat_under_a_back_beat_is_to_be_sure() {
        let kicks = |between: f32| {
            let four = [(0, 0.95), (4, between), (8, 0.9), (12, between)];
            let four = four.map(|(slot, likely)| (Lane::Kick, slot, likely));
            settled(&[&four[..], &BACK_BEAT].concat(), &[DrumClass::Kick]).remove(0)
        };
        assert!(kicks(0.5).len() < 4, "{:?}", kicks(0.5));
        assert_eq!(kicks(0.95), [0, 4, 8, 12]);
    }

    #[test]
    fn the_stored_rhythms_are_bars_of_their_grids() {
        let known = Rhythms::on(&grid()).unwrap();
        assert!(Rhythms::on(&StepGrid::for_metre(Metre::COMMON, true)).is_some());
        assert!(Rhythms::on(&StepGrid::for_metre(Metre::new(7, 8).unwrap(), false)).is_none());
        for rhythms in known {
            assert!(rhythms.common.len() > 100);
            assert!(rhythms.ln_shares.values().all(|share| *share > rhythms.unheard));
            assert!(rhythms.common.iter().flatten().all(|row| row >> 16 == 0));
        }
        let rock = 1 << 0 | 1 << 8;
        let ln_share = |snare: u32| known[0].ln_shares.get(&[rock, snare][..]);
        assert!(ln_share(1 << 4 | 1 << 12) > ln_share(1 << 2));
    }

    /// A kick on 1, 1&, 2&, 3, 3& and 4& is half right in most songs, and people hardly play it.
    #[test]
    fn rhythms_that_would_be_everywhere_are_held_back() {
        let [drums, cymbals] = Rhythms::on(&grid()).unwrap();
        let everywhere = [0, 2, 6, 8, 10, 14].iter().map(|slot| 1 << slot).sum::<u32>();
        assert!(drums.corrections[&everywhere].iter().all(|by| *by < -0.5));
        assert!(drums.corrections.values().flatten().all(|by| *by <= 0.0));
        assert!(cymbals.corrections.is_empty());
        let back_beat = 1 << 4 | 1 << 12;
        let prior = |kick, tempo| drums.prior(&[kick, back_beat], tempo, USUAL.ln());
        let plain = 1 << 0 | 1 << 6 | 1 << 8;
        assert!(prior(everywhere, Some(120.0)) < prior(plain, Some(120.0)));
        // Four kicks are what quick songs and slow ones hardly have.
        let four = 0x1111;
        assert!(prior(four, Some(160.0)) < prior(four, Some(120.0)));
        assert!(prior(four, Some(80.0)) < prior(four, Some(120.0)));
        assert!(prior(four, Some(120.0)) < prior(four, None));
    }

    /// Kicks that are about as likely as not become a rhythm that people play.
    #[test]
    fn unsure_kicks_make_a_known_rhythm() {
        let kicks = [(0, 0.95), (2, 0.32), (6, 0.34), (7, 0.32), (8, 0.35), (10, 0.33), (11, 0.32)];
        let kicks = kicks.map(|(slot, chance)| (Lane::Kick, slot, chance));
        let strokes: Vec<_> = kicks.into_iter().chain(BACK_BEAT).collect();
        let rows = settled(&strokes, &[DrumClass::Kick, DrumClass::Snare]);
        let bits = |slots: &[usize]| slots.iter().map(|slot| 1 << slot).sum::<u32>();
        let rhythm = [bits(&rows[0]), bits(&rows[1])];
        assert!(Rhythms::on(&grid()).unwrap()[0].ln_shares.contains_key(&rhythm[..]), "{rows:?}");
        assert!(rows[0].contains(&0) && rows[1] == [4, 12], "{rows:?}");
    }

    #[test]
    fn what_is_sure_stays() {
        let kicks = [0, 3, 7, 11, 13].map(|slot| (Lane::Kick, slot, 0.98));
        let strokes: Vec<_> = kicks.into_iter().chain(BACK_BEAT).collect();
        let rows = settled(&strokes, &[DrumClass::Kick, DrumClass::Snare]);
        assert_eq!(rows, [vec![0, 3, 7, 11, 13], vec![4, 12]]);
    }

    #[test]
    fn a_rhythm_is_made_whole_where_a_hand_is_free() {
        // Eighths but for one, which is as likely as the others.
        let hats = [0, 2, 4, 6, 8, 10, 14].map(|slot| (Lane::ClosedHat, slot, 0.6));
        let hats: Vec<_> = hats.into_iter().chain(BACK_BEAT).collect();
        let eighth = [(Lane::ClosedHat, 12, 0.6)];
        let classes = [DrumClass::ClosedHat];
        assert!(settled_beside(&hats, &eighth, &classes)[0].contains(&12));
        let shaken: Vec<_> = hats.into_iter().chain([(Lane::Shaker, 12, 0.9)]).collect();
        assert!(!settled_beside(&shaken, &eighth, &classes)[0].contains(&12));
    }

    #[test]
    fn bars_without_cymbals_stay_without() {
        let hats = [0, 4, 8, 12].map(|slot| (Lane::ClosedHat, slot, 0.4));
        let rows = settled_beside(&BACK_BEAT, &hats, &[DrumClass::ClosedHat, DrumClass::Ride]);
        assert_eq!(rows, [vec![0usize; 0], vec![]]);
        let foot: Vec<_> = BACK_BEAT.into_iter().chain([(Lane::PedalHat, 4, 0.5)]).collect();
        assert_eq!(settled_beside(&foot, &hats, &[DrumClass::ClosedHat]), [[4]]);
    }

    #[test]
    fn kicks_change_beside_the_snare_and_stay_on_beats() {
        let kicks = [(0, 0.95), (8, 0.1), (11, 0.05)];
        let strokes: Vec<_> = kicks
            .map(|(slot, chance)| (Lane::Kick, slot, chance))
            .into_iter()
            .chain(BACK_BEAT)
            .collect();
        let others = [(Lane::Kick, 6, 0.9), (Lane::Kick, 10, 0.9), (Lane::Snare, 14, 0.9)];
        let rows = |scope| {
            let rows = settled_in(scope, &strokes, &others, DRUMS.classes);
            (rows[0].clone(), rows[1].clone())
        };
        let (kicks, snares) = rows(Scope::Kicks);
        assert_eq!(snares, [4, 12]);
        assert!([0, 6, 8].iter().all(|slot| kicks.contains(slot)), "{kicks:?}");
        assert!(!kicks.contains(&11), "{kicks:?}");
        let (kicks, snares) = rows(Scope::All);
        assert!(!kicks.contains(&8) || snares != [4, 12], "{kicks:?}, {snares:?}");
    }

    /// A rhythm with the snare alone would be likelier.
    #[test]
    fn the_kick_goes_on() {
        let kick = [(Lane::Kick, 11, 0.02)];
        let strokes: Vec<_> = BACK_BEAT.into_iter().chain(kick).collect();
        assert!(!settled(&strokes, &[DrumClass::Kick])[0].is_empty());
    }
}
