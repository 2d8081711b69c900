use super::*;

fn folder() -> (tempfile::TempDir, PresetFolder) {
    let place = tempfile::tempdir().unwrap();
    let folder = PresetFolder::new(place.path().join("not/there/yet"));
    (place, folder)
}

fn names(folder: &PresetFolder) -> Vec<String> {
    folder.list().into_iter().map(|preset| preset.name).collect()
}

#[test]
fn every_style_has_a_factory_preset_of_its_own() {
    let factory = Preset::factory();
    assert_eq!(factory.len(), Style::ALL.len() + 1);
    assert_eq!(factory[0].settings, Settings::default());
    for (index, preset) in factory.iter().enumerate() {
        let asked = tidy_settings(&preset.settings, &Document::default());
        let same = factory.iter().position(|other| other.is_asked(&asked));
        assert_eq!(same, Some(index), "{}", preset.name);
    }
    assert_eq!(factory[8].name, "Hip-hop");
}

#[test]
fn presets_are_kept_replaced_and_removed() {
    let (_place, folder) = folder();
    assert!(folder.list().is_empty());
    let mut preset = Preset::factory().swap_remove(3);
    preset.name = "slow & wide / 2".to_owned();
    let jazz = Preset::new("Àla jazz", Preset::factory().swap_remove(5).settings);
    let densities = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let dense = Settings { style: StyleChoice::Densities(densities), ..jazz.settings.clone() };
    let dense = Preset::new("dense", dense);
    for preset in [&preset, &jazz, &dense] {
        folder.save(preset).unwrap();
    }
    assert_eq!(folder.list(), [dense, preset.clone(), jazz]);

    let louder = Settings { intensity: 1.0, ..preset.settings };
    folder.save(&Preset::new("Slow & wide / 2", louder.clone())).unwrap();
    assert_eq!(names(&folder), ["dense", "Slow & wide / 2", "Àla jazz"]);
    assert_eq!(folder.list()[1].settings, louder);

    folder.remove("SLOW & WIDE / 2").unwrap();
    folder.remove("never there").unwrap();
    assert_eq!(names(&folder), ["dense", "Àla jazz"]);
}

#[test]
fn names_stay_inside_the_folder() {
    let (place, folder) = folder();
    for name in ["../../evil", "..", "/etc/x", "a\\b", "CON: ", "%2e", ".", "\u{7}", ""] {
        folder.save(&Preset::new(name, Settings::default())).unwrap();
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(folder.list().len(), 8, "{:?}", names(&folder));
}

#[test]
fn what_is_no_preset_is_passed_over() {
    let (_place, folder) = folder();
    let good = Preset::new("good", Settings { swing: 0.25, ..Settings::default() });
    folder.save(&good).unwrap();
    let text = std::fs::read_to_string(folder.path_of("good")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path_of(name), text).unwrap();
    write("newer", &text.replace("\"version\": 1", "\"version\": 2"));
    write("strange", &text.replace("null", "\"polka\""));
    write("broken", &text[..text.len() / 2]);
    write("huge", &format!("{text}{}", " ".repeat(1 << 17)));
    std::fs::write(folder.0.join("good.json"), &text).unwrap();
    std::fs::create_dir(folder.path_of("folder")).unwrap();
    assert_eq!(folder.list(), [good]);
    // Numbers beyond their range are brought back into it.
    write("wild", &text.replace("0.25", "9e9").replace("\"good\"", "\"wild\""));
    assert_eq!(folder.list()[1].settings.swing, 1.0);
}

#[test]
fn a_preset_that_cannot_be_written_says_so_and_leaves_the_old_one() {
    let place = tempfile::tempdir().unwrap();
    let blocked = place.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    let folder = PresetFolder::new(&blocked);
    let error = folder.save(&Preset::new("x", Settings::default())).unwrap_err();
    assert!(error.to_string().starts_with("cannot write the preset \"x\": "), "{error}");
    assert_eq!(std::fs::read_to_string(&blocked).unwrap(), "in the way");
}

#[test]
fn a_presets_file_says_what_is_asked_by_name() {
    let settings = Settings {
        style: StyleChoice::Preset(Style::HipHop),
        swing: 0.25,
        seed: 7,
        ..Settings::default()
    };
    let preset = Preset::new("Late", settings);
    let text = String::from_utf8(preset.to_json().unwrap()).unwrap();
    let expected = [
        "{",
        "  \"version\": 1,",
        "  \"name\": \"Late\",",
        "  \"style\": \"hip-hop\",",
        "  \"complexity\": 0.5,",
        "  \"intensity\": 0.5,",
        "  \"fill_amount\": 0.5,",
        "  \"fill_complexity\": 0.5,",
        "  \"swing\": 0.25,",
        "  \"humanise\": 0.5,",
        "  \"follow\": 0.5,",
        "  \"ending\": \"from-song\",",
        "  \"count_in\": \"none\"",
        "}",
    ];
    assert_eq!(text, expected.join("\n"));
    let again = Preset::from_json(text.as_bytes()).unwrap();
    assert_eq!(again.settings, Settings { seed: 0, ..preset.settings });
    // Files of before there were endings.
    let old: Vec<&str> = expected.iter().copied().filter(|line| !line.contains("_in")).collect();
    let old =
        old.join("\n").replace("  \"ending\": \"from-song\",\n", "").replace("0.5,\n}", "0.5\n}");
    assert_eq!(Preset::from_json(old.as_bytes()).unwrap().settings, again.settings);
    assert_eq!(Preset::from_json(b"[]"), None);
}
