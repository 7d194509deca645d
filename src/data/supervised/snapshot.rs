//! The rows of a fine-tuning run as they were when it began, kept beside it: edits made later change no run. Knows no model.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Example, Split, split};
use crate::data::kept;

/// Names of the files in the run's folder: of the rows that are learnt from, and of those that are only asked.
const FILE: &str = "rows.jsonl";
const ASKED: &str = "asked.jsonl";

/// A row and its side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// Which row of the dataset.
    pub row: i64,
    pub split: Split,
    pub example: Example,
}

/// All rows that a run may see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSnapshot {
    pub rows: Vec<SnapshotRow>,
}

impl RowSnapshot {
    /// Where no row is for validation, `val_fraction` of the training rows become so, by the seed.
    pub fn new(mut rows: Vec<SnapshotRow>, val_fraction: f64, seed: u64) -> Self {
        if !rows.iter().any(|row| row.split == Split::Validation) {
            let train: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].split == Split::Train).collect();
            let examples: Vec<Example> = train.iter().map(|&i| rows[i].example.clone()).collect();
            for side in split(&examples, val_fraction, seed).val {
                rows[train[side]].split = Split::Validation;
            }
        }
        Self { rows }
    }

    pub fn side(&self, split: Split) -> impl Iterator<Item = (i64, &Example)> {
        self.rows.iter().filter(move |row| row.split == split).map(|row| (row.row, &row.example))
    }

    /// Writes the rows into an existing folder; the error is a sentence.
    pub fn save(&self, dir: &Path) -> Result<(), String> {
        kept::save(&self.rows, "rows", &dir.join(FILE))
    }

    /// Reads what `save` wrote; the error is a sentence.
    pub fn load(dir: &Path) -> Result<Self, String> {
        Ok(Self { rows: kept::load("rows", &dir.join(FILE))? })
    }

    /// As `save` but into a folder that need not exist, for rows of another dataset that the run is measured with.
    pub fn save_asked(&self, dir: &Path) -> Result<(), String> {
        // A run that learns from a text has no folder yet.
        std::fs::create_dir_all(dir).map_err(|error| format!("The run's folder cannot be made ({error}): {}", dir.display()))?;
        kept::save(&self.rows, "rows to ask", &dir.join(ASKED))
    }

    /// Reads what `save_asked` wrote.
    pub fn load_asked(dir: &Path) -> Result<Self, String> {
        Ok(Self { rows: kept::load("rows to ask", &dir.join(ASKED))? })
    }
}
