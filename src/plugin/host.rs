//! The host's side: both plugins as nice-plug knows them, and what the library exports.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use nice_plug::prelude::*;

use super::audition::Auditions;
use super::capture::Capture;
use super::engine::{Controls, Engine, NoteIo};
use super::host_link::HostLink;
use super::parameter_sync::ParameterSync;
use super::playback::Playback;
use super::preview::DrumSampler;
use super::shared_transport::SharedTransport;
use super::sound_preview::SoundPreview;
use super::state::{self, State};
use super::track_listener::TrackListener;
use super::transport::{Clock, HostTime};
use crate::audio::SoundFont;
use crate::editor::{HostEditor, Transport};
use crate::parameters::Parameters;
use crate::studio::{AudioEnd, Studio};

/// Until a host says otherwise.
const USUAL_RATE: f64 = 48_000.0;
const USUAL_BLOCK: u32 = 1024;

/// What tells the two plugins apart.
pub trait Kind: Send + 'static {
    const NAME: &'static str;
    const ID: &'static str;
    const DESCRIPTION: &'static str;
    const FEATURES: &'static [ClapFeature];
}

/// Sound in and sound out. Hosts may leave the input out, as they do on tracks that have no sound
/// until here: it is silent then (see [`super::clap`] and `super::vst3`).
const STEREO: AudioIOLayout = AudioIOLayout {
    main_input_channels: NonZeroU32::new(2),
    main_output_channels: NonZeroU32::new(2),
    ..AudioIOLayout::const_default()
};

/// On an instrument or MIDI track, where hosts look for instruments.
pub struct Instrument;

impl Kind for Instrument {
    const NAME: &'static str = "Drumlin";
    const ID: &'static str = "dev.drumlin.drumlin";
    const DESCRIPTION: &'static str = "A drummer that has heard the whole song";
    const FEATURES: &'static [ClapFeature] = &[
        ClapFeature::Instrument,
        ClapFeature::DrumMachine,
        ClapFeature::NoteEffect,
        ClapFeature::Stereo,
    ];
}

/// On an audio track, or where hosts look for effects.
pub struct Effect;

impl Kind for Effect {
    const NAME: &'static str = "Drumlin FX";
    const ID: &'static str = "dev.drumlin.drumlin-fx";
    const DESCRIPTION: &'static str = "Drumlin for tracks with sound: it passes, drums are added";
    const FEATURES: &'static [ClapFeature] =
        &[ClapFeature::AudioEffect, ClapFeature::NoteEffect, ClapFeature::Stereo];
}

/// Drumlin among the instruments.
pub type Drumlin = Instance<Instrument>;
/// Drumlin among the effects.
pub type DrumlinFx = Instance<Effect>;

/// Asks an instance for its way to the host, which answers at once.
pub struct LinkRequest(pub Sender<Arc<HostLink>>);

/// One plugin in a host.
pub struct Instance<K> {
    engine: Engine,
    parameters: Arc<Parameters>,
    studio: Arc<Studio>,
    shared_transport: Arc<SharedTransport>,
    host: Arc<HostLink>,
    kind: PhantomData<K>,
}

impl<K> Default for Instance<K> {
    fn default() -> Instance<K> {
        let (parameters, studio) = (Arc::new(Parameters::default()), Studio::new());
        let shared_transport = Arc::new(SharedTransport::default());
        let AudioEnd { captured, clips, spent, auditions, sounds, spent_sounds, listenings, heard } =
            studio.connect();
        let mut engine = Engine::new(
            Clock::new(USUAL_RATE, USUAL_BLOCK),
            Capture::new(captured),
            Playback::new(clips, spent),
        );
        engine.audition(Auditions::new(auditions));
        engine.preview(SoundPreview::new(sounds, spent_sounds));
        engine.listen(TrackListener::new(listenings, heard));
        let host = Arc::new(HostLink::default());
        let mut sync = ParameterSync::new(
            Arc::clone(&parameters),
            Arc::clone(&shared_transport),
            Arc::clone(&host),
        );
        studio.on_tick(Box::new(move |studio| sync.poll(studio)));
        Instance { engine, parameters, studio, shared_transport, host, kind: PhantomData }
    }
}

impl<K: Kind> Plugin for Instance<K> {
    const NAME: &'static str = K::NAME;
    const VENDOR: &'static str = "Drumlin";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[STEREO];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;
    // A transport change within a block would shift the position twice.
    const SAMPLE_ACCURATE_AUTOMATION: bool = false;

    type Editor = HostEditor;
    type SysExMessage = ();
    type BackgroundTask = LinkRequest;

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        let host = Arc::clone(&self.host);
        Box::new(move |request: LinkRequest| {
            // Who no longer waits for the answer needs none.
            let _ = request.0.send(Arc::clone(&host));
        })
    }

    fn params(&self) -> Arc<dyn Params> {
        let (parameters, studio, host) = (&self.parameters, &self.studio, &self.host);
        Arc::new(State::new(Arc::clone(parameters), Arc::clone(studio), Arc::clone(host)))
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<HostEditor> {
        let shared_transport = Arc::clone(&self.shared_transport);
        let transport = move || {
            let host = shared_transport.load();
            Transport {
                playing: host.playing,
                rehearsing: shared_transport.rehearses(),
                position: host.position,
                bpm: host.tempo,
                metre: host.metre,
                cycle: host.looping,
            }
        };
        let (parameters, studio) = (Arc::clone(&self.parameters), Arc::clone(&self.studio));
        Some(HostEditor::new(parameters, studio, Arc::new(transport), K::NAME))
    }

    fn filter_state(state: &mut PluginState) {
        state::at_rest(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        config: &BufferConfig,
        _context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let rate = f64::from(config.sample_rate);
        let kit = DrumSampler::new(SoundFont::embedded(), rate);
        self.engine.activate(rate, config.max_buffer_size, kit);
        true
    }

    fn reset(&mut self) {
        self.engine.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.engine.set_offline(self.host.is_offline());
        let host = HostTime::from(context.transport());
        let parameters = &self.parameters;
        let controls = Controls {
            bypassed: parameters.bypass.value(),
            listens: parameters.listen.value(),
            through: parameters.through.value(),
            channel: parameters.drum_channel(),
            level: parameters.level.value(),
        };
        if let [left, right] = buffer.as_slice() {
            // What comes in lies in the buffers already.
            self.engine.process(
                &host,
                &controls,
                &mut HostNotes(context, PhantomData),
                left,
                right,
            );
        }
        let rehearses = self.engine.is_rehearsing();
        self.shared_transport.store(&host, self.engine.position(), rehearses, self.engine.notes());
        // The drums play whether anything comes in or not.
        ProcessStatus::KeepAlive
    }
}

impl<K: Kind> ClapPlugin for Instance<K> {
    const CLAP_ID: &'static str = K::ID;
    const CLAP_DESCRIPTION: Option<&'static str> = Some(K::DESCRIPTION);
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = K::FEATURES;
}

/// The host's note ports as the engine wants them.
struct HostNotes<'a, K, C>(&'a mut C, PhantomData<K>);

impl<K: Kind, C: ProcessContext<Instance<K>>> NoteIo for HostNotes<'_, K, C> {
    fn receive(&mut self) -> Option<NoteEvent<()>> {
        self.0.next_event()
    }

    fn send(&mut self, event: NoteEvent<()>) -> bool {
        self.0.try_send_event(event).is_ok()
    }
}

clap_wrapper::export_vst3!();
clap_wrapper::export_auv2!();
