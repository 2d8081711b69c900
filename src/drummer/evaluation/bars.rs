//! Bar lines in seconds, where the reference scorer has them.
//!
//! The scorer takes its bars from `pretty_midi` 0.2.11, whose idea of a bar is not quite a
//! [`BarGrid`](crate::score::BarGrid)'s: it steps from beat to beat in seconds, compares with a
//! tolerance, and counts compound metres in dotted beats. To agree with the scorer on any song, that
//! walk (`get_beats` and `get_downbeats`) is done here as it is done there.

use crate::score::{Metre, Song, Ticks};

/// The most beats that are walked. Files may place a change of tempo or metre years behind their notes.
const MOST_BEATS: usize = 1 << 20;

/// A change of tempo or metre on the clock.
struct At<T> {
    seconds: f64,
    value: T,
}

/// The bar lines of a song in seconds, from 0, and one more a bar's length behind the last: bar `i`
/// lasts from `[i]` to `[i + 1]`. Empty if there are fewer than two bar lines before that, or more
/// than a million beats.
///
/// The song ends with its last note. (`pretty_midi` also counts controllers and texts behind it,
/// which a [`Song`] does not keep; they can only add bars in which nothing is played.)
pub(super) fn bar_lines(song: &Song) -> Vec<f64> {
    let beats = beat_times(song);
    if beats.len() >= MOST_BEATS {
        return Vec::new();
    }
    let mut lines = downbeats(&beats, metres(song));
    match lines[..] {
        [.., before, last] => lines.push(last + (last - before)),
        _ => lines.clear(),
    }
    lines
}

/// The beats of a song in seconds, from 0 to its end; those of compound metres are dotted.
pub(super) fn beat_times(song: &Song) -> Vec<f64> {
    let end = song
        .tempo
        .seconds(song.end())
        .0
        .max(tempi(song).last().map_or(0.0, |tempo| tempo.seconds))
        .max(metres(song).last().map_or(0.0, |metre| metre.seconds));
    beats(&tempi(song), &metres(song), end)
}

/// Quarter notes a minute. Repetitions of a tempo do not count as changes.
fn tempi(song: &Song) -> Vec<At<f64>> {
    let mut tempi: Vec<At<f64>> = Vec::new();
    for change in song.tempo.changes() {
        let value = song.tempo.bpm(change.at).0;
        if tempi.last().is_none_or(|last| last.value != value) {
            tempi.push(At { seconds: song.tempo.seconds(change.at).0, value });
        }
    }
    tempi
}

fn metres(song: &Song) -> Vec<At<Metre>> {
    let mut changes = song.metres.clone();
    changes.sort_by_key(|change| change.at);
    let seconds = |at: Ticks| song.tempo.seconds(at).0;
    changes.iter().map(|change| At { seconds: seconds(change.at), value: change.metre }).collect()
}

/// `numpy.isclose(a, b)`.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-8 + 1e-5 * b.abs()
}

fn is_compound(metre: Metre) -> bool {
    metre.numerator() > 3 && metre.numerator().is_multiple_of(3)
}

/// Seconds from a beat to the next.
fn beat_seconds(quarters_a_minute: f64, metre: Option<Metre>) -> f64 {
    let Some(metre) = metre else { return 60.0 / quarters_a_minute };
    // The library knows denominators up to 32.
    let beats = match metre.denominator() {
        64 => quarters_a_minute,
        power if is_compound(metre) => quarters_a_minute / 3.0 * f64::from(power) / 4.0,
        power => quarters_a_minute * f64::from(power) / 4.0,
    };
    60.0 / beats
}

/// The beats before `end`; those of compound metres are dotted.
fn beats(tempi: &[At<f64>], metres: &[At<Metre>], end: f64) -> Vec<f64> {
    let mut beats = vec![0.0];
    let (mut tempo, mut metre) = (0, 0);
    while metres.get(metre + 1).is_some_and(|next| next.seconds <= 0.0) {
        metre += 1;
    }
    let mut last = 0.0;
    while last < end && beats.len() <= MOST_BEATS {
        let beat = |tempo: usize, metre: usize| {
            beat_seconds(tempi[tempo].value, metres.get(metre).map(|at| at.value))
        };
        let mut length = beat(tempo, metre);
        let mut next = last + length;
        if tempi.get(tempo + 1).is_some_and(|change| next > change.seconds) {
            next = last;
            let mut remaining = 1.0;
            while let Some(change) =
                tempi.get(tempo + 1).filter(|change| next + remaining * length >= change.seconds)
            {
                let share = (change.seconds - next) / length;
                next += share * length;
                remaining -= share;
                tempo += 1;
                length = beat(tempo, metre);
            }
            next += remaining * length;
        }
        // The first metre may begin behind the start of the song.
        if let Some(first) = metres.first().filter(|first| metre == 0 && first.seconds > last)
            && (next > first.seconds || close(next, first.seconds))
        {
            next = first.seconds;
        }
        if let Some(change) = metres.get(metre + 1)
            && (next > change.seconds || close(next, change.seconds))
        {
            next = change.seconds;
            metre += 1;
        }
        beats.push(next);
        last = next;
    }
    beats.pop();
    beats
}

/// Every beat that begins a bar.
fn downbeats(beats: &[f64], mut metres: Vec<At<Metre>>) -> Vec<f64> {
    if metres.first().is_none_or(|first| first.seconds > 0.0) {
        metres.insert(0, At { seconds: 0.0, value: Metre::COMMON });
    }
    let index = |seconds: f64, default: usize| {
        let first = beats.partition_point(|&beat| beat < seconds && !close(beat, seconds));
        if beats.get(first).is_some_and(|&beat| close(beat, seconds)) { first } else { default }
    };
    let stride = |metre: Metre| {
        let numerator = usize::from(metre.numerator());
        if is_compound(metre) { numerator / 3 } else { numerator }
    };
    let mut lines = Vec::new();
    let mut end = 0;
    for pair in metres.windows(2) {
        let start = index(pair[0].seconds, 0);
        end = index(pair[1].seconds, start);
        let span = beats.get(start..end).unwrap_or_default();
        lines.extend(span.iter().step_by(stride(pair[0].value)));
    }
    if let Some(last) = metres.last() {
        let start = index(last.seconds, end);
        lines.extend(beats[start.min(beats.len())..].iter().step_by(stride(last.value)));
    }
    lines
}
