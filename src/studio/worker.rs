//! The worker thread: one for each studio. It runs jobs one after the other and in between looks
//! after the line to the audio thread.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::desk::Desk;
use super::recipe::Ideas;
use super::{
    ALTERNATIVES, Alternative, Arrangement, Document, Idea, Job, Lanes, Likeness, Region, Take,
};
use crate::audio::SoundFont;
use crate::drummer::{Drummer, DrummerError, Heard, Progress, Settings, Stage};
use crate::network::{Backend, Engine, Models};
use crate::score::{BarIndex, DrumPart, Hit, Lane};

/// How often the line is looked after while no job runs.
pub(super) const LOOK: Duration = Duration::from_millis(25);
/// How many different grooves the drummer has for one form and seed.
const IDEAS: usize = 8;
/// How many other ideas are tried until one plays a region differently.
const TRIES: usize = 4;

/// The drummers that all studios of the process share, one for each of [`Backend::ALL`], so that
/// networks are loaded once. One goes when no studio needs it any more, and its GPU with it.
static DRUMMERS: Mutex<[Weak<Drummer>; Backend::ALL.len()]> =
    Mutex::new([const { Weak::new() }; Backend::ALL.len()]);

fn shared_drummer(backend: Backend) -> Arc<Drummer> {
    let mut shared = DRUMMERS.lock();
    let place = &mut shared[backend as usize];
    place.upgrade().unwrap_or_else(|| {
        let models = Models::new(backend, None);
        let drummer = Arc::new(Drummer::new(models, SoundFont::embedded().clone()));
        *place = Arc::downgrade(&drummer);
        drummer
    })
}

/// What the worker thread runs until the desk is closed.
pub(super) fn run(desk: &Desk) {
    let mut player = Player::default();
    while let Some(task) = desk.next_task(LOOK) {
        desk.tend();
        let Some((job, cancelled)) = task else { continue };
        let reporter = Reporter { desk, cancelled: &cancelled, reach: Mutex::new(Reach::WHOLE) };
        // A panic in a job would take every later job with it.
        player.run_on(desk.backend());
        let outcome = catch_unwind(AssertUnwindSafe(|| player.run(&job, &reporter)));
        let outcome = outcome.unwrap_or_else(|_| {
            // Whatever it was about may be half made.
            player = Player::default();
            Err(Failure::Bug(job.name()))
        });
        let outcome = outcome.map_err(|failure| failure.sentence());
        desk.finish(&cancelled, outcome, player.engine());
    }
}

/// Why a job has no result.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Drummer(#[from] DrummerError),
    #[error("the document changed under the job; start it again")]
    Gone,
    #[error("an error inside drumlin stopped \"{0}\"; please report it")]
    Bug(&'static str),
}

impl Failure {
    /// What to show; `None` if it was cancelled, which is no failure.
    fn sentence(&self) -> Option<String> {
        match self {
            Failure::Drummer(DrummerError::Cancelled) => None,
            failure => Some(failure.to_string()),
        }
    }
}

/// How much of a job's progress bar the present call of the drummer fills.
#[derive(Clone, Copy)]
struct Reach {
    from: f32,
    to: f32,
    hears: bool,
}

impl Reach {
    const WHOLE: Reach = Reach { from: 0.0, to: 1.0, hears: true };
}

struct Reporter<'a> {
    desk: &'a Desk,
    cancelled: &'a AtomicBool,
    reach: Mutex<Reach>,
}

/// A stage's share of a generation's time, measured for 96 bars.
fn weight(stage: Stage) -> f32 {
    match stage {
        Stage::Synthesis => 0.25,
        Stage::Cqt => 0.35,
        Stage::Features => 0.03,
        Stage::Structure => 0.1,
        Stage::Pattern => 0.16,
        Stage::Groove => 0.1,
    }
}

