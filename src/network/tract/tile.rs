//! The inner loop of convolutions and dense layers: rows of weights times windows of an input.
//!
//! `output[row][x] = bias[row] + sum over taps of weights[row][tap] * input[offsets[tap] + x]`, a tile of
//! rows and columns at a time, whose sums stay in registers. The input is read where it lies: nothing is
//! copied into an order of its own first, which for few rows takes longer than the product (after
//! Georganas et al., Anatomy of high-performance deep learning convolutions on SIMD architectures, SC
//! 2018).

use super::vector::{Baseline, Vector};

/// Columns that have to lie behind an input of few columns, for [`Filter::reads_beyond`].
pub(super) const SLACK: usize = 15;

/// What the processor has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Simd {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of the kind has that the library is built for.
    Any,
}

impl Simd {
    /// The best that there is.
    pub fn detect() -> Simd {
        Simd::all()[0]
    }

    /// All that this processor has, the best first.
    pub fn all() -> Vec<Simd> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            if is_x86_feature_detected!("avx512f") {
                found.push(Simd::Avx512);
            }
            found.push(Simd::Avx2);
        }
        found.push(Simd::Any);
        found
    }

    /// The most rows of a tile: as many as the registers hold with two registers of columns.
    const fn rows(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => 10,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => 6,
            Simd::Any => 6,
        }
    }

    /// Numbers in a register.
    const fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => 16,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => 8,
            Simd::Any => Baseline::LANES,
        }
    }
}

/// Weights in the order in which they are read.
#[derive(Debug)]
pub(super) struct Filter {
    simd: Simd,
    taps: usize,
    /// Rows of the tiles, one below the other.
    heights: Vec<usize>,
    /// Of each tile, from tap to tap, its rows.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// What a [`Filter`] is applied to.
pub(super) struct Windows<'a> {
    pub input: &'a [f32],
    /// Where each tap reads for the first column.
    pub offsets: &'a [usize],
    pub columns: usize,
    /// What is less becomes this.
    pub floor: f32,
    pub output: &'a mut [f32],
    /// From a row of the output to the next.
    pub stride: usize,
}

impl Filter {
    /// `weights` `[rows, taps]`, `bias` `[rows]`; with `last`, every row has this as one more weight at its
    /// end.
    ///
    /// `room` is where they will lie.
    pub fn new(
        simd: Simd,
        weights: &[f32],
        bias: Vec<f32>,
        last: Option<f32>,
        room: Vec<f32>,
    ) -> Filter {
        let rows = bias.len();
        let given = weights.len() / rows.max(1);
        let taps = given + usize::from(last.is_some());
        let tiles = rows.div_ceil(simd.rows());
        // As alike as can be: a last tile of few rows would take nearly as long as a full one.
        let heights: Vec<usize> =
            (0..tiles).map(|tile| (tile + 1) * rows / tiles - tile * rows / tiles).collect();
        let mut packed = room;
        packed.clear();
        packed.resize(rows * taps, last.unwrap_or_default());
        let mut weights = weights.chunks_exact(given.max(1));
        let mut left = &mut packed[..];
        for &height in &heights {
            let (tile, others) = left.split_at_mut(height * taps);
            left = others;
            for (row, weights) in weights.by_ref().take(height).enumerate() {
                let places = tile[row..].iter_mut().step_by(height);
                places.zip(weights).for_each(|(place, weight)| *place = *weight);
            }
        }
        Filter { simd, taps, heights, weights: packed, bias }
    }

    /// The room that was given.
    pub fn into_room(self) -> Vec<f32> {
        self.weights
    }

    pub fn rows(&self) -> usize {
        self.bias.len()
    }

    /// Whether it is quicker to work out `count` rows of so many columns as one, with the `between` columns
    /// from the end of a row to the next: where the last register of a row would be much emptier.
    pub fn prefers_one_row(&self, columns: usize, between: usize, count: usize) -> bool {
        let lanes = self.simd.lanes();
        let apart = columns.next_multiple_of(lanes);
        count > 1 && columns <= 2 * lanes && 5 * apart > 4 * (columns + between)
    }

    /// Whether for so few columns [`apply`](Self::apply) reads up to [`SLACK`] places behind the last one.
    pub fn reads_beyond(&self, columns: usize) -> bool {
        columns < self.simd.lanes()
    }

