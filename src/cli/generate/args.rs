//! What to play: the drummer's settings as arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::given_groove::GivenGroove;
use crate::cli::common::{named_file, seed, whole};
use crate::cli::error::CliError;
use crate::cli::words::list;
use crate::drummer::{
    ClassDensities, CountIn, Ending, Form, Section, Settings, Style, StyleChoice,
};
use crate::midi;
use crate::network::Models;
use crate::score::{BarIndex, DRUM_CLASSES, DrumClass, Groove, TakenGroove};

/// The most hits a bar that can be asked for: one on every step of the longest grid.
const MOST_HITS: f32 = 32.0;

/// The last bar that a song can have.
const MOST_BARS: u16 = midi::MAX_BARS as u16;

/// How far a groove follows the song unless it is said.
const FOLLOW: f32 = 0.5;

#[derive(Debug, Args)]
#[command(next_help_heading = "What to play")]
pub struct GenerateArgs {
    /// The style [default: what the song suggests]
    #[arg(long, value_parser = style(), value_name = "NAME", ignore_case = true)]
    style: Option<Style>,

    /// The style as hits a bar of eight classes, 0 to 32: kick, snare, closed hats, open hats,
    /// toms, crashes, rides, percussion
    #[arg(
        long,
        value_parser = densities,
        allow_hyphen_values = true,
        value_name = "K,S,CH,OH,T,C,R,P",
        conflicts_with = "style",
    )]
    densities: Option<Densities>,

    /// A groove to drum the song with, one to four bars: a MIDI file, drum tablature in a text file, or the
    /// tablature itself, such as "HH x-x-x-x- | SD --o---o- | BD o---o---"
    #[arg(long, value_name = "FILE", conflicts_with_all = ["style", "densities"],
          value_parser = named_file().map(GivenGroove::of))]
    groove: Option<GivenGroove>,

    /// The bars of the song that the groove's bars are from, such as 9,25, the main one first: each is
    /// played where the song is as it is there
    #[arg(long, value_name = "BARS", requires = "groove", value_delimiter = ',',
          allow_hyphen_values = true, value_parser = whole(1..=MOST_BARS))]
    groove_from: Vec<u16>,

    /// A groove for all sections of a letter, such as B=chorus.mid: the letters of the song's form are
    /// printed with its drums. May be given several times
    #[arg(long, value_parser = section_groove, value_name = "LETTER=FILE")]
    section_groove: Vec<SectionGroove>,

    /// How far grooves that are given follow the song, from 0 (as they are) to 1 [default: 0.5]
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE")]
    follow: Option<f32>,

    /// How much is played, from 0 to 1
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE", default_value = "0.5")]
    complexity: f32,

    /// How hard and driven, from 0 to 1
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE", default_value = "0.5")]
    intensity: f32,

    /// How many section ends get a fill, from 0 (none) to 1 (every phrase)
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE", default_value = "0.5")]
    fill_amount: f32,

    /// How busy fills are, from 0 to 1
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE", default_value = "0.5")]
    fill_complexity: f32,

    /// How late off-beats come, from 0 (straight) to 1 (triplets) [default: as late as the song's]
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE")]
    swing: Option<f32>,

    /// How far timing and loudness stray, from 0 (a machine) to 1 (loose)
    #[arg(long, allow_hyphen_values = true, value_parser = share, value_name = "SHARE", default_value = "0.5")]
    humanise: f32,

    /// How the drums end: with a hit where the song ends and without where it goes round
    /// (from-song), with a hit, with a fill and a hit, or as they are
    #[arg(long, value_parser = ending(), value_name = "NAME", ignore_case = true, default_value = "from-song")]
    ending: Ending,

    /// What leads into the song: nothing, a bar of sticks or a fill. A bar is put before songs that
    /// begin at once, before an upbeat with the rest of its own
    #[arg(long, value_parser = count_in(), value_name = "NAME", ignore_case = true, default_value = "none")]
    count_in: CountIn,

    /// Play on where a line alone, or two, rest for two bars and more, as others play there; so it is where
    /// --track leaves some out
    #[arg(long)]
    others_play: bool,

    /// The same number gives the same drums
    #[arg(long, allow_hyphen_values = true, value_parser = seed, value_name = "NUMBER", default_value = "0")]
    seed: u64,

    /// How many different grooves to write for the song's form, 1 to 8
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        allow_hyphen_values = true,
        value_parser = whole(1_u8..=8),
    )]
    alternatives: u8,
}

/// clap would take an array for several arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Densities(ClassDensities);

