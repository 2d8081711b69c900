//! The kit in the plugin.

use super::host::{EXACT, Host, clip};
use drumlin::score::Velocity;
use drumlin::studio::wire::Clip;

fn kicks() -> Clip {
    let mut kicks = clip(0.0, 2, &[0.0, 1.0, 1.5, 3.25, 4.0]);
    kicks.strokes.iter_mut().for_each(|stroke| stroke.velocity = Velocity::clamped(100));
    kicks
}

fn loudest(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[test]
fn strokes_sound_where_they_are_written_at_every_rate() {
    for rate in [8_000.0, 11_025.0, 44_100.0, 48_000.0, 192_000.0, 384_000.0, 768_000.0] {
        let mut host = Host::new(rate, 1 << 14, EXACT);
        host.sound_with_kit(1.0);
        let mut kicks = clip(0.0, 1, &[1.0]);
        kicks.strokes[0].velocity = Velocity::clamped(127);
        host.send(kicks);
        host.block(1);
        host.play();
        host.seconds(1.0, &[64, 1000, 333]);
        let begin = (rate * 0.5) as usize + 1;
        let [left, right] = &host.sound;
        assert_eq!(loudest(&left[..begin]), 0.0, "{rate} Hz");
        let grid = (16.0 * (rate / 48_000.0).max(1.0) * 4.0) as usize;
        let first = left.iter().position(|sample| *sample != 0.0).unwrap();
        assert!(first < begin + grid, "{rate} Hz: {} samples late", first - begin);
        let attack = &left[begin..begin + (rate * 0.1) as usize];
        assert!((0.05..1.0).contains(&loudest(attack)), "{rate} Hz: peak {}", loudest(attack));
        assert!(loudest(right) > 0.05);
        assert!(left.iter().chain(right).all(|sample| sample.is_finite()));
    }
}

#[test]
fn a_full_kit_stays_below_full_scale() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.sound_with_kit(1.0);
    let mut all = clip(0.0, 1, &[0.0; 8]);
    for (stroke, key) in all.strokes.iter_mut().zip([36, 38, 42, 46, 49, 51, 45, 48]) {
        (stroke.kit_key, stroke.velocity) = (key, Velocity::clamped(110));
    }
    host.send(all);
    host.block(1);
    host.play();
    host.seconds(1.0, &[512]);
    let peak = loudest(&host.sound[0]).max(loudest(&host.sound[1]));
    assert!((0.3..1.0).contains(&peak), "peak {peak}");
}

#[test]
fn level_zero_bypass_and_reset_are_silent() {
    for silence in 0..3 {
        let mut host = Host::new(48_000.0, 512, EXACT);
        host.sound_with_kit(if silence == 0 { 0.0 } else { 1.0 });
        host.controls.bypassed = silence == 1;
        host.send(kicks());
        host.block(1);
        host.play();
        host.seconds(0.6, &[512]);
        if silence == 2 {
            assert!(loudest(&host.sound[0]) > 0.0);
            host.stop();
            host.engine.reset();
            host.sound = Default::default();
            host.seconds(0.5, &[512]);
        }
        assert_eq!(loudest(&host.sound[0]), 0.0, "case {silence}");
    }
}

#[test]
fn block_sizes_do_not_change_the_sound() {
    let run = |blocks: &[u32]| {
        let mut host = Host::new(48_000.0, 512, EXACT);
        host.sound_with_kit(0.7);
        host.send(kicks());
        host.block(16);
        host.play();
        host.seconds(2.0, blocks);
        host.sound[0].clone()
    };
    let whole = run(&[512]);
    assert!(loudest(&whole) > 0.05);
    assert_eq!(whole, run(&[1, 64, 7, 256]));
}
