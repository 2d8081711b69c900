//! Analysis of clips.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use ebur128::{Channel, EbuR128, Mode};
use parking_lot::Mutex;

use super::bands::{Bands, Energies, HOP, flux};
use super::beats::ClipBeats;
use super::descriptor::Descriptor;
use super::envelope::Envelope;
use super::reason::Reason;
use super::source::Source;
use crate::audio::DECODED_RATE;
use crate::network::Network;

/// The least sound of a clip, in samples: 50 ms.
const SHORTEST: u64 = 2205;

/// What is kept of a clip. Places are in samples at [`DECODED_RATE`] from its first.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Where its sound is.
    pub source: Source,
    /// All of it, in samples.
    pub samples: u64,
    /// What is between the silence before and behind.
    pub sounding: std::ops::Range<u64>,
    /// Integrated loudness (EBU R 128) in LUFS.
    pub loudness: f64,
    /// The greatest magnitude of a sample.
    pub peak: f32,
    /// Whether its very first samples are nearly as loud as its loudest: it may be cut on a stroke.
    pub begins_struck: bool,
    /// Rhythm and sound.
    pub descriptor: Descriptor,
    /// Where it can be joined.
    pub beats: ClipBeats,
}

impl Clip {
    /// Analyzes a clip; `network` is [`CLIP_BEATS`](super::CLIP_BEATS). Memory: some 25 MB for an hour
    /// of it, meanwhile.
    ///
    /// # Errors
    /// Why it cannot be a part of anything.
    pub fn analyze(source: &Source, network: &dyn Network) -> Result<Clip, Reason> {
        Sound::of(source)?.clip(source, network)
    }

    /// Length without the silence, in seconds.
    pub fn seconds(&self) -> f64 {
        (self.sounding.end - self.sounding.start) as f64 / f64::from(DECODED_RATE)
    }
}

/// What was heard of a clip.
pub(super) struct Sound {
    samples: u64,
    sounding: std::ops::Range<u64>,
    loudness: f64,
    peak: f32,
    envelope: Envelope,
    /// The frame that the sound begins in.
    first: usize,
    /// From there to the frame that it ends in.
    energies: Energies,
    /// How much each band rises in these frames.
    flux: Energies,
}

impl Sound {
    /// Hears a clip.
    pub fn of(source: &Source) -> Result<Sound, Reason> {
        let mut listener: Option<Listener> = None;
        source.stream(&mut |left, right| {
            let mono = std::ptr::eq(left, right);
            listener.get_or_insert_with(|| Listener::new(mono)).push(left, right);
            true
        })?;
        listener.ok_or(Reason::Silent)?.finish()
    }

    fn clip(self, source: &Source, network: &dyn Network) -> Result<Clip, Reason> {
        let beats = match source.song()? {
            Some(song) => ClipBeats::of_song(&song),
            None => ClipBeats::of(&self.flux, self.first, &self.envelope, network)
                .map_err(|error| Reason::Broken(error.to_string()))?,
        };
        Ok(Clip {
            source: source.clone(),
            samples: self.samples,
            loudness: self.loudness,
            peak: self.peak,
            begins_struck: self.envelope.begins_loud(),
            descriptor: Descriptor::of(&self.energies, &self.flux),
            beats,
            sounding: self.sounding,
        })
    }
}

/// Everything that hears a clip at once.
struct Listener {
    /// None if it refuses, which it does not do at this rate.
    meter: Option<EbuR128>,
    mono: bool,
    mixed: Vec<f32>,
    envelope: Envelope,
    bands: Bands,
    peak: f32,
    power: f64,
    samples: u64,
}

impl Listener {
    fn new(mono: bool) -> Listener {
        let channels = if mono { 1 } else { 2 };
        // A histogram takes the same memory for clips of any length.
        let mut meter = EbuR128::new(channels, DECODED_RATE, Mode::I | Mode::HISTOGRAM).ok();
        if let Some(meter) = meter.as_mut().filter(|_| mono) {
            // It will come out of two loudspeakers.
            let _ = meter.set_channel(0, Channel::DualMono);
        }
        Listener {
            meter,
            mono,
            mixed: Vec::new(),
            envelope: Envelope::default(),
            bands: Bands::new(),
            peak: 0.0,
            power: 0.0,
            samples: 0,
        }
    }

    fn push(&mut self, left: &[f32], right: &[f32]) {
        if let Some(meter) = &mut self.meter {
            let planes = [left, right];
            // It refuses channels of different lengths only.
            let _ = meter.add_frames_planar_f32(if self.mono { &planes[..1] } else { &planes });
        }
        self.mixed.clear();
        self.mixed.extend(left.iter().zip(right).map(|(left, right)| (left + right) / 2.0));
        let peak = |side: &[f32]| side.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
        self.peak = self.peak.max(peak(left)).max(peak(right));
        self.power += f64::from(self.mixed.iter().map(|sample| sample * sample).sum::<f32>());
        self.samples += left.len() as u64;
        self.envelope.push(&self.mixed);
        self.bands.push(&self.mixed);
    }

    fn finish(self) -> Result<Sound, Reason> {
        let sounding = self.envelope.sounding().ok_or(Reason::Silent)?;
        let length = sounding.end - sounding.start;
        if length < SHORTEST {
            return Err(Reason::TooShort);
        }
        let mut energies = self.bands.finish();
        // From the frame that the sound begins in to the one that it ends in.
        let last = (sounding.end as usize / HOP).min(energies.len());
        let first = (sounding.start as usize / HOP).saturating_sub(1).min(last);
        energies.truncate(last);
        energies.drain(..first);
        let loudness = self.meter.and_then(|meter| meter.loudness_global().ok());
        // Clips shorter than a block of the meter's: power alone, as of a tone of 1 kHz.
        let short = || 10.0 * (2.0 * self.power / length as f64).max(1e-9).log10() - 0.691;
        Ok(Sound {
            samples: self.samples,
            sounding,
            loudness: loudness.filter(|loudness| loudness.is_finite()).unwrap_or_else(short),
            peak: self.peak,
            envelope: self.envelope,
            first,
            flux: flux(&energies),
            energies,
        })
    }
}

/// Hears clips, on as many threads as there are cores. `done` hears how many there are so far and
/// answers whether to go on. As many results as sources, in their order. `network` is
/// [`CLIP_BEATS`](super::CLIP_BEATS).
pub fn analyze_clips(
    sources: &[Source],
    network: &dyn Network,
    done: &(dyn Fn(usize) -> bool + Sync),
) -> Vec<Result<Clip, Reason>> {
    let results = Mutex::new(vec![Err(Reason::Cancelled); sources.len()]);
    let (next, heard) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(sources.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = sources.get(index) else { break };
                    // One file that leads a decoder astray must not take the others with it.
                    let result = catch_unwind(AssertUnwindSafe(|| Clip::analyze(source, network)));
                    let broken = |_| Err(Reason::Broken("the decoder failed on it".to_owned()));
                    let result = result.unwrap_or_else(broken);
                    results.lock()[index] = result;
                    if !done(heard.fetch_add(1, Ordering::Relaxed) + 1) {
                        break;
                    }
                }
            });
        }
    });
    results.into_inner()
}
