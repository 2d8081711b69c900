//! Drums by name and by look: what a track that the file does not mark as drums plays.

use crate::score::Note;

/// Words in the names of drum tracks: what musicians write, then drum machines and plug-ins. Without
/// blanks and signs, in lower case.
const WORDS: [&str; 55] = [
    "drum",
    "drm",
    "kit",
    "perc",
    "ドラム",
    "beat",
    "groove",
    "loop",
    "rhythm",
    "schlagz",
    "trommel",
    "bateria",
    "batería",
    "batteria",
    "batterie",
    "tambor",
    "slagwerk",
    "trummor",
    "perkus",
    "ударн",
    "барабан",
    "パーカッション",
    "リズム",
    "打楽器",
    "鼓",
    "드럼",
    "superior",
    "bfd",
    "battery",
    "ssd",
    "ggd",
    "getgood",
    "mtpower",
    "avl",
    "hydrogen",
    "tr505",
    "tr606",
    "tr707",
    "tr808",
    "tr909",
    "808",
    "909",
    "linn",
    "maschine",
    "beatbox",
    "stevenslate",
    "addictive",
    "jamstix",
    "geist",
    "xlnaudio",
    "microtonic",
    "impulse",
    "kong",
    "strike",
    "break",
];

/// Words for single instruments of a kit, in the singular, and the keys that General MIDI has for them.
const PIECES: [(&[&str], &[u8]); 16] = [
    (&["kick", "bassdrum", "bd"], &[35, 36]),
    (&["snare", "sd"], &[37, 38, 39, 40]),
    (&["rim", "rimshot", "sidestick"], &[37]),
    (&["clap", "handclap"], &[39]),
    (&["hihat", "hat", "hh"], &[42, 44, 46]),
    (&["tom"], &[41, 43, 45, 47, 48, 50]),
    (&["crash", "splash", "china"], &[49, 52, 55, 57]),
    (&["ride"], &[51, 53, 59]),
    (&["cymbal"], &[49, 51, 52, 53, 55, 57, 59]),
    (&["tamb", "tambourine"], &[54]),
    (&["cowbell"], &[56]),
    (&["bongo", "conga"], &[60, 61, 62, 63, 64]),
    (&["shaker", "cabasa", "maraca"], &[69, 70, 82]),
    (&["clave", "woodblock"], &[75, 76, 77]),
    (&["timbale", "agogo"], &[65, 66, 67, 68]),
    (&["perc", "percussion"], &[]),
];

/// Words that may stand beside those in such a name: which of several it is, and how it was recorded.
const BESIDE: [&str; 30] = [
    "drum", "kit", "track", "acoustic", "electric", "in", "out", "top", "bottom", "left", "right",
    "l", "r", "close", "closed", "open", "pedal", "foot", "low", "mid", "high", "floor", "rack",
    "loud", "soft", "dry", "wet", "mic", "midi", "loop",
];

/// Of [`WORDS`], those that are drums whatever stands beside them, such as in "Synth drums".
const DRUMS_ALONE: usize = 5;
/// Words for instruments that are no drums: beside them the others of [`WORDS`] say how something is
/// played, such as in "Rhythm guitar", or which sound it has, as in "808 bass".
const PITCHED: [&str; 30] = [
    "guit",
    "gtr",
    "ギター",
    "bass",
    "ベース",
    "piano",
    "pno",
    "ピアノ",
    "organ",
    "orgel",
    "keys",
    "keyb",
    "synth",
    "lead",
    "pad",
    "arp",
    "chord",
    "brass",
    "horn",
    "sax",
    "flute",
    "string",
    "violin",
    "cello",
    "vocal",
    "vox",
    "choir",
    "voice",
    "melod",
    "banjo",
];

/// Whether a track is called as drums are.
pub(super) fn is_drum_name(name: &str) -> bool {
    let name = plain(name);
    let any_of = |words: &[&str]| words.iter().any(|word| name.contains(word));
    any_of(&WORDS[..DRUMS_ALONE]) || (any_of(&WORDS) && !any_of(&PITCHED))
}

