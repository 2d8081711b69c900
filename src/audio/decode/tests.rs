//! Recordings that are whole, damaged, cut off, and none.

use std::ops::Range;

use super::*;
use crate::audio;
use crate::score::SampleRate;

fn wav_mono(samples: &[f32], rate: u32) -> Vec<u8> {
    audio::wav_mono(samples, SampleRate(rate))
}

fn decoded(bytes: &[u8], name: &str) -> Result<Vec<f32>, DecodeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut samples = Vec::new();
    decode(&path, &mut |block| {
        samples.extend_from_slice(block);
        true
    })?;
    Ok(samples)
}

fn sine(rate: u32, seconds: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * 440.0 / f64::from(rate);
    (0..(seconds * f64::from(rate)) as usize).map(|i| (i as f64 * step).sin() as f32).collect()
}

#[test]
fn a_wave_file_at_its_own_rate_comes_back() {
    let samples = sine(DECODED_RATE, 0.5);
    let found = decoded(&wav_mono(&samples, DECODED_RATE), "a.wav").unwrap();
    assert_eq!(found.len(), samples.len());
    assert!(found.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-3));
}

#[test]
fn a_file_of_impossibly_many_channels_is_refused() {
    let mut file = wav_mono(&sine(DECODED_RATE, 0.1), DECODED_RATE);
    // The high byte of their number.
    file[23] = 0xFF;
    let found = decoded(&file, "a.wav");
    let refused = [
        matches!(found, Err(DecodeError::Damaged { .. })),
        matches!(found, Err(DecodeError::NotAudio { .. })),
    ];
    assert!(refused.contains(&true), "{found:?}");
}

#[test]
fn other_rates_are_resampled_without_delay() {
    for rate in [8_000, 22_050, 48_000, 96_000, 192_000] {
        let found = decoded(&wav_mono(&sine(rate, 0.5), rate), "a.wav").unwrap();
        let wanted = sine(DECODED_RATE, 0.5);
        assert!(found.len().abs_diff(wanted.len()) <= 1, "{rate}: {}", found.len());
        // The ends ring, since silence is on their other side.
        let inside = 3000..wanted.len() - 3000;
        let off = inside.map(|i| (found[i] - wanted[i]).abs()).fold(0.0, f32::max);
        // The delay is a whole number of samples: less than one is left, 0.063 rad of this sine.
        assert!(off < 0.04, "{rate}: off by {off}");
    }
}

#[test]
fn two_channels_are_left_and_right_and_others_their_mean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    for (values, mono, stereo) in [
        (vec![0.5], 0.5, (0.5, 0.5)),
        (vec![0.5, -0.25], 0.125, (0.5, -0.25)),
        (vec![0.5, -0.25, 0.125], 0.125, (0.125, 0.125)),
    ] {
        let spec = hound::WavSpec {
            channels: values.len() as u16,
            sample_rate: DECODED_RATE,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut file = hound::WavWriter::create(&path, spec).unwrap();
        for _ in 0..3000 {
            values.iter().for_each(|&value| file.write_sample::<f32>(value).unwrap());
        }
        file.finalize().unwrap();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        decode(&path, &mut |block| {
            one.extend_from_slice(block);
            true
        })
        .unwrap();
        decode_stereo(&path, &mut |left, right| {
            two.extend(left.iter().copied().zip(right.iter().copied()));
            true
        })
        .unwrap();
        assert_eq!((one, two), (vec![mono; 3000], vec![stereo; 3000]), "{values:?}");
    }
}

#[test]
fn what_is_no_recording_is_said() {
    assert!(matches!(decoded(b"MThd no", "a.wav"), Err(DecodeError::NotAudio { .. })));
    assert!(matches!(decoded(b"", "a.flac"), Err(DecodeError::NotAudio { .. })));
    let mut samples = sine(DECODED_RATE, 0.1);
    assert!(matches!(
        decoded(&wav_mono(&samples[..0], DECODED_RATE), "a.wav"),
        Err(DecodeError::Empty { .. } | DecodeError::NotAudio { .. })
    ));
    samples.truncate(2000);
    assert!(matches!(
        decoded(&wav_mono(&samples, 4_000), "a.wav"),
        Err(DecodeError::SampleRate { rate: 4_000, .. })
    ));
    let missing = decode(Path::new("no/such/file.wav"), &mut |_| true);
    assert!(matches!(missing, Err(DecodeError::Unreadable { .. })));
}

/// The damage of a file that is as long as the whole one, the same but for the seconds of `other`, and
/// silent in those of `silent`.
fn damage(bytes: &[u8], whole: &[u8], name: &str, other: Range<f64>, silent: Range<f64>) -> Damage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut found = Vec::new();
    let damage = decode(&path, &mut |block| {
        found.extend_from_slice(block);
        true
    });
    let whole = decoded(whole, name).unwrap();
    assert_eq!(found.len(), whole.len());
    for (at, (found, whole)) in found.iter().zip(&whole).enumerate() {
        let seconds = at as f64 / f64::from(DECODED_RATE);
        if silent.contains(&seconds) {
            assert!(found.abs() < 1e-3, "{at}");
        } else if !other.contains(&seconds) {
            assert!((found - whole).abs() < 1e-3, "{at}");
        }
    }
    damage.unwrap()
}

