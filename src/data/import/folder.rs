//! A folder of files as one stream of documents, each file by its own format. Knows no mapping but text.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::format::{EXTENSIONS, Source};
use super::rows::{Next, Row, Rows};
use super::run::text_of;
use super::schema::{columns_of, detect};
use crate::data::error::ImportError;
use crate::engine::command::DocumentRule;

/// Folders within folders are followed this deep.
const MAX_DEPTH: usize = 16;

/// All readable files below a folder, in the order of their names. Hidden ones are left out.
pub fn files_of(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    if files.is_empty() {
        return Err(ImportError::EmptyFolder { path: folder.to_path_buf() });
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ImportError> {
    let failed = |e| ImportError::from_io(e, folder);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?);
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Links are not followed: they could lead in a circle.
        let Ok(kind) = entry.file_type() else { continue };
        if hidden {
            continue;
        }
        if kind.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, files)?;
        } else if kind.is_file() {
            let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            if EXTENSIONS.contains(&extension.as_str()) {
                files.push(path);
            }
        }
    }
    Ok(())
}

/// The rows of all files: the file's name, and the text.
pub struct FolderRows {
    folder: PathBuf,
    files: Vec<PathBuf>,
    rule: Option<DocumentRule>,
    limit: u64,
    at: usize,
    open: Option<OpenFile>,
    read_before: u64,
    columns: Vec<String>,
}

struct OpenFile {
    name: String,
    rows: Box<dyn Rows>,
    /// Columns that make the text; found from the first row.
    text: Option<Vec<String>>,
    bytes: u64,
    notes: Vec<String>,
}

impl FolderRows {
    /// `rule`: how texts are cut; none: as fits each.
    pub fn open(folder: &Path, rule: Option<DocumentRule>, limit: u64) -> Result<Self, ImportError> {
        let files = files_of(folder)?;
        let columns = vec!["file".to_owned(), "text".to_owned()];
        Ok(Self { folder: folder.to_path_buf(), files, rule, limit, at: 0, open: None, read_before: 0, columns })
    }

    fn open_next(&mut self, path: &Path) -> Result<OpenFile, ImportError> {
        let source = Source::look(path, self.limit)?;
        let rows = source.rows(self.rule.unwrap_or(source.documents))?;
        let name = path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned();
        let notes = source.sniffed.map(|sniffed| sniffed.warnings).unwrap_or_default();
        Ok(OpenFile { name, rows, text: None, bytes: source.bytes, notes })
    }
}

impl OpenFile {
    fn next(&mut self) -> Result<Next, ImportError> {
        let name = self.name.clone();
        if let Some(note) = self.notes.pop() {
            return Ok(Next::Skipped { line: 1, why: format!("{note} ({name})") });
        }
        Ok(match self.rows.next()? {
            Next::End => Next::End,
            Next::Skipped { line, why } => Next::Skipped { line, why: format!("{why} ({name})") },
            Next::Row(row) => {
                let text = self.text.get_or_insert_with(|| {
                    let columns = columns_of(std::slice::from_ref(&row));
                    detect(&columns, std::slice::from_ref(&row)).columns.into_iter().map(|(_, column)| column).collect()
                });
                let text = Value::String(text_of(&row, text));
                Next::Row(Row { line: row.line, cells: vec![("file".to_owned(), name.into()), ("text".to_owned(), text)] })
            }
        })
    }
}

impl Rows for FolderRows {
    fn next(&mut self) -> Result<Next, ImportError> {
        loop {
            if let Some(file) = &mut self.open {
                // One unreadable file does not spoil the others.
                let next = file.next().unwrap_or_else(|e| Next::Skipped { line: 0, why: e.to_string() });
                let failed = matches!(&next, Next::Skipped { line: 0, .. });
                if next == Next::End || failed {
                    self.read_before += file.bytes;
                    self.open = None;
                }
                if next != Next::End {
                    return Ok(next);
                }
            }
            let Some(path) = self.files.get(self.at).cloned() else { return Ok(Next::End) };
            self.at += 1;
            match self.open_next(&path) {
                Ok(file) => self.open = Some(file),
                Err(e) => return Ok(Next::Skipped { line: 1, why: e.to_string() }),
            }
        }
    }

    fn position(&self) -> u64 {
        self.read_before + self.open.as_ref().map_or(0, |file| file.rows.position())
    }

    fn columns(&self) -> Option<&[String]> {
        Some(&self.columns)
    }
}
