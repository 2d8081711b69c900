//! The plugin's parameters: what hosts automate, controllers turn and projects keep.
//!
//! [`Parameters`] is made once for each instance and shared by the host's wrapper, the audio thread
//! and the window; every value is an atomic and may be read on any thread. Ids and order are a
//! contract with saved projects, held by a test: a parameter may be added at the end, never moved,
//! renamed or removed. [`Parameters::settings`] turns them into what the drummer understands.

mod control;
mod parameter;
mod style;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nice_plug::params::{BoolParam, EnumParam, FloatParam, IntParam, Params};
use nice_plug::prelude::{FloatRange, IntRange, formatters, util};

use crate::drummer::Settings;

pub use control::{CHANNELS, Control, LOUDEST_DB, QUIETEST_DB, Unit};
pub use parameter::Parameter;
pub use style::StyleName;
pub use turns::{CountInName, EndingName};

/// Highest value of [`Parameters::changes`].
pub const CHANGES: i32 = 1 << 20;

/// Everything the host can see and set.
#[derive(Params)]
pub struct Parameters {
    /// Which drummer's habits.
    #[id = "style"]
    pub style: EnumParam<StyleName>,
    /// How much is played; half is what the style suggests.
    #[id = "cmplx"]
    pub complexity: FloatParam,
    /// How hard and how driven.
    #[id = "intens"]
    pub intensity: FloatParam,
    /// How many section ends get a fill.
    #[id = "fills"]
    pub fill_amount: FloatParam,
    /// How busy a fill is.
    #[id = "fillcx"]
    pub fill_complexity: FloatParam,
    /// How late the off-beats come.
    #[id = "swing"]
    pub swing: FloatParam,
    /// How far velocity and timing leave the grid.
    #[id = "human"]
    pub humanise: FloatParam,
    /// Linear gain of the kit in the plugin.
    #[id = "level"]
    pub level: FloatParam,
    /// Whether the drums leave as MIDI.
    #[id = "midi"]
    pub midi_out: BoolParam,
    /// Channel of the drums' MIDI, 1 to 16.
    #[id = "chan"]
    pub channel: IntParam,
    /// Whether the MIDI that comes in also goes out.
    #[id = "thru"]
    pub through: BoolParam,
    /// Whether playing is written into the take.
    #[id = "listen"]
    pub listen: BoolParam,
    /// A trigger: turned on, it asks for a new part, as the button in the window does. For
    /// controllers, and for hosts that show no window. To press it again, turn it off first.
    #[id = "gen"]
    pub generate: BoolParam,
    /// The host leaves the plugin out: what comes in goes on unchanged.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// Counts changes of the document: hosts save a project whose parameters have changed, and
    /// know of no other way to be told. One more after every edit, with a window or without.
    #[id = "edits"]
    pub changes: IntParam,
    /// How the drums end.
    #[id = "ending"]
    pub ending: EnumParam<EndingName>,
    /// What leads into the song.
    #[id = "countin"]
    pub count_in: EnumParam<CountInName>,
    /// How far a groove of the musician's follows the song.
    #[id = "follow"]
    pub follow: FloatParam,
    /// While it is on, a groove is tapped, as with *Tap a groove* in the window. For pads and pedals.
    #[id = "tap"]
    pub tap: BoolParam,
    presses: Arc<AtomicU32>,
    /// One bit for each control that was turned since it was asked about.
    turned: Arc<AtomicU32>,
}

/// What notes that a control was turned. It may be called on the audio thread.
fn note<T>(turned: &Arc<AtomicU32>, control: Control) -> Arc<dyn Fn(T) + Send + Sync> {
    let turned = Arc::clone(turned);
    Arc::new(move |_| {
        turned.fetch_or(1 << control as u32, Ordering::Release);
    })
}

/// What a typed text means, in a parameter's unit.
type TextToValue = Arc<dyn Fn(&str) -> Option<f32> + Send + Sync>;

/// As `parse`, and with a comma for the point. What is no number, as "nan" is, means nothing: a project
/// could not be opened again with it.
fn typed(parse: TextToValue) -> TextToValue {
    Arc::new(move |text: &str| {
        let text = text.replace(',', ".");
        let is_number = !text.to_ascii_lowercase().contains("nan");
        parse(&text).filter(|value| is_number && value.is_finite())
    })
}

/// A share, where the drummer's own default is.
fn share(turned: &Arc<AtomicU32>, control: Control) -> FloatParam {
    let default = control.get(&Settings::default()).unwrap_or_default();
    FloatParam::new(control.name(), default, FloatRange::Linear { min: 0.0, max: 1.0 })
        .with_unit(" %")
        .with_value_to_string(formatters::v2s_f32_percentage(0))
        .with_string_to_value(typed(formatters::s2v_f32_percentage()))
        .with_callback(note(turned, control))
}

