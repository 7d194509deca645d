//! What people and models say of rows: each change is an event that stays, and what the row says now is written in the same transaction. Knows no page of rows.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::StoreError;
use super::examples::{content_of, folded, split_of, status_of};
use super::library::json;
use super::project::Project;
use super::runs::now;
use super::undo::{Walk, first_met};
use crate::data::supervised::{Change, Content, Example, Own, RowStatus, Verdict};
use crate::engine::command::DatasetId;
use crate::engine::event::Annotated;
use crate::engine::labelling::{Agree, Annotation};

/// An event of an annotator, as far as undo needs it.
struct Past {
    id: i64,
    row: i64,
    before: String,
    after: String,
    undoes: Option<i64>,
    redoes: Option<i64>,
}

impl Project {
    /// Saves a change; when this returns, it is on the disk.
    pub fn annotate(&mut self, annotation: &Annotation) -> Result<Annotated, StoreError> {
        let done = self.annotate_all(std::slice::from_ref(annotation))?;
        done.into_iter().next().ok_or(StoreError::Missing { what: "row", id: annotation.row })
    }

    /// Saves all of these changes, or none.
    pub fn annotate_all(&mut self, annotations: &[Annotation]) -> Result<Vec<Annotated>, StoreError> {
        self.writable()?;
        let transaction = self.db.transaction()?;
        let one =
            |it: &Annotation| record(&transaction, (it.dataset, it.row), &it.annotator, &it.change, it.seconds, (None, None));
        let done = annotations.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(done)
    }

    /// Gives rows the answer of one of them, which stands for what is right, or one label in place of another.
    pub fn make_agree(
        &mut self,
        dataset: DatasetId,
        rows: &[i64],
        agree: &Agree,
        annotator: &str,
    ) -> Result<Vec<Annotated>, StoreError> {
        let all = self.all_examples(dataset, None)?;
        let content = |row: i64| all.iter().find(|known| known.row == row).map(|known| known.example.content.clone());
        let wanted = |now: &Content| match agree {
            Agree::With(keep) => content(*keep).ok_or(StoreError::Missing { what: "row", id: *keep }),
            Agree::Relabel { from, to } => Ok(now.relabelled(from, to)),
        };
        let mut changes = Vec::new();
        for &row in rows {
            let Some(now) = content(row) else { continue };
            let content = wanted(&now)?;
            if content != now {
                let change = Change::Own(Some(Own { content, verdict: Verdict::Labelled }));
                changes.push(Annotation { dataset, row, annotator: annotator.to_owned(), change, seconds: 0.0 });
            }
        }
        self.annotate_all(&changes)
    }

    /// Takes the annotator's latest change back that was not taken back yet; None when there is none. Taking back is an event, too.
    pub fn undo(&mut self, dataset: DatasetId, annotator: &str) -> Result<Option<Annotated>, StoreError> {
        self.writable()?;
        let mut walk = Walk::default();
        let found = self.look_back(dataset, annotator, |past| walk.undo(past.undoes.is_some()))?;
        let Some(past) = found else { return Ok(None) };
        let change = change_of(past.id, &past.before)?;
        // What was done again is known by its first time.
        let first = past.redoes.unwrap_or(past.id);
        self.record_one((dataset, past.row), annotator, &change, (Some(first), None)).map(Some)
    }

    /// Does again what was taken back last; None when something else was done since, or nothing was taken back.
    pub fn redo(&mut self, dataset: DatasetId, annotator: &str) -> Result<Option<Annotated>, StoreError> {
        self.writable()?;
        let mut walk = Walk::default();
        let found = self.look_back(dataset, annotator, |past| walk.redo(past.undoes.is_some(), past.redoes.is_some()))?;
        let Some(undone) = found.and_then(|past| past.undoes) else { return Ok(None) };
        let first = self.past(undone)?;
        let change = change_of(first.id, &first.after)?;
        self.record_one((dataset, first.row), annotator, &change, (None, Some(undone))).map(Some)
    }

