//! What the sheet remembers, and what its views do with it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use egui::{Mesh, Vec2};

use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::Variant;
use super::super::widgets::Cached;
use crate::studio::{
    AuditionSource, CandidateSet, Edit, Job, PutCandidate, RelevanceFeedback, VariationId,
};

/// A small picture of a part, by where the part is, its size and the theme.
type Picture = Cached<(usize, Vec2, Variant), Arc<Mesh>>;

/// What the sheet remembers while it is open.
#[derive(Default)]
pub struct CandidateSheet {
    pub selected: Option<VariationId>,
    /// What is compared with the selected one; the part in the window if none.
    pub reference: Option<VariationId>,
    /// What of a candidate is put in: a line of [`pieces`].
    pub piece: usize,
    /// The stars and discards that were forgotten last.
    pub forgotten: Option<RelevanceFeedback>,
    /// The selected card is to be scrolled to.
    pub scroll: bool,
    pub pictures: HashMap<VariationId, Picture>,
}

impl std::fmt::Debug for CandidateSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CandidateSheet").field("selected", &self.selected).finish_non_exhaustive()
    }
}

/// The candidates, if they were written for the take in view.
pub fn current<'a>(frame: &Frame<'a>) -> Option<&'a Arc<CandidateSet>> {
    let set = frame.view.candidates.as_ref()?;
    let (take, _) = frame.take?;
    (!frame.live && take.song == set.take.song).then_some(set)
}

/// Begins to write some, unless there are some for this take already.
pub fn open(frame: &Frame<'_>) {
    if current(frame).is_none() && frame.view.job.is_none() {
        frame.start(Job::Candidates);
    }
}

impl CandidateSheet {
    /// Selects a candidate and has it heard; while the host stands, from the bars that are selected.
    pub fn audition(&mut self, frame: &Frame<'_>, shared: &Shared, variation: VariationId) {
        self.selected = Some(variation);
        audition(frame, shared, AuditionSource::Candidate(variation));
    }

    /// Has the selected candidate heard, or ends what sounds.
    pub fn play(&mut self, frame: &Frame<'_>, shared: &Shared) {
        if is_heard(frame) {
            frame.studio.stop_audition();
        } else if let Some(selected) = self.selected {
            self.audition(frame, shared, selected);
        }
    }

    pub fn reference(&self) -> AuditionSource {
        self.reference.map_or(AuditionSource::Part, AuditionSource::Candidate)
    }

    /// A, else B.
    pub fn compare(&self, frame: &Frame<'_>, shared: &Shared) {
        let Some(selected) = self.selected else { return };
        let reference = self.reference();
        let on_reference = frame.view.audition_source == Some(reference);
        audition(
            frame,
            shared,
            if on_reference { AuditionSource::Candidate(selected) } else { reference },
        );
    }
}

/// Whether something of the sheet sounds: what was played to the song's end while the host stands does
/// not.
pub fn is_heard(frame: &Frame<'_>) -> bool {
    let runs = frame.transport.playing || frame.transport.rehearsing;
    runs && frame.view.audition_source.is_some()
}

/// What is heard goes on in its place where something sounds already.
pub fn audition(frame: &Frame<'_>, shared: &Shared, source: AuditionSource) {
    let runs = frame.transport.playing || frame.transport.rehearsing;
    let first = shared.selection.region().map_or(0, |region| region.bars.start);
    frame.studio.audition_candidate(source, (!runs).then_some(first));
}

pub fn judge(frame: &Frame<'_>, set: &CandidateSet, variation: VariationId, liked: bool) {
    let known = frame.view.feedback.of(RelevanceFeedback::song(&set.take), variation);
    frame.studio.judge_candidate(variation, (known != Some(liked)).then_some(liked));
}

pub fn put(
    frame: &Frame<'_>,
    shared: &Shared,
    sheet: &CandidateSheet,
    set: &CandidateSet,
    slot: usize,
) {
    let Some(selected) = sheet.selected else { return };
    let mut pieces = pieces(frame, shared, set);
    let piece = sheet.piece.min(pieces.len() - 1);
    let (_, bars) = pieces.swap_remove(piece);
    if let Some(put) = PutCandidate::new(set, selected, slot, bars) {
        frame.edit(Edit::PutCandidate(Box::new(put)));
    }
}

/// What of a candidate can be put in: its name, and which bars; none are all.
pub fn pieces(
    frame: &Frame<'_>,
    shared: &Shared,
    set: &CandidateSet,
) -> Vec<(String, Vec<Range<usize>>)> {
    let mut pieces = vec![("The whole song".to_owned(), Vec::new())];
    let sections = &set.form.sections;
    let mut labels: Vec<usize> = sections.iter().map(|section| section.label).collect();
    labels.sort_unstable();
    labels.dedup();
    for wanted in labels {
        let same: Vec<_> = sections.iter().filter(|section| section.label == wanted).collect();
        if let [first, _, ..] = same[..] {
            let bars = same.iter().map(|section| section.bars.clone()).collect();
            pieces.push((format!("All sections {}", first.letter()), bars));
        }
    }
    for section in sections {
        let name = format!("{}, {}", section.letter(), frame.bars_name(&section.bars));
        pieces.push((name, vec![section.bars.clone()]));
    }
    if let Some(region) = shared.selection.region() {
        pieces.push((format!("Selected {}", frame.bars_name(&region.bars)), vec![region.bars]));
    }
    pieces
}
