//! What can be typed about questions and votes: `lyceum rank` and its flags. Knows no engine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::data_arguments::SplitName;
use crate::engine::feedback::{FeedbackForm, QuestionFilter};
use crate::feedback::Strength;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum rank -p my.lyceum import pairs.jsonl\n  \
    lyceum rank -p my.lyceum list --dataset pairs --filter to-vote --annotator ann\n  \
    lyceum rank -p my.lyceum vote --dataset pairs --question 12 --ranks 1,2 --annotator ann\n  \
    lyceum rank -p my.lyceum vote --dataset pairs --stdin < votes.jsonl\n  \
    lyceum rank -p my.lyceum export --dataset pairs --as trl --out pairs.trl.jsonl")]
pub struct RankArguments {
    #[command(subcommand)]
    pub action: RankAction,
}

#[derive(clap::Subcommand, Debug)]
pub enum RankAction {
    /// Read files of preferences, rankings, judgements or prompts; what they are is found as `import` finds it.
    Import(super::arguments::ImportArguments),
    /// Show questions with their votes, and how far the collecting is.
    List(ListArguments),
    /// Let checkpoints answer prompts several times: questions to vote on.
    Draw(DrawArguments),
    /// Say which answer is better.
    Vote(Box<VoteArguments>),
    /// Take somebody's latest vote back, or do it again.
    Undo(UndoArguments),
    /// Teach a live run's votes once more from where it began, and compare its weights bit by bit.
    Replay(ReplayArguments),
    /// Whose answers won in votes that compare checkpoints.
    Tally(TallyArguments),
    /// Write votes to a file, in the form they came in or another.
    Export(RankExportArguments),
    /// Say what answers are judged by: guidelines, criteria, words to put on an answer.
    Settings(SettingsArguments),
    /// Make rows to fine-tune on of the answers that people mended.
    Mended(MendedArguments),
}

#[derive(Args, Debug)]
pub struct DrawArguments {
    /// Dataset whose prompts are answered, by id or name: questions, or labelled rows.
    #[arg(long, value_name = "ID|NAME")]
    pub prompts: String,
    /// Who answers: checkpoints, separated by commas.
    #[arg(long, value_name = "CHECKPOINT,…", value_delimiter = ',', default_value = "latest")]
    pub from: Vec<String>,
    /// Answers to each prompt, over all checkpoints; one alone is judged by thumbs or criteria.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub answers: usize,
    /// Tokens of an answer at most.
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub max_tokens: usize,
    #[arg(long, default_value_t = 0.9, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f32,
    /// Only so many of the likeliest tokens; 0: all.
    #[arg(long, default_value_t = 0, value_name = "K")]
    pub top_k: usize,
    /// Only the fewest tokens that hold this probability together; 1: all.
    #[arg(long, default_value_t = 0.95, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f32,
    /// Only tokens at least this share as likely as the likeliest; 0: all.
    #[arg(long, default_value_t = 0.0, value_name = "P", allow_negative_numbers = true)]
    pub min_p: f32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Prompts at most.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub limit: u32,
    /// Name of the new collection.
    #[arg(long, default_value = "Votes", value_name = "NAME")]
    pub into: String,
}

#[derive(Args, Debug)]
pub struct ListArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Which questions.
    #[arg(long, value_enum, default_value = "all")]
    pub filter: FilterName,
    /// Whose votes.
    #[arg(long, value_name = "NAME")]
    pub annotator: Option<String>,
    /// Only questions that contain this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub search: String,
    /// Only this part.
    #[arg(long, value_name = "PART")]
    pub split: Option<SplitName>,
    /// Questions to pass over.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub offset: u64,
    /// Questions at most, up to 1000.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub show: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FilterName {
    All,
    /// With answers and without a vote.
    ToVote,
    Voted,
    /// Prompts that wait for answers.
    NoAnswers,
    Flagged,
    Skipped,
}

impl FilterName {
    pub fn filter(self) -> QuestionFilter {
        match self {
            Self::All => QuestionFilter::All,
            Self::ToVote => QuestionFilter::ToVote,
            Self::Voted => QuestionFilter::Voted,
            Self::NoAnswers => QuestionFilter::NoAnswers,
            Self::Flagged => QuestionFilter::Flagged,
            Self::Skipped => QuestionFilter::Skipped,
        }
    }
}

