//! How loud a song is, bar by bar, from its notes alone.
//!
//! A note counts by its energy (velocity squared) twice: for its attack, and for as long as it
//! sounds, where instruments that fade count less. Energies add up, so more notes, more tracks and
//! fuller chords are louder, as they are in a room. Levels are in decibels below the song's loud
//! bars, so that what a mix is recorded at does not matter.
//!
//! What a drummer follows is the phrase more than the bar: [`Dynamics::level`] is mostly smoothed
//! over the bars around by a bilateral filter (Tomasi and Manduchi, ICCV 1998), which averages bars that are
//! about as loud as this one. A single thin bar changes little; the step into a chorus or a
//! breakdown stays a step, and a crescendo stays a slope.
//!
//! A song that is about as loud throughout gets an arc from section to section, as drummers give it:
//! they hold back at first and are fullest at the end. It moves velocities, not what is played.
//!
//! Songs that are struck softly throughout are drummed so, unless their velocities say nothing: to a lullaby
//! nobody plays a rock drummer's back beat.

use super::form::Section;
use crate::score::{BarGrid, BarIndex, Song, TrackKind};

/// Levels are cut here, in decibels below the loud bars; bars of rest have this level by themselves.
pub const QUIETEST: f32 = -40.0;

/// Velocities that differ by less (decibels) are as hard, and those of a song that spread by less are all the
/// same.
const TOUCH: f32 = 0.5;
const TOUCHED: f32 = 0.5;
/// How far, at most, a bar falls below the softer of its neighbours that rests or is struck as hard; and below
/// the loud bars one that is struck as they are, if this share of their tracks plays.
const DIP: f32 = 1.0;
const HARD: f32 = 2.0;
const ALL_PLAY: f32 = 0.75;

/// Bars on either side that smoothing looks at, and the deviation of its weights in bars.
const REACH: usize = 6;
const NEAR: f32 = 2.5;
/// Difference of level, in decibels, at which another bar's weight has fallen to 0.6.
const ALIKE: f32 = 3.5;
/// What is left to the bar by itself.
const ALONE: f32 = 0.2;
/// How far the last section stands above the first where the song has no dynamics of its own, in
/// decibels; and the distance between its loud and its quiet fifth from which it has enough of them.
const ARC: f32 = 2.0;
const ENOUGH: f32 = 5.0;
/// The share of the bars that are at least as loud as the reference of all levels.
const LOUD_SHARE: f32 = 0.2;
/// The mean velocity under which a song is a soft one; what the drums do of that in decibels, where people's
/// in 134 songs of `paired` do .8 (snares more); and the softest.
const USUAL_VELOCITY: f32 = 90.0;
const SOFTER: f32 = 0.7;
const SOFTEST: f32 = -6.0;
/// So many different velocities were played, or drawn with care.
const PLAYED: usize = 12;

/// The loudness of every bar of a song. Levels are in decibels, 0 for the song's loud bars (its
/// loudest fifth begins there), at least [`QUIETEST`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dynamics {
    bars: Vec<f32>,
    smooth: Vec<f32>,
    /// Decibels by which each bar is played above or below its level.
    arc: Vec<f32>,
    /// Decibels by which all of the song is played softer than usual, 0 or less.
    song_gain: f32,
}

impl Dynamics {
    /// Measures the melodic tracks of `song` on the given bars.
    pub fn of(song: &Song, bars: &BarGrid) -> Dynamics {
        let mut energy = vec![0.0f32; bars.len()];
        let mut touches = vec![Touch::default(); bars.len()];
        let mut velocities = [0usize; 128];
        for track in song.melodic() {
            let TrackKind::Melodic { program } = track.kind else { continue };
            let Voice { loudness, sustain } = voice(program);
            let mut heard = 0;
            for note in &track.notes {
                velocities[usize::from(note.velocity.get())] += 1;
                let Some(BarIndex(home)) = bars.bar_at(note.start) else { continue };
                let power = loudness * note.velocity.unit().powi(2);
                energy[home] += power * per_four_quarters(bars, home);
                touches[home].velocities += note.velocity.unit();
                touches[home].attacks += 1.0;
                for (BarIndex(bar), share) in bars.shares(note.start, note.end()) {
                    energy[bar] += power * sustain * share;
                    touches[bar].tracks += usize::from(bar >= heard);
                    heard = heard.max(bar + 1);
                }
            }
        }
        Dynamics { song_gain: song_gain(&velocities), ..Dynamics::from_energy(&energy, &touches) }
    }

