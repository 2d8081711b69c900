//! The clip leaves the window: saved as a file, put into the export folder, onto the clipboard, or
//! dragged; and MIDI files come in. Dialogues, disks and clipboards are slow: they get threads of
//! their own, and tell how it went.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arboard::Clipboard;
use egui::{Context, Ui, Vec2};
use parking_lot::Mutex;

use super::background::spawn_background;
use super::drag_out::{self, DragSource};
use super::file_dialog::{self, Chosen};
use super::frame::{Frame, sentence};
use super::shared::{Destination, Request, Shared};
use crate::audio::RECORDING_ENDINGS;
use crate::files::{write_beside, write_whole};
use crate::score::Lane;
use crate::studio::{ExportFile, Extract, Job, Studio};

/// The largest file that is read, in bytes; songs have less than a mebibyte.
const LARGEST: u64 = 32 << 20;
/// The text of the manual, without its pictures.
const MANUAL: &str = include_str!("../../docs/manual.md");
/// How long good news is shown.
const SHOWN: Duration = Duration::from_secs(6);

/// What a file is chosen for.
#[derive(Clone, Debug)]
pub enum Purpose {
    Open,
    /// As a groove.
    OpenGroove,
    /// As the piano that takes are heard as.
    OpenPiano,
    Save(ExportFile),
}

