//! Tuning for learning from the prompt: episodes of an instruction, examples and a query instead of single rows. Checks nothing.

use serde::{Deserialize, Serialize};

/// How episodes are drawn (Min et al. 2022, `MetaICL`; Chen et al. 2022, in-context tuning).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InContext {
    /// Examples of an episode at most: each has any number of them, from none on.
    pub shots: usize,
    /// Episodes of an epoch.
    pub episodes: usize,
    /// The answers of the examples are learnt, too, each from those before it.
    pub all_answers: bool,
    /// Each episode gives the answers of a choice other words: what they mean can be read from the examples alone.
    pub rename: bool,
    /// Percent of an epoch, from its first episode on, that look up invented words alone; after that every other episode does.
    /// 0: none at all.
    pub recall: u8,
    /// The embedding stays as it is where all else trains: a model that may move its words learns pairs of them by heart instead of
    /// looking back, and what it learnt does not hold for words that it was not tuned with.
    pub keep_words: bool,
    /// The run's own seed, which is put in when its rows are made ready.
    pub seed: u64,
}

impl Default for InContext {
    fn default() -> Self {
        Self { shots: 8, episodes: 48_000, all_answers: true, rename: true, recall: 60, keep_words: true, seed: 1 }
    }
}
