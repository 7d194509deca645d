//! What a project holds and what its files are, as the window lists them: plain data. Part of `event`, kept apart for its length.

use std::path::PathBuf;

use super::command::{CheckpointId, CorpusId, DatasetId, Mapping, RunId, Schema, TokenizerId};
use super::event::{Baselines, RunState};
use crate::config::RunConfig;

/// All that a project holds, in order of making.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Library {
    pub datasets: Vec<DatasetInfo>,
    pub tokenizers: Vec<TokenizerInfo>,
    pub corpora: Vec<CorpusInfo>,
    pub runs: Vec<RunRow>,
    pub checkpoints: Vec<CheckpointRow>,
    pub prompts: Vec<PromptRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DatasetInfo {
    pub id: DatasetId,
    pub name: String,
    pub source: String,
    pub schema: Schema,
    pub rows: u64,
    pub bytes: u64,
    pub columns: Vec<String>,
    /// Rows with a label that counts, and the choices of the label set.
    pub labelled: u64,
    pub classes: u64,
    /// Questions to be voted on, and votes on them.
    pub questions: u64,
    pub votes: u64,
    pub deleted: bool,
}

impl DatasetInfo {
    /// One without a row. Its number is the project's to give.
    pub fn new(name: &str, source: &str, schema: Schema) -> Self {
        Self {
            id: 0,
            name: name.to_owned(),
            source: source.to_owned(),
            schema,
            rows: 0,
            bytes: 0,
            columns: Vec::new(),
            labelled: 0,
            classes: 0,
            questions: 0,
            votes: 0,
            deleted: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TokenizerInfo {
    pub id: TokenizerId,
    pub name: String,
    /// Where it came from: trained here, or a file.
    pub kind: String,
    pub vocab_size: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CorpusInfo {
    pub id: CorpusId,
    pub dataset: DatasetId,
    pub tokenizer: TokenizerId,
    pub train_tokens: u64,
    pub val_tokens: u64,
    pub train_documents: u64,
    pub val_documents: u64,
    /// Bytes of text in the validation part, for bits per byte.
    pub val_bytes: u64,
    /// Documents left out because they stand twice.
    pub duplicates: u64,
    pub baselines: Baselines,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub id: RunId,
    pub name: String,
    pub config: RunConfig,
    pub state: RunState,
    pub parent_checkpoint: Option<CheckpointId>,
    /// Seconds since 1970.
    pub created_at: i64,
    pub duration_s: f64,
    pub step: u64,
    pub n_params: u64,
    pub train_loss: Option<f32>,
    pub val_loss: Option<f32>,
    pub deleted: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckpointRow {
    pub id: CheckpointId,
    /// None: it came with the program or from a file.
    pub run: Option<RunId>,
    pub name: String,
    pub step: u64,
    pub path: PathBuf,
    pub bytes: u64,
    pub train_loss: Option<f32>,
    pub val_loss: Option<f32>,
    pub best: bool,
    pub pinned: bool,
    /// Its folder is gone: it can be shown, not loaded.
    pub missing: bool,
    /// Fills masks instead of continuing text.
    pub is_encoder: bool,
    /// Seconds since 1970.
    pub created_at: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PromptRow {
    pub id: i64,
    pub prompt: String,
    pub completion: String,
    pub settings: String,
    pub created_at: i64,
}

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq)]
pub struct FileReport {
    pub path: PathBuf,
    /// Say, "JSON lines".
    pub format: String,
    /// Say, "UTF-8".
    pub encoding: String,
    pub bytes: u64,
    /// Exact when the whole file was read, else an estimate.
    pub rows: u64,
    pub rows_exact: bool,
    pub columns: Vec<String>,
    pub mapping: Mapping,
    /// The first rows, column by column, shortened.
    pub preview: Vec<Vec<String>>,
    pub warnings: Vec<String>,
}

/// One row of a dataset, for the browser.
#[derive(Clone, Debug, PartialEq)]
pub struct RowView {
    pub index: u64,
    pub cells: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DatasetStats {
    pub documents: u64,
    pub words: u64,
    pub characters: u64,
    pub bytes: u64,
    /// Documents that stand before, to the letter.
    pub duplicates: u64,
    /// Lower edge (in characters) and count of each bar.
    pub length_histogram: Vec<(u64, u64)>,
    pub longest: u64,
}