impl Progress for Reporter<'_> {
    fn stage(&self, stage: Stage) {
        let reach = *self.reach.lock();
        let counted = |stage: &Stage| reach.hears || *stage >= Stage::Pattern;
        let all: f32 = Stage::ALL.into_iter().filter(counted).map(weight).sum();
        let done: f32 =
            Stage::ALL.into_iter().filter(counted).filter(|s| *s < stage).map(weight).sum();
        let fraction = reach.from + (reach.to - reach.from) * done / all;
        self.desk.progress(self.cancelled, stage, fraction);
    }

    fn is_cancelled(&self) -> bool {
        self.desk.tend();
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl Reporter<'_> {
    /// Puts a part of the result into the document as it is now.
    fn amend(&self, change: impl FnOnce(&Document) -> Document) {
        self.desk.amend(self.cancelled, change);
    }
}

/// A change of the document as it is when the job ends, and how it goes into the undo history.
pub(super) struct Outcome {
    pub change: Box<dyn FnOnce(&Document) -> Document>,
    /// The name of its step; `None` if it belongs to the step before.
    pub step: Option<&'static str>,
}

/// The drummer with what it heard last.
#[derive(Default)]
struct Player {
    backend: Backend,
    drummer: Option<Arc<Drummer>>,
    heard: Option<(Arc<Take>, Arc<Heard>)>,
}

impl Player {
    fn run(&mut self, job: &Job, reporter: &Reporter) -> Result<Outcome, Failure> {
        let document = reporter.desk.document();
        match job {
            Job::Generate => {
                let take = document.take().ok_or(Failure::Gone)?.clone();
                self.generate(job, take, document.settings, 0, reporter)
            }
            Job::New => {
                let arrangement = document.arrangement.as_ref().ok_or(Failure::Gone)?;
                let settings = Settings { seed: rand::random(), ..document.settings };
                // The grooves behind those there are, in turn.
                let last = arrangement.alternatives.iter().map(|a| a.idea.number).max();
                let first = last.map_or(0, |last| (last + 1) % IDEAS);
                self.generate(job, arrangement.take.clone(), settings, first, reporter)
            }
            Job::Variation => self.variation(job, &document, reporter),
            Job::Reshape => self.reshape(&document, reporter),
            Job::Regenerate(region) => self.regenerate(job, &document, region, reporter),
        }
    }

    /// Before a job: what its networks run on. A GPU that broke in the last one gets another chance.
    fn run_on(&mut self, backend: Backend) {
        if self.backend != backend {
            (self.backend, self.drummer) = (backend, None);
        }
        if let Some(drummer) = &self.drummer
            && drummer.engine().is_some_and(|engine| engine.broke)
        {
            drummer.reload();
        }
    }

    /// What the networks of the last job ran on.
    fn engine(&self) -> Option<Engine> {
        self.drummer.as_ref()?.engine()
    }

    fn drummer(&mut self) -> Arc<Drummer> {
        self.drummer.get_or_insert_with(|| shared_drummer(self.backend)).clone()
    }

    /// What the drummer hears in a take; listens if it has not just heard it.
    fn heard(&mut self, take: &Arc<Take>, reporter: &Reporter) -> Result<Arc<Heard>, Failure> {
        if let Some((known, heard)) = &self.heard
            && (Arc::ptr_eq(known, take)
                || (known.length == take.length && known.song == take.song))
        {
            reporter.reach.lock().hears = false;
            return Ok(heard.clone());
        }
        self.heard = None;
        let heard = Arc::new(self.drummer().hear_over(&take.song, take.bars(), reporter)?);
        self.heard = Some((take.clone(), heard.clone()));
        Ok(heard)
    }

    /// Plays some ideas, all with the same settings but for their seeds.
    fn play(
        &mut self,
        take: &Take,
        heard: &Heard,
        settings: &Settings,
        wanted: &BTreeSet<Idea>,
        reporter: &Reporter,
    ) -> Result<Ideas, Failure> {
        let drummer = self.drummer();
        let seeds: BTreeSet<u64> = wanted.iter().map(|idea| idea.seed).collect();
        let mut ideas = Ideas::new();
        for seed in seeds {
            let numbers: Vec<usize> =
                wanted.iter().filter(|idea| idea.seed == seed).map(|idea| idea.number).collect();
            let settings = Settings { seed, alternatives: IDEAS, ..*settings };
            let takes = drummer.play_some(&take.song, heard, &settings, &numbers, reporter)?;
            ideas.extend(takes.into_iter().map(|(number, take)| (Idea { seed, number }, take)));
        }
        Ok(ideas)
    }

