//! Losses of a reward model: Bradley–Terry on pairs with margins and ties, Plackett–Luce on rankings, regression on scores. Knows no
//! model and no thread.
//!
//! A reward is a number r for a whole text; P(a before b) follows from r_a − r_b. All slopes are by rewards.

#![expect(clippy::doc_markdown, reason = "subscripts in formulas and names of methods")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::loss::{Group, GroupLoss, LossFn, add_stats, stat};
use super::preference_loss::right_order;
use super::smooth::{log_sum_exp, sigmoid, softplus};
use crate::model::Scores;

/// Which loss, what ties say, and how strongly rewards are drawn to 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RewardLoss {
    pub kind: RewardKind,
    pub ties: Ties,
    /// c of c (r_a + r_b)², which keeps rewards around 0 (Eisenstein et al. 2023, equation 5); 0.01 is usual where it is on.
    pub centring: f64,
    /// Whether a better answer must exceed by its `Extra::margin`: −ln σ(r_w − r_l − m) (Touvron et al. 2023, equation 2).
    pub margins: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RewardKind {
    /// Mean over all pairs of a ranking (Ouyang et al. 2022, equation 1); of two texts it is Bradley–Terry's.
    Pairs,
    /// The whole ranking at once: see `plackett_luce`.
    PlackettLuce,
    /// (r − label)², where the label is a score.
    Scores,
}

/// What "both alike" says about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ties", rename_all = "snake_case")]
pub enum Ties {
    /// Nothing: such pairs are left out.
    Ignored,
    /// Each of the two wins by half, in Bradley and Terry's model.
    Halves,
    /// A third outcome: differences below the threshold η go unnoticed (Rao and Kupper 1967, with θ = e^η). Then
    /// P(a before b) = σ(r_a − r_b − η), and P(tie) is what is left of 1.
    RaoKupper { threshold: f64 },
}

impl Default for Ties {
    /// θ = 2: of two texts with the same reward, first, second and tie are equally likely.
    fn default() -> Self {
        Self::RaoKupper { threshold: std::f64::consts::LN_2 }
    }
}

impl Default for RewardLoss {
    fn default() -> Self {
        Self { kind: RewardKind::Pairs, ties: Ties::default(), centring: 0.0, margins: true }
    }
}

/// A pair's loss and slopes: by the chosen's (or a tie's first) and by the rejected's reward.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RewardPairLoss {
    pub loss: f64,
    pub d_chosen: f64,
    pub d_rejected: f64,
}

/// −ln σ(r_w − r_l − m) + c (r_w + r_l)² (Bradley and Terry 1952; margin m and centring c as in `RewardLoss`).
pub fn bradley_terry(chosen: f64, rejected: f64, margin: f64, centring: f64) -> RewardPairLoss {
    let (short, both) = (chosen - rejected - margin, chosen + rejected);
    let (win, centre) = (sigmoid(-short), 2.0 * centring * both);
    RewardPairLoss { loss: softplus(-short) + centring * both * both, d_chosen: centre - win, d_rejected: centre + win }
}

/// Minus the log-likelihood of a tie. None where such pairs are left out.
pub fn tie(a: f64, b: f64, ties: Ties, centring: f64) -> Option<RewardPairLoss> {
    let (d, both) = (a - b, a + b);
    let (loss, slope) = match ties {
        Ties::Ignored => return None,
        Ties::Halves => (0.5 * (softplus(d) + softplus(-d)), 0.5 * (sigmoid(d) - sigmoid(-d))),
        Ties::RaoKupper { threshold } => {
            // P(tie) = (θ² − 1) σ(d − η) σ(−d − η); with no threshold a tie would be impossible.
            let eta = threshold.max(1e-6);
            (softplus(eta - d) + softplus(eta + d) - (2.0 * eta).exp_m1().ln(), sigmoid(eta + d) - sigmoid(eta - d))
        }
    };
    let centre = 2.0 * centring * both;
    Some(RewardPairLoss { loss: loss + centring * both * both, d_chosen: centre + slope, d_rejected: centre - slope })
}

/// Minus the log-likelihood of a ranking, and its slopes (Plackett 1975; Luce 1959; for ranking by a network, Xia et al. 2008).
///
/// From the best on, each text is picked from all that are left: Σ_i (ln Σ_{j: rank_j ≥ rank_i} e^{r_j} − r_i). Of a tie each member is
/// picked from all that were left before it (Breslow 1974): ties pull rewards together, and of two texts they are twice `Ties::Halves`.
pub fn plackett_luce(rewards: &[f64], ranks: &[f64]) -> (f64, Vec<f64>) {
    let mut loss = 0.0;
    let mut slopes = vec![0.0; rewards.len()];
    for (i, (reward, rank)) in rewards.iter().zip(ranks).enumerate() {
        let left = || rewards.iter().zip(ranks).enumerate().filter(|(_, (_, other))| *other >= rank);
        let log_z = log_sum_exp(&left().map(|(_, (reward, _))| *reward).collect::<Vec<_>>());
        loss += log_z - reward;
        slopes[i] -= 1.0;
        for (j, (reward, _)) in left() {
            slopes[j] += (reward - log_z).exp();
        }
    }
    (loss, slopes)
}

/// (r − s)² and its slope; nothing of a score that is no number.
pub fn regression(reward: f64, score: f64) -> Option<(f64, f64)> {
    let off = reward - score;
    score.is_finite().then_some((off * off, 2.0 * off))
}

