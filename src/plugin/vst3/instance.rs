//! An instance of clap-wrapper's, mended: some functions of its interfaces are ours.
//!
//! - `IProcessContextRequirements`: the wrapper says that it needs nothing of the host's transport,
//!   though it hands on all of it. Hosts that believe that tell no tempo and no bars. Ours asks for
//!   what [`crate::plugin::HostTime`] reads.
//! - `IEditController`: the wrapper calls the host's component handler whenever the plugin asks its
//!   host to look at its values again, such as after a state was loaded, and does not ask whether
//!   there is one. Until a host brings its own, and after it has taken it away, there is one that
//!   does nothing.
//! - `IPluginBase`: a host may bring no context of its own; the wrapper's list of instances has no
//!   lock.
//! - `IAudioProcessor`: the wrapper reads as many inputs and outputs as the plugin has, whether the
//!   host brings them or not, and plays nothing where their channels are not as many as it expects.
//!   The plugins' input is optional: where there is none, it is silent. Without an output the sound
//!   goes nowhere. And the wrapper leaves an output's flags of silence as they were.
//!
//! What the host promises of its pointers, the wrapper is promised: every unsafe block rests on that, where
//! nothing else is said.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "each block hands on what the host promises of its pointers, as the top of the file says"
)]

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorVtbl, IComponent,
    IComponentHandler, IComponentHandlerTrait, IComponentVtbl, IEditController,
    IEditControllerTrait, IEditControllerVtbl, IProcessContextRequirements,
    IProcessContextRequirements_::Flags_, IProcessContextRequirementsVtbl, ParamID, ParamValue,
    ProcessData, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    FUnknown, IPluginBase, IPluginBaseVtbl, TBool, int32, kNotImplemented, tresult, uint32,
};
use vst3::{Class, ComRef, ComWrapper, Interface};

use super::lock::LOCK;

/// Channels of the plugins' input and output.
const CHANNELS: usize = 2;

/// The tables of functions, one for each interface: all instances are of one class.
static REQUIREMENTS: OnceLock<Table<IProcessContextRequirementsVtbl>> = OnceLock::new();
static BASE: OnceLock<Table<IPluginBaseVtbl>> = OnceLock::new();
static COMPONENT: OnceLock<Table<IComponentVtbl>> = OnceLock::new();
static CONTROLLER: OnceLock<Table<IEditControllerVtbl>> = OnceLock::new();
static PROCESSOR: OnceLock<Table<IAudioProcessorVtbl>> = OnceLock::new();

/// A table of an interface's functions, with the two words that C++ keeps before it.
#[repr(C)]
struct Table<V: 'static> {
    before: [usize; 2],
    ours: V,
    theirs: &'static V,
}

/// Mends an instance of the wrapper's.
///
/// # Safety
///
/// `instance` is an object of the wrapper's that nobody else has yet.
pub(super) unsafe fn mend(instance: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        alter::<IProcessContextRequirements>(instance, &REQUIREMENTS, |table| {
            table.getProcessContextRequirements = needed;
        });
        alter::<IComponent>(instance, &COMPONENT, |table| {
            table.base.initialize = initialize_component;
            table.base.terminate = terminate_component;
            table.setActive = set_active;
        });
        alter::<IEditController>(instance, &CONTROLLER, |table| {
            table.base.initialize = initialize_controller;
            table.base.terminate = terminate_controller;
            table.setComponentHandler = set_component_handler;
        });
        alter::<IPluginBase>(instance, &BASE, |table| {
            table.initialize = initialize_base;
            table.terminate = terminate_base;
        });
        alter::<IAudioProcessor>(instance, &PROCESSOR, |table| table.process = process);
        give_handler(instance);
    }
}