    /// A new arrangement, with grooves from number `first` on.
    fn generate(
        &mut self,
        job: &Job,
        take: Arc<Take>,
        settings: Settings,
        first: usize,
        reporter: &Reporter,
    ) -> Result<Outcome, Failure> {
        let heard = self.heard(&take, reporter)?;
        let seed = settings.seed;
        let numbers = |first: usize| -> BTreeSet<Idea> {
            (first..first + ALTERNATIVES).map(|n| Idea { seed, number: n % IDEAS }).collect()
        };
        let mut ideas = self.play(&take, &heard, &settings, &numbers(first), reporter)?;
        if ideas.is_empty() {
            // The song suggests fewer grooves than that.
            ideas = self.play(&take, &heard, &settings, &numbers(0), reporter)?;
        }
        let made_for = take.clone();
        let fresh = Arrangement {
            take,
            form: Arc::new(heard.form.clone()),
            melodic: Arc::new(Likeness::new(&heard.melodic_ssm)),
            drums: Arc::new(Likeness::new(&heard.drum_ssm)),
            played: settings,
            alternatives: ideas
                .iter()
                .map(|(idea, take)| Alternative::fresh(*idea, take))
                .collect(),
            chosen: 0,
            locked_bars: Arc::default(),
        };
        let change = move |document: &Document| {
            let mut document = document.clone();
            let mut fresh = fresh;
            let lanes = document.locked_lanes();
            // Bars that were captured anew keep what is locked in them.
            let before = document.before(&made_for).cloned();
            document.with_take(&made_for, |take, arrangement, settings| {
                if let Some(old) = arrangement.as_ref().or(before.as_ref()) {
                    fresh.keep_locked(old, lanes);
                }
                fresh.take = take.clone();
                settings.seed = seed;
                *arrangement = Some(fresh);
            });
            document
        };
        Ok(Outcome { change: Box::new(change), step: Some(job.name()) })
    }

    fn variation(
        &mut self,
        job: &Job,
        document: &Document,
        reporter: &Reporter,
    ) -> Result<Outcome, Failure> {
        let arrangement = document.arrangement.as_ref().ok_or(Failure::Gone)?;
        let heard = self.heard(&arrangement.take, reporter)?;
        let seed: u64 = rand::random();
        let settings = Settings { seed, ..document.settings };
        let varied = move |idea: Idea| Idea { seed, ..idea };
        let wanted = arrangement.alternatives.iter().map(|a| varied(a.idea)).collect();
        let ideas = self.play(&arrangement.take, &heard, &settings, &wanted, reporter)?;
        let take = arrangement.take.clone();
        let change = move |document: &Document| {
            replayed(document, &take, settings, |alternative, lanes, bars| {
                let mut alternative = alternative.clone();
                alternative.idea = varied(alternative.idea);
                alternative.replayed(&ideas, lanes, bars)
            })
        };
        Ok(Outcome { change: Box::new(change), step: Some(job.name()) })
    }

    /// Plays the chosen alternative first: it is the one that is heard.
    fn reshape(&mut self, document: &Document, reporter: &Reporter) -> Result<Outcome, Failure> {
        let arrangement = document.arrangement.as_ref().ok_or(Failure::Gone)?;
        let heard = self.heard(&arrangement.take, reporter)?;
        let settings = document.settings;
        let heard_now: BTreeSet<Idea> = arrangement.alternative().ideas().collect();
        let others: BTreeSet<Idea> =
            arrangement.alternatives.iter().flat_map(Alternative::ideas).collect();
        let others = others.difference(&heard_now).copied().collect();
        let share = 1.0 / arrangement.alternatives.len() as f32;
        reporter.reach.lock().to = share;
        let mut ideas = self.play(&arrangement.take, &heard, &settings, &heard_now, reporter)?;
        let played = arrangement.played;
        let take = arrangement.take.clone();
        reporter.amend(|document| {
            replayed(document, &take, played, |alternative, lanes, bars| {
                alternative.replayed(&ideas, lanes, bars)
            })
        });
        *reporter.reach.lock() = Reach { from: share, to: 1.0, hears: false };
        ideas.extend(self.play(&arrangement.take, &heard, &settings, &others, reporter)?);
        let change = move |document: &Document| {
            replayed(document, &take, settings, |alternative, lanes, bars| {
                alternative.replayed(&ideas, lanes, bars)
            })
        };
        Ok(Outcome { change: Box::new(change), step: None })
    }

