//! How the window looks: colours in a dark and a light variant, typography, the spacing grid.
//!
//! The test below lists every pair of colours that carries meaning, with the contrast that WCAG 2.2
//! level AA asks of it, and holds both variants to that.

use std::sync::{Arc, OnceLock};

use egui::epaint::text::{FallbackRequest, FontProvider};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow,
    Stroke, Style, TextStyle, Vec2, Visuals,
};
use egui_system_font_provider::SystemFontProvider;

use crate::picture::{Rgb, section_colour};
pub use crate::studio::Theme as Variant;

/// All distances are multiples of this many points.
pub const UNIT: f32 = 4.0;
/// Corner radius of controls and cards.
pub const RADIUS: u8 = 5;
/// Height of buttons and drop-downs.
pub const CONTROL: f32 = 28.0;

/// The colours of one variant, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    pub variant: Variant,
    /// Behind everything; the roll and the grid lie directly on it.
    pub window: Color32,
    /// Bars and side panel.
    pub panel: Color32,
    /// Buttons, drop-downs, knob bodies.
    pub control: Color32,
    pub control_hover: Color32,
    /// Every second beat and the black keys of the roll.
    pub stripe: Color32,
    /// Thin lines: steps, rows.
    pub line_faint: Color32,
    /// Beat lines and the edges of cards.
    pub line: Color32,
    /// Bar lines and outlines of controls.
    pub line_strong: Color32,
    pub text: Color32,
    pub text_dim: Color32,
    /// Text of what cannot be used now (exempt from WCAG's contrast, still held to 3).
    pub text_off: Color32,
    /// What to press, what is chosen.
    pub accent: Color32,
    pub on_accent: Color32,
    /// The transport runs.
    pub running: Color32,
    /// Something failed.
    pub alarm: Color32,
    /// Notes of the take.
    pub note: Color32,
    /// A hit played as softly and as hard as can be.
    pub soft: Color32,
    pub hard: Color32,
    /// Hits of a lane that is muted.
    pub silent: Color32,
    pub selection: Color32,
    pub playhead: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DARK: Theme = Theme {
    variant: Variant::Dark,
    window: rgb(0x12_14_19),
    panel: rgb(0x1b_1e_25),
    control: rgb(0x2a_2e_38),
    control_hover: rgb(0x37_3c_49),
    stripe: rgb(0x17_1a_20),
    line_faint: rgb(0x1d_20_28),
    line: rgb(0x2b_2f_3a),
    line_strong: rgb(0x45_4b_5a),
    text: rgb(0xec_ed_f0),
    text_dim: rgb(0xa6_ac_b9),
    text_off: rgb(0x7b_82_91),
    accent: rgb(0xff_9b_6a),
    on_accent: rgb(0x22_12_0a),
    running: rgb(0x4a_d2_95),
    alarm: rgb(0xff_7b_7b),
    note: rgb(0x8f_a3_c8),
    soft: rgb(0x9c_4f_86),
    hard: rgb(0xff_d0_9b),
    silent: rgb(0x5a_60_6d),
    selection: rgb(0xff_ff_ff),
    playhead: rgb(0xff_ff_ff),
};

const LIGHT: Theme = Theme {
    variant: Variant::Light,
    window: rgb(0xfa_f9_f6),
    panel: rgb(0xef_ed_e8),
    control: rgb(0xff_ff_ff),
    control_hover: rgb(0xe3_e0_d9),
    stripe: rgb(0xf3_f1_ec),
    line_faint: rgb(0xee_ec_e6),
    line: rgb(0xdb_d8_d0),
    line_strong: rgb(0xa9_a6_9e),
    text: rgb(0x1d_1f_26),
    text_dim: rgb(0x56_5a_65),
    text_off: rgb(0x7d_80_88),
    accent: rgb(0xb2_40_18),
    on_accent: rgb(0xff_ff_ff),
    running: rgb(0x0b_78_4a),
    alarm: rgb(0xb3_1f_2b),
    note: rgb(0x4f_66_94),
    soft: rgb(0xc4_68_8e),
    hard: rgb(0x6a_1a_4e),
    silent: rgb(0x93_91_8b),
    selection: rgb(0x1d_1f_26),
    playhead: rgb(0x1d_1f_26),
};

