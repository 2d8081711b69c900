//! A groove that is tapped: drum keys played while the host's transport runs, or counts in, become one
//! to four bars that go round. What is tapped again on a drum at the same place takes the place of what
//! was there, so a groove can be played over until it sits.

use super::wire::Captured;
use crate::score::{
    BarIndex, Beats, Bpm, Controller, GROOVE_BARS, GmKey, Groove, GrooveSource, Hit, Metre,
    StepGrid, Ticks, Velocity, plays_triplets,
};

/// Bars of a groove that is tapped, unless others are asked for.
pub const TAPPED_BARS: usize = 2;
/// Resolution in which strokes are compared with grids.
const TICKS_PER_QUARTER: u16 = 960;
/// A stroke so close (quarter notes) to another on its drum is the same one, played again.
const SAME: f64 = 0.11;
/// A stroke so close ahead of a bar line belongs behind it.
const EARLY: f64 = 0.125;
/// More strokes are not kept: four bars of 32 steps on every drum there is would be fewer.
const MOST: usize = 4096;

/// What there is to show of a groove that is being tapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TappingView {
    /// How many bars go round, 1 to [`GROOVE_BARS`].
    pub bars: usize,
    /// Strokes so far.
    pub strokes: usize,
    /// The transport runs: what is played now is heard.
    pub running: bool,
    /// The bar of the groove that is under way, from 0; `None` before the first stroke.
    pub bar: Option<usize>,
}

/// One stroke.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tap {
    /// From the groove's start, in quarter notes.
    at: f64,
    key: GmKey,
    velocity: Velocity,
}

/// A groove that is being tapped.
#[derive(Clone, Debug)]
pub struct Tapping {
    bars: usize,
    metre: Metre,
    /// A bar line of the host's song.
    line: f64,
    tempo: Option<Bpm>,
    /// Where the groove begins in the host's song: at the bar of the first stroke.
    origin: Option<f64>,
    /// Where the transport is, while it runs.
    now: Option<f64>,
    /// Where pedals and loudness are, for who listens next.
    controllers: [u8; Controller::ALL.len()],
    taps: Vec<Tap>,
    /// Where the last stroke was, while it has not been asked for since.
    fresh: Option<f64>,
}

impl Tapping {
    /// Begins, with `bars` (1 to [`GROOVE_BARS`], clamped) that go round.
    pub fn new(bars: usize) -> Tapping {
        Tapping {
            bars: bars.clamp(1, GROOVE_BARS),
            metre: Metre::COMMON,
            line: 0.0,
            tempo: None,
            origin: None,
            now: None,
            controllers: Controller::AT_REST,
            taps: Vec::new(),
            fresh: None,
        }
    }

    /// Other bars go round from now on; strokes beyond them go.
    pub fn set_bars(&mut self, bars: usize) {
        self.bars = bars.clamp(1, GROOVE_BARS);
        let length = self.length();
        self.taps.retain(|tap| tap.at < length);
    }

    /// Forgets all strokes.
    pub fn clear(&mut self) {
        (self.taps, self.origin, self.fresh) = (Vec::new(), None, None);
    }

    /// Takes in one event. `drum` says which drum a key is at a place of the host's song; other keys are
    /// passed over, as are positions that are no numbers. Strokes of another metre than those before begin anew.
    pub fn record(&mut self, event: Captured, drum: impl Fn(Beats, u8) -> Option<GmKey>) {
        match event {
            Captured::Started { at } => {
                (self.now, self.controllers) = (Some(at.0), Controller::AT_REST);
            }
            Captured::Passed { at } => self.now = Some(at.0),
            Captured::Controller { at, controller, value } => {
                self.now = Some(at.0);
                self.controllers[controller.index()] = value;
            }
            Captured::Stopped { .. } => self.now = None,
            Captured::Tempo { at, bpm } => (self.now, self.tempo) = (Some(at.0), Some(bpm)),
            Captured::Metre { at, metre } => {
                if metre != self.metre {
                    self.clear();
                }
                (self.metre, self.line) = (metre, at.0);
            }
            Captured::NoteOn { at, key, velocity } => {
                self.now = Some(at.0);
                if let Some(key) = drum(at, key).filter(|_| at.0.is_finite()) {
                    self.tap(at.0, key, velocity);
                }
            }
            Captured::NoteOff { at, .. } => self.now = Some(at.0),
            Captured::Lost => {}
        }
    }

