//! What is known of a song before anybody asks for drums, and what follows from it alone.

use std::borrow::Cow;
use std::time::Duration;

use super::evaluation::SenseReference;
use super::features::{BarFeatures, Contents, PROGRAMS};
use super::limbs::Limbs;
use super::metre::BarQuery;
use super::pattern::{PatternInput, known_grid};
use super::sounding::{BAND, Sounding};
use super::structure::groups;
use super::windows::Window;
use super::{Dynamics, Form, Settings, Stage};
use crate::analysis::Ssm;
use crate::score::{BarGrid, Song, StepGrid, TempoMap, Ticks};

/// What the drummer heard in a song: everything that does not depend on [`Settings`].
#[derive(Clone, Debug)]
pub struct SongAnalysis {
    /// The bars of the song, in its metres.
    pub bars: BarGrid,
    /// One per bar.
    pub grids: Vec<StepGrid>,
    /// The tempo of the song.
    pub tempo: TempoMap,
    /// Sections as musicians name them.
    pub form: Form,
    /// Sections of the predicted drums: where they change, and which are played alike.
    pub drum_form: Form,
    /// Similarity of the rendered bars.
    pub melodic_ssm: Ssm,
    /// Similarity that the drums of the bars should have.
    pub drum_ssm: Ssm,
    /// How loud the song is, bar by bar.
    pub dynamics: Dynamics,
    /// By bar: how likely drummers play little in its section, 0 to 1.
    pub(super) sparse: Vec<f32>,
    /// Whether the song goes round; see [`is_loop`](super::ending::is_loop).
    pub loops: bool,
    /// How many melodic tracks play.
    pub(super) tracks: usize,
    pub(super) sounding: Sounding,
    /// Other songs have another one.
    pub(super) fingerprint: u64,
    pub(super) features: Vec<BarFeatures>,
    /// What each bar plays, note by note.
    pub(super) contents: Contents,
    pub(super) programs: [f32; PROGRAMS],
    /// The windows in which the networks see the song.
    pub(super) windows: Vec<Window>,
    /// How the pattern network is asked for each bar.
    pub(super) queries: Vec<BarQuery>,
    /// What parts are judged beside.
    pub(super) reference: SenseReference,
    pub(super) timings: Vec<(Stage, Duration)>,
}

impl SongAnalysis {
    /// As others play who are not heard, if so few tracks were heard that there may be any: where these rest for
    /// longer than a stop, the drums go on as before.
    pub(super) fn among_others(&self) -> Cow<'_, SongAnalysis> {
        if self.tracks >= BAND {
            return Cow::Borrowed(self);
        }
        let mut analysis = self.clone();
        for bar in (0..self.bars.len()).filter(|&bar| self.dynamics.rests(bar)) {
            analysis.sparse[bar] = 0.0;
        }
        analysis.sounding = self.sounding.among_others();
        analysis.dynamics = analysis.dynamics.among_others();
        Cow::Owned(analysis)
    }

    /// Whether low notes are struck in most bars of a bar's section.
    pub(super) fn has_bass(&self, bar: usize) -> bool {
        let section = self.form.section_at(bar).map(|section| &self.form.sections[section]);
        let bars = section.map_or(bar..bar + 1, |section| section.bars.clone());
        let low = |bar: &usize| self.features[*bar].low_onsets() > 0.0;
        2 * bars.clone().filter(low).count() > bars.len()
    }

    /// The song as the pattern network gets it.
    pub(super) fn pattern_input(&self) -> PatternInput<'_> {
        PatternInput {
            windows: &self.windows,
            features: &self.features,
            programs: &self.programs,
            bars: &self.bars,
            queries: &self.queries,
            tempo: &self.tempo,
        }
    }

    /// For each bar the first one that the pattern network is asked for as it is.
    pub(super) fn query_kinds(&self) -> Vec<usize> {
        let first = |query| self.queries.iter().position(|other| other == query);
        self.queries.iter().map(|query| first(query).unwrap_or_default()).collect()
    }

    /// Groups of bars that are played alike, numbered from 0; bars of one are asked for alike. About
    /// `distinct` of the bars differ.
    pub(super) fn pattern_groups(&self, distinct: f32) -> Vec<usize> {
        split_by(&groups(&self.drum_ssm, &self.form, distinct), &self.query_kinds())
    }

    /// The drummer's limbs in every bar, on the slots of its known grid.
    pub(super) fn limbs(&self, settings: &Settings) -> Vec<Limbs> {
        let seconds = |at| self.tempo.seconds(at).0;
        let bars = self.bars.bars().iter().zip(&self.grids);
        bars.map(|(bar, grid)| {
            let length = seconds(bar.end()) - seconds(bar.start);
            Limbs {
                step: (length / grid.steps as f64) as f32,
                steps: known_grid(grid).steps,
                double_pedal: settings.has_double_pedal(),
            }
        })
        .collect()
    }
}

