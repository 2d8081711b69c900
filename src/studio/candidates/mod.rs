//! Many candidates for one take, the best first: what the window shows of them, what the musician thinks
//! of them, and how one comes into the part.
//!
//! - In: parts that the drummer played, what was starred and discarded before.
//! - Out: a [`CandidateSet`], ranked; [`RelevanceFeedback`], which moves later rankings; [`PutCandidate`], an edit.

mod feedback;
mod put;
mod ranking;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use feedback::{MOST_RATINGS, Profile, Rating, RelevanceFeedback};
pub use put::PutCandidate;
pub(super) use ranking::{Played, ranked};
pub use ranking::{curated, reasons};

use super::{Alternative, Take, VariationId};
use crate::drummer::{Form, Settings};

/// How many candidates are written at once.
pub const CANDIDATES: usize = 32;
/// How many of them come first because they are good and differ; the others follow by what they are
/// worth.
pub const BEST: usize = super::ALTERNATIVES;

/// Candidates for a take, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateSet {
    /// What they were played to.
    pub take: Arc<Take>,
    /// Its sections.
    pub form: Arc<Form>,
    /// With what they were played, but for the seed.
    pub played: Settings,
    /// By rank; what was starred before is among them.
    pub candidates: Vec<CandidatePart>,
}

/// One of the candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidatePart {
    /// As it would be in the document.
    pub alternative: Alternative,
    /// What it is like, different from all others' names.
    pub name: String,
    /// A few words why it stands where it stands.
    pub why: String,
    /// How its amounts of drums differ from the others'.
    pub profile: Profile,
}

impl CandidateSet {
    /// The place of a candidate, from 0.
    pub fn place(&self, variation: VariationId) -> Option<usize> {
        self.candidates.iter().position(|other| other.alternative.variation == variation)
    }

    /// A candidate.
    pub fn get(&self, variation: VariationId) -> Option<&CandidatePart> {
        self.candidates.get(self.place(variation)?)
    }
}

/// What is heard while candidates are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditionSource {
    /// The part as it is in the document.
    Part,
    /// A candidate.
    Candidate(VariationId),
}
