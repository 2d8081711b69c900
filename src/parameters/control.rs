//! The one table of what can be turned: what each control is called, what it measures, and which of the
//! drummer's settings it is.

use crate::drummer::{CountIn, Ending, Settings, Style, StyleChoice};

/// What can be turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// First "from the song", then [`Style::ALL`].
    Style,
    /// How much is played.
    Complexity,
    /// How hard and how driven.
    Intensity,
    /// How often fills are played.
    FillAmount,
    /// How busy fills are.
    FillComplexity,
    /// How much off-beats come later.
    Swing,
    /// How much strokes stray from grid and evenness.
    Humanise,
    /// [`Ending::ALL`].
    Ending,
    /// [`CountIn::ALL`].
    CountIn,
    /// How loud the kit in the plugin is.
    Preview,
    /// The drums' MIDI channel.
    Channel,
    /// Whether the drums leave as MIDI.
    MidiOut,
    /// Whether the MIDI that comes in also goes out.
    Through,
    /// Whether the host's playing is heard.
    Listen,
    /// How far a groove follows the song.
    Follow,
}

/// What a control measures. Whatever it is, the control's position is 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// 0 to 100 %, evenly.
    Percent,
    /// From [`QUIETEST_DB`] to [`LOUDEST_DB`]; off at the bottom.
    Decibels,
    /// [`CHANNELS`], evenly.
    Channel,
    /// Off below one half.
    Switch,
    /// So many choices, evenly.
    Choice(usize),
}

/// The quietest preview level; at the bottom of its range the preview is off.
pub const QUIETEST_DB: f32 = -60.0;
/// The loudest preview level.
pub const LOUDEST_DB: f32 = 6.0;
/// MIDI channels as musicians count.
pub const CHANNELS: [i32; 2] = [1, 16];

const STYLES: usize = Style::ALL.len() + 1;
const ENDINGS: usize = Ending::ALL.len();
const COUNT_INS: usize = CountIn::ALL.len();

struct Facts {
    control: Control,
    id: &'static str,
    name: &'static str,
    unit: Unit,
    tip: &'static str,
}

/// In the order of [`Control`].
const TABLE: [Facts; 15] = [
    Facts {
        control: Control::Style,
        id: "style",
        name: "Style",
        unit: Unit::Choice(STYLES),
        tip: "What the drummer plays like. From the song: as the melody suggests.",
    },
    Facts {
        control: Control::Complexity,
        id: "cmplx",
        name: "Complexity",
        unit: Unit::Percent,
        tip: "How much is played. In the middle: what the style suggests.",
    },
    Facts {
        control: Control::Intensity,
        id: "intens",
        name: "Intensity",
        unit: Unit::Percent,
        tip: "How hard and how driven.",
    },
    Facts {
        control: Control::FillAmount,
        id: "fills",
        name: "Fill amount",
        unit: Unit::Percent,
        tip: "How many phrases end in a fill.",
    },
    Facts {
        control: Control::FillComplexity,
        id: "fillcx",
        name: "Fill complexity",
        unit: Unit::Percent,
        tip: "How busy a fill is.",
    },
    Facts {
        control: Control::Swing,
        id: "swing",
        name: "Swing",
        unit: Unit::Percent,
        tip: "How late the off-beats come, from where the groove has them to triplets, and on to dotted eighths where it has those.",
    },
    Facts {
        control: Control::Humanise,
        id: "human",
        name: "Humanise",
        unit: Unit::Percent,
        tip: "How far velocity and timing leave the grid.",
    },
    Facts {
        control: Control::Ending,
        id: "ending",
        name: "Ending",
        unit: Unit::Choice(ENDINGS),
        tip: "How the drums end. From the song: with a hit, but not where it goes round.",
    },
    Facts {
        control: Control::CountIn,
        id: "countin",
        name: "Count-in",
        unit: Unit::Choice(COUNT_INS),
        tip: "What leads in, in an empty bar before the first note: a bar of sticks or a fill.",
    },
    Facts {
        control: Control::Preview,
        id: "level",
        name: "Preview level",
        unit: Unit::Decibels,
        tip: "How loud the kit in the plugin is. All the way down when another instrument plays the drums.",
    },
    Facts {
        control: Control::Channel,
        id: "chan",
        name: "MIDI channel",
        unit: Unit::Channel,
        tip: "MIDI channel of the drums; 10 in General MIDI.",
    },
    Facts {
        control: Control::MidiOut,
        id: "midi",
        name: "Send MIDI",
        unit: Unit::Switch,
        tip: "Send the drums as MIDI too, to whatever comes after Drumlin: a track that takes its MIDI from this one, or a drum instrument in this track. Leave it off if the melody's synth comes next.",
    },
    Facts {
        control: Control::Through,
        id: "thru",
        name: "MIDI through",
        unit: Unit::Switch,
        tip: "Let the MIDI that comes in also go out, beside the drums.",
    },
    Facts {
        control: Control::Listen,
        id: "listen",
        name: "Listen",
        unit: Unit::Switch,
        tip: "Listen to what the host plays, for Capture. Off: what was heard stays as it is.",
    },
    Facts {
        control: Control::Follow,
        id: "follow",
        name: "Follow the song",
        unit: Unit::Percent,
        tip: "How far your own groove follows the song. All the way down: exactly as you gave it. Without a groove of your own it does nothing.",
    },
];

