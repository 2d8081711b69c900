//! Style: the drop-down with Drumlin's styles, each with its usual settings, and the musician's own
//! presets; and the sheet that names a new one.
//!
//! The musician's are files: they are listed, written and removed on threads of their own.

use std::sync::{Arc, LazyLock};

use egui::{Align2, Context, Id, Key, PopupCloseBehavior, Rect, TextEdit, Ui, Vec2, pos2};
use parking_lot::Mutex;

use super::background::spawn_background;
use super::frame::{Frame, bar_count, sentence};
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, Look, entry, field, field_room, label, list};
use crate::drummer::{Section, Settings, StyleChoice};
use crate::score::TakenGroove;
use crate::studio::{Edit, Preset, PresetFolder, Studio, TAPPED_BARS, Take, TappingView};

static FACTORY: LazyLock<Vec<Preset>> = LazyLock::new(Preset::factory);

/// The presets there are.
pub struct PresetBrowser {
    /// `None` where the system has no place for settings.
    pub folder: Option<PresetFolder>,
    own: Arc<Mutex<Arc<[Preset]>>>,
    /// The folder has been looked into.
    looked: bool,
    /// Pressed once to be removed.
    doomed: Option<String>,
    /// Takes of the document, and the drums that their files have of their own.
    drums: Vec<(Arc<Take>, Option<TakenGroove>)>,
}

impl Default for PresetBrowser {
    fn default() -> PresetBrowser {
        PresetBrowser {
            folder: PresetFolder::usual(),
            own: Arc::default(),
            looked: false,
            doomed: None,
            drums: Vec::new(),
        }
    }
}

impl PresetBrowser {
    fn own(&self) -> Arc<[Preset]> {
        Arc::clone(&self.own.lock())
    }

    /// Does something with the folder, then lists it anew.
    fn visit(
        &self,
        ctx: &Context,
        studio: &Arc<Studio>,
        visit: impl FnOnce(&PresetFolder) -> Result<(), String> + Send + 'static,
    ) {
        let Some(folder) = self.folder.clone() else { return };
        let (own, ctx) = (Arc::clone(&self.own), ctx.clone());
        spawn_background(Arc::clone(studio), move |_| {
            let outcome = visit(&folder);
            *own.lock() = folder.list().into();
            ctx.request_repaint();
            outcome
        });
    }

    /// Looks for the drums of takes that have not been looked at.
    fn look_for_drums(&mut self, takes: &[Arc<Take>]) {
        let is = |take: &Arc<Take>, (other, _): &(Arc<Take>, _)| Arc::ptr_eq(take, other);
        self.drums.retain(|known| takes.iter().any(|take| is(take, known)));
        for take in takes {
            if !self.drums.iter().any(|known| is(take, known)) {
                self.drums.push((Arc::clone(take), take.own_drums()));
            }
        }
    }

    /// What these settings are called: by their preset, else by their style.
    fn title_of(&self, settings: &Settings) -> String {
        self.name_of(settings).unwrap_or_else(|| match &settings.style {
            StyleChoice::FromSong => "From the song, changed".to_owned(),
            StyleChoice::Preset(style) => format!("{}, changed", style.title()),
            StyleChoice::Densities(_) => "Densities of its own".to_owned(),
            StyleChoice::Groove(groove) => format!("Groove: {}", groove.name()),
        })
    }

    /// The same, without what can be left out where it is wider than `width`.
    fn title_within(&self, ui: &Ui, settings: &Settings, width: f32) -> String {
        let title = self.title_of(settings);
        let font = Face::Regular.at(13.0);
        let wide = ui.painter().layout_no_wrap(title.clone(), font, egui::Color32::WHITE).size().x;
        match &settings.style {
            StyleChoice::Groove(groove) if wide > width => groove.name().to_owned(),
            _ => title,
        }
    }

    /// The name of the preset that asks for these settings.
    fn name_of(&self, settings: &Settings) -> Option<String> {
        let own = self.own();
        let known = own.iter().chain(FACTORY.iter()).find(|preset| preset.is_asked(settings));
        known.map(|preset| preset.name.clone())
    }
}

