//! Clusters from a dendrogram.

/// Joins along the dendrogram until `stop(dissimilarity of the next join, groups left)`; a cluster
/// number for each of `count` things.
pub(super) fn cut(
    steps: &[kodama::Step<f32>],
    count: usize,
    stop: impl Fn(f32, usize) -> bool,
) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..count + steps.len()).collect();
    let mut left = count;
    for (number, step) in steps.iter().enumerate() {
        if stop(step.dissimilarity, left) {
            break;
        }
        parent[step.cluster1] = count + number;
        parent[step.cluster2] = count + number;
        left -= 1;
    }
    let root = |mut node: usize| {
        while parent[node] != node {
            node = parent[node];
        }
        node
    };
    (0..count).map(root).collect()
}

/// Renumbers from 0 by first appearance.
pub(super) fn first_seen(labels: &[usize]) -> Vec<usize> {
    let mut seen = Vec::new();
    labels
        .iter()
        .map(|label| {
            seen.iter().position(|known| known == label).unwrap_or_else(|| {
                seen.push(*label);
                seen.len() - 1
            })
        })
        .collect()
}
