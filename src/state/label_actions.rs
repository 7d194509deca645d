//! What a click or a key on the Label page does to the page, and what it asks of the workers. Draws nothing.

use crate::data::supervised::{Change, Content, LabelSet, Own, RowStatus, Verdict};
use crate::engine::Command;
use crate::engine::command::{DatasetId, LabelCommand, LibraryCommand};
use crate::engine::event::{Annotated, AnnotationWay};
use crate::engine::labelling::{ExamplePage, ExampleQuery, LabelProgress};

use super::AppState;
use super::label::{ANNOTATOR_SETTING, LabelAction, LabelPage, LabelView, NOBODY, RATE_OVER};

impl AppState {
    pub(super) fn apply_label(&mut self, action: LabelAction) -> Vec<Command> {
        let now_s = self.now_s;
        let page = &mut self.label;
        match action {
            LabelAction::Show(view) => {
                page.view = view;
                let load = |dataset| Command::Label(LabelCommand::LoadAgreement { dataset });
                page.dataset.filter(|_| view == LabelView::Review).map(load).into_iter().collect()
            }
            LabelAction::Open(dataset) => self.open_labelling(dataset),
            LabelAction::SetAnnotator(name) => page.set_annotator(&name),
            LabelAction::Filter(filter) => page.ask(|query| query.filter = filter),
            LabelAction::Order(order) => page.ask(|query| query.order = order),
            LabelAction::Search(words) => page.ask(|query| query.search = words),
            LabelAction::Blind(blind) => page.ask(|query| query.blind = blind),
            LabelAction::Go(at) => page.go(at, now_s),
            LabelAction::Next => page.go(page.at + 1, now_s),
            LabelAction::Previous => page.go(page.at.saturating_sub(1), now_s),
            LabelAction::Decide { content, verdict } => self.decide(*content, verdict),
            LabelAction::Flag { flagged, note } => page.flag(flagged, note),
            LabelAction::Note { row, note } => page.note(row, note),
            LabelAction::Keep { row, annotator, content } => self.keep_begun(row, &annotator, *content),
            LabelAction::ShowRow { dataset, row } => {
                self.label.dataset = None;
                let commands = self.open_labelling(dataset);
                self.label.shown_row = Some(row);
                commands
            }
            // What is on the screen and not saved goes first.
            LabelAction::Undo => self.step_begun(true).unwrap_or_else(|| self.label.take_back(true)),
            LabelAction::Redo => self.step_begun(false).unwrap_or_else(|| self.label.take_back(false)),
            LabelAction::SaveLabels(labels) => {
                page.labels.clone_from(&labels);
                page.dataset.map(|dataset| Command::Label(LabelCommand::SaveLabelSet { dataset, labels })).into_iter().collect()
            }
            LabelAction::Settle { row, content } => page.settle(row, *content),
            LabelAction::Reload => page.restart(),
            LabelAction::Score { checkpoint, prelabel } => self.let_it_look(checkpoint, prelabel),
            LabelAction::Draft { checkpoint } => self.ask_for_draft(checkpoint),
            LabelAction::DropDraft => {
                page.draft = None;
                Vec::new()
            }
        }
    }

    /// Opens a dataset to be labelled: its unlabelled rows first, if it has any.
    fn open_labelling(&mut self, dataset: DatasetId) -> Vec<Command> {
        let page = &mut self.label;
        if page.dataset != Some(dataset) {
            page.dataset = Some(dataset);
            (page.labels, page.progress, page.twice) = (LabelSet::default(), LabelProgress::default(), Vec::new());
            (page.saved, page.view) = (0, LabelView::Label);
            page.given_s.clear();
            page.query = ExampleQuery { annotator: Some(page.annotator.clone()), ..ExampleQuery::default() };
        }
        page.since_s = self.now_s;
        let mut commands = vec![Command::Label(LabelCommand::LoadLabelState { dataset })];
        commands.extend(page.restart());
        commands
    }

    fn decide(&mut self, content: Content, verdict: Verdict) -> Vec<Command> {
        let (now_s, page) = (self.now_s, &mut self.label);
        let at = page.at;
        let Some(row) = page.queue.get_mut(at) else { return Vec::new() };
        row.example.content.clone_from(&content);
        row.own = Some(verdict);
        if verdict != Verdict::Skipped {
            row.owner = Some(page.annotator.clone());
        }
        let was = row.status;
        row.status = match verdict {
            Verdict::Labelled => RowStatus::Labelled,
            Verdict::Confirmed => RowStatus::Confirmed,
            Verdict::Skipped => RowStatus::Skipped,
        };
        let (id, now) = (row.row, row.status);
        if let Some(count) = page.progress.by_status.get_mut(&was) {
            *count = count.saturating_sub(1);
        }
        *page.progress.by_status.entry(now).or_default() += 1;
        page.given_s.push_back(now_s);
        if page.given_s.len() > RATE_OVER {
            page.given_s.pop_front();
        }
        page.unsaved += 1;
        let seconds = (now_s - page.since_s).clamp(0.0, 3600.0);
        let change = Change::Own(Some(Own { content, verdict }));
        let mut commands: Vec<Command> = page.annotation(id, change, seconds).into_iter().collect();
        commands.extend(page.go(at + 1, now_s));
        if verdict != Verdict::Skipped {
            commands.extend(self.begun_is_saved(id));
        }
        commands
    }

