//! Files and texts that say a groove: drums as MIDI, and drum tablature, which a drummer plays.

use super::performance::{self, Feel, GROOVE};
use crate::midi::{self, MidiError};
use crate::network::Models;
use crate::score::{
    BarIndex, Bpm, DrumTab, DrumTabError, Force, Groove, GrooveError, GrooveSource, Hit, TabStroke,
    TakenGroove, TempoMap, Velocity,
};

/// How quick a tab is played that says no tempo, in quarters a minute. Velocities and offsets (shares of a
/// step) hardly depend on it.
const TEMPO: Bpm = Bpm(110.0);
/// Ticks of a quarter.
const QUARTER: u16 = 480;
/// A tab is played this often, and heard the second time: by then it has its feel.
const TIMES: usize = 3;

/// What a ghost note has at most, and an accent at least.
const GHOST: u8 = 42;
const ACCENT: u8 = 112;
/// What strokes of a drum have at least that are not marked, where others of it are marked as ghost notes, and
/// at most, where others are accents.
const NO_GHOST: u8 = 68;
const NO_ACCENT: u8 = 100;

/// Why a file or a text is no groove.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum GrooveFileError {
    #[error(transparent)]
    Midi(#[from] MidiError),
    #[error(transparent)]
    Tab(#[from] DrumTabError),
    #[error(transparent)]
    Groove(#[from] GrooveError),
    /// The network that plays tabs failed; why, as a sentence.
    #[error("{0}")]
    Performance(String),
}

/// The groove of a file's bytes: of a MIDI file as [`Groove::of_song`] takes it, of a text as
/// [`groove_of_tab`] plays it.
///
/// # Errors
/// If it is neither, has no drums, or the network fails.
pub fn groove_of_file(
    name: &str,
    bytes: &[u8],
    models: &Models,
) -> Result<TakenGroove, GrooveFileError> {
    match text_of(bytes) {
        Some(text) => groove_of_tab(name, text, models),
        None => Ok(Groove::of_song(name, GrooveSource::File, &midi::parse(bytes)?)?),
    }
}

/// Whether a file's bytes are text, such as drum tablature.
pub fn is_text(bytes: &[u8]) -> bool {
    text_of(bytes).is_some()
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
    let is_binary = |c: char| c.is_control() && !c.is_whitespace();
    (!text.contains(is_binary)).then(|| text.trim_start_matches('\u{feff}'))
}

/// The groove of a text in drum tablature ([`DrumTab`]), with the velocities and the timing of a drummer
/// ([`performance::play`]): ghost notes and accents are where the text has them.
///
/// # Errors
/// If the text is no drum tablature, has no stroke, or the network fails.
pub fn groove_of_tab(
    name: &str,
    text: &str,
    models: &Models,
) -> Result<TakenGroove, GrooveFileError> {
    let tab: DrumTab = text.parse()?;
    if tab.strokes.is_empty() {
        return Err(GrooveError::Empty.into());
    }
    let tempo = TempoMap::constant(QUARTER, TEMPO);
    let failed = |error: &dyn std::error::Error| GrooveFileError::Performance(error.to_string());
    let network = models.get(&GROOVE).map_err(|error| failed(&error))?;
    let played = performance::play(&tab.part(TIMES, QUARTER), &Feel::new(&tempo), &*network)
        .map_err(|error| failed(&error))?;
    let heard = played.hits.iter().filter_map(|hit| {
        let bar = hit.bar.0.checked_sub(tab.bars).filter(|&bar| bar < tab.bars)?;
        let hit = Hit { bar: BarIndex(bar), ..*hit };
        Some(Hit { velocity: marked(&tab, &hit), ..hit })
    });
    let (metre, triplets) = (tab.metre, tab.triplets);
    let groove =
        Groove::new(name, GrooveSource::Written, metre, triplets, tab.bars, heard.collect())?;
    Ok(TakenGroove { groove, bars: 0..tab.bars, remarks: Vec::new() })
}

/// The velocity of a stroke within what the tab says of it.
fn marked(tab: &DrumTab, hit: &Hit) -> Velocity {
    let of_lane = || tab.strokes.iter().filter(|stroke| stroke.lane == hit.lane());
    let at = |stroke: &&TabStroke| (stroke.bar, stroke.step) == (hit.bar.0, hit.step);
    let force = of_lane().find(at).map_or(Force::Plain, |stroke| stroke.force);
    let has = |force: Force| of_lane().any(|stroke| stroke.force == force);
    let (softest, loudest) = match force {
        Force::Ghost => (1, GHOST),
        Force::Accent => (ACCENT, 127),
        Force::Plain => (
            if has(Force::Ghost) { NO_GHOST } else { 1 },
            if has(Force::Accent) { NO_ACCENT } else { 127 },
        ),
    };
    Velocity::clamped(hit.velocity.get().clamp(softest, loudest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Backend;
    use crate::score::Lane;

    fn groove(text: &str) -> Groove {
        let models = Models::new(Backend::Cpu, None);
        groove_of_tab("tab", text, &models).unwrap().groove
    }

    #[test]
    fn a_tab_is_played_as_a_drummer_plays_and_as_it_is_marked() {
        let text = "HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-o-|\n\
            SD|----O--g-g--O---|----O--g-g--O-o-|\n\
            BD|o-------o-o-----|o-----o-o-------|\n";
        let groove = groove(text);
        assert_eq!((groove.bars(), groove.hits().len()), (2, 16 + 9 + 6));
        let of = |lane: Lane| groove.hits().iter().filter(move |hit| hit.lane() == lane);
        let velocities = |lane, steps: &[usize]| -> Vec<u8> {
            let at = of(lane).filter(|hit| steps.contains(&hit.step));
            at.map(|hit| hit.velocity.get()).collect()
        };
        assert!(velocities(Lane::Snare, &[4, 12]).iter().all(|&velocity| velocity >= ACCENT));
        assert!(velocities(Lane::Snare, &[7, 9]).iter().all(|&velocity| velocity <= GHOST));
        let plain = velocities(Lane::Snare, &[14]);
        assert!((NO_GHOST..=NO_ACCENT).contains(&plain[0]), "{plain:?}");
        // Nobody strikes the hat like a machine.
        let hats = velocities(Lane::ClosedHat, &[0, 2, 4, 6, 8, 10, 12]);
        assert!(hats.iter().max() > hats.iter().min(), "{hats:?}");
        assert!(of(Lane::ClosedHat).any(|hit| hit.offset != 0.0));
    }

    #[test]
    fn what_is_no_groove_is_refused() {
        let models = Models::new(Backend::Cpu, None);
        let refused = |bytes: &[u8]| groove_of_file("x", bytes, &models).unwrap_err();
        assert!(matches!(refused(b"MThd"), GrooveFileError::Tab(_)));
        assert!(matches!(refused(b""), GrooveFileError::Midi(_)));
        assert!(matches!(refused(b"MThd\0\0\0\x06\0\0"), GrooveFileError::Midi(_)));
        assert!(matches!(refused(b"\xFF\xFE"), GrooveFileError::Midi(_)));
        let silent = GrooveFileError::Groove(GrooveError::Empty);
        assert_eq!(refused("\u{feff}HH ---- ----".as_bytes()), silent);
    }
}
