//! What is asked and answered about learning from feedback: plain data, part of `command` and `event`.

use super::command::{CheckpointId, JobId, ModelSource, RunId, Sampling};
pub use super::judged::{BestReport, BestWish, DuelReport, DuelWish, Replayed};
use crate::data::supervised::Side;
use crate::feedback::{Candidate, Question, Vote};

/// What is said of runs that learn from feedback.
#[derive(Clone, Debug, PartialEq)]
pub enum AlignEvent {
    /// Further curves of a run: rewards, drift, margins, each under its own name.
    Series { run: RunId, points: Vec<SeriesPoint> },
    /// What the policy wrote in one round, and what came of it.
    Rollouts { run: RunId, step: u64, rollouts: Vec<RolloutView> },
    /// A vote was learnt from, or taken back.
    Effect { run: RunId, effect: Box<Effect> },
    /// Answers that `AlignCommand::Draw` asked for.
    Drawn { job: JobId, prompt: Side, candidates: Vec<Candidate> },
    /// Rewards that `AlignCommand::Rate` asked for, by question, one for each answer; none where a question cannot be read.
    Rated { job: JobId, rewards: Vec<(i64, Vec<f32>)> },
    /// A live run was told the same votes once more.
    Replayed { job: JobId, replayed: Box<Replayed> },
    /// Answers were drawn and judged, and the best kept.
    Best { job: JobId, best: Box<BestReport> },
    /// Two checkpoints answered the same prompts.
    Duelled { job: JobId, duel: Box<DuelReport> },
}

/// What the trainer can be told to do with feedback as it comes.
#[derive(Clone, Debug, PartialEq)]
pub enum AlignCommand {
    /// A vote that is on the disk: the live run at hand learns from it. Answered by `AlignEvent::Effect`.
    Click { event: i64, question: i64, asked: Box<Question>, annotator: String, vote: Box<Vote> },
    /// A vote was taken back: so is its effect. Answered by `AlignEvent::Effect`.
    TakeBack { event: i64 },
    /// What a reward model thinks of the answers to questions. Answered by `AlignEvent::Rated`.
    Rate { job: JobId, checkpoint: CheckpointId, questions: Vec<(i64, Question)> },
    /// Learns all votes of a live run once more from where it began, and holds the weights against its newest checkpoint. Answered by
    /// `AlignEvent::Replayed`.
    Replay { job: JobId, run: RunId },
    /// Answers to many prompts, judged; the best of them as rows to fine-tune on. Answered by `AlignEvent::Best`.
    Best { job: JobId, wish: Box<BestWish> },
    /// Whose answers are worth more, on prompts kept aside. Answered by `AlignEvent::Duelled`.
    Duel { job: JobId, wish: Box<DuelWish> },
    /// Answers to a prompt, `n` of each source. Answered by `AlignEvent::Drawn`.
    Draw { job: JobId, sources: Vec<ModelSource>, prompt: Side, n: usize, max_tokens: usize, sampling: Sampling },
}

/// What one vote did to the live policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// Number of the vote's event; of one that was taken back, too.
    pub event: i64,
    pub question: i64,
    pub taken_back: bool,
    /// Optimiser steps of the run by now, and votes that it learnt from.
    pub step: u64,
    pub votes: usize,
    /// Log-probability of the better and of the worse answer, before and after; means where the vote held several pairs.
    pub chosen: (f64, f64),
    pub rejected: (f64, f64),
    /// Drift from where the run began on the pinned prompts, in nats an answer.
    pub kl: f64,
    /// Pinned prompt, what it was answered before, and what now.
    pub samples: Vec<(String, String, String)>,
    /// From the click to here.
    pub seconds: f64,
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
