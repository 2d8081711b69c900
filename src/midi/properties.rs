//! Properties: what is written is read again, and every byte string gets an answer.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::tests::{file, one_track, real_songs};
use super::*;
use crate::score::{
    Metre, MetreChange, Note, Seconds, TempoChange, TempoMap, Ticks, Track, TrackKind, Velocity,
};

fn any_song() -> impl Strategy<Value = Song> {
    let note = (0u64..5000, 0u64..500, 0u8..128, 1u8..128).prop_map(|(start, length, key, vel)| {
        let velocity = Velocity::clamped(vel);
        Note { start: Ticks(start), length: Ticks(length), key, velocity }
    });
    let kind = prop_oneof![
        Just(TrackKind::Drums),
        (0u8..128).prop_map(|program| TrackKind::Melodic { program })
    ];
    let track = ("[ -~äß]{0,12}", kind, prop::collection::vec(note, 0..60))
        .prop_map(|(name, kind, notes)| Track { name, kind, notes });
    let tempo = (0u64..5000, 1u32..1 << 24)
        .prop_map(|(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter });
    let metre = (0u64..5000, 1u8..=255, 0u32..7).prop_map(|(at, numerator, power)| MetreChange {
        at: Ticks(at),
        metre: Metre::new(numerator, 1 << power).unwrap(),
    });
    (
        100u16..1 << 15,
        prop::collection::vec(tempo, 0..6),
        prop::collection::vec(metre, 0..6),
        prop::collection::vec(track, 0..25),
    )
        .prop_map(|(ticks, tempos, metres, tracks)| Song {
            tempo: TempoMap::new(ticks, tempos),
            metres,
            tracks,
        })
}

/// The song as [`write`] documents that it comes back.
fn normal(song: &Song) -> Song {
    let tracks = song.tracks.iter().filter(|track| !track.notes.is_empty()).map(|track| Track {
        name: track.name.trim().to_owned(),
        kind: track.kind,
        notes: notes::tidy(track.notes.clone()),
    });
    Song { tempo: song.tempo.clone(), metres: song.metres_in_order(), tracks: tracks.collect() }
}

/// Events of every kind for one track of a file: distance, bytes. Notes are whole; some have no length,
/// and some are struck twice at one tick.
fn any_events() -> impl Strategy<Value = Vec<u8>> {
    let channel = 0u8..16;
    let seven = 0u8..128;
    let length = prop_oneof![1 => Just(0u8), 4 => 1u8..100];
    let double = prop_oneof![8 => Just(None), 1 => any::<bool>().prop_map(Some)];
    let note = (channel.clone(), seven.clone(), 1u8..128, length, double).prop_map(
        |(channel, key, velocity, length, double)| {
            let (on, off) = ([0x90 | channel, key, velocity], [0x80 | channel, key, 64]);
            let empty = [[0x90 | channel, key, 1], off].join(&0);
            match double {
                None => [&on[..], &[length], &off].concat(),
                Some(true) => [&empty[..], &[0], &on, &[length], &off].concat(),
                Some(false) => [&on[..], &[0], &empty, &[length], &off].concat(),
            }
        },
    );
    let three = (prop::sample::select(vec![0xA0u8, 0xB0, 0xE0]), channel.clone(), seven.clone());
    let three = (three, seven.clone())
        .prop_map(|((status, channel, first), second)| vec![status | channel, first, second]);
    let two = (prop::sample::select(vec![0xC0u8, 0xD0]), channel, seven.clone())
        .prop_map(|(status, channel, value)| vec![status | channel, value]);
    let kinds: Vec<u8> = (0..0x80).filter(|&kind| kind != 0x2F && kind != 0x21).collect();
    let meta = (prop::sample::select(kinds), prop::collection::vec(seven, 0..40))
        .prop_map(|(kind, data)| [&[0xFF, kind, data.len() as u8][..], &data].concat());
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let exclusive = (prop::sample::select(vec![0xF0u8, 0xF7]), bytes)
        .prop_map(|(status, data)| [&[status, data.len() as u8][..], &data].concat());
    let drums = (1u8..128, 35u8..60)
        .prop_map(|(velocity, key)| vec![0x99, key, velocity, 20, 0x89, key, 0]);
    let event = prop_oneof![4 => note, 2 => three, 1 => two, 1 => meta, 1 => exclusive, 2 => drums];
    prop::collection::vec((0u8..128, event), 0..60).prop_map(|events| {
        events.into_iter().flat_map(|(wait, event)| [vec![wait], event].concat()).collect()
    })
}

