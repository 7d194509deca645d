//! The rows of supervised datasets: written in batches, read as trainers need them, split anew. Knows no annotator's word.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::files::SealedDraft;
use super::library::json;
use super::project::Project;
use crate::data::supervised::{Content, Example, LabelSet, RowStatus, Split, StoredExample, split};
use crate::engine::command::{DatasetId, Mapping};
use crate::engine::event::DatasetInfo;

/// A row on its way in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewExample {
    pub example: Example,
    pub split: Split,
    /// The file gave an answer.
    pub has_label: bool,
}

impl Project {
    /// A dataset whose rows are to follow; it is listed after `finish_examples` and gone after a crash before that.
    pub fn begin_examples(
        &mut self,
        draft: SealedDraft,
        info: &DatasetInfo,
        mapping: &Mapping,
        labels: &LabelSet,
    ) -> Result<DatasetId, StoreError> {
        let dataset = self.insert_dataset(draft, info, mapping, true)?;
        self.db.execute("UPDATE datasets SET labels = ?1 WHERE id = ?2", params![json(labels), dataset])?;
        Ok(dataset)
    }

    /// The next rows, in order. One transaction.
    pub fn add_examples(&mut self, dataset: DatasetId, first_ordinal: u64, rows: &[NewExample]) -> Result<(), StoreError> {
        self.writable()?;
        let change = self.db.transaction()?;
        {
            let mut insert = change.prepare_cached(
                "INSERT INTO examples (dataset, ordinal, line, original, has_label, split, status, folded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for (i, row) in rows.iter().enumerate() {
                let status = if row.has_label { RowStatus::Labelled } else { RowStatus::Unlabelled };
                insert.execute(params![
                    dataset,
                    (first_ordinal + i as u64) as i64,
                    row.example.line as i64,
                    json(&row.example),
                    row.has_label,
                    row.split.name(),
                    status.name(),
                    folded(&row.example.content)
                ])?;
            }
        }
        change.commit()?;
        Ok(())
    }

    /// All rows are in: the dataset is listed from now on.
    pub fn finish_examples(&mut self, dataset: DatasetId) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute(
            "UPDATE datasets SET filling = 0, rows = (SELECT count(*) FROM examples WHERE dataset = ?1) WHERE id = ?1",
            [dataset],
        )?;
        Ok(())
    }

    /// An import was broken off: nothing is kept of it.
    pub fn drop_examples(&mut self, dataset: DatasetId) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute("DELETE FROM datasets WHERE id = ?1 AND filling = 1", [dataset])?;
        super::files::remove_dir(&self.paths().dataset_dir(dataset))
    }

    /// Imports that a crash broke off.
    pub(super) fn drop_half_filled(&mut self) -> Result<(), StoreError> {
        for dataset in self.ids("SELECT id FROM datasets WHERE filling = 1 ORDER BY id")? {
            self.drop_examples(dataset)?;
        }
        Ok(())
    }

    /// Whether it has labelled rows, and not documents only.
    pub fn is_supervised(&self, dataset: DatasetId) -> Result<bool, StoreError> {
        let found = self.db.query_row("SELECT 1 FROM examples WHERE dataset = ?1 LIMIT 1", [dataset], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }

    /// How the rows were read.
    pub fn mapping(&self, dataset: DatasetId) -> Result<Mapping, StoreError> {
        let text: Option<String> =
            self.db.query_row("SELECT mapping FROM datasets WHERE id = ?1", [dataset], |row| row.get(0)).optional()?;
        let text = text.ok_or(StoreError::Missing { what: "dataset", id: dataset })?;
        serde_json::from_str(&text).map_err(|error| unreadable("dataset", dataset, &error))
    }

    /// What is trained on and measured with, in the order of the file: rows that the file or a person labelled, as they stand now.
    pub fn examples(&self, dataset: DatasetId, split: Option<Split>) -> Result<Vec<StoredExample>, StoreError> {
        let all = self.all_examples(dataset, split)?;
        Ok(all.into_iter().filter(|row| row.status.trains()).collect())
    }

    /// As `examples`, with the rows that have no label yet. Removed rows are in neither.
    pub fn all_examples(&self, dataset: DatasetId, split: Option<Split>) -> Result<Vec<StoredExample>, StoreError> {
        self.dataset(dataset)?;
        let mut query = self.db.prepare(
            "SELECT id, original, current, split, status FROM examples
             WHERE dataset = ?1 AND removed = 0 AND (?2 IS NULL OR split = ?2) ORDER BY ordinal",
        )?;
        let mut rows = query.query(params![dataset, split.map(Split::name)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(StoredExample {
                row: row.get(0)?,
                example: example_of(row, 0, 1, 2)?,
                split: split_of(&row.get::<_, String>(3)?),
                status: status_of(&row.get::<_, String>(4)?),
            });
        }
        Ok(found)
    }

    /// Deals the rows out anew, all with one input to one side. Shares are of all rows; the rest is to train on.
    pub fn split_examples(&mut self, dataset: DatasetId, validation: f64, test: f64, seed: u64) -> Result<(), StoreError> {
        self.writable()?;
        let all = self.all_examples(dataset, None)?;
        let examples: Vec<Example> = all.iter().map(|row| row.example.clone()).collect();
        let sides = split_three(&examples, validation, test, seed);
        let change = self.db.transaction()?;
        {
            let mut update = change.prepare_cached("UPDATE examples SET split = ?1 WHERE id = ?2")?;
            for (row, split) in all.iter().zip(sides) {
                update.execute(params![split.name(), row.row])?;
            }
        }
        change.commit()?;
        Ok(())
    }

    /// Label set and guidelines.
    pub fn label_set(&self, dataset: DatasetId) -> Result<LabelSet, StoreError> {
        let text: Option<String> =
            self.db.query_row("SELECT labels FROM datasets WHERE id = ?1", [dataset], |row| row.get(0)).optional()?;
        let text = text.ok_or(StoreError::Missing { what: "dataset", id: dataset })?;
        serde_json::from_str(&text).map_err(|error| unreadable("label set", dataset, &error))
    }

    pub fn set_label_set(&mut self, dataset: DatasetId, labels: &LabelSet) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE datasets SET labels = ?1 WHERE id = ?2", params![json(labels), dataset])?;
        if changed == 0 { Err(StoreError::Missing { what: "dataset", id: dataset }) } else { Ok(()) }
    }
}

