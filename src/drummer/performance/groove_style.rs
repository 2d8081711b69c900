//! Styles as the groove network knows them: the main styles of the Groove MIDI Dataset, of which
//! those with only a few performances share a touch with their nearest relative.

use crate::drummer::Style;

/// How a style is struck and placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
#[expect(missing_docs, reason = "their names are the genres'")]
pub enum GrooveStyle {
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

/// Number of [`GrooveStyle`]es.
pub const GROOVE_STYLES: usize = 12;

impl GrooveStyle {
    /// All styles, in the order of the network's input.
    pub const ALL: [GrooveStyle; GROOVE_STYLES] = [
        GrooveStyle::Rock,
        GrooveStyle::Pop,
        GrooveStyle::Funk,
        GrooveStyle::Soul,
        GrooveStyle::Jazz,
        GrooveStyle::Latin,
        GrooveStyle::Afro,
        GrooveStyle::HipHop,
        GrooveStyle::Dance,
        GrooveStyle::Punk,
        GrooveStyle::Country,
        GrooveStyle::Reggae,
    ];

    /// Place in [`GrooveStyle::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The touch of a style as `info.csv` of the dataset names it: `main` or `main/secondary`.
    /// `None` for a style that is not in the dataset.
    pub fn of_dataset_style(style: &str) -> Option<GrooveStyle> {
        Some(match style.split('/').next()? {
            "rock" => GrooveStyle::Rock,
            "pop" => GrooveStyle::Pop,
            "funk" | "neworleans" => GrooveStyle::Funk,
            "soul" | "gospel" => GrooveStyle::Soul,
            "jazz" => GrooveStyle::Jazz,
            "latin" | "afrocuban" | "middleeastern" => GrooveStyle::Latin,
            "afrobeat" | "highlife" => GrooveStyle::Afro,
            "hiphop" => GrooveStyle::HipHop,
            "dance" => GrooveStyle::Dance,
            "punk" => GrooveStyle::Punk,
            "country" | "blues" => GrooveStyle::Country,
            "reggae" => GrooveStyle::Reggae,
            _ => return None,
        })
    }
}

impl From<Style> for GrooveStyle {
    fn from(style: Style) -> GrooveStyle {
        match style {
            Style::Rock | Style::Metal => GrooveStyle::Rock,
            Style::Pop | Style::Ballad => GrooveStyle::Pop,
            Style::Funk => GrooveStyle::Funk,
            Style::Soul => GrooveStyle::Soul,
            // The dataset's marches are filed under jazz.
            Style::Jazz | Style::March => GrooveStyle::Jazz,
            Style::Latin => GrooveStyle::Latin,
            Style::Afro => GrooveStyle::Afro,
            Style::HipHop => GrooveStyle::HipHop,
            Style::Dance => GrooveStyle::Dance,
            Style::Punk => GrooveStyle::Punk,
            Style::Country | Style::Blues => GrooveStyle::Country,
            Style::Reggae => GrooveStyle::Reggae,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touches_stand_at_their_index() {
        assert!(
            GrooveStyle::ALL
                .into_iter()
                .enumerate()
                .all(|(index, groove_style)| groove_style.index() == index)
        );
    }

    #[test]
    fn dataset_styles_go_by_their_main_part() {
        assert_eq!(
            GrooveStyle::of_dataset_style("latin/brazilian-baiao"),
            Some(GrooveStyle::Latin)
        );
        assert_eq!(GrooveStyle::of_dataset_style("gamelan"), None);
    }
}
