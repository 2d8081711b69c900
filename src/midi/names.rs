//! What a file calls its tracks.

use super::text::Encoding;

/// The names in one track of a file, as they stand there.
#[derive(Default)]
pub(super) struct Names<'a> {
    track: Option<&'a [u8]>,
    instrument: Option<&'a [u8]>,
    /// Names behind a channel prefix.
    channels: [Option<&'a [u8]>; 16],
    prefix: Option<u8>,
}

impl<'a> Names<'a> {
    /// The names that follow mean this channel, 0 to 15, until it plays.
    pub fn prefix(&mut self, channel: u8) {
        self.prefix = Some(channel);
    }

    /// Something is played.
    pub fn end_prefix(&mut self) {
        self.prefix = None;
    }

    pub fn track(&mut self, name: &'a [u8]) {
        if let Some(channel) = self.prefix {
            first(&mut self.channels[usize::from(channel & 0xF)], name);
        }
        first(&mut self.track, name);
    }

    pub fn instrument(&mut self, name: &'a [u8]) {
        match self.prefix {
            Some(channel) => first(&mut self.channels[usize::from(channel & 0xF)], name),
            None => first(&mut self.instrument, name),
        }
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.channels.iter().chain([&self.track, &self.instrument]).filter_map(|name| *name)
    }

    /// The best name for what a channel plays; empty if there is none.
    pub fn of_channel(&self, channel: u8, format: u16, encoding: Encoding) -> String {
        let track = self.track.filter(|_| format != 0);
        let channel = self.channels[usize::from(channel & 0xF)];
        channel.or(track).or(self.instrument).map(|name| encoding.decode(name)).unwrap_or_default()
    }
}

fn first<'a>(place: &mut Option<&'a [u8]>, name: &'a [u8]) {
    // What is blank in Latin-1 is blank in all encodings.
    if place.is_none() && !Encoding::Latin1.decode(name).is_empty() {
        *place = Some(name);
    }
}
