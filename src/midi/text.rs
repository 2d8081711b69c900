//! Text as files have it: MIDI does not say in which encoding.
//!
//! UTF-8 and UTF-16 are known by their form. What is neither is Shift-JIS or Latin-1, and many byte
//! strings are valid in both: "Percussão" in Latin-1 ends in a Chinese character in Shift-JIS. So all
//! texts of a file are asked together, and only what Western text does not have speaks for
//! Shift-JIS: kana, and characters whose bytes are control characters in Latin-1.

use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

/// What a file's texts are in where they are not Unicode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Windows' variant of it, in which nothing is impossible.
    #[default]
    Latin1,
    ShiftJis,
}

impl Encoding {
    /// The encoding of a file with these texts.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Encoding {
        let mut japanese = 0;
        for text in texts.into_iter().filter(|text| unicode(text).is_none()) {
            match japanese_evidence(text) {
                // Impossible in Shift-JIS, and so is the file.
                None => return Encoding::Latin1,
                Some(evidence) => japanese += evidence,
            }
        }
        if japanese > 0 { Encoding::ShiftJis } else { Encoding::Latin1 }
    }

    /// The text on one line, see [`clean`].
    pub fn decode(self, bytes: &[u8]) -> String {
        let text = unicode(bytes).unwrap_or_else(|| {
            let encoding = match self {
                Encoding::Latin1 => WINDOWS_1252,
                Encoding::ShiftJis => SHIFT_JIS,
            };
            encoding.decode_without_bom_handling(bytes).0.into_owned()
        });
        clean(&text)
    }
}

/// The longest text that is kept, in characters: more is no name.
const MAX_CHARS: usize = 128;

/// A name that fits on one line: control characters are blanks, the ends are trimmed.
pub(super) fn clean(name: &str) -> String {
    let is_blank = |char: char| char.is_control() || char == '\u{FEFF}';
    let line: String = name.chars().map(|char| if is_blank(char) { ' ' } else { char }).collect();
    line.trim().chars().take(MAX_CHARS).collect::<String>().trim_end().to_owned()
}

/// UTF-8 or UTF-16, with a byte order mark or plainly.
fn unicode(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(rest, u16::from_be_bytes);
    }
    // Latin text in UTF-16 has zeros, and kana in it are hardly ever valid UTF-8.
    let plain = std::str::from_utf8(bytes).ok();
    let is_plain = plain.is_some() && !bytes.contains(&0);
    if !is_plain && bytes.len() >= 4 && bytes.len().is_multiple_of(2) {
        for unit in [u16::from_le_bytes, u16::from_be_bytes] {
            if let Some(text) = utf16(bytes, unit).filter(|text| is_evident(text)) {
                return Some(text);
            }
        }
    }
    plain.map(str::to_owned)
}

/// Whether pairs of bytes make a text that they would hardly make by chance: every other byte is
/// nothing, or nearly all are kana.
fn is_evident(text: &str) -> bool {
    let text = text.trim_end_matches('\0');
    let count = text.chars().count();
    let latin = text.chars().filter(|char| (' '..='\u{FF}').contains(char)).count();
    let kana = text.chars().filter(|char| is_kana(*char)).count();
    count > 1 && (latin == count || (kana > 0 && 5 * (kana + latin) >= 3 * count))
}

fn is_kana(char: char) -> bool {
    ('\u{3040}'..='\u{30FF}').contains(&char)
}