    /// Walks through an annotator's events from the newest on until `stop` says whether the one at hand is it.
    fn look_back(
        &self,
        dataset: DatasetId,
        annotator: &str,
        stop: impl FnMut(&Past) -> Option<bool>,
    ) -> Result<Option<Past>, StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT id, row, before, after, undoes, redoes FROM annotation_events WHERE dataset = ?1 AND annotator = ?2 ORDER BY id DESC",
        )?;
        first_met(query.query(params![dataset, annotator])?, past_of, stop)
    }

    fn record_one(
        &mut self,
        place: (DatasetId, i64),
        annotator: &str,
        change: &Change,
        back: (Option<i64>, Option<i64>),
    ) -> Result<Annotated, StoreError> {
        let transaction = self.db.transaction()?;
        let done = record(&transaction, place, annotator, change, 0.0, back)?;
        transaction.commit()?;
        Ok(done)
    }

    fn past(&self, event: i64) -> Result<Past, StoreError> {
        let sql = "SELECT id, row, before, after, undoes, redoes FROM annotation_events WHERE id = ?1";
        Ok(self.db.query_row(sql, [event], past_of)?)
    }
}

/// Writes the event and what follows from it, within a transaction that the caller ends.
fn record(
    db: &Connection,
    (dataset, row): (DatasetId, i64),
    annotator: &str,
    change: &Change,
    seconds: f64,
    (undoes, redoes): (Option<i64>, Option<i64>),
) -> Result<Annotated, StoreError> {
    let sql = "SELECT 1 FROM examples WHERE id = ?1 AND dataset = ?2";
    let there = db.query_row(sql, [row, dataset], |_| Ok(())).optional()?;
    there.ok_or(StoreError::Missing { what: "row", id: row })?;
    let before = standing(db, row, annotator, change)?;
    let kind = match (undoes, redoes) {
        (Some(_), _) => "undo",
        (None, Some(_)) => "redo",
        (None, None) => change.kind(),
    };
    let note = if let Change::Flag { note, .. } = change { note.as_str() } else { "" };
    db.execute(
        "INSERT INTO annotation_events (dataset, row, annotator, kind, before, after, note, at, seconds, undoes, redoes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![dataset, row, annotator, kind, json(&before), json(change), note, now(), seconds, undoes, redoes],
    )?;
    let event = db.last_insert_rowid();
    put(db, row, annotator, change, event)?;
    let status = settle(db, row)?;
    Ok(Annotated { event, row, change: change.clone(), status })
}

fn past_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Past> {
    Ok(Past {
        id: row.get(0)?,
        row: row.get(1)?,
        before: row.get(2)?,
        after: row.get(3)?,
        undoes: row.get(4)?,
        redoes: row.get(5)?,
    })
}

fn change_of(event: i64, text: &str) -> Result<Change, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        what: "annotation",
        id: event,
        detail: error.to_string(),
    })
}

/// What stands where this change is about to be written.
fn standing(db: &Connection, row: i64, annotator: &str, change: &Change) -> Result<Change, StoreError> {
    let content = |column: &str| -> Result<Option<Content>, StoreError> {
        let sql = format!("SELECT {column} FROM examples WHERE id = ?1");
        let text: Option<String> = db.query_row(&sql, [row], |row| row.get(0))?;
        text.map(|text| content_of(row, &text)).transpose()
    };
    Ok(match change {
        Change::Own(_) => Change::Own(own(db, row, annotator)?),
        Change::Adjudicate(_) => Change::Adjudicate(content("adjudicated")?),
        Change::Prelabel(_) => Change::Prelabel(content("prelabel")?),
        Change::Flag { .. } => db.query_row("SELECT flagged, note FROM examples WHERE id = ?1", [row], |row| {
            Ok(Change::Flag { flagged: row.get(0)?, note: row.get(1)? })
        })?,
        Change::Split(_) => db.query_row("SELECT split FROM examples WHERE id = ?1", [row], |row| {
            Ok(Change::Split(split_of(&row.get::<_, String>(0)?)))
        })?,
        Change::Removed(_) => {
            db.query_row("SELECT removed FROM examples WHERE id = ?1", [row], |row| Ok(Change::Removed(row.get(0)?)))?
        }
    })
}

