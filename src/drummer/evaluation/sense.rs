//! Would a drummer play that? Figures that no F1 shows: too many hands, dynamics that do not follow
//! the song, crashes in every bar, a song that does not end.
//!
//! They agree with the project's reference script (`drummer_sense.py`, Python on `pretty_midi`)
//! where both read the files alike; see [the module](super) for where they do not.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::bars::{bar_lines, beat_times};
use super::scoring::deviation;
use crate::analysis::correlation;
use crate::score::Song;

/// What a drummer would notice of a part beside its song. Figures are `None` where there is nothing
/// to measure them by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sense {
    /// Per mille of the moments (10 ms) at which three or more hands are needed.
    pub hands3: Option<f64>,
    /// Per cent of the seconds with more than 14 strokes of the hands.
    pub rush: Option<f64>,
    /// Per cent of the kicks less than 0.13 s after the last one.
    pub kick2: Option<f64>,
    /// Crashes a bar.
    pub crash: Option<f64>,
    /// Per cent of the crashes on a downbeat.
    pub crash1: Option<f64>,
    /// Per cent of the bars that lie in a run of four or more bars with a crash each.
    pub storm: Option<f64>,
    /// Per cent of the strokes at velocity 126 or more.
    pub v127: Option<f64>,
    /// Per cent of the strokes at velocity 5 or less.
    pub v5: Option<f64>,
    /// Per cent of the snare's strokes at velocity 126 or more.
    pub snr127: Option<f64>,
    /// Bars in which drums play before the first melodic note, a pick-up of a bar left out.
    pub early: Option<f64>,
    /// Bars in which drums play after the last melodic note has ended.
    pub late: Option<f64>,
    /// 1 if the last moment struck lies on a beat and has a crash, or a kick and a ride; else 0.
    pub ending: Option<f64>,
    /// Spearman correlation of the bars' melodic and drum loudness (sums of squared velocities).
    #[serde(rename = "dyn")]
    pub dynamics: Option<f64>,
    /// Loudness of the drums in the quietest fifth of the song's bars as a share of that in the
    /// loudest fifth, at most 2.
    pub quiet: Option<f64>,
    /// How evenly high, mid and low toms are used: entropy, 1 for evenly.
    pub toms: Option<f64>,
    /// Distinct second halves of bars among those that differ from the song's commonest, as a
    /// share of their number.
    pub fills: Option<f64>,
}

const KICKS: [u8; 2] = [35, 36];
const FEET: [u8; 3] = [35, 36, 44];
const SNARES: [u8; 2] = [38, 40];
const CRASHES: [u8; 4] = [49, 52, 55, 57];
const RIDES: [u8; 3] = [51, 53, 59];
const TOMS: [[u8; 2]; 3] = [[48, 50], [45, 47], [41, 43]];

impl Sense {
    /// The figures' names, in order.
    pub const NAMES: [&str; 16] = [
        "hands3", "rush", "kick2", "crash", "crash1", "storm", "v127", "v5", "snr127", "early",
        "late", "ending", "dyn", "quiet", "toms", "fills",
    ];

    /// The figures in the order of [`Sense::NAMES`].
    pub fn values(&self) -> [Option<f64>; 16] {
        let mut copy = *self;
        copy.fields().map(|field| *field)
    }

    /// In the order of [`Sense::NAMES`].
    fn fields(&mut self) -> [&mut Option<f64>; 16] {
        [
            &mut self.hands3,
            &mut self.rush,
            &mut self.kick2,
            &mut self.crash,
            &mut self.crash1,
            &mut self.storm,
            &mut self.v127,
            &mut self.v5,
            &mut self.snr127,
            &mut self.early,
            &mut self.late,
            &mut self.ending,
            &mut self.dynamics,
            &mut self.quiet,
            &mut self.toms,
            &mut self.fills,
        ]
    }

    /// Figure by figure, over the songs that have it.
    pub fn mean<'a>(senses: impl IntoIterator<Item = &'a Sense>) -> Sense {
        let (mut sums, mut counts) = ([0.0; 16], [0usize; 16]);
        for sense in senses {
            for (figure, value) in sense.values().into_iter().enumerate() {
                if let Some(value) = value {
                    sums[figure] += value;
                    counts[figure] += 1;
                }
            }
        }
        let mut mean = Sense::default();
        for (field, (sum, count)) in mean.fields().into_iter().zip(sums.into_iter().zip(counts)) {
            *field = (count > 0).then(|| sum / count as f64);
        }
        mean
    }
}

