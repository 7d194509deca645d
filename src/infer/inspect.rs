//! Looks into a model over a text: how likely each token was, where it looked, what each layer would have said. Knows no trainer, no
//! thread and no file.

mod attention;
mod lens;
mod neighbours;
mod scores;

pub use attention::attention;
pub use lens::lens;
pub use neighbours::neighbours;
pub use scores::{next, tokens, unrated};

use std::ops::Range;

use super::fill_mask::with_masks;
use super::generate::prompt_ids;
use crate::engine::look::{Guess, LookText, Seen, Wanted};
use crate::model::{Head, Model, ModelConfig, Workspace};
use crate::tokenizer::Tokenizer;

/// Logits made at a time (16 MB).
const CHUNK_LOGITS: usize = 1 << 22;

/// Why there is nothing to see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    #[error("an encoder reads both sides of a token and predicts no next one; look at its attention or its embeddings")]
    Encoder,
    #[error("this model {} and predicts no token; its attention and its embeddings can be looked at", head.does())]
    Head { head: Head },
    #[error("the text is empty and this model has no token that begins a text; write something")]
    Empty,
    #[error("the text has {tokens} tokens and the model's context holds {context}; shorten it by {}", tokens - context)]
    TooLong { tokens: usize, context: usize },
    #[error("the token {id} is not one of the model's {vocab_size}; use the model's own tokenizer")]
    Vocabulary { id: u32, vocab_size: usize },
}

/// Looks for what is wanted.
pub fn look(
    model: &Model,
    tokenizer: &Tokenizer,
    text: &LookText,
    wanted: Wanted,
    ws: &mut Workspace,
) -> Result<Seen, LookError> {
    let name = |id: u32| tokenizer.token_text(id);
    if let Wanted::Neighbours { id, top } = wanted {
        return Ok(Seen::Neighbours(neighbours(model, id, top, &name)?));
    }
    let (ids, prompt_tokens) = ids(&model.config, tokenizer, text);
    check(&model.config, &ids)?;
    Ok(match wanted {
        Wanted::Ids => Seen::Ids(ids),
        // What predicts no token has tokens all the same, to look from.
        Wanted::Tokens { .. } if check_decoder(&model.config).is_err() => Seen::Tokens(unrated(model, &ids, &name)),
        Wanted::Tokens { top } => Seen::Tokens(tokens(model, &ids, prompt_tokens, top, &name, ws)?),
        Wanted::Attention { place } => Seen::Attention(attention(model, &ids, place, &name, ws)),
        Wanted::Lens { place, top } => Seen::Lens(lens(model, &ids, place, top, &name, ws)?),
        Wanted::Next => Seen::Next(next(model, &ids, &name, ws)?),
        Wanted::Neighbours { id, top } => Seen::Neighbours(neighbours(model, id, top, &name)?),
    })
}

/// Tokens of a text, and how many of them are the prompt's.
pub fn ids(config: &ModelConfig, tokenizer: &Tokenizer, text: &LookText) -> (Vec<u32>, usize) {
    match text {
        LookText::Ids { ids, prompt_tokens } => (ids.clone(), *prompt_tokens),
        // A decoder alone is asked with the border that begins every document.
        LookText::Typed { prompt, answer } if !config.arch.is_causal() => {
            let text = format!("{prompt}{answer}");
            let ids = match tokenizer.special().mask {
                Some(mask) => tokenizer.encode_with_template(&with_masks(&text, &tokenizer.token_text(mask))),
                None => tokenizer.encode_with_template(&text),
            };
            let n = ids.len();
            (ids, n)
        }
        LookText::Typed { prompt, answer } => {
            let mut ids = prompt_ids(config, tokenizer, prompt);
            let prompt_tokens = ids.len();
            if answer.is_empty() {
                return (ids, prompt_tokens);
            }
            if !tokenizer.adds_space() {
                ids.extend(tokenizer.encode(answer));
                return (ids, prompt_tokens);
            }
            // Two halves would have a space between them that nobody typed: the answer begins where the tokens of the whole differ.
            let whole = prompt_ids(config, tokenizer, &format!("{prompt}{answer}"));
            let shared = ids.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            (whole, shared)
        }
    }
}

