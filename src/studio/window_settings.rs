//! How the window looks: saved with the document, but no matter for undo.

/// Size and theme of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSettings {
    /// Logical pixels, 320 to 8,192.
    pub width: u16,
    /// Logical pixels, 320 to 8,192.
    pub height: u16,
    /// Dark or light.
    pub theme: Theme,
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names are what they are")]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

impl Default for WindowSettings {
    fn default() -> WindowSettings {
        WindowSettings { width: 1100, height: 720, theme: Theme::Dark }
    }
}

impl WindowSettings {
    /// The nearest sizes that a window can have.
    #[must_use]
    pub fn clamped(self) -> WindowSettings {
        let size = |pixels: u16| pixels.clamp(320, 8192);
        WindowSettings { width: size(self.width), height: size(self.height), ..self }
    }
}
