//! Arguments that many subcommands have. Where their help is another one, the subcommand says so with
//! `mut_arg`.

use std::fmt::Display;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};

use super::error::CliError;
use super::song::STANDARD;
use crate::network::{Backend, ModelSpec, Models};

/// What is printed.
#[derive(Debug, Args)]
pub struct PrintArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// Which networks there are, and what runs them.
#[derive(Debug, Args)]
pub struct NetworkArguments {
    /// A folder with networks of your own: its files take the place of those built in
    #[arg(long, value_name = "FOLDER", help_heading = "What to use")]
    models: Option<PathBuf>,

    /// What the networks run on: auto takes the GPU where there is one, see `drumlin devices`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        value_parser = backend(),
        ignore_case = true,
        help_heading = "What to use",
    )]
    backend: Backend,
}

fn backend() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name)).map(|name| {
        // The parser before lets only these names through.
        let named = |backend: &Backend| backend.name().eq_ignore_ascii_case(&name);
        Backend::ALL.into_iter().find(named).unwrap_or_default()
    })
}

/// Takes a file's path where standard input and output are not offered: somebody who asks for them with
/// `-` would get a file of that name.
pub fn named_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new(STANDARD) {
            return Err("a file is needed: here - is neither standard input nor output");
        }
        Ok(path)
    })
}

/// Takes a whole number of a range, of the type that the argument has: clap finds that out when it runs.
pub fn whole<N: FromStr + PartialOrd + Display + Clone>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone {
    move |text| {
        let number = text.parse::<N>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            format!("a whole number from {} to {} is needed", range.start(), range.end())
        })
    }
}

/// Takes what random numbers begin with.
pub fn seed(text: &str) -> Result<u64, String> {
    whole(0..=u64::MAX)(text)
}

impl NetworkArguments {
    /// The networks (`specs`), with the user's in place of ours.
    ///
    /// # Errors
    /// If the user's folder cannot be read or has none of them: using the built-in networks would hide a
    /// slip.
    pub fn models(&self, specs: &[&'static ModelSpec]) -> Result<Models, CliError> {
        if let Some(folder) = &self.models {
            let failed = |source| CliError::Folder { folder: folder.clone(), source };
            fs::read_dir(folder).map_err(failed)?;
        }
        let models = Models::new(self.backend, self.models.clone());
        if let Some(folder) = &self.models
            && !specs.iter().any(|spec| models.replacement(spec).is_some())
        {
            let names: Vec<&str> = specs.iter().map(|spec| spec.file).collect();
            return Err(CliError::NoModels { folder: folder.into(), names: names.join(", ") });
        }
        Ok(models)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_a_range_are_taken_and_others_get_a_sentence() {
        let candidates = whole(2_u8..=64);
        assert_eq!([candidates("2"), candidates("64")], [Ok(2), Ok(64)]);
        for text in ["1", "65", "-3", "300", "2.5", "many", ""] {
            assert_eq!(candidates(text), Err("a whole number from 2 to 64 is needed".to_owned()));
        }
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for text in ["-1", "1.5", "one", "18446744073709551616"] {
            let needed = "a whole number from 0 to 18446744073709551615 is needed";
            assert_eq!(seed(text), Err(needed.to_owned()), "{text}");
        }
    }
}