/// Puts a table of ours in place of an interface's: the interface is a part of the instance whose
/// first word points to the table of its functions, as in all of COM. What `change` leaves alone
/// stays the wrapper's.
///
/// # Safety
///
/// As [`mend`]. The object lives on while its part is referred to, and the part's table is as long
/// as the interface says, with two words before it in every C++ that Rust's targets know.
unsafe fn alter<I: Interface<Vtbl: Copy>>(
    instance: *mut c_void,
    place: &'static OnceLock<Table<I::Vtbl>>,
    change: impl FnOnce(&mut I::Vtbl),
) {
    unsafe {
        let Some(part) =
            ComRef::from_raw(instance.cast::<FUnknown>()).and_then(|instance| instance.cast::<I>())
        else {
            return;
        };
        let word: *mut *const I::Vtbl = part.as_ptr().cast();
        let table = place.get_or_init(|| {
            let theirs = &*word.read();
            let before = *word.read().cast::<[usize; 2]>().sub(1);
            let mut ours = *theirs;
            change(&mut ours);
            Table { before, ours, theirs }
        });
        // One part may answer for two interfaces; it is altered for the first of them.
        if ptr::eq(word.read(), table.theirs) {
            word.write(&table.ours);
        }
    }
}

/// What the wrapper's own function of a table is.
fn theirs<V, F>(table: &OnceLock<Table<V>>, function: impl FnOnce(&V) -> F) -> F {
    // No function of ours is called before it stands in a table.
    function(table.get().expect("the table that called").theirs)
}

/// Gives an instance a handler that does nothing.
unsafe fn give_handler(instance: *mut c_void) {
    unsafe {
        let controller = ComRef::from_raw(instance.cast::<FUnknown>())
            .and_then(|instance| instance.cast::<IEditController>());
        if let Some(controller) = controller {
            controller.setComponentHandler(ptr::null_mut());
        }
    }
}

unsafe extern "system" fn set_component_handler(
    this: *mut IEditController,
    handler: *mut IComponentHandler,
) -> tresult {
    let set = theirs(&CONTROLLER, |table| table.setComponentHandler);
    if !handler.is_null() {
        return unsafe { set(this, handler) };
    }
    let none = ComWrapper::new(NoHandler).to_com_ptr::<IComponentHandler>();
    // The instance keeps a reference of its own.
    unsafe { set(this, none.as_ref().map_or(ptr::null_mut(), |none| none.as_ptr())) }
}

/// The handler of a host that has none.
struct NoHandler;

impl Class for NoHandler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for NoHandler {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kNotImplemented
    }

    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kNotImplemented
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kNotImplemented
    }

    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        kNotImplemented
    }
}

type Initialize = unsafe extern "system" fn(*mut IPluginBase, *mut FUnknown) -> tresult;
type Terminate = unsafe extern "system" fn(*mut IPluginBase) -> tresult;

/// `context` may be null.
unsafe fn initialize(
    theirs: Initialize,
    this: *mut IPluginBase,
    context: *mut FUnknown,
) -> tresult {
    let _locked = LOCK.lock();
    if !context.is_null() {
        return unsafe { theirs(this, context) };
    }
    let none = ComWrapper::new(NoHandler).to_com_ptr::<FUnknown>();
    unsafe { theirs(this, none.as_ref().map_or(ptr::null_mut(), |none| none.as_ptr())) }
}

/// Takes the handler away as well; there may be calls to come, such as another `initialize`.
unsafe fn terminate(theirs: Terminate, this: *mut IPluginBase) -> tresult {
    let _locked = LOCK.lock();
    unsafe {
        let result = theirs(this);
        give_handler(this.cast());
        result
    }
}

unsafe extern "system" fn initialize_component(
    this: *mut IPluginBase,
    context: *mut FUnknown,
) -> tresult {
    unsafe { initialize(theirs(&COMPONENT, |table| table.base.initialize), this, context) }
}

unsafe extern "system" fn initialize_controller(
    this: *mut IPluginBase,
    context: *mut FUnknown,
) -> tresult {
    unsafe { initialize(theirs(&CONTROLLER, |table| table.base.initialize), this, context) }
}

