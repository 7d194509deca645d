//! Writing folders so that a crash leaves either the old or the new: temporary folder, sync, rename. Knows no database.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::paths::{FOREIGN_TMP_PREFIX, TMP_PREFIX};

/// A folder being written. It becomes real by `seal` and `publish`; dropped before, it vanishes.
#[derive(Debug)]
pub struct Draft {
    dir: tempfile::TempDir,
}

/// A written folder whose every byte is on disk, waiting for its name.
#[derive(Debug)]
pub struct SealedDraft {
    dir: tempfile::TempDir,
}

impl Draft {
    /// An empty folder in `parent`, where the finished one will stand, so that the rename is one step.
    pub fn within(parent: &Path) -> Result<Self, StoreError> {
        create_dir(parent)?;
        let dir = tempfile::Builder::new()
            .prefix(TMP_PREFIX)
            .tempdir_in(parent)
            .map_err(|source| StoreError::io("create a folder in", parent, source))?;
        Ok(Self { dir })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Waits until every file and the folder are on disk.
    pub fn seal(self) -> Result<SealedDraft, StoreError> {
        sync_tree(self.dir.path())?;
        Ok(SealedDraft { dir: self.dir })
    }
}

impl SealedDraft {
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        size_of_tree(self.dir.path())
    }

    /// Gives the folder its name, where nothing may stand yet.
    pub fn publish(self, target: &Path) -> Result<(), StoreError> {
        let parent = folder_of(target);
        create_dir(parent)?;
        fs::rename(self.dir.path(), target).map_err(|source| StoreError::io("finish writing", target, source))?;
        // It stands under its new name: nothing is left for the guard to remove.
        let _old_name = self.dir.keep();
        sync_dir(parent)
    }
}

/// `path`, or the first of `path-2`, `path-3`, … where nothing stands.
pub fn free_name(path: &Path) -> PathBuf {
    if !path.exists() {
        return path.to_path_buf();
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    (2..=u32::MAX)
        .map(|n| path.with_file_name(format!("{name}-{n}")))
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_path_buf())
}

/// The folder that a path stands in. A bare name has an empty parent, which no system call takes: it stands in the current folder.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub fn create_dir(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(|source| StoreError::io("create", path, source))
}

/// A file that a person asked for, with the folder it goes into.
pub fn write_export(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    create_dir(folder_of(path))?;
    fs::write(path, bytes).map_err(|source| StoreError::io("write", path, source))
}

/// The text of a file that a person brought, if it is of a size that can be held.
pub fn read_import(path: &Path, most_bytes: u64) -> Result<String, StoreError> {
    let failed = |source| StoreError::io("read", path, source);
    let bytes = fs::metadata(path).map_err(failed)?.len();
    if bytes > most_bytes {
        let detail = format!("it has {bytes} bytes, and {most_bytes} can be read at most");
        return Err(failed(std::io::Error::other(detail)));
    }
    fs::read_to_string(path).map_err(failed)
}

/// A draft of a folder outside the project. Nothing may stand there but an empty folder, which makes room.
pub fn draft_of_export(folder: &Path) -> Result<Draft, StoreError> {
    if folder.is_dir() && entries(folder)?.is_empty() {
        fs::remove_dir(folder).map_err(|source| StoreError::io("replace", folder, source))?;
    }
    if folder.exists() {
        return Err(StoreError::Occupied { path: folder.to_owned() });
    }
    Draft::within(folder_of(folder))
}

/// Removes a folder in two steps, so that a crash leaves no half of it under its own name.
pub fn remove_dir(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Ok(());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let doomed = free_name(&path.with_file_name(format!("{TMP_PREFIX}gone-{name}")));
    fs::rename(path, &doomed).map_err(|source| StoreError::io("remove", path, source))?;
    fs::remove_dir_all(&doomed).map_err(|source| StoreError::io("remove", &doomed, source))
}

/// Replaces a file's content in one step.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let parent = folder_of(path);
    create_dir(parent)?;
    let mut file = tempfile::Builder::new()
        .prefix(TMP_PREFIX)
        .tempfile_in(parent)
        .map_err(|source| StoreError::io("write in", parent, source))?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(|source| StoreError::io("write", path, source))?;
    file.persist(path).map_err(|error| StoreError::io("write", path, error.error))?;
    sync_dir(parent)
}

/// Removes what a crash left half-written: entries with the temporary prefix in `dir` and in its folders, `depth` levels down.
pub fn sweep(dir: &Path, depth: usize) -> Result<usize, StoreError> {
    let mut removed = 0;
    for path in entries(dir)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(TMP_PREFIX) || name.starts_with(FOREIGN_TMP_PREFIX) {
            let done = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            done.map_err(|source| StoreError::io("remove", &path, source))?;
            removed += 1;
        } else if depth > 0 && path.is_dir() {
            removed += sweep(&path, depth - 1)?;
        }
    }
    Ok(removed)
}

/// What stands in a folder, by name; nothing when there is no such folder.
pub fn entries(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let list = match fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::io("read", dir, source)),
    };
    let mut paths = Vec::new();
    for entry in list {
        paths.push(entry.map_err(|source| StoreError::io("read", dir, source))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Bytes of all files under a folder.
pub fn size_of_tree(dir: &Path) -> u64 {
    entries(dir)
        .unwrap_or_default()
        .iter()
        .map(|path| if path.is_dir() { size_of_tree(path) } else { fs::metadata(path).map_or(0, |m| m.len()) })
        .sum()
}

/// Bytes free for this user where `path`, or the nearest folder above it that exists, stands.
pub fn free_space(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|path| path.exists())?;
    fs4::available_space(existing).ok()
}

fn sync_tree(dir: &Path) -> Result<(), StoreError> {
    for path in entries(dir)? {
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            // Windows flushes only handles that may write.
            let file = if cfg!(windows) { File::options().write(true).open(&path) } else { File::open(&path) };
            file.and_then(|file| file.sync_all()).map_err(|source| StoreError::io("write", &path, source))?;
        }
    }
    sync_dir(dir)
}

/// Makes the names in a folder durable. Windows has no such call and does it by itself.
pub fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir).and_then(|file| file.sync_all()).map_err(|source| StoreError::io("write", dir, source))
}
