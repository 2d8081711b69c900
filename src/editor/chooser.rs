//! A file chooser in the window, for desktops that have none: folders and MIDI files of one folder, and
//! a field for the name to save under.
//!
//! Folders are read and files written on threads of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Align2, Context, Id, Key, Rect, ScrollArea, TextEdit, Ui, UiBuilder, Vec2, pos2};
use parking_lot::Mutex;

use super::background::spawn_background;
use super::export::{Purpose, ends_with, is_recording};
use super::file_dialog::{SONGS, TABS};
use super::frame::Frame;
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, ENTRY, Icon, Look, entry, label};
use crate::studio::Studio;

/// Entries of a folder that are shown; more can hardly be looked through.
const MOST: usize = 2000;

/// What the sheet remembers while it is open.
#[derive(Debug)]
pub struct Chooser {
    purpose: Purpose,
    /// Why the system's own dialogue is not shown, as a sentence.
    why: &'static str,
    folder: PathBuf,
    /// Of the file to be saved.
    name: String,
    /// `None` while the folder is being read.
    listing: Arc<Mutex<Option<Arc<Listing>>>>,
    looked: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listing {
    folders: Vec<String>,
    files: Vec<String>,
    /// Why there is nothing, if the folder could not be read.
    error: Option<String>,
}

/// The folders and the files of a folder that `wanted` takes.
fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Listing {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return Listing { error: Some(error.to_string()), ..Listing::default() },
    };
    let mut listing = Listing::default();
    for entry in entries.flatten().take(16 * MOST) {
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        match path.metadata() {
            Ok(found) if found.is_dir() && !name.starts_with('.') => listing.folders.push(name),
            Ok(found) if found.is_file() && wanted(&path) => listing.files.push(name),
            _ => {}
        }
    }
    for names in [&mut listing.folders, &mut listing.files] {
        names.sort_by_key(|name| name.to_lowercase());
        names.truncate(MOST);
    }
    listing
}

impl Chooser {
    pub fn new(purpose: Purpose, why: &'static str) -> Chooser {
        let name = match &purpose {
            Purpose::Open | Purpose::OpenGroove | Purpose::OpenPiano => String::new(),
            Purpose::Save(file) => file.name.clone(),
        };
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        let music = home.join("Music");
        let folder = if music.is_dir() { music } else { home };
        Chooser { purpose, why, folder, name, listing: Arc::default(), looked: false }
    }

    #[cfg(test)]
    pub fn within(self, folder: &Path) -> Chooser {
        Chooser { folder: folder.to_owned(), ..self }
    }

    fn go_to(&mut self, folder: PathBuf) {
        self.folder = folder;
        self.looked = false;
    }

    /// Reads the folder, once.
    fn refresh(&mut self, ctx: &Context, studio: &Arc<Studio>) {
        if self.looked {
            return;
        }
        self.looked = true;
        // What an earlier folder's thread finds goes elsewhere.
        self.listing = Arc::default();
        let (folder, listing, ctx) = (self.folder.clone(), Arc::clone(&self.listing), ctx.clone());
        let tabs = matches!(self.purpose, Purpose::OpenGroove);
        spawn_background(Arc::clone(studio), move |_| {
            *listing.lock() = Some(Arc::new(list(&folder, |path| {
                ends_with(path, &SONGS) || is_recording(path) || tabs && ends_with(path, &TABS)
            })));
            ctx.request_repaint();
            Ok(())
        });
    }
}

/// The sheet; `false` once it is done.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    chooser: &mut Chooser,
    inner: Rect,
) -> bool {
    chooser.refresh(ui.ctx(), frame.studio);
    let theme = &frame.theme;
    let line = |top: f32, height: f32| {
        Rect::from_min_size(pos2(inner.left(), top), Vec2::new(inner.width(), height))
    };
    let saves = matches!(chooser.purpose, Purpose::Save(_));
    let title = match chooser.purpose {
        Purpose::Save(_) => "Save the drums",
        Purpose::OpenPiano => "Open the recording of a piano",
        Purpose::OpenGroove => "Open a groove",
        Purpose::Open => "Open a MIDI file",
    };
    let head = line(inner.top(), 22.0);
    label(ui.painter(), head, Align2::LEFT_CENTER, title, Face::SemiBold.at(16.0), theme.text);
    let why = line(head.bottom() + UNIT, 16.0);
    let small = Face::Regular.at(11.0);
    label(ui.painter(), why, Align2::LEFT_CENTER, chooser.why, small, theme.text_dim);

    let row = line(why.bottom() + 2.0 * UNIT, CONTROL);
    let parent = chooser.folder.parent().map(Path::to_owned);
    let up = Button::new("chooser-up", "Up").tip("The folder that this one is in.");
    let up = up.unless(parent.is_none().then_some("There is no folder above."));
    let width = up.width(ui.painter());
    if up.show(ui, row.with_max_x(row.left() + width), theme)
        && let Some(parent) = parent
    {
        chooser.go_to(parent);
    }
    let at = row.with_min_x(row.left() + width + 2.0 * UNIT);
    let path = chooser.folder.display().to_string();
    label(ui.painter(), at, Align2::LEFT_CENTER, &path, Face::Regular.at(12.0), theme.text);

    let foot = if saves { CONTROL + 2.0 * UNIT } else { 0.0 };
    let place = Rect::from_min_max(
        pos2(inner.left(), row.bottom() + 2.0 * UNIT),
        inner.max - Vec2::new(0.0, foot),
    );
    let mut stays = entries(ui, frame, shared, chooser, place);
    if saves {
        stays &= save(ui, frame, shared, chooser, line(inner.bottom() - CONTROL, CONTROL));
    }
    stays
}