/// Splits groups so that bars of one are of one kind.
pub(super) fn split_by<T: PartialEq>(groups: &[usize], kinds: &[T]) -> Vec<usize> {
    let mut seen = Vec::new();
    groups
        .iter()
        .zip(kinds)
        .map(|pair| {
            seen.iter().position(|known| *known == pair).unwrap_or_else(|| {
                seen.push(pair);
                seen.len() - 1
            })
        })
        .collect()
}

/// So many notes tell songs apart.
const TELLING: usize = 16;

/// A number of a song's first melodic notes, to the sixteenth; the same however many bars of rest are
/// before them. Who changes a note further on, or plays the song once more, keeps fills and feel.
pub(super) fn fingerprint(song: &Song, bars: &BarGrid) -> u64 {
    let mut notes: Vec<(Ticks, u8)> =
        song.melodic().flat_map(|track| &track.notes).map(|note| (note.start, note.key)).collect();
    notes.sort_unstable();
    let first = notes.first().and_then(|first| bars.bar_at(first.0));
    let start = first.map_or(Ticks(0), |first| bars.bars()[first.0].start);
    let sixteenth = (u64::from(song.ticks_per_quarter()) / 4).max(1);
    // Notes that begin together are in the order of their keys, however they were played.
    let mut first: Vec<(u64, u8)> = notes
        .iter()
        .take(TELLING)
        .map(|&(at, key)| (((at - start).0 + sixteenth / 2) / sixteenth, key))
        .collect();
    first.sort_unstable();
    // The constants of FNV-1a.
    first.into_iter().fold(0xcbf2_9ce4_8422_2325, |print, (place, key)| {
        (print ^ (place << 7 | u64::from(key))).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::count_in::moved;
    use crate::score::{Metre, Note, Track, TrackKind, Velocity};

    #[test]
    fn rests_before_a_song_and_changes_further_on_leave_its_fingerprint() {
        let song = |first: u64, last: u64| {
            let beats = first..first + TELLING as u64 + 1;
            let ticks = |beat| beat * 96 + if beat + 1 == beats.end { last } else { 0 };
            let notes = beats.clone().map(|beat| Note {
                start: Ticks(ticks(beat)),
                length: Ticks(96),
                key: 60,
                velocity: Velocity::clamped(80),
            });
            let kind = TrackKind::Melodic { program: 0 };
            let tracks = vec![Track { name: String::new(), kind, notes: notes.collect() }];
            Song { tempo: TempoMap::new(96, []), metres: Vec::new(), tracks }
        };
        let print = |song: &Song| fingerprint(song, &song.bars());
        let later = moved(&song(0, 0), Ticks(384), Metre::COMMON);
        assert_eq!(print(&song(0, 0)), print(&later));
        assert_eq!(print(&song(0, 0)), print(&song(0, 48)));
        assert_ne!(print(&song(0, 0)), print(&song(1, 0)));
    }
}