/// A stroke on the clock.
#[derive(Clone, Copy)]
struct TimedHit {
    start: f64,
    key: u8,
    velocity: f64,
}

/// What a drummer would notice in the drums of `part` beside the melodic tracks of `song`. `None`
/// with fewer than 8 melodic notes, 16 strokes or two bars.
pub fn sense(song: &Song, part: &Song) -> Option<Sense> {
    SenseReference::of(song).sense(part)
}

/// What of a song its drums are measured beside. Times are in seconds.
#[derive(Clone, Debug)]
pub struct SenseReference {
    /// One more than there are bars; empty with fewer than two.
    lines: Vec<f64>,
    beats: Vec<f64>,
    /// Melodic notes.
    notes: usize,
    /// Where the first melodic note begins.
    first: f64,
    /// Where the last melodic note ends.
    last: f64,
    /// Sums of the squared velocities of the melodic notes, by bar.
    loudness: Vec<f64>,
}

impl SenseReference {
    /// Of the melodic tracks of a song; its drums only count where the song ends with them.
    pub fn of(song: &Song) -> SenseReference {
        let seconds = |at| song.tempo.seconds(at).0;
        let melody = || song.melodic().flat_map(|track| &track.notes);
        let lines = bar_lines(song);
        let mut loudness = vec![0.0; lines.len().saturating_sub(1)];
        if !loudness.is_empty() {
            for note in melody() {
                let bar = Bars(&lines).of(seconds(note.start));
                loudness[bar] += f64::from(note.velocity.get()).powi(2);
            }
        }
        SenseReference {
            beats: beat_times(song),
            notes: melody().count(),
            first: melody().map(|note| seconds(note.start)).fold(f64::INFINITY, f64::min),
            last: melody().map(|note| seconds(note.end())).fold(0.0, f64::max),
            loudness,
            lines,
        }
    }

    /// What a drummer would notice in the drums of `part`. `None` as for [`sense`].
    pub fn sense(&self, part: &Song) -> Option<Sense> {
        let mut strokes: Vec<TimedHit> = part
            .drum_notes()
            .map(|note| TimedHit {
                start: part.tempo.seconds(note.start).0,
                key: note.key,
                velocity: f64::from(note.velocity.get()),
            })
            .collect();
        strokes.sort_by(|a, b| a.start.total_cmp(&b.start));
        let lines = &self.lines;
        if self.notes < 8 || strokes.len() < 16 || lines.len() < 3 {
            return None;
        }
        let bars = Bars(lines);
        let mut drummed = vec![0.0; bars.len()];
        for stroke in &strokes {
            drummed[bars.of(stroke.start)] += stroke.velocity.powi(2);
        }
        let moments = moments(&strokes);
        let [dynamics, quiet] = loudness(&self.loudness, &drummed);
        let bars_with = |outside: &dyn Fn(f64) -> bool| {
            let outside = strokes.iter().filter(|stroke| outside(stroke.start));
            outside.map(|stroke| bars.of(stroke.start)).collect::<BTreeSet<_>>().len() as f64
        };
        let [crash, crash1, storm] = crashes(&strokes, bars);
        let share = |keep: &dyn Fn(&TimedHit) -> bool, high: &dyn Fn(f64) -> bool| {
            let kept: Vec<&TimedHit> = strokes.iter().filter(|stroke| keep(stroke)).collect();
            let found = kept.iter().filter(|stroke| high(stroke.velocity)).count();
            (!kept.is_empty()).then(|| 100.0 * found as f64 / kept.len() as f64)
        };
        let all = |_: &TimedHit| true;
        let snare = |stroke: &TimedHit| SNARES.contains(&stroke.key);
        let pick_up = (lines[1] - lines[0]) * 1.05;
        Some(Sense {
            hands3: Some(hands3(&moments)),
            rush: Some(rush(&strokes)),
            kick2: Some(kick2(&strokes)),
            crash,
            crash1,
            storm,
            v127: share(&all, &|velocity| velocity >= 126.0),
            v5: share(&all, &|velocity| velocity <= 5.0),
            snr127: share(&snare, &|velocity| velocity >= 126.0),
            early: Some(bars_with(&|start| start < self.first - pick_up)),
            late: Some(bars_with(&|start| start > self.last + 0.3)),
            ending: moments.last().map(|moment| ending(moment, &self.beats)),
            dynamics,
            quiet,
            toms: toms(&strokes),
            fills: fills(&strokes, bars),
        })
    }
}

