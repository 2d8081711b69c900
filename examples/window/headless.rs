//! The window on no screen, for pictures and for measurements. Tests have egui's own kit
//! (`src/editor/tests`); that one describes every frame for screen readers, which would be measured too,
//! and keeps the textures to itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use drumlin::editor::{Controls, Transport, Window};
use drumlin::parameters::Control;
use drumlin::studio::Studio;
use egui::{Context, Event, FullOutput, Id, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2};

/// Controls with nobody behind them.
#[derive(Default)]
pub struct HostValues(RefCell<HashMap<Control, f32>>);

impl Controls for HostValues {
    fn value(&self, control: Control) -> f32 {
        self.0.borrow().get(&control).copied().unwrap_or(self.default_value(control))
    }

    fn default_value(&self, control: Control) -> f32 {
        match control {
            Control::Style | Control::Swing => 0.0,
            Control::Preview => 0.7,
            Control::Channel => 9.0 / 15.0,
            Control::MidiOut => 0.0,
            Control::Through | Control::Listen => 1.0,
            _ => 0.5,
        }
    }

    fn text(&self, control: Control) -> String {
        format!("{:.0} %", self.value(control) * 100.0)
    }

    fn parse(&self, _control: Control, text: &str) -> Option<f32> {
        let number: f32 = text.trim().trim_end_matches('%').trim().parse().ok()?;
        Some((number / 100.0).clamp(0.0, 1.0))
    }

    fn begin(&self, _control: Control) {}

    fn set(&self, control: Control, value: f32) {
        self.0.borrow_mut().insert(control, value);
    }

    fn end(&self, _control: Control) {}
}

/// A window of one size on a screen of one scale.
pub struct Headless {
    pub ctx: Context,
    pub window: Window,
    pub studio: Arc<Studio>,
    pub controls: HostValues,
    pub transport: Transport,
    pub size: Vec2,
    pub scale: f32,
    /// Seconds, of this frame and from frame to frame.
    pub time: f64,
    pub step: f64,
}

impl Headless {
    pub fn new(studio: &Arc<Studio>, size: Vec2, scale: f32) -> Headless {
        let ctx = Context::default();
        let mut window = Window::new();
        window.open(&ctx);
        Headless {
            ctx,
            window,
            studio: Arc::clone(studio),
            controls: HostValues::default(),
            transport: Transport::default(),
            size,
            scale,
            time: 0.0,
            step: 0.25,
        }
    }

    pub fn frame(&mut self, events: Vec<Event>) -> FullOutput {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        self.time += self.step;
        let viewport = input.viewports.entry(input.viewport_id).or_default();
        viewport.native_pixels_per_point = Some(self.scale);
        let Headless { ctx, window, studio, controls, transport, .. } = self;
        ctx.run_ui(input, |ui| window.show(ui, studio, &*controls, *transport))
    }

    /// The events of a click on a widget of the last frame, a frame each; none if it is not shown.
    pub fn click(&self, widget: Id) -> Vec<Event> {
        let Some(response) = self.ctx.read_response(widget) else { return Vec::new() };
        let pos = response.rect.center();
        let button = |pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        vec![Event::PointerMoved(pos), button(true), button(false)]
    }
}
