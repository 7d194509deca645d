//! What models that know (almost) nothing of order score on the validation text. A language model is worth its name below the last of them.

use super::tokens::Tokens;
use crate::engine::event::Baselines;

/// Training tokens that pairs are counted on, twelve bytes each.
const MAX_TRAIN: usize = 12_000_000;
/// Validation tokens that are scored.
const MAX_VAL: usize = 2_000_000;
/// A long side is read in so many evenly spread stretches.
const STRETCHES: usize = 64;

/// Uniform, unigram and bigram loss in nats a token, and the training tokens that pairs were counted on. `counts` are the
/// frequencies in the whole training side. Without a validation side the training side is scored.
pub(super) fn measure(train: &Tokens, val: &Tokens, counts: &[u64]) -> (Baselines, u64) {
    let vocab = counts.len().max(1) as f64;
    let uniform = vocab.ln() as f32;
    if train.is_empty() {
        return (Baselines { uniform, unigram: uniform, bigram: uniform }, 0);
    }
    let scored = stretches(if val.is_empty() { train } else { val }, MAX_VAL);
    let total = counts.iter().sum::<u64>() as f64;
    let unigram = mean(scored.iter().flatten().map(|&id| {
        let n = counts.get(id as usize).copied().unwrap_or(0);
        ((n + 1) as f64 / (total + vocab)).ln()
    }));
    let learnt = stretches(train, MAX_TRAIN);
    let seen = learnt.iter().map(|stretch| stretch.len() as u64).sum();
    let pairs = Pairs::count(&learnt, counts.len());
    drop(learnt);
    let bigram = mean(scored.iter().flat_map(|stretch| stretch.windows(2)).map(|pair| match *pair {
        [before, id] => pairs.probability(before, id).ln(),
        _ => 0.0,
    }));
    // One token has no pair; then pairs tell nothing.
    let bigram = if bigram > 0.0 { bigram } else { unigram };
    (Baselines { uniform, unigram: unigram as f32, bigram: bigram as f32 }, seen)
}

/// All tokens, or evenly spread stretches of them of `max` tokens together.
fn stretches(tokens: &Tokens, max: usize) -> Vec<Vec<u32>> {
    let mut out = vec![Vec::new()];
    if tokens.len() <= max {
        if let Some(all) = out.first_mut() {
            tokens.read(0, tokens.len(), all);
        }
        return out;
    }
    out.resize_with(STRETCHES, Vec::new);
    for (i, stretch) in out.iter_mut().enumerate() {
        tokens.read(tokens.len() / STRETCHES * i, max / STRETCHES, stretch);
    }
    out
}

/// Minus the mean; 0 of nothing.
fn mean(log_probabilities: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = log_probabilities.fold((0.0, 0_u64), |(sum, n), x| (sum + x, n + 1));
    if n == 0 { 0.0 } else { -sum / n as f64 }
}

/// Interpolated Kneser–Ney over pairs (Kneser and Ney 1995; Chen and Goodman 1999, eq. 9), its last resort uniform.
struct Pairs {
    /// `before << 32 | id`, ascending, each once.
    keys: Vec<u64>,
    counts: Vec<u32>,
    /// For each token: how often it came before another, and before how many different ones.
    before: Vec<(u64, u32)>,
    /// For each token: after how many different ones it came.
    after: Vec<u32>,
    discount: f64,
}

impl Pairs {
    fn count(stretches: &[Vec<u32>], vocab: usize) -> Self {
        let pairs = stretches.iter().flat_map(|stretch| stretch.windows(2));
        let mut keys: Vec<u64> = pairs
            .filter_map(|pair| match *pair {
                [before, id] => Some(u64::from(before) << 32 | u64::from(id)),
                _ => None,
            })
            .collect();
        keys.sort_unstable();
        let mut counts: Vec<u32> = keys.chunk_by(|a, b| a == b).map(|run| run.len() as u32).collect();
        keys.dedup();
        counts.shrink_to_fit();
        let mut before = vec![(0, 0); vocab];
        let mut after = vec![0; vocab];
        let (mut once, mut twice) = (0_u64, 0_u64);
        for (&key, &n) in keys.iter().zip(&counts) {
            if let Some((total, kinds)) = before.get_mut((key >> 32) as usize) {
                *total += u64::from(n);
                *kinds += 1;
            }
            if let Some(kinds) = after.get_mut(key as u32 as usize) {
                *kinds += 1;
            }
            once += u64::from(n == 1);
            twice += u64::from(n == 2);
        }
        let discount = if once == 0 { 0.5 } else { once as f64 / (once + 2 * twice) as f64 };
        Self { keys, counts, before, after, discount: discount.clamp(0.1, 0.95) }
    }

    fn probability(&self, before: u32, id: u32) -> f64 {
        let vocab = self.after.len().max(1) as f64;
        let kinds = self.after.get(id as usize).copied().unwrap_or(0);
        let lower = (f64::from(kinds) + 1.0) / (self.keys.len() as f64 + vocab);
        let &(total, followers) = self.before.get(before as usize).unwrap_or(&(0, 0));
        if total == 0 {
            return lower;
        }
        let key = u64::from(before) << 32 | u64::from(id);
        let n = self.keys.binary_search(&key).ok().and_then(|i| self.counts.get(i)).copied().unwrap_or(0);
        let total = total as f64;
        (f64::from(n) - self.discount).max(0.0) / total + self.discount * f64::from(followers) / total * lower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one() {
        let text = [vec![0, 1, 2, 1, 2, 3, 1, 2, 0, 0, 4, 1]];
        let pairs = Pairs::count(&text, 6);
        for before in 0..6 {
            let sum: f64 = (0..6).map(|id| pairs.probability(before, id)).sum();
            assert!((sum - 1.0).abs() < 1e-9, "after {before}: {sum}");
        }
        assert!(pairs.probability(1, 2) > 0.5);
    }
}
