//! The take in the sound of a piano of the musician's own: learned from a recording, kept with the project.

use std::path::Path;
use std::sync::Arc;

use super::Take;
use super::export_file::{ExportFile, file_name};
use crate::audio::{self, DECODED_RATE, DecodeError, Stereo};
use crate::midi::VolumeChange;
use crate::score::{Note, PedalChange, SampleRate};
use crate::timbre::{self, Part, PedalMove, Piano, PlayedNote, TimbreError, VolumeMove};

/// The share of the work that is done once the recording is read.
const READ: f32 = 0.1;

/// The piano of a recording: its table, not the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct TakePiano {
    /// The recording's file name, without its ending.
    pub name: String,
    /// Its 88 keys.
    pub piano: Piano,
    /// What is to be known of it, a sentence each; mostly none.
    pub remarks: Vec<String>,
}

/// A take as it was played with a piano.
#[derive(Clone, Debug, PartialEq)]
pub struct PianoRendering {
    /// The take.
    pub take: Arc<Take>,
    /// With what it was played.
    pub piano: Arc<TakePiano>,
    /// A WAV file from the take's first bar on, 44.1 kHz in stereo.
    pub file: ExportFile,
}

/// Why there is no piano, or nothing is played with it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PianoError {
    #[error("cannot use \"{name}\": {source}")]
    Decode { name: String, source: DecodeError },
    #[error("cannot use \"{name}\" as a piano: {source}")]
    Learn { name: String, source: TimbreError },
    #[error(transparent)]
    Play(#[from] TimbreError),
    #[error("cancelled")]
    Cancelled,
}

impl TakePiano {
    /// Learns the piano of a recording. `go_on` is told what share is done, 0 to 1, and answers whether to
    /// go on.
    ///
    /// # Errors
    /// [`PianoError`], if the recording cannot be read or no piano is heard in it.
    pub(super) fn learn(path: &Path, go_on: &dyn Fn(f32) -> bool) -> Result<TakePiano, PianoError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = super::take::tidy_name_or(&name, "Piano");
        let samples = timbre::beginning(path, &|| go_on(0.0)).map_err(|source| match source {
            DecodeError::Cancelled => PianoError::Cancelled,
            source => PianoError::Decode { name: name.clone(), source },
        })?;
        let rest = |share: f32| go_on(READ + (1.0 - READ) * share);
        let learned = timbre::learn(&samples, DECODED_RATE as f32, None, &rest).map_err(
            |source| match source {
                TimbreError::Cancelled => PianoError::Cancelled,
                source => PianoError::Learn { name: name.clone(), source },
            },
        )?;
        let remarks = learned.remarks.iter().map(ToString::to_string).collect();
        Ok(TakePiano { name, piano: learned.measured.piano, remarks })
    }

    /// Plays the melodic tracks of a take, with their pedals and volumes, between two seconds of it; the
    /// first begins the sound.
    ///
    /// # Errors
    /// [`PianoError::Play`] for more than an hour, [`PianoError::Cancelled`].
    pub(super) fn play(
        &self,
        take: &Take,
        from: f64,
        to: f64,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Stereo, PianoError> {
        let mut parts = parts(take);
        for Part { notes, pedals, volumes } in &mut parts {
            notes.retain(|note| (from..to).contains(&note.start));
            for note in notes {
                (note.start, note.end) = (note.start - from, note.end.min(to) - from);
            }
            // Those before have been moved when it begins.
            pedals.iter_mut().for_each(|moved| moved.at = moved.at.min(to).max(from) - from);
            // What rings on behind the end does so as it was there.
            volumes.retain(|moved| moved.at <= to);
            volumes.iter_mut().for_each(|moved| moved.at = moved.at.max(from) - from);
        }
        let played = timbre::perform_parts(&self.piano, &parts, DECODED_RATE, cancelled);
        let mut sides = played.map_err(|error| match error {
            TimbreError::Cancelled => PianoError::Cancelled,
            error => PianoError::Play(error),
        })?;
        timbre::level(&mut sides);
        let [left, right] = sides;
        Ok(Stereo { left, right })
    }
}

