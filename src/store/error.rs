//! What can go wrong with a project on disk, told in sentences: what is wrong, what to do, and the path last.

use std::io;
use std::path::{Path, PathBuf};

use crate::feedback::{FeedbackProblem, SurveyProblem};

/// Why a project could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("There is no project here; make one (File > New project, or `lyceum new`), or choose another folder: {}", path.display())]
    NoProject { path: PathBuf },
    #[error("A project stands here already; open it, or choose another name: {}", path.display())]
    Exists { path: PathBuf },
    #[error("The folder is not empty, and a project needs one of its own; choose another name: {}", path.display())]
    NotEmpty { path: PathBuf },
    #[error("Something stands here already, and an export replaces nothing; choose another name: {}", path.display())]
    Occupied { path: PathBuf },
    #[error(
        "This project was written by a newer version of the program (format {found}, this one knows up to {known}); \
         install the newer version to open it. Nothing was changed: {}", path.display()
    )]
    NewerVersion { found: i64, known: i64, path: PathBuf },
    #[error(
        "The project's database is damaged ({detail}). Nothing was changed. {recovery} \
         The checkpoints in the folder `runs` are whole and can be opened on their own: {}", path.display()
    )]
    Damaged { detail: String, recovery: String, path: PathBuf },
    #[error("The disk is full: free some space and try again. What was saved before is untouched: {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("Permission is missing to {action} this; change the folder's rights or choose another place: {}", path.display())]
    Permission { action: &'static str, path: PathBuf },
    #[error("This project is open in another window, so it can only be looked at here; close the other window and open it again")]
    ReadOnly,
    #[error("The run {name} is under way; stop it before it is deleted")]
    RunUnderWay { name: String },
    #[error("The {what} number {id} is not in this project; it may have been deleted")]
    Missing { what: &'static str, id: i64 },
    #[error(
        "The {what} number {id} cannot be read from the database ({detail}); it was written by another version, or is damaged"
    )]
    Unreadable { what: &'static str, id: i64, detail: String },
    #[error("The {what} number {id} cannot be taken: {problem}")]
    Feedback { what: &'static str, id: i64, problem: FeedbackProblem },
    #[error(transparent)]
    Survey(#[from] SurveyProblem),
    #[error("The database did not answer as it should ({0})")]
    Sql(rusqlite::Error),
    #[error("Could not {action} ({source}): {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

impl StoreError {
    /// Sorts an error of the file system into what a person can mend.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Permission { action, path },
            _ => Self::Io { action, path, source },
        }
    }

    /// Sorts an error of SQLite; `path` is the database.
    pub fn sql(source: rusqlite::Error, path: &Path) -> Self {
        let code = source.sqlite_error_code();
        match code {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull { path: path.to_path_buf() },
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::damaged(&source.to_string(), path)
            }
            Some(rusqlite::ErrorCode::PermissionDenied | rusqlite::ErrorCode::CannotOpen) => {
                Self::Permission { action: "open", path: path.to_path_buf() }
            }
            Some(rusqlite::ErrorCode::ReadOnly) => Self::Permission { action: "write", path: path.to_path_buf() },
            _ => Self::Sql(source),
        }
    }

    /// A damaged database at `path`, with what can be done about it: the daily copy beside it, if there is one.
    pub fn damaged(detail: &str, path: &Path) -> Self {
        let backup = path.with_file_name(super::paths::BACKUP_FILE);
        let recovery = if backup.is_file() {
            format!(
                "To go on from the last copy, close the program, move `{}` and the files beginning with its name out of the folder, and rename `{}` to `{}`.",
                super::paths::DB_FILE,
                super::paths::BACKUP_FILE,
                super::paths::DB_FILE
            )
        } else {
            format!(
                "Copy the folder first; then `sqlite3 {} .recover` may bring most of it back, or put back a copy of your own.",
                super::paths::DB_FILE
            )
        };
        Self::Damaged { detail: detail.to_owned(), recovery, path: path.to_path_buf() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::sql(source, Path::new(super::paths::DB_FILE))
    }
}
