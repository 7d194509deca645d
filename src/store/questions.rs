//! Questions of feedback datasets: written with the side they stand on, read by page, dealt out anew. Knows nobody's vote but to show it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::examples::split_of;
use super::files::{Draft, SealedDraft};
use super::library::json;
use super::project::Project;
use super::runs::now;
use super::votes::{cast, vote_of};
use crate::data::DocumentWriter;
use crate::data::supervised::Split;
use crate::engine::command::{DatasetId, Mapping, Schema};
use crate::engine::event::DatasetInfo;
use crate::engine::feedback::{QuestionFilter, QuestionPage, QuestionQuery, QuestionRow};
use crate::feedback::{FeedbackSettings, Question, SourceRow, Vote, side_text};

/// Questions of a page at most.
const MOST_QUESTIONS: u32 = 1000;

/// A question on its way in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewQuestion {
    pub question: Question,
    /// The row of the file that it came from.
    pub source: Option<SourceRow>,
    /// The part that its file is; none: dealt out by prompt.
    pub split: Option<Split>,
    /// What people said of it already.
    pub votes: Vec<(String, Vote)>,
}

/// A question as it stands in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredQuestion {
    pub id: i64,
    pub question: Question,
    pub source: Option<SourceRow>,
    pub split: Split,
}

impl Project {
    /// A new dataset for questions, without any.
    pub fn create_feedback(&mut self, name: &str, schema: Schema, settings: &FeedbackSettings) -> Result<DatasetId, StoreError> {
        self.writable()?;
        let draft = Draft::within(&self.paths().datasets_dir())?;
        // No text yet, and a place for it: whoever asks for documents finds none, and no error.
        DocumentWriter::create(draft.path())
            .and_then(DocumentWriter::finish)
            .map_err(|error| StoreError::io("write", draft.path(), std::io::Error::other(error.to_string())))?;
        let draft = draft.seal()?;
        let info = DatasetInfo {
            columns: ["prompt", "answers", "votes"].map(str::to_owned).to_vec(),
            ..DatasetInfo::new(name, "asked here", schema)
        };
        let mapping = Mapping::new(schema, Vec::new());
        let dataset = self.begin_feedback(draft, &info, &mapping, settings)?;
        self.finish_feedback(dataset)?;
        Ok(dataset)
    }

    /// A dataset whose questions are to follow; it is listed after `finish_feedback` and gone after a crash before that.
    pub fn begin_feedback(
        &mut self,
        draft: SealedDraft,
        info: &DatasetInfo,
        mapping: &Mapping,
        settings: &FeedbackSettings,
    ) -> Result<DatasetId, StoreError> {
        let dataset = self.insert_dataset(draft, info, mapping, true)?;
        self.db.execute("UPDATE datasets SET feedback = ?1 WHERE id = ?2", params![json(settings), dataset])?;
        Ok(dataset)
    }

