//! What is done to the tracks of takes beside their notes: pedals and volumes.

use super::homes::read_homes;
use super::read::tick;
use super::{SavedPedal, SavedVolume, Version4, Version5};
use crate::midi::VolumeChange;
use crate::score::{Pedal, PedalChange};
use crate::studio::take::tidy_controls;
use crate::studio::{self, Document};

/// Louder than any channel can be.
const LOUDEST: f32 = 2.0;

impl Version5 {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        let mut saved = self.fourth.into_saved()?;
        let with = |take, volumes| studio::Take { volumes, ..take };
        read_controls(&mut saved.document, &self.volumes, volumes, with)?;
        read_homes(&mut saved.document, &self.homes)?;
        Some(saved)
    }
}

/// What is done to the tracks of takes, by the takes' places; `None` if it says what cannot be.
fn read_controls<S, T>(
    document: &mut Document,
    controls: &[(u32, Vec<Vec<S>>)],
    read: fn(&[S]) -> Option<Vec<T>>,
    with: impl Fn(studio::Take, Vec<Vec<T>>) -> studio::Take,
) -> Option<()> {
    for (index, tracks) in controls {
        let index = *index as usize;
        let take = studio::Take::clone(document.takes.get(index)?);
        if tracks.len() > take.song.tracks.len() {
            return None;
        }
        let tracks = tracks.iter().map(|track| read(track)).collect::<Option<Vec<Vec<T>>>>()?;
        document.replace_take(index, with(take, tidy_controls(tracks)));
    }
    Some(())
}

fn volumes(saved: &[SavedVolume]) -> Option<Vec<VolumeChange>> {
    let mut now = 0_u64;
    let change = |&SavedVolume { wait, gain }: &SavedVolume| {
        now = now.checked_add(wait)?;
        let at = tick(now).filter(|_| (0.0..=LOUDEST).contains(&gain))?;
        Some(VolumeChange { at, gain })
    };
    saved.iter().map(change).collect()
}

impl Version4 {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        let mut saved = self.third.into_saved()?;
        let with = |take, pedals| studio::Take { pedals, ..take };
        read_controls(&mut saved.document, &self.pedals, pedals, with)?;
        Some(saved)
    }
}

fn pedals(saved: &[SavedPedal]) -> Option<Vec<PedalChange>> {
    let mut now = 0_u64;
    let change = |&SavedPedal { wait, controller, value }: &SavedPedal| {
        now = now.checked_add(wait)?;
        let pedal = Pedal::ALL.into_iter().find(|pedal| pedal.controller() == controller)?;
        Some(PedalChange { at: tick(now).filter(|_| value < 128)?, pedal, value })
    };
    saved.iter().map(change).collect()
}
