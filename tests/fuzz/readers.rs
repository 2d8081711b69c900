//! States, presets, networks, SoundFonts and recordings.

use std::fs;
use std::io::Read;
use std::path::Path;

use drumlin::audio::wav_mono;
use drumlin::score::SampleRate;
use drumlin::studio::{Preset, Saved};
use flate2::read::DeflateDecoder;

use super::checks;
use super::damage::{Format, run};

/// The files of a folder of the repository that end so.
fn files(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "the seeds are there");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A state unpacked, behind the number of its version.
fn unpacked(state: &[u8]) -> Vec<u8> {
    let mut plain = vec![state[4]];
    DeflateDecoder::new(&state[10..]).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn damaged_states_are_read_or_refused() {
    let small = Saved::default().to_bytes();
    let mut seeds = vec![unpacked(&small)];
    seeds.extend(files("tests/golden/state", "drumlin").iter().map(|state| unpacked(state)));
    run(&Format {
        name: "layout",
        seeds,
        words: &[
            b"\0\0\0\0",
            b"\xFF\xFF\xFF\xFF",
            b"\xFF\xFF\xFF\xFF\x0F",
            b"\x01\0",
            b"\0\0\x80\x7F",
            b"\0\0\xC0\x7F",
        ],
        lengths_after: &[],
        longest: 64 << 10,
        rounds: 1_500,
        check: checks::state::check,
    });
}

#[test]
fn damaged_presets_are_read_or_refused() {
    run(&Format {
        name: "json",
        seeds: Preset::factory().iter().map(|preset| preset.to_json().unwrap()).collect(),
        words: &[
            b"{", b"}", b"[", b"]", b"\"", b",", b":", b"null", b"-1", b"1e999", b"1e-400",
            b"\\u0000", b"true",
        ],
        lengths_after: &[],
        longest: 8 << 10,
        rounds: 4_000,
        check: checks::preset::check,
    });
}

#[test]
fn damaged_networks_are_loaded_or_refused() {
    run(&Format {
        name: "onnx",
        seeds: files("tests/golden/networks", "onnx"),
        words: &[
            b"Conv",
            b"MatMul",
            b"Gather",
            b"Reshape",
            b"\x08\x07",
            b"\xFF\xFF\xFF\xFF\x0F",
            b"\x0A\0",
        ],
        lengths_after: &[],
        longest: 8 << 10,
        rounds: 400,
        check: checks::model::check,
    });
}

#[test]
fn damaged_fonts_are_read_or_refused() {
    run(&Format {
        name: "sf2",
        seeds: vec![small_font()],
        words: &[
            b"RIFF",
            b"LIST",
            b"sfbk",
            b"INFO",
            b"sdta",
            b"smpl",
            b"pdta",
            b"phdr",
            b"pbag",
            b"pgen",
            b"inst",
            b"ibag",
            b"igen",
            b"shdr",
            b"\xFF\xFF",
            b"\x29\0",
            b"\x35\0",
        ],
        lengths_after: &[
            b"RIFF", b"LIST", b"smpl", b"phdr", b"pbag", b"pgen", b"inst", b"ibag", b"igen",
            b"shdr",
        ],
        longest: 8 << 10,
        rounds: 3_000,
        check: checks::soundfont::check,
    });
}

#[test]
fn damaged_recordings_are_decoded_or_refused() {
    let wave: Vec<f32> = (0..1500).map(|at| (at as f32 * 0.1).sin()).collect();
    let bytes = wav_mono(&wave, SampleRate::ANALYSIS);
    let mut seeds = vec![rf64(&bytes), bytes, aiff()];
    // Of recordings the beginning.
    seeds.extend(files("tests/transcriber/kit", "flac").into_iter().take(3).map(|mut file| {
        file.truncate(7 << 10);
        file
    }));
    run(&Format {
        name: "audio",
        seeds,
        words: &[
            b"RIFF",
            b"RF64",
            b"WAVE",
            b"ds64",
            b"fmt ",
            b"data",
            b"FORM",
            b"AIFF",
            b"AIFC",
            b"fl32",
            b"COMM",
            b"SSND",
            b"fLaC",
            b"OggS",
            b"\x01vorbis",
            b"ID3\x04\0\0",
            b"\xFF\xFB\x90\x64",
            b"\xFF\xFF\xFF\xFF",
        ],
        lengths_after: &[b"RIFF", b"ds64", b"fmt ", b"data", b"FORM", b"COMM", b"SSND"],
        longest: 8 << 10,
        rounds: 300,
        check: checks::recording::check,
    });
}

/// A WAV file with its sizes where those of more than 4 GiB are.
fn rf64(wave: &[u8]) -> Vec<u8> {
    let sizes = [wave.len() as u64 + 28, wave.len() as u64 - 44, 0].map(u64::to_le_bytes).concat();
    let head = [b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0", &sizes[..], &[0; 4]].concat();
    [&head, &wave[12..40], &[0xFF; 4], &wave[44..]].concat()
}

/// A tenth of a second of 16 bits.
fn aiff() -> Vec<u8> {
    let samples = 4_410u32 / 2;
    let mut common = b"\0\x01".to_vec();
    common.extend(samples.to_be_bytes());
    // 16 bits at 44.1 kHz, as an 80 bit float.
    common.extend(b"\0\x10\x40\x0E\xAC\x44\0\0\0\0\0\0");
    let mut sound = vec![0; 8];
    sound.extend((0..samples).flat_map(|at| ((at * 300 % 20_000) as u16).to_be_bytes()));
    let mut body = b"AIFF".to_vec();
    for (name, chunk) in [(b"COMM", common), (b"SSND", sound)] {
        body.extend(name);
        body.extend((chunk.len() as u32).to_be_bytes());
        body.extend(chunk);
    }
    [&b"FORM"[..], &(body.len() as u32).to_be_bytes(), &body].concat()
}

/// One piano of one sample.
fn small_font() -> Vec<u8> {
    let chunk = |name: &[u8], body: &[u8]| {
        let mut chunk = [name, &(body.len() as u32).to_le_bytes()[..], body].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    let words = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let name = |text: &str| {
        let mut name = text.as_bytes().to_vec();
        name.resize(20, 0);
        name
    };
    let preset = |text, bag| [name(text), words(&[0, 0, bag]), vec![0; 12]].concat();
    let sample = |text, end: u32| {
        let mut header = name(text);
        [0, end, 8, end.saturating_sub(8), 44_100]
            .iter()
            .for_each(|n| header.extend(n.to_le_bytes()));
        [header, vec![60, 0], words(&[0, 1])].concat()
    };
    let wave: Vec<u16> = (0..500u16).map(|at| (at % 50) * 400).collect();
    let info = [b"INFO".to_vec(), chunk(b"ifil", &words(&[2, 1])), chunk(b"INAM", b"Small\0")];
    let data = [b"sdta".to_vec(), chunk(b"smpl", &words(&wave))];
    let tables = [
        b"pdta".to_vec(),
        chunk(b"phdr", &[preset("Piano", 0), preset("EOP", 1)].concat()),
        chunk(b"pbag", &words(&[0, 0, 1, 0])),
        chunk(b"pmod", &[0; 10]),
        // The preset plays instrument 0.
        chunk(b"pgen", &words(&[41, 0, 0, 0])),
        chunk(b"inst", &[name("Piano"), words(&[0]), name("EOI"), words(&[1])].concat()),
        chunk(b"ibag", &words(&[0, 0, 1, 0])),
        chunk(b"imod", &[0; 10]),
        // The instrument plays sample 0.
        chunk(b"igen", &words(&[53, 0, 0, 0])),
        chunk(b"shdr", &[sample("Wave", 450), sample("EOS", 0)].concat()),
    ];
    let lists = [info.concat(), data.concat(), tables.concat()].map(|list| chunk(b"LIST", &list));
    chunk(b"RIFF", &[&b"sfbk"[..], &lists.concat()].concat())
}
