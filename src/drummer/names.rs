//! Names for grooves, by what a listener would tell them apart by.

use std::collections::BTreeMap;

use super::lanes::{SNARES, TOMS};
use crate::score::{DrumPart, GridKind, Hit, Lane};

/// Amounts that differ by less than this, in natural logarithms, sound the same.
const HEARD: f32 = 0.1;

/// Fewer strokes a bar of kick or snare are hardly any; fewer strokes a beat of all drums are sparse.
const HARDLY: f32 = 0.5;
const SPARSE: f32 = 1.5;

/// What is counted of a part, in strokes for each bar of its groove. Two bars of two beats are one of four.
struct Content {
    lanes: [f32; crate::score::LANES],
    /// Of 4/4 and its like: how often kick and snare are on each beat, 0 to 1.
    kick: [f32; 4],
    snare: [f32; 4],
    /// Beats of a bar.
    beats: f32,
    /// Whether bars of two beats were counted as half of one.
    is_doubled: bool,
    ternary: bool,
    ghosts: f32,
}

impl Content {
    /// Of the bars in the middle of what is played: fills and breaks are no groove.
    fn of(part: &DrumPart) -> Option<Content> {
        let mut bars: BTreeMap<usize, Vec<&Hit>> = BTreeMap::new();
        for hit in behind_count_in(&part.hits) {
            bars.entry(hit.bar.0).or_default().push(hit);
        }
        let mut counts: Vec<usize> = bars.values().map(Vec::len).collect();
        counts.sort_unstable();
        let least = counts.get(counts.len() / 3)?;
        bars.retain(|_, hits| hits.len() >= *least);
        let number = bars.len() as f32;
        let mut content = Content {
            lanes: [0.0; crate::score::LANES],
            kick: [0.0; 4],
            snare: [0.0; 4],
            beats: 0.0,
            is_doubled: false,
            ternary: false,
            ghosts: 0.0,
        };
        for (&bar, hits) in &bars {
            let grid = &part.grids[bar];
            content.beats += grid.steps as f32 / grid.steps_per_beat as f32 / number;
            content.ternary |= grid.kind == GridKind::Ternary;
            for hit in hits {
                content.lanes[hit.lane().index()] += 1.0 / number;
                let beat = hit.step / grid.steps_per_beat;
                let on_beat = hit.step.is_multiple_of(grid.steps_per_beat) && beat < 4;
                match hit.lane() {
                    Lane::Kick if on_beat => content.kick[beat] += 1.0 / number,
                    lane if on_beat && SNARES.contains(&lane) => {
                        content.snare[beat] += 1.0 / number;
                    }
                    Lane::Snare => content.ghosts += 1.0 / number,
                    _ => {}
                }
            }
        }
        if (1.75..2.25).contains(&content.beats) {
            content.beats *= 2.0;
            content.is_doubled = true;
            content.lanes.iter_mut().for_each(|strokes| *strokes *= 2.0);
            content.ghosts *= 2.0;
            for beats in [&mut content.kick, &mut content.snare] {
                beats.copy_within(..2, 2);
            }
        }
        Some(content)
    }

    fn of_lanes(&self, lanes: &[Lane]) -> f32 {
        lanes.iter().map(|lane| self.lanes[lane.index()]).sum()
    }

