use super::*;
use crate::drummer::Section;
use crate::score::{
    BarIndex, Metre, MetreChange, Note, TempoChange, TempoMap, Track, TrackKind, Velocity,
};

/// A form of `labels`, each section `length` bars, and matrices that follow it with some noise.
fn example(labels: &[usize], length: usize) -> (Form, Ssm, Ssm) {
    let sections: Vec<Section> = labels
        .iter()
        .enumerate()
        .map(|(index, &label)| Section { label, bars: index * length..(index + 1) * length })
        .collect();
    let form = Form { sections };
    let bars = labels.len() * length;
    let noise = |row: usize, column: usize| {
        let hash = ((row * 4096 + column) as u32).wrapping_mul(2_654_435_761).rotate_left(15);
        (hash.wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let ssm = |base: f32, repeat: f32, spread: f32| {
        Ssm::from_pairs(bars, |row, column| {
            let same = labels[row / length] == labels[column / length];
            let phase = (row % 4 == column % 4) as u8 as f32 * 0.1;
            let value = base + if same { repeat } else { 0.0 } + phase;
            (value + spread * noise(row, column)).clamp(0.0, 1.0)
        })
    };
    (form, ssm(0.55, 0.2, 0.2), ssm(0.15, 0.6, 0.1))
}

fn png(labels: &[usize], length: usize) -> Vec<u8> {
    let (form, melodic, drums) = example(labels, length);
    let facts = format!("{} bars · 120 bpm · 4/4", melodic.bars());
    let title = "An example of a song";
    FormPicture {
        title,
        facts: &facts,
        form: &form,
        drum_form: &form,
        melodic: &melodic,
        drums: &drums,
    }
    .png()
    .unwrap()
}

#[test]
fn every_length_of_song_gets_a_picture() {
    // DRUMLIN_PICTURES names a folder to look at them in.
    let folder = std::env::var_os("DRUMLIN_PICTURES").map(std::path::PathBuf::from);
    let verse_chorus = [0, 1, 0, 1, 2, 1, 1];
    let many: Vec<usize> = (0..128).map(|section| section * 7 % 29).collect();
    let cases: [(&str, &[usize], usize); 5] = [
        ("1", &[0], 1),
        ("8", &[0, 1], 4),
        ("96", &[0, 1, 2, 1, 2, 3, 2, 4, 2, 2, 0, 0], 8),
        ("301", &verse_chorus, 43),
        ("1024", &many, 8),
    ];
    for (name, labels, length) in cases {
        let png = png(labels, length);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
        if let Some(folder) = &folder {
            std::fs::write(folder.join(format!("form-{name}.png")), png).unwrap();
        }
    }
}

#[test]
fn a_picture_is_the_same_every_time() {
    assert_eq!(png(&[0, 1, 0], 4), png(&[0, 1, 0], 4));
}

#[test]
fn a_song_without_sections_gets_a_picture() {
    let (_, melodic, drums) = example(&[0], 5);
    let form = Form::default();
    let picture = FormPicture {
        title: "",
        facts: "",
        form: &form,
        drum_form: &form,
        melodic: &melodic,
        drums: &drums,
    };
    assert!(picture.png().is_ok());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (form, melodic, _) = example(&[0, 1], 4);
    let (_, _, drums) = example(&[0], 4);
    let empty = Ssm::from_pairs(0, |_, _| 0.0);
    let picture = |form, melodic, drums| FormPicture {
        title: "",
        facts: "",
        form,
        drum_form: form,
        melodic,
        drums,
    };
    assert_eq!(
        picture(&form, &melodic, &drums).png(),
        Err(PictureError::SizesDiffer { melodic: 8, drums: 4 })
    );
    assert_eq!(
        picture(&form, &drums, &drums).png(),
        Err(PictureError::FormOutside { end: 8, bars: 4 })
    );
    assert_eq!(picture(&form, &empty, &empty).png(), Err(PictureError::NoBars));
}

#[test]
fn facts_name_bars_tempo_and_metre() {
    let note =
        Note { start: Ticks(0), length: Ticks(1152), key: 60, velocity: Velocity::clamped(90) };
    let track =
        |notes| Track { name: String::new(), kind: TrackKind::Melodic { program: 0 }, notes };
    let change = |at, micros_per_quarter| TempoChange { at: Ticks(at), micros_per_quarter };
    let waltz = MetreChange { at: Ticks(384), metre: Metre::new(3, 4).unwrap() };
    let song = Song {
        tempo: TempoMap::new(96, [change(0, 500_000), change(500, 400_000), change(9_000, 1)]),
        metres: vec![waltz],
        tracks: vec![track(vec![note])],
    };
    assert_eq!(song.bars().bar_at(Ticks(1151)), Some(BarIndex(3)));
    assert_eq!(facts(&song), "4 bars · 120–150 bpm · 4/4, 3/4");
    // A first quarter that leads to where the notes lie is no tempo.
    let late = TempoMap::new(96, [change(0, 600_000), change(96, 500_000)]);
    let late = Song { tempo: late, ..song };
    assert_eq!(facts(&late), "4 bars · 120 bpm · 4/4, 3/4");
    assert_eq!(tempos(&late).collect::<Vec<_>>(), [change(0, 500_000)]);
    let empty = Song { tempo: TempoMap::new(96, []), metres: vec![], tracks: vec![] };
    assert_eq!(facts(&empty), "0 bars · 120 bpm");
}