    /// A change is on the disk. What was taken back, or done again, is shown as it stands now.
    pub(super) fn annotated(&mut self, dataset: DatasetId, way: AnnotationWay, done: Option<&Annotated>) -> Vec<Command> {
        let page = &mut self.label;
        if page.dataset != Some(dataset) {
            return Vec::new();
        }
        page.unsaved = page.unsaved.saturating_sub(1);
        let Some(done) = done else {
            self.notices.info(if way == AnnotationWay::Redone { "Nothing to do again" } else { "Nothing to take back" });
            return Vec::new();
        };
        page.saved += 1;
        if way == AnnotationWay::Made {
            return Vec::new();
        }
        if page.view == LabelView::Review {
            return vec![
                Command::Label(LabelCommand::LoadAgreement { dataset }),
                Command::Label(LabelCommand::LoadLabelState { dataset }),
            ];
        }
        let Some(at) = page.queue.iter().position(|row| row.row == done.row) else {
            // Not in this queue: it is fetched anew, from the file's order.
            page.query = ExampleQuery { annotator: Some(page.annotator.clone()), ..ExampleQuery::default() };
            page.shown_row = Some(done.row);
            let mut commands = vec![Command::Label(LabelCommand::LoadLabelState { dataset })];
            commands.extend(page.restart());
            return commands;
        };
        let query = ExampleQuery { annotator: Some(page.annotator.clone()), ..ExampleQuery::default() };
        let ordinal = page.queue.get(at).map_or(0, |row| row.ordinal);
        let mut commands = page.go(at, self.now_s);
        // The row as it stands now comes by itself; the numbers, too.
        commands.push(Command::Label(LabelCommand::LoadExamples { dataset, query, offset: ordinal, limit: 1 }));
        commands.push(Command::Label(LabelCommand::LoadLabelState { dataset }));
        commands
    }

    /// One row came anew, after an undo.
    pub(super) fn row_came(&mut self, page: &ExamplePage) {
        for row in &page.rows {
            if let Some(known) = self.label.queue.iter_mut().find(|known| known.row == row.row) {
                known.clone_from(row);
            }
        }
    }
}

impl LabelPage {
    /// Other rows, or in another order.
    fn ask(&mut self, change: impl FnOnce(&mut ExampleQuery)) -> Vec<Command> {
        change(&mut self.query);
        self.restart()
    }

    fn set_annotator(&mut self, name: &str) -> Vec<Command> {
        let name = if name.trim().is_empty() { NOBODY.to_owned() } else { name.trim().to_owned() };
        self.annotator.clone_from(&name);
        self.query.annotator = Some(name.clone());
        let mut commands = self.restart();
        commands.push(Command::Library(LibraryCommand::SaveSetting { key: ANNOTATOR_SETTING.to_owned(), value: name }));
        commands
    }

    /// Marks the row at hand to be talked about, or takes the mark away.
    fn flag(&mut self, flagged: bool, note: String) -> Vec<Command> {
        let at = self.at;
        let Some(row) = self.queue.get_mut(at) else { return Vec::new() };
        (row.flagged, row.note) = (flagged, note.clone());
        let id = row.row;
        self.unsaved += 1;
        self.annotation(id, Change::Flag { flagged, note }, 0.0).into_iter().collect()
    }

    fn note(&mut self, row: i64, note: String) -> Vec<Command> {
        if let Some(known) = self.queue.iter_mut().find(|known| known.row == row) {
            known.note.clone_from(&note);
        }
        self.unsaved += 1;
        self.annotation(row, Change::Flag { flagged: true, note }, 0.0).into_iter().collect()
    }

    /// Where two people disagreed, this stands.
    fn settle(&mut self, row: i64, content: Content) -> Vec<Command> {
        if let Some(known) = self.twice.iter_mut().find(|known| known.row == row) {
            known.settled = true;
        }
        self.unsaved += 1;
        self.annotation(row, Change::Adjudicate(Some(content)), 0.0).into_iter().collect()
    }
}
