//! MIDI files, byte by byte, and recordings.

use std::path::Path;

/// A quarter note has this many ticks in all files made here.
pub const QUARTER: u32 = 96;

/// A variable-length quantity.
fn quantity(value: u32) -> Vec<u8> {
    let mut bytes = vec![(value & 0x7F) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        bytes.insert(0, (rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    bytes
}

pub fn header(format: u16, tracks: u16) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    for number in [format, tracks, QUARTER as u16] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

/// A track chunk: events, each after a number of ticks, then the end of the track.
pub fn track(events: &[(u32, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (wait, event) in events.iter().chain(&[(0, &b"\xFF\x2F\x00"[..])]) {
        body.extend(quantity(*wait));
        body.extend(*event);
    }
    let mut bytes = b"MTrk".to_vec();
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    bytes
}

pub fn file(tracks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = header(1, tracks.len() as u16);
    bytes.extend(tracks.iter().flatten());
    bytes
}

pub fn name(text: &str) -> Vec<u8> {
    [b"\xFF\x03", &[text.len() as u8][..], text.as_bytes()].concat()
}

/// A track with a name that plays quarter notes on a channel, `bars` bars of 4/4.
pub fn notes(title: &str, channel: u8, program: u8, bars: u32) -> Vec<u8> {
    let name = name(title);
    let program = [0xC0 | channel, program];
    let mut events: Vec<(u32, &[u8])> = vec![(0, &name), (0, &program)];
    let strokes: Vec<([u8; 3], [u8; 3])> = (0..bars * 4)
        .map(|beat| {
            let key = if channel == 9 { 36 } else { 60 + [0, 4, 7, 5][beat as usize % 4] };
            ([0x90 | channel, key, 90], [0x80 | channel, key, 0])
        })
        .collect();
    for (on, off) in &strokes {
        events.extend([(0, &on[..]), (QUARTER, &off[..])]);
    }
    track(&events)
}

/// Eight bars of a melody, a bass and drums.
pub fn small_song() -> Vec<u8> {
    file(&[notes("Melody", 0, 73, 8), notes("Bass", 1, 33, 8), notes("Kit", 9, 0, 8)])
}

/// A recording of 32-bit floats; what is written is the same on all channels.
pub fn write_wav(path: &Path, samples: impl IntoIterator<Item = f32>, rate: u32, channels: u16) {
    let format = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(path, format).unwrap();
    for sample in samples {
        for _ in 0..channels {
            file.write_sample(sample).unwrap();
        }
    }
    file.finalize().unwrap();
}
