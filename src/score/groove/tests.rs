use super::*;
use crate::score::{GridKind, Note, Song, TempoMap, Track, TrackKind};

fn note(start: u64, key: u8) -> Note {
    Note { start: Ticks(start), length: Ticks(10), key, velocity: Velocity::clamped(90) }
}

fn song(kind: TrackKind, notes: Vec<Note>) -> Song {
    let tracks = vec![Track { name: "Drums".to_owned(), kind, notes }];
    Song { tempo: TempoMap::new(480, []), metres: Vec::new(), tracks }
}

fn taken(notes: &[(u64, u8)]) -> Result<TakenGroove, GrooveError> {
    let notes = notes.iter().map(|&(start, key)| note(start, key)).collect();
    Groove::of_song("  a\nbeat ", GrooveSource::File, &song(TrackKind::Drums, notes))
}

#[test]
fn notes_are_on_steps_and_keep_their_timing() {
    // At bar 3; the last kick is early for the bar that comes round again.
    let TakenGroove { groove, remarks, .. } =
        taken(&[(3840, 36), (4330, 22), (4800, 38), (5750, 36)]).unwrap();
    assert_eq!(remarks, []);
    assert_eq!((groove.name(), groove.bars(), groove.metre()), ("a beat", 1, Metre::COMMON));
    let found: Vec<_> = groove.hits().iter().map(|hit| (hit.step, hit.key.get())).collect();
    assert_eq!(found, [(0, 36), (4, 42), (8, 38)]);
    assert!((groove.hits()[1].offset - 10.0 / 120.0).abs() < 1e-6);
    let part = groove.part(480);
    assert_eq!((part.bars.len(), part.hits.len()), (1, 3));
    let wrapped = taken(&[(0, 36), (1910, 42)]).unwrap().groove;
    assert_eq!((wrapped.hits()[1].step, wrapped.hits()[1].key.get()), (0, 42));
    assert!(wrapped.hits()[1].offset < 0.0);
}

#[test]
fn triplets_are_heard() {
    let shuffle: Vec<(u64, u8)> =
        (0..8).flat_map(|beat| [(beat * 480, 42), (beat * 480 + 320, 42)]).collect();
    let groove = taken(&shuffle).unwrap().groove;
    assert!(groove.triplets());
    assert_eq!((groove.grid().kind, groove.grid().steps), (GridKind::Ternary, 24));
    assert!(!taken(&[(0, 36), (480, 38)]).unwrap().groove.triplets());
}

#[test]
fn of_many_bars_those_that_come_often_are_taken() {
    let mut notes = Vec::new();
    for bar in 0..40 {
        notes.push((bar * 1920, 36));
        // Bars 8 to 11 are what most of the rest is; those before are all different.
        let second = if bar < 8 { bar + 1 } else { 10 };
        notes.push((bar * 1920 + second * 120, 38));
    }
    let TakenGroove { groove, remarks, .. } = taken(&notes).unwrap();
    assert_eq!(groove.bars(), 4);
    assert!(groove.hits().iter().all(|hit| hit.step == 0 || hit.step == 10));
    assert_eq!(remarks, [GrooveRemark::Cut { of: 40, taken: 8..12 }]);
    assert!(remarks[0].to_string().ends_with("bars 9 to 12"), "{}", remarks[0]);
}

#[test]
fn other_metres_and_keys_are_left_out() {
    let waltz = MetreChange { at: Ticks(3840), metre: Metre::new(3, 4).unwrap() };
    let notes: Vec<Note> =
        [(0, 36), (1920, 38), (3840, 36), (3900, 12)].map(|(start, key)| note(start, key)).into();
    let song = Song { metres: vec![waltz], ..song(TrackKind::Drums, notes) };
    let TakenGroove { groove, remarks, .. } =
        Groove::of_song("", GrooveSource::File, &song).unwrap();
    assert_eq!((groove.name(), groove.bars(), groove.metre()), ("Groove", 2, Metre::COMMON));
    assert_eq!(
        remarks,
        [GrooveRemark::OtherMetre { bars: 1 }, GrooveRemark::OtherKeys { notes: 1 }]
    );
}

#[test]
fn a_clip_of_any_track_is_drums() {
    let clip = song(TrackKind::Melodic { program: 0 }, vec![note(0, 36), note(480, 38)]);
    let TakenGroove { groove, remarks, .. } =
        Groove::of_song("clip", GrooveSource::File, &clip).unwrap();
    assert_eq!((groove.hits().len(), &remarks[..]), (2, &[GrooveRemark::AllTracks][..]));
}

