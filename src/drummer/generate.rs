//! The whole way from a song to its drum parts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arrange::{Arranged, Arranger};
use super::candidates::Drafting;
use super::decode::{Asked, Decoding, Pattern, decode, similarity};
use super::dynamics::Dynamics;
use super::ending::is_loop;
use super::features::{
    BarFeatures, Contents, PROGRAMS, bar_features, instruments, pair_channels_of, step_grids,
};
use super::finish::finish;
use super::given::{self, Given};
use super::limbs::Limbs;
use super::metre::{BarQuery, queries};
use super::networks;
use super::objective::Weights;
use super::pattern::{self, Condition, PatternInput, PatternOutput, known_grid};
use super::performance::{self, Feel, GivenStrokes};
use super::sound::{melodic_ssm, span, transform};
use super::sounding::Sounding;
use super::timekeeper::{keep_time, on_the_kit, without_downbeats, without_guesses};
use super::vocabulary::{StyleBar, Vocabulary};
use super::windows::{Window, windows};
use super::{
    ClassDensities, DrummerError, Form, MAX_BARS, Progress, Settings, Stage, Style, StyleChoice,
    drum_form, drum_ssm, fills, groups, song_form,
};
use crate::analysis::Ssm;
use crate::audio::SoundFont;
use crate::network::{Engine, Models};
use crate::score::{BarGrid, BarIndex, DrumPart, Song, StepGrid, TempoMap};

/// Bars on either side that novelty compares at a turn of the form.
const TURN_REACH: usize = 4;
/// Distinct patterns as a share of the bars. Real drummers: 0.2, their fills and slips included.
const DISTINCT: f32 = 0.12;
/// The same where the musician's groove is played: its bars differ in single strokes, which need finer
/// groups.
const DISTINCT_GIVEN: f32 = 0.2;
/// See [`Drafting::pooling`].
pub(super) const POOLING: f32 = 1.5;
/// See [`Weights::structure`].
const STRUCTURE: f32 = 0.3;
/// See [`Weights::balance`] and [`Decoding::reach`]: where the song alone decides what is wanted, and
/// where the musician asked or an alternative is to be another style.
const BALANCE: [f32; 2] = [0.1, 0.2];
const REACH: [f32; 2] = [0.0, 2.0];
/// See [`Weights::onset`] and [`Weights::core`].
const ONSET: f32 = 0.5;
const CORE: f32 = 0.3;
/// See [`Drafting::noise`]; the first alternative of seed 0 has none and plays the likeliest. The
/// other alternatives have more: where the densities that they are asked for lead to the same bars,
/// they shall play others.
const NOISE: [f32; 2] = [0.04, 0.15];
/// Alternatives that share more of their cells than this are no alternatives, and are decided again
/// with so much noise.
const TOO_SIMILAR: f32 = 0.9;
const MORE_NOISE: [f32; 3] = [0.3, 0.6, 1.2];

/// A drummer: its networks and the sounds in which it hears songs. Cheap to make; networks are
/// loaded at the first song.
pub struct Drummer {
    pub(super) models: Models,
    font: SoundFont,
}

