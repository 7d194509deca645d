//! Reads extractive questions, flat and as `SQuAD` nests them, and says where an answer really stands. Knows no file.

use serde_json::{Map, Value};

use super::fields::{Fields, structured, text_of, wrong};
use super::{Answer, AnswerForm, OffsetUnit, Problem, Question, byte_of, char_of};

/// One row, one question.
pub(super) fn flat(fields: &Fields<'_>, unit: OffsetUnit) -> Result<Question, Problem> {
    let (context, question) = (fields.text("context")?, fields.output("question")?);
    let (column, value) = fields.need("answers")?;
    let value = structured(value);
    let (answers, form) = match value.as_ref() {
        Value::Array(list) => (objects(column, list, &context, unit)?, AnswerForm::Objects),
        Value::Object(object) => match (object.get("text"), object.get("answer_start")) {
            (Some(Value::Array(texts)), Some(Value::Array(starts))) if texts.len() == starts.len() => {
                let both = texts.iter().zip(starts).map(|(text, start)| answer(column, text, start, &context, unit));
                (both.collect::<Result<_, _>>()?, AnswerForm::Lists)
            }
            (Some(text), Some(start)) => (vec![answer(column, text, start, &context, unit)?], AnswerForm::Single),
            _ => return Err(wrong(column, "text and answer_start", &value)),
        },
        other => return Err(wrong(column, "text and answer_start", other)),
    };
    Ok(Question { context, question, answers, form, title: None, extra: Map::new() })
}

/// An article, a paragraph: as many questions as it holds, each read or refused by itself.
pub(super) fn nested(row: &[(String, Value)], unit: OffsetUnit) -> Vec<Result<Question, Problem>> {
    let get = |key: &str| row.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let title = get("title").and_then(Value::as_str).map(str::to_owned);
    let Some(paragraphs) = get("paragraphs") else {
        let both = (get("context"), get("qas"));
        return paragraph(both, title.as_ref(), unit);
    };
    let Some(list) = paragraphs.as_array() else { return vec![Err(wrong("paragraphs", "a list", paragraphs))] };
    list.iter().flat_map(|part| paragraph((part.get("context"), part.get("qas")), title.as_ref(), unit)).collect()
}

fn paragraph(
    (context, questions): (Option<&Value>, Option<&Value>),
    title: Option<&String>,
    unit: OffsetUnit,
) -> Vec<Result<Question, Problem>> {
    let missing = |column: &str| vec![Err(Problem::Missing { column: column.to_owned() })];
    let Some(context) = context.and_then(Value::as_str) else { return missing("context") };
    let Some(questions) = questions.and_then(Value::as_array) else { return missing("qas") };
    let one = |item: &Value| {
        let (asked, answers) = (item.get("question"), item.get("answers"));
        let question = text_of("question", asked.ok_or_else(|| Problem::Missing { column: "question".to_owned() })?)?;
        let none = Vec::new();
        let answers = objects("answers", answers.and_then(Value::as_array).unwrap_or(&none), context, unit)?;
        let extra = item.as_object().into_iter().flatten().filter(|(key, _)| !["question", "answers"].contains(&key.as_str()));
        let extra = extra.map(|(key, value)| (key.clone(), value.clone())).collect();
        let context = context.to_owned();
        Ok(Question { context, question, answers, form: AnswerForm::Nested, title: title.cloned(), extra })
    };
    questions.iter().map(one).collect()
}

fn objects(column: &str, list: &[Value], context: &str, unit: OffsetUnit) -> Result<Vec<Answer>, Problem> {
    let field = |item: &Value, key: &str| item.get(key).cloned().unwrap_or(Value::Null);
    list.iter().map(|item| answer(column, &field(item, "text"), &field(item, "answer_start"), context, unit)).collect()
}

fn answer(column: &str, text: &Value, start: &Value, context: &str, unit: OffsetUnit) -> Result<Answer, Problem> {
    let text = text_of(column, text)?;
    if text.trim().is_empty() {
        return Err(Problem::EmptyOutput { column: column.to_owned() });
    }
    let said = start.as_i64().or_else(|| start.as_str()?.parse().ok()).ok_or_else(|| wrong(column, "answer_start", start))?;
    let place = u64::try_from(said).ok().and_then(|place| byte_of(context, place, unit).ok());
    match place.filter(|&place| context.get(place..).is_some_and(|rest| rest.starts_with(&text))) {
        Some(start) => Ok(Answer { text, start }),
        None => Err(elsewhere(context, text, said, place)),
    }
}

/// Of several places the nearest to the one that was said.
fn elsewhere(context: &str, answer: String, said: i64, place: Option<usize>) -> Problem {
    let near = place.unwrap_or(context.len());
    let found = context.match_indices(&answer).map(|(byte, _)| byte).min_by_key(|byte| byte.abs_diff(near));
    Problem::AnswerElsewhere { answer, said, found: found.map(|byte| char_of(context, byte)) }
}