#[derive(Args, Debug)]
#[command(
    after_help = "With --stdin each line is an object, say {\"question\":12,\"ranks\":[1,2],\"annotator\":\"ann\"}; instead of \"ranks\" it \
    may have \"thumbs\":[true,false], \"rated\":[{\"polite\":5},{\"polite\":2}], \"all_bad\":true or \"skip\":true, and also \"strength\", \
    \"edited\":[0,\"text\"], \"tags\", \"flagged\", \"note\", \"seconds\", \"order\". All lines are saved, or none."
)]
pub struct VoteArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Number of the question, as `list` shows it.
    #[arg(long, value_name = "ID", required_unless_present = "stdin")]
    pub question: Option<i64>,
    /// Who votes.
    #[arg(long, value_name = "NAME", required_unless_present = "stdin")]
    pub annotator: Option<String>,
    /// A rank for each answer in the order of `list`: 1 is the best, the same number is a tie.
    #[arg(long, value_name = "R,R,…", value_delimiter = ',')]
    pub ranks: Option<Vec<u32>>,
    /// How much better.
    #[arg(long, value_enum, requires = "ranks")]
    pub strength: Option<StrengthName>,
    /// Up, down or none for each answer.
    #[arg(long, value_enum, value_name = "T,T,…", value_delimiter = ',', conflicts_with = "ranks")]
    pub thumbs: Option<Vec<Thumb>>,
    /// None of the answers will do.
    #[arg(long, conflicts_with_all = ["ranks", "thumbs"])]
    pub all_bad: bool,
    /// Pass the question over.
    #[arg(long, conflicts_with_all = ["ranks", "thumbs", "all_bad"])]
    pub skip: bool,
    /// Read votes from stdin, a JSON object a line.
    #[arg(long, conflicts_with_all = ["question", "ranks", "thumbs", "all_bad", "skip"])]
    pub stdin: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Thumb {
    Up,
    Down,
    None,
}

impl Thumb {
    pub fn said(self) -> Option<bool> {
        match self {
            Self::Up => Some(true),
            Self::Down => Some(false),
            Self::None => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StrengthName {
    ALittle,
    Clearly,
    Much,
}

impl StrengthName {
    pub fn strength(self) -> Strength {
        match self {
            Self::ALittle => Strength::ALittle,
            Self::Clearly => Strength::Clearly,
            Self::Much => Strength::Much,
        }
    }
}

#[derive(Args, Debug)]
pub struct UndoArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Whose vote.
    #[arg(long, value_name = "NAME")]
    pub annotator: String,
    /// Do again what was taken back.
    #[arg(long)]
    pub redo: bool,
}

#[derive(Args, Debug)]
pub struct ReplayArguments {
    /// Id or name of the run; the newest that learnt from votes as they came if none is given.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

#[derive(Args, Debug)]
pub struct TallyArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
}

#[derive(Args, Debug)]
pub struct RankExportArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// The form to write; the one that the rows came in if none is given.
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<RankFormName>,
    /// Only this part.
    #[arg(long, value_name = "PART")]
    pub split: Option<SplitName>,
    /// The file to write; one that stands there is replaced.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub struct SettingsArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// What whoever votes should read first.
    #[arg(long, value_name = "TEXT")]
    pub guidelines: Option<String>,
    /// What answers are rated by, separated by commas.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub criteria: Option<Vec<String>>,
    /// Words to put on an answer, separated by commas.
    #[arg(long, value_name = "WORD,…", value_delimiter = ',')]
    pub reasons: Option<Vec<String>>,
}

#[derive(Args, Debug)]
pub struct MendedArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Name of the new rows.
    #[arg(long, value_name = "NAME", default_value = "Mended answers")]
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RankFormName {
    /// Prompt, chosen, rejected: a line for each pair of each vote.
    Trl,
    /// Instruction, input, chosen, rejected; chats as conversations.
    LlamaFactory,
    /// Prompt, completions, ranks: a line for each vote.
    Ranking,
    /// Prompt, completion, label.
    Unpaired,
    /// Prompt and the answer as a person mended it.
    Edited,
    /// Prompts alone.
    Prompts,
}

impl RankFormName {
    pub fn form(self) -> FeedbackForm {
        match self {
            Self::Trl => FeedbackForm::Trl,
            Self::LlamaFactory => FeedbackForm::LlamaFactory,
            Self::Ranking => FeedbackForm::Ranking,
            Self::Unpaired => FeedbackForm::Unpaired,
            Self::Edited => FeedbackForm::Edited,
            Self::Prompts => FeedbackForm::Prompts,
        }
    }
}
