//! Where the song sounds: drums begin and end with it, and keep silent where all of it does.

use crate::score::{BarGrid, Note, Song, StepGrid, Ticks};

/// A band is at least as many tracks; what a single line leaves out is not the band's silence.
pub(super) const BAND: usize = 3;
/// A band that is silent for as many beats stops; for less, it breathes.
const STOP_BEATS: f64 = 2.0;
/// A line that is silent for as many bars stops, though it is one of several; for more, others play.
const LINE_STOP: usize = 1;
/// What a band strikes in the bar in which it stops, if that is all, at most.
const STABS: usize = 3;
/// Silences that take more than this share of the song are its way of phrasing, not stops.
const USUAL: f64 = 0.12;
/// As many silences are a habit.
const HABIT: usize = 3;
/// Stops at one place of phrases of so many bars are the song's riff, up to this share of it.
const RIFF_BARS: usize = 4;
const RIFF: f64 = 0.25;
/// Notes that begin this share of a quarter before a moment belong to it.
const EARLY: f64 = 0.06;
/// A groove that was given goes on where the song rests for as many bars, a phrase, and no longer.
const PHRASE: usize = 8;

/// The steps of a song on which drums may be struck.
#[derive(Clone, Debug)]
pub(super) struct Sounding {
    /// `[bars][steps]`: whether drums may play.
    open: Vec<Vec<bool>>,
    /// `[bars][steps]`: how many melodic notes begin.
    onsets: Vec<Vec<u16>>,
    /// Bars in which the song comes back after a silence of a bar or more.
    pub returns: Vec<usize>,
    /// Moments (bar, step) at which the band stops.
    pub stops: Vec<(usize, usize)>,
    /// The silences inside the song.
    rests: Vec<Rest>,
    /// The bar and step from which drums play.
    pub entry: (usize, usize),
    /// Where the first note begins.
    pub first: Ticks,
    /// The bar and step of that note.
    pub begins: (usize, usize),
}

/// A silence inside the song.
#[derive(Clone, Debug)]
struct Rest {
    /// The bars and steps that it closes.
    steps: Vec<(usize, usize)>,
    /// Its bars that are silent from line to line; without any it is a stop within a bar.
    bars: Vec<usize>,
    /// Where the song stops for it.
    stop: Option<(usize, usize)>,
}

impl Sounding {
    /// Of the melodic tracks of a song.
    pub fn of(song: &Song, bars: &BarGrid, grids: &[StepGrid]) -> Sounding {
        let mut notes: Vec<Note> = song.melodic().flat_map(|track| &track.notes).copied().collect();
        notes.sort_by_key(|note| note.start);
        let tracks = song.melodic().filter(|track| !track.notes.is_empty()).count();
        let first = notes.first().map_or(Ticks(0), |note| note.start);
        let last = notes.iter().map(Note::end).max().unwrap_or_default();
        let mut onsets: Vec<Vec<u16>> = grids.iter().map(|grid| vec![0; grid.steps]).collect();
        for note in &notes {
            if let Some((bar, step)) = step_at(bars, grids, note.start) {
                onsets[bar][step] = onsets[bar][step].saturating_add(1);
            }
        }
        let mut sounding = Sounding {
            open: grids.iter().map(|grid| vec![true; grid.steps]).collect(),
            onsets,
            returns: Vec::new(),
            stops: Vec::new(),
            rests: Vec::new(),
            entry: (0, 0),
            first,
            begins: step_at(bars, grids, first).unwrap_or((0, 0)),
        };
        sounding.entry = sounding.find_entry(bars, grids);
        let end = bars.bars().last().map_or(Ticks(0), |bar| bar.end());
        let quarter = f64::from(bars.ticks_per_quarter());
        let early = Ticks((EARLY * quarter) as u64);
        // Behind the last note there is nothing; a bar that it nearly fills is full.
        let nearly = Ticks(quarter as u64);
        let full = bars.bar_at(last - Ticks(1)).map(|bar| bars.bars()[bar.0].end());
        let until = full.filter(|&full| full - last <= nearly).unwrap_or(last);
        sounding.close(bars, grids, until, end);
        for (from, to) in silences(&notes, bars, tracks) {
            let stop = sounding.last_onset_before(bars, grids, from);
            sounding.stops.extend(stop);
            let steps = sounding.close(bars, grids, from, to - early);
            let whole = |&(bar, step): &(usize, usize)| step == 0 && !sounding.plays(bar);
            let bars_of = steps.iter().copied().filter(whole).map(|(bar, _)| bar).collect();
            sounding.rests.push(Rest { steps, bars: bars_of, stop });
            if let Some((bar, step)) = step_at(bars, grids, to) {
                let long = bars.bar_at(from).is_some_and(|left| left.0 + 1 < bar);
                sounding.returns.extend((long && step == 0).then_some(bar));
            }
        }
        let (bar, step) = sounding.entry;
        for closed in sounding.open.iter_mut().take(bar) {
            closed.fill(false);
        }
        if let Some(open) = sounding.open.get_mut(bar) {
            open[..step].fill(false);
        }
        sounding
    }

