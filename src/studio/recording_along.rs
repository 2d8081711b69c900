//! A recording and the drums that were heard in it, in time with the host at any tempo.
//!
//! The recording is cut where its strokes begin, and each piece is put where the host has that stroke, as
//! loops are that are cut into slices: it keeps its pitch, and between strokes a piece dies away early, or
//! has rung out.

use super::AudioImport;
use super::recording_sound::{self, PreviewError, RecordingMix};
use super::wire::{Anchor, Place};
use crate::audio::Stereo;
use crate::score::{Beats, Bpm, Seconds};
use crate::transcriber::Transcription;

/// So much before its stroke a piece begins, in seconds: attacks begin ahead of where they are heard.
const LEAD: f64 = 0.005;
/// Strokes nearer than this are in one piece, in seconds.
const TOGETHER: f64 = 0.04;
/// How long a piece comes up and dies away, in seconds.
const RISE: f64 = 0.001;
const FALL: f64 = 0.01;
/// A tempo as near as this needs no pieces: the player bends as much.
const SAME: f64 = 0.002;
/// A loop that is shorter, in seconds, is not repeated.
const SHORTEST: f64 = 0.25;

/// Where in the host's song it is to be heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostPlace {
    /// Where the first bar of the recording begins, in quarter notes. What was played on the host's own track
    /// is where it was.
    pub at: Beats,
    /// The host's tempo.
    pub tempo: Bpm,
}

