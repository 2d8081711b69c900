//! One block from its start to its end: the transport is followed, what comes in is captured and
//! passed through, strokes go out as MIDI and as sound, all in the order of time.
//!
//! Knows nothing of a plugin format; the scenario tests and the bench play it as a host does. Runs
//! on the audio thread.

use super::audition::Auditions;
use super::capture::Capture;
use super::playback::{Drum, Playback};
use super::preview::DrumSampler;
use super::sound_preview::SoundPreview;
use super::track_listener::TrackListener;
use super::transport::{Clock, HostTime, Span};
use crate::score::{Beats, Pedal, Velocity};
use nice_plug::midi::{Channel, Key, NoteEvent, VoiceID};

/// A host's note ports during a block. `timing` counts samples from the block's start.
pub trait NoteIo {
    /// The next event that came in, in the order of time.
    fn receive(&mut self) -> Option<NoteEvent<()>>;
    /// Sends an event, not earlier than those before. False if the host did not take it.
    fn send(&mut self, event: NoteEvent<()>) -> bool;
}

/// What the controls say during a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    /// No drums; MIDI and sound pass.
    pub bypassed: bool,
    /// Whether playing is captured.
    pub listens: bool,
    /// Whether MIDI passes through.
    pub through: bool,
    /// Channel of the drums' MIDI, 0 to 15, if they are to be sent.
    pub channel: Option<u8>,
    /// Linear gain of the kit.
    pub level: f32,
}

/// Everything of one instance that runs on the audio thread.
pub struct Engine {
    clock: Clock,
    capture: Capture,
    playback: Playback,
    kit: Option<DrumSampler>,
    /// Notes that were passed through and have not ended, by channel, a bit for each key: their
    /// ends pass even when nothing else does any more.
    passed: [u128; 16],
    /// Pedals that went down on the way through and have not come up, by channel, a bit for each: notes
    /// hang on them whose ends have passed.
    passed_pedals: [u8; 16],
    /// Keys that were struck for a groove that is tapped and have not been let go, likewise: their ends
    /// are nobody's.
    tapped: [u128; 16],
    auditions: Option<Auditions>,
    sounds: Option<SoundPreview>,
    track: Option<TrackListener>,
    samples_per_second: f64,
    /// The host renders: what it plays is no new playing of the musician's.
    renders: bool,
}

/// How long a stroke that is auditioned or tapped holds its key, in seconds.
const STRUCK: f64 = 0.1;

/// Controllers that end all notes of a channel: all sound off, all notes off.
const ENDS_ALL: [u8; 2] = [120, 123];

/// A block being processed.
struct Block<'a, P> {
    controls: &'a Controls,
    ports: &'a mut P,
    input: Option<NoteEvent<()>>,
    left: &'a mut [f32],
    right: &'a mut [f32],
    /// Samples whose sound is complete.
    rendered: usize,
    /// Where bars that are auditioned end: strokes from here on are not heard.
    limit: Option<Beats>,
}

impl Engine {
    /// Joins what follows the host, what listens and what plays.
    pub fn new(clock: Clock, capture: Capture, playback: Playback) -> Engine {
        Engine {
            clock,
            capture,
            playback,
            kit: None,
            passed: [0; 16],
            passed_pedals: [0; 16],
            tapped: [0; 16],
            auditions: None,
            sounds: None,
            track: None,
            samples_per_second: 48_000.0,
            renders: false,
        }
    }

    /// Takes what the window wants to be heard from a queue.
    pub fn audition(&mut self, auditions: Auditions) {
        self.auditions = Some(auditions);
    }

    /// Takes sounds that the window wants to be heard from a queue.
    pub fn preview(&mut self, sounds: SoundPreview) {
        self.sounds = Some(sounds);
    }

    /// Listens to the sound that comes in, where that is wanted.
    pub fn listen(&mut self, track: TrackListener) {
        self.track = Some(track);
    }

    /// Whether bars are played that the window asked for, while the host stands.
    pub fn is_rehearsing(&self) -> bool {
        self.auditions.as_ref().is_some_and(Auditions::is_playing)
    }