/// Whether a track is called as one instrument of a kit is, and plays that: nothing else is in the
/// name, or all keys are the instrument's in General MIDI.
fn is_piece_of(name: &str, notes: &[Note]) -> bool {
    let lower = name.to_lowercase();
    let mut words = lower
        .split(|char: char| !char.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| word.strip_suffix('s').filter(|word| word.len() > 1).unwrap_or(word))
        .peekable();
    let keys_of = |word: &str| {
        let piece = PIECES.iter().find(|(words, _)| words.contains(&word));
        piece.map(|(_, keys)| *keys)
    };
    let (mut is_plain, mut keys) = (true, Vec::new());
    while let Some(word) = words.next() {
        // Names in two words: "bass drum", "hi-hat", "side stick".
        let pair = words.peek().and_then(|next| keys_of(&[word, *next].concat()));
        if pair.is_some() {
            words.next();
        }
        match pair.or_else(|| keys_of(word)) {
            Some(piece) => keys.push(piece),
            None => is_plain &= BESIDE.contains(&word),
        }
    }
    let fits = |keys: &&[u8]| is_plain || notes.iter().all(|note| keys.contains(&note.key));
    keys.iter().any(fits)
}

fn plain(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Keys that a General MIDI kit has: 27 to 87, GM2's additions included.
fn is_kit_key(key: u8) -> bool {
    (27..=87).contains(&key)
}

/// What a key of a kit is for, as far as it tells a beat from a melody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Kick,
    Snare,
    /// Hats, rides, crashes, shakers: what keeps time.
    Cymbal,
    Other,
}

fn role(key: u8) -> Role {
    match key {
        35 | 36 => Role::Kick,
        37..=40 => Role::Snare,
        42 | 44 | 46 | 49 | 51..=55 | 57 | 59 | 69 | 70 | 82 => Role::Cymbal,
        _ => Role::Other,
    }
}

/// Whether notes look like a beat on a kit: few keys, kick or snare often together with what keeps
/// time, which no bass line and no chords in that range do.
pub(super) fn looks_like_a_beat(notes: &[Note]) -> bool {
    if notes.len() < 4 || !notes.iter().all(|note| is_kit_key(note.key)) {
        return false;
    }
    let share = |wanted: Role| {
        let count = notes.iter().filter(|note| role(note.key) == wanted).count();
        count as f64 / notes.len() as f64
    };
    let (kick, snare, cymbals) = (share(Role::Kick), share(Role::Snare), share(Role::Cymbal));
    if cymbals < 0.1 || kick + snare < 0.1 || kick + snare + cymbals < 0.6 {
        return false;
    }
    // Struck together means at the same tick, as drums are written, or nearly, as they are played.
    let near = 1 + longest_gap(notes) / 64;
    let mut onsets: Vec<(u64, u8)> = notes.iter().map(|note| (note.start.0, note.key)).collect();
    onsets.sort_unstable();
    if are_chords(&onsets, near) {
        return false;
    }
    let sorted: Vec<(u64, Role)> =
        onsets.into_iter().map(|(start, key)| (start, role(key))).collect();
    let drums = |&&(_, role): &&(u64, Role)| matches!(role, Role::Kick | Role::Snare);
    let together = sorted.iter().filter(drums).filter(|&&(at, _)| {
        let from = sorted.partition_point(|&(start, _)| start + near < at);
        sorted[from..]
            .iter()
            .take_while(|&&(start, _)| start <= at + near)
            .any(|&(_, role)| role == Role::Cymbal)
    });
    let all = sorted.iter().filter(drums).count();
    3 * together.count() >= all
}

/// Whether what is struck together (within `near` ticks) is mostly the same interval on at least three
/// different keys: the power chords of a guitar, which lie where kick, snare and cymbals do. `struck` are
/// sorted starts and keys.
fn are_chords(struck: &[(u64, u8)], near: u64) -> bool {
    // By interval from the lowest key to the next: how often, and on which keys.
    let mut intervals = [(0, 0u128); 128];
    let mut rest = struck;
    let mut all = 0;
    while let Some(&(at, _)) = rest.first() {
        let together = rest.partition_point(|&(start, _)| start <= at + near);
        let mut keys: Vec<u8> = rest[..together].iter().map(|&(_, key)| key).collect();
        rest = &rest[together..];
        keys.sort_unstable();
        keys.dedup();
        if let [low, next, ..] = keys[..] {
            let (count, lows) = &mut intervals[usize::from((next - low) & 0x7F)];
            (*count, *lows) = (*count + 1, *lows | 1 << (low & 0x7F));
            all += 1;
        }
    }
    intervals.iter().any(|&(count, lows)| 2 * count > all && lows.count_ones() >= 3)
}

/// About the length of a quarter: the median distance between strokes, several times.
fn longest_gap(notes: &[Note]) -> u64 {
    let mut starts: Vec<u64> = notes.iter().map(|note| note.start.0).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0)
}

