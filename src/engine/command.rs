//! What the workers can be told to do: plain data, a closed list, matched everywhere without a wildcard.

use std::path::PathBuf;

pub use super::align::AlignCommand;
use super::feedback::{FeedbackCommand, FeedbackForm};
pub use super::lab::LabCommand;
pub use super::labelling::{Agree, ExportForm, LabelSource};
use super::labelling::{Annotation, ExampleQuery};
pub use super::look::LookCommand;
pub use super::requests::{
    CheckpointId, CorpusId, DatasetId, DocumentRule, GenerateRequest, JobId, Knob, Mapping, ModelSource, RunId, Sampling, Schema,
    TokenizerId, TokenizerKind, TokenizerSpec,
};
pub use super::survey::SurveyCommand;
pub use super::talk::{KeepCommand, TalkCommand};
use crate::config::{RunConfig, Tune};
use crate::data::supervised::{Label, LabelSet, LabelTask, Split};

/// Which worker carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    Trainer,
    Librarian,
    Importer,
}

/// Something that a worker does. The window and the command line send the same. Each list belongs to one worker.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "commands are few, and are boxed on their way to the worker")]
pub enum Command {
    // ── Librarian: the database ──
    Library(LibraryCommand),
    /// Labelled rows.
    Label(LabelCommand),
    /// Questions and votes.
    Feedback(FeedbackCommand),
    /// Conversations and prompts that are kept.
    Keep(KeepCommand),

    // ── Importer: files, tokenizers, corpora ──
    Import(ImportCommand),
    /// Questionnaires for a browser, and what was answered.
    Survey(SurveyCommand),

    // ── Trainer: models ──
    Train(TrainCommand),
    /// Feedback as it comes.
    Align(AlignCommand),
    /// Looks into a model.
    Look(LookCommand),
    /// Learning from the prompt.
    Lab(LabCommand),
    /// Answers in a conversation.
    Talk(TalkCommand),
}

impl Command {
    /// Who carries it out.
    pub fn worker(&self) -> Worker {
        match self {
            Self::Library(_) | Self::Label(_) | Self::Feedback(_) | Self::Keep(_) => Worker::Librarian,
            Self::Import(_) | Self::Survey(_) => Worker::Importer,
            Self::Train(_) | Self::Align(_) | Self::Look(_) | Self::Lab(_) | Self::Talk(_) => Worker::Trainer,
        }
    }
}

/// What the project holds, and what of it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryCommand {
    /// Answered by `Event::Library`, as is every change to what the project holds.
    ListLibrary,
    /// Stored metrics of a run. Answered by `Event::Metrics`.
    LoadMetrics {
        run: RunId,
    },
    /// Stored samples of a run. Answered by `Event::RunSamples`.
    LoadSamples {
        run: RunId,
    },
    RenameRun {
        run: RunId,
        name: String,
    },
    PinCheckpoint {
        checkpoint: CheckpointId,
        pinned: bool,
    },
    /// Hides a run; its files stay until `PurgeDeleted`, so `RestoreRun` brings it back.
    DeleteRun {
        run: RunId,
    },
    RestoreRun {
        run: RunId,
    },
    /// Removes for good what was deleted.
    PurgeDeleted,
    DeleteDataset {
        dataset: DatasetId,
    },
    RestoreDataset {
        dataset: DatasetId,
    },
    SaveSetting {
        key: String,
        value: String,
    },
    /// A completion to keep in the prompt history.
    SavePrompt {
        prompt: String,
        completion: String,
        settings: String,
    },
    /// An export of what is shown, to a place that a person chose. Answered by `Event::FileWritten`.
    WriteFile {
        path: PathBuf,
        bytes: Vec<u8>,
    },
}

