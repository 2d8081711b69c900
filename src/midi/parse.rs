//! A MIDI file's bytes become a song.

use std::collections::BTreeMap;

use super::container::{Container, TimeBase, TrackChunk};
use super::drum_detection::{is_drum_name, is_piece, looks_like_a_beat};
use super::events::{Events, Message};
use super::names::Names;
use super::notes::{NotePairing, Played, end_with_the_music, tidy};
use super::sounds::{Because, DRUM_CHANNEL, OwnSetup, Setup};
use super::text::Encoding;
use super::{MidiError, Repair};
use crate::score::{
    BarGrid, Metre, MetreChange, Note, Song, TempoChange, TempoMap, Ticks, Track, TrackKind,
};

/// The most bars that a song may have.
pub const MAX_BARS: u64 = 10_000;

/// The most hours that a song may last.
pub const MAX_HOURS: u64 = 6;

/// The channel of the drums of basic devices in files that are laid out for those and for others:
/// 16 as musicians count.
const BASIC_DRUM_CHANNEL: u8 = 15;

/// Reads a standard MIDI file, bare or wrapped in RIFF or MacBinary.
///
/// - Each channel of each track of the file becomes a [`Track`] if it has notes. A channel that
///   changes its program becomes one track for each program it plays notes with. A program change
///   counts for notes at its own tick too; a track without program changes of its own goes by those
///   that other tracks send to the channel; without any the program is 0.
/// - Drums are what plays on channel 10, on parts and banks that GS, XG, GM2 or MT-32 messages make
///   drums, and what is called drums and looks like a beat; see [`Because`].
/// - Names: what the file calls the channel (a name behind a channel prefix), else the track's
///   name, else its instrument's. In a format 0 file the track's name is the song's and not used.
///   They are read as UTF-8, UTF-16, Shift-JIS or Latin-1, whichever the file's names are.
/// - Notes: see `NotePairing` in `notes.rs` for overlaps and notes that never end.
/// - Tempo and metre changes count in whatever track they stand. Tempo 0 and impossible metres
///   (0/0, denominators over 64) are ignored; a metre needs two bytes.
/// - A file that counts time in frames (SMPTE) becomes a song at 120 bpm with 24,000 ticks to the
///   quarter: onsets are right within 11 us; its tempo changes mean nothing and are ignored.
///
/// A file without notes gives a song without tracks.
///
/// # Errors
/// If the bytes are no MIDI file, are cut off or damaged beyond mending, hold several songs, or hold
/// one with more than [`MAX_BARS`] bars or [`MAX_HOURS`] hours. Nothing in proportion to the length of
/// the song has been allocated by then.
pub fn parse(bytes: &[u8]) -> Result<Song, MidiError> {
    Ok(understand(bytes)?.song)
}

/// What was read from a file.
pub(super) struct Understood {
    pub song: Song,
    pub repairs: Vec<Repair>,
    pub kinds: Kinds,
    /// One for each of the song's tracks.
    pub origins: Vec<Origin>,
}

/// Where a track of a song comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Number of the file's track, from 0.
    pub track: usize,
    pub channel: u8,
    /// What its notes were taken for in reading.
    pub kind: TrackKind,
    /// Why it is drums, or a melody on the drum channel.
    pub because: Option<Because>,
}

/// Everything that tells what a note of a file is.
#[derive(Debug)]
pub(super) struct Kinds {
    setup: Setup,
    /// By track of the file.
    own: Vec<OwnSetup>,
    /// Channels of tracks that are drums by what they play.
    looks: BTreeMap<(usize, u8), ContentEvidence>,
}

#[derive(Clone, Copy, Debug)]
struct ContentEvidence {
    /// What is played looks like a beat.
    beat: bool,
    /// It is drums for this reason, whatever the file says.
    drums: Option<Because>,
}

