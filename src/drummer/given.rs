//! The musician's own groove on the bars of a song.
//!
//! A [`Groove`] in the song's metre and grid is laid as it is. In another it is folded: each beat of the
//! bar takes the strokes of a beat of the groove, as the metres that the network does not know do (see
//! `metre`), and beats in two become beats in three. Bars of a groove that are alike are played in
//! their order, counted from the starts of sections. Bars that differ, such as a verse's and a
//! chorus's, are all offered, and the song decides among them. Bars that are from the song itself go
//! where it is as it is there (see `given_homes`).

use super::cells::CELLS;
use super::features::SLOTS;
use super::form::Form;
use super::given_homes::{Likeness, are_in_a_row};
use super::metre::BarQuery;
use super::pattern::{known_grid, source_step};
use super::settings::{ClassDensities, Settings};
use super::sounding::Sounding;
use crate::score::{BarGrid, BarIndex, DRUM_CLASSES, GridKind, Groove, Hit, Lane, Metre, StepGrid};

/// Bars of a groove that share less of their cells (Dice's coefficient) with those beside them are not
/// played in turn.
const ALIKE: f32 = 0.6;

/// What a bar may play of a groove.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GivenBars {
    /// At least one; each is the strokes of a bar, on the steps of the song's grid.
    bars: Vec<Vec<Hit>>,
    /// How far they follow the song, 0 to 1.
    pub follow: f32,
}

/// The grooves that a song's bars were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// By bar, the number of its `sets`.
    homes: Vec<Option<usize>>,
    sets: Vec<GivenBars>,
}

impl Given {
    /// Lays the grooves of the settings on the bars of a song.
    pub fn of(
        settings: &Settings,
        bars: &BarGrid,
        grids: &[StepGrid],
        form: &Form,
        queries: &[BarQuery],
        sounding: &Sounding,
        likeness: &Likeness,
    ) -> Given {
        let mut given = Given { homes: vec![None; bars.len()], sets: Vec::new() };
        let mut places: Vec<(&Groove, Option<Vec<usize>>)> = Vec::new();
        for (bar, query) in queries.iter().enumerate() {
            let Some(groove) = settings.groove_of(form.label_at(bar)) else { continue };
            let known = places.iter().position(|(known, _)| *known == groove);
            let known = known.unwrap_or_else(|| {
                places.push((groove, placed_by_song(groove, settings, likeness)));
                places.len() - 1
            });
            let chosen = places[known].1.as_ref().map(|places| places[bar]);
            let metre = bars.bars()[bar].metre;
            // Of a groove in another metre the halves of a bar that is asked as one go on together.
            let halves = query.half.is_some() && groove.metre() != metre;
            let place = form.phrase_place(bar, sounding.bars_before(bars));
            // An upbeat leads into the first bar as the last one does.
            let turn =
                place.map_or(groove.bars() - 1, |place| if halves { place / 2 } else { place });
            let turn = turn % groove.bars();
            let turns = match chosen {
                Some(chosen) => chosen..chosen + 1,
                None if settings.follow == 0.0 || is_ordered(groove) => turn..turn + 1,
                None => 0..groove.bars(),
            };
            let grid = &grids[bar];
            let laid = turns.map(|turn| folded(groove, turn, metre, grid, query, settings.swing));
            let laid = laid.collect();
            // A bar of rest has nothing to follow.
            let follow = if sounding.rests(bar) { 0.0 } else { settings.follow };
            let set = GivenBars { bars: laid, follow };
            let known = given.sets.iter().position(|known| *known == set);
            given.homes[bar] = Some(known.unwrap_or_else(|| {
                given.sets.push(set);
                given.sets.len() - 1
            }));
        }
        given
    }

    /// Whether no bar was given anything.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Nothing, on so many bars.
    #[cfg(test)]
    pub fn nothing(bars: usize) -> Given {
        Given { homes: vec![None; bars], sets: Vec::new() }
    }

    /// The number of what a bar was given: bars of one number were given the same.
    pub fn kind(&self, bar: usize) -> Option<usize> {
        self.homes[bar]
    }

    /// What a bar was given.
    pub fn at(&self, bar: usize) -> Option<&GivenBars> {
        self.homes[bar].map(|set| &self.sets[set])
    }
}

impl GivenBars {
    /// The lane cells that each bar strikes, on the slots of a known grid of so many steps.
    pub fn cells(&self, slots: usize) -> Vec<Vec<bool>> {
        let cells = |bar: &Vec<Hit>| {
            let mut cells = vec![false; CELLS];
            for hit in bar.iter().filter(|hit| hit.step < slots.min(SLOTS)) {
                cells[hit.lane().index() * SLOTS + hit.step] = true;
            }
            cells
        };
        self.bars.iter().map(cells).collect()
    }