impl RewardLoss {
    pub fn loss_fn(self) -> LossFn {
        Arc::new(move |group, scores| self.of_group(group, scores))
    }

    /// The loss of a group of texts with one target each, whose reward is its first output. `Extra::label` is a text's rank (1 is the
    /// best) or score. The weight counts rankings in which anything is to be learnt, times the first's `Extra::weight`; of scores, texts.
    pub fn of_group(&self, group: &Group, scores: &[Scores]) -> GroupLoss {
        let rewards: Vec<f64> = scores.iter().map(|s| s.outputs.first().map_or(0.0, |r| f64::from(*r))).collect();
        let labels: Vec<f64> = (0..scores.len()).map(|i| f64::from(group.extra(i).label)).collect();
        let weight = f64::from(group.extra(0).weight);
        let mut out = GroupLoss::default();
        let slopes = match self.kind {
            RewardKind::Scores => self.of_scores(group, &rewards, &labels, &mut out),
            RewardKind::PlackettLuce if rewards.len() > 1 => {
                let (loss, mut slopes) = plackett_luce(&rewards, &labels);
                out.loss = weight * (loss + self.centring * rewards.iter().map(|r| r * r).sum::<f64>());
                out.weight = weight;
                slopes.iter_mut().zip(&rewards).for_each(|(d, r)| *d = weight * (*d + 2.0 * self.centring * r));
                slopes
            }
            RewardKind::PlackettLuce => vec![0.0; rewards.len()],
            RewardKind::Pairs => {
                let (loss, slopes, n_pairs) = self.all_pairs(group, &rewards, &labels);
                let share = if n_pairs > 0.0 { weight / n_pairs } else { 0.0 };
                out.loss = share * loss;
                out.weight = share * n_pairs;
                slopes.into_iter().map(|d| share * d).collect()
            }
        };
        if self.kind != RewardKind::Scores {
            add_ranking_stats(&mut out, &rewards, &labels);
        }
        out.d_outputs = scores.iter().map(|s| vec![0.0; s.outputs.len()]).collect();
        for (own, slope) in out.d_outputs.iter_mut().zip(slopes) {
            own.iter_mut().take(1).for_each(|d| *d = slope as f32);
        }
        out
    }

    /// Sum over all pairs of a ranking, its slopes, and how many pairs there are.
    fn all_pairs(&self, group: &Group, rewards: &[f64], ranks: &[f64]) -> (f64, Vec<f64>, f64) {
        let (mut loss, mut slopes, mut n) = (0.0, vec![0.0; rewards.len()], 0.0);
        let threshold = if let Ties::RaoKupper { threshold } = self.ties { threshold } else { 0.0 };
        for a in 0..rewards.len() {
            for b in a + 1..rewards.len() {
                // The better one first.
                let (a, b) = if ranks[b] < ranks[a] { (b, a) } else { (a, b) };
                let one = if ranks[a] < ranks[b] {
                    let margin = if self.margins { f64::from(group.extra(a).margin) } else { 0.0 };
                    Some(bradley_terry(rewards[a], rewards[b], margin + threshold, self.centring))
                } else {
                    tie(rewards[a], rewards[b], self.ties, self.centring)
                };
                let Some(one) = one else { continue };
                loss += one.loss;
                n += 1.0;
                slopes[a] += one.d_chosen;
                slopes[b] += one.d_rejected;
            }
        }
        (loss, slopes, n)
    }

    fn of_scores(self, group: &Group, rewards: &[f64], labels: &[f64], out: &mut GroupLoss) -> Vec<f64> {
        let mut slopes = vec![0.0; rewards.len()];
        for (i, (reward, label)) in rewards.iter().zip(labels).enumerate() {
            if let Some((loss, slope)) = regression(*reward, *label) {
                let weight = f64::from(group.extra(i).weight);
                out.loss += weight * (loss + self.centring * reward * reward);
                out.weight += weight;
                slopes[i] = weight * (slope + 2.0 * self.centring * reward);
                add_stats(&mut out.stats, &[(stat::REWARD, weight * reward)]);
            }
        }
        slopes
    }
}

/// Means over a ranking's decided pairs, and over its texts, times the group's weight.
fn add_ranking_stats(out: &mut GroupLoss, rewards: &[f64], ranks: &[f64]) {
    let (mut right, mut chosen, mut rejected, mut n) = (0.0, 0.0, 0.0, 0.0);
    for (a, rank) in rewards.iter().zip(ranks) {
        for (b, _) in rewards.iter().zip(ranks).filter(|(_, other)| rank < other) {
            right += right_order(a - b);
            chosen += a;
            rejected += b;
            n += 1.0;
        }
    }
    let mean = out.weight * rewards.iter().sum::<f64>() / rewards.len().max(1) as f64;
    add_stats(&mut out.stats, &[(stat::REWARD, mean)]);
    if n > 0.0 {
        let share = out.weight / n;
        let sums = [
            (stat::ACCURACY, right * share),
            (stat::DECIDED, out.weight),
            (stat::REWARD_CHOSEN, chosen * share),
            (stat::REWARD_REJECTED, rejected * share),
            (stat::MARGIN, (chosen - rejected) * share),
        ];
        add_stats(&mut out.stats, &sums);
    }
}
