//! Every hit exactly once, on the right sample, whatever the host does; every note ends.

use super::host::{EXACT, Habits, Host, Stretch, clip, number};
use drumlin::studio::wire::Clip;
use proptest::prelude::*;

/// What a host does next.
#[derive(Clone, Debug)]
enum Act {
    /// Runs (or stands) for this many seconds.
    Wait(f64),
    Play,
    Stop,
    Jump(f64),
    Tempo(f64),
    Loop(Option<(f64, f64)>),
    Reset,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0.01..2.0).prop_map(Act::Wait),
        2 => Just(Act::Play),
        1 => Just(Act::Stop),
        2 => (-4.0..40.0).prop_map(Act::Jump),
        1 => (0_u8..8).prop_map(|bar| Act::Jump(f64::from(bar) * 4.0)),
        2 => (40.0..240.0).prop_map(Act::Tempo),
        1 => (0.0..20.0, 0.6..12.0).prop_map(|(from, long)| Act::Loop(Some((from, from + long)))),
        1 => Just(Act::Loop(None)),
        1 => Just(Act::Reset),
    ];
    prop::collection::vec(act, 4..24)
}

fn habits() -> impl Strategy<Value = Habits> {
    let quantum = prop_oneof![
        2 => Just(0.0),
        // CLAP's fixed point, and two sequencers' ticks.
        2 => Just(2.0_f64.powi(-31)),
        1 => Just(1.0 / 1920.0),
        1 => Just(1.0 / 960.0),
    ];
    let parts = prop_oneof![2 => Just(None), 1 => (1_u32..600).prop_map(Some)];
    (quantum, parts, any::<bool>()).prop_map(|(quantum, parts, turns_inside)| Habits {
        quantum,
        parts,
        turns_inside,
    })
}

fn blocks() -> impl Strategy<Value = Vec<u32>> {
    let block = prop_oneof![
        1 => 1_u32..8,
        4 => 8_u32..2048,
        1 => 2048_u32..=16384,
        2 => prop::sample::select(vec![64_u32, 128, 256, 441, 512, 1024]),
    ];
    prop::collection::vec(block, 1..6)
}

fn rates() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0])
}

/// Beats of strokes: on a grid, a little off it, and anywhere.
fn strokes() -> impl Strategy<Value = Vec<f64>> {
    let at = prop_oneof![
        3 => (0_u16..128).prop_map(|step| f64::from(step) / 4.0),
        2 => (0_u16..128, -0.06..0.06).prop_map(|(step, off): (u16, f64)| f64::from(step) / 4.0 + off),
        1 => 0.0..32.0,
    ];
    prop::collection::vec(at, 0..160)
}

fn perform(host: &mut Host, acts: &[Act], blocks: &[u32]) {
    for act in acts {
        match *act {
            Act::Wait(seconds) => host.seconds(seconds, blocks),
            Act::Play => host.play(),
            Act::Stop => host.stop(),
            Act::Jump(to) => {
                // What cannot be told from a rounded position is no jump.
                if (to - host.position).abs() > 0.05 {
                    host.jump(to);
                    host.block(1);
                }
            }
            // A jump together with a new tempo may also be a tempo that changed within a block.
            Act::Tempo(tempo) => {
                host.tempo = tempo;
                host.block(1);
            }
            Act::Loop(range) => host.looping = range,
            Act::Reset => {
                host.engine.reset();
                if host.playing {
                    host.stop();
                    host.play();
                }
            }
        }
    }
    host.stop();
    host.block(64);
}

/// When a stroke is to be heard within a run, in samples, and whether it has to be: one within
/// `slack` samples of the run's ends may fall to either side.
fn expected(run: &[Stretch], at: f64, slack: f64) -> Option<(f64, bool)> {
    let mut found = None;
    for stretch in run {
        let frame = (at - stretch.start) / stretch.beats_per_frame;
        if frame >= -slack && frame < f64::from(stretch.frames) + slack {
            let first = found.is_none();
            let inside = frame >= 0.0 && frame < f64::from(stretch.frames);
            if first || inside {
                found = Some((stretch.from as f64 + frame, inside));
            }
        }
    }
    let (first, last) = (run.first()?, run.last()?);
    let end = (last.from + u64::from(last.frames)) as f64;
    found.map(|(sample, _)| {
        let sure = sample >= first.from as f64 + slack && sample < end - slack;
        (sample, sure)
    })
}