    /// Whether a lane is struck on a step that patterns have no slot for (see [`known_grid`]); `None` where
    /// several bars are offered.
    pub fn strikes_beyond(&self, lane: Lane, step: usize) -> Option<bool> {
        let [bar] = &self.bars[..] else { return None };
        Some(bar.iter().any(|hit| (hit.lane(), hit.step) == (lane, step)))
    }

    /// A stroke on a lane and step, as it was given.
    pub fn stroke(&self, lane: Lane, step: usize, grid: &StepGrid) -> Option<&Hit> {
        let strokes = || self.bars.iter().flatten().filter(|hit| hit.lane() == lane);
        let known = source_step(step, known_grid(grid).steps);
        let at = |step: usize| strokes().find(|hit| hit.step == step);
        at(step).or_else(|| at(known))
    }
}

/// The strokes of a groove in each class, a bar of it.
pub(super) fn densities(groove: &Groove) -> ClassDensities {
    let mut densities = [0.0; DRUM_CLASSES];
    for hit in groove.hits() {
        densities[hit.lane().drum_class().index()] += 1.0 / groove.bars() as f32;
    }
    densities
}

/// Whether the bars of a groove are alike, so that they answer each other.
fn is_ordered(groove: &Groove) -> bool {
    let cells = |bar: usize| -> Vec<(usize, Lane)> {
        groove.bar(bar).iter().map(|hit| (hit.step, hit.lane())).collect()
    };
    (1..groove.bars()).all(|bar| {
        let (before, here) = (cells(bar - 1), cells(bar));
        let both = here.iter().filter(|cell| before.contains(cell)).count();
        2.0 * both as f32 >= ALIKE * (before.len() + here.len()) as f32
    })
}

/// Which of a groove's bars each bar of the song plays, where the song says that.
fn placed_by_song(groove: &Groove, settings: &Settings, likeness: &Likeness) -> Option<Vec<usize>> {
    // Who took several bars that are alike in one piece took a phrase.
    let is_phrase = is_ordered(groove) && are_in_a_row(groove.homes());
    let in_turn = settings.follow == 0.0 || is_phrase;
    if in_turn { None } else { likeness.nearest(groove) }
}

/// A bar of a groove on a bar of a song.
fn folded(
    groove: &Groove,
    turn: usize,
    metre: Metre,
    grid: &StepGrid,
    query: &BarQuery,
    swing: f32,
) -> Vec<Hit> {
    let own = groove.grid();
    let hits = groove.bar(turn).iter().map(|hit| Hit { bar: BarIndex(0), ..*hit });
    if groove.metre() == metre && own == *grid {
        return hits.collect();
    }
    let (four, sources) = query.of_four();
    let beats = (own.steps / own.steps_per_beat).max(1);
    let mut laid: Vec<Hit> = Vec::new();
    for (step, &source) in sources.iter().enumerate().take(grid.steps) {
        let beat = borrowed(beats, source / four.steps_per_beat);
        for hit in hits.clone().filter(|hit| (hit.step / own.steps_per_beat).min(beats - 1) == beat)
        {
            let within = hit.step - beat * own.steps_per_beat;
            let (place, offset) = placed(within, hit.offset, &own, &four, swing);
            if place == source % four.steps_per_beat {
                laid.push(Hit { step, offset, ..hit });
            }
        }
    }
    laid.sort_by_key(|hit| (hit.step, hit.key, std::cmp::Reverse(hit.velocity)));
    laid.dedup_by_key(|hit| (hit.step, hit.key));
    laid
}

/// The beat of a groove of so many beats that stands on a beat of a bar of four.
fn borrowed(beats: usize, beat: usize) -> usize {
    let own: [usize; 4] = match beats {
        1 => [0; 4],
        2 => [0, 1, 0, 1],
        3 => [0, 1, 0, 2],
        5 => [0, 1, 3, 4],
        6 => [0, 1, 2, 5],
        _ => [0, 1, 2, 3],
    };
    own[beat % 4]
}

