//! SoundFont 2 files as plain data, read and written.
//!
//! Source: "SoundFont Technical Specification", version 2.04 (E-mu, 2006): a RIFF file of three
//! lists, `INFO` (strings), `sdta` (16-bit samples) and `pdta` (nine tables that point into each
//! other by index).

use std::error::Error;

/// Generators (specification, section 8.1) that the subset has to understand.
pub mod generator {
    pub const CUTOFF: u16 = 8;
    pub const LFO_TO_CUTOFF: u16 = 10;
    pub const ENVELOPE_TO_CUTOFF: u16 = 11;
    pub const PAN: u16 = 17;
    pub const INSTRUMENT: u16 = 41;
    pub const KEY_RANGE: u16 = 43;
    pub const VELOCITY_RANGE: u16 = 44;
    pub const ATTENUATION: u16 = 48;
    pub const COARSE_TUNE: u16 = 51;
    pub const SAMPLE: u16 = 53;
    pub const SAMPLE_MODES: u16 = 54;
    pub const ROOT_KEY: u16 = 58;
    /// Offsets into the sample: start, end, loop start, loop end, and the same in 32768s.
    pub const OFFSETS: [u16; 8] = [0, 1, 2, 3, 4, 12, 45, 50];
}

#[derive(Clone, Default)]
pub struct Zone {
    pub generators: Vec<(u16, u16)>,
    pub modulators: Vec<[u8; 10]>,
}

impl Zone {
    pub fn get(&self, generator: u16) -> Option<u16> {
        self.generators.iter().find(|(kind, _)| *kind == generator).map(|(_, value)| *value)
    }

    /// Replaces the generator's value if the zone has it.
    pub fn replace(&mut self, generator: u16, value: u16) {
        for (kind, old) in &mut self.generators {
            if *kind == generator {
                *old = value;
            }
        }
    }

    /// The lowest and highest key or velocity of a range generator.
    pub fn range(&self, generator: u16) -> (u8, u8) {
        self.get(generator).map_or((0, 127), |value| (value as u8, (value >> 8) as u8))
    }
}

#[derive(Clone)]
pub struct Preset {
    pub name: [u8; 20],
    pub program: u16,
    pub bank: u16,
    pub zones: Vec<Zone>,
}

#[derive(Clone)]
pub struct Instrument {
    pub name: [u8; 20],
    pub zones: Vec<Zone>,
}

/// One recording with loop points relative to its start.
#[derive(Clone)]
pub struct Sample {
    pub name: [u8; 20],
    pub wave: Vec<i16>,
    pub loop_start: usize,
    pub loop_end: usize,
    pub rate: u32,
    pub root: u8,
    pub correction: i8,
}

#[derive(Clone)]
pub struct Font {
    pub presets: Vec<Preset>,
    pub instruments: Vec<Instrument>,
    pub samples: Vec<Sample>,
}

type Chunk<'a> = ([u8; 4], &'a [u8]);

fn chunks(mut bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Box<dyn Error>> {
    let mut found = Vec::new();
    while bytes.len() >= 8 {
        let id = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let size = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let body = bytes.get(8..8 + size).ok_or("a chunk reaches past the end of the file")?;
        found.push((id, body));
        bytes = bytes.get(8 + size + size % 2..).unwrap_or_default();
    }
    Ok(found)
}

fn word(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

fn long(record: &[u8], at: usize) -> usize {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]) as usize
}

fn name(record: &[u8]) -> [u8; 20] {
    std::array::from_fn(|at| record[at])
}

/// The zones from one bag index to the next.
fn zones(bags: &[u8], generators: &[u8], modulators: &[u8], from: usize, to: usize) -> Vec<Zone> {
    let bag = |index: usize| &bags[index * 4..][..4];
    (from..to)
        .map(|index| Zone {
            generators: generators
                [usize::from(word(bag(index), 0)) * 4..usize::from(word(bag(index + 1), 0)) * 4]
                .chunks(4)
                .map(|record| (word(record, 0), word(record, 2)))
                .collect(),
            modulators: modulators
                [usize::from(word(bag(index), 2)) * 10..usize::from(word(bag(index + 1), 2)) * 10]
                .chunks(10)
                .map(|record| std::array::from_fn(|at| record[at]))
                .collect(),
        })
        .collect()
}

impl Font {
    /// Reads a well-formed font; this is a build tool for one known file, so a malformed one may
    /// also panic.
    pub fn parse(bytes: &[u8]) -> Result<Font, Box<dyn Error>> {
        let riff = chunks(bytes)?;
        let body = riff.first().filter(|(id, _)| id == b"RIFF").ok_or("not a RIFF file")?.1;
        let mut tables = std::collections::HashMap::new();
        for (id, list) in chunks(&body[4..])? {
            if &id == b"LIST" {
                tables.extend(chunks(&list[4..])?);
            }
        }
        let table = |id: &[u8; 4]| {
            let name = String::from_utf8_lossy(id).into_owned();
            tables.get(id).copied().ok_or(format!("the font has no {name} table"))
        };
        let wave: Vec<i16> = table(b"smpl")?
            .chunks_exact(2)
            .map(|two| i16::from_le_bytes([two[0], two[1]]))
            .collect();
        let headers: Vec<&[u8]> = table(b"phdr")?.chunks_exact(38).collect();
        let (bags, gens, mods) = (table(b"pbag")?, table(b"pgen")?, table(b"pmod")?);
        let presets = headers
            .windows(2)
            .map(|pair| Preset {
                name: name(pair[0]),
                program: word(pair[0], 20),
                bank: word(pair[0], 22),
                zones: zones(bags, gens, mods, word(pair[0], 24).into(), word(pair[1], 24).into()),
            })
            .collect();
        let headers: Vec<&[u8]> = table(b"inst")?.chunks_exact(22).collect();
        let (bags, gens, mods) = (table(b"ibag")?, table(b"igen")?, table(b"imod")?);
        let instruments = headers
            .windows(2)
            .map(|pair| Instrument {
                name: name(pair[0]),
                zones: zones(bags, gens, mods, word(pair[0], 20).into(), word(pair[1], 20).into()),
            })
            .collect();
        let headers = table(b"shdr")?.chunks_exact(46);
        let samples = headers
            .clone()
            .take(headers.len().saturating_sub(1))
            .map(|record| {
                let start = long(record, 20);
                Sample {
                    name: name(record),
                    wave: wave[start..long(record, 24)].to_vec(),
                    loop_start: long(record, 28).saturating_sub(start),
                    loop_end: long(record, 32).saturating_sub(start),
                    rate: long(record, 36) as u32,
                    root: record[40],
                    correction: record[41] as i8,
                }
            })
            .collect();
        Ok(Font { presets, instruments, samples })
    }

