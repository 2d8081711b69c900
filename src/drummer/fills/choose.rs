//! Which fill goes where.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::library::{Fill, FillLibrary, is_drum};
use crate::drummer::Style;
use crate::drummer::features::SLOTS;
use crate::drummer::limbs::OnsetTimeline;
use crate::score::{GridKind, Lane, StepGrid};

/// Fills of which a smaller share can be played at the tempo are not considered.
const PLAYABLE: f32 = 0.7;
/// Neighbouring fills have at most this share of their strokes in common (Jaccard index).
const ALIKE: f32 = 0.5;
/// Strokes on drums a second, beyond which a fill is hurried.
const HURRIED: f32 = 9.0;

/// A bar that is to end with a fill.
pub(in crate::drummer) struct Site<'a> {
    pub grid: StepGrid,
    /// Steps from the bar's end that the fill takes.
    pub length: usize,
    /// Seconds from one step to the next.
    pub step: f32,
    pub double_pedal: bool,
    /// 0 to 1: how busy it is.
    pub complexity: f32,
    /// Labels of the section that ends and the one that begins: the same turn has the same fill.
    pub turn: (usize, usize),
    /// How likely the network holds each cell of a fill here, `[lanes x slots]`.
    pub likely: Option<&'a [f32]>,
}

/// A stroke of a fill on the steps of its bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::drummer) struct FillHit {
    pub step: usize,
    pub lane: Lane,
    /// As it was played, 1 to 127.
    pub velocity: u8,
}

/// Chooses the fills of one part, in the order of its bars.
pub(in crate::drummer) struct Chooser<'a> {
    library: &'a FillLibrary,
    style: Option<Style>,
    /// Fills by turn.
    known: BTreeMap<(usize, usize, usize), usize>,
    /// Numbers of the fills so far, the last one last.
    used: Vec<usize>,
    last: Vec<FillHit>,
    /// Strokes on low, mid and high toms so far.
    toms: [f32; 3],
}