    fn from_energy(energy: &[f32], touches: &[Touch]) -> Dynamics {
        let mut sounding: Vec<f32> = energy.iter().copied().filter(|&e| e > 0.0).collect();
        if sounding.is_empty() {
            let none = vec![0.0; energy.len()];
            return Dynamics {
                bars: none.clone(),
                smooth: none.clone(),
                arc: none,
                song_gain: 0.0,
            };
        }
        sounding.sort_by(|a, b| b.total_cmp(a));
        let loud = sounding[(sounding.len() as f32 * LOUD_SHARE) as usize];
        let bars: Vec<f32> =
            energy.iter().map(|e| (10.0 * (e / loud).log10()).clamp(QUIETEST, 12.0)).collect();
        let mut smooth = smoothed(&bars);
        struck_as_neighbours(&bars, touches, &mut smooth);
        struck_as_loud_bars(&bars, touches, &mut smooth);
        rest(&bars, &mut smooth);
        let arc = vec![0.0; bars.len()];
        Dynamics { bars, smooth, arc, song_gain: 0.0 }
    }

    /// With an arc over the sections of a song that has little dynamics of its own.
    pub(super) fn with_arc(mut self, sections: &[Section]) -> Dynamics {
        let mut levels: Vec<f32> = self.sounding().collect();
        levels.sort_by(f32::total_cmp);
        if sections.len() < 2 || levels.is_empty() {
            return self;
        }
        let spread = levels[levels.len() * 4 / 5] - levels[levels.len() / 5];
        let depth = ARC * (1.0 - spread / ENOUGH).max(0.0);
        for (number, section) in sections.iter().enumerate() {
            let place = number as f32 / (sections.len() - 1) as f32;
            for arc in self.arc.iter_mut().take(section.bars.end).skip(section.bars.start) {
                // Most of it below the usual: accents have little room above.
                *arc = depth * (place - 0.75);
            }
        }
        self
    }

    /// As others play who are not heard: where the song rests, as loud as before it rested.
    pub(super) fn among_others(mut self) -> Dynamics {
        for bar in 1..self.len() {
            if self.rests(bar) {
                self.smooth[bar] = self.smooth[bar - 1];
            }
        }
        self
    }

    /// Whether the song has no notes in a bar.
    pub(super) fn rests(&self, bar: usize) -> bool {
        self.level_alone(bar) <= QUIETEST
    }

    /// The levels of the bars in which the song has notes.
    fn sounding(&self) -> impl Iterator<Item = f32> {
        let bars = self.bars.iter().zip(&self.smooth);
        bars.filter(|(bar, _)| **bar > QUIETEST).map(|(_, level)| *level)
    }

    /// How many bars were measured.
    pub fn len(&self) -> usize {
        self.bars.len()
    }

    /// Whether there are no bars.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// The level that a drummer follows in a bar: decibels, smoothed; bars of rest stand a little
    /// below those around them. 0 behind the last bar.
    pub fn level(&self, bar: usize) -> f32 {
        self.smooth.get(bar).copied().unwrap_or(0.0)
    }

    /// The level at which a bar is struck: that which the drummer follows, with the song's arc. 0 behind
    /// the last bar.
    pub(super) fn velocity_level(&self, bar: usize) -> f32 {
        self.level(bar) + self.arc.get(bar).copied().unwrap_or(0.0)
    }

    /// How much softer than usual the drums are struck because all of the song is: decibels, 0 or less.
    pub(super) fn song_gain(&self) -> f32 {
        self.song_gain
    }

    /// The level of a bar by itself: decibels, not smoothed. 0 behind the last bar.
    pub fn level_alone(&self, bar: usize) -> f32 {
        self.bars.get(bar).copied().unwrap_or(0.0)
    }

    /// The mean of [`Dynamics::level`] over the bars in which the song has notes; 0 without any.
    pub fn mean_level(&self) -> f32 {
        let (sum, count) =
            self.sounding().fold((0.0, 0), |(sum, count), level| (sum + level, count + 1));
        if count == 0 { 0.0 } else { sum / count as f32 }
    }

