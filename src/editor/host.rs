//! The window in a host: nice-plug's editor around [`Window`], and its parameters as [`Controls`].

use std::error::Error;
use std::sync::Arc;

use egui::{Context, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{
    Editor, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints, SpawnedEditor,
};
use nice_plug::prelude::Param;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditor, EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, KeyCapture,
    NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use parking_lot::Mutex;

use super::{Control, Controls, SMALLEST, Transport, Window};
use crate::parameters::{CHANGES, Parameters};
use crate::studio::{Document, Studio};

/// The name of the plugin's window, by which a clip that is dragged out knows it.
pub const TITLE: &str = "Drumlin";

/// Where the host is, asked once a frame.
pub type AskTransport = Arc<dyn Fn() -> Transport + Send + Sync>;

/// What the plugin gives the host for a window. It opens in the size that the document remembers.
pub struct HostEditor {
    parameters: Arc<Parameters>,
    studio: Arc<Studio>,
    transport: AskTransport,
    /// Kept while the window is closed: scroll position, selection, what was copied.
    window: Arc<Mutex<Window>>,
    /// What is open, or was last.
    opened: Mutex<Option<Arc<EguiEditorState>>>,
}

impl HostEditor {
    pub fn new(
        parameters: Arc<Parameters>,
        studio: Arc<Studio>,
        transport: AskTransport,
    ) -> HostEditor {
        HostEditor {
            parameters,
            studio,
            transport,
            window: Arc::default(),
            opened: Mutex::new(None),
        }
    }

    fn remembered_size(&self) -> LogicalSize<f32> {
        let looks = self.studio.snapshot().looks;
        LogicalSize::new(
            f32::from(looks.width).max(SMALLEST.x),
            f32::from(looks.height).max(SMALLEST.y),
        )
    }
}

impl Editor for HostEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<EguiEditorHandle>, Box<dyn Error>> {
        let state = EguiEditorState::from_size(self.remembered_size(), 1.0);
        *self.opened.lock() = Some(Arc::clone(&state));
        let repaint = RepaintNotifier::new();
        let app = App {
            parameters: Arc::clone(&self.parameters),
            studio: Arc::clone(&self.studio),
            transport: Arc::clone(&self.transport),
            window: Arc::clone(&self.window),
            host: None,
            repaint: repaint.clone(),
            seen: None,
        };
        let settings = EguiNiceSettings {
            title: TITLE.to_owned(),
            resize_hint: self.resize_hint(),
            ..EguiNiceSettings::default()
        };
        let editor: Option<EguiEditor<App>> = create_egui_editor(state, repaint, settings, app);
        editor.ok_or("no window could be made")?.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )
    }

    fn size(&self) -> NativeSize<u32> {
        match &*self.opened.lock() {
            Some(state) if state.is_open() => {
                let size = state.physical_size();
                NativeSize::new(size.width, size.height)
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
    transport: AskTransport,
    window: Arc<Mutex<Window>>,
    host: Option<GuiContext>,
    repaint: RepaintNotifier,
    /// The document that the host was last told of.
    seen: Option<Arc<Document>>,
}

impl App {
    /// Hosts save a project whose parameters have changed; the count of changes is one.
    fn tell_changes(&mut self, host: &GuiContext) {
        let document = &self.studio.snapshot().document;
        let Some(seen) = self.seen.replace(Arc::clone(document)) else { return };
        if !Arc::ptr_eq(&seen, document) {
            let changes = &self.parameters.changes;
            let setter = host.param_setter();
            setter.begin_set_parameter(changes);
            setter.set_parameter(changes, (changes.value() + 1) % CHANGES);
            setter.end_set_parameter(changes);
        }
    }
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        ctx: Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        self.window.lock().open(&ctx);
        self.host = Some(host);
        // Space starts and stops the host, also while the grid has the keys.
        let space = nice_plug_egui::Key::Character(" ".to_owned());
        frame.set_key_capture(KeyCapture::IgnoreKeys(vec![space]));
        let repaint = self.repaint.clone();
        self.studio.on_change(Some(Arc::new(move || repaint.request_repaint())));
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        let Some(host) = self.host.clone() else { return };
        let controls = HostControls { parameters: &self.parameters, host: &host };
        let transport = (self.transport)();
        self.window.lock().show(ui, &self.studio, &controls, transport);
        self.tell_changes(&host);
        // The transport and automation have no other way to tell that they have changed.
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(50));
    }

    fn editor_closed(&mut self) {
        self.studio.on_change(None);
        self.host = None;
    }
}

/// The host's parameters.
struct HostControls<'a> {
    parameters: &'a Parameters,
    host: &'a GuiContext,
}

/// Does the same with whichever parameter a control is; they are of different types.
macro_rules! with_parameter {
    ($controls:expr, $control:expr, |$parameter:ident| $what:expr) => {{
        let parameters = $controls.parameters;
        match $control {
            Control::Style => {
                let $parameter = &parameters.style;
                $what
            }
            Control::Complexity => {
                let $parameter = &parameters.complexity;
                $what
            }
            Control::Intensity => {
                let $parameter = &parameters.intensity;
                $what
            }
            Control::FillAmount => {
                let $parameter = &parameters.fill_amount;
                $what
            }
            Control::FillComplexity => {
                let $parameter = &parameters.fill_complexity;
                $what
            }
            Control::Swing => {
                let $parameter = &parameters.swing;
                $what
            }
            Control::Humanise => {
                let $parameter = &parameters.humanise;
                $what
            }
            Control::Preview => {
                let $parameter = &parameters.level;
                $what
            }
            Control::Channel => {
                let $parameter = &parameters.channel;
                $what
            }
        }
    }};
}

impl Controls for HostControls<'_> {
    fn value(&self, control: Control) -> f32 {
        with_parameter!(self, control, |parameter| parameter.unmodulated_normalized_value())
    }

    fn default_value(&self, control: Control) -> f32 {
        with_parameter!(self, control, |parameter| parameter.default_normalized_value())
    }

    fn text(&self, control: Control) -> String {
        with_parameter!(self, control, |parameter| parameter
            .normalized_value_to_string(parameter.unmodulated_normalized_value(), true))
    }

    fn parse(&self, control: Control, text: &str) -> Option<f32> {
        with_parameter!(self, control, |parameter| parameter.string_to_normalized_value(text))
    }

    fn begin(&self, control: Control) {
        let setter = self.host.param_setter();
        with_parameter!(self, control, |parameter| setter.begin_set_parameter(parameter));
    }

    fn set(&self, control: Control, value: f32) {
        let setter = self.host.param_setter();
        with_parameter!(self, control, |parameter| setter
            .set_parameter_normalized(parameter, value));
    }

    fn end(&self, control: Control) {
        let setter = self.host.param_setter();
        with_parameter!(self, control, |parameter| setter.end_set_parameter(parameter));
    }
}
