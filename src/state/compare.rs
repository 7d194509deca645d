//! Which two checkpoints are compared on the same rows, and what came of it. Draws nothing.

use super::choices::{best_tuned, tuned_checkpoints};
use crate::data::supervised::Split;
use crate::engine::command::{CheckpointId, JobId, RunId};
use crate::engine::event::{Library, TaskEval};
use crate::evaluate::Change;

/// Two checkpoints on the same rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Comparison {
    #[default]
    None,
    Asked(JobId),
    Done {
        /// Of the start, and of what it became.
        evals: Vec<TaskEval>,
        changes: Vec<Change>,
    },
    Failed(String),
}

/// Which checkpoints and rows are to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareDraft {
    pub tuned: Option<CheckpointId>,
    pub split: Split,
    pub most: usize,
    /// The last wish of another view that was followed.
    seen_wish: u64,
}

impl Default for CompareDraft {
    fn default() -> Self {
        Self { tuned: None, split: Split::Test, most: 200, seen_wish: 0 }
    }
}

impl CompareDraft {
    /// The best checkpoint of the run that is asked for; without a wish, of the newest run.
    pub fn settle(&mut self, library: &Library, wish: Option<(u64, RunId)>) {
        let tuned = tuned_checkpoints(library);
        if let Some((number, run)) = wish.filter(|(number, _)| *number > self.seen_wish) {
            self.seen_wish = number;
            let of = tuned.iter().filter(|row| row.run == Some(run));
            self.tuned = of.max_by_key(|row| (row.best, row.step, row.id)).map(|row| row.id);
        }
        if self.tuned.is_none_or(|id| !tuned.iter().any(|row| row.id == id)) {
            self.tuned = best_tuned(library, None).map(|row| row.id);
        }
    }
}
