//! The line to the audio thread: what it heard comes in, clips go out, spent ones come back.

use rtrb::{Consumer, Producer, RingBuffer};

use super::tapping::{Tapping, TappingView};
use super::track_sound::{
    TrackError, TrackListeningView, TrackRecorder, TrackRecording, TrackStretch,
};
use super::wire::{Audition, Captured, Clip, Listening, Sound, Taps};
use super::{Gesture, Recording, RecordingView};
use crate::score::Groove;

/// Events that may wait: more than a minute of the densest playing. The studio looks every few
/// hundredths of a second, but a long network run may keep it.
const WAITING_EVENTS: usize = 1 << 14;
/// Clips that may be on their way or played at once. Edits overtake each other: those in between
/// are never sent.
const CLIPS_OUT: usize = 4;
/// Sounds that may be on their way or played at once.
const SOUNDS_OUT: usize = 4;
/// What may wait to be auditioned; more than anybody clicks within a block.
const AUDITIONS: usize = 64;
/// Stretches of the track's sound that may be on their way or listened to at once.
const LISTENINGS: usize = 4;

/// The audio thread's ends of the queues.
pub struct AudioEnd {
    /// What is heard goes in here.
    pub captured: Producer<Captured>,
    /// The newest is the one to play; all others are spent.
    pub clips: Consumer<Box<Clip>>,
    /// For clips that are no longer played: the audio thread must not free them. Never full.
    pub spent: Producer<Box<Clip>>,
    /// What the window wants to be heard.
    pub auditions: Consumer<Audition>,
    /// Sounds that the window wants to be heard; the newest is the one to play.
    pub sounds: Consumer<Box<Sound>>,
    /// For sounds that have ended, as `spent`. Never full.
    pub spent_sounds: Producer<Box<Sound>>,
    /// The stretch of the track's sound that is wanted; the newest alone.
    pub listenings: Consumer<Box<Listening>>,
    /// For stretches that were heard or are no longer wanted, as `spent`. Never full.
    pub heard: Producer<Box<Listening>>,
}

/// The studio's ends, with what they carry.
#[derive(Default)]
pub(super) struct AudioLink {
    ends: Option<Ends>,
    pub recording: Recording,
    /// What [`Recording::view`] last said.
    pub heard: RecordingView,
    /// A groove that is being tapped: meanwhile the recording hears nothing.
    tapping: Option<Tapped>,
    /// What the document plays.
    clip: Clip,
    /// What is heard in its place.
    audition: Option<Clip>,
    /// It has not been sent yet.
    unsent: bool,
    /// Nor what of the document enters at once.
    at_once: bool,
    /// The sound of the track that is listened to.
    track: Option<TrackRecorder>,
    /// What was heard of it.
    heard_track: Option<Result<TrackRecording, TrackError>>,
}

struct Tapped {
    tapping: Tapping,
    /// The drums that there were are not heard until what is tapped is played.
    rest: Rest,
    /// All of it is one step of the undo history.
    gesture: Gesture,
    /// What is struck.
    taps: Taps,
}

/// Whether the document's drums are heard while a groove is tapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// They are the drums from before.
    Before,
    /// What was tapped has become the document's groove: the next clip is drummed with it.
    Settled,
    /// They are.
    Over,
}

struct Ends {
    captured: Consumer<Captured>,
    clips: Producer<Box<Clip>>,
    spent: Consumer<Box<Clip>>,
    auditions: Producer<Audition>,
    /// Clips that were sent and have not come back.
    out: usize,
    sounds: Producer<Box<Sound>>,
    spent_sounds: Consumer<Box<Sound>>,
    /// Sounds that were sent and have not come back.
    sounds_out: usize,
    listenings: Producer<Box<Listening>>,
    heard: Consumer<Box<Listening>>,
    /// Listenings that were sent and have not come back.
    listenings_out: usize,
}

impl AudioLink {
    pub fn connect(&mut self) -> AudioEnd {
        let (captured, events) = RingBuffer::new(WAITING_EVENTS);
        let (outgoing, clips) = RingBuffer::new(CLIPS_OUT);
        let (spent, returning) = RingBuffer::new(CLIPS_OUT);
        let (asked, auditions) = RingBuffer::new(AUDITIONS);
        let (outgoing_sounds, sounds) = RingBuffer::new(SOUNDS_OUT);
        let (spent_sounds, returning_sounds) = RingBuffer::new(SOUNDS_OUT);
        let (wanted, listenings) = RingBuffer::new(LISTENINGS);
        let (heard, returning_listenings) = RingBuffer::new(LISTENINGS);
        self.track = None;
        self.ends = Some(Ends {
            captured: events,
            clips: outgoing,
            spent: returning,
            auditions: asked,
            out: 0,
            sounds: outgoing_sounds,
            spent_sounds: returning_sounds,
            sounds_out: 0,
            listenings: wanted,
            heard: returning_listenings,
            listenings_out: 0,
        });
        self.unsent = true;
        self.send();
        AudioEnd { captured, clips, spent, auditions, sounds, spent_sounds, listenings, heard }
    }

