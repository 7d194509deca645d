//! A reward model: a number for a whole text, learnt from which answers people put before which (Ouyang et al. 2022, section 3.5). Reads
//! top to bottom; knows no text.
//!
//! All answers to a prompt are one group and go through the trunk side by side; the scalar head reads each one's last token. Left out
//! of the textbook: no padding and no attention mask.

use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::judged::{self, Judged};
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn};
use super::reward_loss::RewardLoss;
use crate::engine::event::EvalPoint;

pub struct RewardTuning {
    pub learner: Learner,
    judged: Judged,
    loss: LossFn,
}

impl RewardTuning {
    pub fn new(learner: Learner, judged: Judged, loss: RewardLoss) -> Self {
        Self { learner, judged, loss: loss.loss_fn() }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next rankings in this epoch's order.
        let first = self.learner.next_sequence();
        let plan = self.learner.plan();
        let item = |(number, place): (u64, usize)| Some((number, self.judged.train.get(place)?.clone()));
        let items = judged::batch(&self.judged, first, plan).into_iter().filter_map(item).collect();
        let groups = judged::groups(items, false, plan);

        // 2. Rewards of all answers, −Σ ln P(the better one wins), backward, on every replica.
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());
        if !self.learner.is_full() {
            return Ok(None);
        }

        // 3. Sum over replicas, mean over rankings, clip, AdamW.
        let lr = self.learner.scheduled_lr();
        Ok(Some(self.learner.update(lr)))
    }

    /// Begins a validation on votes that were kept aside.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation::new(self.learner.step(), self.judged.val.len())
    }

    /// One piece of a validation; the result when it was the last.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        let part = evaluation.next(self.learner.row_width());
        for item in self.judged.val.get(part).unwrap_or_default() {
            let group = Group { sequences: item.sequences.clone(), extras: item.extras.clone(), ..Group::default() };
            let scores = self.learner.score(group.sequences.clone())?;
            evaluation.add_group(1, &(self.loss)(&group, &scores));
        }
        Ok(self.learner.finish_evaluation(evaluation))
    }
}
