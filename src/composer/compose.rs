//! The way from drums to melodies.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::ComposeError;
use super::conditioning::{GivenRhythm, given_notes, given_pitches};
use super::draft::Draft;
use super::drums::DrumBars;
use super::evaluation::drum_correlation;
use super::form::{Form, form};
use super::key::{Key, Range};
use super::lead::lead;
use super::line::MelodyLine;
use super::mutual_information::pair_features;
use super::networks::{PITCH, RHYTHM};
use super::pitch::{Harmony, Voice};
use super::pitch_sampling::{Guide, sample_pitches};
use super::profile::PitchClassProfile;
use super::rhythm_sampling::{contrast, sample_rhythm};
use super::subdivision::open_slots;
use super::swing::Swing;
use crate::network::Models;
use crate::score::{Note, Song, Ticks, Track, TrackKind, Velocity, feels_triplets};

/// Drafts of each melody, of which the one is kept that belongs to the drums as people's melodies do,
/// comes again where they do and has most nearly the density that was asked for; in songs of more bars
/// than this one does.
const DRAFTS: usize = 8;
const MOST_COMPARED_BARS: usize = 512;
/// What the correlation of the self-similarity with the drums' is worth, in nats.
const FORM: f64 = 12.0;
/// What a density that is e times too high or too low costs, in nats: little, so that the drums decide
/// among drafts of about the right density.
const OFF: f64 = 1.5;
/// The most melodies that are written at once.
pub const MOST_ALTERNATIVES: usize = 8;
/// The most notes a bar that can be asked for.
pub const MOST_NOTES: f32 = 16.0;

/// What is asked of the composer.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `None`: that of `chords` or of the song's other tracks, else A minor.
    pub key: Option<Key>,
    /// How much of each pitch class to sing, notes outside the scale included. `None`: where `key` is
    /// none either what the song has that the key is taken from, else as the network likes it within
    /// the scale.
    pub profile: Option<PitchClassProfile>,
    /// `None`: what suits the instrument.
    pub range: Option<Range>,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// Notes a bar, 0 to [`MOST_NOTES`]; `None` is what melodies mostly have, each alternative its
    /// own.
    pub density: Option<f32>,
    /// How much comes again, 0 to 1.
    pub repeat: f32,
    /// The rhythm of this song's melody is kept to the tick, and only pitches are new; nothing is
    /// made of `density`.
    pub rhythm_of: Option<&'a Song>,
    /// The pitches of this song's melody are kept in their order, by octaves within `range` if there is
    /// one, and only the rhythm is new; nothing is made of `key` and `chords`.
    pub pitches_of: Option<&'a Song>,
    /// A song whose harmony the melody is to agree with, also where a bar comes again; its bars are the
    /// drums'.
    pub chords: Option<&'a Song>,
    /// The same seed writes the same.
    pub seed: u64,
    /// 1 to [`MOST_ALTERNATIVES`].
    pub alternatives: usize,
}

