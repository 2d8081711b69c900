//! The rows below the map: what is done with the groove in hand.

use egui::{
    CornerRadius, CursorIcon, Id, Key, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::frame::Frame;
use super::super::shared::Shared;
use super::super::theme::{CONTROL, UNIT};
use super::super::widgets::{Button, Icon, Look, keep_arrows};
use super::rows::halves;
use super::state::Grooves;
use crate::studio::{MORPH_STEPS, MOST_FAVOURITES, MapRequest};

/// A, the way between them, B.
pub fn pins(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let nothing =
        state.current.is_none().then_some("Take a groove in hand first: click on the map.");
    let ends = [
        ("pin-a", "A", 0, rect.with_max_x(rect.left() + CONTROL)),
        ("pin-b", "B", 1, rect.with_min_x(rect.right() - CONTROL)),
    ];
    for (id, name, index, place) in ends {
        let look = if state.pins[index].is_some() { Look::On } else { Look::Plain };
        let is_pinned = state.pins[index].is_some() && state.pins[index] == state.current;
        let tip = if is_pinned {
            "Take the pin away."
        } else {
            "Pin the groove in hand here: the slider goes from A to B."
        };
        let button = Button::new(id, name).look(look).tip(tip).unless(nothing);
        if button.show(ui, place, theme) {
            frame.studio.change_map(|map| {
                map.pins[index] = map.current.filter(|_| map.pins[index] != map.current);
            });
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
                let steps = MORPH_STEPS as f32;
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
pub fn hand(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let [left, right] = halves(rect);
    let dice = Button::new("groove-dice", "Dice")
        .icon(Icon::Again)
        .tip("Another groove near the one in hand, which nobody has played yet.");
    if dice.show(ui, left, theme) {
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
    if keep.show(ui, right, theme) {
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
pub fn give(ui: &mut Ui, frame: &Frame<'_>, shared: &Shared, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let nothing = match (&state.current, frame.view.document.take()) {
        (None, _) => Some("Take a groove in hand first: click on the map."),
        (_, None) => Some("There is no song yet: capture a take or drop a MIDI file."),
        _ => None,
    };
    let [left, right] = halves(rect);
    let song = Button::new("groove-song", "Use for song")
        .look(Look::Primary)
        .tip("Drum the whole song with the groove in hand.")
        .unless(nothing);
    if song.show(ui, left, theme) {
        frame.studio.request_map(MapRequest::Use(None));
    }
    let section = shared.section(frame);
    let title = section
        .map_or("… section".to_owned(), |section| format!("… section {}", section.letter()));
    let no_section = match frame.arrangement {
        None => "There are no sections yet: press Generate, or use it for the song.",
        Some(_) => "Select bars of a section first.",
    };
    let why_not = nothing.or(section.is_none().then_some(no_section));
    let one = Button::new("groove-section", &title)
        .tip("Drum the sections of this letter with the groove in hand.")
        .unless(why_not);
    if one.show(ui, right, theme)
        && let Some(section) = section
    {
        frame.studio.request_map(MapRequest::Use(Some(section.label)));
    }
}

/// What is heard.
pub fn listening(ui: &mut Ui, frame: &Frame<'_>, grooves: &mut Grooves, rect: Rect) {
    let (theme, state) = (&frame.theme, &frame.view.document.map);
    let [left, right] = halves(rect);
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
    if button.show(ui, left, theme) {
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
    if listen.show(ui, right, theme) {
        grooves.listens = !grooves.listens;
    }
}
