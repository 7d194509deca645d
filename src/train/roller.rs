//! A policy's rounds: answers drawn, judged, held against the frozen reference, told and measured. Knows no advantage and no loss.

use std::sync::Arc;

use super::TrainError;
use super::evaluation::Evaluation;
use super::learner::{Learner, StepReport};
use super::loss::{Group, stat};
use super::random::{Stream, key};
use super::rounds::{Answered, JudgeFn, Prompts, Round, Sample};
use super::rows::passes;
use crate::config::{Rl, RunPlan};
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

pub struct Roller {
    pub rl: Rl,
    pub prompts: Prompts,
    /// Frozen: where the policy began.
    reference: Arc<Model>,
    judge: JudgeFn,
    drawing: Option<Drawing>,
    /// What the reference is worth on the prompts kept aside, once it was asked.
    reference_rewards: Option<Vec<f64>>,
    /// Its entropy on the answers of the round at hand, in nats a token.
    reference_entropy: f64,
    flat: u32,
    limits: Limits,
}

/// Where the alarms go off. One that was heard and overruled waits for twice as much.
#[derive(Clone, Copy)]
struct Limits {
    most_kl: f64,
    least_entropy: f64,
}

impl Limits {
    fn of(rl: &Rl) -> Self {
        Self { most_kl: rl.most_kl, least_entropy: rl.least_entropy }
    }
}

/// Answers on their way.
struct Drawing {
    rollouts: Rollouts,
    places: Vec<usize>,
    /// Of the reference, to measure it.
    by_reference: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Train,
    Val,
}

impl Roller {
    pub fn new(rl: Rl, prompts: Prompts, reference: Arc<Model>, judge: JudgeFn) -> Self {
        let limits = Limits::of(&rl);
        let (drawing, reference_rewards) = (None, None);
        Self { rl, prompts, reference, judge, drawing, reference_rewards, reference_entropy: 0.0, flat: 0, limits }
    }

    /// The run went back to an earlier checkpoint.
    pub fn rewound(&mut self) {
        (self.drawing, self.flat, self.limits) = (None, 0, Limits::of(&self.rl));
    }

    /// Advances the answers of the round that follows `round`; when all have ended, they come back judged.
    pub fn draw(&mut self, round: &Round, learner: &mut Learner) -> Result<Option<Vec<Sample>>, TrainError> {
        let Some(mut drawing) = self.drawing.take() else {
            let order = Batches::new(self.prompts.train.len(), 1, learner.plan().config().seed);
            let first = round.number * self.rl.prompts as u64;
            let places = (first..first + self.rl.prompts as u64).map(|n| order.start(n)).collect();
            self.drawing = Some(self.begin(places, Side::Train, round.number, learner)?);
            return Ok(None);
        };
        learner.rollout(None, &mut drawing.rollouts, TOKENS_PER_TURN)?;
        if !drawing.rollouts.is_done() {
            self.drawing = Some(drawing);
            return Ok(None);
        }
        let mut samples = self.judged(drawing.rollouts.finish(), &drawing.places, Side::Train)?;
        self.refer(&mut samples, learner)?;
        Ok(Some(samples))
    }

    /// Begins answers to prompts, in the policy's order of draws or in that of a measurement.
    fn begin(&self, places: Vec<usize>, side: Side, round: u64, learner: &Learner) -> Result<Drawing, TrainError> {
        let (prompts, seed, group) = match side {
            Side::Train => (&self.prompts.train, key(learner.plan().config().seed, Stream::Rollouts, round), self.rl.group),
            Side::Val => (&self.prompts.val, MEASURE_SEED, 1),
        };
        let ids: Vec<Vec<u32>> = places.iter().filter_map(|place| prompts.get(*place)).map(|prompt| prompt.ids.clone()).collect();
        let sampling = Sampling { temperature: self.rl.temperature as f32, top_p: 1.0, seed, ..Sampling::default() };
        let config = RolloutConfig { group, max_tokens: self.rl.max_tokens, sampling, stop: self.prompts.stop.clone() };
        let rollouts = Rollouts::new(&learner.model().config, &ids, &config)
            .map_err(|error| TrainError::Prompt { why: error.to_string() })?;
        Ok(Drawing { rollouts, places, by_reference: false })
    }

