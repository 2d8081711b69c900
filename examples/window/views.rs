//! Every view, sheet and menu of the window, in sizes and scales that are asked for.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drumlin::audio::{DECODED_RATE, Stereo, wav_stereo};
use drumlin::score::SampleRate;
use drumlin::studio::{Edit, Job, MelodyRequest, Studio};
use drumlin::timbre::{self, Piano, PlayedNote};
use egui::{Event, Id, Modifiers, PointerButton, Vec2};

use crate::{Screen, candidates, grooves, recording, recording_sheet, wait_for_job};

/// Buttons and drop-downs that open something, with the picture's name.
const OPENED: [(&str, &str); 13] = [
    ("preset", "styles"),
    ("keep-preset", "keep-preset"),
    ("drum-map", "drum-maps"),
    ("edit-map", "drum-map"),
    ("channel", "channels"),
    ("count-in", "count-ins"),
    ("ending", "endings"),
    ("backend", "backends"),
    ("take", "takes"),
    ("take-more", "take-menu"),
    ("clip-more", "clip-menu"),
    ("capture-more", "capture-menu"),
    ("help", "help"),
];

/// A size in points and a scale, as `WIDTHxHEIGHT` or `WIDTHxHEIGHT@SCALE`.
pub fn size(text: &str) -> Result<(Vec2, f32), Box<dyn Error>> {
    let (size, scale) = text.split_once('@').unwrap_or((text, "1"));
    let (width, height) = size.split_once('x').ok_or("a size is WIDTHxHEIGHT@SCALE")?;
    Ok((Vec2::new(width.parse()?, height.parse()?), scale.parse()?))
}

/// Takes the pictures, each named by size, scale and what it shows.
pub fn take(song: &Path, folder: &Path, sizes: &[(Vec2, f32)]) -> Result<(), Box<dyn Error>> {
    let name = song.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let studio = Studio::new();
    let empty = studio.save();
    studio.drop_midi(&name, &std::fs::read(song)?)?;
    let undrummed = studio.save();
    studio.start(Job::Generate)?;
    wait_for_job(&studio);
    let drummed = studio.save();
    // Studios of their own for what stays open.
    let with = |state: &[u8]| -> Result<Arc<Studio>, Box<dyn Error>> {
        let studio = Studio::new();
        studio.load(state)?;
        Ok(studio)
    };
    let [heard, chosen, mapped] = [with(&drummed)?, with(&drummed)?, with(&drummed)?];
    recording(&heard, folder)?;
    for &(size, scale) in sizes {
        let path = |name: &str| folder.join(format!("{}x{}@{scale}-{name}.png", size.x, size.y));
        for (state, name) in [(&empty, "empty"), (&undrummed, "undrummed")] {
            Screen::new(&with(state)?, size, scale).picture(&path(name))?;
        }
        let mut screen = Screen::new(&with(&drummed)?, size, scale);
        screen.picture(&path("drummer"))?;
        for tab in ["Form", "Grooves"] {
            screen.press(Id::unique(("tab", tab)));
            screen.picture(&path(&format!("{}-bare", tab.to_lowercase())))?;
        }
        for (button, name) in OPENED {
            let mut screen = Screen::new(&with(&drummed)?, size, scale);
            screen.press(Id::unique(button));
            screen.picture(&path(name))?;
        }
        for (button, name) in
            [("take-rename", "rename"), ("take-melody", "melody"), ("take-piano", "piano")]
        {
            let studio = with(&drummed)?;
            let mut screen = Screen::new(&studio, size, scale);
            screen.press(Id::unique("take-more"));
            screen.press(Id::unique(button));
            screen.picture(&path(name))?;
            let job = match name {
                "melody" => Job::Compose(MelodyRequest::default()),
                "piano" => Job::LearnPiano(piano(folder)?),
                _ => continue,
            };
            studio.start(job)?;
            wait_for_job(&studio);
            screen.frame(Vec::new());
            screen.picture(&path(&format!("{name}-done")))?;
        }
        let mut screen = Screen::new(&with(&drummed)?, size, scale);
        screen.press(Id::unique("help"));
        screen.press(Id::unique("placement"));
        screen.picture(&path("placement"))?;
        for (number, widget) in [Id::unique(("section", 1_usize)), Id::unique(("lane", 0_usize))]
            .into_iter()
            .enumerate()
        {
            let mut screen = Screen::new(&with(&drummed)?, size, scale);
            screen.press_other(widget);
            screen.picture(&path(["bar-menu", "lane-menu"][number]))?;
        }
        let studio = with(&drummed)?;
        let mut screen = Screen::new(&studio, size, scale);
        studio.apply(Edit::Choose(1))?;
        for _ in 0..5 {
            screen.press(Id::unique("zoom-in"));
        }
        screen.press(Id::unique(("section", 0_usize)));
        screen.picture(&path("close"))?;
        recording_sheet(&heard, size, scale).picture(&path("recording"))?;
        candidates(&chosen, size, scale)?.picture(&path("candidates"))?;
        grooves(&mapped, size, scale)?.picture(&path("grooves"))?;
    }
    Ok(())
}

/// A recording of a piano that plays a few notes.
fn piano(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let notes: Vec<PlayedNote> = (0..12_u8)
        .map(|place| {
            let start = 0.5 * f64::from(place);
            PlayedNote { start, end: start + 0.45, key: 36 + 4 * place, velocity: 80 }
        })
        .collect();
    let mut sides = timbre::perform(&Piano::schematic(), &notes, DECODED_RATE, &|| false)?;
    timbre::level(&mut sides);
    let [left, right] = sides;
    let path = folder.join("Grandmother's piano.wav");
    std::fs::write(&path, wav_stereo(&Stereo { left, right }, SampleRate(DECODED_RATE)))?;
    Ok(path)
}

impl Screen {
    /// A click with the other button.
    fn press_other(&mut self, id: Id) {
        for event in self.headless.click(id).into_iter().map(|event| match event {
            Event::PointerButton { pos, pressed, .. } => Event::PointerButton {
                pos,
                button: PointerButton::Secondary,
                pressed,
                modifiers: Modifiers::NONE,
            },
            other => other,
        }) {
            self.frame(vec![event]);
        }
    }
}
