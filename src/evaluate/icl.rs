//! Figures of learning from the prompt: labels compared by their probabilities, calibrated, and means over draws with their bands. Knows no model.

use serde::{Deserialize, Serialize};

/// Quantiles 0.975 of Student's t for 1 to 30 degrees of freedom.
const T_975: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];
/// The same of the normal distribution, which t comes close to.
const Z_975: f64 = 1.960;

/// A mean over draws with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

impl Band {
    /// Mean ± t · s / √n (Student 1908) over draws that are independent of each other. A single draw has no band: it is the mean alone.
    pub fn of(draws: &[f64]) -> Self {
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n.max(1.0);
        if draws.len() < 2 {
            return Self { mean, low: mean, high: mean };
        }
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let half = T_975.get(draws.len() - 2).copied().unwrap_or(Z_975) * (variance / n).sqrt();
        Self { mean, low: mean - half, high: mean + half }
    }

    /// Of a share, which lies between 0 and 1.
    #[must_use]
    pub fn clamped(self) -> Self {
        Self { mean: self.mean, low: self.low.max(0.0), high: self.high.min(1.0) }
    }
}

/// Probabilities of labels alone, from what a model says of each after the prompt: they sum to 1.
pub fn label_probabilities(logprobs: &[f64]) -> Vec<f64> {
    let top = logprobs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return vec![1.0 / logprobs.len().max(1) as f64; logprobs.len()];
    }
    let weights: Vec<f64> = logprobs.iter().map(|x| (x - top).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|x| x / sum).collect()
}

/// Contextual calibration (Zhao et al. 2021, equations 1 and 2, the diagonal W and no b): what a model says of the labels where the
/// query has no content is its bias, and is divided out. `free` holds the labels' log-probabilities after each query without content.
pub fn calibrated(logprobs: &[f64], free: &[Vec<f64>]) -> Vec<f64> {
    let own = label_probabilities(logprobs);
    if free.is_empty() {
        return own;
    }
    let mut bias = vec![0.0; own.len()];
    for one in free {
        bias.iter_mut().zip(label_probabilities(one)).for_each(|(sum, p)| *sum += p / free.len() as f64);
    }
    let scaled: Vec<f64> = own.iter().zip(&bias).map(|(p, bias)| p / bias.max(1e-12)).collect();
    let sum: f64 = scaled.iter().sum();
    scaled.into_iter().map(|x| x / sum.max(f64::MIN_POSITIVE)).collect()
}

/// Place of the largest; of equals the first.
pub fn largest(values: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (i, value) in values.iter().enumerate() {
        if best.is_none_or(|(_, top)| *value > top) {
            best = Some((i, *value));
        }
    }
    best.map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bias_is_divided_out() {
        let ln = |p: &[f64]| p.iter().map(|x: &f64| x.ln()).collect::<Vec<_>>();
        // A label that is likely whatever is asked: 0.8 of the mass is bias, and the query speaks for the other.
        let p = calibrated(&ln(&[0.07, 0.03]), &[ln(&[0.4, 0.1])]);
        let expected = [0.7 / 0.8 / (0.7 / 0.8 + 0.3 / 0.2), 0.3 / 0.2 / (0.7 / 0.8 + 0.3 / 0.2)];
        assert!(p.iter().zip(expected).all(|(p, e)| (p - e).abs() < 1e-12), "{p:?}");
        assert_eq!(largest(&p), Some(1));
        assert_eq!(largest(&label_probabilities(&ln(&[0.07, 0.03]))), Some(0));
    }

    #[test]
    fn an_unbiased_model_stays_as_it_is() {
        let own = calibrated(&[-1.0, -2.0, -3.0], &[vec![-7.0; 3], vec![-1.0; 3]]);
        let plain = label_probabilities(&[-1.0, -2.0, -3.0]);
        assert!(own.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(label_probabilities(&[f64::NEG_INFINITY; 2]), [0.5, 0.5]);
    }

    #[test]
    fn bands_are_those_of_student() {
        // scipy.stats.t.interval(0.95, 4, loc=0.6, scale=sem([.5,.6,.7,.55,.65]))
        let band = Band::of(&[0.5, 0.6, 0.7, 0.55, 0.65]);
        assert!((band.mean - 0.6).abs() < 1e-12 && (band.high - 0.698_16).abs() < 1e-4, "{band:?}");
        assert_eq!(Band::of(&[0.5]), Band { mean: 0.5, low: 0.5, high: 0.5 });
        let share = Band::of(&[0.9, 1.0]).clamped();
        assert!(share.high <= 1.0 && share.low < 0.9);
    }
}