/// Compares what was sent with what the song asked for.
fn check(host: &Host, clip: &Clip) -> Result<(), TestCaseError> {
    prop_assert_eq!(host.sounding(), 0, "a note hangs");
    // A rounded position moves a stroke by as much.
    let slack = |stretch: &Stretch| 1.0 + host.habits.quantum / stretch.beats_per_frame;
    let mut heard: Vec<(u64, usize)> =
        host.drums.iter().filter_map(|note| Some((note.at, number(note)?))).collect();
    let mut runs: Vec<&[Stretch]> = Vec::new();
    let mut from = 0;
    for at in 1..=host.truth.len() {
        if at == host.truth.len() || host.truth[at].fresh {
            runs.push(&host.truth[from..at]);
            from = at;
        }
    }
    runs.retain(|run| !run.is_empty());
    let slacks: Vec<f64> =
        runs.iter().map(|run| run.iter().map(slack).fold(0.0, f64::max)).collect();
    // What has to be heard is looked for first, lest what may be heard is taken for it.
    for must in [true, false] {
        for (run, &slack) in runs.iter().zip(&slacks) {
            for (number, stroke) in clip.strokes.iter().enumerate() {
                let at = clip.start.0 + stroke.at.0;
                let Some((sample, _)) = expected(run, at, slack).filter(|(_, sure)| *sure == must)
                else {
                    continue;
                };
                let place = heard.iter().position(|&(played, which)| {
                    which == number && (played as f64 - sample).abs() <= slack
                });
                if let Some(place) = place {
                    heard.remove(place);
                } else {
                    prop_assert!(
                        !must,
                        "stroke {} at beat {} was not played near sample {} (run from {:?})",
                        number,
                        at,
                        sample,
                        run[0]
                    );
                }
            }
        }
    }
    for (run, &slack) in runs.iter().zip(&slacks) {
        let first = run[0];
        // Strokes a little ahead of a bar line on which the run begins.
        let lines = clip.bar_lines.iter().map(|line| line.0 + clip.start.0);
        let on_line = lines
            .into_iter()
            .any(|line| ((line - first.start) / first.beats_per_frame).abs() <= slack);
        if on_line {
            heard.retain(|&(played, which)| {
                let ahead = first.start - clip.start.0 - clip.strokes[which].at.0;
                played != first.from || !(0.0..0.1).contains(&ahead)
            });
        }
    }
    prop_assert!(heard.is_empty(), "played without being asked for: {:?}", heard);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_hit_is_played_exactly_once_on_its_sample(
        rate in rates(),
        habits in habits(),
        blocks in blocks(),
        acts in acts(),
        strokes in strokes(),
    ) {
        let longest = *blocks.iter().max().unwrap();
        let mut host = Host::new(rate, longest, habits);
        let clip = clip(0.0, 8, &strokes);
        host.send(clip.clone());
        host.block(1);
        perform(&mut host, &acts, &blocks);
        check(&host, &clip)?;
    }

    /// Hosts that change tempo within a block and tell only with the next: hits move, but none is
    /// played twice or left out.
    #[test]
    fn a_tempo_that_changes_within_a_block_loses_nothing(
        changes in prop::collection::vec((40.0..240.0, 1_u32..4096, 1_u32..4096), 1..60),
        strokes in strokes(),
    ) {
        let mut host = Host::new(48_000.0, 8192, EXACT);
        let clip = clip(0.0, 8, &strokes);
        host.send(clip.clone());
        host.block(1);
        host.play();
        let mut position = 0.0;
        for (tempo, before, after) in changes {
            let time = host.time(position);
            host.process(&time, before + after);
            position += f64::from(before) * host.beats_per_frame();
            host.tempo = tempo;
            position += f64::from(after) * host.beats_per_frame();
        }
        let mut numbers: Vec<usize> = host.drums.iter().filter_map(number).collect();
        numbers.sort_unstable();
        let due = clip.strokes.iter().take_while(|stroke| stroke.at.0 < position - 0.5).count();
        let skipped = clip.strokes.iter().take_while(|stroke| stroke.at.0 < 0.0).count();
        let expected: Vec<usize> = (skipped..due).collect();
        numbers.retain(|number| (skipped..due).contains(number));
        prop_assert_eq!(numbers, expected);
    }
}

