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
    /// Percent of an epoch, from its first episode on, that look up invented words alone; after that, in the end, every other episode
    /// does. 0: none at all.
    pub recall: u8,
    /// Percent of an epoch, from there on, over which the share of lookups falls evenly from all to half. 0: at once. What is stored of
    /// a run without it was drawn so.
    #[serde(default)]
    pub gradual: u8,
    /// The embedding stays as it is where all else trains: a model that may move its words learns pairs of them by heart instead of
    /// looking back, and what it learnt does not hold for words that it was not tuned with.
    pub keep_words: bool,
    /// The run's own seed, which is put in when its rows are made ready.
    pub seed: u64,
}

impl InContext {
    /// How likely episode `number` of `n` looks up invented words: 1 at first, 1/2 in the end. A sudden end of the lookups would be a
    /// jump of the loss, at which some models lose what they had learnt of looking back.
    pub fn lookups(&self, number: usize, n: usize) -> f64 {
        let past = number as f64 - (n * usize::from(self.recall) / 100) as f64;
        let stretch = n as f64 * f64::from(self.gradual) / 100.0;
        if self.recall == 0 {
            0.0
        } else if past < 0.0 {
            1.0
        } else if past < stretch {
            1.0 - 0.5 * past / stretch
        } else {
            0.5
        }
    }
}

impl Default for InContext {
    fn default() -> Self {
        Self { shots: 8, episodes: 80_000, all_answers: true, rename: true, recall: 60, gradual: 15, keep_words: true, seed: 1 }
    }
}
