//! From the studio's worker to the host, whether a window is open or not: parameters that the plugin
//! turns by itself, and the count of changes by which a host knows that its project has to be saved.
//! From the host to the audio thread: whether it renders offline.
//!
//! The worker leaves the positions here and asks the host for a flush. The next block takes them, or
//! the flush where no blocks are processed, and hands them to the host.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use nice_plug::params::Param;
use parking_lot::Mutex;

use crate::editor::value_in;
use crate::parameters::{CHANGES, Control, Parameters};
use crate::studio::{Document, StudioLink};

/// The controls, in their order, and the count of changes behind them.
const PLACES: usize = Control::ALL.len() + 1;
const COUNT: usize = PLACES - 1;
/// The id of [`Parameters::changes`].
const COUNT_ID: &str = "edits";
/// The bits of a position that nobody wants.
const NOTHING: u32 = f32::NAN.to_bits();
/// Hosts round; a turn that changes nothing would only be recorded.
const SAME: f32 = 1e-4;

/// Asks the host for a flush.
pub type Flush = Box<dyn Fn() + Send>;

/// The way to the host; one for each instance.
pub struct HostLink {
    /// The bits of the positions, 0 to 1, to which parameters are to be turned.
    wanted: [AtomicU32; PLACES],
    /// There are some.
    waiting: AtomicBool,
    /// While there is a host to ask.
    flush: Mutex<Option<Flush>>,
    /// The document that the host's project has, or that the host was told of.
    told: Mutex<Option<Arc<Document>>>,
    /// The host renders offline.
    renders: AtomicBool,
}

impl Default for HostLink {
    fn default() -> HostLink {
        HostLink {
            wanted: array::from_fn(|_| AtomicU32::new(NOTHING)),
            waiting: AtomicBool::new(false),
            flush: Mutex::default(),
            told: Mutex::default(),
            renders: AtomicBool::new(false),
        }
    }
}

impl HostLink {
    /// How the host is asked for a flush from now on; `None` once it can no longer be asked. Returns when
    /// nobody asks it in the way before.
    pub fn flush_with(&self, flush: Option<Flush>) {
        *self.flush.lock() = flush;
    }

    /// Notes whether the host renders offline; holds from the next block on.
    pub fn set_offline(&self, renders: bool) {
        self.renders.store(renders, Ordering::Relaxed);
    }

    /// Whether the host renders offline. For the audio thread too.
    pub fn is_offline(&self) -> bool {
        self.renders.load(Ordering::Relaxed)
    }

    /// Takes what is to be turned: ids of parameters, and positions from 0 to 1. For the audio thread, or
    /// the host's flush.
    pub fn take_turns(&self, mut each: impl FnMut(&'static str, f32)) {
        if !self.waiting.swap(false, Ordering::Acquire) {
            return;
        }
        for (place, wanted) in self.wanted.iter().enumerate() {
            let position = f32::from_bits(wanted.swap(NOTHING, Ordering::Relaxed));
            if !position.is_nan() {
                each(Control::ALL.get(place).map_or(COUNT_ID, |control| control.id()), position);
            }
        }
    }

    /// Has the parameters turned to what the document asks for, where they stand elsewhere.
    pub fn follow(&self, parameters: &Parameters, document: &Document) {
        for (place, control) in Control::ALL.into_iter().enumerate() {
            let Some(asked) = value_in(control, document) else { continue };
            if (parameters.of(control).position() - asked).abs() > SAME {
                self.want(place, asked);
                self.ask();
            }
        }
    }

    /// Hosts save a project whose parameters have changed; the count of changes is one. Counts on if the
    /// document is another than that of the host's project, or than when this was called last.
    pub fn tell_changes(&self, parameters: &Parameters, studio: &StudioLink) {
        let mut told = self.told.lock();
        let document = Arc::clone(&studio.snapshot().document);
        let before = told.replace(Arc::clone(&document));
        if before.is_some_and(|before| !Arc::ptr_eq(&before, &document)) {
            let count = (parameters.changes.value() + 1) % CHANGES;
            self.want(COUNT, parameters.changes.preview_normalized(count));
            // The host may open a project before it answers.
            drop(told);
            self.ask();
        }
    }

    /// Opens the document of the host's project, which is no change of it.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open<E>(
        &self,
        studio: &StudioLink,
        open: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        // The worker is not to look in between.
        let mut told = self.told.lock();
        open()?;
        *told = Some(Arc::clone(&studio.snapshot().document));
        // What was meant for the document before is not turned in this one.
        self.take_turns(|_, _| ());
        Ok(())
    }

    fn want(&self, place: usize, position: f32) {
        self.wanted[place].store(position.to_bits(), Ordering::Relaxed);
        self.waiting.store(true, Ordering::Release);
    }

    /// Asks for a flush. The lock is held meanwhile: the host has to be there until it has answered.
    fn ask(&self) {
        if let Some(flush) = &*self.flush.lock() {
            flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use nice_plug::params::Params;

    use super::*;
    use crate::studio::{Channel, Edit, Studio};

    fn taken(link: &HostLink) -> Vec<(&'static str, f32)> {
        let mut turns = Vec::new();
        link.take_turns(|id, position| turns.push((id, position)));
        turns
    }

    #[test]
    fn what_is_turned_is_taken_once_and_the_host_is_asked() {
        let (link, asked) = (HostLink::default(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&asked);
        link.flush_with(Some(Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        })));
        let mut document = Document::default();
        (document.settings.swing, document.settings.humanise) = (0.25, 0.75);
        link.follow(&Parameters::default(), &document);
        assert_eq!(taken(&link), [("swing", 0.25), ("human", 0.75)]);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(taken(&link).is_empty());
        link.follow(&Parameters::default(), &Document::default());
        assert!(taken(&link).is_empty(), "all stand where they should");
    }

    #[test]
    fn a_change_counts_and_a_project_that_is_opened_does_not() {
        let (link, parameters, studio) =
            (HostLink::default(), Parameters::default(), Studio::new());
        link.tell_changes(&parameters, &studio);
        assert!(taken(&link).is_empty(), "nothing was done yet");
        studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
        let saved = studio.save();
        link.tell_changes(&parameters, &studio);
        assert_eq!(taken(&link), [(COUNT_ID, 1.0 / CHANGES as f32)]);
        studio.undo();
        link.open(&studio, || studio.load(&saved)).unwrap();
        link.tell_changes(&parameters, &studio);
        assert!(taken(&link).is_empty());
        assert!(parameters.param_map().iter().any(|(id, ..)| id == COUNT_ID));
    }

    #[test]
    fn a_host_may_open_a_project_while_it_is_asked() {
        let (link, studio) = (Arc::new(HostLink::default()), Studio::new());
        let parameters = Parameters::default();
        link.tell_changes(&parameters, &studio);
        let saved = studio.save();
        let (own, opening) = (Arc::downgrade(&link), Arc::clone(&studio));
        link.flush_with(Some(Box::new(move || {
            // Where it is locked, opening would wait for ever.
            let link = own.upgrade().filter(|link| link.told.try_lock().is_some());
            link.unwrap().open(&opening, || opening.load(&saved)).unwrap();
        })));
        studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
        link.tell_changes(&parameters, &studio);
        assert_eq!(studio.snapshot().document.channel, Channel::DRUMS);
        assert!(taken(&link).is_empty(), "what was counted was of the document before");
    }
}