    /// [`Dynamics::level`] as a share of the loud bars' amplitude, 0 to 1 (loud).
    pub fn loudness(&self, bar: usize) -> f32 {
        share(self.level(bar))
    }
}

/// See [`Dynamics::song_gain`]; `velocities` says how often each occurs.
fn song_gain(velocities: &[usize; 128]) -> f32 {
    if velocities.iter().filter(|&&count| count > 0).count() < PLAYED {
        return 0.0;
    }
    let count = velocities.iter().sum::<usize>() as f32;
    let sum: usize = velocities.iter().enumerate().map(|(velocity, count)| velocity * count).sum();
    (SOFTER * 20.0 * (sum as f32 / count / USUAL_VELOCITY).log10()).clamp(SOFTEST, 0.0)
}

/// How a bar's notes are struck.
#[derive(Clone, Copy, Default)]
struct Touch {
    /// Sum of the velocities of the notes that begin, 0 to 1 each, and how many there are.
    velocities: f32,
    attacks: f32,
    /// How many tracks sound.
    tracks: usize,
}

impl Touch {
    /// The mean velocity in decibels; `None` where no note begins.
    fn level(&self) -> Option<f32> {
        (self.attacks > 0.0).then(|| 20.0 * (self.velocities / self.attacks).max(1e-3).log10())
    }
}

/// Few notes are not soft notes: a bar that is struck as hard as those beside it, as one long note at the end of
/// a phrase is, is hardly softer. `levels` and `smooth` by bar, in decibels.
fn struck_as_neighbours(levels: &[f32], touches: &[Touch], smooth: &mut [f32]) {
    let sounds = |bar: usize| levels[bar] > QUIETEST;
    let level = |bar: usize| touches[bar].level();
    let before = smooth.to_vec();
    for bar in 1..levels.len().saturating_sub(1) {
        let beside = [bar - 1, bar + 1];
        let tracks = beside.map(|bar| touches[bar].tracks).into_iter().min().unwrap_or(0);
        let softest = beside.into_iter().filter_map(level).fold(f32::INFINITY, f32::min);
        let as_hard = level(bar).is_none_or(|level| level >= softest - TOUCH);
        if [bar - 1, bar, bar + 1].into_iter().all(sounds)
            && 2 * touches[bar].tracks >= tracks
            && as_hard
        {
            smooth[bar] = smooth[bar].max(before[bar - 1].min(before[bar + 1]) - DIP);
        }
    }
}

/// A breakdown of heavy chords: what is struck as hard as in the loud bars, by as many tracks, is hardly softer,
/// unless the song's velocities are all the same and say nothing.
fn struck_as_loud_bars(levels: &[f32], touches: &[Touch], smooth: &mut [f32]) {
    let sounds = |bar: usize| levels[bar] > QUIETEST;
    let level = |bar: usize| touches[bar].level();
    let loud: Vec<&Touch> =
        (0..levels.len()).filter(|&b| levels[b] >= 0.0).map(|b| &touches[b]).collect();
    let all: Vec<f32> = touches.iter().filter_map(Touch::level).collect();
    let mean = |levels: &[f32]| levels.iter().sum::<f32>() / levels.len().max(1) as f32;
    let usual = mean(&all);
    let spread = mean(&all.iter().map(|level| (level - usual).powi(2)).collect::<Vec<_>>()).sqrt();
    let hard = mean(&loud.iter().filter_map(|touch| touch.level()).collect::<Vec<_>>());
    let tracks = mean(&loud.iter().map(|touch| touch.tracks as f32).collect::<Vec<_>>());
    if spread < TOUCHED {
        return;
    }
    for bar in (0..levels.len()).filter(|&bar| sounds(bar)) {
        let all_play = touches[bar].tracks as f32 >= ALL_PLAY * tracks;
        if all_play && level(bar).is_some_and(|level| level >= hard - TOUCH) {
            smooth[bar] = smooth[bar].max(-HARD);
        }
    }
}

