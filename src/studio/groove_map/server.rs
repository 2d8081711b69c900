//! What the worker does for the map, between jobs and between the steps of one.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::library::{LibraryError, Progress, placed};
use super::{MORPH_STEPS, MapGroove, MapRequest, MapView};
use crate::drummer::performance::{self, Feel, GROOVE};
use crate::drummer::{DrummerError, Settings};
use crate::network::{Backend, Models, NetworkError};
use crate::patterns::{
    DRUMS, Filter, MapPoint, Near, Pattern, PatternGrid, PatternMap, PatternSpace, Sampling,
    drum_of_lane, interpolate, sample,
};
use crate::score::{BarIndex, DrumPart, Groove, GrooveSource, Metre, TempoMap};
use crate::studio::shared_state::SharedState;
use crate::studio::{Document, Edit, Job, JobView, sentence};

/// The networks and the map, once they were asked for.
#[derive(Default)]
pub struct MapServer {
    open: Option<Open>,
    /// The way between two pins, with what it was made of.
    way: Option<(WayKey, Vec<Pattern>)>,
}

/// The ends of a way and the drums that were locked.
type WayKey = ([Pattern; 2], [bool; DRUMS]);

struct Open {
    models: Models,
    space: PatternSpace,
    map: Arc<PatternMap>,
    built_in: usize,
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
enum MapFailure {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Drummer(#[from] DrummerError),
    #[error("{0}")]
    NoGroove(String),
}

impl MapServer {
    /// Does what was asked; what fails is said where errors are shown.
    pub fn serve(&mut self, shared: &SharedState, request: MapRequest) {
        if let Err(failure) = self.answer(shared, request) {
            shared.report(&sentence(&failure.to_string()));
        }
    }

