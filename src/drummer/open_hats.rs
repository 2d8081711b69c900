//! Where the hat is open: on the beats, and before the bar line.
//!
//! Cell by cell, open and closed are often about as likely, and the beats of a bar get now the one and
//! now the other. A drummer opens the hat on all of them, on every other or on none. Before the bar
//! line it opens where a phrase ends, which [`arrange`](super::arrange) sees to.

use super::bar_pattern::{Pattern, beats, count, is_onset, last_off_beat, silence};
use super::cells::SILENT;
use super::features::SLOTS;
use super::form::Form;
use super::pattern::known_grid;
use crate::score::{GridKind, Lane, StepGrid};

/// Beats of which every other may be open: in fewer there is no turn.
const TURNS: usize = 4;
/// As many open beats in a bar, and no closed one, ring.
const RINGS: usize = 3;
/// More than this share of bars is more than phrases that end.
const OFTEN: f32 = 0.3;
/// What is a closed hat where the hat keeps the time.
const CLOSED: [Lane; 2] = [Lane::ClosedHat, Lane::Ride];

/// Where some beats of a group are open without such an order, opens all or none of them, as most beats
/// are in the sections with its letter; between the beats nothing changes. Bars on the ride stay as they
/// are.
pub(super) fn open_alike(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    grids: &[StepGrid],
) {
    let hats: Vec<Vec<(usize, bool)>> = (groups.iter().zip(grids))
        .map(|(&group, grid)| open_beats(&patterns[group], grid))
        .collect();
    for (group, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&other| other == group) else { continue };
        let beat = grids[bar].steps_per_beat;
        if in_order(&hats[bar]) {
            continue;
        }
        let label = form.label_at(bar);
        let alike = (0..groups.len()).filter(|&other| form.label_at(other) == label);
        let all: Vec<bool> = alike.flat_map(|other| &hats[other]).map(|beat| beat.1).collect();
        let opens = 2 * all.iter().filter(|&&open| open).count() > all.len();
        (0..SLOTS).step_by(beat).for_each(|slot| turn(pattern, slot, opens));
    }
}

/// Lets the hat ring where it is open on its beats, on three of them at least: what is closed between some of
/// them is left out. Hardly anybody closes the hat for single off-beats there; one between all beats keeps
/// the time, and stays, as the skips of triplets do. Crashes on the beats of such bars are open hats:
/// [`arrange`](super::arrange) would close them.
pub(super) fn open_alone(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (group, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&other| other == group) else { continue };
        let (grid, beat) = (&grids[bar], grids[bar].steps_per_beat);
        let hats = open_beats(pattern, grid);
        let is_open = hats.len() >= RINGS && hats.iter().all(|beat| beat.1);
        let rings = grid.kind == GridKind::Straight && is_open;
        let between = |lanes: &[Lane]| {
            let slots = (0..SLOTS).filter(|slot| !slot.is_multiple_of(beat));
            slots.filter(|&slot| lanes.iter().any(|&lane| is_onset(pattern, lane, slot))).count()
        };
        let keeps_eighths = between(&[CLOSED[0], CLOSED[1], Lane::OpenHat]) >= beats(grid);
        if !rings || keeps_eighths {
            continue;
        }
        CLOSED.into_iter().for_each(|lane| silence(pattern, lane));
        for slot in (0..SLOTS).step_by(beat) {
            if is_onset(pattern, Lane::Crash, slot) {
                let [crash, open] =
                    [Lane::Crash, Lane::OpenHat].map(|lane| lane.index() * SLOTS + slot);
                pattern.logits[open] = pattern.logits[open].max(pattern.logits[crash]);
            }
        }
        silence(pattern, Lane::Crash);
    }
}

