//! Undo and redo: the documents that were, and those that were taken back.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Document;

/// Ties the edits of one drag together: those of one gesture that follow each other are one step of
/// the undo history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gesture(pub(super) u64);

/// How many steps can be taken back.
const MOST_STEPS: usize = 200;

/// The document with its past and future. Documents share what did not change.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    present: Arc<Document>,
    /// What was before each step, oldest first.
    past: VecDeque<Step>,
    /// What comes after each step that was taken back, the next one last.
    future: Vec<Step>,
    /// The gesture that made the last step, while edits of it may follow.
    gesture: Option<Gesture>,
}

#[derive(Clone, Debug)]
struct Step {
    document: Arc<Document>,
    name: &'static str,
}

impl History {
    pub fn new(document: Document) -> History {
        History { present: Arc::new(document), ..History::default() }
    }

    pub fn present(&self) -> &Arc<Document> {
        &self.present
    }

    /// Makes a step. One of the gesture that made the step before becomes part of it; one that
    /// changes nothing is none, nor is a gesture that ends where it began.
    pub fn step(&mut self, document: Document, name: &'static str, gesture: Option<Gesture>) {
        if document == *self.present {
            return;
        }
        let merged = gesture.is_some() && gesture == self.gesture;
        self.future.clear();
        self.gesture = gesture;
        if merged
            && self.past.back().is_some_and(|before| *before.document == document)
            && let Some(before) = self.past.pop_back()
        {
            // The drag is back where it began: there is nothing to take back.
            (self.present, self.gesture) = (before.document, None);
            return;
        }
        let before = std::mem::replace(&mut self.present, Arc::new(document));
        if !merged {
            self.past.push_back(Step { document: before, name });
            if self.past.len() > MOST_STEPS {
                self.past.pop_front();
            }
        }
    }

    /// Changes the present as part of the last step, such as when the drummer has played what the
    /// last step asked for. One that is the same stays the same: hosts save what has changed.
    pub fn amend(&mut self, document: Document) {
        if document != *self.present {
            self.present = Arc::new(document);
        }
    }

    /// Whether there was a step back.
    pub fn undo(&mut self) -> bool {
        self.gesture = None;
        let Some(Step { document, name }) = self.past.pop_back() else { return false };
        let document = std::mem::replace(&mut self.present, document);
        self.future.push(Step { document, name });
        true
    }

    /// Whether there was a step to do again.
    pub fn redo(&mut self) -> bool {
        self.gesture = None;
        let Some(Step { document, name }) = self.future.pop() else { return false };
        let document = std::mem::replace(&mut self.present, document);
        self.past.push_back(Step { document, name });
        true
    }

    pub fn undo_name(&self) -> Option<&'static str> {
        self.past.back().map(|step| step.name)
    }

    pub fn redo_name(&self) -> Option<&'static str> {
        self.future.last().map(|step| step.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{Channel, Edit};

    fn channel(history: &History) -> u8 {
        history.present().channel.number()
    }

    #[test]
    fn what_changes_nothing_is_no_other_document() {
        let mut history = History::default();
        set(&mut history, 3, None);
        let before = Arc::clone(history.present());
        history.amend(Document::clone(&before));
        assert!(Arc::ptr_eq(history.present(), &before));
        history.amend(Document { channel: Channel::new(4).unwrap(), ..Document::clone(&before) });
        assert_eq!(channel(&history), 4);
    }

    fn set(history: &mut History, number: u8, gesture: Option<Gesture>) {
        let edit = Edit::Channel(Channel::new(number).unwrap());
        let document = edit.apply(history.present()).unwrap();
        history.step(document, edit.name(), gesture);
    }

    #[test]
    fn steps_are_taken_back_and_done_again() {
        let mut history = History::default();
        set(&mut history, 1, None);
        set(&mut history, 2, None);
        set(&mut history, 2, None);
        assert!(history.undo());
        assert_eq!(channel(&history), 1);
        assert!(history.redo() && !history.redo());
        assert_eq!(channel(&history), 2);
        assert!(history.undo() && history.undo() && !history.undo());
        assert_eq!((channel(&history), history.redo_name()), (10, Some("MIDI channel")));
        set(&mut history, 5, None);
        assert!(!history.redo());
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = History::default();
        let (first, second) = (Some(Gesture(1)), Some(Gesture(2)));
        for number in 1..6 {
            set(&mut history, number, first);
        }
        set(&mut history, 7, second);
        assert!(history.undo());
        assert_eq!(channel(&history), 5);
        set(&mut history, 8, first);
        assert!(history.undo());
        assert_eq!(channel(&history), 5);
        assert!(history.undo());
        assert_eq!(channel(&history), 10);
    }

    #[test]
    fn a_drag_that_comes_back_is_no_step() {
        let mut history = History::default();
        set(&mut history, 1, None);
        let drag = Some(Gesture(1));
        for number in [2, 3, 1] {
            set(&mut history, number, drag);
        }
        // And it may go on.
        set(&mut history, 4, drag);
        set(&mut history, 5, drag);
        assert!(history.undo());
        assert_eq!(channel(&history), 1);
        assert!(history.undo());
        assert_eq!((channel(&history), history.undo_name()), (10, None));
    }

    #[test]
    fn the_past_is_bounded() {
        let mut history = History::default();
        for step in 0..1000 {
            set(&mut history, 1 + (step % 16) as u8, None);
        }
        assert_eq!((0..).take_while(|_| history.undo()).count(), MOST_STEPS);
    }
}
