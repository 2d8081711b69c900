//! VST3: clap-wrapper's factory, whose instances are mended before a host sees them: [`instance`]
//! says how.
//!
//! The wrapper makes its factory and keeps a list of its instances without a lock. VST3 demands that
//! hosts make and drop them on one thread; some do not, and so [`LOCK`] is held meanwhile.
//!
//! The wrapper's archive has one object that defines `clap_wrapper_GetPluginFactory` and nothing
//! else; as it is defined here already, the linker takes this one. The version is pinned for that.
//!
//! What the host promises of its pointers, the wrapper is promised: every unsafe block rests on that.

#![allow(unsafe_code, reason = "VST3 is an interface in C++")]
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "each block hands on what the host promises of its pointers, as the top of the file says"
)]

mod instance;
mod lock;

use std::ffi::c_void;
use std::ptr;

use vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    char8, int32, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper};

use lock::LOCK;

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
    let _locked = LOCK.lock();
    // SAFETY: the factory comes with a reference of its own, which the pointer takes over.
    let wrapped = unsafe { ComPtr::from_raw(wrapped_factory()) };
    let wrapped = wrapped.and_then(|factory| factory.cast::<IPluginFactory3>());
    let made = wrapped.and_then(|wrapped| ComWrapper::new(Factory { wrapped }).to_com_ptr());
    made.map_or(ptr::null_mut(), ComPtr::<IPluginFactory>::into_raw)
}

/// Says under what hosts list a plugin, in place of what the wrapper makes of the CLAP's features: for
/// it a note effect is an instrument, and hosts that look for that word anywhere would take the effect
/// for one.
fn name_category(categories: &mut [char8]) {
    let effect = categories.starts_with(&b"Fx".map(|byte| byte as char8));
    let name: &[u8] = if effect { b"Fx" } else { b"Instrument|Drum" };
    categories.fill(0);
    for (place, byte) in categories.iter_mut().zip(name) {
        *place = *byte as char8;
    }
}

/// The wrapper's factory; making instances and naming their category is done here.
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
        let _locked = LOCK.lock();
        unsafe {
            let result = self.wrapped.createInstance(class, interface, instance);
            if result == kResultOk {
                instance::mend(*instance);
            }
            result
        }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        unsafe {
            let result = self.wrapped.getClassInfo2(index, info);
            if result == kResultOk {
                name_category(&mut (*info).subCategories);
            }
            result
        }
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        unsafe {
            let result = self.wrapped.getClassInfoUnicode(index, info);
            if result == kResultOk {
                name_category(&mut (*info).subCategories);
            }
            result
        }
    }

    unsafe fn setHostContext(&self, context: *mut FUnknown) -> tresult {
        unsafe { self.wrapped.setHostContext(context) }
    }
}
