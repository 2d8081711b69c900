//! Which clips, and in which order.

use std::collections::HashMap;

use super::bands::{Bands, FRAMES};
use super::clip::Clip;
use super::fingerprint::{Fingerprint, Fingerprinting};
use super::levels::Levels;
use super::order::{Neighbours, Order, path};
use super::reason::Reason;

/// Two clips further apart than this are not duplicates, whatever their fingerprints say.
const NEAR_DUPLICATE: f32 = 0.33;
/// The share of bits by which the fingerprints of duplicates differ at most.
const SAME_BITS: f32 = 0.1;
/// By how many decibels duplicates differ at most in a tenth of a second, and how many times as much as
/// at the fifth moment at which they differ most. Of about a hundred copies of eight grooves of people (MP3 and Ogg Vorbis
/// of 64 to 128 kbit/s, sampled at 22 to 48 kHz, in 8 bits, softer, cut otherwise) all differ by less than
/// 7.7 and 1.5 times as much; of 32 with a single closed hat more 29 differ by more.
const SAME_LEVELS: f32 = 8.0;
const SAME_MOMENTS: f32 = 1.6;
/// Without fingerprints duplicates are at most this far apart, and this alike in length.
const SAME_SHORT: f32 = 0.05;
const SAME_LENGTH: f64 = 0.97;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How neighbours relate.
    pub order: Order,
    /// This many clips at most.
    pub top: Option<usize>,
    /// The same seed gives the same order.
    pub seed: u64,
}

/// What was chosen: numbers of clips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curation {
    /// In their order.
    pub order: Vec<usize>,
    /// The others, each with its reason.
    pub left_out: Vec<(usize, Reason)>,
}

