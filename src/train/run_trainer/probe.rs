//! Whether a model uses its context, measured between steps: it copies what stood there before, and later tokens surprise it less. Changes nothing.

use super::{RunTrainer, Trainer};
use crate::data::hash::mix;
use crate::model::{Scores, Sequence};
use crate::train::TrainError;
use crate::train::random::{Stream, key};

/// Sequences of random tokens, and tokens of each half at most.
const REPEATS: usize = 8;
const HALF: usize = 32;
/// Validation windows, by whose places the loss is told.
const WINDOWS: usize = 16;

/// Names of the curves.
pub mod series {
    /// Loss on the second half of repeated random tokens minus that on the first (Olsson et al. 2022, section "induction heads"): 0 for
    /// who cannot look back, far below for who can.
    pub const COPY: &str = "context/copy";
    /// Loss of the tokens in the first and the last eighth of the context.
    pub const FIRST: &str = "context/first";
    pub const LAST: &str = "context/last";
    /// Share of queries of held-out tasks that are answered rightly with k examples before them, and −ln p of the right answer; k stands
    /// behind. Whoever drives the run asks.
    pub const SHOTS: &str = "context/shots-";
    pub const ANSWER_LOSS: &str = "context/answer-loss-";
    /// What guessing among the answers scores.
    pub const GUESSING: &str = "context/shots-guessing";
}

impl RunTrainer {
    /// Curves beside the loss, by name. Empty for models that do not predict the next token.
    pub fn context_probe(&mut self) -> Result<Vec<(String, f64)>, TrainError> {
        let config = self.plan().config();
        if !config.writes_text() {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        let repeats = self.repeats();
        if !repeats.is_empty() {
            let n = repeats.first().map_or(0, |sequence| sequence.ids.len() / 2);
            let scores = self.learner_mut().score(repeats)?;
            // The first token of either half follows from nothing that was read.
            let (first, second) = (mean_loss(&scores, 0..n.saturating_sub(1)), mean_loss(&scores, n..2 * n - 1));
            out.push((series::COPY.to_owned(), second - first));
        }
        let windows = self.windows();
        if let Some(length) = windows.iter().map(|window| window.targets.len()).min().filter(|length| *length >= 16) {
            let scores = self.learner_mut().score(windows)?;
            out.push((series::FIRST.to_owned(), mean_loss(&scores, 0..length / 8)));
            out.push((series::LAST.to_owned(), mean_loss(&scores, length - length / 8..length)));
        }
        Ok(out)
    }

    /// Log-probabilities of every target by the weights of the last finished step. Changes nothing.
    pub fn score(&mut self, sequences: Vec<Sequence>) -> Result<Vec<Scores>, TrainError> {
        self.learner_mut().score(sequences)
    }

    /// Random tokens, each sequence twice behind itself; the same at every step of a run.
    fn repeats(&self) -> Vec<Sequence> {
        let plan = self.plan();
        let (vocab, special) = (plan.facts().vocab_size, &plan.facts().special);
        let half = HALF.min(plan.context() / 2);
        let plain: Vec<u32> = (0..vocab as u32).filter(|id| !special.contains(id)).collect();
        if half < 4 || plain.is_empty() {
            return Vec::new();
        }
        let seed = key(plan.config().seed, Stream::Probe, 0);
        let sequence = |row: usize| {
            let token = |i: usize| plain.get((mix(mix(seed, row as u64), i as u64) % plain.len() as u64) as usize).copied();
            let tokens: Vec<u32> = (0..half).filter_map(token).collect();
            Sequence::causal([tokens.as_slice(), tokens.as_slice()].concat())
        };
        (0..REPEATS).map(sequence).collect()
    }

    /// Windows of the validation text, where the run learns from a text.
    fn windows(&self) -> Vec<Sequence> {
        match &self.trainer {
            Trainer::Causal(trainer) => trainer.windows(WINDOWS),
            _ => Vec::new(),
        }
    }
}

/// Over these targets of every sequence.
fn mean_loss(scores: &[Scores], part: std::ops::Range<usize>) -> f64 {
    let all = scores.iter().filter_map(|scores| scores.logprob.get(part.clone()));
    let (mut sum, mut n) = (0.0, 0_usize);
    for logprobs in all {
        sum -= logprobs.iter().map(|x| f64::from(*x)).sum::<f64>();
        n += logprobs.len();
    }
    sum / n.max(1) as f64
}
