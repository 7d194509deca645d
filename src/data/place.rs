//! Folders that appear complete or not at all. Knows nothing of what is in them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// A temporary folder beside its target; dropped without `commit`, it vanishes.
pub(super) struct Place {
    temporary: tempfile::TempDir,
}

impl Place {
    /// The target must not exist, or be an empty folder.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        if target.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        Ok(Self { temporary: tempfile::Builder::new().prefix(".unfinished-").tempdir_in(parent)? })
    }

    pub(super) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Renames into place; the files must have been synced.
    pub(super) fn commit(self, target: &Path) -> io::Result<()> {
        sync_dir(self.temporary.path())?;
        if target.is_dir() {
            fs::remove_dir(target)?;
        }
        fs::rename(self.temporary.path(), target)?;
        // Renamed away: nothing is left to remove.
        let _gone = self.temporary.keep();
        sync_dir(target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }
}

/// A rename is durable once the folder that holds the name is synced; where folders cannot be opened, the system does it.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