    /// Rewards of answers. One that is no number would turn every weight into none: it is an alarm.
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
        if let Some((at, judgement)) = answered.iter().zip(&judgements).find(|(_, it)| !it.total.is_finite()) {
            let part = judgement.parts.iter().find(|(_, value)| !value.is_finite());
            let name = part.map_or_else(String::new, |(name, _)| format!(" by “{name}”"));
            let why = format!(
                "the reward{name} of an answer to “{}” is no finite number, and nothing was learnt from that round; look at what judges, or rewind and judge by something else",
                at.prompt.text
            );
            return Err(TrainError::Alarm { why });
        }
        let place = |rollout: &Rollout| places.get(rollout.prompt).copied().unwrap_or(0);
        let made = rollouts.into_iter().zip(judgements).map(|(rollout, judgement)| {
            let place = place(&rollout);
            Sample::new(place, rollout, judgement, self.rl.missing_end)
        });
        Ok(made.collect())
    }

    /// What the reference says of every token.
    fn refer(&mut self, samples: &mut [Sample], learner: &mut Learner) -> Result<(), TrainError> {
        let sequences: Vec<Sequence> = samples.iter().map(Sample::sequence).collect();
        let (mut entropy, mut tokens) = (0.0, 0.0);
        for (sample, scores) in samples.iter_mut().zip(learner.score_with(&self.reference, sequences)?) {
            entropy += scores.entropy.iter().map(|nats| f64::from(*nats)).sum::<f64>();
            tokens += scores.entropy.len() as f64;
            sample.extra.reference = scores.logprob;
        }
        self.reference_entropy = entropy / f64::max(tokens, 1.0);
        Ok(())
    }

    /// The next minibatch of the round, shared out over passes of about the same length. `shuffled`: each time through the round in
    /// another order; otherwise the answers to a prompt stay together.
    pub fn groups(&self, round: &Round, shuffled: bool, learner: &Learner) -> Vec<Group> {
        let plan: &RunPlan = learner.plan();
        let (n, parts) = (round.samples.len(), self.rl.minibatches.max(1));
        let (epoch, part) = (round.learnt / parts, round.learnt % parts);
        let order = Batches::new(n, 1, key(plan.config().seed, Stream::Rollouts, round.number));
        let place = |i: usize| if shuffled { order.start((epoch * n + i) as u64) } else { i };
        let rows: Vec<(u64, &Sample)> = (part * n / parts..(part + 1) * n / parts)
            .filter_map(|i| round.samples.get(place(i)))
            .zip(0..)
            .map(|(sample, number)| (number, sample))
            .collect();
        let group = |pass: Vec<(u64, &Sample)>| Group {
            key: 0,
            items: 0,
            sequences: pass.iter().map(|(_, sample)| sample.sequence()).collect(),
            extras: pass.iter().map(|(_, sample)| sample.extra.clone()).collect(),
        };
        passes(rows, |sample| sample.ids.len(), plan.replicas()).into_iter().map(group).collect()
    }

    /// What a round's answers were like, beside its first step; pauses where there is nothing to learn, or too much was learnt.
    pub fn tell(&mut self, round: &Round, report: &mut StepReport) {
        let samples = &round.samples;
        let n = samples.len().max(1) as f64;
        let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / n;
        let kl = mean(&Sample::kl);
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
        let entropy = report.stats.iter().find(|(name, _)| *name == stat::ENTROPY).map(|(_, nats)| *nats);
        if report.alarm.is_none() {
            report.alarm = self.alarm(kl, entropy);
        }
    }

    /// What is wrong with a round, if anything is.
    fn alarm(&mut self, kl: f64, entropy: Option<f64>) -> Option<String> {
        let Limits { most_kl, least_entropy } = self.limits;
        if most_kl > 0.0 && kl > most_kl {
            self.limits.most_kl = 2.0 * kl;
            return Some(format!(
                "the policy has drifted {kl:.1} nats an answer from where it began, beyond the {most_kl:.1} that were allowed; rewind, and give drift a higher price (β) or the rate a lower one"
            ));
        }
        // A text that the reference is as sure of is no sign of a collapse.
        if let Some(entropy) = entropy.filter(|nats| *nats < least_entropy && *nats < 0.5 * self.reference_entropy) {
            self.limits.least_entropy = 0.5 * entropy;
            return Some(format!(
                "the policy is nearly certain of every token: its entropy is {entropy:.3} nats, under the {least_entropy:.3} that were allowed, where its start has {:.2}; it has collapsed to one way of answering: rewind, and give drift a higher price (β) or the rate a lower one",
                self.reference_entropy
            ));
        }
        if self.flat >= FLAT_ROUNDS {
            self.flat = 0;
            return Some(format!(
                "for {FLAT_ROUNDS} rounds every answer to a prompt was worth the same, so there is nothing to learn; the policy may have collapsed to one answer: rewind, raise the temperature, or judge by something that tells answers apart"
            ));
        }
        None
    }

    /// Begins a measurement on prompts that were kept aside.
    pub fn evaluation(&self, learner: &Learner) -> Evaluation {
        let most = learner.plan().config().eval_sequences;
        Evaluation::new(learner.step(), self.prompts.val.len().min(most))
    }

    /// One piece of a measurement: the policy answers the prompts kept aside, and where it has not yet, so does the reference. The loss is
    /// minus the mean reward; beside it the share of prompts on which the policy's answer is worth more, ties by half.
    pub fn eval_micro_step(
        &mut self,
        learner: &mut Learner,
        evaluation: &mut Evaluation,
    ) -> Result<Option<EvalPoint>, TrainError> {
        let drawing = self.drawing.take().filter(|_| evaluation.begun);
        let Some(mut drawing) = drawing else {
            evaluation.begun = true;
            let mut drawing = self.begin((0..evaluation.total).collect(), Side::Val, 0, learner)?;
            drawing.by_reference = self.reference_rewards.is_none();
            self.drawing = Some(drawing);
            return Ok(None);
        };
        let by = drawing.by_reference.then(|| Arc::clone(&self.reference));
        learner.rollout(by.as_ref(), &mut drawing.rollouts, TOKENS_PER_TURN)?;
        if !drawing.rollouts.is_done() {
            self.drawing = Some(drawing);
            return Ok(None);
        }
        let samples = self.judged(drawing.rollouts.finish(), &drawing.places, Side::Val)?;
        let rewards: Vec<f64> = samples.iter().map(|sample| sample.reward).collect();
        if drawing.by_reference {
            self.reference_rewards = Some(rewards);
            self.drawing = Some(self.begin(drawing.places, Side::Val, 0, learner)?);
            return Ok(None);
        }
        let against = self.reference_rewards.clone().unwrap_or_default();
        let wins = rewards
            .iter()
            .zip(&against)
            .map(|(own, other)| if same(*own, *other) { 0.5 } else { f64::from(u8::from(own > other)) });
        let (n, sum) = (rewards.len(), rewards.iter().sum::<f64>());
        evaluation.add_measured(n, -sum, &[(stat::REWARD, sum), (stat::WIN_RATE, wins.sum())]);
        Ok(learner.finish_evaluation(evaluation))
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}