    /// Whether drums may be struck on a step.
    pub fn open(&self, bar: usize, step: usize) -> bool {
        self.open[bar][step]
    }

    /// Whether drums may be struck anywhere in a bar.
    pub fn plays(&self, bar: usize) -> bool {
        self.open.get(bar).is_some_and(|steps| steps.contains(&true))
    }

    /// The bars of an upbeat and of rest before the first bar of drums, from which phrases are counted.
    pub fn bars_before(&self, bars: &BarGrid) -> usize {
        self.entry.0.max(usize::from(bars.has_pick_up()))
    }

    /// Whether the song goes on in a bar: at least half as many notes begin as in those beside it.
    pub fn goes_on(&self, bar: usize) -> bool {
        let notes = |bar: usize| -> usize {
            self.onsets.get(bar).map_or(0, |steps| steps.iter().map(|&n| usize::from(n)).sum())
        };
        let beside = bar.checked_sub(1).map_or(0, notes) + notes(bar + 1);
        notes(bar) > 0 && 4 * notes(bar) >= beside
    }

    /// Melodic notes that begin on a step.
    pub fn onsets(&self, bar: usize, step: usize) -> u16 {
        self.onsets[bar][step]
    }

    /// The steps on which the band strikes in the bar of a stop, that of the stop included, where all strike
    /// together and seldom; none where it plays on until it stops.
    pub fn stabs(&self, (bar, step): (usize, usize)) -> Vec<usize> {
        let struck = (0..=step).filter(|&step| self.onsets[bar][step] > 0);
        let stabs: Vec<usize> = struck.collect();
        let together = |&step: &usize| self.strikes_together(bar, step);
        let is_all = stabs.len() <= STABS && stabs.iter().all(together);
        if is_all { stabs } else { Vec::new() }
    }

    /// Whether as many notes begin on a step as where a band strikes.
    pub fn strikes_together(&self, bar: usize, step: usize) -> bool {
        usize::from(self.onsets[bar][step]) >= BAND
    }

    /// Drums begin with the first note, but leave a pick-up of up to half a bar to the melody, in a bar of
    /// its own or in a whole one.
    fn find_entry(&self, bars: &BarGrid, grids: &[StepGrid]) -> (usize, usize) {
        let (bar, step) = self.begins;
        let follows = |bar: usize| self.onsets.get(bar).is_some_and(|o| o.iter().any(|&n| n > 0));
        let Some(steps) = grids.get(bar).map(|grid| grid.steps) else { return (bar, step) };
        let length = bars.bars()[bar].length;
        let is_upbeat = bar == 0 && bars.has_pick_up();
        let whole = match is_upbeat {
            true => bars.bars()[1].metre.bar_ticks(bars.ticks_per_quarter()),
            false => length,
        };
        let is_short = 2 * (steps - step) as u64 * length.0 <= whole.0 * steps as u64;
        let pick_up = is_short && (step > 0 || is_upbeat);
        if pick_up && follows(bar + 1) { (bar + 1, 0) } else { (bar, step) }
    }