/// Closes the hat on the last off-beat in groups that open it there and nowhere else, where many of the
/// bars with their letter do, or most of the group's own beside another that does. Of 90 songs of `paired`
/// people have it in more than .3 of the bars in seven, in more than .6 in none; what comes before every bar
/// line leads nowhere.
pub(super) fn close_last(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    grids: &[StepGrid],
) {
    let last = |bar: usize| last_off_beat(&known_grid(&grids[bar]));
    let opens: Vec<bool> = (0..groups.len())
        .map(|bar| {
            let pattern = &patterns[groups[bar]];
            let logit = |lane: Lane, slot: usize| pattern.logits[lane.index() * SLOTS + slot];
            // Where the hat is both, it is played as it is likelier.
            let rings = |slot: &usize| {
                let closed = CLOSED.map(|lane| logit(lane, *slot));
                is_onset(pattern, Lane::OpenHat, *slot)
                    && closed.into_iter().all(|closed| closed < logit(Lane::OpenHat, *slot))
            };
            (0..SLOTS).filter(rings).eq([last(bar)])
        })
        .collect();
    for (group, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&other| other == group) else { continue };
        let label = form.label_at(bar);
        let alike: Vec<usize> =
            (0..groups.len()).filter(|&other| form.label_at(other) == label).collect();
        let open = alike.iter().filter(|&&other| opens[other]).count();
        let own: Vec<usize> = (0..groups.len()).filter(|&bar| groups[bar] == group).collect();
        let opens_at = |bar: Option<usize>| bar.is_some_and(|bar| opens.get(bar) == Some(&true));
        let beside = |&&bar: &&usize| opens_at(bar.checked_sub(1)) || opens_at(Some(bar + 1));
        let in_a_row = 2 * own.iter().filter(beside).count() > own.len();
        if opens[bar] && (in_a_row || open as f32 > OFTEN * alike.len() as f32) {
            turn(pattern, last(bar), false);
        }
    }
}

/// Opens or closes the hat where it is struck.
fn turn(pattern: &mut Pattern, slot: usize, open: bool) {
    let to = if open { Lane::OpenHat } else { Lane::ClosedHat };
    let cells =
        [Lane::OpenHat, Lane::ClosedHat, Lane::Ride].map(|lane| lane.index() * SLOTS + slot);
    let logit = cells.iter().map(|&cell| pattern.logits[cell]).fold(f32::MIN, f32::max);
    if logit > 0.0 {
        cells.into_iter().for_each(|cell| pattern.logits[cell] = pattern.logits[cell].min(SILENT));
        pattern.logits[to.index() * SLOTS + slot] = logit;
    }
}

/// The beats on which a stick strikes the hat, and whether it is open there; none on the ride.
fn open_beats(pattern: &Pattern, grid: &StepGrid) -> Vec<(usize, bool)> {
    let hats = count(pattern, &[Lane::ClosedHat, Lane::OpenHat]);
    let beats = if hats <= count(pattern, &[Lane::Ride]) { 0 } else { beats(grid) };
    let hat = |beat: usize| {
        let struck = |lane: Lane| is_onset(pattern, lane, beat * grid.steps_per_beat);
        let open = struck(Lane::OpenHat);
        (open || CLOSED.into_iter().any(struck)).then_some((beat, open))
    };
    (0..beats).filter_map(hat).collect()
}

