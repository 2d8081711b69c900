//! Self-similarity from features, and what is read off it.

use super::{BarCqt, Cqt, Ssm, parallel::for_parts, statistics::correlation};
use multiversion::multiversion;

impl Ssm {
    /// How alike the bars sound: for every two bars the Euclidean distance between their columns
    /// (84 semitones) of the same step, averaged over the 96 steps, as a similarity
    /// `1 - distance / greatest distance in the song`. All 1 where no bars differ.
    ///
    /// Wei et al. (ISMIR 2019) average over every pair of steps instead. Comparing step with step keeps
    /// apart bars that hold the same notes in another rhythm, gives the diagonal its 1 by itself and takes
    /// a 96th of the time.
    pub fn melodic(cqt: &BarCqt) -> Ssm {
        // Step by step over tiles of bars, whose columns of one step stay in the nearest cache.
        let columns = columns(cqt);
        let bars = cqt.bars();
        let tiles = bars.div_ceil(TILE);
        let mut sums = vec![0.0; bars * bars];
        for_parts(&mut sums, TILE * bars, |first, part| {
            for (tile, rows) in part.chunks_mut(TILE * bars).enumerate() {
                let first_row = (first + tile) * TILE;
                // The tiles up to half around the circle: every pair once, every row as long.
                for ahead in 0..=tiles / 2 {
                    let first_column = (first + tile + ahead) % tiles * TILE;
                    for step in columns.chunks(bars) {
                        let others = &step[first_column..bars.min(first_column + TILE)];
                        for (at, row) in rows.chunks_mut(bars).enumerate() {
                            let targets = &mut row[first_column..][..others.len()];
                            add_distances(&step[first_row + at], others, targets);
                        }
                    }
                }
            }
        });
        Self::from_distances(bars, |a, b| {
            let (a, b) = if b / TILE - a / TILE <= tiles / 2 { (a, b) } else { (b, a) };
            sums[a * bars + b] / BarCqt::STEPS as f32
        })
    }

    /// Cosine similarity of flat vectors; 1 for two empty bars, 0 for an empty and another one.
    /// With 8 classes x 16 steps these are the matrices that drum parts are scored by.
    ///
    /// # Panics
    /// If the bars differ in length.
    pub fn cosine<B: AsRef<[f32]> + Sync>(bars: &[B]) -> Ssm {
        assert_same_length(bars);
        let sizes: Vec<f32> = bars.iter().map(|x| dot(x.as_ref(), x.as_ref()).sqrt()).collect();
        Self::from_pairs_parallel(bars.len(), |a, b| match (sizes[a] == 0.0, sizes[b] == 0.0) {
            (false, false) => dot(bars[a].as_ref(), bars[b].as_ref()) / (sizes[a] * sizes[b]),
            (a, b) => f32::from(a && b),
        })
    }

    fn from_distances(bars: usize, distance: impl Fn(usize, usize) -> f32 + Sync) -> Ssm {
        let distances = Self::from_pairs_parallel(bars, distance);
        let greatest = (0..bars).flat_map(|row| distances.later(row)).copied().fold(0.0, f32::max);
        let greatest = if greatest > 0.0 { greatest } else { 1.0 };
        Self::from_pairs(bars, |a, b| 1.0 - distances.get(a, b) / greatest)
    }

    /// As [`Ssm::from_pairs`], on several threads.
    fn from_pairs_parallel(bars: usize, value: impl Fn(usize, usize) -> f32 + Sync) -> Ssm {
        // Rows get shorter downwards. Row and mirrored row together have the same length.
        let mut folded = vec![0.0; bars.div_ceil(2) * bars];
        for_parts(&mut folded, bars, |first, part| {
            for (index, folded) in part.chunks_mut(bars).enumerate() {
                let row = first + index;
                let mirrored = bars - 1 - row;
                let upper = (row + 1..bars).map(|column| (row, column));
                let lower = (mirrored + 1..bars).map(|column| (mirrored, column));
                let lower = lower.take(if row == mirrored { 0 } else { bars });
                for (target, (row, column)) in folded.iter_mut().zip(upper.chain(lower)) {
                    *target = value(row, column);
                }
            }
        });
        Self::from_pairs(bars, |row, column| {
            let mirrored = bars - 1 - row;
            if row <= mirrored {
                folded[row * bars + column - row - 1]
            } else {
                folded[mirrored * bars + (bars - 1 - mirrored) + column - row - 1]
            }
        })
    }

