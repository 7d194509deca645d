//! How likely each token of a text was, what could have come in its place, and what may follow. Knows no tokenizer but a token's name.

use std::ops::Range;

use super::{CHUNK_LOGITS, Distribution, LookError, check_decoder};
use crate::engine::look::{AnswerScore, Expected, NextView, Rated, TokenView, TokensView};
use crate::model::{Model, Trace, Workspace, logits_at};

/// Tokens of a prompt that are rated at most; an answer always is, whole.
const MOST_RATED: usize = 512;
/// Tokens of what may follow that come with their text.
const NEXT_NAMED: usize = 24;

/// Rates every token by what the model expected in its place: ln p(token | those before it).
pub fn tokens(
    model: &Model,
    ids: &[u32],
    prompt_tokens: usize,
    top: usize,
    name: &dyn Fn(u32) -> String,
    ws: &mut Workspace,
) -> Result<TokensView, LookError> {
    check_decoder(&model.config)?;
    let (n, prompt_tokens) = (ids.len(), prompt_tokens.min(ids.len()));
    let cut = n.saturating_sub(MOST_RATED).min(prompt_tokens.saturating_sub(1));
    let mut tokens: Vec<TokenView> = ids.iter().map(|id| TokenView { id: *id, text: name(*id), rated: None }).collect();
    let mut next = None;
    let mut score = AnswerScore { tokens: n - prompt_tokens, logprob: 0.0 };
    let mut trace = Trace::of(model, ids, ws);
    in_chunks(&mut trace, model.config.n_layers, cut..n, model.config.vocab_size, |place, logits| {
        let it = Distribution::new(logits);
        let expected = Expected { entropy: it.entropy() as f32, best: it.guesses(top, name) };
        let Some(token) = tokens.get_mut(place + 1) else {
            next = Some(expected);
            return;
        };
        let logprob = it.logprob(token.id);
        if place + 1 >= prompt_tokens {
            score.logprob += logprob;
        }
        token.rated = Some(Rated { logprob: logprob as f32, rank: it.rank(token.id), expected });
    });
    // Where the context is full, nothing can follow.
    let next = next.filter(|_| n < model.config.max_len);
    // An answer right at the beginning has a first token that nothing predicts: that one is not counted.
    if prompt_tokens == 0 {
        score.tokens = score.tokens.saturating_sub(1);
    }
    let answer = (score.tokens > 0).then_some(score);
    Ok(TokensView { tokens, prompt_tokens, cut, next, answer, vocab_size: model.config.vocab_size })
}

/// The tokens alone, for models that predict none.
pub fn unrated(model: &Model, ids: &[u32], name: &dyn Fn(u32) -> String) -> TokensView {
    let tokens = ids.iter().map(|id| TokenView { id: *id, text: name(*id), rated: None }).collect();
    TokensView { tokens, prompt_tokens: 0, cut: 0, next: None, answer: None, vocab_size: model.config.vocab_size }
}

/// Every logit of what may follow a text.
pub fn next(model: &Model, ids: &[u32], name: &dyn Fn(u32) -> String, ws: &mut Workspace) -> Result<NextView, LookError> {
    check_decoder(&model.config)?;
    let Some(last) = ids.len().checked_sub(1) else { return Err(LookError::Empty) };
    let logits = logits_at(model, ids, &[last], ws);
    let best = super::best(&logits, NEXT_NAMED).into_iter().map(|id| (id, name(id))).collect();
    Ok(NextView { ids: ids.to_vec(), logits, best })
}

/// Calls `f(place, logits)` for each of these places; few logits stand at a time.
pub(super) fn in_chunks(
    trace: &mut Trace<'_>,
    depth: usize,
    places: Range<usize>,
    vocab_size: usize,
    mut f: impl FnMut(usize, &[f32]),
) {
    let step = (CHUNK_LOGITS / vocab_size).max(1);
    let mut logits = Vec::new();
    for first in places.clone().step_by(step) {
        let part = first..(first + step).min(places.end);
        trace.logits(depth, part.clone(), &mut logits);
        for (place, row) in part.zip(logits.chunks_exact(vocab_size)) {
            f(place, row);
        }
    }
}
