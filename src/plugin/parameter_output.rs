//! Parameters that the plugin turns by itself, on their way out to a CLAP host.
//!
//! nice-plug hands out what a window turns, and nothing else: what comes without one goes to the
//! host's list of events here, in a block or in a flush.

#![allow(unsafe_code, reason = "CLAP is an interface in C")]

use std::ptr;
use std::sync::Arc;

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_IS_LIVE, CLAP_EVENT_PARAM_GESTURE_BEGIN,
    CLAP_EVENT_PARAM_GESTURE_END, CLAP_EVENT_PARAM_VALUE, clap_event_header,
    clap_event_param_gesture, clap_event_param_value, clap_output_events,
};
use clap_sys::host::clap_host;
use clap_sys::id::clap_id;
use nice_plug::params::internals::ParamPtr;

use super::host_link::HostLink;

/// A parameter as the plugin, the host and nice-plug know it.
pub struct Place {
    /// The plugin's.
    pub id: String,
    /// The host's.
    pub host_id: clap_id,
    /// nice-plug's.
    pub parameter: ParamPtr,
}

/// The parameters of one instance.
pub struct ParameterOutput {
    link: Arc<HostLink>,
    places: Vec<Place>,
}

/// What a host is asked for a flush with.
struct Asking {
    host: *const clap_host,
    request: unsafe extern "C" fn(*const clap_host),
}

// SAFETY: CLAP lets every thread ask but the audio thread.
unsafe impl Send for Asking {}

impl Asking {
    fn ask(&self) {
        // SAFETY: the host is there until `ParameterOutput::forget_host`.
        unsafe { (self.request)(self.host) };
    }
}

impl ParameterOutput {
    /// Hands out what `link` is left, for parameters that live as long as this.
    pub fn new(link: Arc<HostLink>, places: Vec<Place>) -> ParameterOutput {
        ParameterOutput { link, places }
    }

    /// Asks the host for a flush whenever there is something to hand out.
    ///
    /// # Safety
    /// The host has to be there until [`ParameterOutput::forget_host`] was called.
    pub unsafe fn ask_host(
        &self,
        host: *const clap_host,
        request: unsafe extern "C" fn(*const clap_host),
    ) {
        let asking = Asking { host, request };
        self.link.flush_with(Some(Box::new(move || asking.ask())));
    }

    /// No longer asks it.
    pub fn forget_host(&self) {
        self.link.flush_with(None);
    }

    /// Turns what is to be turned and tells the host, on the first sample. On the audio thread, or while
    /// nothing is processed.
    ///
    /// # Safety
    /// `out` is null or the host's list.
    pub unsafe fn send(&self, out: *const clap_output_events) {
        // SAFETY: the caller's promise.
        let Some(push) = unsafe { out.as_ref() }.and_then(|list| list.try_push) else { return };
        self.link.take_turns(|id, position| {
            let Some(place) = self.places.iter().find(|place| place.id == id) else { return };
            // SAFETY: the parameters are there as long as the instance, the list is the host's, and each
            // event is what its type says. What does not fit in is the host's loss alone.
            unsafe {
                place.parameter._internal_set_normalized_value(position);
                let [begin, end] = gesture(place.host_id);
                let steps = place.parameter.step_count().unwrap_or(1) as f64;
                let value = value(place.host_id, f64::from(position) * steps);
                push(out, &begin.header);
                push(out, &value.header);
                push(out, &end.header);
            }
        });
    }
}

fn header(type_: u16, size: usize) -> clap_event_header {
    clap_event_header {
        size: size as u32,
        time: 0,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_,
        flags: CLAP_EVENT_IS_LIVE,
    }
}

fn gesture(param_id: clap_id) -> [clap_event_param_gesture; 2] {
    let size = size_of::<clap_event_param_gesture>();
    [CLAP_EVENT_PARAM_GESTURE_BEGIN, CLAP_EVENT_PARAM_GESTURE_END]
        .map(|type_| clap_event_param_gesture { header: header(type_, size), param_id })
}

fn value(param_id: clap_id, value: f64) -> clap_event_param_value {
    clap_event_param_value {
        header: header(CLAP_EVENT_PARAM_VALUE, size_of::<clap_event_param_value>()),
        param_id,
        cookie: ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value,
    }
}
