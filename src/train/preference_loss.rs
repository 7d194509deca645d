//! Losses that learn from preferences without a reward model: DPO and its relatives, KTO, ORPO, SimPO, CPO. Knows no model and no thread.
//!
//! x is the prompt, y_w the chosen and y_l the rejected answer, π the policy, π_r the frozen reference. An answer's log-probability
//! is the sum over its tokens, which are the sequence's targets; all slopes are by that sum.

#![expect(clippy::doc_markdown, reason = "subscripts in formulas and names of methods")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::loss::{Extra, Group, GroupLoss, LossFn, Stats, add_stats, stat};
use super::smooth::{log_odds, sigmoid, softplus};
use crate::model::Scores;

/// Which loss, and its constants. h = ln π(y|x) − ln π_r(y|x) below, and Δ = h_w − h_l.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PreferenceLoss {
    /// −ln σ(βΔ) (Rafailov et al. 2023, equation 7). With label smoothing ε, the chance that a vote is wrong: −(1−ε) ln σ(βΔ) −
    /// ε ln σ(−βΔ) ("conservative DPO", Mitchell 2023). `reference_free` takes π_r as uniform.
    Dpo { beta: f64, label_smoothing: f64, reference_free: bool },
    /// (−(1−ε) ln σ(βΔ) + ε ln σ(−βΔ)) / (1 − 2ε), unbiased where votes flip with chance ε < ½ (Chowdhury et al. 2024, equation 12).
    Robust { beta: f64, label_smoothing: f64 },
    /// max(0, 1 − βΔ) (Zhao et al. 2023, `SLiC`; Liu et al. 2024, RSO).
    Hinge { beta: f64 },
    /// (Δ − 1/2β)² (Azar et al. 2023, equation 17). `average` takes h by the token, as TRL does, whose authors' own advice it is.
    Ipo { beta: f64, average: bool },
    /// −ln σ(βΔ) with h by the token (Meng et al. 2024; Lambert et al. 2024).
    SigmoidNorm { beta: f64 },
    /// 1 − σ(βh_w) + σ(βh_l): chosen answers become likelier (D'Oosterlinck et al. 2024).
    ApoZero { beta: f64 },
    /// σ(βh_w) + 1 − σ(βΔ): both become less likely, rejected ones more so (as above).
    ApoDown { beta: f64 },
    /// (h_w − 1/2β)² + (h_l + 1/2β)² (Wu et al. 2024, SPPO with hard labels).
    SppoHard { beta: f64 },
    /// Wanted and unwanted answers one by one: see `kto`.
    Kto { beta: f64, desirable_weight: f64, undesirable_weight: f64 },
    /// NLL(y_w) − λ ln σ(ln odds(y_w) − ln odds(y_l)), all by the token (Hong et al. 2024, equations 4 to 6); needs no reference.
    Orpo { lambda: f64 },
    /// −ln σ(β(ln π(y_w)/|y_w| − ln π(y_l)/|y_l|) − γ) (Meng et al. 2024, equation 6); needs no reference.
    SimPo { beta: f64, gamma: f64 },
    /// −ln σ(β(ln π(y_w) − ln π(y_l))) + λ NLL(y_w), the latter by the token (Xu et al. 2024, equations 5 and 6); needs no reference.
    Cpo { beta: f64, lambda: f64 },
}

/// Log-probabilities of two answers to one prompt: sums over their tokens, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    pub chosen: f64,
    pub rejected: f64,
    /// Under the reference; 0 where there is none.
    pub ref_chosen: f64,
    pub ref_rejected: f64,
    /// Tokens.
    pub n_chosen: usize,
    pub n_rejected: usize,
}

/// A loss and its slopes by the two log-probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairLoss {
    pub loss: f64,
    pub d_chosen: f64,
    pub d_rejected: f64,
    /// Implicit rewards: β(ln π − ln π_r), or what the loss without a reference takes in its place.
    pub reward_chosen: f64,
    pub reward_rejected: f64,
}

impl PairLoss {
    pub fn margin(&self) -> f64 {
        self.reward_chosen - self.reward_rejected
    }
}

/// One answer's loss and slope.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerLoss {
    pub loss: f64,
    pub d_logp: f64,
    pub reward: f64,
}

impl Default for PreferenceLoss {
    /// DPO with β 0.1.
    fn default() -> Self {
        Self::Dpo { beta: 0.1, label_smoothing: 0.0, reference_free: false }
    }
}

impl PreferenceLoss {
    /// Whether it compares with a frozen reference.
    pub fn needs_reference(&self) -> bool {
        match self {
            Self::Dpo { reference_free, .. } => !reference_free,
            Self::Robust { .. }
            | Self::Hinge { .. }
            | Self::Ipo { .. }
            | Self::SigmoidNorm { .. }
            | Self::ApoZero { .. }
            | Self::ApoDown { .. }
            | Self::SppoHard { .. }
            | Self::Kto { .. } => true,
            Self::Orpo { .. } | Self::SimPo { .. } | Self::Cpo { .. } => false,
        }
    }

