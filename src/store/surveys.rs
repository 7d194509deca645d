//! Questionnaires that left the project, and the answers that came back: each file is taken once, whole or not at all. Reads no file.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::StoreError;
use super::library::json;
use super::project::Project;
use super::questions::{NewQuestion, insert, question_of, unreadable};
use super::runs::now;
use super::votes::{cast, vote_of};
use crate::engine::command::DatasetId;
use crate::engine::feedback::{QuestionFilter, QuestionQuery};
use crate::engine::survey::{SurveyPerson, SurveyRow, SurveyTaken};
use crate::feedback::{
    FeedbackSettings, Question, Survey, SurveyAnswer, SurveyAnswers, SurveyProblem, SurveyWish, Vote, survey_key,
};

/// Questions that are looked through at once.
const PAGE: u32 = 1000;

impl Project {
    /// A questionnaire of a dataset's questions, in their order; the project remembers it.
    pub fn make_survey(&mut self, dataset: DatasetId, wish: &SurveyWish) -> Result<Survey, StoreError> {
        self.writable()?;
        let settings = self.feedback_settings(dataset)?;
        let filter = if wish.unanswered { QuestionFilter::ToVote } else { QuestionFilter::All };
        let query = QuestionQuery { filter, ..QuestionQuery::default() };
        let mut found = Vec::new();
        for offset in (0..).step_by(PAGE as usize) {
            let page = self.questions(dataset, &query, offset, PAGE)?;
            let rows = page.rows.len();
            let asked = page.rows.into_iter().filter(|row| !row.question.candidates.is_empty() && row.question.repeats.is_none());
            found.extend(asked.map(|row| (row.id, row.question)));
            if rows < PAGE as usize || found.len() >= wish.most {
                break;
            }
        }
        found.truncate(wish.most);
        if found.is_empty() {
            let all = self.all_questions(dataset)?;
            let asks = all.iter().any(|it| !it.question.candidates.is_empty() && it.question.repeats.is_none());
            return Err(if asks { SurveyProblem::AllAnswered } else { SurveyProblem::NoAnswers }.into());
        }
        let name = self.dataset(dataset)?.name;
        let title = if wish.title.trim().is_empty() { name.as_str() } else { wish.title.trim() };
        let survey = Survey::of(title, wish, &settings, &found);
        self.db.execute(
            "INSERT OR IGNORE INTO surveys (id, dataset, body, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![survey.id, dataset, json(&survey), now()],
        )?;
        Ok(survey)
    }

    /// Takes what a person answered, under their name or another. One transaction.
    pub fn take_answers(&mut self, said: &SurveyAnswers, name: Option<&str>) -> Result<SurveyTaken, StoreError> {
        self.writable()?;
        let (survey, dataset) = self.survey(&said.survey)?.ok_or(SurveyProblem::Foreign)?;
        said.check(&survey)?;
        let settings = self.feedback_settings(dataset)?;
        let known = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(said.annotator.trim()).to_owned();
        let change = self.db.transaction()?;
        let before = earlier(&change, said)?;
        let annotator = match &before {
            // A person who went on answering keeps the name that they came in under.
            Some((annotator, _)) => annotator.clone(),
            None if known.is_empty() => return Err(SurveyProblem::Nameless.into()),
            None => known,
        };
        if before.is_none() {
            refuse_same_name(&change, &survey.id, &annotator)?;
        }
        let before: BTreeMap<(i64, bool), Vote> = before
            .map(|(_, said)| said.answers.into_iter().map(|it| ((it.question, it.again), it.vote)).collect())
            .unwrap_or_default();
        let mut taken = SurveyTaken { title: survey.title, dataset, annotator, ..SurveyTaken::default() };
        for answer in &said.answers {
            let (id, question) = asked(&change, dataset, answer)?;
            let earlier = before.get(&(answer.question, answer.again));
            let id = match (answer.again, id) {
                (false, id) => id,
                (true, first) => repeat_of(&change, dataset, first, question, &taken.annotator, &settings)?,
            };
            let standing = standing(&change, id, &taken.annotator)?;
            if earlier == Some(&answer.vote) {
                continue;
            }
            // What was said in the window, or changed there since, is not written over from outside.
            if standing.is_some() && standing.as_ref() != earlier {
                taken.kept += 1;
                continue;
            }
            cast(&change, dataset, id, &taken.annotator, &answer.vote)?;
            taken.votes += 1;
        }
        change.execute(
            "INSERT OR REPLACE INTO survey_answers (session, survey, annotator, revision, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![said.session, said.survey, taken.annotator, said.revision as i64, json(said), now()],
        )?;
        let sql = "UPDATE datasets SET rows = (SELECT count(*) FROM questions WHERE dataset = ?1) WHERE id = ?1";
        change.execute(sql, [dataset])?;
        change.commit()?;
        Ok(taken)
    }

