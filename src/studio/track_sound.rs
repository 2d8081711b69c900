//! The sound of the plugin's own track over a stretch of the host's song: how it is put together from what
//! the audio thread hears, and where the host's beats are in it.

use std::sync::Arc;

use rtrb::{Consumer, RingBuffer};

use super::wire::{Anchor, Listening, Place, SampleBlock, TrackMark, TrackSound};
use crate::audio::wav_mono;
use crate::score::{Beats as Quarters, SampleRate, Seconds};
use crate::transcriber::BeatTrack;

/// Blocks that may wait: ten seconds at 48 kHz. The studio looks every few hundredths of a second, but a
/// long network run may keep it.
const WAITING_BLOCKS: usize = 480_000 / SampleBlock::LONGEST;
/// The longest that is listened to, in seconds: some 60 MB at 48 kHz.
const LONGEST: f64 = 300.0;
/// A beat so little before the first sample (seconds) is on it: hosts round positions.
const HAIR: f64 = 0.01;
/// Below this peak a track is silent: the least that 16 bits can say.
const SILENT: f32 = 1.0 / 32768.0;
/// The peak of what is kept.
const LOUD: f32 = 0.9;

/// What is to be listened to.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackStretch {
    /// What the recording will be called, such as "Bars 5-8".
    pub name: String,
    /// Where it begins in the host's song, in quarter notes.
    pub from: Quarters,
    /// Where it ends; without, where the host stops.
    pub to: Option<Quarters>,
}

/// Why what sounded on a track cannot be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TrackError {
    #[error("nothing sounded on the track there")]
    Silent,
    #[error("some of the track's sound was lost, as the machine was too busy: listen to it again")]
    Lost,
}

/// How far the studio is with a [`TrackStretch`].
#[derive(Clone, Debug, PartialEq)]
pub struct TrackListeningView {
    /// What is listened to.
    pub stretch: Arc<TrackStretch>,
    /// Whole seconds that were heard so far; `None` before the host has come there.
    pub seconds: Option<u32>,
}

/// The sound of a track.
#[derive(Debug, Default, PartialEq)]
pub struct TrackRecording {
    /// What the stretch was called.
    pub name: String,
    samples: Vec<f32>,
    /// Samples in a second.
    rate: f64,
    /// Samples before each mark.
    marks: Vec<(usize, TrackMark)>,
}

impl TrackRecording {
    fn seconds(&self) -> f64 {
        if self.rate > 0.0 { self.samples.len() as f64 / self.rate } else { 0.0 }
    }

    /// Where it begins in the host's song.
    pub(super) fn start(&self) -> Option<Quarters> {
        self.marks.first().map(|(_, mark)| mark.at)
    }

    fn peak(&self) -> f32 {
        let levels = self.samples.iter().map(|sample| sample.abs());
        levels.filter(|level| level.is_finite()).fold(0.0, f32::max)
    }

    /// A WAV file of it, as loud as one may be.
    pub(super) fn wav(&self) -> Vec<u8> {
        let gain = LOUD / self.peak().max(SILENT);
        let samples: Vec<f32> = self.samples.iter().map(|sample| sample * gain).collect();
        wav_mono(&samples, SampleRate(self.rate.round().clamp(1.0, 1e6) as u32))
    }

    /// The host's beats, from the recording's first sample on; `None` where the metre changes, or with less
    /// than two.
    pub(super) fn beats(&self) -> Option<BeatTrack> {
        let (_, TrackMark { metre, bar_start, .. }) = *self.marks.first()?;
        if self.marks.iter().any(|(_, mark)| mark.metre != metre) {
            return None;
        }
        let anchors = self
            .marks
            .iter()
            .map(|&(sample, TrackMark { at, .. })| Anchor { at, sample: sample as f64 });
        let mut anchors: Vec<Anchor> = anchors.collect();
        anchors.dedup_by(|b, a| b.at.0 <= a.at.0 || b.sample <= a.sample);
        let place = Place::new(anchors)?;
        let quarters = 4.0 / f64::from(metre.denominator());
        let (beat, beats_to_a_bar) = match metre.is_compound() {
            true => (3.0 * quarters, usize::from(metre.numerator() / 3)),
            false => (quarters, usize::from(metre.numerator())),
        };
        let seconds =
            |number: usize| place.sample(Quarters(bar_start.0 + beat * number as f64)) / self.rate;
        // Beats rise with their number, and more of them than this are in no recording.
        let most = (self.seconds() * 100.0) as usize + 1000;
        let first = (0..most).find(|&number| seconds(number) >= -HAIR)?;
        let within = (first..most).map(&seconds).take_while(|&at| at < self.seconds() - HAIR);
        let times: Vec<Seconds> = within.map(|at| Seconds(at.max(0.0))).collect();
        let first_downbeat = (beats_to_a_bar - first % beats_to_a_bar) % beats_to_a_bar;
        let is_whole = first_downbeat == 0
            && times.first().is_some_and(|first| first.0 <= HAIR)
            && times.len().is_multiple_of(beats_to_a_bar)
            && (seconds(first + times.len()) - self.seconds()).abs() <= HAIR;
        (times.len() > 1).then_some(BeatTrack {
            times,
            beats_to_a_bar,
            first_downbeat,
            is_loop: is_whole,
            metre: Some(metre),
        })
    }
}

