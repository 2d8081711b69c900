//! The worker thread: one for each studio. It runs jobs one after the other and in between looks
//! after the line to the audio thread.

mod candidates;
mod failure;
mod reporter;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use self::failure::JobFailure;
use self::reporter::{ProgressRange, Reporter, serve_map};
use super::audio_import::AudioImport;
use super::groove_map::server::add_grooves;
use super::jobs::Outcome;
use super::melodies::{MelodyRequest, MelodySet};
use super::recipe::Variations;
use super::shared_state::SharedState;
use super::take_piano::{PianoRendering, TakePiano};
use super::{
    ALTERNATIVES, Alternative, Arrangement, Document, Job, Lanes, QuantizedSsm, Region, Take,
    VariationId,
};
use crate::audio::SoundFont;
use crate::drummer::{Drummer, Progress, Settings, SongAnalysis, timing};
use crate::network::{Backend, Engine, Models};
use crate::score::{BarIndex, DrumPart, Hit, Lane};
use crate::transcriber::TranscribeError;

/// How often the line is looked after while no job runs.
pub(super) const TICK_INTERVAL: Duration = Duration::from_millis(25);
/// How many different grooves the drummer has for one form and seed.
const VARIATIONS: usize = 8;
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

/// What the worker thread runs until the state is closed; `tick` is called in between and now and then
/// in a job.
pub(super) fn run(shared: &SharedState, tick: &(dyn Fn() + Sync)) {
    let mut player = Player::default();
    let map = Mutex::default();
    while let Some(task) = shared.next_task(TICK_INTERVAL) {
        shared.poll();
        tick();
        serve_map(shared, &map);
        let Some((job, cancelled)) = task else {
            shared.transcribe_track();
            continue;
        };
        let reporter = Reporter {
            shared,
            tick,
            map: &map,
            cancelled: &cancelled,
            range: Mutex::new(ProgressRange::WHOLE),
        };
        // A panic in a job would take every later job with it.
        player.run_on(shared.backend());
        let outcome = catch_unwind(AssertUnwindSafe(|| player.run(&job, &reporter)));
        let outcome = outcome.unwrap_or_else(|_| {
            // Whatever it was about may be half made.
            player = Player::default();
            Err(JobFailure::Bug(job.name()))
        });
        let outcome = outcome.map_err(|failure| failure.sentence());
        shared.finish(&cancelled, outcome, player.engine());
    }
}

/// The drummer with what it heard last.
#[derive(Default)]
struct Player {
    backend: Backend,
    drummer: Option<Arc<Drummer>>,
    analysis: Option<(Arc<Take>, Arc<SongAnalysis>)>,
}

