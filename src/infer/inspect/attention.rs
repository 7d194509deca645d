//! Where each head of each layer looks, over a stretch of a text. Works for decoders and encoders, under any head.

use super::stretch;
use crate::engine::look::AttentionView;
use crate::model::{Model, Trace, Workspace};

/// Longest stretch, and numbers in all (8 MB).
const MOST_TOKENS: usize = 96;
const MOST_NUMBERS: usize = 1 << 21;

/// Attention probabilities between the tokens of a stretch that holds token `place`. A row sums to 1 over the whole text, so that what is
/// lacking in the stretch went to tokens outside it.
pub fn attention(model: &Model, ids: &[u32], place: usize, name: &dyn Fn(u32) -> String, ws: &mut Workspace) -> AttentionView {
    let (layers, heads) = (model.config.n_layers, model.config.n_heads);
    let most = MOST_TOKENS.min((MOST_NUMBERS / (layers * heads).max(1)).isqrt());
    let part = stretch(ids.len(), most, place);
    let trace = Trace::of(model, ids, ws);
    let mut probs = Vec::with_capacity(layers * heads * part.len() * part.len());
    for layer in 0..layers {
        for head in 0..heads {
            trace.attention(layer, head, part.clone(), part.clone(), &mut probs);
        }
    }
    let tokens = ids[part.clone()].iter().map(|id| name(*id)).collect();
    AttentionView { layers, heads, first: part.start, total: ids.len(), tokens, causal: model.config.arch.is_causal(), probs }
}
