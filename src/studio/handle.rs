//! The handle that the plugin and its window share.

use std::ops::{Deref, Range};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use parking_lot::Mutex;

use super::shared_state::SharedState;
use super::take::groove_from_midi;
use super::wire::Audition;
use super::{
    AudioEnd, AuditionSource, Edit, EditError, Gesture, GrooveLibrary, Job, Lanes, MapRequest,
    MapState, Rating, RelevanceFeedback, Saved, Span, StateError, Take, TakeError, VariationId,
    View, WindowSettings, worker,
};
use crate::drummer::Settings;
use crate::drummer::timing::Finding;
use crate::network::Backend;
use crate::patterns::Pattern;
use crate::score::{Beats, Bpm, Lane, TakenGroove, Ticks, Velocity};

/// The document, recording and jobs of one plugin; see the module for what may be called where.
///
/// Dropping it cancels what runs and ends the worker thread. What can be done with it is
/// [`StudioLink`]'s.
pub struct Studio {
    link: StudioLink,
    /// What the worker does on each of its ticks.
    tick: Arc<Mutex<Option<Tick>>>,
    worker: Option<JoinHandle<()>>,
}

/// The way to a studio: for its owner, and for what its own worker calls (see [`Studio::on_tick`]).
pub struct StudioLink {
    shared: Arc<SharedState>,
}

impl Deref for Studio {
    type Target = StudioLink;

    fn deref(&self) -> &StudioLink {
        &self.link
    }
}

/// Why a job was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum JobError {
    #[error("there is nothing to play to: capture a take or drop a MIDI file here")]
    NoTake,
    #[error("there is no drum part yet: generate one first")]
    NoPart,
    #[error("there is no piano yet: give the recording of one")]
    NoPiano,
    #[error("everything there is locked")]
    Locked,
    #[error("the system gives drumlin no thread to work on")]
    NoWorker,
}

impl Studio {
    /// An empty studio with a worker thread of its own. Networks are loaded at the first job.
    pub fn new() -> Arc<Studio> {
        let shared = Arc::new(SharedState::default());
        let tick: Arc<Mutex<Option<Tick>>> = Arc::default();
        let (own, ticking) = (StudioLink { shared: shared.clone() }, tick.clone());
        let on_tick = move |link: &StudioLink| {
            // Taken out, so that what it does may take every lock.
            let Some(mut tick) = ticking.lock().take() else { return };
            tick(link);
            ticking.lock().get_or_insert(tick);
        };
        // Without a thread the plugin still plays what it has.
        let worker = thread::Builder::new()
            .name("drumlin worker".to_owned())
            .spawn(move || worker::run(&own.shared, &|| on_tick(&own)))
            .ok();
        shared.has_worker(worker.is_some());
        Arc::new(Studio { link: StudioLink { shared }, tick, worker })
    }

    /// Has something done by the worker thread on each of its ticks: some 40 times a second while
    /// nothing else runs and the audio thread is connected, and between the steps of a job. It must
    /// return soon and not hold the studio itself.
    pub fn on_tick(&self, tick: Tick) {
        *self.tick.lock() = Some(tick);
    }
}

/// What the worker does on each of its ticks.
pub type Tick = Box<dyn FnMut(&StudioLink) + Send>;

impl StudioLink {
    /// New queues for the audio thread. The ends handed out before are dead from here on. The
    /// current clip is sent at once.
    pub fn connect(&self) -> AudioEnd {
        self.shared.connect()
    }

    /// What there is to show; cheap enough for every frame.
    pub fn snapshot(&self) -> Arc<View> {
        self.shared.view()
    }

    /// Grows when [`StudioLink::snapshot`] has something new.
    pub fn revision(&self) -> u64 {
        self.shared.revision()
    }

    /// Calls `wake` after every change, on the thread that made it, such as to ask for a repaint.
    /// It must return soon and call nothing here. `None` takes it away.
    pub fn on_change(&self, wake: Option<Arc<dyn Fn() + Send + Sync>>) {
        self.shared.on_change(wake);
    }