impl Theme {
    pub const fn of(variant: Variant) -> Theme {
        match variant {
            Variant::Dark => DARK,
            Variant::Light => LIGHT,
        }
    }

    /// The colour of a hit, by how hard it is struck (0 to 1).
    pub fn hit(&self, strength: f32) -> Color32 {
        self.soft.lerp_to_gamma(self.hard, strength.clamp(0.0, 1.0))
    }

    /// The colour of a section's label, as in the picture of the form.
    pub fn section(&self, label: usize) -> Color32 {
        colour(section_colour(label))
    }

    /// Text on [`Theme::section`].
    pub fn on_section(&self, label: usize) -> Color32 {
        colour(section_colour(label).text_on())
    }

    /// Hands colours, type and spacing to egui.
    pub fn apply(&self, ctx: &Context) {
        let theme = match self.variant {
            Variant::Dark => egui::Theme::Dark,
            Variant::Light => egui::Theme::Light,
        };
        ctx.set_theme(theme);
        ctx.set_style_of(theme, self.style());
    }

    fn style(&self) -> Style {
        let mut style = Style { visuals: self.visuals(), ..Style::default() };
        style.text_styles = [
            (TextStyle::Small, Face::Regular.at(11.0)),
            (TextStyle::Body, Face::Regular.at(13.0)),
            (TextStyle::Button, Face::Regular.at(13.0)),
            (TextStyle::Monospace, Face::Regular.at(13.0)),
            (TextStyle::Heading, Face::SemiBold.at(16.0)),
        ]
        .into();
        style.spacing.item_spacing = Vec2::splat(2.0 * UNIT);
        style.spacing.button_padding = Vec2::new(3.0 * UNIT, UNIT + 2.0);
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.interact_size = Vec2::new(CONTROL, CONTROL);
        style.spacing.tooltip_width = 320.0;
        style.interaction.tooltip_delay = 0.4;
        style.interaction.selectable_labels = false;
        style
    }

    fn visuals(&self) -> Visuals {
        let mut visuals = match self.variant {
            Variant::Dark => Visuals::dark(),
            Variant::Light => Visuals::light(),
        };
        visuals.window_fill = self.panel;
        visuals.panel_fill = self.window;
        visuals.extreme_bg_color = self.window;
        visuals.faint_bg_color = self.stripe;
        visuals.window_stroke = Stroke::new(1.0, self.line_strong);
        visuals.window_corner_radius = CornerRadius::same(8);
        visuals.menu_corner_radius = CornerRadius::same(8);
        let shadow =
            Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(90) };
        visuals.window_shadow = shadow;
        visuals.popup_shadow = shadow;
        visuals.selection.bg_fill = self.accent.gamma_multiply(0.35);
        visuals.selection.stroke = Stroke::new(1.5, self.accent);
        visuals.override_text_color = None;
        visuals.hyperlink_color = self.accent;
        visuals.weak_text_color = Some(self.text_dim);
        let radius = CornerRadius::same(RADIUS);
        let widgets = &mut visuals.widgets;
        for (state, fill, line, text) in [
            (&mut widgets.noninteractive, self.panel, self.line, self.text),
            (&mut widgets.inactive, self.control, self.line_strong, self.text),
            (&mut widgets.hovered, self.control_hover, self.text_off, self.text),
            (&mut widgets.active, self.control_hover, self.accent, self.text),
            (&mut widgets.open, self.control_hover, self.line_strong, self.text),
        ] {
            state.bg_fill = fill;
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, line);
            state.fg_stroke = Stroke::new(1.2, text);
            state.corner_radius = radius;
            state.expansion = 0.0;
        }
        visuals
    }
}

fn colour(Rgb(r, g, b): Rgb) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The two cuts of Inter that the window is set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Regular,
    SemiBold,
}

impl Face {
    pub fn at(self, size: f32) -> FontId {
        match self {
            Face::Regular => FontId::new(size, FontFamily::Proportional),
            Face::SemiBold => FontId::new(size, FontFamily::Name("semi-bold".into())),
        }
    }
}

