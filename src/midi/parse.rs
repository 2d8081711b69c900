//! A MIDI file's bytes become a song.

use midly::{MetaMessage, MidiMessage, TrackEventKind};

use super::MidiError;
use super::container::{Chunk, Container, TimeBase};
use super::events::Events;
use super::names::{Names, decode};
use super::notes::Strokes;
use crate::score::{
    BarGrid, Metre, MetreChange, Note, Song, TempoChange, TempoMap, Ticks, Track, TrackKind,
};

/// The most bars that a song may have.
pub const MAX_BARS: u64 = 10_000;

/// The most hours that a song may last.
pub const MAX_HOURS: u64 = 6;

/// The drum channel: 10 as musicians count.
pub(super) const DRUM_CHANNEL: u8 = 9;

/// Reads a standard MIDI file, bare or wrapped in RIFF.
///
/// - Each channel of each track of the file becomes a [`Track`] if it has notes. A channel that
///   changes its program becomes one track for each program it plays notes with. A program change
///   counts for notes at its own tick too; a track without program changes of its own goes by those
///   that other tracks send to the channel; without any the program is 0.
/// - Channel 10 is drums, whatever its program.
/// - Names: what the file calls the channel (a name behind a channel prefix), else the track's
///   name, else its instrument's. In a format 0 file the track's name is the song's and not used.
/// - Notes: see `Strokes` in `notes.rs` for overlaps and notes that never end.
/// - Tempo and metre changes count in whatever track they stand. Tempo 0 and impossible metres
///   (0/0, denominators over 64) are ignored.
/// - A file that counts time in frames (SMPTE) becomes a song at 120 bpm with 24,000 ticks to the
///   quarter: onsets are right within 11 us; its tempo changes mean nothing and are ignored.
///
/// A file without notes gives a song without tracks.
///
/// # Errors
/// If the bytes are no MIDI file, are cut off or damaged, hold several songs, or hold one with more
/// than [`MAX_BARS`] bars or [`MAX_HOURS`] hours. Nothing in proportion to the length of the song
/// has been allocated by then.
pub fn parse(bytes: &[u8]) -> Result<Song, MidiError> {
    let Container { format, time_base, tracks: chunks } = Container::open(bytes)?;
    if format == 2 && chunks.len() > 1 {
        return Err(MidiError::SeveralSongs { songs: chunks.len() });
    }
    let mut time_line = TimeLine::default();
    let parts = chunks
        .iter()
        .enumerate()
        .map(|(index, chunk)| Part::read(index, chunk, time_base, &mut time_line))
        .collect::<Result<Vec<Part>, _>>()?;
    for changes in &mut time_line.programs {
        changes.sort_by_key(|change| change.at);
    }

    let tempos = match time_base {
        TimeBase::Metrical(_) => time_line.tempos,
        TimeBase::Clock { .. } => Vec::new(),
    };
    let mut song = Song {
        tempo: TempoMap::new(time_base.ticks_per_quarter(), tempos),
        metres: time_line.metres,
        tracks: Vec::new(),
    };
    song.metres.sort_by_key(|change| change.at);
    for part in parts {
        part.tracks(format, &time_line.programs, &mut song.tracks);
    }
    check_length(&song)?;
    Ok(song)
}

fn check_length(song: &Song) -> Result<(), MidiError> {
    let end = song.end();
    let bars = BarGrid::count(song.ticks_per_quarter(), &song.metres, end);
    if bars > MAX_BARS {
        return Err(MidiError::TooManyBars { bars, most: MAX_BARS });
    }
    let hours = song.tempo.seconds(end).0 / 3600.0;
    if hours > MAX_HOURS as f64 {
        return Err(MidiError::TooLong { hours: hours.ceil() as u64, most: MAX_HOURS });
    }
    Ok(())
}

/// What all tracks of a file say together.
#[derive(Default)]
struct TimeLine {
    tempos: Vec<TempoChange>,
    metres: Vec<MetreChange>,
    programs: Programs,
}

/// Program changes by channel.
type Programs = [Vec<ProgramChange>; 16];

/// In the song's ticks.
#[derive(Clone, Copy)]
struct ProgramChange {
    at: Ticks,
    program: u8,
}

