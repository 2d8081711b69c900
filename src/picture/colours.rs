//! The pictures' colours: a colour map for similarities and a palette for sections.

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(
    /// Red.
    pub u8,
    /// Green.
    pub u8,
    /// Blue.
    pub u8,
);

impl Rgb {
    /// Of paper.
    pub const WHITE: Rgb = Rgb(255, 255, 255);
    /// Of text.
    pub const INK: Rgb = Rgb(24, 26, 33);
    /// Of what is less important.
    pub const GREY: Rgb = Rgb(98, 102, 112);
    /// Of frames and axes.
    pub const HAIRLINE: Rgb = Rgb(190, 193, 200);

    /// The colour `share` of the way to `other`, both ends included.
    fn towards(self, other: Rgb, share: f32) -> Rgb {
        let mix = |from: u8, to: u8| {
            (f32::from(from) + (f32::from(to) - f32::from(from)) * share).round() as u8
        };
        Rgb(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Relative luminance (WCAG 2), 0 to 1.
    fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Ink or white, whichever is easier to read on this colour.
    pub fn text_on(self) -> Rgb {
        let contrast = |a: f32, b: f32| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        let here = self.luminance();
        if contrast(here, Rgb::INK.luminance()) >= contrast(here, 1.0) {
            Rgb::INK
        } else {
            Rgb::WHITE
        }
    }
}

/// Ten evenly spaced colours of the map "magma" (van der Walt and Smith, 2015, released as CC0):
/// lightness rises evenly, so equal steps of similarity look equal, also in grey.
const SIMILARITY: [Rgb; 10] = [
    Rgb(0x00, 0x00, 0x04),
    Rgb(0x18, 0x0f, 0x3d),
    Rgb(0x44, 0x0f, 0x76),
    Rgb(0x72, 0x1f, 0x81),
    Rgb(0x9e, 0x2f, 0x7f),
    Rgb(0xcd, 0x40, 0x71),
    Rgb(0xf1, 0x60, 0x5d),
    Rgb(0xfd, 0x96, 0x68),
    Rgb(0xfe, 0xca, 0x8d),
    Rgb(0xfc, 0xfd, 0xbf),
];

/// The colour of a similarity as a share of the shown range: 0 is dark, 1 light. Values outside are
/// clamped; NaN is dark.
pub fn similarity_colour(share: f32) -> Rgb {
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    let position = share * (SIMILARITY.len() - 1) as f32;
    let index = (position as usize).min(SIMILARITY.len() - 2);
    SIMILARITY[index].towards(SIMILARITY[index + 1], position - index as f32)
}

/// The palette of Okabe and Ito (2008), told apart with every common colour vision; grey stands
/// in for their black.
const SECTIONS: [Rgb; 8] = [
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xf0, 0xe4, 0x42),
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x99, 0x99, 0x99),
];

/// The colour of a section's label. From the ninth label on the palette comes again darker, then
/// lighter; letters tell apart what colours no longer can.
pub fn section_colour(label: usize) -> Rgb {
    let base = SECTIONS[label % SECTIONS.len()];
    match label / SECTIONS.len() % 3 {
        0 => base,
        1 => base.towards(Rgb::INK, 0.45),
        _ => base.towards(Rgb::WHITE, 0.55),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness, 0 to 100.
    fn lightness(colour: Rgb) -> f32 {
        116.0 * colour.luminance().cbrt() - 16.0
    }

    #[test]
    fn lightness_rises_evenly_with_similarity() {
        let steps: Vec<f32> =
            (0..=20).map(|step| lightness(similarity_colour(step as f32 / 20.0))).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        // CIE's formula is linear near black, where the cube root above falls below 0.
        let even = (steps[20] - steps[2]) / 18.0;
        for pair in steps[2..].windows(2) {
            assert!((pair[1] - pair[0] - even).abs() < 0.3 * even, "{steps:?}");
        }
    }

    #[test]
    fn values_outside_the_range_are_clamped() {
        assert_eq!(similarity_colour(-3.0), SIMILARITY[0]);
        assert_eq!(similarity_colour(f32::NAN), SIMILARITY[0]);
        assert_eq!(similarity_colour(7.0), SIMILARITY[9]);
    }

    #[test]
    fn the_first_labels_have_colours_of_their_own_and_readable_letters() {
        let colours: Vec<Rgb> = (0..24).map(section_colour).collect();
        for (index, colour) in colours.iter().enumerate() {
            assert!(!colours[..index].contains(colour));
            // 3 is what WCAG asks of large bold letters.
            let (a, b) = (colour.luminance(), colour.text_on().luminance());
            assert!((a.max(b) + 0.05) / (a.min(b) + 0.05) > 3.0, "{colour:?}");
        }
    }
}
