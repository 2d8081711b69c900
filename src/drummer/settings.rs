//! What the musician asks of the drummer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::capitalised;
use crate::score::{DRUM_CLASSES, Groove};

/// Hits a bar wanted of each [`crate::score::DrumClass`], in its order; each 0 to 32.
pub type ClassDensities = [f32; DRUM_CLASSES];

/// A style by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "their names are the genres'")]
pub enum Style {
    Rock,
    Pop,
    Funk,
    Soul,
    Jazz,
    Latin,
    Afro,
    HipHop,
    Dance,
    Punk,
    Metal,
    Country,
    Blues,
    Reggae,
    Ballad,
    March,
}

impl Style {
    /// All styles, in the order of menus and of the host's parameter.
    pub const ALL: [Style; 16] = [
        Style::Rock,
        Style::Pop,
        Style::Funk,
        Style::Soul,
        Style::Jazz,
        Style::Latin,
        Style::Afro,
        Style::HipHop,
        Style::Dance,
        Style::Punk,
        Style::Metal,
        Style::Country,
        Style::Blues,
        Style::Reggae,
        Style::Ballad,
        Style::March,
    ];

    /// What the style plays of each class, in hits a bar of 4/4. After the medians of the Groove MIDI
    /// Dataset's performances (afro, blues, dance, funk, hip-hop, jazz, latin, pop, punk, reggae,
    /// rock, soul) and of MMA's grooves of that name (ballad, country, march, metal); where drummers
    /// change between hat and ride from song to song, the more usual of the two.
    pub const fn densities(self) -> ClassDensities {
        // Kick, snare, closed hat, open hat, toms, crash, ride, percussion.
        match self {
            Style::Rock => [3.6, 2.8, 6.5, 0.4, 0.4, 0.2, 0.3, 0.0],
            Style::Pop => [3.0, 2.2, 7.0, 0.3, 0.2, 0.2, 0.2, 0.5],
            Style::Funk => [4.0, 5.0, 8.0, 1.0, 0.3, 0.1, 0.1, 0.0],
            Style::Soul => [3.7, 4.0, 6.5, 0.8, 0.3, 0.2, 0.6, 0.3],
            Style::Jazz => [1.5, 2.4, 2.0, 0.0, 0.2, 0.1, 5.5, 0.0],
            Style::Latin => [3.6, 2.6, 2.5, 0.2, 0.6, 0.0, 1.8, 5.5],
            Style::Afro => [3.8, 4.5, 5.5, 0.6, 1.4, 0.1, 2.4, 2.0],
            Style::HipHop => [3.8, 2.4, 7.4, 0.4, 0.1, 0.1, 0.1, 0.6],
            Style::Dance => [4.0, 2.2, 4.0, 3.6, 0.2, 0.2, 0.1, 2.0],
            Style::Punk => [5.0, 4.2, 7.0, 0.6, 1.0, 0.2, 1.0, 0.0],
            Style::Metal => [7.5, 3.8, 2.4, 1.2, 1.6, 0.5, 2.4, 0.0],
            Style::Country => [2.4, 4.5, 4.0, 0.2, 0.2, 0.1, 0.4, 0.1],
            Style::Blues => [3.0, 3.0, 3.6, 0.4, 0.3, 0.2, 3.0, 0.0],
            Style::Reggae => [2.2, 2.8, 7.5, 0.6, 0.3, 0.1, 0.0, 0.4],
            Style::Ballad => [2.2, 2.0, 5.0, 0.2, 0.2, 0.1, 0.8, 0.5],
            Style::March => [1.8, 7.0, 0.6, 0.1, 0.2, 0.3, 0.2, 0.2],
        }
    }

    /// As it is asked for, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Style::Rock => "rock",
            Style::Pop => "pop",
            Style::Funk => "funk",
            Style::Soul => "soul",
            Style::Jazz => "jazz",
            Style::Latin => "latin",
            Style::Afro => "afro",
            Style::HipHop => "hip-hop",
            Style::Dance => "dance",
            Style::Punk => "punk",
            Style::Metal => "metal",
            Style::Country => "country",
            Style::Blues => "blues",
            Style::Reggae => "reggae",
            Style::Ballad => "ballad",
            Style::March => "march",
        }
    }

    /// As a musician reads it: the name with a capital.
    pub fn title(self) -> String {
        capitalised(self.name())
    }

    /// Whether there is a pedal of the kick for each foot.
    pub(super) const fn has_double_pedal(self) -> bool {
        matches!(self, Style::Metal)
    }

    /// The style of a [`Style::name`].
    pub fn named(name: &str) -> Option<Style> {
        Style::ALL.into_iter().find(|style| style.name() == name)
    }
}

