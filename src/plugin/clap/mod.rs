//! CLAP: what the library exports, and notes in a dialect that the host understands.
//!
//! nice-plug declares both note ports for CLAP's own note events and for MIDI, and hears both. What
//! it sends are CLAP's own always: a host that knows MIDI alone got no drums. Hosts say what they know
//! (`supported_dialects` of the extension `note-ports`), so every instance made here asks once, when
//! the host initialises it, and translates what goes out for those that know MIDI alone. Hosts
//! without the extension, such as clap-wrapper's VST3, get CLAP's own.
//!
//! A host that has nothing of the extension `gui` is shown no window: nice-plug expects the host's
//! side of it. And where a host brings no sound to an input that it may leave out, what is in its
//! output's buffers is silenced first: nice-plug plays into them as they are. Of ports with more channels
//! than two it gets two, and none of those that leave one out.
//!
//! Ardour takes the size that a window says that it has for the smallest one that its frame may have. There
//! windows say their smallest, and ask for the one that they shall have once they are attached.
//!
//! What the plugin turns by itself goes out with each block and each flush, before nice-plug has them (see
//! `parameter_output`).
//!
//! Whether the host renders offline holds from its next block on: nice-plug would have the plugin started
//! anew before it knows, which hosts put off until they have rendered.
//!
//! A block that comes before the plugin was started, or behind its end, is refused: nice-plug would take the
//! host down with it.
//!
//! An instance is nice-plug's with six functions of ours, two of its window's and one of its parameters'.
//! nice-plug finds its own by `plugin_data` and by nothing else, so what the host holds may be larger than
//! nice-plug knows.
//!
//! What the host promises of its pointers, nice-plug is promised: every unsafe block rests on that, where
//! nothing else is said.

#![allow(unsafe_code, reason = "CLAP is an interface in C")]
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "each block hands on what the host promises of its pointers, as the top of the file says"
)]

#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char, c_void};
use std::ops::RangeInclusive;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::entry::clap_plugin_entry;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui, clap_plugin_gui, clap_window};
use clap_sys::ext::note_ports::{
    CLAP_EXT_NOTE_PORTS, CLAP_NOTE_DIALECT_CLAP, CLAP_NOTE_DIALECT_MIDI, clap_host_note_ports,
};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_host_params, clap_plugin_params};
use clap_sys::ext::render::{
    CLAP_EXT_RENDER, CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME, clap_plugin_render,
    clap_plugin_render_mode,
};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use clap_sys::version::CLAP_VERSION;
use nice_plug::prelude::ClapPlugin;
use nice_plug::wrapper::clap::{PluginDescriptor, Wrapper};
use nice_plug::wrapper::setup_logger;

use super::host::LinkRequest;
use super::host_link::HostLink;
use super::note_dialect::push_as_midi;
use super::parameter_output::{ParameterOutput, Place};
use super::{Drumlin, DrumlinFx};

/// Channels of the main ports.
const CHANNELS: u32 = 2;
/// Sample rates in Hz; what a host names beyond is a mistake, and no song would have a place in it.
const RATES: RangeInclusive<f64> = 1e3..=1e7;

/// Where hosts begin, and clap-wrapper.
#[unsafe(no_mangle)]
#[used]
pub static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(begin),
    deinit: Some(end),
    get_factory: Some(factory),
};

unsafe extern "C" fn begin(_path: *const c_char) -> bool {
    // The library has one log, whichever plugin sets it up.
    setup_logger::<Drumlin>();
    true
}

unsafe extern "C" fn end() {}

unsafe extern "C" fn factory(id: *const c_char) -> *const c_void {
    static FACTORY: clap_plugin_factory = clap_plugin_factory {
        get_plugin_count: Some(count),
        get_plugin_descriptor: Some(descriptor),
        create_plugin: Some(create),
    };
    // SAFETY: here and below: what a host hands over is as CLAP demands.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        (&raw const FACTORY).cast()
    } else {
        ptr::null()
    }
}

/// A plugin of the library: what a host may know before there is an instance, and how one is made.
struct Offer {
    descriptor: PluginDescriptor,
    make: unsafe fn(*const clap_host) -> *const clap_plugin,
}

fn offers() -> &'static [Offer] {
    static OFFERS: OnceLock<[Offer; 2]> = OnceLock::new();
    OFFERS.get_or_init(|| [offer::<Drumlin>(), offer::<DrumlinFx>()])
}

fn offer<P: ClapPlugin<BackgroundTask = LinkRequest>>() -> Offer {
    Offer { descriptor: PluginDescriptor::for_plugin::<P>(), make: Instance::make::<P> }
}

unsafe extern "C" fn count(_factory: *const clap_plugin_factory) -> u32 {
    offers().len() as u32
}

