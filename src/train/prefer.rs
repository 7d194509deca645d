//! Learning from preferences without a reward model: DPO (Rafailov et al. 2023) and its relatives, KTO, ORPO, `SimPO`. Reads top to
//! bottom; knows no text. The losses stand in `preference_loss`.
//!
//! Left out of the textbook: no padding and no attention mask. The reference never trains, so what it says of an answer is
//! computed once and kept.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::judged::{self, Item, Judged};
use super::learner::{Learner, StepReport};
use super::loss::Group;
use super::preference_loss::{PreferenceLoss, kto_baseline};
use crate::engine::event::EvalPoint;
use crate::model::{Model, Scores, Sequence};

pub struct Prefer {
    pub learner: Learner,
    judged: Judged,
    loss: PreferenceLoss,
    /// Frozen: what the policy must not drift from. None where the loss has none.
    reference: Option<Arc<Model>>,
    /// KTO's baseline on the votes kept aside; the newest step's.
    z0: f64,
}

/// Which side of the data an item stands on.
#[derive(Clone, Copy)]
enum Side {
    Train,
    Val,
}

impl Prefer {
    pub fn new(learner: Learner, judged: Judged, loss: PreferenceLoss, reference: Option<Arc<Model>>) -> Self {
        let reference = reference.filter(|_| loss.needs_reference());
        Self { learner, judged, loss, reference, z0: 0.0 }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. The next pairs in this epoch's order, with what the reference says of both answers.
        let first = self.learner.next_sequence();
        let batch = judged::batch(&self.judged, first, self.learner.plan());
        self.refer(Side::Train, &batch.iter().map(|(_, place)| *place).collect::<Vec<_>>())?;
        let item = |(number, place): (u64, usize)| Some((number, self.judged.train.get(place)?.clone()));
        let items: Vec<(u64, Item)> = batch.into_iter().filter_map(item).collect();

        // 2. KTO alone: how far the policy has drifted on prompts with others' answers.
        self.z0 = if self.loss.is_paired() { 0.0 } else { self.drift(&items)? };

        // 3. Log-probabilities of both answers, the loss on their sums, backward, on every replica.
        let groups = judged::groups(items, true, self.learner.plan());
        self.learner.accumulate(groups, &self.loss.loss_fn(self.z0))?;
        self.learner.count_time(started.elapsed());
        if !self.learner.is_full() {
            return Ok(None);
        }

        // 4. Sum over replicas, mean over pairs, clip, AdamW.
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
        self.refer(Side::Val, &part.clone().collect::<Vec<_>>())?;
        let items = self.judged.val.get(part.clone()).unwrap_or_default();
        let (sequences, extras): (Vec<_>, Vec<_>) =
            items.iter().map(|item| (item.sequences.clone(), item.extras.clone())).unzip();
        let group = Group { sequences: sequences.concat(), extras: extras.concat(), ..Group::default() };
        let scores = self.learner.score(group.sequences.clone())?;
        evaluation.add_group(part.len(), &self.loss.of_group(&group, &scores, self.z0));
        Ok(self.learner.finish_evaluation(evaluation))
    }

    /// Takes further pairs in; gives their places.
    pub fn push(&mut self, items: Vec<Item>) -> Range<usize> {
        let first = self.judged.train.len();
        self.judged.train.extend(items);
        first..self.judged.train.len()
    }

    /// Forgets the pairs from a place on.
    pub fn truncate(&mut self, len: usize) {
        self.judged.train.truncate(len);
    }

    /// Asks the reference about these pairs, together: what it says to the last bit depends on what it is asked with.
    pub fn refer_to(&mut self, places: Range<usize>) -> Result<(), TrainError> {
        self.refer(Side::Train, &places.collect::<Vec<_>>())
    }

    /// Log-probabilities of the better and of the worse answer of these pairs, summed over each answer's tokens.
    pub fn logprobs(&mut self, places: Range<usize>) -> Result<Vec<(f64, f64)>, TrainError> {
        let items = self.judged.train.get(places).unwrap_or_default();
        let sequences: Vec<Sequence> = items.iter().flat_map(|item| item.sequences.clone()).collect();
        let sums: Vec<f64> =
            self.learner.score(sequences)?.iter().map(|s| s.logprob.iter().map(|lp| f64::from(*lp)).sum()).collect();
        Ok(sums.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }

    /// One optimiser step on the pairs at these places.
    pub fn step_on(&mut self, places: &[usize]) -> Result<StepReport, TrainError> {
        let started = Instant::now();
        self.refer(Side::Train, places)?;
        let first = self.learner.next_sequence();
        let item = |(i, place): (u64, &usize)| Some((first + i, self.judged.train.get(*place)?.clone()));
        let items: Vec<(u64, Item)> = (0..).zip(places).filter_map(item).collect();
        let groups = judged::groups(items, true, self.learner.plan());
        self.learner.accumulate(groups, &self.loss.loss_fn(0.0))?;
        self.learner.count_time(started.elapsed());
        let lr = self.learner.scheduled_lr();
        Ok(self.learner.update(lr))
    }

    /// The frozen model.
    pub fn reference(&self) -> Option<Arc<Model>> {
        self.reference.clone()
    }

    /// Fills in what the reference says, for items that do not have it yet.
    fn refer(&mut self, side: Side, places: &[usize]) -> Result<(), TrainError> {
        let Some(reference) = &self.reference else { return Ok(()) };
        let items = match side {
            Side::Train => &mut self.judged.train,
            Side::Val => &mut self.judged.val,
        };
        let lacks = |item: &Item| item.extras.iter().any(|extra| extra.reference.is_empty());
        let wanted: Vec<usize> = places.iter().copied().filter(|place| items.get(*place).is_some_and(lacks)).collect();
        let sequences: Vec<Sequence> =
            wanted.iter().filter_map(|place| items.get(*place)).flat_map(|i| i.sequences.clone()).collect();
        if sequences.is_empty() {
            return Ok(());
        }
        let mut scores = self.learner.score_with(reference, sequences)?.into_iter();
        for place in wanted {
            for extra in items.get_mut(place).into_iter().flat_map(|item| &mut item.extras) {
                extra.reference = scores.next().unwrap_or_default().logprob;
            }
        }
        Ok(())
    }

    /// z₀: the mean of the log-ratio of policy and reference, of each prompt with the next one's answer (Ethayarajh et al. 2024, section 4.1).
    fn drift(&mut self, items: &[(u64, Item)]) -> Result<f64, TrainError> {
        let Some(reference) = self.reference.clone() else { return Ok(0.0) };
        let own: Vec<&Sequence> = items.iter().flat_map(|(_, item)| &item.sequences).collect();
        let max_len = self.learner.plan().context();
        let others = own.iter().skip(1).chain(own.first());
        let mixed: Vec<Sequence> = own.iter().zip(others).map(|(a, b)| a.with_answer_of(b, max_len)).collect();
        let total = |scores: Vec<Scores>| -> Vec<f64> {
            scores.iter().map(|s| s.logprob.iter().map(|lp| f64::from(*lp)).sum()).collect()
        };
        let policy = total(self.learner.score(mixed.clone())?);
        Ok(kto_baseline(&policy, &total(self.learner.score_with(&reference, mixed)?)))
    }
}
