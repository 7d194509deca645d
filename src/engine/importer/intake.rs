//! What the importing of labelled rows and of votes shares: files with the parts beside them, row by row, and batches into the database.
//! Knows no kind of row.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Failure, Session};
use crate::data::import::{Next, Row, open_rows};
use crate::data::supervised::Split;
use crate::data::{Tick, counted};
use crate::engine::command::{DocumentRule, JobId};
use crate::store::{Project, StoreError};

/// Rows of one transaction.
const BATCH: usize = 500;
/// Rows between two reports of progress.
const REPORT_ROWS: usize = 256;
/// Warnings that are kept word for word.
const MAX_WARNINGS: usize = 100;

/// A file, and the part that it says it is.
pub(super) type FilePart = (PathBuf, Option<Split>);

/// A row, or why there is none, with the name of its file where there are several.
pub(super) struct Came<'a> {
    pub row: Result<Row, String>,
    pub file: Option<&'a str>,
    pub split: Option<Split>,
}

/// Rows that were left out, and why.
#[derive(Default)]
pub(super) struct LeftOut {
    pub sentences: Vec<String>,
    count: u64,
}

impl LeftOut {
    pub fn add(&mut self, file: Option<&str>, sentence: &str) {
        self.count += 1;
        if self.sentences.len() < MAX_WARNINGS {
            self.sentences.push(match file {
                Some(file) => format!("{file}, {sentence}"),
                None => sentence.to_owned(),
            });
        }
    }

    /// Why there is nothing at all.
    pub fn first(&self) -> &str {
        self.sentences.first().map_or("it has no rows", String::as_str)
    }

    /// How many there are, before each of them. `open`: what came in all the same.
    pub fn told(self, open: Option<String>) -> Vec<String> {
        let Self { mut sentences, count } = self;
        if count > sentences.len() as u64 {
            sentences.push(format!("and {} more", count - sentences.len() as u64));
        }
        let lead = (count > 0).then(|| counted(count, "row was left out", "rows were left out"));
        lead.into_iter().chain(open).chain(sentences).collect()
    }
}

impl Session<'_> {
    /// Reads every row of these files; gives their bytes.
    pub(super) fn each_row(
        &mut self,
        (job, began): (JobId, Instant),
        parts: &[FilePart],
        documents: DocumentRule,
        mut take: impl FnMut(Came<'_>),
    ) -> Result<u64, Failure> {
        let bytes_of = |part: &Path| part.metadata().map_or(0, |meta| meta.len());
        let total = parts.iter().map(|(part, _)| bytes_of(part)).sum();
        let mut bytes = 0;
        for (part, split) in parts {
            let name = file_name(part);
            let file = (parts.len() > 1).then_some(name.as_str());
            let mut rows = open_rows(part, documents)?;
            for n in 0_usize.. {
                if n.is_multiple_of(REPORT_ROWS) {
                    let done = (bytes + rows.position()).min(total);
                    self.go_on(job, began, Tick { what: "Importing", done, total, unit: "bytes" })?;
                }
                let row = match rows.next()? {
                    Next::End => break,
                    Next::Skipped { line, why } => Err(format!("line {line}: {why}")),
                    Next::Row(row) => Ok(row),
                };
                take(Came { row, file, split: *split });
            }
            bytes += bytes_of(part);
        }
        Ok(bytes)
    }

    /// Writes rows in batches; `write` is told the place of the first of each.
    pub(super) fn write_batches<T: Send + 'static>(
        &mut self,
        (job, began): (JobId, Instant),
        what: &'static str,
        rows: Vec<T>,
        write: impl Fn(&mut Project, u64, &[T]) -> Result<(), StoreError> + Copy + Send + 'static,
    ) -> Result<(), Failure> {
        let total = rows.len() as u64;
        let mut rows = rows.into_iter();
        let mut done = 0;
        while done < total {
            let batch: Vec<T> = rows.by_ref().take(BATCH).collect();
            let first = done;
            done += batch.len() as u64;
            self.desk.ask(move |project| write(project, first, &batch))?;
            self.go_on(job, began, Tick { what, done, total, unit: "rows" })?;
        }
        Ok(())
    }

    fn go_on(&mut self, job: JobId, began: Instant, tick: Tick) -> Result<(), Failure> {
        if self.tick(job, began, tick).is_break() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
