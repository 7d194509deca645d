//! One type for all objectives, for whoever drives a run. Holds no logic of its own.

mod probe;

use std::path::Path;
use std::sync::Arc;

use super::TrainError;
use super::causal::Causal;
use super::evaluation::Evaluation;
use super::head_tuning::HeadTuning;
use super::history::Reading;
use super::judged::Judged;
use super::learner::{Learner, StepReport};
use super::loss::Stats;
use super::masked::Masked;
use super::policy::Policy;
use super::ppo::Ppo;
use super::prefer::Prefer;
use super::preference_loss::PreferenceLoss;
use super::reward::RewardTuning;
use super::reward_loss::RewardLoss;
use super::rounds::{JudgeFn, Prompt, Prompts, Round};
use super::rows::Rows;
use super::sft::Sft;
use crate::config::{Algorithm, Objective, Rl, RunPlan, TuneTask};
use crate::data::Corpus;
use crate::engine::command::Knob;
use crate::engine::event::{BatchView, EvalPoint};
use crate::formats::resume::KnobState;
use crate::model::Model;

pub use probe::series as probe_series;

/// What a run learns from.
pub enum TrainData {
    Corpus(Box<Corpus>),
    Rows(Rows),
    /// Votes for a reward model.
    Rankings {
        judged: Judged,
        loss: RewardLoss,
    },
    /// Votes, and the frozen model that the policy is held against.
    Preferences {
        judged: Judged,
        loss: PreferenceLoss,
        reference: Option<Arc<Model>>,
    },
    /// Prompts to answer, who judges the answers, and the frozen model that the policy is held against.
    Prompts {
        prompts: Prompts,
        rl: Box<Rl>,
        reference: Arc<Model>,
        judge: JudgeFn,
    },
}

impl From<Corpus> for TrainData {
    fn from(corpus: Corpus) -> Self {
        Self::Corpus(Box::new(corpus))
    }
}

impl From<Rows> for TrainData {
    fn from(rows: Rows) -> Self {
        Self::Rows(rows)
    }
}

/// A run: steps when told to, and lets itself be looked at between micro-batches. Owns weights, moments and replicas;
/// knows no thread of the engine and no channel.
pub struct RunTrainer {
    trainer: Trainer,
    evaluation: Option<Evaluation>,
    /// Means beside the latest validation's loss.
    eval_stats: Stats,
}

enum Trainer {
    Causal(Box<Causal>),
    Masked(Box<Masked>),
    Sft(Box<Sft>),
    Head(Box<HeadTuning>),
    Reward(Box<RewardTuning>),
    Prefer(Box<Prefer>),
    Policy(Box<Policy>),
    Ppo(Box<Ppo>),
}

impl RunTrainer {
    /// A run from random weights, or from those of a checkpoint (a branch).
    pub fn new(plan: RunPlan, data: impl Into<TrainData>, from: Option<Model>) -> Result<Self, TrainError> {
        Ok(Self::over(Learner::new(plan, from)?, data.into()))
    }

    /// Goes on from a checkpoint with the same bits as if it had never stopped.
    pub fn resume(plan: RunPlan, data: impl Into<TrainData>, dir: &Path) -> Result<Self, TrainError> {
        let mut trainer = Self::over(Learner::resume(plan, dir)?, data.into());
        match &mut trainer.trainer {
            Trainer::Policy(policy) => policy.round = Round::load(dir)?,
            Trainer::Ppo(ppo) => ppo.round = Round::load(dir)?,
            _ => {}
        }
        Ok(trainer)
    }

    fn over(learner: Learner, data: TrainData) -> Self {
        let trainer = match (data, learner.plan().config().objective) {
            (TrainData::Corpus(corpus), Objective::Causal) => Trainer::Causal(Box::new(Causal::new(learner, *corpus))),
            (TrainData::Corpus(corpus), Objective::Masked) => Trainer::Masked(Box::new(Masked::new(learner, *corpus))),
            (TrainData::Rankings { judged, loss }, _) => Trainer::Reward(Box::new(RewardTuning::new(learner, judged, loss))),
            (TrainData::Preferences { judged, loss, reference }, _) => {
                Trainer::Prefer(Box::new(Prefer::new(learner, judged, loss, reference)))
            }
            (TrainData::Prompts { prompts, rl, reference, judge }, _) => match rl.algorithm {
                Algorithm::Ppo => Trainer::Ppo(Box::new(Ppo::new(learner, *rl, prompts, reference, judge))),
                Algorithm::Grpo | Algorithm::Rloo => {
                    Trainer::Policy(Box::new(Policy::new(learner, *rl, prompts, reference, judge)))
                }
            },
            (TrainData::Rows(rows), _) => match learner.plan().config().tune.clone() {
                Some(tune) if tune.task != TuneTask::Text => Trainer::Head(Box::new(HeadTuning::new(learner, rows, &tune))),
                Some(_) | None => Trainer::Sft(Box::new(Sft::new(learner, rows))),
            },
        };
        Self { trainer, evaluation: None, eval_stats: Stats::new() }
    }

