//! Strokes grouped by their colour: k-means, with as many groups as are apart.

/// The least mean silhouette (Rousseeuw 1987) with which groups are more than one.
const SEPARATE: f32 = 0.45;
/// How much worse the silhouette of three groups may be than that of two.
const THIRD: f32 = 0.1;
/// Strokes of which silhouettes are taken at most.
const COMPARED: usize = 300;
/// Steps of k-means at most.
const ROUNDS: usize = 30;

/// What is new in the spectrum where a stroke begins: its centre of gravity, how much of its energy is
/// low and high, and the centre of gravity of its first frames; all near 0 to 1.
pub type Colour = [f32; 4];

fn distance(a: &Colour, b: &Colour) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

/// The nearest centre, and from 0 to 1 how much nearer than the next it is.
pub fn nearest(centres: &[Colour], colour: &Colour) -> (usize, f32) {
    let mut order: Vec<(f32, usize)> = centres
        .iter()
        .enumerate()
        .map(|(number, centre)| (distance(centre, colour), number))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    match order.as_slice() {
        [] => (0, 0.0),
        [(_, only)] => (*only, 1.0),
        [(near, first), (far, _), ..] => (*first, 1.0 - near / (far + 1e-6)),
    }
}

/// Centres of one to three groups, from dark to bright.
pub fn groups(colours: &[Colour]) -> Vec<Colour> {
    if colours.is_empty() {
        return vec![[0.0; 4]];
    }
    let mut best = (SEPARATE, k_means(colours, 1));
    for count in 2..=3 {
        let centres = k_means(colours, count);
        let worth = silhouette(colours, &centres);
        let allowed = if best.1.len() == 2 { THIRD } else { 0.0 };
        if worth > best.0 - allowed {
            best = (worth, centres);
        }
    }
    best.1.sort_by(|a, b| a[0].total_cmp(&b[0]));
    best.1
}

/// Lloyd's algorithm from the darkest stroke and those farthest from what is chosen before.
fn k_means(colours: &[Colour], count: usize) -> Vec<Colour> {
    let dark = colours.iter().min_by(|a, b| a[0].total_cmp(&b[0]));
    let mut centres: Vec<Colour> = dark.into_iter().copied().collect();
    while centres.len() < count {
        let far = |colour: &Colour| {
            centres.iter().map(|centre| distance(centre, colour)).fold(f32::INFINITY, f32::min)
        };
        let next = colours.iter().max_by(|a, b| far(a).total_cmp(&far(b))).copied();
        centres.extend(next);
    }
    for _ in 0..ROUNDS {
        let mut sums = vec![([0.0_f32; 4], 0.0_f32); centres.len()];
        for colour in colours {
            let (sum, many) = &mut sums[nearest(&centres, colour).0];
            sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
            *many += 1.0;
        }
        let moved: Vec<Colour> = sums
            .iter()
            .zip(&centres)
            .map(|((sum, many), old)| if *many > 0.0 { sum.map(|sum| sum / many) } else { *old })
            .collect();
        if moved == centres {
            break;
        }
        centres = moved;
    }
    centres
}

/// The mean silhouette of some strokes: 1 where groups are far apart, 0 where they touch.
fn silhouette(colours: &[Colour], centres: &[Colour]) -> f32 {
    let step = colours.len().div_ceil(COMPARED);
    let some: Vec<(&Colour, usize)> =
        colours.iter().step_by(step).map(|colour| (colour, nearest(centres, colour).0)).collect();
    let mut sum = 0.0;
    for (index, (colour, own)) in some.iter().enumerate() {
        let mut means = vec![(0.0_f32, 0.0_f32); centres.len()];
        for (other, (far, group)) in some.iter().enumerate() {
            if other != index {
                means[*group].0 += distance(colour, far);
                means[*group].1 += 1.0;
            }
        }
        // One alone in its group says nothing.
        if means[*own].1 == 0.0 {
            continue;
        }
        let mean = |group: usize| means[group].0 / means[group].1;
        let others = (0..centres.len()).filter(|group| group != own && means[*group].1 > 0.0);
        let next = others.map(mean).fold(f32::INFINITY, f32::min);
        if next.is_finite() {
            sum += (next - mean(*own)) / next.max(mean(*own)).max(1e-6);
        }
    }
    sum / some.len().max(1) as f32
}
