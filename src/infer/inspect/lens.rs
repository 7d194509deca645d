//! The logit lens: what the output head would read off the residual stream after each block (nostalgebraist 2020). Knows no trainer.

use super::scores::in_chunks;
use super::{Distribution, LookError, check_decoder, stretch};
use crate::engine::look::{LensCell, LensView};
use crate::model::{Model, Trace, Workspace};

/// Longest stretch.
const MOST_TOKENS: usize = 64;

/// For every token of a stretch that holds token `place`, and every depth from the embeddings to the last block: the `top` tokens that
/// would be said next, and what probability and rank the token that came has.
pub fn lens(
    model: &Model,
    ids: &[u32],
    place: usize,
    top: usize,
    name: &dyn Fn(u32) -> String,
    ws: &mut Workspace,
) -> Result<LensView, LookError> {
    check_decoder(&model.config)?;
    let part = stretch(ids.len(), MOST_TOKENS, place);
    let layers = model.config.n_layers;
    let mut trace = Trace::of(model, ids, ws);
    let mut cells = Vec::with_capacity((layers + 1) * part.len());
    for depth in 0..=layers {
        in_chunks(&mut trace, depth, part.clone(), model.config.vocab_size, |place, logits| {
            let it = Distribution::new(logits);
            let came = ids.get(place + 1).map(|id| (it.logprob(*id).exp() as f32, it.rank(*id)));
            cells.push(LensCell { best: it.guesses(top, name), came });
        });
    }
    let tokens = ids[part.clone()].iter().map(|id| name(*id)).collect();
    Ok(LensView { first: part.start, total: ids.len(), tokens, layers, cells })
}
