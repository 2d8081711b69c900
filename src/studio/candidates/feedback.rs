//! What the musician starred and discarded, and how that moves later rankings.

use std::sync::Arc;

use crate::score::{DRUM_CLASSES, DrumClass, DrumPart};
use crate::studio::{Take, VariationId};

/// The most ratings that a project keeps; the oldest go first.
pub const MOST_RATINGS: usize = 256;
/// So many ratings weigh half as much as any number.
const CERTAIN: f32 = 3.0;
/// By how many standard deviations of their worth, at most, candidates move.
const WEIGHT: f32 = 1.5;
/// Leanings that are weaker than this, in octaves, are not spoken of.
const SPOKEN: f32 = 0.15;

/// How many strokes of each class a candidate has in a bar, by [`DrumClass::index`], in octaves above or
/// below the mean of those that it was written with.
pub type Profile = [f32; DRUM_CLASSES];

/// What was thought of a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// Of the take that it was played to; see [`RelevanceFeedback::song`].
    pub song: u32,
    /// Which of the drummer's ideas it is.
    pub variation: VariationId,
    /// Starred, not discarded.
    pub liked: bool,
    /// How it differs from the others.
    pub profile: Profile,
}

/// All ratings of a project. Saved with it; no matter for undo.
///
/// Candidates move by Rocchio's relevance feedback: what they have in common with the mean profile of
/// those starred less that of those discarded, standardised over all that are ranked. It counts for more
/// the more ratings there are, 1.5 standard deviations of the worth at most.
///
/// Source: Rocchio, "Relevance Feedback in Information Retrieval", 1971.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelevanceFeedback {
    ratings: Arc<[Rating]>,
}

impl RelevanceFeedback {
    /// From ratings, oldest first; one for each candidate, the newest if there are several.
    pub fn new(ratings: impl IntoIterator<Item = Rating>) -> RelevanceFeedback {
        let mut kept: Vec<Rating> = Vec::new();
        for rating in ratings {
            kept.retain(|other| !rating.is_of(other.song, other.variation));
            kept.push(rating);
        }
        let from = kept.len().saturating_sub(MOST_RATINGS);
        RelevanceFeedback { ratings: kept[from..].into() }
    }

    /// Oldest first.
    pub fn ratings(&self) -> &[Rating] {
        &self.ratings
    }

    /// A number of a take's melodic notes, by which ratings know it again.
    pub fn song(take: &Take) -> u32 {
        let mut sum = flate2::Crc::new();
        for note in take.song.melodic().flat_map(|track| &track.notes) {
            sum.update(&note.start.0.to_le_bytes());
            sum.update(&[note.key]);
        }
        sum.sum()
    }

    /// Whether a candidate was starred (`Some(true)`) or discarded.
    pub fn of(&self, song: u32, variation: VariationId) -> Option<bool> {
        let known = self.ratings.iter().find(|rating| rating.is_of(song, variation));
        known.map(|rating| rating.liked)
    }

    /// The candidates of a take that are starred.
    pub fn starred(&self, song: u32) -> impl Iterator<Item = VariationId> {
        let liked = move |rating: &&Rating| rating.song == song && rating.liked;
        self.ratings.iter().filter(liked).map(|rating| rating.variation)
    }

    /// With a rating more, or changed.
    #[must_use]
    pub fn with(&self, rating: Rating) -> RelevanceFeedback {
        RelevanceFeedback::new(self.ratings.iter().copied().chain([rating]))
    }

    /// Without the rating on a candidate.
    #[must_use]
    pub fn without(&self, song: u32, variation: VariationId) -> RelevanceFeedback {
        RelevanceFeedback::new(
            self.ratings.iter().copied().filter(|known| !known.is_of(song, variation)),
        )
    }

    /// How many were starred, and how many discarded.
    pub fn counts(&self) -> (usize, usize) {
        let liked = self.ratings.iter().filter(|rating| rating.liked).count();
        (liked, self.ratings.len() - liked)
    }

