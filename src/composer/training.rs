//! What the networks are trained on: the same rows that they are shown when they compose.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::{SafeTensorError, TensorView};

use super::drums::DrumBars;
use super::key::{Key, Range};
use super::lead::lead;
use super::line::{MelodyLine, State};
use super::pitch::{Harmony, PITCH_FEATURES, PitchRows, Voice};
use super::rhythm::{RHYTHM_FEATURES, RhythmRows, RhythmTarget};
use crate::score::{Song, Ticks, TrackKind};

/// Rows are kept as whole numbers of this part of 1.
const SCALE: f32 = 64.0;

/// A melody with the drums that it was sung to, and what it was sung in.
pub struct LeadMelody {
    /// The bars with their drums.
    pub drums: DrumBars,
    /// The melody.
    pub line: MelodyLine,
    /// Its key, range and instrument.
    pub voice: Voice,
    /// What the other tracks play.
    pub harmony: Harmony,
    /// The track.
    pub track: usize,
}

impl LeadMelody {
    /// The lead of a song in the song's key and its own range. `None` of songs without one.
    pub fn of(song: &Song) -> Option<LeadMelody> {
        let track = lead(song)?;
        let drums = DrumBars::of(song, Ticks(0));
        let line = MelodyLine::of(&song.tracks[track].notes, &drums);
        let keys = || line.keys.iter().copied().filter(|&key| key > 0);
        let range = Range::new(keys().min()?, keys().max()?).ok()?;
        let TrackKind::Melodic { program } = song.tracks[track].kind else { return None };
        let key = Key::of(song.melodic().flat_map(|track| &track.notes), &song.tracks[track].notes);
        let harmony = Harmony::of(song, Some(track), &drums);
        Some(LeadMelody { voice: Voice { key, range, program }, drums, line, harmony, track })
    }
}

/// One song as the bytes of a safetensors file; `None` if it has no melody.
///
/// | tensor | shape | what |
/// |---|---|---|
/// | `rhythm` | `[slots, RHYTHM_FEATURES]` i8 | rows in 64ths; slots of long silences are left out |
/// | `state` | `[slots]` u8 | rest, hold, onset |
/// | `pitch` | `[notes, PITCH_FEATURES]` i8 | rows in 64ths |
/// | `place` | `[notes]` u8 | the pitch, from two octaves below the centre |
/// | `notes` | `[notes, 2]` i32 | of all notes: where they begin, in twelfths of a quarter, and the MIDI key |
///
/// # Errors
/// If the tensors cannot be laid out.
pub fn example(song: &Song) -> Result<Option<Vec<u8>>, SafeTensorError> {
    let Some(sung) = LeadMelody::of(song) else { return Ok(None) };
    let LeadMelody { drums, line, voice, harmony, .. } = &sung;
    let (mut rhythm, mut states) = (Vec::new(), Vec::new());
    if song.drum_notes().next().is_some() {
        let rows = RhythmRows::new(drums);
        let wanted = RhythmTarget::of(&line.states, drums);
        let sounds =
            |bar: usize| line.states[drums.of_bar(bar)].iter().any(|&state| state != State::Rest);
        for bar in 0..drums.len() {
            if drums.sounds(bar) && (sounds(bar) || bar > 0 && sounds(bar - 1)) {
                for slot in drums.of_bar(bar) {
                    rows.push(&mut rhythm, &line.states, slot, wanted);
                    states.push(line.states[slot] as u8);
                }
            }
        }
    }
    let rows = PitchRows::new(line, drums);
    let twelfth = f64::from(drums.bars.ticks_per_quarter()) / 12.0;
    let notes: Vec<u8> = rows
        .notes()
        .iter()
        .flat_map(|note| {
            [(drums.tick(note.slot).0 as f64 / twelfth).round() as i32, note.key.into()]
        })
        .flat_map(i32::to_le_bytes)
        .collect();
    let keys: Vec<u8> = rows.notes().iter().map(|note| note.key).collect();
    let (mut pitch, mut places) = (Vec::new(), Vec::new());
    for (index, &key) in keys.iter().enumerate() {
        if let Some(place) = voice.place(key) {
            rows.push(&mut pitch, &keys, index, *voice, Some(harmony));
            places.push(place as u8);
        }
    }
    let (rhythm, pitch) = (whole(&rhythm), whole(&pitch));
    let mut tensors: HashMap<Cow<str>, TensorView> = HashMap::new();
    let mut add = |name: &'static str, kind, shape, data| -> Result<(), SafeTensorError> {
        tensors.insert(name.into(), TensorView::new(kind, shape, data)?);
        Ok(())
    };
    add("rhythm", Dtype::I8, vec![states.len(), RHYTHM_FEATURES], &rhythm)?;
    add("state", Dtype::U8, vec![states.len()], &states)?;
    add("pitch", Dtype::I8, vec![places.len(), PITCH_FEATURES], &pitch)?;
    add("place", Dtype::U8, vec![places.len()], &places)?;
    add("notes", Dtype::I32, vec![notes.len() / 8, 2], &notes)?;
    safetensors::serialize(tensors, None).map(Some)
}

fn whole(row: &[f32]) -> Vec<u8> {
    row.iter().map(|value| (value * SCALE).round().clamp(-128.0, 127.0) as i8 as u8).collect()
}
