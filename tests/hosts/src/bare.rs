//! A CLAP host that has no extension at all.

use std::ffi::CStr;
use std::path::Path;

use clack_extensions::gui::PluginGui;
use clack_extensions::params::PluginParams;
use clack_extensions::state::PluginState;
use clack_host::prelude::*;

use crate::BoxError;
use crate::clap::load;

const FRAMES: usize = 512;

/// Offers nothing.
struct Bare;

/// Hears nothing.
struct Deaf;

impl SharedHandler<'_> for Deaf {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

impl HostHandlers for Bare {
    type Shared<'a> = Deaf;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

/// Loads states, asks for parameters, starts, plays and stops a plugin a few times, by its id. What
/// it has played at last, without an input.
pub fn play(file: &Path, id: &CStr) -> Result<[Vec<f32>; 2], BoxError> {
    let entry = load(file)?;
    let host = HostInfo::new("A bare host", "Drumlin", "", "1")?;
    let mut instance = PluginInstance::<Bare>::new(|_| Deaf, |_| (), &entry, id, &host)?;
    let handle = instance.plugin_handle();
    let state: PluginState = handle.get_extension().ok_or("no state")?;
    let params: PluginParams = handle.get_extension().ok_or("no parameters")?;
    if handle.get_extension::<PluginGui>().is_some() {
        return Err("a window for a host that has no side of it".into());
    }
    let configuration = PluginAudioConfiguration {
        sample_rate: 48_000.0,
        min_frames_count: 1,
        max_frames_count: FRAMES as u32,
    };
    let mut saved = Vec::new();
    state.save(&instance.plugin_handle(), &mut saved)?;
    let mut sides = [vec![0.0; FRAMES], vec![0.0; FRAMES]];
    for _ in 0..3 {
        state.load(&instance.plugin_handle(), &mut &saved[..])?;
        if params.count(&instance.plugin_handle()) == 0 {
            return Err("no parameters".into());
        }
        let stopped = instance.activate(|_, _| (), configuration)?;
        let mut processor = stopped.start_processing().map_err(|_| "it did not start")?;
        state.load(&instance.plugin_handle(), &mut &saved[..])?;
        // What lay in the buffers before may be anything.
        sides.iter_mut().for_each(|side| side.fill(f32::NAN));
        let mut ports = AudioPorts::with_capacity(2, 1);
        let mut output = ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                sides.iter_mut().map(|side| side.as_mut_slice()),
            ),
        }]);
        let (input, mut events) = (EventBuffer::new(), EventBuffer::with_capacity(16));
        processor.process(
            &InputAudioBuffers::empty(),
            &mut output,
            &input.as_input(),
            &mut events.as_output(),
            None,
            None,
        )?;
        instance.deactivate(processor.stop_processing());
        instance.call_on_main_thread_callback();
    }
    Ok(sides)
}