/// Bar lines in seconds, one more than there are bars.
#[derive(Clone, Copy)]
struct Bars<'a>(&'a [f64]);

impl Bars<'_> {
    fn len(self) -> usize {
        self.0.len() - 1
    }

    /// The bar of a moment; what lies outside belongs to the first or last bar.
    fn of(self, seconds: f64) -> usize {
        let lines = self.0.partition_point(|&line| line <= seconds + 1e-3);
        lines.saturating_sub(1).min(self.len() - 1)
    }

    fn nearest_line(self, seconds: f64) -> f64 {
        nearest(self.0, seconds)
    }
}

fn nearest(places: &[f64], seconds: f64) -> f64 {
    places.iter().map(|place| (place - seconds).abs()).fold(f64::INFINITY, f64::min)
}

/// Strokes within 10 ms of the first of them are one moment.
fn moments(strokes: &[TimedHit]) -> Vec<&[TimedHit]> {
    let mut moments = Vec::new();
    let mut rest = strokes;
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|stroke| stroke.start - first.start <= 0.010).count();
        let (moment, behind) = rest.split_at(count);
        moments.push(moment);
        rest = behind;
    }
    moments
}

fn hands3(moments: &[&[TimedHit]]) -> f64 {
    let hands = |moment: &[TimedHit]| {
        let keys: HashSet<u8> = moment.iter().map(|stroke| stroke.key).collect();
        keys.iter().filter(|key| !FEET.contains(key)).count()
    };
    let busy = moments.iter().filter(|moment| hands(moment) > 2).count();
    1e3 * busy as f64 / moments.len() as f64
}

fn rush(strokes: &[TimedHit]) -> f64 {
    let hands = strokes.iter().filter(|stroke| !FEET.contains(&stroke.key));
    let mut seconds: BTreeMap<usize, usize> = BTreeMap::new();
    for stroke in hands {
        *seconds.entry(stroke.start.max(0.0) as usize).or_default() += 1;
    }
    // Counted from the song's first second to the last with a stroke.
    let length = seconds.last_key_value().map_or(1, |(last, _)| last + 1);
    100.0 * seconds.values().filter(|&&count| count > 14).count() as f64 / length as f64
}

fn kick2(strokes: &[TimedHit]) -> f64 {
    let kicks: Vec<f64> =
        strokes.iter().filter(|s| KICKS.contains(&s.key)).map(|s| s.start).collect();
    // Two kick drums at once are one stroke of the foot.
    let apart: Vec<f64> = kicks
        .iter()
        .enumerate()
        .filter(|&(index, &kick)| index == 0 || kick - kicks[index - 1] > 0.01)
        .map(|(_, &kick)| kick)
        .collect();
    if apart.len() < 2 {
        return 0.0;
    }
    let fast = apart.windows(2).filter(|pair| pair[1] - pair[0] < 0.13).count();
    100.0 * fast as f64 / (apart.len() - 1) as f64
}

/// Crashes a bar, their share on downbeats, and the share of the bars in a storm of them.
fn crashes(strokes: &[TimedHit], bars: Bars) -> [Option<f64>; 3] {
    let crashes: Vec<f64> =
        strokes.iter().filter(|s| CRASHES.contains(&s.key)).map(|s| s.start).collect();
    let mut crashed = vec![false; bars.len()];
    for &start in &crashes {
        crashed[bars.of(start)] = true;
    }
    let on_line = crashes.iter().filter(|&&start| bars.nearest_line(start) < 0.05).count();
    let runs = crashed.split(|crashed| !crashed).map(<[bool]>::len);
    let storm: usize = runs.filter(|&run| run >= 4).sum();
    let count = crashes.len() as f64;
    [
        Some(count / bars.len() as f64),
        (!crashes.is_empty()).then(|| 100.0 * on_line as f64 / count),
        Some(100.0 * storm as f64 / bars.len() as f64),
    ]
}

