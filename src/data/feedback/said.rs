//! What was asked and what was answered, in the spellings that files have: texts, turns, or two whole texts with one beginning. Knows no schema.

use serde_json::Value;

use crate::data::hash::hash128;
use crate::data::supervised::chat::turns;
use crate::data::supervised::fields::{Fields, structured, text_of, wrong};
use crate::data::supervised::{Message, Problem, Role, Side};
use crate::feedback::{Candidate, MOST_CANDIDATES, Origin, Question};

/// How the last speaker of a talk is announced; what both answers begin with ends there.
const ASSISTANT_MARKS: [&str; 2] = ["\n\nAssistant:", "\nAssistant:"];

/// A text, or turns of a chat.
pub(super) enum Said {
    Text(String),
    Turns(Vec<Message>),
}

/// A cell of either kind; a table holds turns as JSON text.
pub(super) fn said(column: &str, value: &Value) -> Result<Said, Problem> {
    let read = structured(value);
    let is_turn = |value: &Value| value.get("role").or_else(|| value.get("from")).is_some();
    match read.as_ref() {
        Value::Array(list) if list.first().is_none_or(is_turn) => turns(column, list).map(Said::Turns),
        turn if is_turn(turn) => turns(column, std::slice::from_ref(turn)).map(Said::Turns),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            text_of(column, value).map(Said::Text)
        }
    }
}

/// One answer as text. Turns are to be one of the assistant.
pub(super) fn one_answer(column: &str, value: &Value) -> Result<String, Problem> {
    match said(column, value)? {
        Said::Text(text) => Ok(text),
        Said::Turns(turns) => last_answer(column, &turns),
    }
}

fn last_answer(column: &str, turns: &[Message]) -> Result<String, Problem> {
    match turns {
        [turn] if turn.role == Role::Assistant => Ok(turn.content.clone()),
        _ => Err(Problem::NotOneAnswer { column: column.to_owned() }),
    }
}

/// What is asked, as the row says it: nothing if it names no column. An input stands below its instruction; a system prompt and
/// earlier turns make it a chat.
pub(super) fn prompt(fields: &Fields<'_>) -> Result<Option<Side>, Problem> {
    let Some((column, value)) = fields.maybe("prompt") else { return Ok(None) };
    let mut earlier = Vec::new();
    if let Some(system) = fields.maybe_text("system")?.filter(|text| !text.trim().is_empty()) {
        earlier.push(Message::new(Role::System, system));
    }
    if let Some((column, value)) = fields.maybe("history") {
        earlier.extend(history(column, value)?);
    }
    let side = match said(column, value)? {
        Said::Turns(turns) if turns.is_empty() => return Err(Problem::EmptyPrompt { column: column.to_owned() }),
        Said::Turns(turns) => Side::Messages(earlier.into_iter().chain(turns).collect()),
        Said::Text(mut text) => {
            if let Some(input) = fields.maybe_text("input")?.filter(|text| !text.trim().is_empty()) {
                text.extend(["\n", input.as_str()]);
            }
            if text.trim().is_empty() {
                return Err(Problem::EmptyPrompt { column: column.to_owned() });
            }
            if earlier.is_empty() {
                Side::Text(text)
            } else {
                earlier.push(Message::new(Role::User, text));
                Side::Messages(earlier)
            }
        }
    };
    Ok(Some(side))
}

fn history(column: &str, value: &Value) -> Result<Vec<Message>, Problem> {
    let value = structured(value);
    let list = value.as_array().ok_or_else(|| wrong(column, "a list of questions with answers", &value))?;
    let mut messages = Vec::new();
    for pair in list {
        let Some([question, answer]) = pair.as_array().map(Vec::as_slice) else {
            return Err(wrong(column, "lists of a question and an answer", pair));
        };
        messages.push(Message::new(Role::User, text_of(column, question)?));
        messages.push(Message::new(Role::Assistant, text_of(column, answer)?));
    }
    Ok(messages)
}

