//! The window in a host: nice-plug's editor around [`Window`], and its parameters as [`Controls`].

mod closing;
#[cfg(target_os = "linux")]
mod frame_events;
mod polling;
mod resizing;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use egui::{Context, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{
    Editor, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints, SpawnedEditor,
};
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, KeyCapture, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};
use parking_lot::Mutex;

use self::closing::{Alive, OpenWindow, SCALES, WindowHandle, thread_end};
use self::polling::Polling;
use self::resizing::WantedSize;
use super::drag_out::{DragSource, TITLE};
use super::drop_in::{DropTarget, DroppedFiles, Drops, Hovering};
use super::{Controls, SMALLEST, Transport, Window, keys};
use crate::parameters::{Control, Parameters};
use crate::studio::Studio;

/// Where the host is, asked once a frame.
pub type TransportQuery = Arc<dyn Fn() -> Transport + Send + Sync>;

/// What the plugin gives the host for a window. It opens in the size that the document remembers.
pub struct HostEditor {
    parameters: Arc<Parameters>,
    studio: Arc<Studio>,
    transport: TransportQuery,
    /// Kept while the window is closed: scroll position, selection, what was copied.
    window: Arc<Mutex<Window>>,
    /// What is open, or was last.
    opened: Mutex<Option<Opened>>,
}

/// A window's size.
struct Opened {
    state: Arc<EguiEditorState>,
    /// Pixels to a logical one: the window knows them before the first frame, `state` later.
    scale: Arc<Mutex<f64>>,
}

impl HostEditor {
    /// `name` is the plugin's, as the window shows it.
    pub fn new(
        parameters: Arc<Parameters>,
        studio: Arc<Studio>,
        transport: TransportQuery,
        name: &'static str,
    ) -> HostEditor {
        HostEditor {
            parameters,
            studio,
            transport,
            window: Arc::new(Mutex::new(Window::named(name))),
            opened: Mutex::new(None),
        }
    }

    fn remembered_size(&self) -> LogicalSize<f32> {
        let window_settings = self.studio.snapshot().window_settings;
        LogicalSize::new(
            f32::from(window_settings.width).max(SMALLEST.x),
            f32::from(window_settings.height).max(SMALLEST.y),
        )
    }
}

impl Editor for HostEditor {
    type Handle = WindowHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<WindowHandle>, Box<dyn Error>> {
        let size = self.remembered_size();
        let state = EguiEditorState::from_size(size, 1.0);
        let scale = Arc::new(Mutex::new(1.0));
        let opened = Opened { state: Arc::clone(&state), scale: Arc::clone(&scale) };
        *self.opened.lock() = Some(opened);
        let repaint = RepaintNotifier::new();
        let (alive, end) = thread_end();
        let wanted_size = WantedSize::default();
        let app = App {
            parameters: Arc::clone(&self.parameters),
            studio: Arc::clone(&self.studio),
            transport: Arc::clone(&self.transport),
            window: Arc::clone(&self.window),
            host: None,
            repaint: repaint.clone(),
            scale: Arc::clone(&scale),
            drops: None,
            polling: Polling::default(),
            wanted_size: wanted_size.clone(),
            alive: Some(alive),
        };
        let settings = EguiNiceSettings {
            title: TITLE.to_owned(),
            resize_hint: self.resize_hint(),
            ..EguiNiceSettings::default()
        };
        let editor: Option<EguiEditor<App>> = create_egui_editor(state, repaint, settings, app);
        let spawned = editor.ok_or("no window could be made")?.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor.filter(|scale| SCALES.contains(scale)),
            gui_context,
            host.map(|host| wanted_size.only(host)),
        )?;
        let scale_factor = spawned.window.size().scale_factor;
        *scale.lock() = scale_factor;
        if cfg!(target_os = "linux") {
            // Where the host alone names the scale, the library makes the window as if it were 1.
            let wanted = NativeSize::<u32>::from_size(size.into(), scale_factor);
            let made = spawned.window.size().physical;
            if (made.width, made.height) != (wanted.width, wanted.height) {
                spawned.window.resize(wanted)?;
            }
        }
        Ok(SpawnedEditor {
            handle: WindowHandle { handle: spawned.handle, scale, resize_hint: self.resize_hint() },
            window: OpenWindow::new(spawned.window, end),
        })
    }

    fn size(&self) -> NativeSize<u32> {
        match &*self.opened.lock() {
            Some(Opened { state, scale }) if state.is_open() => {
                NativeSize::from_size(state.size(), *scale.lock())
            }
            // Before the window opens its scale is not known.
            _ => NativeSize::from_size(self.remembered_size().into(), 1.0),
        }
    }

    fn resize_hint(&self) -> ResizeHint {
        ResizeHint {
            can_resize: true,
            can_resize_horizontally: true,
            can_resize_vertically: true,
            size_constraints: SizeConstraints::min_logical_size(LogicalSize::new(
                SMALLEST.x, SMALLEST.y,
            )),
            ..ResizeHint::NON_RESIZABLE
        }
    }
}

