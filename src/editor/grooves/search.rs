//! What is looked for on the map: a style, grooves for the song's tempo, light or busy ones.

use egui::{Color32, Rect, Ui};

use super::picture::style_colour;
use super::rows::{halves, is_roomy};
use crate::drummer::capitalised;
use crate::editor::frame::Frame;
use crate::editor::theme::{CONTROL, UNIT};
use crate::editor::widgets::Choice;
use crate::patterns::{Filter, MapStyle};

/// Strokes in two bars, from and to, under their names.
const DENSITIES: [(&str, Option<(usize, usize)>); 4] = [
    ("Density", None),
    ("Light", Some((0, 24))),
    ("Medium", Some((25, 40))),
    ("Busy", Some((41, 448))),
];
/// The field of the style.
const STYLE: &str = "groove-style";
/// How far from the song's tempo, as a share.
const TEMPO: f64 = 0.12;

/// What is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Search {
    /// 0 is any.
    style: usize,
    density: usize,
    /// Any, or that of the song.
    tempo: usize,
}

impl Search {
    pub fn filter(&self, frame: &Frame<'_>) -> Filter {
        let song = frame.view.document.groove_tempo().0;
        let near = ((song * (1.0 - TEMPO)) as u16, (song * (1.0 + TEMPO)) as u16);
        Filter {
            style: self.style.checked_sub(1).map(|style| MapStyle(style as u8)),
            tempo: (self.tempo == 1).then_some(near),
            strokes: DENSITIES[self.density.min(DENSITIES.len() - 1)].1,
        }
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, search: &mut Search, rect: Rect) {
    let theme = &frame.theme;
    let styles: Vec<String> = std::iter::once("Style".to_owned())
        .chain(MapStyle::all().map(|style| capitalised(style.name())))
        .collect();
    let densities: Vec<String> = DENSITIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let tempos = ["Tempo", "Song's"].map(str::to_owned);
    // The style's names are long: where there is little room it has a row of its own.
    let split = rect.left() + (0.4 * rect.width()).round();
    let (style, others) = match is_roomy(rect.width()) {
        true => (rect.with_max_x(split), rect.with_min_x(split + UNIT)),
        false => (rect.with_max_y(rect.top() + CONTROL), rect.with_min_y(rect.bottom() - CONTROL)),
    };
    let [density, tempo] = halves(others);
    let places = [style, density, tempo];
    let fields = [
        (STYLE, "Only grooves of this style.", &styles[..], &mut search.style),
        ("groove-density", "Only light or busy grooves.", &densities[..], &mut search.density),
        (
            "groove-tempo",
            "Only grooves played about as fast as the song.",
            &tempos[..],
            &mut search.tempo,
        ),
    ];
    // The list of styles says which colour is which.
    let colours: Vec<Option<Color32>> = std::iter::once(None)
        .chain(MapStyle::all().map(|style| Some(style_colour(style))))
        .collect();
    for (place, (name, tip, names, chosen)) in places.into_iter().zip(fields) {
        let marks = if name == STYLE { &colours[..] } else { &[] };
        let picked = Choice::new(name, names, *chosen).tip(tip).marks(marks).show(ui, place, theme);
        *chosen = picked.unwrap_or(*chosen);
    }
}