/// The drop-down, and the button that keeps the settings as they are.
pub fn show(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    browser: &mut PresetBrowser,
    rect: Rect,
) {
    if !browser.looked {
        browser.looked = true;
        browser.visit(ui.ctx(), frame.studio, |_| Ok(()));
    }
    if let Some(tapping) = frame.view.tapping {
        return tap(ui, frame, tapping, rect);
    }
    let theme = &frame.theme;
    let settings = &frame.view.document.settings;
    let place = rect.with_max_x(rect.right() - CONTROL - UNIT);
    let name = browser.name_of(settings);
    let title = browser.title_within(ui, settings, field_room(place));
    let response = field(ui, place, theme, "preset", &title);
    list(&response, PopupCloseBehavior::CloseOnClickOutside, |ui| {
        choose(ui, frame, shared, browser, name.as_deref());
    });
    response.on_hover_text("What the drummer plays like: a style with its usual settings, or a preset of your own. The controls below change it.");
    let no_folder = browser.folder.is_none();
    let keep = Button::new("keep-preset", "")
        .icon(Icon::Keep)
        .tip("Keep these settings as a preset.")
        .unless(no_folder.then_some("The system names no folder for settings."));
    let place = rect.with_min_x(rect.right() - CONTROL);
    if keep.show(ui, place, theme) {
        let own = browser.own();
        let known = own.iter().find(|preset| Some(&preset.name) == name.as_ref());
        let name = known.map_or_else(String::new, |preset| preset.name.clone());
        shared.request(Request::SavePreset { name });
    }
}

/// The grooves in use, each to be taken away, and where others come from.
fn grooves(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    drums: &[(Arc<Take>, Option<TakenGroove>)],
) {
    let theme = &frame.theme;
    let settings = &frame.view.document.settings;
    let song = match &settings.style {
        StyleChoice::Groove(groove) => Some((None, groove)),
        _ => None,
    };
    let sections = settings.section_grooves.iter().map(|(&label, groove)| (Some(label), groove));
    for (section, groove) in song.into_iter().chain(sections) {
        let text = match section {
            None => format!("Groove: {}", groove.name()),
            Some(label) => {
                let letter = Section { label, bars: 0..0 }.letter();
                format!("Section {letter}: {}", groove.name())
            }
        };
        let line = entry(ui, theme, ("groove", section), &text, true);
        let corner =
            Rect::from_min_max(pos2(line.rect.right() - 24.0, line.rect.top()), line.rect.max);
        let remove = Button::new(("remove-groove", section), "")
            .icon(Icon::Cross)
            .look(Look::Bare)
            .tip("Play without this groove again.");
        if remove.show(ui, corner, theme) {
            frame.edit(Edit::UseGroove { section, groove: None });
        }
    }
    let drums = drums
        .iter()
        .enumerate()
        .filter_map(|(at, (take, drums))| Some((at, take, drums.as_ref()?)));
    for (at, take, drums) in drums {
        let text = format!("Drums of {}", take.name);
        let tip = format!("A groove of the drums that the file has: {}.", drums.bars_in_words());
        if entry(ui, theme, ("take-drums", at), &text, false).on_hover_text(tip).clicked() {
            frame.studio.use_groove(drums.clone(), None);
            ui.close();
        }
    }
    if entry(ui, theme, "open-groove", "A groove from a file…", false).clicked() {
        shared.request(Request::OpenGroove);
        ui.close();
    }
    let tip = "Drum tablature that you copied: HH x-x-x-x- | SD --o---o- | BD o---o---";
    let pasted = entry(ui, theme, "paste-groove", "A groove from copied text", false);
    if pasted.on_hover_text(tip).clicked() {
        shared.request(Request::PasteGroove);
        ui.close();
    }
    if entry(ui, theme, "tap-groove", "Tap a groove…", false).clicked() {
        frame.studio.tap(TAPPED_BARS);
        ui.close();
    }
    ui.separator();
}

/// While a groove is tapped: what was heard of it, how many bars go round, and the ways out.
fn tap(ui: &mut Ui, frame: &Frame<'_>, tapping: TappingView, rect: Rect) {
    let theme = &frame.theme;
    let done = Button::new("tap-done", "Done")
        .look(Look::Primary)
        .tip("Drum the song with what was tapped. Undo takes it back.");
    let anew = Button::new("tap-anew", "Anew").tip("Forget what was tapped and begin anew.");
    let count = bar_count(tapping.bars);
    let bars = Button::new("tap-bars", &count).tip("How many bars go round: one, two or four.");
    let mut right = rect.right();
    let mut button = |button: Button<'_>| {
        let width = button.width(ui.painter());
        let place = Rect::from_min_max(pos2(right - width, rect.top()), pos2(right, rect.bottom()));
        right = place.left() - UNIT;
        button.show(ui, place, theme)
    };
    if button(done) {
        frame.studio.end_tapping();
    }
    if button(anew) {
        frame.studio.tap_anew();
    }
    if button(bars) {
        frame.studio.tap(match tapping.bars {
            1 => 2,
            2 | 3 => 4,
            _ => 1,
        });
    }
}

/// What there is to do while a groove is tapped, or what was heard of it, in few words.
pub fn tapped(tapping: &TappingView) -> String {
    match (tapping.running, tapping.strokes) {
        (_, 1) => "Tapped: 1 stroke".to_owned(),
        (_, strokes) if strokes > 0 => format!("Tapped: {strokes} strokes"),
        (false, _) => "Tap a groove: start the host".to_owned(),
        (true, _) => "Tap a groove: play drum keys".to_owned(),
    }
}