/// Bars of rest take their level from the bars on either side.
fn rest(bars: &[f32], smooth: &mut [f32]) {
    let sounds = |bar: &usize| bars[*bar] > QUIETEST;
    for bar in (0..bars.len()).filter(|bar| !sounds(bar)) {
        let before = (0..bar).rev().find(sounds);
        let behind = (bar + 1..bars.len()).find(sounds);
        let around = before.into_iter().chain(behind).map(|bar| smooth[bar]);
        smooth[bar] = around.fold(f32::INFINITY, f32::min).min(0.0) - DIP;
    }
}

fn share(level: f32) -> f32 {
    if level <= QUIETEST { 0.0 } else { 10f32.powf(level / 20.0).min(1.0) }
}

/// What makes a bar of another length comparable: attacks count for each four quarters.
fn per_four_quarters(bars: &BarGrid, bar: usize) -> f32 {
    4.0 * f32::from(bars.ticks_per_quarter()) / bars.bars()[bar].length.0.max(1) as f32
}

fn smoothed(levels: &[f32]) -> Vec<f32> {
    let at = |bar: usize| {
        let here = levels[bar];
        let around = bar.saturating_sub(REACH)..levels.len().min(bar + REACH + 1);
        let (mut sum, mut weights) = (0.0, 0.0);
        for other in around {
            let apart = (other as f32 - bar as f32) / NEAR;
            let unlike = (levels[other] - here) / ALIKE;
            let weight = (-0.5 * (apart * apart + unlike * unlike)).exp();
            sum += weight * levels[other];
            weights += weight;
        }
        // The bar itself has weight 1.
        (1.0 - ALONE) * sum / weights + ALONE * here
    };
    (0..levels.len()).map(at).collect()
}

/// How an instrument sounds: its loudness beside others at the same velocity (energy), and how much
/// of the attack's energy goes on while it is held, for each bar.
struct Voice {
    loudness: f32,
    sustain: f32,
}