/// Which sections, by their label, and their groove.
#[derive(Clone, Debug, PartialEq)]
struct SectionGroove {
    label: usize,
    groove: GivenGroove,
}

impl SectionGroove {
    fn letter(&self) -> String {
        letter(self.label)
    }
}

impl GenerateArgs {
    /// Refuses what would have no effect.
    pub fn check(&self) -> Result<(), CliError> {
        if self.follow.is_some() && self.grooves().next().is_none() {
            return Err(CliError::Usage(
                "--follow says how far a groove follows the song: give one with --groove or \
                 --section-groove"
                    .to_owned(),
            ));
        }
        let all = &self.section_groove;
        let first = |index: usize| all[..index].iter().find(|one| one.label == all[index].label);
        let twice = (0..all.len()).find_map(|index| Some((first(index)?, &all[index])));
        match twice {
            Some((first, second)) => Err(CliError::Usage(format!(
                "section {} can have one groove, and --section-groove gives it two: {} and {}",
                first.letter(),
                first.groove.name(),
                second.groove.name()
            ))),
            None => Ok(()),
        }
    }

    /// What grooves have no place in a song of this form, a line each: those of sections that it has not,
    /// and what is from bars behind its end.
    pub fn unplayed(&self, form: &Form) -> Vec<String> {
        let labels: BTreeSet<usize> = form.sections.iter().map(|section| section.label).collect();
        let letters: Vec<String> = labels.iter().map(|&label| letter(label)).collect();
        let letters = list(&letters);
        let line = |groove: &SectionGroove| {
            let (path, missing) = (groove.groove.name(), groove.letter());
            format!("{path} is not played: the song has no section {missing}, only {letters}")
        };
        let missing = self.section_groove.iter().filter(|groove| !labels.contains(&groove.label));
        missing.map(line).chain(self.behind(form)).collect()
    }

    /// The bars that a groove is said to be from and that a song of this form lacks, in one line.
    fn behind(&self, form: &Form) -> Option<String> {
        let bars = form.sections.last().map_or(0, |section| section.bars.end);
        let behind: BTreeSet<u16> =
            self.groove_from.iter().copied().filter(|&bar| usize::from(bar) > bars).collect();
        let named = list(&behind.iter().map(u16::to_string).collect::<Vec<String>>());
        match behind.len() {
            0 => None,
            1 => Some(format!(
                "--groove-from names bar {named} and the song has {bars}: it is passed over"
            )),
            _ => Some(format!(
                "--groove-from names bars {named} and the song has {bars}: they are passed over"
            )),
        }
    }

    /// The swing that is asked for; `None` leaves it to the song.
    pub fn swing(&self) -> Option<f32> {
        self.swing
    }

    /// The grooves that are asked for.
    fn grooves(&self) -> impl Iterator<Item = &GivenGroove> {
        self.groove.iter().chain(self.section_groove.iter().map(|section| &section.groove))
    }

    /// Their files.
    pub fn groove_files(&self) -> impl Iterator<Item = &Path> {
        self.grooves().filter_map(GivenGroove::file)
    }

    /// Reads the grooves that are asked for into the settings; says what of them was left out, a line
    /// each.
    pub fn add_grooves(
        &self,
        settings: &mut Settings,
        models: &Models,
    ) -> Result<Vec<String>, CliError> {
        let mut remarks = Vec::new();
        let mut read = |given: &GivenGroove| {
            let TakenGroove { groove, remarks: found, .. } = given.read(models)?;
            remarks.extend(found.iter().map(|remark| format!("{}: {remark}", given.name())));
            Ok::<Groove, CliError>(groove)
        };
        if let Some(given) = &self.groove {
            settings.style = StyleChoice::Groove(self.at_home(&read(given)?)?);
        }
        for SectionGroove { label, groove } in &self.section_groove {
            settings.section_grooves.insert(*label, read(groove)?);
        }
        Ok(remarks)
    }

    /// The groove in the bars that it is said to be from.
    fn at_home(&self, groove: &Groove) -> Result<Groove, CliError> {
        let homes = self.groove_from.iter().map(|&bar| BarIndex(usize::from(bar) - 1));
        let (named, bars) = (homes.len(), groove.bars());
        if named > 0 && (named != bars || bars == 1) {
            return Err(CliError::Usage(match bars {
                1 => "--groove-from says where several bars of a groove are from, and this groove has \
                      one"
                    .to_owned(),
                _ => format!(
                    "--groove-from names {named} of the song's bars, and the groove has {bars}: name \
                     one for each"
                ),
            }));
        }
        Ok(groove.at_home(homes.collect()))
    }

