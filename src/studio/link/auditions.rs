//! What is heard beside the part, or while the host stands.

use std::ops::Range;

use super::{JobError, StudioLink};
use crate::patterns::Pattern;
use crate::score::{Beats, Lane, Velocity};
use crate::studio::wire::Audition;
use crate::studio::{AuditionSource, MapRequest, TrackStretch};

impl StudioLink {
    /// Has a lane's drum struck once, whether the host plays or not.
    pub fn strike(&self, lane: Lane, velocity: Velocity) {
        let document = self.shared.document();
        let key = document.key_of(lane);
        self.audition(Audition::Strike {
            kit_key: key.get(),
            key: document.drum_map.key(key),
            velocity,
        });
    }

    /// Has bars of the current take played while the host stands, once. Nothing happens if there are
    /// none.
    pub fn rehearse(&self, bars: Range<usize>) {
        let document = self.shared.document();
        let Some(take) = document.take() else { return };
        let grid = take.bars();
        let Some(chosen) = grid.bars().get(bars.start..bars.end.min(grid.len())) else { return };
        let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else { return };
        self.audition(Audition::Play {
            from: take.host_position(first.start),
            to: take.host_position(last.end()),
            tempo: take.host_tempo(first.start),
            metre: first.metre,
        });
    }

    /// Ends what [`StudioLink::rehearse`] began.
    pub fn stop_rehearsal(&self) {
        self.audition(Audition::Stop);
    }

    fn audition(&self, audition: Audition) {
        self.shared.with_audio_link(|audio_link| (audio_link.audition(audition), false));
    }

    /// Has a groove heard from the next block on, in time with the host, or without it while it stands.
    /// It has plain accents until the worker has played it.
    pub fn audition_groove(&self, pattern: &Pattern) {
        self.shared.audition_plainly(pattern);
        self.shared.request_map(MapRequest::Listen(*pattern));
    }

    /// Has a candidate, or the part beside it, heard at once in its place of the song. While the host
    /// stands, with `from`, the take is played from that bar on.
    pub fn audition_candidate(&self, source: AuditionSource, from: Option<usize>) {
        self.shared.audition_candidate(source, |document| {
            let take = document.take()?;
            let bars = take.bars();
            let first = bars.bars().get(from?)?;
            Some(Audition::Play {
                from: take.host_position(first.start),
                to: take.host_position(bars.bars().last()?.end()),
                tempo: take.host_tempo(first.start),
                metre: first.metre,
            })
        });
    }

    /// Listens to the track's sound over bars of the current take, or from where the host plays until it
    /// stops; see [`StudioLink::listen`].
    ///
    /// # Errors
    /// As [`StudioLink::listen`], and if there are no such bars.
    pub fn listen_to_bars(&self, bars: Option<Range<usize>>) -> Result<(), JobError> {
        let Some(bars) = bars else {
            let name = "Track".to_owned();
            return self.listen(TrackStretch { name, from: Beats(f64::NEG_INFINITY), to: None });
        };
        let document = self.shared.document();
        let take = document.take().ok_or(JobError::NoTake)?;
        let grid = take.bars();
        let chosen = grid.bars().get(bars.start..bars.end.min(grid.len())).unwrap_or_default();
        let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else {
            return Err(JobError::NoTake);
        };
        let number = |bar: usize| take.first_bar.0 + bar + 1;
        let name = match chosen.len() {
            1 => format!("Bar {}", number(bars.start)),
            count => format!("Bars {}-{}", number(bars.start), number(bars.start + count - 1)),
        };
        self.listen(TrackStretch {
            name,
            from: take.host_position(first.start),
            to: Some(take.host_position(last.end())),
        })
    }

    /// Ends the sound of a [`Job::Preview`](crate::studio::Job::Preview).
    pub fn stop_preview(&self) {
        self.shared.stop_sound();
    }

    /// Lets the part be heard again.
    pub fn stop_audition(&self) {
        self.shared.stop_audition();
    }
}
