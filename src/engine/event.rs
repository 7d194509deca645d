//! What the workers say: plain data, a closed list, matched everywhere without a wildcard.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use super::align::{AlignEvent, Effect, RolloutToken, RolloutView, SeriesPoint};
pub use super::answers::{BatchToken, BatchView, EndReason, GenerateResult, MaskGuess, Piece, PreflightResult, Progress};
use super::command::{CheckpointId, CorpusId, DatasetId, JobId, Knob, RunId, TokenizerId, TokenizerSpec, Worker};
use super::feedback::FeedbackEvent;
pub use super::lab::LabEvent;
pub use super::labelling::{Annotated, AnnotationWay, ExampleStatistics};
use super::labelling::{Disagreement, ExamplePage, ExampleQuery, LabelState};
pub use super::look::LookEvent;
pub use super::rows::{
    CheckpointRow, CorpusInfo, DatasetInfo, DatasetStats, FileReport, Library, PromptRow, RowView, RunRow, TokenizerInfo,
};
pub use super::talk::TalkEvent;
pub use super::task::{TaskEval, TaskOutput, TrainingPiece, TrainingRow, TrainingView};
use crate::config::RunConfig;
use crate::evaluate::Change;

/// Something that a worker did, found or met.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    // ── The project ──
    /// The librarian opened the project.
    Opened {
        path: PathBuf,
        read_only: bool,
        settings: Vec<(String, String)>,
    },
    /// The project could not be opened; no worker runs.
    OpenFailed {
        message: String,
    },
    /// All that the project holds, after every change.
    Library(Library),
    Metrics {
        run: RunId,
        points: Vec<MetricPoint>,
        evals: Vec<EvalPoint>,
        marks: Vec<Mark>,
        tasks: Vec<TaskEval>,
        series: Vec<SeriesPoint>,
    },
    RunSamples {
        run: RunId,
        samples: Vec<Sample>,
    },
    /// What `LibraryCommand::WriteFile` asked for is on disk.
    FileWritten {
        path: PathBuf,
    },
    Examples {
        dataset: DatasetId,
        query: ExampleQuery,
        offset: u64,
        page: ExamplePage,
    },
    LabelState {
        dataset: DatasetId,
        state: LabelState,
    },
    /// Rows on which at least two people said something, in order.
    Agreement {
        dataset: DatasetId,
        rows: Vec<Disagreement>,
    },
    /// A change to a row is on the disk.
    Annotated {
        dataset: DatasetId,
        annotator: String,
        way: AnnotationWay,
        /// None: there was nothing to take back, or to do again.
        done: Option<Annotated>,
    },
    /// Questions and votes.
    Feedback(FeedbackEvent),

    // ── Jobs of the importer and the trainer ──
    Progress(Progress),
    Inspected {
        job: JobId,
        report: FileReport,
    },
    Imported {
        job: JobId,
        dataset: DatasetId,
        rows: u64,
        warnings: Vec<String>,
    },
    Rows {
        dataset: DatasetId,
        query: String,
        offset: u64,
        total: u64,
        rows: Vec<RowView>,
    },
    DatasetStats {
        job: JobId,
        dataset: DatasetId,
        stats: DatasetStats,
    },
    /// Labels, lengths, duplicates and contradictions of a supervised dataset; indices are places in it.
    ExampleStats {
        job: JobId,
        dataset: DatasetId,
        stats: ExampleStatistics,
    },
    DatasetExported {
        job: JobId,
        path: PathBuf,
        rows: u64,
    },
    /// What would train, as `ImportCommand::PreviewTraining` asked.
    TrainingView {
        job: JobId,
        dataset: DatasetId,
        view: TrainingView,
    },
    TokenizerReady {
        job: JobId,
        tokenizer: TokenizerId,
    },
    Pieces {
        job: JobId,
        tokenizer: TokenizerId,
        pieces: Vec<Piece>,
    },
    VocabPreview {
        job: JobId,
        spec: TokenizerSpec,
        pieces: Vec<Piece>,
        tokens_per_word: f64,
    },
    CorpusReady {
        job: JobId,
        corpus: CorpusId,
    },
    SampleReady {
        job: JobId,
        corpus: CorpusId,
    },
    /// A checkpoint stands outside the project, for other programs.
    Exported {
        job: JobId,
        folder: PathBuf,
    },
    Cancelled {
        job: JobId,
    },
    /// A job could not be done. The sentence says what, where and how to mend it.
    JobFailed {
        job: JobId,
        message: String,
    },

    // ── The run ──
    Preflight {
        job: JobId,
        result: PreflightResult,
    },
    Fits {
        job: JobId,
        config: RunConfig,
        result: PreflightResult,
    },
    /// Checkpoints did their task, in the order in which they were asked for; `changes` says what the last did better than the first.
    Evaluated {
        job: JobId,
        evals: Vec<TaskEval>,
        changes: Vec<Change>,
    },
    RowsScored {
        job: JobId,
        dataset: DatasetId,
        rows: u64,
        prelabelled: u64,
        /// Rows on which the model says something else than the label that stands there.
        disagree: u64,
        /// Mean.
        confidence: f64,
        /// The row and what it was given, where a single one was asked for. It is stored nowhere.
        draft: Option<(i64, String)>,
    },
    /// Of runs that learn from feedback.
    Align(AlignEvent),
    /// What was seen in a model.
    Look(LookEvent),
    /// Learning from the prompt.
    Lab(LabEvent),
    /// Conversations and prompts.
    Talk(TalkEvent),
    RunStarted {
        run: RunId,
        config: RunConfig,
        info: RunInfo,
    },
    State {
        run: RunId,
        state: RunState,
    },
    /// One or more optimiser steps; the outbox joins them when the window is slow, so none is lost.
    Steps {
        run: RunId,
        points: Vec<MetricPoint>,
    },
    Eval {
        run: RunId,
        point: EvalPoint,
    },
    Sampled {
        run: RunId,
        samples: Vec<Sample>,
    },
    /// How well a fine-tuning run does its task now.
    TaskEval {
        run: RunId,
        eval: TaskEval,
    },
    Marked {
        run: RunId,
        mark: Mark,
    },
    CheckpointSaved {
        run: RunId,
        checkpoint: CheckpointId,
        step: u64,
    },
    RunEnded {
        run: RunId,
        state: RunState,
        checkpoint: Option<CheckpointId>,
        message: String,
    },
    Batch {
        run: RunId,
        batch: BatchView,
    },

    // ── Prompts ──
    /// Text that came since the last such event.
    Token {
        job: JobId,
        text: String,
    },
    Generated {
        job: JobId,
        result: GenerateResult,
    },
    Filled {
        job: JobId,
        masks: Vec<MaskGuess>,
    },

    // ── Trouble ──
    /// Something was refused or went wrong; the worker lives on.
    Refused {
        worker: Worker,
        message: String,
    },
    Warning {
        worker: Worker,
        message: String,
    },
    /// A worker panicked and was started anew. The window shows a banner with the last good checkpoint.
    WorkerDied {
        worker: Worker,
        message: String,
        last_checkpoint: Option<CheckpointId>,
    },
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Paused,
    /// Paused by itself: the loss stopped being finite, or jumped.
    Alarm,
    Finished,
    Stopped,
    /// The program ended without saying so; the run goes on from its last checkpoint.
    Interrupted,
    Failed,
}

