//! What a drummer would hear in a part at once, on songs and on single lines (`tests/melodies`): who
//! plays it, where it begins, stops and ends, where it crashes and fills, what its controls do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use drumlin::audio::SoundFont;
use drumlin::drummer::evaluation::{Sense, sense};
use drumlin::drummer::{
    CountIn, Drummer, Ending, GeneratedPart, Settings, Silent, Style, StyleChoice, is_loop, names,
};
use drumlin::midi;
use drumlin::network::{Backend, Models};
use drumlin::score::{
    BarIndex, DrumPart, Hit, Lane, Metre, MetreChange, Note, Song, Ticks, Track, TrackKind,
    Velocity,
};

fn drummer() -> Drummer {
    Drummer::new(Models::new(Backend::Cpu, None), SoundFont::embedded().clone())
}

/// The songs of a folder of `tests`, by name, in order.
fn songs(folder: &str) -> BTreeMap<String, Song> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .collect();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), midi::read(path).unwrap())).collect()
}

fn melody(name: &str) -> Song {
    songs("melodies").remove(name).unwrap()
}

fn played(drummer: &Drummer, song: &Song, settings: Settings) -> GeneratedPart {
    drummer.generate(song, &settings, &Silent).unwrap().parts.swap_remove(0)
}

/// Drums as they come unasked.
fn usual(song: &Song) -> GeneratedPart {
    played(&drummer(), song, Settings::default())
}

fn sensed(song: &Song, part: &DrumPart) -> Sense {
    sense(song, &midi::drum_song(song, part)).unwrap()
}

fn first_and_last(song: &Song) -> (Ticks, Ticks) {
    let notes = || song.melodic().flat_map(|track| &track.notes);
    let first = notes().map(|note| note.start).min().unwrap();
    (first, notes().map(|note| note.end()).max().unwrap())
}

fn bars_of(part: &DrumPart) -> BTreeSet<usize> {
    part.hits.iter().map(|hit| hit.bar.0).collect()
}

fn in_bar(part: &DrumPart, bar: usize) -> Vec<&Hit> {
    part.hits.iter().filter(|hit| hit.bar == BarIndex(bar)).collect()
}

/// Steps on which no one can play what is there: a third hand, or two things of one hat or hand.
fn impossible(part: &DrumPart) -> Vec<(usize, usize)> {
    let mut steps: BTreeMap<(usize, usize), Vec<Lane>> = BTreeMap::new();
    for hit in &part.hits {
        steps.entry((hit.bar.0, hit.step)).or_default().push(hit.lane());
    }
    let feet = |lane: &&Lane| matches!(lane, Lane::Kick | Lane::PedalHat);
    steps.retain(|_, lanes| {
        let hands = lanes.len() - lanes.iter().filter(feet).count();
        let has = |lane| lanes.contains(&lane);
        let hats = [Lane::ClosedHat, Lane::OpenHat, Lane::PedalHat];
        let two_hats = hats.into_iter().filter(|&hat| has(hat)).count() > 1;
        let both = has(Lane::Ride) && (has(Lane::ClosedHat) || has(Lane::OpenHat));
        hands > 2 || two_hats || both
    });
    steps.into_keys().collect()
}

/// All songs that come with the tests: what everybody would notice, on the defaults.
#[test]
fn a_drummer_would_play_that() {
    let drummer = drummer();
    let mut senses = Vec::new();
    let (mut endings, mut crashes) = (Vec::new(), 0);
    for (name, song) in ["melodies", "songs", "quality"].into_iter().flat_map(songs) {
        let take = played(&drummer, &song, Settings::default());
        let (part, found) = (&take.part, sensed(&song, &take.part));
        let (first, last) = first_and_last(&song);
        assert_eq!(impossible(part), [], "{name}");
        assert!(part.hits.iter().all(|hit| part.tick(hit) >= first), "{name}: early");
        assert!(part.hits.iter().all(|hit| part.tick(hit) < last), "{name}: late");
        assert!(found.storm.unwrap() <= 2.0, "{name}: {:?}", found.storm);
        let end = part.hits.iter().map(|hit| (hit.bar, hit.step)).max().unwrap();
        for hit in part.hits.iter().filter(|hit| hit.lane() == Lane::Crash) {
            assert!(hit.step == 0 || (hit.bar, hit.step) == end, "{name}: crash in {:?}", hit.bar);
            crashes += 1;
        }
        if !is_loop(&song, &song.bars()) {
            endings.push(found.ending.unwrap());
            println!("{name} ends: {:?}", found.ending);
        }
        senses.push(found);
    }
    let mean = Sense::mean(&senses);
    println!("{mean:?}, {} of {} songs end", endings.len(), senses.len());
    assert!(senses.len() > 30 && crashes > 50);
    assert_eq!(mean.hands3, Some(0.0));
    assert!(mean.kick2.unwrap() <= 1.0, "{:?}", mean.kick2);
    assert!(mean.rush.unwrap() <= 0.5, "{:?}", mean.rush);
    assert!(mean.toms.unwrap() >= 0.6, "{:?}", mean.toms);
    let ended = endings.iter().sum::<f64>() / endings.len() as f64;
    assert!(endings.len() > 15 && ended >= 0.95, "{ended}");
}

