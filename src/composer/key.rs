//! Keys and scales: what a musician asks for, and what a song is in.

use std::fmt;
use std::str::FromStr;

use super::ComposeError;
use crate::score::Note;

/// The notes above a tonic that a melody keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names are the theory's")]
pub enum Scale {
    Major,
    /// Natural minor.
    Minor,
    HarmonicMinor,
    /// As it ascends.
    MelodicMinor,
    Dorian,
    Phrygian,
    Lydian,
    Mixolydian,
    Locrian,
    MajorPentatonic,
    MinorPentatonic,
    Blues,
    Chromatic,
}

impl Scale {
    /// All scales, in the order of help texts.
    pub const ALL: [Scale; 13] = [
        Scale::Major,
        Scale::Minor,
        Scale::HarmonicMinor,
        Scale::MelodicMinor,
        Scale::Dorian,
        Scale::Phrygian,
        Scale::Lydian,
        Scale::Mixolydian,
        Scale::Locrian,
        Scale::MajorPentatonic,
        Scale::MinorPentatonic,
        Scale::Blues,
        Scale::Chromatic,
    ];

    /// As it is asked for, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Scale::Major => "major",
            Scale::Minor => "minor",
            Scale::HarmonicMinor => "harmonic minor",
            Scale::MelodicMinor => "melodic minor",
            Scale::Dorian => "dorian",
            Scale::Phrygian => "phrygian",
            Scale::Lydian => "lydian",
            Scale::Mixolydian => "mixolydian",
            Scale::Locrian => "locrian",
            Scale::MajorPentatonic => "major pentatonic",
            Scale::MinorPentatonic => "minor pentatonic",
            Scale::Blues => "blues",
            Scale::Chromatic => "chromatic",
        }
    }

    /// Semitones above the tonic.
    const fn degrees(self) -> &'static [u8] {
        match self {
            Scale::Major => &[0, 2, 4, 5, 7, 9, 11],
            Scale::Minor => &[0, 2, 3, 5, 7, 8, 10],
            Scale::HarmonicMinor => &[0, 2, 3, 5, 7, 8, 11],
            Scale::MelodicMinor => &[0, 2, 3, 5, 7, 9, 11],
            Scale::Dorian => &[0, 2, 3, 5, 7, 9, 10],
            Scale::Phrygian => &[0, 1, 3, 5, 7, 8, 10],
            Scale::Lydian => &[0, 2, 4, 6, 7, 9, 11],
            Scale::Mixolydian => &[0, 2, 4, 5, 7, 9, 10],
            Scale::Locrian => &[0, 1, 3, 5, 6, 8, 10],
            Scale::MajorPentatonic => &[0, 2, 4, 7, 9],
            Scale::MinorPentatonic => &[0, 3, 5, 7, 10],
            Scale::Blues => &[0, 3, 5, 6, 7, 10],
            Scale::Chromatic => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        }
    }

    /// How many notes it has in an octave.
    pub(super) fn notes(self) -> usize {
        self.degrees().len()
    }

    /// Whether its third is minor.
    pub fn is_minor(self) -> bool {
        !self.has(4)
    }

    /// Whether it has the note so many semitones above its tonic (0 to 11).
    pub fn has(self, degree: u8) -> bool {
        self.degrees().contains(&degree)
    }
}

/// A tonic with its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Pitch class, 0 (C) to 11 (B).
    pub tonic: u8,
    /// The notes above the tonic.
    pub scale: Scale,
}

const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

impl Key {
    /// Whether a MIDI key belongs to it.
    pub fn has(self, key: u8) -> bool {
        self.scale.has(self.degree(key))
    }

    /// Semitones of a MIDI key above the tonic, 0 to 11.
    pub fn degree(self, key: u8) -> u8 {
        (key % 12 + 12 - self.tonic % 12) % 12
    }

    /// How many of its notes a MIDI key is away from the tonic of the lowest octave: neighbours in the
    /// scale differ by 1. What is not of the scale counts as the note below.
    pub(super) fn step(self, key: u8) -> i16 {
        let above = i16::from(key) - i16::from(self.tonic % 12);
        let inside = above.rem_euclid(12);
        let degrees = self.scale.degrees();
        let within = degrees.iter().filter(|&&degree| i16::from(degree) <= inside).count();
        above.div_euclid(12) * degrees.len() as i16 + within as i16 - 1
    }

