//! The arithmetic of policy gradients: KL estimates and penalties, advantages, clipped objectives. Knows no model, group or thread.
//!
//! Lists run over the tokens of one answer; log-probabilities are in nats.

#![expect(clippy::doc_markdown, reason = "subscripts in formulas and names of methods")]

use serde::{Deserialize, Serialize};

use super::smooth::capped_exp;

/// How a KL divergence is estimated from a sampled token (Schulman 2020, "Approximating KL divergence").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KlEstimator {
    /// ln π − ln π_r: unbiased, of either sign.
    #[default]
    K1,
    /// π_r/π − 1 − ln(π_r/π): unbiased, never negative, and less noisy.
    K3,
}

impl KlEstimator {
    /// The estimate of KL(π ‖ π_r) at a token drawn from π.
    pub fn of(self, logp: f64, reference: f64) -> f64 {
        match self {
            Self::K1 => logp - reference,
            Self::K3 => k3(logp, reference).0,
        }
    }
}

/// k3 and its slope by ln π, which is 1 − π_r/π.
pub fn k3(logp: f64, reference: f64) -> (f64, f64) {
    let (ratio, slope) = capped_exp(reference - logp);
    (ratio - 1.0 - (reference - logp), 1.0 - slope)
}

/// Each token's reward (Ouyang et al. 2022, section 3.5, after Ziegler et al. 2019, equation 2): −β times the KL estimate between the
/// policy that wrote the answer and the reference, and the answer's score on its last token.
pub fn token_rewards(old: &[f64], reference: &[f64], score: f64, kl_coef: f64, estimator: KlEstimator) -> Vec<f64> {
    let mut rewards: Vec<f64> = old.iter().zip(reference).map(|(old, r)| -kl_coef * estimator.of(*old, *r)).collect();
    if let Some(last) = rewards.last_mut() {
        *last += score;
    }
    rewards
}

/// A KL coefficient that keeps the measured divergence near a target (Ziegler et al. 2019, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveKl {
    pub coef: f64,
    /// Nats for a whole answer.
    pub target: f64,
    /// Answers over which a full error changes the coefficient by its own size.
    pub horizon: f64,
}

impl AdaptiveKl {
    /// β ← β (1 + clip(KL / target − 1, ±0.2) · n / horizon) after `n` answers. A divergence that is no number changes nothing.
    pub fn update(&mut self, kl: f64, n: usize) {
        let error = (kl / self.target - 1.0).clamp(-0.2, 0.2);
        if error.is_finite() {
            self.coef *= 1.0 + error * n as f64 / self.horizon;
        }
    }
}

/// Generalised advantage estimates, and the returns they imply (Schulman et al. 2016, equations 11 and 16):
/// δ_t = r_t + γ V_{t+1} − V_t and A_t = δ_t + γλ A_{t+1}, with nothing after the last token; returns are A_t + V_t.
pub fn gae(rewards: &[f64], values: &[f64], gamma: f64, lambda: f64) -> (Vec<f64>, Vec<f64>) {
    let n = rewards.len().min(values.len());
    let (mut advantages, mut returns) = (vec![0.0; n], vec![0.0; n]);
    let (mut advantage, mut next) = (0.0, 0.0);
    for t in (0..n).rev() {
        let delta = rewards[t] + gamma * next - values[t];
        advantage = delta + gamma * lambda * advantage;
        next = values[t];
        advantages[t] = advantage;
        returns[t] = advantage + values[t];
    }
    (advantages, returns)
}

/// Σ_{k ≥ t} γ^{k−t} r_k.
pub fn discounted_returns(rewards: &[f64], gamma: f64) -> Vec<f64> {
    let mut returns = rewards.to_vec();
    for t in (1..returns.len()).rev() {
        returns[t - 1] += gamma * returns[t];
    }
    returns
}

/// Added to a variance, so that what is all alike stays finite.
const WHITEN_EPS: f64 = 1e-8;

/// Scales all tokens of a batch to variance 1, and with `shift` to mean 0. Returns the mean and the (unbiased) variance they had.
pub fn whiten(rows: &mut [Vec<f64>], shift: bool) -> (f64, f64) {
    let (mean, variance) = moments(&rows.concat());
    let scale = (variance + WHITEN_EPS).sqrt().recip();
    let back = if shift { 0.0 } else { mean };
    rows.iter_mut().flatten().for_each(|x| *x = (*x - mean) * scale + back);
    (mean, variance)
}

/// Mean, and variance with n − 1 in its denominator: 0 of fewer than two.
fn moments(xs: &[f64]) -> (f64, f64) {
    let mean = xs.iter().sum::<f64>() / xs.len().max(1) as f64;
    let squares: f64 = xs.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, squares / xs.len().saturating_sub(1).max(1) as f64)
}

/// A term of a loss, its slope, and whether clipping stopped it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clipped {
    pub loss: f64,
    pub slope: f64,
    pub clipped: bool,
}

/// −min(ρA, clip(ρ, 1 ± ε) A) with ρ = π/π_old (Schulman et al. 2017, equation 7), and its slope by ln π.
pub fn clipped_policy(new: f64, old: f64, advantage: f64, clip: f64) -> Clipped {
    let (ratio, slope) = capped_exp(new - old);
    let (free, held) = (-advantage * ratio, -advantage * ratio.clamp(1.0 - clip, 1.0 + clip));
    if held > free {
        Clipped { loss: held, slope: 0.0, clipped: true }
    } else {
        Clipped { loss: free, slope: -advantage * slope, clipped: false }
    }
}

/// ½ max((V − R)², (clip(V, V_old ± ε) − R)²) (as in OpenAI's baselines, which the paper leaves out), and its slope by V.
pub fn clipped_value(new: f64, old: f64, target: f64, clip: f64) -> Clipped {
    let held = new.clamp(old - clip, old + clip) - target;
    let free = new - target;
    if held * held > free * free {
        Clipped { loss: 0.5 * held * held, slope: 0.0, clipped: true }
    } else {
        Clipped { loss: 0.5 * free * free, slope: free, clipped: false }
    }
}

/// ½ (ln π − ln π_old)²: k2, how far an update went (Schulman 2020).
pub fn k2(new: f64, old: f64) -> f64 {
    0.5 * (new - old).powi(2)
}

/// Added to a standard deviation of rewards, as DeepSeek's and TRL's GRPO do.
const GROUP_EPS: f64 = 1e-4;

/// Advantages of the answers to one prompt over their mean reward; `scaled` by the (unbiased) standard deviation (Shao et al. 2024,
/// section 4.1.2), which Liu et al. 2025 ("Dr. GRPO") leave out since it weighs easy and hard prompts more. Constant rewards give zeros.
pub fn group_advantages(rewards: &[f64], scaled: bool) -> Vec<f64> {
    let (mean, variance) = moments(rewards);
    let scale = if scaled { variance.sqrt() + GROUP_EPS } else { 1.0 };
    rewards.iter().map(|r| (r - mean) / scale).collect()
}

/// Advantages over the mean of the *other* answers to the prompt (Kool et al. 2019; Ahmadian et al. 2024, equation 9). 0 of a lone answer.
pub fn leave_one_out(rewards: &[f64]) -> Vec<f64> {
    let sum: f64 = rewards.iter().sum();
    let others = rewards.len().saturating_sub(1);
    rewards.iter().map(|r| if others == 0 { 0.0 } else { r - (sum - r) / others as f64 }).collect()
}
