//! What is heard of a document: a clip for the audio thread, a MIDI file to be taken away.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::export_file::{ExportFile, file_name};
use super::wire::{Clip, ClipNote};
use super::{Arrangement, Document, Lanes, Take};
use crate::midi;
use crate::score::{
    Beats, DrumPart, Hit, Lane, MetreChange, Note, Song, TempoChange, TempoMap, Ticks, Track,
    TrackKind,
};

/// A stroke lasts a 32nd note, as in [`DrumPart::notes`].
const STROKE: f64 = 1.0 / 8.0;
/// Strokes on one key closer than this many beats are one.
const TOGETHER: f64 = 1e-6;

/// What of the part goes into a MIDI file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extract {
    /// Bars of the take from 0; `None` is all of them.
    pub bars: Option<Range<usize>>,
    /// These lanes alone, even if muted; `None` is all that sound.
    pub lanes: Option<Lanes>,
}

impl Document {
    /// The part as the audio thread plays it; an empty clip without a part.
    pub fn clip(&self) -> Clip {
        let Some(arrangement) = &self.arrangement else { return Clip::default() };
        self.clip_of(&arrangement.take, &arrangement.alternative().part)
    }

    /// A part for a take as the audio thread plays it.
    pub(super) fn clip_of(&self, take: &Take, part: &DrumPart) -> Clip {
        let beats = |ticks: Ticks| take.beats_at(ticks.0 as f64);
        let end = part.bars.bars().last().map_or(Ticks(0), |bar| bar.end());
        let start = take.start;
        // Before their song begins hosts play for none but themselves, to make up for latencies,
        // and record nothing: what is ahead of the song's first beat is played on it.
        let earliest = if start.0 >= 0.0 { -start.0 } else { f64::NEG_INFINITY };
        let mut strokes: Vec<ClipNote> = part
            .hits
            .iter()
            .filter(|hit| self.is_heard(hit.lane()))
            .map(|hit| ClipNote {
                at: Beats(take.beats_at(position(part, hit)).0.max(earliest)),
                length: Beats(STROKE),
                kit_key: hit.key.get(),
                key: self.drum_map.key(hit.key),
                velocity: hit.velocity,
            })
            .collect();
        strokes.sort_by(|a, b| a.at.0.total_cmp(&b.at.0).then(a.key.cmp(&b.key)));
        Clip {
            start,
            length: beats(end),
            strokes: without_overlaps(strokes).into(),
            bar_lines: part
                .bars
                .bars()
                .iter()
                .map(|bar| beats(bar.start))
                .chain((!part.bars.is_empty()).then(|| beats(end)))
                .collect(),
            at_once: false,
            taps: None,
        }
    }

    /// The part as a MIDI file with the take's tempo and metres, mutes and drum map applied. It
    /// begins at the first chosen bar, and where the take follows what was played freely, it has the time
    /// of the take's file. `None` without a part or if no bar is chosen.
    pub fn midi_file(&self, extract: &Extract) -> Option<ExportFile> {
        let arrangement = self.arrangement.as_ref()?;
        let part = &*arrangement.alternative().part;
        let all = 0..part.bars.len();
        let bars = extract.bars.clone().unwrap_or(all.clone());
        let bars = bars.start..bars.end.min(all.end);
        let chosen = part.bars.bars().get(bars.clone()).filter(|bars| !bars.is_empty())?;
        let (start, end) = (chosen[0].start, chosen[chosen.len() - 1].end());
        let heard = |hit: &&Hit| match extract.lanes {
            Some(lanes) => lanes.contains(hit.lane()),
            None => self.is_heard(hit.lane()),
        };
        let hits = part.hits.iter().filter(|hit| bars.contains(&hit.bar.0)).filter(heard);
        let length = Ticks((f64::from(part.bars.ticks_per_quarter()) * STROKE).max(1.0) as u64);
        let take = &arrangement.take;
        let file_time = take.file_time.as_deref();
        let in_file = |at: Ticks| file_time.map_or(at, |file| file.file_tick(&take.song.tempo, at));
        let (start, end) = (in_file(start), in_file(end));
        let mut notes: Vec<Note> = hits
            .map(|hit| Note {
                start: in_file(part.tick(hit)) - start,
                length,
                key: self.drum_map.key(hit.key),
                velocity: hit.velocity,
            })
            .collect();
        notes.sort_by_key(|note| (note.start, note.key));
        let count = notes.len();
        let name = name(arrangement, &bars, &all, extract.lanes);
        let track = Track { name: track_name(extract.lanes), kind: TrackKind::Drums, notes };
        let time = match file_time {
            Some(file) => time_line(&file.song(), start, end),
            None => time_line(&take.song, start, end),
        };
        let song = Song { tracks: vec![track], ..time };
        let bytes = midi::write_clip(&song, self.channel.index(), end - start);
        Some(ExportFile { name, bytes, notes: count })
    }
}

