//! Which bars of a song play which bar of a groove whose bars are from that song.
//!
//! A bar goes where the song is as it is at that bar's home. How much each likeness says was fitted by
//! logistic regression on 296 songs of `paired`: which of two of a song's own bars its other bars are
//! nearer to. In ten folds by song the bars chosen so have f1_all .78 (the main one alone .73, the
//! nearer one each .84).

use super::Form;
use super::features::Contents;
use crate::analysis::Ssm;
use crate::score::{BarIndex, Groove};

/// What is compared: onsets by track, repetition and similarity of the predicted drums, each in standard
/// deviations; then what is yes or no: the same section, the same letter of the drums' form, the same of
/// its sections, the last of a section or not.
const LIKENESS: [f32; 7] = [0.17, 0.25, 0.74, 0.47, 0.81, 0.8, 0.57];
/// How much of it is measured, and has a deviation.
const MEASURED: usize = 3;
/// What speaks for the main bar beside that.
const MAIN: f32 = 1.04;
/// The least deviation that says anything.
const LEAST_DEVIATION: f32 = 0.02;

/// What makes two bars of a song alike.
pub(super) struct Likeness<'a> {
    /// What the bars play.
    pub contents: &'a Contents,
    /// Similarity that the drums of the bars should have.
    pub drum_ssm: &'a Ssm,
    /// The song's sections.
    pub form: &'a Form,
    /// Sections of the predicted drums.
    pub drum_form: &'a Form,
}

impl Likeness<'_> {
    /// For each bar of the song the bar of a groove that it is to play; `None` if it is not known where
    /// in the song its bars are at home, or if there is but one.
    pub fn nearest(&self, groove: &Groove) -> Option<Vec<usize>> {
        let (homes, bars) = (groove.homes(), self.contents.len());
        if homes.len() < 2 || homes.iter().any(|home| home.0 >= bars) {
            return None;
        }
        let of = |home: &BarIndex| (0..bars).map(|bar| self.compared(bar, home.0)).collect();
        let mut compared: Vec<Vec<[f32; LIKENESS.len()]>> = homes.iter().map(of).collect();
        for kind in 0..MEASURED {
            let deviation = deviation(compared.iter().flatten().map(|values| values[kind]));
            let values = compared.iter_mut().flatten();
            values.for_each(|values| values[kind] /= deviation.max(LEAST_DEVIATION));
        }
        // None of the bars that somebody took in one piece is the main one.
        let main = if are_in_a_row(homes) { 0.0 } else { MAIN };
        let value = |bar: usize, place: usize| {
            let said = compared[place][bar].iter().zip(LIKENESS);
            let said: f32 = said.map(|(value, weight)| value * weight).sum();
            said + if place == 0 { main } else { 0.0 }
        };
        let nearest = |bar: usize| {
            // A bar at home plays what is its own; the first of equals.
            let at_home = homes.iter().position(|home| home.0 == bar);
            let places = (0..homes.len()).rev();
            at_home.or(places.max_by(|&a, &b| value(bar, a).total_cmp(&value(bar, b))))
        };
        (0..bars).map(nearest).collect()
    }

    fn compared(&self, bar: usize, home: usize) -> [f32; LIKENESS.len()] {
        let Likeness { contents, drum_ssm, form, drum_form } = self;
        let alike = |is: bool| f32::from(u8::from(is));
        [
            contents.onsets(bar, home),
            contents.repetition(bar, home, 0),
            drum_ssm.get(bar, home),
            alike(form.section_at(bar) == form.section_at(home)),
            alike(drum_form.label_at(bar) == drum_form.label_at(home)),
            alike(drum_form.section_at(bar) == drum_form.section_at(home)),
            alike((form.place(bar)[1] == 0) == (form.place(home)[1] == 0)),
        ]
    }
}

/// Whether bars follow each other.
pub(super) fn are_in_a_row(bars: &[BarIndex]) -> bool {
    bars.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0)
}

fn deviation(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let count = values.clone().count().max(1) as f32;
    let mean = values.clone().sum::<f32>() / count;
    (values.map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::Section;
    use crate::drummer::features::{bar_features, step_grids};
    use crate::score::{
        GrooveSource, Hit, Lane, Metre, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity,
    };

    /// A groove of two bars that are at home in these bars.
    fn groove(homes: &[usize]) -> Groove {
        let hit = |bar| Hit {
            bar: BarIndex(bar),
            step: 4 * bar,
            key: Lane::Kick.default_key(),
            velocity: Velocity::clamped(90),
            offset: 0.0,
        };
        let hits = vec![hit(0), hit(1)];
        let groove = Groove::new("two", GrooveSource::File, Metre::COMMON, false, 2, hits).unwrap();
        groove.at_home(homes.iter().map(|&home| BarIndex(home)).collect())
    }

    /// What bars play of a groove in a song of four bars of quarters, four of eighths and four of quarters.
    fn nearest(homes: &[usize]) -> Option<Vec<usize>> {
        let busy = |bar: u64| (4..8).contains(&bar);
        let notes = (0..12).flat_map(|bar| {
            let step = if busy(bar) { 48 } else { 96 };
            (0..384 / step).map(move |note| Note {
                start: Ticks(bar * 384 + note * step),
                length: Ticks(40),
                key: if busy(bar) { 72 } else { 60 },
                velocity: Velocity::clamped(80),
            })
        });
        let kind = TrackKind::Melodic { program: 0 };
        let tracks = vec![Track { name: String::new(), kind, notes: notes.collect() }];
        let song = Song { tempo: TempoMap::new(96, []), metres: vec![], tracks };
        let bars = song.bars();
        let grids = step_grids(&song, &bars);
        let features = bar_features(&song, &bars, &grids);
        let contents = Contents::of(&song, &bars, &grids, &features);
        let drum_ssm =
            Ssm::from_pairs(12, |a, b| if busy(a as u64) == busy(b as u64) { 0.9 } else { 0.1 });
        let sections = [0..4, 4..8, 8..12].map(|bars| Section { label: bars.start / 4 % 2, bars });
        let form = Form { sections: sections.into() };
        let likeness =
            Likeness { contents: &contents, drum_ssm: &drum_ssm, form: &form, drum_form: &form };
        likeness.nearest(&groove(homes))
    }

    #[test]
    fn bars_go_where_the_song_is_as_it_is_at_their_homes() {
        let turns = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0];
        assert_eq!(nearest(&[1, 5]).unwrap(), turns);
        assert_eq!(nearest(&[5, 10]).unwrap(), turns.map(|place| 1 - place));
        assert_eq!(nearest(&[3, 4]).unwrap(), turns);
    }

    #[test]
    fn without_homes_in_the_song_nothing_is_said() {
        assert_eq!(nearest(&[]), None);
        assert_eq!(nearest(&[1]), None, "one for each bar");
        assert_eq!(nearest(&[1, 12]), None);
    }
}