    fn regenerate(
        &mut self,
        job: &Job,
        document: &Document,
        region: &Region,
        reporter: &Reporter,
    ) -> Result<Outcome, Failure> {
        let arrangement = document.arrangement.as_ref().ok_or(Failure::Gone)?;
        let heard = self.heard(&arrangement.take, reporter)?;
        let (chosen, old) = (arrangement.chosen, arrangement.alternative());
        let mut found = None;
        for attempt in 0..TRIES {
            // The same groove played anew; if that says nothing new, other grooves.
            let number = (old.idea.number + attempt.saturating_sub(1)) % IDEAS;
            let idea = Idea { seed: rand::random(), number };
            let settings = document.settings;
            let ideas =
                self.play(&arrangement.take, &heard, &settings, &BTreeSet::from([idea]), reporter)?;
            let Some(take) = ideas.get(&idea) else { continue };
            let other = pattern(&take.part, region) != pattern(&old.part, region);
            found = Some((idea, ideas));
            if other {
                break;
            }
        }
        let (idea, ideas) = found.ok_or(Failure::Gone)?;
        let (region, take) = (region.clone(), arrangement.take.clone());
        let change = move |document: &Document| {
            let mut document = document.clone();
            let lanes = document.locked_lanes();
            document.with_take(&take, |_, arrangement, _| {
                if let Some(arrangement) = arrangement
                    && let Some(alternative) = arrangement.alternatives.get_mut(chosen)
                {
                    let bars = &arrangement.locked_bars;
                    *alternative = alternative.grafted(&region, idea, &ideas, lanes, bars);
                }
            });
            document
        };
        Ok(Outcome { change: Box::new(change), step: Some(job.name()) })
    }
}

/// What is struck in a region, velocities and timing aside.
fn pattern(part: &DrumPart, region: &Region) -> Vec<(BarIndex, usize, Lane)> {
    let inside = |hit: &&Hit| region.contains(hit.bar, hit.lane());
    part.hits.iter().filter(inside).map(|hit| (hit.bar, hit.step, hit.lane())).collect()
}

/// The document with every alternative of a take played anew by `replay`, which is told what is
/// locked.
fn replayed(
    document: &Document,
    take: &Arc<Take>,
    played: Settings,
    replay: impl Fn(&Alternative, Lanes, &BTreeSet<BarIndex>) -> Alternative,
) -> Document {
    let mut document = document.clone();
    let lanes = document.locked_lanes();
    document.with_take(take, |_, arrangement, settings| {
        let Some(arrangement) = arrangement else { return };
        let bars = &arrangement.locked_bars;
        for alternative in &mut arrangement.alternatives {
            *alternative = replay(alternative, lanes, bars);
        }
        if arrangement.played.seed != played.seed {
            settings.seed = played.seed;
        }
        arrangement.played = played;
    });
    document
}

impl Arrangement {
    /// Takes over what is locked from an older arrangement of the same bars.
    fn keep_locked(&mut self, old: &Arrangement, lanes: Lanes) {
        let source = &old.alternative().part;
        let bars = &old.locked_bars;
        let first = &self.alternatives[0].part;
        if (&first.bars, &first.grids) != (&source.bars, &source.grids) {
            return;
        }
        let locked = |hit: &&Hit| lanes.contains(hit.lane()) || bars.contains(&hit.bar);
        for alternative in &mut self.alternatives {
            let part = &alternative.part;
            let kept = source.hits.iter().filter(locked);
            let hits = part.hits.iter().filter(|hit| !locked(hit)).chain(kept).copied().collect();
            alternative.part = Arc::new(DrumPart::new(part.bars.clone(), part.grids.clone(), hits));
        }
        self.locked_bars = old.locked_bars.clone();
    }
}
