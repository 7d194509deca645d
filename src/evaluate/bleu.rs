//! BLEU of translations, from counts of shared words. Knows no model.
//!
//! Papineni et al. 2002: the geometric mean of the precisions of runs of 1 to 4 tokens, times e^(1 − gold length / predicted length) if
//! the prediction is shorter. Agrees with sacrebleu 2.x with one reference: tokens of `13a`, case kept, smoothing `exp` (a precision
//! of zero becomes half the smallest possible one, then a quarter, …: method 3 of Chen and Cherry 2014).

use super::words::{shared, tokens_13a};

/// Counts of a row: predicted tokens, gold tokens, runs of 1 to 4 that are right, runs of 1 to 4 that were predicted.
pub const SLOTS: usize = 2 + 2 * ORDERS;
const ORDERS: usize = 4;

/// Counts of one row, which add up over rows.
pub fn counts(gold: &str, predicted: &str) -> Vec<f64> {
    let (gold, predicted) = (tokens_13a(gold), tokens_13a(predicted));
    let runs: Vec<_> = (1..=ORDERS).map(|n| shared(&gold, &predicted, n)).collect();
    let lengths = [predicted.len() as f64, gold.len() as f64];
    let right = runs.iter().map(|run| run.both as f64);
    let total = runs.iter().map(|run| run.predicted as f64);
    lengths.into_iter().chain(right).chain(total).collect()
}

/// BLEU of summed counts, 0 to 100. Without a run of four tokens anywhere it is 0.
pub fn corpus(counts: &[f64]) -> f64 {
    score(counts, false)
}

/// BLEU of one row, 0 to 100, to put rows in order: runs longer than the prediction do not count (sacrebleu's `effective_order`).
pub fn sentence(gold: &str, predicted: &str) -> f64 {
    score(&counts(gold, predicted), true)
}

fn score(counts: &[f64], effective_order: bool) -> f64 {
    let [predicted_len, gold_len, runs @ ..] = counts else { return 0.0 };
    let (right, total) = runs.split_at(runs.len() / 2);
    if right.iter().all(|n| *n == 0.0) {
        return 0.0;
    }
    let (mut smooth, mut log_sum, mut orders) = (1.0, 0.0, 0_u8);
    for (&right, &total) in right.iter().zip(total) {
        if total == 0.0 {
            break;
        }
        orders += 1;
        if right == 0.0 {
            smooth *= 2.0;
            log_sum -= (smooth * total).ln();
        } else {
            log_sum += (right / total).ln();
        }
    }
    if usize::from(orders) < ORDERS && !effective_order {
        return 0.0;
    }
    let brevity = if predicted_len < gold_len { (1.0 - gold_len / predicted_len).exp() } else { 1.0 };
    100.0 * brevity * (log_sum / f64::from(orders)).exp()
}
