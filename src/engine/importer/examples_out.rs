//! Labelled rows on their way out: pages for the browser, statistics, files. Changes no row.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::{Failure, Session};
use crate::data;
use crate::data::supervised::{Example, Split, StoredExample, export, measure};
use crate::engine::command::{DatasetId, ExportForm, JobId, Schema};
use crate::engine::event::{Event, ExampleStatistics, RowView};
use crate::engine::labelling::ExampleQuery;

impl Session<'_> {
    pub(super) fn is_supervised(&self, dataset: DatasetId) -> Result<bool, Failure> {
        Ok(self.desk.ask(move |project| project.is_supervised(dataset))?)
    }

    pub(super) fn measure_examples(&mut self, job: JobId, dataset: DatasetId) -> Result<(), Failure> {
        let all = self.desk.ask(move |project| project.all_examples(dataset, None))?;
        let (rows, examples) =
            (all.iter().map(|row| row.row).collect(), all.into_iter().map(|row| row.example).collect::<Vec<_>>());
        let stats = ExampleStatistics { statistics: measure(&examples), rows };
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
        split: Option<Split>,
        path: &Path,
    ) -> Result<(), Failure> {
        if self.is_feedback(dataset) {
            return self.export_judged(job, dataset, form, split, path);
        }
        let (mapping, source, rows) = self.desk.ask(move |project| {
            Ok((project.mapping(dataset)?, project.dataset(dataset)?.source, project.examples(dataset, split)?))
        })?;
        if rows.is_empty() {
            let sentence = "No row of it has a label yet, so there is nothing to export; label some rows first";
            return Err(Failure::Because(sentence.to_owned()));
        }
        let form = form.unwrap_or_else(|| form_of(Path::new(&source), mapping.schema));
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

/// The form that the file had.
fn form_of(source: &Path, schema: Schema) -> ExportForm {
    match source.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "csv" => ExportForm::Csv,
        "tsv" | "tab" => ExportForm::Tsv,
        "conll" | "bio" | "iob" => ExportForm::Conll,
        "json" if schema == Schema::ExtractiveQa => ExportForm::Squad,
        _ => ExportForm::JsonLines,
    }
}

fn write_form(form: ExportForm, rows: &[StoredExample], schema: Schema) -> Result<Vec<u8>, Failure> {
    let fits = match form {
        ExportForm::Conll => schema == Schema::Entities,
        ExportForm::Squad => schema == Schema::ExtractiveQa,
        ExportForm::JsonLines | ExportForm::Csv | ExportForm::Tsv => true,
    };
    if !fits {
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
