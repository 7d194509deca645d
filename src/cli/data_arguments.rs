//! What can be typed about labelled rows: schemas, forms, and the flags of `export-data`. Knows no engine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::data::supervised::Split;
use crate::engine::command::{ExportForm, Schema};

/// What rows can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// Documents to pre-train on.
    Text,
    /// Instruction, input, output.
    Instruction,
    /// Prompt and completion.
    Pair,
    /// Chats of role and content.
    Messages,
    /// Chats of from and value.
    Conversations,
    /// A text and its class or classes.
    Classes,
    /// A text with marked spans, or tokens with tags.
    Entities,
    /// Context, question and answers.
    Qa,
    Translation,
    /// User, item, rating.
    Ratings,
    /// Two answers, of which one was preferred.
    Preference,
    /// One answer and whether it was liked.
    Unpaired,
    /// Several answers and their ranks.
    Ranking,
    /// Only what is asked.
    Prompts,
}

impl SchemaName {
    pub fn schema(self) -> Schema {
        match self {
            Self::Text => Schema::Text,
            Self::Instruction => Schema::Instruction,
            Self::Pair => Schema::PromptCompletion,
            Self::Messages => Schema::Messages,
            Self::Conversations => Schema::Conversations,
            Self::Classes => Schema::Classes,
            Self::Entities => Schema::Entities,
            Self::Qa => Schema::ExtractiveQa,
            Self::Translation => Schema::Translation,
            Self::Ratings => Schema::Recommendation,
            Self::Preference => Schema::Preference,
            Self::Unpaired => Schema::Unpaired,
            Self::Ranking => Schema::Ranking,
            Self::Prompts => Schema::Prompts,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum export-data -p my.lyceum --dataset Spam --out spam.jsonl\n  \
    lyceum export-data -p my.lyceum --dataset 3 --as conll --split test --out test.conll")]
pub struct ExportDataArguments {
    /// Id or name of the dataset, or the file that it came from; the newest if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// The form to write; the one that the rows came in if none is given.
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<FormName>,
    /// Only this part.
    #[arg(long, value_name = "PART")]
    pub split: Option<SplitName>,
    /// Rows that have no label, too.
    #[arg(long)]
    pub all: bool,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace a file that stands there.
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    Jsonl,
    Csv,
    Tsv,
    /// A token and its tag a line.
    Conll,
    /// Questions as `SQuAD` nests them.
    Squad,
}

impl FormName {
    pub fn form(self) -> ExportForm {
        match self {
            Self::Jsonl => ExportForm::JsonLines,
            Self::Csv => ExportForm::Csv,
            Self::Tsv => ExportForm::Tsv,
            Self::Conll => ExportForm::Conll,
            Self::Squad => ExportForm::Squad,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    Train,
    Validation,
    Test,
}

impl SplitName {
    pub fn split(self) -> Split {
        match self {
            Self::Train => Split::Train,
            Self::Validation => Split::Validation,
            Self::Test => Split::Test,
        }
    }
}