/// Where the style comes from. In files it is nothing, a style's name, eight numbers, or a groove.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StyleChoice {
    /// What the song itself suggests.
    #[default]
    FromSong,
    /// A style by name.
    Preset(Style),
    /// So many strokes a bar of each class.
    Densities(ClassDensities),
    /// The musician's own: this is what the song is drummed with.
    Groove(Groove),
}

impl StyleChoice {
    /// The style that is asked for by name, if one is.
    pub fn preset(&self) -> Option<Style> {
        match *self {
            StyleChoice::Preset(style) => Some(style),
            _ => None,
        }
    }
}

/// How the drums end.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// With a hit where the song ends, without where it goes round.
    #[default]
    FromSong,
    /// With kick and crash on the song's last notes.
    Hit,
    /// The same, and a fill leads there.
    FillAndHit,
    /// As they are, for loops.
    None,
}

impl Ending {
    /// All endings, in the order of menus.
    pub const ALL: [Ending; 4] = [Ending::FromSong, Ending::Hit, Ending::FillAndHit, Ending::None];

    /// As it is asked for, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Ending::FromSong => "from-song",
            Ending::Hit => "hit",
            Ending::FillAndHit => "fill-and-hit",
            Ending::None => "none",
        }
    }

    /// The ending of a [`Ending::name`].
    pub fn named(name: &str) -> Option<Ending> {
        Ending::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// What leads into the song's first bar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CountIn {
    /// Nothing.
    #[default]
    None,
    /// A bar of sticks, one stroke a beat.
    Sticks,
    /// A fill at the end of the bar before.
    Fill,
}

impl CountIn {
    /// All count-ins, in the order of menus.
    pub const ALL: [CountIn; 3] = [CountIn::None, CountIn::Sticks, CountIn::Fill];

    /// As it is asked for, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            CountIn::None => "none",
            CountIn::Sticks => "sticks",
            CountIn::Fill => "fill",
        }
    }

    /// The count-in of a [`CountIn::name`].
    pub fn named(name: &str) -> Option<CountIn> {
        CountIn::ALL.into_iter().find(|count_in| count_in.name() == name)
    }
}

/// Everything that can be asked for. The default is what a good drummer plays unasked.
///
/// In files (presets and reports, through serde) it is an object with these names; seed and number of
/// alternatives belong to one document and are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What groove is played.
    pub style: StyleChoice,
    /// How much is played, 0 to 1; 0.5 is what the style suggests.
    pub complexity: f32,
    /// How hard and how driven, 0 to 1.
    pub intensity: f32,
    /// How many section ends get a fill, 0 (none) to 1 (every phrase).
    pub fill_amount: f32,
    /// How busy a fill is, 0 to 1.
    pub fill_complexity: f32,
    /// How late the off-beats come, 0 (as the groove has them) to 1 (triplet feel; dotted eighths
    /// where the groove has triplets by itself).
    pub swing: f32,
    /// How far velocity and timing move from the grid, 0 (machine) to 1 (loose).
    pub humanise: f32,
    /// How far a groove that was given follows the song, 0 (as it is) to 1; kicks and accents first.
    #[serde(default = "half")]
    pub follow: f32,
    /// Grooves of sections by their [label](super::Section::label), in the place of the style.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub section_grooves: BTreeMap<usize, Groove>,
    /// How the drums end.
    #[serde(default)]
    pub ending: Ending,
    /// What leads into the song. Parts need room for it before the first note; [`counted_in`](super::counted_in)
    /// makes some.
    #[serde(default)]
    pub count_in: CountIn,
    /// Whether others play along who are not heard: drums go on where a line alone, or two, rest for two bars
    /// and more.
    #[serde(skip)]
    pub others_play: bool,
    /// Same seed, same part.
    #[serde(skip)]
    pub seed: u64,
    /// How many different grooves to offer for the same form, 1 to 8.
    #[serde(skip, default = "one")]
    pub alternatives: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            style: StyleChoice::FromSong,
            complexity: 0.5,
            intensity: 0.5,
            fill_amount: 0.5,
            fill_complexity: 0.5,
            swing: 0.0,
            humanise: 0.5,
            follow: half(),
            section_grooves: BTreeMap::new(),
            ending: Ending::FromSong,
            count_in: CountIn::None,
            others_play: false,
            seed: 0,
            alternatives: 1,
        }
    }
}

/// Alternatives where nothing is said of them.
const fn one() -> usize {
    1
}

/// [`Settings::follow`] where nothing is said of it.
const fn half() -> f32 {
    0.5
}

