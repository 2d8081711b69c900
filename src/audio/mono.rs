//! What analysis hears.

use super::timed_notes::strokes;
use super::{AudioError, SoundFont, levels};
use crate::score::{SampleRate, Seconds, Song, TrackKind};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Samples between two changes of an envelope; notes last whole blocks (1.5 ms).
const BLOCK: usize = 64;

/// Blocks of notes that are played between two rounds of mixing: two minutes, 21 MB of samples.
const ROUND: usize = 120 * 44_100 / BLOCK;

/// Notes that ended so long before, in seconds, are not heard any more.
const RINGING: f64 = 8.0;

/// Samples of sounds that are kept for later pieces, at most: 128 MB.
const KEPT: usize = 32 << 20;

/// Renders the melodic tracks of a song in mono without effects, peak-normalised to 0.95 (silence
/// stays silent). `rate` is 16 to 192 kHz.
///
/// Covers all bars of the song, and the last note with 2 s to ring on. The same song, font and
/// rate give the same samples on any number of processor cores.
///
/// # Errors
/// [`AudioError::Cancelled`] soon after `cancelled` returns true, [`AudioError::SampleRate`],
/// [`AudioError::TooLong`] beyond an hour, [`AudioError::Unplayable`] for a bad font.
pub fn render(
    song: &Song,
    font: &SoundFont,
    rate: SampleRate,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f32>, AudioError> {
    let length = levels::length(song, song.melodic(), rate)?;
    let mut sounds = NoteSounds::new(song, font, rate)?;
    let mut pieces = Pieces::new(&mut sounds, 0..length, length.max(1), usize::MAX);
    Ok(pieces.next(cancelled)?.unwrap_or_default())
}

/// How the notes of a song's melodic tracks sound, in mono without effects.
///
/// Songs repeat themselves, and playing a note takes far longer than mixing it in: what is heard again
/// later is kept, as far as there is room, for all [`Pieces`] of the song.
pub struct NoteSounds<'a> {
    font: &'a SoundFont,
    rate: SampleRate,
    /// The song's notes, and the samples at which they begin.
    notes: Vec<(UniqueNote, Vec<usize>)>,
    /// Samples of the song.
    end: usize,
    kept: BTreeMap<UniqueNote, Vec<f32>>,
    /// Samples of all that is kept.
    samples: usize,
}

impl<'a> NoteSounds<'a> {
    /// Of this song in the sounds of `font`; nothing is played yet.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`].
    pub fn new(
        song: &Song,
        font: &'a SoundFont,
        rate: SampleRate,
    ) -> Result<NoteSounds<'a>, AudioError> {
        // Made for its error, before there are threads.
        Player::new(font, rate)?;
        let end = sample(levels::end(song), rate);
        let notes = collect(song, font, rate).into_iter().collect();
        Ok(NoteSounds { font, rate, notes, end, kept: BTreeMap::new(), samples: 0 })
    }

    fn take(&mut self, note: &UniqueNote) -> Option<Vec<f32>> {
        let sound = self.kept.remove(note)?;
        self.samples -= sound.len();
        Some(sound)
    }

    fn keep(&mut self, note: UniqueNote, sound: Vec<f32>) {
        if self.samples + sound.len() <= KEPT {
            self.samples += sound.len();
            self.kept.insert(note, sound);
        }
    }
}

/// The melodic tracks of a song in mono without effects, from one moment to another, piece after piece.
///
/// What comes in one piece is normalised as by [`render`]; several pieces are as loud as they are played,
/// since the loudest is not known before the last.
pub struct Pieces<'s, 'f> {
    sounds: &'s mut NoteSounds<'f>,
    /// Samples of the song.
    span: Range<usize>,
    /// Samples of a piece.
    piece: usize,
    /// The sample from which on the song will be rendered again.
    again: usize,
    /// What has been mixed from sample `done` on: the tails of earlier notes.
    mixed: Vec<f32>,
    done: usize,
}

impl<'s, 'f> Pieces<'s, 'f> {
    /// Pieces of `seconds` each, the last one shorter, from one moment of a song to another, at most an
    /// hour later. Other pieces of the song may follow, none from before `again`.
    ///
    /// # Errors
    /// [`AudioError::TooLong`].
    pub fn between(
        sounds: &'s mut NoteSounds<'f>,
        span: Range<Seconds>,
        seconds: f64,
        again: Option<Seconds>,
    ) -> Result<Pieces<'s, 'f>, AudioError> {
        levels::check((span.end - span.start).0)?;
        let rate = sounds.rate;
        let span = sample(span.start, rate)..sample(span.end, rate);
        let piece = sample(Seconds(seconds), rate).max(1);
        let again = again.map_or(usize::MAX, |again| sample(again, rate));
        Ok(Pieces::new(sounds, span, piece, again))
    }

