//! Supervised rows into the project: read, split, written in batches. Knows no tokenizer.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::examples_out::columns_of;
use super::{Failure, Session};
use crate::data::import::{Next, Rows, open_rows, text_of};
use crate::data::supervised::{Example, Label, LabelSet, LabelTask, Reader, Split, measure};
use crate::data::{self, DocumentWriter, Tick};
use crate::engine::command::{DatasetId, JobId, LabelSource, Mapping};
use crate::engine::event::{DatasetInfo, Event};
use crate::store::{Draft, NewExample, split_three};

/// Rows of one transaction.
pub(super) const BATCH: usize = 500;
/// Rows between two reports of progress.
pub(super) const REPORT_ROWS: usize = 256;
/// Warnings that are kept word for word.
pub(super) const MAX_WARNINGS: usize = 100;
/// Share of the rows kept aside to measure with where a file brings no split of its own.
const VAL_FRACTION: f64 = 0.1;
const SPLIT_SEED: u64 = 1;

/// What came out of files.
#[derive(Default)]
struct Taken {
    rows: Vec<(Example, Option<Split>, bool)>,
    warnings: Vec<String>,
    left_out: u64,
    unlabelled: u64,
    bytes: u64,
}

impl Taken {
    fn warn(&mut self, file: Option<&str>, sentence: &str) {
        self.left_out += 1;
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(match file {
                Some(file) => format!("{file}, {sentence}"),
                None => sentence.to_owned(),
            });
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
        let parts = data::import::parts_beside(path);
        let total = parts.iter().filter_map(|(part, _)| part.metadata().ok()).map(|meta| meta.len()).sum();
        let began = Instant::now();
        let mut taken = Taken::default();
        for (part, split) in &parts {
            let file = (parts.len() > 1).then(|| file_name(part));
            let mut rows = open_rows(part, mapping.documents)?;
            self.read_rows(job, began, total, rows.as_mut(), mapping, (file.as_deref(), *split), &mut taken)?;
            taken.bytes += part.metadata().map_or(0, |meta| meta.len());
        }
        if taken.rows.is_empty() {
            let why = taken.warnings.first().map_or("it has no rows", String::as_str);
            return Err(Failure::Because(format!("There is nothing to label or train on in it ({why}): {}", path.display())));
        }
        let name = if parts.len() > 1 { data::import::name_without_part(name) } else { name };
        say_what_came(&mut taken, &parts);
        let (n, warnings) = (taken.rows.len() as u64, std::mem::take(&mut taken.warnings));
        let dataset = self.store(job, began, source, mapping, name, taken, None)?;
        Ok((dataset, n, warnings))
    }

    /// Reads all rows of one file.
    #[expect(clippy::too_many_arguments, reason = "one place reads, two ask for it")]
    fn read_rows(
        &mut self,
        job: JobId,
        began: Instant,
        total: u64,
        rows: &mut dyn Rows,
        mapping: &Mapping,
        (file, split): (Option<&str>, Option<Split>),
        taken: &mut Taken,
    ) -> Result<(), Failure> {
        let reader = Reader::new(mapping.clone());
        for n in 0_usize.. {
            if n.is_multiple_of(REPORT_ROWS) {
                let done = (taken.bytes + rows.position()).min(total);
                self.go_on(job, began, Tick { what: "Importing", done, total, unit: "bytes" })?;
            }
            match rows.next()? {
                Next::End => break,
                Next::Skipped { line, why } => taken.warn(file, &format!("line {line}: {why}")),
                Next::Row(row) => {
                    for read in reader.read_all_leniently(&row) {
                        match read {
                            Ok((example, lacks_label)) => {
                                taken.unlabelled += u64::from(lacks_label);
                                taken.rows.push((example, split, !lacks_label));
                            }
                            Err(warning) => taken.warn(file, &warning.to_string()),
                        }
                    }
                }
            }
        }
        Ok(())
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
        if let Err(failure) = self.write_batches(job, began, dataset, rows) {
            self.desk.tell(false, move |project| project.drop_examples(dataset));
            return Err(failure);
        }
        self.desk.change(move |project| project.finish_examples(dataset))?;
        Ok(dataset)
    }

    fn write_batches(&mut self, job: JobId, began: Instant, dataset: DatasetId, rows: Vec<NewExample>) -> Result<(), Failure> {
        let total = rows.len() as u64;
        let mut rows = rows.into_iter();
        let mut done = 0;
        while done < total {
            let batch: Vec<NewExample> = rows.by_ref().take(BATCH).collect();
            let first = done;
            done += batch.len() as u64;
            self.desk.ask(move |project| project.add_examples(dataset, first, &batch))?;
            self.go_on(job, began, Tick { what: "Writing rows", done, total, unit: "rows" })?;
        }
        Ok(())
    }

    pub(super) fn go_on(&mut self, job: JobId, began: Instant, tick: Tick) -> Result<(), Failure> {
        if self.tick(job, began, tick).is_break() { Err(Failure::Cancelled) } else { Ok(()) }
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
        let documents = crate::engine::command::DocumentRule::BlankLine;
        let mapping = Mapping { schema: task.schema(), columns: task.columns(), documents, tag_names: Vec::new() };
        let labels = LabelSet::of(labels, several);
        let (rows, warnings) = (taken.rows.len() as u64, std::mem::take(&mut taken.warnings));
        let dataset = self.store(job, began, &said, &mapping, name, taken, Some(labels))?;
        self.outbox.send(Event::Imported { job, dataset, rows, warnings });
        Ok(())
    }

    fn texts_of(&mut self, job: JobId, began: Instant, path: &Path, task: LabelTask, taken: &mut Taken) -> Result<(), Failure> {
        let mapping = data::inspect(path)?.mapping;
        let columns: Vec<String> = mapping.columns.iter().take(1).map(|(_, column)| column.clone()).collect();
        let mut rows = open_rows(path, mapping.documents)?;
        taken.bytes = path.metadata().map_or(0, |meta| meta.len());
        loop {
            match rows.next()? {
                Next::End => return Ok(()),
                Next::Skipped { line, why } => taken.warn(None, &format!("line {line}: {why}")),
                Next::Row(row) => {
                    let text = text_of(&row, &columns);
                    if !text.trim().is_empty() {
                        taken.rows.push((task.example(row.line, text), None, false));
                    }
                }
            }
            if taken.rows.len().is_multiple_of(REPORT_ROWS) {
                let (done, total) = (rows.position().min(taken.bytes), taken.bytes);
                self.go_on(job, began, Tick { what: "Importing", done, total, unit: "bytes" })?;
            }
        }
    }
}

fn say_what_came(taken: &mut Taken, parts: &[(PathBuf, Option<Split>)]) {
    if taken.left_out > taken.warnings.len() as u64 {
        taken.warnings.push(format!("and {} more", taken.left_out - taken.warnings.len() as u64));
    }
    if taken.unlabelled > 0 {
        let sentence = format!("{} rows have no label yet; they came in and can be labelled", taken.unlabelled);
        taken.warnings.insert(0, sentence);
    }
    if taken.left_out > 0 {
        taken.warnings.insert(0, format!("{} rows were left out", taken.left_out));
    }
    if parts.len() > 1 {
        let names: Vec<String> =
            parts.iter().filter_map(|(path, split)| Some(format!("{} ({})", file_name(path), split.as_ref()?.name()))).collect();
        taken.warnings.insert(0, format!("The parts stand side by side and came in together: {}", names.join(", ")));
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
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