unsafe extern "C" fn descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    let offer = offers().get(index as usize);
    offer.map_or(ptr::null(), |offer| offer.descriptor.clap_plugin_descriptor())
}

unsafe extern "C" fn create(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: what is no null pointer is what CLAP says.
    if id.is_null() || unsafe { host.as_ref() }.is_none_or(|host| host.get_extension.is_none()) {
        return ptr::null();
    }
    let id = unsafe { CStr::from_ptr(id) };
    let offer = offers().iter().find(|offer| offer.descriptor.clap_id() == id);
    offer.map_or(ptr::null(), |offer| unsafe { (offer.make)(host) })
}

/// What a host's pointer to a plugin points to.
#[repr(C)]
struct Instance {
    /// All that the host knows of; has to be first.
    ours: clap_plugin,
    /// The same as nice-plug made it.
    theirs: clap_plugin,
    host: *const clap_host,
    /// Whether blocks may come.
    is_active: AtomicBool,
    /// Whether notes have to go out as MIDI. Known once the host has initialised the instance, as
    /// what follows.
    speaks_midi: AtomicBool,
    /// Whether the host has its side of a window.
    has_windows: AtomicBool,
    /// The window's functions, ours and as nice-plug made them, where the host needs ours.
    gui: OnceLock<[clap_plugin_gui; 2]>,
    /// The parameters' functions, likewise.
    params: OnceLock<[clap_plugin_params; 2]>,
    output: ParameterOutput,
    link: Arc<HostLink>,
}

impl Instance {
    unsafe fn make<P>(host: *const clap_host) -> *const clap_plugin
    where
        P: ClapPlugin<BackgroundTask = LinkRequest>,
    {
        let made = unsafe { Wrapper::<P>::new(host) };
        let link = host_link(&made);
        let output = parameter_output(&made, Arc::clone(&link));
        let theirs = *made.clap_plugin.borrow();
        // Given back by nice-plug's `destroy`.
        let _ = Arc::into_raw(made);
        let ours = clap_plugin {
            init: Some(init),
            destroy: Some(destroy),
            activate: Some(activate),
            deactivate: Some(deactivate),
            process: Some(process),
            get_extension: Some(extension),
            ..theirs
        };
        let [speaks_midi, is_active, has_windows] = [const { AtomicBool::new(false) }; 3];
        let (gui, params) = (OnceLock::new(), OnceLock::new());
        let instance = Instance {
            ours,
            theirs,
            host,
            speaks_midi,
            is_active,
            has_windows,
            gui,
            params,
            output,
            link,
        };
        Box::into_raw(Box::new(instance)).cast()
    }

    /// # Safety
    ///
    /// `plugin` came from [`Instance::make`] and was not destroyed.
    unsafe fn of<'a>(plugin: *const clap_plugin) -> &'a Instance {
        unsafe { &*plugin.cast() }
    }
}

/// An instance's way to the host.
fn host_link<P>(made: &Wrapper<P>) -> Arc<HostLink>
where
    P: ClapPlugin<BackgroundTask = LinkRequest>,
{
    let (ask, answer) = channel();
    (made.task_executor.lock())(LinkRequest(ask));
    answer.try_recv().unwrap_or_default()
}

/// What the plugin turns by itself, in the host's words.
fn parameter_output<P: ClapPlugin>(made: &Wrapper<P>, link: Arc<HostLink>) -> ParameterOutput {
    let places = made.param_ptr_to_hash.iter().filter_map(|(&parameter, &host_id)| {
        let id = made.param_id_from_ptr(parameter)?.to_owned();
        Some(Place { id, host_id, parameter })
    });
    ParameterOutput::new(link, places.collect())
}

unsafe extern "C" fn init(plugin: *const clap_plugin) -> bool {
    let instance = unsafe { Instance::of(plugin) };
    if !instance.theirs.init.is_some_and(|init| unsafe { init(plugin) }) {
        return false;
    }
    let speaks_midi = unsafe { knows_midi_alone(instance.host) };
    instance.speaks_midi.store(speaks_midi, Ordering::Relaxed);
    let has_windows = unsafe { has_windows(instance.host) };
    instance.has_windows.store(has_windows, Ordering::Relaxed);
    let params = unsafe { host_extension::<clap_host_params>(instance.host, CLAP_EXT_PARAMS) };
    if let Some(request) = params.and_then(|params| params.request_flush) {
        // `destroy` has it forgotten.
        unsafe { instance.output.ask_host(instance.host, request) };
    }
    true
}

