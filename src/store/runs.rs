//! Rows of runs and what happened in them: metrics, validations, marks, samples. Knows no checkpoint folder.

use rusqlite::{OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::project::Project;
use crate::config::RunConfig;
use crate::engine::command::{CheckpointId, RunId};
use crate::engine::event::{EvalPoint, Mark, MarkKind, MetricPoint, RunRow, RunState, Sample, SeriesPoint, TaskEval};

/// Seconds since 1970.
pub fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64)
}

fn state_from(text: &str) -> RunState {
    match text {
        "running" => RunState::Running,
        "paused" => RunState::Paused,
        "alarm" => RunState::Alarm,
        "finished" => RunState::Finished,
        "stopped" => RunState::Stopped,
        "interrupted" => RunState::Interrupted,
        // A word of a later version: nothing is known but that the run cannot go on by itself.
        _ => RunState::Failed,
    }
}

/// What a batch of progress adds to a run, in one transaction.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunProgress {
    pub points: Vec<MetricPoint>,
    pub evals: Vec<EvalPoint>,
    pub marks: Vec<Mark>,
    pub samples: Vec<Sample>,
    pub tasks: Vec<TaskEval>,
    pub series: Vec<SeriesPoint>,
}

impl RunProgress {
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
            && self.evals.is_empty()
            && self.marks.is_empty()
            && self.samples.is_empty()
            && self.tasks.is_empty()
            && self.series.is_empty()
    }
}

const RUN_COLUMNS: &str = "id, name, config, state, parent_checkpoint, created_at, duration_s, step, n_params, train_loss, val_loss, deleted_at IS NOT NULL";

impl Project {
    /// A new run. Without a name it is called by its number.
    pub fn create_run(&mut self, config: &RunConfig, parent: Option<CheckpointId>, n_params: u64) -> Result<RunId, StoreError> {
        self.writable()?;
        let change = self.db.transaction()?;
        let text = serde_json::to_string(config).unwrap_or_default();
        change.execute(
            "INSERT INTO runs (name, config, state, parent_checkpoint, created_at, n_params) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![config.name, text, RunState::Running.name(), parent, now(), n_params as i64],
        )?;
        let id = change.last_insert_rowid();
        if config.name.trim().is_empty() {
            change.execute("UPDATE runs SET name = ?1 WHERE id = ?2", params![format!("Run {id}"), id])?;
        }
        change.commit()?;
        Ok(id)
    }

    pub fn run(&self, id: RunId) -> Result<RunRow, StoreError> {
        let row = self.db.query_row(&format!("SELECT {RUN_COLUMNS} FROM runs WHERE id = ?1"), [id], run_row).optional()?;
        row.ok_or(StoreError::Missing { what: "run", id })
    }

