//! Validation in small pieces, on the same sequences every time. Knows no trainer.

use super::loss::{GroupLoss, Stats, add_stats};
use crate::engine::event::EvalPoint;
use crate::evaluate::{bits_per_byte, perplexity};

/// A validation under way.
pub struct Evaluation {
    pub step: u64,
    /// Sequences in all, and done.
    pub total: usize,
    pub done: usize,
    nats: f64,
    /// Tokens, or whatever the loss counts.
    weight: f64,
    stats: Stats,
    /// For measurements that come in more pieces than they have sequences.
    pub begun: bool,
}

impl Evaluation {
    pub fn new(step: u64, total: usize) -> Self {
        Self { step, total, done: 0, nats: 0.0, weight: 0.0, stats: Stats::new(), begun: false }
    }

    /// Places of the next sequences: at most `width` of them.
    pub fn next(&self, width: usize) -> std::ops::Range<usize> {
        self.done..(self.done + width.max(1)).min(self.total)
    }

    /// Takes the log-probabilities of `n` sequences.
    pub fn add(&mut self, n: usize, logprob: impl Iterator<Item = f32>) {
        self.done += n;
        for lp in logprob {
            self.nats -= f64::from(lp);
            self.weight += 1.0;
        }
    }

    /// Takes a summed loss of `n` sequences and what it counts, for losses that are no log-probabilities.
    pub fn add_loss(&mut self, n: usize, loss: f64, weight: f64) {
        self.done += n;
        self.nats += loss;
        self.weight += weight;
    }

    /// As `add_loss`, with what the loss counts beside.
    pub fn add_group(&mut self, n: usize, loss: &GroupLoss) {
        self.add_loss(n, loss.loss, loss.weight);
        add_stats(&mut self.stats, &loss.stats);
    }

    /// Takes a summed loss of `n` answers, and sums beside it.
    pub fn add_measured(&mut self, n: usize, loss: f64, sums: &[(&'static str, f64)]) {
        self.add_loss(n, loss, n as f64);
        add_stats(&mut self.stats, sums);
    }

    /// Means beside the loss.
    pub fn stats(&self) -> Stats {
        self.stats.iter().map(|(name, sum)| (*name, sum / self.weight.max(1e-9))).collect()
    }

    pub fn is_done(&self) -> bool {
        self.done >= self.total
    }

    /// The result; `tokens_per_byte` is that of the whole validation text.
    pub fn point(&self, tokens_per_byte: f64, best_before: Option<f32>) -> EvalPoint {
        let loss = self.nats / self.weight.max(1e-9);
        EvalPoint {
            step: self.step,
            loss: loss as f32,
            perplexity: perplexity(loss) as f32,
            bits_per_byte: bits_per_byte(loss, tokens_per_byte) as f32,
            best: best_before.is_none_or(|best| (loss as f32) < best),
        }
    }
}
