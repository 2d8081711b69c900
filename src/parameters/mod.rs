//! The plugin's parameters: what hosts automate, controllers turn and projects keep.
//!
//! [`Parameters`] is made once for each instance and shared by the host's wrapper, the audio thread
//! and the window; every value is an atomic and may be read on any thread. Ids and order are a
//! contract with saved projects, held by a test: a parameter may be added at the end, never moved,
//! renamed or removed. [`Parameters::settings`] turns them into what the drummer understands.

mod style;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::drummer::Settings;
use nice_plug::params::{BoolParam, EnumParam, FloatParam, IntParam, Params};
use nice_plug::prelude::{FloatRange, IntRange, formatters, util};
pub use style::StyleName;
pub use turns::{CountInName, EndingName};

/// The quietest preview level; at the bottom of its range the preview is off.
const QUIETEST_DB: f32 = -60.0;
const LOUDEST_DB: f32 = 6.0;
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
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// Counts changes of the document: hosts save a project whose parameters have changed, and
    /// know of no other way to be told. The window adds one after every edit.
    #[id = "edits"]
    pub changes: IntParam,
    /// How the drums end.
    #[id = "ending"]
    pub ending: EnumParam<EndingName>,
    /// What leads into the song.
    #[id = "countin"]
    pub count_in: EnumParam<CountInName>,
    presses: Arc<AtomicU32>,
}

fn share(name: &str, default: f32) -> FloatParam {
    FloatParam::new(name, default, FloatRange::Linear { min: 0.0, max: 1.0 })
        .with_unit(" %")
        .with_value_to_string(formatters::v2s_f32_percentage(0))
        .with_string_to_value(formatters::s2v_f32_percentage())
}

fn level() -> FloatParam {
    let range = FloatRange::Skewed {
        min: 0.0,
        max: util::db_to_gain(LOUDEST_DB),
        factor: FloatRange::gain_skew_factor(QUIETEST_DB, LOUDEST_DB),
    };
    FloatParam::new("Preview level", util::db_to_gain(0.0), range)
        .with_unit(" dB")
        .with_value_to_string(formatters::v2s_f32_gain_to_db(1))
        .with_string_to_value(formatters::s2v_f32_gain_to_db())
}

impl Default for Parameters {
    fn default() -> Parameters {
        let Settings {
            style: _,
            complexity,
            intensity,
            fill_amount,
            fill_complexity,
            swing,
            humanise,
            ending: _,
            count_in: _,
            seed: _,
            alternatives: _,
        } = Settings::default();
        let presses = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&presses);
        let count = move |pressed| {
            if pressed {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        };
        Parameters {
            style: EnumParam::new("Style", StyleName::FromSong),
            complexity: share("Complexity", complexity),
            intensity: share("Intensity", intensity),
            fill_amount: share("Fill amount", fill_amount),
            fill_complexity: share("Fill complexity", fill_complexity),
            swing: share("Swing", swing),
            humanise: share("Humanise", humanise),
            level: level(),
            // Behind Drumlin there may be the synth that plays the melody: it is not to play drums.
            midi_out: BoolParam::new("Send MIDI", false),
            channel: IntParam::new("MIDI channel", 10, IntRange::Linear { min: 1, max: 16 }),
            through: BoolParam::new("MIDI through", true),
            listen: BoolParam::new("Listen", true),
            generate: BoolParam::new("Generate", false).with_callback(Arc::new(count)),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            changes: IntParam::new("Edits", 0, IntRange::Linear { min: 0, max: CHANGES })
                .non_automatable()
                .hide()
                .with_value_to_string(Arc::new(|count| count.to_string())),
            ending: EnumParam::new("Ending", EndingName::FromSong),
            count_in: EnumParam::new("Count-in", CountInName::None),
            presses,
        }
    }
}

impl Parameters {
    /// What the drummer is asked for. Seed and number of alternatives are those of the document, not
    /// of the host, and stay as they are in `settings`.
    pub fn settings(&self, settings: Settings) -> Settings {
        Settings {
            style: self.style.value().into(),
            complexity: self.complexity.value(),
            intensity: self.intensity.value(),
            fill_amount: self.fill_amount.value(),
            fill_complexity: self.fill_complexity.value(),
            swing: self.swing.value(),
            humanise: self.humanise.value(),
            ending: self.ending.value().into(),
            count_in: self.count_in.value().into(),
            ..settings
        }
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
    use super::*;
    use crate::drummer::StyleChoice;

    /// Saved projects and recorded automation hang on these: only ever add at the end.
    const IDS: [&str; 17] = [
        "style", "cmplx", "intens", "fills", "fillcx", "swing", "human", "level", "midi", "chan",
        "thru", "listen", "gen", "bypass", "edits", "ending", "countin",
    ];

    #[test]
    fn ids_and_order_are_frozen() {
        let ids: Vec<String> =
            Parameters::default().param_map().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, IDS);
    }

    #[test]
    fn untouched_parameters_ask_for_what_a_good_drummer_plays_unasked() {
        let settings = Settings { seed: 7, alternatives: 4, ..Settings::default() };
        assert_eq!(Parameters::default().settings(settings), settings);
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
                "midi" | "gen" | "bypass" => "Off",
                "edits" => "0",
                _ => "50 %",
            };
            assert_eq!(text, expected, "{id}");
            let default = unsafe { pointer.default_normalized_value() };
            assert!(back.is_some_and(|back| (back - default).abs() < 1e-6), "{id}: {text}");
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
