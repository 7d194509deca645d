//! Supervised rows into the project: read, split, written in batches. Knows no tokenizer.

use std::path::Path;
use std::time::Instant;

use super::examples_out::columns_of;
use super::intake::{Came, FilePart, LeftOut, file_name};
use super::{Failure, Session};
use crate::data::import::text_of;
use crate::data::supervised::{Example, Label, LabelSet, LabelTask, Reader, Split, measure};
use crate::data::{self, DocumentWriter, counted};
use crate::engine::command::{DatasetId, JobId, LabelSource, Mapping, Schema};
use crate::engine::event::{DatasetInfo, Event};
use crate::store::{Draft, NewExample, split_three};

/// Share of the rows kept aside to measure with where a file brings no split of its own.
const VAL_FRACTION: f64 = 0.1;
const SPLIT_SEED: u64 = 1;

/// What came out of files.
#[derive(Default)]
struct Taken {
    rows: Vec<(Example, Option<Split>, bool)>,
    left_out: LeftOut,
    unlabelled: u64,
    bytes: u64,
}

impl Taken {
    fn add(&mut self, came: Came<'_>, reader: &Reader) {
        let row = match came.row {
            Ok(row) => row,
            Err(why) => return self.left_out.add(came.file, &why),
        };
        for read in reader.read_all_leniently(&row) {
            match read {
                Ok((example, lacks_label)) => {
                    self.unlabelled += u64::from(lacks_label);
                    self.rows.push((example, came.split, !lacks_label));
                }
                Err(warning) => self.left_out.add(came.file, &warning.to_string()),
            }
        }
    }
}

impl Session<'_> {
    /// Rows of a file, and of the parts that stand beside it (x.train, x.validation, x.test), as one dataset.
    pub(super) fn import_examples(
        &mut self,
        job: JobId,
        path: &Path,
        source: &str,
        mapping: &Mapping,
        name: &str,
    ) -> Result<DatasetId, Failure> {
        let (dataset, rows, warnings) = self.import_quietly(job, path, source, mapping, name)?;
        self.outbox.send(Event::Imported { job, dataset, rows, warnings });
        Ok(dataset)
    }

    /// As `import_examples`; gives the number of rows and the warnings instead of telling them.
    pub(super) fn import_quietly(
        &mut self,
        job: JobId,
        path: &Path,
        source: &str,
        mapping: &Mapping,
        name: &str,
    ) -> Result<(DatasetId, u64, Vec<String>), Failure> {
        if mapping.schema.is_feedback() {
            return self.import_feedback(job, path, source, mapping, name);
        }
        refuse_one_column(mapping)?;
        let parts = data::import::parts_beside(path);
        let began = Instant::now();
        let mut taken = Taken::default();
        let reader = Reader::new(mapping.clone());
        taken.bytes = self.each_row((job, began), &parts, mapping.documents, |came| taken.add(came, &reader))?;
        if taken.rows.is_empty() {
            let why = taken.left_out.first();
            return Err(Failure::Because(format!("There is nothing to label or train on in it ({why}): {}", path.display())));
        }
        let name = if parts.len() > 1 { data::import::name_without_part(name) } else { name };
        let (n, warnings) = (taken.rows.len() as u64, what_came(&mut taken, &parts));
        let dataset = self.store(job, began, source, mapping, name, taken, None)?;
        Ok((dataset, n, warnings))
    }

    /// Writes rows into the database in batches, and their text as documents beside it, for tokenizers and pre-training.
    #[expect(clippy::too_many_arguments, reason = "a dataset's parts, all of them new")]
    fn store(
        &mut self,
        job: JobId,
        began: Instant,
        source: &str,
        mapping: &Mapping,
        name: &str,
        taken: Taken,
        labels: Option<LabelSet>,
    ) -> Result<DatasetId, Failure> {
        let examples: Vec<Example> = taken.rows.iter().map(|(example, ..)| example.clone()).collect();
        let labels = labels.unwrap_or_else(|| LabelSet::found(&examples, &measure(&examples)));
        // Files that say which part they are keep it; a file of its own is dealt out.
        let dealt = taken.rows.iter().all(|(_, split, _)| split.is_none());
        let sides = if dealt { split_three(&examples, VAL_FRACTION, 0.0, SPLIT_SEED) } else { Vec::new() };
        let draft = Draft::within(&self.paths.datasets_dir())?;
        write_documents(draft.path(), &examples)?;
        let info = DatasetInfo {
            rows: examples.len() as u64,
            bytes: taken.bytes,
            columns: columns_of(&examples),
            ..DatasetInfo::new(name, source, mapping.schema)
        };
        let (draft, mapping) = (draft.seal()?, mapping.clone());
        let dataset = self.desk.ask(move |project| project.begin_examples(draft, &info, &mapping, &labels))?;
        let side = |i: usize, said: Option<Split>| said.or_else(|| sides.get(i).copied()).unwrap_or(Split::Train);
        let rows: Vec<NewExample> = taken
            .rows
            .into_iter()
            .enumerate()
            .map(|(i, (example, split, has_label))| NewExample { example, split: side(i, split), has_label })
            .collect();
        if let Err(failure) = self.write_batches((job, began), "Writing rows", rows, move |project, first, rows| {
            project.add_examples(dataset, first, rows)
        }) {
            self.desk.tell(false, move |project| project.drop_examples(dataset));
            return Err(failure);
        }
        self.desk.change(move |project| project.finish_examples(dataset))?;
        Ok(dataset)
    }

    /// Texts without labels become rows to label.
    pub(super) fn create_labelling(
        &mut self,
        job: JobId,
        source: &LabelSource,
        task: LabelTask,
        labels: Vec<Label>,
        name: &str,
    ) -> Result<(), Failure> {
        self.writable()?;
        let began = Instant::now();
        let mut taken = Taken::default();
        let said = match source {
            LabelSource::Dataset(id) => {
                let documents = self.documents(*id)?;
                taken.bytes = documents.bytes();
                taken
                    .rows
                    .extend((0..documents.len()).map(|i| (task.example(i as u64 + 1, documents.get(i).to_owned()), None, false)));
                let id = *id;
                self.desk.ask(move |project| project.dataset(id))?.name
            }
            LabelSource::Mended(id) => {
                self.mended(*id, task, &mut taken.rows)?;
                let id = *id;
                self.desk.ask(move |project| project.dataset(id))?.name
            }
            LabelSource::File(path) => {
                self.texts_of(job, began, path, task, &mut taken)?;
                path.display().to_string()
            }
        };
        if taken.rows.is_empty() {
            return Err(Failure::Because("There is no text to label in it; choose another file or dataset".to_owned()));
        }
        let several = task == LabelTask::Classes;
        let mapping = Mapping::new(task.schema(), task.columns());
        let labels = LabelSet::of(labels, several);
        let (rows, warnings) = (taken.rows.len() as u64, std::mem::take(&mut taken.left_out.sentences));
        let dataset = self.store(job, began, &said, &mapping, name, taken, Some(labels))?;
        self.outbox.send(Event::Imported { job, dataset, rows, warnings });
        Ok(())
    }

    fn texts_of(&mut self, job: JobId, began: Instant, path: &Path, task: LabelTask, taken: &mut Taken) -> Result<(), Failure> {
        let mapping = data::inspect(path)?.mapping;
        let columns: Vec<String> = mapping.columns.iter().take(1).map(|(_, column)| column.clone()).collect();
        let mut take = |came: Came<'_>| match came.row {
            Err(why) => taken.left_out.add(None, &why),
            Ok(row) => {
                let text = text_of(&row, &columns);
                if !text.trim().is_empty() {
                    taken.rows.push((task.example(row.line, text), None, false));
                }
            }
        };
        taken.bytes = self.each_row((job, began), &[(path.to_owned(), None)], mapping.documents, &mut take)?;
        Ok(())
    }
}