/// A side for each example by seed and input, as `supervised::split` decides: first the test rows, then the validation rows.
pub fn split_three(examples: &[Example], validation: f64, test: f64, seed: u64) -> Vec<Split> {
    let mut sides = BTreeMap::new();
    let outer = split(examples, test, seed);
    sides.extend(outer.val.iter().map(|&i| (i, Split::Test)));
    let rest: Vec<Example> = outer.train.iter().filter_map(|&i| examples.get(i).cloned()).collect();
    let share = if rest.is_empty() { 0.0 } else { validation * examples.len() as f64 / rest.len() as f64 };
    let inner = split(&rest, share, seed);
    sides.extend(inner.val.iter().filter_map(|&i| Some((*outer.train.get(i)?, Split::Validation))));
    (0..examples.len()).map(|i| sides.get(&i).copied().unwrap_or(Split::Train)).collect()
}

/// What a search looks through.
pub(super) fn folded(content: &Content) -> String {
    let (input, output) = content.halves();
    format!("{input}\n{output}").to_lowercase()
}

/// The row as it came with what it says now.
pub(super) fn example_of(row: &Row<'_>, id: usize, original: usize, current: usize) -> Result<Example, StoreError> {
    let number: i64 = row.get(id)?;
    let text: String = row.get(original)?;
    let mut example: Example = serde_json::from_str(&text).map_err(|error| unreadable("row", number, &error))?;
    if let Some(current) = row.get::<_, Option<String>>(current)? {
        example.content = content_of(number, &current)?;
    }
    Ok(example)
}

pub(super) fn content_of(row: i64, text: &str) -> Result<Content, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable("row", row, &error))
}

fn unreadable(what: &'static str, id: i64, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what, id, detail: error.to_string() }
}

/// A word of a later version is at least a row to train on.
pub(super) fn split_of(text: &str) -> Split {
    Split::parse(text).unwrap_or(Split::Train)
}

pub(super) fn status_of(text: &str) -> RowStatus {
    RowStatus::parse(text).unwrap_or(RowStatus::Unlabelled)
}
