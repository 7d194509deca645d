//! Reads what has an input and an output: instructions, pairs, translations, ratings. Knows no file.

use serde_json::Value;

use super::chat;
use super::fields::{Fields, label_of, structured, text_of, wrong};
use super::{Instruction, Pair, Problem, Recommendation, Side, Translation};

pub(super) fn instruction(fields: &Fields<'_>) -> Result<Instruction, Problem> {
    Ok(Instruction {
        instruction: fields.text("instruction")?,
        input: fields.maybe_text("input")?,
        output: fields.output("output")?,
        system: fields.maybe_text("system")?,
        history: fields.maybe("history").map(|(column, value)| history(column, value)).transpose()?.unwrap_or_default(),
    })
}

fn history(column: &str, value: &Value) -> Result<Vec<(String, String)>, Problem> {
    let value = structured(value);
    let turns = value.as_array().ok_or_else(|| wrong(column, "a list of questions with answers", &value))?;
    turns
        .iter()
        .map(|turn| match turn.as_array().map(Vec::as_slice) {
            Some([question, answer]) => Ok((text_of(column, question)?, text_of(column, answer)?)),
            _ => Err(wrong(column, "lists of a question and an answer", turn)),
        })
        .collect()
}

pub(super) fn pair(fields: &Fields<'_>) -> Result<Pair, Problem> {
    let (column, value) = fields.need("prompt")?;
    let prompt = side(column, value)?;
    let (column, value) = fields.need("completion")?;
    let completion = side(column, value)?;
    let empty = match &completion {
        Side::Text(text) => text.trim().is_empty(),
        Side::Messages(messages) => messages.is_empty(),
    };
    if empty {
        return Err(Problem::EmptyOutput { column: column.to_owned() });
    }
    Ok(Pair { prompt, completion })
}

/// Lists that are no turns are refused; a text that looks like a list stays a text.
fn side(column: &str, value: &Value) -> Result<Side, Problem> {
    match value {
        Value::Array(turns) => chat::turns(column, turns).map(Side::Messages),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            text_of(column, value).map(Side::Text)
        }
    }
}

pub(super) fn translation(fields: &Fields<'_>) -> Result<Translation, Problem> {
    if fields.column("translation").is_none() {
        let language = |column: &str| fields.row.get(column).and_then(Value::as_str).map(str::to_owned);
        return Ok(Translation {
            source: fields.text("source")?,
            target: fields.output("target")?,
            source_language: language("src_lang"),
            target_language: language("tgt_lang"),
        });
    }
    let (column, value) = fields.need("translation")?;
    let value = structured(value);
    let both: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().take(2).collect();
    let [(from, source), (to, target)] = both.as_slice() else {
        return Err(wrong(column, "a text in two languages", &value));
    };
    let (source, target) = (text_of(column, source)?, text_of(column, target)?);
    if target.trim().is_empty() {
        return Err(Problem::EmptyOutput { column: format!("{column}.{to}") });
    }
    let (source_language, target_language) = (Some((*from).clone()), Some((*to).clone()));
    Ok(Translation { source, target, source_language, target_language })
}

pub(super) fn recommendation(fields: &Fields<'_>) -> Result<Recommendation, Problem> {
    let label = |part| fields.need(part).and_then(|(column, value)| label_of(column, value));
    let (column, value) = fields.need("rating")?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|x| x.is_finite());
    let rating = number.ok_or_else(|| wrong(column, "a number", value))?;
    Ok(Recommendation { user: label("user")?, item: label("item")?, rating })
}
