//! Fonts as they are, and as programs write them.

use super::*;
use proptest::prelude::*;

const BYTES: &[u8] = include_bytes!("../../../assets/drumlin.sf2");

#[test]
fn the_embedded_font_has_a_kit_and_kin_for_every_program() {
    let font = SoundFont::embedded();
    let presets = font.inner().get_presets();
    let has = |bank, program: u8| {
        presets.iter().any(|preset| {
            preset.get_bank_number() == bank && preset.get_patch_number() == i32::from(program)
        })
    };
    assert!(has(128, 0));
    for program in 0..128 {
        assert!(has(0, font.program(program)), "program {program}");
        // A stand-in is never just the nearest number of another family's.
        assert!(font.program(program) != 0 || program < 16, "program {program}");
    }
}

#[test]
fn garbage_is_refused_in_words() {
    let message = |bytes: &[u8]| SoundFont::parse(bytes).unwrap_err().to_string();
    assert_eq!(message(b""), "this is not a SoundFont (.sf2) file");
    assert_eq!(message(b"MThd and so on"), "this is not a SoundFont (.sf2) file");
    assert!(message(&BYTES[..5000]).contains("ends too early"));
    let mut third = BYTES[..].to_vec();
    third[32] = 3;
    assert!(message(&third).contains("SF3"));
}

