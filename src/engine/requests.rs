//! How files are read, text is cut and continued, and knobs are turned, as it is asked for: plain data. Part of `command`, kept apart for its length.

use serde::{Deserialize, Serialize};

/// Row id of a run in the project database.
pub type RunId = i64;
/// Row id of a checkpoint.
pub type CheckpointId = i64;
/// Row id of a dataset: imported rows or documents.
pub type DatasetId = i64;
/// Row id of a tokenizer.
pub type TokenizerId = i64;
/// Row id of a corpus: a dataset tokenised by a tokenizer, split.
pub type CorpusId = i64;
/// Chosen by whoever asks; answers and progress carry it back.
pub type JobId = u64;

/// The five ways of cutting text that can be learnt here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenizerKind {
    /// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019).
    ByteBpe,
    /// As BERT (Schuster and Nakajima 2012).
    WordPiece,
    /// As SentencePiece's default (Kudo 2018).
    Unigram,
    /// One token a byte.
    Bytes,
    /// One token a character of the text.
    Chars,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizerSpec {
    pub kind: TokenizerKind,
    /// Entries, special ones included. Bytes and characters derive theirs.
    pub vocab_size: usize,
}

/// What the rows of a file are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    /// Documents to pre-train on.
    Text,
    Instruction,
    PromptCompletion,
    Messages,
    Conversations,
    Preference,
    Unpaired,
    Ranking,
    Prompts,
    Classes,
    Entities,
    ExtractiveQa,
    Translation,
    Recommendation,
}

impl Schema {
    /// Labelled rows that fine-tuning learns from.
    pub fn is_supervised(self) -> bool {
        match self {
            Self::Instruction
            | Self::PromptCompletion
            | Self::Messages
            | Self::Conversations
            | Self::Classes
            | Self::Entities
            | Self::ExtractiveQa
            | Self::Translation
            | Self::Recommendation => true,
            Self::Text | Self::Preference | Self::Unpaired | Self::Ranking | Self::Prompts => false,
        }
    }

    /// Questions and what people said of the answers.
    pub fn is_feedback(self) -> bool {
        matches!(self, Self::Preference | Self::Unpaired | Self::Ranking | Self::Prompts)
    }
}

/// How a file is read: found by the program, changed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub schema: Schema,
    /// Column of the file for each part that the schema names, say ("text", "body").
    pub columns: Vec<(String, String)>,
    /// Plain text only: where one document ends.
    pub documents: DocumentRule,
    /// Entities only: the names of tags that the file writes as numbers, in the order of the numbers.
    #[serde(default)]
    pub tag_names: Vec<String>,
}

impl Mapping {
    /// These columns; what a file may leave open is as it is for most.
    pub fn new(schema: Schema, columns: Vec<(String, String)>) -> Self {
        Self { schema, columns, documents: DocumentRule::BlankLine, tag_names: Vec::new() }
    }
}

/// Where a plain text is cut into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentRule {
    /// At empty lines.
    BlankLine,
    /// Each line is one.
    Line,
    /// The whole file is one.
    File,
}

/// A value that may change while a run goes on; it acts at the next step and leaves a marker on the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knob {
    /// The highest rate: the schedule goes on, scaled.
    Lr(f64),
    GradAccum(usize),
    WeightDecay(f64),
    Dropout(f64),
    EvalEvery(u64),
    SampleEvery(u64),
    CheckpointEveryS(u64),
}

/// Which weights answer a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// The run at hand, as it is between two steps.
    Live,
    Checkpoint(CheckpointId),
}

/// How the next token is drawn. Filters apply in the order of the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Above 1 makes tokens seen before less likely (Keskar et al. 2019).
    pub repetition_penalty: f32,
    /// 0: always the likeliest.
    pub temperature: f32,
    /// Only the k likeliest; 0: all.
    pub top_k: usize,
    /// The fewest tokens that hold this probability together; 1: all.
    pub top_p: f32,
    /// Only tokens at least this share as likely as the likeliest; 0: all.
    pub min_p: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { repetition_penalty: 1.0, temperature: 0.8, top_k: 0, top_p: 0.95, min_p: 0.0, seed: 0 }
    }
}

/// A text to go on from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    pub prompt: String,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// Texts that end the completion; they are not part of it.
    pub stop: Vec<String>,
}
