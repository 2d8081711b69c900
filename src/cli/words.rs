//! Words that messages have in common.

/// So many of a thing: `1 bar`, `2 bars`. The thing is a word, or words, whose plural ends in s.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Words in a row: `A`, `A and B`, `A, B and C`.
pub fn list(words: &[String]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_plural() {
        let of_notes = [0, 1, 2].map(|number| count(number, "drum note"));
        assert_eq!(of_notes, ["0 drum notes", "1 drum note", "2 drum notes"]);
    }

    #[test]
    fn the_last_word_of_a_row_follows_an_and() {
        let row = |words: &[&str]| list(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(row(&[]), "");
        assert_eq!(row(&["A"]), "A");
        assert_eq!(row(&["A", "B"]), "A and B");
        assert_eq!(row(&["A", "B", "C"]), "A, B and C");
    }
}