    fn tap(&mut self, at: f64, key: GmKey, velocity: Velocity) {
        let (bar, line) = (self.bar_beats(), self.line);
        let origin =
            *self.origin.get_or_insert_with(|| line + ((at - line + EARLY) / bar).floor() * bar);
        let length = self.length();
        let place = (at - origin).rem_euclid(length);
        let apart = |other: f64| {
            let distance = (other - place).abs();
            distance.min(length - distance)
        };
        self.taps.retain(|tap| tap.key != key || apart(tap.at) > SAME);
        if self.taps.len() < MOST {
            self.taps.push(Tap { at: place, key, velocity });
        }
        self.fresh = Some(at);
    }

    fn bar_beats(&self) -> f64 {
        self.metre.bar_beats().0
    }

    fn length(&self) -> f64 {
        self.bar_beats() * self.bars as f64
    }

    /// What there is to show.
    pub fn view(&self) -> TappingView {
        let bar = self.now.zip(self.origin).map(|(now, origin)| {
            ((now - origin).rem_euclid(self.length()) / self.bar_beats()) as usize % self.bars
        });
        let (bars, strokes, running) = (self.bars, self.taps.len(), self.now.is_some());
        TappingView { bars, strokes, running, bar }
    }

    /// The groove as it is now, each stroke on its nearest step with its distance from it; `None`
    /// without strokes.
    pub fn groove(&self) -> Option<Groove> {
        let ticks = |tap: &Tap| Ticks((tap.at * f64::from(TICKS_PER_QUARTER)).round() as u64);
        let starts: Vec<Ticks> = self.taps.iter().map(ticks).collect();
        let triplets = plays_triplets(&starts, TICKS_PER_QUARTER);
        let grid = StepGrid::for_metre(self.metre, triplets);
        let hit = |tap: &Tap| {
            let position = tap.at / self.bar_beats() * grid.steps as f64;
            let step = position.round();
            let whole = step as usize % (self.bars * grid.steps);
            Hit {
                bar: BarIndex(whole / grid.steps),
                step: whole % grid.steps,
                key: tap.key,
                velocity: tap.velocity,
                offset: (position - step) as f32,
            }
        };
        let hits = self.taps.iter().map(hit).collect();
        Groove::new("Tapped", GrooveSource::Tapped, self.metre, triplets, self.bars, hits).ok()
    }

    /// The groove, once its bars have gone round since the last stroke; each time only once.
    pub fn settled(&mut self) -> Option<Groove> {
        let (last, now) = (self.fresh?, self.now?);
        // A loop of the host's jumps back.
        if now < last || now - last >= self.bar_beats() {
            self.fresh = None;
            return self.groove();
        }
        None
    }

