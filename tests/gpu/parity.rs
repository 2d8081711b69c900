//! The same answers from GPU and processor, and the same drums.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, io};

use drumlin::audio::SoundFont;
use drumlin::drummer::{Drummer, Settings, Silent, networks};
use drumlin::midi;
use drumlin::network::{
    self, Backend, Element, ModelSpec, Models, Network, NetworkError, Outputs, Port, Tensor,
};
use drumlin::score::{DrumPart, Hit, MetreChange, Note, Song, TempoMap, Ticks, Track};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::fakes::with_fakes;

/// What may be between the two, as a share of the output's largest number.
const TOLERANCE: f32 = 1e-3;

/// Whether there is a GPU; says so, past the test harness, if not.
fn gpu() -> bool {
    let why = match network::gpu() {
        Ok(_) => return true,
        Err(why) => why,
    };
    assert!(env::var("REQUIRE_GPU").as_deref() != Ok("1"), "a GPU is required: {why}");
    let _ = writeln!(io::stderr(), "skipped, no GPU: {why}");
    false
}

/// How many of something, fewer on the fake, which is slow.
fn count(full: usize) -> usize {
    if env::var_os("FEW_INPUTS").is_some() { full / 25 } else { full }
}

/// The largest difference, as a share of the largest number.
fn off(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.shape(), expected.shape());
    let (Some(found), Some(expected)) = (found.as_f32(), expected.as_f32()) else {
        assert_eq!(found.as_i64(), expected.as_i64());
        return 0.0;
    };
    let largest = expected.iter().fold(1e-6_f32, |largest, x| largest.max(x.abs()));
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs() / largest);
    differences.fold(0.0, |worst, d| if d.is_nan() { f32::INFINITY } else { worst.max(d) })
}

fn assert_near(found: &Outputs, expected: &Outputs, network: &str) {
    for ((name, found), (_, expected)) in found.iter().zip(expected.iter()) {
        let worst = off(found, expected);
        assert!(worst < TOLERANCE, "{name} of {network} is off by {worst}");
    }
}

/// From 0 to 1, as nearly all that the networks are given.
fn random(ports: &[Port], size: usize, rng: &mut ChaCha8Rng) -> Vec<(String, Tensor)> {
    let fill = |port: &Port| {
        let shape: Vec<usize> = port.dims.iter().map(|dim| dim.unwrap_or(size)).collect();
        let places = shape.iter().product();
        let tensor = match port.element {
            Element::F32 => {
                Tensor::f32(&shape, (0..places).map(|_| rng.random_range(0.0..1.0)).collect())
            }
            Element::I64 => {
                Tensor::i64(&shape, (0..places).map(|_| rng.random_range(0..size as i64)).collect())
            }
        };
        (port.name.clone(), tensor)
    };
    ports.iter().map(fill).collect()
}

fn named(inputs: &[(String, Tensor)]) -> Vec<(&str, Tensor)> {
    inputs.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect()
}

#[test]
fn random_inputs_get_the_same_answers() {
    if !gpu() {
        return;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for spec in networks::ALL {
        let cpu = Backend::Cpu.load(spec.name, spec.bytes).unwrap();
        let cuda = Backend::Cuda.load(spec.name, spec.bytes).unwrap();
        let mut left = count(1000);
        while left > 0 {
            // Alone and in batches, in a few sizes, since the processor prepares itself for each.
            let size = [8, 16, 24, 64][rng.random_range(0..4)];
            let batch = [1, 1, 7, 16][rng.random_range(0..4)].min(left);
            left -= batch;
            let requests: Vec<_> =
                (0..batch).map(|_| random(cpu.inputs(), size, &mut rng)).collect();
            let requests: Vec<_> = requests.iter().map(|request| named(request)).collect();
            let found = cuda.run_batch(&requests).unwrap();
            assert_eq!(found.len(), batch);
            for (request, found) in requests.iter().zip(&found) {
                assert_near(found, &cpu.run(request).unwrap(), spec.name);
            }
        }
    }
    assert!(network::gpu().is_ok());
}

/// Asks both and compares; what comes back is the processor's answer.
struct Both {
    cpu: Arc<dyn Network>,
    cuda: Arc<dyn Network>,
    asked: Arc<AtomicUsize>,
}

impl Network for Both {
    fn name(&self) -> &str {
        self.cpu.name()
    }

    fn inputs(&self) -> &[Port] {
        self.cpu.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.cpu.outputs()
    }

    fn run(&self, inputs: &[(&str, Tensor)]) -> Result<Outputs, NetworkError> {
        let expected = self.cpu.run(inputs)?;
        assert_near(&self.cuda.run(inputs)?, &expected, self.name());
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(expected)
    }

    fn prepare(&self, _: &[(&str, &[usize])]) -> Result<(), NetworkError> {
        Ok(())
    }
}

fn songs() -> Vec<Song> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs");
    ["anthem", "chalice", "destiny", "fate", "jingle_bells", "remember", "town", "workout"]
        .map(|name| midi::read(&folder.join(format!("{name}.mid"))).unwrap())
        .to_vec()
}

