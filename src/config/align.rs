//! What a run that learns from human feedback has besides a fine-tuning run: which method, against which reference. Checks nothing.

use serde::{Deserialize, Serialize};

use crate::train::{PreferenceLoss, RewardLoss};

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
}

impl Align {
    /// As a person reads it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reward { .. } => "reward model",
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

    /// Whether the run needs the weights that it started from, frozen.
    pub fn needs_reference(&self) -> bool {
        match self {
            Self::Reward { .. } => false,
            Self::Prefer { loss } => loss.needs_reference(),
        }
    }
}
