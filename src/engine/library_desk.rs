//! The librarian's answers about what the project holds, and about what is kept of runs. Knows no label and no model.

use super::command::LibraryCommand;
use super::event::Event;
use super::outbox::Outbox;
use crate::store::{Project, StoreError, write_export};

/// Does what was asked; says whether what the project holds is to be told anew.
pub(super) fn carry_out(project: &mut Project, outbox: &mut Outbox, ask: LibraryCommand) -> Result<bool, StoreError> {
    match ask {
        LibraryCommand::ListLibrary => {}
        LibraryCommand::LoadMetrics { run } => {
            let event = Event::Metrics {
                run,
                points: project.metrics(run)?,
                evals: project.evals(run)?,
                marks: project.marks(run)?,
                tasks: project.task_evals(run)?,
                series: project.series(run)?,
            };
            outbox.send(event);
            return Ok(false);
        }
        LibraryCommand::LoadSamples { run } => {
            let samples = project.samples(run)?;
            outbox.send(Event::RunSamples { run, samples });
            return Ok(false);
        }
        LibraryCommand::RenameRun { run, name } => project.rename_run(run, &name)?,
        LibraryCommand::PinCheckpoint { checkpoint, pinned } => project.set_checkpoint_pinned(checkpoint, pinned)?,
        LibraryCommand::DeleteRun { run } => project.set_run_deleted(run, true)?,
        LibraryCommand::RestoreRun { run } => project.set_run_deleted(run, false)?,
        LibraryCommand::PurgeDeleted => {
            project.purge_deleted()?;
        }
        LibraryCommand::DeleteDataset { dataset } => project.set_dataset_deleted(dataset, true)?,
        LibraryCommand::RestoreDataset { dataset } => project.set_dataset_deleted(dataset, false)?,
        LibraryCommand::SaveSetting { key, value } => {
            project.set_setting(&key, &value)?;
            return Ok(false);
        }
        LibraryCommand::SavePrompt { prompt, completion, settings } => project.add_prompt(&prompt, &completion, &settings)?,
        LibraryCommand::WriteFile { path, bytes } => {
            write_export(&path, &bytes)?;
            outbox.send(Event::FileWritten { path });
            return Ok(false);
        }
    }
    Ok(true)
}