impl Control {
    /// All of them.
    pub const ALL: [Control; TABLE.len()] = {
        let mut all = [Control::Style; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].control;
            at += 1;
        }
        all
    };

    const fn facts(self) -> &'static Facts {
        &TABLE[self as usize]
    }

    /// The parameter's id in saved projects.
    pub const fn id(self) -> &'static str {
        self.facts().id
    }

    /// Parameter name, as the host shows it.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// What it measures.
    pub const fn unit(self) -> Unit {
        self.facts().unit
    }

    /// What it does, in a sentence or two.
    pub const fn tip(self) -> &'static str {
        self.facts().tip
    }

    /// Where the control stands, 0 to 1, when it asks for these settings; `None` for what is none of the
    /// drummer's settings, and for a style that is none of those with a name.
    pub fn get(self, settings: &Settings) -> Option<f32> {
        Some(match self {
            Control::Style => match settings.style {
                StyleChoice::FromSong => 0.0,
                StyleChoice::Preset(style) => {
                    (1 + Style::ALL.iter().position(|&other| other == style)?) as f32
                        / Style::ALL.len() as f32
                }
                StyleChoice::Densities(_) | StyleChoice::Groove(_) => return None,
            },
            Control::Complexity => settings.complexity,
            Control::Intensity => settings.intensity,
            Control::FillAmount => settings.fill_amount,
            Control::FillComplexity => settings.fill_complexity,
            Control::Swing => settings.swing,
            Control::Humanise => settings.humanise,
            Control::Follow => settings.follow,
            Control::Ending => place(&Ending::ALL, settings.ending),
            Control::CountIn => place(&CountIn::ALL, settings.count_in),
            Control::Preview
            | Control::Channel
            | Control::MidiOut
            | Control::Through
            | Control::Listen => return None,
        })
    }

    /// Asks for what the control stands at, 0 to 1. What is none of the drummer's settings changes
    /// nothing.
    pub fn set(self, settings: &mut Settings, position: f32) {
        match self {
            Control::Style => {
                let index = (position * Style::ALL.len() as f32).round() as usize;
                let style = index.checked_sub(1).and_then(|index| Style::ALL.get(index));
                settings.style =
                    style.map_or(StyleChoice::FromSong, |&style| StyleChoice::Preset(style));
            }
            Control::Complexity => settings.complexity = position,
            Control::Intensity => settings.intensity = position,
            Control::FillAmount => settings.fill_amount = position,
            Control::FillComplexity => settings.fill_complexity = position,
            Control::Swing => settings.swing = position,
            Control::Humanise => settings.humanise = position,
            Control::Follow => settings.follow = position,
            Control::Ending => settings.ending = at(&Ending::ALL, position),
            Control::CountIn => settings.count_in = at(&CountIn::ALL, position),
            Control::Preview
            | Control::Channel
            | Control::MidiOut
            | Control::Through
            | Control::Listen => {}
        }
    }
}

/// Where a control with equal steps stands for one of its choices.
fn place<T: PartialEq>(choices: &[T], chosen: T) -> f32 {
    let index = choices.iter().position(|choice| *choice == chosen).unwrap_or(0);
    index as f32 / (choices.len() - 1).max(1) as f32
}

/// The choice at which a control with equal steps stands; the first for what is no number.
fn at<T: Copy>(choices: &[T], position: f32) -> T {
    let last = choices.len() - 1;
    choices[((position * last as f32).round() as usize).min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_control_at_its_place() {
        assert!(Control::ALL.into_iter().enumerate().all(|(at, control)| control as usize == at));
    }

    #[test]
    fn what_is_set_is_what_is_got() {
        for control in Control::ALL {
            let steps = match control.unit() {
                Unit::Choice(choices) => choices - 1,
                _ => 7,
            };
            for step in 0..=steps {
                let position = step as f32 / steps as f32;
                let mut settings = Settings::default();
                control.set(&mut settings, position);
                match control.get(&settings) {
                    Some(got) => assert_eq!(got, position, "{control:?}"),
                    None => assert_eq!(settings, Settings::default(), "{control:?}"),
                }
            }
        }
    }
}