/// The prompt of two answers, and the answers alone: what both begin with belongs to the prompt.
pub(super) fn pair(
    asked: Option<Side>,
    (first_column, first): (&str, &Value),
    (second_column, second): (&str, &Value),
) -> Result<(Side, [String; 2]), Problem> {
    match (said(first_column, first)?, said(second_column, second)?) {
        (Said::Text(a), Said::Text(b)) => {
            let Some(asked) = asked else {
                let at = common_text(&a, &b).ok_or(Problem::NoPrompt)?;
                let rest = |text: &str| text.get(at..).unwrap_or_default().to_owned();
                return Ok((Side::Text(a.get(..at).unwrap_or_default().to_owned()), [rest(&a), rest(&b)]));
            };
            Ok((asked, [a, b]))
        }
        (Said::Turns(a), Said::Turns(b)) => {
            let shared = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            // The same talk twice has no turn left to compare: its last one is the answer all the same.
            let shared = shared.min(a.len().saturating_sub(1)).min(b.len().saturating_sub(1));
            let (lead, first) = a.split_at(shared);
            let (_, second) = b.split_at(shared);
            let answers = [last_answer(first_column, first)?, last_answer(second_column, second)?];
            Ok((joined(asked, lead)?, answers))
        }
        (Said::Text(_), Said::Turns(_)) => Err(wrong(second_column, "text, as the other answer", second)),
        (Said::Turns(_), Said::Text(_)) => Err(wrong(second_column, "turns, as the other answer", second)),
    }
}

/// A prompt of its own with the turns that both answers begin with, which often say it again.
fn joined(asked: Option<Side>, lead: &[Message]) -> Result<Side, Problem> {
    match asked {
        None if lead.is_empty() => Err(Problem::NoPrompt),
        Some(side) if lead.is_empty() => Ok(side),
        Some(Side::Messages(asked)) if !lead.starts_with(&asked) => {
            Ok(Side::Messages(asked.into_iter().chain(lead.iter().cloned()).collect()))
        }
        None | Some(_) => Ok(Side::Messages(lead.to_vec())),
    }
}

/// Byte at which two texts part, moved back to where an answer can begin; none if they share no beginning.
fn common_text(a: &str, b: &str) -> Option<usize> {
    let shared: usize = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let lead = a.get(..shared).unwrap_or_default();
    let rest_is_there = |at: &usize| *at > 0 && *at < a.len() && *at < b.len();
    let marked = ASSISTANT_MARKS.iter().find_map(|mark| lead.rfind(mark).map(|at| at + mark.len()));
    // A word is not cut in two: the space before it belongs to the answer.
    let at_space = || {
        let within = lead.char_indices().rev().find(|(_, letter)| letter.is_whitespace()).map(|(at, _)| at)?;
        Some(lead.get(..within)?.trim_end().len())
    };
    marked.filter(rest_is_there).or_else(at_space).filter(rest_is_there)
}

/// A question of these answers, none of them empty or twice, and each one's place in it. They stand in an order that says nothing of
/// their merit.
pub(super) fn question(prompt: Side, answers: &[String], columns: &[&str]) -> Result<(Question, Vec<usize>), Problem> {
    let column = |i: usize| columns.get(i).or(columns.last()).copied().unwrap_or_default().to_owned();
    if let Some(i) = answers.iter().position(|answer| answer.trim().is_empty()) {
        return Err(Problem::EmptyOutput { column: column(i) });
    }
    if answers.len() > MOST_CANDIDATES {
        return Err(Problem::TooManyAnswers { answers: answers.len(), most: MOST_CANDIDATES });
    }
    for (i, answer) in answers.iter().enumerate() {
        if let Some(earlier) = answers.iter().take(i).position(|other| other.trim() == answer.trim()) {
            return Err(Problem::SameAnswers { first: earlier + 1, second: i + 1 });
        }
    }
    let mut order: Vec<usize> = (0..answers.len()).collect();
    order.sort_by_key(|&i| answers.get(i).map(|text| hash128(text.as_bytes())));
    let places = (0..answers.len()).map(|i| order.iter().position(|&at| at == i).unwrap_or(i)).collect();
    let text = |&i: &usize| answers.get(i).cloned().unwrap_or_default();
    let candidates = order.iter().map(|i| Candidate { text: text(i), origin: Origin::Imported }).collect();
    Ok((Question { prompt, candidates, repeats: None }, places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_part_where_an_answer_can_begin() {
        for (a, b, prompt) in [
            ("The sky is blue.", "The sky is green.", Some("The sky is")),
            ("The sky is great", "The sky is good", Some("The sky is")),
            ("\n\nHuman: Hi\n\nAssistant: Go", "\n\nHuman: Hi\n\nAssistant: Good day", Some("\n\nHuman: Hi\n\nAssistant:")),
            ("A b", "A b c", Some("A")),
            ("yes", "no", None),
            ("", "", None),
            ("Same text", "Same text", Some("Same")),
            ("äö x", "äö y", Some("äö")),
        ] {
            assert_eq!(common_text(a, b).map(|at| &a[..at]), prompt, "{a:?} {b:?}");
        }
    }
}
