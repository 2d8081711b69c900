//! Bytes of a file by their place, for what looks through a file before it is decoded.

use std::fs::File;
use std::io::{BufReader, Read};

/// Bytes that are read at once: the longest Ogg page and more.
const BUFFER: usize = 1 << 17;

/// A file that is gone through from its beginning on, now and then a few bytes back.
pub struct FileBytes<'a> {
    reader: BufReader<&'a File>,
    /// Where the reader is.
    at: u64,
    /// The file's length; 0 once it cannot be read.
    length: u64,
}

impl FileBytes<'_> {
    /// Of a file that stands at its beginning and is so many bytes long.
    pub fn new(file: &File, length: u64) -> FileBytes<'_> {
        FileBytes { reader: BufReader::with_capacity(BUFFER, file), at: 0, length }
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes from a place on; `None` if they go beyond the end.
    pub fn get<const COUNT: usize>(&mut self, from: u64) -> Option<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.read(from, &mut bytes).then_some(bytes)
    }

    /// Fills `bytes` from a place on; `false` if they go beyond the end.
    pub fn read(&mut self, from: u64, bytes: &mut [u8]) -> bool {
        let end = from.saturating_add(bytes.len() as u64);
        if end > self.length {
            return false;
        }
        let way = from.cast_signed() - self.at.cast_signed();
        let read = self.reader.seek_relative(way).and_then(|()| self.reader.read_exact(bytes));
        self.at = end;
        if read.is_err() {
            // Where the reader is now is not known.
            self.length = 0;
        }
        read.is_ok()
    }
}
