//! From General MIDI's percussion keys to those of other kits.

use std::sync::Arc;

use crate::score::GmKey;

/// Number of GM percussion keys, 27 to 87.
pub const GM_KEYS: usize = 61;

/// Which keys a kit listens to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DrumMap {
    #[default]
    Gm,
    /// Toontrack EZdrummer and Superior Drummer.
    Toontrack,
    /// XLN Audio Addictive Drums.
    AddictiveDrums,
    /// Manda Audio MT Power Drum Kit.
    MtPower,
    /// AVL Drumkits.
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
            DrumMap::Own(own) => own.keys[usize::from(key.get() - 27)],
            _ => key.get(),
        }
    }
}

impl OwnMap {
    /// A copy of another map to start from.
    pub fn from_map(name: &str, map: &DrumMap) -> OwnMap {
        // GM_KEYS from 27 on are all percussion keys.
        let keys = std::array::from_fn(|index| {
            let key = 27 + index as u8;
            GmKey::new(key).map_or(key, |key| map.key(key))
        });
        OwnMap { name: super::take::tidy_name(name).into(), keys: Arc::new(keys) }
    }

    /// From the keys for 27 to 87 in order; bits above the seventh do not count.
    pub fn from_keys(name: &str, keys: [u8; GM_KEYS]) -> OwnMap {
        OwnMap {
            name: super::take::tidy_name(name).into(),
            keys: Arc::new(keys.map(|key| key & 0x7F)),
        }
    }

    /// The same map with another key, 0 to 127, for one GM key.
    #[must_use]
    pub fn with_key(&self, key: GmKey, to: u8) -> OwnMap {
        let mut keys = *self.keys;
        keys[usize::from(key.get() - 27)] = to & 0x7F;
        OwnMap { name: self.name.clone(), keys: Arc::new(keys) }
    }

    /// The keys for 27 to 87.
    pub fn keys(&self) -> &[u8; GM_KEYS] {
        &self.keys
    }
}
