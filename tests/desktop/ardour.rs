//! Ardour 7 with a home of its own, the plugin installed there as VST3, and a project.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drumlin::midi;
use drumlin::score::Velocity;
use drumlin::studio::Document;

use crate::program::{Program, command};
use crate::screen::{Place, Screen};
use crate::small_host::{CAPTURE, GENERATE, chip};
use crate::{source, wait};
use hosts::{BoxError, library as plugin, saved};

/// In quarter notes a minute: none that a plugin would guess.
pub const TEMPO: f64 = 180.0;
/// Bars of 4/4 in the song.
const BARS: usize = 8;
const RATE: f64 = 48_000.0;
/// Where Debian puts Ardour.
const LIBRARIES: &str = "/usr/lib/ardour7";
/// The engine without a sound card, started without a question.
const CONFIGURATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="check-announcements" value="0"/>
  </Config>
  <Extra>
    <AudioMIDISetup>
      <EngineStates>
        <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device=""
          output-device="" sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0"
          output-latency="0" input-channels="0" output-channels="0" active="1"
          use-buffered-io="0" midi-option="1 in, 1 out, Silence" lru="1">
          <MIDIDevices/>
        </State>
      </EngineStates>
    </AudioMIDISetup>
  </Extra>
</Ardour>
"#;

/// How long the song is, in seconds.
pub fn seconds() -> f64 {
    BARS as f64 * 4.0 * 60.0 / TEMPO
}

pub struct Ardour {
    home: tempfile::TempDir,
}

