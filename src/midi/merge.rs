//! New drums in a file that stays as it is otherwise, event for event.

use std::collections::VecDeque;

use super::SongFile;
use super::container::{Chunk, Container, TimeBase};
use super::events::{END_OF_TRACK, Events, Message};
use super::notes::tidy;
use super::sounds::DRUM_CHANNEL;
use crate::score::{Note, Ticks};

/// What a track of drums is called that the file did not have.
const NAME: &[u8] = b"Drums";
/// General MIDI 2's bank of drum kits.
const GM2_DRUMS: u8 = 120;
/// Devices have 16 channels more there; the first port is 0.
const SECOND_PORT: u8 = 1;
/// Where one of so many strokes is an empty double, writing them is a habit. In no song of `paired` it is
/// more than one of six; exporters with the habit write one for every note.
const HABIT: usize = 5;
/// The longest distance between two events.
const LONGEST: u64 = (1 << 28) - 1;

impl SongFile {
    /// The file with drums in place of those it had. All other events are the file's own, byte for
    /// byte, at their own ticks and in their order, also those on the drums' channel that are no
    /// notes. Tracks without drums are copied as they stand, unless they had to be mended, or have an
    /// empty double of every fifth note or more (a note without length at whose tick its key is struck
    /// again): those doubles are left out.
    ///
    /// The drums go where the file has a track of nothing but drums on channel 10 and else to a track
    /// at the end; in a file of a single track (format 0), to that. They are on channel 10; where the
    /// file has a melody there, on a channel that is free, with General MIDI 2's bank for drums; where none
    /// is free, in a track of their own for a second port.
    ///
    /// The file begins `later`, for bars that count in: all notes are so much later, and what else does
    /// not stand at its very start. Where an upbeat fills up the last of these bars, the time signature
    /// that made a bar of it gives way to the next.
    ///
    /// `notes` are sorted by their starts, in ticks of the song.
    pub fn with_drums(&self, notes: &[Note], later: Ticks) -> Vec<u8> {
        let container = Container::open(&self.bytes).expect("it could be opened when it was read");
        let time_base = container.time_base;
        let fills_bar = self.upbeat_fills_bar(later);
        let mut tracks = Vec::new();
        for chunk in container.tracks() {
            let mut track = self.without_drums(tracks.len(), chunk.bytes);
            track.begin_later(time_base.file_ticks(later));
            if fills_bar {
                track.leave_out_first_metre();
            }
            tracks.push(track);
        }
        let single = tracks.len() == 1 && container.format != 1;
        let drums = Channels::of(&tracks).for_drums(&tracks);
        let is_kit =
            |track: &TrackEvents| track.is_kit(DRUM_CHANNEL) || track.is_kit(drums.channel);
        let is_ours =
            |track: &TrackEvents| track.is_kit(drums.channel) && track.sets_up(drums.channel);
        let place = match drums.port {
            Some(_) => tracks.iter().position(is_ours),
            None if single => Some(0),
            None => tracks.iter().position(is_kit),
        };
        let appended = place.is_none();
        let needs_setup = !notes.is_empty() && (appended || drums.port.is_none());
        let mut new: Vec<_> = drums.setup().filter(|_| needs_setup).collect();
        new.extend(drum_events(&file_notes(notes, time_base), drums.channel));
        match place {
            Some(place) => tracks[place].insert(new),
            None => {
                let name = Message::Meta { kind: 0x03, data: NAME };
                new.insert(0, (0, bytes_of(&name)));
                tracks.push(TrackEvents::new(new));
            }
        }
        let is_joined = tracks.len() > 1 && (container.format == 0 || single);
        let format = if is_joined { 1 } else { container.format };
        self.write(&container, format, &tracks, appended)
    }

    /// Notes, in ticks of the song, as [`with_drums`](Self::with_drums) writes them, in ticks of the file: in
    /// a coarse one strokes of a key that come to one tick are one.
    pub fn file_notes(&self, notes: &[Note]) -> Vec<Note> {
        let container = Container::open(&self.bytes).expect("it could be opened when it was read");
        file_notes(notes, container.time_base)
    }

    /// Whether the song begins with an upbeat that makes whole bars of what comes before it.
    fn upbeat_fills_bar(&self, before: Ticks) -> bool {
        let bars = self.song().bars();
        let [first, second, ..] = bars.bars() else { return false };
        let whole = second.metre.bar_ticks(bars.ticks_per_quarter());
        let until = before + first.length;
        before > Ticks(0) && bars.has_pick_up() && until.0.is_multiple_of(whole.0)
    }

