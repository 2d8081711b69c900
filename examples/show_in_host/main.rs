//! A small host with a window, under X11 or on Windows: opens Drumlin's window, and plays a song
//! through it in real time. What it is to do comes as lines on standard input, what happened goes out
//! as lines:
//!
//!     cargo run --example show_in_host -- Drumlin.clap tests/songs/workout.mid
//!
//! | line | what it does | answer |
//! |---|---|---|
//! | `play` | starts the transport at the song's beginning | `playing` |
//! | `stop` | stops it | `stopped` |
//! | `sound FILE` | has a MIDI file sound on the track, on the song's beats, whenever the transport runs | `sounds` |
//! | `save FILE` | writes what a project would keep | `saved` |
//! | `load FILE` | opens what was saved | `loaded` |
//! | `close`, `open` | closes the window, opens it again | `closed`, `open` |
//! | `storm` | does so again and again while the audio thread gets blocks, notes, transports and parameters at random | `calm` |
//! | `quit` | ends | |

#[cfg(target_os = "macos")]
#[path = "nowhere.rs"]
mod surface;
#[cfg(windows)]
#[path = "win32.rs"]
mod surface;
#[cfg(target_os = "linux")]
#[path = "x11.rs"]
mod surface;

use std::io::BufRead;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use drumlin::audio::{self, SoundFont};
use drumlin::midi;
use drumlin::score::{Bpm, SampleRate, TempoMap};
use hosts::clap::Clap;
use hosts::session::{Session, Sound};
use hosts::storm::{Threads, rage};
use hosts::{BoxError, Hosted};
use surface::Surface;

const RATE: f64 = 48_000.0;
const BLOCK: u32 = 512;
/// How often the window is closed and opened in a storm, and how long it stays either way.
const ROUNDS: usize = 12;
const MOMENT: Duration = Duration::from_millis(150);
/// How much of the song is played, in quarter notes: 16 bars of 4/4.
const BEATS: f64 = 64.0;
const TITLE: &str = "Drumlin in a host";

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, song] = &arguments[..] else {
        return Err("usage: show_in_host CLAP SONG".into());
    };
    let plugin = Clap::new(file.as_ref(), "Drumlin", RATE, BLOCK)?;
    let mut session = Session::new(plugin, Path::new(song), BEATS, RATE)?;
    let surface = Surface::new(TITLE, 1280, 800)?;
    open(&mut session, &surface)?;
    let lines = lines();
    let began = Instant::now();
    for blocks in 1u32.. {
        session.block(BLOCK)?;
        session.plugin.idle();
        surface.idle()?;
        match lines.try_recv() {
            Ok(line) if line == "quit" => break,
            Ok(line) => println!("{}", obey(&line, &mut session, &surface)?),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        // In real time; what a busy machine has missed is not made up for.
        let due = Duration::from_secs_f64(f64::from(blocks) * f64::from(BLOCK) / RATE);
        thread::sleep(due.saturating_sub(began.elapsed()));
    }
    session.plugin.close();
    Ok(())
}

fn obey(
    line: &str,
    session: &mut Session<Clap>,
    surface: &Surface,
) -> Result<&'static str, BoxError> {
    let (verb, file) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "play" => {
            session.play(0.0);
            Ok("playing")
        }
        "stop" => {
            session.stop()?;
            Ok("stopped")
        }
        "sound" => {
            let mut song = midi::read(Path::new(file))?;
            song.tempo = TempoMap::constant(song.ticks_per_quarter(), Bpm(session.now.tempo));
            let rate = SampleRate(RATE as u32);
            let sound = audio::render_stereo(&song, SoundFont::embedded(), rate, &|| false)?;
            let mono =
                sound.left.iter().zip(&sound.right).map(|(left, right)| 0.5 * (left + right));
            session.sound = Sound::Track(mono.collect());
            Ok("sounds")
        }
        "save" => {
            fs::write(file, session.plugin.save()?)?;
            Ok("saved")
        }
        "load" => {
            session.plugin.load(&fs::read(file)?)?;
            Ok("loaded")
        }
        "close" => {
            session.plugin.close();
            Ok("closed")
        }
        "open" => {
            open(session, surface)?;
            Ok("open")
        }
        "storm" => {
            storm(session, surface)?;
            Ok("calm")
        }
        _ => Err(format!("no command \"{line}\"").into()),
    }
}

/// Closes and opens the window while the audio thread rages.
fn storm(session: &mut Session<Clap>, surface: &Surface) -> Result<(), BoxError> {
    let parameters = session.plugin.parameters();
    let mut audio = session.plugin.take_audio().ok_or("the sound is elsewhere")?;
    let threads = Threads::default();
    let weathered = thread::scope(|scope| {
        let raging = scope.spawn(|| {
            rage(&mut audio, &parameters, BLOCK, 6, &threads).map_err(|error| error.to_string())
        });
        let rounds = (0..ROUNDS).try_for_each(|_| {
            session.plugin.close();
            thread::sleep(MOMENT);
            open(session, surface)?;
            thread::sleep(MOMENT);
            threads.idle(&mut session.plugin);
            surface.idle()?;
            Ok(())
        });
        threads.end();
        let blocks = raging.join().map_err(|_| "the audio thread panicked")?;
        rounds.and(blocks.map_err(BoxError::from))
    });
    session.plugin.give_back(audio);
    weathered.map(|_| ())
}

/// Lines of standard input, as they come.
fn lines() -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

/// Opens the plugin's window in ours, which becomes as large.
fn open(session: &mut Session<Clap>, surface: &Surface) -> Result<(), BoxError> {
    let (width, height) = session.plugin.open(surface.id())?;
    surface.resize(width, height)?;
    println!("window {} {width} {height}", surface.id());
    Ok(())
}