    /// What is asked for, but for grooves, which have to be read.
    pub fn settings(&self) -> Settings {
        let style = match (self.style, self.densities) {
            (_, Some(Densities(densities))) => StyleChoice::Densities(densities),
            (Some(style), None) => StyleChoice::Preset(style),
            (None, None) => StyleChoice::FromSong,
        };
        Settings {
            style,
            complexity: self.complexity,
            intensity: self.intensity,
            fill_amount: self.fill_amount,
            fill_complexity: self.fill_complexity,
            swing: self.swing.unwrap_or_default(),
            humanise: self.humanise,
            follow: self.follow.unwrap_or(FOLLOW),
            section_grooves: BTreeMap::new(),
            ending: self.ending,
            count_in: self.count_in,
            others_play: self.others_play,
            seed: self.seed,
            alternatives: usize::from(self.alternatives),
        }
    }
}

fn style() -> impl TypedValueParser<Value = Style> {
    PossibleValuesParser::new(Style::ALL.map(Style::name)).map(|name| {
        // The parser before lets only these names through.
        Style::named(&name.to_lowercase()).unwrap_or(Style::Rock)
    })
}

fn ending() -> impl TypedValueParser<Value = Ending> {
    PossibleValuesParser::new(Ending::ALL.map(Ending::name))
        .map(|name| Ending::named(&name.to_lowercase()).unwrap_or_default())
}

fn count_in() -> impl TypedValueParser<Value = CountIn> {
    PossibleValuesParser::new(CountIn::ALL.map(CountIn::name))
        .map(|name| CountIn::named(&name.to_lowercase()).unwrap_or_default())
}

/// What the sections of a label are called.
fn letter(label: usize) -> String {
    Section { label, bars: 0..0 }.letter()
}

pub fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1 is needed".into()),
    }
}

fn section_groove(text: &str) -> Result<SectionGroove, String> {
    let (letter, path) =
        text.split_once('=').ok_or("a section's letter, = and a file are needed")?;
    let label = Section::label_of(letter).ok_or("sections are called A, B, C and so on")?;
    if path.is_empty() {
        return Err("a file is needed behind the =".into());
    }
    Ok(SectionGroove { label, groove: GivenGroove::of(path.into()) })
}