    /// What is wanted more of than others have, in octaves; of what is less liked, less than 0.
    pub fn direction(&self) -> Profile {
        let mean = |liked: bool| {
            let mut mean = Profile::default();
            let all = || self.ratings.iter().filter(move |rating| rating.liked == liked);
            let count = all().count().max(1) as f32;
            for rating in all() {
                for (sum, value) in mean.iter_mut().zip(rating.profile) {
                    *sum += value / count;
                }
            }
            mean
        };
        let (liked, discarded) = (mean(true), mean(false));
        std::array::from_fn(|class| liked[class] - discarded[class])
    }

    /// What candidates are worth to this musician, given what they are worth at all.
    pub fn worths(&self, worths: &[f32], profiles: &[Profile]) -> Vec<f32> {
        let direction = self.direction();
        let along = |profile: &Profile| -> f32 {
            profile.iter().zip(direction).map(|(own, wanted)| own * wanted).sum()
        };
        let along: Vec<f32> = profiles.iter().map(along).collect();
        let count = self.ratings.len() as f32;
        let reach = WEIGHT * count / (count + CERTAIN) * spread(worths);
        let (middle, scale) = (mean(&along), spread(&along).max(1e-6));
        let moved = |(worth, along): (&f32, &f32)| {
            worth + reach * ((along - middle) / scale).clamp(-2.0, 2.0)
        };
        worths.iter().zip(&along).map(moved).collect()
    }

    /// What the ratings lean to, such as "more ride, less kick"; empty without any that say so.
    pub fn words(&self) -> String {
        let direction = self.direction();
        let mut leanings: Vec<(f32, DrumClass)> = DrumClass::ALL
            .into_iter()
            .map(|class| (direction[class.index()], class))
            .filter(|(by, _)| by.abs() >= SPOKEN)
            .collect();
        leanings.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        let words = leanings.iter().take(3).map(|&(by, class)| {
            let amount = match (by > 0.0, is_plural(class)) {
                (true, _) => "more",
                (false, true) => "fewer",
                (false, false) => "less",
            };
            format!("{amount} {}", class_name(class))
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Rating {
    fn is_of(&self, song: u32, variation: VariationId) -> bool {
        (self.song, self.variation) == (song, variation)
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// Standard deviation.
fn spread(values: &[f32]) -> f32 {
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>();
    (squares / values.len().max(1) as f32).sqrt()
}

pub(super) fn class_name(class: DrumClass) -> &'static str {
    match class {
        DrumClass::Kick => "kick",
        DrumClass::Snare => "snare",
        DrumClass::ClosedHat => "closed hats",
        DrumClass::OpenHat => "open hats",
        DrumClass::Toms => "toms",
        DrumClass::Crash => "crashes",
        DrumClass::Ride => "ride",
        DrumClass::Percussion => "percussion",
    }
}

pub(super) fn is_plural(class: DrumClass) -> bool {
    use DrumClass::{ClosedHat, Crash, OpenHat, Toms};
    matches!(class, ClosedHat | OpenHat | Toms | Crash)
}

/// How the parts' amounts of each class differ from their mean.
pub(super) fn profiles(parts: &[&DrumPart]) -> Vec<Profile> {
    let amounts = |part: &&DrumPart| {
        let mut counts = Profile::default();
        for hit in &part.hits {
            counts[hit.lane().drum_class().index()] += 1.0;
        }
        let bars = part.bars.len().max(1) as f32;
        counts.map(|count| (1.0 + count / bars).log2())
    };
    let amounts: Vec<Profile> = parts.iter().map(amounts).collect();
    let mean: Profile = std::array::from_fn(|class| {
        amounts.iter().map(|own| own[class]).sum::<f32>() / amounts.len().max(1) as f32
    });
    amounts.iter().map(|own| std::array::from_fn(|class| own[class] - mean[class])).collect()
}
