//! The Data page: files on their way in, datasets and their rows, tokenizers, corpora. Draws nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Effect;
pub use super::data_action::DataAction;
use super::jobs::{Job, JobKind, Jobs};
use super::remembered::Remembered;
pub use super::row_cache::{PAGE_ROWS, RowCache};
use super::training::{Reading, Training};
use crate::data::supervised::Change;
use crate::engine::Command;
use crate::engine::command::{
    CorpusId, DatasetId, ImportCommand, JobId, LabelCommand, LibraryCommand, Mapping, TokenizerId, TokenizerSpec,
};
use crate::engine::event::{DatasetStats, ExampleStatistics, FileReport, Library, Piece, RowView};
use crate::engine::labelling::{Annotation, LabelSource};

/// What the main part of the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DataView {
    /// Nothing chosen: how to bring in text.
    #[default]
    Add,
    Dataset(DatasetId),
    Tokenizer(TokenizerId),
    Corpus(CorpusId),
}

/// A part of a dataset's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DatasetTab {
    #[default]
    Rows,
    Statistics,
    /// Labelled rows: what of them trains.
    Training,
    Tokens,
    Tokenizer,
    Corpus,
}

impl DatasetTab {
    /// Of a text.
    pub const TEXT: [Self; 5] = [Self::Rows, Self::Statistics, Self::Tokens, Self::Tokenizer, Self::Corpus];
    /// Of labelled rows.
    pub const LABELLED: [Self; 5] = [Self::Rows, Self::Statistics, Self::Training, Self::Tokens, Self::Tokenizer];
}

/// A file that was looked into and waits for a person's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub path: PathBuf,
    pub job: Option<JobId>,
    pub report: Option<FileReport>,
    /// What is wrong with it.
    pub refusal: Option<String>,
}

/// A cut of a text into tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    pub tokenizer: TokenizerId,
    pub text: String,
    pub pieces: Vec<Piece>,
}

/// How a vocabulary of some size would cut a text.
#[derive(Clone, Debug, PartialEq)]
pub struct VocabCut {
    pub spec: TokenizerSpec,
    pub pieces: Vec<Piece>,
    pub tokens_per_word: f64,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct DataState {
    pub view: DataView,
    pub tab: DatasetTab,
    pub candidate: Option<Candidate>,
    pub rows: RowCache,
    pub stats: BTreeMap<DatasetId, DatasetStats>,
    pub example_stats: BTreeMap<DatasetId, ExampleStatistics>,
    pub training: Training,
    pub(super) remembered: Remembered,
    pub cut: Option<Cut>,
    asked_cut: Option<(JobId, TokenizerId, String)>,
    pub vocab: Option<VocabCut>,
    asked_vocab: Option<JobId>,
    /// Texts that are being made ready for labels.
    labelling: Option<JobId>,
    /// What is wrong with the last preview.
    pub vocab_refusal: Option<String>,
}

impl DataState {
    /// The dataset that is shown.
    pub fn dataset(&self) -> Option<DatasetId> {
        match self.view {
            DataView::Dataset(id) => Some(id),
            DataView::Add | DataView::Tokenizer(_) | DataView::Corpus(_) => None,
        }
    }

