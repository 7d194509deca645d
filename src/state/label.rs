//! The Label page: the queue of rows, the row at hand, who labels, and how fast. Draws nothing.

use std::collections::VecDeque;

use crate::data::supervised::{Change, Content, LabelSet, Own, RowStatus, Verdict};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId};
use crate::engine::event::{Annotated, AnnotationWay};
use crate::engine::labelling::{
    Annotation, Disagreement, ExampleFilter, ExampleOrder, ExamplePage, ExampleQuery, ExampleRow, LabelProgress, LabelState,
};

use super::AppState;
use super::label_help::Draft;

/// Under which a project keeps who labels.
const ANNOTATOR_SETTING: &str = "label.annotator";
/// Who labels where nobody said a name.
const NOBODY: &str = "me";
/// Rows that are fetched at once, and how near the end the next are fetched.
const PAGE: u32 = 200;
const NEAR: usize = 40;
/// Labels that the rate looks back on.
const RATE_OVER: usize = 20;

/// The sides of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LabelView {
    #[default]
    Label,
    /// Where annotators disagree.
    Review,
    /// Choices, keys and guidelines.
    Rules,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct LabelPage {
    pub view: LabelView,
    pub dataset: Option<DatasetId>,
    pub labels: LabelSet,
    pub progress: LabelProgress,
    pub annotator: String,
    pub query: ExampleQuery,
    pub queue: Vec<ExampleRow>,
    pub total: u64,
    /// Place in the queue of the row at hand.
    pub at: usize,
    /// Rows of the queue were asked for and have not come.
    asked: bool,
    /// All rows of the query are in the queue.
    whole: bool,
    /// Changes that are on their way to the disk.
    pub unsaved: u32,
    /// Changes on the disk since the page was opened.
    pub saved: u64,
    /// Window time at which the row at hand came up, and those at which the last labels were given.
    since_s: f64,
    given_s: VecDeque<f64>,
    /// Rows on which two people said something.
    pub twice: Vec<Disagreement>,
    /// Row after whose change the window goes there: an undo shows what it took back.
    pub shown_row: Option<i64>,
    /// What a checkpoint would answer to a row.
    pub draft: Option<Draft>,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelAction {
    Show(LabelView),
    Open(DatasetId),
    SetAnnotator(String),
    Filter(ExampleFilter),
    Order(ExampleOrder),
    Search(String),
    /// Another's labels are hidden until one's own stands beside them.
    Blind(bool),
    Go(usize),
    Next,
    Previous,
    /// Says what is right, and goes on to the next row.
    Decide {
        content: Box<Content>,
        verdict: Verdict,
    },
    Flag {
        flagged: bool,
        note: String,
    },
    Undo,
    Redo,
    SaveLabels(LabelSet),
    /// What counts where two disagree.
    Settle {
        row: i64,
        content: Box<Content>,
    },
    Reload,
    /// Let a fine-tuned checkpoint look at the rows.
    Score {
        checkpoint: CheckpointId,
        prelabel: bool,
    },
    /// Let a checkpoint draft an answer to the row at hand, to be taken, changed or dropped.
    Draft {
        checkpoint: CheckpointId,
    },
    /// The draft at hand will not do.
    DropDraft,
}

impl LabelPage {
    /// The row at hand.
    pub fn row(&self) -> Option<&ExampleRow> {
        self.queue.get(self.at)
    }

    /// Rows a minute over the last labels; none before there are three.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.given_s.front()?, self.given_s.back()?);
        let n = self.given_s.len();
        (n > 2 && last > first).then(|| (n - 1) as f64 / (last - first) * 60.0)
    }

    /// Rows with a label, and all rows.
    pub fn done(&self) -> (u64, u64) {
        let of = |status| self.progress.by_status.get(&status).copied().unwrap_or(0);
        (of(RowStatus::Labelled) + of(RowStatus::Confirmed), self.progress.rows)
    }

    /// Whether the first rows are still on their way.
    pub fn is_loading(&self) -> bool {
        self.asked && self.queue.is_empty()
    }

    fn load(&mut self) -> Vec<Command> {
        let Some(dataset) = self.dataset else { return Vec::new() };
        self.asked = true;
        // Rows that were changed may have left the query, those that were not are still the first of it.
        let shrinks = !matches!(self.query.filter, ExampleFilter::All);
        let offset = if shrinks { self.queue.iter().filter(|row| row.own.is_none()).count() } else { self.queue.len() };
        vec![Command::LoadExamples { dataset, query: self.query.clone(), offset: offset as u64, limit: PAGE }]
    }

    pub(super) fn restart(&mut self) -> Vec<Command> {
        (self.at, self.whole) = (0, false);
        self.queue.clear();
        self.load()
    }

    fn load_if_near(&mut self) -> Vec<Command> {
        if self.asked || self.whole || self.at + NEAR < self.queue.len() { Vec::new() } else { self.load() }
    }

    fn go(&mut self, at: usize, now_s: f64) -> Vec<Command> {
        self.at = at.min(self.queue.len().saturating_sub(1));
        self.since_s = now_s;
        self.load_if_near()
    }

    pub(super) fn rows_came(&mut self, dataset: DatasetId, query: &ExampleQuery, offset: u64, page: ExamplePage) {
        if self.dataset != Some(dataset) || *query != self.query || !self.asked {
            return;
        }
        self.asked = false;
        self.total = if offset == 0 { page.total } else { self.total.max(page.total) };
        self.whole = (page.rows.len() as u32) < PAGE;
        for row in page.rows {
            if !self.queue.iter().any(|known| known.row == row.row) {
                self.queue.push(row);
            }
        }
    }

    pub(super) fn labels_came(&mut self, dataset: DatasetId, state: LabelState) {
        if self.dataset == Some(dataset) {
            (self.labels, self.progress) = (state.labels, state.progress);
        }
    }

    pub(super) fn twice_came(&mut self, dataset: DatasetId, rows: Vec<Disagreement>) {
        if self.dataset == Some(dataset) {
            self.twice = rows;
        }
    }

    pub(super) fn settings_came(&mut self, settings: &[(String, String)]) {
        let known = settings.iter().find(|(key, _)| key == ANNOTATOR_SETTING).map(|(_, name)| name.clone());
        self.annotator = known.unwrap_or_else(|| NOBODY.to_owned());
        self.query.annotator = Some(self.annotator.clone());
    }

    /// Takes the last change back, or does it again.
    fn take_back(&mut self, back: bool) -> Vec<Command> {
        let Some(dataset) = self.dataset else { return Vec::new() };
        let annotator = self.annotator.clone();
        self.unsaved += 1;
        let undo = Command::UndoAnnotation { dataset, annotator: annotator.clone() };
        vec![if back { undo } else { Command::RedoAnnotation { dataset, annotator } }]
    }

    fn annotation(&self, row: i64, change: Change, seconds: f64) -> Option<Command> {
        let (dataset, annotator) = (self.dataset?, self.annotator.clone());
        Some(Command::Annotate(Annotation { dataset, row, annotator, change, seconds }))
    }
}

