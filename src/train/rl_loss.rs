//! Losses on answers that a policy wrote and a reward judged: PPO, GRPO, RLOO. Knows no model, reward or thread; `rl_math` has the terms.

#![expect(clippy::doc_markdown, reason = "subscripts in formulas and names of methods")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::loss::{Extra, Group, GroupLoss, LossFn, add_stats, stat};
use super::rl_math::{clipped_policy, clipped_value, k3};
use crate::model::Scores;

/// Clipped policy and value losses and an entropy bonus (Schulman et al. 2017, equation 9), means over all tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PpoLoss {
    pub clip: f64,
    pub value_clip: f64,
    /// Weight of the value loss.
    pub value_coef: f64,
    /// Weight of the entropy, which is wanted.
    pub entropy_coef: f64,
}

impl Default for PpoLoss {
    fn default() -> Self {
        Self { clip: 0.2, value_clip: 0.2, value_coef: 0.1, entropy_coef: 0.0 }
    }
}

/// Clipped policy loss and a KL term, without values (Shao et al. 2024, equation 3). With leave-one-out advantages, `PerSequence::Sum`
/// and β 0 it is RLOO (Ahmadian et al. 2024).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrpoLoss {
    pub clip: f64,
    /// β of the k3 estimate of KL(π ‖ π_r), within the loss and not the reward.
    pub beta: f64,
    pub per_sequence: PerSequence,
}

impl Default for GrpoLoss {
    fn default() -> Self {
        Self { clip: 0.2, beta: 0.0, per_sequence: PerSequence::Tokens }
    }
}

/// How an answer's tokens add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerSequence {
    /// All tokens of a step count alike, whosever they are (Yu et al. 2025, "DAPO", equation 8).
    Tokens,
    /// The mean over an answer's tokens, and over answers: GRPO as published, in which long answers' tokens count less.
    Mean,
    /// The sum over an answer's tokens, and the mean over answers: the policy gradient as it stands (Liu et al. 2025; RLOO).
    Sum,
}

impl PpoLoss {
    pub fn loss_fn(self) -> LossFn {
        Arc::new(move |group, scores| self.of_group(group, scores))
    }

    /// The weight counts tokens. Of `Extra` it reads `old`, `advantages`, `values`, `returns` and, for the plots, `reference`;
    /// `Scores::outputs` are the new values, one a target, or empty where another model has them.
    pub fn of_group(&self, group: &Group, scores: &[Scores]) -> GroupLoss {
        let mut out = GroupLoss::default();
        for (i, scores) in scores.iter().enumerate() {
            let extra = group.extra(i);
            let share = f64::from(extra.weight);
            let mut tokens = Tokens { extra: &extra, scores, share, stats: [0.0; 8] };
            let mut slopes = Vec::with_capacity(scores.logprob.len());
            out.loss += tokens.policy(self.clip, 0.0, &mut slopes);
            let mut values = Vec::with_capacity(scores.outputs.len());
            out.loss += self.value_coef * tokens.value(self.value_clip, &mut values);
            for d in &mut values {
                *d *= self.value_coef as f32;
            }
            out.loss -= self.entropy_coef * share * total(&scores.entropy);
            out.weight += share * scores.logprob.len().max(scores.outputs.len()) as f64;
            // All sequences or none: slopes are laid end to end.
            if self.entropy_coef > 0.0 {
                out.d_entropy.push(vec![(-self.entropy_coef * share) as f32; scores.entropy.len()]);
            }
            out.d_logprob.push(slopes);
            out.d_outputs.push(values);
            tokens.report(&mut out);
        }
        out
    }
}

impl GrpoLoss {
    /// RLOO's, for leave-one-out advantages.
    pub fn rloo() -> Self {
        Self { per_sequence: PerSequence::Sum, ..Self::default() }
    }

    pub fn loss_fn(self) -> LossFn {
        Arc::new(move |group, scores| self.of_group(group, scores))
    }