    /// Major or minor, whichever fits the sounding pitch classes best: the correlation of their
    /// weights by length with the key profiles of Krumhansl and Kessler (1982), and the share of the
    /// melody that lies in the scale. C major of nothing.
    pub fn of<'a>(notes: impl IntoIterator<Item = &'a Note>, melody: &[Note]) -> Key {
        const MAJOR: [f64; 12] =
            [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
        const MINOR: [f64; 12] =
            [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
        let mut weights = [0.0f64; 12];
        for note in notes {
            weights[usize::from(note.key % 12)] += note.length.0 as f64;
        }
        let mut sung = [0.0f64; 12];
        for note in melody {
            sung[usize::from(note.key % 12)] += 1.0 / melody.len() as f64;
        }
        let mean = weights.iter().sum::<f64>() / 12.0;
        let variation = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>().sqrt().max(1e-9);
        let fit = |tonic: usize, profile: &[f64; 12]| {
            let middle = profile.iter().sum::<f64>() / 12.0;
            let spread = profile.iter().map(|p| (p - middle).powi(2)).sum::<f64>().sqrt();
            let product =
                (0..12).map(|d| (weights[(tonic + d) % 12] - mean) * (profile[d] - middle));
            product.sum::<f64>() / spread / variation
        };
        let mut best = (f64::NEG_INFINITY, Key { tonic: 0, scale: Scale::Major });
        for tonic in 0..12u8 {
            for (scale, profile) in [(Scale::Major, &MAJOR), (Scale::Minor, &MINOR)] {
                let inside = (0..12).filter(|&d| scale.has(d));
                let share: f64 =
                    inside.map(|d| sung[(usize::from(tonic) + usize::from(d)) % 12]).sum();
                let value = fit(usize::from(tonic), profile) + 2.0 * share;
                if value > best.0 {
                    best = (value, Key { tonic, scale });
                }
            }
        }
        best.1
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", NAMES[usize::from(self.tonic % 12)], self.scale.name())
    }
}

/// A note's name at the start of a text: pitch class and what follows.
fn letter(text: &str) -> Option<(u8, &str)> {
    let mut chars = text.chars();
    let natural = match chars.next()?.to_ascii_uppercase() {
        'C' => 0i8,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' | 'H' => 11,
        _ => return None,
    };
    let rest = chars.as_str();
    for (sign, step) in [("#", 1), ("♯", 1), ("b", -1), ("♭", -1)] {
        if let Some(rest) = rest.strip_prefix(sign) {
            return Some(((natural + step).rem_euclid(12) as u8, rest));
        }
    }
    Some((natural as u8, rest))
}

impl FromStr for Key {
    type Err = ComposeError;

    /// As people write keys, the scale in any case: `A minor`, `F#m`, `Bb`, `d Dorian`,
    /// `E minor pentatonic`.
    fn from_str(text: &str) -> Result<Key, ComposeError> {
        let error = || {
            let scales = Scale::ALL.map(Scale::name).join(", ");
            ComposeError::Key { text: text.to_owned(), scales }
        };
        let (tonic, rest) = letter(text.trim()).ok_or_else(error)?;
        let scale = rest.trim().trim_start_matches('-').replace(['-', '_'], " ").to_lowercase();
        let scale = match scale.as_str() {
            "" | "maj" | "ionian" => Scale::Major,
            "m" | "min" | "aeolian" | "natural minor" => Scale::Minor,
            "pentatonic" | "pentatonic major" => Scale::MajorPentatonic,
            "pentatonic minor" => Scale::MinorPentatonic,
            // "M" is major in lower case too.
            _ if rest.trim() == "M" => Scale::Major,
            name => Scale::ALL.into_iter().find(|s| s.name() == name).ok_or_else(error)?,
        };
        let scale = if rest.trim() == "M" { Scale::Major } else { scale };
        Ok(Key { tonic, scale })
    }
}

/// The lowest and the highest MIDI key that a melody may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    low: u8,
    high: u8,
}

impl Range {
    /// Least distance of the ends: a melody needs some notes of every scale.
    pub const LEAST: u8 = 4;

