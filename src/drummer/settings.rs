//! What the musician asks of the drummer.

use crate::score::SCORE_CLASSES;

/// Hits a bar wanted of each [`crate::score::ScoreClass`], in its order; each 0 to 32.
pub type ClassDensities = [f32; SCORE_CLASSES];

/// A style by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

/// Where the style comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum StyleChoice {
    /// What the song itself suggests.
    #[default]
    FromSong,
    Preset(Style),
    Densities(ClassDensities),
}

/// Everything that can be asked for. The default is what a good drummer plays unasked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub style: StyleChoice,
    /// How much is played, 0 to 1; 0.5 is what the style suggests.
    pub complexity: f32,
    /// How hard and how driven, 0 to 1.
    pub intensity: f32,
    /// How many section ends get a fill, 0 (none) to 1 (every phrase).
    pub fill_amount: f32,
    /// How busy a fill is, 0 to 1.
    pub fill_complexity: f32,
    /// How late the off-beats come, 0 (straight) to 1 (triplet feel).
    pub swing: f32,
    /// How far velocity and timing move from the grid, 0 (machine) to 1 (loose).
    pub humanise: f32,
    /// Same seed, same part.
    pub seed: u64,
    /// How many different grooves to offer for the same form, 1 to 8.
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
            seed: 0,
            alternatives: 1,
        }
    }
}
