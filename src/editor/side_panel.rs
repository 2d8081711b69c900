//! The panel at the right: what the drummer is asked for, the form, and room for more tabs.

use egui::{Align2, CornerRadius, Id, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2};

use super::controls::{count_in_names, ending_names};
use super::frame::Frame;
use super::grooves::Grooves;
use super::matrices::Matrices;
use super::parameter_widgets::{channel, one_of, toggle, turned};
use super::presets::PresetBrowser;
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Knob, label, label_at, level};
use super::{drum_map, grooves, matrices, presets};
use crate::drummer::StyleChoice;
use crate::parameters::Control;

/// What the panel shows. Candidates and borrowing get their tabs here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Drummer,
    Form,
    Grooves,
}

impl Tab {
    const ALL: [Tab; 3] = [Tab::Drummer, Tab::Form, Tab::Grooves];

    const fn name(self) -> &'static str {
        match self {
            Tab::Drummer => "Drummer",
            Tab::Form => "Form",
            Tab::Grooves => "Grooves",
        }
    }
}

/// What the panel remembers.
#[derive(Default)]
pub struct SidePanel {
    tab: Tab,
    pub presets: PresetBrowser,
    pub matrices: Matrices,
    pub grooves: Grooves,
}

impl SidePanel {
    /// Whether the map of grooves is in view, which has more room than what else the panel shows.
    pub fn shows_map(&self) -> bool {
        self.tab == Tab::Grooves
    }
}

/// Height from which both tabs stand one below the other.
const TALL: f32 = 992.0;
/// Height of all that asks something of the drummer.
const CONTROLS: f32 = 538.0;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, panel: &mut SidePanel) {
    let (theme, rect) = (&frame.theme, frame.layout.side_panel);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), Stroke::new(1.0, theme.line_strong));
    let inner = rect.shrink2(Vec2::new(3.0 * UNIT, 2.0 * UNIT));
    let tall = inner.height() >= TALL;
    let tabs = Rect::from_min_size(inner.min, Vec2::new(inner.width(), 26.0));
    show_tabs(ui, frame, panel, tabs, tall);
    let inner = inner.with_min_y(tabs.bottom() + 2.5 * UNIT);
    frame.studio.set_grooves_in_view(panel.shows_map());
    if tall && panel.tab != Tab::Grooves {
        let split = inner.top() + CONTROLS;
        drummer(
            ui,
            frame,
            shared,
            panel,
            Rect::from_min_max(inner.min, pos2(inner.right(), split)),
        );
        let line = split + 2.0 * UNIT;
        ui.painter().hline(rect.x_range(), line, Stroke::new(1.0, theme.line_strong));
        let below = Rect::from_min_max(pos2(inner.left(), line + 3.0 * UNIT), inner.max);
        matrices::show(ui, frame, shared, &mut panel.matrices, below);
        return;
    }
    let below = inner;
    match panel.tab {
        Tab::Drummer => {
            drummer(ui, frame, shared, panel, below);
            // What is left shows the form in small.
            let rest = Rect::from_min_max(pos2(below.left(), below.top() + CONTROLS), below.max);
            if rest.height() >= 110.0 && frame.arrangement.is_some() {
                let line = rest.top() - 2.0 * UNIT;
                ui.painter().hline(inner.x_range(), line, Stroke::new(1.0, theme.line));
                matrices::show(ui, frame, shared, &mut panel.matrices, rest);
            }
        }
        Tab::Form => matrices::show(ui, frame, shared, &mut panel.matrices, below),
        Tab::Grooves => grooves::show(ui, frame, shared, &mut panel.grooves, below),
    }
}

/// In a tall panel the drummer and the form are one tab.
fn show_tabs(ui: &mut Ui, frame: &Frame<'_>, panel: &mut SidePanel, rect: Rect, tall: bool) {
    let theme = &frame.theme;
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line));
    let mut left = rect.left();
    for tab in Tab::ALL.into_iter().filter(|tab| !(tall && *tab == Tab::Form)) {
        let both = tall && panel.tab == Tab::Form && tab == Tab::Drummer;
        let on = panel.tab == tab || both;
        let galley =
            ui.painter().layout_no_wrap(tab.name().to_owned(), Face::SemiBold.at(13.0), theme.text);
        let place = Rect::from_min_size(
            pos2(left, rect.top()),
            Vec2::new(galley.size().x + 2.0 * UNIT, rect.height()),
        );
        let response = ui.interact(place, Id::unique(("tab", tab.name())), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, tab.name()));
        let ink = if on || response.hovered() { theme.text } else { theme.text_dim };
        label_at(
            ui.painter(),
            place.left_center(),
            Align2::LEFT_CENTER,
            tab.name(),
            Face::SemiBold.at(13.0),
            ink,
        );
        if on || response.has_focus() {
            let under = Rect::from_min_max(
                pos2(place.left(), place.bottom() - 2.0),
                pos2(place.right() - 2.0 * UNIT, place.bottom()),
            );
            ui.painter().rect_filled(under, CornerRadius::same(1), theme.accent);
        }
        if response.clicked() {
            if panel.tab == Tab::Grooves && tab != Tab::Grooves {
                frame.studio.stop_audition();
            }
            panel.tab = tab;
            // The layout may be another with the tab.
            ui.ctx().request_repaint();
        }
        left = place.right() + 2.0 * UNIT;
    }
}

