//! The bar of progress on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::drummer::{Progress, Stage};

/// Shows the stage at work on standard error if that is a terminal; otherwise says nothing.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// For a generation and `more` steps after it.
    pub fn new(more: usize, quiet: bool) -> Bar {
        Bar { bar: bar(Stage::ALL.len() + more, "{bar:24.cyan} {msg}", quiet) }
    }

    /// A step after the drummer's stages begins.
    pub fn step(&self, name: &'static str) {
        self.bar.set_position(self.bar.position().max(Stage::ALL.len() as u64 - 1) + 1);
        self.bar.set_message(name);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    /// An error's line must not stand behind the remains of the bar.
    fn drop(&mut self) {
        self.end();
    }
}

impl Progress for Bar {
    fn stage(&self, stage: Stage) {
        let index = Stage::ALL.iter().position(|&other| other == stage).unwrap_or_default();
        self.bar.set_position(index as u64);
        self.bar.set_message(stage.name());
    }
}

/// A bar for so many things of the same kind, with a message for the one at hand.
pub fn counted(things: usize, quiet: bool) -> ProgressBar {
    bar(things, "{bar:24.cyan} {pos}/{len} {wide_msg}", quiet)
}

fn bar(length: usize, template: &str, quiet: bool) -> ProgressBar {
    // indicatif draws on terminals only.
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}
