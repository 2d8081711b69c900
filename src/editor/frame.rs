//! What every view gets: what there is to show, and what the window remembers between frames.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use egui::Mesh;

use super::controls::Controls;
use super::dialog::Dialog;
use super::drag_out::DragSource;
use super::drop_in::Hovering;
use super::export::Notifications;
use super::grid;
use super::layout::Layout;
use super::matrices::Matrices;
use super::presets::PresetBrowser;
use super::side_panel::Tab;
use super::theme::Theme;
use super::timeline::Timeline;
use super::widgets::{Cached, PtrEq};
use super::{alternatives, roll};
use crate::score::{BarGrid, BarIndex, Beats, Bpm, DrumPart, Lane, Metre, Velocity};
use crate::studio::{
    ALTERNATIVES, Alternative, Arrangement, Cell, Clipboard, Edit, Extract, Job, Lanes, Region,
    Studio, Take, View,
};

/// Where the host is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    pub playing: bool,
    /// Bars are played that the window asked for; the host stands.
    pub rehearsing: bool,
    /// In the host's song; `None` where the host does not say.
    pub position: Option<Beats>,
    pub bpm: Option<Bpm>,
    pub metre: Option<Metre>,
    /// The host's loop, if it goes round in one.
    pub cycle: Option<(Beats, Beats)>,
}

/// One frame's surroundings.
pub struct Frame<'a> {
    pub theme: Theme,
    pub layout: Layout,
    pub studio: &'a Arc<Studio>,
    pub view: &'a View,
    pub controls: &'a dyn Controls,
    pub transport: Transport,
    /// The take in view, with its bars. While there is none, what was heard so far.
    pub take: Option<(&'a Arc<Take>, &'a BarGrid)>,
    /// What is in view is no take yet: it grows while the host plays.
    pub live: bool,
    /// The arrangement, if it was made for the take in view.
    pub arrangement: Option<&'a Arrangement>,
    /// The plugin's.
    pub name: &'static str,
}

impl<'a> Frame<'a> {
    pub fn alternative(&self) -> Option<&'a Alternative> {
        self.arrangement.map(Arrangement::alternative)
    }

    pub fn part(&self) -> Option<&'a DrumPart> {
        self.alternative().map(|alternative| &*alternative.part)
    }

    pub fn bars(&self) -> Option<&'a BarGrid> {
        self.take.map(|(_, bars)| bars)
    }

    /// The playhead, in ticks of the take; also before and behind it.
    pub fn playhead(&self) -> Option<f64> {
        let (take, bars) = self.take?;
        let position = self.transport.position?;
        Some((position.0 - take.start.0) * f64::from(bars.ticks_per_quarter()))
    }

    /// The number under which the host knows a bar of the take, from 1.
    pub fn bar_number(&self, bar: usize) -> usize {
        self.take.map_or(0, |(take, _)| take.first_bar.0) + bar + 1
    }

    /// "bar 9" or "bars 9–16", as the host counts them.
    pub fn bars_name(&self, bars: &Range<usize>) -> String {
        let (first, last) = (self.bar_number(bars.start), self.bar_number(bars.end.max(1) - 1));
        if first == last { format!("bar {first}") } else { format!("bars {first}–{last}") }
    }

    /// Makes an edit; why not, if not, is shown in the status bar.
    pub fn edit(&self, edit: Edit) {
        if let Err(error) = self.studio.apply(edit) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }

    pub fn start(&self, job: Job) {
        if let Err(error) = self.studio.start(job) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }
}

/// An error message as the window shows it.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str().trim_end_matches('.'))
    })
}

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

/// What takes long to paint for long songs and seldom changes.
#[derive(Default)]
pub struct Pictures {
    pub roll: Cached<roll::Key, Arc<Mesh>>,
    pub hits: Cached<grid::Key, Arc<Mesh>>,
    pub alternatives: [Cached<alternatives::Key, Arc<Mesh>>; ALTERNATIVES],
    pub names: Cached<Vec<PtrEq<DrumPart>>, Arc<[String]>>,
}

/// What the window remembers from frame to frame.
pub struct State {
    pub timeline: Timeline,
    pub selection: Selection,
    /// What was copied here last.
    pub clipboard: Option<Arc<Clipboard>>,
    /// With what velocity new hits are drawn.
    pub brush: Velocity,
    pub drag: Option<grid::Drag>,
    /// Where a drag over the ruler began.
    pub ruler_from: Option<usize>,
    pub tab: Tab,
    /// What lies over the window.
    pub dialog: Option<Dialog>,
    pub presets: PresetBrowser,
    pub notifications: Notifications,
    pub drag_source: DragSource,
    /// A file is dragged over the window.
    pub hovering: Hovering,
    /// Turn pages with the playhead.
    pub follow: bool,
    pub matrices: Matrices,
    pub pictures: Pictures,
    /// A menu or drop-down is open.
    pub menu_open: bool,
    /// A take whose bars the host has laid anew since, and how.
    pub outdated: Option<(Arc<Take>, String)>,
    /// The take in view now, and the one before it.
    pub seen_takes: [Option<Arc<Take>>; 2],
    /// The last [`View::recalls`] that the controls have followed.
    pub recalls: Option<u64>,
    /// What the mouse would do where it is; made anew every frame.
    pub hint: Option<String>,
}

impl Default for State {
    fn default() -> State {
        State {
            timeline: Timeline::default(),
            selection: Selection::default(),
            clipboard: None,
            brush: Velocity::clamped(96),
            drag: None,
            ruler_from: None,
            tab: Tab::default(),
            dialog: None,
            presets: PresetBrowser::default(),
            notifications: Notifications::default(),
            drag_source: DragSource::default(),
            hovering: Hovering::default(),
            follow: true,
            matrices: Matrices::default(),
            pictures: Pictures::default(),
            menu_open: false,
            outdated: None,
            seen_takes: [None, None],
            recalls: None,
            hint: None,
        }
    }
}

impl State {
    /// Copies what is selected, from the part in view.
    pub fn copy(&mut self, frame: &Frame<'_>) {
        if let Some(region) = self.selection.region()
            && frame.part().is_some()
            && let Some(clipboard) = frame.view.document.copy(&region)
        {
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