/// Everything that is asked of the drummer, and where the drums go.
fn drummer(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, panel: &mut SidePanel, rect: Rect) {
    // Heights of the parts, for the least and the best height of the window.
    let roomy = rect.height() >= CONTROLS - 2.0 * UNIT;
    let (heading, gap) = if roomy { (20.0, 1.5 * UNIT) } else { (0.0, UNIT) };
    let dial = if roomy { 76.0 } else { 66.0 };
    let mut top = rect.top();
    let mut part = |height: f32| {
        let part = Rect::from_min_size(pos2(rect.left(), top), Vec2::new(rect.width(), height));
        top += height;
        part
    };
    let field = |part: Rect| Rect::from_min_size(part.min, Vec2::new(part.width(), CONTROL));
    let mut titled = |ui: &Ui, text: &str, height: f32| {
        if roomy {
            title(ui, frame, part(heading), text);
        }
        let place = part(height);
        part(gap);
        place
    };
    let tapped = frame.view.tapping.as_ref().map(presets::tapped);
    let place = titled(ui, tapped.as_deref().unwrap_or("Style"), CONTROL);
    presets::show(ui, frame, shared, &mut panel.presets, place);
    // A groove of the musician's brings a control of its own.
    let settings = &frame.view.document.settings;
    let own =
        matches!(settings.style, StyleChoice::Groove(_)) || !settings.section_grooves.is_empty();
    let feel = [Control::Swing, Control::Humanise, Control::Follow];
    for (name, dials) in [
        ("Playing", &[Control::Complexity, Control::Intensity][..]),
        ("Fills", &[Control::FillAmount, Control::FillComplexity]),
        ("Feel", if own { &feel[..] } else { &feel[..2] }),
    ] {
        let row = titled(ui, name, dial);
        for (index, &control) in dials.iter().enumerate() {
            let width = row.width() / dials.len() as f32;
            let place = Rect::from_min_size(
                pos2(row.left() + width * index as f32, row.top()),
                Vec2::new(width, row.height()),
            );
            turned(frame, control, |knob| {
                // The host's name for it is too long for a third of the panel.
                let title = if control == Control::Follow { "Follow song" } else { knob.title };
                let knob = Knob { title, ..*knob };
                knob.show(ui, place.shrink2(Vec2::new(1.0, 0.0)), &frame.theme)
            });
        }
    }
    let place = titled(ui, "Beginning and end", CONTROL);
    let split = place.left() + (place.width() * 0.48).round();
    let left = place.with_max_x(split - UNIT / 2.0);
    one_of(ui, frame, left, Control::CountIn, "count-in", &count_in_names());
    let right = place.with_min_x(split + UNIT / 2.0);
    one_of(ui, frame, right, Control::Ending, "ending", &ending_names());
    let place = titled(ui, "Output", 32.0);
    turned(frame, Control::Preview, |knob| level(knob, ui, place, &frame.theme));
    output(ui, frame, field(part(CONTROL + UNIT)));
    switches(ui, frame, shared, field(part(CONTROL)));
}

fn title(ui: &Ui, frame: &Frame<'_>, rect: Rect, text: &str) {
    label(
        ui.painter(),
        rect,
        Align2::LEFT_CENTER,
        text,
        Face::SemiBold.at(12.0),
        frame.theme.text_dim,
    );
}

/// Drum map and MIDI channel, side by side.
fn output(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let split = rect.right() - 62.0;
    drum_map::choose(ui, frame, rect.with_max_x(split - UNIT), "drum-map");
    channel(ui, frame, rect.with_min_x(split), "channel");
}

/// What goes out and what is heard; the way to the drum map.
fn switches(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, rect: Rect) {
    let edit = rect.with_min_x(rect.right() - CONTROL);
    let rest = rect.with_max_x(edit.left() - UNIT);
    let split = rest.left() + (rest.width() * 0.56).round();
    let left = rest.with_max_x(split - UNIT / 2.0);
    toggle(ui, frame, left, Control::MidiOut, "midi-out");
    toggle(ui, frame, rest.with_min_x(split + UNIT / 2.0), Control::Listen, "listen");
    let button =
        Button::new("edit-map", "").icon(Icon::Sliders).tip("Edit the drum map, key by key.");
    if button.show(ui, edit, &frame.theme) {
        shared.request(Request::EditDrumMap);
    }
}
