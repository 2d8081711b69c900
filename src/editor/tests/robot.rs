//! A musician with a mouse and a keyboard, and no screen.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{
    Context, Event, FullOutput, Id, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape,
    UiBuilder, Vec2,
};
use egui_kittest::Harness;

use crate::editor::grid::Place;
use crate::editor::layout::Layout;
use crate::editor::{Controls, Transport, Window};
use crate::parameters::Control;
use crate::score::{DrumPart, Hit};
use crate::studio::{Arrangement, Cell, Document, Saved, Studio, fixtures};

/// Controls that write down what is done to them.
#[derive(Default)]
pub struct Notebook {
    values: RefCell<HashMap<Control, f32>>,
    pub written: RefCell<Vec<String>>,
}

impl Controls for Notebook {
    fn value(&self, control: Control) -> f32 {
        self.values.borrow().get(&control).copied().unwrap_or(self.default_value(control))
    }

    fn default_value(&self, _control: Control) -> f32 {
        0.5
    }

    fn text(&self, control: Control) -> String {
        format!("{:.0}", self.value(control) * 100.0)
    }

    fn parse(&self, _control: Control, text: &str) -> Option<f32> {
        Some(text.parse::<f32>().ok()? / 100.0)
    }

    fn begin(&self, control: Control) {
        self.written.borrow_mut().push(format!("begin {}", control.name()));
    }

    fn set(&self, control: Control, value: f32) {
        self.values.borrow_mut().insert(control, value);
        self.written.borrow_mut().push("set".to_owned());
    }

    fn end(&self, control: Control) {
        self.written.borrow_mut().push(format!("end {}", control.name()));
    }
}

/// What is shown to the robot.
pub struct Stage {
    pub window: Window,
    pub studio: Arc<Studio>,
    pub controls: Notebook,
    pub transport: Transport,
    pub size: Vec2,
}

/// The hand on the mouse; egui's test kit is what it works with.
pub struct Robot {
    /// Finds widgets by their names, as screen readers do.
    pub harness: Harness<'static, Stage>,
    held: Modifiers,
    time: f64,
}

impl std::ops::Deref for Robot {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        self.harness.state()
    }
}

impl std::ops::DerefMut for Robot {
    fn deref_mut(&mut self) -> &mut Stage {
        self.harness.state_mut()
    }
}