/// Some bars of a song.
fn excerpt(song: &Song, first: usize, count: usize) -> Song {
    let bars = song.bars();
    let bars = &bars.bars()[first..(first + count).min(bars.len())];
    let (from, metre) = (bars[0].start, bars[0].metre);
    let to = bars[bars.len() - 1].start;
    let inside = |note: &&Note| (from..to).contains(&note.start);
    let moved = |note: &Note| Note { start: Ticks(note.start.0 - from.0), ..*note };
    let tracks = song.tracks.iter().map(|track| Track {
        notes: track.notes.iter().filter(inside).map(moved).collect(),
        ..track.clone()
    });
    Song {
        tempo: TempoMap::constant(song.ticks_per_quarter(), song.tempo.bpm(from)),
        metres: vec![MetreChange { at: Ticks(0), metre }],
        tracks: tracks.collect(),
    }
}

#[test]
fn real_inputs_get_the_same_answers() {
    if !gpu() {
        return;
    }
    let models = Models::new(Backend::Cpu, None);
    let counters: Vec<(&ModelSpec, Arc<AtomicUsize>)> =
        networks::ALL.iter().map(|spec| (*spec, Arc::default())).collect();
    for (spec, asked) in &counters {
        let cpu = Backend::Cpu.load(spec.name, spec.bytes).unwrap();
        let cuda = Backend::Cuda.load(spec.name, spec.bytes).unwrap();
        models.insert(spec, Arc::new(Both { cpu, cuda, asked: asked.clone() }));
    }
    let drummer = Drummer::new(models, SoundFont::embedded().clone());
    let wanted = count(100);
    let enough = || counters.iter().all(|(_, asked)| asked.load(Ordering::Relaxed) >= wanted);
    let songs = songs();
    // Each time other bars of the songs, in a few sizes.
    for round in 0.. {
        for song in &songs {
            let bars = song.bars().len();
            let size = [8, 16, 24][round % 3].min(bars);
            let excerpt = excerpt(song, round * 5 % (bars - size + 1), size);
            let settings = Settings { seed: round as u64, ..Settings::default() };
            if excerpt.melodic().any(|track| !track.notes.is_empty()) {
                drummer.generate(&excerpt, &settings, &Silent).unwrap();
            }
        }
        if enough() {
            break;
        }
        assert!(round < 200, "the songs give too few inputs");
    }
}

fn drums(backend: Backend, song: &Song, seed: u64) -> DrumPart {
    let drummer = Drummer::new(Models::new(backend, None), SoundFont::embedded().clone());
    let settings = Settings { seed, alternatives: 2, ..Settings::default() };
    let generation = drummer.generate(song, &settings, &Silent).unwrap();
    generation.parts[1].part.clone()
}

/// Where sums are rounded differently, a stroke on the very edge of being played may fall to the other
/// side, and a velocity or an offset to the next step of its scale.
#[test]
fn the_same_seed_gives_the_same_drums() {
    if !gpu() {
        return;
    }
    let songs = songs();
    let few = env::var_os("FEW_INPUTS").is_some();
    for (seed, song) in songs.iter().enumerate().take(if few { 1 } else { songs.len() }) {
        let song = if few { &excerpt(song, 0, 16) } else { song };
        let (cpu, cuda) =
            (drums(Backend::Cpu, song, seed as u64), drums(Backend::Cuda, song, seed as u64));
        let place = |hit: &Hit| (hit.bar, hit.step, hit.key);
        let all = cpu.hits.len().max(cuda.hits.len());
        let moved = cpu.hits.iter().filter(|hit| {
            !cuda.hits.iter().any(|other| {
                place(other) == place(hit)
                    && other.velocity.get().abs_diff(hit.velocity.get()) <= 1
                    && (other.offset - hit.offset).abs() < 0.01
            })
        });
        let moved = moved.count() + cuda.hits.len().abs_diff(cpu.hits.len());
        assert!(moved * 100 <= all, "{moved} of {all} hits differ in song {seed}");
    }
}

#[test]
fn the_fake_gpu_agrees() {
    let output = with_fakes(&mut Command::new(env::current_exe().unwrap()))
        .args(["parity::", "--skip", "the_fake_gpu_agrees", "--test-threads", "2"])
        .env("REQUIRE_GPU", "1")
        .env("FEW_INPUTS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