fn switch(control: Control, on: bool) -> BoolParam {
    BoolParam::new(control.name(), on)
}

fn level() -> FloatParam {
    let range = FloatRange::Skewed {
        min: 0.0,
        max: util::db_to_gain(LOUDEST_DB),
        factor: FloatRange::gain_skew_factor(QUIETEST_DB, LOUDEST_DB),
    };
    FloatParam::new(Control::Preview.name(), util::db_to_gain(0.0), range)
        .with_unit(" dB")
        .with_value_to_string(formatters::v2s_f32_gain_to_db(1))
        .with_string_to_value(typed(formatters::s2v_f32_gain_to_db()))
}

impl Default for Parameters {
    fn default() -> Parameters {
        let turned = Arc::new(AtomicU32::new(0));
        let presses = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&presses);
        let count = move |pressed| {
            if pressed {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        };
        Parameters {
            style: EnumParam::new(Control::Style.name(), StyleName::FromSong)
                .with_callback(note(&turned, Control::Style)),
            complexity: share(&turned, Control::Complexity),
            intensity: share(&turned, Control::Intensity),
            fill_amount: share(&turned, Control::FillAmount),
            fill_complexity: share(&turned, Control::FillComplexity),
            swing: share(&turned, Control::Swing),
            humanise: share(&turned, Control::Humanise),
            level: level(),
            // Behind Drumlin there may be the synth that plays the melody: it is not to play drums.
            midi_out: switch(Control::MidiOut, false),
            channel: IntParam::new(
                Control::Channel.name(),
                10,
                IntRange::Linear { min: CHANNELS[0], max: CHANNELS[1] },
            )
            .with_callback(note(&turned, Control::Channel)),
            through: switch(Control::Through, true),
            listen: switch(Control::Listen, true),
            generate: BoolParam::new("Generate", false).with_callback(Arc::new(count)),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            changes: IntParam::new("Edits", 0, IntRange::Linear { min: 0, max: CHANGES })
                .non_automatable()
                .hide()
                .with_value_to_string(Arc::new(|count| count.to_string())),
            ending: EnumParam::new(Control::Ending.name(), EndingName::FromSong)
                .with_callback(note(&turned, Control::Ending)),
            count_in: EnumParam::new(Control::CountIn.name(), CountInName::None)
                .with_callback(note(&turned, Control::CountIn)),
            follow: share(&turned, Control::Follow),
            tap: BoolParam::new("Tap a groove", false),
            presses,
            turned,
        }
    }
}

impl Parameters {
    /// The parameter of a control.
    pub fn of(&self, control: Control) -> &dyn Parameter {
        match control {
            Control::Style => &self.style,
            Control::Complexity => &self.complexity,
            Control::Intensity => &self.intensity,
            Control::FillAmount => &self.fill_amount,
            Control::FillComplexity => &self.fill_complexity,
            Control::Swing => &self.swing,
            Control::Humanise => &self.humanise,
            Control::Ending => &self.ending,
            Control::CountIn => &self.count_in,
            Control::Preview => &self.level,
            Control::Channel => &self.channel,
            Control::MidiOut => &self.midi_out,
            Control::Through => &self.through,
            Control::Listen => &self.listen,
            Control::Follow => &self.follow,
        }
    }

    /// What the drummer is asked for. Seed and number of alternatives are those of the document, not
    /// of the host, and stay as they are in `settings`.
    pub fn settings(&self, mut settings: Settings) -> Settings {
        for control in Control::ALL {
            control.set(&mut settings, self.of(control).position());
        }
        settings
    }

    /// The controls that were turned since this was called last, by whoever. Of those that the drummer
    /// and the document have nothing to do with, none is said.
    pub fn take_turned(&self) -> impl Iterator<Item = Control> + use<> {
        let turned = self.turned.swap(0, Ordering::Acquire);
        Control::ALL.into_iter().filter(move |&control| turned & (1 << control as u32) != 0)
    }

    /// How often [`Parameters::generate`] has been turned on.
    pub fn presses(&self) -> u32 {
        self.presses.load(Ordering::Relaxed)
    }

