//! What the tab remembers.

use super::picture::{Picture, ViewPort};
use super::search::Search;
use crate::studio::GrooveLibrary;

/// What the tab remembers.
pub struct Grooves {
    /// Where the musician's grooves are kept; `None` where the system has no place for settings.
    pub library: Option<GrooveLibrary>,
    /// The map was asked for, for this part.
    pub asked: Option<Option<usize>>,
    pub search: Search,
    pub view: ViewPort,
    pub picture: Picture,
    /// The point under the pointer, and since when.
    pub over: Option<(usize, f64)>,
    /// The point that is heard because the pointer is over it.
    pub heard: Option<usize>,
    /// What is in hand is heard, also when the pointer leaves a groove.
    pub plays: bool,
    /// Grooves under the pointer are heard.
    pub listens: bool,
}

impl Default for Grooves {
    fn default() -> Grooves {
        Grooves {
            library: GrooveLibrary::usual(),
            asked: None,
            search: Search::default(),
            view: ViewPort::default(),
            picture: Picture::default(),
            over: None,
            heard: None,
            plays: false,
            listens: true,
        }
    }
}

impl Grooves {
    /// A new window has no textures yet.
    pub fn forget_textures(&mut self) {
        self.picture = Picture::default();
    }
}