    /// The file, with the given `INFO` strings. All samples are written as mono.
    pub fn write(&self, info: &[([u8; 4], &str)]) -> Vec<u8> {
        let mut strings = chunk(b"ifil", &[2, 0, 1, 0]);
        for (id, text) in info {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(bytes.len() + 2 - bytes.len() % 2, 0);
            strings.extend(chunk(id, &bytes));
        }
        let (mut wave, mut headers) = (Vec::new(), Vec::new());
        for sample in &self.samples {
            let start = wave.len() / 2;
            wave.extend(sample.wave.iter().flat_map(|value| value.to_le_bytes()));
            headers.extend(sample.name);
            let places = [0, sample.wave.len(), sample.loop_start, sample.loop_end];
            headers.extend(places.iter().flat_map(|at| ((start + at) as u32).to_le_bytes()));
            headers.extend(sample.rate.to_le_bytes());
            headers.extend([sample.root, sample.correction as u8, 0, 0, 1, 0]);
            // The specification asks for 46 zeros after each sample, for interpolators to run into.
            wave.extend([0; 92]);
        }
        headers.extend(terminal(b"EOS", 46));

        let mut presets = Tables::default();
        let mut preset_headers = Vec::new();
        for preset in &self.presets {
            preset_headers.extend(preset.name);
            for value in [preset.program, preset.bank, presets.bags()] {
                preset_headers.extend(value.to_le_bytes());
            }
            preset_headers.extend([0; 12]);
            presets.add(&preset.zones);
        }
        preset_headers.extend(&terminal(b"EOP", 38)[..24]);
        preset_headers.extend(presets.bags().to_le_bytes());
        preset_headers.extend([0; 12]);

        let mut instruments = Tables::default();
        let mut instrument_headers = Vec::new();
        for instrument in &self.instruments {
            instrument_headers.extend(instrument.name);
            instrument_headers.extend(instruments.bags().to_le_bytes());
            instruments.add(&instrument.zones);
        }
        instrument_headers.extend(&terminal(b"EOI", 22)[..20]);
        instrument_headers.extend(instruments.bags().to_le_bytes());

        let (preset_bags, preset_mods, preset_gens) = presets.finish();
        let (instrument_bags, instrument_mods, instrument_gens) = instruments.finish();
        let parameters: Vec<u8> = [
            chunk(b"phdr", &preset_headers),
            chunk(b"pbag", &preset_bags),
            chunk(b"pmod", &preset_mods),
            chunk(b"pgen", &preset_gens),
            chunk(b"inst", &instrument_headers),
            chunk(b"ibag", &instrument_bags),
            chunk(b"imod", &instrument_mods),
            chunk(b"igen", &instrument_gens),
            chunk(b"shdr", &headers),
        ]
        .concat();
        let body = [
            b"sfbk".to_vec(),
            list(b"INFO", &strings),
            list(b"sdta", &chunk(b"smpl", &wave)),
            list(b"pdta", &parameters),
        ]
        .concat();
        chunk(b"RIFF", &body)
    }
}

/// Bags, modulators and generators under construction.
#[derive(Default)]
struct Tables {
    bags: Vec<u8>,
    modulators: Vec<u8>,
    generators: Vec<u8>,
}

impl Tables {
    fn bags(&self) -> u16 {
        (self.bags.len() / 4) as u16
    }

    fn bag(&mut self) {
        self.bags.extend(((self.generators.len() / 4) as u16).to_le_bytes());
        self.bags.extend(((self.modulators.len() / 10) as u16).to_le_bytes());
    }

    fn add(&mut self, zones: &[Zone]) {
        for zone in zones {
            self.bag();
            for (kind, value) in &zone.generators {
                self.generators.extend(kind.to_le_bytes());
                self.generators.extend(value.to_le_bytes());
            }
            self.modulators.extend(zone.modulators.concat());
        }
    }

    /// Closes each table with its terminal record.
    fn finish(mut self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        self.bag();
        self.modulators.extend([0; 10]);
        self.generators.extend([0; 4]);
        (self.bags, self.modulators, self.generators)
    }
}

fn terminal(name: &[u8], size: usize) -> Vec<u8> {
    let mut record = name.to_vec();
    record.resize(size, 0);
    record
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len() + body.len() % 2, 0);
    bytes
}

fn list(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[id.as_slice(), body].concat())
}
