//! Power spectra of a recording, frame by frame.

use realfft::RealFftPlanner;

/// Power spectra through a Hann window, scaled so that a sine of amplitude A has A² at its bin.
#[derive(Debug)]
pub struct Spectrogram {
    /// Samples of a frame.
    pub size: usize,
    /// Samples from frame to frame; frame `t` is centred on sample `t * hop`.
    pub hop: usize,
    /// Hertz from bin to bin.
    pub bin: f32,
    /// Bins of a frame.
    pub bins: usize,
    power: Vec<f32>,
}

/// Bins on either side that a sine is spread over.
pub const SPREAD: usize = 3;

impl Spectrogram {
    /// Of mono samples at `rate` hertz; `size` is even.
    pub fn new(samples: &[f32], rate: f32, size: usize, hop: usize) -> Spectrogram {
        let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let window = hann(size);
        let scale = 2.0 / window.iter().sum::<f32>();
        let (mut input, mut output) = (forward.make_input_vec(), forward.make_output_vec());
        let bins = output.len();
        let frames = samples.len() / hop + 1;
        let mut power = Vec::with_capacity(frames * bins);
        for frame in 0..frames {
            let first = (frame * hop) as isize - (size / 2) as isize;
            for (at, (value, weight)) in input.iter_mut().zip(&window).enumerate() {
                let sample = usize::try_from(first + at as isize).ok();
                let sample = sample.and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
                *value = sample * weight * scale;
            }
            forward.process(&mut input, &mut output).expect("vectors of the planned lengths");
            power.extend(output.iter().map(|value| value.norm_sqr()));
        }
        Spectrogram { size, hop, bin: rate / size as f32, bins, power }
    }

    /// Frames.
    pub fn frames(&self) -> usize {
        self.power.len() / self.bins
    }

    /// The spectrum of a frame.
    pub fn frame(&self, at: usize) -> &[f32] {
        &self.power[at * self.bins..(at + 1) * self.bins]
    }

    /// Power that white noise of variance 1 has in a bin.
    pub fn noise_gain(&self) -> f32 {
        let window = hann(self.size);
        let sum: f32 = window.iter().sum();
        4.0 * window.iter().map(|weight| weight * weight).sum::<f32>() / (sum * sum)
    }

    /// As many spectra of zeros.
    pub fn zeros(&self) -> Spectrogram {
        Spectrogram { power: vec![0.0; self.power.len()], ..*self }
    }

    /// All spectra become zero.
    pub fn clear(&mut self) {
        self.power.fill(0.0);
    }

    /// Adds a sine of some power at a frequency to a frame.
    pub fn add_sine(&mut self, frame: usize, frequency: f32, power: f32) {
        let at = frequency / self.bin;
        let nearest = at.round() as usize;
        if frame >= self.frames() || nearest + SPREAD >= self.bins {
            return;
        }
        let row = &mut self.power[frame * self.bins..(frame + 1) * self.bins];
        let first = nearest.saturating_sub(SPREAD);
        for (bin, value) in (first..).zip(&mut row[first..=nearest + SPREAD]) {
            *value += power * hann_power(bin as f32 - at);
        }
    }

    /// Adds the same power to a range of bins of a frame.
    pub fn add_flat(&mut self, frame: usize, bins: std::ops::Range<usize>, power: f32) {
        if frame < self.frames() && bins.end <= self.bins {
            let first = frame * self.bins;
            self.power[first + bins.start..first + bins.end].iter_mut().for_each(|p| *p += power);
        }
    }

    /// Power at and beside the bin of a frequency.
    pub fn around(&self, frame: usize, frequency: f32) -> f32 {
        let nearest = (frequency / self.bin).round() as usize;
        if nearest == 0 || nearest + 1 >= self.bins {
            return 0.0;
        }
        self.frame(frame)[nearest - 1..=nearest + 1].iter().sum()
    }
}

/// The periodic Hann window.
pub fn hann(size: usize) -> Vec<f32> {
    let step = std::f32::consts::TAU / size as f32;
    (0..size).map(|at| 0.5 - 0.5 * (at as f32 * step).cos()).collect()
}

/// Response of the Hann window in power, so many bins from the sine; 1 at 0.
pub fn hann_power(bins: f32) -> f32 {
    let x = bins.abs();
    if x < 1e-4 {
        return 1.0;
    }
    if (x - 1.0).abs() < 1e-4 {
        return 0.25;
    }
    let angle = std::f32::consts::PI * x;
    let response = angle.sin() / angle / (1.0 - x * x);
    response * response
}

/// Power of a sine at and beside its nearest bin, as [`Spectrogram::around`] sees it.
pub fn around_gain(frequency: f32, bin: f32) -> f32 {
    let at = frequency / bin;
    let off = at - at.round();
    hann_power(off) + hann_power(1.0 - off) + hann_power(1.0 + off)
}
