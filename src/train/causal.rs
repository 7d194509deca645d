//! Causal pre-training: each token is predicted from those before it (Radford et al. 2018). Reads top to bottom.
//!
//! Left out of the textbook: no padding and no document mask. A window is a stretch of the token file, whole documents and parts of
//! them with an end-of-text token between, and attention may look across that border, as in nanoGPT.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn, cross_entropy};
use super::random::{Stream, key};
use crate::data::{Batches, Corpus, Tokens};
use crate::engine::event::EvalPoint;
use crate::model::Sequence;

pub struct Causal {
    pub learner: Learner,
    corpus: Corpus,
    batches: Batches,
    /// First tokens of the validation windows.
    validation: Vec<usize>,
    loss: LossFn,
}

impl Causal {
    pub fn new(learner: Learner, corpus: Corpus) -> Self {
        let (plan, config) = (learner.plan(), learner.plan().config());
        let batches = Batches::new(corpus.train().len(), plan.context(), config.seed);
        let validation = Batches::evenly(corpus.val().len(), plan.context(), config.eval_sequences);
        Self { learner, corpus, batches, validation, loss: Arc::new(cross_entropy) }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next windows of the training text.
        let first = self.learner.next_sequence();
        let groups = self.learner.plan().passes(first).map(|numbers| self.group(numbers)).collect();

        // 2. Forward, −Σ log p, backward, on every replica; gradients pile up.
        self.learner.accumulate(groups, &self.loss)?;
        if !self.learner.is_full() {
            self.learner.count_time(started.elapsed());
            return Ok(None);
        }

        // 3. Sum over replicas, mean over tokens, clip, AdamW.
        self.learner.count_time(started.elapsed());
        let lr = self.learner.scheduled_lr();
        Ok(Some(self.learner.update(lr)))
    }

    /// Begins a validation.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation::new(self.learner.step(), self.validation.len())
    }

    /// One piece of a validation; the result when it was the last.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        let part = evaluation.next(self.learner.eval_width());
        let starts = self.validation.get(part.clone()).unwrap_or_default();
        let context = self.learner.plan().context();
        let sequences = starts.iter().map(|start| window(self.corpus.val(), *start, context)).collect();
        let scores = self.learner.score(sequences)?;
        evaluation.add(part.len(), scores.into_iter().flat_map(|s| s.logprob));
        Ok(self.learner.finish_evaluation(evaluation))
    }

    /// The first few of the validation's windows.
    pub fn windows(&self, n: usize) -> Vec<Sequence> {
        let context = self.learner.plan().context();
        self.validation.iter().take(n).map(|start| window(self.corpus.val(), *start, context)).collect()
    }

    /// These sequences of the run, to go through the model together.
    fn group(&self, numbers: Range<u64>) -> Group {
        let plan = self.learner.plan();
        let key = key(plan.config().seed, Stream::Dropout, numbers.start);
        let sequence = |number| window(self.corpus.train(), self.batches.start(number), plan.context());
        Group { sequences: numbers.map(sequence).collect(), key, ..Group::default() }
    }
}

/// T tokens from `start` on, and as targets the T that follow each of them. A text shorter than that gives a shorter window.
fn window(tokens: &Tokens, start: usize, context: usize) -> Sequence {
    let mut ids = Vec::with_capacity(context + 1);
    tokens.read(start, tokens.len().min(context + 1), &mut ids);
    let mut sequence = Sequence::causal(ids);
    // The last token is only a target.
    sequence.ids.truncate(sequence.targets.len());
    sequence
}
