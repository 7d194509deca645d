//! A project folder, opened: the lock, the database connection, and the repairs after a crash. Rows are read and written by the files beside this one.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::error::StoreError;
use super::files;
use super::paths::ProjectPaths;
use super::schema;
use crate::engine::event::RunState;

/// Seconds between copies of the database.
const BACKUP_AGE: Duration = Duration::from_hours(24);
/// How many folder levels below the root drafts are written.
const SWEEP_DEPTH: usize = 2;

/// An opened project. One writer at a time; others look.
#[derive(Debug)]
pub struct Project {
    pub(super) db: Connection,
    paths: ProjectPaths,
    /// Held as long as this project may be written.
    lock: Option<File>,
}

/// What was mended when the project was opened.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Repairs {
    /// Runs that were under way when the program ended.
    pub interrupted: usize,
    /// Half-written folders that were removed.
    pub swept: usize,
    /// Whole checkpoints that had not reached the database.
    pub adopted: usize,
    /// Checkpoints whose folder is gone.
    pub missing: usize,
}

impl Project {
    /// Makes a new project folder. Its parent is made too.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let paths = ProjectPaths::new(path);
        if paths.db().exists() {
            return Err(StoreError::Exists { path: path.to_path_buf() });
        }
        files::create_dir(path)?;
        let lock = lock(&paths)?.ok_or(StoreError::ReadOnly)?;
        if files::entries(path)?.iter().any(|entry| *entry != paths.lock()) {
            return Err(StoreError::NotEmpty { path: path.to_path_buf() });
        }
        let mut db = open_database(&paths, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        prepare(&mut db, &paths)?;
        files::sync_dir(path)?;
        Ok(Self { db, paths, lock: Some(lock) })
    }

    /// Opens a project to write, or to look only when another window holds it or the folder cannot be written.
    pub fn open(path: &Path) -> Result<(Self, Repairs), StoreError> {
        let mut project = Self::reopen(path)?;
        let repairs = if project.is_read_only() { Repairs::default() } else { project.repair()? };
        Ok((project, repairs))
    }

    /// Opens a project as it is, without repairs: other workers of this program may be writing in its folder.
    pub fn reopen(path: &Path) -> Result<Self, StoreError> {
        let paths = ProjectPaths::new(path);
        if !paths.db().is_file() {
            return Err(StoreError::NoProject { path: path.to_path_buf() });
        }
        // Looked at before anything can be written: a foreign, newer or damaged file stays as it is.
        check_file(&paths)?;
        let lock = match lock(&paths) {
            Ok(lock) => lock,
            Err(StoreError::Permission { .. }) => None,
            Err(error) => return Err(error),
        };
        if lock.is_none() {
            let db = open_to_look(&paths)?;
            return Ok(Self { db, paths, lock: None });
        }
        let mut db = open_database(&paths, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        prepare(&mut db, &paths)?;
        Ok(Self { db, paths, lock })
    }

    pub fn paths(&self) -> &ProjectPaths {
        &self.paths
    }

    pub fn is_read_only(&self) -> bool {
        self.lock.is_none()
    }

    /// Refuses what would write when another window holds the project.
    pub(super) fn writable(&self) -> Result<(), StoreError> {
        if self.is_read_only() { Err(StoreError::ReadOnly) } else { Ok(()) }
    }

    /// Copies the database beside itself when the last copy is older than a day. Returns whether it did.
    pub fn back_up(&self) -> Result<bool, StoreError> {
        self.writable()?;
        let target = self.paths.backup();
        let age =
            target.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age < BACKUP_AGE) {
            return Ok(false);
        }
        let draft = files::Draft::within(self.paths.root())?;
        let copy = draft.path().join("copy.db");
        self.db.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        std::fs::rename(&copy, &target).map_err(|source| StoreError::io("write", &target, source))?;
        files::sync_dir(self.paths.root())?;
        Ok(true)
    }

    /// Puts right what a crash left behind.
    fn repair(&mut self) -> Result<Repairs, StoreError> {
        let swept = files::sweep(self.paths.root(), SWEEP_DEPTH)?;
        let stopped = RunState::Interrupted.name();
        let interrupted = self.db.execute(
            "UPDATE runs SET state = ?1 WHERE state IN (?2, ?3, ?4)",
            params![stopped, RunState::Running.name(), RunState::Paused.name(), RunState::Alarm.name()],
        )?;
        self.drop_half_filled()?;
        let adopted = self.adopt_checkpoints()?;
        let missing = self.flag_missing_checkpoints()?;
        Ok(Repairs { interrupted, swept, adopted, missing })
    }
}

/// Takes the project's lock; none when another window has it.
fn lock(paths: &ProjectPaths) -> Result<Option<File>, StoreError> {
    let path = paths.lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|source| StoreError::io("write", &path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(StoreError::io("lock", &path, source)),
    }
}

/// Reads, without writing a byte, whether this is a whole database of ours that we know.
fn check_file(paths: &ProjectPaths) -> Result<(), StoreError> {
    let path = paths.db();
    let bytes = path.metadata().map_err(|source| StoreError::io("read", &path, source))?.len();
    if bytes == 0 {
        return Err(StoreError::damaged("the file is empty", &path));
    }
    let db = open_to_look(paths)?;
    let sql = |source| StoreError::sql(source, &path);
    let (application, version) = schema::identify(&db).map_err(sql)?;
    if application != schema::APPLICATION_ID {
        return Err(StoreError::damaged("it is not a project of this program", &path));
    }
    if version > schema::current_version() {
        return Err(StoreError::NewerVersion { found: version, known: schema::current_version(), path });
    }
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sql)?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::damaged(verdict.lines().next().unwrap_or("unknown damage"), &path)) }
}

/// A connection that cannot write. Where even SQLite's side files cannot be made (a read-only disk), the file is taken as it stands.
fn open_to_look(paths: &ProjectPaths) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = open_database(paths, flags)?;
    if db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).optional().is_ok() {
        return Ok(db);
    }
    let path = paths.db();
    let text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{text}?immutable=1");
    let db = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|source| StoreError::sql(source, &path))?;
    Ok(db)
}

fn open_database(paths: &ProjectPaths, flags: OpenFlags) -> Result<Connection, StoreError> {
    let path = paths.db();
    let sql = |source| StoreError::sql(source, &path);
    let db = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(sql)?;
    // The second window reads while the first writes; it waits instead of failing.
    db.busy_timeout(Duration::from_secs(5)).map_err(sql)?;
    Ok(db)
}

/// Settings of the writing connection, then today's tables.
fn prepare(db: &mut Connection, paths: &ProjectPaths) -> Result<(), StoreError> {
    let path = paths.db();
    let sql = |source| StoreError::sql(source, &path);
    db.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
    // FULL: a commit that was reported is on the disk, also after a power cut.
    db.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
    db.pragma_update(None, "foreign_keys", "ON").map_err(sql)?;
    schema::migrate(db, &path)
}
