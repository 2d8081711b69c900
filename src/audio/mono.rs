//! What analysis hears.

use super::timed_notes::strokes;
use super::{AudioError, SoundFont, levels};
use crate::score::{SampleRate, Song, TrackKind};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Samples between two changes of an envelope; notes last whole blocks (1.5 ms).
const BLOCK: usize = 64;

/// Blocks of notes that are played between two rounds of mixing: two minutes, 21 MB of samples.
const ROUND: usize = 120 * 44_100 / BLOCK;

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
    let mut mono = vec![0.0; levels::length(song, song.melodic(), rate)?];
    // Songs repeat themselves: a note is played once and mixed in wherever it stands.
    let notes: Vec<(UniqueNote, Vec<usize>)> = collect(song, font, rate).into_iter().collect();
    // Made for its error, before there are threads.
    Player::new(font, rate)?;
    let mut rest = &notes[..];
    while !rest.is_empty() {
        let mut blocks = 0;
        let count = rest.iter().take_while(|(note, _)| {
            let fits = blocks < ROUND;
            blocks += note.blocks;
            fits
        });
        let (round, later) = rest.split_at(count.count());
        rest = later;
        let sounds = play(round, mono.len(), font, rate, cancelled)?;
        for ((_, starts), sound) in round.iter().zip(sounds) {
            for &start in starts {
                for (sum, sample) in mono[start..].iter_mut().zip(&sound) {
                    *sum += sample;
                }
            }
        }
    }
    levels::normalise(&mut [&mut mono])?;
    Ok(mono)
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

/// The song's notes and the samples at which they begin.
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

/// The sounds of the notes, in their order, none longer than it can be heard in a song of `song`
/// samples.
fn play(
    notes: &[(UniqueNote, Vec<usize>)],
    song: usize,
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
            let Some((note, starts)) = notes.get(at) else { return Ok(sounds) };
            if cancelled() {
                return Err(AudioError::Cancelled);
            }
            let heard = starts.iter().map(|start| song.saturating_sub(*start)).max();
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
