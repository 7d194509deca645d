//! Checkpoint rows and their folders: commit, adoption after a crash, thinning by the rule a person sees. Knows nothing of what a checkpoint holds but its files' names.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::files::{self, SealedDraft};
use super::project::Project;
use super::runs::now;
use crate::engine::command::{CheckpointId, RunId};
use crate::engine::event::CheckpointRow;

/// A folder is a whole checkpoint when it has these; they are written before it gets its name.
const WEIGHTS_FILE: &str = "model.safetensors";
const STATE_FILE: &str = "trainer_state.json";
const FOLDER_PREFIX: &str = "checkpoint-";

/// What is known of a checkpoint besides its files.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCheckpoint {
    pub run: RunId,
    pub step: u64,
    pub train_loss: Option<f32>,
    pub val_loss: Option<f32>,
    /// The lowest validation loss of the run so far.
    pub best: bool,
    pub is_encoder: bool,
}

/// Which checkpoints of a run stay: the newest, every n-th, and always the best, the pinned, and those a run branched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepRule {
    pub keep_last: usize,
    /// 0: none besides.
    pub keep_every: u64,
}

/// What the rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Candidate {
    pub id: CheckpointId,
    /// Counts the checkpoints that the run ever made, from 1.
    pub ordinal: u64,
    pub best: bool,
    pub pinned: bool,
    /// A run started from it.
    pub branched: bool,
}

impl KeepRule {
    /// The checkpoints to remove, oldest first. The newest always stays, whatever the rule says: a run must be able to go on.
    pub fn doomed(self, candidates: &[Candidate]) -> Vec<CheckpointId> {
        let mut order = candidates.to_vec();
        order.sort_by_key(|c| c.ordinal);
        let old = order.len().saturating_sub(self.keep_last.max(1));
        let nth = |c: &Candidate| self.keep_every > 0 && c.ordinal.is_multiple_of(self.keep_every);
        order.iter().take(old).filter(|c| !(c.best || c.pinned || c.branched || nth(c))).map(|c| c.id).collect()
    }
}

const COLUMNS: &str = "id, run, name, step, path, bytes, train_loss, val_loss, best, pinned, missing, is_encoder, created_at";

impl Project {
    /// Gives a written checkpoint its place and its row. After a crash in between, the next opening finds the folder and adopts it.
    pub fn commit_checkpoint(&mut self, draft: SealedDraft, new: &NewCheckpoint) -> Result<CheckpointRow, StoreError> {
        self.writable()?;
        let bytes = draft.bytes();
        let target = files::free_name(&self.paths().checkpoint_dir(new.run, new.step));
        draft.publish(&target)?;
        self.insert_checkpoint(&target, bytes, new)
    }

    /// Removes what the rule lets go: rows first, then folders. Returns how many.
    pub fn thin_checkpoints(&mut self, run: RunId, rule: KeepRule) -> Result<usize, StoreError> {
        self.writable()?;
        let doomed = rule.doomed(&self.candidates(run)?);
        for id in &doomed {
            let row = self.checkpoint(*id)?;
            self.db.execute("DELETE FROM checkpoints WHERE id = ?1", [id])?;
            files::remove_dir(&row.path)?;
        }
        Ok(doomed.len())
    }

