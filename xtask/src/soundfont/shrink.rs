//! Making samples and instruments smaller without hurting what is heard of them.

use super::sf2::{Instrument, Sample, Zone, generator};
use std::f64::consts::PI;

/// Half the length of the resampling filter, in samples at the lower of the two rates.
const REACH: f64 = 24.0;

/// Hard-panned pairs of zones become their left zone in the middle. A voice in the middle is 3 dB
/// softer on each side than a pair; the balance is kept by lowering all zones that were no pairs.
pub fn to_mono(instrument: &mut Instrument) {
    let pan = |zone: &Zone| zone.get(generator::PAN).map_or(0, |value| value as i16);
    let ranges =
        |zone: &Zone| (zone.range(generator::KEY_RANGE), zone.range(generator::VELOCITY_RANGE));
    let sides = |side: fn(i16) -> bool| -> Vec<_> {
        instrument.zones.iter().filter(|zone| side(pan(zone))).map(ranges).collect()
    };
    let (left, right) = (sides(|pan| pan <= -300), sides(|pan| pan >= 300));
    instrument.zones.retain(|zone| pan(zone) < 300 || !left.contains(&ranges(zone)));
    for zone in &mut instrument.zones {
        if pan(zone) <= -300 && right.contains(&ranges(zone)) {
            zone.replace(generator::PAN, 0);
        } else {
            lower(zone);
        }
    }
}

/// Moves the attenuation of an instrument's first (global) zone, which holds for zones without one
/// of their own, into these zones, so that each can be changed by itself.
pub fn spell_out_attenuation(instrument: &mut Instrument) {
    let global = match instrument.zones.first_mut() {
        Some(zone) if zone.get(generator::SAMPLE).is_none() => {
            let value = zone.get(generator::ATTENUATION).unwrap_or(0);
            zone.generators.retain(|(kind, _)| *kind != generator::ATTENUATION);
            value
        }
        _ => 0,
    };
    for zone in &mut instrument.zones {
        // The sample has to be the last generator of a zone, the ranges the first.
        let has = zone.get(generator::ATTENUATION).is_some();
        if let Some(last) = zone.generators.len().checked_sub(1)
            && !has
            && zone.get(generator::SAMPLE).is_some()
        {
            zone.generators.insert(last, (generator::ATTENUATION, global));
        }
    }
}

/// 3 dB softer: synthesizers take 40 % of an attenuation in centibels, as the EMU8000 did.
pub fn lower(zone: &mut Zone) {
    let old = zone.get(generator::ATTENUATION).unwrap_or(0);
    zone.replace(generator::ATTENUATION, old + 75);
}

/// What a zone with an open filter says, in cents above 8.176 Hz (26 kHz). The default, 13500 (20
/// kHz), would do for the ear; rustysynth goes on filtering at it, and the filter is the most
/// expensive part of a voice.
const OPEN: i32 = 14_000;

const FILTER: [u16; 3] =
    [generator::CUTOFF, generator::ENVELOPE_TO_CUTOFF, generator::LFO_TO_CUTOFF];

fn open_filter(zone: &mut Zone) {
    zone.generators.retain(|(kind, _)| !FILTER.contains(kind));
    if let Some(last) = zone.generators.len().checked_sub(1)
        && zone.get(generator::SAMPLE).is_some()
    {
        zone.generators.insert(last, (generator::CUTOFF, OPEN as u16));
    }
}

/// Opens the filters of those zones that say nothing about them.
pub fn open_silent_filters(instrument: &mut Instrument) {
    let speaks = |zone: &Zone| FILTER.iter().any(|&kind| zone.get(kind).is_some());
    let global = instrument.zones.first().filter(|zone| zone.get(generator::SAMPLE).is_none());
    if !global.is_some_and(speaks) {
        instrument.zones.iter_mut().filter(|zone| !speaks(zone)).for_each(open_filter);
    }
}

