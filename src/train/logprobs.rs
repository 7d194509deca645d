//! Log-probabilities of given answers after given prompts, without gradient. Knows no objective.

use std::sync::Arc;

use super::TrainError;
use super::backend::Backend;
use crate::model::{Model, Sequence, Target};

/// Sequences that one replica takes in one pass: bounds what their activations need.
const PER_PASS: usize = 8;

/// What a model makes of one answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerLogprob {
    /// Σ ln p, in nats.
    pub sum: f64,
    /// Token by token.
    pub tokens: Vec<f32>,
}

/// Of each (prompt, answer) in turn. Together they must fit the model's context. After an empty prompt nothing predicts the answer's first
/// token, and it is left out.
pub fn answer_logprobs(
    backend: &mut Backend,
    model: &Arc<Model>,
    rows: &[(Vec<u32>, Vec<u32>)],
) -> Result<Vec<AnswerLogprob>, TrainError> {
    let mut out = Vec::with_capacity(rows.len());
    for piece in rows.chunks(PER_PASS * backend.width().max(1)) {
        let sequences = piece.iter().map(|(prompt, answer)| answer_sequence(prompt, answer)).collect();
        out.extend(
            backend
                .score(model, sequences)?
                .into_iter()
                .map(|scores| AnswerLogprob { sum: scores.logprob.iter().map(|x| f64::from(*x)).sum(), tokens: scores.logprob }),
        );
    }
    Ok(out)
}

/// Prompt and answer, of which only the answer's tokens are targets.
pub fn answer_sequence(prompt: &[u32], answer: &[u32]) -> Sequence {
    let ids = [prompt, answer].concat();
    let first = prompt.len().max(1);
    let targets = ids.iter().zip(0_u32..).skip(first).map(|(id, at)| Target { pos: at - 1, id: *id }).collect();
    Sequence { ids, targets }
}
