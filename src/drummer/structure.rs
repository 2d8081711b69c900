//! Structure: from pair channels to the drum SSM, and from the drum SSM to the drums' form.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use kodama::{Method, linkage};

use super::clusters::{cut, first_seen};
use super::features::{PAIR_CHANNELS, PairChannels};
use super::form::{Form, Section};
use crate::analysis::Ssm;
use crate::network::{ModelSpec, Network, NetworkError, PortSpec, Tensor};

/// Pair channels of the melodic side to the self-similarity of the drums; see [`drum_ssm`].
pub const STRUCTURE: ModelSpec = ModelSpec {
    name: "structure",
    file: "structure.onnx",
    bytes: include_bytes!("../../models/structure.onnx"),
    inputs: &[PortSpec::f32("pairs", &[Some(1), Some(PAIR_CHANNELS), None, None])],
    outputs: &[PortSpec::f32("similarity", &[None, None])],
};

/// Longest section that the segmentation considers, in bars.
const LONGEST: usize = 32;

/// The drum SSM that the structure network expects: pair channels `[1, 24, N, N]` in, similarity
/// `[N, N]` in (0, 1) out, in the place of the paper's U-Net.
pub fn drum_ssm(network: &dyn Network, pairs: PairChannels) -> Result<Ssm, NetworkError> {
    let bars = pairs.bars;
    let input = Tensor::f32(&[1, PAIR_CHANNELS, bars, bars], pairs.values);
    let (_, values) = network.run(&[("pairs", input)])?.take_f32("similarity")?;
    Ok(Ssm::from_pairs(bars, |row, column| values[row * bars + column]))
}

/// Sections by correlation block matching (Marmoret, Cohen, Bimbot 2022): dynamic programming over
/// boundaries, where a section scores by how alike its bars are and by a length that phrases have;
/// sections whose bars answer each other share a letter.
///
/// This is how the drums divide the song. How musicians do: [`super::song_form`]. Of long songs, whose
/// bars are not all compared, each of [`Ssm::blocks`] is divided alone and has letters of its own.
pub fn drum_form(ssm: &Ssm) -> Form {
    let mut form = Form::default();
    for block in ssm.blocks() {
        let used = form.sections.iter().map(|section| section.label + 1).max().unwrap_or(0);
        let sections = block_form(&Block { ssm, bars: block.clone() }, block.end == ssm.bars());
        form.sections.extend(sections.into_iter().map(|section| Section {
            label: used + section.label,
            bars: block.start + section.bars.start..block.start + section.bars.end,
        }));
    }
    form
}

/// Some bars of a song of which every two are compared, counted from 0.
struct Block<'a> {
    ssm: &'a Ssm,
    bars: Range<usize>,
}

impl Block<'_> {
    fn get(&self, row: usize, column: usize) -> f32 {
        self.ssm.get(self.bars.start + row, self.bars.start + column)
    }
}

/// The sections of a block; `last` if the song ends with it.
fn block_form(block: &Block, last: bool) -> Vec<Section> {
    let bars = block.bars.len();
    let sums = Sums::new(block);
    let average = sums.block(0, bars, 0, bars) / (bars * bars) as f32;
    let mut best = vec![f32::NEG_INFINITY; bars + 1];
    let mut from = vec![0; bars + 1];
    best[0] = 0.0;
    for end in 1..=bars {
        for length in 1..=LONGEST.min(end) {
            let start = end - length;
            let similarity =
                sums.block(start, end, start, end) - average * (length * length) as f32;
            let score =
                best[start] + similarity / length as f32 - length_cost(length, last && end == bars);
            if score > best[end] {
                (best[end], from[end]) = (score, start);
            }
        }
    }
    let mut ranges = Vec::new();
    let mut end = bars;
    while end > 0 {
        ranges.push(from[end]..end);
        end = from[end];
    }
    ranges.reverse();
    let labels = labels(block, &sums, &ranges);
    ranges.into_iter().zip(labels).map(|(bars, label)| Section { label, bars }).collect()
}

/// What a section of this many bars costs: music moves in eights and fours. The last section may
/// run out.
fn length_cost(length: usize, last: bool) -> f32 {
    match length {
        _ if last => 0.3,
        8 | 16 => 0.25,
        4 | 12 | 24 | 32 => 0.4,
        _ if length.is_multiple_of(2) => 0.8,
        _ => 1.1,
    }
}

/// Letters by average linkage over how alike sections are, bar by bar from their starts.
fn labels(block: &Block, sums: &Sums, ranges: &[Range<usize>]) -> Vec<usize> {
    /// Sections further apart than this share of their inner distance are different.
    const APART: f32 = 0.2;
    let count = ranges.len();
    if count == 1 {
        return vec![0];
    }
    let coherence = |range: &Range<usize>| {
        let (start, end) = (range.start, range.end);
        sums.block(start, end, start, end) / (range.len() * range.len()) as f32
    };
    let mut distances = Vec::with_capacity(count * (count - 1) / 2);
    for first in 0..count {
        for second in first + 1..count {
            let (a, b) = (&ranges[first], &ranges[second]);
            let length = a.len().min(b.len());
            let diagonal = (0..length).map(|i| block.get(a.start + i, b.start + i)).sum::<f32>();
            let all = sums.block(a.start, a.end, b.start, b.end) / (a.len() * b.len()) as f32;
            let similarity = (diagonal / length as f32).max(all);
            distances.push(((coherence(a) + coherence(b)) / 2.0 - similarity).max(0.0));
        }
    }
    let tree = linkage(&mut distances, count, Method::Average);
    let clusters = cut(tree.steps(), count, |dissimilarity, _| dissimilarity > APART);
    first_seen(&clusters)
}