impl RunState {
    /// As it is written in the database and in a terminal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Alarm => "alarm",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

/// One optimiser step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// Optimiser steps done, this one included.
    pub step: u64,
    /// Mean over the step's trained tokens, in nats.
    pub loss: f32,
    pub lr: f32,
    /// Before clipping.
    pub grad_norm: f32,
    pub tokens_per_s: f32,
    /// Seconds of training so far, pauses left out.
    pub elapsed_s: f32,
}

/// One validation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalPoint {
    pub step: u64,
    /// Mean over validation tokens, in nats.
    pub loss: f32,
    pub perplexity: f32,
    /// Bits for each byte of text (tokenizers can be compared by it).
    pub bits_per_byte: f32,
    /// The lowest loss so far.
    pub best: bool,
}

/// A turned knob, a rewind or an alarm, at its place on the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub step: u64,
    pub kind: MarkKind,
    pub label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    Knob {
        from: Knob,
        to: Knob,
    },
    Rewind {
        to_step: u64,
    },
    Alarm,
    Checkpoint,
    Resumed,
    /// Ended before its last step, because the validation got no better.
    Early,
}

/// A pinned prompt, continued at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub step: u64,
    pub prompt: String,
    pub completion: String,
}

/// What a started run was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInfo {
    pub n_params: u64,
    pub tokens_per_step: u64,
    pub train_tokens: u64,
    pub val_tokens: u64,
    pub replicas: usize,
    pub device: String,
    pub baselines: Baselines,
    /// First step of this stretch: 0, or where it was resumed.
    pub step: u64,
}

/// What knows nothing of order scores, in nats a token, on the validation text.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Baselines {
    /// ln(vocabulary).
    pub uniform: f32,
    /// Token frequencies of the training text.
    pub unigram: f32,
    /// Frequencies of the next token after each token, smoothed.
    pub bigram: f32,
}
