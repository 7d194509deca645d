//! The flags of learning from votes: reward models and preferences. Knows no engine.

use clap::{Args, ValueEnum};

use super::tune_arguments::LearnArguments;
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
