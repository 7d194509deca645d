//! The configuration of one run, as it was typed. Checks nothing.

use serde::{Deserialize, Serialize};

use super::{ShotsOf, Tune};

/// What the model learns to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The next token, from those before it.
    Causal,
    /// Hidden tokens, from both sides (Devlin et al. 2019).
    Masked,
}

impl Objective {
    pub fn is_masked(self) -> bool {
        self == Self::Masked
    }
}

/// How the learning rate moves over a run, after its warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    Constant,
    Linear,
    Cosine,
    /// Warm-up, stable, decay: constant, then linear over the last fifth.
    Wsd,
}

/// The size of a model trained from scratch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dims {
    pub n_layers: usize,
    pub d_model: usize,
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub d_ff: usize,
    /// Context length, in tokens.
    pub context: usize,
    pub tie_embeddings: bool,
}

/// What a person typed, unchecked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    pub name: String,
    pub objective: Objective,
    /// Id of the tokenised corpus in the project; of no meaning when labelled rows are learnt from.
    pub corpus: i64,
    /// Labelled rows to learn from, instead of a corpus.
    pub tune: Option<Tune>,
    pub dims: Dims,
    pub steps: u64,
    /// Sequences in a micro-batch.
    pub batch_size: usize,
    /// Micro-batches summed into one update.
    pub grad_accum: usize,
    /// Highest learning rate.
    pub lr: f64,
    pub schedule: Schedule,
    /// Steps over which the rate rises from 0.
    pub warmup_steps: u64,
    /// Rate at the end, as a share of the highest.
    pub min_lr_ratio: f64,
    /// Decay of matrices, never of vectors.
    pub weight_decay: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    /// Longest norm of the gradient; longer ones are scaled down. 0: no limit.
    pub clip_norm: f64,
    pub dropout: f64,
    /// Share of tokens chosen for prediction in masked language modelling.
    pub mask_prob: f64,
    pub seed: u64,
    /// Threads to train with; 0: as many as there are cores.
    pub threads: usize,
    /// Steps between validations; 0: never.
    pub eval_every: u64,
    /// Sequences of a validation.
    pub eval_sequences: usize,
    /// Whose tasks are asked with more and more examples, at every validation.
    pub shots_of: ShotsOf,
    /// Steps between samples of the pinned prompts; 0: never.
    pub sample_every: u64,
    pub sample_tokens: usize,
    pub prompts: Vec<String>,
    /// Seconds between checkpoints; 0: none by time.
    pub checkpoint_every_s: u64,
    /// Steps between checkpoints; 0: none by step.
    pub checkpoint_every: u64,
    /// Newest checkpoints that are kept; the best and the pinned ones always are.
    pub keep_last: usize,
    /// Every n-th checkpoint is kept besides; 0: none.
    pub keep_every: u64,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            objective: Objective::Causal,
            corpus: 0,
            tune: None,
            dims: Dims { n_layers: 4, d_model: 128, n_heads: 4, n_kv_heads: 4, d_ff: 352, context: 128, tie_embeddings: true },
            steps: 1500,
            batch_size: 8,
            grad_accum: 1,
            lr: 4e-3,
            schedule: Schedule::Cosine,
            warmup_steps: 50,
            min_lr_ratio: 0.1,
            weight_decay: 0.1,
            beta1: 0.9,
            beta2: 0.95,
            eps: 1e-8,
            clip_norm: 1.0,
            dropout: 0.0,
            mask_prob: 0.15,
            seed: 1,
            threads: 0,
            eval_every: 100,
            eval_sequences: 64,
            shots_of: ShotsOf::Own,
            sample_every: 100,
            sample_tokens: 48,
            prompts: Vec::new(),
            checkpoint_every_s: 30,
            checkpoint_every: 0,
            keep_last: 3,
            keep_every: 0,
        }
    }
}

/// What is wrong with a configuration, by field, with how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// Name of the field in `RunConfig`.
    pub field: &'static str,
    pub message: String,
}
