//! The likeliest tokens at each mask of a text, by an encoder. Knows no trainer.

use crate::engine::event::MaskGuess;
use crate::model::{Head, Model, Workspace, mask_logits};
use crate::tokenizer::Tokenizer;

/// Why masks cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillMaskError {
    #[error("a decoder continues text and fills no masks; give it a prompt instead")]
    Decoder,
    #[error("this model {} and fills no masks; choose a checkpoint of an encoder that was trained to fill them", head.does())]
    Head { head: Head },
    #[error("this tokenizer has no mask token; choose another checkpoint")]
    NoMaskToken,
    #[error("there is no mask in the text; write {mask} where the model shall guess")]
    NoMask { mask: String },
    #[error("the text has {tokens} tokens and the model's context holds {context}; shorten it")]
    TooLong { tokens: usize, context: usize },
    #[error("the tokenizer gave the token {id} and the model knows {vocab_size}; use the model's own tokenizer")]
    Vocabulary { id: u32, vocab_size: usize },
}

/// Ways to write a mask; each is taken for the tokenizer's own.
const SPELLINGS: [&str; 4] = ["<|mask|>", "[MASK]", "<mask>", "___"];

/// The `top` likeliest tokens with their probabilities, for every mask in turn.
pub fn fill_mask(
    model: &Model,
    tokenizer: &Tokenizer,
    text: &str,
    top: usize,
    ws: &mut Workspace,
) -> Result<Vec<MaskGuess>, FillMaskError> {
    let (config, vocab_size) = (&model.config, model.config.vocab_size);
    if config.head != Head::Lm {
        return Err(FillMaskError::Head { head: config.head });
    }
    if config.arch.is_causal() {
        return Err(FillMaskError::Decoder);
    }
    let mask = tokenizer.special().mask.ok_or(FillMaskError::NoMaskToken)?;
    let written = tokenizer.token_text(mask);
    let ids = tokenizer.encode_with_template(&with_masks(text, &written));
    if ids.len() > config.max_len {
        return Err(FillMaskError::TooLong { tokens: ids.len(), context: config.max_len });
    }
    if let Some(id) = ids.iter().copied().find(|id| *id as usize >= vocab_size) {
        return Err(FillMaskError::Vocabulary { id, vocab_size });
    }
    let positions: Vec<usize> = (0..ids.len()).filter(|i| ids.get(*i) == Some(&mask)).collect();
    if positions.is_empty() {
        return Err(FillMaskError::NoMask { mask: written });
    }
    let logits = mask_logits(model, &ids, &positions, ws);
    let guesses =
        logits.chunks_exact(vocab_size).enumerate().map(|(index, row)| MaskGuess { index, best: best(row, top, tokenizer) });
    Ok(guesses.collect())
}

/// Every spelling of a mask as the tokenizer's own.
pub(super) fn with_masks(text: &str, written: &str) -> String {
    SPELLINGS.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling, written))
}

/// Token texts and probabilities, likeliest first.
fn best(logits: &[f32], top: usize, tokenizer: &Tokenizer) -> Vec<(String, f32)> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|l| f64::from(l - highest).exp()).sum();
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_unstable_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
    let probability = |i: usize| (f64::from(logits[i] - highest).exp() / total) as f32;
    order.into_iter().take(top).map(|i| (tokenizer.token_text(i as u32), probability(i))).collect()
}
