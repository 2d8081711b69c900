//! Sections as musicians name them: songs of known form, songs marked by hand, and where the data
//! lies beside the checkout, all marked songs and the songs of `mma_synth` with their true letters.

use std::fs;
use std::path::{Path, PathBuf};

use drumlin::drummer::evaluation::{FormScore, score_form};
use drumlin::drummer::{Form, form_of};
use drumlin::midi;
use drumlin::score::{Metre, MetreChange, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

const DATA: &str = "../shared/data";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// "A 8, B 8": letters and lengths.
fn described(form: &Form) -> String {
    let section = |s: &drumlin::drummer::Section| format!("{}{}", s.letter(), s.bars.len());
    form.sections.iter().map(section).collect::<Vec<_>>().join(" ")
}

/// A melody with chords under it: a phrase of eight bars for each letter, which differs from the
/// others in melody and harmony, in the given metre.
fn tune(letters: &str, beats: u8) -> Song {
    let quarter = 480;
    let bar = u64::from(beats) * quarter;
    let note = |start, length, key| Note {
        start: Ticks(start),
        length: Ticks(length),
        key,
        velocity: Velocity::clamped(90),
    };
    // Scale degrees by beat and roots by bar, unlike from letter to letter.
    let scale = [0, 2, 4, 5, 7, 9, 11, 12];
    let roots = [[0, 9, 5, 7, 0, 9, 7, 0], [5, 5, 0, 0, 2, 2, 7, 7], [9, 4, 9, 4, 5, 0, 2, 7]];
    let (mut melody, mut chords) = (Vec::new(), Vec::new());
    for (phrase, letter) in letters.bytes().enumerate() {
        let letter = usize::from(letter - b'A');
        for (measure, root) in roots[letter % 3].into_iter().enumerate() {
            let start = (phrase as u64 * 8 + measure as u64) * bar;
            for beat in 0..u64::from(beats) {
                let degree = (measure * 3 + beat as usize * (letter + 2) + letter * 5) % 8;
                melody.push(note(start + beat * quarter, 440, 67 + scale[degree]));
            }
            for third in [0, 4, 7] {
                chords.push(note(start, bar - 40, 48 + root + third));
            }
        }
    }
    let track =
        |program, notes| Track { name: String::new(), kind: TrackKind::Melodic { program }, notes };
    Song {
        tempo: TempoMap::new(480, []),
        metres: vec![MetreChange { at: Ticks(0), metre: Metre::new(beats, 4).unwrap() }],
        tracks: vec![track(73, melody), track(0, chords)],
    }
}

#[test]
fn songs_of_thirty_two_bars_and_waltzes_have_their_sections() {
    for beats in [3, 4] {
        for (letters, expected) in [
            ("AABA", "A8 A8 B8 A8"),
            ("AABAAABA", "A8 A8 B8 A8 A8 A8 B8 A8"),
            ("ABAC", "A8 B8 A8 C8"),
            ("AABB", "A8 A8 B8 B8"),
            ("AABBC", "A8 A8 B8 B8 C8"),
        ] {
            assert_eq!(described(&form_of(&tune(letters, beats))), expected, "{beats}/4");
        }
    }
}

/// Played again a whole tone higher, sections are the same.
#[test]
fn a_change_of_key_keeps_the_letter() {
    let mut song = tune("AABAAABA", 4);
    let half = song.end().0 / 2;
    for note in song.tracks.iter_mut().flat_map(|track| &mut track.notes) {
        note.key += if note.start.0 >= half { 2 } else { 0 };
    }
    assert_eq!(described(&form_of(&song)), "A8 A8 B8 A8 A8 A8 B8 A8");
}

struct Marked {
    name: String,
    copy: Option<PathBuf>,
    unseen: bool,
    labels: Vec<usize>,
}

/// "A8 B4" as a label for each bar.
fn labels(sections: &str) -> Vec<usize> {
    let bars = |section: &str| {
        let label = usize::from(section.as_bytes()[0]);
        vec![label; section[1..].parse().unwrap()]
    };
    sections.split(' ').flat_map(bars).collect()
}

fn marked() -> Vec<Marked> {
    let text = fs::read_to_string(root().join("tests/golden/form/marks.tsv")).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Marked {
                name: fields[0].to_owned(),
                copy: (fields[1] != "-").then(|| root().join(fields[1])),
                unseen: fields[2] == "unseen",
                labels: labels(fields[3]),
            }
        })
        .collect()
}