fn check(config: &ModelConfig, ids: &[u32]) -> Result<(), LookError> {
    let vocab_size = config.vocab_size;
    if ids.is_empty() {
        return Err(LookError::Empty);
    }
    if ids.len() > config.max_len {
        return Err(LookError::TooLong { tokens: ids.len(), context: config.max_len });
    }
    match ids.iter().copied().find(|id| *id as usize >= vocab_size) {
        Some(id) => Err(LookError::Vocabulary { id, vocab_size }),
        None => Ok(()),
    }
}

/// What predicts a next token.
fn check_decoder(config: &ModelConfig) -> Result<(), LookError> {
    if config.head != Head::Lm {
        return Err(LookError::Head { head: config.head });
    }
    if config.arch.is_causal() { Ok(()) } else { Err(LookError::Encoder) }
}

/// A stretch of at most `most` of `n` tokens, with `place` in its last quarter where there is room.
fn stretch(n: usize, most: usize, place: usize) -> Range<usize> {
    let most = most.max(1);
    let first = (place.min(n.saturating_sub(1)) + 1 + most / 4).min(n).saturating_sub(most);
    first..(first + most).min(n)
}

/// A row of logits as a distribution.
struct Distribution<'a> {
    logits: &'a [f32],
    /// ln Σ exp.
    lse: f64,
}

impl<'a> Distribution<'a> {
    fn new(logits: &'a [f32]) -> Self {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f64 = logits.iter().map(|l| f64::from(l - highest).exp()).sum();
        Self { logits, lse: f64::from(highest) + total.ln() }
    }

    fn logprob(&self, id: u32) -> f64 {
        self.logits.get(id as usize).map_or(f64::NEG_INFINITY, |l| f64::from(*l) - self.lse)
    }

    /// H = ln Σ exp − Σ p l, in nats.
    fn entropy(&self) -> f64 {
        let mean: f64 = self
            .logits
            .iter()
            .map(|l| (f64::from(*l), (f64::from(*l) - self.lse).exp()))
            .filter(|(_, p)| *p > 0.0)
            .map(|(l, p)| l * p)
            .sum();
        (self.lse - mean).max(0.0)
    }

    /// 1: nothing is likelier. Of equally likely ones the first counts as likelier, as when the likeliest is drawn.
    fn rank(&self, id: u32) -> usize {
        let Some(own) = self.logits.get(id as usize) else { return self.logits.len() + 1 };
        let before = |(i, l): (usize, &f32)| l > own || l.total_cmp(own).is_eq() && i < id as usize;
        1 + self.logits.iter().enumerate().filter(|it| before(*it)).count()
    }

    /// The `k` likeliest, likeliest first.
    fn best(&self, k: usize) -> Vec<u32> {
        best(self.logits, k)
    }

    fn guesses(&self, k: usize, name: &dyn Fn(u32) -> String) -> Vec<Guess> {
        self.best(k).into_iter().map(|id| Guess { id, text: name(id), p: self.logprob(id).exp() as f32 }).collect()
    }
}

/// Places of the `k` largest, largest first; of equal ones the first.
fn best(values: &[f32], k: usize) -> Vec<u32> {
    let larger = |a: &u32, b: &u32| values[*b as usize].total_cmp(&values[*a as usize]).then(a.cmp(b));
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    let k = k.min(order.len());
    if k == 0 {
        return Vec::new();
    }
    if k < order.len() {
        order.select_nth_unstable_by(k - 1, larger);
        order.truncate(k);
    }
    order.sort_unstable_by(larger);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_holds_its_place() {
        for n in [1, 7, 40, 100] {
            for most in [1, 4, 16, 200] {
                for place in 0..n {
                    let got = stretch(n, most, place);
                    assert!(got.contains(&place) && got.end <= n && got.len() == most.min(n), "{n} {most} {place}: {got:?}");
                }
            }
        }
    }
}
