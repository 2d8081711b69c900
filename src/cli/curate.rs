//! `drumlin curate`: a folder of clips made one piece.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::curator::{
    CLIP_BEATS, Clip, CueSheet, Curation, MatrixPicture, Mix, Options, Order, Plan, Reason, Source,
    analyze_clips, cue_sheet, curate,
};
use crate::files::{self, Draft, Output};
use crate::network::Network;

use super::common::{NetworkArguments, PrintArguments, named_file, seed, whole};
use super::console::{print_json, remark};
use super::error::CliError;
use super::folders::is_hidden;
use super::generate::Content;
use super::progress::counted;
use super::song;
use super::words::count;

/// Make one piece of a folder of clips: drum loops and MIDI drum clips, like beside like
#[derive(Debug, Args)]
#[command(mut_arg("json", |json| json.help("Print the cue sheet as JSON")))]
pub struct Arguments {
    /// The folder with the clips (WAV, AIFF, FLAC, MP3, Ogg Vorbis; MIDI files are played with the
    /// built-in kit), without its subfolders
    folder: PathBuf,

    /// The WAV file to write; beside it come a cue sheet (.cue and .json) and a picture (.png)
    #[arg(short, long, value_name = "FILE", value_parser = named_file())]
    output: PathBuf,

    /// This many clips at most: those most like the others; with `contrast` those least alike
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true,
          value_parser = whole(1..=u32::MAX))]
    top: Option<u32>,

    /// What neighbours are to be
    #[arg(long, value_enum, default_value_t)]
    order: OrderArgument,

    /// Begin with what is most like this clip; with --top only those most like it
    #[arg(long, value_name = "CLIP")]
    like: Option<PathBuf>,

    /// The same number gives the same order; another one may give another
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = seed)]
    seed: u64,

    #[command(flatten)]
    networks: NetworkArguments,

    #[command(flatten)]
    printing: PrintArguments,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum OrderArgument {
    /// As alike as they can be
    #[default]
    Similar,
    /// As different as they can be
    Contrast,
}

/// The files that come of it.
struct Outputs {
    sound: PathBuf,
    json: PathBuf,
    cue: PathBuf,
    picture: PathBuf,
}

impl Outputs {
    fn of(sound: &Path) -> Outputs {
        let beside = |ending: &str| sound.with_extension(ending);
        let [json, cue, picture] = ["json", "cue", "png"].map(beside);
        Outputs { sound: sound.into(), json, cue, picture }
    }

    fn all(&self) -> [&Path; 4] {
        [&self.sound, &self.json, &self.cue, &self.picture]
    }

    /// Those that are no clips of the musician's: what is beside the sound, and the sound itself where a
    /// cue sheet says that it came of clips before.
    fn written(&self) -> Vec<&Path> {
        let sheet: Option<serde_json::Value> =
            fs::read(&self.json).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let is_result = sheet.is_some_and(|sheet| {
            let file = sheet["file"].as_str().and_then(|file| Path::new(file).file_name());
            file == self.sound.file_name() && sheet["clips"].is_array()
        });
        let sound = is_result.then_some(self.sound.as_path());
        [&self.json, &self.cue, &self.picture]
            .map(PathBuf::as_path)
            .into_iter()
            .chain(sound)
            .collect()
    }
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    Content::Sound.check(&arguments.output)?;
    let outputs = Outputs::of(&arguments.output);
    let (sources, mut left_out) = sources(&arguments.folder, &outputs)?;
    let read = sources.iter().map(Source::path).chain(arguments.like.as_deref());
    files::check(outputs.all(), read)?;
    if sources.is_empty() {
        return Err(CliError::NoClips { folder: arguments.folder.clone() });
    }
    let network = arguments.networks.models(&[&CLIP_BEATS])?.get(&CLIP_BEATS)?;
    let like = arguments.like.as_deref().map(|like| analyze(like, &*network)).transpose()?;

