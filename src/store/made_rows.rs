//! Rows that the program made itself, as a dataset to fine-tune on: prompts with answers that were judged. Knows no model.

use serde_json::{Value, json};

use super::error::StoreError;
use super::examples::{NewExample, split_three};
use super::files::Draft;
use super::project::Project;
use crate::data::DocumentWriter;
use crate::data::import::Row;
use crate::data::supervised::{Example, LabelSet, Reader, measure};
use crate::engine::command::{DatasetId, Mapping, Schema};
use crate::engine::event::DatasetInfo;

/// Share kept aside to validate with.
const VAL_FRACTION: f64 = 0.1;
/// Rows of one transaction.
const BATCH: usize = 500;

/// A prompt, an answer to it (texts, or turns), and what it was worth.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeRow {
    pub prompt: Value,
    pub completion: Value,
    pub reward: f64,
}

impl Project {
    /// A new dataset of these rows, dealt out by seed; `source` says where they came from.
    pub fn make_rows(&mut self, name: &str, source: &str, rows: &[MadeRow], seed: u64) -> Result<DatasetId, StoreError> {
        let columns = ["prompt", "completion"].map(|part| (part.to_owned(), part.to_owned())).to_vec();
        let mapping = Mapping::new(Schema::PromptCompletion, columns);
        let reader = Reader::new(mapping.clone());
        let cells = |row: &MadeRow| {
            vec![
                ("prompt".to_owned(), row.prompt.clone()),
                ("completion".to_owned(), row.completion.clone()),
                ("reward".to_owned(), json!(row.reward)),
            ]
        };
        let examples: Vec<Example> = (1..)
            .zip(rows)
            .flat_map(|(line, row)| reader.read_all_leniently(&Row { line, cells: cells(row) }))
            .filter_map(|read| read.ok().map(|(example, _)| example))
            .collect();
        let draft = Draft::within(&self.paths().datasets_dir())?;
        let bytes = write_documents(draft.path(), &examples)?;
        let info = DatasetInfo {
            rows: examples.len() as u64,
            bytes,
            columns: ["prompt", "completion", "reward"].map(str::to_owned).to_vec(),
            ..DatasetInfo::new(name, source, mapping.schema)
        };
        let labels = LabelSet::found(&examples, &measure(&examples));
        let sides = split_three(&examples, VAL_FRACTION, 0.0, seed);
        let dataset = self.begin_examples(draft.seal()?, &info, &mapping, &labels)?;
        let new = examples.into_iter().zip(sides).map(|(example, split)| NewExample { example, split, has_label: true });
        let new: Vec<NewExample> = new.collect();
        for (i, batch) in new.chunks(BATCH).enumerate() {
            self.add_examples(dataset, (i * BATCH) as u64, batch)?;
        }
        self.finish_examples(dataset)?;
        Ok(dataset)
    }
}

/// Their text as documents, for tokenizers and pre-training; gives its bytes.
fn write_documents(dir: &std::path::Path, examples: &[Example]) -> Result<u64, StoreError> {
    let wrong = |error: crate::data::ImportError| StoreError::io("write", dir, std::io::Error::other(error.to_string()));
    let mut writer = DocumentWriter::create(dir).map_err(wrong)?;
    let mut bytes = 0;
    for example in examples {
        let (input, output) = example.content.halves();
        let text = format!("{}\n{}", input.trim(), output.trim());
        bytes += text.len() as u64;
        writer.push(&text).map_err(wrong)?;
        writer.end().map_err(wrong)?;
    }
    writer.finish().map_err(wrong)?;
    Ok(bytes)
}
