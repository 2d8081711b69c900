//! VST3: clap-wrapper's factory, with one thing mended before a host sees it.
//!
//! The wrapper says that it needs nothing of the host's transport (`IProcessContextRequirements` is
//! left at 0), though it hands on all of it. Hosts that believe that tell no tempo and no bars. Every
//! instance made here asks for what [`super::HostTime`] reads.
//!
//! What cannot be mended from here: the wrapper keeps a list of its instances without a lock. As VST3
//! demands, they have to be made and dropped on one thread.
//!
//! The wrapper's archive has one object that defines `clap_wrapper_GetPluginFactory` and nothing
//! else; as it is defined here already, the linker takes this one. The version is pinned for that.

use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

use vst3::Steinberg::Vst::{
    IProcessContextRequirements, IProcessContextRequirements_::Flags_,
    IProcessContextRequirementsVtbl,
};
use vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    int32, kResultOk, tresult, uint32,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

unsafe extern "system" {
    /// Where the wrapper's own `clap_wrapper_GetPluginFactory` gets its factory: C++, without a C
    /// name.
    #[cfg_attr(
        target_env = "msvc",
        link_name = "?GetPluginFactoryEntryPoint@@YAPEAVIPluginFactory@Steinberg@@XZ"
    )]
    #[cfg_attr(not(target_env = "msvc"), link_name = "_Z26GetPluginFactoryEntryPointv")]
    fn wrapped_factory() -> *mut IPluginFactory;
}

/// Names of folders that the wrapper asks Windows for. MinGW has them in a library that the wrapper
/// does not name, and its linker takes of a library only what was asked for before: here.
#[cfg(all(windows, target_env = "gnu"))]
mod folders {
    #[link(name = "uuid")]
    unsafe extern "C" {
        static FOLDERID_LocalAppData: [u8; 16];
        static FOLDERID_ProgramFilesCommon: [u8; 16];
    }

    #[used]
    // SAFETY: they are constants.
    static ASKED: [&[u8; 16]; 2] =
        unsafe { [&FOLDERID_LocalAppData, &FOLDERID_ProgramFilesCommon] };
}

/// What `GetPluginFactory` of the library gives the host.
#[unsafe(no_mangle)]
extern "system" fn clap_wrapper_GetPluginFactory() -> *mut IPluginFactory {
    // SAFETY: the factory comes with a reference of its own, which the pointer takes over.
    let wrapped = unsafe { ComPtr::from_raw(wrapped_factory()) };
    let wrapped = wrapped.and_then(|factory| factory.cast::<IPluginFactory3>());
    let made = wrapped.and_then(|wrapped| ComWrapper::new(Factory { wrapped }).to_com_ptr());
    made.map_or(ptr::null_mut(), ComPtr::<IPluginFactory>::into_raw)
}

/// The wrapper's factory; all but making instances is its own doing.
struct Factory {
    wrapped: ComPtr<IPluginFactory3>,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory3,);
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: here and below: what the host promises of its pointers is promised on.
        unsafe { self.wrapped.getFactoryInfo(info) }
    }

    unsafe fn countClasses(&self) -> int32 {
        unsafe { self.wrapped.countClasses() }
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        unsafe { self.wrapped.getClassInfo(index, info) }
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        instance: *mut *mut c_void,
    ) -> tresult {
        unsafe {
            let result = self.wrapped.createInstance(class, interface, instance);
            if result == kResultOk {
                ask_for_transport(*instance);
            }
            result
        }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        unsafe { self.wrapped.getClassInfo2(index, info) }
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        unsafe { self.wrapped.getClassInfoUnicode(index, info) }
    }

    unsafe fn setHostContext(&self, context: *mut FUnknown) -> tresult {
        unsafe { self.wrapped.setHostContext(context) }
    }
}

/// What a block's transport has to say for the drums to be in time.
const NEEDED: uint32 = (Flags_::kNeedProjectTimeMusic
    | Flags_::kNeedBarPositionMusic
    | Flags_::kNeedCycleMusic
    | Flags_::kNeedTempo
    | Flags_::kNeedTimeSignature
    | Flags_::kNeedTransportState) as uint32;

/// A table of the interface's functions, with the two words that C++ keeps before it.
#[repr(C)]
struct Table {
    before: [usize; 2],
    functions: IProcessContextRequirementsVtbl,
}

unsafe extern "system" fn needed(_this: *mut IProcessContextRequirements) -> uint32 {
    NEEDED
}

/// Lets an instance of the wrapper answer with [`NEEDED`]: the interface is a part of the instance
/// whose first word points to the table of its functions, as in all of COM; it gets a table of ours,
/// which has the wrapper's functions but for the one.
///
/// # Safety
///
/// `instance` is an object of the wrapper's that nobody else has yet.
unsafe fn ask_for_transport(instance: *mut c_void) {
    // The same for all instances: they are of one class.
    static TABLE: OnceLock<Table> = OnceLock::new();
    // SAFETY: the caller's promise; the object lives on while `requirements` refers to it, and its
    // table is as long as the interface says, with two words before it in every C++ that Rust's
    // targets know.
    unsafe {
        let Some(requirements) = ComRef::from_raw(instance.cast::<FUnknown>())
            .and_then(|instance| instance.cast::<IProcessContextRequirements>())
        else {
            return;
        };
        let part = requirements.as_ptr();
        let theirs = (*part).vtbl;
        let table = TABLE.get_or_init(|| Table {
            before: *theirs.cast::<[usize; 2]>().sub(1),
            functions: IProcessContextRequirementsVtbl {
                getProcessContextRequirements: needed,
                ..*theirs
            },
        });
        (*part).vtbl = &table.functions;
    }
}
