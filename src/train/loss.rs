//! Losses on the few numbers that the heads give; here, on log-probabilities of trained tokens. Knows no model and no thread.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Scores, Sequence};

/// Sequences whose losses belong together: one for a language model, two for a pair, k for a ranking. The unit of parallel work.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub sequences: Vec<Sequence>,
    /// Seeds this group's dropout.
    pub key: u64,
    /// What the group counts as in an epoch: pairs or rankings; 0: its sequences.
    pub items: usize,
    /// What a loss on preferences or rewards must know of each sequence beyond its tokens; empty for the losses that need nothing.
    pub extras: Vec<Extra>,
}

/// Numbers that travel with a sequence to its loss. A list has an entry for each target, or is empty where the loss does without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// Log-probabilities under the frozen reference.
    pub reference: Vec<f32>,
    /// Log-probabilities under the policy that wrote the text.
    pub old: Vec<f32>,
    /// One for each target, or a single one for the whole text.
    pub advantages: Vec<f32>,
    pub returns: Vec<f32>,
    /// What the value head said when the text was written.
    pub values: Vec<f32>,
    /// A rank (1 is the best, ties share one), a score, or for KTO whether the text is wanted (above 0) or not.
    pub label: f32,
    /// By how much at least the reward should exceed those of lower-ranked texts of the group.
    pub margin: f32,
    /// How much the sequence counts; of a pair or a ranking, the first one's.
    pub weight: f32,
}

impl Default for Extra {
    fn default() -> Self {
        let (reference, old, advantages) = (Vec::new(), Vec::new(), Vec::new());
        Self { reference, old, advantages, returns: Vec::new(), values: Vec::new(), label: 0.0, margin: 0.0, weight: 1.0 }
    }
}

impl Group {
    /// Rows, pairs or rankings of the training data in it.
    pub fn counted(&self) -> usize {
        if self.items == 0 { self.sequences.len() } else { self.items }
    }

    /// What travels with a sequence; the default where nothing does.
    pub fn extra(&self, sequence: usize) -> Cow<'_, Extra> {
        self.extras.get(sequence).map_or_else(|| Cow::Owned(Extra::default()), Cow::Borrowed)
    }
}

/// Named sums beside a loss, for the plots: divided by the step's weight each is a mean.
pub type Stats = Vec<(&'static str, f64)>;

/// Names of the statistics.
pub mod stat {
    /// Implicit or predicted reward of the better and the worse answer, and their difference.
    pub const REWARD_CHOSEN: &str = "reward_chosen";
    pub const REWARD_REJECTED: &str = "reward_rejected";
    pub const MARGIN: &str = "margin";
    /// Share of pairs rated in the right order; of the groups that hold a decided pair, whose share is `DECIDED`.
    pub const ACCURACY: &str = "accuracy";
    pub const DECIDED: &str = "decided";
    /// Log-probability of the whole answer.
    pub const LOGP_CHOSEN: &str = "logp_chosen";
    pub const LOGP_REJECTED: &str = "logp_rejected";
    pub const REWARD: &str = "reward";
    pub const POLICY_LOSS: &str = "policy_loss";
    pub const VALUE_LOSS: &str = "value_loss";
    pub const ENTROPY: &str = "entropy";
    /// Drift from the policy that wrote the text, and from the reference: estimator k3 of the KL divergence.
    pub const KL_OLD: &str = "kl_old";
    pub const KL_REFERENCE: &str = "kl_reference";
    pub const CLIP_FRACTION: &str = "clip_fraction";
    pub const VALUE_CLIP_FRACTION: &str = "value_clip_fraction";
    pub const RATIO: &str = "ratio";
    /// β as it is steered, and the share of the returns' spread that the values foresaw: 1 all of it, 0 no more than their mean.
    pub const KL_COEF: &str = "kl_coef";
    pub const EXPLAINED: &str = "explained_variance";
    /// Drift of whole answers from the reference, in nats: k1.
    pub const KL: &str = "kl";
    /// Tokens of an answer, and the share of answers that came to their own end.
    pub const LENGTH: &str = "length";
    pub const ENDED: &str = "ended";
    /// Share of prompts on which the policy's answer is worth more than the reference's.
    pub const WIN_RATE: &str = "win_rate";
}

/// Adds sums to sums of the same names.
pub fn add_stats(sums: &mut Stats, more: &[(&'static str, f64)]) {
    for (name, x) in more {
        match sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += x,
            None => sums.push((name, *x)),
        }
    }
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
    pub stats: Stats,
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
