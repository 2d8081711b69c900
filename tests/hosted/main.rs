//! The plugins in real hosts, in this process: a melody is played, captured and drummed to, and what
//! comes out is compared with the part, sample by sample.

mod disorder;

mod as_clap {
    use std::thread;
    use std::time::{Duration, Instant};

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use hosts::clap::{self, Clap, NoteDialect, NoteDialects};
    use hosts::scenarios::{self, RATE};
    use hosts::session::Drum;
    use hosts::{Block, Hosted, Now, library, saved, storm};

    /// How long the host goes mad.
    const STORM: Duration = Duration::from_secs(4);

    fn drumlin() -> Clap {
        Clap::new(&library(), "Drumlin", RATE, 4096).unwrap()
    }

    fn drumlin_fx() -> Clap {
        Clap::new(&library(), "Drumlin FX", RATE, 4096).unwrap()
    }

    #[test]
    fn both_plugins_are_there() {
        assert_eq!(clap::names(&library()).unwrap(), ["Drumlin", "Drumlin FX"]);
    }

    #[test]
    fn the_part_comes_out_sample_by_sample() {
        scenarios::the_part_comes_out_sample_by_sample(drumlin()).unwrap();
    }

    #[test]
    fn it_follows_loop_jump_tempo_and_stop() {
        scenarios::it_follows_loop_jump_tempo_and_stop(drumlin()).unwrap();
    }

    #[test]
    fn a_project_opens_as_it_was_saved() {
        scenarios::a_project_opens_as_it_was_saved(drumlin(), drumlin(), drumlin_fx()).unwrap();
    }

    #[test]
    fn the_effect_lets_sound_through_and_adds_drums() {
        scenarios::the_effect_lets_sound_through_and_adds_drums(drumlin_fx()).unwrap();
    }

    #[test]
    fn sound_passes_and_only_the_melody_is_sent() {
        for plugin in [drumlin(), drumlin_fx()] {
            scenarios::sound_passes_and_only_the_melody_is_sent(plugin).unwrap();
        }
    }

    #[test]
    fn what_is_tapped_is_heard_and_played() {
        scenarios::what_is_tapped_is_heard_and_played(drumlin()).unwrap();
    }

    #[test]
    fn two_instances_play_their_own() {
        scenarios::two_instances_play_their_own(drumlin(), drumlin()).unwrap();
    }

    /// Whichever dialects a host knows, the same is heard, and every stroke and every end comes out
    /// once, on the same sample.
    #[test]
    fn notes_are_the_same_in_every_dialect() {
        let own = NoteDialects::CLAP;
        let midi = NoteDialects::MIDI;
        let mpe = NoteDialects::MIDI_MPE;
        let mut before = None;
        for dialects in [None, Some(own), Some(own | midi), Some(midi), Some(midi | mpe)] {
            let plugin =
                Clap::knowing(dialects, &clap::load(&library()).unwrap(), "Drumlin", RATE, 4096)
                    .unwrap();
            let mut session = scenarios::drummed(plugin).unwrap();
            let document = session.document().unwrap();
            let written = session.written(0.0, scenarios::BEATS).unwrap();
            session.passed = 0;
            scenarios::assert_alike(&session.played(0.0, scenarios::BEATS).unwrap(), &written);
            let first = session.drums[0].at;
            let drums: Vec<Drum> =
                session.drums.iter().map(|drum| Drum { at: drum.at - first, ..*drum }).collect();
            let all = (document.takes, document.arrangement, drums, session.passed);
            let before = before.get_or_insert_with(|| all.clone());
            assert!(*before == all, "{dialects:?} says something else");
        }
    }

    #[test]
    fn ports_know_both_dialects_and_prefer_the_richer_one() {
        for mut plugin in [drumlin(), drumlin_fx()] {
            let both = NoteDialects::CLAP | NoteDialects::MIDI;
            assert_eq!(plugin.dialects(), [(both, Some(NoteDialect::Clap)); 2]);
        }
    }