impl Ardour {
    /// Installs the plugin into a new home and lets Ardour find it.
    pub fn new() -> Result<Ardour, BoxError> {
        let ardour = Ardour { home: tempfile::tempdir()? };
        let home = ardour.home.path();
        let bundle = home.join(".vst3/Drumlin.vst3");
        let inside = bundle.join(format!("Contents/{}-linux", std::env::consts::ARCH));
        fs::create_dir_all(&inside)?;
        let library = inside.join("Drumlin.so");
        fs::copy(plugin(), &library)?;
        // Ardour scans again what is not older than its notes.
        let earlier = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&library)?.set_modified(earlier)?;
        let configuration = home.join(".config/ardour7");
        fs::create_dir_all(&configuration)?;
        fs::write(configuration.join("config"), CONFIGURATION)?;
        // Nobody who has been here before is asked how they are.
        fs::write(configuration.join(".a7"), "")?;
        let scanner = Path::new(LIBRARIES).join("ardour-vst3-scanner");
        let mut scan = ardour.command(scanner, &[OsStr::new("-f"), bundle.as_ref()]);
        scan.env("LD_LIBRARY_PATH", LIBRARIES)
            .env("ARDOUR_DLL_PATH", LIBRARIES)
            .env("ARDOUR_DATA_PATH", "/usr/share/ardour7")
            .env("ARDOUR_CONFIG_PATH", "/etc/ardour7");
        Program::output(scan, Duration::from_secs(60))?;
        Ok(ardour)
    }

    /// A file of this name in its home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command<S: AsRef<OsStr>>(&self, program: impl AsRef<OsStr>, arguments: &[S]) -> Command {
        let mut command = command(program, arguments);
        command.env("HOME", self.home.path());
        for other in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "VST3_PATH"] {
            command.env_remove(other);
        }
        command
    }

    /// A new project: the melody as a region on a track with Drumlin.
    pub fn session(&self) -> Result<Session, BoxError> {
        let session = Session { folder: self.home.path().join("song") };
        self.lua("make.lua", &session)?;
        session.add_melody()?;
        Ok(session)
    }

    /// A new project: the melody on a track with a synth and Drumlin, in this order. On a busy machine
    /// Ardour may lock itself up while it connects the track, so it is asked again.
    pub fn chain(&self, order: &str) -> Result<Session, BoxError> {
        const ATTEMPTS: u32 = 3;
        let session = Session { folder: self.home.path().join("song") };
        for attempt in 1.. {
            if session.folder.exists() {
                fs::remove_dir_all(&session.folder)?;
            }
            match self.chain_do(&session, &["make", order]) {
                Ok(_) => break,
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => {}
            }
        }
        session.add_melody()?;
        session.set_range()?;
        Ok(session)
    }

    /// Has `chain.lua` do something with such a project.
    pub fn chain_do(&self, session: &Session, words: &[&str]) -> Result<String, BoxError> {
        let script = source("tests/desktop/chain.lua");
        let mut arguments = vec![script.as_os_str(), session.folder.as_os_str()];
        arguments.extend(words.iter().map(|word| OsStr::new(*word)));
        Program::output(self.command("ardour7-lua", &arguments), Duration::from_secs(90))
    }

    /// Runs one of the scripts beside this file; what it printed.
    pub fn lua(&self, script: &str, session: &Session) -> Result<String, BoxError> {
        let script = source("tests/desktop").join(script);
        let last = format!("{}", (seconds() * RATE).ceil() + RATE / 10.0);
        let arguments = [script.as_os_str(), session.folder.as_os_str(), OsStr::new(&last)];
        Program::output(self.command("ardour7-lua", &arguments), Duration::from_secs(120))
    }

    /// Renders the project's song to a WAV file. Of the same project Ardour renders now and then
    /// another sound, with a synth alone too: what two exports agree on is its sound.
    pub fn export(&self, session: &Session) -> Result<PathBuf, BoxError> {
        const ATTEMPTS: u32 = 6;
        let wav = self.file("song.wav");
        let mut rendered: Vec<Vec<u8>> = Vec::new();
        for _ in 0..ATTEMPTS {
            self.export_once(session, &wav)?;
            let bytes = fs::read(&wav)?;
            if rendered.contains(&bytes) {
                return Ok(wav);
            }
            rendered.push(bytes);
        }
        Err("no two exports are the same".into())
    }

    /// On a busy machine Ardour's own tool may fall over when it is done (its export handler is
    /// destroyed twice), so it is asked again.
    fn export_once(&self, session: &Session, wav: &Path) -> Result<(), BoxError> {
        const ATTEMPTS: u32 = 5;
        let arguments =
            [OsStr::new("-o"), wav.as_os_str(), session.folder.as_os_str(), OsStr::new("song")];
        for attempt in 1.. {
            let export = self.command("ardour7-export", &arguments);
            match Program::output(export, Duration::from_secs(60)) {
                Ok(_) => break,
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Opens the project in Ardour's window.
    pub fn open<'a>(&self, screen: &'a Screen, session: &Session) -> Result<Open<'a>, BoxError> {
        let mut ardour = self.command("ardour", &[session.file()]);
        screen.on_it(&mut ardour);
        let program = Program::start(ardour)?;
        let window = screen.window("^\\*?song - Ardour$", Duration::from_secs(90))?;
        thread::sleep(Duration::from_secs(3));
        screen.place(window, 0, 0)?;
        screen.resize(window, 1600, 970)?;
        Ok(Open { screen, program, window, width: 0 })
    }
}

pub struct Session {
    folder: PathBuf,
}

impl Session {
    fn file(&self) -> PathBuf {
        self.folder.join("song.ardour")
    }

