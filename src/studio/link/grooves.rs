//! Grooves of the musician's own, by file, by bars and by tapping, and the map of grooves.

use std::ops::Range;
use std::path::PathBuf;

use super::{JobError, StudioLink};
use crate::score::TakenGroove;
use crate::studio::take::groove_from_file;
use crate::studio::{Edit, EditError, GrooveLibrary, MapRequest, MapState, TakeError};

impl StudioLink {
    /// Drums the song, or the sections of a label, with the groove of a file's bytes, MIDI or drum
    /// tablature; what of it is left out is reported.
    ///
    /// # Errors
    /// If the bytes are neither or have no drums.
    pub fn drop_groove(
        &self,
        name: &str,
        bytes: &[u8],
        section: Option<usize>,
    ) -> Result<(), TakeError> {
        let taken = groove_from_file(name, bytes)?;
        self.use_taken(taken, section);
        Ok(())
    }

    /// Drums the song, or the sections of a label, with bars of the part that is heard; what of them is
    /// left out is reported.
    ///
    /// # Errors
    /// If there is no part, or nothing is struck there.
    pub fn use_bars(&self, bars: Range<usize>, section: Option<usize>) -> Result<(), EditError> {
        let taken = self.shared.document().groove_of(bars)?;
        self.use_taken(taken, section);
        Ok(())
    }

    /// Drums the song, or the sections of a label, with a groove that was taken from a recording; what of
    /// it is left out is reported.
    pub fn use_groove(&self, taken: TakenGroove, section: Option<usize>) {
        self.use_taken(taken, section);
    }

    /// Takes what is played on drum keys for a groove of so many bars, 1 to 4, while the transport runs;
    /// it is heard at once, and the recording hears nothing meanwhile. Notes of the take's own melody are
    /// left out, should the host play them too. The drums that there are rest. Once what was tapped has gone round, the song is drummed
    /// with it; all of that is one step of the undo history. Called again, it changes the number of bars.
    pub fn tap(&self, bars: usize) {
        let (gesture, taps) = (self.gesture(), self.shared.document().taps());
        self.shared.with_audio_link(|audio_link| (audio_link.tap(bars, gesture, taps), true));
    }

    /// Forgets what was tapped so far.
    pub fn tap_anew(&self) {
        self.shared.with_audio_link(|audio_link| (audio_link.tap_anew(), true));
    }

    /// Ends what [`StudioLink::tap`] began, and drums the song with what was tapped.
    pub fn end_tapping(&self) {
        let tapped = self.shared.with_audio_link(|audio_link| (audio_link.end_tapping(), true));
        if let Some((groove, gesture)) = tapped {
            self.shared.use_tapped(groove, gesture);
        }
    }

    fn use_taken(&self, taken: TakenGroove, section: Option<usize>) {
        let used = self.apply(Edit::UseGroove { section, groove: Some(taken.groove) });
        debug_assert!(used.is_ok(), "a groove can always be used");
        if !taken.remarks.is_empty() {
            let remarks: Vec<String> = taken.remarks.iter().map(ToString::to_string).collect();
            self.report(&format!("Groove: {}.", remarks.join("; ")));
        }
    }

    /// Asks something of the map of grooves; the worker answers through
    /// [`map`](crate::studio::Session::map) and the document.
    pub fn request_map(&self, request: MapRequest) {
        self.shared.request_map(request);
    }

    /// Changes what the musician has on the map: pins, favourites. No step of the undo history.
    pub fn change_map(&self, change: impl FnOnce(&mut MapState)) {
        self.shared.change_map(change);
    }

    /// Says whether the window shows the map of grooves: files that are dropped then go there.
    pub fn set_grooves_in_view(&self, shown: bool) {
        self.shared.set_grooves_in_view(shown);
    }

    /// Whether the window shows the map of grooves.
    pub fn grooves_in_view(&self) -> bool {
        self.shared.grooves_in_view()
    }

    /// Copies MIDI files, and those of folders, to the musician's library of grooves, and shows them on
    /// the map: a job, which takes on what others of its kind had still to do.
    ///
    /// # Errors
    /// If there is no thread to work on.
    pub fn add_grooves(&self, paths: Vec<PathBuf>) -> Result<(), JobError> {
        if !self.shared.works() {
            return Err(JobError::NoWorker);
        }
        self.shared.add_grooves(paths);
        Ok(())
    }

    /// Where the musician's own grooves are kept; none by default.
    pub fn set_library(&self, library: Option<GrooveLibrary>) {
        self.shared.set_library(library);
    }
}
