//! What a model was shown and what it answered: plain data. Part of `event`, kept apart for its length.

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
