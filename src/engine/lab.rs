//! What is asked and answered about learning from the prompt: plain data, part of `command` and `event`.

use serde::{Deserialize, Serialize};

use super::command::{CheckpointId, DatasetId, JobId};
use crate::data::supervised::Split;
use crate::evaluate::icl::Band;

/// Measurements of in-context learning, by the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum LabCommand {
    /// Accuracy and loss against the number of examples. Answered by `LabEvent::Curves`.
    Curves { job: JobId, request: Box<CurveRequest> },
    /// The same examples in the prompt, or learnt by a copy of the weights. Answered by `LabEvent::Weights`.
    Weights { job: JobId, request: Box<WeightsRequest> },
    /// A copy of the weights learns to answer without instruction and examples as it does with them. Answered by `LabEvent::Distilled`.
    Distil { job: JobId, request: Box<DistilRequest> },
}

impl LabCommand {
    pub fn job(&self) -> JobId {
        match self {
            Self::Curves { job, .. } | Self::Weights { job, .. } | Self::Distil { job, .. } => *job,
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub enum LabEvent {
    Curves { job: JobId, curves: Box<Curves> },
    Weights { job: JobId, weights: Box<Weights> },
    Distilled { job: JobId, distilled: Box<Distilled> },
}

/// Which tasks are asked, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabMaterial {
    pub dataset: DatasetId,
    /// The side whose rows are asked; tasks that are held out whole stand on one.
    pub split: Split,
    /// Only these, by name; empty: all.
    pub tasks: Vec<String>,
    /// How often everything is drawn anew: queries, examples and their order.
    pub draws: usize,
    /// Queries of a draw, shared out over the tasks.
    pub queries: usize,
    pub seed: u64,
}

impl Default for LabMaterial {
    fn default() -> Self {
        Self { dataset: 0, split: Split::Test, tasks: Vec::new(), draws: 5, queries: 48, seed: 1 }
    }
}

/// A k-shot curve for each checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CurveRequest {
    pub checkpoints: Vec<CheckpointId>,
    pub material: LabMaterial,
    /// Numbers of examples, ascending.
    pub shots: Vec<usize>,
    /// Also with shuffled labels, and without the instruction.
    pub controls: bool,
    /// Also let each model write its answer, and compare the texts.
    pub generate: bool,
}

/// The same k examples, in the prompt or in the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightsRequest {
    pub checkpoint: CheckpointId,
    pub material: LabMaterial,
    pub shots: Vec<usize>,
    /// Optimiser steps over all examples at once, and their rate.
    pub steps: usize,
    pub lr: f64,
}

impl Default for WeightsRequest {
    fn default() -> Self {
        let material = LabMaterial { draws: 3, queries: 32, ..LabMaterial::default() };
        Self { checkpoint: 0, material, shots: vec![1, 2, 4, 8], steps: 20, lr: 1e-3 }
    }
}

/// One task's instruction and examples, taken into the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DistilRequest {
    pub checkpoint: CheckpointId,
    /// The first of its tasks is the one that is distilled.
    pub material: LabMaterial,
    /// Examples before every query of the teacher.
    pub shots: usize,
    pub steps: usize,
    pub lr: f64,
    /// Keeps the result in the project under this name.
    pub save: Option<String>,
}

impl Default for DistilRequest {
    fn default() -> Self {
        Self { checkpoint: 0, material: LabMaterial::default(), shots: 8, steps: 60, lr: 1e-3, save: None }
    }
}

/// What is done to the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Instruction and examples as they are.
    Plain,
    /// The examples' answers say nothing (Min et al. 2022): what is left is what their form teaches.
    Shuffled,
    /// Without the instruction.
    Bare,
}

impl Condition {
    pub const ALL: [Self; 3] = [Self::Plain, Self::Shuffled, Self::Bare];

    /// As a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "examples",
            Self::Shuffled => "shuffled labels",
            Self::Bare => "no instruction",
        }
    }
}

/// All that a measurement found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    pub request: CurveRequest,
    /// What guessing among a task's answers scores, on average.
    pub chance: f64,
    /// Names of the tasks that were asked.
    pub tasks: Vec<String>,
    pub curves: Vec<Curve>,
    /// Prompts that lost examples, because they did not fit a context.
    pub shortened: usize,
    pub seconds: f64,
}

/// One checkpoint in one condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub checkpoint: CheckpointId,
    /// In words.
    pub model: String,
    pub condition: Condition,
    pub points: Vec<CurvePoint>,
}

/// One number of examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub k: usize,
    /// Share of queries whose right label is the likeliest of the task's labels; none where no task is a choice.
    pub accuracy: Option<Band>,
    /// The same after contextual calibration (Zhao et al. 2021).
    pub calibrated: Option<Band>,
    /// Share of written answers that are right to the letter.
    pub exact: Option<Band>,
    /// −ln p of the right answer, in nats an answer.
    pub loss: Band,
    /// Some of the prompts.
    pub shown: Vec<Shown>,
}

/// A prompt exactly as the model read it, and what it said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub task: String,
    pub prompt: String,
    pub truth: String,
    /// Labels with their probabilities among themselves, before and after calibration.
    pub labels: Vec<(String, f64, f64)>,
    /// What was written, if the model was asked to.
    pub written: Option<String>,
    /// ln p of the right answer.
    pub logprob: f64,
}

/// The same examples in the prompt or in the weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    pub request: WeightsRequest,
    pub model: String,
    pub chance: f64,
    pub points: Vec<WeightsPoint>,
    pub seconds: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WeightsPoint {
    pub k: usize,
    /// Accuracy with the examples in the prompt, and after learning them, asked without.
    pub prompt: Band,
    pub weights: Band,
    /// Loss of the right answer, likewise.
    pub prompt_loss: Band,
    pub weights_loss: Band,
}

/// Before and after context distillation, on rows that nothing was distilled on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distilled {
    pub request: DistilRequest,
    pub model: String,
    pub task: String,
    pub chance: f64,
    /// With the context: what is aimed at.
    pub teacher: Answers,
    /// Without it, before and after.
    pub before: Answers,
    pub after: Answers,
    /// Loss of each step: KL divergence from the teacher, in nats a token.
    pub losses: Vec<f32>,
    /// The kept result.
    pub checkpoint: Option<CheckpointId>,
    pub seconds: f64,
}

/// How well some queries were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    pub accuracy: f64,
    pub loss: f64,
    /// Divergence from the teacher's distribution over the labels, in nats.
    pub kl: f64,
}
