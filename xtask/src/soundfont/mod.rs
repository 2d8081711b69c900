//! `cargo xtask soundfont [SOURCE]`: cuts `assets/drumlin.sf2` out of the FluidR3 General MIDI
//! SoundFont (Debian package `fluid-soundfont-gm`, MIT licence).
//!
//! The plugin and the command line carry a SoundFont, so that a song sounds the same on every
//! computer. The whole of FluidR3 has 148 MB; the subset keeps the standard drum kit at full rate
//! and one sound of every General MIDI family, in mono, at about half the rate and with fewer
//! recordings along the keyboard. Features reach up to 4 kHz, so analysis loses nothing by it.

mod sf2;
mod shrink;

use sf2::{Font, Sample, Zone, generator};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

const SOURCE: &str = "/usr/share/sounds/sf2/FluidR3_GM.sf2";
const TARGET: &str = "assets/drumlin.sf2";

/// The melodic programs that are kept, with the least distance in semitones from one recording to
/// the next. Where two share an instrument or recordings they have to share the distance.
const MELODIC: &[(u16, u8)] = &[
    (0, 12),
    (1, 12),
    (3, 12),
    (4, 16),
    (7, 8),
    (8, 8),
    (11, 8),
    (14, 1),
    (16, 1),
    (20, 6),
    (22, 12),
    (24, 16),
    (25, 16),
    (26, 14),
    (27, 14),
    (30, 24),
    (32, 10),
    (33, 9),
    (38, 6),
    (39, 6),
    (40, 12),
    (42, 20),
    (45, 24),
    (46, 16),
    (48, 16),
    (49, 16),
    (50, 1),
    (51, 1),
    (52, 16),
    (56, 7),
    (57, 8),
    (58, 8),
    (60, 30),
    (61, 24),
    (65, 12),
    (68, 9),
    (71, 10),
    (73, 9),
    (75, 12),
    (80, 1),
    (81, 1),
    (86, 1),
    (87, 1),
    (89, 12),
    (90, 1),
    (94, 1),
    (104, 16),
    (106, 12),
    (107, 8),
    (108, 12),
    (114, 12),
    (115, 1),
    (117, 1),
];

/// Keys of the drum kit that stay in stereo. In all other pairs of FluidR3's kit the two sides are
/// the same but for -13 dB or less, or the instrument is rare.
const STEREO_KEYS: [u8; 6] = [37, 42, 44, 46, 53, 54];

/// No drum sounds longer than this, in seconds.
const LONGEST_DRUM: f64 = 2.6;

/// A drum ends where the rest lies this many dB below its loudest moment.
const DRUM_FLOOR: f64 = 45.0;

pub fn run(source: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let source = source.unwrap_or(Path::new(SOURCE));
    let bytes = fs::read(source).map_err(|error| {
        format!("cannot read {} (package fluid-soundfont-gm): {error}", source.display())
    })?;
    let font = subset(Font::parse(&bytes)?);
    let info = [
        (*b"isng", "EMU8000"),
        (*b"INAM", "Drumlin subset of FluidR3 GM"),
        (*b"IENG", "Frank Wen"),
        (*b"ICOP", "(c) 2000-2002, 2008 Frank Wen, 2008 Toby Smithe; MIT licence"),
        (*b"ICMT", "Cut from FluidR3 GM by cargo xtask soundfont"),
    ];
    let written = font.write(&info);
    fs::write(crate::root().join(TARGET), &written)?;
    println!(
        "{TARGET}: {} presets, {} instruments, {} samples, {:.2} MB",
        font.presets.len(),
        font.instruments.len(),
        font.samples.len(),
        written.len() as f64 / 1e6
    );
    Ok(())
}