#[test]
fn a_damaged_packet_is_silence_and_the_rest_keeps_its_time() {
    let golden = include_bytes!("../../../tests/golden/recordings/loop.flac");
    let mut bytes = golden.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2000].iter_mut().for_each(|byte| *byte ^= 0x5A);
    // Four packets are hit, from 1.536 s to 2.048 s; the resampler smears their ends.
    let found = damage(&bytes, golden, "a.flac", 1.25..2.35, 1.75..1.85);
    assert!((found.silence.0 - 0.512).abs() < 1e-6, "{found:?}");
    assert!(!found.is_cut_short);
    assert_eq!(damage(golden, golden, "a.flac", 0.0..0.0, 0.0..0.0), Damage::default());
}

#[test]
fn lost_frames_of_an_mp3_file_are_silence_and_the_rest_keeps_its_time() {
    let golden = include_bytes!("../../../tests/golden/recordings/loop.mp3");
    // From within one frame to within another one 17 frames on.
    let damages: [fn(u8) -> u8; 3] = [|byte| byte ^ 0x5A, |_| 0, |_| 0xFF];
    for change in damages {
        let mut bytes = golden.to_vec();
        bytes[11_000..13_000].iter_mut().for_each(|byte| *byte = change(*byte));
        // The encoder has noted that 18 frames of 1152 samples are lost, from 1.830 s on. Those
        // behind them need of them what is packed there.
        let found = damage(&bytes, golden, "a.mp3", 1.75..2.6, 1.85..2.3);
        assert!((found.silence.0 - 18.0 * 1152.0 / 44_100.0).abs() < 1e-6, "{found:?}");
        assert!(!found.is_cut_short);
    }
    assert_eq!(damage(golden, golden, "a.mp3", 0.0..0.0, 0.0..0.0), Damage::default());
}

#[test]
fn a_lost_ogg_page_is_silence_where_it_was() {
    let golden = include_bytes!("../../../tests/golden/recordings/loop.ogg");
    let starts: Vec<usize> =
        (0..golden.len()).filter(|at| golden[*at..].starts_with(b"OggS")).collect();
    let without = [&golden[..starts[3]], &golden[starts[4]..]].concat();
    let whole = decoded(golden, "a.ogg").unwrap();
    let found = decoded(&without, "a.ogg").unwrap();
    assert!(found.len().abs_diff(whole.len()) < 2048, "{} {}", found.len(), whole.len());
    // The page that is lost is from 68,928 to 140,096.
    let same = |at: &usize| (found[*at] - whole[*at]).abs() < 1e-3;
    assert!((0..66_000).all(|at| same(&at)));
    assert!((72_000..136_000).all(|at| found[at].abs() < 1e-3));
    assert!((145_000..found.len()).any(|at| found[at].abs() > 1e-2));
}

#[test]
fn a_wave_file_that_was_cut_off_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let whole = wav_mono(&sine(DECODED_RATE, 2.0), DECODED_RATE);
    let is_cut_short = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        decode(&path, &mut |_| true).unwrap().is_cut_short
    };
    assert!(!is_cut_short(&whole));
    let mut half = whole[..whole.len() / 2].to_vec();
    assert!(is_cut_short(&half));
    // What is written to a pipe does not say how long it is.
    half[4..8].fill(0xFF);
    half[40..44].fill(0xFF);
    assert!(!is_cut_short(&half));
}

#[test]
fn what_was_cut_off_is_known_in_every_format() {
    let flac = include_bytes!("../../../tests/golden/recordings/loop.flac");
    let mp3 = include_bytes!("../../../tests/golden/recordings/loop.mp3");
    let ogg = include_bytes!("../../../tests/golden/recordings/loop.ogg");
    let folder = tempfile::tempdir().unwrap();
    for (whole, name) in [(&flac[..], "a.flac"), (mp3, "a.mp3"), (ogg, "a.ogg")] {
        let path = folder.path().join(name);
        for (length, is_cut_short) in [(whole.len(), false), (2 * whole.len() / 3, true)] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let found = decode(&path, &mut |_| true).unwrap();
            assert_eq!(found.is_cut_short, is_cut_short, "{name}: {length} bytes");
        }
    }
}

#[test]
fn the_sink_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    std::fs::write(&path, wav_mono(&sine(DECODED_RATE, 2.0), DECODED_RATE)).unwrap();
    assert!(matches!(decode(&path, &mut |_| false), Err(DecodeError::Cancelled)));
}
