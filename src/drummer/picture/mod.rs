//! A picture of a song's form: what the melodic side repeats, what the drums repeat, and the
//! sections that both are made of.
//!
//! Two self-similarity matrices side by side, axes in bars, each one's sections as coloured and
//! lettered strips (the drums' are not the song's: two verses may have two grooves), values as colour bars, on 1920 x 1080 pixels: a slide. Pure; runs on the worker thread
//! or the command line's, in well under a second.

mod error;
mod legend;
mod panel;
mod scale;

pub use error::PictureError;

use crate::analysis::Ssm;
use crate::drummer::Form;
use crate::picture::{Canvas, Rgb, Type, Weight, fitted, text_width};
use crate::score::{Song, TempoChange, Ticks};

use panel::Panel;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const MARGIN: f32 = 56.0;

const TITLE: Type = Type::new(Weight::SemiBold, 52.0, Rgb::INK);
const FACTS: Type = Type::new(Weight::Regular, 30.0, Rgb::GREY);

/// What the picture shows.
#[derive(Clone, Copy, Debug)]
pub struct FormPicture<'a> {
    /// The song's name; shortened where it is too long.
    pub title: &'a str,
    /// "96 bars, 120 bpm, 4/4": see [`facts`].
    pub facts: &'a str,
    /// As musicians name the sections.
    pub form: &'a Form,
    /// Of the drums.
    pub drum_form: &'a Form,
    /// Self-similarity of the melodic side.
    pub melodic: &'a Ssm,
    /// Self-similarity of the drums, as predicted; as many bars as `melodic`.
    pub drums: &'a Ssm,
}

impl FormPicture<'_> {
    /// Draws the picture and returns it as a PNG file.
    ///
    /// # Errors
    /// If there are no bars, the matrices differ in size or the form reaches behind the last bar.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        let bars = self.melodic.bars();
        if bars == 0 {
            return Err(PictureError::NoBars);
        }
        if self.drums.bars() != bars {
            return Err(PictureError::SizesDiffer { melodic: bars, drums: self.drums.bars() });
        }
        let mut sections = self.form.sections.iter().chain(&self.drum_form.sections);
        if let Some(last) = sections.find(|section| section.bars.end > bars) {
            return Err(PictureError::FormOutside { end: last.bars.end, bars });
        }
        let mut canvas = Canvas::new(WIDTH, HEIGHT).ok_or(PictureError::NoBars)?;
        self.heading(&mut canvas);
        let right = WIDTH as f32 - MARGIN - Panel::WIDTH;
        let panels = [
            (MARGIN, "What the song repeats", "melodic tracks, as heard", self.melodic, self.form),
            (
                right,
                "What the drums repeat",
                "as predicted from the song",
                self.drums,
                self.drum_form,
            ),
        ];
        for (left, heading, note, ssm, form) in panels {
            Panel { left, top: 142.0, heading, note, ssm, form }.draw(&mut canvas);
        }
        legend::draw(&mut canvas, self.form, MARGIN, 1000.0, WIDTH as f32 - 2.0 * MARGIN);
        Ok(canvas.png()?)
    }

    fn heading(&self, canvas: &mut Canvas) {
        let right = WIDTH as f32 - MARGIN;
        let facts_width = text_width(self.facts, FACTS);
        canvas.text(self.facts, right - facts_width, 84.0, FACTS);
        let room = right - facts_width - 40.0 - MARGIN;
        canvas.text(&fitted(self.title, TITLE, room), MARGIN, 84.0, TITLE);
    }
}

/// The tempi of a song. A first quarter with a tempo of its own leads to where the notes lie (see
/// [`timing`](super::timing)) and is none: the next one holds from the beginning.
pub fn tempos(song: &Song) -> impl Iterator<Item = TempoChange> + '_ {
    let quarter = Ticks(song.ticks_per_quarter().into());
    let leads = song.tempo.changes().nth(1).is_some_and(|second| second.at <= quarter);
    let changes = song.tempo.changes().skip(usize::from(leads));
    changes.enumerate().map(|(index, change)| match index {
        0 => TempoChange { at: Ticks(0), ..change },
        _ => change,
    })
}

/// What a song is, in a line: "96 bars · 118–124 bpm · 4/4, 3/4".
pub fn facts(song: &Song) -> String {
    let bars = song.bars();
    let end = song.end();
    let tempos: Vec<f64> = tempos(song)
        .filter(|change| change.at == Ticks(0) || change.at < end)
        .map(|change| (60e6 / f64::from(change.micros_per_quarter)).round())
        .collect();
    let slowest = tempos.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = tempos.iter().copied().fold(0.0, f64::max);
    let tempo = if slowest < fastest {
        format!("{slowest}–{fastest} bpm")
    } else {
        format!("{fastest} bpm")
    };
    let mut metres: Vec<String> = Vec::new();
    for bar in bars.bars() {
        let metre = bar.metre.to_string();
        if !metres.contains(&metre) {
            metres.push(metre);
        }
    }
    let more = if metres.len() > 3 { ", …" } else { "" };
    metres.truncate(3);
    let plural = if bars.len() == 1 { "" } else { "s" };
    let mut facts = format!("{} bar{plural} · {tempo}", bars.len());
    if !metres.is_empty() {
        facts += &format!(" · {}{more}", metres.join(", "));
    }
    facts
}

#[cfg(test)]
mod tests;
