//! How well are a song's sections found? Boundaries and labels against marked ones.
//!
//! Both figures are mir_eval's (Raffel et al., ISMIR 2014): `segment.detection` without trimming and
//! `segment.pairwise`, with bars in the place of seconds and frames. Neighbours that share a label
//! count as one section, since annotations differ in whether a repeat is a section of its own.

/// Each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormScore {
    /// F1 of the boundaries, each found within one bar; first and last count.
    pub boundary: f64,
    /// F1 of the pairs of bars that share a label.
    pub pairwise: f64,
}

/// Scores a form by the label of each bar; both slices are as long as the song.
pub fn score_form(marked: &[usize], found: &[usize]) -> FormScore {
    FormScore {
        boundary: boundary_f(&boundaries(marked), &boundaries(found), 1),
        pairwise: pairwise_f(marked, found),
    }
}

/// Where labels change, with 0 and the end.
pub fn boundaries(labels: &[usize]) -> Vec<usize> {
    let changes = (1..labels.len()).filter(|&bar| labels[bar] != labels[bar - 1]);
    let mut boundaries: Vec<usize> = std::iter::once(0).chain(changes).collect();
    boundaries.push(labels.len());
    boundaries
}

/// F1 of boundaries (ascending) that can be matched one to one within `window` bars; 0 where there
/// are none on a side.
pub fn boundary_f(marked: &[usize], found: &[usize], window: usize) -> f64 {
    let (mut left, mut right, mut matched) = (0, 0, 0);
    // On a line, matching the first that fit is a largest matching.
    while left < marked.len() && right < found.len() {
        if marked[left].abs_diff(found[right]) <= window {
            (left, right, matched) = (left + 1, right + 1, matched + 1);
        } else if marked[left] < found[right] {
            left += 1;
        } else {
            right += 1;
        }
    }
    f_measure(matched, marked.len(), found.len())
}

/// F1 of the pairs of different bars that share a label; 0 where no two do on a side.
pub fn pairwise_f(marked: &[usize], found: &[usize]) -> f64 {
    let (mut both, mut by_mark, mut by_find) = (0, 0, 0);
    for a in 0..marked.len().min(found.len()) {
        for b in 0..a {
            let (mark, find) = (marked[a] == marked[b], found[a] == found[b]);
            both += usize::from(mark && find);
            by_mark += usize::from(mark);
            by_find += usize::from(find);
        }
    }
    f_measure(both, by_mark, by_find)
}

fn f_measure(both: usize, first: usize, second: usize) -> f64 {
    if both == 0 { 0.0 } else { 2.0 * both as f64 / (first + second) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What mir_eval says, see `tests/golden/make_form.py`.
    #[test]
    fn figures_are_those_of_mir_eval() {
        #[derive(serde::Deserialize)]
        struct Case {
            marked: Vec<usize>,
            found: Vec<usize>,
            boundary: f64,
            pairwise: f64,
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/form/scores.json");
        let text = std::fs::read_to_string(path).unwrap();
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
        assert!(cases.len() >= 20);
        for case in cases {
            let score = score_form(&case.marked, &case.found);
            assert!((score.boundary - case.boundary).abs() < 1e-9, "{score:?}");
            assert!((score.pairwise - case.pairwise).abs() < 1e-9, "{score:?}");
        }
    }
}