/// In ticks; before 0 where a stroke is ahead of the first beat.
fn position(part: &DrumPart, hit: &Hit) -> f64 {
    let (bar, grid) = (part.bars.bars()[hit.bar.0], part.grids[hit.bar.0]);
    let step = hit.step as f64 + f64::from(hit.offset);
    bar.start.0 as f64 + step / grid.steps as f64 * bar.length.0 as f64
}

/// Cuts strokes short where the next one on the same key begins. Of two that begin together on a key
/// the louder stays. `strokes` are sorted by time and key.
fn without_overlaps(mut strokes: Vec<ClipNote>) -> Vec<ClipNote> {
    strokes.dedup_by(|next, kept| {
        let same = next.key == kept.key && next.at.0 - kept.at.0 < TOGETHER;
        if same && next.velocity > kept.velocity {
            (kept.velocity, kept.kit_key) = (next.velocity, next.kit_key);
        }
        same
    });
    let mut next_start = [f64::INFINITY; 128];
    for stroke in strokes.iter_mut().rev() {
        let next = &mut next_start[usize::from(stroke.key & 0x7F)];
        stroke.length = Beats(STROKE.min(*next - stroke.at.0));
        *next = stroke.at.0;
    }
    strokes.retain(|stroke| stroke.length.0 > 0.0);
    strokes
}

/// Tempo and metres from one bar line to another, from tick 0.
fn time_line(song: &Song, start: Ticks, end: Ticks) -> Song {
    let tempos = song.tempo.changes().filter(|change| change.at < end);
    let tempos = tempos.map(|change| TempoChange { at: change.at - start, ..change });
    let metres = song.metres_in_order().into_iter().filter(|change| change.at < end);
    let mut metres: Vec<MetreChange> =
        metres.map(|change| MetreChange { at: change.at - start, ..change }).collect();
    // Of all that lie before the start, and so on tick 0 now, the last holds.
    let before = metres.iter().take_while(|change| change.at == Ticks(0)).count();
    metres.drain(..before.saturating_sub(1));
    let tempo = TempoMap::new(song.ticks_per_quarter(), tempos.collect::<Vec<_>>());
    Song { tempo, metres, tracks: Vec::new() }
}

/// Up to three lanes are called by their names.
fn lanes_name(lanes: Lanes) -> String {
    let lanes: Vec<&str> =
        Lane::ALL.into_iter().filter(|&lane| lanes.contains(lane)).map(Lane::name).collect();
    if lanes.len() > 3 { format!("{} lanes", lanes.len()) } else { lanes.join(", ") }
}

fn track_name(lanes: Option<Lanes>) -> String {
    lanes.map_or_else(|| "Drums".to_owned(), lanes_name)
}

/// Such as `Chorus drums bars 5-12 snare 120 bpm.mid`.
fn name(
    arrangement: &Arrangement,
    bars: &Range<usize>,
    all: &Range<usize>,
    lanes: Option<Lanes>,
) -> String {
    let take = &arrangement.take;
    let mut words = vec![take.name.clone(), "drums".to_owned()];
    if bars != all {
        let first = take.first_bar.0 + bars.start + 1;
        let last = take.first_bar.0 + bars.end;
        words.push(if first == last {
            format!("bar {first}")
        } else {
            format!("bars {first}-{last}")
        });
    }
    words.extend(lanes.map(|lanes| lanes_name(lanes).to_lowercase()));
    words.push(format!("{:.0} bpm", take.host_tempo(Ticks(0)).0));
    file_name(&words.join(" "), "mid")
}