/// Rows, what people say of them, and what they may say.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelCommand {
    /// A page of a supervised dataset's rows. Answered by `Event::Examples`.
    LoadExamples {
        dataset: DatasetId,
        query: ExampleQuery,
        offset: u64,
        limit: u32,
    },
    /// Label set and progress of a dataset. Answered by `Event::LabelState`.
    LoadLabelState {
        dataset: DatasetId,
    },
    /// Rows on which two people said something. Answered by `Event::Agreement`.
    LoadAgreement {
        dataset: DatasetId,
    },
    /// A person's word on a row. Answered by `Event::Annotated` when it is on the disk.
    Annotate(Annotation),
    /// Takes the annotator's latest change back. Answered by `Event::Annotated`.
    UndoAnnotation {
        dataset: DatasetId,
        annotator: String,
    },
    RedoAnnotation {
        dataset: DatasetId,
        annotator: String,
    },
    /// Several changes at once, all or none. Answered by `Event::LabelState`.
    AnnotateAll {
        dataset: DatasetId,
        annotations: Vec<Annotation>,
    },
    /// Gives rows the answer that one of them has. Answered by `Event::LabelState`.
    MakeAgree {
        dataset: DatasetId,
        rows: Vec<i64>,
        agree: Agree,
        annotator: String,
    },
    /// Choices, keys and guidelines. Answered by `Event::LabelState`.
    SaveLabelSet {
        dataset: DatasetId,
        labels: LabelSet,
    },
    /// Deals rows out anew by seed. Shares from 0 to 0.5 of all rows. Answered by `Event::LabelState`.
    SplitDataset {
        dataset: DatasetId,
        validation: f64,
        test: f64,
        seed: u64,
    },
}

/// From files and to files, tokenizers and corpora.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportCommand {
    /// What a file is, before it is imported. Answered by `Event::Inspected`.
    InspectFile {
        job: JobId,
        path: PathBuf,
    },
    ImportFile {
        job: JobId,
        path: PathBuf,
        mapping: Mapping,
        name: String,
    },
    /// Texts that are to be labelled, as a new dataset. Answered by `Event::Imported`.
    CreateLabelling {
        job: JobId,
        source: LabelSource,
        task: LabelTask,
        labels: Vec<Label>,
        name: String,
    },
    /// Rows of a supervised dataset as a file, in the form they came in or another. Answered by `Event::DatasetExported`.
    ExportDataset {
        job: JobId,
        dataset: DatasetId,
        form: Option<ExportForm>,
        split: Option<Split>,
        /// Rows without a label, too.
        all: bool,
        path: PathBuf,
    },
    /// Votes of a feedback dataset as a file, in the form they came in or another. Answered by `FeedbackEvent::Exported`.
    ExportFeedback {
        job: JobId,
        dataset: DatasetId,
        form: Option<FeedbackForm>,
        split: Option<Split>,
        path: PathBuf,
    },
    /// A page of rows, after a search. Answered by `Event::Rows`.
    LoadRows {
        dataset: DatasetId,
        query: String,
        offset: u64,
        limit: u32,
    },
    /// Answered by `Event::DatasetStats`.
    MeasureDataset {
        job: JobId,
        dataset: DatasetId,
    },
    TrainTokenizer {
        job: JobId,
        dataset: DatasetId,
        spec: TokenizerSpec,
        name: String,
    },
    ImportTokenizer {
        job: JobId,
        path: PathBuf,
    },
    /// How a tokenizer cuts a text. Answered by `Event::Pieces`.
    CutText {
        job: JobId,
        tokenizer: TokenizerId,
        text: String,
    },
    /// How a tokenizer of these many entries would cut a text, learnt from a part of the dataset. Answered by `Event::VocabPreview`.
    PreviewVocab {
        job: JobId,
        dataset: DatasetId,
        spec: TokenizerSpec,
        text: String,
    },
    /// Rows as tokens with what trains of them, by a checkpoint's tokenizer. Answered by `Event::TrainingView`.
    PreviewTraining {
        job: JobId,
        dataset: DatasetId,
        checkpoint: CheckpointId,
        tune: Tune,
        /// The first row that is shown; those that lose something stand before all others.
        first: u64,
    },
    /// Tokenise and split a dataset. Progress by `Event::Progress`, the end by `Event::CorpusReady`.
    BuildCorpus {
        job: JobId,
        dataset: DatasetId,
        tokenizer: TokenizerId,
        val_fraction: f64,
        seed: u64,
    },
    /// Puts what is missing of the sample into this project: starter checkpoint, text, tokenizer, corpus, pinned prompts.
    /// Progress by `Event::Progress`, parts by `Event::Library`, the end by `Event::SampleReady`.
    FillSample {
        job: JobId,
    },
    /// Copies a checkpoint out of the project as a Hugging Face folder, at a place where nothing stands. `half` writes 16-bit
    /// weights, half the size. Answered by `Event::Exported`.
    ExportCheckpoint {
        job: JobId,
        checkpoint: CheckpointId,
        folder: PathBuf,
        half: bool,
    },
    /// Stops an import, a tokenizer's training or a tokenisation.
    CancelJob {
        job: JobId,
    },
}