    /// What a recording that was not told has to know to go on: where the transport is, with tempo,
    /// metre and the controllers that are not at rest. Nothing while it stands.
    pub fn catch_up(&self) -> Vec<Captured> {
        let Some(now) = self.now.map(Beats) else { return Vec::new() };
        let tempo = self.tempo.map(|bpm| Captured::Tempo { at: now, bpm });
        let metre = Captured::Metre { at: Beats(self.line), metre: self.metre };
        let controllers = Controller::ALL.into_iter().zip(self.controllers);
        let moved = controllers.filter(|(of, value)| *value != Controller::AT_REST[of.index()]);
        let moved =
            moved.map(|(controller, value)| Captured::Controller { at: now, controller, value });
        let started = std::iter::once(Captured::Started { at: now });
        started.chain(tempo).chain([metre]).chain(moved).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{GridKind, Lane};

    fn drum(_: Beats, key: u8) -> Option<GmKey> {
        GmKey::new(key)
    }

    fn tap(tapping: &mut Tapping, at: f64, key: u8, velocity: u8) {
        let velocity = Velocity::clamped(velocity);
        tapping.record(Captured::NoteOn { at: Beats(at), key, velocity }, drum);
    }

    fn begun(bars: usize, metre: Metre) -> Tapping {
        let mut tapping = Tapping::new(bars);
        tapping.record(Captured::Started { at: Beats(-4.0) }, drum);
        tapping.record(Captured::Metre { at: Beats(-4.0), metre }, drum);
        tapping
    }

    #[test]
    fn strokes_are_on_steps_with_their_timing_kept() {
        let mut tapping = begun(2, Metre::COMMON);
        // In the count-in, a hair ahead of the bar line.
        tap(&mut tapping, -0.03, 36, 100);
        tap(&mut tapping, 1.02, 38, 90);
        tap(&mut tapping, 6.5, 42, 50);
        tap(&mut tapping, 7.98, 46, 60);
        tap(&mut tapping, 3.0, 12, 60);
        let groove = tapping.groove().unwrap();
        assert_eq!((groove.bars(), groove.source()), (2, GrooveSource::Tapped));
        let found: Vec<_> =
            groove.hits().iter().map(|hit| (hit.bar.0, hit.step, hit.key.get())).collect();
        // What is early for the end is early for the beginning.
        assert_eq!(found, [(0, 0, 36), (0, 0, 46), (0, 4, 38), (1, 10, 42)]);
        let offsets: Vec<f32> = groove.hits().iter().map(|hit| hit.offset).collect();
        assert!((offsets[0] + 0.12).abs() < 1e-4 && (offsets[2] - 0.08).abs() < 1e-4);
        assert_eq!(
            tapping.view(),
            TappingView { bars: 2, strokes: 4, running: true, bar: Some(0) }
        );
    }

    #[test]
    fn what_is_tapped_again_takes_the_place_of_what_was_there() {
        let mut tapping = begun(1, Metre::COMMON);
        tap(&mut tapping, 0.0, 36, 60);
        tap(&mut tapping, 4.05, 36, 99);
        tap(&mut tapping, 8.0, 42, 70);
        let groove = tapping.groove().unwrap();
        assert_eq!(groove.hits().len(), 2);
        assert_eq!(groove.hits()[0].velocity.get(), 99);
        tapping.clear();
        assert_eq!(tapping.groove(), None);
    }

    #[test]
    fn it_settles_once_a_bar_has_passed() {
        let mut tapping = begun(1, Metre::COMMON);
        assert_eq!(tapping.settled(), None);
        tap(&mut tapping, 1.0, 38, 60);
        assert_eq!(tapping.settled(), None);
        tapping.record(Captured::Passed { at: Beats(5.0) }, drum);
        assert!(tapping.settled().is_some());
        assert_eq!(tapping.settled(), None);
    }

    #[test]
    fn other_metres_and_triplets() {
        let mut tapping = begun(1, Metre::new(3, 4).unwrap());
        for beat in 0..3 {
            tap(&mut tapping, f64::from(beat), 42, 60);
            tap(&mut tapping, f64::from(beat) + 0.66, 42, 60);
        }
        let groove = tapping.groove().unwrap();
        assert_eq!((groove.grid().kind, groove.grid().steps), (GridKind::Ternary, 18));
        assert!(groove.hits().iter().all(|hit| hit.lane() == Lane::ClosedHat));
        tapping.record(Captured::Metre { at: Beats(3.0), metre: Metre::COMMON }, drum);
        assert_eq!(tapping.groove(), None, "another metre begins anew");
    }

    #[test]
    fn nothing_breaks_it() {
        let mut tapping = Tapping::new(99);
        tap(&mut tapping, f64::NAN, 36, 1);
        tap(&mut tapping, 1e300, 36, 1);
        tap(&mut tapping, -1e9, 36, 1);
        tapping.set_bars(0);
        let _ = (tapping.view(), tapping.groove(), tapping.settled(), tapping.catch_up());
        assert_eq!(tapping.view().bars, 1);
    }
}
