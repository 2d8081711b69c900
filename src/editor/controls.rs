//! The seam to the plugin's parameters: the window turns controls, whoever stands behind them.

use crate::drummer::Style;

/// What can be turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// First "from the song", then [`Style::ALL`], evenly from 0 to 1.
    Style,
    Complexity,
    Intensity,
    FillAmount,
    FillComplexity,
    Swing,
    Humanise,
    /// How loud the kit in the plugin is.
    Preview,
    /// The drums' MIDI channel: 1 to 16, evenly from 0 to 1.
    Channel,
}

/// The controls' values, 0 to 1, and what they are called by the host. Every change is a gesture,
/// so that hosts can record it and undo has one step for it.
pub trait Controls {
    fn value(&self, control: Control) -> f32;
    fn default_value(&self, control: Control) -> f32;
    /// As it is shown and typed.
    fn text(&self, control: Control) -> String;
    /// What a typed text means; `None` for what means nothing.
    fn parse(&self, control: Control, text: &str) -> Option<f32>;
    fn begin(&self, control: Control);
    fn set(&self, control: Control, value: f32);
    fn end(&self, control: Control);
}

impl Control {
    /// Parameter name, as the host shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Control::Style => "Style",
            Control::Complexity => "Complexity",
            Control::Intensity => "Intensity",
            Control::FillAmount => "Fill amount",
            Control::FillComplexity => "Fill complexity",
            Control::Swing => "Swing",
            Control::Humanise => "Humanise",
            Control::Preview => "Preview level",
            Control::Channel => "MIDI channel",
        }
    }

    pub(super) const fn tip(self) -> &'static str {
        match self {
            Control::Style => "What the drummer plays like. From the song: as the melody suggests.",
            Control::Complexity => "How much is played. In the middle: what the style suggests.",
            Control::Intensity => "How hard and how driven.",
            Control::FillAmount => "How many phrases end in a fill.",
            Control::FillComplexity => "How busy a fill is.",
            Control::Swing => "How late the off-beats come, from straight to triplets.",
            Control::Humanise => "How far velocity and timing leave the grid.",
            Control::Preview => {
                "How loud the kit in the plugin is. All the way down when another instrument plays the drums."
            }
            Control::Channel => "MIDI channel of the drums; 10 in General MIDI.",
        }
    }
}

/// The names of [`Control::Style`]'s choices.
pub(super) fn style_names() -> Vec<String> {
    let mut names = vec!["From the song".to_owned()];
    names.extend(Style::ALL.iter().map(|style| style_name(*style)));
    names
}

/// A style's name with a capital.
pub(super) fn style_name(style: Style) -> String {
    let mut letters = style.name().chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