/// An annotator's word on a row.
fn own(db: &Connection, row: i64, annotator: &str) -> Result<Option<Own>, StoreError> {
    let sql = "SELECT content, verdict FROM example_labels WHERE row = ?1 AND annotator = ?2";
    let found: Option<(String, String)> =
        db.query_row(sql, params![row, annotator], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((content, verdict)) = found else { return Ok(None) };
    Ok(Some(Own { content: content_of(row, &content)?, verdict: verdict_of(&verdict) }))
}

pub(super) fn verdict_of(text: &str) -> Verdict {
    match text {
        "skipped" => Verdict::Skipped,
        "confirmed" => Verdict::Confirmed,
        _ => Verdict::Labelled,
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Labelled => "labelled",
        Verdict::Confirmed => "confirmed",
        Verdict::Skipped => "skipped",
    }
}

fn put(db: &Connection, row: i64, annotator: &str, change: &Change, event: i64) -> Result<(), StoreError> {
    match change {
        Change::Own(Some(own)) => db.execute(
            "INSERT INTO example_labels (row, annotator, content, verdict, first_event) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (row, annotator) DO UPDATE SET content = excluded.content, verdict = excluded.verdict",
            params![row, annotator, json(&own.content), verdict_name(own.verdict), event],
        )?,
        Change::Own(None) => {
            db.execute("DELETE FROM example_labels WHERE row = ?1 AND annotator = ?2", params![row, annotator])?
        }
        Change::Adjudicate(content) => {
            db.execute("UPDATE examples SET adjudicated = ?1 WHERE id = ?2", params![content.as_ref().map(json), row])?
        }
        Change::Prelabel(content) => {
            db.execute("UPDATE examples SET prelabel = ?1 WHERE id = ?2", params![content.as_ref().map(json), row])?
        }
        Change::Flag { flagged, note } => {
            db.execute("UPDATE examples SET flagged = ?1, note = ?2 WHERE id = ?3", params![flagged, note, row])?
        }
        Change::Split(split) => db.execute("UPDATE examples SET split = ?1 WHERE id = ?2", params![split.name(), row])?,
        Change::Removed(removed) => db.execute("UPDATE examples SET removed = ?1 WHERE id = ?2", params![removed, row])?,
    };
    Ok(())
}

/// Works out what a row says now: what was settled, else the word of whoever labelled it first, else a model's, else the file's.
fn settle(db: &Connection, row: i64) -> Result<RowStatus, StoreError> {
    type Stored = (String, bool, Option<String>, Option<String>);
    let sql = "SELECT original, has_label, prelabel, adjudicated FROM examples WHERE id = ?1";
    let (original, has_label, prelabel, adjudicated): Stored =
        db.query_row(sql, [row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let sql =
        "SELECT annotator, content, verdict FROM example_labels WHERE row = ?1 ORDER BY verdict = 'skipped', first_event LIMIT 1";
    let first: Option<(String, String, String)> =
        db.query_row(sql, [row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let owner = first.as_ref().map(|(annotator, ..)| annotator.clone());
    let (current, status) = match (adjudicated, first, prelabel) {
        (Some(settled), ..) => (Some(settled), RowStatus::Confirmed),
        (None, Some((_, content, verdict)), _) => (Some(content), status_of(&verdict)),
        (None, None, Some(guess)) if !has_label => (Some(guess), RowStatus::Prelabelled),
        (None, None, _) if has_label => (None, RowStatus::Labelled),
        (None, None, _) => (None, RowStatus::Unlabelled),
    };
    let content = if let Some(text) = &current {
        content_of(row, text)?
    } else {
        let example: Result<Example, _> = serde_json::from_str(&original);
        example.map_err(|error| StoreError::Unreadable { what: "row", id: row, detail: error.to_string() })?.content
    };
    db.execute(
        "UPDATE examples SET current = ?1, status = ?2, owner = ?3, folded = ?4 WHERE id = ?5",
        params![current, status.name(), owner, folded(&content), row],
    )?;
    Ok(status)
}
