//! What can be typed to ask a model: flags and their help. Knows no engine.

use clap::Args;

use super::arguments::CheckpointArguments;
use super::chat_arguments::ExamplesArguments;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum generate -p my.lyceum \"Once upon a time\"\n  \
    lyceum generate -p my.lyceum \"The baker\" --temperature 0 --max-tokens 40\n  \
    lyceum generate -p my.lyceum --examples \"Sentiment of reviews\" --shots 1 --pick nearest -n 8\n  \
    lyceum generate -p my.lyceum - --checkpoint best --stop '\\n\\n' < prompt.txt")]
pub struct GenerateArguments {
    /// The text to go on from; `-` reads it from stdin.
    #[arg(required_unless_present = "examples")]
    pub prompt: Option<String>,
    #[command(flatten)]
    pub source: CheckpointArguments,
    /// Longest completion, in tokens.
    #[arg(long, short = 'n', default_value_t = 120, value_name = "N")]
    pub max_tokens: usize,
    /// 0: always the likeliest token; 1: as the model says.
    #[arg(long, short, default_value_t = 0.8, allow_negative_numbers = true)]
    pub temperature: f32,
    /// Draw from the k likeliest tokens only; 0: from all.
    #[arg(long, default_value_t = 0, value_name = "K")]
    pub top_k: usize,
    /// Draw from the fewest tokens that hold this probability together.
    #[arg(long, default_value_t = 0.95, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f32,
    /// Draw from tokens at least this share as likely as the likeliest.
    #[arg(long, default_value_t = 0.0, value_name = "P", allow_negative_numbers = true)]
    pub min_p: f32,
    /// Above 1: tokens seen before become less likely.
    #[arg(long, default_value_t = 1.0, value_name = "X", allow_negative_numbers = true)]
    pub repetition_penalty: f32,
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// End the completion at this text (`\n` is a line break); may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
    /// Completions to draw, each from the next seed.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub count: u64,
    #[command(flatten)]
    pub examples: ExamplesArguments,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  lyceum fill-mask -p my.lyceum \"The [MASK] baked the bread.\"\n  \
    lyceum fill-mask -p my.lyceum \"The cat sat on the [MASK].\" --top 10 --json")]
pub struct FillMaskArguments {
    /// The text, with `[MASK]` (or the tokenizer's own mask token) where a token is to be guessed.
    pub text: String,
    #[command(flatten)]
    pub source: CheckpointArguments,
    /// Guesses for each mask.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub top: usize,
}