/// Groups of bars that share a pattern: average linkage on the drum SSM, cut where about `share`
/// of the bars would remain distinct. One group number per bar, numbered by first appearance.
///
/// In long songs, whose bars are not all compared, each of [`Ssm::blocks`] has groups of its own;
/// those that by the song's `form` repeat an earlier block's group are that group.
pub fn groups(ssm: &Ssm, form: &Form, share: f32) -> Vec<usize> {
    let mut groups: Vec<usize> = Vec::with_capacity(ssm.bars());
    // The group of the first bar at each place of each section's letter.
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    for block in ssm.blocks() {
        let found = block_groups(&Block { ssm, bars: block.clone() }, share);
        let place = |bar: usize| form.label_at(bar).map(|label| (label, form.place(bar)[0]));
        let mut used = groups.iter().max().map_or(0, |most| most + 1);
        for group in 0..found.iter().max().map_or(0, |most| most + 1) {
            let bars = || block.clone().filter(|bar| found[bar - block.start] == group);
            let mut votes: BTreeMap<usize, usize> = BTreeMap::new();
            for known in bars().filter_map(|bar| places.get(&place(bar)?)) {
                *votes.entry(*known).or_default() += 1;
            }
            let repeated = votes.into_iter().max_by_key(|(_, votes)| *votes);
            let number = match repeated {
                Some((known, votes)) if 2 * votes >= bars().count() => known,
                _ => {
                    used += 1;
                    used - 1
                }
            };
            groups.resize(groups.len().max(block.end), 0);
            bars().for_each(|bar| groups[bar] = number);
        }
        for bar in block.clone() {
            if let Some(place) = place(bar) {
                places.entry(place).or_insert(groups[bar]);
            }
        }
    }
    first_seen(&groups)
}

fn block_groups(block: &Block, share: f32) -> Vec<usize> {
    let bars = block.bars.len();
    let wanted = ((bars as f32 * share).round() as usize).clamp(1, bars.max(1));
    if bars < 2 {
        return vec![0; bars];
    }
    let mut distances = Vec::with_capacity(bars * (bars - 1) / 2);
    for row in 0..bars {
        distances.extend((row + 1..bars).map(|column| 1.0 - block.get(row, column)));
    }
    let tree = linkage(&mut distances, bars, Method::Average);
    first_seen(&cut(tree.steps(), bars, |_, groups| groups <= wanted))
}

/// Two-dimensional running sums, for the sum of any block in four look-ups.
struct Sums {
    side: usize,
    values: Vec<f64>,
}

impl Sums {
    fn new(block: &Block) -> Sums {
        let side = block.bars.len() + 1;
        let mut values = vec![0.0; side * side];
        for row in 1..side {
            for column in 1..side {
                values[row * side + column] = f64::from(block.get(row - 1, column - 1))
                    + values[(row - 1) * side + column]
                    + values[row * side + column - 1]
                    - values[(row - 1) * side + column - 1];
            }
        }
        Sums { side, values }
    }

    fn block(&self, top: usize, bottom: usize, left: usize, right: usize) -> f32 {
        let at = |row: usize, column: usize| self.values[row * self.side + column];
        (at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of the same letter are alike.
    fn song(letters: &str) -> Ssm {
        let letters = letters.as_bytes();
        Ssm::from_pairs(letters.len(), |a, b| if letters[a] == letters[b] { 0.9 } else { 0.3 })
    }

    #[test]
    fn sections_and_their_repeats_are_found() {
        let form = drum_form(&song("aaaaaaaabbbbbbbbaaaaaaaacccc"));
        let found: Vec<_> =
            form.sections.iter().map(|s| (s.letter(), s.bars.start, s.bars.end)).collect();
        let expected = [("A", 0, 8), ("B", 8, 16), ("A", 16, 24), ("C", 24, 28)];
        assert_eq!(found, expected.map(|(letter, start, end)| (letter.to_string(), start, end)));
    }

    #[test]
    fn any_number_of_bars_is_covered() {
        for bars in 0..70 {
            let form =
                drum_form(&Ssm::from_pairs(bars, |a, b| ((a * 7 + b * 3) % 10) as f32 / 10.0));
            let covered: Vec<usize> = form.sections.iter().flat_map(|s| s.bars.clone()).collect();
            assert_eq!(covered, (0..bars).collect::<Vec<_>>());
        }
    }

    #[test]
    fn groups_follow_the_matrix() {
        let groups = |letters: &str, share| groups(&song(letters), &Form::default(), share);
        assert_eq!(groups("aabbaabb", 0.25), [0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(groups("a", 0.2), [0]);
    }

    /// Two windows, in the second of which the song's second section comes again.
    #[test]
    fn groups_of_long_songs_go_on_where_the_song_repeats() {
        let ssm = Ssm::stitched(vec![(0, song("aaaabbbb")), (4, song("bbbbccccbbbb"))]);
        assert_eq!(ssm.blocks(), [0..8, 8..16]);
        let section = |label, start| Section { label, bars: start..start + 4 };
        let form =
            Form { sections: vec![section(0, 0), section(1, 4), section(2, 8), section(1, 12)] };
        let found = groups(&ssm, &form, 0.25);
        assert_eq!(found, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1]);
        let drums = drum_form(&ssm);
        let covered: Vec<usize> = drums.sections.iter().flat_map(|s| s.bars.clone()).collect();
        assert_eq!(covered, (0..16).collect::<Vec<_>>());
    }
}
