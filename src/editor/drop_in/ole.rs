//! A drop target for Windows: OLE. A window has one target; the one of the window's library hears
//! of drops in vain and gives way to ours.

#![allow(unsafe_code, reason = "OLE is an interface in C++")]

use std::cell::Cell;
use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use nice_plug_egui::baseview::WindowContext;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use windows::Win32::Foundation::{HWND, POINTL};
use windows::Win32::System::Com::{DVASPECT_CONTENT, FORMATETC, IDataObject, TYMED_HGLOBAL};
use windows::Win32::System::Ole::{
    CF_HDROP, DROPEFFECT, DROPEFFECT_COPY, DROPEFFECT_NONE, IDropTarget, IDropTarget_Impl,
    RegisterDragDrop, ReleaseStgMedium, RevokeDragDrop,
};
use windows::Win32::System::SystemServices::MODIFIERKEYS_FLAGS;
use windows::Win32::UI::Shell::{DragQueryFileW, HDROP};
use windows::core::{Ref, Result, implement};

use super::super::drag_out::is_under_way;
use super::Drops;

/// A list of files, as memory.
const FILES: FORMATETC = FORMATETC {
    cfFormat: CF_HDROP.0,
    ptd: std::ptr::null_mut(),
    dwAspect: DVASPECT_CONTENT.0,
    lindex: -1,
    tymed: TYMED_HGLOBAL.0 as u32,
};

/// Nothing to be done at the end: the window's library revokes the target of its window, whichever
/// that is, before the window goes.
pub struct Target;

impl Target {
    /// To be called by the window's thread.
    pub fn of(window: &WindowContext, drops: impl Drops) -> Option<Target> {
        let RawWindowHandle::Win32(handle) = window.window_handle().ok()?.as_raw() else {
            return None;
        };
        let window = HWND(handle.hwnd.get() as *mut _);
        let target: IDropTarget =
            Session { drops: Box::new(drops), welcome: Cell::new(false) }.into();
        // SAFETY: the window is this thread's, which the library has prepared for OLE.
        unsafe {
            // Without a target there is none to give way.
            let _ = RevokeDragDrop(window);
            RegisterDragDrop(window, &target).ok()?;
        }
        Some(Target)
    }
}

#[implement(IDropTarget)]
struct Session {
    drops: Box<dyn Drops>,
    /// What is over the window brings files.
    welcome: Cell<bool>,
}

impl Session {
    /// What would come of a drop, among the effects that the source allows.
    fn answer(&self, effect: *mut DROPEFFECT) {
        // SAFETY: OLE lends it for the call.
        if let Some(effect) = unsafe { effect.as_mut() } {
            let taken = self.welcome.get() && effect.contains(DROPEFFECT_COPY);
            *effect = if taken { DROPEFFECT_COPY } else { DROPEFFECT_NONE };
        }
    }
}

impl IDropTarget_Impl for Session_Impl {
    fn DragEnter(
        &self,
        data: Ref<'_, IDataObject>,
        _keys: MODIFIERKEYS_FLAGS,
        _at: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        // SAFETY: the source answers a question.
        let brings = data.as_ref().is_some_and(|data| unsafe { data.QueryGetData(&FILES) }.is_ok());
        self.welcome.set(brings && !is_under_way());
        if self.welcome.get() {
            self.drops.hover(true);
        }
        self.answer(effect);
        Ok(())
    }

    fn DragOver(
        &self,
        _keys: MODIFIERKEYS_FLAGS,
        _at: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        self.answer(effect);
        Ok(())
    }

    fn DragLeave(&self) -> Result<()> {
        self.welcome.set(false);
        self.drops.hover(false);
        Ok(())
    }

    fn Drop(
        &self,
        data: Ref<'_, IDataObject>,
        _keys: MODIFIERKEYS_FLAGS,
        _at: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        self.drops.hover(false);
        self.answer(effect);
        if self.welcome.replace(false)
            && let Some(data) = data.as_ref()
        {
            for path in paths(data) {
                self.drops.take(path);
            }
        }
        Ok(())
    }
}

/// The files that a source brings.
fn paths(data: &IDataObject) -> Vec<PathBuf> {
    // SAFETY: the source gives what it has said it has, or an error; the memory is released behind
    // the last question.
    unsafe {
        let Ok(mut medium) = data.GetData(&FILES) else { return Vec::new() };
        let list = HDROP(medium.u.hGlobal.0);
        let paths = (0..DragQueryFileW(list, u32::MAX, None))
            .map(|file| {
                let mut name = vec![0; DragQueryFileW(list, file, None) as usize + 1];
                let length = DragQueryFileW(list, file, Some(&mut name)) as usize;
                PathBuf::from(OsString::from_wide(&name[..length.min(name.len())]))
            })
            .collect();
        ReleaseStgMedium(&mut medium);
        paths
    }
}