    /// In order of making, the deleted ones too.
    pub fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let mut query = self.db.prepare(&format!("SELECT {RUN_COLUMNS} FROM runs ORDER BY id"))?;
        let rows = query.query_map([], run_row)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    }

    pub fn set_run_state(&mut self, id: RunId, state: RunState) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute("UPDATE runs SET state = ?1 WHERE id = ?2", params![state.name(), id])?;
        Ok(())
    }

    pub fn rename_run(&mut self, id: RunId, name: &str) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE runs SET name = ?1 WHERE id = ?2", params![name, id])?;
        if changed == 0 { Err(StoreError::Missing { what: "run", id }) } else { Ok(()) }
    }

    /// Hides a run, or brings it back. One that is under way is refused.
    pub fn set_run_deleted(&mut self, id: RunId, deleted: bool) -> Result<(), StoreError> {
        self.writable()?;
        let row = self.run(id)?;
        if deleted && matches!(row.state, RunState::Running | RunState::Paused | RunState::Alarm) {
            return Err(StoreError::RunUnderWay { name: row.name });
        }
        self.db.execute("UPDATE runs SET deleted_at = ?1 WHERE id = ?2", params![deleted.then(now), id])?;
        Ok(())
    }

    /// Writes a batch of progress in one transaction; a step that stands already is replaced.
    pub fn add_progress(&mut self, run: RunId, progress: &RunProgress) -> Result<(), StoreError> {
        self.writable()?;
        let change = self.db.transaction()?;
        {
            let mut insert = change.prepare_cached("INSERT OR REPLACE INTO metrics VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for p in &progress.points {
                insert.execute(params![run, p.step as i64, p.loss, p.lr, p.grad_norm, p.tokens_per_s, p.elapsed_s])?;
            }
            let mut insert = change.prepare_cached("INSERT OR REPLACE INTO evals VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for e in &progress.evals {
                insert.execute(params![run, e.step as i64, e.loss, e.perplexity, e.bits_per_byte, e.best])?;
            }
            let mut insert = change.prepare_cached("INSERT INTO marks (run, step, kind, label) VALUES (?1, ?2, ?3, ?4)")?;
            for mark in &progress.marks {
                insert.execute(params![
                    run,
                    mark.step as i64,
                    serde_json::to_string(&mark.kind).unwrap_or_default(),
                    mark.label
                ])?;
            }
            let mut insert =
                change.prepare_cached("INSERT INTO samples (run, step, prompt, completion) VALUES (?1, ?2, ?3, ?4)")?;
            for sample in &progress.samples {
                insert.execute(params![run, sample.step as i64, sample.prompt, sample.completion])?;
            }
        }
        super::task_evals::insert(&change, run, &progress.tasks)?;
        super::series::insert(&change, run, &progress.series)?;
        if let Some(last) = progress.points.last() {
            change.execute(
                "UPDATE runs SET step = ?1, duration_s = ?2, train_loss = ?3 WHERE id = ?4",
                params![last.step as i64, f64::from(last.elapsed_s), last.loss, run],
            )?;
        }
        if let Some(last) = progress.evals.last() {
            change.execute("UPDATE runs SET val_loss = ?1 WHERE id = ?2", params![last.loss, run])?;
        }
        change.commit()?;
        Ok(())
    }

    /// Forgets what came after `step`, so that the curve of a resumed or rewound run joins. Rewinds and alarms stay told.
    pub fn trim_after(&mut self, run: RunId, step: u64) -> Result<(), StoreError> {
        self.writable()?;
        let step = step as i64;
        let change = self.db.transaction()?;
        for table in ["metrics", "evals", "samples", "task_evals", "series"] {
            change.execute(&format!("DELETE FROM {table} WHERE run = ?1 AND step > ?2"), params![run, step])?;
        }
        change.execute(
            "DELETE FROM marks WHERE run = ?1 AND step > ?2 AND kind NOT LIKE '{\"rewind\"%' AND kind <> '\"alarm\"'",
            params![run, step],
        )?;
        change.execute(
            "UPDATE runs SET step = ?2,
                duration_s = coalesce((SELECT elapsed_s FROM metrics WHERE run = ?1 ORDER BY step DESC LIMIT 1), 0),
                train_loss = (SELECT loss FROM metrics WHERE run = ?1 ORDER BY step DESC LIMIT 1),
                val_loss = (SELECT loss FROM evals WHERE run = ?1 ORDER BY step DESC LIMIT 1)
             WHERE id = ?1",
            params![run, step],
        )?;
        change.commit()?;
        Ok(())
    }

    pub fn metrics(&self, run: RunId) -> Result<Vec<MetricPoint>, StoreError> {
        let mut query = self
            .db
            .prepare("SELECT step, loss, lr, grad_norm, tokens_per_s, elapsed_s FROM metrics WHERE run = ?1 ORDER BY step")?;
        let rows = query.query_map([run], |row| {
            Ok(MetricPoint {
                step: row.get::<_, i64>(0)? as u64,
                loss: number(row, 1)?,
                lr: number(row, 2)?,
                grad_norm: number(row, 3)?,
                tokens_per_s: number(row, 4)?,
                elapsed_s: number(row, 5)?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    pub fn evals(&self, run: RunId) -> Result<Vec<EvalPoint>, StoreError> {
        let mut query =
            self.db.prepare("SELECT step, loss, perplexity, bits_per_byte, best FROM evals WHERE run = ?1 ORDER BY step")?;
        let rows = query.query_map([run], |row| {
            Ok(EvalPoint {
                step: row.get::<_, i64>(0)? as u64,
                loss: number(row, 1)?,
                perplexity: number(row, 2)?,
                bits_per_byte: number(row, 3)?,
                best: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    pub fn marks(&self, run: RunId) -> Result<Vec<Mark>, StoreError> {
        let mut query = self.db.prepare("SELECT step, kind, label FROM marks WHERE run = ?1 ORDER BY id")?;
        let rows =
            query.query_map([run], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
        let mut marks = Vec::new();
        for row in rows {
            let (step, kind, label) = row?;
            // A kind of a later version is left out: a mark is told, never acted on.
            if let Ok(kind) = serde_json::from_str::<MarkKind>(&kind) {
                marks.push(Mark { step: step as u64, kind, label });
            }
        }
        Ok(marks)
    }

    pub fn samples(&self, run: RunId) -> Result<Vec<Sample>, StoreError> {
        let mut query = self.db.prepare("SELECT step, prompt, completion FROM samples WHERE run = ?1 ORDER BY step, id")?;
        let rows = query.query_map([run], |row| {
            Ok(Sample { step: row.get::<_, i64>(0)? as u64, prompt: row.get(1)?, completion: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    /// Removes for good the deleted runs, and the deleted datasets that no corpus was made of: rows first, then folders.
    /// A run that branched from a removed one has weights of its own and only forgets where it came from.
    pub fn purge_deleted(&mut self) -> Result<usize, StoreError> {
        self.writable()?;
        let doomed: Vec<RunId> = self.ids("SELECT id FROM runs WHERE deleted_at IS NOT NULL ORDER BY id")?;
        let datasets: Vec<i64> = self.ids(
            "SELECT id FROM datasets WHERE deleted_at IS NOT NULL AND id NOT IN (SELECT dataset FROM corpora WHERE deleted_at IS NULL) ORDER BY id",
        )?;
        let change = self.db.transaction()?;
        change.execute("DELETE FROM runs WHERE deleted_at IS NOT NULL", [])?;
        for id in &datasets {
            change.execute("DELETE FROM corpora WHERE dataset = ?1", [id])?;
            change.execute("DELETE FROM datasets WHERE id = ?1", [id])?;
        }
        change.execute("DELETE FROM conversations WHERE deleted_at IS NOT NULL", [])?;
        change.execute("DELETE FROM kept_prompts WHERE deleted_at IS NOT NULL", [])?;
        change.commit()?;
        for id in &doomed {
            super::files::remove_dir(&self.paths().run_dir(*id))?;
        }
        for id in &datasets {
            super::files::remove_dir(&self.paths().dataset_dir(*id))?;
        }
        Ok(doomed.len() + datasets.len())
    }

    pub(super) fn ids(&self, sql: &str) -> Result<Vec<i64>, StoreError> {
        let mut query = self.db.prepare(sql)?;
        let ids = query.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(ids)
    }
}

/// SQLite keeps no NaN: it comes back as NULL.
fn number(row: &Row<'_>, index: usize) -> rusqlite::Result<f32> {
    Ok(row.get::<_, Option<f32>>(index)?.unwrap_or(f32::NAN))
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let config: String = row.get(2)?;
    let state: String = row.get(3)?;
    Ok(RunRow {
        id: row.get(0)?,
        name: row.get(1)?,
        // Fields that an older version did not know take their defaults.
        config: serde_json::from_str(&config).unwrap_or_default(),
        state: state_from(&state),
        parent_checkpoint: row.get(4)?,
        created_at: row.get(5)?,
        duration_s: row.get(6)?,
        step: row.get::<_, i64>(7)? as u64,
        n_params: row.get::<_, i64>(8)? as u64,
        train_loss: row.get(9)?,
        val_loss: row.get(10)?,
        deleted: row.get(11)?,
    })
}
