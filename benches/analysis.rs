//! From a song to its self-similarity, step by step: `cargo bench --bench analysis`.
//!
//! `reference_analysis.py` runs this, librosa and FluidSynth and prints the ratios.

use criterion::{Criterion, criterion_group, criterion_main};
use drumlin::analysis::{BarCqt, Cqt, Ssm};
use drumlin::audio::{SoundFont, render, wav_mono};
use drumlin::{midi, score::SampleRate};
use std::path::Path;

/// A piece for few and one for many instruments.
const SONGS: [&str; 2] = ["destiny", "chalice"];

fn songs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("analysis");
    group.sample_size(10);
    for name in SONGS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/songs/{name}.mid"));
        let song = midi::read(&path).expect("a song of ours");
        let font = SoundFont::embedded();
        let play = || render(&song, font, SampleRate::ANALYSIS, &|| false).expect("it plays");
        let samples = play();
        if let Some(folder) = std::env::var_os("DRUMLIN_BENCH_WAV") {
            let file = Path::new(&folder).join(format!("{name}.wav"));
            std::fs::write(file, wav_mono(&samples, SampleRate::ANALYSIS))
                .expect("the folder is there");
        }
        let transform = || Cqt::new(&samples, SampleRate::ANALYSIS).expect("finite samples");
        let (cqt, bars) = (transform(), song.bars());
        group.bench_function(format!("render {name}"), |bencher| bencher.iter(play));
        group.bench_function(format!("cqt {name}"), |bencher| bencher.iter(transform));
        group.bench_function(format!("pool {name}"), |bencher| {
            bencher.iter(|| BarCqt::pool(&cqt, &bars, &song.tempo));
        });
    }
    // The longest song that is planned for: bars that do not repeat.
    let values = (0..1024 * BarCqt::BAR).map(|at| (at * 7919 % 1009) as f32 / 1009.0).collect();
    let bars = BarCqt::from_values(values);
    group.bench_function("melodic ssm 1024 bars", |bencher| bencher.iter(|| Ssm::melodic(&bars)));
    group.finish();
}

criterion_group!(benches, songs);
criterion_main!(benches);
