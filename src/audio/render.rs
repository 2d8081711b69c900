//! Songs to samples.

use super::lanes::{Event, LANES, Lane, deal};
use super::{AudioError, SoundFont};
use crate::score::{SampleRate, Song};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The loudest sample of a rendering (Wei et al., ISMIR 2019, normalise to this peak).
const PEAK: f32 = 0.95;

/// How long notes may ring on behind the last one's end, in seconds.
const TAIL: f64 = 2.0;

/// The longest song that is rendered: an hour, 635 MB of samples.
const LONGEST: f64 = 3600.0;

/// Samples between two changes of an envelope, and the grid on which notes begin: 1.5 ms.
const BLOCK: usize = 64;

/// Samples that are rendered between two looks at `cancelled`. Also bounds the memory for the
/// lanes' separate outputs.
const SEGMENT: usize = 1 << 19;

/// What to render, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// 16 to 192 kHz.
    pub sample_rate: SampleRate,
    /// Whether the drum tracks sound too.
    pub drums: bool,
}

impl RenderOptions {
    /// What analysis hears: the melodic tracks at 44.1 kHz.
    pub const ANALYSIS: RenderOptions =
        RenderOptions { sample_rate: SampleRate::ANALYSIS, drums: false };
}

/// Two channels of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stereo {
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