fn score(path: &Path, marked: &[usize]) -> FormScore {
    let form = form_of(&midi::read(path).unwrap());
    let bars = form.sections.last().map_or(0, |section| section.bars.end);
    assert!((0..3).contains(&(bars - marked.len())), "{} has its marks", path.display());
    // Bars in which the last notes ring on are the last section's.
    let mut marked = marked.to_vec();
    marked.resize(bars, marked[marked.len() - 1]);
    let found: Vec<usize> = (0..bars).filter_map(|bar| form.label_at(bar)).collect();
    let score = score_form(&marked, &found);
    println!("{:.3} {:.3} {} {}", score.boundary, score.pairwise, path.display(), described(&form));
    score
}

fn means(scores: &[FormScore]) -> FormScore {
    let mean = |of: fn(&FormScore) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    FormScore { boundary: mean(|s| s.boundary), pairwise: mean(|s| s.pairwise) }
}

fn reached(what: &str, scores: &[FormScore], boundary: f64, pairwise: f64) {
    let mean = means(scores);
    println!("{what}: {} songs, {mean:.3?}", scores.len());
    assert!(mean.boundary >= boundary && mean.pairwise >= pairwise, "{what}: {mean:.3?}");
}

#[test]
fn sections_are_those_that_a_musician_marked() {
    let scores: Vec<FormScore> =
        marked().iter().filter_map(|song| Some(score(song.copy.as_ref()?, &song.labels))).collect();
    assert_eq!(scores.len(), 5, "the committed songs are whole");
    reached("committed", &scores, 0.75, 0.70);
    let data = root().join(DATA);
    if !data.is_dir() {
        println!("skipped: all marked songs, which lie in {}", data.display());
        return;
    }
    let all = |unseen: Option<bool>| -> Vec<FormScore> {
        let wanted = |song: &Marked| unseen.is_none_or(|unseen| song.unseen == unseen);
        let songs = marked().into_iter().filter(wanted);
        songs.map(|song| score(&data.join(song.name), &song.labels)).collect()
    };
    reached("all marked", &all(None), 0.75, 0.70);
    reached("unseen", &all(Some(true)), 0.60, 0.60);
}

#[test]
fn folk_tunes_have_their_true_letters() {
    let folder = root().join(DATA).join("mma_synth");
    let Ok(table) = fs::read_to_string(folder.join("songs.csv")) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    // file,fam,bars,intro,sections,nvar,tempo,tune; every tune is rendered three times.
    let mut tunes: Vec<[&str; 3]> = Vec::new();
    for fields in table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
        if tunes.iter().all(|[_, _, tune]| *tune != fields[7]) {
            tunes.push([fields[0], fields[4], fields[7]]);
        }
    }
    let scores: Vec<FormScore> = tunes
        .iter()
        .step_by(8)
        .map(|[file, letters, _]| {
            // A fill belongs to what it ends.
            let mut labels: Vec<usize> = Vec::new();
            for letter in letters.bytes() {
                let before = labels.last().copied().unwrap_or_default();
                labels.push(if letter == b'f' { before } else { usize::from(letter) });
            }
            let song = midi::read(&folder.join("songs").join(file)).unwrap();
            // In the bars behind the table's the last chord rings on.
            let bars = Song { tracks: song.melodic().cloned().collect(), ..song.clone() }.bars();
            assert!((0..3).contains(&(bars.len() - labels.len())), "{file} has its letters");
            labels.resize(bars.len(), labels[labels.len() - 1]);
            let form = form_of(&song);
            let found: Vec<usize> = (0..bars.len()).filter_map(|b| form.label_at(b)).collect();
            score_form(&labels, &found)
        })
        .collect();
    assert!(scores.len() > 50);
    reached("mma_synth", &scores, 0.80, 0.80);
}
