//! What is heard in the place of the part: a groove of the map, a candidate, or a sound while the host
//! stands.

use std::time::Instant;

use super::super::audio_link::AudioLink;
use super::super::candidates::AuditionSource;
use super::super::groove_map::plainly;
use super::super::sound_preview::{PreviewRequest, PreviewView};
use super::super::wire::{Audition, Clip, Sound};
use super::super::{Document, MapRequest};
use super::SharedState;
use super::state::State;
use crate::patterns::Pattern;
use crate::score::{Beats, DrumPart};

/// Lets the part rest, or be heard again, unless something else is auditioned in its place.
fn rest(state: &State, link: &mut AudioLink, rests: bool) {
    if state.session.auditioned.is_none() && state.session.audition_source.is_none() {
        link.play_instead(rests.then(|| Clip { at_once: true, ..Clip::default() }));
    }
}

impl SharedState {
    /// Has a sound heard that was rendered.
    pub(super) fn send_sound(&self, state: &mut State, request: PreviewRequest, sound: Sound) {
        let mut link = self.audio_link.lock();
        if link.sound(sound) {
            rest(state, &mut link, matches!(request, PreviewRequest::RecordingAlong { .. }));
            state.session.preview = Some(PreviewView { request, since: Instant::now() });
        }
    }

    /// Ends the sound that is heard.
    pub fn stop_sound(&self) {
        let mut state = self.state.lock();
        if self.end_sound(&mut state) {
            self.notify(state);
        }
    }

    /// The same under the lock; whether there was one.
    pub(super) fn end_sound(&self, state: &mut State) -> bool {
        let was_heard = state.session.preview.take().is_some();
        if was_heard {
            let mut link = self.audio_link.lock();
            link.sound(Sound::silence());
            rest(state, &mut link, false);
        }
        was_heard
    }

    /// No sound is out any more.
    pub(super) fn sound_ended(&self) {
        let mut state = self.state.lock();
        // Another may have been sent since it was looked.
        if state.session.preview.is_some() && !self.audio_link.lock().sounds() {
            state.session.preview = None;
            rest(&state, &mut self.audio_link.lock(), false);
            self.notify(state);
        }
    }

    /// Has a groove heard at once in the place of the part, over and over, whether the host plays or not.
    /// `played` replaces the same groove only while that is still wanted, or is what was waited for.
    pub fn audition(&self, pattern: &Pattern, part: &DrumPart, played: bool) {
        let mut state = self.state.lock();
        let is_awaited = std::mem::take(&mut state.awaits_groove);
        if played && state.session.auditioned.is_none() && !is_awaited {
            return;
        }
        let running = state.session.auditioned.replace(*pattern).is_some();
        state.session.audition_source = None;
        let document = state.history.present();
        let mut link = self.audio_link.lock();
        let time = document.groove_time(&link.recording);
        let clip = document.audition_clip(part, &time);
        let (from, to) = (clip.start, Beats(clip.start.0 + clip.length.0));
        link.play_instead(Some(clip));
        if !running {
            link.audition(Audition::Play { from, to, tempo: time.tempo, metre: time.metre });
        }
        drop(link);
        self.notify(state);
    }

    /// As [`SharedState::audition`], with plain accents: for what must be heard in the next block.
    pub fn audition_plainly(&self, pattern: &Pattern) {
        self.audition(pattern, &plainly(pattern), false);
    }

    /// Lets the part be heard again.
    pub fn stop_audition(&self) {
        let mut state = self.state.lock();
        state.map_requests.retain(|request| !matches!(request, MapRequest::Listen(_)));
        state.awaits_groove = false;
        if state.session.auditioned.take().is_some()
            | state.session.audition_source.take().is_some()
        {
            let mut link = self.audio_link.lock();
            link.play_instead(None);
            link.audition(Audition::Stop);
            drop(link);
            self.notify(state);
        }
    }

    /// Has a candidate, or the part beside it, heard at once in its place of the song; with `rehearsal`
    /// also while the host stands.
    pub fn audition_candidate(
        &self,
        source: AuditionSource,
        rehearsal: impl FnOnce(&Document) -> Option<Audition>,
    ) {
        let mut state = self.state.lock();
        let document = state.history.present().clone();
        let clip = match source {
            AuditionSource::Part => document.clip(),
            AuditionSource::Candidate(variation) => {
                let set = state.session.candidates.as_ref();
                let Some((set, own)) = set.and_then(|set| Some((set, set.get(variation)?))) else {
                    return;
                };
                let take = document.take().filter(|take| take.song == set.take.song);
                document.clip_of(take.unwrap_or(&set.take), &own.alternative.part)
            }
        };
        state.session.audition_source = Some(source);
        state.session.auditioned = None;
        let mut link = self.audio_link.lock();
        link.play_instead(Some(Clip { at_once: true, ..clip }));
        if let Some(rehearsal) = rehearsal(&document) {
            link.audition(rehearsal);
        }
        drop(link);
        self.notify(state);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audio::Stereo;
    use crate::score::SampleRate;
    use crate::studio::{Saved, TakePiano, fixtures};
    use crate::timbre::Piano;

    #[test]
    fn what_is_heard_along_with_a_project_ends_with_it() {
        let shared = SharedState::default();
        let mut end = shared.connect();
        let piano =
            TakePiano { name: String::new(), piano: Piano::schematic(), remarks: Vec::new() };
        let request = PreviewRequest::PianoAlong(Arc::new(fixtures::take(1)), Arc::new(piano));
        let stereo = Stereo { left: vec![0.5; 9], right: vec![0.5; 9] };
        let sound = Sound { stereo, rate: SampleRate::ANALYSIS, place: None };
        shared.change(|state| shared.send_sound(state, request, sound.clone()));
        assert!(shared.view().preview.is_some());
        assert_eq!(*end.sounds.pop().unwrap(), sound);
        // The same project handed back by the host ends nothing.
        shared.replace(shared.saved());
        assert!(shared.view().preview.is_some() && end.sounds.pop().is_err());
        shared.replace(Saved { document: fixtures::document(4, 1), ..Saved::default() });
        assert!(shared.view().preview.is_none());
        assert_eq!(*end.sounds.pop().unwrap(), Sound::silence());
    }
}