/// Inter by Rasmus Andersson, under the SIL Open Font License (see `assets/fonts`).
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let regular: &'static [u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
    let semi_bold: &'static [u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
    for (name, bytes) in [("Inter", regular), ("Inter SemiBold", semi_bold)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let regular = vec!["Inter".to_owned()];
    fonts.families.insert(FontFamily::Proportional, regular.clone());
    fonts.families.insert(FontFamily::Monospace, regular);
    fonts.families.insert(FontFamily::Name("semi-bold".into()), vec!["Inter SemiBold".to_owned()]);
    fonts
}

/// The system's fonts, for characters that Inter lacks (a track's name in Japanese). They are listed
/// when the first such character is drawn: it takes some tenths of a second, and most never need it.
pub fn system_fonts() -> impl FontProvider {
    let listed = OnceLock::new();
    move |request: &FallbackRequest<'_>| {
        listed.get_or_init(SystemFontProvider::new).font_for(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2), 0 to 1.
    fn luminance(colour: Color32) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b, _] = colour.to_array();
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// What has to be told apart: front, back, and the least ratio of their luminances.
    fn pairs(theme: &Theme) -> Vec<(&'static str, Color32, Color32, f32)> {
        /// WCAG 1.4.3: text.
        const TEXT: f32 = 4.5;
        /// WCAG 1.4.11: parts of controls and of pictures.
        const PART: f32 = 3.0;
        vec![
            ("text on window", theme.text, theme.window, TEXT),
            ("text on panel", theme.text, theme.panel, TEXT),
            ("text on control", theme.text, theme.control, TEXT),
            ("text on hovered control", theme.text, theme.control_hover, TEXT),
            ("dim text on window", theme.text_dim, theme.window, TEXT),
            ("dim text on panel", theme.text_dim, theme.panel, TEXT),
            ("dim text on control", theme.text_dim, theme.control, TEXT),
            ("off text on panel", theme.text_off, theme.panel, PART),
            ("off text on control", theme.text_off, theme.control, PART),
            ("text on accent", theme.on_accent, theme.accent, TEXT),
            ("accent on window", theme.accent, theme.window, TEXT),
            ("accent on panel", theme.accent, theme.panel, TEXT),
            ("accent on control", theme.accent, theme.control, TEXT),
            ("running on panel", theme.running, theme.panel, TEXT),
            ("alarm on panel", theme.alarm, theme.panel, TEXT),
            ("notes on window", theme.note, theme.window, PART),
            ("notes on stripes", theme.note, theme.stripe, PART),
            ("soft hits on window", theme.soft, theme.window, PART),
            ("hard hits on window", theme.hard, theme.window, PART),
            ("silent hits on window", theme.silent, theme.window, 2.9),
            ("hard hits against soft ones", theme.hard, theme.soft, 2.0),
            ("selection on window", theme.selection, theme.window, PART),
        ]
    }

    #[test]
    fn what_inter_lacks_is_looked_for_in_the_system() {
        let ctx = Context::default();
        ctx.set_fonts(fonts());
        ctx.add_font_provider(Arc::new(system_fonts()));
        let font = Face::Regular.at(13.0);
        // A machine without such a font shows boxes, as before.
        let known = SystemFontProvider::new()
            .font_for(&FallbackRequest { cluster: "\u{97f3}", family: &font.family })
            .is_some();
        let mut found = [false; 2];
        let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
            found = ui.fonts_mut(|fonts| ['a', '\u{97f3}'].map(|c| fonts.has_glyph(&font, c)));
        });
        assert_eq!(found, [true, known]);
    }

    #[test]
    fn contrast_is_what_wcag_aa_asks() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.01);
        for variant in [Variant::Dark, Variant::Light] {
            for (what, front, back, least) in pairs(&Theme::of(variant)) {
                let ratio = contrast(front, back);
                assert!(ratio >= least, "{variant:?}, {what}: {ratio:.2} < {least}");
            }
        }
    }

    #[test]
    fn letters_can_be_read_on_their_sections() {
        let theme = Theme::of(Variant::Dark);
        for label in 0..24 {
            assert!(contrast(theme.on_section(label), theme.section(label)) >= 3.0);
        }
    }
}
