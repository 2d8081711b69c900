//! A stream at another sample rate.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

/// Frames that are resampled at once.
const CHUNK: usize = 4096;

/// A stream of samples at one rate made one at another, block after block, without delay.
pub struct Resampling {
    /// `None` if the rates are the same.
    fft: Option<Fft<f32>>,
    waiting: Vec<f32>,
    out: Vec<f32>,
    /// Frames still to be left out: the resampler's delay.
    delay: usize,
    from: u32,
    to: u32,
    heard: u64,
    given: u64,
}

impl Resampling {
    /// Both rates in samples a second, above 0.
    pub fn new(from: u32, to: u32) -> Resampling {
        let fft = (from != to).then(|| {
            let (from, to) = (from.max(1) as usize, to.max(1) as usize);
            // It refuses rates, chunks and channels of 0 only.
            Fft::new(from, to, CHUNK, 1, FixedSync::Input).expect("rates above 0, one channel")
        });
        let delay = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let out = vec![0.0; fft.as_ref().map_or(0, |fft| fft.output_frames_max())];
        Resampling { fft, waiting: Vec::new(), out, delay, from, to, heard: 0, given: 0 }
    }

    /// Samples that it was given.
    pub fn consumed(&self) -> u64 {
        self.heard
    }

    /// Resamples more; what the sink answers is whether to go on, and so is what comes back.
    pub fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32]) -> bool) -> bool {
        self.heard += samples.len() as u64;
        if self.fft.is_none() {
            return sink(samples);
        }
        self.waiting.extend_from_slice(samples);
        let mut used = 0;
        let mut going = true;
        while let Some(size) = self.fft.as_ref().map(|fft| fft.input_frames_next())
            && self.waiting.len() - used >= size
            && going
        {
            let made = self.resample(used, size);
            going = self.give(made, sink);
            used += size;
        }
        self.waiting.drain(..used);
        going
    }

    /// Resamples `size` waiting frames from `first` on into `out`; how many frames that made.
    fn resample(&mut self, first: usize, size: usize) -> usize {
        let Some(fft) = &mut self.fft else { return 0 };
        // Both slices are refused only where they are shorter than the frames of one channel.
        let input = InterleavedSlice::new(&self.waiting[first..first + size], 1, size)
            .expect("as many frames as samples");
        let frames = self.out.len();
        let mut output =
            InterleavedSlice::new_mut(&mut self.out, 1, frames).expect("as many frames as samples");
        // `size` is what it asks for next, and `out` has room for the most that it makes.
        let indexing = Indexing::new().partial_len(size);
        let (_, made) = fft
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .expect("as much room as the resampler asks for");
        made
    }

    fn give(&mut self, made: usize, sink: &mut dyn FnMut(&[f32]) -> bool) -> bool {
        let skipped = self.delay.min(made);
        self.delay -= skipped;
        let wanted = (self.heard * u64::from(self.to)).div_ceil(u64::from(self.from));
        let count = (made - skipped).min((wanted - self.given) as usize);
        self.given += count as u64;
        count == 0 || sink(&self.out[skipped..skipped + count])
    }

    /// Puts what comes of more samples in their place.
    pub fn replace(&mut self, samples: &mut Vec<f32>) {
        if self.fft.is_none() {
            self.heard += samples.len() as u64;
            return;
        }
        let mut made = Vec::with_capacity(samples.len());
        self.push(samples, &mut |block| {
            made.extend_from_slice(block);
            true
        });
        *samples = made;
    }

    /// The frames that the resampler still holds, which silence pushes out.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[f32]) -> bool) -> bool {
        if self.fft.is_none() {
            return true;
        }
        let wanted = (self.heard * u64::from(self.to)).div_ceil(u64::from(self.from));
        while self.given < wanted {
            let size = self.fft.as_ref().map_or(0, |fft| fft.input_frames_next());
            self.waiting.resize(size, 0.0);
            let made = self.resample(0, size);
            self.waiting.clear();
            if !self.give(made, sink) {
                return false;
            }
        }
        true
    }
}
