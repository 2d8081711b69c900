//! The map of grooves: look for one, hear it in time with the host, change it by moving, keep it.

mod picture;
mod search;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Key, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use self::picture::{Picture, ViewPort, style_colour};
use self::search::Search;
use super::frame::Frame;
use super::shared::Shared;
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, keep_arrows, label};
use crate::patterns::{DRUMS, MapPoint, MapStyle, Pattern};
use crate::studio::{GrooveLibrary, MOST_FAVOURITES, MapGroove, MapRequest, MapState};

/// As near to the pointer, in points, a groove of the map is meant.
const NEAR: f32 = 9.0;
/// The pointer rests so long on a groove before it is heard, in seconds.
const REST: f64 = 0.08;
/// How far an arrow key goes on the map.
const STEP: f32 = 0.03;

/// What the tab remembers.
pub struct Grooves {
    /// Where the musician's grooves are kept; `None` where the system has no place for settings.
    pub library: Option<GrooveLibrary>,
    /// The map was asked for, for this part.
    asked: Option<Option<usize>>,
    search: Search,
    view: ViewPort,
    picture: Picture,
    /// The point under the pointer, and since when.
    over: Option<(usize, f64)>,
    /// The point that is heard because the pointer is over it.
    heard: Option<usize>,
    /// What is in hand is heard, also when the pointer leaves a groove.
    plays: bool,
    /// Grooves under the pointer are heard.
    listens: bool,
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

pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    grooves: &mut Grooves,
    rect: Rect,
) {
    ask(frame, grooves);
    grooves.plays &= frame.view.auditioned.is_some();
    let theme = &frame.theme;
    let row = |top: f32, height: f32| {
        Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height))
    };
    search::show(ui, frame, &mut grooves.search, row(rect.top(), search::HEIGHT));
    let top = rect.top() + search::HEIGHT + UNIT;
    // The map is as wide as the panel; what is below has to fit.
    let below = 20.0 + 4.0 * (CONTROL + UNIT) + 2.0 * UNIT;
    let room = rect.bottom() - top - below;
    let roll = (room - rect.width()).clamp(0.0, 5.0 * DRUMS as f32);
    let roll = if roll < 2.0 * DRUMS as f32 { 0.0 } else { roll };
    let side = (room - roll).min(rect.width()).max(40.0);
    let map = Rect::from_center_size(
        pos2(rect.center().x, top + side / 2.0),
        Vec2::new(rect.width(), side),
    );
    let Some(view) = &frame.view.map else {
        ui.painter().rect_filled(map, CornerRadius::same(4), theme.window);
        let font = Face::Regular.at(12.0);
        label(ui.painter(), map, Align2::CENTER_CENTER, "Opening the map", font, theme.text_dim);
        return;
    };
    let points = view.map.points();
    let response = ui.interact(map, Id::unique("groove-map"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Map of grooves"));
    let filter = grooves.search.filter(frame);
    grooves.view.turn(ui, &response, map);
    grooves.picture.paint(ui, theme, view, &filter, &grooves.view, map);
    overlay(ui, frame, grooves, map);
    let near = pointer(ui, frame, shared, grooves, &response, map, &filter);
    keyboard(ui, frame, grooves, &response);
    let state = &frame.view.document.map;
    let shown = near.map(|index| &points[index]);
    let name = row(map.bottom(), 20.0);
    describe(ui, frame, shown, state, name);
    let pattern = shown.map(|point| point.pattern).or(state.current.map(|current| current.pattern));
    if let Some(pattern) = pattern.filter(|_| roll > 0.0) {
        small_grid(ui, frame, &pattern, row(name.bottom(), roll));
    }
    let first = rect.bottom() - 4.0 * CONTROL - 3.0 * UNIT;
    pins(ui, frame, row(first, CONTROL));
    hand(ui, frame, grooves, row(first + CONTROL + UNIT, CONTROL));
    heard(ui, frame, grooves, row(first + 2.0 * (CONTROL + UNIT), CONTROL));
    give(ui, frame, shared, row(first + 3.0 * (CONTROL + UNIT), CONTROL));
}

/// Asks the worker for the map, and anew when the song's drums have changed.
fn ask(frame: &Frame<'_>, grooves: &mut Grooves) {
    let part = frame.view.document.part().map(|part| std::sync::Arc::as_ptr(part) as usize);
    if grooves.asked != Some(part) {
        if grooves.asked.is_none() {
            frame.studio.set_library(grooves.library.clone());
        }
        grooves.asked = Some(part);
        frame.studio.request_map(MapRequest::Open);
    }
}

/// The song's own bars, favourites, pins and the groove in hand.
fn overlay(ui: &Ui, frame: &Frame<'_>, grooves: &Grooves, map: Rect) {
    let (theme, painter) = (&frame.theme, ui.painter_at(map));
    let at = |groove: &MapGroove| grooves.view.to_screen(groove.place, map);
    if let Some(view) = &frame.view.map {
        let way: Vec<Pos2> = view.song.iter().map(|(_, groove)| at(groove)).collect();
        painter.add(Shape::line(way.clone(), Stroke::new(1.0, theme.text_dim.gamma_multiply(0.6))));
        for place in way {
            painter.circle_filled(place, 2.0, theme.text);
        }
        // Where the song is now.
        let now = frame
            .playing_bar()
            .and_then(|bar| view.song.iter().rev().find(|(first, _)| *first <= bar));
        if let Some((_, groove)) = now {
            painter.circle_stroke(at(groove), 5.0, Stroke::new(1.5, theme.playhead));
        }
    }
    let state = &frame.view.document.map;
    for favourite in state.favourites.iter() {
        star(&painter, at(favourite), 6.0, theme.accent);
    }
    if let [Some(a), Some(b)] = &state.pins {
        painter.line_segment([at(a), at(b)], Stroke::new(1.0, theme.accent));
    }
    for (pin, name) in state.pins.iter().zip(["A", "B"]) {
        let Some(pin) = pin else { continue };
        painter.circle(at(pin), 8.0, theme.accent, Stroke::new(1.0, theme.window));
        let font = Face::SemiBold.at(11.0);
        painter.text(at(pin), Align2::CENTER_CENTER, name, font, theme.on_accent);
    }
    if let Some(current) = &state.current {
        painter.circle_stroke(at(current), 7.0, Stroke::new(3.5, theme.window));
        painter.circle_stroke(at(current), 7.0, Stroke::new(2.0, theme.text));
    }
}

fn star(painter: &egui::Painter, at: Pos2, radius: f32, colour: Color32) {
    let points: Vec<Pos2> = (0..10)
        .map(|corner| {
            let angle = std::f32::consts::PI * (corner as f32 / 5.0 - 0.5);
            let reach = if corner % 2 == 0 { radius } else { 0.45 * radius };
            at + reach * vec2(angle.cos(), angle.sin())
        })
        .collect();
    painter.add(Shape::closed_line(points, Stroke::new(1.5, colour)));
}

/// Hears what is under the pointer, takes in hand what is clicked or dragged to. The point under the
/// pointer, if there is one.
fn pointer(
    ui: &Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    grooves: &mut Grooves,
    response: &Response,
    map: Rect,
    filter: &crate::patterns::Filter,
) -> Option<usize> {
    let view = frame.view.map.as_ref()?;
    let (now, studio) = (ui.input(|input| input.time), frame.studio);
    let hover = response.hover_pos().filter(|at| map.contains(*at) && !shared.menu_open);
    let near = hover.and_then(|at| {
        let place = grooves.view.to_place(at, map);
        let nearest = view.map.nearest(place, 1, filter).first().copied()?;
        let there = grooves.view.to_screen(view.map.points()[nearest].place, map);
        (there.distance(at) <= NEAR).then_some(nearest)
    });
    if let Some(index) = near {
        let there = grooves.view.to_screen(view.map.points()[index].place, map);
        ui.painter_at(map).circle_stroke(there, 5.0, Stroke::new(2.0, frame.theme.accent));
        shared.hint = Some(
            "Click to take this groove in hand; drag to morph; wheel to zoom, right drag to move the map"
                .to_owned(),
        );
    } else if hover.is_some() {
        shared.hint = Some("Click or drag: the groove that would be here".to_owned());
    }
    if response.clicked() || response.drag_started_by(egui::PointerButton::Primary) {
        response.request_focus();
    }
    let primary = response.dragged_by(egui::PointerButton::Primary);
    if let Some(at) = response.interact_pointer_pos().filter(|_| primary || response.clicked()) {
        (grooves.heard, grooves.plays) = (None, true);
        match near.filter(|_| response.clicked()) {
            Some(index) => {
                let point = &view.map.points()[index];
                let pattern = frame.view.document.with_locked_rows(&point.pattern);
                studio.audition_groove(&pattern);
                let place = point.place;
                studio.request_map(MapRequest::Pick(MapGroove { pattern: point.pattern, place }));
            }
            None => go(frame, grooves.view.to_place(at, map)),
        }
        grooves.over = None;
        return near;
    }
    // A groove is heard once the pointer rests on it.
    match (near, grooves.over) {
        (Some(index), Some((over, since))) if index == over => {
            let rested = now - since >= REST;
            if rested && grooves.listens && grooves.heard != Some(index) {
                grooves.heard = Some(index);
                let pattern = view.map.points()[index].pattern;
                studio.audition_groove(&frame.view.document.with_locked_rows(&pattern));
            }
            if !rested {
                ui.ctx().request_repaint();
            }
        }
        (Some(index), _) => {
            grooves.over = Some((index, now));
            ui.ctx().request_repaint();
        }
        (None, _) => {
            grooves.over = None;
            if grooves.heard.take().is_some() {
                match frame.view.document.map.current.filter(|_| grooves.plays) {
                    Some(current) => studio.audition_groove(&current.pattern),
                    None => studio.stop_audition(),
                }
            }
        }
    }
    near
}

/// Takes the groove of a place in hand; what is in hand is heard until it comes.
fn go(frame: &Frame<'_>, place: crate::patterns::Place) {
    if frame.view.auditioned.is_none()
        && let Some(current) = &frame.view.document.map.current
    {
        frame.studio.audition_groove(&current.pattern);
    }
    frame.studio.request_map(MapRequest::Go(place));
}

fn keyboard(ui: &Ui, frame: &Frame<'_>, grooves: &Grooves, response: &Response) {
    keep_arrows(ui, response);
    if !response.has_focus() {
        return;
    }
    let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
    let mut by = Vec2::ZERO;
    for (key, x, y) in [
        (Key::ArrowLeft, -1.0, 0.0),
        (Key::ArrowRight, 1.0, 0.0),
        (Key::ArrowUp, 0.0, 1.0),
        (Key::ArrowDown, 0.0, -1.0),
    ] {
        if pressed(key) {
            by += vec2(x, y);
        }
    }
    if by != Vec2::ZERO {
        let mut place =
            frame.view.document.map.current.map(|current| current.place).unwrap_or_default();
        (place.x, place.y) =
            (place.x + by.x * STEP / grooves.view.zoom, place.y + by.y * STEP / grooves.view.zoom);
        go(frame, place);
    }
}

/// What is under the pointer, else what is in hand.
fn describe(ui: &Ui, frame: &Frame<'_>, shown: Option<&MapPoint>, state: &MapState, rect: Rect) {
    let theme = &frame.theme;
    let (dot, text) = match shown {
        Some(point) => {
            let style = if point.style == MapStyle::OTHER { "" } else { point.style.name() };
            let name = if point.name.contains(style) || style.is_empty() { "" } else { style };
            let tempo = point.tempo.map_or(String::new(), |tempo| format!("{tempo} bpm"));
            let words = [&*point.name, name, tempo.as_str()];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            (Some(style_colour(point.style)), words.join(" · "))
        }
        None => match state.current {
            Some(current) => {
                (None, format!("In hand: {} strokes in two bars", current.pattern.strokes()))
            }
            None => (None, "Point at a groove to hear it".to_owned()),
        },
    };
    let mut room = rect;
    if let Some(colour) = dot {
        ui.painter().circle_filled(rect.left_center() + vec2(4.0, 0.0), 4.0, colour);
        room = rect.with_min_x(rect.left() + 3.0 * UNIT);
    }
    label(ui.painter(), room, Align2::LEFT_CENTER, &text, Face::Regular.at(12.0), theme.text_dim);
}

/// The pattern in small: drums from below, two bars.
fn small_grid(ui: &Ui, frame: &Frame<'_>, pattern: &Pattern, rect: Rect) {
    let (theme, painter) = (&frame.theme, ui.painter());
    let steps = pattern.grid().steps();
    let cell = vec2(rect.width() / steps as f32, rect.height() / DRUMS as f32);
    painter.rect_filled(rect, CornerRadius::same(2), theme.window);
    for beat in 1..8 {
        let x = rect.left() + rect.width() * beat as f32 / 8.0;
        let line = if beat == 4 { theme.line_strong } else { theme.line };
        painter.vline(x, rect.y_range(), Stroke::new(1.0, line));
    }
    for (drum, step) in pattern.hits() {
        let corner =
            pos2(rect.left() + step as f32 * cell.x, rect.bottom() - (drum + 1) as f32 * cell.y);
        let stroke = Rect::from_min_size(corner, cell).shrink(0.5);
        painter.rect_filled(stroke, CornerRadius::same(1), theme.hit(0.8));
    }
}

/// A, the way between them, B.
fn pins(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let nothing =
        state.current.is_none().then_some("Take a groove in hand first: click on the map.");
    let ends = [
        ("pin-a", "A", 0, rect.with_max_x(rect.left() + CONTROL)),
        ("pin-b", "B", 1, rect.with_min_x(rect.right() - CONTROL)),
    ];
    for (id, name, index, place) in ends {
        let look = if state.pins[index].is_some() { Look::On } else { Look::Plain };
        let tip = "Pin the groove in hand here: the slider goes from A to B.";
        let button = Button::new(id, name).look(look).tip(tip).unless(nothing);
        if button.show(ui, place, theme) {
            frame.studio.change_map(|map| map.pins[index] = map.current);
        }
    }
    let bar = Rect::from_min_max(
        pos2(rect.left() + CONTROL + 3.0 * UNIT, rect.top()),
        pos2(rect.right() - CONTROL - 3.0 * UNIT, rect.bottom()),
    );
    let ready = state.pins.iter().all(Option::is_some);
    let sense = if ready { Sense::click_and_drag() } else { Sense::hover() };
    let response = ui.interact(bar, Id::unique("morph"), sense);
    response.widget_info(|| WidgetInfo::slider(ready, f64::from(state.share), "From A to B"));
    keep_arrows(ui, &response);
    let rail = Rect::from_center_size(bar.center(), vec2(bar.width(), 4.0));
    let painter = ui.painter();
    painter.rect_filled(rail, CornerRadius::same(2), theme.line_strong);
    if ready {
        let x = bar.left() + bar.width() * state.share;
        let line = if response.has_focus() { theme.accent } else { theme.line_strong };
        let handle = Rect::from_center_size(pos2(x, bar.center().y), vec2(10.0, 18.0));
        let pen = Stroke::new(1.0, line);
        painter.rect(handle, CornerRadius::same(3), theme.control, pen, StrokeKind::Inside);
    }
    let mut share = None;
    if let Some(at) = response.interact_pointer_pos().filter(|_| ready) {
        response.request_focus();
        share = Some(((at.x - bar.left()) / bar.width()).clamp(0.0, 1.0));
    }
    if ready && response.has_focus() {
        for (key, by) in [(Key::ArrowLeft, -1.0), (Key::ArrowRight, 1.0)] {
            if ui.input(|input| input.key_pressed(key)) {
                let steps = crate::studio::MORPH_STEPS as f32;
                share = Some((state.share + by / steps).clamp(0.0, 1.0));
            }
        }
    }
    if let Some(share) = share.filter(|share| *share != state.share) {
        if frame.view.auditioned.is_none()
            && let Some(current) = &state.current
        {
            frame.studio.audition_groove(&current.pattern);
        }
        frame.studio.request_map(MapRequest::Morph(share));
    }
    let tip = if ready {
        "From A to B: drums change one by one, locked lanes stay."
    } else {
        "Pin two grooves, A and B, to go from one to the other."
    };
    response.on_hover_text(tip).on_hover_cursor(CursorIcon::PointingHand);
}

/// What can be done with the groove in hand.
fn hand(ui: &mut Ui, frame: &Frame<'_>, _grooves: &mut Grooves, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let half = (rect.width() - UNIT) / 2.0;
    let dice = Button::new("groove-dice", "Dice")
        .icon(Icon::Again)
        .tip("Another groove near the one in hand, which nobody has played yet.");
    if dice.show(ui, rect.with_max_x(rect.left() + half), theme) {
        if frame.view.auditioned.is_none()
            && let Some(current) = &state.current
        {
            frame.studio.audition_groove(&current.pattern);
        }
        frame.studio.request_map(MapRequest::Dice(rand::random()));
    }
    let kept = state.current.is_some_and(|current| state.favourites.contains(&current));
    let full = state.favourites.len() >= MOST_FAVOURITES && !kept;
    let why_not = match state.current {
        None => Some("Take a groove in hand first: click on the map."),
        Some(_) if full => Some("There are 64 favourites: take one away first."),
        Some(_) => None,
    };
    let keep = Button::new("groove-favourite", if kept { "Kept" } else { "Keep" })
        .icon(Icon::Keep)
        .look(if kept { Look::On } else { Look::Plain })
        .tip("Keep the groove in hand as a favourite, or take it away; a star on the map.")
        .unless(why_not);
    if keep.show(ui, rect.with_min_x(rect.left() + half + UNIT), theme) {
        frame.studio.change_map(|map| {
            let Some(current) = map.current else { return };
            let others = map.favourites.iter().filter(|other| **other != current).copied();
            map.favourites = if map.favourites.contains(&current) {
                others.collect()
            } else {
                others.chain([current]).collect()
            };
        });
    }
}

/// Drums the song with the groove in hand.
fn give(ui: &mut Ui, frame: &Frame<'_>, shared: &Shared, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let nothing = match (&state.current, frame.view.document.take()) {
        (None, _) => Some("Take a groove in hand first: click on the map."),
        (_, None) => Some("There is no song yet: capture a take or drop a MIDI file."),
        _ => None,
    };
    let half = (rect.width() - UNIT) / 2.0;
    let song = Button::new("groove-song", "Use for song")
        .look(Look::Primary)
        .tip("Drum the whole song with the groove in hand.")
        .unless(nothing);
    if song.show(ui, rect.with_max_x(rect.left() + half), theme) {
        frame.studio.request_map(MapRequest::Use(None));
    }
    let section = shared.section(frame);
    let title = section
        .map_or("… section".to_owned(), |section| format!("… section {}", section.letter()));
    let why_not = nothing.or(section.is_none().then_some("Select bars of a section first."));
    let one = Button::new("groove-section", &title)
        .tip("Drum the sections of this letter with the groove in hand.")
        .unless(why_not);
    if one.show(ui, rect.with_min_x(rect.left() + half + UNIT), theme)
        && let Some(section) = section
    {
        frame.studio.request_map(MapRequest::Use(Some(section.label)));
    }
}

