//! The drums of a pattern.

use crate::score::{GmKey, Lane};

/// Drums of a pattern.
pub const DRUMS: usize = 14;

/// The lane of each drum, which a pattern's rows follow: those of the drum grid, with bells counted
/// among the hand drums.
pub const LANES_OF_DRUMS: [Lane; DRUMS] = match Lane::ALL.first_chunk() {
    Some(lanes) => *lanes,
    None => unreachable!(),
};

/// The row of a lane, below [`DRUMS`].
pub fn drum_of_lane(lane: Lane) -> usize {
    if lane == Lane::Bell { drum_of_lane(Lane::HandDrum) } else { lane.index() }
}

/// The row of a MIDI key, `None` for one that General MIDI has no drum on.
///
/// `roland` is for recordings of electronic kits (as the Groove MIDI Dataset's TD-11), which have
/// keys of their own for edges and rims.
pub fn drum_of_key(key: u8, roland: bool) -> Option<usize> {
    let key = if roland { GmKey::of_td11(key) } else { GmKey::of_kit(key) }?;
    Some(drum_of_lane(Lane::of_key(key.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drum_is_the_row_of_its_lane() {
        for (drum, lane) in LANES_OF_DRUMS.into_iter().enumerate() {
            assert_eq!(drum_of_lane(lane), drum);
            assert_eq!(drum_of_key(lane.default_key().get(), false), Some(drum));
        }
        assert_eq!(drum_of_lane(Lane::Bell), 13);
        assert_eq!((drum_of_key(22, false), drum_of_key(12, false)), (Some(4), None));
        assert_eq!((drum_of_key(58, true), drum_of_key(58, false)), (Some(7), Some(13)));
    }
}
