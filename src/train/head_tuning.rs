//! Fine-tuning with a head in the place of the language model's: classes of texts, tags of tokens, spans that answer (Devlin et al. 2019,
//! section 4). Reads top to bottom; knows no text.
//!
//! The three differ in what stands in a row's targets and in the loss on the head's outputs; both came from elsewhere. Left out of
//! the textbook: no padding and no attention mask, as each row goes through the model over its own tokens.

use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::class_loss::{class_cross_entropy, several_labels, span};
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn};
use super::rows::{self, Rows};
use crate::config::{Tune, TuneTask};
use crate::engine::event::EvalPoint;
use crate::model::Head;

pub struct HeadTuning {
    pub learner: Learner,
    rows: Rows,
    loss: LossFn,
}

impl HeadTuning {
    pub fn new(learner: Learner, rows: Rows, tune: &Tune) -> Self {
        let loss = loss(&learner, &rows, tune);
        Self { learner, rows, loss }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next rows in this epoch's order, dealt out to passes of about the same length.
        let first = self.learner.next_sequence();
        let groups = rows::groups(&self.rows, first, self.learner.plan());

        // 2. Forward, the head's loss, backward, on every replica; gradients pile up.
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());
        if !self.learner.is_full() {
            return Ok(None);
        }

        // 3. Sum over replicas, mean over what the loss counts, clip, AdamW.
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
        let sequences: Vec<_> = rows.iter().map(|row| row.sequence.clone()).collect();
        let scores = self.learner.score(sequences.clone())?;
        let out = (self.loss)(&Group { sequences, key: 0, ..Group::default() }, &scores);
        evaluation.add_loss(part.len(), out.loss, out.weight);
        Ok(self.learner.finish_evaluation(evaluation))
    }
}

fn loss(learner: &Learner, rows: &Rows, tune: &Tune) -> LossFn {
    let config = &learner.model().config;
    match (tune.task, config.several) {
        (TuneTask::Spans, _) => Arc::new(span),
        (TuneTask::Classes, true) => {
            let weights = weights(tune, &config.labels, || positive(rows, config.head));
            Arc::new(move |group, scores| several_labels(group, scores, &weights))
        }
        (TuneTask::Classes | TuneTask::Tags, _) => {
            let weights = weights(tune, &config.labels, || balanced(rows, config.head));
            Arc::new(move |group, scores| class_cross_entropy(group, scores, &weights))
        }
        (TuneTask::Text, _) => Arc::new(|group, scores| class_cross_entropy(group, scores, &[])),
    }
}

/// How much each class counts: what balances them, times what a person gave; empty where all count alike. Both tags of an entity's label
/// have its weight.
fn weights(tune: &Tune, labels: &[String], balanced: impl Fn() -> Vec<f32>) -> Vec<f32> {
    if !tune.balance && tune.class_weights.is_empty() {
        return Vec::new();
    }
    let mut weights = if tune.balance { balanced() } else { vec![1.0; labels.len()] };
    for (weight, label) in weights.iter_mut().zip(labels) {
        let plain = label.strip_prefix("B-").or_else(|| label.strip_prefix("I-")).filter(|_| tune.task == TuneTask::Tags);
        let own = tune.class_weights.get(label).or_else(|| tune.class_weights.get(plain?));
        *weight *= own.map_or(1.0, |own| *own as f32);
    }
    weights
}

/// Rows without a label / rows with it, as torch advises for `pos_weight`; a label that all have, or none, weighs 1.
fn positive(rows: &Rows, head: Head) -> Vec<f32> {
    let mut counts = vec![0_usize; head.n_outputs()];
    for row in &rows.train {
        for (i, count) in counts.iter_mut().enumerate() {
            let word = row.sequence.targets.get(i / 32).map_or(0, |target| target.id);
            *count += ((word >> (i % 32)) & 1) as usize;
        }
    }
    let all = rows.train.len();
    counts.into_iter().map(|count| if count == 0 || count == all { 1.0 } else { (all - count) as f32 / count as f32 }).collect()
}

/// Rows / (classes × rows of the class), as scikit-learn's "balanced": all classes weigh alike together. A class without rows weighs 1.
fn balanced(rows: &Rows, head: Head) -> Vec<f32> {
    let mut counts = vec![0_usize; head.n_outputs()];
    for target in rows.train.iter().flat_map(|row| &row.sequence.targets) {
        if let Some(count) = counts.get_mut(target.id as usize) {
            *count += 1;
        }
    }
    let all: usize = counts.iter().sum();
    let n = counts.len();
    counts.into_iter().map(|count| if count == 0 { 1.0 } else { all as f32 / (n * count) as f32 }).collect()
}
