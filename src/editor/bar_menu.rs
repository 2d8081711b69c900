//! What can be done with the selected bars: the menu behind a right click and the row in the status
//! bar offer the same.

use egui::{Response, Ui};

use super::frame::{Frame, State};
use super::ruler::show_bars;
use crate::score::BarIndex;
use crate::studio::{Arrangement, Edit, Job};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Regenerate,
    CopyToRepeats,
    Lock,
    Unlock,
    /// Take the bars over from another alternative.
    From(usize),
    Copy,
    Paste,
    Clear,
    Zoom,
}

impl Deed {
    pub fn name(self) -> String {
        match self {
            Deed::Regenerate => "Regenerate".to_owned(),
            Deed::CopyToRepeats => "Copy to repeats".to_owned(),
            Deed::Lock => "Lock".to_owned(),
            Deed::Unlock => "Unlock".to_owned(),
            Deed::From(alternative) => format!("Take from alternative {}", alternative + 1),
            Deed::Copy => "Copy".to_owned(),
            Deed::Paste => "Paste".to_owned(),
            Deed::Clear => "Clear".to_owned(),
            Deed::Zoom => "Zoom in".to_owned(),
        }
    }

    pub fn tip(self) -> &'static str {
        match self {
            Deed::Regenerate => "Other drums for these bars; everything else stays.",
            Deed::CopyToRepeats => {
                "Copy these bars to the same place in every repeat of the section."
            }
            Deed::Lock => "The drummer leaves these bars as they are.",
            Deed::Unlock => "The drummer may change these bars again.",
            Deed::From(_) => "Take these bars over from another alternative.",
            Deed::Copy => "Copy these bars.",
            Deed::Paste => "Put the copied bars here.",
            Deed::Clear => "Take all hits out of these bars.",
            Deed::Zoom => "Show nothing but these bars.",
        }
    }

    /// Why it cannot be done with the selected bars now.
    pub fn why_not(self, frame: &Frame<'_>, state: &State) -> Option<&'static str> {
        const NO_PART: Option<&str> = Some("There are no drums yet: press Generate.");
        let Some(arrangement) = frame.arrangement else { return NO_PART };
        let Some(region) = state.selection.region() else {
            return Some("Select bars in the ruler, or a section, first.");
        };
        match self {
            Deed::CopyToRepeats => region
                .bars
                .clone()
                .all(|bar| arrangement.repeats_of(BarIndex(bar)).is_empty())
                .then_some("No other section repeats these bars."),
            Deed::Regenerate if all_locked(arrangement, &region.bars) => {
                Some("These bars are locked.")
            }
            Deed::Paste if state.scrap.is_none() => Some("Nothing was copied yet."),
            Deed::From(alternative) if alternative == arrangement.chosen => {
                Some("This is the alternative that you hear.")
            }
            _ => None,
        }
    }

    pub fn run(self, frame: &Frame<'_>, state: &mut State) {
        let Some(region) = state.selection.region() else { return };
        let bars = region.bars.clone();
        match self {
            Deed::Regenerate => frame.start(Job::Regenerate(region)),
            Deed::CopyToRepeats => {
                let gesture = frame.studio.gesture();
                for bar in bars {
                    // Bars behind the end of a shorter repeat have none; the others are copied.
                    let _ = frame.studio.drag(gesture, Edit::CopyToRepeats(BarIndex(bar)));
                }
            }
            Deed::Lock => frame.edit(Edit::LockBars { bars, on: true }),
            Deed::Unlock => frame.edit(Edit::LockBars { bars, on: false }),
            Deed::From(alternative) => frame.edit(Edit::Mix { bars, from: alternative }),
            Deed::Copy => state.copy(frame),
            Deed::Paste => state.paste(frame),
            Deed::Clear => frame.edit(Edit::Clear(region)),
            Deed::Zoom => show_bars(frame, state, &bars),
        }
    }
}

fn all_locked(arrangement: &Arrangement, bars: &std::ops::Range<usize>) -> bool {
    bars.clone().all(|bar| arrangement.locked_bars.contains(&BarIndex(bar)))
}

/// Lock or unlock, whichever changes something.
pub fn locking(frame: &Frame<'_>, state: &State) -> Deed {
    match (frame.arrangement, state.selection.region()) {
        (Some(arrangement), Some(region)) if all_locked(arrangement, &region.bars) => Deed::Unlock,
        _ => Deed::Lock,
    }
}

/// The menu behind a right click.
pub fn show(frame: &Frame<'_>, state: &mut State, response: &Response) {
    response.context_menu(|ui| {
        let mut deeds = vec![Deed::Regenerate, Deed::CopyToRepeats, locking(frame, state)];
        let alternatives = frame.arrangement.map_or(0, |a| a.alternatives.len());
        deeds.extend((0..alternatives).map(Deed::From));
        deeds.extend([Deed::Copy, Deed::Paste, Deed::Clear, Deed::Zoom]);
        for deed in deeds {
            entry(ui, frame, state, deed);
        }
    });
}

fn entry(ui: &mut Ui, frame: &Frame<'_>, state: &mut State, deed: Deed) {
    let why_not = deed.why_not(frame, state);
    let button = egui::Button::new(deed.name()).frame(false).min_size(egui::vec2(180.0, 24.0));
    let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(deed.tip());
    if response.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
        deed.run(frame, state);
        ui.close();
    }
}
