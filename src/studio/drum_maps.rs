//! From General MIDI's percussion keys to those of other kits.
//!
//! Sampled drum kits have the drums of a kit but rarely congas or shakers, and use the keys that
//! General MIDI gives to those for chokes and articulations. So what a kit lacks goes to what it has
//! and sounds nearest: a shaker to the closed hat, a conga to a tom, a cowbell to the ride's bell.

use std::sync::Arc;

use super::take::tidy_name_or;
use crate::score::{GmKey, Lane};

/// Number of GM percussion keys, 27 to 87.
pub const GM_KEYS: usize = 61;

/// Which keys a kit listens to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DrumMap {
    /// As General MIDI says (RP-003); certain.
    #[default]
    Gm,
    /// Toontrack EZdrummer and Superior Drummer. Both take General MIDI's keys for the drums of a
    /// kit (Toontrack says so); 54, 56 and 58 are chokes in Superior Drummer 3, and 50 was one in the
    /// first EZdrummer. Certain for kick, snare, hats, crashes, ride and the toms on 41, 43, 45 and
    /// 48; likely for the rest.
    Toontrack,
    /// XLN Audio Addictive Drums 2, after XLN's own table ("Addictive Drums 2 Keymap", 2021).
    /// Certain for what it names; kits differ in which cymbal is a splash or a china.
    AddictiveDrums,
    /// Manda Audio MT Power Drum Kit 2. It plays General MIDI's keys for the drums of a kit; from
    /// what its users report, not from a table of the maker's.
    MtPower,
    /// AVL Drumkits (LV2), after the names that the plugin itself gives its keys. Certain; it has two
    /// toms.
    Avl,
    /// The musician's own.
    Own(OwnMap),
}

/// A map of the musician's own: a MIDI key for every GM percussion key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnMap {
    /// At most 128 characters.
    pub name: Arc<str>,
    /// From GM key 27 on; 0 to 127 each.
    keys: Arc<[u8; GM_KEYS]>,
}

impl DrumMap {
    /// All but [`DrumMap::Own`].
    pub const KNOWN: [DrumMap; 5] =
        [DrumMap::Gm, DrumMap::Toontrack, DrumMap::AddictiveDrums, DrumMap::MtPower, DrumMap::Avl];

    /// As the musician reads it.
    pub fn name(&self) -> &str {
        match self {
            DrumMap::Gm => "General MIDI",
            DrumMap::Toontrack => "EZdrummer / Superior Drummer",
            DrumMap::AddictiveDrums => "Addictive Drums",
            DrumMap::MtPower => "MT Power Drum Kit",
            DrumMap::Avl => "AVL Drumkits",
            DrumMap::Own(own) => &own.name,
        }
    }

    /// The key, 0 to 127, that plays a GM key's instrument on the kit, or the nearest it has.
    pub fn key(&self, key: GmKey) -> u8 {
        match self {
            DrumMap::Gm => key.get(),
            DrumMap::Toontrack => toontrack(drum_of_a_kit(key)),
            DrumMap::AddictiveDrums => addictive_drums(drum_of_a_kit(key)),
            DrumMap::MtPower => drum_of_a_kit(key),
            DrumMap::Avl => avl(key),
            DrumMap::Own(own) => own.keys[usize::from(key.get() - 27)],
        }
    }
}

/// The GM key of the drum or cymbal of a drum kit that comes nearest.
fn drum_of_a_kit(key: GmKey) -> u8 {
    match key.get() {
        drum @ (35..=38 | 40..=53 | 55 | 57 | 59) => drum,
        // Clap.
        39 => 40,
        // Sticks, claves, wood blocks.
        31 | 75..=77 => 37,
        // Tambourine, cabasa, maracas, shaker.
        54 | 69 | 70 | 82 => 42,
        // High bongo, congas and timbale, cuica, surdo.
        27 | 60 | 62 | 63 | 65 | 78 | 86 => 48,
        28 | 61 | 64 | 66 | 79 | 87 => 45,
        // Cowbell, agogo, triangle and other small metal.
        _ => 53,
    }
}

fn toontrack(drum: u8) -> u8 {
    match drum {
        35 => 36,
        50 => 48,
        59 => 51,
        _ => drum,
    }
}

fn addictive_drums(drum: u8) -> u8 {
    match drum {
        35 | 36 => 36,
        // Side stick.
        37 => 42,
        // Rimshot.
        40 => 37,
        // Toms 4 to 1.
        41 => 65,
        43 => 67,
        45 | 47 => 69,
        48 | 50 => 71,
        // Hat: closed, tip; pedal; well open.
        42 => 49,
        44 => 48,
        46 => 56,
        // Cymbals 1 to 3: the fewest that a kit has.
        49 => 77,
        55 | 57 => 79,
        52 => 81,
        // Ride: tip, bell, shaft.
        51 => 60,
        53 => 61,
        59 => 62,
        _ => 38,
    }
}