impl Default for Request<'_> {
    fn default() -> Self {
        Request {
            key: None,
            profile: None,
            range: None,
            program: 80,
            density: None,
            repeat: 0.5,
            rhythm_of: None,
            pitches_of: None,
            chords: None,
            seed: 0,
            alternatives: 1,
        }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Composition {
    /// Key, range and instrument of all melodies.
    pub voice: Voice,
    /// The alternatives, in order.
    pub melodies: Vec<Melody>,
}

/// One melody.
#[derive(Clone, Debug, PartialEq)]
pub struct Melody {
    /// In ticks of the song with the drums, one at a time, in order.
    pub notes: Vec<Note>,
    /// The first bar of every phrase.
    pub phrases: Vec<usize>,
}

impl Melody {
    /// The melody as a track.
    pub fn track(&self, program: u8) -> Track {
        let kind = TrackKind::Melodic { program };
        Track { name: "Melody".to_owned(), kind, notes: self.notes.clone() }
    }

    /// A song of the melody alone, with the tempo and the metres of the song it was written for.
    pub fn song(&self, drums: &Song, program: u8) -> Song {
        let tracks = vec![self.track(program)];
        Song { tempo: drums.tempo.clone(), metres: drums.metres.clone(), tracks }
    }
}

/// Writes melodies for the drum tracks of a song. `progress` is told what share is done, 0 to 1, and
/// answers whether to go on. The same request gives the same melodies; an alternative does not
/// depend on how many there are.
///
/// # Errors
/// [`ComposeError`]: no drums; a range without a note of the key, or of a pitch that is to be kept; a
/// song whose melody is to be kept and has none; networks that cannot be loaded or run;
/// [`ComposeError::Cancelled`].
pub fn compose(
    song: &Song,
    request: &Request,
    models: &Models,
    progress: &dyn Fn(f32) -> bool,
) -> Result<Composition, ComposeError> {
    if song.drum_notes().next().is_none() {
        return Err(ComposeError::NoDrums);
    }
    let (drums, rhythm) = grid(song, request.rhythm_of)?;
    let harmony = request.chords.map(|chords| Harmony::of(chords, None, &drums));
    let pitches = request.pitches_of.map(|song| given_pitches(song, request.range)).transpose()?;
    let voice = voice(request, rhythm.as_ref(), pitches.as_deref())?;
    let each = if drums.len() <= MOST_COMPARED_BARS { DRAFTS } else { 1 };
    let mut drafts: Vec<Draft> = (0..each * request.alternatives.clamp(1, MOST_ALTERNATIVES))
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(request.seed);
            rng.set_stream(number as u64);
            let repeat = request.repeat.clamp(0.0, 1.0);
            let form = form(&drums, repeat, &mut rng);
            let density = request.density.unwrap_or_else(|| usual_density(&drums, &mut rng));
            let contrast = contrast(repeat, &mut rng);
            Draft { line: MelodyLine::default(), form, density, contrast, rng }
        })
        .collect();
    let swing = Swing::of(song, &drums);
    match &rhythm {
        Some(given) => drafts.iter_mut().for_each(|draft| draft.line = given.line.clone()),
        None => {
            let network = models.get(&RHYTHM)?;
            let open = open_slots(&drums, swing.is_some());
            sample_rhythm(&mut drafts, &drums, &open, &*network, &|share| progress(share / 2.0))?;
        }
    }
    match &pitches {
        Some(keys) => drafts.iter_mut().for_each(|draft| keep_pitches(&mut draft.line, keys)),
        None => {
            let kept = rhythm.is_some();
            let network = models.get(&PITCH)?;
            let told = |share: f32| progress(0.5 + share / 2.0);
            let guide = Guide { harmony: harmony.as_ref(), profile: profile(request) };
            sample_pitches(&mut drafts, &drums, voice, guide, kept, &*network, &told)?;
        }
    }
    let mut melodies = Vec::new();
    let mut drafts = drafts.into_iter();
    let placed = |line: &MelodyLine| match &rhythm {
        Some(given) => given.sung(line, &drums),
        None => {
            let place = |at: Ticks| swing.map_or(at, |swing| swing.place(at));
            line.to_notes(&drums, place, Velocity::clamped(1))
        }
    };
    // A rhythm that is kept has the density that it has.
    let off = if rhythm.is_some() { 0.0 } else { OFF };
    while let Some(draft) = best_draft(&drums, drafts.by_ref().take(each), off) {
        let mut notes = placed(&draft.line);
        if let Some(keys) = &pitches {
            // Of notes that share a slot each has a pitch of its own.
            notes.iter_mut().zip(keys.iter().cycle()).for_each(|((_, note), &key)| note.key = key);
        }
        melodies.push(finish(draft, notes, &drums));
    }
    Ok(Composition { voice, melodies })
}

/// The bars of the drums, and the rhythm that is kept. Beats are divided as that divides them, or else
/// as the drums do.
fn grid(
    song: &Song,
    given: Option<&Song>,
) -> Result<(DrumBars, Option<GivenRhythm>), ComposeError> {
    let Some(given) = given else { return Ok((DrumBars::of(song, Ticks(0)), None)) };
    let notes = given_notes(given, song)?;
    let triplets = feels_triplets(notes.iter().map(|note| note.start), song.ticks_per_quarter());
    let drums = DrumBars::divided(song, Ticks(0), triplets);
    let rhythm = GivenRhythm::of(notes, &drums)?;
    Ok((drums, Some(rhythm)))
}

/// Of some drafts the one that belongs to the drums best, less `off` nats for every factor e that its
/// density is off; the first of equals, and one without notes only if all are.
fn best_draft(drums: &DrumBars, drafts: impl Iterator<Item = Draft>, off: f64) -> Option<Draft> {
    let bars = (0..drums.len()).filter(|&bar| drums.sounds(bar)).count().max(1) as f64;
    let mut best: Option<((bool, f64), Draft)> = None;
    for draft in drafts {
        let ssm = drum_correlation(&draft.line, drums).map_or(0.0, |found| found.ssm);
        let pair = pair_features(&draft.line, drums, drums.len()).unwrap_or_default();
        let notes = draft.line.notes().len();
        let asked = f64::from(draft.density.max(0.0));
        let ratio = (notes as f64 / bars + 0.5) / (asked + 0.5);
        let value = (notes > 0, FORM * ssm + pair.usualness() - off * ratio.ln().abs());
        if best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, draft));
        }
    }
    best.map(|(_, draft)| draft)
}

