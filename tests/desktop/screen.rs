//! An X server of our own with a window manager, a mouse and a keyboard.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::program::{Program, command};
use crate::wait;
use hosts::BoxError;

/// A point in pixels.
pub type Place = (i32, i32);

pub struct Screen {
    // The window manager ends before its server.
    _manager: Program,
    _server: Program,
    display: String,
    connection: RustConnection,
    root: u32,
    size: (u16, u16),
}

impl Screen {
    /// A screen of a size, with a number that nobody else has.
    pub fn new(width: u16, height: u16) -> Result<Screen, BoxError> {
        let size = format!("{width}x{height}x24");
        let mut server = Program::start(command(
            "Xvfb",
            &["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp", "-noreset"],
        ))?;
        let number = server.line(|line| line.parse::<u32>().is_ok())?;
        let display = format!(":{number}");
        let (connection, screen) = x11rb::connect(Some(&display))?;
        let root = connection.setup().roots[screen].root;
        let mut openbox = command("openbox", &["--sm-disable"]);
        openbox.env("DISPLAY", &display);
        let manager = Program::start(openbox)?;
        let sign = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
        wait("the window manager", Duration::from_secs(20), || {
            let asked = connection.get_property(false, root, sign, AtomEnum::WINDOW, 0, 1)?;
            Ok((asked.reply()?.value_len > 0).then_some(()))
        })?;
        let size = (width, height);
        Ok(Screen { _manager: manager, _server: server, display, connection, root, size })
    }

    /// Tells a command where its windows are to be.
    pub fn on_it(&self, command: &mut std::process::Command) {
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
    }

    pub fn start<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[S],
    ) -> Result<Program, BoxError> {
        let mut command = command(program, arguments);
        self.on_it(&mut command);
        Program::start(command)
    }

    fn xdotool(&self, arguments: &[&str]) -> Result<String, BoxError> {
        let mut command = command("xdotool", arguments);
        self.on_it(&mut command);
        Program::output(command, Duration::from_secs(20))
    }

    /// The visible window whose title is as a pattern says, once it is there.
    pub fn window(&self, pattern: &str, patience: Duration) -> Result<u32, BoxError> {
        wait(&format!("a window \"{pattern}\""), patience, || {
            // Nothing found is an error of xdotool's.
            let found = self.xdotool(&["search", "--onlyvisible", "--name", pattern]);
            Ok(found.ok().and_then(|found| found.lines().next_back()?.parse().ok()))
        })
    }

    /// Moves a window, and brings it to the front.
    pub fn place(&self, window: u32, x: i32, y: i32) -> Result<(), BoxError> {
        let (window, x, y) = (window.to_string(), x.to_string(), y.to_string());
        self.xdotool(&["windowmove", &window, &x, &y])?;
        self.raise(&window)
    }

    pub fn resize(&self, window: u32, width: i32, height: i32) -> Result<(), BoxError> {
        let (width, height) = (width.to_string(), height.to_string());
        self.xdotool(&["windowsize", &window.to_string(), &width, &height])?;
        std::thread::sleep(Duration::from_millis(500));
        Ok(())
    }

    fn raise(&self, window: &str) -> Result<(), BoxError> {
        self.xdotool(&["windowactivate", window])?;
        std::thread::sleep(Duration::from_millis(500));
        Ok(())
    }

    /// Where on the screen a place in a window is.
    pub fn on_screen(&self, window: u32, at: Place) -> Result<Place, BoxError> {
        let corner = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok((i32::from(corner.dst_x) + at.0, i32::from(corner.dst_y) + at.1))
    }

    /// The size of a window.
    pub fn size_of(&self, window: u32) -> Result<(i32, i32), BoxError> {
        let found = self.connection.get_geometry(window)?.reply()?;
        Ok((found.width.into(), found.height.into()))
    }

    /// Clicks on a place in a window.
    pub fn click(&self, window: u32, at: Place) -> Result<(), BoxError> {
        self.clicks(window, at, 1)
    }

    pub fn clicks(&self, window: u32, at: Place, times: u32) -> Result<(), BoxError> {
        let (x, y) = self.on_screen(window, at)?;
        self.point((x - 1, y))?;
        self.point((x, y))?;
        let times = times.to_string();
        self.xdotool(&["click", "--repeat", &times, "--delay", "80", "1"])?;
        std::thread::sleep(Duration::from_millis(200));
        Ok(())
    }

    fn point(&self, (x, y): Place) -> Result<(), BoxError> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()])?;
        std::thread::sleep(Duration::from_millis(40));
        Ok(())
    }

    /// Presses a key for a window.
    pub fn press(&self, window: u32, key: &str) -> Result<(), BoxError> {
        self.raise(&window.to_string())?;
        self.xdotool(&["key", key])?;
        Ok(())
    }

    /// Presses the mouse at one place of the screen, moves as a hand does, and lets go at another.
    pub fn drag(&self, from: Place, to: Place) -> Result<(), BoxError> {
        const STEPS: i32 = 20;
        self.point(from)?;
        self.xdotool(&["mousedown", "1"])?;
        // The press has to be seen before the pointer is elsewhere, by a busy machine too.
        std::thread::sleep(Duration::from_millis(500));
        for step in 1..=STEPS {
            let on = |from: i32, to: i32| from + (to - from) * step / STEPS;
            self.point((on(from.0, to.0), on(from.1, to.1)))?;
        }
        std::thread::sleep(Duration::from_millis(400));
        self.xdotool(&["mouseup", "1"])?;
        std::thread::sleep(Duration::from_millis(600));
        Ok(())
    }

    /// A picture of the screen, into the folder that `DRUMLIN_PICTURES` names, if it does.
    pub fn picture(&self, name: &str) -> Result<(), BoxError> {
        let Some(folder) = std::env::var_os("DRUMLIN_PICTURES").map(PathBuf::from) else {
            return Ok(());
        };
        std::fs::create_dir_all(&folder)?;
        let (width, height) = self.size;
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)?
            .reply()?;
        let rgb: Vec<u8> =
            image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        let file = std::fs::File::create(folder.join(format!("{name}.png")))?;
        let mut encoder = png::Encoder::new(file, width.into(), height.into());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Best);
        encoder.write_header()?.write_image_data(&rgb)?;
        Ok(())
    }
}
