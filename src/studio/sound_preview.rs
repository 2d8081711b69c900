//! Sound that is heard: a melody that was written, with its drums, and a recording beside what was heard in
//! it, without the host's transport; the take as a piano, without it or along with it.

use std::sync::Arc;
use std::time::Instant;

use super::audio_import::AudioImport;
use super::melodies::MelodySet;
use super::recording_along::{HostPlace, along};
use super::recording_sound::{
    LONGEST_PREVIEW, PreviewError, RATE, RecordingMix, add, drums, frames, recording, to_peak,
};
use super::take_piano::TakePiano;
use super::wire::{Anchor, Place, Sound};
use super::{Arrangement, Take};
use crate::audio::{self, SoundFont, Stereo};
use crate::midi;
use crate::score::{Beats, Seconds, Song, Ticks, Track};
use crate::transcriber::Options;

/// The most of a take that is heard along with the host, in seconds: some 200 MB.
const LONGEST_ALONG: f64 = 600.0;

/// What is to be heard; see [`super::Job::Preview`].
#[derive(Clone, Debug, PartialEq)]
pub enum PreviewRequest {
    /// One of the melodies, with the drums of the current part if they are for its take.
    Melody(Arc<MelodySet>, usize),
    /// A take as a piano, with the drums of the current part if they are for it.
    Piano(Arc<Take>, Arc<TakePiano>),
    /// A take as a piano, whenever the host is there; its drums are the plugin's own.
    PianoAlong(Arc<Take>, Arc<TakePiano>),
    /// A recording from a second on.
    Recording {
        /// What was heard.
        import: Arc<AudioImport>,
        /// How it was heard.
        options: Options,
        /// From where on, in seconds.
        from: f64,
        /// Which of the two.
        mix: RecordingMix,
    },
    /// A recording whenever the host is there, at the host's tempo, in the place of the part.
    RecordingAlong {
        /// What was heard.
        import: Arc<AudioImport>,
        /// How it was heard.
        options: Options,
        /// Where it is heard.
        place: HostPlace,
        /// Which of the two; of the host's own track only the drums are added.
        mix: RecordingMix,
    },
}

/// A sound that is heard now.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewView {
    /// What it is.
    pub request: PreviewRequest,
    /// When it was handed to the audio thread.
    pub since: Instant,
}

