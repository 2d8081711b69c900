//! Edits as values: what a musician can do to a document. None of them can fail half way.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use super::edit_error::EditError;
use super::part_editor::{PartEditor, Shift, tidy_offset};
use super::take::tidy_name;
use super::{Cell, Channel, Clipboard, Document, DrumMap, Lanes, PutCandidate, Region, Take};
use crate::drummer::{Settings, StyleChoice};
use crate::score::{BarIndex, Beats, Groove, Hit, Lane, Ticks, Velocity};

/// The name of a step that changes settings.
pub(super) const SETTINGS: &str = "settings";

/// One change of a document. Cells outside the grid are passed over.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "fields are called what the variants speak of")]
pub enum Edit {
    /// Sets a hit in place of what its lane has at that step.
    SetHit(Hit),
    /// Takes hits out.
    EraseHits(Vec<Cell>),
    /// Draws hits of one velocity with each lane's own key; hits that are there stay.
    Paint { cells: Vec<Cell>, velocity: Velocity },
    /// Moves hits by steps and bars and to other lanes, all together; nothing happens if one would
    /// leave the grid.
    MoveHits { cells: Vec<Cell>, by: Shift },
    /// Makes hits equally loud.
    SetVelocity { cells: Vec<Cell>, velocity: Velocity },
    /// Louder or softer, each clamped to 1 to 127.
    ChangeVelocity { cells: Vec<Cell>, by: i16 },
    /// Micro-timing as a share of a step, clamped to `[-0.5, 0.5]`; negative is early.
    SetTiming { cells: Vec<Cell>, offset: f32 },
    /// Earlier or later, as a share of a step, clamped to `[-0.5, 0.5]`.
    ChangeTiming { cells: Vec<Cell>, by: f32 },
    /// Takes all hits out.
    Clear(Region),
    /// Puts a copied piece in, in place of what is there; bars beyond the end are left out.
    Paste { clipboard: Arc<Clipboard>, at: BarIndex },
    /// Copies a bar to the same place in the sections that repeat its own.
    CopyToRepeats(BarIndex),

    /// Keeps a lane from sounding, or not.
    Mute { lane: Lane, on: bool },
    /// Lets only the soloed lanes sound, or not.
    Solo { lane: Lane, on: bool },
    /// Keeps a lane as it is when the drummer plays anew, or not.
    Lock { lane: Lane, on: bool },
    /// Keeps bars as they are when the drummer plays anew, or not.
    LockBars { bars: Range<usize>, on: bool },

    /// Makes an alternative the one that is heard and edited.
    Choose(usize),
    /// Takes bars over from another alternative, edits included.
    Mix { bars: Range<usize>, from: usize },
    /// Puts a candidate into an alternative.
    PutCandidate(Box<PutCandidate>),

    /// What is asked of the drummer. The studio plays the part anew by itself; a new seed counts from
    /// the next [`super::Job::Generate`] on.
    Settings(Settings),
    /// Drums the song, or the sections of a label, with a groove. None takes the groove away: the song is
    /// played as it suggests by itself, sections like the song.
    UseGroove { section: Option<usize>, groove: Option<Groove> },
    /// Which keys are sent for which drums.
    DrumMap(DrumMap),
    /// The drums' MIDI channel.
    Channel(Channel),

    /// Adds a take and makes it the current one.
    AddTake(Arc<Take>),
    /// Makes a take the current one, with its own drums and settings.
    ChooseTake(usize),
    /// Names a take.
    RenameTake { take: usize, name: String },
    /// Moves a take, and the part made for it, to another place in the host's song.
    PlaceTake { take: usize, start: Beats },
    /// Has a take's first whole bar begin behind an upbeat of so many ticks. Drums that were made for it
    /// in other bars are gone.
    Upbeat { take: usize, length: Ticks },
    /// Lays a take's bars by the beats that are heard in it, or as its file has them; drums that were
    /// made for those it had go.
    FollowPlaying { take: usize, on: bool },
    /// Removes a take with its drums.
    RemoveTake(usize),
    /// Forgets the piano that takes are heard as.
    RemovePiano,
}

