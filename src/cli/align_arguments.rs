//! The flags of learning from votes: reward models and preferences. Knows no engine.

use clap::{Args, ValueEnum};

use super::best_arguments::JudgeArguments;
use super::tune_arguments::LearnArguments;
use crate::config::{Algorithm, Ppo, Rl};
use crate::train::reward_loss::{RewardKind, Ties};
use crate::train::{PreferenceLoss, RewardLoss};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum reward -p my.lyceum --dataset votes --from best\n  \
    lyceum reward -p my.lyceum --dataset rankings --loss plackett-luce\n  \
    lyceum reward -p my.lyceum --dataset ratings --loss scores --criterion polite")]
pub struct RewardArguments {
    #[command(flatten)]
    pub learn: LearnArguments,
    /// What is learnt: all pairs of a ranking, the ranking at once, or the scores by criteria.
    #[arg(long, value_enum, default_value = "pairs", value_name = "LOSS")]
    pub loss: RewardLossName,
    /// What a tie says: nothing, half a win for each, or that the difference is small.
    #[arg(long, value_enum, default_value = "threshold", value_name = "MEANING")]
    pub ties: TiesName,
    /// How strongly rewards are drawn to 0; 0.01 is usual where it is on.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub centring: f64,
    /// The criterion whose scores are learnt; the mean of all if none is given.
    #[arg(long, value_name = "NAME")]
    pub criterion: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RewardLossName {
    Pairs,
    PlackettLuce,
    Scores,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TiesName {
    Ignore,
    Halves,
    Threshold,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum prefer -p my.lyceum --dataset votes --from best\n  \
    lyceum prefer -p my.lyceum --dataset votes --method kto --epochs 3\n  \
    lyceum prefer -p my.lyceum --dataset votes --method simpo --beta 2 --gamma 1")]
pub struct PreferArguments {
    #[command(flatten)]
    pub learn: LearnArguments,
    /// The loss.
    #[arg(long, value_enum, default_value = "dpo", value_name = "NAME")]
    pub method: MethodName,
    /// How closely the policy is held to where it started, or the scale of the reward; what is usual for the method if none is given.
    #[arg(long, value_name = "X")]
    pub beta: Option<f64>,
    /// The chance that a vote is wrong, for dpo and robust.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub label_smoothing: f64,
    /// By how much the better answer should lead, for simpo.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub gamma: f64,
    /// Weight of the odds ratio (orpo), or of the likelihood of better answers (cpo).
    #[arg(long, value_name = "X")]
    pub lambda: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    Dpo,
    Robust,
    Hinge,
    Ipo,
    ApoZero,
    ApoDown,
    Kto,
    Orpo,
    Simpo,
    Cpo,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum rl -p my.lyceum --dataset prompts --reward-model 12\n  \
    lyceum rl -p my.lyceum --dataset prompts --rules polite*2\n  \
    lyceum rl -p my.lyceum --dataset prompts --rules polite*2 --method ppo --target-kl 6\n  \
    lyceum rl -p my.lyceum --dataset reviews --class 9:positive --method rloo\n  \
    lyceum rl -p my.lyceum --dataset prompts --reward-model 12 --reward-model 15*0.5 --rules 'words 5-25'")]
pub struct RlArguments {
    #[command(flatten)]
    pub learn: LearnArguments,
    /// The policy gradient.
    #[arg(long, value_enum, default_value = "grpo", value_name = "NAME")]
    pub method: AlgorithmName,
    #[command(flatten)]
    pub judge: JudgeArguments,
    /// Prompts of a round.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub prompts: usize,
    /// Answers to each prompt.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub group: usize,
    /// Tokens of an answer at most.
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub max_tokens: usize,
    #[arg(long, default_value_t = 1.0, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f64,
    /// What drift from the start costs, in reward a nat: 0.05 for ppo, 0.04 for the others if none is given.
    #[arg(long, value_name = "X")]
    pub beta: Option<f64>,
    /// Times that a round's answers are learnt from: 4 for ppo, 1 for the others if none is given.
    #[arg(long, value_name = "N")]
    pub inner_epochs: Option<usize>,
    /// Steps that each time takes.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub minibatches: usize,
    /// Drift at which the run pauses, in nats an answer; 0: never.
    #[arg(long, default_value_t = Rl::default().most_kl, value_name = "NATS")]
    pub most_kl: f64,
    /// Entropy under which the run pauses, in nats a token; 0: never.
    #[arg(long, default_value_t = Rl::default().least_entropy, value_name = "NATS")]
    pub least_entropy: f64,
    #[command(flatten)]
    pub ppo: PpoArguments,
    /// The checkpoint that the policy is held against and measured against; the one that it starts from if none is given.
    #[arg(long, value_name = "ID")]
    pub against: Option<i64>,
}

/// What only `--method ppo` reads.
#[derive(Args, Debug)]
#[command(next_help_heading = "PPO")]
pub struct PpoArguments {
    /// What a reward one token later is worth.
    #[arg(long, default_value_t = Ppo::default().gamma, value_name = "X")]
    pub gamma: f64,
    /// Between the value head (0) and the rewards alone (1).
    #[arg(long, default_value_t = Ppo::default().lambda, value_name = "X")]
    pub lambda: f64,
    /// How far a value may move in one round.
    #[arg(long, default_value_t = Ppo::default().value_clip, value_name = "X")]
    pub value_clip: f64,
    /// Weight of the value loss.
    #[arg(long, default_value_t = Ppo::default().value_coef, value_name = "X")]
    pub value_coef: f64,
    /// Weight of the entropy, which is wanted.
    #[arg(long, default_value_t = Ppo::default().entropy_coef, value_name = "X")]
    pub entropy_coef: f64,
    /// Drift that β is steered to, in nats an answer; β stays if none is given.
    #[arg(long, value_name = "NATS")]
    pub target_kl: Option<f64>,
    /// Answers over which a full error changes β by its own size: fewer steer faster.
    #[arg(long, default_value_t = Ppo::default().horizon, value_name = "N")]
    pub kl_horizon: f64,
    /// Scale a round's rewards to a spread of 1 first.
    #[arg(long)]
    pub whiten_rewards: bool,
}

impl PpoArguments {
    fn ppo(&self) -> Ppo {
        let Self { gamma, lambda, value_clip, value_coef, entropy_coef, target_kl, kl_horizon, whiten_rewards } = *self;
        // A horizon of 0 would make β infinite.
        let horizon = kl_horizon.max(1.0);
        Ppo { gamma, lambda, value_clip, value_coef, entropy_coef, target_kl, horizon, whiten_rewards }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlgorithmName {
    Grpo,
    Rloo,
    Ppo,
}

impl AlgorithmName {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Grpo => Algorithm::Grpo,
            Self::Rloo => Algorithm::Rloo,
            Self::Ppo => Algorithm::Ppo,
        }
    }
}

impl RlArguments {
    /// The error is a sentence.
    pub fn rl(&self) -> Result<Rl, String> {
        let usual = Rl::default().with_algorithm(self.method.algorithm());
        Ok(Rl {
            judges: self.judge.judges()?,
            prompts: self.prompts,
            group: self.group,
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            inner_epochs: self.inner_epochs.unwrap_or(usual.inner_epochs).max(1),
            minibatches: self.minibatches.max(1),
            beta: self.beta.unwrap_or(usual.beta),
            missing_end: self.judge.missing_end,
            most_kl: self.most_kl,
            least_entropy: self.least_entropy,
            reference: self.against,
            ppo: self.ppo.ppo(),
            ..usual
        })
    }
}

impl RewardArguments {
    pub fn reward_loss(&self) -> RewardLoss {
        RewardLoss {
            kind: match self.loss {
                RewardLossName::Pairs => RewardKind::Pairs,
                RewardLossName::PlackettLuce => RewardKind::PlackettLuce,
                RewardLossName::Scores => RewardKind::Scores,
            },
            ties: match self.ties {
                TiesName::Ignore => Ties::Ignored,
                TiesName::Halves => Ties::Halves,
                TiesName::Threshold => Ties::default(),
            },
            centring: self.centring,
            margins: true,
        }
    }
}

impl PreferArguments {
    pub fn preference_loss(&self) -> PreferenceLoss {
        let beta = self.beta.unwrap_or(0.1);
        let label_smoothing = self.label_smoothing;
        match self.method {
            MethodName::Dpo => PreferenceLoss::Dpo { beta, label_smoothing, reference_free: false },
            MethodName::Robust => PreferenceLoss::Robust { beta, label_smoothing: label_smoothing.max(0.1) },
            MethodName::Hinge => PreferenceLoss::Hinge { beta },
            MethodName::Ipo => PreferenceLoss::Ipo { beta, average: true },
            MethodName::ApoZero => PreferenceLoss::ApoZero { beta },
            MethodName::ApoDown => PreferenceLoss::ApoDown { beta },
            MethodName::Kto => PreferenceLoss::Kto { beta, desirable_weight: 1.0, undesirable_weight: 1.0 },
            MethodName::Orpo => PreferenceLoss::Orpo { lambda: self.lambda.unwrap_or(0.1) },
            MethodName::Simpo => PreferenceLoss::SimPo { beta: self.beta.unwrap_or(2.0), gamma: self.gamma },
            MethodName::Cpo => PreferenceLoss::Cpo { beta, lambda: self.lambda.unwrap_or(1.0) },
        }
    }
}
