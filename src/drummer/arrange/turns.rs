//! Fills at the ends of bars, and the count-in.

use rand_chacha::ChaCha8Rng;

use super::super::count_in::{USUAL_TURN, clicks};
use super::super::ending::LastHit;
use super::super::fills::{self, Chooser, FillHit, FillLibrary, Site};
use super::super::pattern::PatternOutput;
use super::super::settings::{CountIn, Style};
use super::super::thin::Amount;
use super::{Arranger, Source, Stroke, Wanted};
use crate::score::{Lane, StepGrid, Velocity};

/// The weight of a fill's strokes.
const FILL: f32 = 30.0;

impl Arranger<'_> {
    /// Puts fills in the place of what ends their bars; says which bars have one.
    pub(super) fn add_fills(
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
            // Longer fills at the strongest turns cost more of what was given than they show of the form.
            let turn = match self.given.at(bar) {
                Some(_) => USUAL_TURN,
                None => self.turns[bar + 1] / most,
            };
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
            let chances = filling.map(|filling| Lane::ALL.map(|lane| filling.chances(bar, lane)));
            let likely = chances.as_ref().map(|chances| chances.as_flattened());
            let site = Site { likely, ..self.site(bar, end, length) };
            let Some(mut strokes) = chooser.choose(&site, rng) else { continue };
            let style = self.settings.style.preset();
            let mut goes_on = Vec::new();
            for step in end - length..end {
                let mut feet = wanted.remove(&(bar, step)).unwrap_or_default();
                feet.retain(|stroke| style.is_some_and(|style| keeps(style, stroke.lane)));
                goes_on.extend(feet.iter().map(|stroke| stroke.lane));
                if !feet.is_empty() {
                    wanted.insert((bar, step), feet);
                }
            }
            strokes.retain(|stroke| !goes_on.contains(&stroke.lane));
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
            && self.amount(next) == Amount::All
    }

    fn chooser(&self, wanted: &Wanted) -> Chooser<'static> {
        let toms = [Lane::LowTom, Lane::MidTom, Lane::HighTom].map(|lane| {
            let strokes = wanted.values().flatten();
            // What is played all the time is a groove, and says little about fills.
            (strokes.filter(|stroke| stroke.lane == lane).count() as f32).min(8.0)
        });
        Chooser::new(FillLibrary::embedded(), self.settings.style.preset(), toms)
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

    /// Sticks through the bar before that of the first note and on to that note, or a fill that ends where drums
    /// begin, if there is a bar to hold it.
    pub(super) fn count_in(&self, wanted: &mut Wanted, rng: &mut ChaCha8Rng) {
        match self.settings.count_in {
            CountIn::None => {}
            CountIn::Sticks => {
                let (bar, begins) = self.sounding.begins;
                let before = bar.checked_sub(1).map(|before| (before, self.grids[before].steps));
                let own = (begins > 0).then_some((bar, begins));
                for (bar, end) in before.into_iter().chain(own) {
                    for step in clicks(&self.grids[bar], self.limbs[bar].step, end) {
                        wanted.insert((bar, step), vec![Stroke::landing(Lane::SideStick)]);
                    }
                }
            }
            CountIn::Fill => {
                let (entry, step) = self.sounding.entry;
                let is_upbeat = |bar: usize| bar == 0 && self.bars.has_pick_up();
                let before = entry.checked_sub(1).filter(|&bar| !is_upbeat(bar));
                let Some(bar) = before else { return };
                let grid = &self.grids[bar];
                let length = fills::length(grid, self.settings.fill_complexity, USUAL_TURN);
                let site = self.site(bar, grid.steps, length);
                let strokes = self.chooser(wanted).choose(&site, rng).unwrap_or_default();
                let moved = |stroke: &FillHit| FillHit { step: stroke.step + step, ..*stroke };
                let (own, next): (Vec<FillHit>, Vec<FillHit>) =
                    strokes.iter().map(moved).partition(|stroke| stroke.step < grid.steps);
                let back = |stroke: &FillHit| FillHit { step: stroke.step - grid.steps, ..*stroke };
                put(wanted, bar, &own);
                put(wanted, entry, &next.iter().map(back).collect::<Vec<_>>());
            }
        }
    }
}

/// Whether a foot plays on beneath the fills of a style.
fn keeps(style: Style, lane: Lane) -> bool {
    match lane {
        Lane::PedalHat => true,
        Lane::Kick => matches!(style, Style::Afro | Style::Dance | Style::Latin | Style::March),
        _ => false,
    }
}

/// Adds the strokes of a fill.
fn put(wanted: &mut Wanted, bar: usize, strokes: &[FillHit]) {
    for stroke in strokes {
        let weight = FILL + f32::from(stroke.velocity) / 127.0;
        let at = wanted.entry((bar, stroke.step)).or_default();
        let source = Source::Fill(Velocity::clamped(stroke.velocity));
        at.push(Stroke { lane: stroke.lane, weight, source });
    }
}