/// One track of the file.
struct Part {
    names: Names,
    programs: Programs,
    /// By channel; only channels that were struck.
    notes: Vec<(u8, Vec<Note>)>,
}

impl Part {
    fn read(
        index: usize,
        chunk: &Chunk,
        time_base: TimeBase,
        time_line: &mut TimeLine,
    ) -> Result<Part, MidiError> {
        let mut names = Names::default();
        let mut programs = Programs::default();
        let mut strokes: [Option<Strokes>; 16] = [const { None }; 16];
        let mut events = Events::new(chunk);
        let track = index + 1;
        for event in events.by_ref() {
            let (now, kind) = event.map_err(|broken| {
                if chunk.cut {
                    return MidiError::CutTrack { track };
                }
                let byte = chunk.offset + chunk.bytes.len() - broken.unread;
                MidiError::Damaged { track, byte }
            })?;
            let at = time_base.ticks(now);
            match kind {
                TrackEventKind::Midi { channel, message } => {
                    names.end_prefix();
                    // Never out of bounds: channels have four bits.
                    let channel = usize::from(channel.as_int());
                    match message {
                        MidiMessage::NoteOn { key, vel } => strokes[channel]
                            .get_or_insert_with(|| Strokes::new(time_base))
                            .on(now, key.as_int(), vel.as_int()),
                        MidiMessage::NoteOff { key, .. } => {
                            if let Some(strokes) = &mut strokes[channel] {
                                strokes.off(now, key.as_int());
                            }
                        }
                        MidiMessage::ProgramChange { program } => {
                            let program = program.as_int();
                            programs[channel].push(ProgramChange { at, program });
                        }
                        _ => (),
                    }
                }
                TrackEventKind::Meta(meta) => match meta {
                    MetaMessage::TrackName(name) => names.track(&decode(name)),
                    MetaMessage::InstrumentName(name) => names.instrument(&decode(name)),
                    MetaMessage::MidiChannel(channel) => names.prefix(channel.as_int()),
                    MetaMessage::Tempo(tempo) => time_line
                        .tempos
                        .push(TempoChange { at, micros_per_quarter: tempo.as_int() }),
                    MetaMessage::TimeSignature(numerator, power, ..) => {
                        let denominator = 1u8.checked_shl(power.into()).unwrap_or(0);
                        if let Some(metre) = Metre::new(numerator, denominator) {
                            time_line.metres.push(MetreChange { at, metre });
                        }
                    }
                    _ => (),
                },
                TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) => (),
            }
        }
        // Files whose last length is wrong exist; what counts is whether the music is all there.
        if chunk.cut && !events.ended() {
            return Err(MidiError::CutTrack { track });
        }
        for (everyones, own) in time_line.programs.iter_mut().zip(&programs) {
            everyones.extend_from_slice(own);
        }
        let notes = (0u8..)
            .zip(strokes)
            .filter_map(|(channel, strokes)| Some((channel, strokes?.finish(events.now()))))
            .collect();
        Ok(Part { names, programs, notes })
    }

    /// Adds the tracks that play something, by channel and then by when a program is first heard.
    /// `everyones` are the program changes of the whole file, in order of time.
    fn tracks(self, format: u16, everyones: &Programs, tracks: &mut Vec<Track>) {
        for (channel, notes) in self.notes {
            let name = self.names.of_channel(channel, format);
            let first = tracks.len();
            if channel == DRUM_CHANNEL {
                if !notes.is_empty() {
                    tracks.push(Track { name, kind: TrackKind::Drums, notes });
                }
                continue;
            }
            let (own, everyones) =
                (&self.programs[usize::from(channel)], &everyones[usize::from(channel)]);
            for note in notes {
                let program = holding(own, note.start)
                    .or_else(|| holding(everyones, note.start))
                    .unwrap_or(0);
                let kind = TrackKind::Melodic { program };
                match tracks[first..].iter_mut().find(|track| track.kind == kind) {
                    Some(track) => track.notes.push(note),
                    None => tracks.push(Track { name: name.clone(), kind, notes: vec![note] }),
                }
            }
        }
    }
}

/// The program that the last change up to a tick set.
fn holding(changes: &[ProgramChange], at: Ticks) -> Option<u8> {
    let next = changes.partition_point(|change| change.at <= at);
    Some(changes[next.checked_sub(1)?].program)
}