/// What a file says but for the notes that are drums: for each track its events with their ticks.
fn without_drums(file: &SongFile, bytes: &[u8]) -> Vec<Vec<(u64, Vec<u8>)>> {
    let container = container::Container::open(bytes).unwrap();
    let tracks = container.tracks().enumerate().map(|(track, chunk)| {
        let mut found = Vec::new();
        let mut drums = std::collections::BTreeMap::new();
        for event in events::Events::new(chunk.bytes) {
            let event = event.unwrap();
            let bytes = match event.message {
                events::Message::Channel { status, data } => {
                    let (channel, key) = (status & 0xF, data[0]);
                    let sounding: &mut std::collections::VecDeque<bool> =
                        drums.entry((channel, key)).or_default();
                    let is_drum = match status & 0xF0 {
                        0x90 if data[1] > 0 => {
                            sounding.push_back(file.is_drum(track, channel, event.at));
                            sounding.back().copied()
                        }
                        0x80 | 0x90 => sounding.pop_front(),
                        0xA0 => sounding.back().copied(),
                        _ => Some(false),
                    };
                    if is_drum.unwrap_or_else(|| file.is_drum(track, channel, event.at)) {
                        continue;
                    }
                    [&[status][..], &data].concat()
                }
                events::Message::Meta { kind: 0x2F, .. } => continue,
                events::Message::Meta { kind, data } => [&[0xFF, kind][..], data].concat(),
                events::Message::SysEx { status, data } => [&[status][..], data].concat(),
            };
            found.push((event.at, bytes));
        }
        without_empty_doubles(found)
    });
    tracks.collect()
}

/// Without the empty doubles that a merge leaves out: pairs of a channel on which one of five strokes
/// has such a double or more.
fn without_empty_doubles(events: Vec<(u64, Vec<u8>)>) -> Vec<(u64, Vec<u8>)> {
    let stroke = |number: usize| match events[number].1[..] {
        [status @ 0x80..=0x9F, key, velocity] => {
            Some(((status & 0xF, key), status >= 0x90 && velocity > 0))
        }
        _ => None,
    };
    let mut sounding = std::collections::BTreeMap::new();
    let mut found = vec![(0, std::collections::BTreeSet::new()); 16];
    for number in 0..events.len() {
        let Some((place, is_on)) = stroke(number) else { continue };
        let (strokes, doubles) = &mut found[usize::from(place.0)];
        *strokes += usize::from(is_on);
        let count: &mut usize = sounding.entry(place).or_default();
        let was_ended = *count == 0 && !doubles.contains(&number);
        *count = if is_on { *count + 1 } else { count.saturating_sub(1) };
        if !(is_on && was_ended) {
            continue;
        }
        // What this key does at this tick behind the stroke.
        let now = (number + 1..events.len())
            .take_while(|&next| events[next].0 == events[number].0)
            .filter_map(|next| Some((next, stroke(next)?)))
            .filter(|(_, (other, _))| *other == place)
            .map(|(next, (_, is_on))| (next, is_on))
            .collect::<Vec<_>>();
        match now[..] {
            [(off, false), (_, true), ..] => doubles.extend([number, off]),
            [(on, true), (off, false), ..] => doubles.extend([on, off]),
            _ => (),
        }
    }
    let leaves_out = |number: &usize| {
        found
            .iter()
            .any(|(strokes, doubles)| doubles.len() / 2 * 5 >= *strokes && doubles.contains(number))
    };
    (0..events.len())
        .filter(|number| !leaves_out(number))
        .map(|number| events[number].clone())
        .collect()
}