    /// Hands something on to be heard; what nobody takes in time is left out.
    pub fn audition(&mut self, audition: Audition) {
        if let Some(ends) = &mut self.ends {
            let _ = ends.auditions.push(audition);
        }
    }

    /// Has a sound heard in the place of the one before; `false` if nobody takes it.
    pub fn sound(&mut self, sound: Sound) -> bool {
        self.take_back();
        let Some(ends) = &mut self.ends else { return false };
        let taken = ends.sounds_out < SOUNDS_OUT && ends.sounds.push(Box::new(sound)).is_ok();
        ends.sounds_out += usize::from(taken);
        taken
    }

    /// Whether a sound is on its way or heard.
    pub fn sounds(&self) -> bool {
        self.ends.as_ref().is_some_and(|ends| ends.sounds_out > 0)
    }

    /// Listens to the sound of the track over a stretch, in place of the one before; `false` if nobody takes
    /// it.
    pub fn listen(&mut self, stretch: TrackStretch) -> bool {
        self.poll_track();
        let Some(ends) = &mut self.ends else { return false };
        let (recorder, listening) = TrackRecorder::new(stretch);
        let taken = ends.listenings_out < LISTENINGS && ends.listenings.push(listening).is_ok();
        ends.listenings_out += usize::from(taken);
        if taken {
            (self.track, self.heard_track) = (Some(recorder), None);
        }
        taken
    }

    /// Ends it: with what was heard so far, or with nothing.
    pub fn stop_listening(&mut self, keeps: bool) {
        self.heard_track = None;
        if let Some(track) = self.track.take().filter(|_| keeps) {
            self.heard_track = Some(track.finish(false));
        }
    }

    /// What there is to show of it.
    pub fn listening(&self) -> Option<TrackListeningView> {
        self.track.as_ref().map(TrackRecorder::view)
    }

    /// What was heard of the track, once.
    pub fn take_track(&mut self) -> Option<Result<TrackRecording, TrackError>> {
        self.heard_track.take()
    }

    /// Takes in what sounded on the track; `true` if there is something new to show.
    fn poll_track(&mut self) -> bool {
        let before = self.listening();
        let Some(ends) = &mut self.ends else { return false };
        while let Ok(listening) = ends.heard.pop() {
            ends.listenings_out = ends.listenings_out.saturating_sub(1);
            // Nobody reads those that were given up.
            if !listening.sound.is_abandoned()
                && let Some(track) = self.track.take()
            {
                self.heard_track = Some(track.finish(listening.lost));
            }
        }
        if let Some(track) = &mut self.track {
            track.poll();
            if track.is_full() {
                self.stop_listening(true);
            }
        }
        self.listening() != before
    }

    /// Frees the sounds that have ended.
    fn take_back(&mut self) {
        let Some(ends) = &mut self.ends else { return };
        while ends.spent_sounds.pop().is_ok() {
            ends.sounds_out = ends.sounds_out.saturating_sub(1);
        }
    }

    /// What is to be played from now on; what enters at once does so when it is new.
    pub fn play(&mut self, clip: Clip) {
        let (at_once, clip) = (clip.at_once, Clip { at_once: false, ..clip });
        if clip != self.clip {
            self.clip = clip;
            if let Some(tapped) =
                self.tapping.as_mut().filter(|tapped| tapped.rest == Rest::Settled)
            {
                tapped.rest = Rest::Over;
            }
            if self.audition.is_none() {
                self.at_once |= at_once;
                self.unsent = true;
                self.send();
            }
        }
    }

    /// Has something else heard in the place of the document, or the document again.
    pub fn play_instead(&mut self, clip: Option<Clip>) {
        if clip != self.audition {
            self.audition = clip;
            self.unsent = true;
            self.send();
        }
    }

    fn send(&mut self) {
        let Some(ends) = &mut self.ends else { return };
        while ends.spent.pop().is_ok() {
            ends.out = ends.out.saturating_sub(1);
        }
        if self.unsent && ends.out < CLIPS_OUT {
            let rests = self.tapping.as_ref().is_some_and(|tapped| tapped.rest != Rest::Over);
            let mut wanted = match &self.audition {
                Some(audition) => audition.clone(),
                None if rests => Clip::default(),
                None => Clip { at_once: self.at_once, ..self.clip.clone() },
            };
            wanted.taps = self.tapping.as_ref().map(|tapped| Box::new(tapped.taps.clone()));
            if ends.clips.push(Box::new(wanted)).is_ok() {
                ends.out += 1;
                (self.unsent, self.at_once) = (false, false);
            }
        }
    }