    /// A track's events without the notes that are drums.
    fn without_drums<'a>(&self, track: usize, bytes: &'a [u8]) -> TrackEvents<'a> {
        let mut found = TrackEvents { bytes: Some(bytes), ..TrackEvents::new(Vec::new()) };
        let mut events = Events::new(bytes);
        // Whether the notes that sound on a key are drums, in the order in which they were struck.
        let mut sounding: Vec<VecDeque<bool>> = vec![VecDeque::new(); 16 * 128];
        // The file could be read before.
        while let Some(Ok(event)) = events.next_of_track() {
            found.end = event.at;
            if event.message.is_end() {
                continue;
            }
            let mut is_drum = false;
            if let Message::Channel { status, data: [key, velocity] } = event.message {
                let channel = status & 0xF;
                let sounding = &mut sounding[usize::from(channel) * 128 + usize::from(key & 0x7F)];
                let now = || self.is_drum(track, channel, event.at);
                match status & 0xF0 {
                    0x90 if velocity > 0 => {
                        is_drum = now();
                        sounding.push_back(is_drum);
                        found.strikes(channel, is_drum);
                    }
                    0x80 | 0x90 => is_drum = sounding.pop_front().unwrap_or_else(now),
                    0xA0 => is_drum = sounding.back().copied().unwrap_or_else(now),
                    // A bank or program can make channel 10 a melody's before any note does.
                    0xB0 | 0xC0 if channel == DRUM_CHANNEL && !now() => {
                        found.strikes(channel, false)
                    }
                    _ => {}
                }
                found.channels |= 1 << channel;
            }
            if is_drum {
                found.bytes = None;
            } else {
                found.events.push((event.at, bytes_of(&event.message)));
            }
        }
        if events.mended > 0 || events.went_on || !events.ended() {
            found.bytes = None;
        }
        found.without_empty_doubles();
        found
    }

    fn write(
        &self,
        container: &Container,
        format: u16,
        tracks: &[TrackEvents],
        appended: bool,
    ) -> Vec<u8> {
        let mut header = container.header.to_vec();
        header[..2].copy_from_slice(&format.to_be_bytes());
        let count = u16::try_from(tracks.len()).unwrap_or(u16::MAX);
        header[2..4].copy_from_slice(&count.to_be_bytes());
        let mut file = Vec::with_capacity(self.bytes.len());
        push_chunk(&mut file, b"MThd", &header);
        let mut next = tracks.iter();
        for chunk in &container.chunks {
            match chunk {
                Chunk::Track(_) => {
                    push_track(&mut file, next.next());
                    if appended && next.len() == 1 {
                        push_track(&mut file, next.next());
                    }
                }
                Chunk::Other { id, bytes } => push_chunk(&mut file, id, bytes),
            }
        }
        // A file without any track gets its first.
        next.for_each(|track| push_track(&mut file, Some(track)));
        file
    }
}

fn push_track(file: &mut Vec<u8>, track: Option<&TrackEvents>) {
    let Some(track) = track else { return };
    match track.bytes {
        Some(bytes) => push_chunk(file, b"MTrk", bytes),
        None => push_chunk(file, b"MTrk", &track.encode()),
    }
}

fn push_chunk(file: &mut Vec<u8>, id: &[u8; 4], bytes: &[u8]) {
    file.extend(id);
    // A file that can be read has 32 MiB at most.
    file.extend((bytes.len() as u32).to_be_bytes());
    file.extend(bytes);
}

/// The events of a track, each with its tick of the file; the end mark apart.
struct TrackEvents<'a> {
    events: Vec<(u64, Vec<u8>)>,
    /// Where the end mark stands.
    end: u64,
    /// The track's own bytes, if they can stay as they are.
    bytes: Option<&'a [u8]>,
    /// Bits of the channels on which there is anything, melodic notes, or drums.
    channels: u16,
    melodic: u16,
    drums: u16,
}