fn avl(key: GmKey) -> u8 {
    match key.get() {
        // It has these, or things like them.
        percussion @ (39 | 54 | 56) => percussion,
        69 | 70 | 82 => 61,
        _ => match drum_of_a_kit(key) {
            35 => 36,
            // 47 and 43 are the edges of the tom and the floor tom.
            48 | 50 => 45,
            // 52 chokes the ride; 60 is the third crash.
            52 => 60,
            drum => drum,
        },
    }
}

impl OwnMap {
    /// A copy of another map to start from.
    pub fn from_map(name: &str, map: &DrumMap) -> OwnMap {
        let mut keys = [0; GM_KEYS];
        for (to, key) in keys.iter_mut().zip(GmKey::all()) {
            *to = map.key(key);
        }
        OwnMap { name: tidy_map_name(name), keys: Arc::new(keys) }
    }

    /// From the keys for 27 to 87 in order; bits above the seventh do not count.
    pub fn from_keys(name: &str, keys: [u8; GM_KEYS]) -> OwnMap {
        OwnMap { name: tidy_map_name(name), keys: Arc::new(keys.map(|key| key & 0x7F)) }
    }

    /// The same map with another key, 0 to 127, for one GM key.
    #[must_use]
    pub fn with_key(&self, key: GmKey, to: u8) -> OwnMap {
        let mut keys = *self.keys;
        keys[usize::from(key.get() - 27)] = to & 0x7F;
        OwnMap { name: self.name.clone(), keys: Arc::new(keys) }
    }

    /// The same map with one key, 0 to 127, for all that a lane plays.
    #[must_use]
    pub fn with_lane(&self, lane: Lane, to: u8) -> OwnMap {
        let mut keys = *self.keys;
        for (own, key) in keys.iter_mut().zip(GmKey::all()) {
            if Lane::of_key(key.get()) == lane {
                *own = to & 0x7F;
            }
        }
        OwnMap { name: self.name.clone(), keys: Arc::new(keys) }
    }

    /// The same map under another name.
    #[must_use]
    pub fn named(&self, name: &str) -> OwnMap {
        OwnMap { name: tidy_map_name(name), keys: self.keys.clone() }
    }

    /// The keys for 27 to 87.
    pub fn keys(&self) -> &[u8; GM_KEYS] {
        &self.keys
    }
}

fn tidy_map_name(name: &str) -> Arc<str> {
    tidy_name_or(name, "Own map").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_keys() -> impl Iterator<Item = GmKey> {
        (0..=u8::MAX).filter_map(GmKey::new)
    }

    #[test]
    fn every_key_maps_to_a_midi_key_in_every_map() {
        assert_eq!(all_keys().count(), GM_KEYS);
        let own = OwnMap::from_map("mine", &DrumMap::Avl);
        for map in DrumMap::KNOWN.into_iter().chain([DrumMap::Own(own)]) {
            assert!(all_keys().all(|key| map.key(key) < 128), "{}", map.name());
        }
    }

    #[test]
    fn the_lanes_of_a_kit_stay_apart() {
        for map in DrumMap::KNOWN {
            let drums = [Lane::Kick, Lane::Snare, Lane::SideStick, Lane::ClosedHat, Lane::OpenHat];
            let more = [Lane::PedalHat, Lane::LowTom, Lane::HighTom, Lane::Crash, Lane::Ride];
            let mut keys: Vec<u8> =
                drums.into_iter().chain(more).map(|lane| map.key(lane.default_key())).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), 10, "{}", map.name());
        }
    }

    #[test]
    fn nothing_lands_on_a_choke() {
        let misses = |map: DrumMap, chokes: &[u8]| {
            assert!(all_keys().all(|key| !chokes.contains(&map.key(key))), "{}", map.name());
        };
        misses(DrumMap::Toontrack, &[50, 54, 56, 58]);
        misses(DrumMap::AddictiveDrums, &[63, 78, 80, 82, 87, 90, 92, 94]);
        misses(DrumMap::Avl, &[50, 52, 58]);
    }

    #[test]
    fn a_map_of_ones_own_starts_as_another_and_changes_key_by_key() {
        let kick = Lane::Kick.default_key();
        let own = OwnMap::from_map("  my\tkit ", &DrumMap::AddictiveDrums).with_key(kick, 24);
        assert_eq!(&*own.name, "mykit");
        let map = DrumMap::Own(own);
        for key in all_keys() {
            let expected = if key == kick { 24 } else { DrumMap::AddictiveDrums.key(key) };
            assert_eq!(map.key(key), expected);
        }
    }

    #[test]
    fn a_lane_of_ones_own_map_goes_to_one_key() {
        let start = OwnMap::from_map("mine", &DrumMap::Gm);
        let map = DrumMap::Own(start.with_lane(Lane::Crash, 100).named("other"));
        assert_eq!(map.name(), "other");
        for key in all_keys() {
            let crash = Lane::of_key(key.get()) == Lane::Crash;
            assert_eq!(map.key(key), if crash { 100 } else { key.get() });
        }
    }
}
