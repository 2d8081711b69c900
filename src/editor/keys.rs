//! Keyboard shortcuts: what they do, and how the help shows them.

use egui::{Context, Event, Key, Modifiers, Popup};
use nice_plug_egui::Key as UsedKey;

use super::bar_menu::BarAction;
use super::dialog::Dialog;
use super::frame::Frame;
use super::shared::{Request, Selection, Shared};
use crate::score::Lane;
use crate::studio::{ALTERNATIVES, Edit, Job, Shift};

/// The keys that the window uses, as letters or by name; all others are the host's. With `modifiers` held
/// down these are others: a host's own Ctrl+N, Ctrl+W or Alt+F would else do nothing.
pub fn used(modifiers: Modifiers) -> Vec<UsedKey> {
    if modifiers.alt {
        // Ends a drag with Alt.
        return "Escape".parse::<UsedKey>().into_iter().collect();
    }
    let command = modifiers.command;
    let letters = if command { "zyacxv" } else { "cgnvrlftpwb0123456789+-=?!@#$&*" };
    let both = |letter: char| [letter, letter.to_ascii_uppercase()];
    let mut keys: Vec<UsedKey> = (letters.chars().flat_map(both))
        .map(|letter| UsedKey::Character(letter.to_string()))
        .collect();
    keys.dedup();
    if command {
        return keys;
    }
    const NAMED: [&str; 9] = [
        "Escape",
        "Delete",
        "Backspace",
        "ArrowLeft",
        "ArrowRight",
        "ArrowUp",
        "ArrowDown",
        "F1",
        "Tab",
    ];
    keys.extend(NAMED.iter().filter_map(|name| name.parse::<UsedKey>().ok()));
    keys
}

/// Whether Escape was pressed, which then means nothing else.
pub fn escapes(ctx: &Context) -> bool {
    ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}

/// `dialog` is what lies over the window; a key may close it.
pub fn handle(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared, dialog: &mut Option<Dialog>) {
    let typed = std::mem::replace(&mut shared.typing, ctx.text_edit_focused());
    // While text is typed, keys are letters.
    if shared.typing {
        return;
    }
    leave_alt_to_host(ctx);
    // Escape has taken the keys from a field by now. It ends what was typed there and nothing else, but
    // for sheets that are there for their field.
    let asks = |dialog: &Dialog| {
        matches!(dialog, Dialog::KeepPreset(_) | Dialog::NameTake(_) | Dialog::Choose(_))
    };
    if typed
        && !dialog.as_ref().is_some_and(asks)
        && ctx.input(|input| input.key_pressed(Key::Escape))
    {
        return;
    }
    // Space is the host's: a button that has the focus is not to be pressed by it as well.
    ctx.input_mut(|input| {
        input.consume_key(Modifiers::NONE, Key::Space);
        input.events.retain(|event| !matches!(event, Event::Text(text) if text == " "));
    });
    // With a menu open nothing acts behind it.
    if shared.menu_open {
        if escapes(ctx) {
            Popup::close_all(ctx);
        }
        return;
    }
    if let Some(open) = dialog {
        let help = matches!(open, Dialog::Help);
        if matches!(open, Dialog::DrumMap(_) | Dialog::Candidates(_)) {
            // What is done there is done to the document.
            travel(ctx, frame);
        }
        if escapes(ctx) || help && asks_for_help(ctx) {
            *dialog = None;
        }
        return;
    }
    clipboard(ctx, frame, shared);
    let pressed =
        |modifiers: Modifiers, key: Key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    travel(ctx, frame);
    if pressed(Modifiers::COMMAND, Key::A) {
        select_all(frame, shared);
    }
    const DIGITS: [Key; ALTERNATIVES] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
    for (number, key) in DIGITS.into_iter().enumerate() {
        let exists = frame.arrangement.is_some_and(|a| number < a.alternatives.len());
        if !exists {
            continue;
        }
        if pressed(Modifiers::SHIFT, key) {
            let action = BarAction::From(number);
            if action.why_not(frame, shared).is_none() {
                action.run(frame, shared);
            }
        }
        let chosen = frame.arrangement.map(|arrangement| arrangement.chosen);
        if pressed(Modifiers::NONE, key) && chosen != Some(number) {
            frame.edit(Edit::Choose(number));
        }
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        if frame.view.auditioned.is_some() {
            frame.studio.stop_audition();
        } else if frame.view.listening.is_some() {
            frame.studio.stop_listening(false);
        } else if frame.view.job.is_some() {
            frame.studio.cancel();
        } else {
            shared.selection.clear();
        }
    }
    if pressed(Modifiers::NONE, Key::Delete) || pressed(Modifiers::NONE, Key::Backspace) {
        shared.erase(frame);
    }
    letters(ctx, frame, shared);
    arrows(ctx, frame, shared);
}

