//! The window without a host: plays a song to it, generates a part and takes pictures of it.
//!
//! `cargo run --example window -- tests/songs/workout.mid target/pictures`
//!
//! Sizes in points and scales behind that, such as `800x500` or `1600x1000@2`, take every view, sheet
//! and menu in each of them instead.

mod headless;
mod raster;
mod views;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drumlin::audio;
use drumlin::editor::Transport;
use drumlin::score::{Beats, Bpm, Metre, SampleRate};
use drumlin::studio::{Edit, Extract, Job, MapGroove, MapRequest, Studio, Theme, WindowSettings};
use egui::{Event, Id, Vec2};
use headless::Headless;
use raster::{Canvas, Textures};

/// A window, and the pictures that it is painted with.
struct Screen {
    headless: Headless,
    textures: Textures,
}

impl Screen {
    fn new(studio: &Arc<Studio>, size: Vec2, scale: f32) -> Screen {
        let mut headless = Headless::new(studio, size, scale);
        headless.transport = Transport {
            playing: true,
            position: Some(Beats(25.5)),
            bpm: Some(Bpm(120.0)),
            metre: Some(Metre::COMMON),
            rehearsing: false,
            cycle: None,
        };
        let mut screen = Screen { headless, textures: Textures::default() };
        screen.frame(Vec::new());
        screen.frame(Vec::new());
        screen
    }

    fn frame(&mut self, events: Vec<Event>) -> Vec<egui::ClippedPrimitive> {
        let mut output = self.headless.frame(events);
        self.textures.update(&output.textures_delta);
        output.textures_delta.clear();
        self.headless.ctx.tessellate(output.shapes, output.pixels_per_point)
    }

    fn press(&mut self, id: Id) {
        for event in self.headless.click(id).into_iter().chain([Event::PointerGone]) {
            self.frame(vec![event]);
        }
        // A menu takes its size before it stands in its place.
        self.frame(Vec::new());
    }

    fn picture(&mut self, path: &Path) -> Result<(), Box<dyn Error>> {
        let primitives = self.frame(Vec::new());
        let Headless { size, scale, .. } = self.headless;
        let size = [size.x * scale, size.y * scale].map(|side| side as usize);
        let mut canvas = Canvas::new(size);
        canvas.paint(&primitives, &self.textures, scale);
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let mut encoder = png::Encoder::new(file, size[0] as u32, size[1] as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Best);
        encoder.write_header()?.write_image_data(&canvas.bytes())?;
        println!("{}", path.display());
        Ok(())
    }
}

/// The sheet of candidates, with one heard and one starred.
fn candidates(studio: &Arc<Studio>, size: Vec2, scale: f32) -> Result<Screen, Box<dyn Error>> {
    let mut screen = Screen::new(studio, size, scale);
    screen.press(Id::unique("candidates"));
    wait_for_job(studio);
    screen.frame(Vec::new());
    screen.press(Id::unique(("star", 2_usize)));
    screen.press(Id::unique(("discard", 3_usize)));
    screen.press(Id::unique(("candidate", 1_usize)));
    screen.frame(Vec::new());
    Ok(screen)
}

/// The map of grooves, with a groove in hand and two pins.
fn grooves(studio: &Arc<Studio>, size: Vec2, scale: f32) -> Result<Screen, Box<dyn Error>> {
    let mut screen = Screen::new(studio, size, scale);
    screen.press(Id::unique(("tab", "Grooves")));
    let wait = |done: &dyn Fn(&drumlin::studio::View) -> bool| {
        for _ in 0..3000 {
            if done(&studio.snapshot()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("the map does not answer")
    };
    wait(&|view| view.map.is_some())?;
    let Some(map) = studio.snapshot().map.clone() else { return Err("there is no map".into()) };
    let funk = map.map.points().iter().filter(|point| point.style.name() == "funk");
    let ends: Vec<MapGroove> = funk
        .step_by(400)
        .take(2)
        .map(|point| MapGroove { pattern: point.pattern, place: point.place })
        .collect();
    let [a, b] = ends[..] else { return Err("the map has too little funk".into()) };
    studio.change_map(|state| {
        state.pins = [Some(a), Some(b)];
        state.favourites = Arc::new([a]);
    });
    studio.request_map(MapRequest::Morph(0.4));
    wait(&|view| view.document.map.share == 0.4)?;
    wait(&|view| view.document.map.current.is_some())?;
    screen.press(Id::unique(("section", 1_usize)));
    Ok(screen)
}

/// Four bars of the drums as a recording, which is written down.
fn recording(studio: &Arc<Studio>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let extract = Extract { bars: Some(8..12), lanes: None };
    let clip = studio.snapshot().document.midi_file(&extract).ok_or("there are no drums")?;
    let rate = SampleRate(44_100);
    let song = drumlin::midi::parse(&clip.bytes)?;
    let sound = audio::render_stereo(&song, audio::SoundFont::embedded(), rate, &|| false)?;
    let path = folder.join("Drum loop.wav");
    std::fs::write(&path, audio::wav_stereo(&sound, rate))?;
    studio.start(Job::Transcribe(path))?;
    wait_for_job(studio);
    Ok(())
}

/// The sheet that opens wherever a recording was heard.
fn recording_sheet(studio: &Arc<Studio>, size: Vec2, scale: f32) -> Screen {
    let mut screen = Screen::new(studio, size, scale);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(20));
        screen.frame(Vec::new());
    }
    screen
}

