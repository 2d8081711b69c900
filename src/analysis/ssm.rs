//! Self-similarity of bars.

use std::ops::Range;

/// A symmetric bars x bars matrix of similarities, 1 on the diagonal. Of long songs, which are
/// compared in windows, only a band around the diagonal is known: each row is known without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Ssm {
    /// By row, the columns that are known.
    known: Vec<Range<usize>>,
    /// By row, where its values begin.
    starts: Vec<usize>,
    /// Row after row.
    values: Vec<f32>,
}

impl Ssm {
    /// Fills the matrix from a function of two bars, called for `row < column` only.
    pub fn from_pairs(bars: usize, mut similarity: impl FnMut(usize, usize) -> f32) -> Ssm {
        let mut values = vec![1.0; bars * bars];
        for row in 0..bars {
            for column in row + 1..bars {
                let value = similarity(row, column);
                values[row * bars + column] = value;
                values[column * bars + row] = value;
            }
        }
        let starts = (0..bars).map(|row| row * bars).collect();
        Ssm { known: vec![0..bars; bars], starts, values }
    }

    /// The matrix of a song from those of windows that overlap and together cover its bars; in order,
    /// each with the bar it begins at. What several windows know is averaged.
    ///
    /// # Panics
    /// If windows leave a gap, or know but a part of their pairs.
    pub fn stitched(windows: Vec<(usize, Ssm)>) -> Ssm {
        let mut windows = windows;
        if windows.len() == 1
            && let Some((0, ssm)) = windows.pop_if(|(first, _)| *first == 0)
        {
            return ssm;
        }
        let bars = windows.last().map_or(0, |(first, ssm)| first + ssm.bars());
        let of = |row: usize| {
            windows.iter().filter(move |(first, ssm)| (*first..first + ssm.bars()).contains(&row))
        };
        let (mut known, mut starts, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..bars {
            // Documented as a panic: who makes windows sees to it that every row is in one.
            let begin = of(row).map(|(first, _)| *first).min();
            let end = of(row).map(|(first, ssm)| first + ssm.bars()).max();
            let columns = begin.zip(end).map(|(begin, end)| begin..end).expect("no gaps");
            starts.push(values.len());
            let from = values.len();
            let mut counts = vec![0.0f32; columns.len()];
            values.resize(from + columns.len(), 0.0);
            for (first, ssm) in of(row) {
                for (column, value) in (*first..).zip(ssm.row(row - first)) {
                    values[from + column - columns.start] += value;
                    counts[column - columns.start] += 1.0;
                }
            }
            for (value, count) in values[from..].iter_mut().zip(counts) {
                *value /= count;
            }
            known.push(columns);
        }
        Ssm { known, starts, values }
    }

    /// How many bars it compares, on either axis.
    pub fn bars(&self) -> usize {
        self.known.len()
    }

    /// The bars that a bar is compared with.
    ///
    /// # Panics
    /// If the bar is out of range.
    pub fn known(&self, row: usize) -> Range<usize> {
        self.known[row].clone()
    }

    /// Runs of bars of which every two are compared, as long as can be, without gaps or overlaps: all
    /// bars, but for long songs.
    pub fn blocks(&self) -> Vec<Range<usize>> {
        let mut blocks: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while from < self.bars() {
            // Rows below end no earlier and, up to there, begin no later.
            let end = self.known[from].end;
            blocks.push(from..end);
            from = end;
        }
        blocks
    }

    /// How alike two bars are; 0 where that is not known.
    ///
    /// # Panics
    /// If a bar is out of range.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        assert!(row < self.bars() && column < self.bars(), "bar out of range");
        let known = &self.known[row];
        match known.contains(&column) {
            true => self.values[self.starts[row] + column - known.start],
            false => 0.0,
        }
    }

    /// The similarities of one bar with those of [`Ssm::known`], by bar.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[self.starts[row]..][..self.known[row].len()]
    }

    /// The similarities of a bar with those after it, as far as they are known.
    pub fn later(&self, row: usize) -> &[f32] {
        &self.row(row)[row + 1 - self.known[row].start..]
    }

    /// Row-major values of what is known: `bars * bars`, but for long songs.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_stitched_and_averaged_where_they_overlap() {
        let window = |first: usize, bars: usize, add: f32| {
            (first, Ssm::from_pairs(bars, |a, b| ((first + a) * (first + b)) as f32 + add))
        };
        let ssm = Ssm::stitched(vec![window(0, 6, 0.0), window(4, 6, 1.0), window(8, 4, 0.0)]);
        assert_eq!(ssm.bars(), 12);
        assert_eq!(
            [ssm.known(0), ssm.known(5), ssm.known(8), ssm.known(11)],
            [0..6, 0..10, 4..12, 8..12]
        );
        assert_eq!([ssm.get(1, 5), ssm.get(4, 5), ssm.get(6, 9)], [5.0, 20.5, 55.0]);
        assert_eq!([ssm.get(2, 8), ssm.get(7, 7), ssm.get(9, 6)], [0.0, 1.0, 55.0]);
        assert_eq!(ssm.blocks(), [0..6, 6..10, 10..12]);
        assert_eq!(ssm.later(9), [90.0, 99.0]);
    }

    #[test]
    fn one_window_is_the_song() {
        let ssm = Ssm::from_pairs(5, |a, b| (a + b) as f32);
        assert_eq!(Ssm::stitched(vec![(0, ssm.clone())]), ssm);
        assert_eq!(ssm.blocks(), vec![0..5; 1]);
        assert!(Ssm::from_pairs(0, |_, _| 0.0).blocks().is_empty());
    }
}
