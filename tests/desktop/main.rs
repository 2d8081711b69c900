//! The plugin on a desktop, as a musician has it: an X server with a window manager, hosts with
//! windows, mouse and keyboard. Linux only.
//!
//! Needs the Debian packages xvfb, openbox, xdotool, libgl1-mesa-dri, ardour, python3-gi,
//! gir1.2-gtk-3.0, python3-pyqt5 and python3-venv. Where one is missing, what needs it is skipped and
//! says so; with `CI=true` in the environment it fails. `DRUMLIN_PICTURES` names a folder for
//! pictures of the screen.
#![cfg(target_os = "linux")]

mod ardour;
mod measure;
mod musician;
mod program;
mod screen;
mod small_host;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ardour::Ardour;
use drumlin::drummer::StyleChoice;
use drumlin::score::GrooveSource;
use drumlin::studio::Extract;
use hosts::{BoxError, library, saved};
use program::{Program, lacks};
use screen::{Place, Screen};
use small_host::SmallHost;

/// Debian's, which has the bindings of its packages.
const PYTHON: &str = "/usr/bin/python3";
/// Strokes may come this much beside their place in a recording: a tick of Ardour's.
const TICK: f64 = 1.0 / 1920.0;

/// What Python needs for windows of GTK.
const GTK: &str = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk";

/// Hosts play in real time: one test after the other.
static DESK: Mutex<()> = Mutex::new(());

fn desk() -> MutexGuard<'static, ()> {
    // A test that failed has said so itself.
    DESK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Asks again and again until there is an answer.
fn wait<T>(
    what: &str,
    patience: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, BoxError>,
) -> Result<T, BoxError> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if began.elapsed() > patience {
            return Err(format!("waited {patience:?} in vain for {what}").into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A path as a file's address spells it.
fn path_of(uri: &str) -> Option<PathBuf> {
    let mut bytes = uri.strip_prefix("file://")?.bytes();
    let mut path = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            path.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            path.push(byte);
        }
    }
    Some(String::from_utf8(path).ok()?.into())
}

/// Plays a song to the plugin in a small host, captures and generates by mouse, and drags the clip
/// onto a window that a script opens.
fn the_clip_is_dragged_onto(script: &str) -> Result<(), BoxError> {
    let screen = Screen::new(1600, 1000)?;
    let mut target = screen.start(PYTHON, &[source(script)])?;
    target.line(|line| line == "ready")?;
    let onto = screen.window("drop target$", Duration::from_secs(20))?;
    screen.place(onto, 1200, 700)?;
    let mut host = SmallHost::new(&screen)?;
    let window = host.window;
    screen.place(window, 0, 0)?;
    host.ask("play", "playing")?;
    std::thread::sleep(Duration::from_secs(9));
    host.ask("stop", "stopped")?;
    screen.click(window, host.capture())?;
    std::thread::sleep(Duration::from_millis(500));
    screen.click(window, host.generate())?;
    let document = wait("drums", Duration::from_secs(60), || {
        Ok(Some(host.document()?).filter(|document| document.arrangement.is_some()))
    })?;
    let clip = document.midi_file(&Extract::default()).ok_or("no clip")?;
    // Let go over the plugin's own window: nothing happens, least of all a take of the drums.
    let chip = screen.on_screen(window, host.chip())?;
    screen.drag(chip, (chip.0 - 300, chip.1 + 200))?;
    screen.drag(chip, screen.on_screen(onto, (150, 100))?)?;
    let dropped = target.line(|line| line.starts_with("dropped"))?;
    let path = dropped.strip_prefix("dropped ").and_then(path_of).ok_or("no file")?;
    assert_eq!(path.file_name(), Some(clip.name.as_ref()));
    assert_eq!(std::fs::read(&path)?, clip.bytes);
    let after = host.document()?;
    assert_eq!(after.takes.len(), document.takes.len(), "the drag has left the drums alone");
    assert!(after.arrangement == document.arrangement);
    // Closed and opened again while it plays, it is the same.
    host.ask("play", "playing")?;
    for _ in 0..8 {
        host.ask("close", "closed")?;
        host.ask("open", "open")?;
    }
    host.ask("stop", "stopped")?;
    assert!(host.document()?.arrangement == document.arrangement);
    std::fs::remove_dir_all(path.parent().ok_or("no folder")?)?;
    Ok(())
}

