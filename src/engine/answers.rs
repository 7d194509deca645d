//! What a model was shown, what it answered, how far a job is and what it would take: plain data. Part of `event`, kept apart for its length.

use super::command::JobId;

/// A piece of text that is one token.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub id: u32,
    pub text: String,
    /// Start in the text, in bytes.
    pub start: usize,
}

/// What the model saw in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchView {
    pub step: u64,
    pub sequences: Vec<Vec<BatchToken>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BatchToken {
    pub id: u32,
    pub text: String,
    /// Of predicting this token, in nats, before the step; none where nothing was predicted.
    pub loss: Option<f32>,
    /// What the model was shown in its place (masked language modelling).
    pub shown_as: Option<String>,
    /// A document ends here.
    pub border: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GenerateResult {
    pub completion: String,
    pub prompt_tokens: usize,
    pub tokens: usize,
    pub tokens_per_s: f64,
    pub first_token_s: f64,
    /// Step of the weights that answered.
    pub step: u64,
    pub why_ended: EndReason,
    /// Prompt and completion as they were drawn, an end token included.
    pub ids: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The model ended the text.
    EndOfText,
    StopText,
    MaxTokens,
    /// The context is full.
    ContextFull,
    Cancelled,
}

/// One mask and the likeliest tokens for it.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskGuess {
    /// Which mask of the text, from 0.
    pub index: usize,
    /// Token text and probability.
    pub best: Vec<(String, f32)>,
}

/// What three real steps say about the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct PreflightResult {
    pub n_params: u64,
    pub seconds_per_step: f64,
    pub tokens_per_s: f64,
    pub total_s: f64,
    pub peak_memory_bytes: u64,
    /// All checkpoints that the rule keeps.
    pub disk_bytes: u64,
    pub free_disk_bytes: u64,
    /// How often each training token is seen.
    pub epochs: f64,
    /// What looks unwise, and why.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub job: JobId,
    /// Say, "Tokenising".
    pub what: String,
    pub done: u64,
    /// 0: not known.
    pub total: u64,
    /// Say, "bytes".
    pub unit: &'static str,
    pub elapsed_s: f64,
}
