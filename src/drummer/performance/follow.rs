//! Dynamics: the drums follow how loud the song is.

use crate::drummer::Dynamics;

/// Decibels of the drums for each decibel of the song.
const FOLLOW: f32 = 1.15;
/// The most that drums are taken up or down, in decibels of velocity: 1.26 and 0.4 times.
const UP: f32 = 2.0;
const DOWN: f32 = 8.0;

/// How much harder than the network says the strokes of each bar are struck: a factor for velocity,
/// 1 throughout where the song has no dynamics.
pub(super) struct Follow {
    factors: Vec<f32>,
}

impl Follow {
    /// For so many bars. Without dynamics everything is played as the network says.
    pub fn new(dynamics: Option<&Dynamics>, bars: usize) -> Follow {
        let factors = match dynamics {
            None => vec![1.0; bars],
            Some(dynamics) => {
                // Between the song's mean and its loud bars: most of a song is played as usual, and
                // accents have little room above it.
                let usual = dynamics.mean_level() / 2.0;
                let gain = 10f32.powf(dynamics.song_gain() / 20.0);
                (0..bars).map(|bar| gain * factor(dynamics.velocity_level(bar) - usual)).collect()
            }
        };
        Follow { factors }
    }

    /// A velocity (share of full strength) as it is struck at a place in a bar, 0 to 1.
    pub fn velocity(&self, velocity: f32, bar: usize, place: f32, is_fill: bool) -> f32 {
        scaled(velocity, self.factor(bar, place, is_fill))
    }

    /// The factor at a place in a bar, 0 to 1. A fill grows into a louder bar behind it.
    fn factor(&self, bar: usize, place: f32, is_fill: bool) -> f32 {
        let here = self.factors.get(bar).copied().unwrap_or(1.0);
        let next = self.factors.get(bar + 1).copied().unwrap_or(here);
        if is_fill && next > here { here + (next - here) * place } else { here }
    }
}

/// A velocity (share of full strength) at a factor. Below 1 all strokes are softer in proportion;
/// above, the room over them shrinks, so that a chorus is played harder without all its accents
/// standing at the ceiling.
fn scaled(velocity: f32, factor: f32) -> f32 {
    if factor <= 1.0 { velocity * factor } else { 1.0 - (1.0 - velocity.min(1.0)).powf(factor) }
}

/// Levels in decibels of energy, which are those of velocity too: energy is velocity squared.
fn factor(level: f32) -> f32 {
    let most = if level > 0.0 { UP } else { DOWN };
    10f32.powf(most * (FOLLOW * level / most).tanh() / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn louder_is_harder_within_bounds() {
        assert_eq!(factor(0.0), 1.0);
        let factors: Vec<f32> = (-40..=12).map(|level| factor(level as f32)).collect();
        assert!(factors.is_sorted());
        assert!(factors[0] > 0.39 && factors[52] < 1.26);
    }

    #[test]
    fn accents_keep_below_the_ceiling() {
        let velocities: Vec<f32> = (0..=10).map(|v| scaled(v as f32 / 10.0, 1.26)).collect();
        assert!(velocities.is_sorted() && velocities[10] <= 1.0);
        assert!(velocities[8] < 0.88 && velocities[4] > 0.46);
        assert_eq!(scaled(0.8, 0.5), 0.4);
    }

    #[test]
    fn fills_lead_into_what_is_louder_only() {
        let follow = Follow { factors: vec![0.6, 1.0, 0.5] };
        assert_eq!(follow.factor(0, 0.5, false), 0.6);
        assert!((follow.factor(0, 0.5, true) - 0.8).abs() < 1e-6);
        assert_eq!(follow.factor(1, 0.5, true), 1.0);
        assert_eq!(follow.factor(2, 0.9, true), 0.5);
    }
}