#[test]
fn a_gtk_window_takes_the_clip() {
    let _here = desk();
    if !lacks("the drag onto GTK", &["Xvfb", "openbox", "xdotool"], &[GTK]) {
        the_clip_is_dragged_onto("tests/desktop/drop_gtk.py").unwrap();
    }
}

#[test]
fn a_qt_window_takes_the_clip() {
    let _here = desk();
    if !lacks("the drag onto Qt", &["Xvfb", "openbox", "xdotool"], &["import PyQt5.QtWidgets"]) {
        the_clip_is_dragged_onto("tests/desktop/drop_qt.py").unwrap();
    }
}

/// Drags a MIDI file out of a window as file managers have, and drops it at a place of the screen.
fn drop_file(screen: &Screen, file: &Path, onto: Place) -> Result<(), BoxError> {
    let script = source("tests/desktop/drag_gtk.py");
    let mut manager = screen.start(PYTHON, &[script.as_path(), file])?;
    manager.line(|line| line == "ready")?;
    let window = screen.window("GTK drag source$", Duration::from_secs(20))?;
    screen.place(window, 20, 700)?;
    screen.drag(screen.on_screen(window, (150, 100))?, onto)?;
    manager.line(|line| line == "ended")?;
    Ok(())
}

/// A host's window that takes no drops itself.
fn a_file_becomes_a_take() -> Result<(), BoxError> {
    let screen = Screen::new(1600, 1000)?;
    let mut host = SmallHost::new(&screen)?;
    screen.place(host.window, 0, 0)?;
    let middle = screen.on_screen(host.window, (600, 400))?;
    drop_file(&screen, &source("tests/songs/jingle_bells.mid"), middle)?;
    wait("the take", Duration::from_secs(60), || {
        let takes = host.document()?.takes;
        Ok(takes.iter().any(|take| take.name == "jingle_bells").then_some(()))
    })?;
    Ok(())
}

#[test]
fn a_file_from_a_gtk_window_is_taken() {
    let _here = desk();
    if !lacks("the drag from GTK", &["Xvfb", "openbox", "xdotool"], &[GTK]) {
        a_file_becomes_a_take().unwrap();
    }
}

/// A drum loop on the plugin's own track, which has no melody, becomes the groove of the song.
fn a_loop_on_the_track_becomes_a_groove() -> Result<(), BoxError> {
    let screen = Screen::new(1400, 900)?;
    let mut host = SmallHost::new(&screen)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("loop.mid");
    std::fs::write(&file, drumlin::midi::write(&musician::rock()))?;
    host.ask(&format!("sound {}", file.display()), "sounds")?;
    let window = host.window;
    screen.place(window, 0, 0)?;
    screen.click(window, host.capture_menu())?;
    std::thread::sleep(Duration::from_millis(500));
    screen.picture("track-menu")?;
    screen.click(window, host.hear_track())?;
    host.ask("play", "playing")?;
    std::thread::sleep(Duration::from_secs(4));
    screen.picture("track-listens")?;
    host.ask("stop", "stopped")?;
    let groove = wait("the groove", Duration::from_secs(60), || {
        // Until the sheet is there, nothing is.
        screen.click(window, host.use_recording())?;
        Ok(match host.document()?.settings.style {
            StyleChoice::Groove(groove) => Some(groove),
            _ => None,
        })
    })?;
    assert_eq!((groove.source(), groove.name()), (GrooveSource::Recording, "Track"));
    let written = musician::rock().tracks[0].notes.len();
    let heard = groove.hits().len();
    assert!(heard.abs_diff(written) < 4, "{heard} of {written} strokes");
    screen.picture("track-used")
}

#[test]
fn a_loop_on_the_track_is_heard() {
    let _here = desk();
    if !lacks("the sound of a track", &["Xvfb", "openbox", "xdotool"], &[]) {
        a_loop_on_the_track_becomes_a_groove().unwrap();
    }
}

