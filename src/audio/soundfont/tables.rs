//! A SoundFont's tables, put in order before rustysynth reads them.
//!
//! Fonts that people use have slips that other players bear: loops that end a sample behind their
//! sample, lists without their last record, samples of no length, zones that name nothing, chunks in
//! an order or of a length that the standard does not have. rustysynth refuses them, or panics. Here
//! the tables are read into [`Tables`], mended and written anew; the sample data is left where it is.
//!
//! Source: SoundFont Technical Specification 2.04 (E-mu Systems), sections 4 and 7.

use super::super::AudioError;

/// A generator: its number and amount.
pub(super) type Generator = (u16, u16);

/// Generators that name what a zone plays.
const INSTRUMENT: u16 = 41;
const SAMPLE: u16 = 53;
/// Generators that move a sample's ends and its loop's.
const OFFSETS: [u16; 8] = [0, 1, 2, 3, 4, 12, 45, 50];

/// How far behind the sample data a sample may end: a slip of the program that wrote the font.
const SLIP: u32 = 64;

/// The length of a sample's record.
const SAMPLE_BYTES: usize = 46;
/// Marks a sample that is in a sound card's memory and not in the file.
const ROM: u16 = 0x8000;

/// A preset or an instrument.
struct Layered {
    /// Its record without the zone index: 20 bytes of name, and what follows in a preset.
    head: Vec<u8>,
    zones: Vec<Vec<Generator>>,
}

struct Sample {
    record: [u8; SAMPLE_BYTES],
    /// Something can be played.
    sounds: bool,
}

/// All tables of a font.
pub(super) struct Tables {
    presets: Vec<Layered>,
    instruments: Vec<Layered>,
    samples: Vec<Sample>,
}

/// The chunks that hold them, as they stand in the file.
#[derive(Clone, Copy, Default)]
pub(super) struct Raw<'a> {
    pub phdr: &'a [u8],
    pub pbag: &'a [u8],
    pub pgen: &'a [u8],
    pub inst: &'a [u8],
    pub ibag: &'a [u8],
    pub igen: &'a [u8],
    pub shdr: &'a [u8],
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A name of at most 20 bytes.
fn name(record: &[u8]) -> String {
    let name: Vec<u8> = record[..20].iter().copied().take_while(|&byte| byte != 0).collect();
    String::from_utf8_lossy(&name).trim().to_owned()
}

impl Tables {
    /// Reads and mends the tables of a font whose sample data has `length` samples.
    ///
    /// # Errors
    /// [`AudioError::DamagedSoundFont`] where a list is missing, or a sample that is played lies
    /// outside the sample data; it is named.
    pub fn mended(raw: &Raw, length: usize) -> Result<Tables, AudioError> {
        let missing = |what: &str| AudioError::DamagedSoundFont(format!("it has no {what}"));
        let presets = layered(raw.phdr, [38, 24], "EOP", raw.pbag, raw.pgen);
        let instruments = layered(raw.inst, [22, 20], "EOI", raw.ibag, raw.igen);
        let mut tables = Tables { presets, instruments, samples: samples(raw.shdr) };
        if tables.samples.is_empty() {
            return Err(missing("samples"));
        }
        if tables.instruments.is_empty() {
            return Err(missing("instruments"));
        }
        tables.mend_zones();
        if tables.presets.is_empty() {
            return Err(missing("presets"));
        }
        let length = u32::try_from(length).unwrap_or(u32::MAX).min(i32::MAX as u32);
        tables.mend_samples(length)?;
        tables.mend_offsets(length);
        Ok(tables)
    }

    /// Leaves out zones that name nothing: no instrument or sample, or one that is not there.
    fn mend_zones(&mut self) {
        let (instruments, samples) = (self.instruments.len(), self.samples.len());
        for preset in &mut self.presets {
            preset.keep_zones(INSTRUMENT, instruments);
        }
        for instrument in &mut self.instruments {
            instrument.keep_zones(SAMPLE, samples);
        }
        self.presets.retain(|preset| !preset.zones.is_empty());
    }

