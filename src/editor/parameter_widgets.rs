//! Parameters as knobs, switches and drop-downs: each shows its value and passes on what is done to it,
//! as one gesture.

use egui::{Rect, Ui};

use super::frame::Frame;
use super::widgets::{Choice, Gesture, Knob, switch};
use crate::parameters::Control;

/// Shows a control with its value and passes on what is done to it.
pub fn turned(frame: &Frame<'_>, control: Control, show: impl FnOnce(&Knob<'_>) -> Gesture) {
    let controls = frame.controls;
    let text = controls.text(control);
    let gesture = show(&Knob {
        name: control.name(),
        title: control.name(),
        tip: control.tip(),
        value: controls.value(control),
        default: controls.default_value(control),
        text: &text,
        parse: &|typed| controls.parse(control, typed),
    });
    if gesture.began {
        controls.begin(control);
    }
    if let Some(value) = gesture.value {
        controls.set(control, value);
    }
    if gesture.ended {
        controls.end(control);
    }
}

/// The drums' MIDI channel: a number, for which there is room.
pub fn channel(ui: &mut Ui, frame: &Frame<'_>, rect: Rect, name: &'static str) {
    let channels: Vec<String> = (1..=16).map(|channel: u8| channel.to_string()).collect();
    one_of(ui, frame, rect, Control::Channel, name, &channels);
}

/// A control that is on or off.
pub fn toggle(ui: &mut Ui, frame: &Frame<'_>, rect: Rect, control: Control, name: &'static str) {
    let on = frame.controls.value(control) >= 0.5;
    if switch(ui, rect, &frame.theme, name, control.name(), control.tip(), on) {
        frame.controls.begin(control);
        frame.controls.set(control, if on { 0.0 } else { 1.0 });
        frame.controls.end(control);
    }
}

/// A control with steps that have names.
pub fn one_of(
    ui: &mut Ui,
    frame: &Frame<'_>,
    rect: Rect,
    control: Control,
    name: &'static str,
    names: &[String],
) {
    let last = (names.len() - 1) as f32;
    let chosen = (frame.controls.value(control) * last).round() as usize;
    let choice = Choice::new(name, names, chosen).tip(control.tip());
    if let Some(picked) = choice.show(ui, rect, &frame.theme) {
        frame.controls.begin(control);
        frame.controls.set(control, picked as f32 / last);
        frame.controls.end(control);
    }
}
