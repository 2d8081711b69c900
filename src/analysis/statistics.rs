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

/// A row with length 1, or 0 where it was 0.
pub fn normalised<Row: AsMut<[f32]>>(mut row: Row) -> Row {
    let values = row.as_mut();
    let norm = values.iter().map(|x| x * x).sum::<f32>().sqrt();
    values.iter_mut().for_each(|x| *x = if norm > 0.0 { *x / norm } else { 0.0 });
    row
}

/// The cosine of two rows of [`normalised`], -1 to 1; two empty ones are alike.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let product: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    let empty = |row: &[f32]| row.iter().all(|&x| x == 0.0);
    if product == 0.0 && empty(a) && empty(b) { 1.0 } else { product }
}