impl<'a> TrackEvents<'a> {
    fn new(events: Vec<(u64, Vec<u8>)>) -> TrackEvents<'a> {
        let end = events.last().map_or(0, |&(at, _)| at);
        TrackEvents { events, end, bytes: None, channels: 0, melodic: 0, drums: 0 }
    }

    fn strikes(&mut self, channel: u8, is_drum: bool) {
        *(if is_drum { &mut self.drums } else { &mut self.melodic }) |= 1 << channel;
    }

    /// Leaves out empty doubles where an exporter writes them as a habit: notes without length, at
    /// whose tick their key is struck from silence for a real note too. Readers that put what ends before
    /// what begins would lose that channel's music. Where doubles are rare (a sequencer has cut a note
    /// short where the next began), every event stays as it is.
    fn without_empty_doubles(&mut self) {
        let found = self.empty_doubles();
        let mut left_out: Vec<usize> = found
            .iter()
            .enumerate()
            .filter(|(_, (strokes, doubles))| doubles.len() * HABIT >= *strokes)
            .flat_map(|(_, (_, doubles))| doubles.iter().flatten().copied())
            .collect();
        if left_out.is_empty() {
            return;
        }
        self.bytes = None;
        left_out.sort_unstable();
        let mut number = 0;
        self.events.retain(|_| {
            number += 1;
            left_out.binary_search(&(number - 1)).is_err()
        });
    }

    /// By channel: how many strokes there are, and which two events each of the empty doubles is.
    fn empty_doubles(&self) -> [(usize, Vec<[usize; 2]>); 16] {
        /// What a key does.
        #[derive(Clone, Copy)]
        enum Key {
            Silent,
            /// So many notes sound.
            Sounds(usize),
            /// Struck from silence, by this event.
            Struck(usize),
            /// Struck from silence by one event and again by another, at one tick.
            Twice(usize, usize),
            /// Struck by this event and ended by that.
            Ended(usize, usize),
        }
        let mut keys = vec![Key::Silent; 16 * 128];
        let mut found: [(usize, Vec<_>); 16] = Default::default();
        for (number, (at, bytes)) in self.events.iter().enumerate() {
            let &[status, key, velocity] = &bytes[..] else { continue };
            if !matches!(status & 0xF0, 0x80 | 0x90) {
                continue;
            }
            let channel = usize::from(status & 0xF);
            let key = &mut keys[channel * 128 + usize::from(key & 0x7F)];
            let is_now = |event: usize| self.events[event].0 == *at;
            let is_on = status & 0xF0 == 0x90 && velocity > 0;
            let (strokes, doubles) = &mut found[channel];
            *strokes += usize::from(is_on);
            *key = match (*key, is_on) {
                (Key::Ended(on, off), true) => {
                    if is_now(on) {
                        doubles.push([on, off]);
                    }
                    Key::Struck(number)
                }
                (Key::Silent, true) => Key::Struck(number),
                (Key::Struck(first), true) if is_now(first) => Key::Twice(first, number),
                (Key::Struck(_), true) => Key::Sounds(2),
                (Key::Twice(..), true) => Key::Sounds(3),
                (Key::Sounds(count), true) => Key::Sounds(count + 1),
                (Key::Struck(on), false) if is_now(on) => Key::Ended(on, number),
                (Key::Twice(first, on), false) if is_now(on) => {
                    doubles.push([on, number]);
                    Key::Struck(first)
                }
                (Key::Twice(..), false) => Key::Sounds(1),
                (Key::Sounds(count), false) if count > 1 => Key::Sounds(count - 1),
                (_, false) => Key::Silent,
            };
        }
        found
    }

    /// Nothing but drums on this channel is played here.
    fn is_kit(&self, channel: u8) -> bool {
        self.drums == 1 << channel && self.melodic == 0
    }

    /// An earlier merge has made this channel drums here.
    fn sets_up(&self, channel: u8) -> bool {
        let bank = [0xB0 | channel, 0, GM2_DRUMS];
        self.events.iter().take_while(|(at, _)| *at == 0).any(|(_, bytes)| bytes[..] == bank)
    }

    /// Adds events, each behind those that stand at its tick.
    fn insert(&mut self, new: Vec<(u64, Vec<u8>)>) {
        self.bytes = None;
        self.end = self.end.max(new.last().map_or(0, |&(at, _)| at));
        self.events.extend(new);
        // Stable: at one tick what stood there stays first.
        self.events.sort_by_key(|&(at, _)| at);
    }

    /// Moves notes, and what does not stand at the start.
    fn begin_later(&mut self, by: u64) {
        if by == 0 {
            return;
        }
        let is_note = |bytes: &[u8]| matches!(bytes[0] & 0xF0, 0x80 | 0x90 | 0xA0);
        for (at, bytes) in &mut self.events {
            *at += if *at > 0 || is_note(bytes) { by } else { 0 };
        }
        // Of what stood at the start, what stays comes before what moves.
        self.events.sort_by_key(|&(at, _)| at);
        self.end += by;
        self.bytes = None;
    }

    /// Has the time signature behind it in the place of that at the start.
    fn leave_out_first_metre(&mut self) {
        let is_metre = |bytes: &[u8]| bytes.starts_with(&[0xFF, 0x58]);
        let next = self.events.iter().find(|(at, bytes)| *at > 0 && is_metre(bytes));
        let Some((_, next)) = next.cloned() else { return };
        for (at, bytes) in &mut self.events {
            if *at == 0 && is_metre(bytes) {
                bytes.clone_from(&next);
            }
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut track = Vec::new();
        let mut now = 0;
        let end = (self.end.max(now), bytes_of(&Message::Meta { kind: END_OF_TRACK, data: &[] }));
        for (at, bytes) in self.events.iter().chain([&end]) {
            while at - now > LONGEST {
                // An empty text bridges what one distance cannot.
                push_varlen(&mut track, LONGEST);
                track.extend(bytes_of(&Message::Meta { kind: 0x01, data: &[] }));
                now += LONGEST;
            }
            push_varlen(&mut track, at - now);
            track.extend(bytes);
            now = *at;
        }
        track
    }
}