impl Player {
    fn run(&mut self, job: &Job, reporter: &Reporter) -> Result<Outcome, JobFailure> {
        let document = reporter.shared.document();
        match job {
            Job::Generate => {
                let take = document.take().ok_or(JobFailure::Gone)?.clone();
                self.generate(job, take, document.settings.clone(), 0, reporter)
            }
            Job::New => {
                let arrangement = document.arrangement.as_ref().ok_or(JobFailure::Gone)?;
                let settings = Settings { seed: rand::random(), ..document.settings.clone() };
                // The grooves behind those there are, in turn.
                let last = arrangement.alternatives.iter().map(|a| a.variation.number).max();
                let first = last.map_or(0, |last| (last + 1) % VARIATIONS);
                self.generate(job, arrangement.take.clone(), settings, first, reporter)
            }
            Job::Variation => self.variation(job, &document, reporter),
            Job::Reshape => self.reshape(&document, reporter),
            Job::Regenerate(region) => self.regenerate(job, &document, region, reporter),
            Job::Candidates => self.candidates(job, &document, reporter),
            Job::Transcribe(path) => self
                .transcribe(reporter, |models, progress| AudioImport::new(path, models, progress)),
            Job::TranscribeTrack(track) => self.transcribe(reporter, |models, progress| {
                AudioImport::of_track(track, models, progress)
            }),
            Job::Compose(request) => self.compose(&document, *request, reporter),
            Job::LearnPiano(path) => self.learn_piano(job, path, reporter),
            Job::RenderPiano => self.render_piano(&document, reporter),
            Job::AddGrooves(paths) => {
                let goes_on = |share| reporter.goes_on(share);
                add_grooves(reporter.map, reporter.shared, paths, &goes_on)?;
                Ok(Outcome::amend(Document::clone))
            }
            Job::Preview(request) => {
                let arrangement = document.arrangement.as_ref();
                let sound = request.render(arrangement, &|| reporter.is_cancelled())?;
                let sound = Some((request.clone(), sound));
                Ok(Outcome { sound, ..Outcome::amend(Document::clone) })
            }
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
    fn analysis(
        &mut self,
        take: &Arc<Take>,
        reporter: &Reporter,
    ) -> Result<Arc<SongAnalysis>, JobFailure> {
        if let Some((known, analysis)) = &self.analysis
            && (Arc::ptr_eq(known, take)
                || (known.length == take.length && known.song == take.song))
        {
            reporter.range.lock().analyzes = false;
            return Ok(analysis.clone());
        }
        self.analysis = None;
        // Heard straight, as it would be written; the drums swing afterwards.
        let song = timing::straightened(&take.song, take.swing());
        let analysis = Arc::new(self.drummer().analyze_over(&song, take.bars(), reporter)?);
        self.analysis = Some((take.clone(), analysis.clone()));
        Ok(analysis)
    }

    /// Plays some ideas, all with the same settings but for their seeds.
    fn play(
        &mut self,
        analysis: &SongAnalysis,
        settings: &Settings,
        wanted: &BTreeSet<VariationId>,
        reporter: &Reporter,
    ) -> Result<Variations, JobFailure> {
        let drummer = self.drummer();
        let seeds: BTreeSet<u64> = wanted.iter().map(|variation| variation.seed).collect();
        let mut variations = Variations::new();
        for seed in seeds {
            let numbers: Vec<usize> = wanted
                .iter()
                .filter(|variation| variation.seed == seed)
                .map(|variation| variation.number)
                .collect();
            // In a host other tracks may play where the take rests.
            let settings =
                Settings { seed, alternatives: VARIATIONS, others_play: true, ..settings.clone() };
            let parts = drummer.play_some(analysis, &settings, &numbers, reporter)?;
            variations.extend(
                parts.into_iter().map(|(number, part)| (VariationId { seed, number }, part)),
            );
        }
        Ok(variations)
    }

    /// A new arrangement, with grooves from number `first` on.
    fn generate(
        &mut self,
        job: &Job,
        take: Arc<Take>,
        settings: Settings,
        first: usize,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let analysis = self.analysis(&take, reporter)?;
        let seed = settings.seed;
        let numbers = |first: usize| -> BTreeSet<VariationId> {
            (first..first + ALTERNATIVES)
                .map(|n| VariationId { seed, number: n % VARIATIONS })
                .collect()
        };
        let mut variations = self.play(&analysis, &settings, &numbers(first), reporter)?;
        if variations.is_empty() {
            // The song suggests fewer grooves than that.
            variations = self.play(&analysis, &settings, &numbers(0), reporter)?;
        }
        let made_for = take.clone();
        let fresh = Arrangement {
            take,
            form: Arc::new(analysis.form.clone()),
            melodic: Arc::new(QuantizedSsm::new(&analysis.melodic_ssm)),
            drums: Arc::new(QuantizedSsm::new(&analysis.drum_ssm)),
            played: settings,
            alternatives: variations
                .iter()
                .map(|(variation, take)| Alternative::fresh(*variation, take))
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
            let found = document.with_take(&made_for, |take, arrangement, settings| {
                if let Some(old) = arrangement.as_ref().or(before.as_ref()) {
                    fresh.keep_locked(old, lanes);
                }
                fresh.take = take.clone();
                settings.seed = seed;
                *arrangement = Some(fresh);
            });
            found.then_some(document)
        };
        Ok(Outcome::step(job, change))
    }

    fn variation(
        &mut self,
        job: &Job,
        document: &Document,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let arrangement = document.arrangement.as_ref().ok_or(JobFailure::Gone)?;
        let analysis = self.analysis(&arrangement.take, reporter)?;
        let seed: u64 = rand::random();
        let settings = Settings { seed, ..document.settings.clone() };
        let varied = move |variation: VariationId| VariationId { seed, ..variation };
        let wanted = arrangement.alternatives.iter().map(|a| varied(a.variation)).collect();
        let variations = self.play(&analysis, &settings, &wanted, reporter)?;
        let take = arrangement.take.clone();
        let change = move |document: &Document| {
            Some(replayed(document, &take, &settings, |alternative, lanes, bars| {
                let mut alternative = alternative.clone();
                alternative.variation = varied(alternative.variation);
                alternative.replayed(&variations, lanes, bars)
            }))
        };
        Ok(Outcome::step(job, change))
    }

    /// Hears a recording.
    fn transcribe(
        &self,
        reporter: &Reporter,
        hear: impl FnOnce(&Models, &dyn Fn(f32) -> bool) -> Result<AudioImport, TranscribeError>,
    ) -> Result<Outcome, JobFailure> {
        let models = Models::new(self.backend, None);
        let import = hear(&models, &|share| reporter.goes_on(share))?;
        Ok(Outcome { import: Some(Arc::new(import)), ..Outcome::amend(Document::clone) })
    }

    /// Writes melodies for the part that is heard.
    fn compose(
        &self,
        document: &Document,
        request: MelodyRequest,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let arrangement = document.arrangement.as_ref().ok_or(JobFailure::Gone)?;
        let models = Models::new(self.backend, None);
        let part = &arrangement.alternative().part;
        let set = MelodySet::write(&arrangement.take, part, request, &models, &|share| {
            reporter.goes_on(share)
        })?;
        Ok(Outcome { melodies: Some(Arc::new(set)), ..Outcome::amend(Document::clone) })
    }

    /// Learns the piano of a recording.
    fn learn_piano(
        &self,
        job: &Job,
        path: &Path,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let piano = TakePiano::learn(path, &|share| reporter.goes_on(share))?;
        let piano = Some(Arc::new(piano));
        Ok(Outcome::step(job, |document| Some(Document { piano, ..document.clone() })))
    }

    /// Plays the current take with the document's piano.
    fn render_piano(
        &self,
        document: &Document,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let (Some(take), Some(piano)) = (document.take(), &document.piano) else {
            return Err(JobFailure::Gone);
        };
        let cancelled = || reporter.is_cancelled();
        let rendering = PianoRendering::new(take.clone(), piano.clone(), &cancelled)?;
        Ok(Outcome { rendering: Some(Arc::new(rendering)), ..Outcome::amend(Document::clone) })
    }

    /// Plays the chosen alternative first: it is the one that is heard.
    fn reshape(&mut self, document: &Document, reporter: &Reporter) -> Result<Outcome, JobFailure> {
        let arrangement = document.arrangement.as_ref().ok_or(JobFailure::Gone)?;
        let analysis = self.analysis(&arrangement.take, reporter)?;
        let settings = document.settings.clone();
        let audible: BTreeSet<VariationId> = arrangement.alternative().variations().collect();
        let others: BTreeSet<VariationId> =
            arrangement.alternatives.iter().flat_map(Alternative::variations).collect();
        let others = others.difference(&audible).copied().collect();
        let share = 1.0 / arrangement.alternatives.len() as f32;
        reporter.range.lock().to = share;
        let mut variations = self.play(&analysis, &settings, &audible, reporter)?;
        let played = arrangement.played.clone();
        let take = arrangement.take.clone();
        reporter.amend(|document| {
            replayed(document, &take, &played, |alternative, lanes, bars| {
                alternative.replayed(&variations, lanes, bars)
            })
        });
        *reporter.range.lock() = ProgressRange { from: share, to: 1.0, analyzes: false };
        variations.extend(self.play(&analysis, &settings, &others, reporter)?);
        let change = move |document: &Document| {
            replayed(document, &take, &settings, |alternative, lanes, bars| {
                alternative.replayed(&variations, lanes, bars)
            })
        };
        Ok(Outcome::amend(change))
    }

    fn regenerate(
        &mut self,
        job: &Job,
        document: &Document,
        region: &Region,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let arrangement = document.arrangement.as_ref().ok_or(JobFailure::Gone)?;
        let analysis = self.analysis(&arrangement.take, reporter)?;
        let (chosen, old) = (arrangement.chosen, arrangement.alternative());
        let mut found = None;
        for attempt in 0..TRIES {
            // The same groove played anew; if that says nothing new, other grooves.
            let number = (old.variation.number + attempt.saturating_sub(1)) % VARIATIONS;
            let variation = VariationId { seed: rand::random(), number };
            let settings = document.settings.clone();
            let variations =
                self.play(&analysis, &settings, &BTreeSet::from([variation]), reporter)?;
            let Some(take) = variations.get(&variation) else { continue };
            let other = pattern(&take.part, region) != pattern(&old.part, region);
            found = Some((variation, variations));
            if other {
                break;
            }
        }
        let (variation, variations) = found.ok_or(JobFailure::Gone)?;
        let (region, take) = (region.clone(), arrangement.take.clone());
        let change = move |document: &Document| {
            let mut document = document.clone();
            let lanes = document.locked_lanes();
            let found = document.with_take(&take, |_, arrangement, _| {
                if let Some(arrangement) = arrangement
                    && let Some(alternative) = arrangement.alternatives.get_mut(chosen)
                {
                    let bars = &arrangement.locked_bars;
                    *alternative =
                        alternative.overridden(&region, variation, &variations, lanes, bars);
                }
            });
            found.then_some(document)
        };
        Ok(Outcome::step(job, change))
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
    played: &Settings,
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
        arrangement.played = played.clone();
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
