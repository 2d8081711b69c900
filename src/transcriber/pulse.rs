//! Beats and downbeats from the strokes that were heard: what a listener makes of a groove.
//!
//! The network of `models/training/beats.py` looks at strokes twenty seconds either way, where the one
//! that hears sound knows five, and has learned from all the drums that there are as notes, not only
//! from what was rendered. It is given the other's beats too, which know the accompaniment.

use crate::network::{ModelSpec, Models, NetworkError, PortSpec, Tensor};

use super::onsets::{Onset, SOUNDS};
use super::spectrogram::FRAMES_PER_SECOND;

/// Frames that the network takes in at once, and gives back.
const STACK: usize = 4;
/// Numbers for each frame: a stroke of each sound and how hard it is, how likely the network that
/// hears sound takes the frame for a beat and a downbeat, and 1 within the recording.
const NUMBERS: usize = 2 * SOUNDS + 3;
const ROWS: usize = STACK * NUMBERS;
const ANSWERS: usize = STACK * 2;
/// Steps by which inputs grow, so that a plan of the network serves many recordings.
const GROWTH: usize = 256;

/// How much the log odds of the network that hears sound, within these either side of 0, count beside
/// those of this one: found on sessions that are kept apart for that.
const HEARD: f32 = 0.5;
const MOST_HEARD: f32 = 4.0;

/// Strokes to the logarithms of the odds of beats and downbeats; see `models/README.md`.
pub const BEATS: ModelSpec = ModelSpec {
    name: "beats",
    file: "beats.onnx",
    bytes: include_bytes!("../../models/beats.onnx"),
    inputs: &[PortSpec::f32("strokes", &[Some(1), Some(ROWS), None])],
    outputs: &[PortSpec::f32("beats", &[Some(1), Some(ANSWERS), None])],
};

/// Columns of four frames for the network, row-major: number `n` of frame `4 c + f` is in row
/// `4 n + f` of column `c`. A stroke between two frames is in both, by how near each is. `beats` has
/// two numbers for each frame.
fn rows(onsets: &[Onset], beats: &[f32], columns: usize) -> Vec<f32> {
    let mut rows = vec![0.0_f32; ROWS * columns];
    let place =
        |number: usize, frame: usize| (number * STACK + frame % STACK) * columns + frame / STACK;
    let frames = (beats.len() / 2).min(columns * STACK);
    for onset in onsets {
        let at = onset.at.0 * FRAMES_PER_SECOND;
        let (first, share) = (at as usize, at.fract() as f32);
        for (frame, near) in [(first, 1.0 - share), (first + 1, share)] {
            if frame < columns * STACK {
                let sound = onset.sound as usize;
                for (number, value) in [(sound, near), (SOUNDS + sound, near * onset.velocity)] {
                    let cell = &mut rows[place(number, frame)];
                    *cell = cell.max(value);
                }
            }
        }
    }
    for (frame, pair) in beats.chunks_exact(2).take(frames).enumerate() {
        rows[place(2 * SOUNDS, frame)] = pair[0];
        rows[place(2 * SOUNDS + 1, frame)] = pair[1];
        rows[place(2 * SOUNDS + 2, frame)] = 1.0;
    }
    rows
}

/// For each frame the probabilities that a beat and that a downbeat is there, from the strokes and from
/// what the network that hears sound says of the same (`beats`, two numbers for each frame).
///
/// # Errors
/// [`NetworkError`].
pub fn beats_of_strokes(
    onsets: &[Onset],
    beats: &[f32],
    models: &Models,
) -> Result<Vec<f32>, NetworkError> {
    let frames = beats.len() / 2;
    let columns = frames.max(1).div_ceil(STACK).next_multiple_of(GROWTH);
    let input = Tensor::f32(&[1, ROWS, columns], rows(onsets, beats, columns));
    let mut answer = models.get(&BEATS)?.run(&[("strokes", input)])?;
    let (_, odds) = answer.take_f32("beats")?;
    let probability = |row: usize, frame: usize| {
        let heard = beats[2 * frame + row].clamp(1e-4, 1.0 - 1e-4);
        let heard = (heard / (1.0 - heard)).ln().clamp(-MOST_HEARD, MOST_HEARD);
        let odds = odds[(row * STACK + frame % STACK) * columns + frame / STACK] + HEARD * heard;
        1.0 / (1.0 + (-odds).exp())
    };
    Ok((0..frames).flat_map(|frame| [probability(0, frame), probability(1, frame)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Backend;
    use crate::score::Seconds;
    use crate::transcriber::DrumSound;

    #[derive(serde::Deserialize)]
    struct Golden {
        /// Time, sound and velocity.
        strokes: Vec<(f64, usize, f32)>,
        beats: Vec<f32>,
        downbeats: Vec<f32>,
    }

    /// What `models/training/beats.py` shows its network of some strokes, and what that says, is what
    /// it is shown and says here.
    #[test]
    fn strokes_are_seen_as_in_training() {
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/beats.json")).unwrap();
        let onset = |&(at, sound, velocity): &(f64, usize, f32)| {
            let sound = DrumSound::ALL[sound];
            let lane = crate::score::Lane::Snare;
            Onset { at: Seconds(at), sound, lane, velocity, confidence: 0.9 }
        };
        let onsets: Vec<Onset> = golden.strokes.iter().map(onset).collect();
        let heard = |frame: usize| if frame.is_multiple_of(50) { [0.5, 0.25] } else { [0.0; 2] };
        let heard: Vec<f32> = (0..800).flat_map(heard).collect();
        let models = Models::new(Backend::Cpu, None);
        let found = beats_of_strokes(&onsets, &heard, &models).unwrap();
        assert_eq!(found.len(), 1600);
        for (frame, pair) in found.chunks_exact(2).enumerate() {
            let beat = (pair[0] - golden.beats[frame]).abs();
            let off = beat.max((pair[1] - golden.downbeats[frame]).abs());
            assert!(off < 2e-3, "frame {frame}: {off}");
        }
        assert!(golden.beats.iter().any(|beat| *beat > 0.5));
    }

    #[test]
    fn nothing_heard_is_no_beats() {
        let models = Models::new(Backend::Cpu, None);
        assert!(beats_of_strokes(&[], &[], &models).unwrap().is_empty());
    }
}
