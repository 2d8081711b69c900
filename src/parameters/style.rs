//! The style as hosts see it.

use crate::drummer::{Style, StyleChoice};
use nice_plug::prelude::Enum;

/// What can be chosen for the style. Ids are part of the saved state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[expect(missing_docs, reason = "the styles are explained at the drummer's")]
pub enum StyleName {
    #[id = "song"]
    #[name = "From the song"]
    FromSong,
    #[id = "rock"]
    Rock,
    #[id = "pop"]
    Pop,
    #[id = "funk"]
    Funk,
    #[id = "soul"]
    Soul,
    #[id = "jazz"]
    Jazz,
    #[id = "latin"]
    Latin,
    #[id = "afro"]
    Afro,
    #[id = "hip-hop"]
    #[name = "Hip-hop"]
    HipHop,
    #[id = "dance"]
    Dance,
    #[id = "punk"]
    Punk,
    #[id = "metal"]
    Metal,
    #[id = "country"]
    Country,
    #[id = "blues"]
    Blues,
    #[id = "reggae"]
    Reggae,
    #[id = "ballad"]
    Ballad,
    #[id = "march"]
    March,
}

impl From<StyleName> for StyleChoice {
    /// Names stand in the order of [`Style::ALL`], behind "from the song"; a test holds that.
    fn from(name: StyleName) -> StyleChoice {
        let style = name.to_index().checked_sub(1).and_then(|index| Style::ALL.get(index));
        style.map_or(StyleChoice::FromSong, |&style| StyleChoice::Preset(style))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_of_the_drummer_can_be_chosen() {
        let ids = StyleName::ids().unwrap();
        assert_eq!(ids.len(), Style::ALL.len() + 1);
        assert_eq!(StyleChoice::from(StyleName::FromSong), StyleChoice::FromSong);
        for (index, style) in Style::ALL.into_iter().enumerate() {
            let name = StyleName::from_index(index + 1);
            assert_eq!(StyleChoice::from(name), StyleChoice::Preset(style));
            assert_eq!(ids[index + 1], style.name());
        }
    }
}
