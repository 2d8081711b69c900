//! What the sheet remembers.

use std::ops::Range;
use std::sync::Arc;

use super::super::frame::Frame;
use super::preview::Preview;
use crate::studio::{AudioImport, PreviewRequest, RecordingMix};
use crate::transcriber::Options;

/// Tempos that can be asked for, in beats a minute.
const TEMPOS: Range<f64> = 20.0..400.0;
/// Tempos that differ by less are one: half of the double of another.
const SAME_TEMPO: f64 = 1e-6;

/// Below that a recording is silence, and drawn as such.
const QUIETEST: f32 = 0.01;

/// A tempo as it is shown and typed.
pub fn tempo_text(bpm: f64) -> String {
    format!("{bpm:.1}")
}

/// What the sheet remembers while it is open.
pub struct RecordingSheet {
    pub import: Arc<AudioImport>,
    /// The loudest of its waveform, above 0: a quiet recording is drawn as high as a loud one.
    pub loudest: f32,
    pub options: Options,
    pub preview: Preview,
    /// The seconds in view.
    pub seen: Range<f64>,
    /// A tempo that is being typed.
    pub tempo: Option<String>,
    /// The tempo that is heard, or the host's, where none is asked for.
    pub own_tempo: Option<f64>,
    /// What of it is heard.
    pub mix: RecordingMix,
}

impl std::fmt::Debug for RecordingSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingSheet").field("name", &self.import.name).finish_non_exhaustive()
    }
}

impl RecordingSheet {
    /// All of the recording in view, heard as usual.
    pub fn new(import: Arc<AudioImport>) -> RecordingSheet {
        let seen = 0.0..import.seconds().max(0.1);
        let (options, preview) = (Options::default(), Preview::default());
        let (tempo, own_tempo, mix) = (None, None, RecordingMix::default());
        let loudest = import.waveform.iter().copied().fold(QUIETEST, f32::max);
        RecordingSheet { import, loudest, options, preview, seen, tempo, own_tempo, mix }
    }

    /// Asks for a tempo that was typed. An emptied field, or the recording's own tempo, takes the question
    /// back; what is no tempo changes nothing.
    pub fn type_tempo(&mut self, text: &str) {
        let text = text.trim().replace(',', ".");
        let is_own = self.own_tempo.is_some_and(|own| tempo_text(own) == text);
        let typed = text.parse::<f64>().ok().filter(|tempo| TEMPOS.contains(tempo));
        if typed.is_some() || text.is_empty() {
            self.options.beats.tempo = typed.filter(|_| !is_own);
        }
    }

    /// Asks for so many times the tempo that is asked for, or that is shown (`bpm`) where none is.
    pub fn scale_tempo(&mut self, bpm: f64, by: f64) {
        let tempo = self.options.beats.tempo.unwrap_or(bpm) * by;
        if TEMPOS.contains(&tempo) {
            let is_own = self.own_tempo.is_some_and(|own| (own - tempo).abs() < SAME_TEMPO);
            self.options.beats.tempo = (!is_own).then_some(tempo);
        }
    }

    /// Whether it is heard, by itself or along with the host.
    pub fn is_heard(&self, frame: &Frame<'_>) -> bool {
        let request = frame.view.preview.as_ref().map(|view| &view.request);
        matches!(
            request,
            Some(PreviewRequest::Recording { import, .. } | PreviewRequest::RecordingAlong { import, .. })
                if *import == self.import
        )
    }

    /// The second of the recording that is heard now, if it is.
    pub fn heard(&self, frame: &Frame<'_>) -> Option<f64> {
        let view = frame.view.preview.as_ref()?;
        match &view.request {
            PreviewRequest::Recording { import, from, .. } if *import == self.import => {
                Some(from + view.since.elapsed().as_secs_f64())
            }
            _ => None,
        }
    }
}
