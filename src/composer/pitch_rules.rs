//! What holds for the pitches of every melody, whatever the network says: range and scale, leaps,
//! motifs that go on, phrases that rise and come to rest.

use super::key::Scale;
use super::line::LineNote;
use super::pitch::{Harmony, Voice};
use super::profile::PitchClassProfile;

/// By how many nats the last note is likelier to be the tonic or, where a chord is given that stands on
/// a note of the key, its root.
const HOME: f32 = 12.0;
/// By how many nats a note of the chord is likelier where a phrase comes to rest.
const CHORD_NOTE: f32 = 3.0;
/// Leaps beyond an octave are not sung.
pub(super) const LEAP: u8 = 12;
/// From this on an interval is a leap, which is rarely followed by another one the same way.
const WIDE: i16 = 5;
const TWICE: f32 = 2.0;
/// Beyond a fifth the line turns back by step, a third at most: likelier by so many nats, and what does
/// not turn at all less likely.
const FIFTH: i16 = 7;
const BACK: i16 = 4;
const TURN: f32 = 1.2;
/// What it costs to sing a note for the third time in a row, and as much again for every further time.
const MONOTONE: f32 = 0.7;
/// What it costs to go to and fro between two notes beyond twice, and as much again for every further
/// note.
const TO_AND_FRO: f32 = 0.7;
/// By how many nats a bar that takes up a rhythm goes on with the model's steps in the scale, higher or
/// lower, and by what part of that with almost these.
const MOTIF: f32 = 1.5;
const VARIED: f32 = 0.4;
/// How much less likely a note of the scale is for every factor of e by which it was sung more than an
/// even share; scales of more notes than this are not sung evenly.
const OVERUSED: f32 = 0.7;
const MOST_EVEN: usize = 7;
/// From so many notes on.
const FEW: f32 = 4.0;
/// What it costs for every semitone beyond a fifth to be away from a note that follows, and to be more
/// than an octave away.
const AWAY: f32 = 0.15;
const FAR: f32 = 3.0;
/// What it costs a note outside the scale to be reached or left by more than a whole tone, and what it
/// is worth to leave one by step. It is no note to dwell on.
const LEFT: f32 = 1.0;
const STEP: i16 = 2;

/// How a phrase ends with a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cadence {
    None,
    /// A question: away from the tonic.
    Open,
    /// An answer: on a note of the tonic's chord.
    Closed,
    /// The end: on the tonic.
    Final,
}

impl Cadence {
    /// How much likelier a degree is, in nats.
    fn leans(self, degree: u8, scale: Scale) -> f32 {
        // Locrian has no other fifth.
        let fifth = if scale.has(7) { 7 } else { 6 };
        match (self, degree) {
            (Cadence::None, _) => 0.0,
            (Cadence::Final, 0) => HOME,
            (Cadence::Closed, 0) => 2.0,
            (Cadence::Open, 0) => -0.8,
            (Cadence::Open, 2) => 0.8,
            (Cadence::Open, 3 | 4) => 0.6,
            (Cadence::Open, _) if degree == fifth => 1.2,
            (Cadence::Open, _) => -1.5,
            (_, 3 | 4) => 1.0,
            _ if degree == fifth => 1.0,
            _ => -2.0,
        }
    }
}

/// What is known of a note whose pitch is to be drawn.
pub(super) struct Moment<'a> {
    /// When it sounds; its key does not matter.
    pub note: LineNote,
    /// The MIDI keys of the notes before.
    pub before: &'a [u8],
    /// That of the next note, where it is given already.
    pub next: Option<u8>,
    /// How many notes had each degree, in semitones above the tonic.
    pub sung: &'a [f32; 12],
    /// By how many notes of the scale the bar whose rhythm is taken up moves here.
    pub motif: Option<i16>,
    pub cadence: Cadence,
    /// Whether the note begins on a beat and lasts for one.
    pub is_strong: bool,
    /// What the take sings, where the key is the take's; else no note lies outside the scale.
    pub profile: Option<PitchClassProfile>,
    /// Where in the range the melody lies, 0 at the low end and 1 at the high one.
    pub register: f32,
}

