//! Curves beside the loss, in the database: one point a row, by name. Knows no trainer.

use rusqlite::{Transaction, params};

use super::Project;
use super::error::StoreError;
use crate::engine::command::RunId;
use crate::engine::event::SeriesPoint;

/// Writes points as part of a batch of progress; one that stands already is replaced, what is no number is left out.
pub(super) fn insert(change: &Transaction<'_>, run: RunId, points: &[SeriesPoint]) -> rusqlite::Result<()> {
    let mut insert = change.prepare_cached("INSERT OR REPLACE INTO series (run, step, name, value) VALUES (?1, ?2, ?3, ?4)")?;
    for point in points.iter().filter(|point| point.value.is_finite()) {
        insert.execute(params![run, point.step as i64, point.name, point.value])?;
    }
    Ok(())
}

impl Project {
    /// All further curves of a run, by name and step.
    pub fn series(&self, run: RunId) -> Result<Vec<SeriesPoint>, StoreError> {
        let mut query = self.db.prepare("SELECT step, name, value FROM series WHERE run = ?1 ORDER BY name, step")?;
        let rows = query.query_map([run], |row| {
            Ok(SeriesPoint { step: row.get::<_, i64>(0)? as u64, name: row.get(1)?, value: row.get::<_, f64>(2)? as f32 })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }
}