impl Settings {
    /// What is asked for as a share, 0 to 1 each: complexity, intensity, fill amount, fill complexity,
    /// swing, humanise and follow.
    pub const fn shares(&self) -> [f32; 7] {
        [
            self.complexity,
            self.intensity,
            self.fill_amount,
            self.fill_complexity,
            self.swing,
            self.humanise,
            self.follow,
        ]
    }

    /// These settings with other [`Settings::shares`].
    #[must_use]
    pub fn with_shares(self, shares: [f32; 7]) -> Settings {
        let [complexity, intensity, fill_amount, fill_complexity, swing, humanise, follow] = shares;
        Settings {
            complexity,
            intensity,
            fill_amount,
            fill_complexity,
            swing,
            humanise,
            follow,
            ..self
        }
    }

    /// Goes to another song: the bars of grooves are at home nowhere in it.
    pub fn forget_homes(&mut self) {
        self.grooves_mut().for_each(|groove| *groove = groove.at_home(Vec::new()));
    }

    /// All grooves that were given: the song's, then those of sections by label.
    pub fn grooves(&self) -> impl Iterator<Item = &Groove> {
        let song = match &self.style {
            StyleChoice::Groove(groove) => Some(groove),
            _ => None,
        };
        song.into_iter().chain(self.section_grooves.values())
    }

    /// The same, to be changed.
    pub fn grooves_mut(&mut self) -> impl Iterator<Item = &mut Groove> {
        let song = match &mut self.style {
            StyleChoice::Groove(groove) => Some(groove),
            _ => None,
        };
        song.into_iter().chain(self.section_grooves.values_mut())
    }

    /// The groove that a section of a label is played with, if one was given.
    pub fn groove_of(&self, label: Option<usize>) -> Option<&Groove> {
        let own = label.and_then(|label| self.section_grooves.get(&label));
        own.or(match &self.style {
            StyleChoice::Groove(groove) => Some(groove),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarIndex, GrooveSource, Hit, Lane, Metre, Velocity};

    #[test]
    fn files_have_the_names_that_are_asked_for() {
        let named = |style: Style| serde_json::to_string(&style).unwrap();
        for style in Style::ALL {
            assert_eq!(named(style), format!("\"{}\"", style.name()));
        }
        for ending in Ending::ALL {
            assert_eq!(serde_json::to_string(&ending).unwrap(), format!("\"{}\"", ending.name()));
        }
        for count_in in CountIn::ALL {
            let name = format!("\"{}\"", count_in.name());
            assert_eq!(serde_json::to_string(&count_in).unwrap(), name);
        }
    }

    fn groove() -> Groove {
        let hit = Hit {
            bar: BarIndex(0),
            step: 4,
            key: Lane::Snare.default_key(),
            velocity: Velocity::clamped(99),
            offset: 0.25,
        };
        Groove::new("mine", GrooveSource::Tapped, Metre::COMMON, false, 1, vec![hit]).unwrap()
    }

    #[test]
    fn a_sections_own_groove_goes_before_the_songs() {
        let (song, own) = (groove(), groove().renamed("own"));
        let settings = Settings {
            style: StyleChoice::Groove(song.clone()),
            section_grooves: BTreeMap::from([(2, own.clone())]),
            ..Settings::default()
        };
        assert_eq!(settings.groove_of(Some(2)), Some(&own));
        assert_eq!(settings.groove_of(Some(0)), Some(&song));
        assert_eq!(settings.groove_of(None), Some(&song));
        assert_eq!(Settings::default().groove_of(Some(2)), None);
        let mut moved = Settings {
            style: StyleChoice::Groove(song.at_home(vec![BarIndex(3)])),
            section_grooves: [(2, own.at_home(vec![BarIndex(5)]))].into(),
            ..Settings::default()
        };
        assert_eq!(moved.groove_of(Some(2)).unwrap().homes(), [BarIndex(5)]);
        moved.forget_homes();
        assert_eq!((moved.groove_of(Some(2)), moved.groove_of(None)), (Some(&own), Some(&song)));
    }

    #[test]
    fn settings_come_back_from_a_file() {
        for style in [
            StyleChoice::FromSong,
            StyleChoice::Preset(Style::HipHop),
            StyleChoice::Densities([2.0; 8]),
            StyleChoice::Groove(groove()),
        ] {
            let section_grooves = BTreeMap::from([(1, groove())]);
            let settings = Settings {
                style,
                swing: 0.3,
                ending: Ending::Hit,
                section_grooves,
                ..Settings::default()
            };
            let text = serde_json::to_string(&Settings { seed: 9, ..settings.clone() }).unwrap();
            assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        }
    }
}