fn densities(text: &str) -> Result<Densities, String> {
    let hits: Option<Vec<f32>> = text
        .split(',')
        .map(|number| {
            let hits = number.trim().parse::<f32>().ok()?;
            (0.0..=MOST_HITS).contains(&hits).then_some(hits)
        })
        .collect();
    hits.and_then(|hits| hits.try_into().ok()).map(Densities).ok_or_else(|| {
        let classes = DrumClass::ALL.map(DrumClass::name).join(", ");
        format!("{DRUM_CLASSES} numbers from 0 to {MOST_HITS} are needed: {classes}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::score::{GrooveSource, Hit, Lane, Metre, Velocity};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: GenerateArgs,
    }

    fn settings(line: &str) -> Result<Settings, String> {
        let words = std::iter::once("drumlin").chain(line.split_whitespace());
        Line::try_parse_from(words)
            .map(|line| line.args.settings())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_asked_for_is_the_default() {
        assert_eq!(settings(""), Ok(Settings::default()));
    }

    #[test]
    fn every_wish_arrives() {
        let asked = settings(
            "--style hip-hop --complexity 0.1 --intensity 0.2 --fill-amount 0.3 \
             --fill-complexity 0.4 --swing 0.6 --humanise 0.7 --follow 0.8 --seed 8 --alternatives 4 \
             --ending fill-and-hit --count-in sticks --others-play",
        );
        let expected = Settings {
            style: StyleChoice::Preset(Style::HipHop),
            complexity: 0.1,
            intensity: 0.2,
            fill_amount: 0.3,
            fill_complexity: 0.4,
            swing: 0.6,
            humanise: 0.7,
            follow: 0.8,
            section_grooves: BTreeMap::new(),
            ending: Ending::FillAndHit,
            count_in: CountIn::Sticks,
            others_play: true,
            seed: 8,
            alternatives: 4,
        };
        assert_eq!(asked, Ok(expected));
        let densities = [4.0, 2.0, 8.0, 0.0, 0.5, 0.25, 0.0, 32.0];
        let asked = settings("--densities 4,2,8,0,0.5,0.25,0,32").unwrap();
        assert_eq!(asked.style, StyleChoice::Densities(densities));
        for style in Style::ALL {
            let asked = settings(&format!("--style {}", style.name())).unwrap();
            assert_eq!(asked.style, StyleChoice::Preset(style));
        }
        let asked = settings("--style Hip-Hop").unwrap();
        assert_eq!(asked.style, StyleChoice::Preset(Style::HipHop));
    }

    #[test]
    fn names_are_taken_in_any_case() {
        let asked = settings("--ending HIT --count-in Sticks").unwrap();
        assert_eq!((asked.ending, asked.count_in), (Ending::Hit, CountIn::Sticks));
    }

    fn args(line: &str) -> GenerateArgs {
        Line::parse_from(std::iter::once("drumlin").chain(line.split_whitespace())).args
    }

    #[test]
    fn what_would_have_no_effect_is_refused() {
        let refused = |line: &str| args(line).check().unwrap_err().to_string();
        assert!(refused("--follow 0.2").contains("--groove"));
        let twice =
            "--section-groove A=one.mid --section-groove B=two.mid --section-groove a=three.mid";
        assert!(
            refused(twice).contains("section A") && refused(twice).contains("one.mid and three")
        );
        for line in [
            "",
            "--groove a.mid --follow 0.2",
            "--section-groove A=a.mid --section-groove B=a.mid --follow 1",
        ] {
            assert!(args(line).check().is_ok(), "{line}");
        }
    }

    #[test]
    fn bars_of_a_groove_are_from_as_many_bars_of_the_song() {
        let groove = |bars: usize| {
            let hit = |bar| Hit {
                bar: BarIndex(bar),
                step: 0,
                key: Lane::Kick.default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            };
            let hits = (0..bars).map(hit).collect();
            Groove::new("own", GrooveSource::File, Metre::COMMON, false, bars, hits).unwrap()
        };
        let placed = |line: &str, bars| args(line).at_home(&groove(bars));
        let from = "--groove a.mid --groove-from 9,25";
        assert_eq!(placed(from, 2).unwrap().homes(), [BarIndex(8), BarIndex(24)]);
        assert!(placed("--groove a.mid", 2).unwrap().homes().is_empty());
        assert!(placed(from, 3).unwrap_err().to_string().contains("names 2"));
        assert!(placed("--groove a.mid --groove-from 9", 1).is_err(), "it would change nothing");
    }

    #[test]
    fn grooves_of_sections_that_the_song_lacks_are_named() {
        let section = |label, bars| Section { label, bars };
        let form = Form { sections: vec![section(0, 0..8), section(1, 8..16), section(0, 16..24)] };
        let unplayed = |line: &str| args(line).unplayed(&form);
        let said = ["x.mid is not played: the song has no section Z, only A and B"];
        assert_eq!(unplayed("--section-groove B=b.mid --section-groove Z=x.mid"), said);
        assert!(unplayed("--groove a.mid --groove-from 3,24").is_empty());
        let said = ["--groove-from names bar 25 and the song has 24: it is passed over"];
        assert_eq!(unplayed("--groove a.mid --groove-from 25,3"), said);
        let said = ["--groove-from names bars 25 and 30 and the song has 24: they are passed over"];
        assert_eq!(unplayed("--groove a.mid --groove-from 30,25"), said);
    }

    #[test]
    fn impossible_wishes_are_refused() {
        for line in [
            "--swing 1.01",
            "--swing=-0.1",
            "--swing -1",
            "--densities -1,0,0,0,0,0,0,0",
            "--alternatives -2",
            "--swing NaN",
            "--complexity much",
            "--alternatives 0",
            "--alternatives 9",
            "--seed -1",
            "--follow 2",
            "--groove a.mid --style rock",
            "--groove a.mid --groove-from 0,4",
            "--groove-from 3,4",
            "--section-groove chorus.mid",
            "--section-groove B=",
            "--section-groove 7=b.mid",
            "--style polka",
            "--ending fade",
            "--count-in four",
            "--densities 1,2,3",
            "--densities 1,2,3,4,5,6,7,33",
            "--densities 1,2,3,4,5,6,7,8,9",
            "--style rock --densities 1,2,3,4,5,6,7,8",
        ] {
            assert!(settings(line).is_err(), "{line}");
        }
        assert!(settings("--seed -1").unwrap_err().contains("a whole number from 0 to"));
        let from = |bars: &str| settings(&format!("--groove a.mid --groove-from {bars}"));
        assert!(from("1,10000").is_ok());
        for bars in ["10001", "0", "1-2", "-1"] {
            assert!(from(bars).unwrap_err().contains("a whole number from 1 to 10000 is needed"));
        }
        assert!(settings("--alternatives 9").unwrap_err().contains("from 1 to 8 is needed"));
        assert!(settings("--swing -1").unwrap_err().contains("a number from 0 to 1 is needed"));
        assert!(settings("--densities x").unwrap_err().contains("closed-hat"));
    }
}