/// Whether all of them are open or none, or those with even or with odd numbers.
fn in_order(beats: &[(usize, bool)]) -> bool {
    let turns = if beats.len() < TURNS { 1 } else { 2 };
    beats.iter().all(|&(beat, open)| {
        let first = beats.iter().find(|other| other.0 % turns == beat % turns);
        first.is_some_and(|first| first.1 == open)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Section;
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    /// The open and the closed beats of each bar of one section; `o`, `x` or none for each beat.
    fn played(bars: &[&str]) -> Vec<String> {
        let of = |beats: &str| {
            let strokes = beats.char_indices().filter_map(|(beat, struck)| match struck {
                'o' => Some((Lane::OpenHat, 4 * beat)),
                'x' => Some((Lane::ClosedHat, 4 * beat)),
                _ => None,
            });
            pattern(&strokes.chain([(Lane::ClosedHat, 2), (Lane::OpenHat, 14)]).collect::<Vec<_>>())
        };
        let mut patterns: Vec<Pattern> = bars.iter().map(|beats| of(beats)).collect();
        let groups: Vec<usize> = (0..bars.len()).collect();
        let form = Form { sections: vec![Section { label: 0, bars: 0..bars.len() }] };
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); bars.len()];
        open_alike(&mut patterns, &groups, &form, &grids);
        let hat = |pattern: &Pattern, slot: usize| {
            let open = slots(pattern, Lane::OpenHat).contains(&slot);
            let closed = slots(pattern, Lane::ClosedHat).contains(&slot);
            assert!(!open || !closed, "no hat is both");
            if open {
                'o'
            } else if closed {
                'x'
            } else {
                '.'
            }
        };
        assert!(patterns.iter().all(|bar| hat(bar, 2) == 'x' && hat(bar, 14) == 'o'));
        patterns.iter().map(|bar| (0..4).map(|beat| hat(bar, 4 * beat)).collect()).collect()
    }

    #[test]
    fn beats_are_open_together() {
        assert_eq!(played(&["xooo", "xooo", ".ooo"]), ["oooo", "oooo", ".ooo"]);
        assert_eq!(played(&["oxxx", "xxxx", "xxxo"]), ["xxxx"; 3]);
        // As the section is.
        assert_eq!(played(&["oxx.", "oooo", "oooo"]), ["ooo.", "oooo", "oooo"]);
    }

    #[test]
    fn nothing_single_is_closed_between_open_beats() {
        let played = |open: &[usize], closed: &[usize], crashes: &[usize]| {
            let lanes = [(Lane::OpenHat, open), (Lane::ClosedHat, closed), (Lane::Crash, crashes)];
            let strokes: Vec<(Lane, usize)> = lanes
                .iter()
                .flat_map(|&(lane, slots)| slots.iter().map(move |&slot| (lane, slot)))
                .collect();
            let mut bars = [pattern(&strokes)];
            open_alone(&mut bars, &[0], &[StepGrid::for_metre(Metre::COMMON, false)]);
            [Lane::OpenHat, Lane::ClosedHat, Lane::Crash].map(|lane| slots(&bars[0], lane))
        };
        let ringing = [vec![0, 4, 8, 12], vec![], vec![]];
        assert_eq!(played(&[0, 4, 8, 12], &[2, 6, 10], &[]), ringing);
        // Where a crash has the first beat, the hat has it.
        assert_eq!(played(&[4, 8, 12], &[6, 10], &[0, 4, 8]), ringing);
        assert_eq!(played(&[4, 8, 12], &[], &[0]), ringing);
        // A hand that keeps the eighths goes on, and closed beats are an order of their own.
        let kept = [
            (&[0, 4, 8, 12][..], &[2, 6, 10, 14][..]),
            (&[0, 4, 8, 12, 14][..], &[2, 6, 10][..]),
            (&[4, 12][..], &[0, 2, 6, 8][..]),
            (&[4, 8, 12][..], &[0, 2, 6][..]),
        ];
        for (open, closed) in kept {
            let found = played(open, closed, &[]);
            assert_eq!(found, [open.to_vec(), closed.to_vec(), vec![]]);
        }
    }

    #[test]
    fn a_hat_that_opens_before_every_bar_line_stays_closed() {
        let hats = |open: &[usize]| {
            let strokes = (0..16).step_by(2).map(|slot| {
                (if open.contains(&slot) { Lane::OpenHat } else { Lane::ClosedHat }, slot)
            });
            pattern(&strokes.collect::<Vec<_>>())
        };
        let closed = |groups: &[usize], open: &[usize]| {
            let mut patterns = vec![hats(&[]), hats(open)];
            let form = Form { sections: vec![Section { label: 0, bars: 0..groups.len() }] };
            let grids = vec![StepGrid::for_metre(Metre::COMMON, false); groups.len()];
            close_last(&mut patterns, groups, &form, &grids);
            assert_eq!(slots(&patterns[0], Lane::ClosedHat).len(), 8);
            slots(&patterns[1], Lane::OpenHat) == [0usize; 0]
        };
        assert!(closed(&[1, 1, 1, 1], &[14]) && closed(&[0, 1, 0, 1], &[14]));
        assert!(closed(&[0, 0, 0, 0, 0, 0, 1, 1], &[14]), "one bar after the other");
        // At the end of a phrase it opens, and on all off-beats it may.
        assert!(!closed(&[0, 0, 0, 1], &[14]) && !closed(&[1, 1, 1, 1], &[2, 6, 10, 14]));
    }

    #[test]
    fn an_order_stays() {
        for bar in ["xxxx", "oooo", "xoxo", "oxox", "o.o.", "...", "x.x."] {
            assert_eq!(played(&[bar, "xooo", "oooo", "xxxo"])[0], format!("{bar:.<4}"));
        }
    }
}
