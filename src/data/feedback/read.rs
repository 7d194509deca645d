//! Rows to questions and votes by a mapping, each read or refused by itself with a sentence. Knows no format of files.

use serde_json::Value;

use super::said::{Said, one_answer, pair, prompt, question, said};
use crate::data::import::Row;
use crate::data::supervised::fields::{Fields, structured, text_of, wrong};
use crate::data::supervised::read::look_again;
use crate::data::supervised::{Problem, Role, RowWarning, Side};
use crate::engine::command::{Mapping, Schema};
use crate::feedback::{Question, SourceRow, Strength, Verdict, Vote};

/// How rows of preferences are understood.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedbackReader {
    pub mapping: Mapping,
}

/// A row, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadQuestion {
    pub question: Question,
    pub source: SourceRow,
    /// Who says so, where the row names somebody.
    pub annotator: Option<String>,
    /// None: the row only asks.
    pub vote: Option<Vote>,
}

/// A question, each answer's place in it, and what was said.
type Read = (Question, Vec<usize>, Option<Verdict>);

impl FeedbackReader {
    pub fn new(mapping: Mapping) -> Self {
        Self { mapping }
    }

    pub fn read(&self, row: &Row) -> Result<ReadQuestion, RowWarning> {
        self.understood(row).map_err(|problem| RowWarning { line: row.line, problem: look_again(&self.mapping, row, problem) })
    }

    fn understood(&self, row: &Row) -> Result<ReadQuestion, Problem> {
        let fields = Fields { row, columns: &self.mapping.columns };
        let (question, places, verdict) = match self.mapping.schema {
            Schema::Preference => preference(&fields)?,
            Schema::Ranking => ranking(&fields)?,
            Schema::Unpaired => unpaired(&fields)?,
            Schema::Prompts => (question(needed_prompt(&fields)?, &[], &[])?.0, Vec::new(), None),
            Schema::Text
            | Schema::Instruction
            | Schema::PromptCompletion
            | Schema::Messages
            | Schema::Conversations
            | Schema::Classes
            | Schema::Entities
            | Schema::ExtractiveQa
            | Schema::Translation
            | Schema::Recommendation => return Err(Problem::NotSupervised { schema: "such" }),
        };
        let source = SourceRow { line: row.line, cells: row.cells.clone(), places };
        let annotator = fields.maybe_text("annotator")?.filter(|name| !name.trim().is_empty());
        let vote = verdict.map(|verdict| Vote::of(verdict, question.candidates.len()));
        Ok(ReadQuestion { question, source, annotator, vote })
    }
}

fn needed_prompt(fields: &Fields<'_>) -> Result<Side, Problem> {
    fields.need("prompt")?;
    prompt(fields)?.ok_or(Problem::Unmapped { part: "prompt" })
}

fn preference(fields: &Fields<'_>) -> Result<Read, Problem> {
    // Where a column is named, a row without it is no row of this kind; where none is, the common beginning asks.
    if fields.column("prompt").is_some() {
        fields.need("prompt")?;
    }
    let (chosen, rejected) = (fields.need("chosen")?, fields.need("rejected")?);
    let (asked, answers) = pair(prompt(fields)?, chosen, rejected)?;
    let (question, places) = question(asked, &answers, &[chosen.0, rejected.0])?;
    let ranks = placed(&places, &[1, 2]);
    Ok((question, places, Some(Verdict::Ranked { ranks, strength: strength(fields) })))
}

fn ranking(fields: &Fields<'_>) -> Result<Read, Problem> {
    let asked = needed_prompt(fields)?;
    let (column, value) = fields.need("completions")?;
    let list = structured(value);
    let list = list.as_array().ok_or_else(|| wrong(column, "a list of answers", value))?;
    let answers = list.iter().map(|answer| one_answer(column, answer)).collect::<Result<Vec<_>, _>>()?;
    if answers.is_empty() {
        return Err(Problem::EmptyOutput { column: column.to_owned() });
    }
    let (question, places) = question(asked, &answers, &[column])?;
    let ranks = fields.maybe("ranks").map(|(column, value)| ranks(column, value, places.len())).transpose()?;
    let verdict = ranks.map(|ranks| Verdict::Ranked { ranks: placed(&places, &ranks), strength: strength(fields) });
    Ok((question, places, verdict))
}

/// Whole numbers, made dense from 1: only their order says something.
fn ranks(column: &str, value: &Value, answers: usize) -> Result<Vec<u32>, Problem> {
    let list = structured(value);
    let not_ranks = || wrong(column, "a list of whole numbers, 1 for the best", value);
    let numbers: Vec<i64> =
        list.as_array().ok_or_else(not_ranks)?.iter().map(Value::as_i64).collect::<Option<_>>().ok_or_else(not_ranks)?;
    if numbers.len() != answers {
        return Err(Problem::RankCount { answers, ranks: numbers.len() });
    }
    let mut steps = numbers.clone();
    steps.sort_unstable();
    steps.dedup();
    Ok(numbers.iter().map(|rank| steps.partition_point(|step| step < rank) as u32 + 1).collect())
}

fn unpaired(fields: &Fields<'_>) -> Result<Read, Problem> {
    let (asked, answer, column) = if let Some((column, value)) = fields.maybe("completion") {
        (needed_prompt(fields)?, one_answer(column, value)?, column)
    } else {
        let (column, value) = fields.need(if fields.column("completion").is_some() { "completion" } else { "prompt" })?;
        let (asked, answer) = whole_talk(prompt(fields)?, column, value)?;
        (asked, answer, column)
    };
    let (question, places) = question(asked, &[answer], &[column])?;
    let liked = fields.maybe("label").map(|(column, value)| yes_or_no(column, value)).transpose()?;
    Ok((question, places, liked.map(|liked| Verdict::Thumbs(vec![Some(liked)]))))
}

/// A talk whose last turn is the answer.
fn whole_talk(asked: Option<Side>, column: &str, value: &Value) -> Result<(Side, String), Problem> {
    let no_answer = || Problem::NotOneAnswer { column: column.to_owned() };
    // Read again only to say what is wrong with it.
    let Said::Turns(_) = said(column, value)? else { return Err(no_answer()) };
    let Some(Side::Messages(mut turns)) = asked else { return Err(no_answer()) };
    let answer = turns.pop().filter(|turn| turn.role == Role::Assistant && !turns.is_empty()).ok_or_else(no_answer)?;
    Ok((Side::Messages(turns), answer.content))
}

/// As files and tables write it.
pub(super) fn yes_or_no(column: &str, value: &Value) -> Result<bool, Problem> {
    let not_either = || wrong(column, "true or false", value);
    match value {
        Value::Bool(yes) => Ok(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(_) | None => Err(not_either()),
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(not_either()),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => Err(not_either()),
    }
}

/// How much better; a word that is none says nothing.
fn strength(fields: &Fields<'_>) -> Option<Strength> {
    let (column, value) = fields.maybe("strength")?;
    serde_json::from_value(Value::String(text_of(column, value).ok()?)).ok()
}

/// What was said of the row's answers, in the question's order.
fn placed(places: &[usize], said: &[u32]) -> Vec<u32> {
    let mut ranks = vec![1; places.len()];
    for (&place, &rank) in places.iter().zip(said) {
        if let Some(slot) = ranks.get_mut(place) {
            *slot = rank;
        }
    }
    ranks
}