    /// What keeps the time, and how busily.
    fn time(&self) -> &'static str {
        let closed = self.of_lanes(&[Lane::ClosedHat]);
        let keepers = [
            (closed, "hats"),
            (self.of_lanes(&[Lane::OpenHat]), "open hats"),
            (self.of_lanes(&[Lane::PedalHat]), "foot hat"),
            (self.of_lanes(&[Lane::Ride]), "ride"),
            (self.of_lanes(&TOMS), "toms"),
            (self.of_lanes(&[Lane::Shaker]), "shaker"),
            (self.of_lanes(&[Lane::HandDrum, Lane::Bell]), "percussion"),
        ];
        let most = keepers.iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are seven");
        let a_beat = most.0 / self.beats.max(1.0);
        let busy = if self.ternary { 2.6 } else { 2.4 };
        match (most.1, a_beat) {
            (_, ..0.4) => "kick and snare",
            ("hats", a_beat) if a_beat > busy => "busy hats",
            ("hats", ..1.2) => "quarter hats",
            ("ride", a_beat) if a_beat > busy => "busy ride",
            (name, _) => name,
        }
    }

    /// Whether there is hardly any kick, and hardly any snare.
    fn lacks(&self) -> (bool, bool) {
        let snare = self.of_lanes(&SNARES);
        (self.of_lanes(&[Lane::Kick]) < HARDLY, snare < HARDLY)
    }

    /// What kick and snare do, where there are both. Only in four beats is it known which beat is which.
    fn beat(&self) -> &'static str {
        let often = |share: f32| share > 0.6;
        let seldom = |share: f32| share < 0.3;
        let [one, two, three, four] = self.snare;
        let is_sparse = self.lanes.iter().sum::<f32>() < SPARSE * self.beats;
        if !(3.75..4.25).contains(&self.beats) {
            return if is_sparse { "sparse" } else { "" };
        }
        if self.kick.iter().all(|&share| often(share)) {
            // In 6/8 nobody counts to four.
            if self.ternary && self.is_doubled { "kick on every beat" } else { "four on the floor" }
        } else if often(three) && seldom(two) && seldom(four) {
            "half-time"
        } else if self.snare.iter().all(|&share| often(share)) {
            "driving"
        } else if is_sparse {
            "sparse"
        } else if self.of_lanes(&[Lane::SideStick]) > self.of_lanes(&[Lane::Snare]) {
            "cross-stick"
        } else if self.ghosts > 2.0 {
            "ghosted"
        } else if often(two) && often(four) && seldom(one) && seldom(three) {
            "back beat"
        } else {
            ""
        }
    }

    /// What may tell it from another groove of the same name.
    fn details(&self) -> [(&'static str, &'static str, f32); 4] {
        let strokes = self.lanes.iter().sum();
        [
            ("busier", "lighter", strokes),
            ("more kick", "less kick", self.of_lanes(&[Lane::Kick])),
            ("more snare", "less snare", self.of_lanes(&[Lane::Snare, Lane::SideStick])),
            ("more open hats", "fewer open hats", self.of_lanes(&[Lane::OpenHat])),
        ]
    }
}

/// What is played behind the sticks of a count-in: side sticks that are struck before anything else. A part
/// of nothing else is played with them.
fn behind_count_in(hits: &[Hit]) -> &[Hit] {
    let sticks = hits.iter().position(|hit| hit.lane() != Lane::SideStick).unwrap_or(0);
    &hits[sticks..]
}

/// A name for the groove of a part, such as "Half-time ride" or "Busy hats".
pub fn name(part: &DrumPart) -> String {
    let Some(content) = Content::of(part) else { return "Silence".to_owned() };
    let time = content.time();
    let name = match (content.lacks(), content.beat(), time) {
        ((true, true), _, "kick and snare") => "hardly any kick or snare".to_owned(),
        ((true, false), _, "kick and snare") => "snare, hardly any kick".to_owned(),
        ((false, true), _, "kick and snare") => "kick, hardly any snare".to_owned(),
        (_, beat @ ("four on the floor" | "kick on every beat"), _) => format!("{beat}, {time}"),
        ((true, true), ..) => format!("{time}, hardly any kick or snare"),
        ((true, false), ..) => format!("{time}, hardly any kick"),
        ((false, true), ..) => format!("{time}, hardly any snare"),
        (_, "back beat", "kick and snare") => "plain kick and snare".to_owned(),
        (_, "back beat", _) => format!("{time} and back beat"),
        (_, "", _) => time.to_owned(),
        (_, beat, _) => format!("{beat} {time}"),
    };
    capitalised(&name)
}

/// What keeps the time in a part, such as "ride" or "busy hats"; none in silence.
pub fn time_keeper(part: &DrumPart) -> Option<&'static str> {
    Content::of(part).map(|content| content.time())
}