/// The sound and where it lies. Loops are repeated, until [`recording_sound::LONGEST_PREVIEW`].
pub(super) fn along(
    import: &AudioImport,
    heard: &Transcription,
    mix: RecordingMix,
    HostPlace { at, tempo }: HostPlace,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(Stereo, Option<Place>), PreviewError> {
    let quarter = 60.0 / tempo.0;
    let positions = heard.positions(heard.metre());
    let position = |time: f64| match &positions {
        Some(position) => position(Seconds(time)).0,
        None => time / quarter,
    };
    let first = position(0.0);
    let in_host = |time: f64| (position(time) - first) * quarter;
    let mut sound = Stereo::default();
    // What sounds on the host's track is heard there.
    if mix != RecordingMix::Drums && import.host_start().is_none() {
        let recording = recording_sound::recording(import.path(), 0.0, cancelled)?;
        let cuts = cuts(heard, in_host(heard.seconds) / heard.seconds.max(SHORTEST));
        sound = in_pieces(&recording, &cuts, in_host);
    }
    if mix != RecordingMix::Recording {
        let drums = recording_sound::drums(heard, &|time| Some(in_host(time)), cancelled)?;
        recording_sound::add(&mut sound, &drums);
    }
    let length = in_host(heard.end().0);
    if heard.beats.is_loop && length >= SHORTEST {
        sound = repeated(&sound, length);
    }
    let start = import.host_start().unwrap_or(Beats(at.0 + first));
    let anchors = [(0.0, 0.0), (1.0, quarter * f64::from(recording_sound::RATE.0))];
    let anchors = anchors.map(|(beat, sample)| Anchor { at: Beats(start.0 + beat), sample });
    Ok((sound, Place::new(anchors.to_vec())))
}

/// Where the recording is cut, in seconds, if it is to be `longer` times as long.
fn cuts(heard: &Transcription, longer: f64) -> Vec<f64> {
    let mut cuts = vec![0.0];
    if (longer - 1.0).abs() > SAME {
        for onset in &heard.onsets {
            let cut = onset.at.0 - LEAD;
            if cut - cuts[cuts.len() - 1] > TOGETHER {
                cuts.push(cut);
            }
        }
    }
    cuts
}

/// The pieces of a sound between cuts (seconds, from 0 on, in order), each where `time` puts its beginning,
/// as long as both are within [`recording_sound::LONGEST_PREVIEW`].
fn in_pieces(sound: &Stereo, cuts: &[f64], time: impl Fn(f64) -> f64) -> Stereo {
    let frames = recording_sound::frames;
    let end = sound.left.len() as f64 / f64::from(recording_sound::RATE.0);
    let mut out = Stereo::default();
    for (index, &from) in cuts.iter().enumerate() {
        let is_last = index + 1 == cuts.len();
        let to = cuts.get(index + 1).copied().unwrap_or(end).min(end);
        let (first, last) = (frames(from), frames(to).min(sound.left.len()));
        let (at, room) = (frames(time(from)), frames((time(to) - time(from)).max(0.0)));
        if first >= sound.left.len() || at >= frames(recording_sound::LONGEST_PREVIEW) {
            break;
        }
        let count = last.saturating_sub(first).min(if is_last { usize::MAX } else { room });
        for (side, out) in [(&sound.left, &mut out.left), (&sound.right, &mut out.right)] {
            if out.len() < at + count {
                out.resize(at + count, 0.0);
            }
            for (frame, sample) in side[first..].iter().take(count).enumerate() {
                let rise = if index == 0 { 1.0 } else { share(frame, RISE) };
                let fall = if is_last { 1.0 } else { share(count - frame, FALL) };
                out[at + frame] += sample * rise.min(fall);
            }
        }
    }
    out
}

fn share(frames: usize, seconds: f64) -> f32 {
    (frames as f64 / (seconds * f64::from(recording_sound::RATE.0))).min(1.0) as f32
}

/// A sound again and again, each so many seconds after the one before; what rings goes on.
fn repeated(sound: &Stereo, length: f64) -> Stereo {
    let mut out = Stereo::default();
    let times = (recording_sound::LONGEST_PREVIEW / length).ceil() as usize;
    for (side, out) in [(&sound.left, &mut out.left), (&sound.right, &mut out.right)] {
        for time in 0..times {
            let at = recording_sound::frames(time as f64 * length);
            if out.len() < at + side.len() {
                out.resize(at + side.len(), 0.0);
            }
            out[at..].iter_mut().zip(side).for_each(|(out, sample)| *out += sample);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Backend, Models};
    use crate::studio::fixtures;
    use crate::transcriber::Options;

    /// Seconds at which the sound gets louder within a hundredth.
    fn attacks(sound: &Stereo) -> Vec<f64> {
        let power: Vec<f32> =
            sound.left.chunks(441).map(|c| c.iter().map(|s| s * s).sum::<f32>()).collect();
        let before = |i: usize| if i == 0 { 0.0 } else { power[i - 1] };
        let rises = |&i: &usize| power[i] > 0.2 && power[i] > 3.0 * before(i);
        (0..power.len()).filter(rises).map(|i| i as f64 / 100.0).collect()
    }

    fn import() -> (AudioImport, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let font = crate::audio::SoundFont::embedded();
        let mut sound = crate::audio::render_stereo(
            &fixtures::drum_loop(),
            font,
            recording_sound::RATE,
            &|| false,
        )
        .unwrap();
        // Four bars and no more.
        for side in [&mut sound.left, &mut sound.right] {
            side.truncate(recording_sound::frames(8.0));
        }
        let path = folder.path().join("a loop.wav");
        std::fs::write(&path, crate::audio::wav_stereo(&sound, recording_sound::RATE)).unwrap();
        let models = Models::new(Backend::Cpu, None);
        let import = AudioImport::new(&path, &models, &|_| true).unwrap();
        // It is read again.
        (import, folder)
    }

    #[test]
    fn a_loop_follows_the_hosts_tempo_and_goes_round() {
        let (import, _folder) = import();
        let heard = import.transcription(&Options::default());
        assert!(heard.beats.is_loop, "four bars at 120");
        for tempo in [96.0, 120.0, 150.0] {
            let place = HostPlace { at: Beats(8.0), tempo: Bpm(tempo) };
            let made = |mix| along(&import, &heard, mix, place, &|| false).unwrap();
            let (sound, lies) = made(RecordingMix::Recording);
            let lies = lies.unwrap();
            let quarter = 60.0 / tempo;
            assert!(lies.sample(Beats(8.0)).abs() < 1.0);
            assert!((lies.sample(Beats(10.0)) / 44_100.0 - 2.0 * quarter).abs() < 1e-6);
            assert!(sound.left.len() as f64 / 44_100.0 >= 119.0);
            // Kicks and snares lie on the host's beats, also in the last round, and so do the drums.
            for found in [attacks(&sound), attacks(&made(RecordingMix::Drums).0)] {
                for beat in [0, 1, 2, 3, 12, 13, 16, 19, 96, 99] {
                    let wanted = f64::from(beat) * quarter;
                    let near = found.iter().any(|at| (at - wanted).abs() < 0.025);
                    assert!(near, "{tempo}: beat {beat} at {wanted} s");
                }
            }
        }
    }

    #[test]
    fn what_keeps_its_tempo_keeps_its_samples() {
        let (import, _folder) = import();
        let heard = import.transcription(&Options::default());
        let place = HostPlace { at: Beats(0.0), tempo: Bpm(heard.bpm().unwrap()) };
        let (sound, _) = along(&import, &heard, RecordingMix::Recording, place, &|| false).unwrap();
        let recording = recording_sound::recording(import.path(), 0.0, &|| false).unwrap();
        let half = recording.left.len() / 2;
        assert_eq!(sound.left[..half], recording.left[..half]);
    }

    #[test]
    fn what_is_beyond_the_preview_is_left_out() {
        let sound = Stereo { left: vec![1.0; 44_100], right: vec![1.0; 44_100] };
        // Strokes go on behind what was read of a long recording; and a slow host stretches it.
        let out = in_pieces(&sound, &[0.0, 0.5, 1.5, 700.0], |time| 1.1 * time);
        assert_eq!(out.left.len(), 24_255 + 22_050);
        let out = in_pieces(&sound, &[0.0, 0.2, 0.5], |time| 300.0 * time);
        assert!(out.left.len() < 61 * 44_100);
    }

    #[test]
    fn pieces_die_away_or_ring_out() {
        let sound = Stereo { left: vec![1.0; 44_100], right: vec![1.0; 44_100] };
        let cuts = [0.0, 0.5];
        for longer in [0.5, 2.0] {
            let out = in_pieces(&sound, &cuts, |time| time * longer).left;
            let second = (0.5 * longer * 44_100.0) as usize;
            assert!(out[second - 1] < 0.01 && out[second + 100] == 1.0, "{longer}");
            let silent = out.iter().filter(|sample| **sample == 0.0).count();
            assert_eq!(silent > 20_000, longer > 1.0, "{longer}: {silent}");
            assert_eq!(out.len(), second + 22_050);
        }
    }
}
