//! What the plugin costs on the audio thread: `cargo bench --bench process`.
//!
//! Blocks of 64 samples at 48 kHz (1,333 microseconds each) with a full part playing: straight
//! sixteenths on the hi-hat, kick and snare on the beats, a crash on every bar, with and without the
//! kit in the plugin. One iteration is one bar at 120 bpm, 1,500 blocks.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drumlin::audio::SoundFont;
use drumlin::plugin::{Capture, Clock, Controls, DrumSampler, Engine, HostTime, NoteIo, Playback};
use drumlin::score::{Beats, Bpm, Lane, Metre, Velocity};
use drumlin::studio::wire::{Clip, ClipNote};
use nice_plug::midi::NoteEvent;

const RATE: f64 = 48_000.0;
const BLOCK: usize = 64;
const BLOCKS_PER_BAR: u64 = 1_500;
const BARS: u32 = 32;

struct NoNotes;

impl NoteIo for NoNotes {
    fn receive(&mut self) -> Option<NoteEvent<()>> {
        None
    }

    fn send(&mut self, event: NoteEvent<()>) -> bool {
        std::hint::black_box(event);
        true
    }
}

fn part() -> Clip {
    let mut strokes = Vec::new();
    for sixteenth in 0..BARS * 16 {
        let mut strike = |lane: Lane, velocity| {
            let key = lane.default_key().get();
            strokes.push(ClipNote {
                at: Beats(f64::from(sixteenth) / 4.0),
                length: Beats(0.125),
                kit_key: key,
                key,
                velocity: Velocity::clamped(velocity),
            });
        };
        strike(Lane::ClosedHat, 70);
        match sixteenth % 16 {
            0 => {
                strike(Lane::Kick, 110);
                strike(Lane::Crash, 100);
            }
            8 => strike(Lane::Kick, 105),
            4 | 12 => strike(Lane::Snare, 115),
            _ => {}
        }
    }
    Clip {
        start: Beats(0.0),
        length: Beats(f64::from(BARS) * 4.0),
        strokes: strokes.into(),
        bar_lines: (0..=BARS).map(|bar| Beats(f64::from(bar) * 4.0)).collect(),
        at_once: false,
        taps: None,
    }
}

fn process(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process");
    group.throughput(Throughput::Elements(BLOCKS_PER_BAR));
    for (name, level) in [("midi", 0.0), ("midi and kit", 1.0)] {
        let (captured, _heard) = rtrb::RingBuffer::new(1 << 10);
        let (mut clips, arriving) = rtrb::RingBuffer::new(1);
        let (spent, _gone) = rtrb::RingBuffer::new(1);
        let mut engine = Engine::new(
            Clock::new(RATE, BLOCK as u32),
            Capture::new(captured),
            Playback::new(arriving, spent),
        );
        let kit = (level > 0.0).then(|| DrumSampler::new(SoundFont::embedded(), RATE)).flatten();
        engine.activate(RATE, BLOCK as u32, kit);
        assert!(clips.push(Box::new(part())).is_ok());
        let controls =
            Controls { bypassed: false, listens: true, through: true, channel: Some(9), level };
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut block = 0_u64;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for _ in 0..BLOCKS_PER_BAR {
                    let bars = block / BLOCKS_PER_BAR % u64::from(BARS);
                    let within = block % BLOCKS_PER_BAR;
                    let bar = bars as f64 * 4.0;
                    let host = HostTime {
                        playing: true,
                        position: Some(Beats(bar + within as f64 * 4.0 / BLOCKS_PER_BAR as f64)),
                        tempo: Some(Bpm(120.0)),
                        metre: Some(Metre::COMMON),
                        bar_start: Some(Beats(bar)),
                        looping: None,
                    };
                    left.fill(0.0);
                    right.fill(0.0);
                    engine.process(&host, &controls, &mut NoNotes, &mut left, &mut right);
                    block += 1;
                }
                std::hint::black_box(left[0])
            });
        });
    }
    group.finish();
}

criterion_group!(benches, process);
criterion_main!(benches);
