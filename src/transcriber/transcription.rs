//! What was heard, and as a song of one drum track.

use crate::score::{
    Beats, Bpm, Metre, MetreChange, Note, Seconds, Song, TempoChange, TempoMap, Ticks, Track,
    TrackKind, Velocity,
};

use super::beats::BeatTrack;
use super::onsets::Onset;
use super::remark::Remark;
use super::tracking;

const TICKS_PER_QUARTER: u16 = 480;
/// How long a drum's note is: a 32nd.
const LENGTH: Ticks = Ticks(TICKS_PER_QUARTER as u64 / 8);
/// Beats this near to a steady tempo are at a steady tempo, in seconds.
const STEADY: f64 = 0.02;
/// How near a stroke is to a beat that it is on, in seconds.
const STRUCK: f64 = 0.05;
/// The fewest beats with a stroke that say what tempo all have.
const FEWEST_STRUCK: usize = 4;
/// The tempo of a recording without beats.
const NO_TEMPO: Bpm = Bpm(120.0);

/// Whether strokes are moved to the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantise {
    /// They stay where they were played.
    #[default]
    Off,
    /// To sixteenths or triplet eighths, whichever is nearer to the whole recording; to sixteenths in
    /// compound metres and where a beat is shorter than a quarter note.
    Grid,
}

/// A recording's drums.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcription {
    /// In order of time.
    pub onsets: Vec<Onset>,
    /// Where the beats and bars are.
    pub beats: BeatTrack,
    /// The recording's length.
    pub seconds: f64,
    /// What is to be known of it.
    pub remarks: Vec<Remark>,
}

/// Where beats are on the time line of the song.
struct TimeLine {
    /// Beats, in seconds of the recording; two at least.
    times: Vec<f64>,
    /// Ticks from beat to beat, and of the first of `times`.
    beat: u64,
    first: u64,
}

impl TimeLine {
    /// The time's place, in beats from the first; beyond the ends as the nearest beat goes on.
    fn place(&self, time: f64) -> f64 {
        tracking::place(&self.times, time)
    }

    fn tick(&self, place: f64) -> Ticks {
        Ticks((self.first as f64 + place * self.beat as f64).round().max(0.0) as u64)
    }
}

impl Transcription {
    /// Tempo in beats a minute, between the first beat and the last.
    pub fn bpm(&self) -> Option<f64> {
        let times = self.time_line(self.metre())?.times;
        let count = times.len() - 1;
        Some(60.0 * count as f64 / (times[count] - times[0]))
    }

    /// The time in the recording at which the song of [`song`](Self::song) begins; negative where its
    /// first bar begins before the recording.
    pub fn start(&self, metre: Metre) -> Seconds {
        self.time_line(metre).map_or(Seconds(0.0), |line| {
            let period = line.times[1] - line.times[0];
            Seconds(line.times[0] - line.first as f64 / line.beat as f64 * period)
        })
    }

    /// Where times of the recording lie in the song of [`song`](Self::song), in quarter notes; negative before
    /// its first bar. `None` without beats.
    pub fn positions(&self, metre: Metre) -> Option<impl Fn(Seconds) -> Beats> {
        let line = self.time_line(metre)?;
        let quarter = f64::from(TICKS_PER_QUARTER);
        let ticks = move |at: Seconds| line.first as f64 + line.place(at.0) * line.beat as f64;
        Some(move |at| Beats(ticks(at) / quarter))
    }

    /// The metre that the beats have: quarters, unless a host or a musician says otherwise.
    pub fn metre(&self) -> Metre {
        if let Some(metre) = self.beats.metre {
            return metre;
        }
        let beats = self.beats.beats_to_a_bar.clamp(1, 32) as u8;
        Metre::new(beats, 4).unwrap_or(Metre::COMMON)
    }

