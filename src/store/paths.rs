//! Where everything stands inside a project folder. Touches no file.

use std::path::{Path, PathBuf};

use crate::engine::command::{CorpusId, DatasetId, RunId, TokenizerId};

/// The project's database.
pub const DB_FILE: &str = "project.db";
/// A whole copy of the database, renewed about once a day.
pub const BACKUP_FILE: &str = "project.backup.db";
/// Held by the window that may write.
pub const LOCK_FILE: &str = "project.lock";
/// What is being written, or thrown away, and has no meaning after a crash.
pub const TMP_PREFIX: &str = ".tmp-";
/// The same, written by the importers, which know no project.
pub const FOREIGN_TMP_PREFIX: &str = ".unfinished-";

/// The places of one project. Cheap to clone; every worker has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectPaths {
    root: PathBuf,
}

impl ProjectPaths {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn db(&self) -> PathBuf {
        self.root.join(DB_FILE)
    }

    pub fn backup(&self) -> PathBuf {
        self.root.join(BACKUP_FILE)
    }

    pub fn lock(&self) -> PathBuf {
        self.root.join(LOCK_FILE)
    }

    pub fn datasets_dir(&self) -> PathBuf {
        self.root.join("datasets")
    }

    /// Text of a dataset: `text.bin` and `text.idx`.
    pub fn dataset_dir(&self, id: DatasetId) -> PathBuf {
        self.datasets_dir().join(id.to_string())
    }

    pub fn corpora_dir(&self) -> PathBuf {
        self.root.join("corpora")
    }

    /// Token files of a corpus.
    pub fn corpus_dir(&self, id: CorpusId) -> PathBuf {
        self.corpora_dir().join(id.to_string())
    }

    pub fn tokenizers_dir(&self) -> PathBuf {
        self.root.join("tokenizers")
    }

    pub fn tokenizer_path(&self, id: TokenizerId) -> PathBuf {
        self.tokenizers_dir().join(id.to_string()).join("tokenizer.json")
    }

    pub fn run_dir(&self, run: RunId) -> PathBuf {
        self.root.join("runs").join(run.to_string())
    }

    /// Where the checkpoint of a step is written, if no other of the same step stands there.
    pub fn checkpoint_dir(&self, run: RunId, step: u64) -> PathBuf {
        self.run_dir(run).join(format!("checkpoint-{step}"))
    }

    /// Models that no run of this project made.
    pub fn models_dir(&self) -> PathBuf {
        self.root.join("models")
    }

    /// A path as it is kept in the database: relative, with `/`, so that the folder can be moved to another machine.
    pub fn relative(&self, path: &Path) -> String {
        let inner = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        if inner.is_absolute() { inner.to_string_lossy().into_owned() } else { parts.join("/") }
    }

    /// The path that `relative` shortened.
    pub fn absolute(&self, stored: &str) -> PathBuf {
        self.root.join(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_paths_survive_a_move_of_the_folder() {
        let before = ProjectPaths::new("/a/x.lyceum");
        let after = ProjectPaths::new("/b/y.lyceum");
        let stored = before.relative(&before.checkpoint_dir(3, 120));
        assert_eq!(stored, "runs/3/checkpoint-120");
        assert_eq!(after.absolute(&stored), after.checkpoint_dir(3, 120));
    }

    #[test]
    fn a_path_outside_stays_whole() {
        let paths = ProjectPaths::new("/a/x.lyceum");
        let stored = paths.relative(Path::new("/models/gpt2"));
        assert_eq!(paths.absolute(&stored), Path::new("/models/gpt2"));
    }
}
