//! Keyboard shortcuts: what they do, and how the help shows them.

use egui::{Context, Event, Key, Modifiers, Popup};
use nice_plug_egui::Key as UsedKey;

use super::bar_menu::BarAction;
use super::dialog::Dialog;
use super::frame::{Frame, Selection, State};
use super::top_bar;
use crate::score::Lane;
use crate::studio::{ALTERNATIVES, Edit, Job, Shift};

/// What the help lists: heading, then keys and what they do.
pub const HELP: [(&str, &[(&str, &str)]); 4] = [
    (
        "Drummer",
        &[
            ("C", "Capture everything heard"),
            ("G", "Generate"),
            ("N", "New idea"),
            ("V", "Variation"),
            ("1 – 4", "Choose an alternative"),
            ("T", "This take and the one before"),
            ("P", "Play bars while the host stands"),
            ("Shift+1 – 4", "Take it for the selected bars"),
            ("Esc", "Close, cancel, select nothing"),
        ],
    ),
    (
        "Editing",
        &[
            ("Ctrl+Z", "Undo"),
            ("Ctrl+Shift+Z", "Redo"),
            ("Ctrl+C / X / V", "Copy, cut, paste"),
            ("Ctrl+A", "Select all hits"),
            ("Delete", "Erase"),
            ("R", "Regenerate the selection"),
            ("L", "Lock or unlock bars"),
            ("← →", "Move hits by a step"),
            ("↑ ↓", "Louder, softer"),
        ],
    ),
    (
        "Mouse on the grid",
        &[
            ("Click", "Set a hit, or select one"),
            ("… far out", "Select a bar; twice: zoom in"),
            ("Drag", "Paint; on a hit: velocity, move"),
            ("Alt+drag", "Timing"),
            ("Shift+drag", "Select; finer, while dragging"),
            ("Right click", "Erase; on bars: menu"),
        ],
    ),
    (
        "View",
        &[
            ("Wheel", "Scroll"),
            ("Ctrl+wheel", "Zoom"),
            ("+ –", "Zoom"),
            ("0", "Whole song"),
            ("F", "Follow the playhead"),
            ("?", "This help"),
        ],
    ),
];

/// The keys that the window uses, as letters or by name; all others are the host's. With `command` held
/// down some more are.
pub fn used(command: bool) -> Vec<UsedKey> {
    let letters = "cgnvrlftp0123456789+-=?!@#$&*";
    let held = if command { "zyax" } else { "" };
    let both = |letter: char| [letter, letter.to_ascii_uppercase()];
    let mut keys: Vec<UsedKey> = (letters.chars().chain(held.chars()).flat_map(both))
        .map(|letter| UsedKey::Character(letter.to_string()))
        .collect();
    keys.dedup();
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

pub fn handle(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    // While text is typed, keys are letters.
    if ctx.text_edit_focused() {
        return;
    }
    // Space is the host's: a button that has the focus is not to be pressed by it as well.
    ctx.input_mut(|input| {
        input.consume_key(Modifiers::NONE, Key::Space);
        input.events.retain(|event| !matches!(event, Event::Text(text) if text == " "));
    });
    // With a menu open nothing acts behind it.
    if state.menu_open {
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            Popup::close_all(ctx);
        }
        return;
    }
    if let Some(dialog) = &state.dialog {
        let help = matches!(dialog, Dialog::Help);
        let escape = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if escape || help && asks_for_help(ctx) {
            state.dialog = None;
        }
        return;
    }
    clipboard(ctx, frame, state);
    let pressed =
        |modifiers: Modifiers, key: Key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    let command = Modifiers::COMMAND;
    if pressed(command | Modifiers::SHIFT, Key::Z) || pressed(command, Key::Y) {
        frame.studio.redo();
    }
    if pressed(command, Key::Z) {
        frame.studio.undo();
    }
    if pressed(command, Key::A) {
        select_all(frame, state);
    }
    const DIGITS: [Key; ALTERNATIVES] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
    for (number, key) in DIGITS.into_iter().enumerate() {
        let exists = frame.arrangement.is_some_and(|a| number < a.alternatives.len());
        if !exists {
            continue;
        }
        if pressed(Modifiers::SHIFT, key) {
            let action = BarAction::From(number);
            if action.why_not(frame, state).is_none() {
                action.run(frame, state);
            }
        }
        let chosen = frame.arrangement.map(|arrangement| arrangement.chosen);
        if pressed(Modifiers::NONE, key) && chosen != Some(number) {
            frame.edit(Edit::Choose(number));
        }
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        if frame.view.job.is_some() {
            frame.studio.cancel();
        } else {
            state.selection.clear();
        }
    }
    if pressed(Modifiers::NONE, Key::Delete) || pressed(Modifiers::NONE, Key::Backspace) {
        state.erase(frame);
    }
    letters(ctx, frame, state);
    arrows(ctx, frame, state);
}

