//! The Label page: the queue of rows, the row at hand, who labels, and how fast. Draws nothing.

use std::collections::VecDeque;

use crate::data::supervised::{Change, Content, LabelSet, RowStatus, Verdict};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, LabelCommand};
use crate::engine::labelling::{
    Annotation, Disagreement, ExampleFilter, ExampleOrder, ExamplePage, ExampleQuery, ExampleRow, LabelProgress, LabelState,
};

use super::label_help::Draft;
use super::label_kept::BegunAnswers;

/// Under which a project keeps who labels.
pub(super) const ANNOTATOR_SETTING: &str = "label.annotator";
/// Who labels where nobody said a name.
pub(super) const NOBODY: &str = "me";
/// Rows that are fetched at once, and how near the end the next are fetched.
const PAGE: u32 = 200;
const NEAR: usize = 40;
/// Labels that the rate looks back on.
pub(super) const RATE_OVER: usize = 20;

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
    pub(super) asked: bool,
    /// All rows of the query are in the queue.
    pub(super) whole: bool,
    /// Changes that are on their way to the disk.
    pub unsaved: u32,
    /// Changes on the disk since the page was opened.
    pub saved: u64,
    /// Window time at which the row at hand came up, and those at which the last labels were given.
    pub(super) since_s: f64,
    pub(super) given_s: VecDeque<f64>,
    /// Rows on which two people said something.
    pub twice: Vec<Disagreement>,
    /// Row after whose change the window goes there: an undo shows what it took back.
    pub shown_row: Option<i64>,
    /// What a checkpoint would answer to a row.
    pub draft: Option<Draft>,
    /// Answers that were begun and are not saved as labels.
    pub begun: BegunAnswers,
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
    /// Why a row is flagged, said of a row that may no longer be at hand.
    Note {
        row: i64,
        note: String,
    },
    /// An answer is on its way: it stays with its row until it is saved.
    Keep {
        row: i64,
        annotator: String,
        content: Box<Content>,
    },
    /// Show one row of a dataset among all of it.
    ShowRow {
        dataset: DatasetId,
        row: i64,
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

    pub(super) fn load(&mut self) -> Vec<Command> {
        let Some(dataset) = self.dataset else { return Vec::new() };
        self.asked = true;
        // Rows that were changed may have left the query, those that were not are still the first of it.
        let shrinks = !matches!(self.query.filter, ExampleFilter::All);
        let offset = if shrinks { self.queue.iter().filter(|row| row.own.is_none()).count() } else { self.queue.len() };
        vec![Command::Label(LabelCommand::LoadExamples {
            dataset,
            query: self.query.clone(),
            offset: offset as u64,
            limit: PAGE,
        })]
    }

    pub(super) fn restart(&mut self) -> Vec<Command> {
        (self.at, self.whole) = (0, false);
        self.queue.clear();
        self.load()
    }

    pub(super) fn load_if_near(&mut self) -> Vec<Command> {
        if self.asked || self.whole || self.at + NEAR < self.queue.len() { Vec::new() } else { self.load() }
    }

    pub(super) fn go(&mut self, at: usize, now_s: f64) -> Vec<Command> {
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

    /// Goes to the row that is to be shown, once it is there; until then more rows are asked for.
    pub(super) fn look_for_shown(&mut self, now_s: f64) -> Vec<Command> {
        let Some(row) = self.shown_row else { return Vec::new() };
        match self.queue.iter().position(|known| known.row == row) {
            Some(at) => {
                self.shown_row = None;
                self.go(at, now_s)
            }
            None if self.whole || self.asked => Vec::new(),
            None => self.load(),
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
        self.begun.settings_came(settings);
    }

    /// Takes the last change back, or does it again.
    pub(super) fn take_back(&mut self, back: bool) -> Vec<Command> {
        let Some(dataset) = self.dataset else { return Vec::new() };
        let annotator = self.annotator.clone();
        self.unsaved += 1;
        let undo = Command::Label(LabelCommand::UndoAnnotation { dataset, annotator: annotator.clone() });
        vec![if back { undo } else { Command::Label(LabelCommand::RedoAnnotation { dataset, annotator }) }]
    }

    pub(super) fn annotation(&self, row: i64, change: Change, seconds: f64) -> Option<Command> {
        let (dataset, annotator) = (self.dataset?, self.annotator.clone());
        Some(Command::Label(LabelCommand::Annotate(Annotation { dataset, row, annotator, change, seconds })))
    }
}
