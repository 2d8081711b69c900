//! The keys of a piano that was learned: which of them were heard in the recording.

use egui::{CornerRadius, Rect, Ui, Vec2, pos2, vec2};

use super::theme::Theme;
use crate::timbre::Piano;

/// The lowest of 88 keys, and the highest.
const KEYS: std::ops::RangeInclusive<u8> = 21..=108;
/// White keys among them.
const WHITES: usize = 52;

/// Draws the keyboard over all of `rect`; keys that were heard are lit, the others follow from those.
pub fn show(ui: &Ui, theme: &Theme, piano: &Piano, rect: Rect) {
    let width = rect.width() / WHITES as f32;
    let low = vec2(width * 0.62, rect.height() * 0.6);
    let mut whites = 0;
    let mut blacks = Vec::new();
    for key in KEYS {
        let left = rect.left() + whites as f32 * width;
        let is_heard = piano.key(key).heard;
        if is_black(key) {
            let place = Rect::from_min_size(pos2(left - low.x / 2.0, rect.top()), low);
            blacks.push((place, is_heard));
            continue;
        }
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let fill = if is_heard { theme.accent } else { theme.line_strong };
        ui.painter().rect_filled(place.shrink2(Vec2::new(0.5, 0.0)), CornerRadius::same(1), fill);
        whites += 1;
    }
    // They lie over the white ones.
    for (place, is_heard) in blacks {
        ui.painter().rect_filled(place, CornerRadius::same(1), theme.panel);
        let fill =
            if is_heard { theme.accent.lerp_to_gamma(theme.window, 0.3) } else { theme.window };
        let inner = Rect::from_min_max(place.min + vec2(0.5, 0.0), place.max - Vec2::splat(0.5));
        ui.painter().rect_filled(inner, CornerRadius::same(1), fill);
    }
}

fn is_black(key: u8) -> bool {
    matches!(key % 12, 1 | 3 | 6 | 8 | 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piano_has_fifty_two_white_keys() {
        assert_eq!(KEYS.filter(|key| !is_black(*key)).count(), WHITES);
    }
}