impl<'a> Chooser<'a> {
    /// `toms`: strokes on low, mid and high toms that the part has without its fills.
    pub fn new(library: &'a FillLibrary, style: Option<Style>, toms: [f32; 3]) -> Chooser<'a> {
        Chooser { library, style, known: BTreeMap::new(), used: Vec::new(), last: Vec::new(), toms }
    }

    /// The strokes of the fill that goes best with a place and with the fills before; `None` where
    /// none can be played.
    pub fn choose(&mut self, site: &Site, rng: &mut ChaCha8Rng) -> Option<Vec<FillHit>> {
        let key = (site.turn.0, site.turn.1, site.length);
        let again = self.known.get(&key).copied().filter(|number| self.used.last() != Some(number));
        let best = again.and_then(|again| self.best(Some(again), site, rng));
        let (number, strokes) = best.or_else(|| self.best(None, site, rng))?;
        self.known.insert(key, number);
        self.used.push(number);
        for (sum, count) in self.toms.iter_mut().zip(toms(&strokes)) {
            *sum += count;
        }
        self.last.clone_from(&strokes);
        Some(strokes)
    }

    /// The fill that goes best, of all or of one, with its number.
    fn best(
        &self,
        only: Option<usize>,
        site: &Site,
        rng: &mut ChaCha8Rng,
    ) -> Option<(usize, Vec<FillHit>)> {
        let mut best: Option<(f32, usize, Vec<FillHit>)> = None;
        for (number, fill) in self.library.fills.iter().enumerate() {
            // Drawn for every fill, so that one fill more or less changes no other's luck.
            let luck = rng.random_range(0.0..0.8);
            if fill.ternary != (site.grid.kind == GridKind::Ternary)
                || only.is_some_and(|only| only != number)
            {
                continue;
            }
            let Some(mut strokes) = cut(fill, site) else { continue };
            if self.style == Some(Style::March) {
                on_the_snare(&mut strokes);
            }
            let Some(value) = self.value(number, fill, &strokes, site) else { continue };
            if best.as_ref().is_none_or(|(most, ..)| value + luck > *most) {
                best = Some((value + luck, number, strokes));
            }
        }
        best.map(|(_, number, strokes)| (number, strokes))
    }

    /// How well a fill goes; `None` if it does not.
    fn value(&self, number: usize, fill: &Fill, strokes: &[FillHit], site: &Site) -> Option<f32> {
        let drums: Vec<&FillHit> = strokes.iter().filter(|stroke| is_drum(stroke.lane)).collect();
        let (first, last) = (drums.first()?.step, drums.last()?.step);
        let from = site.grid.steps - site.length;
        let beat = site.grid.steps_per_beat.min(site.length);
        // It begins where it is asked for, goes somewhere, and leads to the bar line.
        let begins = 2 * (first - from) <= beat;
        let leads = first < last && 2 * (site.grid.steps - last) <= beat;
        if !begins || !leads {
            return None;
        }
        if similarity(strokes, &self.last) > ALIKE {
            return None;
        }
        let beats = site.length as f32 / site.grid.steps_per_beat as f32;
        let per_beat = site.grid.steps_per_beat as f32;
        // A fill of one beat is all roll, a longer one takes its time.
        let least = if beats > 1.0 { 0.3 } else { 0.5 };
        let wanted = (per_beat * (least + 0.6 * site.complexity))
            .min(HURRIED * site.step * per_beat)
            .max(1.0);
        let busy = (drums.len() as f32 / beats / wanted).log2().abs();
        let mut with = self.toms;
        for (sum, count) in with.iter_mut().zip(toms(strokes)) {
            *sum += count;
        }
        let styled = self.style.is_some_and(|style| kin(style).name() == fill.style);
        let likely = site.likely.map_or(0.0, |probabilities| likelihood(strokes, probabilities));
        let worn = self.used.iter().filter(|&&used| used == number).count() as f32;
        let toms = match self.style.is_some_and(spares_toms) {
            true => -toms(strokes).iter().sum::<f32>() / strokes.len() as f32,
            false => evenness(with),
        };
        Some(
            1.2 * toms - busy - 0.7 * worn - 0.8 * f32::from(fades(&drums))
                + 0.8 * f32::from(styled)
                + 0.5 * likely
                + runs_on(&drums, site)
                + 0.3 * f32::from(descends(strokes)),
        )
    }
}

/// The style in whose fills one is at home that the library has none of.
fn kin(style: Style) -> Style {
    match style {
        Style::Afro => Style::Latin,
        Style::Ballad => Style::Pop,
        Style::Blues => Style::Soul,
        Style::Dance => Style::HipHop,
        Style::Metal => Style::Punk,
        style => style,
    }
}

/// Whether fills of a style are the snare's rather than a way down the toms.
fn spares_toms(style: Style) -> bool {
    use Style::{Afro, Country, Dance, HipHop, Jazz, Latin, March, Reggae};
    matches!(style, Afro | Country | Dance | HipHop | Jazz | Latin | March | Reggae)
}

/// Plays all drums of a fill on the snare, as a marching drummer has no other.
fn on_the_snare(strokes: &mut Vec<FillHit>) {
    for stroke in strokes.iter_mut().filter(|stroke| is_drum(stroke.lane)) {
        stroke.lane = Lane::Snare;
    }
    strokes.sort_by_key(|stroke| (stroke.step, stroke.lane, std::cmp::Reverse(stroke.velocity)));
    strokes.dedup_by_key(|stroke| (stroke.step, stroke.lane));
}

/// Whether a fill dies away before the bar line: its last two strokes are ghosts beside its loudest.
fn fades(drums: &[&FillHit]) -> bool {
    let loudest = drums.iter().map(|stroke| stroke.velocity).max().unwrap_or(0);
    let last = &drums[drums.len().saturating_sub(2)..];
    let mean =
        last.iter().map(|stroke| f32::from(stroke.velocity)).sum::<f32>() / last.len() as f32;
    mean < 0.6 * f32::from(loudest)
}

/// How well a fill's end leads over the bar line: of people's fills in 4/4 to `paired` .69 strike the last
/// sixteenth. One that stops behind a sixteenth off the beat has a hole where the roll should be.
fn runs_on(drums: &[&FillHit], site: &Site) -> f32 {
    let (steps, beat) = (site.grid.steps, site.grid.steps_per_beat);
    let is_struck = |step: usize| drums.iter().any(|stroke| stroke.step == step);
    let is_slow = site.step * HURRIED > 1.0;
    match (is_slow && beat.is_multiple_of(4), is_struck(steps - 1)) {
        (false, _) => 0.0,
        (true, true) => 0.6,
        (true, false) if is_struck(steps - beat + 1) => -0.4,
        (true, false) => 0.0,
    }
}

/// The end of a fill on the steps of a place, of which the limbs play what they can; `None` if that
/// is too little.
fn cut(fill: &Fill, site: &Site) -> Option<Vec<FillHit>> {
    let (from, steps) = (site.grid.steps - site.length, site.grid.steps);
    let mut strokes: Vec<FillHit> = fill
        .strokes()
        // A hand that rolls over the drums lays no stick across the snare.
        .filter(|&(_, lane, _)| lane != Lane::SideStick)
        .filter_map(|(step, lane, velocity)| {
            let step = (step + steps).checked_sub(fill.steps())?;
            (step >= from).then_some(FillHit { step, lane, velocity })
        })
        .collect();
    let wanted = strokes.len();
    let times = (0..site.length).map(|step| step as f32 * site.step).collect();
    let mut line = OnsetTimeline::new(times, site.double_pedal);
    // Drums first, then feet, then hats.
    let mut order: Vec<usize> = (0..strokes.len()).collect();
    order.sort_by_key(|&index| {
        let FillHit { lane, velocity, .. } = strokes[index];
        (!is_drum(lane), std::cmp::Reverse(velocity), index)
    });
    let mut kept = vec![false; strokes.len()];
    for index in order {
        let FillHit { step, lane, .. } = strokes[index];
        kept[index] = line.fits(step - from, lane);
        if kept[index] {
            line.strike(step - from, lane);
        }
    }
    let mut kept = kept.into_iter();
    strokes.retain(|_| kept.next().unwrap_or(false));
    (strokes.len() as f32 >= PLAYABLE * wanted as f32).then_some(strokes)
}

/// Strokes on low, mid and high toms.
fn toms(strokes: &[FillHit]) -> [f32; 3] {
    [Lane::LowTom, Lane::MidTom, Lane::HighTom]
        .map(|lane| strokes.iter().filter(|stroke| stroke.lane == lane).count() as f32)
}

/// Entropy of a distribution over three, 1 where it is even, 0 without any.
fn evenness(counts: [f32; 3]) -> f32 {
    let total: f32 = counts.iter().sum();
    let term = |count: f32| if count > 0.0 { -(count / total) * (count / total).ln() } else { 0.0 };
    counts.map(term).iter().sum::<f32>() / 3f32.ln()
}

/// Whether drums go down from the first to the last of them.
fn descends(strokes: &[FillHit]) -> bool {
    let height = |lane: Lane| match lane {
        Lane::Snare => Some(3),
        Lane::HighTom => Some(2),
        Lane::MidTom => Some(1),
        Lane::LowTom => Some(0),
        _ => None,
    };
    let heights: Vec<i32> = strokes.iter().filter_map(|stroke| height(stroke.lane)).collect();
    let falls = heights.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let rises = heights.windows(2).filter(|pair| pair[1] > pair[0]).count();
    falls > rises
}

fn likelihood(strokes: &[FillHit], probabilities: &[f32]) -> f32 {
    let probability = |stroke: &FillHit| {
        if stroke.step < SLOTS {
            probabilities[stroke.lane.index() * SLOTS + stroke.step]
        } else {
            0.0
        }
    };
    strokes.iter().map(probability).sum::<f32>() / strokes.len().max(1) as f32
}

/// Jaccard index of two fills' strokes.
fn similarity(a: &[FillHit], b: &[FillHit]) -> f32 {
    let same = |x: &&FillHit| b.iter().any(|y| (x.step, x.lane) == (y.step, y.lane));
    let both = a.iter().filter(same).count();
    let either = a.len() + b.len() - both;
    if either == 0 { 0.0 } else { both as f32 / either as f32 }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::score::Metre;

    fn site(numerator: u8, denominator: u8, length: usize, bpm: f32) -> Site<'static> {
        let grid = StepGrid::for_metre(Metre::new(numerator, denominator).unwrap(), false);
        Site {
            grid,
            length,
            step: 15.0 / bpm,
            double_pedal: false,
            complexity: 0.5,
            turn: (0, 1),
            likely: None,
        }
    }