fn subset(mut font: Font) -> Font {
    let spacing = |bank: u16, program: u16| {
        MELODIC.iter().find(|(kept, _)| bank == 0 && *kept == program).map(|(_, spacing)| *spacing)
    };
    font.presets.retain(|preset| {
        (preset.bank, preset.program) == (128, 0) || spacing(preset.bank, preset.program).is_some()
    });
    font.presets.sort_by_key(|preset| (preset.bank, preset.program));

    let mut done = vec![false; font.instruments.len()];
    let mut is_drum = vec![false; font.samples.len()];
    for preset in &font.presets {
        for at in references(&preset.zones, generator::INSTRUMENT) {
            if std::mem::replace(&mut done[at], true) {
                continue;
            }
            let instrument = &mut font.instruments[at];
            shrink::spell_out_attenuation(instrument);
            if let Some(spacing) = spacing(preset.bank, preset.program) {
                shrink::to_mono(instrument);
                shrink::thin(instrument, &font.samples, spacing);
            } else {
                let stereo = |zone: &Zone| {
                    STEREO_KEYS.contains(&zone.range(generator::KEY_RANGE).1)
                        || zone.get(generator::SAMPLE).is_none()
                };
                let (mut kept, others): (Vec<Zone>, Vec<Zone>) =
                    std::mem::take(&mut instrument.zones).into_iter().partition(stereo);
                instrument.zones = others;
                shrink::to_mono(instrument);
                kept.iter_mut().for_each(shrink::lower);
                instrument.zones.splice(0..0, kept);
                for zone in &mut instrument.zones {
                    // A long loop under a cymbal's or bell tree's tail: let it end instead.
                    let Some(sample) = zone.get(generator::SAMPLE) else { continue };
                    let sample = usize::from(sample);
                    is_drum[sample] = true;
                    let Sample { loop_start, loop_end, rate, .. } = font.samples[sample];
                    if loop_end > loop_start + rate as usize / 4 {
                        zone.replace(generator::SAMPLE_MODES, 0);
                    }
                }
            }
        }
    }
    let zones = font.presets.iter_mut().flat_map(|preset| &mut preset.zones);
    compact(zones, generator::INSTRUMENT, &mut font.instruments);
    let mut is_drum: Vec<(usize, bool)> = is_drum.into_iter().enumerate().collect();
    let zones = font.instruments.iter_mut().flat_map(|instrument| &mut instrument.zones);
    compact(zones, generator::SAMPLE, &mut is_drum);
    font.samples = is_drum.iter().map(|(at, _)| font.samples[*at].clone()).collect();
    for (at, instrument) in font.instruments.iter_mut().enumerate() {
        let zones = font.presets.iter_mut().filter(|preset| preset.bank == 0);
        let uses = |zone: &&mut Zone| zone.get(generator::INSTRUMENT) == Some(at as u16);
        let mut zones: Vec<&mut Zone> =
            zones.flat_map(|preset| &mut preset.zones).filter(uses).collect();
        if zones.is_empty() {
            shrink::open_silent_filters(instrument);
        } else {
            shrink::open_filters(instrument, &mut zones);
        }
    }
    for (at, use_) in uses(&font).into_iter().enumerate() {
        shrink_sample(&mut font.samples[at], is_drum[at].1, use_);
    }
    font
}

fn shrink_sample(sample: &mut Sample, is_drum: bool, mut use_: Use) {
    if sample.loop_end <= sample.loop_start && use_ == Use::Looped {
        use_ = Use::Once;
    }
    match (is_drum, use_) {
        (_, Use::Delicate) => {}
        (true, Use::Once) => shrink::trim(sample, LONGEST_DRUM, DRUM_FLOOR),
        (true, Use::Looped) => {}
        (false, Use::Looped) => {
            shrink::drop_after_loop(sample);
            // Halving a loop of a few samples would bend the ratio, and so the treble, too far.
            let long = sample.loop_end - sample.loop_start >= 64;
            if long && can_halve(sample) {
                shrink::halve(sample, true);
            }
        }
        (false, Use::Once) => {
            if can_halve(sample) {
                shrink::halve(sample, false);
            }
        }
    }
}

/// Whether a melodic sample may lose the upper half of its band: always from 44.1 kHz, else where
/// little lies there (shares of power in dB).
fn can_halve(sample: &Sample) -> bool {
    match sample.rate {
        40_001.. => true,
        25_000..=40_000 => shrink::treble(sample, 0.45) < -36.0,
        20_000..25_000 => shrink::treble(sample, 0.45) < -46.0,
        _ => false,
    }
}

/// What the zones of a generator point at.
fn references(zones: &[Zone], kind: u16) -> Vec<usize> {
    zones.iter().filter_map(|zone| zone.get(kind)).map(usize::from).collect()
}

/// Keeps the items that the zones point at, in their order, and renumbers the pointers.
fn compact<'a, T>(zones: impl Iterator<Item = &'a mut Zone>, kind: u16, items: &mut Vec<T>) {
    let zones: Vec<&mut Zone> = zones.collect();
    let mut numbers: BTreeMap<u16, u16> =
        zones.iter().filter_map(|zone| zone.get(kind)).map(|old| (old, 0)).collect();
    for (new, number) in numbers.values_mut().enumerate() {
        *number = new as u16;
    }
    for zone in zones {
        if let Some(old) = zone.get(kind) {
            zone.replace(kind, numbers[&old]);
        }
    }
    let mut old = 0;
    items.retain(|_| {
        old += 1;
        numbers.contains_key(&(old - 1))
    });
}

/// How the instruments play a sample.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// From beginning to end.
    Once,
    /// Around its loop for ever.
    Looped,
    /// In a way that cutting or resampling could spoil.
    Delicate,
}

fn uses(font: &Font) -> Vec<Use> {
    let mut uses = vec![None; font.samples.len()];
    for instrument in &font.instruments {
        let global = instrument.zones.first().filter(|zone| zone.get(generator::SAMPLE).is_none());
        for zone in &instrument.zones {
            let Some(sample) = zone.get(generator::SAMPLE) else { continue };
            let get = |kind| zone.get(kind).or(global.and_then(|global| global.get(kind)));
            let mode = get(generator::SAMPLE_MODES).unwrap_or(0) & 3;
            let offset = generator::OFFSETS.iter().any(|&kind| get(kind).unwrap_or(0) != 0);
            let new = match mode {
                _ if offset => Use::Delicate,
                1 => Use::Looped,
                3 => Use::Delicate,
                _ => Use::Once,
            };
            let old = &mut uses[usize::from(sample)];
            *old = Some(if old.is_none_or(|old| old == new) { new } else { Use::Delicate });
        }
    }
    uses.into_iter().map(|use_| use_.unwrap_or(Use::Delicate)).collect()
}