    /// Prepares for a rate in Hz and the longest block that the host announces. Not on the audio
    /// thread: what was there before is freed.
    pub fn activate(&mut self, samples_per_second: f64, longest: u32, kit: Option<DrumSampler>) {
        self.clock = Clock::new(samples_per_second, longest);
        self.samples_per_second = samples_per_second;
        self.kit = kit;
        self.reset();
    }

    /// Says whether the host renders offline from now on. A render may leave out what was heard, or bring it
    /// in pieces: it takes the place of nothing, and nothing is captured meanwhile.
    pub fn set_offline(&mut self, offline: bool) {
        self.renders = offline;
    }

    /// Forgets where the transport was, silences the kit. What sounds elsewhere is ended with the
    /// first sample of the next block.
    pub fn reset(&mut self) {
        self.clock.reset();
        self.playback.release(0);
        if let Some(kit) = &mut self.kit {
            kit.reset();
        }
    }

    /// Where the song is after the last block: `None` while the transport stands.
    pub fn position(&self) -> Option<Beats> {
        self.clock.position()
    }

    /// How many notes of the musician's have been captured.
    pub fn notes(&self) -> u64 {
        self.capture.notes()
    }

    /// Processes a block: `left` and `right` have its samples, equally many, and get the drums
    /// added.
    pub fn process<P: NoteIo>(
        &mut self,
        host: &HostTime,
        controls: &Controls,
        ports: &mut P,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        let frames = left.len().min(right.len()) as u32;
        let input = ports.receive();
        let mut block = Block { controls, input, ports, left, right, rendered: 0, limit: None };
        self.playback.begin_block();
        if controls.bypassed {
            self.playback.release(0);
        }
        let mut time = *host;
        if frames > 0 {
            self.audition_strokes(&mut block);
            if let Some((rehearsed, to)) = self.auditions.as_mut().and_then(|a| a.time(host)) {
                (time, block.limit) = (rehearsed, Some(to));
            }
            self.clock.begin(&time, frames);
        }
        while let Some(span) = self.clock.next_span() {
            let (before, entering) = match self.playback.entry(&span) {
                Some(frame) => span.split(frame),
                None => (Some(span), None),
            };
            if let Some(span) = before {
                self.span(&span, false, &mut block);
            }
            if let Some(span) = entering {
                self.span(&span, true, &mut block);
            }
        }
        // Hosts may date events after the end of the block.
        while let Some(event) = block.input {
            self.pass(event, &mut block);
            block.input = block.ports.receive();
        }
        self.playback.end_block(frames);
        if let Some(sounds) = &mut self.sounds {
            let stops = host.playing || controls.bypassed;
            sounds.add(left, right, self.samples_per_second, controls.level, stops);
        }
        if let Some(auditions) = &mut self.auditions {
            auditions.advance(frames, self.samples_per_second);
        }
    }

    /// Plays the strokes that are auditioned, on the block's first sample.
    fn audition_strokes<P: NoteIo>(&mut self, block: &mut Block<'_, P>) {
        while let Some((kit_key, key, velocity)) =
            self.auditions.as_mut().and_then(Auditions::strike)
        {
            if !block.controls.bypassed {
                self.strike(0, key, kit_key, velocity, block);
            }
        }
    }

    /// Plays a stroke that is not the clip's.
    fn strike<P: NoteIo>(
        &mut self,
        sample: u32,
        key: u8,
        kit_key: u8,
        velocity: Velocity,
        block: &mut Block<'_, P>,
    ) {
        let frames = (STRUCK * self.samples_per_second) as u64;
        let before = self.playback.strike(sample, key, kit_key, block.controls.channel, frames);
        if let Some(drum) = before {
            self.drum(drum, block);
        }
        self.drum(Drum::On { sample, key, kit_key, velocity }, block);
    }

