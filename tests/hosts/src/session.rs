//! A project in a host: a melody on a track, a transport, a plugin.

use std::path::Path;
use std::time::{Duration, Instant};

use drumlin::midi;
use drumlin::score::Ticks;
use drumlin::studio::Document;

use crate::saved;
use crate::{Block, BoxError, Hosted, Message, Now};

/// As long as a generation may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// In quarter notes a minute: none that a plugin would guess.
const TEMPO: f64 = 132.0;
/// Strokes as much ahead of where playing begins are played there, in quarter notes.
const PICKUP: f64 = 0.08;
/// Channel of the drums, from 0.
pub const DRUMS: u8 = 9;

/// A note of the melody, in quarter notes.
struct Note {
    from: f64,
    to: f64,
    key: u8,
    velocity: u8,
}

/// A note of the drums, by the sample since the session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drum {
    pub at: u64,
    pub key: u8,
    pub velocity: Option<u8>,
}

/// What comes in as sound, on both sides.
#[derive(Clone, Debug, Default)]
pub enum Sound {
    /// The host leaves the input out.
    #[default]
    None,
    /// All the time.
    Level(f32),
    /// While the transport runs: samples from the beginning of the song on.
    Track(Vec<f32>),
}

impl Sound {
    fn block(&self, now: &Now, first: f64, frames: u32) -> Option<Vec<f32>> {
        match self {
            Sound::None => None,
            Sound::Level(level) => Some(vec![*level; frames as usize]),
            Sound::Track(samples) => {
                let first = first.round() as i64;
                let sample = |frame: i64| usize::try_from(first + frame).ok();
                let heard = |frame| samples.get(sample(frame)?).copied();
                let rolling = |frame| heard(frame).filter(|_| now.playing).unwrap_or(0.0);
                Some((0..i64::from(frames)).map(rolling).collect())
            }
        }
    }
}

pub struct Session<P> {
    pub plugin: P,
    pub now: Now,
    pub blocks: Vec<u32>,
    /// Samples so far.
    pub samples: u64,
    melody: Vec<Note>,
    pub drums: Vec<Drum>,
    /// What came out on other channels.
    pub passed: usize,
    pub sound: Sound,
    /// The loudest sample since it was last set to 0.
    pub peak: f32,
    /// The quietest sample since it was last set to infinity.
    pub trough: f32,
}

impl<P: Hosted> Session<P> {
    /// A session with the first beats of a song.
    pub fn new(plugin: P, song: &Path, beats: f64, rate: f64) -> Result<Session<P>, BoxError> {
        let song = midi::read(song)?;
        let quarter = f64::from(song.ticks_per_quarter());
        let at = |ticks: Ticks| ticks.0 as f64 / quarter;
        let melody = song
            .melodic()
            .flat_map(|track| &track.notes)
            .map(|note| Note {
                from: at(note.start),
                to: at(note.end()).min(beats),
                key: note.key,
                velocity: note.velocity.get(),
            })
            .filter(|note| note.from < note.to)
            .collect();
        let metre = song.metres_in_order().first().map_or((4, 4), |change| {
            (change.metre.numerator().into(), change.metre.denominator().into())
        });
        let now = Now { playing: false, position: 0.0, tempo: TEMPO, metre, looping: None, rate };
        Ok(Session {
            plugin,
            now,
            blocks: vec![512],
            samples: 0,
            melody,
            drums: Vec::new(),
            passed: 0,
            sound: Sound::None,
            peak: 0.0,
            trough: f32::INFINITY,
        })
    }

    pub fn beats_per_sample(&self) -> f64 {
        self.now.tempo / 60.0 / self.now.rate
    }

    /// Runs for some beats; the melody plays along if the transport runs.
    pub fn run(&mut self, beats: f64) -> Result<(), BoxError> {
        let mut left = (beats / self.beats_per_sample()).round() as u64;
        for index in 0.. {
            if left == 0 {
                break;
            }
            let block = self.blocks[index % self.blocks.len()];
            let mut frames = left.min(u64::from(block)) as u32;
            // The loop turns round between two blocks.
            let turn =
                self.now.looping.filter(|&(_, end)| self.now.playing && self.now.position < end);
            if let Some((_, end)) = turn {
                let until = ((end - self.now.position) / self.beats_per_sample()).round();
                frames = frames.min(until.max(1.0) as u32);
            }
            self.block(frames)?;
            if let Some((start, end)) = turn
                && self.now.position > end - self.beats_per_sample() / 2.0
            {
                self.now.position += start - end;
            }
            left -= u64::from(frames);
        }
        Ok(())
    }

