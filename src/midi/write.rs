//! A song becomes a MIDI file's bytes.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::container::rescale;
use super::notes::tidy;
use super::sounds::DRUM_CHANNEL;
use super::text::clean;
use crate::score::{Metre, Song, Ticks, TrackKind};

/// Writes a song as a format 1 file: tempo and metres in the first track, then a track for each of
/// the song's.
///
/// Drums go to channel 10. Melodic tracks get channels of their own while there are enough; with
/// more than fifteen, tracks of the same program share one.
///
/// [`parse`](super::parse()) gives the same song back, but for what a file cannot say:
///
/// - a track without notes is left out; beyond 65,534 tracks the rest is;
/// - on each key of a track one note sounds at a time: two that start together are one, as loud as
///   the louder and as long as the longer, and a note ends where the next on its key starts;
/// - notes of more than 64 quarters end with the music, see `notes.rs`;
/// - metres are sorted, and only the last of a tick stays;
/// - a resolution below 96 ticks to the quarter becomes a finer one, a multiple of it;
/// - a resolution over 32,767 ticks to the quarter is halved, and a tempo under 3.6 bpm is 3.6 bpm;
/// - names are trimmed, one line long and have at most 128 characters;
/// - nothing is later than tick 2^32.
pub fn write(song: &Song) -> Vec<u8> {
    write_clip(song, DRUM_CHANNEL, Ticks(0))
}

/// As [`write()`], a clip of so many ticks: its tracks end there, or with the last note if that is later. The
/// drums are on the channel `drums`, 0 to 15, for a kit that listens there; a reader that knows General
/// MIDI alone takes them for a melody if that is another than the tenth.
pub fn write_clip(song: &Song, drums: u8, length: Ticks) -> Vec<u8> {
    let clock = Clock::new(song.ticks_per_quarter());
    let sounding: Vec<_> = song
        .tracks
        .iter()
        .filter(|track| !track.notes.is_empty())
        .take(usize::from(u16::MAX) - 1)
        .collect();
    let channels = channels(sounding.iter().map(|track| track.kind), drums & 0xF);
    let names: Vec<String> = sounding.iter().map(|track| clean(&track.name)).collect();

    let length = clock.tick(length);
    let mut tracks = vec![time_line(song, clock, length)];
    for ((track, channel), name) in sounding.into_iter().zip(channels).zip(&names) {
        let mut events = Vec::with_capacity(2 * track.notes.len() + 2);
        if !name.is_empty() {
            events.push((0, Order::Head, meta(MetaMessage::TrackName(name.as_bytes()))));
        }
        let channel = u4::from(channel);
        let mut say = |at, order, message| {
            events.push((at, order, TrackEventKind::Midi { channel, message }));
        };
        if let TrackKind::Melodic { program } = track.kind {
            say(0, Order::Head, MidiMessage::ProgramChange { program: u7::from(program) });
        }
        for note in tidy(track.notes.clone()) {
            let (start, end) = (clock.tick(note.start), clock.tick(note.end()));
            let (key, vel) = (u7::from(note.key), u7::from(note.velocity.get()));
            say(start, Order::On, MidiMessage::NoteOn { key, vel });
            // 64: the standard's value for "not measured".
            say(end.max(start + 1), Order::Off, MidiMessage::NoteOff { key, vel: u7::from(64) });
        }
        tracks.push(with_deltas(events, length));
    }
    let timing = Timing::Metrical(u15::from(clock.to));
    let smf = Smf { header: Header::new(Format::Parallel, timing), tracks };
    let mut bytes = Vec::new();
    // midly fails for more than 65,535 tracks (there are at most as many), an event of 256 MiB
    // (the longest is a name of 128 characters) or a track of 4 GiB: 2^28 notes, 8 GB in memory.
    smf.write(&mut bytes).expect("a track of less than 4 GiB");
    bytes
}

/// At one tick, what ends comes before what begins, and the end of the track behind all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Head,
    Off,
    On,
    End,
}

/// Ticks of the song as ticks of the file.
#[derive(Clone, Copy)]
struct Clock {
    from: u16,
    to: u16,
}

impl Clock {
    fn new(from: u16) -> Clock {
        // A file has fifteen bits for it.
        Clock { from, to: if from < 1 << 15 { from } else { from / 2 } }
    }

    fn tick(self, Ticks(at): Ticks) -> u64 {
        rescale(at, self.to.into(), self.from.into()).min(1 << 32)
    }
}

fn meta(message: MetaMessage) -> TrackEventKind {
    TrackEventKind::Meta(message)
}

fn time_line(song: &Song, clock: Clock, length: u64) -> Vec<TrackEvent<'static>> {
    let mut events = Vec::new();
    for change in song.tempo.changes() {
        let micros = u24::from(change.micros_per_quarter.min(u24::max_value().as_int()));
        events.push((clock.tick(change.at), Order::Head, meta(MetaMessage::Tempo(micros))));
    }
    for change in song.metres_in_order() {
        let message = time_signature(change.metre);
        events.push((clock.tick(change.at), Order::Head, meta(message)));
    }
    with_deltas(events, length)
}

fn time_signature(metre: Metre) -> MetaMessage<'static> {
    // A metronome clicks once a beat; a quarter has 24 MIDI clocks and eight 32nds.
    let beat = if metre.is_compound() { 3 * 96 } else { 96 } / u16::from(metre.denominator());
    let clocks = beat.clamp(1, 255) as u8;
    let power = metre.denominator().trailing_zeros() as u8;
    MetaMessage::TimeSignature(metre.numerator(), power, clocks, 8)
}

/// Sorts events and turns their times into distances; ends the track with them, at `length` at the earliest.
fn with_deltas<'a>(
    mut events: Vec<(u64, Order, TrackEventKind<'a>)>,
    length: u64,
) -> Vec<TrackEvent<'a>> {
    let end = events.iter().map(|&(at, ..)| at).fold(length, u64::max);
    events.push((end, Order::End, meta(MetaMessage::EndOfTrack)));
    events.sort_by_key(|&(at, order, _)| (at, order));
    let longest = u64::from(u28::max_value().as_int());
    let (mut now, mut track) = (0, Vec::with_capacity(events.len()));
    for (at, _, kind) in events {
        while at - now > longest {
            // An empty text bridges what one distance cannot.
            let delta = u28::max_value();
            track.push(TrackEvent { delta, kind: meta(MetaMessage::Text(b"")) });
            now += longest;
        }
        track.push(TrackEvent { delta: u28::from((at - now) as u32), kind });
        now = at;
    }
    track
}

/// A channel, 0 to 15, for each track.
fn channels(kinds: impl Iterator<Item = TrackKind> + Clone, drums: u8) -> Vec<u8> {
    let free: Vec<u8> =
        (0..16).filter(|&channel| channel != DRUM_CHANNEL && channel != drums).collect();
    let nth = |index: usize| free[index % free.len()];
    let melodic = kinds.clone().filter(|&kind| kind != TrackKind::Drums).count();
    let mut heard = Vec::new();
    kinds
        .map(|kind| {
            if kind == TrackKind::Drums {
                return drums;
            }
            if melodic > free.len()
                && let Some(index) = heard.iter().position(|&other| other == kind)
            {
                return nth(index);
            }
            heard.push(kind);
            nth(heard.len() - 1)
        })
        .collect()
}
