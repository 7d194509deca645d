//! Questions and votes on their way out: pages for the browser, files in one form or another. Changes no vote.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::{Failure, Session};
use crate::data::feedback::{Cells, Judged, as_imported, in_form, object};
use crate::data::import::Row;
use crate::data::supervised::{Example, LabelTask, Reader, Split, export};
use crate::engine::command::{DatasetId, ExportForm, JobId, Mapping};
use crate::engine::event::{Event, RowView};
use crate::engine::feedback::{FeedbackEvent, FeedbackForm, QuestionQuery, QuestionRow, Written};
use crate::feedback::{Vote, side_text};
use crate::store::{Project, StoreError};

/// What the browser shows of a question.
pub(super) const COLUMNS: [&str; 3] = ["prompt", "answers", "votes"];

/// How rows stand in a file.
#[derive(Clone, Copy)]
enum Shape {
    Lines,
    /// With this between the cells.
    Table(u8),
}

impl Session<'_> {
    pub(super) fn is_feedback(&self, dataset: DatasetId) -> bool {
        let asked = self.desk.ask(move |project| Ok(project.dataset(dataset)?.schema.is_feedback()));
        asked.unwrap_or(false)
    }

    /// A page of questions for the browser.
    pub(super) fn load_questions(&mut self, dataset: DatasetId, query: &str, offset: u64, limit: u32) {
        let wanted = QuestionQuery { search: query.to_owned(), ..QuestionQuery::default() };
        match self.desk.ask(move |project| project.questions(dataset, &wanted, offset, limit)) {
            Ok(page) => {
                let rows = page.rows.iter().map(|row| RowView { index: row.ordinal, cells: shown(row) }).collect();
                self.outbox.send(Event::Rows { dataset, query: query.to_owned(), offset, total: page.total, rows });
            }
            Err(error) => self.warn(error.to_string()),
        }
    }

    pub(super) fn export_feedback(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        form: Option<FeedbackForm>,
        split: Option<Split>,
        path: &Path,
    ) -> Result<(), Failure> {
        let written = self.write_feedback(dataset, form, None, split, path)?;
        self.outbox.send(Event::Feedback(FeedbackEvent::Exported { job, path: path.to_owned(), written }));
        Ok(())
    }

    /// Prompts with the answers that people mended, as rows of a task; one of each wording.
    pub(super) fn mended(
        &self,
        dataset: DatasetId,
        task: LabelTask,
        rows: &mut Vec<(Example, Option<Split>, bool)>,
    ) -> Result<(), Failure> {
        let judged = self.desk.ask(move |project| judged(project, dataset, None))?;
        let mapping = Mapping::new(task.schema(), task.columns());
        let reader = Reader::new(mapping);
        let mut seen = Vec::new();
        let (found, written) = in_form(FeedbackForm::Edited, &judged);
        for (cells, line) in found.into_iter().zip(1..) {
            if seen.contains(&cells) {
                continue;
            }
            seen.push(cells.clone());
            let read = reader.read_all_leniently(&Row { line, cells }).into_iter().filter_map(Result::ok);
            rows.extend(read.map(|(example, lacks_label)| (example, None, !lacks_label)));
        }
        if rows.is_empty() {
            return Err(Failure::Because(nothing(Some(FeedbackForm::Edited), &written)));
        }
        Ok(())
    }

    /// Judged rows in the form they came in, by the forms that labelled rows go out in.
    pub(super) fn export_judged(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        form: Option<ExportForm>,
        split: Option<Split>,
        path: &Path,
    ) -> Result<(), Failure> {
        let shape = match form {
            None => None,
            Some(ExportForm::JsonLines) => Some(Shape::Lines),
            Some(ExportForm::Csv) => Some(Shape::Table(b',')),
            Some(ExportForm::Tsv) => Some(Shape::Table(b'\t')),
            Some(ExportForm::Conll | ExportForm::Squad) => {
                let sentence = "This form is not for judged answers; take jsonl, or a form of `lyceum rank export`";
                return Err(Failure::Because(sentence.to_owned()));
            }
        };
        let rows = self.write_feedback(dataset, None, shape, split, path)?.rows;
        self.outbox.send(Event::DatasetExported { job, path: path.to_owned(), rows });
        Ok(())
    }

    fn write_feedback(
        &self,
        dataset: DatasetId,
        form: Option<FeedbackForm>,
        shape: Option<Shape>,
        split: Option<Split>,
        path: &Path,
    ) -> Result<Written, Failure> {
        let (mapping, source, judged) = self.desk.ask(move |project| {
            Ok((project.mapping(dataset)?, project.dataset(dataset)?.source, judged(project, dataset, split)?))
        })?;
        let (rows, written) = match form {
            Some(form) => in_form(form, &judged),
            None => as_imported(&mapping, &judged),
        };
        if rows.is_empty() {
            return Err(Failure::Because(nothing(form, &written)));
        }
        let as_source = if form.is_none() { shape_of(Path::new(&source)) } else { Shape::Lines };
        let failed = |error: std::io::Error| Failure::Because(format!("The votes could not be written ({error})"));
        crate::store::write_export(path, &bytes_of(rows, shape.unwrap_or(as_source)).map_err(failed)?)?;
        Ok(written)
    }
}

fn nothing(form: Option<FeedbackForm>, written: &Written) -> String {
    if form == Some(FeedbackForm::Edited) {
        return "No answer was mended by hand, so there is nothing to export; edit an answer while you vote".to_owned();
    }
    let Written { ties, left_out, .. } = written;
    format!(
        "No vote of it prefers one answer to another ({ties} ties, {left_out} others), so there is nothing to export; \
         vote on some questions first, or export the prompts"
    )
}

/// All questions with the votes that stand.
fn judged(project: &Project, dataset: DatasetId, split: Option<Split>) -> Result<Vec<Judged>, StoreError> {
    let mut votes: BTreeMap<i64, Vec<(String, Vote)>> = BTreeMap::new();
    for stored in project.votes(dataset, split)? {
        votes.entry(stored.id).or_default().push((stored.annotator, stored.vote));
    }
    let wanted = |asked: &crate::store::StoredQuestion| split.is_none_or(|split| split == asked.split);
    let all = project.all_questions(dataset)?.into_iter().filter(wanted);
    Ok(all
        .map(|asked| {
            let votes = votes.remove(&asked.id).unwrap_or_default();
            Judged { question: asked.question, source: asked.source, votes }
        })
        .collect())
}

/// Tables go out as tables; all else as JSON lines.
fn shape_of(source: &Path) -> Shape {
    match source.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "csv" => Shape::Table(b','),
        "tsv" | "tab" => Shape::Table(b'\t'),
        _ => Shape::Lines,
    }
}

fn bytes_of(rows: Vec<Cells>, shape: Shape) -> std::io::Result<Vec<u8>> {
    let mut out = BufWriter::new(Vec::new());
    match shape {
        Shape::Table(delimiter) => export::cells_table(&rows, delimiter, &mut out)?,
        Shape::Lines => {
            for row in rows {
                serde_json::to_writer(&mut out, &object(row))?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error)
}

/// Cells under `COLUMNS`.
fn shown(row: &QuestionRow) -> Vec<String> {
    let answers: Vec<&str> = row.question.candidates.iter().map(|candidate| candidate.text.trim()).collect();
    let votes: Vec<String> =
        row.votes.iter().map(|(annotator, vote)| format!("{annotator}: {}", vote.verdict.in_words())).collect();
    vec![side_text(&row.question.prompt), answers.join(" | "), votes.join("; ")]
}
