//! Which sound a channel plays with, and whether it is drums.
//!
//! Sources: General MIDI (RP-003) and General MIDI 2 (RP-024); Roland's GS, after the SC-55's and
//! MT-32's manuals (address maps of data set 1); Yamaha's XG Specifications 1.26.

use std::collections::BTreeMap;

use super::events::Message;

/// The drum channel: 10 as musicians count.
pub const DRUM_CHANNEL: u8 = 9;

/// Why a track was taken for drums, or one on the drum channel for a melody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It plays on the drum channel.
    Channel,
    /// A message of Roland's GS says so.
    Gs,
    /// A message or a bank of Yamaha's XG says so.
    Xg,
    /// A bank of General MIDI 2 says so.
    Gm2,
    /// A message to an MT-32 says so.
    Mt32,
    /// It plays a beat on channel 16, the drum channel of basic devices in files with two layouts.
    BasicLayout,
    /// It is called so and plays a beat.
    Name,
    /// The musician says so.
    Asked,
}

impl Because {
    /// As an addition in brackets.
    pub const fn words(self) -> &'static str {
        match self {
            Because::Channel => "channel 10",
            Because::Gs => "a GS message",
            Because::Xg => "XG",
            Because::Gm2 => "a GM2 bank",
            Because::Mt32 => "an MT-32 message",
            Because::BasicLayout => "a beat on channel 16",
            Because::Name => "name and beat",
            Because::Asked => "as asked",
        }
    }
}

/// What a system exclusive message sets up. Channels are 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exclusive {
    Reset(System),
    /// A channel is, or is not, a drum part.
    Part {
        channel: u8,
        drums: bool,
        because: Because,
    },
}

/// The rules by which a device was told to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Gm,
    Gm2,
    Gs,
    Xg,
}

/// A bank or program change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Select {
    /// The upper byte of the bank.
    Bank(u8),
    Program(u8),
}

/// What is selected on a channel at some time.
#[derive(Clone, Copy, Debug, Default)]
struct Selected {
    program: Option<u8>,
    /// A bank counts from the program change on that follows it, or where none came before.
    bank: Option<u8>,
    next_bank: Option<u8>,
}

impl Selected {
    fn after(self, what: Select) -> Selected {
        match what {
            Select::Bank(bank) => Selected {
                next_bank: Some(bank),
                bank: if self.program.is_none() { Some(bank) } else { self.bank },
                ..self
            },
            Select::Program(program) => {
                Selected { program: Some(program), bank: self.next_bank.or(self.bank), ..self }
            }
        }
    }
}

/// What is selected on a channel over time, in ticks of the file.
#[derive(Clone, Debug, Default)]
struct Selection {
    changes: Vec<(u64, Selected)>,
    /// When the first bank is in force.
    first_bank: Option<u64>,
    /// Some program is selected that is not the first.
    has_program: bool,
}

impl Selection {
    fn push(&mut self, at: u64, what: Select) {
        let before = self.changes.last().map_or(Selected::default(), |&(_, selected)| selected);
        let selected = before.after(what);
        if self.first_bank.is_none() && selected.bank.is_some() {
            self.first_bank = Some(at);
        }
        self.has_program |= matches!(what, Select::Program(1..));
        self.changes.push((at, selected));
    }

    fn at(&self, at: u64) -> Selected {
        let next = self.changes.partition_point(|&(when, _)| when <= at);
        next.checked_sub(1).map_or(Selected::default(), |last| self.changes[last].1)
    }
}

/// A port of the file, 0 to 127, and a channel there, 0 to 15.
type PortChannel = (u8, u8);

/// The settings that one track of a file sends.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnSetup {
    /// The port that the track plays on.
    port: u8,
    /// In the order of the track.
    selects: Vec<(u64, u8, Select)>,
    selections: [Selection; 16],
    exclusives: Vec<(u64, Exclusive)>,
}