    /// All questions of a file are in: the dataset is listed from now on.
    pub fn finish_feedback(&mut self, dataset: DatasetId) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute("UPDATE datasets SET filling = 0 WHERE id = ?1", [dataset])?;
        Ok(())
    }

    /// More questions at the end, all or none; gives their numbers.
    pub fn add_questions(&mut self, dataset: DatasetId, questions: &[Question]) -> Result<Vec<i64>, StoreError> {
        let new = |question: &Question| NewQuestion { question: question.clone(), source: None, split: None, votes: Vec::new() };
        self.add_asked(dataset, &questions.iter().map(new).collect::<Vec<_>>())
    }

    /// As `add_questions`, with what was said of them already. One transaction.
    pub fn add_asked(&mut self, dataset: DatasetId, questions: &[NewQuestion]) -> Result<Vec<i64>, StoreError> {
        self.writable()?;
        let settings = self.feedback_settings(dataset)?;
        let change = self.db.transaction()?;
        let sql = "SELECT coalesce(max(ordinal) + 1, 0) FROM questions WHERE dataset = ?1";
        let first: i64 = change.query_row(sql, [dataset], |row| row.get(0))?;
        let mut ids = Vec::with_capacity(questions.len());
        for (ordinal, new) in (first..).zip(questions) {
            new.question.check().map_err(|problem| StoreError::Feedback { what: "question", id: ordinal + 1, problem })?;
            let id = insert(&change, dataset, ordinal, new, &settings)?;
            for (annotator, vote) in &new.votes {
                cast(&change, dataset, id, annotator, vote)?;
            }
            ids.push(id);
        }
        let sql = "UPDATE datasets SET rows = (SELECT count(*) FROM questions WHERE dataset = ?1) WHERE id = ?1";
        change.execute(sql, [dataset])?;
        change.commit()?;
        Ok(ids)
    }

    /// Criteria, guidelines and split of a feedback dataset.
    pub fn feedback_settings(&self, dataset: DatasetId) -> Result<FeedbackSettings, StoreError> {
        let found: Option<(String, String)> = self
            .db
            .query_row("SELECT feedback, schema FROM datasets WHERE id = ?1", [dataset], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let is_feedback = |schema: &str| serde_json::from_str(schema).is_ok_and(Schema::is_feedback);
        let text = found.filter(|(_, schema)| is_feedback(schema)).map(|(text, _)| text);
        let text = text.ok_or(StoreError::Missing { what: "dataset of questions", id: dataset })?;
        serde_json::from_str(&text).map_err(|error| unreadable("settings of dataset", dataset, &error))
    }

    /// Saves them; where the split follows other rules now, all questions are dealt out anew.
    pub fn set_feedback_settings(&mut self, dataset: DatasetId, settings: &FeedbackSettings) -> Result<(), StoreError> {
        self.writable()?;
        let deal = self.feedback_settings(dataset)?.deals_otherwise(settings);
        let all = if deal { self.all_questions(dataset)? } else { Vec::new() };
        let change = self.db.transaction()?;
        change.execute("UPDATE datasets SET feedback = ?1 WHERE id = ?2", params![json(settings), dataset])?;
        for asked in &all {
            let key = settings.key(&asked.question);
            change.prepare_cached("UPDATE questions SET split = ?1, split_key = ?2 WHERE id = ?3")?.execute(params![
                settings.side(key).name(),
                hex(key),
                asked.id
            ])?;
        }
        change.commit()?;
        Ok(())
    }

    /// All questions in order, with the rows that they came from.
    pub fn all_questions(&self, dataset: DatasetId) -> Result<Vec<StoredQuestion>, StoreError> {
        self.feedback_settings(dataset)?;
        let mut query =
            self.db.prepare_cached("SELECT id, body, split, source FROM questions WHERE dataset = ?1 ORDER BY ordinal")?;
        let mut rows = query.query([dataset])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let source: Option<String> = row.get(3)?;
            let source = source.map(|text| serde_json::from_str(&text)).transpose();
            found.push(StoredQuestion {
                id,
                question: question_of(row, 0, 1)?,
                split: split_of(&row.get::<_, String>(2)?),
                source: source.map_err(|error| unreadable("question", id, &error))?,
            });
        }
        Ok(found)
    }

    /// A page of the questions that a query wants.
    pub fn questions(
        &self,
        dataset: DatasetId,
        query: &QuestionQuery,
        offset: u64,
        limit: u32,
    ) -> Result<QuestionPage, StoreError> {
        self.feedback_settings(dataset)?;
        let needle = (!query.search.is_empty()).then(|| query.search.to_lowercase());
        let split = query.split.map(Split::name);
        let from = format!(
            "FROM questions q WHERE q.dataset = ?1 AND (?2 IS NULL OR instr(q.folded, ?2) > 0)
             AND (?3 IS NULL OR q.split = ?3) AND coalesce(?4, '') IS NOT NULL AND {}",
            condition(query.filter)
        );
        let mut count = self.db.prepare_cached(&format!("SELECT count(*) {from}"))?;
        let total: i64 = count.query_row(params![dataset, needle, split, query.annotator], |row| row.get(0))?;
        let sql = format!("SELECT q.id, q.ordinal, q.body, q.split {from} ORDER BY q.ordinal LIMIT ?5 OFFSET ?6");
        let mut page = self.db.prepare_cached(&sql)?;
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let mut found = page.query(params![dataset, needle, split, query.annotator, limit.min(MOST_QUESTIONS), offset])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let id = row.get(0)?;
            rows.push(QuestionRow {
                id,
                ordinal: row.get::<_, i64>(1)? as u64,
                question: question_of(row, 0, 2)?,
                split: split_of(&row.get::<_, String>(3)?),
                votes: self.votes_on(id, query.annotator.as_deref())?,
            });
        }
        Ok(QuestionPage { total: total as u64, rows })
    }

    fn votes_on(&self, question: i64, annotator: Option<&str>) -> Result<Vec<(String, Vote)>, StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT annotator, body, event FROM votes WHERE question = ?1 AND (?2 IS NULL OR annotator = ?2) ORDER BY event",
        )?;
        let mut rows = query.query(params![question, annotator])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, vote_of(row.get(2)?, &row.get::<_, String>(1)?)?));
        }
        Ok(found)
    }
}

