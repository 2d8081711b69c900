//! Clips found, ordered and joined: `benches/curate_clips.py` makes the clips, `DRUMLIN_CLIPS` names
//! their folder.
//!
//! Prints as JSON how often a clip's sibling is found, the mean distance of neighbours in Drumlin's order
//! and in the order of the published script, how far joins are from played beats, and seconds. Without a
//! folder it does nothing.

use std::path::{Path, PathBuf};
use std::time::Instant;

use drumlin::audio::DECODED_RATE;
use drumlin::curator::{
    CLIP_BEATS, Clip, Fingerprint, Mix, Options, Plan, Source, analyze_clips, curate, fingerprint,
};
use drumlin::network::{Backend, Models};
use serde_json::{Value, json};

fn main() {
    let Some(folder) = std::env::var_os("DRUMLIN_CLIPS").map(PathBuf::from) else { return };
    let text = std::fs::read(folder.join("clips.json")).expect("clips.json of curate_clips.py");
    let facts: Vec<Value> = serde_json::from_slice(&text).expect("what curate_clips.py wrote");
    let paths: Vec<PathBuf> =
        facts.iter().map(|clip| folder.join(clip["file"].as_str().unwrap())).collect();
    let sources: Vec<Source> = paths.iter().map(|path| Source::of(path).unwrap()).collect();

    let start = Instant::now();
    let network = Models::new(Backend::Cpu, None).get(&CLIP_BEATS).expect("the built-in network");
    let clips: Vec<Clip> = analyze_clips(&sources, &*network, &|_| true)
        .into_iter()
        .map(|clip| clip.expect("a clip"))
        .collect();
    let listening = start.elapsed().as_secs_f64();
    let clips: Vec<&Clip> = clips.iter().collect();
    let start = Instant::now();
    let curation = curate(&clips, None, &Options::default());
    let plan = Plan::of(&clips, &curation.order);
    let ordering = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let file = tempfile::tempfile_in(&folder).expect("a file beside the clips");
    let mix = Mix { plan: &plan, clips: &clips };
    mix.write(std::io::BufWriter::with_capacity(1 << 20, file), &mut |_| true).unwrap();
    let mixing = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let prints: Vec<Fingerprint> =
        clips.iter().map(|clip| fingerprint(&clip.source, &clip.sounding).unwrap()).collect();
    let fingerprinting = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let agreement = agreements(&prints);
    let comparing = start.elapsed().as_secs_f64();

    let order: Vec<usize> = curation.order.clone();
    let count = clips.len();
    let ours = |a: usize, b: usize| clips[a].descriptor.distance(&clips[b].descriptor);
    let theirs = |a: usize, b: usize| 1.0 - agreement[a * count + b];
    let published = published(&agreement, count);
    let mean = |order: &[usize]| {
        let sum: f32 = order.windows(2).map(|pair| ours(pair[0], pair[1])).sum();
        sum / (order.len() - 1) as f32
    };
    let kin = |order: &[usize]| {
        let same =
            order.windows(2).filter(|p| performance(&facts[p[0]]) == performance(&facts[p[1]]));
        same.count() as f64 / (order.len() - 1) as f64
    };
    let (first, five) = found(&facts, &ours);
    let (their_first, their_five) = found(&facts, &theirs);
    let off = joins(&facts, &plan);
    let near = off.iter().filter(|off| **off <= 0.010).count() as f64 / off.len() as f64;
    let nearest = (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
    let nearest = nearest.map(|(a, b)| ours(a, b)).fold(f32::INFINITY, f32::min);
    let report = json!({
        "clips": count,
        "left_out": curation.left_out.iter().map(|(i, r)| format!("{} {r}", name(&paths[*i]))).collect::<Vec<_>>(),
        "sibling": {"first": first, "five": five},
        "sibling_by_chromaprint": {"first": their_first, "five": their_five},
        "neighbours": {
            "mean_distance": mean(&order),
            "mean_distance_published": mean(&published),
            "ratio": mean(&order) / mean(&published),
            "of_one_performance": kin(&order),
            "of_one_performance_published": kin(&published),
        },
        "joins": {
            "on_beats": plan.joins.iter().filter(|join| join.on_beats).count(),
            "within_10_ms": near,
        },
        "nearest_pair": nearest,
        "loudness": plan.loudness,
        "seconds": {
            "listening": listening, "ordering": ordering, "mixing": mixing,
            "all": listening + ordering + mixing,
            "fingerprints_on_one_core": fingerprinting, "comparing_fingerprints": comparing,
        },
    });
    println!("{}", serde_json::to_string_pretty(&report).unwrap());
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn performance(clip: &Value) -> &str {
    clip["performance"].as_str().unwrap()
}

/// Shares of clips whose nearest is another part of their performance, and which have one among the
/// nearest five.
fn found(facts: &[Value], distance: &dyn Fn(usize, usize) -> f32) -> (f64, f64) {
    let (mut first, mut five) = (0, 0);
    for own in 0..facts.len() {
        let mut others: Vec<usize> = (0..facts.len()).filter(|&other| other != own).collect();
        others.sort_by(|&a, &b| distance(own, a).total_cmp(&distance(own, b)));
        let kin = |other: &usize| performance(&facts[own]) == performance(&facts[*other]);
        first += usize::from(others.first().is_some_and(kin));
        five += usize::from(others.iter().take(5).any(kin));
    }
    (first as f64 / facts.len() as f64, five as f64 / facts.len() as f64)
}

/// The share of equal bits of every two fingerprints at the best shift.
fn agreements(prints: &[Fingerprint]) -> Vec<f32> {
    let count = prints.len();
    let mut values = vec![1.0; count * count];
    for row in 0..count {
        for column in 0..row {
            let value = 1.0 - prints[row].difference(&prints[column]).unwrap_or(1.0);
            values[row * count + column] = value;
            values[column * count + row] = value;
        }
    }
    values
}

/// Pairs, those that agree most first; every clip where it first comes.
fn published(agreement: &[f32], count: usize) -> Vec<usize> {
    let mut pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|row| (0..row).map(move |column| (column, row))).collect();
    pairs.sort_by(|a, b| {
        let value = |pair: &(usize, usize)| agreement[pair.0 * count + pair.1];
        value(b).total_cmp(&value(a))
    });
    let mut order = Vec::new();
    let mut placed = vec![false; count];
    for clip in pairs.into_iter().flat_map(|(a, b)| [a, b]) {
        if !std::mem::replace(&mut placed[clip], true) {
            order.push(clip);
        }
    }
    order
}

/// For both sides of every join on beats: seconds to the nearest stroke that was played on a beat (nearer
/// to the metronome's beat than to a sixteenth beside it).
fn joins(facts: &[Value], plan: &Plan) -> Vec<f64> {
    let mut off = Vec::new();
    for (index, join) in plan.joins.iter().enumerate().filter(|(_, join)| join.on_beats) {
        let _ = join;
        let sides = [(&plan.placed[index], true), (&plan.placed[index + 1], false)];
        for (placed, leaving) in sides {
            let sample = if leaving { placed.to } else { placed.from };
            let at = sample as f64 / f64::from(DECODED_RATE);
            let clip = &facts[placed.clip];
            let beat = 60.0 / clip["bpm"].as_f64().unwrap();
            let first = clip["first_beat"].as_f64().unwrap();
            let strokes = clip["strokes"].as_array().unwrap().iter();
            let times = strokes.map(|stroke| stroke[0].as_f64().unwrap());
            let on_beat = times.filter(|time| {
                let beats = (time - first) / beat;
                (beats - beats.round()).abs() <= 0.125
            });
            off.push(on_beat.map(|time| (time - at).abs()).fold(f64::INFINITY, f64::min));
        }
    }
    off
}