    /// Plays a drum key of a groove that is tapped, which is no note of the melody's and does not pass.
    /// Whether the event was one, or the end of one.
    fn tap<P: NoteIo>(
        &mut self,
        span: &Span,
        event: &NoteEvent<()>,
        block: &mut Block<'_, P>,
    ) -> bool {
        match *event {
            NoteEvent::NoteOn { timing, channel, key: Key::Number(key), velocity, .. } => {
                let drum = self.playback.tapped(span, timing, key);
                let drum = drum.filter(|_| !block.controls.bypassed);
                for tapped in channels(&mut self.tapped, channel) {
                    let bit = 1 << (key & 127);
                    *tapped = if drum.is_some() { *tapped | bit } else { *tapped & !bit };
                }
                if let Some(drum) = drum {
                    self.strike(timing, key, drum.get(), Velocity::from_unit(velocity), block);
                }
                drum.is_some()
            }
            NoteEvent::NoteOff { channel, key: Key::Number(key), .. }
            | NoteEvent::Choke { channel, key: Key::Number(key), .. } => {
                let bit = 1 << (key & 127);
                let passed = channels(&mut self.passed, channel).iter().any(|keys| keys & bit != 0);
                let mut was_tapped = false;
                for tapped in channels(&mut self.tapped, channel) {
                    was_tapped |= *tapped & bit != 0;
                    *tapped &= !bit;
                }
                was_tapped && !passed
            }
            _ => false,
        }
    }

    fn span<P: NoteIo>(&mut self, span: &Span, enters: bool, block: &mut Block<'_, P>) {
        // What is auditioned is no music of the host's.
        let listens = block.controls.listens && !self.renders;
        self.capture.follow(span, listens && block.limit.is_none());
        if let Some(track) = self.track.as_mut().filter(|_| block.limit.is_none()) {
            let samples = span.offset as usize..(span.offset + span.frames) as usize;
            let sides = (&block.left[samples.clone()], &block.right[samples]);
            track.hear(span, sides.0, sides.1, self.samples_per_second);
        }
        self.playback.begin_span(span);
        if enters {
            self.playback.swap(span);
        }
        let end = span.offset + span.frames;
        while let Some(event) = block.input.filter(|event| event.timing() < end) {
            self.drums(span, event.timing(), block);
            self.capture_event(span, &event);
            if !self.tap(span, &event, block) {
                self.pass(event, block);
            }
            block.input = block.ports.receive();
        }
        self.drums(span, end - 1, block);
        self.render(end, block);
        if let Some(sounds) = &mut self.sounds {
            let Controls { level, bypassed, .. } = *block.controls;
            let sides = [&mut *block.left, &mut *block.right]
                .map(|side| &mut side[span.offset as usize..end as usize]);
            sounds.follow(span, sides, self.samples_per_second, level, bypassed);
        }
        self.capture.end(span);
    }

    /// Plays what is due up to and with a sample.
    fn drums<P: NoteIo>(&mut self, span: &Span, until: u32, block: &mut Block<'_, P>) {
        let Controls { bypassed, channel, .. } = *block.controls;
        if let Some(limit) = block.limit {
            let end = f64::from(span.offset) + span.frame_of(limit);
            if end > f64::from(span.offset) {
                let last = until.min((end - 1.0) as u32);
                while let Some(drum) = self.playback.next(span, last, channel, bypassed) {
                    self.drum(drum, block);
                }
            }
        }
        let silent = bypassed || block.limit.is_some();
        while let Some(drum) = self.playback.next(span, until, channel, silent) {
            self.drum(drum, block);
        }
    }

    /// Plays one stroke or ends it.
    fn drum<P: NoteIo>(&mut self, drum: Drum, block: &mut Block<'_, P>) {
        match drum {
            Drum::On { sample, key, kit_key, velocity } => {
                if let Some(channel) = block.controls.channel {
                    block.ports.send(NoteEvent::NoteOn {
                        timing: sample,
                        voice_id: VoiceID::Wildcard,
                        channel: Channel::Number(channel),
                        key: Key::Number(key),
                        velocity: velocity.unit(),
                    });
                }
                self.render(sample, block);
                if let Some(kit) = &mut self.kit {
                    kit.strike(kit_key, velocity);
                }
            }
            Drum::Off { sample, key, kit_key, channel } => {
                let sent = channel.is_none_or(|channel| {
                    block.ports.send(NoteEvent::NoteOff {
                        timing: sample,
                        voice_id: VoiceID::Wildcard,
                        channel: Channel::Number(channel),
                        key: Key::Number(key),
                        velocity: 0.0,
                    })
                });
                if !sent {
                    self.playback.defer_note_off(key, kit_key, channel, block.left.len() as u32);
                }
                self.render(sample, block);
                if let Some(kit) = &mut self.kit {
                    kit.end(kit_key);
                }
            }
        }
    }