    fn chosen(site: &Site, count: usize, seed: u64) -> Vec<Vec<FillHit>> {
        let mut chooser = Chooser::new(FillLibrary::embedded(), None, [0.0; 3]);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let turn = |number| Site { turn: (number, number + 1), ..*site };
        (0..count).map(|number| chooser.choose(&turn(number), &mut rng).unwrap()).collect()
    }

    #[test]
    fn fills_keep_to_their_place_in_every_metre() {
        for (numerator, denominator, length) in [
            (4, 4, 4),
            (4, 4, 8),
            (4, 4, 16),
            (3, 4, 4),
            (3, 4, 12),
            (6, 8, 6),
            (7, 8, 6),
            (5, 4, 8),
        ] {
            for bpm in [60.0, 120.0, 180.0] {
                let site = site(numerator, denominator, length, bpm);
                for fill in chosen(&site, 4, 1) {
                    let steps = site.grid.steps;
                    assert!(fill.iter().all(|s| (steps - length..steps).contains(&s.step)));
                    assert!(fill.iter().all(|stroke| stroke.lane != Lane::SideStick));
                    let mut drums: Vec<usize> =
                        fill.iter().filter(|s| is_drum(s.lane)).map(|s| s.step).collect();
                    drums.dedup();
                    assert!(drums.len() >= 2, "one moment is no fill");
                    let beat = site.grid.steps_per_beat.min(length);
                    assert!(2 * (steps - drums[drums.len() - 1]) <= beat, "the end is silent");
                }
            }
        }
    }

