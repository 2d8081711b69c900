//! One run of each network, with its plan in the cache, on inputs of the shapes that Drumlin asks it for:
//! `cargo bench --bench network`.
//!
//! Prints a line for each: network, what is asked, shapes of the inputs, milliseconds of the quickest run
//! on one thread, in two seconds; names behind `--` choose. The quickest, since other programs may want
//! the processor. `reference_network.py` runs this and onnxruntime and prints the ratio.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use drumlin::network::{Backend, Tensor};

/// Network, what is asked, inputs and their shapes.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static [usize])]);

const REQUESTS: &[Request] = &[
    ("structure", "a song of 96 bars", &[("pairs", &[1, 24, 96, 96])]),
    ("structure", "a window of 936 bars", &[("pairs", &[1, 24, 239, 239])]),
    (
        "pattern",
        "a song of 96 bars",
        &[
            ("bar", &[96, 158]),
            ("pairs", &[1, 24, 96, 96]),
            ("programs", &[1, 128]),
            ("conditions", &[96, 41]),
        ],
    ),
    ("groove", "a window of 1,024 steps", &[("rows", &[1, 50, 1024])]),
    ("transcriber", "a window of 34.4 s", &[("spectrogram", &[1, 3440, 96])]),
    ("beats", "a minute", &[("strokes", &[1, 68, 1500])]),
    ("clip_beats", "a clip of 23.8 s", &[("onsets", &[1, 40, 512])]),
    ("composer_rhythm", "four drafts", &[("rows", &[4, 284])]),
    ("composer_pitch", "four drafts", &[("rows", &[4, 363])]),
    ("pattern_encoder", "a pattern", &[("cells", &[1, 784])]),
    ("pattern_encoder", "16 patterns", &[("cells", &[16, 784])]),
    ("pattern_encoder", "256 patterns", &[("cells", &[256, 784])]),
    ("pattern_decoder", "a pattern", &[("latent", &[1, 96]), ("known", &[1, 784])]),
    ("pattern_decoder", "16 patterns", &[("latent", &[16, 96]), ("known", &[16, 784])]),
    ("pattern_decoder", "256 patterns", &[("latent", &[256, 96]), ("known", &[256, 784])]),
    ("pattern_discriminator", "64 patterns", &[("cells", &[64, 784])]),
];

const LONG: Duration = Duration::from_secs(2);

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for (name, asked, inputs) in REQUESTS {
        if !names.is_empty() && names.iter().all(|chosen| chosen != name) {
            continue;
        }
        let bytes = fs::read(models.join(name).with_extension("onnx")).expect("a network");
        let network = Backend::Cpu.load(name, &bytes).expect("a network that fits");
        let filled = |shape: &[usize]| {
            Tensor::f32(shape, (0..shape.iter().product()).map(|i| (i % 7) as f32 / 7.0).collect())
        };
        let tensors: Vec<(&str, Tensor)> =
            inputs.iter().map(|(input, shape)| (*input, filled(shape))).collect();
        let (started, mut best) = (Instant::now(), Duration::MAX);
        while started.elapsed() < LONG {
            let began = Instant::now();
            network.run(&tensors).expect("an answer");
            best = best.min(began.elapsed());
        }
        let shapes: Vec<String> = inputs
            .iter()
            .map(|(_, shape)| shape.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
            .collect();
        println!("{name}\t{asked}\t{}\t{:.4}", shapes.join(";"), best.as_secs_f64() * 1e3);
    }
}
