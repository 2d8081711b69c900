//! Drums by name: General MIDI percussion keys and the lanes that Drumlin thinks in.

/// A General MIDI percussion key, 27 to 87.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GmKey(u8);

impl GmKey {
    /// `None` for a key that General MIDI has no drum on.
    pub const fn new(key: u8) -> Option<GmKey> {
        if key >= 27 && key <= 87 { Some(GmKey(key)) } else { None }
    }

    /// That of a key of any kit: as General MIDI has it, and where electronic kits have the edges of the
    /// hats below.
    pub const fn of_kit(key: u8) -> Option<GmKey> {
        GmKey::new(match key {
            22 => 42, // closed hat, edge
            26 => 46, // open hat, edge
            other => other,
        })
    }

    /// That of a pad of the Roland TD-11 on which the Groove MIDI Dataset was played.
    ///
    /// The kit has keys of its own for edges and rims; each goes to the key that plays its drum here, so
    /// that a stroke which sounds both head and rim is one stroke. Crashes and rides keep their keys.
    /// Source: the table "Drum Mapping" on the dataset's page
    /// (<https://magenta.tensorflow.org/datasets/groove>).
    pub const fn of_td11(key: u8) -> Option<GmKey> {
        GmKey::of_kit(match key {
            40 => 38, // snare, rim
            50 => 48, // first tom, rim
            45 => 47, // second tom, head
            58 => 43, // third tom, rim
            other => other,
        })
    }

    /// The MIDI key.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// All of them, from 27 up.
    pub fn all() -> impl Iterator<Item = GmKey> {
        (27..=87).map(GmKey)
    }

    /// The instrument, as General MIDI 2 names it.
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; 61] = [
            "High Q",
            "Slap",
            "Scratch push",
            "Scratch pull",
            "Sticks",
            "Square click",
            "Metronome click",
            "Metronome bell",
            "Acoustic bass drum",
            "Bass drum",
            "Side stick",
            "Acoustic snare",
            "Hand clap",
            "Electric snare",
            "Low floor tom",
            "Closed hi-hat",
            "High floor tom",
            "Pedal hi-hat",
            "Low tom",
            "Open hi-hat",
            "Low-mid tom",
            "High-mid tom",
            "Crash cymbal 1",
            "High tom",
            "Ride cymbal 1",
            "Chinese cymbal",
            "Ride bell",
            "Tambourine",
            "Splash cymbal",
            "Cowbell",
            "Crash cymbal 2",
            "Vibraslap",
            "Ride cymbal 2",
            "High bongo",
            "Low bongo",
            "Mute high conga",
            "Open high conga",
            "Low conga",
            "High timbale",
            "Low timbale",
            "High agogo",
            "Low agogo",
            "Cabasa",
            "Maracas",
            "Short whistle",
            "Long whistle",
            "Short guiro",
            "Long guiro",
            "Claves",
            "High wood block",
            "Low wood block",
            "Mute cuica",
            "Open cuica",
            "Mute triangle",
            "Open triangle",
            "Shaker",
            "Jingle bell",
            "Bell tree",
            "Castanets",
            "Mute surdo",
            "Open surdo",
        ];
        NAMES[self.0 as usize - 27]
    }
}

/// The 46 percussion keys of Wei et al. (ISMIR 2019), which cover 99 % of the notes in their data.
pub const PAPER_KEYS: [u8; 46] = [
    27, 28, 33, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 51, 53, 54, 55, 56, 57,
    59, 60, 61, 62, 63, 64, 65, 67, 68, 69, 70, 73, 74, 75, 76, 77, 80, 81, 82, 83, 85, 87,
];

/// Number of lanes.
pub const LANES: usize = 15;

/// One voice of the drum grid. Every GM percussion key belongs to exactly one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Lane {
    /// The bass drums.
    Kick,
    /// The snare drums.
    Snare,
    /// The stick laid across the snare.
    SideStick,
    /// Hands.
    Clap,
    /// The hi-hat, closed.
    ClosedHat,
    /// The hi-hat, closed by the foot.
    PedalHat,
    /// The hi-hat, open.
    OpenHat,
    /// The floor toms.
    LowTom,
    /// The low and the low-mid tom.
    MidTom,
    /// The high-mid and the high tom.
    HighTom,
    /// Crashes, splash and china.
    Crash,
    /// Rides and the bell of the ride.
    Ride,
    /// Tambourine, cabasa, maracas and shaker.
    Shaker,
    /// Bongos, congas, timbales, cuicas, surdos and their kin.
    HandDrum,
    /// Bells, blocks, whistles and all that has no lane of its own.
    Bell,
}

impl Lane {
    /// All lanes at their [`Lane::index`].
    pub const ALL: [Lane; LANES] = [
        Lane::Kick,
        Lane::Snare,
        Lane::SideStick,
        Lane::Clap,
        Lane::ClosedHat,
        Lane::PedalHat,
        Lane::OpenHat,
        Lane::LowTom,
        Lane::MidTom,
        Lane::HighTom,
        Lane::Crash,
        Lane::Ride,
        Lane::Shaker,
        Lane::HandDrum,
        Lane::Bell,
    ];