    /// Takes in what has come and sends what waits; `true` if there is something new to show.
    pub fn poll(&mut self) -> bool {
        self.send();
        self.take_back();
        let listened = self.poll_track();
        let Some(ends) = &mut self.ends else { return false };
        let mut came = false;
        // No more than what waits now: the audio thread goes on meanwhile.
        for _ in 0..ends.captured.slots() {
            let Ok(event) = ends.captured.pop() else { break };
            match &mut self.tapping {
                Some(Tapped { tapping, taps, .. }) => {
                    tapping.record(event, |at, key| taps.drum(Some(at), key));
                }
                None => self.recording.record(event),
            }
            came = true;
        }
        let tapped = came && self.tapping.is_some();
        came && self.refresh() || tapped || listened
    }

    /// Begins to take what is played for a groove of so many bars, and has it heard at once, in the place
    /// of the drums that there are; or changes how many.
    pub fn tap(&mut self, bars: usize, gesture: Gesture, taps: Taps) {
        self.poll();
        if let Some(Tapped { tapping, .. }) = &mut self.tapping {
            tapping.set_bars(bars);
            return;
        }
        let mut tapping = Tapping::new(bars);
        for event in self.recording.interrupt() {
            tapping.record(event, |at, key| taps.drum(Some(at), key));
        }
        self.tapping = Some(Tapped { tapping, rest: Rest::Before, gesture, taps });
        self.unsent = true;
        self.send();
    }

    /// Forgets what was tapped, and goes on.
    pub fn tap_anew(&mut self) {
        if let Some(Tapped { tapping, rest, .. }) = &mut self.tapping {
            tapping.clear();
            *rest = Rest::Before;
            self.unsent = true;
            self.send();
        }
    }

    /// Ends what [`AudioLink::tap`] began; gives what was tapped, if anything.
    pub fn end_tapping(&mut self) -> Option<(Groove, Gesture)> {
        self.poll();
        let Tapped { tapping, gesture, .. } = self.tapping.take()?;
        tapping.catch_up().into_iter().for_each(|event| self.recording.record(event));
        self.refresh();
        self.unsent = true;
        self.send();
        Some((tapping.groove()?, gesture))
    }

    /// What was tapped, once it has gone round.
    pub fn settled(&mut self) -> Option<(Groove, Gesture)> {
        let Tapped { tapping, rest, gesture, .. } = self.tapping.as_mut()?;
        let groove = tapping.settled()?;
        if *rest == Rest::Before {
            *rest = Rest::Settled;
        }
        Some((groove, *gesture))
    }

    /// What there is to show of it.
    pub fn tapping(&self) -> Option<TappingView> {
        self.tapping.as_ref().map(|tapped| tapped.tapping.view())
    }

    /// Looks at the recording anew; `true` if there is something new to show.
    pub fn refresh(&mut self) -> bool {
        let heard = self.recording.view();
        let new = heard != self.heard;
        self.heard = heard;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Beats, Velocity};

    fn clip(length: f64) -> Clip {
        Clip { length: Beats(length), ..Clip::default() }
    }

    #[test]
    fn the_newest_clip_arrives_and_none_is_lost_on_the_way_back() {
        let mut audio_link = AudioLink::default();
        audio_link.play(clip(1.0));
        let mut end = audio_link.connect();
        for length in 2..100 {
            audio_link.play(clip(f64::from(length)));
        }
        let mut last = None;
        for _ in 0..100 {
            while let Ok(clip) = end.clips.pop() {
                if let Some(spent) = last.replace(clip) {
                    end.spent.push(spent).unwrap();
                }
            }
            audio_link.poll();
        }
        assert_eq!(*last.unwrap(), clip(99.0));
    }

    #[test]
    fn what_enters_at_once_does_so_even_if_it_had_to_wait() {
        let mut audio_link = AudioLink::default();
        let mut end = audio_link.connect();
        for length in 1..=CLIPS_OUT {
            audio_link.play(clip(length as f64));
        }
        audio_link.play(Clip { at_once: true, ..clip(5.0) });
        audio_link.play(clip(6.0));
        for expected in [false, false, false, false, true] {
            let next = end.clips.pop().unwrap();
            assert_eq!(next.at_once, expected, "{next:?}");
            end.spent.push(next).unwrap();
            audio_link.play(clip(7.0));
        }
    }

    #[test]
    fn a_new_connection_gets_the_clip_again_and_the_old_one_is_dead() {
        let mut audio_link = AudioLink::default();
        audio_link.play(clip(3.0));
        let mut old = audio_link.connect();
        let mut new = audio_link.connect();
        assert!(old.captured.is_abandoned());
        assert_eq!(*old.clips.pop().unwrap(), clip(3.0));
        assert_eq!(*new.clips.pop().unwrap(), clip(3.0));
        let note = |at| Captured::NoteOn { at: Beats(at), key: 60, velocity: Velocity::clamped(9) };
        new.captured.push(Captured::Started { at: Beats(0.0) }).unwrap();
        new.captured.push(note(1.0)).unwrap();
        assert!(audio_link.poll() && !audio_link.poll());
        assert_eq!(audio_link.heard.notes, 1);
    }
}
