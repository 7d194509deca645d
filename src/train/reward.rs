//! A reward model: a number for a whole text, learnt from which answers people put before which (Ouyang et al. 2022, section 3.5). Reads
//! top to bottom; knows no text.
//!
//! All answers to a prompt are one group and go through the trunk side by side; the scalar head reads each one's last token. Left out
//! of the textbook: no padding and no attention mask.

use std::time::Instant;

use super::TrainError;
use super::agreement::{Agreement, Rated};
use super::evaluation::Evaluation;
use super::judged::{self, Judged};
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn};
use super::reward_loss::{RewardKind, RewardLoss};
use crate::engine::event::EvalPoint;

pub struct RewardTuning {
    pub learner: Learner,
    judged: Judged,
    loss: LossFn,
    kind: RewardKind,
    /// The votes of the validation under way, or of the last.
    agreement: Agreement,
}

impl RewardTuning {
    pub fn new(learner: Learner, judged: Judged, loss: RewardLoss) -> Self {
        Self { learner, judged, loss: loss.loss_fn(), kind: loss.kind, agreement: Agreement::default() }
    }

    /// How far the model agreed with the votes kept aside, and whether it was as sure as it was right.
    pub fn agreement(&self) -> Vec<(String, f64)> {
        self.agreement.parts()
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
        if part.start == 0 {
            self.agreement.clear();
        }
        for (place, item) in part.clone().zip(self.judged.val.get(part).unwrap_or_default()) {
            let group = Group { sequences: item.sequences.clone(), extras: item.extras.clone(), ..Group::default() };
            let scores = self.learner.score(group.sequences.clone())?;
            let rated = scores.iter().zip(&item.extras).map(|(scores, extra)| {
                // Of scores more is better, of ranks less.
                let label = f64::from(extra.label);
                let place = if self.kind == RewardKind::Scores { label } else { -label };
                Rated { place, reward: scores.outputs.first().map_or(0.0, |reward| f64::from(*reward)) }
            });
            // Scores come answer by answer; those to one question are compared.
            let key = if self.kind == RewardKind::Scores { item.question } else { place as i64 };
            self.agreement.add(key, rated.collect::<Vec<_>>());
            evaluation.add_group(1, &(self.loss)(&group, &scores));
        }
        Ok(self.learner.finish_evaluation(evaluation))
    }
}
