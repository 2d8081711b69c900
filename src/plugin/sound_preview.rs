//! Sounds that the window wants to be heard: a melody or a recording while the host stands, the take as a
//! piano along with the host's transport.
//!
//! Runs on the audio thread: allocates and frees nothing. A sound is played at the host's rate by cubic
//! interpolation, which is good enough to listen to. One that has a place in the song is played where the
//! transport is: it is bent by so little that nobody hears it while the host's tempo is nearly the sound's
//! own, and leaps after it, with one fading into the other, where it is not.

use super::transport::{Motion, Span};
use crate::studio::wire::Sound;

/// Time in which a sound comes up or dies away, in seconds.
const FADE: f64 = 0.01;

/// The same where the transport starts, which may be on a stroke.
const ENTRY: f64 = 0.002;

/// How far a sound may be from its place before it leaps there, in seconds.
const APART: f64 = 0.02;

/// How much faster or slower it is played at most to come to its place: 3 cents.
const BEND: f64 = 0.002;

/// Where a sound is played.
#[derive(Clone, Copy, Default)]
struct Head {
    /// In samples of the sound.
    position: f64,
    gain: f32,
}

/// The receiving end.
pub struct SoundPreview {
    arriving: rtrb::Consumer<Box<Sound>>,
    spent: rtrb::Producer<Box<Sound>>,
    playing: Option<Box<Sound>>,
    head: Head,
    /// What dies away where the transport came from.
    leaving: Head,
}

impl SoundPreview {
    /// Sounds arrive through one queue and leave to be freed through the other, which has room for all
    /// that are out.
    pub fn new(
        arriving: rtrb::Consumer<Box<Sound>>,
        spent: rtrb::Producer<Box<Sound>>,
    ) -> SoundPreview {
        let (head, leaving) = (Head::default(), Head::default());
        SoundPreview { arriving, spent, playing: None, head, leaving }
    }

    /// Adds the samples of a span to both sides of the bus, from the sound that has its place in the song,
    /// at a level (linear). `silent` lets it die away.
    pub fn follow(
        &mut self,
        span: &Span,
        [left, right]: [&mut [f32]; 2],
        samples_per_second: f64,
        level: f32,
        silent: bool,
    ) {
        let Some(sound) = &self.playing else { return };
        let Some(place) = &sound.place else { return };
        let rolls = span.motion.is_rolling() && !silent && self.arriving.is_empty();
        let (head, leaving) = (&mut self.head, &mut self.leaving);
        let from = place.sample(span.start);
        let apart = (from - head.position).abs() > APART * f64::from(sound.rate.0);
        let mut rise = FADE;
        if rolls && (span.motion != Motion::Runs || apart || head.gain <= 0.0) {
            if span.motion == Motion::Starts {
                rise = ENTRY;
            }
            if head.gain > leaving.gain {
                *leaving = *head;
            }
            *head = Head { position: from, gain: 0.0 };
        }
        let usual = f64::from(sound.rate.0) / samples_per_second;
        let end = place.sample(span.position(span.offset + span.frames));
        let step = (end - head.position) / f64::from(span.frames);
        let step = step.clamp(usual * (1.0 - BEND), usual * (1.0 + BEND));
        let [rise, fall] = [rise, FADE].map(|time| (1.0 / (time * samples_per_second)) as f32);
        let target = if rolls { level } else { 0.0 };
        for (left, right) in left.iter_mut().zip(right) {
            head.gain += (target - head.gain).clamp(-fall, rise);
            leaving.gain = (leaving.gain - fall).max(0.0);
            for (head, step) in [(&mut *head, step), (&mut *leaving, usual)] {
                if head.gain > 0.0 {
                    *left += head.gain * interpolated(&sound.stereo.left, head.position);
                    *right += head.gain * interpolated(&sound.stereo.right, head.position);
                }
                head.position += step;
            }
        }
    }

    /// Adds the next samples of the newest sound to both sides of the bus, at a level (linear), if it has
    /// no place in the song. `stops` lets it die away, with all that wait.
    pub fn add(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        samples_per_second: f64,
        level: f32,
        stops: bool,
    ) {
        let glide = (1.0 / (FADE * samples_per_second)) as f32;
        let mut frames = left.iter_mut().zip(right);
        loop {
            let placed = self.playing.as_ref().is_some_and(|sound| sound.place.is_some());
            let heard = self.head.gain > 0.0 || placed && self.leaving.gain > 0.0;
            if placed && (heard || self.arriving.is_empty()) {
                return;
            }
            let leaves = stops || !self.arriving.is_empty();
            if placed || leaves && !heard || !self.is_within() {
                self.hand_back();
                if self.playing.is_some() {
                    return;
                }
                let Ok(sound) = self.arriving.pop() else { return };
                self.playing = Some(sound);
                (self.head, self.leaving) = (Head::default(), Head::default());
                continue;
            }
            let Some(sound) = &self.playing else { return };
            let step = f64::from(sound.rate.0) / samples_per_second;
            let target = if leaves { 0.0 } else { level };
            let head = &mut self.head;
            loop {
                let within = head.position < sound.stereo.left.len() as f64;
                if !within || leaves && head.gain <= 0.0 {
                    break;
                }
                let Some((left, right)) = frames.next() else { return };
                head.gain += (target - head.gain).clamp(-glide, glide);
                *left += head.gain * interpolated(&sound.stereo.left, head.position);
                *right += head.gain * interpolated(&sound.stereo.right, head.position);
                head.position += step;
            }
        }
    }