#[test]
fn a_song_is_no_groove_without_a_part_for_drums() {
    let kind = TrackKind::Melodic { program: 0 };
    let of = |keys: &[u8]| {
        let notes = keys.iter().zip(0..).map(|(&key, at)| note(at * 480, key)).collect();
        Track { name: String::new(), kind, notes }
    };
    let song = |tracks| Song { tracks, ..song(kind, Vec::new()) };
    let melody = [60, 62, 64, 65, 67];
    let refused = Groove::of_song("", GrooveSource::File, &song(vec![of(&melody), of(&[36])]));
    assert_eq!(refused, Err(GrooveError::NoDrumTrack));
    let refused = Groove::of_song("", GrooveSource::File, &song(vec![of(&melody)]));
    assert_eq!(refused, Err(GrooveError::NoDrumTrack));
    // Drum by drum, on tracks that nobody has named.
    let kit = song(vec![of(&[36, 36]), of(&[38, 40]), of(&[42, 44, 46]), of(&[])]);
    let taken = Groove::of_song("", GrooveSource::File, &kit).unwrap();
    assert_eq!(taken.remarks, [GrooveRemark::AllTracks]);
    // And with one, the other parts are nothing to it; its bars are the song's.
    let drums = Track { kind: TrackKind::Drums, ..of(&[36]) };
    let late = Track {
        notes: drums.notes.iter().map(|note| Note { start: Ticks(3 * 1920), ..*note }).collect(),
        ..drums
    };
    let taken = Groove::of_song("", GrooveSource::File, &song(vec![of(&melody), late])).unwrap();
    assert_eq!((taken.bars, taken.groove.bars(), taken.remarks), (3..4, 1, vec![]));
}

#[test]
fn what_is_no_groove_says_why() {
    assert_eq!(taken(&[]), Err(GrooveError::Empty));
    assert_eq!(taken(&[(0, 5), (100, 99)]), Err(GrooveError::NoDrum { notes: 2 }));
    assert!(matches!(taken(&[(0, 36), (1 << 40, 36)]), Err(GrooveError::TooLong(_))));
    let new = |bars, hits| Groove::new("x", GrooveSource::Map, Metre::COMMON, false, bars, hits);
    let hit = |bar, step| Hit {
        bar: BarIndex(bar),
        step,
        key: Lane::Kick.default_key(),
        velocity: Velocity::clamped(1),
        offset: f32::NAN,
    };
    assert_eq!(new(1, vec![]), Err(GrooveError::Empty));
    assert_eq!(new(5, vec![hit(0, 0)]), Err(GrooveError::Bars(5)));
    assert_eq!(new(1, vec![hit(0, 16)]), Err(GrooveError::Outside));
    assert_eq!(new(1, vec![hit(1, 0)]), Err(GrooveError::Outside));
    assert_eq!(new(1, vec![hit(0, 3)]).unwrap().hits()[0].offset, 0.0);
}

#[test]
fn files_keep_a_groove() {
    let groove = taken(&[(0, 36), (1000, 38), (2000, 42)]).unwrap().groove;
    let text = serde_json::to_string(&groove).unwrap();
    assert_eq!(serde_json::from_str::<Groove>(&text).unwrap(), groove);
    let bytes = postcard::to_stdvec(&groove).unwrap();
    assert_eq!(postcard::from_bytes::<Groove>(&bytes).unwrap(), groove);
    let broken = text.replace("\"bars\":2", "\"bars\":9");
    assert!(serde_json::from_str::<Groove>(&broken).is_err());
}

#[test]
fn bars_of_the_songs_part_know_where_they_are_at_home() {
    let notes: Vec<(u64, u8)> = (0..6).map(|bar| (bar * 1920, 36)).collect();
    let notes: Vec<Note> = notes.iter().map(|&(start, key)| note(start, key)).collect();
    let part = quantised(480, &[], &notes).unwrap();
    let of = |source| Groove::of_part("two", source, &part, 2..4).unwrap().groove;
    let own = of(GrooveSource::Part);
    assert_eq!(own.homes(), [BarIndex(2), BarIndex(3)]);
    assert_eq!(own.renamed("mine").homes(), own.homes());
    assert!(of(GrooveSource::File).homes().is_empty(), "another song's");
    assert!(own.at_home(vec![BarIndex(2)]).homes().is_empty(), "not one for each");
    // What is read goes with any song.
    let read: Groove = serde_json::from_str(&serde_json::to_string(&own).unwrap()).unwrap();
    assert_eq!(read, own.at_home(Vec::new()));
}