/// What is heard.
fn heard(ui: &mut Ui, frame: &Frame<'_>, grooves: &mut Grooves, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let half = (rect.width() - UNIT) / 2.0;
    let playing = frame.view.auditioned.is_some();
    let button = if playing {
        Button::new("groove-play", "Stop").icon(Icon::Stop).look(Look::On)
    } else {
        let nothing = state.current.is_none();
        Button::new("groove-play", "Play")
            .icon(Icon::Play)
            .unless(nothing.then_some("Take a groove in hand first: click on the map."))
    };
    let button = button.tip("Hear the groove in hand in time with the host, or without it.");
    if button.show(ui, rect.with_max_x(rect.left() + half), theme) {
        (grooves.heard, grooves.plays) = (None, !playing);
        match state.current {
            Some(current) if !playing => frame.studio.audition_groove(&current.pattern),
            _ => frame.studio.stop_audition(),
        }
    }
    let look = if grooves.listens { Look::On } else { Look::Plain };
    let listen = Button::new("groove-hover", "On hover")
        .look(look)
        .tip("Hear grooves as soon as the pointer rests on them.");
    if listen.show(ui, rect.with_min_x(rect.left() + half + UNIT), theme) {
        grooves.listens = !grooves.listens;
    }
}

/// Where a place of the map is on the screen.
#[cfg(test)]
pub fn test_screen(grooves: &Grooves, place: crate::patterns::Place, rect: Rect) -> Pos2 {
    grooves.view.to_screen(place, rect)
}
