//! How late a song's off-beats are played, and the song without that.

use crate::score::{Note, Song, Ticks};

/// Off-beats are looked for here, as a share of a beat (a quarter): from a little before its middle
/// to a little behind the triplet.
const FROM: f64 = 0.44;
const TO: f64 = 0.72;
/// Sixteenths would be nearer to their own places than this.
const SIXTEENTH: f64 = 0.05;
/// Where notes of dotted eighths and sixteenths are, which come too late for swing, and how many more
/// of them than of off-beats are a rhythm of the song's.
const DOTTED: f64 = 0.8;
const RHYTHM: usize = 2;
/// Fewer off-beats, or a smaller share of them near their median, are no swing.
const FEWEST: usize = 8;
const AGREEING: f64 = 0.6;
const NEAR: f64 = 0.035;
/// Off-beats this early are straight: what hands do, not what a style asks for.
const STRAIGHT: f64 = 0.53;

/// How late the off-beats of a song come, from 0 (straight, or there are none) to 1 (a triplet's last
/// third), as [`Settings::swing`](crate::drummer::Settings::swing) has it: where 60:40 is 0.6. Compound
/// metres do not swing.
pub fn swing(song: &Song) -> f32 {
    let quarter = f64::from(song.ticks_per_quarter());
    if song.metres.iter().any(|change| change.metre.is_compound()) {
        return 0.0;
    }
    let mut inside: Vec<f64> = song
        .melodic()
        .flat_map(|track| &track.notes)
        .map(|note| (note.start.0 as f64 / quarter).fract())
        .collect();
    let near = |at: f64, place: f64| (at - place).abs() < SIXTEENTH;
    let sixteenths = inside.iter().filter(|&&at| near(at, 0.25)).count();
    let thirds = inside.iter().filter(|&&at| near(at, 1.0 / 3.0)).count();
    let dotted = inside.iter().filter(|at| (TO..DOTTED).contains(*at)).count();
    inside.retain(|at| (FROM..TO).contains(at));
    if dotted > RHYTHM * inside.len() {
        return 0.0;
    }
    if inside.len() < FEWEST || 4 * sixteenths > inside.len() || 2 * thirds > inside.len() {
        return 0.0;
    }
    inside.sort_by(f64::total_cmp);
    let median = inside[inside.len() / 2];
    let agreeing = inside.iter().filter(|&&at| (at - median).abs() < NEAR).count();
    if median < STRAIGHT || (agreeing as f64) < AGREEING * inside.len() as f64 {
        return 0.0;
    }
    (((median - 0.5) * 6.0) as f32).clamp(0.0, 1.0)
}

/// A song that swings as it would be written, its off-beats in the middle of the beat; everything
/// between the beats moves in proportion. `swing` is what [`swing`] has found; with 0 the song is as it
/// was. What is played to it in the same swing fits the song.
pub fn straightened(song: &Song, swing: f32) -> Song {
    if swing <= 0.0 {
        return song.clone();
    }
    let quarter = u64::from(song.ticks_per_quarter());
    let late = 0.5 + f64::from(swing) / 6.0;
    let place = |at: Ticks| {
        let inside = (at.0 % quarter) as f64 / quarter as f64;
        let straight = match inside < late {
            true => inside / late / 2.0,
            false => 0.5 + (inside - late) / (1.0 - late) / 2.0,
        };
        Ticks(at.0 - at.0 % quarter + (straight * quarter as f64).round() as u64)
    };
    let moved = |note: &Note| {
        let start = place(note.start);
        let end = place(note.end()).max(start + Ticks(1));
        Note { start, length: end - start, ..*note }
    };
    let mut song = song.clone();
    for track in song.tracks.iter_mut().filter(|track| !track.is_drums()) {
        track.notes = track.notes.iter().map(moved).collect();
    }
    song
}