/// Weighs what the network says of every pitch; what cannot be sung is at minus infinity.
pub(super) fn shape(said: &mut [f32], voice: Voice, moment: &Moment, harmony: Option<&Harmony>) {
    let allowed = |place: usize| {
        let is_in_range = |&key: &u8| voice.range.has(key);
        voice.at(place).filter(is_in_range).filter(|&key| moment.admits(key, voice, harmony))
    };
    let last = moment.before.last().copied();
    let near = |key: u8| last.is_none_or(|last| last.abs_diff(key) <= LEAP);
    // Behind a note that was given there may be none within a leap.
    let reachable = (0..said.len()).filter_map(allowed).any(near);
    for (place, log) in said.iter_mut().enumerate() {
        match allowed(place).filter(|&key| !reachable || near(key)) {
            Some(key) => {
                *log += moment.movement(key, voice) + moment.rest(key, voice, harmony)
                    - moment.height(key, voice)
                    + moment.passing(key, voice)
                    - moment.overuse(key, voice);
            }
            None => *log = f32::NEG_INFINITY,
        }
    }
}

impl Moment<'_> {
    /// Whether a key may be sung: those of the scale, those that the take has as often, and in passing
    /// what else the take has. A long note on a beat is none in passing unless it is of the chord.
    fn admits(&self, key: u8, voice: Voice, harmony: Option<&Harmony>) -> bool {
        let Some(profile) = self.profile.filter(|_| !voice.key.has(key)) else {
            return voice.key.has(key);
        };
        let is_of_chord = || {
            let note = LineNote { key, ..self.note };
            harmony.is_some_and(|harmony| harmony.agreement(&note).0 > 0.5)
        };
        match self.cadence {
            Cadence::Final => false,
            _ if profile.is_common(key) => true,
            Cadence::None => profile.is_used(key) && (!self.is_strong || is_of_chord()),
            _ => false,
        }
    }

    /// Whether a key lies outside the scale and is rare in the take.
    fn is_foreign(&self, key: u8, voice: Voice) -> bool {
        !voice.key.has(key) && !self.profile.is_some_and(|profile| profile.is_common(key))
    }

    /// How well a key takes part in a movement through notes outside the scale, in nats.
    fn passing(&self, key: u8, voice: Voice) -> f32 {
        let last = self.before.last().copied();
        let is_step = |other: u8| (1..=STEP).contains(&(i16::from(key) - i16::from(other)).abs());
        let mut value = 0.0;
        if self.is_foreign(key, voice) {
            let neighbours = [last, self.next].into_iter().flatten();
            value -= LEFT * neighbours.filter(|&other| !is_step(other)).count() as f32;
        }
        if let Some(last) = last.filter(|&last| self.is_foreign(last, voice)) {
            value += if is_step(last) { LEFT } else { -LEFT };
        }
        value
    }

    /// How well a key goes on with the line, in nats.
    fn movement(&self, key: u8, voice: Voice) -> f32 {
        let apart = |other: u8| i16::from(key) - i16::from(other);
        let mut value = 0.0;
        if let Some(next) = self.next {
            let interval = apart(next).abs();
            value -= AWAY * f32::from((interval - FIFTH).max(0));
            value -= if interval > i16::from(LEAP) { FAR } else { 0.0 };
        }
        let Some(&last) = self.before.last() else { return value };
        let step = apart(last);
        if let [.., earlier, _] = self.before {
            let leap = i16::from(last) - i16::from(*earlier);
            let turns = leap.signum() == -step.signum();
            if leap.abs() >= WIDE && step.abs() >= WIDE && !turns {
                value -= TWICE;
            }
            if leap.abs() > FIFTH && !turns {
                value -= TURN;
            } else if leap.abs() > FIFTH && step.abs() <= BACK {
                value += TURN;
            }
        }
        let run = self.before.iter().rev().take_while(|&&key| key == last).count();
        if step == 0 {
            value -= MONOTONE * run.saturating_sub(1) as f32;
        } else if self.before.iter().rev().nth(1) == Some(&key) {
            let back = self.before.iter().rev();
            let turns = back.clone().zip(back.skip(2)).take_while(|(a, b)| a == b).count();
            value -= TO_AND_FRO * turns.saturating_sub(1) as f32;
        }
        if let Some(motif) = self.motif.filter(|_| self.cadence == Cadence::None) {
            let moved = voice.key.step(key) - voice.key.step(last);
            value += match moved.abs_diff(motif) {
                0 => MOTIF,
                1 => VARIED * MOTIF,
                _ => 0.0,
            };
        }
        value
    }

    /// How well a phrase comes to rest on a key, in nats: on the chord if one is given.
    fn rest(&self, key: u8, voice: Voice, harmony: Option<&Harmony>) -> f32 {
        let degree = voice.key.degree(key);
        let leans = self.cadence.leans(degree, voice.key.scale);
        let Some(harmony) = harmony.filter(|_| self.cadence != Cadence::None) else { return leans };
        let Some(root) = harmony.root(&self.note) else { return leans };
        let (together, sounding) = harmony.agreement(&LineNote { key, ..self.note });
        let suits = CHORD_NOTE * (together - sounding);
        match self.cadence {
            Cadence::Final if voice.key.has(root) => {
                suits + if key % 12 == root { HOME } else { 0.0 }
            }
            Cadence::Final => suits + leans,
            _ => suits,
        }
    }

    /// What a key costs for its distance from the register, so that phrases differ in height and
    /// together use the range.
    fn height(&self, key: u8, voice: Voice) -> f32 {
        let (low, high) = (f32::from(voice.range.low()), f32::from(voice.range.high()));
        let (width, middle) = (0.3 * (high - low), low + self.register * (high - low));
        ((f32::from(key) - middle) / width).powi(2)
    }

    /// What a key costs for having been sung much, or more than the take does.
    fn overuse(&self, key: u8, voice: Voice) -> f32 {
        let all: f32 = self.sung.iter().sum();
        let here = self.sung[usize::from(voice.key.degree(key))];
        if let Some(profile) = self.profile {
            return -profile.pull(key, here, all);
        }
        if all < FEW {
            return 0.0;
        }
        let notes = voice.key.scale.notes().min(MOST_EVEN) as f32;
        let share = (here + 0.5) / (all + 0.5 * notes) * notes;
        OVERUSED * share.ln().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composer::{Key, PITCHES};

    fn voice(key: &str) -> Voice {
        let range = "C3-C6".parse().unwrap();
        Voice { key: key.parse::<Key>().unwrap(), range, program: 0 }
    }

    /// The likeliest key where the network prefers none.
    fn likeliest(key: &str, moment: &Moment) -> u8 {
        let voice = voice(key);
        let mut said = [0.0; PITCHES];
        shape(&mut said, voice, moment, None);
        let best = (0..PITCHES).max_by(|&a, &b| said[a].total_cmp(&said[b])).unwrap();
        voice.at(best).unwrap()
    }

    fn moment<'a>(before: &'a [u8], sung: &'a [f32; 12]) -> Moment<'a> {
        let note = LineNote { slot: 0, length: 4, key: 0 };
        let cadence = Cadence::None;
        Moment {
            note,
            before,
            next: None,
            sung,
            motif: None,
            cadence,
            is_strong: true,
            profile: None,
            register: 0.5,
        }
    }

    #[test]
    fn wide_leaps_are_followed_by_a_step_back() {
        let even = [0.0; 12];
        for (before, last) in [(60, 72), (72, 60), (55, 64), (79, 67)] {
            let keys = [before, last];
            let next = likeliest("C", &moment(&keys, &even));
            let (leap, step) = (i16::from(last) - i16::from(before), i16::from(next));
            let step = step - i16::from(last);
            assert!(step.signum() == -leap.signum() && step.abs() <= 4, "{keys:?} {next}");
        }
    }

    #[test]
    fn a_motif_goes_on_by_its_steps_in_every_scale() {
        let even = [0.0; 12];
        for (key, before, step, next) in [
            ("C", 64, 2, 67),
            ("C", 65, 2, 69),
            ("E minor pentatonic", 64, 1, 67),
            ("A minor", 64, -1, 62),
        ] {
            let keys = [before];
            let motif = Moment { motif: Some(step), ..moment(&keys, &even) };
            assert_eq!(likeliest(key, &motif), next, "{key} {before} {step}");
        }
    }

    #[test]
    fn phrases_rest_on_notes_of_the_tonic_chord_and_melodies_on_the_tonic() {
        let even = [0.0; 12];
        let keys = [64];
        for name in ["C", "F# locrian", "Bb blues", "D dorian", "G minor pentatonic"] {
            let key: Key = name.parse().unwrap();
            let ends = |cadence| {
                let moment = Moment { cadence, ..moment(&keys, &even) };
                key.degree(likeliest(name, &moment))
            };
            assert!([0, 3, 4, 6, 7].contains(&ends(Cadence::Closed)), "{name}");
            assert!([2, 3, 4, 6, 7].contains(&ends(Cadence::Open)), "{name}");
            assert_eq!(ends(Cadence::Final), 0, "{name}");
        }
    }

    #[test]
    fn a_line_does_not_go_to_and_fro_for_long() {
        let cost = |before: &[u8]| -moment(before, &[0.0; 12]).movement(71, voice("C"));
        // A turn and another one are free, and so is a note that was sung earlier.
        assert_eq!(cost(&[71, 72]), cost(&[74, 72]));
        assert_eq!(cost(&[72, 71, 72]), cost(&[74, 72]));
        assert_eq!(cost(&[71, 74, 72]), cost(&[74, 72]));
        assert!(cost(&[71, 72, 71, 72]) > cost(&[71, 72]) + 0.5);
        assert!(cost(&[71, 72, 71, 72, 71, 72]) > cost(&[71, 72, 71, 72]) + 1.0);
    }

    #[test]
    fn outside_the_scale_notes_pass_and_long_ones_are_of_the_chord_or_common() {
        let even = [0.0; 12];
        let keys = [67];
        // Of fifty notes one is an F sharp, and ten are B flats.
        let mut sung = vec![60; 39];
        sung.push(66);
        sung.extend([70; 10]);
        let profile = PitchClassProfile::of(sung);
        let moment = Moment { profile, ..moment(&keys, &even) };
        let sings = |moment: &Moment, key: u8, harmony: Option<&Harmony>| {
            moment.admits(key, voice("C"), harmony)
        };
        assert!(sings(&moment, 70, None) && sings(&moment, 62, None));
        assert!(!sings(&moment, 66, None) && !sings(&moment, 61, None));
        let weak = Moment { is_strong: false, ..moment };
        assert!(sings(&weak, 66, None) && !sings(&weak, 61, None));
        let end = Moment { cadence: Cadence::Closed, ..weak };
        assert!(!sings(&end, 66, None));
        // It goes on by step.
        let behind = [67, 66];
        let next = Moment { before: &behind, cadence: Cadence::None, ..end };
        assert!(next.passing(67, voice("C")) > next.passing(72, voice("C")));
        let strict = Moment { profile: None, ..next };
        assert!(
            (60..72).all(|key| strict.admits(key, voice("C"), None) == voice("C").key.has(key))
        );
    }

    #[test]
    fn what_was_sung_much_gives_way() {
        let mut sung = [0.0; 12];
        sung[7] = 20.0;
        sung[9] = 1.0;
        let keys = [67];
        let without = likeliest("C", &moment(&keys, &[0.0; 12]));
        assert_eq!(without, 67);
        assert_ne!(likeliest("C", &moment(&keys, &sung)) % 12, 7);
    }
}