    /// Makes an edit, one step of the undo history.
    ///
    /// # Errors
    /// If it cannot be made; nothing has changed then.
    pub fn apply(&self, edit: Edit) -> Result<(), EditError> {
        self.shared.step(edit.name(), None, edit.recalls(), |document| edit.apply(document))
    }

    /// A new gesture, for a drag that begins.
    pub fn gesture(&self) -> Gesture {
        self.shared.gesture()
    }

    /// Makes an edit as part of a drag; see [`Gesture`].
    ///
    /// # Errors
    /// As [`StudioLink::apply`].
    pub fn drag(&self, gesture: Gesture, edit: Edit) -> Result<(), EditError> {
        self.shared
            .step(edit.name(), Some(gesture), edit.recalls(), |document| edit.apply(document))
    }

    /// Asks the drummer for settings that were kept, such as a preset's; controls follow (see
    /// [`View::recalls`]). One step of the undo history. Seed and alternatives stay as they are.
    ///
    /// # Errors
    /// As [`StudioLink::apply`].
    pub fn recall(&self, settings: Settings) -> Result<(), EditError> {
        self.shared.recall(settings)
    }

    /// Cuts a take from what was heard and makes it the current one.
    ///
    /// # Errors
    /// If nothing was heard there.
    pub fn capture(&self, span: Span) -> Result<(), TakeError> {
        let take = self.shared.with_audio_link(|audio_link| {
            let new = audio_link.poll();
            (audio_link.recording.cut(span), new)
        })?;
        self.add(take);
        Ok(())
    }

    /// Makes a take of a MIDI file's bytes and makes it the current one; what was found out about its bars
    /// is reported. A file of nothing but drums is a groove to drum the song with. `name` is the file's, without its ending.
    ///
    /// # Errors
    /// If the bytes are neither a song to play to nor a groove.
    pub fn drop_midi(&self, name: &str, bytes: &[u8]) -> Result<(), TakeError> {
        match Take::from_midi(name, bytes) {
            Err(TakeError::OnlyDrums { .. }) => self.drop_groove(name, bytes, None),
            imported => {
                let (take, finding) = imported?;
                self.add(take);
                if let Some(finding) = finding {
                    self.report(&words_for(finding));
                }
                Ok(())
            }
        }
    }