/// Renders a song in mono without effects, peak-normalised to 0.95 (silence stays silent).
///
/// Covers all bars of the song, and the last note with 2 s to ring on. The same song, font and
/// options give the same samples on any number of processor cores.
///
/// # Errors
/// [`AudioError::Cancelled`] soon after `cancelled` returns true, [`AudioError::SampleRate`],
/// [`AudioError::TooLong`] beyond an hour, [`AudioError::Unplayable`] for a bad font.
pub fn render(
    song: &Song,
    font: &SoundFont,
    options: RenderOptions,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f32>, AudioError> {
    let mut mono = vec![0.0; length(song, options)?];
    run(song, font, options, false, cancelled, |at, left, right| {
        for ((sum, left), right) in mono[at..].iter_mut().zip(left).zip(right) {
            *sum += 0.5 * (left + right);
        }
    })?;
    normalise(&mut [&mut mono])?;
    Ok(mono)
}

/// Renders a song in stereo with the SoundFont's reverb and chorus, peak-normalised to 0.95.
///
/// Length and errors as in [`render`].
///
/// # Errors
/// As in [`render`].
pub fn render_stereo(
    song: &Song,
    font: &SoundFont,
    options: RenderOptions,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Stereo, AudioError> {
    let length = length(song, options)?;
    let mut stereo = Stereo { left: vec![0.0; length], right: vec![0.0; length] };
    run(song, font, options, true, cancelled, |at, left, right| {
        for (sum, side) in [(&mut stereo.left, left), (&mut stereo.right, right)] {
            for (sum, sample) in sum[at..].iter_mut().zip(side) {
                *sum += sample;
            }
        }
    })?;
    normalise(&mut [&mut stereo.left, &mut stereo.right])?;
    Ok(stereo)
}

/// Samples that a rendering has. 0 for a song without notes.
fn length(song: &Song, options: RenderOptions) -> Result<usize, AudioError> {
    let last = song.tracks.iter().filter(|track| options.drums || !track.is_drums());
    let last = last.flat_map(|track| &track.notes).map(|note| note.end()).max();
    let ringing = last.map_or(0.0, |end| song.tempo.seconds(end).0 + TAIL);
    // Checked before the bars are laid: a damaged file may claim millions of them.
    let check = |seconds: f64| {
        let too_long = AudioError::TooLong { seconds, limit: LONGEST };
        if seconds > LONGEST { Err(too_long) } else { Ok(seconds) }
    };
    check(song.tempo.seconds(song.end()).0)?;
    let bars = song.bars().bars().last().map_or(0.0, |bar| song.tempo.seconds(bar.end()).0);
    let seconds = check(ringing.max(bars))?;
    Ok((seconds * f64::from(options.sample_rate.0)).ceil() as usize)
}

/// Plays all lanes and hands their output on piece by piece: `add(at, left, right)` gets each
/// lane's samples from `at` on, always in the same order.
fn run(
    song: &Song,
    font: &SoundFont,
    options: RenderOptions,
    effects: bool,
    cancelled: &(dyn Fn() -> bool + Sync),
    mut add: impl FnMut(usize, &[f32], &[f32]),
) -> Result<(), AudioError> {
    let length = length(song, options)?;
    for bank in deal(song, options.sample_rate, options.drums) {
        let mut players = Vec::with_capacity(LANES);
        for lane in bank.into_iter().filter(|lane| !lane.events.is_empty()) {
            players.push(Player::new(font, lane, options.sample_rate, effects)?);
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for start in (0..length).step_by(SEGMENT) {
            if cancelled() {
                return Err(AudioError::Cancelled);
            }
            let size = SEGMENT.min(length - start);
            let per_thread = players.len().div_ceil(threads).max(1);
            // A font may be odd enough to lead rustysynth out of its samples, which panics. The
            // players are dropped then.
            let played = catch_unwind(AssertUnwindSafe(|| {
                std::thread::scope(|scope| {
                    for group in players.chunks_mut(per_thread) {
                        scope.spawn(move || group.iter_mut().for_each(|player| player.play(size)));
                    }
                });
            }));
            if played.is_err() {
                let reason = "a sample plays past its end".to_owned();
                return Err(AudioError::Unplayable(reason));
            }
            for player in &players {
                add(start, &player.left, &player.right);
            }
        }
    }
    Ok(())
}

/// A synthesizer with its notes.
struct Player {
    synthesizer: Synthesizer,
    events: std::iter::Peekable<std::vec::IntoIter<Event>>,
    /// Samples played so far.
    at: u64,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Player {
    fn new(
        font: &SoundFont,
        lane: Lane,
        SampleRate(rate): SampleRate,
        effects: bool,
    ) -> Result<Player, AudioError> {
        let mut settings = SynthesizerSettings::new(rate.min(i32::MAX as u32) as i32);
        settings.block_size = BLOCK;
        settings.maximum_polyphony = 256;
        settings.enable_reverb_and_chorus = effects;
        let mut synthesizer =
            Synthesizer::new(font.inner(), &settings).map_err(|_| AudioError::SampleRate(rate))?;
        const PROGRAM_CHANGE: i32 = 0xC0;
        for (channel, &program) in lane.programs.iter().enumerate() {
            if channel != Synthesizer::PERCUSSION_CHANNEL {
                let program = i32::from(font.program(program));
                synthesizer.process_midi_message(channel as i32, PROGRAM_CHANGE, program, 0);
            }
        }
        let events = lane.events.into_iter().peekable();
        Ok(Player { synthesizer, events, at: 0, left: Vec::new(), right: Vec::new() })
    }

    /// Plays the next `size` samples into `left` and `right`.
    fn play(&mut self, size: usize) {
        self.left.resize(size, 0.0);
        self.right.resize(size, 0.0);
        for (left, right) in self.left.chunks_mut(BLOCK).zip(self.right.chunks_mut(BLOCK)) {
            // Notes begin with the block whose start is nearest.
            let until = self.at + BLOCK as u64 / 2;
            while let Some(event) = self.events.next_if(|event| event.at < until) {
                let (channel, key) = (i32::from(event.channel), i32::from(event.key));
                match event.velocity {
                    Some(velocity) => self.synthesizer.note_on(channel, key, velocity.into()),
                    None => self.synthesizer.note_off(channel, key),
                }
            }
            self.synthesizer.render(left, right);
            self.at += left.len() as u64;
        }
    }
}

fn normalise(channels: &mut [&mut Vec<f32>]) -> Result<(), AudioError> {
    let samples = channels.iter().flat_map(|channel| channel.iter());
    // A NaN would hide from `max`, so the sum of magnitudes looks for it.
    let (peak, sum) = samples.fold((0f32, 0f64), |(peak, sum), sample| {
        (peak.max(sample.abs()), sum + f64::from(sample.abs()))
    });
    if !sum.is_finite() {
        return Err(AudioError::Unplayable("it makes sounds that are no numbers".to_owned()));
    }
    if peak > 0.0 {
        let gain = PEAK / peak;
        channels.iter_mut().flat_map(|channel| channel.iter_mut()).for_each(|x| *x *= gain);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, Note, TempoMap, Ticks, Track, TrackKind, Velocity};
    use proptest::prelude::*;

    const GO_ON: &(dyn Fn() -> bool + Sync) = &|| false;

    fn note(start: u64, length: u64, key: u8) -> Note {
        let velocity = Velocity::clamped(100);
        Note { start: Ticks(start), length: Ticks(length), key, velocity }
    }

    fn song(tracks: Vec<(TrackKind, Vec<Note>)>) -> Song {
        let track = |(kind, notes)| Track { name: String::new(), kind, notes };
        Song {
            tempo: TempoMap::constant(96, Bpm(120.0)),
            metres: Vec::new(),
            tracks: tracks.into_iter().map(track).collect(),
        }
    }

    fn melody(notes: Vec<Note>) -> Song {
        song(vec![(TrackKind::Melodic { program: 0 }, notes)])
    }

    fn listen(song: &Song) -> Vec<f32> {
        render(song, SoundFont::embedded(), RenderOptions::ANALYSIS, GO_ON).unwrap()
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn a_note_sounds_when_it_is_struck_and_rings_off() {
        let samples = listen(&melody(vec![note(96, 96, 69)]));
        assert_eq!(samples.len(), 44_100 * 3);
        assert!(power(&samples[..22_000]) < 1e-12);
        assert!(power(&samples[22_100..44_000]) > 1e-3);
        assert!(power(&samples[100_000..]) < 1e-4);
        let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
        assert!((peak - 0.95).abs() < 1e-6);
    }

    #[test]
    fn drums_sound_only_where_they_are_wanted() {
        let drums = song(vec![(TrackKind::Drums, vec![note(0, 10, 38)])]);
        let silent = listen(&drums);
        assert!(silent.len() == 88_200 && silent.iter().all(|x| *x == 0.0));
        let options = RenderOptions { drums: true, ..RenderOptions::ANALYSIS };
        let stereo = render_stereo(&drums, SoundFont::embedded(), options, GO_ON).unwrap();
        assert!(power(&stereo.left[..22_050]) > 1e-4 && power(&stereo.right[..22_050]) > 1e-4);
    }

    #[test]
    fn a_repeated_note_is_struck_again_and_an_overlapped_one_lasts() {
        let samples = listen(&melody(vec![note(0, 192, 60), note(96, 192, 60)]));
        // Struck anew at half a second, still held at 1.2 s although the first would end at 1 s.
        assert!(power(&samples[22_500..26_000]) > power(&samples[18_000..21_500]));
        assert!(power(&samples[50_000..54_000]) > 1e-4);
    }

    #[test]
    fn every_one_of_forty_tracks_is_heard() {
        let track = |at: u64| (TrackKind::Melodic { program: 73 }, vec![note(at * 96, 90, 72)]);
        let samples = listen(&song((0..40).map(track).collect()));
        for second in 0..40 {
            assert!(power(&samples[second * 22_050 + 4_000..][..10_000]) > 1e-3, "{second}");
        }
    }

    #[test]
    fn nothing_makes_nothing_and_stopping_stops() {
        assert!(listen(&song(Vec::new())).is_empty());
        let song = melody(vec![note(0, 96, 60)]);
        let font = SoundFont::embedded();
        let stopped = render(&song, font, RenderOptions::ANALYSIS, &|| true);
        assert!(matches!(stopped, Err(AudioError::Cancelled)));
        let slow = RenderOptions { sample_rate: SampleRate(8000), drums: false };
        assert!(matches!(render(&song, font, slow, GO_ON), Err(AudioError::SampleRate(8000))));
        let endless = melody(vec![note(96 * 2 * 3601, 96, 60)]);
        let refused = render(&endless, font, RenderOptions::ANALYSIS, GO_ON);
        assert!(matches!(refused, Err(AudioError::TooLong { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn the_same_song_gives_the_same_finite_samples(
            notes in prop::collection::vec((0u64..400, 0u64..300, 0u8..=127, 0u8..=127), 0..60),
        ) {
            let tracks: Vec<_> = notes
                .iter()
                .enumerate()
                .map(|(at, (start, length, key, program))| {
                    let kind = if at % 7 == 6 {
                        TrackKind::Drums
                    } else {
                        TrackKind::Melodic { program: *program }
                    };
                    (kind, vec![note(*start, *length, *key)])
                })
                .collect();
            let song = song(tracks);
            let options = RenderOptions { drums: true, ..RenderOptions::ANALYSIS };
            let [one, two] = [(); 2].map(|()| {
                render(&song, SoundFont::embedded(), options, GO_ON).unwrap()
            });
            prop_assert!(one == two);
            prop_assert!(one.iter().all(|x| x.abs() <= 0.951));
        }
    }
}
