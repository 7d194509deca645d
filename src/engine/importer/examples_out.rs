//! Labelled rows on their way out: pages for the browser, statistics, files. Changes no row.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::{Failure, Session};
use crate::data;
use crate::data::supervised::{Content, Example, RowStatus, Split, StoredExample, export, measure, odd_labels};
use crate::engine::command::{DatasetId, ExportForm, JobId, Schema};
use crate::engine::event::{Event, ExampleStatistics, RowView};
use crate::engine::labelling::ExampleQuery;

impl Session<'_> {
    pub(super) fn is_supervised(&self, dataset: DatasetId) -> Result<bool, Failure> {
        Ok(self.desk.ask(move |project| project.is_supervised(dataset))?)
    }

    pub(super) fn measure_examples(&mut self, job: JobId, dataset: DatasetId) -> Result<(), Failure> {
        let (all, choices) =
            self.desk.ask(move |project| Ok((project.all_examples(dataset, None)?, project.label_set(dataset)?)))?;
        let mut parts = std::collections::BTreeMap::new();
        for row in &all {
            *parts.entry(row.split).or_default() += 1;
        }
        let (rows, examples) =
            (all.iter().map(|row| row.row).collect(), all.into_iter().map(|row| row.example).collect::<Vec<_>>());
        let odd = odd_labels(&examples, &choices);
        let stats = ExampleStatistics { statistics: measure(&examples), rows, odd, parts };
        self.outbox.send(Event::ExampleStats { job, dataset, stats });
        Ok(())
    }

    /// A page of rows, of either kind of dataset.
    pub(super) fn load_rows(
        &mut self,
        dataset: DatasetId,
        query: &str,
        offset: u64,
        limit: u32,
    ) -> Result<(), data::ImportError> {
        if self.is_feedback(dataset) {
            self.load_questions(dataset, query, offset, limit);
            return Ok(());
        }
        if !self.is_supervised(dataset).unwrap_or(false) {
            return self.browser.load(dataset, query, offset, limit, &self.paths, self.outbox);
        }
        let wanted = ExampleQuery { search: query.to_owned(), ..ExampleQuery::default() };
        let page = self.desk.ask(move |project| {
            let columns = project.dataset(dataset)?.columns;
            Ok((columns, project.example_page(dataset, &wanted, offset, limit)?))
        });
        match page {
            Ok((columns, page)) => {
                let view = |row: &crate::engine::labelling::ExampleRow| RowView {
                    index: row.ordinal,
                    cells: cells_of(&row.example, &columns),
                };
                let rows = page.rows.iter().map(view).collect();
                self.outbox.send(Event::Rows { dataset, query: query.to_owned(), offset, total: page.total, rows });
            }
            Err(error) => self.warn(error.to_string()),
        }
        Ok(())
    }

    pub(super) fn export_dataset(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        form: Option<ExportForm>,
        (split, all): (Option<Split>, bool),
        path: &Path,
    ) -> Result<(), Failure> {
        if self.is_feedback(dataset) {
            return self.export_judged(job, dataset, form, split, path);
        }
        let (mapping, source, rows) = self.desk.ask(move |project| {
            let rows = if all { project.all_examples(dataset, split)? } else { project.examples(dataset, split)? };
            Ok((project.mapping(dataset)?, project.dataset(dataset)?.source, rows))
        })?;
        let rows: Vec<StoredExample> = rows.into_iter().map(without_guess).collect();
        if rows.is_empty() {
            let sentence = "No row of it has a label yet, so there is nothing to export; label some rows first";
            return Err(Failure::Because(sentence.to_owned()));
        }
        let form = form.unwrap_or_else(|| ExportForm::of(Path::new(&source), mapping.schema));
        let written = write_form(form, &rows, mapping.schema)?;
        crate::store::write_export(path, &written)?;
        self.outbox.send(Event::DatasetExported { job, path: path.to_owned(), rows: rows.len() as u64 });
        Ok(())
    }
}

/// All columns that the rows have, in order of first sight.
pub(super) fn columns_of(examples: &[Example]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for example in examples.iter().take(1000) {
        for (name, _) in export::to_cells(example) {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
    }
    columns
}

fn cells_of(example: &Example, columns: &[String]) -> Vec<String> {
    let cells = export::to_cells(example);
    let shown = |column: &String| {
        let value = cells.iter().find(|(name, _)| name == column).map(|(_, value)| value);
        value.map(data::import::flatten).unwrap_or_default()
    };
    columns.iter().map(shown).collect()
}

/// A model's guess that nobody confirmed is no label to hand on, and no rating is not a rating of 0.
fn without_guess(mut row: StoredExample) -> StoredExample {
    if matches!(row.status, RowStatus::Prelabelled | RowStatus::Unlabelled) {
        row.example.content = row.example.content.blanked();
        if let Content::Recommendation(it) = &mut row.example.content {
            it.rating = f64::NAN;
        }
    }
    row
}

fn write_form(form: ExportForm, rows: &[StoredExample], schema: Schema) -> Result<Vec<u8>, Failure> {
    if !form.fits(schema) {
        let sentence = "This form is not for such rows: CoNLL is for entities, SQuAD for questions on a text; take jsonl";
        return Err(Failure::Because(sentence.to_owned()));
    }
    let examples = rows.iter().map(|row| &row.example);
    let mut out = BufWriter::new(Vec::new());
    let written = match form {
        ExportForm::JsonLines => export::json_lines(examples, &mut out),
        ExportForm::Csv => export::table(examples, b',', &mut out),
        ExportForm::Tsv => export::table(examples, b'\t', &mut out),
        ExportForm::Conll => export::conll(examples, &mut out),
        ExportForm::Squad => export::squad(examples, &mut out),
    };
    let failed = |error: std::io::Error| Failure::Because(format!("The rows could not be written ({error})"));
    written.and_then(|()| out.flush()).map_err(failed)?;
    out.into_inner().map_err(|error| failed(error.into_error()))
}
