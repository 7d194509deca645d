//! Supervised fine-tuning on answers: each token of the answer is predicted from the prompt and what came before (Ouyang et al. 2022,
//! section 3). Reads top to bottom; knows no template.
//!
//! Left out of the textbook: no padding, no packing and no attention mask. Rows of mixed length go through the model side by side,
//! each over its own tokens, and there are logits at trained positions only.

use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{LossFn, cross_entropy};
use super::rows::{self, Rows};
use crate::engine::event::EvalPoint;

pub struct Sft {
    pub learner: Learner,
    rows: Rows,
    loss: LossFn,
}

impl Sft {
    pub fn new(learner: Learner, rows: Rows) -> Self {
        Self { learner, rows, loss: Arc::new(cross_entropy) }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next rows in this epoch's order, dealt out to passes of about the same length.
        let first = self.learner.next_sequence();
        let groups = rows::groups(&self.rows, first, self.learner.plan());

        // 2. Forward, −Σ log p over the answers' tokens, backward, on every replica; gradients pile up.
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());
        if !self.learner.is_full() {
            return Ok(None);
        }

        // 3. Sum over replicas, mean over the answers' tokens, clip, AdamW.
        let lr = self.learner.scheduled_lr();
        Ok(Some(self.learner.update(lr)))
    }

    /// Begins a validation.
    pub fn evaluation(&self) -> Evaluation {
        let most = self.learner.plan().config().eval_sequences;
        Evaluation::new(self.learner.step(), self.rows.val.len().min(most))
    }

    /// One piece of a validation; the result when it was the last.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        let part = evaluation.next(self.learner.row_width());
        let rows = self.rows.val.get(part.clone()).unwrap_or_default();
        let scores = self.learner.score(rows.iter().map(|row| row.sequence.clone()).collect())?;
        evaluation.add(part.len(), scores.into_iter().flat_map(|s| s.logprob));
        Ok(self.learner.finish_evaluation(evaluation))
    }
}
