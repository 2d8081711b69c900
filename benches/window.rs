//! What a frame of the window costs the processor: `cargo bench --bench window`.
//!
//! A song of 1,024 bars (one of `tests/songs`, again and again), its four alternatives, the host
//! playing. One iteration is one frame: everything is laid out, painted and turned into triangles,
//! which is all but what the graphics card does. At 60 frames a second there are 16.7 ms for it.

#[path = "../examples/window/headless.rs"]
mod headless;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use drumlin::editor::Transport;
use drumlin::midi;
use drumlin::score::{Beats, Bpm, Metre, Note, Song, Ticks, Track};
use drumlin::studio::{Job, Studio};
use egui::{Event, Id, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2};
use headless::Headless;

const BARS: u64 = 1024;
/// The song's own bars of 4/4, all in its first metre.
const OWN_BARS: u64 = 72;
/// How often the window zooms out from its 16 bars for 194 of them.
const ZOOMED_OUT: usize = 7;
const SIZES: [(&str, Vec2); 3] = [
    ("800x500", Vec2::new(800.0, 500.0)),
    ("1280x800", Vec2::new(1280.0, 800.0)),
    ("3840x2160", Vec2::new(3840.0, 2160.0)),
];

/// The song, repeated until it has all the bars.
fn long_song() -> Song {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/workout.mid");
    let song = midi::read(&path).expect("a song of ours");
    let bar = 4 * u64::from(song.ticks_per_quarter());
    let end = Ticks(BARS * bar);
    let tracks = song.melodic().map(|track| {
        let rounds = 0..BARS.div_ceil(OWN_BARS);
        let notes = rounds.flat_map(|round| {
            let later = Ticks(round * OWN_BARS * bar);
            track.notes.iter().map(move |note| Note { start: note.start + later, ..*note })
        });
        let notes = notes.filter(|note| note.end() <= end).collect();
        Track { notes, ..track.clone() }
    });
    Song { tracks: tracks.collect(), metres: Vec::new(), ..song }
}

fn studio() -> Arc<Studio> {
    let studio = Studio::new();
    studio.drop_midi("long", &midi::write(&long_song())).expect("a song to play to");
    studio.start(Job::Generate).expect("a take is there");
    while studio.snapshot().job.is_some() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(studio.snapshot().error, None);
    let part = studio.snapshot().document.part().cloned().expect("it was generated");
    println!("{} bars, {} strokes", part.bars.len(), part.hits.len());
    studio
}

/// A window that is shown frame by frame.
struct Screen(Headless);

impl Screen {
    fn new(studio: &Arc<Studio>, size: Vec2) -> Screen {
        let headless = Headless { step: 1.0 / 60.0, ..Headless::new(studio, size, 1.0) };
        let mut screen = Screen(headless);
        for _ in 0..3 {
            screen.frame(Vec::new());
        }
        screen
    }

    /// A sixtieth of a second; how many triangles it takes.
    fn frame(&mut self, events: Vec<Event>) -> usize {
        let Screen(headless) = self;
        headless.transport = Transport {
            playing: true,
            rehearsing: false,
            position: Some(Beats(2.0 * headless.time % (BARS * 4) as f64)),
            bpm: Some(Bpm(120.0)),
            metre: Some(Metre::COMMON),
            cycle: None,
        };
        let mut output = headless.frame(events);
        // Nothing is drawn here.
        output.textures_delta.clear();
        headless.ctx.tessellate(output.shapes, output.pixels_per_point).len()
    }

    fn press(&mut self, name: &str) {
        for event in self.0.click(Id::unique(name)) {
            self.frame(vec![event]);
        }
    }

    /// Puts the pointer into the grid, where it has most to look for.
    fn hover(&mut self) {
        let at = self.0.ctx.read_response(Id::unique("grid")).expect("it is shown").rect.center();
        self.frame(vec![Event::PointerMoved(at)]);
    }
}

fn wheel(points: f32) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, points),
        phase: TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: MouseWheelSource::Unknown,
    }
}

fn frames(criterion: &mut Criterion) {
    let studio = studio();
    let mut group = criterion.benchmark_group("window");
    for (name, size) in SIZES {
        for (what, zoom) in [("16 bars", None), ("all bars", Some("zoom-all"))] {
            let mut screen = Screen::new(&studio, size);
            if let Some(button) = zoom {
                screen.press(button);
            }
            screen.hover();
            group.bench_function(BenchmarkId::new(name, what), |bencher| {
                bencher.iter(|| screen.frame(Vec::new()));
            });
        }
        // Nothing that was painted before can be used again.
        let mut screen = Screen::new(&studio, size);
        for _ in 0..ZOOMED_OUT {
            screen.press("zoom-out");
        }
        screen.hover();
        let mut scrolled = 0;
        group.bench_function(BenchmarkId::new(name, "194 bars, scrolling"), |bencher| {
            bencher.iter(|| {
                // To and fro, a page and more each way.
                scrolled += 1;
                let way = if scrolled / 60 % 2 == 0 { -30.0 } else { 30.0 };
                screen.frame(vec![wheel(way)])
            });
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
