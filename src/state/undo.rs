//! What can be taken back, and how: the window's own undo. What annotators take back stands in the project instead.

use super::data::DataAction;
use super::notices::Level;
use super::{Action, AppState, RunsAction, format};
use crate::engine::Command;

impl AppState {
    /// Remembers how to take a deletion back, and says so.
    pub(super) fn note_undo(&mut self, action: &Action) {
        let taken = if let Action::Talk(talk) = action { self.talk_undo(talk) } else { None };
        let (name, back) = if let Some((name, back)) = &taken {
            (name.as_str(), Action::Talk(back.clone()))
        } else if let Action::Data(DataAction::Delete(id)) = action {
            let name = self.library.datasets.iter().find(|d| d.id == *id).map_or("dataset", |d| d.name.as_str());
            (name, Action::Data(DataAction::Restore(*id)))
        } else if let Action::Runs(RunsAction::Rename { run, name }) = action {
            if let Some(old) = self.run(*run).map(|run| run.name.clone()).filter(|old| old != name) {
                let back = Action::Runs(RunsAction::Rename { run: *run, name: old.clone() });
                self.undo.push((format!("“{old}” was renamed"), back));
            }
            return;
        } else if let Action::Runs(RunsAction::Delete(id)) = action {
            (self.run(*id).map_or("run", |run| run.name.as_str()), Action::Runs(RunsAction::Restore(*id)))
        } else if let Action::Data(DataAction::LeaveOut { dataset, rows, annotator, out: true }) = action {
            let (dataset, rows, annotator) = (*dataset, rows.clone(), annotator.clone());
            let label = format!("{} left out of the dataset", format::plural(rows.len() as u64, "row was", "rows were"));
            let back = Action::Data(DataAction::LeaveOut { dataset, rows, annotator, out: false });
            self.notices.offer(Level::Info, label.clone(), "Undo", Action::Undo);
            self.undo.push((label, back));
            return;
        } else {
            return;
        };
        let label = format!("“{name}” was deleted");
        self.notices.offer(Level::Info, label.clone(), "Undo", Action::Undo);
        self.undo.push((label, back));
    }

    pub(super) fn take_back(&mut self) -> Vec<Command> {
        let Some((label, action)) = self.undo.pop() else {
            self.notices.info("Nothing to undo");
            return Vec::new();
        };
        let shown = self.notices.list().iter().find(|notice| notice.text == label).map(|notice| notice.id);
        if let Some(id) = shown {
            self.notices.dismiss(id);
        }
        let depth = self.undo.len();
        let commands = self.apply(action);
        // Taking back a renaming is a renaming: it must not be taken back in turn.
        self.undo.truncate(depth);
        commands
    }
}