    pub fn block(&mut self, frames: u32) -> Result<(), BoxError> {
        let step = self.beats_per_sample();
        let sample = |at: f64| ((at - self.now.position) / step).round();
        let inside = |sample: f64| sample >= 0.0 && sample < f64::from(frames);
        let mut notes = Vec::new();
        if self.now.playing {
            for note in &self.melody {
                let ends = [(note.from, Some(note.velocity)), (note.to, None)];
                for (at, velocity) in ends.map(|(at, velocity)| (sample(at), velocity)) {
                    if inside(at) {
                        notes.push(Message { at: at as u32, channel: 0, key: note.key, velocity });
                    }
                }
            }
        }
        notes.sort_by_key(|note| (note.at, note.velocity.is_some()));
        let sound = self.sound.block(&self.now, self.now.position / step, frames);
        let block = Block { now: self.now, frames, notes: &notes, sound: sound.as_deref() };
        let heard = self.plugin.process(&block)?;
        for note in heard.notes {
            assert!(note.at < frames, "a note outside of its block");
            if note.channel == DRUMS {
                let Message { at, key, velocity, .. } = note;
                self.drums.push(Drum { at: self.samples + u64::from(at), key, velocity });
            } else {
                self.passed += 1;
            }
        }
        for sample in heard.left.iter().chain(&heard.right) {
            assert!(sample.is_finite(), "sound that is no number");
            self.peak = self.peak.max(sample.abs());
            self.trough = self.trough.min(sample.abs());
        }
        self.samples += u64::from(frames);
        if self.now.playing {
            self.now.position += f64::from(frames) * step;
        }
        Ok(())
    }

    /// The musician strikes a key at a place of the song, whenever it comes by.
    pub fn strike_at(&mut self, at: f64, key: u8, velocity: u8) {
        self.melody.push(Note { from: at, to: at + 0.1, key, velocity });
    }

    pub fn play(&mut self, from: f64) {
        (self.now.playing, self.now.position) = (true, from);
    }

    pub fn stop(&mut self) -> Result<(), BoxError> {
        self.now.playing = false;
        self.block(64)
    }

    /// What the plugin saves, as the studio understands it.
    pub fn document(&mut self) -> Result<Document, BoxError> {
        saved::document(&self.plugin.save()?)
    }

    /// Presses Generate and waits, with the transport as it is, for a part that was not there.
    pub fn generate(&mut self) -> Result<(), BoxError> {
        let before = self.document()?.arrangement;
        self.plugin.set("Generate", 1.0)?;
        self.wait(|document| document.arrangement != before)?;
        self.plugin.set("Generate", 0.0)?;
        // The clip is on its way to the audio thread.
        for _ in 0..10 {
            self.block(512)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Lets blocks pass until the document is as wanted.
    pub fn wait(&mut self, wanted: impl Fn(&Document) -> bool) -> Result<(), BoxError> {
        let began = Instant::now();
        while !wanted(&self.document()?) {
            if began.elapsed() > PATIENCE {
                return Err("what was asked for did not come".into());
            }
            for _ in 0..4 {
                self.block(512)?;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The strokes that the part has between two positions, as samples from the first.
    pub fn written(&mut self, from: f64, to: f64) -> Result<Vec<Drum>, BoxError> {
        let clip = self.document()?.clip();
        let mut written: Vec<Drum> = clip
            .strokes
            .iter()
            .map(|stroke| (clip.start.0 + stroke.at.0, stroke))
            .filter(|(at, _)| (from - PICKUP..to).contains(at))
            .map(|(at, stroke)| Drum {
                at: ((at - from).max(0.0) / self.beats_per_sample()).round() as u64,
                key: stroke.key,
                velocity: Some(stroke.velocity.get()),
            })
            .collect();
        written.sort_unstable();
        Ok(written)
    }

    /// Plays from one position to another and gives the strokes that came, as samples from the
    /// first.
    pub fn played(&mut self, from: f64, to: f64) -> Result<Vec<Drum>, BoxError> {
        self.stop()?;
        self.drums.clear();
        self.play(from);
        let begin = self.samples;
        self.run(to - from)?;
        self.stop()?;
        self.check_ends();
        let strokes = self.drums.iter().filter(|drum| drum.velocity.is_some());
        let mut played: Vec<Drum> =
            strokes.map(|drum| Drum { at: drum.at - begin, ..*drum }).collect();
        played.sort_unstable();
        Ok(played)
    }

    /// Every stroke has ended, before its key was struck again.
    pub fn check_ends(&self) {
        let mut held = [false; 128];
        for drum in &self.drums {
            let held = &mut held[usize::from(drum.key)];
            let was = std::mem::replace(held, drum.velocity.is_some());
            assert_ne!(was, drum.velocity.is_some(), "struck while held or ended unheld: {drum:?}");
        }
        assert!(held.iter().all(|held| !held), "a note hangs");
    }
}
