//! Takes a file in: rows to documents, in a folder that appears when all is done and not before.

use std::path::Path;

use super::folder::{FolderRows, files_of};
use super::format::Source;
use super::rows::{Next, Row, Rows, Warnings};
use super::schema::flatten;
use crate::data::counted;
use crate::data::documents::DocumentWriter;
use crate::data::error::ImportError;
use crate::data::place::Place;
use crate::data::progress::{Progress, Tick};
use crate::engine::command::Mapping;

/// Text between two reports of progress.
const REPORT_BYTES: u64 = 4 << 20;

/// What was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportSummary {
    /// Documents.
    pub rows: u64,
    /// Of text.
    pub bytes: u64,
    /// Columns of the file that make the text.
    pub columns: Vec<String>,
    /// Rows left out and guesses made, with their lines; long lists are cut.
    pub warnings: Vec<String>,
}

/// Reads the whole of a file or folder as text to pre-train on, into `out_dir`.
pub fn import(path: &Path, mapping: &Mapping, out_dir: &Path, progress: &mut Progress<'_>) -> Result<ImportSummary, ImportError> {
    let mut warnings = Warnings::default();
    let (mut rows, total) = open(path, mapping, &mut warnings)?;
    let columns = chosen(path, mapping, rows.as_ref())?;
    let place = Place::beside(out_dir).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => ImportError::Exists { path: out_dir.to_path_buf() },
        _ => ImportError::from_io(e, out_dir),
    })?;
    let mut writer = DocumentWriter::create(place.path())?;
    let seen = copy(rows.as_mut(), &columns, &mut writer, &mut warnings, total, progress)?;
    if writer.cuts() > 0 {
        warnings.say("a document was too long and was cut into several".to_owned());
    }
    let (rows, bytes) = writer.finish()?;
    if rows == 0 {
        return Err(nothing(path, &columns, &seen, &warnings));
    }
    place.commit(out_dir).map_err(|e| ImportError::from_io(e, out_dir))?;
    Ok(ImportSummary { rows, bytes, columns, warnings: warnings.into_list() })
}

fn open(path: &Path, mapping: &Mapping, warnings: &mut Warnings) -> Result<(Box<dyn Rows>, u64), ImportError> {
    if path.is_dir() {
        let total = files_of(path)?.iter().filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
        return Ok((Box::new(FolderRows::open(path, Some(mapping.documents), u64::MAX)?), total));
    }
    let source = Source::look(path, u64::MAX)?;
    source.sniffed.iter().flat_map(|sniffed| &sniffed.warnings).for_each(|warning| warnings.say(warning.clone()));
    Ok((source.rows(mapping.documents)?, source.bytes))
}

/// The columns that make the text, checked where the file names its columns.
fn chosen(path: &Path, mapping: &Mapping, rows: &dyn Rows) -> Result<Vec<String>, ImportError> {
    let columns: Vec<String> = mapping.columns.iter().map(|(_, column)| column.clone()).collect();
    let have = rows.columns().unwrap_or_default();
    if columns.is_empty() {
        return Err(ImportError::NoTextColumn { have: have.to_vec(), path: path.to_path_buf() });
    }
    match columns.iter().find(|column| !have.is_empty() && !have.contains(column)) {
        Some(column) => Err(ImportError::NoColumn { column: column.clone(), have: have.to_vec(), path: path.to_path_buf() }),
        None => Ok(columns),
    }
}

/// Writes every row; gives the columns of the last row that lacked a text, for the sentence about a wrong column.
fn copy(
    rows: &mut dyn Rows,
    columns: &[String],
    writer: &mut DocumentWriter,
    warnings: &mut Warnings,
    total: u64,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, ImportError> {
    let mut seen = Vec::new();
    let mut reported = 0;
    let mut empty = 0_u64;
    loop {
        if progress_due(rows.position(), &mut reported) {
            let tick = Tick { what: "Importing", done: rows.position().min(total), total, unit: "bytes" };
            if progress(tick).is_break() {
                return Err(ImportError::Cancelled);
            }
        }
        match rows.next()? {
            Next::End => break,
            Next::Skipped { line, why } => warnings.add(line, &why),
            Next::Row(row) => {
                let text = text_of(&row, columns);
                let text = text.trim_matches(['\n', '\r']);
                if text.trim().is_empty() {
                    empty += 1;
                    if !columns.iter().any(|column| row.get(column).is_some()) {
                        seen = row.cells.into_iter().map(|(name, _)| name).collect();
                    }
                    continue;
                }
                writer.push(text)?;
                writer.end()?;
            }
        }
    }
    if empty > 0 {
        warnings.say(counted(empty, "row had no text and was left out", "rows had no text and were left out"));
    }
    if progress(Tick { what: "Importing", done: total, total, unit: "bytes" }).is_break() {
        return Err(ImportError::Cancelled);
    }
    Ok(seen)
}

fn progress_due(position: u64, reported: &mut u64) -> bool {
    let due = position >= *reported + REPORT_BYTES;
    if due {
        *reported = position;
    }
    due
}

fn nothing(path: &Path, columns: &[String], seen: &[String], warnings: &Warnings) -> ImportError {
    let path = path.to_path_buf();
    match columns.first() {
        Some(column) if !seen.is_empty() => ImportError::NoColumn { column: column.clone(), have: seen.to_vec(), path },
        _ => ImportError::NoRows { reason: warnings.first().unwrap_or("every row is empty").to_owned(), path },
    }
}

/// The text of a row: its chosen columns, one under the other.
pub fn text_of(row: &Row, columns: &[String]) -> String {
    let mut text = String::new();
    for part in columns.iter().filter_map(|column| row.get(column)).map(flatten).filter(|part| !part.trim().is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&part);
    }
    text
}