    /// Values, notes, transports and blocks at random on the audio thread, while the main thread
    /// asks, saves, loads what is no state, and loads what is one.
    #[test]
    fn it_weathers_a_storm() {
        const LONGEST: u32 = 512;
        let plugin = Clap::new(&library(), "Drumlin", RATE, LONGEST).unwrap();
        let mut session = scenarios::drummed(plugin).unwrap();
        let written = session.written(0.0, scenarios::BEATS).unwrap();
        let state = session.plugin.save().unwrap();
        let parameters = session.plugin.parameters();
        let mut audio = session.plugin.take_audio().unwrap();
        let threads = storm::Threads::default();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let began = Instant::now();
        let blocks = thread::scope(|scope| {
            let rage = || storm::rage(&mut audio, &parameters, LONGEST, 4, &threads).unwrap();
            let raging = scope.spawn(rage);
            while began.elapsed() < STORM && !raging.is_finished() {
                for (id, least, greatest) in &parameters {
                    let value = session.plugin.value(*id).unwrap();
                    assert!((*least..=*greatest).contains(&value), "{value}");
                }
                session.plugin.save().unwrap();
                let _ = session.plugin.load(&storm::spoilt(&state, &mut rng));
                threads.idle(&mut session.plugin);
                thread::sleep(Duration::from_millis(10));
            }
            threads.end();
            raging.join().unwrap()
        });
        println!("{blocks} blocks in {:?}", began.elapsed());
        assert!(blocks > 100);
        session.plugin.give_back(audio);
        session.plugin.load(&state).unwrap();
        session.run(1.0).unwrap();
        // Jobs and controls that were under way have ended by now, and are taken back.
        thread::sleep(Duration::from_secs(2));
        session.plugin.load(&state).unwrap();
        thread::sleep(Duration::from_millis(200));
        session.run(40.0).unwrap();
        scenarios::assert_alike(&session.played(0.0, scenarios::BEATS).unwrap(), &written);
    }

    /// nice-plug drops what it cannot tell a main thread that is busy. What is turned meanwhile holds, and
    /// reaches the drummer; and the host hears of a project that is opened.
    #[test]
    fn a_main_thread_that_is_busy_misses_nothing() {
        // A few more than nice-plug keeps.
        const TURNS: usize = 4096 + 8;
        let mut plugin = drumlin();
        let (state, swing) = (plugin.save().unwrap(), plugin.parameter("Swing").unwrap());
        let turns: Vec<_> = (0..TURNS).map(|turn| (swing, [0.5, 0.25][turn % 2])).collect();
        let mut audio = plugin.take_audio().unwrap();
        let now = Now {
            playing: false,
            position: 0.0,
            tempo: 120.0,
            metre: (4, 4),
            looping: None,
            rate: RATE,
        };
        let block = Block { now, frames: 1, notes: &[], sound: None };
        thread::scope(|scope| {
            scope.spawn(|| {
                for turns in turns.chunks(100) {
                    audio.process(&block, turns.iter().copied(), None).unwrap();
                }
            });
        });
        assert_eq!(plugin.value(swing), Some(0.25));
        let began = Instant::now();
        while saved::document(&plugin.save().unwrap()).unwrap().settings.swing != 0.25 {
            assert!(began.elapsed() < Duration::from_secs(60), "the drummer does not hear of it");
            thread::sleep(Duration::from_millis(5));
        }
        let before = plugin.rescans();
        plugin.load(&state).unwrap();
        assert!(plugin.rescans() > before, "the host is not told");
        assert_eq!(plugin.value(swing), Some(0.0));
        plugin.give_back(audio);
    }

    /// The host says that it renders while the plugin runs, and does not start it anew.
    #[test]
    fn what_is_rendered_offline_is_not_captured() {
        let mut session = scenarios::project(drumlin()).unwrap();
        for (offline, takes) in [(true, 0), (false, 1)] {
            session.plugin.set_offline(offline).unwrap();
            session.play(0.0);
            session.run(16.0).unwrap();
            session.stop().unwrap();
            session.plugin.set("Generate", 1.0).unwrap();
            for _ in 0..20 {
                session.block(512).unwrap();
                thread::sleep(Duration::from_millis(10));
            }
            session.plugin.set("Generate", 0.0).unwrap();
            session.wait(|document| document.takes.len() >= takes).unwrap();
            let document = session.document().unwrap();
            assert_eq!(document.takes.len(), takes, "offline: {offline}");
        }
    }

