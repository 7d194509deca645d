//! How well runs did their task, step by step, in the database. Knows no task.

use rusqlite::{Transaction, params};

use super::Project;
use super::error::StoreError;
use crate::engine::command::RunId;
use crate::engine::event::TaskEval;

/// Writes measurements as part of a batch of progress; a step that stands already is replaced.
pub(super) fn insert(change: &Transaction<'_>, run: RunId, tasks: &[TaskEval]) -> rusqlite::Result<()> {
    let mut insert = change.prepare_cached("INSERT OR REPLACE INTO task_evals (run, step, body) VALUES (?1, ?2, ?3)")?;
    for eval in tasks {
        // Numbers that are no numbers come back as null and would not be read again: such a measurement is left out.
        if let Ok(body) = serde_json::to_string(eval) {
            insert.execute(params![run, eval.step as i64, body])?;
        }
    }
    Ok(())
}

impl Project {
    /// A run's measurements, oldest first. One that a later version wrote in another form is left out.
    pub fn task_evals(&self, run: RunId) -> Result<Vec<TaskEval>, StoreError> {
        let mut query = self.db.prepare("SELECT body FROM task_evals WHERE run = ?1 ORDER BY step")?;
        let bodies = query.query_map([run], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect())
    }
}
