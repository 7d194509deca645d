//! Reinforcement learning from rewards of a policy's own answers, token by token against what a value head expected: PPO (Schulman et al.
//! 2017) as Ziegler et al. 2019 and Ouyang et al. 2022 use it. Reads top to bottom; knows no text. The loss stands in `rl_loss`, its terms
//! in `rl_math`.
//!
//! A round: draw answers to some prompts, judge them, ask the frozen reference, give every token its reward, compare with the values,
//! then several times through the round in minibatches. Policy and values share a trunk: one pass forward and backward serves both.
//! Left out of the textbook: no padding and no attention mask, and no value network of its own.

use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{LossFn, stat};
use super::rl_loss::PpoLoss;
use super::rl_math::{AdaptiveKl, KlEstimator, gae, token_rewards, whiten};
use super::roller::Roller;
use super::rounds::{JudgeFn, Prompts, Round, Sample};
use crate::config::Rl;
use crate::engine::event::EvalPoint;
use crate::model::{Model, Sequence};

pub struct Ppo {
    pub learner: Learner,
    pub roller: Roller,
    loss: LossFn,
    /// The round that is being learnt from.
    pub round: Round,
}

impl Ppo {
    pub fn new(learner: Learner, rl: Rl, prompts: Prompts, reference: Arc<Model>, judge: JudgeFn) -> Self {
        let crate::config::Ppo { value_clip, value_coef, entropy_coef, .. } = rl.ppo;
        let loss = PpoLoss { clip: rl.clip, value_clip, value_coef, entropy_coef }.loss_fn();
        let round = Round { next_beta: rl.beta, ..Round::default() };
        Self { learner, roller: Roller::new(rl, prompts, reference, judge), loss, round }
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

        // 2. One minibatch of the round: clipped ratio times advantage, clipped value loss, entropy.
        self.learner.next_sequence();
        let groups = self.roller.groups(&self.round, true, &self.learner);
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());

        // 3. Sum over replicas, mean over tokens, clip, AdamW.
        let first = self.round.learnt == 0;
        self.round.learnt += 1;
        let lr = self.learner.scheduled_lr();
        let mut report = self.learner.update(lr);
        if first {
            self.roller.tell(&self.round, &mut report);
            report.stats.extend([(stat::KL_COEF, self.round.beta), (stat::EXPLAINED, explained(&self.round.samples))]);
        }
        Ok(Some(report))
    }

    /// Rewards, advantages and returns of every token, and all else that the loss needs.
    fn weigh(&mut self, mut samples: Vec<Sample>) -> Result<(), TrainError> {
        let (rl, beta) = (&self.roller.rl, self.round.next_beta);

        // What policy and value head say before anything is learnt from the round.
        let sequences: Vec<Sequence> = samples.iter().map(Sample::sequence).collect();
        for (sample, scores) in samples.iter_mut().zip(self.learner.score(sequences)?) {
            (sample.extra.old, sample.extra.values) = (scores.logprob, scores.outputs);
        }

        // The judge's number on the last token, and on each what its drift costs.
        let mut rewards: Vec<Vec<f64>> = samples
            .iter()
            .map(|sample| {
                let (old, reference) = (wide(&sample.extra.old), wide(&sample.extra.reference));
                token_rewards(&old, &reference, sample.reward, beta, KlEstimator::K1)
            })
            .collect();
        if rl.ppo.whiten_rewards {
            whiten(&mut rewards, false);
        }

        let (mut advantages, returns): (Vec<_>, Vec<_>) = samples
            .iter()
            .zip(&rewards)
            .map(|(sample, rewards)| gae(rewards, &wide(&sample.extra.values), rl.ppo.gamma, rl.ppo.lambda))
            .unzip();
        whiten(&mut advantages, true);
        for ((sample, advantages), returns) in samples.iter_mut().zip(advantages).zip(returns) {
            (sample.extra.advantages, sample.extra.returns) = (narrow(&advantages), narrow(&returns));
        }

        // β for the next round follows this one's drift, where it is steered.
        let mut next = AdaptiveKl { coef: beta, target: rl.ppo.target_kl.unwrap_or(0.0), horizon: rl.ppo.horizon };
        if rl.ppo.target_kl.is_some() {
            let kl = samples.iter().map(Sample::kl).sum::<f64>() / samples.len().max(1) as f64;
            next.update(kl, samples.len());
        }
        let (number, steps) = (self.round.number + 1, rl.inner_epochs * rl.minibatches);
        self.round = Round { number, samples, learnt: 0, steps, beta, next_beta: next.coef };
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

/// 1 − Var(R − V) / Var(R): how much of the returns the values foresaw. 0 where all returns are alike.
fn explained(samples: &[Sample]) -> f64 {
    let all = || samples.iter().flat_map(|it| it.extra.returns.iter().zip(&it.extra.values));
    let variance = |of: &dyn Fn(f64, f64) -> f64| {
        let xs: Vec<f64> = all().map(|(r, v)| of(f64::from(*r), f64::from(*v))).collect();
        let mean = xs.iter().sum::<f64>() / xs.len().max(1) as f64;
        xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    let spread = variance(&|r, _| r);
    if spread > 0.0 { 1.0 - variance(&|r, v| r - v) / spread } else { 0.0 }
}

fn wide(list: &[f32]) -> Vec<f64> {
    list.iter().map(|x| f64::from(*x)).collect()
}

fn narrow(list: &[f64]) -> Vec<f32> {
    list.iter().map(|x| *x as f32).collect()
}
