//! The whole way from a song to its drum parts.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::drafts::{Draft, drafts};
use super::dynamics::Dynamics;
use super::ending::is_loop;
use super::evaluation::SenseReference;
use super::features::{Contents, bar_features, instruments, pair_channels_of, step_grids};
use super::finish::{Cues, finish};
use super::metre::queries;
use super::networks;
use super::performance::{self, Feel};
use super::song_analysis::{SongAnalysis, fingerprint};
use super::sound::{self, melodic_ssm, sounds, span, transform};
use super::sounding::Sounding;
use super::sparse;
use super::windows::{Window, windows};
use super::{
    ClassDensities, DrummerError, MAX_BARS, Progress, Settings, Stage, drum_form, drum_ssm,
    song_form,
};
use crate::analysis::Ssm;
use crate::audio::SoundFont;
use crate::network::{Engine, Models};
use crate::score::{BarGrid, BarIndex, DrumPart, Song};

/// A drummer: its networks and the sounds in which it hears songs. Cheap to make; networks are
/// loaded at the first song.
pub struct Drummer {
    pub(super) models: Models,
    font: SoundFont,
}

/// One part with where its fills are.
#[derive(Clone, Debug)]
pub struct GeneratedPart {
    /// What is played.
    pub part: DrumPart,
    /// The bars that end with a fill, in order.
    pub fills: Vec<BarIndex>,
    /// The class densities that were asked of the network; `None` where the song alone decided.
    pub style: Option<ClassDensities>,
}

/// A song's drums.
#[derive(Clone, Debug)]
pub struct Generation {
    /// What was heard in the song.
    pub analysis: SongAnalysis,
    /// At least one; as many as [`Settings::alternatives`] asks for.
    pub parts: Vec<GeneratedPart>,
    /// Time spent, stage by stage.
    pub timings: Vec<(Stage, Duration)>,
}

/// Runs stages under a watch, telling progress and asking for cancellation between them. Long songs come
/// back to a stage; its times are summed.
struct Watch<'a> {
    progress: &'a dyn Progress,
    timings: Vec<(Stage, Duration)>,
}

impl Watch<'_> {
    fn stage<T>(
        &mut self,
        stage: Stage,
        work: impl FnOnce() -> Result<T, DrummerError>,
    ) -> Result<T, DrummerError> {
        self.progress.go_on()?;
        let known = self.timings.iter().position(|(known, _)| *known == stage);
        let place = known.unwrap_or_else(|| {
            self.progress.stage(stage);
            self.timings.push((stage, Duration::ZERO));
            self.timings.len() - 1
        });
        let began = Instant::now();
        let result = work()?;
        self.timings[place].1 += began.elapsed();
        Ok(result)
    }
}

impl Drummer {
    /// A drummer with these networks, who hears songs in the sounds of `font`.
    pub fn new(models: Models, font: SoundFont) -> Drummer {
        Drummer { models, font }
    }

    /// What does the networks' arithmetic; `None` before the first song.
    pub fn engine(&self) -> Option<Engine> {
        self.models.engine()
    }

    /// Forgets networks and GPU, which are looked for anew at the next song.
    pub fn reload(&self) {
        self.models.reload();
    }

    /// Drums for a song. Its drum tracks, if any, are not heard.
    ///
    /// # Errors
    /// If the song has no melodic notes or more than [`MAX_BARS`] bars, was cancelled, or a network
    /// or SoundFont fails.
    pub fn generate(
        &self,
        song: &Song,
        settings: &Settings,
        progress: &dyn Progress,
    ) -> Result<Generation, DrummerError> {
        let analysis = self.analyze(song, progress)?;
        let mut generation = self.play(&analysis, settings, progress)?;
        generation.timings.splice(0..0, analysis.timings.iter().copied());
        Ok(generation)
    }

    /// Listens to a song: everything up to its form.
    ///
    /// # Errors
    /// As [`Drummer::generate`].
    pub fn analyze(
        &self,
        song: &Song,
        progress: &dyn Progress,
    ) -> Result<SongAnalysis, DrummerError> {
        let tracks = song.melodic().cloned().collect();
        let bars = Song { tracks, ..song.clone() }.bars();
        self.analyze_over(song, bars, progress)
    }