proptest! {
    #[test]
    fn a_merge_is_the_source_and_the_drums(
        tracks in prop::collection::vec(any_events(), 1..6),
        format in 0u8..2,
        strokes in prop::collection::btree_set((0u64..8000, 35u8..60), 0..40),
    ) {
        // A file of one track, or of several.
        let tracks: Vec<&[u8]> = tracks.iter().map(Vec::as_slice).collect();
        let tracks = if format == 0 { &tracks[..1] } else { &tracks[..] };
        let bytes = file(format, 480, tracks);
        let Ok(source) = SongFile::parse(bytes.clone()) else { return Ok(()) };
        let drums: Vec<Note> = strokes
            .into_iter()
            .map(|(start, key)| Note {
                start: Ticks(start * 10),
                length: Ticks(9),
                key,
                velocity: Velocity::clamped(99),
            })
            .collect();
        let merged = SongFile::parse(source.with_drums(&drums, Ticks(0))).unwrap();
        prop_assert!(merged.repairs().is_empty());
        // Its drums are those asked for and no others, wherever the file keeps drums.
        let mut found: Vec<(u64, u8, u8)> = merged
            .song()
            .drum_notes()
            .map(|note| (note.start.0, note.key, note.velocity.get()))
            .collect();
        found.sort_unstable();
        let wanted: Vec<(u64, u8, u8)> = drums
            .iter()
            .map(|note| (note.start.0, note.key, note.velocity.get()))
            .collect();
        prop_assert_eq!(found, wanted);
        // Everything else is where it was. Bank and program of a drum kit are set where channel 10 is
        // a melody's.
        let sets_up = |(_, bytes): &(u64, Vec<u8>)| {
            matches!(bytes[..], [0xB0..=0xBF, 0, 120] | [0xC0..=0xCF, 0, 0])
        };
        let [mut after, mut before] =
            [without_drums(&merged, &merged.bytes), without_drums(&source, &bytes)];
        for events in after.iter_mut().chain(&mut before) {
            events.retain(|event| !sets_up(event));
        }
        after.truncate(before.len());
        prop_assert_eq!(after, before);
        prop_assert_eq!(&merged.song().tempo, &source.song().tempo);
        prop_assert_eq!(&merged.song().metres, &source.song().metres);
        let heard = |file: &SongFile| -> Vec<(Ticks, u8)> {
            let tracks = file.song().melodic();
            let notes = tracks.flat_map(|track| &track.notes);
            notes.map(|note| (note.start, note.key)).collect()
        };
        prop_assert_eq!(heard(&merged), heard(&source));
    }

    #[test]
    fn what_is_written_is_read_again(song in any_song()) {
        let bytes = write(&song);
        let back = parse(&bytes).unwrap();
        prop_assert_eq!(&back, &normal(&song));
        prop_assert_eq!(write(&back), bytes);
    }

    #[test]
    fn tidy_notes_do_not_overlap_on_a_key(song in any_song()) {
        for track in normal(&song).tracks {
            let mut free = [Ticks(0); 128];
            for note in track.notes {
                prop_assert!(note.length >= Ticks(1));
                let free = &mut free[usize::from(note.key)];
                prop_assert!(note.start >= *free);
                *free = note.end();
            }
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
        // The same as the events of a file that is otherwise in order.
        if let Ok(song) = parse(&one_track(&bytes)) {
            prop_assert!(song.bars().len() as u64 <= MAX_BARS);
        }
    }

    #[test]
    fn damaged_songs_get_an_answer(
        song in any_song(),
        flips in flips(),
        keep in any::<prop::sample::Index>(),
    ) {
        damage_and_read(write(&song), &flips, keep)?;
    }

    #[test]
    fn damaged_real_songs_get_an_answer(
        choice in any::<prop::sample::Index>(),
        flips in flips(),
        keep in any::<prop::sample::Index>(),
    ) {
        let (_, bytes) = real_songs().swap_remove(choice.index(real_songs().len()));
        damage_and_read(bytes, &flips, keep)?;
    }
}

type Flip = (prop::sample::Index, u8);

fn flips() -> impl Strategy<Value = Vec<Flip>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)
}

/// Puts bytes at places, reads the result whole and cut off, and holds what is read to the limits.
fn damage_and_read(
    mut bytes: Vec<u8>,
    flips: &[Flip],
    keep: prop::sample::Index,
) -> Result<(), TestCaseError> {
    for (place, byte) in flips {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    let cut = keep.index(bytes.len() + 1);
    for bytes in [&bytes[..], &bytes[..cut]] {
        let begin = Instant::now();
        let Ok(song) = parse(bytes) else { continue };
        prop_assert!(song.bars().len() as u64 <= MAX_BARS);
        prop_assert!(song.tempo.seconds(song.end()) <= Seconds(MAX_HOURS as f64 * 3600.0));
        prop_assert_eq!(parse(&write(&song)).map(|song| song.tracks), Ok(song.tracks));
        // A millisecond each as a rule; a second is for machines that do something else meanwhile.
        prop_assert!(begin.elapsed() < Duration::from_secs(1));
    }
    Ok(())
}

/// All MIDI files below a folder.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "mid") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Over the collections where they are. With `DRUMLIN_MERGED` in the environment the merged files are
/// left in that folder, numbered, for `tests/golden/compare_merged.py`.
#[test]
fn merged_songs_of_the_collections_differ_in_their_drums_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/paired");
    let leave = std::env::var_os("DRUMLIN_MERGED").map(std::path::PathBuf::from);
    let mut list = String::new();
    let files = files_below(&folder);
    if files.is_empty() {
        eprintln!("skipped: there are no songs in {}", folder.display());
    }
    for (number, path) in files.into_iter().enumerate() {
        let bytes = std::fs::read(&path).unwrap();
        let source = SongFile::parse(bytes.clone()).unwrap();
        let drums: Vec<Note> = (0..64)
            .map(|beat| Note {
                start: Ticks(beat * u64::from(source.song().ticks_per_quarter())),
                length: Ticks(10),
                key: 38,
                velocity: Velocity::clamped(77),
            })
            .collect();
        let merged = SongFile::parse(source.with_drums(&drums, Ticks(0))).unwrap();
        let mut after = without_drums(&merged, &merged.bytes);
        let before = without_drums(&source, &bytes);
        after.truncate(before.len());
        assert!(after == before, "{}", path.display());
        assert_eq!(merged.song().drum_notes().count(), drums.len(), "{}", path.display());
        if let Some(leave) = &leave {
            std::fs::write(leave.join(format!("{number}.mid")), &merged.bytes).unwrap();
            let drums: Vec<String> = source
                .song()
                .tracks
                .iter()
                .enumerate()
                .filter_map(|(track, _)| Some(source.because(track)?.words().to_owned()))
                .collect();
            list += &format!("{number}\t{}\t{}\n", path.display(), drums.join(", "));
        }
    }
    if let Some(leave) = &leave {
        std::fs::write(leave.join("list.tsv"), list).unwrap();
    }
}
