//! Any bytes: a preset with settings in their range, or none.

#![no_main]

use drumlin::studio::Preset;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(preset) = Preset::from_json(bytes) else { return };
    assert!(preset.settings.shares().iter().all(|share| (0.0..=1.0).contains(share)));
    let text = preset.to_json().expect("settings in their range are JSON");
    assert!(Preset::from_json(&text).is_some_and(|again| again == preset));
});
