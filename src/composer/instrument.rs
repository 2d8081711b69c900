//! Instruments by name.

use crate::score::program_name;

/// The General MIDI program, 0 to 127, of an instrument's name, or of the first whose name holds the
/// text; also of a number from 1 to 128.
pub fn program_named(text: &str) -> Option<u8> {
    let asked = text.trim().to_lowercase();
    if let Ok(number) = asked.parse::<u8>() {
        return (1..=128).contains(&number).then(|| number - 1);
    }
    let name = |program: &u8| program_name(*program).to_lowercase();
    let exact = (0..128).find(|program| name(program) == asked);
    exact.or_else(|| (0..128).find(|program| !asked.is_empty() && name(program).contains(&asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruments_are_found_by_name_and_number() {
        let named = |text: &str| program_named(text).map(program_name);
        assert_eq!(named("flute"), Some("Flute"));
        assert_eq!(named("piano"), Some("Grand piano"));
        assert_eq!(named("81"), Some("Square lead"));
        assert_eq!(named("128"), Some("Gunshot"));
        assert_eq!((named("0"), named("129"), named(""), named("kazoo")), (None, None, None, None));
    }
}