    /// Whether answers come in pairs; KTO's come one by one.
    pub fn is_paired(&self) -> bool {
        !matches!(self, Self::Kto { .. })
    }

    /// The loss of one pair. KTO takes its answers one by one, with z₀ = 0, and sums them.
    pub fn of_pair(&self, pair: &Pair) -> PairLoss {
        let (h_w, h_l) = (pair.chosen - pair.ref_chosen, pair.rejected - pair.ref_rejected);
        let (n_w, n_l) = (pair.n_chosen.max(1) as f64, pair.n_rejected.max(1) as f64);
        let (a_w, a_l) = (pair.chosen / n_w, pair.rejected / n_l);
        // Loss, slope by y_w, slope by y_l; then the rewards.
        let ((loss, d_chosen, d_rejected), (reward_chosen, reward_rejected)) = match *self {
            Self::Dpo { beta, label_smoothing: eps, reference_free } => {
                let delta = if reference_free { pair.chosen - pair.rejected } else { h_w - h_l };
                let x = beta * delta;
                let loss = (1.0 - eps) * softplus(-x) + eps * softplus(x);
                let slope = beta * (eps * sigmoid(x) - (1.0 - eps) * sigmoid(-x));
                ((loss, slope, -slope), (beta * h_w, beta * h_l))
            }
            Self::Robust { beta, label_smoothing: eps } => {
                let x = beta * (h_w - h_l);
                let unbias = 1.0 / (1.0 - 2.0 * eps);
                let loss = unbias * ((1.0 - eps) * softplus(-x) - eps * softplus(x));
                let slope = -unbias * beta * ((1.0 - eps) * sigmoid(-x) + eps * sigmoid(x));
                ((loss, slope, -slope), (beta * h_w, beta * h_l))
            }
            Self::Hinge { beta } => {
                let short = 1.0 - beta * (h_w - h_l);
                let slope = if short > 0.0 { -beta } else { 0.0 };
                ((short.max(0.0), slope, -slope), (beta * h_w, beta * h_l))
            }
            Self::Ipo { beta, average } => {
                let (n_w, n_l) = if average { (n_w, n_l) } else { (1.0, 1.0) };
                let off = h_w / n_w - h_l / n_l - 0.5 / beta;
                ((off * off, 2.0 * off / n_w, -2.0 * off / n_l), (beta * h_w, beta * h_l))
            }
            Self::SigmoidNorm { beta } => {
                let x = beta * (h_w / n_w - h_l / n_l);
                let slope = -beta * sigmoid(-x);
                ((softplus(-x), slope / n_w, -slope / n_l), (beta * h_w, beta * h_l))
            }
            Self::ApoZero { beta } => {
                let (x, y) = (beta * h_w, beta * h_l);
                ((sigmoid(-x) + sigmoid(y), -beta * bell(x), beta * bell(y)), (x, y))
            }
            Self::ApoDown { beta } => {
                let (x, y) = (beta * h_w, beta * h_l);
                let apart = beta * bell(x - y);
                ((sigmoid(x) + sigmoid(y - x), beta * bell(x) - apart, apart), (x, y))
            }
            Self::SppoHard { beta } => {
                let (w, l) = (h_w - 0.5 / beta, h_l + 0.5 / beta);
                ((w * w + l * l, 2.0 * w, 2.0 * l), (beta * h_w, beta * h_l))
            }
            Self::Kto { beta, desirable_weight, undesirable_weight } => {
                let w = kto(h_w, true, 0.0, beta, desirable_weight);
                let l = kto(h_l, false, 0.0, beta, undesirable_weight);
                ((w.loss + l.loss, w.d_logp, l.d_logp), (w.reward, l.reward))
            }
            Self::Orpo { lambda } => {
                let ((odds_w, slope_w), (odds_l, slope_l)) = (log_odds(a_w), log_odds(a_l));
                let x = odds_w - odds_l;
                let pull = lambda * sigmoid(-x);
                let loss = lambda * softplus(-x) - a_w;
                ((loss, (-1.0 - pull * slope_w) / n_w, pull * slope_l / n_l), (lambda * a_w, lambda * a_l))
            }
            Self::SimPo { beta, gamma } => {
                let x = beta * (a_w - a_l) - gamma;
                let slope = -beta * sigmoid(-x);
                ((softplus(-x), slope / n_w, -slope / n_l), (beta * a_w, beta * a_l))
            }
            Self::Cpo { beta, lambda } => {
                let x = beta * (pair.chosen - pair.rejected);
                let slope = -beta * sigmoid(-x);
                ((softplus(-x) - lambda * a_w, slope - lambda / n_w, -slope), (beta * pair.chosen, beta * pair.rejected))
            }
        };
        PairLoss { loss, d_chosen, d_rejected, reward_chosen, reward_rejected }
    }

    /// As a trainer takes it. `z0` is KTO's baseline for this step (see `kto_baseline`); the others do not read it.
    ///
    /// A group is one pair [chosen, rejected], or several one after the other; for KTO, any number of answers. The weight counts
    /// pairs, or answers. `Extra::reference` has the reference's log-probabilities, `Extra::weight` of the chosen one weighs the pair.
    pub fn loss_fn(self, z0: f64) -> LossFn {
        Arc::new(move |group, scores| self.of_group(group, scores, z0))
    }