/// The studio's end: what was heard so far.
pub(super) struct TrackRecorder {
    stretch: Arc<TrackStretch>,
    source: Consumer<TrackSound>,
    heard: TrackRecording,
}

impl TrackRecorder {
    /// With what is sent to the audio thread.
    pub fn new(stretch: TrackStretch) -> (TrackRecorder, Box<Listening>) {
        let (sound, source) = RingBuffer::new(WAITING_BLOCKS);
        let (from, to) = (stretch.from, stretch.to);
        let heard = TrackRecording { name: stretch.name.clone(), ..TrackRecording::default() };
        let recorder = TrackRecorder { stretch: Arc::new(stretch), source, heard };
        (recorder, Box::new(Listening { from, to, sound, lost: false }))
    }

    /// Takes in what has come.
    pub fn poll(&mut self) {
        while let Ok(sound) = self.source.pop() {
            match sound {
                TrackSound::Begins(rate) => {
                    self.heard.samples.clear();
                    self.heard.marks.clear();
                    self.heard.rate = rate;
                }
                TrackSound::Mark(mark) => self.heard.marks.push((self.heard.samples.len(), mark)),
                TrackSound::Samples(block) => self.heard.samples.extend(block.samples()),
            }
        }
    }

    /// Whether no more is kept than was heard.
    pub fn is_full(&self) -> bool {
        self.heard.seconds() >= LONGEST
    }

    pub fn view(&self) -> TrackListeningView {
        let seconds = (self.heard.rate > 0.0).then(|| self.heard.seconds() as u32);
        TrackListeningView { stretch: Arc::clone(&self.stretch), seconds }
    }

    /// What was heard, once nothing more is wanted. `lost` says that some is missing.
    pub fn finish(mut self, lost: bool) -> Result<TrackRecording, TrackError> {
        self.poll();
        match self.heard.peak() {
            _ if lost => Err(TrackError::Lost),
            peak if peak < SILENT => Err(TrackError::Silent),
            _ => Ok(self.heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    const RATE: f64 = 1000.0;

    /// Some seconds of a track that begins at a place, with marks of sample and place, in a metre whose bars
    /// begin at 0.
    fn track(seconds: f64, metre: Metre, marks: &[(usize, f64)]) -> TrackRecording {
        let Quarters(bar) = metre.bar_beats();
        let mark = |&(sample, at): &(usize, f64)| {
            let bar_start = Quarters((at / bar).floor() * bar);
            (sample, TrackMark { at: Quarters(at), metre, bar_start })
        };
        TrackRecording {
            name: String::new(),
            samples: vec![0.25; (seconds * RATE) as usize],
            rate: RATE,
            marks: marks.iter().map(mark).collect(),
        }
    }

    fn times(beats: &BeatTrack) -> Vec<f64> {
        beats.times.iter().map(|time| (time.0 * 1000.0).round() / 1000.0).collect()
    }

    #[test]
    fn whole_bars_are_a_loop() {
        let track = track(4.0, Metre::COMMON, &[(0, 8.0), (4000, 16.0)]);
        let beats = track.beats().unwrap();
        assert_eq!(times(&beats), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]);
        assert_eq!((beats.beats_to_a_bar, beats.first_downbeat, beats.is_loop), (4, 0, true));
        assert_eq!(beats.metre, Some(Metre::COMMON));
    }

    #[test]
    fn a_start_within_a_bar_waits_for_the_next() {
        // From a quarter of a beat behind the third beat on, to the second beat of a bar.
        let track = track(1.875, Metre::COMMON, &[(0, 2.25), (1875, 6.0)]);
        let beats = track.beats().unwrap();
        assert_eq!(times(&beats), [0.375, 0.875, 1.375]);
        assert_eq!((beats.first_downbeat, beats.is_loop), (1, false));
    }

    #[test]
    fn beats_follow_the_hosts_tempo_and_its_metre() {
        // Dotted quarters: a second each, then half of one.
        let jig = Metre::new(6, 8).unwrap();
        let slows = track(3.0, jig, &[(0, 0.0), (2000, 3.0), (3000, 6.0)]);
        let beats = slows.beats().unwrap();
        assert_eq!(times(&beats), [0.0, 1.0, 2.0, 2.5]);
        assert_eq!((beats.beats_to_a_bar, beats.is_loop), (2, true));
        let mut changes = slows;
        changes.marks[1].1.metre = Metre::COMMON;
        assert_eq!(changes.beats(), None);
    }

    #[test]
    fn too_little_has_no_beats_and_odd_marks_do_no_harm() {
        for marks in [&[][..], &[(0, 4.0)], &[(0, 4.0), (0, 4.0)], &[(0, 4.0), (100, 3.0)]] {
            assert_eq!(track(0.2, Metre::COMMON, marks).beats(), None, "{marks:?}");
        }
        assert_eq!(track(0.2, Metre::COMMON, &[(0, 4.1), (200, 4.5)]).beats(), None);
        assert_eq!(TrackRecording::default().beats(), None);
    }

    #[test]
    fn what_is_kept_is_as_loud_as_may_be() {
        let mut quiet = track(0.1, Metre::COMMON, &[]);
        quiet.samples[50] = f32::NAN;
        let wav = quiet.wav();
        let mut reader = hound::WavReader::new(std::io::Cursor::new(wav)).unwrap();
        assert_eq!(reader.spec().sample_rate, 1000);
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!((samples[0], samples[50]), (29490, 0));
    }
}
