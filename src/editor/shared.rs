//! What views share from frame to frame, and what they ask of the window.
//!
//! Everything else that a view remembers is its own. A view that wants something of another one, such
//! as a dialog or a file, pushes a [`Request`]; the window serves them at the end of the frame.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use egui::Vec2;

use super::frame::Frame;
use super::timeline::Timeline;
use crate::drummer::Section;
use crate::score::{BarIndex, DrumPart, Hit, Lane, drum_tab};
use crate::studio::{Cell, Clipboard, Edit, ExportFile, Extract, Lanes, Region};

/// What the next command is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Whole bars.
    pub bars: Option<Range<usize>>,
    /// Single hits.
    pub cells: BTreeSet<Cell>,
}

impl Selection {
    pub fn clear(&mut self) {
        *self = Selection::default();
    }

    pub fn of_bars(bars: Range<usize>) -> Selection {
        Selection { bars: Some(bars), cells: BTreeSet::new() }
    }

    /// The whole bars and lanes that hold everything selected.
    pub fn region(&self) -> Option<Region> {
        if let Some(bars) = &self.bars {
            return Some(Region { bars: bars.clone(), lanes: Lanes::ALL });
        }
        let first = self.cells.first()?.bar.0;
        let last = self.cells.last()?.bar.0;
        let lanes = self.cells.iter().fold(Lanes::NONE, |lanes, cell| lanes.with(cell.lane));
        Some(Region { bars: first..last + 1, lanes })
    }
}

/// What a view asks of the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Opens the list of keys.
    Help,
    /// Opens the sheet that has melodies written.
    WriteMelody,
    /// Opens the sheet that has the take played with a piano of the musician's own.
    OwnPiano,
    /// Asks for the recording of a piano.
    OpenPiano,
    /// Learns the piano of a recording, with that sheet.
    LearnPiano(PathBuf),
    /// Opens the sheet of candidates, and has some written if there are none.
    Candidates,
    /// Opens the editor of the drum map.
    EditDrumMap,
    /// Opens the dialog that keeps the settings as a preset; with a name to begin with.
    SavePreset {
        name: String,
    },
    /// Opens the dialog that renames a take.
    RenameTake {
        take: usize,
        name: String,
    },
    /// Goes to the take that was in view before this one.
    PreviousTake,
    /// Takes a piece of the part away.
    Export(Destination, Extract),
    OpenExportFolder,
    /// Says where the plugin goes in which host.
    Placement,
    /// Shows the manual where the system shows texts.
    OpenManual,
    /// Asks for a MIDI file and opens it as a take.
    OpenMidi,
    /// Asks for a file and drums the song with its groove.
    OpenGroove,
    /// Drums the song with the drum tablature on the clipboard.
    PasteGroove,
    /// Puts a text onto the clipboard.
    CopyText(String),
    /// Drums the song with a file's groove.
    UseGrooveFile(PathBuf),
    /// Opens a file as a take.
    OpenFile(PathBuf),
    /// Drags a file out of the window.
    DragFile(ExportFile),
    /// Saves a file to the export folder.
    KeepFile(ExportFile),
    SaveFile {
        path: PathBuf,
        bytes: Vec<u8>,
    },
}

/// Where a piece of the part goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A file that the musician is asked for.
    File,
    ExportFolder,
    Clipboard,
    /// Dragged out of the window.
    Drag,
}

/// What views share.
pub struct Shared {
    pub timeline: Timeline,
    pub selection: Selection,
    /// What was copied here last.
    pub clipboard: Option<Arc<Clipboard>>,
    /// Turn pages with the playhead.
    pub follow: bool,
    /// What the mouse would do where it is; made anew every frame.
    pub hint: Option<String>,
    /// A menu or drop-down is open.
    pub menu_open: bool,
    /// A field had the keys in the last frame.
    pub typing: bool,
    /// The size that the window is pulled to, in points, until it has been asked for.
    pub wanted_size: Option<Vec2>,
    pub requests: Vec<Request>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            timeline: Timeline::default(),
            selection: Selection::default(),
            clipboard: None,
            follow: true,
            hint: None,
            menu_open: false,
            typing: false,
            wanted_size: None,
            requests: Vec::new(),
        }
    }
}

impl Shared {
    /// The section that is selected, else the one that is played.
    pub fn section<'a>(&self, frame: &Frame<'a>) -> Option<&'a Section> {
        let selected = self.selection.region().map(|region| region.bars.start);
        let bar = selected.or_else(|| frame.playing_bar().map(|bar| bar.0))?;
        let form = &frame.arrangement?.form;
        form.sections.get(form.section_at(bar)?)
    }

    pub fn request(&mut self, request: Request) {
        self.requests.push(request);
    }

    /// Copies what is selected, from the part in view; and its bars as drum tablature for the system's
    /// clipboard.
    pub fn copy(&mut self, frame: &Frame<'_>) {
        if let Some(region) = self.selection.region()
            && let Some(part) = frame.part()
            && let Some(clipboard) = frame.view.document.copy(&region)
        {
            let is_copied = |hit: &&Hit| region.lanes.contains(hit.lane());
            let hits = part.hits.iter().filter(is_copied).copied().collect();
            let copied = DrumPart { hits, ..part.clone() };
            self.request(Request::CopyText(drum_tab(&copied, region.bars)));
            self.clipboard = Some(Arc::new(clipboard));
        }
    }

    /// Takes out what is selected.
    pub fn erase(&mut self, frame: &Frame<'_>) {
        if !self.selection.cells.is_empty() {
            frame.edit(Edit::EraseHits(self.selection.cells.iter().copied().collect()));
            self.selection.clear();
        } else if let Some(region) = self.selection.region() {
            frame.edit(Edit::Clear(region));
        }
    }

    /// Puts what was copied where the selection begins, else at the first visible bar.
    pub fn paste(&mut self, frame: &Frame<'_>) {
        let (Some(clipboard), Some(bars)) = (&self.clipboard, frame.bars()) else { return };
        let at = match self.selection.region() {
            Some(region) => region.bars.start,
            None => self.timeline.visible_bars(bars).start,
        };
        let end = (at + clipboard.grids.len()).min(bars.len());
        frame.edit(Edit::Paste { clipboard: Arc::clone(clipboard), at: BarIndex(at) });
        self.selection = Selection::of_bars(at..end);
    }

    /// What goes into a file: the selected bars, the bars and lanes of the selected hits, or
    /// everything.
    pub fn extract(&self) -> Extract {
        let region = self.selection.region();
        let lanes = region.as_ref().map(|region| region.lanes).filter(|&lanes| lanes != Lanes::ALL);
        Extract { bars: region.map(|region| region.bars), lanes }
    }

    /// What goes into a file of one lane.
    pub fn extract_lane(&self, lane: Lane) -> Extract {
        let bars = self.selection.region().map(|region| region.bars);
        Extract { bars, lanes: Some(Lanes::only(lane)) }
    }
}
