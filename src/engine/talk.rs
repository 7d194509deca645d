//! What is asked and answered about conversations, kept prompts and composed ones: plain data, part of `command` and `event`.

use std::ops::Range;

use super::command::{CheckpointId, DatasetId, GenerateRequest, JobId, ModelSource};
use crate::data::conversation::Conversation;
use crate::data::supervised::{FewShot, Message};
use crate::feedback::{Question, Vote};
use crate::tokenizer::Builtin;

/// Which weights answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weights {
    Live,
    Checkpoint(CheckpointId),
    /// As a run begins: this checkpoint's architecture and tokenizer, with weights drawn by this seed.
    Fresh {
        like: CheckpointId,
        seed: u64,
    },
}

impl From<ModelSource> for Weights {
    fn from(source: ModelSource) -> Self {
        match source {
            ModelSource::Live => Self::Live,
            ModelSource::Checkpoint(id) => Self::Checkpoint(id),
        }
    }
}

/// What a model is to go on from.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A text, as it stands.
    Text(String),
    /// Turns in a chat template; none: the checkpoint's own.
    Turns { turns: Vec<Message>, template: Option<Builtin> },
}

/// The row that is asked about behind the examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// By place among the rows kept aside to test with; where there are none, among all. Places go round.
    Place(u64),
    /// This text, where the rows are about one text each. No right answer is known.
    Text(String),
}

/// A prompt to be made of a dataset's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeWish {
    pub dataset: DatasetId,
    /// Indices of `Pick::These` are rows of the project.
    pub few: FewShot,
    pub query: Query,
}

/// An example in the prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedExample {
    pub row: i64,
    pub prompt: String,
    pub answer: String,
    /// Cosine to the query, where examples were chosen by it.
    pub nearness: Option<f32>,
}

/// A prompt made of a dataset's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ComposedPrompt {
    pub text: String,
    /// The instruction (where there is one), the examples, the query: bytes of the text.
    pub parts: Vec<Range<usize>>,
    pub used: Vec<UsedExample>,
    /// The row asked about; none: a text that was typed.
    pub query_row: Option<i64>,
    pub question: String,
    /// Empty where no right answer is known.
    pub truth: String,
    /// Labels that an answer can be, where the rows are classes.
    pub labels: Vec<String>,
    /// Rows that examples were chosen from, and rows that can be asked about.
    pub pool: u64,
    pub queries: u64,
    /// Tokens of the prompt as it is, and with the oldest example left out, the oldest two, and so on.
    pub tokens: Vec<usize>,
    pub context: usize,
    /// Names in braces that stand for no part of a row, and the parts that there are.
    pub unknown: Vec<String>,
    pub known: Vec<String>,
}

impl ComposedPrompt {
    /// What ends an answer: a label is one line, other answers go on until the next example would begin.
    pub fn answer_end(&self, separator: &str) -> String {
        if self.labels.is_empty() && !separator.is_empty() { separator.to_owned() } else { "\n".to_owned() }
    }
}

/// A conversation in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationRow {
    pub id: i64,
    pub name: String,
    pub turns: u64,
    /// Seconds since 1970.
    pub changed_at: i64,
}

/// A prompt of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPrompt {
    pub id: i64,
    pub name: String,
    /// With `{names}` to be filled in.
    pub text: String,
    /// For a chat: what the model is told first.
    pub system: String,
}

/// What the librarian does with conversations and prompts.
#[derive(Clone, Debug, PartialEq)]
pub enum KeepCommand {
    /// Conversations in which this was said, and all kept prompts. Answered by `TalkEvent::Listed`.
    List {
        search: String,
    },
    /// Answered by `TalkEvent::Loaded`.
    Load {
        conversation: i64,
    },
    /// A new conversation, or its newest state. Answered by `TalkEvent::Saved` with the same `key`, when it is on the disk.
    Save {
        key: u64,
        id: Option<i64>,
        conversation: Box<Conversation>,
    },
    /// Answered by `TalkEvent::Listed`, as are the following.
    Rename {
        conversation: i64,
        name: String,
    },
    /// Hides a conversation, or brings it back.
    Delete {
        conversation: i64,
        deleted: bool,
    },
    /// A new prompt (id 0), or a changed one.
    KeepPrompt(KeptPrompt),
    DeletePrompt {
        prompt: i64,
        deleted: bool,
    },
    /// Turns as a row to fine-tune on, in a chat dataset or a new one of this name. Answered by `TalkEvent::RowKept` and
    /// `Event::Library`.
    KeepRow {
        dataset: Option<DatasetId>,
        name: String,
        turns: Vec<Message>,
    },
    /// A question with a vote, in a feedback dataset or a new one of this name. Answered by `TalkEvent::VoteKept` and
    /// `Event::Library`.
    KeepVote {
        dataset: Option<DatasetId>,
        name: String,
        question: Box<Question>,
        vote: Box<Vote>,
        annotator: String,
    },
}

/// What a model is asked in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkCommand {
    /// Answered by `Event::Token`s and `Event::Generated`; the request's own prompt is not read.
    Answer { job: JobId, weights: Weights, asked: Asked, request: GenerateRequest },
    /// Several answers, each from its own draws of the seed, and what a reward model says of each. Progress by `Event::Progress`;
    /// answered by `TalkEvent::Judged`.
    BestOf { job: JobId, weights: Weights, asked: Asked, request: GenerateRequest, n: usize, judge: CheckpointId },
    /// How many tokens each of these has. Answered by `TalkEvent::Counted`.
    Count { job: JobId, weights: Weights, asked: Vec<Asked> },
    /// Answered by `TalkEvent::Composed`; choosing the nearest shows progress.
    Compose { job: JobId, weights: Weights, wish: Box<ComposeWish> },
}

/// An answer with what a reward model said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedAnswer {
    pub text: String,
    pub reward: f64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkEvent {
    Listed {
        search: String,
        conversations: Vec<ConversationRow>,
        prompts: Vec<KeptPrompt>,
    },
    Loaded {
        row: ConversationRow,
        conversation: Box<Conversation>,
    },
    Saved {
        key: u64,
        id: i64,
    },
    RowKept {
        dataset: DatasetId,
        row: i64,
    },
    VoteKept {
        dataset: DatasetId,
        annotator: String,
    },
    /// Best first; as many as were asked for.
    Judged {
        job: JobId,
        step: u64,
        answers: Vec<JudgedAnswer>,
    },
    /// For each text its tokens, or why it cannot be read; the context; and the first one exactly as the model reads it.
    Counted {
        job: JobId,
        tokens: Vec<Result<usize, String>>,
        context: usize,
        text: String,
    },
    Composed {
        job: JobId,
        composed: Box<ComposedPrompt>,
    },
}
