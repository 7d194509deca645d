//! What a file is, from a look at its beginning: format, encoding, columns, schema, first rows. Imports nothing.

use std::path::Path;

use super::dataset_info;
use super::folder::{FolderRows, files_of};
use super::format::Source;
use super::rows::{Next, Row, Rows, Warnings};
use super::schema::{columns_of, detect, flatten};
use crate::data::error::ImportError;
use crate::engine::command::{DocumentRule, Mapping, Schema};
use crate::engine::event::FileReport;

/// Rows that are read at most.
const MAX_ROWS: usize = 2000;
/// Bytes that are looked at for their encoding, and read as rows.
const MAX_BYTES: u64 = 4 << 20;
const PREVIEW_ROWS: usize = 20;
const PREVIEW_CHARS: usize = 300;

/// Reads a head of the file.
pub fn inspect(path: &Path) -> Result<FileReport, ImportError> {
    if path.is_dir() {
        return inspect_folder(path);
    }
    let source = Source::look(path, MAX_BYTES)?;
    let mut head = Head::default();
    source.sniffed.iter().flat_map(|sniffed| &sniffed.warnings).for_each(|warning| head.warnings.say(warning.clone()));
    let mut rows = source.rows(source.documents)?;
    head.read(rows.as_mut())?;
    let named = rows.columns().map(<[String]>::to_vec);
    if head.rows.is_empty() {
        let reason = head.warnings.first().unwrap_or("it has no rows").to_owned();
        return Err(ImportError::NoRows { reason, path: path.to_path_buf() });
    }
    let columns = named.unwrap_or_else(|| columns_of(&head.rows));
    let mapping = if source.format.is_text() {
        let columns = vec![("text".to_owned(), "text".to_owned())];
        Mapping { schema: Schema::Text, columns, documents: source.documents, tag_names: Vec::new() }
    } else {
        let mut mapping = dataset_info::beside(path, &columns).unwrap_or_else(|| detect(&columns, &head.rows));
        if let Some((_, column)) = mapping.columns.iter().find(|(part, _)| part == "ner_tags") {
            mapping.tag_names = dataset_info::tag_names(path, column);
        }
        mapping
    };
    let (estimate, exact) = head.estimate(rows.as_ref(), source.bytes);
    Ok(FileReport {
        path: path.to_path_buf(),
        format: source.format.name().to_owned(),
        encoding: source.sniffed.as_ref().map_or("binary", |sniffed| sniffed.encoding.name()).to_owned(),
        bytes: source.bytes,
        rows: estimate,
        rows_exact: exact,
        preview: preview(&columns, &head.rows),
        columns,
        mapping,
        warnings: head.warnings.into_list(),
    })
}

fn inspect_folder(path: &Path) -> Result<FileReport, ImportError> {
    let files = files_of(path)?;
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
    let mut rows = FolderRows::open(path, None, MAX_BYTES)?;
    let mut head = Head::default();
    head.read(&mut rows)?;
    if head.rows.is_empty() {
        let reason = head.warnings.first().unwrap_or("its files have no rows").to_owned();
        return Err(ImportError::NoRows { reason, path: path.to_path_buf() });
    }
    let columns = vec!["file".to_owned(), "text".to_owned()];
    let (estimate, exact) = head.estimate(&rows, bytes);
    // Each file would be cut as fits it; one rule for all must suit books as well as notes.
    let documents = if head.rows.len() <= files.len() { DocumentRule::File } else { DocumentRule::BlankLine };
    Ok(FileReport {
        path: path.to_path_buf(),
        format: format!("Folder of {} {}", files.len(), if files.len() == 1 { "file" } else { "files" }),
        encoding: "as each file has it".to_owned(),
        bytes,
        rows: estimate,
        rows_exact: exact,
        preview: preview(&columns, &head.rows),
        columns,
        mapping: Mapping {
            schema: Schema::Text,
            columns: vec![("text".to_owned(), "text".to_owned())],
            documents,
            tag_names: Vec::new(),
        },
        warnings: head.warnings.into_list(),
    })
}

#[derive(Default)]
struct Head {
    rows: Vec<Row>,
    warnings: Warnings,
    complete: bool,
    /// Longer rows than are kept were seen all the same.
    count: u64,
}

impl Head {
    fn read(&mut self, rows: &mut dyn Rows) -> Result<(), ImportError> {
        while self.rows.len() < MAX_ROWS && (rows.position() <= MAX_BYTES || self.rows.is_empty()) {
            match rows.next()? {
                Next::End => {
                    self.complete = true;
                    break;
                }
                Next::Skipped { line, why } => self.warnings.add(line, &why),
                Next::Row(row) => {
                    self.count += 1;
                    self.rows.push(row);
                }
            }
        }
        Ok(())
    }

    fn estimate(&self, rows: &dyn Rows, bytes: u64) -> (u64, bool) {
        if let Some(count) = rows.count() {
            return (count, true);
        }
        if self.complete {
            return (self.count, true);
        }
        let share = bytes as f64 / rows.position().max(1) as f64;
        ((self.count as f64 * share.max(1.0)).round() as u64, false)
    }
}

fn preview(columns: &[String], rows: &[Row]) -> Vec<Vec<String>> {
    let cell = |row: &Row, column: &String| {
        let text = row.get(column).map(flatten).unwrap_or_default();
        match text.char_indices().nth(PREVIEW_CHARS) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    };
    rows.iter().take(PREVIEW_ROWS).map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect()
}
