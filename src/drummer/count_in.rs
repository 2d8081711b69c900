//! Count-ins of songs that begin at once, in a bar ahead of them.
//!
//! Where a song leaves a bar for it, the arrangement counts in; nothing else changes in either case.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::fills::{self, Chooser, FillHit, FillLibrary, Site};
use super::settings::{CountIn, Settings};
use super::song_analysis::SongAnalysis;
use crate::score::{
    BarGrid, BarIndex, DrumPart, GridKind, Hit, Lane, Metre, MetreChange, Note, Song, StepGrid,
    TempoChange, TempoMap, Ticks, Track, Velocity,
};

/// How loud the sticks of a count-in click, as a share of full strength: all players have to hear them.
pub(super) const CLICK: f32 = 0.75;
/// The softest stroke of a fill that counts in, beside its loudest.
const SOFTEST: f32 = 0.4;
/// How strongly the form turns where that shall make fills neither longer nor shorter.
pub(super) const USUAL_TURN: f32 = 0.5;

/// The notes that count in a song in the bar that [`moved_by_bar`] puts before it, in ticks of that bar;
/// none where the settings ask for none or the song leaves room for a count-in, which its part has then.
pub fn count_in_notes(analysis: &SongAnalysis, settings: &Settings) -> Vec<Note> {
    let Some((bar, own)) = analysis.bars.bars().first().zip(analysis.grids.first()) else {
        return Vec::new();
    };
    if analysis.sounding.entry.0 > 0 {
        return Vec::new();
    }
    let grid = StepGrid::for_metre(bar.metre, own.kind == GridKind::Ternary);
    let strokes = match settings.count_in {
        CountIn::None => Vec::new(),
        CountIn::Sticks => {
            let velocity = Velocity::from_unit(CLICK).get();
            let beats = (0..grid.steps).step_by(grid.steps_per_beat);
            beats.map(|step| FillHit { step, lane: Lane::SideStick, velocity }).collect()
        }
        CountIn::Fill => fill(analysis, settings, grid),
    };
    let hit = |stroke: FillHit| Hit {
        bar: BarIndex(0),
        step: stroke.step,
        key: stroke.lane.default_key(),
        velocity: Velocity::clamped(stroke.velocity),
        offset: 0.0,
    };
    let ticks_per_quarter = analysis.tempo.ticks_per_quarter();
    let change = MetreChange { at: Ticks(0), metre: bar.metre };
    let bars = BarGrid::new(ticks_per_quarter, &[change], bar.metre.bar_ticks(ticks_per_quarter));
    DrumPart::new(bars, vec![grid], strokes.into_iter().map(hit).collect()).notes()
}

/// A fill that leads to the song's first bar.
fn fill(analysis: &SongAnalysis, settings: &Settings, grid: StepGrid) -> Vec<FillHit> {
    let limbs = analysis.limbs(settings)[0];
    let first = analysis.form.label_at(0).unwrap_or(0);
    let site = Site {
        grid,
        length: fills::length(&grid, settings.fill_complexity, USUAL_TURN),
        step: limbs.step,
        double_pedal: limbs.double_pedal,
        complexity: settings.fill_complexity,
        turn: (first, first),
        likely: None,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed ^ analysis.fingerprint);
    let mut chooser = Chooser::new(FillLibrary::embedded(), settings.style.preset(), [0.0; 3]);
    let mut strokes = chooser.choose(&site, &mut rng).unwrap_or_default();
    // People play fills as hard as the groove that they leave; here there is none yet.
    let loudest = strokes.iter().map(|stroke| stroke.velocity).max().unwrap_or(1);
    for stroke in &mut strokes {
        let share = f32::from(stroke.velocity) / f32::from(loudest);
        stroke.velocity = Velocity::from_unit(CLICK * share.max(SOFTEST)).get();
    }
    strokes
}

/// A song that begins one bar later, with its first tempo and metre from the start.
pub fn moved_by_bar(song: &Song) -> Song {
    let first = song.metres_in_order().into_iter().find(|change| change.at == Ticks(0));
    let metre = first.map_or(Metre::COMMON, |change| change.metre);
    let later = metre.bar_ticks(song.ticks_per_quarter());
    let moved = |at: Ticks| if at == Ticks(0) { at } else { at + later };
    let tempos = song.tempo.changes().map(|change| TempoChange { at: moved(change.at), ..change });
    let metres = song.metres.iter().map(|change| MetreChange { at: moved(change.at), ..*change });
    let track = |track: &Track| Track {
        notes: track.notes.iter().map(|note| Note { start: note.start + later, ..*note }).collect(),
        ..track.clone()
    };
    Song {
        tempo: TempoMap::new(song.ticks_per_quarter(), tempos),
        metres: metres.collect(),
        tracks: song.tracks.iter().map(track).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::TrackKind;

    fn song(first: u64) -> Song {
        let notes = (first..first + 16)
            .map(|beat| Note {
                start: Ticks(beat * 96),
                length: Ticks(96),
                key: 60,
                velocity: Velocity::clamped(80),
            })
            .collect();
        let tempo = |at, micros_per_quarter| TempoChange { at: Ticks(at), micros_per_quarter };
        Song {
            tempo: TempoMap::new(96, [tempo(0, 400_000), tempo(96 * 6, 500_000)]),
            metres: vec![MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() }],
            tracks: vec![Track {
                name: String::new(),
                kind: TrackKind::Melodic { program: 0 },
                notes,
            }],
        }
    }

    #[test]
    fn a_song_moves_by_a_bar_with_all_that_it_has() {
        let later = moved_by_bar(&song(0));
        assert_eq!(later.tracks[0].notes[0].start, Ticks(288));
        assert_eq!(later.tempo.bpm(Ticks(0)).0, 150.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9)).0, 120.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9 - 1)).0, 150.0);
        assert_eq!(later.bars().bars()[0].length, Ticks(288));
    }
}