    fn is_within(&self) -> bool {
        let length = self.playing.as_ref().map_or(0, |sound| sound.stereo.left.len());
        self.head.position < length as f64
    }

    /// Sends back what was played. It stays, if there is no room.
    fn hand_back(&mut self) {
        if let Some(sound) = self.playing.take()
            && let Err(rtrb::PushError::Full(sound)) = self.spent.push(sound)
        {
            self.playing = Some(sound);
        }
    }
}

/// A sample between two others, by the cubic of Catmull and Rom (1974) through the four around; nothing
/// ahead of the first and behind the last.
fn interpolated(samples: &[f32], position: f64) -> f32 {
    if position < 0.0 {
        return 0.0;
    }
    let index = position as usize;
    let at = |place: Option<usize>| place.and_then(|place| samples.get(place)).copied();
    let x = (position - index as f64) as f32;
    let here = at(Some(index)).unwrap_or_default();
    let before = at(index.checked_sub(1)).unwrap_or(here);
    let next = at(index.checked_add(1)).unwrap_or_default();
    let after = at(index.checked_add(2)).unwrap_or_default();
    let (slope, bend) = (0.5 * (next - before), before - 2.5 * here + 2.0 * next - 0.5 * after);
    let twist = 0.5 * (after - before) + 1.5 * (here - next);
    ((twist * x + bend) * x + slope) * x + here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Stereo;
    use crate::score::SampleRate;
    use rtrb::RingBuffer;

    const RATE: f64 = 48_000.0;

    struct Bench {
        preview: SoundPreview,
        sounds: rtrb::Producer<Box<Sound>>,
        spent: rtrb::Consumer<Box<Sound>>,
    }

    impl Bench {
        fn new() -> Bench {
            let (sounds, arriving) = RingBuffer::new(4);
            let (leaving, spent) = RingBuffer::new(4);
            Bench { preview: SoundPreview::new(arriving, leaving), sounds, spent }
        }

        fn send(&mut self, samples: Vec<f32>, rate: u32) {
            let stereo = Stereo { left: samples.clone(), right: samples };
            let sound = Sound { stereo, rate: SampleRate(rate), place: None };
            self.sounds.push(Box::new(sound)).unwrap();
        }

        fn play(&mut self, frames: usize, stops: bool) -> Vec<f32> {
            let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
            self.preview.add(&mut left, &mut right, RATE, 1.0, stops);
            assert_eq!(left, right);
            left
        }
    }

    fn sine(hertz: f64, rate: f64, frames: usize) -> Vec<f32> {
        let turn = std::f64::consts::TAU * hertz / rate;
        (0..frames).map(|frame| (turn * frame as f64).sin() as f32).collect()
    }

    #[test]
    fn a_sound_keeps_its_pitch_at_another_rate_and_comes_back() {
        let mut bench = Bench::new();
        bench.send(sine(440.0, 44_100.0, 44_100), 44_100);
        let mut played = Vec::new();
        for _ in 0..200 {
            played.extend(bench.play(256, false));
        }
        let wanted = sine(440.0, RATE, 47_000);
        let faded = (FADE * RATE) as usize;
        for (a, b) in played[faded + 8..47_000].iter().zip(&wanted[faded + 8..]) {
            assert!((a - b).abs() < 2e-3, "{a} {b}");
        }
        assert!(played[48_001..].iter().all(|sample| *sample == 0.0), "once only");
        assert_eq!(bench.spent.slots(), 1);
    }

    #[test]
    fn the_newest_replaces_and_the_host_ends_it_without_a_click() {
        let mut bench = Bench::new();
        bench.send(vec![0.5; 96_000], 48_000);
        assert!(bench.play(1000, false)[900] > 0.49);
        bench.send(vec![-0.5; 96_000], 48_000);
        let change = bench.play(2000, false);
        assert!(change[1999] < -0.49);
        assert!(change.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.01), "no click");
        assert_eq!(bench.spent.slots(), 1);
        let end = bench.play(1000, true);
        assert!(end[999] == 0.0 && end.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.01));
        assert_eq!(bench.spent.slots(), 2);
        // Silence ends what sounds, and comes back at once.
        bench.send(vec![0.5; 96_000], 48_000);
        bench.play(1000, false);
        bench.send(Vec::new(), 48_000);
        bench.play(1000, false);
        assert_eq!(bench.spent.slots(), 4);
        assert!(bench.play(64, false).iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn what_waits_while_the_host_plays_is_not_heard() {
        let mut bench = Bench::new();
        bench.send(vec![0.5; 96_000], 48_000);
        assert!(bench.play(512, true).iter().all(|sample| *sample == 0.0));
        assert_eq!(bench.spent.slots(), 1);
        assert!(bench.play(512, false).iter().all(|sample| *sample == 0.0));
    }
}
