//! What a fine-tuning run has besides a pre-training one: which rows, in which words, and what is learnt from them. Checks nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Adapt, Align, InContext};
use crate::tokenizer::Builtin;

/// What is learnt from labelled rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TuneTask {
    /// To write the answer after the prompt; the loss counts the answer's tokens alone (Ouyang et al. 2022, step 1).
    Text,
    /// To choose a class, or several, by a head on one token's hidden state (Devlin et al. 2019, section 4.1).
    Classes,
    /// To give every token a tag: entities (Devlin et al. 2019, section 5.3).
    Tags,
    /// To point at where an answer begins and ends in its context (Devlin et al. 2019, section 4.2).
    Spans,
}

impl TuneTask {
    pub const ALL: [Self; 4] = [Self::Text, Self::Classes, Self::Tags, Self::Spans];

    /// As a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "write an answer",
            Self::Classes => "choose a class",
            Self::Tags => "mark entities",
            Self::Spans => "find an answer",
        }
    }
}

/// By what the best validation of a run is told from the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BestBy {
    /// The task's own metric on validation rows, the loss where it is the same.
    #[default]
    Metric,
    /// The validation loss.
    Loss,
}

/// The part of a `RunConfig` that only fine-tuning has, as it was typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tune {
    /// Id of the dataset in the project.
    pub dataset: i64,
    pub task: TuneTask,
    /// Which parameters train.
    pub adapt: Adapt,
    /// How turns become text; none: as the start checkpoint's own chat template says, or plainly where it has none.
    pub template: Option<Builtin>,
    /// Words of the prompt and of the answer, with the parts of a row in braces; none: plain ones that fit the rows.
    pub words: Option<(String, String)>,
    /// The loss counts the prompt, too.
    pub train_prompt: bool,
    /// Of a chat only the last answer is learnt.
    pub last_answer_only: bool,
    /// Tokens of a row at most; 0: as many as the model takes.
    pub max_len: usize,
    /// How often every row is seen; 0: as `RunConfig::steps` says.
    pub epochs: f64,
    /// Share of the rows for validation, where the dataset has no validation part of its own.
    pub val_fraction: f64,
    /// Rare classes count more: each weighs as much as any other.
    pub balance: bool,
    /// What a class counts besides, by its name; 1 where none is given.
    pub class_weights: BTreeMap<String, f64>,
    /// Validations without a better one after which the run ends; 0: it never ends early.
    pub patience: u32,
    /// What a better validation is. Votes have no metric of their own: there the loss decides.
    pub best_by: BestBy,
    /// Validation rows that the task's metrics are computed on.
    pub metric_rows: usize,
    /// Tokens of an answer at most, when one is written for the metrics.
    pub answer_tokens: usize,
    /// Votes are learnt from instead of labels, and how.
    pub align: Option<Align>,
    /// Rows are read as episodes: examples, then a query; none: each row for itself.
    pub in_context: Option<InContext>,
}

impl Tune {
    /// The part that decides which tokens a row becomes and which of them train.
    #[must_use]
    pub fn reading(&self) -> Self {
        let Self { dataset, task, template, words, train_prompt, last_answer_only, max_len, .. } = self.clone();
        Self { dataset, task, template, words, train_prompt, last_answer_only, max_len, ..Self::default() }
    }
}

impl Default for Tune {
    fn default() -> Self {
        Self {
            dataset: 0,
            task: TuneTask::Text,
            adapt: Adapt::Full,
            template: None,
            words: None,
            train_prompt: false,
            last_answer_only: false,
            max_len: 0,
            epochs: 3.0,
            val_fraction: 0.1,
            balance: false,
            class_weights: BTreeMap::new(),
            patience: 0,
            best_by: BestBy::default(),
            metric_rows: 64,
            answer_tokens: 48,
            align: None,
            in_context: None,
        }
    }
}
