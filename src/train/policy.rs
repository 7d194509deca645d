//! Reinforcement learning from rewards of a policy's own answers, weighed against each other: GRPO (Shao et al. 2024) and RLOO (Ahmadian
//! et al. 2024). Reads top to bottom; knows no text. Losses stand in `rl_loss`, their terms in `rl_math`.
//!
//! A round: draw answers to some prompts, judge them, ask the frozen reference, weigh each answer against the others to its prompt,
//! step. Left out of the textbook: no padding and no attention mask, in drawing as in learning.

use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{LossFn, stat};
use super::rl_loss::GrpoLoss;
use super::rl_math::{group_advantages, leave_one_out};
use super::roller::Roller;
use super::rounds::{JudgeFn, Prompts, Round, Sample};
use crate::config::{Algorithm, Rl};
use crate::engine::event::EvalPoint;
use crate::model::{Model, Sequence};

pub struct Policy {
    pub learner: Learner,
    pub roller: Roller,
    loss: LossFn,
    /// The round that is being learnt from.
    pub round: Round,
}

impl Policy {
    pub fn new(learner: Learner, rl: Rl, prompts: Prompts, reference: Arc<Model>, judge: JudgeFn) -> Self {
        let beta = if rl.algorithm == Algorithm::Grpo { rl.beta } else { 0.0 };
        let loss = GrpoLoss { clip: rl.clip, beta, per_sequence: rl.per_sequence }.loss_fn();
        Self { learner, roller: Roller::new(rl, prompts, reference, judge), loss, round: Round::default() }
    }

    /// Back to a round of an earlier checkpoint.
    pub fn rewound(&mut self, round: Round) {
        self.round = round;
        self.roller.rewound();
    }

    /// One piece of a round; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. Answers by the policy as it is, some tokens at a time; judged and weighed when all have ended.
        if self.round.is_spent() {
            if let Some(samples) = self.roller.draw(&self.round, &mut self.learner)? {
                self.weigh(samples)?;
            }
            self.learner.count_time(started.elapsed());
            return Ok(None);
        }

        // 2. One share of the round's answers: the clipped ratio times the advantage, less the drift.
        self.learner.next_sequence();
        let groups = self.roller.groups(&self.round, false, &self.learner);
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());

        // 3. Sum over replicas, mean over tokens or answers, clip, AdamW.
        let first = self.round.learnt == 0;
        self.round.learnt += 1;
        let lr = self.learner.scheduled_lr();
        let mut report = self.learner.update(lr);
        if first {
            report.stats.retain(|(name, _)| ![stat::KL_OLD, stat::VALUE_LOSS, stat::VALUE_CLIP_FRACTION].contains(name));
            self.roller.tell(&self.round, &mut report);
        }
        Ok(Some(report))
    }

    /// Advantages of a round's answers, and all that their loss needs.
    fn weigh(&mut self, mut samples: Vec<Sample>) -> Result<(), TrainError> {
        let rl = &self.roller.rl;
        let steps = rl.inner_epochs * rl.minibatches;
        // The policy moves between the steps of a round: its words when it drew are kept.
        if steps > 1 {
            let sequences: Vec<Sequence> = samples.iter().map(Sample::sequence).collect();
            for (sample, scores) in samples.iter_mut().zip(self.learner.score(sequences)?) {
                sample.extra.old = scores.logprob;
            }
        }
        for group in samples.chunks_mut(rl.group.max(1)) {
            let rewards = group.iter().map(|sample| sample.reward);
            let advantages = match rl.algorithm {
                Algorithm::Rloo => {
                    let less_drift = rewards.zip(&*group).map(|(reward, sample)| reward - rl.beta * sample.kl());
                    leave_one_out(&less_drift.collect::<Vec<_>>())
                }
                Algorithm::Grpo | Algorithm::Ppo => group_advantages(&rewards.collect::<Vec<_>>(), rl.scale),
            };
            for (sample, advantage) in group.iter_mut().zip(advantages) {
                sample.extra.advantages = vec![advantage as f32];
            }
        }
        let (number, beta) = (self.round.number + 1, rl.beta);
        self.round = Round { number, samples, learnt: 0, steps, beta, next_beta: beta };
        Ok(())
    }

    /// Begins a measurement on prompts that were kept aside.
    pub fn evaluation(&self) -> Evaluation {
        self.roller.evaluation(&self.learner)
    }

    /// One piece of it.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        self.roller.eval_micro_step(&mut self.learner, evaluation)
    }
}
