//! How much a take has of every pitch class: what a melody in the take's own key is held to.
//!
//! The constants were chosen on 34 leads of `paired`, by how alike the entropy of pitch classes and the
//! share of notes in the scale are to those of people's melodies.

/// A pitch class with this share of the notes belongs to what is sung like the notes of the scale.
const COMMON: f32 = 0.03;
/// One with less than this was a slip.
const USED: f32 = 0.004;
/// How many nats likelier a note is for every factor of e by which it was sung too little.
const FOLLOW: f32 = 2.5;
/// So many notes as they should be are thought before the first, and no share counts as less.
const PRIOR: f32 = 8.0;
const LEAST: f32 = 0.005;

/// The share of the notes that each pitch class has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PitchClassProfile {
    /// From C on; together 1.
    shares: [f32; 12],
}

impl PitchClassProfile {
    /// Of MIDI keys, one a note; `None` of none.
    pub fn of(keys: impl IntoIterator<Item = u8>) -> Option<PitchClassProfile> {
        let mut shares = [0.0f32; 12];
        keys.into_iter().for_each(|key| shares[usize::from(key % 12)] += 1.0);
        let all: f32 = shares.iter().sum();
        (all > 0.0).then(|| PitchClassProfile { shares: shares.map(|count| count / all) })
    }

    /// The share of a MIDI key's pitch class, 0 to 1.
    pub fn share(&self, key: u8) -> f32 {
        self.shares[usize::from(key % 12)]
    }

    /// Whether a MIDI key is sung like the notes of the scale, be it one or not: a modal degree or a
    /// blue note.
    pub fn is_common(&self, key: u8) -> bool {
        self.share(key) >= COMMON
    }

    /// Whether a MIDI key is sung at all.
    pub fn is_used(&self, key: u8) -> bool {
        self.share(key) >= USED
    }

    /// How much likelier a MIDI key is, in nats, when `sung` of `all` notes had its pitch class.
    pub(super) fn pull(&self, key: u8, sung: f32, all: f32) -> f32 {
        let wanted = self.share(key);
        let share = (sung + PRIOR * wanted) / (all + PRIOR);
        FOLLOW * ((wanted + LEAST) / (share + LEAST)).ln()
    }
}