    let bar = counted(sources.len() * 2, arguments.printing.quiet);
    let heard = analyze_clips(&sources, &*network, &|done| {
        bar.set_position(done as u64);
        true
    });
    let mut clips: Vec<Clip> = Vec::new();
    for (source, result) in sources.iter().zip(heard) {
        match result {
            Ok(clip) => clips.push(clip),
            Err(reason) => left_out.push((source.path().to_owned(), reason)),
        }
    }
    let clips: Vec<&Clip> = clips.iter().collect();
    let order = match arguments.order {
        OrderArgument::Similar => Order::Similar,
        OrderArgument::Contrast => Order::Contrast,
    };
    let top = arguments.top.map(|top| top as usize);
    let options = Options { order, top, seed: arguments.seed };
    let Curation { order, left_out: others } = curate(&clips, like.as_ref(), &options);
    let path = |index: usize| clips[index].source.path().to_owned();
    left_out.extend(others.into_iter().map(|(index, reason)| (path(index), reason)));
    left_out.sort_by(|a, b| a.0.cmp(&b.0));
    if !arguments.printing.quiet {
        let said = |(path, reason): &(PathBuf, Reason)| match reason {
            // What somebody asked for needs no words, and what is broken has its own.
            Reason::NotChosen(_) => {}
            Reason::Broken(text) => bar.suspend(|| remark(text)),
            reason => bar.suspend(|| remark(&format!("{} {reason}", path.display()))),
        };
        left_out.iter().for_each(said);
    }
    if order.is_empty() {
        bar.finish_and_clear();
        return Err(CliError::NoClips { folder: arguments.folder.clone() });
    }

    let plan = Plan::of(&clips, &order);
    let named: Vec<(&Path, &Reason)> = left_out.iter().map(|(p, r)| (p.as_path(), r)).collect();
    let sheet = CueSheet::of(&outputs.sound, &clips, &plan, &named);
    let mut draft = Draft::new(&outputs.sound)?;
    let mix = Mix { plan: &plan, clips: &clips };
    mix.write(BufWriter::with_capacity(1 << 20, draft.file()), &mut |done| {
        bar.set_position((sources.len() + done) as u64);
        true
    })?;
    let ordered: Vec<&Clip> = order.iter().map(|&index| clips[index]).collect();
    let title = song::title(&outputs.sound);
    let picture = MatrixPicture { title: &title, clips: &ordered }.png()?;
    let json =
        serde_json::to_vec_pretty(&sheet).map_err(|error| CliError::Console(error.into()))?;
    // The sound comes last: beside it there is always what says that it is a result.
    files::write(vec![
        Output { path: outputs.json, bytes: json },
        Output { path: outputs.cue, bytes: cue_sheet(&sheet).into_bytes() },
        Output { path: outputs.picture, bytes: picture },
    ])?;
    draft.finish()?;
    bar.finish_and_clear();
    if arguments.printing.json {
        print_json(&sheet)?;
    } else if !arguments.printing.quiet {
        remark(&summary(&sheet));
    }
    Ok(())
}

/// The clip that others are to be like.
fn analyze(path: &Path, network: &dyn Network) -> Result<Clip, CliError> {
    let clip = Source::of(path).and_then(|source| Clip::analyze(&source, network));
    clip.map_err(|reason| match reason {
        Reason::Broken(sentence) => CliError::BrokenClip(sentence),
        reason => CliError::Clip { path: path.into(), reason },
    })
}

/// Files that are not in the result.
type Others = Vec<(PathBuf, Reason)>;

/// What of a folder may be a clip, and what is not, with the reason. What this command wrote before and
/// hidden files are neither.
fn sources(folder: &Path, outputs: &Outputs) -> Result<(Vec<Source>, Others), CliError> {
    let failed = |source| CliError::Folder { folder: folder.into(), source };
    let own: Vec<PathBuf> =
        outputs.written().into_iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let (mut sources, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_own = fs::canonicalize(&path).is_ok_and(|path| own.contains(&path));
        if path.is_dir() || is_own || is_hidden(&path) {
            continue;
        }
        match Source::of(&path) {
            Ok(source) => sources.push(source),
            Err(reason) => others.push((path, reason)),
        }
    }
    sources.sort();
    Ok((sources, others))
}

fn summary(sheet: &CueSheet) -> String {
    let clips = sheet.clips.len();
    let joins = count(clips.saturating_sub(1), "join");
    let clips = count(clips, "clip");
    let on_beats = sheet.clips.iter().filter(|clip| clip.on_beats).count();
    let (minutes, seconds) = (sheet.seconds as u64 / 60, sheet.seconds as u64 % 60);
    format!(
        "{}: {clips}, {minutes}:{seconds:02}, {on_beats} of {joins} beat on beat, {} left out",
        sheet.file,
        sheet.left_out.len(),
    )
}
