//! What is asked and answered about answers that are drawn and judged, and about telling a live run its votes again: plain data, part of
//! `command` and `event`.

use super::command::{CheckpointId, DatasetId, RunId};
use crate::config::Judge;
use crate::data::supervised::Split;
use crate::evaluate::confidence::Interval;

/// Which prompts are answered, how, and what judges the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawWish {
    /// Prompts, questions, or labelled rows, whose right answers a rule may look at.
    pub dataset: DatasetId,
    /// The part that is answered: what training learns from, or what was kept aside.
    pub split: Split,
    /// Prompts at most.
    pub most: usize,
    pub judges: Vec<Judge>,
    pub max_tokens: usize,
    pub temperature: f64,
    pub seed: u64,
    /// Taken off an answer that came to no end.
    pub missing_end: f64,
}

/// Several answers to each prompt, of which the best are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct BestWish {
    pub draw: DrawWish,
    pub checkpoint: CheckpointId,
    /// Answers to each prompt.
    pub n: usize,
    pub keep: Keep,
    /// Name of the dataset that what is kept becomes; none: it is only measured.
    pub into: Option<String>,
}

/// Which answers are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keep {
    /// Of each prompt's answers, so many at most: 1 is best-of-n.
    pub top: usize,
    /// Only answers worth at least this much (rejection sampling); none: whatever is best.
    pub at_least: Option<f64>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { top: 1, at_least: None }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BestReport {
    pub prompts: u64,
    pub answers: u64,
    /// Reward of an answer on average; of each prompt's best; of those kept.
    pub mean: f64,
    pub best: f64,
    pub kept_mean: f64,
    pub kept: u64,
    /// Mean of each part of the reward over all answers.
    pub parts: Vec<(String, f64)>,
    /// Share of answers that came to their own end, and tokens of an answer.
    pub ended: f64,
    pub length: f64,
    /// Where the kept ones stand.
    pub dataset: Option<DatasetId>,
    /// Each prompt's mean reward, in order: what two such reports are compared by.
    pub rewards: Vec<f64>,
    pub examples: Vec<BestExample>,
    pub seconds: f64,
}

/// A prompt with its best and its worst answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BestExample {
    pub prompt: String,
    pub best: (String, f64),
    pub worst: (String, f64),
}

/// Two checkpoints on the same prompts with the same draws.
#[derive(Clone, Debug, PartialEq)]
pub struct DuelWish {
    pub draw: DrawWish,
    pub checkpoint: CheckpointId,
    /// None: the one that the checkpoint's run started from.
    pub against: Option<CheckpointId>,
}

/// Who won how often.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuelReport {
    pub names: (String, String),
    pub checkpoints: (CheckpointId, CheckpointId),
    pub prompts: u64,
    pub wins: u64,
    pub ties: u64,
    pub losses: u64,
    /// Share of the prompts won, ties by half, with its interval.
    pub rate: f64,
    pub interval: Option<Interval>,
    /// Mean reward of either.
    pub rewards: (f64, f64),
    pub rows: Vec<DuelRow>,
    pub seconds: f64,
}

/// Both answers to a prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuelRow {
    pub prompt: String,
    pub own: (String, f64),
    pub other: (String, f64),
}

/// A live run told once more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    pub run: RunId,
    /// The checkpoint whose weights were compared.
    pub checkpoint: CheckpointId,
    /// Events in the run's list, and how many of them took something back.
    pub events: u64,
    pub taken_back: u64,
    /// Votes that stand and were learnt, and steps on them.
    pub votes: u64,
    pub steps: u64,
    /// Votes that the project's own list of events does not have as they were learnt.
    pub strayed: u64,
    pub weights: u64,
    /// Weights whose bits differ, and by how much at most.
    pub different: u64,
    pub largest: f32,
    pub seconds: f64,
}

impl Replayed {
    pub fn is_same(&self) -> bool {
        self.different == 0
    }

    /// As a person reads it.
    pub fn sentence(&self) -> String {
        let told = format!(
            "Run {} was told its {} votes again ({} events, {} taken back; {} steps)",
            self.run, self.votes, self.events, self.taken_back, self.steps
        );
        let strayed =
            if self.strayed > 0 { format!("; {} of them stand otherwise in the project", self.strayed) } else { String::new() };
        if self.is_same() {
            format!("{told}: all {} weights are the same bits as in checkpoint {}{strayed}", self.weights, self.checkpoint)
        } else {
            format!(
                "{told}: {} of {} weights differ from checkpoint {}, by {:.2e} at most{strayed}. A machine with another number of cores sums in another order",
                self.different, self.weights, self.checkpoint, self.largest
            )
        }
    }
}