    /// Channel of the drums' MIDI as it is sent, 0 to 15; `None` when they are not to be sent.
    pub fn drum_channel(&self) -> Option<u8> {
        // The range of the parameter is 1 to 16.
        self.midi_out.value().then(|| (self.channel.value() - 1).clamp(0, 15) as u8)
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "the host sets parameters behind the plugin's back")]

    use super::*;
    use crate::drummer::StyleChoice;

    /// Saved projects and recorded automation hang on these: only ever add at the end.
    const IDS: [&str; 19] = [
        "style", "cmplx", "intens", "fills", "fillcx", "swing", "human", "level", "midi", "chan",
        "thru", "listen", "gen", "bypass", "edits", "ending", "countin", "follow", "tap",
    ];

    #[test]
    fn ids_and_order_are_frozen() {
        let ids: Vec<String> =
            Parameters::default().param_map().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, IDS);
    }

    #[test]
    fn every_control_is_the_parameter_of_its_id() {
        let parameters = Parameters::default();
        let map = parameters.param_map();
        for control in Control::ALL {
            let (_, pointer, _) = map.iter().find(|(id, ..)| id == control.id()).unwrap();
            // SAFETY: the pointers live as long as `parameters`.
            let (name, default) = unsafe { (pointer.name(), pointer.default_normalized_value()) };
            assert_eq!(name, control.name());
            assert_eq!(default, parameters.of(control).default_position(), "{control:?}");
        }
    }

    #[test]
    fn what_is_turned_is_said_once() {
        use nice_plug::params::InternalParamMut;
        let parameters = Parameters::default();
        assert_eq!(parameters.take_turned().count(), 0);
        // SAFETY: nobody else has these parameters.
        unsafe {
            parameters.swing._internal_set_plain_value(0.3);
            parameters.ending._internal_set_plain_value(EndingName::Hit);
            parameters.channel._internal_set_plain_value(3);
        }
        let turned: Vec<Control> = parameters.take_turned().collect();
        assert_eq!(turned, [Control::Swing, Control::Ending, Control::Channel]);
        assert_eq!(parameters.take_turned().count(), 0);
    }

    #[test]
    fn untouched_parameters_ask_for_what_a_good_drummer_plays_unasked() {
        let settings = Settings { seed: 7, alternatives: 4, ..Settings::default() };
        assert_eq!(Parameters::default().settings(settings.clone()), settings);
        assert_eq!(settings.style, StyleChoice::FromSong);
    }

    #[test]
    fn values_read_as_a_musician_writes_them() {
        let parameters = Parameters::default();
        for (id, pointer, _) in parameters.param_map() {
            // SAFETY: the pointers live as long as `parameters`.
            let (text, back) = unsafe {
                let text =
                    pointer.normalized_value_to_string(pointer.default_normalized_value(), true);
                let back = pointer.string_to_normalized_value(&text);
                (text, back)
            };
            let expected = match id.as_str() {
                "style" | "ending" => "From the song",
                "countin" => "None",
                "swing" => "0 %",
                "level" => "0.0 dB",
                "thru" | "listen" => "On",
                "chan" => "10",
                "midi" | "gen" | "bypass" | "tap" => "Off",
                "edits" => "0",
                _ => "50 %",
            };
            assert_eq!(text, expected, "{id}");
            // SAFETY: as above.
            let default = unsafe { pointer.default_normalized_value() };
            assert!(back.is_some_and(|back| (back - default).abs() < 1e-6), "{id}: {text}");
        }
    }

    #[test]
    fn what_is_typed_is_a_number_or_nothing() {
        let parameters = Parameters::default();
        let swing = |text: &str| parameters.of(Control::Swing).parse(text);
        assert_eq!(
            (swing("50 %"), swing("12,5"), swing("900%")),
            (Some(0.5), Some(0.125), Some(1.0))
        );
        let level = |text: &str| parameters.of(Control::Preview).parse(text);
        assert_eq!((level("-inf dB"), level("-6,5 dB")), (Some(0.0), level("-6.5")));
        for text in
            ["nan", "NaN %", "-nan", "inf", "1e99", "", "%", "loud", "5 0", "\u{0}", "1.2.3"]
        {
            assert_eq!(swing(text), None, "{text}");
        }
        for text in ["nan", "NaN dB", "inf", "dB", "", "loud"] {
            assert_eq!(level(text), None, "{text}");
        }
    }

    #[test]
    fn the_drums_go_out_on_channel_ten_when_asked_for() {
        use nice_plug::params::InternalParamMut;
        let parameters = Parameters::default();
        assert_eq!(parameters.drum_channel(), None);
        // SAFETY: nobody else has these parameters.
        unsafe { parameters.midi_out._internal_set_plain_value(true) };
        assert_eq!(parameters.drum_channel(), Some(9));
    }
}
