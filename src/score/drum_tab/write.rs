//! Drum parts as tablature.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use super::Force;
use crate::score::{DrumPart, GROOVE_BARS, GridKind, Hit, LANES, Lane, StepGrid};

/// A lane and its sign, from the top row to the bottom one. Open hats are `o` in the row of the closed ones.
const ROWS: [(Lane, &str); LANES - 1] = [
    (Lane::Crash, "CC"),
    (Lane::Ride, "RD"),
    (Lane::ClosedHat, "HH"),
    (Lane::PedalHat, "HF"),
    (Lane::Shaker, "SH"),
    (Lane::Bell, "BL"),
    (Lane::HandDrum, "HD"),
    (Lane::HighTom, "HT"),
    (Lane::MidTom, "MT"),
    (Lane::LowTom, "FT"),
    (Lane::Clap, "CP"),
    (Lane::SideStick, "SS"),
    (Lane::Snare, "SD"),
    (Lane::Kick, "BD"),
];

/// Of a lane's loud strokes (the 90th percentile), what is softer than this share is a ghost note.
const GHOST: f32 = 0.55;
/// Of a lane's strokes that are none, what is this much louder than the median is an accent.
const ACCENT: f32 = 1.2;

/// Bars of a drum part as drum tablature, up to four of one metre below a line that says which they are,
/// counted from 1. Each stroke is on its nearest step; ghost notes and accents are those of its lane in these
/// bars. Such a block is read again as a [`DrumTab`](super::DrumTab).
pub fn drum_tab(part: &DrumPart, bars: Range<usize>) -> String {
    let bars = bars.start..bars.end.min(part.bars.len());
    let forces = forces(part, &bars);
    let mut text = String::new();
    let mut from = bars.start;
    while from < bars.end {
        let alike = |bar: &usize| part.grids[*bar] == part.grids[from];
        let count = (from..bars.end).take(GROOVE_BARS).take_while(alike).count();
        if from > bars.start {
            text.push('\n');
        }
        block(&mut text, part, from..from + count, &forces);
        from += count;
    }
    text
}

/// Where a lane's ghost notes end and its accents begin, in velocities.
type Forces = BTreeMap<Lane, [f32; 2]>;

fn forces(part: &DrumPart, bars: &Range<usize>) -> Forces {
    let mut velocities: BTreeMap<Lane, Vec<u8>> = BTreeMap::new();
    for hit in part.hits.iter().filter(|hit| bars.contains(&hit.bar.0)) {
        velocities.entry(hit.lane()).or_default().push(hit.velocity.get());
    }
    let of_lane = |(lane, mut velocities): (Lane, Vec<u8>)| {
        velocities.sort_unstable();
        let loud = f32::from(velocities[(velocities.len() - 1) * 9 / 10]);
        let plain = velocities.partition_point(|&velocity| f32::from(velocity) < GHOST * loud);
        let plain = &velocities[plain..];
        (lane, [GHOST * loud, ACCENT * f32::from(plain[plain.len() / 2])])
    };
    velocities.into_iter().map(of_lane).collect()
}

fn force(hit: &Hit, forces: &Forces) -> Force {
    let [ghost, accent] = forces[&hit.lane()];
    match f32::from(hit.velocity.get()) {
        // Cymbals have no ghost notes.
        soft if soft < ghost && !is_cymbal(hit.lane()) => Force::Ghost,
        loud if loud > accent => Force::Accent,
        _ => Force::Plain,
    }
}

