//! How phrases and melodies come to rest, in rhythm.

use super::line::State;

/// So many beats a note may sound for if one behind it gives way to it.
const LONGEST: usize = 3;

/// Where notes begin in a bar.
fn onsets(bar: &[State]) -> Vec<usize> {
    (0..bar.len()).filter(|&at| bar[at] == State::Onset).collect()
}

/// One note that sounds for all of a bar.
pub(super) fn whole_note(bar: &mut [State]) {
    bar.fill(State::Hold);
    bar[0] = State::Onset;
}

/// Lets a phrase come to rest in its last bar, with `beat` steps to the beat: its last note lasts for a
/// beat at least. What begins too late for that gives way to the note before, unless that would be held
/// for long.
pub(super) fn rest_on(bar: &mut [State], beat: usize) {
    let steps = bar.len();
    let mut onsets = onsets(bar);
    while let [.., before, last] = onsets[..] {
        if steps - last >= beat || steps - before > LONGEST * beat {
            break;
        }
        give_way(bar, last);
        onsets.pop();
    }
    if let Some(&last) = onsets.last() {
        let until = if steps - last < 2 * beat { steps } else { last + beat };
        bar[last + 1..until].fill(State::Hold);
    }
}

/// Takes a note back, not the first of its bar: the one before sounds on if it lasted up to there.
fn give_way(bar: &mut [State], at: usize) {
    if bar[at - 1] != State::Rest {
        bar[at] = State::Hold;
        return;
    }
    let held = bar[at + 1..].iter().take_while(|&&state| state == State::Hold).count();
    bar[at..=at + held].fill(State::Rest);
}

/// Ends a melody in a bar with a note that sounds on to the end of the bar. If it `closes`, that note
/// begins on a beat of the bar's first half or on its middle, for one beat at least.
pub(super) fn settle(bar: &mut [State], beat: usize, closes: bool) {
    let steps = bar.len();
    let is_strong = |at: &usize| at.is_multiple_of(beat) && 2 * at <= steps && steps - at >= beat;
    let last = onsets(bar).into_iter().rev().find(|at| !closes || is_strong(at));
    let at = last.unwrap_or(0);
    bar[at] = State::Onset;
    bar[at + 1..].fill(State::Hold);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `o` begins a note, `-` holds it, `.` is a rest.
    fn bar(text: &str) -> Vec<State> {
        let state = |sign| match sign {
            'o' => State::Onset,
            '-' => State::Hold,
            _ => State::Rest,
        };
        text.chars().map(state).collect()
    }

    #[test]
    fn the_last_note_of_a_phrase_is_held() {
        let rested = |text: &str| {
            let mut states = bar(text);
            rest_on(&mut states, 4);
            states
        };
        assert_eq!(rested("o---o---o-o-o-o-"), bar("o---o---o-o-o---"));
        assert_eq!(rested("o---o-......o.o."), bar("o---o-......o---"));
        assert_eq!(rested("o---o---.....oo."), bar("o---o---........"));
        assert_eq!(rested("o---o..........."), bar("o---o---........"));
        // Held for nearly all of the bar a note would be no better.
        assert_eq!(rested("o-............o."), bar("o-............o-"));
        assert_eq!(rested("................"), bar("................"));
    }

    #[test]
    fn the_last_note_of_a_melody_is_on_a_strong_beat() {
        let settled = |text: &str, beat: usize, closes: bool| {
            let mut states = bar(text);
            settle(&mut states, beat, closes);
            states
        };
        assert_eq!(settled("o---o-o-o-o-o-o-", 4, true), bar("o---o-o-o-------"));
        assert_eq!(settled("..o...o...o...o.", 4, true), bar("o---------------"));
        assert_eq!(settled("..o...o...o...o.", 4, false), bar("..o...o...o...o-"));
        assert_eq!(settled("o-o-o-o-o-o-o-", 4, true), bar("o-o-o---------"));
        assert_eq!(settled(".", 4, true), bar("o"));
    }
}
