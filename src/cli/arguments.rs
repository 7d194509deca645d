//! What can be typed: subcommands, their flags and their help. Knows no engine.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use super::align_arguments::{PreferArguments, RewardArguments, RlArguments};
use super::best_arguments::{BestArguments, DuelArguments};
use super::chat_arguments::{ChatArguments, StagesArguments};
pub use super::data_arguments::{ExportDataArguments, SchemaName, SplitName};
use super::explain_arguments::ExplainArguments;
use super::icl_arguments::IclArguments;
use super::pretrain_arguments::PretrainArguments;
use super::prompt_arguments::{FillMaskArguments, GenerateArguments};
use super::rank_arguments::RankArguments;
use super::survey_arguments::SurveyArguments;
use super::tune_arguments::TuneArguments;
use crate::engine::command::{DocumentRule, TokenizerKind};

/// A workbench to pre-train and prompt transformer language models on this machine.
///
/// Without a subcommand the window opens. Every subcommand does what the window does, on the same project folder.
#[derive(Parser, Debug)]
#[command(
    name = "lyceum",
    version,
    after_help = "A first session:\n  \
        lyceum demo                            the whole story in the terminal, in a few minutes\n  \
        lyceum new my.lyceum --sample          a project with text and a trained model\n  \
        lyceum pretrain --project my.lyceum --minutes 2\n  \
        lyceum generate --project my.lyceum \"Once upon a time\""
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommand>,
    /// The project folder; else the one that `LYCEUM_PROJECT` names, else the current folder if it is one.
    #[arg(long, short, global = true, value_name = "FOLDER", help_heading = "Every command")]
    pub project: Option<PathBuf>,
    /// One JSON object a line on stdout instead of text.
    #[arg(long, global = true, help_heading = "Every command")]
    pub json: bool,
}

