//! The form of a song: sections and their repeats.

use std::ops::Range;

/// A run of bars that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// 0 for A, 1 for B, ...; sections that repeat each other share it.
    pub label: usize,
    /// The bars from 0, the last excluded.
    pub bars: Range<usize>,
}

impl Section {
    /// The section's letter: A to Z, then AA, AB, ...
    pub fn letter(&self) -> String {
        let mut rest = self.label + 1;
        let mut letters = Vec::new();
        while rest > 0 {
            letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
            rest = (rest - 1) / 26;
        }
        letters.iter().rev().collect()
    }

    /// The label of a [`Section::letter`], whatever its case; `None` for what is none.
    pub fn label_of(letter: &str) -> Option<usize> {
        let number = |number: usize, letter: char| {
            let place = u32::from(letter.to_ascii_uppercase()).checked_sub(u32::from('A'))?;
            (place < 26).then_some(number * 26 + place as usize + 1)
        };
        // Three letters are more sections than a song has bars.
        let fits = (1..=3).contains(&letter.len());
        letter.chars().try_fold(0, number).filter(|_| fits)?.checked_sub(1)
    }
}

/// Sections in order, covering all bars of the song without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// In order, without gaps.
    pub sections: Vec<Section>,
}

impl Form {
    /// The number of the section that holds a bar.
    pub fn section_at(&self, bar: usize) -> Option<usize> {
        let number = self.sections.partition_point(|section| section.bars.end <= bar);
        self.sections.get(number).filter(|section| section.bars.contains(&bar)).map(|_| number)
    }

    /// The label of the section that holds a bar.
    pub fn label_at(&self, bar: usize) -> Option<usize> {
        self.section_at(bar).map(|section| self.sections[section].label)
    }

    /// A bar's place in its section: bars since the first, bars until the last. Bars behind the
    /// form count as a section of one bar.
    pub fn place(&self, bar: usize) -> [usize; 2] {
        self.section_at(bar).map_or([0, 0], |section| {
            let bars = &self.sections[section].bars;
            [bar - bars.start, bars.end - 1 - bar]
        })
    }

    /// A bar's place in its section, bars since the first. The `before` bars of an upbeat and of rest
    /// before the song belong to the first section, but phrases are counted from the bar behind them; they
    /// have none themselves.
    pub fn phrase_place(&self, bar: usize, before: usize) -> Option<usize> {
        let in_first = self.section_at(bar) == Some(0);
        self.place(bar)[0].checked_sub(if in_first { before } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let letter = |label| Section { label, bars: 0..1 }.letter();
        assert_eq!([letter(0), letter(25), letter(26), letter(27)], ["A", "Z", "AA", "AB"]);
        for label in [0, 25, 26, 27, 900] {
            assert_eq!(Section::label_of(&letter(label).to_lowercase()), Some(label));
        }
        assert_eq!(["", "7", "A1", "ABCD", "Ä"].map(Section::label_of), [None; 5]);
    }

    #[test]
    fn phrases_are_counted_from_behind_the_upbeat() {
        let section = |bars| Section { label: 0, bars };
        let form = Form { sections: vec![section(0..5), section(5..9)] };
        let places = |before| -> Vec<Option<usize>> {
            (0..10).map(|bar| form.phrase_place(bar, before)).collect()
        };
        let of = |first: [Option<usize>; 5]| {
            [&first[..], &[Some(0), Some(1), Some(2), Some(3), Some(0)]].concat()
        };
        assert_eq!(places(0), of([0, 1, 2, 3, 4].map(Some)));
        assert_eq!(places(1), of([None, Some(0), Some(1), Some(2), Some(3)]));
        assert_eq!(places(3), of([None, None, None, Some(0), Some(1)]));
        assert_eq!([4, 5, 8, 9].map(|bar| form.section_at(bar)), [Some(0), Some(1), Some(1), None]);
    }
}
