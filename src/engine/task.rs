//! How well a model does its task, with the rows it was measured on: plain data. Part of `event`, kept apart for its length.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Metric, Report};

/// One measurement of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskEval {
    /// Step of the weights.
    pub step: u64,
    /// Seconds that it took.
    pub seconds: f64,
    pub report: Report,
    /// What always giving the most frequent answer scores on the same rows, in the metric that leads.
    pub baseline: Option<Metric>,
    /// In the order of the report's rows.
    pub rows: Vec<TaskOutput>,
    /// The best of its run so far, by the metric that leads.
    #[serde(default)]
    pub best: bool,
}

/// A row, what was right and what the model gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskOutput {
    /// Which row of the dataset.
    pub row: i64,
    pub input: String,
    pub wanted: String,
    pub given: String,
    /// The higher, the better.
    pub score: f32,
}

/// Rows as a fine-tuning run would read them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingView {
    /// Tokens of a row at most.
    pub max_len: usize,
    pub trained_rows: u64,
    pub tokens: u64,
    pub trained_tokens: u64,
    /// Rows that lose tokens.
    pub cut_rows: u64,
    /// Why rows are left out, how many, and the first of them.
    pub left_out: Vec<(String, u64, String)>,
    /// Labels that stand apart, each in a sentence without its end.
    pub odd: Vec<String>,
    /// Some of the rows, those that lose something first.
    pub rows: Vec<TrainingRow>,
}

/// One token of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingPiece {
    pub text: String,
    /// The loss counts what is said of this token.
    pub trained: bool,
    /// What a head is to say of it: a class, a tag, where an answer begins; empty where text is written.
    pub says: String,
}

/// One row, token by token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingRow {
    pub row: i64,
    pub line: u64,
    pub pieces: Vec<TrainingPiece>,
    pub warning: Option<String>,
}