impl PreviewRequest {
    /// Renders the sound, at most [`LONGEST_PREVIEW`] of it, and ten minutes of what has a place in the song.
    ///
    /// # Errors
    /// [`PreviewError`], if the recording is no longer there, or `cancelled` says so.
    pub(super) fn render(
        &self,
        arrangement: Option<&Arrangement>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Sound, PreviewError> {
        let mut place = None;
        let stereo = match self {
            PreviewRequest::Melody(set, number) => melody(set, *number, arrangement, cancelled),
            PreviewRequest::Piano(take, piano) => as_piano(take, piano, arrangement, cancelled),
            PreviewRequest::PianoAlong(take, piano) => {
                let from = first_bar(take, take.song.melodic());
                place = self::place(take, from);
                let played = piano.play(take, from, from + LONGEST_ALONG, cancelled);
                played.map_err(PreviewError::from).map(|mut stereo| {
                    to_peak(&mut stereo);
                    stereo
                })
            }
            PreviewRequest::RecordingAlong { import, options, place: at, mix } => {
                let heard = import.transcription(options);
                let (stereo, lies) = along(import, &heard, *mix, *at, cancelled)?;
                place = lies;
                Ok(stereo)
            }
            PreviewRequest::Recording { import, options, from, mix } => {
                let from = from.clamp(0.0, import.seconds());
                let mut stereo = match mix {
                    RecordingMix::Drums => Stereo::default(),
                    _ => recording(import.path(), from, cancelled)?,
                };
                if *mix != RecordingMix::Recording {
                    let window = from..from + LONGEST_PREVIEW;
                    let time = |at: f64| window.contains(&at).then_some(at - from);
                    let drums = drums(&import.transcription(options), &time, cancelled)?;
                    add(&mut stereo, &drums);
                }
                Ok(stereo)
            }
        }?;
        Ok(Sound { stereo, rate: RATE, place })
    }
}

/// A melody from the bar of its first note on, with the drums that it was written for.
fn melody(
    set: &MelodySet,
    number: usize,
    arrangement: Option<&Arrangement>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, PreviewError> {
    let Some(mut song) = set.song(number) else { return Ok(Stereo::default()) };
    let same = |take: &Take| take.song == set.take.song;
    if let Some(arrangement) = arrangement.filter(|arrangement| same(&arrangement.take)) {
        let part = &arrangement.alternative().part;
        song.tracks.extend(midi::drum_song(&set.take.song, part).tracks);
    }
    let from = first_bar(&set.take, song.tracks.iter().take(1));
    stretch(song, from, cancelled)
}

/// A take from the bar of its first note on, played with a piano, with its drums beside it.
fn as_piano(
    take: &Arc<Take>,
    piano: &TakePiano,
    arrangement: Option<&Arrangement>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, PreviewError> {
    let from = first_bar(take, take.song.melodic());
    let mut stereo = piano.play(take, from, from + LONGEST_PREVIEW, cancelled)?;
    to_peak(&mut stereo);
    if let Some(arrangement) = arrangement.filter(|arrangement| arrangement.take.song == take.song)
    {
        let drums = midi::drum_song(&take.song, &arrangement.alternative().part);
        let mut drums = stretch(drums, from, cancelled)?;
        to_peak(&mut drums);
        add(&mut stereo, &drums);
    }
    for side in [&mut stereo.left, &mut stereo.right] {
        side.truncate(frames(LONGEST_PREVIEW));
    }
    Ok(stereo)
}

/// Where in the host's song a take lies that sounds from a second of it on.
fn place(take: &Take, from: f64) -> Option<Place> {
    let tempo = take.host_tempos();
    let quarter = f64::from(tempo.ticks_per_quarter());
    let anchor = |at: Ticks| Anchor {
        at: Beats(take.start.0 + at.0 as f64 / quarter),
        sample: (tempo.seconds(at).0 - from) * f64::from(RATE.0),
    };
    let mut changes: Vec<Ticks> = tempo.changes().map(|change| change.at).collect();
    // The last tempo goes on.
    let last = changes.last().map_or(0, |last| last.0);
    changes.push(Ticks(last + u64::from(tempo.ticks_per_quarter())));
    Place::new(changes.into_iter().map(anchor).collect())
}

/// Where the bar of the first note of some tracks begins, in seconds.
fn first_bar<'a>(take: &Take, tracks: impl Iterator<Item = &'a Track>) -> f64 {
    let first = tracks.flat_map(|track| &track.notes).map(|note| note.start).min();
    let bars = take.bars();
    let starts = bars.bars().iter().map(|bar| bar.start);
    let bar = starts.take_while(|&bar| Some(bar) <= first).last();
    take.song.tempo.seconds(bar.unwrap_or(Ticks(0))).0
}

/// [`LONGEST_PREVIEW`] of a song from a second on.
fn stretch(
    mut song: Song,
    from: f64,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, PreviewError> {
    let end = song.tempo.ticks(Seconds(from + LONGEST_PREVIEW));
    for track in &mut song.tracks {
        track.notes.retain(|note| note.start < end);
    }
    let mut stereo = audio::render_stereo(&song, SoundFont::embedded(), RATE, cancelled)?;
    for side in [&mut stereo.left, &mut stereo.right] {
        side.drain(..frames(from).min(side.len()));
        side.truncate(frames(LONGEST_PREVIEW));
    }
    Ok(stereo)
}

#[cfg(test)]
mod tests {
    use super::super::recording_sound::PEAK;
    use super::*;
    use crate::network::{Backend, Models};
    use crate::score::{TempoChange, TempoMap};
    use crate::studio::MelodyRequest;
    use crate::studio::fixtures;

    /// Power of the left side between two seconds.
    fn power(sound: &Sound, from: f64, to: f64) -> f32 {
        let side = &sound.stereo.left;
        let part = &side[frames(from).min(side.len())..frames(to).min(side.len())];
        part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32
    }

    fn difference(a: &Sound, b: &Sound) -> f32 {
        let both = a.stereo.left.iter().zip(&b.stereo.left);
        both.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_recording_sounds_with_its_drums_alone_and_from_later_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = fixtures::loop_file(folder.path());
        let models = Models::new(Backend::Cpu, None);
        let import = Arc::new(AudioImport::new(&path, &models, &|_| true).unwrap());
        let sound = |mix, from, options: &Options| {
            let (import, options) = (import.clone(), options.clone());
            let request = PreviewRequest::Recording { import, options, from, mix };
            request.render(None, &|| false).unwrap()
        };
        let options = Options::default();
        let [both, recording, drums] = RecordingMix::ALL.map(|mix| sound(mix, 0.0, &options));
        let seconds = |sound: &Sound| sound.stereo.left.len() as f64 / f64::from(RATE.0);
        assert!((seconds(&recording) - import.seconds()).abs() < 0.01);
        let peak = |sound: &Sound| {
            sound.stereo.left.iter().chain(&sound.stereo.right).fold(0.0_f32, |a, b| a.max(b.abs()))
        };
        assert!((peak(&recording) - PEAK).abs() < 1e-4 && (peak(&drums) - PEAK).abs() < 1e-4);
        assert!(peak(&both) < 1.0);
        let mut sum = recording.clone();
        add(&mut sum.stereo, &drums.stereo);
        assert!(difference(&sum, &both) < 1e-6);
        // Each stroke sounds where it was heard.
        let heard = import.transcription(&options);
        let first = heard.onsets.first().unwrap().at.0;
        assert!(power(&drums, first, first + 0.05) > 1e-4);
        let later = sound(RecordingMix::Recording, 1.0, &options);
        assert!((seconds(&later) - import.seconds() + 1.0).abs() < 0.01);
        // Without any drum there is only silence.
        let without = Options { without: [true; 7], ..Options::default() };
        assert_eq!(sound(RecordingMix::Drums, 0.0, &without).stereo, Stereo::default());
        let request = PreviewRequest::Recording {
            import: import.clone(),
            options,
            from: 0.0,
            mix: RecordingMix::Recording,
        };
        assert!(matches!(request.render(None, &|| true), Err(PreviewError::Cancelled)));
        std::fs::remove_file(path).unwrap();
        assert!(matches!(request.render(None, &|| false), Err(PreviewError::Decode(_))));
    }

    #[test]
    fn a_take_as_a_piano_lies_where_it_was_played() {
        let song = &fixtures::take(4).song;
        let change = |at, micros_per_quarter| TempoChange { at: Ticks(at), micros_per_quarter };
        let quarter = u64::from(song.ticks_per_quarter());
        let tempo = TempoMap::new(
            song.ticks_per_quarter(),
            [change(0, 600_000), change(6 * quarter, 400_000)],
        );
        let song = Song { tempo, ..song.clone() };
        let take = Arc::new(Take { song, start: Beats(8.0), ..fixtures::take(4) });
        let piano = TakePiano {
            name: "schematic".into(),
            piano: crate::timbre::Piano::schematic(),
            remarks: Vec::new(),
        };
        let request = PreviewRequest::PianoAlong(take.clone(), Arc::new(piano));
        let sound = request.render(None, &|| false).unwrap();
        let place = sound.place.as_ref().unwrap();
        // Of the take's beats, after the host's 8.
        for (beat, second) in [(-1.0, -0.6), (0.0, 0.0), (5.0, 3.0), (6.0, 3.6), (10.0, 5.2)] {
            let sample = place.sample(Beats(8.0 + beat)) / f64::from(RATE.0);
            assert!((sample - second).abs() < 1e-6, "beat {beat}: {sample} s");
        }
        // Each note begins there.
        for note in &take.song.melodic().next().unwrap().notes {
            let at = place.sample(take.host_position(note.start)) / f64::from(RATE.0);
            let (before, behind) =
                (power(&sound, at - 0.015, at - 0.005), power(&sound, at + 0.003, at + 0.013));
            assert!(behind > before, "a note at {at} s");
        }
    }

    #[test]
    fn a_melody_sounds_with_the_drums_that_it_was_written_for() {
        let take = Arc::new(fixtures::take(4));
        let part = fixtures::part(&take, 3);
        let models = Models::new(Backend::Cpu, None);
        let request = MelodyRequest { density: Some(4), ..MelodyRequest::default() };
        let set = Arc::new(MelodySet::write(&take, &part, request, &models, &|_| true).unwrap());
        let arrangement = fixtures::document(4, 3).arrangement.unwrap();
        let sound = |arrangement: Option<&Arrangement>, number| {
            let request = PreviewRequest::Melody(set.clone(), number);
            request.render(arrangement, &|| false).unwrap()
        };
        let (alone, with_drums) = (sound(None, 0), sound(Some(&arrangement), 0));
        assert!(power(&alone, 0.0, 8.0) > 1e-5);
        assert!(difference(&alone, &with_drums) > 0.01);
        assert_eq!(sound(None, 99).stereo, Stereo::default());
    }
}