impl Edit {
    /// As shown behind "Undo".
    pub const fn name(&self) -> &'static str {
        match self {
            Edit::SetHit(_) => "set hit",
            Edit::EraseHits(_) => "erase",
            Edit::Paint { .. } => "paint",
            Edit::MoveHits { .. } => "move",
            Edit::SetVelocity { .. } | Edit::ChangeVelocity { .. } => "velocity",
            Edit::SetTiming { .. } | Edit::ChangeTiming { .. } => "timing",
            Edit::Clear(_) => "clear",
            Edit::Paste { .. } => "paste",
            Edit::CopyToRepeats(_) => "copy to repeats",
            Edit::Mute { .. } => "mute",
            Edit::Solo { .. } => "solo",
            Edit::Lock { .. } | Edit::LockBars { .. } => "lock",
            Edit::Choose(_) => "choose alternative",
            Edit::Mix { .. } => "mix",
            Edit::PutCandidate(_) => "candidate",
            Edit::Settings(_) => SETTINGS,
            Edit::UseGroove { .. } => "groove",
            Edit::DrumMap(_) => "drum map",
            Edit::Channel(_) => "MIDI channel",
            Edit::AddTake(_) => "capture",
            Edit::ChooseTake(_) => "choose take",
            Edit::RenameTake { .. } => "rename take",
            Edit::PlaceTake { .. } => "place take",
            Edit::Upbeat { .. } => "upbeat",
            Edit::FollowPlaying { .. } => "bars of the take",
            Edit::RemoveTake(_) => "remove take",
            Edit::RemovePiano => "remove piano",
        }
    }

    /// Whether it brings settings back, for controls to follow.
    pub(super) const fn recalls(&self) -> bool {
        matches!(
            self,
            Edit::AddTake(_) | Edit::ChooseTake(_) | Edit::RemoveTake(_) | Edit::UseGroove { .. }
        )
    }

    /// The document with the edit made.
    ///
    /// # Errors
    /// [`EditError`], if it cannot be made.
    pub fn apply(&self, document: &Document) -> Result<Document, EditError> {
        let mut document = document.clone();
        match self {
            Edit::SetHit(hit) => document.edit_part(|part_editor| part_editor.set(*hit))?,
            Edit::EraseHits(cells) => document.edit_part(|part_editor| part_editor.erase(cells))?,
            Edit::Paint { cells, velocity } => {
                let keys = Lane::ALL.map(|lane| document.key_of(lane));
                document.edit_part(|part_editor| part_editor.paint(cells, *velocity, &keys))?;
            }
            Edit::MoveHits { cells, by } => {
                let keys = Lane::ALL.map(|lane| document.key_of(lane));
                let mut on_grid = false;
                document.edit_part(|part_editor| on_grid = part_editor.shift(cells, *by, &keys))?;
                if !on_grid {
                    return Err(EditError::OffGrid);
                }
            }
            Edit::SetVelocity { cells, velocity } => {
                document.edit_part(|part_editor| {
                    part_editor.change(cells, |hit| hit.velocity = *velocity)
                })?;
            }
            Edit::ChangeVelocity { cells, by } => {
                let changed = |old: Velocity| {
                    let velocity = i16::from(old.get()).saturating_add(*by).clamp(1, 127);
                    Velocity::clamped(velocity as u8)
                };
                let change = |hit: &mut Hit| hit.velocity = changed(hit.velocity);
                document.edit_part(|part_editor| part_editor.change(cells, change))?;
            }
            Edit::SetTiming { cells, offset } => {
                let offset = tidy_offset(*offset);
                document.edit_part(|part_editor| {
                    part_editor.change(cells, |hit| hit.offset = offset)
                })?;
            }
            Edit::ChangeTiming { cells, by } => {
                let change = |hit: &mut Hit| hit.offset = tidy_offset(hit.offset + by);
                document.edit_part(|part_editor| part_editor.change(cells, change))?;
            }
            Edit::Clear(region) => document.edit_part(|part_editor| part_editor.clear(region))?,
            Edit::Paste { clipboard, at } => {
                document.edit_part(|part_editor| part_editor.paste(clipboard, *at))?
            }
            Edit::CopyToRepeats(bar) => copy_to_repeats(&mut document, *bar)?,
            Edit::Mute { lane, on } => document.lanes[lane.index()].mute = *on,
            Edit::Solo { lane, on } => document.lanes[lane.index()].solo = *on,
            Edit::Lock { lane, on } => document.lanes[lane.index()].lock = *on,
            Edit::LockBars { bars, on } => {
                let arrangement = document.arrangement.as_mut().ok_or(EditError::NoPart)?;
                let all = arrangement.alternative().part.bars.len();
                let locked = Arc::make_mut(&mut arrangement.locked_bars);
                for bar in (bars.start..bars.end.min(all)).map(BarIndex) {
                    if *on {
                        locked.insert(bar)
                    } else {
                        locked.remove(&bar)
                    };
                }
            }
            Edit::Choose(number) => {
                let arrangement = document.arrangement.as_mut().ok_or(EditError::NoPart)?;
                if *number >= arrangement.alternatives.len() {
                    return Err(EditError::NoAlternative(*number));
                }
                arrangement.chosen = *number;
            }
            Edit::Mix { bars, from } => {
                let arrangement = document.arrangement.as_mut().ok_or(EditError::NoPart)?;
                if *from != arrangement.chosen {
                    let source = arrangement.alternatives.get(*from);
                    let source = source.ok_or(EditError::NoAlternative(*from))?.clone();
                    arrangement.mix(bars, &source);
                }
            }
            Edit::PutCandidate(put) => put.put_into(&mut document)?,
            Edit::Settings(settings) => document.settings = tidy_settings(settings, &document),
            Edit::UseGroove { section: None, groove } => {
                document.settings.style = match (groove, &document.settings.style) {
                    (Some(groove), _) => StyleChoice::Groove(groove.clone()),
                    (None, StyleChoice::Groove(_)) => StyleChoice::FromSong,
                    (None, other) => other.clone(),
                };
            }
            Edit::UseGroove { section: Some(label), groove } => {
                let grooves = &mut document.settings.section_grooves;
                match groove {
                    Some(groove) => grooves.insert(*label, groove.clone()),
                    None => grooves.remove(label),
                };
            }
            Edit::DrumMap(map) => {
                if let DrumMap::Own(own) = map {
                    document.own_map = Some(own.clone());
                }
                document.drum_map = map.clone();
            }
            Edit::Channel(channel) => document.channel = *channel,
            Edit::RemovePiano => document.piano = None,
            Edit::AddTake(take) => {
                document.swing_like(take);
                document.add_take(take.clone());
            }
            Edit::ChooseTake(take) => {
                document.take_at(*take)?;
                document.turn_to(Some(*take));
            }
            Edit::RenameTake { take, name } => {
                let renamed =
                    Take { name: tidy_name(name), ..(**document.take_at(*take)?).clone() };
                document.replace_take(*take, renamed);
            }
            Edit::PlaceTake { take, start } => {
                let start = Beats(if start.0.is_finite() { start.0.clamp(0.0, 1e6) } else { 0.0 });
                let moved = Take { start, ..(**document.take_at(*take)?).clone() };
                document.replace_take(*take, moved);
            }
            Edit::Upbeat { take, length } => {
                let changed = document.take_at(*take)?.with_upbeat(*length);
                document.lay_anew(*take, changed)?;
            }
            Edit::FollowPlaying { take, on } => {
                let changed = document.take_at(*take)?.following(*on);
                document.lay_anew(*take, changed.ok_or(EditError::NoBeats)?)?;
            }
            Edit::RemoveTake(take) => {
                document.take_at(*take)?;
                document.remove_take(*take);
            }
        }
        Ok(document)
    }
}

