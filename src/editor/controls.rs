//! The seam to the plugin's parameters: the window turns controls, whoever stands behind them.

use crate::parameters::Control;
use crate::studio::Document;

/// The controls' values, 0 to 1, and what they are called by the host. Every change is a gesture,
/// so that hosts can record it and undo has one step for it.
pub trait Controls {
    /// Where the control stands, 0 to 1.
    fn value(&self, control: Control) -> f32;
    /// Where it stands at first, 0 to 1.
    fn default_value(&self, control: Control) -> f32;
    /// As it is shown and typed.
    fn text(&self, control: Control) -> String;
    /// What a typed text means; `None` for what means nothing.
    fn parse(&self, control: Control, text: &str) -> Option<f32>;
    /// A gesture begins; [`Controls::end`] follows.
    fn begin(&self, control: Control);
    /// Turns the control within a gesture.
    fn set(&self, control: Control, value: f32);
    /// The gesture ends.
    fn end(&self, control: Control);
}

/// Where a control stands when it asks for what the document asks for; `None` for what the document
/// leaves to the host.
pub fn value_in(control: Control, document: &Document) -> Option<f32> {
    match control {
        Control::Channel => Some(f32::from(document.channel.index()) / 15.0),
        control => control.get(&document.settings),
    }
}

/// The names of [`Control::Ending`]'s choices, for a narrow place beside [`count_in_names`].
pub(super) fn ending_names() -> Vec<String> {
    ["With song", "With a hit", "Fill and hit", "Open end"].map(str::to_owned).into()
}

/// The names of [`Control::CountIn`]'s choices.
pub(super) fn count_in_names() -> Vec<String> {
    ["No count", "Sticks", "Fill"].map(str::to_owned).into()
}