/// The list; `false` once a file was opened.
fn entries(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    chooser: &mut Chooser,
    rect: Rect,
) -> bool {
    let theme = &frame.theme;
    let listing = chooser.listing.lock().clone();
    let said = match listing.as_deref() {
        None => Some("Looking…".to_owned()),
        Some(Listing { error: Some(error), .. }) => Some(format!("It cannot be read: {error}.")),
        Some(listing) if listing.folders.is_empty() && listing.files.is_empty() => {
            Some("There is no folder and no MIDI file in it.".to_owned())
        }
        Some(_) => None,
    };
    if let Some(said) = said {
        let font = Face::Regular.at(13.0);
        label(ui.painter(), rect, Align2::CENTER_CENTER, &said, font, theme.text_dim);
        return true;
    }
    let listing = listing.unwrap_or_default();
    let (mut to, mut chosen) = (None, None);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect));
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt(("chooser", &chooser.folder)).auto_shrink(false);
    let folders = listing.folders.len();
    // Of thousands of lines only those in view are laid out.
    area.show_rows(&mut ui, ENTRY, folders + listing.files.len(), |ui, rows| {
        for row in rows {
            if let Some(name) = listing.folders.get(row) {
                if entry(ui, theme, ("chooser-folder", row), &format!("{name}/"), false).clicked() {
                    to = Some(chooser.folder.join(name));
                }
                continue;
            }
            let index = row - folders;
            let Some(name) = listing.files.get(index) else { continue };
            if entry(ui, theme, ("chooser-file", index), name, *name == chooser.name).clicked() {
                chosen = Some(name.clone());
            }
        }
    });
    if let Some(folder) = to {
        chooser.go_to(folder);
    }
    match (chosen, &chooser.purpose) {
        (Some(name), Purpose::Open) => {
            shared.request(Request::OpenFile(chooser.folder.join(name)));
            false
        }
        (Some(name), Purpose::OpenGroove) => {
            shared.request(Request::UseGrooveFile(chooser.folder.join(name)));
            false
        }
        (Some(name), Purpose::OpenPiano) => {
            shared.request(Request::LearnPiano(chooser.folder.join(name)));
            false
        }
        (Some(name), Purpose::Save(_)) => {
            chooser.name = name;
            true
        }
        (None, _) => true,
    }
}

/// Name and button of the file to be saved; `false` once it is.
fn save(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    chooser: &mut Chooser,
    rect: Rect,
) -> bool {
    let theme = &frame.theme;
    let there = chooser.listing.lock().as_ref().is_some_and(|listing| {
        let file = with_ending(&chooser.name);
        listing.files.contains(&file)
    });
    let why_not = chooser.name.trim().is_empty().then_some("Give it a name first.");
    let button = Button::new("chooser-save", if there { "Replace" } else { "Save" })
        .icon(Icon::Save)
        .look(Look::Primary)
        .tip("Save the drums under this name.")
        .key("Enter")
        .unless(why_not);
    let width = button.width(ui.painter());
    let edit = TextEdit::singleline(&mut chooser.name)
        .id(Id::unique("chooser-name"))
        .hint_text("Name")
        .align(Align2::LEFT_CENTER)
        .desired_width(rect.width() - width - 2.0 * UNIT);
    let response = ui.put(rect.with_max_x(rect.right() - width - 2.0 * UNIT), edit);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let pressed = button.show(ui, rect.with_min_x(rect.right() - width), theme);
    if !(pressed || entered) || why_not.is_some() {
        return true;
    }
    if let Purpose::Save(file) = &chooser.purpose {
        let path = chooser.folder.join(with_ending(&chooser.name));
        shared.request(Request::SaveFile { path, bytes: file.bytes.clone() });
    }
    false
}

fn with_ending(name: &str) -> String {
    let name = name.trim();
    let lower = name.to_lowercase();
    if lower.ends_with(".mid") || lower.ends_with(".midi") {
        name.to_owned()
    } else {
        format!("{name}.mid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_midi_files_are_listed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.mid", "A.MIDI", "c.wav", ".hidden.mid", "d.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for name in ["songs", ".secret", "folder.mid"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let listing = list(folder.path(), |path| ends_with(path, &SONGS) || is_recording(path));
        assert_eq!(listing.folders, ["folder.mid", "songs"]);
        assert_eq!(listing.files, [".hidden.mid", "A.MIDI", "b.mid", "c.wav"]);
        assert!(list(&folder.path().join("gone"), |_| true).error.is_some());
        let endings = ["x", " x.mid ", "x.MIDI"].map(with_ending);
        assert_eq!(endings, ["x.mid", "x.mid", "x.MIDI"]);
    }
}
