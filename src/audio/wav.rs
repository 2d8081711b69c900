//! WAV files.

use super::Stereo;
use crate::score::SampleRate;
use std::io::Cursor;

/// A 16-bit mono WAV file. Samples beyond `[-1, 1]` are clipped, NaN becomes silence.
pub fn wav_mono(samples: &[f32], rate: SampleRate) -> Vec<u8> {
    wav(1, rate, samples.len(), samples.iter().copied())
}

/// A 16-bit stereo WAV file, as long as the shorter channel; clipping as in [`wav_mono`].
pub fn wav_stereo(stereo: &Stereo, rate: SampleRate) -> Vec<u8> {
    let frames = stereo.left.len().min(stereo.right.len());
    let samples = stereo.left.iter().zip(&stereo.right).flat_map(|(left, right)| [*left, *right]);
    wav(2, rate, frames * 2, samples)
}

fn wav(
    channels: u16,
    SampleRate(sample_rate): SampleRate,
    count: usize,
    samples: impl Iterator<Item = f32>,
) -> Vec<u8> {
    let format = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + count * 2));
    // Writing to memory fails only past 4 GB, which an hour of stereo does not reach.
    const PROOF: &str = "memory takes it";
    let mut writer = hound::WavWriter::new(&mut bytes, format).expect(PROOF);
    for sample in samples {
        // A cast of NaN gives 0.
        writer.write_sample((sample.clamp(-1.0, 1.0) * 32767.0).round() as i16).expect(PROOF);
    }
    writer.finalize().expect(PROOF);
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_samples_are_clipped_and_nan_is_silent() {
        let bytes = wav_mono(&[0.0, 1.5, -7.0, f32::NAN, 0.5], SampleRate(44_100));
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        assert_eq!(reader.spec().sample_rate, 44_100);
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, 32767, -32767, 0, 16384]);
    }

    #[test]
    fn stereo_interleaves() {
        let stereo = Stereo { left: vec![0.0, 1.0], right: vec![-1.0, 0.0, 1.0] };
        let bytes = wav_stereo(&stereo, SampleRate(48_000));
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, -32767, 32767, 0]);
    }
}