    fn last_onset_before(
        &self,
        bars: &BarGrid,
        grids: &[StepGrid],
        at: Ticks,
    ) -> Option<(usize, usize)> {
        let (bar, step) = step_at(bars, grids, at - Ticks(1))?;
        let here = (0..=step).rev().map(|step| (bar, step));
        let before = bar.checked_sub(1).into_iter();
        let before =
            before.flat_map(|bar| (0..grids[bar].steps).rev().map(move |step| (bar, step)));
        here.chain(before).find(|&(bar, step)| self.onsets[bar][step] > 0)
    }

    /// As a groove is played that the musician gave: where the song rests for some bars, up to a phrase of
    /// them, it goes on in the bars of which `is_given` is true. With `all` it goes on in every silence
    /// inside the song; without, the song's stops within a bar and its long rests stay.
    pub fn played_through(&self, all: bool, is_given: impl Fn(usize) -> bool) -> Sounding {
        self.opened(|rest, bar| (all || rest.goes_on()) && is_given(bar))
    }

    /// As others play who are not heard: in rests that are longer than a line's stop.
    pub fn among_others(&self) -> Sounding {
        self.opened(|rest, _| rest.bars.len() > LINE_STOP)
    }

    /// With the bars of rests open in which drums go on.
    fn opened(&self, goes_on: impl Fn(&Rest, usize) -> bool) -> Sounding {
        let mut sounding = self.clone();
        for rest in &self.rests {
            let bars = rest.steps.iter().filter(|(bar, _)| goes_on(rest, *bar));
            bars.for_each(|&(bar, step)| sounding.open[bar][step] = true);
            if rest.steps.first().is_some_and(|(bar, _)| goes_on(rest, *bar)) {
                sounding.stops.retain(|stop| Some(*stop) != rest.stop);
            }
        }
        sounding
    }

    /// Whether all of a bar rests, inside the song, and a groove that was given goes on in it.
    pub fn rests(&self, bar: usize) -> bool {
        let mut going = self.rests.iter().filter(|rest| rest.goes_on() || self.plays(bar));
        going.any(|rest| rest.bars.contains(&bar))
    }

    /// Closes the steps that begin from a tick up to before another; says which were open.
    fn close(
        &mut self,
        bars: &BarGrid,
        grids: &[StepGrid],
        from: Ticks,
        to: Ticks,
    ) -> Vec<(usize, usize)> {
        let mut closed = Vec::new();
        let first = bars.bars().partition_point(|bar| bar.end() <= from);
        for (bar, grid) in grids.iter().enumerate().skip(first) {
            if bars.bars()[bar].start >= to {
                break;
            }
            for step in 0..grid.steps {
                let at = bars.tick_of_step(crate::score::BarIndex(bar), step as f64, grid.steps);
                if at >= from && at < to && self.open[bar][step] {
                    self.open[bar][step] = false;
                    closed.push((bar, step));
                }
            }
        }
        closed
    }
}

impl Rest {
    /// Whether a groove that was given goes on in it.
    fn goes_on(&self) -> bool {
        (1..=PHRASE).contains(&self.bars.len())
    }
}

/// The bar and the nearest step of a tick.
fn step_at(bars: &BarGrid, grids: &[StepGrid], at: Ticks) -> Option<(usize, usize)> {
    let bar = bars.bar_at(at)?.0;
    let (nearest, step, _) = bars.nearest_step(at, grids[bar].steps)?;
    match grids.get(nearest.0) {
        Some(_) => Some((nearest.0, step)),
        None => Some((bar, grids[bar].steps - 1)),
    }
}

