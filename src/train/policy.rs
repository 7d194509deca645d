//! Reinforcement learning from rewards of a policy's own answers: GRPO (Shao et al. 2024) and RLOO (Ahmadian et al. 2024). Reads top
//! to bottom; knows no text. Losses stand in `rl_loss`, their terms in `rl_math`.
//!
//! A round: draw answers to some prompts, judge them, ask the frozen reference, weigh each answer against the others to its prompt,
//! step. Left out of the textbook: no padding and no attention mask, in drawing as in learning.

use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{Group, LossFn, stat};
use super::random::{Stream, key};
use super::rl_loss::GrpoLoss;
use super::rl_math::{group_advantages, leave_one_out};
use super::rounds::{Answered, JudgeFn, Prompt, Prompts, Round, Sample};
use super::rows::passes;
use crate::config::{Algorithm, Rl, RunPlan};
use crate::data::Batches;
use crate::engine::command::Sampling;
use crate::engine::event::EvalPoint;
use crate::infer::{Rollout, RolloutConfig, Rollouts};
use crate::model::{Model, Sequence};

/// Tokens drawn for every answer between two looks at the commands.
const TOKENS_PER_TURN: usize = 8;
/// Rounds in a row with nothing but equal rewards before the run pauses.
const FLAT_ROUNDS: u32 = 5;
/// Seed of the answers that a policy is measured by: the same each time.
const MEASURE_SEED: u64 = 77;

pub struct Policy {
    pub learner: Learner,
    rl: Rl,
    prompts: Prompts,
    /// Frozen: where the policy began.
    reference: Arc<Model>,
    judge: JudgeFn,
    loss: LossFn,
    drawing: Option<Drawing>,
    /// The round that is being learnt from.
    pub round: Round,
    /// What the reference is worth on the prompts kept aside, once it was asked.
    reference_rewards: Option<Vec<f64>>,
    flat: u32,
}

/// Answers on their way.
struct Drawing {
    rollouts: Rollouts,
    places: Vec<usize>,
    /// Of the reference, to measure it.
    by_reference: bool,
}

impl Policy {
    pub fn new(learner: Learner, rl: Rl, prompts: Prompts, reference: Arc<Model>, judge: JudgeFn) -> Self {
        let beta = if rl.algorithm == Algorithm::Grpo { rl.beta } else { 0.0 };
        let loss = GrpoLoss { clip: rl.clip, beta, per_sequence: rl.per_sequence }.loss_fn();
        Self {
            learner,
            rl,
            prompts,
            reference,
            judge,
            loss,
            drawing: None,
            round: Round::default(),
            reference_rewards: None,
            flat: 0,
        }
    }

    /// Prompts that are learnt on.
    pub fn prompts(&self) -> &[Prompt] {
        &self.prompts.train
    }

    /// Back to a round of an earlier checkpoint.
    pub fn rewound(&mut self, round: Round) {
        (self.round, self.drawing, self.flat) = (round, None, 0);
    }

    /// One piece of a round; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        let started = Instant::now();

        // 1. Answers by the policy as it is, some tokens at a time.
        if self.round.is_spent() {
            self.draw()?;
            self.learner.count_time(started.elapsed());
            return Ok(None);
        }

        // 2. One share of the round's answers: the clipped ratio times the advantage, less the drift.
        self.learner.next_sequence();
        let groups = self.groups();
        self.learner.accumulate(groups, &self.loss)?;
        self.learner.count_time(started.elapsed());

