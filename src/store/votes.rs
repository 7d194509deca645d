//! What people said of answers: each vote is an event that stays, and the one that stands is written in the same transaction. Knows no page.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::examples::split_of;
use super::library::json;
use super::project::Project;
use super::questions::{question_of, unreadable};
use super::runs::now;
use super::undo::{Walk, first_met};
use crate::data::supervised::Split;
use crate::engine::command::DatasetId;
use crate::engine::feedback::{Ballot, FeedbackProgress, Voted};
use crate::engine::labelling::AnnotationWay;
use crate::feedback::{Question, Verdict, Vote};

/// A vote that stands, with what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVote {
    pub id: i64,
    pub question: Question,
    pub annotator: String,
    pub vote: Vote,
    /// Number of the event that it follows from.
    pub event: i64,
    pub split: Split,
    /// Seconds since 1970.
    pub at: i64,
}

/// Something that was done, in the order in which it was.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteEvent {
    pub id: i64,
    pub question: i64,
    pub annotator: String,
    pub way: AnnotationWay,
    /// The annotator's vote from now on; none: they have none.
    pub vote: Option<Vote>,
    /// The event that this one took back, or did again.
    pub undoes: Option<i64>,
    pub redoes: Option<i64>,
    pub at: i64,
}

/// An event of an annotator, as far as undo needs it.
struct Past {
    id: i64,
    question: i64,
    before: Option<String>,
    body: Option<String>,
    undoes: Option<i64>,
    redoes: Option<i64>,
}

impl Project {
    /// Saves a vote in place of what the annotator said before; when this returns, it is on the disk.
    pub fn vote(&mut self, dataset: DatasetId, question: i64, annotator: &str, vote: &Vote) -> Result<Voted, StoreError> {
        self.writable()?;
        let transaction = self.db.transaction()?;
        let done = cast(&transaction, dataset, question, annotator, vote)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Saves all of these votes, or none.
    pub fn vote_all(&mut self, ballots: &[Ballot]) -> Result<Vec<Voted>, StoreError> {
        self.writable()?;
        let transaction = self.db.transaction()?;
        let one = |it: &Ballot| cast(&transaction, it.dataset, it.question, &it.annotator, &it.vote);
        let done = ballots.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(done)
    }

    /// Takes the annotator's latest vote back that was not taken back yet; None when there is none. Taking back is an event, too.
    pub fn undo_vote(&mut self, dataset: DatasetId, annotator: &str) -> Result<Option<Voted>, StoreError> {
        self.writable()?;
        let mut walk = Walk::default();
        let found = self.look_back_on_votes(dataset, annotator, |past| walk.undo(past.undoes.is_some()))?;
        let Some(past) = found else { return Ok(None) };
        // What was done again is known by its first time.
        let first = past.redoes.unwrap_or(past.id);
        self.go_back(dataset, &past, annotator, past.before.as_deref(), (Some(first), None)).map(Some)
    }

    /// Does again what was taken back last; None when something else was done since, or nothing was taken back.
    pub fn redo_vote(&mut self, dataset: DatasetId, annotator: &str) -> Result<Option<Voted>, StoreError> {
        self.writable()?;
        let mut walk = Walk::default();
        let found =
            self.look_back_on_votes(dataset, annotator, |past| walk.redo(past.undoes.is_some(), past.redoes.is_some()))?;
        let Some(undone) = found.and_then(|past| past.undoes) else { return Ok(None) };
        let sql = "SELECT id, question, before, body, undoes, redoes FROM vote_events WHERE id = ?1";
        let first = self.db.query_row(sql, [undone], past_of)?;
        self.go_back(dataset, &first, annotator, first.body.as_deref(), (None, Some(undone))).map(Some)
    }

    fn look_back_on_votes(
        &self,
        dataset: DatasetId,
        annotator: &str,
        stop: impl FnMut(&Past) -> Option<bool>,
    ) -> Result<Option<Past>, StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT id, question, before, body, undoes, redoes FROM vote_events
             WHERE dataset = ?1 AND annotator = ?2 ORDER BY id DESC",
        )?;
        first_met(query.query(params![dataset, annotator])?, past_of, stop)
    }

    fn go_back(
        &mut self,
        dataset: DatasetId,
        past: &Past,
        annotator: &str,
        body: Option<&str>,
        back: (Option<i64>, Option<i64>),
    ) -> Result<Voted, StoreError> {
        let vote = body.map(|text| vote_of(past.id, text)).transpose()?;
        let transaction = self.db.transaction()?;
        let done = record(&transaction, dataset, past.question, annotator, vote, back)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Votes that stand, in the order in which they were given; skips are among them.
    pub fn votes(&self, dataset: DatasetId, split: Option<Split>) -> Result<Vec<StoredVote>, StoreError> {
        self.feedback_settings(dataset)?;
        let mut query = self.db.prepare_cached(
            "SELECT q.id, q.body, v.annotator, v.body, v.event, q.split, e.at FROM votes v
             JOIN questions q ON q.id = v.question JOIN vote_events e ON e.id = v.event
             WHERE v.dataset = ?1 AND (?2 IS NULL OR q.split = ?2) ORDER BY v.event",
        )?;
        let mut rows = query.query(params![dataset, split.map(Split::name)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let event = row.get(4)?;
            found.push(StoredVote {
                id: row.get(0)?,
                question: question_of(row, 0, 1)?,
                annotator: row.get(2)?,
                vote: vote_of(event, &row.get::<_, String>(3)?)?,
                event,
                split: split_of(&row.get::<_, String>(5)?),
                at: row.get(6)?,
            });
        }
        Ok(found)
    }

    /// All that was ever done, undoing included, in order: what a replay goes by.
    pub fn vote_events_in_order(&self, dataset: DatasetId) -> Result<Vec<VoteEvent>, StoreError> {
        self.feedback_settings(dataset)?;
        let mut query = self.db.prepare_cached(
            "SELECT id, question, annotator, kind, body, undoes, redoes, at FROM vote_events WHERE dataset = ?1 ORDER BY id",
        )?;
        let mut rows = query.query([dataset])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let body: Option<String> = row.get(4)?;
            found.push(VoteEvent {
                id,
                question: row.get(1)?,
                annotator: row.get(2)?,
                way: way_of(&row.get::<_, String>(3)?),
                vote: body.map(|text| vote_of(id, &text)).transpose()?,
                undoes: row.get(5)?,
                redoes: row.get(6)?,
                at: row.get(7)?,
            });
        }
        Ok(found)
    }

    /// How far the collecting is.
    pub fn feedback_progress(&self, dataset: DatasetId) -> Result<FeedbackProgress, StoreError> {
        let mut progress = FeedbackProgress::default();
        let sql = "SELECT split, answers = 0, count(*) FROM questions WHERE dataset = ?1 GROUP BY 1, 2";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([dataset])?;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>(2)? as u64;
            progress.questions += count;
            progress.no_answers += if row.get(1)? { count } else { 0 };
            *progress.by_split.entry(split_of(&row.get::<_, String>(0)?)).or_default() += count;
        }
        let sql = "SELECT count(DISTINCT question) FROM votes WHERE dataset = ?1 AND skipped = 0";
        progress.voted = self.db.query_row(sql, [dataset], |row| row.get::<_, i64>(0))? as u64;
        let mut query = self.db.prepare_cached("SELECT annotator, body, event FROM votes WHERE dataset = ?1")?;
        let mut rows = query.query([dataset])?;
        while let Some(row) = rows.next()? {
            let vote = vote_of(row.get(2)?, &row.get::<_, String>(1)?)?;
            *progress.by_annotator.entry(row.get(0)?).or_default() += 1;
            count_vote(&mut progress, &vote);
        }
        Ok(progress)
    }
}

