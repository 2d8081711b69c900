//! Arguments that many subcommands have. Where their help is another one, the subcommand says so with
//! `mut_arg`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::error::CliError;
use crate::network::{Backend, ModelSpec, Models};

/// What is printed.
#[derive(Debug, Args)]
pub struct PrintArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// No progress and no remarks
    #[arg(short, long)]
    pub quiet: bool,
}

/// Which networks there are, and what runs them.
#[derive(Debug, Args)]
pub struct NetworkArguments {
    /// A folder with networks of your own: its files take the place of those built in
    #[arg(long, value_name = "FOLDER")]
    models: Option<PathBuf>,

    /// What the networks run on: auto takes the GPU where there is one, see `drumlin devices`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        value_parser = backend(),
        help_heading = "What to use",
    )]
    backend: Backend,
}

fn backend() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name)).map(|name| {
        // The parser before lets only these names through.
        Backend::ALL.into_iter().find(|backend| backend.name() == name).unwrap_or_default()
    })
}

impl NetworkArguments {
    /// The networks (`specs`), with the user's in place of ours.
    ///
    /// # Errors
    /// If the user's folder has none of them: using the built-in networks would hide a slip.
    pub fn models(&self, specs: &[&'static ModelSpec]) -> Result<Models, CliError> {
        let models = Models::new(self.backend, self.models.as_deref().map(Path::to_owned));
        if let Some(folder) = &self.models
            && !specs.iter().any(|spec| models.replacement(spec).is_some())
        {
            let names: Vec<&str> = specs.iter().map(|spec| spec.file).collect();
            return Err(CliError::NoModels { folder: folder.into(), names: names.join(", ") });
        }
        Ok(models)
    }
}