    pub(super) fn apply(&mut self, action: DataAction, jobs: &mut Jobs, effects: &mut Vec<Effect>) -> Vec<Command> {
        match action {
            DataAction::StartAdding => {
                self.view = DataView::Add;
                Vec::new()
            }
            DataAction::Pick(purpose) => {
                effects.push(Effect::Pick(purpose));
                Vec::new()
            }
            DataAction::Inspect(path) => self.inspect(path, jobs),
            DataAction::Discard => {
                let job = self.candidate.take().and_then(|candidate| candidate.job);
                job.and_then(|job| jobs.cancel(job)).into_iter().collect()
            }
            DataAction::Import { path, mapping, name } => self.import(path, mapping, name, jobs),
            DataAction::View(view) => self.show(view),
            DataAction::Tab(tab) => {
                self.tab = tab;
                self.measure_if_needed(jobs)
            }
            DataAction::Search(query) => {
                self.rows = RowCache { query, ..RowCache::default() };
                self.ask_rows(0, 0)
            }
            DataAction::NeedRows { first, last } => self.ask_rows(first, last),
            DataAction::Measure(dataset) => {
                self.stats.remove(&dataset);
                measure(dataset, jobs)
            }
            DataAction::Delete(dataset) => {
                if self.dataset() == Some(dataset) {
                    self.view = DataView::Add;
                }
                vec![Command::Library(LibraryCommand::DeleteDataset { dataset })]
            }
            DataAction::Restore(dataset) => vec![Command::Library(LibraryCommand::RestoreDataset { dataset })],
            DataAction::CutText { tokenizer, text } => self.cut_text(tokenizer, text, jobs),
            DataAction::CreateLabelling { dataset, task, name } => {
                let job = jobs.start(JobKind::Import, format!("Preparing {name}"));
                let source = LabelSource::Dataset(dataset);
                self.labelling = Some(job);
                vec![Command::Import(ImportCommand::CreateLabelling { job, source, task, labels: Vec::new(), name })]
            }
            DataAction::Export { dataset, form, all, path } => {
                let job = jobs.start(JobKind::ExportModel, "Writing labelled rows");
                vec![Command::Import(ImportCommand::ExportDataset { job, dataset, form: Some(form), split: None, all, path })]
            }
            DataAction::PreviewTraining { reading, first } => self.preview_training(reading, first, jobs),
            DataAction::Split { dataset, validation, test, seed } => {
                count_anew(dataset, LabelCommand::SplitDataset { dataset, validation, test, seed }, jobs)
            }
            DataAction::MakeAgree { dataset, rows, agree, annotator } => {
                count_anew(dataset, LabelCommand::MakeAgree { dataset, rows, agree, annotator }, jobs)
            }
            DataAction::LeaveOut { dataset, rows, annotator, out } => {
                let leave_out =
                    |row| Annotation { dataset, row, annotator: annotator.clone(), change: Change::Removed(out), seconds: 0.0 };
                let annotations = rows.into_iter().map(leave_out).collect();
                count_anew(dataset, LabelCommand::AnnotateAll { dataset, annotations }, jobs)
            }
            DataAction::PreviewVocab { dataset, spec, text } => self.preview_vocab(dataset, spec, text, jobs),
            DataAction::TrainTokenizer { dataset, spec, name } => {
                let job = jobs.start(JobKind::TrainTokenizer, format!("Training tokenizer {name}"));
                vec![Command::Import(ImportCommand::TrainTokenizer { job, dataset, spec, name })]
            }
            DataAction::ImportTokenizer(path) => {
                let job = jobs.start(JobKind::ImportTokenizer, format!("Loading {}", file_name(&path)));
                vec![Command::Import(ImportCommand::ImportTokenizer { job, path })]
            }
            DataAction::BuildCorpus { dataset, tokenizer, val_fraction, seed } => {
                let job = jobs.start(JobKind::BuildCorpus, "Cutting the dataset into tokens");
                vec![Command::Import(ImportCommand::BuildCorpus { job, dataset, tokenizer, val_fraction, seed })]
            }
        }
    }

    fn import(&mut self, path: PathBuf, mapping: Mapping, name: String, jobs: &mut Jobs) -> Vec<Command> {
        let report = self.candidate.take().and_then(|candidate| candidate.report);
        let remember = report.and_then(|report| self.remembered.remember(&report, &mapping));
        let job = jobs.start(JobKind::Import, format!("Importing {name}"));
        let import = Command::Import(ImportCommand::ImportFile { job, path, mapping, name });
        std::iter::once(import).chain(remember).collect()
    }

    fn preview_training(&mut self, reading: Reading, first: u64, jobs: &mut Jobs) -> Vec<Command> {
        let job = jobs.start(JobKind::PreviewTraining, "What would train");
        let (dataset, checkpoint, tune) = (reading.dataset, reading.checkpoint, (*reading.tune).clone());
        self.training.ask(job, reading, first);
        vec![Command::Import(ImportCommand::PreviewTraining { job, dataset, checkpoint, tune, first })]
    }

    fn preview_vocab(&mut self, dataset: DatasetId, spec: TokenizerSpec, text: String, jobs: &mut Jobs) -> Vec<Command> {
        let old = self.asked_vocab.take().and_then(|job| jobs.cancel(job));
        let job = jobs.start(JobKind::PreviewVocab, "Preview of a vocabulary");
        self.asked_vocab = Some(job);
        old.into_iter().chain([Command::Import(ImportCommand::PreviewVocab { job, dataset, spec, text })]).collect()
    }

    fn inspect(&mut self, path: PathBuf, jobs: &mut Jobs) -> Vec<Command> {
        let job = jobs.start(JobKind::Inspect, format!("Looking into {}", file_name(&path)));
        self.view = DataView::Add;
        self.candidate = Some(Candidate { path: path.clone(), job: Some(job), report: None, refusal: None });
        vec![Command::Import(ImportCommand::InspectFile { job, path })]
    }

    fn show(&mut self, view: DataView) -> Vec<Command> {
        if self.view == view {
            return Vec::new();
        }
        self.view = view;
        match view {
            DataView::Dataset(_) => {
                self.rows = RowCache::default();
                self.tab = DatasetTab::Rows;
                self.vocab = None;
                self.ask_rows(0, 0)
            }
            DataView::Add | DataView::Tokenizer(_) | DataView::Corpus(_) => Vec::new(),
        }
    }

    fn ask_rows(&mut self, first: u64, last: u64) -> Vec<Command> {
        let Some(dataset) = self.dataset() else {
            return Vec::new();
        };
        let query = self.rows.query.clone();
        let ask = |page| {
            Command::Import(ImportCommand::LoadRows {
                dataset,
                query: query.clone(),
                offset: page * PAGE_ROWS,
                limit: PAGE_ROWS as u32,
            })
        };
        self.rows.need(first, last).into_iter().map(ask).collect()
    }