impl Kinds {
    /// What a note that begins at a tick of the file is, and why if that is not plain.
    pub fn of(&self, track: usize, channel: u8, at: u64) -> (TrackKind, Option<Because>) {
        let own = &self.own[track];
        let looks = self.looks.get(&(track, channel));
        let beat = looks.is_some_and(|looks| looks.beat);
        let said = self.setup.says_drums(own, channel, at, beat);
        let seen = looks.and_then(|looks| Some((true, looks.drums?)));
        match said.or(seen) {
            Some((true, because)) => (TrackKind::Drums, Some(because)),
            said => (self.melodic(track, channel, at), said.map(|(_, because)| because)),
        }
    }

    /// A note's kind if it is no drum.
    pub fn melodic(&self, track: usize, channel: u8, at: u64) -> TrackKind {
        TrackKind::Melodic { program: self.setup.program(&self.own[track], channel, at) }
    }
}

/// Reads a file as [`parse`] does.
pub(super) fn understand(bytes: &[u8]) -> Result<Understood, MidiError> {
    let container = Container::open(bytes)?;
    let (format, time_base) = (container.format, container.time_base);
    let chunks: Vec<TrackChunk> = container.tracks().collect();
    if format == 2 && chunks.len() > 1 {
        return Err(MidiError::SeveralSongs { songs: chunks.len() });
    }
    let mut repairs = container.repairs;
    if format == 0 && chunks.len() > 1 {
        repairs.push(Repair::OneTrack { found: chunks.len() });
    }
    let mut time_line = TimeLine::default();
    let mut parts = chunks
        .iter()
        .enumerate()
        .map(|(index, chunk)| Part::read(index, chunk, time_base, &mut time_line, &mut repairs))
        .collect::<Result<Vec<Part>, _>>()?;
    let mut played: Vec<&mut Played> =
        parts.iter_mut().flat_map(|part| &mut part.played).map(|(_, played)| played).collect();
    end_with_the_music(&mut played, time_base.ticks_per_quarter());

    let tempos = match time_base {
        TimeBase::Metrical { .. } => time_line.tempos,
        TimeBase::Clock { .. } => Vec::new(),
    };
    let mut song = Song {
        tempo: TempoMap::new(time_base.ticks_per_quarter(), tempos),
        metres: time_line.metres,
        tracks: Vec::new(),
    };
    song.metres.sort_by_key(|change| change.at);

    let encoding = Encoding::of(parts.iter().flat_map(|part| part.names.all()));
    let first_bar = time_base.file_ticks(Ticks(4 * u64::from(song.ticks_per_quarter())));
    let kinds = Kinds::new(&parts, format, encoding, first_bar);
    let mut origins = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        for (channel, played) in part.played {
            let name = part.names.of_channel(channel, format, encoding);
            let mut sounds = Sounds { first: song.tracks.len(), name };
            for note in tidy(played.notes) {
                let at = time_base.file_ticks(note.start);
                let (kind, because) = kinds.of(index, channel, at);
                let origin = Origin { track: index, channel, kind, because };
                sounds.add(note, origin, &mut song.tracks, &mut origins);
            }
        }
    }
    check_length(&song)?;
    Ok(Understood { song, repairs, kinds, origins })
}

/// The tracks that a channel of a track of the file becomes: one for each of its sounds.
struct Sounds {
    /// Index of the first one.
    first: usize,
    name: String,
}

impl Sounds {
    fn add(
        &mut self,
        note: Note,
        origin: Origin,
        tracks: &mut Vec<Track>,
        origins: &mut Vec<Origin>,
    ) {
        let kind = origin.kind;
        match tracks[self.first..].iter_mut().find(|track| track.kind == kind) {
            Some(track) => track.notes.push(note),
            None => {
                tracks.push(Track { name: self.name.clone(), kind, notes: vec![note] });
                origins.push(origin);
            }
        }
    }
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
}

/// One track of the file.
struct Part<'a> {
    names: Names<'a>,
    setup: OwnSetup,
    /// By channel; only channels that were struck.
    played: Vec<(u8, Played)>,
}

