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

/// Samples of sounds that are kept for later pieces, at most: 64 MB.
const KEPT: usize = 16 << 20;

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
    let mut pieces = Pieces::new(song, font, rate, 0..length, length.max(1))?;
    Ok(pieces.next(cancelled)?.unwrap_or_default())
}

/// The melodic tracks of a song in mono without effects, from one moment to another, piece after piece.
///
/// What comes in one piece is normalised as by [`render`]; several pieces are as loud as they are played,
/// since the loudest is not known before the last.
pub struct Pieces<'a> {
    font: &'a SoundFont,
    rate: SampleRate,
    /// Samples of the song.
    span: Range<usize>,
    /// Samples of a piece.
    piece: usize,
    notes: Vec<(UniqueNote, Vec<usize>)>,
    /// What has been mixed from sample `done` on: the tails of earlier notes.
    mixed: Vec<f32>,
    done: usize,
    /// Sounds of notes that come again.
    kept: BTreeMap<UniqueNote, Vec<f32>>,
}

impl<'a> Pieces<'a> {
    /// Pieces of `seconds` each, the last one shorter, from one moment of a song to another, at most an
    /// hour later.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`], [`AudioError::TooLong`].
    pub fn between(
        song: &Song,
        font: &'a SoundFont,
        rate: SampleRate,
        span: Range<Seconds>,
        seconds: f64,
    ) -> Result<Pieces<'a>, AudioError> {
        levels::check((span.end - span.start).0)?;
        let sample = |at: f64| (at * f64::from(rate.0)).ceil() as usize;
        let samples = sample(span.start.0)..sample(span.end.0);
        Pieces::new(song, font, rate, samples, sample(seconds).max(1))
    }

    fn new(
        song: &Song,
        font: &'a SoundFont,
        rate: SampleRate,
        span: Range<usize>,
        piece: usize,
    ) -> Result<Pieces<'a>, AudioError> {
        // Made for its error, before there are threads.
        Player::new(font, rate)?;
        let notes = collect(song, font, rate, &span).into_iter().collect();
        let (mixed, done, kept) = (Vec::new(), span.start, BTreeMap::new());
        Ok(Pieces { font, rate, span, piece, notes, mixed, done, kept })
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
        // Notes from before are heard from the first piece on.
        let from = if self.done == self.span.start { 0 } else { self.done };
        if self.mixed.len() < end - self.done {
            self.mixed.resize(end - self.done, 0.0);
        }
        let notes = std::mem::take(&mut self.notes);
        let here = from..end;
        // Songs repeat themselves: a note is played once and mixed in wherever it stands.
        let struck: Vec<&(UniqueNote, Vec<usize>)> =
            notes.iter().filter(|(_, starts)| starts.iter().any(|at| here.contains(at))).collect();
        let mut rest = &struck[..];
        while !rest.is_empty() {
            let mut blocks = 0;
            let count = rest.iter().take_while(|(note, _)| {
                let fits = blocks < ROUND;
                blocks += if self.kept.contains_key(note) { 0 } else { note.blocks };
                fits
            });
            let (round, later) = rest.split_at(count.count());
            rest = later;
            let is_new = |(note, _): &&(UniqueNote, Vec<usize>)| !self.kept.contains_key(note);
            let new: Vec<&(UniqueNote, Vec<usize>)> =
                round.iter().copied().filter(is_new).collect();
            let mut sounds =
                play(&new, self.span.end, self.font, self.rate, cancelled)?.into_iter();
            for (note, starts) in round {
                let sound = match self.kept.remove(note) {
                    Some(sound) => sound,
                    None => sounds.next().unwrap_or_default(),
                };
                for &start in starts.iter().filter(|at| here.contains(at)) {
                    self.mix(&sound, start);
                }
                let used: usize = self.kept.values().map(Vec::len).sum();
                if starts.iter().any(|&at| at >= end) && used + sound.len() <= KEPT {
                    self.kept.insert(*note, sound);
                }
            }
        }
        self.notes = notes;
        let tail = self.mixed.split_off(end - self.done);
        let mut mono = std::mem::replace(&mut self.mixed, tail);
        let is_whole = self.done == self.span.start && end == self.span.end;
        self.done = end;
        if is_whole {
            levels::normalise(&mut [&mut mono])?;
        }
        Ok(Some(mono))
    }

    /// Adds a sound that begins at a sample of the song.
    fn mix(&mut self, sound: &[f32], start: usize) {
        let before = self.done.saturating_sub(start).min(sound.len());
        let from = start.max(self.done) - self.done;
        let heard = (self.span.end - self.done).saturating_sub(from).min(sound.len() - before);
        if self.mixed.len() < from + heard {
            self.mixed.resize(from + heard, 0.0);
        }
        for (sum, sample) in self.mixed[from..].iter_mut().zip(&sound[before..]) {
            *sum += sample;
        }
    }
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

/// The song's notes that may be heard within some of its samples, and the samples at which they begin.
fn collect(
    song: &Song,
    font: &SoundFont,
    rate: SampleRate,
    span: &Range<usize>,
) -> BTreeMap<UniqueNote, Vec<usize>> {
    let ringing = (RINGING * f64::from(rate.0)) as usize;
    let mut notes: BTreeMap<UniqueNote, Vec<usize>> = BTreeMap::new();
    for track in song.melodic() {
        let TrackKind::Melodic { program } = track.kind else { continue };
        let program = font.program(program);
        for stroke in strokes(song, rate, &track.notes) {
            let blocks = (stroke.length as usize).div_ceil(BLOCK);
            let note = UniqueNote { program, key: stroke.key, velocity: stroke.velocity, blocks };
            let (start, end) = (stroke.start as usize, stroke.end() as usize);
            if start < span.end && (span.start == 0 || end + ringing > span.start) {
                notes.entry(note).or_default().push(start);
            }
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
        let joined = threads.map(|thread| thread.join().map_err(|_| AudioError::odd_font())?);
        joined.collect::<Vec<_>>()
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
struct Player(Synthesizer);

impl Player {
    fn new(font: &SoundFont, rate: SampleRate) -> Result<Player, AudioError> {
        let mut settings = SynthesizerSettings::new(rate.0.min(i32::MAX as u32) as i32);
        settings.block_size = BLOCK;
        // Regions of a font that one note sounds.
        settings.maximum_polyphony = 32;
        settings.enable_reverb_and_chorus = false;
        let synthesizer = Synthesizer::new(font.inner(), &settings)
            .map_err(|_| AudioError::SampleRate(rate.0))?;
        Ok(Player(synthesizer))
    }

    /// The note until it has rung off, at most `longest` samples.
    fn play(&mut self, note: UniqueNote, longest: usize) -> Vec<f32> {
        const CHANNEL: i32 = 0;
        const PROGRAM_CHANGE: i32 = 0xC0;
        // A voice lives for two milliseconds at least.
        const SILENT: usize = 4;
        let UniqueNote { program, key, velocity, blocks } = note;
        let Player(synthesizer) = self;
        synthesizer.note_off_all(true);
        synthesizer.process_midi_message(CHANNEL, PROGRAM_CHANGE, program.into(), 0);
        synthesizer.note_on(CHANNEL, key.into(), velocity.into());
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (mut sound, mut silent) = (Vec::with_capacity(longest.min((blocks + 64) * BLOCK)), 0);
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
        sound
    }
}