/// Opens low-pass filters that stay above 8.9 kHz: most melodic samples end at 11 kHz. Presets that
/// close the filter for soft notes keep on doing so; they count from the filter that is now open.
pub fn open_filters(instrument: &mut Instrument, presets: &mut [&mut Zone]) {
    const HIGH: i32 = 12_100;
    const DEFAULT: i32 = 13_500;
    let global = instrument.zones.first().filter(|zone| zone.get(generator::SAMPLE).is_none());
    let global = global.cloned().unwrap_or_default();
    let value = |zone: &Zone, kind| {
        zone.get(kind).or(global.get(kind)).map(|value| i32::from(value as i16))
    };
    let sounding = instrument.zones.iter().filter(|zone| zone.get(generator::SAMPLE).is_some());
    let cutoffs = sounding.clone().map(|zone| value(zone, generator::CUTOFF).unwrap_or(DEFAULT));
    let cutoff = cutoffs.min().unwrap_or(DEFAULT);
    let still =
        |kind, most: i32| sounding.clone().all(|zone| value(zone, kind).unwrap_or(0).abs() <= most);
    if cutoff < HIGH
        || !still(generator::ENVELOPE_TO_CUTOFF, 1200)
        || !still(generator::LFO_TO_CUTOFF, 300)
    {
        return;
    }
    instrument.zones.iter_mut().for_each(open_filter);
    for zone in presets {
        let offset = zone.get(generator::CUTOFF).map_or(0, |value| i32::from(value as i16));
        let closed = cutoff + offset;
        let offset = if closed >= HIGH { 0 } else { closed - OPEN };
        zone.replace(generator::CUTOFF, offset as i16 as u16);
    }
}

/// Keeps recordings at least `spacing` semitones apart and lets each cover the keys around it.
/// Instruments whose key ranges overlap are left as they are.
pub fn thin(instrument: &mut Instrument, samples: &[Sample], spacing: u8) {
    // Some instruments tune a recording down to its key instead of naming its root.
    let root = |zone: &Zone, sample: u16| {
        let key = zone
            .get(generator::ROOT_KEY)
            .map_or(samples[usize::from(sample)].root, |key| key as u8);
        let tuning = zone.get(generator::COARSE_TUNE).map_or(0, |value| value as i16);
        (i16::from(key) - tuning).clamp(0, 127) as u8
    };
    let mut groups: Vec<((u8, u8), u8)> = instrument
        .zones
        .iter()
        .filter_map(|zone| {
            let sample = zone.get(generator::SAMPLE)?;
            Some((zone.range(generator::KEY_RANGE), root(zone, sample)))
        })
        .collect();
    groups.sort_unstable();
    groups.dedup_by_key(|(range, _)| *range);
    if groups.windows(2).any(|pair| pair[1].0.0 <= pair[0].0.1) {
        return;
    }
    let mut kept: Vec<((u8, u8), u8)> = Vec::new();
    for group in &groups {
        if kept.last().is_none_or(|last| group.1 >= last.1.saturating_add(spacing)) {
            kept.push(*group);
        }
    }
    let (lowest, highest) = (groups[0].0.0, groups[groups.len() - 1].0.1);
    let bounds: Vec<(u8, u8)> = (0..kept.len())
        .map(|at| {
            let middle = |a: usize, b: usize| (kept[a].1 + kept[b].1) / 2;
            let low = if at == 0 { lowest } else { middle(at - 1, at) + 1 };
            let high = if at + 1 == kept.len() { highest } else { middle(at, at + 1) };
            (low, high)
        })
        .collect();
    instrument.zones.retain_mut(|zone| {
        if zone.get(generator::SAMPLE).is_none() {
            return true;
        }
        let range = zone.range(generator::KEY_RANGE);
        let Some(at) = kept.iter().position(|(kept, _)| *kept == range) else { return false };
        let (low, high) = bounds[at];
        zone.replace(generator::KEY_RANGE, u16::from(low) | u16::from(high) << 8);
        true
    });
}