/// The window is opened and closed while another thread has the plugin play whatever comes and
/// turns its parameters; afterwards a saved state opens as ever.
fn the_window_weathers_a_storm() -> Result<(), BoxError> {
    let screen = Screen::new(1400, 900)?;
    let mut host = SmallHost::new(&screen)?;
    let calm = host.document()?;
    host.ask("storm", "calm")?;
    // What the storm set off has ended by then.
    std::thread::sleep(Duration::from_secs(2));
    host.load()?;
    let after = host.document()?;
    assert!(after.settings == calm.settings && after.arrangement == calm.arrangement);
    Ok(())
}

#[test]
fn the_window_opens_and_closes_in_a_storm() {
    let _here = desk();
    if !lacks("the window in a storm", &["Xvfb", "openbox", "xdotool"], &[]) {
        the_window_weathers_a_storm().unwrap();
    }
}

/// Without a window: plays, asks for drums, records them on a second track, opens the project again
/// and exports it.
fn drums_are_recorded_in_time() -> Result<(), BoxError> {
    let ardour = Ardour::new()?;
    let session = ardour.session()?;
    let output = ardour.lua("play.lua", &session)?;
    let document = session.document()?;
    let written = measure::written(&document);
    assert!(written.len() > 40, "hardly a part: {} strokes", written.len());
    // The melody goes through the plugin and into the same recording.
    let through = measure::recorded(&output, measure::MELODY);
    let melody = measure::melody_of(&ardour::melody()?)?;
    let delay = measure::delay(&through, &melody).ok_or("no melody in the recording")?;
    let mut recorded = measure::recorded(&output, measure::DRUMS);
    recorded.iter_mut().for_each(|stroke| stroke.at -= delay);
    let in_time: Vec<_> = written.iter().copied().filter(|s| s.at + delay >= -TICK).collect();
    assert!(written.len() - in_time.len() <= 3, "the recording begins {delay} beats late");
    let off = measure::compare(&recorded, &in_time, 2.0 * TICK)?;
    println!(
        "{} strokes recorded in Ardour, at most {off:.5} beats beside the melody",
        recorded.len()
    );

    // What was saved is what opens: the file that it exports has the drums.
    let wav = ardour.export(&session)?;
    assert_eq!(session.document()?.arrangement, document.arrangement);
    let (median, most) = measure::lags(&wav, &written, ardour::TEMPO)?;
    println!("exported: strokes are {median:.2} ms off in the median, {most:.2} ms at most");
    assert!(most < 2.0, "{median} ms in the median, {most} ms at most");
    Ok(())
}

#[test]
fn drums_are_recorded_and_exported_by_ardour() {
    let _here = desk();
    if !lacks("Ardour without a window", &["ardour7-lua", "ardour7-export"], &[]) {
        drums_are_recorded_in_time().unwrap();
    }
}

/// Drumlin's places on one track with the synth that plays the melody. Before a synth Ardour drops its
/// sound, unless pins lead it past.
const PLACES: [&str; 4] =
    ["synth,Drumlin", "synth,Drumlin FX", "Drumlin,pinned synth", "Drumlin,synth"];

/// In each of its places: the melody sounds as it does without Drumlin, and the drums beside it.
fn melody_and_drums_are_heard() -> Result<(), BoxError> {
    let ardour = Ardour::new()?;
    let alone = ardour.chain("synth")?;
    let alone = measure::heard(&ardour.export(&alone)?)?.0;
    let level = measure::loudness(&alone);
    assert!(level > 0.005, "the synth alone is silent: {level}");
    let away_from = |heard: &[f32], from: &[f32]| {
        let off: Vec<f32> = heard.iter().zip(from).map(|(a, b)| a - b).collect();
        measure::loudness(&off)
    };
    for order in PLACES {
        let session = ardour.chain(order)?;
        let last = format!("{}", ((ardour::seconds() + 0.1) * 48_000.0).ceil());
        ardour.chain_do(&session, &["drum", &last])?;
        let written = measure::written(&session.document()?);
        assert!(written.len() > 40, "{order}: hardly a part: {} strokes", written.len());
        let both = ardour.file("both.wav");
        std::fs::copy(ardour.export(&session)?, &both)?;
        ardour.chain_do(&session, &["bypass", "1"])?;
        let melody = ardour.export(&session)?;

        let (melody_heard, _) = measure::heard(&melody)?;
        let off = away_from(&melody_heard, &alone) / level;
        println!("{order}: the melody is {off:.5} of its level beside what it is without Drumlin");
        assert!(off < 0.01, "{order}: the melody is another: {off}");
        let added = away_from(&measure::heard(&both)?.0, &melody_heard);
        println!("{order}: drums at {added:.4}");
        if order == "Drumlin,synth" {
            // The synth gets the melody's notes and no others: nothing is heard but the melody.
            assert!(added < 0.01 * level, "{order}: the synth plays the drums: {added}");
            continue;
        }
        assert!(added > 0.005, "{order}: no drums: {added}");
        let (median, most) = measure::lags_beside(&both, &melody, &written, ardour::TEMPO)?;
        println!("{order}: strokes are {median:.2} ms off in the median, {most:.2} ms at most");
        assert!(median < 2.0, "{order}: {median} ms in the median");
    }
    Ok(())
}

