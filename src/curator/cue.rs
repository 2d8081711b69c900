//! What is where in the result, for programs and for players.

use std::path::Path;

use serde::Serialize;

use super::clip::Clip;
use super::plan::Plan;
use super::reason::Reason;
use crate::audio::DECODED_RATE;

/// What came of a folder of clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CueSheet {
    /// The result's file.
    pub file: String,
    /// Its length.
    pub seconds: f64,
    /// The loudness of the clips in it whose peaks allow it, LUFS; the others are softer.
    pub loudness: f64,
    /// Mean distance of neighbours.
    pub mean_distance: f64,
    /// In order.
    pub clips: Vec<CueEntry>,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// A clip in the result. Times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CueEntry {
    /// Its file.
    pub file: String,
    /// Where it begins in the result: its first beat. The crossfade is just before.
    pub start: f64,
    /// What of it is heard, from join to join.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// Length of the crossfade that it begins with.
    pub fade: f64,
    /// Whether it begins on a beat of its own and of the one before.
    pub on_beats: bool,
    /// Beats a minute, of a MIDI file quarter notes; none if no beats were found.
    pub tempo: Option<f64>,
    /// In dB.
    pub gain: f64,
    /// Why it is there.
    pub why: String,
}

/// A file that is not in the result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// The file.
    pub file: String,
    /// Why, as a sentence whose subject it is.
    pub reason: String,
}

impl CueSheet {
    /// What a plan will be; `left_out` names the files that have no place in it.
    pub fn of(
        file: &Path,
        clips: &[&Clip],
        plan: &Plan,
        left_out: &[(&Path, &Reason)],
    ) -> CueSheet {
        let seconds = |samples: f64| rounded(samples / f64::from(DECODED_RATE), 1e4);
        let name = |path: &Path| path.display().to_string();
        let placed = plan.placed.iter().enumerate().map(|(index, placed)| {
            let clip = clips[placed.clip];
            let join = index.checked_sub(1).and_then(|join| plan.joins.get(join));
            CueEntry {
                file: name(clip.source.path()),
                start: seconds(placed.start as f64),
                from: seconds(placed.from as f64),
                to: seconds(placed.to as f64),
                fade: seconds(placed.crossfades.0.length as f64),
                on_beats: join.is_some_and(|join| join.on_beats),
                tempo: clip.beats.tempo().map(|tempo| rounded(tempo, 100.0)),
                gain: rounded(20.0 * f64::from(placed.gain).log10(), 100.0),
                why: placed.why.clone(),
            }
        });
        let distances: Vec<f64> = plan
            .placed
            .windows(2)
            .map(|pair| {
                let [a, b] = [pair[0].clip, pair[1].clip].map(|clip| &clips[clip].descriptor);
                f64::from(a.distance(b))
            })
            .collect();
        let left_out = left_out
            .iter()
            .map(|(path, reason)| LeftOut { file: name(path), reason: reason.to_string() });
        CueSheet {
            file: name(file),
            seconds: seconds(plan.samples as f64),
            loudness: rounded(plan.loudness, 100.0),
            mean_distance: rounded(
                distances.iter().sum::<f64>() / distances.len().max(1) as f64,
                1e4,
            ),
            clips: placed.collect(),
            left_out: left_out.collect(),
        }
    }
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// A cue sheet: a track for each clip, times to a 75th of a second. (The format was made for discs of 99
/// tracks; beyond them the numbers have three digits or more, which players take.)
pub fn cue_sheet(sheet: &CueSheet) -> String {
    let quoted = |text: &str| text.replace('"', "'").replace(['\n', '\r'], " ");
    let base =
        |path: &str| quoted(&Path::new(path).file_name().unwrap_or_default().to_string_lossy());
    let mut text = format!("FILE \"{}\" WAVE\n", base(&sheet.file));
    for (index, clip) in sheet.clips.iter().enumerate() {
        let frames = (clip.start * 75.0).round() as u64;
        let (minutes, seconds, frames) = (frames / 4500, frames / 75 % 60, frames % 75);
        text += &format!(
            "  TRACK {:02} AUDIO\n    TITLE \"{}\"\n    REM COMMENT \"{}\"\n    INDEX 01 {minutes:02}:{seconds:02}:{frames:02}\n",
            index + 1,
            base(&clip.file),
            quoted(&clip.why),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cue_sheets_have_a_track_for_each_clip() {
        let clip = |file: &str, start| CueEntry {
            file: file.into(),
            start,
            from: 0.0,
            to: 1.0,
            fade: 0.0,
            on_beats: true,
            tempo: None,
            gain: 0.0,
            why: "a \"word\"".into(),
        };
        let sheet = CueSheet {
            file: "out/all.wav".into(),
            seconds: 70.0,
            loudness: -23.0,
            mean_distance: 0.0,
            clips: vec![clip("in/a.wav", 0.0), clip("b\".mid", 61.02)],
            left_out: Vec::new(),
        };
        let text = cue_sheet(&sheet);
        assert!(text.starts_with("FILE \"all.wav\" WAVE\n  TRACK 01 AUDIO\n    TITLE \"a.wav\"\n"));
        assert!(
            text.contains("TRACK 02 AUDIO\n    TITLE \"b'.mid\"\n    REM COMMENT \"a 'word'\"")
        );
        assert!(text.ends_with("INDEX 01 01:01:02\n"), "{text}");
    }
}
