//! The sheet of the drum map: which key the kit at the other end has for each lane, and for each
//! instrument of a lane. Whoever changes a key of a map that comes with Drumlin gets one of their own.

use egui::{
    Align2, CornerRadius, Id, Key, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2,
};

use super::frame::Frame;
use super::parameter_widgets::{channel, toggle};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Choice, Stepper, label};
use crate::parameters::Control;
use crate::score::{GmKey, LANES, Lane};
use crate::studio::{Document, DrumMap, Edit, Gesture, OwnMap};

/// What a new map of the musician's own is called.
const OWN: &str = "Own map";
/// Width of a key with its buttons.
const KEY: f32 = 136.0;

/// What the sheet remembers while it is open.
#[derive(Debug)]
pub struct Editing {
    /// Its instruments are shown.
    lane: Lane,
    /// Turns of one key that follow each other are one step of the undo history.
    turning: Option<(Target, Gesture)>,
    /// A name that is being typed.
    name: Option<String>,
}

/// What has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Lane(Lane),
    Instrument(GmKey),
}

impl Editing {
    pub fn new() -> Editing {
        Editing { lane: Lane::Kick, turning: None, name: None }
    }
}

/// The maps to choose from and the place of the one in use: those that come with Drumlin, then the
/// musician's own.
pub fn maps(document: &Document) -> (Vec<DrumMap>, usize) {
    let mut maps = DrumMap::KNOWN.to_vec();
    maps.extend(document.own_map.clone().map(DrumMap::Own));
    if !maps.contains(&document.drum_map) {
        maps.push(document.drum_map.clone());
    }
    let chosen = maps.iter().position(|map| *map == document.drum_map).unwrap_or_default();
    (maps, chosen)
}

/// What a map is called where there is little room.
fn short_name(map: &DrumMap) -> &str {
    match map {
        DrumMap::Toontrack => "EZdrummer",
        DrumMap::AddictiveDrums => "Addictive",
        DrumMap::MtPower => "MT Power",
        DrumMap::Avl => "AVL",
        other => other.name(),
    }
}

/// Shows a drop-down with the maps.
pub fn choose(ui: &mut Ui, frame: &Frame<'_>, rect: Rect, name: &'static str) {
    let (maps, chosen) = maps(&frame.view.document);
    let names: Vec<String> = maps.iter().map(|map| map.name().to_owned()).collect();
    let tip = "Drum map: which keys the kit at the other end listens to.";
    let shown = short_name(&maps[chosen]);
    let theme = &frame.theme;
    let choice = Choice::new(name, &names, chosen).tip(tip).shown_as(shown);
    if let Some(picked) = choice.show(ui, rect, theme) {
        frame.edit(Edit::DrumMap(maps[picked].clone()));
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, editing: &mut Editing, inner: Rect) {
    let theme = &frame.theme;
    let line = |top: f32, height: f32| {
        Rect::from_min_size(pos2(inner.left(), top), Vec2::new(inner.width(), height))
    };
    let title = Face::SemiBold.at(16.0);
    let head = line(inner.top(), CONTROL);
    label(ui.painter(), head, Align2::LEFT_CENTER, "Drum map", title, theme.text);
    let from = Rect::from_min_max(pos2(head.left() + 110.0, head.top()), head.max)
        .with_max_x(head.left() + 360.0);
    choose(ui, frame, from, "drum-map-from");
    let rest = Rect::from_min_max(pos2(from.right() + 2.0 * UNIT, head.top()), head.max);
    name(ui, frame, editing, rest);

    let second = line(head.bottom() + 2.0 * UNIT, CONTROL);
    let place = |left: f32, width: f32| {
        Rect::from_min_size(pos2(second.left() + left, second.top()), Vec2::new(width, CONTROL))
    };
    toggle(ui, frame, place(0.0, 104.0), Control::MidiOut, "sheet-midi-out");
    toggle(ui, frame, place(104.0 + UNIT, 124.0), Control::Through, "through");
    channel(ui, frame, place(228.0 + 2.0 * UNIT, 82.0), "sheet-channel");
    let hint = Rect::from_min_max(pos2(second.left() + 330.0, second.top()), second.max);
    let text = match &frame.view.document.drum_map {
        DrumMap::Own(_) => "Drag a key, or use its buttons.",
        _ if frame.view.document.own_map.is_some() => {
            "A changed key makes a map in place of your own."
        }
        _ => "A changed key makes a map of your own; + has several.",
    };
    label(ui.painter(), hint, Align2::LEFT_CENTER, text, Face::Regular.at(12.0), theme.text_dim);

    let body = Rect::from_min_max(pos2(inner.left(), second.bottom() + 3.0 * UNIT), inner.max);
    let middle = body.left() + body.width() * 0.47;
    lanes(ui, frame, editing, body.with_max_x(middle - 3.0 * UNIT));
    instruments(ui, frame, editing, body.with_min_x(middle + 3.0 * UNIT));
}

/// The name of the musician's own map.
fn name(ui: &mut Ui, frame: &Frame<'_>, editing: &mut Editing, rect: Rect) {
    let DrumMap::Own(own) = &frame.view.document.drum_map else {
        editing.name = None;
        return;
    };
    let mut text = editing.name.clone().unwrap_or_else(|| own.name.to_string());
    let field = TextEdit::singleline(&mut text)
        .id(Id::unique("drum-map-name"))
        .hint_text("Name of the map")
        .align(Align2::LEFT_CENTER)
        .desired_width(rect.width());
    let response = ui.put(rect, field);
    if response.lost_focus() {
        let named = own.named(&text);
        let escaped = ui.input(|input| input.key_pressed(Key::Escape));
        if named.name != own.name && !escaped {
            frame.edit(Edit::DrumMap(DrumMap::Own(named)));
        }
        editing.name = None;
    } else {
        editing.name = response.has_focus().then_some(text);
    }
}

/// One line for each lane, with the key of the instrument that it plays unless another is asked for.
fn lanes(ui: &mut Ui, frame: &Frame<'_>, editing: &mut Editing, rect: Rect) {
    let theme = &frame.theme;
    let height = (rect.height() / LANES as f32).floor().min(28.0);
    for (row, lane) in super::grid::ORDER.into_iter().enumerate() {
        let top = rect.top() + row as f32 * height;
        let line = Rect::from_min_size(pos2(rect.left(), top), Vec2::new(rect.width(), height));
        let response = ui.interact(line, Id::unique(("map-lane", row)), Sense::click());
        let on = editing.lane == lane;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, lane.name()));
        if response.has_focus() {
            let pen = Stroke::new(1.5, theme.accent);
            ui.painter().rect_stroke(line, CornerRadius::same(4), pen, StrokeKind::Outside);
        }
        if on || response.hovered() {
            let fill = if on { theme.control } else { theme.control_hover };
            ui.painter().rect_filled(line, CornerRadius::same(4), fill);
        }
        let room = line.shrink2(Vec2::new(2.0 * UNIT, 0.0));
        let face = if on { Face::SemiBold } else { Face::Regular };
        let font = face.at(13.0);
        label(ui.painter(), room, Align2::LEFT_CENTER, lane.name(), font, theme.text);
        if response.clicked() {
            editing.lane = lane;
        }
        let map = &frame.view.document.drum_map;
        let value = map.key(lane.default_key());
        let alone = instruments_of(lane).all(|key| map.key(key) == value);
        let mut text = key_name(value);
        if !alone {
            text.push_str(" +");
        }
        let at = Rect::from_min_max(pos2(line.right() - KEY, line.top()), line.max);
        turn(ui, frame, editing, Target::Lane(lane), (&text, value), at.shrink(1.0));
    }
}