/// Undo and redo.
fn travel(ctx: &Context, frame: &Frame<'_>) {
    let pressed =
        |modifiers: Modifiers, key: Key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    let command = Modifiers::COMMAND;
    if pressed(command | Modifiers::SHIFT, Key::Z) || pressed(command, Key::Y) {
        frame.studio.redo();
    }
    if pressed(command, Key::Z) {
        frame.studio.undo();
    }
}

/// With Alt held down keys are the host's, and none of its shortcuts is a letter of the window. Escape
/// stays: it ends a drag with Alt as well.
fn leave_alt_to_host(ctx: &Context) {
    ctx.input_mut(|input| {
        let alt = input.modifiers.alt;
        input.events.retain(|event| match event {
            Event::Key { key, pressed: true, modifiers, .. } => {
                !modifiers.alt || *key == Key::Escape
            }
            Event::Text(_) => !alt,
            _ => true,
        });
    });
}

fn letters(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared) {
    let pressed = |key: Key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::C) && frame.view.recording.bars.is_some() {
        frame.capture_all();
    }
    let idle = frame.view.job.is_none();
    if pressed(Key::G) && idle && frame.take.is_some() {
        // As the button of the third step does.
        if frame.live {
            frame.capture_all();
        }
        frame.start(Job::Generate);
    }
    if pressed(Key::N) && idle && frame.arrangement.is_some() {
        frame.start(Job::New);
    }
    if pressed(Key::W) && frame.take.is_some() && !frame.live {
        shared.request(Request::Candidates);
    }
    if pressed(Key::V) && idle && frame.arrangement.is_some() {
        frame.start(Job::Variation);
    }
    for (key, action) in
        [(Key::R, BarAction::Regenerate), (Key::L, super::bar_menu::locking(frame, shared))]
    {
        if pressed(key) && action.why_not(frame, shared).is_none() {
            action.run(frame, shared);
        }
    }
    if pressed(Key::T) {
        shared.request(Request::PreviousTake);
    }
    if pressed(Key::P) {
        super::ruler::play(frame, shared);
    }
    if pressed(Key::F) {
        shared.follow = !shared.follow;
    }
    if pressed(Key::Num0) {
        shared.timeline.show_all();
    }
    if pressed(Key::Plus) || pressed(Key::Equals) {
        shared.timeline.zoom_middle(1.0 / 0.7);
    }
    if pressed(Key::Minus) {
        shared.timeline.zoom_middle(0.7);
    }
    if asks_for_help(ctx) {
        shared.request(Request::Help);
    }
}

/// "?" is shift and another key on most keyboards.
fn asks_for_help(ctx: &Context) -> bool {
    ctx.input_mut(|input| {
        input.events.iter().any(|event| matches!(event, Event::Text(text) if text == "?"))
            || input.consume_key(Modifiers::NONE, Key::F1)
    })
}

/// Arrow keys are for the selected hits; a knob that has the focus keeps them.
fn arrows(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared) {
    let focus = ctx.memory(|memory| memory.focused());
    if shared.selection.cells.is_empty() || focus.is_some_and(|id| id != egui::Id::unique("grid")) {
        return;
    }
    let pressed = |key: Key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let cells: Vec<_> = shared.selection.cells.iter().copied().collect();
    for (key, by) in [(Key::ArrowUp, 4), (Key::ArrowDown, -4)] {
        if pressed(key) {
            frame.edit(Edit::ChangeVelocity { cells: cells.clone(), by });
        }
    }
    for (key, steps) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
        let Some(part) = frame.part().filter(|_| pressed(key)) else { continue };
        let by = Shift { steps, lanes: 0 };
        let place = super::grid::Place { rect: frame.layout.grid, timeline: shared.timeline, part };
        let moved: Option<_> = cells.iter().map(|cell| place.shifted(*cell, by)).collect();
        if let Some(moved) = moved {
            frame.edit(Edit::MoveHits { cells: cells.clone(), by });
            shared.selection.cells = moved;
        }
    }
}

fn select_all(frame: &Frame<'_>, shared: &mut Shared) {
    let Some(part) = frame.part() else { return };
    let cells = part.hits.iter().map(|hit| crate::studio::Cell {
        bar: hit.bar,
        step: hit.step,
        lane: Lane::of_key(hit.key.get()),
    });
    shared.selection = Selection { bars: None, cells: cells.collect() };
}

/// Integrations say copy, cut and paste as events of their own; some say the key as well, and some
/// the key alone.
fn clipboard(ctx: &Context, frame: &Frame<'_>, shared: &mut Shared) {
    let said = |wanted: fn(&Event) -> bool, key: Key| {
        ctx.input_mut(|input| {
            let pressed = input.consume_key(Modifiers::COMMAND, key);
            let before = input.events.len();
            input.events.retain(|event| !wanted(event));
            pressed || input.events.len() < before
        })
    };
    if said(|event| matches!(event, Event::Copy), Key::C) {
        shared.copy(frame);
    }
    if said(|event| matches!(event, Event::Cut), Key::X) {
        shared.copy(frame);
        shared.erase(frame);
    }
    if said(|event| matches!(event, Event::Paste(_)), Key::V) {
        shared.paste(frame);
    }
}