impl PianoRendering {
    /// Plays a whole take.
    ///
    /// # Errors
    /// As for [`TakePiano::play`].
    pub(super) fn new(
        take: Arc<Take>,
        piano: Arc<TakePiano>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<PianoRendering, PianoError> {
        let stereo = piano.play(&take, 0.0, f64::INFINITY, cancelled)?;
        let bytes = audio::wav_stereo(&stereo, SampleRate(DECODED_RATE));
        let name = file_name(&format!("{} {}", take.name, piano.name), "wav");
        let notes = take.song.melodic().map(|track| track.notes.len()).sum();
        let file = ExportFile { name, bytes, notes };
        Ok(PianoRendering { take, piano, file })
    }
}

/// The melodic tracks with their pedals and volumes, in seconds from the take's first bar.
fn parts(take: &Take) -> Vec<Part> {
    let (tempo, host_tempo) = (&take.song.tempo, take.host_tempos());
    let played = |note: &Note| PlayedNote {
        start: tempo.seconds(note.start).0,
        end: tempo.seconds(note.end()).0,
        key: note.key,
        velocity: note.velocity.get(),
    };
    let moved = |change: &PedalChange| PedalMove {
        at: host_tempo.seconds(change.at).0,
        pedal: change.pedal,
        value: change.value,
    };
    let louder = |&VolumeChange { at, gain }: &VolumeChange| VolumeMove {
        at: host_tempo.seconds(at).0,
        gain,
    };
    let melodic = take.song.tracks.iter().enumerate().filter(|(_, track)| !track.is_drums());
    let parts = melodic.map(|(index, track)| Part {
        notes: track.notes.iter().map(played).collect(),
        pedals: take.pedals.get(index).into_iter().flatten().map(moved).collect(),
        volumes: take.volumes.get(index).into_iter().flatten().map(louder).collect(),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Pedal, Ticks};
    use crate::studio::fixtures;

    fn power(side: &[f32], from: f64, to: f64) -> f32 {
        let frame = |at: f64| (at * f64::from(DECODED_RATE)) as usize;
        let part = &side[frame(from).min(side.len())..frame(to).min(side.len())];
        part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32
    }

    #[test]
    fn the_take_is_played_with_its_pedals() {
        let piano =
            TakePiano { name: String::new(), piano: Piano::schematic(), remarks: Vec::new() };
        // A short note at the first second; the pedal goes down before it and up a second later.
        let mut take = fixtures::take(1);
        let notes = &mut take.song.tracks[0].notes;
        notes.retain(|note| note.start == Ticks(960));
        notes[0].length = Ticks(60);
        let sounds = |take: &Take, from: f64| {
            let stereo = piano.play(take, from, f64::INFINITY, &|| false).unwrap();
            [1.5, 2.7].map(|at| power(&stereo.left, at - from, at - from + 0.1))
        };
        let [plain, _] = sounds(&take, 0.0);
        let change = |at, value| PedalChange { at: Ticks(at), pedal: Pedal::Sustain, value };
        take.pedals = vec![vec![change(100, 127), change(2000, 0)]];
        for from in [0.0, 0.9] {
            let [held, damped] = sounds(&take, from);
            assert!(held > 100.0 * plain && held > 100.0 * damped, "{held} {plain} {damped}");
        }
    }

    #[test]
    fn the_take_is_played_as_loud_as_its_file_says() {
        let piano =
            TakePiano { name: String::new(), piano: Piano::schematic(), remarks: Vec::new() };
        let mut take = fixtures::take(2);
        // From the second bar on, wherever the sound begins.
        take.volumes = vec![vec![VolumeChange { at: Ticks(1920), gain: 0.01 }]];
        let play = |from: f64| piano.play(&take, from, f64::INFINITY, &|| false).unwrap();
        let whole = play(0.0);
        let [loud, soft] = [0.6, 2.6].map(|at| power(&whole.left, at, at + 0.1));
        assert!(loud > 1000.0 * soft && soft > 0.0, "{loud} {soft}");
        take.volumes[0][0].at = Ticks(0);
        let later = piano.play(&take, 1.0, f64::INFINITY, &|| false).unwrap();
        take.volumes.clear();
        let plain = piano.play(&take, 1.0, f64::INFINITY, &|| false).unwrap();
        let [later, plain] = [later, plain].map(|sound| power(&sound.left, 0.1, 0.2));
        assert!(plain > 10.0 * later, "{plain} {later}");
    }

    #[test]
    fn the_piano_of_a_recording_plays_the_take() {
        let folder = tempfile::tempdir().unwrap();
        let path = fixtures::piano_file(folder.path());
        let piano = Arc::new(TakePiano::learn(&path, &|_| true).unwrap());
        assert_eq!(piano.name, "a piano");
        assert!(piano.piano.measured_keys() >= 4);
        let take = Arc::new(fixtures::take(4));
        let rendering = PianoRendering::new(take.clone(), piano.clone(), &|| false).unwrap();
        assert_eq!(rendering.file.name, "Chorus a piano.wav");
        assert!(rendering.file.bytes.starts_with(b"RIFF"));
        assert_eq!(rendering.file.notes, 16);
        // From the second bar on, two seconds and no more.
        let part = piano.play(&take, 2.0, 4.0, &|| false).unwrap();
        let sounds = power(&part.left, 0.4, 0.6);
        assert!(sounds > 1e-5);
        assert!(power(&part.left, 3.5, 4.0) < 1e-3 * sounds);
        let cancelled = PianoRendering::new(take, piano, &|| true);
        assert!(matches!(cancelled, Err(PianoError::Cancelled)));
        assert!(matches!(TakePiano::learn(&path, &|_| false), Err(PianoError::Cancelled)));
        // Silence is no piano, and a file that is gone no recording.
        let silent = folder.path().join("silence.wav");
        std::fs::write(&silent, audio::wav_mono(&[0.0; 44_100], SampleRate(DECODED_RATE))).unwrap();
        assert!(matches!(TakePiano::learn(&silent, &|_| true), Err(PianoError::Learn { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(TakePiano::learn(&path, &|_| true), Err(PianoError::Decode { .. })));
    }
}