/// A file is to be chosen in the window, since the system has no dialogue: what for, and why the
/// system has none, as a sentence.
type Wanted = Arc<Mutex<Option<(Purpose, &'static str)>>>;

/// What outlives the frame in which it was asked for.
#[derive(Clone, Default)]
pub struct Notifications {
    news: Arc<Mutex<Option<(String, Instant)>>>,
    /// On Linux a clipboard is empty once the program that filled it has let go of it.
    clipboard: Arc<Mutex<Option<Clipboard>>>,
    wanted: Wanted,
}

impl Notifications {
    /// What went well lately.
    pub fn news(&self, ctx: &Context) -> Option<String> {
        let news = self.news.lock();
        let (text, told) = news.as_ref()?;
        let left = SHOWN.checked_sub(told.elapsed())?;
        ctx.request_repaint_after(left);
        Some(text.clone())
    }

    /// What a file is to be chosen for in the window, and why there.
    pub fn wanted(&self) -> Option<(Purpose, &'static str)> {
        self.wanted.lock().take()
    }

    /// Takes a piece of the part to where it is to go.
    pub fn export(
        &self,
        frame: &Frame<'_>,
        ctx: &Context,
        source: &DragSource,
        destination: Destination,
        extract: &Extract,
    ) {
        let Some(file) = file(frame, extract) else { return };
        match destination {
            Destination::File => {
                let wanted = Arc::clone(&self.wanted);
                self.run(frame, ctx, move || save_as(file, &wanted));
            }
            Destination::ExportFolder => {
                self.run(frame, ctx, move || save_to_folder(&export_folder()?, &file));
            }
            Destination::Clipboard => {
                let clipboard = Arc::clone(&self.clipboard);
                self.run(frame, ctx, move || copy(&clipboard, &file));
            }
            Destination::Drag => source.drag(frame.studio, file),
        }
    }

    pub fn open_export_folder(&self, frame: &Frame<'_>, ctx: &Context) {
        self.run(frame, ctx, || show_folder().map(|()| None));
    }

    pub fn open_manual(&self, frame: &Frame<'_>, ctx: &Context) {
        self.run(frame, ctx, || show_manual().map(|()| None));
    }

    /// Saves bytes under a path that was chosen.
    pub fn save_to(&self, frame: &Frame<'_>, ctx: &Context, path: PathBuf, bytes: Vec<u8>) {
        self.run(frame, ctx, move || write(&path, &bytes).map(Some));
    }

    /// Opens a MIDI file as a take.
    pub fn open_midi(&self, frame: &Frame<'_>, ctx: &Context) {
        self.open(frame, ctx, Purpose::Open, file_dialog::open, take_file);
    }

    /// Drums the song with the groove of a file.
    pub fn open_groove(&self, frame: &Frame<'_>, ctx: &Context) {
        self.open(frame, ctx, Purpose::OpenGroove, file_dialog::open_groove, groove_file);
    }

    /// Drums the song with the drum tablature that is on the clipboard.
    pub fn paste_groove(&self, frame: &Frame<'_>, ctx: &Context) {
        let (clipboard, studio) = (Arc::clone(&self.clipboard), Arc::downgrade(frame.studio));
        self.run(frame, ctx, move || {
            with(&studio, |studio| paste_groove(studio, &clipboard)).map(|()| None)
        });
    }

    /// Learns the piano of a recording.
    pub fn open_piano(&self, frame: &Frame<'_>, ctx: &Context) {
        self.open(frame, ctx, Purpose::OpenPiano, file_dialog::open_piano, |studio, path| {
            learn_piano(studio, path.to_owned());
            Ok(())
        });
    }

    /// Asks for a file and opens it; where the system has no dialog, the window asks.
    fn open(
        &self,
        frame: &Frame<'_>,
        ctx: &Context,
        purpose: Purpose,
        dialog: fn() -> Chosen,
        open: fn(&Studio, &Path) -> Result<(), String>,
    ) {
        let (wanted, ctx) = (Arc::clone(&self.wanted), ctx.clone());
        spawn_background(Arc::clone(frame.studio), move |studio| match dialog() {
            Chosen::Path(path) => with(studio, |studio| open(studio, &path)),
            Chosen::Nothing => Ok(()),
            Chosen::NoDialogue(why) => {
                *wanted.lock() = Some((purpose, why));
                ctx.request_repaint();
                Ok(())
            }
        });
    }

    /// Saves a file to the export folder, beside what is there.
    pub fn keep(&self, frame: &Frame<'_>, ctx: &Context, file: ExportFile) {
        self.run(frame, ctx, move || save_to_folder(&export_folder()?, &file));
    }

    /// Runs something slow; what it answers is shown, and what went wrong is reported.
    fn run(
        &self,
        frame: &Frame<'_>,
        ctx: &Context,
        work: impl FnOnce() -> Result<Option<String>, String> + Send + 'static,
    ) {
        let (news, ctx) = (Arc::clone(&self.news), ctx.clone());
        spawn_background(Arc::clone(frame.studio), move |_| {
            if let Some(text) = work()? {
                *news.lock() = Some((text, Instant::now()));
                ctx.request_repaint();
            }
            Ok(())
        });
    }
}

/// What a menu offers for a piece of the part.
pub fn menu(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, extract: &Extract) {
    let what = name(frame, extract);
    for (text, destination) in [
        (format!("Save {what} as…"), Destination::File),
        (format!("Save {what} to the export folder"), Destination::ExportFolder),
        (format!("Copy {what} as a file"), Destination::Clipboard),
    ] {
        if entry(ui, &text).clicked() {
            shared.request(Request::Export(destination, extract.clone()));
        }
    }
    ui.separator();
    if entry(ui, "Open the export folder").clicked() {
        shared.request(Request::OpenExportFolder);
    }
}

fn entry(ui: &mut Ui, text: &str) -> egui::Response {
    ui.add(egui::Button::new(text).frame(false).min_size(Vec2::new(190.0, 24.0)))
}

/// Such as "snare in bars 9–16", "bars 9–16" or "everything".
pub fn name(frame: &Frame<'_>, extract: &Extract) -> String {
    let bars = extract.bars.as_ref().map(|bars| frame.bars_name(bars));
    let lanes = extract.lanes.map(|lanes| {
        let names: Vec<&str> =
            Lane::ALL.into_iter().filter(|&lane| lanes.contains(lane)).map(Lane::name).collect();
        if names.len() > 3 {
            format!("{} lanes", names.len())
        } else {
            names.join(", ").to_lowercase()
        }
    });
    match (lanes, bars) {
        (Some(lanes), Some(bars)) => format!("{lanes} in {bars}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "everything".to_owned(),
    }
}

/// The file for a piece of the part, unless nothing is struck in it.
fn file(frame: &Frame<'_>, extract: &Extract) -> Option<ExportFile> {
    let file = frame.view.document.midi_file(extract).filter(|file| file.notes > 0);
    if file.is_none() {
        frame.studio.report("There is nothing to take away: no drum is struck there.");
    }
    file
}

fn save_as(file: ExportFile, wanted: &Wanted) -> Result<Option<String>, String> {
    match file_dialog::save(&file.name) {
        Chosen::Path(path) => write(&path, &file.bytes).map(Some),
        Chosen::Nothing => Ok(None),
        Chosen::NoDialogue(why) => {
            *wanted.lock() = Some((Purpose::Save(file), why));
            // What is said makes the window look.
            Ok(Some("Choose where to save the drums".to_owned()))
        }
    }
}

/// Where exports go without being asked: a folder of ours beside the musician's music. It is made if
/// it is not there.
fn export_folder() -> Result<PathBuf, String> {
    let home = std::env::home_dir().ok_or("there is no home folder to save to")?;
    let music = home.join("Music");
    let folder = if music.is_dir() { music } else { home }.join("Drumlin");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    Ok(folder)
}

/// Beside what was saved there before.
fn save_to_folder(folder: &Path, file: &ExportFile) -> Result<Option<String>, String> {
    let path = write_beside(folder, &file.name, &file.bytes).map_err(|error| error.to_string())?;
    Ok(Some(format!("Saved {}", path.display())))
}

/// Opens the export folder where the musician looks at files.
fn show_folder() -> Result<(), String> {
    let folder = export_folder()?;
    open::that_detached(&folder)
        .map_err(|error| format!("cannot open the folder {}: {error}", folder.display()))
}

/// Opens the manual, which is built in, where the musician reads texts.
fn show_manual() -> Result<(), String> {
    let path = std::env::temp_dir().join("drumlin-manual.md");
    write_whole(&path, MANUAL.as_bytes()).map_err(|error| error.to_string())?;
    open::that_detached(&path)
        .map_err(|error| format!("cannot open the manual {}: {error}", path.display()))
}

/// Puts the clip onto the clipboard as a file, to be pasted into a folder or a host that takes files.
fn copy(clipboard: &Mutex<Option<Clipboard>>, file: &ExportFile) -> Result<Option<String>, String> {
    let failed = |error: arboard::Error| format!("cannot copy the clip: {error}");
    let written =
        drag_out::write(file).map_err(|error| format!("cannot copy the clip: {error}"))?;
    let mut clipboard = clipboard.lock();
    let opened = opened(&mut clipboard).map_err(failed)?;
    opened.set().file_list(&[written.path]).map_err(failed)?;
    Ok(Some(format!("Copied {}", file.name)))
}

/// The clipboard, which is opened when it is needed first.
fn opened(clipboard: &mut Option<Clipboard>) -> Result<&mut Clipboard, arboard::Error> {
    match clipboard {
        Some(clipboard) => Ok(clipboard),
        None => Ok(clipboard.insert(Clipboard::new()?)),
    }
}

fn paste_groove(studio: &Studio, clipboard: &Mutex<Option<Clipboard>>) -> Result<(), String> {
    let text = opened(&mut clipboard.lock()).and_then(Clipboard::get_text);
    let text = text.map_err(|error| format!("cannot read text from the clipboard: {error}"))?;
    studio.drop_groove("Tab", text.as_bytes(), None).map_err(|error| error.to_string())
}

/// Makes takes of files that were dropped on the window; while the map of grooves is in view they go
/// there, folders always.
pub fn dropped(studio: &Arc<Studio>, path: PathBuf) {
    if is_recording(&path) && !path.is_dir() {
        transcribe(studio, path);
        return;
    }
    if studio.grooves_in_view() || path.is_dir() {
        if let Err(error) = studio.add_grooves(vec![path]) {
            studio.report(&sentence(&error.to_string()));
        }
        return;
    }
    spawn_background(Arc::clone(studio), move |studio| {
        with(studio, |studio| take_file(studio, &path))
    });
}

/// Does something with a studio, if it is still there.
fn with(
    studio: &Weak<Studio>,
    work: impl FnOnce(&Studio) -> Result<(), String>,
) -> Result<(), String> {
    studio.upgrade().map_or(Ok(()), |studio| work(&studio))
}

/// Whether a file is called like a recording.
pub fn is_recording(path: &Path) -> bool {
    ends_with(path, &RECORDING_ENDINGS)
}

/// Whether a file's name has one of some endings.
pub fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default();
    endings.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Has the drums of a recording heard by the worker; the window shows them when they are there.
fn transcribe(studio: &Studio, path: PathBuf) {
    if let Err(error) = studio.start(Job::Transcribe(path)) {
        studio.report(&sentence(&error.to_string()));
    }
}

/// Has the piano of a recording learned by the worker.
pub fn learn_piano(studio: &Studio, path: PathBuf) {
    if let Err(error) = studio.start(Job::LearnPiano(path)) {
        studio.report(&sentence(&error.to_string()));
    }
}

/// Drums the song with the groove of a file.
pub fn use_groove(studio: &Arc<Studio>, path: PathBuf) {
    spawn_background(Arc::clone(studio), move |studio| {
        with(studio, |studio| groove_file(studio, &path))
    });
}

fn groove_file(studio: &Studio, path: &Path) -> Result<(), String> {
    if is_recording(path) {
        transcribe(studio, path.to_owned());
        return Ok(());
    }
    let (name, bytes) = read(path)?;
    studio.drop_groove(&name, &bytes, None).map_err(|error| error.to_string())
}

fn take_file(studio: &Studio, path: &Path) -> Result<(), String> {
    if is_recording(path) {
        transcribe(studio, path.to_owned());
        return Ok(());
    }
    let (name, bytes) = read(path)?;
    studio.drop_midi(&name, &bytes).map_err(|error| error.to_string())
}

/// The name of a file, without its ending, and its bytes.
fn read(path: &Path) -> Result<(String, Vec<u8>), String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("cannot read {}: it is too large for a song", path.display()));
    }
    Ok((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), bytes))
}