        // 3. Sum over replicas, mean over tokens or answers, clip, AdamW.
        let first = self.round.learnt == 0;
        self.round.learnt += 1;
        let lr = self.learner.scheduled_lr();
        let mut report = self.learner.update(lr);
        if first {
            self.tell(&mut report);
        }
        Ok(Some(report))
    }

    /// Advances the round's answers; when all have ended they are judged and weighed.
    fn draw(&mut self) -> Result<(), TrainError> {
        let Some(mut drawing) = self.drawing.take() else {
            let places = self.places();
            self.drawing = Some(self.begin(places, false)?);
            return Ok(());
        };
        self.learner.rollout(None, &mut drawing.rollouts, TOKENS_PER_TURN)?;
        if !drawing.rollouts.is_done() {
            self.drawing = Some(drawing);
            return Ok(());
        }
        let samples = self.judged(drawing.rollouts.finish(), &drawing.places, Side::Train)?;
        self.weigh(samples)
    }

    /// Prompts of the next round, in this epoch's order.
    fn places(&self) -> Vec<usize> {
        let order = Batches::new(self.prompts.train.len(), 1, self.learner.plan().config().seed);
        let first = self.round.number * self.rl.prompts as u64;
        (first..first + self.rl.prompts as u64).map(|n| order.start(n)).collect()
    }

    fn begin(&self, places: Vec<usize>, measure: bool) -> Result<Drawing, TrainError> {
        let side = if measure { &self.prompts.val } else { &self.prompts.train };
        let ids: Vec<Vec<u32>> = places.iter().filter_map(|place| side.get(*place)).map(|prompt| prompt.ids.clone()).collect();
        let seed =
            if measure { MEASURE_SEED } else { key(self.learner.plan().config().seed, Stream::Rollouts, self.round.number) };
        let temperature = self.rl.temperature as f32;
        let sampling = Sampling { temperature, top_p: 1.0, seed, ..Sampling::default() };
        let group = if measure { 1 } else { self.rl.group };
        let config = RolloutConfig { group, max_tokens: self.rl.max_tokens, sampling, stop: self.prompts.stop.clone() };
        let model = self.learner.model();
        let rollouts =
            Rollouts::new(&model.config, &ids, &config).map_err(|error| TrainError::Prompt { why: error.to_string() })?;
        Ok(Drawing { rollouts, places, by_reference: false })
    }

    /// Rewards of answers, and what the reference says of their tokens.
    fn judged(&mut self, rollouts: Vec<Rollout>, places: &[usize], side: Side) -> Result<Vec<Sample>, TrainError> {
        let prompts = if side == Side::Train { &self.prompts.train } else { &self.prompts.val };
        let prompt = |rollout: &Rollout| places.get(rollout.prompt).and_then(|place| prompts.get(*place));
        let answered: Vec<Answered<'_>> = rollouts
            .iter()
            .filter_map(|it| {
                let answer = it.ids.get(it.prompt_tokens..).unwrap_or_default();
                Some(Answered { prompt: prompt(it)?, answer, ended: it.ended })
            })
            .collect();
        let judgements = (self.judge)(&answered).map_err(|why| TrainError::Judge { why })?;
        let place = |rollout: &Rollout| places.get(rollout.prompt).copied().unwrap_or(0);
        let made = rollouts.into_iter().zip(judgements).map(|(rollout, judgement)| {
            let place = place(&rollout);
            Sample::new(place, rollout, judgement, self.rl.missing_end)
        });
        Ok(made.collect())
    }

    /// Advantages of a round's answers, and all that their loss needs.
    fn weigh(&mut self, mut samples: Vec<Sample>) -> Result<(), TrainError> {
        let sequences: Vec<Sequence> = samples.iter().map(Sample::sequence).collect();
        let reference = Arc::clone(&self.reference);
        for (sample, scores) in samples.iter_mut().zip(self.learner.score_with(&reference, sequences.clone())?) {
            sample.extra.reference = scores.logprob;
        }
        // The policy moves between the steps of a round: its words when it drew are kept.
        if self.rl.inner_epochs * self.rl.minibatches > 1 {
            for (sample, scores) in samples.iter_mut().zip(self.learner.score(sequences)?) {
                sample.extra.old = scores.logprob;
            }
        }
        for group in samples.chunks_mut(self.rl.group.max(1)) {
            let rewards: Vec<f64> = group
                .iter()
                .map(|sample| {
                    if self.rl.algorithm == Algorithm::Rloo { sample.reward - self.rl.beta * sample.kl() } else { sample.reward }
                })
                .collect();
            let advantages = match self.rl.algorithm {
                Algorithm::Grpo => group_advantages(&rewards, self.rl.scale),
                Algorithm::Rloo => leave_one_out(&rewards),
            };
            for (sample, advantage) in group.iter_mut().zip(advantages) {
                sample.extra.advantages = vec![advantage as f32];
            }
        }
        self.round =
            Round { number: self.round.number + 1, samples, learnt: 0, steps: self.rl.inner_epochs * self.rl.minibatches };
        Ok(())
    }

    /// The next minibatch of the round, shared out over passes of about the same length.
    fn groups(&self) -> Vec<Group> {
        let plan: &RunPlan = self.learner.plan();
        let samples = &self.round.samples;
        let n = self.rl.minibatches.max(1);
        let share = samples.len().div_ceil(n).max(1);
        let part = samples.chunks(share).nth(self.round.learnt % n).unwrap_or_default();
        let rows: Vec<(u64, &Sample)> = part.iter().zip(0..).map(|(sample, number)| (number, sample)).collect();
        let group = |pass: Vec<(u64, &Sample)>| Group {
            key: 0,
            items: 0,
            sequences: pass.iter().map(|(_, sample)| sample.sequence()).collect(),
            extras: pass.iter().map(|(_, sample)| sample.extra.clone()).collect(),
        };
        passes(rows, |sample| sample.ids.len(), plan.replicas()).into_iter().map(group).collect()
    }

    /// What a round's answers were like, beside its first step; pauses where there is nothing to learn, or too much was learnt.
    fn tell(&mut self, report: &mut StepReport) {
        let samples = &self.round.samples;
        let n = samples.len().max(1) as f64;
        let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / n;
        let kl = mean(&Sample::kl);
        report.stats.retain(|(name, _)| ![stat::KL_OLD, stat::VALUE_LOSS, stat::VALUE_CLIP_FRACTION].contains(name));
        report.stats.extend([
            (stat::REWARD, mean(&|sample| sample.reward)),
            (stat::KL, kl),
            (stat::LENGTH, mean(&|sample| sample.n_tokens() as f64)),
            (stat::ENDED, mean(&|sample| f64::from(u8::from(sample.ended)))),
        ]);
        if let Some(first) = samples.first() {
            for (i, (name, _)) in first.parts.iter().enumerate() {
                let part = mean(&|sample| sample.parts.get(i).map_or(0.0, |(_, value)| *value));
                report.parts.push((format!("reward/{name}"), part));
            }
        }
        let flat =
            samples.chunks(self.rl.group.max(1)).all(|group| group.windows(2).all(|pair| same(pair[0].reward, pair[1].reward)));
        self.flat = if flat { self.flat + 1 } else { 0 };
        if report.alarm.is_some() {
            return;
        }
        if self.rl.most_kl > 0.0 && kl > self.rl.most_kl {
            report.alarm = Some(format!(
                "the policy has drifted {kl:.1} nats an answer from where it began, beyond the {:.1} that were allowed; rewind, and give drift a higher price (β) or the rate a lower one",
                self.rl.most_kl
            ));
        } else if self.flat >= FLAT_ROUNDS {
            report.alarm = Some(format!(
                "for {FLAT_ROUNDS} rounds every answer to a prompt was worth the same, so there is nothing to learn; the policy may have collapsed to one answer: rewind, raise the temperature, or judge by something that tells answers apart"
            ));
            self.flat = 0;
        }
    }

    /// Begins a measurement on prompts that were kept aside.
    pub fn evaluation(&self) -> Evaluation {
        let most = self.learner.plan().config().eval_sequences;
        Evaluation::new(self.learner.step(), self.prompts.val.len().min(most))
    }

    /// One piece of a measurement: the policy answers the prompts kept aside, and where it has not yet, so does the reference. The loss is
    /// minus the mean reward; beside it the share of prompts on which the policy's answer is worth more, ties by half.
    pub fn eval_micro_step(&mut self, evaluation: &mut Evaluation) -> Result<Option<EvalPoint>, TrainError> {
        let drawing = self.drawing.take().filter(|_| evaluation.begun);
        let Some(mut drawing) = drawing else {
            evaluation.begun = true;
            let mut drawing = self.begin((0..evaluation.total).collect(), true)?;
            drawing.by_reference = self.reference_rewards.is_none();
            self.drawing = Some(drawing);
            return Ok(None);
        };
        if drawing.by_reference {
            let reference = Arc::clone(&self.reference);
            self.learner.rollout(Some(&reference), &mut drawing.rollouts, TOKENS_PER_TURN)?;
        } else {
            self.learner.rollout(None, &mut drawing.rollouts, TOKENS_PER_TURN)?;
        }
        if !drawing.rollouts.is_done() {
            self.drawing = Some(drawing);
            return Ok(None);
        }
        let by_reference = drawing.by_reference;
        let samples = self.judged(drawing.rollouts.finish(), &drawing.places, Side::Val)?;
        let rewards: Vec<f64> = samples.iter().map(|sample| sample.reward).collect();
        if by_reference {
            self.reference_rewards = Some(rewards);
            self.drawing = Some(self.begin(drawing.places, true)?);
            return Ok(None);
        }
        let against = self.reference_rewards.clone().unwrap_or_default();
        let wins = rewards
            .iter()
            .zip(&against)
            .map(|(own, other)| if same(*own, *other) { 0.5 } else { f64::from(u8::from(own > other)) });
        let (n, sum) = (rewards.len(), rewards.iter().sum::<f64>());
        evaluation.add_measured(n, -sum, &[(stat::REWARD, sum), (stat::WIN_RATE, wins.sum())]);
        Ok(self.learner.finish_evaluation(evaluation))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Train,
    Val,
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}