/// What the chosen lane can play, each with a key of its own.
fn instruments(ui: &mut Ui, frame: &Frame<'_>, editing: &mut Editing, rect: Rect) {
    let theme = &frame.theme;
    let head = Rect::from_min_size(rect.min, Vec2::new(rect.width(), 22.0));
    let title = format!("{}: single instruments", editing.lane.name());
    let font = Face::SemiBold.at(12.0);
    label(ui.painter(), head, Align2::LEFT_CENTER, &title, font, theme.text_dim);
    let list = rect.with_min_y(head.bottom() + UNIT);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(list));
    ScrollArea::vertical().id_salt("instruments").auto_shrink(false).show(&mut ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for key in instruments_of(editing.lane) {
            let size = Vec2::new(ui.available_width(), 6.5 * UNIT);
            let (line, _) = ui.allocate_exact_size(size, Sense::hover());
            let room = line.with_max_x(line.right() - KEY - UNIT);
            let font = Face::Regular.at(12.0);
            label(ui.painter(), room, Align2::LEFT_CENTER, key.name(), font, theme.text);
            let value = frame.view.document.drum_map.key(key);
            let at = line.with_min_x(line.right() - KEY).shrink(1.0);
            turn(ui, frame, editing, Target::Instrument(key), (&key_name(value), value), at);
        }
    });
}

fn instruments_of(lane: Lane) -> impl Iterator<Item = GmKey> {
    GmKey::all().filter(move |key| Lane::of_key(key.get()) == lane)
}

/// Shows a key; a turn of it goes into the musician's own map.
fn turn(
    ui: &mut Ui,
    frame: &Frame<'_>,
    editing: &mut Editing,
    target: Target,
    (text, value): (&str, u8),
    rect: Rect,
) {
    let (id, title) = match target {
        Target::Lane(lane) => (Id::unique(("map-key", lane.index())), lane.name()),
        Target::Instrument(key) => (Id::unique(("map-instrument", key.get())), key.name()),
    };
    let stepper = Stepper { id, title, value, most: 127, text };
    let Some(to) = stepper.show(ui, rect, &frame.theme) else { return };
    let gesture = match editing.turning {
        Some((turned, gesture)) if turned == target => gesture,
        _ => frame.studio.gesture(),
    };
    editing.turning = Some((target, gesture));
    let own = match &frame.view.document.drum_map {
        DrumMap::Own(own) => own.clone(),
        known => OwnMap::from_map(OWN, known),
    };
    let own = match target {
        Target::Lane(lane) => own.with_lane(lane, to),
        Target::Instrument(key) => own.with_key(key, to),
    };
    // A drum map is always taken.
    let _ = frame.studio.drag(gesture, Edit::DrumMap(DrumMap::Own(own)));
}

/// Such as "36  C1"; the middle C, 60, is C3, as makers of drum kits count.
fn key_name(key: u8) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    format!("{key}  {}{}", NAMES[usize::from(key % 12)], i32::from(key / 12) - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_called_as_makers_of_drum_kits_do() {
        let names = [0, 36, 60, 61, 127].map(key_name);
        assert_eq!(names, ["0  C-2", "36  C1", "60  C3", "61  C#3", "127  G8"]);
    }

    #[test]
    fn every_instrument_is_in_one_lane() {
        let all: usize = Lane::ALL.into_iter().map(|lane| instruments_of(lane).count()).sum();
        assert_eq!(all, GmKey::all().count());
    }
}
