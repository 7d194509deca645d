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
