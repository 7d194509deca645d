//! What of labelled rows would train, as it was asked for and as it came. Draws nothing.

use crate::config::Tune;
use crate::engine::command::{CheckpointId, DatasetId, JobId};
use crate::engine::event::TrainingView;

/// Rows that are shown at once; the importer gives as many.
pub const SHOWN: u64 = 60;

/// What decides how rows are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub dataset: DatasetId,
    pub checkpoint: CheckpointId,
    /// Only what changes the tokens and their mask.
    pub tune: Box<Tune>,
    /// Labelled rows, so that new labels are read, too.
    pub labelled: u64,
}

impl Reading {
    pub fn new(tune: &Tune, checkpoint: CheckpointId, labelled: u64) -> Self {
        Self { dataset: tune.dataset, checkpoint, tune: Box::new(tune.reading()), labelled }
    }
}

/// The last answer, and the last question.
#[derive(Clone, Debug, Default)]
pub struct Training {
    asked: Option<(JobId, Reading, u64)>,
    /// How it was read, the first row that is shown, and what came.
    pub shown: Option<(Reading, u64, TrainingView)>,
    /// Why the rows could not be read so.
    pub problem: Option<String>,
}

impl Training {
    pub(super) fn ask(&mut self, job: JobId, reading: Reading, first: u64) {
        self.problem = None;
        self.asked = Some((job, reading, first));
    }

    /// Whether just this was asked for last, answered or not.
    pub fn was_asked(&self, reading: &Reading) -> bool {
        self.asked.as_ref().is_some_and(|(_, asked, _)| asked == reading)
    }

    /// What came for just this.
    pub fn of(&self, reading: &Reading) -> Option<&TrainingView> {
        self.shown.as_ref().filter(|(shown, ..)| shown == reading).map(|(_, _, view)| view)
    }

    pub(super) fn came(&mut self, job: JobId, view: TrainingView) {
        if let Some((_, reading, first)) = self.asked.as_ref().filter(|(asked, ..)| *asked == job) {
            self.shown = Some((reading.clone(), *first, view));
        }
    }

    /// Takes a failure that is its own; the same is not asked again.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        let mine = self.asked.as_ref().is_some_and(|(asked, ..)| *asked == job);
        if mine {
            self.problem = Some(message.to_owned());
        }
        mine
    }
}