    /// Listens to a song over the given bars, which begin at its tick 0 in its metres and may go on
    /// when its notes have ended.
    ///
    /// # Errors
    /// As [`Drummer::generate`].
    pub fn analyze_over(
        &self,
        song: &Song,
        bars: BarGrid,
        progress: &dyn Progress,
    ) -> Result<SongAnalysis, DrummerError> {
        let whole = song;
        let tracks = song.melodic().filter(|track| !track.notes.is_empty()).cloned().collect();
        let song = Song { tracks, ..song.clone() };
        if song.tracks.is_empty() {
            return Err(DrummerError::NoMelody);
        }
        if bars.len() > MAX_BARS {
            return Err(DrummerError::TooLong { bars: bars.len() });
        }
        let grids = step_grids(&song, &bars);
        let mut watch = Watch { progress, timings: Vec::new() };
        let cancelled = || progress.is_cancelled();
        let mut features = None;
        let (mut melodic, mut drums) = (Vec::new(), Vec::new());
        let laid = windows(&bars, &song.tempo);
        let rate = sound::rate(laid.len() > 1);
        let mut sounds = watch.stage(Stage::Synthesis, || sounds(&song, &self.font, rate))?;
        // One after the other, so that what a window needs is gone before the next.
        for (number, Window { bars: window, .. }) in laid.iter().enumerate() {
            let span_of = |window| span(&song, &bars, window);
            let span = span_of(window);
            let again = laid.get(number + 1).map(|next| span_of(&next.bars).start);
            let from = span.start;
            let cqt = watch.stage(Stage::Synthesis, || {
                transform(&song, span, again, &mut sounds, &cancelled)
            })?;
            let similarity =
                watch.stage(Stage::Cqt, || Ok(melodic_ssm(cqt, from, &song, &bars, window)))?;
            let pairs = watch.stage(Stage::Features, || {
                let features = features.get_or_insert_with(|| bar_features(&song, &bars, &grids));
                Ok(pair_channels_of(features, window.clone(), Some(&similarity)))
            })?;
            let predicted = watch.stage(Stage::Structure, || {
                Ok(drum_ssm(&*self.models.get(&networks::STRUCTURE)?, pairs)?)
            })?;
            melodic.push((window.start, similarity));
            drums.push((window.start, predicted));
        }
        let (melodic_ssm, drum_ssm) = (Ssm::stitched(melodic), Ssm::stitched(drums));
        let features = features.unwrap_or_default();
        let (contents, form) = watch.stage(Stage::Features, || {
            let contents = Contents::of(&song, &bars, &grids, &features);
            let form = song_form(&contents);
            Ok((contents, form))
        })?;
        let drum_form = watch.stage(Stage::Structure, || Ok(drum_form(&drum_ssm)))?;
        let (programs, timings) = (instruments(&song), watch.timings);
        let loops = is_loop(&song, &bars);
        // What goes round has no end to grow to.
        let sections = if loops { &[][..] } else { &form.sections };
        let dynamics = Dynamics::of(&song, &bars);
        Ok(SongAnalysis {
            sparse: sparse::chances(&form, &features, &dynamics),
            dynamics: dynamics.with_arc(sections),
            loops,
            tracks: song.tracks.len(),
            sounding: Sounding::of(&song, &bars, &grids),
            fingerprint: fingerprint(&song, &bars),
            windows: laid,
            queries: queries(&bars, &grids, &form, &features),
            reference: SenseReference::of(whole),
            tempo: song.tempo,
            bars,
            grids,
            form,
            drum_form,
            melodic_ssm,
            drum_ssm,
            features,
            contents,
            programs,
            timings,
        })
    }

    /// Plays to what was heard; much cheaper than hearing.
    ///
    /// # Errors
    /// If cancelled, or a network fails.
    pub fn play(
        &self,
        analysis: &SongAnalysis,
        settings: &Settings,
        progress: &dyn Progress,
    ) -> Result<Generation, DrummerError> {
        let numbers: Vec<usize> = (0..settings.alternatives.max(1)).collect();
        let mut watch = Watch { progress, timings: Vec::new() };
        let parts = self.perform(analysis, settings, &numbers, &mut watch)?;
        let parts = parts.into_iter().map(|(_, generated)| generated).collect();
        Ok(Generation { analysis: analysis.clone(), parts, timings: watch.timings })
    }

    /// Plays some of the alternatives that [`Drummer::play`] would, by their numbers from 0; each is
    /// as it would be among all. Numbers that [`Settings::alternatives`] does not reach are left out.
    ///
    /// # Errors
    /// As [`Drummer::play`].
    pub fn play_some(
        &self,
        analysis: &SongAnalysis,
        settings: &Settings,
        numbers: &[usize],
        progress: &dyn Progress,
    ) -> Result<Vec<(usize, GeneratedPart)>, DrummerError> {
        let mut watch = Watch { progress, timings: Vec::new() };
        self.perform(analysis, settings, numbers, &mut watch)
    }

    fn perform(
        &self,
        analysis: &SongAnalysis,
        settings: &Settings,
        numbers: &[usize],
        watch: &mut Watch,
    ) -> Result<Vec<(usize, GeneratedPart)>, DrummerError> {
        let progress = watch.progress;
        let analysis = &*match settings.others_play {
            true => analysis.among_others(),
            false => Cow::Borrowed(analysis),
        };
        let drafts = watch.stage(Stage::Pattern, || {
            let network = self.models.get(&networks::PATTERN)?;
            drafts(&*network, analysis, settings, numbers, progress)
        })?;
        watch.stage(Stage::Performance, || {
            let network = self.models.get(&networks::GROOVE)?;
            let mut parts = Vec::with_capacity(drafts.len());
            for drafts in drafts.chunks(network.batch()) {
                progress.go_on()?;
                let mut patterns = Vec::with_capacity(drafts.len());
                for draft in drafts {
                    let feel = Feel {
                        style: settings.style.preset(),
                        intensity: settings.intensity,
                        swing: settings.swing,
                        humanise: settings.humanise,
                        fills: &draft.fills,
                        dynamics: Some(&analysis.dynamics),
                        fill_strokes: Some(&draft.fill_strokes),
                        given: (!draft.given.is_empty()).then_some(&draft.given),
                        as_given: settings.follow == 0.0,
                        // Other songs are played otherwise, with the same seed too.
                        seed: settings.seed.wrapping_add(draft.number as u64)
                            ^ analysis.fingerprint,
                        ..Feel::new(&analysis.tempo)
                    };
                    patterns.push((&draft.part, feel));
                }
                let performed = performance::play_all(&patterns, &*network)?;
                for (draft, (mut part, moved)) in drafts.iter().zip(performed) {
                    let Draft { number, fills, style, .. } = draft;
                    let (given, filled, stops) = draft.moved(&moved);
                    let cues = Cues::of(&analysis.sounding, &stops);
                    let double_pedal = settings.has_double_pedal();
                    finish(&mut part, &given, &filled, &analysis.tempo, cues, double_pedal);
                    let (fills, style) = (fills.clone(), *style);
                    parts.push((*number, GeneratedPart { part, fills, style }));
                }
            }
            Ok(parts)
        })
    }
}
