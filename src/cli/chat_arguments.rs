//! What can be typed to talk with a model, and to compose prompts from examples: flags and their help. Knows no engine.

use clap::{Args, ValueEnum};

use super::arguments::CheckpointArguments;
use super::tune_arguments::TemplateName;

#[derive(Args, Debug)]
#[command(
    after_help = "Without --message turns are read from the terminal, one a line; there /again draws another answer, /system TEXT \
    changes the system message, /new begins anew, /help says so, and /quit (or the end of the input) ends it.\n\nExamples:\n  \
    lyceum chat -p my.lyceum\n  \
    lyceum chat -p my.lyceum --message \"Who is Piet's best friend?\" --system \"You help visitors.\" --json\n  \
    lyceum chat -p my.lyceum --conversation 3 --message \"And his goat?\"\n  \
    lyceum chat -p my.lyceum --list"
)]
pub struct ChatArguments {
    #[command(flatten)]
    pub source: CheckpointArguments,
    /// Say this instead of reading the terminal; may be repeated, a turn each. `-` reads one from stdin.
    #[arg(long, short, value_name = "TEXT")]
    pub message: Vec<String>,
    /// What the model is told before the first turn.
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,
    /// How turns become text; the checkpoint's own template if none is given.
    #[arg(long, value_enum, value_name = "NAME")]
    pub template: Option<TemplateName>,
    /// Go on with a conversation that is kept.
    #[arg(long, value_name = "ID")]
    pub conversation: Option<i64>,
    /// List the conversations that are kept, or those in which this was said.
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "")]
    pub list: Option<String>,
    /// Keep nothing in the project.
    #[arg(long)]
    pub no_keep: bool,
    /// Leave the oldest turns out where a conversation does not fit into the model's context.
    #[arg(long)]
    pub drop_oldest: bool,
    /// Longest answer, in tokens.
    #[arg(long, short = 'n', default_value_t = 120, value_name = "N")]
    pub max_tokens: usize,
    /// 0: always the likeliest token; 1: as the model says.
    #[arg(long, short, default_value_t = 0.8, allow_negative_numbers = true)]
    pub temperature: f32,
    /// Draw from the fewest tokens that hold this probability together.
    #[arg(long, default_value_t = 0.95, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f32,
    /// Draw from the k likeliest tokens only; 0: from all.
    #[arg(long, default_value_t = 0, value_name = "K")]
    pub top_k: usize,
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// End an answer at this text (`\n` is a line break); may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
}

/// A prompt made of a dataset's rows.
#[derive(Args, Debug)]
pub struct ExamplesArguments {
    /// Put examples of this dataset (id or name) before what is asked; without a prompt one of its own rows is asked about.
    #[arg(long, value_name = "ID|NAME")]
    pub examples: Option<String>,
    /// How many examples.
    #[arg(long, default_value_t = 1, value_name = "K", requires = "examples")]
    pub shots: usize,
    /// Which examples.
    #[arg(long, value_enum, default_value = "random", requires = "examples")]
    pub pick: PickName,
    /// In which order.
    #[arg(long, value_enum, default_value = "drawn", requires = "examples")]
    pub order: OrderName,
    /// Stands before all examples; `{labels}` stands for the labels of the rows.
    #[arg(long, default_value = "", value_name = "TEXT", requires = "examples")]
    pub instruction: String,
    /// How a row is asked about, with its parts in braces, say `Text: {text}\nLabel:`; plain words if none are given.
    #[arg(long, value_name = "TEXT", requires = "examples")]
    pub question_words: Option<String>,
    /// How its answer is written, say `{label}`.
    #[arg(long, value_name = "TEXT", requires = "examples")]
    pub answer_words: Option<String>,
    /// Between two examples (`\n` is a line break); it also ends the answer, unless `--stop` does.
    #[arg(long, default_value = "\\n\\n", value_name = "TEXT", requires = "examples")]
    pub separator: String,
    /// Ask about this row of those kept aside, counted from 0, where no prompt is given.
    #[arg(long, default_value_t = 0, value_name = "N", requires = "examples")]
    pub query: u64,
    /// Leave the oldest examples out where the prompt does not fit into the model's context.
    #[arg(long, requires = "examples")]
    pub drop_oldest: bool,
    /// The value of a name in braces in the prompt, say `--set town=Alderbrook`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "examples")]
    pub set: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PickName {
    /// By seed.
    Random,
    /// As many of each label as can be.
    Balanced,
    /// Most like the query by the model's own hidden states.
    Nearest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderName {
    /// As they were drawn; the nearest stands last.
    Drawn,
    Reversed,
    /// By seed.
    Shuffled,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum stages -p my.lyceum \"Nora's favourite food is\"\n  \
    lyceum stages -p my.lyceum \"Who is Piet's best friend?\" --chat --checkpoint 1 --checkpoint 4 --fresh 0\n  \
    lyceum stages -p my.lyceum \"A guest asks for tea\" --checkpoint 4 --best-of 8 --judge 6 --json")]
pub struct StagesArguments {
    /// The same to all of them.
    pub prompt: String,
    /// Ask this checkpoint; may be repeated. The newest of each stage if none is given.
    #[arg(long, short, value_name = "ID")]
    pub checkpoint: Vec<String>,
    /// Also ask weights drawn by this seed, as a run begins.
    #[arg(long, value_name = "SEED")]
    pub fresh: Option<u64>,
    /// Also draw so many answers of the last checkpoint and show the one that the judge likes best.
    #[arg(long, value_name = "N")]
    pub best_of: Option<usize>,
    /// The reward model that judges them.
    #[arg(long, value_name = "ID", requires = "best_of")]
    pub judge: Option<String>,
    /// Each reads the prompt as a person's turn in its own chat template.
    #[arg(long)]
    pub chat: bool,
    /// Longest answer, in tokens.
    #[arg(long, short = 'n', default_value_t = 60, value_name = "N")]
    pub max_tokens: usize,
    /// 0: always the likeliest token; 1: as the model says.
    #[arg(long, short, default_value_t = 0.8, allow_negative_numbers = true)]
    pub temperature: f32,
    /// Draw from the fewest tokens that hold this probability together.
    #[arg(long, default_value_t = 0.95, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f32,
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// End an answer at this text (`\n` is a line break); may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
}
