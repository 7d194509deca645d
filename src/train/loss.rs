//! Losses on the few numbers that the heads give; here, on log-probabilities of trained tokens. Knows no model and no thread.

use std::sync::Arc;

use crate::model::{Scores, Sequence};

/// Sequences whose losses belong together: one for a language model, two for a pair, k for a ranking. The unit of parallel work.
#[derive(Clone, Debug)]
pub struct Group {
    pub sequences: Vec<Sequence>,
    /// Seeds this group's dropout.
    pub key: u64,
}

/// A group's loss and its gradient.
#[derive(Clone, Debug, Default)]
pub struct GroupLoss {
    /// A sum; the step divides by its total weight.
    pub loss: f64,
    /// What this group counts: trained tokens, or pairs.
    pub weight: f64,
    /// For each sequence, d loss / d log-probability of each of its targets.
    pub d_logprob: Vec<Vec<f32>>,
    /// Likewise for the entropies; empty where the loss has none.
    pub d_entropy: Vec<Vec<f32>>,
    /// Likewise for the outputs of heads that are no language model's, which have neither of the above.
    pub d_outputs: Vec<Vec<f32>>,
}

/// From the scores of a group's sequences to its loss.
pub type LossFn = Arc<dyn Fn(&Group, &[Scores]) -> GroupLoss + Send + Sync>;

/// The sum of −log p over all targets: divided by the step's number of trained tokens it is the mean cross-entropy, whatever the
/// sequences' lengths and however the step was cut into micro-batches.
pub fn cross_entropy(_group: &Group, scores: &[Scores]) -> GroupLoss {
    let sum = |s: &Scores| s.logprob.iter().map(|lp| -f64::from(*lp)).sum::<f64>();
    GroupLoss {
        loss: scores.iter().map(sum).sum(),
        weight: scores.iter().map(|s| s.logprob.len() as f64).sum(),
        d_logprob: scores.iter().map(|s| vec![-1.0; s.logprob.len()]).collect(),
        ..GroupLoss::default()
    }
}