fn copy_to_repeats(document: &mut Document, bar: BarIndex) -> Result<(), EditError> {
    let arrangement = document.arrangement.as_ref().ok_or(EditError::NoPart)?;
    let repeats = arrangement.repeats_of(bar);
    let region = Region { bars: bar.0..bar.0.saturating_add(1), lanes: Lanes::ALL };
    match document.copy(&region) {
        Some(clipboard) if !repeats.is_empty() => document.edit_part(|part_editor| {
            for repeat in repeats {
                part_editor.paste(&clipboard, repeat);
            }
        }),
        _ => Err(EditError::NoRepeat(bar.0)),
    }
}

/// Settings as the drummer takes them: shares in `[0, 1]`, densities in `[0, 32]`. How many
/// alternatives there are is not the musician's to set.
pub(super) fn tidy_settings(settings: &Settings, document: &Document) -> Settings {
    let old = &document.settings;
    let style = match settings.style.clone() {
        StyleChoice::Densities(densities) => StyleChoice::Densities(
            densities.map(|hits| if hits.is_nan() { 0.0 } else { hits.clamp(0.0, 32.0) }),
        ),
        style => style,
    };
    let mut shares = settings.shares();
    for (share, old) in shares.iter_mut().zip(old.shares()) {
        *share = if share.is_nan() { old } else { share.clamp(0.0, 1.0) };
    }
    Settings { style, alternatives: old.alternatives, ..settings.clone() }.with_shares(shares)
}

impl Document {
    fn edit_part(&mut self, edit: impl FnOnce(&mut PartEditor)) -> Result<(), EditError> {
        let arrangement = self.arrangement.as_mut().ok_or(EditError::NoPart)?;
        let chosen = &mut arrangement.alternatives[arrangement.chosen];
        let mut part_editor = PartEditor::new(chosen);
        edit(&mut part_editor);
        part_editor.put_into(chosen);
        Ok(())
    }
}
