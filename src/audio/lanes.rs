//! From a song to what synthesizers are told: who plays which note, when.

use crate::score::{Note, SampleRate, Song, TrackKind};
use std::collections::BTreeMap;

/// Synthesizers that share the work of one bank of tracks. The number is fixed, so that the sum of
/// their outputs is the same bit for bit however many threads there are to run them.
pub const LANES: usize = 4;

/// Melodic tracks that one synthesizer can play: it has 16 channels, one of them for drums.
const TRACKS_PER_BANK: usize = 15;

const DRUM_CHANNEL: u8 = 9;

/// A note begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Samples from the start.
    pub at: u64,
    /// `None` ends the note. Sorts before a beginning, so that a repeated note is struck anew.
    pub velocity: Option<u8>,
    pub channel: u8,
    pub key: u8,
}

/// What one synthesizer plays.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// General MIDI programs by channel; channel 9 plays drums.
    pub programs: [u8; 16],
    /// Sorted.
    pub events: Vec<Event>,
}

/// One track's notes on one key: the smallest piece of work, since ending a note ends all notes of
/// its channel and key. The drums are one piece, since open and closed hi-hats cut each other off.
struct Piece {
    /// Seconds of sound, roughly.
    work: f64,
    events: Vec<Event>,
}

/// Deals the song's notes to banks of [`LANES`] lanes each, one bank for every 15 melodic tracks.
pub fn deal(song: &Song, rate: SampleRate, drums: bool) -> Vec<[Lane; LANES]> {
    let mut banks: Vec<(Vec<Piece>, [u8; 16])> = Vec::new();
    let melodic: Vec<_> = song.melodic().filter(|track| !track.notes.is_empty()).collect();
    for tracks in melodic.chunks(TRACKS_PER_BANK) {
        let (mut pieces, mut programs) = (Vec::new(), [0; 16]);
        let channels = (0..16).filter(|channel| *channel != DRUM_CHANNEL);
        for (track, channel) in tracks.iter().zip(channels) {
            if let TrackKind::Melodic { program } = track.kind {
                programs[usize::from(channel)] = program;
            }
            pieces.extend(pieces_of(song, rate, track.notes.iter().map(|note| (channel, note))));
        }
        banks.push((pieces, programs));
    }
    if drums && song.drum_notes().next().is_some() {
        let mut kit = Piece { work: 0.0, events: Vec::new() };
        for piece in pieces_of(song, rate, song.drum_notes().map(|note| (DRUM_CHANNEL, note))) {
            kit.work += piece.work;
            kit.events.extend(piece.events);
        }
        match banks.first_mut() {
            Some((pieces, _)) => pieces.push(kit),
            None => banks.push((vec![kit], [0; 16])),
        }
    }
    banks.into_iter().map(|(pieces, programs)| share_out(pieces, programs)).collect()
}

/// A note in seconds.
struct Stroke {
    start: f64,
    end: f64,
    velocity: u8,
}

/// One piece for each channel and key. Of notes that overlap on one key, the earlier ends where the
/// later begins.
fn pieces_of<'a>(
    song: &Song,
    rate: SampleRate,
    notes: impl Iterator<Item = (u8, &'a Note)>,
) -> impl Iterator<Item = Piece> {
    // Some releases ring on; their length weighs little in the balance.
    const RELEASE: f64 = 0.5;
    let seconds = |at| song.tempo.seconds(at).0;
    let mut keys: BTreeMap<(u8, u8), Vec<Stroke>> = BTreeMap::new();
    for (channel, note) in notes {
        let (start, end) = (seconds(note.start), seconds(note.end()));
        let stroke = Stroke { start, end, velocity: note.velocity.get() };
        keys.entry((channel, note.key.min(127))).or_default().push(stroke);
    }
    keys.into_iter().map(move |((channel, key), mut strokes)| {
        strokes.sort_by(|a, b| a.start.total_cmp(&b.start));
        let sample = |seconds: f64| (seconds * f64::from(rate.0)).round() as u64;
        let mut piece = Piece { work: 0.0, events: Vec::with_capacity(strokes.len() * 2) };
        for (index, Stroke { start, end, velocity }) in strokes.iter().enumerate() {
            let next = strokes.get(index + 1).map(|next| next.start);
            let end = next.map_or(*end, |next| end.min(next));
            let at = sample(*start);
            if next.is_some_and(|next| sample(next) == at) {
                continue;
            }
            piece.work += end - start + RELEASE;
            piece.events.push(Event { at, velocity: Some(*velocity), channel, key });
            let at = sample(end).max(at + 1);
            piece.events.push(Event { at, velocity: None, channel, key });
        }
        piece
    })
}

/// Gives each piece, the biggest first, to the lane that has least to do.
fn share_out(mut pieces: Vec<Piece>, programs: [u8; 16]) -> [Lane; LANES] {
    pieces.sort_by(|a, b| b.work.total_cmp(&a.work));
    let mut lanes: [Lane; LANES] = std::array::from_fn(|_| Lane { programs, events: Vec::new() });
    let mut work = [0f64; LANES];
    for piece in pieces {
        let least = (0..LANES).min_by(|&a, &b| work[a].total_cmp(&work[b])).unwrap_or(0);
        work[least] += piece.work;
        lanes[least].events.extend(piece.events);
    }
    for lane in &mut lanes {
        lane.events.sort_unstable();
    }
    lanes
}
