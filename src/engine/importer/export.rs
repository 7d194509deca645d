//! Copies a checkpoint out of the project, so that other programs can open it. Knows no training.

use std::path::Path;

use super::{Failure, Session};
use crate::engine::command::{CheckpointId, JobId};
use crate::engine::event::Event;
use crate::formats::{Width, load_folder, save_folder_as};
use crate::store;

impl Session<'_> {
    pub(super) fn export_checkpoint(
        &mut self,
        job: JobId,
        checkpoint: CheckpointId,
        folder: &Path,
        half: bool,
    ) -> Result<(), Failure> {
        let row = self.desk.ask(move |project| project.checkpoint(checkpoint))?;
        let draft = store::draft_of_export(folder)?;
        let loaded = load_folder(&row.path)?;
        let width = if half { Width::Half } else { Width::Full };
        save_folder_as(&loaded.model.merged().with_value(false), width, loaded.tokenizer.as_deref(), draft.path())?;
        draft.seal()?.publish(folder)?;
        self.outbox.send(Event::Exported { job, folder: folder.to_owned() });
        Ok(())
    }
}