    /// Completes the sound up to a sample.
    fn render<P: NoteIo>(&mut self, until: u32, block: &mut Block<'_, P>) {
        let stretch = block.rendered..(until as usize).max(block.rendered);
        if let Some(kit) = &mut self.kit {
            let (left, right) =
                (&mut block.left[stretch.clone()], &mut block.right[stretch.clone()]);
            let level = if block.controls.bypassed { 0.0 } else { block.controls.level };
            kit.add(left, right, level);
        }
        block.rendered = stretch.end;
    }

    fn capture_event(&mut self, span: &Span, event: &NoteEvent<()>) {
        match *event {
            NoteEvent::NoteOn { timing, channel, key: Key::Number(key), velocity, .. } => {
                let channel = channel.number().unwrap_or_default();
                let velocity = Velocity::from_unit(velocity);
                self.capture.note_on(span, timing, channel, key, velocity);
            }
            NoteEvent::NoteOff { timing, key, .. } | NoteEvent::Choke { timing, key, .. } => {
                self.capture.note_off(span, timing, key.number());
            }
            NoteEvent::MidiCC { timing, channel, cc, value } => {
                if ENDS_ALL.contains(&cc) {
                    self.capture.note_off(span, timing, None);
                }
                self.capture.controller(span, timing, channel, cc, midi_value(value));
            }
            _ => {}
        }
    }

    /// Sends on what came in, where that is wanted; the end of a note that was sent on, always.
    fn pass<P: NoteIo>(&mut self, event: NoteEvent<()>, block: &mut Block<'_, P>) {
        let wanted = match event {
            NoteEvent::NoteOn { channel, key: Key::Number(key), .. } => {
                if block.controls.through {
                    for passed in channels(&mut self.passed, channel) {
                        *passed |= 1 << (key & 127);
                    }
                }
                block.controls.through
            }
            NoteEvent::NoteOff { channel, key, .. } | NoteEvent::Choke { channel, key, .. } => {
                let keys = key.number().map_or(u128::MAX, |key| 1 << (key & 127));
                let mut sounding = false;
                for passed in channels(&mut self.passed, channel) {
                    sounding |= *passed & keys != 0;
                    *passed &= !keys;
                }
                sounding || block.controls.through
            }
            NoteEvent::MidiCC { channel, cc, value, .. } => {
                let through = block.controls.through;
                self.ends_passed(channel, cc, midi_value(value), through) || through
            }
            _ => block.controls.through,
        };
        if wanted {
            block.ports.send(event);
        }
    }

    /// Whether a controller ends what was sent on: lets a pedal up, or ends all notes. Where it is sent on
    /// in any case (`through`), a pedal that goes down is remembered.
    fn ends_passed(&mut self, channel: u8, cc: u8, value: u8, through: bool) -> bool {
        let channel = usize::from(channel & 15);
        let pedals = &mut self.passed_pedals[channel];
        let mut ends = ENDS_ALL.contains(&cc) && (*pedals != 0 || self.passed[channel] != 0);
        for (pedal, value) in Pedal::moved(cc, value) {
            let bit = 1_u8 << pedal.index();
            ends |= *pedals & bit != 0 && value < Pedal::DOWN;
            if value == 0 {
                *pedals &= !bit;
            } else if through {
                *pedals |= bit;
            }
        }
        ends
    }
}

/// A controller's value, 0 to 127, of one from 0 to 1.
fn midi_value(value: f32) -> u8 {
    (value * 127.0).round().clamp(0.0, 127.0) as u8
}

/// What belongs to a channel; to all of them where none is named.
fn channels(of: &mut [u128; 16], channel: Channel) -> &mut [u128] {
    match channel {
        Channel::Number(number) => {
            let number = usize::from(number & 15);
            &mut of[number..=number]
        }
        Channel::Wildcard => of,
    }
}
