//! What can be done with the selected bars: the menu behind a right click and the row in the status
//! bar offer the same.

use std::ops::Range;

use egui::{Response, Ui};

use super::frame::{Frame, sentence};
use super::shared::Shared;
use crate::score::BarIndex;
use crate::studio::{Arrangement, Edit, Job};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarAction {
    Regenerate,
    CopyToRepeats,
    Lock,
    Unlock,
    /// Take the bars over from another alternative.
    From(usize),
    /// Drum the whole song with these bars.
    UseAsGroove,
    /// Drum the sections of this letter with these bars.
    UseForSection,
    /// Hear the drums in what sounds on the track there.
    Listen,
    Copy,
    Paste,
    Clear,
    Zoom,
}

impl BarAction {
    pub fn name(self) -> String {
        match self {
            BarAction::Regenerate => "Regenerate".to_owned(),
            BarAction::CopyToRepeats => "Copy to repeats".to_owned(),
            BarAction::Lock => "Lock".to_owned(),
            BarAction::Unlock => "Unlock".to_owned(),
            BarAction::From(alternative) => format!("Take from alternative {}", alternative + 1),
            BarAction::UseAsGroove => "Use as groove".to_owned(),
            BarAction::UseForSection => "Use as groove of the section".to_owned(),
            BarAction::Listen => "Hear the drums on this track".to_owned(),
            BarAction::Copy => "Copy".to_owned(),
            BarAction::Paste => "Paste".to_owned(),
            BarAction::Clear => "Clear".to_owned(),
            BarAction::Zoom => "Zoom in".to_owned(),
        }
    }

    pub fn tip(self) -> &'static str {
        match self {
            BarAction::Regenerate => "Other drums for these bars; everything else stays.",
            BarAction::CopyToRepeats => {
                "Copy these bars to the same place in every repeat of the section."
            }
            BarAction::Lock => "The drummer leaves these bars as they are.",
            BarAction::Unlock => "The drummer may change these bars again.",
            BarAction::From(_) => "Take these bars over from another alternative.",
            BarAction::UseAsGroove => {
                "Drum the whole song with these bars, lighter and fuller as it asks."
            }
            BarAction::UseForSection => "Drum this section and its repeats with these bars.",
            BarAction::Listen => {
                "Listen to the sound on this track while the host plays these bars, and make drums of it."
            }
            BarAction::Copy => "Copy these bars.",
            BarAction::Paste => "Put the copied bars here.",
            BarAction::Clear => "Take all hits out of these bars.",
            BarAction::Zoom => "Show nothing but these bars.",
        }
    }

    /// Why it cannot be done with the selected bars now.
    pub fn why_not(self, frame: &Frame<'_>, shared: &Shared) -> Option<&'static str> {
        const NO_PART: Option<&str> = Some("There are no drums yet: press Generate.");
        const NO_BARS: Option<&str> = Some("Select bars in the ruler, or a section, first.");
        if self == BarAction::Listen {
            let no_bars = frame.take.is_none() || frame.live || shared.selection.region().is_none();
            return NO_BARS.filter(|_| no_bars);
        }
        let Some(arrangement) = frame.arrangement else { return NO_PART };
        let Some(region) = shared.selection.region() else { return NO_BARS };
        match self {
            BarAction::CopyToRepeats => region
                .bars
                .clone()
                .all(|bar| arrangement.repeats_of(BarIndex(bar)).is_empty())
                .then_some("No other section repeats these bars."),
            BarAction::Regenerate if all_locked(arrangement, &region.bars) => {
                Some("These bars are locked.")
            }
            BarAction::UseAsGroove | BarAction::UseForSection
                if !frame.part().is_some_and(|part| {
                    part.hits.iter().any(|hit| region.bars.contains(&hit.bar.0))
                }) =>
            {
                Some("Nothing is struck in these bars.")
            }
            BarAction::Paste if shared.clipboard.is_none() => Some("Nothing was copied yet."),
            BarAction::From(alternative) if alternative == arrangement.chosen => {
                Some("This is the alternative that you hear.")
            }
            _ => None,
        }
    }

    pub fn run(self, frame: &Frame<'_>, shared: &mut Shared) {
        let Some(region) = shared.selection.region() else { return };
        let bars = region.bars.clone();
        match self {
            BarAction::Regenerate => frame.start(Job::Regenerate(region)),
            BarAction::CopyToRepeats => {
                let gesture = frame.studio.gesture();
                for bar in bars {
                    // Bars behind the end of a shorter repeat have none; the others are copied.
                    let _ = frame.studio.drag(gesture, Edit::CopyToRepeats(BarIndex(bar)));
                }
            }
            BarAction::Lock => frame.edit(Edit::LockBars { bars, on: true }),
            BarAction::Unlock => frame.edit(Edit::LockBars { bars, on: false }),
            BarAction::From(alternative) => frame.edit(Edit::Mix { bars, from: alternative }),
            BarAction::UseAsGroove => use_bars(frame, bars, None),
            BarAction::UseForSection => {
                let section = frame.arrangement.and_then(|a| a.form.label_at(bars.start));
                use_bars(frame, bars, section);
            }
            BarAction::Listen => frame.listen(Some(bars)),
            BarAction::Copy => shared.copy(frame),
            BarAction::Paste => shared.paste(frame),
            BarAction::Clear => frame.edit(Edit::Clear(region)),
            BarAction::Zoom => shared.timeline.show_bars(frame.bars(), &bars),
        }
    }
}

fn use_bars(frame: &Frame<'_>, bars: Range<usize>, section: Option<usize>) {
    if let Err(error) = frame.studio.use_bars(bars, section) {
        frame.studio.report(&sentence(&error.to_string()));
    }
}

fn all_locked(arrangement: &Arrangement, bars: &Range<usize>) -> bool {
    bars.clone().all(|bar| arrangement.locked_bars.contains(&BarIndex(bar)))
}

/// Lock or unlock, whichever changes something.
pub fn locking(frame: &Frame<'_>, shared: &Shared) -> BarAction {
    match (frame.arrangement, shared.selection.region()) {
        (Some(arrangement), Some(region)) if all_locked(arrangement, &region.bars) => {
            BarAction::Unlock
        }
        _ => BarAction::Lock,
    }
}

/// The menu behind a right click.
pub fn show(frame: &Frame<'_>, shared: &mut Shared, response: &Response) {
    response.context_menu(|ui| {
        let mut actions =
            vec![BarAction::Regenerate, BarAction::CopyToRepeats, locking(frame, shared)];
        let alternatives = frame.arrangement.map_or(0, |a| a.alternatives.len());
        actions.extend((0..alternatives).map(BarAction::From));
        actions.extend([BarAction::UseAsGroove, BarAction::UseForSection, BarAction::Listen]);
        actions.extend([BarAction::Copy, BarAction::Paste, BarAction::Clear, BarAction::Zoom]);
        for action in actions {
            entry(ui, frame, shared, action);
        }
    });
}

fn entry(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, action: BarAction) {
    let why_not = action.why_not(frame, shared);
    let button = egui::Button::new(action.name()).frame(false).min_size(egui::vec2(180.0, 24.0));
    let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(action.tip());
    if response.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
        action.run(frame, shared);
        ui.close();
    }
}
