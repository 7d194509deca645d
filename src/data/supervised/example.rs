//! What one supervised row says, typed: a pair, a chat, labels, spans, an answer, a translation, a rating. Knows no file and no token.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One row, understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Line of the file at which it began, from 1.
    pub line: u64,
    pub content: Content,
    /// All columns of the row in the order of the file. Those that `content` holds are null here: it is what counts on export.
    pub(super) cells: Vec<(String, Value)>,
    /// Column for each part of the schema, as in the mapping.
    pub(super) columns: Vec<(String, String)>,
}

impl Example {
    /// What no file holds: a prompt with an answer that somebody judged, say.
    pub fn of(content: Content) -> Self {
        Self { line: 0, content, cells: Vec::new(), columns: Vec::new() }
    }

    /// Columns that are none of the example's business, kept for export.
    pub fn others(&self) -> impl Iterator<Item = (&str, &Value)> {
        let mapped = |name: &str| self.columns.iter().any(|(_, column)| column == name);
        self.cells.iter().filter(move |(name, _)| !mapped(name)).map(|(name, value)| (name.as_str(), value))
    }

    /// Column of the file that holds this part.
    pub fn column(&self, part: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name == part).map(|(_, column)| column.as_str())
    }
}

/// The tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Instruction(Instruction),
    Pair(Pair),
    Chat(Chat),
    Classes(Classified),
    Entities(Tagged),
    ExtractiveQa(Question),
    Translation(Translation),
    Recommendation(Recommendation),
}

/// Alpaca's form (Taori et al. 2023), with LLaMA-Factory's system and history.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Instruction {
    pub instruction: String,
    pub input: Option<String>,
    pub output: String,
    pub system: Option<String>,
    /// Earlier questions with their answers, oldest first.
    pub history: Vec<(String, String)>,
}

/// A prompt and what is to follow it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub prompt: Side,
    pub completion: Side,
}

/// One half of a pair: a text, or turns of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Text(String),
    Messages(Vec<Message>),
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

impl Role {
    /// As `OpenAI`'s messages and chat templates write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// By the names that chats in the wild use.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "system" | "developer" => Self::System,
            "user" | "human" | "prompter" => Self::User,
            "assistant" | "gpt" | "chatgpt" | "bot" | "model" | "bing" | "bard" | "function_call" => Self::Assistant,
            "tool" | "function" | "ipython" | "observation" => Self::Tool,
            _ => return None,
        })
    }
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
    /// The role as the file spells it, say "human".
    pub spelling: String,
    /// Other keys of the turn, say "`tool_calls`"; templates see them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), spelling: role.name().to_owned(), extra: Map::new() }
    }
}

/// A conversation, as `OpenAI`'s messages or `ShareGPT`'s conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    pub messages: Vec<Message>,
    /// A system prompt in a column of its own.
    pub system: Option<String>,
    /// Turns are `{"from", "value"}` and not `{"role", "content"}`.
    pub sharegpt: bool,
}

/// The name of a class, a user or a thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    Text(String),
    Number(i64),
    Bool(bool),
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Bool(yes) => yes.fmt(f),
        }
    }
}

/// A text with its class or classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classified {
    pub text: String,
    /// Exactly one, unless `several`.
    pub labels: Vec<Label>,
    /// The file holds a list: any number of classes may be right.
    pub several: bool,
}

/// A part of a text with its label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Bytes of the text, between characters. (In files: characters.)
    pub bytes: Range<usize>,
    pub label: String,
    /// Other keys of the span in the file.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// How a file writes spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanForm {
    /// `{"start", "end", "label"}`; the key that the label goes by.
    Objects { label: String },
    /// `[start, end, label]`.
    Triples,
    /// A tag for each token: each token's bytes in the text.
    Tags {
        tokens: Vec<Range<usize>>,
        /// What the file's numbers stand for, by number; none where it writes the tags themselves.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        names: Vec<String>,
    },
}

/// A text with marked spans that do not overlap, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tagged {
    pub text: String,
    pub spans: Vec<Span>,
    pub form: SpanForm,
}

/// A right answer of a question, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    /// Byte of the context at which it begins.
    pub start: usize,
}

/// How a file writes answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// `{"text": [..], "answer_start": [..]}`, as the Hugging Face copy of `SQuAD`.
    Lists,
    /// `{"text": "..", "answer_start": 0}`.
    Single,
    /// `[{"text", "answer_start"}]`, as `SQuAD` itself.
    Objects,
    /// The whole of `SQuAD`: articles, paragraphs, questions (Rajpurkar et al. 2016).
    Nested,
}

/// A question whose answer is a part of the context. Without any answer it cannot be answered from it (`SQuAD` 2.0).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub context: String,
    pub question: String,
    pub answers: Vec<Answer>,
    pub form: AnswerForm,
    /// Nested form: title of the article, and other keys of the question, say its id.
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// A text in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    pub source: String,
    pub target: String,
    /// Codes such as "en", where the file gives them.
    pub source_language: Option<String>,
    pub target_language: Option<String>,
}

/// What somebody thought of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    pub user: Label,
    pub item: Label,
    pub rating: f64,
}