#[test]
fn two_hands_play_it_at_every_setting() {
    let drummer = drummer();
    for name in ["rock", "jig", "seven", "aaba"] {
        let song = melody(name);
        let analysis = drummer.analyze(&song, &Silent).unwrap();
        let styles = [None, Some(Style::Metal), Some(Style::Latin), Some(Style::Jazz)];
        for (number, style) in styles.into_iter().enumerate() {
            for complexity in [0.0, 1.0] {
                for humanise in [0.0, 1.0] {
                    let settings = Settings {
                        style: style.map_or(StyleChoice::FromSong, StyleChoice::Preset),
                        complexity,
                        fill_amount: 1.0,
                        fill_complexity: complexity,
                        humanise,
                        intensity: 1.0 - humanise,
                        swing: [0.0, 1.0][number % 2],
                        seed: number as u64,
                        ..Settings::default()
                    };
                    let takes = drummer.play(&analysis, &settings, &Silent).unwrap().parts;
                    let part = &takes[0].part;
                    let found = sensed(&song, part);
                    assert_eq!(found.hands3, Some(0.0), "{name} {settings:?}");
                    if style != Some(Style::Metal) {
                        assert!(found.kick2.unwrap() <= 1.0, "{name} {settings:?} {found:?}");
                    }
                    if settings.swing == 0.0 {
                        assert_eq!(impossible(part), [], "{name} {settings:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn drums_begin_with_the_song() {
    let pick_up = usual(&melody("pick_up")).part;
    assert_eq!(bars_of(&pick_up).first(), Some(&1));
    let empty = usual(&melody("four_empty_bars")).part;
    assert_eq!(bars_of(&empty).first(), Some(&4));
    // Unless they are asked to lead in.
    let drummer = drummer();
    let song = melody("four_empty_bars");
    let with =
        |count_in| played(&drummer, &song, Settings { count_in, ..Settings::default() }).part;
    let sticks = with(CountIn::Sticks);
    let lanes: Vec<(usize, Lane)> =
        in_bar(&sticks, 3).iter().map(|hit| (hit.step, hit.lane())).collect();
    assert_eq!(lanes, [0, 4, 8, 12].map(|step| (step, Lane::SideStick)));
    let fill = with(CountIn::Fill);
    assert_eq!(bars_of(&fill).first(), Some(&3));
    let drums = |hit: &&&Hit| {
        matches!(hit.lane(), Lane::Snare | Lane::HighTom | Lane::MidTom | Lane::LowTom)
    };
    assert!(in_bar(&fill, 3).iter().filter(drums).count() >= 2);
    assert!(in_bar(&fill, 3).iter().all(|hit| hit.step >= 4));
    // The song itself is drummed to as before.
    let later = |part: &DrumPart| part.hits.iter().filter(|hit| hit.bar.0 > 3).count();
    assert_eq!(later(&sticks), later(&empty));
}

#[test]
fn drums_end_as_they_are_asked_to() {
    let drummer = drummer();
    let lanes = |part: &DrumPart| -> (usize, usize, BTreeSet<Lane>) {
        let last = part.hits.iter().map(|hit| (hit.bar.0, hit.step)).max().unwrap();
        let at = |hit: &&Hit| (hit.bar.0, hit.step) == last;
        (last.0, last.1, part.hits.iter().filter(at).map(Hit::lane).collect())
    };
    let hit = BTreeSet::from([Lane::Kick, Lane::Crash]);
    for (name, bar) in [("rock", 32), ("waltz", 31), ("slow_six", 47), ("slow_song", 32)] {
        let song = melody(name);
        let with = |ending| played(&drummer, &song, Settings { ending, ..Settings::default() });
        assert_eq!(lanes(&with(Ending::FromSong).part), (bar, 0, hit.clone()), "{name}");
        let fill = with(Ending::FillAndHit);
        assert_eq!(lanes(&fill.part), (bar, 0, hit.clone()), "{name}");
        assert!(fill.fills.contains(&BarIndex(bar - 1)), "{name}");
        let open = with(Ending::None).part;
        assert_ne!(lanes(&open).2, hit, "{name}");
    }
    let song = melody("loop");
    assert!(is_loop(&song, &song.bars()));
    let loops = usual(&song).part;
    // The groove goes on to the bar line.
    assert!(lanes(&loops).1 >= 12 && !lanes(&loops).2.contains(&Lane::Crash));
    for name in songs("melodies").into_keys().filter(|name| name != "loop") {
        let song = melody(&name);
        assert!(!is_loop(&song, &song.bars()), "{name}");
    }
}

#[test]
fn a_breakdown_is_light_and_a_stop_is_silent() {
    let part = usual(&melody("breakdown_and_stop")).part;
    let loudness = |bars: std::ops::Range<usize>| {
        let hits = part.hits.iter().filter(|hit| bars.contains(&hit.bar.0));
        hits.map(|hit| f64::from(hit.velocity.get()).powi(2)).sum::<f64>() / bars.len() as f64
    };
    // Verses to bar 8, choruses to 16, the breakdown to 24, the stop, choruses again.
    assert!(in_bar(&part, 24).is_empty());
    assert!(!in_bar(&part, 25).is_empty());
    let (quiet, loud) = (loudness(17..23), loudness(9..15));
    assert!(quiet < 0.85 * loud && quiet > 0.0, "{quiet} beside {loud}");
    assert!(in_bar(&part, 25).iter().any(|hit| hit.lane() == Lane::Crash && hit.step == 0));
}

/// Where a singer rests for four bars the band plays on. Nobody does behind a melody alone.
#[test]
fn drums_go_on_where_others_play() {
    let mut song = melody("rock");
    let [from, to] = [8, 12].map(|bar| song.bars().bars()[bar].start);
    for track in &mut song.tracks {
        track.notes.retain(|note| note.start < from || note.start >= to);
    }
    let drummer = drummer();
    let part =
        |others_play| played(&drummer, &song, Settings { others_play, ..Settings::default() }).part;
    let (alone, accompanied) = (part(false), part(true));
    for bar in 8..12 {
        assert!(in_bar(&alone, bar).is_empty());
        let hits = in_bar(&accompanied, bar);
        assert!(hits.iter().any(|hit| hit.lane() == Lane::Kick), "bar {bar}: {hits:?}");
        assert!(hits.len() > 4, "bar {bar}: {hits:?}");
    }
}

/// Where one of a band begins alone, and the others come in behind it, so do kick and snare.
#[test]
fn the_band_comes_in_together() {
    let drummer = drummer();
    let mut song = songs("songs").remove("town").unwrap();
    let enters = song.bars().bars()[8].start;
    // The first track begins in bar 5, and is alone for four bars.
    for track in song.tracks.iter_mut().filter(|track| !track.is_drums()).skip(1) {
        track.notes.retain(|note| note.start >= enters);
    }
    let snares = |complexity| {
        let settings = Settings { complexity, fill_amount: 0.0, ..Settings::default() };
        let part = played(&drummer, &song, settings).part;
        let snares =
            part.hits.iter().filter(|hit| matches!(hit.lane(), Lane::Snare | Lane::SideStick));
        let (first, last): (Vec<&Hit>, Vec<&Hit>) = snares.partition(|hit| hit.bar.0 < 8);
        let bars = bars_of(&part).range(..8).count();
        (first.len(), last.len(), bars)
    };
    let (alone, together, bars) = snares(0.5);
    println!("{alone} snares alone, {together} together; drums in {bars} bars before");
    assert!(alone == 0 && together > 40 && bars == 4);
    // Who asks for more has the whole groove.
    assert!(snares(1.0).0 > 0);
}

#[test]
fn fills_differ_and_lead_to_a_kick() {
    let drummer = drummer();
    for name in ["rock", "waltz", "slow_song", "seven", "aaba"] {
        let song = melody(name);
        let settings = Settings { fill_amount: 1.0, ..Settings::default() };
        let take = played(&drummer, &song, settings);
        assert!(take.fills.len() > 2, "{name}: {:?}", take.fills);
        let drums = |bar: usize| -> BTreeSet<(usize, Lane)> {
            let grid = take.part.grids[bar];
            in_bar(&take.part, bar)
                .iter()
                .filter(|hit| hit.step + grid.steps_per_beat >= grid.steps)
                .map(|hit| (hit.step, hit.lane()))
                .collect()
        };
        for pair in take.fills.windows(2) {
            assert_ne!(drums(pair[0].0), drums(pair[1].0), "{name}: {pair:?}");
        }
        for fill in &take.fills {
            let landing = in_bar(&take.part, fill.0 + 1);
            assert!(landing.iter().any(|hit| hit.step == 0 && hit.lane() == Lane::Kick), "{name}");
        }
    }
}

#[test]
fn the_least_complex_groove_has_its_back_beat() {
    let drummer = drummer();
    for name in ["rock", "pick_up", "slow_song", "aaba"] {
        let song = melody(name);
        let backs = |complexity| -> BTreeSet<(usize, usize)> {
            let settings = Settings { complexity, fill_amount: 0.0, ..Settings::default() };
            let part = played(&drummer, &song, settings).part;
            let back = |hit: &&Hit| {
                let beat = part.grids[hit.bar.0].steps_per_beat;
                matches!(hit.lane(), Lane::Snare | Lane::SideStick)
                    && hit.step > 0
                    && hit.step.is_multiple_of(beat)
            };
            part.hits.iter().filter(back).map(|hit| (hit.bar.0, hit.step)).collect()
        };
        let (least, usual) = (backs(0.0), backs(0.5));
        assert!(usual.len() >= 16, "{name}: {}", usual.len());
        assert_eq!(least, usual, "{name}");
    }
}

#[test]
fn the_least_complex_groove_has_its_kick_and_keeps_the_time() {
    let drummer = drummer();
    for name in ["pick_up", "slow_song", "aaba", "jig", "slow_waltz"] {
        let song = melody(name);
        let of = |complexity| {
            let settings = Settings { complexity, fill_amount: 0.0, ..Settings::default() };
            played(&drummer, &song, settings).part
        };
        let (least, usual) = (of(0.0), of(0.5));
        assert!(least.hits.len() < usual.hits.len(), "{name}");
        for bar in bars_of(&usual) {
            let has = |part: &DrumPart, lanes: &[Lane]| {
                in_bar(part, bar).iter().any(|hit| lanes.contains(&hit.lane()))
            };
            for lanes in [&[Lane::Kick][..], &[Lane::ClosedHat, Lane::OpenHat, Lane::Ride][..]] {
                assert!(has(&least, lanes) || !has(&usual, lanes), "{name}, bar {bar}: {lanes:?}");
            }
        }
    }
}

#[test]
fn quiet_bars_keep_the_kick_between_the_back_beats() {
    let song = melody("slow_song");
    let settings = Settings { fill_amount: 0.0, ..Settings::default() };
    let part = played(&drummer(), &song, settings).part;
    let mut back_beats = 0;
    for bar in bars_of(&part) {
        let (hits, beat) = (in_bar(&part, bar), part.grids[bar].steps_per_beat);
        let strikes = |lane: Lane, at: usize| {
            hits.iter().any(|hit| (hit.lane(), hit.step) == (lane, at * beat))
        };
        if strikes(Lane::Snare, 1) && strikes(Lane::Snare, 3) {
            back_beats += 1;
            assert!(strikes(Lane::Kick, 0) && strikes(Lane::Kick, 2), "bar {bar}");
        }
    }
    assert!(back_beats >= 28, "{back_beats}");
}

/// More complexity adds around the back beat: it stays as loud on the second beat as on the fourth, and
/// no snare whispers on the first.
#[test]
fn the_most_complex_groove_keeps_its_back_beat() {
    let drummer = drummer();
    let mut songs = songs("songs");
    for name in ["town", "fate"] {
        let song = songs.remove(name).unwrap();
        let settings = Settings { complexity: 1.0, fill_amount: 0.0, ..Settings::default() };
        let part = played(&drummer, &song, settings).part;
        let snare = |bar: usize, step: usize| {
            let snares = in_bar(&part, bar);
            let snare = snares.iter().find(|hit| hit.lane() == Lane::Snare && hit.step == step);
            snare.map(|hit| hit.velocity.unit())
        };
        let (mut bars, mut uneven) = (0, 0);
        for bar in bars_of(&part) {
            let (Some(second), Some(fourth)) = (snare(bar, 4), snare(bar, 12)) else { continue };
            bars += 1;
            uneven += usize::from((second - fourth).abs() > 0.2);
            let first = snare(bar, 0).unwrap_or(1.0);
            assert!(first > 0.5 * second.max(fourth), "{name}, bar {bar}");
        }
        assert!(bars >= 30 && 6 * uneven < bars, "{name}: {uneven} of {bars}");
    }
}

#[test]
fn what_is_asked_for_not_at_all_is_not_played() {
    let drummer = drummer();
    let song = melody("rock");
    let with = |densities| {
        let style = StyleChoice::Densities(densities);
        let settings = Settings { style, count_in: CountIn::Sticks, ..Settings::default() };
        played(&drummer, &song, settings).part
    };
    assert!(with([0.0; 8]).hits.is_empty());
    let no_snare = with([4.0, 0.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert!(no_snare.hits.len() > 200);
    let allowed = |hit: &Hit| matches!(hit.lane(), Lane::Kick | Lane::ClosedHat | Lane::PedalHat);
    assert!(no_snare.hits.iter().all(allowed));
}

/// In compound metres one instrument keeps the time through a section: of the cymbals and percussion of
/// a bar, all but a few strokes are its.
#[test]
fn one_hand_keeps_the_time_in_compound_metres() {
    let drummer = drummer();
    for name in ["jig", "slow_six"] {
        let take = played(&drummer, &melody(name), Settings::default());
        let bars: Vec<usize> = bars_of(&take.part).into_iter().collect();
        let keeps = |bar: &&usize| {
            let mut strokes: BTreeMap<Lane, usize> = BTreeMap::new();
            for hit in in_bar(&take.part, **bar) {
                *strokes.entry(hit.lane()).or_default() += 1;
            }
            let drums = [Lane::Kick, Lane::Snare, Lane::SideStick, Lane::Crash];
            strokes.iter().any(|(lane, count)| !drums.contains(lane) && *count >= 3)
        };
        let kept = bars.iter().filter(keeps).count();
        assert!(kept * 10 >= bars.len() * 8, "{name}: {kept} of {} bars", bars.len());
    }
}

/// Bars longer than any that is known are drummed to their end by two hands.
#[test]
fn long_bars_are_drummed_to_their_end() {
    let drummer = drummer();
    for (numerator, denominator) in [(17, 4), (33, 16), (21, 8), (4, 1)] {
        let mut song = melody("rock");
        let metre = Metre::new(numerator, denominator).unwrap();
        song.metres = vec![MetreChange { at: Ticks(0), metre }];
        let part = played(&drummer, &song, Settings::default()).part;
        assert_eq!(impossible(&part), [], "{metre}");
        // The last bar goes no further than the song.
        for bar in 0..song.bars().len() - 1 {
            let last = in_bar(&part, bar).iter().map(|hit| hit.step).max();
            let steps = part.grids[bar].steps;
            assert!(last.is_some_and(|step| step * 4 >= steps * 3), "{metre}, bar {bar}: {last:?}");
        }
    }
}

/// Bass on one and chords on two and three: the kick has the first beat, the snare the others, and the hat
/// leaves none out.
#[test]
fn an_accompanied_waltz_is_no_march() {
    let mut song = melody("waltz");
    let beat = u64::from(song.ticks_per_quarter());
    let key_on = |start, key| Note {
        start: Ticks(start),
        length: Ticks(beat * 9 / 10),
        key,
        velocity: Velocity::clamped(76),
    };
    let (bass, chords): (Vec<Note>, Vec<Note>) = (0..31)
        .flat_map(|bar| {
            let (one, root) = (bar * 3 * beat, if bar % 2 == 0 { 36 } else { 31 });
            let chord = [1, 2].map(|at| [55, 60, 64].map(|key| key_on(one + at * beat, key)));
            std::iter::once(key_on(one, root)).chain(chord.into_iter().flatten())
        })
        .partition(|note| note.key < 48);
    for (name, notes) in [("Bass", bass), ("Chords", chords)] {
        let kind = TrackKind::Melodic { program: 0 };
        song.tracks.push(Track { name: name.to_owned(), kind, notes });
    }
    let part = usual(&song).part;
    let struck = |lanes: &[Lane], step: usize| {
        let bars = (0..31).filter(|&bar| {
            let is_struck = |hit: &&Hit| hit.step == step && lanes.contains(&hit.lane());
            in_bar(&part, bar).iter().any(is_struck)
        });
        bars.count()
    };
    assert!(struck(&[Lane::Kick], 0) >= 28 && struck(&[Lane::Snare], 0) <= 3);
    let hats = [Lane::ClosedHat, Lane::OpenHat, Lane::PedalHat, Lane::Ride, Lane::Crash];
    for beat in [4, 8] {
        let (snares, hats) = (struck(&[Lane::Snare, Lane::SideStick], beat), struck(&hats, beat));
        assert!(snares >= 20 && hats >= 24, "step {beat}: {snares} snares, {hats} hats");
    }
}

/// A kick is heard beside the snare, and stays what it is from bar to bar.
#[test]
fn kicks_are_as_loud_as_snares() {
    let drummer = drummer();
    for name in ["rock", "pick_up", "slow_six", "waltz"] {
        let part = played(&drummer, &melody(name), Settings::default()).part;
        let mean = |lane: Lane| {
            let hits: Vec<f64> = part
                .hits
                .iter()
                .filter(|hit| hit.lane() == lane && hit.velocity.get() > 50)
                .map(|hit| f64::from(hit.velocity.get()))
                .collect();
            hits.iter().sum::<f64>() / hits.len() as f64
        };
        let (kick, snare) = (mean(Lane::Kick), mean(Lane::Snare));
        println!("{name}: kick {kick:.0}, snare {snare:.0}");
        assert!(kick > 0.6 * snare, "{name}: kick {kick:.0}, snare {snare:.0}");
    }
}

/// What the hat plays between the beats is nearly as loud as what it plays on them.
#[test]
fn hats_are_even() {
    let drummer = drummer();
    for name in ["rock", "breakdown_and_stop", "loop"] {
        let part = played(&drummer, &melody(name), Settings::default()).part;
        let mean = |place: usize| {
            let hits: Vec<f64> = part
                .hits
                .iter()
                .filter(|hit| hit.lane() == Lane::ClosedHat && hit.step % 4 == place)
                .map(|hit| f64::from(hit.velocity.get()))
                .collect();
            hits.iter().sum::<f64>() / hits.len() as f64
        };
        let (beats, between) = (mean(0), mean(2));
        println!("{name}: {beats:.0} on the beats, {between:.0} between");
        assert!(between > 0.8 * beats, "{name}: {beats:.0} on the beats, {between:.0} between");
    }
}

#[test]
fn alternatives_have_names_and_differ() {
    let drummer = drummer();
    for (name, song) in songs("melodies") {
        let settings = Settings { alternatives: 4, ..Settings::default() };
        let takes = drummer.generate(&song, &settings, &Silent).unwrap().parts;
        let called = names(takes.iter().map(|take| &take.part));
        println!("{name}: {called:?}");
        assert_eq!(called.iter().collect::<BTreeSet<_>>().len(), 4, "{name}: {called:?}");
        let cells = |take: &GeneratedPart| -> BTreeSet<(usize, usize, Lane)> {
            take.part.hits.iter().map(|hit| (hit.bar.0, hit.step, hit.lane())).collect()
        };
        let parts: Vec<_> = takes.iter().map(cells).collect();
        for (number, first) in parts.iter().enumerate() {
            for second in &parts[..number] {
                let both = 2 * first.intersection(second).count();
                let alike = both as f64 / (first.len() + second.len()) as f64;
                assert!(alike < 0.95, "{name}: two alternatives are {alike:.3} alike");
            }
        }
    }
}