    /// How much changes at each bar: similarity within the `reach` bars before and within the
    /// `reach` bars from it on, less that across (a checkerboard kernel, Foote 2000):
    /// `mean(before x before) + mean(after x after) - 2 mean(before x after)`. 0 for the first and
    /// last `reach` bars.
    ///
    /// # Panics
    /// If less than `reach` bars on either side are known.
    pub fn novelty(&self, reach: usize) -> Vec<f32> {
        let mean = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            let cells = (rows.len() * columns.len()) as f32;
            let sum = |row: usize| {
                let first = self.known(row).start;
                let known = &self.row(row)[columns.start - first..columns.end - first];
                known.iter().sum::<f32>()
            };
            rows.map(sum).sum::<f32>() / cells
        };
        (0..self.bars())
            .map(|bar| {
                if reach == 0 || bar < reach || bar + reach >= self.bars() {
                    return 0.0;
                }
                let (before, after) = (bar - reach..bar, bar..bar + reach);
                mean(before.clone(), before.clone()) + mean(after.clone(), after.clone())
                    - 2.0 * mean(before, after)
            })
            .collect()
    }

    /// Pearson's correlation of two matrices' upper triangles without the diagonal, -1 to 1; 0 if
    /// either does not vary.
    ///
    /// # Panics
    /// If the matrices differ in size.
    pub fn correlation(&self, other: &Ssm) -> f32 {
        assert_eq!(self.bars(), other.bars(), "matrices of one size");
        let triangle = |ssm: &Ssm| -> Vec<f32> {
            let rows = 0..ssm.bars();
            rows.flat_map(|row| ssm.later(row)).copied().collect()
        };
        correlation(&triangle(self), &triangle(other)) as f32
    }
}

fn assert_same_length<B: AsRef<[f32]>>(bars: &[B]) {
    let same = bars.windows(2).all(|pair| pair[0].as_ref().len() == pair[1].as_ref().len());
    assert!(same, "bars of one length");
}

/// Bars that are compared with as many others at once.
const TILE: usize = 16;

/// Columns of 84 semitones by step and bar, each in neighbouring places.
fn columns(cqt: &BarCqt) -> Vec<[f32; Cqt::BINS]> {
    let mut columns = vec![[0.0; Cqt::BINS]; cqt.bars() * BarCqt::STEPS];
    for bar in 0..cqt.bars() {
        for (bin, row) in cqt.bar(bar).chunks(BarCqt::STEPS).enumerate() {
            for (step, value) in row.iter().enumerate() {
                columns[step * cqt.bars() + bar][bin] = *value;
            }
        }
    }
    columns
}

/// Adds the Euclidean distance of a column from each of the others to the sums.
#[multiversion(targets("x86_64+avx2"))]
fn add_distances(column: &[f32; Cqt::BINS], others: &[[f32; Cqt::BINS]], sums: &mut [f32]) {
    // As wide as a processor's smallest vector, so that all sum in the same order; two columns at once
    // fill a larger one or keep two small ones busy.
    const WIDE: usize = 4;
    let mut pairs = others.chunks_exact(2);
    let mut targets = sums.chunks_exact_mut(2);
    for (pair, targets) in (&mut pairs).zip(&mut targets) {
        let mut squares = [0f32; 2 * WIDE];
        let (first, second) = (pair[0].chunks_exact(WIDE), pair[1].chunks_exact(WIDE));
        for ((own, first), second) in column.chunks_exact(WIDE).zip(first).zip(second) {
            let mut difference = [0f32; 2 * WIDE];
            for lane in 0..WIDE {
                difference[lane] = own[lane] - first[lane];
                difference[WIDE + lane] = own[lane] - second[lane];
            }
            for (square, difference) in squares.iter_mut().zip(difference) {
                *square += difference * difference;
            }
        }
        for (target, square) in targets.iter_mut().zip(squares.chunks_exact(WIDE)) {
            *target += square.iter().sum::<f32>().sqrt();
        }
    }
    for (other, target) in pairs.remainder().iter().zip(targets.into_remainder()) {
        *target += distance(column, other);
    }
}

