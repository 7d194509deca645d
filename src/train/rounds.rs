//! Rounds of a policy's answers: prompts, judged samples, and what must outlive the program in the middle of one. Knows no loss.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::loss::Extra;
use crate::formats::resume;
use crate::infer::Rollout;
use crate::model::Sequence;

/// Name of the file in a checkpoint's folder.
const FILE: &str = "round.json";

/// A prompt that is answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Which question, or row, of the dataset.
    pub question: i64,
    pub ids: Vec<u32>,
    pub text: String,
    /// The right answer, where one is known.
    pub right: Option<String>,
}

/// Both sides, and the tokens that end an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompts {
    pub train: Vec<Prompt>,
    pub val: Vec<Prompt>,
    pub stop: Vec<u32>,
}

/// An answer on its way to the judge.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub prompt: &'a Prompt,
    /// Tokens, the one that ends it included.
    pub answer: &'a [u32],
    pub ended: bool,
}

/// What an answer is worth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    pub total: f64,
    /// Each part with its weight in it already.
    pub parts: Vec<(String, f64)>,
}

/// From answers to what they are worth, in order; the error is a sentence.
pub type JudgeFn = Box<dyn FnMut(&[Answered<'_>]) -> Result<Vec<Judgement>, String>>;

/// One judged answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Place of its prompt.
    pub prompt: usize,
    /// Prompt and answer.
    pub ids: Vec<u32>,
    pub prompt_tokens: usize,
    /// Of each token of the answer, as it was drawn.
    pub logprob: Vec<f32>,
    pub ended: bool,
    pub reward: f64,
    pub parts: Vec<(String, f64)>,
    pub extra: Extra,
}

/// A round under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Rounds that were drawn.
    pub number: u64,
    pub samples: Vec<Sample>,
    /// Steps taken from it, and all that it is good for.
    pub learnt: usize,
    pub steps: usize,
    /// β that its rewards were made with, and that of the next round where β is steered.
    #[serde(default, with = "resume::exact")]
    pub beta: f64,
    #[serde(default, with = "resume::exact")]
    pub next_beta: f64,
}

impl Sample {
    /// `missing_end` is taken off where the answer came to no end.
    pub fn new(prompt: usize, rollout: Rollout, judgement: Judgement, missing_end: f64) -> Self {
        let mut parts = judgement.parts;
        let penalty = if rollout.ended { 0.0 } else { -missing_end };
        if missing_end > 0.0 {
            parts.push(("end".to_owned(), penalty));
        }
        Self {
            prompt,
            ids: rollout.ids,
            prompt_tokens: rollout.prompt_tokens,
            logprob: rollout.logprob,
            ended: rollout.ended,
            reward: judgement.total + penalty,
            parts,
            extra: Extra::default(),
        }
    }

    /// As it is learnt: every token of the answer is predicted.
    pub fn sequence(&self) -> Sequence {
        let mask: Vec<bool> = (0..self.ids.len()).map(|place| place >= self.prompt_tokens).collect();
        Sequence::masked(&self.ids, &mask)
    }

    pub fn n_tokens(&self) -> usize {
        self.ids.len().saturating_sub(self.prompt_tokens)
    }

    /// Drift from the reference over the whole answer: the sum of the log-ratios of its tokens, in nats.
    pub fn kl(&self) -> f64 {
        self.logprob.iter().zip(&self.extra.reference).map(|(own, reference)| f64::from(own - reference)).sum()
    }
}

impl Round {
    /// Nothing more is learnt from it.
    pub fn is_spent(&self) -> bool {
        self.learnt >= self.steps
    }

    /// Writes it beside a checkpoint.
    pub fn save(&self, dir: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string(self).map_err(|error| TrainError::Round { why: error.to_string() })?;
        Ok(resume::write_beside(dir, FILE, &text)?)
    }

    /// Reads what `save` wrote.
    pub fn load(dir: &Path) -> Result<Self, TrainError> {
        let text = resume::read_beside(dir, FILE)?;
        let wrong = |error| {
            format!(
                "the round of answers of this checkpoint cannot be read ({error}); start a new run from it: {}",
                dir.display()
            )
        };
        serde_json::from_str(&text).map_err(|error: serde_json::Error| TrainError::Round { why: wrong(error) })
    }
}