/// The embedded font with most of its samples cut out: its tables point past them, which is
/// found only after the tables have been read.
fn small_font() -> Vec<u8> {
    let find = |id: &[u8]| BYTES.windows(4).position(|four| four == id).unwrap();
    let (smpl, pdta) = (find(b"smpl"), find(b"pdta") - 8);
    let mut bytes = [&BYTES[..smpl + 8 + 64], &BYTES[pdta..]].concat();
    let cut = (BYTES.len() - bytes.len()) as u32;
    for at in [4, smpl - 8, smpl + 4] {
        let size = u32::from_le_bytes(BYTES[at..at + 4].try_into().unwrap()) - cut;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
    bytes
}

proptest! {
    #[test]
    fn damaged_fonts_never_panic(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = small_font();
        for (at, value) in places {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        // Mostly an error; but damage may also take away the very tables that point past the samples.
        let _ = SoundFont::parse(&bytes);
    }
}

/// A font of one preset, one instrument and one sample of a tenth of a second, as the standard has
/// it. Its parts can be put wrong.
struct Small {
    samples: usize,
    /// Start, end, loop start, loop end.
    sample: [u32; 4],
    link: u16,
    /// Whether each list has its last record: headers, bags, generators, samples.
    last: [bool; 4],
    /// Generators of a zone before that of the sample, and of one that names nothing.
    more: Vec<(u16, u16)>,
    odd_zone: bool,
    unknown_chunk: bool,
    /// Another sample in the list, of no length, with a zone of its own.
    empty_sample: bool,
}

impl Default for Small {
    fn default() -> Small {
        Small {
            samples: 4410,
            sample: [0, 4410, 1000, 4000],
            link: 0,
            last: [true; 4],
            more: Vec::new(),
            odd_zone: false,
            unknown_chunk: false,
            empty_sample: false,
        }
    }
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_le_bytes(), body].concat()
}

fn name(text: &str) -> Vec<u8> {
    let mut name = text.as_bytes().to_vec();
    name.resize(20, 0);
    name
}

impl Small {
    fn bytes(&self) -> Vec<u8> {
        let words = |words: &[u16]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        };
        let [heads, bags, generators, samples] = self.last;
        let head = |title: &str, rest: &[u16]| [name(title), words(rest)].concat();
        let some = |is: bool, bytes: Vec<u8>| if is { bytes } else { Vec::new() };

        let preset = head("Tone", &[0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let phdr = [preset, some(heads, head("EOP", &[0, 0, 1, 0, 0, 0, 0, 0, 0]))].concat();
        let pbag = [words(&[0, 0]), some(bags, words(&[1, 0]))].concat();
        let pgen = [words(&[41, 0]), some(generators, words(&[0, 0]))].concat();

        let mut zones: Vec<Vec<(u16, u16)>> = Vec::new();
        if self.empty_sample {
            zones.push(vec![(53, 1)]);
        }
        zones.push([&self.more[..], &[(53, 0)]].concat());
        if self.odd_zone {
            zones.push(vec![(17, 100)]);
        }
        let (mut ibag, mut igen) = (Vec::new(), Vec::new());
        for zone in &zones {
            ibag.extend(words(&[(igen.len() / 4) as u16, 0]));
            zone.iter().for_each(|&(number, amount)| igen.extend(words(&[number, amount])));
        }
        ibag.extend(some(bags, words(&[(igen.len() / 4) as u16, 0])));
        igen.extend(some(generators, words(&[0, 0])));
        let inst = [head("Tone", &[0]), some(heads, head("EOI", &[zones.len() as u16]))].concat();

        let record = |title: &str, [start, end, from, to]: [u32; 4], link: u16| {
            let places: Vec<u8> =
                [start, end, from, to, 44_100].iter().flat_map(|at| at.to_le_bytes()).collect();
            [name(title), places, vec![60, 0], words(&[link, 1])].concat()
        };
        let mut shdr = record("Tone C4", self.sample, self.link);
        if self.empty_sample {
            shdr.extend(record("Nothing", [7, 7, 7, 7], 0));
        }
        shdr.extend(some(samples, [name("EOS"), vec![0; 26]].concat()));

        let wave: Vec<u8> = (0..self.samples)
            .map(|at| ((at as f64 * 0.05).sin() * 20_000.0) as i16)
            .flat_map(i16::to_le_bytes)
            .collect();
        let unknown = some(self.unknown_chunk, chunk(b"XYZ ", &[1, 2, 3, 0]));
        let info = [b"INFO".to_vec(), chunk(b"ifil", &words(&[2, 1])), unknown.clone()].concat();
        let data = [b"sdta".to_vec(), chunk(b"smpl", &wave)].concat();
        let tables = [
            b"pdta".to_vec(),
            chunk(b"phdr", &phdr),
            chunk(b"pbag", &pbag),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &pgen),
            chunk(b"inst", &inst),
            chunk(b"ibag", &ibag),
            chunk(b"imod", &[0; 10]),
            chunk(b"igen", &igen),
            chunk(b"shdr", &shdr),
            unknown,
        ]
        .concat();
        let lists = [chunk(b"LIST", &info), chunk(b"LIST", &data), chunk(b"LIST", &tables)];
        chunk(b"RIFF", &[b"sfbk".to_vec(), lists.concat()].concat())
    }

    /// How loud a note is that the font plays.
    fn loudness(&self) -> f32 {
        let font = SoundFont::parse(&self.bytes()).unwrap();
        let settings = rustysynth::SynthesizerSettings::new(44_100);
        let mut synthesizer = rustysynth::Synthesizer::new(font.inner(), &settings).unwrap();
        synthesizer.note_on(0, 60, 100);
        let (mut left, mut right) = (vec![0.0; 22_050], vec![0.0; 22_050]);
        synthesizer.render(&mut left, &mut right);
        left.iter().fold(0.0, |most, sample| sample.abs().max(most))
    }
}

#[test]
fn fonts_with_slips_play() {
    let right = Small::default().loudness();
    assert!(right > 0.01);
    let all = [true; 4];
    let loops = [(54, 1)];
    let fonts = [
        (
            "a loop that ends a sample late",
            Small { sample: [0, 4410, 1000, 4411], ..Small::default() },
        ),
        (
            "a sample that ends behind the data",
            Small { sample: [0, 4440, 1000, 4440], ..Small::default() },
        ),
        ("a loop before its sample", Small { sample: [10, 4000, 0, 5], ..Small::default() }),
        ("a loop turned round", Small { sample: [0, 4000, 3000, 20], ..Small::default() }),
        ("a link to nowhere", Small { link: 700, ..Small::default() }),
        ("no last headers", Small { last: [false, true, true, true], ..Small::default() }),
        ("no last bags", Small { last: [true, false, true, true], ..Small::default() }),
        ("no last generators", Small { last: [true, true, false, true], ..Small::default() }),
        ("no last sample", Small { last: [true, true, true, false], ..Small::default() }),
        ("no last record of any", Small { last: [false; 4], ..Small::default() }),
        ("an offset out of the data", Small { more: vec![(12, 1)], ..Small::default() }),
        ("a zone of nothing", Small { odd_zone: true, ..Small::default() }),
        ("chunks of its own", Small { unknown_chunk: true, ..Small::default() }),
        ("a sample of no length", Small { empty_sample: true, last: all, ..Small::default() }),
    ];
    for (what, font) in fonts {
        let looped = Small { more: [&font.more[..], &loops].concat(), ..font };
        let loudness = looped.loudness();
        assert!(loudness > 0.5 * right && loudness < 2.0 * right, "{what}: {loudness}");
    }
}

#[test]
fn a_sample_that_is_not_there_is_named() {
    let font = Small { sample: [8000, 9000, 8100, 8900], ..Small::default() };
    let message = SoundFont::parse(&font.bytes()).unwrap_err().to_string();
    assert!(message.contains("\"Tone C4\" lies outside"), "{message}");
}

#[test]
fn only_the_first_bytes_of_what_is_no_font_are_read() {
    let zero = std::path::Path::new("/dev/zero");
    if zero.exists() {
        assert!(matches!(SoundFont::read(zero), Err(AudioError::NotASoundFont)));
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    // Three gigabytes that are no font and take no room on the disk.
    file.as_file().set_len(3 << 30).unwrap();
    let begun = std::time::Instant::now();
    assert!(matches!(SoundFont::read(file.path()), Err(AudioError::NotASoundFont)));
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
    std::fs::write(file.path(), Small::default().bytes()).unwrap();
    assert!(SoundFont::read(file.path()).is_ok());
}
