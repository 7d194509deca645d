//! What is asked and answered about learning from feedback: plain data, part of `command` and `event`.

use super::command::RunId;

/// What is said of runs that learn from feedback.
#[derive(Clone, Debug, PartialEq)]
pub enum AlignEvent {
    /// Further curves of a run: rewards, drift, margins, each under its own name.
    Series { run: RunId, points: Vec<SeriesPoint> },
    /// What the policy wrote in one round, and what came of it.
    Rollouts { run: RunId, step: u64, rollouts: Vec<RolloutView> },
}

/// A point of a curve beside the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    pub step: u64,
    /// See `train::stat`; parts of a reward stand under `reward/<part>`.
    pub name: String,
    pub value: f32,
}

/// One answer of a policy with all that was made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolloutView {
    pub prompt: String,
    pub tokens: Vec<RolloutToken>,
    /// Whether the answer came to its own end.
    pub ended: bool,
    /// What the judge said, all together.
    pub reward: f32,
    /// Each part of it with its weight in it already.
    pub parts: Vec<(String, f32)>,
}

/// A token of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolloutToken {
    pub text: String,
    pub logprob: f32,
    /// Drift from the reference at this token: the log-ratio of the two, in nats.
    pub kl: f32,
    /// Reward that was given at this token, drift included.
    pub reward: f32,
    pub advantage: f32,
}
