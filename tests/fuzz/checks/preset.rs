//! A preset with settings in their range, or none; what is read can be written and read.

use drumlin::studio::Preset;

/// Whether a preset was read.
pub fn check(bytes: &[u8]) -> bool {
    let Some(preset) = Preset::from_json(bytes) else { return false };
    assert!(preset.settings.shares().iter().all(|share| (0.0..=1.0).contains(share)));
    let text = preset.to_json().expect("settings in their range are JSON");
    assert!(Preset::from_json(&text).is_some_and(|again| again == preset));
    true
}