fn write(path: &Path, bytes: &[u8]) -> Result<String, String> {
    write_whole(path, bytes).map_err(|error| error.to_string())?;
    Ok(format!("Saved {}", path.display()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::editor::tests::display::{Display, Source};

    #[test]
    fn an_export_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let save = |byte: u8| {
            let file = ExportFile { name: "Song.mid".to_owned(), bytes: vec![byte], notes: 1 };
            save_to_folder(folder.path(), &file).unwrap().unwrap()
        };
        let said = |name: &str| format!("Saved {}", folder.path().join(name).display());
        assert_eq!(save(1), said("Song.mid"));
        assert_eq!(save(2), said("Song 2.mid"));
        assert_eq!(fs::read(folder.path().join("Song.mid")).unwrap(), [1]);
    }

    #[test]
    fn a_clip_is_copied_as_a_file() {
        let Some(display) = Display::start() else { return };
        display.run("editor::export::tests::on_the_clipboard_that_there_is");
    }

    #[test]
    #[ignore = "the test above runs it on a display of its own"]
    fn on_the_clipboard_that_there_is() {
        let clipboard = Mutex::default();
        let source = Source::new(None, b"");
        for name in ["My song.mid", "Another.mid"] {
            let file = ExportFile { name: name.to_owned(), bytes: vec![1, 2, 3], notes: 1 };
            let news = copy(&clipboard, &file).unwrap();
            assert_eq!(news, Some(format!("Copied {name}")));
            let list = String::from_utf8(source.paste()).unwrap();
            let path = list.trim().strip_prefix("file://").unwrap().replace("%20", " ");
            assert!(path.ends_with(name), "{list}");
            assert_eq!(fs::read(&path).unwrap(), [1, 2, 3]);
            fs::remove_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        }
    }
}