    pub fn checkpoint(&self, id: CheckpointId) -> Result<CheckpointRow, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE id = ?1");
        let row = self.db.query_row(&sql, [id], |row| self.checkpoint_row(row)).optional()?;
        row.ok_or(StoreError::Missing { what: "checkpoint", id })
    }

    /// The newest of a run whose folder stands.
    pub fn last_checkpoint(&self, run: RunId) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE run = ?1 AND missing = 0 ORDER BY id DESC LIMIT 1");
        Ok(self.db.query_row(&sql, [run], |row| self.checkpoint_row(row)).optional()?)
    }

    /// Of runs that are not deleted, and those that no run made; in order of making.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM checkpoints WHERE run IS NULL OR run IN (SELECT id FROM runs WHERE deleted_at IS NULL) ORDER BY id"
        );
        let mut query = self.db.prepare(&sql)?;
        let rows = query.query_map([], |row| self.checkpoint_row(row))?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    }

    pub fn set_checkpoint_pinned(&mut self, id: CheckpointId, pinned: bool) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE checkpoints SET pinned = ?1 WHERE id = ?2", params![pinned, id])?;
        if changed == 0 { Err(StoreError::Missing { what: "checkpoint", id }) } else { Ok(()) }
    }

    /// A model that no run made: it gets a folder of the project under `name`, pinned.
    pub fn add_model(
        &mut self,
        draft: SealedDraft,
        name: &str,
        step: u64,
        is_encoder: bool,
    ) -> Result<CheckpointRow, StoreError> {
        self.writable()?;
        let bytes = draft.bytes();
        let target = files::free_name(&self.paths().models_dir().join(name));
        draft.publish(&target)?;
        self.db.execute(
            "INSERT INTO checkpoints (run, ordinal, name, step, path, bytes, pinned, is_encoder, created_at) VALUES (NULL, 0, ?1, ?2, ?3, ?4, 1, ?5, ?6)",
            params![name, step as i64, self.paths().relative(&target), bytes as i64, is_encoder, now()],
        )?;
        self.checkpoint(self.db.last_insert_rowid())
    }

    /// Takes whole checkpoint folders that have no row: the program ended between the rename and the row.
    pub(super) fn adopt_checkpoints(&mut self) -> Result<usize, StoreError> {
        let mut adopted = 0;
        for run in self.ids("SELECT id FROM runs ORDER BY id")? {
            for path in files::entries(&self.paths().run_dir(run))? {
                let stored = self.paths().relative(&path);
                let known =
                    self.db.query_row("SELECT 1 FROM checkpoints WHERE path = ?1", [&stored], |_| Ok(())).optional()?.is_some();
                let Some(step) = step_of_folder(&path).filter(|_| !known && is_whole(&path)) else { continue };
                let is_encoder = self.is_masked(run)?;
                let new = NewCheckpoint { run, step, train_loss: None, val_loss: None, best: false, is_encoder };
                self.insert_checkpoint(&path, files::size_of_tree(&path), &new)?;
                adopted += 1;
            }
        }
        Ok(adopted)
    }

    /// Notes which checkpoints have lost their folder, and which have it again. Returns how many have none.
    pub(super) fn flag_missing_checkpoints(&mut self) -> Result<usize, StoreError> {
        let mut query = self.db.prepare("SELECT id, path FROM checkpoints ORDER BY id")?;
        let rows =
            query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;
        drop(query);
        let mut gone = 0;
        for (id, stored) in rows {
            let missing = !self.paths().absolute(&stored).join(WEIGHTS_FILE).is_file();
            gone += usize::from(missing);
            self.db.execute("UPDATE checkpoints SET missing = ?1 WHERE id = ?2 AND missing <> ?1", params![missing, id])?;
        }
        Ok(gone)
    }

    fn insert_checkpoint(&mut self, path: &Path, bytes: u64, new: &NewCheckpoint) -> Result<CheckpointRow, StoreError> {
        let stored = self.paths().relative(path);
        let change = self.db.transaction()?;
        if new.best {
            change.execute("UPDATE checkpoints SET best = 0 WHERE run = ?1", [new.run])?;
        }
        change.execute(
            "INSERT INTO checkpoints (run, ordinal, name, step, path, bytes, train_loss, val_loss, best, is_encoder, created_at)
             VALUES (?1, 1 + (SELECT coalesce(max(ordinal), 0) FROM checkpoints WHERE run = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                new.run,
                format!("Step {}", new.step),
                new.step as i64,
                stored,
                bytes as i64,
                new.train_loss,
                new.val_loss,
                new.best,
                new.is_encoder,
                now()
            ],
        )?;
        let id = change.last_insert_rowid();
        change.commit()?;
        self.checkpoint(id)
    }

    fn candidates(&self, run: RunId) -> Result<Vec<Candidate>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT id, ordinal, best, pinned, id IN (SELECT parent_checkpoint FROM runs WHERE parent_checkpoint IS NOT NULL)
             FROM checkpoints WHERE run = ?1 ORDER BY ordinal",
        )?;
        let rows = query.query_map([run], |row| {
            Ok(Candidate {
                id: row.get(0)?,
                ordinal: row.get::<_, i64>(1)? as u64,
                best: row.get(2)?,
                pinned: row.get(3)?,
                branched: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    fn is_masked(&self, run: RunId) -> Result<bool, StoreError> {
        Ok(self.run(run)?.config.objective == crate::config::Objective::Masked)
    }

    fn checkpoint_row(&self, row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
        let stored: String = row.get(4)?;
        Ok(CheckpointRow {
            id: row.get(0)?,
            run: row.get(1)?,
            name: row.get(2)?,
            step: row.get::<_, i64>(3)? as u64,
            path: self.paths().absolute(&stored),
            bytes: row.get::<_, i64>(5)? as u64,
            train_loss: row.get(6)?,
            val_loss: row.get(7)?,
            best: row.get(8)?,
            pinned: row.get(9)?,
            missing: row.get(10)?,
            is_encoder: row.get(11)?,
            created_at: row.get(12)?,
        })
    }
}

/// N of `checkpoint-N` and `checkpoint-N-2`.
fn step_of_folder(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_prefix(FOLDER_PREFIX)?;
    name.split('-').next()?.parse().ok()
}

fn is_whole(path: &Path) -> bool {
    path.join(WEIGHTS_FILE).is_file() && path.join(STATE_FILE).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ordinal: u64, flags: &str) -> Candidate {
        Candidate {
            id: ordinal as i64 * 10,
            ordinal,
            best: flags.contains('b'),
            pinned: flags.contains('p'),
            branched: flags.contains('f'),
        }
    }

    /// `flags` says of each checkpoint, oldest first, whether it is (b)est, (p)inned or (f)orked from.
    fn check(keep_last: usize, keep_every: u64, flags: &[&str], doomed: &[u64]) {
        let rows: Vec<_> = flags.iter().zip(1..).map(|(flags, ordinal)| row(ordinal, flags)).collect();
        let expected: Vec<_> = doomed.iter().map(|n| *n as i64 * 10).collect();
        assert_eq!(KeepRule { keep_last, keep_every }.doomed(&rows), expected, "{keep_last} {keep_every} {flags:?}");
    }

    #[test]
    fn the_rule_keeps_what_it_says() {
        check(3, 0, &[], &[]);
        check(3, 0, &["", "", ""], &[]);
        check(3, 0, &["", "", "", "", ""], &[1, 2]);
        check(0, 0, &["", "", ""], &[1, 2]);
        check(1, 2, &["", "", "", "", "", ""], &[1, 3, 5]);
        check(2, 0, &["p", "b", "f", "", "", ""], &[4]);
        check(1, 4, &["", "b", "p", "", "f", "", ""], &[1, 6]);
    }
}