impl Robot {
    pub fn with_nothing(size: Vec2) -> Robot {
        let mut window = Window::new();
        // What is kept on this machine is no matter of a test's.
        window.side_panel.presets.folder = None;
        window.side_panel.grooves.library = None;
        let stage = Stage {
            window,
            studio: Studio::new(),
            controls: Notebook::default(),
            transport: Transport::default(),
            size,
        };
        let harness = Harness::builder()
            .with_size(size)
            // Fonts have to be there in the first frame.
            .with_context_setup(|ctx| Window::new().open(ctx))
            .build_ui_state(
                |ui, Stage { window, studio, controls, transport, .. }| {
                    // The kit leaves a margin.
                    let whole = ui.ctx().content_rect();
                    ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                        ui.set_clip_rect(whole);
                        window.show(ui, studio, controls, *transport);
                    });
                },
                stage,
            );
        // The kit has shown some frames.
        let mut robot = Robot { harness, held: Modifiers::NONE, time: 10.0 };
        robot.frames(2);
        robot
    }

    pub fn with_bars(bars: usize, size: Vec2) -> Robot {
        let mut robot = Robot::with_nothing(size);
        let document = Document { lanes: Default::default(), ..fixtures::document(bars, 1) };
        let saved = Saved { document, ..Saved::default() };
        robot.studio.load(&saved.to_bytes()).unwrap();
        robot.frames(2);
        // Loading has turned the controls to the document's settings.
        robot.controls.written.borrow_mut().clear();
        robot
    }

    pub fn ctx(&self) -> &Context {
        &self.harness.ctx
    }

    pub fn input(&mut self, input: RawInput) -> &FullOutput {
        // Slow enough that two clicks are two clicks.
        self.time += 0.4;
        let next = self.harness.input_mut();
        next.append(input);
        next.time = Some(self.time);
        self.harness.step();
        self.harness.output()
    }

    /// What stands in the window with an ellipsis in place of its end.
    pub fn cut_texts(&self) -> Vec<String> {
        fn collect(shape: &Shape, cut: &mut Vec<String>) {
            match shape {
                Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, cut)),
                Shape::Text(text) if text.galley.elided => {
                    cut.push(text.galley.text().to_owned());
                }
                _ => {}
            }
        }
        let mut cut = Vec::new();
        let shapes = &self.harness.output().shapes;
        shapes.iter().for_each(|shape| collect(&shape.shape, &mut cut));
        cut
    }

    /// Whether a text that begins so stands in the window.
    pub fn says(&self, start: &str) -> bool {
        let shapes = &self.harness.output().shapes;
        shapes.iter().any(|shape| match &shape.shape {
            Shape::Text(text) => text.galley.text().starts_with(start),
            _ => false,
        })
    }

    pub fn events(&mut self, events: Vec<Event>) -> &FullOutput {
        self.input(RawInput { events, ..RawInput::default() })
    }

    pub fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.events(Vec::new());
        }
    }

    pub fn hold(&mut self, modifiers: Modifiers) {
        self.held = modifiers;
        self.events(vec![Event::ModifiersChanged(modifiers)]);
    }

    pub fn move_to(&mut self, at: Pos2) {
        self.events(vec![Event::PointerMoved(at)]);
    }

    pub fn button(&mut self, at: Pos2, button: PointerButton, pressed: bool) {
        let modifiers = self.held;
        self.events(vec![Event::PointerButton { pos: at, button, pressed, modifiers }]);
    }

    pub fn click_with(&mut self, at: Pos2, button: PointerButton) {
        self.move_to(at);
        self.button(at, button, true);
        self.button(at, button, false);
        self.frames(1);
    }

    pub fn click(&mut self, at: Pos2) {
        self.click_with(at, PointerButton::Primary);
    }

    pub fn double_click(&mut self, at: Pos2) {
        self.move_to(at);
        for pressed in [true, false, true, false] {
            self.time -= 0.35;
            self.button(at, PointerButton::Primary, pressed);
        }
        self.frames(1);
    }

    /// Presses, moves in a few steps, and lets go.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.move_to(from);
        self.button(from, PointerButton::Primary, true);
        for step in 1..=8 {
            self.move_to(from + (to - from) * (step as f32 / 8.0));
        }
        self.button(to, PointerButton::Primary, false);
        self.frames(1);
    }

    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.events(vec![Event::ModifiersChanged(modifiers), event(true)]);
        self.events(vec![event(false), Event::ModifiersChanged(Modifiers::NONE)]);
    }

    /// Where a widget was in the last frame.
    pub fn rect(&self, name: impl std::hash::Hash + std::fmt::Debug) -> Rect {
        let shown = self.ctx().read_response(Id::unique(&name));
        shown.unwrap_or_else(|| panic!("{name:?} is not shown")).rect
    }

    pub fn press(&mut self, name: impl std::hash::Hash + std::fmt::Debug) {
        let at = self.rect(name).center();
        self.click(at);
    }

    /// Whether a widget was in the last frame.
    pub fn shows(&self, name: impl std::hash::Hash + std::fmt::Debug) -> bool {
        self.ctx().read_response(Id::unique(&name)).is_some()
    }

    /// Types a line into the field that has the keys.
    pub fn type_line(&mut self, text: &str) {
        self.key(Modifiers::COMMAND, Key::A);
        self.events(vec![Event::Text(text.to_owned())]);
        self.key(Modifiers::NONE, Key::Enter);
        self.frames(1);
    }

    /// Lets frames go by until something has come from another thread.
    #[track_caller]
    pub fn wait(&mut self, wanted: impl Fn(&Robot) -> bool) {
        let began = Instant::now();
        while !wanted(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing came");
            std::thread::sleep(Duration::from_millis(5));
            self.frames(1);
        }
    }

    pub fn document(&self) -> Arc<Document> {
        Arc::clone(&self.studio.snapshot().document)
    }

    pub fn arrangement(&self) -> Arrangement {
        self.document().arrangement.clone().unwrap()
    }

    pub fn part(&self) -> Arc<DrumPart> {
        Arc::clone(self.document().part().unwrap())
    }

    pub fn layout(&self) -> Layout {
        Layout::new(Pos2::ZERO, self.size, self.window.side_panel.shows_map())
    }

    pub fn with_place<T>(&self, ask: impl FnOnce(&Place<'_>) -> T) -> T {
        let part = self.part();
        let timeline = self.window.shared.timeline;
        ask(&Place { rect: self.layout().grid, timeline, part: &part })
    }

    /// The middle of a cell.
    pub fn at_cell(&self, cell: Cell) -> Pos2 {
        self.with_place(|place| {
            Pos2::new(place.x(cell.bar, cell.step as f32 + 0.5), place.row(cell.lane).center().y)
        })
    }

    /// The middle of what is drawn of a hit.
    pub fn at_hit(&self, hit: &Hit) -> Pos2 {
        self.with_place(|place| place.hit_rect(hit).center())
    }

    pub fn hit(&self, cell: Cell) -> Option<Hit> {
        let part = self.part();
        part.hits
            .iter()
            .find(|hit| (hit.bar, hit.step, hit.lane()) == (cell.bar, cell.step, cell.lane))
            .copied()
    }
}