/// How many of a text's characters are Japanese and would be odd in Latin-1. `None` if the text is
/// impossible in Shift-JIS.
fn japanese_evidence(bytes: &[u8]) -> Option<usize> {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let (mut at, mut evidence, mut single) = (0, 0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            // Half-width katakana. Words of capitals with accents look the same; signs among them
            // (0xA1 to 0xBF) or voicing marks do not.
            0xA1..=0xDF => {
                single += 1;
                let next_is_mark = matches!(bytes.get(at + 1), Some(0xDE | 0xDF));
                let before = at.checked_sub(1).and_then(|before| bytes.get(before));
                let alone = is_letter(before) || is_letter(bytes.get(at + 1));
                evidence += usize::from((byte < 0xC0 || next_is_mark) && !alone);
                at += 1;
            }
            0x81..=0x9F | 0xE0..=0xFC => {
                let trail = *bytes.get(at + 1)?;
                if !matches!(trail, 0x40..=0x7E | 0x80..=0xFC) {
                    return None;
                }
                let is_kana = matches!(
                    (byte, trail),
                    (0x82, 0x9F..=0xF1) | (0x83, 0x40..=0x96) | (0x81, 0x5B)
                );
                // A curly quote or a ligature between letters, such as in "don't" and "coeur".
                let is_western = trail.is_ascii_alphabetic()
                    && (at == 0 || is_letter(bytes.get(at - 1)) || bytes[at - 1] == b' ');
                evidence += usize::from(is_kana || (byte < 0xA0 && !is_western));
                at += 2;
            }
            0x80 | 0xA0 | 0xFD.. => return None,
            _ => at += 1,
        }
    }
    // One sign alone is a degree sign or the like.
    Some(if single == 1 && evidence == 1 && bytes.len() > 2 { 0 } else { evidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> String {
        Encoding::of([bytes]).decode(bytes)
    }

    #[test]
    fn japanese_names_are_read() {
        let names = [
            "メロディ",
            "ピアノ",
            "ベース",
            "ドラム",
            "弦楽",
            "琴",
            "第1ヴァイオリン",
            "ｷﾞﾀｰ",
            "ﾋﾟｱﾉ",
            "主旋律",
            "歌",
            "Piano 右手",
            "ソロ",
            "表",
            "あ",
        ];
        for name in names {
            let (bytes, _, lossy) = SHIFT_JIS.encode(name);
            assert!(!lossy);
            assert_eq!(read(&bytes), name, "{bytes:X?}");
        }
    }

    #[test]
    fn western_names_stay_western() {
        let names = [
            "Percussão",
            "Flöte",
            "Contrebasse à cordes",
            "créée",
            "Trompeta en Sí♭",
            "Don’t stop",
            "Cœur",
            "Œuvre",
            "Violão",
            "Bandoneón",
            "Basse n° 2",
            "Fülle ©",
            "ÉTÉ",
            "Ñandú",
            "Kick – dry",
            "MÉLODIE",
            "Übung",
            "Größe",
            "Ação",
            "são",
            "Gitarre “neu”",
            "Caixa (2ª)",
            "Señor Coconut",
            "MÚSICA",
            "Fagott é",
            "Piano à 4",
            "João e Maria",
        ];
        for name in names {
            let (bytes, _, _) = WINDOWS_1252.encode(name);
            let (expected, _, _) = WINDOWS_1252.decode(&bytes);
            assert_eq!(read(&bytes), expected, "{name}");
        }
    }

    #[test]
    fn unicode_is_known_by_its_form() {
        for name in ["Flöte", "メロディ", "Перкуссия", "Percussão"] {
            assert_eq!(read(name.as_bytes()), name);
            assert_eq!(read(&[b"\xEF\xBB\xBF", name.as_bytes()].concat()), name);
            let units: Vec<u16> = name.encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(read(&[b"\xFF\xFE", &little[..]].concat()), name);
            assert_eq!(read(&[b"\xFE\xFF", &big[..]].concat()), name);
            if name != "Перкуссия" {
                assert_eq!(read(&little), name);
                assert_eq!(read(&big), name);
            }
        }
        for name in ["äa0A0", "0A0äa", "Gé", "ÿþ"] {
            assert_eq!(read(name.as_bytes()), name);
        }
        assert_eq!(read(b"Lead\0"), "Lead");
        assert_eq!(read(b"A\0"), "A");
    }

    #[test]
    fn one_name_tells_for_all() {
        // Valid in both, and only beside the other surely Japanese.
        let (piano, _, _) = SHIFT_JIS.encode("ピアノ");
        let (harp, _, _) = SHIFT_JIS.encode("ﾊｰﾌ");
        let encoding = Encoding::of([&piano[..], &harp]);
        assert_eq!(encoding.decode(&harp), "ﾊｰﾌ");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_line(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = read(&bytes);
            prop_assert!(text.chars().count() <= MAX_CHARS);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