    /// Puts the melody where Ardour would have imported it.
    fn add_melody(&self) -> Result<(), BoxError> {
        let text = fs::read_to_string(self.file())?;
        let source = r#"<Sources><Source name="melody.mid" take-id="" type="midi" flags="" id="9001"/></Sources>"#;
        let length = BARS * 4 * 1920;
        let region = format!(
            r#"<Region name="melody" id="9002" type="midi" start="b0" length="b{length}@b0" source-0="9001" master-source-0="9001"/>"#
        );
        let playlist = text
            .lines()
            .find(|line| line.contains("<Playlist ") && line.contains(r#"name="Melody""#))
            .ok_or("no playlist")?;
        let filled = playlist.replace("/>", &format!(">{region}</Playlist>"));
        let text = text
            .replace("<Sources/>", source)
            .replace(playlist, &filled)
            .replace(r#"npm="120" enpm="120""#, &format!(r#"npm="{TEMPO}" enpm="{TEMPO}""#));
        fs::write(self.file(), text)?;
        Ok(fs::write(self.sounds()?.join("melody.mid"), melody()?)?)
    }

    /// Says where the song ends, which Ardour otherwise knows from what was recorded.
    fn set_range(&self) -> Result<(), BoxError> {
        let text = fs::read_to_string(self.file())?;
        let end = BARS * 4 * 1920;
        let range = format!(
            r#"<Locations><Location id="9003" name="session" start="b0" end="b{end}" flags="IsSessionRange" locked="0" timestamp="0" cue="0"/></Locations>"#
        );
        Ok(fs::write(self.file(), text.replace("<Locations/>", &range))?)
    }

    /// Where its MIDI files are.
    fn sounds(&self) -> Result<PathBuf, BoxError> {
        let inside =
            fs::read_dir(self.folder.join("interchange"))?.next().ok_or("no sources")??;
        Ok(inside.path().join("midifiles"))
    }

    /// What the plugin has saved in the project.
    pub fn document(&self) -> Result<Document, BoxError> {
        let text = fs::read_to_string(self.file())?;
        let chunk = text
            .split_once("<chunk>")
            .and_then(|(_, rest)| rest.split_once("</chunk>"))
            .ok_or("no state in the project")?
            .0;
        saved::document(&STANDARD.decode(chunk.split_whitespace().collect::<String>())?)
    }

    /// All MIDI files of the project.
    pub fn midi_files(&self) -> Result<Vec<Vec<u8>>, BoxError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.sounds()?)? {
            files.push(fs::read(entry?.path())?);
        }
        Ok(files)
    }

    /// Whether a region in the arrangement has a word in its name.
    pub fn has_region(&self, word: &str) -> Result<bool, BoxError> {
        let text = fs::read_to_string(self.file())?;
        let (_, lists) = text.split_once("<Playlists>").ok_or("no playlists")?;
        let (lists, _) = lists.split_once("</Playlists>").ok_or("no playlists")?;
        let mut regions = lists.lines().filter(|line| line.contains("<Region name="));
        Ok(regions.any(|line| line.contains(word)))
    }
}

/// The beginning of a song as one track: Ardour imports one track from a file.
pub fn melody() -> Result<Vec<u8>, BoxError> {
    let song = midi::read(&source("tests/songs/workout.mid"))?;
    let ticks = song.ticks_per_quarter();
    let end = BARS as u64 * 4 * u64::from(ticks);
    let mut messages = Vec::new();
    for note in song.melodic().flat_map(|track| &track.notes).filter(|note| note.start.0 < end) {
        messages.push((note.start.0, 0x90, note.key, note.velocity));
        messages.push((note.end().0.min(end), 0x80, note.key, Velocity::clamped(64)));
    }
    messages.sort();
    let mut track = Vec::new();
    let mut now = 0;
    for (at, kind, key, velocity) in messages {
        variable_length(at - now, &mut track);
        track.extend([kind, key, velocity.get()]);
        now = at;
    }
    track.extend([0, 0xFF, 0x2F, 0]);
    let mut file = b"MThd\0\0\0\x06\0\0\0\x01".to_vec();
    file.extend(ticks.to_be_bytes());
    file.extend(b"MTrk");
    file.extend(u32::try_from(track.len())?.to_be_bytes());
    file.extend(track);
    Ok(file)
}

/// A number as MIDI files write times.
fn variable_length(number: u64, bytes: &mut Vec<u8>) {
    for shift in [21, 14, 7] {
        if number >> shift > 0 {
            bytes.push((number >> shift) as u8 | 0x80);
        }
    }
    bytes.push(number as u8 & 0x7F);
}

/// Ardour's window with the project.
pub struct Open<'a> {
    screen: &'a Screen,
    program: Program,
    window: u32,
    /// Of the plugin's window.
    width: i32,
}

