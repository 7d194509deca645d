//! Which checkpoint a fine-tuning run starts from: what somebody chose, else the best that there is. Changes nothing.

use crate::config::TuneTask;
use crate::engine::command::CheckpointId;
use crate::engine::event::{CheckpointRow, Library};

use super::tune::{TuneDraft, usable};

impl TuneDraft {
    /// The newest pre-trained checkpoint of the kind that suits the task: what was fine-tuned already has learnt another.
    pub(super) fn best_start(&self, library: &Library) -> Option<CheckpointId> {
        let writes = self.tune.task == TuneTask::Text;
        let tuned = |row: &CheckpointRow| library.runs.iter().any(|run| Some(run.id) == row.run && run.config.tune.is_some());
        let fits = |row: &&CheckpointRow| !writes || !row.is_encoder;
        let best =
            usable(library).filter(fits).max_by_key(|row| (!tuned(row), row.is_encoder != writes, row.run.is_some(), row.id));
        best.map(|row| row.id)
    }

    /// What was chosen, where it can learn this; what nobody chose, where the best is of its kind: no new run takes its place unasked.
    pub(super) fn kept_start(&self, library: &Library) -> Option<CheckpointId> {
        let encoder = |id| usable(library).find(|row| Some(row.id) == id).map(|row| row.is_encoder);
        let (best, known) = (self.best_start(library), encoder(self.from));
        let fits = if self.picked { self.tune.task != TuneTask::Text || known == Some(false) } else { known == encoder(best) };
        if known.is_some() && fits { self.from } else { best }
    }
}