    fn new(
        sounds: &'s mut NoteSounds<'f>,
        span: Range<usize>,
        piece: usize,
        again: usize,
    ) -> Pieces<'s, 'f> {
        let done = span.start;
        Pieces { sounds, span, piece, again, mixed: Vec::new(), done }
    }

    /// The rate of its samples.
    pub fn rate(&self) -> SampleRate {
        self.sounds.rate
    }

    /// Samples of all pieces together.
    pub fn len(&self) -> usize {
        self.span.len()
    }

    /// Whether there is nothing to render.
    pub fn is_empty(&self) -> bool {
        self.span.is_empty()
    }

    /// The next piece; `None` behind the last.
    ///
    /// # Errors
    /// As [`render`].
    pub fn next(
        &mut self,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<f32>>, AudioError> {
        if self.done >= self.span.end {
            return Ok(None);
        }
        let end = (self.done + self.piece).min(self.span.end);
        let ringing = (RINGING * f64::from(self.sounds.rate.0)) as usize;
        let rings_until = |note: &UniqueNote, start: usize| start + note.blocks * BLOCK + ringing;
        // Notes from before are heard from the first piece on.
        let (first, start) = (self.done == self.span.start, self.span.start);
        let is_heard = |note: &UniqueNote, at: usize| {
            let begins = at < end && (first || at >= self.done);
            begins && (start == 0 || rings_until(note, at) > start)
        };
        let comes_again = |note: &UniqueNote, at: usize| {
            at >= end && at < self.span.end || rings_until(note, at) > self.again
        };
        self.mixed.reserve((end - self.done + ringing).saturating_sub(self.mixed.len()));
        if self.mixed.len() < end - self.done {
            self.mixed.resize(end - self.done, 0.0);
        }
        let notes = std::mem::take(&mut self.sounds.notes);
        // Songs repeat themselves: a note is played once and mixed in wherever it stands.
        let audible: Vec<&(UniqueNote, Vec<usize>)> = notes
            .iter()
            .filter(|(note, starts)| starts.iter().any(|&at| is_heard(note, at)))
            .collect();
        let mut rest = &audible[..];
        while !rest.is_empty() {
            let mut blocks = 0;
            let is_new =
                |(note, _): &&(UniqueNote, Vec<usize>)| !self.sounds.kept.contains_key(note);
            let count = rest.iter().copied().take_while(|entry| {
                let fits = blocks < ROUND;
                blocks += if is_new(entry) { entry.0.blocks } else { 0 };
                fits
            });
            let (round, later) = rest.split_at(count.count());
            rest = later;
            let new: Vec<&(UniqueNote, Vec<usize>)> =
                round.iter().copied().filter(is_new).collect();
            let NoteSounds { font, rate, end: song_end, .. } = *self.sounds;
            let mut played = play(&new, song_end, font, rate, cancelled)?.into_iter();
            for (note, starts) in round {
                let sound = match self.sounds.take(note) {
                    Some(sound) => sound,
                    None => played.next().unwrap_or_default(),
                };
                for &at in starts.iter().filter(|&&at| is_heard(note, at)) {
                    mix(&mut self.mixed, &sound, self.done..self.span.end, at);
                }
                if starts.iter().any(|&at| comes_again(note, at)) {
                    self.sounds.keep(*note, sound);
                }
            }
        }
        self.sounds.notes = notes;
        let tail = self.mixed.split_off(end - self.done);
        let mut mono = std::mem::replace(&mut self.mixed, tail);
        let is_whole = self.done == self.span.start && end == self.span.end;
        self.done = end;
        if is_whole {
            levels::normalise(&mut [&mut mono])?;
        }
        Ok(Some(mono))
    }
}

/// Adds a sound that begins at sample `start` of the song to what has been mixed of `span`.
fn mix(mixed: &mut Vec<f32>, sound: &[f32], span: Range<usize>, start: usize) {
    let before = span.start.saturating_sub(start).min(sound.len());
    let from = start.max(span.start) - span.start;
    let heard = span.len().saturating_sub(from).min(sound.len() - before);
    if mixed.len() < from + heard {
        mixed.resize(from + heard, 0.0);
    }
    for (sum, sample) in mixed[from..].iter_mut().zip(&sound[before..]) {
        *sum += sample;
    }
}

fn sample(at: Seconds, SampleRate(rate): SampleRate) -> usize {
    (at.0 * f64::from(rate)).ceil() as usize
}

/// All that the sound of a note depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UniqueNote {
    /// Of the font.
    program: u8,
    key: u8,
    velocity: u8,
    /// From beginning to end, without the release.
    blocks: usize,
}

