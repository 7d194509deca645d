//! Masked-language-model pre-training: hidden tokens are predicted from both sides (Devlin et al. 2019). Reads top to bottom.
//!
//! Left out of the textbook: no next-sentence prediction (Liu et al. 2019 found that it does not help), no padding. Masks are drawn
//! anew each time a window is seen.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn, cross_entropy};
use super::random::{Stream, key};
use crate::data::{Batches, Corpus, Masking, Tokens};
use crate::engine::event::EvalPoint;
use crate::model::{Sequence, Target};

pub struct Masked {
    pub learner: Learner,
    corpus: Corpus,
    batches: Batches,
    masking: Masking,
    /// First tokens of the validation windows.
    validation: Vec<usize>,
    loss: LossFn,
}

impl Masked {
    pub fn new(learner: Learner, corpus: Corpus) -> Self {
        let (plan, config, facts) = (learner.plan(), learner.plan().config(), learner.plan().facts());
        let batches = Batches::new(corpus.train().len(), plan.context(), config.seed);
        let validation = Batches::evenly(corpus.val().len(), plan.context(), config.eval_sequences);
        // A plan without a mask was refused.
        let mask_id = facts.mask.unwrap_or_default();
        let masking =
            Masking { probability: config.mask_prob, mask_id, vocab_size: facts.vocab_size, special: facts.special.clone() };
        Self { learner, corpus, batches, masking, validation, loss: Arc::new(cross_entropy) }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next windows of the training text, each with tokens hidden.
        let first = self.learner.next_sequence();
        let groups = self.learner.plan().passes(first).map(|numbers| self.group(numbers)).collect();

        // 2. Forward, −Σ log p of the hidden tokens, backward, on every replica; gradients pile up.
        self.learner.accumulate(groups, &self.loss)?;
        if !self.learner.is_full() {
            self.learner.count_time(started.elapsed());
            return Ok(None);
        }

        // 3. Sum over replicas, mean over hidden tokens, clip, AdamW.
        self.learner.count_time(started.elapsed());
        let lr = self.learner.scheduled_lr();
        Ok(Some(self.learner.update(lr)))
    }

    /// Begins a validation.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation::new(self.learner.step(), self.validation.len())
    }

    /// One piece of a validation, with the same masks every time; the result when it was the last.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        let part = evaluation.next(self.learner.eval_width());
        let plan = self.learner.plan();
        let hidden = |i: usize| {
            let start = self.validation.get(i).copied().unwrap_or_default();
            let key = key(plan.config().seed, Stream::ValidationMasks, i as u64);
            hide(&self.masking, &window(self.corpus.val(), start, plan.context()), key)
        };
        let sequences = part.clone().map(hidden).collect();
        let scores = self.learner.score(sequences)?;
        evaluation.add(part.len(), scores.into_iter().flat_map(|s| s.logprob));
        Ok(self.learner.finish_evaluation(evaluation))
    }

    /// These sequences of the run, to go through the model together.
    fn group(&self, numbers: Range<u64>) -> Group {
        let plan = self.learner.plan();
        let seed = plan.config().seed;
        let dropout = key(seed, Stream::Dropout, numbers.start);
        let sequence = |number| {
            let ids = window(self.corpus.train(), self.batches.start(number), plan.context());
            hide(&self.masking, &ids, key(seed, Stream::Masks, number))
        };
        Group { sequences: numbers.map(sequence).collect(), key: dropout, ..Group::default() }
    }
}

/// T tokens from `start` on, fewer where the text is shorter.
fn window(tokens: &Tokens, start: usize, context: usize) -> Vec<u32> {
    let mut ids = Vec::with_capacity(context);
    tokens.read(start, tokens.len().min(context), &mut ids);
    ids
}

/// The sequence with tokens hidden, and the hidden ones as targets: 80 % become the mask, 10 % another token, 10 % stay.
fn hide(masking: &Masking, ids: &[u32], key: u64) -> Sequence {
    let masked = masking.apply(ids, key);
    let targets = masked.targets.into_iter().map(|(pos, id)| Target { pos, id }).collect();
    Sequence { ids: masked.ids, targets }
}
