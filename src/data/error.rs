//! What can be wrong with a file or a folder of data, in sentences: what, where, how to mend it; the path last.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file was not imported or a dataset not opened.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("there is no such file; check the name: {}", path.display())]
    NotFound { path: PathBuf },
    #[error("the file may not be read; grant read permission, or copy it to where you may: {}", path.display())]
    Permission { path: PathBuf },
    #[error("the file is empty; choose one with text in it: {}", path.display())]
    Empty { path: PathBuf },
    #[error("this is not text (byte {offset} is {byte:#04x}); choose a text, JSON, CSV or parquet file: {}", path.display())]
    Binary { offset: u64, byte: u8, path: PathBuf },
    #[error("the {format} file breaks off ({reason}); copy or download it again: {}", path.display())]
    Truncated { format: &'static str, reason: String, path: PathBuf },
    #[error("{reason}, at line {line}, column {column}; mend that place or leave the row out: {}", path.display())]
    Broken { reason: String, line: u64, column: u64, path: PathBuf },
    #[error("the {format} file cannot be read ({reason}); write it again with the program that made it: {}", path.display())]
    Damaged { format: &'static str, reason: String, path: PathBuf },
    #[error("there is no column {column:?}; the columns are {}: {}", name_columns(have), path.display())]
    NoColumn { column: String, have: Vec<String>, path: PathBuf },
    #[error("no column was chosen as text; choose one of {}: {}", name_columns(have), path.display())]
    NoTextColumn { have: Vec<String>, path: PathBuf },
    #[error(
        "the row that begins at line {line} is longer than {} MB; split it, or put each row on a line of its own: {}",
        limit >> 20, path.display()
    )]
    RowTooLong { line: u64, limit: u64, path: PathBuf },
    #[error("there is nothing to read in it ({reason}): {}", path.display())]
    NoRows { reason: String, path: PathBuf },
    #[error("no file in this folder can be read; wanted are txt, md, json, jsonl, csv, tsv, parquet or conll: {}", path.display())]
    EmptyFolder { path: PathBuf },
    #[error("the folder for the result exists already; choose another: {}", path.display())]
    Exists { path: PathBuf },
    #[error("the disk is full; free some space and start again, nothing was kept: {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("the imported text is damaged ({reason}); import the file again: {}", path.display())]
    DamagedDataset { reason: String, path: PathBuf },
    #[error("{}: {}", explain_io(source), path.display())]
    Io { source: io::Error, path: PathBuf },
    #[error("cancelled")]
    Cancelled,
}

impl ImportError {
    /// The right sentence for what the operating system said.
    pub fn from_io(source: io::Error, path: &Path) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { source, path },
        }
    }
}

/// What the operating system said, with a way out where there is a usual one.
pub(crate) fn explain_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check the name".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is missing; grant it, or choose another place".to_owned(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full; free some space and start again".to_owned()
        }
        _ => format!("reading or writing failed ({error}); try again"),
    }
}

fn name_columns(have: &[String]) -> String {
    if have.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<&str> = have.iter().take(12).map(String::as_str).collect();
    let more = if have.len() > 12 { format!(" and {} more", have.len() - 12) } else { String::new() };
    shown.join(", ") + &more
}
