//! Figures of sets of numbers.

/// Pearson's correlation of two sets, pair by pair, -1 to 1; 0 where either does not vary.
pub fn correlation<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let sum = |values: &[T]| values.iter().map(|&value| value.into()).sum::<f64>();
    let mean = |values: &[T]| sum(values) / values.len().max(1) as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b): (f64, f64) = (a.into() - mean_a, b.into() - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    // A standard deviation of 1e-6 counts as flat.
    let flat = 1e-12 * a.len() as f64;
    if aa <= flat || bb <= flat { 0.0 } else { (ab / (aa * bb).sqrt()).clamp(-1.0, 1.0) }
}
