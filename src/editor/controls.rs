//! The seam to the plugin's parameters: the window turns controls, whoever stands behind them.

use crate::drummer::{CountIn, Ending, Style, StyleChoice};
use crate::studio::Document;

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
    /// [`Ending::ALL`], evenly from 0 to 1.
    Ending,
    /// [`CountIn::ALL`], evenly from 0 to 1.
    CountIn,
    /// How loud the kit in the plugin is.
    Preview,
    /// The drums' MIDI channel: 1 to 16, evenly from 0 to 1.
    Channel,
    /// Whether the drums leave as MIDI: 0 or 1, as all switches.
    MidiOut,
    /// Whether the MIDI that comes in also goes out.
    Through,
    /// Whether the host's playing is heard.
    Listen,
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
    pub(super) const ALL: [Control; 14] = [
        Control::Style,
        Control::Complexity,
        Control::Intensity,
        Control::FillAmount,
        Control::FillComplexity,
        Control::Swing,
        Control::Humanise,
        Control::Ending,
        Control::CountIn,
        Control::Preview,
        Control::Channel,
        Control::MidiOut,
        Control::Through,
        Control::Listen,
    ];

    /// Where the control stands when it asks for what the document asks for; `None` for what the
    /// document leaves to the host, and for a style that is none of those with a name.
    pub(super) fn asked(self, document: &Document) -> Option<f32> {
        let settings = &document.settings;
        Some(match self {
            Control::Style => style_value(settings.style)?,
            Control::Complexity => settings.complexity,
            Control::Intensity => settings.intensity,
            Control::FillAmount => settings.fill_amount,
            Control::FillComplexity => settings.fill_complexity,
            Control::Swing => settings.swing,
            Control::Humanise => settings.humanise,
            Control::Ending => place(&Ending::ALL, settings.ending),
            Control::CountIn => place(&CountIn::ALL, settings.count_in),
            Control::Channel => f32::from(document.channel.index()) / 15.0,
            Control::Preview | Control::MidiOut | Control::Through | Control::Listen => {
                return None;
            }
        })
    }

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
            Control::Ending => "Ending",
            Control::CountIn => "Count-in",
            Control::Preview => "Preview level",
            Control::Channel => "MIDI channel",
            Control::MidiOut => "Send MIDI",
            Control::Through => "MIDI through",
            Control::Listen => "Listen",
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
            Control::Ending => {
                "How the drums end. From the song: with a hit, but not where it goes round."
            }
            Control::CountIn => {
                "What leads in, in an empty bar before the first note: a bar of sticks or a fill."
            }
            Control::Preview => {
                "How loud the kit in the plugin is. All the way down when another instrument plays the drums."
            }
            Control::Channel => "MIDI channel of the drums; 10 in General MIDI.",
            Control::MidiOut => {
                "Send the drums as MIDI too, to whatever comes after Drumlin: a track that takes its MIDI from this one, or a drum instrument in this track. Leave it off if the melody's synth comes next."
            }
            Control::Through => "Let the MIDI that comes in also go out, beside the drums.",
            Control::Listen => {
                "Listen to what the host plays, for Capture. Off: what was heard stays as it is."
            }
        }
    }
}

/// Where [`Control::Style`] stands for a choice.
fn style_value(choice: StyleChoice) -> Option<f32> {
    let place = match choice {
        StyleChoice::FromSong => 0,
        StyleChoice::Preset(style) => 1 + Style::ALL.iter().position(|&other| other == style)?,
        StyleChoice::Densities(_) => return None,
    };
    Some(place as f32 / Style::ALL.len() as f32)
}

/// Where a control with equal steps stands for one of its choices.
fn place<T: PartialEq>(choices: &[T], chosen: T) -> f32 {
    let index = choices.iter().position(|choice| *choice == chosen).unwrap_or(0);
    index as f32 / (choices.len() - 1).max(1) as f32
}

/// The names of [`Control::Ending`]'s choices.
pub(super) fn ending_names() -> Vec<String> {
    ["Ends with the song", "Ends with a hit", "Ends with fill and hit", "Ends open"]
        .map(str::to_owned)
        .into()
}

/// The names of [`Control::CountIn`]'s choices.
pub(super) fn count_in_names() -> Vec<String> {
    ["No count-in", "Sticks", "Fill"].map(str::to_owned).into()
}