/// By General MIDI family: strings, organs, winds and synthesisers sustain, plucked and struck
/// instruments fade. Distorted guitars and brass carry further than what else plays at their
/// velocity; pads stand behind it.
fn voice(program: u8) -> Voice {
    let (loudness, sustain) = match program {
        29 | 30 => (1.6, 1.5),
        56..=63 => (1.3, 1.5),
        16..=23 | 40..=44 | 48..=55 | 64..=87 => (1.0, 1.5),
        88..=95 => (0.7, 1.5),
        8..=15 | 45..=47 | 104..=119 => (0.8, 0.3),
        _ => (1.0, 0.6),
    };
    Voice { loudness, sustain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Track, Velocity};

    /// One bar of 4/4 for each (notes, velocity).
    fn song(bars: &[(u64, u8)]) -> (Song, BarGrid) {
        let notes = bars.iter().enumerate().flat_map(|(bar, &(count, velocity))| {
            (0..count).map(move |number| Note {
                start: Ticks(384 * bar as u64 + number * 384 / count),
                length: Ticks(384 / count),
                key: 60,
                velocity: Velocity::clamped(velocity),
            })
        });
        let notes = notes.collect();
        let kind = TrackKind::Melodic { program: 0 };
        let tracks = vec![Track { name: String::new(), kind, notes }];
        let song = Song { tempo: TempoMap::new(96, []), metres: vec![], tracks };
        (song, BarGrid::new(96, &[], Ticks(384 * bars.len() as u64)))
    }

    fn measured(bars: &[(u64, u8)]) -> Dynamics {
        let (song, bars) = song(bars);
        Dynamics::of(&song, &bars)
    }

    #[test]
    fn others_play_on_as_loud_as_before() {
        let (song, bars) = song(&[(8, 100), (8, 100), (0, 1), (0, 1), (4, 40), (4, 40)]);
        let alone = Dynamics::of(&song, &bars);
        let levels = |dynamics: &Dynamics| [1, 2, 3, 4].map(|bar| dynamics.level(bar));
        let [before, _, rest, after] = levels(&alone);
        assert!(rest < after && after < before);
        assert_eq!(levels(&alone.among_others()), [before, before, before, after]);
    }

    #[test]
    fn an_even_song_has_no_dynamics() {
        let dynamics = measured(&[(8, 80); 20]);
        assert!((0..20).all(|bar| dynamics.level(bar).abs() < 1e-3));
        assert!((0..20).all(|bar| dynamics.loudness(bar) > 0.999));
    }

    #[test]
    fn an_even_song_grows_from_section_to_section() {
        let sections: Vec<Section> = [0..4, 4..8, 8..16, 16..20]
            .into_iter()
            .map(|bars| Section { label: 0, bars })
            .collect();
        let levels = |bars: &[(u64, u8)], sections: &[Section]| -> Vec<f32> {
            let dynamics = measured(bars).with_arc(sections);
            (0..20).map(|bar| dynamics.velocity_level(bar) - dynamics.level(bar)).collect()
        };
        let even = levels(&[(8, 80); 20], &sections);
        assert!(even.is_sorted() && even[0] == even[3]);
        assert!((even[19] - even[0] - ARC).abs() < 1e-6 && even[19] < 0.6);
        // One section alone has nowhere to grow, and a song that has dynamics keeps them.
        assert_eq!(levels(&[(8, 80); 20], &sections[..1]), [0.0; 20]);
        let mut bars = [(8, 80); 20];
        bars[8..16].fill((8, 40));
        assert!(levels(&bars, &sections).iter().all(|arc| arc.abs() < 1e-6));
    }

    #[test]
    fn halving_the_velocity_is_six_decibels() {
        let mut bars = vec![(8, 80); 16];
        bars[8..].fill((8, 40));
        let dynamics = measured(&bars);
        assert!((dynamics.level_alone(12) + 6.02).abs() < 0.05);
        // The step stays a step.
        assert!(dynamics.level(6) > -1.0 && dynamics.level(7) > -1.5);
        assert!(dynamics.level(8) < -4.5 && dynamics.level(9) < -5.0);
    }

    #[test]
    fn one_thin_bar_is_no_breakdown_but_four_are() {
        let mut bars = vec![(8, 80); 24];
        bars[5] = (4, 80);
        bars[12..16].fill((2, 60));
        let dynamics = measured(&bars);
        assert!(dynamics.level(5) > -1.5, "{}", dynamics.level(5));
        assert!((12..16).all(|bar| dynamics.level(bar) < -6.0));
    }

    #[test]
    fn few_notes_that_are_struck_hard_are_not_soft() {
        // A long note at the end of every phrase, as hard as the others, and a soft one.
        let phrase = |last: u8| [(8, 80), (8, 80), (8, 80), (1, last)].repeat(4);
        let level = |bars: &[(u64, u8)], bar: usize| measured(bars).level(bar);
        assert!(level(&phrase(80), 7) > -1.5 && level(&phrase(40), 7) < -6.0);
        // Heavy chords are as loud as what is struck as hard; soft ones are not.
        let song = |velocity: u8| [[(8, 70); 8], [(8, 110); 8], [(2, velocity); 8]].concat();
        assert!(level(&song(110), 20) >= -HARD && level(&song(70), 20) < -6.0);
    }

    #[test]
    fn soft_songs_are_drummed_softly() {
        let gain = |mean: u8| {
            let bars: Vec<(u64, u8)> = (0..13).map(|bar| (8, mean - 12 + 2 * bar)).collect();
            measured(&bars).song_gain()
        };
        assert_eq!(gain(100), 0.0);
        assert!(gain(70) < -1.0 && gain(45) < gain(70) - 2.0 && gain(14) == SOFTEST);
        assert_eq!(
            measured(&[(8, 45); 13]).song_gain(),
            0.0,
            "one velocity throughout says nothing"
        );
    }

    #[test]
    fn a_crescendo_rises_bar_by_bar() {
        let bars: Vec<(u64, u8)> = (0..12).map(|bar| (8, 40 + 6 * bar)).collect();
        let dynamics = measured(&bars);
        assert!((1..12).all(|bar| dynamics.level(bar) > dynamics.level(bar - 1)));
    }

    #[test]
    fn rest_is_silent_and_nothing_is_even() {
        let dynamics = measured(&[(8, 80), (8, 80), (0, 1), (0, 1), (0, 1)]);
        assert_eq!(dynamics.level_alone(3), QUIETEST);
        assert_eq!(dynamics.level(3), -DIP);
        let empty = measured(&[(0, 1); 4]);
        assert!((0..6).all(|bar| empty.level(bar) == 0.0));
    }
}
