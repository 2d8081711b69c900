//! What a file calls its tracks.

/// A name longer than this is cut: it is no name.
const MAX_CHARS: usize = 128;

/// The names in one track of a file.
#[derive(Default)]
pub(super) struct Names {
    track: Option<String>,
    instrument: Option<String>,
    /// Names behind a channel prefix.
    channels: [Option<String>; 16],
    prefix: Option<u8>,
}

impl Names {
    /// The names that follow mean this channel, 0 to 15, until it plays.
    pub fn prefix(&mut self, channel: u8) {
        self.prefix = Some(channel);
    }

    /// Something is played.
    pub fn end_prefix(&mut self) {
        self.prefix = None;
    }

    pub fn track(&mut self, name: &str) {
        if let Some(channel) = self.prefix {
            first(&mut self.channels[usize::from(channel & 0xF)], name);
        }
        first(&mut self.track, name);
    }

    pub fn instrument(&mut self, name: &str) {
        match self.prefix {
            Some(channel) => first(&mut self.channels[usize::from(channel & 0xF)], name),
            None => first(&mut self.instrument, name),
        }
    }

    /// The best name for what a channel plays; empty if there is none.
    pub fn of_channel(&self, channel: u8, format: u16) -> String {
        let track = self.track.as_ref().filter(|_| format != 0);
        let channel = self.channels[usize::from(channel & 0xF)].as_ref();
        channel.or(track).or(self.instrument.as_ref()).cloned().unwrap_or_default()
    }
}

fn first(place: &mut Option<String>, name: &str) {
    if place.is_none() && !name.is_empty() {
        *place = Some(name.to_owned());
    }
}

/// Text as files have it: UTF-8 where it is that, otherwise Latin-1, as older programs write.
pub(super) fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => clean(text),
        Err(_) => clean(&bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}

/// A name that fits on one line: control characters are blanks, the ends are trimmed.
pub(super) fn clean(name: &str) -> String {
    let line: String =
        name.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    line.trim().chars().take(MAX_CHARS).collect::<String>().trim_end().to_owned()
}