fn letters(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    let pressed = |key: Key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::C) && frame.view.recording.bars.is_some() {
        top_bar::capture_all(frame);
    }
    let idle = frame.view.job.is_none();
    if pressed(Key::G) && idle && frame.take.is_some() {
        frame.start(Job::Generate);
    }
    if pressed(Key::N) && idle && frame.arrangement.is_some() {
        frame.start(Job::New);
    }
    if pressed(Key::V) && idle && frame.arrangement.is_some() {
        frame.start(Job::Variation);
    }
    for (key, action) in
        [(Key::R, BarAction::Regenerate), (Key::L, super::bar_menu::locking(frame, state))]
    {
        if pressed(key) && action.why_not(frame, state).is_none() {
            action.run(frame, state);
        }
    }
    if pressed(Key::T) {
        super::roll::back_and_forth(frame, state);
    }
    if pressed(Key::P) {
        super::ruler::play(frame, state);
    }
    if pressed(Key::F) {
        state.follow = !state.follow;
    }
    if pressed(Key::Num0) {
        state.timeline.show_all();
    }
    if pressed(Key::Plus) || pressed(Key::Equals) {
        state.timeline.zoom_middle(1.0 / 0.7);
    }
    if pressed(Key::Minus) {
        state.timeline.zoom_middle(0.7);
    }
    if asks_for_help(ctx) {
        state.dialog = Some(Dialog::Help);
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
fn arrows(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    let focus = ctx.memory(|memory| memory.focused());
    if state.selection.cells.is_empty() || focus.is_some_and(|id| id != egui::Id::unique("grid")) {
        return;
    }
    let pressed = |key: Key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let cells: Vec<_> = state.selection.cells.iter().copied().collect();
    for (key, by) in [(Key::ArrowUp, 4), (Key::ArrowDown, -4)] {
        if pressed(key) {
            frame.edit(Edit::ChangeVelocity { cells: cells.clone(), by });
        }
    }
    for (key, steps) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
        let Some(part) = frame.part().filter(|_| pressed(key)) else { continue };
        let by = Shift { steps, lanes: 0 };
        let place = super::grid::Place { rect: frame.layout.grid, timeline: state.timeline, part };
        let moved: Option<_> = cells.iter().map(|cell| place.shifted(*cell, by)).collect();
        if let Some(moved) = moved {
            frame.edit(Edit::MoveHits { cells: cells.clone(), by });
            state.selection.cells = moved;
        }
    }
}

fn select_all(frame: &Frame<'_>, state: &mut State) {
    let Some(part) = frame.part() else { return };
    let cells = part.hits.iter().map(|hit| crate::studio::Cell {
        bar: hit.bar,
        step: hit.step,
        lane: Lane::of_key(hit.key.get()),
    });
    state.selection = Selection { bars: None, cells: cells.collect() };
}

/// Integrations say copy, cut and paste as events of their own; some say the key as well, and some
/// the key alone.
fn clipboard(ctx: &Context, frame: &Frame<'_>, state: &mut State) {
    let said = |wanted: fn(&Event) -> bool, key: Key| {
        ctx.input_mut(|input| {
            let pressed = input.consume_key(Modifiers::COMMAND, key);
            let before = input.events.len();
            input.events.retain(|event| !wanted(event));
            pressed || input.events.len() < before
        })
    };
    if said(|event| matches!(event, Event::Copy), Key::C) {
        state.copy(frame);
    }
    if said(|event| matches!(event, Event::Cut), Key::X) {
        state.copy(frame);
        state.erase(frame);
    }
    if said(|event| matches!(event, Event::Paste(_)), Key::V) {
        state.paste(frame);
    }
}
