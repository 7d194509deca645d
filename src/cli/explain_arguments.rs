//! What can be typed to look into a model: flags and their help. Knows no engine.

use clap::Args;

use super::arguments::CheckpointArguments;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum explain -p my.lyceum \"The baker baked the bread.\"\n  \
    lyceum explain -p my.lyceum \"The baker baked the\" --answer \" bread\" --answer \" moon\"\n  \
    lyceum explain -p my.lyceum \"The baker baked\" --lens --attention --layer 2 --json")]
pub struct ExplainArguments {
    /// The text to look at; `-` reads it from stdin.
    pub text: String,
    #[command(flatten)]
    pub source: CheckpointArguments,
    /// Say how likely this answer is after the text; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub answer: Vec<String>,
    /// Alternatives shown for each token.
    #[arg(long, default_value_t = 5, value_name = "K")]
    pub top: usize,
    /// Where each token looks.
    #[arg(long)]
    pub attention: bool,
    /// Attention of this layer alone, from 1; of all together if none is given.
    #[arg(long, value_name = "N", requires = "attention")]
    pub layer: Option<usize>,
    /// Attention of this head alone, from 1.
    #[arg(long, value_name = "N", requires = "attention")]
    pub head: Option<usize>,
    /// What each layer would say next (logit lens).
    #[arg(long)]
    pub lens: bool,
    /// Nearest tokens by their embeddings, for every token of the text.
    #[arg(long)]
    pub neighbours: bool,
}