/// Title of the plugin's window, with Ardour's frame.
pub const FRAME: &str = "Drumlin \\(by Drumlin\\)";
/// Places in Ardour's window: the header of the melody's track, the plugin in the mixer strip beside
/// the arrangement, and an empty place in the arrangement.
const TRACK: Place = (60, 343);
const PLUGIN: Place = (47, 169);
const FREE: Place = (345, 700);

impl Open<'_> {
    /// Opens the plugin's window as a musician does, unless Ardour has; the window that is clicked.
    pub fn show_plugin(&mut self) -> Result<u32, BoxError> {
        for attempt in 0.. {
            match self.screen.window(FRAME, Duration::from_secs(3)) {
                Ok(frame) => {
                    self.screen.place(frame, 495, 190)?;
                    break;
                }
                Err(error) if attempt == 4 => return Err(error),
                Err(_) => {}
            }
            if attempt % 2 == 0 {
                // The strip beside the arrangement is shown and hidden.
                self.screen.click(self.window, TRACK)?;
                self.screen.press(self.window, "shift+e")?;
                thread::sleep(Duration::from_secs(1));
            }
            self.screen.clicks(self.window, PLUGIN, 2)?;
        }
        let plugin = self.screen.window("^Drumlin$", Duration::from_secs(10))?;
        thread::sleep(Duration::from_secs(1));
        self.width = self.screen.size_of(plugin)?.0;
        Ok(plugin)
    }

    /// Plays the song from its beginning to its end.
    pub fn play_through(&self) -> Result<(), BoxError> {
        self.play_for(Duration::from_secs_f64(seconds() + 0.7), || Ok(()))
    }

    /// Plays from the song's beginning, does something, and stops.
    pub fn play_for(
        &self,
        time: Duration,
        meanwhile: impl FnOnce() -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.screen.press(self.window, "Home")?;
        self.screen.press(self.window, "space")?;
        thread::sleep(time);
        meanwhile()?;
        self.screen.press(self.window, "space")?;
        thread::sleep(Duration::from_secs(1));
        Ok(())
    }

    pub fn save(&self) -> Result<(), BoxError> {
        self.screen.press(self.window, "ctrl+s")?;
        thread::sleep(Duration::from_millis(700));
        Ok(())
    }

    pub fn capture(&self) -> Place {
        CAPTURE
    }

    pub fn generate(&self) -> Place {
        GENERATE
    }

    pub fn chip(&self) -> Place {
        chip(self.width)
    }

    /// A cell of the grid in a window of 1100 x 720 that shows the whole song: lane from the top,
    /// from 1, and bars from the beginning.
    pub fn cell(&self, lane: i32, bars: f64) -> Place {
        const GRID: (f64, f64, f64, f64) = (172.0, 224.0, 880.0, 593.0);
        let (left, top, right, bottom) = GRID;
        let x = left + (right - left) * bars / BARS as f64;
        let y = top + (bottom - top) / 15.0 * (f64::from(lane) - 0.5);
        (x as i32 + 3, y as i32)
    }

    /// The tab of the map of grooves.
    pub fn grooves(&self) -> Place {
        (self.width - 58, 73)
    }

    /// A place beside the middle of the map of grooves, in a window of 1100 x 720.
    pub fn on_map(&self, (x, y): Place) -> Place {
        (self.width - 194 + x, 310 + y)
    }

    /// The button that drums the song with the groove in hand, in a window of 1100 x 720.
    pub fn use_for_song(&self) -> Place {
        (self.width - 286, 674)
    }

    /// A free place of the arrangement.
    pub fn arrangement(&self) -> Place {
        FREE
    }

    /// Closes Ardour.
    pub fn quit(mut self) -> Result<(), BoxError> {
        self.screen.press(self.window, "ctrl+q")?;
        wait("Ardour to close", Duration::from_secs(20), || {
            Ok(self.program.has_ended()?.then_some(()))
        })
    }
}
