//! Both renderings.

use super::{AudioError, SoundFont, render, render_stereo};
use crate::score::{Bpm, Note, SampleRate, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use proptest::prelude::*;

const GO_ON: &(dyn Fn() -> bool + Sync) = &|| false;

fn note(start: u64, length: u64, key: u8) -> Note {
    let velocity = Velocity::clamped(100);
    Note { start: Ticks(start), length: Ticks(length), key, velocity }
}

fn song(tracks: Vec<(TrackKind, Vec<Note>)>) -> Song {
    let track = |(kind, notes)| Track { name: String::new(), kind, notes };
    Song {
        tempo: TempoMap::constant(96, Bpm(120.0)),
        metres: Vec::new(),
        tracks: tracks.into_iter().map(track).collect(),
    }
}

fn melody(notes: Vec<Note>) -> Song {
    song(vec![(TrackKind::Melodic { program: 0 }, notes)])
}

fn listen(song: &Song) -> Vec<f32> {
    render(song, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap()
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32
}

#[test]
fn a_note_sounds_when_it_is_struck_and_rings_off() {
    let samples = listen(&melody(vec![note(96, 96, 69)]));
    assert_eq!(samples.len(), 44_100 * 3);
    assert!(power(&samples[..22_000]) < 1e-12);
    assert!(power(&samples[22_100..44_000]) > 1e-3);
    assert!(power(&samples[100_000..]) < 1e-4);
    let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    assert!((peak - 0.95).abs() < 1e-6);
}

#[test]
fn drums_sound_only_where_they_are_wanted() {
    let drums = song(vec![(TrackKind::Drums, vec![note(0, 10, 38)])]);
    let silent = listen(&drums);
    assert!(silent.len() == 88_200 && silent.iter().all(|x| *x == 0.0));
    let stereo = render_stereo(&drums, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap();
    assert!(power(&stereo.left[..22_050]) > 1e-4 && power(&stereo.right[..22_050]) > 1e-4);
}

#[test]
fn a_repeated_note_is_struck_again_and_an_overlapped_one_lasts() {
    let samples = listen(&melody(vec![note(0, 192, 60), note(96, 192, 60)]));
    // Struck anew at half a second, still held at 1.2 s although the first would end at 1 s.
    assert!(power(&samples[22_500..26_000]) > power(&samples[18_000..21_500]));
    assert!(power(&samples[50_000..54_000]) > 1e-4);
}

#[test]
fn every_one_of_forty_tracks_is_heard() {
    let track = |at: u64| (TrackKind::Melodic { program: 73 }, vec![note(at * 96, 90, 72)]);
    let samples = listen(&song((0..40).map(track).collect()));
    for second in 0..40 {
        assert!(power(&samples[second * 22_050 + 4_000..][..10_000]) > 1e-3, "{second}");
    }
}

#[test]
fn nothing_makes_nothing_and_stopping_stops() {
    assert!(listen(&song(Vec::new())).is_empty());
    let song = melody(vec![note(0, 96, 60)]);
    let font = SoundFont::embedded();
    let stopped = render(&song, font, SampleRate::ANALYSIS, &|| true);
    assert!(matches!(stopped, Err(AudioError::Cancelled)));
    let slow = SampleRate(8000);
    assert!(matches!(render(&song, font, slow, GO_ON), Err(AudioError::SampleRate(8000))));
    let endless = melody(vec![note(96 * 2 * 3601, 96, 60)]);
    let refused = render(&endless, font, SampleRate::ANALYSIS, GO_ON);
    assert!(matches!(refused, Err(AudioError::TooLong { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_same_song_gives_the_same_finite_samples(
        notes in prop::collection::vec((0u64..400, 0u64..300, 0u8..=127, 0u8..=127), 0..60),
    ) {
        let tracks: Vec<_> = notes
            .iter()
            .enumerate()
            .map(|(at, (start, length, key, program))| {
                let kind = if at % 7 == 6 {
                    TrackKind::Drums
                } else {
                    TrackKind::Melodic { program: *program }
                };
                (kind, vec![note(*start, *length, *key)])
            })
            .collect();
        let song = song(tracks);
        let [one, two] = [(); 2].map(|()| {
            render(&song, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap()
        });
        prop_assert!(one == two);
        prop_assert!(one.iter().all(|x| x.abs() <= 0.951));
        let stereo =
            render_stereo(&song, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap();
        prop_assert!(stereo.left.iter().chain(&stereo.right).all(|x| x.abs() <= 0.951));
    }
}

#[test]
fn a_note_played_alone_and_mixed_in_sounds_as_in_one_synthesizer() {
    // Repeated and overlapping notes of several instruments, starting on whole blocks of both.
    let notes = |program: u8, key: u8| {
        let note = |at: u64| note(at * 96, 80 + at % 3 * 40, key + (at % 2) as u8);
        (TrackKind::Melodic { program }, (0..12).map(note).collect())
    };
    let mut song = song(vec![notes(0, 60), notes(48, 67), notes(33, 40)]);
    song.tempo = TempoMap::constant(96, Bpm(44_100.0 / (64.0 * 400.0) * 60.0));
    let mono = listen(&song);
    let stereo = render_stereo(&song, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap();
    let both: Vec<f32> = stereo.left.iter().zip(&stereo.right).map(|(l, r)| l + r).collect();
    // They differ in level by the normalisation and in the little that reverb and chorus add.
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let correlation = dot(&mono, &both) / (dot(&mono, &mono) * dot(&both, &both)).sqrt();
    assert!(correlation > 0.9, "{correlation}");
}

/// The synth strings of the embedded font lie beside 0; what is listened to does not.
#[test]
fn what_is_listened_to_has_no_offset() {
    let mut off: Vec<(u8, f32)> = Vec::new();
    for program in [50, 51, 80, 81, 0, 48] {
        let chord = [48, 52, 55].map(|key| note(0, 480 * 8, key));
        let kind = TrackKind::Melodic { program };
        let song = song(vec![(kind, chord.to_vec())]);
        let heard =
            render_stereo(&song, SoundFont::embedded(), SampleRate::ANALYSIS, GO_ON).unwrap();
        for side in [heard.left, heard.right] {
            off.push((program, side.iter().sum::<f32>() / side.len() as f32));
        }
    }
    assert!(off.iter().all(|(_, mean)| mean.abs() < 1e-3), "{off:?}");
}