/// Leaves out near-duplicates, chooses and orders. Clips that are very alike are decoded once more, for
/// their fingerprints and levels.
///
/// With `like` the clips most alike to it are chosen and the path begins with the most alike. Otherwise
/// those are chosen that are most like all others, or, for [`Order::Contrast`], one by one the one least
/// like all that are chosen already.
pub fn curate(clips: &[&Clip], like: Option<&Clip>, options: &Options) -> Curation {
    let similar = Neighbours::of(clips, Order::Similar);
    let mut left_out: Vec<(usize, Reason)> = Vec::new();
    let mut kept = vec![true; clips.len()];
    let mut prints = Prints { clips, known: HashMap::new() };
    for (index, near) in similar.near.iter().enumerate() {
        // The first of several is kept.
        let near = near.iter().map(|&other| other as usize);
        let mut earlier = near.filter(|&other| other < index && kept[other]);
        if let Some(other) = earlier.find(|&other| prints.duplicates(index, other)) {
            kept[index] = false;
            let of = clips[other].source.path().to_owned();
            left_out.push((index, Reason::NearDuplicate { of }));
        }
    }
    let mut chosen: Vec<usize> = (0..clips.len()).filter(|&index| kept[index]).collect();
    if let Some(top) = options.top.filter(|&top| top < chosen.len()) {
        let best = choose(clips, &chosen, &similar.mean, like, options.order, top);
        let others = chosen.iter().copied().filter(|index| !best.contains(index));
        left_out.extend(others.map(|index| (index, Reason::NotChosen(top))));
        chosen.retain(|index| best.contains(index));
    }
    left_out.sort_by_key(|(index, _)| *index);

    let parts: Vec<&Clip> = chosen.iter().map(|&index| clips[index]).collect();
    let near = match options.order {
        Order::Similar if chosen.len() == clips.len() => similar.near,
        order => Neighbours::of(&parts, order).near,
    };
    let first = like.and_then(|like| {
        let distance = |&index: &usize| parts[index].descriptor.distance(&like.descriptor);
        (0..parts.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    });
    let order = path(&parts, &near, options.order, first, options.seed);
    Curation { order: order.into_iter().map(|part| chosen[part]).collect(), left_out }
}

fn choose(
    clips: &[&Clip],
    from: &[usize],
    mean: &[f32],
    like: Option<&Clip>,
    order: Order,
    top: usize,
) -> Vec<usize> {
    let mut ranked = from.to_vec();
    let worth: Vec<f32> = match like {
        Some(like) => clips.iter().map(|c| c.descriptor.distance(&like.descriptor)).collect(),
        None => mean.to_vec(),
    };
    ranked.sort_by(|&a, &b| worth[a].total_cmp(&worth[b]).then(a.cmp(&b)));
    if like.is_some() || order == Order::Similar {
        ranked.truncate(top);
        return ranked;
    }
    let mut best = Vec::with_capacity(top);
    let mut apart = vec![f32::INFINITY; clips.len()];
    let mut next = ranked.first().copied();
    while let Some(index) = next.filter(|_| best.len() < top) {
        best.push(index);
        apart[index] = f32::NEG_INFINITY;
        for &other in &ranked {
            let distance = clips[index].descriptor.distance(&clips[other].descriptor);
            apart[other] = apart[other].min(distance);
        }
        next = ranked.iter().copied().max_by(|&a, &b| apart[a].total_cmp(&apart[b]));
    }
    best
}

/// What tells whether two clips are one recording.
#[derive(Default)]
struct Print {
    fingerprint: Fingerprint,
    levels: Levels,
}

impl Print {
    fn of(Clip { source, sounding, .. }: &Clip) -> Result<Print, Reason> {
        let (mut fingerprinting, mut bands) = (Fingerprinting::new(), Bands::new());
        source.stream_mono(sounding, &mut |mixed| {
            fingerprinting.push(mixed);
            bands.push(mixed);
        })?;
        Ok(Print { fingerprint: fingerprinting.finish(), levels: Levels::of(&bands.finish()) })
    }

    /// Whether both are as loud in the same bands at the same moments: the same groove with another fill
    /// is not. `seconds` of this one are about what is before the other's beginning.
    fn plays_the_same(&self, other: &Print, seconds: f64) -> bool {
        let place = (seconds * FRAMES).round() as isize;
        let difference = self.levels.difference(&other.levels, place);
        difference.most <= SAME_LEVELS && difference.outlier <= SAME_MOMENTS
    }
}

/// Prints of the clips that need one: those that may be duplicates.
struct Prints<'a> {
    clips: &'a [&'a Clip],
    known: HashMap<usize, Print>,
}

impl Prints<'_> {
    /// Whether two clips are the same, or nearly.
    fn duplicates(&mut self, a: usize, b: usize) -> bool {
        let clips = (self.clips[a], self.clips[b]);
        let distance = clips.0.descriptor.distance(&clips.1.descriptor);
        if distance > NEAR_DUPLICATE {
            return false;
        }
        for (index, clip) in [(a, clips.0), (b, clips.1)] {
            // What can no longer be read is found out where it is to be written.
            self.known.entry(index).or_insert_with(|| Print::of(clip).unwrap_or_default());
        }
        let (first, second) = (&self.known[&a], &self.known[&b]);
        match first.fingerprint.agreement(&second.fingerprint) {
            // A steady groove's fingerprint also agrees with itself a few bars on.
            Some((bits, seconds)) => {
                bits <= SAME_BITS
                    && [seconds, 0.0].iter().any(|&seconds| first.plays_the_same(second, seconds))
            }
            None => {
                let lengths = (clips.0.seconds(), clips.1.seconds());
                let alike = lengths.0.min(lengths.1) / lengths.0.max(lengths.1) >= SAME_LENGTH;
                let no_fingerprints =
                    first.fingerprint.0.is_empty() && second.fingerprint.0.is_empty();
                no_fingerprints
                    && alike
                    && distance <= SAME_SHORT
                    && first.plays_the_same(second, 0.0)
            }
        }
    }
}