    /// # Errors
    /// [`ComposeError::Narrow`] for less than a major third, or more than 127.
    pub fn new(low: u8, high: u8) -> Result<Range, ComposeError> {
        if high > 127 || low + Range::LEAST > high {
            return Err(ComposeError::Narrow);
        }
        Ok(Range { low, high })
    }

    /// The lowest MIDI key.
    pub fn low(self) -> u8 {
        self.low
    }

    /// The highest MIDI key.
    pub fn high(self) -> u8 {
        self.high
    }

    /// Whether a MIDI key lies within, the ends included.
    pub fn has(self, key: u8) -> bool {
        (self.low..=self.high).contains(&key)
    }

    /// The key moved by octaves into the range, to the nearest that lies within.
    ///
    /// # Errors
    /// [`ComposeError::Outside`] if none does.
    pub fn fold(self, key: u8) -> Result<u8, ComposeError> {
        let octaves = (key % 12..128).step_by(12).filter(|&other| self.has(other));
        octaves.min_by_key(|other| other.abs_diff(key)).ok_or_else(|| ComposeError::Outside {
            note: NAMES[usize::from(key % 12)],
            range: self.to_string(),
        })
    }

    /// What an instrument of a General MIDI program sings well in.
    pub fn of_program(program: u8) -> Range {
        let (low, high) = match (program, program / 8) {
            (42, _) => (43, 67),
            // Contrabass, timpani, trombone, tuba.
            (43, _) => (31, 55),
            (47, _) => (40, 57),
            (57, _) => (46, 70),
            (58, _) => (34, 58),
            // Baritone saxophone, bassoon, piccolo.
            (67, _) => (38, 65),
            (70, _) => (36, 65),
            (72, _) => (74, 96),
            (_, 1) => (67, 91),
            (_, 4) => (36, 60),
            (_, 7) => (57, 79),
            (_, 8) => (58, 79),
            (_, 9) => (65, 88),
            _ => (60, 81),
        };
        Range { low, high }
    }

    /// The key with the tonic's name that is nearest to the middle: what pitches are counted from.
    pub fn centre(self, tonic: u8) -> u8 {
        let middle = (i16::from(self.low) + i16::from(self.high)) / 2;
        let up = (i16::from(tonic % 12) - middle).rem_euclid(12);
        let centre = if up <= 6 { middle + up } else { middle + up - 12 };
        centre.clamp(0, 127) as u8
    }
}

/// A key as musicians write it, middle C being C4.
fn key_name(key: u8) -> String {
    format!("{}{}", NAMES[usize::from(key % 12)], i16::from(key / 12) - 1)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", key_name(self.low), key_name(self.high))
    }
}

impl FromStr for Range {
    type Err = ComposeError;

    /// `A3-E5`, middle C being C4; or MIDI keys, `57-76`. Either end may come first.
    fn from_str(text: &str) -> Result<Range, ComposeError> {
        let error = || ComposeError::Range { text: text.to_owned() };
        // A minus may be an octave's too: C-1.
        let splits = text.char_indices().filter(|&(at, c)| matches!(c, '-' | '–') && at > 0);
        for (at, dash) in splits {
            let ends = (end_key(&text[..at]), end_key(&text[at + dash.len_utf8()..]));
            if let (Some(low), Some(high)) = ends {
                return Range::new(low.min(high), low.max(high));
            }
        }
        Err(error())
    }
}

