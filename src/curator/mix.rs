//! The result as sound.

use std::io::{Seek, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::clip::Clip;
use super::plan::{Placed, Plan};
use super::reason::Reason;
use crate::audio::DECODED_RATE;

/// Blocks that may be decoded before they are written.
const AHEAD: usize = 32;

/// The most frames that a WAV file of 16 bits in stereo holds.
const MOST: u64 = (u32::MAX as u64 - 64) / 4;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum MixError {
    #[error("all clips together last {hours:.1} hours and a WAV file holds 6.7: ask for fewer")]
    TooLong { hours: f64 },
    #[error("{} could be heard and then no longer: {reason}", path.display())]
    Changed { path: PathBuf, reason: String },
    #[error("cannot write the sound: {0}")]
    Write(#[from] hound::Error),
    #[error("cancelled")]
    Cancelled,
}

/// A frame: left and right.
type Frame = [f32; 2];

/// Decodes the clips of a plan once more and writes them, joined.
pub struct Mix<'a> {
    /// What is to be written.
    pub plan: &'a Plan,
    /// The clips that the plan speaks of.
    pub clips: &'a [&'a Clip],
}

impl Mix<'_> {
    /// Writes a WAV file of 16 bits in stereo at [`DECODED_RATE`], with one thread that decodes ahead.
    /// `done` hears how many clips are written and answers whether to go on.
    ///
    /// # Errors
    /// [`MixError`]; what was written until then is of no use.
    pub fn write(
        &self,
        to: impl Write + Seek,
        done: &mut dyn FnMut(usize) -> bool,
    ) -> Result<(), MixError> {
        if self.plan.samples > MOST {
            let hours = self.plan.samples as f64 / f64::from(DECODED_RATE) / 3600.0;
            return Err(MixError::TooLong { hours });
        }
        let format = hound::WavSpec {
            channels: 2,
            sample_rate: DECODED_RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::new(to, format)?;
        std::thread::scope(|scope| {
            let (sender, blocks) = sync_channel(AHEAD);
            let (clips, plan) = (self.clips, self.plan);
            scope.spawn(move || decode(clips, plan, &sender));
            self.join(&blocks, &mut file, done)
        })?;
        Ok(file.finalize()?)
    }

    fn join<W: Write + Seek>(
        &self,
        blocks: &Receiver<Result<Vec<Frame>, MixError>>,
        file: &mut hound::WavWriter<W>,
        done: &mut dyn FnMut(usize) -> bool,
    ) -> Result<(), MixError> {
        // What the clip before has behind the beginning of this one.
        let mut tail: Vec<Frame> = Vec::new();
        for (index, placed) in self.plan.placed.iter().enumerate() {
            let heard = placed.audible();
            let length = (heard.end - heard.start).max(0) as usize;
            let leaving = length - (placed.crossfades.1.length as usize).min(length);
            let mut kept: Vec<Frame> = Vec::new();
            let mut at = 0;
            while at < length {
                let mut block = blocks.recv().map_err(|_| MixError::Cancelled)??;
                for (frame, other) in block.iter_mut().zip(tail.iter().skip(at)) {
                    frame.iter_mut().zip(other).for_each(|(sample, other)| *sample += other);
                }
                let now = leaving.saturating_sub(at).min(block.len());
                write(file, &block[..now])?;
                kept.extend_from_slice(&block[now..]);
                at += block.len();
            }
            tail = kept;
            if !done(index + 1) {
                return Err(MixError::Cancelled);
            }
        }
        write(file, &tail)
    }
}

fn write<W: Write + Seek>(
    file: &mut hound::WavWriter<W>,
    frames: &[Frame],
) -> Result<(), MixError> {
    // hound counts in 32 bits.
    for frames in frames.chunks(1 << 20) {
        let mut writer = file.get_i16_writer(frames.len() as u32 * 2);
        for sample in frames.iter().flatten() {
            writer.write_sample(sixteen_bits(*sample));
        }
        writer.flush()?;
    }
    Ok(())
}

/// The nearest of 16 bits. Adding before the fraction is dropped is quicker than a call that rounds.
fn sixteen_bits(sample: f32) -> i16 {
    ((sample.clamp(-1.0, 1.0) * 32767.0 + 32768.5) as i32 - 32768) as i16
}

