//! Loads the plugins as hosts do, plays a song through them, asks for drums and says what came out:
//!
//!     cargo run --release --package hosts --bin play_in_host -- Drumlin.clap Drumlin.vst3 song.mid

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, time::Instant};

use drumlin::score::Lane;
use hosts::session::Session;
use hosts::{BoxError, Hosted, clap, vst3};

const RATE: f64 = 48_000.0;
const LONGEST: u32 = 4096;
/// How much of the song is played, in quarter notes: 32 bars of 4/4.
const BEATS: f64 = 128.0;

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [clap_file, vst3_file, song] = &arguments[..] else {
        return Err("usage: play_in_host CLAP VST3 SONG".into());
    };
    for name in clap::names(clap_file.as_ref())? {
        let plugin = clap::Clap::new(clap_file.as_ref(), &name, RATE, LONGEST)?;
        play(&format!("{name}, CLAP"), plugin, song.as_ref())?;
        let plugin = vst3::Vst3::new(vst3_file.as_ref(), &name, RATE, LONGEST)?;
        play(&format!("{name}, VST3"), plugin, song.as_ref())?;
    }
    Ok(())
}

fn play(name: &str, plugin: impl Hosted, song: &Path) -> Result<(), BoxError> {
    let mut session = Session::new(plugin, song, BEATS, RATE)?;
    session.plugin.set("Send MIDI", 1.0)?;
    session.block(512)?;
    session.play(0.0);
    session.run(BEATS)?;
    session.stop()?;
    let asked = Instant::now();
    session.generate()?;
    let took = asked.elapsed();
    let written = session.written(0.0, BEATS)?.len();
    let played = session.played(0.0, BEATS)?;
    let mut lanes: BTreeMap<Lane, usize> = BTreeMap::new();
    for stroke in &played {
        *lanes.entry(Lane::of_key(stroke.key)).or_default() += 1;
    }
    println!("{name}: heard {BEATS} beats, drums after {:.1} s", took.as_secs_f64());
    println!(
        "  {} of {written} strokes came out, loudest sample {:.2}",
        played.len(),
        session.peak
    );
    let lanes: Vec<String> =
        lanes.iter().map(|(lane, count)| format!("{} {count}", lane.name())).collect();
    println!("  {}", lanes.join(", "));
    if played.len() == written && session.peak > 0.0 {
        Ok(())
    } else {
        Err(format!("{name}: what came out is not the part").into())
    }
}
