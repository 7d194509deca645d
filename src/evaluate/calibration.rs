//! Whether a model is as sure as it is right, and how unsure it is of one row. Knows no model.

use serde::{Deserialize, Serialize};

/// Rows whose confidence lies in one range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Above `low`, up to and with `high`; the first has 0 as well.
    pub low: f64,
    pub high: f64,
    pub count: u64,
    /// Mean confidence, and the share that is right; 0 of no rows.
    pub confidence: f64,
    pub accuracy: f64,
}

/// Bins of equal width, and the expected calibration error over them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub bins: Vec<Bin>,
    /// Σ count / rows · |accuracy − confidence|, 0 to 1: by how much the model is too sure or too modest.
    pub expected_error: f64,
}

/// Sorts (confidence in 0 to 1, right) into `bins` bins (Guo et al. 2017 take 15). Bins agree with scikit-learn's
/// `calibration_curve(strategy="uniform")`, which leaves the empty ones out. Confidences that are no number are left out.
pub fn calibration(rows: &[(f32, bool)], bins: usize) -> Calibration {
    let bins = bins.max(1);
    let edge = |i: usize| i as f64 / bins as f64;
    let mut sums = vec![(0_u64, 0.0, 0_u64); bins];
    for (confidence, right) in rows.iter().filter(|(confidence, _)| !confidence.is_nan()) {
        let confidence = f64::from(*confidence).clamp(0.0, 1.0);
        // Compared with the edges themselves: a product, rounded, puts a value that lies on an edge on either side.
        let place = (1..bins).take_while(|&i| edge(i) < confidence).count();
        if let Some((count, sum, hits)) = sums.get_mut(place) {
            *count += 1;
            *sum += confidence;
            *hits += u64::from(*right);
        }
    }
    let share = |part: f64, whole: u64| super::tally::ratio(part, whole as f64);
    let bin = |(i, (count, sum, hits)): (usize, &(u64, f64, u64))| Bin {
        low: edge(i),
        high: edge(i + 1),
        count: *count,
        confidence: share(*sum, *count),
        accuracy: share(*hits as f64, *count),
    };
    let bins: Vec<Bin> = sums.iter().enumerate().map(bin).collect();
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let gap = bins.iter().map(|bin| bin.count as f64 * (bin.accuracy - bin.confidence).abs()).sum();
    Calibration { expected_error: share(gap, total), bins }
}

/// How unsure a model is of a row; in each, 0 is sure, and more is less sure (Settles 2009), so rows sort the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Uncertainty {
    /// −Σ p ln p in nats: all classes count.
    #[default]
    Entropy,
    /// 1 − (first − second): how near the two likeliest are.
    Margin,
    /// 1 − first.
    LeastConfidence,
}

/// How sure a model is of an answer, by each measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sureness {
    /// Of what it answers, 0 to 1.
    pub probability: f64,
    /// First less second probability.
    pub margin: f64,
    /// In nats.
    pub entropy: f64,
}

impl Sureness {
    /// Nothing to doubt.
    pub const CERTAIN: Self = Self { probability: 1.0, margin: 1.0, entropy: 0.0 };

    /// Of the probabilities of all classes, which sum to 1.
    pub fn of(probabilities: &[f32]) -> Self {
        let unsure = |measure: Uncertainty| f64::from(measure.score(probabilities));
        Self {
            probability: (1.0 - unsure(Uncertainty::LeastConfidence)).clamp(0.0, 1.0),
            margin: (1.0 - unsure(Uncertainty::Margin)).clamp(0.0, 1.0),
            // A distribution with a NaN in it is looked at first, and must stay a number to be kept.
            entropy: unsure(Uncertainty::Entropy).min(f64::MAX),
        }
    }

    /// The less sure of two, measure by measure: one wrong part makes the whole wrong.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        Self {
            probability: self.probability.min(other.probability),
            margin: self.margin.min(other.margin),
            entropy: self.entropy.max(other.entropy),
        }
    }
}

impl Uncertainty {
    /// Of the probabilities of all classes, which sum to 1. Of none, or with a NaN among them: the most unsure there is, so that the
    /// row is looked at.
    pub fn score(self, probabilities: &[f32]) -> f32 {
        let p: Vec<f64> = probabilities.iter().map(|p| f64::from(*p)).collect();
        if p.is_empty() || p.iter().any(|p| p.is_nan()) {
            return f32::INFINITY;
        }
        let (mut first, mut second) = (0.0, 0.0);
        for &p in &p {
            if p > first {
                (first, second) = (p, first);
            } else if p > second {
                second = p;
            }
        }
        let unsure = match self {
            Self::Entropy => p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum(),
            Self::Margin => 1.0 - (first - second),
            Self::LeastConfidence => 1.0 - first,
        };
        unsure as f32
    }
}