    #[test]
    fn instances_come_and_go() {
        for _ in 0..20 {
            let _both = (drumlin(), drumlin_fx());
        }
    }
}

#[cfg(target_os = "linux")]
mod as_vst3 {
    use hosts::scenarios::{self, RATE};
    use hosts::vst3::Vst3;
    use hosts::{Hosted, library, storm};
    use std::path::PathBuf;
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
    use std::thread;
    use std::time::Duration;

    /// One bundle for all tests of this process.
    fn bundle() -> PathBuf {
        static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
        let made = || {
            let folder = tempfile::tempdir().unwrap();
            let bundle = folder.path().join("Drumlin.vst3");
            let inside = bundle.join(format!("Contents/{}-linux", std::env::consts::ARCH));
            std::fs::create_dir_all(&inside).unwrap();
            std::fs::copy(library(), inside.join("Drumlin.so")).unwrap();
            (folder, bundle)
        };
        FOLDER.get_or_init(made).1.clone()
    }

    /// vst3-host loads and unloads the library with each instance: these tests run one at a time.
    static MAIN_THREAD: Mutex<()> = Mutex::new(());

    fn main_thread() -> MutexGuard<'static, ()> {
        // A test that failed has said so itself.
        MAIN_THREAD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drumlin() -> Vst3 {
        Vst3::new(&bundle(), "Drumlin", RATE, 4096).unwrap()
    }

    fn drumlin_fx() -> Vst3 {
        Vst3::new(&bundle(), "Drumlin FX", RATE, 4096).unwrap()
    }

    #[test]
    fn the_part_comes_out_sample_by_sample() {
        let _here = main_thread();
        scenarios::the_part_comes_out_sample_by_sample(drumlin()).unwrap();
    }

    #[test]
    fn it_follows_loop_jump_tempo_and_stop() {
        let _here = main_thread();
        scenarios::it_follows_loop_jump_tempo_and_stop(drumlin()).unwrap();
    }

    #[test]
    fn a_project_opens_as_it_was_saved() {
        let _here = main_thread();
        scenarios::a_project_opens_as_it_was_saved(drumlin(), drumlin(), drumlin_fx()).unwrap();
    }

    #[test]
    fn the_effect_lets_sound_through_and_adds_drums() {
        let _here = main_thread();
        scenarios::the_effect_lets_sound_through_and_adds_drums(drumlin_fx()).unwrap();
    }

    #[test]
    fn sound_passes_and_only_the_melody_is_sent() {
        let _here = main_thread();
        for plugin in [drumlin(), drumlin_fx()] {
            scenarios::sound_passes_and_only_the_melody_is_sent(plugin).unwrap();
        }
    }

    #[test]
    fn what_is_tapped_is_heard_and_played() {
        let _here = main_thread();
        scenarios::what_is_tapped_is_heard_and_played(drumlin()).unwrap();
    }

    #[test]
    fn it_weathers_a_storm() {
        let _here = main_thread();
        let mut session = scenarios::drummed(drumlin()).unwrap();
        let written = session.written(0.0, scenarios::BEATS).unwrap();
        let state = session.plugin.save().unwrap();
        storm::gust(&mut session.plugin, &state, 4096, 3000, 5).unwrap();
        session.plugin.load(&state).unwrap();
        session.run(1.0).unwrap();
        // As for CLAP above.
        thread::sleep(Duration::from_secs(2));
        session.plugin.load(&state).unwrap();
        thread::sleep(Duration::from_millis(200));
        session.run(40.0).unwrap();
        scenarios::assert_alike(&session.played(0.0, scenarios::BEATS).unwrap(), &written);
    }
}