/// Names for several parts, all different: where two grooves would have the same, it is said what
/// the later one has more or less of, or a number.
pub fn names<'a>(parts: impl IntoIterator<Item = &'a DrumPart>) -> Vec<String> {
    let mut named: Vec<(String, Option<Content>, String)> = Vec::new();
    for part in parts {
        let (base, content) = (name(part), Content::of(part));
        let first = named.iter().find(|(_, _, other)| *other == base);
        let taken = |name: &String| named.iter().any(|(known, ..)| known == name);
        let mut chosen = base.clone();
        if let (Some((_, Some(first), _)), Some(own)) = (first, &content) {
            // No drum is named twice.
            let lower = base.to_lowercase();
            let is_new =
                |detail: &str| detail.split_once(' ').is_none_or(|(_, drum)| !lower.contains(drum));
            let mut details: Vec<(f32, &str)> = own
                .details()
                .into_iter()
                .zip(first.details())
                .map(|((more, less, own), (.., other))| {
                    let apart = (own + 0.5).ln() - (other + 0.5).ln();
                    (apart.abs(), if apart > 0.0 { more } else { less })
                })
                .filter(|&(apart, detail)| apart > HEARD && is_new(detail))
                .collect();
            details.sort_by(|a, b| b.0.total_cmp(&a.0));
            let detailed = details.iter().map(|(_, detail)| format!("{base}, {detail}"));
            chosen = detailed.into_iter().find(|name| !taken(name)).unwrap_or(chosen);
        }
        let mut number = 2;
        while taken(&chosen) {
            chosen = format!("{base} {number}");
            number += 1;
        }
        named.push((chosen, content, base));
    }
    named.into_iter().map(|(name, ..)| name).collect()
}