    /// A song of one drum track, whose bar 1 begins at a downbeat: where the recording begins within
    /// a bar, that bar is its first. Strokes keep their timing and velocity. Without beats the strokes
    /// are written at 120 beats a minute from the recording's start.
    pub fn song(&self, name: &str, metre: Metre, quantise: Quantise) -> Song {
        let line = self.time_line(metre);
        let mut notes: Vec<Note> = Vec::with_capacity(self.onsets.len());
        let tempo = match &line {
            Some(line) => line.tempo(),
            None => TempoMap::constant(TICKS_PER_QUARTER, NO_TEMPO),
        };
        let quantised = line.as_ref().filter(|_| quantise == Quantise::Grid);
        let grid = quantised.map(|line| self.grid(line, metre));
        for onset in &self.onsets {
            let start = match &line {
                Some(line) => {
                    let place = line.place(onset.at.0);
                    let place = grid.map_or(place, |parts| (place * parts).round() / parts);
                    line.tick(place)
                }
                None => tempo.ticks(onset.at),
            };
            notes.push(Note {
                start,
                length: LENGTH,
                key: onset.lane.default_key().get(),
                velocity: Velocity::from_unit(onset.velocity),
            });
        }
        notes.sort_by_key(|note| (note.start, note.key, std::cmp::Reverse(note.velocity)));
        notes.dedup_by_key(|note| (note.start, note.key));
        Song {
            tempo,
            metres: vec![MetreChange { at: Ticks(0), metre }],
            tracks: vec![Track { name: name.to_owned(), kind: TrackKind::Drums, notes }],
        }
    }

    /// How long the clip is that [`song`](Self::song) makes of a loop: its bars, whatever is struck last.
    /// 0 for what is no loop.
    pub fn length(&self, metre: Metre) -> Ticks {
        let line = self.time_line(metre).filter(|_| self.beats.is_loop);
        Ticks(line.map_or(0, |line| line.first + line.times.len() as u64 * line.beat))
    }

    /// When a loop begins anew: behind its last bar, whatever silence follows in the recording. The recording's
    /// length for what is no loop.
    pub fn end(&self) -> Seconds {
        match self.beats.times.as_slice() {
            [.., before, last] if self.beats.is_loop => Seconds(2.0 * last.0 - before.0),
            _ => Seconds(self.seconds),
        }
    }

    /// Parts of a beat that the strokes lie nearest to, for how near chance would be: sixteenths, or three
    /// of a quarter note where a beat is made of quarters.
    fn grid(&self, line: &TimeLine, metre: Metre) -> f64 {
        let quarters = line.beat as f64 / f64::from(TICKS_PER_QUARTER);
        if metre.is_compound() || quarters < 1.0 {
            return 4.0 * quarters;
        }
        let off = |parts: f64| -> f64 {
            let off = self.onsets.iter().map(|onset| {
                let place = line.place(onset.at.0) * parts;
                (place - place.round()).abs()
            });
            off.sum()
        };
        let (thirds, sixteenths) = (3.0 * quarters, 4.0 * quarters);
        if off(thirds) < off(sixteenths) { thirds } else { sixteenths }
    }

    /// Whether a stroke is on the beat at `time`, in seconds. Where nothing is struck beats are imagined.
    fn is_struck(&self, time: f64) -> bool {
        let from = self.onsets.partition_point(|onset| onset.at.0 < time - STRUCK);
        self.onsets.get(from).is_some_and(|onset| onset.at.0 <= time + STRUCK)
    }

    fn time_line(&self, metre: Metre) -> Option<TimeLine> {
        let mut times: Vec<f64> = self.beats.times.iter().map(|time| time.0).collect();
        if times.len() < 2 {
            return None;
        }
        let struck: Vec<bool> = times.iter().map(|&time| self.is_struck(time)).collect();
        if let Some(steady) = steady(&times, &struck) {
            times = steady;
        }
        let quarter = u64::from(TICKS_PER_QUARTER);
        let beat = if metre.is_compound() {
            quarter * 4 / u64::from(metre.denominator()) * 3
        } else {
            quarter * 4 / u64::from(metre.denominator())
        };
        let bar = metre.bar_ticks(TICKS_PER_QUARTER).0;
        // Bars before the first downbeat, as many as there are beats or strokes in.
        let downbeat = times.get(self.beats.first_downbeat).copied().unwrap_or(times[0]);
        let earliest = self.onsets.first().map_or(times[0], |onset| onset.at.0.min(times[0]));
        let bar_seconds = (times[1] - times[0]) * bar as f64 / beat as f64;
        // A stroke that is ahead of bar 1 by a hair is on it.
        let bars = ((downbeat - earliest) / bar_seconds - 0.03).ceil().max(0.0) as u64;
        let first = (bars * bar).saturating_sub(self.beats.first_downbeat as u64 * beat);
        Some(TimeLine { times, beat, first })
    }
}