    /// Puts the ends of samples and loops inside the data, and leaves out zones whose samples have
    /// no length.
    fn mend_samples(&mut self, length: u32) -> Result<(), AudioError> {
        let mut is_played = vec![false; self.samples.len()];
        for zone in self.instruments.iter().flat_map(|instrument| &instrument.zones) {
            if let Some(sample) = named(zone, SAMPLE) {
                is_played[sample] = true;
            }
        }
        for (sample, is_played) in self.samples.iter_mut().zip(is_played) {
            let record = &mut sample.record;
            let (start, end) = (u32_at(record, 20), u32_at(record, 24));
            sample.sounds = end > start && u16_at(record, 44) & ROM == 0;
            if sample.sounds && is_played && (start >= length || end - SLIP.min(end) > length) {
                let name = name(record);
                return Err(AudioError::DamagedSoundFont(format!(
                    "the sample \"{name}\" lies outside the sound data"
                )));
            }
            let (start, end) = (start.min(length), end.min(length));
            let loops =
                [u32_at(record, 28), u32_at(record, 32)].map(|at| at.clamp(start, end.max(start)));
            for (at, value) in [(20, start), (24, end.max(start)), (28, loops[0]), (32, loops[1])] {
                record[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
            if u32_at(record, 36) == 0 {
                record[36..40].copy_from_slice(&44_100u32.to_le_bytes());
            }
            if record[40] > 127 {
                // Not pitched: as if it were middle C.
                record[40] = 60;
            }
        }
        for instrument in &mut self.instruments {
            let samples = &self.samples;
            instrument
                .zones
                .retain(|zone| named(zone, SAMPLE).is_none_or(|sample| samples[sample].sounds));
        }
        Ok(())
    }

    /// Takes offsets away that lead a sample out of the data.
    fn mend_offsets(&mut self, length: u32) {
        for instrument in &mut self.instruments {
            let global = match instrument.zones.first() {
                Some(first) if named(first, SAMPLE).is_none() => first.clone(),
                _ => Vec::new(),
            };
            let leads_out = |zone: &Vec<Generator>| {
                let Some(sample) = named(zone, SAMPLE) else { return false };
                let record = &self.samples[sample].record;
                let amount = |number: u16| {
                    let in_zone = |zone: &[Generator]| {
                        zone.iter().rev().find(|(other, _)| *other == number).map(|found| found.1)
                    };
                    let amount = in_zone(zone).or_else(|| in_zone(&global)).unwrap_or(0);
                    i64::from(amount as i16)
                };
                let place = |at: usize, fine: u16, coarse: u16| {
                    i64::from(u32_at(record, at)) + amount(fine) + 32_768 * amount(coarse)
                };
                let (start, end) = (place(20, 0, 4), place(24, 1, 12));
                let loops = [place(28, 2, 45), place(32, 3, 50)];
                let all = 0..=i64::from(length);
                end <= start || ![start, end, loops[0], loops[1]].iter().all(|at| all.contains(at))
            };
            if instrument.zones.iter().any(leads_out) {
                for zone in &mut instrument.zones {
                    zone.retain(|(number, _)| !OFFSETS.contains(number));
                }
            }
        }
    }

    /// The list `pdta` with all its chunks, as a font has it.
    pub fn list(&self) -> Vec<u8> {
        let mut list = b"pdta".to_vec();
        let [phdr, pbag, pgen] = written(&self.presets, b"EOP", 24, 38);
        let [inst, ibag, igen] = written(&self.instruments, b"EOI", 20, 22);
        let mut shdr: Vec<u8> = self.samples.iter().flat_map(|sample| sample.record).collect();
        shdr.extend(terminator(b"EOS", SAMPLE_BYTES));
        // Modulators are not read: a list of none.
        let none = [0; 10];
        let chunks: [(&[u8; 4], &[u8]); 9] = [
            (b"phdr", &phdr),
            (b"pbag", &pbag),
            (b"pmod", &none),
            (b"pgen", &pgen),
            (b"inst", &inst),
            (b"ibag", &ibag),
            (b"imod", &none),
            (b"igen", &igen),
            (b"shdr", &shdr),
        ];
        for (id, bytes) in chunks {
            list.extend(id);
            list.extend((bytes.len() as u32).to_le_bytes());
            list.extend(bytes);
        }
        list
    }
}

impl Layered {
    /// Keeps a first zone that names nothing, which is for all, and those that name something there
    /// is. What follows the name in a zone means nothing.
    fn keep_zones(&mut self, naming: u16, count: usize) {
        let mut first = true;
        self.zones.retain_mut(|zone| {
            let is_first = std::mem::take(&mut first);
            match zone.iter().position(|&(number, _)| number == naming) {
                Some(at) => {
                    zone.truncate(at + 1);
                    usize::from(zone[at].1) < count
                }
                None => is_first,
            }
        });
    }
}

/// What a zone names: the amount of its last generator, if that is the naming one.
fn named(zone: &[Generator], naming: u16) -> Option<usize> {
    zone.last().filter(|(number, _)| *number == naming).map(|&(_, amount)| usize::from(amount))
}

/// Reads a list of records with their zones and generators. A record has `length` bytes and the index
/// of its first zone at `index`; `last` is what the record behind the last is called.
fn layered(
    heads: &[u8],
    [length, index]: [usize; 2],
    last: &str,
    bags: &[u8],
    generators: &[u8],
) -> Vec<Layered> {
    let mut generators: Vec<Generator> =
        generators.chunks_exact(4).map(|pair| (u16_at(pair, 0), u16_at(pair, 2))).collect();
    // The record behind the last is all zero, which no zone ends with.
    if generators.last() == Some(&(0, 0)) {
        generators.pop();
    }
    let mut bags: Vec<usize> =
        bags.chunks_exact(4).map(|bag| usize::from(u16_at(bag, 0))).collect();
    let mut records: Vec<&[u8]> = heads.chunks_exact(length).collect();
    let bag_of = |record: &[u8]| usize::from(u16_at(record, index));
    let bag_behind = bags.last().is_some_and(|&first| first >= generators.len());
    let has_last = records.last().is_some_and(|record| {
        name(record).starts_with(last) || (bag_behind && bag_of(record) + 1 == bags.len())
    });
    let mut count = bags.len();
    if has_last && let Some(record) = records.pop() {
        count = bag_of(record).min(bags.len());
    } else if bag_behind {
        count -= 1;
    }
    bags.truncate(count);
    let zone = |bag: usize| -> Vec<Generator> {
        let from = bags[bag].min(generators.len());
        let to = bags.get(bag + 1).map_or(generators.len(), |&next| next.min(generators.len()));
        generators.get(from..to).unwrap_or_default().to_vec()
    };
    let ends = records.iter().skip(1).map(|record| bag_of(record)).chain([count]);
    records
        .iter()
        .zip(ends)
        .map(|(record, end)| {
            let head = [&record[..index], &record[index + 2..]].concat();
            let zones = (bag_of(record)..end.min(count)).map(zone).collect();
            Layered { head, zones }
        })
        .collect()
}

fn samples(shdr: &[u8]) -> Vec<Sample> {
    let mut records: Vec<[u8; SAMPLE_BYTES]> = shdr.as_chunks().0.to_vec();
    let is_last = |record: &[u8; SAMPLE_BYTES]| {
        name(record).starts_with("EOS") || record[20..].iter().all(|&byte| byte == 0)
    };
    if records.last().is_some_and(is_last) {
        records.pop();
    }
    records.into_iter().map(|record| Sample { record, sounds: true }).collect()
}

/// A record behind the last of a list.
fn terminator(name: &[u8], length: usize) -> Vec<u8> {
    let mut record = name.to_vec();
    record.resize(length, 0);
    record
}

/// Records, zones and generators as three chunks. `index` is where a record's zone index stands,
/// `length` how long a record is.
fn written(layered: &[Layered], last: &[u8], index: usize, length: usize) -> [Vec<u8>; 3] {
    let (mut heads, mut bags, mut generators) = (Vec::new(), Vec::new(), Vec::new());
    let mut zones = 0u16;
    let push_head = |heads: &mut Vec<u8>, head: &[u8], zones: u16| {
        heads.extend(&head[..index]);
        heads.extend(zones.to_le_bytes());
        heads.extend(&head[index..]);
    };
    let empty = [Vec::new()];
    for one in layered {
        push_head(&mut heads, &one.head, zones);
        // One without zones gets one that plays nothing.
        for zone in if one.zones.is_empty() { &empty[..] } else { &one.zones } {
            bags.extend(((generators.len() / 4) as u16).to_le_bytes());
            bags.extend([0, 0]);
            zones = zones.saturating_add(1);
            for (number, amount) in zone {
                generators.extend(number.to_le_bytes());
                generators.extend(amount.to_le_bytes());
            }
        }
    }
    push_head(&mut heads, &terminator(last, length - 2), zones);
    bags.extend(((generators.len() / 4) as u16).to_le_bytes());
    bags.extend([0, 0]);
    generators.extend([0; 4]);
    [heads, bags, generators]
}
