//! The events of one track, as they stand in the file.
//!
//! Beside what the standard says this reads what real files hold: running status that goes on after
//! a meta or system exclusive event, values over 127, system messages that belong on a cable and not
//! in a file, and a system exclusive message whose length is wrong but whose end mark is there.

/// An event and when it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// In ticks of the file from its start.
    pub at: u64,
    pub message: Message<'a>,
}

/// What an event says, without running status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// A channel message: status byte 0x80 to 0xEF and its data, each 0 to 127. Program changes and
    /// channel pressure use the first byte only; the second is 0.
    Channel {
        status: u8,
        data: [u8; 2],
    },
    Meta {
        kind: u8,
        data: &'a [u8],
    },
    /// System exclusive: status 0xF0 begins a message, 0xF7 goes on with one or escapes any bytes.
    SysEx {
        status: u8,
        data: &'a [u8],
    },
}

/// The meta event that ends a track.
pub(super) const END_OF_TRACK: u8 = 0x2F;

/// So many events behind a system exclusive message tell whether its length is right.
const LOOK_AHEAD: usize = 32;

impl Message<'_> {
    pub fn is_end(&self) -> bool {
        matches!(self, Message::Meta { kind: END_OF_TRACK, .. })
    }

    /// How many data bytes follow a channel message's status byte.
    pub fn data_bytes(status: u8) -> usize {
        if matches!(status & 0xF0, 0xC0 | 0xD0) { 1 } else { 2 }
    }
}

/// Where a track stops making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Offset of the event that cannot be read, from the first byte of the track.
    pub byte: usize,
}

/// Reads a track's events up to its first end mark, which is the last event given.
#[derive(Clone)]
pub(super) struct Events<'a> {
    bytes: &'a [u8],
    next: usize,
    now: u64,
    /// The last channel message's status byte.
    running: Option<u8>,
    ended: bool,
    /// Values that had to be mended: over 127, or a message's length.
    pub mended: usize,
    /// There was something behind an end mark.
    pub went_on: bool,
}

impl<'a> Events<'a> {
    pub fn new(bytes: &'a [u8]) -> Events<'a> {
        Events { bytes, next: 0, now: 0, running: None, ended: false, mended: 0, went_on: false }
    }

    /// The track's end mark was read.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Where the next event would begin.
    pub fn position(&self) -> usize {
        self.next
    }

    /// When the last event was.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Goes on behind an end mark, for tracks that have one too many.
    pub fn go_on(&mut self) {
        self.ended = false;
    }

    /// The next event of the whole track, end marks on the way or not.
    pub fn next_of_track(&mut self) -> Option<Result<Event<'a>, Broken>> {
        loop {
            if let Some(event) = self.next() {
                return Some(event);
            }
            if !self.ended || self.next >= self.bytes.len() {
                return None;
            }
            self.go_on();
            self.went_on = true;
        }
    }

    /// `None` where nothing was left to read or the event only belongs on a cable.
    fn event(&mut self) -> Option<Result<Option<Event<'a>>, ()>> {
        let mut rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        Some(self.message(&mut rest).ok_or(()).inspect(|_| {
            self.next = self.bytes.len() - rest.len();
        }))
    }

    fn message(&mut self, rest: &mut &'a [u8]) -> Option<Option<Event<'a>>> {
        // 2^64 ticks need 2^36 events of the longest distance: no file has them.
        let at = self.now + u64::from(varlen(rest)?);
        let status = match *rest.first()? {
            status @ 0x80.. => {
                *rest = &rest[1..];
                status
            }
            _ => self.running?,
        };
        let message = match status {
            ..0xF0 => {
                self.running = Some(status);
                let data = take(rest, Message::data_bytes(status))?;
                self.now = at;
                match self.clamped(status, data) {
                    Some(data) => Message::Channel { status, data },
                    None => return Some(None),
                }
            }
            0xF0 | 0xF7 => {
                let length = varlen(rest)? as usize;
                let data = match self.own_end(status, length, rest) {
                    // The message's own end mark is worth more than a length that leads nowhere.
                    Some(end) => {
                        self.mended += 1;
                        take(rest, end)?
                    }
                    None => take(rest, length)?,
                };
                self.now = at;
                Message::SysEx { status, data }
            }
            0xFF => {
                let kind = take(rest, 1)?[0];
                let length = varlen(rest)? as usize;
                let data = take(rest, length)?;
                self.now = at;
                self.ended = kind == END_OF_TRACK;
                Message::Meta { kind, data }
            }
            _ => {
                let data = match status {
                    0xF2 => 2,
                    0xF1 | 0xF3 => 1,
                    _ => 0,
                };
                take(rest, data)?;
                self.now = at;
                return Some(None);
            }
        };
        Some(Some(Event { at, message }))
    }

    /// Where a system exclusive message has its end mark, if that is before the end that its length says
    /// and the length cannot be right: it leads behind the track's end or to where there are no events,
    /// while events follow the mark.
    fn own_end(&self, status: u8, length: usize, rest: &[u8]) -> Option<usize> {
        if status != 0xF0 {
            return None;
        }
        let said = rest.get(..length);
        let end = said.unwrap_or(rest).iter().position(|&byte| byte == 0xF7)? + 1;
        let follows = |from: usize| {
            // No exclusive message among them is looked at so: looking ends with the first.
            let mut events = Events { running: self.running, ..Events::new(&rest[from..]) };
            for _ in 0..LOOK_AHEAD {
                if delta_and_status(&events.bytes[events.next..]) == Some(0xF0) {
                    break;
                }
                match events.next() {
                    Some(Ok(_)) if events.mended == 0 => {}
                    None => break,
                    _ => return false,
                }
            }
            true
        };
        let is_wrong = |said: &[u8]| end < said.len() && !follows(length) && follows(end);
        said.is_none_or(is_wrong).then_some(end)
    }

    /// A channel message's data with what is over 127 brought down to 127. `None` for a message that
    /// would mean something else then: another key, controller or program.
    fn clamped(&mut self, status: u8, data: &[u8]) -> Option<[u8; 2]> {
        let (first, second) = (data[0], data.get(1).copied().unwrap_or(0));
        self.mended += usize::from(first > 127 || second > 127);
        let is_number = !matches!(status & 0xF0, 0xD0 | 0xE0);
        (first < 128 || !is_number).then_some([first.min(127), second.min(127)])
    }
}

/// The status byte of the event that begins here.
fn delta_and_status(mut bytes: &[u8]) -> Option<u8> {
    varlen(&mut bytes)?;
    bytes.first().copied()
}

/// A number in MIDI's variable length: up to four bytes of seven bits.
pub(super) fn varlen(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for _ in 0..4 {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value = value << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let byte = self.next;
            match self.event()? {
                Ok(Some(event)) => return Some(Ok(event)),
                Ok(None) => {}
                Err(()) => {
                    self.next = self.bytes.len();
                    return Some(Err(Broken { byte }));
                }
            }
        }
        None
    }
}