/// The window while it is open.
struct App {
    parameters: Arc<Parameters>,
    studio: Arc<Studio>,
    transport: TransportQuery,
    window: Arc<Mutex<Window>>,
    host: Option<GuiContext>,
    repaint: RepaintNotifier,
    /// As in [`Opened`].
    scale: Arc<Mutex<f64>>,
    drops: Option<DropTarget>,
    polling: Polling,
    wanted_size: WantedSize,
    /// Until the window's thread is known.
    alive: Option<Alive>,
}

/// Hands drops on to the window, which knows what they mean.
struct WindowDrops {
    files: DroppedFiles,
    hovering: Hovering,
    repaint: RepaintNotifier,
}

impl Drops for WindowDrops {
    fn hover(&self, over: bool) {
        self.hovering.set(over);
        self.repaint.request_repaint();
    }

    fn take(&self, path: PathBuf) {
        self.files.push(path);
        self.repaint.request_repaint();
    }
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        ctx: Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        if let Some(alive) = self.alive.take() {
            alive.with_this_thread();
        }
        #[cfg(target_os = "linux")]
        frame_events::select(frame.baseview_window());
        let mut window = self.window.lock();
        window.open(&ctx);
        window.drag_source = DragSource::of(frame.baseview_window());
        self.host = Some(host);
        self.drops = Some(DropTarget::new(
            frame.baseview_window(),
            WindowDrops {
                files: window.dropped.clone(),
                hovering: window.hovering.clone(),
                repaint: self.repaint.clone(),
            },
        ));
        let repaint = self.repaint.clone();
        self.studio.on_change(Some(Arc::new(move || repaint.request_repaint())));
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        let Some(host) = self.host.clone() else { return };
        let controls = HostControls { parameters: &self.parameters, host: &host };
        let transport = (self.transport)();
        let mut window = self.window.lock();
        window.show(ui, &self.studio, &controls, transport);
        if let Some(size) = window.shared.wanted_size.take() {
            self.wanted_size.set(LogicalSize::new(size.x, size.y));
        }
        drop(window);
        // Space starts and stops the host; and what Drumlin does not use is the host's, too.
        let text = ui.ctx().text_edit_focused();
        frame.set_key_capture(if text {
            KeyCapture::CaptureAll
        } else {
            KeyCapture::CaptureKeys(keys::used(ui.input(|input| input.modifiers)))
        });
        // What this frame has begun counts.
        let view = self.studio.snapshot();
        if let Some(pause) = self.polling.pause(Instant::now(), &transport, &view) {
            // Not by egui, which forgets the longer of two pauses.
            frame.baseview_window().request_redraw_after(pause);
        }
    }

    fn resized(&mut self, size: WindowSize) {
        *self.scale.lock() = size.scale_factor;
        // The first frame may have been drawn before the host had shown the window: without
        // another one it would stay blank until something changes.
        self.repaint.request_repaint();
    }
}

impl Drop for App {
    /// The window has closed; nobody says so otherwise. What was auditioned in it ends with it: what is
    /// heard, and exported, is the part again.
    fn drop(&mut self) {
        self.studio.on_change(None);
        self.studio.stop_rehearsal();
        self.studio.stop_audition();
        self.studio.stop_preview();
    }
}

/// The host's parameters.
struct HostControls<'a> {
    parameters: &'a Parameters,
    host: &'a GuiContext,
}

impl Controls for HostControls<'_> {
    fn value(&self, control: Control) -> f32 {
        self.parameters.of(control).position()
    }

    fn default_value(&self, control: Control) -> f32 {
        self.parameters.of(control).default_position()
    }

    fn text(&self, control: Control) -> String {
        self.parameters.of(control).text()
    }

    fn parse(&self, control: Control, text: &str) -> Option<f32> {
        self.parameters.of(control).parse(text)
    }

    fn begin(&self, control: Control) {
        self.parameters.of(control).begin(&self.host.param_setter());
    }

    fn set(&self, control: Control, value: f32) {
        self.parameters.of(control).set(&self.host.param_setter(), value);
    }

    fn end(&self, control: Control) {
        self.parameters.of(control).end(&self.host.param_setter());
    }
}