impl<'a> Part<'a> {
    fn read(
        index: usize,
        chunk: &TrackChunk<'a>,
        time_base: TimeBase,
        time_line: &mut TimeLine,
        repairs: &mut Vec<Repair>,
    ) -> Result<Part<'a>, MidiError> {
        let mut names = Names::default();
        let mut setup = OwnSetup::default();
        let mut strokes: [Option<NotePairing>; 16] = [const { None }; 16];
        let mut events = Events::new(chunk.bytes);
        let track = index + 1;
        // The container says how far the track goes.
        while let Some(event) = events.next_of_track() {
            let event = event
                .map_err(|broken| MidiError::Damaged { track, byte: chunk.offset + broken.byte })?;
            let (now, at) = (event.at, time_base.ticks(event.at));
            setup.apply(now, &event.message);
            match event.message {
                Message::Channel { status, data: [first, second] } => {
                    names.end_prefix();
                    let strokes = &mut strokes[usize::from(status & 0xF)];
                    match status & 0xF0 {
                        0x90 => strokes
                            .get_or_insert_with(|| NotePairing::new(time_base))
                            .on(now, first, second),
                        0x80 => strokes.iter_mut().for_each(|strokes| strokes.off(now, first)),
                        0xB0 if matches!(first, 120 | 123) => {
                            strokes.iter_mut().for_each(|strokes| strokes.all_off(now));
                        }
                        _ => {}
                    }
                }
                Message::Meta { kind, data } => match (kind, data) {
                    (0x03, name) => names.track(name),
                    (0x04, name) => names.instrument(name),
                    (0x20, &[channel, ..]) => names.prefix(channel),
                    (0x51, &[a, b, c, ..]) => {
                        let micros_per_quarter = u32::from_be_bytes([0, a, b, c]);
                        time_line.tempos.push(TempoChange { at, micros_per_quarter });
                    }
                    (0x58, &[numerator, power, ..]) => {
                        let denominator = 1u8.checked_shl(power.into()).unwrap_or(0);
                        if let Some(metre) = Metre::new(numerator, denominator) {
                            time_line.metres.push(MetreChange { at, metre });
                        }
                    }
                    _ => {}
                },
                Message::SysEx { .. } => {}
            }
        }
        if events.mended > 0 {
            repairs.push(Repair::Values { track, count: events.mended });
        }
        let played = (0u8..)
            .zip(strokes)
            .filter_map(|(channel, strokes)| Some((channel, strokes?.finish(events.now()))))
            .filter(|(_, played)| !played.notes.is_empty())
            .collect();
        Ok(Part { names, setup, played })
    }
}

impl Kinds {
    fn new(parts: &[Part], format: u16, encoding: Encoding, first_bar: u64) -> Kinds {
        let setup = Setup::of(parts.iter().map(|part| &part.setup), first_bar);
        let plays = |wanted: std::ops::RangeInclusive<u8>| {
            parts.iter().flat_map(|part| &part.played).any(|(channel, _)| wanted.contains(channel))
        };
        // Channels 13 to 16 for basic devices, 1 to 10 for others.
        let basic = plays(12..=14) || plays(DRUM_CHANNEL..=DRUM_CHANNEL);
        let mut looks = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            for (channel, Played { notes, .. }) in &part.played {
                let name = part.names.of_channel(*channel, format, encoding);
                let beat = looks_like_a_beat(notes);
                let piece = is_piece(&name, notes) && part.setup.has_no_program(*channel);
                let drums = if piece || (beat && is_drum_name(&name)) {
                    Some(Because::Name)
                } else if beat && basic && *channel == BASIC_DRUM_CHANNEL {
                    Some(Because::BasicLayout)
                } else {
                    None
                };
                if beat || drums.is_some() {
                    looks.insert((index, *channel), ContentEvidence { beat, drums });
                }
            }
        }
        Kinds { setup, own: parts.iter().map(|part| part.setup.clone()).collect(), looks }
    }
}
