//! Many candidates are written and ranked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::candidates::{CANDIDATES, CandidateSet, Played, RelevanceFeedback, ranked};
use super::super::jobs::Outcome;
use super::super::recipe::Variations;
use super::{JobFailure, Player, ProgressRange, Reporter, VARIATIONS};
use crate::drummer::{Settings, SongAnalysis};
use crate::score::DrumPart;
use crate::studio::{ALTERNATIVES, Arrangement, Document, Job, QuantizedSsm, VariationId};

/// How much of the progress bar hearing a take fills, and judging what was played.
const HEARING: f32 = 0.5;
const JUDGING: f32 = 0.06;
/// Seeds that are played for one set, at most: some songs suggest fewer grooves than others.
const MOST_SEEDS: usize = 2 * CANDIDATES / VARIATIONS;
/// Starred ones that come back with new ones, at most; the newest.
const MOST_STARRED: usize = 16;

impl Player {
    /// Writes candidates for the current take and ranks them. Where there are no drums yet, the best
    /// ones become the alternatives.
    pub(super) fn candidates(
        &mut self,
        job: &Job,
        document: &Document,
        reporter: &Reporter,
    ) -> Result<Outcome, JobFailure> {
        let take = document.take().ok_or(JobFailure::Gone)?.clone();
        let settings = document.settings.clone();
        reporter.range.lock().to = HEARING;
        let analysis = self.analysis(&take, reporter)?;
        let from = if reporter.range.lock().analyzes { HEARING } else { 0.0 };
        let feedback = reporter.shared.feedback();
        let song = RelevanceFeedback::song(&take);
        let starred: Vec<VariationId> = feedback.starred(song).collect();
        let starred: BTreeSet<VariationId> =
            starred.iter().rev().take(MOST_STARRED).copied().collect();
        let fresh = document.arrangement.is_none();
        let variations = self.write(&analysis, &settings, &starred, fresh, from, reporter)?;
        let parts: Vec<&DrumPart> = variations.values().map(|generated| &generated.part).collect();
        let judgements = self.drummer().judge(&analysis, &settings, parts.iter().copied())?;
        let played = variations.into_iter().zip(judgements);
        let played = played.map(|((variation, generated), judgement)| Played {
            variation,
            generated,
            judgement,
        });
        let set = Arc::new(CandidateSet {
            take: take.clone(),
            form: Arc::new(analysis.form.clone()),
            played: settings.clone(),
            candidates: ranked(played.collect(), &feedback, song),
        });
        let best = arrangement(&set, &analysis);
        let change = move |document: &Document| {
            let mut document = document.clone();
            document.with_take(&take, |take, arrangement, _| {
                if arrangement.is_none() {
                    *arrangement = Some(Arrangement { take: take.clone(), ..best });
                }
            });
            document
        };
        let step = fresh.then_some(job.name());
        Ok(Outcome { step, candidates: Some(set), ..Outcome::amend(change) })
    }

    /// Plays the starred ones and enough others. Those that the settings' own seed gives are among them
    /// where nothing was played yet.
    fn write(
        &mut self,
        analysis: &SongAnalysis,
        settings: &Settings,
        starred: &BTreeSet<VariationId>,
        fresh: bool,
        from: f32,
        reporter: &Reporter,
    ) -> Result<Variations, JobFailure> {
        let groups = CANDIDATES / VARIATIONS + usize::from(!starred.is_empty());
        let share = (1.0 - JUDGING - from) / groups as f32;
        let range = |index: usize| {
            let from = (from + share * index as f32).min(1.0 - JUDGING);
            let to = (from + share).min(1.0 - JUDGING);
            *reporter.range.lock() = ProgressRange { from, to, analyzes: false };
        };
        range(0);
        let mut variations = self.play(analysis, settings, starred, reporter)?;
        let wanted = variations.len() + CANDIDATES;
        let first = usize::from(!starred.is_empty());
        for attempt in 0..MOST_SEEDS {
            if variations.len() >= wanted {
                break;
            }
            range(first + attempt);
            let seed = if fresh && attempt == 0 { settings.seed } else { rand::random() };
            let missing = (wanted - variations.len()).min(VARIATIONS);
            let numbers = (0..missing).map(|number| VariationId { seed, number }).collect();
            variations.extend(self.play(analysis, settings, &numbers, reporter)?);
        }
        Ok(variations)
    }
}

/// The best ones as alternatives for a take that has none yet.
fn arrangement(set: &CandidateSet, analysis: &SongAnalysis) -> Arrangement {
    let best = set.candidates.iter().take(ALTERNATIVES);
    Arrangement {
        take: set.take.clone(),
        form: set.form.clone(),
        melodic: Arc::new(QuantizedSsm::new(&analysis.melodic_ssm)),
        drums: Arc::new(QuantizedSsm::new(&analysis.drum_ssm)),
        played: set.played.clone(),
        alternatives: best.map(|candidate| candidate.alternative.clone()).collect(),
        chosen: 0,
        locked_bars: Arc::default(),
    }
}
