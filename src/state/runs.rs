//! The Runs page: which runs are looked at, compared, renamed. Draws nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{AppState, Effect, JobKind, PickPurpose, curves::Curves};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, ImportCommand, LibraryCommand, RunId, TrainCommand};

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct RunsState {
    /// Whose curves are laid over one another, in the order of choosing.
    pub chosen: Vec<RunId>,
    /// Whose details are shown.
    pub focus: Option<RunId>,
    pub show_deleted: bool,
    /// Whose checkpoints are listed.
    pub open: BTreeSet<RunId>,
    /// The checkpoint to copy out, while its place is being chosen.
    pub exporting: Option<CheckpointId>,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum RunsAction {
    /// Show one run's details, and its curve alone.
    Focus(RunId),
    /// Lay a run's curve over the others, or take it away.
    Toggle(RunId),
    ShowDeleted(bool),
    /// List a run's checkpoints, or fold them away.
    Unfold {
        run: RunId,
        open: bool,
    },
    Rename {
        run: RunId,
        name: String,
    },
    Pin {
        checkpoint: CheckpointId,
        pinned: bool,
    },
    Delete(RunId),
    Restore(RunId),
    /// Go on with a run from a checkpoint.
    Resume(CheckpointId),
    /// Copy a checkpoint out of the project, once a place is chosen.
    Export(CheckpointId),
}

impl RunsState {
    /// Curves that the plot can tell apart.
    pub const MOST: usize = 7;

    pub(super) fn apply(&mut self, action: RunsAction, curves: &mut Curves, effects: &mut Vec<Effect>) -> Vec<Command> {
        match action {
            RunsAction::Focus(run) => {
                self.focus = Some(run);
                if !self.chosen.contains(&run) {
                    self.chosen = vec![run];
                }
                ask(curves, &[run])
            }
            RunsAction::Toggle(run) => {
                if let Some(at) = self.chosen.iter().position(|&chosen| chosen == run) {
                    self.chosen.remove(at);
                } else {
                    self.chosen.push(run);
                    if self.chosen.len() > Self::MOST {
                        self.chosen.remove(0);
                    }
                }
                ask(curves, &self.chosen)
            }
            RunsAction::ShowDeleted(show) => {
                self.show_deleted = show;
                Vec::new()
            }
            RunsAction::Unfold { run, open } => {
                if open {
                    self.open.insert(run);
                } else {
                    self.open.remove(&run);
                }
                Vec::new()
            }
            RunsAction::Rename { run, name } => vec![Command::Library(LibraryCommand::RenameRun { run, name })],
            RunsAction::Pin { checkpoint, pinned } => {
                vec![Command::Library(LibraryCommand::PinCheckpoint { checkpoint, pinned })]
            }
            RunsAction::Delete(run) => {
                self.chosen.retain(|&chosen| chosen != run);
                self.focus.take_if(|focus| *focus == run);
                vec![Command::Library(LibraryCommand::DeleteRun { run })]
            }
            RunsAction::Restore(run) => vec![Command::Library(LibraryCommand::RestoreRun { run })],
            RunsAction::Resume(checkpoint) => vec![Command::Train(TrainCommand::ResumeRun { checkpoint })],
            RunsAction::Export(checkpoint) => {
                self.exporting = Some(checkpoint);
                effects.push(Effect::Pick(PickPurpose::ExportModel));
                Vec::new()
            }
        }
    }
}

impl AppState {
    /// The place of an export was chosen.
    pub(super) fn export_model(&mut self, folder: PathBuf) -> Vec<Command> {
        let Some(checkpoint) = self.runs.exporting.take() else { return Vec::new() };
        let job = self.jobs.start(JobKind::ExportModel, format!("Exporting to {}", folder.display()));
        vec![Command::Import(ImportCommand::ExportCheckpoint { job, checkpoint, folder, half: false })]
    }
}

/// Commands that fetch the stored curves of runs not fetched before.
pub(super) fn ask(curves: &mut Curves, runs: &[RunId]) -> Vec<Command> {
    let mut commands = Vec::new();
    for &run in runs {
        let entry = curves.entry(run);
        if !entry.asked {
            entry.asked = true;
            commands.push(Command::Library(LibraryCommand::LoadMetrics { run }));
        }
    }
    commands
}
