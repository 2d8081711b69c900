//! Drawing from log probabilities.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws a place by its log probability (any constant may be added to all) at a temperature, from
/// the likeliest that together have the share `top` of the probability. Places at minus infinity are
/// never drawn; `None` if all are.
pub fn draw(logs: &[f32], temperature: f32, top: f32, rng: &mut ChaCha8Rng) -> Option<usize> {
    let most = logs.iter().copied().max_by(f32::total_cmp).filter(|most| most.is_finite())?;
    let mut shares: Vec<(usize, f32)> = logs
        .iter()
        .enumerate()
        .map(|(place, log)| (place, ((log - most) / temperature).exp()))
        .filter(|&(_, share)| share > 0.0)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let all: f32 = shares.iter().map(|(_, share)| share).sum();
    let mut kept = 0.0;
    let count = shares.iter().take_while(|(_, share)| {
        let before = kept;
        kept += share;
        before < top * all
    });
    let count = count.count();
    shares.truncate(count);
    let mut left = rng.random::<f32>() * shares.iter().map(|(_, share)| share).sum::<f32>();
    let drawn = shares.iter().find(|(_, share)| {
        left -= share;
        left <= 0.0
    });
    drawn.or(shares.last()).map(|&(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn what_is_impossible_is_never_drawn_and_the_rest_by_its_share() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let logs = [f32::NEG_INFINITY, 0.7f32.ln(), 0.25f32.ln(), 0.05f32.ln()];
        let mut counts = [0; 4];
        for _ in 0..4000 {
            counts[draw(&logs, 1.0, 0.94, &mut rng).unwrap()] += 1;
        }
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!((2800..3100).contains(&counts[1]), "{counts:?}");
        assert_eq!(draw(&[f32::NEG_INFINITY; 3], 1.0, 1.0, &mut rng), None);
    }
}