/// Notes a bar that a melody for these drums may have: around five in a bar of four quarters, as the
/// leads of songs have.
fn usual_density(drums: &DrumBars, rng: &mut ChaCha8Rng) -> f32 {
    let ticks: u64 = drums.bars.bars().iter().map(|bar| bar.length.0).sum();
    let quarters = ticks as f32 / f32::from(drums.bars.ticks_per_quarter());
    let bar = (quarters / drums.len().max(1) as f32 / 4.0).clamp(0.25, 2.0);
    bar * (3.8 + 2.4 * rng.random::<f32>())
}

/// What the melody of the song sings that the key is taken from, or all of that song where it has none.
fn profile(request: &Request) -> Option<PitchClassProfile> {
    let of_song = |song: &Song| {
        let of_lead = lead(song).map(|track| song.tracks[track].notes.as_slice());
        match of_lead {
            Some(notes) => PitchClassProfile::of(notes.iter().map(|note| note.key)),
            None => {
                let notes = song.melodic().flat_map(|track| &track.notes);
                PitchClassProfile::of(notes.map(|note| note.key))
            }
        }
    };
    let is_free = request.key.is_none();
    let songs = [request.chords, request.rhythm_of].into_iter().flatten();
    request.profile.or_else(|| songs.filter(|_| is_free).find_map(of_song))
}

fn voice(
    request: &Request,
    rhythm: Option<&GivenRhythm>,
    pitches: Option<&[u8]>,
) -> Result<Voice, ComposeError> {
    let of_song = |song: &Song| {
        let melody = lead(song).map(|track| song.tracks[track].notes.as_slice());
        Key::of(song.melodic().flat_map(|track| &track.notes), melody.unwrap_or_default())
    };
    let songs = [request.chords, request.rhythm_of, request.pitches_of];
    let key = request.key.or_else(|| songs.into_iter().flatten().next().map(of_song));
    let key = key.unwrap_or(Key { tonic: 9, scale: super::key::Scale::Minor });
    let range = request
        .range
        .or_else(|| Range::new(*pitches?.iter().min()?, *pitches?.iter().max()?).ok())
        .or(rhythm.and_then(|given| given.range))
        .unwrap_or_else(|| Range::of_program(request.program));
    let voice = Voice { key, range, program: request.program & 0x7F };
    let fits =
        (range.low()..=range.high()).any(|note| key.has(note) && voice.place(note).is_some());
    if pitches.is_none() && !fits {
        return Err(ComposeError::Empty { key: key.to_string(), range: range.to_string() });
    }
    Ok(voice)
}

/// Puts pitches on the notes of a line, one after the other and from the start again.
fn keep_pitches(line: &mut MelodyLine, keys: &[u8]) {
    for (note, &key) in line.notes().iter().zip(keys.iter().cycle()) {
        line.keys[note.slot] = key;
    }
}

/// A melody of notes, each with its slot, that get their velocities.
fn finish(mut draft: Draft, notes: Vec<(usize, Note)>, drums: &DrumBars) -> Melody {
    let mut played = |(slot, note): (usize, Note)| {
        let velocity = velocity(slot, drums, &draft.form, draft.rng.random());
        Note { velocity, ..note }
    };
    let notes = notes.into_iter().map(&mut played).collect();
    Melody { notes, phrases: draft.form.phrases }
}

/// As a player would: louder on the beat and with the drums' accents, arched over the phrase.
fn velocity(slot: usize, drums: &DrumBars, form: &Form, stray: f32) -> Velocity {
    let bar = drums.bar_of(slot);
    let step = slot - drums.of_bar(bar).start;
    let grid = drums.grids[bar];
    let phrase = form.phrase(bar);
    let first = form.phrases.get(phrase).copied().unwrap_or(0);
    let end = form.phrases.get(phrase + 1).copied().unwrap_or(drums.len());
    let at = (bar.saturating_sub(first) as f32 + step as f32 / grid.steps as f32)
        / (end.saturating_sub(first)).max(1) as f32;
    let beat = step.is_multiple_of(grid.steps_per_beat);
    let mut value = 76.0 + 10.0 * (std::f32::consts::PI * at.clamp(0.0, 1.0)).sin();
    value += if step == 0 {
        10.0
    } else if beat {
        5.0
    } else {
        0.0
    };
    value += if drums.has_onset(slot) { 3.0 } else { -2.0 };
    Velocity::clamped((value + 8.0 * (stray - 0.5)).round() as u8)
}
