//! Sounds that the window wants to be heard while the host stands: a melody, a recording.
//!
//! Runs on the audio thread: allocates and frees nothing. A sound is played at the host's rate by cubic
//! interpolation, which is good enough to listen to.

use crate::studio::wire::Sound;

/// Time in which a sound comes up or dies away, in seconds.
const FADE: f64 = 0.01;

/// The receiving end.
pub struct SoundPreview {
    arriving: rtrb::Consumer<Box<Sound>>,
    spent: rtrb::Producer<Box<Sound>>,
    playing: Option<Box<Sound>>,
    /// In samples of the sound.
    position: f64,
    gain: f32,
}

impl SoundPreview {
    /// Sounds arrive through one queue and leave to be freed through the other, which has room for all
    /// that are out.
    pub fn new(
        arriving: rtrb::Consumer<Box<Sound>>,
        spent: rtrb::Producer<Box<Sound>>,
    ) -> SoundPreview {
        SoundPreview { arriving, spent, playing: None, position: 0.0, gain: 0.0 }
    }

    /// Adds the next samples of the newest sound to both sides of the bus, at a level (linear). `stops`
    /// lets it die away, with all that wait.
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
            let leaves = stops || !self.arriving.is_empty();
            if leaves && self.gain <= 0.0 || !self.is_within() {
                self.hand_back();
                if self.playing.is_some() {
                    return;
                }
                let Ok(sound) = self.arriving.pop() else { return };
                (self.playing, self.position, self.gain) = (Some(sound), 0.0, 0.0);
                continue;
            }
            let Some(sound) = &self.playing else { return };
            let step = f64::from(sound.rate.0) / samples_per_second;
            let target = if leaves { 0.0 } else { level };
            loop {
                let within = self.position < sound.stereo.left.len() as f64;
                if !within || leaves && self.gain <= 0.0 {
                    break;
                }
                let Some((left, right)) = frames.next() else { return };
                self.gain += (target - self.gain).clamp(-glide, glide);
                *left += self.gain * interpolated(&sound.stereo.left, self.position);
                *right += self.gain * interpolated(&sound.stereo.right, self.position);
                self.position += step;
            }
        }
    }

    fn is_within(&self) -> bool {
        let length = self.playing.as_ref().map_or(0, |sound| sound.stereo.left.len());
        self.position < length as f64
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

/// A sample between two others, by the cubic of Catmull and Rom (1974) through the four around.
fn interpolated(samples: &[f32], position: f64) -> f32 {
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
            let sound = Sound { stereo, rate: SampleRate(rate) };
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