unsafe extern "system" fn initialize_base(
    this: *mut IPluginBase,
    context: *mut FUnknown,
) -> tresult {
    unsafe { initialize(theirs(&BASE, |table| table.initialize), this, context) }
}

unsafe extern "system" fn terminate_component(this: *mut IPluginBase) -> tresult {
    unsafe { terminate(theirs(&COMPONENT, |table| table.base.terminate), this) }
}

unsafe extern "system" fn terminate_controller(this: *mut IPluginBase) -> tresult {
    unsafe { terminate(theirs(&CONTROLLER, |table| table.base.terminate), this) }
}

unsafe extern "system" fn terminate_base(this: *mut IPluginBase) -> tresult {
    unsafe { terminate(theirs(&BASE, |table| table.terminate), this) }
}

/// The wrapper enters the instance into its list, or takes it out.
unsafe extern "system" fn set_active(this: *mut IComponent, state: TBool) -> tresult {
    let _locked = LOCK.lock();
    unsafe { theirs(&COMPONENT, |table| table.setActive)(this, state) }
}

/// What a block's transport has to say for the drums to be in time.
const NEEDED: uint32 = (Flags_::kNeedProjectTimeMusic
    | Flags_::kNeedBarPositionMusic
    | Flags_::kNeedCycleMusic
    | Flags_::kNeedTempo
    | Flags_::kNeedTimeSignature
    | Flags_::kNeedTransportState) as uint32;

unsafe extern "system" fn needed(_this: *mut IProcessContextRequirements) -> uint32 {
    NEEDED
}

/// The longest block that can be silent; longer ones have no host that leaves the input out.
const LONGEST: usize = 1 << 16;

/// Zeros that nobody writes to.
struct Silence(UnsafeCell<[f32; LONGEST]>);

// SAFETY: it is only read: nice-plug copies its inputs.
unsafe impl Sync for Silence {}

static SILENCE: Silence = Silence(UnsafeCell::new([0.0; LONGEST]));

/// On the audio thread.
unsafe extern "system" fn process(this: *mut IAudioProcessor, data: *mut ProcessData) -> tresult {
    let process = theirs(&PROCESSOR, |table| table.process);
    let Some(&told) = (unsafe { data.as_ref() }) else { return unsafe { process(this, data) } };
    let mut told = told;
    let mut channels = [SILENCE.0.get().cast::<f32>(); CHANNELS];
    let mut input = bus(channels.as_mut_ptr());
    input.silenceFlags = (1 << CHANNELS) - 1;
    if !unsafe { brings_sound(&told) } && (0..=LONGEST as int32).contains(&told.numSamples) {
        told.numInputs = 1;
        told.inputs = &mut input;
    }
    let mut nowhere = bus(ptr::null_mut());
    if told.numOutputs < 1 || told.outputs.is_null() {
        told.numOutputs = 1;
        told.outputs = &mut nowhere;
    }
    // What stands there may be what an input in the same place said: hosts would hear no drums.
    // SAFETY: there is an output now.
    unsafe { (*told.outputs).silenceFlags = 0 };
    unsafe { process(this, &mut told) }
}

/// A bus with these channels, of which none is silent.
fn bus(channels: *mut *mut f32) -> AudioBusBuffers {
    AudioBusBuffers {
        numChannels: CHANNELS as int32,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 { channelBuffers32: channels },
    }
}

/// Whether a block has the input that the wrapper reads, or is of a kind that it refuses.
unsafe fn brings_sound(told: &ProcessData) -> bool {
    if told.symbolicSampleSize != SymbolicSampleSizes_::kSample32 as int32 {
        return true;
    }
    if told.numInputs < 1 || told.inputs.is_null() {
        return false;
    }
    // SAFETY: there is one, and its channels are as many as it says.
    unsafe {
        let input = &*told.inputs;
        let channels = input.__field0.channelBuffers32;
        input.numChannels == CHANNELS as int32
            && !channels.is_null()
            && (0..CHANNELS).all(|channel| !(*channels.add(channel)).is_null())
    }
}
