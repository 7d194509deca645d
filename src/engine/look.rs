//! What is asked and answered about the inside of a model: plain data, part of `command` and `event`.

use super::command::{GenerateRequest, JobId, ModelSource};

/// Looks into a model, by the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum LookCommand {
    /// Answered by `LookEvent::Seen`.
    See { job: JobId, source: ModelSource, text: LookText, wanted: Wanted },
    /// Goes on after these very tokens, of which those behind the prompt's count as the beginning of the completion. Answered as
    /// `TrainCommand::Generate`; the request's prompt is only told.
    GoOn { job: JobId, source: ModelSource, request: GenerateRequest, ids: Vec<u32>, prompt_tokens: usize },
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum LookEvent {
    Seen {
        job: JobId,
        /// Of the weights that were looked into.
        step: u64,
        seen: Seen,
    },
}

/// The text to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookText {
    /// As it is typed. The answer's tokens follow the prompt's, as when the model is asked; it may be empty.
    Typed { prompt: String, answer: String },
    /// As it was drawn.
    Ids { ids: Vec<u32>, prompt_tokens: usize },
}

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its tokens alone.
    Ids,
    /// How likely each token was, and the so many best in its place.
    Tokens { top: usize },
    /// Attention of all layers and heads, in a stretch of the text that holds token `place`.
    Attention { place: usize },
    /// What each layer would say next, in a stretch that holds token `place`: the so many best.
    Lens { place: usize, top: usize },
    /// Tokens whose embeddings point where this one's does.
    Neighbours { id: u32, top: usize },
    /// What may follow the text: every logit.
    Next,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Ids(Vec<u32>),
    Tokens(TokensView),
    Attention(AttentionView),
    Lens(LensView),
    Neighbours(NeighboursView),
    Next(NextView),
}

/// A token that could have come.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub id: u32,
    pub text: String,
    pub p: f32,
}

/// A distribution over the vocabulary, in short.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// In nats.
    pub entropy: f32,
    /// Likeliest first.
    pub best: Vec<Guess>,
}

/// How well a token was expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Rated {
    /// ln p, in nats, of the model's own distribution: temperature 1, no filter.
    pub logprob: f32,
    /// 1: it was the likeliest.
    pub rank: usize,
    pub expected: Expected,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TokenView {
    pub id: u32,
    pub text: String,
    /// None for the first token, which nothing predicts, and for those before the stretch that was rated.
    pub rated: Option<Rated>,
}

/// A text, token by token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokensView {
    pub tokens: Vec<TokenView>,
    pub prompt_tokens: usize,
    /// Tokens at the beginning that were not rated for their number.
    pub cut: usize,
    /// What would come after the text; none where the context is full.
    pub next: Option<Expected>,
    /// Of what stands behind the prompt, if anything.
    pub answer: Option<AnswerScore>,
    pub vocab_size: usize,
}

/// How likely an answer is, taken as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerScore {
    pub tokens: usize,
    /// Sum over its tokens, in nats.
    pub logprob: f64,
}

impl AnswerScore {
    /// Nats a token.
    pub fn per_token(self) -> f64 {
        self.logprob / self.tokens.max(1) as f64
    }

    /// exp of the mean surprise: among how many equally likely tokens it would be as hard to guess.
    pub fn perplexity(self) -> f64 {
        (-self.per_token()).exp()
    }
}

/// Attention in a stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionView {
    pub layers: usize,
    pub heads: usize,
    /// Where the stretch begins in the text.
    pub first: usize,
    /// Tokens of the whole text.
    pub total: usize,
    pub tokens: Vec<String>,
    /// A token looks only at itself and what came before it.
    pub causal: bool,
    /// (layers, heads, n, n): how much a token (row) takes from another (column).
    pub probs: Vec<f32>,
}

impl AttentionView {
    /// The (n, n) probabilities of a head.
    pub fn head(&self, layer: usize, head: usize) -> &[f32] {
        let size = self.tokens.len() * self.tokens.len();
        self.probs.get((layer * self.heads + head) * size..).and_then(|rest| rest.get(..size)).unwrap_or_default()
    }

    /// Mean of these heads (layer, head), (n, n).
    pub fn mean(&self, which: &[(usize, usize)]) -> Vec<f32> {
        let mut sum = vec![0.0; self.tokens.len() * self.tokens.len()];
        for (layer, head) in which {
            for (sum, p) in sum.iter_mut().zip(self.head(*layer, *head)) {
                *sum += p / which.len() as f32;
            }
        }
        sum
    }
}

/// The logit lens (nostalgebraist 2020) over a stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct LensView {
    pub first: usize,
    pub total: usize,
    pub tokens: Vec<String>,
    /// Blocks of the model. There is a row more: the embeddings before the first.
    pub layers: usize,
    /// (layers + 1, n), the embeddings first.
    pub cells: Vec<LensCell>,
}

impl LensView {
    pub fn cell(&self, depth: usize, place: usize) -> Option<&LensCell> {
        self.cells.get(depth * self.tokens.len() + place).filter(|_| place < self.tokens.len())
    }
}

/// What one layer would say after one token.
#[derive(Clone, Debug, PartialEq)]
pub struct LensCell {
    pub best: Vec<Guess>,
    /// Probability and rank of the token that came; none after the last.
    pub came: Option<(f32, usize)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NeighboursView {
    pub id: u32,
    pub text: String,
    pub best: Vec<Neighbour>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    pub id: u32,
    pub text: String,
    /// Of the angle between the two embeddings.
    pub cosine: f32,
}

/// What may follow a text, before anything is filtered.
#[derive(Clone, Debug, PartialEq)]
pub struct NextView {
    /// The text's tokens: a repetition penalty looks at them.
    pub ids: Vec<u32>,
    /// Of every token.
    pub logits: Vec<f32>,
    /// The likeliest, with their texts, likeliest first.
    pub best: Vec<(u32, String)>,
}