fn end_key(text: &str) -> Option<u8> {
    let text = text.trim();
    if let Ok(key) = text.parse::<u8>() {
        return (key < 128).then_some(key);
    }
    let (class, octave) = letter(text)?;
    let octave: i16 = octave.trim().parse().ok()?;
    // Cb4 is B3, and B#3 is C4.
    let natural = letter(&text[..1])?.0;
    let turn = match i16::from(class) - i16::from(natural) {
        11 => -12,
        -11 => 12,
        _ => 0,
    };
    let key = (octave.checked_add(1)?).checked_mul(12)? + i16::from(class) + turn;
    u8::try_from(key).ok().filter(|&key| key < 128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Ticks, Velocity};

    #[test]
    fn keys_are_read_as_people_write_them() {
        let key = |text: &str| text.parse::<Key>().map(|key| key.to_string()).ok();
        let read = [
            ("A minor", "A minor"),
            ("am", "A minor"),
            ("F#m", "F# minor"),
            ("Bb", "Bb major"),
            ("b", "B major"),
            ("C M", "C major"),
            ("Db dorian", "C# dorian"),
            ("e minor pentatonic", "E minor pentatonic"),
            ("G Mixolydian", "G mixolydian"),
            ("B locrian", "B locrian"),
            ("f# PHRYGIAN", "F# phrygian"),
            ("Eb Ionian", "Eb major"),
            ("A Aeolian", "A minor"),
            ("D Melodic Minor", "D melodic minor"),
            ("c pentatonic minor", "C minor pentatonic"),
            ("A-flat", ""),
            ("X minor", ""),
            ("", ""),
            ("C majorette", ""),
        ];
        for (text, name) in read {
            assert_eq!(key(text).unwrap_or_default(), name, "{text}");
        }
        let refused = "C majorette".parse::<Key>().unwrap_err().to_string();
        for scale in Scale::ALL {
            let named = Key { tonic: 3, scale };
            assert_eq!(named.to_string().parse::<Key>().unwrap(), named);
            assert!(refused.contains(scale.name()), "{refused}");
        }
    }

    #[test]
    fn the_modes_are_the_notes_of_a_major_scale() {
        let major = Key { tonic: 0, scale: Scale::Major };
        let modes = "C ionian, D dorian, E phrygian, F lydian, G mixolydian, A aeolian, B locrian";
        for mode in modes.split(", ") {
            let key: Key = mode.parse().unwrap();
            assert!((0..12).all(|note| key.has(note) == major.has(note)), "{mode}");
        }
    }

    #[test]
    fn ranges_are_read_as_people_write_them() {
        let range = |text: &str| text.parse::<Range>().map(|r| (r.low, r.high)).ok();
        assert_eq!(range("A3-E5"), Some((57, 76)));
        assert_eq!(range("57-76"), Some((57, 76)));
        assert_eq!(range("E5-A3"), Some((57, 76)));
        assert_eq!(range("C-1-G9"), Some((0, 127)));
        assert_eq!(range("Cb4 - B#4"), Some((59, 72)));
        for wrong in ["", "A3", "C4-D4", "A3-", "C4-C99", "200-210", "é-ü"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
        assert_eq!(Range::new(57, 76).unwrap().to_string(), "A3-E5");
        let narrow = Range::new(60, 65).unwrap();
        assert_eq!(narrow.fold(40).ok(), Some(64));
        assert_eq!(Range::new(57, 81).unwrap().fold(100).ok(), Some(76));
        assert!(narrow.fold(68).unwrap_err().to_string().contains("C4-F4 has no Ab"));
        assert_eq!(Range::new(60, 72).unwrap().centre(0), 72);
        assert_eq!(Range::new(60, 72).unwrap().centre(7), 67);
    }

    #[test]
    fn low_and_high_instruments_sing_where_they_sound() {
        let range = |program| Range::of_program(program).to_string();
        assert_eq!(range(43), "G1-G3");
        assert_eq!(range(58), "Bb1-Bb3");
        assert_eq!(range(72), "D5-C7");
        assert_eq!(range(80), "C4-A5");
        for program in 0..128 {
            let Range { low, high } = Range::of_program(program);
            assert!(Range::new(low, high).is_ok());
        }
    }

    #[test]
    fn neighbours_in_the_scale_are_a_step_apart() {
        let key: Key = "E minor pentatonic".parse().unwrap();
        let steps = [52, 55, 57, 59, 62, 64].map(|note| key.step(note) - key.step(52));
        assert_eq!(steps, [0, 1, 2, 3, 4, 5]);
        assert_eq!(key.step(40) - key.step(52), -5);
        assert_eq!(key.step(56), key.step(55));
        assert_eq!((key.step(4), key.step(2)), (0, -1));
    }

    #[test]
    fn a_song_tells_its_key() {
        let note =
            |key| Note { start: Ticks(0), length: Ticks(10), key, velocity: Velocity::clamped(80) };
        let notes: Vec<Note> = [57, 60, 64, 57, 59, 60, 62, 64, 57].map(note).into();
        assert_eq!(Key::of(&notes, &[]).to_string(), "A minor");
        assert_eq!(
            Key::of(&[67, 71, 74, 67, 69, 72, 74, 67].map(note), &[]).to_string(),
            "G major"
        );
    }
}
