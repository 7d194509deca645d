//! How files are read and text is cut, as it is asked for: plain data. Part of `command`, kept apart for its length.

use serde::{Deserialize, Serialize};

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

/// How a file is read: found by the program, changed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub schema: Schema,
    /// Column of the file for each part that the schema names, say ("text", "body").
    pub columns: Vec<(String, String)>,
    /// Plain text only: where one document ends.
    pub documents: DocumentRule,
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