impl AppState {
    pub(super) fn apply_label(&mut self, action: LabelAction) -> Vec<Command> {
        let now_s = self.now_s;
        let page = &mut self.label;
        match action {
            LabelAction::Show(view) => {
                page.view = view;
                let load = |dataset| Command::LoadAgreement { dataset };
                page.dataset.filter(|_| view == LabelView::Review).map(load).into_iter().collect()
            }
            LabelAction::Open(dataset) => self.open_labelling(dataset),
            LabelAction::SetAnnotator(name) => {
                let name = if name.trim().is_empty() { NOBODY.to_owned() } else { name.trim().to_owned() };
                page.annotator.clone_from(&name);
                page.query.annotator = Some(name.clone());
                let mut commands = page.restart();
                commands.push(Command::SaveSetting { key: ANNOTATOR_SETTING.to_owned(), value: name });
                commands
            }
            LabelAction::Filter(filter) => {
                page.query.filter = filter;
                page.restart()
            }
            LabelAction::Order(order) => {
                page.query.order = order;
                page.restart()
            }
            LabelAction::Search(words) => {
                page.query.search = words;
                page.restart()
            }
            LabelAction::Blind(blind) => {
                page.query.blind = blind;
                page.restart()
            }
            LabelAction::Go(at) => page.go(at, now_s),
            LabelAction::Next => page.go(page.at + 1, now_s),
            LabelAction::Previous => page.go(page.at.saturating_sub(1), now_s),
            LabelAction::Decide { content, verdict } => self.decide(*content, verdict),
            LabelAction::Flag { flagged, note } => {
                let at = page.at;
                let Some(row) = page.queue.get_mut(at) else { return Vec::new() };
                (row.flagged, row.note) = (flagged, note.clone());
                let id = row.row;
                page.unsaved += 1;
                page.annotation(id, Change::Flag { flagged, note }, 0.0).into_iter().collect()
            }
            LabelAction::Undo => page.take_back(true),
            LabelAction::Redo => page.take_back(false),
            LabelAction::SaveLabels(labels) => {
                page.labels.clone_from(&labels);
                page.dataset.map(|dataset| Command::SaveLabelSet { dataset, labels }).into_iter().collect()
            }
            LabelAction::Settle { row, content } => {
                if let Some(known) = page.twice.iter_mut().find(|known| known.row == row) {
                    known.settled = true;
                }
                page.unsaved += 1;
                page.annotation(row, Change::Adjudicate(Some(*content)), 0.0).into_iter().collect()
            }
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
        let mut commands = vec![Command::LoadLabelState { dataset }];
        commands.extend(page.restart());
        commands
    }

    fn decide(&mut self, content: Content, verdict: Verdict) -> Vec<Command> {
        let (now_s, page) = (self.now_s, &mut self.label);
        let at = page.at;
        let Some(row) = page.queue.get_mut(at) else { return Vec::new() };
        row.example.content.clone_from(&content);
        row.own = Some(verdict);
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
        let Some(at) = page.queue.iter().position(|row| row.row == done.row) else {
            // Not in this queue: it is fetched anew, from the file's order.
            page.query = ExampleQuery { annotator: Some(page.annotator.clone()), ..ExampleQuery::default() };
            page.shown_row = Some(done.row);
            let mut commands = vec![Command::LoadLabelState { dataset }];
            commands.extend(page.restart());
            return commands;
        };
        let query = ExampleQuery { annotator: Some(page.annotator.clone()), ..ExampleQuery::default() };
        let ordinal = page.queue.get(at).map_or(0, |row| row.ordinal);
        let mut commands = page.go(at, self.now_s);
        // The row as it stands now comes by itself; the numbers, too.
        commands.push(Command::LoadExamples { dataset, query, offset: ordinal, limit: 1 });
        commands.push(Command::LoadLabelState { dataset });
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
