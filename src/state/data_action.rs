//! What a person can do on the Data page. Does none of it.

use std::path::PathBuf;

use super::PickPurpose;
use super::data::{DataView, DatasetTab};
use super::training::Reading;
use crate::data::supervised::LabelTask;
use crate::engine::command::{Agree, DatasetId, ExportForm, Mapping, TokenizerId, TokenizerSpec};

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum DataAction {
    /// Show how to bring in text, and ask for a file.
    StartAdding,
    /// Ask the desktop for a file or a folder.
    Pick(PickPurpose),
    /// Look into a file or a folder.
    Inspect(PathBuf),
    /// Not this file after all.
    Discard,
    Import {
        path: PathBuf,
        mapping: Mapping,
        name: String,
    },
    View(DataView),
    Tab(DatasetTab),
    Search(String),
    /// These places of the list are on the screen.
    NeedRows {
        first: u64,
        last: u64,
    },
    Measure(DatasetId),
    Delete(DatasetId),
    Restore(DatasetId),
    CutText {
        tokenizer: TokenizerId,
        text: String,
    },
    /// A new dataset of these texts, to be labelled.
    CreateLabelling {
        dataset: DatasetId,
        task: LabelTask,
        name: String,
    },
    /// Write labelled rows into a file; with `all`, also those that have no label.
    Export {
        dataset: DatasetId,
        form: ExportForm,
        all: bool,
        path: PathBuf,
    },
    /// Show what of labelled rows would train.
    PreviewTraining {
        reading: Reading,
        /// The first row that is shown.
        first: u64,
    },
    /// Deal rows out to training, validation and test.
    Split {
        dataset: DatasetId,
        validation: f64,
        test: f64,
        seed: u64,
    },
    /// Give rows with one input the answer that one of them has.
    MakeAgree {
        dataset: DatasetId,
        rows: Vec<i64>,
        agree: Agree,
        annotator: String,
    },
    /// Leave rows out of the dataset, or put them back in.
    LeaveOut {
        dataset: DatasetId,
        rows: Vec<i64>,
        annotator: String,
        out: bool,
    },
    PreviewVocab {
        dataset: DatasetId,
        spec: TokenizerSpec,
        text: String,
    },
    TrainTokenizer {
        dataset: DatasetId,
        spec: TokenizerSpec,
        name: String,
    },
    ImportTokenizer(PathBuf),
    BuildCorpus {
        dataset: DatasetId,
        tokenizer: TokenizerId,
        val_fraction: f64,
        seed: u64,
    },
}
