//! Rows that lack only their answer: what stands in its place while they are read. Knows no file.

use serde_json::{Value, json};

use crate::data::import::Row;
use crate::engine::command::{Mapping, Schema};

/// Stands in for a missing text; it is taken out again.
const PLACEHOLDER: &str = "?";

/// The part that holds the answer with its column, as mapped or by its own name.
pub(super) fn answer_columns(mapping: &Mapping) -> Vec<(String, String)> {
    let part = match mapping.schema {
        Schema::Instruction => "output",
        Schema::PromptCompletion => "completion",
        Schema::Classes => "label",
        Schema::Entities => "spans",
        Schema::ExtractiveQa => "answers",
        Schema::Translation if mapping.columns.iter().any(|(part, _)| part == "translation") => "translation",
        Schema::Translation => "target",
        Schema::Recommendation => "rating",
        Schema::Text
        | Schema::Messages
        | Schema::Conversations
        | Schema::Preference
        | Schema::Unpaired
        | Schema::Ranking
        | Schema::Prompts => return Vec::new(),
    };
    let column = mapping.columns.iter().find(|(known, _)| known == part).map_or(part, |(_, column)| column.as_str());
    vec![(part.to_owned(), column.to_owned())]
}

/// The row with something where its answer is missing; none if an answer stands there, right or wrong.
pub(super) fn filled(row: &Row, mapping: &Mapping) -> Option<Row> {
    let (part, column) = answer_columns(mapping).into_iter().next()?;
    let value = match part.as_str() {
        "spans" => json!([]),
        "answers" => json!({"text": [], "answer_start": []}),
        "rating" => json!(0),
        "translation" => translation(row.get(&column)?)?,
        _ => json!(PLACEHOLDER),
    };
    if part != "translation" && !is_missing(row.get(&column)) {
        return None;
    }
    let mut filled = row.clone();
    match filled.cells.iter_mut().find(|(name, _)| *name == column) {
        Some((_, cell)) => *cell = value,
        None => filled.cells.push((column, value)),
    }
    Some(filled)
}

/// Two languages of which the second is empty.
fn translation(value: &Value) -> Option<Value> {
    let mut both = value.as_object()?.clone();
    let second = both.iter_mut().nth(1).map(|(_, text)| text)?;
    if !is_missing(Some(second)) {
        return None;
    }
    *second = json!(PLACEHOLDER);
    Some(Value::Object(both))
}

fn is_missing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => false,
    }
}