    fn survey(&self, id: &str) -> Result<Option<(Survey, DatasetId)>, StoreError> {
        let sql = "SELECT body, dataset FROM surveys WHERE id = ?1";
        let found: Option<(String, i64)> = self.db.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((body, dataset)) = found else { return Ok(None) };
        let survey = serde_json::from_str(&body).map_err(|error| unreadable("questionnaire of dataset", dataset, &error))?;
        Ok(Some((survey, dataset)))
    }

    /// All questionnaires with who answered them, the newest last; of one dataset, if it is named.
    pub fn surveys(&self, dataset: Option<DatasetId>) -> Result<Vec<SurveyRow>, StoreError> {
        let sql = "SELECT id, dataset, body, created_at FROM surveys WHERE ?1 IS NULL OR dataset = ?1 ORDER BY created_at, id";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([dataset])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, dataset, body): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let survey: Survey =
                serde_json::from_str(&body).map_err(|error| unreadable("questionnaire of dataset", dataset, &error))?;
            let people = self.people_of(&id)?;
            found.push(SurveyRow { id, dataset, title: survey.title, questions: survey.items.len(), at: row.get(3)?, people });
        }
        Ok(found)
    }

    fn people_of(&self, survey: &str) -> Result<Vec<SurveyPerson>, StoreError> {
        let sql = "SELECT annotator, json_array_length(body, '$.answers'), at FROM survey_answers WHERE survey = ?1 ORDER BY at, session";
        let mut query = self.db.prepare_cached(sql)?;
        let people = query.query_map([survey], |row| {
            Ok(SurveyPerson { annotator: row.get(0)?, answers: row.get::<_, i64>(1)? as usize, at: row.get(2)? })
        })?;
        Ok(people.collect::<Result<_, _>>()?)
    }
}

/// What came of this session before, and under which name; an error where the file brings nothing new.
fn earlier(db: &Connection, said: &SurveyAnswers) -> Result<Option<(String, SurveyAnswers)>, StoreError> {
    let sql = "SELECT annotator, revision, body, at FROM survey_answers WHERE session = ?1";
    let found: Option<(String, i64, String, i64)> =
        db.query_row(sql, [&said.session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
    let Some((annotator, revision, body, at)) = found else { return Ok(None) };
    if said.revision as i64 <= revision {
        return Err(SurveyProblem::Doubled { annotator, at }.into());
    }
    let before = serde_json::from_str(&body).map_err(|error| unreadable("file of answers of", at, &error))?;
    Ok(Some((annotator, before)))
}

fn refuse_same_name(db: &Connection, survey: &str, annotator: &str) -> Result<(), StoreError> {
    let sql = "SELECT at FROM survey_answers WHERE survey = ?1 AND annotator = ?2";
    let at: Option<i64> = db.query_row(sql, params![survey, annotator], |row| row.get(0)).optional()?;
    at.map_or(Ok(()), |at| Err(SurveyProblem::SameName { annotator: annotator.to_owned(), at }.into()))
}

/// The question as it stands now, if it is still the one that was asked.
fn asked(db: &Connection, dataset: DatasetId, answer: &SurveyAnswer) -> Result<(i64, Question), StoreError> {
    let sql = "SELECT id, body FROM questions WHERE id = ?1 AND dataset = ?2";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([answer.question, dataset])?;
    let row = rows.next()?.ok_or(SurveyProblem::Changed(answer.question))?;
    let question = question_of(row, 0, 1)?;
    if survey_key(answer.question, &question) != answer.key {
        return Err(SurveyProblem::Changed(answer.question).into());
    }
    Ok((answer.question, question))
}

/// The question that asks `first` once more; made where this person has none yet.
fn repeat_of(
    db: &Connection,
    dataset: DatasetId,
    first: i64,
    question: Question,
    annotator: &str,
    settings: &FeedbackSettings,
) -> Result<i64, StoreError> {
    let sql = "SELECT q.id FROM questions q WHERE q.dataset = ?1 AND json_extract(q.body, '$.repeats') = ?2
               AND EXISTS (SELECT 1 FROM votes v WHERE v.question = q.id AND v.annotator = ?3)";
    let known: Option<i64> = db.query_row(sql, params![dataset, first, annotator], |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let sql = "SELECT coalesce(max(ordinal) + 1, 0) FROM questions WHERE dataset = ?1";
    let ordinal: i64 = db.query_row(sql, [dataset], |row| row.get(0))?;
    let question = Question { repeats: Some(first), ..question };
    insert(db, dataset, ordinal, &NewQuestion { question, source: None, split: None, votes: Vec::new() }, settings)
}

fn standing(db: &Connection, question: i64, annotator: &str) -> Result<Option<Vote>, StoreError> {
    let sql = "SELECT event, body FROM votes WHERE question = ?1 AND annotator = ?2";
    let found: Option<(i64, String)> =
        db.query_row(sql, params![question, annotator], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(event, body)| vote_of(event, &body)).transpose()
}