fn choose(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    browser: &mut PresetBrowser,
    current: Option<&str>,
) {
    let theme = &frame.theme;
    let own = browser.own();
    let load = |ui: &mut Ui, preset: &Preset| {
        if let Err(error) = frame.studio.recall(preset.settings.clone()) {
            frame.studio.report(&sentence(&error.to_string()));
        }
        ui.close();
    };
    browser.look_for_drums(&frame.view.document.takes);
    grooves(ui, frame, shared, &browser.drums);
    for (index, preset) in own.iter().enumerate() {
        let doomed = browser.doomed.as_ref() == Some(&preset.name);
        let text = if doomed { format!("Remove {}?", preset.name) } else { preset.name.clone() };
        let on = current == Some(&preset.name);
        let line = entry(ui, theme, ("own-preset", index), &text, on);
        let corner =
            Rect::from_min_max(pos2(line.rect.right() - 24.0, line.rect.top()), line.rect.max);
        let tip = if doomed { "Press once more to remove it." } else { "Remove this preset." };
        let remove =
            Button::new(("remove-preset", index), "").icon(Icon::Cross).look(Look::Bare).tip(tip);
        if remove.show(ui, corner, theme) {
            if doomed {
                let name = preset.name.clone();
                browser.doomed = None;
                browser.visit(ui.ctx(), frame.studio, move |folder| {
                    folder.remove(&name).map_err(|error| error.to_string())
                });
            } else {
                browser.doomed = Some(preset.name.clone());
            }
        } else if line.clicked() {
            browser.doomed = None;
            load(ui, preset);
        }
    }
    if !own.is_empty() {
        ui.separator();
    }
    for (index, preset) in FACTORY.iter().enumerate() {
        let on = current == Some(&preset.name);
        if entry(ui, theme, ("factory-preset", index), &preset.name, on).clicked() {
            load(ui, preset);
        }
    }
}

/// A preset that is being named.
#[derive(Debug)]
pub struct SavePresetDialog {
    name: String,
    /// The field has had the keys already.
    shown: bool,
}

impl SavePresetDialog {
    pub fn new(name: String) -> SavePresetDialog {
        SavePresetDialog { name, shown: false }
    }
}

/// The sheet; `false` once it is done.
pub fn keep(
    ui: &mut Ui,
    frame: &Frame<'_>,
    browser: &mut PresetBrowser,
    dialog: &mut SavePresetDialog,
    inner: Rect,
) -> bool {
    let theme = &frame.theme;
    let line = |top: f32, height: f32| {
        Rect::from_min_size(pos2(inner.left(), top), Vec2::new(inner.width(), height))
    };
    let title = Face::SemiBold.at(16.0);
    let head = line(inner.top(), 22.0);
    label(ui.painter(), head, Align2::LEFT_CENTER, "Keep as a preset", title, theme.text);
    let id = Id::unique("preset-name");
    let edit = TextEdit::singleline(&mut dialog.name)
        .id(id)
        .hint_text("Name")
        .char_limit(40)
        .align(Align2::LEFT_CENTER)
        .desired_width(inner.width());
    let response = ui.put(line(head.bottom() + 3.0 * UNIT, CONTROL), edit);
    if !dialog.shown {
        dialog.shown = true;
        response.request_focus();
    }
    let name = dialog.name.trim();
    let known = |presets: &[Preset]| {
        presets.iter().any(|preset| preset.name.to_lowercase() == name.to_lowercase())
    };
    let why_not = if name.is_empty() {
        Some("Give it a name first.")
    } else if known(&FACTORY) {
        Some("A preset of Drumlin's own has this name.")
    } else {
        None
    };
    let replaces = known(&browser.own());
    let button = Button::new("preset-keep", if replaces { "Replace" } else { "Keep" })
        .look(Look::Primary)
        .tip("Keep these settings under this name.")
        .key("Enter")
        .unless(why_not);
    let size = Vec2::new(button.width(ui.painter()), CONTROL);
    let corner = pos2(inner.right() - size.x, inner.bottom() - size.y);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let pressed = button.show(ui, Rect::from_min_size(corner, size), theme);
    if (pressed || entered) && why_not.is_none() {
        let preset = Preset::new(name, frame.view.document.settings.clone());
        browser.visit(ui.ctx(), frame.studio, move |folder| {
            folder.save(&preset).map_err(|error| error.to_string())
        });
        return false;
    }
    if let Some(why_not) = why_not.filter(|_| !name.is_empty()) {
        let place =
            Rect::from_min_max(pos2(inner.left(), corner.y), pos2(corner.x, inner.bottom()));
        let font = Face::Regular.at(12.0);
        label(ui.painter(), place, Align2::LEFT_CENTER, why_not, font, theme.alarm);
    }
    true
}
