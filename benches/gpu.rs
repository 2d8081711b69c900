//! Networks on the GPU against the processor: `cargo bench --bench gpu`.
//!
//! For every network, requests of one song (96 bars, or 1,024 steps of groove) in batches of 1, 16 and
//! 256: the GPU answers a batch at once, tract's answers are given by two threads. Then a whole song
//! with eight alternatives, from MIDI to drum parts. Times are medians after warming up, data on its
//! way to and from the GPU included. `--json` prints the same for `reference_gpu.py`. Says so where
//! there is no GPU.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use drumlin::audio::SoundFont;
use drumlin::drummer::{Drummer, Settings, Silent, networks};
use drumlin::midi;
use drumlin::network::{self, Backend, Element, Models, Network, Port, Tensor};
use serde_json::{Value, json};

const BATCHES: [usize; 3] = [1, 16, 256];
const BARS: usize = 96;
const STEPS: usize = 1024;
const SONG: &str = "tests/songs/chalice.mid";

/// As `filled` in reference_gpu.py.
fn filled(port: &Port, size: usize) -> Tensor {
    let shape: Vec<usize> = port.dims.iter().map(|dim| dim.unwrap_or(size)).collect();
    let places = shape.iter().product();
    match port.element {
        Element::F32 => Tensor::f32(&shape, (0..places).map(|i| (i % 7) as f32 / 7.0).collect()),
        Element::I64 => Tensor::i64(&shape, vec![0; places]),
    }
}

/// The median of runs within about two seconds, three at least, after one to warm up.
fn median(mut run: impl FnMut()) -> Duration {
    run();
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || begun.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        run();
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn by_two_threads(network: &dyn Network, requests: &[Vec<(&str, Tensor)>]) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2.min(requests.len()) {
            scope.spawn(|| {
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    network.run(request).unwrap_or_else(|error| panic!("{error}"));
                }
            });
        }
    });
}

fn networks(rows: &mut Vec<Value>) {
    for spec in networks::ALL {
        let load = |backend: Backend| {
            backend.load(spec.name, spec.bytes).unwrap_or_else(|error| panic!("{error}"))
        };
        let (cpu, gpu) = (load(Backend::Cpu), load(Backend::Cuda));
        let size = if spec.name == "groove" { STEPS } else { BARS };
        let request: Vec<(&str, Tensor)> =
            cpu.inputs().iter().map(|port| (port.name.as_str(), filled(port, size))).collect();
        for batch in BATCHES {
            let requests = vec![request.clone(); batch];
            let tract = median(|| by_two_threads(&*cpu, &requests));
            let cuda = median(|| {
                gpu.run_batch(&requests).unwrap_or_else(|error| panic!("{error}"));
            });
            rows.push(json!({
                "network": spec.name, "batch": batch,
                "tract_ms": tract.as_secs_f64() * 1e3, "gpu_ms": cuda.as_secs_f64() * 1e3,
            }));
        }
    }
}

/// A song with eight alternatives, in milliseconds.
fn pipeline(backend: Backend) -> f64 {
    let song = midi::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(SONG));
    let song = song.unwrap_or_else(|error| panic!("{error}"));
    let drummer = Drummer::new(Models::new(backend, None), SoundFont::embedded().clone());
    let settings = Settings { alternatives: 8, ..Settings::default() };
    let time = median(|| {
        drummer.generate(&song, &settings, &Silent).unwrap_or_else(|error| panic!("{error}"));
    });
    time.as_secs_f64() * 1e3
}

fn main() {
    let begun = Instant::now();
    let found = network::gpu();
    let opening = begun.elapsed().as_secs_f64() * 1e3;
    let gpu = match found {
        Ok(gpu) => gpu,
        Err(why) => {
            println!("nothing measured, no GPU: {why}");
            return;
        }
    };
    let mut rows = Vec::new();
    networks(&mut rows);
    let whole = [Backend::Cpu, Backend::Cuda, Backend::Auto].map(|b| (b.name(), pipeline(b)));
    if std::env::args().any(|argument| argument == "--json") {
        println!(
            "{}",
            json!({
                "gpu": gpu.name, "opening_ms": opening, "networks": rows,
                "song": Value::from_iter(whole),
            })
        );
        return;
    }
    println!("{}, opened and checked in {opening:.0} ms; milliseconds a batch", gpu.name);
    println!("{:12} {:>6} {:>12} {:>12} {:>8}", "network", "batch", "tract x 2", "GPU", "times");
    for row in &rows {
        let number = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let (name, batch) = (row["network"].as_str().unwrap_or_default(), &row["batch"]);
        let (tract, gpu) = (number("tract_ms"), number("gpu_ms"));
        println!("{name:12} {batch:>6} {tract:12.3} {gpu:12.3} {:8.1}", tract / gpu);
    }
    for (backend, milliseconds) in whole {
        println!("{SONG}, eight alternatives, {backend}: {milliseconds:.0} ms");
    }
}