/// On any thread.
unsafe extern "C" fn extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    let instance = unsafe { Instance::of(plugin) };
    let Some(extension) = instance.theirs.get_extension else { return ptr::null() };
    let theirs = unsafe { extension(plugin, id) };
    if id.is_null() {
        return theirs;
    }
    let id = unsafe { CStr::from_ptr(id) };
    if id == CLAP_EXT_RENDER {
        return (&raw const RENDER).cast();
    }
    if id == CLAP_EXT_PARAMS {
        return match unsafe { theirs.cast::<clap_plugin_params>().as_ref() } {
            Some(theirs) => {
                let ours = clap_plugin_params { flush: Some(flush), ..*theirs };
                (&raw const instance.params.get_or_init(|| [ours, *theirs])[0]).cast()
            }
            None => theirs,
        };
    }
    if id != CLAP_EXT_GUI {
        return theirs;
    }
    if !instance.has_windows.load(Ordering::Relaxed) {
        return ptr::null();
    }
    match unsafe { theirs.cast::<clap_plugin_gui>().as_ref() } {
        Some(theirs) if unsafe { never_shrinks(instance.host) } => {
            let (set_parent, get_size) = (Some(set_parent as _), Some(get_size as _));
            let ours = clap_plugin_gui { set_parent, get_size, ..*theirs };
            (&raw const instance.gui.get_or_init(|| [ours, *theirs])[0]).cast()
        }
        _ => theirs,
    }
}

static RENDER: clap_plugin_render = clap_plugin_render {
    has_hard_realtime_requirement: Some(needs_real_time),
    set: Some(set_render_mode),
};

unsafe extern "C" fn needs_real_time(_plugin: *const clap_plugin) -> bool {
    false
}

unsafe extern "C" fn set_render_mode(
    plugin: *const clap_plugin,
    mode: clap_plugin_render_mode,
) -> bool {
    let instance = unsafe { Instance::of(plugin) };
    instance.link.set_offline(mode == CLAP_RENDER_OFFLINE);
    [CLAP_RENDER_REALTIME, CLAP_RENDER_OFFLINE].contains(&mode)
}

/// Whether a host takes a window's size for its smallest: Ardour, and Mixbus, which is made from it.
unsafe fn never_shrinks(host: *const clap_host) -> bool {
    let name = unsafe { (*host).name };
    let name = if name.is_null() { c"" } else { unsafe { CStr::from_ptr(name) } };
    [&b"Ardour"[..], b"Mixbus"].iter().any(|known| name.to_bytes().starts_with(known))
}

/// Attaches the window, and asks the host to make it as large as it was last.
unsafe extern "C" fn set_parent(plugin: *const clap_plugin, window: *const clap_window) -> bool {
    let instance = unsafe { Instance::of(plugin) };
    let Some([_, theirs]) = instance.gui.get() else { return false };
    let Some(set_parent) = theirs.set_parent else { return false };
    if !unsafe { set_parent(plugin, window) } {
        return false;
    }
    let (mut width, mut height) = (0, 0);
    let wanted =
        theirs.get_size.is_some_and(|size| unsafe { size(plugin, &mut width, &mut height) });
    let host = unsafe { host_extension::<clap_host_gui>(instance.host, CLAP_EXT_GUI) };
    if wanted && let Some(request) = host.and_then(|host| host.request_resize) {
        unsafe { request(instance.host, width, height) };
    }
    true
}

/// The smallest size that the window may have; its own while there is none.
unsafe extern "C" fn get_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    let instance = unsafe { Instance::of(plugin) };
    let Some([_, theirs]) = instance.gui.get() else { return false };
    // What is too small becomes the smallest.
    let (mut least_width, mut least_height) = (1, 1);
    let adjust = theirs.adjust_size;
    if !width.is_null()
        && !height.is_null()
        && adjust
            .is_some_and(|adjust| unsafe { adjust(plugin, &mut least_width, &mut least_height) })
    {
        unsafe { (*width, *height) = (least_width, least_height) };
        return true;
    }
    theirs.get_size.is_some_and(|size| unsafe { size(plugin, width, height) })
}

/// What a host has of an extension, asked on the main thread.
unsafe fn host_extension<'a, T>(host: *const clap_host, id: &CStr) -> Option<&'a T> {
    unsafe {
        let extension = (*host).get_extension?;
        extension(host, id.as_ptr()).cast::<T>().as_ref()
    }
}

/// Whether a host has all that nice-plug calls of a window's host.
unsafe fn has_windows(host: *const clap_host) -> bool {
    let gui = unsafe { host_extension::<clap_host_gui>(host, CLAP_EXT_GUI) };
    gui.is_some_and(|gui| gui.request_resize.is_some() && gui.closed.is_some())
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    let instance = unsafe { Instance::of(plugin) };
    instance.output.forget_host();
    if let Some(destroy) = instance.theirs.destroy {
        unsafe { destroy(plugin) };
    }
    // SAFETY: made in `make`, and the host lets go of it with this call.
    drop(unsafe { Box::from_raw(plugin.cast_mut().cast::<Instance>()) });
}

unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    rate: f64,
    shortest: u32,
    longest: u32,
) -> bool {
    let instance = unsafe { Instance::of(plugin) };
    let activate = instance.theirs.activate.filter(|_| RATES.contains(&rate));
    let is_active =
        activate.is_some_and(|activate| unsafe { activate(plugin, rate, shortest, longest) });
    instance.is_active.store(is_active, Ordering::Release);
    is_active
}

unsafe extern "C" fn deactivate(plugin: *const clap_plugin) {
    let instance = unsafe { Instance::of(plugin) };
    instance.is_active.store(false, Ordering::Release);
    if let Some(deactivate) = instance.theirs.deactivate {
        unsafe { deactivate(plugin) };
    }
}

/// Asks on the main thread whether a host knows MIDI but not CLAP's own note events.
unsafe fn knows_midi_alone(host: *const clap_host) -> bool {
    let ports = unsafe { host_extension::<clap_host_note_ports>(host, CLAP_EXT_NOTE_PORTS) };
    let Some(supported) = ports.and_then(|ports| ports.supported_dialects) else { return false };
    let dialects = unsafe { supported(host) };
    dialects & (CLAP_NOTE_DIALECT_CLAP | CLAP_NOTE_DIALECT_MIDI) == CLAP_NOTE_DIALECT_MIDI
}

/// On the audio thread, or on the main thread while nothing is processed.
unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let instance = unsafe { Instance::of(plugin) };
    unsafe { instance.output.send(output) };
    if let Some(flush) = instance.params.get().and_then(|[_, theirs]| theirs.flush) {
        unsafe { flush(plugin, input, output) };
    }
}

/// On the audio thread.
unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    let instance = unsafe { Instance::of(plugin) };
    let is_active = instance.is_active.load(Ordering::Acquire);
    let Some(process) = instance.theirs.process.filter(|_| is_active) else {
        return CLAP_PROCESS_ERROR;
    };
    let Some(&told) = (unsafe { block.as_ref() }) else { return CLAP_PROCESS_ERROR };
    unsafe { instance.output.send(told.out_events) };
    let input = unsafe { main_port(told.audio_inputs, told.audio_inputs_count) };
    let output = unsafe { main_port(told.audio_outputs, told.audio_outputs_count) };
    let mut output = output.filter(|port| port.channel_count == CHANNELS);
    // What stands there may be what an input in the same place said: hosts would hear no drums.
    let host_port = unsafe { told.audio_outputs.as_mut() };
    if let Some(port) = host_port.filter(|_| told.audio_outputs_count > 0) {
        port.constant_mask = 0;
    }
    // What nice-plug does not write is silent.
    let from = if input.is_some() && output.is_some() { CHANNELS } else { 0 };
    unsafe { silence(told.audio_outputs, told.audio_outputs_count, from, told.frames_count) };
    let mut told = clap_process {
        audio_inputs: input.as_ref().map_or(ptr::null(), ptr::from_ref),
        audio_inputs_count: u32::from(input.is_some()),
        audio_outputs_count: u32::from(output.is_some()),
        audio_outputs: output.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
        ..told
    };
    let interpreter =
        clap_output_events { ctx: told.out_events.cast_mut().cast(), try_push: Some(push_as_midi) };
    if !told.out_events.is_null() && instance.speaks_midi.load(Ordering::Relaxed) {
        told.out_events = &interpreter;
    }
    unsafe { process(plugin, &told) }
}

/// A host's main port with as many of its channels as nice-plug takes; `None` where the host brings none,
/// or leaves out one of them.
unsafe fn main_port(port: *const clap_audio_buffer, count: u32) -> Option<clap_audio_buffer> {
    // A count of 0 says that the pointer says nothing.
    let port = unsafe { port.as_ref() }.filter(|port| count > 0 && !port.data32.is_null())?;
    let channel_count = port.channel_count.min(CHANNELS);
    let is_there = |channel: u32| !unsafe { *port.data32.add(channel as usize) }.is_null();
    let is_whole = channel_count > 0 && (0..channel_count).all(is_there);
    is_whole.then_some(clap_audio_buffer { channel_count, ..*port })
}

/// Silences the channels of a host's main output from one on, as far as they are there.
unsafe fn silence(port: *const clap_audio_buffer, count: u32, from: u32, frames: u32) {
    // A count of 0 says that the pointer says nothing.
    let port = unsafe { port.as_ref() }.filter(|port| count > 0 && !port.data32.is_null());
    let Some(output) = port else { return };
    for channel in from..output.channel_count {
        let samples = unsafe { *output.data32.add(channel as usize) };
        if !samples.is_null() {
            unsafe { ptr::write_bytes(samples, 0, frames as usize) };
        }
    }
}