#[test]
fn the_melody_and_the_drums_share_a_track_in_ardour() {
    let _here = desk();
    if !lacks("Drumlin beside a synth in Ardour", &["ardour7-lua", "ardour7-export"], &[]) {
        melody_and_drums_are_heard().unwrap();
    }
}

#[test]
fn a_musician_brings_a_groove_to_ardour() {
    let _here = desk();
    if !lacks(
        "a groove in Ardour",
        &["Xvfb", "openbox", "xdotool", "ardour7-lua", "ardour"],
        &[GTK],
    ) {
        musician::a_song_gets_its_own_groove().unwrap();
    }
}

#[test]
fn a_musician_works_in_ardour() {
    let _here = desk();
    if !lacks(
        "Ardour with its window",
        &["Xvfb", "openbox", "xdotool", "ardour7-lua", "ardour"],
        &[GTK],
    ) {
        musician::a_song_gets_drums().unwrap();
    }
}

/// Python with minihost from PyPI in an environment of its own in the target folder, if it can be
/// had.
fn minihost() -> Option<PathBuf> {
    const PATIENCE: Duration = Duration::from_secs(120);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("minihost");
    let python = folder.join("bin/python");
    let has_it = || {
        let import = program::command(&python, &["-c", "import minihost, numpy"]);
        Program::output(import, PATIENCE).is_ok()
    };
    if !has_it() {
        let make = program::command(PYTHON, &["-m", "venv", folder.to_str()?]);
        Program::output(make, PATIENCE).ok()?;
        let packages = ["-m", "pip", "install", "--quiet", "minihost==0.11", "numpy"];
        Program::output(program::command(&python, &packages), PATIENCE).ok()?;
    }
    has_it().then_some(python)
}

/// A host made with JUCE, as many are: the VST3 is told tempo and bars, and plays its part.
fn the_vst3_plays_its_part(python: &Path) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let bundle = folder.path().join("Drumlin.vst3");
    let inside = bundle.join(format!("Contents/{}-linux", std::env::consts::ARCH));
    std::fs::create_dir_all(&inside)?;
    std::fs::copy(library(), inside.join("Drumlin.so"))?;
    let state = folder.path().join("state");
    let script = source("tests/desktop/minihost_play.py");
    let arguments = [script, bundle, state.clone(), PathBuf::from("150")];
    let output = Program::output(program::command(python, &arguments), Duration::from_secs(120))?;
    let written = measure::written(&saved::document(&std::fs::read(&state)?)?);
    assert!(written.len() > 20, "hardly a part: {} strokes", written.len());
    let off = measure::compare(&measure::recorded(&output, measure::DRUMS), &written, TICK)?;
    println!("{} strokes in minihost, at most {off:.6} beats off", written.len());
    Ok(())
}

#[test]
fn the_vst3_plays_in_minihost() {
    let _here = desk();
    match minihost() {
        Some(python) => the_vst3_plays_its_part(&python).unwrap(),
        // A program of that name is nowhere: says so, or fails where nothing may be skipped.
        None => assert!(lacks("the VST3 in minihost", &["minihost 0.11 from PyPI"], &[])),
    }
}