fn ending(moment: &[TimedHit], beats: &[f64]) -> f64 {
    let has = |keys: &[u8]| moment.iter().any(|stroke| keys.contains(&stroke.key));
    let on_beat = nearest(beats, moment[0].start) < 0.06;
    f64::from(u8::from(on_beat && (has(&CRASHES) || has(&KICKS) && has(&RIDES))))
}

/// Rank correlation of the bars' loudness, and how loud the drums are where the song is quietest;
/// over the bars in which the song has notes.
fn loudness(sung: &[f64], drummed: &[f64]) -> [Option<f64>; 2] {
    let used: Vec<usize> = (0..sung.len()).filter(|&bar| sung[bar] > 0.0).collect();
    let song: Vec<f64> = used.iter().map(|&bar| sung[bar]).collect();
    let drums: Vec<f64> = used.iter().map(|&bar| drummed[bar]).collect();
    let varies = |values: &[f64]| deviation(values) > 0.0;
    let follows = (used.len() > 7 && varies(&song) && varies(&drums))
        .then(|| correlation(&ranks(&song), &ranks(&drums)));
    let mut order: Vec<usize> = (0..used.len()).collect();
    order.sort_by(|&a, &b| song[a].total_cmp(&song[b]));
    let fifth = (order.len() / 5).max(1).min(order.len());
    let mean = |bars: &[usize]| bars.iter().map(|&bar| drums[bar]).sum::<f64>() / bars.len() as f64;
    let quiet = (fifth > 0).then(|| {
        let (soft, loud) = (mean(&order[..fifth]), mean(&order[order.len() - fifth..]));
        (soft / loud.max(1e-9)).min(2.0)
    });
    [follows, quiet]
}

/// Ranks from 0; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut done = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = done as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&place| ranks[place] = rank);
        done += equal.len();
    }
    ranks
}

fn toms(strokes: &[TimedHit]) -> Option<f64> {
    let counts = TOMS.map(|keys| strokes.iter().filter(|s| keys.contains(&s.key)).count() as f64);
    let total: f64 = counts.iter().sum();
    let shares = counts.iter().map(|count| count / total).filter(|&share| share > 0.0);
    (total > 0.0).then(|| -shares.map(|share| share * share.ln()).sum::<f64>() / 3f64.ln())
}

fn fills(strokes: &[TimedHit], bars: Bars) -> Option<f64> {
    let mut halves: BTreeMap<usize, BTreeSet<(u8, i64)>> = BTreeMap::new();
    for stroke in strokes {
        let bar = bars.of(stroke.start);
        let (start, end) = (bars.0[bar], bars.0[bar + 1]);
        let step = ((stroke.start - start) / (end - start) * 16.0 + 0.5) as i64;
        if (8..16).contains(&step) {
            halves.entry(bar).or_default().insert((stroke.key, step));
        }
    }
    let mut counts: BTreeMap<&BTreeSet<(u8, i64)>, usize> = BTreeMap::new();
    for half in halves.values() {
        *counts.entry(half).or_default() += 1;
    }
    let commonest = counts.values().max()?;
    let odd = halves.len() - commonest;
    (odd > 0).then(|| (counts.len() - 1) as f64 / odd as f64)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::midi;

    #[derive(Deserialize)]
    struct Golden {
        song: String,
        part: String,
        figures: BTreeMap<String, Option<f64>>,
    }

    /// `tests/golden/make_sense.py` wrote what the reference script says.
    #[test]
    fn figures_are_the_reference_scripts() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scores");
        let text = std::fs::read_to_string(folder.join("sense.json")).unwrap();
        let golden: Vec<Golden> = serde_json::from_str(&text).unwrap();
        assert_eq!(golden.len(), 15);
        for Golden { song, part, figures } in golden {
            let read = |name: &str| midi::read(&folder.join(name)).unwrap();
            let found = sense(&read(&song), &read(&part)).unwrap();
            for (name, value) in Sense::NAMES.into_iter().zip(found.values()) {
                let expected = figures[name];
                let same = match (value, expected) {
                    (Some(value), Some(expected)) => (value - expected).abs() < 1e-6,
                    (value, expected) => value == expected,
                };
                assert!(same, "{song} {part} {name}: {value:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }

    #[test]
    fn too_little_to_judge_is_none() {
        let song = Song {
            tempo: crate::score::TempoMap::new(96, []),
            metres: Vec::new(),
            tracks: Vec::new(),
        };
        assert_eq!(sense(&song, &song), None);
    }
}
