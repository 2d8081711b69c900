//! What a person listens to.

use super::timed_notes::strokes;
use super::{AudioError, DcBlocker, SoundFont, levels};
use crate::score::{Note, SampleRate, Song, Track, TrackKind};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::iter::Peekable;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Samples between two changes of an envelope, and the grid on which notes begin: 1.5 ms.
const BLOCK: usize = 64;

/// Samples that are rendered between two looks at `cancelled`.
const SEGMENT: usize = 1 << 19;

/// Melodic tracks that one synthesizer can play: it has 16 channels, one of them for drums.
const TRACKS: usize = 15;

/// Two channels of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stereo {
    /// The left channel, as many samples as the right one.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
}

/// Renders all tracks of a song, the drums too, in stereo with the SoundFont's reverb and chorus,
/// without an offset, peak-normalised to 0.95.
///
/// Rate, length and errors are those of [`super::render`].
///
/// # Errors
/// As in [`super::render`].
pub fn render_stereo(
    song: &Song,
    font: &SoundFont,
    rate: SampleRate,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, AudioError> {
    let length = levels::length(song, &song.tracks, rate)?;
    let mut stereo = Stereo { left: vec![0.0; length], right: vec![0.0; length] };
    let (mut left, mut right) = (vec![0.0; SEGMENT], vec![0.0; SEGMENT]);
    for mut player in players(song, font, rate)? {
        let sides = stereo.left.chunks_mut(SEGMENT).zip(stereo.right.chunks_mut(SEGMENT));
        for (sum_left, sum_right) in sides {
            if cancelled() {
                return Err(AudioError::Cancelled);
            }
            let size = sum_left.len();
            let play = || player.play(&mut left[..size], &mut right[..size]);
            // The player is not used again after a panic.
            catch_unwind(AssertUnwindSafe(play)).map_err(|_| AudioError::odd_font())?;
            sum_left.iter_mut().zip(&left).for_each(|(sum, sample)| *sum += sample);
            sum_right.iter_mut().zip(&right).for_each(|(sum, sample)| *sum += sample);
        }
    }
    for side in [&mut stereo.left, &mut stereo.right] {
        let mut blocker = DcBlocker::new(rate);
        side.iter_mut().for_each(|sample| *sample = blocker.next(*sample));
    }
    levels::normalise(&mut [&mut stereo.left, &mut stereo.right])?;
    Ok(stereo)
}

/// As many players as the song's tracks need; the first has the drums.
fn players(song: &Song, font: &SoundFont, rate: SampleRate) -> Result<Vec<Player>, AudioError> {
    let melodic: Vec<&Track> = song.melodic().collect();
    let mut drums: Vec<&Note> = song.drum_notes().collect();
    let mut players = Vec::new();
    let mut rest = &melodic[..];
    while !rest.is_empty() || !drums.is_empty() {
        let (tracks, later) = rest.split_at(rest.len().min(TRACKS));
        rest = later;
        let percussion = Synthesizer::PERCUSSION_CHANNEL as u8;
        let mut events = events(song, rate, percussion, drums.drain(..));
        let channels = (0..16).filter(|channel| *channel != percussion);
        let mut programs = Vec::new();
        for (channel, track) in channels.zip(tracks) {
            if let TrackKind::Melodic { program } = track.kind {
                programs.push((channel, font.program(program)));
            }
            events.extend(self::events(song, rate, channel, &track.notes));
        }
        players.push(Player::new(font, rate, programs, events)?);
    }
    Ok(players)
}

/// A note begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    /// Samples from the start.
    at: u64,
    /// `None` ends the note. Sorts before a beginning, so that a repeated note is struck anew.
    velocity: Option<u8>,
    channel: u8,
    key: u8,
}

fn events<'a>(
    song: &Song,
    rate: SampleRate,
    channel: u8,
    notes: impl IntoIterator<Item = &'a Note>,
) -> Vec<Event> {
    let both = |stroke: super::timed_notes::TimedNote| {
        let (key, velocity) = (stroke.key, Some(stroke.velocity));
        let begins = Event { at: stroke.start, velocity, channel, key };
        let ends = Event { at: stroke.end(), velocity: None, channel, key };
        [begins, ends]
    };
    strokes(song, rate, notes).into_iter().flat_map(both).collect()
}

/// A synthesizer with its notes.
struct Player {
    synthesizer: Synthesizer,
    events: Peekable<std::vec::IntoIter<Event>>,
    /// Samples played so far.
    at: u64,
}

impl Player {
    /// `programs` are those of the font, by channel.
    fn new(
        font: &SoundFont,
        SampleRate(rate): SampleRate,
        programs: Vec<(u8, u8)>,
        mut events: Vec<Event>,
    ) -> Result<Player, AudioError> {
        const PROGRAM_CHANGE: i32 = 0xC0;
        let mut settings = SynthesizerSettings::new(rate.min(i32::MAX as u32) as i32);
        settings.block_size = BLOCK;
        settings.maximum_polyphony = 256;
        let mut synthesizer =
            Synthesizer::new(font.inner(), &settings).map_err(|_| AudioError::SampleRate(rate))?;
        for (channel, program) in programs {
            synthesizer.process_midi_message(channel.into(), PROGRAM_CHANGE, program.into(), 0);
        }
        events.sort_unstable();
        Ok(Player { synthesizer, events: events.into_iter().peekable(), at: 0 })
    }

    /// Plays the next samples into `left` and `right`.
    fn play(&mut self, left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK)) {
            // Notes begin with the block whose start is nearest.
            let until = self.at + BLOCK as u64 / 2;
            while let Some(event) = self.events.next_if(|event| event.at < until) {
                let (channel, key) = (i32::from(event.channel), i32::from(event.key));
                match event.velocity {
                    Some(velocity) => self.synthesizer.note_on(channel, key, velocity.into()),
                    None => self.synthesizer.note_off(channel, key),
                }
            }
            self.synthesizer.render(left, right);
            self.at += left.len() as u64;
        }
    }
}