/// Where a stroke on a step within a beat of one grid is on another, and how far from that step. On a
/// straight grid that is played in a swing of 0 to 1, triplets are where swing makes them triplets.
fn placed(step: usize, offset: f32, from: &StepGrid, to: &StepGrid, swing: f32) -> (usize, f32) {
    let length = to.steps_per_beat;
    if (from.kind, from.steps_per_beat, to.kind, length)
        == (GridKind::Straight, 4, GridKind::Ternary, 6)
    {
        // Beats in two are beats in three: the off-beat is the third triplet.
        return ([0, 2, 4, 5][step.min(3)], offset);
    }
    let scale = length as f32 / from.steps_per_beat as f32;
    let late = 0.5 + swing / 6.0;
    let inside = step as f32 / from.steps_per_beat as f32;
    let position = match (from.kind, to.kind) {
        (GridKind::Ternary, GridKind::Straight) if inside < late => inside / late / 2.0,
        (GridKind::Ternary, GridKind::Straight) => 0.5 + (inside - late) / (1.0 - late) / 2.0,
        _ => inside,
    };
    let position = position * length as f32;
    let place = (position.round() as usize).min(length - 1);
    (place, (position - place as f32 + offset * scale).clamp(-0.5, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Ssm;
    use crate::drummer::Section;
    use crate::drummer::features::{Contents, bar_features};
    use crate::score::{GrooveSource, MetreChange, Song, TempoMap, Ticks, Velocity};

    fn groove(metre: (u8, u8), triplets: bool, strokes: &[&[(Lane, usize)]]) -> Groove {
        let metre = Metre::new(metre.0, metre.1).unwrap();
        let hits = strokes.iter().enumerate().flat_map(|(bar, strokes)| {
            strokes.iter().map(move |&(lane, step)| Hit {
                bar: BarIndex(bar),
                step,
                key: lane.default_key(),
                velocity: Velocity::clamped(80 + step as u8),
                offset: 0.1,
            })
        });
        let hits = hits.collect();
        Groove::new("beat", GrooveSource::File, metre, triplets, strokes.len(), hits).unwrap()
    }

    /// The steps of a lane in each bar of two sections of two bars.
    fn laid(groove: &Groove, metre: (u8, u8), triplets: bool, lane: Lane) -> Vec<Vec<Vec<usize>>> {
        let metre = Metre::new(metre.0, metre.1).unwrap();
        let length = Ticks(4 * metre.bar_ticks(96).0);
        let bars = BarGrid::new(96, &[MetreChange { at: Ticks(0), metre }], length);
        let grids = vec![StepGrid::for_metre(metre, triplets); 4];
        let sections = [0..2, 2..4].map(|bars| Section { label: bars.start / 2, bars });
        let form = Form { sections: sections.into() };
        let query = |bar: usize| BarQuery::unaccented(metre, &grids[bar], bar % 2);
        let queries: Vec<BarQuery> = (0..4).map(query).collect();
        let settings = Settings {
            style: crate::drummer::StyleChoice::Groove(groove.clone()),
            ..Settings::default()
        };
        let song = Song { tempo: TempoMap::new(96, []), metres: vec![], tracks: vec![] };
        let sounding = Sounding::of(&song, &bars, &grids);
        let features = bar_features(&song, &bars, &grids);
        let contents = Contents::of(&song, &bars, &grids, &features);
        let drum_ssm = Ssm::from_pairs(4, |_, _| 0.5);
        let likeness =
            Likeness { contents: &contents, drum_ssm: &drum_ssm, form: &form, drum_form: &form };
        let given = Given::of(&settings, &bars, &grids, &form, &queries, &sounding, &likeness);
        (0..4)
            .map(|bar| {
                let bars = &given.at(bar).unwrap().bars;
                let steps = |hits: &Vec<Hit>| {
                    hits.iter().filter(|hit| hit.lane() == lane).map(|hit| hit.step).collect()
                };
                bars.iter().map(steps).collect()
            })
            .collect()
    }

    const ROCK: [(Lane, usize); 6] = [
        (Lane::Kick, 0),
        (Lane::Snare, 4),
        (Lane::Kick, 8),
        (Lane::Kick, 10),
        (Lane::Snare, 12),
        (Lane::ClosedHat, 14),
    ];

    #[test]
    fn the_same_metre_is_laid_as_it_is() {
        let rock = groove((4, 4), false, &[&ROCK]);
        assert_eq!(laid(&rock, (4, 4), false, Lane::Kick), vec![vec![vec![0, 8, 10]]; 4]);
        let waltz =
            groove((3, 4), false, &[&[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Snare, 8)]]);
        assert_eq!(laid(&waltz, (3, 4), false, Lane::Snare), vec![vec![vec![4, 8]]; 4]);
    }

    #[test]
    fn other_metres_borrow_its_beats() {
        let rock = groove((4, 4), false, &[&ROCK]);
        assert_eq!(laid(&rock, (3, 4), false, Lane::Snare), vec![vec![vec![4, 8]]; 4]);
        assert_eq!(laid(&rock, (3, 4), false, Lane::ClosedHat), vec![vec![vec![10]]; 4]);
        assert_eq!(laid(&rock, (7, 8), false, Lane::Snare), vec![vec![vec![4, 12]]; 4]);
        // Two bars of 6/8 are one of 12/8.
        let halves = vec![vec![vec![0]], vec![vec![0, 4]], vec![vec![0]], vec![vec![0, 4]]];
        assert_eq!(laid(&rock, (6, 8), false, Lane::Kick), halves);
        let waltz =
            groove((3, 4), false, &[&[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Snare, 8)]]);
        assert_eq!(laid(&waltz, (4, 4), false, Lane::Kick), vec![vec![vec![0, 8]]; 4]);
    }

    #[test]
    fn bars_of_six_eighths_follow_each_other_in_their_own_metre() {
        let bar = |kick: usize| {
            let hats = [0, 4, 8].map(|step| (Lane::ClosedHat, step));
            [&hats[..], &[(Lane::Kick, kick), (Lane::Snare, 6)]].concat()
        };
        let two = groove((6, 8), false, &[&bar(0), &bar(2)]);
        let [first, second] = [vec![vec![0]], vec![vec![2]]];
        let turns = vec![first.clone(), second.clone(), first, second];
        assert_eq!(laid(&two, (6, 8), false, Lane::Kick), turns);
    }

    #[test]
    fn strokes_behind_the_slots_of_a_pattern_are_known() {
        let bar = vec![hit_at(26)];
        let given = |bars: Vec<Vec<Hit>>| GivenBars { bars, follow: 0.0 };
        let one = given(vec![bar.clone()]);
        assert_eq!(
            [25, 26].map(|step| one.strikes_beyond(Lane::Kick, step)),
            [Some(false), Some(true)]
        );
        assert_eq!(one.strikes_beyond(Lane::Snare, 26), Some(false));
        assert_eq!(given(vec![bar, Vec::new()]).strikes_beyond(Lane::Kick, 26), None);
    }

    fn hit_at(step: usize) -> Hit {
        let velocity = Velocity::clamped(90);
        Hit { bar: BarIndex(0), step, key: Lane::Kick.default_key(), velocity, offset: 0.0 }
    }

    #[test]
    fn beats_in_two_and_in_three_become_each_other() {
        let rock = groove((4, 4), false, &[&ROCK]);
        assert_eq!(laid(&rock, (4, 4), true, Lane::ClosedHat), vec![vec![vec![22]]; 4]);
        let shuffle = groove((4, 4), true, &[&[(Lane::Kick, 0), (Lane::ClosedHat, 4)]]);
        assert_eq!(laid(&shuffle, (4, 4), false, Lane::ClosedHat), vec![vec![vec![3]]; 4]);
        let (place, offset) = placed(4, 0.0, &shuffle.grid(), &rock.grid(), 0.0);
        assert!(place == 3 && (offset + 1.0 / 3.0).abs() < 1e-6);
        // Triplets that swing makes of eighths and sixteenths.
        for (step, swung) in [(0, 0), (2, 1), (4, 2)] {
            let (place, offset) = placed(step, 0.0, &shuffle.grid(), &rock.grid(), 1.0);
            assert!(place == swung && offset.abs() < 1e-5, "{step}: {place} {offset}");
        }
    }

    #[test]
    fn bars_that_are_alike_go_to_their_homes_unless_they_are_a_phrase() {
        let mut answer = ROCK;
        answer[3].1 = 11;
        let two = groove((4, 4), false, &[&ROCK, &answer]);
        let at = |homes: [usize; 2]| {
            laid(&two.at_home(homes.map(BarIndex).into()), (4, 4), false, Lane::Kick)
        };
        let [first, second] = [vec![vec![0, 8, 10]], vec![vec![0, 8, 11]]];
        let turns = [first.clone(), second.clone(), first.clone(), second.clone()];
        assert_eq!(at([2, 3]), turns);
        // The sections are A and B: the main bar is at home in the second.
        assert_eq!(at([2, 0])[2..], [first.clone(), first]);
        assert_eq!(at([2, 0])[0], second);
    }

    #[test]
    fn bars_that_are_alike_answer_each_other() {
        let mut answer = ROCK;
        answer[3].1 = 11;
        let two = groove((4, 4), false, &[&ROCK, &answer]);
        let [first, second] = [vec![vec![0, 8, 10]], vec![vec![0, 8, 11]]];
        let turns = vec![first.clone(), second.clone(), first, second];
        assert_eq!(laid(&two, (4, 4), false, Lane::Kick), turns);
        let other = groove((4, 4), false, &[&ROCK, &[(Lane::Ride, 0), (Lane::Kick, 6)]]);
        assert_eq!(laid(&other, (4, 4), false, Lane::Kick), vec![vec![vec![0, 8, 10], vec![6]]; 4]);
    }
}