/// What the channels of a file are used for.
struct Channels {
    used: u16,
    melodic: u16,
    drums: u16,
}

/// Where new drums go.
#[derive(Clone, Copy)]
struct Drums {
    channel: u8,
    /// What makes the channel drums.
    is_set_up: bool,
    /// The port of the drums' own track, where the file uses all channels of its own.
    port: Option<u8>,
}

impl Channels {
    fn of(tracks: &[TrackEvents]) -> Channels {
        let all = |bits: fn(&TrackEvents) -> u16| tracks.iter().map(bits).fold(0, |a, b| a | b);
        Channels {
            used: all(|track| track.channels),
            melodic: all(|track| track.melodic),
            drums: all(|track| track.drums),
        }
    }

    fn for_drums(&self, tracks: &[TrackEvents]) -> Drums {
        let usual = Drums { channel: DRUM_CHANNEL, is_set_up: true, port: None };
        if self.melodic & 1 << DRUM_CHANNEL == 0 {
            return usual;
        }
        let is_ours = |channel: &u8| {
            self.drums & !self.melodic & 1 << channel != 0
                && tracks.iter().any(|track| track.sets_up(*channel))
        };
        if let Some(channel) = (0..16).find(is_ours) {
            return Drums { channel, ..usual };
        }
        let free = (0..16).rev().find(|channel| self.used & 1 << channel == 0);
        let port = free.is_none().then_some(SECOND_PORT);
        Drums { channel: free.unwrap_or(DRUM_CHANNEL), is_set_up: false, port }
    }
}

impl Drums {
    fn setup(self) -> impl Iterator<Item = (u64, Vec<u8>)> {
        let port = self.port.map(|port| bytes_of(&Message::Meta { kind: 0x21, data: &[port] }));
        let bank = vec![0xB0 | self.channel, 0, GM2_DRUMS];
        let program = vec![0xC0 | self.channel, 0];
        let setup = [bank, program].into_iter().filter(move |_| !self.is_set_up);
        port.into_iter().chain(setup).map(|bytes| (0, bytes))
    }
}

/// Notes of the song where the file can have them.
fn file_notes(notes: &[Note], time_base: TimeBase) -> Vec<Note> {
    let placed = notes.iter().map(|note| {
        let [start, end] = [note.start, note.end()].map(|at| Ticks(time_base.file_ticks(at)));
        Note { start, length: end - start, ..*note }
    });
    tidy(placed.collect())
}

/// Note-ons and note-offs of notes in ticks of the file; at one tick what ends comes before what begins.
fn drum_events(notes: &[Note], channel: u8) -> Vec<(u64, Vec<u8>)> {
    let mut events = Vec::with_capacity(2 * notes.len());
    for note in notes {
        events.push((note.start.0, 1, vec![0x90 | channel, note.key, note.velocity.get()]));
        // 64: the standard's value for "not measured".
        events.push((note.end().0, 0, vec![0x80 | channel, note.key, 64]));
    }
    events.sort_by_key(|&(at, order, _)| (at, order));
    events.into_iter().map(|(at, _, bytes)| (at, bytes)).collect()
}

/// A message with its status byte.
fn bytes_of(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    match *message {
        Message::Channel { status, data } => {
            bytes.push(status);
            bytes.extend(&data[..Message::data_bytes(status)]);
        }
        Message::Meta { kind, data } => {
            bytes.extend([0xFF, kind]);
            push_varlen(&mut bytes, data.len() as u64);
            bytes.extend(data);
        }
        Message::SysEx { status, data } => {
            bytes.push(status);
            push_varlen(&mut bytes, data.len() as u64);
            bytes.extend(data);
        }
    }
    bytes
}

/// A number of at most 28 bits in MIDI's variable length.
fn push_varlen(bytes: &mut Vec<u8>, value: u64) {
    for shift in [21, 14, 7] {
        if value >> shift > 0 {
            bytes.push((value >> shift) as u8 & 0x7F | 0x80);
        }
    }
    bytes.push(value as u8 & 0x7F);
}