/// Ends a sample that is not looped after `seconds` at the latest, or earlier where what follows
/// lies `quiet` dB below the loudest moment, with a fade over the last quarter (at most 0.8 s).
pub fn trim(sample: &mut Sample, seconds: f64, quiet: f64) {
    let rate = f64::from(sample.rate);
    let block = (rate * 0.01) as usize;
    let powers: Vec<f64> = sample
        .wave
        .chunks(block)
        .map(|part| part.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / part.len() as f64)
        .collect();
    let floor = powers.iter().copied().fold(0.0, f64::max) * 10f64.powf(-quiet / 10.0);
    let last = powers.iter().rposition(|&power| power > floor).unwrap_or(0);
    let end = ((last + 1) * block).min((seconds * rate) as usize).min(sample.wave.len());
    if end == sample.wave.len() {
        return;
    }
    sample.wave.truncate(end);
    let fade = (end / 4).min((0.8 * rate) as usize);
    for (at, value) in sample.wave[end - fade..].iter_mut().enumerate() {
        let gain = 0.5 + 0.5 * (PI * (at + 1) as f64 / fade as f64).cos();
        *value = (f64::from(*value) * gain).round() as i16;
    }
    sample.loop_start = 0;
    sample.loop_end = end;
}

/// Cuts what lies behind the loop: a continuous loop never gets there. A few samples stay for
/// interpolators to look ahead into.
pub fn drop_after_loop(sample: &mut Sample) {
    let end = (sample.loop_end + 8).min(sample.wave.len());
    sample.wave.truncate(end);
}

/// Power above `share` of half the sample rate, in dB relative to the whole.
pub fn treble(sample: &Sample, share: f64) -> f64 {
    let taps = 64;
    let kernel: Vec<f64> = (-taps..=taps).map(|at| sinc(f64::from(at), share, 64.0)).collect();
    let (mut all, mut high) = (1e-9, 1e-9);
    let wave = &sample.wave;
    for at in (0..wave.len()).step_by(3) {
        let low: f64 = kernel
            .iter()
            .enumerate()
            .filter_map(|(tap, gain)| {
                let from = (at + tap).checked_sub(taps as usize)?;
                Some(gain * f64::from(*wave.get(from)?))
            })
            .sum();
        let value = f64::from(wave[at]);
        all += value * value;
        high += (value - low) * (value - low);
    }
    10.0 * (high / all).log10()
}

/// A low-pass filter's impulse response: cutoff as a share of half the rate, Hann-windowed.
fn sinc(at: f64, cutoff: f64, reach: f64) -> f64 {
    if at.abs() >= reach {
        return 0.0;
    }
    let x = PI * at * cutoff;
    let wave = if x == 0.0 { 1.0 } else { x.sin() / x };
    cutoff * wave * (0.5 + 0.5 * (PI * at / reach).cos())
}

/// Resamples to about half the rate. The ratio is bent so that the loop stays a whole number of
/// samples, and the grid is laid so that both loop points fall on samples.
pub fn halve(sample: &mut Sample, looped: bool) {
    let length = sample.loop_end.saturating_sub(sample.loop_start);
    let (ratio, anchor) = if looped && length > 0 {
        ((length as f64 / 2.0).round() / length as f64, sample.loop_start as f64)
    } else {
        (0.5, 0.0)
    };
    let before = (anchor * ratio).floor();
    let first = anchor - before / ratio;
    let last = if looped { sample.loop_end as f64 } else { sample.wave.len() as f64 };
    // Eight samples more than the loop, as `drop_after_loop` leaves them.
    let count = ((last - first) * ratio).round() as usize + if looped { 8 } else { 0 };
    let source = |at: i64| -> f64 {
        let mut at = at;
        if looped && length > 0 && at >= sample.loop_end as i64 {
            at = sample.loop_start as i64 + (at - sample.loop_start as i64) % length as i64;
        }
        usize::try_from(at).ok().and_then(|at| sample.wave.get(at)).map_or(0.0, |&x| f64::from(x))
    };
    let reach = REACH / ratio;
    let cutoff = 0.94 * ratio;
    let wave = (0..count)
        .map(|index| {
            let centre = first + index as f64 / ratio;
            let from = (centre - reach).ceil() as i64;
            let to = (centre + reach).floor() as i64;
            let value: f64 =
                (from..=to).map(|at| source(at) * sinc(centre - at as f64, cutoff, reach)).sum();
            value.round().clamp(-32768.0, 32767.0) as i16
        })
        .collect();
    sample.wave = wave;
    sample.loop_start = before as usize;
    sample.loop_end = before as usize + (length as f64 * ratio).round() as usize;
    if !looped {
        (sample.loop_start, sample.loop_end) = (0, sample.wave.len());
    }
    sample.rate = (f64::from(sample.rate) * ratio).round() as u32;
}