/// A text that is its own label teaches nothing.
fn refuse_one_column(mapping: &Mapping) -> Result<(), Failure> {
    let column = |part: &str| mapping.columns.iter().find(|(known, _)| known == part).map(|(_, column)| column);
    match (mapping.schema, column("text"), column("label")) {
        (Schema::Classes, Some(text), Some(label)) if text == label => Err(Failure::Because(format!(
            "The column “{text}” would be the text and its class at once; choose another column for the class, or none and label the rows here"
        ))),
        _ => Ok(()),
    }
}

/// What a person should know of what came in.
fn what_came(taken: &mut Taken, parts: &[FilePart]) -> Vec<String> {
    let open = (taken.unlabelled > 0)
        .then(|| format!("{} no label yet; what came in can be labelled", counted(taken.unlabelled, "row has", "rows have")));
    let mut told = std::mem::take(&mut taken.left_out).told(open);
    if parts.len() > 1 {
        let names: Vec<String> =
            parts.iter().filter_map(|(path, split)| Some(format!("{} ({})", file_name(path), split.as_ref()?.name()))).collect();
        told.insert(0, format!("The parts stand side by side and came in together: {}", names.join(", ")));
    }
    told
}

fn write_documents(dir: &Path, examples: &[Example]) -> Result<(), Failure> {
    let mut writer = DocumentWriter::create(dir)?;
    for example in examples {
        let (input, output) = example.content.halves();
        writer.push(input.trim())?;
        if !output.trim().is_empty() {
            writer.push("\n")?;
            writer.push(output.trim())?;
        }
        writer.end()?;
    }
    writer.finish()?;
    Ok(())
}
