//! The clip leaves the window: saved as a file, put into the export folder, or dragged; and MIDI
//! files come in. Dialogues and disks are slow: they get threads of their own, and tell the studio
//! how it went.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use egui::{Ui, Vec2};

use super::frame::{Frame, State, sentence};
use crate::studio::{MidiFile, Studio};

/// What the menu of the clip offers.
pub fn menu(ui: &mut Ui, frame: &Frame<'_>, state: &State) {
    let entry = |ui: &mut Ui, text: &str| {
        ui.add(egui::Button::new(text).frame(false).min_size(Vec2::new(190.0, 24.0)))
    };
    let extract = state.extract();
    let what = match &extract.bars {
        Some(bars) => frame.bars_name(bars),
        None => "all".to_owned(),
    };
    if entry(ui, &format!("Save {what} as…")).clicked()
        && let Some(file) = frame.view.document.midi_file(&extract)
    {
        save_as(Arc::clone(frame.studio), file);
    }
    if entry(ui, "Save to the export folder").clicked()
        && let Some(file) = frame.view.document.midi_file(&extract)
    {
        save_to_folder(Arc::clone(frame.studio), file);
    }
}

/// Runs something slow on a thread of its own; what goes wrong is reported.
pub fn aside(
    studio: Arc<Studio>,
    work: impl FnOnce(&Studio) -> Result<(), String> + Send + 'static,
) {
    let begun = thread::Builder::new().name("drumlin-file".to_owned()).spawn({
        let studio = Arc::clone(&studio);
        move || {
            if let Err(message) = work(&studio) {
                studio.report(&sentence(&message));
            }
        }
    });
    if begun.is_err() {
        studio.report("The system has no thread left for this.");
    }
}

fn save_as(studio: Arc<Studio>, file: MidiFile) {
    aside(studio, move |_| {
        let dialogue = rfd::FileDialog::new()
            .set_title("Save the drums")
            .set_file_name(&file.name)
            .add_filter("MIDI file", &["mid"]);
        // None: the musician changed their mind.
        dialogue.save_file().map_or(Ok(()), |path| write_whole(&path, &file.bytes))
    });
}

/// Where exports go without being asked: a folder of ours beside the musician's music.
fn export_folder() -> Result<PathBuf, String> {
    let home = std::env::home_dir().ok_or("there is no home folder to save to")?;
    let music = home.join("Music");
    Ok(if music.is_dir() { music } else { home }.join("Drumlin"))
}

fn save_to_folder(studio: Arc<Studio>, file: MidiFile) {
    aside(studio, move |_| {
        let folder = export_folder()?;
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
        write_whole(&folder.join(&file.name), &file.bytes)
    });
}

/// Opens a MIDI file as a take.
pub fn open_midi(studio: Arc<Studio>) {
    aside(studio, |studio| {
        let dialogue = rfd::FileDialog::new()
            .set_title("Open a MIDI file")
            .add_filter("MIDI file", &["mid", "midi"]);
        dialogue.pick_file().map_or(Ok(()), |path| take_file(studio, &path))
    });
}

/// Makes takes of files that were dropped on the window.
pub fn dropped(studio: &Arc<Studio>, path: PathBuf) {
    aside(Arc::clone(studio), move |studio| take_file(studio, &path));
}

fn take_file(studio: &Studio, path: &Path) -> Result<(), String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    studio.drop_midi(&name, &bytes).map_err(|error| error.to_string())
}

/// Writes a file so that it is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