    /// See `loss_fn`.
    pub fn of_group(&self, group: &Group, scores: &[Scores], z0: f64) -> GroupLoss {
        let mut out =
            GroupLoss { d_logprob: scores.iter().map(|s| vec![0.0; s.logprob.len()]).collect(), ..GroupLoss::default() };
        if let Self::Kto { beta, desirable_weight, undesirable_weight } = *self {
            for (i, scores) in scores.iter().enumerate() {
                let extra = group.extra(i);
                let desirable = extra.label > 0.0;
                let share = if desirable { desirable_weight } else { undesirable_weight };
                let h = sum(&scores.logprob) - sum(&extra.reference);
                out.take_answer(i, &kto(h, desirable, z0, beta, share), desirable, &extra, sum(&scores.logprob));
            }
            return out;
        }
        for first in (0..scores.len().saturating_sub(1)).step_by(2) {
            let (w, l) = (&scores[first].logprob, &scores[first + 1].logprob);
            let (extra_w, extra_l) = (group.extra(first), group.extra(first + 1));
            let pair = Pair {
                chosen: sum(w),
                rejected: sum(l),
                ref_chosen: sum(&extra_w.reference),
                ref_rejected: sum(&extra_l.reference),
                n_chosen: w.len(),
                n_rejected: l.len(),
            };
            out.take_pair(first, &pair, &self.of_pair(&pair), f64::from(extra_w.weight));
        }
        out
    }
}

impl GroupLoss {
    fn take_pair(&mut self, first: usize, pair: &Pair, loss: &PairLoss, weight: f64) {
        self.loss += weight * loss.loss;
        self.weight += weight;
        self.d_logprob[first].fill((weight * loss.d_chosen) as f32);
        self.d_logprob[first + 1].fill((weight * loss.d_rejected) as f32);
        let stats = [
            (stat::REWARD_CHOSEN, loss.reward_chosen),
            (stat::REWARD_REJECTED, loss.reward_rejected),
            (stat::MARGIN, loss.margin()),
            (stat::ACCURACY, right_order(loss.margin())),
            (stat::DECIDED, 1.0),
            (stat::LOGP_CHOSEN, pair.chosen),
            (stat::LOGP_REJECTED, pair.rejected),
        ];
        add_stats(&mut self.stats, &stats.map(|(name, x)| (name, weight * x)));
    }

    fn take_answer(&mut self, place: usize, loss: &AnswerLoss, desirable: bool, extra: &Extra, logp: f64) {
        let weight = f64::from(extra.weight);
        self.loss += weight * loss.loss;
        self.weight += weight;
        self.d_logprob[place].fill((weight * loss.d_logp) as f32);
        // Sums over the answers of either kind, divided by the weight of both: their difference is the plot's margin where they are even.
        let (reward, log) =
            if desirable { (stat::REWARD_CHOSEN, stat::LOGP_CHOSEN) } else { (stat::REWARD_REJECTED, stat::LOGP_REJECTED) };
        let sign = if desirable { 1.0 } else { -1.0 };
        let stats: Stats = vec![
            (reward, weight * loss.reward),
            (log, weight * logp),
            (stat::ACCURACY, weight * right_order(sign * loss.reward)),
            (stat::DECIDED, weight),
        ];
        add_stats(&mut self.stats, &stats);
    }
}

/// KTO of one answer (Ethayarajh et al. 2024, equation 8): λ(1 − σ(β(h − z₀))) if it is wanted, λ(1 − σ(β(z₀ − h))) if it is not.
/// h is ln π − ln π_r of the answer, z₀ the baseline, through which nothing is learnt.
pub fn kto(h: f64, desirable: bool, z0: f64, beta: f64, weight: f64) -> AnswerLoss {
    let sign = if desirable { 1.0 } else { -1.0 };
    let x = sign * beta * (h - z0);
    AnswerLoss { loss: weight * sigmoid(-x), d_logp: -weight * sign * beta * bell(x), reward: beta * h }
}

/// z₀, the batch's estimate of KL(π ‖ π_r), not below 0: the mean of ln π − ln π_r over prompts with *other* rows' answers (section 4.1
/// of the paper). 0 of nothing.
pub fn kto_baseline(policy: &[f64], reference: &[f64]) -> f64 {
    let sum: f64 = policy.iter().zip(reference).map(|(p, r)| p - r).sum();
    (sum / policy.len().max(1) as f64).max(0.0)
}

/// σ(x) σ(−x), the slope of σ.
fn bell(x: f64) -> f64 {
    sigmoid(x) * sigmoid(-x)
}

/// 1 where the better one is rated higher, ½ where the two are rated alike.
pub(super) fn right_order(margin: f64) -> f64 {
    0.5 * (f64::from(u8::from(margin > 0.0)) + f64::from(u8::from(margin >= 0.0)))
}

fn sum(logprobs: &[f32]) -> f64 {
    logprobs.iter().map(|lp| f64::from(*lp)).sum()
}
