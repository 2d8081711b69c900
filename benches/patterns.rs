//! The space of drum patterns: `cargo bench --bench patterns`. A pattern decoded alone and 1,024 at
//! once, 10,000 placed on the map, a way between two.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drumlin::network::{Backend, Models};
use drumlin::patterns::{DRUMS, Pattern, PatternMap, PatternSpace, Request, Sampling, interpolate};

fn patterns(criterion: &mut Criterion) {
    let models = Models::new(Backend::Cpu, None);
    let space = PatternSpace::new(&models).expect("the networks are built in");
    let map = PatternMap::built_in();
    let all: Vec<Pattern> = map.points().iter().map(|point| point.pattern).collect();
    let latents = space.encode(&all[..1024]).expect("it encodes");
    let requests: Vec<Request> = latents
        .iter()
        .enumerate()
        .map(|(seed, latent)| Request {
            latent: latent.towards(&latents[(seed + 7) % latents.len()], 0.3),
            grid: None,
            sampling: Sampling::Random(seed as u64),
        })
        .collect();
    // Ones that are no points.
    let others: Vec<Pattern> = (0..10_000)
        .map(|index| {
            all[index % all.len()].with_rows_of(&all[(7 * index + 3) % all.len()], |d| d > 3)
        })
        .collect();
    let mut group = criterion.benchmark_group("patterns");
    group.sample_size(20);
    group.bench_function("decode 1", |bencher| {
        bencher.iter(|| space.decode(&requests[..1]).expect("it decodes"));
    });
    group.bench_function("encode 1", |bencher| {
        bencher.iter(|| space.encode(&all[..1]).expect("it encodes"));
    });
    group.bench_function("way of 32 steps", |bencher| {
        bencher.iter(|| {
            interpolate(&space, [&all[0], &all[4000]], 32, [false; DRUMS], 0).expect("it decodes")
        });
    });
    group.throughput(Throughput::Elements(1024));
    group.bench_function("decode 1024", |bencher| {
        bencher.iter(|| space.decode(&requests).expect("it decodes"));
    });
    group.throughput(Throughput::Elements(others.len() as u64));
    group.bench_function("place 10000", |bencher| {
        bencher.iter(|| others.iter().map(|pattern| map.place(pattern).x).sum::<f32>());
    });
    group.finish();
}

criterion_group!(benches, patterns);
criterion_main!(benches);