/// Runs, what is measured of a model, and what it writes.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainCommand {
    /// Three real steps, then minutes, memory and disk of the whole run. Answered by `Event::Preflight`.
    Preflight {
        job: JobId,
        config: RunConfig,
        from: Option<CheckpointId>,
    },
    /// The size and number of steps that fit in these minutes. Answered by `Event::Fits`.
    WhatFits {
        job: JobId,
        config: RunConfig,
        minutes: f64,
    },
    /// A new run from scratch, or from a checkpoint's weights (a branch).
    StartRun {
        config: RunConfig,
        from: Option<CheckpointId>,
    },
    /// Goes on with a run from its checkpoint, bit for bit.
    ResumeRun {
        checkpoint: CheckpointId,
    },
    Pause,
    Continue,
    StepOnce,
    /// Ends the run with a checkpoint.
    Stop,
    SaveCheckpoint,
    SetKnob(Knob),
    /// Takes the latest knob turn back.
    UndoKnob,
    /// Weights, optimiser and step of a checkpoint of the run at hand, with the rate scaled.
    Rewind {
        checkpoint: CheckpointId,
        lr_scale: f64,
    },
    /// What the model saw in a recent step, with each token's loss. Answered by `Event::Batch`.
    InspectBatch {
        step: u64,
    },
    /// Checkpoints doing their task on the same rows; the first one's fine-tuning run, or else the second's, says which task and how.
    /// Another dataset's rows can be asked for. Answered by `Event::Evaluated`.
    Evaluate {
        job: JobId,
        checkpoints: Vec<CheckpointId>,
        dataset: Option<DatasetId>,
        split: Split,
        most: usize,
    },
    /// A checkpoint says what it thinks of a dataset's rows (of `only` these, unless that is empty), and how sure it is; with `prelabel`
    /// its labels stand on rows that have none, marked as such until a person confirms them. Answered by `Event::RowsScored`.
    ScoreRows {
        job: JobId,
        dataset: DatasetId,
        checkpoint: CheckpointId,
        only: Vec<i64>,
        prelabel: bool,
        most: usize,
    },
    /// Continue a text. Answered by `Event::Token`s and `Event::Generated`.
    Generate {
        job: JobId,
        source: ModelSource,
        request: GenerateRequest,
    },
    /// The likeliest tokens at each mask. Answered by `Event::Filled`.
    FillMask {
        job: JobId,
        source: ModelSource,
        text: String,
        top: usize,
    },
    CancelGenerate {
        job: JobId,
    },
}

impl ImportCommand {
    /// The job that it begins.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::InspectFile { job, .. }
            | Self::ImportFile { job, .. }
            | Self::CreateLabelling { job, .. }
            | Self::ExportDataset { job, .. }
            | Self::ExportFeedback { job, .. }
            | Self::MeasureDataset { job, .. }
            | Self::TrainTokenizer { job, .. }
            | Self::ImportTokenizer { job, .. }
            | Self::CutText { job, .. }
            | Self::PreviewVocab { job, .. }
            | Self::PreviewTraining { job, .. }
            | Self::BuildCorpus { job, .. }
            | Self::ExportCheckpoint { job, .. }
            | Self::FillSample { job } => Some(*job),
            Self::LoadRows { .. } | Self::CancelJob { .. } => None,
        }
    }
}