    /// The lane of any MIDI key on the drum channel. Keys outside General MIDI's percussion map
    /// count as [`Lane::Bell`], the lane of everything that is struck and small.
    pub fn of_key(key: u8) -> Lane {
        match key {
            35 | 36 => Lane::Kick,
            38 | 40 => Lane::Snare,
            37 => Lane::SideStick,
            39 => Lane::Clap,
            42 => Lane::ClosedHat,
            44 => Lane::PedalHat,
            46 => Lane::OpenHat,
            41 | 43 => Lane::LowTom,
            45 | 47 => Lane::MidTom,
            48 | 50 => Lane::HighTom,
            49 | 52 | 55 | 57 => Lane::Crash,
            51 | 53 | 59 => Lane::Ride,
            54 | 69 | 70 | 82 => Lane::Shaker,
            27 | 28 | 60..=66 | 78 | 79 | 86 | 87 => Lane::HandDrum,
            _ => Lane::Bell,
        }
    }

    /// The key that plays this lane unless something else is asked for.
    pub const fn default_key(self) -> GmKey {
        let key = match self {
            Lane::Kick => 36,
            Lane::Snare => 38,
            Lane::SideStick => 37,
            Lane::Clap => 39,
            Lane::ClosedHat => 42,
            Lane::PedalHat => 44,
            Lane::OpenHat => 46,
            Lane::LowTom => 43,
            Lane::MidTom => 47,
            Lane::HighTom => 48,
            Lane::Crash => 49,
            Lane::Ride => 51,
            Lane::Shaker => 54,
            Lane::HandDrum => 62,
            Lane::Bell => 56,
        };
        GmKey(key)
    }

    /// As a musician reads it on the grid.
    pub const fn name(self) -> &'static str {
        match self {
            Lane::Kick => "Kick",
            Lane::Snare => "Snare",
            Lane::SideStick => "Side stick",
            Lane::Clap => "Clap",
            Lane::ClosedHat => "Closed hat",
            Lane::PedalHat => "Pedal hat",
            Lane::OpenHat => "Open hat",
            Lane::LowTom => "Low tom",
            Lane::MidTom => "Mid tom",
            Lane::HighTom => "High tom",
            Lane::Crash => "Crash",
            Lane::Ride => "Ride",
            Lane::Shaker => "Shaker",
            Lane::HandDrum => "Hand drum",
            Lane::Bell => "Bell",
        }
    }

    /// Its place in [`Lane::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The class that its strokes are counted in.
    pub fn drum_class(self) -> DrumClass {
        DrumClass::of_key(self.default_key().get())
    }
}

/// Number of [`DrumClass`]es.
pub const DRUM_CLASSES: usize = 8;

/// The eight classes in which drum parts are compared (and asked for: class densities).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum DrumClass {
    /// Bass drums.
    Kick,
    /// With side stick and clap.
    Snare,
    /// Closed and pedal.
    ClosedHat,
    /// The hi-hat, open.
    OpenHat,
    /// Toms of all sizes.
    Toms,
    /// With splash and china.
    Crash,
    /// Rides.
    Ride,
    /// Everything else.
    Percussion,
}

impl DrumClass {
    /// All classes at their [`DrumClass::index`].
    pub const ALL: [DrumClass; DRUM_CLASSES] = [
        DrumClass::Kick,
        DrumClass::Snare,
        DrumClass::ClosedHat,
        DrumClass::OpenHat,
        DrumClass::Toms,
        DrumClass::Crash,
        DrumClass::Ride,
        DrumClass::Percussion,
    ];

    /// The class of a MIDI key; percussion for one that is no drum.
    pub fn of_key(key: u8) -> DrumClass {
        match Lane::of_key(key) {
            Lane::Kick => DrumClass::Kick,
            Lane::Snare | Lane::SideStick | Lane::Clap => DrumClass::Snare,
            Lane::ClosedHat | Lane::PedalHat => DrumClass::ClosedHat,
            Lane::OpenHat => DrumClass::OpenHat,
            Lane::LowTom | Lane::MidTom | Lane::HighTom => DrumClass::Toms,
            Lane::Crash => DrumClass::Crash,
            Lane::Ride => DrumClass::Ride,
            Lane::Shaker | Lane::HandDrum | Lane::Bell => DrumClass::Percussion,
        }
    }

    /// Short name, as in a table head and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            DrumClass::Kick => "kick",
            DrumClass::Snare => "snare",
            DrumClass::ClosedHat => "closed-hat",
            DrumClass::OpenHat => "open-hat",
            DrumClass::Toms => "toms",
            DrumClass::Crash => "crash",
            DrumClass::Ride => "ride",
            DrumClass::Percussion => "percussion",
        }
    }

    /// Its place in [`DrumClass::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_stand_at_their_index_and_own_their_default_key() {
        for (index, lane) in Lane::ALL.into_iter().enumerate() {
            assert_eq!(lane.index(), index);
            assert_eq!(Lane::of_key(lane.default_key().get()), lane);
        }
    }

    #[test]
    fn instruments_stand_at_their_keys() {
        let named = |key| GmKey::new(key).map(GmKey::name);
        assert_eq!((named(27), named(87)), (Some("High Q"), Some("Open surdo")));
        assert_eq!((named(36), named(60)), (Some("Bass drum"), Some("High bongo")));
        assert_eq!(GmKey::all().count(), 61);
        assert!(GmKey::all().all(|key| GmKey::new(key.get()) == Some(key)));
    }

    #[test]
    fn the_papers_keys_are_percussion() {
        assert!(PAPER_KEYS.iter().all(|&key| GmKey::new(key).is_some()));
        assert!(PAPER_KEYS.is_sorted());
    }
}