/// Where all of a song is silent between its notes, for long enough to be meant.
fn silences(notes: &[Note], bars: &BarGrid, tracks: usize) -> Vec<(Ticks, Ticks)> {
    let quarter = f64::from(bars.ticks_per_quarter());
    let mut gaps: Vec<(Ticks, Ticks)> = Vec::new();
    let mut end = notes.first().map_or(Ticks(0), |note| note.start);
    for note in notes {
        if note.start > end {
            gaps.push((end, note.start));
        }
        end = end.max(note.end());
    }
    let beats = |&(from, to): &(Ticks, Ticks)| (to - from).0 as f64 / quarter;
    // A silent bar is one for everybody.
    let whole_bar = |&(from, to): &(Ticks, Ticks)| {
        let slack = Ticks((EARLY * quarter) as u64);
        let first = bars.bars().partition_point(|bar| bar.start + slack < from);
        bars.bars().get(first).is_some_and(|bar| bar.end() <= to + slack)
    };
    let length = end.0 as f64 / quarter;
    let rare = |gaps: &[(Ticks, Ticks)]| {
        gaps.len() < HABIT || gaps.iter().map(beats).sum::<f64>() < USUAL * length
    };
    let bars_long: Vec<_> = gaps.iter().copied().filter(whole_bar).collect();
    let stops: Vec<_> =
        gaps.iter().copied().filter(|gap| beats(gap) >= STOP_BEATS && !whole_bar(gap)).collect();
    let mut silences = Vec::new();
    if tracks >= BAND || rare(&bars_long) {
        silences.extend(bars_long);
    }
    if tracks >= BAND {
        let place = |gap: &(Ticks, Ticks)| {
            let bar = bars.bar_at(gap.0 + Ticks((EARLY * quarter) as u64))?;
            // The beat on which all are silent: they do not end together.
            let within = (gap.0 - bars.bars()[bar.0].start).0 as f64 / quarter;
            Some((bar.0 % RIFF_BARS, (within - EARLY).ceil() as i64))
        };
        let comes_again = |gap: &&(Ticks, Ticks)| {
            stops.iter().filter(|other| place(other) == place(gap)).count() >= HABIT
        };
        let riff: Vec<_> = stops.iter().filter(comes_again).copied().collect();
        // Where it stops in most bars, that is how the song goes.
        let within = |gap: &(Ticks, Ticks)| place(gap).map(|(_, within)| within);
        let alike =
            stops.iter().filter(|gap| riff.iter().any(|other| within(other) == within(gap)));
        let share = alike.map(beats).sum::<f64>() / length;
        if rare(&stops) {
            silences.extend(stops);
        } else if share < RIFF {
            silences.extend(riff);
        }
    }
    silences.sort();
    silences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Metre, MetreChange, TempoMap, Track, TrackKind, Velocity};

    const QUARTER: u64 = 96;

    /// Tracks of notes, each from a beat on for some beats.
    fn sounding(tracks: &[&[(u64, u64)]]) -> (Sounding, usize) {
        let tracks = tracks.iter().map(|notes| Track {
            name: String::new(),
            kind: TrackKind::Melodic { program: 0 },
            notes: notes
                .iter()
                .map(|&(start, length)| Note {
                    start: Ticks(start * QUARTER),
                    length: Ticks(length * QUARTER),
                    key: 60,
                    velocity: Velocity::clamped(90),
                })
                .collect(),
        });
        let song = Song {
            tempo: TempoMap::new(QUARTER as u16, []),
            metres: Vec::new(),
            tracks: tracks.collect(),
        };
        let bars = BarGrid::new(QUARTER as u16, &[], Ticks(12 * 4 * QUARTER));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); bars.len()];
        (Sounding::of(&song, &bars, &grids), bars.len())
    }

    fn playing(sounding: &Sounding, bars: usize) -> Vec<usize> {
        (0..bars).filter(|&bar| sounding.plays(bar)).collect()
    }

    #[test]
    fn drums_begin_and_end_with_the_song_and_rest_with_it() {
        let notes: Vec<(u64, u64)> = (8..16).chain(24..36).map(|beat| (beat, 1)).collect();
        let (sounding, bars) = sounding(&[&notes]);
        assert_eq!(playing(&sounding, bars), [2, 3, 6, 7, 8]);
        let going: Vec<usize> = (0..bars).filter(|&bar| sounding.goes_on(bar)).collect();
        assert_eq!(going, [2, 3, 6, 7, 8]);
        assert_eq!((sounding.entry, sounding.returns.clone()), ((2, 0), vec![6]));
        let whole = BarGrid::new(QUARTER as u16, &[], Ticks(12 * 4 * QUARTER));
        assert_eq!(sounding.bars_before(&whole), 2);
    }

    #[test]
    fn a_pick_up_is_the_melodys() {
        let notes: Vec<(u64, u64)> = (3..32).map(|beat| (beat, 1)).collect();
        assert_eq!(sounding(&[&notes]).0.entry, (1, 0));
        let notes: Vec<(u64, u64)> = (1..32).map(|beat| (beat, 1)).collect();
        let (sounding, _) = sounding(&[&notes]);
        assert_eq!(sounding.entry, (0, 4));
        assert!(!sounding.open(0, 3) && sounding.open(0, 4));
    }

    #[test]
    fn an_upbeat_in_a_bar_of_its_own_is_the_melodys_up_to_half_a_bar() {
        let entry = |beats: u8| {
            let change = |at: u64, numerator| MetreChange {
                at: Ticks(at * QUARTER),
                metre: Metre::new(numerator, 4).unwrap(),
            };
            let metres = vec![change(0, beats), change(u64::from(beats), 4)];
            let note = |beat| Note {
                start: Ticks(beat * QUARTER),
                length: Ticks(QUARTER),
                key: 60,
                velocity: Velocity::clamped(90),
            };
            let kind = TrackKind::Melodic { program: 0 };
            let notes = (0..32).map(note).collect();
            let tracks = vec![Track { name: String::new(), kind, notes }];
            let song = Song { tempo: TempoMap::new(QUARTER as u16, []), metres, tracks };
            let bars = song.bars();
            let grids = bars.step_grids(false);
            let sounding = Sounding::of(&song, &bars, &grids);
            (sounding.begins, sounding.entry)
        };
        assert_eq!([1, 2, 3, 4].map(|beats| entry(beats).1), [(1, 0), (1, 0), (0, 0), (0, 0)]);
        assert_eq!(entry(1).0, (0, 0));
    }

    #[test]
    fn a_band_stops_where_a_line_breathes() {
        let notes: Vec<(u64, u64)> = (0..14).chain(16..40).map(|beat| (beat, 1)).collect();
        let (alone, _) = sounding(&[&notes]);
        assert!(alone.open(3, 12) && alone.stops.is_empty());
        let (band, _) = sounding(&[&notes, &notes, &notes]);
        assert!(!band.open(3, 8) && !band.open(3, 15) && band.open(4, 0));
        assert_eq!(band.stops, [(3, 4)]);
    }

    #[test]
    fn stabs_are_all_that_a_band_strikes_in_the_bar_of_a_stop() {
        let stabs = |last: &[u64]| {
            let notes: Vec<(u64, u64)> = (0..12)
                .chain(last.iter().map(|beat| 12 + beat))
                .chain(20..48)
                .map(|beat| (beat, 1))
                .collect();
            let (band, _) = sounding(&[&notes, &notes, &notes]);
            let stop = band.stops[0];
            assert_eq!(stop.0, 3);
            band.stabs(stop)
        };
        assert_eq!([stabs(&[0]), stabs(&[0, 2])], [vec![0], vec![0, 8]]);
        assert!(stabs(&[0, 1, 2, 3]).is_empty(), "it plays on until it stops");
        let line: Vec<(u64, u64)> = (0..8).chain(20..48).map(|beat| (beat, 1)).collect();
        let (alone, _) = sounding(&[&line]);
        assert!(!alone.strikes_together(1, 12) && alone.stabs((1, 12)).is_empty());
    }

    #[test]
    fn a_riff_stops_at_the_end_of_every_phrase() {
        // Two and a half beats of silence in every `every`-th bar.
        let stops = |every: u64| {
            let stopped = |beat: &u64| beat / 4 % every == every - 1 && beat % 4 >= 1;
            let notes: Vec<(u64, u64)> = (0..48).filter(|b| !stopped(b)).map(|b| (b, 1)).collect();
            sounding(&[&notes, &notes, &notes]).0.stops
        };
        assert_eq!(stops(4), [(3, 0), (7, 0)]);
        assert_eq!(stops(2), [(0, 0); 0], "it is how the song goes");
    }

    #[test]
    fn what_was_given_goes_on_in_rests_of_some_bars() {
        let notes: Vec<(u64, u64)> =
            (4..14).chain(16..20).chain(28..40).map(|beat| (beat, 1)).collect();
        let (rests, bars) = sounding(&[&notes, &notes, &notes]);
        assert_eq!(playing(&rests, bars), [1, 2, 3, 4, 7, 8, 9]);
        assert_eq!((0..bars).filter(|&bar| rests.rests(bar)).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(rests.stops, [(3, 4), (4, 12)]);
        let given = rests.played_through(false, |_| true);
        // The band still stops within a bar, and drums begin and end with it.
        assert_eq!(playing(&given, bars), (1..10).collect::<Vec<_>>());
        assert!(!given.open(3, 8) && given.open(5, 0) && given.open(6, 15));
        assert_eq!((given.stops.clone(), given.returns.clone()), (vec![(3, 4)], vec![7]));
        let all = rests.played_through(true, |_| true);
        assert!(all.open(3, 8) && all.stops.is_empty() && !all.plays(0) && !all.plays(10));
        let some = rests.played_through(false, |bar| bar == 6);
        assert_eq!(playing(&some, bars), [1, 2, 3, 4, 6, 7, 8, 9]);
        assert_eq!(some.stops, rests.stops);
    }

    #[test]
    fn a_long_rest_stays_one() {
        let notes: Vec<(u64, u64)> = (0..4).chain(40..44).map(|beat| (beat, 1)).collect();
        let (rests, bars) = sounding(&[&notes]);
        let given = rests.played_through(false, |_| true);
        assert_eq!(playing(&given, bars), [0, 10]);
        assert_eq!(
            playing(&rests.played_through(true, |_| true), bars),
            (0..11).collect::<Vec<_>>()
        );
    }

    #[test]
    fn others_play_where_a_line_rests_for_longer_than_a_stop() {
        let played = |rest: u64| {
            let notes: Vec<(u64, u64)> =
                (8..16).chain(16 + 4 * rest..44).map(|beat| (beat, 1)).collect();
            let (sounding, bars) = sounding(&[&notes]);
            let others = sounding.among_others();
            assert_eq!((0..bars).filter(|&bar| others.rests(bar)).count() as u64, rest);
            [sounding, others].map(|sounding| playing(&sounding, bars).len())
        };
        assert_eq!([1, 2, 5].map(played), [[8, 8], [7, 9], [4, 9]]);
    }

    #[test]
    fn a_line_that_rests_every_other_bar_is_played_through() {
        let notes: Vec<(u64, u64)> = (0..48).filter(|beat| beat % 8 < 4).map(|b| (b, 1)).collect();
        let (sounding, _) = sounding(&[&notes]);
        assert!((0..11).all(|bar| sounding.plays(bar)));
    }
}
