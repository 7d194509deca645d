//! What a run that learns from human feedback has besides a fine-tuning run: which method, against which reference. Checks nothing.

use serde::{Deserialize, Serialize};

use crate::feedback::RuleSet;
use crate::train::{PerSequence, PreferenceLoss, RewardLoss};

/// How votes, or rewards, become steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "align", rename_all = "snake_case")]
pub enum Align {
    /// A number for every answer, so that better ones have higher ones (Ouyang et al. 2022, section 3.5).
    Reward {
        loss: RewardLoss,
        /// The criterion that is regressed on; none: all of them, where the loss is one on scores.
        criterion: Option<String>,
    },
    /// A policy from preferences directly (Rafailov et al. 2023, and its relatives).
    Prefer { loss: PreferenceLoss },
    /// A policy from rewards of its own answers.
    Rl(Box<Rl>),
    /// A policy from votes as they are given: each is learnt from at once.
    Live { loss: PreferenceLoss, steps: u32, replay: usize },
}

/// Which policy gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Rewards of a prompt's answers against each other (Shao et al. 2024).
    Grpo,
    /// Each answer against the mean of the others (Ahmadian et al. 2024).
    Rloo,
    /// Each token against what a value head expected (Schulman et al. 2017; Ouyang et al. 2022).
    Ppo,
}

/// What judges answers: parts with weights, summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Judge {
    /// A reward model of the project.
    Model { checkpoint: i64, weight: f64 },
    /// How likely a classifier of the project finds a class.
    Class { checkpoint: i64, label: String, weight: f64 },
    /// Rules that a person composed.
    Rules { rules: RuleSet, weight: f64 },
}

/// How a policy learns from rewards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rl {
    pub algorithm: Algorithm,
    pub judges: Vec<Judge>,
    /// Prompts of a round, and answers to each.
    pub prompts: usize,
    pub group: usize,
    /// Tokens of an answer at most.
    pub max_tokens: usize,
    pub temperature: f64,
    /// Times that a round's answers are learnt from, and steps that each time takes.
    pub inner_epochs: usize,
    pub minibatches: usize,
    /// β: what drift from the reference costs, in reward a nat.
    pub beta: f64,
    /// Advantages are divided by the spread of their group's rewards (GRPO as published; Liu et al. 2025 leave it out).
    pub scale: bool,
    pub clip: f64,
    pub per_sequence: PerSequence,
    /// Taken off an answer that came to no end.
    pub missing_end: f64,
    /// Checkpoint that the policy is held against, and measured against; none: the one that it starts from.
    pub reference: Option<i64>,
    /// Drift at which the run pauses, in nats an answer; 0: it never does.
    pub most_kl: f64,
    /// Entropy under which the run pauses, in nats a token: the policy says one thing only; 0: it never does.
    pub least_entropy: f64,
    /// What only PPO reads.
    pub ppo: Ppo,
}

/// The further numbers of PPO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ppo {
    /// γ: what a reward one token later is worth.
    pub gamma: f64,
    /// λ of the generalised advantages: 0 trusts the value head, 1 the rewards alone.
    pub lambda: f64,
    /// How far a value may move in one round.
    pub value_clip: f64,
    /// Weights of the value loss, and of the entropy, which is wanted.
    pub value_coef: f64,
    pub entropy_coef: f64,
    /// Drift that β is steered to, in nats an answer (Ziegler et al. 2019); none: β stays.
    pub target_kl: Option<f64>,
    /// Answers over which a full error changes β by its own size.
    pub horizon: f64,
    /// Rewards of a round are scaled to a spread of 1 before they become advantages.
    pub whiten_rewards: bool,
}

impl Default for Ppo {
    fn default() -> Self {
        Self {
            gamma: 1.0,
            lambda: 0.95,
            value_clip: 0.2,
            value_coef: 0.1,
            entropy_coef: 0.0,
            target_kl: None,
            horizon: 200.0,
            whiten_rewards: false,
        }
    }
}

impl Default for Rl {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Grpo,
            judges: Vec::new(),
            prompts: 8,
            group: 8,
            max_tokens: 40,
            temperature: 1.0,
            inner_epochs: 1,
            minibatches: 1,
            beta: 0.04,
            scale: true,
            clip: 0.2,
            per_sequence: PerSequence::Tokens,
            missing_end: 1.0,
            reference: None,
            most_kl: 60.0,
            least_entropy: 0.05,
            ppo: Ppo::default(),
        }
    }
}

impl Rl {
    /// With the numbers that are usual for a method; judges, prompts and sizes stay.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        let usual = Self::default();
        (self.per_sequence, self.inner_epochs, self.beta) = match algorithm {
            Algorithm::Grpo => (PerSequence::Tokens, usual.inner_epochs, usual.beta),
            Algorithm::Rloo => (PerSequence::Sum, usual.inner_epochs, usual.beta),
            // As Ouyang et al. 2022 and TRL have it.
            Algorithm::Ppo => (PerSequence::Tokens, 4, 0.05),
        };
        self.algorithm = algorithm;
        self
    }
}

impl Align {
    /// As a person reads it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reward { .. } => "reward model",
            Self::Live { .. } => "live votes",
            Self::Rl(rl) => match rl.algorithm {
                Algorithm::Grpo => "GRPO",
                Algorithm::Rloo => "RLOO",
                Algorithm::Ppo => "PPO",
            },
            Self::Prefer { loss } => match loss {
                PreferenceLoss::Dpo { .. } => "DPO",
                PreferenceLoss::Robust { .. } => "robust DPO",
                PreferenceLoss::Hinge { .. } => "DPO, hinge",
                PreferenceLoss::Ipo { .. } => "IPO",
                PreferenceLoss::SigmoidNorm { .. } => "DPO by the token",
                PreferenceLoss::ApoZero { .. } => "APO, zero",
                PreferenceLoss::ApoDown { .. } => "APO, down",
                PreferenceLoss::SppoHard { .. } => "SPPO",
                PreferenceLoss::Kto { .. } => "KTO",
                PreferenceLoss::Orpo { .. } => "ORPO",
                PreferenceLoss::SimPo { .. } => "SimPO",
                PreferenceLoss::Cpo { .. } => "CPO",
            },
        }
    }

    /// Whether the model learns how much reward is to come, beside what it writes.
    pub fn has_values(&self) -> bool {
        match self {
            Self::Rl(rl) => rl.algorithm == Algorithm::Ppo,
            Self::Reward { .. } | Self::Prefer { .. } | Self::Live { .. } => false,
        }
    }

    /// Whether the run needs the weights that it started from, frozen.
    pub fn needs_reference(&self) -> bool {
        match self {
            Self::Reward { .. } => false,
            Self::Prefer { loss } => loss.needs_reference(),
            Self::Rl(_) | Self::Live { .. } => true,
        }
    }
}
