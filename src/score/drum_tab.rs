//! Drum tablature: a bar of drums in a line of text, as drummers write it to each other.

use std::str::FromStr;

use thiserror::Error;

use super::{GridKind, Lane, StepGrid};

/// A bar of drum tablature.
///
/// Rows are divided by `|`. A row is the sign of a drum and its beats, all of them of as many places: of one,
/// two or four for straight steps, of three or six for ternary ones (a triplet, or three eighths of a dotted
/// beat). `x` is a stroke, `o` one on the open hat, `-` none:
/// `HH x-x- x-x- x-x- x-o- | SD ---- x--- ---- x--- | BD x--- ---- x-x- ----`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrumTab {
    /// The steps of the bar, four or six to the beat.
    pub grid: StepGrid,
    /// What is struck, row by row: lane and step.
    pub strokes: Vec<(Lane, usize)>,
}

/// Why a text is no bar of drum tablature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DrumTabError {
    /// A row begins with none of the known signs.
    #[error(
        "\"{0}\" is no drum of a drum tab: BD, SD, SS, CP, HH, HF, RD, CC, FT, MT, HT, SH or BL"
    )]
    Drum(String),
    /// A beat has a place that is no stroke and no rest.
    #[error("'{0}' is no stroke of a drum tab: x, o or -")]
    Stroke(char),
    /// Beats have other places, or rows other beats, than those before.
    #[error("a row of \"{0}\" has other beats than those before it")]
    Beats(String),
    /// A beat of five places, or a bar without beats or too long.
    #[error("a bar of a drum tab has 1 to {most} steps in beats of 1, 2, 3, 4 or 6 places", most = StepGrid::MAX_STEPS)]
    Length,
}

fn lane(sign: &str) -> Result<Lane, DrumTabError> {
    Ok(match sign {
        "BD" => Lane::Kick,
        "SD" => Lane::Snare,
        "SS" => Lane::SideStick,
        "CP" => Lane::Clap,
        "HH" => Lane::ClosedHat,
        "HF" => Lane::PedalHat,
        "RD" => Lane::Ride,
        "CC" => Lane::Crash,
        "FT" => Lane::LowTom,
        "MT" => Lane::MidTom,
        "HT" => Lane::HighTom,
        "SH" => Lane::Shaker,
        "BL" => Lane::Bell,
        _ => return Err(DrumTabError::Drum(sign.to_owned())),
    })
}

impl FromStr for DrumTab {
    type Err = DrumTabError;

    fn from_str(text: &str) -> Result<DrumTab, DrumTabError> {
        let mut shape: Option<(usize, usize)> = None;
        let mut struck: Vec<(Lane, usize)> = Vec::new();
        for row in text.split('|') {
            let mut words = row.split_whitespace();
            let sign = words.next().unwrap_or_default();
            let lane = lane(sign)?;
            let beats: Vec<&str> = words.collect();
            let places = beats.first().map_or(0, |beat| beat.chars().count());
            let is_even = beats.iter().all(|beat| beat.chars().count() == places);
            if !is_even || *shape.get_or_insert((beats.len(), places)) != (beats.len(), places) {
                return Err(DrumTabError::Beats(sign.to_owned()));
            }
            for (place, stroke) in beats.iter().flat_map(|beat| beat.chars()).enumerate() {
                match (stroke, lane) {
                    ('-', _) => {}
                    ('x', _) => struck.push((lane, place)),
                    ('o', Lane::ClosedHat) => struck.push((Lane::OpenHat, place)),
                    _ => return Err(DrumTabError::Stroke(stroke)),
                }
            }
        }
        let (beats, places) = shape.unwrap_or_default();
        let (kind, steps_per_beat) = match places {
            1 | 2 | 4 => (GridKind::Straight, 4),
            3 | 6 => (GridKind::Ternary, 6),
            _ => return Err(DrumTabError::Length),
        };
        let steps = beats * steps_per_beat;
        if steps > StepGrid::MAX_STEPS {
            return Err(DrumTabError::Length);
        }
        let scale = steps_per_beat / places;
        let strokes = struck.into_iter().map(|(lane, place)| (lane, place * scale)).collect();
        Ok(DrumTab { grid: StepGrid { kind, steps, steps_per_beat }, strokes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn a_bar_is_read() {
        let tab: DrumTab = "HH x-x- x-o- | SD ---- x---".parse().unwrap();
        assert_eq!(tab.grid, StepGrid::for_metre(Metre::new(2, 4).unwrap(), false));
        let hats = [(Lane::ClosedHat, 0), (Lane::ClosedHat, 2), (Lane::ClosedHat, 4)];
        assert_eq!(tab.strokes, [&hats[..], &[(Lane::OpenHat, 6), (Lane::Snare, 4)]].concat());
        let six: DrumTab = "RD x-x xxx | BD x-- ---".parse().unwrap();
        assert_eq!(six.grid, StepGrid::for_metre(Metre::new(6, 8).unwrap(), false));
        assert_eq!(six.strokes[1], (Lane::Ride, 4), "eighths have two steps");
        let eighths: DrumTab = "BD x- -x".parse().unwrap();
        assert_eq!(eighths.strokes, [(Lane::Kick, 0), (Lane::Kick, 6)]);
    }

    #[test]
    fn what_is_no_bar_is_said() {
        let error = |text: &str| text.parse::<DrumTab>().unwrap_err();
        assert_eq!(error("XY x---"), DrumTabError::Drum("XY".to_owned()));
        assert_eq!(error(""), DrumTabError::Drum(String::new()));
        assert_eq!(error("BD y---"), DrumTabError::Stroke('y'));
        assert_eq!(error("BD o---"), DrumTabError::Stroke('o'));
        assert_eq!(error("BD x--- | SD x--- x---"), DrumTabError::Beats("SD".to_owned()));
        assert_eq!(error("BD x--- x--"), DrumTabError::Beats("BD".to_owned()));
        assert_eq!(error("BD x----"), DrumTabError::Length);
        assert_eq!(error("BD"), DrumTabError::Length);
        assert_eq!(error(&format!("BD{}", " x---".repeat(9))), DrumTabError::Length);
    }
}