    /// Works out all columns of all rows.
    ///
    /// # Panics
    /// If a tap reads behind the end of the input.
    pub fn apply(&self, windows: &mut Windows) {
        match self.simd {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Simd::all` has seen that the processor has both.
            Simd::Avx512 => unsafe { self.avx512(windows) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Simd::Avx2 => unsafe { self.avx2(windows) },
            // SAFETY: every processor that this is built for has these registers.
            Simd::Any => unsafe { self.tiles::<Baseline>(windows) },
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,fma")]
    fn avx512(&self, windows: &mut Windows) {
        // SAFETY: this function has the instructions.
        unsafe { self.tiles::<std::arch::x86_64::__m512>(windows) };
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn avx2(&self, windows: &mut Windows) {
        // SAFETY: this function has the instructions.
        unsafe { self.tiles::<std::arch::x86_64::__m256>(windows) };
    }

    /// # Safety
    /// As for [`Vector`]; so for the functions below.
    #[inline(always)]
    unsafe fn tiles<V: Vector>(&self, windows: &mut Windows) {
        let columns = windows.columns;
        let mut x = 0;
        while x < columns {
            // The last tile goes over columns of the one before once more rather than beyond the end.
            if columns >= 2 * V::LANES && columns - x > V::LANES {
                // SAFETY: the caller's.
                unsafe { self.column::<V, 2>(windows, x.min(columns - 2 * V::LANES)) };
                x += 2 * V::LANES;
            } else {
                // SAFETY: the caller's.
                unsafe { self.column::<V, 1>(windows, x.min(columns.saturating_sub(V::LANES))) };
                x += V::LANES;
            }
        }
    }

    #[inline(always)]
    unsafe fn column<V: Vector, const C: usize>(&self, windows: &mut Windows, x: usize) {
        let (mut row, mut weights) = (0, &self.weights[..]);
        for &height in &self.heights {
            let (these, others) = weights.split_at(self.taps * height);
            weights = others;
            let bias = &self.bias[row..];
            macro_rules! tile {
                ($($rows:literal)*) => {
                    match height {
                        // SAFETY: the caller's.
                        $($rows => unsafe { tile::<V, $rows, C>(these, bias, windows, row, x) },)*
                        _ => unreachable!("no more rows than `Simd::rows`"),
                    }
                };
            }
            tile!(1 2 3 4 5 6 7 8 9 10);
            row += height;
        }
    }
}

/// `R` rows from `row` on and `C` registers of columns from `x` on.
///
/// # Safety
/// As for [`Vector`].
#[expect(clippy::needless_range_loop, reason = "with iterators the sums leave their registers")]
#[inline(always)]
unsafe fn tile<V: Vector, const R: usize, const C: usize>(
    weights: &[f32],
    bias: &[f32],
    windows: &mut Windows,
    row: usize,
    x: usize,
) {
    // SAFETY: the caller's, for all registers below.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; R];
        for r in 0..R {
            sums[r] = [V::splat(bias[r]); C];
        }
        for (weights, &offset) in weights.as_chunks::<R>().0.iter().zip(windows.offsets) {
            let input = &windows.input[offset + x..][..C * V::LANES];
            let mut values = [V::splat(0.0); C];
            for c in 0..C {
                values[c] = V::load(&input[c * V::LANES..]);
            }
            for r in 0..R {
                let weight = V::splat(weights[r]);
                for c in 0..C {
                    sums[r][c] = sums[r][c].add_product(weight, values[c]);
                }
            }
        }
        let floor = V::splat(windows.floor);
        let used = (windows.columns - x).min(C * V::LANES);
        for r in 0..R {
            let output = &mut windows.output[(row + r) * windows.stride + x..][..used];
            if used == C * V::LANES {
                for c in 0..C {
                    sums[r][c].max(floor).store(&mut output[c * V::LANES..]);
                }
            } else {
                let mut whole = [0.0; 2 * MOST_LANES];
                for c in 0..C {
                    sums[r][c].max(floor).store(&mut whole[c * V::LANES..]);
                }
                output.copy_from_slice(&whole[..used]);
            }
        }
    }
}

/// Of any register.
const MOST_LANES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    /// Any number of rows and columns, on all instructions that this processor has.
    #[test]
    fn tiles_are_the_sums_of_products() {
        for simd in Simd::all() {
            for (rows, taps, columns) in [
                (1, 1, 1),
                (2, 3, 5),
                (7, 4, 15),
                (11, 9, 16),
                (13, 5, 31),
                (20, 8, 33),
                (25, 2, 97),
            ] {
                let (weights, bias) = (numbers(rows * taps, 1), numbers(rows, 2));
                let length = columns + 3;
                let offsets: Vec<usize> = (0..taps).map(|tap| tap * length + tap % 3).collect();
                let filter = Filter::new(simd, &weights, bias.clone(), None, Vec::new());
                let slack = if filter.reads_beyond(columns) { SLACK } else { 0 };
                let input = numbers(offsets[taps - 1] + columns + slack, 3);
                let mut output = vec![f32::NAN; rows * columns];
                filter.apply(&mut Windows {
                    input: &input,
                    offsets: &offsets,
                    columns,
                    floor: -0.5,
                    output: &mut output,
                    stride: columns,
                });
                for (index, &found) in output.iter().enumerate() {
                    let (row, x) = (index / columns, index % columns);
                    let sum: f32 = (0..taps)
                        .map(|tap| weights[row * taps + tap] * input[offsets[tap] + x])
                        .sum();
                    let expected = (bias[row] + sum).max(-0.5);
                    assert!((found - expected).abs() < 1e-5, "{simd:?} {rows} {taps} {columns}");
                }
            }
        }
    }
}
