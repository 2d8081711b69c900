//! How the window looks: saved with the document, but no matter for undo.

/// Size and theme of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// Logical pixels, 320 to 8,192.
    pub width: u16,
    pub height: u16,
    pub theme: Theme,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

impl Default for Looks {
    fn default() -> Looks {
        Looks { width: 1100, height: 720, theme: Theme::Dark }
    }
}

impl Looks {
    /// The nearest sizes that a window can have.
    #[must_use]
    pub fn clamped(self) -> Looks {
        let size = |pixels: u16| pixels.clamp(320, 8192);
        Looks { width: size(self.width), height: size(self.height), ..self }
    }
}