fn wait_for_job(studio: &Studio) {
    while studio.snapshot().job.is_some() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let song = PathBuf::from(arguments.next().ok_or("which song?")?);
    let folder = PathBuf::from(arguments.next().ok_or("into which folder?")?);
    std::fs::create_dir_all(&folder)?;
    let sizes = arguments.map(|text| views::size(&text.to_string_lossy()));
    let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
    if !sizes.is_empty() {
        return views::take(&song, &folder, &sizes);
    }
    let studio = Studio::new();
    let (small, middle) = (Vec2::new(800.0, 500.0), Vec2::new(1280.0, 800.0));
    // As a screen of 3840 x 2160 usually is: two of its pixels to a point.
    let large = Vec2::new(1920.0, 1080.0);
    Screen::new(&studio, middle, 1.0).picture(&folder.join("window-empty.png"))?;

    let name = song.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    studio.drop_midi(&name, &std::fs::read(&song)?)?;
    studio.start(Job::Generate)?;
    std::thread::sleep(Duration::from_millis(150));
    Screen::new(&studio, middle, 1.0).picture(&folder.join("window-generating.png"))?;
    wait_for_job(&studio);
    if let Some(error) = &studio.snapshot().error {
        return Err(error.to_string().into());
    }
    for (size, name) in [(middle, "candidates"), (small, "candidates-small")] {
        candidates(&studio, size, 1.0)?.picture(&folder.join(format!("window-{name}.png")))?;
    }
    studio.set_feedback(Default::default());
    // A studio of its own: the sheet opens wherever a recording was heard.
    let other = Studio::new();
    other.load(&studio.save())?;
    recording(&other, &folder)?;
    recording_sheet(&other, middle, 1.0).picture(&folder.join("window-recording.png"))?;
    grooves(&studio, middle, 1.0)?.picture(&folder.join("window-grooves.png"))?;
    let window_settings = studio.snapshot().window_settings;
    for (theme, variant) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        studio.set_window_settings(WindowSettings { theme, ..window_settings });
        for (size, scale, label) in
            [(small, 1.0, "800x500"), (middle, 1.0, "1280x800"), (large, 2.0, "4k")]
        {
            let mut screen = Screen::new(&studio, size, scale);
            screen.press(Id::unique(("section", 1_usize)));
            screen.picture(&folder.join(format!("window-{label}-{variant}.png")))?;
        }
    }
    studio.set_window_settings(WindowSettings { theme: Theme::Dark, ..window_settings });
    let mut screen = Screen::new(&studio, middle, 1.0);
    screen.press(Id::unique("zoom-all"));
    screen.press(Id::unique(("tab", "Form")));
    screen.picture(&folder.join("window-form.png"))?;
    for (button, name) in [("help", "help"), ("edit-map", "drum-map"), ("preset", "presets")] {
        let mut screen = Screen::new(&studio, middle, 1.0);
        screen.press(Id::unique(button));
        screen.picture(&folder.join(format!("window-{name}.png")))?;
    }
    let mut screen = Screen::new(&studio, Vec2::new(1280.0, 720.0), 2.0);
    studio.apply(Edit::Choose(1))?;
    screen.press(Id::unique("follow"));
    for _ in 0..5 {
        screen.press(Id::unique("zoom-in"));
    }
    screen.press(Id::unique("capture-more"));
    screen.picture(&folder.join("window-close-2x.png"))?;
    Ok(())
}