fn block(text: &mut String, part: &DrumPart, bars: Range<usize>, forces: &Forces) {
    let (grid, metre) = (part.grids[bars.start], part.bars.bars()[bars.start].metre);
    let metre = format!("{}/{}", metre.numerator(), metre.denominator());
    let feel = match grid.kind {
        GridKind::Ternary if !part.bars.bars()[bars.start].metre.is_compound() => ", triplets",
        _ => "",
    };
    let numbers = match bars.len() {
        1 => format!("bar {}", bars.end),
        _ => format!("bars {} to {}", bars.start + 1, bars.end),
    };
    let _ = writeln!(text, "# {numbers}, {metre}{feel}");
    let hits: Vec<&Hit> = part.hits.iter().filter(|hit| bars.contains(&hit.bar.0)).collect();
    let is_whole = grid.steps.is_multiple_of(grid.steps_per_beat);
    let width = if is_whole && hits.iter().all(|hit| hit.step.is_multiple_of(2)) { 2 } else { 1 };
    for (lane, sign) in ROWS {
        let is_hat = lane == Lane::ClosedHat;
        let of_row = |hit: &&&Hit| hit.lane() == lane || is_hat && hit.lane() == Lane::OpenHat;
        let row: Vec<&Hit> = hits.iter().filter(of_row).copied().collect();
        // Bars without any stroke have one row.
        let is_rest = hits.is_empty() && lane == Lane::Kick;
        if row.is_empty() && !is_rest {
            continue;
        }
        text.push_str(sign);
        for bar in bars.clone() {
            let mut places = vec!['-'; grid.steps];
            for hit in row.iter().filter(|hit| hit.bar.0 == bar) {
                let place = stroke(hit, force(hit, forces));
                if places[hit.step] == '-' || hit.lane() == Lane::OpenHat {
                    places[hit.step] = place;
                }
            }
            text.push_str(" |");
            push_beats(text, &places, &grid, width);
        }
        text.push_str(" |\n");
    }
}

/// The places of a bar, beat by beat where they are whole; of eighths and triplets every second step.
fn push_beats(text: &mut String, places: &[char], grid: &StepGrid, width: usize) {
    let is_whole = grid.steps.is_multiple_of(grid.steps_per_beat);
    for beat in places.chunks(if is_whole { grid.steps_per_beat } else { grid.steps }) {
        text.push(' ');
        text.extend(beat.iter().step_by(width));
    }
}

fn stroke(hit: &Hit, force: Force) -> char {
    let is_thin = is_cymbal(hit.lane()) || matches!(hit.lane(), Lane::Shaker | Lane::Bell);
    let is_round = !is_thin || hit.lane() == Lane::OpenHat;
    match force {
        Force::Ghost => 'g',
        Force::Plain if is_round => 'o',
        Force::Plain => 'x',
        Force::Accent if is_round => 'O',
        Force::Accent => 'X',
    }
}

fn is_cymbal(lane: Lane) -> bool {
    matches!(lane, Lane::ClosedHat | Lane::PedalHat | Lane::OpenHat | Lane::Crash | Lane::Ride)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{DrumTab, Velocity};

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "# bars 1 to 2, 4/4\n\
             CC | X--- ---- ---- ---- | ---- ---- ---- ---- |\n\
             HH | ---- x-x- x-x- x-o- | x-x- x-x- x-x- x-x- |\n\
             SD | ---- o--g -g-- o--- | ---- o--g -g-- o--- |\n\
             BD | o--- ---- o-o- ---- | o--- --o- o--- ---- |\n",
            "# bar 1, 6/8\nHH | xxx xxx |\nSD | --- o-- |\n",
            "# bar 1, 7/8\nHH | x-x-x-x-x-x-x- |\nBD | o---o---o----- |\n",
            "# bar 1, 4/4, triplets\nRD | x-- x-x x-- x-x |\nBD | o-- --- o-- --- |\n",
        ] {
            let tab: DrumTab = text.parse().unwrap();
            let mut part = tab.part(1, 480);
            for (hit, stroke) in part.hits.iter_mut().zip(&tab.strokes) {
                hit.velocity = Velocity::clamped(match stroke.force {
                    Force::Ghost => 30,
                    Force::Plain => 90,
                    Force::Accent => 120,
                });
            }
            // A single stroke is no accent.
            assert_eq!(drum_tab(&part, 0..tab.bars), text.replace('X', "x"));
        }
    }

    #[test]
    fn bars_are_numbered_and_other_metres_begin_a_block() {
        let six: DrumTab = "BD x-- x-x".parse().unwrap();
        let part = six.part(6, 480);
        let text = drum_tab(&part, 1..9);
        let heads: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(heads, ["# bars 2 to 5, 6/8", "# bar 6, 6/8"]);
        let silent = DrumPart { hits: Vec::new(), ..part };
        assert_eq!(drum_tab(&silent, 0..1), "# bar 1, 6/8\nBD | --- --- |\n");
    }
}