/// Sends what is heard of every clip, with its gain and its fades.
fn decode(clips: &[&Clip], plan: &Plan, sender: &SyncSender<Result<Vec<Frame>, MixError>>) {
    for placed in &plan.placed {
        let source = &clips[placed.clip].source;
        let heard = placed.audible();
        // Of the clip: the sample that comes next, and that is to be sent next.
        let (mut next, mut wanted) = (0i64, heard.start);
        let mut listening = true;
        let mut send = |frames: Vec<Frame>| {
            listening &= frames.is_empty() || sender.send(Ok(frames)).is_ok();
            listening
        };
        // Before its first sample.
        let silence = (-wanted).clamp(0, heard.end - heard.start);
        send(vec![[0.0; 2]; silence as usize]);
        wanted += silence;
        let streamed = source.stream(&mut |left, right| {
            let first = (wanted - next).clamp(0, left.len() as i64) as usize;
            let last = (heard.end - next).clamp(first as i64, left.len() as i64) as usize;
            let both = left[first..last].iter().zip(&right[first..last]);
            // Most blocks are without a fade: a factor for all is quicker.
            let frames: Vec<Frame> = if is_level(placed, wanted..wanted + (last - first) as i64) {
                both.map(|(left, right)| [left * placed.gain, right * placed.gain]).collect()
            } else {
                let frames = both.zip(wanted..).map(|((left, right), sample)| {
                    let factor = placed.gain * fade(placed, sample);
                    [left * factor, right * factor]
                });
                frames.collect()
            };
            next += left.len() as i64;
            wanted += frames.len() as i64;
            send(frames) && wanted < heard.end
        });
        match streamed {
            Ok(()) => {}
            // Nothing more of it was wanted.
            Err(Reason::Cancelled) if wanted >= heard.end => {}
            Err(reason) => {
                let (path, reason) = (source.path().to_owned(), reason.to_string());
                let _ = sender.send(Err(MixError::Changed { path, reason }));
                return;
            }
        }
        // Behind its last sample.
        if !send(vec![[0.0; 2]; (heard.end - wanted).max(0) as usize]) {
            return;
        }
    }
}

/// Whether no crossfade reaches into some samples of a clip.
fn is_level(placed: &Placed, samples: Range<i64>) -> bool {
    samples.start >= placed.fade_in().end && samples.end <= placed.fade_out().start
}

/// The factor of an equal-power crossfade at a sample of a clip: with the other clip's, the squares add
/// up to 1.
fn fade(placed: &Placed, sample: i64) -> f32 {
    let quarter = |inside: i64, Range { start, end }: Range<i64>| {
        if inside >= end - start {
            return 1.0;
        }
        let share = inside as f32 / (end - start) as f32;
        (share.clamp(0.0, 1.0) * std::f32::consts::FRAC_PI_2).sin()
    };
    let (fade_in, fade_out) = (placed.fade_in(), placed.fade_out());
    let coming = quarter(sample - fade_in.start, fade_in);
    let leaving = quarter(fade_out.end - sample, fade_out);
    coming * leaving
}

#[cfg(test)]
mod tests {
    use super::super::plan::Crossfade;
    use super::*;

    #[test]
    fn samples_are_rounded() {
        let found = [-2.0, -1.0, -0.4 / 32767.0, 0.0, 0.6 / 32767.0, 1.0].map(sixteen_bits);
        assert_eq!(found, [-32767, -32767, 0, 0, 1, 32767]);
    }

    #[test]
    fn crossfades_have_equal_power() {
        let placed = |from, to, crossfades| Placed {
            clip: 0,
            from,
            to,
            gain: 1.0,
            start: 0,
            crossfades,
            why: String::new(),
        };
        let (none, both) = (Crossfade::default(), Crossfade { length: 200, lead: 30 });
        let (leaving, coming) = (placed(0, 1000, (none, both)), placed(300, 5000, (both, none)));
        for offset in -230..-30 {
            let (a, b) = (fade(&leaving, 1000 + offset), fade(&coming, 300 + offset));
            assert!((a * a + b * b - 1.0).abs() < 1e-5, "{offset}");
        }
        // The beat and what is just before it are as loud as they are.
        assert_eq!((fade(&coming, 270), fade(&coming, 300), fade(&leaving, 970)), (1.0, 1.0, 0.0));
        assert_eq!((fade(&leaving, 0), fade(&coming, 4999)), (1.0, 1.0));
        assert_eq!((coming.audible(), leaving.audible()), (70..5000, 0..970));
        for sample in 0..970 {
            let is_full = fade(&leaving, sample) == 1.0;
            assert!(is_full || !is_level(&leaving, sample..sample + 1), "{sample}");
        }
        assert!(is_level(&leaving, 0..770) && is_level(&coming, 270..5000));
    }
}
