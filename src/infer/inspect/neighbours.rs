//! Tokens that the model holds for alike: the nearest in the space of input embeddings. Knows no text.

use super::{LookError, best};
use crate::engine::look::{Neighbour, NeighboursView};
use crate::model::Model;

/// The `top` tokens with the largest cosine to token `id`, itself left out.
pub fn neighbours(model: &Model, id: u32, top: usize, name: &dyn Fn(u32) -> String) -> Result<NeighboursView, LookError> {
    let (d, vocab_size) = (model.config.d_model, model.config.vocab_size);
    let rows = model.embeddings();
    let own = rows.chunks_exact(d).nth(id as usize).ok_or(LookError::Vocabulary { id, vocab_size })?;
    let mut cosines: Vec<f32> = rows.chunks_exact(d).map(|row| cosine(own, row)).collect();
    cosines[id as usize] = f32::NEG_INFINITY;
    let near = best(&cosines, top.min(vocab_size.saturating_sub(1)));
    let best = near.into_iter().map(|id| Neighbour { id, text: name(id), cosine: cosines[id as usize] }).collect();
    Ok(NeighboursView { id, text: name(id), best })
}

/// 0 where one of them has no length.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { (dot(a, b) / lengths) as f32 } else { 0.0 }
}