impl TimeLine {
    /// One tempo for each beat, or one for all where they are the same.
    fn tempo(&self) -> TempoMap {
        let quarters = self.beat as f64 / f64::from(TICKS_PER_QUARTER);
        let mut changes: Vec<TempoChange> = Vec::new();
        for (index, pair) in self.times.windows(2).enumerate() {
            let micros =
                ((pair[1] - pair[0]) * 1e6 / quarters).round().clamp(1.0, 16_777_215.0) as u32;
            let at = if index == 0 { 0 } else { self.first + index as u64 * self.beat };
            if changes.last().is_none_or(|last| last.micros_per_quarter != micros) {
                changes.push(TempoChange { at: Ticks(at), micros_per_quarter: micros });
            }
        }
        TempoMap::new(TICKS_PER_QUARTER, changes)
    }
}

/// The beats at one tempo (least squares), if all that are struck are near to it; all count where fewer
/// than [`FEWEST_STRUCK`] are.
fn steady(times: &[f64], struck: &[bool]) -> Option<Vec<f64>> {
    let few = struck.iter().filter(|struck| **struck).count() < FEWEST_STRUCK;
    let counted = || {
        let pairs = times.iter().zip(struck).enumerate();
        pairs.filter(|(_, (_, struck))| few || **struck).map(|(at, (time, _))| (at as f64, *time))
    };
    let count = counted().count() as f64;
    let middle = counted().map(|(at, _)| at).sum::<f64>() / count;
    let mean = counted().map(|(_, time)| time).sum::<f64>() / count;
    let spread: f64 = counted().map(|(at, _)| (at - middle).powi(2)).sum();
    let lean: f64 = counted().map(|(at, time)| (at - middle) * (time - mean)).sum();
    let period = lean / spread;
    let first = mean - middle * period;
    let near = counted().all(|(at, time)| (first + at * period - time).abs() < STEADY);
    // All the same to the last bit, so that one tempo is written.
    near.then(|| (0..times.len()).map(|index| first + index as f64 * period).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Lane;
    use crate::transcriber::DrumSound;

    fn onset(at: f64, velocity: f32) -> Onset {
        let (sound, lane) = (DrumSound::Snare, Lane::Snare);
        Onset { at: Seconds(at), sound, lane, velocity, confidence: 0.9 }
    }

    fn four_four() -> Metre {
        Metre::COMMON
    }

    fn heard(onsets: Vec<Onset>, times: &[f64], first_downbeat: usize) -> Transcription {
        let times = times.iter().map(|&time| Seconds(time)).collect();
        let beats = BeatTrack { times, beats_to_a_bar: 4, first_downbeat, ..BeatTrack::default() };
        Transcription { onsets, beats, seconds: 10.0, remarks: Vec::new() }
    }

    #[test]
    fn beats_in_silence_do_not_make_a_steady_recording_unsteady() {
        let mut beats: Vec<f64> = (0..16).map(|index| 0.5 * f64::from(index)).collect();
        let strokes = |beats: &[f64]| beats.iter().map(|&at| onset(at, 0.5)).collect::<Vec<_>>();
        // Nothing is struck on the first beat and on the last two, which are heard somewhere.
        let struck = strokes(&beats[1..14]);
        beats[0] += 0.03;
        beats[15] -= 0.06;
        let steady = heard(struck, &beats, 0);
        let song = steady.song("drums", four_four(), Quantise::Off);
        assert_eq!(song.tempo.changes().count(), 1);
        assert!((song.tempo.bpm(Ticks(0)).0 - 120.0).abs() < 1e-3);
        assert!((steady.bpm().unwrap() - 120.0).abs() < 1e-3);
        // Who plays so keeps it.
        let song = heard(strokes(&beats), &beats, 0).song("drums", four_four(), Quantise::Off);
        assert!(song.tempo.changes().count() > 1);
    }

    #[test]
    fn a_loop_is_as_long_as_its_bars() {
        let beats: Vec<f64> = (0..8).map(|index| 0.5 * f64::from(index)).collect();
        let mut heard = heard(vec![onset(0.0, 1.0), onset(3.0, 0.5)], &beats, 0);
        assert_eq!(heard.length(four_four()), Ticks(0));
        heard.beats.is_loop = true;
        assert_eq!(heard.length(four_four()), Ticks(8 * u64::from(TICKS_PER_QUARTER)));
        // The recording goes on in silence.
        assert_eq!(heard.end(), Seconds(4.0));
        heard.beats.is_loop = false;
        assert_eq!(heard.end(), Seconds(10.0));
    }

    #[test]
    fn half_notes_are_quantised_to_sixteenths() {
        let beats: Vec<f64> = (0..8).map(f64::from).collect();
        let sixteenths = (0..8).map(|step| onset(1.0 + 0.125 * f64::from(step) + 0.01, 0.5));
        let heard = heard(sixteenths.collect(), &beats, 0);
        let song = heard.song("drums", Metre::new(2, 2).unwrap(), Quantise::Grid);
        let starts: Vec<u64> = song.tracks[0].notes.iter().map(|note| note.start.0).collect();
        let sixteenth = u64::from(TICKS_PER_QUARTER) / 4;
        assert_eq!(starts, [8, 9, 10, 11, 12, 13, 14, 15].map(|step| step * sixteenth));
    }

    #[test]
    fn compound_metres_are_quantised_to_sixteenths() {
        let beats: Vec<f64> = (0..8).map(|index| 0.6 * f64::from(index)).collect();
        let sixteenths = (0..6).map(|step| onset(0.6 + 0.1 * f64::from(step) + 0.01, 0.5));
        let heard = heard(sixteenths.collect(), &beats, 0);
        let song = heard.song("drums", Metre::new(6, 8).unwrap(), Quantise::Grid);
        let starts: Vec<u64> = song.tracks[0].notes.iter().map(|note| note.start.0).collect();
        let sixteenth = u64::from(TICKS_PER_QUARTER) / 4;
        assert_eq!(starts, [6, 7, 8, 9, 10, 11].map(|step| step * sixteenth));
    }

    #[test]
    fn strokes_keep_their_timing_and_velocity() {
        let beats: Vec<f64> = (0..16).map(|index| 0.3 + 0.5 * f64::from(index)).collect();
        let heard = heard(vec![onset(0.3, 1.0), onset(1.31, 0.5)], &beats, 0);
        let song = heard.song("drums", four_four(), Quantise::Off);
        assert!((song.tempo.bpm(Ticks(0)).0 - 120.0).abs() < 1e-6);
        assert_eq!(song.tempo.changes().count(), 1);
        let notes = &song.tracks[0].notes;
        assert_eq!((notes[0].start, notes[0].velocity.get()), (Ticks(0), 127));
        assert_eq!((notes[1].start, notes[1].velocity.get()), (Ticks(970), 64));
        let song = heard.song("drums", four_four(), Quantise::Grid);
        assert_eq!(song.tracks[0].notes[1].start, Ticks(960));
        assert!((heard.start(four_four()).0 - 0.3).abs() < 1e-9);
    }

    #[test]
    fn an_upbeat_has_a_bar_of_its_own() {
        let beats: Vec<f64> = (0..16).map(|index| 0.5 * f64::from(index)).collect();
        let heard = heard(vec![onset(0.0, 0.5), onset(0.5, 0.5)], &beats, 1);
        let song = heard.song("drums", four_four(), Quantise::Off);
        let starts: Vec<u64> = song.tracks[0].notes.iter().map(|note| note.start.0).collect();
        assert_eq!(starts, [3 * 480, 4 * 480]);
        assert!((heard.start(four_four()).0 + 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_tempo_that_changes_is_a_tempo_map() {
        let mut times = vec![0.0];
        for index in 0..20 {
            times.push(times[index] + if index < 10 { 0.5 } else { 0.6 });
        }
        let strokes = times.iter().map(|&time| onset(time, 0.5)).collect();
        let song = heard(strokes, &times, 0).song("drums", four_four(), Quantise::Off);
        assert_eq!(song.tempo.changes().count(), 2);
        for (note, time) in song.tracks[0].notes.iter().zip(&times) {
            assert!((song.tempo.seconds(note.start).0 - time).abs() < 1e-3);
        }
    }

    #[test]
    fn swung_strokes_lie_on_triplets() {
        let beats: Vec<f64> = (0..16).map(|index| 0.6 * f64::from(index)).collect();
        let strokes =
            beats.iter().flat_map(|&beat| [onset(beat, 0.5), onset(beat + 0.39, 0.5)]).collect();
        let song = heard(strokes, &beats, 0).song("drums", four_four(), Quantise::Grid);
        assert_eq!(song.tracks[0].notes[1].start, Ticks(320));
    }

    #[test]
    fn without_beats_times_are_kept() {
        let song = heard(vec![onset(1.0, 0.5)], &[], 0).song("drums", four_four(), Quantise::Grid);
        assert_eq!(song.tracks[0].notes[0].start, Ticks(960));
        assert!(
            heard(vec![], &[], 0).song("drums", four_four(), Quantise::Off).tracks[0]
                .notes
                .is_empty()
        );
    }
}