impl OwnSetup {
    /// Notes an event, in the order of the track.
    pub fn apply(&mut self, at: u64, message: &Message) {
        match *message {
            Message::Channel { status, data: [first, second] } => {
                let what = match status & 0xF0 {
                    0xC0 => Select::Program(first),
                    0xB0 if first == 0 => Select::Bank(second),
                    _ => return,
                };
                self.selects.push((at, status & 0xF, what));
                self.selections[usize::from(status & 0xF)].push(at, what);
            }
            Message::SysEx { status: 0xF0, data } => {
                self.exclusives.extend(exclusives(data).into_iter().map(|what| (at, what)));
            }
            // The port prefix.
            Message::Meta { kind: 0x21, data: &[port, ..] } => self.port = port & 0x7F,
            _ => {}
        }
    }

    fn selection(&self, channel: u8) -> &Selection {
        &self.selections[usize::from(channel & 0xF)]
    }

    /// Whether the track selects no program on a channel but the first, which is what programs write
    /// that know of none.
    pub fn has_no_program(&self, channel: u8) -> bool {
        !self.selection(channel).has_program
    }
}

/// What a system exclusive message means for drums. `data` is what follows 0xF0.
fn exclusives(data: &[u8]) -> Vec<Exclusive> {
    match *data {
        [0x7E, _, 9, 1, ..] => vec![Exclusive::Reset(System::Gm)],
        [0x7E, _, 9, 3, ..] => vec![Exclusive::Reset(System::Gm2)],
        [0x41, _, 0x42, 0x12, 0x40, 0, 0x7F, ..] => vec![Exclusive::Reset(System::Gs)],
        [0x41, _, 0x42, 0x12, 0x40, part @ 0x10..=0x1F, from, ref rest @ ..] => {
            // Parts are numbered 10, 1 to 9, 11 to 16. Of the values from an address on, that at
            // 0x15 is "use for rhythm part".
            let channel = match part & 0xF {
                0 => 9,
                part @ 1..=9 => part - 1,
                part => part,
            };
            let values = &rest[..rest.len().saturating_sub(2)];
            let mode = 0x15usize.checked_sub(from.into()).and_then(|index| values.get(index));
            let part = |&mode| Exclusive::Part { channel, drums: mode > 0, because: Because::Gs };
            mode.map(part).into_iter().collect()
        }
        [0x43, _, 0x4C, 0, 0, 0x7E, ..] => vec![Exclusive::Reset(System::Xg)],
        [0x43, _, 0x4C, 8, part @ 0..=15, from, ref rest @ ..] => {
            let values = &rest[..rest.len().saturating_sub(1)];
            let mode = 7usize.checked_sub(from.into()).and_then(|index| values.get(index));
            let part =
                |&mode| Exclusive::Part { channel: part, drums: mode > 0, because: Because::Xg };
            mode.map(part).into_iter().collect()
        }
        [0x41, _, 0x16, 0x12, 0x10, 0, from, ref rest @ ..] => {
            // The channels of parts 1 to 8 and of the rhythm part, from address 0x0D on.
            let values = &rest[..rest.len().saturating_sub(2)];
            let rhythm = 0x15usize.checked_sub(from.into()).and_then(|index| values.get(index));
            let Some(&rhythm) = rhythm else { return Vec::new() };
            (0..16)
                .filter(|&channel| channel == rhythm || channel == DRUM_CHANNEL)
                .map(|channel| {
                    let drums = channel == rhythm;
                    Exclusive::Part { channel, drums, because: Because::Mt32 }
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What a message says of a channel, from a tick of the file on; `None` if nothing any more.
type PartMode = (u64, Option<(bool, Because)>);

/// The settings that all tracks of a file send.
#[derive(Debug, Default)]
pub(super) struct Setup {
    selections: BTreeMap<PortChannel, Selection>,
    part_modes: BTreeMap<PortChannel, Vec<PartMode>>,
    /// By port, in order of time.
    systems: BTreeMap<u8, Vec<(u64, System)>>,
    /// What is set up by then counts for what is played before it.
    settled: u64,
}

impl Setup {
    /// `first_bar` is where the song's first bar ends, about, in ticks of the file.
    pub fn of<'a>(tracks: impl IntoIterator<Item = &'a OwnSetup>, first_bar: u64) -> Setup {
        let mut setup = Setup { settled: first_bar, ..Setup::default() };
        let (mut selects, mut exclusives) = (Vec::new(), Vec::new());
        for own in tracks {
            selects.extend(
                own.selects.iter().map(|&(at, channel, what)| (at, (own.port, channel), what)),
            );
            exclusives.extend(own.exclusives.iter().map(|&(at, what)| (at, own.port, what)));
        }
        selects.sort_by_key(|&(at, ..)| at);
        for (at, place, what) in selects {
            setup.selections.entry(place).or_default().push(at, what);
        }
        // At one tick a device is reset before it is set up.
        exclusives.sort_by_key(|&(at, _, what)| (at, matches!(what, Exclusive::Part { .. })));
        for (at, port, what) in exclusives {
            match what {
                Exclusive::Part { channel, drums, because } => {
                    let modes = setup.part_modes.entry((port, channel)).or_default();
                    modes.push((at, Some((drums, because))));
                }
                Exclusive::Reset(system) => {
                    for (_, modes) in setup.part_modes.range_mut((port, 0)..=(port, 15)) {
                        modes.push((at, None));
                    }
                    setup.systems.entry(port).or_default().push((at, system));
                }
            }
        }
        setup
    }

    /// All tracks' changes on a channel; what is said of no port counts for all.
    fn selection(&self, port: u8, channel: u8) -> Option<&Selection> {
        let of = |port| self.selections.get(&(port, channel & 0xF));
        of(port).or_else(|| of(0))
    }

    /// The program of a note, 0 to 127. A track's own program changes come before those that other
    /// tracks send to its channel.
    pub fn program(&self, own: &OwnSetup, channel: u8, at: u64) -> u8 {
        let all = || self.selection(own.port, channel)?.at(at).program;
        own.selection(channel).at(at).program.or_else(all).unwrap_or(0)
    }

    /// Whether a note is a drum by what the file says, and why. `None` where the file says nothing and
    /// it is a melody. `looks` tells whether what the channel plays looks like a beat, where that
    /// decides.
    pub fn says_drums(
        &self,
        own: &OwnSetup,
        channel: u8,
        at: u64,
        looks: bool,
    ) -> Option<(bool, Because)> {
        if let Some(said) = self.part_mode(own.port, channel, at) {
            return Some(said);
        }
        let is_drum_channel = channel == DRUM_CHANNEL;
        let said = match (self.bank(own, channel, at), self.system(own.port, at)) {
            (Some(120), _) => Some((true, Because::Gm2)),
            (Some(121), Some(System::Gm2 | System::Gm) | None) if is_drum_channel => {
                Some((false, Because::Gm2))
            }
            (Some(126 | 127), Some(System::Xg)) => Some((true, Because::Xg)),
            // On an SC-55 these are the MT-32's sounds; without a word about the device, notes tell.
            (Some(126 | 127), Some(System::Gm | System::Gm2) | None) if looks => {
                Some((true, Because::Xg))
            }
            (Some(0 | 64), Some(System::Xg)) if is_drum_channel && !looks => {
                Some((false, Because::Xg))
            }
            _ => None,
        };
        said.or(is_drum_channel.then_some((true, Because::Channel)))
    }

    /// The bank of a note. A setting in the song's first bar counts for what is played before it.
    fn bank(&self, own: &OwnSetup, channel: u8, at: u64) -> Option<u8> {
        let own_selection = own.selection(channel);
        let selection = match own_selection.first_bank {
            Some(_) => own_selection,
            None => self.selection(own.port, channel)?,
        };
        let first = selection.first_bank.filter(|&first| first <= self.settled).unwrap_or(0);
        selection.at(at.max(first)).bank
    }

    /// What messages say of a channel. The first one counts for what is played before it, too: files
    /// set up their devices while the music begins.
    fn part_mode(&self, port: u8, channel: u8, at: u64) -> Option<(bool, Because)> {
        let of = |port| self.part_modes.get(&(port, channel & 0xF));
        let modes = of(port).or_else(|| of(0))?;
        let next = modes.partition_point(|&(when, _)| when <= at);
        modes[next.saturating_sub(1)].1
    }

    /// What a device was last told to be, or is told first.
    fn system(&self, port: u8, at: u64) -> Option<System> {
        let systems = self.systems.get(&port).or_else(|| self.systems.get(&0))?;
        let next = systems.partition_point(|&(when, _)| when <= at);
        Some(systems[next.saturating_sub(1)].1)
    }
}