#[test]
fn blocks_of_one_sample_play_like_any_other() {
    let run = |blocks: &[u32]| {
        let mut host = Host::new(48_000.0, 512, EXACT);
        host.send(clip(0.0, 2, &[0.0, 0.5, 1.0, 1.01, 3.999, 4.0, 7.5]));
        host.block(1);
        host.play();
        host.run(48_000 * 4 + 1, blocks);
        host.drums
    };
    let expected = run(&[512]);
    assert_eq!(expected.len(), 14);
    assert_eq!(run(&[1]), expected);
    assert_eq!(run(&[63, 1, 17, 480]), expected);
}

#[test]
fn without_a_transport_the_song_runs_freely() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.send(clip(0.0, 1, &[0.0, 1.0, 2.0]));
    for _ in 0..150 {
        host.process(&Default::default(), 512);
    }
    let starts: Vec<u64> =
        host.drums.iter().filter(|note| note.velocity.is_some()).map(|note| note.at).collect();
    assert_eq!(starts, [0, 24_000, 48_000]);
}

#[test]
fn a_drummer_who_leads_into_the_first_bar_is_heard_when_it_starts() {
    let mut host = Host::new(48_000.0, 512, EXACT);
    host.send(clip(0.0, 4, &[-0.05, 1.0, 7.96]));
    host.looping = Some((0.0, 8.0));
    host.block(512);
    host.play();
    host.seconds(9.0, &[512]);
    let starts: Vec<u64> = host
        .drums
        .iter()
        .filter(|note| note.velocity.is_some())
        .map(|note| note.at - 512)
        .collect();
    // What leads into the bar behind the loop is not played.
    assert_eq!(starts[..4], [0, 24_000, 192_000, 216_000]);
}

#[test]
fn a_loop_that_turns_round_leads_into_its_own_first_bar() {
    let numbers = |looping: Option<(f64, f64)>| {
        let mut host = Host::new(48_000.0, 512, EXACT);
        // Late in bar 4 and early for bar 5; the same of bars 8 and 9.
        host.send(clip(0.0, 12, &[15.7, 15.96, 17.0, 31.7, 31.96, 33.0]));
        host.looping = looping;
        host.jump(16.0);
        host.block(512);
        host.play();
        host.seconds(9.0, &[512]);
        host.drums.iter().filter_map(number).collect::<Vec<usize>>()
    };
    // Bars 5 to 8, once and then half a bar.
    assert_eq!(numbers(Some((16.0, 32.0))), [1, 2, 3, 1, 2]);
    // The song goes on; or the loop ends in the middle of a bar, where nothing is early.
    assert_eq!(numbers(None), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(Some((16.0, 31.97))), [1, 2, 3, 4, 1, 2]);
}

#[test]
fn notes_end_on_stop_jump_bypass_and_reset() {
    let long = || {
        let mut clip = clip(0.0, 4, &[0.0, 0.5]);
        clip.strokes.iter_mut().for_each(|stroke| stroke.length.0 = 8.0);
        let mut host = Host::new(48_000.0, 512, EXACT);
        host.send(clip);
        host.block(512);
        host.play();
        host.run(48_000, &[480]);
        assert_eq!(host.sounding(), 2);
        host
    };
    let ends = |mut host: Host| {
        let now = host.now;
        host.block(480);
        assert_eq!(host.sounding(), 0);
        host.drums.iter().rev().take(2).all(|note| note.at == now && note.velocity.is_none())
    };
    let mut host = long();
    host.stop();
    assert!(ends(host));
    let mut host = long();
    host.jump(9.0);
    assert!(ends(host));
    let mut host = long();
    host.controls.bypassed = true;
    assert!(ends(host));
    let mut host = long();
    host.engine.reset();
    host.jump(9.0);
    assert!(ends(host));
    let mut host = long();
    host.engine.activate(44_100.0, 512, None);
    host.stop();
    assert!(ends(host));
    // An end that the host does not take is offered again.
    let mut host = long();
    host.stop();
    host.wires.accepts = false;
    host.block(480);
    assert_eq!(host.sounding(), 2);
    host.wires.accepts = true;
    assert!(ends(host));
}

#[test]
fn bypassed_the_song_goes_on_unheard() {
    let mut host = Host::new(48_000.0, 480, EXACT);
    host.send(clip(0.0, 1, &[0.0, 1.0, 2.0, 3.0]));
    host.block(480);
    host.play();
    host.controls.bypassed = true;
    host.run(36_000, &[480]);
    host.controls.bypassed = false;
    host.run(60_000, &[480]);
    let numbers: Vec<usize> = host.drums.iter().filter_map(number).collect();
    assert_eq!(numbers, [2, 3]);
}