/// The song's notes, and the samples at which they begin.
fn collect(song: &Song, font: &SoundFont, rate: SampleRate) -> BTreeMap<UniqueNote, Vec<usize>> {
    let mut notes: BTreeMap<UniqueNote, Vec<usize>> = BTreeMap::new();
    for track in song.melodic() {
        let TrackKind::Melodic { program } = track.kind else { continue };
        let program = font.program(program);
        for stroke in strokes(song, rate, &track.notes) {
            let blocks = (stroke.length as usize).div_ceil(BLOCK);
            let note = UniqueNote { program, key: stroke.key, velocity: stroke.velocity, blocks };
            notes.entry(note).or_default().push(stroke.start as usize);
        }
    }
    notes
}

/// The sounds of the notes, in their order, none longer than it can be heard before sample `end`.
fn play(
    notes: &[&(UniqueNote, Vec<usize>)],
    end: usize,
    font: &SoundFont,
    rate: SampleRate,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Vec<f32>>, AudioError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut player = Player::new(font, rate)?;
        let mut sounds = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((note, starts)) = notes.get(at).copied() else { return Ok(sounds) };
            if cancelled() {
                return Err(AudioError::Cancelled);
            }
            let heard = starts.iter().map(|start| end.saturating_sub(*start)).max();
            sounds.push((at, player.play(*note, heard.unwrap_or(0))));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(notes.len());
    let played = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let threads = threads.into_iter();
        let results = threads.map(|thread| thread.join().map_err(|_| AudioError::odd_font())?);
        results.collect::<Vec<_>>()
    });
    let mut sounds = vec![Vec::new(); notes.len()];
    for played in played {
        for (at, sound) in played? {
            sounds[at] = sound;
        }
    }
    Ok(sounds)
}

/// Plays one note at a time.
struct Player {
    synthesizer: Synthesizer,
    /// The note that is played. Its room is used again: notes are of many lengths.
    sound: Vec<f32>,
}

impl Player {
    fn new(font: &SoundFont, rate: SampleRate) -> Result<Player, AudioError> {
        let mut settings = SynthesizerSettings::new(rate.0.min(i32::MAX as u32) as i32);
        settings.block_size = BLOCK;
        // Regions of a font that one note sounds.
        settings.maximum_polyphony = 32;
        settings.enable_reverb_and_chorus = false;
        let synthesizer = Synthesizer::new(font.inner(), &settings)
            .map_err(|_| AudioError::SampleRate(rate.0))?;
        Ok(Player { synthesizer, sound: Vec::new() })
    }

    /// The note until it has rung off, at most `longest` samples.
    fn play(&mut self, note: UniqueNote, longest: usize) -> Vec<f32> {
        const CHANNEL: i32 = 0;
        const PROGRAM_CHANGE: i32 = 0xC0;
        // A voice lives for two milliseconds at least.
        const SILENT: usize = 4;
        let UniqueNote { program, key, velocity, blocks } = note;
        let Player { synthesizer, sound } = self;
        synthesizer.note_off_all(true);
        synthesizer.process_midi_message(CHANNEL, PROGRAM_CHANGE, program.into(), 0);
        synthesizer.note_on(CHANNEL, key.into(), velocity.into());
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut silent = 0;
        sound.clear();
        for block in 0..longest.div_ceil(BLOCK) {
            if block == blocks {
                synthesizer.note_off(CHANNEL, key.into());
            }
            synthesizer.render(&mut left, &mut right);
            sound.extend(left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)));
            let silence = left.iter().chain(&right).all(|sample| *sample == 0.0);
            silent = if silence { silent + 1 } else { 0 };
            if block > blocks && silent >= SILENT {
                break;
            }
        }
        sound.to_vec()
    }
}