    fn measure_if_needed(&self, jobs: &mut Jobs) -> Vec<Command> {
        let Some(dataset) = self.dataset().filter(|dataset| !self.stats.contains_key(dataset)) else { return Vec::new() };
        if self.tab != DatasetTab::Statistics || jobs.find(JobKind::Measure).is_some() {
            return Vec::new();
        }
        measure(dataset, jobs)
    }

    fn cut_text(&mut self, tokenizer: TokenizerId, text: String, jobs: &mut Jobs) -> Vec<Command> {
        let same = self.asked_cut.as_ref().is_some_and(|(_, t, asked)| *t == tokenizer && *asked == text);
        let shown = self.cut.as_ref().is_some_and(|cut| cut.tokenizer == tokenizer && cut.text == text);
        if same || shown {
            return Vec::new();
        }
        let job = jobs.start(JobKind::CutText, "Cutting a text");
        self.asked_cut = Some((job, tokenizer, text.clone()));
        vec![Command::Import(ImportCommand::CutText { job, tokenizer, text })]
    }

    /// The import in progress, if any.
    pub fn importing(jobs: &Jobs) -> Option<&Job> {
        jobs.find(JobKind::Import)
    }

    pub(super) fn inspected(&mut self, job: JobId, mut report: FileReport) {
        self.remembered.apply(&mut report);
        if let Some(candidate) = self.candidate.as_mut().filter(|candidate| candidate.job == Some(job)) {
            candidate.job = None;
            candidate.report = Some(report);
        }
    }

    /// Whether this job made texts ready for labels: the Label page is the place for them.
    pub(super) fn is_to_label(&mut self, job: JobId) -> bool {
        self.labelling.take_if(|asked| *asked == job).is_some()
    }

    /// A new dataset: it is shown.
    pub(super) fn imported(&mut self, dataset: DatasetId) -> Vec<Command> {
        self.show(DataView::Dataset(dataset))
    }

    pub(super) fn rows_came(&mut self, dataset: DatasetId, query: &str, offset: u64, total: u64, rows: Vec<RowView>) {
        if self.dataset() == Some(dataset) && self.rows.query == query {
            self.rows.take(offset, total, rows);
        }
    }

    pub(super) fn pieces_came(&mut self, job: JobId, tokenizer: TokenizerId, pieces: Vec<Piece>) {
        if let Some((_, _, text)) = self.asked_cut.take_if(|(asked, ..)| *asked == job) {
            self.cut = Some(Cut { tokenizer, text, pieces });
        }
    }

    pub(super) fn vocab_came(&mut self, job: JobId, cut: VocabCut) {
        if self.asked_vocab == Some(job) {
            self.asked_vocab = None;
            self.vocab_refusal = None;
            self.vocab = Some(cut);
        }
    }

    /// A preview is being worked out.
    pub fn is_previewing(&self) -> bool {
        self.asked_vocab.is_some()
    }

    /// Takes a failure that belongs to something on the page; false if it is not its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        if let Some(candidate) = self.candidate.as_mut().filter(|candidate| candidate.job == Some(job)) {
            candidate.job = None;
            candidate.refusal = Some(message.to_owned());
            return true;
        }
        if self.asked_vocab == Some(job) {
            self.asked_vocab = None;
            self.vocab_refusal = Some(message.to_owned());
            return true;
        }
        self.asked_cut.take_if(|(asked, ..)| *asked == job);
        self.training.failed(job, message)
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        self.asked_vocab.take_if(|asked| *asked == job);
        self.asked_cut.take_if(|(asked, ..)| *asked == job);
        self.candidate.take_if(|candidate| candidate.job == Some(job));
    }

    /// The project's contents changed: what is shown may be gone, or be the first there is.
    pub(super) fn library_changed(&mut self, library: &Library) -> Vec<Command> {
        let there = match self.view {
            DataView::Add => return Vec::new(),
            DataView::Dataset(id) => library.datasets.iter().any(|dataset| dataset.id == id && !dataset.deleted),
            DataView::Tokenizer(id) => library.tokenizers.iter().any(|tokenizer| tokenizer.id == id),
            DataView::Corpus(id) => library.corpora.iter().any(|corpus| corpus.id == id),
        };
        if !there {
            self.view = DataView::Add;
        }
        Vec::new()
    }
}

/// Changes labelled rows and counts them anew, so that what was mended is seen to be.
fn count_anew(dataset: DatasetId, change: LabelCommand, jobs: &mut Jobs) -> Vec<Command> {
    let job = jobs.start(JobKind::Measure, "Counting labelled rows");
    vec![Command::Label(change), Command::Import(ImportCommand::MeasureDataset { job, dataset })]
}

fn measure(dataset: DatasetId, jobs: &mut Jobs) -> Vec<Command> {
    let job = jobs.start(JobKind::Measure, "Counting words and duplicates");
    vec![Command::Import(ImportCommand::MeasureDataset { job, dataset })]
}

/// The last part of a path, for labels.
pub fn file_name(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