/// What the drummer heard in a song: everything that does not depend on [`Settings`].
#[derive(Clone, Debug)]
pub struct SongAnalysis {
    /// The bars of the song, in its metres.
    pub bars: BarGrid,
    /// One per bar.
    pub grids: Vec<StepGrid>,
    /// The tempo of the song.
    pub tempo: TempoMap,
    /// Sections as musicians name them.
    pub form: Form,
    /// Sections of the predicted drums: where they change, and which are played alike.
    pub drum_form: Form,
    /// Similarity of the rendered bars.
    pub melodic_ssm: Ssm,
    /// Similarity that the drums of the bars should have.
    pub drum_ssm: Ssm,
    /// How loud the song is, bar by bar.
    pub dynamics: Dynamics,
    /// Whether the song goes round; see [`is_loop`].
    pub loops: bool,
    sounding: Sounding,
    /// Other songs have another one.
    fingerprint: u64,
    pub(super) features: Vec<BarFeatures>,
    pub(super) programs: [f32; PROGRAMS],
    timings: Vec<(Stage, Duration)>,
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

/// An alternative before it is played.
struct Draft {
    number: usize,
    generated: GeneratedPart,
    given: GivenStrokes,
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
        if self.progress.is_cancelled() {
            return Err(DrummerError::Cancelled);
        }
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
        // One after the other, so that what a window needs is gone before the next.
        for Window { bars: window, .. } in windows(&bars, &song.tempo) {
            let span = span(&song, &bars, &window);
            let from = span.start;
            let cqt =
                watch.stage(Stage::Synthesis, || transform(&song, span, &self.font, &cancelled))?;
            let similarity =
                watch.stage(Stage::Cqt, || Ok(melodic_ssm(cqt, from, &song, &bars, &window)))?;
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
        let form = watch.stage(Stage::Features, || {
            Ok(song_form(&Contents::of(&song, &bars, &grids, &features)))
        })?;
        let drum_form = watch.stage(Stage::Structure, || Ok(drum_form(&drum_ssm)))?;
        let (programs, timings) = (instruments(&song), watch.timings);
        Ok(SongAnalysis {
            dynamics: Dynamics::of(&song, &bars),
            loops: is_loop(&song, &bars),
            sounding: Sounding::of(&song, &bars, &grids),
            fingerprint: fingerprint(&song),
            tempo: song.tempo,
            bars,
            grids,
            form,
            drum_form,
            melodic_ssm,
            drum_ssm,
            features,
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
        let drafts =
            watch.stage(Stage::Pattern, || self.drafts(analysis, settings, numbers, progress))?;
        watch.stage(Stage::Performance, || {
            let network = self.models.get(&networks::GROOVE)?;
            let mut parts = Vec::with_capacity(drafts.len());
            for drafts in drafts.chunks(network.batch()) {
                if progress.is_cancelled() {
                    return Err(DrummerError::Cancelled);
                }
                let mut patterns = Vec::with_capacity(drafts.len());
                for Draft { number, generated: draft, given } in drafts {
                    let feel = Feel {
                        tempo: &analysis.tempo,
                        style: match settings.style {
                            StyleChoice::Preset(style) => Some(style),
                            _ => None,
                        },
                        intensity: settings.intensity,
                        swing: settings.swing,
                        humanise: settings.humanise,
                        fills: &draft.fills,
                        dynamics: Some(&analysis.dynamics),
                        stats: None,
                        given: (!given.is_empty()).then_some(given),
                        seed: settings.seed.wrapping_add(*number as u64),
                    };
                    patterns.push((&draft.part, feel));
                }
                let performed = performance::play_all(&patterns, &*network)?;
                for (draft, mut part) in drafts.iter().zip(performed) {
                    let Draft { number, generated: draft, given } = draft;
                    let first = analysis.sounding.first;
                    finish(
                        &draft.part,
                        given,
                        &mut part,
                        &analysis.tempo,
                        first,
                        has_double_pedal(settings),
                    );
                    let (fills, style) = (draft.fills.clone(), draft.style);
                    parts.push((*number, GeneratedPart { part, fills, style }));
                }
            }
            Ok(parts)
        })
    }

    /// The alternatives' patterns, without feel.
    fn drafts(
        &self,
        analysis: &SongAnalysis,
        settings: &Settings,
        numbers: &[usize],
        progress: &dyn Progress,
    ) -> Result<Vec<Draft>, DrummerError> {
        let network = self.models.get(&networks::PATTERN)?;
        let queries = queries(&analysis.bars, &analysis.grids, &analysis.form, &analysis.features);
        let windows = windows(&analysis.bars, &analysis.tempo);
        let input = PatternInput {
            windows: &windows,
            features: &analysis.features,
            programs: &analysis.programs,
            bars: &analysis.bars,
            queries: &queries,
            tempo: &analysis.tempo,
        };
        let slots: Vec<usize> = analysis.grids.iter().map(|grid| known_grid(grid).steps).collect();
        let given = Given::of(settings, &analysis.bars, &analysis.grids, &analysis.form, &queries);
        // Bars of a group are asked alike, and were given the same.
        let kinds = kinds_of(&queries);
        let groups = if given.is_empty() {
            pattern_groups(analysis, &kinds)
        } else {
            split_by(&groups(&analysis.drum_ssm, &analysis.form, DISTINCT_GIVEN), &kinds)
        };
        let given_kinds: Vec<Option<usize>> =
            (0..analysis.bars.len()).map(|bar| given.kind(bar)).collect();
        let groups = split_by(&groups, &given_kinds);
        let limbs = limbs(analysis, settings);
        let compound: Vec<bool> =
            analysis.bars.bars().iter().map(|bar| bar.metre.is_compound()).collect();
        let turns = analysis.drum_ssm.novelty(TURN_REACH);
        let places = fills::places(&analysis.form, |bar| turns[bar], settings.fill_amount);
        // How many bars of each group sound.
        let mut sounds = vec![0u32; groups.iter().max().map_or(0, |most| most + 1)];
        for (bar, &group) in groups.iter().enumerate() {
            sounds[group] += u32::from(analysis.sounding.plays(bar));
        }
        let asked = asked_densities(settings);
        let own_groove = has_own_groove(settings);
        // The bars of the style for each number of slots, which tells the grid where there are any.
        let mut style_bars: BTreeMap<usize, Vec<StyleBar>> = BTreeMap::new();
        if let StyleChoice::Preset(style) = settings.style {
            for (bar, query) in queries.iter().enumerate().filter(|&(bar, _)| kinds[bar] == bar) {
                let bars = query.style_bars(|grid| Vocabulary::embedded().bars(style, grid));
                style_bars.entry(slots[bar]).or_insert(bars);
            }
        }
        let first = Condition { hint: asked.as_ref(), fill: false };
        let mut first = pattern::predict(&*network, &input, &[first])?;
        let first = first.pop().expect("there is one answer for each condition");
        let hints = hints(asked, &first, settings.alternatives);
        // Those before the last one wanted as well, from which it shall differ.
        let count = numbers.iter().max().map_or(0, |last| last + 1);
        let wanted: Vec<(usize, Option<ClassDensities>)> =
            hints.into_iter().enumerate().take(count).collect();
        let mut played: Vec<Vec<Pattern>> = Vec::new();
        let mut drafts = Vec::new();
        // As many alternatives at once as the network is best asked about, two conditions each.
        for wanted in wanted.chunks((network.batch() / 2).max(1)) {
            if progress.is_cancelled() {
                return Err(DrummerError::Cancelled);
            }
            let mut conditions = Vec::new();
            for (number, hint) in wanted {
                let hint = hint.as_ref();
                // What the first one is asked was asked above.
                conditions.extend((*number > 0).then_some(Condition { hint, fill: false }));
                conditions.extend((!places.is_empty()).then_some(Condition { hint, fill: true }));
            }
            let mut outputs = pattern::predict(&*network, &input, &conditions)?.into_iter();
            let mut next = || outputs.next().expect("there is one answer for each condition");
            for &(number, hint) in wanted {
                let other = (number > 0).then(&mut next);
                let output = other.as_ref().unwrap_or(&first);
                let filling = (!places.is_empty()).then(&mut next);
                let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
                rng.set_stream(number as u64);
                let noise = match number {
                    0 if settings.seed == 0 => 0.0,
                    0 => NOISE[0],
                    _ => NOISE[1],
                };
                let asked = Asked { densities: hint.as_ref(), bars: &style_bars, given: &given };
                let is_asked = hint.is_some() && !own_groove;
                let weights = weights(is_asked);
                let is_asked = usize::from(is_asked);
                let mut decide = |noise| {
                    let drafting = Drafting { pooling: POOLING, noise };
                    let decoding = Decoding { drafting, weights, reach: REACH[is_asked] };
                    let mut patterns = decode(
                        output,
                        &groups,
                        &limbs,
                        &analysis.drum_ssm,
                        &asked,
                        decoding,
                        &mut rng,
                    );
                    // Who asks for a little percussion shall have it.
                    if settings.style == StyleChoice::FromSong && given.is_empty() {
                        without_guesses(&mut patterns, &groups, &analysis.grids);
                        without_downbeats(&mut patterns, &groups, &analysis.grids);
                        on_the_kit(&mut patterns, &groups, &limbs, &analysis.grids);
                    }
                    let unchanged = patterns.clone();
                    keep_time(
                        &mut patterns,
                        &groups,
                        &analysis.form,
                        &limbs,
                        &analysis.grids,
                        &compound,
                    );
                    // What was given keeps its own time.
                    for (bar, &group) in groups.iter().enumerate() {
                        if given.kind(bar).is_some() {
                            patterns[group].logits.clone_from(&unchanged[group].logits);
                        }
                    }
                    patterns
                };
                let mut patterns = decide(noise);
                // Alternatives of one groove are alike.
                for noise in MORE_NOISE.into_iter().filter(|_| !own_groove) {
                    let close =
                        |other: &Vec<Pattern>| similarity(other, &patterns, &sounds) > TOO_SIMILAR;
                    if !played.iter().any(close) {
                        break;
                    }
                    patterns = decide(noise);
                }
                played.push(patterns.clone());
                if !numbers.contains(&number) {
                    continue;
                }
                let arranger = Arranger {
                    bars: &analysis.bars,
                    tempo: &analysis.tempo,
                    grids: &analysis.grids,
                    form: &analysis.form,
                    turns: &turns,
                    sounding: &analysis.sounding,
                    loops: analysis.loops,
                    fingerprint: analysis.fingerprint,
                    dynamics: &analysis.dynamics,
                    groups: &groups,
                    patterns: &patterns,
                    given: &given,
                    limbs: &limbs,
                    fills: &places,
                    settings,
                };
                let arranged = arranger.part(output, filling.as_ref(), &mut rng);
                let Arranged { part, given, fills } = arranged;
                let generated = GeneratedPart { part, fills, style: hint };
                drafts.push(Draft { number, generated, given });
            }
        }
        Ok(drafts)
    }
}

/// A number of a song's melodic notes.
fn fingerprint(song: &Song) -> u64 {
    let notes = song.melodic().flat_map(|track| &track.notes);
    // The constants of FNV-1a.
    notes.fold(0xcbf2_9ce4_8422_2325, |print, note| {
        (print ^ (note.start.0 << 7 | u64::from(note.key))).wrapping_mul(0x0100_0000_01b3)
    })
}

fn has_double_pedal(settings: &Settings) -> bool {
    settings.style == StyleChoice::Preset(Style::Metal)
}

/// The class densities that are asked for, if any.
pub(super) fn asked_densities(settings: &Settings) -> Option<ClassDensities> {
    match &settings.style {
        StyleChoice::FromSong => None,
        StyleChoice::Preset(style) => Some(style.densities()),
        StyleChoice::Densities(densities) => Some(*densities),
        StyleChoice::Groove(groove) => Some(given::densities(groove)),
    }
}

/// Whether the musician gave a groove, which says by itself how much there is of everything.
pub(super) fn has_own_groove(settings: &Settings) -> bool {
    matches!(settings.style, StyleChoice::Groove(_))
}

/// How parts are measured, with densities that were asked for or with those that the song suggests.
pub(super) fn weights(is_asked: bool) -> Weights {
    let balance = BALANCE[usize::from(is_asked)];
    Weights { structure: STRUCTURE, balance, onset: ONSET, core: CORE }
}

/// The first bar that is asked as each one is.
pub(super) fn kinds_of(queries: &[BarQuery]) -> Vec<usize> {
    let first = |query| queries.iter().position(|other| other == query).unwrap_or_default();
    queries.iter().map(first).collect()
}

/// Groups of bars that are played alike, numbered from 0; bars of one are asked alike.
pub(super) fn pattern_groups(analysis: &SongAnalysis, kinds: &[usize]) -> Vec<usize> {
    split_by(&groups(&analysis.drum_ssm, &analysis.form, DISTINCT), kinds)
}

/// The drummer's limbs in every bar, on the slots of its known grid.
pub(super) fn limbs(analysis: &SongAnalysis, settings: &Settings) -> Vec<Limbs> {
    let seconds = |at| analysis.tempo.seconds(at).0;
    let bars = analysis.bars.bars().iter().zip(&analysis.grids);
    bars.map(|(bar, grid)| {
        let length = seconds(bar.end()) - seconds(bar.start);
        Limbs {
            step: (length / grid.steps as f64) as f32,
            steps: known_grid(grid).steps,
            double_pedal: has_double_pedal(settings),
        }
    })
    .collect()
}

/// Splits groups so that bars of one are of one kind.
fn split_by<T: PartialEq>(groups: &[usize], kinds: &[T]) -> Vec<usize> {
    let mut seen = Vec::new();
    groups
        .iter()
        .zip(kinds)
        .map(|pair| {
            seen.iter().position(|known| *known == pair).unwrap_or_else(|| {
                seen.push(pair);
                seen.len() - 1
            })
        })
        .collect()
}

/// The hints of the alternatives: what was asked for all of them; or nothing, then the style
/// prototypes that together come nearest to whatever the song may have, likely and less likely.
fn hints(
    asked: Option<ClassDensities>,
    output: &PatternOutput,
    alternatives: usize,
) -> Vec<Option<ClassDensities>> {
    /// The distance of log densities over which nearness falls by e.
    const NEAR: f32 = 1.2;
    /// The network is too sure of a song's style; chances are raised to this power.
    const DOUBT: f32 = 0.3;
    let near = |a: &ClassDensities, b: &ClassDensities| {
        let distance = a.iter().zip(b).map(|(a, b)| (a.ln_1p() - b.ln_1p()).powi(2)).sum::<f32>();
        (-distance.sqrt() / NEAR).exp()
    };
    if asked.is_some() {
        return vec![asked; alternatives];
    }
    // How near the alternatives come to each style.
    let mut reached: Vec<f32> =
        output.styles.iter().map(|style| near(&output.densities, &style.densities)).collect();
    let mut hints = vec![None];
    while hints.len() < alternatives {
        let gain = |candidate: &ClassDensities| -> f32 {
            let styles = output.styles.iter().zip(&reached);
            let gains = styles.map(|(style, reached)| {
                style.probability.powf(DOUBT)
                    * (near(candidate, &style.densities) - reached).max(0.0)
            });
            gains.sum()
        };
        let best =
            output.styles.iter().max_by(|a, b| gain(&a.densities).total_cmp(&gain(&b.densities)));
        let Some(best) = best.map(|style| style.densities) else { break };
        for (reached, style) in reached.iter_mut().zip(&output.styles) {
            *reached = reached.max(near(&best, &style.densities));
        }
        hints.push(Some(best));
    }
    hints
}