    /// Drums the song, or the sections of a label, with the groove of a MIDI file's bytes; what of it is
    /// left out is reported.
    ///
    /// # Errors
    /// If the bytes are no MIDI file or have no drums.
    pub fn drop_groove(
        &self,
        name: &str,
        bytes: &[u8],
        section: Option<usize>,
    ) -> Result<(), TakeError> {
        let taken = groove_from_midi(name, bytes)?;
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

    /// Takes what is played on drum keys for a groove of so many bars, 1 to 4, while the transport runs;
    /// the recording hears nothing meanwhile. Once what was tapped has gone round, the song is drummed
    /// with it; all of that is one step of the undo history. Called again, it changes the number of bars.
    pub fn tap(&self, bars: usize) {
        let (gesture, map) = (self.gesture(), self.shared.document().drum_map.clone());
        self.shared.with_audio_link(|audio_link| (audio_link.tap(bars, gesture, map), true));
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

    /// Forgets the recording that was heard last: what is known of an hour takes much memory.
    pub fn forget_import(&self) {
        self.shared.forget_import();
    }

    /// Drums the song, or the sections of a label, with a groove that was taken from a recording; what of
    /// it is left out is reported.
    pub fn use_groove(&self, taken: TakenGroove, section: Option<usize>) {
        self.use_taken(taken, section);
    }

    /// Tells whether anything of the studio is left.
    #[cfg(test)]
    pub(super) fn watch(&self) -> std::sync::Weak<SharedState> {
        Arc::downgrade(&self.shared)
    }

    fn add(&self, take: Take) {
        let edit = Edit::AddTake(Arc::new(take));
        let added = self.apply(edit);
        debug_assert!(added.is_ok(), "there is always room for a take");
    }

    /// Forgets what was heard. Takes stay.
    pub fn forget_recording(&self) {
        self.shared.with_audio_link(|audio_link| {
            audio_link.poll();
            audio_link.recording.clear();
            audio_link.refresh();
            ((), true)
        });
    }

    /// Has a lane's drum struck once, whether the host plays or not.
    pub fn strike(&self, lane: Lane, velocity: Velocity) {
        let document = self.shared.document();
        let key = document.key_of(lane);
        self.audition(Audition::Strike {
            kit_key: key.get(),
            key: document.drum_map.key(key),
            velocity,
        });
    }

    /// Has bars of the current take played while the host stands, once. Nothing happens if there are
    /// none.
    pub fn rehearse(&self, bars: Range<usize>) {
        let document = self.shared.document();
        let Some(take) = document.take() else { return };
        let grid = take.bars();
        let Some(chosen) = grid.bars().get(bars.start..bars.end.min(grid.len())) else { return };
        let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else { return };
        let at = |ticks: Ticks| Beats(take.start.0 + take.beats_at(ticks.0 as f64).0);
        self.audition(Audition::Play {
            from: at(first.start),
            to: at(last.end()),
            tempo: take.host_tempo(first.start),
            metre: first.metre,
        });
    }

    /// Ends what [`StudioLink::rehearse`] began.
    pub fn stop_rehearsal(&self) {
        self.audition(Audition::Stop);
    }

    fn audition(&self, audition: Audition) {
        self.shared.with_audio_link(|audio_link| (audio_link.audition(audition), false));
    }

    /// Asks something of the map of grooves; the worker answers through [`View::map`] and the document.
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

    /// Where the musician's own grooves are kept; none by default.
    pub fn set_library(&self, library: Option<GrooveLibrary>) {
        self.shared.set_library(library);
    }

    /// Has a groove heard from the next block on, in time with the host, or without it while it stands.
    /// It has plain accents until the worker has played it.
    pub fn audition_groove(&self, pattern: &Pattern) {
        let document = self.shared.document();
        let tempo = document.take().map_or(Bpm(120.0), |take| take.host_tempo(Ticks(0)));
        self.shared.audition_plainly(pattern, tempo);
        self.shared.request_map(MapRequest::Listen(*pattern));
    }

    /// Has a candidate, or the part beside it, heard at once in its place of the song. While the host
    /// stands, with `from`, the take is played from that bar on.
    pub fn audition_candidate(&self, source: AuditionSource, from: Option<usize>) {
        self.shared.audition_candidate(source, |document| {
            let take = document.take()?;
            let bars = take.bars();
            let first = bars.bars().get(from?)?;
            let at = |ticks: Ticks| Beats(take.start.0 + take.beats_at(ticks.0 as f64).0);
            Some(Audition::Play {
                from: at(first.start),
                to: at(bars.bars().last()?.end()),
                tempo: take.host_tempo(first.start),
                metre: first.metre,
            })
        });
    }

    /// Stars (`Some(true)`) or discards a candidate, or takes that back. Moves later rankings of the
    /// project; no step of the undo history.
    pub fn judge_candidate(&self, variation: VariationId, liked: Option<bool>) {
        self.shared.change_feedback(|feedback, set| {
            let (song, own) = (RelevanceFeedback::song(&set.take), set.get(variation)?);
            Some(match liked {
                Some(liked) => {
                    feedback.with(Rating { song, variation, liked, profile: own.profile })
                }
                None => feedback.without(song, variation),
            })
        });
    }

    /// Forgets what was starred and discarded.
    pub fn clear_feedback(&self) {
        self.shared.clear_feedback();
    }

    /// Ends the sound of a [`Job::Preview`].
    pub fn stop_preview(&self) {
        self.shared.stop_sound();
    }

    /// Lets the part be heard again.
    pub fn stop_audition(&self) {
        self.shared.stop_audition();
    }

    /// What was heard so far, as a take of all of it; `None` if no note was.
    pub fn recorded_take(&self) -> Option<Take> {
        self.shared.with_audio_link(|audio_link| (audio_link.recording.cut(Span::All).ok(), false))
    }

    /// Starts a job. One that runs is cancelled.
    ///
    /// # Errors
    /// If there is nothing for it to work on.
    pub fn start(&self, job: Job) -> Result<(), JobError> {
        if !self.shared.works() {
            return Err(JobError::NoWorker);
        }
        self.shared.start(job.clone(), |document| match &job {
            Job::Generate | Job::Candidates => document.take().map(|_| ()).ok_or(JobError::NoTake),
            // What it needs is on the disk.
            Job::Transcribe(_) | Job::Preview(_) | Job::LearnPiano(_) => Ok(()),
            Job::RenderPiano if document.piano.is_none() => Err(JobError::NoPiano),
            Job::RenderPiano => document.take().map(|_| ()).ok_or(JobError::NoTake),
            Job::New | Job::Variation | Job::Reshape | Job::Compose(_) => {
                document.arrangement.as_ref().map(|_| ()).ok_or(JobError::NoPart)
            }
            Job::Regenerate(region) => {
                let arrangement = document.arrangement.as_ref().ok_or(JobError::NoPart)?;
                let lanes = region.lanes.without(document.locked_lanes());
                let all = arrangement.alternative().part.bars.len();
                let mut bars = region.bars.start..region.bars.end.min(all);
                let free =
                    bars.any(|bar| !arrangement.locked_bars.contains(&crate::score::BarIndex(bar)));
                if lanes == Lanes::NONE || !free { Err(JobError::Locked) } else { Ok(()) }
            }
        })
    }

    /// Ends the job that runs, if any; the document stays as it is.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// Takes the last step back; what runs is cancelled. Nothing happens if there is none.
    pub fn undo(&self) {
        self.shared.undo();
    }

    /// Does again what was taken back.
    pub fn redo(&self) {
        self.shared.redo();
    }

    /// Remembers size and theme of the window.
    pub fn set_window_settings(&self, window_settings: WindowSettings) {
        self.shared.set_window_settings(window_settings);
    }

    /// What the networks run on from the next job on; no matter for undo, and no part of
    /// [`StudioLink::save`].
    pub fn set_backend(&self, backend: Backend) {
        self.shared.set_backend(backend);
    }

    /// What the networks run on.
    pub fn backend(&self) -> Backend {
        self.shared.backend()
    }

    /// Shows a sentence where errors are shown, such as that a file could not be written.
    pub fn report(&self, sentence: &str) {
        self.shared.report(sentence);
    }

    /// Everything but the undo history and the recording, for the host's project.
    pub fn save(&self) -> Vec<u8> {
        self.shared.saved().to_bytes()
    }

    /// Takes a saved state in place of what there is; what runs is cancelled and the undo history
    /// begins anew.
    ///
    /// # Errors
    /// If the bytes are no state; nothing has changed then.
    pub fn load(&self, bytes: &[u8]) -> Result<(), StateError> {
        self.shared.replace(Saved::from_bytes(bytes)?);
        Ok(())
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(worker) = self.worker.take() {
            // A panic of the worker is over with it.
            let _ = worker.join();
        }
    }
}

/// What was found out about the bars of a file, and what can be done about it in the window.
fn words_for(finding: Finding) -> String {
    match finding {
        Finding::Pickup { beats } => format!(
            "Bar 1 begins after an upbeat of {beats} beat{}, which the file does not mark; drag its \
             bar line if that is wrong.",
            if beats == 1.0 { "" } else { "s" }
        ),
        Finding::Followed => {
            "This was not played to the file's bars: the drums follow the playing. \
                              The take's menu goes back to the file's bars."
                .to_owned()
        }
        Finding::PlayedFreely => {
            "This was not played to the file's bars, and its beats are uncertain. \
                                  The take's menu follows the playing as well as can be."
                .to_owned()
        }
    }
}