    /// One micro-batch; a report at the end of an optimiser step.
    pub fn micro_step(&mut self) -> Result<Option<StepReport>, TrainError> {
        match &mut self.trainer {
            Trainer::Causal(t) => t.micro_step(),
            Trainer::Masked(t) => t.micro_step(),
            Trainer::Sft(t) => t.micro_step(),
            Trainer::Head(t) => t.micro_step(),
            Trainer::Reward(t) => t.micro_step(),
            Trainer::Prefer(t) => t.micro_step(),
            Trainer::Policy(t) => t.micro_step(),
            Trainer::Ppo(t) => t.micro_step(),
        }
    }

    /// A whole optimiser step.
    pub fn full_step(&mut self) -> Result<StepReport, TrainError> {
        loop {
            if let Some(report) = self.micro_step()? {
                return Ok(report);
            }
        }
    }

    /// One piece of a validation, which the first call begins; the point when it was the last.
    pub fn eval_micro_step(&mut self) -> Result<Option<EvalPoint>, TrainError> {
        if self.learner().plan().facts().val_tokens < 2 {
            return Err(TrainError::NoValidation);
        }
        let fresh = || match &self.trainer {
            Trainer::Causal(t) => t.evaluation(),
            Trainer::Masked(t) => t.evaluation(),
            Trainer::Sft(t) => t.evaluation(),
            Trainer::Head(t) => t.evaluation(),
            Trainer::Reward(t) => t.evaluation(),
            Trainer::Prefer(t) => t.evaluation(),
            Trainer::Policy(t) => t.evaluation(),
            Trainer::Ppo(t) => t.evaluation(),
        };
        let mut evaluation = self.evaluation.take().unwrap_or_else(fresh);
        let point = match &mut self.trainer {
            Trainer::Causal(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Masked(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Sft(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Head(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Reward(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Prefer(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Policy(t) => t.eval_micro_step(&mut evaluation)?,
            Trainer::Ppo(t) => t.eval_micro_step(&mut evaluation)?,
        };
        if point.is_none() {
            self.evaluation = Some(evaluation);
        } else {
            self.eval_stats = evaluation.stats();
        }
        Ok(point)
    }

    /// Means beside the loss of the validation that ended last.
    pub fn eval_stats(&self) -> &Stats {
        &self.eval_stats
    }

    /// Further ones, whose names are not fixed.
    pub fn eval_parts(&self) -> Vec<(String, f64)> {
        if let Trainer::Reward(reward) = &self.trainer { reward.agreement() } else { Vec::new() }
    }

    /// A whole validation.
    pub fn evaluate(&mut self) -> Result<EvalPoint, TrainError> {
        loop {
            if let Some(point) = self.eval_micro_step()? {
                return Ok(point);
            }
        }
    }

    /// Whether a validation was begun and not ended.
    pub fn is_evaluating(&self) -> bool {
        self.evaluation.is_some()
    }

    pub fn plan(&self) -> &RunPlan {
        self.learner().plan()
    }

    /// Weights of the last finished step. A clone of the `Arc` is a snapshot: training goes on with a copy.
    pub fn model(&self) -> &Arc<Model> {
        self.learner().model()
    }

    /// Optimiser steps done.
    pub fn step(&self) -> u64 {
        self.learner().step()
    }

    pub fn is_finished(&self) -> bool {
        self.step() >= self.plan().config().steps
    }

    /// Between two optimiser steps: a checkpoint taken now loses nothing.
    pub fn is_at_border(&self) -> bool {
        self.learner().is_at_border()
    }

    /// Seconds of training, pauses left out.
    pub fn elapsed_s(&self) -> f64 {
        self.learner().elapsed_s()
    }

    pub fn best_val_loss(&self) -> Option<f32> {
        self.learner().best_val_loss()
    }

    pub fn last_train_loss(&self) -> Option<f32> {
        self.learner().last_train_loss()
    }

    /// Knobs as they stand, turned ones included.
    pub fn knobs(&self) -> &KnobState {
        self.learner().knobs()
    }

    /// Say, "CPU, 2 replicas".
    pub fn device(&self) -> String {
        self.learner().backend().name()
    }

    /// Turns a knob; it acts at the next optimiser step. Returns the old value, which takes it back.
    pub fn set_knob(&mut self, knob: Knob) -> Knob {
        self.learner_mut().set_knob(knob)
    }

    /// Writes the last finished step into an existing empty folder: a Hugging Face folder with `optimizer.safetensors` and
    /// `trainer_state.json`. Syncing and renaming is the caller's business.
    pub fn save(&self, dir: &Path, tokenizer: Option<&Path>) -> Result<(), TrainError> {
        self.learner().save(dir, tokenizer)?;
        match &self.trainer {
            Trainer::Policy(policy) => policy.round.save(dir),
            Trainer::Ppo(ppo) => ppo.round.save(dir),
            _ => Ok(()),
        }
    }

    /// The trainer of preferences, where that is what it is: votes come in while it runs.
    pub fn prefer_mut(&mut self) -> Option<&mut Prefer> {
        if let Trainer::Prefer(prefer) = &mut self.trainer { Some(prefer) } else { None }
    }

    /// The answers that were judged last, where a policy is learnt, and the prompts that they answer.
    pub fn round(&self) -> Option<(&Round, &[Prompt])> {
        match &self.trainer {
            Trainer::Policy(policy) => Some((&policy.round, &policy.roller.prompts.train)),
            Trainer::Ppo(ppo) => Some((&ppo.round, &ppo.roller.prompts.train)),
            _ => None,
        }
    }

    /// Back to a checkpoint of this run, with the highest rate scaled.
    pub fn rewind(&mut self, dir: &Path, lr_scale: f64) -> Result<(), TrainError> {
        self.evaluation = None;
        self.learner_mut().rewind(dir, lr_scale)?;
        match &mut self.trainer {
            Trainer::Policy(policy) => policy.rewound(Round::load(dir)?),
            Trainer::Ppo(ppo) => ppo.rewound(Round::load(dir)?),
            _ => return Ok(()),
        }
        Ok(())
    }

    /// What the model saw in one of the last steps, with each token's loss. `text` gives a token's looks.
    pub fn batch_view(&self, step: u64, text: &dyn Fn(u32) -> String) -> Option<BatchView> {
        let reading = match &self.trainer {
            Trainer::Causal(_) | Trainer::Sft(_) | Trainer::Prefer(_) | Trainer::Policy(_) | Trainer::Ppo(_) => Reading::Next,
            // What a head says of a token is no token.
            Trainer::Head(_) | Trainer::Reward(_) => Reading::Alone,
            Trainer::Masked(_) => Reading::Hidden,
        };
        let learner = self.learner();
        learner.history.view(step, reading, learner.plan().facts().eos, text)
    }

    fn learner(&self) -> &Learner {
        match &self.trainer {
            Trainer::Causal(t) => &t.learner,
            Trainer::Masked(t) => &t.learner,
            Trainer::Sft(t) => &t.learner,
            Trainer::Head(t) => &t.learner,
            Trainer::Reward(t) => &t.learner,
            Trainer::Prefer(t) => &t.learner,
            Trainer::Policy(t) => &t.learner,
            Trainer::Ppo(t) => &t.learner,
        }
    }

    fn learner_mut(&mut self) -> &mut Learner {
        match &mut self.trainer {
            Trainer::Causal(t) => &mut t.learner,
            Trainer::Masked(t) => &mut t.learner,
            Trainer::Sft(t) => &mut t.learner,
            Trainer::Head(t) => &mut t.learner,
            Trainer::Reward(t) => &mut t.learner,
            Trainer::Prefer(t) => &mut t.learner,
            Trainer::Policy(t) => &mut t.learner,
            Trainer::Ppo(t) => &mut t.learner,
        }
    }
}
