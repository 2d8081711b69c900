//! What every view gets: what there is to show in this frame, and where commands go. It knows no view.

use std::ops::Range;
use std::sync::Arc;

use super::controls::Controls;
use super::layout::Layout;
use super::theme::Theme;
use crate::score::{BarGrid, BarIndex, Beats, Bpm, DrumPart, Metre, Ticks};
pub use crate::studio::sentence;
use crate::studio::{Alternative, Arrangement, Edit, Job, Span, Studio, Take, View};

/// Where the host is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// Whether it plays.
    pub playing: bool,
    /// Bars are played that the window asked for; the host stands.
    pub rehearsing: bool,
    /// In the host's song; `None` where the host does not say.
    pub position: Option<Beats>,
    /// Quarter notes a minute; `None` where the host does not say.
    pub bpm: Option<Bpm>,
    /// `None` where the host does not say.
    pub metre: Option<Metre>,
    /// The host's loop, if it goes round in one.
    pub cycle: Option<(Beats, Beats)>,
}

/// What the host has where a take was made.
#[derive(Clone)]
pub enum Difference {
    /// Other bars, so that the take lies nowhere in its song; how, in words.
    Bars(String),
    /// Another tempo, which the drums follow; how, in words.
    Tempo(String),
}

impl Difference {
    /// For the musician.
    pub fn sentence(&self) -> String {
        match self {
            Difference::Bars(how) => {
                format!(
                    "The song was laid anew since this take was made: {how}. Play it, then press Capture again"
                )
            }
            Difference::Tempo(how) => {
                format!(
                    "This take was made at another tempo: {how}. Its drums follow the host; Capture again has them made for it"
                )
            }
        }
    }

    /// Whether the take is of no use as it is.
    pub fn is_grave(&self) -> bool {
        matches!(self, Difference::Bars(_))
    }
}

/// One frame's surroundings.
pub struct Frame<'a> {
    pub theme: Theme,
    pub layout: Layout,
    pub studio: &'a Arc<Studio>,
    pub view: &'a View,
    pub controls: &'a dyn Controls,
    pub transport: Transport,
    /// The take in view, with its bars. While there is none, what was heard so far.
    pub take: Option<(&'a Arc<Take>, &'a BarGrid)>,
    /// What is in view is no take yet: it grows while the host plays.
    pub live: bool,
    /// The arrangement, if it was made for the take in view.
    pub arrangement: Option<&'a Arrangement>,
    /// What the host has otherwise than the take in view, since that was made.
    pub outdated: Option<Difference>,
    /// The plugin's.
    pub name: &'static str,
}

impl<'a> Frame<'a> {
    pub fn alternative(&self) -> Option<&'a Alternative> {
        self.arrangement.map(Arrangement::alternative)
    }

    pub fn part(&self) -> Option<&'a DrumPart> {
        self.alternative().map(|alternative| &*alternative.part)
    }

    pub fn bars(&self) -> Option<&'a BarGrid> {
        self.take.map(|(_, bars)| bars)
    }

    /// The playhead, in ticks of the take; also before and behind it.
    pub fn playhead(&self) -> Option<f64> {
        let (take, _) = self.take?;
        let position = self.transport.position?;
        Some(take.ticks_at(Beats(position.0 - take.start.0)))
    }

    /// The bar of the take that the playhead is in.
    pub fn playing_bar(&self) -> Option<BarIndex> {
        let at = self.playhead().filter(|at| *at >= 0.0)?;
        self.bars()?.bar_at(Ticks(at as u64))
    }

    /// The number under which the host knows a bar of the take, from 1.
    pub fn bar_number(&self, bar: usize) -> usize {
        self.take.map_or(0, |(take, _)| take.first_bar.0) + bar + 1
    }

    /// "bar 9" or "bars 9–16", as the host counts them.
    pub fn bars_name(&self, bars: &Range<usize>) -> String {
        let (first, last) = (self.bar_number(bars.start), self.bar_number(bars.end.max(1) - 1));
        if first == last { format!("bar {first}") } else { format!("bars {first}–{last}") }
    }

    /// Makes an edit; why not, if not, is shown in the status bar.
    pub fn edit(&self, edit: Edit) {
        if let Err(error) = self.studio.apply(edit) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }

    /// Listens to the track's sound over bars of the take, or until the host stops.
    pub fn listen(&self, bars: Option<Range<usize>>) {
        if let Err(error) = self.studio.listen_to_bars(bars) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }

    pub fn start(&self, job: Job) {
        if let Err(error) = self.studio.start(job) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }

    /// Captures everything heard.
    pub fn capture_all(&self) {
        self.capture(Span::All);
    }

    /// Captures the bars of the take in view once more, as the host has them now.
    pub fn capture_again(&self) {
        let Some((take, bars)) = self.take else { return };
        let beats = take.length.0 as f64 / f64::from(bars.ticks_per_quarter());
        self.capture(Span::Between { from: take.start, to: Beats(take.start.0 + beats) });
    }

    pub fn capture(&self, span: Span) {
        if let Err(error) = self.studio.capture(span) {
            self.studio.report(&sentence(&error.to_string()));
        }
    }
}

/// "1 bar" or "7 bars".
pub fn bar_count(count: usize) -> String {
    if count == 1 { "1 bar".to_owned() } else { format!("{count} bars") }
}