#[derive(clap::Subcommand, Debug)]
pub enum Subcommand {
    /// Make a project folder.
    New(NewArguments),
    /// Read a file or a folder of files into the project.
    Import(ImportArguments),
    /// Write a labelled dataset to a file, in the form it came in or another.
    ExportData(ExportDataArguments),
    /// Train or load a tokenizer, and turn a dataset into a corpus to train on.
    Tokenize(TokenizeArguments),
    /// Train a language model from scratch, or go on with one.
    Pretrain(Box<PretrainArguments>),
    /// Fine-tune a model on labelled rows to write the answers: pairs, instructions, chats, translations, summaries.
    Sft(Box<TuneArguments>),
    /// Fine-tune a model to choose a class, or several.
    Classify(Box<TuneArguments>),
    /// Fine-tune a model to mark entities, or to find answers in a text.
    Tag(Box<TuneArguments>),
    /// Let a fine-tuned checkpoint look at rows: labels to confirm, and where it is unsure.
    Prelabel(PrelabelArguments),
    /// Questions to people and their votes: import, list, vote, export.
    Rank(RankArguments),
    /// Ask people who have only a browser: questions as a web page, and their answers back.
    Survey(SurveyArguments),
    /// Learn what people prefer: a model that gives every answer a number.
    Reward(Box<RewardArguments>),
    /// Learn from preferences directly: DPO and its relatives.
    Prefer(Box<PreferArguments>),
    /// Learn from rewards of the model's own answers: PPO, GRPO, RLOO.
    Rl(Box<RlArguments>),
    /// Draw several answers to each prompt, judge them, keep the best as rows to fine-tune on; with --rounds, again and again.
    Best(Box<BestArguments>),
    /// Hold a checkpoint against another on prompts kept aside: whose answers are worth more.
    Duel(Box<DuelArguments>),
    /// Measure a fine-tuned checkpoint on rows that it never saw, beside the checkpoint that it started from.
    Eval(EvalArguments),
    /// What a model learns from its prompt: accuracy against the number of examples, in the prompt or in the weights.
    Icl(Box<IclArguments>),
    /// Continue a text with a trained model.
    Generate(Box<GenerateArguments>),
    /// Look into a model: how likely it held each token, where it looked, what each layer would have said.
    Explain(ExplainArguments),
    /// Talk with a model, turn by turn; conversations are kept in the project.
    Chat(ChatArguments),
    /// One prompt through several checkpoints: random weights, pre-trained, fine-tuned, best-of-n, tuned by preferences.
    Stages(StagesArguments),
    /// Guess the masked words of a text with a trained encoder.
    FillMask(FillMaskArguments),
    /// List runs and checkpoints; look into one, rename, pin, delete.
    Runs(RunsArguments),
    /// Measure whole training steps and decoding on this machine.
    Bench(BenchArguments),
    /// The whole story in the terminal on the sample text: tokenizer, pre-training, prompts.
    Demo(DemoArguments),
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  lyceum new my.lyceum\n  lyceum new my.lyceum --sample")]
pub struct NewArguments {
    /// The folder to make; an empty one may stand there.
    pub folder: PathBuf,
    /// Fill it with the sample: text, tokenizer, corpus and a starter checkpoint.
    #[arg(long)]
    pub sample: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum import -p my.lyceum book.txt\n  \
    lyceum import -p my.lyceum reviews.csv --text-column body\n  \
    lyceum import -p my.lyceum notes.txt --documents line --name notes\n  \
    lyceum import -p my.lyceum mails.csv --as classes --map text=body --map label=kind\n  \
    lyceum import -p my.lyceum spam.train.jsonl\n  \
    lyceum import -p my.lyceum rows.parquet --inspect")]
pub struct ImportArguments {
    /// txt, md, jsonl, json, csv, tsv, parquet or conll, or a folder of them; each becomes a dataset. Of x.train.jsonl,
    /// x.validation.jsonl and x.test.jsonl one is enough: the others come with it.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Name of the dataset, for one file; the file's name if none is given.
    #[arg(long)]
    pub name: Option<String>,
    /// The column that holds the text.
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Option<String>,
    /// Where a plain text is cut into documents.
    #[arg(long, value_name = "RULE")]
    pub documents: Option<DocumentRuleName>,
    /// What the rows are for, if the guess is wrong.
    #[arg(long = "as", value_name = "SCHEMA")]
    pub schema: Option<SchemaName>,
    /// The column for a part of the schema, say `--map label=sentiment`; may be repeated.
    #[arg(long, value_name = "PART=COLUMN")]
    pub map: Vec<String>,
    /// What tags stand for that the file writes as numbers, in the order of the numbers: O,B-PER,I-PER.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub tag_names: Vec<String>,
    /// Share of labelled rows kept aside to validate; 0.1 if the files bring no parts of their own.
    #[arg(long, value_name = "SHARE")]
    pub val: Option<f64>,
    /// Share of labelled rows kept aside to test.
    #[arg(long, value_name = "SHARE")]
    pub test: Option<f64>,
    /// Seed of the split.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only say what the file is.
    #[arg(long)]
    pub inspect: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentRuleName {
    BlankLine,
    Line,
    File,
}

impl DocumentRuleName {
    pub fn rule(self) -> DocumentRule {
        match self {
            Self::BlankLine => DocumentRule::BlankLine,
            Self::Line => DocumentRule::Line,
            Self::File => DocumentRule::File,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum tokenize -p my.lyceum --vocab 4096\n  \
    lyceum tokenize -p my.lyceum --kind unigram --vocab 8000 --dataset notes\n  \
    lyceum tokenize -p my.lyceum --tokenizer tokenizer.json\n  \
    lyceum tokenize -p my.lyceum --tokenizer 1 --val 0.05")]
pub struct TokenizeArguments {
    /// Id or name of the dataset, or the file that it came from; the newest if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Take this tokenizer, by id or from a tokenizer.json, instead of training one.
    #[arg(long, value_name = "ID|FILE", conflicts_with_all = ["kind", "vocab"])]
    pub tokenizer: Option<String>,
    /// How text is cut.
    #[arg(long, value_enum, default_value = "byte-bpe")]
    pub kind: TokenizerKindName,
    /// Entries of the vocabulary, special tokens included (bytes and characters derive theirs).
    #[arg(long, default_value_t = 2048, value_name = "N")]
    pub vocab: usize,
    /// Name of a tokenizer that is trained.
    #[arg(long)]
    pub name: Option<String>,
    /// Share of the documents kept apart for validation.
    #[arg(long, default_value_t = 0.05, value_name = "SHARE")]
    pub val: f64,
    /// Seed of the split.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Train or load the tokenizer only; build no corpus.
    #[arg(long)]
    pub no_corpus: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenizerKindName {
    /// Byte-level byte-pair encoding, as GPT-2.
    ByteBpe,
    /// As BERT.
    WordPiece,
    /// As SentencePiece.
    Unigram,
    /// One token a byte.
    Bytes,
    /// One token a character.
    Chars,
}

impl TokenizerKindName {
    pub fn kind(self) -> TokenizerKind {
        match self {
            Self::ByteBpe => TokenizerKind::ByteBpe,
            Self::WordPiece => TokenizerKind::WordPiece,
            Self::Unigram => TokenizerKind::Unigram,
            Self::Bytes => TokenizerKind::Bytes,
            Self::Chars => TokenizerKind::Chars,
        }
    }
}

#[derive(Args, Debug)]
pub struct CheckpointArguments {
    /// Id of a checkpoint, or `latest`, or `best`: the newest, or that with the lowest validation loss, of those that can do this.
    #[arg(long, short, default_value = "latest", value_name = "ID")]
    pub checkpoint: String,
    /// Only checkpoints of this run, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    pub run: Option<String>,
}

#[derive(Args, Debug)]
pub struct TunedArguments {
    /// Id of a checkpoint; `tuned`: the best of the newest fine-tuning run; `latest`, or `best` of all.
    #[arg(long, short, default_value = "tuned", value_name = "ID")]
    pub checkpoint: String,
    /// Only checkpoints of this run, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    pub run: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum prelabel -p my.lyceum --dataset reviews\n  \
    lyceum prelabel -p my.lyceum --dataset reviews --write --show 20")]
pub struct PrelabelArguments {
    /// Id or name of the dataset, or the file that it came from.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: String,
    #[command(flatten)]
    pub source: TunedArguments,
    /// Put its labels on rows that have none; a person confirms them on the Label page.
    #[arg(long)]
    pub write: bool,
    /// Rows at most.
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    pub rows: usize,
    /// What being unsure means: a low probability, guesses that are spread, or two that are near to each other.
    #[arg(long, value_enum, default_value = "probability", value_name = "MEASURE")]
    pub by: UnsureBy,
    /// Show this many of the rows that it is least sure of.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub show: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnsureBy {
    Probability,
    Entropy,
    Margin,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum eval -p my.lyceum\n  \
    lyceum eval -p my.lyceum --checkpoint 12 --split validation --rows 500 --show 5\n  \
    lyceum eval -p my.lyceum --against none --json")]
pub struct EvalArguments {
    #[command(flatten)]
    pub source: TunedArguments,
    /// The checkpoint to compare with: an id, or `none`; the one that the run started from if none is given.
    #[arg(long, value_name = "ID")]
    pub against: Option<String>,
    /// Other rows than those of the run, by the dataset's id or name.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Which part of the rows.
    #[arg(long, value_enum, default_value = "test")]
    pub split: SplitName,
    /// Rows at most.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub rows: usize,
    /// Also show this many of the worst answers.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub show: usize,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum runs -p my.lyceum\n  \
    lyceum runs -p my.lyceum show 1\n  \
    lyceum runs -p my.lyceum metrics 1 --csv > run1.csv\n  \
    lyceum runs -p my.lyceum pin 7")]
pub struct RunsArguments {
    #[command(subcommand)]
    pub action: Option<RunsAction>,
    /// List deleted runs too.
    #[arg(long)]
    pub all: bool,
}

#[derive(clap::Subcommand, Debug)]
pub enum RunsAction {
    /// A run with its configuration and checkpoints.
    Show { run: String },
    /// Every step's metrics.
    Metrics {
        run: String,
        /// Comma-separated values with a header.
        #[arg(long)]
        csv: bool,
    },
    /// Give a run another name.
    Rename { run: String, name: String },
    /// Keep a checkpoint for good.
    Pin { checkpoint: i64 },
    /// Let a checkpoint be thinned out again.
    Unpin { checkpoint: i64 },
    /// Copy a checkpoint into a new folder that transformers and other programs open.
    Export {
        checkpoint: i64,
        folder: PathBuf,
        /// 16-bit weights: half the size, rounded.
        #[arg(long)]
        half: bool,
    },
    /// Hide a run; `restore` brings it back.
    Delete { run: String },
    /// Bring a deleted run back.
    Restore { run: String },
    /// Remove deleted runs and datasets from the disk for good.
    Purge,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  lyceum bench\n  lyceum bench --only 6.9M --seconds 20\n  lyceum bench --rows --only 6.9M\n  lyceum bench --json > bench.jsonl"
)]
pub struct BenchArguments {
    /// Only these models, say `1.3M,6.9M`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Seconds of training steps for each model, at least two steps.
    #[arg(long, default_value_t = 12.0, value_name = "S")]
    pub seconds: f64,
    /// Threads to train with; 0: one for each core.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub threads: usize,
    /// Only fine-tuning on short rows.
    #[arg(long, conflicts_with = "live")]
    pub rows: bool,
    /// Only prompts during a run: how soon and how fast it answers, and what that costs the run.
    #[arg(long)]
    pub live: bool,
    /// Measures one model in this process: each model gets a process of its own, so that its peak memory is its own.
    #[arg(long, hide = true)]
    pub in_process: bool,
    /// What is measured there, if not pre-training.
    #[arg(long, hide = true, value_enum)]
    pub work: Option<super::bench::align::AlignWork>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  lyceum demo\n  lyceum demo --folder story.lyceum --steps 1200")]
pub struct DemoArguments {
    /// Keep the project in this new folder; else it is temporary.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Steps of pre-training.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
}