    /// The weight counts tokens, or answers, as `per_sequence` has it. Of `Extra` it reads `old` (empty: the policy has not moved since),
    /// `advantages` and `reference`.
    pub fn of_group(&self, group: &Group, scores: &[Scores]) -> GroupLoss {
        let mut out = GroupLoss::default();
        for (i, scores) in scores.iter().enumerate() {
            let extra = group.extra(i);
            let n = scores.logprob.len() as f64;
            let (share, weight) = match self.per_sequence {
                PerSequence::Tokens => (1.0, n),
                PerSequence::Mean => (1.0 / n.max(1.0), 1.0),
                PerSequence::Sum => (1.0, 1.0),
            };
            let (share, weight) = (share * f64::from(extra.weight), weight * f64::from(extra.weight));
            let mut tokens = Tokens { extra: &extra, scores, share, stats: [0.0; 8] };
            let mut slopes = Vec::with_capacity(scores.logprob.len());
            out.loss += tokens.policy(self.clip, self.beta, &mut slopes);
            // An answer of no tokens has nothing to learn.
            let weight = if n > 0.0 { weight } else { 0.0 };
            out.weight += weight;
            out.d_logprob.push(slopes);
            // Means over tokens, whatever the loss does.
            if self.per_sequence == PerSequence::Sum {
                tokens.stats.iter_mut().for_each(|sum| *sum /= n.max(1.0));
            }
            tokens.report(&mut out);
        }
        out
    }
}

/// One answer's tokens, and the statistics they add up to.
struct Tokens<'a> {
    extra: &'a Extra,
    scores: &'a Scores,
    /// What a token counts.
    share: f64,
    stats: [f64; 8],
}

const STATS: [&str; 8] = [
    stat::POLICY_LOSS,
    stat::VALUE_LOSS,
    stat::ENTROPY,
    stat::KL_OLD,
    stat::KL_REFERENCE,
    stat::CLIP_FRACTION,
    stat::VALUE_CLIP_FRACTION,
    stat::RATIO,
];

impl Tokens<'_> {
    /// The policy's terms and `beta` times the k3 estimate, summed; slopes by log-probability.
    fn policy(&mut self, clip: f64, beta: f64, slopes: &mut Vec<f32>) -> f64 {
        let mut loss = 0.0;
        let share = self.share;
        for (t, logprob) in self.scores.logprob.iter().enumerate() {
            let new = f64::from(*logprob);
            let old = at(&self.extra.old, t).unwrap_or(new);
            let reference = at(&self.extra.reference, t).unwrap_or(new);
            let advantage = at(&self.extra.advantages, t).or_else(|| self.extra.advantages.last().copied().map(f64::from));
            let term = clipped_policy(new, old, advantage.unwrap_or(0.0), clip);
            // The drift from the old policy, whose draws these are: KL(π_old ‖ π).
            let (kl_old, (kl, kl_slope)) = (k3(old, new).0, k3(new, reference));
            loss += share * (term.loss + beta * kl);
            slopes.push((share * (term.slope + beta * kl_slope)) as f32);
            let ratio = super::smooth::capped_exp(new - old).0;
            let entropy = at(&self.scores.entropy, t).unwrap_or(0.0);
            let sums = [term.loss, 0.0, entropy, kl_old, kl, f64::from(u8::from(term.clipped)), 0.0, ratio];
            self.stats.iter_mut().zip(sums).for_each(|(sum, x)| *sum += share * x);
        }
        loss
    }

    /// The value's terms, summed; slopes by value. A token without a return teaches nothing.
    fn value(&mut self, clip: f64, slopes: &mut Vec<f32>) -> f64 {
        let mut loss = 0.0;
        for (t, value) in self.scores.outputs.iter().enumerate() {
            let new = f64::from(*value);
            let old = at(&self.extra.values, t).unwrap_or(new);
            let term = clipped_value(new, old, at(&self.extra.returns, t).unwrap_or(new), clip);
            loss += self.share * term.loss;
            slopes.push((self.share * term.slope) as f32);
            self.stats[1] += self.share * term.loss;
            self.stats[6] += self.share * f64::from(u8::from(term.clipped));
        }
        loss
    }

    fn report(&self, out: &mut GroupLoss) {
        for (name, sum) in STATS.into_iter().zip(self.stats) {
            add_stats(&mut out.stats, &[(name, sum)]);
        }
    }
}

fn at(list: &[f32], t: usize) -> Option<f64> {
    list.get(t).copied().map(f64::from)
}

fn total(list: &[f32]) -> f64 {
    list.iter().map(|x| f64::from(*x)).sum()
}