    #[test]
    fn neighbours_differ_and_all_toms_are_used() {
        for seed in 0..5 {
            let fills = chosen(&site(4, 4, 8, 110.0), 8, seed);
            assert!(fills.windows(2).all(|pair| similarity(&pair[0], &pair[1]) <= ALIKE));
            let mut all = [0.0; 3];
            for fill in &fills {
                all.iter_mut().zip(toms(fill)).for_each(|(sum, count)| *sum += count);
            }
            assert!(evenness(all) > 0.8, "{all:?}");
        }
    }

    #[test]
    fn the_same_turn_has_the_same_fill_unless_it_comes_at_once() {
        let mut chooser = Chooser::new(FillLibrary::embedded(), None, [0.0; 3]);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let first = Site { turn: (0, 1), ..site(4, 4, 8, 110.0) };
        let second = Site { turn: (1, 0), ..site(4, 4, 8, 110.0) };
        let mut play = |site: &Site| chooser.choose(site, &mut rng).unwrap();
        let [a, b, c, d] = [play(&first), play(&second), play(&first), play(&first)];
        assert_eq!(a, c);
        assert_ne!(a, b);
        assert_ne!(c, d);
    }

    #[test]
    fn busier_is_busier() {
        let strokes = |complexity| {
            let site = Site { complexity, ..site(4, 4, 8, 100.0) };
            chosen(&site, 6, 0).iter().map(Vec::len).sum::<usize>()
        };
        assert!(strokes(0.0) < strokes(0.5) && strokes(0.5) < strokes(1.0));
    }
}