pub(super) fn insert(
    db: &Connection,
    dataset: DatasetId,
    ordinal: i64,
    new: &NewQuestion,
    settings: &FeedbackSettings,
) -> Result<i64, StoreError> {
    let key = settings.key(&new.question);
    let sql = "SELECT split FROM questions WHERE dataset = ?1 AND split_key = ?2 LIMIT 1";
    let known: Option<String> = db.prepare_cached(sql)?.query_row(params![dataset, hex(key)], |row| row.get(0)).optional()?;
    // A prompt that is there already says where its like belongs, even against the file.
    let split = known.map(|name| split_of(&name)).or(new.split).unwrap_or_else(|| settings.side(key));
    let mut text = side_text(&new.question.prompt);
    for candidate in &new.question.candidates {
        text.extend(["\n", candidate.text.as_str()]);
    }
    db.prepare_cached(
        "INSERT INTO questions (dataset, ordinal, body, source, answers, split, split_key, folded, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        dataset,
        ordinal,
        json(&new.question),
        new.source.as_ref().map(json),
        new.question.candidates.len() as i64,
        split.name(),
        hex(key),
        text.to_lowercase(),
        now()
    ])?;
    Ok(db.last_insert_rowid())
}

/// ?4 is the annotator or NULL.
fn condition(filter: QuestionFilter) -> &'static str {
    match filter {
        QuestionFilter::All => "TRUE",
        QuestionFilter::ToVote => {
            // What asks an earlier question again asks only those who answered it.
            "q.answers > 0 AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.question = q.id AND (?4 IS NULL OR v.annotator = ?4))
             AND (json_extract(q.body, '$.repeats') IS NULL OR EXISTS (SELECT 1 FROM votes v
             WHERE v.question = json_extract(q.body, '$.repeats') AND (?4 IS NULL OR v.annotator = ?4)))"
        }
        QuestionFilter::Voted => {
            "EXISTS (SELECT 1 FROM votes v WHERE v.question = q.id AND v.skipped = 0 AND (?4 IS NULL OR v.annotator = ?4))"
        }
        QuestionFilter::NoAnswers => "q.answers = 0",
        QuestionFilter::Flagged => {
            "EXISTS (SELECT 1 FROM votes v WHERE v.question = q.id AND v.flagged = 1 AND (?4 IS NULL OR v.annotator = ?4))"
        }
        QuestionFilter::Skipped => {
            "EXISTS (SELECT 1 FROM votes v WHERE v.question = q.id AND v.skipped = 1 AND (?4 IS NULL OR v.annotator = ?4))"
        }
    }
}

pub(super) fn question_of(row: &Row<'_>, id: usize, body: usize) -> Result<Question, StoreError> {
    let number: i64 = row.get(id)?;
    let text: String = row.get(body)?;
    serde_json::from_str(&text).map_err(|error| unreadable("question", number, &error))
}

pub(super) fn unreadable(what: &'static str, id: i64, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what, id, detail: error.to_string() }
}

fn hex(key: u128) -> String {
    format!("{key:032x}")
}