/// Sums over chunks, so that the compiler may keep several sums side by side.
fn fold(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    const WIDE: usize = 12;
    let mut sums = [0.0; WIDE];
    let (a_chunks, b_chunks) = (a.chunks_exact(WIDE), b.chunks_exact(WIDE));
    let rest: f32 =
        a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| term(*a, *b)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for at in 0..WIDE {
            sums[at] += term(a[at], b[at]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    fold(a, b, |a, b| a * b)
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    fold(a, b, |a, b| (a - b) * (a - b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(patterns: &[&[f32]]) -> Vec<Vec<f32>> {
        patterns.iter().map(|pattern| pattern.to_vec()).collect()
    }

    #[test]
    fn cosine_knows_empty_bars() {
        let ssm = Ssm::cosine(&bars(&[&[1.0, 1.0], &[1.0, 0.0], &[0.0, 0.0], &[0.0, 0.0]]));
        assert!((ssm.get(0, 1) - 0.5f32.sqrt()).abs() < 1e-6);
        assert_eq!([ssm.get(0, 2), ssm.get(2, 3), ssm.get(3, 3)], [0.0, 1.0, 1.0]);
    }

    #[test]
    fn novelty_peaks_where_the_form_changes() {
        let mut patterns = vec![vec![1.0, 0.0]; 8];
        patterns.extend(vec![vec![0.0, 1.0]; 8]);
        let novelty = Ssm::cosine(&patterns).novelty(4);
        assert_eq!(novelty[8], 2.0);
        assert!(novelty.iter().enumerate().all(|(bar, value)| bar == 8 || *value < 2.0));
        assert_eq!([novelty[3], novelty[12]], [0.0, 0.0]);
    }

    #[test]
    fn a_matrix_correlates_with_itself_and_nothing_with_a_flat_one() {
        let ssm = Ssm::from_pairs(5, |a, b| (a * 3 + b) as f32 * 0.1);
        assert!((ssm.correlation(&ssm) - 1.0).abs() < 1e-6);
        let mirrored = Ssm::from_pairs(5, |a, b| 1.0 - ssm.get(a, b));
        assert!((ssm.correlation(&mirrored) + 1.0).abs() < 1e-6);
        assert_eq!(ssm.correlation(&Ssm::from_pairs(5, |_, _| 0.3)), 0.0);
        assert_eq!(Ssm::cosine::<Vec<f32>>(&[]).correlation(&Ssm::cosine::<Vec<f32>>(&[])), 0.0);
    }

    #[test]
    fn the_folded_threads_fill_every_pair() {
        for count in [0, 1, 2, 5, 130, 301] {
            let value = |a: usize, b: usize| (a * 1000 + b) as f32;
            let ssm = Ssm::from_pairs_parallel(count, value);
            assert_eq!(ssm, Ssm::from_pairs(count, value));
        }
    }

    #[test]
    fn tiles_cover_every_pair_of_bars() {
        for bars in [1, 15, 16, 17, 40, 67, 96] {
            let value = |at: usize| (at * 7919 % 1009) as f32 / 1009.0;
            let cqt = BarCqt::from_values((0..bars * BarCqt::BAR).map(value).collect());
            let column = |bar: usize, step: usize| -> Vec<f32> {
                cqt.bar(bar).iter().skip(step).step_by(BarCqt::STEPS).copied().collect()
            };
            let reference = Ssm::from_distances(bars, |a, b| {
                let steps = 0..BarCqt::STEPS;
                let sum: f32 = steps.map(|s| distance(&column(a, s), &column(b, s))).sum();
                sum / BarCqt::STEPS as f32
            });
            let ssm = Ssm::melodic(&cqt);
            for (ours, reference) in ssm.values().iter().zip(reference.values()) {
                assert!((ours - reference).abs() < 1e-5, "{bars} bars");
            }
        }
    }

    #[test]
    fn melodic_bars_compare_step_by_step() {
        let mut values = vec![0.0; 3 * BarCqt::BAR];
        values[BarCqt::BAR] = 1.0;
        values[2 * BarCqt::BAR + 1] = 1.0;
        let cqt = BarCqt::from_values(values);
        let ssm = Ssm::melodic(&cqt);
        assert_eq!([ssm.get(0, 1), ssm.get(0, 2), ssm.get(1, 2)], [0.5, 0.5, 0.0]);
    }
}