fn count_vote(progress: &mut FeedbackProgress, vote: &Vote) {
    progress.votes += 1;
    progress.ties += u64::from(vote.is_tie());
    progress.all_bad += u64::from(vote.verdict == Verdict::AllBad);
    progress.skipped += u64::from(vote.verdict == Verdict::Skipped);
    progress.flagged += u64::from(vote.flagged);
    progress.edited += u64::from(vote.edited.is_some());
    progress.pairs += vote.preferences().len() as u64;
}

/// A new vote, within a transaction that the caller ends.
pub(super) fn cast(
    db: &Connection,
    dataset: DatasetId,
    question: i64,
    annotator: &str,
    vote: &Vote,
) -> Result<Voted, StoreError> {
    let sql = "SELECT answers FROM questions WHERE id = ?1 AND dataset = ?2";
    let answers: Option<i64> = db.prepare_cached(sql)?.query_row([question, dataset], |row| row.get(0)).optional()?;
    let answers = answers.ok_or(StoreError::Missing { what: "question", id: question })?;
    vote.check(answers as usize).map_err(|problem| StoreError::Feedback { what: "vote on question", id: question, problem })?;
    record(db, dataset, question, annotator, Some(vote.clone()), (None, None))
}

/// Writes the event and what stands from now on.
fn record(
    db: &Connection,
    dataset: DatasetId,
    question: i64,
    annotator: &str,
    vote: Option<Vote>,
    (undoes, redoes): (Option<i64>, Option<i64>),
) -> Result<Voted, StoreError> {
    let sql = "SELECT body FROM votes WHERE question = ?1 AND annotator = ?2";
    let before: Option<String> = db.prepare_cached(sql)?.query_row(params![question, annotator], |row| row.get(0)).optional()?;
    let kind = match (undoes, redoes) {
        (Some(_), _) => "undo",
        (None, Some(_)) => "redo",
        (None, None) => "vote",
    };
    let body = vote.as_ref().map(json);
    db.prepare_cached(
        "INSERT INTO vote_events (dataset, question, annotator, kind, before, body, at, undoes, redoes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![dataset, question, annotator, kind, before, body, now(), undoes, redoes])?;
    let event = db.last_insert_rowid();
    if let Some(vote) = &vote {
        let (skipped, flagged) = (vote.verdict == Verdict::Skipped, vote.flagged);
        db.prepare_cached(
            "INSERT OR REPLACE INTO votes (question, annotator, dataset, body, skipped, flagged, event)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![question, annotator, dataset, body, skipped, flagged, event])?;
    } else {
        db.execute("DELETE FROM votes WHERE question = ?1 AND annotator = ?2", params![question, annotator])?;
    }
    Ok(Voted { event, first: undoes.or(redoes).unwrap_or(event), question, vote })
}

pub(super) fn vote_of(event: i64, text: &str) -> Result<Vote, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable("vote", event, &error))
}

fn way_of(kind: &str) -> AnnotationWay {
    match kind {
        "undo" => AnnotationWay::Undone,
        "redo" => AnnotationWay::Redone,
        _ => AnnotationWay::Made,
    }
}

fn past_of(row: &Row<'_>) -> rusqlite::Result<Past> {
    Ok(Past {
        id: row.get(0)?,
        question: row.get(1)?,
        before: row.get(2)?,
        body: row.get(3)?,
        undoes: row.get(4)?,
        redoes: row.get(5)?,
    })
}
