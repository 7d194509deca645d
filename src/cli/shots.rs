//! Flags of what is asked with more and more examples while a model trains. Knows no run.

use anyhow::Result;
use clap::Args;

use super::session::Session;
use crate::config::{RunConfig, ShotsOf};

#[derive(Args, Clone, Debug, Default)]
pub struct ShotArguments {
    /// At every validation ask the held-out tasks of this dataset with no example and with more and more of them: accuracy and loss.
    #[arg(long, value_name = "DATASET", help_heading = "Reports and checkpoints")]
    pub shots_of: Option<String>,
    /// Ask none, where a run that learns from prompts would ask its own.
    #[arg(long, conflicts_with = "shots_of", help_heading = "Reports and checkpoints")]
    pub no_shots: bool,
}

impl ShotArguments {
    pub fn is_given(&self) -> bool {
        self.no_shots || self.shots_of.is_some()
    }

    pub fn apply(&self, session: &Session, config: &mut RunConfig) -> Result<()> {
        if let Some(asked) = &self.shots_of {
            config.shots_of = ShotsOf::Dataset(session.dataset(Some(asked))?.id);
        }
        if self.no_shots {
            config.shots_of = ShotsOf::None;
        }
        Ok(())
    }
}
