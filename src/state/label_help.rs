//! The Label page's help of a model: labels for all rows, or a draft of one answer. Draws nothing.

use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, LabelCommand, TrainCommand};
use crate::engine::labelling::ExampleOrder;

use super::{AppState, JobKind, format};

/// Rows that a model looks at in one go.
const MOST_SCORED: usize = 20_000;

/// What a checkpoint would answer to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub row: i64,
    pub text: String,
}

impl AppState {
    pub(super) fn let_it_look(&mut self, checkpoint: CheckpointId, prelabel: bool) -> Vec<Command> {
        let Some(dataset) = self.label.dataset else { return Vec::new() };
        let job = self.jobs.start(JobKind::Score, "A model looks at the rows");
        vec![Command::Train(TrainCommand::ScoreRows { job, dataset, checkpoint, only: Vec::new(), prelabel, most: MOST_SCORED })]
    }

    /// An answer to the row at hand.
    pub(super) fn ask_for_draft(&mut self, checkpoint: CheckpointId) -> Vec<Command> {
        let page = &mut self.label;
        let (Some(dataset), Some(row)) = (page.dataset, page.row().map(|row| row.row)) else { return Vec::new() };
        page.draft = None;
        let job = self.jobs.start(JobKind::Score, "A model drafts an answer");
        vec![Command::Train(TrainCommand::ScoreRows { job, dataset, checkpoint, only: vec![row], prelabel: false, most: 1 })]
    }

    /// The draft that was asked for; an empty one is no draft.
    pub(super) fn draft_came(&mut self, dataset: DatasetId, row: i64, text: &str) -> Vec<Command> {
        if self.label.dataset == Some(dataset) {
            let text = text.trim().to_owned();
            if text.is_empty() {
                self.notices.info("The model had nothing to say to this");
            } else {
                self.label.draft = Some(Draft { row, text });
            }
        }
        Vec::new()
    }

    /// A model looked at the rows: what it is least sure of comes first from now on.
    pub(super) fn label_scored(&mut self, dataset: DatasetId, rows: u64, prelabelled: u64, disagree: u64) -> Vec<Command> {
        let told = format!(
            "The model looked at {}: {prelabelled} got a label to confirm, on {disagree} it disagrees with the label",
            format::plural(rows, "row", "rows")
        );
        self.notices.info(told);
        if self.label.dataset != Some(dataset) {
            return Vec::new();
        }
        self.label.query.order = ExampleOrder::Uncertainty;
        let mut commands = vec![Command::Label(LabelCommand::LoadLabelState { dataset })];
        commands.extend(self.label.restart());
        commands
    }
}