    fn answer(&mut self, shared: &SharedState, request: MapRequest) -> Result<(), MapFailure> {
        if self.open.is_none() {
            let own = own_points(shared, &PatternMap::built_in(), &|_| true);
            self.open = Some(Open::new(own.unwrap_or_default())?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let document = shared.document();
        let taken = match request {
            MapRequest::Open => {
                open.show(shared, &document);
                return Ok(());
            }
            MapRequest::Listen(pattern) => {
                let part = open.played(shared, &document, &pattern)?;
                shared.audition(&pattern, &part, true);
                return Ok(());
            }
            MapRequest::Use(section) => return open.give(shared, &document, section),
            MapRequest::Pick(groove) => groove,
            MapRequest::Go(place) => {
                let found = open.map.pattern_at(&open.space, place, Sampling::Likeliest)?;
                let Some(pattern) = found else { return Ok(()) };
                MapGroove { pattern, place }
            }
            MapRequest::Morph(share) => {
                let [Some(a), Some(b)] = document.map.pins else { return Ok(()) };
                let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
                let key = ([a.pattern, b.pattern], document.locked_drums());
                if self.way.as_ref().is_none_or(|(known, _)| *known != key) {
                    let ends = [&a.pattern, &b.pattern];
                    let way = interpolate(&open.space, ends, MORPH_STEPS, key.1, 0)?;
                    self.way = Some((key, way));
                }
                let Some((_, way)) = &self.way else { return Ok(()) };
                let step = (share * MORPH_STEPS as f32).round() as usize;
                let Some(&pattern) = way.get(step) else { return Ok(()) };
                shared.change_map(|map| map.share = share);
                MapGroove { pattern, place: open.map.place(&pattern) }
            }
            MapRequest::Dice(seed) => {
                let locked = document.locked_drums();
                let near =
                    document.map.current.map(|current| Near { pattern: current.pattern, locked });
                let filter = Filter::default();
                let made = sample(&open.space, &open.map, &filter, near, 1, seed)?;
                let Some(made) = made.first() else { return Ok(()) };
                MapGroove { pattern: made.pattern, place: open.map.place(&made.pattern) }
            }
        };
        // Locked lanes stay while the rest changes.
        let pattern = document.with_locked_rows(&taken.pattern);
        let taken = MapGroove { pattern, ..taken };
        shared.change_map(|map| map.current = Some(taken));
        let part = open.played(shared, &document, &pattern)?;
        shared.audition(&pattern, &part, true);
        Ok(())
    }

    /// Shows the map with these points of the musician's.
    fn show_own(&mut self, shared: &SharedState, own: Vec<MapPoint>) -> Result<(), MapFailure> {
        self.open.insert(Open::new(own)?).show(shared, &shared.document());
        Ok(())
    }
}

/// Copies the grooves among files and folders to the musician's library and shows them on the map.
pub fn add_grooves(
    server: &Mutex<MapServer>,
    shared: &SharedState,
    paths: &[PathBuf],
    progress: Progress<'_>,
) -> Result<(), LibraryError> {
    let library = shared.library().ok_or(LibraryError::NoLibrary)?;
    let placed = library.add(paths, &|share| progress(share / 2.0)).and_then(|added| {
        let rest = |share: f32| progress(0.5 + share / 2.0);
        Ok((added, own_points(shared, &PatternMap::built_in(), &rest)?))
    });
    let (added, own) = placed.inspect_err(|error| {
        // What is there by now is to be seen all the same, unless the next job shows it with its own.
        let waits = |view: &JobView| matches!(view.job, Job::AddGrooves(_));
        let goes_on = shared.view().job.as_ref().is_some_and(waits);
        if !(goes_on && matches!(error, LibraryError::Cancelled)) {
            server.lock().open = None;
            shared.request_map(MapRequest::Open);
        }
    })?;
    let refused = LibraryError::Refused;
    server.lock().show_own(shared, own).map_err(|failure| refused(failure.to_string()))?;
    match added.refused {
        Some(reason) if added.grooves == 0 => Err(refused(reason)),
        Some(reason) => Err(refused(format!(
            "{} grooves were added, {} files left out; the last: {reason}",
            added.grooves, added.left_out
        ))),
        None => Ok(()),
    }
}

/// The grooves of the musician's library, placed on a map.
fn own_points(
    shared: &SharedState,
    map: &PatternMap,
    progress: Progress<'_>,
) -> Result<Vec<MapPoint>, LibraryError> {
    let Some(library) = shared.library() else { return Ok(Vec::new()) };
    let grooves = library.read(&|share| progress(share / 2.0))?;
    placed(&grooves, map, &|share| progress(0.5 + share / 2.0))
}

impl Open {
    fn new(points: Vec<MapPoint>) -> Result<Open, MapFailure> {
        // Grooves are small: a GPU would be waited for longer than the processor takes.
        let models = Models::new(Backend::Cpu, None);
        let space = PatternSpace::new(&models)?;
        let own = PatternMap::built_in();
        let built_in = own.points().len();
        let map = if points.is_empty() { own } else { Arc::new(own.with(points)) };
        Ok(Open { models, space, map, built_in })
    }

    /// Hands the window what there is to show.
    fn show(&self, shared: &SharedState, document: &Document) {
        let bars = document.part().map(|part| bars_of(part)).unwrap_or_default();
        let song = bars
            .into_iter()
            .map(|(bar, pattern)| (bar, MapGroove { pattern, place: self.map.place(&pattern) }));
        shared.show_map(MapView {
            map: self.map.clone(),
            built_in: self.built_in,
            song: song.collect(),
        });
    }

    /// Drums the song, or some sections of it, with the groove in hand.
    fn give(
        &self,
        shared: &SharedState,
        document: &Document,
        section: Option<usize>,
    ) -> Result<(), MapFailure> {
        let Some(current) = &document.map.current else { return Ok(()) };
        // As if no control was turned: intensity and swing act when the song is played with it.
        let tempo = Pattern::tempo(document.groove_tempo().0);
        let part = self.performed(&current.pattern, &own_feel(document, &tempo))?;
        let near = self.map.nearest(current.place, 1, &Filter::default());
        let style = near.first().map(|&index| self.map.points()[index].style.name());
        let name = format!("From the map, {}", style.unwrap_or("new"));
        let taken = Groove::of_part(&name, GrooveSource::Map, &part, 0..part.bars.len())
            .map_err(|error| MapFailure::NoGroove(error.to_string()))?;
        let edit = Edit::UseGroove { section, groove: Some(taken.groove) };
        shared
            .step(edit.name(), None, edit.recalls(), |document| edit.apply(document))
            .map_err(|error| MapFailure::NoGroove(error.to_string()))?;
        shared.stop_audition();
        Ok(())
    }

    /// A groove as a drummer plays it at the song's tempo, under all controls: as it is heard.
    fn played(
        &self,
        shared: &SharedState,
        document: &Document,
        pattern: &Pattern,
    ) -> Result<DrumPart, MapFailure> {
        let time = shared.with_audio_link(|link| (document.groove_time(&link.recording), false));
        let tempo = Pattern::tempo(time.beats_a_minute());
        let Settings { intensity, swing, .. } = document.settings;
        self.performed(pattern, &Feel { intensity, swing, ..own_feel(document, &tempo) })
    }

    fn performed(&self, pattern: &Pattern, feel: &Feel) -> Result<DrumPart, MapFailure> {
        let network = self.models.get(&GROOVE)?;
        let played = performance::play(&pattern.part(1), feel, &*network);
        Ok(played.map_err(DrummerError::from)?)
    }
}

/// The feel of a groove by itself: the song's drummer at middle intensity, without swing.
fn own_feel<'a>(document: &Document, tempo: &'a TempoMap) -> Feel<'a> {
    let settings = &document.settings;
    Feel { humanise: settings.humanise, seed: settings.seed, ..Feel::new(tempo) }
}

/// Every second bar of a part with the one behind it, where both have four beats and any stroke.
fn bars_of(part: &DrumPart) -> Vec<(BarIndex, Pattern)> {
    let four = |bar: usize| {
        part.bars.bars().get(bar).is_some_and(|bar| bar.metre == Metre::COMMON)
            && matches!(part.grids[bar].steps, 16 | 24)
    };
    let mut found = Vec::new();
    let mut bar = 0;
    while bar + 1 < part.bars.len() {
        if !(four(bar) && four(bar + 1) && part.grids[bar] == part.grids[bar + 1]) {
            bar += 1;
            continue;
        }
        let steps = part.grids[bar].steps;
        let grid = if steps == 24 { PatternGrid::Triplet } else { PatternGrid::Straight };
        let mut pattern = Pattern::empty(grid);
        let from = part.hits.partition_point(|hit| hit.bar.0 < bar);
        for hit in part.hits[from..].iter().take_while(|hit| hit.bar.0 <= bar + 1) {
            let step = (hit.step * grid.bar_steps()) / steps;
            let step = step + (hit.bar.0 - bar) * grid.bar_steps();
            pattern.set(drum_of_lane(hit.lane()), step, true);
        }
        if pattern.strokes() > 0 {
            found.push((BarIndex(bar), pattern));
        }
        bar += 2;
    }
    found
}
