//! Intensity: how hard the same stroke is struck, and the range that a kit answers to.

/// The velocity (share of full strength) of a stroke that is `velocity` at intensity 0.5.
///
/// Rises with intensity and keeps the order of velocities. Towards 0 everything softens in
/// proportion, by 30 % at the end. Towards 1 the space left above a stroke shrinks: soft and middle
/// strokes gain up to half, accents approach full strength without piling up there.
pub(super) fn intensify(velocity: f32, intensity: f32) -> f32 {
    let velocity = velocity.clamp(0.0, 1.0);
    let intensity = intensity.clamp(0.0, 1.0);
    if intensity <= 0.5 {
        velocity * (0.7 + 0.6 * intensity)
    } else {
        1.0 - (1.0 - velocity).powf(intensity + 0.5)
    }
}

/// The softest stroke that still speaks: ghost notes come near it.
const SOFTEST: f32 = 15.0 / 127.0;
/// Strokes up to here are raised towards it.
const SOFT: f32 = 0.3;
/// The hardest stroke, and from where strokes are held back from it: samplers and pads have nothing
/// to say above it.
const HARDEST: f32 = 123.0 / 127.0;
const HARD: f32 = 0.85;

/// Brings any velocity of at least 0 (1 is full strength) into the range from [`SOFTEST`] to
/// [`HARDEST`], smoothly and in order; what lies between is left alone.
pub(in crate::drummer) fn within_range(velocity: f32) -> f32 {
    if velocity < SOFT {
        SOFTEST + (SOFT - SOFTEST) / SOFT * velocity.max(0.0)
    } else if velocity > HARD {
        let room = HARDEST - HARD;
        HARD + room * ((velocity - HARD) / room).tanh()
    } else {
        velocity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_kept_in_order() {
        let velocities: Vec<f32> = (0..200).map(|i| within_range(i as f32 / 100.0)).collect();
        assert!(velocities.is_sorted());
        assert_eq!(velocities[0], SOFTEST);
        assert!(velocities[199] <= HARDEST);
        assert_eq!(velocities[60], 0.6);
    }

    #[test]
    fn harder_is_louder_and_order_stays() {
        for v in 0..100 {
            for i in 0..100 {
                let (v, i) = (v as f32 / 100.0, i as f32 / 100.0);
                assert!(intensify(v, i) <= intensify(v, i + 0.01) + 1e-6);
                assert!(intensify(v, i) <= intensify(v + 0.01, i) + 1e-6);
            }
        }
        assert_eq!(intensify(0.6, 0.5), 0.6);
        assert!((intensify(0.6, 0.0) - 0.42).abs() < 1e-6);
        assert!(intensify(0.2, 1.0) < 0.31);
    }
}