/// Whether a track is one instrument of a kit by its name and by what it plays: again and again the
/// same keys, three at most.
pub(super) fn is_piece(name: &str, notes: &[Note]) -> bool {
    let mut keys: Vec<u8> = notes.iter().map(|note| note.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let looks = notes.len() >= 4 && keys.len() <= 3 && keys.iter().copied().all(is_kit_key);
    let of_kit = || keys.iter().all(|&key| role(key) != Role::Other) && is_kit_name(name);
    looks && (is_piece_of(name, notes) || of_kit())
}

/// Whether one of a name's words is what kits are called.
fn is_kit_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut words = lower.split(|char: char| !char.is_alphanumeric());
    words.any(|word| {
        word.starts_with("drum") || matches!(word, "kit" | "drm" | "perc" | "percussion" | "beat")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Ticks, Velocity};

    fn notes(strokes: impl IntoIterator<Item = (u64, u8)>) -> Vec<Note> {
        let note = |(start, key)| Note {
            start: Ticks(start * 60),
            length: Ticks(50),
            key,
            velocity: Velocity::clamped(90),
        };
        strokes.into_iter().map(note).collect()
    }

    #[test]
    fn a_beat_is_known_and_a_bass_is_not() {
        let beat = (0..64).flat_map(|step: u64| {
            let drum = [36, 42, 38, 42][step as usize % 4];
            [(step, 42), (step, drum)]
        });
        assert!(looks_like_a_beat(&notes(beat)));
        // A bass line and its octave in the range of kick, snare and hats.
        let bass = (0..64).map(|step: u64| (step, [36, 38, 42, 44, 35, 46][step as usize % 6]));
        assert!(!looks_like_a_beat(&notes(bass)));
        let strings = (0..16).flat_map(|step: u64| {
            let root = [48, 53, 55, 45][step as usize % 4];
            [(step * 4, root), (step * 4, root + 4), (step * 4, root + 7)]
        });
        assert!(!looks_like_a_beat(&notes(strings)));
        // Power chords, palm-muted, in the same range; a drummer's kick, snare and hats are no chords.
        let chords = (0..64).flat_map(|step: u64| {
            let root = [42, 42, 45, 40, 38, 42, 44, 37][step as usize % 8];
            [(step, root), (step, root + 7)]
        });
        assert!(!looks_like_a_beat(&notes(chords)));
        let steel = (0..64).map(|step: u64| (step, 60 + [0, 4, 7, 12, 9][step as usize % 5]));
        assert!(!looks_like_a_beat(&notes(steel)));
    }

    #[test]
    fn a_piece_of_a_kit_is_called_and_played_so() {
        let again =
            |keys: &[u8]| notes((0..32).map(|step| (step * 4, keys[step as usize % keys.len()])));
        for (name, key) in [
            ("Kick", 36),
            ("Kick 2 (dry)", 60),
            ("BD", 36),
            ("Bass Drum", 36),
            ("Hi-Hat", 42),
            ("Hats", 46),
            ("HH", 42),
            ("Floor Tom", 43),
            ("SNARE-L", 38),
            ("Tambourine", 54),
            ("Verse kick", 36),
            ("Drums: kick", 36),
        ] {
            assert!(is_piece(name, &again(&[key])), "{name}");
        }
        for (name, keys) in [
            ("Kick bass", &[36, 38, 41][..]),
            ("Tom's piano", &[60, 63, 66]),
            ("Hatsune", &[60, 64]),
            ("Override", &[60, 64]),
            ("Here comes the Bride", &[62]),
            ("Rimsky", &[62]),
            ("That riff", &[45]),
            ("Bottom", &[36, 48]),
            ("Kitchen piano", &[62]),
            ("Rhythm guitar", &[45]),
            ("Drums of passage", &[48, 52, 55]),
        ] {
            assert!(!is_piece(name, &again(keys)), "{name}");
        }
        assert!(!is_piece("Kick", &notes((0..32).map(|step| (step, 36 + step as u8 % 8)))));
    }

    #[test]
    fn names_in_many_tongues() {
        for name in
            ["EZdrummer", "Drum Kit", "BATERÍA", "Schlagzeug", "TR-808", "Superior 3", "ドラムス"]
        {
            assert!(is_drum_name(name), "{name}");
        }
        for name in ["Synth drums", "Bass drum", "Rhythm", "リズム", "Drum & bass kit"] {
            assert!(is_drum_name(name), "{name}");
        }
        for name in [
            "Piano",
            "Strings",
            "Bass",
            "Lead",
            "",
            "Rhythm Guit L",
            "RHYTHM GTR",
            "808 Bass",
            "リズムギター",
            "Loop piano",
            "Groove synth",
        ] {
            assert!(!is_drum_name(name), "{name}");
        }
    }
}
