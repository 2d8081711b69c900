//! The sheet that says which of the two plugins goes where, host by host.

use egui::{Align2, Pos2, Rect, Ui, Vec2, pos2};

use super::frame::Frame;
use super::theme::{Face, UNIT};
use super::widgets::label_at;

/// Host, and where the plugin goes. README and manual say the same.
pub const PLACES: [(&str, &str); 6] = [
    (
        "Ardour",
        "either in the processor box of the melody's track, below the synth. Above it the synth drops the \
         drums' sound; its Pin Connections can lead that past: two more outputs, connected with the \
         inputs, and the track's panner bypassed",
    ),
    (
        "Bitwig",
        "Drumlin FX behind the instrument, or Drumlin on an instrument track whose notes come from the \
         melody's track",
    ),
    (
        "REAPER",
        "either in the track's FX chain, below the synth; above it where the synth keeps the MIDI to \
         itself",
    ),
    ("Live", "Drumlin on a MIDI track of its own, MIDI From the melody's track"),
    (
        "Cubase",
        "Drumlin on an instrument track of its own, with a MIDI send of the melody's track to it",
    ),
    (
        "Logic",
        "Drumlin on a software instrument track of its own, with a copy of the melody's region",
    ),
];

/// Of the buttons that open it.
pub const TIP: &str = "Which of the two plugins goes where in your host.";

const ABOUT: &str = "Drumlin is found among a host's instruments, Drumlin FX among its effects; both do the \
    same. Sound and MIDI that come in go on, and drums are added.";

pub fn show(ui: &Ui, frame: &Frame<'_>, inner: Rect) {
    let (theme, painter) = (&frame.theme, ui.painter());
    let paragraph = |at: Pos2, text: &str, font, colour| {
        let galley = painter.layout(text.to_owned(), font, colour, inner.right() - at.x);
        let below = at.y + galley.size().y;
        painter.galley(at, galley, colour);
        below
    };
    let (heading, line) = (Face::SemiBold.at(13.0), Face::Regular.at(13.0));
    let at = inner.min;
    label_at(painter, at, Align2::LEFT_TOP, "Where it goes", heading.clone(), theme.accent);
    let at = at + Vec2::new(0.0, 6.0 * UNIT);
    let mut y = paragraph(at, ABOUT, line.clone(), theme.text) + 3.0 * UNIT;
    for (host, place) in PLACES {
        let at = pos2(inner.left(), y);
        label_at(painter, at, Align2::LEFT_TOP, host, heading.clone(), theme.text);
        let at = at + Vec2::new(20.0 * UNIT, 0.0);
        y = paragraph(at, place, line.clone(), theme.text_dim) + 2.0 * UNIT;
    }
}