/// With a capital at the front.
pub fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, Metre, MetreChange, StepGrid, Ticks, Velocity};

    fn part(strokes: &[(Lane, &[usize])]) -> DrumPart {
        part_in(Metre::COMMON, strokes)
    }

    fn part_in(metre: Metre, strokes: &[(Lane, &[usize])]) -> DrumPart {
        let end = Ticks(4 * metre.bar_ticks(96).0);
        let bars = BarGrid::new(96, &[MetreChange { at: Ticks(0), metre }], end);
        let grids = vec![StepGrid::for_metre(metre, false); 4];
        let hits = (0..4).flat_map(|bar| {
            strokes.iter().flat_map(move |&(lane, steps)| {
                steps.iter().map(move |&step| Hit {
                    bar: BarIndex(bar),
                    step,
                    key: lane.default_key(),
                    velocity: Velocity::clamped(90),
                    offset: 0.0,
                })
            })
        });
        DrumPart::new(bars, grids, hits.collect())
    }

    const EIGHTHS: &[usize] = &[0, 2, 4, 6, 8, 10, 12, 14];
    const SIXTEENTHS: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const FOUR: &[usize] = &[0, 4, 8, 12];

    #[test]
    fn grooves_are_called_what_they_are() {
        type Strokes<'a> = &'a [(Lane, &'a [usize])];
        let cases: [(&str, Strokes); 13] = [
            (
                "Hats and back beat",
                &[(Lane::ClosedHat, EIGHTHS), (Lane::Kick, &[0, 8]), (Lane::Snare, &[4, 12])],
            ),
            (
                "Half-time ride",
                &[(Lane::Ride, EIGHTHS), (Lane::Kick, &[0, 6]), (Lane::Snare, &[8])],
            ),
            (
                "Busy hats and back beat",
                &[(Lane::ClosedHat, SIXTEENTHS), (Lane::Kick, &[0, 8]), (Lane::Snare, &[4, 12])],
            ),
            (
                "Four on the floor, open hats",
                &[(Lane::OpenHat, &[2, 6, 10, 14]), (Lane::Kick, FOUR), (Lane::Snare, &[4, 12])],
            ),
            ("Sparse kick and snare", &[(Lane::Kick, &[0]), (Lane::Snare, &[12])]),
            (
                "Cross-stick hats",
                &[(Lane::ClosedHat, EIGHTHS), (Lane::Kick, &[0, 8]), (Lane::SideStick, &[4, 12])],
            ),
            ("Silence", &[]),
            // Few strokes of kick and snare under many of the hand are not sparse.
            ("Ride", &[(Lane::Ride, EIGHTHS), (Lane::Kick, &[0]), (Lane::Snare, &[14])]),
            (
                "Sparse quarter hats",
                &[(Lane::ClosedHat, &[0, 8]), (Lane::Kick, &[0]), (Lane::Snare, &[4])],
            ),
            ("Quarter hats, hardly any kick", &[(Lane::ClosedHat, FOUR), (Lane::Snare, FOUR)]),
            ("Busy ride, hardly any kick or snare", &[(Lane::Ride, SIXTEENTHS)]),
            ("Kick, hardly any snare", &[(Lane::Kick, FOUR)]),
            // The snare is on other beats than the second and the fourth.
            (
                "Open hats",
                &[(Lane::OpenHat, EIGHTHS), (Lane::Kick, &[0, 8]), (Lane::Snare, &[0, 4, 8])],
            ),
        ];
        for (expected, strokes) in cases {
            assert_eq!(name(&part(strokes)), expected);
        }
    }

    #[test]
    fn sticks_that_count_in_change_no_name() {
        let mut counted = part(&[(Lane::Kick, &[12])]);
        let is_last = |hit: &Hit| hit.bar == BarIndex(3);
        counted.hits.retain(is_last);
        assert_eq!(name(&counted), "Kick, hardly any snare");
        let sticks = part(&[(Lane::SideStick, FOUR)]);
        let before = |hit: &&Hit| hit.bar.0 == 2 || (is_last(hit) && hit.step < 12);
        counted.hits.splice(0..0, sticks.hits.iter().filter(before).copied());
        assert_eq!(name(&counted), "Kick, hardly any snare");
        assert_eq!(name(&sticks), "Snare, hardly any kick");
    }

    #[test]
    fn a_back_beat_is_on_the_second_and_the_fourth() {
        let strokes: &[(Lane, &[usize])] =
            &[(Lane::ClosedHat, &[0, 2, 4, 6]), (Lane::Kick, &[0]), (Lane::Snare, &[4])];
        let two = Metre::new(2, 4).unwrap();
        assert_eq!(name(&part_in(two, strokes)), "Hats and back beat");
        let six = Metre::new(6, 8).unwrap();
        let eighths: &[(Lane, &[usize])] =
            &[(Lane::ClosedHat, &[0, 2, 4, 6, 8, 10]), (Lane::Kick, &[0, 6]), (Lane::Snare, &[6])];
        assert_eq!(name(&part_in(six, eighths)), "Kick on every beat, busy hats");
        // In three beats it is not known where it would be.
        let three = Metre::new(3, 4).unwrap();
        let strokes: [(Lane, &[usize]); 4] =
            [strokes[0], (Lane::ClosedHat, &[8, 10]), strokes[1], strokes[2]];
        assert_eq!(name(&part_in(three, &strokes)), "Hats");
    }

    #[test]
    fn no_drum_is_named_twice() {
        let kick = |opens: &[usize]| part(&[(Lane::OpenHat, opens), (Lane::Kick, FOUR)]);
        let names = names(&[kick(FOUR), kick(EIGHTHS)]);
        assert_eq!(names, ["Four on the floor, open hats", "Four on the floor, open hats, busier"]);
    }

    #[test]
    fn names_are_all_different() {
        let hats: &[(Lane, &[usize])] = &[(Lane::ClosedHat, EIGHTHS), (Lane::Snare, &[4, 12])];
        let kick = |steps| part(&[hats[0], hats[1], (Lane::Kick, steps)]);
        let parts = [kick(&[0, 8]), kick(&[0, 6, 8, 10]), kick(&[0, 8]), kick(&[0, 8])];
        let names = names(&parts);
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 4, "{names:?}");
        assert_eq!(names[1], "Hats and back beat, more kick");
    }
}
