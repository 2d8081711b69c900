//! Styles as the groove network knows them: the main styles of the Groove MIDI Dataset, of which
//! those with only a few performances share a touch with their nearest relative.

use crate::drummer::Style;

/// How a style is struck and placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Touch {
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
    Country,
    Reggae,
}

/// Number of [`Touch`]es.
pub const TOUCHES: usize = 12;

impl Touch {
    pub const ALL: [Touch; TOUCHES] = [
        Touch::Rock,
        Touch::Pop,
        Touch::Funk,
        Touch::Soul,
        Touch::Jazz,
        Touch::Latin,
        Touch::Afro,
        Touch::HipHop,
        Touch::Dance,
        Touch::Punk,
        Touch::Country,
        Touch::Reggae,
    ];

    pub const fn index(self) -> usize {
        self as usize
    }

    /// The touch of a style as `info.csv` of the dataset names it: `main` or `main/secondary`.
    /// `None` for a style that is not in the dataset.
    pub fn of_dataset_style(style: &str) -> Option<Touch> {
        Some(match style.split('/').next()? {
            "rock" => Touch::Rock,
            "pop" => Touch::Pop,
            "funk" | "neworleans" => Touch::Funk,
            "soul" | "gospel" => Touch::Soul,
            "jazz" => Touch::Jazz,
            "latin" | "afrocuban" | "middleeastern" => Touch::Latin,
            "afrobeat" | "highlife" => Touch::Afro,
            "hiphop" => Touch::HipHop,
            "dance" => Touch::Dance,
            "punk" => Touch::Punk,
            "country" | "blues" => Touch::Country,
            "reggae" => Touch::Reggae,
            _ => return None,
        })
    }
}

impl From<Style> for Touch {
    fn from(style: Style) -> Touch {
        match style {
            Style::Rock | Style::Metal => Touch::Rock,
            Style::Pop | Style::Ballad => Touch::Pop,
            Style::Funk => Touch::Funk,
            Style::Soul => Touch::Soul,
            // The dataset's marches are filed under jazz.
            Style::Jazz | Style::March => Touch::Jazz,
            Style::Latin => Touch::Latin,
            Style::Afro => Touch::Afro,
            Style::HipHop => Touch::HipHop,
            Style::Dance => Touch::Dance,
            Style::Punk => Touch::Punk,
            Style::Country | Style::Blues => Touch::Country,
            Style::Reggae => Touch::Reggae,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touches_stand_at_their_index() {
        assert!(Touch::ALL.into_iter().enumerate().all(|(index, touch)| touch.index() == index));
    }

    #[test]
    fn dataset_styles_go_by_their_main_part() {
        assert_eq!(Touch::of_dataset_style("latin/brazilian-baiao"), Some(Touch::Latin));
        assert_eq!(Touch::of_dataset_style("gamelan"), None);
    }
}
